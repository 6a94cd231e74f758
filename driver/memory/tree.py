"""Page tables in memory as a tree: every table that is reached from a root, and the pages in it.

Neighbouring pages of one kind that lie one behind the other in memory are one run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Union

from barewire.memory.formats import Leaf, Level, PageTableFormat, TablePointer
from barewire.memory.tables import TableReader
from barewire.memory.walker import entries_of


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

    def directory(self, place: TablePointer, depth: int, gpu_va: int, index: int) -> Table:
        """A directory and what is below it."""
        level = self.form.directories[depth]
        parts: list[Table | Run] = []
        for entry_va, words in entries_of(self.reader, place, level, gpu_va, self.within):
            number = (entry_va - gpu_va) // level.span_bytes
            leaf = self.form.pte.decode(words[0]) if level.leaf else None
            if leaf is not None:
                parts.append(Run(number, 1, entry_va, level.span_bytes, leaf))
            elif level is self.form.directories[-1]:
                parts += self.pair(words, entry_va, number)
            else:
                parts += self.below(words[0], depth, entry_va, number)
        return Table(level, place, gpu_va, index, _in_runs(parts))

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
        runs = []
        for entry_va, (word,) in entries_of(self.reader, place, level, gpu_va, self.within):
            leaf = self.form.pte.decode(word)
            if leaf is not None or word == self.form.pte.sparse:
                number = (entry_va - gpu_va) // level.span_bytes
                runs.append(Run(number, 1, entry_va, level.span_bytes, leaf))
        return Table(level, place, gpu_va, index, _in_runs(runs))


def _in_runs(parts: list[Table | Run] | list[Run]) -> tuple[Table | Run, ...]:
    """Pages in a row joined."""
    found: list[Table | Run] = []
    for part in parts:
        last = found[-1] if found else None
        if isinstance(part, Run) and isinstance(last, Run) and _goes_on(last, part):
            found[-1] = last._replace(pages=last.pages + 1)
        else:
            found.append(part)
    return tuple(found)


def _goes_on(run: Run, page: Run) -> bool:
    """Whether a page is the next of a run, in addresses and in memory."""
    if page.gpu_va != run.gpu_va + run.size_bytes or page.page_bytes != run.page_bytes:
        return False
    if run.leaf is None or page.leaf is None:
        return run.leaf is page.leaf
    same = run.leaf.attributes == page.leaf.attributes
    return same and page.leaf.address == run.leaf.address + run.size_bytes
