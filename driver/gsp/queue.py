"""The two message queues between the driver and GSP: rings of slots in one piece of host memory.

    page 0             bus addresses of all pages, this one included
    0x01000  commands  header page, then 63 slots: the driver writes
    0x41000  status    header page, then 63 slots: GSP writes

Each header tells the ring's shape and how far its writer is. How far its reader is stands in the header of
the reader's own ring (the "swapped" layout), so that nobody writes into the other's page.

Facts: OGKM:570.144:src/nvidia/src/kernel/gpu/gsp/message_queue_cpu.c, src/common/shared/msgq/msgq.c;
nouveau:nvkm/subdev/gsp/rm/r535/gsp.c (r535_gsp_shared_init).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from barewire.abi.layout import Abi, Struct
from barewire.errors import BootError, Freed, PollTimeout, RpcError
from barewire.gsp import element
from barewire.gsp.dma import PAGE_BYTES, page_addresses
from barewire.gsp.element import SLOT_BYTES, Message
from barewire.gsp.functions import name_of
from barewire.poll import poll
from barewire.shield import behind

if TYPE_CHECKING:
    from barewire.transport.bus import DmaMemory

COMMAND_OFFSET = 0x1000
STATUS_OFFSET = 0x41000
RING_BYTES = 0x40000
SLOTS = RING_BYTES // SLOT_BYTES - 1
MEMORY_BYTES = STATUS_OFFSET + RING_BYTES
PAGE_COUNT = MEMORY_BYTES // PAGE_BYTES

_SWAP_READERS = 1  # MSGQ_FLAGS_SWAP_RX
_READER_OFFSET = 0x20  # of the reader's word in a header page
_ENTRIES_OFFSET = SLOT_BYTES
_WRITER_WORD = 0x10 // 4  # of the writer's word in a header page
_SHAPE = {
    "version": 0,
    "size": RING_BYTES,
    "msgSize": SLOT_BYTES,
    "msgCount": SLOTS,
    "flags": _SWAP_READERS,
    "rxHdrOff": _READER_OFFSET,
    "entryOff": _ENTRIES_OFFSET,
}

SPACE_TIMEOUT_S = 4.0
LINK_TIMEOUT_S = 5.0
# A message that looks wrong may still be on its way: it is looked at again, so often, after so long.
_LOOKS = 3
_LOOK_AGAIN_S = 0.002


class HeaderField(NamedTuple):
    """A field of a ring's header, as it is."""

    field: str
    value: int


def _is_nothing(found: HeaderField | None) -> bool:
    return found is None


class MessageQueues:
    """Both rings. Not for several threads at once: whoever calls keeps them apart.

    Args:
        memory: contiguous, of `MEMORY_BYTES`, zeroed.
        abi: of the firmware.
        ring_doorbell: tells GSP that there is a command.

    Attributes:
        awake: whether GSP runs; only then is the doorbell rung.
        lost_messages: how often messages had to be skipped because they were corrupt.
    """

    def __init__(self, memory: DmaMemory, abi: Abi, ring_doorbell: Callable[[], None]) -> None:
        self.iova = memory.iova
        self.awake = False
        self.lost_messages = 0
        self._abi = abi
        self._ring_doorbell = ring_doorbell
        self._bytes = memory.view[:MEMORY_BYTES]
        self._words = self._bytes.cast("I")  # pointers are written as whole words
        self._closed = False
        self._cut_off = False  # a command's first pieces went out, its rest did not
        self._next_command = 0
        self._next_status: int | None = 0
        addresses = page_addresses(memory)[:PAGE_COUNT]
        self._bytes[: 8 * PAGE_COUNT] = addresses.astype("<u8").tobytes()
        header = abi.new("msgqTxHeader", **_SHAPE)
        self._bytes[COMMAND_OFFSET : COMMAND_OFFSET + len(header.data)] = header.data

    # The four pointers, as slot numbers.
    _COMMAND_WRITER = COMMAND_OFFSET // 4 + _WRITER_WORD
    _STATUS_READER = (COMMAND_OFFSET + _READER_OFFSET) // 4
    _STATUS_WRITER = STATUS_OFFSET // 4 + _WRITER_WORD
    _COMMAND_READER = (STATUS_OFFSET + _READER_OFFSET) // 4

    def link(self, timeout_s: float = LINK_TIMEOUT_S) -> None:
        """Wait until GSP has made its ring, and check that it has the shape that is spoken here.

        Raises:
            PollTimeout: it never made it.
            BootError: it made another one.
        """
        try:
            poll(
                self._other_shape,
                _is_nothing,
                timeout_s=timeout_s,
                why="GSP has not set up its message queue",
                hint="Its firmware stopped early: the logs may tell why.",
            )
        except PollTimeout as late:
            wrong = self._other_shape()
            if wrong is None or not any(self._status_header().data):
                raise
            raise BootError(
                f"GSP's message queue has another {wrong.field} than is spoken here",
                hint="The firmware is not of the version that is spoken.",
                value=wrong.value,
                expected=f"{_SHAPE[wrong.field]:#x}",
            ) from late

    def _status_header(self) -> Struct:
        layout = self._abi.struct("msgqTxHeader")
        return layout.over(bytes(self._bytes[STATUS_OFFSET : STATUS_OFFSET + layout.size_bytes]))

    def _other_shape(self) -> HeaderField | None:
        """A field of GSP's ring that is not as expected (yet)."""
        header = self._status_header()
        wrong = (name for name, expected in _SHAPE.items() if header[name] != expected)
        return next((HeaderField(name, header[name]) for name in wrong), None)

    def send(
        self,
        function: int,
        payload: bytes | bytearray | memoryview = b"",
        *,
        sequence: int = 0,
        timeout_s: float = SPACE_TIMEOUT_S,
    ) -> None:
        """Queue a call; one that is too long for an element follows in continuation records.

        Raises:
            PollTimeout: the ring stayed full.
            RpcError: GSP's pointer into the ring makes no sense, or a command was cut off before.
        """
        if self._cut_off:
            raise RpcError(
                "the last command to GSP was cut off in its middle: no other can follow",
                hint="Close the device and open it again, which resets the GPU.",
                function=name_of(function),
            )
        pieces = list(element.pieces(function, payload))
        for left, (number, piece) in zip(reversed(range(len(pieces))), pieces, strict=True):
            whole = element.build(self._abi, number, piece, sequence=sequence, number=self._next_command)
            self._wait_for_room(element.slots_for(len(whole)), timeout_s)
            with behind():  # a number that is used twice stops the queue for good
                self._put(whole)
                self._next_command += 1
                self._cut_off = left > 0

    def receive(self) -> Message | None:
        """The next message, if there is one.

        Raises:
            RpcError: it is corrupt; it has been skipped, and the next call gives what comes after it.
        """
        for look in range(_LOOKS):
            try:
                return self._get()
            except RpcError as error:
                if look == _LOOKS - 1:
                    self._skip(error)
                    raise
                time.sleep(_LOOK_AGAIN_S)
        return None

    def close(self) -> None:
        """Let go of the memory; whoever made it gives it back."""
        if not self._closed:
            self._closed = True
            self._words.release()
            self._bytes.release()

    def _word(self, index: int) -> int:
        if self._closed:
            raise Freed("the message queues were used after they were closed")
        word: int = self._words[index]
        return word

    def _pointer(self, index: int, whose: str) -> int:
        """One of GSP's pointers.

        Raises:
            RpcError: it points outside the ring.
        """
        slot = self._word(index)
        if slot >= SLOTS:
            raise RpcError(
                f"GSP's {whose} points outside its ring",
                hint="Memory of the queue is corrupt: close the device and open it again.",
                what=whose,
                value=slot,
                expected=f"below {SLOTS}",
            )
        return slot

    # Commands.
    def _free_slots(self) -> int:
        reader = self._pointer(self._COMMAND_READER, "read pointer of the command queue")
        return (reader - self._word(self._COMMAND_WRITER) - 1) % SLOTS

    def _wait_for_room(self, slots: int, timeout_s: float) -> None:
        def has_room(free: int) -> bool:
            return free >= slots

        poll(
            self._free_slots,
            has_room,
            timeout_s=timeout_s,
            why="GSP does not take commands: its queue stays full",
            hint="Its firmware hangs: close the device and open it again.",
            what="free slots of the command queue",
            expected=f"at least {slots}",
        )

    def _put(self, whole: bytes) -> None:
        writer = self._word(self._COMMAND_WRITER)
        ring = COMMAND_OFFSET + _ENTRIES_OFFSET
        until_end = (SLOTS - writer) * SLOT_BYTES
        at = ring + writer * SLOT_BYTES
        first, rest = whole[:until_end], whole[until_end:]
        self._bytes[at : at + len(first)] = first
        self._bytes[ring : ring + len(rest)] = rest
        # Stores keep their order among themselves on the hosts that are supported; the doorbell comes after.
        self._words[self._COMMAND_WRITER] = (writer + element.slots_for(len(whole))) % SLOTS
        if self.awake:
            self._ring_doorbell()

    # Status.
    def _get(self) -> Message | None:
        writer = self._pointer(self._STATUS_WRITER, "write pointer of the status queue")
        reader = self._word(self._STATUS_READER)
        there = (writer - reader) % SLOTS
        if there == 0:
            return None
        header = self._abi.struct(element.STRUCT).over(self._read(reader, element.HEADER_BYTES))
        size_bytes = element.size_of(header)
        if element.slots_for(size_bytes) > there:
            raise RpcError(
                "a message from GSP is longer than what GSP has written",
                slots=element.slots_for(size_bytes),
                expected=f"up to {there} slots",
            )
        message = element.parse(self._abi, self._read(reader, size_bytes))
        if self._next_status is not None and message.number != self._next_status:
            raise RpcError(
                "a message from GSP is out of its order",
                hint="Messages were lost, or the queue's memory is corrupt.",
                value=message.number,
                expected=f"{self._next_status:#x}",
            )
        self._next_status = (message.number + 1) & 0xFFFFFFFF
        self._words[self._STATUS_READER] = (reader + message.slots) % SLOTS
        return message

    def _read(self, slot: int, size_bytes: int) -> bytes:
        """Bytes of the status ring from a slot on, around its end."""
        ring = STATUS_OFFSET + _ENTRIES_OFFSET
        at = ring + slot * SLOT_BYTES
        first = min(size_bytes, (SLOTS - slot) * SLOT_BYTES)
        return bytes(self._bytes[at : at + first]) + bytes(self._bytes[ring : ring + size_bytes - first])

    def _skip(self, error: RpcError) -> None:
        """Go past a corrupt message; where its length is not to be trusted, past all that is there."""
        self.lost_messages += 1
        self._next_status = None  # the next message says how they go on
        writer = self._word(self._STATUS_WRITER)
        reader = self._word(self._STATUS_READER)
        if writer >= SLOTS:
            return
        there = (writer - reader) % SLOTS
        header = self._abi.struct(element.STRUCT).over(self._read(reader, element.HEADER_BYTES))
        slots = header["elemCount"]
        trusted = "slots" not in error.facts and "length" not in error.facts and 0 < slots <= there
        self._words[self._STATUS_READER] = (reader + (slots if trusted else there)) % SLOTS
