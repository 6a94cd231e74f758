"""Words of a pushbuffer, bit by bit (open-gpu-doc:manuals/ampere/ga100/dev_ram.ref, FIFO_DMA)."""

from __future__ import annotations

import pytest
from barewire.softgpu import methods
from barewire.softgpu.methods import BadHeader, Instruction, decode


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        (0x20042062, Instruction(methods.INCREMENT, 1, 0x62, 4)),
        (0x6084206D, Instruction(methods.STAY, 1, 0x6D, 0x84)),
        (0xA0028100, Instruction(methods.INCREMENT_ONCE, 4, 0x100, 2)),
        (0x9FFF801E, Instruction(methods.IMMEDIATE, 4, 0x1E, 0x1FFF)),
        (0x00000000, Instruction(methods.NOTHING)),
        (0x00010010, Instruction(methods.SET_MASK, value=1)),
        (0x0002FFF0, Instruction(methods.STORE_MASK, value=0xFFF)),
        (0x00030000, Instruction(methods.USE_MASK)),
        (0xE0000000, Instruction(methods.END_SEGMENT)),
        (0x20008FFF, Instruction(methods.NOTHING)),  # a sequence of none
    ],
)
def test_a_word_is_the_instruction_that_its_bits_say(word: int, wanted: Instruction) -> None:
    assert decode(word) == wanted


@pytest.mark.parametrize(
    "word",
    [
        0x00040000,  # the old incrementing method
        0x40010040,  # the old non-incrementing method
        0xC0010040,  # reserved
        0x00000001,
        0x20020FFF,  # the second method would have no address
        0xA0020FFF,
    ],
    ids=hex,
)
def test_what_is_no_instruction_is_refused(word: int) -> None:
    with pytest.raises(BadHeader):
        decode(word)


def test_sequences_may_reach_the_last_address_and_stay_there() -> None:
    assert decode(0x20020FFE).value == 2
    assert decode(0x70000FFF).value == 0x1000


def test_methods_are_named_for_reports() -> None:
    assert methods.describe(0xC8B5, 0x300 // 4) == "NVC8B5_LAUNCH_DMA"
    assert "0x1ffc" in methods.describe(0xC8B5, 0x1FFC // 4)
