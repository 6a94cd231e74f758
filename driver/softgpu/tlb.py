"""What the MMU remembers of page tables until it is told to forget.

It forgets nothing by itself, neither pages nor that there was none: who changes tables and does not
invalidate keeps the old translation. A real TLB is smaller, and would hide the mistake now and then.

Facts: OGKM:swref/published/hopper/gh100/dev_vm.h (NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE).
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from barewire.softgpu.page_tables import PAGE_SHIFTS, FaultType, Leaf, Pdb, Tables

MOST_ENTRIES = 1 << 20  # of one address space; then it starts anew, as it may
TABLES_SHIFT = 21
SMALL_PAGES = 512  # pages of 4 KiB that one table has


class Depth(IntEnum):
    """How far up an invalidation goes (CACHE_LEVEL)."""

    ALL = 0
    PAGES = 1  # directories stay
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
    """What is remembered of one address space. A page of 4 KiB may be in `small` and not yet in `pages`."""

    def __init__(self) -> None:
        self.pages: dict[int, dict[int, Leaf]] = {}
        self.faults: dict[int, FaultType] = {}
        self.tables: dict[int, Tables] = {}
        self.small: dict[int, SmallPages] = {}


class Tlb:
    """Translations by page directory base.

    Attributes:
        changes: counts invalidations, for who keeps translations of its own.
    """

    def __init__(self) -> None:
        self._spaces: dict[Pdb, _Space] = {}
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

    def invalidate(self, pdb: Pdb | None = None, gpu_va: int | None = None, depth: int = Depth.ALL) -> None:
        """Forget.

        Args:
            pdb: of which address space; None for all.
            gpu_va: only the page that holds this address; None for all addresses.
            depth: `Depth.PAGES` keeps where the page tables are.
        """
        self.changes += 1
        if pdb is None and gpu_va is None and depth != Depth.PAGES:
            self._spaces.clear()
            return
        spaces = list(self._spaces.values()) if pdb is None else [self._space(pdb)]
        for space in spaces:
            if gpu_va is None:
                space.pages.clear()
                space.faults.clear()
                space.small.clear()
            else:
                self._forget_page(space, gpu_va)
            if depth != Depth.PAGES:
                self._forget_tables(space, gpu_va)

    def _forget_page(self, space: _Space, gpu_va: int) -> None:
        for shift, pages in space.pages.items():
            pages.pop(gpu_va >> shift, None)
        space.faults.pop(gpu_va >> PAGE_SHIFTS[0], None)
        small = space.small.get(gpu_va >> TABLES_SHIFT)
        if small is not None:
            small.known[gpu_va >> PAGE_SHIFTS[0] & (SMALL_PAGES - 1)] = False

    def _forget_tables(self, space: _Space, gpu_va: int | None) -> None:
        if gpu_va is None:
            space.tables.clear()
        else:
            space.tables.pop(gpu_va >> TABLES_SHIFT, None)

    def _space(self, pdb: Pdb) -> _Space:
        found = self._spaces.get(pdb)
        if found is None:
            found = self._spaces[pdb] = _Space()
        return found
