"""How long the bare-metal path takes on the software GPU of this host: `python -m benchmarks.bare_metal`.

    python -m benchmarks.bare_metal [--firmware FOLDER] [--out FILE] [--revision REV]

Every figure is of a process of its own, begun for it, and every copy is compared:

* from the start of the process to the first copy back, and to the first kernel's result, with firmware made
  from nothing, and with NVIDIA's files where a folder is named
* what those processes hold of memory beside the video memory in use, their libraries included
* copies, and an empty submission with its wait
* launches of an empty kernel: with a wait after each, back to back, and a graph of a thousand
* mapping a GiB of video memory in pages of 4 KiB, 64 KiB and 2 MiB

The median of the repetitions is the figure; the least and the most stand beside it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.sm import figure, write_result

REPETITIONS = 7
MIB, GIB = 1 << 20, 1 << 30
FIRST_COPY_S, FIRST_COPY_REAL_S, MEMORY_MIB = 1.0, 5.0, 200.0
FIRST_KERNEL_S, KERNEL_MEMORY_MIB = 1.0, 300.0
GRAPH_LAUNCHES, GRAPH_S = 1000, 0.15
COPY_BYTES = 256 * MIB
SUBMISSIONS = 500
LAUNCHES = 500
PAGE_NAMES = {4096: "4 KiB", 65536: "64 KiB", 2 * MIB: "2 MiB"}


# In the parent


def measure(firmware: str | None) -> dict[str, Any]:
    """Every figure; `firmware` is a folder of NVIDIA's files."""
    figures: dict[str, Any] = {}
    cold(figures, FIRST_COPY, None, FIRST_COPY_S)
    cold(figures, FIRST_KERNEL, None, FIRST_KERNEL_S)
    if firmware:
        cold(figures, FIRST_COPY, firmware, FIRST_COPY_REAL_S)
        cold(figures, FIRST_KERNEL, firmware, FIRST_COPY_REAL_S)
    for what in ONE:
        for name, (unit, samples) in together(what).items():
            target, met = TARGETS.get(name, ""), None
            if target:
                met = statistics.median(samples) <= LIMITS[name]
            figures[name] = figure(samples, unit, target, met)
    return figures


class Cold(NamedTuple):
    """A program that is measured from its start.

    Attributes:
        stage: what it does last, as it calls that in its answer.
        memory_mib: that it may take beside video memory.
    """

    module: str
    stage: str
    memory_mib: float


FIRST_COPY = Cold("benchmarks.first_copy", "copy", MEMORY_MIB)
FIRST_KERNEL = Cold("benchmarks.first_kernel", "kernel", KERNEL_MEMORY_MIB)
GRAPH_FIGURE = f"graph of {GRAPH_LAUNCHES} empty kernels and its wait, s"
LIMITS = {GRAPH_FIGURE: GRAPH_S}
TARGETS = {name: f"at most {limit:g} s" for name, limit in LIMITS.items()}


def cold(figures: dict[str, Any], program: Cold, firmware: str | None, limit_s: float) -> None:
    """From the start of a process to its answer, and what it takes of memory."""
    label = "firmware 570.144" if firmware else "firmware made from nothing"
    runs = [alone([program.module, *([firmware] if firmware else [])]) for _ in range(REPETITIONS)]
    seconds = [run["process"] for run in runs]
    met = statistics.median(seconds) <= limit_s
    name = f"process start to the first {program.stage}, {label}"
    figures[name] = figure(seconds, "s", f"at most {limit_s:g} s", met)
    for stage in ("import", "open", program.stage):
        figures[f"{stage} (first {program.stage}), {label}"] = figure([run[stage] for run in runs], "s")
    memory = [run["memory_mib"] for run in runs]
    met = max(memory) <= program.memory_mib
    name = f"memory beyond the video memory in use (first {program.stage}), {label}"
    figures[name] = figure(memory, "MiB", f"at most {program.memory_mib:g} MiB", met)


def together(what: str) -> dict[str, tuple[str, list[float]]]:
    """The samples of several processes by the figure's name, with its unit."""
    runs = [alone(["benchmarks.bare_metal", "--one", what]) for _ in range(3)]
    return {
        name: (name.rpartition(", ")[2], [run[name] for run in runs]) for name in runs[0] if name != "process"
    }


def alone(command: list[str]) -> dict[str, float]:
    """One measurement in a process of its own; `process` is the time from its start to its answer."""
    began = time.perf_counter()
    with subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline() if process.stdout else ""
        elapsed = time.perf_counter() - began
        process.wait(timeout=300)
    if process.returncode or not line:
        sys.exit(f"{' '.join(command)} failed: exit code {process.returncode}")
    found: dict[str, float] = json.loads(line)
    return {**found, "process": elapsed}


# In a process of its own


def rates() -> dict[str, float]:
    """Copies of a quarter of a GiB, and empty submissions; the best of some repetitions of each."""
    import barewire as bw
    import numpy as np

    with bw.open("soft:gh100") as dev:
        first, second = dev.pinned(COPY_BYTES, np.uint8), dev.pinned(COPY_BYTES, np.uint8)
        first.view[:] = np.random.default_rng().integers(0, 256, COPY_BYTES, dtype=np.uint8)
        one, two = dev.empty(COPY_BYTES, np.uint8), dev.empty(COPY_BYTES, np.uint8)
        places = {"in": (first, one), "on the device": (one, two), "out": (two, second)}
        found = {}
        for name, (source, target) in places.items():
            samples = []
            for _ in range(3):
                began = time.perf_counter()
                dev.copy(source.gpu_va, target.gpu_va, COPY_BYTES).wait()
                samples.append(time.perf_counter() - began)
            found[f"copy of 256 MiB {name}, GB/s"] = COPY_BYTES / min(samples) / 1e9
        if not np.array_equal(first.view, second.view):
            sys.exit("the copy is wrong")
        began = time.perf_counter()
        for _ in range(SUBMISSIONS):
            dev.copies.roundtrip()
        found["empty submission and its wait, us"] = (time.perf_counter() - began) / SUBMISSIONS * 1e6
    return found


def mapping() -> dict[str, float]:
    """A GiB of video memory mapped, and unmapped, in pages of each size."""
    import barewire as bw

    found = {}
    with bw.open("soft:gh100") as dev:
        space = dev.address_space()
        for page_bytes, name in PAGE_NAMES.items():
            memory = dev.rm.video_memory(GIB, page_size_bytes=page_bytes)
            began = time.perf_counter()
            gpu_va = space.map(memory, page_size_bytes=page_bytes)
            mapped = time.perf_counter()
            space.unmap(gpu_va)
            found[f"map 1 GiB in pages of {name}, s"] = mapped - began
            found[f"unmap 1 GiB in pages of {name}, s"] = time.perf_counter() - mapped
            memory.close()
    return found


def launches() -> dict[str, float]:
    """Launches of a kernel that does nothing, in blocks of one warp."""
    import barewire as bw
    from barewire.kernels.library import cubin_path

    with bw.open("soft:gh100") as dev:
        empty = dev.load(cubin_path("micro", dev.facts.sm_version))["empty"]
        empty[1, 32]()
        dev.synchronize()
        began = time.perf_counter()
        for _ in range(LAUNCHES):
            empty[1, 32]()
            dev.synchronize()
        alone_us = (time.perf_counter() - began) / LAUNCHES * 1e6
        began = time.perf_counter()
        for _ in range(LAUNCHES):
            empty[1, 32]()
        dev.synchronize()
        in_a_row_us = (time.perf_counter() - began) / LAUNCHES * 1e6
        with dev.capture() as graph:
            for _ in range(GRAPH_LAUNCHES):
                empty[1, 32]()
        graph.launch()
        dev.synchronize()
        began = time.perf_counter()
        graph.launch()
        dev.synchronize()
        graph_s = time.perf_counter() - began
    return {
        "launch of an empty kernel and its wait, us": alone_us,
        "launches of an empty kernel back to back, us": in_a_row_us,
        GRAPH_FIGURE: graph_s,
    }


ONE = {"rates": rates, "launches": launches, "mapping": mapping}


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and write the file if one is named; exit code 1 if a target is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bare_metal", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--firmware", help="a folder of NVIDIA's firmware files")
    parser.add_argument("--out", type=Path, help="write the figures here as JSON")
    parser.add_argument("--revision", default="unknown")
    parser.add_argument("--one", choices=ONE, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(ONE[options.one]()), flush=True)
        return 0
    figures = measure(options.firmware)
    for name, found in figures.items():
        verdict = {True: "met", False: "MISSED", None: ""}[found.get("met")]
        print(f"{name}: {found['value']} {found['unit']} {verdict}")
    if options.out:
        write_result(options.out, "bare metal", options.revision, figures)
    return 1 if any(found.get("met") is False for found in figures.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
