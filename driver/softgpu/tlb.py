"""What the MMU remembers of page tables until it is told to forget.

It forgets nothing by itself, neither pages nor that there was none: who changes tables and does not
invalidate keeps the old translation. A real TLB is smaller, and would hide the mistake now and then.

Facts: OGKM:swref/published/hopper/gh100/dev_vm.h (NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE).
"""

from __future__ import annotations

from enum import IntEnum

from barewire.softgpu.page_tables import PAGE_SHIFTS, FaultType, Leaf, Pdb, Tables

MOST_ENTRIES = 1 << 20  # of one address space; then it starts anew, as it may
TABLES_SHIFT = 21


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


class _Space:
    """What is remembered of one address space."""

    def __init__(self) -> None:
        self.pages: dict[int, dict[int, Leaf]] = {}
        self.faults: dict[int, FaultType] = {}
        self.tables: dict[int, Tables] = {}


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

    def keep(self, pdb: Pdb, gpu_va: int, found: Leaf | FaultType) -> None:
        """Remember what a walk found."""
        space = self._space(pdb)
        if isinstance(found, Leaf):
            shift = found.page_bytes.bit_length() - 1
            pages = space.pages.setdefault(shift, {})
            pages[gpu_va >> shift] = found
            if len(pages) > MOST_ENTRIES:
                pages.clear()
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
            else:
                self._forget_page(space, gpu_va)
            if depth != Depth.PAGES:
                self._forget_tables(space, gpu_va)

    def _forget_page(self, space: _Space, gpu_va: int) -> None:
        for shift, pages in space.pages.items():
            pages.pop(gpu_va >> shift, None)
        space.faults.pop(gpu_va >> PAGE_SHIFTS[0], None)

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
