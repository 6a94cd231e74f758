"""The table as a C header: an enumeration of the opcodes, a matcher, and an accessor for each field.

The software GPU executes what the table says, from the file that this makes (driver/softgpu/sm/sass_table.h;
`scripts/generate_sass.py` writes it).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from barewire.sass.language import (
    ARCHITECTURES,
    Bits,
    Choice,
    ConstantAddress,
    Number,
    Opcode,
    Operand,
    Predicate,
    Register,
    Slot,
    Sum,
    Target,
    bits,
)
from barewire.sass.text import source_of

FORM_SHIFT = 9
DECORATIONS = ("negate", "absolute", "invert")


class FieldPlace(NamedTuple):
    """Where a field lies for one 12-bit opcode on some architectures."""

    code: int
    archs: frozenset[int]
    at: Bits


HEADER = """\
/*
 * Generated from the table of opcodes (driver/sass) by scripts/generate_sass.py. Do not edit.
 *
 * sass_match(word, arch) names the opcode of a 128-bit word. sass_OPCODE_FIELD(word) is a field of it, as it
 * stands in the word: signed fields are not extended, URZ is 63 before sm_100. Accessors of fields that an
 * architecture moved take arch.
 */
#ifndef BAREWIRE_SASS_TABLE_H
#define BAREWIRE_SASS_TABLE_H

#include <stdint.h>
"""

MATCHER = """\
struct sass_candidate {
\tuint16_t code;
\tuint16_t archs;
\tuint16_t opcode;
\tuint64_t mask[2];
\tuint64_t value[2];
};

static inline unsigned sass_arch_bit(unsigned arch)
{
\tswitch (arch) {
%(arch_cases)s
\tdefault:
\t\treturn 0;
\t}
}

static inline uint64_t sass_bits(const uint64_t word[2], unsigned low, unsigned width)
{
\tuint64_t value = low < 64 ? word[0] >> low : word[1] >> (low - 64);

\tif (low < 64 && low + width > 64)
\t\tvalue |= word[1] << (64 - low);
\treturn width < 64 ? value & ((UINT64_C(1) << width) - 1) : value;
}

/* By 12-bit opcode, the most particular candidates first. */
static const struct sass_candidate sass_candidates[] = {
%(candidates)s
};

/* Where a 12-bit opcode's candidates begin; the number of candidates where it has none. */
static const uint16_t sass_first[4096] = {
%(first)s
};

static inline enum sass_opcode sass_match(const uint64_t word[2], unsigned arch)
{
\tunsigned code = (unsigned)(word[0] & 0xfff);
\tunsigned bit = sass_arch_bit(arch);

\tfor (unsigned i = sass_first[code]; i < %(count)d && sass_candidates[i].code == code; i++) {
\t\tconst struct sass_candidate *candidate = &sass_candidates[i];

\t\tif ((candidate->archs & bit) && (word[0] & candidate->mask[0]) == candidate->value[0] &&
\t\t    (word[1] & candidate->mask[1]) == candidate->value[1])
\t\t\treturn (enum sass_opcode)candidate->opcode;
\t}
\treturn SASS_ILLEGAL;
}
"""


def c_header(entries: tuple[Opcode, ...]) -> str:
    """The whole header."""
    names = sorted({entry.name for entry in entries})
    parts = [HEADER, _enumeration(names), _matcher(entries, names)]
    for name in names:
        parts.append(_accessors(name, [entry for entry in entries if entry.name == name]))
    return "\n".join(part for part in parts if part) + "\n#endif\n"


def c_name(text: str) -> str:
    """A word that C takes: UIADD3_64 of UIADD3.64."""
    return re.sub(r"\W+", "_", text).strip("_")


def _enumeration(names: list[str]) -> str:
    lines = "".join(f"\tSASS_{c_name(name)},\n" for name in names)
    return f"enum sass_opcode {{\n\tSASS_ILLEGAL,\n{lines}\tSASS_OPCODE_COUNT,\n}};\n"


def _matcher(entries: tuple[Opcode, ...], names: list[str]) -> str:
    candidates = sorted(
        ((code, -sum(at.width for at in entry.fixed), number, entry)
         for number, entry in enumerate(entries)
         for code, form in zip(entry.codes, entry.forms, strict=True) if entry.archs_of(form)),
        key=lambda candidate: candidate[:3],
    )  # fmt: skip
    first = [len(candidates)] * 4096
    for index in range(len(candidates) - 1, -1, -1):
        first[candidates[index][0]] = index
    return MATCHER % {
        "arch_cases": "\n".join(
            f"\tcase {arch}:\n\t\treturn 1u << {index};" for index, arch in enumerate(ARCHITECTURES)
        ),
        "candidates": "\n".join(_candidate(code, entry) for code, _, _, entry in candidates),
        "first": "\n".join(f"\t{str(first[row : row + 16])[1:-1]}," for row in range(0, 4096, 16)),
        "count": len(candidates),
    }


def _candidate(code: int, entry: Opcode) -> str:
    archs_of_form = entry.archs_of(code >> FORM_SHIFT)
    archs = sum(1 << index for index, arch in enumerate(ARCHITECTURES) if arch in archs_of_form)
    mask = sum(at.mask for at in entry.fixed)
    value = sum(at.put(number) for at, number in entry.fixed.items())
    return f"\t{{{code:#05x}, {archs:#06x}, SASS_{c_name(entry.name)}, {_pair(mask)}, {_pair(value)}}},"


def _pair(word: int) -> str:
    return f"{{{word & (1 << 64) - 1:#x}, {word >> 64:#x}}}"


def fields_of(entry: Opcode, form: int) -> Iterator[tuple[str, Bits]]:
    """The fields of an entry in one form, with the C names of what belongs to operands."""
    for name, operand in entry.fields.items():
        yield from _operand_fields(name, operand, form)


def _operand_fields(name: str, operand: Operand, form: int) -> Iterator[tuple[str, Bits]]:
    decorations: Mapping[str, int | None] = {}
    if isinstance(operand, Register | ConstantAddress | Predicate | Number):
        decorations = {kind: getattr(operand, kind, None) for kind in DECORATIONS}
    suffix: Choice | None = getattr(operand, "suffix", None)
    if isinstance(operand, Sum):
        for part, inner in zip(operand.names, operand.parts, strict=True):
            yield from _operand_fields(f"{name}_{part}", inner, form)
        return
    if isinstance(operand, Slot):
        source = source_of(operand, form)
        if source.kind == "immediate":
            return
        decorations = {kind: getattr(operand, kind)[source.position] for kind in DECORATIONS}
        suffix = operand.suffix[source.position]
    elif isinstance(operand, ConstantAddress):
        yield f"{name}_bank", operand.bank
        yield f"{name}_offset", operand.offset
        if operand.bindless is not None:
            yield f"{name}_bindless", bits(operand.bindless)
        if operand.base:
            yield f"{name}_base", operand.base.at
    elif isinstance(operand, Choice | Number | Register | Predicate | Target):
        yield name, operand.at
    for kind, bit in decorations.items():
        if bit is not None:
            yield f"{name}_{kind}", bits(bit)
    if suffix:
        yield f"{name}_suffix", suffix.at


def _accessors(name: str, entries: list[Opcode]) -> str:
    places: dict[str, list[FieldPlace]] = {}
    for entry in entries:
        for code, form in zip(entry.codes, entry.forms, strict=True):
            for field, at in fields_of(entry, form):
                places.setdefault(field, []).append(FieldPlace(code, entry.archs, at))
    parts = [_accessor(name, field, found) for field, found in places.items()]
    return "\n".join([*parts, *_named_values(name, entries)])


def _accessor(name: str, field: str, places: list[FieldPlace]) -> str:
    function = f"static inline uint64_t sass_{c_name(name)}_{field}"
    if places[0].at.width <= 32:
        function = function.replace("uint64_t", "unsigned")
    cast = "(unsigned)" if places[0].at.width <= 32 else ""
    if len({place.at for place in places}) == 1:
        return f"{function}(const uint64_t word[2])\n{{\n\treturn {cast}({_expression(places[0].at)});\n}}\n"
    by_code: dict[int, set[Bits]] = {}
    for place in places:
        by_code.setdefault(place.code, set()).add(place.at)
    needs_arch = any(len(found) > 1 for found in by_code.values())
    lines = []
    for place in dict.fromkeys(places[1:]):
        if place.at == places[0].at and not needs_arch:
            continue
        archs = sum(1 << index for index, arch in enumerate(ARCHITECTURES) if arch in place.archs)
        test = f"(word[0] & 0xfff) == {place.code:#05x}"
        if needs_arch:
            test += f" && (sass_arch_bit(arch) & {archs:#x})"
        lines.append(f"\tif ({test})\n\t\treturn {cast}({_expression(place.at)});\n")
    arguments = "const uint64_t word[2], unsigned arch" if needs_arch else "const uint64_t word[2]"
    return f"{function}({arguments})\n{{\n{''.join(lines)}\treturn {cast}({_expression(places[0].at)});\n}}\n"


def _expression(at: Bits) -> str:
    pieces, shift = [], 0
    for low, width in at.parts:
        piece = f"sass_bits(word, {low}, {width})"
        pieces.append(f"{piece} << {shift}" if shift else piece)
        shift += width
    return " | ".join(pieces)


def _named_values(name: str, entries: list[Opcode]) -> Iterator[str]:
    values: dict[str, int] = {}
    clashes = set()
    for entry in entries:
        for field, operand in entry.fields.items():
            if not isinstance(operand, Choice):
                continue
            for value, text in (operand.means or operand.names).items():
                word = c_name(text.replace("-", "MINUS").replace("&", "AND")).upper()
                if not word:
                    continue
                full = f"SASS_{c_name(name)}_{field.upper()}_{word}"
                if values.setdefault(full, value) != value:
                    clashes.add(full)
    lines = "".join(f"\t{full} = {value},\n" for full, value in values.items() if full not in clashes)
    if lines:
        yield f"enum {{\n{lines}}};\n"
