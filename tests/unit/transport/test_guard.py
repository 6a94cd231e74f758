"""Guarded reads: a GPU that is gone, refused reads by their code, and words that only look like either."""

from __future__ import annotations

import pytest
import small_device as small
from barewire.errors import DeviceLost, PriError
from barewire.guard import PRI_CODES, GuardedWords, data_ranges, is_pri_error, pri_code, registers
from barewire.regs.board import load_board

TABLE = load_board("gh100")


@pytest.fixture
def words(bus) -> GuardedWords:
    return GuardedWords(bus.bars[0], bus.config, data=((0x400, 0x4FF),), table=TABLE)


def test_ordinary_words_pass(words):
    words.write32(0x200, 0x12345678)

    assert words.read32(0x200) == 0x12345678


def test_a_gpu_that_left_the_bus_is_reported_with_the_register_that_was_read(words, bus):
    bus.disconnect()
    with pytest.raises(DeviceLost) as lost:
        words.read32(0x0)

    assert (lost.value.register, lost.value.offset, lost.value.value) == ("NV_PMC_BOOT_0", 0, 0xFFFFFFFF)
    with pytest.raises(DeviceLost):
        words.check()


def test_a_register_of_ones_is_a_value_while_the_gpu_is_there(words):
    words.write32(0x200, 0xFFFFFFFF)

    assert words.read32(0x200) == 0xFFFFFFFF
    words.check()


def test_a_gpu_whose_memory_space_is_off_is_told_apart_from_one_that_is_gone(words, bus):
    bus.config.write(small.COMMAND, 2, 0)

    with pytest.raises(DeviceLost, match="memory space is switched off"):
        words.read32(0x200)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        (0xBAD00123, "HOST_TIMEOUT"),
        (0xBAD00F00, "HOST_FECS_ERROR"),
        (0xBAD0B0FF, "FB_ACK_TIMEOUT"),
        (0xBADF0200, "XAL_DECODE"),
        (0xBADF1002, "CLIENT_TIMEOUT"),
        (0xBADF1100, "DECODE_ERROR"),
        (0xBADF1201, "IN_RESET"),
        (0xBADF1300, "FLOORSWEPT"),
        (0xBADF1400, "STUCK_ACK"),
        (0xBADF1500, "ZERO_EXPECTED_ACK"),
        (0xBADF1600, "FENCE"),
        (0xBADF1700, "SUBID"),
        (0xBADF2000, "ORPHAN"),
        (0xBADF3000, "DEAD_RING"),
        (0xBADF4000, "TRAP"),
        (0xBADF4100, "TARGET_LOCKED"),
        (0xBADF5040, "PRIVILEGE"),
        (0xBADF5E20, "PRIVILEGE"),
        (0xBADACAFE, "UNKNOWN"),
        (0xBAD00000, "UNKNOWN"),
    ],
)
def test_a_refused_read_is_named(words, word, code):
    words.write32(0x200, word)
    with pytest.raises(PriError) as refused:
        words.read32(0x200)

    assert refused.value.code == code
    assert (refused.value.offset, refused.value.value) == (0x200, word)
    assert refused.value.hint
    assert words.raw32(0x200) == word


@pytest.mark.parametrize("word", [0, 0xBACFFFFF, 0xBAE00000, 0xBAD, 0x0BADF110])
def test_words_that_only_look_similar_are_values(words, word):
    words.write32(0x200, word)

    assert words.read32(0x200) == word
    assert not is_pri_error(word)
    assert pri_code(word) is None


def test_where_any_word_is_data_nothing_is_an_error(words):
    words.write32(0x400, 0xBADF1100)

    assert words.read32(0x400) == 0xBADF1100


def test_time_emem_and_the_memory_window_are_data_on_a_gh100():
    ranges = data_ranges(TABLE)

    def is_data(offset: int) -> bool:
        return any(first <= offset <= last for first, last in ranges)

    assert all(map(is_data, (0x9400, 0x9410, 0x8F2AC4, 0x8F2ACC, 0x700000, 0x7FFFFC)))
    assert not any(map(is_data, (0x0, 0x9404, 0x8F2AC0, 0x110040, 0x6FFFFC, 0x800000)))


def test_registers_of_a_bus_are_guarded_and_named(bus):
    file = registers(bus, TABLE)
    file.write("NV_PMC_BOOT_42", 0xBADF4100)
    with pytest.raises(PriError) as refused:
        _ = file.NV_PMC_BOOT_42

    assert refused.value.register == "NV_PMC_BOOT_42"
    assert "NV_PMC_BOOT_42 cannot be read: the register is locked" in str(refused.value)
    assert isinstance(file.io, GuardedWords)


def test_no_code_hides_another():
    for code in PRI_CODES:
        assert pri_code(code.code) is code
