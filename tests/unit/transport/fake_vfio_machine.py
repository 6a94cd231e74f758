"""What the fake kernel's machine is like, what its files are, and a device whose pages can be taken away."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from barewire.softgpu.bus import BarShape
from small_device import SmallDevice

ADDRESS = "0000:01:00.0"
GROUP = 12
PAGE = 4096
HUGE = 2 << 20
FIRST_FD = 100_000
REGION_SHIFT = 40
CONFIG = 7
REGIONS, IRQS = 9, 5
MSI, MSIX, ERROR, REQUEST = 1, 2, 3, 4
COMMAND, MEMORY, MASTER = 0x04, 1 << 1, 1 << 2
BAR_BASE = {False: 0xC000_0000, True: 0x60_0000_0000}


def refuse(number: int, why: str = "") -> OSError:
    return OSError(number, os.strerror(number), why)


@dataclass
class Options:
    """What the machine is like.

    Attributes:
        viable: the whole group is bound to vfio-pci.
        no_iommu: there is no IOMMU; VFIO was switched to doing without.
        ranges: (first, last) device addresses; None for a kernel that does not tell.
        entries: DMA mappings at a time.
        locked_limit: of memory in bytes; None for any amount.
        capable: the process has CAP_IPC_LOCK.
        has_reset: the function can be reset by itself.
        busy_resets: how often a reset is refused first.
        vectors_to_spare: of the machine.
        msix_mappable: the kernel says that MSI-X tables may be mapped; None for areas that leave them out.
        affected: (group or device id, address) of what a reset of the bus resets; None without such a reset.
        huge_pages: in the machine's pool.
        cdev: it offers the device's own file.
        region_capabilities: raw capability chain of a region, for kernels that are not to be believed.
    """

    viable: bool = True
    no_iommu: bool = False
    ranges: tuple[tuple[int, int], ...] | None = ((0, 0xFEDF_FFFF), (0xFEF0_0000, (1 << 48) - 1))
    entries: int = 65535
    locked_limit: int | None = None
    capable: bool = False
    has_reset: bool = True
    busy_resets: int = 0
    vectors_to_spare: int = 64
    msix_mappable: bool | None = True
    affected: tuple[tuple[int, str], ...] | None = ((GROUP, ADDRESS),)
    huge_pages: int = 0
    cdev: bool = False
    api_version: int = 0
    frame_of: Callable[[int], int] = lambda address: address
    region_capabilities: dict[int, bytes] = field(default_factory=dict)


@dataclass
class Container:
    groups: list[Group] = field(default_factory=list)
    kind: int | None = None


@dataclass
class Group:
    name: str
    container: Container | None = None
    devices: int = 0


@dataclass
class Iommufd:
    ioases: set[int] = field(default_factory=set)
    devices: int = 0
    next_id: int = 1


@dataclass
class DeviceFile:
    """The device, by its group (it may be used at once) or by its own file (once it is bound)."""

    group: Group | None = None
    iommufd: Iommufd | None = None
    identity: int = 0
    ioas: int | None = None


@dataclass(frozen=True)
class Dma:
    iova: int
    size: int
    address: int
    writable: bool


class FileDevice(SmallDevice):
    """A small device whose BARs are memory in files, so that their pages can be taken away.

    Args:
        sizes: of the BARs, by index.
    """

    def __init__(self, sizes: dict[int, int]) -> None:
        self.files = {index: os.memfd_create(f"bar{index}") for index in sizes}
        super().__init__()
        self.bars = tuple(BarShape(index, size, index > 0, True) for index, size in sizes.items())
        for index, size in sizes.items():
            os.ftruncate(self.files[index], size)

    def bar_memory(self, index: int) -> tuple[int, int] | None:
        return (0, 0) if index in self.files else None

    def bar_read(self, index: int, offset: int, size_bytes: int) -> int:
        return int.from_bytes(os.pread(self.files[index], size_bytes, offset), "little")

    def bar_write(self, index: int, offset: int, size_bytes: int, value: int) -> None:
        os.pwrite(self.files[index], value.to_bytes(size_bytes, "little"), offset)

    def close(self) -> None:
        super().close()
        for file in self.files.values():
            os.close(file)
