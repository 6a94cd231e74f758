"""Launch descriptors and constants that grids use: the same slot again, and slots that change."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import NamedTuple

from barewire.softgpu.sanitizer.operation import Operation

Slot = tuple[int, int]  # vram_offset, bytes
Read = Callable[[Slot], bytes]
MOST_SLOTS = 1 << 15


class Used(NamedTuple):
    """A slot and who uses it.

    Attributes:
        operation: the grid.
        check: of the slot's bytes when it began.
    """

    operation: Operation
    check: int


class Launches:
    """Which grid used which slot last."""

    def __init__(self) -> None:
        self._used: dict[Slot, Used] = {}
        self._slots: dict[Operation, list[Slot]] = {}

    def begin(self, operation: Operation, slot: Slot, read: Read) -> Used | None:
        """A grid uses a slot from now on; who used it before."""
        before = self._used.pop(slot, None)
        self._used[slot] = Used(operation, zlib.crc32(read(slot)))
        self._slots.setdefault(operation, []).append(slot)
        if len(self._used) > MOST_SLOTS:
            self._used.pop(next(iter(self._used)))
        return before

    def ended(self, operation: Operation, read: Read) -> list[Slot]:
        """A grid has ended: its slots that changed since it began, and were nobody else's in between."""
        changed = []
        for slot in self._slots.pop(operation, ()):
            used = self._used.get(slot)
            if used is not None and used.operation is operation and used.check != zlib.crc32(read(slot)):
                changed.append(slot)
        return changed
