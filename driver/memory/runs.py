"""What the builder of page tables is asked for, checked and sorted by the tables that it goes into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from barewire.errors import BadMapping
from barewire.memory.formats import Level, PageTableFormat, Route
from barewire.memory.paging import U64, Pages, Words, cut
from barewire.memory.vram import Extent


class Run(NamedTuple):
    """Pages whose entries are in one table.

    Attributes:
        route: to the table.
        table_va: the first address that the table is for.
    """

    route: Route
    table_va: int
    pages: Pages

    @property
    def first_word(self) -> int:
        """Of the first page's entry."""
        return self.route.level.va_bits.take(int(self.pages.gpu_vas[0])) * self.route.level.words

    @property
    def end_word(self) -> int:
        """The word after the last page's entry."""
        return self.route.level.va_bits.take(int(self.pages.gpu_vas[-1])) * self.route.level.words + 1

    def words(self) -> slice | np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Their words in the table."""
        level = self.route.level
        first, end = self.first_word, self.end_word
        if (end - 1 - first) // level.words + 1 == len(self.pages.gpu_vas):
            return slice(first, end, level.words)
        shift, mask = U64(level.va_bits.low), U64(level.entries - 1)
        return (((self.pages.gpu_vas >> shift) & mask).astype(np.int64)) * level.words

    def overlap(self, words: Words, level: Level) -> int | None:
        """The address of the first page whose slot the table of the other page size uses, by its words."""
        used = np.flatnonzero(words)
        if not used.size:
            return None
        slot = U64(max(self.pages.page_bytes, level.span_bytes))
        taken = (used.astype(U64) * U64(level.span_bytes)) // slot
        hits = np.isin((self.pages.gpu_vas - U64(self.table_va)) // slot, taken)
        return int(self.pages.gpu_vas[int(np.argmax(hits))]) if hits.any() else None


def runs_of(form: PageTableFormat, pages: Sequence[Pages]) -> list[Run]:
    """Pages, table by table.

    Raises:
        BadMapping: the format has no such pages, they are not aligned, or two of them overlap.
    """
    for each in pages:
        _check_pages(form, each)
    _check_apart(pages)
    return [run for each in pages for run in _by_table(form.routes[each.page_bytes], each)]


def sparse_pages(
    form: PageTableFormat, gpu_va: int, size_bytes: int, page_bytes: int | None = None
) -> list[Pages]:
    """The pages without memory that a range is made of.

    Args:
        page_bytes: of all pages; None for the largest that fit, up to 2 MiB.

    Raises:
        BadMapping: the range is not of whole pages.
    """
    sizes = [size for size in form.page_sizes if size <= form.directories[-1].span_bytes]
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
    return [each._replace(addresses=None) for each in found]


def _by_table(route: Route, pages: Pages) -> list[Run]:
    shift = U64(route.level.va_bits.high + 1)
    table_vas = (pages.gpu_vas >> shift) << shift
    starts = [0, *(np.flatnonzero(np.diff(table_vas)) + 1).tolist()]
    found = []
    for first, end in zip(starts, [*starts[1:], len(table_vas)], strict=True):
        addresses = None if pages.addresses is None else pages.addresses[first:end]
        part = Pages(pages.page_bytes, pages.gpu_vas[first:end], addresses)
        found.append(Run(route, int(table_vas[first]), part))
    return found


def _check_pages(form: PageTableFormat, pages: Pages) -> None:
    if pages.page_bytes not in form.routes:
        raise BadMapping(
            f"{form.name} has no such pages",
            page_bytes=pages.page_bytes,
            expected=", ".join(map(str, form.page_sizes)),
        )
    if not len(pages.gpu_vas):
        raise BadMapping("no page was given", page_bytes=pages.page_bytes)
    bits = pages.gpu_vas if pages.addresses is None else pages.gpu_vas | pages.addresses
    if (bits & U64(pages.page_bytes - 1)).any():
        raise BadMapping(
            "pages begin at multiples of their size, in both address spaces", page_bytes=pages.page_bytes
        )
    if not (pages.gpu_vas[1:] > pages.gpu_vas[:-1]).all():
        raise BadMapping("pages are given in order of their addresses, each once")
    check_range(form, int(pages.gpu_vas[0]), pages.page_bytes)
    check_range(form, int(pages.gpu_vas[-1]), pages.page_bytes)


def _check_apart(pages: Sequence[Pages]) -> None:
    if not pages:
        raise BadMapping("no page was given")
    if len(pages) == 1:
        return
    starts = np.concatenate([each.gpu_vas for each in pages])
    ends = np.concatenate([each.gpu_vas + U64(each.page_bytes) for each in pages])
    order = np.argsort(starts, kind="stable")
    overlaps = ends[order][:-1] > starts[order][1:]
    if overlaps.any():
        raise BadMapping("two pages overlap", gpu_va=int(starts[order][int(np.argmax(overlaps)) + 1]))


def check_range(form: PageTableFormat, gpu_va: int, size_bytes: int) -> None:
    """Raise if a format does not have all of a range of addresses.

    Raises:
        BadMapping: it has not.
    """
    if size_bytes <= 0 or gpu_va < 0 or gpu_va + size_bytes > form.va_end:
        raise BadMapping(
            f"the range is not in the addresses of {form.name}",
            gpu_va=gpu_va,
            size_bytes=size_bytes,
            limit_va=form.va_end,
        )


def range_of(pages: Sequence[Pages]) -> tuple[int, int]:
    """(start, size) of pages that have no gap between them.

    Raises:
        BadMapping: they have.
    """
    start = min(int(each.gpu_vas[0]) for each in pages)
    end = max(int(each.gpu_vas[-1]) + each.page_bytes for each in pages)
    size = sum(len(each.gpu_vas) * each.page_bytes for each in pages)
    if size != end - start:
        raise BadMapping("pages that replace others have no gap between them", gpu_va=start, size_bytes=size)
    return start, size
