"""QMD tables: every version from Turing to Blackwell, bit by bit."""

from __future__ import annotations

import pytest
from barewire.errors import FieldRange, UnknownClass, UnknownName
from barewire.regs import qmd
from hypothesis import given
from hypothesis import strategies as st

VERSIONS = ("V02_03", "V02_04", "V03_00", "V04_00", "V04_01", "V05_00", "V05_01")


@pytest.mark.parametrize(
    ("compute_class", "version", "size_bytes"),
    [
        (0xC5C0, "V02_03", 256),
        (0xC6C0, "V03_00", 256),
        (0xC7C0, "V03_00", 256),
        (0xC9C0, "V03_00", 256),
        (0xCBC0, "V04_00", 384),
        (0xCDC0, "V05_00", 384),
        (0xCEC0, "V05_00", 384),
    ],
)
def test_each_compute_class_has_its_version(compute_class, version, size_bytes):
    assert qmd.version_for(compute_class) == version
    table = qmd.for_class(compute_class)
    assert (table.version, table.class_id, table.size_bytes) == (version, compute_class, size_bytes)
    assert table.source == f"open-gpu-doc:classes/compute/cl{compute_class:04x}qmd.h"


def test_other_classes_have_none():
    with pytest.raises(UnknownClass):
        qmd.version_for(0xC86F)


def test_an_unknown_version_lists_the_known_ones():
    with pytest.raises(UnknownName, match="V04_00 of 0xcbc0"):
        qmd.load("V09_00")
    with pytest.raises(UnknownName):
        qmd.load("V04_00", 0xC5C0)


def test_headers_of_one_version_may_name_different_fields():
    assert "OCCUPANCY_MAX_WARP" not in qmd.load("V03_00", 0xC6C0).fields
    assert "OCCUPANCY_MAX_WARP" in qmd.load("V03_00", 0xC7C0).fields
    assert qmd.load("V03_00").class_id == 0xC9C0


def test_a_field_has_bits_and_values():
    table = qmd.load("V04_00")

    assert table.fields["GRID_WIDTH"].bits() == (1024, 1055)
    assert table.fields["QMD_MAJOR_VERSION"].bits() == (580, 583)
    assert table.field("QMD_TYPE").values["GRID_CTA"] == 2
    with pytest.raises(UnknownName, match="GRID_WIDTH"):
        table.field("GRID_WIDT")


def test_an_array_has_a_stride_and_as_many_elements_as_fit():
    valid = qmd.load("V04_00").fields["CONSTANT_BUFFER_VALID"]

    assert (valid.count, valid.stride_bits) == (8, 4)
    assert valid.bits(7) == (444, 444)
    for wrong in (8, -1):
        with pytest.raises(FieldRange):
            valid.bits(wrong)


@pytest.mark.parametrize("version", VERSIONS)
def test_arrays_of_constant_buffers_and_releases_have_their_lengths(version):
    fields = qmd.load(version).fields

    for name, field in fields.items():
        if name.startswith("CONSTANT_BUFFER_") and field.strides_bits:
            assert field.count == 8, name
        if name.startswith("RELEASE_") and field.strides_bits:
            assert field.count == 3, name
        if name.startswith("DEPENDENT_QMD_") and field.strides_bits:
            assert field.count == 2, name


@pytest.mark.parametrize("version", VERSIONS)
def test_every_element_lies_within_the_qmd(version):
    table = qmd.load(version)

    for field in table:
        last = (field.count - 1,) if field.count else ()
        low, high = field.bits(*last)
        assert 0 <= low <= high < 8 * table.size_bytes


def test_arrays_of_arrays_take_two_indices():
    bank = qmd.load("V05_01").fields["SUB_TASK_CONSTANT_BANK_VALID"]

    assert bank.strides_bits == (416, 202)
    assert bank.bits(1, 1) == (886 + 416 + 202,) * 2


def test_a_field_is_written_into_words_and_read_back():
    table = qmd.load("V04_00")
    words = [0] * (table.size_bytes // 4)

    table.put(words, "QMD_TYPE", "GRID_CTA")
    table.put(words, "CONSTANT_BUFFER_VALID", "TRUE", 3)

    assert words[0] == 2 << 23
    assert words[13] == 1 << 12
    assert table.get(words, "QMD_TYPE").name == "GRID_CTA"
    assert table.get(words, "CONSTANT_BUFFER_VALID", 3).value == 1
    assert table.get(words, "CONSTANT_BUFFER_VALID", 2).value == 0


@given(data=st.data())
def test_a_write_changes_its_own_bits_and_no_other(data):
    table = qmd.load(data.draw(st.sampled_from(VERSIONS)))
    field = table.field(data.draw(st.sampled_from(sorted(table.fields))))
    index = (data.draw(st.integers(0, field.count - 1)),) if field.count else ()
    value = data.draw(st.integers(0, (1 << field.width) - 1))
    filler = data.draw(st.sampled_from([0, 0xFFFFFFFF]))
    words = [filler] * (table.size_bytes // 4)

    table.put(words, field.name, value, *index)

    low, high = field.bits(*index)
    whole = sum(word << 32 * at for at, word in enumerate(words))
    before = sum(filler << 32 * at for at in range(len(words)))
    mask = ((1 << (high - low + 1)) - 1) << low
    assert whole & mask == value << low
    assert whole & ~mask == before & ~mask
    assert table.get(words, field.name, *index).value == value


def test_a_value_that_does_not_fit_leaves_the_words_alone():
    table = qmd.load("V04_00")
    words = [0] * 96

    with pytest.raises(FieldRange):
        table.put(words, "GRID_HEIGHT", 1 << 16)

    assert words == [0] * 96
