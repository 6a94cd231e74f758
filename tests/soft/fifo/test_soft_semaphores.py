"""Semaphores of Host: releases, acquires, reductions, channels that wait (open-gpu-doc: dev_pbdma.ref)."""

from __future__ import annotations

import threading
import time

import pytest
from barewire.softgpu import semaphores
from barewire.softgpu.channel import State
from barewire.softgpu.page_tables import Access, FaultType
from fifo_machine import (
    ACQUIRE,
    AND,
    CIRC_GEQ,
    DST_PITCH,
    KIB,
    MIB,
    NON_PIPELINED,
    NOR,
    REDUCTION,
    RELEASE,
    SRC_PITCH,
    STRICT_GEQ,
    SWITCH,
    TIMESTAMP,
    UNSIGNED,
    WIDE,
    FifoMachine,
    FifoRig,
    copy,
    inc,
    release,
    semaphore,
)

U32 = 1 << 32
U64 = 1 << 64


@pytest.fixture
def words(machine: FifoMachine):
    memory = machine.host_memory(4 * KIB)
    memory.words[:] = 0x55555555
    return memory


# Releases.


def test_a_release_writes_its_payload_and_no_neighbour(rig: FifoRig, words) -> None:
    rig.run(semaphore(words.gpu_va + 4, 7, RELEASE))
    assert [hex(word) for word in words.words[:4]] == ["0x55555555", "0x7", "0x55555555", "0x55555555"]

    rig.run(semaphore(words.gpu_va + 8, 0x1_0000_0002, RELEASE | WIDE))
    assert int(words.longs[1]) == 0x1_0000_0002


@pytest.mark.parametrize("wide", [0, WIDE])
def test_a_release_with_its_time_writes_sixteen_bytes(
    machine: FifoMachine, rig: FifoRig, words, wide: int
) -> None:
    before = machine.gpu.clock.now_ns()
    rig.run(semaphore(words.gpu_va + 16, 0x7_0000_0005, RELEASE | TIMESTAMP | wide))

    assert int(words.longs[2]) == (0x7_0000_0005 if wide else 5)
    assert before <= int(words.longs[3]) <= machine.gpu.clock.now_ns()
    assert int(words.longs[3]) % 32 == 0


@pytest.mark.parametrize(
    ("offset", "execute"),
    [
        (4, RELEASE | WIDE),
        (8, RELEASE | TIMESTAMP),
        (4, ACQUIRE | WIDE),
        (8, REDUCTION | TIMESTAMP | UNSIGNED | 5 << 27),
        (0, 7),  # no operation of that number
        (0, REDUCTION | 6 << 27),  # signed INC
        (0, REDUCTION | WIDE | 5 << 27),  # signed IADD of 64 bits
        (0, REDUCTION | WIDE | UNSIGNED | 7 << 27),  # DEC of 64 bits
        (0, REDUCTION | 8 << 27),
    ],
)
def test_what_no_semaphore_can_be_ends_the_channel(
    machine: FifoMachine, rig: FifoRig, words, offset: int, execute: int
) -> None:
    rig.run(semaphore(words.gpu_va + offset, 1, execute))

    assert [failure.xid for failure in machine.failures] == [32]
    assert machine.failures[0].text == " intr0 02000000"
    assert (words.words == 0x55555555).all()


def test_the_lowest_bits_of_an_address_do_not_count(rig: FifoRig, words) -> None:
    rig.run(inc(0x5C, words.gpu_va + 3 & 0xFFFFFFFF, words.gpu_va >> 32, 9, 0, RELEASE))
    assert words.words[0] == 9


def test_a_semaphore_may_lie_at_57_bits_of_address(machine: FifoMachine, rig: FifoRig) -> None:
    high = machine.vram(4 * KIB, gpu_va=1 << 56 | 0x5000)
    rig.run(semaphore(high.gpu_va, 3, RELEASE))
    assert high.words[0] == 3


def test_a_release_to_a_read_only_page_faults(machine: FifoMachine, rig: FifoRig) -> None:
    page = machine.vram(4 * KIB, read_only=True)
    rig.run(semaphore(page.gpu_va, 1, RELEASE))

    (failure,) = machine.failures
    assert (failure.xid, failure.fault.fault_type, failure.fault.access) == (
        31,
        FaultType.READ_ONLY,
        Access.WRITE,
    )


def test_a_reduction_on_a_page_without_atomics_faults(machine: FifoMachine, rig: FifoRig) -> None:
    page = machine.vram(4 * KIB, atomics=False)
    rig.run(semaphore(page.gpu_va, 1, RELEASE))
    assert page.words[0] == 1
    rig.run(semaphore(page.gpu_va, 1, REDUCTION | UNSIGNED | 5 << 27))

    (failure,) = machine.failures
    assert failure.fault.fault_type is FaultType.ATOMIC
    assert page.words[0] == 1


def test_a_release_without_wait_after_a_copy_is_reported(machine: FifoMachine, rig: FifoRig, words) -> None:
    source, target = machine.vram(4 * KIB), machine.vram(4 * KIB)
    bare = NON_PIPELINED | SRC_PITCH | DST_PITCH
    part = copy(source.gpu_va, target.gpu_va, 64, bare)
    rig.run(part, release(words.gpu_va, 1), semaphore(words.gpu_va, 2, RELEASE))
    rig.run(part, inc(0x78, 0), semaphore(words.gpu_va, 3, RELEASE))
    assert machine.reports == []

    flushed = copy(source.gpu_va, target.gpu_va, 64, bare | 1 << 2)  # it is Host that does not wait
    rig.run(flushed, semaphore(words.gpu_va, 4, RELEASE))
    assert machine.reports == ["release without wait"]
    assert words.words[0] == 4


# Reductions: name, bits, signed, value, payload, result.
REDUCTIONS = [
    ("IMIN", 4, False, 5, U32 - 1, 5),
    ("IMIN", 4, True, 5, U32 - 1, U32 - 1),
    ("IMAX", 8, False, 5, U64 - 1, U64 - 1),
    ("IMAX", 8, True, 5, U64 - 1, 5),
    ("IXOR", 8, False, 0xF0F0 << 40, 0xFF << 40, 0xF00F << 40),
    ("IAND", 4, True, 0b1100, 0b1010, 0b1000),
    ("IOR", 4, False, 0b1100, 0b1010, 0b1110),
    ("IADD", 4, False, U32 - 1, 2, 1),
    ("IADD", 4, True, U32 - 1, 2, 1),
    ("IADD", 8, False, U64 - 1, 2, 1),
    ("INC", 4, False, 6, 7, 7),
    ("INC", 4, False, 7, 7, 0),
    ("INC", 4, False, 9, 7, 0),
    ("DEC", 4, False, 6, 7, 5),
    ("DEC", 4, False, 0, 7, 7),
    ("DEC", 4, False, 9, 7, 7),
]
NAMES = ("IMIN", "IMAX", "IXOR", "IAND", "IOR", "IADD", "INC", "DEC")
NUMBERS = {name: number for number, name in enumerate(NAMES)}


@pytest.mark.parametrize(("name", "size", "signed", "value", "payload", "result"), REDUCTIONS)
def test_a_reduction(
    rig: FifoRig, words, name: str, size: int, signed: bool, value: int, payload: int, result: int
) -> None:
    memory = words.longs if size == 8 else words.words
    memory[2] = value
    execute = REDUCTION | NUMBERS[name] << 27 | (0 if signed else UNSIGNED) | (WIDE if size == 8 else 0)
    rig.run(semaphore(words.gpu_va + 2 * size, payload, execute))

    assert int(memory[2]) == result
    assert int(memory[3]) in (0x55555555, 0x5555555555555555)


def test_reductions_of_floats_are_the_copy_engines() -> None:
    one_and_a_half, two = 0x3FC00000, 0x40000000
    assert semaphores.reduce("FADD", one_and_a_half, two, 4, False) == 0x40600000
    assert semaphores.reduce("FMIN", one_and_a_half, two, 4, False) == one_and_a_half
    assert semaphores.reduce("FMAX", 0x7F7FFFFF, 0x7F800000, 4, False) == 0x7F800000
    assert semaphores.reduce("FADD", 0x7F7FFFFF, 0x7F7FFFFF, 4, False) == 0x7F800000
    assert semaphores.reduce("FADD", 0x7FC00000, two, 4, False) == 0x7FFFFFFF


# Acquires: operation, bits, value that holds, value that lets go, payload.
ACQUIRES = [
    (ACQUIRE, 4, 4, 5, 5),
    (ACQUIRE, 8, 5, 5 | 1 << 32, 5 | 1 << 32),
    (STRICT_GEQ, 4, 4, 6, 5),
    (STRICT_GEQ, 8, U64 // 2 - 1, U64 - 1, U64 // 2),
    (CIRC_GEQ, 4, U32 - 16, 3, 2),
    (CIRC_GEQ, 4, 0x7FFFFFFF, U32 - 1, U32 - 16),
    (CIRC_GEQ, 8, U64 - 16, 3, 2),
    (AND, 4, 0b0101, 0b0110, 0b1010),
    (NOR, 4, U32 - 1, U32 - 256 + 15, 0x0F),
    (NOR, 8, U64 - 16, U64 - 32, 0x0F),
]


@pytest.mark.parametrize(("operation", "size", "held", "free", "payload"), ACQUIRES)
def test_an_acquire_waits_for_its_condition(
    machine: FifoMachine, rig: FifoRig, words, operation: int, size: int, held: int, free: int, payload: int
) -> None:
    memory = words.longs if size == 8 else words.words
    memory[0] = held
    execute = operation | SWITCH | (WIDE if size == 8 else 0)
    rig.submit(semaphore(words.gpu_va, payload, execute), release(words.gpu_va + 64, 1))
    rig.waits()
    time.sleep(0.005)
    assert words.words[16] != 1

    memory[0] = free
    machine.wait(lambda: words.words[16] == 1)


def test_an_acquire_that_is_satisfied_does_not_wait(rig: FifoRig, words) -> None:
    rig.run(semaphore(words.gpu_va, 0x55555555, ACQUIRE), release(words.gpu_va, 1))
    assert words.words[0] == 1


def test_a_release_by_another_channel_lets_go_at_once(machine: FifoMachine, rig: FifoRig, words) -> None:
    other = machine.channel("COPY5", runlist=4)
    rig.submit(semaphore(words.gpu_va, 1, ACQUIRE | SWITCH), release(words.gpu_va + 4, 1))
    rig.waits()
    other.run(release(words.gpu_va, 1))
    rig.finish()

    assert words.words[1] == 1


def test_the_host_is_seen_within_a_millisecond_or_so(machine: FifoMachine, rig: FifoRig, words) -> None:
    rig.submit(semaphore(words.gpu_va, 1, ACQUIRE), release(words.gpu_va + 4, 1))
    time.sleep(0.02)
    delays = []
    for _ in range(5):
        start = time.perf_counter()
        words.words[0] = 1
        machine.wait(lambda: words.words[1] == 1)
        delays.append(time.perf_counter() - start)
        words.words[:2] = 0
        rig.submit(semaphore(words.gpu_va, 1, ACQUIRE), release(words.gpu_va + 4, 1))
        time.sleep(0.005)
    assert min(delays) < 0.005


def test_a_channel_that_waits_holds_up_nobody(machine: FifoMachine, rig: FifoRig, words) -> None:
    others = [machine.channel(), machine.channel(group=rig.channel.group.number), machine.channel("COPY3", 2)]
    rig.submit(semaphore(words.gpu_va, 1, ACQUIRE), release(words.gpu_va + 4, 1))
    for turn in range(10):
        for place, other in enumerate(others):
            other.run(release(words.gpu_va + 64 + 4 * place, turn))
            assert words.words[16 + place] == turn
    rig.waits()
    words.words[0] = 1
    rig.finish()


def test_channels_pass_a_token_to_and_fro(machine: FifoMachine, words) -> None:
    channels = [machine.channel(), machine.channel(), machine.channel("COPY7", runlist=6)]
    words.words[0] = 0
    for turn in range(60):
        rig = channels[turn % 3]
        rig.submit(semaphore(words.gpu_va, turn, ACQUIRE), release(words.gpu_va, turn + 1))
    machine.wait(lambda: words.words[0] == 60)
    assert machine.reports == machine.failures == []


def test_a_semaphore_that_goes_away_while_it_is_waited_for_faults(machine: FifoMachine, rig: FifoRig) -> None:
    page = machine.vram(4 * KIB)
    rig.submit(semaphore(page.gpu_va, 1, ACQUIRE))
    rig.waits()
    with machine.gpu.lock:
        machine.tables.entry(page.gpu_va, 4 * KIB, 0)
        machine.gpu.mmu.invalidate()
    rig.finish()

    assert machine.failures[0].fault.gpu_va == page.gpu_va
    assert rig.channel.state is State.DEAD


def test_many_threads_may_ring(machine: FifoMachine, words) -> None:
    rigs = [machine.channel("COPY2", 1), machine.channel("COPY4", 3), machine.channel("COPY4", 3)]

    def work(rig: FifoRig, place: int) -> None:
        for turn in range(50):
            rig.run(release(words.gpu_va + 4 * place, turn))

    threads = [threading.Thread(target=work, args=(rig, place)) for place, rig in enumerate(rigs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(words.words[:3]) == [49, 49, 49]
    assert machine.reports == machine.failures == []


def test_semaphores_of_the_old_kind(machine: FifoMachine, rig: FifoRig, words) -> None:
    def old(gpu_va: int, payload: int, word: int) -> list[int]:
        return inc(0x10, gpu_va >> 32, gpu_va & 0xFFFFFFFF, payload, word)

    rig.run(old(words.gpu_va, 3, 2 | 1 << 24))
    assert list(words.words[:2]) == [3, 0x55555555]
    rig.run(old(words.gpu_va + 32, 4, 2))
    assert int(words.longs[4]) == 4
    assert 0 < int(words.longs[5]) <= machine.gpu.clock.now_ns()
    rig.run(old(words.gpu_va, 2, 4), old(words.gpu_va, 6, 16 | 5 << 27 | 1 << 31))  # at least 2; add 6
    assert words.words[0] == 9
    rig.run(old(words.gpu_va, 0, 3))
    assert machine.failures[0].xid == 32


def test_an_acquire_waits_for_a_copy_on_another_runlist(machine: FifoMachine, rig: FifoRig, words) -> None:
    copier = machine.channel("COPY6", runlist=5)
    source, target = machine.vram(64 * MIB, 2 * MIB), machine.vram(64 * MIB, 2 * MIB)
    source.bytes[:] = 5
    words.words[0] = 0
    rig.submit(semaphore(words.gpu_va, 1, ACQUIRE), release(words.gpu_va + 4, 1))
    copier.submit(copy(source.gpu_va, target.gpu_va, 64 * MIB), release(words.gpu_va, 1))
    machine.wait(lambda: words.words[1] == 1)

    assert (target.bytes == 5).all()
