"""How fast the software GPU's SM runs real machine code on this host: `python -m benchmarks.sm [--out FILE]`.

Every result is compared with NumPy's. The figures, each for every instruction set that the host has, on one
thread and on all:

* thread-instructions a second and core: what the SM counted, over the processor time of the launch
* products of 512 x 512 matrices: fp32 in tiles, bf16 by HMMA
* the matrix-vector products of one decode step of a model of 135 million weights in bf16
* decoding: the first launch of a kernel less a later one
* memory: what the process grew by, over the CTAs that were resident at one time, less their shared memory

The median of the repetitions is the figure; the least and the most stand beside it.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from barewire.softgpu.sm.machine import INSTRUCTION_SETS, Report

from tests.soft.cases.values import bf16, from_bf16
from tests.soft.kernels.build import cubin_path
from tests.soft.sm_device import SmDevice

ARCH = 90
REPETITIONS = 7
SIZE = 512
MIB = 1 << 20
# A decoder like SmolLM-135M. DECODE_STEP: (rows, columns) of its matrices, and how many of them a step has.
WIDTH, HIDDEN, HEADS, KEY_HEADS, LAYERS, VOCABULARY = 576, 1536, 9, 3, 30, 49152
HEAD_WIDTH = WIDTH // HEADS
DECODE_STEP = (
    ((WIDTH, WIDTH), 2 * LAYERS),
    ((KEY_HEADS * HEAD_WIDTH, WIDTH), 2 * LAYERS),
    ((HIDDEN, WIDTH), 2 * LAYERS),
    ((WIDTH, HIDDEN), LAYERS),
    ((VOCABULARY, WIDTH), 1),
)


@dataclass(frozen=True)
class Setting:
    """What a figure was taken with."""

    isa: str
    threads: int

    def __str__(self) -> str:
        return f"{self.isa}, {self.threads} thread{'s' if self.threads > 1 else ''}"


def figure(samples: list[float], unit: str, target: str = "", met: bool | None = None) -> dict[str, Any]:
    """A figure as the files of results hold it."""
    made: dict[str, Any] = {
        "value": statistics.median(samples), "unit": unit, "n": len(samples),
        "min": min(samples), "median": statistics.median(samples), "max": max(samples),
    }  # fmt: skip
    if target:
        made |= {"target": target, "met": met}
    return {
        name: float(f"{value:.4g}") if isinstance(value, float) else value for name, value in made.items()
    }


def device_for(setting: Setting, memory_bytes: int = 64 * MIB) -> SmDevice:
    """SMs with this instruction set and so many host threads."""
    return SmDevice(ARCH, memory_bytes, isa=setting.isa, threads=setting.threads)


def cubin(module: str) -> bytes:
    """The committed machine code of a module."""
    return cubin_path(module, f"sm_{ARCH}").read_bytes()


def timed(launch: Callable[[], Report], repetitions: int = REPETITIONS) -> tuple[list[float], list[float]]:
    """(seconds, thread-instructions a second of processor time in G) of each repetition after a first one."""
    launch()
    samples, rates = [], []
    for _ in range(repetitions):
        began, busy = time.perf_counter(), time.process_time()
        report = launch()
        samples.append(time.perf_counter() - began)
        rates.append(report.thread_instructions / (time.process_time() - busy) / 1e9)
    return samples, rates


def check_close(name: str, got: np.ndarray, wanted: np.ndarray, tolerance: float) -> None:
    """Stop the benchmark if a result is wrong."""
    error = float(np.abs(got.astype(np.float64) - wanted).max() / np.abs(wanted).max())
    if not error <= tolerance:
        sys.exit(f"{name}: wrong by {error:.3g} of the greatest element")


# What is measured


def instruction_rates(setting: Setting) -> Iterator[tuple[str, dict[str, Any]]]:
    """Thread-instructions a second and core, of kernels that do different things."""
    rng = np.random.default_rng(1)
    device = device_for(setting)
    linear, simulation = device.load(cubin("linear")), device.load(cubin("simulation"))
    count = 1 << 20
    a, b = (device.array(each) for each in rng.normal(0, 1, (2, count)).astype(np.float32))
    c = device.array(np.zeros(count, np.float32))
    bodies = device.array(rng.normal(0, 1, (2048, 4)).astype(np.float32))
    moved, speeds = (
        device.array(np.zeros((2048, 4), np.float32)),
        device.array(np.zeros((2048, 4), np.float32)),
    )
    points = device.array(rng.normal(0, 9, (16384, 3)).astype(np.float32))
    launches: dict[str, Callable[[], Report]] = {
        "c = a + b": lambda: linear["add_f32"].launch((count // 256,), (256,), (a, b, c, np.int32(count))),
        "n-body": lambda: simulation["nbody_step"].launch(
            (8,), (256,), (bodies, moved, speeds, np.int32(2048), np.float32(0.01)), 4096
        ),
        "Lorenz's attractor": lambda: simulation["lorenz_rk4"].launch(
            (64,), (256,), (points, np.int32(50), np.float32(0.002))
        ),
    }  # fmt: skip
    for name, launch in launches.items():
        yield f"thread-instructions a second and core: {name}", figure(timed(launch)[1], "G/s")
    check_close("c = a + b", c.numpy(), a.numpy().astype(np.float64) + b.numpy(), 1e-6)


def matmul_f32(setting: Setting) -> Iterator[tuple[str, dict[str, Any]]]:
    """512 x 512 x 512 in fp32."""
    a, b = np.random.default_rng(2).normal(0, 1, (2, SIZE, SIZE)).astype(np.float32)
    device = device_for(setting)
    kernel = device.load(cubin("linear"))["matmul_f32"]
    out = device.array(np.zeros((SIZE, SIZE), np.float32))
    arguments = (device.array(a), device.array(b), out, *[np.int32(SIZE)] * 3)
    samples, rates = timed(lambda: kernel.launch((SIZE // 64, SIZE // 64), (256,), arguments))
    check_close("matmul_f32", out.numpy(), a.astype(np.float64) @ b, 1e-5)
    rate_met = statistics.median(rates) >= 1.0
    yield (
        "thread-instructions a second and core: fp32 matmul",
        figure(rates, "G/s", "at least 1 on fp32 code", rate_met),
    )
    met = statistics.median(samples) <= 0.15
    yield "fp32 matmul of 512 x 512 x 512", figure(samples, "s", "at most 0.15 s", met)


def matmul_bf16(setting: Setting) -> Iterator[tuple[str, dict[str, Any]]]:
    """512 x 512 x 512 in bf16 by HMMA."""
    a, b = bf16(np.random.default_rng(3).normal(0, 1, (2, SIZE, SIZE)))
    device = device_for(setting)
    kernel = device.load(cubin("tensor"))["matmul_bf16"]
    out = device.array(np.zeros((SIZE, SIZE), np.uint16))
    arguments = (device.array(a), device.array(b), out, np.int32(SIZE), np.int32(SIZE))
    samples, _ = timed(lambda: kernel.launch((SIZE // 64, SIZE // 64), (128,), arguments))
    check_close("matmul_bf16", from_bf16(out.numpy()), from_bf16(a).astype(np.float64) @ from_bf16(b), 5e-3)
    met = statistics.median(samples) <= 0.03
    yield "bf16 matmul of 512 x 512 x 512 by HMMA", figure(samples, "s", "at most 0.03 s", met)


def decode_step(setting: Setting) -> Iterator[tuple[str, dict[str, Any]]]:
    """All matrix-vector products of a decode step; each layer has weights of its own."""
    rng = np.random.default_rng(4)
    device = device_for(setting, 320 * MIB)
    kernel = device.load(cubin("linear"))["matvec_bf16"]
    x = {columns: rng.normal(0, 1, columns) for columns in (WIDTH, HIDDEN)}
    vectors = {columns: device.array(bf16(values)) for columns, values in x.items()}
    products = []
    for (rows, columns), times in DECODE_STEP:
        for _ in range(times):
            weights = rng.integers(0x3C00, 0x4000, (rows, columns), dtype=np.uint16)
            weights |= rng.integers(0, 2, (rows, columns), dtype=np.uint16) << np.uint16(15)
            products.append((rows, columns, device.array(weights), device.array(np.zeros(rows, np.float32))))

    def step() -> Report:
        for rows, columns, weights, out in products:
            arguments = (weights, vectors[columns], out, np.int32(columns // 8))
            report = kernel.launch((rows // 8,), (256,), arguments)
        return report

    samples, _ = timed(step, 5)
    for rows, columns, weights, out in (products[0], products[-1]):
        wanted = from_bf16(weights.numpy()).astype(np.float64) @ from_bf16(bf16(x[columns]))
        check_close(f"matvec of {rows} x {columns}", out.numpy(), wanted, 1e-5)
    met = statistics.median(samples) <= 0.5
    yield "matvecs of a decode step, 135 M weights in bf16", figure(samples, "s", "at most 0.5 s", met)


def decoding(setting: Setting) -> Iterator[tuple[str, dict[str, Any]]]:
    """The first launch of a kernel less a later one, on new SMs each time."""
    operands = np.random.default_rng(5).normal(0, 1, (2, 32))
    for name, module, rows in (("math_f64_functions", "math", 22), ("math_f32_circular", "math", 16)):
        samples = []
        dtype = np.float64 if "f64" in name else np.float32
        for _ in range(REPETITIONS):
            device = device_for(setting)
            kernel = device.load(cubin(module))[name]
            a, b = (device.array(each.astype(dtype)) for each in operands)
            arguments = (a, b, device.array(np.zeros((rows, 32), dtype)), np.uint32(32))
            began = time.perf_counter()
            kernel.launch((1,), (32,), arguments)
            first = time.perf_counter() - began
            later, _ = timed(lambda: kernel.launch((1,), (32,), arguments), 3)  # noqa: B023  called at once
            samples.append(1e3 * max(first - statistics.median(later), 0.0))
        instructions = kernel.info.code_size_bytes // 16
        met = statistics.median(samples) <= 10
        yield f"decoding {name}, {instructions} instructions", figure(samples, "ms", "at most 10 ms", met)


def memory(setting: Setting) -> Iterator[tuple[str, dict[str, Any]]]:
    """What many CTAs that wait for each other take, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.sm", "--one-memory", setting.isa, str(setting.threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    resident, grown_bytes, shared_bytes = json.loads(done.stdout)
    each = grown_bytes / resident / MIB - shared_bytes / MIB
    target = "at most 1 MiB"
    yield f"memory of a CTA of 256 threads, {resident} resident", figure([each], "MiB", target, each <= 1)


def _memory_of_residents(setting: Setting) -> tuple[int, int, int]:
    """(CTAs resident at one time, bytes the process grew by, shared bytes of each)."""
    device = device_for(setting)
    device.memory.data.fill(0)  # so that its pages are there before anything is measured
    kernel = device.load(cubin("scans"))["reduce_grid_barrier"]
    data = device.array(np.ones(4096, np.float32))
    blocks = 512

    def launch(count: int) -> Report:
        partial, barriers = device.empty(2 * count, np.float32), device.empty(2, np.uint32)
        return kernel.launch(
            (count,), (256,), (data, partial, barriers, device.empty(2, np.float64), np.uint32(4096))
        )

    launch(1)
    before = _resident_bytes()
    report = launch(blocks)
    return report.most_resident, _most_resident_bytes() - before, 2048


def _resident_bytes() -> int:
    return int(re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text()).group(1)) << 10  # type: ignore[union-attr]


def _most_resident_bytes() -> int:
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text()).group(1)) << 10  # type: ignore[union-attr]


MEASUREMENTS = (instruction_rates, matmul_f32, matmul_bf16, decode_step, decoding, memory)


def machine() -> dict[str, Any]:
    """The host."""
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return {
        "cpu": model.group(1) if model else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "scheduling": "ordinary" if os.sched_getscheduler(0) == os.SCHED_OTHER else "real-time",
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def write_result(path: Path, part: str, revision: str, figures: dict[str, Any]) -> None:
    """A file of figures that were taken on this host."""
    about = {
        "part": part, "host": machine(), "revision": revision,
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "checks": [], "figures": figures,
    }  # fmt: skip
    path.write_text(json.dumps(about, indent=1) + "\n")


def instruction_sets() -> list[str]:
    """The names of those that this host can run."""
    found = []
    for name in INSTRUCTION_SETS:
        if name == "best":
            continue
        try:
            SmDevice(ARCH, MIB, isa=name)
        except Exception as error:
            print(f"{name}: {str(error).splitlines()[0]}", file=sys.stderr)
        else:
            found.append(name)
    return found


def main(arguments: list[str] | None = None) -> int:
    """The command line; exit code 1 if the fastest setting misses a target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sm", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="write the figures here as JSON")
    parser.add_argument("--isa", nargs="+", help="only these instruction sets")
    parser.add_argument(
        "--threads", nargs="+", type=int, help="numbers of host threads; 1 and all by default"
    )
    parser.add_argument("--only", default="", help="only measurements whose function has this in its name")
    parser.add_argument("--revision", default="unknown")
    parser.add_argument("--one-memory", nargs=2, metavar=("ISA", "THREADS"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one_memory:
        isa, threads = options.one_memory
        print(json.dumps(_memory_of_residents(Setting(isa, int(threads)))))
        return 0
    cores = len(os.sched_getaffinity(0))
    figures: dict[str, Any] = {}
    for isa in options.isa or instruction_sets():
        for threads in options.threads or sorted({1, cores}):
            setting = Setting(isa, threads)
            for measure in MEASUREMENTS:
                if options.only not in measure.__name__:
                    continue
                for name, found in measure(setting):
                    figures[f"{name}: {setting}"] = found
                    verdict = {True: "met", False: "MISSED", None: ""}[found.get("met")]
                    print(f"{name}: {setting}: {found['value']} {found['unit']} {verdict}", flush=True)
    if options.out:
        write_result(options.out, "sm", options.revision, figures)
    fastest = [isa for isa in INSTRUCTION_SETS if any(f": {isa}, " in name for name in figures)][-1:]
    wanted = [f": {Setting(isa, cores)}" for isa in fastest]
    missed = [
        name for name, found in figures.items() if name.endswith(tuple(wanted)) and found.get("met") is False
    ]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
