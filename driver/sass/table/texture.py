"""Textures and surfaces: decoded, since kernels hold them; the software GPU does not run them.

What is sampled is named by a uniform register from sm_90 on; before, by a register (`.B`: bindless) or by a
slot in a constant bank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from barewire.sass.language import (
    HEX,
    RD,
    RZ,
    SM75_ONLY,
    SM75_TO_89,
    SM80_TO_89,
    SM90_ONLY,
    SM90_UP,
    SM100_TO_110,
    SM100_UP,
    SM120_UP,
    URZ,
    Choice,
    Opcode,
    Operand,
    bits,
    choice,
    flag,
    joined,
    number,
    only,
    predicate,
    register,
    uniform,
)
from barewire.sass.table.addresses import (
    ATOMIC_SCOPE_SM75,
    EVICT,
    INVALID,
    LOAD_SCOPE,
    LOAD_SCOPE_SM75,
    SIZE,
    STORE_SCOPE,
    STORE_SCOPE_SM75,
    Entries,
)
from barewire.sass.table.atomic import OPERATIONS

FORMAT = choice(bits(79, 2), "", ".F16.RN", ".F16.RZ", otherwise=INVALID)
OFFSETS = flag(76, ".AOFFI")
COMPARES = flag(78, ".DC")
SCREEN = flag(60, ".SCR")
LEVEL = choice(bits(87, 3), "", ".LZ", ".LB", ".LL", ".LC", ".LB.LC", ".LC.FDV", otherwise=INVALID)
NO_DEPENDENCE = flag(90, ".NODEP")
COMPONENTS = choice(bits(87, 2), ".R", ".G", ".B", ".A")
SHAPES = {0: "1D", 1: "2D", 2: "3D", 3: "CUBE", 4: "ARRAY_1D", 5: "ARRAY_2D", 7: "ARRAY_CUBE"}


def _shape(*values: int) -> Choice:
    return Choice(bits(61, 3), {value: SHAPES[value] for value in values}, "INVALID{}")


LANES = number(72, 4, HEX, hide=15)


@dataclass(frozen=True)
class Handle:
    """How an instruction names its texture or surface.

    Attributes:
        archs: where.
        column: which of the opcodes that a family has: a constant slot, a register, a uniform register.
        text: what stands for it at the end of the operands.
        operands: its fields.
        bindless: what the mnemonic gets.
    """

    archs: frozenset[int]
    column: str
    text: str
    operands: Mapping[str, Operand]
    bindless: str = ""


SLOT = {"bank": number(54, 5, HEX), "slot": number(40, 14, HEX)}
TEXTURE_HANDLES = (
    Handle(SM75_TO_89, "slot", "{bank}, {slot}", SLOT),
    Handle(SM75_TO_89, "register", "", {}, ".B"),
    Handle(SM90_ONLY, "uniform", "{URb}, {slot}", {"URb": uniform(40), "slot": number(46, 8, HEX)}),
    Handle(SM100_TO_110, "uniform", "{URb}", {"URb": uniform(40)}),
    Handle(SM120_UP, "uniform", "{URb}, {URc}", {"URb": uniform(40), "URc": uniform(48, hide=URZ)}),
)


@dataclass(frozen=True)
class Family:
    """One texture instruction.

    Attributes:
        modifiers: in the order in which they are printed; "bindless" stands for itself.
        codes: its opcode by kind of handle.
    """

    name: str
    codes: Mapping[str, int]
    modifiers: Mapping[str, Choice]
    shape: Choice
    since_sm100: Mapping[str, Choice]  # what lies elsewhere there


BINDLESS = flag(59, "", "")
LEVELS = {0: "", 1: ".LZ", 2: ".LB", 3: ".LL", 4: ".LC", 5: ".LB.LC"}
MORE_OFFSETS = choice(bits(56, 2), "", ".AOFFI", otherwise=INVALID)
FAMILIES = (
    Family(
        "TEX",
        {"slot": 0xB60, "register": 0x361, "uniform": 0xF60},
        {
            "screen": SCREEN,
            "bindless": BINDLESS,
            "format": FORMAT,
            "level": LEVEL,
            "offsets": OFFSETS,
            "compares": COMPARES,
            "no_derivative": flag(77, ".NDV"),
            "evict": EVICT,
            "no_dependence": NO_DEPENDENCE,
        },
        _shape(0, 1, 2, 3, 4, 5, 7),
        {
            "level": Choice(joined((59, 1), (87, 3)), LEVELS, INVALID),
            "offsets": MORE_OFFSETS,
            "no_derivative": choice(bits(76, 2), "", ".NDV", ".FDV", otherwise=INVALID),
        },
    ),
    Family(
        "TLD",
        {"slot": 0xB66, "register": 0x367, "uniform": 0xF66},
        {
            "screen": SCREEN,
            "bindless": BINDLESS,
            "format": FORMAT,
            "level": Choice(bits(87, 3), {1: ".LZ", 3: ".LL"}, INVALID),
            "offsets": OFFSETS,
            "clamps": flag(77, ".CL"),
            "multisampled": flag(78, ".MS"),
            "evict": EVICT,
            "no_dependence": NO_DEPENDENCE,
        },
        _shape(0, 1, 2, 4, 5),
        {
            "level": choice(bits(87, 2), ".LZ", ".LL", otherwise=INVALID),
            "offsets": MORE_OFFSETS,
            "clamps": flag(76, ".CL"),
            "multisampled": choice(bits(77, 2), "", ".MS", otherwise=INVALID),
        },
    ),
    Family(
        "TLD4",
        {"slot": 0xB63, "register": 0x364, "uniform": 0xF63},
        {
            "screen": SCREEN,
            "component": COMPONENTS,
            "bindless": BINDLESS,
            "format": FORMAT,
            "offsets": OFFSETS,
            "per_texel": flag(77, ".PTP"),
            "compares": COMPARES,
            "evict": EVICT,
            "no_dependence": NO_DEPENDENCE,
        },
        _shape(1, 3, 5, 7),
        {},
    ),
    Family(
        "TXD",
        {"slot": 0xB6C, "register": 0x36D, "uniform": 0xF6C},
        {
            "bindless": BINDLESS,
            "format": FORMAT,
            "level": flag(87, ".LC"),
            "offsets": OFFSETS,
            "evict": EVICT,
            "no_dependence": NO_DEPENDENCE,
        },
        _shape(0, 1, 4, 5),
        {"level": choice(bits(87, 2), "", ".LC", otherwise=INVALID), "offsets": MORE_OFFSETS},
    ),
)


def textures() -> Entries:
    """TEX, TLD, TLD4, TXD."""
    entries: list[Opcode] = []
    for family in FAMILIES:
        for handle in TEXTURE_HANDLES:
            mnemonic = "".join(
                handle.bindless if name == "bindless" else f"{{{name}}}" for name in family.modifiers
            )
            place = f"{handle.text}, " if handle.text else ""
            parts = {**family.modifiers, **(family.since_sm100 if handle.archs <= SM100_UP else {})}
            modifiers = {name: value for name, value in parts.items() if name != "bindless"}
            entries.append(
                Opcode(
                    family.name,
                    **only(family.codes[handle.column]),
                    archs=handle.archs,
                    text=f"{family.name}{mnemonic} {{Pd}}, {{Rd2}}, {{Rd}}, {{Ra}}, {{Rb}}, "
                    f"{place}{{shape}}, {{lanes}}",
                    modifiers=modifiers,
                    operands={
                        "Pd": predicate(81, hide=True),
                        "Rd2": register(64, reuse=None),
                        "Rd": RD,
                        "Ra": register(24, reuse=None),
                        "Rb": register(32, hide=RZ, reuse=None),
                        **handle.operands,
                        "shape": family.shape,
                        "lanes": LANES,
                    },
                )
            )
    return tuple(entries)


QUERY = choice(
    bits(62, 2),
    "TEX_HEADER_DIMENSION",
    "TEX_HEADER_TEXTURE_TYPE",
    "TEX_HEADER_SAMPLER_POS",
    otherwise="INVALID{}",
)
QUERY_HANDLES = {"{URb}": "{URb}, 0x0", "{URb}, {URc}": "{URb}, 0x0"}
QUERY_CODES = {"slot": 0xB6F, "register": 0x370, "uniform": 0xF6F}


def queries() -> Entries:
    """TXQ."""
    return tuple(
        Opcode(
            "TXQ",
            **only(QUERY_CODES[handle.column]),
            archs=handle.archs,
            text=f"TXQ{handle.bindless}{{no_dependence}} {{Rd2}}, {{Rd}}, {{Ra}}, {{query}}, "
            f"{QUERY_HANDLES.get(handle.text, handle.text)}{', ' if handle.text else ''}{{lanes}}",
            modifiers={"no_dependence": NO_DEPENDENCE},
            operands={
                "Rd2": register(64, reuse=None),
                "Rd": RD,
                "Ra": register(24, reuse=None),
                "query": QUERY,
                **handle.operands,
                "lanes": LANES,
            },
        )
        for handle in TEXTURE_HANDLES
    )


# Surfaces.
SURFACE_HANDLES = (
    Handle(SM75_TO_89, "slot", "{bank}, {slot}", SLOT),
    Handle(SM75_TO_89, "register", "{Rc}", {"Rc": register(64, reuse=None)}),
    *TEXTURE_HANDLES[2:],
)
SURFACE_SHAPES = choice(
    bits(61, 3), ".1D", ".1D_BUFFER", ".1D_ARRAY", ".2D", ".2D_ARRAY", ".3D", otherwise=INVALID
)
CLAMP = choice(bits(59, 2), ".IGN", "", ".TRAP", otherwise=INVALID)
BYTES = flag(72, ".BA")
REDUCTION_TYPE = choice(
    bits(73, 3),
    "",
    ".S32",
    ".U64",
    ".F32.FTZ.RN",
    ".F16x2.RN",
    ".S64",
    ".SD32",
    ".SD64",
    means={0: "U32", 1: "S32", 2: "U64", 3: "F32", 4: "F16X2", 5: "S64", 6: "SD32", 7: "SD64"},
)
PIXEL = Choice(bits(72, 4), {1: ".R", 3: ".RG", 15: ""}, INVALID)


@dataclass(frozen=True)
class Surface:
    """One surface instruction: its codes by kind of handle, its parts in printed order, its operands."""

    name: str
    codes: Mapping[str, int]
    parts: Mapping[str, Choice]
    operands: str
    old_scope: Choice
    new_scope: Choice


SHAPED = {"shape": SURFACE_SHAPES}
EVICTED = {"evict": EVICT}
SURFACES = (
    Surface(
        "SULD.D",
        {"slot": 0xB99, "register": 0x99A, "uniform": 0xF99},
        {"by_bytes": BYTES, **SHAPED, **EVICTED, "size": SIZE},
        "{Pd}, {Rd}, [{Ra}]",
        LOAD_SCOPE_SM75,
        LOAD_SCOPE,
    ),
    Surface(
        "SUST.P",
        {"slot": 0xB9B, "register": 0x99C, "uniform": 0xF9B},
        {**SHAPED, **EVICTED},
        "[{Ra}], {Rb}",
        STORE_SCOPE_SM75,
        STORE_SCOPE,
    ),
    Surface(
        "SUST.D",
        {"slot": 0xB9D, "register": 0x99E, "uniform": 0xF9D},
        {"by_bytes": BYTES, **SHAPED, **EVICTED, "size": SIZE},
        "[{Ra}], {Rb}",
        STORE_SCOPE_SM75,
        STORE_SCOPE,
    ),
    Surface(
        "SURED.D",
        {"slot": 0xB9F, "register": 0x3A0, "uniform": 0xF9F},
        {
            "by_bytes": BYTES,
            **SHAPED,
            "operation": choice(bits(87, 3), *OPERATIONS[:8]),
            **EVICTED,
            "type": REDUCTION_TYPE,
        },
        "[{Ra}], {Rb}",
        ATOMIC_SCOPE_SM75,
        STORE_SCOPE,
    ),
)


def surfaces() -> Entries:
    """SULD, SUST, SURED."""
    entries: list[Opcode] = []
    for surface in SURFACES:
        mnemonic = surface.name + "".join(f"{{{part}}}" for part in surface.parts)
        for handle in SURFACE_HANDLES:
            for archs in (SM75_ONLY, SM80_TO_89, SM90_UP):
                if not archs & handle.archs:
                    continue
                scope = surface.old_scope if archs is SM75_ONLY else surface.new_scope
                after = {"scope": scope, "clamp": CLAMP}
                if surface.name == "SUST.P":
                    after = {"scope": scope, "pixel": PIXEL, "clamp": CLAMP}
                entries.append(
                    Opcode(
                        surface.name.replace(".", "_"),
                        **only(surface.codes[handle.column]),
                        archs=archs & handle.archs,
                        text=mnemonic
                        + "".join(f"{{{part}}}" for part in after)
                        + f" {surface.operands}, {handle.text}",
                        modifiers={**surface.parts, **after},
                        operands={
                            "Pd": predicate(81, hide=True),
                            "Rd": RD,
                            "Ra": register(24, reuse=None),
                            "Rb": register(32, reuse=None),
                            **handle.operands,
                        },
                    )
                )
    return tuple(entries)


OPCODES = (*textures(), *queries(), *surfaces())
