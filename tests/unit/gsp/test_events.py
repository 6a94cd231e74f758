"""What GSP says unasked, decoded from bytes as the firmware writes them."""

from __future__ import annotations

import struct

import pytest
from barewire.gsp import events
from barewire.gsp.element import Message
from hypothesis import given, settings
from hypothesis import strategies as st


def decode(abi, function: int, payload: bytes, result: int = 0) -> events.GspEvent:
    return events.decode(abi, Message(function, payload, result, 0, 0, 1))


def test_a_channel_that_was_torn_down(abi):
    payload = struct.pack(
        "<6IH2x3IB3xI", 9, 5, 0, 2, 31, 1, 0, 0x1000, 0x12, 2, 1, 0
    )  # engine COPY0, channel 5, Xid 31

    event = decode(abi, 0x1004, payload)

    assert isinstance(event, events.RcTriggered)
    assert (event.engine_type, event.channel_id, event.xid) == (9, 5, 31)
    assert (event.level, event.scope, event.fault_gpu_va, event.fault_type) == (2, 1, 0x12_0000_1000, 2)
    assert event.name == "RC_TRIGGERED"


def test_the_text_of_an_error(abi):
    payload = struct.pack("<3I256sI", 31, 7, 5, b"Xid 31: MMU Fault", 0)

    event = decode(abi, 0x1006, payload)

    assert isinstance(event, events.OsErrorLog)
    assert (event.xid, event.runlist_id, event.channel_id, event.text) == (31, 7, 5, "Xid 31: MMU Fault")


def test_an_event_that_was_asked_for(abi):
    payload = struct.pack("<4IH2xIIB", 0xC1D00001, 0xBEEF, 35, 1, 2, 3, 4, 0) + b"data" + bytes(3)

    event = decode(abi, 0x1003, payload)

    assert isinstance(event, events.PostEvent)
    assert (event.client, event.event, event.notify_index) == (0xC1D00001, 0xBEEF, 35)
    assert (event.data, event.info16, event.status, event.details) == (1, 2, 3, b"data")


def test_output_of_a_processor(abi):
    event = decode(abi, 0x100C, struct.pack("<II", 0x17, 5) + b"hello, and more")

    assert isinstance(event, events.LibosPrint)
    assert (event.engine, event.data) == (0x17, b"hello")


@pytest.mark.parametrize("engaging", [0, 1])
def test_a_lockdown(abi, engaging):
    event = decode(abi, 0x101C, bytes([engaging]))

    assert isinstance(event, events.LockdownNotice)
    assert event.engaging == bool(engaging)


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (0x1001, events.InitDone),
        (0x1002, events.RunCpuSequencer),
        (0x1005, events.MmuFaultQueued),
        (0x1020, events.NocatRecord),
    ],
)
def test_events_that_are_only_kept(abi, function, kind):
    event = decode(abi, function, b"raw bytes")

    assert isinstance(event, kind)
    assert event.raw == b"raw bytes"


@pytest.mark.parametrize("function", [0x1003, 0x1004, 0x1006, 0x100C, 0x101C])
def test_an_event_that_is_cut_short_stays_as_it_came(abi, function):
    event = decode(abi, function, b"")

    assert isinstance(event, events.Unknown)
    assert event.function == function


@pytest.mark.parametrize(("function", "name"), [(0x1009, "0x1009"), (0x2000, "0x2000"), (3, "0x3")])
def test_an_unknown_event_prints_as_its_number(abi, function, name):
    event = decode(abi, function, b"raw")

    assert isinstance(event, events.Unknown)
    assert (event.name, event.raw) == (name, b"raw")


@settings(max_examples=300, deadline=None)
@given(function=st.sampled_from([*range(0x1000, 0x1024), 0, 71]), payload=st.binary(max_size=600))
def test_any_bytes_make_an_event_that_keeps_them(abi, function, payload):
    event = decode(abi, function, payload)

    assert (event.function, event.raw) == (function, payload)
    assert repr(event)


def test_what_went_wrong_on_gsps_side_is_kept(abi):
    assert decode(abi, 0x1001, b"", result=0x40).result == 0x40
