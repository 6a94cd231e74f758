"""A server of the vfio-user protocol, asked by a client that says what it likes."""

from __future__ import annotations

import errno
import json
import os
import socket
import stat
import struct
import threading
import time
from pathlib import Path

import pytest
import small_device as small
import vfio_user_raw as raw
from barewire.errors import DeviceBusy, PermissionMissing, UsageError
from barewire.transport.served_soft import SoftServed
from barewire.transport.vfio_user.server import Server
from barewire.transport.vfio_user.session import Limits
from small_device import SmallDevice
from vfio_user_raw import PAGE, RawClient, memory_file, open_descriptors, serving

NONE, BOOL, EVENTFD, MASK, UNMASK, TRIGGER = (1 << bit for bit in range(6))
MSIX = 2
CONFIG = 7


@pytest.fixture
def served(tmp_path):
    os.chmod(tmp_path, 0o700)
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def client(served):
    made = RawClient.at(served.path)
    assert made.begin().error == 0
    made.write(CONFIG, small.COMMAND, b"\x06\x00")
    yield made
    made.close()


def eventually(condition, timeout_s: float = 5.0) -> bool:
    end = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < end:
        time.sleep(0.002)
    return condition()


def dma_sum(client: RawClient, iova: int, count: int) -> int:
    client.write(0, small.DMA_IOVA_LOW, struct.pack("<III", iova & 0xFFFFFFFF, iova >> 32, count))
    return int.from_bytes(client.read(0, small.DMA_SUM, 4).payload[16:], "little")


# The version.


def test_a_client_without_a_text_is_let_in_and_told_what_it_may(served):
    client = RawClient.at(served.path)
    reply = client.begin()

    assert reply.payload[:4] == struct.pack("<HH", 0, 0)
    assert reply.payload[-1:] == b"\0"
    told = json.loads(reply.payload[4:-1])["capabilities"]
    assert told == {
        "max_msg_fds": 16,
        "max_data_xfer_size": 1 << 20,
        "max_dma_maps": 65535,
        "pgsizes": 4096,
        "write_multiple": False,
    }


def test_a_newer_minor_version_gets_ours_and_another_major_is_refused(served):
    newer = RawClient.at(served.path)
    assert newer.ask(raw.VERSION, struct.pack("<HH", 0, 7)).payload[:4] == struct.pack("<HH", 0, 1)
    newer.close()

    other = RawClient.at(served.path)
    assert other.ask(raw.VERSION, struct.pack("<HH", 1, 0)).error == errno.EINVAL
    with pytest.raises(EOFError):
        other.receive()


@pytest.mark.parametrize(
    "text",
    [
        b"{",
        b'"',
        b"{}",
        b"[]\0",
        b'{"capabilities": "23"}\0',
        b'{"capabilities": {"max_msg_fds": "foo"}}\0',
        b'{"capabilities": {"max_msg_fds": -1}}\0',
        b'{"capabilities": {"max_msg_fds": 1025}}\0',
        b'{"capabilities": {"max_msg_fds": true}}\0',
        b'{"capabilities": {"max_data_xfer_size": 0}}\0',
        b'{"capabilities": {"twin_socket": true}}\0',
        b'{"capabilities": {"write_multiple": 1}}\0',
        b'{"capabilities": {"migration": {"pgsize": 4095}}}\0',
        b"[" * 4000 + b"\0",
        b"\xff\xfe\0",
        b'{"a": 1e999}' + b" " * 5000 + b"\0",
    ],
)
def test_a_text_that_is_wrong_is_refused(served, text):
    client = RawClient.at(served.path)

    assert client.begin(text).error == errno.EINVAL
    with pytest.raises(EOFError):
        client.receive()


def test_who_does_not_begin_with_a_version_is_refused(served):
    client = RawClient.at(served.path)

    assert client.ask(raw.INFO, struct.pack("<IIII", 16, 0, 0, 0)).error == errno.EINVAL
    with pytest.raises(EOFError):
        client.receive()


# What the device is.


def test_the_device_tells_its_regions_and_interrupts(client):
    assert struct.unpack("<IIII", client.ask(raw.INFO, struct.pack("<IIII", 32, 0, 0, 0)).payload) == (
        16,
        3,
        9,
        5,
    )
    sizes = {}
    for number in range(9):
        reply = client.ask(raw.REGION, struct.pack("<IIIIQQ", 32, 0, number, 0, 0, 0))
        argsz, flags, index, cap, size, _ = struct.unpack("<IIIIQQ", reply.payload)
        assert (argsz, index, cap, reply.fds) == (32, number, 0, [])
        assert flags == (3 if size else 0)
        sizes[number] = size
    assert sizes == {**dict.fromkeys(range(9), 0), 0: small.BAR0_BYTES, 2: small.BAR2_BYTES, CONFIG: 4096}
    counts = [
        struct.unpack("<IIII", client.ask(raw.IRQ, struct.pack("<IIII", 16, 0, kind, 0)).payload)
        for kind in range(5)
    ]
    assert counts == [(16, 7, 0, 1), (16, 0, 1, 0), (16, 1, 2, 3), (16, 0, 3, 0), (16, 0, 4, 0)]


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        (raw.INFO, b"\0" * 8),
        (raw.INFO, struct.pack("<IIII", 15, 0, 0, 0)),
        (raw.REGION, b"\0" * 31),
        (raw.REGION, struct.pack("<IIIIQQ", 8, 0, 0, 0, 0, 0)),
        (raw.REGION, struct.pack("<IIIIQQ", 32, 0, 9, 0, 0, 0)),
        (raw.IRQ, b"\0" * 8),
        (raw.IRQ, struct.pack("<IIII", 16, 0, 5, 0)),
        (raw.IRQ, struct.pack("<IIII", 8, 0, 0, 0)),
        (raw.IO_FDS, b"\0" * 8),
        (raw.IO_FDS, struct.pack("<IIII", 16, 0, 9, 0)),
        (raw.READ, b"\0" * 8),
        (raw.READ, struct.pack("<QII", 0, 3, 4)),
        (raw.READ, struct.pack("<QII", 0, 99, 4)),
        (raw.READ, struct.pack("<QII", small.BAR0_BYTES - 2, 0, 4)),
        (raw.READ, struct.pack("<QII", 0, 2, (1 << 20) + 1)),
        (raw.READ, struct.pack("<QII", (1 << 64) - 4, 0, 8)),
        (raw.WRITE, struct.pack("<QII", 0, 0, 4) + b"abc"),
        (raw.WRITE, struct.pack("<QII", 0, 0, 4) + b"abcde"),
        (raw.WRITE, struct.pack("<QII", 4094, CONFIG, 4) + b"abcd"),
        (raw.MAP, b"\0" * 31),
        (raw.MAP, struct.pack("<IIQQQ", 31, 3, 0, 0, PAGE)),
        (raw.MAP, struct.pack("<IIQQQ", 32, 4, 0, 0, PAGE)),
        (raw.MAP, struct.pack("<IIQQQ", 32, 3, 0, 1, PAGE)),
        (raw.MAP, struct.pack("<IIQQQ", 32, 3, 0, 0, 0)),
        (raw.MAP, struct.pack("<IIQQQ", 32, 3, 0, (1 << 64) - PAGE, 2 * PAGE)),
        (raw.UNMAP, b"\0" * 8),
        (raw.UNMAP, struct.pack("<IIQQ", 8, 0, 0, PAGE)),
        (raw.UNMAP, struct.pack("<IIQQ", 24, 4, 0, PAGE)),
        (raw.UNMAP, struct.pack("<IIQQ", 24, 2, PAGE, PAGE)),
        (raw.UNMAP, struct.pack("<IIQQ", 24, 1, 0, PAGE)),
        (raw.SET_IRQS, b""),
        (raw.SET_IRQS, b"\0" * 19),
        (14, b""),
        (15, b"\0" * 64),
        (999, b""),
        (raw.DMA_READ, b"\0" * 16),
    ],
)
def test_a_wrong_request_is_refused_and_the_next_one_served(client, command, payload):
    assert client.ask(command, payload).error == errno.EINVAL
    assert client.read(CONFIG, 0, 4).payload[16:] == struct.pack("<HH", 0x10DE, 0x2330)


def test_registers_are_read_and_written_in_accesses_of_their_own_width(client, served):
    assert client.write(0, 0x203, b"\xaa\xbb\xcc\xdd\xee").payload == struct.pack("<QII", 0x203, 0, 5)
    assert client.read(0, 0x200, 9).payload[16:] == b"\0\0\0\xaa\xbb\xcc\xdd\xee\0"
    assert client.read(0, small.BAR0_BYTES - 4, 4).error == 0
    assert client.read(0, 0, 0).payload == struct.pack("<QII", 0, 0, 0)
    assert len(client.read(CONFIG, 0, 4096).payload) == 16 + 4096


def test_an_aperture_carries_many_bytes_at_once(client, served):
    data = os.urandom(100_000)
    client.write(2, 5000, data)

    assert served.device.memory[5000:105_000] == data
    assert client.read(2, 5000, 100_000).payload[16:] == data


def test_a_command_that_wants_no_answer_gets_none_and_is_done_first(client):
    payload = struct.pack("<QII", 0x300, 0, 4) + b"\x01\x02\x03\x04"
    for _ in range(3):
        client.send(raw.WRITE, payload, flags=raw.NO_REPLY)
        client.send(raw.WRITE, payload[:-1], flags=raw.NO_REPLY)  # nobody is told of this either

    assert client.read(0, 0x300, 4).payload[16:] == b"\x01\x02\x03\x04"


def test_several_commands_may_be_under_way(client):
    numbers = [client.send(raw.READ, struct.pack("<QII", 0, CONFIG, 4)) for _ in range(50)]

    assert [client.receive().number for _ in range(50)] == numbers


def test_an_answer_that_nobody_asked_for_is_refused(client):
    client.send(raw.SET_IRQS, flags=1)

    assert client.receive().error == errno.EINVAL
    assert client.read(CONFIG, 0, 4).error == 0


@pytest.mark.parametrize("size", [0, 15, 16 + 16 + (1 << 20) + 1, 0xFFFFFFFF])
def test_a_length_that_cannot_be_ends_the_connection(client, served, size):
    assert client.ask(raw.READ, size=size).error == errno.EINVAL
    with pytest.raises((EOFError, ConnectionResetError)):
        client.receive()

    assert RawClient.at(served.path).begin().error == 0


# Memory.


def test_the_device_reads_and_writes_what_was_mapped_and_nothing_else(client):
    with memory_file(4 * PAGE, b"\x01" * PAGE + b"\x02" * PAGE) as file:
        assert client.map(0x1000_0000, 2 * PAGE, file).error == 0
        assert client.map(0x2000_0000, PAGE, file, flags=1, offset=PAGE).error == 0
        assert dma_sum(client, 0x1000_0000 + PAGE - 8, 16) == 24
        assert dma_sum(client, 0x2000_0000, 8) == 16
        assert dma_sum(client, 0x1000_0000 + 2 * PAGE - 8, 16) == small.REFUSED
        client.write(0, small.DMA_IOVA_LOW, struct.pack("<II", 0x1000_0000, 0))
        client.write(0, small.DMA_FILL, struct.pack("<I", 7))
        assert os.pread(file, 17, 0) == b"\x07" * 16 + b"\x01"
        assert client.unmap(0x1000_0000, 2 * PAGE).payload == struct.pack(
            "<IIQQ", 24, 0, 0x1000_0000, 2 * PAGE
        )
        assert dma_sum(client, 0x1000_0000, 8) == small.REFUSED
        assert client.unmap(0, 0, flags=2).error == 0
        assert dma_sum(client, 0x2000_0000, 8) == small.REFUSED


def test_memory_that_is_read_only_is_not_written(client, served):
    with memory_file(PAGE) as file:
        client.map(0x5000, PAGE, file, flags=1)
        client.write(0, small.DMA_IOVA_LOW, struct.pack("<II", 0x5000, 0))
        client.write(0, small.DMA_FILL, struct.pack("<I", 7))

        assert os.pread(file, PAGE, 0) == bytes(PAGE)


def test_mappings_do_not_overlap_and_go_by_whole_ranges(client):
    for iova in (0x1000, 0x2000, 0x5000):
        assert client.map(iova, PAGE).error == 0
    for iova, size in ((0x1000, PAGE), (0, 2 * PAGE), (0x2000, 2 * PAGE), (0x4000, 2 * PAGE), (0, 1 << 40)):
        assert client.map(iova, size).error == errno.EEXIST
    assert client.unmap(0x9000, PAGE).error == errno.ENOENT
    assert client.map(0x10000, 4 * PAGE).error == 0
    assert client.unmap(0x10000, PAGE).error == errno.EINVAL
    assert client.unmap(0x11000, 4 * PAGE).error == errno.EINVAL
    assert client.unmap(0, 0x8000).error == 0
    assert client.map(0x1000, 5 * PAGE).error == 0


def test_a_client_has_only_so_many_mappings(tmp_path):
    with serving(tmp_path, limits=Limits(max_dma_maps=3)) as running:
        client = RawClient.at(running.path)
        client.begin()

        assert [client.map(PAGE * i, PAGE).error for i in range(4)] == [0, 0, 0, errno.ENOSPC]
        assert client.map(1 << 44, 9 << 40).error == errno.ENOSPC


def test_what_is_no_file_or_too_short_is_not_mapped(client):
    read, write = os.pipe()
    with memory_file(PAGE) as file:
        assert client.map(0x1000, PAGE, read).error == errno.EINVAL
        assert client.map(0x1000, 2 * PAGE, file).error == errno.EINVAL
        assert client.map(0x1000, PAGE, file, offset=PAGE).error == errno.EINVAL
        assert client.map(0x1000, PAGE, file, offset=1).error == errno.EINVAL
        assert client.map(0x1000, PAGE, file, offset=(1 << 64) - PAGE).error == errno.EINVAL
        reply = client.ask(raw.MAP, struct.pack("<IIQQQ", 32, 3, 0, 0x1000, PAGE), (file, file))
        assert reply.error == errno.EINVAL
    os.close(read)
    os.close(write)


def test_a_client_cannot_take_away_what_is_mapped(client):
    with memory_file(4 * PAGE, b"\x01" * PAGE) as file:
        client.map(0x1000, PAGE, file)
        with pytest.raises(PermissionError):
            os.ftruncate(file, 0)
        assert dma_sum(client, 0x1000, 8) == 8


def test_a_file_that_could_shrink_is_reached_by_messages(client, served, tmp_path):
    with (tmp_path / "memory").open("w+b") as file:
        file.truncate(PAGE)
        assert client.map(0x1000, PAGE, file.fileno()).error == 0
        client.write(0, small.DMA_IOVA_LOW, struct.pack("<II", 0x1000, 0))
        client.write(0, small.DMA_COUNT, struct.pack("<I", 8))
        asked = client.receive()
        assert (asked.command, asked.flags, asked.payload) == (raw.DMA_READ, 0, struct.pack("<QQ", 0x1000, 8))
        client.socket.sendall(
            raw.HEADER.pack(asked.number, raw.DMA_READ, 40, 1, 0) + asked.payload + b"\x02" * 8
        )
        assert client.read(0, small.DMA_SUM, 4).payload[16:] == struct.pack("<I", 16)


# Memory by messages.


def answer_memory(client: RawClient, memory: bytearray, base: int) -> raw.Reply:
    """Serve the server's questions until its answer comes."""
    for _ in range(1000):
        message = client.receive()
        if message.flags & 1:
            return message
        iova, count = struct.unpack_from("<QQ", message.payload)
        at = iova - base
        data = b""
        if message.command == raw.DMA_READ:
            data = bytes(memory[at : at + count])
        else:
            memory[at : at + count] = message.payload[16:]
        head = raw.HEADER.pack(message.number, message.command, 32 + len(data), 1, 0)
        client.socket.sendall(head + message.payload[:16] + data)
    raise AssertionError("no answer")


def test_a_write_is_answered_before_memory_is_asked_for(client, served):
    memory = bytearray(range(256)) * 16
    client.map(0x7000, PAGE)
    client.write(0, small.DMA_IOVA_LOW, struct.pack("<II", 0x7000, 0))

    assert client.write(0, small.DMA_COUNT, struct.pack("<I", 256)).error == 0
    client.send(raw.READ, struct.pack("<QII", small.DMA_SUM, 0, 4))
    assert answer_memory(client, memory, 0x7000).payload[16:] == struct.pack("<I", sum(range(256)))


def test_what_the_device_writes_is_carried_and_nothing_else(client, served):
    memory = bytearray(b"\x55" * PAGE)
    client.map(0x7000, PAGE)
    client.write(0, small.DMA_IOVA_LOW, struct.pack("<II", 0x7010, 0))
    client.write(0, small.DMA_FILL, struct.pack("<I", 9))
    client.send(raw.READ, struct.pack("<QII", 0, CONFIG, 4))
    answer_memory(client, memory, 0x7000)

    def carried() -> bool:
        client.send(raw.READ, struct.pack("<QII", 0, CONFIG, 4))
        answer_memory(client, memory, 0x7000)
        return memory == b"\x55" * 16 + b"\x09" * 16 + b"\x55" * (PAGE - 32)

    assert eventually(carried)


def test_a_client_that_refuses_memory_is_a_fault_to_the_device_alone(client, served):
    client.map(0x7000, PAGE)
    client.write(0, small.DMA_IOVA_LOW, struct.pack("<II", 0x7000, 0))
    client.write(0, small.DMA_COUNT, struct.pack("<I", 8))
    asked = client.receive()
    client.socket.sendall(raw.HEADER.pack(asked.number, raw.DMA_READ, 16, 0x21, errno.EFAULT))

    assert client.read(0, small.DMA_SUM, 4).payload[16:] == struct.pack("<I", small.REFUSED)


def test_with_a_second_socket_memory_is_asked_for_there_even_inside_of_a_request(served):
    client = RawClient.at(served.path)
    reply = client.begin(b'{"capabilities": {"twin_socket": {"supported": true}}}\0')
    told = json.loads(reply.payload[4:-1])["capabilities"]["twin_socket"]
    assert told == {"supported": True, "fd_index": 0}
    twin = RawClient(socket.socket(fileno=reply.fds[0]))
    client.write(CONFIG, small.COMMAND, b"\x06\x00")
    client.map(0x7000, PAGE)
    client.write(0, small.DMA_IOVA_LOW, struct.pack("<II", 0x7000, 0))
    client.send(raw.WRITE, struct.pack("<QII", small.DMA_COUNT, 0, 4) + struct.pack("<I", 8))
    asked = twin.receive()
    twin.socket.sendall(raw.HEADER.pack(asked.number, asked.command, 40, 1, 0) + asked.payload + b"\x03" * 8)

    assert client.receive().command == raw.WRITE
    assert client.read(0, small.DMA_SUM, 4).payload[16:] == struct.pack("<I", 24)
    twin.close()
    client.close()


# Interrupts.


def counter() -> int:
    return os.eventfd(0, os.EFD_NONBLOCK)


def mappings() -> int:
    return Path("/proc/self/maps").read_text().count("\n")


def came(fd: int) -> int:
    try:
        return int.from_bytes(os.read(fd, 8), "little")
    except BlockingIOError:
        return 0


def test_a_vector_that_somebody_listens_to_is_switched_on_and_raised(client, served):
    fds = [counter(), counter()]
    assert client.set_irqs(EVENTFD | TRIGGER, MSIX, 0, 2, fds=fds).error == 0
    client.write(0, small.RAISE, struct.pack("<I", 1))
    assert [came(fd) for fd in fds] == [0, 1]

    client.write(0, small.RAISE, struct.pack("<I", 2))  # nobody listens
    assert client.set_irqs(EVENTFD | TRIGGER, MSIX, 1, 1).error == 0  # nobody any more
    client.write(0, small.RAISE, struct.pack("<I", 1))
    client.write(0, small.RAISE, struct.pack("<I", 0))
    assert [came(fd) for fd in fds] == [1, 0]

    assert client.set_irqs(NONE | TRIGGER, MSIX, 0, 0).error == 0
    client.write(0, small.RAISE, struct.pack("<I", 0))
    assert [came(fd) for fd in fds] == [0, 0]


def test_the_client_raises_vectors_itself_all_or_some(client):
    fds = [counter() for _ in range(3)]
    client.set_irqs(EVENTFD | TRIGGER, MSIX, 0, 3, fds=fds)

    assert client.set_irqs(NONE | TRIGGER, MSIX, 1, 2).error == 0
    assert [came(fd) for fd in fds] == [0, 1, 1]
    assert client.set_irqs(BOOL | TRIGGER, MSIX, 0, 3, b"\1\0\1").error == 0
    assert [came(fd) for fd in fds] == [1, 0, 1]


def test_a_masked_vector_waits_until_it_is_unmasked(client):
    fd, unmasked = counter(), counter()
    client.set_irqs(EVENTFD | TRIGGER, MSIX, 0, 1, fds=[fd])
    client.set_irqs(EVENTFD | UNMASK, MSIX, 0, 1, fds=[unmasked])
    assert client.set_irqs(NONE | MASK, MSIX, 0, 1).error == 0
    client.write(0, small.RAISE, struct.pack("<I", 0))
    client.write(0, small.RAISE, struct.pack("<I", 0))
    assert (came(fd), came(unmasked)) == (0, 0)

    assert client.set_irqs(BOOL | UNMASK, MSIX, 0, 1, b"\1").error == 0
    assert (came(fd), came(unmasked)) == (1, 1)


def test_the_old_interrupt_masks_itself(client):
    fd = counter()
    client.set_irqs(EVENTFD | TRIGGER, 0, 0, 1, fds=[fd])
    for _ in range(2):
        client.set_irqs(NONE | TRIGGER, 0, 0, 1)
    assert came(fd) == 1

    client.set_irqs(NONE | UNMASK, 0, 0, 1)
    assert came(fd) == 1


@pytest.mark.parametrize(
    ("flags", "kind", "start", "count", "data"),
    [
        (NONE | TRIGGER, 5, 0, 0, b""),
        (NONE | TRIGGER, MSIX, 3, 1, b""),
        (NONE | TRIGGER, MSIX, 0, 4, b""),
        (NONE | TRIGGER, MSIX, 1, 0xFFFFFFFF, b""),
        (MASK | UNMASK | NONE, MSIX, 0, 1, b""),
        (NONE, MSIX, 0, 1, b""),
        (NONE | BOOL | TRIGGER, MSIX, 0, 1, b"\1"),
        (TRIGGER, MSIX, 0, 1, b""),
        (NONE | MASK, MSIX, 0, 0, b""),
        (NONE | TRIGGER, MSIX, 1, 0, b""),
        (BOOL | TRIGGER, MSIX, 0, 2, b"\1"),
        (BOOL | TRIGGER, MSIX, 0, 2, b"\1\1\1"),
        (1 << 6 | NONE | TRIGGER, MSIX, 0, 1, b""),
        (NONE | TRIGGER, 3, 0, 1, b""),
    ],
)
def test_changes_of_interrupts_that_cannot_be_are_refused(client, flags, kind, start, count, data):
    assert client.set_irqs(flags, kind, start, count, data).error == errno.EINVAL


def test_only_counters_are_taken_and_as_many_as_vectors(client):
    fd, (read, write) = counter(), os.pipe()
    before = open_descriptors()
    assert client.set_irqs(EVENTFD | TRIGGER, MSIX, 0, 1, fds=[write]).error == errno.EINVAL
    assert client.set_irqs(EVENTFD | TRIGGER, MSIX, 0, 2, fds=[fd]).error == errno.EINVAL
    assert client.set_irqs(EVENTFD | TRIGGER, MSIX, 0, 1, fds=[fd, fd]).error == errno.EINVAL
    assert client.set_irqs(NONE | TRIGGER, MSIX, 0, 1, fds=[fd]).error == errno.EINVAL
    assert client.read(CONFIG, 0, 4).error == 0
    assert open_descriptors() <= before
    for each in (fd, read, write):
        os.close(each)


def test_a_full_counter_keeps_nobody_waiting(client):
    fd = os.eventfd(0)
    os.write(fd, struct.pack("<Q", (1 << 64) - 2))
    client.set_irqs(EVENTFD | TRIGGER, MSIX, 0, 1, fds=[fd])

    assert client.set_irqs(NONE | TRIGGER, MSIX, 0, 1).error == 0


# Clients that come and go.


def test_descriptors_that_nobody_asked_for_are_closed(client):
    before = open_descriptors()
    with memory_file(PAGE) as file:
        for command in (raw.INFO, raw.READ, raw.RESET, 999):
            client.ask(command, b"\0" * 16, [file] * 200)
            client.ask(command, b"", [file] * 200)
    assert client.read(CONFIG, 0, 4).error == 0
    assert open_descriptors() <= before


def test_the_device_is_reset_after_a_client_and_the_next_one_waits_its_turn(served):
    first = RawClient.at(served.path)
    first.begin()
    first.write(CONFIG, small.COMMAND, b"\x06\x00")
    first.write(0, 0x400, b"abcd")
    second = RawClient.at(served.path)
    second.send(raw.VERSION, struct.pack("<HH", 0, 0))
    second.socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        second.receive()
    first.close()
    second.socket.settimeout(10)

    assert second.receive().error == 0
    assert served.device.resets == ["conventional"]
    second.write(CONFIG, small.COMMAND, b"\x06\x00")
    assert second.read(0, 0x400, 4).payload[16:] == bytes(4)


def test_a_client_that_vanishes_leaves_nothing(served):
    RawClient.at(served.path).close()
    eventually(lambda: served.server.refused)
    before, maps = open_descriptors(), mappings()
    for _ in range(20):
        client = RawClient.at(served.path)
        client.begin(b'{"capabilities": {"twin_socket": {"supported": true}}}\0')
        with memory_file(64 * PAGE) as file:
            client.map(0x1000, 64 * PAGE, file)
        fd = counter()
        client.set_irqs(EVENTFD | TRIGGER, MSIX, 0, 1, fds=[fd])
        os.close(fd)
        client.map(1 << 30, PAGE)
        client.socket.sendall(b"\x01\x02\x03")
        client.close()
    assert eventually(lambda: len(served.device.resets) == 20)
    assert eventually(lambda: open_descriptors() <= before + 20)  # the second sockets, which nobody took here
    assert mappings() <= maps + 12  # stacks of threads
    assert served.server.defects == []


def test_an_flr_of_the_client_is_the_devices_business(client, served):
    client.write(CONFIG, small.FLR_CONTROL, b"\x00\x80")
    assert served.device.resets == ["flr"]
    assert client.ask(raw.RESET).error == 0
    assert served.device.resets == ["flr", "conventional"]


def test_a_defect_of_the_device_is_an_error_to_the_client_and_is_kept(tmp_path):
    class Broken(SmallDevice):
        def bar_read(self, index, offset, size_bytes):
            raise ZeroDivisionError("a defect")

    with serving(tmp_path, Broken()) as running:
        client = RawClient.at(running.path)
        client.begin()
        assert client.read(0, 0, 4).error == errno.EIO
        assert client.read(CONFIG, 0, 4).error == 0
        client.close()
        assert eventually(lambda: running.server.defects)
    assert [type(each) for each in running.server.defects] == [ZeroDivisionError]


# The socket.


def test_the_socket_is_its_owners_alone_and_goes_with_the_server(tmp_path):
    with serving(tmp_path) as running:
        about = running.path.lstat()
        assert stat.S_ISSOCK(about.st_mode)
        assert stat.S_IMODE(about.st_mode) == 0o600
    assert not running.path.exists()


def test_a_user_who_may_not_is_turned_away(tmp_path):
    with serving(tmp_path, users=frozenset({12345})) as running:
        client = RawClient.at(running.path)
        with pytest.raises((EOFError, ConnectionResetError, BrokenPipeError)):
            client.send(raw.VERSION, struct.pack("<HH", 0, 0))
            client.receive()
        assert isinstance(running.server.refused[0], PermissionMissing)


def test_a_folder_that_others_may_change_is_refused(tmp_path):
    os.chmod(tmp_path, 0o777)
    with pytest.raises(PermissionMissing, match="others may change") as refused:
        Server(SoftServed(SmallDevice()), tmp_path / "s")
    assert "mkdir" in refused.value.hint

    os.chmod(tmp_path, 0o1777)
    Server(SoftServed(SmallDevice()), tmp_path / "s").give_back()


def test_one_server_has_a_path_and_one_that_ended_badly_leaves_it_free(tmp_path):
    with serving(tmp_path) as running:
        with pytest.raises(DeviceBusy):
            Server(SoftServed(SmallDevice()), running.path)
        assert RawClient.at(running.path).begin().error == 0
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "s"))
    left.close()
    with serving(tmp_path) as running:
        assert RawClient.at(running.path).begin().error == 0


def test_what_is_no_socket_is_left_alone(tmp_path):
    (tmp_path / "s").write_text("precious")
    with pytest.raises(UsageError):
        Server(SoftServed(SmallDevice()), tmp_path / "s")
    assert (tmp_path / "s").read_text() == "precious"
    with pytest.raises(UsageError):
        Server(SoftServed(SmallDevice()), tmp_path / ("long" * 40))
    with pytest.raises(PermissionMissing):
        Server(SoftServed(SmallDevice()), tmp_path / "nowhere" / "s")


def test_closing_ends_a_session_and_a_wait_for_one(tmp_path):
    with serving(tmp_path) as running:
        client = RawClient.at(running.path)
        client.begin()
    with pytest.raises((EOFError, ConnectionResetError)):
        client.receive()


def test_serving_so_many_clients_and_no_more(tmp_path):
    with SoftServed(SmallDevice()) as served, Server(served, tmp_path / "s") as server:
        thread = threading.Thread(target=server.serve, args=(1,), daemon=True)
        thread.start()
        client = RawClient.at(tmp_path / "s")
        client.begin()
        client.close()
        thread.join(5)
        assert not thread.is_alive()
        assert server.clients == 1
