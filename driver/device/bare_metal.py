"""A GPU on a bus, from power-on to a resource manager: the composition of everything below it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from barewire import guard
from barewire.abi.layout import Struct
from barewire.chip.identify import Chip, identify
from barewire.errors import BootError, ForkedChild, TransportError
from barewire.gsp.boot import BootTimeouts, boot
from barewire.memory.formats import format_of
from barewire.memory.gpu import GpuMemory, open_memory
from barewire.pci.config import PciFunction
from barewire.regs.board import load_board
from barewire.regs.registers import RegisterFile
from barewire.rm.rpc import Ground, RpcResourceManager

if TYPE_CHECKING:
    from barewire.firmware.find import FirmwareSet
    from barewire.gsp.running import Gsp
    from barewire.gsp.steps import Progress
    from barewire.transport.bus import Bar, Bus

Settings = Mapping[str, "int | str | bytes"]

DOORBELL = "NV_VIRTUAL_FUNCTION_DOORBELL"
REGISTERS_PLACE, VIDEO_PLACE = 0, 1  # among the memory BARs, in the order of their numbers


def open_soft(
    chip: str,
    *,
    firmware: str | Path | None = None,
    timeouts: BootTimeouts | None = None,
    progress: Progress | None = None,
    settings: Settings | None = None,
    **options: Any,
) -> RpcResourceManager:
    """Boot a software GPU of its own.

    Args:
        chip: its name.
        firmware: a folder of NVIDIA's files; None for files made from nothing, which the software GPU takes.
        timeouts, progress, settings: of `bring_up`.
        options: of the software GPU: `vram_bytes`, `bar1_bytes`, ...

    Raises:
        UsageError: there is no such option.
        BootError: a step of the boot failed; `step` names it.
    """
    from barewire.firmware.find import find_firmware
    from barewire.firmware.synthetic import synthetic_firmware
    from barewire.transport.soft import SoftBus

    bus = SoftBus.open({"chip": chip, **options})
    try:
        files = synthetic_firmware(chip) if firmware is None else find_firmware(chip, folder=Path(firmware))
    except BaseException:
        bus.close()
        raise
    return bring_up(bus, files, timeouts=timeouts, progress=progress, settings=settings)


def bring_up(
    bus: Bus,
    firmware: FirmwareSet,
    *,
    timeouts: BootTimeouts | None = None,
    progress: Progress | None = None,
    settings: Settings | None = None,
) -> RpcResourceManager:
    """Boot the GPU on a bus. The bus belongs to the resource manager from now on, or is closed if this fails.

    Args:
        firmware: what GSP runs.
        timeouts, progress, settings: of `gsp.boot.boot`.

    Raises:
        UnknownChip, BadFirmware: it is not a GPU that this can boot, or not its firmware.
        BootError, ResetRequired: a step failed; `step` names it.
        DeviceLost: the GPU does not answer.
    """
    with contextlib.ExitStack() as undo:
        undo.callback(bus.close)
        chip, registers = _look(bus)
        gsp = boot(bus, registers, chip, firmware, timeouts=timeouts, progress=progress, settings=settings)
        undo.callback(gsp.close)
        memory = _memory_of(bus, registers, chip, gsp)
        undo.callback(memory.close)
        doorbell = bus.doorbell(bar_at(bus, REGISTERS_PLACE).index, registers.read(DOORBELL).offset)
        undo.callback(doorbell.close)
        ground = Ground(
            rpc=gsp.rpc,
            check_running=gsp.check_running,
            static=gsp.static_info,
            memory=memory,
            doorbell=doorbell,
            registers=registers,
            chip=chip.name,
            chipset=chip.chipset,
            pci_address="",
            undo=undo.pop_all(),
        )
    return RpcResourceManager.open(ground)


def _look(bus: Bus) -> tuple[Chip, RegisterFile]:
    """Which chip it is, and its registers."""
    PciFunction(bus.config).enable()
    words = guard.GuardedWords(bar_at(bus, REGISTERS_PLACE), bus.config)
    chip = identify(words)
    return chip, guard.registers(bus, load_board(chip.name))


def bar_at(bus: Bus, place: int) -> Bar:
    """A memory BAR by its place among them: a 64-bit one takes two numbers.

    Raises:
        TransportError: the device has fewer.
    """
    entries = PciFunction(bus.config).bars()
    if place >= len(entries):
        raise TransportError("the PCI function has fewer memory BARs than a GPU", bars=len(entries))
    return bus.bars[entries[place].index]


def usable_regions(static: Struct) -> list[tuple[int, int]]:
    """(start, end) addresses of the video memory that GSP leaves to us.

    Raises:
        BootError: it leaves none.
    """
    count = static["fbRegionInfoParams.numFBRegions"]
    regions = [static.element("fbRegionInfoParams.fbRegion", index) for index in range(count)]
    usable = [
        (region["base"], region["limit"] + 1)
        for region in regions
        if not region["reserved"] and not region["bProtected"] and region["limit"] > region["base"]
    ]
    if not usable:
        raise BootError("GSP reports no usable region of video memory", step="static info", regions=count)
    return usable


def _memory_of(bus: Bus, registers: RegisterFile, chip: Chip, gsp: Gsp) -> GpuMemory:
    return open_memory(
        bus,
        registers,
        format_of(chip.family),
        usable_regions(gsp.static_info),
        bar_at(bus, VIDEO_PLACE),
        bar1_root=gsp.static_info["bar1PdeBase"],
        check=_same_process(),
    )


def _same_process() -> Callable[[], None]:
    """What raises in a child of this process."""
    parent = os.getpid()

    def check() -> None:
        if os.getpid() != parent:
            raise ForkedChild(
                "this device was opened by the parent process",
                hint="Open it anew in the child.",
                opened_by_pid=parent,
            )

    return check
