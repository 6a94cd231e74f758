"""What a client sends: its commands, in its order, and its answers to commands of ours.

No thread is kept for it. Whoever wants something of the client receives while nobody else does: who serves
it, for the next command, and who waits for an answer, wherever in the device that is. Commands that come
before an answer are kept for who serves. So a device that reaches for memory by messages has its answer
although the client goes on sending, and although the one who serves waits for the device.

Where our commands have a socket of their own (twin_socket), a thread listens there, from the first one on.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from barewire.transport.vfio_user.protocol import DMA_ACCESS, TYPE_MASK, Command
from barewire.transport.vfio_user.served import Unmapped
from barewire.transport.vfio_user.wire import BadHeader, Gone, Late, Message, Wire

EXCHANGE_S = 2.0  # for an answer to DMA_READ; a client that waits for us gives up after 5 s
FIRST_ID = 0x8000  # of our own commands' numbers
MOST_AHEAD_BYTES = 64 << 20  # of commands that are kept while somebody waits for an answer
JOIN_S = 2.0


class Inbox:
    """What one client sends. One thread serves it; any thread may ask the client.

    Args:
        wire: the connection; it stays the caller's.
        twin: where commands of ours go, if not there; it stays the caller's.
        look: called with every message that came.
        wrong: called with every message that is neither a command nor an answer that is waited for.
        before_waiting: called before an answer is waited for; raises Unmapped where it cannot come.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        look: Callable[[Message], None] | None,
        wrong: Callable[[Message], None],
        before_waiting: Callable[[], None],
    ) -> None:
        self.twin: Wire | None = None
        self._wire = wire
        self._look = look
        self._wrong = wrong
        self._before_waiting = before_waiting
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._receiving = False  # by some thread
        self._deaf = False  # nobody will answer any more
        self._over = False
        self._commands: deque[Message] = deque()  # that came while somebody waited for an answer
        self._kept_bytes = 0
        self._waiting: set[int] = set()
        self._answers: dict[int, Message] = {}
        self._unheard: set[int] = set()  # commands whose answers nobody waits for, or not any more
        self._next_id = FIRST_ID
        self._listener: threading.Thread | None = None

    @property
    def somebody_waits(self) -> bool:
        """Whether an answer of the client is waited for."""
        return bool(self._waiting)

    # For who serves.

    def next_command(self) -> Message | None:
        """The next command; None if an answer came in its place.

        Raises:
            Gone: the client left, or all is over.
            BadHeader: it sent what cannot be read.
        """
        with self._lock:
            while self._receiving and not self._commands and not self._over:
                self._changed.wait(1.0)
            if self._commands:
                message = self._commands.popleft()
                self._kept_bytes -= len(message.payload)
                return message
            if self._over:
                raise Gone("the session is over")
            self._receiving = True
        return self._receive(None)

    def _receive(self, timeout_s: float | None) -> Message | None:
        """One message, received by this thread: a command is returned, anything else is seen to.

        Raises:
            Gone, BadHeader, Late: as of a wire.
        """
        message = None
        try:
            message = self._wire.receive(timeout_s)
        except BadHeader as bad:
            self._wrong(Message(bad.facts["header"], b"", []))
            raise
        finally:
            # Without the lock, which costs: whoever waits was among those who wait before it looked here.
            self._receiving = False
            if self._waiting or message is None:
                with self._lock:
                    self._changed.notify_all()
        if self._look is not None:
            self._look(message)
        if not message.header.flags & TYPE_MASK:  # TYPE_COMMAND is 0
            return message
        self._take_answer(message)
        return None

    def _take_answer(self, message: Message) -> None:
        message.close()  # no answer has descriptors for us
        number = message.header.message_id
        with self._lock:
            if message.is_reply and number in self._waiting:
                self._answers[number] = message
                self._changed.notify_all()
                return
            known = message.is_reply and number in self._unheard
            self._unheard.discard(number)
        if not known:
            self._wrong(message)

    # For who asks.

    def tell(self, command: Command, payload: list[bytes]) -> None:
        """Send a command whose answer nobody waits for.

        Raises:
            Unmapped: the client has left.
        """
        with self._lock:
            number = self._number()
            self._unheard.add(number)
        self._send(number, command, payload)

    def ask(self, command: Command, payload: list[bytes]) -> bytes:
        """Send a command and wait for its answer's payload.

        Raises:
            Unmapped: the client refuses, does not answer in time, has left, or may not be asked now.
        """
        with self._lock:
            number = self._number()
            self._waiting.add(number)
        try:
            self._before_waiting()
            self._send(number, command, payload)
            answer = self._wait(number, time.monotonic() + EXCHANGE_S)
        finally:
            with self._lock:
                self._waiting.discard(number)
                if self._answers.pop(number, None) is None:
                    self._unheard.add(number)  # it may come later
        if answer is None:
            raise Unmapped("the client does not answer")
        if answer.error is not None:
            raise Unmapped("the client refuses")
        return answer.payload

    def _number(self) -> int:
        if self._deaf:
            raise Unmapped("the client has left")
        number = self._next_id
        self._next_id = number + 1 if number < 0xFFFF else FIRST_ID
        return number

    def _send(self, number: int, command: Command, payload: list[bytes]) -> None:
        twin = self.twin
        if twin is not None and self._listener is None:
            self._listen(twin)
        try:
            (twin or self._wire).send(number, command, payload)
        except Gone as gone:
            raise Unmapped("the client does not answer") from gone

    def _wait(self, number: int, end: float) -> Message | None:
        """The answer, received by whoever receives; None if there is none."""
        left = EXCHANGE_S
        while left > 0 and not self._is_settled(number, left):
            try:
                message = self._receive(left)
                if message is not None:
                    self._keep(message)
            except Late:
                pass
            except (Gone, BadHeader):
                self.end()  # who serves hears of it once it has served what came before
            left = end - time.monotonic()
        return self._answers.get(number)

    def _is_settled(self, number: int, timeout_s: float) -> bool:
        """Whether an answer came, or cannot come any more; False where this thread is to receive."""
        end = time.monotonic() + timeout_s
        with self._lock:
            while number not in self._answers and not self._deaf and self._kept_bytes <= MOST_AHEAD_BYTES:
                if self.twin is None and not self._receiving:
                    self._receiving = True
                    return False
                if not self._changed.wait(end - time.monotonic()):
                    return True
        return True

    def _keep(self, message: Message) -> None:
        """A command that came before an answer."""
        with self._lock:
            self._commands.append(message)
            self._kept_bytes += len(message.payload)
            self._changed.notify_all()

    def _listen(self, twin: Wire) -> None:
        with self._lock:
            if self._listener is not None or self._deaf:
                return
            self._listener = threading.Thread(
                target=partial(self._hear, twin), name="vfio-user server hears", daemon=True
            )
            self._listener.start()

    def _hear(self, twin: Wire) -> None:
        """Take answers from a socket that has nothing else."""
        with contextlib.suppress(Gone, BadHeader):
            while not self._deaf:
                self._take_answer(twin.receive())
        with self._lock:
            self._deaf = True
            self._changed.notify_all()

    # The end.

    def end(self) -> None:
        """Nobody is waited for any more; commands that came before are still there."""
        with self._lock:
            self._over = self._deaf = True
            self._changed.notify_all()

    def close(self) -> None:
        """Forget what came and was not served. The wires have to be shut before."""
        self.end()
        if self._listener is not None and self._listener is not threading.current_thread():
            self._listener.join(JOIN_S)
        with self._lock:
            left = list(self._commands)
            self._commands.clear()
        for message in left:
            message.close()


class ClientMemory:
    """Reads and writes a client's memory by messages: a `copies.Exchange`.

    Args:
        inbox: of the client.
        most: bytes of data in one message, as the client has it.
    """

    def __init__(self, inbox: Inbox, most: Callable[[], int]) -> None:
        self._inbox = inbox
        self._most = most

    def read(self, iova: int, size_bytes: int) -> bytes:
        """Bytes of it; see `copies.Exchange`."""
        parts = []
        most = self._most()
        for at in range(0, size_bytes, most):
            count = min(most, size_bytes - at)
            payload = self._inbox.ask(Command.DMA_READ, [DMA_ACCESS.pack(iova + at, count)])
            if len(payload) != DMA_ACCESS.size_bytes + count:
                raise Unmapped("the client gave another number of bytes")
            parts.append(payload[DMA_ACCESS.size_bytes :])
        return b"".join(parts)

    def write(self, iova: int, data: bytes, waits: bool = False) -> None:
        """Write bytes of it; see `copies.Exchange`.

        Args:
            waits: for the client to say that it has them.
        """
        most = self._most()
        for at in range(0, len(data), most):
            part = data[at : at + most]
            send = self._inbox.ask if waits else self._inbox.tell
            send(Command.DMA_WRITE, [DMA_ACCESS.pack(iova + at, len(part)), part])
