"""Which video memory is taken: physical ranges out of the regions that the firmware leaves to us."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from barewire.errors import OutOfVram, UsageError
from barewire.memory.ranges import Ranges
from barewire.rounding import round_up
from barewire.shield import ShieldedLock

PAGE_BYTES = 4096


class Extent(NamedTuple):
    """Bytes that are contiguous for the GPU: in video memory, or in host memory by its DMA address."""

    address: int
    size_bytes: int

    @property
    def end(self) -> int:
        """The address after the last byte."""
        return self.address + self.size_bytes


def part_of(extents: Sequence[Extent], offset: int, size_bytes: int) -> tuple[Extent, ...]:
    """Where some bytes of several extents in a row are."""
    found = []
    for extent in extents:
        if offset < extent.size_bytes and size_bytes > 0:
            count = min(size_bytes, extent.size_bytes - offset)
            found.append(Extent(extent.address + offset, count))
            size_bytes -= count
        offset = max(0, offset - extent.size_bytes)
    return tuple(found)


class VramAllocator:
    """Allocates video memory by physical address, first fit from low addresses.

    Any thread may allocate and free.

    Args:
        regions: (start, end) addresses that may be used, in bytes; cut to whole pages, empty ones left out.
    """

    def __init__(self, regions: Iterable[tuple[int, int]]) -> None:
        self._regions = [Ranges(start, end, PAGE_BYTES) for start, end in _usable(regions)]
        if not self._regions:
            raise UsageError("there is no usable region of video memory")
        self._lock = ShieldedLock()
        self.total_bytes = sum(region.end - region.start for region in self._regions)

    @property
    def regions(self) -> tuple[tuple[int, int], ...]:
        """(start, end) of what may be used."""
        return tuple((region.start, region.end) for region in self._regions)

    @property
    def end(self) -> int:
        """The address after the last that may be used."""
        return self._regions[-1].end

    @property
    def free_bytes(self) -> int:
        """What is free now."""
        with self._lock:
            return sum(region.free_size for region in self._regions)

    @property
    def largest_free_bytes(self) -> int:
        """The largest free part."""
        with self._lock:
            return max(region.largest_free for region in self._regions)

    @property
    def taken(self) -> dict[int, int]:
        """What is taken: address -> size in bytes."""
        with self._lock:
            return {start: size for region in self._regions for start, size in region.taken.items()}

    def _repr_html_(self) -> str:
        """How much is taken, for notebooks."""
        from barewire.show import usage as shown

        return shown(self).html

    def allocate(
        self, size_bytes: int, alignment: int = PAGE_BYTES, *, contiguous: bool = False
    ) -> tuple[Extent, ...]:
        """Take video memory; its content is undefined.

        One extent wherever it can be; else several, each aligned and a multiple of `alignment`, unless it
        has to be contiguous.

        Args:
            size_bytes: rounded up to whole pages.
            alignment: of addresses; a power of two, at least a page is used.

        Raises:
            OutOfVram: there is not as much, or not in one piece.
        """
        _check_alignment(alignment)
        if size_bytes <= 0:
            raise UsageError("memory has at least one byte", size_bytes=size_bytes)
        alignment = max(alignment, PAGE_BYTES)
        size = round_up(size_bytes, PAGE_BYTES)
        with self._lock:
            whole = self._one(size, alignment)
            if whole is not None:
                return (whole,)
            found = None if contiguous else self._pieces(size, alignment)
            if found is None:
                raise self._full(size, alignment, contiguous)
            for region, extent in found:
                region.take(extent.address, extent.size_bytes)
            return tuple(extent for _, extent in found)

    def allocate_at(self, address: int, size_bytes: int) -> tuple[Extent, ...]:
        """Take video memory at a place.

        Raises:
            OutOfVram: part of it is taken, or none of ours.
        """
        if address % PAGE_BYTES or size_bytes <= 0:
            raise UsageError("video memory is taken in whole pages", address=address, size_bytes=size_bytes)
        size = round_up(size_bytes, PAGE_BYTES)
        with self._lock:
            if any(region.take(address, size) for region in self._regions):
                return (Extent(address, size),)
        raise OutOfVram("this video memory is taken or not ours", address=address, size_bytes=size)

    def free(self, extents: Sequence[Extent]) -> None:
        """Give back what `allocate` gave, all of it.

        Raises:
            UsageError: part of it is not taken, so it was freed before; nothing was freed now.
        """
        with self._lock:
            homes = [self._home(extent) for extent in extents]
            if len(set(extents)) != len(extents):
                raise UsageError("the same video memory was given to be freed twice")
            for region, extent in zip(homes, extents, strict=True):
                region.give_back(extent.address)

    def _home(self, extent: Extent) -> Ranges:
        for region in self._regions:
            if region.taken.get(extent.address) == extent.size_bytes:
                return region
        raise UsageError(
            "this video memory is not taken",
            hint="It was freed before, or never allocated.",
            address=extent.address,
            size_bytes=extent.size_bytes,
        )

    def _one(self, size: int, alignment: int) -> Extent | None:
        for region in self._regions:
            found = region.find(size, alignment)
            if found is not None:
                region.take(found, size)
                return Extent(found, size)
        return None

    def _pieces(self, size: int, alignment: int) -> list[tuple[Ranges, Extent]] | None:
        """The largest free parts first, so that there are few."""
        parts = []
        for region in self._regions:
            for start, end in region.free_parts:
                first = round_up(start, alignment)
                usable = (end - first) // alignment * alignment
                if usable > 0:
                    parts.append((usable, first, region))
        parts.sort(key=lambda part: (-part[0], part[1]))
        found = []
        left = size
        for usable, first, region in parts:
            if left <= 0:
                break
            found.append((region, Extent(first, min(usable, left))))
            left -= usable
        return found if left <= 0 else None

    def _full(self, size: int, alignment: int, contiguous: bool) -> OutOfVram:
        what = "in one piece" if contiguous else f"in pieces of {alignment}"
        return OutOfVram(
            f"{size} bytes of video memory are not free {what}",
            hint="Free arrays or close queues; contiguous memory may be scattered.",
            size_bytes=size,
            alignment=alignment,
            free_bytes=self.free_bytes,
            largest_free_bytes=self.largest_free_bytes,
        )


def _check_alignment(alignment: int) -> None:
    if alignment <= 0 or alignment & (alignment - 1):
        raise UsageError("an alignment is a power of two", alignment=alignment)


def _usable(regions: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Whole pages, in order.

    Raises:
        UsageError: regions overlap.
    """
    cut = [(round_up(start, PAGE_BYTES), end // PAGE_BYTES * PAGE_BYTES) for start, end in regions]
    found = sorted((start, end) for start, end in cut if 0 <= start < end)
    for (_, end), (start, _) in pairwise(found):
        if start < end:
            raise UsageError("regions of video memory overlap", address=start)
    return found
