"""Grids: from SEND_PCAS to the semaphores that are released at their ends, and what depends on them."""

from __future__ import annotations

import pytest
from barewire.softgpu.channel import State
from fifo_machine import RELEASE, release, semaphore
from gr_machine import (
    INVALIDATE_SKED,
    KIB,
    OLD_REPORT,
    REPORT_EXECUTE,
    REPORT_PAYLOAD,
    GrMachine,
    GrRig,
    method,
    send,
    wait_for_idle,
)

from tests.soft import words as w

PREFETCH_SCHEDULE, SCHEDULE, COPY_SCHEDULE, FORCE = 9, 2, 3, 11
DECREMENT, INCREMENT, INVALIDATE, PREFETCH, NOP = 7, 12, 1, 8, 0
QMD_SCHEDULE, QMD_COPY_SCHEDULE, QMD_DECREMENT = 1, 3, 4
GRID_NULL = 1


def then(qmd_va: int, action: int = QMD_SCHEDULE, which: int = 0, prefetch: int = 0) -> dict[str, int]:
    """Fields that do something to another descriptor at the end."""
    return {
        f"DEPENDENT_QMD_ENABLE__{which}": 1,
        f"DEPENDENT_QMD_ACTION__{which}": action,
        f"DEPENDENT_QMD_PREFETCH__{which}": prefetch,
        f"DEPENDENT_QMD{which}_POINTER": qmd_va >> 8,
    }


def test_a_kernel_runs_and_releases_its_semaphore(machine: GrMachine, rig: GrRig) -> None:
    out = machine.vram(4 * KIB)
    qmd = rig.qmd(machine.storing(out.gpu_va, 0x5EED), **rig.release(0, 7))
    rig.submit(send(qmd))
    rig.awaits(0, 7)
    assert out.words[0] == 0x5EED
    assert machine.reports == []


def test_every_cta_and_lane_of_a_grid_runs(machine: GrMachine, rig: GrRig) -> None:
    out = machine.vram(64 * KIB)
    program = machine.program(
        w.s2r(0, w.THREAD_X),
        w.s2r(1, w.BLOCK_X),
        w.imad(4, 1, 64, 0),  # which thread of all
        w.mov(2, out.gpu_va & 0xFFFFFFFF),
        w.imad(2, 4, 4, 2),
        w.mov(3, out.gpu_va >> 32),
        w.stg(2, 4),
    )
    qmd = rig.qmd(program, size=(100, 1, 1), CTA_THREAD_DIMENSION0=64)
    rig.run(send(qmd), wait_for_idle())
    assert list(out.words[:6400]) == list(range(6400))


@pytest.mark.parametrize(
    ("structure", "fields", "expected"),
    [
        (1, {}, [9, 1, 1, 1]),
        (0, {}, [9, 0, None, None]),
        (2, {"RELEASE_PAYLOAD64B__0": 1, "RELEASE_SEMAPHORE0_PAYLOAD_UPPER": 3}, [9, 3, 1, 1]),
        (1, {"RELEASE_REDUCTION_ENABLE__0": 1, "RELEASE_REDUCTION_OP__0": 0}, [10, 1, 1, 1]),
        (1, {"RELEASE_REDUCTION_ENABLE__0": 1, "RELEASE_REDUCTION_OP__0": 1}, [1, 1, 1, 1]),
        (1, {"RELEASE_REDUCTION_ENABLE__0": 1, "RELEASE_REDUCTION_OP__0": 7}, [8, 1, 1, 1]),
    ],
)
def test_semaphores_of_every_structure(
    machine: GrMachine, rig: GrRig, structure: int, fields: dict[str, int], expected: list[int | None]
) -> None:
    rig.semaphores.words[:4] = 1
    before = machine.gpu.clock.now_ns()
    qmd = rig.qmd(0, QMD_TYPE=GRID_NULL, **rig.release(0, 9, structure=structure) | fields)
    rig.run(send(qmd), wait_for_idle())
    for word, value in zip(rig.semaphores.words[:4], expected, strict=True):
        assert value is None or word == value
    if structure == 0:
        assert before <= int(rig.semaphores.longs[1]) <= machine.gpu.clock.now_ns()


def test_all_three_semaphores_of_a_descriptor_are_released(machine: GrMachine, rig: GrRig) -> None:
    program = machine.program()
    fields = rig.release(0, 1) | rig.release(1, 2, which=1) | rig.release(2, 3, which=2)
    rig.run(send(rig.qmd(program, **fields)), wait_for_idle())
    assert [rig.semaphore(index) for index in range(3)] == [1, 2, 3]


def test_a_chain_runs_in_its_order(machine: GrMachine, rig: GrRig) -> None:
    count = 20
    out = machine.vram(4 * KIB)
    add_one = machine.program(*w.mov_pair(2, out.gpu_va), w.ldg(4, 2), w.imad(4, 4, 3, 4), w.stg(2, 4))
    out.words[0] = 1
    last = rig.qmd(machine.storing(out.gpu_va + 4, 99), **rig.release(0, 5))
    for _ in range(count - 1):
        last = rig.qmd(add_one, **then(last, prefetch=1))
    rig.submit(send(last))
    rig.awaits(0, 5)
    assert out.words[0] == pow(4, count - 1, 1 << 32)
    assert out.words[1] == 99


def test_a_descriptor_waits_until_its_counter_is_down(machine: GrMachine, rig: GrRig) -> None:
    out = machine.vram(4 * KIB)
    both = rig.qmd(machine.storing(out.gpu_va, 1), DEPENDENCE_COUNTER=2, **rig.release(0, 1))
    first, second = (
        rig.qmd(machine.program(), **then(both, QMD_DECREMENT) | rig.release(index, 1)) for index in (1, 2)
    )
    rig.submit(send(both), send(first))
    rig.awaits(1, 1)
    assert rig.semaphore(0) == 0
    rig.submit(send(second))
    rig.awaits(0, 1)


def test_counters_are_counted_by_methods_too(machine: GrMachine, rig: GrRig) -> None:
    waiting = rig.qmd(machine.program(), DEPENDENCE_COUNTER=1, **rig.release(0, 1))
    rig.run(send(waiting), send(waiting, INCREMENT), send(waiting, DECREMENT))
    assert rig.semaphore(0) == 0
    rig.submit(send(waiting, DECREMENT))
    rig.awaits(0, 1)


def test_two_dependents_both_run(machine: GrMachine, rig: GrRig) -> None:
    first, second = (rig.qmd(machine.program(), **rig.release(index, 1)) for index in (0, 1))
    root = rig.qmd(machine.program(), **then(first) | then(second, QMD_COPY_SCHEDULE, which=1))
    rig.run(send(root), wait_for_idle())
    assert (rig.semaphore(0), rig.semaphore(1)) == (1, 1)


def test_a_descriptor_that_was_not_copied_never_begins(machine: GrMachine, rig: GrRig) -> None:
    for action in (PREFETCH_SCHEDULE, SCHEDULE, PREFETCH, INVALIDATE, NOP):
        qmd = rig.qmd(machine.program(), **rig.release(0, 1))
        rig.run(send(qmd, action))
    assert rig.semaphore(0) == 0
    assert machine.failures == []


def test_a_forced_descriptor_waits_for_a_pcas(machine: GrMachine, rig: GrRig) -> None:
    qmd = rig.qmd(machine.program(), **rig.release(0, 1))
    rig.run(send(qmd, FORCE))
    assert rig.semaphore(0) == 0
    rig.submit(send(qmd, SCHEDULE))
    rig.awaits(0, 1)


def test_the_older_pcas_invalidates_and_schedules(machine: GrMachine, rig: GrRig) -> None:
    qmd = rig.qmd(machine.program(), **rig.release(0, 1))
    rig.submit(method(0x2B4, qmd >> 8), method(0x2BC, 3))
    rig.awaits(0, 1)


def test_a_kept_descriptor_runs_as_it_was_until_it_is_invalidated(machine: GrMachine, rig: GrRig) -> None:
    out = machine.vram(4 * KIB)
    programs = [machine.storing(out.gpu_va, value) for value in (1, 2)]
    last = rig.qmd(programs[0])
    first = rig.qmd(machine.program(), **then(last))
    rig.run(send(first), wait_for_idle())
    rig.put_qmd(last - rig.qmds.gpu_va, programs[1])
    rig.run(send(first), wait_for_idle())
    assert out.words[0] == 1
    rig.run(method(INVALIDATE_SKED, 0), send(first), wait_for_idle())
    assert out.words[0] == 2


def test_an_inline_descriptor_is_put_into_memory_and_runs(machine: GrMachine, rig: GrRig) -> None:
    out = machine.vram(4 * KIB)
    made = rig.qmd(machine.storing(out.gpu_va, 3), **rig.release(0, 1))
    words = [int(word) for word in rig.qmds.words[:96]]
    rig.qmds.words[:96] = 0
    address = made >> 8
    where = method(0x318, 1 << 30 | address >> 32, address & 0xFFFFFFFF)
    rig.submit(where, method(0x320, *words), method(0x2B4, address), method(0x2C0, COPY_SCHEDULE))
    rig.awaits(0, 1)
    assert out.words[0] == 3
    assert [int(word) for word in rig.qmds.words[:96]] == words


# What waits for grids.


def slow(machine: GrMachine, gpu_va: int) -> int:
    """A program that loops for some milliseconds, then stores 1."""
    loop = [w.imad(4, 4, 1, 5), w.isetp_eq(0, 4, 30000), w.guarded(w.bra(-3), 0, negated=True)]
    return machine.program(*w.mov_pair(2, gpu_va), w.mov(4, 0), w.mov(5, 1), *loop, w.mov(4, 1), w.stg(2, 4))


@pytest.mark.parametrize("wait", ["method", "host wait", "host release", "report", "old report", "caches"])
def test_what_waits_for_idle_sees_what_the_grid_wrote(machine: GrMachine, rig: GrRig, wait: str) -> None:
    out = machine.vram(4 * KIB)
    at = rig.semaphores.gpu_va
    waits = {
        "method": wait_for_idle(),
        "host wait": method(0x78, 0),
        "host release": release(at + 16, 1),
        "report": [
            *method(REPORT_PAYLOAD, 1, 0, (at + 16) & 0xFFFFFFFF, at >> 32),
            *method(REPORT_EXECUTE, 1 << 3),
        ],
        "old report": method(OLD_REPORT, at >> 32, (at + 16) & 0xFFFFFFFF, 1, 1 << 28),
        "caches": method(0x21C, 1),
    }
    rig.run(send(rig.qmd(slow(machine, out.gpu_va))), waits[wait], semaphore(at, 1, RELEASE))
    rig.awaits(0, 1)
    assert out.words[0] == 1
    assert rig.semaphore(1) == (wait in ("host release", "report", "old report"))


def test_a_release_that_does_not_wait_is_reported(machine: GrMachine, rig: GrRig) -> None:
    out = machine.vram(4 * KIB)
    qmd = rig.qmd(machine.endless(out.gpu_va))
    rig.run(send(qmd), semaphore(rig.semaphores.gpu_va, 1, RELEASE))
    assert rig.semaphore(0) == 1
    assert machine.reports == ["release without wait"]


def test_a_report_that_does_not_flush_does_not_wait(machine: GrMachine, rig: GrRig) -> None:
    at = rig.semaphores.gpu_va
    qmd = rig.qmd(machine.endless())
    rig.run(send(qmd), method(OLD_REPORT, at >> 32, at & 0xFFFFFFFF, 6, 1 << 28 | 1 << 2))
    assert rig.semaphore(0) == 6


def test_a_report_may_acquire(machine: GrMachine, rig: GrRig) -> None:
    at = rig.semaphores.gpu_va
    rig.submit(
        method(REPORT_PAYLOAD, 5, 0, at & 0xFFFFFFFF, at >> 32),
        method(REPORT_EXECUTE, 1),
        release(at + 16, 1),
    )
    rig.waits()
    rig.semaphores.words[0] = 5
    rig.awaits(1, 1)


def test_other_channels_go_on_while_one_waits_for_its_grid(machine: GrMachine, rig: GrRig) -> None:
    copier = machine.channel("COPY2", runlist=1)
    other = machine.channel("COPY0", runlist=0)
    rig.submit(send(rig.qmd(machine.endless())), wait_for_idle())
    rig.waits()
    for which, channel in enumerate((copier, other)):
        channel.run(release(rig.semaphores.gpu_va + 16 * which, 1))
        assert rig.semaphore(which) == 1
    assert rig.channel.state is State.WAITING
    assert machine.gpu.bar_read(0, 0, 4) != 0xFFFFFFFF


# Rendering may be conditional.


def test_launches_may_be_conditional(machine: GrMachine, rig: GrRig) -> None:
    condition = machine.vram(4 * KIB)
    where = method(0x1550, condition.gpu_va >> 32, condition.gpu_va & 0xFFFFFFFF)
    cases = ((0, 1, 1, 0), (1, 0, 0, 1), (2, 0, 0, 0), (2, 1, 0, 1), (3, 4, 5, 0), (3, 5, 5, 1), (4, 4, 5, 1))
    for payload, (mode, first, second, runs) in enumerate(cases, 1):
        condition.longs[0], condition.longs[2] = first, second
        rig.semaphores.words[0] = 0
        qmd = rig.qmd(machine.program(), **rig.release(0, payload))
        rig.run(where, method(0x1558, mode), send(qmd), wait_for_idle())
        assert rig.semaphore(0) == payload * runs
    for override, runs in ((1, True), (2, False)):
        qmd = rig.qmd(machine.program(), **rig.release(1, override))
        rig.run(method(0x1558, 0), method(0x1944, override), send(qmd), wait_for_idle())
        assert rig.semaphore(1) == 1
        assert runs == (override == 1)
