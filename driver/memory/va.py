"""Which GPU virtual addresses are taken: first fit over one range. It knows no page table and no backend."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from barewire.errors import OutOfAddressSpace, UsageError
from barewire.rounding import round_up

PAGE_BYTES = 4096


class VirtualAddresses:
    """The addresses from `start` up to (not including) `end`, in pages of 4 KiB.

    Free ranges are kept sorted and merged, so that freeing everything gives back one range.
    """

    def __init__(self, start: int, end: int) -> None:
        if start % PAGE_BYTES or end % PAGE_BYTES or not 0 <= start < end:
            raise UsageError(
                "an address range starts and ends on a page and is not empty", start_va=start, end_va=end
            )
        self.start = start
        self.end = end
        self._starts = [start]
        self._ends = [end]
        self._taken: dict[int, int] = {}

    @property
    def free_bytes(self) -> int:
        """What is not taken, in bytes."""
        return sum(self._ends) - sum(self._starts)

    @property
    def largest_free_bytes(self) -> int:
        """The largest free range, in bytes."""
        return max((end - start for start, end in zip(self._starts, self._ends, strict=True)), default=0)

    @property
    def taken(self) -> dict[int, int]:
        """What is taken: address -> size in bytes."""
        return dict(self._taken)

    def allocate(self, size_bytes: int, alignment: int = PAGE_BYTES) -> int:
        """Take the lowest range that fits; returns its address.

        Args:
            size_bytes: rounded up to whole pages.
            alignment: of the address; a power of two, at least a page is used.

        Raises:
            OutOfAddressSpace: no free range is large enough.
        """
        size = self._rounded(size_bytes)
        if alignment <= 0 or alignment & (alignment - 1):
            raise UsageError("an alignment is a power of two", alignment=alignment)
        alignment = max(alignment, PAGE_BYTES)
        for index, (start, end) in enumerate(zip(self._starts, self._ends, strict=True)):
            aligned = round_up(start, alignment)
            if aligned + size <= end:
                self._take(index, aligned, size)
                return aligned
        raise OutOfAddressSpace(
            f"no {size} bytes of GPU virtual addresses are free, aligned to {alignment}",
            hint="Free or unmap what is no longer used.",
            size_bytes=size,
            alignment=alignment,
            free_bytes=self.free_bytes,
            largest_free_bytes=self.largest_free_bytes,
        )

    def reserve(self, gpu_va: int, size_bytes: int) -> int:
        """Take a range at a given address; returns the address.

        Raises:
            OutOfAddressSpace: it lies outside, or part of it is taken.
        """
        size = self._rounded(size_bytes)
        if gpu_va % PAGE_BYTES:
            raise UsageError("a GPU virtual address is taken in whole pages", gpu_va=gpu_va)
        index = bisect_right(self._starts, gpu_va) - 1
        if index < 0 or gpu_va + size > self._ends[index]:
            raise OutOfAddressSpace(
                "the range is taken or outside of the address space", gpu_va=gpu_va, size_bytes=size
            )
        self._take(index, gpu_va, size)
        return gpu_va

    def free(self, gpu_va: int) -> None:
        """Give back a range by its address.

        Raises:
            UsageError: nothing was taken there.
        """
        size = self._taken.pop(gpu_va, None)
        if size is None:
            raise UsageError("no range of this address was taken", gpu_va=gpu_va)
        start, end = gpu_va, gpu_va + size
        index = bisect_left(self._starts, start)
        if index < len(self._starts) and self._starts[index] == end:
            end = self._ends.pop(index)
            self._starts.pop(index)
        if index > 0 and self._ends[index - 1] == start:
            self._ends[index - 1] = end
        else:
            self._starts.insert(index, start)
            self._ends.insert(index, end)

    @staticmethod
    def _rounded(size_bytes: int) -> int:
        if size_bytes <= 0:
            raise UsageError("a range has at least one byte", size_bytes=size_bytes)
        return round_up(size_bytes, PAGE_BYTES)

    def _take(self, index: int, gpu_va: int, size: int) -> None:
        start, end = self._starts.pop(index), self._ends.pop(index)
        for left, right in ((gpu_va + size, end), (start, gpu_va)):
            if left < right:
                self._starts.insert(index, left)
                self._ends.insert(index, right)
        self._taken[gpu_va] = size
