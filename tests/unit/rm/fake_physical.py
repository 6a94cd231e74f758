"""Physical memory of the fake kernel driver: pages that are given out scattered, and what is in them.

One file is the GPU's memory and one the host's, so that all mappings of a page show the same bytes, to the
process, to the GPU and to who builds tables.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import random
import struct
import weakref
from collections.abc import Sequence

CHUNK = 2 << 20
PROT_READ, PROT_WRITE = 1, 2
MAP_SHARED, MAP_PRIVATE, MAP_FIXED, MAP_ANONYMOUS = 0x01, 0x02, 0x10, 0x20

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
_libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


class NoMemory(Exception):
    """No pages are left."""


class Memory:
    """Memory of the GPU or of the host, from physical address `start` on.

    Args:
        reserved_bytes: at the start, that are not given out.
    """

    def __init__(self, start: int, size_bytes: int, reserved_bytes: int = 0) -> None:
        self.start, self.end = start, start + size_bytes
        self._file = os.memfd_create("fake memory")
        weakref.finalize(self, os.close, self._file)
        os.ftruncate(self._file, size_bytes)
        self._bytes = mmap.mmap(self._file, size_bytes)
        self._random = random.Random(start)
        self._chunks = list(range(start + reserved_bytes, self.end, CHUNK))
        self._random.shuffle(self._chunks)
        self._pieces: dict[int, list[int]] = {4096: [], 65536: [], CHUNK: self._chunks}

    # Who has which page

    def take(self, size_bytes: int, page_bytes: int, contiguous: bool = False) -> list[int]:
        """The addresses of pages; never neighbours but by chance, unless they are to be contiguous."""
        if contiguous:
            return self._take_run(size_bytes, page_bytes)
        return [self._take_page(page_bytes) for _ in range(size_bytes // page_bytes)]

    def _take_page(self, page_bytes: int) -> int:
        free = self._pieces[page_bytes]
        if not free:
            chunk = self._take_page(CHUNK) if self._chunks else None
            if chunk is None:
                raise NoMemory
            free += range(chunk, chunk + CHUNK, page_bytes)
            self._random.shuffle(free)
        return free.pop()

    def _take_run(self, size_bytes: int, page_bytes: int) -> list[int]:
        count = -(-size_bytes // CHUNK)
        free = set(self._chunks)
        for first in sorted(free):
            run = [first + CHUNK * number for number in range(count)]
            if free.issuperset(run):
                for chunk in run:
                    self._chunks.remove(chunk)
                return list(range(first, first + size_bytes, page_bytes))
        raise NoMemory

    def give_back(self, pages: Sequence[int], page_bytes: int, contiguous: bool = False) -> None:
        if not contiguous:
            self._pieces[page_bytes] += pages
            return
        end = pages[-1] + page_bytes
        self._chunks += range(pages[0], end, CHUNK)

    # What is in it

    def read(self, address: int, size_bytes: int) -> bytes:
        return self._bytes[self._at(address, size_bytes) : self._at(address, size_bytes) + size_bytes]

    def write(self, address: int, data: bytes) -> None:
        at = self._at(address, len(data))
        self._bytes[at : at + len(data)] = data

    def read64(self, address: int) -> int:
        return int(struct.unpack_from("<Q", self._bytes, self._at(address, 8))[0])

    def write64(self, address: int, value: int) -> None:
        struct.pack_into("<Q", self._bytes, self._at(address, 8), value)

    def _at(self, address: int, size_bytes: int) -> int:
        assert self.start <= address <= address + size_bytes <= self.end, hex(address)
        return address - self.start

    # Mappings into this process

    def map(self, pages: Sequence[int], page_bytes: int, offset: int, size_bytes: int, writable: bool) -> int:
        """A part of pages, side by side; returns the address."""
        address = anonymous(size_bytes)
        at = 0
        for place, count in _runs(pages, page_bytes, offset, size_bytes):
            _mmap(address + at, count, writable, MAP_SHARED | MAP_FIXED, self._file, place - self.start)
            at += count
        return address


def _runs(pages: Sequence[int], page_bytes: int, offset: int, size_bytes: int) -> list[tuple[int, int]]:
    """(address, size) of a part of pages, neighbours joined."""
    found: list[tuple[int, int]] = []
    end = offset + size_bytes
    while offset < end:
        index, within = divmod(offset, page_bytes)
        place, count = pages[index] + within, min(page_bytes - within, end - offset)
        if found and sum(found[-1]) == place:
            found[-1] = found[-1][0], found[-1][1] + count
        else:
            found.append((place, count))
        offset += count
    return found


def anonymous(size_bytes: int, at: int | None = None) -> int:
    """Empty memory of this process; in place of what is at an address, if one is given."""
    fixed = 0 if at is None else MAP_FIXED
    return _mmap(at, size_bytes, True, MAP_PRIVATE | MAP_ANONYMOUS | fixed, -1, 0)


def unmap(address: int, size_bytes: int) -> None:
    assert _libc.munmap(address, size_bytes) == 0


def _mmap(at: int | None, size_bytes: int, writable: bool, flags: int, file: int, offset: int) -> int:
    protection = PROT_READ | (PROT_WRITE if writable else 0)
    address: int | None = _libc.mmap(at, size_bytes, protection, flags, file, offset)
    assert address not in (None, ctypes.c_void_p(-1).value), os.strerror(ctypes.get_errno())
    return address
