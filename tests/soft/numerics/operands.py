"""Operands that show how a tensor core adds: each fragment has one of twelve characters, in turn.

They come from a counter-based generator, so that only the results are recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.soft.numerics.random_bits import random_bits
from tests.soft.numerics.shapes import Shape

Codes = NDArray[np.generic]
Operands = tuple[Codes, Codes, Codes]


@dataclass(frozen=True)
class Format:
    """A float format: its bits from the top are sign, exponent, mantissa, and `unused` ones."""

    exponent_bits: int
    mantissa_bits: int
    bias: int
    unused: int = 0

    @property
    def bits(self) -> int:
        """Its size."""
        return 1 + self.exponent_bits + self.mantissa_bits + self.unused

    @property
    def code_type(self) -> type[np.generic]:
        """The unsigned integers that hold its codes."""
        types: dict[int, type[np.generic]] = {16: np.uint16, 32: np.uint32, 64: np.uint64}
        return types[self.bits]


FORMATS = {
    "f16": Format(5, 10, 15),
    "bf16": Format(8, 7, 127),
    "tf32": Format(8, 10, 127, unused=13),
    "f32": Format(8, 23, 127),
    "f64": Format(11, 52, 1023),
}
ALWAYS = 256


def _u(value: int) -> np.uint64:
    return np.uint64(value)


def codes(
    form: Format,
    seed: int,
    shape: tuple[int, ...],
    exponents: tuple[int, int],
    zero: int = 0,
    mantissa: str = "random",
) -> Codes:
    """Numbers with exponent fields in a range; `zero` of 256 are zeros; mantissas random, simple or zero."""
    e, m = form.exponent_bits, form.mantissa_bits
    count = int(np.prod(shape))
    both = random_bits(seed, 2 * count)
    r, s = both[:count], both[count:]
    top = (1 << e) - 2
    low, high = min(max(0, exponents[0]), top), max(0, min(top, exponents[1]))
    exponent = _u(low) + (r & _u(0xFFFF)) * _u(high - low + 1) // _u(0x10000)
    fraction = s & _u((1 << m) - 1)
    if mantissa == "simple":
        kind = (r >> _u(16)) & _u(3)
        fraction = np.where(kind == 0, _u(0), np.where(kind == 1, _u((1 << m) - 1), fraction))
    if mantissa == "zero":
        fraction = np.zeros_like(fraction)
    sign = ((r >> _u(20)) & _u(1)) << _u(e + m)
    code = sign | (exponent << _u(m)) | fraction
    code = np.where(((r >> _u(24)) & _u(255)) < _u(zero), sign, code) << _u(form.unused)
    if form.unused and mantissa == "random":
        code = code | ((s >> _u(40)) & _u((1 << form.unused) - 1))
    return code.astype(form.code_type).reshape(shape)


def any_codes(form: Format, seed: int, shape: tuple[int, ...], zero: int) -> Codes:
    """Any bits: NaN and infinities too; `zero` of 256 are zeros."""
    both = random_bits(seed, 2 * int(np.prod(shape)))
    half = len(both) // 2
    mask = (1 << form.bits) - 1
    code, kind = both[:half] & _u(mask), both[half:] & _u(255)
    infinity = ((1 << form.exponent_bits) - 1) << (form.mantissa_bits + form.unused)
    infinite = (code & _u(1 << (form.bits - 1))) | _u(infinity)
    code = np.where(kind < _u(zero), _u(0), code)
    code = np.where(kind == _u(255), infinite, code)
    return code.astype(form.code_type).reshape(shape)


def finite_values(form: Format, code: Codes) -> NDArray[np.float64]:
    """Codes of finite numbers as doubles, exactly."""
    bits = code.astype(np.uint64) >> _u(form.unused)
    sign = 1.0 - 2.0 * ((bits >> _u(form.exponent_bits + form.mantissa_bits)) & _u(1)).astype(np.float64)
    exponent = ((bits >> _u(form.mantissa_bits)) & _u((1 << form.exponent_bits) - 1)).astype(np.int64)
    fraction = (bits & _u((1 << form.mantissa_bits) - 1)).astype(np.int64)
    significand = np.where(exponent > 0, fraction + (1 << form.mantissa_bits), fraction).astype(np.float64)
    power = np.maximum(exponent, 1) - form.bias - form.mantissa_bits
    return sign * np.ldexp(significand, power.astype(np.int32))


def kept_rows(shape: Shape, b: Codes) -> Codes:
    """The rows of B that a sparse A meets: of four the first two, for tf32 of two the first."""
    if not shape.sparse:
        return b
    if shape.a == "tf32":
        return b[:, ::2]
    count, k, n = b.shape
    return b.reshape(count, k // 4, 4, n)[:, :, :2].reshape(count, k // 2, n)


class Maker:
    """Makes the fragments of one character."""

    def __init__(self, shape: Shape, count: int, seed: int) -> None:
        self.shape, self.seed = shape, seed
        self.a, self.b, self.c = FORMATS[shape.a], FORMATS[shape.b], FORMATS[shape.c]
        self.size_a = (count, shape.m, shape.kept_k)
        self.size_b = (count, shape.k, shape.n)
        self.size_c = (count, shape.m, shape.n)

    def factors(self, spread: int, mantissa: str = "random", center: int = 0) -> tuple[Codes, Codes]:
        """A and B with exponents around `center`."""
        ranges = [(form.bias + center - spread, form.bias + center + spread) for form in (self.a, self.b)]
        a = codes(self.a, self.seed, self.size_a, ranges[0], 0, mantissa)
        return a, codes(self.b, self.seed + 1, self.size_b, ranges[1], 0, mantissa)

    def addend(self, low: int, high: int, zero: int = 0, mantissa: str = "random") -> Codes:
        """C with exponents in a range."""
        exponents = (self.c.bias + low, self.c.bias + high)
        return codes(self.c, self.seed + 2, self.size_c, exponents, zero, mantissa)

    def near(self) -> Operands:
        """All of one size."""
        return *self.factors(1), self.addend(-3, 6)

    def spread(self) -> Operands:
        """Of several sizes."""
        return *self.factors(6), self.addend(-12, 14)

    def wide(self) -> Operands:
        """Of all sizes."""
        return *self.factors(40), self.addend(-60, 60)

    def sparse(self) -> Operands:
        """Few terms, with simple mantissas."""
        a, b = self.factors(10, "simple")
        few = (random_bits(self.seed + 3, a.size) & _u(255)).reshape(a.shape) < 200
        return np.where(few, 0, a).astype(a.dtype), b, self.addend(-20, 20, 64, "simple")

    def cancel(self) -> Operands:
        """C takes away what the products make, but for some units."""
        a, b = self.factors(2)
        left, right = finite_values(self.a, a), finite_values(self.b, kept_rows(self.shape, b))
        total = np.zeros(self.size_c)
        for k in range(self.shape.kept_k):
            total = total + left[:, :, k, None] * right[:, None, k, :]
        floats: dict[str, type[np.floating]] = {"f16": np.float16, "f32": np.float32, "f64": np.float64}
        with np.errstate(all="ignore"):
            c = (-total).astype(floats[self.shape.c]).view(self.c.code_type)
        units = (random_bits(self.seed + 4, c.size) & _u(3)).astype(c.dtype).reshape(c.shape)
        return a, b, (c + units).astype(c.dtype)

    def pairs(self) -> Operands:
        """Products that cancel each other, far apart or side by side."""
        a, b = self.factors(4)
        half = self.shape.kept_k // 2
        sign = a.dtype.type(1 << (a.dtype.itemsize * 8 - 1))
        nudges = (random_bits(self.seed + 4, a.size // 2) & _u(1)).astype(a.dtype)
        nudges = nudges.reshape(*a.shape[:2], -1) << a.dtype.type(self.a.unused)
        if random_bits(self.seed + 5, 1)[0] & _u(1):
            a[:, :, half:] = a[:, :, :half] ^ sign ^ nudges
            b[:, self.shape.k // 2 :] = b[:, : self.shape.k // 2]
        else:
            a[:, :, 1::2] = a[:, :, ::2] ^ sign ^ nudges
            b[:, 1::2] = b[:, ::2]
        return a, b, self.addend(-20, 0)

    def big_c(self) -> Operands:
        """C is larger than the products."""
        return *self.factors(2), self.addend(0, 34)

    def low(self) -> Operands:
        """Around the smallest numbers of the accumulator's format."""
        wide = self.c.exponent_bits == 8
        center = -(self.c.bias + self.c.mantissa_bits // 2) // 2 if wide else -12
        return *self.factors(10 if wide else 4, "random", center), self.addend(-self.c.bias, 20 - self.c.bias)

    def high(self) -> Operands:
        """Around the largest."""
        bias = self.c.bias
        return *self.factors(3, "random", (bias - 3) // 2), self.addend(bias - 8, bias)

    def raw(self) -> Operands:
        """Any bits."""
        a, b = (
            any_codes(self.a, self.seed, self.size_a, 160),
            any_codes(self.b, self.seed + 1, self.size_b, 64),
        )
        return a, b, any_codes(self.c, self.seed + 2, self.size_c, 64)

    def zero_c(self) -> Operands:
        """Products alone."""
        return *self.factors(3), np.zeros(self.size_c, self.c.code_type)

    def powers(self) -> Operands:
        """Few powers of two, far apart."""
        a, b = self.factors(14, "zero")
        none = (random_bits(self.seed + 3, a.size) & _u(1)).reshape(a.shape) == 0
        return np.where(none, 0, a).astype(a.dtype), b, self.addend(-30, 30, 128, "zero")


CHARACTERS: tuple[Callable[[Maker], Operands], ...] = (
    Maker.near,
    Maker.spread,
    Maker.wide,
    Maker.sparse,
    Maker.cancel,
    Maker.pairs,
    Maker.big_c,
    Maker.low,
    Maker.high,
    Maker.raw,
    Maker.zero_c,
    Maker.powers,
)


def float_operands(shape: Shape, fragments: int) -> Operands:
    """A [fragment, m, k], B [fragment, k, n] and C [fragment, m, n]; fragment i has character i modulo 12."""
    parts = []
    for index, character in enumerate(CHARACTERS):
        count = len(range(index, fragments, len(CHARACTERS)))
        parts.append(character(Maker(shape, count, (shape.seed * 64 + index) * 8)))
    whole = []
    for which in range(3):
        first = parts[0][which]
        made = np.empty((fragments, *first.shape[1:]), first.dtype)
        for index, part in enumerate(parts):
            made[index :: len(CHARACTERS)] = part[which]
        whole.append(made)
    return whole[0], whole[1], whole[2]


def integer_operands(shape: Shape, fragments: int) -> Operands:
    """Any bytes; C any word in even fragments, near the limits of 32 bits in odd ones."""
    m, n, k = shape.m, shape.n, shape.k
    a = (random_bits(shape.seed * 8, fragments * m * k) & _u(255)).astype(np.uint8).reshape(fragments, m, k)
    b = (
        (random_bits(shape.seed * 8 + 1, fragments * k * n) & _u(255))
        .astype(np.uint8)
        .reshape(fragments, k, n)
    )
    r = random_bits(shape.seed * 8 + 2, fragments * m * n)
    limit = (_u(0x7FFF0000) ^ (r >> _u(63)) * _u(0xFFFFFFFF)) + (r >> _u(40) & _u(0xFFFF))
    c = r.reshape(fragments, m, n).astype(np.uint32)
    c[1::2] = limit.reshape(fragments, m, n).astype(np.uint32)[1::2]
    return a, b, c


def operands(shape: Shape, fragments: int) -> Operands:
    """A, B and C of `fragments` fragments, as codes."""
    return float_operands(shape, fragments) if shape.is_float else integer_operands(shape, fragments)
