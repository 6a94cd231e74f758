"""Settings as the firmware reads them, read back by a parser of our own."""

from __future__ import annotations

import struct

import pytest
from barewire.errors import FieldRange, UsageError
from barewire.gsp import registry
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1, max_size=20)
VALUES = (
    st.integers(0, 2**32 - 1)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
    | st.binary(max_size=30)
)


def unpack(table: bytes) -> dict[str, int | str | bytes]:
    """The settings of a table; every offset is taken from its start."""
    size, count = struct.unpack_from("<II", table)
    assert size == len(table)
    found: dict[str, int | str | bytes] = {}
    for index in range(count):
        name_at, kind, data, length = struct.unpack_from("<IB3xII", table, 8 + 16 * index)
        name = table[name_at : table.index(b"\0", name_at)].decode()
        if kind == 1:
            assert length == 4
            found[name] = data
        else:
            stored = table[data : data + length]
            assert len(stored) == length
            found[name] = stored if kind == 2 else stored[:-1].decode()
            assert kind == 2 or stored[-1:] == b"\0"
    return found


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=12))
def test_what_is_packed_is_read_back(abi, wanted):
    assert unpack(registry.pack(abi, wanted)) == wanted


def test_the_required_settings_are_numbers(abi):
    table = registry.pack(abi, registry.REQUIRED)

    assert unpack(table) == {"RMSecBusResetEnable": 1, "RMForcePcieConfigSave": 1, "RMDevidCheckIgnore": 1}
    assert table[8 + 16 * 3 :].split(b"\0")[0] == b"RMSecBusResetEnable"


@pytest.mark.parametrize("value", [-1, 1 << 32])
def test_a_number_of_more_than_32_bits_is_refused(abi, value):
    with pytest.raises(FieldRange):
        registry.pack(abi, {"RmKey": value})


@pytest.mark.parametrize(
    "settings", [{"Schlüssel": 1}, {"": 1}, {"a\0b": 1}, {"RmKey": 1.5}, {"RmKey": None}]
)
def test_a_setting_that_cannot_be_packed_is_refused(abi, settings):
    with pytest.raises(UsageError):
        registry.pack(abi, settings)
