"""Vectors as counters (eventfd) that a server raises."""

from __future__ import annotations

import os
import select
import struct
import threading

from barewire.errors import HostLimit
from barewire.transport.vfio_user.link import MOST_FDS, Link
from barewire.transport.vfio_user.protocol import (
    ACTION_TRIGGER,
    DATA_EVENTFD,
    DATA_NONE,
    IRQ_SET,
    Command,
)

COUNTER = struct.Struct("=Q")


class Counters:
    """The vectors of one kind. Any thread may wait.

    Args:
        count: of vectors.
        link: to the server.
    """

    MOST = 2048  # vectors of MSI-X

    def __init__(self, count: int, link: Link) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._events: dict[int, int] = {}  # by vector; they stay, so that who waits need not know of a reset
        self._waiting = 0
        self._count = count
        self._closed = False
        self._woken = _counter()

    def listen(self, kind: int, count: int) -> None:
        """Have the server raise the first `count`.

        Raises:
            HostLimit: this process has no descriptor left.
            TransportError: it refuses, or is gone.
        """
        most = max(1, min(self._link.capabilities.max_msg_fds, MOST_FDS))
        for start in range(0, count, most):
            events = [self._event(vector) for vector in range(start, min(start + most, count))]
            self._set(kind, start, DATA_EVENTFD, events)

    def ignore(self, kind: int) -> None:
        """Have it raise none.

        Raises:
            TransportError: it refuses, or is gone.
        """
        self._set(kind, 0, DATA_NONE, [])

    def _set(self, kind: int, start: int, data: int, events: list[int]) -> None:
        request = IRQ_SET.pack(IRQ_SET.size_bytes, data | ACTION_TRIGGER, kind, start, len(events))
        self._link.ask(Command.DEVICE_SET_IRQS, [request], fds=events)

    def _event(self, vector: int) -> int:
        with self._lock:
            if vector not in self._events:
                self._events[vector] = _counter()
            return self._events[vector]

    def wait(self, vector: int, timeout_s: float) -> int:
        """How often a vector came, once it does, since it was last asked; 0 after `timeout_s` or the end."""
        with self._lock:
            if self._closed:
                return 0
            if vector not in self._events:
                self._events[vector] = _counter()
            event = self._events[vector]
            self._waiting += 1
        try:
            looked = select.poll()
            for descriptor in (event, self._woken):
                looked.register(descriptor, select.POLLIN)
            if self._link.descriptor >= 0:  # a server that leaves raises nothing any more
                looked.register(self._link.descriptor, select.POLLRDHUP)
            looked.poll(max(0.0, timeout_s) * 1000)
            return _taken(event)
        finally:
            with self._lock:
                self._waiting -= 1
                self._end()

    def forget(self) -> None:
        """Nothing has come."""
        with self._lock:
            for event in self._events.values():
                _taken(event)

    def close(self) -> None:
        """Wake who waits, for good; a second time is nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            os.write(self._woken, COUNTER.pack(1))
            self._end()

    def _end(self) -> None:
        """Close the counters once all is closed and nobody looks at them; with the lock held."""
        if self._closed and not self._waiting and self._woken >= 0:
            for event in (*self._events.values(), self._woken):
                os.close(event)
            self._events.clear()
            self._woken = -1


def _counter() -> int:
    # A counter must not keep the server waiting that raises it, nor us who look.
    try:
        return os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
    except OSError as error:
        raise HostLimit(
            f"no counter for an interrupt: {error.strerror}",
            hint="Raise the limit of open files (ulimit -n).",
            errno=error.errno,
        ) from error


def _taken(event: int) -> int:
    """How often a counter was raised since it was last asked."""
    try:
        return int(COUNTER.unpack(os.read(event, COUNTER.size))[0])
    except BlockingIOError:
        return 0
