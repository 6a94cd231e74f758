"""Which addresses of an address space are taken.

Facts: OGKM:src/nvidia/src/kernel/mem_mgr/gpu_vaspace.c (gvaspaceAlloc: which refusal for what; the range of
firmware's own, which clients cannot have).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from barewire.softgpu.gsp.status import Refused, Status


class VaRange(NamedTuple):
    """Addresses start .. end - 1."""

    start: int
    end: int


class VaHeap:
    """The addresses that clients may have, and those that are taken.

    Args:
        whole: the addresses of the space.
        kept: parts of them that nobody gets.
    """

    def __init__(self, whole: VaRange, *kept: VaRange) -> None:
        self.whole = whole
        self._taken = sorted(part for part in kept if part.start < whole.end and whole.start < part.end)

    def take(self, size: int, alignment: int, within: VaRange, from_above: bool) -> int:
        """Take the lowest free addresses of a range; where they begin.

        Args:
            size: bytes.
            alignment: of the first address.
            within: where they have to lie.
            from_above: take the highest ones instead.

        Raises:
            Refused: INVALID_ARGUMENT for a range that the space does not have or that is too short,
                NO_MEMORY for one with no free stretch that is long enough.
        """
        low, high = max(within.start, self.whole.start), min(within.end, self.whole.end)
        if size <= 0 or high - low < size:
            raise Refused(
                Status.INVALID_ARGUMENT,
                f"{size:#x} bytes in {within.start:#x}..{within.end - 1:#x} of an address space",
            )
        gaps = self._gaps(low, high)
        for gap in reversed(gaps) if from_above else gaps:
            start = _within(gap, size, alignment, from_above)
            if start is not None:
                place = bisect_right(self._taken, VaRange(start, start))
                self._taken.insert(place, VaRange(start, start + size))
                return start
        raise Refused(Status.NO_MEMORY, f"no {size:#x} bytes are free in {low:#x}..{high - 1:#x}")

    def give_back(self, start: int) -> None:
        """Let addresses that were taken together, from `start` on, be taken again."""
        self._taken = [part for part in self._taken if part.start != start]

    def _gaps(self, low: int, high: int) -> list[VaRange]:
        """What is free between two addresses, in order."""
        gaps = []
        for part in self._taken:
            if part.end <= low or part.start >= high:
                continue
            if part.start > low:
                gaps.append(VaRange(low, part.start))
            low = part.end
        if low < high:
            gaps.append(VaRange(low, high))
        return gaps


def _within(gap: VaRange, size: int, alignment: int, from_above: bool) -> int | None:
    """Where a stretch begins in a gap; None if it does not fit."""
    if from_above:
        start = (gap.end - size) // alignment * alignment
        return start if start >= gap.start else None
    start = -(-gap.start // alignment) * alignment
    return start if start + size <= gap.end else None
