"""Read an instruction as nvdisasm prints it, and fetch its operands for one lane of the probe."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MASK32 = 0xFFFFFFFF
_OPERAND = re.compile(
    r"(?P<not>[!~])?(?P<negate>-)?(?P<absolute>\|)?"
    r"(?P<kind>UR|UP|R|P)(?P<index>\d+|Z|T|R)\|?(?:\.(?P<part>[A-Z0-9_]+))?\|?$"
)


@dataclass(frozen=True)
class Operand:
    """One operand: a register, uniform register, predicate (R, UR, P, UP), constant (C) or immediate (I)."""

    kind: str
    index: int = -1  # -1: RZ, PT
    negate: bool = False
    absolute: bool = False
    inverted: bool = False  # ! or ~
    part: str = ""
    text: str = ""


@dataclass(frozen=True)
class Instruction:
    """Mnemonic, modifiers and operands; `immediate` is what stands in the word's bits 32 to 63."""

    name: str
    modifiers: tuple[str, ...]
    operands: tuple[Operand, ...]
    immediate: int

    def has(self, modifier: str) -> bool:
        return modifier in self.modifiers

    def one_of(self, *modifiers: str, default: str = "") -> str:
        """The first of these modifiers that it has."""
        return next((modifier for modifier in modifiers if modifier in self.modifiers), default)


def mnemonic(text: str) -> str:
    """The first part of an instruction's text: FADD of `FADD.FTZ R0, R1, R2`."""
    return text.split()[0].split(".")[0]


def parse(text: str, word: int) -> Instruction:
    """An instruction from its text; immediates are taken from the word, where they are exact."""
    head, _, rest = text.partition(" ")
    name, *modifiers = head.split(".")
    operands = tuple(_operand(part.strip()) for part in rest.split(",")) if rest else ()
    return Instruction(name, tuple(modifiers), operands, word >> 32 & MASK32)


def _operand(text: str) -> Operand:
    match = _OPERAND.match(text)
    if match is None:
        absolute = "|" in text
        kind = "C" if "c[" in text else "I"
        return Operand(kind, negate=text.startswith("-") and kind == "C", absolute=absolute, text=text)
    index = int(match["index"]) if match["index"].isdigit() else -1
    return Operand(
        match["kind"],
        index,
        bool(match["negate"]),
        bool(match["absolute"]),
        bool(match["not"]),
        match["part"] or "",
        text,
    )


@dataclass
class Lane:
    """One lane of the probe: its registers before the instruction, and what the instruction wrote."""

    words: list[int]  # R8 and on
    first: list[int]  # the warp's first lane: UR8 and on
    parameters: list[int]
    written: dict[tuple[str, int], int] = field(default_factory=dict)

    def register(self, index: int) -> int:
        if index < 0:
            return 0
        return (
            self.words[index - 8]
            if index < 24
            else self.first[index - 24]
            if index < 40
            else self.words[index - 32]
        )

    def uniform(self, index: int) -> int:
        if index < 0:
            return 0
        return self.first[index - 8] if index < 24 else self.first[index - 36]

    def predicate(self, operand: Operand) -> bool:
        if operand.index < 0:
            value = True
        elif operand.kind == "P":
            value = bool(self.words[15] >> operand.index & 1)
        else:
            value = bool(self.first[15] >> (8 + operand.index) & 1)
        return value != operand.inverted

    def raw(self, operand: Operand, instruction: Instruction, offset: int = 0) -> int:
        """The operand's word without negation; `offset` 1 is the high word of a pair."""
        if operand.kind == "R":
            return self.register(operand.index + offset if operand.index >= 0 else -1)
        if operand.kind == "UR":
            return self.uniform(operand.index + offset if operand.index >= 0 else -1)
        if operand.kind == "C":
            place = int(operand.text.split("][")[1].split("]")[0], 16)
            return self.parameters[(place - 0x220) // 4 + offset]
        return instruction.immediate

    def write(self, operand: Operand, value: int, offset: int = 0) -> None:
        """Of a register or a predicate; RZ and PT take nothing."""
        if operand.index >= 0:
            self.written[operand.kind, operand.index + offset] = value & MASK32

    def write_pair(self, operand: Operand, value: int) -> None:
        self.write(operand, value)
        self.write(operand, value >> 32, 1)
