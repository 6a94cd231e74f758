"""Launches of copy engines: refusals, semaphores, faults, privilege, and what is undefined but was done."""

from __future__ import annotations

import pytest
from barewire.softgpu.channel import State
from barewire.softgpu.page_tables import Access, FaultType
from fifo_machine import (
    DST_PHYSICAL,
    FLUSH,
    FOUR_WORDS,
    KIB,
    LINE_LENGTH,
    MIB,
    MULTI_LINE,
    NON_PIPELINED,
    ONE_WORD,
    PLAIN,
    REMAP,
    SRC_PHYSICAL,
    SRC_PITCH,
    FifoMachine,
    FifoRig,
    copy,
    inc,
    launch,
    lines,
    offsets,
    release,
)

PIPELINED = 1
UNMAPPED = 0xF0_1234_5000


# Launches.


@pytest.mark.parametrize(
    ("word", "error"),
    [
        (3, 9), (PLAIN | 3 << 5, 9), (PLAIN | 3 << 20, 9), (PLAIN | 1 << 20, 0xD), (PLAIN | 1 << 24, 0xA),
        (PLAIN | 1 << 28, 0xA), (PLAIN | 1 << 19 | 8 << 14 | ONE_WORD, 9), (PLAIN | 1 << 23, 0xB),
    ],
)  # fmt: skip
def test_a_launch_that_means_nothing_is_refused(
    machine: FifoMachine, rig: FifoRig, word: int, error: int
) -> None:
    memory = machine.vram(8 * KIB)
    rig.run(offsets(memory.gpu_va, memory.gpu_va + 4 * KIB), inc(LINE_LENGTH, 4), launch(word))
    rig.failed_to_launch(error)


@pytest.mark.parametrize("method", [0x104, 0x304, 0x1FFC, 0x3FFC], ids=hex)
def test_a_method_that_the_class_has_not_ends_the_channel(
    machine: FifoMachine, rig: FifoRig, method: int
) -> None:
    rig.run(inc(method, 1))
    (failure,) = machine.failures
    assert (failure.xid, failure.text) == (32, " intr1 00000008")


def test_a_copy_of_nothing_is_reported_and_still_releases(machine: FifoMachine, rig: FifoRig) -> None:
    memory = machine.vram(4 * KIB)
    rig.run(
        offsets(UNMAPPED, UNMAPPED),
        inc(0x240, memory.gpu_va >> 32, memory.gpu_va & 0xFFFFFFFF, 5),
        launch(PLAIN | ONE_WORD),
    )
    assert machine.reports == ["empty copy"]
    assert memory.words[0] == 5


def test_rendering_may_be_conditional(machine: FifoMachine, rig: FifoRig) -> None:
    memory, condition = machine.vram(8 * KIB), machine.vram(4 * KIB)
    memory.bytes[: 4 * KIB] = 1
    where = inc(0x254, condition.gpu_va >> 32, condition.gpu_va & 0xFFFFFFFF)
    part = copy(memory.gpu_va, memory.gpu_va + 4 * KIB, 16)
    for mode, first, second, copied in (
        (0, 1, 1, 0),
        (2, 0, 0, 0),
        (2, 1, 0, 1),
        (3, 4, 5, 0),
        (4, 4, 5, 1),
        (1, 0, 0, 1),
    ):
        memory.bytes[4 * KIB :] = 0
        condition.longs[0], condition.longs[2] = first, second
        rig.run(where, inc(0x25C, mode), part)
        assert memory.bytes[4 * KIB] == copied
    rig.run(inc(0x25C, 5))
    assert machine.failures[0].text == " intr1 00000001"


# Semaphores.


def test_a_copy_releases_its_semaphore(machine: FifoMachine, rig: FifoRig) -> None:
    memory = machine.host_memory(4 * KIB)

    def release_by_copy(offset: int, payload: int, word: int) -> list[int]:
        at = memory.gpu_va + offset
        return [*inc(0x240, at >> 32, at & 0xFFFFFFFF, payload & 0xFFFFFFFF, payload >> 32), *launch(word)]

    before = machine.gpu.clock.now_ns()
    memory.words[:] = 0x55555555
    rig.run(
        release_by_copy(4, 1, ONE_WORD),
        release_by_copy(16, 2, FOUR_WORDS),
        release_by_copy(32, 3 | 4 << 32, ONE_WORD | 1 << 27),
        release_by_copy(48, 5 | 6 << 32, FOUR_WORDS | 1 << 27),
    )
    assert list(memory.words[:6]) == [0x55555555, 1, 0x55555555, 0x55555555, 2, 0]
    assert [int(long) for long in memory.longs[4:7]] == [3 | 4 << 32, 0x5555555555555555, 5 | 6 << 32]
    for time_ns in (int(memory.longs[3]), int(memory.longs[7])):
        assert before <= time_ns <= machine.gpu.clock.now_ns()

    rig.run(release_by_copy(4, 9, ONE_WORD | 1 << 19 | 5 << 14 | 1 << 18))
    assert memory.words[1] == 10
    rig.run(release_by_copy(8, 9, FOUR_WORDS))
    rig.failed_to_launch(2)


def test_a_release_before_the_flush_is_reported(machine: FifoMachine, rig: FifoRig) -> None:
    memory = machine.vram(8 * KIB)
    semaphore = inc(0x240, memory.gpu_va >> 32, memory.gpu_va & 0xFFFFFFFF, 5)
    part = copy(memory.gpu_va, memory.gpu_va + 4 * KIB, 16, (PLAIN & ~FLUSH) | ONE_WORD)
    rig.run(semaphore, part)
    assert machine.reports == ["release without flush"]


def test_an_interrupt_may_follow(machine: FifoMachine, rig: FifoRig) -> None:
    rig.run(launch(2 << 5))
    assert machine.gpu.interrupts.is_pending(3)  # COPY2


# What depends on an order that nothing keeps.


def test_overlapping_copies_are_reported(machine: FifoMachine, rig: FifoRig) -> None:
    memory = machine.vram(8 * KIB)
    rig.run(copy(memory.gpu_va, memory.gpu_va + 4095, 4096))
    assert machine.reports == ["overlap"]


def test_pipelined_copies_that_depend_on_each_other_are_reported(machine: FifoMachine, rig: FifoRig) -> None:
    memory = machine.vram(64 * KIB)
    at, pipelined = memory.gpu_va, (PLAIN & ~NON_PIPELINED) | PIPELINED
    rig.run(copy(at, at + 4 * KIB, 4 * KIB), copy(at, at + 8 * KIB, 4 * KIB, pipelined))
    assert machine.reports == []
    rig.run(copy(at + 4 * KIB, at + 12 * KIB, 4 * KIB))
    assert machine.reports == []
    rig.run(copy(at + 12 * KIB, at + 16 * KIB, 4 * KIB, pipelined))
    assert machine.reports == ["pipelined copy"]


# Faults.


@pytest.mark.parametrize("write", [False, True])
def test_unmapped_memory_faults_with_the_engines_ids(machine: FifoMachine, rig: FifoRig, write: bool) -> None:
    memory = machine.vram(4 * KIB)
    places = (memory.gpu_va, UNMAPPED) if write else (UNMAPPED, memory.gpu_va)
    rig.run(copy(*places, 256), release(memory.gpu_va, 1))

    (failure,) = machine.failures
    assert failure.xid == 31
    assert failure.fault.gpu_va == UNMAPPED
    assert failure.fault.fault_type is FaultType.PDE
    assert failure.fault.access is (Access.WRITE if write else Access.READ)
    assert not failure.fault.from_host
    posted = machine.gpu.faults.posted[-1]
    assert (posted.engine_id, posted.client, posted.is_hub) == (45, 0x18, True)
    assert memory.words[0] == 0


def test_what_lies_before_the_end_of_a_mapping_is_written(machine: FifoMachine, rig: FifoRig) -> None:
    source, target = machine.vram(64 * KIB), machine.vram(64 * KIB)
    source.bytes[:] = 4
    rig.run(copy(source.gpu_va, target.gpu_va + 60 * KIB, 8 * KIB))

    assert machine.failures[0].fault.gpu_va == target.gpu_va + 64 * KIB
    assert (target.bytes[60 * KIB :] == 4).all()


def test_read_only_pages_are_not_written(machine: FifoMachine, rig: FifoRig) -> None:
    source, target = machine.vram(4 * KIB), machine.vram(4 * KIB, read_only=True)
    source.bytes[:] = 4
    rig.run(copy(target.gpu_va, source.gpu_va, 16))
    assert not source.bytes[:16].any()
    rig.run(copy(source.gpu_va, target.gpu_va, 4 * KIB))
    assert machine.failures[0].fault.fault_type is FaultType.READ_ONLY
    assert not target.bytes.any()


def test_privileged_pages_are_closed_to_others(machine: FifoMachine, rig: FifoRig) -> None:
    page = machine.vram(4 * KIB, privileged=True)
    machine.channel(privileged=True).run(copy(page.gpu_va, page.gpu_va + 2 * KIB, 16))
    assert machine.failures == []
    rig.run(copy(page.gpu_va, page.gpu_va + 2 * KIB, 16))
    assert machine.failures[0].fault.fault_type is FaultType.PRIVILEGE


def test_host_memory_that_the_host_took_away_faults(machine: FifoMachine, rig: FifoRig) -> None:
    source, target = machine.host_memory(64 * KIB), machine.vram(64 * KIB)
    rig.run(copy(source.gpu_va, target.gpu_va, 64 * KIB))
    machine.host.maps.clear()
    rig.run(copy(source.gpu_va, target.gpu_va, 64 * KIB))

    assert machine.failures[0].fault.gpu_va == source.gpu_va
    assert machine.reports == ["DMA refused"]


@pytest.mark.parametrize("way", ["source", "target", "fill"])
def test_host_memory_that_goes_away_under_a_long_copy_is_not_touched_again(
    machine: FifoMachine, rig: FifoRig, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("barewire.softgpu.copy_moves.QUANTUM_BYTES", 64 * KIB)
    monkeypatch.setattr("barewire.softgpu.fifo.INLINE_NS", 0)
    host, vram = machine.host_memory(MIB), machine.vram(MIB)
    host.bytes[:], vram.bytes[:] = 1, 1
    source, target = (host, vram) if way == "source" else (vram, host)
    fill = [*inc(0x700, 2, 2, 4 | 3 << 16), *inc(0x408, host.gpu_va >> 32, host.gpu_va & 0xFFFFFFFF)]
    with machine.gpu.lock:
        if way == "fill":
            rig.submit([*fill, *inc(LINE_LENGTH, 256 * KIB), *inc(0x300, PLAIN | REMAP)])
        else:
            rig.submit(copy(source.gpu_va, target.gpu_va, MIB))
        while not rig.channel.engine_job:
            machine.gpu.fifo.run(30_000)
        machine.host.maps.clear()
        host.bytes[:] = 9
        vram.bytes[:] = 1 if way != "source" else 5

    rig.finish()
    assert machine.failures[0].fault.gpu_va > host.gpu_va
    assert (host.bytes == 9).all() and not (vram.bytes == 9).any()


def test_a_reset_ends_a_long_copy_where_it_is(
    machine: FifoMachine, rig: FifoRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("barewire.softgpu.copy_moves.QUANTUM_BYTES", 64 * KIB)
    monkeypatch.setattr("barewire.softgpu.fifo.INLINE_NS", 0)
    source, target = machine.vram(MIB), machine.vram(MIB)
    source.bytes[:] = 1
    with machine.gpu.lock:
        rig.submit(copy(source.gpu_va, target.gpu_va, MIB))
        while not rig.channel.engine_job:
            machine.gpu.fifo.run(30_000)
        machine.gpu.reset()
        target.bytes[:] = 0

    assert machine.gpu.work.drain()
    assert not target.bytes.any()
    assert rig.channel.state is State.DEAD
    assert machine.failures == []


def test_a_surface_beyond_all_addresses_faults(machine: FifoMachine, rig: FifoRig) -> None:
    memory = machine.vram(64 * KIB)
    huge = inc(0x70C, 1 << 12, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE)
    rig.run([*huge, *copy(memory.gpu_va, memory.gpu_va, 64, NON_PIPELINED | SRC_PITCH)])

    assert machine.failures[0].fault.fault_type is FaultType.VA_LIMIT


def test_lines_before_the_first_address_fault(machine: FifoMachine, rig: FifoRig) -> None:
    memory = machine.vram(64 * KIB, gpu_va=0)
    rig.run([*lines(0, 0, -4096, -4096, 16, 3), *launch(PLAIN | MULTI_LINE)])

    assert machine.failures[0].fault.fault_type is FaultType.VA_LIMIT
    assert memory.bytes.size


def test_a_stale_translation_is_used_until_it_is_invalidated(machine: FifoMachine, rig: FifoRig) -> None:
    from page_builder import Page

    memory, target = machine.vram(4 * KIB), machine.vram(4 * KIB)
    other = machine.take_vram(4 * KIB)
    machine.gpu.vram.write(other, b"\7" * 4096)
    memory.bytes[:] = 3
    rig.run(copy(memory.gpu_va, target.gpu_va, 16))
    machine.tables.map(memory.gpu_va, 4 * KIB, Page(other))
    rig.run(copy(memory.gpu_va, target.gpu_va, 16))
    assert target.bytes[0] == 3

    machine.gpu.mmu.invalidate(machine.tables.pdb)
    rig.run(copy(memory.gpu_va, target.gpu_va, 16))
    assert target.bytes[0] == 7


# Physical addresses.


def test_physical_copies_need_privilege(machine: FifoMachine, rig: FifoRig) -> None:
    vram, host = machine.vram(4 * KIB), machine.host_memory(4 * KIB)
    vram.bytes[:] = 6
    chief = machine.channel(privileged=True)
    physical = [
        *inc(0x260, 0, 1),
        *copy(vram.place.address, host.place.address, 4 * KIB, PLAIN | SRC_PHYSICAL | DST_PHYSICAL),
    ]
    chief.run(physical)
    assert (host.bytes == 6).all()
    assert machine.failures == []

    machine.channel(privileged=True, physical_copies=False).run(physical)
    rig.run(physical)
    assert [failure.text for failure in machine.failures] == [" intr1 00000004"] * 2


def test_physical_addresses_beyond_memory_or_protected_fault(machine: FifoMachine) -> None:
    vram = machine.vram(4 * KIB)
    protected = machine.take_vram(64 * KIB)
    machine.gpu.vram.protect(protected, protected + 64 * KIB)
    for address in (1 << 40, protected + 4 * KIB):
        rig = machine.channel(privileged=True)
        rig.run(inc(0x260, 0), copy(address, vram.gpu_va, 16, PLAIN | SRC_PHYSICAL))
        failure = machine.failures[-1]
        assert (failure.xid, failure.fault.gpu_va, failure.fault.access) == (
            31,
            address,
            Access.PHYSICAL_READ,
        )
    assert len(machine.failures) == 2


def test_video_memory_is_scrubbed(machine: FifoMachine) -> None:
    memory = machine.vram(64 * KIB, 64 * KIB)
    memory.bytes[:] = 1
    rig = machine.channel(privileged=True)
    scrub = PLAIN | DST_PHYSICAL | 1 << 23
    rig.run(inc(0x264, 0), copy(0, memory.place.address + 4 * KIB, 8 * KIB, scrub))
    assert memory.bytes.sum() == 56 * KIB
    rig.run(copy(0, memory.place.address + 4 * KIB, 100, scrub))
    rig.failed_to_launch(2)
