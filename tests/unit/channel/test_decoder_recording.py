"""How a recording's spans of changed memory become pushbuffer segments again."""

from __future__ import annotations

import json

import pytest
from barewire.channel import recording
from barewire.errors import BadPushbuffer

ENTRIES = 0x2_0060_0000
SEGMENT = 0x2_0080_0000
CONTEXT = [0] * 8


def span(gpu_va, words):
    return {"addr": hex(gpu_va), "map": "/dev/nvidia0", "words": [f"{word:08x}" for word in words]}


def entry(gpu_va, length):
    return [gpu_va & 0xFFFFFFFF, gpu_va >> 32 | length << 10]


def one_record(*spans):
    data = {
        "gpu": "a GPU",
        "driver": "1.2",
        "compute_class": "cbc0",
        "records": [{"op": "it", "segments": list(spans)}],
    }
    return recording.parse(data).records[0]


RELEASE = [0x200426C0, 2, 0x0460FFF0, 7, 4]


def test_the_segment_that_a_new_entry_points_at_is_found_and_read():
    record = one_record(
        span(ENTRIES, CONTEXT + entry(SEGMENT, 5) + CONTEXT), span(SEGMENT - 32, CONTEXT + RELEASE + CONTEXT)
    )

    (segment,) = record.segments

    assert (segment.gpu_va, segment.words) == (SEGMENT, tuple(RELEASE))
    assert segment.entry_gpu_va == ENTRIES + 32
    assert str(segment.events[0]) == "compute semaphore 0x20460fff0 = 7 (timestamp)"


def test_an_older_entry_that_stands_before_the_new_one_is_not_taken_for_new():
    older = entry(SEGMENT, 5)
    newer = entry(SEGMENT + 20, 5)
    record = one_record(
        span(ENTRIES, [0] * 6 + older + newer + CONTEXT),
        span(SEGMENT - 12, [0] * 3 + RELEASE + RELEASE + CONTEXT),
    )

    assert [segment.gpu_va for segment in record.segments] == [SEGMENT + 20]


def test_an_entry_at_the_start_of_a_mapping_has_no_context_before_it():
    record = one_record(span(ENTRIES, entry(SEGMENT, 5) + CONTEXT), span(SEGMENT, RELEASE + CONTEXT))

    assert [segment.gpu_va for segment in record.segments] == [SEGMENT]


def test_words_between_two_spans_are_unknown_and_zero_only_if_asked_for():
    load = [0x20022062, 2, 0x1000, 0x20022060, 96, 1, 0x2001206C, 0x41, 0x6018206D, *range(24)]
    record = one_record(
        span(ENTRIES, CONTEXT + entry(SEGMENT, len(load)) + CONTEXT),
        span(SEGMENT, load[:15]),
        span(SEGMENT + 4 * 20, load[20:] + CONTEXT),
    )

    (segment,) = record.segments
    (event,) = segment.events

    assert segment.unrecorded == tuple(range(15, 20))
    assert event.words[5:12] == (5, None, None, None, None, None, 11)
    assert event.array()[5:12].tolist() == [5, 0, 0, 0, 0, 0, 11]


def test_a_gap_where_a_header_must_be_stops_the_reader():
    record = one_record(
        span(ENTRIES, CONTEXT + entry(SEGMENT, 40) + CONTEXT),
        span(SEGMENT, RELEASE),
        span(SEGMENT + 140, [0] * 5),
    )

    with pytest.raises(BadPushbuffer, match="not in the recording") as refused:
        recording.launches(record)

    assert refused.value.index == 5


def test_userd_and_semaphores_are_not_taken_for_entries():
    userd = [0] * 8 + [SEGMENT & 0xFFFFFFFF] * 2 + [0, 2] + [0] * 24
    record = one_record(span(0x2_0060_2020, userd), span(SEGMENT, RELEASE))

    assert record.segments == ()
    assert recording.launches(record) == []


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x7fELF", "JSON"),
        (b"[]", "records"),
        (b'{"records": 1}', "records"),
        (b'{"records": [3]}', r"records\[0\]"),
        (b'{"records": [{"segments": [{}]}]}', r"records\[0\].segments\[0\]"),
        (b'{"records": [{"segments": [{"addr": "xyz", "words": []}]}]}', "addr"),
        (b'{"records": [{"segments": [{"addr": "0x2", "words": []}]}]}', "multiple of 4"),
        (b'{"records": [{"segments": [{"addr": "0x0", "words": ["123456789"]}]}]}', r"words\[0\]"),
        (b'{"records": [{"segments": [{"addr": "0x0", "words": [5]}]}]}', r"words\[0\]"),
        (b'{"compute_class": 5, "records": []}', "compute_class"),
    ],
)
def test_what_is_not_a_recording_is_refused_with_the_place(data, why):
    with pytest.raises(BadPushbuffer, match=why):
        recording.load(data)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadPushbuffer, match="cannot read"):
        recording.load(tmp_path / "nothing.json")


def test_a_recording_is_read_from_a_file(tmp_path):
    file = tmp_path / "one.json"
    file.write_text(
        json.dumps({"gpu": "a GPU", "compute_class": "cbc0", "records": [{"op": "it", "segments": []}]})
    )

    loaded = recording.load(file)

    assert (loaded.gpu, loaded.compute_class, loaded.record("it").segments) == ("a GPU", 0xCBC0, ())
    with pytest.raises(BadPushbuffer, match="no operation 'other'"):
        loaded.record("other")


def test_bank_0s_table_is_in_order_and_does_not_overlap():
    ends = [field.offset + field.size_bytes for field in recording.BANK0]
    starts = [field.offset for field in recording.BANK0]

    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
    assert ends[-1] <= recording.BANK0_PARAMETERS
    assert recording.bank0_field(0x10).name == "grid"
    assert recording.bank0_field(0x44) is None
