"""What the QMD decoder reads, checked on words written by hand.

Bits are open-gpu-doc:classes/compute/clcbc0qmd.h's (V04_00) unless another header is named.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
from barewire.compute.qmd_decoder import decode_qmd
from barewire.errors import BadPushbuffer, UnknownName
from barewire.regs import qmd as qmd_tables
from hypothesis import given
from hypothesis import strategies as st


def qmd(values=None, words=96, version_word=(18, 0x40)):
    """Words of a QMD; `values` is {word index: word}."""
    made = [0] * words
    made[version_word[0]] = version_word[1]
    for index, word in (values or {}).items():
        made[index] |= word
    return made


@pytest.mark.parametrize(
    ("words", "version_word", "version"),
    [
        (64, (18, 0x23), "V02_03"),  # 583:580 and 579:576, open-gpu-doc:classes/compute/clc5c0qmd.h
        (64, (18, 0x24), "V02_04"),
        (64, (18, 0x30), "V03_00"),
        (96, (18, 0x40), "V04_00"),
        (96, (18, 0x41), "V04_01"),
        (96, (14, 0x50 << 16), "V05_00"),  # 471:468 and 467:464, open-gpu-doc:classes/compute/clcdc0qmd.h
        (96, (14, 0x51 << 16), "V05_01"),
    ],
)
def test_each_version_is_told_by_its_number_where_it_keeps_it(words, version_word, version):
    view = decode_qmd(qmd(words=words, version_word=version_word))

    assert view.version == version
    assert view["QMD_MAJOR_VERSION"].value == int(version[1:3])


@pytest.mark.parametrize(
    "words", [[0] * 96, [0] * 64, qmd(words=64, version_word=(18, 0x40)), qmd(words=96)[:95], []]
)
def test_what_names_no_version_is_no_qmd(words):
    with pytest.raises(BadPushbuffer):
        decode_qmd(words)


def test_a_version_that_is_asked_for_is_taken_at_its_word_but_not_at_another_size():
    assert decode_qmd([0] * 96, "V04_00").version == "V04_00"
    with pytest.raises(BadPushbuffer, match="384 bytes"):
        decode_qmd([0] * 64, "V04_00")
    with pytest.raises(UnknownName):
        decode_qmd([0] * 96, "V99_00")


@pytest.mark.parametrize("word", [-1, 1 << 32, "5", 0.5])
def test_only_words_of_32_bits_make_a_qmd(word):
    with pytest.raises(BadPushbuffer):
        decode_qmd([word] + [0] * 95)


def test_fields_have_nvidias_names_and_values():
    view = decode_qmd(qmd({0: 0x013F0000, 32: 7, 36: 0x00040008}))

    assert (view["QMD_TYPE"].value, view["QMD_TYPE"].name) == (2, "GRID_CTA")
    assert view["QMD_GROUP_ID"].value == 0x3F
    assert view["GRID_WIDTH"].value == 7
    assert (view["CTA_THREAD_DIMENSION0"].value, view["CTA_THREAD_DIMENSION1"].value) == (8, 4)


def test_elements_of_arrays_have_their_index_in_the_name():
    view = decode_qmd(qmd({48: 0x3938A400, 49: 0x018001FF, 62: 0x39380000}))

    assert view["CONSTANT_BUFFER_ADDR_LOWER_SHIFTED6(0)"].value == 0x3938A400
    assert view["CONSTANT_BUFFER_ADDR_UPPER_SHIFTED6(0)"].value == 0x1FF
    assert view["CONSTANT_BUFFER_SIZE_SHIFTED4(0)"].value == 0x30
    assert view["CONSTANT_BUFFER_ADDR_LOWER_SHIFTED6(7)"].value == 0x39380000


def test_addresses_are_put_together_and_shifted_back():
    lower_and_upper = {20: 0x04637F34, 21: 2, 38: 0x4F7AC200, 39: 0x7FCE}
    shifted = {14: 0x0204E108, 42: 0xCE4F7AC2, 43: 0x0012007F, 48: 0x3938A400, 49: 0x018001FF}

    view = decode_qmd(qmd({**lower_and_upper, **shifted}))

    assert view.addresses() == {
        "DEPENDENT_QMD0": 0x2_04E1_0800,
        "RELEASE_SEMAPHORE0": 0x2_0463_7F34,
        "PROGRAM": 0x7FCE_4F7A_C200,
        "PROGRAM_PREFETCH": 0x7FCE_4F7A_C200,
        "CONSTANT_BUFFER(0)": 0x7FCE_4E29_0000,
    }


def test_iteration_gives_only_what_is_not_zero_in_the_order_of_the_bits():
    view = decode_qmd(qmd({36: 1, 0: 0x01000000, 13: 1 << 4}))

    assert list(view) == [
        "QMD_TYPE",
        "CONSTANT_BUFFER_VALID(1)",
        "QMD_MAJOR_VERSION",
        "CTA_THREAD_DIMENSION0",
    ]
    assert len(view) == 4
    assert "GRID_WIDTH" not in view
    assert view["GRID_WIDTH"].value == 0
    assert view.get("GRID_WIDE") is None
    with pytest.raises(UnknownName, match="GRID_WIDE"):
        view["GRID_WIDE"]


def test_bits_that_no_field_describes_are_shown():
    view = decode_qmd(qmd({4: 0xFFFFFFFF}))

    assert view.undefined == {4: 0xFFFFFFFF}
    assert "word 4: undefined bits 0xffffffff" in str(view)


def test_a_difference_names_the_field_and_both_values():
    ours = decode_qmd(qmd({32: 1, 0: 2 << 23}))
    theirs = decode_qmd(qmd({32: 5, 0: 3 << 23, 4: 1}))

    difference = ours.diff(theirs)

    assert [(name, here.value, there.value) for name, here, there in difference] == [
        ("QMD_TYPE", 2, 3),
        ("GRID_WIDTH", 1, 5),
        ("undefined(4)", 0, 1),
    ]
    assert str(difference[0][2]) == "GRID_GPC_CGA"
    assert ours.diff(ours) == []


def test_words_that_were_not_recorded_are_no_difference():
    words = qmd({32: 1})
    lost = [*words[:32], None, *words[33:]]

    view = decode_qmd(lost)

    assert view.unrecorded == ("GRID_WIDTH",)
    assert decode_qmd(words).diff(view) == view.diff(decode_qmd(words)) == []
    assert "1 words are not in the recording" in str(view)


def test_versions_can_be_compared():
    difference = decode_qmd(qmd(words=64, version_word=(18, 0x30))).diff(decode_qmd(qmd({57: 1})))

    assert ("QMD_MAJOR_VERSION", (3, None), (4, None)) in difference


def test_words_may_come_from_numpy():
    assert decode_qmd(np.array(qmd({32: 9}), np.uint32))["GRID_WIDTH"].value == 9


def test_arrays_of_arrays_have_two_indices():
    view = decode_qmd([0xFFFFFFFF] * 96, "V05_01")  # open-gpu-doc:classes/compute/clcdc0qmd.h, SUB_TASK_*

    assert view.bits_of("SUB_TASK_CONSTANT_BANK_VALID(1,1)") == (886 + 416 + 202, 886 + 416 + 202)
    assert view.bits_of("SUB_TASK_CONSTANT_BANK_ADDR_LOWER_SHIFTED6(0,1)") == (1024, 1055)
    with pytest.raises(UnknownName):  # the next sub-task begins before a third bank would fit
        view.bits_of("SUB_TASK_CONSTANT_BANK_ADDR_LOWER_SHIFTED6(0,2)")


@pytest.mark.parametrize("version", ["V02_03", "V02_04", "V03_00", "V04_00", "V04_01", "V05_00", "V05_01"])
def test_every_field_of_the_table_is_read_where_the_table_says(version):
    table = qmd_tables.load(version)
    for field in table:
        if field.strides_bits:
            continue
        words = [0] * (table.size_bytes // 4)
        for bit in range(field.low, field.high + 1):
            words[bit // 32] |= 1 << bit % 32

        view = decode_qmd(words, version)

        assert view[field.name].value == (1 << field.width) - 1
        assert view.undefined == {}


@given(st.lists(st.integers(0, 0xFFFFFFFF), min_size=96, max_size=96), st.integers(0, 96))
def test_any_words_either_are_a_qmd_or_a_bad_pushbuffer(words, cut):
    for tried in (words, words[:64], words[:cut], [None if word & 1 else word for word in words]):
        try:
            view = decode_qmd(tried)
        except BadPushbuffer:
            continue
        assert str(view)
    view = decode_qmd(words, "V04_00")
    assert str(view)
    json.dumps(view.to_dict())
    described = sum(field.value << view.bits_of(name)[0] for name, field in view.items())
    whole = sum(word << 32 * index for index, word in enumerate(words))
    assert described + sum(bits << 32 * index for index, bits in view.undefined.items()) == whole
