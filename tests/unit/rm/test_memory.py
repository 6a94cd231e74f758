"""Memory objects and their pages in this process."""

from __future__ import annotations

import gc
import mmap

import numpy as np
import pytest
from barewire.errors import Freed, OutOfVram, RmError, UsageError
from barewire.rm.ioctl import NvResourceManager


@pytest.mark.parametrize(
    ("asked", "page", "size"),
    [(1, 4096, 4096), (70_000, 65536, 131072), (2 << 20, 2 << 20, 2 << 20), (5 << 20, 2 << 20, 6 << 20)],
)
def test_video_memory_takes_the_pages_that_its_size_suggests(rm, kernel, asked, page, size):
    memory = rm.video_memory(asked)

    assert (memory.page_size_bytes, memory.size_bytes, memory.aperture) == (page, size, "video")
    assert [known.page for known in kernel.objects if known.handle == memory.handle] == [page]


@pytest.mark.parametrize("page", [4096, 65536, 2 << 20])
def test_the_page_size_can_be_chosen(rm, kernel, page):
    memory = rm.video_memory(100, page_size_bytes=page, contiguous=True)
    made = next(known for known in kernel.objects if known.handle == memory.handle)

    assert (memory.size_bytes, made.page, made.size) == (page, page, page)
    assert int.from_bytes(made.params[0x18:0x1C], "little") >> 27 & 3 == 2, "contiguous"


def test_other_page_sizes_and_empty_memory_are_refused(rm):
    for wrong in (
        lambda: rm.video_memory(4096, page_size_bytes=8192),
        lambda: rm.video_memory(0),
        lambda: rm.host_memory(-1),
    ):
        with pytest.raises(UsageError):
            wrong()


def test_too_much_video_memory_says_what_is_free(rm):
    with pytest.raises(OutOfVram) as full:
        rm.video_memory(2 << 30)

    assert full.value.free_bytes == 1 << 30
    assert isinstance(full.value, MemoryError)


def test_another_refusal_is_not_called_out_of_memory(rm, kernel):
    kernel.refuse[0x40] = 0x1B
    with pytest.raises(RmError):
        rm.video_memory(4096)


def test_bytes_written_through_a_mapping_are_there(rm):
    for memory in (rm.video_memory(8192), rm.host_memory(8192), rm.host_memory(8192, cached=False)):
        mapping = memory.map_cpu()
        mapping.view[4096:4100] = b"bare"

        assert mapping.size_bytes == 8192 == len(mapping.view)
        assert bytes(mapping.view[4096:4100]) == b"bare"


def test_part_of_a_memory_can_be_mapped(rm):
    memory = rm.video_memory(1 << 20)
    mapping = memory.map_cpu(offset=65536, size_bytes=5000)

    assert mapping.size_bytes == 8192


def test_mapping_what_is_not_there_is_refused(rm):
    memory = rm.video_memory(8192)
    for offset, size in ((100, None), (8192, None), (0, 8193), (-4096, None), (0, 0)):
        with pytest.raises(UsageError):
            memory.map_cpu(offset, size)


def test_a_mapping_needs_no_descriptor_once_it_is_made(rm, kernel):
    before = len(kernel.files)
    for _ in range(5):
        rm.host_memory(4096).map_cpu()

    assert len(kernel.files) == before


def test_closing_a_memory_undoes_its_mappings_first(rm, kernel):
    memory = rm.video_memory(8192)
    first, second = memory.map_cpu(), memory.map_cpu()
    space = rm.address_space()
    space.map(memory)
    first.close()
    first.close()
    memory.close()
    memory.close()

    assert memory.closed and second.closed
    assert kernel.complaints == [] and not kernel.pages and not kernel.gpu_mappings
    with pytest.raises(Freed):
        _ = second.view
    with pytest.raises(Freed):
        memory.map_cpu()


def test_a_view_that_outlives_its_mapping_reads_empty_memory(rm, kernel):
    memory = rm.host_memory(4096)
    mapping = memory.map_cpu()
    array = np.frombuffer(mapping.view, dtype=np.uint32)
    array[:] = 7
    memory.close()

    assert not array.any()
    assert len(kernel.pages) == 1
    del array
    gc.collect()
    assert not kernel.pages


def test_memory_that_nothing_refers_to_is_freed(rm, kernel):
    memory = rm.video_memory(8192)
    memory.map_cpu()
    handle = memory.handle
    del memory
    gc.collect()

    assert handle not in [known.handle for known in kernel.objects]
    assert not kernel.pages and kernel.complaints == []


def test_memory_that_is_mapped_for_the_gpu_is_kept(rm, kernel):
    space = rm.address_space()
    handle = rm.video_memory(8192).handle
    space.map(memory := rm.video_memory(8192))
    kept = memory.handle
    del memory
    gc.collect()

    left = [known.handle for known in kernel.objects]
    assert handle not in left and kept in left


def test_pages_of_this_process_can_be_pinned(rm, kernel):
    pages = mmap.mmap(-1, 8192)
    address = np.frombuffer(pages, dtype=np.uint8).ctypes.data
    memory = rm.pin(address, 8000)

    assert (memory.size_bytes, memory.aperture, memory.host_address) == (8192, "host", address)
    assert rm.address_space().map(memory)
    with pytest.raises(UsageError):
        memory.map_cpu()
    with pytest.raises(UsageError):
        rm.pin(address + 1, 4096)


def test_a_memory_outlives_no_device(kernel):
    rm = NvResourceManager.open(0, kernel=kernel)
    memory = rm.video_memory(4096)
    mapping = memory.map_cpu()
    rm.close()
    mapping.close()
    memory.close()

    assert memory.closed and kernel.is_clean
    with pytest.raises(Freed):
        _ = mapping.view
