"""Several channels share GR: time slices, preemption, and channels that are taken off while a grid runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from barewire.softgpu.channel import State
from barewire.softgpu.gr import graphics
from fifo_machine import copy, release
from gr_machine import KIB, MIB, GrMachine, GrRig, send, wait_for_idle

from tests.soft import words as w

WFI, CTA, CILP = range(3)


def cilp(*rigs: GrRig) -> None:
    for rig in rigs:
        with rig.gpu.lock:
            rig.gpu.graphics.set_preemption_mode(rig.channel, CILP)


@pytest.fixture
def counters(machine: GrMachine) -> Iterator[tuple[Callable[[int], bool], tuple[int, int]]]:
    """Two words, and whether one of them is counted up."""
    memory = machine.vram(8 * KIB)

    def moves(which: int, within_s: float = 5.0) -> bool:
        before = int(memory.words[1024 * which])
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            if int(memory.words[1024 * which]) != before:
                return True
            time.sleep(0.001)
        return False

    yield moves, (memory.gpu_va, memory.gpu_va + 4 * KIB)


Counters = tuple[Callable[[int], bool], tuple[int, int]]


def test_two_endless_grids_both_get_on(machine: GrMachine, counters: Counters) -> None:
    moves, places = counters
    rigs = [machine.compute(), machine.compute()]
    cilp(*rigs)
    for rig, place in zip(rigs, places, strict=True):
        rig.run(send(rig.qmd(machine.endless(place))))
    assert all(moves(which) for which in (0, 1, 0, 1))


def test_an_endless_grid_with_cilp_keeps_nobody_waiting(machine: GrMachine, counters: Counters) -> None:
    moves, (place, _) = counters
    endless, other = machine.compute(), machine.compute()
    cilp(endless)
    endless.run(send(endless.qmd(machine.endless(place))))
    assert moves(0)
    begin = time.monotonic()
    for payload in (1, 2, 3):
        other.submit(send(other.qmd(machine.program(), **other.release(0, payload))))
        other.awaits(0, payload)
    memory = machine.vram(2 * MIB)
    copier = machine.channel()
    copier.run(copy(memory.gpu_va, memory.gpu_va + 1 * MIB, 1 * MIB), release(other.semaphores.gpu_va, 9))
    assert other.semaphore(0) == 9
    assert time.monotonic() - begin < 3.0
    assert moves(0)


@pytest.mark.parametrize("mode", [WFI, CTA])
def test_a_grid_that_cannot_be_left_in_time_ends_its_channel(
    machine: GrMachine, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    monkeypatch.setattr(graphics, "SWITCH_TIMEOUT_S", 0.2)
    endless, other = machine.compute(), machine.compute()
    with machine.gpu.lock:
        machine.gpu.graphics.set_preemption_mode(endless.channel, mode)
    endless.run(send(endless.qmd(machine.endless())))
    other.submit(send(other.qmd(machine.program(), **other.release(0, 1))))
    time.sleep(0.05)
    assert other.semaphore(0) == 0
    other.awaits(0, 1)
    (failure,) = machine.failures
    assert failure.xid == 109
    assert endless.channel.state is State.DEAD


def test_a_grid_may_go_on_when_nobody_wants_gr_any_more(
    machine: GrMachine, counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphics, "SWITCH_TIMEOUT_S", 0.1)
    moves, (place, _) = counters
    endless, other = machine.compute(), machine.compute()
    endless.run(send(endless.qmd(machine.endless(place))))
    other.submit(send(other.qmd(machine.program())))
    time.sleep(0.02)  # long enough for the timeslice to end
    with machine.gpu.lock:
        machine.gpu.fifo.destroy(other.channel)
    time.sleep(0.2)
    assert machine.failures == []
    assert moves(0)


def test_what_a_grid_keeps_waiting_begins_when_nobody_else_wants_gr(
    machine: GrMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig, other = machine.compute(), machine.compute()
    flag = machine.vram(4 * KIB)
    flag.words[0] = 1
    # Loops while the word is 1.
    waits = machine.program(
        *w.mov_pair(2, flag.gpu_va), w.ldg(4, 2, strong=True), w.isetp_eq(0, 4, 1), w.guarded(w.bra(-3), 0)
    )
    rig.run(send(rig.qmd(waits)), send(rig.qmd(machine.program(), **rig.release(0, 1))))
    other.submit(send(other.qmd(machine.program())))
    time.sleep(0.02)
    with machine.gpu.lock:
        machine.gpu.fifo.destroy(other.channel)
    begin = time.monotonic()
    flag.words[0] = 0
    rig.awaits(0, 1)
    assert time.monotonic() - begin < 2.0


def test_a_grid_that_ends_is_left_then(machine: GrMachine) -> None:
    rigs = [machine.compute(), machine.compute()]
    for payload in range(1, 20):
        for rig in rigs:
            rig.submit(send(rig.qmd(machine.program(), **rig.release(0, payload))))
        for rig in rigs:
            rig.awaits(0, payload)
    assert machine.failures == []


def test_channels_of_a_group_run_together(machine: GrMachine, counters: Counters) -> None:
    moves, places = counters
    rigs = [machine.compute(group=5), machine.compute(group=5)]
    for rig, place in zip(rigs, places, strict=True):
        rig.run(send(rig.qmd(machine.endless(place))))
    assert moves(0) and moves(1)
    assert machine.failures == []


def test_a_channel_that_is_taken_off_rests_and_goes_on(machine: GrMachine, counters: Counters) -> None:
    moves, (place, _) = counters
    rig = machine.compute()
    fifo, lock = machine.gpu.fifo, machine.gpu.lock
    rig.run(send(rig.qmd(machine.endless(place))))
    assert moves(0)
    for off in (fifo.schedule, fifo.enable):
        begin = time.monotonic()
        with lock:
            off(rig.channel, False)
        assert time.monotonic() - begin < 0.5
        time.sleep(0.01)
        assert not moves(0, 0.05)
        with lock:
            off(rig.channel, True)
        assert moves(0)


def test_preempting_says_whether_the_grid_could_be_left(machine: GrMachine, counters: Counters) -> None:
    moves, (place, _) = counters
    rig = machine.compute()
    with machine.gpu.lock:
        assert machine.gpu.fifo.preempt(rig.channel)
    rig.run(send(rig.qmd(machine.endless(place))))
    with machine.gpu.lock:
        assert not machine.gpu.fifo.preempt(rig.channel)
    cilp(rig)
    begin = time.monotonic()
    with machine.gpu.lock:
        assert machine.gpu.fifo.preempt(rig.channel)
    assert time.monotonic() - begin < 0.5
    assert moves(0)


@pytest.mark.parametrize("end", ["destroy", "stop", "reset", "disconnect", "close", "fail", "fifo reset"])
def test_nothing_is_written_after_the_end(machine: GrMachine, counters: Counters, end: str) -> None:
    moves, (place, _) = counters
    rig = machine.compute()
    gpu = machine.gpu
    rig.run(send(rig.qmd(machine.endless(place))))
    assert moves(0)
    begin = time.monotonic()
    if end in ("reset", "disconnect", "close"):
        getattr(gpu, end)()
    else:
        with gpu.lock:
            if end == "fifo reset":
                gpu.fifo.reset()
            elif end == "fail":
                rig.submit([0xFFFFFFFF & ~(7 << 29)])
            else:
                getattr(gpu.fifo, end)(rig.channel)
    assert time.monotonic() - begin < 0.5
    if end != "close":  # whose memory is gone
        assert not moves(0, 0.05)


def test_settling_leaves_grids_where_they_are(machine: GrMachine, counters: Counters) -> None:
    moves, (place, _) = counters
    rig = machine.compute()
    rig.run(send(rig.qmd(machine.endless(place))))
    for _ in range(20):
        begin = time.monotonic()
        machine.gpu.settle()
        assert time.monotonic() - begin < 0.5
        assert moves(0)


def test_a_channel_is_resident_while_its_grid_runs(machine: GrMachine) -> None:
    rig = machine.compute()
    assert machine.gpu.graphics.resident is None
    rig.run(send(rig.qmd(machine.endless())))
    assert machine.gpu.graphics.resident is rig.channel
    with machine.gpu.lock:
        machine.gpu.fifo.destroy(rig.channel)
    assert machine.gpu.graphics.resident is None


def test_a_grid_that_waits_for_nobody_never_ends_and_can_be_ended(machine: GrMachine) -> None:
    rig, other = machine.compute(), machine.compute()
    cilp(rig)
    # Half of the block's warps wait at a barrier that the others never reach.
    program = machine.program(
        w.s2r(0, w.THREAD_X), w.isetp_eq(0, 0, 0), w.guarded(w.exit_(), 0, negated=True), w.bar_sync(1, 64)
    )
    rig.run(send(rig.qmd(program, CTA_THREAD_DIMENSION0=32, BARRIER_COUNT=2)))
    time.sleep(0.02)
    assert not machine.gpu.graphics.contexts[rig.channel].idle
    other.submit(send(other.qmd(machine.program(), **other.release(0, 1))), wait_for_idle())
    other.awaits(0, 1)
    with machine.gpu.lock:
        machine.gpu.fifo.destroy(rig.channel)
