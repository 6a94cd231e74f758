"""MMU faults: what the fault types, access types, clients and engines are called, and what they mean.

The access types and fault types are the same from Volta to Blackwell, but for fault type 0xb. Clients are
units inside a GPC or on the hub: two tables, told apart by one bit of the fault. Client and engine numbers
are those of GH100; the GPC clients are the same from Turing on, hub clients and engines differ in places on
other chips.

Facts: OGKM:kernel-open/nvidia-uvm/hwref/hopper/gh100/dev_fault.h,
OGKM:src/common/inc/swref/published/{turing/tu102,hopper/gh100,blackwell/gb100}/dev_fault.h,
open-gpu-doc:manuals/turing/tu104/dev_fault.ref.txt.
"""

from __future__ import annotations

from dataclasses import dataclass

from barewire.fault.records import MmuFaultRecord


@dataclass(frozen=True)
class FaultType:
    """One NV_PFAULT_FAULT_TYPE.

    Attributes:
        number: its value.
        name: NVIDIA's name.
        meaning: what is wrong with the address, to follow "at <address>:".
    """

    number: int
    name: str
    meaning: str


FAULT_TYPES: dict[int, FaultType] = {
    entry.number: entry
    for entry in (
        FaultType(0x0, "PDE", "nothing is mapped there (no page directory entry)"),
        FaultType(0x1, "PDE_SIZE", "the page directory is smaller than the address needs"),
        FaultType(0x2, "PTE", "nothing is mapped there (no valid page table entry)"),
        FaultType(0x3, "VA_LIMIT_VIOLATION", "the address is beyond the address space's limit"),
        FaultType(0x4, "UNBOUND_INST_BLOCK", "the engine has no instance block bound"),
        FaultType(0x5, "PRIV_VIOLATION", "the page is for privileged access only"),
        FaultType(0x6, "RO_VIOLATION", "the page is mapped read-only"),
        FaultType(0x7, "WO_VIOLATION", "the page is mapped write-only"),
        FaultType(0x8, "PITCH_MASK_VIOLATION", "the pitch mask forbids the access"),
        FaultType(0x9, "WORK_CREATION", "the GPU tried to create work where it may not"),
        FaultType(0xA, "UNSUPPORTED_APERTURE", "the page's aperture cannot be reached by this unit"),
        FaultType(0xB, "COMPRESSION_FAILURE", "the page's compression cannot be resolved"),
        FaultType(0xC, "UNSUPPORTED_KIND", "the page's kind is not supported by this unit"),
        FaultType(0xD, "REGION_VIOLATION", "the address is in a region that this engine may not touch"),
        FaultType(0xE, "POISONED", "the memory behind the page is poisoned"),
        FaultType(0xF, "ATOMIC_VIOLATION", "the page does not allow atomic operations"),
    )
}

# Blackwell gave one number another meaning (OGKM:.../blackwell/gb100/dev_fault.h).
BLACKWELL_FAULT_TYPES: dict[int, FaultType] = {
    **FAULT_TYPES,
    0xB: FaultType(0xB, "CC_VIOLATION", "confidential computing forbids the access"),
}


@dataclass(frozen=True)
class AccessType:
    """One NV_PFAULT_ACCESS_TYPE: NVIDIA's name and a plain word for it."""

    number: int
    name: str
    word: str


ACCESS_TYPES: dict[int, AccessType] = {
    entry.number: entry
    for entry in (
        AccessType(0x0, "VIRT_READ", "read"),
        AccessType(0x1, "VIRT_WRITE", "write"),
        AccessType(0x2, "VIRT_ATOMIC_STRONG", "atomic"),
        AccessType(0x3, "VIRT_PREFETCH", "prefetch"),
        AccessType(0x4, "VIRT_ATOMIC_WEAK", "weak atomic"),
        AccessType(0x8, "PHYS_READ", "physical read"),
        AccessType(0x9, "PHYS_WRITE", "physical write"),
        AccessType(0xA, "PHYS_ATOMIC", "physical atomic"),
        AccessType(0xB, "PHYS_PREFETCH", "physical prefetch"),
    )
}

# From 0x31 on the clients of two further TPCs at a time: PE, PE, TPCCS, TPCCS, and four T1.
GPC_CLIENTS: dict[int, str] = {
    **{index: f"T1_{index}" for index in range(8)},
    **{0x08 + index: f"PE_{index}" for index in range(8)},
    0x10: "RAST",
    0x11: "GCC",
    0x12: "GPCCS",
    **{0x13 + index: f"PROP_{index}" for index in range(4)},
    0x17: "GPM",
    **{0x21 + index: f"T1_{8 + index}" for index in range(8)},
    **{0x29 + index: f"TPCCS_{index}" for index in range(8)},
    **{0x31 + 8 * pair + one: f"PE_{8 + 2 * pair + one}" for pair in range(6) for one in range(2)},
    **{0x33 + 8 * pair + one: f"TPCCS_{8 + 2 * pair + one}" for pair in range(6) for one in range(2)},
    **{0x35 + 8 * pair + one: f"T1_{16 + 4 * pair + one}" for pair in range(6) for one in range(4)},
    **{0x70 + index: f"ROP_{index}" for index in range(4)},
}

HUB_CLIENTS: dict[int, str] = {
    0x00: "VIP",
    0x01: "CE0",
    0x02: "CE1",
    0x03: "DNISO",
    0x04: "FE0",
    0x05: "FECS0",
    0x06: "HOST",
    0x07: "HOST_CPU",
    0x08: "HOST_CPU_NB",
    0x09: "ISO",
    0x0A: "MMU",
    0x0B: "NVDEC0",
    0x0C: "CE3",
    0x0D: "NVENC1",
    0x0E: "NISO",
    0x0F: "P2P",
    0x10: "PD",
    0x11: "PERF0",
    0x12: "PMU",
    0x13: "RASTERTWOD",
    0x14: "SCC",
    0x15: "SCC_NB",
    0x16: "SEC",
    0x17: "SSYNC",
    0x18: "CE2",
    0x19: "XV",
    0x1A: "MMU_NB",
    0x1B: "NVENC0",
    0x1C: "DFALCON",
    0x1D: "SKED0",
    0x1E: "AFALCON",
    0x1F: "DONT_CARE",
    **{0x20 + index: f"HSCE{index}" for index in range(10)},
    0x2A: "HSHUB",
    **{0x2B + index: f"PTP_X{index}" for index in range(8)},
    0x33: "NVENC2",
    0x34: "VPR_SCRUBBER0",
    0x35: "VPR_SCRUBBER1",
    0x36: "DWBIF",
    0x37: "FBFALCON",
    0x38: "CE_SHIM",
    0x39: "GSP",
    0x3A: "NVDEC1",
    0x3B: "NVDEC2",
    0x3C: "NVJPG0",
    0x3D: "NVDEC3",
    0x3E: "NVDEC4",
    0x3F: "OFA0",
    **{0x40 + index: f"HSCE{10 + index}" for index in range(6)},
    **{0x46 + index: f"PTP_X{8 + index}" for index in range(8)},
    **{0x4E + index: f"FE{1 + index}" for index in range(7)},
    **{0x55 + index: f"FECS{1 + index}" for index in range(7)},
    **{0x5C + index: f"SKED{1 + index}" for index in range(7)},
    0x63: "ESC",
    **{0x6F + index: f"NVDEC{5 + index}" for index in range(3)},
    **{0x72 + index: f"NVJPG{1 + index}" for index in range(7)},
    0x79: "FSP",
}

ENGINES: dict[int, str] = {
    1: "DISPLAY",
    2: "GSP",
    3: "PTP",
    4: "FLA",
    5: "PWR_PMU",
    6: "SEC",
    7: "FSP",
    **{10 + index: f"PERF{index}" for index in range(9)},
    **{19 + index: f"NVDEC{index}" for index in range(8)},
    **{27 + index: f"NVJPG{index}" for index in range(8)},
    **{35 + index: f"NVENC{index}" for index in range(3)},
    **{43 + index: f"CE{index}" for index in range(10)},
    53: "OFA0",
    55: "IFB",
    56: "PHYSICAL",
    **{64 + index: f"HOST{index}" for index in range(45)},
    256: "BAR1",
    **{257 + index: f"BAR1_FN{1 + index}" for index in range(63)},
    320: "BAR2",
    **{321 + index: f"BAR2_FN{1 + index}" for index in range(63)},
    384: "GRAPHICS",
}


def fault_type(number: int, blackwell: bool = False) -> FaultType:
    """The fault type of that number; an unknown one is named by its number."""
    table = BLACKWELL_FAULT_TYPES if blackwell else FAULT_TYPES
    return table.get(number) or FaultType(number, f"{number:#x}", f"fault type {number:#x}")


def access_word(number: int | None) -> str | None:
    """A plain word for an access type, as `read`. Unknown numbers print as such; None stays None."""
    if number is None:
        return None
    known = ACCESS_TYPES.get(number)
    return known.word if known else f"{number:#x}"


def client_name(number: int | None, is_hub: bool | None) -> str | None:
    """The client's name, as `GPC T1_3` or `HUB HOST`. Unknown numbers print as such; None stays None."""
    if number is None or is_hub is None:
        return None
    if is_hub:
        return f"HUB {HUB_CLIENTS.get(number, hex(number))}"
    return f"GPC {GPC_CLIENTS.get(number, hex(number))}"


def engine_name(number: int | None) -> str | None:
    """The faulting engine's name (NV_PFAULT_MMU_ENG_ID); unknown numbers print as such; None stays None."""
    return None if number is None else ENGINES.get(number, f"{number:#x}")


def describe(record: MmuFaultRecord, blackwell: bool = False) -> str:
    """One sentence: what was tried, where, and why it was refused."""
    word = access_word(record.access)
    what = "an access" if word is None else f"{'an' if word.startswith('a') else 'a'} {word}"
    why = fault_type(record.fault_type, blackwell).meaning
    return f"{what} at {record.gpu_va:#x} was refused by the MMU: {why}"
