"""What the firmware is told of the board's place in the machine (GspSystemInfo).

Facts: OGKM:rpc.c (rpcGspSetSystemInfo_v17_00); nouveau:nvkm/subdev/gsp/rm/r570/gsp.c, which leaves out
most of what is left out here; nouveau:nvkm/engine/device/pci.c for the BARs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from barewire.abi.layout import Abi, Struct
from barewire.chip.boot import BootFacts
from barewire.errors import BootError
from barewire.pci.config import BarEntry, PciFunction

if TYPE_CHECKING:
    from barewire.transport.bus import Bus

MAX_USER_VA = (1 << 47) - 4096
HOST_PAGE_BYTES = 4096
_MEMORY_BARS = 3  # registers, video memory, and the window of the instance memory
_ADDRESS = re.compile(r"(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$", re.IGNORECASE)


def routing_id(bus_name: str) -> int:
    """Bus << 8 | device << 3 | function of a device string that ends in a PCI address; 0 for others."""
    found = _ADDRESS.search(bus_name)
    if found is None:
        return 0
    bus, device, function = (int(part, 16) for part in found.groups()[1:])
    return bus << 8 | device << 3 | function


def memory_bars(function: PciFunction) -> tuple[BarEntry, BarEntry, BarEntry]:
    """The first three memory BARs: PCI's numbers 0, 2, 4 where the first has 64 bits, else 0, 1, 3.

    Raises:
        BootError: the function has fewer.
    """
    bars = function.bars()
    if len(bars) < _MEMORY_BARS:
        raise BootError(
            "the PCI function lacks a memory BAR",
            hint="The host has not given it addresses, or it is not a GPU's first function.",
            value=len(bars),
            expected=f"{_MEMORY_BARS} memory BARs",
        )
    return bars[0], bars[1], bars[2]


def system_info(abi: Abi, facts: BootFacts, bus: Bus) -> Struct:
    """The structure, filled from the configuration space.

    Raises:
        BootError: the function lacks a BAR.
        DeviceLost: it does not answer.
    """
    function = PciFunction(bus.config)
    identity = function.identity()
    registers, video, instance = memory_bars(function)
    pcie = function.pcie()
    return abi.new(
        "GspSystemInfo",
        gpuPhysAddr=registers.bus_address,
        gpuPhysFbAddr=video.bus_address,
        gpuPhysInstAddr=instance.bus_address,
        nvDomainBusDeviceFunc=routing_id(bus.name),
        maxUserVa=MAX_USER_VA,
        pciConfigMirrorBase=facts.config_mirror_base,
        pciConfigMirrorSize=facts.config_mirror_bytes,
        PCIDeviceID=identity.device_id << 16 | identity.vendor_id,
        PCISubDeviceID=identity.subsystem_id << 16 | identity.subsystem_vendor_id,
        PCIRevisionID=identity.revision_id,
        bFlrSupported=int(pcie is not None and pcie.flr),
        b64bBar0Supported=int(registers.is_64bit),
        hostPageSize=HOST_PAGE_BYTES,
    )
