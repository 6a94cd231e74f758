"""Video and host memory as objects: when they live, when they are freed, what they refuse."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

import pytest
from barewire.errors import ForkedChild, Freed, OutOfVram, UsageError
from barewire.memory.gpu import GpuMemory
from barewire.memory.host import HostMemory
from barewire.memory.video import VideoMemory
from soft_memory import SoftMemory

KIB, MIB = 1 << 10, 1 << 20


@pytest.fixture(params=["video", "host"])
def make(request, soft):
    """Makes memory of one aperture."""
    return soft.memory.video_memory if request.param == "video" else soft.memory.host_memory


def test_sizes_are_rounded_to_pages_that_suit_them(soft):
    sizes = {size: soft.memory.video_memory(size) for size in (1, 64 * KIB, 65 * KIB, 2 * MIB, 5 * MIB)}

    assert {size: (memory.size_bytes, memory.page_size_bytes) for size, memory in sizes.items()} == {
        1: (4096, 4096),
        64 * KIB: (64 * KIB, 64 * KIB),
        65 * KIB: (128 * KIB, 64 * KIB),
        2 * MIB: (2 * MIB, 2 * MIB),
        5 * MIB: (6 * MIB, 2 * MIB),
    }
    assert all(memory.address % memory.page_size_bytes == 0 for memory in sizes.values())
    assert soft.memory.host_memory(1, page_size_bytes=64 * KIB).size_bytes == 64 * KIB


@pytest.mark.parametrize("size", [0, -1])
def test_memory_of_no_size_is_refused(make, size):
    with pytest.raises(UsageError):
        make(size)


def test_pages_of_a_size_that_does_not_exist_are_refused(soft):
    with pytest.raises(UsageError):
        soft.memory.video_memory(4096, page_size_bytes=8192)


def test_more_than_there_is_is_refused_with_what_is_free(soft):
    with pytest.raises(OutOfVram) as full:
        soft.memory.video_memory(64 << 30)
    assert full.value.free_bytes == soft.memory.free_vram_bytes


def test_memory_is_mapped_for_the_cpu_in_whole_pages(make):
    memory = make(64 * KIB)
    with memory.map_cpu() as whole, memory.map_cpu(4096, 5000) as part:
        assert (whole.size_bytes, part.size_bytes) == (64 * KIB, 8192)
        assert part.address - whole.address == 4096
        whole.view[4096:4100] = b"here"
        assert bytes(part.view[:4]) == memory.read(4096, 4) == b"here"
    for offset, size in ((1, 4096), (64 * KIB, 4096), (0, 65 * KIB), (-4096, 4096)):
        with pytest.raises(UsageError):
            memory.map_cpu(offset, size)


def test_bytes_are_written_and_read_anywhere(make):
    memory = make(12 * KIB)
    memory.write(b"one", 1)
    memory.write(memoryview(b"two"), 4095)

    assert memory.read(1, 3) + memory.read(4095, 3) == b"onetwo"
    assert len(memory.read(4)) == memory.size_bytes - 4
    for offset, data in ((-1, b"x"), (12 * KIB, b"x"), (12 * KIB - 1, b"xy")):
        with pytest.raises(UsageError):
            memory.write(data, offset)
    with pytest.raises(UsageError):
        memory.read(12 * KIB - 1, 2)


def test_memory_that_was_closed_is_not_used(make):
    memory = make(4096)
    mapping = memory.map_cpu()
    assert not memory.closed
    memory.close()
    memory.close()

    assert memory.closed and mapping.closed
    with pytest.raises(Freed):
        _ = mapping.view
    for use in (memory.map_cpu, memory.read, memory.check, lambda: memory.write(b"x")):
        with pytest.raises(Freed):
            use()
    assert "closed" in repr(memory)


def test_video_memory_that_nobody_refers_to_is_free_again(soft):
    free = soft.memory.free_vram_bytes
    soft.memory.video_memory(16 * MIB)
    kept = soft.memory.video_memory(16 * MIB).map_cpu()
    gc.collect()

    assert soft.memory.free_vram_bytes == free - 16 * MIB, "a mapping keeps its memory"
    kept.close()
    del kept
    gc.collect()
    assert soft.memory.free_vram_bytes == free


class Holder:
    """Somebody who told others of memory, and lets go of it when he likes."""

    def __init__(self, log: list[str], name: str, prompt: bool = True) -> None:
        self.log, self.name, self.prompt = log, name, prompt
        self.waiting: list[Callable[[], None]] = []

    def release(self, then: Callable[[], None]) -> None:
        self.log.append(self.name)
        if self.prompt:
            then()
        else:
            self.waiting.append(then)


def test_memory_is_given_back_after_all_who_were_told_of_it_let_go(soft):
    log: list[str] = []
    free = soft.memory.free_vram_bytes
    memory = soft.memory.video_memory(2 * MIB)
    slow = Holder(log, "slow", prompt=False)
    for holder in (slow, Holder(log, "last")):
        memory.release_first(holder.release)
    memory.close()

    assert log == ["last", "slow"]
    assert memory.closed
    assert soft.memory.free_vram_bytes == free - 2 * MIB
    slow.waiting.pop()()
    assert soft.memory.free_vram_bytes == free


def test_who_was_told_of_memory_lets_go_of_it_when_nobody_refers_to_it(soft):
    log: list[str] = []
    memory = soft.memory.video_memory(2 * MIB)
    memory.release_first(Holder(log, "told").release)
    del memory
    gc.collect()

    assert log == [], "not from inside the garbage collector"
    soft.memory.collect()
    assert log == ["told"]


def test_host_memory_that_nobody_refers_to_leaves_the_device(soft):
    memory = soft.memory.host_memory(4096)
    closed = []
    original = memory.dma.close
    memory.close()
    memory = HostMemory(soft.memory, _Told(soft.bus, closed), 4096)
    del memory
    gc.collect()
    assert closed == [], "not from inside the garbage collector"
    soft.memory.collect()
    assert closed == [True]
    original()


class _Told:
    """A bus that tells when memory is closed."""

    def __init__(self, bus, closed):
        self._bus, self._closed = bus, closed

    def dma_memory(self, size_bytes, *, contiguous=False):
        memory = self._bus.dma_memory(size_bytes, contiguous=contiguous)
        original = memory.close

        def close():
            self._closed.append(True)
            original()

        memory.close = close
        return memory


def test_memory_in_a_mapping_is_not_freed_while_it_is_mapped(soft):
    space = soft.memory.address_space()
    free = soft.memory.free_vram_bytes
    gpu_va = space.map(soft.memory.video_memory(2 * MIB))
    gc.collect()
    assert soft.memory.free_vram_bytes < free
    space.unmap(gpu_va)
    gc.collect()
    assert soft.memory.free_vram_bytes >= free
    space.close()


def test_each_object_has_a_number_of_its_own(soft):
    made = [soft.memory.video_memory(4096), soft.memory.host_memory(4096), soft.memory.video_memory(4096)]

    assert len({memory.handle for memory in made}) == 3
    assert hex(made[0].handle) in repr(made[0])


def test_memory_of_a_gpu_that_was_closed_is_not_used():
    with SoftMemory(vram_bytes=1 << 30, bar1_bytes=1 << 30) as opened:
        video, host = opened.memory.video_memory(4096), opened.memory.host_memory(4096)
        space = opened.memory.address_space()
        opened.memory.close()
        opened.memory.close()

        for use in (
            video.check,
            host.check,
            space.check,
            lambda: space.map(video),
            lambda: opened.memory.video_memory(1),
            lambda: opened.memory.host_memory(1),
            opened.memory.address_space,
        ):
            with pytest.raises(Freed):
                use()
        assert video.closed and host.closed
        space.close()
        video.close()
        host.close()


def test_a_forked_child_is_refused_everywhere(soft):
    def forked():
        raise ForkedChild("opened by the parent")

    video = soft.memory.video_memory(4096)
    space = soft.memory.address_space()
    soft.memory._check = forked
    for use in (video.check, space.close, lambda: soft.memory.video_memory(1), video.close, video.map_cpu):
        with pytest.raises(ForkedChild):
            use()
    soft.memory._check = None
    space.close()


def test_scattered_memory_is_used_when_there_is_no_other(small_bar):
    memory: GpuMemory = small_bar.memory
    pieces: list[VideoMemory] = []
    while True:
        try:
            pieces.append(memory.video_memory(256 * MIB, contiguous=True))
        except OutOfVram:
            break
    while True:
        try:
            pieces.append(memory.video_memory(2 * MIB, contiguous=True))
        except OutOfVram:
            break
    small = [piece for piece in pieces if piece.size_bytes == 2 * MIB]
    for piece in small[::2]:
        piece.close()
    with pytest.raises(OutOfVram):
        memory.video_memory(6 * MIB, contiguous=True)
    scattered = memory.video_memory(6 * MIB)

    assert len(scattered.extents) == 3
    with pytest.raises(UsageError):
        _ = scattered.address
    scattered.write(b"across", 2 * MIB - 3)
    assert scattered.read(2 * MIB - 3, 6) == b"across"
    with scattered.map_cpu() as mapping:
        assert bytes(mapping.view[2 * MIB - 3 : 2 * MIB + 3]) == b"across"


def test_threads_allocate_and_free_without_harm(soft):
    free = soft.memory.free_vram_bytes
    space = soft.memory.address_space()
    errors = []

    def work(number: int) -> None:
        try:
            for turn in range(30):
                memory = soft.memory.video_memory(4096 * (1 + (turn + number) % 40))
                gpu_va = space.map(memory)
                memory.write(bytes([number]) * 100)
                if memory.read(0, 100) != bytes([number]) * 100:
                    errors.append((number, turn))
                space.unmap(gpu_va)
                memory.close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    space.close()
    assert errors == []
    assert soft.memory.free_vram_bytes == free


def test_memory_that_two_threads_close_at_once_is_given_back_once(soft, make):
    memory = make(4096)
    together, errors = threading.Barrier(2), []
    soft.memory._check = lambda: together.wait(5)  # both have seen that it is open

    def close():
        try:
            memory.close()
        except UsageError as error:
            errors.append(error)

    threads = [threading.Thread(target=close) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    soft.memory._check = None

    assert memory.closed
    assert errors == []
