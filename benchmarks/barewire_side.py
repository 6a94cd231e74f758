"""barewire's side of the comparison: what cuda_reference.cu does, through the public API, with the same data.

Every function returns samples in microseconds and checks every output word; a wrong one raises WrongResult.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import workload
from benchmarks.workload import BUFFERS, CHAIN_BLOCKS, CHAIN_CELLS, CHAIN_THREADS, THREADS, Words

CUBIN = Path(__file__).parent / "kernels.sm_90.cubin"
POISON = 0x5A


class WrongResult(Exception):
    """The GPU computed or copied something else than the host did."""


def bench_module(dev: Any) -> Any:
    """The kernels of kernels.cu on this device."""
    return dev.load(CUBIN)


def check(got: np.ndarray, wanted: np.ndarray, what: str) -> None:
    """Compare every element."""
    if not np.array_equal(got, wanted):
        wrong = int((got != wanted).sum()) if got.shape == wanted.shape else wanted.size
        raise WrongResult(f"{what}: {wrong} of {wanted.size} output elements are wrong")


def _us(start_ns: int) -> float:
    return (time.perf_counter_ns() - start_ns) / 1000


class MixLaunches:
    """Launches with three arguments that change, whose order and number the result tells."""

    def __init__(self, dev: Any, module: Any) -> None:
        self.dev = dev
        self.kernel = module["mix"]
        shape = (BUFFERS, THREADS)
        self.input = workload.random_words(BUFFERS * THREADS, 1).reshape(shape)
        self.start = workload.random_words(BUFFERS * THREADS, 2).reshape(shape)
        self.x = [dev.array(row) for row in self.input]
        self.y = [dev.array(row) for row in self.start]

    def arguments(self, count: int) -> list[tuple[Any, Any, int]]:
        """The arguments of launches 0 .. count - 1."""
        places = (workload.mix_arguments(n) for n in range(count))
        return [(self.x[source], self.y[target], factor) for source, target, factor in places]

    def run(self, count: int) -> None:
        """Launch that often; does not wait."""
        launch = self.kernel[(1,), (THREADS,)]
        for source, target, factor in self.arguments(count):
            launch(source, target, factor)

    def result(self) -> Words:
        """What the GPU has made of y."""
        return np.stack([array.numpy() for array in self.y])

    def wanted(self, count: int) -> Words:
        """What it has to be."""
        return workload.mix_result(self.input, self.start, count)

    def verify(self, count: int) -> None:
        """Compare the two."""
        check(self.result(), self.wanted(count), f"{count} launches of mix")

    def free(self) -> None:
        """Give the arrays back."""
        for array in self.x + self.y:
            array.free()


def roundtrip(queue: Any, count: int) -> list[float]:
    """The floor of a channel: the GPU writes a semaphore, no kernel."""
    samples = []
    for _ in range(count):
        start = time.perf_counter_ns()
        queue.roundtrip()
        samples.append(_us(start))
    return samples


def launch_sync(dev: Any, module: Any, count: int) -> list[float]:
    """`kernel[grid, block](x, y, a)` and `dev.synchronize()`, one by one."""
    launches = MixLaunches(dev, module)
    kernel, synchronize = launches.kernel, dev.synchronize
    samples = []
    for source, target, factor in launches.arguments(count):
        start = time.perf_counter_ns()
        kernel[(1,), (THREADS,)](source, target, factor)
        synchronize()
        samples.append(_us(start))
    launches.verify(count)
    launches.free()
    return samples


def launch_split(dev: Any, module: Any, count: int) -> tuple[list[float], list[float]]:
    """Of launch + synchronize: what the call itself takes, and what the wait takes."""
    launches = MixLaunches(dev, module)
    kernel, synchronize = launches.kernel, dev.synchronize
    calls, waits = [], []
    for source, target, factor in launches.arguments(count):
        start = time.perf_counter_ns()
        kernel[(1,), (THREADS,)](source, target, factor)
        launched = time.perf_counter_ns()
        synchronize()
        end = time.perf_counter_ns()
        calls.append((launched - start) / 1000)
        waits.append((end - launched) / 1000)
    launches.verify(count)
    launches.free()
    return calls, waits


def launch_many(dev: Any, module: Any, count: int, bound: bool = True) -> list[float]:
    """Launches back to back, one `synchronize` at the end: the time of each.

    Args:
        bound: grid and block are given once, not at every launch.
    """
    launches = MixLaunches(dev, module)
    arguments = launches.arguments(count)
    kernel = launches.kernel
    dev.synchronize()
    start = time.perf_counter_ns()
    if bound:
        launch = kernel[(1,), (THREADS,)]
        for source, target, factor in arguments:
            launch(source, target, factor)
    else:
        for source, target, factor in arguments:
            kernel[(1,), (THREADS,)](source, target, factor)
    dev.synchronize()
    each = _us(start) / count
    launches.verify(count)
    launches.free()
    return [each]


class ChainGraph:
    """A captured graph of kernels that each read what the one before wrote from another SM."""

    def __init__(self, dev: Any, module: Any, kernels: int) -> None:
        self.dev = dev
        self.kernels = kernels
        self.pairs = [[dev.zeros(CHAIN_CELLS, np.uint32) for _ in range(2)] for _ in range(2)]
        even, odd = self.pairs[0]
        launch = module["chain"][(CHAIN_BLOCKS,), (CHAIN_THREADS,)]
        with dev.capture(even=even, odd=odd) as graph:
            for kernel in range(kernels):
                source, target = (odd, even) if kernel % 2 else (even, odd)
                launch(source, target, workload.addend(kernel))
        self.graph = graph

    def rounds(self, count: int) -> list[float]:
        """Launch it so often, each time with other arrays and other data."""
        samples = []
        for number in range(count):
            even, odd = self.pairs[number % 2]
            cells = workload.random_words(CHAIN_CELLS, 10 + number)
            even.copy_from(cells)
            self.dev.synchronize()
            start = time.perf_counter_ns()
            self.graph.launch(even=even, odd=odd)
            self.dev.synchronize()
            samples.append(_us(start))
            result = (odd if self.kernels % 2 else even).numpy()
            check(
                result, workload.chain_result(cells, self.kernels), f"chain of {self.kernels}, round {number}"
            )
        return samples

    def split(self, count: int) -> tuple[list[float], list[float]]:
        """Of a launch with other arrays: what the call takes, and the GPU by its own clock."""
        calls, on_gpu = [], []
        for number in range(count):
            even, odd = self.pairs[number % 2]
            self.dev.synchronize()
            before = self.dev.record()
            start = time.perf_counter_ns()
            self.graph.launch(even=even, odd=odd)
            calls.append(_us(start))
            after = self.dev.record()
            on_gpu.append((after.time_ns - before.time_ns) / 1000)
        return calls, on_gpu


class FreeGraph:
    """A captured graph of kernels that do not wait for each other."""

    def __init__(self, dev: Any, module: Any, kernels: int) -> None:
        self.dev = dev
        self.kernels = kernels
        self.pairs = [[dev.zeros(kernels * CHAIN_CELLS, np.uint32) for _ in range(2)] for _ in range(2)]
        x, y = self.pairs[0]
        launch = module["own_cells"][(CHAIN_BLOCKS,), (CHAIN_THREADS,)]
        with dev.capture(x=x, y=y) as graph, graph.independent():
            for kernel in range(kernels):
                launch(x, y, kernel)
        self.graph = graph

    def rounds(self, count: int) -> list[float]:
        """Launch it so often, each time with other arrays and other data."""
        samples = []
        for number in range(count):
            x, y = self.pairs[number % 2]
            cells = workload.random_words(self.kernels * CHAIN_CELLS, 40 + number)
            x.copy_from(cells)
            y.copy_from(np.zeros_like(cells))
            self.dev.synchronize()
            start = time.perf_counter_ns()
            self.graph.launch(x=x, y=y)
            self.dev.synchronize()
            samples.append(_us(start))
            check(
                y.numpy(),
                workload.free_result(cells, self.kernels),
                f"{self.kernels} independent kernels, round {number}",
            )
        return samples


def prove_chain(dev: Any, module: Any, kernels: int) -> int:
    """How many hops of a captured chain came from another SM: the fewest over all threads; all should."""
    even, odd = (dev.zeros((CHAIN_CELLS, 4), np.uint32) for _ in range(2))
    launch = module["chain_proof"][(CHAIN_BLOCKS,), (CHAIN_THREADS,)]
    with dev.capture() as graph:
        for kernel in range(kernels):
            source, target = (odd, even) if kernel % 2 else (even, odd)
            launch(source, target, 1)
    graph.launch()
    dev.synchronize()
    cells = (odd if kernels % 2 else even).numpy()
    check(cells[:, 0], np.full(CHAIN_CELLS, kernels, dtype=np.uint32), "chain_proof")
    return int(cells[:, 2].min())


class CopyBuffers:
    """Two pinned buffers and two in video memory, of one size; the first of each pair holds random bytes."""

    def __init__(self, dev: Any, size_bytes: int) -> None:
        self.dev = dev
        self.content = workload.random_bytes(size_bytes, workload.COPY_SEED)
        self.source, self.result = (dev.pinned(size_bytes, np.uint8) for _ in range(2))
        self.source.view[:] = self.content
        self.device = dev.array(self.content)
        self.other = dev.empty(size_bytes, np.uint8)

    def copy_in(self, count: int) -> list[float]:
        """Pinned to video memory."""
        self.other.fill(POISON)
        samples = self._time(lambda: self.other.copy_from(self.source), count)
        check(self.other.numpy(), self.content, "copy in")
        return samples

    def copy_out(self, count: int) -> list[float]:
        """Video memory to pinned."""
        self.result.view[:] = POISON
        samples = self._time(lambda: self.device.copy_to(self.result), count)
        check(self.result.view, self.content, "copy out")
        return samples

    def copy_device(self, count: int) -> list[float]:
        """Video memory to video memory."""
        self.other.fill(POISON)
        samples = self._time(lambda: self.other.copy_from(self.device), count)
        check(self.other.numpy(), self.content, "copy on the device")
        return samples

    def _time(self, start_copy: Callable[[], Any], count: int) -> list[float]:
        synchronize = self.dev.synchronize
        synchronize()
        samples = []
        for _ in range(count):
            start = time.perf_counter_ns()
            start_copy()
            synchronize()
            samples.append(_us(start))
        return samples

    def free(self) -> None:
        """Give the memory back."""
        for buffer in (self.source, self.result, self.device, self.other):
            buffer.free()


def warm(dev: Any, module: Any, milliseconds: float) -> None:
    """Keep every SM busy, so that clocks rise."""
    blocks = 528
    x = dev.array(workload.random_words(blocks * THREADS, 3))
    y = dev.empty(blocks * THREADS, np.uint32)
    deadline = time.perf_counter() + milliseconds / 1000
    while time.perf_counter() < deadline:
        module["busy"][(blocks,), (THREADS,)](x, y, 20000)
        dev.synchronize()
    x.free()
    y.free()
