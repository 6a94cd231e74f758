"""MEM_OP: what may be invalidated from a pushbuffer, and by whom (open-gpu-doc: dev_pbdma.ref)."""

from __future__ import annotations

import pytest
from barewire.softgpu import memop
from barewire.softgpu.page_tables import Aperture, Pdb
from fifo_machine import KIB, FifoMachine, FifoRig, Memory, copy, inc
from page_builder import Page

MEM_OP_A = 0x28
MEMBAR, INVALIDATE, TARGETED, FLUSH_DIRTY, ACCESS_COUNTERS = 5, 9, 10, 16, 22
ALL_PDBS, HUB_ONLY = 1, 2


def operation(number: int, a: int = 0, b: int = 0, c: int = 0, d: int = 0) -> list[int]:
    return inc(MEM_OP_A, a, b, c, d | number << 27, subchannel=0)


def one_space(pdb: Pdb) -> dict[str, int]:
    return {"c": pdb.address & 0xFFFFF000, "d": pdb.address >> 32}


class Moved:
    """A page whose entry was changed after it was used; a byte shows which one is read."""

    def __init__(self, machine: FifoMachine) -> None:
        self.machine = machine
        self.page, self.target = machine.vram(4 * KIB), machine.vram(4 * KIB)
        self.page.bytes[:] = 1
        fresh = machine.take_vram(4 * KIB)
        machine.gpu.vram.write(fresh, b"\2" * 4096)
        self.reads(machine.channel())
        machine.tables.map(self.page.gpu_va, 4 * KIB, Page(fresh))

    def reads(self, rig: FifoRig) -> int:
        rig.run(copy(self.page.gpu_va, self.target.gpu_va, 16))
        return int(self.target.bytes[0])


@pytest.fixture
def chief(machine: FifoMachine) -> FifoRig:
    return machine.channel(privileged=True)


@pytest.fixture
def moved(machine: FifoMachine) -> Moved:
    return Moved(machine)


def test_nothing_is_forgotten_unasked(moved: Moved, chief: FifoRig) -> None:
    chief.run(operation(MEMBAR), operation(FLUSH_DIRTY))
    assert moved.reads(chief) == 1


@pytest.mark.parametrize("every", [False, True], ids=["one space", "all spaces"])
def test_an_invalidation_forgets_all_addresses(moved: Moved, chief: FifoRig, every: bool) -> None:
    named = {"c": ALL_PDBS} if every else one_space(moved.machine.tables.pdb)
    chief.run(operation(INVALIDATE, **named))
    assert moved.reads(chief) == 2


def test_an_invalidation_of_another_space_does_not(moved: Moved, chief: FifoRig) -> None:
    chief.run(operation(INVALIDATE, **one_space(Pdb(Aperture.VRAM, 0x7654_3210_9000))))
    assert moved.machine.gpu.mmu.invalidations[-1][0] == Pdb(Aperture.VRAM, 0x7654_3210_9000)
    assert moved.reads(chief) == 1


def test_a_targeted_invalidation_forgets_one_page(moved: Moved, chief: FifoRig) -> None:
    def targeted(page: Memory) -> list[int]:
        address = page.gpu_va
        named = one_space(moved.machine.tables.pdb)
        return operation(TARGETED, a=address & 0xFFFFF000, b=address >> 32, **named)

    chief.run(targeted(moved.target))
    assert moved.reads(chief) == 1
    chief.run(targeted(moved.page))
    assert moved.reads(chief) == 2


@pytest.mark.parametrize("number", [INVALIDATE, TARGETED, ACCESS_COUNTERS, 11])
def test_others_may_not(machine: FifoMachine, rig: FifoRig, number: int) -> None:
    rig.run(operation(number, **one_space(machine.tables.pdb)))
    (failure,) = machine.failures
    assert (failure.xid, failure.text) == (32, " intr0 00200000")


@pytest.mark.parametrize("number", [MEMBAR, 13, 14, 15, FLUSH_DIRTY, 21])
def test_barriers_and_caches_are_open_to_all(machine: FifoMachine, rig: FifoRig, number: int) -> None:
    rig.run(operation(number))
    assert machine.failures == []


@pytest.mark.parametrize(
    ("number", "c"), [(0, 0), (31, 0), (TARGETED, ALL_PDBS), (INVALIDATE, 1 << 10), (INVALIDATE, 6 << 2)]
)
def test_what_is_no_operation_is_refused(number: int, c: int) -> None:
    with pytest.raises(memop.BadMemOp):
        memop.decode(0, 0, c, number << 27)


def test_every_field_is_read() -> None:
    found = memop.decode(
        0x12345_003, 0x1ABCDEF, 0x6789A_000 | 2 << 10 | 3 << 7 | 1 << 2 | HUB_ONLY, 10 << 27 | 5
    )
    assert found.name == "MMU_TLB_INVALIDATE_TARGETED"
    assert found.privileged
    assert found.invalidation == memop.Invalidation(
        pdb=Pdb(Aperture.COHERENT, 0x5_6789_A000),
        gpu_va=0x1ABCDEF_12345_000,
        pages=8,
        level=3,
        replay=1,
        hub_only=True,
    )


def test_a_size_means_that_many_pages(machine: FifoMachine, chief: FifoRig) -> None:
    address = 0x10_0000_3000
    chief.run(
        operation(TARGETED, a=address & 0xFFFFF000 | 2, b=address >> 32, **one_space(machine.tables.pdb))
    )
    assert [gpu_va for _, gpu_va, _ in machine.gpu.mmu.invalidations[-4:]] == [
        0x10_0000_0000 + 0x1000 * page for page in range(4)
    ]
