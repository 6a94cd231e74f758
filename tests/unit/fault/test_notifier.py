"""The error notifier: 3 records of 16 bytes, little-endian."""

from __future__ import annotations

import struct

import pytest
from barewire.errors import FormatError
from barewire.fault import notifier
from barewire.fault.notifier import KEY_ROTATION, NOTIFIER_BYTES, WORK_SUBMIT_TOKEN
from hypothesis import given
from hypothesis import strategies as st


def record(time_ns=0, info32=0, info16=0, status=0) -> bytes:
    return struct.pack("<IIIHH", time_ns & 0xFFFFFFFF, time_ns >> 32, info32, info16, status)


def test_a_fresh_notifier_holds_no_error():
    assert notifier.error_in(bytes(NOTIFIER_BYTES)) is None


def test_an_error_names_its_xid_engine_and_time():
    memory = record(time_ns=0x1234_5678_9ABC_DEF0, info32=31, info16=1, status=0xFFFF) + bytes(32)

    error = notifier.error_in(memory)

    assert error is not None
    assert (error.info32, error.engine, error.time_ns) == (31, "GR0", 0x1234_5678_9ABC_DEF0)


def test_a_record_whose_status_is_not_written_yet_is_no_error():
    # The writer fills time, info32 and info16 first.
    assert notifier.error_in(record(time_ns=1, info32=31, info16=1, status=0x8000) + bytes(32)) is None
    assert notifier.error_in(record(time_ns=1, info32=31, info16=1, status=0) + bytes(32)) is None


def test_the_other_records_are_reached_by_index():
    memory = record() + record(info32=0xCAFE) + record(info32=7)

    assert notifier.parse(memory, WORK_SUBMIT_TOKEN).info32 == 0xCAFE
    assert notifier.parse(memory, KEY_ROTATION).info32 == 7


def test_a_token_is_not_taken_for_an_error():
    assert notifier.error_in(record() + record(info32=0xCAFE, status=0xFFFF) + record()) is None


def test_a_notifier_may_start_anywhere_in_its_memory():
    memory = memoryview(bytearray(4096 + 48))
    memory[4096 : 4096 + 16] = record(info32=69, info16=1, status=0xFFFF)

    error = notifier.error_in(memory, offset=4096)

    assert error is not None
    assert error.info32 == 69


@pytest.mark.parametrize("read", [notifier.error_in, notifier.parse])
def test_memory_that_is_too_short_is_refused(read):
    with pytest.raises(FormatError) as short:
        read(bytes(15))

    assert short.value.expected_bytes == 16


@given(st.binary(max_size=64), st.integers(-64, 64))
def test_any_memory_gives_a_record_or_a_format_error(memory, offset):
    try:
        error = notifier.error_in(memory, offset)
    except FormatError:
        assert offset < 0 or offset + 16 > len(memory)
    else:
        assert error is None or error.status == 0xFFFF


@pytest.mark.parametrize(
    ("engine_type", "name", "is_copy"),
    [
        (0x01, "GR0", False),
        (0x08, "GR7", False),
        (0x09, "COPY0", True),
        (0x12, "COPY9", True),
        (0x13, "NVDEC0", False),
        (0x1A, "NVDEC7", False),
        (0x1B, "NVENC0", False),
        (0x1D, "NVENC2", False),
        (0x22, "SW", False),
        (0x27, "HOST", False),
        (0x2B, "NVJPEG0", False),
        (0x32, "NVJPEG7", False),
        (0x33, "OFA0", False),
        (0x34, "COPY10", True),
        (0x3D, "COPY19", True),
        (0x3E, "OFA1", False),
        (0x3F, "NVENC3", False),
        (0x40, "COMP_DECOMP_COPY0", False),
        (0x53, "COMP_DECOMP_COPY19", False),
        (0x54, "0x54", False),
    ],
)
def test_engine_types_have_names_and_unknown_ones_print_as_numbers(engine_type, name, is_copy):
    assert notifier.engine_name(engine_type) == name
    assert notifier.is_copy_engine(engine_type) == is_copy
