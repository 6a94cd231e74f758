"""The headers of FSP's messages, word for word."""

from __future__ import annotations

import struct

import pytest
from barewire.errors import BootError
from barewire.fsp import mctp

GOOD = struct.pack("<5I", 0xC0000000, 0x1510DE7E, 7, 0x14, 0x21)


def test_a_message_has_both_headers_as_other_drivers_send_them():
    message = mctp.message(mctp.NVDM_CHAIN_OF_TRUST, b"\x01\x00\x5c\x03" + bytes(856))

    assert message[:12].hex(" ", 4) == "000000c0 7ede1014 01005c03"
    assert len(message) == 868


@pytest.mark.parametrize(("payload", "whole"), [(0, 8), (1, 12), (4, 12), (5, 16)])
def test_a_message_is_whole_words(payload, whole):
    assert len(mctp.message(0x14, bytes(payload))) == whole


def test_a_response_says_task_command_and_error():
    assert mctp.parse_response(GOOD) == mctp.Response(task=7, command=0x14, error=0x21)


def test_what_follows_a_response_is_ignored():
    assert mctp.parse_response(GOOD + bytes(8)).error == 0x21


@pytest.mark.parametrize("size", range(20))
def test_a_response_that_is_cut_short_is_refused(size):
    with pytest.raises(BootError, match="too short"):
        mctp.parse_response(GOOD[:size])


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((0x40000000, 0x1510DE7E), "one packet"),
        ((0x80000000, 0x1510DE7E), "one packet"),
        ((0xC0000000, 0x1410DE7E), "not a response"),
        ((0xC0000000, 0x1510DE7F), "not a response"),
        ((0xC0000000, 0x1510DF7E), "not a response"),
    ],
)
def test_other_messages_are_refused(words, why):
    with pytest.raises(BootError, match=why):
        mctp.parse_response(struct.pack("<2I", *words) + GOOD[8:])
