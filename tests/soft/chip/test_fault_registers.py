"""The software GPU's fault buffers and fault snapshot."""

from __future__ import annotations

import struct

import pytest
from barewire.softgpu.faults import FaultEntry
from barewire.softgpu.mmu import Access, Aperture, FaultType
from page_builder import Page, PageBuilder

FAULT = "NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT"
KIB = 1 << 10
ENTRY = FaultEntry(
    gpu_va=0x12_3456_7000,
    fault_type=FaultType.PTE,
    access=Access.WRITE,
    engine_id=45,
    client=0x1D,
    instance=0x3_8000_5000,
    instance_aperture=Aperture.VRAM,
)


@pytest.fixture
def buffer(gpu, regs) -> int:
    """A buffer of 4 entries, seen through BAR2's address space; where it is in video memory."""
    tables = PageBuilder(3, gpu.vram.write)
    tables.map(0x10000, 4 * KIB, Page(0x40_0000))
    gpu.apertures.bar2.bind(tables.pdb)
    regs[f"{FAULT}_BUFFER_LO", 0] = 0x10000
    regs[f"{FAULT}_BUFFER_HI", 0] = 0
    regs[f"{FAULT}_BUFFER_SIZE", 0] = 4 | 1 << 31
    return 0x40_0000


def test_the_snapshot_has_the_first_fault_until_it_is_cleared(gpu, regs):
    gpu.faults.post(ENTRY)
    gpu.faults.post(FaultEntry(0x5000, FaultType.PDE, Access.READ, 64))

    assert regs[f"{FAULT}_ADDR_LO"] | regs[f"{FAULT}_ADDR_HI"] << 32 == 0x12_3456_7000
    info = regs[f"{FAULT}_INFO"]
    assert (info & 0x1F, info >> 8 & 0x7F, info >> 16 & 0xF, info >> 20 & 1) == (2, 0x1D, 1, 1)
    regs[f"{FAULT}_STATUS"] = 1 << 31
    gpu.faults.post(FaultEntry(0x5000, FaultType.PDE, Access.READ, 64))
    assert regs[f"{FAULT}_ADDR_LO"] & ~0xFFF == 0x5000


def test_an_entry_has_its_fields_where_the_class_has_them(gpu, regs, buffer):
    gpu.faults.post(ENTRY)

    words = struct.unpack("<8I", gpu.vram.read(buffer, 32))
    assert words[:4] == (0x80005000, 3, 0x34567000, 0x12)
    assert words[4] % 32 == 0
    assert words[6] == 45
    assert words[7] == 1 << 31 | 1 << 20 | 1 << 16 | 0x1D << 8 | 2
    assert regs[f"{FAULT}_BUFFER_PUT", 0] == 1


def test_a_full_buffer_overflows_and_keeps_what_it_has(gpu, regs, buffer):
    for page in range(5):
        gpu.faults.post(FaultEntry(page << 12, FaultType.PTE, Access.READ, 45))

    assert regs[f"{FAULT}_BUFFER_PUT", 0] == 1 << 31 | 3
    kept = [struct.unpack_from("<I", gpu.vram.read(buffer + 32 * at, 32), 8)[0] >> 12 for at in range(3)]
    assert kept == [0, 1, 2]


def test_what_is_taken_out_makes_room(gpu, regs, buffer):
    for page in range(5):
        gpu.faults.post(FaultEntry(page << 12, FaultType.PTE, Access.READ, 45))
        regs[f"{FAULT}_BUFFER_GET", 0] = regs[f"{FAULT}_BUFFER_PUT", 0]

    assert regs[f"{FAULT}_BUFFER_PUT", 0] == 1
    assert len(gpu.faults.posted) == 5


def test_without_a_buffer_a_fault_is_only_in_the_snapshot(gpu, regs):
    gpu.faults.post(ENTRY)

    assert regs[f"{FAULT}_BUFFER_PUT", 0] == 0
    assert gpu.faults.posted[0].time_ns > 0


@pytest.mark.parametrize("at", [1 << 50, 0x1000_0000], ids=["beyond memory", "protected"])
def test_a_buffer_where_no_engine_may_write_is_reported_and_not_written(gpu, regs, at):
    gpu.vram.protect(0x1000_0000, 0x1010_0000)
    regs[f"{FAULT}_BUFFER_LO", 0] = at & 0xFFFFFFFF
    regs[f"{FAULT}_BUFFER_HI", 0] = at >> 32
    regs[f"{FAULT}_BUFFER_SIZE", 0] = 4 | 1 << 31
    gpu.faults.post(ENTRY)

    assert [report.kind for report in gpu.reports] == ["fault buffer"]
    assert regs[f"{FAULT}_BUFFER_PUT", 0] == 0
    assert gpu.vram.read(0x1000_0000, 32) == bytes(32)


def test_an_address_below_zero_wraps(gpu, regs, buffer):
    gpu.faults.post(FaultEntry(-0x1000, FaultType.VA_LIMIT, Access.READ, 64))

    assert struct.unpack("<8I", gpu.vram.read(buffer, 32))[2:4] == (0xFFFFF000, 0xFFFFFFFF)
