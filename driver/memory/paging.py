"""Cutting memory into pages: which page sizes fit where, for many pieces at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from barewire.memory.vram import Extent

U64 = np.uint64
Words = np.ndarray[Any, np.dtype[np.uint64]]


class Pages(NamedTuple):
    """Pages of one size, in order of their GPU virtual addresses.

    Attributes:
        page_bytes: their size.
        gpu_vas: where they are to be seen.
        addresses: where they are; None for pages without memory.
    """

    page_bytes: int
    gpu_vas: Words
    addresses: Words | None


def cut(gpu_va: int, extents: Sequence[Extent], page_sizes: Iterable[int]) -> tuple[list[Pages], int]:
    """Pages of the largest sizes that fit, for extents that follow each other from `gpu_va` on.

    A page of some size begins where both its GPU virtual and its physical address are multiples of it.

    Args:
        page_sizes: that may be used, in bytes, the largest first.

    Returns:
        The pages, by size; and how many bytes no page fits.
    """
    pieces = _Pieces.of(gpu_va, extents)
    found = []
    for size in page_sizes:
        whole, pieces = pieces.take_pages(size)
        if whole.count:
            found.append(whole.pages(size))
    return found, int(pieces.sizes.sum())


def best_page(extents: Sequence[Extent], page_sizes: Iterable[int]) -> int:
    """The largest page size that some page of the extents could have at the right GPU virtual address.

    "Right" is any multiple of that size.
    """
    sizes = list(page_sizes)
    pieces = _Pieces.of(0, extents)
    for size in sizes:
        whole, _ = pieces.take_pages(size)
        if whole.count:
            return size
    return sizes[-1]


@dataclass(frozen=True)
class _Pieces:
    """Pieces of memory: where each is seen, where it is, how long it is."""

    gpu_vas: Words
    addresses: Words
    sizes: Words

    @staticmethod
    def of(gpu_va: int, extents: Sequence[Extent]) -> _Pieces:
        addresses = np.fromiter((extent.address for extent in extents), U64, len(extents))
        sizes = np.fromiter((extent.size_bytes for extent in extents), U64, len(extents))
        ends: Words = np.cumsum(sizes, dtype=U64)
        return _Pieces(ends - sizes + U64(gpu_va), addresses, sizes)

    @property
    def columns(self) -> tuple[Words, Words, Words]:
        return self.gpu_vas, self.addresses, self.sizes

    @property
    def count(self) -> int:
        return len(self.sizes)

    def take_pages(self, page_bytes: int) -> tuple[_Pieces, _Pieces]:
        """The parts that pages of a size fill, and the rest, in order."""
        mask = U64(page_bytes - 1)
        first = (self.gpu_vas + mask) & ~mask
        end = (self.gpu_vas + self.sizes) & ~mask
        fits = (((self.gpu_vas ^ self.addresses) & mask) == 0) & (end > first)
        if not fits.any():
            return _nothing(), self
        first, end = np.where(fits, first, self.gpu_vas), np.where(fits, end, self.gpu_vas)
        before: Words = first - self.gpu_vas
        through: Words = end - self.gpu_vas
        whole = _Pieces(first, self.addresses + before, end - first).only(fits)
        head = _Pieces(self.gpu_vas, self.addresses, before)
        tail = _Pieces(end, self.addresses + through, self.sizes - through)
        rest = _Pieces(
            *(np.stack(pair, axis=1).ravel() for pair in zip(head.columns, tail.columns, strict=True))
        )
        return whole, rest.only(rest.sizes > 0)

    def only(self, which: np.ndarray[Any, Any]) -> _Pieces:
        return _Pieces(self.gpu_vas[which], self.addresses[which], self.sizes[which])

    def pages(self, page_bytes: int) -> Pages:
        """Every single page."""
        counts = (self.sizes // U64(page_bytes)).astype(np.int64)
        before = np.cumsum(counts) - counts
        nth = np.arange(int(counts.sum()), dtype=np.int64) - np.repeat(before, counts)
        offsets = nth.astype(U64) * U64(page_bytes)
        return Pages(
            page_bytes,
            np.repeat(self.gpu_vas, counts) + offsets,
            np.repeat(self.addresses, counts) + offsets,
        )


def _nothing() -> _Pieces:
    return _Pieces(np.empty(0, U64), np.empty(0, U64), np.empty(0, U64))
