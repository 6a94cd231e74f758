"""The error registers of an SM: what a warp did wrong, and what concerns the SM as a whole.

The low 16 bits of the warp error status register are one error number; the global one is a set of flags.
Each SM keeps the first warp error only, and says by a flag when there were more. The pc beside it is a GPU
virtual address.

NVIDIA has published the numbers for chips up to Ampere; Hopper and Blackwell are taken to keep them (see
the sources). An unknown number prints as a number.

Facts: linux-nvgpu:drivers/gpu/nvgpu/include/nvgpu/hw/{gv11b,tu104,ga100,ga10b}/hw_gr_*.h (NVIDIA, MIT):
error numbers and flags; linux:drivers/gpu/drm/nouveau/nvkm/engine/gr/gf100.c: the numbers that are older
than those headers; OGKM:src/common/sdk/nvidia/inc/ctrl/ctrl83de/ctrl83dedebug.h: how they are read.
"""

from __future__ import annotations

from dataclasses import dataclass

from barewire.errors import (
    AddressOutOfRange,
    ChannelDead,
    IllegalInstruction,
    KernelFault,
    MisalignedAccess,
    MmuFault,
    Trap,
)
from barewire.fault.records import SmError

WARP_ERROR_MASK = 0xFFFF


@dataclass(frozen=True)
class WarpError:
    """One warp error.

    Attributes:
        number: bits 15:0 of the warp error status register.
        name: NVIDIA's name, without its HWW_WARP_ESR_ERROR_.
        meaning: what the warp did, to follow "a warp".
        error: the class to raise.
    """

    number: int
    name: str
    meaning: str
    error: type[ChannelDead]


WARP_ERRORS: dict[int, WarpError] = {
    entry.number: entry
    for entry in (
        WarpError(0x01, "STACK_ERROR", "misused its call stack", KernelFault),
        WarpError(0x02, "API_STACK_ERROR", "overran its call stack", KernelFault),
        WarpError(0x03, "RET_EMPTY_STACK_ERROR", "returned with an empty call stack", KernelFault),
        WarpError(0x04, "PC_WRAP", "ran past the end of the code window", KernelFault),
        WarpError(0x05, "MISALIGNED_PC", "jumped to a misaligned address", KernelFault),
        WarpError(0x06, "PC_OVERFLOW", "jumped outside the code window", KernelFault),
        WarpError(0x07, "MISALIGNED_IMMC_ADDR", "read a misaligned constant", MisalignedAccess),
        WarpError(0x08, "MISALIGNED_REG", "used misaligned registers", IllegalInstruction),
        WarpError(0x09, "ILLEGAL_INSTR_ENCODING", "met an unknown instruction", IllegalInstruction),
        WarpError(0x0A, "ILLEGAL_SPH_INSTR_COMBO", "used a forbidden instruction", IllegalInstruction),
        WarpError(0x0B, "ILLEGAL_INSTR_PARAM", "used an illegal parameter", IllegalInstruction),
        WarpError(0x0C, "INVALID_CONST_ADDR", "read beyond a constant bank", AddressOutOfRange),
        WarpError(0x0D, "OOR_REG", "used a register beyond those it was given", IllegalInstruction),
        WarpError(0x0E, "OOR_ADDR", "accessed an address out of range", AddressOutOfRange),
        WarpError(0x0F, "MISALIGNED_ADDR", "accessed a misaligned address", MisalignedAccess),
        WarpError(0x10, "INVALID_ADDR_SPACE", "accessed the wrong kind of memory", AddressOutOfRange),
        WarpError(0x11, "ILLEGAL_INSTR_PARAM2", "used an illegal parameter", IllegalInstruction),
        WarpError(0x12, "INVALID_CONST_ADDR_LDC", "loaded from beyond a constant bank", AddressOutOfRange),
        WarpError(0x13, "GEOMETRY_SM_ERROR", "failed in a geometry program", KernelFault),
        WarpError(0x14, "DIVERGENT", "diverged where it must not", KernelFault),
        WarpError(0x15, "WARP_EXIT", "exited where it must not", KernelFault),
        WarpError(0x16, "STACK_OVERFLOW", "overflowed its stack", KernelFault),
        WarpError(0x17, "MMU_FAULT", "accessed an address that the MMU refused", MmuFault),
        WarpError(0x18, "TEX_FORMAT", "used a texture of the wrong format", KernelFault),
        WarpError(0x19, "TEX_LAYOUT", "used a texture of the wrong layout", KernelFault),
        WarpError(0x20, "MMU_NACK", "accessed an address that the MMU refused", MmuFault),
        WarpError(0x21, "ARRIVE", "misused a barrier", KernelFault),
    )
}

MULTIPLE_WARP_ERRORS = 0x4
BPT_INT = 0x10
BPT_PAUSE = 0x20
ERROR_IN_TRAP = 0x100

GLOBAL_FLAGS: dict[int, str] = {
    0x1: "SM_TO_SM_FAULT",
    0x2: "L1_ERROR",
    MULTIPLE_WARP_ERRORS: "MULTIPLE_WARP_ERRORS",
    0x8: "PHYSICAL_STACK_OVERFLOW",
    BPT_INT: "BPT_INT",
    BPT_PAUSE: "BPT_PAUSE",
    0x40: "SINGLE_STEP_COMPLETE",
    ERROR_IN_TRAP: "ERROR_IN_TRAP",
    0x20000000: "ECC_SEC_ERROR",
    0x40000000: "ECC_DED_ERROR",
    0x80000000: "TIMEOUT",
}

_TRAPPED = BPT_INT | BPT_PAUSE | ERROR_IN_TRAP


def warp_error(warp_esr: int) -> WarpError | None:
    """What a warp error status register says; None when no warp has erred. Unknown numbers print as such."""
    number = warp_esr & WARP_ERROR_MASK
    if number == 0:
        return None
    known = WARP_ERRORS.get(number)
    return known or WarpError(number, f"{number:#x}", f"raised error {number:#x}", KernelFault)


def global_flags(global_esr: int) -> tuple[str, ...]:
    """The names of the flags that are set, lowest bit first; a flag without a name prints as a number."""
    return tuple(GLOBAL_FLAGS.get(1 << bit, f"{1 << bit:#x}") for bit in range(32) if global_esr & (1 << bit))


def error_class(state: SmError) -> type[ChannelDead] | None:
    """The class of error that one SM's registers stand for; None when the SM reports nothing."""
    warp = warp_error(state.warp_esr)
    if warp is not None:
        return warp.error
    if state.global_esr & _TRAPPED:
        return Trap
    return None if state.is_clear else KernelFault


def first_error(states: list[SmError]) -> SmError | None:
    """The SM to report: the first whose warp erred, else the first that trapped, else any that has a flag."""
    for wanted in (
        lambda state: warp_error(state.warp_esr) is not None,
        lambda state: bool(state.global_esr & _TRAPPED),
        lambda state: not state.is_clear,
    ):
        for state in states:
            if wanted(state):
                return state
    return None


def describe(state: SmError) -> str:
    """What one SM reports, in words, to start a sentence."""
    warp = warp_error(state.warp_esr)
    if warp is not None:
        return f"a warp on SM {state.sm} {warp.meaning}"
    if state.global_esr & _TRAPPED:
        return f"a warp on SM {state.sm} executed a trap"
    flags = ", ".join(global_flags(state.global_esr)) or f"cluster error {state.cga_esr:#x}"
    return f"SM {state.sm} reports {flags}"
