"""The uniform datapath: what a whole warp computes once, in uniform registers and predicates."""

from __future__ import annotations

from typing import Any

from barewire.sass.language import (
    F32,
    HEX,
    SIGNED_HEX,
    SM75_TO_89,
    SM75_TO_90,
    SM75_UP,
    SM90_ONLY,
    SM100_UP,
    SM120_UP,
    URD,
    URZ,
    Bits,
    Choice,
    ConstantAddress,
    Opcode,
    Operand,
    Slot,
    Spelling,
    bits,
    choice,
    flag,
    joined,
    number,
    only,
    predicate,
    register,
    slot,
    slot_b,
    slot_c,
    uniform,
    uniform_predicate,
)
from barewire.sass.table.integer import (
    BOOLEAN,
    COMPARE,
    COMPARED_WIDTH,
    EXTENDED,
    FIRST_BYTES,
    MINIMUM_WIDTH,
    PACKED_TYPE,
    SHIFT_TYPE,
    UNLESS_SIGNED,
)

URA = uniform(24)
UPA = uniform_predicate(87, negate=90)
CARRY_IN = uniform_predicate(87, negate=90, when={"extended": 1})


def source(*, negate: int | None = None, complement: int | None = None, immediate: str = SIGNED_HEX) -> Slot:
    """What bits 32-63 hold, registers being uniform ones."""
    return slot(negate=negate, complement=complement, immediate=immediate, reuse=None, uniform_registers=True)


def uniform_op(
    name: str,
    base: int,
    text: str,
    *,
    archs: frozenset[int] = SM75_UP,
    forms: tuple[int, ...] = (1, 4),
    fixed: dict[Bits, int] | None = None,
    **fields: Operand,
) -> Opcode:
    """An opcode with URd, URa and what bits 32-63 hold, unless told otherwise."""
    return Opcode(
        name, base, forms, archs, text,
        modifiers={key: field for key, field in fields.items() if isinstance(field, Choice)},
        operands={
            "URd": URD, "URa": URA, "B": source(),
            **{key: field for key, field in fields.items() if not isinstance(field, Choice)},
        },
        fixed=fixed or {},
        uniform_guard=True,
    )  # fmt: skip


def second(*, negate: bool = False, immediate: str = SIGNED_HEX, complement: int | None = None) -> Slot:
    """The second of three sources."""
    return slot_b(
        negate=(63, 75) if negate else None, immediate=immediate, reuse=None, uniform_registers=True,
        complement=complement,
    )  # fmt: skip


def third(*, negate: bool = False, immediate: str = SIGNED_HEX, complement: int | None = None) -> Slot:
    """The third of three sources."""
    return slot_c(
        negate=(63, 75) if negate else None, immediate=immediate, reuse=None, uniform_registers=True,
        complement=complement,
    )  # fmt: skip


def uiadd3(archs: frozenset[int], *, hides_carries: bool, name: str = "UIADD3", base: int = 0x090) -> Opcode:
    """From sm_100 on both carries are printed, needed or not."""
    return uniform_op(
        name, base, name + "{extended} {URd}, {UPd}, {UPd2}, {URa}, {B}, {C}, {UPa}, {UPb}",
        archs=archs, forms=(1, 2, 4),
        extended=EXTENDED,
        UPd=uniform_predicate(81, hide=hides_carries), UPd2=uniform_predicate(84, hide=hides_carries),
        URa=uniform(24, negate=72, complement=74),
        B=second(negate=True, complement=74), C=third(negate=True, complement=74),
        UPa=CARRY_IN, UPb=uniform_predicate(77, negate=80, when={"extended": 1}),
    )  # fmt: skip


def multiply(name: str, base: int, *, carries: bool) -> Opcode:
    """UIMAD and its wide and high forms, which can tell a carry."""
    carry: dict[str, Any] = {"UPd": uniform_predicate(81, hide=True)} if carries else {}
    written = "{URd}, {UPd}" if carries else "{URd}"
    return uniform_op(
        name, base, f"{name}{{signed}}{{extended}} {written}, {{URa}}, {{B}}, {{C}}, {{UPa}}",
        forms=(1, 2, 4), extended=EXTENDED, signed=UNLESS_SIGNED,
        B=second(), C=third(negate=True, complement=74), UPa=CARRY_IN, **carry,
    )  # fmt: skip


def float_source() -> Slot:
    """A single-precision source in bits 32-63."""
    return slot(negate=63, absolute=62, immediate=F32, reuse=None, uniform_registers=True)


def third_float() -> Slot:
    """A single-precision source in the place of the third one."""
    return slot_c(negate=(63, 75), absolute=(62, 74), immediate=F32, reuse=None, uniform_registers=True)


def float_op(
    name: str, base: int, text: str, *, forms: tuple[int, ...] = (1, 4), **fields: Operand
) -> Opcode:
    """Single-precision arithmetic, from sm_120 on."""
    common: dict[str, Any] = {"ftz": flag(80, ".FTZ"), "URa": uniform(24, negate=72, absolute=73)}
    return uniform_op(name, base, text, archs=SM120_UP, forms=forms, **common | fields)


R2UR_OPERANDS: dict[str, Operand] = {
    "Pd": predicate(81, hide=True), "Pd_or": predicate(81), "URd": URD, "Ra": register(24),
}  # fmt: skip
R2UR_OR = (Spelling("R2UR{either} {Pd_or}, {URd}, {Ra}", when={"either": 1}),)

ROUND = choice(bits(78, 2), "", ".RM", ".RP", ".RZ")
SATURATE = flag(77, ".SAT")
FLOAT_COMPARE = choice(
    bits(76, 4), ".F", ".LT", ".EQ", ".LE", ".GT", ".NE", ".GE", ".NUM",
    ".NAN", ".LTU", ".EQU", ".LEU", ".GTU", ".NEU", ".GEU", ".T",
)  # fmt: skip

LOAD_SIZE = choice(bits(73, 3), ".U8", ".S8", ".U16", ".S16", "", ".64", ".128", ".INVALID7")

OPCODES = (
    uiadd3(SM75_TO_90, hides_carries=True),
    uiadd3(SM100_UP, hides_carries=False),
    uiadd3(SM90_ONLY, hides_carries=True, name="UIADD3.64", base=0x097),
    uiadd3(SM100_UP, hides_carries=False, name="UIADD3.64", base=0x097),
    multiply("UIMAD", 0x0A4, carries=False),
    multiply("UIMAD.WIDE", 0x0A5, carries=True),
    multiply("UIMAD.HI", 0x0A6, carries=True),
    uniform_op(
        "ULEA", 0x091, "ULEA{high}{extended}{sign_extends} {URd}, {UPd}, {URa}, {B}, {C}, {shift}, {UPa}",
        UPd=uniform_predicate(81, hide=True), URa=uniform(24, negate=72, complement=74),
        B=source(negate=63, complement=74, immediate="hex"),
        C=uniform(64, when={"high": 1, "sign_extends": 0}),
        shift=number(75, 5), UPa=CARRY_IN,
        high=flag(80, ".HI"), extended=EXTENDED, sign_extends=flag(73, ".SX32"),
    ),
    uniform_op(
        "ULOP3", 0x092, "ULOP3.LUT{predicate_and} {UPd}, {URd}, {URa}, {B}, {C}, {table}, {UPa}",
        predicate_and=flag(80, ".PAND"), UPd=uniform_predicate(81, hide=True), B=source(immediate="hex"),
        C=uniform(64), table=number(72, 8), UPa=UPA,
    ),
    uniform_op(
        "USHF", 0x099, "USHF{right}{wrap}{type}{high} {URd}, {URa}, {B}, {C}",
        forms=(1, 2, 4), B=second(immediate="hex"), C=third(immediate="hex"),
        right=choice(bits(76), ".L", ".R"), wrap=flag(75, ".W"), type=SHIFT_TYPE, high=flag(80, ".HI"),
    ),
    uniform_op(
        "UPRMT", 0x096, "UPRMT {URd}, {URa}, {B}, {C}",
        forms=(1, 2, 4), B=second(immediate="hex"), C=third(immediate="hex"),
    ),
    uniform_op(
        "USGXT", 0x09A, "USGXT{wrap}{signed} {URd}, {URa}, {B}",
        B=source(immediate="hex"), wrap=flag(75, ".W"), signed=UNLESS_SIGNED,
    ),
    uniform_op(
        "UBMSK", 0x09B, "UBMSK{wrap} {URd}, {URa}, {B}",
        B=source(immediate="hex"), wrap=flag(75, ".W"),
    ),
    uniform_op("UBREV", 0x0BE, "UBREV {URd}, {B}", B=source(immediate="hex")),
    uniform_op("UPOPC", 0x0BF, "UPOPC {URd}, {B}", B=slot(invert=63, reuse=None, uniform_registers=True)),
    uniform_op(
        "UFLO", 0x0BD, "UFLO{signed}{shift_amount} {URd}, {UPd}, {B}",
        B=slot(invert=63, reuse=None, uniform_registers=True), UPd=uniform_predicate(81, hide=True),
        signed=UNLESS_SIGNED, shift_amount=flag(74, ".SH"),
    ),
    uniform_op(
        "UISETP", 0x08C, "UISETP{compare}{signed}{boolean}{extended} {UPd}, {UPd2}, {URa}, {B}, {UPa}, {UPb}",
        archs=SM75_TO_90 | SM100_UP,
        compare=COMPARE, signed=UNLESS_SIGNED, boolean=BOOLEAN, extended=flag(72, ".EX"),
        UPd=uniform_predicate(81), UPd2=uniform_predicate(84), UPa=UPA,
        UPb=uniform_predicate(68, negate=71, when={"extended": 1}),
    ),
    uniform_op(
        "UISETP", 0x08C, "UISETP{compare}{width}{boolean} {UPd}, {UPd2}, {URa}, {B}, {UPa}",
        archs=SM120_UP, fixed={bits(80): 1},
        compare=COMPARE, width=COMPARED_WIDTH, boolean=BOOLEAN,
        UPd=uniform_predicate(81), UPd2=uniform_predicate(84), UPa=UPA,
    ),
    uniform_op("USEL", 0x087, "USEL {URd}, {URa}, {B}, {UPa}", B=source(immediate="hex"), UPa=UPA),
    uniform_op("UMOV", 0x082, "UMOV {URd}, {B}", forms=(4, 6), B=source(immediate="hex")),
    uniform_op("USEL.64", 0x087, "USEL.64 {URd}, {URa}, {B}, {UPa}", archs=SM120_UP, forms=(6,), UPa=UPA),
    uniform_op("UMOV.64", 0x082, "UMOV.64 {URd}, {B}", archs=SM120_UP, forms=(6,), fixed={bits(80): 1}),
    uniform_op(
        "USEL.64", 0x087, "USEL.64 {URd}, {URa}, {wide}, {UPa}", archs=SM120_UP, forms=(2,),
        wide=number(joined((32, 32), (64, 1)), style=SIGNED_HEX), UPa=UPA,
    ),
    uniform_op(
        "UMOV.64", 0x082, "UMOV.64 {URd}, {wide}",
        archs=SM120_UP, forms=(2,), wide=number(joined((24, 40), (64, 24))),
    ),
    Opcode(
        "UPLOP3", **only(0x89C), archs=SM75_UP,
        text="UPLOP3.LUT {UPd}, {UPd2}, {UPa}, {UPb}, {UPc}, {table}, {table2}",
        operands={
            "UPd": uniform_predicate(81), "UPd2": uniform_predicate(84), "UPa": UPA,
            "UPb": uniform_predicate(77, negate=80), "UPc": uniform_predicate(68, negate=71),
            "table": number(joined((64, 3), (72, 5))), "table2": number(16, 8),
        },
        uniform_guard=True,
    ),
    Opcode(
        "VOTEU", **only(0x886), archs=SM75_UP, text="VOTEU{mode} {URd}, {UPd}, {Pa}",
        modifiers={"mode": choice(bits(72, 2), ".ALL", ".ANY", ".EQ", otherwise=".INVALID{}")},
        operands={"URd": uniform(16, hide=URZ), "UPd": uniform_predicate(81), "Pa": predicate(87, negate=90)},
    ),
    Opcode(
        "R2UR", **only(0x3C2), archs=SM75_TO_89, text="R2UR{either} {Pd}, {URd}, {Ra}",
        modifiers={"either": flag(84, ".OR")}, operands=R2UR_OPERANDS, spellings=R2UR_OR,
    ),
    Opcode(
        "R2UR", **only(0x2CA), archs=SM90_ONLY, text="R2UR{either} {Pd}, {URd}, {Ra}",
        modifiers={"either": flag(84, ".OR")}, operands=R2UR_OPERANDS, spellings=R2UR_OR,
    ),
    Opcode(
        "R2UR", **only(0x2CA), archs=SM100_UP, text="R2UR{either}{purpose} {Pd}, {URd}, {Ra}",
        modifiers={
            "either": flag(84, ".OR"),
            "purpose": choice(bits(86, 2), "", ".FILL", ".BROADCAST", otherwise=".INVALID{}"),
        },
        operands=R2UR_OPERANDS,
        spellings=(Spelling("R2UR{either}{purpose} {Pd_or}, {URd}, {Ra}", when={"either": 1}),),
    ),
    Opcode(
        "ULDC", **only(0xAB9), archs=SM75_TO_90, text="ULDC{size} {URd}, {address}",
        modifiers={"size": LOAD_SIZE},
        operands={"URd": URD, "address": ConstantAddress()}, uniform_guard=True,
    ),
    Opcode(
        "ULDC", **only(0xABB), archs=SM75_TO_90, text="ULDC{size} {URd}, {address}",
        modifiers={"size": LOAD_SIZE},
        operands={"URd": URD, "address": ConstantAddress(bindless=None, base=uniform(24))},
        uniform_guard=True,
    ),
    Opcode(
        "LDCU", **only(0x7AC), archs=SM100_UP, text="LDCU{size} {URd}, {address}",
        modifiers={"size": LOAD_SIZE},
        operands={
            "URd": URD, "address": ConstantAddress(offset=bits(37, 17), bindless=None, base=uniform(24)),
        },
        uniform_guard=True,
    ),
    uniform_op(
        "UP2UR", 0x083, "UP2UR{byte} {URd}, UPR, {URa}, {B}",
        forms=(4,), B=source(immediate="hex"), byte=FIRST_BYTES,
    ),
    uniform_op(
        "UR2UP", 0x084, "UR2UP UPR, {URa}{byte}, {mask}",
        forms=(4,), byte=FIRST_BYTES, mask=number(32, 32, hide=0xFF),
    ),
    uniform_op(
        "UVIMNMX", 0x04A, "UVIMNMX{type}{relu} {URd}, {URa}, {B}, {UPa}", archs=SM120_UP,
        type=PACKED_TYPE, relu=flag(76, ".RELU"), UPa=UPA,
    ),
    uniform_op(
        "UIMNMX.64", 0x085, "UIMNMX{width} {UPd}, {UPd2}, {URd}, {URa}, {B}, {UPa}, {UPb}", archs=SM120_UP,
        width=MINIMUM_WIDTH, UPd=uniform_predicate(81), UPd2=uniform_predicate(84), UPa=UPA,
        UPb=uniform_predicate(77, negate=80),
    ),
    Opcode(
        "PMTRIG", **only(0x801), archs=SM75_UP, text="PMTRIG {Pa}, {mask}",
        operands={"Pa": predicate(87, negate=90, hide=True), "mask": number(32, 16)},
    ),
    float_op(
        "UFADD", 0x054, "UFADD{ftz}{saturate}{round} {URd}, {URa}, {B}", forms=(1, 2),
        saturate=SATURATE, round=ROUND, B=third_float(),
    ),
    float_op(
        "UFMUL", 0x056, "UFMUL{scale}{ftz}{flush_to_zero}{saturate}{round} {URd}, {URa}, {B}",
        scale=choice(bits(84, 3), ".INVALID0", ".D2", ".D4", ".D8", "", ".M2", ".M4", ".M8"),
        flush_to_zero=flag(76, ".FMZ"), saturate=SATURATE, round=ROUND, B=float_source(),
    ),
    float_op(
        "UFFMA", 0x055, "UFFMA{ftz}{flush_to_zero}{saturate}{round} {URd}, {URa}, {B}, {C}", forms=(1, 2, 4),
        flush_to_zero=flag(76, ".FMZ"), saturate=SATURATE, round=ROUND,
        B=slot_b(
            negate=(63, 75), absolute=(62, 74), immediate=F32, reuse=None, uniform_registers=True,
        ),
        C=third_float(),
    ),
    float_op("UFSEL", 0x051, "UFSEL{ftz} {URd}, {URa}, {B}, {UPa}", B=float_source(), UPa=UPA),
    float_op(
        "UFSETP", 0x053, "UFSETP{compare}{ftz}{boolean} {UPd}, {UPd2}, {URa}, {B}, {UPa}",
        compare=FLOAT_COMPARE, boolean=BOOLEAN, UPd=uniform_predicate(81), UPd2=uniform_predicate(84),
        B=float_source(), UPa=UPA,
    ),
    uniform_op(
        "UI2F", 0x05A, "UI2F{type}{round} {URd}, {B}", archs=SM120_UP, forms=(1, 4), fixed={bits(75, 3): 2},
        type=choice(joined((74, 1), (84, 2)), ".U8", ".S8", ".U16", ".S16", ".U32", ""), round=ROUND,
        B=source(immediate=HEX),
    ),
    uniform_op(
        "UI2FP", 0x05E, "UI2FP.F32{type} {URd}, {B}", archs=SM120_UP, forms=(1, 4), fixed={bits(75, 3): 2},
        type=choice(joined((74, 1), (84, 2)), None, None, None, None, ".U32", ".S32"),
        B=source(immediate=HEX),
    ),
    uniform_op(
        "UF2I", 0x05C, "UF2I{ftz}{type}{round}{ntz} {URd}, {B}", archs=SM120_UP, forms=(1, 4),
        fixed={bits(84, 3): 2}, ftz=flag(80, ".FTZ"),
        type=choice(joined((72, 1), (75, 2)), ".U8", ".S8", ".U16", ".S16", ".U32", ""),
        round=choice(bits(78, 2), "", ".FLOOR", ".CEIL", ".TRUNC"), ntz=flag(77, ".NTZ"), B=float_source(),
    ),
)  # fmt: skip
