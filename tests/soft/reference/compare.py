"""Check the reference against a recording: where an instruction differs first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tests.soft.probe.operands import operands, parameters
from tests.soft.probe.recording import Recording
from tests.soft.reference import floating, packing  # noqa: F401 (they register their rules)
from tests.soft.reference.integer import RULES
from tests.soft.reference.text import Instruction, Lane, parse
from tests.soft.reference.warp import WARP_RULES

LANES_RECORDED = 4096
LANES_OF_A_WARP = 32


@dataclass(frozen=True)
class Difference:
    """The first lane in which the reference and the GPU differ."""

    text: str
    lane: int
    inputs: dict[str, str]
    expected: dict[str, str]  # by the reference
    recorded: dict[str, str]


def knows(instruction: Instruction) -> bool:
    return instruction.name in RULES or instruction.name in WARP_RULES


def run(instruction: Instruction, warp: list[Lane]) -> None:
    """Let the instruction write into the lanes of one warp."""
    if instruction.name in WARP_RULES:
        WARP_RULES[instruction.name](instruction, warp)
        return
    for lane in warp:
        RULES[instruction.name](instruction, lane)


def result_of(lane: Lane) -> list[int]:
    """The eight words that the probe stores after the instruction."""
    state = [lane.written.get(("R", 40 + i), lane.words[8 + i]) for i in range(4)]
    predicates = lane.words[15] & 0x7F
    for index in range(7):
        if ("P", index) in lane.written:
            predicates = predicates & ~(1 << index) | lane.written["P", index] << index
    uniform_predicates = 0
    for place, index in enumerate((4, 5)):
        bit = lane.written.get(("UP", index), lane.first[15] >> (8 + index) & 1)
        uniform_predicates |= bit << place
    uniform = [lane.written.get(("UR", 40 + i), lane.first[4 + i]) for i in range(2)]
    return [*state, predicates, uniform_predicates, *uniform]


@cache
def _operands() -> NDArray[np.uint32]:
    return operands(LANES_RECORDED)


def lanes(count: int) -> list[Lane]:
    """The probe's first lanes before the instruction."""
    words = _operands()[:count].tolist()
    return [Lane(words[i], words[i // 32 * 32], parameters()) for i in range(count)]


def recorded_words(recording: Recording, index: int, lane: Lane, at: int) -> list[int]:
    """The eight words that the GPU stored for one lane."""
    words = result_of(Lane(lane.words, lane.first, lane.parameters))
    columns = [i for i in range(8) if recording.masks[index] >> i & 1]
    for column, value in zip(columns, recording.kept[index][at].tolist(), strict=True):
        words[column] = value
    return words


def difference(recording: Recording, index: int, count: int) -> Difference | None:
    """The first of `count` lanes (a multiple of 32) in which the reference and the recording differ."""
    low, high = recording.words[index].tolist()
    instruction = parse(recording.texts[index], low | high << 64)
    start = lanes(count)
    for first in range(0, count, LANES_OF_A_WARP):
        warp = start[first : first + LANES_OF_A_WARP]
        run(instruction, warp)
        for at, lane in enumerate(warp, first):
            expected, recorded = result_of(lane), recorded_words(recording, index, lane, at)
            shown = [i for i in range(8) if expected[i] != recorded[i]]
            if shown:
                return Difference(
                    recording.texts[index],
                    at,
                    {f"R{i + 8}": f"{lane.words[i]:08x}" for i in range(12)},
                    {str(i): f"{expected[i]:08x}" for i in shown},
                    {str(i): f"{recorded[i]:08x}" for i in shown},
                )
    return None
