"""The file of a recorded session: what a driver did to a device and what it got back, in order.

    header    8 bytes of magic; u32 length of the description; the description (JSON, UTF-8); its u32 CRC-32
    blocks    each: u32 packed length, u32 unpacked length, u32 CRC-32 of the packed bytes; these (zlib)
    the end   a block of packed length 0, whose unpacked length is the number of events

The blocks' contents, one after the other, are the events. Each is 32 bytes, little-endian:

    u8  kind        of `Kind`
    u8  stream      which thread; the description of streams is in events of kind STREAM
    u16 place       BAR, vector or region that it is about
    u32 data_bytes  that follow these 32 bytes
    u64 offset      in bytes, in the BAR, configuration space or region
    u64 value       read, written, counted or given
    u64 time_ns     since the recording began

Regions are memory that driver and device share: DMA memory, and parts of BARs that are mapped. They hold
zeros at first; CHANGE events say what the device has changed in one, HOST_CHANGE events what the driver has.
"""

from __future__ import annotations

import json
import os
import struct
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from barewire.errors import FormatError, TransportError

MAGIC = b"BWREC\x00\x00\x01"
FORMAT_VERSION = 1
BLOCK_BYTES = 256 << 10
COMPRESSION = 1  # several times smaller already; more costs more time than the device takes
MOST_UNPACKED = 1 << 28
MOST_DESCRIPTION = 1 << 20
LARGEST_MAPPED_BYTES = 64 << 20  # of parts of BARs whose changes are recorded

_LENGTH = struct.Struct("<I")
_BLOCK = struct.Struct("<3I")
_EVENT = struct.Struct("<BBHIQQQ")


class Kind(IntEnum):
    """What happened."""

    STREAM = 1  # value: its number; data: the thread's name
    CONFIG_READ = 2  # place: width in bytes
    CONFIG_WRITE = 3
    READ32 = 4  # place: the BAR
    WRITE32 = 5
    READ = 6  # value: bytes; data: what was read
    WRITE = 7  # data: what was written
    ALLOCATE = 8  # place: the region; value: bytes; offset: 1 if contiguous; data: segments
    FREE = 9
    MAP = 10  # place: the region; offset, value: of the part; data: the BAR, and whether changes are recorded
    UNMAP = 11
    CHANGE = 12  # place: the region; data: the bytes at `offset` now, which the device has written
    INTERRUPTS_ON = 13  # value: how many vectors
    INTERRUPTS_OFF = 14
    INTERRUPT = 15  # place: the vector; value: how often it came
    OPEN_DOORBELL = 16  # place: the BAR; offset: of the word; value: whether it rings a bell
    DOORBELL = 17  # value: the token
    RESET = 18
    CLOSE = 19
    HOST_CHANGE = 20  # as CHANGE, by the driver


def is_watched(size_bytes: int) -> bool:
    """Whether changes in a part of a BAR of that size are recorded, when it is mapped."""
    return 0 < size_bytes <= LARGEST_MAPPED_BYTES and size_bytes % 8 == 0


class Event(NamedTuple):
    """One event; see the module for the fields."""

    kind: Kind
    stream: int
    place: int
    offset: int
    value: int
    time_ns: int
    data: bytes = b""

    def __str__(self) -> str:
        data = f", {len(self.data)} bytes" if self.data else ""
        return (
            f"{self.kind.name} of {self.place} at {self.offset:#x}, value {self.value:#x}{data} "
            f"({self.time_ns / 1e9:.6f} s)"
        )


class RecordingWriter:
    """Writes a recording. Any thread may add events.

    Raises:
        TransportError: the file cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], description: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._pending = bytearray()
        self._count = 0
        self._start_ns = time.monotonic_ns()
        text = json.dumps({"format": FORMAT_VERSION, **description}, sort_keys=True).encode()
        try:
            self._file: BinaryIO | None = self.path.open("wb")
            self._file.write(MAGIC + _LENGTH.pack(len(text)) + text + _LENGTH.pack(zlib.crc32(text)))
        except OSError as error:
            raise self._unwritable(error) from error

    def add(
        self, kind: Kind, stream: int, place: int = 0, offset: int = 0, value: int = 0, data: bytes = b""
    ) -> None:
        """Add an event that happens now; nothing after the end.

        Raises:
            TransportError: the file cannot be written.
        """
        with self._lock:
            if self._file is None:
                return
            now_ns = time.monotonic_ns() - self._start_ns
            self._pending += _EVENT.pack(kind, stream, place, len(data), offset, value, now_ns)
            self._pending += data
            self._count += 1
            if len(self._pending) >= BLOCK_BYTES:
                self._write_block(self._file)

    def _write_block(self, file: BinaryIO) -> None:
        if not self._pending:
            return
        packed = zlib.compress(self._pending, COMPRESSION)
        try:
            file.write(_BLOCK.pack(len(packed), len(self._pending), zlib.crc32(packed)) + packed)
            file.flush()
        except OSError as error:
            raise self._unwritable(error) from error
        self._pending = bytearray()

    def close(self) -> None:
        """Write what is pending and the end; a second time is nothing.

        Raises:
            TransportError: the file cannot be written.
        """
        with self._lock:
            file, self._file = self._file, None
            if file is None:
                return
            try:
                with file:
                    self._write_block(file)
                    file.write(_BLOCK.pack(0, self._count & 0xFFFFFFFF, 0))
            except OSError as error:
                raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> TransportError:
        return TransportError(f"the recording cannot be written: {error}", path=str(self.path))


class Recording(NamedTuple):
    """A whole recording.

    Attributes:
        description: of the device, as JSON has it.
        events: all of them, in order.
        complete: whether the end is there; the process may have died while it recorded.
    """

    description: dict[str, Any]
    events: list[Event]
    complete: bool


def read_recording(path: str | os.PathLike[str], *, partial: bool = False) -> Recording:
    """Read a recording.

    Args:
        path: of the file.
        partial: take what there is of a file that ends too early.

    Raises:
        FormatError: the file is no recording, damaged, or ends too early.
        TransportError: it cannot be read.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise TransportError(f"the recording cannot be read: {error}", path=str(path)) from error
    return parse_recording(data, partial=partial)


def parse_recording(data: bytes, *, partial: bool = False) -> Recording:
    """Read a recording from its bytes; see `read_recording`."""
    description, offset = _read_description(data)
    contents = bytearray()
    expected: int | None = None
    try:
        for block in _blocks(data, offset):
            if isinstance(block, int):
                expected = block
            else:
                contents += block
    except _Short as short:
        if not partial:
            raise FormatError("the recording ends too early", offset=short.offset) from None
    events = list(_events(bytes(contents), cut=partial and expected is None))
    if expected is not None and expected != len(events) & 0xFFFFFFFF:
        raise FormatError("the recording lacks events", count=len(events), expected=expected)
    return Recording(description, events, expected is not None)


class _Short(Exception):
    """The file ends before a block does."""

    def __init__(self, offset: int) -> None:
        self.offset = offset


def _read_description(data: bytes) -> tuple[dict[str, Any], int]:
    if data[: len(MAGIC)] != MAGIC:
        raise FormatError("not a recording: it does not begin with its magic number", found=data[:8].hex())
    start = len(MAGIC) + _LENGTH.size
    if len(data) < start:
        raise FormatError("the recording ends in its header", size_bytes=len(data))
    (length,) = _LENGTH.unpack_from(data, len(MAGIC))
    end = start + length
    if length > MOST_DESCRIPTION or len(data) < end + _LENGTH.size:
        raise FormatError("the recording ends in its header", size_bytes=len(data), description_bytes=length)
    text = data[start:end]
    if _LENGTH.unpack_from(data, end)[0] != zlib.crc32(text):
        raise FormatError("the recording's description is damaged", offset=start)
    try:
        description = json.loads(text)
    except ValueError as error:
        raise FormatError(f"the recording's description is no JSON: {error}", offset=start) from error
    if not isinstance(description, dict) or description.get("format") != FORMAT_VERSION:
        raise FormatError("the recording is of another version", expected=FORMAT_VERSION)
    return description, end + _LENGTH.size


def _blocks(data: bytes, offset: int) -> Iterator[bytes | int]:
    """Unpacked blocks; at the end the number of events."""
    while True:
        if offset + _BLOCK.size > len(data):
            raise _Short(offset)
        packed_bytes, unpacked_bytes, checksum = _BLOCK.unpack_from(data, offset)
        offset += _BLOCK.size
        if packed_bytes == 0:
            if offset != len(data) or checksum:
                raise FormatError("the recording goes on after its end", offset=offset)
            yield int(unpacked_bytes)
            return
        if offset + packed_bytes > len(data):
            raise _Short(offset)
        yield _unpack(data[offset : offset + packed_bytes], unpacked_bytes, checksum, offset)
        offset += packed_bytes


def _unpack(packed: bytes, unpacked_bytes: int, checksum: int, offset: int) -> bytes:
    if zlib.crc32(packed) != checksum or unpacked_bytes > MOST_UNPACKED:
        raise FormatError("a block of the recording is damaged", offset=offset)
    try:
        contents = zlib.decompressobj().decompress(packed, unpacked_bytes + 1)
    except zlib.error as error:
        raise FormatError(f"a block of the recording cannot be unpacked: {error}", offset=offset) from error
    if len(contents) != unpacked_bytes:
        raise FormatError(
            "a block of the recording has another length", offset=offset, expected=unpacked_bytes
        )
    return contents


def _events(contents: bytes, cut: bool) -> Iterator[Event]:
    """The events of all blocks; `cut` leaves out a last one that is not whole."""
    offset = 0
    while offset < len(contents):
        end = offset + _EVENT.size
        whole = end <= len(contents)
        size = _EVENT.unpack_from(contents, offset)[3] if whole else 0
        if not whole or end + size > len(contents):
            if cut:
                return
            raise FormatError("the recording ends within an event", offset=offset)
        kind, stream, place, _, at, value, time_ns = _EVENT.unpack_from(contents, offset)
        if kind not in _KINDS:
            raise FormatError("the recording has an event of an unknown kind", kind=kind, offset=offset)
        yield Event(Kind(kind), stream, place, at, value, time_ns, contents[end : end + size])
        offset = end + size


_KINDS = frozenset(map(int, Kind))
