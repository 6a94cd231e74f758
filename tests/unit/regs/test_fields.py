"""Fields: range-checked when written, named when read, numbers where there is no name."""

from __future__ import annotations

import pytest
from barewire.errors import BarewireError, FieldRange, UnknownName
from barewire.regs.bits import Field, FieldValue, encode_fields, near
from hypothesis import given
from hypothesis import strategies as st

MODE = Field("MODE", 5, 3, {"OFF": 0, "ON": 1, "ALSO_ON": 1}, "NV_X")
COUNT = Field("COUNT", 31, 6, {}, "NV_X")
FIELDS = {"MODE": MODE, "COUNT": COUNT}


def test_a_field_knows_its_width_and_mask():
    assert (MODE.width, MODE.mask) == (3, 0b111000)
    assert MODE.full_name == "NV_X_MODE"


def test_a_value_is_given_as_a_number_or_by_its_name():
    assert MODE.encode(1) == MODE.encode("ON") == 0b001000
    assert MODE.encode(True) == 0b001000


@pytest.mark.parametrize("value", [8, -1, 1 << 40])
def test_a_value_that_does_not_fit_is_refused(value):
    with pytest.raises(FieldRange) as refused:
        MODE.encode(value)

    assert isinstance(refused.value, ValueError)
    assert refused.value.field == "NV_X_MODE"
    assert refused.value.largest == 7


def test_an_unknown_name_of_a_value_is_refused_and_near_ones_named():
    with pytest.raises(UnknownName, match="OFF"):
        MODE.encode("OF")


def test_a_known_value_is_read_with_its_name_and_an_unknown_one_as_a_number():
    assert MODE.decode(0b001000) == FieldValue(1, "ON")
    assert str(MODE.decode(0b001000)) == "ON"
    assert MODE.decode(0b110000) == FieldValue(6, None)
    assert str(MODE.decode(0b110000)) == "6"
    assert str(COUNT.decode(0xFFFFFFFF)) == "0x3ffffff"


def test_fields_that_share_bits_may_agree_but_not_contradict():
    fields = {"LOW": Field("LOW", 3, 0, {}), "WHOLE": Field("WHOLE", 31, 0, {})}

    assert encode_fields("X", fields, {"LOW": 0x5, "WHOLE": 0x125}) == 0x125
    with pytest.raises(FieldRange, match="shares bits"):
        encode_fields("X", fields, {"LOW": 0x4, "WHOLE": 0x125})


def test_an_unknown_field_is_refused_and_near_ones_named():
    with pytest.raises(UnknownName, match="COUNT"):
        encode_fields("NV_X", FIELDS, {"COUNTER": 1})


@given(mode=st.integers(0, 7), count=st.integers(0, (1 << 26) - 1), start=st.integers(0, 0xFFFFFFFF))
def test_what_is_encoded_is_decoded_and_the_other_bits_stay(mode, count, start):
    word = encode_fields("NV_X", FIELDS, {"MODE": mode, "COUNT": count}, start)

    assert (MODE.extract(word), COUNT.extract(word)) == (mode, count)
    assert word & 0b111 == start & 0b111


@given(low=st.integers(0, 63), width=st.integers(1, 32), value=st.integers(-(1 << 34), 1 << 34))
def test_a_field_takes_exactly_the_values_that_fit(low, width, value):
    field = Field("F", low + width - 1, low, {})

    if 0 <= value < 1 << width:
        assert field.extract(field.encode(value)) == value
    else:
        with pytest.raises(FieldRange):
            field.encode(value)


def test_every_refusal_is_of_the_one_hierarchy():
    assert issubclass(FieldRange, BarewireError) and issubclass(UnknownName, BarewireError)


def test_near_names_are_alike_or_contain_each_other():
    assert near("SEM_EXECUT", ["SEM_EXECUTE", "WFI"]) == ["SEM_EXECUTE"]
    assert near("ENABLE", ["NV_PMC_ENABLE", "NV_X"]) == ["NV_PMC_ENABLE"]
