"""GSP-RM's RPC server: takes commands from the command queue, lets the resource manager work on them, and
writes replies and events to the status queue.

It takes one message at a time, as the one thread of GSP-RM does. A message that is not whole, or whose
checksum or number is wrong, is never consumed: the queue stands still there. NVIDIA's receiving code does
the same on the host's side (OGKM:message_queue_cpu.c:GspMsgQueueReceiveStatus).
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from barewire.softgpu.bus import DmaRefused
from barewire.softgpu.gsp.later import ASK_AGAIN_S, Later
from barewire.softgpu.gsp.mishaps import Action, Mishap
from barewire.softgpu.gsp.queues import (
    CHECKSUM_OFFSET,
    BadElement,
    CommandQueue,
    Message,
    StatusQueue,
    build_element,
    pages_of,
)
from barewire.softgpu.gsp.structs import (
    ELEMENT_HEADER_BYTES,
    PAYLOAD_BYTES_MAX,
    RPC_HEADER_BYTES,
    RPC_HEADER_VERSION,
    RPC_SIGNATURE,
    Record,
)

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu
    from barewire.softgpu.gsp.boot import GspFirmware

# enum of RPC functions (OGKM:src/nvidia/generated/rpc_global_enums.h); those that the server itself minds.
ALLOC_MEMORY = 4
FREE = 10
DUP_OBJECT = 21
UNLOADING_GUEST_DRIVER = 47
CONTINUATION_RECORD = 71
GSP_SET_SYSTEM_INFO = 72
SET_REGISTRY = 73
GSP_RM_CONTROL = 76
GSP_RM_ALLOC = 103
EVENT_GSP_INIT_DONE = 0x1001
EVENT_POST_EVENT = 0x1003
EVENT_UCODE_LIBOS_PRINT = 0x100C

NEEDED_TO_BOOT = (GSP_SET_SYSTEM_INFO, SET_REGISTRY)
NV_ERR_NOT_SUPPORTED = 0x56
FULL_QUEUE_RETRY_S = 0.001
OUTGOING_MAX = 4096
WHOLE_BYTES_MAX = 4 << 20  # of one command with its continuation records; what GSP bears is not published
SPLIT_PIECES = 3
OVERSIZE_BYTES = 200 * 4096 - ELEMENT_HEADER_BYTES  # of a message that is longer than its queue
WRONG_BY = 7  # how far a flawed sequence number is off


class Shape(NamedTuple):
    """Where a function's payload says what the server needs to know.

    Attributes:
        head_bytes: of what comes ahead of the parameters.
        params_size_at: where it says how much follows: bytes of parameters, or pages of a list; None if it
            does not.
        unit_bytes: of what follows.
        status_at: where the reply has its inner status; None if it has none.
        command_at: where a control has its command.
    """

    head_bytes: int
    params_size_at: int | None = None
    unit_bytes: int = 1
    status_at: int | None = None
    command_at: int | None = None


SHAPES: dict[int, Shape] = {
    ALLOC_MEMORY: Shape(0x38, params_size_at=0x28, unit_bytes=8),
    GSP_RM_ALLOC: Shape(0x20, params_size_at=0x14, status_at=0x10),
    GSP_RM_CONTROL: Shape(0x18, params_size_at=0x10, status_at=0xC, command_at=0x8),
    FREE: Shape(0x10, status_at=0xC),
    DUP_OBJECT: Shape(0x1C, status_at=0x18),
    SET_REGISTRY: Shape(0, params_size_at=0x0),
}


def _word(payload: bytes, at: int | None) -> int | None:
    if at is None or at + 4 > len(payload):
        return None
    return int.from_bytes(payload[at : at + 4], "little")


def whole_size(function: int, payload: bytes) -> int:
    """How many bytes a command's payload has with all its continuation records."""
    shape = SHAPES.get(function)
    size = _word(payload, shape.params_size_at) if shape else None
    return len(payload) if shape is None or size is None else shape.head_bytes + size * shape.unit_bytes


@dataclass
class Incoming:
    """A command whose continuation records are still to come."""

    function: int
    sequence: int
    payload: bytes
    whole_bytes: int


class Piece(NamedTuple):
    """One message for the status queue."""

    function: int
    payload: bytes
    rpc_result: int
    sequence: int
    flaw: Action | None = None


class Unanswered(NamedTuple):
    """A call that waits for its answer.

    Attributes:
        function, sequence: of the call.
        mishap: what is to go wrong with the answer.
        later: what it waits for, and gives the answer.
        until_s: when it waits no longer, by the monotonic clock.
    """

    function: int
    sequence: int
    mishap: Mishap | None
    later: Later
    until_s: float


class RpcServer:
    """The server of one run of GSP-RM.

    Args:
        gpu: the GPU.
        firmware: what it is part of; hears of boot, unload and crash.
        command: the queue to read.
        status: the queue to write.
    """

    def __init__(
        self, gpu: SoftGpu, firmware: GspFirmware, command: CommandQueue, status: StatusQueue
    ) -> None:
        self._gpu = gpu
        self._firmware = firmware
        self.command = command
        self.status = status
        self.stopped = False
        self.initialised = False
        self._received: set[int] = set()
        self._incoming: Incoming | None = None
        self._outgoing: deque[Piece] = deque()
        self._stepping = False
        self._busy = False
        self._retrying = False
        self._unloading = False

    def doorbell(self) -> None:
        """The host says that it wrote commands."""
        if not self._stepping and not self.stopped:
            self._stepping = True
            self._gpu.work.post(self._step)

    def stop(self) -> None:
        """Take and send nothing more."""
        self.stopped = True
        self._outgoing.clear()

    def send(self, function: int, payload: bytes, *, mishap: Mishap | None = None) -> None:
        """Send an event."""
        self._queue(function, payload, 0, 0, mishap)

    # Commands.

    def _step(self) -> None:
        """Take one message, and come back for the next."""
        self._stepping = False
        if self.stopped or self._busy or self._outgoing or self._unloading:
            return
        try:
            message = self.command.peek()
            if message is None:
                return
            self.command.consume(message)
        except BadElement as bad:
            self._complain("bad message", f"the command queue stands still: {bad}")
            return
        except DmaRefused as refused:
            self._firmware.hang(f"the command queue is gone: {refused}")
            return
        self.doorbell()
        self._take(message)

    def _complain(self, kind: str, text: str, **facts: Any) -> None:
        self._gpu.report(kind, text, **facts)
        self._firmware.log(text)

    def _take(self, message: Message) -> None:
        header = message.header
        if (header.header_version, header.signature) != (RPC_HEADER_VERSION, RPC_SIGNATURE):
            self._complain(
                "bad message", "an RPC header of another version, or not one", function=header.function
            )
        elif header.function == CONTINUATION_RECORD:
            self._continue(message.payload)
        else:
            self._begin(header, message.payload)

    def _begin(self, header: Record, payload: bytes) -> None:
        if self._incoming is not None:
            function = self._incoming.function
            self._complain("bad message", "a command whose continuation never came", function=function)
            self._incoming = None
        whole = whole_size(header.function, payload)
        if len(payload) < PAYLOAD_BYTES_MAX or whole <= len(payload):
            self._dispatch(header.function, header.sequence, payload)
        elif whole > WHOLE_BYTES_MAX:
            self._complain("bad message", f"a command of {whole:#x} bytes", function=header.function)
        else:
            self._incoming = Incoming(header.function, header.sequence, payload, whole)

    def _continue(self, payload: bytes) -> None:
        incoming = self._incoming
        if incoming is None:
            self._complain("bad message", "a continuation record of nothing")
            return
        incoming.payload += payload
        if len(incoming.payload) >= incoming.whole_bytes:
            self._incoming = None
            self._dispatch(incoming.function, incoming.sequence, incoming.payload)

    def _dispatch(self, function: int, sequence: int, payload: bytes) -> None:
        if not self.initialised and function not in NEEDED_TO_BOOT:
            self._complain("early command", "a command before INIT_DONE", function=function)
            return
        shape = SHAPES.get(function)
        mishap = self._firmware.mishaps.take_for_call(
            function, _word(payload, shape.command_at if shape else None)
        )
        if mishap is not None and mishap.action is Action.CRASH:
            self._firmware.crash()
        elif mishap is not None and mishap.action is Action.DELAY:
            self._busy = True
            self._gpu.work.after(mishap.seconds, lambda: self._resume(function, sequence, payload))
        else:
            self._work_on(function, sequence, payload, mishap)

    def _resume(self, function: int, sequence: int, payload: bytes) -> None:
        self._busy = False
        if not self.stopped:
            self._work_on(function, sequence, payload, None)
            self.doorbell()

    def _work_on(self, function: int, sequence: int, payload: bytes, mishap: Mishap | None) -> None:
        self._unloading = function == UNLOADING_GUEST_DRIVER
        answer: tuple[int, bytes] | Later | None = self._failure(function, payload, mishap)
        if answer is None:
            answer = self._handle(function, payload)
        if isinstance(answer, Later):
            self._busy = True
            call = Unanswered(function, sequence, mishap, answer, time.monotonic() + answer.wait.timeout_s)
            self._ask_again_later(call)
            return
        if answer is not None and (mishap is None or mishap.action is not Action.DROP):
            self._queue(function, answer[1], answer[0], sequence, mishap)
        if function in NEEDED_TO_BOOT:
            self._received.add(function)
            if not self.initialised and self._received.issuperset(NEEDED_TO_BOOT):
                self.initialised = True
                self._firmware.commands_received()
        self._finish_unload()

    def _ask_again_later(self, call: Unanswered) -> None:
        self._gpu.work.after(ASK_AGAIN_S, lambda: self._ask_again(call))

    def _ask_again(self, call: Unanswered) -> None:
        """Whether a call can be answered now; if not, come back for it."""
        if self.stopped:
            return
        came = call.later.wait.ready()
        if not came and time.monotonic() < call.until_s:
            self._ask_again_later(call)
            return
        self._busy = False
        rpc_result, payload = call.later.answer(came)
        if call.mishap is None or call.mishap.action is not Action.DROP:
            self._queue(call.function, payload, rpc_result, call.sequence, call.mishap)
        self.doorbell()

    def _handle(self, function: int, payload: bytes) -> tuple[int, bytes] | Later | None:
        resman = self._gpu.resman
        if resman is None:
            return None if function in NEEDED_TO_BOOT else (NV_ERR_NOT_SUPPORTED, payload)
        answer: tuple[int, bytes] | Later | None = resman.handle(function, payload)
        return answer

    @staticmethod
    def _failure(function: int, payload: bytes, mishap: Mishap | None) -> tuple[int, bytes] | None:
        if mishap is None or mishap.action is not Action.FAIL:
            return None
        shape = SHAPES.get(function)
        if shape is None or shape.status_at is None or shape.status_at + 4 > len(payload):
            return mishap.status, payload
        at = shape.status_at
        return 0, payload[:at] + mishap.status.to_bytes(4, "little") + payload[at + 4 :]

    # Replies and events.

    def _queue(
        self, function: int, payload: bytes, rpc_result: int, sequence: int, mishap: Mishap | None
    ) -> None:
        if self.stopped:
            return
        flaw = mishap.action if mishap is not None else None
        limit = PAYLOAD_BYTES_MAX
        if flaw is Action.SPLIT:
            limit = min(limit, max(8, -(-len(payload) // SPLIT_PIECES // 8) * 8))
        pieces = [payload[at : at + limit] for at in range(0, len(payload), limit)] or [b""]
        if len(self._outgoing) + len(pieces) > OUTGOING_MAX:
            self._gpu.report(
                "full status queue", "the host does not read it: a message is lost", function=function
            )
            return
        for index, piece in enumerate(pieces):
            of_piece = function if index == 0 else CONTINUATION_RECORD
            self._outgoing.append(Piece(of_piece, piece, rpc_result, sequence, flaw))
        self._flush()

    def _flush(self) -> None:
        """Write as many messages as there is room for; come back for the others."""
        written = False
        try:
            while self._outgoing and self._has_room(self._outgoing[0]):
                self.status.put(self._element(self._outgoing.popleft()))
                written = True
        except DmaRefused as refused:
            self._firmware.hang(f"the status queue is gone: {refused}")
            return
        if written:
            self._gpu.falcon.raise_swgen0()
        if self._outgoing and not self._retrying:
            self._retrying = True
            self._gpu.work.after(FULL_QUEUE_RETRY_S, self._retry)

    def _retry(self) -> None:
        self._retrying = False
        if self.stopped:
            return
        self._flush()
        if not self._outgoing:
            self._finish_unload()
            self.doorbell()

    def _has_room(self, piece: Piece) -> bool:
        size = ELEMENT_HEADER_BYTES + RPC_HEADER_BYTES + len(piece.payload)
        return self.status.room() >= pages_of(size)

    def _element(self, piece: Piece) -> bytes:
        number = self.status.next_sequence()
        length = None
        if piece.flaw is Action.SEQUENCE:
            number += WRONG_BY
        if piece.flaw is Action.TRUNCATE:
            length = RPC_HEADER_BYTES + len(piece.payload) // 2
        if piece.flaw is Action.OVERSIZE:
            length = OVERSIZE_BYTES
        element = build_element(
            number,
            piece.function,
            piece.payload,
            rpc_result=piece.rpc_result,
            sequence=piece.sequence,
            length=length,
        )
        if piece.flaw is Action.CHECKSUM:
            at = CHECKSUM_OFFSET  # the last byte may be padding, which the checksum does not cover
            return element[:at] + bytes([element[at] ^ 0x5A]) + element[at + 1 :]
        return element

    def _finish_unload(self) -> None:
        """Once the reply to UNLOADING_GUEST_DRIVER is written, go."""
        if self._unloading and not self._outgoing:
            self._unloading = False
            self._firmware.unload()
