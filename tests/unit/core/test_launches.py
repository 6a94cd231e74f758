"""Launches: kernels get what they were given, in the order in which they were given it."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from fake_programs import load_programs

NOTHING = np.uint64(0)


def test_a_kernel_computes_with_the_arrays_and_scalars_it_is_given(device, kernels):
    x = device.array(np.arange(1024, dtype=np.float32))
    y = device.array(np.ones(1024, np.float32))

    kernels["saxpy"][4, 256](x, y, np.float32(2))
    device.synchronize()

    assert np.array_equal(y.numpy(), 2 * np.arange(1024, dtype=np.float32) + 1)


@pytest.mark.parametrize(
    ("grid", "block"),
    [
        (1, 1),
        ((7,), (32,)),
        ((3, 5), (4, 8)),
        ((2, 3, 4), (5, 6, 7)),
        ([2, 2], [16]),
        (2**31 - 1, 1),
        ((1, 65535), 1024),
    ],
)
def test_a_kernel_sees_the_grid_and_block_it_was_launched_with(device, kernels, grid, block):
    def three(given):
        given = (given,) if isinstance(given, int) else tuple(given)
        return [*given, 1, 1][:3]

    out = device.zeros(6, np.uint32)

    kernels["launch_dimensions"].launch(grid=grid, block=block, args=(out,))

    assert out.numpy().tolist() == three(grid) + three(block)


def test_arguments_of_every_size_and_alignment_arrive(device, kernels):
    out = device.zeros(11, np.uint64)
    mixed = struct.pack("<BxxxIHxx", 250, 0xDEADBEEF, 60000)
    values = (
        np.int8(-5),
        np.int16(-300),
        np.int32(-70000),
        np.int64(-(1 << 40)),
        np.float32(1.5),
        np.float64(-2.25),
    )

    # Twice: the first call is packed by another piece of code than later ones.
    for last in (1, (1 << 64) - 1):
        out.fill(0)
        kernels["arguments"][1, 32](out, *values, np.uint8(200), mixed, np.uint64(last))
        device.synchronize()

        signed = out.numpy().view(np.int64)
        assert signed[:4].tolist() == [-5, -300, -70000, -(1 << 40)]
        assert out.numpy()[4] == struct.unpack("<I", struct.pack("<f", 1.5))[0]
        assert out.numpy()[5] == struct.unpack("<Q", struct.pack("<d", -2.25))[0]
        assert out.numpy()[6:].tolist() == [200, 250, 0xDEADBEEF, 60000, last]


def test_plain_numbers_become_what_the_parameters_are(device, kernels):
    out = device.zeros(11, np.uint64)
    mixed = bytes(12)

    for sign in (1, -1):
        kernels["arguments"][1, 32](
            out, sign * 5, sign * 300, sign * 70000, sign << 40, 0.5, 0.25, 200, mixed, (1 << 64) - 1
        )
        assert out.numpy().view(np.int64)[:4].tolist() == [sign * 5, sign * 300, sign * 70000, sign << 40]
        assert out.numpy()[4] == struct.unpack("<I", struct.pack("<f", 0.5))[0]
        assert out.numpy()[10] == (1 << 64) - 1


def test_arguments_may_change_their_kind_from_call_to_call(device, kernels):
    out = device.zeros(1, np.uint32)

    for value in (7, np.uint32(8), np.int32(9), struct.pack("<I", 10), 11, np.uint32(12), -1):
        kernels["store"][1, 32](out, value)
        expected = int.from_bytes(value, "little") if isinstance(value, bytes) else int(value) & 0xFFFFFFFF
        assert out.numpy()[0] == expected


def test_changing_arguments_are_those_of_their_own_launch(device, kernels, gpu):
    """Many launches are in flight, each with arguments of its own."""
    out = device.zeros(300, np.uint32)
    source = device.array(np.arange(300, dtype=np.uint32))
    device.synchronize()

    with gpu.held():
        for index in range(300):
            kernels["add_constant"][1, 32](Element(out, index), Element(source, index), 1000 * index, 1)

    assert out.numpy().tolist() == [1001 * index for index in range(300)]


class Element:
    """One element of an array, as an argument: anything with a device and a gpu_va may be one."""

    def __init__(self, array, index: int) -> None:
        self.device = array.device
        self.gpu_va = array.gpu_va + 4 * index


def test_pinned_memory_may_be_an_argument(device, kernels):
    pinned = device.pinned(1, np.uint32)
    pinned.view[:] = 5

    kernels["increment"][1, 32](pinned)
    device.synchronize()

    assert pinned.view[0] == 6


def test_four_kilobytes_of_arguments_arrive(device, kernels):
    out = device.zeros(1000, np.uint32)

    # More launches than there are large slots.
    for seed in range(150):
        words = np.random.default_rng(seed).integers(0, 1 << 32, 1000, np.uint64).astype(np.uint32)
        kernels["large_argument"][1, 32](out, words.tobytes())

    assert np.array_equal(out.numpy(), words)


def test_large_and_small_launches_take_turns_in_order(device, kernels):
    cell, out = device.zeros(1, np.uint32), device.zeros(1000, np.uint32)

    for value in range(200):
        kernels["large_argument"][1, 32](out, np.full(1000, value, np.uint32).tobytes())
        kernels["increment_from"][1, 32](cell, out)

    assert cell.numpy()[0] == 200


def test_dynamic_shared_memory_is_reserved_behind_what_the_system_takes(device, kernels):
    out = device.zeros(2, np.uint32)

    kernels["shared_sizes"].launch(grid=1, block=32, args=(out,), shared=4000)
    dynamic, total = out.numpy().tolist()

    assert dynamic == 4000
    assert total >= 4000 + 1024


def test_a_kernel_with_local_memory_has_it(device, kernels):
    small, out = device.zeros(1, np.uint32), device.zeros(64, np.uint32)

    for stride in range(3):
        kernels["increment"][1, 32](small)
        kernels["local_memory"][2, 32](out, stride)

    assert out.numpy().tolist() == [2] * 64
    assert small.numpy()[0] == 3


def test_a_cluster_is_launched_in_whole_clusters(device, kernels):
    out = device.zeros(6, np.uint32)

    kernels["launch_dimensions"].launch(grid=(8, 4), block=32, cluster=(2, 2), args=(out,))

    assert out.numpy().tolist() == [8, 4, 1, 32, 1, 1]


def test_thousands_of_launches_run_once_each_and_in_order(device, kernels):
    """More launches than there are launch slots and ring entries, so that both are used again and again."""
    count = 6000
    cells = device.zeros(count + 1, np.uint32)

    for step in range(count):
        kernels["chain_step"][1, 32](cells, NOTHING, step)

    assert np.array_equal(cells.numpy(), np.arange(count + 1))


def test_the_ring_wraps_when_every_launch_is_waited_for(device, kernels):
    cell = device.zeros(1, np.uint32)

    for _ in range(1500):
        kernels["increment"][1, 32](cell)
        device.synchronize()

    assert cell.numpy()[0] == 1500


def test_kernels_of_several_shapes_share_the_slots(device, kernels):
    """A slot that held another kernel must not keep anything of it."""
    cell, dimensions, x, y = (
        device.zeros(1, np.uint32),
        device.zeros(6, np.uint32),
        device.zeros(64),
        device.zeros(64),
    )
    x.fill(1)

    for step in range(800):
        kernels["increment"][1 + step % 5, 32](cell)
        kernels["saxpy"][2, 32](x, y, np.float32(1))
        if step % 7 == 0:
            kernels["launch_dimensions"][step + 1, 1 + step % 9](dimensions)

    assert cell.numpy()[0] == 800
    assert np.array_equal(y.numpy(), np.full(64, 800, np.float32))
    assert dimensions.numpy().tolist() == [799, 1, 1, 1 + 798 % 9, 1, 1]


def test_launches_that_the_gpu_cannot_begin_are_linked_and_still_run_in_order(device, kernels, gpu):
    count = 400
    cells = device.zeros(count + 1, np.uint32)
    kernels["chain_step"][1, 32](cells, NOTHING, 0)
    device.synchronize()
    before = gpu.entries

    with gpu.held():
        for step in range(1, count):
            kernels["chain_step"][1, 32](cells, NOTHING, step)
    device.synchronize()

    assert gpu.entries - before < count // 2
    assert np.array_equal(cells.numpy(), np.arange(count + 1))


def test_linked_launches_take_the_slots_again_and_again(device, kernels, gpu):
    """Chains begin and end at other slots each time: what a slot was in the last chain must not show."""
    cell, expected = device.zeros(1, np.uint32), 0
    device.synchronize()

    for size in [3, 40, 1, 33, 64, 2, 100, 31, 32, 65, 7] * 8:
        with gpu.held():
            for _ in range(size):
                kernels["increment"][1, 32](cell)
        device.synchronize()
        expected += size

    assert cell.numpy()[0] == expected


def test_a_batch_that_nobody_adds_to_is_submitted_all_the_same(device, kernels, gpu, eventually):
    cell = device.pinned(1, np.uint32)
    cell.view[:] = 0
    device.synchronize()

    for round_number in range(1, 6):
        with gpu.held():
            for _ in range(7):
                kernels["increment"][1, 32](cell)
        assert eventually(lambda wanted=7 * round_number: cell.view[0] == wanted)


def test_a_batch_is_submitted_before_copies_queues_and_waits(device, kernels, gpu):
    cell, target = device.zeros(1, np.uint32), device.zeros(1, np.uint32)
    other = device.queue()
    device.synchronize()

    with gpu.held():
        for _ in range(5):
            kernels["increment"][1, 32](cell)
        other.wait_for(device.compute)
        kernels["increment_from"].launch(grid=1, block=32, args=(target, cell), queue=other)
        target.device.compute.wait_for(other)
        kernels["increment"][1, 32](target)

    assert target.numpy()[0] == 7


def test_a_launch_comes_after_copies_and_fills_before_it(device, kernels, gpu):
    x, y = device.zeros(64), device.zeros(64)
    device.synchronize()

    with gpu.held():
        x.fill(3)
        kernels["saxpy"][2, 32](x, y, np.float32(1))
        x.fill(4)
        kernels["saxpy"][2, 32](x, y, np.float32(1))

    assert np.array_equal(y.numpy(), np.full(64, 7, np.float32))


def test_launching_on_a_named_queue_keeps_the_order_of_that_queue(device, kernels):
    queue = device.queue()
    count = 1500
    cells = device.zeros(count + 1, np.uint32)
    device.synchronize()

    for step in range(count):
        kernels["chain_step"].launch(grid=1, block=32, args=(cells, NOTHING, step), queue=queue)
    queue.synchronize()

    assert np.array_equal(cells.numpy(), np.arange(count + 1))


def test_experiments_may_set_fields_of_the_qmd_and_words_of_bank_0(device, kernels, gpu):
    gpu.lenient = True
    out = device.zeros(2, np.uint32)

    kernels["shared_sizes"].launch(
        grid=1, block=32, args=(out,), qmd_overrides={"SHARED_MEMORY_SIZE": 2048}, bank0_overrides={0x2C: 99}
    )

    assert out.numpy().tolist() == [99, 2048]


def test_loading_twice_gives_two_modules_that_work(device, kernels):
    second = load_programs(device)
    cell = device.zeros(1, np.uint32)

    for module in (kernels, second, kernels):
        module["increment"][1, 32](cell)

    assert cell.numpy()[0] == 3
    assert second.gpu_va != kernels.gpu_va


def test_a_module_tells_what_it_holds(device, kernels):
    assert "saxpy" in kernels
    assert len(kernels) == len(list(kernels)) > 20
    gpu_va, size = kernels.variable("global_initialised")
    assert size == 16
    assert kernels.gpu_va <= gpu_va
    assert kernels.locate(kernels.gpu_va + kernels["saxpy"].info.code_offset + 0x40) == ("saxpy", 0x40)
    assert kernels.locate(0) is None
