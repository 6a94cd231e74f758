"""Which pages of video memory hold page tables, as far as the MMU has read them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable

from barewire.softgpu.page_tables import Aperture, Pdb, Walk

PAGE_SHIFT = 12


class TablePages:
    """The pages that hold tables, by address space, since it was last invalidated."""

    def __init__(self) -> None:
        self._pages: dict[Pdb, set[int]] = {}
        self._checks: dict[Pdb, int] = {}

    def walked(self, pdb: Pdb, walk: Walk) -> None:
        """Remember the tables that a walk came through."""
        pages = self._pages.setdefault(pdb, set())
        for step in walk.steps:
            if step.aperture is Aperture.VRAM:
                pages.add(step.table >> PAGE_SHIFT)

    def invalidated(self, pdb: Pdb | None) -> None:
        """Tables of one address space, or of all, may be elsewhere now."""
        if pdb is None:
            self._pages.clear()
        else:
            self._pages.pop(pdb, None)

    def changed(self, pdb: Pdb, read: Callable[[int, int], bytes]) -> bool:
        """Whether tables of an address space have other bytes than when this was asked last, or are others.

        Args:
            read: (offset, bytes) of video memory.
        """
        check = 0
        for page in sorted(self._pages.get(pdb, ())):
            check = zlib.crc32(read(page << PAGE_SHIFT, 1 << PAGE_SHIFT), check)
        before, self._checks[pdb] = self._checks.get(pdb), check
        return before != check

    def meet(self, address: int, size_bytes: int, roots: Iterable[Pdb]) -> tuple[str, int] | None:
        """(what, where) of a table of these address spaces within a stretch of video memory."""
        first, last = address >> PAGE_SHIFT, address + size_bytes - 1 >> PAGE_SHIFT
        for root in roots:
            pages = self._pages.get(root)
            for page in pages or ():
                if first <= page <= last:
                    return "a page table", page << PAGE_SHIFT
        return None
