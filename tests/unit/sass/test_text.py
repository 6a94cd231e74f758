"""Words and their texts: single ones with the reason why they are here, and one of every shape met."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest
from barewire.errors import UsageError
from barewire.sass.decoder import Control, decode
from barewire.sass.language import ARCHITECTURES

WITNESS = Path(__file__).parent / "data" / "witness.json.gz"

# (architecture, word, nvdisasm's text)
SINGLE = [
    (90, 0x0000000007FFE01B_000000060C067210, "IADD3 R6, R12, R6, R27"),
    (100, 0x0000000007FFE0FF_80000009080A7210, "IADD3 R10, PT, PT, R8, -R9, RZ"),  # both carries since sm_100
    (80, 0x00000000007FE4FF_0000000405067210, "IADD3.X R6, R5, R4, RZ, P0, !PT"),
    (80, 0x0000000007FFE0FF_0020000000007A10, "IADD3 R0, R0, c[0x0][-0x8000], RZ"),  # offsets are signed
    (90, 0x00000000078E00FF_000000FFFF007224, "IMAD.MOV.U32 R0, RZ, RZ, RZ"),
    (90, 0x00000000078E00FF_0000008006067824, "IMAD.SHL.U32 R6, R6, 0x80, RZ"),
    (90, 0x00000000078E00FF_0001000006067824, "IMAD.U32 R6, R6, 0x10000, RZ"),  # no SHL for 2^16
    (90, 0x00000000078E0207_0000000102077824, "IMAD.IADD R7, R2, 0x1, R7"),
    (90, 0x00000000078E02FF_0000000106067824, "IMAD.MOV R6, R6, 0x1, RZ"),
    (90, 0x000000000F8E00FF_00000004FF077E24, "IMAD.U32 R7, RZ, RZ, UR4"),  # no MOV of a uniform register
    (90, 0x00000000008E0E07_000000FFFF027224, "IMAD.X R2, RZ, RZ, ~R7, P1"),
    (80, 0x000000000F8E10FF_0000000416037C11, "LEA R3, R22, UR4, 0x2"),
    (80, 0x00000000018F0EFF_0000000510180211, "@P0 LEA.HI.X.SX32 R24, R16, R5, 0x1, P3"),
    (80, 0x000000000780C0FF_0000000F08FF7212, "LOP3.LUT P0, RZ, R8, R15, RZ, 0xc0, !PT"),
    (80, 0x000000000FFFE03F_0000000E0D077290, "UIADD3 UR7, UR13, UR14, URZ"),  # URZ is 63
    (
        120,
        0x000000000FFFE0FF_0000002004047890,
        "UIADD3 UR4, UPT, UPT, UR4, 0x20, URZ",
    ),  # and 255 since sm_100
    (120, 0x0000000000FFF800_0000000000147402, "MOV.64 R20, 0xfff8000000000000"),
    (120, 0x0000000008000C00_00007000FF0477AC, "LDCU.128 UR4, c[0x0][0x380]"),
    (120, 0x00000000080000C0_0000000000000918, "@P0 NOP"),
    (90, 0x0000000000002500_0000000000087919, "S2R R8, SR_CTAID.X"),
    (90, 0x0000000000008600_0000000000087919, "S2R R8, SR_WARPGROUP_INFO"),
    (80, 0x0000000000008600_0000000000087919, "S2R R8, SR134"),  # a number that sm_80 has no name for
    (90, 0x1400000000000000_8000000201007221, "FADD R0, R1.reuse, -R2.reuse"),  # its second source is a third
]


@pytest.mark.parametrize(("arch", "word", "text"), SINGLE, ids=[text for *_, text in SINGLE])
def test_a_word_reads_as_nvdisasm_prints_it(arch, word, text):
    assert decode(word, arch).text() == text


def witness() -> list[tuple[int, int, int, str]]:
    rows = json.loads(gzip.decompress(WITNESS.read_bytes()))
    return [(arch, int(word, 16), pc, text) for arch, word, pc, text in rows]


def test_one_word_of_every_shape_reads_as_nvdisasm_printed_it():
    """Chosen by scripts/compare_disassembly.py --witness, of code compiled for the purpose."""
    rows = witness()
    wrong = [
        (f"sm_{arch} {word:032x}", text, decode(word, arch, pc).text())
        for arch, word, pc, text in rows
        if decode(word, arch, pc).text() != text
    ]

    assert len(rows) > 1000
    assert wrong == []


def test_control_bits_are_read_apart_from_the_instruction():
    control = 5 << 105 | 1 << 109 | 2 << 110 | 7 << 113 | 0b100001 << 116 | 0b0001 << 122
    one = decode(0x0000000007FFE01B_000000060C067210 | control, 90)

    assert one.control == Control(5, False, 2, None, 0b100001, 0b0001)
    assert one.text() == "IADD3 R6, R12.reuse, R6, R27"


def test_fields_have_the_names_of_the_table():
    fields = decode(0x140FE200000000FF_C000000201007221, 90).fields()

    assert fields["Ra"] == 1
    assert fields["B"] == 2
    assert fields["B_negate"] == fields["B_absolute"] == 1


def test_an_unknown_opcode_says_so():
    one = decode(0xFFF, 90)

    assert one.plan is None
    assert one.reason == "sm_90 has no opcode 0xfff"
    assert one.text() == "unknown 0xfff (sm_90 has no opcode 0xfff)"
    assert one.fields() == {}
    assert one.target() is None


def test_a_value_without_meaning_is_named():
    shuffled = decode(0x00000000080000C0_0000000600077216 | 7 << 72, 90)

    assert shuffled.plan is None
    assert shuffled.reason == "PRMT: mode (bits 72-74) has no value 7"


def test_an_architecture_that_is_not_in_the_table_is_refused():
    with pytest.raises(UsageError, match="sm_52"):
        decode(0, 52)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_no_word_makes_the_decoder_raise(arch):
    """Random words, half of them with an opcode that exists."""
    chance = random.Random(arch)
    for _ in range(2000):
        word = chance.getrandbits(128)
        one = decode(word, arch, 16 * chance.randrange(1000))
        assert one.text()
        assert (one.plan is None) == bool(one.reason)
        one.fields()
        one.target()
