"""Memory that a driver and a device share, kept twice, so that it is known who has changed what.

The driver has one copy and the device the other. `pull` carries what the device has changed to the driver's
copy, `push` the other way. What both have changed in the same eight bytes at once is told apart byte by byte.

Both sides may look while changes are carried. A pointer stands before what it points to in all that is shared
here, and is written after it: so memory is looked at from its start, and carried from its end.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from barewire.native._native import ffi, lib
from numpy.typing import NDArray

Words = NDArray[np.uint64]

WORD_BYTES = 8
BLOCK_BYTES = 64 << 10

_memcmp = ctypes.CDLL(None).memcmp
_memcmp.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
_memcmp.restype = ctypes.c_int


class Change(NamedTuple):
    """Bytes that have changed, and where."""

    offset: int
    data: bytes


def words_at(address: int, size_bytes: int) -> Words:
    """Memory of this process as words of eight bytes."""
    return np.frombuffer(ffi.buffer(ffi.cast("char *", address), size_bytes), dtype=np.uint64)


def put(address: int, data: bytes) -> None:
    """Copy bytes to memory of this process."""
    lib.bw_copy(address, int(ffi.cast("uintptr_t", ffi.from_buffer(data))), len(data))


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
        self._driver = driver
        self._device = device
        self._agreed = np.zeros_like(driver)

    def is_new(self) -> bool:
        """Whether the device has changed anything that was not carried yet."""
        return _differ(self._device, self._agreed)

    def look(self) -> Words:
        """What the device's copy holds now, its start first."""
        return self._device.copy()

    def pull(self, seen: Words | None = None) -> list[Change]:
        """Carry what the device has changed to the driver's copy; the last change first.

        Args:
            seen: what its copy held when it was looked at; what it holds now if nothing is given.
        """
        return list(self._carry(self._device if seen is None else seen, self._driver))

    def push(self) -> list[Change]:
        """Carry what the driver has changed to the device's copy; the last change first."""
        return list(self._carry(self._driver, self._device))

    def _carry(self, source: Words, target: Words) -> Iterator[Change]:
        agreed = self._agreed
        if not _differ(source, agreed):
            return
        now = source.copy()  # once: its owner may go on writing
        for start in reversed(range(0, len(now), BLOCK_BYTES // WORD_BYTES)):
            block = slice(start, start + BLOCK_BYTES // WORD_BYTES)
            if _differ(now[block], agreed[block]):
                for first, data in _carry_block(now[block], target[block], agreed[block]):
                    yield Change(start * WORD_BYTES + first, data)


def _differ(one: Words, other: Words) -> bool:
    return bool(_memcmp(one.ctypes.data, other.ctypes.data, one.nbytes))


def _carry_block(now: Words, target: Words, agreed: Words) -> Iterator[tuple[int, bytes]]:
    """Carry a block's changes; (offset, bytes) of each run of them, the last one first."""
    changed = now != agreed
    alone = changed & (target == agreed)
    for place in reversed(np.flatnonzero(changed & ~alone).tolist()):
        yield from _carry_bytes(now, target, agreed, place)
    for first, last in reversed(list(_runs(np.flatnonzero(alone)))):
        run = slice(first, last + 1)
        target[run] = now[run]
        agreed[run] = now[run]
        yield first * WORD_BYTES, now[run].tobytes()


def _carry_bytes(now: Words, target: Words, agreed: Words, place: int) -> Iterator[tuple[int, bytes]]:
    """Carry the bytes that have changed in a word whose other bytes the other side may have changed."""
    there = slice(place, place + 1)
    new, old = now[there].view(np.uint8), agreed[there].view(np.uint8)
    for first, last in _runs(np.flatnonzero(new != old)):
        some = slice(first, last + 1)
        data = new[some].tobytes()
        target[there].view(np.uint8)[some] = new[some]
        old[some] = new[some]
        yield place * WORD_BYTES + first, data


def _runs(places: NDArray[np.intp]) -> Iterator[tuple[int, int]]:
    """(first, last) of runs of neighbours in ascending numbers."""
    if not len(places):
        return
    breaks = np.flatnonzero(np.diff(places) > 1)
    firsts = places[np.concatenate(([0], breaks + 1))]
    lasts = places[np.concatenate((breaks, [len(places) - 1]))]
    yield from zip(firsts.tolist(), lasts.tolist(), strict=True)
