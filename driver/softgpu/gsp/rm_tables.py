"""Page tables of version 3 as firmware builds them, for address spaces that it owns.

    tables = RmTables(memory)
    tables.map(gpu_va, [page_entry(Aperture.VRAM, address, kind=6)], shift=12)
    tables.clear(gpu_va, gpu_va + 0x1000)

Firmware keeps account of every entry by itself and does not read tables back. A table is made when an entry
of it is needed and goes when nothing is in it; tables can be held beyond that.

Facts: OGKM:swref/published/hopper/gh100/dev_mmu.h (entries), src/nvidia/src/libraries/mmu/mmu_walk*.c (what
becomes of tables), src/nvidia/src/kernel/gpu/mmu/arch/hopper/kern_gmmu_gh100.c (sparse entries); RM's tables
read back from an H100 (driver 580).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from barewire.softgpu.gsp.status import Refused
from barewire.softgpu.gsp.table_memory import TableMemory, TablePieces
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

# Words of entries.
_VALID = 1 << 0
_APERTURE_SHIFT, _PCF_SHIFT, _KIND_SHIFT = 1, 3, 8
_TABLE_IN_VRAM = 1 << _APERTURE_SHIFT
_TABLE_PCF_CACHED_NO_ATS = 2 << _PCF_SHIFT
_POINTER = _TABLE_IN_VRAM | _TABLE_PCF_CACHED_NO_ATS
_PAGE_APERTURES = {Aperture.VRAM: 0, Aperture.COHERENT: 2, Aperture.NONCOHERENT: 3}
_UNCACHED, _READ_ONLY, _NO_ATOMICS, _ACCESS_COUNTERS_OFF = 1 << 0, 1 << 2, 1 << 3, 1 << 4
SPARSE = 1 << _PCF_SHIFT  # of a page and of a directory alike: neither valid nor any aperture


def page_entry(
    aperture: Aperture, address: int, kind: int, read_only: bool = False, atomics: bool = True
) -> int:
    """The entry of a page; host memory is not cached by the GPU."""
    pcf = _ACCESS_COUNTERS_OFF
    if aperture.is_host:
        pcf |= _UNCACHED
    if read_only:
        pcf |= _READ_ONLY
    if not atomics:
        pcf |= _NO_ATOMICS
    place = _PAGE_APERTURES[aperture] << _APERTURE_SHIFT
    return address | kind << _KIND_SHIFT | pcf << _PCF_SHIFT | place | _VALID


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
            following = self.below.get(Below(index, _next(self.level))) if self.level.tables else None
            if word is None:
                word = pointer(following.address) if following is not None else 0
            return word.to_bytes(WORD_BYTES, "little")
        if word is not None:
            return word.to_bytes(2 * WORD_BYTES, "little")
        pair = (self.below.get(Below(index, level)) for level in (BIG, SMALL))
        words = (pointer(table.address) if table is not None else 0 for table in pair)
        return b"".join(one.to_bytes(WORD_BYTES, "little") for one in words)


def _next(level: Level) -> Level:
    """The one level of tables below a directory other than PD0."""
    return DIRECTORIES[DIRECTORIES.index(level) + 1]


class RmTables:
    """The tables of one address space.

    Args:
        memory: where they lie.

    Attributes:
        root: the first of them.
    """

    def __init__(self, memory: TableMemory) -> None:
        self._memory = memory
        self._pieces = TablePieces(memory)
        self.root = PageTable(PD4, memory.take(), 0)

    def close(self) -> None:
        """Give all tables back."""
        self._drop(self.root)

    def _drop(self, table: PageTable) -> None:
        for below in list(table.below.values()):
            self._drop(below)
        table.below.clear()
        (self._pieces if table.level is BIG else self._memory).give_back(table.address)

    # Looking.

    def find(self, gpu_va: int, level: Level) -> PageTable | None:
        """The table of a level that covers an address; None if there is none."""
        table: PageTable | None = self.root
        while table is not None and table.level is not level:
            if not table.level.tables:
                return None
            below = level if table.level is PD0 else _next(table.level)
            table = table.below.get(Below(table.level.index(gpu_va), below))
        return table

    def is_page(self, gpu_va: int) -> bool:
        """Whether an address is in a page that is an entry of a directory."""
        tables = (self.find(gpu_va, level) for level in (PD0, PD1))
        return any(table and table.words.get(table.level.index(gpu_va), 0) & _VALID for table in tables)

    # Changing.

    def lead_elsewhere(self, gpu_va: int, table: int) -> None:
        """Let an entry of PD1 lead to a table that is not of this space, for good.

        Raises:
            Refused: NO_MEMORY.
        """
        directory = self._reach(gpu_va, PD1)
        self._put(directory, PD1.index(gpu_va), [pointer(table)])

    def map(self, gpu_va: int, words: Sequence[int], shift: int) -> None:
        """Write the entries of pages that follow one another, and make the tables that they need.

        Args:
            gpu_va: of the first page.
            words: the pages' entries.
            shift: of the pages' size: 12, 16, 21 or 29.

        Raises:
            Refused: NO_MEMORY; nothing is mapped then.
        """
        try:
            self._map(gpu_va, words, PAGE_LEVELS[shift])
        except Refused:
            self.clear(gpu_va, gpu_va + (len(words) << shift))
            raise

    def _map(self, gpu_va: int, words: Sequence[int], level: Level) -> None:
        done = 0
        while done < len(words):
            at = gpu_va + (done << level.shift)
            first = level.index(at)
            part = words[done : done + level.entries - first]
            self._put(self._reach(at, level), first, part)
            done += len(part)

    def clear(self, start: int, end: int) -> None:
        """Let the addresses start .. end - 1 lead nowhere, and give back tables with nothing in them."""
        self._clear(self.root, start, end)

    def make_sparse(self, start: int, end: int) -> None:
        """Let addresses read as zeros without a fault.

        Raises:
            Refused: NO_MEMORY; none of them is sparse then, and none is mapped.
        """
        try:
            self._make_sparse(self.root, start, end)
        except Refused:
            self.clear(start, end)
            raise

    def hold(self, start: int, end: int, shifts: Iterable[int]) -> list[PageTable]:
        """Make the tables for pages of some sizes ahead, and keep them; for `release`.

        A large page gives way to tables that are new below its entry.

        Raises:
            Refused: NO_MEMORY; nothing is held then.
        """
        made: list[PageTable] = []
        try:
            for shift in shifts:
                level = PAGE_LEVELS[shift]
                for at in range(start - start % level.table_span, end, level.table_span):
                    table = self._reach(at, level)
                    table.held += 1
                    made.append(table)
        except Refused:
            self.release(made)
            raise
        return made

    def release(self, held: Iterable[PageTable]) -> None:
        """Let tables go that were held, where nothing is in them."""
        for table in held:
            table.held -= 1
            self._give_back_if_empty(table)

    # How.

    def _reach(self, gpu_va: int, level: Level) -> PageTable:
        """The table of a level that covers an address, made with all that lead to it where it is missing."""
        table = self.root
        while table.level is not level:
            below = level if table.level is PD0 else _next(table.level)
            table = self._below(table, table.level.index(gpu_va), below)
        return table

    def _below(self, table: PageTable, index: int, level: Level) -> PageTable:
        """The table that an entry leads to, made if it is missing.

        An entry that was sparse is split; a page gives way to a table that is new.
        """
        place = Below(index, level)
        following = table.below.get(place)
        new = following is None
        if following is None:
            following = self._make(table, place)
        word = table.words.get(index)
        if word == SPARSE:
            self._put(following, 0, [SPARSE] * level.entries)
        if new or word == SPARSE:
            table.words.pop(index, None)
            self._write(table, index)
        return following

    def _make(self, table: PageTable, place: Below) -> PageTable:
        """A new table below an entry, which does not lead to it yet."""
        try:
            address = (self._pieces if place.level is BIG else self._memory).take()
        except Refused:
            self._give_back_if_empty(table)
            raise
        made = PageTable(place.level, address, table.covers(place.index)[0], table)
        table.below[place] = made
        return made

    def _put(self, table: PageTable, first: int, words: Sequence[int]) -> None:
        """Set entries that are no tables of this space."""
        if table.level.tables:
            for index, word in enumerate(words, first):
                table.words[index] = word
                self._write(table, index)
                self._empty_below(table, index)
            return
        table.words.update(enumerate(words, first))
        data = b"".join(word.to_bytes(WORD_BYTES, "little") for word in words)
        self._memory.vram.write(table.address + first * WORD_BYTES, data)
        self._settle_sibling(table, first, first + len(words) - 1)

    def _empty_below(self, table: PageTable, index: int) -> None:
        """Clear the tables below an entry that has become a page; held ones stay, and lead nowhere."""
        for place, following in list(table.below.items()):
            if place.index == index:
                self._clear(following, *table.covers(index))
                self._give_back_if_empty(following)

    def _settle_sibling(self, table: PageTable, first: int, last: int) -> None:
        """The other table of the same addresses says nothing about entries that were just set."""
        other = table.sibling()
        if other is None:
            return
        if table.level is BIG:
            self._remove(other, first * SMALL_OF_BIG, (last + 1) * SMALL_OF_BIG - 1)
        else:
            for group in {first // SMALL_OF_BIG, last // SMALL_OF_BIG}:
                self._split_big(table, other, group, first, last)
            self._remove(other, first // SMALL_OF_BIG, last // SMALL_OF_BIG)
        self._give_back_if_empty(other)

    def _split_big(self, small: PageTable, big: PageTable, group: int, first: int, last: int) -> None:
        """Where a big entry was sparse, its small entries that were not set are sparse."""
        if big.words.get(group) != SPARSE:
            return
        for index in range(group * SMALL_OF_BIG, (group + 1) * SMALL_OF_BIG):
            if not first <= index <= last:
                small.words[index] = SPARSE
                self._write(small, index)

    def _make_sparse(self, table: PageTable, start: int, end: int) -> None:
        first, last = table.part(start, end)
        if not table.level.tables:
            self._put(table, first, [SPARSE] * (last - first + 1))
            return
        for index in range(first, last + 1):
            low, high = table.covers(index)
            low, high = max(low, start), min(high, end)
            if table.words.get(index) == SPARSE:
                continue
            leads = any(place.index == index for place in table.below)
            whole = high - low == table.level.span
            if whole and (index in table.words or not leads):
                table.words[index] = SPARSE
                self._write(table, index)
            else:
                level = self._level_to_fill(table, index, low, high)
                self._make_sparse(self._below(table, index, level), low, high)

    def _level_to_fill(self, table: PageTable, index: int, start: int, end: int) -> Level:
        """Which table below takes sparse entries: one that is there, or big pages if they will do."""
        if table.level is not PD0:
            return _next(table.level)
        fitting = [level for level in (BIG, SMALL) if not (start | end) % level.span]
        there = [level for level in fitting if Below(index, level) in table.below]
        return (there or fitting)[0]

    def _clear(self, table: PageTable, start: int, end: int) -> None:
        first, last = table.part(start, end)
        if not table.level.tables:
            self._remove(table, first, last)
            return
        for index in [index for index in table.words if first <= index <= last]:
            low, high = table.covers(index)
            if start <= low and high <= end:
                del table.words[index]
                self._write(table, index)
        for place, following in list(table.below.items()):
            if first <= place.index <= last:
                self._clear(following, start, end)
                if following.empty:
                    self._unlink(following)

    def _remove(self, table: PageTable, first: int, last: int) -> None:
        """Set entries of a table of pages to nothing."""
        for index in range(first, last + 1):
            table.words.pop(index, None)
        self._memory.vram.fill(table.address + first * WORD_BYTES, (last - first + 1) * WORD_BYTES, 0)

    def _give_back_if_empty(self, table: PageTable | None) -> None:
        """Give a table back, and those over it, as far as nothing needs them."""
        while table is not None and table.parent is not None and table.empty:
            parent = table.parent
            self._unlink(table)
            table = parent

    def _unlink(self, table: PageTable) -> None:
        """Take the entry away that leads to a table, and give the table back."""
        parent = table.parent
        if parent is None:
            raise ValueError("the root stays")
        index = table.index_above
        del parent.below[Below(index, table.level)]
        self._write(parent, index)
        (self._pieces if table.level is BIG else self._memory).give_back(table.address)

    def _write(self, table: PageTable, index: int) -> None:
        """Write an entry as it stands now into video memory."""
        at = table.address + index * table.level.entry_bytes
        self._memory.vram.write(at, table.entry(index))

    def tables(self) -> Iterator[PageTable]:
        """Every table, those above before those below."""
        left = [self.root]
        while left:
            table = left.pop()
            yield table
            left.extend(table.below.values())
