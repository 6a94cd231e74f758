"""Launches on a GPU: shapes, arguments, memories, order; every result is read back and compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def test_the_device_says_what_it_is(dev: Any) -> None:
    facts = dev.facts

    assert facts.name.startswith("NVIDIA")
    assert facts.sm_version >= 75
    assert facts.sm_count > 0
    assert facts.vram_bytes > 1 << 30
    assert facts.driver_version.count(".") >= 1


def test_saxpy_computes_what_numpy_does(dev: Any, micro: Any, random: np.random.Generator) -> None:
    x, y = random.random(1024, dtype=np.float32), random.random(1024, dtype=np.float32)
    gpu_x, gpu_y = dev.array(x), dev.array(y)

    micro["saxpy"][(4,), (256,)](gpu_x, gpu_y, np.float32(2.5))
    dev.synchronize()

    np.testing.assert_allclose(gpu_y.numpy(), 2.5 * x.astype(np.float64) + y, rtol=1e-6)
    np.testing.assert_array_equal(gpu_x.numpy(), x)


@pytest.mark.parametrize("count", [1, 31, 32, 33, 1000, 65537, 1_000_003])
def test_a_grid_covers_any_number_of_elements(dev: Any, micro: Any, count: int) -> None:
    out = dev.array(np.zeros(count + 8, dtype=np.uint32))

    micro["store_ramp"][((count + 255) // 256,), (256,)](out, np.uint32(7), np.uint32(count))
    dev.synchronize()

    result = out.numpy()
    np.testing.assert_array_equal(result[:count], np.arange(7, 7 + count, dtype=np.uint32))
    assert not result[count:].any(), "the kernel wrote behind its range"


@pytest.mark.parametrize(
    ("grid", "block"),
    [
        ((1,), (1,)),
        ((5, 6, 7), (8, 4, 2)),
        ((1, 1, 3), (1, 1, 64)),
        ((70000,), (32,)),
        ((2, 3), (1024,)),
        ((1, 300, 1), (33, 3)),
    ],
)
def test_blocks_and_threads_know_their_places(
    dev: Any, micro: Any, grid: tuple[int, ...], block: tuple[int, ...]
) -> None:
    gx, gy, gz = (*grid, 1, 1)[:3]
    bx, by, bz = (*block, 1, 1)[:3]
    threads = gx * gy * gz * bx * by * bz
    out = dev.array(np.full((threads, 8), 0xFFFFFFFF, dtype=np.uint32))

    micro["launch_shape"][grid, block](out)
    dev.synchronize()

    rows = out.numpy()
    places = np.indices((gz, gy, gx, bz, by, bx), dtype=np.uint32).reshape(6, -1)
    np.testing.assert_array_equal(rows[:, :6], places[[2, 1, 0, 5, 4, 3]].T)
    assert rows[:, 6].max() < dev.facts.sm_count + 16


def test_a_kernel_sees_its_launch_dimensions(dev: Any, micro: Any) -> None:
    out = dev.empty(6, np.uint32)

    micro["launch_dimensions"][(3, 5, 2), (16, 4, 2)](out)
    dev.synchronize()

    assert out.numpy().tolist() == [3, 5, 2, 16, 4, 2]


def test_a_kernel_fills_all_sms(dev: Any, micro: Any) -> None:
    blocks = dev.facts.sm_count * 4
    out = dev.empty((blocks * 1024, 8), np.uint32)

    micro["launch_shape"][(blocks,), (1024,)](out)
    dev.synchronize()

    assert len(set(out.numpy()[:, 6].tolist())) == dev.facts.sm_count


def test_arguments_of_every_size_arrive(dev: Any, micro: Any) -> None:
    out = dev.empty(11, np.uint64)
    mixed = np.zeros(1, dtype=np.dtype([("a", "u1"), ("b", "u4"), ("c", "u2")], align=True))
    mixed["a"], mixed["b"], mixed["c"] = 200, 0xDEADBEEF, 60000

    micro["arguments"][(1,), (1,)](
        out, np.int8(-5), np.int16(-300), np.int32(-70000), np.int64(-(1 << 40)),
        np.float32(1.5), np.float64(-2.25), np.uint8(250), mixed.tobytes(), np.uint64(0xFEDCBA9876543210),
    )  # fmt: skip
    dev.synchronize()

    got = [int(word) for word in out.numpy()]
    two64 = 1 << 64
    assert got == [
        two64 - 5, two64 - 300, two64 - 70000, two64 - (1 << 40),
        int(np.float32(1.5).view(np.uint32)), int(np.float64(-2.25).view(np.uint64)),
        250, 200, 0xDEADBEEF, 60000, 0xFEDCBA9876543210,
    ]  # fmt: skip


def test_an_argument_of_4000_bytes_arrives(dev: Any, micro: Any, random: np.random.Generator) -> None:
    words = random.integers(0, 1 << 32, 1000, dtype=np.uint32)
    out = dev.empty(1000, np.uint32)

    micro["large_argument"][(1,), (128,)](out, words.tobytes())
    dev.synchronize()

    np.testing.assert_array_equal(out.numpy(), words)


@pytest.mark.parametrize("threads", [32, 96, 1024])
def test_static_shared_memory_works(dev: Any, micro: Any, random: np.random.Generator, threads: int) -> None:
    data = random.integers(0, 1 << 32, (5, threads), dtype=np.uint32)
    out = dev.empty(data.shape, np.uint32)

    micro["static_shared_reverse"][(5,), (threads,)](out, dev.array(data))
    dev.synchronize()

    np.testing.assert_array_equal(out.numpy(), data[:, ::-1])


@pytest.mark.parametrize("kib", [1, 16, 47, 48, 64, 96, 100, 128, 160, 200, 227])
def test_dynamic_shared_memory_up_to_the_limit_of_the_chip(dev: Any, micro: Any, kib: int) -> None:
    words = kib * 1024 // 4 - (64 if kib == 227 else 0)  # the kernel has a few static bytes of its own
    blocks = dev.facts.sm_count * 3
    out = dev.array(np.full(blocks, 7, dtype=np.uint32))

    micro["dynamic_shared_check"].launch(
        grid=(blocks,), block=(256,), args=(out, np.uint32(words)), shared=4 * words
    )
    dev.synchronize()

    assert not out.numpy().any()


def test_local_memory_is_each_threads_own(dev: Any, micro: Any) -> None:
    threads = 1024 * dev.facts.sm_count
    out = dev.empty(threads, np.uint32)

    micro["local_memory"][(dev.facts.sm_count * 4,), (256,)](out, np.uint32(5))
    dev.synchronize()

    base = np.zeros((256,), dtype=np.uint64)
    base[(np.arange(256) * 5) & 255] = np.arange(256)
    wanted = np.zeros(threads, dtype=np.uint32)
    thread = np.arange(threads, dtype=np.uint32)
    for i in range(256):
        wanted = wanted * np.uint32(31) + (np.uint32(base[(i * 7) & 255]) + thread)
    np.testing.assert_array_equal(out.numpy(), wanted)


@pytest.mark.parametrize("depth", [0, 1, 5])
def test_recursion_uses_the_stack(dev: Any, micro: Any, depth: int) -> None:
    out = dev.empty(64, np.uint32)

    micro["recurse"][(2,), (32,)](out, np.uint32(depth))
    dev.synchronize()

    assert set(out.numpy().tolist()) == {depth * (depth + 1) // 2}


def test_globals_and_constants_hold_their_values_and_keep_what_is_written(dev: Any) -> None:
    from barewire import kernels

    own = dev.load(kernels.cubin_path("micro", dev.facts.sm_version))
    out = dev.empty(14, np.uint32)
    for launch in range(3):
        own["globals"][(1,), (1,)](out)
        dev.synchronize()
        assert out.numpy().tolist() == [11, 22, 33, 44, 33, 1, 1, 2, 3, 5, 8, 13, 21, launch]


@pytest.mark.parametrize(("which", "wanted"), [(0, 13 + 29), (1, 13 * 29), (2, 13 ^ 29)])
def test_function_pointers_are_relocated(dev: Any, micro: Any, which: int, wanted: int) -> None:
    out = dev.empty(1, np.uint32)

    micro["indirect_call"][(1,), (1,)](out, np.uint32(which), np.uint32(13), np.uint32(29))
    dev.synchronize()

    assert out.numpy()[0] == wanted


@pytest.mark.parametrize("name", ["cluster_exchange", "cluster_exchange_8"])
def test_blocks_of_a_cluster_read_each_others_shared_memory(dev: Any, clusters: Any, name: str) -> None:
    blocks, threads, size = 64, 256, 8 if name.endswith("8") else 2
    out = dev.empty(blocks * threads, np.uint32)

    clusters[name][(blocks,), (threads,)](out)
    dev.synchronize()

    block, thread = np.divmod(np.arange(blocks * threads), threads)
    peer = block // size * size + (block % size + 1) % size
    np.testing.assert_array_equal(out.numpy(), peer * threads + thread)


def test_blocks_know_their_rank_in_the_cluster(dev: Any, clusters: Any) -> None:
    out = dev.empty(2 * 40, np.uint32)

    clusters["cluster_shape"][(40,), (32,)](out)
    dev.synchronize()

    assert out.numpy().reshape(-1, 2).tolist() == [[block % 2, 2] for block in range(40)]


def test_many_launches_wrap_the_ring_and_all_run_once_in_order(dev: Any, many: int) -> None:
    from benchmarks.barewire_side import MixLaunches, bench_module

    mix = MixLaunches(dev, bench_module(dev))
    mix.run(many)
    dev.synchronize()

    np.testing.assert_array_equal(mix.result(), mix.wanted(many))


def test_a_chain_of_launches_sees_what_another_sm_wrote(dev: Any, micro: Any) -> None:
    steps = 2000
    cells, sms = dev.zeros(steps + 1, np.uint32), dev.zeros(steps, np.uint32)
    step_kernel = micro["chain_step"]

    for step in range(steps):
        step_kernel[(4,), (32,)](cells, sms, np.uint32(step))
    dev.synchronize()

    np.testing.assert_array_equal(cells.numpy(), np.arange(steps + 1, dtype=np.uint32))
    assert len(set(sms.numpy().tolist())) > 1, "the chain ran on one SM and shows nothing"


def test_one_cell_is_never_read_stale_from_another_sms_cache(dev: Any, micro: Any) -> None:
    steps = 2000
    value, sms = dev.zeros(1, np.uint32), dev.zeros(steps, np.uint32)

    for step in range(steps):
        micro["increment_by_block"][(4,), (32,)](value, sms, np.uint32(step))
    dev.synchronize()

    assert value.numpy()[0] == steps


def test_a_copy_out_waits_for_the_launch_before_it(dev: Any, micro: Any) -> None:
    out = dev.zeros(1, np.uint32)
    clocks = dev.zeros(2, np.uint64)
    for value in range(1, 50):
        micro["spin_for"][(1,), (32,)](np.uint64(200_000), clocks)
        micro["store"][(1,), (32,)](out, np.uint32(value))
        assert out.numpy()[0] == value


def test_memory_freed_in_flight_is_kept_until_the_launch_is_over(dev: Any, micro: Any) -> None:
    count = 1 << 20
    clocks = dev.zeros(2, np.uint64)
    result = dev.zeros(count, np.uint32)
    source = dev.array(np.arange(count, dtype=np.uint32))

    micro["spin_for"][(1,), (32,)](np.uint64(20_000_000), clocks)
    micro["add_constant"][(64,), (256,)](result, source, np.uint32(5), np.uint32(count))
    source.free()
    reused = dev.array(np.full(count, 0xEE, dtype=np.uint32))
    dev.synchronize()

    np.testing.assert_array_equal(result.numpy(), np.arange(5, count + 5, dtype=np.uint32))
    assert (reused.numpy() == 0xEE).all()
