"""Tensor cores as a warp uses them: products of small matrices, and moves of 8x8 matrices that serve them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from barewire.sass.language import (
    HEX,
    RD,
    RZ,
    SM75_ONLY,
    SM75_UP,
    SM80_UP,
    SM89_UP,
    SM90_ONLY,
    SM90_UP,
    SM100_UP,
    Choice,
    Opcode,
    Operand,
    Spelling,
    address,
    bits,
    choice,
    flag,
    joined,
    number,
    register,
    uniform,
)
from barewire.sass.table.addresses import INVALID, OFFSET, UNIFORM_USED, Entries

REGISTERS = (1,)
RA_PLAIN = register(24)
RB_PLAIN = register(32)
RC = register(64)
METADATA = register(40, reuse=None)
SELECTOR = number(48, 2, HEX)
ROW = choice(bits(73), ".ROW", ".???1")
COLUMN = choice(bits(74), ".???0", ".COL")
RA = register(24, suffix=ROW)
RB = register(32, suffix=COLUMN)
# Compiled code leaves these zero: signs of sources, and a uniform predicate, counted down from UPT, that
# enables the product.
NEGATED_RB = register(32, negate=63)
ENABLE = choice(
    bits(87, 4),
    *("" if code == 0 else f"UP{7 - code}" for code in range(8)),
    *("!UPT" if code == 0 else f"!UP{7 - code}" for code in range(8)),
    means={0: "UPT"},
)

OPERANDS = "{Rd}, {Ra}, {Rb}, {Rc}"
SPARSE_OPERANDS = OPERANDS + ", {Re}, {selector}"
SPARSE: dict[str, Operand] = {"Re": METADATA, "selector": SELECTOR}


def halves() -> Entries:
    """HMMA: elements of 16 bits, and tf32."""
    shape = choice(joined((75, 1), (78, 1)), ".1688", ".16816", ".1684", ".16832", means={
        0: "1688", 1: "16816", 2: "1684", 3: "16832"})  # fmt: skip
    modifiers = {
        "shape": shape,
        "accumulator": flag(76, ".F32", ".F16"),
        "format": choice(bits(82, 2), "", ".BF16", ".TF32", means={0: "F16", 1: "BF16", 2: "TF32"}),
        "sparse": flag(73, ".SP"),
    }
    operands: dict[str, Operand] = {
        "Rd": RD,
        "Ra": register(24, negate=72),
        "Rb": NEGATED_RB,
        "Rc": RC,
        **SPARSE,
    }
    volta = {
        "accumulator": flag(76, ".F32", ".F16"),
        "addend": flag(78, ".F32", ".F16"),
        "step": choice(bits(79, 2), ".STEP0", ".STEP1", ".STEP2", ".STEP3"),
    }
    return (
        Opcode(
            "HMMA", base=0x03C, forms=REGISTERS, archs=SM75_UP,
            text=f"HMMA{{shape}}{{accumulator}}{{format}} {OPERANDS}", modifiers=modifiers, operands=operands,
            spellings=(
                Spelling(f"HMMA.SP{{shape}}{{accumulator}}{{format}} {SPARSE_OPERANDS}", when={"sparse": 1}),
            ),
        ),
        Opcode(
            "HMMA_884", base=0x036, forms=REGISTERS, archs=SM75_ONLY,
            text=f"HMMA.884{{accumulator}}{{addend}}{{step}} {OPERANDS}", modifiers=volta,
            operands={
                "Rd": RD, "Ra": register(24, suffix=choice(bits(73), ".ROW", ".COL")),
                "Rb": register(32, suffix=choice(bits(74), ".ROW", ".COL")), "Rc": RC,
            },
        ),
    )  # fmt: skip


def integers() -> Entries:
    """IMMA and BMMA: elements of 8, 4 and 1 bits."""
    shape = Choice(
        joined((75, 1), (85, 2)),
        {0: ".8816", 2: ".8832", 4: ".16816", 5: ".16832", 6: ".16864", 7: ".168128"},
    )
    formats = {0: ".U8", 1: ".S8", 2: ".U4", 3: ".S4"}
    means = {0: "U8", 1: "S8", 2: "U4", 3: "S4"}
    modifiers = {
        "shape": shape,
        "a_format": Choice(joined((76, 1), (83, 1)), formats, None, {}, means),
        "b_format": Choice(joined((78, 1), (84, 1)), formats, None, {}, means),
        "saturate": flag(82, ".SAT"),
        "sparse": flag(72, ".SP"),
    }
    text = "{shape}{a_format}{b_format}{saturate} "
    bit_modifiers = {
        "shape": choice(bits(75, 2), ".88128", ".168128", ".168256", otherwise=INVALID),
        "operation": choice(bits(77, 2), ".XOR", None, ".AND", otherwise=INVALID),
        "count": flag(80, ".POPC", ".???0"),
    }
    return (
        Opcode(
            "IMMA", base=0x037, forms=REGISTERS, archs=SM75_UP, text=f"IMMA{text}{OPERANDS}",
            modifiers=modifiers, operands={"Rd": RD, "Ra": RA, "Rb": RB, "Rc": RC, **SPARSE},
            spellings=(Spelling(f"IMMA.SP{text}{SPARSE_OPERANDS}", when={"sparse": 1}),),
        ),
        Opcode(
            "BMMA", base=0x03D, forms=REGISTERS, archs=SM75_UP,
            text=f"BMMA{{shape}}{{operation}}{{count}} {OPERANDS}",
            modifiers=bit_modifiers, operands={"Rd": RD, "Ra": RA, "Rb": RB, "Rc": RC},
        ),
    )  # fmt: skip


def quarters() -> Entries:
    """QMMA: elements of 8-bit floats."""
    formats = (".E4M3", ".E5M2")
    text = "{shape}{accumulator}{a_format}{b_format} "
    return (
        Opcode(
            "QMMA", base=0x07A, forms=REGISTERS, archs=SM89_UP - SM90_UP, text=f"QMMA{text}{OPERANDS}",
            modifiers={
                "shape": choice(bits(75, 2), ".16816", ".16832", ".16864", otherwise=INVALID),
                "accumulator": flag(77, ".F32", ".F16"),
                "a_format": choice(bits(78), *formats),
                "b_format": choice(bits(79), *formats),
                "sparse": flag(80, ".SP"),
            },
            operands={
                "Rd": RD, "Ra": register(24, negate=72, suffix=ROW),
                "Rb": register(32, negate=63, suffix=COLUMN), "Rc": RC, **SPARSE,
            },
            spellings=(Spelling(f"QMMA.SP{text}{SPARSE_OPERANDS}", when={"sparse": 1}),),
        ),
    )  # fmt: skip


def doubles() -> Entries:
    """DMMA."""
    rounding = choice(bits(78, 2), "", ".RM", ".RP", ".RZ")
    shapes = (
        (SM80_UP - SM90_UP, choice(bits(76, 2), ".884")),
        (SM90_ONLY, choice(bits(76, 2), ".8x8x4", ".16x8x4", ".16x8x8", ".16x8x16")),
        (SM100_UP, choice(bits(76, 2), ".8x8x4")),
    )
    return tuple(
        Opcode(
            "DMMA", base=0x03F, forms=REGISTERS, archs=archs, text=f"DMMA{{shape}}{{round}} {OPERANDS}",
            modifiers={"shape": shape, "round": rounding},
            operands={
                "Rd": RD, "Ra": register(24, negate=72, absolute=73),
                "Rb": register(32, negate=63, absolute=62), "Rc": register(64, negate=75, absolute=74),
            },
        )
        for archs, shape in shapes
    )  # fmt: skip


COUNT = choice(bits(72, 2), "", ".2", ".4", otherwise=INVALID, means={0: "1", 1: "2", 2: "4"})
PLAIN_FORMAT = Choice(bits(75, 3), {0: ".16"})
OLD_LAYOUT = Choice(bits(78, 2), {0: ".M88", 1: ".MT88", 2: ".M816", 3: ".M832"}, INVALID)
OLD_STORE_LAYOUT = Choice(bits(78, 2), {0: ".M88", 1: ".MT88", 2: ".M88", 3: ".MT88"})


def moves() -> Entries:
    """LDSM, STSM and MOVM."""
    entries: list[Opcode] = []
    loads = (
        (SM75_UP - SM100_UP, PLAIN_FORMAT, OLD_LAYOUT),
        (
            SM100_UP,
            Choice(bits(75, 3), {0: ".16", 5: ".U4x16P64TO8", 6: ".U6x16P32TO8", 7: ".8"}),
            Choice(bits(78, 3), {0: ".M88", 1: ".MT88", 2: ".M816", 4: ".MT1616"}, INVALID),
        ),
    )
    stores = (
        (SM90_ONLY, PLAIN_FORMAT, OLD_STORE_LAYOUT),
        (
            SM100_UP,
            Choice(bits(75, 3), {0: ".16", 1: ".8"}),
            Choice(bits(78, 2), {0: ".M88", 1: ".MT88", 2: ".MT168"}, INVALID),
        ),
    )
    for name, code, uniform_at, generations, place in (
        ("LDSM", 0x03B, 32, loads, "{Rd}, [{address}]"),
        ("STSM", 0x044, 64, stores, "[{address}], {Rb}"),
    ):
        for archs, format_, layout in generations:
            for used in (0, 1):
                parts: dict[str, Any] = {"uniform": uniform(uniform_at)} if used else {}
                entries.append(
                    Opcode(
                        name, base=code, forms=(4,), archs=archs,
                        text=f"{name}{{format}}{{layout}}{{count}} {place}",
                        modifiers={"format": format_, "layout": layout, "count": COUNT},
                        operands={
                            **({"Rd": RD} if name == "LDSM" else {"Rb": register(32)}),
                            "address": address(base=register(24, hide=RZ), **parts, offset=OFFSET),
                        },
                        fixed={UNIFORM_USED: used},
                    )
                )  # fmt: skip
    for archs, format_ in (
        (SM75_UP - SM100_UP, PLAIN_FORMAT),
        (SM100_UP, Choice(bits(75, 3), {0: ".16", 1: ".U4TO8"})),
    ):
        entries.append(
            Opcode(
                "MOVM", base=0x03A, forms=REGISTERS, archs=archs, text="MOVM{format}{layout} {Rd}, {Ra}",
                modifiers={
                    "format": format_,
                    "layout": choice(bits(78, 2), ".MT88", ".M832", ".M864", otherwise=INVALID),
                },
                operands={"Rd": RD, "Ra": RA_PLAIN},
            )
        )  # fmt: skip
    return tuple(entries)


def with_enable(entries: Entries) -> Iterator[Opcode]:
    """The products; from sm_89 on with the predicate that enables them."""
    for entry in entries:
        older, newer = entry.archs - SM89_UP, entry.archs & SM89_UP
        if older:
            yield replace(entry, archs=older)
        if newer:
            yield replace(
                entry,
                archs=newer,
                text=entry.text.replace("{Rc}", "{Rc}, {enable}"),
                spellings=tuple(
                    replace(spelling, text=spelling.text.replace("{Rc}", "{Rc}, {enable}"))
                    for spelling in entry.spellings
                ),
                operands={**entry.operands, "enable": ENABLE},
            )


OPCODES = (*with_enable((*halves(), *integers(), *quarters(), *doubles())), *moves())
