"""Registers as a notebook shows them."""

from __future__ import annotations

import pytest
from barewire import show
from barewire.regs import chips
from barewire.regs.registers import RegisterFile
from display import page


class Words(dict):
    """32-bit words by offset; `reads` counts."""

    reads = 0

    def read32(self, offset):
        self.reads += 1
        return self.get(offset, 0)

    def write32(self, offset, value):
        self[offset] = value


@pytest.fixture
def words():
    return Words({0: 0x1800_00A1, 0x200BC: 0xFF})


@pytest.fixture
def hopper(words):
    return RegisterFile(words, chips.load("gh100"))


def test_a_reading_shows_word_offset_and_every_field(hopper):
    found = page(hopper.NV_PMC_BOOT_0)

    assert "NV_PMC_BOOT_0 = 0x180000a1" in found.text
    assert "at 0x000000" in found.text
    assert ["7:4", "major_revision", "0xa", ""] in found.rows


def test_a_named_value_is_shown_with_its_name(hopper):
    found = page(hopper.NV_THERM_I2CS_SCRATCH_FSP_BOOT_COMPLETE)

    assert any("SUCCESS" in row for row in found.rows)


def test_showing_reads_nothing(hopper, words):
    reading = hopper.NV_PMC_BOOT_0
    before = words.reads

    page(reading)
    page(hopper)
    page(show.readings([reading]))

    assert words.reads == before


def test_a_register_file_says_whose_it_is(hopper):
    found = page(hopper.relative(0x110000))

    assert "gh100" in found.text and "0x110000" in found.text


def test_several_readings_make_a_table(hopper):
    shown = show.readings([hopper.NV_PMC_BOOT_0, hopper.NV_PMC_BOOT_42], "who are you?")
    found = page(shown)

    assert len(found.rows) == 3
    assert found.rows[1][1] == "NV_PMC_BOOT_0" and "major_revision=0xa" in found.rows[1][3]
    assert "NV_PMC_BOOT_42" in repr(shown)


def test_a_structure_in_memory_is_a_strip_of_64_bits(hopper):
    shown = show.structure(hopper.table.register("NV_MMU_VER3_PTE"), 0x681 | 0x123 << 12)
    found = page(shown)

    assert sum(found.spans()) == 2 * 64
    assert any(row[1:3] == ["address", "0x123"] for row in found.rows)
    assert any(row[1:] == ["aperture", "0", "VIDEO_MEMORY"] for row in found.rows)
