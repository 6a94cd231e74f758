"""Random programs of arrays, copies, fills, channels and address spaces, against NumPy."""

from __future__ import annotations

import random
import threading
from typing import Any

import barewire as bw
import numpy as np
import pytest

KIB, MIB = 1 << 10, 1 << 20
SIZES = (1, 2, 3, 5, 16, 255, 256, 257, 1000, 4096, 4097, 65536, 100_003)
KINDS = (np.uint8, np.int16, np.int32, np.float64)
WAIT_S = 20.0
MOST_ARRAYS = 30


class Program:
    """A program, and what its arrays hold by NumPy's account."""

    def __init__(self, dev: Any, seed: int) -> None:
        self.dev = dev
        self.choose = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.arrays: list[tuple[Any, np.ndarray]] = []
        self.channels: list[Any] = []

    def run(self, steps: int) -> None:
        moves = (self.make, self.make, self.fill, self.replace, self.copy, self.look, self.free)
        moves += (self.open_channel, self.copy_by_channel, self.close_channel, self.use_a_space)
        for _ in range(steps):
            self.choose.choice(moves)()
        for array, known in self.arrays:
            np.testing.assert_array_equal(array.numpy(), known)
        while self.channels:
            self.close_channel()

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

    def open_channel(self) -> None:
        if len(self.channels) < 3:
            self.channels.append(self.dev.channel())

    def copy_by_channel(self) -> None:
        if not self.channels:
            return
        channel, (array, known) = self.choose.choice(self.channels), self.any()
        target = self.dev.empty(known.shape, known.dtype)
        channel.wait_for(self.dev.copies)
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
)


def run_programs(options: dict[str, Any], threads: int, seed: int, steps: int) -> None:
    failures: list[BaseException] = []

    def one(number: int) -> None:
        try:
            Program(dev, 100 * seed + number).run(steps)
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
@pytest.mark.parametrize("options", OPTIONS, ids=["plain", "small", "strict"])
def test_random_programs(options: dict[str, Any], threads: int) -> None:
    run_programs(options, threads, seed=threads, steps=60)


@pytest.mark.full
@pytest.mark.parametrize("options", OPTIONS, ids=["plain", "small", "strict"])
@pytest.mark.parametrize("seed", range(10, 20))
def test_many_random_programs(options: dict[str, Any], seed: int) -> None:
    run_programs(options, 1 + seed % 3, seed, steps=300)
