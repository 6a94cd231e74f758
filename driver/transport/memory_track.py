"""How shared memory changed in a recorded session, played again.

The recording has the device's changes and the driver's in the order in which either side could see them. So
each change of the device comes again once the driver has made those that stand before it: it did not wait for
this one before it made them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from barewire.errors import FormatError
from barewire.transport.recording import Event, Kind
from barewire.transport.regions import WORD_BYTES, put

FIRST_STREAM = 0  # the thread that opened the bus
LOOK_AHEAD = 256
CHANGES = frozenset((Kind.CHANGE, Kind.HOST_CHANGE))


class ReplayedMemory(Protocol):
    """Memory of this process that recorded changes go to; it stays while somebody refers to it."""

    address: int
    size_bytes: int
    view: memoryview


class _Region(NamedTuple):
    """Memory, and what it held in the recording so far."""

    memory: ReplayedMemory
    recorded: bytearray


class _Batch(NamedTuple):
    """Changes of the driver one after another.

    Attributes:
        events: the changes.
        awaited: those that it has not been seen to make.
    """

    events: Sequence[Event]
    awaited: list[Event]


class MemoryTrack:
    """The changes among a recording's events. Its owner lets one thread in at a time.

    Attributes:
        limit: the event up to which changes may come.
        done: the event up to which they have come.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events
        self._regions: dict[int, _Region] = {}
        self._batch: _Batch | None = None  # that the driver has yet to make
        self.limit = 0
        self.done = 0

    def add(self, number: int, memory: ReplayedMemory) -> None:
        """Memory that a region's changes go to from now on."""
        self._regions[number] = _Region(memory, bytearray(memory.size_bytes))
        self.go_on()

    def remove(self, number: int) -> None:
        """A region is no more."""
        self._regions.pop(number, None)

    def allow(self, end: int) -> None:
        """Changes up to an event may come."""
        self.limit = max(self.limit, end)
        self.go_on()

    def go_on(self) -> bool:
        """Let changes come as far as they may; whether any came."""
        start = self.done
        while self.done < self.limit:
            event = self._events[self.done]
            if event.kind in CHANGES and event.place not in self._regions:
                break  # it is being made
            if event.kind is Kind.HOST_CHANGE:
                if not self._is_batch_made():
                    break
            else:
                self._make(event)
                self.done += 1
        return self.done > start

    def force(self, end: int) -> None:
        """Let all changes come up to an event, whatever the driver has written."""
        self.limit = max(self.limit, end)
        self._batch = None
        while self.done < end:
            self._make(self._events[self.done])
            self.done += 1

    def pass_over(self) -> None:
        """Do without what the driver has yet to write."""
        if self._batch is not None:
            self._pass_batch(self._batch)
            self.go_on()

    def _is_batch_made(self) -> bool:
        """Pass over the driver's next changes if it has made them."""
        batch = self._batch = self._batch or self._next_batch()
        while batch.awaited and self._is_made(batch.awaited[-1], batch):
            batch.awaited.pop()
        if batch.awaited and not self._is_driver_past(batch):
            return False
        self._pass_batch(batch)
        return True

    def _pass_batch(self, batch: _Batch) -> None:
        for event in batch.events:
            self._make(event)
        self.done += len(batch.events)
        self._batch = None

    def _next_batch(self) -> _Batch:
        end = self.done
        while end < self.limit and self._is_host_change(end):
            end += 1
        events = self._events[self.done : end]
        return _Batch(events, list(events))

    def _is_host_change(self, index: int) -> bool:
        event = self._events[index]
        return event.kind is Kind.HOST_CHANGE and event.place in self._regions

    def _is_made(self, event: Event, batch: _Batch) -> bool:
        """Whether the driver has left what it left then, or has gone on to something else."""
        if event.place not in self._regions:
            return True
        part, region = self._part(event), self._regions[event.place]
        if region.memory.view[part] == event.data:
            return True
        now, before, after = _words(region.memory.view[part], region.recorded[part], self._left(event, batch))
        return not np.any((now == before) & (now != after))

    def _left(self, event: Event, batch: _Batch) -> bytes:
        """What a batch leaves where an event is."""
        part = self._part(event)
        left = bytearray(self._regions[event.place].recorded[part])
        for each in batch.events:
            start, end = max(each.offset, part.start), min(each.offset + len(each.data), part.stop)
            if each.place == event.place and start < end:
                left[start - part.start : end - part.start] = each.data[
                    start - each.offset : end - each.offset
                ]
        return bytes(left)

    def _is_driver_past(self, batch: _Batch) -> bool:
        """Whether the driver has written anything that it wrote only after a batch, and not in it.

        What the batch wrote may be undone by then: memory looks as if it had not been written.
        """
        start = self.done + len(batch.events)
        for event in self._events[start : start + LOOK_AHEAD]:
            if event.kind is Kind.HOST_CHANGE and event.place in self._regions:
                part, region = self._part(event), self._regions[event.place]
                if region.memory.view[part] == region.recorded[part]:
                    continue
                now, before, then = _words(
                    region.memory.view[part], region.recorded[part], self._left(event, batch)
                )
                if np.any((now != before) & (then == before)):
                    return True
            elif event.kind not in CHANGES and event.stream == FIRST_STREAM:
                return False
        return False

    def _make(self, event: Event) -> None:
        region = self._regions.get(event.place) if event.kind in CHANGES else None
        if region is None:
            return
        part = self._part(event)
        if event.kind is Kind.CHANGE:
            put(region.memory.address + event.offset, event.data)
        region.recorded[part] = event.data

    def _part(self, event: Event) -> slice:
        """Where in its region a change is.

        Raises:
            FormatError: the region has no such part.
        """
        end = event.offset + len(event.data)
        if end > len(self._regions[event.place].recorded) or len(event.data) % WORD_BYTES:
            raise FormatError("the recording changes memory outside of its region", region=event.place)
        return slice(event.offset, end)


def _words(*parts: bytes | bytearray | memoryview) -> list[np.ndarray]:
    return [np.frombuffer(bytes(part), np.uint32) for part in parts]
