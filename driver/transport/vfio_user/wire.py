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
    def is_reply(self) -> bool:
        """Whether it answers a command."""
        return self.header.flags & TYPE_MASK == TYPE_REPLY

    @property
    def wants_reply(self) -> bool:
        """Whether it is a command that is to be answered."""
        return self.header.flags & TYPE_MASK == TYPE_COMMAND and not self.header.flags & NO_REPLY

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


def _timeval(seconds: float) -> bytes:
    return struct.pack("@ll", int(seconds), int(seconds % 1 * 1_000_000))


class Wire:
    """One end of a connection; it belongs to whoever made it. One thread receives, any thread may send.

    Args:
        connection: a connected socket that blocks.
        largest: bytes of a whole message that is taken.
    """

    def __init__(self, connection: socket.socket, largest: int = LARGEST_MESSAGE) -> None:
        self.socket = connection
        self.largest = largest
        self._sending = threading.Lock()
        self._ready = select.poll()
        self._ready.register(connection, select.POLLIN)
        connection.setblocking(True)
        stall = _timeval(STALL_S)
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
            Gone: nobody takes it.
        """
        parts = [payload] if isinstance(payload, bytes | bytearray | memoryview) else list(payload)
        size = HEADER.size_bytes + sum(len(part) for part in parts)
        parts.insert(0, HEADER.pack(message_id, command, size, flags, error))
        passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        try:
            with self._sending:
                sent = self.socket.sendmsg(parts, passed)
                if sent < size:
                    self.socket.sendall(b"".join(parts)[sent:])
        except OSError as error_:
            raise Gone(f"the connection is closed: {error_}") from error_

    def receive(self, timeout_s: float | None = None) -> Message:
        """Wait for the next message, for ever if no time is given.

        Raises:
            Gone: there is none any more.
            Late: none began in time.
            BadHeader: its length cannot be, and the connection is of no use any more.
        """
        if timeout_s is not None and not self._ready.poll(timeout_s * 1000):
            raise Late("no message came")
        fds: list[int] = []
        try:
            header = HEADER.read(self._take_head(fds))
            if not HEADER.size_bytes <= header.size_bytes <= self.largest:
                raise BadHeader(
                    f"a message of {header.size_bytes} bytes: {command_name(header.command)}",
                    header=header,
                    largest=self.largest,
                )
            return Message(header, self._take(header.size_bytes - HEADER.size_bytes, fds), fds)
        except BaseException:
            close_all(fds)
            raise

    def _take_head(self, fds: list[int]) -> bytes:
        """The header; between messages the other side may be silent for as long as it likes."""
        head = b""
        while len(head) < HEADER.size_bytes:
            try:
                part = self._receive(HEADER.size_bytes - len(head), fds)
            except BlockingIOError as late:
                if head:
                    raise Gone("the other side stopped in the middle of a message") from late
                continue
            if not part:
                raise Gone("the other side closed the connection")
            head += part
        return head

    def _take(self, size: int, fds: list[int]) -> bytes:
        """What follows a header."""
        parts: list[bytes] = []
        while size:
            try:
                part = self._receive(size, fds)
            except BlockingIOError as late:
                raise Gone("the other side stopped in the middle of a message") from late
            if not part:
                raise Gone("the other side closed the connection in the middle of a message")
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _receive(self, size: int, fds: list[int]) -> bytes:
        """Up to `size` bytes; descriptors that come with them are added to `fds`."""
        try:
            data, beside, _, _ = self.socket.recvmsg(size, _FDS, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            raise
        except OSError as error:
            raise Gone(f"the connection is closed: {error}") from error
        for level, kind, passed in beside:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds.extend(array.array("i", passed[: len(passed) // 4 * 4]))
        return data

    def shut(self) -> None:
        """Let nothing through any more; a thread that waits for a message is told."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the connection; a second time is nothing."""
        self.shut()
        self.socket.close()


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
