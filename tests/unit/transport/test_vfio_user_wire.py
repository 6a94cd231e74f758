"""Messages on a socket as they come: several at once, in pieces, with descriptors, or never to their end."""

from __future__ import annotations

import array
import contextlib
import os
import resource
import socket
import time
from collections.abc import Iterator

import pytest
import vfio_user_raw as raw
from barewire.transport.vfio_user import wire as wires
from barewire.transport.vfio_user.wire import Gone, Late, Wire
from vfio_user_raw import open_descriptors

AHEAD = 1 << 16


@contextlib.contextmanager
def pair(ahead_bytes: int = AHEAD) -> Iterator[tuple[socket.socket, Wire]]:
    """A sender, and a wire that it sends to."""
    ours, theirs = socket.socketpair()
    wire = Wire(theirs, ahead_bytes=ahead_bytes)
    try:
        yield ours, wire
    finally:
        wire.close()
        ours.close()


def message(number: int, payload: bytes = b"") -> bytes:
    return raw.HEADER.pack(number, raw.READ, raw.HEADER.size + len(payload), 0, 0) + payload


def send(sender: socket.socket, data: bytes, fds: int = 0) -> None:
    read, write = os.pipe()
    passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [write] * fds))] if fds else []
    sender.sendmsg([data], passed)
    os.close(read)
    os.close(write)


@pytest.mark.parametrize("ahead_bytes", [0, 40, AHEAD])
def test_each_message_has_its_own_descriptors_however_many_come_at_once(ahead_bytes):
    with pair(ahead_bytes) as (sender, wire):
        counts = [0, 2, 0, 0, 1, 3, 0]
        for number, fds in enumerate(counts):
            send(sender, message(number, bytes([number]) * 20 * number), fds)
        for number, fds in enumerate(counts):
            came = wire.receive(1)
            assert (came.header.message_id, came.payload) == (number, bytes([number]) * 20 * number)
            assert len(came.fds) == fds
            came.close()
        with pytest.raises(Late):
            wire.receive(0)


def test_descriptors_belong_to_the_message_that_they_came_with_though_it_came_in_pieces():
    with pair() as (sender, wire):
        send(sender, message(1))
        send(sender, message(2, b"abcdefgh")[:20], 2)
        send(sender, message(2, b"abcdefgh")[20:])
        send(sender, message(3))
        came = [wire.receive(1) for _ in range(3)]
        assert [len(each.fds) for each in came] == [0, 2, 0]
        assert came[1].payload == b"abcdefgh"
        came[1].close()


def test_a_long_message_follows_short_ones():
    with pair() as (sender, wire):
        long = os.urandom(300_000)
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        sender.sendall(message(1, b"x") + message(2, long) + message(3))
        assert [wire.receive(1).payload for _ in range(3)] == [b"x", long, b""]


def test_what_was_not_given_is_closed_with_the_wire():
    before = open_descriptors()
    with pair() as (sender, wire):
        send(sender, message(1))
        send(sender, message(2), 5)
        wire.receive(1)
    assert open_descriptors() <= before


def test_descriptors_without_end_end_the_connection():
    before = open_descriptors()
    with pair() as (sender, wire):
        for byte in message(1)[:5]:
            send(sender, bytes([byte]), 200)
        with pytest.raises(Gone, match="descriptors"):
            wire.receive(1)
    assert open_descriptors() <= before


def test_descriptors_that_this_process_has_no_room_for_end_the_connection():
    before = open_descriptors()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with pair() as (sender, wire):
        send(sender, message(1), 40)
        resource.setrlimit(resource.RLIMIT_NOFILE, (before + 8, hard))
        try:
            with pytest.raises(Gone, match="too many open"):
                wire.receive(1)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert open_descriptors() <= before


def test_a_message_that_takes_too_long_ends_the_connection(monkeypatch):
    monkeypatch.setattr(wires, "LONGEST_MESSAGE_S", 0.05)
    with pair(0) as (sender, wire):
        sender.send(message(1, b"abc")[:10])
        wire.wait(1)
        sender.send(message(1, b"abc")[10:17])
        sender.shutdown(socket.SHUT_WR)
        monkeypatch.setattr(wires.Wire, "_receive", slowly(wires.Wire._receive))
        with pytest.raises(Gone, match="too long"):
            wire.receive(1)


def slowly(receive):
    def receive_later(self, size):
        time.sleep(0.03)
        return receive(self, 1)

    return receive_later


def test_nothing_follows_half_a_message(monkeypatch):
    monkeypatch.setattr(wires, "STALL_S", 0.1)
    with pair() as (receiver, wire):
        with pytest.raises(Gone):
            for _ in range(100):
                wire.send(1, raw.WRITE, bytes(1 << 20))
        receiver.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while receiver.recv(1 << 20):
                pass
        with pytest.raises(Gone):
            wire.send(2, raw.WRITE, b"")
        assert receiver.recv(1) == b""


def test_an_interrupted_send_ends_the_connection_and_not_in_the_middle():
    class Interrupted:
        def __init__(self, connection: socket.socket) -> None:
            self.connection = connection

        def send(self, data: bytes) -> int:
            self.connection.send(data[:5])
            raise KeyboardInterrupt

        def __getattr__(self, name: str):
            return getattr(self.connection, name)

    with pair() as (receiver, wire):
        wire.socket = Interrupted(wire.socket)  # type: ignore[assignment]
        with pytest.raises(KeyboardInterrupt):
            wire.send(1, raw.WRITE, b"abc")
        sent = raw.HEADER.pack(1, raw.WRITE, raw.HEADER.size + 3, 0, 0)
        assert receiver.recv(100) == sent[:5]
        assert receiver.recv(100) == b""
