"""The pieces of displays: what is escaped, how numbers are written, how a word becomes a strip."""

from __future__ import annotations

import pytest
from barewire import show
from barewire.show import html, numbers, strip
from barewire.show.strip import Field
from display import Page, page
from hypothesis import given
from hypothesis import strategies as st

HOSTILE = "<script>alert('x & y')</script> \"quoted\""


# Escaping


def test_text_is_escaped_and_markup_is_not():
    assert html.escaped("<b>") == "&lt;b&gt;"
    assert html.escaped(html.element("b", "<x>")) == "<b>&lt;x&gt;</b>"
    assert html.element("td", 7, title='a"b') == '<td title="a&quot;b">7</td>'


@given(st.text())
def test_any_text_comes_out_of_a_table_as_it_went_in(text):
    found = Page(html.table(("head",), [(text,)]))

    assert set(found.tags) <= {"table", "tr", "th", "td"}
    assert found.rows[1][0].split() == "".join(found.rows[1]).split()
    assert "<" not in html.escaped(text) and ">" not in html.escaped(text)


@pytest.mark.parametrize(
    "shown",
    [
        show.word(HOSTILE, 1, [Field(HOSTILE, 3, 0, 1, HOSTILE)], note=HOSTILE),
        show.card({HOSTILE: HOSTILE}, HOSTILE, HOSTILE),
        show.records([{HOSTILE: HOSTILE}], HOSTILE),
        show.boot_steps([(HOSTILE, 0.1)], HOSTILE),
        show.listing([(0, HOSTILE)], HOSTILE, HOSTILE),
    ],
    ids=["word", "card", "records", "boot steps", "listing"],
)
def test_nothing_that_is_shown_can_be_taken_for_html(shown):
    found = page(shown)

    assert "alert('x & y')" in found.text
    assert "<script>" not in shown.html


def test_what_is_shown_has_a_plain_text_too():
    shown = show.card({"gpu_va": 0x1000, "size_bytes": 1 << 20}, "memory")

    assert repr(shown) == str(shown)
    assert "0x1000" in repr(shown) and "1 MiB" in repr(shown)


# Numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (100, "100 bytes"),
        (4096, "4 KiB"),
        (4097, "4097 bytes"),
        (65535, "64.0 KiB"),
        (6 << 20, "6 MiB"),
        ((6 << 20) + 4096, "6148 KiB"),
        (80 << 30, "80 GiB"),
        ((80 << 30) - 4096, "80.0 GiB"),
    ],
)
def test_a_size_is_written_in_the_unit_that_divides_it(value, text):
    assert numbers.size(value) == text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("gpu_va", 0x10_0000_0000, "0x1000000000"),
        ("offset", 4, "4"),
        ("offset", 0x40, "0x40"),
        ("count", 0x40, "64"),
        ("size_bytes", 4096, "4 KiB"),
        ("is_64bit", True, "yes"),
        ("elapsed_s", 0.00425, "4.2 ms"),
        ("name", "COPY2", "COPY2"),
        ("address", None, "None"),
    ],
)
def test_a_fact_is_written_as_its_name_suggests(name, value, text):
    assert numbers.by_name(name, value) == text


def test_times_are_written_in_the_unit_that_suits_them():
    assert [numbers.seconds(value) for value in (2.5, 0.012, 0.00001)] == ["2.50 s", "12.0 ms", "10 us"]


# Strips


def test_a_strip_is_as_wide_as_the_word_and_its_cells_as_their_fields():
    shown = show.word(
        "WORD", 0x8000_00F1, [Field("top", 31, 31, 1), Field("low", 7, 4, 0xF), Field("b", 3, 0, 1)]
    )
    strip_rows = [Page(shown.html).spans()[:4], Page(shown.html).spans()[4:]]

    assert len(Page(shown.html).spans()) == 8
    assert sum(Page(shown.html).spans()) == 2 * 32
    assert sorted(strip_rows[0] + strip_rows[1]) == [1, 1, 4, 4, 4, 4, 23, 23]


@st.composite
def fields_of_a_word(draw):
    bits = draw(st.sampled_from([32, 57, 64]))
    found = []
    for number in range(draw(st.integers(0, 12))):
        low = draw(st.integers(0, bits - 1))
        high = draw(st.integers(low, bits - 1))
        found.append(Field(f"f{number}", high, low, draw(st.integers(0, (1 << high - low + 1) - 1))))
    return bits, found


@given(fields_of_a_word())
def test_a_strip_of_any_fields_has_every_bit_once_and_the_legend_every_field(drawn):
    bits, fields = drawn

    shown = show.word("WORD", 0, fields, bits)
    found = Page(shown.html)

    assert sum(found.spans()) == 2 * bits
    assert all(field.name in found.text and field.bits in found.text for field in fields)


def test_fields_that_share_bits_are_both_in_the_legend():
    shown = show.word("WORD", 0xFF, [Field("whole", 7, 0, 0xFF), Field("part", 3, 0, 0xF)])

    assert sum(Page(shown.html).spans()) == 64
    assert "whole" in shown.html and "part" in shown.html


def test_a_number_that_does_not_fit_a_narrow_cell_is_left_to_the_legend():
    assert strip._short(Field("wide", 7, 0, 0xAB), 8) == "0xab"
    assert strip._short(Field("narrow", 1, 0, 3), 2) == "3"
    assert strip._short(Field("cut", 2, 0, 0x1234), 3) == "·"
