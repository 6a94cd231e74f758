"""A client that sends nonsense: recorded sessions with their bytes changed, and requests made at random.

Whatever comes, the server answers or ends the connection, the device is asked for nothing that it does not
have, and no descriptor and no mapping is left.
"""

from __future__ import annotations

import array
import contextlib
import gc
import os
import random
import socket
import struct
import threading
import time
from pathlib import Path
from typing import NamedTuple

import pytest
import small_device as small
import vfio_user_raw as raw
from barewire.errors import FormatError
from barewire.transport.served_soft import SoftServed
from barewire.transport.vfio_user.protocol import read_areas, read_version
from barewire.transport.vfio_user.session import Limits, Refused, Session
from barewire.transport.vfio_user.wire import BadHeader, Gone, Wire
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_device import SmallDevice

FULL = os.environ.get("BAREWIRE_FULL", "") not in ("", "0")
MESSAGES = 200_000 if FULL else 20_000
AT_ONCE = 40  # messages of a session
PAGE = 4096


class CarefulDevice(SmallDevice):
    """A device that is never asked for what it does not have."""

    def bar_read(self, index, offset, size_bytes):
        assert index in (0, 2)
        assert 0 <= offset <= (small.BAR0_BYTES if index == 0 else small.BAR2_BYTES) - size_bytes
        return super().bar_read(index, offset, size_bytes)

    def bar_write(self, index, offset, size_bytes, value):
        assert index in (0, 2)
        assert 0 <= offset <= (small.BAR0_BYTES if index == 0 else small.BAR2_BYTES) - size_bytes
        assert 0 <= value < 1 << 8 * size_bytes
        if offset not in (small.DMA_FILL,) and not (size_bytes == 8 and offset == small.DMA_FILL - 4):
            super().bar_write(index, offset, size_bytes, value)

    def config_read(self, offset, size_bytes):
        assert size_bytes in (1, 2, 4)
        assert 0 <= offset <= 4096 - size_bytes
        return super().config_read(offset, size_bytes)

    def _raise(self, vector):
        super()._raise(vector % 4)


class Sent(NamedTuple):
    """A message of a recorded session: its bytes, and which descriptors went with it."""

    data: bytes
    fds: tuple[str, ...] = ()


def message(command: int, payload: bytes = b"", fds: tuple[str, ...] = (), flags: int = 0) -> Sent:
    return Sent(raw.HEADER.pack(7, command, 16 + len(payload), flags, 0) + payload, fds)


def access(command: int, region: int, offset: int, size: int, data: bytes = b"") -> Sent:
    return message(command, struct.pack("<QII", offset, region, size) + data)


SESSION = [
    message(raw.VERSION, struct.pack("<HH", 0, 0) + b'{"capabilities": {"max_msg_fds": 8}}\0'),
    message(raw.INFO, struct.pack("<IIII", 16, 0, 0, 0)),
    message(raw.REGION, struct.pack("<IIIIQQ", 32, 0, 2, 0, 0, 0)),
    message(raw.IO_FDS, struct.pack("<IIII", 16, 0, 0, 0)),
    message(raw.IRQ, struct.pack("<IIII", 16, 0, 2, 0)),
    message(raw.MAP, struct.pack("<IIQQQ", 32, 3, 0, 0x10000, 2 * PAGE), ("memory",)),
    message(raw.MAP, struct.pack("<IIQQQ", 32, 1, PAGE, 0x20000, PAGE), ("memory",)),
    message(raw.MAP, struct.pack("<IIQQQ", 32, 1, 0, 0x30000, PAGE)),
    message(raw.SET_IRQS, struct.pack("<IIIII", 20, 0x24, 2, 0, 2), ("counter", "counter")),
    message(raw.SET_IRQS, struct.pack("<IIIII", 22, 0x22, 2, 0, 2) + b"\1\0"),
    access(raw.WRITE, 7, 4, 2, b"\6\0"),
    access(raw.READ, 7, 0, 64),
    access(raw.WRITE, 0, small.DMA_IOVA_LOW, 8, struct.pack("<Q", 0x10000)),
    access(raw.WRITE, 0, small.DMA_COUNT, 4, struct.pack("<I", 64)),
    access(raw.WRITE, 0, small.RAISE, 4, struct.pack("<I", 1)),
    access(raw.READ, 0, 0x100, 24),
    access(raw.WRITE, 2, 0x1000, 100, bytes(100)),
    message(raw.WRITE, struct.pack("<QII", 0, 0, 4) + b"abcd", flags=raw.NO_REPLY),
    message(raw.SET_IRQS, struct.pack("<IIIII", 20, 0x21, 2, 0, 0)),
    message(raw.UNMAP, struct.pack("<IIQQ", 24, 0, 0x20000, PAGE)),
    message(raw.RESET),
    message(raw.UNMAP, struct.pack("<IIQQ", 24, 2, 0, 0)),
]
SMALL_EDGES = (0, 1, 2, 4, 7, 8, 9, 15, 16, 31, 32, 4095, 4096)
EDGES = (*SMALL_EDGES, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 63, (1 << 64) - 1)


def mutate(sent: Sent, dice: random.Random) -> Sent:
    """The same message with something changed; sometimes nothing."""
    data, fds = bytearray(sent.data), sent.fds
    for _ in range(dice.choice((0, 1, 1, 2, 4))):
        kind = dice.randrange(8)
        at = dice.randrange(len(data))
        if kind == 0:
            data[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            data[at] = dice.randrange(256)
        elif kind == 2:  # a word at an edge
            size = dice.choice((4, 8))
            at = at // 4 * 4
            value = dice.choice(EDGES) & (1 << 8 * size) - 1
            data[at : at + size] = value.to_bytes(size, "little")[: max(0, len(data) - at)]
        elif kind == 3:
            del data[max(17, at) :]
        elif kind == 4:
            data += dice.randbytes(dice.randrange(40))
        elif kind == 5:
            fds = tuple(dice.choice(("memory", "counter", "pipe", "short")) for _ in range(dice.randrange(4)))
        elif kind == 6:
            data[2] = dice.randrange(20)
        else:  # its length is right again
            data[4:8] = struct.pack("<I", len(data))
    if dice.random() < 0.9 and len(data) >= 16:
        data[4:8] = struct.pack("<I", len(data))
    return Sent(bytes(data), fds)


def _hear(ours: socket.socket) -> None:
    """Take what the server says, and the descriptors that come with it."""
    with contextlib.suppress(OSError):
        while True:
            data, beside, _, _ = ours.recvmsg(1 << 16, socket.CMSG_SPACE(64))
            for _, _, passed in beside:
                for fd in array.array("i", passed):
                    os.close(fd)
            if not data:
                return


class Fuzzer:
    """Sessions of one server, each over a pair of sockets, served in this thread."""

    def __init__(self) -> None:
        self.device = CarefulDevice()
        self.served = SoftServed(self.device)
        self.limits = Limits(max_dma_maps=64)
        memory = os.memfd_create("fuzz", os.MFD_ALLOW_SEALING)
        os.ftruncate(memory, 4 * PAGE)
        short = os.memfd_create("short", os.MFD_ALLOW_SEALING)
        os.ftruncate(short, 100)
        read, write = os.pipe()
        self.fds = {"memory": memory, "counter": os.eventfd(0), "pipe": write, "short": short}
        self.others = (read,)
        self.sent = 0

    def session(self, messages: list[Sent]) -> None:
        """Send them all, and serve until the server ends the connection."""
        ours, theirs = socket.socketpair()
        session = Session(Wire(theirs, self.limits.largest_message), self.served, self.limits)
        listener = threading.Thread(target=_hear, args=(ours,), daemon=True)
        listener.start()
        try:
            for sent in messages:
                self.sent += 1
                self._send(ours, sent)
            ours.shutdown(socket.SHUT_WR)
            session.begin()
            session.run()
        except (Gone, BadHeader, Refused):
            pass
        finally:
            session.close()
            listener.join(10)
            ours.close()
            self.served.reset()
        assert session.failures == []

    def _send(self, ours: socket.socket, sent: Sent) -> None:
        fds = [self.fds[name] for name in sent.fds]
        passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        ours.sendmsg([sent.data], passed)

    def close(self) -> None:
        self.served.close()
        for fd in (*self.fds.values(), *self.others):
            os.close(fd)


@pytest.fixture
def fuzzer():
    made = Fuzzer()
    yield made
    made.close()


def mappings() -> int:
    return Path("/proc/self/maps").read_text().count("\n")


@pytest.mark.timeout(300)
def test_changed_sessions_end_or_are_answered_and_leave_nothing(fuzzer):
    dice = random.Random(20261123)
    fuzzer.session(SESSION)
    gc.collect()  # what earlier tests left
    before, maps = raw.open_descriptors(), mappings()
    began = time.monotonic()
    while fuzzer.sent < MESSAGES:
        count = dice.randrange(3, AT_ONCE)
        chosen = [SESSION[0], *dice.choices(SESSION[1:], k=count)]
        if dice.random() < 0.1:
            chosen[0] = mutate(chosen[0], dice)
        fuzzer.session([chosen[0], *(mutate(each, dice) for each in chosen[1:])])

    assert raw.open_descriptors() <= before
    assert mappings() <= maps + 8
    assert time.monotonic() - began < 120


def test_a_whole_session_is_served(fuzzer):
    """The recorded session itself is right: the changed ones are near to what a client says."""
    ours, theirs = socket.socketpair()
    session = Session(Wire(theirs), fuzzer.served)
    client = raw.RawClient(ours)
    for number, sent in enumerate(SESSION):
        fuzzer._send(ours, sent)
        session.begin() if not number else session.step()
        if not sent.data[8] & raw.NO_REPLY:
            assert client.receive().error == 0, number
    session.close()
    client.close()


def words_of(words: list[int]) -> bytes:
    return struct.pack(f"<{len(words)}I", *words)


requests = st.tuples(
    st.integers(0, 20),
    st.one_of(
        st.binary(max_size=64),
        st.lists(st.one_of(st.sampled_from(EDGES), st.integers(0, 1 << 33)), max_size=8).map(
            lambda words: b"".join((word & (1 << 64) - 1).to_bytes(8, "little") for word in words)
        ),
        st.lists(st.integers(0, 0xFFFFFFFF), max_size=10).map(words_of),
    ),
    st.lists(st.sampled_from(("memory", "counter", "pipe", "short")), max_size=3),
)


@settings(
    max_examples=2000 if FULL else 150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(requests, max_size=12))
def test_requests_at_random_have_one_answer_each(fuzzer, asked):
    ours, theirs = socket.socketpair()
    session = Session(Wire(theirs), fuzzer.served, fuzzer.limits)
    client = raw.RawClient(ours)
    try:
        client.send(raw.VERSION, struct.pack("<HH", 0, 0))
        session.begin()
        client.receive()
        for command, payload, fds in asked:
            client.send(command, payload, [fuzzer.fds[name] for name in fds])
            session.step()
            assert client.receive().command == command
        assert session.failures == []
    finally:
        session.close()
        client.close()
        fuzzer.served.reset()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)
versions = st.one_of(st.binary(max_size=200), texts.map(lambda text: bytes(4) + text.encode() + b"\0"))


@settings(max_examples=1000 if FULL else 200, deadline=None)
@given(versions)
def test_the_text_of_a_version_is_read_or_refused(payload):
    with contextlib.suppress(FormatError):
        read_version(payload)


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                (
                    "capabilities",
                    "max_msg_fds",
                    "pgsizes",
                    "twin_socket",
                    "supported",
                    "migration",
                    "pgsize",
                )
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=1000 if FULL else 200, deadline=None)
@given(json_values)
def test_any_json_is_a_version_or_none(value):
    import json

    with contextlib.suppress(FormatError):
        read_version(b"\0\0\0\0" + json.dumps(value).encode() + b"\0")


@settings(max_examples=1000 if FULL else 200, deadline=None)
@given(st.binary(max_size=160), st.integers(0, 200), st.integers(0, 1 << 64))
def test_a_servers_list_of_areas_is_inside_its_region_or_refused(payload, cap_offset, size):
    from barewire.transport.vfio_user.protocol import RegionFlag, RegionInfo

    info = RegionInfo(len(payload), int(RegionFlag.CAPS), 0, cap_offset, size, 0)
    with contextlib.suppress(FormatError):
        for area in read_areas(payload, info) or ():
            assert area.offset + area.size_bytes <= size
