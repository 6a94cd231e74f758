"""A server with clients, devices and machines that do not do what they should."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
import threading
import time

import pytest
import small_device as small
import vfio_user_raw as raw
from barewire.errors import DeviceBusy, UsageError
from barewire.softgpu.bus import DmaRefused
from barewire.transport.served_soft import SoftServed
from barewire.transport.vfio_user import server as servers
from barewire.transport.vfio_user import session as sessions
from barewire.transport.vfio_user.served import Region
from barewire.transport.vfio_user.server import Server
from small_device import SmallDevice
from vfio_user_raw import PAGE, RawClient, open_descriptors, serving

CONFIG = 7


@pytest.fixture
def served(tmp_path):
    os.chmod(tmp_path, 0o700)
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def client(served):
    made = begun(served)
    yield made
    made.close()


def begun(served) -> RawClient:
    made = RawClient.at(served.path)
    assert made.begin().error == 0
    made.write(CONFIG, small.COMMAND, b"\x06\x00")
    return made


def eventually(condition, timeout_s: float = 5.0) -> bool:
    end = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < end:
        time.sleep(0.002)
    return condition()


def posted(client: RawClient, offset: int, value: int) -> None:
    data = struct.pack("<QIII", offset, 0, 4, value)
    client.send(raw.WRITE, data, flags=raw.NO_REPLY)


def aim(client: RawClient, iova: int) -> None:
    """Where the device's next transfer goes."""
    client.write(0, small.DMA_IOVA_LOW, struct.pack("<II", iova & 0xFFFFFFFF, iova >> 32))


def answer(client: RawClient, asked: raw.Reply, data: bytes = b"", fds=(), error: int = 0) -> None:
    flags = 0x21 if error else 1
    payload = b"" if error else asked.payload[:16] + data
    head = raw.HEADER.pack(asked.number, asked.command, 16 + len(payload), flags, error)
    import array

    passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    client.socket.sendmsg([head + payload], passed)


def helpers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("vfio-user server ")]


# Memory by messages.


def test_memory_that_nobody_reaches_costs_no_thread(client):
    """QEMU maps a guest's ROMs without a descriptor; the device never looks there."""
    for number in range(8):
        assert client.map(number << 20, PAGE).error == 0
    for value in range(50):
        posted(client, 0x300, value)
    assert client.read(0, 0x300, 4).payload[16:] == struct.pack("<I", 49)
    assert helpers() == []


def test_an_answer_comes_through_a_flood_of_writes(client):
    """Whoever waits for memory takes what comes before it, however much that is."""
    client.map(0x7000, PAGE)
    aim(client, 0x7000)
    posted(client, small.DMA_COUNT, 8)
    for value in range(4000):
        posted(client, 0x300, value)
    asked = client.receive()
    answer(client, asked, b"\x02" * 8)

    assert client.read(0, small.DMA_SUM, 4).payload[16:] == struct.pack("<I", 16)
    assert client.read(0, 0x300, 4).payload[16:] == struct.pack("<I", 3999)


def test_what_was_written_is_carried_before_memory_goes(client, monkeypatch):
    monkeypatch.setattr(sessions, "CARRY_S", 60.0)
    client.map(0x7000, PAGE)
    aim(client, 0x7010)
    posted(client, small.DMA_FILL, 9)
    answer(client, client.receive(), bytes(PAGE))
    number = client.send(raw.UNMAP, struct.pack("<IIQQ", 24, 0, 0x7000, PAGE))
    carried, unmapped = client.receive(), client.receive()

    assert carried.command == raw.DMA_WRITE
    assert carried.payload == struct.pack("<QQ", 0x7010, 16) + b"\x09" * 16
    assert (unmapped.number, unmapped.error) == (number, 0)


def test_an_answer_that_comes_too_late_is_nothing(client, monkeypatch):
    """A client that gets an answer to its answer would think that it is out of step."""
    monkeypatch.setattr("barewire.transport.vfio_user.inbox.EXCHANGE_S", 0.05)
    client.map(0x7000, PAGE)
    aim(client, 0x7000)
    posted(client, small.DMA_COUNT, 8)
    asked = client.receive()
    time.sleep(0.2)
    answer(client, asked, b"\x02" * 8)

    reply = client.read(0, small.DMA_SUM, 4)
    assert (reply.command, reply.payload[16:]) == (raw.READ, struct.pack("<I", small.REFUSED))


@pytest.mark.parametrize("error", [0, errno.EFAULT])
def test_descriptors_of_an_answer_are_closed(client, error):
    client.map(0x7000, PAGE)
    aim(client, 0x7000)
    before = open_descriptors()
    for _ in range(5):
        posted(client, small.DMA_COUNT, 8)
        answer(client, client.receive(), b"\x02" * 8, fds=[0] * 20, error=error)
    assert client.read(CONFIG, 0, 4).error == 0
    assert open_descriptors() <= before


class Reaching(SmallDevice):
    """A device with a thread that reaches for memory by itself, and does nothing else meanwhile."""

    def reach(self, iova: int, count: int) -> None:
        def work() -> None:
            with self.lock:
                self.words[0x500] = self._sum(iova, count)

        threading.Thread(target=work, daemon=True).start()


def test_a_write_is_answered_although_the_device_waits_for_the_client(tmp_path):
    """A client that waits for its write's answer gives none: the write is answered first."""
    device = Reaching()
    with serving(tmp_path, device) as running:
        client = begun(running)
        client.map(0x7000, PAGE)
        device.reach(0x7000, 8)
        asked = client.receive()
        assert asked.command == raw.DMA_READ
        began = time.monotonic()
        assert client.write(0, 0x300, b"abcd").command == raw.WRITE
        assert time.monotonic() - began < 1.0
        answer(client, asked, b"\x03" * 8)
        assert client.read(0, 0x500, 4).payload[16:] == struct.pack("<I", 24)
        client.close()


def test_who_waits_for_the_device_hears_its_answer_too(tmp_path):
    """The one who serves stands behind the device's lock: who holds that takes the answer itself."""
    device = Reaching()
    with serving(tmp_path, device) as running:
        client = begun(running)
        client.map(0x7000, PAGE)
        for _ in range(20):
            device.reach(0x7000, 8)
            asked = client.receive()
            client.send(raw.READ, struct.pack("<QII", 0x500, 0, 4))
            time.sleep(0.002)
            answer(client, asked, b"\x03" * 8)
            assert client.receive().payload[16:] == struct.pack("<I", 24)
        client.close()


def test_a_client_that_leaves_while_it_is_asked_is_a_fault_at_once(tmp_path):
    device = Reaching()
    with serving(tmp_path, device) as running:
        client = begun(running)
        client.map(0x7000, PAGE)
        device.reach(0x7000, 8)
        client.receive()
        began = time.monotonic()
        client.close()
        assert eventually(lambda: device.resets == ["conventional"])
        assert time.monotonic() - began < 1.5
        assert RawClient.at(running.path).begin().error == 0


def test_huge_pages_are_reached_by_messages(client):
    """The machine's pool of them may be empty, and who touches one that is not there ends by SIGBUS."""
    try:
        file = os.memfd_create("huge", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING | os.MFD_HUGETLB)
        os.ftruncate(file, 4 << 20)
    except OSError as none:
        pytest.skip(f"this kernel has no huge pages: {none.strerror}")
    fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
    assert client.map(0x40_0000, 4 << 20, file).error == 0
    os.close(file)
    aim(client, 0x40_0000)
    posted(client, small.DMA_COUNT, 8)
    asked = client.receive()
    assert asked.command == raw.DMA_READ
    answer(client, asked, b"\x02" * 8)
    assert client.read(0, small.DMA_SUM, 4).payload[16:] == struct.pack("<I", 16)


# Messages that are none.


@pytest.mark.parametrize("kind", [2, 5, 15])
def test_what_is_neither_command_nor_answer_is_not_done(client, kind):
    client.write(0, 0x300, bytes(4))
    data = struct.pack("<QII", 0x300, 0, 4) + b"abcd"
    client.send(raw.WRITE, data, flags=kind)

    assert client.receive().error == errno.EINVAL
    assert client.read(0, 0x300, 4).payload[16:] == bytes(4)


def test_who_says_nothing_is_left(served, monkeypatch):
    monkeypatch.setattr(sessions, "HELLO_S", 0.05)
    silent = RawClient.at(served.path)

    assert RawClient.at(served.path).begin().error == 0
    with pytest.raises((EOFError, ConnectionResetError)):
        silent.receive()


def test_parts_that_can_be_mapped_are_told_whole_or_not_at_all(tmp_path):
    """A client whose answer has no room for the parts must not take all of the region for memory."""
    file = os.memfd_create("bar2")
    os.ftruncate(file, small.BAR2_BYTES)
    region = Region(small.BAR2_BYTES, fd=file, areas=((PAGE, PAGE),))
    with SoftServed(SmallDevice(), {2: region}) as gpu, Server(gpu, tmp_path / "s") as server:
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        client = RawClient.at(tmp_path / "s")
        client.begin()
        short = client.ask(raw.REGION, struct.pack("<IIIIQQ", 32, 0, 2, 0, 0, 0))
        argsz, flags, _, offset, *_ = struct.unpack("<IIIIQQ", short.payload)
        assert (argsz, flags, offset, short.fds) == (64, 3 | 4, 0, [])  # flags as libvfio-user has them
        whole = client.ask(raw.REGION, struct.pack("<IIIIQQ", argsz, 0, 2, 0, 0, 0))
        argsz, flags, _, offset, *_ = struct.unpack_from("<IIIIQQ", whole.payload)
        assert (argsz, flags, offset, len(whole.fds)) == (64, 3 | 4 | 8, 32, 1)
        os.close(whole.fds[0])
        client.close()
        server.close()
        thread.join(10)
    os.close(file)


def test_who_takes_no_descriptors_gets_none(tmp_path):
    file = os.memfd_create("bar2")
    os.ftruncate(file, small.BAR2_BYTES)
    with (
        SoftServed(SmallDevice(), {2: Region(small.BAR2_BYTES, fd=file)}) as gpu,
        Server(gpu, tmp_path / "s") as server,
    ):
        threading.Thread(target=server.serve, daemon=True).start()
        client = RawClient.at(tmp_path / "s")
        client.begin(b'{"capabilities": {"max_msg_fds": 0}}\0')
        reply = client.ask(raw.REGION, struct.pack("<IIIIQQ", 32, 0, 2, 0, 0, 0))
        assert (struct.unpack_from("<II", reply.payload)[1], reply.fds) == (3, [])
        client.close()
    os.close(file)


# Devices that fail, and machines that are full.


@pytest.mark.parametrize("what", ["reset", "settle", "attach"])
def test_a_device_that_fails_at_the_end_of_a_client_is_served_to_the_next_one(tmp_path, what):
    device = SmallDevice()
    with SoftServed(device) as gpu, Server(gpu, tmp_path / "s") as server:
        before = open_descriptors()
        failing = [1]

        def fail(*arguments: object) -> None:
            if arguments in ((), (None,)) and failing:
                failing.pop()
                raise ZeroDivisionError("a defect")

        setattr(gpu, what, fail)
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        first = RawClient.at(tmp_path / "s")
        first.begin()
        fd = os.eventfd(0)
        first.set_irqs(0x24, 2, 0, 1, fds=[fd])
        os.close(fd)
        first.close()
        second = RawClient.at(tmp_path / "s")
        assert second.begin().error == 0
        second.close()
        assert [type(each) for each in server.defects] == [ZeroDivisionError]
        assert eventually(lambda: open_descriptors() <= before)
        server.close()
        thread.join(10)


def test_a_connection_that_there_is_no_room_for_ends_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(servers, "RETRY_S", 0.01)
    with serving(tmp_path) as running:
        listener = running.server._listener
        full = [1, 1, 1]

        class Full:
            def accept(self):
                if full:
                    full.pop()
                    raise OSError(errno.EMFILE, "too many")
                return listener.accept()

            def __getattr__(self, name: str):
                return getattr(listener, name)

        running.server._listener = Full()
        assert RawClient.at(running.path).begin().error == 0
        assert not full or running.server.clients == 1


def test_a_second_socket_that_there_is_no_room_for_refuses_that_client_alone(served, monkeypatch):
    def none():
        raise OSError(errno.EMFILE, "too many")

    with monkeypatch.context() as full:
        full.setattr("barewire.transport.vfio_user.session.socket.socketpair", none)
        client = RawClient.at(served.path)
        client.send(raw.VERSION, bytes(4) + b'{"capabilities": {"twin_socket": {"supported": true}}}\0')
        with pytest.raises((EOFError, ConnectionResetError)):
            client.receive()
    assert RawClient.at(served.path).begin().error == 0


def test_a_folder_that_somebody_keeps_locked_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(servers, "LOCK_S", 0.05)
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with pytest.raises(DeviceBusy, match="locked"):
            Server(SoftServed(SmallDevice()), tmp_path / "s")
    finally:
        os.close(folder)


def test_a_path_that_cannot_be_is_refused(tmp_path):
    with pytest.raises(UsageError):
        Server(SoftServed(SmallDevice()), f"{tmp_path}/a\0b")


def test_the_modes_of_other_files_are_left_alone(tmp_path, monkeypatch):
    """The mask of new files is the whole process's: other threads make files, too."""
    masks: list[int] = []
    monkeypatch.setattr(os, "umask", lambda mask: masks.append(mask) or 0o022)
    with serving(tmp_path) as running:
        assert running.path.lstat().st_mode & 0o777 == 0o600
    assert masks == []


def test_dma_without_a_client_is_refused():
    device = SmallDevice()
    with SoftServed(device), pytest.raises(DmaRefused):
        device.host.dma(0, 8, False)


def test_a_bar1_that_does_not_show_all_memory_is_not_mapped_by_everybody():
    sizes = {"chip": "gh100", "vram_bytes": 512 << 20, "bar1_bytes": 256 << 20}
    before = open_descriptors()
    with pytest.raises(UsageError, match="smaller than the video memory"):
        SoftServed.open(sizes, linear_bar1=True)
    assert open_descriptors() <= before
    with SoftServed.open(sizes) as gpu:
        assert gpu.regions[2].fd is None
