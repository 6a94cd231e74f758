"""Operands at the edges of every format: where rounding, flushing, clamping and NaN make a difference.

The first lanes meet specials with specials, the next have random bits, the last numbers near one (sums
cancel, products stay in range) or, for integers, small counts. The same on every machine: PCG64, integers.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

LANES = 4096
OPERANDS = 3

_F32 = """
    00000000 80000000 00000001 80000001 007fffff 807fffff 00800000 80800000 00800001 3f800000 bf800000
    3f7fffff 3f800001 7f7fffff ff7fffff 7f800000 ff800000 7fc00000 ffc00000 7f800001 7fffffff ffffffff
    7fc12345 3f000000 bf000000 3fc00000 40200000 c0200000 4f000000 cf000000 4effffff 4f800000 4f7fffff
    5f000000 df000000 5f800000 33800000 33000000 477fe000 477ff000 477fefff 38800000 387fe000 387ff000
    33800001 1f800000 20000000 0c000000 43000000 42fe0000 437f8000 43e00000 43e80000 43f00000 47600000
    3b000000 3a800000 3a000000 37000000
"""
_F16 = """
    0000 8000 0001 8001 03ff 83ff 0400 8400 0401 3c00 bc00 3bff 3c01 7bff fbff 7c00 fc00 7e00 fe00 7c01
    7fff ffff 7d23 3800 b800 3e00 4100 c100 5bf8 5800 7000 7800 0200 1400 1000 0001
"""
_BF16 = """
    0000 8000 0001 8001 007f 807f 0080 8080 0081 3f80 bf80 3f7f 3f81 7f7f ff7f 7f80 ff80 7fc0 ffc0 7f81
    7fff ffff 3f00 bf00 3fc0 4020 2000 1f80 0040 4080 3380
"""
_F64 = """
    0000000000000000 8000000000000000 0000000000000001 8000000000000001 000fffffffffffff
    0010000000000000 0010000000000001 8010000000000000 3ff0000000000000 bff0000000000000
    3fefffffffffffff 3ff0000000000001 7fefffffffffffff ffefffffffffffff 7ff0000000000000
    fff0000000000000 7ff8000000000000 fff8000000000000 7ff0000000000001 fff0000012345678
    7fffffffffffffff ffffffffffffffff 3fe0000000000000 bfe0000000000000 3ff8000000000000
    4004000000000000 41dfffffffc00000 41e0000000000000 c1e0000000000000 c1e0000000200000
    43e0000000000000 43f0000000000000 c3e0000000000000 380fffffffffffff 3810000000000000
    36a0000000000000 3690000000000000 3690000000000001 47efffffe0000000 47efffffefffffff
    47effffff0000000 3ca0000000000000 40effc0000000000 40effe0000000000 3e70000000000000
    2000000000000000 1ff0000000000000
"""
_INTEGERS = """
    0 1 2 3 7 8 f 10 1f 20 21 3f 40 41 7f 80 ff 100 7fff 8000 ffff 10000 ffffff 1000000 1000001 1000003
    7fffffff 80000000 80000001 ffffffff fffffffe ffffff80 ffff8000 3210 7654 ba98 fedc 5410 80ff7f01
    01020304 fffffff0 7fffff80 7fffffc0 55555555
"""


def _words(text: str) -> NDArray[np.uint64]:
    return np.array([int(word, 16) for word in text.split()], np.uint64)


@cache
def specials(kind: str) -> NDArray[np.uint64]:
    """The remarkable values of a kind: f32, f64, i32, i64, or f16 and bf16, of which two make a word."""
    if kind in ("f16", "bf16"):
        halves = _words(_F16 if kind == "f16" else _BF16)
        return halves | np.random.default_rng(7).permutation(halves) << np.uint64(16)
    if kind == "i64":
        some = _words(_INTEGERS)
        return (some[::3][:, None] << np.uint64(32) | some[::4]).reshape(-1)
    return _words({"f32": _F32, "f64": _F64, "i32": _INTEGERS}[kind])


def operand(kind: str, position: int, of: int) -> NDArray[np.uint64]:
    """Operand `position` of an instruction that has `of` of them, for every lane."""
    generator = np.random.default_rng([of, position])
    remarkable = specials(kind)
    count = len(remarkable)
    lanes = np.arange(LANES)
    picks = (lanes % count, lanes // count % count)
    values = remarkable[picks[position] if position < 2 else generator.integers(0, count, LANES)].copy()
    paired = min(count * count, LANES * 3 // 4)
    width = 64 if kind in ("f64", "i64") else 32
    random = generator.integers(0, 1 << 64, LANES, dtype=np.uint64) >> np.uint64(64 - width)
    values[paired:] = random[paired:]
    if kind in ("f32", "f64"):
        near = paired + (LANES - paired) // 3
        values[near:] = _near_one(kind, random, generator)[near:]
    if kind == "i32":
        small = paired + (LANES - paired) * 2 // 3
        values[small:] = random[small:] & np.uint64(63)
    return values


def _near_one(kind: str, random: NDArray[np.uint64], generator: np.random.Generator) -> NDArray[np.uint64]:
    """Exponents from -12 to 11, the fraction and sign of the random words."""
    one, fraction_bits, sign_bit = (0x3F800000, 23, 31) if kind == "f32" else (0x3FF0 << 48, 52, 63)
    exponent = generator.integers(-12, 12, LANES).astype(np.int64)
    magnitude = np.uint64(one) + (exponent << fraction_bits).astype(np.uint64)
    sign = random >> np.uint64(sign_bit) << np.uint64(sign_bit)
    return (random & np.uint64((1 << fraction_bits) - 1)) | magnitude | sign


def operands(kinds: tuple[str, ...]) -> NDArray[np.uint32]:
    """Words for the probe, uint32[lanes, 16]: the operands in R8:R9, R12:R13 and R16:R17."""
    words = np.zeros((LANES, 16), np.uint32)
    for position, kind in enumerate(kinds):
        values = operand(kind, position, len(kinds))
        words[:, 4 * position] = values.astype(np.uint32)
        words[:, 4 * position + 1] = (values >> np.uint64(32)).astype(np.uint32)
    return words
