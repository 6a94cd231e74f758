"""A recording as a script: which event comes next for each thread, and what memory holds by then.

Threads of a driver do not run twice in the same order, nor do they poll equally often. So each thread has its
own line through the script. A thread waits a while for its turn, so that events of others that came before
its own come before it again; and reads that only look again are forgiven:

    a read once more than recorded, of a register that was read before    is answered as the last time
    fewer reads of a register than recorded, but the first                the surplus is passed over
    threads other than the first                                          may leave out first reads too
    doorbells                                                             may ring more or less often

A doorbell is carried by a thread of its own, so that rings and submissions do not run in step: a recorded
ring takes effect once the driver has written what the device found in memory then.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict

from barewire.errors import DivergedReplay
from barewire.transport.memory_track import FIRST_STREAM, MemoryTrack, ReplayedMemory
from barewire.transport.recording import Event, Kind, Recording

PATIENCE_S = 0.1  # for events of other threads that should come first
RELIEF_S = 2.0  # without anything: then what the next event waits for is done without

READS = frozenset((Kind.CONFIG_READ, Kind.READ32, Kind.READ))
NOT_ACCESSES = frozenset((Kind.STREAM, Kind.CHANGE, Kind.HOST_CHANGE, Kind.CLOSE))
# What has to be the same in the driver's access and the recorded one.
_COMPARED: dict[Kind, tuple[str, ...]] = {
    Kind.CONFIG_READ: ("place", "offset"),
    Kind.READ32: ("place", "offset"),
    Kind.READ: ("place", "offset", "value"),
    Kind.ALLOCATE: ("offset", "value"),
    Kind.MAP: ("offset", "value", "data"),
}
_ALL = ("place", "offset", "value", "data")


def is_same(recorded: Event, made: Event) -> bool:
    """Whether an access is the recorded one, but for what it gives back."""
    if recorded.kind != made.kind:
        return False
    fields = _COMPARED.get(recorded.kind, _ALL)
    return all(getattr(recorded, field) == getattr(made, field) for field in fields)


def _register(event: Event) -> tuple[int, int, int]:
    return event.kind, event.place, event.offset


class Script:
    """The events of a recording, taken one by one. Any thread may take.

    Args:
        recording: of a session.
        strict: forgive nothing.
    """

    def __init__(self, recording: Recording, *, strict: bool = False) -> None:
        self.events = recording.events
        self.strict = strict
        self._changed = threading.Condition()
        self._lines: dict[int, list[int]] = defaultdict(list)
        self._names: dict[str, list[int]] = defaultdict(list)
        for index, event in enumerate(self.events):
            if event.kind is Kind.STREAM:
                self._names[event.data.decode("utf-8", "replace")].append(event.stream)
            elif event.kind not in NOT_ACCESSES:
                self._lines[event.stream].append(index)
        self._next: dict[int, int] = defaultdict(int)
        self._seen: dict[tuple[int, tuple[int, int, int]], Event] = {}
        self._taken = [event.kind in NOT_ACCESSES for event in self.events]
        self._last = time.monotonic()
        self._front = 0
        self._memory = MemoryTrack(self.events)
        self._mine = threading.local()
        self._mine.stream = FIRST_STREAM
        self._claimed = {FIRST_STREAM}
        with self._changed:
            self._advance()

    @property
    def remaining(self) -> int:
        """How many accesses nobody has made yet."""
        with self._changed:
            return self._taken.count(False)

    def add_region(self, number: int, memory: ReplayedMemory) -> None:
        """Memory that recorded changes go to from now on."""
        with self._changed:
            self._memory.add(number, memory)

    def take(self, made: Event) -> Event:
        """The recorded event for an access.

        Raises:
            DivergedReplay: the recording goes on otherwise; tells where, what was made, and what comes there.
        """
        with self._changed:
            stream = self._stream()
            index = self._find(stream, made)
            if index is None:
                return self._again(stream, made)
            in_turn = self._wait_for_turn(index, PATIENCE_S)
            if stream == FIRST_STREAM:
                if not in_turn:
                    self._give_up(index)
                self._memory.force(index)  # what the driver has not written by now, it never will
            return self._consume(stream, index)

    def take_interrupt(self, vector: int, timeout_s: float) -> int:
        """How often a vector came, if that is this thread's next event and its turn comes in time; else 0."""
        end = time.monotonic() + timeout_s
        with self._changed:
            stream = self._stream()
            line, place = self._lines[stream], self._next[stream]
            event = self.events[line[place]] if place < len(line) else None
            is_next = event is not None and event.kind is Kind.INTERRUPT and event.place == vector
            if is_next and self._wait_for_turn(line[place], timeout_s):
                return self._consume(stream, line[place]).value
        time.sleep(max(0.0, end - time.monotonic()))
        return 0

    def go_on(self) -> None:
        """Let happen what does not wait for an access: changes of memory, rings of doorbells."""
        with self._changed:
            came = self._memory.go_on()
            while self._is_rung():
                self._consume(self.events[self._front].stream, self._front)
            now = time.monotonic()
            if came:
                self._last = now
            elif now - self._last >= RELIEF_S:
                self._relieve()

    def _is_rung(self) -> bool:
        """Whether a doorbell is next, and the driver has written all that the device found then."""
        is_next = self._front < len(self.events) and self.events[self._front].kind is Kind.DOORBELL
        return is_next and self._memory.done >= self._front

    def _relieve(self) -> None:
        """Nothing happens: do without the next thing that another thread, or memory, is waited for."""
        self._last = time.monotonic()
        if self._memory.done < self._memory.limit:
            self._memory.pass_over()
        elif self._front < len(self.events) and self.events[self._front].stream != FIRST_STREAM:
            self._taken[self._front] = True
            self._advance()
            self._changed.notify_all()

    def _stream(self) -> int:
        """The stream of the thread that calls: the one that had its name, else the next that nobody has."""
        stream: int | None = getattr(self._mine, "stream", None)
        if stream is not None:
            return stream
        named = self._names.get(threading.current_thread().name, [])
        everyone = [number for numbers in self._names.values() for number in numbers]
        free = (number for number in [*named, *sorted(everyone)] if number not in self._claimed)
        chosen = next(free, max(everyone, default=0) + len(self._claimed))
        self._claimed.add(chosen)
        self._mine.stream = chosen
        return chosen

    def _find(self, stream: int, made: Event) -> int | None:
        """Where in the script an access is; None for a read that only looks again."""
        line, place = self._lines[stream], self._next[stream]
        ahead = place
        while ahead < len(line):
            event = self.events[line[ahead]]
            if is_same(event, made):
                self._pass_over(stream, ahead)
                return line[ahead]
            is_surplus = stream != FIRST_STREAM or (stream, _register(event)) in self._seen
            if self.strict or event.kind not in READS or not is_surplus:
                break
            ahead += 1
        if not self.strict and self._known(stream, made) is not None:
            return None
        raise self._diverged(stream, made, line[place] if place < len(line) else None)

    def _known(self, stream: int, made: Event) -> Event | None:
        """The answer to a read that looks again."""
        return self._seen.get((stream, _register(made))) if made.kind in READS else None

    def _again(self, stream: int, made: Event) -> Event:
        known = self._known(stream, made)
        return made if known is None else known

    def _pass_over(self, stream: int, place: int) -> None:
        for skipped in self._lines[stream][self._next[stream] : place]:
            self._taken[skipped] = True
        self._next[stream] = place

    def _wait_for_turn(self, index: int, timeout_s: float) -> bool:
        """Wait until all that came before has been made; False if it was not."""
        return self._changed.wait_for(lambda: self._front >= index, timeout_s)

    def _give_up(self, index: int) -> None:
        """Nobody waits any more for what came before: other threads may make it late, or do without."""
        if self._front < index:
            self._taken[self._front : index] = [True] * (index - self._front)

    def _consume(self, stream: int, index: int) -> Event:
        event = self.events[index]
        if event.kind in (Kind.FREE, Kind.UNMAP):
            self._memory.remove(event.place)
        self._taken[index] = True
        self._last = time.monotonic()
        self._next[stream] += 1
        self._seen[stream, _register(event)] = event
        self._advance()
        self._changed.notify_all()
        return event

    def _advance(self) -> None:
        """Let memory change as it did until the next access that nobody has made."""
        while self._front < len(self.events) and self._taken[self._front]:
            self._front += 1
        end = max(self._front, self._memory.limit)
        while end < len(self.events) and not self._holds_back(end):
            end += 1
        self._memory.allow(end)

    def _holds_back(self, index: int) -> bool:
        """Whether what comes after an event may not come before it: others' reads change nothing."""
        event = self.events[index]
        return not self._taken[index] and (event.stream == FIRST_STREAM or event.kind not in READS)

    def _diverged(self, stream: int, made: Event, index: int | None) -> DivergedReplay:
        names = [name for name, numbers in self._names.items() if stream in numbers]
        expected = "nothing more" if index is None else str(self.events[index])
        return DivergedReplay(
            "the driver does something else than was recorded",
            hint="The driver or its inputs have changed since; `event` is where the two part.",
            event=len(self.events) if index is None else index,
            thread=names[0] if names else f"stream {stream}",
            made=str(made._replace(time_ns=0)).rsplit(" (", 1)[0],
            expected=expected,
        )
