"""GMMU page tables as the hardware reads them.

A walker only; it caches nothing and asks its `Reader` for every entry.

Facts: OGKM:swref/published/*/dev_fault.h; nouveau:nvkm/subdev/mmu/vmm{gp100,gh100}.c (what goes before what).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import NamedTuple

from barewire.softgpu.page_formats import (
    BIG_TABLE,
    SMALL_TABLE,
    V2,
    V2_TURING,
    V3,
    Absent,
    Aperture,
    Format,
    Level,
    PageWord,
    Table,
)

__all__ = [
    "Absent", "Access", "Aperture", "FaultType", "Format", "Leaf", "Level", "PageWord", "Pdb", "Reader",
    "Step", "Table", "Tables", "Unreadable", "V2", "V2_TURING", "V3", "Walk", "Walker",
]  # fmt: skip

PAGE_SHIFTS = (12, 16, 21, 29)  # 4 KiB, 64 KiB, 2 MiB, 512 MiB


class FaultType(IntEnum):
    """Why a translation failed; the numbers of the fault buffer."""

    PDE = 0
    PDE_SIZE = 1
    PTE = 2
    VA_LIMIT = 3
    UNBOUND_INSTANCE = 4
    PRIVILEGE = 5
    READ_ONLY = 6
    WRITE_ONLY = 7
    PITCH_MASK = 8
    WORK_CREATION = 9
    UNSUPPORTED_APERTURE = 0xA
    COMPRESSION = 0xB
    UNSUPPORTED_KIND = 0xC
    REGION = 0xD
    POISONED = 0xE
    ATOMIC = 0xF


class Access(IntEnum):
    """What was tried; the numbers of the fault buffer."""

    READ = 0
    WRITE = 1
    ATOMIC = 2
    PREFETCH = 3
    ATOMIC_WEAK = 4
    PHYSICAL_READ = 8
    PHYSICAL_WRITE = 9
    PHYSICAL_ATOMIC = 0xA
    PHYSICAL_PREFETCH = 0xB


class Pdb(NamedTuple):
    """The root of an address space: the page directory base."""

    aperture: Aperture
    address: int


class Leaf(NamedTuple):
    """A page as its entry describes it.

    Attributes:
        gpu_va: of the page's first byte.
        page_bytes: of the page.
        address: of the page's first byte, in its aperture.
        kind: how its bytes lie in memory: pitch, block-linear, compressed.
        peer: which GPU, for `Aperture.PEER`.
    """

    gpu_va: int
    page_bytes: int
    aperture: Aperture
    address: int
    kind: int
    volatile: bool
    privileged: bool
    read_only: bool
    atomics: bool
    peer: int


class Step(NamedTuple):
    """One entry that a walk read.

    Attributes:
        level: whose table it is in.
        table: where that is, in its aperture.
        entry: its number in the table.
        word: the entry, of 8 or 16 bytes.
        aperture: which memory the table is in.
    """

    level: str
    table: int
    entry: int
    word: int
    aperture: Aperture


class Walk(NamedTuple):
    """What a walk found.

    Attributes:
        leaf: the page; None for a fault.
        fault: why there is none.
        steps: every entry that was read, from the root on.
        notes: entries that hardware would take and that are wrong all the same.
    """

    leaf: Leaf | None
    fault: FaultType | None
    steps: tuple[Step, ...]
    notes: tuple[str, ...]


class Unreadable(Exception):
    """A table lies where the MMU cannot read."""


# (aperture, address, bytes) -> the bytes; raises Unreadable.
Reader = Callable[[Aperture, int, int], bytes]


class Walker:
    """Reads page tables of one format.

    Args:
        format: of the tables.
        read: how to read memory.
    """

    def __init__(self, format: Format, read: Reader) -> None:
        self.format = format
        self._read = read

    def walk(self, pdb: Pdb, gpu_va: int) -> Walk:
        """Look one address up."""
        return _Lookup(self, gpu_va).from_root(pdb)

    def walk_tables(self, tables: Tables, gpu_va: int) -> Walk:
        """Look one address up from its pair of page tables on."""
        return _Lookup(self, gpu_va).from_tables(tables)

    def tables(self, pdb: Pdb, gpu_va: int, known: tuple[int, Table] | None = None) -> Tables | Walk:
        """The page tables that hold an address; the walk, if it ends before them.

        Args:
            known: a directory on the way, and its level, to begin at.
        """
        return _Lookup(self, gpu_va).down(pdb, known)

    def leaves(self, pdb: Pdb, start: int = 0, end: int | None = None) -> Iterator[Leaf]:
        """Every page of an address range, in order of address; tables that cannot be read have none.

        A 64 KiB page hides the 4 KiB pages in it, as it does for a walk.
        """
        limit = 1 << self.format.va_bits
        yield from self._leaves(
            Table(pdb.aperture, pdb.address, False), 0, 0, start, min(end or limit, limit)
        )

    def small_leaf(self, word: int, gpu_va: int) -> Leaf | FaultType:
        """What an entry of a table of 4 KiB pages says of an address."""
        page = self.format.page(word)
        if isinstance(page, PageWord):
            return _leaf_of(page, gpu_va & -SMALL_TABLE.entry_spans, SMALL_TABLE)
        return _sparse_leaf(gpu_va, SMALL_TABLE.entry_spans) if page.sparse else FaultType.PTE

    def small_words(self, table: Table, first: int, count: int) -> bytes:
        """Entries of a table of 4 KiB pages.

        Raises:
            Unreadable: the table lies where the MMU cannot read.
        """
        size = SMALL_TABLE.entry_bytes
        return self._read(table.aperture, table.address + first * size, count * size)

    def entry(self, table: Table, level: Level, index: int) -> int:
        """One entry, 8 or 16 bytes.

        Raises:
            Unreadable: the table lies where the MMU cannot read.
        """
        at = table.address + index * level.entry_bytes
        return int.from_bytes(self._read(table.aperture, at, level.entry_bytes), "little")

    def _entries(self, table: Table, level: Level, first: int, last: int) -> list[int]:
        size = level.entry_bytes
        try:
            data = self._read(table.aperture, table.address + first * size, (last - first + 1) * size)
        except Unreadable:
            return []
        return [int.from_bytes(data[at : at + size], "little") for at in range(0, len(data), size)]

    def _within(self, level: Level, base: int, start: int, end: int) -> tuple[int, int]:
        """First and last entry of a table at `base` that touch start .. end - 1; last < first for none."""
        first = max(0, start - base >> level.low)
        last = min(level.entries, -(-(end - base) // level.entry_spans)) - 1
        return first, last

    def _leaves(self, table: Table, depth: int, base: int, start: int, end: int) -> Iterator[Leaf]:
        level = self.format.levels[depth]
        first, last = self._within(level, base, start, end)
        if last < first:
            return
        for index, word in enumerate(self._entries(table, level, first, last), first):
            va = base + (index << level.low)
            if word == 0:
                continue
            if level.leaf and word & 1:
                yield from self._leaf(word & (1 << 64) - 1, va, level)
            elif level.entry_bytes == 16:
                yield from self._page_leaves(word, va, start, end)
            else:
                below = self.format.directory(word)
                if isinstance(below, Table):
                    yield from self._leaves(below, depth + 1, va, start, end)

    def _leaf(self, word: int, gpu_va: int, level: Level) -> Iterator[Leaf]:
        found = self.format.page(word)
        if isinstance(found, PageWord):
            yield _leaf_of(found, gpu_va, level)

    def _page_leaves(self, pair: int, base: int, start: int, end: int) -> Iterator[Leaf]:
        big = self.format.big_directory(pair & (1 << 64) - 1)
        small = self.format.directory(pair >> 64)
        hidden: set[int] = set()
        found: list[Leaf] = []
        if isinstance(big, Table):
            for index, word in self._pages(big, BIG_TABLE, base, start, end):
                page = self.format.page(word)
                if isinstance(page, PageWord):
                    found.append(_leaf_of(page, base + (index << 16), BIG_TABLE))
                if isinstance(page, PageWord) or page.sparse or page.hides_small:
                    hidden.add(index)
        if isinstance(small, Table):
            for index, word in self._pages(small, SMALL_TABLE, base, start, end):
                page = self.format.page(word)
                if isinstance(page, PageWord) and index >> 4 not in hidden:
                    found.append(_leaf_of(page, base + (index << 12), SMALL_TABLE))
        yield from sorted(found)

    def _pages(
        self, table: Table, level: Level, base: int, start: int, end: int
    ) -> Iterator[tuple[int, int]]:
        first, last = self._within(level, base, start, end)
        if first <= last:
            for index, word in enumerate(self._entries(table, level, first, last), first):
                if word:
                    yield index, word


class Tables(NamedTuple):
    """The pair of page tables of 2 MiB of address space, and how a walk came to them."""

    big: Table | Absent
    small: Table | Absent
    steps: tuple[Step, ...]
    notes: tuple[str, ...]


def _leaf_of(page: PageWord, gpu_va: int, level: Level) -> Leaf:
    return Leaf(
        gpu_va=gpu_va,
        page_bytes=level.entry_spans,
        aperture=page.aperture,
        address=page.address & -level.entry_spans,
        kind=page.kind,
        volatile=page.volatile,
        privileged=page.privileged,
        read_only=page.read_only,
        atomics=page.atomics,
        peer=page.peer,
    )


def _sparse_leaf(gpu_va: int, page_bytes: int) -> Leaf:
    start = gpu_va & -page_bytes
    return Leaf(start, page_bytes, Aperture.SPARSE, 0, 0, True, False, False, True, 0)


class _Lookup:
    """One walk on its way."""

    def __init__(self, walker: Walker, gpu_va: int) -> None:
        self.walker = walker
        self.format = walker.format
        self.gpu_va = gpu_va
        self.steps: list[Step] = []
        self.notes: list[str] = []

    def from_root(self, pdb: Pdb) -> Walk:
        found = self.down(pdb)
        return found if isinstance(found, Walk) else self.from_tables(found)

    def down(self, pdb: Pdb, known: tuple[int, Table] | None = None) -> Tables | Walk:
        """From the root, or a directory that is known, to the pair of page tables."""
        if self.gpu_va >> self.format.va_bits:
            return self.end(FaultType.VA_LIMIT)
        first, table = known if known is not None else (0, Table(pdb.aperture, pdb.address, False))
        for level in self.format.levels[first:-1]:
            word = self.read(table, level)
            if word is None:
                return self.end(FaultType.PDE)
            if word & 1:
                return self.page_in_directory(word, level)
            self.look_for_strays(level, word, self.format.stray_directory)
            below = self.format.directory(word)
            if isinstance(below, Absent):
                return self.absent(below, level.entry_spans, FaultType.PDE)
            table = below
        return self.last_directory(table, self.format.levels[-1])

    def last_directory(self, table: Table, level: Level) -> Tables | Walk:
        """The level whose entries are a page of 2 MiB, or a big and a small table."""
        word = self.read(table, level)
        if word is None:
            return self.end(FaultType.PDE)
        if word & 1:
            return self.page_in_directory(word & (1 << 64) - 1, level)
        return self.pair(word)

    def page_in_directory(self, word: int, level: Level) -> Walk:
        if not level.leaf:
            self.notes.append(f"{level.name} entry {word:#x} is a page, which that level cannot have")
            return self.end(FaultType.PDE_SIZE)
        return self.page(word, level, self.format.page(word))

    def pair(self, word: int) -> Tables | Walk:
        low, high = word & (1 << 64) - 1, word >> 64
        level = self.format.levels[-1]
        self.look_for_strays(level, low, self.format.stray_big_directory)
        self.look_for_strays(level, high, self.format.stray_directory | 1)
        big, small = self.format.big_directory(low), self.format.directory(high)
        if isinstance(big, Absent) and isinstance(small, Absent):
            return self.absent(Absent(sparse=big.sparse or small.sparse), level.entry_spans, FaultType.PDE)
        return Tables(big, small, tuple(self.steps), tuple(self.notes))

    def from_tables(self, tables: Tables) -> Walk:
        """From the pair of page tables to the page. A big page goes before small ones."""
        self.steps[:], self.notes[:] = tables.steps, tables.notes
        if isinstance(tables.big, Table):
            word = self.read(tables.big, BIG_TABLE)
            if word is None:
                return self.end(FaultType.PTE)
            page = self.format.page(word)
            if isinstance(page, PageWord) or page.sparse:
                return self.page(word, BIG_TABLE, page)
            if page.hides_small:
                return self.end(FaultType.PTE)
        if isinstance(tables.small, Absent):
            return self.absent(tables.small, SMALL_TABLE.entry_spans, FaultType.PTE)
        word = self.read(tables.small, SMALL_TABLE)
        if word is None:
            return self.end(FaultType.PTE)
        return self.page(word, SMALL_TABLE, self.format.page(word))

    def page(self, word: int, level: Level, page: PageWord | Absent) -> Walk:
        if isinstance(page, Absent):
            return self.absent(page, level.entry_spans, FaultType.PTE)
        self.look_for_strays(level, word, self.format.stray_page)
        if page.address % level.entry_spans:
            self.notes.append(f"{level.name} entry {word:#x}: the page is not aligned to its size")
        return self.end(None, _leaf_of(page, self.gpu_va & -level.entry_spans, level))

    def absent(self, absent: Absent, spans: int, fault: FaultType) -> Walk:
        if absent.sparse:
            return self.end(None, _sparse_leaf(self.gpu_va, spans))
        return self.end(fault)

    def read(self, table: Table, level: Level) -> int | None:
        index = level.index(self.gpu_va)
        try:
            word = self.walker.entry(table, level, index)
        except Unreadable as why:
            self.notes.append(f"{level.name} at {table.address:#x} cannot be read: {why}")
            return None
        self.steps.append(Step(level.name, table.address, index, word, table.aperture))
        return word

    def look_for_strays(self, level: Level, word: int, mask: int) -> None:
        if word & mask:
            self.notes.append(
                f"{level.name} entry {word:#x} has bits set that mean nothing: {word & mask:#x}"
            )

    def end(self, fault: FaultType | None, leaf: Leaf | None = None) -> Walk:
        return Walk(leaf, fault, tuple(self.steps), tuple(self.notes))
