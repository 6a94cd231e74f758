"""What an SM does with threads: they part and meet, call and return, wait for one another.

The kernels are in machine/machine.cu; every test runs on the architectures it was compiled for, by every
instruction set of the host.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest
from barewire.errors import KernelTimeout

from tests.soft import words as w
from tests.soft.sm_device import INSTRUCTION_SETS, SmDevice, SmKernel, runs_here

MACHINE = Path(__file__).parent / "machine"
ALL_LANES = 0xFFFFFFFF


@pytest.fixture(
    params=[(arch, isa) for arch in (80, 90) for isa in INSTRUCTION_SETS if runs_here(isa)], ids=str
)
def device(request) -> SmDevice:
    arch, isa = request.param
    return SmDevice(arch, isa=isa, threads=2)


def kernel(device: SmDevice, name: str) -> SmKernel:
    return device.load((MACHINE / f"machine.sm_{device.arch}.cubin").read_bytes())[name]


def test_a_function_calls_itself(device):
    values = device.array(np.arange(32, dtype=np.int32) % 12)

    kernel(device, "recursion").launch((1,), (32,), (values,))

    fibonacci = [0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89]
    assert values.numpy().tolist() == [fibonacci[lane % 12] for lane in range(32)]


def test_each_lane_calls_its_own_function(device):
    values = device.array(np.arange(96, dtype=np.int32))

    kernel(device, "indirect_calls").launch((1,), (96,), (values,))

    operations = (lambda value: value * 3, lambda value: value ^ 5, lambda value: -value)
    assert values.numpy().tolist() == [operations[i % 3](i) for i in range(96)]


def test_a_jump_table_sends_each_lane_to_its_case(device):
    values = device.array(np.arange(64, dtype=np.int32) % 8)

    kernel(device, "cases").launch((1,), (64,), (values,))

    def case(value: int, thread: int) -> int:
        results = (
            7,
            value * value + 4,
            value + thread,
            value - thread,
            value << 3,
            value * thread,
            value + 12,
        )
        return results[value] if value < len(results) else value

    assert values.numpy().tolist() == [case(i % 8, i) for i in range(64)]


def test_lanes_with_different_rounds_are_together_again_afterwards(device):
    rounds = np.arange(32, dtype=np.uint32) * 7 % 23
    values, together = device.array(rounds), device.empty(32, np.uint32)

    kernel(device, "different_rounds").launch((1,), (32,), (values, together))

    assert values.numpy().tolist() == [sum(i * i for i in range(n)) for n in rounds]
    assert together.numpy().tolist() == [ALL_LANES] * 32


def test_lanes_that_leave_are_not_waited_for(device):
    wanted = np.array([lane * 5 % 40 if lane % 4 else 90 for lane in range(32)], np.uint32)
    values, together = device.array(wanted), device.empty(32, np.uint32)

    kernel(device, "leaving").launch((1,), (32,), (values, together))

    stayed = [lane for lane in range(32) if lane % 4]
    assert [int(values.numpy()[lane]) for lane in stayed] == [int(wanted[lane]) + 1000 for lane in stayed]
    assert [int(values.numpy()[lane]) for lane in range(0, 32, 4)] == [90] * 8
    mask = sum(1 << lane for lane in stayed)
    assert {int(together.numpy()[lane]) for lane in stayed} == {mask}


def test_parts_of_a_warp_are_summed_at_one_place_and_then_the_whole(device):
    values = np.arange(32, dtype=np.uint32) ** 2
    sums = device.empty(64, np.uint32)

    kernel(device, "sums_of_parts").launch((1,), (32,), (device.array(values), sums))

    assert sums.numpy().tolist() == [
        *[values[:10].sum()] * 10,
        *[values[10:].sum()] * 22,
        *[values.sum()] * 32,
    ]


def test_a_lane_may_wait_for_another_of_its_warp(device):
    flags = device.empty(32, np.uint32)

    kernel(device, "chain_of_lanes").launch((1,), (32,), (flags,))

    assert flags.numpy().tolist() == list(range(1, 33))


def test_every_lane_gets_the_lock(device):
    lock, counter = device.empty(1, np.int32), device.empty(1, np.int32)

    kernel(device, "spin_lock").launch((4,), (96,), (lock, counter))

    assert counter.numpy()[0] == 4 * 96
    assert lock.numpy()[0] == 0


def test_blocks_may_wait_for_a_block_that_starts_last(device):
    flag, seen = device.empty(1, np.uint32), device.empty(100, np.uint32)

    report = kernel(device, "wait_for_the_last").launch((100,), (32,), (flag, seen))

    assert seen.numpy().tolist() == [77] * 100
    assert report.most_resident == 100


def test_all_blocks_meet_at_a_barrier_in_memory(device):
    blocks, rounds = 132, 5
    arrived, sums = device.empty(1, np.uint32), device.empty(rounds + 1, np.uint32)

    kernel(device, "grid_barrier").launch((blocks,), (64,), (arrived, sums, np.int32(rounds)))

    assert sums.numpy().tolist() == [blocks] * rounds + [0]


def test_warps_that_have_exited_are_not_waited_for(device):
    out = device.empty(256, np.uint32)

    kernel(device, "barrier_of_the_rest").launch((1,), (256,), (out,))

    stayed = [thread for thread in range(256) if thread // 32 % 2 == 0]
    assert [int(out.numpy()[thread]) for thread in stayed] == [(thread + 64) % 256 + 1 for thread in stayed]


def test_a_warp_may_come_to_a_barrier_in_parts(device):
    out = device.empty(128, np.uint32)

    kernel(device, "barrier_in_parts").launch((1,), (128,), (out,))

    assert out.numpy().tolist() == list(range(127, -1, -1))


def test_producers_arrive_and_consumers_wait(device):
    out = device.empty(64, np.uint32)

    kernel(device, "producers").launch((1,), (128,), (out, np.int32(10)))

    assert out.numpy().tolist() == [sum((63 - lane) * n for n in range(10)) for lane in range(64)]


def test_a_barrier_counts_and_combines_predicates(device):
    values = np.arange(128, dtype=np.uint32) * 3
    out = device.empty((128, 4), np.uint32)

    kernel(device, "counted").launch((1,), (128,), (device.array(values), out))

    count = int((values & 1).sum())
    any_77 = int((values == 77).any())
    assert {tuple(row) for row in out.numpy().tolist()} == {(count, 1, any_77, 0)}


def test_lanes_that_wait_for_nobody_are_reported_as_a_hang(device):
    with pytest.raises(KernelTimeout, match="hangs"):
        kernel(device, "hangs").launch((1,), (64,), (device.empty(64, np.uint32),))


def test_a_kernel_that_does_not_end_is_stopped(device):
    out = device.empty(2, np.uint32)

    with pytest.raises(KernelTimeout, match="in time"):
        kernel(device, "never_ends").launch((4,), (32,), (out,), timeout_s=0.2)

    assert out.numpy()[0] > 0


def test_threads_know_who_they_are(device):
    block, grid = (8, 4, 3), (3, 2, 2)
    threads, blocks = 96, 12
    out = device.empty((blocks, threads, 8), np.uint32)

    kernel(device, "who_am_i").launch(grid, block, (out,), shared=160)

    for number in range(blocks):
        rows = out.numpy()[number]
        assert rows[:, 0].tolist() == list(range(threads))
        assert set(rows[:, 1].tolist()) == {number}
        assert rows[:, 2].tolist() == [thread % 32 for thread in range(threads)]
        assert rows[:, 3].tolist() == [thread // 32 for thread in range(threads)]
        assert device.arch != 90 or set(rows[:, 4].tolist()) == {1}  # nothing says how many SMs an sm_80 has
        assert rows[:, 5].tolist() == [(1 << thread % 32) - 1 for thread in range(threads)]
        assert set(rows[:, 6].tolist()) == {160}
        assert rows[:, 7].tolist() == [(t // 8 % 4) << 16 | t // 32 for t in range(threads)]


def test_clocks_go_forward(device):
    out = device.empty(3, np.int64)

    kernel(device, "clocks").launch((1,), (1,), (out,))

    assert out.numpy()[:2].tolist() == [1, 1]
    assert out.numpy()[2] > 1_700_000_000_000_000_000


def barrier_rounds(device: SmDevice) -> list[int]:
    """What the blocks of a grid that meets at barriers have counted; it takes helper threads."""
    arrived, sums = device.empty(1, np.uint32), device.empty(4, np.uint32)
    kernel(device, "grid_barrier").launch((40,), (64,), (arrived, sums, np.int32(3)))
    return sums.numpy().tolist()


def test_launches_of_several_threads_do_not_disturb_one_another():
    results: list[list[int]] = []

    def launch_often() -> None:
        device = SmDevice(90, threads=2)
        results.extend(barrier_rounds(device) for _ in range(10))

    threads = [threading.Thread(target=launch_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [[40, 40, 40, 0]] * 40


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_can_launch():
    device = SmDevice(90, threads=2)
    barrier_rounds(device)

    child = os.fork()
    if child == 0:
        os._exit(0 if barrier_rounds(device) == [40, 40, 40, 0] else 1)

    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


# From here on: instructions made by hand, on sm_90.


@pytest.fixture
def bare() -> SmDevice:
    return SmDevice(90, memory_bytes=1 << 20)


def store_lane_words(device: SmDevice, source: int) -> tuple[list[int], object]:
    """Instructions that store a register of each lane into an array, and the array. They use R20 to R23."""
    out = device.empty(32, np.uint32)
    code = [
        w.s2r(20, w.LANE_ID),
        *w.mov_pair(22, out.gpu_va),
        w.imad(22, 20, 4, 22),
        w.stg(22, source),
    ]
    return code, out


def test_the_lanes_that_branch_and_those_that_do_not_meet_at_the_barrier(bare):
    """The two arms give different numbers; the vote after BSYNC sees all lanes."""
    store, out = store_lane_words(bare, 4)
    store_mask, masks = store_lane_words(bare, 5)

    bare.run_words(
        [
            w.s2r(2, w.LANE_ID),
            w.isetp_eq(0, 2, 6),
            w.bssy(0, 5),
            w.guarded(w.bra(2), 0),
            w.mov(4, 100),
            w.bra(2),
            w.mov(4, 200),
            w.nop(),
            w.bsync(0),
            w.vote_any(5),
            *store,
            *store_mask,
            w.exit_(),
        ]
    )

    assert out.numpy().tolist() == [200 if lane == 6 else 100 for lane in range(32)]
    assert masks.numpy().tolist() == [ALL_LANES] * 32


def test_without_a_barrier_the_parts_stay_apart(bare):
    """At the same instruction, but not together: a vote sees only its own part."""
    store, masks = store_lane_words(bare, 5)

    bare.run_words(
        [
            w.s2r(2, w.LANE_ID),
            w.isetp_eq(0, 2, 6),
            w.guarded(w.bra(1), 0),
            w.nop(),
            w.vote_any(5),
            *store,
            w.exit_(),
        ]
    )

    assert masks.numpy().tolist() == [1 << 6 if lane == 6 else ALL_LANES ^ 1 << 6 for lane in range(32)]


def test_a_guard_that_holds_for_no_lane_skips_the_instruction(bare):
    store, out = store_lane_words(bare, 4)

    report = bare.run_words([w.mov(4, 1), w.guarded(w.mov(4, 2), w.PT, negated=True), *store, w.exit_()])

    assert out.numpy().tolist() == [1] * 32
    assert report.warp_instructions == 8
    assert report.thread_instructions == 8 * 32


def test_code_goes_on_from_one_kilobyte_to_the_next(bare):
    store, out = store_lane_words(bare, 4)

    bare.run_words([w.mov(4, 0), *[w.imad(4, w.RZ, 0, 4)] * 200, w.mov(4, 9), *store, w.exit_()])

    assert out.numpy().tolist() == [9] * 32


def test_a_block_that_is_no_multiple_of_a_warp_has_fewer_lanes(bare):
    store, masks = store_lane_words(bare, 5)

    bare.run_words([w.vote_any(5), *store, w.exit_()], block=(20, 1, 1))

    assert masks.numpy().tolist() == [(1 << 20) - 1] * 20 + [0] * 12


def test_a_loop_around_a_barrier_ends_when_its_time_is_over(bare):
    report = bare.run_words([w.bar_sync(0), w.bra(-2)], block=(64, 1, 1), timeout_s=0.2, check=False)

    assert report.timed_out


def test_blocks_that_wait_around_a_barrier_let_another_block_come():
    """The last block sets what the others poll, each time before they meet at a barrier of their own."""
    device = SmDevice(90, memory_bytes=1 << 20, threads=1)
    flag = device.empty(1, np.uint32)
    waiting_blocks = 3

    report = device.run_words(
        [
            *w.mov_pair(2, flag.gpu_va),
            w.mov(4, 1),
            w.s2r(6, w.BLOCK_X),
            w.isetp_eq(0, 6, waiting_blocks),
            w.guarded(w.stg(2, 4), 0),
            w.guarded(w.exit_(), 0),
            w.ldg(5, 2, strong=True),
            w.bar_sync(0),
            w.isetp_eq(1, 5, 0),
            w.guarded(w.bra(-4), 1),
            w.exit_(),
        ],
        grid=(waiting_blocks + 1, 1, 1),
        block=(64, 1, 1),
        timeout_s=20,
    )

    assert report.most_resident == waiting_blocks + 1
