"""The pushbuffer builder: NVIDIA's names, every value checked; read back by a decoder of another hand."""

from __future__ import annotations

import pytest
from barewire.channel.decoder import decode_pushbuffer
from barewire.channel.pushbuffer import Pushbuffer
from barewire.copy.engine import CopyPushbuffer
from barewire.errors import FieldRange, UnknownMethod, UsageError
from hypothesis import given
from hypothesis import strategies as st

HOST, COMPUTE, COPY = 0xC86F, 0xCBC0, 0xC8B5
words = st.integers(0, 0xFFFFFFFF)


def read_back(pushbuffer: Pushbuffer) -> list[tuple[str, int]]:
    operations = decode_pushbuffer(pushbuffer.words, {1: COMPUTE, 4: COPY}, HOST)
    return [(operation.name, operation.value) for operation in operations]


@pytest.fixture
def compute() -> Pushbuffer:
    return Pushbuffer((HOST, COMPUTE))


@pytest.fixture
def copy() -> CopyPushbuffer:
    return CopyPushbuffer((HOST, COPY))


@given(words, words)
def test_neighbouring_methods_are_written_by_one_header(high, low):
    pushbuffer = Pushbuffer((HOST, COPY)).method(
        "NVC8B5_OFFSET_IN_UPPER", high & 0x1FFFFFF, low, high & 0x1FFFFFF, low
    )

    assert len(pushbuffer) == 5
    assert read_back(pushbuffer) == [
        ("NVC8B5_OFFSET_IN_UPPER", high & 0x1FFFFFF),
        ("NVC8B5_OFFSET_IN_LOWER", low),
        ("NVC8B5_OFFSET_OUT_UPPER", high & 0x1FFFFFF),
        ("NVC8B5_OFFSET_OUT_LOWER", low),
    ]


def test_fields_are_given_as_numbers_or_by_name(compute):
    compute.method("NVCBC0_SEND_SIGNALING_PCAS2_B", PCAS_ACTION="SCHEDULE")
    compute.method("NVCBC0_SEND_SIGNALING_PCAS2_B", PCAS_ACTION=2, SELECT=5)

    assert read_back(compute) == [
        ("NVCBC0_SEND_SIGNALING_PCAS2_B", 2),
        ("NVCBC0_SEND_SIGNALING_PCAS2_B", 2 | 5 << 8),
    ]


def test_an_immediate_stands_in_its_header(compute):
    compute.immediate("NVCBC0_WAIT_FOR_IDLE").immediate("NVCBC0_SEND_SIGNALING_PCAS2_B", 10)

    assert len(compute) == 2
    assert read_back(compute) == [("NVCBC0_WAIT_FOR_IDLE", 0), ("NVCBC0_SEND_SIGNALING_PCAS2_B", 10)]


@pytest.mark.parametrize("count", [1, 2, 0x1FFF, 0x2000, 20_000])
def test_repeated_data_goes_to_one_method_however_long_it_is(compute, count):
    compute.repeated("NVCBC0_LOAD_INLINE_DATA", range(count))

    assert read_back(compute) == [("NVCBC0_LOAD_INLINE_DATA", value) for value in range(count)]


def test_nothing_repeated_is_nothing(compute):
    assert compute.repeated("NVCBC0_LOAD_INLINE_DATA", []).words == []


def test_a_class_is_bound_to_its_subchannel(compute, copy):
    compute.bind(COMPUTE)
    copy.bind(COPY)

    bound = [decode_pushbuffer(pushbuffer.words, {}, HOST)[0] for pushbuffer in (compute, copy)]
    assert [(operation.subchannel, operation.value) for operation in bound] == [(1, COMPUTE), (4, COPY)]
    assert [operation.method.name for operation in bound] == ["SET_OBJECT", "SET_OBJECT"]


@given(st.integers(0, (1 << 38) - 1), words, st.booleans(), st.booleans())
def test_a_release_says_where_what_and_when(place, payload, waits, stamped):
    gpu_va = 16 * place & (1 << 40) - 1
    pushbuffer = Pushbuffer((HOST, COMPUTE))

    pushbuffer.release(gpu_va, payload, wait_for_idle=waits, timestamp=stamped)

    low, high, first, second, execute = decode_pushbuffer(pushbuffer.words, {}, HOST)
    assert (high.value << 32 | low.value, first.value, second.value) == (gpu_va, payload, 0)
    assert execute.value & 7 == 1
    # NVC86F_SEM_EXECUTE: RELEASE_WFI 20:20, RELEASE_TIMESTAMP 25:25
    assert (execute.value >> 20 & 1, execute.value >> 25 & 1) == (int(waits), int(stamped))


def test_an_acquire_compares_circularly_and_lets_others_run(compute):
    compute.acquire(0x10_0000_0100, 7)

    execute = decode_pushbuffer(compute.words, {}, HOST)[-1]
    assert execute.value == 3 | 1 << 12


@pytest.mark.parametrize(
    "name",
    ["NVCBC0_WAIT_FOR_IDEL", "NVC8B5_LAUNCH_DMA", "WAIT_FOR_IDLE", "NVFFFF_NOP", "", "NVCBC0_"],
)
def test_a_method_that_the_channel_does_not_have_is_refused(compute, name):
    for call in (
        lambda: compute.method(name, 0),
        lambda: compute.immediate(name),
        lambda: compute.repeated(name, [1]),
    ):
        with pytest.raises(UnknownMethod):
            call()
    assert compute.words == []


def test_a_misspelt_method_is_told_its_neighbours(compute):
    with pytest.raises(UnknownMethod) as told:
        compute.method("NVCBC0_WAIT_FOR_IDEL", 0)

    assert "WAIT_FOR_IDLE" in str(told.value)


@pytest.mark.parametrize(
    "build",
    [
        lambda pushbuffer: pushbuffer.method("NVCBC0_SEND_SIGNALING_PCAS2_B", 1 << 31),
        lambda pushbuffer: pushbuffer.method("NVCBC0_SEND_SIGNALING_PCAS2_B", PCAS_ACTION=16),
        lambda pushbuffer: pushbuffer.method("NVCBC0_SEND_SIGNALING_PCAS2_B", PCAS_ACTION=-1),
        lambda pushbuffer: pushbuffer.method("NVCBC0_SEND_PCAS_A", 1 << 32),
        lambda pushbuffer: pushbuffer.method("NVCBC0_SEND_PCAS_A", -1),
        lambda pushbuffer: pushbuffer.immediate("NVCBC0_LOAD_INLINE_DATA", 0x2000),
        lambda pushbuffer: pushbuffer.immediate("NVCBC0_INVALIDATE_SKED_CACHES", 2),
        lambda pushbuffer: pushbuffer.method("NVC86F_SEM_ADDR_LO", 3, 0),
        lambda pushbuffer: pushbuffer.method("NVC86F_SEM_ADDR_LO", 4, 1 << 25),
        lambda pushbuffer: pushbuffer.repeated("NVCBC0_LOAD_INLINE_DATA", [0, 1 << 32]),
    ],
)
def test_a_value_beyond_its_fields_is_refused_and_nothing_is_written(compute, build):
    with pytest.raises(FieldRange):
        build(compute)

    assert compute.words == []


def test_unknown_fields_and_enum_names_are_refused(compute):
    for fields in ({"NO_SUCH": 1}, {"PCAS_ACTION": "NO_SUCH"}):
        with pytest.raises(UsageError):
            compute.method("NVCBC0_SEND_SIGNALING_PCAS2_B", **fields)
    with pytest.raises(UsageError):
        compute.method("NVCBC0_SEND_SIGNALING_PCAS2_B", 1, PCAS_ACTION=1)
    assert compute.words == []


def test_values_that_run_past_a_method_s_neighbours_are_refused(copy):
    with pytest.raises(UsageError):
        copy.method("NVC8B5_LAUNCH_DMA", 0, *[0] * 40)


@pytest.mark.parametrize(
    "build",
    [
        lambda copy: copy.copy(source=0, destination=0, size_bytes=-1),
        lambda copy: copy.fill(destination=0, value=0, element_bytes=3, count=1),
        lambda copy: copy.fill(destination=0, value=256, element_bytes=1, count=1),
        lambda copy: copy.fill(destination=0, value=-1, element_bytes=4, count=1),
        lambda copy: copy.fill(destination=0, value=0, element_bytes=4, count=-1),
        lambda copy: lines(copy, width_bytes=-1),
        lambda copy: lines(copy, height=-1),
        lambda copy: lines(copy, height=1 << 32),
        lambda copy: lines(copy, destination_pitch_bytes=7),
    ],
)
def test_a_copy_or_fill_that_cannot_be_is_refused(copy, build):
    with pytest.raises(UsageError):
        build(copy)
    assert copy.words == []


def lines(copy: CopyPushbuffer, **changes: int) -> None:
    shape = {"width_bytes": 8, "height": 2, "source_pitch_bytes": 8, "destination_pitch_bytes": 8} | changes
    copy.copy_2d(source=0, destination=0x1000, **shape)


def test_empty_copies_are_no_words(copy):
    copy.copy(source=0, destination=0, size_bytes=0)
    lines(copy, width_bytes=0)
    lines(copy, height=0)

    assert copy.words == []


def test_a_copy_longer_than_a_line_can_be_becomes_several(copy):
    size = (5 << 30) + 3
    copy.copy(source=0x1000, destination=0x20_0000_0000, size_bytes=size)

    lengths = [value for name, value in read_back(copy) if name == "NVC8B5_LINE_LENGTH_IN"]
    assert sum(lengths) == size
    assert max(lengths) < 1 << 32


def test_raw_words_are_taken_as_they_are(compute):
    assert compute.raw([0xFFFFFFFF, 0, -1]).tobytes() == b"\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff"
