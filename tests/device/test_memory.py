"""Memory on a GPU: what goes in comes out, for every size and layout, whichever way it travelled."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.common.devices import FULL

SIZES = (
    *(1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 63, 64, 65, 255, 257, 4095, 4096, 4097, 65535, 65537),
    *(1048575, 2097152, 2097153, 33554433),
)
DTYPES = (
    np.uint8,
    np.int8,
    np.uint16,
    np.float16,
    np.int32,
    np.uint32,
    np.float32,
    np.int64,
    np.uint64,
    np.float64,
)


@pytest.mark.parametrize("size_bytes", SIZES)
def test_an_array_of_any_size_comes_back_as_it_went(
    dev: Any, random: np.random.Generator, size_bytes: int
) -> None:
    data = random.integers(0, 256, size_bytes, dtype=np.uint8)

    array = dev.array(data)

    np.testing.assert_array_equal(array.numpy(), data)
    array.free()


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_array_keeps_its_dtype_and_shape(dev: Any, random: np.random.Generator, dtype: type) -> None:
    data: np.ndarray = random.integers(0, 100, (3, 5, 7)).astype(dtype)

    array = dev.array(data)

    assert array.shape == (3, 5, 7)
    assert array.dtype == np.dtype(dtype)
    assert array.size_bytes == data.nbytes
    np.testing.assert_array_equal(array.numpy(), data)
    array.free()


@pytest.mark.parametrize("view", ["reversed", "transposed", "strided", "fortran"])
def test_an_array_that_is_not_contiguous_arrives_in_order(
    dev: Any, random: np.random.Generator, view: str
) -> None:
    base = random.integers(0, 1 << 32, (48, 64), dtype=np.uint32)
    data: Any = {
        "reversed": base[::-1, ::-1],
        "transposed": base.T,
        "strided": base[::3, 1::2],
        "fortran": np.asfortranarray(base),
    }[view]

    np.testing.assert_array_equal(dev.array(data).numpy(), data)


def test_zeros_are_zero_also_in_memory_that_was_used_before(dev: Any) -> None:
    for _ in range(3):
        used = dev.array(np.full(1 << 20, 0xA5, dtype=np.uint8))
        used.free()
        zeros = dev.zeros(1 << 18, np.uint32)
        assert not zeros.numpy().any()
        zeros.free()


def test_copy_from_replaces_the_content(dev: Any, random: np.random.Generator) -> None:
    array = dev.empty(100_003, np.uint16)
    for _ in range(4):
        data = random.integers(0, 1 << 16, 100_003, dtype=np.uint16)
        array.copy_from(data)
        np.testing.assert_array_equal(array.numpy(), data)


def test_an_empty_array_is_an_array(dev: Any) -> None:
    array = dev.array(np.empty((0, 4), dtype=np.float32))

    assert array.numpy().shape == (0, 4)


def test_many_arrays_at_once_do_not_overlap(dev: Any) -> None:
    arrays = [dev.array(np.full(1000 + i, i, dtype=np.uint32)) for i in range(300)]

    for i, array in enumerate(arrays):
        np.testing.assert_array_equal(array.numpy(), np.full(1000 + i, i, dtype=np.uint32))

    ranges = sorted((array.gpu_va, array.gpu_va + array.size_bytes) for array in arrays)
    assert all(end <= start for (_, end), (start, _) in pairwise(ranges))
    for array in arrays:
        array.free()


def test_a_large_array_is_whole(dev: Any, device_name: str) -> None:
    """512 MiB; on a software GPU a fourth of that: there each byte is looked at, which takes 12 ns."""
    mib = 512 if FULL or device_name.startswith("nv:") else 128
    data = np.arange(mib << 18, dtype=np.uint32)

    array = dev.array(data)

    assert np.array_equal(array.numpy(), data)
    array.free()


def test_more_memory_than_there_is_is_refused_and_nothing_is_lost(dev: Any) -> None:
    from barewire.errors import ResourceError

    with pytest.raises(ResourceError):
        dev.empty(1 << 40, np.uint8)

    np.testing.assert_array_equal(dev.array(np.arange(9)).numpy(), np.arange(9))


def test_gpu_addresses_fit_into_40_bits(dev: Any) -> None:
    array = dev.empty(1 << 20, np.uint8)

    assert 0 < array.gpu_va < 1 << 40
    array.free()


# ---- pinned memory, copies on the device, fills, and the copy engine's own methods


def test_pinned_memory_travels_both_ways(dev: Any, random: np.random.Generator) -> None:
    data = random.integers(0, 1 << 32, 1_000_001, dtype=np.uint32)
    going, coming, array = (
        dev.pinned(data.shape, data.dtype),
        dev.pinned(data.shape, data.dtype),
        dev.empty(data.shape, data.dtype),
    )
    going.view[:] = data
    coming.view[:] = 0

    array.copy_from(going)
    array.copy_to(coming)
    dev.synchronize()

    np.testing.assert_array_equal(coming.view, data)
    for memory in (going, coming, array):
        memory.free()


def test_a_kernel_reads_and_writes_pinned_memory(dev: Any, micro: Any, random: np.random.Generator) -> None:
    data = random.integers(0, 1 << 32, 4096, dtype=np.uint32)
    source, target = dev.pinned(4096, np.uint32), dev.pinned(4096, np.uint32)
    source.view[:] = data
    target.view[:] = 0

    micro["add_constant"][(4,), (256,)](target, source, np.uint32(9), np.uint32(4096))
    dev.synchronize()

    np.testing.assert_array_equal(target.view, data + np.uint32(9))


@pytest.mark.parametrize("size_bytes", [1, 3, 127, 4097, 1 << 20, (1 << 24) + 5])
def test_arrays_copy_to_each_other(dev: Any, random: np.random.Generator, size_bytes: int) -> None:
    data = random.integers(0, 256, size_bytes, dtype=np.uint8)
    source, target = dev.array(data), dev.zeros(size_bytes, np.uint8)

    target.copy_from(source)

    np.testing.assert_array_equal(target.numpy(), data)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint32, np.float32, np.float64])
@pytest.mark.parametrize("count", [1, 3, 1001, 1 << 20])
def test_a_fill_sets_every_element_and_nothing_else(dev: Any, dtype: type, count: int) -> None:
    guard = dev.array(np.full(4096, 0x77, dtype=np.uint8))
    array = dev.zeros(count, dtype)
    after = dev.array(np.full(4096, 0x77, dtype=np.uint8))

    array.fill(dtype(42))

    np.testing.assert_array_equal(array.numpy(), np.full(count, 42, dtype=dtype))
    assert (guard.numpy() == 0x77).all()
    assert (after.numpy() == 0x77).all()


@pytest.mark.parametrize(
    ("width", "height", "source_pitch", "destination_pitch"),
    [(1, 1, 1, 1), (7, 5, 16, 9), (64, 100, 64, 64), (100, 33, 256, 128), (4096, 17, 5000, 4099)],
)
def test_a_2d_copy_moves_lines_and_leaves_the_gaps(
    dev: Any, random: np.random.Generator, width: int, height: int, source_pitch: int, destination_pitch: int
) -> None:
    source = random.integers(0, 256, source_pitch * height, dtype=np.uint8)
    target = random.integers(0, 256, destination_pitch * height, dtype=np.uint8)
    gpu_source, gpu_target = dev.array(source), dev.array(target)
    dev.synchronize()
    channel = dev.channel(engine="copy")

    pushbuffer = channel.pushbuffer()
    pushbuffer.copy_2d(
        source=gpu_source.gpu_va,
        destination=gpu_target.gpu_va,
        width_bytes=width,
        height=height,
        source_pitch_bytes=source_pitch,
        destination_pitch_bytes=destination_pitch,
    )
    channel.submit(pushbuffer).wait(timeout_s=10)

    wanted = target.copy().reshape(height, destination_pitch)
    wanted[:, :width] = source.reshape(height, source_pitch)[:, :width]
    np.testing.assert_array_equal(gpu_target.numpy(), wanted.reshape(-1))


@pytest.mark.parametrize(("offset_in", "offset_out"), [(0, 1), (1, 0), (3, 5), (63, 64)])
def test_a_copy_may_start_at_any_byte(
    dev: Any, random: np.random.Generator, offset_in: int, offset_out: int
) -> None:
    data = random.integers(0, 256, 100_000, dtype=np.uint8)
    source, target = dev.array(data), dev.zeros(100_100, np.uint8)
    dev.synchronize()
    channel = dev.channel(engine="copy")

    pushbuffer = channel.pushbuffer()
    pushbuffer.copy(
        source=source.gpu_va + offset_in, destination=target.gpu_va + offset_out, size_bytes=99_001
    )
    channel.submit(pushbuffer).wait(timeout_s=10)

    result = target.numpy()
    np.testing.assert_array_equal(
        result[offset_out : offset_out + 99_001], data[offset_in : offset_in + 99_001]
    )
    assert not result[:offset_out].any()
    assert not result[offset_out + 99_001 :].any()
