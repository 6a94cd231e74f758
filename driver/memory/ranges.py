"""Which parts of one range are taken: first fit, free parts kept sorted and merged. It knows no unit."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from barewire.rounding import round_up


class Ranges:
    """What lies from `start` up to (not including) `end`, in whole granules.

    Free parts are merged with their neighbours, so that freeing everything gives back one part.
    """

    def __init__(self, start: int, end: int, granule: int) -> None:
        self.start = start
        self.end = end
        self.granule = granule
        self._starts = [start]
        self._ends = [end]
        self.taken: dict[int, int] = {}

    @property
    def free_parts(self) -> list[tuple[int, int]]:
        """(start, end) of what is free, in order."""
        return list(zip(self._starts, self._ends, strict=True))

    @property
    def free_size(self) -> int:
        """The sum of what is free."""
        return sum(self._ends) - sum(self._starts)

    @property
    def largest_free(self) -> int:
        """The largest free part."""
        return max((end - start for start, end in self.free_parts), default=0)

    def find(self, size: int, alignment: int) -> int | None:
        """Where the lowest free part begins that fits, aligned; None if none does. Nothing is taken."""
        for start, end in zip(self._starts, self._ends, strict=True):
            aligned = round_up(start, alignment)
            if aligned + size <= end:
                return aligned
        return None

    def take(self, start: int, size: int) -> bool:
        """Take a part at a place; False if it lies outside, or is not all free."""
        index = bisect_right(self._starts, start) - 1
        if index < 0 or start + size > self._ends[index]:
            return False
        left, right = (self._starts.pop(index), start), (start + size, self._ends.pop(index))
        for low, high in (right, left):
            if low < high:
                self._starts.insert(index, low)
                self._ends.insert(index, high)
        self.taken[start] = size
        return True

    def give_back(self, start: int) -> int | None:
        """Give back what was taken at a place; its size, or None if nothing was."""
        size = self.taken.pop(start, None)
        if size is None:
            return None
        end = start + size
        index = bisect_left(self._starts, start)
        if index < len(self._starts) and self._starts[index] == end:
            end = self._ends.pop(index)
            self._starts.pop(index)
        if index > 0 and self._ends[index - 1] == start:
            self._ends[index - 1] = end
        else:
            self._starts.insert(index, start)
            self._ends.insert(index, end)
        return size
