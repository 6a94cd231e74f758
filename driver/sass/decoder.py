"""A 128-bit word becomes an instruction: which entry of the table it is, its fields, its control bits."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

from barewire.errors import UsageError
from barewire.sass.language import ARCHITECTURES, Opcode, Register, Slot, Sum, Target, bits
from barewire.sass.table import ENTRIES
from barewire.sass.text import Place, Plan, source_of, target_of, value_of

OPCODE_MASK = 0xFFF
FORM_SHIFT = 9
NO_BARRIER = 7


class Control(NamedTuple):
    """What the compiler tells the scheduler.

    Attributes:
        stall_cycles: before the next instruction issues.
        yields: whether another warp is preferred for the next issue.
        write_barrier, read_barrier: which of six barriers is set until the result is written or the sources
            are read; None for no barrier.
        wait_mask: the barriers that must be clear before this instruction issues.
        reuse: which source registers are kept in the operand cache, one bit a source.
    """

    stall_cycles: int
    yields: bool
    write_barrier: int | None
    read_barrier: int | None
    wait_mask: int
    reuse: int

    @classmethod
    def of(cls, word: int) -> Control:
        """The control bits of a word."""
        write, read = word >> 110 & 7, word >> 113 & 7
        return cls(
            stall_cycles=word >> 105 & 0xF,
            yields=not word >> 109 & 1,
            write_barrier=None if write == NO_BARRIER else write,
            read_barrier=None if read == NO_BARRIER else read,
            wait_mask=word >> 116 & 0x3F,
            reuse=word >> 122 & 0xF,
        )


class Instruction(NamedTuple):
    """A decoded word.

    Attributes:
        pc: its address, from the start of its section.
        plan: the table's entry for its form and architecture, or None where it is unknown.
        reason: why it is unknown.
    """

    word: int
    arch: int
    pc: int
    plan: Plan | None
    reason: str = ""

    @property
    def name(self) -> str:
        """The table's name for the opcode; "" where it is unknown."""
        return self.plan.entry.name if self.plan else ""

    @property
    def control(self) -> Control:
        """Its control bits."""
        return Control.of(self.word)

    @property
    def guard(self) -> tuple[int, bool]:
        """The predicate it depends on (7 is always true), and whether that is negated."""
        return self.word >> 12 & 7, bool(self.word >> 15 & 1)

    def text(self, label: Callable[[int], str] = hex, relocated: str = "") -> str:
        """As nvdisasm prints it; an unknown one as its opcode and the reason.

        Args:
            label: how an address in the code is written.
            relocated: the text of what a linker fills in.
        """
        if self.plan is None:
            return f"unknown {self.word & OPCODE_MASK:#05x} ({self.reason})"
        return self.plan.text(self.word, Place(self.pc, label, relocated))

    def fields(self) -> dict[str, int]:
        """Each field's value, under the table's names."""
        if self.plan is None:
            return {}
        found = {}
        for name, operand in self.plan.entry.fields.items():
            for part, value in _parts(name, operand, self.plan):
                found[part] = value(self.word)
        return found

    def target(self) -> int | None:
        """Where it branches to, if it names a place in its section."""
        if self.plan is None:
            return None
        for name, operand in self.plan.entry.operands.items():
            if isinstance(operand, Target) and not operand.absolute and self.plan.shows(name, self.word):
                return target_of(operand, self.word, self.pc)
        return None


def _parts(name: str, operand: object, plan: Plan) -> list[tuple[str, Callable[[int], int]]]:
    if isinstance(operand, Sum):
        return [
            (f"{name}_{part}", value_of(inner, plan.form, plan.arch))
            for part, inner in zip(operand.names, operand.parts, strict=True)
        ]
    parts = [(name, value_of(operand, plan.form, plan.arch))]  # type: ignore[arg-type]
    if isinstance(operand, Slot):
        position = source_of(operand, plan.form).position
        decorations = {kind: getattr(operand, kind)[position] for kind in ("negate", "absolute", "invert")}
    elif isinstance(operand, Register):
        decorations = {kind: getattr(operand, kind) for kind in ("negate", "absolute", "invert")}
    else:
        decorations = {"negate": getattr(operand, "negate", None)}
    parts += [(f"{name}_{kind}", bits(bit).of) for kind, bit in decorations.items() if bit is not None]
    return parts


@functools.cache
def entries_of(arch: int) -> dict[int, list[Opcode]]:
    """The entries of an architecture by 12-bit opcode, the most particular first.

    Raises:
        UsageError: the table has nothing for this architecture.
    """
    if arch not in ARCHITECTURES:
        raise UsageError(
            f"sm_{arch} is not in the table of opcodes",
            hint=f"It has: {', '.join(f'sm_{known}' for known in ARCHITECTURES)}.",
        )
    found: dict[int, list[Opcode]] = {}
    for entry in ENTRIES:
        for code, form in zip(entry.codes, entry.forms, strict=True):
            if arch in entry.archs_of(form):
                found.setdefault(code, []).append(entry)
    for entries in found.values():
        entries.sort(key=lambda entry: -sum(at.width for at in entry.fixed))
    return found


@functools.cache
def plans_of(arch: int, code: int) -> tuple[Plan, ...]:
    """The compiled entries for one 12-bit opcode."""
    return tuple(Plan(entry, code >> FORM_SHIFT, arch) for entry in entries_of(arch).get(code, ()))


def decode(word: int, arch: int, pc: int = 0) -> Instruction:
    """What a word is; never raises for what the word holds.

    Raises:
        UsageError: the table has nothing for this architecture.
    """
    code = word & OPCODE_MASK
    reason = f"sm_{arch} has no opcode {code:#05x}"
    for plan in plans_of(arch, code):
        if word & plan.mask != plan.value:
            continue
        reason = plan.reserved(word)
        if not reason:
            return Instruction(word, arch, pc, plan)
    return Instruction(word, arch, pc, None, reason)
