"""Floating point of one lane: fp32, fp64, packed fp16 and bf16, comparisons and conversions.

Facts: IEEE 754-2008; PTX ISA (add, mul, fma, min, max, setp, cvt, fma.oob); what PTX leaves open (NaN
payloads, zeros of MUFU's neighbours) as recorded on an H100.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.soft.reference.exact import (
    BF16,
    F16,
    F32,
    F64,
    Format,
    Number,
    add,
    from_integer,
    multiply,
    pack,
    round_integer,
    to_integer,
    unpack,
)
from tests.soft.reference.integer import combine, limits, rule, signed
from tests.soft.reference.text import MASK32, Instruction, Lane, Operand

ONE_F32 = 0x3F800000


def mode_of(instruction: Instruction) -> str:
    return instruction.one_of("RM", "RP", "RZ", default="RN")


def flushes(instruction: Instruction) -> bool:
    return instruction.has("FTZ")


def single(lane: Lane, operand: Operand, instruction: Instruction) -> int:
    """An fp32 operand's bits after absolute value and negation."""
    value = lane.raw(operand, instruction)
    if operand.kind == "I":
        return value
    value = value & 0x7FFFFFFF if operand.absolute else value
    return value ^ (1 << 31) if operand.negate else value


def double(lane: Lane, operand: Operand, instruction: Instruction) -> int:
    """An fp64 operand's bits; an immediate is its high word."""
    if operand.kind == "I":
        return instruction.immediate << 32
    value = lane.raw(operand, instruction) | lane.raw(operand, instruction, 1) << 32
    value = value & ~(1 << 63) if operand.absolute else value
    return value ^ (1 << 63) if operand.negate else value


def saturated(number: Number) -> Number:
    """Clamped to [0, 1]; NaN and both zeros become +0."""
    if number.nan or number.sign or number.zero:
        return Number(0, 0)
    one = Number(0, 1, 0)
    return one if number.infinite or number.compare(one) > 0 else number


def _finish32(instruction: Instruction, lane: Lane, number: Number) -> None:
    if instruction.has("SAT"):
        number = saturated(number)
    bits = pack(number, F32, mode_of(instruction), flush=flushes(instruction))
    lane.write(instruction.operands[0], bits)


@rule("FADD", "FMUL", "FFMA")
def _fp32(instruction: Instruction, lane: Lane) -> None:
    flush = flushes(instruction)
    a, b, *c = [unpack(single(lane, o, instruction), F32, flush=flush) for o in instruction.operands[1:]]
    if instruction.name == "FADD":
        result = add(a, b, mode_of(instruction))
    elif instruction.name == "FMUL":
        result = multiply(a, b)
    else:
        result = add(multiply(a, b), c[0], mode_of(instruction))
    _finish32(instruction, lane, result)


@rule("DADD", "DMUL", "DFMA")
def _fp64(instruction: Instruction, lane: Lane) -> None:
    bits = [double(lane, operand, instruction) for operand in instruction.operands[1:]]
    a, b, *c = [unpack(value, F64) for value in bits]
    mode = mode_of(instruction)
    if instruction.name == "DADD":
        number = add(a, b, mode)
    elif instruction.name == "DMUL":
        number = multiply(a, b)
    else:
        number = add(multiply(a, b), c[0], mode)
    result = pack(number, F64, mode)
    if number.nan:
        result = _nan64([_unsigned64(lane, operand, instruction) for operand in instruction.operands[1:]])
    lane.write_pair(instruction.operands[0], result)


def _unsigned64(lane: Lane, operand: Operand, instruction: Instruction) -> int:
    """The operand's bits as in the register: a NaN keeps its sign whatever is printed before it."""
    return double(lane, replace(operand, negate=False, absolute=False), instruction)


def _nan64(bits: list[int]) -> int:
    """The NaN of an fp64 result: that of the first operand that is one, made quiet."""
    for value in bits:
        if unpack(value, F64).nan:
            return value | 1 << 51
    return F64.nan


UNORDERED = {"LTU": "LT", "EQU": "EQ", "LEU": "LE", "GTU": "GT", "NEU": "NE", "GEU": "GE"}
ORDERED: dict[str, Callable[[int], bool]] = {
    "LT": lambda order: order < 0,
    "EQ": lambda order: order == 0,
    "LE": lambda order: order <= 0,
    "GT": lambda order: order > 0,
    "NE": lambda order: order != 0,
    "GE": lambda order: order >= 0,
}
COMPARES = {*UNORDERED, *ORDERED, "NUM", "NAN", "MIN", "MAX", "F", "T"}


def compared(name: str, a: Number, b: Number) -> bool:
    unordered = a.nan or b.nan
    if name in ("F", "T"):
        return name == "T"
    if name in ("NUM", "NAN"):
        return unordered == (name == "NAN")
    if unordered:
        return name in UNORDERED
    return ORDERED[UNORDERED.get(name, name)](a.compare(b))


def compare_name(instruction: Instruction) -> str:
    return next(modifier for modifier in instruction.modifiers if modifier in COMPARES)


@rule("FSETP")
def _fsetp(instruction: Instruction, lane: Lane) -> None:
    first, second, *values, accumulated = instruction.operands
    a, b = [unpack(single(lane, o, instruction), F32, flush=flushes(instruction)) for o in values]
    results = combine(instruction, lane, compared(compare_name(instruction), a, b), accumulated)
    lane.write(first, int(results[0]))
    lane.write(second, int(results[1]))


@rule("DSETP")
def _dsetp(instruction: Instruction, lane: Lane) -> None:
    first, second, *values, accumulated = instruction.operands
    a, b = [unpack(double(lane, operand, instruction), F64) for operand in values]
    name = compare_name(instruction)
    outcome = _takes_first64(name, a, b) if name in ("MIN", "MAX") else compared(name, a, b)
    results = combine(instruction, lane, outcome, accumulated)
    lane.write(first, int(results[0]))
    if name in ("MIN", "MAX"):  # the second predicate: the result is a NaN (that both are was not recorded)
        results = results[0], a.nan and b.nan
    lane.write(second, int(results[1]))


def _takes_first64(name: str, a: Number, b: Number) -> bool:
    """Whether a minimum or maximum is its first operand."""
    if b.nan:
        return True
    if a.nan:
        return False
    if a.zero and b.zero:
        return bool(a.sign) if name == "MIN" else not a.sign
    return a.compare(b) < 0 if name == "MIN" else a.compare(b) > 0


@rule("FSET")
def _fset(instruction: Instruction, lane: Lane) -> None:
    destination, *values, accumulated = instruction.operands
    a, b = [unpack(single(lane, o, instruction), F32, flush=flushes(instruction)) for o in values]
    outcome = combine(instruction, lane, compared(compare_name(instruction), a, b), accumulated)[0]
    true = ONE_F32 if instruction.has("BF") else MASK32
    lane.write(destination, true if outcome else 0)


@rule("FSEL")
def _fsel(instruction: Instruction, lane: Lane) -> None:
    destination, a, b, chosen = instruction.operands
    bits = single(lane, a if lane.predicate(chosen) else b, instruction)
    if flushes(instruction) and not bits & 0x7F800000:
        bits &= 1 << 31
    lane.write(destination, bits)


def extreme(form: Format, bits: list[int], *, least: bool, nan: bool, flush: bool) -> int:
    """The lesser or greater of two; -0 is less than +0; `nan`: a NaN operand is the result."""
    a, b = [unpack(value, form, flush=flush) for value in bits]
    kept = [pack(number, form) for number in (a, b)]
    if a.nan or b.nan:
        if nan or (a.nan and b.nan):
            return form.nan
        return kept[1] if a.nan else kept[0]
    order = a.compare(b)
    if order == 0 and a.zero and b.zero:
        order = b.sign - a.sign
    first = order <= 0 if least else order >= 0
    return kept[0] if first else kept[1]


@rule("FMNMX")
def _fmnmx(instruction: Instruction, lane: Lane) -> None:
    destination, *values, least = instruction.operands
    bits = [single(lane, operand, instruction) for operand in values]
    sign = (lane.raw(values[0], instruction) ^ lane.raw(values[1], instruction)) & F32.sign_bit
    if instruction.has("XORSIGN"):
        bits = [value & ~F32.sign_bit for value in bits]
    options = {"least": lane.predicate(least), "nan": instruction.has("NAN"), "flush": flushes(instruction)}
    result = extreme(F32, bits, **options)
    if instruction.has("XORSIGN") and not unpack(result, F32).nan:
        result |= sign
    lane.write(destination, result)


# ---- packed halves


OUT_OF_BOUNDS = 0x7FF7  # the NaN that .OOB takes for a zero product, of either sign (recorded)


def half_format(instruction: Instruction) -> Format:
    return BF16 if instruction.has("BF16_V2") else F16


def halves(lane: Lane, operand: Operand, instruction: Instruction) -> list[int]:
    """Both halves of an operand after its swizzle, absolute value and negation."""
    word = lane.raw(operand, instruction)
    parts = [word & 0xFFFF, word >> 16]
    if operand.kind == "I":
        return parts
    picked = {"": (0, 1), "H0_H0": (0, 0), "H1_H1": (1, 1), "H1_H0": (0, 1), "H0_NH1": (1, 0)}[operand.part]
    chosen = [parts[index] for index in picked]
    if operand.absolute:
        chosen = [value & 0x7FFF for value in chosen]
    if operand.part == "H0_NH1":  # printed high half first
        chosen[0] ^= 0x8000
    if operand.negate:
        chosen = [value ^ 0x8000 for value in chosen]
    return chosen


def half_operands(instruction: Instruction, start: int = 1) -> list[Operand]:
    """The sources; an immediate is printed as two operands and counts once."""
    found: list[Operand] = []
    for operand in instruction.operands[start:]:
        if operand.kind == "I" and found and found[-1].kind == "I":
            continue
        found.append(operand)
    return found


def _finish_half(instruction: Instruction, number: Number, form: Format) -> int:
    if instruction.has("SAT"):
        number = saturated(number)
    if instruction.has("RELU") and not number.nan and (number.sign or number.zero):
        number = Number(0, 0)
    return pack(number, form, flush=flushes(instruction))


@rule("HADD2", "HMUL2", "HFMA2")
def _half2(instruction: Instruction, lane: Lane) -> None:
    form, flush = half_format(instruction), flushes(instruction)
    operands = [halves(lane, operand, instruction) for operand in half_operands(instruction)]
    if instruction.has("F32"):
        a, b = [unpack(parts[0], form, flush=flush) for parts in operands]
        _finish32(instruction, lane, add(a, b))
        return
    result = 0
    for place in range(2):
        bits = [parts[place] for parts in operands]
        numbers = [unpack(value, form, flush=flush) for value in bits]
        if instruction.name == "HADD2":
            number = add(*numbers)
        elif instruction.name == "HMUL2":
            number = multiply(*numbers)
        else:
            number = add(multiply(numbers[0], numbers[1]), numbers[2])
        if instruction.has("OOB") and any(value & 0x7FFF == OUT_OF_BOUNDS for value in bits[:2]):
            number = Number(0, 0)
        result |= _finish_half(instruction, number, form) << (16 * place)
    lane.write(instruction.operands[0], result)


@rule("HMNMX2")
def _hmnmx2(instruction: Instruction, lane: Lane) -> None:
    form = half_format(instruction)
    destination, least = instruction.operands[0], instruction.operands[-1]
    sources = half_operands(instruction)[:2]
    operands = [halves(lane, operand, instruction) for operand in sources]
    signs = [halves(lane, replace(operand, absolute=False), instruction) for operand in sources]
    result = 0
    for place in range(2):
        bits = [parts[place] for parts in operands]
        sign = (signs[0][place] ^ signs[1][place]) & 0x8000
        if instruction.has("XORSIGN"):
            bits = [value & 0x7FFF for value in bits]
        options = {
            "least": lane.predicate(least),
            "nan": instruction.has("NAN"),
            "flush": flushes(instruction),
        }
        value = extreme(form, bits, **options)
        if instruction.has("XORSIGN") and not unpack(value, form).nan:
            value |= sign
        result |= value << (16 * place)
    lane.write(destination, result)


@rule("HSETP2")
def _hsetp2(instruction: Instruction, lane: Lane) -> None:
    first, second, *_ = instruction.operands
    accumulated = instruction.operands[-1]
    results = _half_comparisons(instruction, lane, half_operands(instruction, 2)[:2], accumulated)
    lane.write(first, int(results[0]))
    lane.write(second, int(results[1]))


@rule("HSET2")
def _hset2(instruction: Instruction, lane: Lane) -> None:
    form = half_format(instruction)
    one = 0x3C00 if form is F16 else 0x3F80
    true = one if instruction.has("BF") else 0xFFFF
    accumulated = instruction.operands[-1]
    results = _half_comparisons(instruction, lane, half_operands(instruction)[:2], accumulated)
    lane.write(instruction.operands[0], sum((true if r else 0) << (16 * i) for i, r in enumerate(results)))


def _half_comparisons(
    instruction: Instruction, lane: Lane, operands: list[Operand], accumulated: Operand
) -> list[bool]:
    form, flush = half_format(instruction), flushes(instruction)
    parts = [halves(lane, operand, instruction) for operand in operands]
    results = []
    for place in range(2):
        a, b = [unpack(part[place], form, flush=flush) for part in parts]
        outcome = compared(compare_name(instruction), a, b)
        results.append(combine(instruction, lane, outcome, accumulated)[0])
    return results


# ---- conversions

FORMATS = {"F16": F16, "BF16": BF16, "F32": F32, "F64": F64}
ROUNDINGS = {"CEIL": "RP", "FLOOR": "RM", "TRUNC": "RZ"}


def half_or_single(lane: Lane, operand: Operand, instruction: Instruction, form: Format) -> int:
    """Bits of a float operand of any format; halves stand in the low or the named half of a register."""
    if form is F64:
        return double(lane, operand, instruction)
    if form is F32:
        return single(lane, operand, instruction)
    word = lane.raw(operand, instruction) >> (16 if operand.part in ("H1", "H1_H1") else 0) & 0xFFFF
    word = word & 0x7FFF if operand.absolute else word
    return word ^ 0x8000 if operand.negate else word


def integer_rounding(instruction: Instruction) -> str:
    """Of conversions to integers: to nearest even, where none is named."""
    return ROUNDINGS.get(instruction.one_of(*ROUNDINGS), "RN")


@rule("FRND")
def _frnd(instruction: Instruction, lane: Lane) -> None:
    form = FORMATS[instruction.one_of("F16", "BF16", "F64", default="F32")]
    mode = integer_rounding(instruction)
    destination, operand = instruction.operands
    bits = half_or_single(lane, operand, instruction, form)
    number = unpack(bits, form, flush=flushes(instruction))
    if not number.nan and not number.infinite and number.e < 0:
        assert number.m is not None
        number = Number(number.sign, round_integer(number.m, -number.e, number.sign, mode))
    if form is F64:
        kept = _nan64([_unsigned64(lane, operand, instruction)]) if number.nan else pack(number, form)
        lane.write_pair(destination, kept)
    else:
        lane.write(destination, pack(number, form))


@rule("F2I")
def _f2i(instruction: Instruction, lane: Lane) -> None:
    destination, operand = instruction.operands
    kind = instruction.one_of("U8", "S8", "U16", "S16", "U32", "U64", "S64", default="S32")
    form = FORMATS[instruction.one_of("F16", "BF16", "F64", default="F32")]
    mode = integer_rounding(instruction)
    number = unpack(half_or_single(lane, operand, instruction, form), form, flush=flushes(instruction))
    value = clamped(number, kind, mode, nan=0 if instruction.has("NTZ") else nan_integer(kind, form))
    if kind.endswith("64"):
        lane.write_pair(destination, value)
    else:
        lane.write(destination, value)


def clamped(number: Number, kind: str, mode: str, nan: int) -> int:
    """A number rounded to an integer type; what is beyond becomes the nearest limit."""
    low, high = limits(kind)
    if number.nan:
        return nan
    if number.infinite:
        return low if number.sign else high
    return max(low, min(high, to_integer(number, mode)))


def nan_integer(kind: str, form: Format) -> int:
    """What a NaN becomes: the type's sign bit in a 64-bit or fp64 conversion, else zero."""
    bits = int(kind[1:])
    if bits == 64 or form is F64:
        return 1 << (bits - 1)
    return 0


@rule("I2F", "I2FP")
def _i2f(instruction: Instruction, lane: Lane) -> None:
    destination, operand = instruction.operands
    kind = instruction.one_of("U8", "S8", "U16", "S16", "U32", "U64", "S64", default="S32")
    form = FORMATS[instruction.one_of("F16", "BF16", "F64", default="F32")]
    bits = int(kind[1:])
    word = lane.raw(operand, instruction)
    if bits == 64:
        word |= lane.raw(operand, instruction, 1) << 32
    elif operand.part.startswith("B"):
        word >>= 8 * int(operand.part[1])
    elif operand.part == "H1":
        word >>= 16
    value = signed(word, bits) if kind[0] == "S" else word & ((1 << bits) - 1)
    value = abs(value) if operand.absolute else value
    result = pack(from_integer(-value if operand.negate else value), form, mode_of(instruction))
    if form is F64:
        lane.write_pair(destination, result)
    else:
        lane.write(destination, result)


@rule("F2F")
def _f2f(instruction: Instruction, lane: Lane) -> None:
    destination, operand = instruction.operands
    to, source = [FORMATS[m] for m in instruction.modifiers if m in FORMATS]
    bits = half_or_single(lane, operand, instruction, source)
    number = unpack(bits, source, flush=flushes(instruction))
    if to is F64:
        raw = half_or_single(lane, replace(operand, negate=False, absolute=False), instruction, source)
        lane.write_pair(destination, _widened_nan(raw, source) if number.nan else pack(number, to))
        return
    if number.nan and source is F64:
        lane.write(destination, _nan_of_double(bits, to))
        return
    lane.write(destination, pack(number, to, mode_of(instruction), flush=flushes(instruction)))


def _widened_nan(bits: int, form: Format) -> int:
    """A NaN that becomes fp64 keeps its sign and payload, and is quiet."""
    sign = 1 << 63 if bits & form.sign_bit else 0
    payload = (bits & ((1 << form.mantissa_bits) - 1)) << (52 - form.mantissa_bits)
    return sign | F64.infinity | 1 << 51 | payload


def _nan_of_double(bits: int, form: Format) -> int:
    """A narrowed fp64 NaN keeps its sign and the first bits of its payload, and is quiet."""
    sign = form.sign_bit if bits >> 63 else 0
    payload = (bits & ((1 << 52) - 1)) >> (52 - form.mantissa_bits)
    return sign | form.infinity | 1 << (form.mantissa_bits - 1) | payload


@rule("F2IP")
def _f2ip(instruction: Instruction, lane: Lane) -> None:
    """Two fp32 to two bytes, below the low half of a third operand."""
    destination, a, b, c = instruction.operands
    result = 0
    for place, operand in enumerate((b, a)):
        number = unpack(single(lane, operand, instruction), F32)
        value = clamped(number, instruction.modifiers[0], integer_rounding(instruction), nan=0)
        result |= (value & 0xFF) << (8 * place)
    lane.write(destination, result | (lane.raw(c, instruction) & 0xFFFF) << 16)
