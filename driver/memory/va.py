"""Which GPU virtual addresses are taken: first fit over one range. It knows no page table and no backend."""

from __future__ import annotations

from barewire.errors import OutOfAddressSpace, UsageError
from barewire.memory.ranges import Ranges
from barewire.rounding import round_up

PAGE_BYTES = 4096

# The addresses that are given out where nobody asks for others.
FIRST_VA = 0x10_0000_0000
END_VA = 0x100_0000_0000  # 2^40: more a GPFIFO entry and QMD pointers do not hold


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
        self._ranges = Ranges(start, end, PAGE_BYTES)

    @property
    def free_bytes(self) -> int:
        """What is not taken, in bytes."""
        return self._ranges.free_size

    @property
    def largest_free_bytes(self) -> int:
        """The largest free range, in bytes."""
        return self._ranges.largest_free

    @property
    def taken(self) -> dict[int, int]:
        """What is taken: address -> size in bytes."""
        return dict(self._ranges.taken)

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
        found = self._ranges.find(size, alignment)
        if found is not None and self._ranges.take(found, size):
            return found
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
        if not self._ranges.take(gpu_va, size):
            raise OutOfAddressSpace(
                "the range is taken or outside of the address space", gpu_va=gpu_va, size_bytes=size
            )
        return gpu_va

    def free(self, gpu_va: int) -> None:
        """Give back a range by its address.

        Raises:
            UsageError: nothing was taken there.
        """
        if self._ranges.give_back(gpu_va) is None:
            raise UsageError("no range of this address was taken", gpu_va=gpu_va)

    @staticmethod
    def _rounded(size_bytes: int) -> int:
        if size_bytes <= 0:
            raise UsageError("a range has at least one byte", size_bytes=size_bytes)
        return round_up(size_bytes, PAGE_BYTES)
