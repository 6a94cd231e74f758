"""Random words of the arithmetic opcodes: every instruction set of the host makes the same bits of them.

Each opcode of the tables of arithmetic gets random modifiers, with operands where the probe has them. What a
real GPU makes of the common ones is recorded elsewhere; the uncommon ones show whether a vector path strayed.
"""

from __future__ import annotations

import random
import struct
from functools import cache

import numpy as np
import pytest
from barewire.sass.language import Opcode, Predicate, Register, Slot
from barewire.sass.table import convert, double, float, half, integer, uniform
from numpy.typing import NDArray

from tests.soft.probe import program
from tests.soft.probe.operands import operands, parameters
from tests.soft.sm_device import INSTRUCTION_SETS, SmDevice, runs_here

ARCH = 90
LANES = program.THREADS_PER_CTA
REGISTERS = 64
PARAMETERS_OFFSET = 0x210
WORDS_AN_OPCODE = 12
WORD_BITS = 105
GUARD_OF_NONE = 7 << 12
RESULT, RESULT_PREDICATES = program.RESULT, (4, 5, 7)
SOURCES = (8, 10, 12, 14, 16, 18, 20, 22)
PARAMETER_OFFSETS = (0x220, 0x228, 0x230)
CONSTANT_FORMS = (3, 5)
OTHER_FAMILIES = {"R2UR", "VOTEU", "ULDC", "LDCU", "PMTRIG"}


def entries() -> list[Opcode]:
    """The arithmetic opcodes of sm_90."""
    families = (integer, float, half, double, convert, uniform)
    return [
        entry
        for family in families
        for entry in family.OPCODES
        if ARCH in entry.archs and entry.name not in OTHER_FAMILIES
    ]


def put(word: int, low: int, width: int, value: int) -> int:
    """The word with another value in one of its fields."""
    return word & ~(((1 << width) - 1) << low) | value << low


def random_word(entry: Opcode, generator: random.Random) -> int:
    """An instruction that reads the probe's operands and writes its result registers."""
    code = generator.choice(entry.codes)
    word = put(generator.getrandbits(WORD_BITS), 0, 16, code | GUARD_OF_NONE)
    for at, value in entry.fixed.items():
        word = word & ~at.mask | at.put(value)
    for name, operand in entry.operands.items():
        if isinstance(operand, Register):
            low = operand.at.parts[0][0]
            word = put(word, low, 8, RESULT if low == 16 else generator.choice(SOURCES))
        elif isinstance(operand, Predicate) and name.lstrip("U").startswith("Pd"):
            word = put(word, operand.at.parts[0][0], 3, generator.choice(RESULT_PREDICATES))
        elif isinstance(operand, Slot):
            word = with_slot(word, code >> 9, operand, generator)
    return word


def with_slot(word: int, form: int, slot: Slot, generator: random.Random) -> int:
    """The word with its source in bits 32-63, and that in bits 64-71, among the probe's operands."""
    if form in CONSTANT_FORMS:
        word = put(put(word, 54, 5, 0), 38, 16, generator.choice(PARAMETER_OFFSETS))
    elif form in (1, 6, 7):
        word = put(word, 32, 8, generator.choice(SOURCES))
    return word if slot.place == "32" else put(word, 64, 8, generator.choice(SOURCES))


class Probe:
    """The probe's program on one instruction set."""

    def __init__(self, isa: str) -> None:
        self.device = SmDevice(ARCH, isa=isa)
        self.source = self.device.array(operands(LANES))
        self.result = self.device.empty((LANES, program.RESULT_WORDS), np.uint32)

    def run(self, word: int) -> tuple[str, NDArray[np.uint32]]:
        """The fault, if any, and the results of all lanes."""
        pointers = struct.pack("<QQ", self.source.gpu_va, self.result.gpu_va)
        report = self.device.run_words(
            program.program(word, writes_late=False, reads_late=False),
            bytes(PARAMETERS_OFFSET) + pointers + struct.pack("<8I", *parameters()),
            block=(LANES, 1, 1),
            register_count=REGISTERS,
            check=False,
        )
        return (report.fault.name if report.fault else ""), self.result.numpy()


@cache
def probes() -> dict[str, Probe]:
    """A probe for each instruction set that was built and that the host has."""
    return {isa: Probe(isa) for isa in INSTRUCTION_SETS if runs_here(isa)}


@pytest.mark.parametrize("name", sorted({entry.name for entry in entries()}))
def test_instruction_sets_agree_on_random_words(name):
    generator = random.Random(name)
    choices = [entry for entry in entries() if entry.name == name]
    first, *others = probes().values()
    strayed = []

    for _ in range(WORDS_AN_OPCODE):
        word = random_word(generator.choice(choices), generator)
        fault, results = first.run(word)
        for other in others:
            other_fault, other_results = other.run(word)
            if fault != other_fault or (not fault and (results != other_results).any()):
                strayed.append(hex(word))

    assert strayed == []
