"""Recording: a bus that writes down all that goes over another one.

The driver above it works as ever. Each access to configuration space and BARs, each interrupt, doorbell,
reset and piece of memory becomes an event of `recording.py`. Memory that driver and device share is kept
twice (`regions.py`): around every access, and every millisecond, what either side has changed is written down
and carried to the other. Parts of BARs above 64 MiB that are mapped are not: nothing is recorded of them.
"""

from __future__ import annotations

import mmap
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from barewire.errors import TransportError, UsageError
from barewire.native._native import ffi
from barewire.transport.bell import CarriedDoorbell
from barewire.transport.recording import Kind, RecordingWriter, is_watched
from barewire.transport.regions import Block, SharedRegion, Side, Words, carry, words_at

if TYPE_CHECKING:
    from barewire.transport.bus import Bar, Bus, ConfigSpace, DmaMemory, Interrupts, Mapped, Segment

SMALL_BYTES = 1 << 20  # larger regions are looked at when a smaller one has changed, and before writes
LOOK_EVERY_S = 1e-3
EVERYTHING_EVERY_S = 5e-3
STOP_WAIT_S = 5.0  # for the thread that looks
LOOKS_FOR_STEADY = 4
# A replay only compares the changes of the driver; it makes those of the device, which must not touch others.
NEAR_WORDS = {Kind.HOST_CHANGE: 64, Kind.CHANGE: 1}
MOST_REGIONS = 1 << 16
MOST_STREAMS = 256


class _Tape:
    """What the parts of a recorded bus share: the file, the lock that orders events, and the regions."""

    def __init__(self, writer: RecordingWriter, hold: Callable[[], AbstractContextManager[Any]]) -> None:
        self.writer = writer
        self._hold = hold
        self.lock = threading.RLock()
        self.regions: dict[int, SharedRegion] = {}
        self._numbers: set[int] = set()
        self._streams = 0
        self._mine = threading.local()
        self._stop = threading.Event()
        self.stream()  # the thread that opens the bus is stream 0
        self._looker = threading.Thread(target=self._look, name="recorder", daemon=True)
        self._looker.start()

    def _look(self) -> None:
        """The thread; a file that cannot be written ends it, and is told to who makes the next access."""
        with suppress(TransportError):
            self._keep_looking()

    def _keep_looking(self) -> None:
        """Carry changes while nobody makes an access: drivers wait for memory too.

        Large regions take time: they get a quarter of it at most.
        """
        next_everything = 0.0
        while not self._stop.wait(LOOK_EVERY_S):
            start = time.monotonic()
            everything = start >= next_everything
            with self.lock:
                self.push(everything=everything)
                self.pull(everything=everything)
            if everything:
                end = time.monotonic()
                next_everything = end + max(EVERYTHING_EVERY_S, 3 * (end - start))

    def stop(self) -> None:
        """Look at memory no more."""
        self._stop.set()
        self._looker.join(STOP_WAIT_S)
        with self.lock:
            self.regions.clear()

    def stream(self) -> int:
        """The number of the thread that calls."""
        number: int | None = getattr(self._mine, "number", None)
        if number is None:
            with self.lock:
                number, self._streams = self._streams, min(self._streams + 1, MOST_STREAMS - 1)
            self._mine.number = number
            name = threading.current_thread().name
            self.writer.add(Kind.STREAM, number, value=number, data=name.encode())
        return number

    @contextmanager
    def access(self, *, writes: bool) -> Iterator[None]:
        """Around an access: what changed before comes first, and no other access comes between."""
        with self.lock:
            self.stream()
            self.push(everything=writes)
            yield
            self.pull(everything=False)

    def push(self, *, everything: bool) -> None:
        """Carry the driver's changes; with the lock held.

        The driver goes on meanwhile: what is found last may point to what was written after it was looked at.
        So all is looked at until there is nothing more.
        """
        if not everything and not self._is_new(Side.DRIVER):
            return
        with self._hold():
            for _ in range(LOOKS_FOR_STEADY):
                found = [block for region in self._by_age() for block in region.changes(Side.DRIVER)]
                if not found:
                    return
                self._carry(Kind.HOST_CHANGE, found)

    def pull(self, *, everything: bool) -> None:
        """Carry the device's changes; with the lock held.

        A small region may hold the word that tells that another one has its data. So small ones are looked at
        first, until they hold still, and large ones after them; the driver gets them the other way round, and
        those first that were made last: a queue's own memory is older than what is copied by it.
        """
        if not everything and not self._is_new(Side.DEVICE):
            return
        with self._hold():
            seen = _steady([region for region in self._by_age() if region.size_bytes <= SMALL_BYTES])
            large = [region for region in self._by_age() if region not in seen]
            found = [block for region in large for block in region.changes(Side.DEVICE)]
            found += [block for region, words in seen.items() for block in region.changes(Side.DEVICE, words)]
            self._carry(Kind.CHANGE, found)

    def _carry(self, kind: Kind, found: list[Block]) -> None:
        changes = [(block.region, change) for block in found for change in block.runs(NEAR_WORDS[kind])]
        carry(found)
        for region, change in changes:
            self.writer.add(kind, 0, region, change.offset, data=change.data)

    def _is_new(self, side: Side) -> bool:
        """Whether a side has changed anything in a small region."""
        return any(
            region.is_new(side) for region in self.regions.values() if region.size_bytes <= SMALL_BYTES
        )

    def _by_age(self) -> list[SharedRegion]:
        """The youngest first."""
        return list(reversed(self.regions.values()))

    def add(self, kind: Kind, place: int = 0, offset: int = 0, value: int = 0, data: bytes = b"") -> None:
        """An event of the thread that calls."""
        self.writer.add(kind, self.stream(), place, offset, value, data)

    def new_number(self) -> int:
        """A number for a region; with the lock held."""
        number = next((each for each in range(MOST_REGIONS) if each not in self._numbers), None)
        if number is None:
            raise TransportError("too many pieces of memory to record", count=MOST_REGIONS)
        self._numbers.add(number)
        return number

    def forget(self, number: int) -> None:
        """A region is no more; with the lock held."""
        self._numbers.discard(number)
        self.regions.pop(number, None)


def _steady(regions: list[SharedRegion]) -> dict[SharedRegion, Words]:
    """What regions hold, all at one time if the device leaves them alone for long enough."""
    seen = {region: region.look(Side.DEVICE) for region in regions}
    for _ in range(LOOKS_FOR_STEADY):
        again = {region: region.look(Side.DEVICE) for region in regions}
        if all(np.array_equal(seen[region], again[region]) for region in regions):
            break
        seen = again
    return seen


class _Copy:
    """The driver's copy of a region."""

    def __init__(self, size_bytes: int) -> None:
        try:
            self.memory = mmap.mmap(-1, size_bytes)
        except (OSError, ValueError, OverflowError) as error:
            raise TransportError(f"no memory to record with: {error}", size_bytes=size_bytes) from error
        self.address = int(ffi.cast("uintptr_t", ffi.from_buffer(self.memory)))
        self.words = np.frombuffer(self.memory, dtype=np.uint32)


class _RecordedConfig:
    """Configuration space."""

    def __init__(self, tape: _Tape, config: ConfigSpace) -> None:
        self._tape = tape
        self._config = config

    def read(self, offset: int, size_bytes: int) -> int:
        """One access of 1, 2 or 4 bytes."""
        with self._tape.access(writes=False):
            value = self._config.read(offset, size_bytes)
            self._tape.add(Kind.CONFIG_READ, size_bytes, offset, value)
        return value

    def write(self, offset: int, size_bytes: int, value: int) -> None:
        """One access of 1, 2 or 4 bytes."""
        with self._tape.access(writes=True):
            self._tape.add(Kind.CONFIG_WRITE, size_bytes, offset, value)
            self._config.write(offset, size_bytes, value)


class _RecordedMapped:
    """Part of a BAR in this process."""

    def __init__(self, tape: _Tape, mapped: Mapped, number: int, copy: _Copy | None) -> None:
        self.address = mapped.address if copy is None else copy.address
        self.size_bytes = mapped.size_bytes
        self._tape = tape
        self._mapped = mapped
        self._number = number
        self._copy = copy
        self._open = True

    def look(self) -> memoryview:
        """Its bytes; see `Mapped.look`."""
        return self._mapped.look() if self._copy is None else memoryview(self._copy.memory)

    def close(self) -> None:
        """Undo the mapping; a second time is nothing."""
        if not self._open:
            return
        self._open = False
        with self._tape.access(writes=True):
            self._tape.add(Kind.UNMAP, self._number)
            self._tape.forget(self._number)
            self._mapped.close()


class _RecordedBar:
    """A BAR."""

    def __init__(self, tape: _Tape, bar: Bar) -> None:
        self.index = bar.index
        self.size_bytes = bar.size_bytes
        self.bus_address = bar.bus_address
        self.mappable = bar.mappable
        self._tape = tape
        self._bar = bar

    def read32(self, offset: int) -> int:
        """One 32-bit read."""
        with self._tape.access(writes=False):
            value = self._bar.read32(offset)
            self._tape.add(Kind.READ32, self.index, offset, value)
        return value

    def write32(self, offset: int, value: int) -> None:
        """One 32-bit write."""
        with self._tape.access(writes=True):
            self._tape.add(Kind.WRITE32, self.index, offset, value)
            self._bar.write32(offset, value)

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Many bytes."""
        with self._tape.access(writes=False):
            data = self._bar.read(offset, size_bytes)
            self._tape.add(Kind.READ, self.index, offset, size_bytes, data)
        return data

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Many bytes, in order."""
        with self._tape.access(writes=True):
            self._tape.add(Kind.WRITE, self.index, offset, data=bytes(data))
            self._bar.write(offset, data)

    def map(self, offset: int, size_bytes: int) -> _RecordedMapped:
        """Part of it in this process; see `Bar.map`."""
        with self._tape.access(writes=True), ExitStack() as undo:
            mapped = self._bar.map(offset, size_bytes)
            undo.callback(mapped.close)
            number = self._tape.new_number()
            undo.callback(self._tape.forget, number)
            watched = is_watched(size_bytes)
            copy = _Copy(size_bytes) if watched else None
            self._tape.add(Kind.MAP, number, offset, size_bytes, bytes((self.index, watched)))
            if copy is not None:
                device = words_at(mapped.address, size_bytes)
                self._tape.regions[number] = SharedRegion(number, copy.words, device)
                self._tape.pull(everything=True)
            undo.pop_all()
        return _RecordedMapped(self._tape, mapped, number, copy)


class _RecordedMemory:
    """Memory that the device reaches."""

    def __init__(self, tape: _Tape, memory: DmaMemory, number: int, copy: _Copy) -> None:
        self.address = copy.address
        self.size_bytes = memory.size_bytes
        self.segments: tuple[Segment, ...] = memory.segments
        self.view = memoryview(copy.memory)
        self._tape = tape
        self._memory = memory
        self._number = number
        self._copy = copy
        self._open = True

    @property
    def iova(self) -> int:
        """Where the device finds its first byte; see `DmaMemory.iova`."""
        return self._memory.iova

    def iova_of(self, offset: int) -> int:
        """Where the device finds the byte at an offset."""
        return self._memory.iova_of(offset)

    def close(self) -> None:
        """Take it from the device and give it back; a second time is nothing."""
        if not self._open:
            return
        self._open = False
        with self._tape.access(writes=True):
            self._tape.add(Kind.FREE, self._number)
            self._tape.forget(self._number)
            self._memory.close()


class _RecordedInterrupts:
    """Vectors."""

    def __init__(self, tape: _Tape, interrupts: Interrupts) -> None:
        self.count = interrupts.count
        self._tape = tape
        self._interrupts = interrupts

    def enable(self, count: int) -> None:
        """Let vectors 0 .. count-1 come."""
        with self._tape.access(writes=True):
            self._interrupts.enable(count)
            self._tape.add(Kind.INTERRUPTS_ON, value=count)

    def wait(self, vector: int, timeout_s: float) -> int:
        """Wait for a vector; see `Interrupts.wait`."""
        came = self._interrupts.wait(vector, timeout_s)
        if came:
            with self._tape.access(writes=False):
                self._tape.add(Kind.INTERRUPT, vector, value=came)
        return came

    def disable(self) -> None:
        """Let none come."""
        with self._tape.access(writes=True):
            self._interrupts.disable()
            self._tape.add(Kind.INTERRUPTS_OFF)


class RecordedBus:
    """A `Bus` that records another one, which belongs to it from now on.

    Args:
        bus: the device.
        path: of the file, which is written anew.

    Attributes:
        bus: the device.

    Raises:
        TransportError: the file cannot be written.
    """

    def __init__(self, bus: Bus, path: str | os.PathLike[str]) -> None:
        self.bus = bus
        self.name = bus.name
        # A device in this process can be held still; another's changes are looked at until they are steady.
        hold = getattr(bus, "hold", nullcontext)
        self._tape = _Tape(RecordingWriter(path, describe(bus)), hold)
        self.config = _RecordedConfig(self._tape, bus.config)
        self.bars: Mapping[int, _RecordedBar] = {
            index: _RecordedBar(self._tape, bar) for index, bar in bus.bars.items()
        }
        self.interrupts = _RecordedInterrupts(self._tape, bus.interrupts)
        self._doorbells: list[CarriedDoorbell] = []
        self._open = True

    def dma_memory(self, size_bytes: int, *, contiguous: bool = False) -> _RecordedMemory:
        """Memory for the device to reach; see `Bus.dma_memory`."""
        with self._tape.access(writes=True), ExitStack() as undo:
            memory = self.bus.dma_memory(size_bytes, contiguous=contiguous)
            undo.callback(memory.close)
            number = self._tape.new_number()
            undo.callback(self._tape.forget, number)
            copy = _Copy(memory.size_bytes)
            device = words_at(memory.address, memory.size_bytes)
            places = b"".join(
                segment.iova.to_bytes(8, "little") + segment.size_bytes.to_bytes(8, "little")
                for segment in memory.segments
            )
            self._tape.add(Kind.ALLOCATE, number, int(contiguous), memory.size_bytes, places)
            self._tape.regions[number] = SharedRegion(number, copy.words, device)
            undo.pop_all()
        return _RecordedMemory(self._tape, memory, number, copy)

    def doorbell(self, bar_index: int, offset: int) -> CarriedDoorbell:
        """A word that rings once written: always by a bell, so that no ring is missed.

        Raises:
            UsageError: there is no such BAR.
        """
        bar = self.bus.bars.get(bar_index)
        if bar is None:
            raise UsageError(f"the device has no BAR{bar_index}", bars=sorted(self.bus.bars))

        def ring(token: int) -> None:
            with self._tape.access(writes=True):
                self._tape.add(Kind.DOORBELL, bar_index, offset, token)
                bar.write32(offset, token)

        with self._tape.access(writes=True):
            self._tape.add(Kind.OPEN_DOORBELL, bar_index, offset)
        made = CarriedDoorbell(ring, self.name)
        self._doorbells.append(made)
        return made

    def reset(self) -> None:
        """Reset the function; see `Bus.reset`."""
        with self._tape.access(writes=True):
            self._tape.add(Kind.RESET)
            self.bus.reset()

    def close(self) -> None:
        """Give the device back, and end the recording.

        Raises:
            TransportError: the file could not be written to its end; the device was given back.
        """
        if not self._open:
            return
        self._open = False
        with ExitStack() as ending:  # the last one first, all of them whatever fails
            ending.callback(self._tape.writer.close)
            ending.callback(self.bus.close)
            ending.callback(self._tape.stop)
            ending.callback(self._say_close)
            for doorbell in self._doorbells:
                ending.callback(doorbell.close)

    def _say_close(self) -> None:
        with self._tape.access(writes=True):
            self._tape.add(Kind.CLOSE)

    def __enter__(self) -> RecordedBus:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<RecordedBus of {self.bus!r} to {self._tape.writer.path}>"


def describe(bus: Bus) -> dict[str, Any]:
    """What a recording says of its device."""
    bars = [
        {
            "index": bar.index,
            "size_bytes": bar.size_bytes,
            "bus_address": bar.bus_address,
            "mappable": bar.mappable,
        }
        for bar in bus.bars.values()
    ]
    return {"name": bus.name, "bars": bars, "vectors": bus.interrupts.count}
