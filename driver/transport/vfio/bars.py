"""BARs of a device of vfio-pci: memory of this process where the kernel maps them, else calls, one an access.

A BAR is mapped in pieces, each when it is first needed: no process should have page tables for all of the
largest. An access of 4 bytes is one of 4 bytes on the bus, mapped or not.

Any thread may access a BAR while another one closes it: an access comes before that, or is refused.

Facts: linux:include/uapi/linux/vfio.h (vfio_region_info, its sparse and MSI-X capabilities),
linux:drivers/vfio/pci/vfio_pci_rdwr.c (reads and writes of the file are made in aligned accesses of up to 8).
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from contextlib import ExitStack
from dataclasses import dataclass
from typing import NamedTuple

from barewire.errors import TransportError, UsageError
from barewire.native._native import ffi, lib
from barewire.shield import behind
from barewire.transport.access import accesses
from barewire.transport.bus import PAGE_BYTES
from barewire.transport.iommu import whole_pages
from barewire.transport.vfio import abi
from barewire.transport.vfio.kernel import Kernel, ask, unless_gone
from barewire.transport.vfio.mapping import NO_GUARD, GuardedPages, MappedPart
from barewire.transport.vfio.way import step

PIECE_BYTES = 64 << 20
READERS = {8: lib.bw_guard_read64, 4: lib.bw_guard_read32, 2: lib.bw_guard_read16, 1: lib.bw_guard_read8}
WRITERS = {8: lib.bw_guard_write64, 4: lib.bw_guard_write32, 2: lib.bw_guard_write16, 1: lib.bw_guard_write8}
ONES = 0xFFFFFFFF


@dataclass(frozen=True)
class Region:
    """A region of a device's file.

    Attributes:
        index: a BAR's number, or `abi.CONFIG_REGION`.
        offset: in the file.
        areas: (start, end) of what may be mapped, whole pages, in order.
    """

    index: int
    size_bytes: int
    offset: int
    readable: bool
    writable: bool
    areas: tuple[tuple[int, int], ...]


class Piece(NamedTuple):
    """Part of a BAR that is mapped at once: bytes `start` .. `end` - 1, and the native guard over them."""

    start: int
    end: int
    guard: int


NOWHERE = (0, 0, NO_GUARD)


class Span(NamedTuple):
    """Bytes of a BAR that interrupts are set up by."""

    bar: int
    offset: int
    size_bytes: int


def find_region(kernel: Kernel, device: int, index: int, name: str, tables: tuple[Span, ...] = ()) -> Region:
    """What the kernel says of a region.

    Args:
        kernel, device, name: of the device.
        index: of the region.
        tables: where interrupts are set up: not mapped, unless the kernel says that it may be.

    Raises:
        TransportError: it does not tell, or nothing that can be believed.
    """
    with step(f"information on region {index}", name):
        data = ask(kernel, device, abi.DEVICE_GET_REGION_INFO, "vfio_region_info", index=index)
    info = abi.read("vfio_region_info", data)
    areas = [(0, info.size)] if info.flags & abi.REGION_MMAP and info.size else []
    keep_out = [(each.offset, each.offset + each.size_bytes) for each in tables if each.bar == index]
    first = info.cap_offset if info.flags & abi.REGION_CAPS else 0
    for capability in abi.chain(data, first, abi.ffi.sizeof(info[0])):
        if capability.id == abi.REGION_CAP_SPARSE_MMAP and areas:
            areas = [(start, start + size) for start, size in abi.spans(capability, "areas") if size]
            keep_out = []
        elif capability.id == abi.REGION_CAP_MSIX_MAPPABLE:
            keep_out = []
    beyond = [area for area in areas if area[1] > info.size or area[0] % PAGE_BYTES]
    if beyond:
        raise TransportError(
            f"{name}: the kernel says that more of region {index} can be mapped than there is",
            offset=beyond[0][0],
            size_bytes=info.size,
        )
    for start, end in keep_out:
        areas = _cut(areas, start // PAGE_BYTES * PAGE_BYTES, -(-end // PAGE_BYTES) * PAGE_BYTES)
    return Region(
        index,
        info.size,
        info.offset,
        bool(info.flags & abi.REGION_READ),
        bool(info.flags & abi.REGION_WRITE),
        tuple(sorted(areas)),
    )


def _cut(areas: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """Areas without what lies from `start` to `end`."""
    left = [(first, min(last, start)) for first, last in areas]
    right = [(max(first, end), last) for first, last in areas]
    return [(first, last) for first, last in (*left, *right) if first < last]


class VfioBar:
    """One memory BAR: a `Bar`.

    Args:
        kernel: of the machine.
        device: the device's descriptor.
        region: what the kernel says of it.
        bus_address: where the host put it.
        prefetchable: whether it is memory, and not registers.
        name: of the device, for messages.
    """

    def __init__(
        self, kernel: Kernel, device: int, region: Region, bus_address: int, prefetchable: bool, name: str
    ) -> None:
        self.index = region.index
        self.size_bytes = region.size_bytes
        self.bus_address = bus_address
        self.mappable = bool(region.areas)
        self._kernel = kernel
        self._device = device
        self._region = region
        self._prefetchable = prefetchable
        self._name = f"BAR{region.index} of {name}"
        self._lock = threading.RLock()
        self._pieces = [
            (start, min(start + PIECE_BYTES, area_end))
            for area_start, area_end in region.areas
            for start in range(area_start, area_end, PIECE_BYTES)
        ]
        self._starts = [start for start, _ in self._pieces]
        self._mapped: dict[int, GuardedPages] = {}  # by number of the piece
        self._parts: set[GuardedPages] = set()  # that `map` gave away
        self._last: tuple[int, int, int] = NOWHERE  # the piece used last, plain: each access takes it apart
        self._closed = False

    def read32(self, offset: int) -> int:
        """One 32-bit read; ones where the device is gone.

        Raises:
            UsageError: there is no such word.
            TransportError: the bus is closed.
        """
        start, end, guard = self._last
        if start <= offset < end and not offset & 3:
            value: int = lib.bw_guard_read32(guard, offset - start)
            if value != ONES or not self._closed:
                return value
        self._check(offset, 4, 4)
        piece = self._piece(offset, 4)
        if piece is None:
            return int.from_bytes(self._read_file(offset, 4), "little")
        value = lib.bw_guard_read32(piece.guard, offset - piece.start)
        self._expect_open()
        return value

    def write32(self, offset: int, value: int) -> None:
        """One 32-bit write, posted; nothing where the device is gone.

        Raises:
            UsageError: there is no such word.
            TransportError: the bus is closed.
        """
        start, end, guard = self._last
        if (
            start <= offset < end
            and not offset & 3
            and lib.bw_guard_write32(guard, offset - start, value & ONES)
        ):
            return
        self._check(offset, 4, 4)
        piece = self._piece(offset, 4)
        if piece is None:
            self._write_file(offset, (value & ONES).to_bytes(4, "little"))
        elif not lib.bw_guard_write32(piece.guard, offset - piece.start, value & ONES):
            self._expect_open()

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Many bytes, in reads of up to 8; raises as `read32` does."""
        self._check(offset, size_bytes)
        found = b"".join(
            self._read_calls(at, size) if piece is None else _read_mapped(piece, at, size)
            for at, size, piece in self._runs(offset, size_bytes)
        )
        self._expect_open()
        return found

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Many bytes, in order; raises as `write32` does."""
        data = memoryview(data).cast("B")
        self._check(offset, len(data))
        for at, size, piece in self._runs(offset, len(data)):
            part = data[at - offset : at - offset + size]
            if piece is None:
                for each, width in accesses(at, size):
                    self._write_file(each, bytes(part[each - at : each - at + width]))
            elif not _write_mapped(piece, at, part, self._prefetchable):
                self._expect_open()

    def map(self, offset: int, size_bytes: int) -> MappedPart:
        """Part of it in this process, uncached as the kernel's vfio-pci maps it.

        Raises:
            UsageError: the kernel maps no such part of it.
            TransportError: the kernel refuses, or the bus is closed.
            HostLimit: this process may have no more mappings.
        """
        self._check(offset, size_bytes)
        if size_bytes < 1 or not self.maps(offset, size_bytes):
            raise UsageError(f"{self._name} cannot be mapped there", offset=offset, size_bytes=size_bytes)
        first = offset // PAGE_BYTES * PAGE_BYTES
        with behind(), self._lock:
            self._expect_open()
            pages = self._map(first, whole_pages(offset + size_bytes))
            self._parts.add(pages)
            return MappedPart(pages, offset - first, size_bytes, self._forget)

    def _forget(self, pages: GuardedPages) -> None:
        with self._lock:
            self._parts.discard(pages)

    def maps(self, offset: int, size_bytes: int) -> bool:
        """Whether the kernel maps these bytes in one piece."""
        return any(start <= offset and offset + size_bytes <= end for start, end in self._region.areas)

    def check_word(self, offset: int) -> None:
        """See that there is a word of 4 bytes.

        Raises:
            UsageError: there is none.
        """
        self._check(offset, 4, 4)

    @property
    def gone(self) -> bool:
        """Whether an access found that the device's pages are not there any more."""
        with self._lock:
            return any(pages.gone for pages in (*self._mapped.values(), *self._parts))

    def renew(self) -> None:
        """After a reset: map again what was found gone.

        Raises:
            TransportError: the kernel does not map it.
        """
        with self._lock:
            for pages in (*self._mapped.values(), *self._parts):
                pages.renew()

    def leave(self) -> None:
        """In a forked child: no mapping of the parent's device."""
        self._lock = threading.RLock()  # whoever held it is not here
        self._closed = True
        self._last = NOWHERE
        for pages in (*self._mapped.values(), *self._parts):
            pages.leave()

    def close(self) -> None:
        """Undo all mappings; a second time is nothing.

        Raises:
            TransportError: the kernel refused one; all others are undone.
        """
        with self._lock, ExitStack() as ending:
            self._closed = True
            self._last = NOWHERE
            for pages in (*self._mapped.values(), *self._parts):
                ending.callback(pages.close)
            self._mapped.clear()
            self._parts.clear()

    def _check(self, offset: int, size_bytes: int, alignment: int = 1) -> None:
        if not isinstance(offset, int) or not isinstance(size_bytes, int):
            raise UsageError(
                f"BAR{self.index} is accessed at whole numbers", offset=offset, size_bytes=size_bytes
            )
        fits = 0 <= offset <= self.size_bytes - size_bytes and size_bytes >= 0 and offset % alignment == 0
        if not fits:
            raise UsageError(
                f"BAR{self.index} has no {size_bytes} bytes at {offset:#x}",
                offset=offset,
                size_bytes=size_bytes,
                bar_bytes=self.size_bytes,
            )
        self._expect_open()

    def _expect_open(self) -> None:
        if self._closed:
            raise TransportError("the bus is closed", bus=self._name)

    def _piece(self, offset: int, size_bytes: int) -> Piece | None:
        """The mapped piece that has these bytes; None where none has all of them."""
        number = bisect_right(self._starts, offset) - 1
        if number < 0 or offset + size_bytes > self._pieces[number][1]:
            return None
        start, end = self._pieces[number]
        with self._lock:
            self._expect_open()
            pages = self._mapped.get(number)
            if pages is None:
                with behind():
                    pages = self._mapped[number] = self._map(start, whole_pages(end))
            self._last = start, end, pages.guard
            return Piece(start, end, pages.guard)

    def _map(self, start: int, end: int) -> GuardedPages:
        return GuardedPages(self._kernel, self._device, self._region.offset + start, end - start, self._name)

    def _runs(self, offset: int, size_bytes: int) -> list[tuple[int, int, Piece | None]]:
        """(offset, bytes, piece) of parts that lie in one piece each, or in none."""
        found: list[tuple[int, int, Piece | None]] = []
        end = offset + size_bytes
        while offset < end:
            number = bisect_right(self._starts, offset) - 1
            if number >= 0 and offset < self._pieces[number][1]:
                upto = min(end, self._pieces[number][1])
                piece = self._piece(offset, 1)
            else:
                upto = min(end, self._starts[number + 1]) if number + 1 < len(self._starts) else end
                piece = None
            found.append((offset, upto - offset, piece))
            offset = upto
        return found

    def _read_calls(self, offset: int, size_bytes: int) -> bytes:
        return b"".join(self._read_file(at, width) for at, width in accesses(offset, size_bytes))

    def _read_file(self, offset: int, size_bytes: int) -> bytes:
        at = self._region.offset + offset
        with self._lock:  # the descriptor's number may be another file's once this is closed
            self._expect_open()
            data = unless_gone(
                lambda: self._kernel.read(self._device, size_bytes, at), f"reading {self._name}", self._name
            )
        return data if data is not None and len(data) == size_bytes else b"\xff" * size_bytes

    def _write_file(self, offset: int, data: bytes) -> None:
        at = self._region.offset + offset
        with self._lock:
            self._expect_open()
            unless_gone(
                lambda: self._kernel.write(self._device, data, at), f"writing {self._name}", self._name
            )

    def __repr__(self) -> str:
        return f"<{self._name}: {self.size_bytes:#x} bytes at {self.bus_address:#x}>"


def _read_mapped(piece: Piece, offset: int, size_bytes: int) -> bytes:
    """Mapped bytes; ones from where the mapping ended."""
    inside = offset - piece.start
    if offset % 8 == 0 and size_bytes % 4 == 0:
        data = ffi.new("uint8_t[]", size_bytes)
        lib.bw_guard_copy_from(piece.guard, inside, data, size_bytes)
        return bytes(ffi.buffer(data))
    return b"".join(
        READERS[width](piece.guard, at).to_bytes(width, "little")
        for at, width in accesses(inside, size_bytes)
    )


def _write_mapped(piece: Piece, offset: int, data: memoryview, combined: bool) -> bool:
    """Whether all of it could be written: the mapping has not ended."""
    inside = offset - piece.start
    if combined:
        return bool(lib.bw_guard_copy_to(piece.guard, inside, ffi.from_buffer("uint8_t[]", data), len(data)))
    for at, width in accesses(inside, len(data)):
        value = int.from_bytes(data[at - inside : at - inside + width], "little")
        if not WRITERS[width](piece.guard, at, value):
            return False
    return True
