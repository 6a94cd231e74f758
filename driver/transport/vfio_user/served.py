"""What a server serves: a PCI device, and the host that it is given while a client is there.

Offsets and addresses are in bytes, words little-endian.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from barewire.transport.vfio_user.protocol import Area


class Unmapped(Exception):
    """The client maps nothing there for the device, or not for writing; what an IOMMU fault is to it."""


class Region(NamedTuple):
    """One region of a device.

    Attributes:
        size_bytes: of it.
        readable, writable: by messages.
        fd: a descriptor whose file the client may map, if it may; it stays the device's.
        fd_offset: where the region begins in that file.
        areas: the parts that may be mapped; all of the region where there are none.
        fixed: what is mapped shows what the region shows after a reset, whatever the device is told to show
            there later. Only clients that say that they take that ("fixed_views") may map it.
    """

    size_bytes: int
    readable: bool = True
    writable: bool = True
    fd: int | None = None
    fd_offset: int = 0
    areas: tuple[Area, ...] = ()
    fixed: bool = False


class Host(Protocol):
    """The client as the device reaches it. Any thread may call."""

    def dma(self, iova: int, size_bytes: int, write: bool) -> int:
        """The CPU address of the client's memory, contiguous from `iova` on for `size_bytes`.

        Memory that the client passed without a descriptor is a copy: what a device writes there is carried
        to the client a little later, before the next interrupt; what it reads was fetched for this call.

        Raises:
            Unmapped: part of it is not mapped, or not so.
        """
        ...

    def interrupt(self, vector: int, kind: int | None = None) -> bool:
        """Signal a vector; whether anybody is told.

        Args:
            kind: INTX, MSI or MSIX; whichever the client uses if not given.
        """
        ...


class Served(Protocol):
    """A PCI device. Accesses come from one thread at a time, in the client's order.

    An OSError that an access raises is the client's answer; anything else is a defect, and EIO to it.

    Attributes:
        config_bytes: of configuration space: 256 or 4096.
        regions: by VFIO's numbers, 0 to 6 and 8; those that it does not have are left out.
        irqs: how many interrupts of each kind: INTX, MSI, MSIX, ERR, REQ.
    """

    @property
    def config_bytes(self) -> int: ...

    @property
    def regions(self) -> Mapping[int, Region]: ...

    @property
    def irqs(self) -> Mapping[int, int]: ...

    def attach(self, host: Host | None) -> None:
        """A client came, or left; nothing of an earlier host may be used once this returns."""
        ...

    def config_read(self, offset: int, size_bytes: int) -> int:
        """One access of 1, 2 or 4 bytes."""
        ...

    def config_write(self, offset: int, size_bytes: int, value: int) -> None:
        """One access of 1, 2 or 4 bytes."""
        ...

    def region_read(self, index: int, offset: int, size_bytes: int) -> bytes:
        """So many bytes of a region, all inside it."""
        ...

    def region_write(self, index: int, offset: int, data: bytes) -> None:
        """Write bytes of a region, all inside it."""
        ...

    def set_irqs(self, kind: int, wired: frozenset[int]) -> None:
        """The client listens to these vectors of a kind now, and to no others of it."""
        ...

    def mask_irqs(self, kind: int, first: int, count: int, masked: bool) -> None:
        """The client masks vectors, or lets them through again; the server holds them back meanwhile."""
        ...

    def settle(self) -> None:
        """Wait until no access is under way by what the host gave before: some of it was just unmapped."""
        ...

    def reset(self) -> None:
        """A conventional reset: a cold device afterwards."""
        ...

    def close(self) -> None:
        """Give it back; a second time is nothing."""
        ...
