"""Sections of code become a listing with labels, numbered through the file as nvdisasm does it.

Labels get their numbers in the order in which instructions name them. A place where a function begins is
named by its symbol instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from barewire.sass.decoder import Instruction, decode

INSTRUCTION_BYTES = 16
SPACE_FOLLOWS = ("NAN", "INF", "-0.0")  # nvdisasm leaves a space behind these numbers
STALL_AND_YIELD_BITS = 0x1F << 105  # where these are zero, nvdisasm leaves no space before the semicolon
TEXT_COLUMN = 19  # characters between the address and the mnemonic; a guard ends there

# How nvdisasm writes what a relocation fills in, by relocation type. {} is the symbol or expression.
RELOCATION_TEXTS = {
    55: "`({})",  # R_CUDA_ABS32_32
    56: "32@lo({})",  # R_CUDA_ABS32_LO_32
    57: "32@hi({})",  # R_CUDA_ABS32_HI_32
    58: "`({})",  # R_CUDA_ABS47_34
    75: "`({})",  # R_CUDA_ABS55_16_34
}


class Relocated(NamedTuple):
    """What a linker fills in: the relocation's type, its symbol, and where in this section it points to.

    place: the symbol plus the addend; None where the symbol is not in this section, or the addend is zero.
    """

    type: int
    symbol: str
    addend: int = 0
    place: int | None = None


class Code(NamedTuple):
    """One section of code.

    Attributes:
        name: of the kernel or function it is for.
        functions: names of what begins at an offset.
        relocations: by the offset of the instruction.
        marks: places that the attributes of the section name, in their order.
        branch_targets: where indirect branches may go, by the offset of the branch.
        annotations: words of the compiler about an instruction, by its offset.
    """

    name: str
    data: bytes | memoryview
    arch: int
    functions: Mapping[int, str] = {}
    relocations: Mapping[int, Relocated] = {}
    marks: Sequence[int] = ()
    branch_targets: Mapping[int, Sequence[int]] = {}
    annotations: Mapping[int, str] = {}


class Line(NamedTuple):
    """One instruction of a listing, with the labels that stand before it."""

    labels: tuple[str, ...]
    instruction: Instruction
    text: str


class Listed(NamedTuple):
    """A section's lines, and a label behind the last of them."""

    code: Code
    lines: tuple[Line, ...]
    end: tuple[str, ...]


class _Labels:
    """Names of places, by section; numbered as nvdisasm does it.

    First come the places that relocations name, then those that instructions name, then those that attributes
    name (where a place that has a label already uses a number up), and last the ends of functions.
    """

    def __init__(self, sections: Sequence[Code]) -> None:
        self.count = 0
        self.names: dict[str, dict[int, str]] = {code.name: {} for code in sections}

    def name(self, section: str, place: int) -> str:
        """The label of a place, a new one if it has none."""
        names = self.names[section]
        if place not in names:
            names[place] = f".L_x_{self.count}"
            self.count += 1
        return names[place]

    def mark(self, section: str, place: int) -> None:
        """Name a place that an attribute names or where a function ends."""
        self.names[section].setdefault(place, f".L_x_{self.count}")
        self.count += 1


def listings(sections: Sequence[Code], ends: Sequence[tuple[str, int]] = ()) -> list[Listed]:
    """The sections in order, labels numbered through all of them.

    Args:
        sections: the code of a file.
        ends: (section, place) where each function ends, in the order of the file's symbols.
    """
    labels = _Labels(sections)
    for code in sections:
        for _, relocated in sorted(code.relocations.items()):
            if relocated.place is not None:
                labels.name(code.name, relocated.place)
    texts = [(code, _texts(code, labels)) for code in sections]
    for code in sections:
        for place in code.marks:
            labels.mark(code.name, place)
    for name, place in ends:
        labels.mark(name, place)
    return [_listed(code, found, labels.names[code.name]) for code, found in texts]


def _texts(code: Code, labels: _Labels) -> list[tuple[Instruction, str]]:
    """The instructions of a section with their texts; places get labels as they are named."""
    end = len(code.data)

    def label(place: int) -> str:
        if place in code.functions:
            return f"`({code.functions[place]})"
        if place % INSTRUCTION_BYTES == 0 and 0 <= place <= end:
            return f"`({labels.name(code.name, place)})"
        return f"{place:#x}" if place >= 0 else f"-{-place:#x}"

    names, relocations = labels.names[code.name], code.relocations
    return [
        (one, one.text(label, _relocation_text(relocations.get(one.pc), names)))
        for one in _instructions(code)
    ]


def _listed(code: Code, texts: Sequence[tuple[Instruction, str]], names: Mapping[int, str]) -> Listed:
    lines = [
        Line(
            _labels_at(one.pc, code, names),
            one,
            text + _annotation(one.pc, code, names),
        )
        for one, text in texts
    ]
    return Listed(code, tuple(lines), _labels_at(len(code.data), code, names))


def _instructions(code: Code) -> Iterator[Instruction]:
    data = code.data
    for pc in range(0, len(data) - INSTRUCTION_BYTES + 1, INSTRUCTION_BYTES):
        yield decode(int.from_bytes(data[pc : pc + INSTRUCTION_BYTES], "little"), code.arch, pc)


def _relocation_text(found: Relocated | None, names: Mapping[int, str]) -> str:
    if found is None:
        return ""
    expression = found.symbol
    if found.place is not None:
        expression = f"({found.symbol} + {names[found.place]}@srel)"
    elif found.addend:
        expression = f"({found.symbol} + {found.addend:#x})"
    return RELOCATION_TEXTS.get(found.type, "`({})").format(expression)


def _annotation(pc: int, code: Code, names: Mapping[int, str]) -> str:
    words = code.annotations.get(pc, "")
    if pc in code.branch_targets:
        shown = ",".join(names.get(place, hex(place)) for place in code.branch_targets[pc])
        words = f"BRANCH_TARGETS {shown}"
    return f' (*"{words}"*)' if words else ""


def _labels_at(place: int, code: Code, named: Mapping[int, str]) -> tuple[str, ...]:
    found = []
    if place and place in code.functions:
        found.append(code.functions[place])
    elif place in named:
        found.append(named[place])
    return tuple(found)


def text_lines(listed: Listed, control: Callable[[Instruction], str] | None = None) -> Iterator[str]:
    """A section as nvdisasm lays it out.

    Args:
        control: text to add behind an instruction.
    """
    yield f".text.{listed.code.name}:"
    for line in listed.lines:
        for label in line.labels:
            yield f"{label}:"
        yield _laid_out(line) + (f"  {control(line.instruction)}" if control else "")
    for label in listed.end:
        yield f"{label}:"


def _laid_out(line: Line) -> str:
    text = line.text
    guard = text.split(" ", 1)[0] + " " if text.startswith("@") else ""
    # Guards of the uniform datapath stand where mnemonics do.
    before = TEXT_COLUMN - (0 if "UP" in guard else len(guard))
    one = line.instruction
    if text.endswith(SPACE_FOLLOWS):
        text += " "
    semicolon = ";" if not one.word & STALL_AND_YIELD_BITS or text.endswith("*)") else " ;"
    return f"        /*{one.pc:04x}*/{' ' * before}{text}{semicolon}"


def control_text(instruction: Instruction) -> str:
    """The control bits in words: what is at its default is left out."""
    control = instruction.control
    parts = [f"stall={control.stall_cycles}"]
    if control.yields:
        parts.append("yield")
    if control.write_barrier is not None:
        parts.append(f"write={control.write_barrier}")
    if control.read_barrier is not None:
        parts.append(f"read={control.read_barrier}")
    if control.wait_mask:
        waits = ",".join(str(bit) for bit in range(6) if control.wait_mask >> bit & 1)
        parts.append(f"wait={waits}")
    if control.reuse:
        parts.append(f"reuse={control.reuse:#x}")
    return f"/* {' '.join(parts)} */"
