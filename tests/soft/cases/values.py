"""Operands: random ones from a seed, and those that are out of the ordinary."""

from __future__ import annotations

from typing import Any

import numpy as np


def generator(name: str) -> np.random.Generator:
    """Random numbers of a case, the same on every machine."""
    return np.random.Generator(np.random.PCG64(list(name.encode())))


_F32 = np.array(
    [
        0x00000000, 0x80000000, 0x00000001, 0x807FFFFF, 0x00800000, 0x3F800000, 0xBF800000, 0x3FFFFFFF,
        0x40490FDB, 0x4B800001, 0x7F7FFFFF, 0xFF7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00001, 0xFF812345,
    ],
    dtype=np.uint32,
)  # fmt: skip
_F64 = np.array(
    [
        0x0000000000000000, 0x8000000000000000, 0x0000000000000001, 0x800FFFFFFFFFFFFF, 0x0010000000000000,
        0x3FF0000000000000, 0xBFF0000000000000, 0x3FFFFFFFFFFFFFFF, 0x400921FB54442D18, 0x4340000000000001,
        0x7FEFFFFFFFFFFFFF, 0xFFEFFFFFFFFFFFFF, 0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000001,
        0xFFF0123456789ABC,
    ],
    dtype=np.uint64,
)  # fmt: skip
_F16 = np.array(
    [
        0x0000, 0x8000, 0x0001, 0x83FF, 0x0400, 0x3C00, 0xBC00, 0x3FFF, 0x4248, 0x6401, 0x7BFF, 0xFBFF,
        0x7C00, 0xFC00, 0x7E01, 0xFD23,
    ],
    dtype=np.uint16,
)  # fmt: skip
_INTEGERS = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0x10000, -1, -2, -0x80, -0x8000)
_SPECIAL: dict[Any, np.ndarray] = {
    np.dtype(np.float32): _F32.view(np.float32),
    np.dtype(np.float64): _F64.view(np.float64),
    np.dtype(np.float16): _F16.view(np.float16),
}


def special(dtype: Any) -> np.ndarray:
    """The special values of a format, 16 of each: zeros, subnormals, limits, infinities, NaNs."""
    wanted = np.dtype(dtype)
    if wanted in _SPECIAL:
        return _SPECIAL[wanted]
    bits = 8 * wanted.itemsize
    values = [*_INTEGERS, 1 << (bits - 1), (1 << (bits - 1)) - 1]
    return np.array([value % (1 << bits) for value in values], dtype=f"u{wanted.itemsize}").view(wanted)


def operands(rng: np.random.Generator, dtype: Any, count: int, arity: int) -> list[np.ndarray]:
    """`arity` arrays: every pair of special values in the first 256 elements, then random ones of two kinds.

    The random ones are bit patterns of all kinds and, in every second element, numbers near one.
    """
    values = special(dtype)
    wanted = np.dtype(dtype)
    first = [values.repeat(16), np.tile(values, 16), rng.choice(values, 256)]
    result = []
    for position in range(arity):
        patterns = rng.integers(0, 256, (count - 256) * wanted.itemsize, dtype=np.uint8).view(wanted)
        if wanted.kind == "f":
            patterns = patterns.copy()
            ordinary = rng.normal(0, 3, patterns.size).astype(wanted)
            patterns[::2] = ordinary[::2]
        result.append(np.concatenate([first[position], patterns]))
    return result


def bf16(values: np.ndarray) -> np.ndarray:
    """Numbers as bf16 (round to nearest, ties to even), in 16-bit words."""
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def from_bf16(words: np.ndarray) -> np.ndarray:
    """16-bit words of bf16 as fp32."""
    return (words.astype(np.uint32) << 16).view(np.float32)
