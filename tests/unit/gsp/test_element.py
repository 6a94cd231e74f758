"""One element of a message queue: built, checked and refused."""

from __future__ import annotations

import struct

import pytest
from barewire.errors import RpcError
from barewire.gsp import element
from fake_gsp import fold
from hypothesis import given, settings
from hypothesis import strategies as st

PAYLOADS = st.binary(max_size=200) | st.integers(0, element.MOST_PAYLOAD_BYTES).map(bytes)


def parse(abi, whole: bytes) -> element.Message:
    """What the queue does with an element: its size first, then the rest."""
    header = abi.struct(element.STRUCT).over(whole[: element.HEADER_BYTES])
    return element.parse(abi, whole[: element.size_of(header)])


@settings(max_examples=100, deadline=None)
@given(payload=PAYLOADS, function=st.integers(0, 2**32 - 1), number=st.integers(0, 2**32 - 1))
def test_what_is_built_is_read_back(abi, payload, function, number):
    whole = element.build(abi, function, payload, sequence=7, number=number)

    message = parse(abi, whole)

    assert message == (function, payload, 0xFFFFFFFF, 7, number, element.slots_for(0x50 + len(payload)))
    assert fold(whole) == 0
    assert len(whole) % 8 == 0


def test_every_field_lies_where_the_firmware_looks_for_it(abi):
    whole = element.build(abi, 76, b"payload", sequence=5, number=3)

    assert whole[:0x20] == bytes(0x20)
    assert struct.unpack_from("<3I", whole, 0x24) == (3, 1, 0)
    header = struct.unpack_from("<8I", whole, 0x30)
    assert header == (0x03000000, 0x43505256, 0x20 + 7, 76, 0xFFFFFFFF, 0xFFFFFFFF, 5, 0)
    assert whole[0x38 + 8 + 0x10 :] == b"payload\0"


@given(st.binary(max_size=300))
def test_the_checksum_is_that_of_another_way_to_make_it(data):
    assert element.checksum(data) == fold(data)


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, 8 * 0x90 - 1))
def test_any_bit_that_changes_is_noticed(abi, at):
    whole = bytearray(element.build(abi, 76, bytes(range(64)), sequence=1, number=0))
    whole[at // 8] ^= 1 << at % 8

    with pytest.raises(RpcError):
        parse(abi, bytes(whole))


@pytest.mark.parametrize("length", [0, 0x1F, 0xFFD1, 0xFFFFFFFF])
def test_a_length_that_no_message_has_is_refused(abi, length):
    header = abi.new(element.STRUCT, rpc__length=length, elemCount=1)

    with pytest.raises(RpcError, match="no message can have"):
        element.size_of(header)


@pytest.mark.parametrize(("length", "slots"), [(0x20, 0), (0x20, 2), (0xFD1, 1), (0xFFD0, 15), (0xFFD0, 17)])
def test_slots_that_do_not_fit_the_length_are_refused(abi, length, slots):
    header = abi.new(element.STRUCT, rpc__length=length, elemCount=slots)

    with pytest.raises(RpcError, match="does not fit the slots"):
        element.size_of(header)


@pytest.mark.parametrize(("field", "at"), [("header_version", 0x30), ("signature", 0x34)])
def test_another_version_or_signature_is_refused(abi, field, at):
    whole = bytearray(element.build(abi, 76, b"", sequence=1, number=0))
    whole[at] ^= 1
    struct.pack_into("<I", whole, 0x20, 0)
    struct.pack_into("<I", whole, 0x20, fold(whole))

    with pytest.raises(RpcError, match=field):
        parse(abi, bytes(whole))


@pytest.mark.parametrize("size", [0, 1, 0xFFB0, 0xFFB1, 2 * 0xFFB0, 2 * 0xFFB0 + 1, 300_000])
def test_long_calls_are_cut_into_continuation_records(size):
    payload = bytes(index % 251 for index in range(size))

    cut = list(element.pieces(76, payload))

    assert [function for function, _ in cut] == [76] + [71] * (len(cut) - 1)
    assert b"".join(piece for _, piece in cut) == payload
    assert all(len(piece) == 0xFFB0 for _, piece in cut[:-1])


def test_a_payload_beyond_an_element_is_refused(abi):
    with pytest.raises(RpcError, match="does not fit"):
        element.build(abi, 76, bytes(0xFFB1), sequence=0, number=0)
