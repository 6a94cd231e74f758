"""The radix-3 table by which GSP's bootstrap finds the pages of the firmware image in host memory.

Three levels of pages with 64-bit bus addresses: one page whose first entry is the second level's page,
whose entries are the third level's pages, whose entries are the pages of the image.

Facts: OGKM:src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c (kgspCreateRadix3), nouveau:nvkm/subdev/gsp.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from barewire.softgpu.bus import DmaRefused
from barewire.softgpu.gsp.structs import PAGE_BYTES

if TYPE_CHECKING:
    from barewire.softgpu.dma import DmaPort

ENTRY_BYTES = 8
ENTRIES = PAGE_BYTES // ENTRY_BYTES
LEVELS_BYTES_MAX = ENTRIES * ENTRIES * PAGE_BYTES  # what one page of the second level reaches


class BadRadix3(Exception):
    """The table does not lead to the image; the message says where it breaks."""


class Radix3:
    """An image that lies scattered in host memory.

    Args:
        host: the way to host memory.
        root: bus address of the first level's page.
        size_bytes: of the image.

    Raises:
        BadRadix3: an entry is zero or not a page's address, or a page of the table cannot be read.
    """

    def __init__(self, host: DmaPort, root: int, size_bytes: int) -> None:
        self._host = host
        self.root = root
        self.size_bytes = size_bytes
        if not 0 < size_bytes <= LEVELS_BYTES_MAX:
            raise BadRadix3(f"an image of {size_bytes:#x} bytes: three levels reach {LEVELS_BYTES_MAX:#x}")
        pages = -(-size_bytes // PAGE_BYTES)
        second = self._entries("level 0", [root], 1)
        third = self._entries("level 1", second, -(-pages // ENTRIES))
        self.pages = np.array(self._entries("level 2", third, pages), dtype=np.uint64)

    def _entries(self, level: str, tables: list[int], count: int) -> list[int]:
        found: list[int] = []
        for table in tables:
            wanted = min(ENTRIES, count - len(found))
            found += np.frombuffer(self._table(level, table), dtype="<u8")[:wanted].tolist()
        for index, entry in enumerate(found):
            if entry == 0 or entry % PAGE_BYTES:
                raise BadRadix3(f"{level}, entry {index} is {entry:#x}: not the address of a page")
        return found

    def _table(self, level: str, address: int) -> bytes:
        if address == 0 or address % PAGE_BYTES:
            raise BadRadix3(f"{level} at {address:#x}: not the address of a page")
        try:
            return self._host.read(address, PAGE_BYTES)
        except DmaRefused as refused:
            raise BadRadix3(f"{level}: {refused}") from None

    def runs(self) -> Iterator[tuple[int, int]]:
        """(bus address, bytes) of every stretch of neighbouring pages, in the image's order."""
        breaks = np.flatnonzero(np.diff(self.pages) != PAGE_BYTES) + 1
        starts = [0, *breaks.tolist()]
        ends = [*breaks.tolist(), len(self.pages)]
        for first, last in zip(starts, ends, strict=True):
            yield int(self.pages[first]), (last - first) * PAGE_BYTES

    def verify(self) -> None:
        """Reach for every page of the image without reading it.

        Raises:
            BadRadix3: the host refuses one.
        """
        for address, size in self.runs():
            try:
                for _ in self._host.pieces(address, size, write=False):
                    pass
            except DmaRefused as refused:
                raise BadRadix3(f"a page of the image: {refused}") from None

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Bytes of the image, as far as it goes.

        Raises:
            DmaRefused: the host took it away.
        """
        end = min(offset + size_bytes, self.size_bytes)
        found = []
        while offset < end:
            page, within = divmod(offset, PAGE_BYTES)
            size = min(end - offset, PAGE_BYTES - within)
            found.append(self._host.read(int(self.pages[page]) + within, size))
            offset += size
        return b"".join(found)

    def digest(self, algorithm: str) -> bytes:
        """A hash of the image by `hashlib`'s name of it.

        Raises:
            DmaRefused: the host took it away.
        """
        summed = hashlib.new(algorithm)
        left = self.size_bytes
        for address, size in self.runs():
            for at in range(address, address + size, ENTRIES * PAGE_BYTES):
                piece = min(ENTRIES * PAGE_BYTES, address + size - at, left)
                summed.update(self._host.read(at, piece))
                left -= piece
        return summed.digest()
