"""Float immediates as nvdisasm 13.5 printed them when it was given the words."""

import pytest
from barewire.sass.decoder import decode

GUARD_ALWAYS = 7 << 12
OPERANDS = GUARD_ALWAYS | 1 << 16 | 2 << 24  # R1 and R2
FADD, DADD, HADD2 = 0x421, 0x429, 0x430
IS_BFLOAT = 1 << 85
HALF = {"f16": 0x3800, "bf16": 0x3F00}


def immediate(word: int) -> str:
    return decode(word, 90).text().split("R2, ")[1]


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        (0x00000000, "0"),
        (0x80000000, "-0.0"),
        (0x3F800000, "1"),
        (0x3DCCCCCD, "0.10000000149011611938"),
        (0x00000001, "1.4012984643248170709e-45"),
        (0x4E6E6B28, "1.00000000000000000000e+09"),
        (0x4E6E6B27, "999999936"),
        (0x501502F8, "9.99999897600000000000e+09"),
        (0x7F7FFFFF, "3.40282346638528859812e+38"),
        (0x7F800000, "+INF"),
        (0xFF800000, "-INF"),
        (0x7FC00000, "+QNAN"),
        (0xFF800001, "-SNAN"),
    ],
)
def test_a_single_is_exact_and_large_ones_have_an_exponent(bits, text):
    assert immediate(OPERANDS | FADD | bits << 32) == text


@pytest.mark.parametrize(
    ("high_bits", "text"),
    [
        (0x3FB99999, "0.099999964237213134766"),
        (0x00000001, "2.1219957909652723151e-314"),
        (0x43400000, "9.00719925474099200000e+15"),
        (0x7FF00001, "+SNAN"),
        (0xFFF80000, "-QNAN"),
    ],
)
def test_of_a_double_the_high_half_is_stored(high_bits, text):
    assert immediate(OPERANDS | DADD | high_bits << 32) == text


@pytest.mark.parametrize(
    ("format_", "bits", "text"),
    [
        ("f16", 0x3555, "0.333251953125, 0.5"),
        ("f16", 0x8000, "-0.0 , 0.5"),
        ("f16", 0x7C00, "+INF , 0.5"),
        ("f16", 0x0001, "5.9604644775390625e-08, 0.5"),
        ("bf16", 0x3DCC, "0.099609375, 0.5"),
        ("bf16", 0x7F81, "+SNAN , 0.5"),
        ("bf16", 0x0001, "9.183549615799121156e-41, 0.5"),
    ],
)
def test_of_a_pair_of_halves_the_high_one_comes_first(format_, bits, text):
    word = OPERANDS | HADD2 | (bits << 16 | HALF[format_]) << 32

    assert immediate(word | (IS_BFLOAT if format_ == "bf16" else 0)) == text
