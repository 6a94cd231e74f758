"""Ending a GSP that does not end by itself.

A firmware that was started may write to the memory that it was told of until the GPU is reset, and keeps its
protected region (WPR2) until then: no other firmware can be started meanwhile.

Every driver says where flushes of system memory shall write to before it starts anything, and after a reset
nothing is said: that tells a GPU whose driver died half-way, before the protected region was up, from a fresh
one. Where it is otherwise, one reset too many is the price.

Facts: OGKM:kernel_gsp.c ("unexpected WPR2 already up"), kern_mem_sys_gh100.c; nouveau:nvkm/subdev/fb/base.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from barewire.chip.boot import FlushPage
from barewire.errors import BarewireError, ResetRequired
from barewire.pci.config import PciFunction
from barewire.regs.registers import RegisterFile

if TYPE_CHECKING:
    from barewire.transport.bus import Bus

RESET_HINT = (
    "The function could not be reset from here: reset the slot (a secondary bus reset), or power the machine "
    "off and on."
)


def stop(bus: Bus) -> BarewireError | None:
    """Reset the GPU, and where that fails keep it from reaching memory.

    Returns:
        Why it could not be reset; None if it was.
    """
    try:
        bus.reset()
    except BarewireError as failed:
        PciFunction(bus.config).disable_bus_master()
        return failed
    return None


class Abandoned(ResetRequired):
    """Somebody has used the GPU since its last reset, and did not take leave."""


def note(failed: BaseException, not_reset: BarewireError | None) -> None:
    """Say in an error whether the GPU was reset after it, and if not, what to do."""
    if not isinstance(failed, BarewireError):
        return
    failed.facts.setdefault("reset", "done" if not_reset is None else not_reset.message)
    if not_reset is not None:
        failed.hint = f"{failed.hint} {RESET_HINT}" if failed.hint else RESET_HINT


def reset(bus: Bus, why: ResetRequired) -> None:
    """Reset the GPU because its state needs it.

    Raises:
        ResetRequired: it could not be reset; says what else to do.
    """
    failed = stop(bus)
    if failed is not None:
        facts = {**why.facts, "reset": failed.message}
        raise ResetRequired(why.message, hint=RESET_HINT, **facts) from failed


def check_no_firmware(registers: RegisterFile) -> None:
    """See that no firmware holds a protected region.

    Raises:
        ResetRequired: one does.
    """
    high = registers.read("NV_PFB_PRI_MMU_WPR2_ADDR_HI")
    if high.val:
        low = registers.read("NV_PFB_PRI_MMU_WPR2_ADDR_LO")
        raise ResetRequired(
            "the GPU's protected memory (WPR2) is up already: its last owner's firmware was not unloaded",
            hint="Reset the GPU.",
            register=high.label,
            offset=high.offset,
            value=int(high),
            expected="0",
            low=f"{int(low):#010x}",
        )


def check_unused(registers: RegisterFile, page: FlushPage) -> None:
    """See that nobody has used the GPU since its last reset and left without taking leave.

    Raises:
        Abandoned: somebody has.
    """
    high, low = registers.read(page.high), registers.read(page.low)
    if int(high) or int(low):
        raise Abandoned(
            "the GPU was used since its last reset, and its last owner did not take leave",
            hint="Reset the GPU.",
            register=low.label,
            offset=low.offset,
            value=int(low),
            expected="0",
        )


def write_flush_page(registers: RegisterFile, page: FlushPage, iova: int) -> None:
    """Tell the GPU which page flushes of system memory write to."""
    registers.write(page.high, iova >> 32)
    registers.write(page.low, iova & 0xFFFFFFFF)


def forget_flush_page(registers: RegisterFile, page: FlushPage) -> None:
    """Take that page from the GPU, which runs nothing that could flush any more."""
    write_flush_page(registers, page, 0)
