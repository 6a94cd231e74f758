"""What the sanitizer finds on channels made by hand, word by word; and that the right way is silent.

Each test makes exactly one mistake and expects exactly its kind.
"""

from __future__ import annotations

from typing import Any

import pytest
from barewire.softgpu.page_tables import Aperture
from barewire.softgpu.sanitizer import kinds
from fifo_machine import (
    ACQUIRE,
    DST_PITCH,
    FLUSH,
    KIB,
    MIB,
    NON_PIPELINED,
    ONE_WORD,
    PLAIN,
    RELEASE,
    SRC_PITCH,
    FifoMachine,
    FifoRig,
    copy,
    entry,
    immediate,
    inc,
    launch,
    offsets,
    release,
    semaphore,
)
from page_builder import Page

SIZE = 4 * KIB
LATER_S = 0.001  # work begins so long after its doorbell, at least
NO_OPERATION = 0x8  # NVC86F_NOP
UNFLUSHED = NON_PIPELINED | SRC_PITCH | DST_PITCH
PIPELINED = 1 | FLUSH | SRC_PITCH | DST_PITCH


def found(machine: FifoMachine) -> list[str]:
    """The kinds that were reported."""
    return [report.kind for report in machine.gpu.reports]


def written(machine: FifoMachine, size: int = SIZE) -> Any:
    """Video memory that somebody wrote."""
    memory = machine.vram(size)
    memory.bytes[:] = 7
    return memory


def engine_release(gpu_va: int, payload: int, word: int) -> list[int]:
    """A launch that releases a semaphore when it is done."""
    return [*inc(0x240, gpu_va >> 32, gpu_va & 0xFFFFFFFF, payload), *launch(word | ONE_WORD)]


# Memory that nobody wrote.


def test_memory_that_nobody_wrote_is_reported_where_it_is_read(machine: FifoMachine, rig: FifoRig) -> None:
    source, target = machine.vram(SIZE), machine.vram(SIZE)
    rig.run(copy(source.gpu_va, target.gpu_va, 256))
    (report,) = machine.gpu.reports
    assert report.kind == "unwritten memory"
    assert report.facts["gpu_va"] == source.gpu_va
    assert report.place is not None
    assert report.place.token == rig.channel.token
    assert report.place.entry == 0
    assert report.place.pushbuffer_va == rig.pushbuffer.gpu_va + 8 * 4
    assert report.place.method == "NVC8B5_LAUNCH_DMA"


def test_the_first_byte_that_was_not_written_is_named(machine: FifoMachine, rig: FifoRig) -> None:
    source, middle, target = written(machine), machine.vram(SIZE), machine.vram(SIZE)
    rig.run(copy(source.gpu_va, middle.gpu_va, 100), copy(middle.gpu_va, target.gpu_va, 256))
    (report,) = machine.gpu.reports
    assert report.facts["gpu_va"] == middle.gpu_va + 100


def test_memory_that_was_written_may_be_read(machine: FifoMachine, rig: FifoRig) -> None:
    source, middle, target = written(machine), machine.vram(SIZE), machine.vram(SIZE)
    rig.run(copy(source.gpu_va, middle.gpu_va, 101), copy(middle.gpu_va, target.gpu_va, 101))
    assert found(machine) == []


def test_a_reset_forgets_what_was_written(machine: FifoMachine) -> None:
    source = written(machine)
    assert source.bytes[5] == 7
    with machine.gpu.lock:
        machine.gpu.reset()
        assert machine.gpu.sanitizer is not None
        assert not source.bytes.any()
    assert found(machine) == []


# Races.


@pytest.mark.parametrize("where", ["video", "host"])
def test_queues_without_a_semaphore_between_them_race(
    machine: FifoMachine, rig: FifoRig, other: FifoRig, where: str
) -> None:
    source, end = written(machine), machine.vram(SIZE)
    middle = written(machine) if where == "video" else machine.host_memory(SIZE)
    rig.submit(copy(source.gpu_va, middle.gpu_va, SIZE))
    rig.finish()
    other.submit(copy(middle.gpu_va, end.gpu_va, SIZE))
    other.finish()
    (report,) = machine.gpu.reports
    assert report.kind == "race"
    assert report.place is not None and report.place.token == other.channel.token
    assert f"channel {rig.channel.token:#x}" in report.facts["other"]


def test_what_is_read_may_not_be_overwritten_at_the_same_time(
    machine: FifoMachine, rig: FifoRig, other: FifoRig
) -> None:
    shared, source, end = written(machine), written(machine), machine.vram(SIZE)
    rig.submit(copy(shared.gpu_va, end.gpu_va, SIZE))
    rig.finish()
    other.submit(copy(source.gpu_va, shared.gpu_va, SIZE))
    other.finish()
    (report,) = machine.gpu.reports
    assert report.kind == "race"
    assert "writes what the copy read" in report.text


def test_two_may_read_the_same_and_write_neighbours(
    machine: FifoMachine, rig: FifoRig, other: FifoRig
) -> None:
    shared, end = written(machine), machine.vram(SIZE)
    rig.submit(copy(shared.gpu_va, end.gpu_va, 1001))
    other.submit(copy(shared.gpu_va, end.gpu_va + 1001, 1001))
    rig.finish()
    other.finish()
    assert found(machine) == []


@pytest.mark.parametrize("way", ["host", "engine"])
def test_a_release_and_an_acquire_order_two_queues(
    machine: FifoMachine, rig: FifoRig, other: FifoRig, way: str
) -> None:
    source, middle, end, flag = written(machine), machine.vram(SIZE), machine.vram(SIZE), written(machine)
    flag.words[0] = 0
    other.submit(semaphore(flag.gpu_va, 5, ACQUIRE), copy(middle.gpu_va, end.gpu_va, SIZE))
    if way == "host":
        rig.submit(copy(source.gpu_va, middle.gpu_va, SIZE), release(flag.gpu_va, 5))
    else:
        first = [*offsets(source.gpu_va, middle.gpu_va), *inc(0x418, SIZE)]
        rig.submit(first, engine_release(flag.gpu_va, 5, PLAIN))
    rig.finish()
    machine.wait(lambda: end.bytes[-1] == 7)
    other.finish()
    assert found(machine) == []


def test_the_wrong_semaphore_orders_nothing(machine: FifoMachine, rig: FifoRig, other: FifoRig) -> None:
    source, middle, end, flags = written(machine), machine.vram(SIZE), machine.vram(SIZE), written(machine)
    flags.words[0] = 5
    rig.submit(copy(source.gpu_va, middle.gpu_va, SIZE))
    rig.finish()
    other.submit(semaphore(flags.gpu_va, 5, ACQUIRE), copy(middle.gpu_va, end.gpu_va, SIZE))
    other.finish()
    assert found(machine) == ["race"]


def test_a_host_that_waited_for_the_first_may_ask_for_the_second(
    machine: FifoMachine, rig: FifoRig, other: FifoRig
) -> None:
    source, middle, end, flag = written(machine), machine.vram(SIZE), machine.vram(SIZE), written(machine)
    rig.submit(copy(source.gpu_va, middle.gpu_va, SIZE), release(flag.gpu_va, 5))
    machine.wait(lambda: flag.words[0] == 5)
    other.submit(copy(middle.gpu_va, end.gpu_va, SIZE))
    other.finish()
    assert found(machine) == []


def test_what_was_asked_for_before_the_wait_is_not_ordered_by_it(
    machine: FifoMachine, rig: FifoRig, other: FifoRig
) -> None:
    source, middle, end, flag = written(machine), machine.vram(SIZE), machine.vram(SIZE), written(machine)
    machine.gpu.fifo.latency_s = LATER_S
    with machine.gpu.lock:  # nothing runs before both have been asked for
        other.submit(immediate(NO_OPERATION, 0, subchannel=0), copy(middle.gpu_va, end.gpu_va, SIZE))
        rig.submit(copy(source.gpu_va, middle.gpu_va, SIZE), release(flag.gpu_va, 5))
    rig.finish()
    other.finish()
    assert "race" in found(machine)


def test_copies_of_one_channel_follow_each_other(machine: FifoMachine, rig: FifoRig) -> None:
    source, middle, end = written(machine), machine.vram(SIZE), machine.vram(SIZE)
    rig.run(copy(source.gpu_va, middle.gpu_va, SIZE), copy(middle.gpu_va, end.gpu_va, SIZE))
    assert found(machine) == []


def test_a_pipelined_copy_may_not_use_what_the_one_before_writes(machine: FifoMachine, rig: FifoRig) -> None:
    source, middle, end = written(machine), machine.vram(SIZE), machine.vram(SIZE)
    rig.run(copy(source.gpu_va, middle.gpu_va, SIZE), copy(middle.gpu_va, end.gpu_va, SIZE, PIPELINED))
    assert found(machine) == ["pipelined copy"]


def test_a_copy_onto_itself(machine: FifoMachine, rig: FifoRig) -> None:
    memory = written(machine)
    rig.run(copy(memory.gpu_va, memory.gpu_va + 16, 64))
    assert found(machine) == ["overlap"]


# Releases.


def test_a_release_that_does_not_wait(machine: FifoMachine, rig: FifoRig) -> None:
    source, end, flag = written(machine), machine.vram(SIZE), written(machine)
    rig.run(copy(source.gpu_va, end.gpu_va, SIZE), semaphore(flag.gpu_va, 5, RELEASE))
    (report,) = machine.gpu.reports
    assert report.kind == "release without wait"
    assert report.place is not None and report.place.method == "NVC86F_SEM_EXECUTE"


def test_a_release_that_does_not_wait_orders_nothing(
    machine: FifoMachine, rig: FifoRig, other: FifoRig
) -> None:
    source, middle, end, flag = written(machine), machine.vram(SIZE), machine.vram(SIZE), written(machine)
    flag.words[0] = 0
    other.submit(semaphore(flag.gpu_va, 5, ACQUIRE), copy(middle.gpu_va, end.gpu_va, SIZE))
    rig.run(copy(source.gpu_va, middle.gpu_va, SIZE), semaphore(flag.gpu_va, 5, RELEASE))
    machine.wait(lambda: end.bytes[-1] == 7)
    other.finish()
    assert found(machine) == ["release without wait", "race"]


def test_an_engine_that_releases_before_it_flushed(machine: FifoMachine, rig: FifoRig) -> None:
    source, end, flag = written(machine), machine.vram(SIZE), written(machine)
    rig.run(offsets(source.gpu_va, end.gpu_va), inc(0x418, SIZE), engine_release(flag.gpu_va, 5, UNFLUSHED))
    assert found(machine) == ["release without flush"]


def test_an_engine_that_flushed_may_release(machine: FifoMachine, rig: FifoRig) -> None:
    source, end, flag = written(machine), machine.vram(SIZE), written(machine)
    rig.run(offsets(source.gpu_va, end.gpu_va), inc(0x418, SIZE), engine_release(flag.gpu_va, 5, PLAIN))
    assert found(machine) == []


# Doorbells.


def test_a_word_that_changes_after_the_doorbell(machine: FifoMachine, rig: FifoRig) -> None:
    flag = written(machine)
    machine.gpu.fifo.latency_s = LATER_S
    with machine.gpu.lock:
        rig.submit(release(flag.gpu_va, 5))
        rig.pushbuffer.words[3] = 6  # the payload
    rig.finish()
    (report,) = machine.gpu.reports
    assert report.kind == "changed after doorbell"
    assert report.facts["at"] == rig.pushbuffer.gpu_va + 3 * 4


def test_an_entry_that_changes_after_the_doorbell(machine: FifoMachine, rig: FifoRig) -> None:
    flag = written(machine)
    machine.gpu.fifo.latency_s = LATER_S
    with machine.gpu.lock:
        rig.submit(release(flag.gpu_va, 5))
        rig.ring.longs[0] = entry(rig.store(release(flag.gpu_va, 6)), 6)
    rig.finish()
    assert found(machine) == ["changed after doorbell"]


def test_a_word_that_changes_while_the_channel_waits_before_it(machine: FifoMachine, rig: FifoRig) -> None:
    flag, out = written(machine), written(machine)
    rig.submit(semaphore(flag.gpu_va, 5, ACQUIRE), release(out.gpu_va, 1))
    rig.waits()
    rig.pushbuffer.words[9] = 2
    flag.words[0] = 5
    rig.finish()
    assert found(machine) == ["changed after doorbell"]


def test_what_was_executed_may_change(machine: FifoMachine, rig: FifoRig) -> None:
    flag = written(machine)
    for lap in range(200):  # more than the ring has entries
        rig.submit(release(flag.gpu_va, lap))
        machine.wait(lambda lap=lap: flag.words[0] == lap)
        rig.pushbuffer.words[:6] = 0xEEEEEEEE
        rig._pushed = 0
    assert found(machine) == []


def test_an_entry_that_is_not_there_yet(machine: FifoMachine, rig: FifoRig) -> None:
    rig.ring_bell(1)
    rig.finish()
    machine.wait(lambda: found(machine) != [])
    assert found(machine) == ["empty GP entry"]


def test_a_doorbell_for_nothing(machine: FifoMachine, rig: FifoRig) -> None:
    rig.ring_bell()
    assert found(machine) == ["doorbell"]


def test_a_doorbell_for_nobody(machine: FifoMachine) -> None:
    machine.gpu.bar_write(0, machine.gpu.offset("NV_VIRTUAL_FUNCTION_DOORBELL"), 4, 0x1_0077)
    assert found(machine) == ["unknown token"]


# Mappings.


def unmap(machine: FifoMachine, gpu_va: int) -> None:
    machine.tables.map(gpu_va, 4 * KIB, Page(machine.take_vram(4 * KIB)))


def invalidate(machine: FifoMachine) -> None:
    with machine.gpu.lock:
        machine.gpu.mmu.invalidate(machine.tables.pdb)


def test_a_page_that_moved_without_an_invalidation(machine: FifoMachine, rig: FifoRig) -> None:
    source, end, flag = written(machine), machine.vram(SIZE), written(machine)
    rig.run(copy(source.gpu_va, end.gpu_va, 16), release(flag.gpu_va, 5))
    unmap(machine, source.gpu_va)
    rig.run(copy(source.gpu_va, end.gpu_va, 16))
    assert set(found(machine)) == {"stale translation"}


def test_a_page_that_moved_and_was_invalidated(machine: FifoMachine, rig: FifoRig) -> None:
    source, end, flag = written(machine), machine.vram(SIZE), written(machine)
    rig.run(copy(source.gpu_va, end.gpu_va, 16), release(flag.gpu_va, 5))
    unmap(machine, end.gpu_va)
    invalidate(machine)
    rig.run(copy(source.gpu_va, end.gpu_va, 16))
    assert found(machine) == []


def test_memory_that_is_unmapped_while_a_copy_may_use_it(machine: FifoMachine, rig: FifoRig) -> None:
    source, end = written(machine), machine.vram(SIZE)
    rig.run(copy(source.gpu_va, end.gpu_va, 16))  # and nobody is told of its end
    unmap(machine, end.gpu_va)
    invalidate(machine)
    (report,) = machine.gpu.reports
    assert report.kind == "memory taken away"
    assert report.place is not None and report.place.method == "NVC8B5_LAUNCH_DMA"


def test_host_memory_that_is_given_back_while_a_copy_may_use_it(machine: FifoMachine, rig: FifoRig) -> None:
    source, end = written(machine), machine.host_memory(SIZE)
    rig.run(copy(source.gpu_va, end.gpu_va, 16))
    machine.host.maps = [pages for pages in machine.host.maps if pages.iova != end.place.address]
    machine.gpu.settle()
    assert found(machine) == ["memory taken away"]


def test_a_ring_that_is_unmapped_while_its_channel_has_work(machine: FifoMachine, rig: FifoRig) -> None:
    flag = written(machine)
    rig.submit(semaphore(flag.gpu_va, 5, ACQUIRE))
    rig.waits()
    unmap(machine, rig.ring.gpu_va)
    invalidate(machine)
    assert found(machine) == ["memory taken away"]


def test_a_channel_that_is_freed_first(machine: FifoMachine, rig: FifoRig) -> None:
    source, end, flag = written(machine), machine.vram(SIZE), written(machine)
    rig.run(release(flag.gpu_va, 1), copy(source.gpu_va, end.gpu_va, 16))
    with machine.gpu.lock:
        machine.gpu.fifo.destroy(rig.channel)
    for gone in (rig.ring, end):
        unmap(machine, gone.gpu_va)
    invalidate(machine)
    assert found(machine) == []


def test_a_page_table_that_an_ordinary_page_shows(machine: FifoMachine, rig: FifoRig) -> None:
    source, end = written(machine), machine.vram(SIZE)
    rig.run(copy(source.gpu_va, end.gpu_va, 16))
    walk = machine.gpu.mmu.walk(machine.tables.pdb, source.gpu_va)
    machine.tables.map(end.gpu_va + MIB, 4 * KIB, Page(walk.steps[-1].table & ~0xFFF))
    rig.run(copy(source.gpu_va, end.gpu_va + MIB + 0xF00, 16))
    assert found(machine) == ["overlapping mappings"]


def test_a_table_that_nobody_wrote_is_no_table(machine: FifoMachine, rig: FifoRig) -> None:
    source, end = written(machine), machine.vram(SIZE)
    walk = machine.gpu.mmu.walk(machine.tables.pdb, end.gpu_va)
    machine.gpu.vram.write(walk.steps[-1].table, bytes(4 * KIB))
    sanitizer = machine.gpu.sanitizer
    assert sanitizer is not None
    with machine.gpu.lock:
        machine.gpu.mmu.read_table(Aperture.VRAM, 64 * MIB, 8)
    assert found(machine) == ["unwritten memory"]
    assert source.bytes[0] == 7 and rig.channel.error is None


# Launch descriptors, as the engine of grids tells of them.


def test_a_descriptor_that_is_launched_again_too_early(machine: FifoMachine, rig: FifoRig) -> None:
    sanitizer, slot = machine.gpu.sanitizer, written(machine)
    assert sanitizer is not None
    with machine.gpu.lock:
        first = sanitizer.begin(rig.channel, "grid")
        sanitizer.launched_qmd(first, [(slot.place.address, 256)])
        sanitizer.ended(first)
        second = sanitizer.begin(rig.channel, "grid")
        sanitizer.launched_qmd(second, [(slot.place.address, 256)])
        sanitizer.ended(second)
        assert found(machine) == ["QMD in use"]
        sanitizer.idle(rig.channel)
        third = sanitizer.begin(rig.channel, "grid")
        sanitizer.launched_qmd(third, [(slot.place.address, 256)])
        sanitizer.ended(third)
    assert found(machine) == ["QMD in use"]


def test_a_launch_slot_that_changes_while_its_grid_runs(machine: FifoMachine, rig: FifoRig) -> None:
    sanitizer, slot = machine.gpu.sanitizer, written(machine)
    assert sanitizer is not None
    with machine.gpu.lock:
        grid = sanitizer.begin(rig.channel, "grid")
        sanitizer.launched_qmd(grid, [(slot.place.address, 256), (slot.place.address + 256, 512)])
        slot.bytes[300] = 1
        sanitizer.ended(grid)
    (report,) = machine.gpu.reports
    assert report.kind == "launch slot rewritten"
    assert report.facts["vram_offset"] == slot.place.address + 256


def test_every_kind_has_a_name_of_its_own() -> None:
    names = [kind.name for kind in kinds.KINDS]
    assert len(set(names)) == len(names)
