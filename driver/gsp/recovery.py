"""Ending a GSP that does not end by itself.

A firmware that was started may write to the memory that it was told of until the GPU is reset, and keeps its
protected region (WPR2) until then: no other firmware can be started meanwhile.

Facts: OGKM:kernel_gsp.c ("unexpected WPR2 already up"); nouveau:nvkm/subdev/gsp/tu102.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def reset(bus: Bus, why: BarewireError) -> None:
    """Reset the GPU because of the state that an error tells of.

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
