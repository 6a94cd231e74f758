"""Arrays: bytes go to the device and come back as they were, and memory returns when nothing uses it."""

from __future__ import annotations

import gc
import threading

import numpy as np
import pytest
from barewire.errors import Freed, OutOfVram, UsageError, WrongDevice
from fake_programs import CUBINS

SIZES = [1, 2, 3, 5, 8, 15, 16, 17, 63, 65, 1024, 1025, 4095, 4096, 4097, 16384, 16385, 100_001]
DTYPES = [np.int8, np.uint16, np.float16, np.int32, np.float32, np.uint64, np.float64, np.complex64, np.bool_]
STAGING_BYTES = 8 << 20


def random_bytes(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([count, seed]).integers(0, 256, count).astype(np.uint8)


@pytest.mark.parametrize("size", SIZES)
def test_bytes_of_any_number_come_back_as_they_went(device, size):
    values, others = random_bytes(size), random_bytes(size, 1)

    array = device.array(values)
    first = array.numpy()
    array.copy_from(others)

    assert np.array_equal(first, values)
    assert np.array_equal(array.numpy(), others)
    assert array.size_bytes == size


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (7,), (3, 5), (2, 3, 4), (0,), (3, 0, 2)])
def test_every_dtype_and_shape_comes_back_as_it_went(device, dtype, shape):
    values = np.arange(int(np.prod(shape))).astype(dtype).reshape(shape)

    array = device.array(values)

    assert array.shape == shape
    assert array.dtype == dtype
    assert array.numpy().shape == shape
    assert np.array_equal(array.numpy(), values)


def test_an_array_larger_than_the_staging_memory_passes_in_pieces(device):
    values = random_bytes(2 * STAGING_BYTES + 4321)

    array = device.array(values)

    assert np.array_equal(array.numpy(), values)


def test_what_numpy_makes_an_array_of_can_be_an_array(device):
    assert device.array([1, 2, 3]).numpy().tolist() == [1, 2, 3]
    assert device.array(range(3), np.float32).dtype == np.float32
    assert device.array(5).numpy() == 5


def test_a_view_that_is_not_contiguous_arrives_in_its_own_order(device):
    values = np.arange(24, dtype=np.int32).reshape(4, 6)

    assert np.array_equal(device.array(values[::-1, ::2]).numpy(), values[::-1, ::2])
    assert np.array_equal(device.array(values.T).numpy(), values.T)


def test_numpy_takes_an_array_as_its_own(device):
    array = device.array(np.arange(4, dtype=np.int32))

    assert np.asarray(array).tolist() == [0, 1, 2, 3]
    assert np.asarray(array, dtype=np.float64).dtype == np.float64
    with pytest.raises(ValueError):
        np.array(array, copy=False)


def test_neighbours_of_an_array_stay_as_they_were(device):
    before, middle, after = (device.array(random_bytes(4096, seed)) for seed in (1, 2, 3))

    middle.copy_from(random_bytes(4096, 4))
    middle.fill(9)

    assert np.array_equal(before.numpy(), random_bytes(4096, 1))
    assert np.array_equal(after.numpy(), random_bytes(4096, 3))


@pytest.mark.parametrize("size", [1, 3, 4096, 50_001])
def test_zeros_are_zeros_wherever_memory_was_used_before(device, size):
    used = device.array(np.full(size, 0xAB, np.uint8))
    used.free()

    assert not device.zeros(size, np.uint8).numpy().any()


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        (np.uint8, 0xA5),
        (np.bool_, True),
        (np.int16, -2),
        (np.float16, 1.5),
        (np.float32, -1.25),
        (np.uint32, 0xDEADBEEF),
        (np.uint64, 0x1111111111111111),
        (np.uint64, 0x123456789ABCDEF0),
        (np.float64, 3.14),
        (np.complex128, 1 + 2j),
    ],
)
def test_a_fill_sets_every_element(device, dtype, value):
    array = device.zeros((5, 333), dtype)

    assert np.array_equal(array.fill(value).numpy(), np.full((5, 333), value, dtype))


def test_filling_an_empty_array_is_nothing(device):
    assert device.zeros((0, 4)).fill(1).numpy().size == 0


def test_a_copy_between_arrays_of_the_device_is_exact(device):
    values = random_bytes(5000)
    source, target, third = device.array(values), device.zeros(5000, np.uint8), device.zeros(5000, np.uint8)

    target.copy_from(source)
    target.copy_to(third).wait()

    assert np.array_equal(target.numpy(), values)
    assert np.array_equal(third.numpy(), values)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 16, 17, 256, 257, 300_000])
def test_pinned_memory_goes_in_and_comes_out(device, count):
    values = np.random.default_rng(count).random(count, np.float32)
    pinned, back = device.pinned(count), device.pinned((count,), np.float32)
    array = device.empty(count)
    pinned.view[:] = values

    array.copy_from(pinned).wait()
    back.copy_from(array).wait()

    assert np.array_equal(array.numpy(), values)
    assert np.array_equal(back.view, values)
    assert np.array_equal(back.numpy(), values)


def test_pinned_copies_wait_for_kernels_before_and_kernels_for_them(device, kernels, gpu):
    """Eight bytes and less may be copied by the CPU, but not past work that is under way."""
    cell, pinned = device.zeros(2, np.uint32), device.pinned(2, np.uint32)
    pinned.view[:] = [10, 20]
    device.synchronize()

    with gpu.held():
        kernels["increment"][1, 32](cell)
        cell.copy_from(pinned)
        kernels["increment"][1, 32](cell)
        result = device.pinned(2, np.uint32)
        done = result.copy_from(cell)
        kernels["increment"][1, 32](cell)
        assert not done.done
    done.wait()

    assert result.view.tolist() == [11, 20]
    assert cell.numpy().tolist() == [12, 20]


def test_an_array_that_is_read_has_what_was_launched_before(device, kernels):
    cell = device.zeros(1, np.uint32)

    for expected in range(1, 50):
        kernels["increment"][1, 32](cell)
        assert cell.numpy()[0] == expected


def test_an_array_that_is_written_is_not_overtaken_by_kernels_before(device, kernels, gpu):
    x, y = device.array(np.ones(64, np.float32)), device.zeros(64, np.float32)
    device.synchronize()

    with gpu.held():
        kernels["saxpy"][2, 32](x, y, np.float32(1))
        x.copy_from(np.full(64, 100, np.float32))
        kernels["saxpy"][2, 32](x, y, np.float32(1))

    assert np.array_equal(y.numpy(), np.full(64, 101, np.float32))


def test_freed_memory_is_not_given_away_while_a_kernel_uses_it(device, kernels, gpu):
    """The kernel's array is freed and another asked for before the kernel runs: they must not be the same."""
    old = device.zeros(1, np.uint32)
    device.synchronize()

    with gpu.held():
        kernels["store"][1, 32](old, 77)
        old_va = old.gpu_va
        old.free()
        fresh = [device.array(np.full(1, 5, np.uint32)) for _ in range(4)]
        assert all(array.gpu_va != old_va for array in fresh)
    device.synchronize()

    assert [array.numpy()[0] for array in fresh] == [5, 5, 5, 5]
    device.collect()
    assert old_va in [device.empty(1, np.uint32).gpu_va for _ in range(1)] or device.empty(1).gpu_va == old_va


def test_pinned_memory_stays_until_its_copy_is_done(device, gpu):
    values = random_bytes(100_000)
    pinned, array = device.pinned(100_000, np.uint8), device.zeros(100_000, np.uint8)
    pinned.view[:] = values
    device.synchronize()

    with gpu.held():
        array.copy_from(pinned)
        pinned.free()

    assert np.array_equal(array.numpy(), values)


def test_freed_arrays_give_their_memory_back_to_the_backend(device, gpu):
    device.zeros(1, np.uint8).free()
    device.synchronize()
    before = gpu.rm.video_bytes

    arrays = [device.zeros(20 << 20, np.uint8) for _ in range(4)]
    assert gpu.rm.video_bytes >= before + (80 << 20)
    for array in arrays:
        array.free()
    device.synchronize()

    assert gpu.rm.video_bytes == before


def test_an_array_that_is_dropped_is_freed(device, gpu):
    device.zeros(1, np.uint8).free()
    device.synchronize()
    before = gpu.rm.video_bytes

    array = device.zeros(20 << 20, np.uint8)
    del array
    device.synchronize()

    assert gpu.rm.video_bytes == before


def test_an_array_is_freed_once_however_often_it_is_told(device):
    array = device.zeros(10)

    array.free()
    array.free()

    assert array.gpu_va is None
    assert "freed" in repr(array)


@pytest.mark.parametrize(
    "use",
    [
        lambda array: array.numpy(),
        lambda array: array.fill(1),
        lambda array: array.copy_from(np.zeros(10, np.float32)),
        lambda array: array.copy_to(array.device.zeros(10)),
        lambda array: array.address,
    ],
)
def test_a_freed_array_is_refused(device, use):
    array = device.zeros(10)
    array.free()

    with pytest.raises(Freed):
        use(array)


@pytest.mark.parametrize("count", [2, 100, 100_000])
def test_a_freed_pinned_array_is_refused_however_it_would_be_copied(device, count):
    """Few bytes are copied by the CPU while the GPU is idle, others by the GPU."""
    pinned, array = device.pinned(count), device.zeros(count)
    device.synchronize()
    pinned.free()
    pinned.free()

    with pytest.raises(Freed):
        array.copy_from(pinned)
    with pytest.raises(Freed):
        pinned.copy_from(array)
    with pytest.raises(Freed):
        array.copy_to(pinned)
    with pytest.raises(Freed):
        pinned.numpy()
    assert "freed" in repr(pinned)


def test_shapes_and_dtypes_must_agree_in_a_copy(device):
    array = device.zeros((2, 3))

    for wrong in (device.zeros((3, 2)), device.zeros((2, 3), np.int32), device.pinned((2, 2))):
        with pytest.raises(UsageError):
            array.copy_from(wrong)
    with pytest.raises(UsageError):
        array.copy_from(np.zeros((3, 3), np.float32))


def test_arrays_of_two_devices_are_not_copied_into_each_other(opened):
    one, other = opened.open(), opened.open()

    with pytest.raises(WrongDevice):
        one.zeros(4).copy_from(other.zeros(4))
    with pytest.raises(WrongDevice):
        one.zeros(4).copy_from(other.pinned(4))


def test_what_is_no_array_is_refused(device):
    for make in (device.empty, device.zeros, device.pinned):
        for shape in (-1, (-1, 2), 2.5, (2.5,), "3", None, (None,)):
            with pytest.raises(UsageError):
                make(shape)
        for dtype in (object, "no such type", 7, "V0", (np.float32, (2,))):
            with pytest.raises(UsageError):
                make(3, dtype)
        with pytest.raises(MemoryError):
            make((1 << 33, 1 << 33), np.uint8)  # 4 x 2^64 bytes, which are 0 in 64 bits
    with pytest.raises(TypeError):
        len(device.zeros(()))
    assert len(device.zeros((3, 2))) == 3


def test_memory_that_runs_out_is_said_so_and_comes_back(device):
    with pytest.raises(OutOfVram) as told:
        device.empty(1 << 40, np.uint8)
    assert isinstance(told.value, MemoryError)

    half = device.rm.facts.vram_bytes // 2
    first = device.empty(half, np.uint8)
    with pytest.raises(OutOfVram):
        device.empty(half, np.uint8)
    first.free()
    assert device.empty(half, np.uint8).size_bytes == half


def test_pinned_memory_comes_back_when_its_array_cannot_be_made(device, gpu, monkeypatch):
    def fails(*_: object) -> None:
        raise RuntimeError

    before = len(gpu.rm.memories)
    monkeypatch.setattr("barewire.device.gpu.PinnedArray", fails)
    with pytest.raises(RuntimeError):
        device.pinned(100)

    assert len(gpu.rm.memories) == before


def test_a_pinned_array_that_is_dropped_is_freed(device, gpu):
    before = len(gpu.rm.memories)

    pinned = device.pinned(100)
    del pinned
    gc.collect()
    device.synchronize()

    assert len(gpu.rm.memories) == before


def test_pinned_memory_stays_as_long_as_a_view_of_it(device, gpu):
    before = len(gpu.rm.memories)
    part = device.pinned((10, 10), np.uint8).view[3:5].reshape(-1)[2:]

    gc.collect()
    device.synchronize()
    assert len(gpu.rm.memories) == before + 1
    part[:] = 7

    del part
    device.synchronize()
    assert len(gpu.rm.memories) == before


def test_a_dropped_pinned_array_stays_until_its_copy_is_done(device, gpu):
    values = random_bytes(100_000)
    pinned, array = device.pinned(100_000, np.uint8), device.zeros(100_000, np.uint8)
    pinned.view[:] = values
    device.synchronize()

    with gpu.held():
        array.copy_from(pinned)
        del pinned
        gc.collect()
        device.collect()

    assert np.array_equal(array.numpy(), values)


def test_arrays_that_the_garbage_collector_finds_during_an_allocation_wait(device, gpu, monkeypatch):
    """Collecting in the middle of the pool's own work must not free anything there."""
    device.zeros(1, np.uint8).free()
    device.synchronize()
    before = gpu.rm.video_bytes
    dropped = [device.zeros(20 << 20, np.uint8)]
    named = device.zeros(20 << 20, np.uint8)
    allocate = device.pool.allocate

    def collected_meanwhile(size_bytes: int, seen: bool = False) -> int:
        dropped.clear()
        named.free()
        assert gpu.rm.video_bytes >= before + (40 << 20)
        return allocate(size_bytes)

    monkeypatch.setattr(device.pool, "allocate", collected_meanwhile)
    made = device.empty(4)
    device.synchronize()

    assert made.gpu_va is not None
    assert gpu.rm.video_bytes == before


def test_threads_read_and_write_arrays_without_mixing_them(device):
    """They share the staging memory."""
    wrong: list[int] = []

    def work(number: int) -> None:
        values = np.full(300_000, number, np.uint32)
        for _ in range(10):
            array = device.array(values)
            if not np.array_equal(array.numpy(), values):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_a_numpy_array_is_converted_only_if_that_loses_nothing(device):
    array, pinned = device.zeros(3, np.float32), device.pinned(3, np.float32)

    array.copy_from(np.array([1, 2, 3], np.int16))
    assert array.numpy().tolist() == [1, 2, 3]
    array.copy_from([4, 5.5, 6])
    assert array.numpy().tolist() == [4, 5.5, 6]
    for wrong in (np.zeros(3), np.zeros(3, np.int64), np.zeros(3, complex), ["a", "b", "c"], None):
        with pytest.raises(UsageError):
            array.copy_from(wrong)
    with pytest.raises(UsageError, match="view"):
        pinned.copy_from(np.zeros(3, np.float32))
    with pytest.raises(UsageError):
        array.copy_to(np.zeros(3, np.float32))


def test_pinned_values_come_after_what_other_queues_were_given(device, kernels, gpu):
    queue, pinned = device.queue(), device.pinned(1, np.uint32)
    pinned.view[:] = 0
    device.synchronize()
    for _ in range(50):
        kernels["increment"].launch(grid=1, block=32, args=(pinned,), queue=queue)

    assert pinned.numpy()[0] == 50


@pytest.mark.parametrize(
    "numbers",
    [(-1, 0, 4), (0, -1, 4), (0, 0, -4), (1 << 60, 0, 4), (0, 0, 1 << 60), (None, 0, 4), (0, 1.5, 4)],
)
def test_copies_of_what_cannot_be_are_refused(device, numbers):
    with pytest.raises(UsageError):
        device.copy(*numbers)


def test_filling_is_not_captured(device, kernels):
    array = device.zeros(4)
    with device.capture():
        with pytest.raises(UsageError):
            array.fill(1)
        kernels["empty"][1, 32]()


@pytest.mark.parametrize("source", [None, 7, "a\0b", object()])
def test_what_is_no_path_is_not_loaded(device, source):
    with pytest.raises(UsageError):
        device.load(source)


def test_caches_forget_code_before_new_code_runs(device, kernels):
    kernels["increment"][1, 32](device.zeros(1, np.uint32))
    device.synchronize()
    ran = device.compute.submitted

    loaded = device.load((CUBINS / "sm_90" / "micro.cubin").read_bytes())

    assert device.compute.submitted > ran
    loaded.unload()


def test_code_is_not_forgotten_while_nothing_runs(device):
    data = (CUBINS / "sm_90" / "micro.cubin").read_bytes()
    before = device.compute.submitted

    kept = [device.load(data), device.load(data)]

    assert device.compute.submitted == before
    assert len(kept) == 2
