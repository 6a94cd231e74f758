"""A client that says whatever a test wants, byte by byte, and a server with a small device for it."""

from __future__ import annotations

import array
import contextlib
import os
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from barewire.transport.served_soft import SoftServed
from barewire.transport.vfio_user.server import Server
from barewire.transport.vfio_user.session import Limits
from small_device import SmallDevice

HEADER = struct.Struct("<HHIII")
VERSION, MAP, UNMAP, INFO, REGION, IO_FDS, IRQ, SET_IRQS, READ, WRITE, DMA_READ, DMA_WRITE, RESET = range(
    1, 14
)
PAGE = 4096
NO_REPLY = 0x10


class Reply(NamedTuple):
    """What came."""

    number: int
    command: int
    flags: int
    error: int
    payload: bytes
    fds: list[int]


class RawClient:
    """One connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.socket.settimeout(10)
        self.number = 0

    @classmethod
    def at(cls, path: Path) -> RawClient:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(path))
        return cls(connection)

    def send(
        self,
        command: int,
        payload: bytes = b"",
        fds=(),
        flags: int = 0,
        size: int | None = None,
        error: int = 0,
    ) -> int:
        self.number += 1
        length = HEADER.size + len(payload) if size is None else size
        data = HEADER.pack(self.number & 0x7FFF, command, length, flags, error) + payload
        passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        self.socket.sendmsg([data], passed)
        return self.number & 0x7FFF

    def receive(self) -> Reply:
        data, beside, _, _ = self.socket.recvmsg(HEADER.size, socket.CMSG_SPACE(253 * 4))
        if not data:
            raise EOFError
        fds: list[int] = []
        for _, _, passed in beside:
            fds.extend(array.array("i", passed))
        while len(data) < HEADER.size:
            data += self._some(HEADER.size - len(data))
        number, command, size, flags, error = HEADER.unpack(data)
        payload = b""
        while len(payload) < size - HEADER.size:
            payload += self._some(size - HEADER.size - len(payload))
        return Reply(number, command, flags, error, payload, fds)

    def _some(self, size: int) -> bytes:
        part = self.socket.recv(size)
        if not part:
            raise EOFError
        return part

    def ask(self, command: int, payload: bytes = b"", fds=(), **how: int) -> Reply:
        number = self.send(command, payload, fds, **how)
        reply = self.receive()
        assert (reply.number, reply.command, reply.flags & 0xF) == (number, command, 1)
        assert bool(reply.error) == bool(reply.flags & 0x20)
        return reply

    def begin(self, text: bytes = b"") -> Reply:
        return self.ask(VERSION, struct.pack("<HH", 0, 0) + text)

    def read(self, region: int, offset: int, size: int) -> Reply:
        return self.ask(READ, struct.pack("<QII", offset, region, size))

    def write(self, region: int, offset: int, data: bytes, **how: int) -> Reply:
        return self.ask(WRITE, struct.pack("<QII", offset, region, len(data)) + data, **how)

    def map(self, iova: int, size: int, fd: int | None = None, flags: int = 3, offset: int = 0) -> Reply:
        payload = struct.pack("<IIQQQ", 32, flags, offset, iova, size)
        return self.ask(MAP, payload, () if fd is None else (fd,))

    def unmap(self, iova: int, size: int, flags: int = 0) -> Reply:
        return self.ask(UNMAP, struct.pack("<IIQQ", 24, flags, iova, size))

    def set_irqs(self, flags: int, kind: int, start: int, count: int, data: bytes = b"", fds=()) -> Reply:
        return self.ask(
            SET_IRQS, struct.pack("<IIIII", 20 + len(data), flags, kind, start, count) + data, fds
        )

    def close(self) -> None:
        self.socket.close()


@contextlib.contextmanager
def memory_file(size: int, content: bytes = b"") -> Iterator[int]:
    """A file in memory that can be sealed."""
    file = os.memfd_create("test", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(file, size)
        os.pwrite(file, content, 0)
        yield file
    finally:
        os.close(file)


class Served(NamedTuple):
    """A server that runs, and its device."""

    device: SmallDevice
    server: Server
    path: Path
    thread: threading.Thread


@contextlib.contextmanager
def serving(
    folder: Path, device: SmallDevice | None = None, limits: Limits | None = None, **how
) -> Iterator[Served]:
    """A server in a thread of this process."""
    device = device or SmallDevice()
    path = folder / "s"
    with (
        contextlib.closing(SoftServed(device)) as served,
        Server(served, path, limits=limits, **how) as server,
    ):
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        yield Served(device, server, path, thread)
        server.close()
        thread.join(10)
        assert not thread.is_alive()


def open_descriptors() -> int:
    """How many descriptors this process has; a server that just ended may still close some of its own."""
    return len(os.listdir("/proc/self/fd"))
