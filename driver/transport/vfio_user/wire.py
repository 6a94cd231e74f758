"""Messages on a Unix socket, with the descriptors that travel beside them. Both sides use it.

What the other side sends is not trusted: lengths are checked before memory is taken for them, descriptors
that nobody asked for are closed, and whoever stops in the middle of a message is left.
"""

from __future__ import annotations

import array
import contextlib
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple

from barewire.errors import FormatError, TransportError
from barewire.transport.vfio_user.protocol import (
    DEFAULT_TRANSFER_BYTES,
    ERROR,
    HEADER,
    NO_REPLY,
    TRANSFER_PREFIX_BYTES,
    TYPE_COMMAND,
    TYPE_MASK,
    TYPE_REPLY,
    Header,
    command_name,
)

MOST_PASSED = 253  # descriptors in one message, as the kernel has it (SCM_MAX_FD)
_FDS = socket.CMSG_SPACE(MOST_PASSED * 4)
STALL_S = 10.0  # in the middle of a message; between messages there is all the time of the world
LONGEST_MESSAGE_S = 30.0  # from its first byte to its last
HEADER_BYTES = HEADER.size_bytes
SMALL_BYTES = 4096  # up to here a message is put together before it is sent
LARGEST_MESSAGE = HEADER.size_bytes + TRANSFER_PREFIX_BYTES + DEFAULT_TRANSFER_BYTES


class Gone(Exception):
    """The other side has closed the connection, or stopped in the middle of a message."""


class Late(Exception):
    """Nothing came in time."""


class BadHeader(FormatError):
    """A header whose length cannot be: nothing after it can be read. `header` is what it said."""


class Message(NamedTuple):
    """One message; its descriptors belong to whoever holds it."""

    header: Header
    payload: bytes
    fds: list[int]

    @property
    def kind(self) -> int:
        """TYPE_COMMAND, TYPE_REPLY, or what nobody knows."""
        return self.header.flags & TYPE_MASK

    @property
    def is_reply(self) -> bool:
        """Whether it answers a command."""
        return self.kind == TYPE_REPLY

    @property
    def wants_reply(self) -> bool:
        """Whether it is a command that is to be answered."""
        return not self.header.flags & (TYPE_MASK | NO_REPLY)  # TYPE_COMMAND is 0

    @property
    def error(self) -> int | None:
        """The errno of a reply that refuses; None of one that does not."""
        return self.header.error if self.header.flags & ERROR else None

    def close(self) -> None:
        """Close the descriptors that are left."""
        close_all(self.fds)


def close_all(fds: list[int]) -> None:
    """Close descriptors, and forget them."""
    while fds:
        with contextlib.suppress(OSError):
            os.close(fds.pop())


def timeval(seconds: float) -> bytes:
    """A time as socket options take it."""
    return struct.pack("@ll", int(seconds), int(seconds % 1 * 1_000_000))


class Wire:
    """One end of a connection; it belongs to whoever made it. One thread receives, any thread may send.

    Whoever reads ahead gets several messages by one call of the kernel. A message's descriptors are told
    apart all the same: the kernel ends what it gives after a piece that has some, so that they belong to the
    last message that began in it (unix(7); senders pass one message at a time).

    Args:
        connection: a connected socket that blocks.
        largest: bytes of a whole message that is taken.
        ahead_bytes: how much is taken at once, if it is there; 0 for nothing but what is asked for, so that
            who looks at the socket sees whether there is more.
    """

    def __init__(
        self, connection: socket.socket, largest: int = LARGEST_MESSAGE, ahead_bytes: int = 0
    ) -> None:
        self.socket = connection
        self.largest = largest
        self._ahead_bytes = ahead_bytes
        self._sending = threading.Lock()
        self._ready = select.poll()
        self._data = b""  # what came and was not given yet, from `_at` on
        self._at = 0
        self._came = 0  # bytes so far
        self._beside: list[tuple[int, int]] = []  # descriptors, and how many bytes had come with them
        self._ready.register(connection, select.POLLIN)
        connection.setblocking(True)
        stall = timeval(STALL_S)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, stall)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, stall)

    def send(
        self,
        message_id: int,
        command: int,
        payload: bytes | bytearray | memoryview | Sequence[bytes | memoryview] = b"",
        *,
        flags: int = TYPE_COMMAND,
        error: int = 0,
        fds: Sequence[int] = (),
    ) -> None:
        """Send one message; the descriptors stay the caller's.

        Raises:
            Gone: nobody takes it; nothing more can be sent then.
        """
        parts = [payload] if isinstance(payload, bytes | bytearray | memoryview) else list(payload)
        size = HEADER_BYTES + sum(map(len, parts))
        parts.insert(0, HEADER.pack(message_id, command, size, flags, error))
        with self._sending:
            sent = 0
            try:
                if fds:
                    passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
                    sent = self.socket.sendmsg(parts, passed)
                elif size <= SMALL_BYTES:
                    sent = self.socket.send(b"".join(parts))
                else:
                    sent = self.socket.sendmsg(parts)
                if sent < size:
                    self.socket.sendall(b"".join(parts)[sent:])
            except OSError as lost:
                self.shut()  # what follows half a message would be read as the rest of it
                raise Gone(f"the connection is closed: {lost}") from lost
            except BaseException:
                self.shut()
                raise

    def wait(self, timeout_s: float) -> bool:
        """Wait until a message begins; whether one did. Or the connection ended, which `receive` finds."""
        return len(self._data) > self._at or bool(self._ready.poll(timeout_s * 1000))

    def receive(self, timeout_s: float | None = None) -> Message:
        """Wait for the next message, for ever if no time is given.

        Raises:
            Gone: there is none any more.
            Late: none began in time.
            BadHeader: its length cannot be, and the connection is of no use any more.
        """
        if timeout_s is not None and not self.wait(timeout_s):
            raise Late("no message came")
        if len(self._data) - self._at < HEADER_BYTES:
            self._fill(HEADER_BYTES)
        header = HEADER.read(self._data, self._at)
        if not HEADER_BYTES <= header.size_bytes <= self.largest:
            raise BadHeader(
                f"a message of {header.size_bytes} bytes: {command_name(header.command)}",
                header=header,
                largest=self.largest,
            )
        if len(self._data) - self._at < header.size_bytes:
            self._fill(header.size_bytes)
        start, end = self._at, self._at + header.size_bytes
        payload = self._data[start + HEADER_BYTES : end]
        fds = self._take_beside(len(self._data) - end) if self._beside else []
        if end < len(self._data):
            self._at = end
        else:
            self._data, self._at = b"", 0
        return Message(header, payload, fds)

    def _take_beside(self, left_bytes: int) -> list[int]:
        """The descriptors of a message after which so many bytes have come."""
        end = self._came - left_bytes
        fds = [fd for fd, came in self._beside if came <= end]
        del self._beside[: len(fds)]
        return fds

    def _fill(self, size: int) -> None:
        """Have so many bytes of the message that is next.

        Between messages the other side may be silent for as long as it likes.
        """
        parts = [self._data[self._at :]]
        have = len(parts[0])
        end: float | None = None
        try:
            while have < size:
                if have:
                    end = time.monotonic() + LONGEST_MESSAGE_S if end is None else end
                    if time.monotonic() > end:
                        raise Gone("the other side takes too long for a message")
                try:
                    part = self._receive(max(size - have, self._ahead_bytes))
                except BlockingIOError as late:
                    if have:
                        raise Gone("the other side stopped in the middle of a message") from late
                    continue
                if not part:
                    raise Gone(f"the other side closed the connection{' in the middle' if have else ''}")
                parts.append(part)
                have += len(part)
        finally:
            self._data, self._at = b"".join(parts), 0

    def _receive(self, size: int) -> bytes:
        """Up to `size` bytes; descriptors that come with them are kept for their message."""
        try:
            data, beside, flags, _ = self.socket.recvmsg(size, _FDS, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            raise
        except OSError as error:
            raise Gone(f"the connection is closed: {error}") from error
        self._came += len(data)
        for level, kind, passed in beside:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds = array.array("i", passed[: len(passed) // 4 * 4])
                self._beside.extend((fd, self._came) for fd in fds)
        if flags & socket.MSG_CTRUNC:
            raise Gone("descriptors were lost: this process has too many open")
        if len(self._beside) > 2 * MOST_PASSED:  # of the message that is next, and of the one after it
            raise Gone("more descriptors came than messages carry")
        return data

    def shut(self) -> None:
        """Let nothing through any more; a thread that waits for a message is told."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the connection, and close what came and was not given; a second time is nothing."""
        self.shut()
        self.socket.close()
        close_all(self._take_beside(0))


def peer(connection: socket.socket) -> tuple[int, int]:
    """(process, user) at the other end of a Unix socket.

    Raises:
        TransportError: the kernel does not say.
    """
    try:
        said = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        process, user, _ = struct.unpack("3i", said)
    except OSError as error:
        raise TransportError(f"the kernel does not say who is at the other end: {error}") from error
    return process, user
