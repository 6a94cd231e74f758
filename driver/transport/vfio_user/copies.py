"""Client memory that came without a descriptor: a copy here, which messages keep up.

The device works by addresses, so that it cannot be told when it is done. What it reads is fetched when it
asks for the address. Pages that it may write are remembered as they were, and what differs later is carried:
now and then by a thread, before each interrupt, and before the memory goes.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from typing import Protocol

from barewire.transport.vfio_user.files import map_file, unmap
from barewire.transport.vfio_user.protocol import SMALLEST_PAGE
from barewire.transport.vfio_user.served import Unmapped


class Exchange(Protocol):
    """Reads and writes the client's memory by messages."""

    def read(self, iova: int, size_bytes: int) -> bytes:
        """Bytes of it.

        Raises:
            Unmapped: the client refuses, is gone, or cannot answer now.
        """
        ...

    def write(self, iova: int, data: bytes) -> None:
        """Write bytes of it; nobody waits for an answer."""
        ...


class CopiedMemory:
    """A window's copy. Any thread may call.

    Raises:
        OSError: there are not that many addresses.
    """

    def __init__(self, exchange: Exchange, iova: int, size_bytes: int) -> None:
        self._exchange = exchange
        self._iova = iova
        self._size_bytes = size_bytes
        self._address = map_file(-1, size_bytes)
        self._written: dict[int, bytes] = {}  # pages that the device may write, as the client has them
        self._lock = threading.RLock()

    def reach(self, offset: int, size_bytes: int, write: bool) -> int:
        """The address of bytes, which are as the client has them now.

        Raises:
            Unmapped: the client does not tell.
        """
        with self._lock:
            if not self._address:
                raise Unmapped("the memory was just taken away")
            self.carry()
            first = offset // SMALLEST_PAGE * SMALLEST_PAGE
            end = -(-(offset + size_bytes) // SMALLEST_PAGE) * SMALLEST_PAGE
            if not write:
                ctypes.memmove(
                    self._address + offset, self._exchange.read(self._iova + offset, size_bytes), size_bytes
                )
            for page in range(first, end, SMALLEST_PAGE):
                if write and page not in self._written:
                    now = self._exchange.read(self._iova + page, SMALLEST_PAGE)
                    ctypes.memmove(self._address + page, now, SMALLEST_PAGE)
                    self._written[page] = now
                elif page in self._written:  # what was just fetched is what the client has
                    self._written[page] = ctypes.string_at(self._address + page, SMALLEST_PAGE)
            return self._address + offset

    def carry(self) -> None:
        """Send what the device changed.

        Raises:
            Unmapped: the client has left.
        """
        with self._lock:
            for page, before in self._written.items():
                now = ctypes.string_at(self._address + page, SMALLEST_PAGE)
                if now == before:
                    continue
                for start, end in _changes(before, now):
                    self._exchange.write(self._iova + page + start, now[start:end])
                self._written[page] = now

    def close(self) -> None:
        """Give the addresses back; a second time is nothing."""
        with self._lock:
            if self._address:
                unmap(self._address, self._size_bytes)
                self._address = 0
            self._written.clear()


def _changes(before: bytes, now: bytes) -> Iterator[tuple[int, int]]:
    """(start, end) of runs of bytes that differ."""
    start = None
    for at, (old, new) in enumerate(zip(before, now, strict=True)):
        if old != new and start is None:
            start = at
        elif old == new and start is not None:
            yield start, at
            start = None
    if start is not None:
        yield start, len(now)
