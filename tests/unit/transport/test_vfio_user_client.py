"""The client of the vfio-user protocol as a bus: with our server, and with servers that do as they like."""

from __future__ import annotations

import array
import contextlib
import errno
import mmap
import os
import resource
import signal
import socket
import struct
import threading
import time

import barewire as bw
import pytest
import small_device as small
import vfio_user_raw as raw
from barewire.errors import DeviceBusy, DeviceLost, DmaError, HostLimit, NoDevice, TransportError, UsageError
from barewire.native._native import ffi, lib
from barewire.transport.bus import PAGE_BYTES
from barewire.transport.served_soft import SoftServed
from barewire.transport.vfio_user.client import VfioUserBus
from barewire.transport.vfio_user.protocol import Area
from barewire.transport.vfio_user.served import Region
from barewire.transport.vfio_user.server import Server
from barewire.transport.vfio_user.session import Limits
from small_device import SmallDevice
from vfio_user_raw import open_descriptors, serving


@pytest.fixture
def served(tmp_path):
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def bus(served):
    with VfioUserBus.open(str(served.path)) as opened:
        yield opened


def dma_sum(bus: VfioUserBus, iova: int, count: int) -> int:
    bar = bus.bars[0]
    bar.write32(small.DMA_IOVA_LOW, iova & 0xFFFFFFFF)
    bar.write32(small.DMA_IOVA_HIGH, iova >> 32)
    bar.write32(small.DMA_COUNT, count)
    return bar.read32(small.DMA_SUM)


def eventually(condition, timeout_s: float = 5.0) -> bool:
    end = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < end:
        time.sleep(0.002)
    return condition()


def test_an_opened_device_answers_and_its_bars_are_placed(bus):
    assert bus.config.read(0, 4) == 0x233010DE
    assert bus.config.read(small.COMMAND, 2) & 0x6 == 0x6
    assert sorted(bus.bars) == [0, 2]
    for index, bar in bus.bars.items():
        low, high = bus.config.read(0x10 + 4 * index, 4), bus.config.read(0x14 + 4 * index, 4)
        assert bar.bus_address == high << 32 | low & ~0xF
        assert bar.bus_address and bar.bus_address % bar.size_bytes == 0


def test_registers_are_read_and_written_by_words_and_by_bytes(bus):
    bar = bus.bars[0]
    bar.write32(0x200, 0x11223344)
    bar.write(0x203, b"\xaa\xbb\xcc\xdd\xee")

    assert bar.read32(0x200) == 0xAA223344
    assert bar.read(0x200, 9) == b"\x44\x33\x22\xaa\xbb\xcc\xdd\xee\x00"
    assert bar.read(0x200, 0) == b""


def test_more_bytes_than_a_message_takes_go_in_several(tmp_path):
    with (
        serving(tmp_path, limits=Limits(max_data_xfer_size=1000)) as running,
        VfioUserBus.open(str(running.path)) as bus,
    ):
        data = os.urandom(4500)
        bus.bars[2].write(3, data)

        assert bus.bars[2].read(3, 4500) == data
        assert running.device.memory[3:4503] == data


def test_writes_are_posted_and_a_read_waits_for_them(bus):
    bar = bus.bars[0]
    for value in range(1000):
        bar.write32(0x300, value)
    assert bar.read32(0x300) == 999


@pytest.mark.parametrize(
    ("offset", "size"), [(-4, 4), (small.BAR0_BYTES, 4), (2, 4), (small.BAR0_BYTES - 2, 4)]
)
def test_words_outside_of_a_bar_are_refused(bus, offset, size):
    with pytest.raises(UsageError):
        bus.bars[0].read32(offset)
    with pytest.raises(UsageError):
        bus.bars[0].write32(offset, 0)


def test_what_is_not_mapped_is_not_mappable(bus):
    assert not bus.bars[0].mappable and not bus.bars[2].mappable
    with pytest.raises(UsageError, match="by messages"):
        bus.bars[2].map(0, PAGE_BYTES)


def test_the_device_reaches_memory_until_it_is_closed(bus):
    memory = bus.dma_memory(3 * PAGE_BYTES - 5)
    memory.view[:8] = b"\x01" * 8
    assert memory.size_bytes == 3 * PAGE_BYTES
    assert memory.iova_of(PAGE_BYTES) == memory.iova + PAGE_BYTES
    assert dma_sum(bus, memory.iova, 16) == 8
    bus.bars[0].write32(small.DMA_FILL, 3)
    assert dma_sum(bus, memory.iova, 16) == 48
    assert bytes(memory.view[:17]) == b"\x03" * 16 + b"\0"
    iova = memory.iova
    memory.close()
    memory.close()

    assert dma_sum(bus, iova, 16) == small.REFUSED


def test_a_view_outlasts_its_memory(bus):
    memory = bus.dma_memory(PAGE_BYTES)
    view = memory.view[:4]
    memory.close()
    assert bytes(view) == bytes(4)


def test_memory_that_cannot_be_had(bus):
    for size in (0, -1):
        with pytest.raises(UsageError):
            bus.dma_memory(size)
    with pytest.raises(DmaError):
        bus.dma_memory(1 << 62)


def test_a_server_that_takes_no_more_mappings_is_a_limit_of_the_host(tmp_path):
    with (
        serving(tmp_path, limits=Limits(max_dma_maps=2)) as running,
        VfioUserBus.open(str(running.path)) as bus,
    ):
        before = open_descriptors()
        kept = [bus.dma_memory(PAGE_BYTES) for _ in range(2)]
        with pytest.raises(HostLimit):
            bus.dma_memory(PAGE_BYTES)
        kept[0].close()
        bus.dma_memory(PAGE_BYTES)
        assert eventually(lambda: open_descriptors() <= before)  # the server answers, then closes


def test_vectors_wake_who_waits(bus):
    assert bus.interrupts.count == 3
    bus.interrupts.enable(2)
    bus.bars[0].write32(small.RAISE, 1)
    bus.bars[0].write32(small.RAISE, 1)
    bus.bars[0].read32(0)
    assert bus.interrupts.wait(1, 5) == 2
    assert bus.interrupts.wait(0, 0) == 0
    came = []
    waiter = threading.Thread(target=lambda: came.append(bus.interrupts.wait(0, 10)))
    waiter.start()
    bus.bars[0].write32(small.RAISE, 0)
    waiter.join(10)
    assert came == [1]
    bus.interrupts.disable()
    bus.bars[0].write32(small.RAISE, 1)
    bus.bars[0].read32(0)
    assert bus.interrupts.wait(1, 0.01) == 0
    for count in (0, 4, True):
        with pytest.raises(UsageError):
            bus.interrupts.enable(count)
    with pytest.raises(UsageError):
        bus.interrupts.wait(3, 0)


def test_closing_wakes_who_waits_and_leaves_nothing(served):
    before = open_descriptors()
    bus = VfioUserBus.open(str(served.path))
    bus.interrupts.enable(3)
    memory = bus.dma_memory(PAGE_BYTES)
    came = []
    waiter = threading.Thread(target=lambda: came.append(bus.interrupts.wait(0, 30)))
    waiter.start()
    bell = bus.doorbell(0, small.DOORBELL)
    bus.close()
    bus.close()
    waiter.join(10)

    assert came == [0]
    assert memory.closed and bell.bell == 0
    assert eventually(lambda: len(served.device.resets) == 1)
    assert eventually(lambda: open_descriptors() <= before)
    for use in (lambda: bus.dma_memory(1), bus.reset, lambda: bus.bars[0].read32(0)):
        with pytest.raises(TransportError):
            use()


def test_a_reset_keeps_the_configuration_and_the_vectors(bus, served):
    bus.bars[0].write32(0x400, 7)
    bus.interrupts.enable(2)
    before = [bus.config.read(offset, 4) for offset in (0x10, 0x14, 0x18, 0x1C)]
    bus.reset()

    assert served.device.resets == ["conventional"]
    assert bus.bars[0].read32(0x400) == 0
    assert [bus.config.read(offset, 4) for offset in (0x10, 0x14, 0x18, 0x1C)] == before
    bus.bars[0].write32(small.RAISE, 1)
    assert bus.interrupts.wait(1, 5) == 1


def test_a_doorbell_is_carried_by_messages(bus, served):
    bell = bus.doorbell(0, small.DOORBELL)
    for token in (5, 6, 7):
        lib.bw_bell_ring(ffi.cast("struct bw_bell *", bell.bell), token)
    assert eventually(lambda: served.device.rung == [5, 6, 7])
    with pytest.raises(UsageError):
        bus.doorbell(1, 0)
    with pytest.raises(UsageError):
        bus.doorbell(0, small.BAR0_BYTES)


# A BAR that can be mapped.

OURS, OTHERS = 0x11111111, 0x22222222  # words of our memory, and of somebody else's


@contextlib.contextmanager
def serving_mapped(folder, areas=(), offset=0):
    device = SmallDevice()
    file = os.memfd_create("bar2")
    os.ftruncate(file, small.BAR2_BYTES + offset)
    region = Region(small.BAR2_BYTES, fd=file, fd_offset=offset, areas=areas)
    with SoftServed(device, {2: region}) as served, Server(served, folder / "s") as server:
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        yield file, folder / "s"
        server.close()
        thread.join(10)
    os.close(file)


def test_a_bar_that_can_be_mapped_is_memory(tmp_path):
    with serving_mapped(tmp_path, offset=PAGE_BYTES) as (file, path), VfioUserBus.open(str(path)) as bus:
        bar = bus.bars[2]
        assert bar.mappable
        bar.write(5, b"hello")
        bar.write32(0x100, 0xDEADBEEF)
        assert os.pread(file, 5, PAGE_BYTES + 5) == b"hello"
        assert bar.read32(0x100) == 0xDEADBEEF
        assert bar.read(5, 5) == b"hello"
        part = bar.map(4, 0x2000)
        view = part.look()
        assert bytes(view[1:6]) == b"hello"
        view[0] = 9
        assert os.pread(file, 1, PAGE_BYTES + 4) == b"\x09"
        bell = bus.doorbell(2, 0x80)
        lib.bw_write32(bell.address, 77)
        assert bar.read32(0x80) == 77
        before = bar.map(0, PAGE_BYTES)
    assert bytes(view[1:6]) == bytes(5)
    before.close()


@pytest.mark.parametrize(
    "access",
    [
        lambda bar: [bar.read32(0x200)],
        lambda bar: memoryview(bar.read(0x200, 0x1000)).cast("I").tolist(),
        lambda bar: bar.write32(0x200, OURS) or [],
        lambda bar: bar.write(0x200, OURS.to_bytes(4, "little")) or [],
    ],
    ids=["read32", "read", "write32", "write"],
)
def test_mapped_memory_is_never_anybody_elses_while_the_bus_is_closed(tmp_path, access):
    other = os.memfd_create("other")
    os.pwrite(other, OTHERS.to_bytes(4, "little") * (small.BAR2_BYTES // 4), 0)
    content = os.pread(other, small.BAR2_BYTES, 0)
    seen, failures = set(), []
    with serving_mapped(tmp_path) as (_, path):
        for _ in range(10):
            bus = VfioUserBus.open(str(path))
            bar = bus.bars[2]
            bar.write(0, OURS.to_bytes(4, "little") * (small.BAR2_BYTES // 4))

            def use(bar=bar) -> None:
                try:
                    while True:
                        seen.update(access(bar))
                except TransportError:
                    pass
                except BaseException as error:
                    failures.append(error)

            threads = [threading.Thread(target=use, daemon=True) for _ in range(2)]
            for each in threads:
                each.start()
            time.sleep(0.002)
            bus.close()
            decoys = [mmap.mmap(other, small.BAR2_BYTES) for _ in range(4)]
            for each in threads:
                each.join(20)
                assert not each.is_alive()
            del decoys
    assert failures == []
    assert seen <= {OURS}
    assert os.pread(other, small.BAR2_BYTES, 0) == content
    os.close(other)


def test_who_rings_after_the_bus_was_closed_writes_to_nobody(tmp_path):
    with serving_mapped(tmp_path) as (file, path):
        with VfioUserBus.open(str(path)) as bus:
            with pytest.raises(UsageError):
                bus.doorbell(2, 0x82)
            bell, again = bus.doorbell(2, 0x80), bus.doorbell(2, 0x80)
            address = bell.address
            assert again.address == address
            lib.bw_write32(address, 7)
        lib.bw_write32(address, 8)
        assert os.pread(file, 1, 0x80) == b"\x07"


def test_parts_of_a_bar_are_mapped_and_the_rest_goes_by_messages(tmp_path):
    areas = (Area(0x2000, 0x1000), Area(0x4000, 0x2000))
    with serving_mapped(tmp_path, areas) as (file, path), VfioUserBus.open(str(path)) as bus:
        bar = bus.bars[2]
        bar.write(0x4000, b"mapped")
        bar.write(0x8000, b"carried")

        assert os.pread(file, 6, 0x4000) == b"mapped"
        assert os.pread(file, 7, 0x8000) == bytes(7)
        assert bar.read(0x8000, 7) == b"carried"
        bar.map(0x5000, 0x1000).close()
        for offset, size in ((0x2000, 0x1001), (0x3000, 1), (0, 1)):
            with pytest.raises(UsageError):
                bar.map(offset, size)


@pytest.mark.parametrize(
    "areas", [(Area(0x2000, 0x10),), (Area(0x2001, 0x1000),), (Area(0x2000, 0x1FFF), Area(0x2000, 0))]
)
def test_what_is_not_of_whole_pages_goes_by_messages(tmp_path, areas):
    with serving_mapped(tmp_path, areas) as (file, path), VfioUserBus.open(str(path)) as bus:
        bus.bars[2].write(0x2000, b"abcdef")
        assert bus.bars[2].read(0x2000, 6) == b"abcdef"
        assert not bus.bars[2].mappable
        assert os.pread(file, 6, 0x2000) == bytes(6)


# Servers that are not there, or go.


def test_where_nobody_serves_there_is_no_device(tmp_path):
    with pytest.raises(NoDevice, match="there is no") as missing:
        bw.open(f"vfio-user:{tmp_path}/nothing")
    assert "barewire serve" in missing.value.hint
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "left"))
    left.close()
    with pytest.raises(NoDevice):
        VfioUserBus.open(str(tmp_path / "left"))
    with pytest.raises(UsageError):
        VfioUserBus.open(str(tmp_path / "left"), colour="red")


def test_a_server_that_has_a_client_is_busy(served, bus):
    with pytest.raises(DeviceBusy):
        VfioUserBus.open(str(served.path), hello_s=0.1)


def test_a_server_that_goes_is_a_lost_device_with_a_next_step(tmp_path):
    with serving(tmp_path) as running:
        bus = VfioUserBus.open(str(running.path))
        memory = bus.dma_memory(PAGE_BYTES)
        bus.interrupts.enable(1)
        running.server.close()
        began = time.monotonic()
        assert bus.interrupts.wait(0, 20) == 0  # woken by the end
        with pytest.raises(DeviceLost) as lost:
            for _ in range(100):
                bus.bars[0].write32(0, 0)
                bus.bars[0].read32(0)
        assert time.monotonic() - began < 5
        assert "start it again" in lost.value.hint
        for use in (lambda: bus.config.read(0, 4), bus.reset, lambda: bus.dma_memory(1)):
            with pytest.raises(DeviceLost):
                use()
        memory.close()
        bus.close()


def test_a_server_with_a_long_queue_is_busy(tmp_path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "s"))
    listener.listen(0)
    waiting = socket.socket(socket.AF_UNIX)
    waiting.connect(str(tmp_path / "s"))
    before = open_descriptors()
    began = time.monotonic()
    with pytest.raises(DeviceBusy, match="queue"):
        VfioUserBus.open(str(tmp_path / "s"), hello_s=0.2)
    assert 0.1 < time.monotonic() - began < 5
    assert open_descriptors() <= before
    waiting.close()
    listener.close()


def test_names_that_are_no_paths_are_no_devices(tmp_path):
    for name in ("", "a\0b", "x" * 300, str(tmp_path)):
        with pytest.raises(NoDevice):
            VfioUserBus.open(name)


def test_a_process_with_too_many_files_is_told_so(served):
    """Each counter of a vector is a file, and so is the connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = open_descriptors()
    free = os.open("/dev/null", os.O_RDONLY)  # the lowest number that no file has
    os.close(free)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
        with pytest.raises(HostLimit):
            VfioUserBus.open(str(served.path))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with VfioUserBus.open(str(served.path)) as bus, monkeypatched_eventfd():
        with pytest.raises(HostLimit):
            bus.interrupts.enable(3)
        with pytest.raises(HostLimit):
            bus.interrupts.wait(0, 0)
    assert eventually(lambda: open_descriptors() <= before)


@contextlib.contextmanager
def monkeypatched_eventfd():
    def none(*_: object) -> int:
        raise OSError(errno.EMFILE, "too many open files")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "eventfd", none)
        yield


def test_a_forked_child_neither_ends_nor_keeps_its_parents_connection(served):
    bus = VfioUserBus.open(str(served.path))
    memory = bus.dma_memory(PAGE_BYTES)
    memory.view[:2] = b"\x01\x02"
    ready, told = os.pipe()
    leave, last = os.pipe()
    child = os.fork()
    if not child:  # pragma: no cover - the child
        os.close(last)
        try:
            said = b"nothing"
            try:
                bus.bars[0].read32(0)
            except DeviceLost as lost:
                said = b"forked" if "forked" in lost.message else b"lost"
            bus.close()
            os.write(told, said)
            os.read(leave, 1)
        finally:
            os._exit(0)
    assert os.read(ready, 100) == b"forked"
    assert dma_sum(bus, memory.iova, 16) == 3
    bus.link._wire.socket.close()  # as a kill does: without a word
    bus.link._twin.socket.close()
    try:
        assert eventually(lambda: served.device.resets == ["conventional"])  # though the child is still there
    finally:
        os.close(last)
        os.waitpid(child, 0)
        for fd in (ready, told, leave):
            os.close(fd)


def test_ctrl_c_between_two_messages_leaves_the_connection_in_step(bus):
    """A question is asked whole, or not at all, and its answer is not taken for another's."""
    pid, rounds = os.getpid(), 0
    inside: list[bool] = []

    def interrupted(number: int, frame: object) -> None:
        if inside:  # once, and not while this test counts
            inside.clear()
            raise KeyboardInterrupt

    def interrupt() -> None:
        for number in range(40):
            time.sleep(0.001 + number * 37e-6)
            os.kill(pid, signal.SIGINT)
        done.set()

    before = signal.signal(signal.SIGINT, interrupted)
    done = threading.Event()
    sender = threading.Thread(target=interrupt)
    sender.start()
    caught = 0
    while not done.is_set():
        try:
            inside.append(True)
            while not done.is_set():
                bus.bars[0].write32(0x300, rounds)
                assert bus.bars[0].read32(0x300) == rounds
                assert bus.config.read(0, 4) == 0x233010DE
                rounds += 1
        except KeyboardInterrupt:
            caught += 1
    inside.clear()
    sender.join(10)
    signal.signal(signal.SIGINT, before)
    assert caught and bus.link.lost is None
    assert bus.config.read(0, 4) == 0x233010DE


class ScriptedServer:
    """A server that answers with what a test gives it."""

    def __init__(self, folder, answers) -> None:
        self.path = folder / "scripted"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(1)
        self.answers = answers
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        connection, _ = self.listener.accept()
        client = raw.RawClient(connection)
        with contextlib.suppress(EOFError, OSError):
            while True:
                came = client.receive()
                answer = self.answers(came)
                if answer is None:
                    return
                if isinstance(answer, bytes):
                    head = raw.HEADER.pack(came.number, came.command, 16 + len(answer), 1, 0)
                    client.socket.sendall(head + answer)
                else:
                    answer(client, came)

    def close(self) -> None:
        self.listener.close()
        self.thread.join(5)


VERSION = b"\0\0\0\0"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\1\0\0\0",
        VERSION + b"{",
        VERSION + b'{"capabilities": {"twin_socket": {"supported": true}}}\0',
        VERSION + b'{"capabilities": {"twin_socket": {"supported": true, "fd_index": 0}}}\0',
        None,
        lambda client, came: client.socket.sendall(b"\0" * 16),
        lambda client, came: client.socket.sendall(raw.HEADER.pack(came.number, 1, 16, 0x21, errno.EINVAL)),
        lambda client, came: client.socket.sendall(raw.HEADER.pack(came.number, 1, 0xFFFFFFFF, 1, 0)),
    ],
)
def test_a_server_that_answers_nonsense_is_none(tmp_path, answer):
    before = open_descriptors()
    server = ScriptedServer(tmp_path, lambda came: answer)
    with pytest.raises(TransportError):
        VfioUserBus.open(str(server.path), hello_s=2)
    server.close()
    assert eventually(lambda: open_descriptors() <= before)


def describe(came: raw.Reply, **wrong: bytes) -> bytes | None:
    """What a small device's server answers, but for what is given."""
    if came.command == raw.VERSION:
        return VERSION
    if came.command == raw.INFO:
        return wrong.get("info", struct.pack("<IIII", 16, 2, 9, 5))
    if came.command == raw.REGION:
        index = struct.unpack_from("<I", came.payload, 8)[0]
        return wrong.get("region", struct.pack("<IIIIQQ", 32, 3, index, 0, 4096 if index in (0, 7) else 0, 0))
    if came.command == raw.IRQ:
        return struct.pack("<IIII", 16, 0, 0, 0)
    if came.command == raw.READ:
        offset, _, size = struct.unpack("<QII", came.payload)
        word = {0: 0x233010DE, 0x10: 0xFFFFF000}.get(offset & ~3, 0).to_bytes(4, "little")
        return wrong.get("read", came.payload + word[offset & 3 :][:size].ljust(size, b"\0"))
    return came.payload[:16]


def test_a_server_of_a_plain_device_is_enough(tmp_path):
    server = ScriptedServer(tmp_path, describe)
    with VfioUserBus.open(str(server.path)) as bus:
        assert list(bus.bars) == [0]
        assert bus.bars[0].bus_address == 0xFFFFF000
        assert bus.interrupts.count == 0
        with pytest.raises(TransportError, match="cannot be reset"):
            bus.reset()
    server.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"info": b"\0" * 8},
        {"region": struct.pack("<IIIIQQ", 32, 3, 5, 0, 4096, 0)},
        {"info": struct.pack("<IIII", 16, 0, 9, 5)},
        {"info": struct.pack("<IIII", 16, 2, 3, 5)},
        {"region": b"\0" * 16},
        {"read": b"\0" * 17},
        {"read": b"\0" * 16 + b"\xff" * 4},
    ],
)
def test_a_server_that_describes_no_device_is_refused(tmp_path, wrong):
    server = ScriptedServer(tmp_path, lambda came: describe(came, **wrong))
    with pytest.raises(TransportError):
        VfioUserBus.open(str(server.path))
    server.close()


@pytest.mark.parametrize("wrong", ["irqs", "a place beyond files"])
def test_a_device_that_is_not_opened_leaves_no_file(tmp_path, wrong):
    file = os.memfd_create("bar0")
    os.ftruncate(file, PAGE_BYTES)
    special = os.open("/dev/null", os.O_RDONLY)  # whose file tells no size

    def answers(came: raw.Reply):
        index = struct.unpack_from("<I", came.payload, 8)[0] if came.command == raw.REGION else -1
        if index == 0:
            return share
        if came.command == raw.IRQ and wrong == "irqs":
            return b"\0" * 8
        return describe(came)

    def share(client, came):
        offset = 0 if wrong == "irqs" else (1 << 63) - PAGE_BYTES
        payload = struct.pack("<IIIIQQ", 32, 7, 0, 0, PAGE_BYTES, offset)
        head = raw.HEADER.pack(came.number, came.command, 16 + len(payload), 1, 0)
        passed = array.array("i", [file if wrong == "irqs" else special])
        client.socket.sendmsg([head + payload], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, passed)])

    before = open_descriptors()
    server = ScriptedServer(tmp_path, answers)
    with pytest.raises(TransportError):
        bus = VfioUserBus.open(str(server.path))
        try:
            bus.bars[0].read32(0)
        finally:
            bus.close()
    server.close()
    os.close(file)
    os.close(special)
    assert eventually(lambda: open_descriptors() <= before - 2)


def test_a_server_asks_for_memory_by_messages_and_gets_only_the_devices(tmp_path):
    found: list[raw.Reply] = []
    place: list[int] = []

    def answers(came: raw.Reply):
        if came.command == raw.MAP:
            place.append(struct.unpack_from("<Q", came.payload, 16)[0])
            for fd in came.fds:
                os.close(fd)
            return b""
        if came.command == raw.RESET:
            return ask_first
        return describe(came, info=struct.pack("<IIII", 16, 3, 9, 5))

    def ask_first(client, came):
        iova = place[0]
        for command, payload in (
            (raw.DMA_WRITE, struct.pack("<QQ", iova + 4, 4) + b"abcd"),
            (raw.DMA_READ, struct.pack("<QQ", iova, 8)),
            (raw.DMA_READ, struct.pack("<QQ", iova + 4090, 8)),
            (raw.DMA_READ, struct.pack("<QQ", iova, 1 << 40)),
            (raw.DMA_READ, b"\0" * 3),
            (raw.DMA_WRITE, struct.pack("<QQ", iova, 9) + b"abcd"),
            (raw.RESET, b""),
        ):
            head = raw.HEADER.pack(99, command, 16 + len(payload), 0, 0)
            client.socket.sendall(head + payload)
            found.append(client.receive())
        client.socket.sendall(raw.HEADER.pack(came.number, came.command, 16, 1, 0))

    server = ScriptedServer(tmp_path, answers)
    with VfioUserBus.open(str(server.path)) as bus:
        memory = bus.dma_memory(PAGE_BYTES)
        bus.reset()
        assert bytes(memory.view[:8]) == b"\0\0\0\0abcd"
    server.close()
    wrong = [errno.EFAULT, errno.EINVAL, errno.EINVAL, errno.EINVAL, errno.ENOTSUP]
    assert [reply.error for reply in found] == [0, 0, *wrong]
    assert found[1].payload[16:] == b"\0\0\0\0abcd"


def test_a_server_asks_for_memory_while_nobody_asks_it(tmp_path):
    asked = threading.Event()
    found: list[raw.Reply] = []

    def answers(came: raw.Reply):
        if came.command == raw.MAP:
            iova = struct.unpack_from("<Q", came.payload, 16)[0]
            return lambda client, message: later(client, message, iova)
        return describe(came)

    def later(client, came, iova):
        client.socket.sendall(raw.HEADER.pack(came.number, came.command, 16, 1, 0))
        asked.wait(5)
        time.sleep(0.05)
        client.socket.sendall(raw.HEADER.pack(5, raw.DMA_READ, 32, 0, 0) + struct.pack("<QQ", iova, 8))
        found.append(client.receive())

    server = ScriptedServer(tmp_path, answers)
    with VfioUserBus.open(str(server.path)) as bus:
        bus.dma_memory(PAGE_BYTES)
        asked.set()
        assert eventually(lambda: found)
    server.close()
    assert found[0].payload[16:] == bytes(8)


def test_a_server_that_does_not_answer_is_lost(tmp_path, monkeypatch):
    def answers(came: raw.Reply):
        if came.command == raw.RESET:
            return lambda client, message: None
        return describe(came, info=struct.pack("<IIII", 16, 3, 9, 5))

    server = ScriptedServer(tmp_path, answers)
    monkeypatch.setattr("barewire.transport.vfio_user.client.RESET_S", 0.1)
    bus = VfioUserBus.open(str(server.path))
    with pytest.raises(DeviceLost, match="not answered"):
        bus.reset()
    bus.close()
    server.close()
