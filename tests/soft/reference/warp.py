"""Instructions in which the lanes of a warp see one another: SHFL, VOTE, MATCH, REDUX.

Facts: PTX ISA (shfl.sync, vote.sync, match.sync, redux.sync). All 32 lanes are active in the probe.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.soft.reference.integer import signed
from tests.soft.reference.text import MASK32, Instruction, Lane, Operand

LANES = 32
WarpRule = Callable[[Instruction, list[Lane]], None]


def shfl(instruction: Instruction, warp: list[Lane]) -> None:
    valid, destination, value, source, clamp = instruction.operands
    for index, lane in enumerate(warp):
        b, c = _small(lane, source, instruction), _small(lane, clamp, instruction)
        chosen, inside = _shuffle_source(instruction, index, b & 31, c & 31, c >> 8 & 31)
        lane.write(destination, warp[chosen if inside else index].raw(value, instruction))
        lane.write(valid, int(inside))


def _small(lane: Lane, operand: Operand, instruction: Instruction) -> int:
    return int(operand.text, 16) if operand.kind == "I" else lane.raw(operand, instruction)


def _shuffle_source(
    instruction: Instruction, lane: int, b: int, clamp: int, segment: int
) -> tuple[int, bool]:
    """The lane to read, and whether it lies within the segment."""
    furthest = lane & segment | clamp & ~segment
    if instruction.has("UP"):
        return lane - b, lane - b >= furthest
    if instruction.has("DOWN"):
        return lane + b, lane + b <= furthest
    if instruction.has("BFLY"):
        return lane ^ b, lane ^ b <= furthest
    chosen = lane & segment | b & ~segment
    return chosen, chosen <= furthest


def vote(instruction: Instruction, warp: list[Lane]) -> None:
    *outputs, asked = instruction.operands
    bits = [lane.predicate(asked) for lane in warp]
    outcome = {"ALL": all(bits), "ANY": any(bits), "EQ": all(bits) or not any(bits)}
    ballot = sum(bit << index for index, bit in enumerate(bits))
    for lane in warp:
        for output in outputs:
            if output.kind in ("P", "UP"):
                lane.write(output, int(outcome[instruction.one_of("ALL", "ANY", "EQ")]))
            else:
                lane.write(output, ballot)


def match(instruction: Instruction, warp: list[Lane]) -> None:
    *output, destination, value = instruction.operands
    wide = instruction.has("U64")
    values = [
        lane.raw(value, instruction) | (lane.raw(value, instruction, 1) << 32 if wide else 0) for lane in warp
    ]
    same = all(item == values[0] for item in values)
    for lane, mine in zip(warp, values, strict=True):
        if instruction.has("ALL"):
            lane.write(destination, MASK32 if same else 0)
            lane.write(output[0], int(same))
        else:
            lane.write(destination, sum((item == mine) << index for index, item in enumerate(values)))


def redux(instruction: Instruction, warp: list[Lane]) -> None:
    destination, value = instruction.operands
    words = [lane.raw(value, instruction) for lane in warp]
    if instruction.has("S32"):
        words = [signed(word) for word in words]
    result = words[0]
    for word in words[1:]:
        result = _reduced(instruction, result, word)
    for lane in warp:
        lane.write(destination, result)


def _reduced(instruction: Instruction, a: int, b: int) -> int:
    match instruction.one_of("MIN", "MAX", "SUM", "OR", "XOR", default="AND"):
        case "MIN":
            return min(a, b)
        case "MAX":
            return max(a, b)
        case "SUM":
            return a + b
        case "OR":
            return a | b
        case "XOR":
            return a ^ b
    return a & b


WARP_RULES: dict[str, WarpRule] = {
    "SHFL": shfl,
    "VOTE": vote,
    "VOTEU": vote,
    "MATCH": match,
    "REDUX": redux,
}
