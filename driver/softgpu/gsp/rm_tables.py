"""Page tables as firmware builds them, for address spaces that it owns.

    tables = RmTables(memory)
    tables.map(gpu_va, [page_entry(Aperture.VRAM, address, kind=6, read_only=False, atomics=True)], shift=12)
    tables.clear(gpu_va, gpu_va + 0x1000)

Firmware keeps account of every entry by itself and does not read tables back. A table is made when an entry
of it is needed and goes when nothing is in it; tables can be held beyond that.

Facts: OGKM:src/nvidia/src/libraries/mmu/mmu_walk*.c (what becomes of tables); RM's tables read back from an
H100 (driver 580).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from barewire.softgpu.gsp.rm_page_table import (
    BIG,
    PAGE_LEVELS,
    PD0,
    PD1,
    PD4,
    SMALL,
    SMALL_OF_BIG,
    SPARSE,
    VALID,
    WORD_BYTES,
    Below,
    Level,
    PageTable,
    next_level,
    pointer,
)
from barewire.softgpu.gsp.status import Refused, Status
from barewire.softgpu.gsp.table_memory import PAGE_BYTES, TableMemory, TablePieces

MOST_ENTRIES_OF_A_PAGE = PAGE_BYTES // WORD_BYTES


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
            below = level if table.level is PD0 else next_level(table.level)
            table = table.below.get(Below(table.level.index(gpu_va), below))
        return table

    def tables(self) -> Iterator[PageTable]:
        """Every table, those above before those below."""
        left = [self.root]
        while left:
            table = left.pop()
            yield table
            left.extend(table.below.values())

    def is_page(self, gpu_va: int) -> bool:
        """Whether an address is in a page that is an entry of a directory."""
        tables = (self.find(gpu_va, level) for level in (PD0, PD1))
        return any(table and table.words.get(table.level.index(gpu_va), 0) & VALID for table in tables)

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
        if len(words) > self._memory.pages * MOST_ENTRIES_OF_A_PAGE:
            raise Refused(Status.NO_MEMORY, f"{len(words)} entries are more than all tables can have")
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
            below = level if table.level is PD0 else next_level(table.level)
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
            as_it_is = index in table.words or not any(place.index == index for place in table.below)
            if as_it_is and high - low == table.level.span:
                table.words[index] = SPARSE
                self._write(table, index)
            else:
                level = self._level_to_fill(table, index, low, high)
                self._make_sparse(self._below(table, index, level), low, high)

    def _level_to_fill(self, table: PageTable, index: int, start: int, end: int) -> Level:
        """Which table below takes sparse entries: one that is there, or big pages if they will do."""
        if table.level is not PD0:
            return next_level(table.level)
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
