"""Races in host memory: stretches that two operations use without an order, one of them writing.

Video memory has a shadow for that, word by word; see `shadow.py`. Host memory that kernels touch is not seen.
"""

from __future__ import annotations

from typing import NamedTuple

from barewire.softgpu.sanitizer.operation import Operation

MOST_USES = 4096  # the oldest are forgotten beyond


class Use(NamedTuple):
    """A stretch that an operation read or wrote: from `start` to `end`, by its address for DMA."""

    start: int
    end: int
    operation: Operation
    write: bool


class HostUses:
    """Who used host memory lately."""

    def __init__(self) -> None:
        self._uses: list[Use] = []

    def add(self, operation: Operation, start: int, size_bytes: int, write: bool) -> Use | None:
        """A use; an earlier one by another operation that is not ordered before it and collides, if any."""
        end = start + size_bytes
        found = None
        for use in self._uses:
            if (
                use.start < end
                and start < use.end
                and (write or use.write)
                and use.operation is not operation
                and use.operation.number not in operation.knows
            ):
                found = use
                break
        self._uses.append(Use(start, end, operation, write))
        return found

    def forget(self, floor: int) -> None:
        """Operations up to this number collide with nobody any more."""
        self._uses = [use for use in self._uses[-MOST_USES:] if use.operation.number > floor]
