"""The shapes and types of the tensor cores' mma.sync that are recorded, and the layout of their fragments.

Facts: PTX ISA, "Warp Level Matrix Instructions". All fragments follow one rule: lane 4 g + t holds row (A)
or column (B) g, and of every 4 x (elements of a register) consecutive k the t-th group; rows g + 8 come next,
then further k.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

BITS = {"f16": 16, "bf16": 16, "tf32": 32, "f64": 64, "s8": 8, "u8": 8, "f32": 32, "s32": 32}
LANES = 32
WORD_BITS = 32
REGISTER_TYPES = {16: np.uint16, 32: np.uint32, 64: np.uint64}


@dataclass(frozen=True)
class Shape:
    """One instruction. `seed` names its operands for ever; `sparse` ones keep two of each four k."""

    seed: int
    name: str
    m: int
    k: int
    a: str
    b: str
    c: str
    sparse: bool = False
    saturate: bool = False
    n: int = 8

    @property
    def ptx(self) -> str:
        """What the compiler is given."""
        start = "mma.sp::ordered_metadata.sync" if self.sparse else "mma.sync"
        types = f"{self.c}.{self.a}.{self.b}.{self.c}"
        saturate = ".satfinite" if self.saturate else ""
        return f"{start}.aligned.m{self.m}n{self.n}k{self.k}.row.col{saturate}.{types}"

    @property
    def is_float(self) -> bool:
        """Does it add floats?"""
        return self.c != "s32"

    @property
    def kept_k(self) -> int:
        """How many products an output has."""
        return self.k // 2 if self.sparse else self.k

    @cached_property
    def registers(self) -> tuple[int, int, int]:
        """How many of A, of B and of C a lane holds; of 64 bits for f64."""
        word = max(WORD_BITS, BITS[self.a])
        a = self.m * self.kept_k * BITS[self.a] // word // LANES
        b = self.n * self.k * BITS[self.b] // word // LANES
        return a, b, self.m * self.n * BITS[self.c] // word // LANES


def _shapes() -> list[Shape]:
    made = []
    for seed, k in ((1, 8), (4, 16)):
        made += [
            Shape(seed, f"f16_k{k}_f32", 16, k, "f16", "f16", "f32"),
            Shape(seed + 1, f"f16_k{k}_f16", 16, k, "f16", "f16", "f16"),
            Shape(seed + 2, f"bf16_k{k}_f32", 16, k, "bf16", "bf16", "f32"),
        ]
    made += [Shape(seed, f"tf32_k{k}_f32", 16, k, "tf32", "tf32", "f32") for seed, k in ((7, 4), (8, 8))]
    made += [Shape(15, "f64_m8k4", 8, 4, "f64", "f64", "f64")]
    made += [
        Shape(seed, f"f64_m16k{k}", 16, k, "f64", "f64", "f64") for seed, k in ((16, 4), (17, 8), (18, 16))
    ]
    seed = 19
    for a in ("s8", "u8"):
        for b in ("s8", "u8"):
            for saturate in (False, True):
                suffix = f"_{a}_{b}" + ("_sat" if saturate else "")
                for m, k in ((8, 16), (16, 16), (16, 32)):
                    made.append(Shape(seed, f"i8_m{m}k{k}{suffix}", m, k, a, b, "s32", saturate=saturate))
                    seed += 1
    made += [
        Shape(61, "sp_f16_k16_f32", 16, 16, "f16", "f16", "f32", sparse=True),
        Shape(62, "sp_f16_k32_f32", 16, 32, "f16", "f16", "f32", sparse=True),
        Shape(63, "sp_f16_k32_f16", 16, 32, "f16", "f16", "f16", sparse=True),
        Shape(64, "sp_bf16_k32_f32", 16, 32, "bf16", "bf16", "f32", sparse=True),
        Shape(65, "sp_tf32_k16_f32", 16, 16, "tf32", "tf32", "f32", sparse=True),
    ]
    return made


SHAPES = {shape.name: shape for shape in _shapes()}


def _words(codes: NDArray[np.generic], bits: int) -> NDArray[np.generic]:
    """The elements of a register, along the last axis, in one word."""
    if bits == 64:
        return codes[..., 0]
    shifts = np.arange(WORD_BITS // bits, dtype=np.uint32) * np.uint32(bits)
    return np.bitwise_or.reduce(codes.astype(np.uint32) << shifts, axis=-1)


def pack_a(a: NDArray[np.generic], bits: int) -> NDArray[np.generic]:
    """[fragment, m, k] to [fragment, register, lane]."""
    count, m, k = a.shape
    each = max(1, WORD_BITS // bits)
    halves = a.reshape(count, m // 8, 8, k // (4 * each), 4, each).transpose(0, 3, 1, 2, 4, 5)
    return _words(halves, bits).reshape(count, -1, LANES)


def pack_b(b: NDArray[np.generic], bits: int) -> NDArray[np.generic]:
    """[fragment, k, n] to [fragment, register, lane]."""
    count, k, n = b.shape
    each = max(1, WORD_BITS // bits)
    return _words(b.reshape(count, k // (4 * each), 4, each, n).transpose(0, 1, 4, 2, 3), bits).reshape(
        count, -1, LANES
    )


def pack_c(c: NDArray[np.generic], bits: int) -> NDArray[np.generic]:
    """[fragment, m, n] to [fragment, register, lane]."""
    count, m, _ = c.shape
    pairs = c.reshape(count, m // 8, 8, 4, 2)
    if bits == 16:
        return _words(pairs, 16).reshape(count, -1, LANES)
    return pairs.transpose(0, 1, 4, 2, 3).reshape(count, -1, LANES)


def unpack_d(d: NDArray[np.generic], m: int, bits: int) -> NDArray[np.generic]:
    """[fragment, register, lane] to [fragment, m, n]."""
    count = d.shape[0]
    if bits == 16:
        words = d.astype(np.uint32).reshape(count, m // 8, 8, 4)
        halves = np.stack([words & np.uint32(0xFFFF), words >> np.uint32(16)], axis=-1)
        return halves.astype(np.uint16).reshape(count, m, 8)
    return d.reshape(count, m // 8, 2, 8, 4).transpose(0, 1, 3, 4, 2).reshape(count, m, 8)
