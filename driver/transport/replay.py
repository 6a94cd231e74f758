"""Replaying: a bus that answers as a recorded device did.

A driver that makes the accesses of the recorded session gets the same values, finds the same changes in
memory, and is woken by the same interrupts. What a driver may do a little differently, `script.py` says;
where it really does something else, it gets `DivergedReplay`: a driver too that goes by the clock, and leaves
out, say, what the GPU happens to have done already.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
import threading
from collections.abc import Mapping
from typing import Any

from barewire.errors import FormatError, TransportError, UsageError
from barewire.native._native import ffi
from barewire.transport.bell import CarriedDoorbell
from barewire.transport.bus import Segment
from barewire.transport.iommu import whole_pages
from barewire.transport.recording import Event, Kind, is_watched, read_recording
from barewire.transport.script import Script

_SEGMENT = struct.Struct("<QQ")
LOOK_EVERY_S = 1e-3
NORESERVE = getattr(mmap, "MAP_NORESERVE", 0)


def _event(kind: Kind, place: int = 0, offset: int = 0, value: int = 0, data: bytes = b"") -> Event:
    """An access as the driver makes it."""
    return Event(kind, 0, place, offset, value, 0, data)


class _Memory:
    """Memory of this process that stands for a device's or shared with it."""

    def __init__(self, script: Script, number: int, size_bytes: int, closing: Kind) -> None:
        self.size_bytes = size_bytes
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NORESERVE
        try:
            self._memory = mmap.mmap(-1, max(size_bytes, 1), flags=flags)
        except (OSError, ValueError, OverflowError) as error:
            raise TransportError(f"no memory to replay with: {error}", size_bytes=size_bytes) from error
        self.address = int(ffi.cast("uintptr_t", ffi.from_buffer(self._memory)))
        self.view = memoryview(self._memory)[:size_bytes]
        self._script = script
        self._number = number
        self._closing = closing
        self._open = True

    def join(self) -> None:
        """Let recorded changes come."""
        self._script.add_region(self._number, self)

    def look(self) -> memoryview:
        """Its bytes."""
        return self.view

    def close(self) -> None:
        """Give it back; a second time is nothing. It stays in this process while somebody looks at it."""
        if self._open:
            self._open = False
            self._script.take(_event(self._closing, self._number))


class ReplayMemory(_Memory):
    """A `DmaMemory` where the recorded one was for the device."""

    def __init__(self, script: Script, event: Event) -> None:
        super().__init__(script, event.place, event.value, Kind.FREE)
        if len(event.data) % _SEGMENT.size:
            raise FormatError("the recording has half a segment", size_bytes=len(event.data))
        self.segments = tuple(Segment(*each) for each in _SEGMENT.iter_unpack(event.data))
        self.join()

    @property
    def iova(self) -> int:
        """Where the device found its first byte.

        Raises:
            UsageError: it has several segments.
        """
        if len(self.segments) != 1:
            raise UsageError("the memory is not contiguous for the device", segments=len(self.segments))
        return self.segments[0].iova

    def iova_of(self, offset: int) -> int:
        """Where the device found the byte at an offset.

        Raises:
            UsageError: the memory has no such byte.
        """
        left = offset
        for segment in self.segments:
            if 0 <= left < segment.size_bytes:
                return segment.iova + left
            left -= segment.size_bytes
        raise UsageError(f"the memory has no byte {offset:#x}", offset=offset, size_bytes=self.size_bytes)


class _ReplayConfig:
    """Configuration space."""

    def __init__(self, script: Script) -> None:
        self._script = script

    def read(self, offset: int, size_bytes: int) -> int:
        """One access of 1, 2 or 4 bytes."""
        return self._script.take(_event(Kind.CONFIG_READ, size_bytes, offset)).value

    def write(self, offset: int, size_bytes: int, value: int) -> None:
        """One access of 1, 2 or 4 bytes."""
        self._script.take(_event(Kind.CONFIG_WRITE, size_bytes, offset, value))


class _ReplayBar:
    """A BAR."""

    def __init__(self, script: Script, shape: Mapping[str, Any]) -> None:
        self.index = int(shape["index"])
        self.size_bytes = int(shape["size_bytes"])
        self.bus_address = int(shape["bus_address"])
        self.mappable = bool(shape["mappable"])
        self._script = script

    def read32(self, offset: int) -> int:
        """One 32-bit read."""
        return self._script.take(_event(Kind.READ32, self.index, offset)).value

    def write32(self, offset: int, value: int) -> None:
        """One 32-bit write."""
        self._script.take(_event(Kind.WRITE32, self.index, offset, value))

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Many bytes."""
        return self._script.take(_event(Kind.READ, self.index, offset, size_bytes)).data

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Many bytes, in order."""
        self._script.take(_event(Kind.WRITE, self.index, offset, data=bytes(data)))

    def map(self, offset: int, size_bytes: int) -> _Memory:
        """Part of it in this process.

        Raises:
            UsageError: the BAR is not mappable.
        """
        if not self.mappable:
            raise UsageError(f"BAR{self.index} cannot be mapped", offset=offset)
        made = _event(Kind.MAP, 0, offset, size_bytes, bytes((self.index, is_watched(size_bytes))))
        mapped = _Memory(self._script, self._script.take(made).place, size_bytes, Kind.UNMAP)
        mapped.join()
        return mapped


class _ReplayInterrupts:
    """Vectors."""

    def __init__(self, script: Script, count: int) -> None:
        self.count = count
        self._script = script

    def enable(self, count: int) -> None:
        """Let vectors 0 .. count-1 come."""
        self._script.take(_event(Kind.INTERRUPTS_ON, value=count))

    def wait(self, vector: int, timeout_s: float) -> int:
        """Wait for a vector; see `Interrupts.wait`."""
        return self._script.take_interrupt(vector, timeout_s)

    def disable(self) -> None:
        """Let none come."""
        self._script.take(_event(Kind.INTERRUPTS_OFF))


class ReplayBus:
    """A `Bus` that answers from a recording.

    Args:
        path: of the recording.
        partial: take a recording that ends too early for what it has.
        strict: forgive not even polls that look more or less often than recorded.

    Raises:
        FormatError: the file is no recording, or damaged.
        TransportError: it cannot be read.
    """

    def __init__(self, path: str | os.PathLike[str], *, partial: bool = False, strict: bool = False) -> None:
        recording = read_recording(path, partial=partial)
        self.script = Script(recording, strict=strict)
        self.config = _ReplayConfig(self.script)
        try:
            self.name = str(recording.description["name"])
            self.bars = {
                int(shape["index"]): _ReplayBar(self.script, shape) for shape in recording.description["bars"]
            }
            self.interrupts = _ReplayInterrupts(self.script, int(recording.description["vectors"]))
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError(f"the recording does not describe its device: {error!r}") from error
        self._doorbells: list[CarriedDoorbell] = []
        self._open = True
        self._stop = threading.Event()
        self._prompter = threading.Thread(target=self._go_on, name="replay", daemon=True)
        self._prompter.start()

    def _go_on(self) -> None:
        """A recording that makes no sense is told to who makes the next access."""
        while not self._stop.wait(LOOK_EVERY_S):
            with contextlib.suppress(FormatError):
                self.script.go_on()

    @property
    def remaining(self) -> int:
        """How many recorded accesses nobody has made yet."""
        return self.script.remaining

    def dma_memory(self, size_bytes: int, *, contiguous: bool = False) -> ReplayMemory:
        """Memory with the addresses that it had for the device."""
        made = _event(Kind.ALLOCATE, 0, int(contiguous), whole_pages(size_bytes))
        return ReplayMemory(self.script, self.script.take(made))

    def doorbell(self, bar_index: int, offset: int) -> CarriedDoorbell:
        """A word that rings once written."""
        self.script.take(_event(Kind.OPEN_DOORBELL, bar_index, offset))
        made = CarriedDoorbell(lambda _: self.script.go_on(), self.name)
        self._doorbells.append(made)
        return made

    def reset(self) -> None:
        """The function was reset here."""
        self.script.take(_event(Kind.RESET))

    def close(self) -> None:
        """The session ends here; a second time is nothing."""
        if self._open:
            self._open = False
            for doorbell in self._doorbells:
                doorbell.close()
            self._stop.set()
            self._prompter.join()

    def __enter__(self) -> ReplayBus:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ReplayBus of {self.name}, {self.remaining} accesses to come>"
