"""The two message queues between host and GSP, seen from GSP's side.

Both lie in one area of host memory that begins with the bus addresses of its pages. A queue is a header
page and 63 pages of entries; a message takes up to 16 of them. GSP reads the command queue and writes the
status queue. Where both sides set MSGQ_FLAGS_SWAP_RX, each reader keeps its read pointer in the queue that
it writes.

Facts: OGKM:src/nvidia/src/libraries/msgq/msgq.c (msgqTxCreate, msgqRxLink),
OGKM:src/nvidia/src/kernel/gpu/gsp/message_queue_cpu.c, nouveau:nvkm/subdev/gsp/rm/r535/rpc.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from barewire.softgpu.bus import DmaRefused
from barewire.softgpu.gsp.structs import (
    ELEMENT_BYTES_MAX,
    ELEMENT_HEADER_BYTES,
    GSP_MSG_QUEUE_ELEMENT,
    MSGQ_FLAGS_SWAP_RX,
    MSGQ_RX_HEADER_BYTES,
    MSGQ_TX_HEADER,
    MSGQ_VERSION,
    PAGE_BYTES,
    RPC_HEADER_BYTES,
    RPC_HEADER_VERSION,
    RPC_SIGNATURE,
    Record,
)

if TYPE_CHECKING:
    from barewire.softgpu.dma import DmaPort

QUEUE_BYTES = 0x40000
ENTRY_OFFSET = PAGE_BYTES
RX_HEADER_OFFSET = MSGQ_TX_HEADER.size_bytes
MESSAGE_COUNT = (QUEUE_BYTES - ENTRY_OFFSET) // PAGE_BYTES
WRITE_POINTER_OFFSET = MSGQ_TX_HEADER.places["write_pointer"][0]
CHECKSUM_OFFSET = GSP_MSG_QUEUE_ELEMENT.places["checksum"][0]
PENDING = 0xFFFFFFFF  # rpc_result of a command that has not been worked on


class BadQueue(Exception):
    """The shared area or a queue in it is not as GSP needs it; the message says what."""


class BadElement(Exception):
    """The message at the head of the command queue cannot be taken; it stays there."""


def checksum(data: bytes) -> int:
    """The exclusive or of all 64-bit words, zeros after the end, folded to 32 bits."""
    padded = data.ljust(-(-len(data) // 8) * 8, b"\0")
    folded = int(np.bitwise_xor.reduce(np.frombuffer(padded, dtype="<u8"))) if padded else 0
    return (folded >> 32 ^ folded) & 0xFFFFFFFF


def pages_of(size_bytes: int) -> int:
    """How many entries a message of that many bytes takes."""
    return -(-size_bytes // PAGE_BYTES)


class Message(NamedTuple):
    """One message of the command queue.

    Attributes:
        header: of the element and its RPC.
        payload: what follows the RPC's header.
        pages: entries that it takes in the queue.
    """

    header: Record
    payload: bytes
    pages: int


class SharedArea:
    """The host memory that holds both queues.

    Args:
        host: the way to host memory.
        address: bus address of its first page, which holds the addresses of all.
        count: how many pages it has.

    Raises:
        BadQueue: an address is missing, or the host refuses a page.
    """

    def __init__(self, host: DmaPort, address: int, count: int) -> None:
        self._host = host
        if address == 0 or address % PAGE_BYTES:
            raise BadQueue(f"the shared area is at {address:#x}: not the address of a page")
        if not 0 < count <= PAGE_BYTES // 8:
            raise BadQueue(f"the shared area has {count} pages: its first page lists them")
        try:
            listed = host.read(address, count * 8)
            self.pages = [int.from_bytes(listed[at : at + 8], "little") for at in range(0, count * 8, 8)]
            for index, page in enumerate(self.pages):
                if page == 0 or page % PAGE_BYTES:
                    raise BadQueue(f"page {index} of the shared area is at {page:#x}")
                host.address(page, PAGE_BYTES, True)
        except DmaRefused as refused:
            raise BadQueue(f"the shared area: {refused}") from None
        if self.pages[0] != address:
            raise BadQueue(f"the shared area is at {address:#x}, its first page at {self.pages[0]:#x}")

    @property
    def size_bytes(self) -> int:
        """Of all its pages."""
        return len(self.pages) * PAGE_BYTES

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Bytes of it.

        Raises:
            DmaRefused: the host took it away.
        """
        found = []
        while size_bytes > 0:
            page, within = divmod(offset, PAGE_BYTES)
            size = min(size_bytes, PAGE_BYTES - within)
            found.append(self._host.read(self.pages[page] + within, size))
            offset += size
            size_bytes -= size
        return b"".join(found)

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes of it.

        Raises:
            DmaRefused: the host took it away.
        """
        done = 0
        while done < len(data):
            page, within = divmod(offset + done, PAGE_BYTES)
            size = min(len(data) - done, PAGE_BYTES - within)
            self._host.write(self.pages[page] + within, data[done : done + size])
            done += size

    def word(self, offset: int) -> int:
        """A 32-bit word of it.

        Raises:
            DmaRefused: the host took it away.
        """
        return int.from_bytes(self.read(offset, 4), "little")

    def put_word(self, offset: int, value: int) -> None:
        """Write a 32-bit word of it.

        Raises:
            DmaRefused: the host took it away.
        """
        self.write(offset, value.to_bytes(4, "little"))


class StatusQueue:
    """The queue that GSP writes.

    Args:
        area: that it lies in.
        offset: of its header.
    """

    def __init__(self, area: SharedArea, offset: int) -> None:
        self._area = area
        self.offset = offset
        self.write_pointer = 0
        self.sequence = 0
        self.read_pointer_at = offset + RX_HEADER_OFFSET

    def create(self) -> None:
        """Write the header."""
        header = MSGQ_TX_HEADER.build(
            version=MSGQ_VERSION,
            size=QUEUE_BYTES,
            message_size=PAGE_BYTES,
            message_count=MESSAGE_COUNT,
            flags=MSGQ_FLAGS_SWAP_RX,
            rx_header_offset=RX_HEADER_OFFSET,
            entry_offset=ENTRY_OFFSET,
        )
        self._area.write(self.offset, header)

    def room(self) -> int:
        """Free entries; none while the host's read pointer makes no sense."""
        read_pointer = self._area.word(self.read_pointer_at)
        if read_pointer >= MESSAGE_COUNT:
            return 0
        return (read_pointer + MESSAGE_COUNT - self.write_pointer - 1) % MESSAGE_COUNT

    def put(self, element: bytes) -> None:
        """Write a message and move the write pointer; there must be room."""
        for at in range(0, len(element), PAGE_BYTES):
            entry = (self.write_pointer + at // PAGE_BYTES) % MESSAGE_COUNT
            place = self.offset + ENTRY_OFFSET + entry * PAGE_BYTES
            self._area.write(place, element[at : at + PAGE_BYTES])
        self.write_pointer = (self.write_pointer + pages_of(len(element))) % MESSAGE_COUNT
        self._area.put_word(self.offset + WRITE_POINTER_OFFSET, self.write_pointer)

    def next_sequence(self) -> int:
        """The number of the next message."""
        self.sequence += 1
        return self.sequence - 1


class CommandQueue:
    """The queue that GSP reads.

    Args:
        area: that it lies in.
        offset: of its header.
        status: GSP's own queue, where the read pointer goes if both sides swap.
    """

    def __init__(self, area: SharedArea, offset: int, status: StatusQueue) -> None:
        self._area = area
        self.offset = offset
        self._status = status
        self.read_pointer = 0
        self.sequence = 0
        self._read_pointer_at = status.offset + RX_HEADER_OFFSET

    def link(self) -> None:
        """Read the host's header and publish a read pointer.

        Raises:
            BadQueue: the header is not one that GSP links to.
        """
        header = MSGQ_TX_HEADER.parse(self._area.read(self.offset, MSGQ_TX_HEADER.size_bytes))
        for wrong, text in self._header_faults(header):
            if wrong:
                raise BadQueue(f"command queue header: {text}")
        if header.flags & MSGQ_FLAGS_SWAP_RX:
            self._status.read_pointer_at = self.offset + header.rx_header_offset
        else:
            self._read_pointer_at = self.offset + header.rx_header_offset
        self._area.put_word(self._read_pointer_at, 0)

    @staticmethod
    def _header_faults(header: Record) -> tuple[tuple[bool, str], ...]:
        rx_offset = header.rx_header_offset
        return (
            (header.entry_offset != ENTRY_OFFSET, f"entries at {header.entry_offset:#x}"),
            (header.size != QUEUE_BYTES, f"size {header.size:#x}, not {QUEUE_BYTES:#x}"),
            (header.message_size != PAGE_BYTES, f"message size {header.message_size:#x}"),
            (header.version != MSGQ_VERSION, f"version {header.version}"),
            (
                not MSGQ_TX_HEADER.size_bytes <= rx_offset <= header.entry_offset - MSGQ_RX_HEADER_BYTES,
                f"rx at {rx_offset:#x}",
            ),
            (header.message_count != MESSAGE_COUNT, f"{header.message_count} messages"),
        )

    def waiting(self) -> int:
        """How many entries the host has written that were not consumed.

        Raises:
            BadElement: the write pointer lies beyond the queue.
        """
        write_pointer = self._area.word(self.offset + WRITE_POINTER_OFFSET)
        if write_pointer >= MESSAGE_COUNT:
            raise BadElement(f"the write pointer is {write_pointer}, the queue has {MESSAGE_COUNT} entries")
        return (write_pointer - self.read_pointer) % MESSAGE_COUNT

    def peek(self) -> Message | None:
        """The message at the head; None if there is none. It stays there until `consume`.

        Raises:
            BadElement: it is not whole, or not what its header says.
        """
        waiting = self.waiting()
        if waiting == 0:
            return None
        data = self._entry(0)
        header = GSP_MSG_QUEUE_ELEMENT.parse(data)
        size = ELEMENT_HEADER_BYTES + header.length
        if header.length < RPC_HEADER_BYTES or size > ELEMENT_BYTES_MAX:
            raise BadElement(f"length {header.length:#x}")
        pages = pages_of(size)
        if pages > waiting:
            raise BadElement(f"{pages} entries long, {waiting} are written")
        data = b"".join([data, *(self._entry(index) for index in range(1, pages))])
        self._check(header, data, size, pages)
        return Message(header, data[GSP_MSG_QUEUE_ELEMENT.size_bytes : size], pages)

    def _check(self, header: Record, data: bytes, size: int, pages: int) -> None:
        summed = checksum(data[: -(-size // 8) * 8])
        if summed:
            raise BadElement(f"checksum {header.checksum:#010x}: {summed:#010x} is left over")
        if header.sequence_number != self.sequence & 0xFFFFFFFF:
            raise BadElement(f"sequence number {header.sequence_number}, expected {self.sequence}")
        if header.element_count != pages:
            raise BadElement(f"element count {header.element_count}, its length takes {pages}")

    def _entry(self, index: int) -> bytes:
        entry = (self.read_pointer + index) % MESSAGE_COUNT
        return self._area.read(self.offset + ENTRY_OFFSET + entry * PAGE_BYTES, PAGE_BYTES)

    def consume(self, message: Message) -> None:
        """Give the message's entries back to the host."""
        self.sequence += 1
        self.read_pointer = (self.read_pointer + message.pages) % MESSAGE_COUNT
        self._area.put_word(self._read_pointer_at, self.read_pointer)


def build_element(
    sequence_number: int,
    function: int,
    payload: bytes,
    *,
    rpc_result: int = 0,
    sequence: int = 0,
    length: int | None = None,
) -> bytes:
    """The bytes of a message, with its checksum, in whole 64-bit words.

    Args:
        length: what the RPC's header says of its length, if not the truth.
    """
    said = RPC_HEADER_BYTES + len(payload) if length is None else length
    header = GSP_MSG_QUEUE_ELEMENT.build(
        sequence_number=sequence_number & 0xFFFFFFFF,
        element_count=pages_of(ELEMENT_HEADER_BYTES + said),
        header_version=RPC_HEADER_VERSION,
        signature=RPC_SIGNATURE,
        length=said,
        function=function,
        rpc_result=rpc_result,
        rpc_result_private=rpc_result,
        sequence=sequence,
    )
    size = ELEMENT_HEADER_BYTES + said
    made = bytearray((header + payload)[:size])
    made += bytes(-len(made) % 8)
    made[CHECKSUM_OFFSET : CHECKSUM_OFFSET + 4] = checksum(bytes(made)).to_bytes(4, "little")
    return bytes(made)
