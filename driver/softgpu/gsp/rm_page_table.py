"""One page table of version 3 as firmware builds it: its level, what its entries say, and their words.

Facts: OGKM:swref/published/hopper/gh100/dev_mmu.h (entries),
src/nvidia/src/kernel/gpu/mmu/arch/hopper/kern_gmmu_gh100.c (sparse entries);
RM's tables read back from an H100 (driver 580).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from barewire.softgpu.page_tables import Aperture

WORD_BYTES = 8


@dataclass(frozen=True)
class Level:
    """One level of tables.

    Attributes:
        name: NVIDIA's.
        shift: of the addresses that one entry covers.
        entries: of a table.
        entry_bytes: 8, or 16 for a pair of pointers.
        tables: whether entries can lead to tables.
    """

    name: str
    shift: int
    entries: int
    entry_bytes: int
    tables: bool = True

    @property
    def span(self) -> int:
        """Bytes of address space that one entry covers."""
        return 1 << self.shift

    @property
    def table_span(self) -> int:
        """Bytes of address space that a table covers."""
        return self.entries << self.shift

    def index(self, gpu_va: int) -> int:
        """Which entry."""
        return gpu_va >> self.shift & (self.entries - 1)


PD4 = Level("PD4", 56, 2, 8)
PD3 = Level("PD3", 47, 512, 8)
PD2 = Level("PD2", 38, 512, 8)
PD1 = Level("PD1", 29, 512, 8)
PD0 = Level("PD0", 21, 256, 16)
BIG = Level("PT of 64 KiB pages", 16, 32, 8, tables=False)
SMALL = Level("PT of 4 KiB pages", 12, 512, 8, tables=False)

DIRECTORIES = (PD4, PD3, PD2, PD1, PD0)
PAGE_LEVELS = {level.shift: level for level in (SMALL, BIG, PD0, PD1)}
SMALL_OF_BIG = BIG.span // SMALL.span
VA_BITS = 57
ADDRESS_END = 1 << 52  # of memory that an entry can name

# Words of entries.
VALID = 1 << 0
_APERTURE_SHIFT, _PCF_SHIFT, _KIND_SHIFT = 1, 3, 8
_TABLE_IN_VRAM = 1 << _APERTURE_SHIFT
_TABLE_PCF_CACHED_NO_ATS = 2 << _PCF_SHIFT
_POINTER = _TABLE_IN_VRAM | _TABLE_PCF_CACHED_NO_ATS
_PAGE_APERTURES = {Aperture.VRAM: 0, Aperture.COHERENT: 2, Aperture.NONCOHERENT: 3}
_UNCACHED, _READ_ONLY, _NO_ATOMICS, _ACCESS_COUNTERS_OFF = 1 << 0, 1 << 2, 1 << 3, 1 << 4
SPARSE = 1 << _PCF_SHIFT  # of a page and of a directory alike: neither valid nor any aperture


def page_entry(aperture: Aperture, address: int, kind: int, read_only: bool, atomics: bool) -> int:
    """The entry of a page; host memory is not cached by the GPU."""
    pcf = _ACCESS_COUNTERS_OFF
    if aperture.is_host:
        pcf |= _UNCACHED
    if read_only:
        pcf |= _READ_ONLY
    if not atomics:
        pcf |= _NO_ATOMICS
    place = _PAGE_APERTURES[aperture] << _APERTURE_SHIFT
    return address | kind << _KIND_SHIFT | pcf << _PCF_SHIFT | place | VALID


def pointer(table: int) -> int:
    """The entry that leads to a table in video memory."""
    return table | _POINTER


@dataclass(frozen=True)
class Below:
    """Which table an entry leads to; an entry of PD0 can lead to two."""

    index: int
    level: Level


@dataclass(eq=False)
class PageTable:
    """One table.

    Attributes:
        level: of its entries.
        address: of the table, in video memory.
        first_va: the first address that it covers.
        parent: the table whose entry leads to it; None for the root.
        words: entries that are pages, sparse, or lead to tables that are not of this space.
        below: tables that its entries lead to.
        held: how many reasons there are to keep it though nothing is in it.
    """

    level: Level
    address: int
    first_va: int
    parent: PageTable | None = None
    words: dict[int, int] = field(default_factory=dict)
    below: dict[Below, PageTable] = field(default_factory=dict)
    held: int = 0

    @property
    def empty(self) -> bool:
        """Whether nothing needs it."""
        return not (self.words or self.below or self.held)

    @property
    def index_above(self) -> int:
        """The entry of the table over it that leads to it."""
        return self.parent.level.index(self.first_va) if self.parent is not None else 0

    def sibling(self) -> PageTable | None:
        """The table of the other page size beside a table of small or big pages."""
        if self.parent is None:
            return None
        other = SMALL if self.level is BIG else BIG
        return self.parent.below.get(Below(self.index_above, other))

    def covers(self, index: int) -> tuple[int, int]:
        """The addresses start .. end - 1 that an entry covers."""
        start = self.first_va + (index << self.level.shift)
        return start, start + self.level.span

    def part(self, start: int, end: int) -> tuple[int, int]:
        """First and last entry that cover addresses of start .. end - 1."""
        first = max(start - self.first_va, 0) >> self.level.shift
        last = min(end - 1 - self.first_va, self.level.table_span - 1) >> self.level.shift
        return first, last

    def entry(self, index: int) -> bytes:
        """The bytes of an entry."""
        word = self.words.get(index)
        if self.level is not PD0:
            following = self.below.get(Below(index, next_level(self.level))) if self.level.tables else None
            if word is None:
                word = pointer(following.address) if following is not None else 0
            return word.to_bytes(WORD_BYTES, "little")
        if word is not None:
            return word.to_bytes(2 * WORD_BYTES, "little")
        pair = (self.below.get(Below(index, level)) for level in (BIG, SMALL))
        words = (pointer(table.address) if table is not None else 0 for table in pair)
        return b"".join(one.to_bytes(WORD_BYTES, "little") for one in words)


def next_level(level: Level) -> Level:
    """The one level of tables below a directory other than PD0."""
    return DIRECTORIES[DIRECTORIES.index(level) + 1]
