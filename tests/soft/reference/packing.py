"""F2FP: narrow formats packed into a register and unpacked.

Facts: PTX ISA (cvt to f16x2, bf16x2, tf32, e4m3x2, e5m2x2 and back); OCP 8-bit floating point: e4m3 has no
infinity, and NaN is 0x7f.
"""

from __future__ import annotations

from tests.soft.reference.exact import BF16, F16, F32, NAN, Format, Number, pack, round_integer, unpack
from tests.soft.reference.floating import mode_of, single
from tests.soft.reference.integer import rule
from tests.soft.reference.text import Instruction, Lane, Operand

E5M2 = Format(5, 2, 0x7F)
E4M3_LARGEST = 0x7E
E4M3_NAN = 0x7F

TARGETS = {"F16": F16, "BF16": BF16, "E5M2": E5M2}


def pack_e4m3(number: Number) -> int:
    """Rounded to nearest even; beyond 448 the largest number (SATFINITE, the only form there is).

    A unit in the last place is 2**-9 at least, and 1.0 has the exponent field 7.
    """
    if number.nan:
        return E4M3_NAN
    sign = 0x80 if number.sign else 0
    if number.m is None:
        return sign | E4M3_LARGEST
    if number.m == 0:
        return sign
    shift = max(number.m.bit_length() - 4, -9 - number.e)
    units = round_integer(number.m, shift, number.sign, "RN")
    exponent = shift + number.e
    if units >= 16:
        units, exponent = units >> 1, exponent + 1
    bits = units if exponent == -9 and units < 8 else ((exponent + 10) << 3) + (units - 8)
    return sign | min(bits, E4M3_LARGEST)


def unpack_e4m3(bits: int) -> Number:
    """NaN is 0x7f and 0xff."""
    if bits & 0x7F == E4M3_NAN:
        return NAN
    exponent, mantissa, sign = bits >> 3 & 15, bits & 7, bits >> 7
    return Number(sign, mantissa, -9) if exponent == 0 else Number(sign, mantissa | 8, exponent - 10)


def _narrow(instruction: Instruction, number: Number, target: str) -> int:
    if instruction.has("RELU") and not number.nan and number.sign:
        number = Number(0, 0)
    if target == "E4M3":
        return pack_e4m3(number)
    form = TARGETS[target]
    bits = pack(number, form, mode_of(instruction))
    if instruction.has("SATFINITE") and bits & ~form.sign_bit == form.infinity:
        bits -= 1
    return bits


@rule("F2FP")
def _f2fp(instruction: Instruction, lane: Lane) -> None:
    destination = instruction.operands[0]
    names = [
        modifier
        for modifier in instruction.modifiers
        if modifier in ("F16", "BF16", "E4M3", "E5M2", "TF32", "F32")
    ]
    target, source = names
    if target == "TF32":
        lane.write(destination, _tf32(instruction, lane, instruction.operands[1]))
    elif source in ("E4M3", "E5M2"):
        lane.write(destination, _widened(instruction, lane, source))
    elif source == "F16":
        lane.write(destination, _bytes_of_halves(instruction, lane, target))
    else:
        lane.write(destination, _packed(instruction, lane, target))


def _packed(instruction: Instruction, lane: Lane, target: str) -> int:
    """One or two fp32: the first operand in the upper place; the rest from the operand C."""
    width = 8 if target.startswith("E") else 16
    merges = any("MERGE_C" in modifier for modifier in instruction.modifiers)
    operands = list(instruction.operands[1:])
    below = lane.raw(operands.pop(), instruction) if merges else 0
    numbers = [unpack(single(lane, operand, instruction), F32) for operand in operands]
    result = 0
    for number in numbers:
        result = result << width | _narrow(instruction, number, target)
    filled = width * len(numbers)
    return result | below << filled if merges else result


def _bytes_of_halves(instruction: Instruction, lane: Lane, target: str) -> int:
    word = lane.raw(instruction.operands[1], instruction)
    low, high = [_narrow(instruction, unpack(word >> shift & 0xFFFF, F16), target) for shift in (0, 16)]
    return high << 8 | low | lane.raw(instruction.operands[2], instruction) << 16


def _widened(instruction: Instruction, lane: Lane, source: str) -> int:
    operand = instruction.operands[1]
    word = lane.raw(operand, instruction) >> (16 if operand.part == "H1" else 0)
    result = 0
    for place in range(2):
        byte = word >> (8 * place) & 0xFF
        number = unpack_e4m3(byte) if source == "E4M3" else unpack(byte, E5M2)
        result |= _narrow(instruction, number, "F16") << (16 * place)
    return result


def _tf32(instruction: Instruction, lane: Lane, operand: Operand) -> int:
    """Rounded to ten mantissa bits, ties away from zero; the low bits of the word are zero."""
    bits = single(lane, operand, instruction)
    number = unpack(bits, F32)
    if number.nan:
        return F32.nan & ~0x1FFF
    if instruction.has("RELU") and number.sign:
        return 0
    if number.infinite or instruction.has("RZ"):
        return bits & ~0x1FFF
    return bits + 0x1000 & ~0x1FFF
