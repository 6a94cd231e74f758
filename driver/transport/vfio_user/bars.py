"""The configuration space and the BARs of a device that a program serves: by messages, or mapped.

Facts: libvfio-user:docs/vfio-user.rst (VFIO_USER_REGION_READ and _WRITE).
"""

from __future__ import annotations

import os
import threading

from barewire import shield
from barewire.errors import TransportError, UsageError
from barewire.native._native import ffi, lib
from barewire.transport.access import CheckedBar, check_config, ones
from barewire.transport.bus import PAGE_BYTES
from barewire.transport.iommu import whole_pages
from barewire.transport.vfio.kernel import LinuxKernel
from barewire.transport.vfio.mapping import GuardedPages, MappedPart
from barewire.transport.vfio_user.link import Link
from barewire.transport.vfio_user.protocol import CONFIG_REGION, REGION_ACCESS, Area, Command, RegionInfo

WORD_BYTES = 4


class RegionAccessor:
    """Reads and writes one region by messages."""

    def __init__(self, link: Link, number: int) -> None:
        self._link = link
        self.number = number
        self._most = min(link.capabilities.max_data_xfer_size, 1 << 20)

    def read(self, offset: int, size_bytes: int) -> bytes:
        """So many bytes.

        Raises:
            Denied: the server refuses.
            DeviceLost: it is gone.
            TransportError: it answers with another number of bytes.
        """
        parts = []
        for at in range(offset, offset + size_bytes, self._most):
            count = min(self._most, offset + size_bytes - at)
            answer = self._link.ask(Command.REGION_READ, [REGION_ACCESS.pack(at, self.number, count)])
            data = answer.payload[REGION_ACCESS.size_bytes :]
            if len(data) != count:
                raise TransportError(
                    f"{self._link.name}: {len(data)} bytes came where {count} were read", offset=at
                )
            parts.append(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def write(self, offset: int, data: bytes | memoryview, posted: bool) -> None:
        """Write bytes, in order; where it is posted, nobody waits for the server.

        Raises:
            Denied: the server refuses.
            DeviceLost: it is gone.
        """
        for at in range(0, len(data), self._most):
            part = data[at : at + self._most]
            head = REGION_ACCESS.pack(offset + at, self.number, len(part))
            if posted:
                self._link.post(Command.REGION_WRITE, [head, part])
            else:
                self._link.ask(Command.REGION_WRITE, [head, part])


class VfioUserConfig:
    """The configuration space: each access is a message, a `ConfigSpace`."""

    def __init__(self, link: Link, size_bytes: int) -> None:
        self._region = RegionAccessor(link, CONFIG_REGION)
        self._size_bytes = size_bytes

    def read(self, offset: int, size_bytes: int) -> int:
        """One access of 1, 2 or 4 bytes; all ones where the device does not answer.

        Raises:
            DeviceLost: the server is gone.
        """
        check_config(offset, size_bytes)
        if offset + size_bytes > self._size_bytes:
            return 0  # a device without the extended space has nothing there
        return int.from_bytes(self._region.read(offset, size_bytes), "little")

    def write(self, offset: int, size_bytes: int, value: int) -> None:
        """One access of 1, 2 or 4 bytes.

        Raises:
            DeviceLost: the server is gone.
        """
        check_config(offset, size_bytes)
        if offset + size_bytes <= self._size_bytes:
            data = (value & ones(size_bytes)).to_bytes(size_bytes, "little")
            self._region.write(offset, data, posted=False)


class VfioUserBar(CheckedBar):
    """One memory BAR: a `Bar`.

    Args:
        link: to the server.
        info: what it says of the region.
        areas: (start, end) of what can be mapped, whole pages, in order.
        file: descriptor of what can be mapped; -1 if nothing can. It belongs to the BAR from now on.
        bus_address: where it was placed.
    """

    def __init__(
        self, link: Link, info: RegionInfo, areas: tuple[Area, ...], file: int, bus_address: int
    ) -> None:
        self.index = info.region
        self.size_bytes = info.size_bytes
        self.bus_address = bus_address
        self.mappable = bool(areas)
        self._name = f"BAR{info.region} of {link.name}"
        self._link = link
        self._region = RegionAccessor(link, info.region)
        self._file_offset = info.offset
        self._areas = areas
        self._file = file
        self._kernel = LinuxKernel()
        self._lock = threading.RLock()
        self._closed = False
        self._mapped: dict[Area, GuardedPages] = {}
        self._parts: set[GuardedPages] = set()

    def read32(self, offset: int) -> int:
        """One 32-bit read.

        Raises:
            DeviceLost: the server is gone.
        """
        self._check(offset, 4, 4)
        place = self._place(offset, 4)
        if place is not None:
            value: int = lib.bw_guard_read32(*place)
            self._expect_open()
            return value
        return int.from_bytes(self._region.read(offset, 4), "little")

    def write32(self, offset: int, value: int) -> None:
        """One 32-bit write, posted.

        Raises:
            DeviceLost: the server is gone.
        """
        self._check(offset, 4, 4)
        place = self._place(offset, 4)
        if place is not None:
            if not lib.bw_guard_write32(*place, value & 0xFFFFFFFF):
                self._expect_open()
        else:
            self._region.write(offset, (value & 0xFFFFFFFF).to_bytes(4, "little"), posted=True)

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Many bytes; the server makes accesses of up to 8 of them where they are registers."""
        self._check(offset, size_bytes)
        if not size_bytes:
            return b""
        place = self._place(offset, size_bytes)
        if place is not None:
            return self._read_mapped(*place, size_bytes)
        return self._region.read(offset, size_bytes)

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Many bytes, in order; posted."""
        data = memoryview(data).cast("B")
        self._check(offset, len(data))
        place = self._place(offset, len(data))
        if place is not None:
            if not lib.bw_guard_copy_to(*place, ffi.from_buffer("uint8_t[]", data), len(data)):
                self._expect_open()
        else:
            self._region.write(offset, data, posted=True)

    def map(self, offset: int, size_bytes: int) -> MappedPart:
        """Part of it in this process.

        Raises:
            UsageError: the server lets nobody map such a part.
            TransportError: the kernel does not map it.
        """
        self._check(offset, size_bytes)
        if size_bytes < 1 or not self.maps(offset, size_bytes):
            raise UsageError(
                f"{self._name} cannot be mapped there: its accesses go by messages",
                hint="A GPU that barewire serves can be used if its BAR1 shows all of its video memory: "
                "serve it with a --bar1 of at least its --vram.",
                offset=offset,
                size_bytes=size_bytes,
            )
        first = offset // PAGE_BYTES * PAGE_BYTES
        with shield.behind(), self._lock:
            self._expect_open()
            pages = self._map(first, whole_pages(offset + size_bytes - first))
            self._parts.add(pages)
            return MappedPart(pages, offset - first, size_bytes, self._forget)

    def _forget(self, pages: GuardedPages) -> None:
        with self._lock:
            self._parts.discard(pages)

    def maps(self, offset: int, size_bytes: int) -> bool:
        """Whether these bytes can be mapped in one piece."""
        return self._area_of(offset, size_bytes) is not None

    def _area_of(self, offset: int, size_bytes: int) -> Area | None:
        for area in self._areas:
            if area.offset <= offset and offset + size_bytes <= area.offset + area.size_bytes:
                return area
        return None

    def _place(self, offset: int, size_bytes: int) -> tuple[int, int] | None:
        """Where these bytes are in this process: (guard, offset in what it guards); None if they are nowhere.

        Raises:
            DeviceLost: the server is gone, and what is mapped says nothing any more.
            TransportError: the bus is closed.
        """
        area = self._area_of(offset, size_bytes) if self._areas else None
        if area is None:
            return None
        if self._link.lost is not None:
            self._link.expect_alive()
        with self._lock:
            self._expect_open()
            pages = self._mapped.get(area)
            if pages is None:
                with shield.behind():
                    pages = self._mapped[area] = self._map(*area)
        return pages.guard, offset - area.offset

    def _read_mapped(self, guard: int, offset: int, size_bytes: int) -> bytes:
        """Mapped bytes, from whole words."""
        skip = offset % WORD_BYTES
        words = -(-(skip + size_bytes) // WORD_BYTES)
        data = ffi.new("uint8_t[]", words * WORD_BYTES)
        if not lib.bw_guard_copy_from(guard, offset - skip, data, len(data)):
            self._expect_open()
        return bytes(ffi.buffer(data)[skip : skip + size_bytes])

    def _expect_open(self) -> None:
        if self._closed:
            raise TransportError("the bus is closed", bus=self._link.name)

    def _map(self, offset: int, size_bytes: int) -> GuardedPages:
        self._link.expect_alive()
        return GuardedPages(self._kernel, self._file, self._file_offset + offset, size_bytes, self._name)

    def expect_word(self, offset: int) -> None:
        """See that there is a word of 4 bytes.

        Raises:
            UsageError: there is none.
        """
        self._check(offset, 4, 4)

    def close(self) -> None:
        """Undo all mappings; a second time is nothing."""
        with self._lock:
            self._closed = True
            for pages in (*self._mapped.values(), *self._parts):
                pages.close()
            self._mapped.clear()
            self._parts.clear()
            self._areas = ()
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def __repr__(self) -> str:
        return f"<{self._name}: {self.size_bytes:#x} bytes at {self.bus_address:#x}>"
