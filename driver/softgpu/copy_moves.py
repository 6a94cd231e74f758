"""Moving the bytes of copies: flat runs by the machine's own copy, lines and blocks by arithmetic.

Everything here is a generator that stops now and then, so that nothing holds up the GPU for long, and that
leaves what it wrote before memory that it cannot reach. No address of this process is kept over a stop.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
from barewire.softgpu.channel_memory import Memory
from barewire.softgpu.copy_layout import (
    GOB_BYTES,
    GOB_HEIGHT,
    GOB_WIDTH,
    BlockLinear,
    Bytes,
    Remap,
    bands,
    stretches,
)

QUANTUM_BYTES = 16 << 20  # a generator stops after so many
FILL_SEED_BYTES = 4096
FILL_BLOCK_BYTES = 256 << 10  # what is copied over and over while it is in a cache
BAND_BYTES = 1 << 20
LINES_AT_ONCE = 256
PIECE_ELEMENTS = 64 << 10


def copy_flat(
    source: Memory, source_at: int, target: Memory, target_at: int, size_bytes: int
) -> Iterator[None]:
    """Copy bytes that follow each other.

    Where they lie in this process is found anew after every stop: the host may have taken memory away.
    """
    for start in range(0, size_bytes, QUANTUM_BYTES):
        if start:
            yield
        size = min(QUANTUM_BYTES, size_bytes - start)
        _copy_quantum(source, source_at + start, target, target_at + start, size)


def _copy_quantum(source: Memory, source_at: int, target: Memory, target_at: int, size_bytes: int) -> None:
    mover = _Mover()
    try:
        for here, there, size in _pairs(
            source.pieces(source_at, size_bytes, False), target.pieces(target_at, size_bytes, True)
        ):
            mover.move(there, here, size)
    finally:
        mover.flush()


def _pairs(
    sources: Iterator[tuple[int, int]], targets: Iterator[tuple[int, int]]
) -> Iterator[tuple[int, int, int]]:
    """(source, target, bytes) that are contiguous on both sides."""
    target, room = 0, 0
    for source, left in sources:
        while left:
            if not room:
                target, room = next(targets)
            size = min(left, room)
            yield source, target, size
            left, room = left - size, room - size
            source += size if source else 0
            target += size if target else 0


class _Mover:
    """Joins moves that continue each other."""

    def __init__(self) -> None:
        self._target = self._source = self._size = 0

    def move(self, target: int, source: int, size: int) -> None:
        """Copy, now or with what comes next."""
        known = self._size
        follows = target == self._target + known and source == self._source + known
        if follows and source and target and known:
            self._size = known + size
            return
        self.flush()
        self._target, self._source, self._size = target, source, size

    def flush(self) -> None:
        """Copy what is left."""
        if not self._size or not self._target:
            pass
        elif self._source:
            ctypes.memmove(self._target, self._source, self._size)
        else:
            ctypes.memset(self._target, 0, self._size)
        self._size = 0


def fill_flat(target: Memory, target_at: int, size_bytes: int, pattern: bytes) -> Iterator[None]:
    """Write a pattern over and over. After every stop it is found anew where to."""
    for start in range(0, size_bytes, QUANTUM_BYTES):
        if start:
            yield
        done = start
        for at, size in target.pieces(target_at + start, min(QUANTUM_BYTES, size_bytes - start), True):
            if at:
                _fill(at, size, pattern, done % len(pattern))
            done += size


def _fill(at: int, size: int, pattern: bytes, phase: int) -> None:
    if pattern.count(pattern[0]) == len(pattern):
        ctypes.memset(at, pattern[0], size)
        return
    turned = pattern[phase:] + pattern[:phase]
    seed = turned * max(1, min(size, FILL_SEED_BYTES) // len(turned) + 1)
    done = min(size, len(seed))
    ctypes.memmove(at, seed, done)
    block = FILL_BLOCK_BYTES // len(pattern) * len(pattern)
    while done < size:
        part = min(done // len(pattern) * len(pattern), block, size - done)
        ctypes.memmove(at + done, at, part)
        done += part


class Operand(Protocol):
    """Source or destination of lines."""

    def read(self, first: int, lines: int, start: int, width_bytes: int) -> Bytes:
        """Part of some lines, as (lines, bytes)."""
        ...

    def write(self, first: int, start: int, data: Bytes) -> None:
        """Write part of some lines."""
        ...


class Pitch(NamedTuple):
    """Lines that begin at multiples of a pitch, which may be negative."""

    memory: Memory
    address: int
    pitch: int

    def read(self, first: int, lines: int, start: int, width_bytes: int) -> Bytes:
        """Part of some lines, as (lines, bytes)."""
        data = np.empty((lines, width_bytes), np.uint8)
        for line in range(lines):
            at = self.address + (first + line) * self.pitch + start
            _load(self.memory, at, width_bytes, data[line].ctypes.data)
        return data

    def write(self, first: int, start: int, data: Bytes) -> None:
        """Write part of some lines."""
        data = np.ascontiguousarray(data)
        for line in range(data.shape[0]):
            at = self.address + (first + line) * self.pitch + start
            _store(self.memory, at, data.shape[1], data[line].ctypes.data)


class Blocks(NamedTuple):
    """A rectangle of one layer of a block-linear surface; x in bytes."""

    memory: Memory
    address: int
    surface: BlockLinear
    x: int
    y: int
    layer: int

    def read(self, first: int, lines: int, start: int, width_bytes: int) -> Bytes:
        """Part of some lines, as (lines, bytes)."""
        data = np.empty((lines, width_bytes), np.uint8)
        for band in bands(self.surface, self.x + start, self.y + first, self.layer, width_bytes, lines):
            data[band.first : band.first + band.lines] = self._load(band.gobs)[band.inside]
        return data

    def write(self, first: int, start: int, data: Bytes) -> None:
        """Write part of some lines; the other bytes of the GOBs they touch stay as they are."""
        lines, width = data.shape
        whole = (self.x + start) % GOB_WIDTH == 0 and width % GOB_WIDTH == 0
        for band in bands(self.surface, self.x + start, self.y + first, self.layer, width, lines):
            if whole and band.lines == GOB_HEIGHT:
                gobs = np.empty(len(band.gobs) * GOB_BYTES, np.uint8)
            else:
                gobs = self._load(band.gobs)
            gobs[band.inside] = data[band.first : band.first + band.lines]
            at = gobs.ctypes.data
            for offset, size in stretches(band.gobs):
                _store(self.memory, self.address + offset, size, at)
                at += size

    def _load(self, gobs: np.ndarray) -> Bytes:
        data = np.empty(len(gobs) * GOB_BYTES, np.uint8)
        at = data.ctypes.data
        for offset, size in stretches(gobs):
            _load(self.memory, self.address + offset, size, at)
            at += size
        return data


def _load(memory: Memory, address: int, size_bytes: int, to: int) -> None:
    for at, size in memory.pieces(address, size_bytes, False):
        if at:
            ctypes.memmove(to, at, size)
        else:
            ctypes.memset(to, 0, size)
        to += size


def _store(memory: Memory, address: int, size_bytes: int, source: int) -> None:
    for at, size in memory.pieces(address, size_bytes, True):
        if at:
            ctypes.memmove(at, source, size)
        source += size


def copy_lines(
    source: Operand, target: Operand, lines: int, elements: int, remap: Remap | None
) -> Iterator[None]:
    """Copy a rectangle, some lines and columns at a time.

    Args:
        elements: of a line; bytes where there is no remap.
    """
    input_bytes = remap.input_bytes if remap else 1
    output_bytes = remap.output_bytes if remap else 1
    width = min(elements, PIECE_ELEMENTS)
    step = min(LINES_AT_ONCE, max(1, BAND_BYTES // (width * max(input_bytes, output_bytes))))
    for first in range(0, lines, step):
        count = min(step, lines - first)
        for start in range(0, elements, width):
            size = min(width, elements - start)
            data = _part(source, target, first, count, start, size, remap)
            target.write(first, start * output_bytes, data)
            yield


def _part(
    source: Operand, target: Operand, first: int, lines: int, start: int, elements: int, remap: Remap | None
) -> Bytes:
    """What has to be written for some elements of some lines."""
    if remap is None:
        return source.read(first, lines, start, elements)
    inputs = None
    if remap.reads:
        inputs = source.read(first, lines, start * remap.input_bytes, elements * remap.input_bytes)
    width = elements * remap.output_bytes
    if remap.keeps:
        outputs = target.read(first, lines, start * remap.output_bytes, width)
    else:
        outputs = np.empty((lines, width), np.uint8)
    remap.apply(inputs, outputs)
    return outputs
