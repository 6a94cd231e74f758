"""Which reply belongs to which call, when replies carry little more than the call's function.

The firmware answers calls in the order in which they were queued. Its reply names the function; whether it
repeats the call's sequence number is not promised. A call that was given up may still be answered later, and
that late reply must not be taken for the reply to a later call of the same function.

Facts: OGKM:kernel_gsp.c (_kgspRpcDrainOneEvent); nouveau:nvkm/subdev/gsp/rm/r535/rpc.c.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from barewire.gsp.element import Message
from barewire.gsp.functions import Function


@dataclass
class Waiting:
    """A call that waits for its reply.

    Attributes:
        function: of the call.
        sequence: its own number, never 0.
        wanted_bytes: that its reply's payload must have; more than an element holds comes in pieces.
        refusal_at: where the payload has a status of its own, if it has.
        payload: what has come so far; None before the reply's first piece.
        result: of the reply.
        passed_over: whether a reply was taken for a late one only because of its place in the order.
    """

    function: int
    sequence: int
    wanted_bytes: int = 0
    refusal_at: int | None = None
    payload: bytearray | None = None
    result: int = 0
    passed_over: bool = False

    @property
    def started(self) -> bool:
        """Whether the first piece is there."""
        return self.payload is not None

    @property
    def complete(self) -> bool:
        """Whether all of the reply is there; a refusal need not bring the parameters back."""
        if self.payload is None:
            return False
        return self.refused or len(self.payload) >= self.wanted_bytes

    @property
    def refused(self) -> bool:
        """Whether the reply is a refusal, as far as it has come."""
        if self.result != 0:
            return True
        if self.payload is None or self.refusal_at is None:
            return False
        return any(self.payload[self.refusal_at : self.refusal_at + 4])


@dataclass
class Ledger:
    """The calls that may still be answered.

    Attributes:
        waiting: the call that somebody waits for.
        given_up: (function, sequence) of calls whose reply may still come, oldest first.
        discarded: how many late replies were thrown away.
    """

    waiting: Waiting | None = None
    given_up: list[tuple[int, int]] = field(default_factory=list)
    discarded: int = 0

    def give_up(self) -> None:
        """Nobody waits any more; the reply may still come, unless it has begun to.

        If one was passed over meanwhile and none came after it, that was it: the older call's was lost.
        """
        waiting = self.waiting
        if waiting is not None and not waiting.started and not waiting.passed_over:
            self.given_up.append((waiting.function, waiting.sequence))
        self.waiting = None

    def settle(self, message: Message) -> bool:
        """Enter a reply or a continuation; False if nothing is known of it."""
        if message.function == Function.CONTINUATION_RECORD:
            return self._continue(message)
        waiting = self.waiting
        awaited = waiting is not None and not waiting.started and waiting.function == message.function
        if awaited and waiting is not None and message.sequence == waiting.sequence:
            # Calls are answered in order: what was given up before this one will not come any more.
            self.given_up = [late for late in self.given_up if late[0] != message.function]
            return self._begin(message)
        if self._is_late(message):
            return True
        return awaited and self._begin(message)

    def _begin(self, message: Message) -> bool:
        if self.waiting is None:
            return False
        self.waiting.payload = bytearray(message.payload)
        self.waiting.result = message.result
        return True

    def _is_late(self, message: Message) -> bool:
        """Whether a reply is that of a call given up: by its number, else by its place in the order."""
        same = [late for late in self.given_up if late[0] == message.function]
        if not same:
            return False
        named = [late for late in same if late[1] == message.sequence]
        self.given_up.remove(named[0] if named else same[0])
        self.discarded += 1
        if self.waiting is not None and not named:
            self.waiting.passed_over = self.waiting.function == message.function
        return True

    def _continue(self, message: Message) -> bool:
        """A piece of a reply: of the one that is awaited, or of one that was thrown away."""
        waiting = self.waiting
        if waiting is None or waiting.payload is None or waiting.complete:
            self.discarded += 1
            return True
        waiting.payload += message.payload
        return True
