"""The table as a page of documentation (docs/sass-opcodes.md; `scripts/generate_sass.py` writes it)."""

from __future__ import annotations

from collections.abc import Iterator

from barewire.sass.language import (
    ARCHITECTURES,
    Choice,
    Condition,
    ConstantAddress,
    Number,
    Opcode,
    Operand,
    Predicate,
    Register,
    Slot,
    Sum,
    Target,
    When,
)
from barewire.sass.text import describe

HEAD = """\
# Opcodes of NVIDIA's machine code

Generated from the table in `driver/sass/table` by `scripts/generate_sass.py`. Do not edit.

An instruction has 128 bits. Bits 0-11 are the opcode (of which 9-11 are the form of its sources), 12-15 the
guard predicate, 105-125 what the compiler tells the scheduler: 105-108 stall cycles, 109 no yield, 110-112
and 113-115 the barriers for writing and reading (7 for none), 116-121 the barriers to wait for, 122-125 reuse
of sources.

Forms: 1 registers; 4, 5, 6 the second source is an immediate, a constant or a uniform register in bits 32-63;
2, 3, 7 the third one is, and the second lies at bit 64.

The texts are those that `nvdisasm` prints. `{name}` stands for a modifier or an operand; an operand that
reads as nothing takes its comma away with it.

| Opcode | Encodings | Architectures |
|---|---|---|
"""


def markdown(entries: tuple[Opcode, ...]) -> str:
    """The whole page."""
    names = sorted({entry.name for entry in entries})
    groups = {name: [entry for entry in entries if entry.name == name] for name in names}
    index = "".join(
        f"| [{name}](#{anchor(name)}) | {_codes(groups[name])} | {_archs(groups[name])} |\n" for name in names
    )
    return HEAD + index + "".join("\n" + _section(name, groups[name]) for name in names)


def anchor(name: str) -> str:
    """The fragment that a heading gets."""
    return name.lower().replace(".", "").replace(" ", "-")


def _codes(entries: list[Opcode]) -> str:
    codes = sorted({code for entry in entries for code in entry.codes})
    return " ".join(f"`{code:03x}`" for code in codes)


def _archs(entries: list[Opcode]) -> str:
    return archs_text(frozenset().union(*(entry.archs for entry in entries)))


def archs_text(archs: frozenset[int]) -> str:
    """sm_75 to sm_90, sm_120."""
    runs: list[list[int]] = []
    for index, arch in enumerate(ARCHITECTURES):
        if arch not in archs:
            continue
        if runs and ARCHITECTURES[index - 1] == runs[-1][-1]:
            runs[-1].append(arch)
        else:
            runs.append([arch])
    return ", ".join(f"sm_{run[0]}" if len(run) == 1 else f"sm_{run[0]} to sm_{run[-1]}" for run in runs)


def _section(name: str, entries: list[Opcode]) -> str:
    return f"## {name}\n" + "".join(_entry(entry) for entry in entries)


def _entry(entry: Opcode) -> str:
    lines = [f"\n`{entry.text}`  ", f"{_codes([entry])} on {archs_text(entry.archs)}"]
    if entry.fixed:
        fixed = ", ".join(f"bits {describe(at)} = {value:#x}" for at, value in entry.fixed.items())
        lines[-1] += f", where {fixed}"
    if entry.about:
        lines.append(f"\n{entry.about}")
    if entry.spellings:
        lines.append("")
        lines += [f"* `{one.text}` {_when(one.when, one.forms)}".rstrip() for one in entry.spellings]
    fields = list(_rows(entry))
    if fields:
        lines += ["", "| Field | Bits | Reads |", "|---|---|---|", *fields]
    return "\n".join(lines) + "\n"


def _when(when: When, forms: tuple[int, ...] | None = None) -> str:
    parts = [f"{name} is {_wanted(value)}" for name, value in when.items()]
    if forms is not None and len(forms) < 7:
        parts.append(f"the form is {' or '.join(map(str, forms))}")
    return f"where {' and '.join(parts)}" if parts else ""


def _wanted(value: int | tuple[int, ...] | Condition) -> str:
    if isinstance(value, Condition):
        return value.words
    if isinstance(value, tuple):
        return " or ".join(f"{one:#x}" for one in value)
    return f"{value:#x}"


def _rows(entry: Opcode) -> Iterator[str]:
    for name, operand in entry.fields.items():
        places, reads = _described(operand)
        condition = _when(operand.when)
        yield f"| {name} | {places} | {reads}{' ' if condition else ''}{condition} |"


def _described(operand: Operand) -> tuple[str, str]:
    """Where a field lies, and how it reads."""
    if isinstance(operand, Choice):
        return describe(operand.at), _values(operand)
    if isinstance(operand, Number):
        scale = f", times {operand.scale}" if operand.scale != 1 else ""
        return describe(operand.at), f"a number ({operand.style}{scale})"
    if isinstance(operand, Register):
        kind = "uniform register" if operand.uniform else "register"
        return describe(operand.at), kind + _decorations(operand)
    if isinstance(operand, Predicate):
        kind = "uniform predicate" if operand.uniform else "predicate"
        return describe(operand.at), kind + _decorations(operand)
    if isinstance(operand, Slot):
        place = {"32": "32-63", "b": "32-63 or 64-71", "c": "64-71 or 32-63"}[operand.place]
        return place, f"a source, as the form says{_decorations(operand)}"
    if isinstance(operand, Sum):
        parts = [
            f"{name} {_described(part)[0]}" for name, part in zip(operand.names, operand.parts, strict=True)
        ]
        return "; ".join(parts), "a sum"
    if isinstance(operand, ConstantAddress):
        return f"{describe(operand.bank)}; {describe(operand.offset)}", "a constant bank and an offset"
    if isinstance(operand, Target):
        start = "from 0" if operand.absolute else "from the next instruction"
        return describe(operand.at), f"a place in the code, times {operand.scale}, {start}"
    raise TypeError(f"no description of {operand!r}")


def _values(operand: Choice) -> str:
    if len(operand.names) > 16:
        return f"one of {len(operand.names)} names"
    shown = (f"{value} `{text}`" if text else f"{value} nothing" for value, text in operand.names.items())
    return ", ".join(shown).replace("|", "\\|")


def _decorations(operand: Register | Predicate | Slot) -> str:
    parts = []
    for kind in ("negate", "absolute", "invert"):
        found = getattr(operand, kind, None)
        bits = found if isinstance(found, tuple) else (found,)
        shown = sorted({bit for bit in bits if bit is not None})
        if shown:
            parts.append(f"{kind} {' or '.join(map(str, shown))}")
    return f" ({', '.join(parts)})" if parts else ""
