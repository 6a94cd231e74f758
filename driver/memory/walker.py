"""Looking an address up in page tables in memory, as the GPU would: to see what is really there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from barewire.errors import UsageError
from barewire.memory.formats import Leaf, Level, PageTableFormat, TablePointer
from barewire.memory.paging import Words
from barewire.memory.tables import TableReader


@dataclass(frozen=True)
class Step:
    """One entry that was read.

    Attributes:
        level: of the table.
        table: where the table is.
        index: of the entry.
        words: the entry's words; two for a dual one.
    """

    level: Level
    table: TablePointer
    index: int
    words: tuple[int, ...]

    def __str__(self) -> str:
        words = ", ".join(f"{word:#x}" for word in self.words)
        where = f"{self.table.aperture.value} {self.table.address:#x}"
        return f"{self.level.name} at {where} [{self.index}] = {words}"


class Walk(NamedTuple):
    """What was found for an address.

    Attributes:
        gpu_va: the address.
        steps: the entries that were read, the root's first.
        leaf: the page; None if there is none.
        page_bytes: its size, or that of the entry that says there is none.
        sparse: whether the range reads as zeros and ignores writes.
    """

    gpu_va: int
    steps: tuple[Step, ...]
    leaf: Leaf | None
    page_bytes: int
    sparse: bool

    @property
    def address(self) -> int | None:
        """Where the byte is, in the leaf's aperture; None if nothing is mapped."""
        return None if self.leaf is None else self.leaf.address + self.gpu_va % self.page_bytes

    def _repr_html_(self) -> str:
        """The address cut into the levels' indices, and what each entry says, for notebooks."""
        from barewire.show import walk as shown

        return shown(self).html

    def __str__(self) -> str:
        end = "sparse" if self.sparse else "not mapped" if self.leaf is None else str(self.leaf)
        return "\n".join([*map(str, self.steps), end])

    def __repr__(self) -> str:
        return str(self)


def walk(form: PageTableFormat, reader: TableReader, root: TablePointer, gpu_va: int) -> Walk:
    """Look an address up.

    Raises:
        UsageError: the format has no such address, or a table is where the reader cannot read.
    """
    if not 0 <= gpu_va < form.va_end:
        raise UsageError(f"{form.name} has no such address", gpu_va=gpu_va, limit_va=form.va_end)
    table, steps = root, list[Step]()
    for level in form.directories:
        words = _read(reader, table, level, gpu_va, steps)
        leaf = form.pte.decode(words[0]) if level.leaf else None
        if leaf is not None:
            return Walk(gpu_va, tuple(steps), leaf, level.span_bytes, False)
        if level is form.directories[-1]:
            return _below(form, reader, words, gpu_va, steps)
        below = form.pde.decode(words[0])
        if below is None:
            return Walk(gpu_va, tuple(steps), None, level.span_bytes, words[0] == form.pde.sparse)
        table = below
    raise UsageError("a format has at least one directory")


class Found(NamedTuple):
    """A page that tables have.

    Attributes:
        gpu_va: of its first byte.
        page_bytes: its size.
        leaf: where it is; None for one that reads as zeros and ignores writes.
    """

    gpu_va: int
    page_bytes: int
    leaf: Leaf | None


def pages(
    form: PageTableFormat, reader: TableReader, root: TablePointer, start: int = 0, end: int | None = None
) -> Iterator[Found]:
    """Every page that touches a range of addresses, in order; each table is read once.

    Raises:
        UsageError: a table is where the reader cannot read.
    """
    last = form.va_end if end is None else min(end, form.va_end)
    if start < last:
        yield from _in_directory(form, reader, root, 0, 0, (start, last))


def _in_directory(
    form: PageTableFormat,
    reader: TableReader,
    table: TablePointer,
    depth: int,
    base: int,
    within: tuple[int, int],
) -> Iterator[Found]:
    level = form.directories[depth]
    for entry_va, words in entries_of(reader, table, level, base, within):
        leaf = form.pte.decode(words[0]) if level.leaf else None
        if leaf is not None:
            yield Found(entry_va, level.span_bytes, leaf)
        elif level is form.directories[-1]:
            yield from _in_pair(form, reader, words, entry_va, within)
        elif below := form.pde.decode(words[0]):
            yield from _in_directory(form, reader, below, depth + 1, entry_va, within)
        elif words[0] == form.pde.sparse:
            yield Found(entry_va, level.span_bytes, None)


def _in_pair(
    form: PageTableFormat, reader: TableReader, words: tuple[int, ...], base: int, within: tuple[int, int]
) -> Iterator[Found]:
    """The pages of a dual entry: big ones hide small ones."""
    big, small = form.dual_big.decode(words[0]), form.dual_small.decode(words[1])
    if big is None and small is None:
        if words[0] == form.dual_big.sparse:
            yield Found(base, form.directories[-1].span_bytes, None)
        return
    found: dict[int, Found] = {}
    for table, level in ((small, form.small), (big, form.big)):
        if table is None:
            continue
        for gpu_va, (word,) in entries_of(reader, table, level, base, within):
            leaf = form.pte.decode(word)
            if leaf is not None or word == form.pte.sparse:
                found[gpu_va] = Found(gpu_va, level.span_bytes, leaf)
    hidden = -1
    for gpu_va in sorted(found):
        if gpu_va >= hidden:
            yield found[gpu_va]
            hidden = gpu_va + found[gpu_va].page_bytes


def entries_of(
    reader: TableReader, table: TablePointer, level: Level, base: int, within: tuple[int, int]
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """(gpu_va, words) of the entries that are not all zeros and touch a range."""
    first, words = words_of(reader, table, level, base, within)
    for index in np.flatnonzero(words.any(axis=1)).tolist():
        yield base + (first + index) * level.span_bytes, tuple(words[index].tolist())


def words_of(
    reader: TableReader, table: TablePointer, level: Level, base: int, within: tuple[int, int]
) -> tuple[int, Words]:
    """The index of the first entry that touches a range, and the words of all that do: a row for each."""
    first, end = level.entries_within(base, within)
    raw = reader.read(table, first * level.entry_bytes, (end - first) * level.entry_bytes)
    return first, np.frombuffer(raw, "<u8").reshape(-1, level.words)


def _below(
    form: PageTableFormat, reader: TableReader, words: tuple[int, ...], gpu_va: int, steps: list[Step]
) -> Walk:
    """The big pages of a dual entry, then the small ones."""
    big, small = form.dual_big.decode(words[0]), form.dual_small.decode(words[1])
    if big is None and small is None:
        sparse = words[0] == form.dual_big.sparse
        return Walk(gpu_va, tuple(steps), None, form.directories[-1].span_bytes, sparse)
    word = 0
    level = form.big
    for table, level in ((big, form.big), (small, form.small)):
        if table is None:
            continue
        (word,) = _read(reader, table, level, gpu_va, steps)
        leaf = form.pte.decode(word)
        if leaf is not None or word:
            return Walk(gpu_va, tuple(steps), leaf, level.span_bytes, word == form.pte.sparse)
    return Walk(gpu_va, tuple(steps), None, level.span_bytes, False)


def _read(
    reader: TableReader, table: TablePointer, level: Level, gpu_va: int, steps: list[Step]
) -> tuple[int, ...]:
    index = level.va_bits.take(gpu_va)
    raw = reader.read(table, index * level.entry_bytes, level.entry_bytes)
    words = tuple(int.from_bytes(raw[at : at + 8], "little") for at in range(0, len(raw), 8))
    steps.append(Step(level, table, index, words))
    return words
