"""A GPU whose video memory the CPU sees only part of: arrays are not mapped, what the CPU writes is."""

from __future__ import annotations

import numpy as np
import pytest
from barewire.device import Device
from fake_programs import load_programs

MIB = 1 << 20


@pytest.fixture
def small(opened) -> Device:
    """A device that may map two queues, and few blocks besides."""
    return opened.open(window_bytes=12 * MIB)


def test_arrays_are_written_and_read_without_being_mapped(small: Device):
    before = small.rm.seen_bytes
    for size in (1, 100, 5000, 3 * MIB):
        values = np.arange(size, dtype=np.int32)
        np.testing.assert_array_equal(small.array(values).numpy(), values)
    array, pinned = small.zeros(4, np.int32), small.pinned(4, np.int32)
    pinned.view[:] = [1, 2, 3, 4]
    array.copy_from(pinned)
    array.copy_to(pinned)
    small.synchronize()

    np.testing.assert_array_equal(pinned.view, [1, 2, 3, 4])
    np.testing.assert_array_equal(array.numpy(), [1, 2, 3, 4])
    assert small.rm.seen_bytes - before == 2 * MIB, "that of the copy queue"


def test_kernels_run_from_code_that_is_mapped_in_a_block_of_its_own(small: Device):
    kernels = load_programs(small)
    x, y = small.array(np.arange(1000, dtype=np.float32)), small.zeros(1000)
    kernels["saxpy"][8, 125](x, y, np.float32(2))

    np.testing.assert_array_equal(y.numpy(), 2 * x.numpy())
    assert small.rm.seen_bytes <= 6 * MIB


def test_a_graph_s_memory_is_mapped_and_its_arrays_are_not(small: Device):
    kernels = load_programs(small)
    x, y = small.array(np.arange(64, dtype=np.float32)), small.zeros(64)
    with small.capture() as graph:
        fresh = small.array(np.full(8, 7, np.float32))
        kernels["saxpy"][2, 32](x, y, np.float32(1))
    graph.launch()

    np.testing.assert_array_equal(y.numpy(), x.numpy())
    np.testing.assert_array_equal(fresh.numpy(), np.full(8, 7, np.float32))
    assert small.rm.seen_bytes <= 8 * MIB


def test_blocks_of_both_kinds_are_given_back(small: Device):
    for _ in range(5):
        seen = [small._seen_bytes(MIB) for _ in range(2)]
        unseen = [small.empty(20 * MIB, np.uint8) for _ in range(3)]
        assert all(small.pool.is_seen(array.address) for array in seen)
        assert not any(small.pool.is_seen(array.address) for array in unseen)
        for array in (*seen, *unseen):
            array.free()
    small.synchronize()

    assert sum(memory.size_bytes for memory in small.rm.memories if memory.aperture == "video") <= 40 * MIB
