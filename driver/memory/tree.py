"""Page tables in memory as a tree: every table that is reached from a root, and the pages in it.

Neighbouring pages of one kind that lie one behind the other in memory are one run.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Union

import numpy as np
from barewire.memory.formats import Leaf, Level, PageTableFormat, TablePointer
from barewire.memory.paging import U64, Words
from barewire.memory.tables import TableReader
from barewire.memory.walker import words_of

Mask = np.ndarray[Any, np.dtype[np.bool_]]


class Run(NamedTuple):
    """Pages in a row, in one table.

    Attributes:
        entry: index of the first page's entry.
        pages: how many there are.
        gpu_va: of the first.
        page_bytes: the size of each.
        leaf: where the first is; None for pages that read as zeros and ignore writes.
    """

    entry: int
    pages: int
    gpu_va: int
    page_bytes: int
    leaf: Leaf | None

    @property
    def size_bytes(self) -> int:
        """Of all its pages."""
        return self.pages * self.page_bytes


@dataclass(frozen=True, repr=False)
class Table:
    """A table, with what its entries lead to.

    Attributes:
        level: of the table.
        place: where it is.
        gpu_va: the first address that it is for.
        index: of the entry above that points to it; 0 for the root.
        below: tables and runs of pages, in the order of their addresses.
    """

    level: Level
    place: TablePointer
    gpu_va: int
    index: int
    below: tuple[Union[Table, Run], ...]  # noqa: UP007  a name that is not there yet takes no |

    @property
    def tables(self) -> int:
        """How many tables there are, this one among them."""
        return 1 + sum(each.tables for each in self.below if isinstance(each, Table))

    @property
    def mapped_bytes(self) -> int:
        """What is mapped below it."""
        return sum(each.mapped_bytes if isinstance(each, Table) else each.size_bytes for each in self.below)

    def _repr_html_(self) -> str:
        """The tree, for notebooks; its branches fold."""
        from barewire.show import tree as shown

        return shown(self).html

    def __repr__(self) -> str:
        from barewire.show import tree as shown

        return shown(self).text


def tree(
    form: PageTableFormat,
    reader: TableReader,
    root: TablePointer,
    start_va: int = 0,
    end_va: int | None = None,
) -> Table:
    """The tables that are reached from a root, for a range of addresses. Change nothing while it runs.

    Raises:
        UsageError: a table is where the reader cannot read.
    """
    last = form.va_end if end_va is None else min(end_va, form.va_end)
    return _Tree(form, reader, (start_va, last)).directory(root, 0, 0, 0)


class _Tree:
    """Reads tables within a range of addresses."""

    def __init__(self, form: PageTableFormat, reader: TableReader, within: tuple[int, int]) -> None:
        self.form = form
        self.reader = reader
        self.within = within
        self._address_bits = {code: form.pte.address[at] for at, code in form.pte.codes.items()}
        self._decoded: dict[int, Leaf | None] = {}  # by all of a word but its address

    def directory(self, place: TablePointer, depth: int, gpu_va: int, index: int) -> Table:
        """A directory and what is below it."""
        level = self.form.directories[depth]
        first, words = words_of(self.reader, place, level, gpu_va, self.within)
        is_page = words[:, 0] & U64(self.form.pte.valid if level.leaf else 0) != 0
        parts: list[Table | Run] = [*self.runs(words[:, 0], is_page, first, level, gpu_va)]
        for row in np.flatnonzero(words.any(axis=1) & ~is_page).tolist():
            number = first + row
            entry_va = gpu_va + number * level.span_bytes
            if level is self.form.directories[-1]:
                parts += self.pair(tuple(words[row].tolist()), entry_va, number)
            else:
                parts += self.below(int(words[row, 0]), depth, entry_va, number)
        parts.sort(key=lambda part: part.entry if isinstance(part, Run) else part.index)
        return Table(level, place, gpu_va, index, _joined(parts))

    def below(self, word: int, depth: int, gpu_va: int, index: int) -> Iterator[Table | Run]:
        """What an entry of an upper directory leads to."""
        pointer = self.form.pde.decode(word)
        if pointer is not None:
            yield self.directory(pointer, depth + 1, gpu_va, index)
        elif word == self.form.pde.sparse:
            yield Run(index, 1, gpu_va, self.form.directories[depth].span_bytes, None)

    def pair(self, words: tuple[int, ...], gpu_va: int, index: int) -> Iterator[Table | Run]:
        """What a dual entry leads to: a table of big pages, one of small pages, or both."""
        big, small = self.form.dual_big.decode(words[0]), self.form.dual_small.decode(words[1])
        if big is None and small is None and words[0] == self.form.dual_big.sparse:
            yield Run(index, 1, gpu_va, self.form.directories[-1].span_bytes, None)
        for place, level in ((big, self.form.big), (small, self.form.small)):
            if place is not None:
                yield self.pages(place, level, gpu_va, index)

    def pages(self, place: TablePointer, level: Level, gpu_va: int, index: int) -> Table:
        """A table of pages."""
        first, words = words_of(self.reader, place, level, gpu_va, self.within)
        column = words[:, 0]
        is_page = (column & U64(self.form.pte.valid) != 0) | (column == U64(self.form.pte.sparse))
        return Table(level, place, gpu_va, index, tuple(self.runs(column, is_page, first, level, gpu_va)))

    def runs(self, words: Words, is_page: Mask, first: int, level: Level, gpu_va: int) -> Iterator[Run]:
        """The pages among a table's entries, joined where they go on in addresses and in memory.

        Args:
            words: of the entries from number `first` on, one each.
            is_page: which of them are pages.
        """
        numbers = np.flatnonzero(is_page)
        if not numbers.size:
            return
        found = words[numbers]
        change = np.diff(found)
        goes_on = found[1:] == U64(self.form.pte.sparse)
        goes_on &= change == 0
        for bits in set(self.form.pte.address.values()):
            goes_on |= change == U64(bits.put(level.span_bytes))
        goes_on &= np.diff(numbers) == 1
        starts = [0, *(np.flatnonzero(~goes_on) + 1).tolist(), numbers.size]
        for start, end in itertools.pairwise(starts):
            entry = first + int(numbers[start])
            entry_va = gpu_va + entry * level.span_bytes
            yield from self.run(found[start:end], entry, entry_va, level.span_bytes)

    def run(self, words: Words, entry: int, gpu_va: int, page_bytes: int) -> Iterator[Run]:
        """Pages whose words go on as those of a run do; one by one where an address outgrew its bits."""
        leaf, count = self.leaf(int(words[0])), len(words)
        if leaf is None or count == 1:
            yield Run(entry, count, gpu_va, page_bytes, leaf)
            return
        if self.leaf(int(words[-1])) == leaf._replace(address=leaf.address + (count - 1) * page_bytes):
            yield Run(entry, count, gpu_va, page_bytes, leaf)
            return
        for number, word in enumerate(words.tolist()):
            yield Run(entry + number, 1, gpu_va + number * page_bytes, page_bytes, self.leaf(word))

    def leaf(self, word: int) -> Leaf | None:
        """The page of a word; pages that say the same share one object that says it."""
        pte = self.form.pte
        if not word & pte.valid:
            return None
        bits = self._address_bits[pte.aperture.take(word)]
        address = bits.take(word)
        said = word - bits.put(address)
        known = self._decoded.get(said)
        if known is None:
            known = self._decoded[said] = pte.decode(said)
        return None if known is None else Leaf(address, known.attributes)


def _joined(parts: list[Table | Run]) -> tuple[Table | Run, ...]:
    """Neighbours that are sparse joined: an entry of a directory each, which no run of pages has."""
    found: list[Table | Run] = []
    for part in parts:
        last = found[-1] if found else None
        if isinstance(part, Run) and isinstance(last, Run) and _are_sparse(last, part):
            found[-1] = last._replace(pages=last.pages + part.pages)
        else:
            found.append(part)
    return tuple(found)


def _are_sparse(run: Run, behind: Run) -> bool:
    """Whether both are, and one begins where the other ends."""
    return run.leaf is None and behind.leaf is None and behind.gpu_va == run.gpu_va + run.size_bytes
