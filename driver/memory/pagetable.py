"""Page tables of our own: the builder.

What it is asked for is done as a whole or refused: a refusal has written nothing. A page is mapped or not:
unmapping part of one is refused, there is no splitting of pages. Tables that become empty are unlinked at
once and freed by `settle`, once the caller has made the GPU forget what it knows of them.

In a slot of 64 KiB either the big table has an entry or the small one: the GPU looks at the big one first.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from barewire.errors import BadMapping, UsageError
from barewire.memory.formats import Level, PageAttributes, PageTableFormat, Route, TablePointer
from barewire.memory.paging import U64, Pages, Words
from barewire.memory.runs import Run, check_range, range_of, runs_of, sparse_pages
from barewire.memory.tables import TablePage, TableStore


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


class Directory(NamedTuple):
    """Where a directory is.

    Attributes:
        page_shift: what one of its entries covers, as a power of two.
    """

    address: int
    size_bytes: int
    page_shift: int


def joined(first: Invalidation, second: Invalidation) -> Invalidation:
    """What has to be forgotten after two changes of the same tables."""
    start = min(first.gpu_va, second.gpu_va)
    end = max(first.gpu_va + first.size_bytes, second.gpu_va + second.size_bytes)
    depth = max(first.depth, second.depth)
    return Invalidation(first.root, start, end - start, depth, first.revoked or second.revoked)


class Table:
    """A table in memory, with a copy of its words.

    Attributes:
        level: what it is.
        page: where it is.
        gpu_va: the first address that it is for.
        words: its entries; entries of 16 bytes have two each.
        children: tables below it, by the word that points to them.
        parent, parent_word: where it hangs; None for the root.
        entry: the word that points to it.
    """

    __slots__ = ("children", "entry", "gpu_va", "level", "page", "parent", "parent_word", "words")

    def __init__(self, level: Level, page: TablePage, parent: Table | None, parent_word: int) -> None:
        self.level = level
        self.page = page
        self.gpu_va = 0 if parent is None else parent.va_of(parent_word)
        self.words: Words = np.zeros(level.table_bytes // 8, U64)
        self.children: dict[int, Table] = {}
        self.parent = parent
        self.parent_word = parent_word
        self.entry = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it."""
        return not self.words.any()

    def word_of(self, gpu_va: int, half: int = 0) -> int:
        """The word that an address belongs to."""
        return self.level.va_bits.take(gpu_va) * self.level.words + half

    def va_of(self, word: int) -> int:
        """The first address that a word is for."""
        return self.gpu_va + word // self.level.words * self.level.span_bytes


class _Used(NamedTuple):
    """Words of a table that are pages, or nothing."""

    table: Table
    first: int
    end: int


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
        self._spare: dict[int, list[TablePage]] = {}
        if adopted is None:
            self._root = Table(form.root, self._obtain(form.root, 0), None, 0)
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

    def directories(self, gpu_va: int, span_bytes: int) -> list[Directory]:
        """The directories on the way to an address, from the root to that whose entries cover `span_bytes`.

        Raises:
            UsageError: they are not all there.
        """
        found = []
        table: Table | None = self._root
        while table is not None:
            level = table.level
            found.append(Directory(table.page.address, level.table_bytes, level.va_bits.low))
            if level.span_bytes <= span_bytes:
                return found
            table = table.children.get(table.word_of(gpu_va))
        raise UsageError(
            "there are no directories for this address yet", gpu_va=gpu_va, span_bytes=span_bytes
        )

    # Mapping

    def map(self, pages: Sequence[Pages], attributes: PageAttributes | None) -> Invalidation:
        """Map pages where nothing is mapped.

        Args:
            attributes: None for pages without memory, which read as zeros and ignore writes.

        Raises:
            BadMapping: something is mapped there, or the format has no such page, address or attribute.
            OutOfVram, DmaError: there is no memory for tables.
        """
        runs = runs_of(self.format, pages)
        entries = self._entries(runs, attributes)
        self._check_free(runs)
        return self._place(runs, entries)

    def remap(
        self,
        pages: Sequence[Pages],
        attributes: PageAttributes,
        between: Callable[[Invalidation], None],
    ) -> Invalidation:
        """Map pages in place of what is mapped in their range, sparse or not.

        Entries are replaced one by one if the new pages are as large as the old ones. Else the old ones are
        taken away first, and for that moment nothing is mapped.

        Args:
            between: told what the GPU has to forget before pages of another size come; then it has.

        Raises:
            BadMapping: part of the range is not mapped, a page is only partly in it, or as for `map`.
            OutOfVram, DmaError: there is no memory for tables.
        """
        runs = runs_of(self.format, pages)
        entries = self._entries(runs, attributes)
        start, size = range_of(pages)
        found = self._mapped(start, size)
        tables = self._same_places(runs)
        if tables is not None:
            return self._replace(runs, tables, entries)
        self._spare = self._spares(runs)
        try:
            between(self._clear(found, start, size))
            return self._place(runs, entries)
        finally:
            spare, self._spare = self._spare, {}
            for page in itertools.chain.from_iterable(spare.values()):
                self.store.free(page)

    def map_sparse(self, gpu_va: int, size_bytes: int, page_bytes: int | None = None) -> Invalidation:
        """Let a range where nothing is mapped read as zeros and ignore writes.

        Args:
            page_bytes: of all pages; None for the largest that fit, up to 2 MiB.

        Raises:
            BadMapping: something is mapped there, or the range is not of whole pages.
            OutOfVram, DmaError: there is no memory for tables.
        """
        return self.map(sparse_pages(self.format, gpu_va, size_bytes, page_bytes), None)

    def make_table(self, level: Level, table_va: int) -> bool:
        """Make a table ahead of what will be in it, and the directories on the way to it.

        It goes when pages in its range are unmapped and it is still empty, or empty again. Until then no page
        as large as that range can be mapped there.

        Args:
            table_va: the first address that the table is for.

        Returns:
            Whether it is there now: where a page, or a sparse range, is mapped as a whole it cannot be.

        Raises:
            UsageError: no table of this level begins at that address.
            OutOfVram, DmaError: there is no memory for tables.
        """
        if table_va % (level.span_bytes * level.entries) or not 0 <= table_va < self.format.va_end:
            raise UsageError(f"no table of {level.name} begins at this address", gpu_va=table_va)
        route = self.format.route_to(level)
        if self._is_blocked(route, table_va):
            return False
        fresh: list[Table] = []
        try:
            self._descend(route, table_va, fresh)
        except BaseException:
            self._take_back(fresh)
            raise
        self._publish(fresh, {})
        return True

    def unmap(self, gpu_va: int, size_bytes: int) -> Invalidation:
        """Unmap a range, sparse or not, of which every page is mapped.

        Raises:
            BadMapping: part of it is not mapped, or a page is only partly in it.
        """
        return self._clear(self._mapped(gpu_va, size_bytes), gpu_va, size_bytes)

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

    def _entries(self, runs: list[Run], attributes: PageAttributes | None) -> Sequence[Words | np.uint64]:
        if attributes is None:
            return [U64(self.format.pte.sparse)] * len(runs)
        empty = np.empty(0, U64)
        return [
            self.format.pte.encode(attributes, empty if run.pages.addresses is None else run.pages.addresses)
            for run in runs
        ]

    def _check_free(self, runs: list[Run]) -> None:
        """Raise if something is mapped where a page is to be; pages of one call do not collide."""
        for run in runs:
            taken = self._taken(run)
            if taken is not None:
                raise BadMapping("something is mapped here", gpu_va=taken, page_bytes=run.pages.page_bytes)

    def _taken(self, run: Run) -> int | None:
        """The first address of a run where something is mapped."""
        table = self._root
        for hop in run.route.hops:
            word = table.word_of(run.table_va, hop.word)
            if table.level.words == 2:
                sibling = table.children.get(word ^ 1)
                if sibling is not None and (taken := run.overlap(sibling.words, sibling.level)) is not None:
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

    def _place(self, runs: list[Run], entries: Sequence[Words | np.uint64]) -> Invalidation:
        """Make the tables that are missing, fill in the entries, and only then link what is new."""
        fresh: list[Table] = []
        try:
            tables = [self._descend(run.route, run.table_va, fresh) for run in runs]
        except BaseException:
            self._take_back(fresh)
            raise
        depth = self._publish(fresh, self._fill(runs, tables, entries))
        return self._invalidation(runs, depth, revoked=False)

    def _publish(self, fresh: list[Table], spans: dict[Table, tuple[int, int]]) -> int:
        """Write what is new, then link it; returns the highest depth that was written.

        Args:
            fresh: tables that are not linked in memory yet.
            spans: which words of which tables changed besides.
        """
        for table in fresh:
            if table.parent is not None:
                table.parent.words[table.parent_word] = table.entry
                _widen(spans, table.parent, table.parent_word, table.parent_word + 1)
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
        return depth

    def _take_back(self, fresh: list[Table]) -> None:
        """Free tables that were made and are not linked in memory yet."""
        for table in reversed(fresh):
            self._unhang(table)
            self.store.free(table.page)

    @staticmethod
    def _fill(
        runs: list[Run], tables: list[Table], entries: Sequence[Words | np.uint64]
    ) -> dict[Table, tuple[int, int]]:
        """Put entries into the copies of tables; which words of which tables that were."""
        spans: dict[Table, tuple[int, int]] = {}
        for table, run, words in zip(tables, runs, entries, strict=True):
            table.words[run.words()] = words
            _widen(spans, table, run.first_word, run.end_word)
        return spans

    def _invalidation(self, runs: list[Run], depth: int, revoked: bool) -> Invalidation:
        start = min(int(run.pages.gpu_vas[0]) for run in runs)
        end = max(int(run.pages.gpu_vas[-1]) + run.pages.page_bytes for run in runs)
        return Invalidation(self.root, start, end - start, depth, revoked)

    def _is_blocked(self, route: Route, table_va: int) -> bool:
        """Whether a page, or a sparse range, lies where a table would have to be linked."""
        table = self._root
        for hop in route.hops:
            word = table.word_of(table_va, hop.word)
            child = table.children.get(word)
            if child is None:
                first = word - hop.word  # where a dual entry has its page
                return bool(table.words[first]) and first not in table.children
            table = child
        return False

    def _descend(self, route: Route, table_va: int, fresh: list[Table]) -> Table:
        """The table at the end of a route, made if need be; what was made is not linked in memory yet."""
        levels = [*(hop.level for hop in route.hops), route.level][1:]
        table = self._root
        for hop, below in zip(route.hops, levels, strict=True):
            word = table.word_of(table_va, hop.word)
            child = table.children.get(word)
            if child is None:
                child = Table(below, self._obtain(below, table.va_of(word)), table, word)
                table.children[word] = child
                fresh.append(child)
                child.entry = self.format.pointer(hop.level, hop.word).encode(child.page.pointer)
            table = child
        return table

    @staticmethod
    def _unhang(table: Table) -> None:
        if table.parent is not None:
            del table.parent.children[table.parent_word]

    def _write(self, table: Table, first: int, end: int) -> None:
        """Write some words of a table."""
        self.store.write(table.page.pointer, first * 8, table.words[first:end].tobytes())
        self.written_bytes += (end - first) * 8

    # Replacing

    def _same_places(self, runs: list[Run]) -> list[Table] | None:
        """The tables of the runs, if pages of the same sizes are there already."""
        tables = []
        for run in runs:
            table: Table | None = self._root
            for hop in run.route.hops:
                table = table and table.children.get(table.word_of(run.table_va, hop.word))
            if table is None or not table.words[run.words()].all():
                return None
            words = range(run.first_word, run.end_word, run.route.level.words)
            if table.children and any(word in table.children for word in words):
                return None
            tables.append(table)
        return tables

    def _replace(
        self, runs: list[Run], tables: list[Table], entries: Sequence[Words | np.uint64]
    ) -> Invalidation:
        spans = self._fill(runs, tables, entries)
        for table, (first, end) in spans.items():
            self._write(table, first, end)
        self.store.fence()
        depth = max(self.format.depth(table.level) for table in spans)
        return self._invalidation(runs, depth, revoked=True)

    def _spares(self, runs: list[Run]) -> dict[int, list[TablePage]]:
        """Memory for every table that runs could need, by size, so that none can be missing halfway.

        Raises:
            OutOfVram, DmaError: there is none; nothing was taken.
        """
        wanted = {
            (level.name, run.table_va >> (level.va_bits.high + 1)): level.table_bytes
            for run in runs
            for level in (*(hop.level for hop in run.route.hops[1:]), run.route.level)
        }
        spare: dict[int, list[TablePage]] = {}
        try:
            for size in wanted.values():
                spare.setdefault(size, []).append(self.store.allocate(size))
        except BaseException:
            for page in itertools.chain.from_iterable(spare.values()):
                self.store.free(page)
            raise
        return spare

    def _obtain(self, level: Level, table_va: int) -> TablePage:
        """Memory for the table of a level that begins at an address: what was put aside, or new.

        Who has a place for every table overrides this.
        """
        del table_va  # one place is as good as another
        spare = self._spare.get(level.table_bytes)
        return spare.pop() if spare else self.store.allocate(level.table_bytes)

    # Unmapping

    def _mapped(self, gpu_va: int, size_bytes: int) -> list[_Used]:
        """The pages of a range, all of which has to be mapped.

        Raises:
            BadMapping: it is not, or a page is only partly in it.
        """
        check_range(self.format, gpu_va, size_bytes)
        found = list(self._used(self._root, 0, gpu_va, gpu_va + size_bytes))
        mapped = sum(
            int(np.count_nonzero(used.table.words[used.first : used.end])) * used.table.level.span_bytes
            for used in found
        )
        if mapped != size_bytes:
            raise BadMapping(
                "part of the range is not mapped",
                gpu_va=gpu_va,
                size_bytes=size_bytes,
                mapped_bytes=mapped,
            )
        return found

    def _clear(self, found: list[_Used], gpu_va: int, size_bytes: int) -> Invalidation:
        spans: dict[Table, tuple[int, int]] = {}
        for used in found:
            used.table.words[used.first : used.end] = 0
            _widen(spans, used.table, used.first, used.end)
        depth = self._drop_empty(spans)
        for table, (first, end) in spans.items():
            self._write(table, first, end)
        self.store.fence()
        return Invalidation(self.root, gpu_va, size_bytes, depth, revoked=True)

    def _used(self, table: Table, table_va: int, start: int, end: int) -> Iterator[_Used]:
        """The pages in a range, table by table.

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
            yield _Used(table, first, last + 1)
            return
        used = np.flatnonzero(table.words[first * step : (last + 1) * step]) + first * step
        for word in used.tolist():
            entry_va = table_va + word // step * span
            child = table.children.get(word)
            if child is None:
                _must_be_whole(entry_va, span, start, end)
                yield _Used(table, word, word + 1)
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
