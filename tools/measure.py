"""Measuring an open device: latencies and bandwidths, every output checked.

Each function takes an open device, works on random data, compares what came out with what NumPy says, and
returns a frozen dataclass: medians with the least, the most and the number of samples. Nothing is printed.

All times are wall-clock time of the calling process (`time.perf_counter_ns`), in microseconds. The clocks of
an idle GPU take some seconds to rise: each function warms up first, and `warm_up` does so for a whole run.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from barewire import kernels

SEED = 20240229
THREADS = 256
# Whole numbers so small that thousands of saxpy steps stay exact in float32.
LARGEST_X = 3
SCALES = tuple(np.float32(scale) for scale in (1, 2, 3, 4, 5, 6, 7, 8))
PHASES = len(SCALES)
SYNCHRONIZE_S = 30.0

COPY_SIZES = (8, 4 << 10, 64 << 10, 1 << 20, 16 << 20, 256 << 20)
GRAPH_SIZES = (1, 20, 100, 1000)
IN, OUT, DEVICE = "in", "out", "device"
DIRECTIONS = (IN, OUT, DEVICE)

Wait = Callable[[], object]


@dataclass(frozen=True)
class Samples:
    """The same thing measured `count` times, in microseconds."""

    median_us: float
    min_us: float
    max_us: float
    count: int

    @classmethod
    def of(cls, nanoseconds: Sequence[float]) -> Samples:
        """From durations in nanoseconds."""
        return cls(
            median_us=statistics.median(nanoseconds) / 1e3,
            min_us=min(nanoseconds) / 1e3,
            max_us=max(nanoseconds) / 1e3,
            count=len(nanoseconds),
        )


@dataclass(frozen=True)
class Latency:
    """How long one step takes.

    Attributes:
        name: what was measured.
        samples: a sample is from the first submission to the end of the wait.
        steps: kernels (or other steps) in one sample.
        correct: whether what the GPU wrote was right; None where nothing is written.
    """

    name: str
    samples: Samples
    steps: int
    correct: bool | None

    @property
    def us_per_step(self) -> float:
        """The median of a sample over its steps."""
        return self.samples.median_us / self.steps


@dataclass(frozen=True)
class CopyFigure:
    """Copies of one size in one direction, each waited for.

    Attributes:
        direction: "in" (host to device), "out", or "device" (device to device).
        gigabytes_per_s: 10^9 bytes a second at the median; a device copy counts bytes read and written.
    """

    direction: str
    size_bytes: int
    samples: Samples
    gigabytes_per_s: float
    correct: bool


@dataclass(frozen=True)
class OpenTime:
    """Opening a device once.

    Attributes:
        total_s: until `open` returned.
        rm_s: of that, within the resource manager's ioctls; None where the device has no such thing.
        first_result_s: until a kernel's output had been read back, from the start.
        close_s: closing it.
    """

    total_s: float
    rm_s: float | None
    first_result_s: float
    close_s: float
    correct: bool

    @property
    def ours_s(self) -> float | None:
        """What barewire itself took of `total_s`."""
        return None if self.rm_s is None else self.total_s - self.rm_s


def timed(step: Callable[[Any], object], arguments: Sequence[Any], warmup: int, wait: Wait) -> Samples:
    """Call `step(argument)` and then `wait()` for each argument; the first `warmup` of them are not measured.

    The loop does nothing else, so that little of what it measures is its own.
    """
    clock = time.perf_counter_ns
    durations = []
    for argument in arguments:
        started = clock()
        step(argument)
        wait()
        durations.append(clock() - started)
    return Samples.of(durations[warmup:])


def warm_up(dev: Any, seconds: float = 2.0) -> None:
    """Keep the GPU busy until its clocks have risen."""
    saxpy = _Saxpy(dev, elements=1 << 20)
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        saxpy.launch(104)
        dev.synchronize(timeout_s=SYNCHRONIZE_S)


def channel_floor(dev: Any, count: int = 2000, warmup: int = 500) -> Latency:
    """The channel alone: a host semaphore release, submitted and waited for. No kernel, no data."""
    clock, roundtrip = time.perf_counter_ns, dev.compute.roundtrip
    durations = []
    for _ in range(warmup + count):
        started = clock()
        roundtrip()
        durations.append(clock() - started)
    return Latency("channel floor", Samples.of(durations[warmup:]), 1, None)


def launch_and_synchronize(dev: Any, count: int = 2000, warmup: int = 500) -> Latency:
    """A kernel of three arguments, all of which change, by `kernel[grid, block]()` and waited for."""
    saxpy = _Saxpy(dev)
    clock, synchronize, kernel = time.perf_counter_ns, dev.synchronize, saxpy.kernel
    durations = []
    for x, y, scale in saxpy.arguments(warmup + count):
        started = clock()
        kernel[(1,), (THREADS,)](x, y, scale)
        synchronize()
        durations.append(clock() - started)
    return Latency("launch + synchronize", Samples.of(durations[warmup:]), 1, saxpy.correct(warmup + count))


def back_to_back(dev: Any, launches: int = 5000, count: int = 20, warmup: int = 2) -> Latency:
    """Kernels of changing arguments, launched one after the other and waited for once; the ring wraps.

    Args:
        launches: in one sample; a multiple of PHASES.
    """
    if launches % PHASES:
        raise ValueError(f"{launches} launches are not a multiple of {PHASES}")
    saxpy = _Saxpy(dev)
    samples = timed(saxpy.launch, [launches] * (warmup + count), warmup, dev.synchronize)
    correct = saxpy.correct((warmup + count) * launches)
    return Latency(f"{launches} back to back", samples, launches, correct)


class _Saxpy:
    """y = scale * x + y with small whole numbers, so that every intermediate value is exact in float32.

    Consecutive launches use another x, another y and another scale: PHASES different launches, in turn.
    """

    def __init__(self, dev: Any, elements: int = THREADS) -> None:
        rng = np.random.default_rng(SEED)
        self.kernel = kernels.load(dev, "micro")["saxpy"]
        self._host_x = [rng.integers(0, LARGEST_X + 1, elements).astype(np.float32) for _ in range(2)]
        self._host_y = [rng.integers(0, 100, elements).astype(np.float32) for _ in range(2)]
        self._x = [dev.array(x) for x in self._host_x]
        self._y = [dev.array(y) for y in self._host_y]
        self._grid = (elements // THREADS,)

    def arguments(self, launches: int) -> list[tuple[Any, Any, np.float32]]:
        """The arguments of launches 0 .. launches - 1."""
        turn = [(self._x[phase >> 1 & 1], self._y[phase & 1], SCALES[phase]) for phase in range(PHASES)]
        return (turn * (launches // PHASES + 1))[:launches]

    def launch(self, launches: int) -> None:
        """So many launches, one after the other; does not wait. The number is a multiple of PHASES or 1."""
        kernel, grid = self.kernel, self._grid
        for x, y, scale in self.arguments(launches):
            kernel[grid, (THREADS,)](x, y, scale)

    def correct(self, launches: int) -> bool:
        """Whether both outputs are exactly what launches 0 .. launches - 1 make of them."""
        expected = [y.astype(np.float64) for y in self._host_y]
        for phase in range(PHASES):
            times = len(range(phase, launches, PHASES))
            expected[phase & 1] += times * float(SCALES[phase]) * self._host_x[phase >> 1 & 1]
        if max(float(values.max()) for values in expected) >= 1 << 24:
            raise ValueError(f"{launches} launches leave the range in which float32 is exact")
        return all(np.array_equal(y.numpy(), want) for y, want in zip(self._y, expected, strict=True))


def dependent_graph(dev: Any, nodes: int, count: int = 50, warmup: int = 5) -> Latency:
    """A captured graph of kernels that each increment what the one before wrote, on another SM if it can.

    A sample is one launch of the graph, with another array than the launch before, and the wait for it.
    """
    rng = np.random.default_rng(SEED)
    start = rng.integers(0, 1 << 20, 2, dtype=np.uint32)
    cells = [dev.array(start[i : i + 1]) for i in range(2)]
    sms = dev.zeros(nodes, np.uint32)
    kernel = kernels.load(dev, "micro")["increment_by_block"]
    with dev.capture(value=cells[0]) as graph:
        for node in range(nodes):
            kernel[2, 32](cells[0], sms, np.uint32(node))

    turns = [cells[i & 1] for i in range(warmup + count)]
    samples = timed(lambda cell: graph.launch(value=cell), turns, warmup, dev.synchronize)
    launched = [len(range(i, warmup + count, 2)) for i in range(2)]
    correct = all(int(cell.numpy()[0]) == start[i] + nodes * launched[i] for i, cell in enumerate(cells))
    graph.free()
    return Latency(f"graph of {nodes}, dependent", samples, nodes, correct)


def independent_graph(dev: Any, nodes: int, count: int = 50, warmup: int = 5) -> Latency:
    """A captured graph of kernels that need not wait for each other: each increments a cell of its own."""
    rng = np.random.default_rng(SEED)
    start = rng.integers(0, 1 << 20, nodes, dtype=np.uint32)
    cells = [dev.array(start[i : i + 1]) for i in range(nodes)]
    kernel = kernels.load(dev, "micro")["increment"]
    with dev.capture() as graph, graph.independent():
        for cell in cells:
            kernel[1, 32](cell)

    samples = timed(lambda _: graph.launch(), range(warmup + count), warmup, dev.synchronize)
    correct = all(int(cell.numpy()[0]) == start[i] + warmup + count for i, cell in enumerate(cells))
    graph.free()
    return Latency(f"graph of {nodes}, independent", samples, nodes, correct)


def copies(
    dev: Any, sizes: Iterable[int] = COPY_SIZES, directions: Sequence[str] = DIRECTIONS, count: int = 20
) -> list[CopyFigure]:
    """Copies of every size in every direction, from and to pinned host memory, each waited for."""
    return [copy(dev, direction, size, count) for size in sizes for direction in directions]


def copy(dev: Any, direction: str, size_bytes: int, count: int = 20, warmup: int = 3) -> CopyFigure:
    """Copy `size_bytes` of random bytes again and again; the last result is compared in full.

    Args:
        direction: IN, OUT or DEVICE.
        size_bytes: a multiple of 8.
    """
    rng = np.random.default_rng(SEED + size_bytes)
    if size_bytes < 1 << 20:
        count *= 10
    content = rng.integers(0, 1 << 63, size_bytes // 8, dtype=np.uint64)
    device = dev.array(content) if direction != IN else dev.zeros(content.shape, content.dtype)
    if direction == DEVICE:
        target = dev.zeros(content.shape, content.dtype)
        samples = timed(target.copy_from, [device] * (warmup + count), warmup, dev.synchronize)
        correct = np.array_equal(target.numpy(), content)
        target.free()
    else:
        host = dev.pinned(content.shape, content.dtype)
        host.view[...] = content if direction == IN else 0
        source, target = (host, device) if direction == IN else (device, host)
        samples = timed(target.copy_from, [source] * (warmup + count), warmup, dev.synchronize)
        correct = np.array_equal(target.numpy(), content)
        host.free()
    device.free()
    moved = size_bytes * (2 if direction == DEVICE else 1)
    return CopyFigure(direction, size_bytes, samples, moved / (samples.median_us * 1e3), bool(correct))


def opening(open_device: Callable[[], Any]) -> OpenTime:
    """Open a device, run one kernel on it, read its output back, close it; all of it timed."""
    clock = time.perf_counter
    started = clock()
    dev = open_device()
    opened = clock()
    try:
        rm_s = rm_seconds(dev)
        saxpy = _Saxpy(dev)
        saxpy.launch(1)
        dev.synchronize()
        correct = saxpy.correct(1)
        finished = clock()
    finally:
        closing = clock()
        dev.close()
    return OpenTime(opened - started, rm_s, finished - started, clock() - closing, correct)


def rm_seconds(dev: Any) -> float | None:
    """Wall time that this device has spent within the resource manager's ioctls so far; None without one."""
    manager = getattr(dev, "rm", None)
    seconds = getattr(manager, "ioctl_seconds", None)
    return None if seconds is None else float(seconds)
