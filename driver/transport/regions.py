"""Memory that a driver and a device share, kept twice, so that it is known who has changed what.

The driver has one copy and the device the other. What a side has changed is looked for (`changes`) and
carried to the other's copy (`carry`), word by word of four bytes; what both have changed in one word at once
is told apart byte by byte.

A pointer stands before what it points to in all that is shared here, and is written after it: so memory is
looked at from its start, and carried from its end. All that is carried at once comes at once for Python code,
since the interpreter lock is held meanwhile.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

import numpy as np
from barewire.native import _native
from barewire.native._native import ffi
from numpy.typing import NDArray

Words = NDArray[np.uint32]

WORD_BYTES = 4
BLOCK_WORDS = 16 << 10

_memcmp = ctypes.CDLL(None).memcmp
_memcmp.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
_memcmp.restype = ctypes.c_int
# By ctypes and not by cffi, which would release the interpreter lock.
_carry = ctypes.PyDLL(_native.__file__).bw_carry
_carry.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
_carry.restype = None
_memmove = ctypes.PyDLL(None).memmove
_memmove.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
_memmove.restype = None


class Side(Enum):
    """Who has a copy."""

    DRIVER = "driver"
    DEVICE = "device"


class Change(NamedTuple):
    """Bytes that have changed, and where."""

    offset: int
    data: bytes


def words_at(address: int, size_bytes: int) -> Words:
    """Memory of this process as words of four bytes."""
    return np.frombuffer(ffi.buffer(ffi.cast("char *", address), size_bytes), dtype=np.uint32)


def put(address: int, data: bytes) -> None:
    """Copy bytes to memory of this process, with the interpreter lock held."""
    _memmove(address, data, len(data))


class SharedRegion:
    """One piece of memory, twice.

    Args:
        number: of the region.
        driver: the driver's copy, zeros at first.
        device: the device's copy, of the same length; what it holds already counts as a change.
    """

    def __init__(self, number: int, driver: Words, device: Words) -> None:
        self.number = number
        self.size_bytes = len(driver) * WORD_BYTES
        self._copies = {Side.DRIVER: driver, Side.DEVICE: device}
        self._agreed = np.zeros_like(driver)

    def is_new(self, side: Side) -> bool:
        """Whether a side has changed anything that was not carried yet."""
        return _differ(self._copies[side], self._agreed)

    def look(self, side: Side) -> Words:
        """What a side's copy holds now, its start first."""
        return self._copies[side].copy()

    def changes(self, side: Side, seen: Words | None = None) -> list[Block]:
        """What a side has changed since it was last carried; nothing is carried yet.

        Args:
            side: whose changes.
            seen: what its copy held when it was looked at; what it holds now if nothing is given.
        """
        source = self._copies[side] if seen is None else seen
        if not _differ(source, self._agreed):
            return []
        target = self._copies[Side.DEVICE if side is Side.DRIVER else Side.DRIVER]
        found = []
        for start in range(0, len(source), BLOCK_WORDS):
            part = slice(start, start + BLOCK_WORDS)
            if _differ(source[part], self._agreed[part]):
                block = Block(self.number, start, source[part].copy(), target[part], self._agreed[part])
                found.append(block)
        return found[::-1]


class Block(NamedTuple):
    """Part of a region with changes: what its owner's copy held when it was looked at."""

    region: int
    start: int
    now: Words
    target: Words
    agreed: Words

    def runs(self, near_words: int = 1) -> Iterator[Change]:
        """The changes, the last one first; before they are carried.

        Args:
            near_words: changes that are this near to each other are told as one, with what is between them.
        """
        for first, last in reversed(list(_runs(np.flatnonzero(self.now != self.agreed), near_words))):
            yield Change((self.start + first) * WORD_BYTES, self.now[first : last + 1].tobytes())


def carry(blocks: list[Block]) -> None:
    """Carry blocks' changes to the other side, in their order."""
    pieces = ffi.new("struct bw_copy_piece[]", len(blocks))
    for piece, block in zip(pieces, blocks, strict=True):
        piece.now, piece.target, piece.agreed = map(_pointer, (block.now, block.target, block.agreed))
        piece.words = len(block.now)
    _carry(int(ffi.cast("uintptr_t", pieces)), len(blocks))


def _pointer(words: Words) -> object:
    return ffi.cast("uint32_t *", words.ctypes.data)


def _differ(one: Words, other: Words) -> bool:
    return bool(_memcmp(one.ctypes.data, other.ctypes.data, one.nbytes))


def _runs(places: NDArray[np.intp], near: int) -> Iterator[tuple[int, int]]:
    """(first, last) of runs of numbers that ascend by `near` at most."""
    if not len(places):
        return
    breaks = np.flatnonzero(np.diff(places) > near)
    firsts = places[np.concatenate(([0], breaks + 1))]
    lasts = places[np.concatenate((breaks, [len(places) - 1]))]
    yield from zip(firsts.tolist(), lasts.tolist(), strict=True)
