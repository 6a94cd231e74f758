"""The figures, barewire and CUDA in turns in one run: one side's repetitions, then the other's, pair by pair.

Both sides launch the same cubin on the same data and check every output word. What is reported of a pair is
the median of its repetitions; a figure is the median over the pairs.
"""

from __future__ import annotations

import compileall
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import barewire_side as side
from benchmarks import reference
from tests.hardware import machine
from tests.hardware.report import Figure, Report, figure

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20
COPY_BYTES = 256 * MIB
PAIRS = 20
LAUNCHES_A_PAIR = 300
BURST = 20_000
GRAPH_SIZES = (1, 20, 100, 1000)
COLD_STARTS = 8

SETTLED_MHZ = 15  # three readings within this are settled clocks
SETTLE_LIMIT_S = 8.0

Samples = Sequence[float]


def run(report: Report, device: str, deadline: float) -> None:
    """All figures; each step stands alone, so that one that fails leaves the others."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            program = reference.build(Path(folder))
        except reference.ReferenceFailed as error:
            report.check("the CUDA program is built", False, str(error))
            return
        _measure(report, device, deadline, program)


def _measure(report: Report, device: str, deadline: float, program: Path) -> None:
    import barewire as bw

    dev = bw.open(device)  # also keeps the GPU awake while the cold starts are timed
    try:
        module = side.bench_module(dev)
        with report.step("cold starts"):
            _cold_starts(report, device, program)
        report.extra["clocks_alone_mhz"] = settle(lambda: side.warm(dev, module, 200))
        with report.step("barewire alone"):
            _alone(report, dev, module)
        report.extra["rm_calls"] = {name: str(stats) for name, stats in getattr(dev.rm, "calls", {}).items()}
        with reference.CudaReference(program, side.CUBIN) as cuda:
            report.extra["cuda"] = cuda.hello
            report.extra["clocks_mhz"] = settle(lambda: _warm_both(dev, module, cuda))
            bench = Bench(report, dev, module, cuda, deadline)
            for step in (bench.launches, bench.graphs, bench.short_copies, bench.copies, bench.proofs):
                with report.step(step.__name__):
                    step()
            clock = machine.sm_clock_mhz()
            if clock is not None:
                report.extra["clocks_at_the_end_mhz"] = clock
    finally:
        with contextlib.suppress(bw.BarewireError):
            dev.close()


def _warm_both(dev: Any, module: Any, cuda: reference.CudaReference) -> None:
    cuda.ask("warm", 200)
    side.warm(dev, module, 200)


def settle(warm: Callable[[], Any]) -> list[int]:
    """Warm up until the SM clock stays where it is; returns its readings in MHz."""
    readings: list[int] = []
    start = time.monotonic()
    while time.monotonic() - start < SETTLE_LIMIT_S:
        warm()
        clock = machine.sm_clock_mhz()
        if clock is None:
            if time.monotonic() - start > SETTLE_LIMIT_S / 2:
                break
            continue
        readings.append(clock)
        if len(readings) >= 4 and max(readings[-3:]) - min(readings[-3:]) <= SETTLED_MHZ:
            break
    return readings


def in_turns(
    pairs: int, ours: Callable[[], Samples], theirs: Callable[[], Samples]
) -> tuple[list[float], list[float]]:
    """Medians of each side's repetitions, pair by pair; who goes first alternates."""
    our_medians, their_medians = [], []
    for pair in range(pairs):
        for who in ("ours", "theirs") if pair % 2 == 0 else ("theirs", "ours"):
            if who == "ours":
                our_medians.append(statistics.median(ours()))
            else:
                their_medians.append(statistics.median(theirs()))
    return our_medians, their_medians


# ---- process start to the first result


def our_first_result(device: str) -> dict[str, Any]:
    """Start a Python process that runs one kernel; seconds count from just before it is started."""
    command = [
        sys.executable,
        str(ROOT / "benchmarks" / "first_result.py"),
        str(side.CUBIN),
        str(time.monotonic_ns()),
        device,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise RuntimeError(f"first_result.py failed: {done.stderr[-800:]}")
    answer = dict(json.loads(done.stdout))
    if answer["wrong"]:
        raise side.WrongResult("first_result.py: the output is wrong")
    return answer


def bare_python() -> float:
    """Start and end of an interpreter that imports NumPy: what of the start is not ours to change."""
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", "import numpy"], check=True, timeout=60)
    return time.monotonic() - start


def compile_as_installed() -> None:
    """Bytecode beside the sources, as pip leaves it: where Python may write none, each start compiles."""
    import barewire

    compileall.compile_dir(Path(barewire.__file__).parent, quiet=1)


def _cold_starts(report: Report, device: str, program: Path) -> None:
    compile_as_installed()
    our_first_result(device)  # and once what lies elsewhere
    ours, theirs, python = [], [], []
    for _ in range(COLD_STARTS):
        ours.append(our_first_result(device))
        theirs.append(reference.first_result(program, side.CUBIN))
        python.append(bare_python())
    report.extra["first_result"] = {"barewire": ours, "cuda": theirs}
    total, vendor = (
        statistics.median(a["result_s"] for a in ours),
        statistics.median(a["result_s"] for a in theirs),
    )
    beyond = [a["result_s"] - a["rm_s"] for a in ours]
    stages = {
        "interpreter": [a["main_s"] for a in ours],
        "import of NumPy": [a["numpy_s"] - a["main_s"] for a in ours],
        "import of barewire": [a["import_s"] - a["numpy_s"] for a in ours],
        "open": [a["open_s"] - a["import_s"] for a in ours],
        "load": [a["load_s"] - a["open_s"] for a in ours],
        "arrays, launch, result": [a["result_s"] - a["load_s"] for a in ours],
        "close, after the result": [a["closed_s"] - a["result_s"] for a in ours],
    }
    report.figure(
        "first result: barewire",
        figure([a["result_s"] for a in ours], "s", target="below CUDA's", met=total < vendor),
    )
    report.figure("first result: CUDA", figure([a["result_s"] for a in theirs], "s"))
    report.figure("first result: ratio", Figure(total / vendor, "barewire / CUDA"))
    report.figure("first result: within RM's ioctls", figure([a["rm_s"] for a in ours], "s"))
    limit = statistics.median(beyond) <= 0.12
    report.figure("first result: beyond RM's time", figure(beyond, "s", target="at most 0.12 s", met=limit))
    report.figure("first result: python -c 'import numpy'", figure(python, "s"))
    for name, samples in stages.items():
        report.figure(f"first result, stage: {name}", figure(samples, "s"))
    report.figure("first result: CUDA's cuInit", figure([a["init_s"] for a in theirs], "s"))
    report.figure("first result: CUDA's context", figure([a["context_s"] for a in theirs], "s"))
    memory = [a["private_kib"] / 1024 for a in ours]
    report.figure(
        "private host memory: barewire",
        figure(memory, "MiB", target="at most 80 MiB", met=statistics.median(memory) <= 80),
    )
    report.figure("private host memory: CUDA", figure([a["private_kib"] / 1024 for a in theirs], "MiB"))


def _alone(report: Report, dev: Any, module: Any) -> None:
    """Before CUDA has touched the GPU: its clocks are then what our own work makes them."""
    side.roundtrip(dev.compute, 2000)
    floor = [statistics.median(side.roundtrip(dev.compute, 500)) for _ in range(10)]
    launches = [statistics.median(side.launch_sync(dev, module, 500)) for _ in range(10)]
    bursts = [side.launch_many(dev, module, BURST)[0] for _ in range(5)]
    report.figure("alone: floor of the channel", figure(floor, "us"))
    report.figure("alone: launch + synchronize", figure(launches, "us"))
    report.figure("alone: launch, back to back", figure(bursts, "us"))


# ---- in turns with CUDA


class Bench:
    """The steps that both sides take in turns."""

    def __init__(
        self, report: Report, dev: Any, module: Any, cuda: reference.CudaReference, deadline: float
    ) -> None:
        self.report = report
        self.dev = dev
        self.module = module
        self.cuda = cuda
        self.deadline = deadline
        self.floor_us: float | None = None

    def _both(
        self,
        name: str,
        ours: Samples,
        theirs: Samples,
        unit: str,
        *,
        target: str = "",
        met: bool | None = None,
    ) -> None:
        self.report.figure(f"{name}: barewire", figure(ours, unit, target=target, met=met))
        self.report.figure(f"{name}: CUDA", figure(theirs, unit))
        ratio = statistics.median(ours) / statistics.median(theirs)
        self.report.figure(f"{name}: ratio", Figure(ratio, "barewire / CUDA", n=len(ours)))

    def _theirs(self, *command: object) -> Samples:
        return list(self.cuda.ask(*command)["samples"])

    def _floor(self) -> float:
        if self.floor_us is None:
            raise RuntimeError("the floor of the channel was not measured")
        return self.floor_us

    def launches(self) -> None:
        """The floor, launch + synchronize, and launches back to back."""
        floors: list[float] = []

        def ours() -> Samples:
            floors.append(statistics.median(side.roundtrip(self.dev.compute, LAUNCHES_A_PAIR)))
            return side.launch_sync(self.dev, self.module, LAUNCHES_A_PAIR)

        mine, theirs = in_turns(PAIRS, ours, partial(self._theirs, "launch_sync", LAUNCHES_A_PAIR))
        self.floor_us = statistics.median(floors)
        self.report.figure("floor of the channel (host semaphore round trip)", figure(floors, "us"))
        value, vendor = statistics.median(mine), statistics.median(theirs)
        met = value <= self.floor_us + 1.0 and value <= 0.6 * vendor
        self._both(
            "launch + synchronize", mine, theirs, "us", target="floor + 1.0 us, and 0.6 x CUDA", met=met
        )
        self.report.figure(
            "launch + synchronize: beyond the floor", Figure(value - self.floor_us, "us", n=len(mine))
        )

        calls, waits = side.launch_split(self.dev, self.module, 2000)
        self.report.figure("launch + synchronize, spent in: the call", figure(calls, "us"))
        self.report.figure("launch + synchronize, spent in: the wait", figure(waits, "us"))

        mine, theirs = in_turns(
            8,
            lambda: side.launch_many(self.dev, self.module, BURST),
            partial(self._theirs, "launch_many", BURST),
        )
        met = statistics.median(mine) <= 1.5
        self._both("launch, back to back", mine, theirs, "us", target="at most 1.5 us", met=met)
        unbound = [side.launch_many(self.dev, self.module, BURST, bound=False)[0] for _ in range(5)]
        self.report.figure("launch, back to back: grid and block given each time", figure(unbound, "us"))

    def graphs(self) -> None:
        """Chains of dependent kernels, and independent ones; new arguments in every round."""
        for kernels in GRAPH_SIZES:
            self._graph(
                f"graph of {kernels}", "chain", side.ChainGraph(self.dev, self.module, kernels), kernels
            )
        self._graph("1000 independent kernels", "free", side.FreeGraph(self.dev, self.module, 1000), 1000)

    def _graph(self, name: str, command: str, graph: Any, kernels: int) -> None:
        pairs, rounds = (10, 4) if kernels >= 1000 else (10, 10)
        updates: list[float] = []

        def theirs() -> Samples:
            reply = self.cuda.ask(command, kernels, rounds)
            updates.append(statistics.median(reply["update"]))
            return list(reply["samples"])

        mine, vendor = in_turns(pairs, lambda: graph.rounds(rounds), theirs)
        if command == "chain":
            calls, on_gpu = graph.split(20)
            self.report.figure(f"{name}, spent in: the call, arguments changed", figure(calls, "us"))
            self.report.figure(f"{name}, spent on: the GPU, by its clock", figure(on_gpu, "us"))
        target, met = "", None
        each = statistics.median(mine) / kernels
        if command == "free":
            target, met = "at most 0.2 us each", each <= 0.2
        elif kernels == 1000:
            target, met = (
                "at most 0.55 us each, and below CUDA's",
                each <= 0.55 and each < statistics.median(vendor) / 1000,
            )
        self._both(name, mine, vendor, "us", target=target, met=met)
        self.report.figure(f"{name}: each", Figure(each, "us", n=len(mine)))
        self.report.figure(
            f"{name}: CUDA's update of the arguments, not counted above", figure(updates, "us")
        )
        self.report.figure(
            f"{name}: CUDA's launch and update",
            Figure(statistics.median(vendor) + statistics.median(updates), "us"),
        )

    def short_copies(self) -> None:
        """Eight bytes in and out, each waited for."""
        buffers = side.CopyBuffers(self.dev, 8)
        floor = statistics.median(statistics.median(side.roundtrip(self.dev.copies, 300)) for _ in range(10))
        self.report.figure("floor of the copy channel", Figure(floor, "us", n=10))
        for name, ours, command in (
            ("8 bytes in", buffers.copy_in, "copy_in"),
            ("8 bytes out", buffers.copy_out, "copy_out"),
        ):
            mine, theirs = in_turns(PAIRS, partial(ours, 200), partial(self._theirs, command, 8, 200))
            met = statistics.median(mine) <= self._floor() + 1.0
            self._both(name, mine, theirs, "us", target="at most floor + 1.0 us", met=met)
        buffers.free()

    def copies(self) -> None:
        """256 MiB in, out and on the device."""
        buffers = side.CopyBuffers(self.dev, COPY_BYTES)
        for name, ours, command, factor in (
            ("256 MiB in", buffers.copy_in, "copy_in", 1),
            ("256 MiB out", buffers.copy_out, "copy_out", 1),
            ("256 MiB on the device, read + written", buffers.copy_device, "copy_device", 2),
        ):
            ours(2)
            self.cuda.ask(command, COPY_BYTES, 2)
            pairs = PAIRS if time.monotonic() < self.deadline - 60 else 8
            mine, theirs = in_turns(pairs, partial(ours, 3), partial(self._theirs, command, COPY_BYTES, 3))
            speeds = [[factor * COPY_BYTES / us / 1000 for us in times] for times in (mine, theirs)]
            share = statistics.median(speeds[0]) / statistics.median(speeds[1])
            met = share >= 0.98 if factor == 1 else None
            target = "at least 98 % of CUDA's" if factor == 1 else ""
            self._both(name, speeds[0], speeds[1], "GB/s", target=target, met=met)
        buffers.free()

    def proofs(self) -> None:
        """How many of the chain's hops cross from one SM to another; the block scheduler decides."""
        crossed = side.prove_chain(self.dev, self.module, 1000)
        self.report.check(
            "links of a captured chain read what another SM wrote", crossed >= 500, f"{crossed} of 1000 hops"
        )
        reply = self.cuda.ask("chain_proof", 1000)
        self.report.figure("hops of 1000 that cross SMs: barewire", Figure(crossed, "hops"))
        self.report.figure("hops of 1000 that cross SMs: CUDA", Figure(reply["crossed"], "hops"))
