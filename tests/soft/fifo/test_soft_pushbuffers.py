"""Rings, segments, headers and host methods that are no semaphores: what Host does, and what it refuses."""

from __future__ import annotations

import pytest
from barewire.softgpu.channel import State
from barewire.softgpu.page_tables import Access, FaultType
from fifo_machine import (
    COPY_CLASS,
    ENTRIES,
    KIB,
    MIB,
    RELEASE,
    FifoMachine,
    FifoRig,
    copy,
    entry,
    immediate,
    inc,
    non_inc,
    one_inc,
    release,
    semaphore,
)

SET_OBJECT, ILLEGAL, NOP, NON_STALL, REFERENCE, WFI, YIELD = 0x0, 0x4, 0x8, 0x20, 0x50, 0x78, 0x80
SEM_ADDR_LO, SEM_EXECUTE = 0x5C, 0x6C


@pytest.fixture
def words(machine: FifoMachine):
    return machine.host_memory(4 * KIB)


def refused(machine: FifoMachine, rig: FifoRig, interrupt: str, *parts: list[int]) -> None:
    rig.run(*parts)
    failed(machine, rig, interrupt)


def failed(machine: FifoMachine, rig: FifoRig, interrupt: str) -> None:
    assert rig.channel.state is State.DEAD
    assert rig.channel.error is not None
    assert rig.channel.error.facts["interrupt"] == interrupt
    assert [failure.xid for failure in machine.failures] == [32]


# Submitting.


def test_gp_get_follows_gp_put_around_the_ring(machine: FifoMachine, rig: FifoRig, words) -> None:
    for turn in range(3 * ENTRIES):
        rig.run(release(words.gpu_va, turn))
        assert words.words[0] == turn
        assert rig.gp_get == rig.put == (turn + 1) % ENTRIES
    assert machine.reports == []


def test_many_entries_may_come_with_one_doorbell(machine: FifoMachine, rig: FifoRig, words) -> None:
    rig.put = rig.channel.gp_get
    for turn in range(ENTRIES - 1):
        part = release(words.gpu_va + 4 * turn, turn + 1)
        rig.add(entry(rig.store(part), len(part)))
    rig.ring_bell()
    rig.finish()

    assert list(words.words[: ENTRIES - 1]) == list(range(1, ENTRIES))
    assert machine.reports == []


def test_doorbells_that_an_earlier_one_answered_for_are_nothing_strange(
    machine: FifoMachine, rig: FifoRig, words
) -> None:
    for turn in range(3):
        part = release(words.gpu_va, turn)
        rig.add(entry(rig.store(part), len(part)))
    for _ in range(3):
        rig.ring_bell()
    rig.finish()
    assert machine.reports == []

    rig.ring_bell()
    assert machine.reports == ["doorbell"]


def test_a_doorbell_for_nobody_is_reported(machine: FifoMachine, rig: FifoRig) -> None:
    machine.gpu.fifo.ring(rig.channel.token + 1)
    machine.gpu.fifo.ring(rig.channel.token + (5 << 16))

    assert machine.reports == ["unknown token", "unknown token"]
    assert rig.channel.state is State.IDLE


def test_a_channel_runs_once_it_is_scheduled(machine: FifoMachine, words) -> None:
    rig = machine.channel(scheduled=False)
    rig.submit(release(words.gpu_va, 1))
    assert words.words[0] == 0
    assert rig.channel.state is State.OFF

    with machine.gpu.lock:
        machine.gpu.fifo.schedule(rig.channel, True)
    machine.wait(lambda: words.words[0] == 1)


def test_gp_put_beyond_the_ring_ends_the_channel(machine: FifoMachine, rig: FifoRig) -> None:
    rig.ring_bell(put=ENTRIES)
    failed(machine, rig, "INTR_0_GPPTR")
    rig.ring_bell()  # a driver may not have heard yet
    assert len(machine.failures) == 1


def test_userd_may_be_host_memory(machine: FifoMachine, words) -> None:
    userd = machine.host_memory(4 * KIB)
    rig = machine.channel(scheduled=False)
    rig.channel.setup.userd = userd.place
    machine.gpu.fifo.destroy(rig.channel)
    rig.userd = userd
    rig.channel = machine.gpu.fifo.create(rig.channel.setup)
    machine.gpu.fifo.schedule(rig.channel, True)

    rig.run(release(words.gpu_va, 3))
    assert words.words[0] == 3
    assert userd.words[0x88 // 4] == 1


def test_userd_shows_how_far_the_pushbuffer_was_read(rig: FifoRig, words) -> None:
    part = release(words.gpu_va, 1)
    rig.run(part)

    end = rig.pushbuffer.gpu_va + 4 * len(part)
    assert rig.userd_word(0x44) == rig.userd_word(0x58) == end & 0xFFFFFFFF
    assert rig.userd_word(0x60) == end >> 32
    assert rig.userd_word(0x5C) == end >> 32 | 1 << 31
    rig.add(entry(rig.store(part), len(part), subroutine=True))
    rig.ring_bell()
    rig.finish()
    assert rig.userd_word(0x44) == end + 4 * len(part) & 0xFFFFFFFF
    assert rig.userd_word(0x58) == end & 0xFFFFFFFF


# GP entries.


def test_nop_entries_and_the_wait_bit_change_nothing(machine: FifoMachine, rig: FifoRig, words) -> None:
    part = release(words.gpu_va, 9)
    rig.add(1 << 63)
    rig.add(entry(rig.store(part), len(part), wait=True))
    rig.ring_bell()
    rig.finish()

    assert words.words[0] == 9
    assert machine.reports == []


def test_an_entry_of_zeros_is_executed_and_reported(machine: FifoMachine, rig: FifoRig) -> None:
    rig.add(0)
    rig.ring_bell()
    rig.finish()

    assert rig.gp_get == 1
    assert machine.reports == ["empty GP entry"]


@pytest.mark.parametrize("opcode", [1, 5, 0xFF])
def test_an_illegal_entry_ends_the_channel(machine: FifoMachine, rig: FifoRig, opcode: int) -> None:
    rig.add(opcode << 32)
    rig.ring_bell()
    rig.finish()
    failed(machine, rig, "INTR_0_GPENTRY")


def test_a_segment_over_the_end_of_40_bits_ends_the_channel(machine: FifoMachine, rig: FifoRig) -> None:
    rig.add(entry((1 << 40) - 8, 3))
    rig.ring_bell()
    rig.finish()
    failed(machine, rig, "INTR_0_GPENTRY")


def test_without_an_extended_base_a_high_pushbuffer_faults_at_its_low_bits(
    machine: FifoMachine, rig: FifoRig, words
) -> None:
    high = machine.vram(4 * KIB, gpu_va=0x1234_0010_0000)
    part = release(words.gpu_va, 5)
    high.words[: len(part)] = part
    base = high.gpu_va >> 40
    rig.add(4 << 32 | base << 8)
    rig.add(entry(high.gpu_va, len(part)))
    rig.ring_bell()
    rig.finish()
    assert words.words[0] == 5

    words.words[0] = 0
    rig.add(entry(high.gpu_va, len(part)))  # the base stays
    rig.ring_bell()
    rig.finish()
    assert words.words[0] == 5

    other = machine.channel()
    other.add(entry(high.gpu_va, len(part)))
    other.ring_bell()
    other.finish()
    (failure,) = machine.failures
    assert failure.xid == 31
    assert failure.fault.gpu_va == high.gpu_va & (1 << 40) - 1
    assert failure.fault.fault_type is FaultType.PDE
    assert failure.fault.from_host


def test_a_ring_that_is_not_mapped_faults(machine: FifoMachine) -> None:
    rig = machine.channel(scheduled=False)
    rig.channel.setup.gpfifo_va = 0xDEAD_0000
    with machine.gpu.lock:
        machine.gpu.fifo.schedule(rig.channel, True)
    rig.run(immediate(NOP, 0))

    (failure,) = machine.failures
    assert (failure.xid, failure.fault.gpu_va, failure.fault.access) == (31, 0xDEAD_0000, Access.READ)
    entry_posted = machine.gpu.faults.posted[-1]
    assert (entry_posted.gpu_va, entry_posted.engine_id, entry_posted.client) == (0xDEAD_0000, 66, 0x63)


# Segments.


def test_a_segment_may_be_long(machine: FifoMachine, rig: FifoRig, words) -> None:
    parts = [semaphore(words.gpu_va + 4 * (turn % 1024), turn, RELEASE) for turn in range(5000)]
    rig.run(*parts)

    assert [int(word) for word in words.words[:8]] == [4096 + turn for turn in range(8)]
    assert machine.reports == []


def test_methods_before_a_page_that_is_missing_are_executed(
    machine: FifoMachine, rig: FifoRig, words
) -> None:
    memory = machine.vram(4 * KIB)
    part = release(words.gpu_va, 6)
    memory.words[-len(part) :] = part
    rig.add(entry(memory.gpu_va + 4 * KIB - 4 * len(part), len(part) + 8))
    rig.ring_bell()
    rig.finish()

    assert words.words[0] == 6
    assert machine.failures[0].fault.gpu_va == memory.gpu_va + 4 * KIB


def test_a_sequence_goes_on_in_the_next_segment(machine: FifoMachine, rig: FifoRig, words) -> None:
    part = release(words.gpu_va, 8)
    for piece in (part[:1], part[1:3], part[3:]):
        rig.add(entry(rig.store(piece), len(piece)))
    rig.ring_bell()
    rig.finish()

    assert words.words[0] == 8


def test_the_rest_of_a_segment_after_its_end_word_is_not_read(
    machine: FifoMachine, rig: FifoRig, words
) -> None:
    rig.run(release(words.gpu_va, 1), [7 << 29], release(words.gpu_va, 2))
    assert words.words[0] == 1
    rig.run(release(words.gpu_va, 3))
    assert words.words[0] == 3


def test_each_kind_of_sequence_counts_addresses_its_own_way(
    machine: FifoMachine, rig: FifoRig, words
) -> None:
    low, high = words.gpu_va & 0xFFFFFFFF, words.gpu_va >> 32
    rig.run(
        inc(SEM_ADDR_LO, low, high),
        non_inc(SEM_ADDR_LO + 8, 1, 2, 3),  # the payload that was written last counts
        immediate(SEM_EXECUTE, RELEASE),
        inc(SEM_ADDR_LO, low + 4),
        one_inc(SEM_ADDR_LO + 8, 7, 0, 0),
        immediate(SEM_EXECUTE, RELEASE),
    )
    assert list(words.words[:2]) == [3, 7]


def test_masked_methods_are_left_out(machine: FifoMachine, rig: FifoRig, words) -> None:
    masked, unmasked = 1 << 16 | 0x2 << 4, 1 << 16 | 0x1 << 4
    rig.run([masked], release(words.gpu_va, 1), [unmasked], release(words.gpu_va + 4, 2))
    assert list(words.words[:2]) == [0, 2]

    stored, use = 2 << 16 | 0x2 << 4, 3 << 16
    part = release(words.gpu_va, 3)
    rig.add(entry(rig.store([stored, use]), 2))
    rig.add(entry(rig.store(part), len(part)) | 1)  # conditional: not even fetched
    rig.add(entry(rig.store([unmasked]), 1))
    rig.ring_bell()
    rig.finish()
    assert words.words[0] == 0
    assert machine.failures == []


@pytest.mark.parametrize("word", [6 << 29 | 1 << 16 | 0x40, 2 << 29, 0x20020FFF], ids=hex)
def test_a_word_that_is_no_instruction_ends_the_channel(
    machine: FifoMachine, rig: FifoRig, words, word: int
) -> None:
    refused(machine, rig, "INTR_0_PBENTRY", release(words.gpu_va, 1), [word], release(words.gpu_va, 2))
    assert words.words[0] == 1
    assert machine.failures[0].text == " intr0 00040000"


# Host methods.


@pytest.mark.parametrize("method", [ILLEGAL, 0xC, 0x38, 0x7C, 0x84, 0xFC], ids=hex)
def test_a_method_that_host_has_not_ends_the_channel(machine: FifoMachine, rig: FifoRig, method: int) -> None:
    refused(machine, rig, "INTR_0_METHOD", inc(method, 0))
    assert machine.failures[0].text == " intr0 00200000"


def test_nop_wfi_and_references(machine: FifoMachine, rig: FifoRig) -> None:
    rig.run(inc(NOP, 0xFFFFFFFF), immediate(WFI, 1), immediate(YIELD, 0), inc(REFERENCE, 0x1234))
    assert rig.userd_word(0x48) == 0x1234
    assert machine.failures == []


def test_the_class_of_an_object_is_checked(machine: FifoMachine, rig: FifoRig) -> None:
    rig.run(inc(SET_OBJECT, COPY_CLASS))
    assert machine.failures == []
    refused(machine, rig, "INTR_1_HCE_ILLEGAL_CLASS", inc(SET_OBJECT, 0xC7B5))


def test_subchannels_of_software_have_nothing_behind_them(machine: FifoMachine, rig: FifoRig) -> None:
    refused(machine, rig, "INTR_0_DEVICE", inc(SET_OBJECT, COPY_CLASS, subchannel=5))


def test_engine_methods_need_an_object(machine: FifoMachine, words) -> None:
    made: set[int] = set()
    rig = machine.channel(classes=made)
    made.add(COPY_CLASS)
    rig.run(inc(0x100, 0))
    assert machine.failures == []

    refused(machine, machine.channel(classes=set()), "INTR_1_CTXNOTVALID", inc(0x100, 0))


def test_the_non_stalling_interrupt_is_the_engines(machine: FifoMachine, rig: FifoRig) -> None:
    rig.run(inc(NON_STALL, 0))
    assert machine.gpu.interrupts.is_pending(3)  # COPY2


def test_a_yield_lets_the_channels_of_its_group_take_turns(machine: FifoMachine, words) -> None:
    first, second = (machine.channel(group=7) for _ in range(2))
    turn = inc(YIELD, 3)
    log = [semaphore(words.gpu_va, 1, 6 | 5 << 27) + turn for _ in range(4)]  # adds 1
    first.run(*log)
    second.run(inc(YIELD, 2), release(words.gpu_va + 8, 1))
    assert words.words[0] == 4
    assert words.words[2] == 1
    refused(machine, first, "INTR_0_METHOD", inc(YIELD, 1))


def test_the_registers_of_the_doorbells_page_show_the_time(machine: FifoMachine) -> None:
    low, high = 0xBB0080, 0xBB0084
    assert machine.gpu.offset("NV_VIRTUAL_FUNCTION_DOORBELL") == 0xBB0090
    first = machine.gpu.bar_read(0, high, 4) << 32 | machine.gpu.bar_read(0, low, 4)
    second = machine.gpu.clock.now_ns()
    assert 0 <= second - first < 1_000_000_000
    assert first % 32 == 0


def test_an_error_of_one_channel_leaves_the_others_alone(machine: FifoMachine, rig: FifoRig, words) -> None:
    other = machine.channel()
    refused(machine, other, "INTR_0_METHOD", inc(ILLEGAL, 0))
    rig.run(release(words.gpu_va, 2))
    assert words.words[0] == 2


def test_after_a_reset_there_are_no_channels(machine: FifoMachine, rig: FifoRig) -> None:
    token = rig.channel.token
    machine.gpu.reset()
    machine.gpu.config_write(4, 2, 6)
    machine.gpu.fifo.ring(token)
    assert machine.reports[-1] == "unknown token"


def test_a_thousand_releases_take_a_few_tens_of_milliseconds(
    machine: FifoMachine, rig: FifoRig, words
) -> None:
    import time

    parts = [semaphore(words.gpu_va + 4 * turn, turn + 1, RELEASE) for turn in range(1000)]
    best = 1.0
    for _ in range(3):
        start = time.perf_counter()
        rig.run(*parts)
        best = min(best, time.perf_counter() - start)
    assert best < 0.1


def test_copies_on_the_runlist_of_graphics_go_by_subchannel_4(machine: FifoMachine) -> None:
    source, target = machine.vram(4 * KIB), machine.vram(4 * KIB)
    source.bytes[:] = 3
    rig = machine.channel("GR0", runlist=0)
    rig.channel.setup.engines = ("GR0", "COPY0")
    machine.gpu.fifo.destroy(rig.channel)
    rig.channel = machine.gpu.fifo.create(rig.channel.setup)
    machine.gpu.fifo.schedule(rig.channel, True)
    rig.run(inc(SET_OBJECT, 0xCBC0, subchannel=1), copy(source.gpu_va, target.gpu_va, 4 * KIB))

    assert (target.bytes == 3).all()
    assert machine.failures == []
    rig.run(inc(0x2B4, 0, subchannel=1))
    assert (machine.failures, machine.reports) == ([], [])


def test_channels_end_with_their_memory(machine: FifoMachine, rig: FifoRig) -> None:
    assert rig.pushbuffer.bytes.size == 2 * MIB
    with machine.gpu.lock:
        machine.gpu.fifo.destroy(rig.channel)
        machine.gpu.fifo.destroy(rig.channel)
    assert machine.gpu.fifo.channels == {}
    assert machine.gpu.fifo.runlists[1].groups == []
