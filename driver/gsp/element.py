"""One element of a message queue: header, checksum, one piece of a call, a reply or an event.

    0x00  authentication (unused without confidential computing)
    0x20  checkSum, seqNum, elemCount
    0x30  the call's header: version, signature, length, function, results, sequence
    0x50  payload

An element takes whole slots of 4 KiB, up to 16 of them. Pure: bytes in, bytes out.

Facts: OGKM:570.144:src/nvidia/inc/kernel/gpu/gsp/message_queue_priv.h, message_queue_cpu.c, g_rpc_headers.h.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from barewire.abi.layout import Abi, Struct
from barewire.errors import RpcError
from barewire.gsp.functions import Function, name_of

SLOT_BYTES = 4096
MOST_SLOTS = 16
QUEUE_HEADER_BYTES = 0x30  # ahead of the call's header
CALL_HEADER_BYTES = 0x20
HEADER_BYTES = QUEUE_HEADER_BYTES + CALL_HEADER_BYTES
MOST_PAYLOAD_BYTES = MOST_SLOTS * SLOT_BYTES - HEADER_BYTES

HEADER_VERSION = 0x03000000
SIGNATURE = int.from_bytes(b"VRPC", "little")
NO_RESULT = 0xFFFFFFFF  # what a call has where a reply has its result
STRUCT = "GSP_MSG_QUEUE_ELEMENT"
_CHECKSUM_AT = 0x20


class Message(NamedTuple):
    """What one element says.

    Attributes:
        function: of the call, reply or event.
        payload: after the headers.
        result: 0, or why the firmware refused; all ones in calls.
        sequence: the call's own number, where the firmware repeats it.
        number: of the element in its queue.
        slots: that it takes.
    """

    function: int
    payload: bytes
    result: int
    sequence: int
    number: int
    slots: int


def slots_for(size_bytes: int) -> int:
    """How many slots an element of a size takes."""
    return -(-size_bytes // SLOT_BYTES)


def checksum(element: bytes | bytearray | memoryview) -> int:
    """Exclusive or of all words of 8 bytes, folded to 32 bits; 0 over an element that has its own."""
    padded = bytes(element) + bytes(-len(element) % 8)
    folded = int(np.bitwise_xor.reduce(np.frombuffer(padded, dtype="<u8")))
    return (folded >> 32) ^ (folded & 0xFFFFFFFF)


def pieces(function: int, payload: bytes | bytearray | memoryview) -> Iterator[tuple[int, bytes]]:
    """A call as (function, payload) of each element: what does not fit follows in continuation records."""
    view = memoryview(payload)
    yield function, bytes(view[:MOST_PAYLOAD_BYTES])
    for start in range(MOST_PAYLOAD_BYTES, len(view), MOST_PAYLOAD_BYTES):
        yield int(Function.CONTINUATION_RECORD), bytes(view[start : start + MOST_PAYLOAD_BYTES])


def build(abi: Abi, function: int, payload: bytes, *, sequence: int, number: int) -> bytes:
    """An element, padded to a multiple of 8 bytes.

    Args:
        abi: of the firmware.
        function: of the call.
        payload: of this piece.
        sequence: the call's own number.
        number: of the element in its queue.

    Raises:
        RpcError: the payload is larger than an element may be.
    """
    if len(payload) > MOST_PAYLOAD_BYTES:
        raise RpcError(
            "the payload does not fit into one element",
            function=name_of(function),
            size_bytes=len(payload),
            expected=f"up to {MOST_PAYLOAD_BYTES} bytes",
        )
    element = abi.new(
        STRUCT,
        seqNum=number & 0xFFFFFFFF,
        elemCount=slots_for(HEADER_BYTES + len(payload)),
        rpc__header_version=HEADER_VERSION,
        rpc__signature=SIGNATURE,
        rpc__length=CALL_HEADER_BYTES + len(payload),
        rpc__function=function,
        rpc__rpc_result=NO_RESULT,
        rpc__rpc_result_private=NO_RESULT,
        rpc__sequence=sequence & 0xFFFFFFFF,
    )
    whole = bytearray(element.data) + payload
    whole += bytes(-len(whole) % 8)
    whole[_CHECKSUM_AT : _CHECKSUM_AT + 4] = checksum(whole).to_bytes(4, "little")
    return bytes(whole)


def size_of(header: Struct) -> int:
    """The bytes of an element, by its header.

    Raises:
        RpcError: no element can have that size, or its slots do not fit it.
    """
    length, slots = header["rpc.length"], header["elemCount"]
    size_bytes = QUEUE_HEADER_BYTES + length
    if not HEADER_BYTES <= size_bytes <= MOST_SLOTS * SLOT_BYTES:
        raise RpcError(
            "a message from GSP has a length that no message can have",
            hint="Memory of the queue is corrupt, or the firmware is not of the version that is spoken.",
            length=length,
            expected=f"{CALL_HEADER_BYTES} to {MOST_SLOTS * SLOT_BYTES - QUEUE_HEADER_BYTES} bytes",
        )
    if slots != slots_for(size_bytes):
        raise RpcError(
            "a message from GSP has a length that does not fit the slots it takes",
            length=length,
            slots=slots,
            expected=f"{slots_for(size_bytes)} slots",
        )
    return size_bytes


def parse(abi: Abi, element: bytes) -> Message:
    """What an element of exactly its own size says.

    Raises:
        RpcError: its checksum, version or signature is wrong.
    """
    if checksum(element) != 0:
        raise RpcError(
            "a message from GSP has a wrong checksum",
            hint="It was changed on its way, or read before it was written.",
            value=checksum(element),
            expected="0",
        )
    header = abi.struct(STRUCT).over(element[:HEADER_BYTES])
    for field, expected in (("rpc.header_version", HEADER_VERSION), ("rpc.signature", SIGNATURE)):
        if header[field] != expected:
            raise RpcError(
                f"a message from GSP has a wrong {field}",
                hint="The firmware is not of the version that is spoken.",
                value=header[field],
                expected=f"{expected:#x}",
            )
    return Message(
        header["rpc.function"],
        element[HEADER_BYTES:],
        header["rpc.rpc_result"],
        header["rpc.sequence"],
        header["seqNum"],
        header["elemCount"],
    )
