"""Calls to the resource manager that runs on GSP.

    rpc = GspRpc(queues, abi)
    rpc.alloc(client, parent, handle, class_id, params)     # `params` is read and written
    rpc.control(client, handle, number, params)
    rpc.free(client, handle)
    rpc.alloc_memory(client, device, handle, class_id, pages, size_bytes)
    rpc.map_memory_dma(client, device, virtual, handle, gpu_va, offset, size_bytes, flags)

Several threads may call. Whoever waits for a reply takes in what else comes; events go to the subscribers
when no lock is held, so that they may call too. Somebody has to `drain` from time to time while nobody calls:
the ring has 63 slots, and GSP stops when it is full.

Facts: OGKM:570.144:src/nvidia/src/kernel/vgpu/rpc.c, kernel_gsp.c; nouveau:nvkm/subdev/gsp/rm/r535/rpc.c.
"""

from __future__ import annotations

import os
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from barewire.abi import status
from barewire.abi.layout import Abi, Struct
from barewire.errors import BarewireError, ForkedChild, Freed, PollTimeout, RpcError, RpcTimeout, UsageError
from barewire.gsp import events
from barewire.gsp.events import GspEvent
from barewire.gsp.functions import FIRST_EVENT, Function, name_of
from barewire.gsp.queue import MessageQueues
from barewire.gsp.replies import Ledger, Waiting
from barewire.poll import poll
from barewire.shield import behind

CALL_TIMEOUT_S = 6.0  # other drivers allow 4 to 6 s
PIECE_TIMEOUT_S = 1.0  # between the pieces of one reply
EVENTS_KEPT = 256
PAGE_SHIFT = 12
MOST_LISTED_PAGES = 0xFFFF  # the length of a list has 16 bits
LIST_LENGTH_SHIFT = 16
_LIVENESS_EVERY_S = 0.02
_CALL_HINT = (
    "The firmware is busy or hangs. Later calls may work; if not, close the device and open it again, "
    "which resets the GPU."
)
_EVENT_HINT = "The firmware is busy or hangs; its logs may tell why."

Handler = Callable[[GspEvent], None]
Facts = Mapping[str, int | str]
Params = Struct | bytearray | None


class _Watched(NamedTuple):
    """The kind of event that somebody waits for, and those that came."""

    function: int
    found: list[GspEvent]


_NOTHING_WATCHED = _Watched(-1, [])


class GspRpc:
    """The calls.

    Args:
        queues: to and from GSP.
        abi: of the firmware.
        check_alive: raises if GSP has stopped; asked now and then while waiting.
        timeout_s: how long a call may take.

    Attributes:
        recent: the last events, oldest first.
        handler_errors: what subscribers raised: a subscriber's failure is not the caller's.
    """

    def __init__(
        self,
        queues: MessageQueues,
        abi: Abi,
        *,
        check_alive: Callable[[], None] | None = None,
        timeout_s: float = CALL_TIMEOUT_S,
    ) -> None:
        self.abi = abi
        self.timeout_s = timeout_s
        self.recent: deque[GspEvent] = deque(maxlen=EVENTS_KEPT)
        self.handler_errors: deque[Exception] = deque(maxlen=EVENTS_KEPT)
        self._queues = queues
        self._check_alive = check_alive
        self._lock = threading.Lock()
        self._delivering = threading.Lock()
        self._subscribing = threading.Lock()
        self._undelivered: deque[GspEvent] = deque()
        self._handlers: tuple[Handler, ...] = ()
        self._ledger = Ledger()
        self._watched = _NOTHING_WATCHED
        self._sequence = 0
        self._closed = False
        self._owner = os.getpid()

    # Objects.
    def alloc(
        self, client: int, parent: int, handle: int, class_id: int, params: Params = None, *, flags: int = 0
    ) -> None:
        """Make an object; `params` is read and written.

        Raises:
            RmError: the resource manager refused.
            RpcTimeout, RpcError, DeviceLost: see `call`.
        """
        head = self.abi.new(
            "rpc_gsp_rm_alloc_v03_00",
            hClient=client,
            hParent=parent,
            hObject=handle,
            hClass=class_id,
            paramsSize=_size_of(params),
            flags=flags,
        )
        facts: Facts = {"handle": handle, "parent": f"{parent:#x}", "class_id": class_id}
        self._with_params(Function.GSP_RM_ALLOC, head, params, "status", facts)

    def control(
        self,
        client: int,
        handle: int,
        number: int,
        params: Params = None,
        *,
        flags: int = 0,
        within_s: float = 0.0,
    ) -> None:
        """One control of an object; `params` is read and written.

        Args:
            within_s: how long it may take if that is longer than for other calls.

        Raises:
            RmError: the resource manager refused.
            RpcTimeout, RpcError, DeviceLost: see `call`.
        """
        head = self.abi.new(
            "rpc_gsp_rm_control_v03_00",
            hClient=client,
            hObject=handle,
            cmd=number,
            paramsSize=_size_of(params),
            flags=flags,
        )
        facts: Facts = {"handle": handle, "control": f"{number:#010x}"}
        self._with_params(Function.GSP_RM_CONTROL, head, params, "status", facts, within_s)

    def free(self, client: int, handle: int) -> None:
        """Free an object and what is below it.

        Raises:
            RmError: the resource manager refused.
            RpcTimeout, RpcError, DeviceLost: see `call`.
        """
        head = self.abi.new("rpc_free_v03_00", params__hRoot=client, params__hObjectOld=handle)
        self._with_params(Function.FREE, head, None, "params.status", {"handle": handle})

    # Memory that the caller has, and where RM maps it.
    def alloc_memory(
        self,
        client: int,
        device: int,
        handle: int,
        class_id: int,
        pages: Sequence[int],
        size_bytes: int,
        *,
        flags: int = 0,
        kind: int = 0,
    ) -> None:
        """Make an object of memory that the caller has.

        Args:
            pages: addresses of its pages of 4 KiB, in order; one alone is the start of memory in one piece.
            flags: NVOS02_FLAGS_*.
            kind: of storage, which the entries of its mappings name.

        Raises:
            UsageError: there are more pages than one list has.
            RmError: the resource manager refused.
            RpcTimeout, RpcError, DeviceLost: see `call`.
        """
        if not 0 < len(pages) <= MOST_LISTED_PAGES:
            raise UsageError(
                f"RM takes lists of 1 to {MOST_LISTED_PAGES} pages",
                hint="Make the memory contiguous, or in parts.",
                pages=len(pages),
            )
        head = self.abi.new(
            "rpc_alloc_memory_v13_01",
            hClient=client,
            hDevice=device,
            hMemory=handle,
            hClass=class_id,
            flags=flags,
            format=kind,
            length=size_bytes,
            pageCount=len(pages),
            pteDesc=len(pages) << LIST_LENGTH_SHIFT,
        )
        numbers = (address >> PAGE_SHIFT for address in pages)
        listed = struct.pack(f"<{len(pages)}Q", *numbers)
        facts: Facts = {"handle": handle, "class_id": class_id}
        self.call(Function.ALLOC_MEMORY, bytes(head.data) + listed, facts=facts)

    def map_memory_dma(
        self,
        client: int,
        device: int,
        virtual: int,
        memory: int,
        gpu_va: int,
        offset: int,
        size_bytes: int,
        flags: int,
    ) -> int:
        """Have RM map part of a memory object; returns its address.

        Args:
            virtual: handle of the virtual memory that the mapping goes through.
            gpu_va: where, if `flags` say that it is fixed.
            flags: NVOS46_FLAGS_*.

        Raises:
            RmError: the resource manager refused.
            RpcTimeout, RpcError, DeviceLost: see `call`.
        """
        head = self.abi.new(
            "rpc_map_memory_dma_v03_00",
            params__hClient=client,
            params__hDevice=device,
            params__hDma=virtual,
            params__hMemory=memory,
            params__offset=offset,
            params__length=size_bytes,
            params__flags=flags,
            params__dmaOffset=gpu_va,
        )
        facts: Facts = {"handle": memory, "gpu_va": gpu_va, "size_bytes": size_bytes}
        size = head.layout.size_bytes
        reply = self.call(Function.MAP_MEMORY_DMA, bytes(head.data), reply_bytes=size, facts=facts)
        return head.layout.over(reply[:size])["params.dmaOffset"]

    def unmap_memory_dma(self, client: int, device: int, virtual: int, memory: int, gpu_va: int) -> None:
        """Have RM undo the mapping that begins at an address, all of it.

        Raises:
            RmError: the resource manager refused.
            RpcTimeout, RpcError, DeviceLost: see `call`.
        """
        head = self.abi.new(
            "rpc_unmap_memory_dma_v03_00",
            params__hClient=client,
            params__hDevice=device,
            params__hDma=virtual,
            params__hMemory=memory,
            params__dmaOffset=gpu_va,
        )
        facts: Facts = {"handle": memory, "gpu_va": gpu_va}
        self.call(Function.UNMAP_MEMORY_DMA, bytes(head.data), facts=facts)

    def _with_params(
        self,
        function: Function,
        head: Struct,
        params: Params,
        status_field: str,
        facts: Facts,
        within_s: float = 0.0,
    ) -> None:
        """A call whose parameters follow a head that has the resource manager's own status."""
        given = _bytes_of(params)
        size_bytes = head.layout.size_bytes
        refusal_at, _, _ = head.layout.place(status_field, None)
        reply = self.call(
            function,
            bytes(head.data) + bytes(given),
            reply_bytes=size_bytes + len(given),
            refusal_at=refusal_at,
            timeout_s=max(self.timeout_s, within_s),
            facts=facts,
        )
        refusal = int.from_bytes(reply[refusal_at : refusal_at + 4], "little")
        if refusal != status.OK:
            raise status.refused(function.name, refusal, function=function.name, **facts)
        if len(given):
            memoryview(given)[:] = reply[size_bytes : size_bytes + len(given)]

    # Calls.
    def send(self, function: int, payload: bytes = b"") -> None:
        """Queue a call that has no reply.

        Raises:
            RpcTimeout: the queue stayed full.
            RpcError: GSP's pointers make no sense.
            Freed: the connection is closed.
        """
        with self._lock:
            self._check_open(function)
            self._post(function, payload, sequence=0, timeout_s=self.timeout_s)

    def call(
        self,
        function: int,
        payload: bytes = b"",
        *,
        reply_bytes: int = 0,
        refusal_at: int | None = None,
        timeout_s: float | None = None,
        facts: Facts | None = None,
    ) -> bytes:
        """A call and its reply.

        Args:
            function: to call.
            payload: of the call.
            reply_bytes: that the reply's payload must have at least.
            refusal_at: where the payload has a status of its own; a refusal may be shorter.
            timeout_s: how long it may take; the connection's own if not given.
            facts: for the errors.

        Returns:
            The reply's payload.

        Raises:
            RmError: the resource manager refused.
            RpcTimeout: no reply in time; a late one is thrown away. Names function and time.
            RpcError: a message was corrupt or too short, or GSP has stopped.
            DeviceLost: the GPU does not answer.
            Freed: the connection is closed.
        """
        allowed = self.timeout_s if timeout_s is None else timeout_s
        try:
            with self._lock:
                self._check_open(function)
                waiting = Waiting(function, self._next_sequence(), reply_bytes, refusal_at)
                return self._call(waiting, payload, allowed)
        except BarewireError as error:
            for name, value in {"function": name_of(function), **(facts or {})}.items():
                error.facts.setdefault(name, value)
            raise
        finally:
            self._deliver()

    def _next_sequence(self) -> int:
        self._sequence = self._sequence % 0xFFFFFFFF + 1
        return self._sequence

    def _call(self, waiting: Waiting, payload: bytes, timeout_s: float) -> bytes:
        start = time.monotonic()
        name = name_of(waiting.function)
        self._ledger.waiting = waiting  # before it is sent: an interrupted call may be answered too
        try:
            self._post(waiting.function, payload, sequence=waiting.sequence, timeout_s=timeout_s)
            left = timeout_s - (time.monotonic() - start)
            self._wait(lambda: waiting.started, left, f"GSP did not answer {name}")
            if not waiting.complete:
                self._wait_for_pieces(waiting)
        finally:
            self._ledger.give_up()
        if waiting.result != status.OK:
            raise status.refused(name, waiting.result)
        return bytes(waiting.payload or b"")

    def _wait_for_pieces(self, waiting: Waiting) -> None:
        """The rest of a reply that came in pieces, or is too short."""
        try:
            self._wait(lambda: waiting.complete, PIECE_TIMEOUT_S, "the rest of a reply did not come")
        except RpcTimeout as late:
            raise RpcError(
                f"GSP's reply to {name_of(waiting.function)} is too short",
                hint="The firmware is not of the version that is spoken, or the rest of the reply was lost.",
                size_bytes=len(waiting.payload or b""),
                expected=f"{waiting.wanted_bytes} bytes",
            ) from late

    def wait_for_event(self, function: int, timeout_s: float) -> GspEvent:
        """Wait for an event of a kind, and only look: subscribers get it too.

        Raises:
            RpcTimeout: none came.
            RpcError: a message was corrupt, or GSP has stopped.
        """
        try:
            with self._lock:
                self._check_open(function)
                self._watched = _Watched(function, [])
                found = self._watched.found
                try:
                    self._wait(
                        lambda: bool(found), timeout_s, f"GSP did not send {name_of(function)}", _EVENT_HINT
                    )
                finally:
                    self._watched = _NOTHING_WATCHED
                return found[0]
        except BarewireError as error:
            error.facts.setdefault("function", name_of(function))
            raise
        finally:
            self._deliver()

    # Events.
    def subscribe(self, handler: Handler) -> Callable[[], None]:
        """Let `handler` have every event from now on, in order. Returns what ends that."""
        with self._subscribing:
            self._handlers = (*self._handlers, handler)

        def unsubscribe() -> None:
            with self._subscribing:
                self._handlers = tuple(each for each in self._handlers if each is not handler)

        return unsubscribe

    def drain(self) -> int:
        """Take in what has come, without waiting. Returns how many messages; 0 while another thread is at it.

        Raises:
            RpcError: a message was corrupt; it has been skipped.
        """
        if self.is_forked or not self._lock.acquire(blocking=False):
            return 0
        try:
            return 0 if self._closed else self._take_in()
        finally:
            self._lock.release()
            self._deliver()

    @property
    def is_forked(self) -> bool:
        """Whether this is a child of the process that the connection belongs to; it must not touch it."""
        return os.getpid() != self._owner

    @property
    def late_replies(self) -> int:
        """How many replies came after their call was given up."""
        return self._ledger.discarded

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Calls that were given up and never answered so far."""
        return tuple(name_of(function) for function, _ in self._ledger.given_up)

    def close(self) -> None:
        """No more calls; calls that are in flight end first. A second time is nothing."""
        with self._lock:
            self._closed = True
            with self._subscribing:
                self._handlers = ()

    # Under the lock.
    def _check_open(self, function: int) -> None:
        if self._closed:
            raise Freed(f"{name_of(function)} was called after the connection to GSP was closed")
        if self.is_forked:
            raise ForkedChild(
                f"{name_of(function)} was called in a child of the process that booted GSP",
                hint="Open a device of the child's own.",
                opened_by_pid=self._owner,
            )

    def _post(self, function: int, payload: bytes, *, sequence: int, timeout_s: float) -> None:
        try:
            self._queues.send(function, payload, sequence=sequence, timeout_s=timeout_s)
        except PollTimeout as full:
            self._ledger.waiting = None  # it was not sent
            raise RpcTimeout(full.message, hint=full.hint, **full.facts, function=name_of(function)) from full

    def _wait(self, done: Callable[[], bool], timeout_s: float, why: str, hint: str = _CALL_HINT) -> None:
        """Take in messages until something is so."""
        next_check = time.monotonic() + _LIVENESS_EVERY_S

        def look() -> bool:
            nonlocal next_check
            self._take_in(until=done)
            if done():
                return True
            if self._check_alive is not None and time.monotonic() >= next_check:
                self._check_alive()
                next_check = time.monotonic() + _LIVENESS_EVERY_S
            return False

        try:
            poll(look, bool, timeout_s=timeout_s, why=why)
        except PollTimeout as late:
            facts = {"elapsed_s": late.facts["elapsed_s"]}
            if self.unanswered:
                facts["unanswered"] = ", ".join(self.unanswered)
            raise RpcTimeout(why, hint=hint, **facts) from late

    def _take_in(self, until: Callable[[], bool] | None = None) -> int:
        """Enter the messages that are there; stop early once `until` holds."""
        taken = 0
        while until is None or not until():
            with behind():  # a message that left the queue is entered, or it would be lost
                message = self._queues.receive()
                if message is None:
                    break
                taken += 1
                if message.function >= FIRST_EVENT or not self._ledger.settle(message):
                    self._note(events.decode(self.abi, message))
        return taken

    def _note(self, event: GspEvent) -> None:
        self.recent.append(event)
        self._undelivered.append(event)
        if event.function == self._watched.function:
            self._watched.found.append(event)

    # Without the lock.
    def _deliver(self) -> None:
        """Hand events to the subscribers, in order; one thread at a time does it, for the others too."""
        while self._undelivered and self._delivering.acquire(blocking=False):
            try:
                while self._undelivered:
                    self._hand_out(self._undelivered.popleft())
            finally:
                self._delivering.release()

    def _hand_out(self, event: GspEvent) -> None:
        for handler in self._handlers:
            try:
                handler(event)
            except Exception as error:
                self.handler_errors.append(error)


def _bytes_of(params: Params) -> bytes | bytearray | memoryview:
    if params is None:
        return b""
    return params.data if isinstance(params, Struct) else params


def _size_of(params: Params) -> int:
    return len(_bytes_of(params))
