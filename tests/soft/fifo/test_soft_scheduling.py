"""Whose turn it is: timeslices, groups, and channels that are stopped."""

from __future__ import annotations

import time

import pytest
from barewire.softgpu.channel import State
from fifo_machine import (
    ACQUIRE,
    KIB,
    MIB,
    REDUCTION,
    UNSIGNED,
    FifoMachine,
    FifoRig,
    copy,
    inc,
    release,
    semaphore,
)

ADD_ONE = REDUCTION | UNSIGNED | 5 << 27


@pytest.fixture
def words(machine: FifoMachine):
    return machine.host_memory(4 * KIB)


def busy(gpu_va: int, turns: int) -> list[int]:
    """Many small steps that can be counted."""
    return [word for _ in range(turns) for word in semaphore(gpu_va, 1, ADD_ONE)]


def test_channels_of_a_runlist_take_turns(machine: FifoMachine, words) -> None:
    first, second = machine.channel(), machine.channel()
    with machine.gpu.lock:
        for rig in (first, second):
            machine.gpu.fifo.set_timeslice(rig.channel, 200_000)
        first.submit(busy(words.gpu_va, 6000))
        second.submit(busy(words.gpu_va + 4, 6000))
    seen_together = False
    while first.channel.state is State.READY or second.channel.state is State.READY:
        seen_together |= 0 < words.words[0] < 6000 and 0 < words.words[1] < 6000
        time.sleep(0.0005)
    assert list(words.words[:2]) == [6000, 6000]
    assert seen_together


def test_runlists_run_side_by_side(machine: FifoMachine, words) -> None:
    source, target = machine.vram(128 * MIB, 2 * MIB), machine.vram(128 * MIB, 2 * MIB)
    long, short = machine.channel("COPY2", 1), machine.channel("COPY3", 2)
    long.submit(copy(source.gpu_va, target.gpu_va, 128 * MIB), release(words.gpu_va, 1))
    short.submit(release(words.gpu_va + 4, 1))
    machine.wait(lambda: words.words[1] == 1)
    long.finish()
    assert words.words[0] == 1


def test_a_stopped_channel_keeps_its_work_for_later(machine: FifoMachine, words) -> None:
    fifo, rig = machine.gpu.fifo, machine.channel()
    rig.submit(semaphore(words.gpu_va, 1, ACQUIRE), release(words.gpu_va + 4, 1))
    with machine.gpu.lock:
        fifo.stop(rig.channel)
    words.words[0] = 1
    time.sleep(0.01)
    assert words.words[1] == 0
    assert rig.channel.state is State.OFF

    with machine.gpu.lock:
        fifo.schedule(rig.channel, True)
    machine.wait(lambda: words.words[1] == 1)


def test_a_disabled_channel_does_not_run(machine: FifoMachine, words) -> None:
    fifo, rig = machine.gpu.fifo, machine.channel()
    with machine.gpu.lock:
        fifo.enable(rig.channel, False)
    rig.submit(release(words.gpu_va, 1))
    time.sleep(0.005)
    assert words.words[0] == 0
    with machine.gpu.lock:
        fifo.enable(rig.channel, True)
    machine.wait(lambda: words.words[0] == 1)
    assert machine.reports == []


def test_preemption_ends_the_copy_that_is_under_way(machine: FifoMachine, words) -> None:
    source, target = machine.vram(128 * MIB, 2 * MIB), machine.vram(128 * MIB, 2 * MIB)
    source.bytes[::4096] = 1
    rig = machine.channel()
    with machine.gpu.lock:
        rig.submit(copy(source.gpu_va, target.gpu_va, 128 * MIB), release(words.gpu_va, 1))
        while not rig.channel.engine_job:
            machine.gpu.fifo.run(1_000_000)
        assert machine.gpu.fifo.preempt(rig.channel)
        assert not rig.channel.engine_job
        assert (target.bytes[::4096] == 1).all()
        assert words.words[0] == 0
    machine.wait(lambda: words.words[0] == 1)


def test_a_channel_may_be_destroyed_at_any_moment(machine: FifoMachine, words) -> None:
    source, target = machine.vram(128 * MIB, 2 * MIB), machine.vram(128 * MIB, 2 * MIB)
    for part in (
        copy(source.gpu_va, target.gpu_va, 128 * MIB),
        semaphore(words.gpu_va, 1, ACQUIRE),
        busy(words.gpu_va + 64, 8000),
    ):
        rig = machine.channel()
        rig.submit(part)
        with machine.gpu.lock:
            machine.gpu.fifo.destroy(rig.channel)
            assert rig.channel.state is State.DEAD
    machine.channel().run(release(words.gpu_va, 5))
    assert words.words[0] == 5
    assert machine.failures == []


def test_a_group_is_one_timeslice(machine: FifoMachine, words) -> None:
    first, second = machine.channel(group=3), machine.channel(group=3)
    assert first.channel.group is second.channel.group
    machine.gpu.fifo.set_timeslice(first.channel, 5_000_000)
    assert second.channel.group.timeslice_ns == 5_000_000
    assert machine.channel().channel.group is not first.channel.group
    assert machine.channel("COPY3", 2, group=3).channel.group is not first.channel.group


def test_a_reset_in_the_middle_of_everything(machine: FifoMachine, words) -> None:
    source, target = machine.vram(128 * MIB, 2 * MIB), machine.vram(128 * MIB, 2 * MIB)
    rigs: list[FifoRig] = [machine.channel() for _ in range(3)]
    rigs[0].submit(copy(source.gpu_va, target.gpu_va, 128 * MIB))
    rigs[1].submit(semaphore(words.gpu_va, 1, ACQUIRE))
    rigs[2].submit(busy(words.gpu_va + 64, 8000))
    machine.gpu.reset()
    count = int(words.words[16])
    time.sleep(0.01)
    assert words.words[16] == count
    assert machine.gpu.fifo.channels == {}
    for rig in rigs:  # firmware may still name them
        machine.gpu.fifo.preempt(rig.channel)
        machine.gpu.fifo.stop(rig.channel)
        machine.gpu.fifo.destroy(rig.channel)


def test_unscheduled_doorbells_are_reported(machine: FifoMachine) -> None:
    rig = machine.channel(scheduled=False)
    rig.submit(inc(0x8, 0))
    assert machine.reports == ["doorbell"]


def test_work_may_begin_some_time_after_its_doorbell(machine: FifoMachine, words) -> None:
    machine.gpu.fifo.latency_s = 0.1
    rig = machine.channel()
    rig.submit(release(words.gpu_va, 1))
    assert words.words[0] == 0
    machine.wait(lambda: words.words[0] == 1)
