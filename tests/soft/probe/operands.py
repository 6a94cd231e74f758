"""Operand words for the probes: eight populations, each of which some family of instructions finds hard.

The same seed gives the same words everywhere: PCG64 as NumPy defines it, integers only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.soft.probe.program import OPERAND_WORDS

SEED = 20261122

FLOAT_SPECIALS = np.array(
    [
        0x00000000, 0x80000000, 0x3F800000, 0xBF800000, 0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00000,
        0x7F800001, 0xFFBFFFFF, 0x7FFFFFFF, 0x00000001, 0x80000001, 0x007FFFFF, 0x807FFFFF, 0x00800000,
        0x80800000, 0x00800001, 0x7F7FFFFF, 0xFF7FFFFF, 0x3F7FFFFF, 0x3F800001, 0x4B000000, 0x4B7FFFFF,
        0x4F000000, 0xCF000000, 0x4F800000, 0x5F000000, 0x5F800000, 0x3F000000, 0xBF000000, 0x3FC00000,
    ],
    np.uint32,
)  # fmt: skip
HALF_SPECIALS = np.array(
    [
        0x0000, 0x8000, 0x3C00, 0xBC00, 0x7C00, 0xFC00, 0x7E00, 0xFE00, 0x7C01, 0xFDFF, 0x7FFF, 0x0001,
        0x8001, 0x03FF, 0x83FF, 0x0400, 0x8400, 0x7BFF, 0xFBFF, 0x3BFF, 0x3C01, 0x3F80, 0xBF80, 0x7F80,
        0xFF80, 0x7FC0, 0x0080, 0x007F, 0x807F, 0x7F7F, 0xFF7F, 0x3800,
    ],
    np.uint32,
)  # fmt: skip
INTEGER_SPECIALS = np.array(
    [
        0, 1, 2, 3, 7, 8, 15, 16, 24, 31, 32, 33, 63, 64, 65, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF,
        0x10000, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, 0xFFFFFFFF, 0x5410, 0x7632,
        0x01FFFFFF, 0xFF000000,
    ],
    np.uint32,
)  # fmt: skip


def operands(count: int, seed: int = SEED) -> NDArray[np.uint32]:
    """Operand words, uint32[count, 16]; the eight populations take turns by groups of 32 lanes (one warp)."""
    generator = np.random.Generator(np.random.PCG64(seed))
    populations = [
        _random(generator, count),
        _picked(generator, count, FLOAT_SPECIALS),
        _floats_near_one(generator, count),
        _doubles(generator, count),
        _halves(generator, count, exponent_bits=5),
        _halves(generator, count, exponent_bits=8),
        _picked(generator, count, INTEGER_SPECIALS),
    ]
    choice = generator.integers(0, len(populations), (count, OPERAND_WORDS))
    populations.append(np.choose(choice, populations))
    words = np.empty((count, OPERAND_WORDS), np.uint32)
    for lane in range(count):
        words[lane] = populations[lane // 32 % len(populations)][lane]
    words[:, -1] = generator.integers(0, 1 << 32, count, np.uint32)
    return words


def parameters(seed: int = SEED) -> list[int]:
    """The eight words that stand in constant bank 0; the first pair is an ordinary double."""
    generator = np.random.Generator(np.random.PCG64(seed + 1))
    words = [int(word) for word in generator.integers(0, 1 << 32, 8, np.uint32)]
    words[1] = 0x3FF8_1234
    return words


def _random(generator: np.random.Generator, count: int) -> NDArray[np.uint32]:
    return generator.integers(0, 1 << 32, (count, OPERAND_WORDS), np.uint32)


def _picked(generator: np.random.Generator, count: int, specials: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return specials[generator.integers(0, len(specials), (count, OPERAND_WORDS))]


def _floats_near_one(generator: np.random.Generator, count: int) -> NDArray[np.uint32]:
    """fp32 of either sign, exponents from -14 to 34: products and sums round, conversions stay in range."""
    sign = generator.integers(0, 2, (count, OPERAND_WORDS), np.uint32)
    exponent = generator.integers(127 - 14, 127 + 35, (count, OPERAND_WORDS), np.uint32)
    mantissa = generator.integers(0, 1 << 23, (count, OPERAND_WORDS), np.uint32)
    return sign << 31 | exponent << 23 | mantissa


def _doubles(generator: np.random.Generator, count: int) -> NDArray[np.uint32]:
    """Pairs of words that are fp64: ordinary ones, and one of eight special."""
    specials = np.array(
        [0, 0x80000000, 0x7FF00000, 0xFFF00000, 0x7FF80000, 0x7FF00001, 0x00000001, 0x000FFFFF], np.uint32
    )
    words = _random(generator, count)
    high = generator.integers(0, 2, (count, OPERAND_WORDS // 2), np.uint32) << 31
    high |= generator.integers(1023 - 20, 1023 + 66, (count, OPERAND_WORDS // 2), np.uint32) << 20
    high |= generator.integers(0, 1 << 20, (count, OPERAND_WORDS // 2), np.uint32)
    is_special = generator.integers(0, 8, high.shape) == 0
    words[:, 1::2] = np.where(is_special, specials[generator.integers(0, len(specials), high.shape)], high)
    zero_low = generator.integers(0, 4, high.shape) == 0
    words[:, 0::2] = np.where(zero_low, 0, words[:, 0::2])
    return words


def _halves(generator: np.random.Generator, count: int, exponent_bits: int) -> NDArray[np.uint32]:
    """Two 16-bit floats a word (5 exponent bits: fp16, 8: bf16), near one; one of four is special."""
    mantissa_bits = 15 - exponent_bits
    bias = (1 << (exponent_bits - 1)) - 1
    shape = (count, OPERAND_WORDS * 2)
    near = generator.integers(0, 2, shape, np.uint32) << 15
    near |= generator.integers(bias - 8, bias + 9, shape, np.uint32) << mantissa_bits
    near |= generator.integers(0, 1 << mantissa_bits, shape, np.uint32)
    special = HALF_SPECIALS[generator.integers(0, len(HALF_SPECIALS), shape)]
    halves = np.where(generator.integers(0, 4, shape) == 0, special, near).astype(np.uint32)
    return halves[:, 0::2] | halves[:, 1::2] << np.uint32(16)
