"""What the MMU remembers of page tables until it is told to forget.

It forgets nothing by itself, neither pages nor that there was none: who changes tables and does not
invalidate keeps the old translation. A real TLB is smaller, and would hide the mistake now and then.

Facts: OGKM:swref/published/hopper/gh100/dev_vm.h (NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from itertools import pairwise
from typing import Any

import numpy as np
from barewire.softgpu.page_tables import PAGE_SHIFTS, FaultType, Leaf, Level, Pdb, Step, Table, Tables

MOST_ENTRIES = 1 << 20  # of one address space; then it starts anew, as it may
TABLES_SHIFT = 21
SMALL_PAGES = 512  # pages of 4 KiB that one table has


class Depth(IntEnum):
    """How far up an invalidation goes (CACHE_LEVEL). PDE0 are the entries that point at page tables."""

    ALL = 0
    PAGES = 1
    PDE0 = 2
    PDE1 = 3
    PDE2 = 4
    PDE3 = 5
    PDE4 = 6
    PDE5 = 7


class SmallPages:
    """The entries of one table of 4 KiB pages, as far as they were looked up.

    Attributes:
        words: the entries.
        known: which of them were looked up.
    """

    def __init__(self) -> None:
        self.words = np.zeros(SMALL_PAGES, np.uint64)
        self.known = np.zeros(SMALL_PAGES, np.bool_)


class _Space:
    """What is remembered of one address space.

    Attributes:
        pages: by the size's shift, then by address over that size.
        faults: addresses, over 4 KiB, that had no page.
        tables: what the entries of the last directory point at, by address over 2 MiB.
        directories: what those of each other level point at (1 is the last but one), by the address over what
            such an entry covers.
        small: entries of tables of 4 KiB pages, by address over 2 MiB; they may be missing in `pages`.
    """

    def __init__(self) -> None:
        self.pages: dict[int, dict[int, Leaf]] = {}
        self.faults: dict[int, FaultType] = {}
        self.tables: dict[int, Tables] = {}
        self.directories: dict[int, dict[int, Table]] = {}
        self.small: dict[int, SmallPages] = {}


class Tlb:
    """Translations by page directory base.

    Attributes:
        changes: counts invalidations, for who keeps translations of its own.
    """

    def __init__(self) -> None:
        self._spaces: dict[Pdb, _Space] = {}
        self._shifts: dict[int, int] = {}
        self.changes = 0

    def find(self, pdb: Pdb, gpu_va: int) -> Leaf | FaultType | None:
        """A page, or the fault that it was; None if it was never looked up."""
        space = self._spaces.get(pdb)
        if space is None:
            return None
        for shift, pages in space.pages.items():
            leaf = pages.get(gpu_va >> shift)
            if leaf is not None:
                return leaf
        return space.faults.get(gpu_va >> PAGE_SHIFTS[0])

    def find_tables(self, pdb: Pdb, gpu_va: int) -> Tables | None:
        """The page tables of an address, if the directories above them are remembered."""
        space = self._spaces.get(pdb)
        return space.tables.get(gpu_va >> TABLES_SHIFT) if space is not None else None

    def small_pages(self, pdb: Pdb, gpu_va: int) -> SmallPages:
        """What is remembered of the table of 4 KiB pages of an address; to be added to."""
        space = self._space(pdb)
        found = space.small.get(gpu_va >> TABLES_SHIFT)
        if found is None:
            found = space.small[gpu_va >> TABLES_SHIFT] = SmallPages()
        return found

    def has_large_pages(self, pdb: Pdb, gpu_va: int) -> bool:
        """Whether a page of more than 4 KiB is remembered in the 2 MiB around an address."""
        space = self._spaces.get(pdb)
        if space is None:
            return False
        first = gpu_va >> TABLES_SHIFT << TABLES_SHIFT
        for shift, pages in space.pages.items():
            if shift > PAGE_SHIFTS[0] and pages:
                count = max(1, 1 << TABLES_SHIFT >> shift)
                if any(first + (at << shift) >> shift in pages for at in range(count)):
                    return True
        return False

    def keep(self, pdb: Pdb, gpu_va: int, found: Leaf | FaultType) -> None:
        """Remember what a walk found."""
        space = self._space(pdb)
        if isinstance(found, Leaf):
            shift = found.page_bytes.bit_length() - 1
            pages = space.pages.setdefault(shift, {})
            pages[gpu_va >> shift] = found
            if len(pages) > MOST_ENTRIES:
                self._spaces.pop(pdb)
        else:
            space.faults[gpu_va >> PAGE_SHIFTS[0]] = found

    def keep_tables(self, pdb: Pdb, gpu_va: int, tables: Tables) -> None:
        """Remember where the page tables of an address are."""
        self._space(pdb).tables[gpu_va >> TABLES_SHIFT] = tables

    def find_directory(self, pdb: Pdb, gpu_va: int, levels: Sequence[Level]) -> tuple[int, Table] | None:
        """The lowest directory above an address that is remembered, and its level; None for none."""
        space = self._spaces.get(pdb)
        if space is None:
            return None
        for depth in range(len(levels) - 2, -1, -1):
            known = space.directories.get(len(levels) - 1 - depth)
            table = known.get(gpu_va >> levels[depth].low) if known else None
            if table is not None:
                return depth + 1, table
        return None

    def keep_directories(
        self, pdb: Pdb, gpu_va: int, levels: Sequence[Level], first: int, steps: Sequence[Step]
    ) -> None:
        """Remember the directories that a walk came through, which began at level `first`."""
        space = self._space(pdb)
        for depth, (_, below) in enumerate(pairwise(steps), first):
            height = len(levels) - 1 - depth
            if height < 1:
                break
            known = space.directories.setdefault(height, {})
            known[gpu_va >> levels[depth].low] = Table(below.aperture, below.table, False)
            self._shifts[height] = levels[depth].low

    def invalidate(self, pdb: Pdb | None = None, gpu_va: int | None = None, depth: int = Depth.ALL) -> None:
        """Forget.

        Args:
            pdb: of which address space; None for all.
            gpu_va: only the page that holds this address; None for all addresses.
            depth: up to which level of directories, too.
        """
        self.changes += 1
        if pdb is None and gpu_va is None and depth == Depth.ALL:
            self._spaces.clear()
            return
        if pdb is not None and gpu_va is None and depth == Depth.ALL:
            self._spaces.pop(pdb, None)
            return
        named = [self._spaces.get(pdb)] if pdb is not None else list(self._spaces.values())
        spaces = [space for space in named if space is not None]
        for space in spaces:
            if gpu_va is None:
                space.pages.clear()
                space.faults.clear()
                space.small.clear()
            else:
                self._forget_page(space, gpu_va)
            self._forget_directories(space, gpu_va, depth)

    def _forget_page(self, space: _Space, gpu_va: int) -> None:
        for shift, pages in space.pages.items():
            pages.pop(gpu_va >> shift, None)
        space.faults.pop(gpu_va >> PAGE_SHIFTS[0], None)
        small = space.small.get(gpu_va >> TABLES_SHIFT)
        if small is not None:
            small.known[gpu_va >> PAGE_SHIFTS[0] & (SMALL_PAGES - 1)] = False

    def _forget_directories(self, space: _Space, gpu_va: int | None, depth: int) -> None:
        if depth != Depth.PAGES:
            _forget(space.tables, gpu_va, TABLES_SHIFT)
        for height, known in space.directories.items():
            if depth == Depth.ALL or depth - Depth.PDE0 >= height:
                _forget(known, gpu_va, self._shifts[height])

    def _space(self, pdb: Pdb) -> _Space:
        found = self._spaces.get(pdb)
        if found is None:
            found = self._spaces[pdb] = _Space()
        return found


def _forget(known: dict[int, Any], gpu_va: int | None, shift: int) -> None:
    if gpu_va is None:
        known.clear()
    else:
        known.pop(gpu_va >> shift, None)
