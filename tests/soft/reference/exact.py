"""Binary floating point as exact integers: unpack, compute without error, round once.

A finite number is (sign, m, e) with the value (-1)**sign * m * 2**e. Facts: IEEE 754-2008; NaN results of the
GPU are canonical (recorded).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """A binary format: widths of exponent and mantissa, and the NaN that the GPU answers with."""

    exponent_bits: int
    mantissa_bits: int
    nan: int

    @property
    def bias(self) -> int:
        return (1 << (self.exponent_bits - 1)) - 1

    @property
    def least_exponent(self) -> int:
        """Of the last mantissa bit of a subnormal."""
        return 1 - self.bias - self.mantissa_bits

    @property
    def sign_bit(self) -> int:
        return 1 << (self.exponent_bits + self.mantissa_bits)

    @property
    def infinity(self) -> int:
        return ((1 << self.exponent_bits) - 1) << self.mantissa_bits

    @property
    def largest(self) -> int:
        return self.infinity - 1


F16 = Format(5, 10, 0x7FFF)
BF16 = Format(8, 7, 0x7FFF)
F32 = Format(8, 23, 0x7FFFFFFF)
F64 = Format(11, 52, 0xFFF80000_00000000)


@dataclass(frozen=True)
class Number:
    """A finite number, an infinity (`m` is None) or a NaN."""

    sign: int
    m: int | None = 0
    e: int = 0
    nan: bool = False

    @property
    def infinite(self) -> bool:
        return self.m is None and not self.nan

    @property
    def zero(self) -> bool:
        return self.m == 0

    def negated(self) -> Number:
        return Number(self.sign ^ 1, self.m, self.e, self.nan)

    def compare(self, other: Number) -> int:
        """-1, 0 or 1; neither may be a NaN."""
        a, b = self._key(other.e), other._key(self.e)
        return (a > b) - (a < b)

    def _key(self, other_e: int) -> tuple[int, int]:
        if self.infinite:
            return (-1 if self.sign else 1, 0)
        assert self.m is not None
        magnitude = self.m << max(0, self.e - other_e)
        return (0, -magnitude if self.sign else magnitude)


NAN = Number(0, None, 0, True)


def unpack(bits: int, form: Format, *, flush: bool = False) -> Number:
    """The number that `bits` stand for; subnormals are read as zeros of their sign with `flush`."""
    sign = int(bool(bits & form.sign_bit))
    mantissa = bits & ((1 << form.mantissa_bits) - 1)
    exponent = bits >> form.mantissa_bits & ((1 << form.exponent_bits) - 1)
    if exponent == (1 << form.exponent_bits) - 1:
        return NAN if mantissa else Number(sign, None)
    if exponent == 0:
        return Number(sign, 0 if flush else mantissa, form.least_exponent)
    return Number(sign, mantissa | 1 << form.mantissa_bits, exponent - 1 + form.least_exponent)


def round_integer(m: int, shift: int, sign: int, mode: str) -> int:
    """m / 2**shift (shift may be negative) as an integer; RN is to even, RM down, RP up, RZ to zero."""
    if shift <= 0:
        return m << -shift
    quotient, rest = m >> shift, m & ((1 << shift) - 1)
    half = 1 << (shift - 1)
    if mode == "RN":
        up = rest > half or (rest == half and quotient & 1)
    elif mode == "RM":
        up = bool(rest and sign)
    elif mode == "RP":
        up = bool(rest and not sign)
    else:
        up = False
    return quotient + int(up)


def pack(number: Number, form: Format, mode: str = "RN", *, flush: bool = False) -> int:
    """Round a number to a format. `flush`: results below the least normal number become zeros.

    What is tiny is decided after rounding with an unbounded exponent.
    """
    if number.nan:
        return form.nan
    sign = form.sign_bit if number.sign else 0
    if number.m is None:
        return sign | form.infinity
    if number.m == 0:
        return sign
    width = number.m.bit_length()
    free = width - form.mantissa_bits - 1  # the shift if the exponent had no bounds
    if flush and _is_tiny(number, form, free, mode):
        return sign
    shift = max(free, form.least_exponent - number.e)
    mantissa = round_integer(number.m, shift, number.sign, mode)
    biased = shift + number.e - form.least_exponent
    # A mantissa that was carried into the next binade adds one to the exponent field by itself.
    bits = mantissa + (biased << form.mantissa_bits)
    if bits >= form.infinity:
        to_largest = mode == "RZ" or (mode == "RM" and not number.sign) or (mode == "RP" and number.sign)
        bits = form.largest if to_largest else form.infinity
    return sign | bits


def _is_tiny(number: Number, form: Format, free: int, mode: str) -> bool:
    assert number.m is not None
    mantissa = round_integer(number.m, free, number.sign, mode) if free > 0 else number.m << -free
    exponent = number.e + free
    return mantissa.bit_length() - 1 + exponent < form.least_exponent + form.mantissa_bits


def multiply(a: Number, b: Number) -> Number:
    """a * b without rounding."""
    sign = a.sign ^ b.sign
    if a.nan or b.nan or (a.infinite and b.zero) or (a.zero and b.infinite):
        return NAN
    if a.m is None or b.m is None:
        return Number(sign, None)
    return Number(sign, a.m * b.m, a.e + b.e)


def add(a: Number, b: Number, mode: str = "RN") -> Number:
    """a + b without rounding; the mode decides the sign of an exact zero."""
    if a.nan or b.nan or (a.infinite and b.infinite and a.sign != b.sign):
        return NAN
    if a.infinite:
        return a
    if b.infinite:
        return b
    assert a.m is not None and b.m is not None
    e = min(a.e, b.e)
    total = (-a.m if a.sign else a.m) * (1 << (a.e - e)) + (-b.m if b.sign else b.m) * (1 << (b.e - e))
    if total == 0:
        both = a.zero and b.zero and a.sign == b.sign
        return Number(a.sign if both else int(mode == "RM"), 0)
    return Number(int(total < 0), abs(total), e)


def to_integer(number: Number, mode: str) -> int:
    """A finite number rounded to an integer."""
    assert number.m is not None
    magnitude = round_integer(number.m, -number.e, number.sign, mode)
    return -magnitude if number.sign else magnitude


def from_integer(value: int) -> Number:
    return Number(int(value < 0), abs(value), 0)
