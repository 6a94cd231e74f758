"""A range of this process's addresses that shows parts of a file, and poison where it shows none.

The poison is a file too, much smaller than the range and mapped over and over, so that reading it gives the
pattern and writing it harms nothing. It is shared: a write shows up elsewhere in the poison, until it is
looked for and undone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from barewire.softgpu import machine_memory

PAGE_BYTES = 4096
MOST_POISON_PIECES = 4096  # mappings of poison in one range; a process may have 65530 by default
SMALLEST_POISON_BYTES = 64 << 10
CHUNK_BYTES = 1 << 20


class Run(NamedTuple):
    """Bytes start .. end - 1 of the range show the file from `file_offset` on."""

    start: int
    end: int
    file_offset: int


class _Change(NamedTuple):
    """Bytes that are to show the file from `start + shift` on; poison for None."""

    start: int
    end: int
    shift: int | None


def add_run(runs: list[Run], run: Run) -> None:
    """Put a run behind the others, as part of the last one if it continues that."""
    last = runs[-1] if runs else None
    if last and last.end == run.start and last.file_offset - last.start == run.file_offset - run.start:
        runs[-1] = last._replace(end=run.end)
    else:
        runs.append(run)


class Kept:
    """Parts of a range that stay when the rest of it is given back, since somebody still looks at them."""

    def __init__(self) -> None:
        self._ranges: list[tuple[int, int]] = []

    def add(self, mapping: Mapping, address: int, size_bytes: int) -> None:
        """Keep these addresses, where they are of the mapping; whole pages."""
        start = address // PAGE_BYTES * PAGE_BYTES
        end = -(-(address + size_bytes) // PAGE_BYTES) * PAGE_BYTES
        if mapping.address <= start and end <= mapping.address + mapping.size_bytes:
            self._ranges.append((start, end))

    def blanked(self) -> list[tuple[int, int]]:
        """What is kept, in order and apart, with zeros of its own in place of what it showed."""
        joined: list[tuple[int, int]] = []
        for start, end in sorted(self._ranges):
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], end))
            else:
                joined.append((start, end))
        for start, end in joined:
            machine_memory.blank(start, end - start)
        self._ranges = joined
        return joined

    def close(self) -> None:
        """Give them back, too."""
        for start, end in self._ranges:
            machine_memory.unmap(start, end - start)
        self._ranges = []


class Mapping:
    """A range of addresses.

    Args:
        file: descriptor of the file that it shows parts of.
        size_bytes: of the range.
        poison: the 32-bit pattern of what shows nothing.
    """

    def __init__(self, file: int, size_bytes: int, poison: int) -> None:
        self.size_bytes = size_bytes
        self._file = file
        self._poison_bytes = min(size_bytes, max(SMALLEST_POISON_BYTES, size_bytes // MOST_POISON_PIECES))
        self._pattern = poison.to_bytes(4, "little") * (min(CHUNK_BYTES, self._poison_bytes) // 4)
        self._poison = machine_memory.make_file("softgpu-poison", self._poison_bytes)
        self._fill_poison()
        self.address = machine_memory.reserve(size_bytes)
        self._runs: list[Run] = []
        self._shown = False

    def show(self, runs: list[Run]) -> None:
        """Let the range show these parts, in order of address; what stays as it is is not touched.

        Raises:
            MemoryError: this process may not have that many mappings; part of it is done, and all of it is
                done anew the next time.
        """
        changes = _changes(self._runs, runs) if self._shown else _all_of(runs, self.size_bytes)
        self._shown = False
        for change in changes:
            if change.shift is None:
                self._show_poison(change.start, change.end)
            else:
                size = change.end - change.start
                machine_memory.map_file(
                    self._file, change.start + change.shift, size, self.address + change.start
                )
        self._runs, self._shown = runs, True

    def was_poison_written(self) -> bool:
        """Whether something was written where nothing is shown, since this was last asked; it is undone."""
        written = False
        for offset in range(0, self._poison_bytes, len(self._pattern)):
            if os.pread(self._poison, len(self._pattern), offset) != self._pattern:
                os.pwrite(self._poison, self._pattern, offset)
                written = True
        return written

    @property
    def is_small(self) -> bool:
        """Whether looking through the poison takes no time worth speaking of."""
        return self._poison_bytes <= CHUNK_BYTES

    def close(self, kept: Kept) -> None:
        """Give the addresses back, all but those that are kept."""
        at = self.address
        for start, end in kept.blanked():
            if at < start:
                machine_memory.unmap(at, start - at)
            at = end
        if at < self.address + self.size_bytes:
            machine_memory.unmap(at, self.address + self.size_bytes - at)
        os.close(self._poison)

    def _fill_poison(self) -> None:
        for offset in range(0, self._poison_bytes, len(self._pattern)):
            os.pwrite(self._poison, self._pattern, offset)

    def _show_poison(self, start: int, end: int) -> None:
        while start < end:
            within = start % self._poison_bytes
            size = min(end - start, self._poison_bytes - within)
            machine_memory.map_file(self._poison, within, size, self.address + start)
            start += size


def _changes(old: list[Run], new: list[Run]) -> Iterator[_Change]:
    """What to do so that `new` is shown where `old` was."""
    edges = sorted({edge for run in (*old, *new) for edge in (run.start, run.end)})
    shift_before, shift_after = _Shifts(old), _Shifts(new)
    pending: _Change | None = None
    for start, end in pairwise(edges):
        before, after = shift_before.at(start), shift_after.at(start)
        if before == after:
            continue
        if pending is not None and pending.end == start and pending.shift == after:
            pending = pending._replace(end=end)
            continue
        if pending is not None:
            yield pending
        pending = _Change(start, end, after)
    if pending is not None:
        yield pending


def _all_of(runs: list[Run], size_bytes: int) -> Iterator[_Change]:
    """What to do so that `runs` are shown where nothing was shown yet."""
    at = 0
    for run in runs:
        if at < run.start:
            yield _Change(at, run.start, None)
        yield _Change(run.start, run.end, run.file_offset - run.start)
        at = run.end
    if at < size_bytes:
        yield _Change(at, size_bytes, None)


class _Shifts:
    """What a list of runs shows at rising addresses."""

    def __init__(self, runs: list[Run]) -> None:
        self._runs = runs
        self._next = 0

    def at(self, address: int) -> int | None:
        """File offset less address; None for nothing."""
        while self._next < len(self._runs) and self._runs[self._next].end <= address:
            self._next += 1
        if self._next == len(self._runs) or self._runs[self._next].start > address:
            return None
        run = self._runs[self._next]
        return run.file_offset - run.start
