"""Page tables of our own: the builder.

What it is asked for is done as a whole or refused: a refusal has written nothing. A page is mapped or not:
unmapping part of one is refused, there is no splitting of pages. Tables that become empty are unlinked at
once and freed by `settle`, once the caller has made the GPU forget what it knows of them.

In a slot of 64 KiB either the big table has an entry or the small one: the GPU looks at the big one first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from barewire.errors import BadMapping
from barewire.memory.formats import Level, PageAttributes, PageTableFormat, Route, TablePointer
from barewire.memory.paging import U64, Pages, Words, cut
from barewire.memory.tables import TablePage, TableStore
from barewire.memory.vram import Extent


class Invalidation(NamedTuple):
    """What the GPU may remember wrongly, and has to forget.

    Attributes:
        root: of the tables that changed.
        gpu_va, size_bytes: the range that changed.
        depth: the highest level that changed: 0 tables of pages, 1 the directory above them, ...
        revoked: whether something was taken away: accesses that are on their way have to be awaited too.
    """

    root: TablePointer
    gpu_va: int
    size_bytes: int
    depth: int
    revoked: bool


class Table:
    """A table in memory, with a copy of its words.

    Attributes:
        level: what it is.
        page: where it is.
        words: its entries; entries of 16 bytes have two each.
        children: tables below it, by the word that points to them.
        parent, parent_word: where it hangs; None for the root.
    """

    __slots__ = ("children", "level", "page", "parent", "parent_word", "words")

    def __init__(self, level: Level, page: TablePage, parent: Table | None, parent_word: int) -> None:
        self.level = level
        self.page = page
        self.words: Words = np.zeros(level.table_bytes // 8, U64)
        self.children: dict[int, Table] = {}
        self.parent = parent
        self.parent_word = parent_word

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it."""
        return not self.words.any()

    def word_of(self, gpu_va: int, half: int = 0) -> int:
        """The word that an address belongs to."""
        return self.level.va_bits.take(gpu_va) * self.level.words + half


class _Run(NamedTuple):
    """Pages of one table."""

    route: Route
    table_va: int
    pages: Pages

    @property
    def first_word(self) -> int:
        return self.route.level.va_bits.take(int(self.pages.gpu_vas[0])) * self.route.level.words

    @property
    def end_word(self) -> int:
        return self.route.level.va_bits.take(int(self.pages.gpu_vas[-1])) * self.route.level.words + 1

    def words(self) -> slice | np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Their words in the table."""
        level = self.route.level
        first, end = self.first_word, self.end_word
        if (end - 1 - first) // level.words + 1 == len(self.pages.gpu_vas):
            return slice(first, end, level.words)
        shift, mask = U64(level.va_bits.low), U64(level.entries - 1)
        return (((self.pages.gpu_vas >> shift) & mask).astype(np.int64)) * level.words


class PageTables:
    """The tables of one address space. The caller sees to it that one thread at a time uses them.

    Attributes:
        format: what they look like.
        store: the memory that they are in.
        root: where the first directory is.
        written_bytes: how much was written into tables so far.

    Args:
        adopted: a root that somebody else made, to hang our tables into; after close(), the entries that we
            used are as they were before.
    """

    def __init__(self, form: PageTableFormat, store: TableStore, adopted: TablePointer | None = None) -> None:
        self.format = form
        self.store = store
        self.written_bytes = 0
        self._before: Words | None = None
        self._retired: list[TablePage] = []
        if adopted is None:
            page = store.allocate(form.root.table_bytes)
            self._root = Table(form.root, page, None, 0)
            self._write(self._root, 0, len(self._root.words))
        else:
            page = TablePage(adopted.aperture, adopted.address, form.root.table_bytes)
            self._root = Table(form.root, page, None, 0)
            self._before = np.frombuffer(store.read(adopted, 0, form.root.table_bytes), U64)

    @property
    def root(self) -> TablePointer:
        """Where the first directory is."""
        return self._root.page.pointer

    def tables(self) -> Iterator[Table]:
        """Every table, the root first."""
        waiting = [self._root]
        while waiting:
            table = waiting.pop()
            yield table
            waiting += table.children.values()

    # Mapping

    def map(self, pages: Sequence[Pages], attributes: PageAttributes) -> Invalidation:
        """Map pages where nothing is mapped.

        Raises:
            BadMapping: something is mapped there, or the format has no such page, address or attribute.
            OutOfVram, DmaError: there is no memory for tables.
        """
        runs = self._runs(pages)
        if len(pages) > 1:
            self._check_apart(pages)
        entries = self._entries(runs, attributes)
        self._check_free(runs)
        return self._place(runs, entries)

    def map_sparse(self, gpu_va: int, size_bytes: int, page_bytes: int | None = None) -> Invalidation:
        """Let a range where nothing is mapped read as zeros and ignore writes.

        Args:
            page_bytes: of all pages; None for the largest that fit, up to 2 MiB.

        Raises:
            BadMapping: something is mapped there, or the range is not of whole pages.
            OutOfVram, DmaError: there is no memory for tables.
        """
        sizes = [size for size in self.format.page_sizes if size <= self.format.directories[-1].span_bytes]
        if page_bytes is not None:
            sizes = [size for size in sizes if size == page_bytes]
        found, left = cut(gpu_va, [Extent(gpu_va, size_bytes)], sizes)
        if left or not found:
            raise BadMapping(
                "a sparse range is made of whole pages",
                gpu_va=gpu_va,
                size_bytes=size_bytes,
                page_bytes=page_bytes,
            )
        runs = self._runs([Pages(each.page_bytes, each.gpu_vas, None) for each in found])
        self._check_free(runs)
        return self._place(runs, [U64(self.format.pte.sparse)] * len(runs))

    def unmap(self, gpu_va: int, size_bytes: int) -> Invalidation:
        """Unmap a range, sparse or not, of which every page is mapped.

        Raises:
            BadMapping: part of it is not mapped, or a page is only partly in it.
        """
        self._check_range(gpu_va, size_bytes)
        found = list(self._used(self._root, 0, gpu_va, gpu_va + size_bytes))
        mapped = sum(
            int(np.count_nonzero(table.words[first:end:step])) * table.level.span_bytes
            for table, first, end, step in found
        )
        if mapped != size_bytes:
            raise BadMapping(
                "part of the range is not mapped", gpu_va=gpu_va, size_bytes=size_bytes, mapped_bytes=mapped
            )
        spans: dict[Table, tuple[int, int]] = {}
        for table, first, end, step in found:
            table.words[first:end:step] = 0
            _widen(spans, table, first, end)
        depth = self._drop_empty(spans)
        for table, (first, end) in spans.items():
            self._write(table, first, end)
        self.store.fence()
        return Invalidation(self.root, gpu_va, size_bytes, depth, revoked=True)

    def settle(self) -> None:
        """Free the tables that are not used any more: the GPU has forgotten them."""
        retired, self._retired = self._retired, []
        for page in retired:
            self.store.free(page)

    def close(self) -> None:
        """Free every table; the GPU must not use them any more."""
        self.settle()
        for table in list(self.tables()):
            if table is not self._root:
                self.store.free(table.page)
        self._root.children.clear()
        if self._before is None:
            self.store.free(self._root.page)
            return
        used = np.flatnonzero(self._root.words)
        for word in used.tolist():
            self._root.words[word] = self._before[word]
            self._write(self._root, word, word + 1)
        self.store.fence()

    # What is asked for, by tables

    def _runs(self, pages: Sequence[Pages]) -> list[_Run]:
        found: list[_Run] = []
        if not pages:
            raise BadMapping("no page was given")
        for each in pages:
            route = self.format.routes.get(each.page_bytes)
            if route is None:
                raise BadMapping(
                    f"{self.format.name} has no such pages",
                    page_bytes=each.page_bytes,
                    expected=", ".join(map(str, self.format.page_sizes)),
                )
            self._check_pages(each)
            shift = U64(route.level.va_bits.high + 1)
            table_vas = (each.gpu_vas >> shift) << shift
            starts = np.flatnonzero(np.diff(table_vas, prepend=~table_vas[:1])).tolist()
            for first, end in zip(starts, [*starts[1:], len(table_vas)], strict=True):
                addresses = None if each.addresses is None else each.addresses[first:end]
                part = Pages(each.page_bytes, each.gpu_vas[first:end], addresses)
                found.append(_Run(route, int(table_vas[first]), part))
        return found

    def _check_pages(self, pages: Pages) -> None:
        if not len(pages.gpu_vas):
            raise BadMapping("no page was given")
        mask = U64(pages.page_bytes - 1)
        askew = bool((pages.gpu_vas & mask).any())
        if pages.addresses is not None:
            askew = askew or bool((pages.addresses & mask).any())
        if askew:
            raise BadMapping(
                "pages begin at multiples of their size, in both address spaces", page_bytes=pages.page_bytes
            )
        if len(pages.gpu_vas) > 1 and not (pages.gpu_vas[1:] > pages.gpu_vas[:-1]).all():
            raise BadMapping("pages are given in order of their addresses, each once")
        self._check_range(int(pages.gpu_vas[0]), pages.page_bytes)
        self._check_range(int(pages.gpu_vas[-1]), pages.page_bytes)

    def _check_range(self, gpu_va: int, size_bytes: int) -> None:
        if size_bytes <= 0 or gpu_va < 0 or gpu_va + size_bytes > self.format.va_end:
            raise BadMapping(
                f"the range is not in the addresses of {self.format.name}",
                gpu_va=gpu_va,
                size_bytes=size_bytes,
                limit_va=self.format.va_end,
            )

    def _check_apart(self, pages: Sequence[Pages]) -> None:
        """Raise if pages that were given together overlap."""
        starts = np.concatenate([each.gpu_vas for each in pages])
        ends = np.concatenate([each.gpu_vas + U64(each.page_bytes) for each in pages])
        order = np.argsort(starts, kind="stable")
        overlaps = ends[order][:-1] > starts[order][1:]
        if overlaps.any():
            raise BadMapping("two pages overlap", gpu_va=int(starts[order][int(np.argmax(overlaps)) + 1]))

    def _entries(self, runs: list[_Run], attributes: PageAttributes) -> list[Words]:
        empty = np.empty(0, U64)
        return [
            self.format.pte.encode(attributes, empty if run.pages.addresses is None else run.pages.addresses)
            for run in runs
        ]

    def _check_free(self, runs: list[_Run]) -> None:
        """Raise if something is mapped where a page is to be; pages of one call do not collide."""
        for run in runs:
            taken = self._taken(run)
            if taken is not None:
                raise BadMapping("something is mapped here", gpu_va=taken, page_bytes=run.pages.page_bytes)

    def _taken(self, run: _Run) -> int | None:
        """The first address of a run where something is mapped."""
        table = self._root
        for hop in run.route.hops:
            word = table.word_of(run.table_va, hop.word)
            if table.level.words == 2:
                sibling = table.children.get(word ^ 1)
                if sibling is not None and (taken := _overlapping(sibling, run)) is not None:
                    return taken
                if table.words[word & ~1] and word & ~1 not in table.children:
                    return int(run.pages.gpu_vas[0])  # a page, or a sparse range, of the directory
            child = table.children.get(word)
            if child is None:
                return int(run.pages.gpu_vas[0]) if table.words[word] else None
            table = child
        used = table.words[run.words()] != 0
        if table.level.words == 2:
            second = table.words[1:][run.words()] != 0
            used = used | second
        return int(run.pages.gpu_vas[int(np.argmax(used))]) if used.any() else None

    # Writing

    def _place(self, runs: list[_Run], entries: Sequence[Words | np.uint64]) -> Invalidation:
        """Make the tables that are missing, fill in the entries, and only then link what is new."""
        fresh: list[Table] = []
        try:
            tables = [self._descend(run, fresh) for run in runs]
        except BaseException:
            for table in reversed(fresh):
                self._unhang(table)
                self.store.free(table.page)
            raise
        spans: dict[Table, tuple[int, int]] = {}
        for table, run, words in zip(tables, runs, entries, strict=True):
            table.words[run.words()] = words
            _widen(spans, table, run.first_word, run.end_word)
        for table in fresh:
            self._link(table, spans)
        new = set(fresh)
        for table in fresh:
            self._write(table, 0, len(table.words))
        self.store.fence()
        depth = 0
        for table, (first, end) in spans.items():
            if table not in new:
                self._write(table, first, end)
                depth = max(depth, self.format.depth(table.level))
        self.store.fence()
        start = min(int(run.pages.gpu_vas[0]) for run in runs)
        end_va = max(int(run.pages.gpu_vas[-1]) + run.pages.page_bytes for run in runs)
        return Invalidation(self.root, start, end_va - start, depth, revoked=False)

    def _descend(self, run: _Run, fresh: list[Table]) -> Table:
        """The table of a run, made if need be; what was made is not linked in memory yet."""
        levels = [hop.level for hop in run.route.hops[1:]] + [run.route.level]
        table = self._root
        for hop, below in zip(run.route.hops, levels, strict=True):
            word = table.word_of(run.table_va, hop.word)
            child = table.children.get(word)
            if child is None:
                child = Table(below, self.store.allocate(below.table_bytes), table, word)
                table.children[word] = child
                fresh.append(child)
            table = child
        return table

    def _link(self, table: Table, spans: dict[Table, tuple[int, int]]) -> None:
        parent = table.parent
        if parent is None:
            return
        pointer = self.format.pointer(parent.level, table.parent_word % parent.level.words)
        parent.words[table.parent_word] = pointer.encode(table.page.pointer)
        _widen(spans, parent, table.parent_word, table.parent_word + 1)

    @staticmethod
    def _unhang(table: Table) -> None:
        if table.parent is not None:
            del table.parent.children[table.parent_word]

    def _write(self, table: Table, first: int, end: int) -> None:
        """Write some words of a table."""
        self.store.write(table.page.pointer, first * 8, table.words[first:end].tobytes())
        self.written_bytes += (end - first) * 8

    # Unmapping

    def _used(
        self, table: Table, table_va: int, start: int, end: int
    ) -> Iterator[tuple[Table, int, int, int]]:
        """(table, first word, end word, step) of the pages in a range, table by table.

        Raises:
            BadMapping: a page is only partly in the range.
        """
        level = table.level
        span, step = level.span_bytes, level.words
        first, last = (start - table_va) // span, (end - 1 - table_va) // span
        if level in (self.format.big, self.format.small):
            for index in {first, last}:
                if table.words[index]:
                    _must_be_whole(table_va + index * span, span, start, end)
            yield table, first, last + 1, 1
            return
        used = np.flatnonzero(table.words[first * step : (last + 1) * step]) + first * step
        for word in used.tolist():
            entry_va = table_va + word // step * span
            child = table.children.get(word)
            if child is None:
                _must_be_whole(entry_va, span, start, end)
                yield table, word, word + 1, 1
            else:
                yield from self._used(child, entry_va, max(start, entry_va), min(end, entry_va + span))

    def _drop_empty(self, spans: dict[Table, tuple[int, int]]) -> int:
        """Unlink tables that became empty, from below; returns the highest depth that is written."""
        by_depth: list[list[Table]] = [[] for _ in range(len(self.format.directories) + 1)]
        for table in spans:
            by_depth[self.format.depth(table.level)].append(table)
        for depth, tables in enumerate(by_depth):
            for table in dict.fromkeys(tables):
                parent = table.parent
                if parent is None or not table.is_empty:
                    continue
                self._unhang(table)
                self._retired.append(table.page)
                del spans[table]
                parent.words[table.parent_word] = 0
                _widen(spans, parent, table.parent_word, table.parent_word + 1)
                by_depth[depth + 1].append(parent)
        return max((self.format.depth(table.level) for table in spans), default=0)


def _widen(spans: dict[Table, tuple[int, int]], table: Table, first: int, end: int) -> None:
    """Remember that words of a table change."""
    known = spans.get(table)
    spans[table] = (first, end) if known is None else (min(known[0], first), max(known[1], end))


def _overlapping(sibling: Table, run: _Run) -> int | None:
    """The first page of a run whose slot the table of the other page size uses."""
    used = np.flatnonzero(sibling.words)
    if not used.size:
        return None
    mine, theirs = run.pages.page_bytes, sibling.level.span_bytes
    slot = U64(max(mine, theirs))
    taken = (used.astype(U64) * U64(theirs)) // slot
    inside = run.pages.gpu_vas - U64(run.table_va)
    hits = np.isin(inside // slot, taken)
    return int(run.pages.gpu_vas[int(np.argmax(hits))]) if hits.any() else None


def _must_be_whole(page_va: int, page_bytes: int, start: int, end: int) -> None:
    if page_va < start or page_va + page_bytes > end:
        raise BadMapping(
            "a page is only partly in the range",
            hint="Unmap all of it; map with smaller pages what has to go piece by piece.",
            gpu_va=page_va,
            page_bytes=page_bytes,
            start_va=start,
            end_va=end,
        )
