"""The file of a recording: what is written is read, and no damage goes unnoticed."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from barewire.errors import FormatError, TransportError
from barewire.transport.recording import (
    MAGIC,
    Event,
    Kind,
    RecordingWriter,
    parse_recording,
    read_recording,
)
from hypothesis import given
from hypothesis import strategies as st

WORD64 = st.integers(0, (1 << 64) - 1)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(Kind),
        st.integers(0, 255),
        st.integers(0, 65535),
        WORD64,
        WORD64,
        st.binary(max_size=99),
    ),
    max_size=30,
)
DESCRIPTION = {"name": "soft:small", "bars": [], "vectors": 3}


def written(path, events) -> bytes:
    writer = RecordingWriter(path, DESCRIPTION)
    for event in events:
        writer.add(*event)
    writer.close()
    return path.read_bytes()


@pytest.fixture
def whole(tmp_path) -> bytes:
    """A small recording."""
    events = [(Kind.WRITE32, 0, 0, 8 * at, at, bytes(at % 5)) for at in range(40)]
    return written(tmp_path / "whole", events)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("recordings")


@given(EVENTS)
def test_what_is_written_is_read(folder, events):
    recording = parse_recording(written(folder / "any", events))

    assert recording.complete
    assert {name: recording.description[name] for name in DESCRIPTION} == DESCRIPTION
    assert [event._replace(time_ns=0) for event in recording.events] == [
        Event(kind, stream, place, offset, value, 0, data)
        for kind, stream, place, offset, value, data in events
    ]
    times = [event.time_ns for event in recording.events]
    assert times == sorted(times)


def test_long_recordings_go_to_several_blocks(tmp_path):
    data = bytes(range(256)) * 256
    events = [(Kind.CHANGE, 0, 1, at, 0, data) for at in range(20)]
    recording = parse_recording(written(tmp_path / "long", events))

    assert [event.data for event in recording.events] == [data] * 20


def test_a_recording_that_ends_anywhere_too_early_is_refused(whole):
    for cut in range(len(whole)):
        with pytest.raises(FormatError):
            parse_recording(whole[:cut])


def test_a_recording_with_any_byte_changed_is_refused(whole):
    for place in range(len(whole)):
        for flip in (0x01, 0x80, 0xFF):
            changed = bytearray(whole)
            changed[place] ^= flip
            with pytest.raises(FormatError):
                parse_recording(bytes(changed))


def test_what_follows_the_end_is_refused(whole):
    with pytest.raises(FormatError, match="after its end"):
        parse_recording(whole + b"\0")


@given(st.binary(max_size=200))
def test_other_bytes_are_no_recording(data):
    for start in (b"", MAGIC):
        with pytest.raises(FormatError):
            parse_recording(start + data)


def test_what_a_process_left_that_died_can_be_taken_as_it_is(tmp_path):
    path = tmp_path / "cut"
    data = bytes(100_000)
    whole = written(path, [(Kind.CHANGE, 0, 1, at, 0, bytes([at]) + data) for at in range(20)])
    path.write_bytes(whole[:-100])

    with pytest.raises(FormatError, match="ends too early"):
        read_recording(path)
    found = read_recording(path, partial=True)
    assert not found.complete
    assert 0 < len(found.events) <= 20
    assert [event.data[0] for event in found.events] == list(range(len(found.events)))


def block(contents: bytes, unpacked: int | None = None) -> bytes:
    packed = zlib.compress(contents)
    return (
        struct.pack("<3I", len(packed), len(contents) if unpacked is None else unpacked, zlib.crc32(packed))
        + packed
    )


EVENT = struct.pack("<BBHIQQQ", Kind.RESET, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "blocks",
    [
        block(EVENT) + struct.pack("<3I", 0, 2, 0),
        block(EVENT[:-1]) + struct.pack("<3I", 0, 1, 0),
        block(EVENT, 31) + struct.pack("<3I", 0, 1, 0),
        block(EVENT, 33) + struct.pack("<3I", 0, 1, 0),
        block(EVENT, 1 << 31) + struct.pack("<3I", 0, 1, 0),
        block(b"\x63" + EVENT[1:]) + struct.pack("<3I", 0, 1, 0),
        block(EVENT[:4] + b"\xff\xff\xff\xff" + EVENT[8:]) + struct.pack("<3I", 0, 1, 0),
        struct.pack("<3I", 4, 4, zlib.crc32(b"abcd")) + b"abcd" + struct.pack("<3I", 0, 0, 0),
    ],
    ids=["count", "half an event", "shorter", "longer", "huge", "unknown kind", "data beyond", "not packed"],
)
def test_blocks_that_hold_together_and_mean_nothing_are_refused(tmp_path, blocks):
    start = written(tmp_path / "empty", [])[:-12]
    assert parse_recording(start + block(EVENT) + struct.pack("<3I", 0, 1, 0)).events[0].kind is Kind.RESET

    with pytest.raises(FormatError):
        parse_recording(start + blocks)


@pytest.mark.parametrize("text", [b"[]", b"{", b'{"format": 9}', b"\xff"])
def test_a_description_that_is_none_is_refused(text):
    header = MAGIC + struct.pack("<I", len(text)) + text + struct.pack("<I", zlib.crc32(text))

    with pytest.raises(FormatError):
        parse_recording(header + struct.pack("<3I", 0, 0, 0))


def test_files_that_cannot_be_written_or_read_say_so(tmp_path):
    with pytest.raises(TransportError):
        RecordingWriter(tmp_path / "no" / "folder", DESCRIPTION)
    with pytest.raises(TransportError):
        read_recording(tmp_path / "nothing")


def test_a_disk_that_is_full_is_told_whenever_it_is_found_out(tmp_path):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no device that is always full here")
    writer = RecordingWriter(full, {"name": "soft:"})
    writer.add(Kind.CONFIG_READ, 0)
    with pytest.raises(TransportError):
        writer.close()
    writer.close()
