"""Random programs of arrays, copies, fills, kernels, channels and address spaces, against NumPy."""

from __future__ import annotations

import random
import threading
from typing import Any

import barewire as bw
import numpy as np
import pytest
from barewire.kernels.library import cubin_path

KIB, MIB = 1 << 10, 1 << 20
SIZES = (1, 2, 3, 5, 16, 255, 256, 257, 1000, 4096, 4097, 65536, 100_003)
KINDS = (np.uint8, np.int16, np.int32, np.float64)
WAIT_S = 20.0
MOST_ARRAYS = 30
BLOCK = 128


class Program:
    """A program, and what its arrays hold by NumPy's account.

    Args:
        alone: no other thread uses the device: a graph takes the launches of all of them.
    """

    def __init__(self, dev: Any, seed: int, alone: bool = True) -> None:
        self.dev = dev
        self.alone = alone
        self.queues: list[Any] = []
        self.add = dev.load(cubin_path("micro", dev.facts.sm_version))["add_constant"]
        self.choose = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.arrays: list[tuple[Any, np.ndarray]] = []
        self.channels: list[Any] = []

    def run(self, steps: int) -> None:
        moves = (self.make, self.make, self.fill, self.replace, self.copy, self.look, self.free)
        moves += (self.open_channel, self.copy_by_channel, self.close_channel, self.use_a_space)
        moves += (self.launch, self.launch, self.launch, self.launch_on_a_queue, self.launch_a_graph)
        for _ in range(steps):
            self.choose.choice(moves)()
        for array, known in self.arrays:
            np.testing.assert_array_equal(array.numpy(), known)
        while self.channels:
            self.close_channel()
        for queue in self.queues:
            queue.close()

    def values(self, shape: Any, dtype: Any) -> np.ndarray:
        return self.numbers.integers(0, 100, shape).astype(dtype)

    def make(self) -> None:
        if len(self.arrays) < MOST_ARRAYS:
            values = self.values(self.choose.choice(SIZES), self.choose.choice(KINDS))
            self.arrays.append((self.dev.array(values), values))

    def any(self) -> tuple[Any, np.ndarray]:
        if not self.arrays:
            self.make()
        return self.choose.choice(self.arrays)

    def fill(self) -> None:
        array, known = self.any()
        known[...] = value = self.choose.randrange(100)
        array.fill(value)

    def replace(self) -> None:
        array, known = self.any()
        known[...] = self.values(known.shape, known.dtype)
        array.copy_from(known.copy())

    def copy(self) -> None:
        array, known = self.any()
        target = self.dev.empty(known.shape, known.dtype)
        array.copy_to(target)
        self.arrays.append((target, known.copy()))

    def look(self) -> None:
        array, known = self.any()
        np.testing.assert_array_equal(array.numpy(), known)

    def free(self) -> None:
        if self.arrays:
            array, _ = self.arrays.pop(self.choose.randrange(len(self.arrays)))
            if self.choose.random() < 0.5:
                array.free()

    def numbers_of_32_bits(self) -> tuple[Any, np.ndarray]:
        """An array that kernels add to."""
        fitting = [each for each in self.arrays if each[1].dtype == np.int32]
        if fitting:
            return self.choose.choice(fitting)
        values = self.values(self.choose.choice(SIZES), np.int32)
        self.arrays.append((self.dev.array(values), values))
        return self.arrays[-1]

    def launch(self, queue: Any = None) -> None:
        """Add a number to an array, some times."""
        array, known = self.numbers_of_32_bits()
        for _ in range(self.choose.randrange(1, 5)):
            addend = self.choose.randrange(100)
            known += addend
            arguments = (array, array, np.uint32(addend), np.uint32(known.size))
            grid = -(-known.size // BLOCK)
            self.add.launch(grid=grid, block=BLOCK, args=arguments, queue=queue)

    def launch_on_a_queue(self) -> None:
        if len(self.queues) < 2:
            self.queues.append(self.dev.queue())
        queue = self.choose.choice(self.queues)
        queue.wait_for(self.dev.compute)
        self.launch(queue)
        if self.choose.random() < 0.5:
            queue.synchronize(WAIT_S)
        self.dev.compute.wait_for(queue)

    def launch_a_graph(self) -> None:
        if not self.alone:
            return
        times = self.choose.randrange(1, 4)
        self.numbers_of_32_bits()  # an array that is made in a graph is there, too, but is no work of it
        before = [known.copy() for _, known in self.arrays]
        with self.dev.capture() as graph:
            self.launch()
            self.launch()
        for (_, known), old in zip(self.arrays, before, strict=True):
            known += (times - 1) * (known - old)
        for _ in range(times):
            graph.launch()

    def open_channel(self) -> None:
        if len(self.channels) < 3:
            self.channels.append(self.dev.channel())

    def copy_by_channel(self) -> None:
        if not self.channels:
            return
        channel, (array, known) = self.choose.choice(self.channels), self.any()
        target = self.dev.empty(known.shape, known.dtype)
        channel.wait_for(self.dev.copies)
        channel.wait_for(self.dev.compute)
        done = channel.submit(
            channel.pushbuffer().copy(
                source=array.address, destination=target.address, size_bytes=array.size_bytes
            )
        )
        if self.choose.random() < 0.5:
            done.wait(WAIT_S)
        else:
            self.dev.copies.wait_for(done)
        self.arrays.append((target, known.copy()))

    def close_channel(self) -> None:
        if self.channels:
            channel = self.channels.pop()
            channel.synchronize(WAIT_S)
            channel.close()

    def use_a_space(self) -> None:
        size = self.choose.choice(SIZES)
        data = self.numbers.integers(0, 256, size, dtype=np.uint8).tobytes()
        page = self.choose.choice((None, 4 * KIB, 64 * KIB, 2 * MIB))
        space = self.dev.address_space()
        channel = self.dev.channel(space)
        video = self.dev.rm.video_memory(size, page_size_bytes=page)
        host = self.dev.rm.host_memory(2 * size)
        host.write(data)
        at, host_at = space.map(video), space.map(host)
        there = channel.pushbuffer().copy(source=host_at, destination=at, size_bytes=size)
        back = channel.pushbuffer().copy(source=at, destination=host_at + size, size_bytes=size)
        channel.submit(there)
        channel.submit(back).wait(WAIT_S)
        assert host.read(size, size) == video.read(0, size) == data
        channel.close()
        space.unmap(at)
        space.close()
        video.close()
        host.close()


OPTIONS = (
    {},
    {"vram_bytes": 1024 * MIB, "bar1_bytes": 64 * MIB},
    {"dirty_vram_bytes": 64 * MIB, "check_tlb": True},
    {"sanitize": True},
)
OPTION_NAMES = ("plain", "small", "strict", "sanitized")


def run_programs(options: dict[str, Any], threads: int, seed: int, steps: int) -> None:
    failures: list[BaseException] = []

    def one(number: int) -> None:
        try:
            Program(dev, 100 * seed + number, alone=threads == 1).run(steps)
        except BaseException as error:
            failures.append(error)

    with bw.open("soft:gh100", timeout_s=WAIT_S, **options) as dev:
        running = [threading.Thread(target=one, args=(number,)) for number in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        assert not dev.bus.endpoint.defects
        assert not dev.bus.endpoint.reports
    if failures:
        raise failures[0]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("options", OPTIONS, ids=OPTION_NAMES)
def test_random_programs(options: dict[str, Any], threads: int) -> None:
    run_programs(options, threads, seed=threads, steps=60)


@pytest.mark.full
@pytest.mark.parametrize("options", OPTIONS, ids=OPTION_NAMES)
@pytest.mark.parametrize("seed", range(10, 20))
def test_many_random_programs(options: dict[str, Any], seed: int) -> None:
    run_programs(options, 1 + seed % 3, seed, steps=300)
