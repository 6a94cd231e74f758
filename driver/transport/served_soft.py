"""The software GPU as what a server serves: its registers by messages, its memory by them or mapped.

What the kernel does for a user of VFIO is done here for a client: vectors that somebody listens to are put
into the device's MSI-X table and switched on, and its BARs stay as large as they were at first.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from barewire.errors import UsageError
from barewire.pci.config import (
    CAPABILITY_MSI,
    COMMAND,
    COMMAND_MEMORY,
    MSIX_ENTRY_BYTES,
    PciFunction,
)
from barewire.transport.access import CONFIG_BYTES, accesses
from barewire.transport.soft import (
    MSI_ADDRESS,
    DmaRefused,
    defects_of,
    make_endpoint,
    video_memory_of,
)
from barewire.transport.vfio_user.protocol import INTX, MSI, MSIX, Area
from barewire.transport.vfio_user.served import Host, Region, Unmapped

if TYPE_CHECKING:
    from barewire.transport.soft import Endpoint

MSI_CONTROL = 2
MSI_ENABLE = 1
WIDTHS = frozenset((1, 2, 4, 8))  # bytes of a single access
FEW_BYTES = 64  # up to here an access of an aperture goes through the device, which tells what is wrong


class _Port:
    """The host as the device sees it, whoever the client is: a `HostPort`."""

    def __init__(self) -> None:
        self.host: Host | None = None

    def dma(self, iova: int, size_bytes: int, write: bool) -> int:
        """The CPU address of the client's memory; see `HostPort.dma`."""
        host = self.host
        if host is None:
            raise DmaRefused(f"{size_bytes} bytes at {iova:#x}: nobody is there")
        try:
            return host.dma(iova, size_bytes, write)
        except Unmapped as why:
            raise DmaRefused(str(why)) from why

    def interrupt(self, vector: int) -> None:
        """A message of MSI-X or MSI."""
        if self.host is not None:
            self.host.interrupt(vector)


class _Config:
    """The device's configuration space, for who reads it by its fields."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.read = endpoint.config_read
        self.write = endpoint.config_write


def _linear_bar1(endpoint: Endpoint, for_all: bool) -> dict[int, Region]:
    """BAR1 as a region that can be mapped: the file of video memory.

    Raises:
        UsageError: it is for all, and BAR1 does not show all of video memory.
    """
    shape = endpoint.bars[1]
    file, size_bytes = video_memory_of(endpoint)
    if shape.size_bytes < size_bytes:
        if for_all:
            raise UsageError(
                "BAR1 is smaller than the video memory: who uses it binds it to page tables, which a view of "
                "memory as it is does not follow",
                hint="Give it a BAR1 as large as its video memory, or leave BAR1 to messages.",
                bar1_bytes=shape.size_bytes,
                vram_bytes=size_bytes,
            )
        return {}
    areas = () if size_bytes == shape.size_bytes else (Area(0, size_bytes),)
    return {shape.index: Region(shape.size_bytes, fd=file, areas=areas, fixed=not for_all)}


class SoftServed:
    """A software GPU to serve: a `Served`.

    Args:
        endpoint: the device; it belongs to this from now on.
        mapped: regions that clients may map, in place of those that go by messages alone.
    """

    config_bytes = CONFIG_BYTES

    def __init__(self, endpoint: Endpoint, mapped: Mapping[int, Region] | None = None) -> None:
        self.endpoint = endpoint
        self._port = _Port()
        endpoint.attach(self._port)
        self._config = _Config(endpoint)
        self._function = PciFunction(self._config)
        self._memory = {shape.index: endpoint.bar_memory(shape.index) for shape in endpoint.bars}
        self.regions: Mapping[int, Region] = {
            **{shape.index: Region(shape.size_bytes) for shape in endpoint.bars},
            **(mapped or {}),
        }
        self._closed = False

    @classmethod
    def open(cls, options: Mapping[str, Any], *, linear_bar1: bool = False) -> SoftServed:
        """A software GPU of its own; see `SoftBus.open` for the options and what is raised.

        Args:
            linear_bar1: every client may map BAR1. It sees video memory as it is: right for who uses BAR1 in
                physical mode, wrong for who binds it to page tables. If not given, only clients that ask for
                such views may. BAR1 has to show all of video memory for either, so that nobody needs page
                tables for it.
        """
        endpoint = make_endpoint(options)
        try:
            return cls(endpoint, _linear_bar1(endpoint, linear_bar1))
        except BaseException:
            endpoint.close()
            raise

    def defects(self) -> list[str]:
        """What the model itself did wrong so far."""
        return [f"{type(each).__name__}: {each}" for each in defects_of(self.endpoint)]

    @property
    def irqs(self) -> Mapping[int, int]:
        """How many interrupts of each kind."""
        msix = self._function.msix()
        msi = self._function.capability(CAPABILITY_MSI)
        return {INTX: 1, MSI: int(msi is not None), MSIX: 0 if msix is None else msix.count}

    def attach(self, host: Host | None) -> None:
        """A client came, or left."""
        self._port.host = host

    def config_read(self, offset: int, size_bytes: int) -> int:
        """One access of 1, 2 or 4 bytes."""
        return self.endpoint.config_read(offset, size_bytes)

    def config_write(self, offset: int, size_bytes: int, value: int) -> None:
        """One access of 1, 2 or 4 bytes."""
        self.endpoint.config_write(offset, size_bytes, value)

    def region_read(self, index: int, offset: int, size_bytes: int) -> bytes:
        """Bytes of a BAR, in accesses of up to 8; many bytes of an aperture at once."""
        if size_bytes in WIDTHS and not offset % size_bytes:
            return self.endpoint.bar_read(index, offset, size_bytes).to_bytes(size_bytes, "little")
        memory = self._memory.get(index)
        if memory is not None and size_bytes > FEW_BYTES and self._decodes():
            return ctypes.string_at(memory[0] + offset, size_bytes)
        read = self.endpoint.bar_read
        return b"".join(
            read(index, at, width).to_bytes(width, "little") for at, width in accesses(offset, size_bytes)
        )

    def region_write(self, index: int, offset: int, data: bytes) -> None:
        """Write bytes of a BAR, in accesses of up to 8; many bytes of an aperture at once."""
        size_bytes = len(data)
        if size_bytes in WIDTHS and not offset % size_bytes:
            self.endpoint.bar_write(index, offset, size_bytes, int.from_bytes(data, "little"))
            return
        memory = self._memory.get(index)
        if memory is not None and size_bytes > FEW_BYTES and self._decodes():
            ctypes.memmove(memory[0] + offset, data, size_bytes)
            return
        for at, width in accesses(offset, size_bytes):
            value = int.from_bytes(data[at - offset : at - offset + width], "little")
            self.endpoint.bar_write(index, at, width, value)

    def _decodes(self) -> bool:
        return bool(self._function.command() & COMMAND_MEMORY)

    def set_irqs(self, kind: int, wired: frozenset[int]) -> None:
        """Switch on what somebody listens to, as the kernel does for its users."""
        if kind == MSI:
            at = self._function.capability(CAPABILITY_MSI)
            if at is not None:
                control = self.config_read(at + MSI_CONTROL, 2) & ~MSI_ENABLE
                self.config_write(at + MSI_CONTROL, 2, control | (MSI_ENABLE if wired else 0))
        elif kind == MSIX:
            self._set_msix(wired)

    def _set_msix(self, wired: frozenset[int]) -> None:
        msix = self._function.msix()
        if msix is None:
            return
        command = self._function.command()
        self.config_write(COMMAND, 2, command | COMMAND_MEMORY)
        for vector in range(msix.count):
            entry = msix.table_offset + MSIX_ENTRY_BYTES * vector
            words = (MSI_ADDRESS, 0, vector, 0 if vector in wired else 1)
            for number, word in enumerate(words):
                self.endpoint.bar_write(msix.table_bar, entry + 4 * number, 4, word)
        self._function.set_msix(msix, bool(wired))
        self.config_write(COMMAND, 2, command)

    def mask_irqs(self, kind: int, first: int, count: int, masked: bool) -> None:
        """Nothing: what is masked here is not the device's own mask, which goes by its MSI-X table."""

    def settle(self) -> None:
        """Wait until the device has done with what it has looked up."""
        self.endpoint.settle()

    def reset(self) -> None:
        """A cold device."""
        self.endpoint.reset()

    def close(self) -> None:
        """Give the device back; a second time is nothing."""
        if not self._closed:
            self._closed = True
            self.endpoint.close()

    def __enter__(self) -> SoftServed:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
