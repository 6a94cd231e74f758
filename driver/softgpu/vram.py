"""Video memory: a sparse file in memory, as large as the board's, of which only written pages cost anything.

Its content after power-on is undefined; it happens to be zero here.
"""

from __future__ import annotations

import ctypes
import os
from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple

from barewire.softgpu import machine_memory

PAGE_BYTES = 4096


class Protected(NamedTuple):
    """A stretch of video memory that only firmware reaches (a write-protected region)."""

    start: int
    end: int


class OutsideVram(Exception):
    """An address beyond the end of video memory, or in a protected region."""


class Vram:
    """The video memory of one board.

    Attributes:
        size_bytes: of it.
        base: where this process has its first byte.
        file: descriptor of the file behind it, to map parts of it elsewhere.
        protected: regions that neither the CPU nor the engines reach, in order.
        views: counts changes of `protected`, for who keeps addresses of its own.
    """

    def __init__(self, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        self.file = machine_memory.make_file("softgpu-vram", size_bytes)
        try:
            self.base = machine_memory.map_file(self.file, 0, size_bytes)
        except MemoryError:
            os.close(self.file)
            raise
        machine_memory.leave_out_of_dumps(self.base, size_bytes)
        self._words = _by_width(self.view(0, size_bytes))
        self.protected: tuple[Protected, ...] = ()
        self.views = 0
        self._watchers: list[Callable[[], None]] = []

    def address(self, offset: int, size_bytes: int = 1) -> int:
        """The CPU address of a stretch that engines may reach.

        Raises:
            OutsideVram: part of it lies beyond the end or in a protected region.
        """
        if not self.reachable(offset, size_bytes):
            raise OutsideVram(f"{size_bytes} bytes at {offset:#x} of video memory")
        return self.base + offset

    def reachable(self, offset: int, size_bytes: int = 1) -> bool:
        """Whether all of a stretch exists and none of it is protected."""
        end = offset + size_bytes
        if offset < 0 or end > self.size_bytes:
            return False
        return not any(region.start < end and offset < region.end for region in self.protected)

    def reachable_from(self, offset: int) -> int:
        """How many bytes from an offset on engines may reach; 0 for none."""
        if not self.reachable(offset):
            return 0
        ends = [region.start for region in self.protected if region.start > offset]
        return min([self.size_bytes, *ends]) - offset

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Bytes, whoever may reach them: the view of firmware.

        Raises:
            OutsideVram: part of it lies beyond the end.
        """
        self._check(offset, size_bytes)
        return ctypes.string_at(self.base + offset, size_bytes)

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Write bytes, whoever may reach them: the view of firmware.

        Raises:
            OutsideVram: part of it lies beyond the end.
        """
        self._check(offset, len(data))
        ctypes.memmove(self.base + offset, bytes(data), len(data))

    def load(self, offset: int, size_bytes: int) -> int:
        """A word of 1, 2, 4 or 8 bytes, whoever may reach it; an aligned one is read at once.

        Raises:
            OutsideVram: part of it lies beyond the end.
        """
        if offset % size_bytes or offset < 0:
            return int.from_bytes(self.read(offset, size_bytes), "little")
        try:
            return self._words[size_bytes][offset // size_bytes]
        except IndexError:
            raise self._outside(offset, size_bytes) from None

    def store(self, offset: int, size_bytes: int, value: int) -> None:
        """Write a word of 1, 2, 4 or 8 bytes, whoever may reach it; an aligned one is written at once.

        Raises:
            OutsideVram: part of it lies beyond the end.
        """
        if offset % size_bytes or offset < 0:
            self.write(offset, value.to_bytes(size_bytes, "little"))
            return
        try:
            self._words[size_bytes][offset // size_bytes] = value
        except IndexError:
            raise self._outside(offset, size_bytes) from None

    def fill(self, offset: int, size_bytes: int, byte: int) -> None:
        """Fill a stretch with one byte, whoever may reach it.

        Raises:
            OutsideVram: part of it lies beyond the end.
        """
        self._check(offset, size_bytes)
        ctypes.memset(self.base + offset, byte, size_bytes)

    def view(self, offset: int, size_bytes: int) -> memoryview:
        """The bytes themselves; not to be used after `close`.

        Raises:
            OutsideVram: part of it lies beyond the end.
        """
        self._check(offset, size_bytes)
        array = (ctypes.c_ubyte * size_bytes).from_address(self.base + offset)
        return memoryview(array).cast("B")

    def protect(self, start: int, end: int) -> None:
        """Let nobody but firmware reach start .. end - 1."""
        place = bisect_right([region.start for region in self.protected], start)
        region = Protected(start, end)
        self.protected = (*self.protected[:place], region, *self.protected[place:])
        self._tell()

    def unprotect(self) -> None:
        """Let everything be reached again."""
        if not self.protected:
            return
        self.protected = ()
        self._tell()

    def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever other parts of it are protected."""
        self._watchers.append(changed)

    def protected_from(self, offset: int) -> int:
        """How many bytes from an offset on are protected; what is left of memory if none are."""
        ends = [region.end for region in self.protected if region.start <= offset < region.end]
        return max(ends or [self.size_bytes, offset + 1]) - offset

    def close(self) -> None:
        """Give the memory back; a second time is nothing."""
        if self.file >= 0:
            self._words = _by_width(memoryview(bytearray()))
            machine_memory.unmap(self.base, self.size_bytes)
            os.close(self.file)
            self.file = -1

    def _tell(self) -> None:
        self.views += 1
        for changed in self._watchers:
            changed()

    def _check(self, offset: int, size_bytes: int) -> None:
        if self.file < 0 or offset < 0 or offset + size_bytes > self.size_bytes:
            raise self._outside(offset, size_bytes)

    def _outside(self, offset: int, size_bytes: int) -> OutsideVram:
        return OutsideVram(f"{size_bytes} bytes at {offset:#x}: video memory has {self.size_bytes:#x}")


def _by_width(view: memoryview) -> dict[int, memoryview]:
    """Memory as words of 1, 2, 4 and 8 bytes."""
    return {1: view, 2: view.cast("H"), 4: view.cast("I"), 8: view.cast("Q")}
