"""Firmware's own video memory for the page tables that it builds: pages, and pieces of 256 bytes of one.

Tables of 64 KiB pages are smaller than a page; several of one address space lie in one page.

Facts: RM's tables read back from an H100 (driver 580): tables at 4 KiB steps in the order in which they were
needed, tables of 64 KiB pages at 256-byte steps within a page.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from barewire.softgpu.gsp.status import Refused, Status

if TYPE_CHECKING:
    from barewire.softgpu.vram import Vram

PAGE_BYTES = 4096
PIECE_BYTES = 256


class TableMemory:
    """Pages for tables.

    Args:
        vram: the video memory.
        start, end: the stretch of it that is for tables; offsets, multiples of 4 KiB.

    Attributes:
        pages: how many there are.
        in_use: those that were taken and not given back.
    """

    def __init__(self, vram: Vram, start: int, end: int) -> None:
        self.vram = vram
        self.pages = (end - start) // PAGE_BYTES
        self.in_use = 0
        self._next = start
        self._end = end
        self._given_back: list[int] = []

    def take(self) -> int:
        """The lowest free page, filled with zeros; its offset in video memory.

        Raises:
            Refused: NO_MEMORY.
        """
        if self._given_back:
            page = heapq.heappop(self._given_back)
        elif self._next < self._end:
            page = self._next
            self._next += PAGE_BYTES
        else:
            raise Refused(Status.NO_MEMORY, "firmware's memory for page tables is used up")
        self.in_use += 1
        self.vram.fill(page, PAGE_BYTES, 0)
        return page

    def give_back(self, page: int) -> None:
        """Nothing uses a page any more."""
        heapq.heappush(self._given_back, page)
        self.in_use -= 1


class TablePieces:
    """Pieces of pages, for the small tables of one address space.

    Args:
        pages: where the pages come from.
    """

    def __init__(self, pages: TableMemory) -> None:
        self._pages = pages
        self._free: dict[int, list[int]] = {}

    def take(self) -> int:
        """A free piece, filled with zeros; its offset in video memory.

        Raises:
            Refused: NO_MEMORY.
        """
        page = next((page for page, free in self._free.items() if free), None)
        if page is None:
            page = self._pages.take()
            self._free[page] = list(range(page, page + PAGE_BYTES, PIECE_BYTES))
        piece = heapq.heappop(self._free[page])
        self._pages.vram.fill(piece, PIECE_BYTES, 0)
        return piece

    def give_back(self, piece: int) -> None:
        """Nothing uses a piece any more; a page of free pieces alone goes back too."""
        page = piece - piece % PAGE_BYTES
        heapq.heappush(self._free[page], piece)
        if len(self._free[page]) == PAGE_BYTES // PIECE_BYTES:
            del self._free[page]
            self._pages.give_back(page)
