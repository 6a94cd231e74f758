"""The decoders on arbitrary input: one kind of error, no hang, and what was encoded comes back."""

from __future__ import annotations

import json

from barewire.channel import recording
from barewire.channel.decoder import decode_gpfifo_entry, decode_pushbuffer, iterate_pushbuffer, summarize
from barewire.errors import BadPushbuffer
from hypothesis import given
from hypothesis import strategies as st

WORD = st.integers(0, 0xFFFFFFFF)
# Words that look like headers, so that streams get further than their first word.
HEADER = st.builds(
    lambda operation, count, subchannel, address: operation << 29 | count << 16 | subchannel << 13 | address,
    st.sampled_from([1, 1, 3, 4, 5, 7, 0]),
    st.integers(0, 6),
    st.integers(0, 7),
    st.integers(0, 0xFFF),
)
STREAM = st.lists(st.one_of(HEADER, WORD, st.just(0)), max_size=60)
CLASSES = st.dictionaries(
    st.integers(0, 7),
    st.sampled_from([0xC5C0, 0xC7C0, 0xCBC0, 0xCDC0, 0xC8B5, 0xCAB5, 0xA140, 0x9097]),
    max_size=8,
)
HOSTS = st.sampled_from([0xC46F, 0xC56F, 0xC86F, 0xC96F, 0xCA6F, 0xFFFF])


@given(STREAM, CLASSES, HOSTS)
def test_any_words_either_decode_or_are_a_bad_pushbuffer(words, classes, host_class):
    operations = []
    try:
        for operation in iterate_pushbuffer(words, classes, host_class):
            operations.append(operation)
    except BadPushbuffer as refused:
        assert 0 <= refused.index < len(words)
    assert len(operations) <= len(words)
    for event in summarize(operations):
        assert str(event)
        json.dumps(event.to_dict())
    for operation in operations:
        assert str(operation)
        json.dumps(operation.to_dict())


@given(st.lists(st.one_of(HEADER, st.none()), max_size=40))
def test_holes_in_a_recording_are_no_exception(words):
    try:
        summarize(decode_pushbuffer(words))
    except BadPushbuffer as refused:
        assert words[refused.index] is None or words[refused.index] >> 29 in (0, 1, 2, 3, 5, 6)


@given(st.integers(0, (1 << 64) - 1))
def test_any_64_bits_are_a_gpfifo_entry(raw):
    entry = decode_gpfifo_entry(raw)

    assert entry.is_control == (entry.length_words == 0)
    assert str(entry)
    json.dumps(entry.to_dict())


RUN = st.tuples(
    st.sampled_from(["incrementing", "non-incrementing", "once", "immediate"]),
    st.integers(0, 7),
    st.integers(0x100 // 4, 0xF00),
    st.lists(WORD, min_size=1, max_size=5),
)


def encode(run):
    """One header and its data, and the writes that it stands for."""
    form, subchannel, address, data = run
    if form == "immediate":
        value = data[0] & 0x1FFF
        return [4 << 29 | value << 16 | subchannel << 13 | address], [(subchannel, 4 * address, value)]
    operation = {"incrementing": 1, "non-incrementing": 3, "once": 5}[form]
    step = {"incrementing": lambda i: i, "non-incrementing": lambda i: 0, "once": lambda i: min(i, 1)}[form]
    words = [operation << 29 | len(data) << 16 | subchannel << 13 | address, *data]
    return words, [(subchannel, 4 * (address + step(i)), value) for i, value in enumerate(data)]


@given(st.lists(RUN, max_size=12))
def test_what_was_encoded_comes_back(runs):
    words, expected = [], []
    for run in runs:
        more, writes = encode(run)
        words.extend(more)
        expected.extend(writes)

    operations = decode_pushbuffer(words)

    assert [(op.subchannel, op.method_offset, op.value) for op in operations] == expected


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.just("0x200600000")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["records", "segments", "words", "addr", "op", "map"]), inner, max_size=5
        ),
    ),
    max_leaves=20,
)


@given(st.one_of(st.binary(max_size=60), JSON.map(lambda data: json.dumps(data).encode())))
def test_any_bytes_either_are_a_recording_or_a_bad_pushbuffer(data):
    try:
        for record in recording.load(data).records:
            recording.launches(record)
    except BadPushbuffer:
        pass


@given(st.lists(st.lists(WORD, min_size=2, max_size=24), min_size=1, max_size=4))
def test_any_spans_either_hold_segments_or_are_a_bad_pushbuffer(spans):
    addresses = [0x2_0060_0000 + 0x1000 * at for at in range(len(spans))]
    # Entries that point at other spans, so that segments are found.
    for at, span in enumerate(spans):
        target = addresses[(at + 1) % len(spans)]
        span[0:2] = [target & 0xFFFFFFFF, len(spans[(at + 1) % len(spans)]) << 10 | target >> 32]
    segments = [
        {"addr": hex(address), "map": "/dev/nvidia0", "words": [f"{word:08x}" for word in span]}
        for address, span in zip(addresses, spans, strict=True)
    ]
    data = {"compute_class": "cbc0", "records": [{"op": "any", "segments": segments}]}

    (record,) = recording.parse(data).records

    assert len(record.segments) >= (1 if len(spans) > 1 else 0)
    try:
        recording.launches(record)
        json.dumps(record.to_dict())
    except BadPushbuffer:
        pass
