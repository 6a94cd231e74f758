"""The two rings: what the driver writes into its own, and how it takes what is in GSP's."""

from __future__ import annotations

import signal
import struct

import pytest
from barewire.errors import BootError, Freed, PollTimeout, RpcError
from barewire.gsp.queue import MEMORY_BYTES, SLOTS, MessageQueues
from fake_board import FakeBus
from fake_gsp import FakeGsp, fold
from hypothesis import given, settings
from hypothesis import strategies as st

COMMAND_WRITER, STATUS_READER = 0x1010, 0x1020
STATUS_WRITER, COMMAND_READER = 0x41010, 0x41020
FIRST_COMMAND, FIRST_STATUS = 0x2000, 0x42000


class Rings:
    """Queues with a fake GSP at their other end."""

    def __init__(self, abi) -> None:
        self.bus = FakeBus()
        self.bus.config.set(4, 2, 6)
        self.memory = self.bus.dma_memory(MEMORY_BYTES, contiguous=True)
        self.rings = 0
        self.queues = MessageQueues(self.memory, abi, self._ring)
        self.gsp = FakeGsp(self.bus)
        self.gsp.running = True
        self.gsp.answers.clear()
        self.gsp.command_at = self.memory.iova + 0x1000
        self.gsp.status_at = self.memory.iova + 0x41000
        self.gsp._make_queue()
        self.queues.link(0.01)
        self.queues.awake = True

    def _ring(self) -> None:
        self.rings += 1
        self.gsp.look_at_commands()

    def word(self, offset: int) -> int:
        return struct.unpack_from("<I", self.memory.view, offset)[0]

    def set_word(self, offset: int, value: int) -> None:
        struct.pack_into("<I", self.memory.view, offset, value)

    def received(self) -> list[tuple[int, bytes]]:
        found = []
        while (message := self.queues.receive()) is not None:
            found.append((message.function, message.payload))
        return found


@pytest.fixture
def rings(abi) -> Rings:
    return Rings(abi)


def test_the_memory_names_its_pages_and_the_commands_have_a_header(rings):
    pages = struct.unpack_from("<129Q", rings.memory.view)

    assert pages == tuple(rings.memory.iova + 4096 * index for index in range(129))
    header = struct.unpack_from("<8I", rings.memory.view, 0x1000)
    assert header == (0, 0x40000, 0x1000, 63, 0, 1, 0x20, 0x1000)


def test_a_fresh_drivers_memory_has_no_status_header(abi):
    bus = FakeBus()
    memory = bus.dma_memory(MEMORY_BYTES, contiguous=True)

    MessageQueues(memory, abi, lambda: None)

    assert bytes(memory.view[0x41000:0x42000]) == bytes(0x1000)


def test_a_command_is_there_before_it_is_announced_and_rung_once(rings):
    rings.gsp.hold = True

    rings.queues.send(76, b"hello", sequence=9)

    assert rings.word(COMMAND_WRITER) == 1
    assert bytes(rings.memory.view[FIRST_COMMAND + 0x50 : FIRST_COMMAND + 0x55]) == b"hello"
    assert rings.rings == 1


def test_a_gsp_that_sleeps_is_not_rung(rings):
    rings.queues.awake = False

    rings.queues.send(72, b"info")

    assert rings.rings == 0
    assert rings.word(COMMAND_WRITER) == 1


@settings(max_examples=25, deadline=None)
@given(sizes=st.lists(st.integers(0, 20_000) | st.integers(0, 140_000), min_size=1, max_size=25))
def test_commands_of_any_size_come_through_around_the_end(abi, sizes):
    rings = Rings(abi)
    sent = [(76, bytes(index % 256 for index in range(size))) for size in sizes if size % 0xFFB0 or not size]

    for function, payload in sent:
        rings.queues.send(function, payload)

    assert rings.gsp.commands == sent
    assert rings.bus.complaints == []


@settings(max_examples=25, deadline=None)
@given(sizes=st.lists(st.integers(0, 0xFFB0), min_size=1, max_size=25))
def test_messages_of_any_size_come_through_around_the_end(abi, sizes):
    rings = Rings(abi)
    for number, size in enumerate(sizes):
        payload = bytes([number]) * size
        rings.gsp.send(0x1003, payload)

        assert rings.received() == [(0x1003, payload)]

    assert rings.bus.complaints == []
    assert rings.word(STATUS_READER) == rings.word(STATUS_WRITER)


def test_the_ring_holds_one_less_than_its_slots(rings):
    rings.gsp.hold = True

    for number in range(SLOTS - 1):
        rings.queues.send(76, bytes([number]), timeout_s=0.01)
    with pytest.raises(PollTimeout, match="stays full") as full:
        rings.queues.send(76, b"one more", timeout_s=0.01)

    assert full.value.value == 0
    assert rings.word(COMMAND_WRITER) == SLOTS - 1


def test_commands_go_on_where_the_ring_was_full(rings):
    rings.gsp.hold = True
    for number in range(SLOTS - 1):
        rings.queues.send(76, bytes([number]))
    with pytest.raises(PollTimeout):
        rings.queues.send(76, b"lost", timeout_s=0.01)

    rings.gsp.hold = False
    rings.gsp.look_at_commands()
    rings.queues.send(76, b"after")

    assert [payload for _, payload in rings.gsp.commands] == [bytes([n]) for n in range(SLOTS - 1)] + [
        b"after"
    ]
    assert rings.bus.complaints == []


def test_a_command_waits_for_room_that_comes(rings):
    rings.gsp.hold = True
    for number in range(SLOTS - 1):
        rings.queues.send(76, bytes([number]))
    looks = iter(range(100))
    pointer = rings.queues._pointer

    def slow(*which):
        if next(looks) == 20:
            rings.gsp.hold = False
            rings.gsp.look_at_commands()
        return pointer(*which)

    rings.queues._pointer = slow
    rings.queues.send(76, b"at last", timeout_s=1.0)

    assert rings.gsp.commands[-1] == (76, b"at last")


def test_nothing_follows_a_command_that_was_cut_off(rings):
    rings.gsp.hold = True
    for _ in range(SLOTS - 1 - 16):
        rings.queues.send(76, b"")
    with pytest.raises(PollTimeout):
        rings.queues.send(76, bytes(100_000), timeout_s=0.01)
    rings.gsp.hold = False
    rings.gsp.look_at_commands()

    with pytest.raises(RpcError, match="cut off"):
        rings.queues.send(10, b"")


def test_a_command_that_ctrl_c_interrupts_leaves_the_next_one_its_own_number(rings, abi):
    rings.gsp.hold = True
    rings.queues._ring_doorbell = lambda: signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        rings.queues.send(76, b"interrupted")

    rings.queues._ring_doorbell = rings._ring
    rings.gsp.hold = False
    rings.queues.send(10, b"next")

    assert rings.gsp.commands == [(76, b"interrupted"), (10, b"next")]


@pytest.mark.parametrize("offset", [COMMAND_READER, STATUS_WRITER])
@pytest.mark.parametrize("value", [SLOTS, 1000, 0xFFFFFFFF])
def test_a_pointer_outside_the_ring_is_refused(rings, offset, value):
    rings.set_word(offset, value)

    with pytest.raises(RpcError, match="outside its ring") as refused:
        rings.queues.send(76, b"")
        rings.queues.receive()

    assert refused.value.value == value


def flip(at: int, bit: int = 1):
    def mangle(whole: bytearray) -> None:
        whole[at] ^= bit

    return mangle


def set_with_checksum(at: int, value: int):
    def mangle(whole: bytearray) -> None:
        struct.pack_into("<I", whole, at, value)
        struct.pack_into("<I", whole, 0x20, 0)
        struct.pack_into("<I", whole, 0x20, fold(whole))

    return mangle


CORRUPTIONS = {
    "checksum": (flip(0x50), "checksum"),
    "number": (set_with_checksum(0x24, 77), "order"),
    "an older number": (set_with_checksum(0x24, 0xFFFFFFFF), "order"),
    "length 0": (set_with_checksum(0x38, 0), "length"),
    "length of 1 MiB": (set_with_checksum(0x38, 1 << 20), "length"),
    "slots": (set_with_checksum(0x28, 3), "slots"),
    "length beyond what is there": (
        lambda whole: (set_with_checksum(0x28, 2)(whole), set_with_checksum(0x38, 0x1800)(whole)),
        "longer than",
    ),
    "version": (set_with_checksum(0x30, 1), "header_version"),
    "signature": (set_with_checksum(0x34, 1), "signature"),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corrupt_message_is_an_error_and_the_next_one_works(rings, name):
    mangle, why = CORRUPTIONS[name]
    rings.gsp.mangle.append(mangle)
    rings.gsp.send(0x1003, b"corrupt")

    with pytest.raises(RpcError, match=why):
        rings.queues.receive()

    assert rings.queues.lost_messages == 1
    rings.gsp.send(0x1003, b"fine")
    rings.gsp.send(0x1004, b"too")
    assert rings.received() == [(0x1003, b"fine"), (0x1004, b"too")]


def test_a_message_whose_end_is_still_on_its_way_is_waited_for(rings, monkeypatch):
    rings.gsp.mangle.append(flip(0x50))
    rings.gsp.send(0x1003, b"late")

    def arrive(_: float) -> None:
        rings.memory.view[FIRST_STATUS + 0x50] ^= 1
        monkeypatch.undo()

    monkeypatch.setattr("barewire.gsp.queue.time.sleep", arrive)

    assert rings.received() == [(0x1003, b"late")]
    assert rings.queues.lost_messages == 0


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_the_ring_holds_nothing_but_typed_errors_comes_of_it(abi, data):
    rings = Rings(abi)
    for _ in range(data.draw(st.integers(0, 3))):
        rings.gsp.send(0x1003, data.draw(st.binary(max_size=100)))
    for _ in range(data.draw(st.integers(1, 20))):
        at = data.draw(
            st.integers(STATUS_WRITER, FIRST_STATUS + 3 * 4096)
            | st.integers(FIRST_STATUS, FIRST_STATUS + 0x60)
        )
        rings.memory.view[at] = data.draw(st.integers(0, 255))
    writer = data.draw(st.integers(0, SLOTS - 1))
    rings.set_word(STATUS_WRITER, writer)

    for _ in range(SLOTS + 1):
        try:
            if rings.queues.receive() is None:
                break
        except RpcError:
            continue

    assert rings.word(STATUS_READER) == writer


@pytest.mark.parametrize(
    ("offset", "value"),
    [(0x00, 1), (0x04, 0x20000), (0x08, 0x800), (0x0C, 31), (0x14, 0), (0x18, 0x40), (0x1C, 0)],
)
def test_a_status_ring_of_another_shape_is_refused(rings, offset, value):
    rings.set_word(0x41000 + offset, value)

    with pytest.raises(BootError, match="another"):
        rings.queues.link(0.01)


def test_a_status_ring_that_is_never_made_is_a_timeout(rings):
    rings.memory.view[0x41000:0x42000] = bytes(0x1000)

    with pytest.raises(PollTimeout, match="not set up"):
        rings.queues.link(0.01)


def test_a_status_ring_that_is_made_word_by_word_is_waited_for(rings):
    header = bytes(rings.memory.view[0x41000:0x41020])
    rings.memory.view[0x41000:0x41020] = bytes(0x20)
    words = iter(range(0, 0x20, 4))
    look = rings.queues._other_shape

    def slowly():
        at = next(words, 0)
        rings.memory.view[0x41000 + at : 0x41004 + at] = header[at : at + 4]
        return look()

    rings.queues._other_shape = slowly

    rings.queues.link(1.0)


def test_closed_queues_say_so_and_let_the_memory_go(rings):
    rings.queues.close()
    rings.queues.close()

    with pytest.raises(Freed):
        rings.queues.receive()
    with pytest.raises(Freed):
        rings.queues.send(76, b"")
    rings.memory.view.release()
