"""A GPU on a bus, from power-on to a resource manager: the composition of everything below it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Union

from barewire import guard
from barewire.abi.layout import Struct
from barewire.chip.bringup import boot_facts
from barewire.chip.identify import Chip, identify
from barewire.errors import BootError, TransportError, UsageError
from barewire.gsp.boot import BootTimeouts, boot
from barewire.gsp.steps import Journal, Progress
from barewire.memory.formats import format_of
from barewire.memory.gpu import GpuMemory, open_memory
from barewire.pci.config import PciFunction
from barewire.process import check_same_process
from barewire.regs.board import load_board
from barewire.regs.registers import RegisterFile
from barewire.rm.rpc import Ground, RpcResourceManager

if TYPE_CHECKING:
    from barewire.firmware.find import FirmwareSet
    from barewire.gsp.running import Gsp
    from barewire.transport.bus import Bar, Bus

Settings = Mapping[str, "int | str | bytes"]
Firmware = Union["FirmwareSet", str, "os.PathLike[str]", None]

SOFTWARE_GPU = "soft:"  # what the names of their buses begin with
SOFTWARE_SERIAL = 0x4752_4157_5047_5541  # what they have for a serial number, whichever way they are reached

DOORBELL = "NV_VIRTUAL_FUNCTION_DOORBELL"
# What a region of video memory is like that drivers take (nouveau:nvkm/subdev/gsp/rm/r535/gsp.c).
ORDINARY = {"reserved": 0, "bProtected": 0, "supportCompressed": 1, "supportISO": 1}
REGISTERS_PLACE, VIDEO_PLACE = 0, 1  # among the memory BARs, in the order of their numbers


def bring_up(
    bus: Bus,
    *,
    firmware: Firmware = None,
    timeouts: BootTimeouts | None = None,
    progress: Progress | None = None,
    settings: Settings | None = None,
) -> RpcResourceManager:
    """Boot the GPU on a bus. The bus belongs to the resource manager from now on, or is closed if this fails.

    Args:
        firmware: what GSP runs: a set, or the folder that has the chip's files. If not given, software GPUs
            take files made from nothing, and others what this machine has.
        timeouts, progress, settings: of `gsp.boot.boot`.

    Raises:
        UnknownChip, FirmwareMissing, BadFirmware: it is not a GPU that this can boot, or not its firmware.
        BootError, ResetRequired: a step failed.
        DeviceLost: the GPU does not answer.
        All of them say in `step` how far it came.
    """
    with contextlib.ExitStack() as undo:
        undo.callback(bus.close)
        if progress is not None and not callable(progress):
            raise UsageError(f"{progress!r} cannot be told of steps", expected="a function of a step's name")
        journal = Journal(progress)
        if timeouts is not None and not isinstance(timeouts, BootTimeouts):
            raise UsageError(f"{timeouts!r} are no timeouts of a boot", expected="BootTimeouts")
        if settings is not None and not isinstance(settings, Mapping):
            raise UsageError(f"{settings!r} are no settings", expected="values by name")
        with journal.step("look at the GPU"):
            chip, registers = _look(bus)
        with journal.step("find the firmware"):
            files = _files_for(bus, chip, firmware)
        gsp = boot(bus, registers, chip, files, timeouts=timeouts, progress=progress, settings=settings)
        undo.callback(gsp.close)
        with journal.step("set up video memory"):
            memory = _memory_of(bus, registers, chip, gsp)
            undo.callback(memory.close)
        with journal.step("set up the doorbell"):
            ring_at = registers.table.register(DOORBELL).offset_of()
            doorbell = bus.doorbell(bar_at(bus, REGISTERS_PLACE).index, ring_at)
            undo.callback(doorbell.close)
        with journal.step("open the resource manager"):
            ground = Ground(
                bus=bus,
                rpc=gsp.rpc,
                check_running=gsp.check_running,
                static=gsp.static_info,
                memory=memory,
                doorbell=doorbell,
                registers=registers,
                chip=chip.name,
                chipset=chip.chipset,
                pci_address=getattr(bus, "pci_address", ""),
                undo=undo.pop_all(),
            )
            return RpcResourceManager.open(ground)


def _files_for(bus: Bus, chip: Chip, firmware: Firmware) -> FirmwareSet:
    """The chip's firmware; see `bring_up`."""
    from barewire.firmware.find import FirmwareSet, find_firmware

    if isinstance(firmware, FirmwareSet):
        return firmware
    if firmware is None and _is_software(bus):
        from barewire.firmware.synthetic import synthetic_firmware

        return synthetic_firmware(chip.name)
    if firmware is not None and not isinstance(firmware, (str, os.PathLike)):
        raise UsageError(f"{firmware!r} is no firmware", expected="a folder, or a set that was found in one")
    return find_firmware(chip.name, folder=firmware)


def _is_software(bus: Bus) -> bool:
    """Whether it is a software GPU: in this process, in another one, or in a virtual machine."""
    return bus.name.startswith(SOFTWARE_GPU) or PciFunction(bus.config).serial_number() == SOFTWARE_SERIAL


def _look(bus: Bus) -> tuple[Chip, RegisterFile]:
    """Which chip it is, and its registers."""
    function = PciFunction(bus.config)
    function.identity()  # or nobody is there
    function.enable()
    words = guard.GuardedWords(bar_at(bus, REGISTERS_PLACE), bus.config)
    chip = identify(words)
    boot_facts(chip.name)  # or it cannot be booted
    return chip, guard.registers(bus, load_board(chip.name))


def bar_at(bus: Bus, place: int) -> Bar:
    """A memory BAR by its place among them: a 64-bit one takes two numbers.

    Raises:
        TransportError: the device has fewer, or this one cannot be reached.
        DeviceLost: nobody answers.
    """
    function = PciFunction(bus.config)
    entries = function.bars()
    if place >= len(entries):
        function.identity()  # a function that is gone has no BAR either
        raise TransportError("the PCI function has fewer memory BARs than a GPU", bars=len(entries))
    index = entries[place].index
    if index not in bus.bars:
        raise TransportError(
            f"BAR{index} cannot be reached here", hint="The host gave it no address.", bars=sorted(bus.bars)
        )
    return bus.bars[index]


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
        if all(region[name] == wanted for name, wanted in ORDINARY.items())
        and region["limit"] > region["base"]
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
        check=partial(check_same_process, os.getpid()),
    )
