"""Page tables in memory, whoever made them, compared with what our builder makes for the same mappings.

The builder runs on scratch memory, with every table at the place where the other side has it, so that the
pointers have to be the same too. Then every word of every table is compared, set or not. Nothing is followed
in the memory that is looked at: whatever is in it, the comparison ends, and says what is wrong.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from barewire.errors import BadMapping, UsageError
from barewire.memory.fields import Fields
from barewire.memory.formats import Aperture, Level, PageAttributes, PageTableFormat, TablePointer
from barewire.memory.pagetable import PageTables, Table
from barewire.memory.paging import U64, Pages, Words
from barewire.memory.tables import PAGE_BYTES, TablePage, TableRange, TableReader
from barewire.memory.windows import Data

POISON = 0xABABABABABABABAB  # what the builder never wrote, in scratch memory

WRONG_ENTRY = "wrong entry"
MISSING_ENTRY = "missing entry"
EXTRA_ENTRY = "extra entry"
EXTRA_TABLE = "extra table"
MISSING_TABLE = "missing table"
MISPLACED_TABLE = "misplaced table"
UNREADABLE_TABLE = "unreadable table"
STRAY_TABLE = "stray table"


class Place(NamedTuple):
    """Which table of an address space one is.

    Attributes:
        level: its level's name.
        gpu_va: the first address that it is for.
    """

    level: str
    gpu_va: int


class Wanted(NamedTuple):
    """Pages that should be mapped.

    Attributes:
        pages: all of them, by size.
        attributes: what their entries say; None for pages that read as zeros and ignore writes.
    """

    pages: tuple[Pages, ...]
    attributes: PageAttributes | None


@dataclass(frozen=True)
class Difference:
    """A word of a table that is not as our builder makes it, or a table that could not be compared.

    Attributes:
        level: of the table, by name.
        table: where it is.
        index: of the entry.
        word: which word of a dual entry; 0 for others.
        gpu_va: the first address that the entry is for.
        expected: our builder's word; None if none could be made.
        found: the word in memory; None if it could not be read.
        fields: the names of the fields that differ.
        what: what is wrong, one of this module's constants. "Missing" and "misplaced" tables are told at the
            entry that should point to them, "stray" and "unreadable" ones at their own first entry.
        why: more about it, for tables.
    """

    level: str
    table: TablePointer
    index: int
    word: int
    gpu_va: int
    expected: int | None
    found: int | None
    fields: tuple[str, ...] = ()
    what: str = WRONG_ENTRY
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "what": self.what,
            "level": self.level,
            "table": {"aperture": self.table.aperture.value, "address": self.table.address},
            "index": self.index,
            "word": self.word,
            "gpu_va": self.gpu_va,
            "expected": self.expected,
            "found": self.found,
            "fields": list(self.fields),
            "why": self.why,
        }

    def _repr_html_(self) -> str:
        """The difference, for notebooks."""
        from barewire.show import difference as shown

        return shown(self).html

    def __str__(self) -> str:
        which = f"[{self.index}] word 1" if self.word else f"[{self.index}]"
        place = f"{self.table.aperture.value} {self.table.address:#x}"
        where = f"{self.level} at {place} {which} for {self.gpu_va:#x}: {self.what}"
        if self.why:
            return f"{where}: {self.why}"
        words = f"{_hex(self.expected)} expected, {_hex(self.found)} found"
        return f"{where}: {words} ({', '.join(self.fields)})"

    def __repr__(self) -> str:
        return f"<{self}>"


@dataclass(frozen=True)
class Comparison:
    """How page tables in memory compare with our builder's.

    Attributes:
        format: of the tables, by name.
        start_va, end_va: the addresses whose entries were compared.
        entries: how many are set on either side; a dual entry is one.
        words: how many 64-bit words were compared, set or not.
        tables: how many tables were read.
        by_level: level's name -> how many of `entries` are of that level, the root's first.
        differences: in order of levels from the root, then of addresses.
    """

    format: str
    start_va: int
    end_va: int
    entries: int
    words: int
    tables: int
    by_level: Mapping[str, int]
    differences: tuple[Difference, ...]

    @property
    def equal(self) -> bool:
        """Whether there is no difference."""
        return not self.differences

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "format": self.format,
            "start_va": self.start_va,
            "end_va": self.end_va,
            "equal": self.equal,
            "entries": self.entries,
            "words": self.words,
            "tables": self.tables,
            "by_level": dict(self.by_level),
            "differences": [each.to_dict() for each in self.differences],
        }

    def _repr_html_(self) -> str:
        """What was compared and what differs, for notebooks."""
        from barewire.show import comparison as shown

        return shown(self).html

    def __repr__(self) -> str:
        from barewire.show import comparison as shown

        return shown(self).text

    __str__ = __repr__


def rebuild(
    form: PageTableFormat, wanted: Sequence[Wanted], places: Mapping[Place, TablePointer], root: TablePointer
) -> dict[TablePointer, Words]:
    """What our builder writes for mappings if every table is at the place that is given.

    Tables without entries are made too, if they have a place; tables without a place are left out.

    Raises:
        BadMapping: pages collide, or the format cannot hold them.
        UsageError: a place is of no table of this format, or the root's is not `root`.
    """
    built = _PlacedTables(form, wanted, places, root)
    return {table.page.pointer: built.words(table) for table in built.tables() if table not in built.unplaced}


def compare(
    form: PageTableFormat,
    reader: TableReader,
    root: TablePointer,
    wanted: Sequence[Wanted],
    places: Mapping[Place, TablePointer],
    start_va: int = 0,
    end_va: int | None = None,
) -> Comparison:
    """Compare every entry that touches a range, set or not, with what our builder makes.

    Args:
        wanted: all that is mapped.
        places: where the tables are, told by whoever made them. Those that no mapping needs have to be
            linked and empty.
        start_va, end_va: the range; all addresses if they are left out.

    Raises:
        BadMapping: pages that are wanted collide, or the format cannot hold them.
        UsageError: a place is of no table of this format, or the root's is not `root`.
    """
    built = _PlacedTables(form, wanted, places, root)
    last = form.va_end if end_va is None else min(end_va, form.va_end)
    count = _Count(built, reader, (start_va, last))
    order = {level.name: number for number, level in enumerate(form.levels)}
    for table in sorted(built.tables(), key=lambda each: (order[each.level.name], each.gpu_va)):
        count.table(table)
    count.stray(built.stray)
    differences = sorted(count.differences, key=lambda each: (order[each.level], each.gpu_va, each.word))
    return Comparison(
        format=form.name,
        start_va=start_va,
        end_va=last,
        entries=sum(count.by_level.values()),
        words=count.words,
        tables=count.tables,
        by_level=count.by_level,
        differences=tuple(differences),
    )


class _PlacedTables(PageTables):
    """The builder on scratch memory, with tables at places that are given.

    Attributes:
        unplaced: tables that have no place, and why: they are somewhere in scratch memory.
        stray: places of tables that cannot be linked, since a page or a sparse range is there.
    """

    def __init__(
        self,
        form: PageTableFormat,
        wanted: Sequence[Wanted],
        places: Mapping[Place, TablePointer],
        root: TablePointer,
    ) -> None:
        top = Place(form.root.name, 0)
        if places.get(top, root) != root:
            raise UsageError("the root is said to be at two places", address=root.address)
        self._places = {**places, top: root}
        self._scratch = _Scratch()
        self._whys: dict[TablePointer, str] = {}
        self._free_addresses = itertools.count(_end_of_pointers(form) - PAGE_BYTES, -PAGE_BYTES)
        super().__init__(form, self._scratch)
        for each in wanted:
            self.map(each.pages, each.attributes)
        self.stray = [place for place in self._in_order() if not self.make_table(*place)]
        self.unplaced = {
            table: self._whys[table.page.pointer]
            for table in self.tables()
            if table.page.pointer in self._whys
        }

    def words(self, table: Table) -> Words:
        """What was written into a table."""
        return self._scratch.tables[table.page.pointer]

    def told(self, level: Level, table_va: int) -> TablePointer | None:
        """Where a table was said to be; None if nobody said."""
        return self._places.get(Place(level.name, table_va))

    def _in_order(self) -> Iterator[tuple[Level, int]]:
        """The tables that have places, the root first.

        Raises:
            UsageError: the format has no such level.
        """
        levels = {level.name: level for level in self.format.levels}
        for place in self._places:
            if place.level not in levels:
                raise UsageError(
                    f"{self.format.name} has no tables of this level",
                    level=place.level,
                    expected=", ".join(levels),
                )
        for level in self.format.levels:
            yield from ((level, gpu_va) for name, gpu_va in self._places if name == level.name)

    def _obtain(self, level: Level, table_va: int) -> TablePage:
        """The table's own place; somewhere else if it has none that could be its own."""
        pointer = self.told(level, table_va)
        why = self._objection(level, pointer)
        if pointer is None or why:
            pointer = self._elsewhere()
            self._whys[pointer] = why
        self._scratch.tables[pointer] = np.full(level.table_bytes // 8, POISON, U64)
        return TablePage(*pointer, level.table_bytes)

    def _objection(self, level: Level, pointer: TablePointer | None) -> str:
        """Why a table cannot be at a place; empty if it can."""
        if pointer is None:
            return "nobody said where it is"
        if pointer in self._scratch.tables:
            return "another table is said to be there too"
        if level is self.format.root:
            return ""
        hop = self.format.route_to(level).hops[-1]
        entry = self.format.pointer(hop.level, hop.word)
        if pointer.aperture not in entry.codes:
            return f"no entry can point to {pointer.aperture.value} memory"
        try:
            entry.encode(pointer)
        except BadMapping:
            return "no entry can hold this address"
        return ""

    def _elsewhere(self) -> TablePointer:
        """A place that no table has, and none was said to have."""
        told = set(self._places.values())
        pointer = TablePointer(Aperture.VIDEO, next(self._free_addresses))
        while pointer in told:
            pointer = TablePointer(Aperture.VIDEO, next(self._free_addresses))
        return pointer


def _end_of_pointers(form: PageTableFormat) -> int:
    """The first address in video memory that some pointer to a table cannot hold."""
    entries = (form.pde, form.dual_big, form.dual_small)
    return min(entry.address[Aperture.VIDEO].end for entry in entries)


class _Scratch:
    """Memory for tables that have their places already: `barewire.memory.tables.TableStore`."""

    def __init__(self) -> None:
        self.tables: dict[TablePointer, Words] = {}

    @property
    def blocks(self) -> tuple[TableRange, ...]:
        return ()

    def allocate(self, size_bytes: int) -> TablePage:
        raise UsageError("every table has its place here", size_bytes=size_bytes)

    def free(self, page: TablePage) -> None:
        del self.tables[page.pointer]

    def read(self, table: TablePointer, offset: int, size_bytes: int) -> bytes:
        return self.tables[table].tobytes()[offset : offset + size_bytes]

    def write(self, table: TablePointer, offset: int, data: Data) -> None:
        words = np.frombuffer(data, "<u8")
        self.tables[table][offset // 8 : offset // 8 + len(words)] = words

    def fence(self) -> None:
        pass

    def close(self) -> None:
        self.tables.clear()


class _Count:
    """Goes through tables and counts.

    Attributes:
        differences, words, tables, by_level: as `Comparison` has them.
    """

    def __init__(self, built: _PlacedTables, reader: TableReader, within: tuple[int, int]) -> None:
        self.differences: list[Difference] = []
        self.words = 0
        self.tables = 0
        self.by_level = {level.name: 0 for level in built.format.levels}
        self._built = built
        self._fields = Fields(built.format)
        self._reader = reader
        self._within = within

    def table(self, table: Table) -> None:
        """Compare the entries of a table that touch the range."""
        first, end = table.level.entries_within(table.gpu_va, self._within)
        if first >= end or table in self._built.unplaced:
            return
        found = self._read(table, first, end)
        if found is None:
            return
        step = table.level.words
        expected = self._built.words(table)[first * step : end * step].copy()
        for word, child in table.children.items():
            if child in self._built.unplaced and first * step <= word < end * step:
                expected[word - first * step] = found[word - first * step]
                self._unplaced(child, int(found[word - first * step]))
        self.tables += 1
        self.words += len(found)
        is_set = (expected | found).reshape(-1, step).any(axis=1)
        self.by_level[table.level.name] += int(np.count_nonzero(is_set))
        for at in np.flatnonzero(expected != found).tolist():
            self._differs(table, first * step + at, int(expected[at]), int(found[at]))

    def stray(self, tables: Sequence[tuple[Level, int]]) -> None:
        """Tell of tables that cannot be linked where they are said to be."""
        for level, gpu_va in tables:
            first, end = level.entries_within(gpu_va, self._within)
            place = self._built.told(level, gpu_va)
            if first < end and place is not None:
                why = "it is said to be here, but a page or a sparse range takes its place"
                self.differences.append(
                    Difference(level.name, place, 0, 0, gpu_va, None, None, (), STRAY_TABLE, why)
                )

    def _read(self, table: Table, first: int, end: int) -> Words | None:
        """The words of some entries in memory; None if they cannot be read, which is told."""
        size = (end - first) * table.level.entry_bytes
        pointer = table.page.pointer
        try:
            raw = self._reader.read(pointer, first * table.level.entry_bytes, size)
            why = "" if len(raw) == size else f"{len(raw)} bytes were read, not {size}"
        except UsageError as error:
            raw, why = b"", error.message
        if why:
            self.differences.append(
                Difference(
                    table.level.name, pointer, 0, 0, table.gpu_va, None, None, (), UNREADABLE_TABLE, why
                )
            )
            return None
        return np.frombuffer(raw, "<u8")

    def _unplaced(self, child: Table, found: int) -> None:
        """Tell at the entry that should point to a table that the table has no place."""
        table = child.parent
        if table is None:
            return
        told = self._built.told(child.level, child.gpu_va)
        what = MISSING_TABLE if told is None else MISPLACED_TABLE
        why = f"{child.level.name} for {child.gpu_va:#x}: {self._built.unplaced[child]}"
        self.differences.append(
            self._at(table, child.parent_word, None, found, (), what, f"{why}; {found:#x} found")
        )

    def _differs(self, table: Table, word: int, expected: int, found: int) -> None:
        half = word % table.level.words
        fields = self._fields.changed(table.level, half, expected, found)
        what = WRONG_ENTRY
        if not found:
            what = MISSING_ENTRY
        elif not expected:
            what = EXTRA_TABLE if self._is_pointer(table.level, half, found) else EXTRA_ENTRY
        self.differences.append(self._at(table, word, expected, found, fields, what))

    def _is_pointer(self, level: Level, half: int, word: int) -> bool:
        """Whether a word points to a table."""
        form = self._built.format
        if level in (form.big, form.small) or (level.leaf and half == 0 and word & form.pte.valid):
            return False
        return form.pointer(level, half).decode(word) is not None

    @staticmethod
    def _at(
        table: Table,
        word: int,
        expected: int | None,
        found: int,
        fields: tuple[str, ...],
        what: str,
        why: str = "",
    ) -> Difference:
        index, half = divmod(word, table.level.words)
        return Difference(
            level=table.level.name,
            table=table.page.pointer,
            index=index,
            word=half,
            gpu_va=table.va_of(word),
            expected=expected,
            found=found,
            fields=fields,
            what=what,
            why=why,
        )


def _hex(word: int | None) -> str:
    return "nothing" if word is None else f"{word:#x}"
