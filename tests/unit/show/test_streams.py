"""Pushbuffers, rings and QMDs as a notebook shows them."""

from __future__ import annotations

import pytest
from barewire import show
from barewire.channel.decoder import decode_gpfifo, decode_pushbuffer, summarize
from barewire.channel.pushbuffer import Pushbuffer
from barewire.compute.qmd_decoder import decode_qmd
from barewire.copy.engine import CopyPushbuffer
from barewire.regs import qmd as qmd_tables
from display import Page, page
from hypothesis import given
from hypothesis import strategies as st

HOPPER_COPY = (0xC86F, 0xC8B5)
HOPPER_COMPUTE = (0xC86F, 0xCBC0)


def test_a_pushbuffer_shows_what_it_does_and_every_method():
    found = page(
        CopyPushbuffer(HOPPER_COPY)
        .copy(source=0x1000, destination=0x2000, size_bytes=4096)
        .release(0x3000, 0xCAFE)
    )

    assert "copy 0x1000 bytes from 0x1000 to 0x2000" in found.text
    assert "host semaphore 0x3000 = 0xcafe" in found.text
    assert any("NVC8B5_LAUNCH_DMA" in row for row in found.rows)
    assert any("NVC86F_SEM_EXECUTE" in row and "OPERATION=RELEASE" in row[-1] for row in found.rows)


def test_methods_of_the_compute_class_have_their_names():
    pushbuffer = Pushbuffer(HOPPER_COMPUTE).immediate("NVCBC0_WAIT_FOR_IDLE")

    assert "NVCBC0_WAIT_FOR_IDLE" in page(pushbuffer).text


def test_a_pushbuffer_that_breaks_off_says_so_and_shows_what_stands_before():
    found = page(Pushbuffer(HOPPER_COPY).release(0x3000, 1).raw([0x20010000]))

    assert "SEM_EXECUTE" in found.text
    assert "the pushbuffer ends before its last method's data" in found.text


def test_an_empty_pushbuffer_can_be_looked_at():
    assert "0 words" in page(Pushbuffer(HOPPER_COPY)).text


def test_many_methods_are_cut_off_with_their_number():
    words = Pushbuffer(HOPPER_COPY)
    for _ in range(500):
        words.immediate("NVC8B5_NOP")

    assert "and 100 more" in page(show.operations(decode_pushbuffer(words.words))).text


@given(st.lists(st.integers(0, (1 << 32) - 1), max_size=40))
def test_any_words_can_be_looked_at(words):
    Page(Pushbuffer(HOPPER_COPY).raw(words)._repr_html_())


def test_ring_entries_show_where_their_segments_are():
    segment = 0x1000 | (8 << 10) << 32
    shown = show.gpfifo(decode_gpfifo([segment, 0]), "ring", 5)
    found = page(shown)

    assert found.rows[1][2:] == ["0x00000001000", "segment 0x1000, 8 words, main"]
    assert found.rows[2][0] == "6" and "control NOP" in found.rows[2][3]


def test_events_need_no_names_of_methods():
    operations = decode_pushbuffer(Pushbuffer(HOPPER_COPY).release(0x3000, 1).words)

    shown = show.pushbuffer(operations, summarize(operations), 6)

    assert repr(shown) == "host semaphore 0x3000 = 1 (flush)"


# QMDs


@pytest.fixture
def qmd():
    table = qmd_tables.for_class(0xCBC0)
    words = [0] * (table.size_bytes // 4)
    table.put(words, "QMD_MAJOR_VERSION", 4)
    table.put(words, "CTA_THREAD_DIMENSION0", 256)
    table.put(
        words,
        "PROGRAM_ADDRESS_LOWER_SHIFTED4"
        if "PROGRAM_ADDRESS_LOWER_SHIFTED4" in table.fields
        else "PROGRAM_ADDRESS_LOWER",
        0x1234,
    )
    return decode_qmd(words)


def test_a_qmd_shows_the_fields_that_are_not_zero(qmd):
    found = page(qmd)

    assert "QMD V04_00" in found.text
    assert any("CTA_THREAD_DIMENSION0" in row and "0x100" in row for row in found.rows)
    assert any(row and row[0] == "PROGRAM" for row in found.rows)
    assert repr(show.qmd(qmd)) == str(qmd)


def test_words_of_a_qmd_that_are_zero_are_folded(qmd):
    shown = [row for row in page(qmd).rows if row and row[-1] == "zero"]

    assert shown and len(shown) < 8


@given(st.lists(st.integers(0, (1 << 32) - 1), min_size=96, max_size=96))
def test_a_qmd_of_any_words_has_strips_of_32_bits(words):
    view = decode_qmd(words, "V04_00")
    found = Page(view._repr_html_())

    assert found.unclosed == []
    assert sum(found.spans()) == 32 * sum(1 for row in found.rows if row and len(row) > 1 and _is_strip(row))


def _is_strip(row: list[str]) -> bool:
    """Whether a row is of the strips: a word with its number, or words that are zero."""
    return "0x" in row[0] or row[-1] == "zero"
