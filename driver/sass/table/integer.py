"""Integer arithmetic and logic, moves and selections of the vector datapath.

Where nvdisasm prints one opcode under several names (IMAD.MOV, IMAD.SHL, IMAD.IADD), it is one entry here.
"""

from __future__ import annotations

from barewire.sass.language import (
    ALL_FORMS,
    B_FORMS,
    HEX,
    RD,
    RZ,
    SIGNED_HEX,
    SM75_TO_90,
    SM75_UP,
    SM90_ONLY,
    SM100_TO_110,
    SM120_UP,
    Bits,
    Choice,
    Condition,
    Opcode,
    Operand,
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

RA = register(24)
PA = predicate(87, negate=90)
UNLESS_SIGNED = choice(bits(73), ".U32", "")
MOVE_FORMS = (1, 4, 5, 6)


def plain(
    name: str,
    base: int,
    text: str,
    *,
    archs: frozenset[int] = SM75_UP,
    forms: tuple[int, ...] = B_FORMS,
    fixed: dict[Bits, int] | None = None,
    about: str = "",
    **operands: Operand,
) -> Opcode:
    """An opcode with a destination, one register and what bits 32-63 hold, unless told otherwise."""
    modifiers = {key: operand for key, operand in operands.items() if isinstance(operand, Choice)}
    others = {key: operand for key, operand in operands.items() if not isinstance(operand, Choice)}
    return Opcode(
        name, base, forms, archs, text,
        modifiers=modifiers,
        operands={"Rd": RD, "Ra": RA, "B": slot(immediate=SIGNED_HEX), **others},
        fixed=fixed or {},
        about=about,
    )  # fmt: skip


def three_sources(*, extended: int | None = None) -> dict[str, Operand]:
    """Ra, B and C, each with a sign that becomes a complement where the bit `extended` is set."""
    return {
        "Ra": register(24, negate=72, complement=extended),
        "B": slot_b(negate=(63, 75), immediate=SIGNED_HEX, complement=extended),
        "C": slot_c(negate=(63, 75), immediate=SIGNED_HEX, complement=extended),
    }


def iadd3(archs: frozenset[int], *, hides_carries: bool) -> Opcode:
    """From sm_100 on both carries are printed, needed or not."""
    return Opcode(
        "IADD3", base=0x010, forms=ALL_FORMS, archs=archs,
        text="IADD3{extended} {Rd}, {Pd}, {Pd2}, {Ra}, {B}, {C}, {Pa}, {Pb}",
        modifiers={"extended": flag(74, ".X")},
        operands={
            "Rd": RD, "Pd": predicate(81, hide=hides_carries), "Pd2": predicate(84, hide=hides_carries),
            **three_sources(extended=74),
            "Pa": predicate(87, negate=90, when={"extended": 1}),
            "Pb": predicate(77, negate=80, when={"extended": 1}),
        },
    )  # fmt: skip


COMPARE = choice(bits(76, 3), ".F", ".LT", ".EQ", ".LE", ".GT", ".NE", ".GE", ".T")
BOOLEAN = choice(bits(74, 2), ".AND", ".OR", ".XOR", otherwise=".INVALID{}")

ISETP_OPERANDS: dict[str, Operand] = {
    "Pd": predicate(81), "Pd2": predicate(84), "Ra": RA, "B": slot(immediate=SIGNED_HEX), "Pa": PA,
    "Pb": predicate(68, negate=71, when={"extended": 1}),
}  # fmt: skip

MULTIPLY_SOURCES: dict[str, Operand] = {
    "Ra": RA,
    "B": slot_b(immediate=SIGNED_HEX),
    "C": slot_c(negate=(63, 75), immediate=SIGNED_HEX, complement=74),
}
CARRY_IN = predicate(87, negate=90, when={"extended": 1})
EXTENDED = flag(74, ".X")

# nvdisasm says SHL for these factors only.
SHIFT = Condition(
    "a power of two from 2 to 2^30 but 2^16",
    lambda value: 1 < value < 1 << 31 and value != 1 << 16 and not value & (value - 1),
)
NO_UNIFORM = (1, 2, 3, 4, 5)
MOVE = "IMAD.MOV{signed} {Rd}, {Ra}, {B}, {C}"

IMAD_SPELLINGS = (
    Spelling("IMAD{signed}{extended} {Rd}, {Ra}, {B}, {C}, {Pa}", when={"extended": 1}),
    Spelling(MOVE, when={"Ra": RZ}, forms=NO_UNIFORM),
    Spelling(MOVE, when={"B": RZ}, forms=(1, 2, 3)),
    Spelling(MOVE, when={"B": 0}, forms=(4,)),
    Spelling(MOVE, when={"B": 1, "C": RZ}, forms=(4,)),
    Spelling("IMAD.IADD{signed} {Rd}, {Ra}, {B}, {C}", when={"B": 1}, forms=(4,)),
    Spelling("IMAD.SHL{signed} {Rd}, {Ra}, {B}, {C}", when={"B": SHIFT, "C": RZ}, forms=(4,)),
)

SHIFT_TYPE = choice(bits(73, 2), ".S64", ".U64", ".S32", ".U32")
PRMT_MODE = choice(bits(72, 3), "", ".F4E", ".B4E", ".RC8", ".ECL", ".ECR", ".RC16")

FIRST_BYTES = choice(bits(76, 2), "", ".B1", ".B2", ".B3")
PACKED_TYPE = choice(bits(72, 3), ".U32", ".S32", ".U16x2", ".S16x2", ".U8x4", ".S8x4")
PACKED_TYPE_TO_SM110 = choice(bits(72, 2), ".U32", "", ".U16x2", ".S16x2")
COMPARED_WIDTH = choice(bits(73), ".U64", ".S64")
MINIMUM_WIDTH = choice(bits(73, 2), ".U32", "", ".U64", ".S64")
WIDE_IMMEDIATE = number(joined((24, 40), (64, 24)))


def sel64(form: int, operand: Operand) -> Opcode:
    """A selection of two registers at once; the forms' numbers mean something else than usually."""
    return Opcode(
        "SEL.64", 0x007, (form,), SM120_UP, "SEL.64 {Rd}, {Ra}, {B}, {Pa}",
        operands={"Rd": RD, "Ra": RA, "B": operand, "Pa": PA},
    )  # fmt: skip


def vimnmx(archs: frozenset[int], types: Choice, text: str) -> Opcode:
    """Minimum (of numbers packed in a register, too) where the predicate holds, maximum where it does not."""
    return plain(
        "VIMNMX", 0x048, text, archs=archs, type=types, relu=flag(76, ".RELU"),
        Pd=predicate(81), Pd2=predicate(84), Pa=PA,
    )  # fmt: skip


VIMNMX_TEXT = "VIMNMX{type}{relu} {Rd}, {Ra}, {B}, {Pa}"

OPCODES = (
    iadd3(SM75_TO_90, hides_carries=True),
    iadd3(SM100_TO_110 | SM120_UP, hides_carries=False),
    Opcode(
        "IMAD", base=0x024, forms=ALL_FORMS, archs=SM75_UP,
        text="IMAD{signed} {Rd}, {Ra}, {B}, {C}",
        spellings=IMAD_SPELLINGS,
        modifiers={"extended": EXTENDED, "signed": UNLESS_SIGNED},
        operands={"Rd": RD, **MULTIPLY_SOURCES, "Pa": CARRY_IN},
    ),
    Opcode(
        "IMAD.WIDE", base=0x025, forms=ALL_FORMS, archs=SM75_UP,
        text="IMAD.WIDE{signed}{extended} {Rd}, {Pd}, {Ra}, {B}, {C}, {Pa}",
        modifiers={"extended": EXTENDED, "signed": UNLESS_SIGNED},
        operands={"Rd": RD, "Pd": predicate(81, hide=True), **MULTIPLY_SOURCES, "Pa": CARRY_IN},
    ),
    Opcode(
        "IMAD.HI", base=0x027, forms=ALL_FORMS, archs=SM75_UP,
        text="IMAD.HI{signed}{extended} {Rd}, {Pd}, {Ra}, {B}, {C}, {Pa}",
        modifiers={"extended": EXTENDED, "signed": UNLESS_SIGNED},
        operands={"Rd": RD, "Pd": predicate(81, hide=True), **MULTIPLY_SOURCES, "Pa": CARRY_IN},
    ),
    Opcode(
        "IDP", base=0x026, forms=ALL_FORMS, archs=SM75_UP,
        text="IDP{kind}{signed_a}{signed_b} {Rd}, {Ra}, {B}, {C}",
        modifiers={
            "kind": choice(bits(76, 2), ".4A", ".2A.LO", None, ".2A.HI"),
            "signed_a": choice(joined((73, 1), (76, 1)), ".U8", ".S8", ".U16", ".S16"),
            "signed_b": choice(bits(74), ".U8", ".S8"),
        },
        operands={"Rd": RD, "Ra": RA, "B": slot_b(), "C": slot_c(negate=(63, 75), immediate=SIGNED_HEX)},
    ),
    plain(
        "LEA", 0x011, "LEA{high}{extended}{sign_extends} {Rd}, {Pd}, {Ra}, {B}, {C}, {shift}, {Pa}",
        Rd=RD, Pd=predicate(81, hide=True),
        Ra=register(24, negate=72, complement=74),
        B=slot(negate=63, immediate=HEX, complement=74),
        C=register(64, when={"high": 1, "sign_extends": 0}),
        shift=number(75, 5), Pa=CARRY_IN,
        high=flag(80, ".HI"), extended=EXTENDED, sign_extends=flag(73, ".SX32"),
    ),
    Opcode(
        "LOP3", base=0x012, forms=B_FORMS, archs=SM75_UP,
        text="LOP3.LUT{predicate_and} {Pd}, {Rd}, {Ra}, {B}, {C}, {table}, {Pa}",
        modifiers={"predicate_and": flag(80, ".PAND")},
        operands={
            "Rd": RD, "Pd": predicate(81, hide=True), "Ra": RA, "B": slot(), "C": register(64),
            "table": number(72, 8), "Pa": PA,
        },
    ),
    plain("IABS", 0x013, "IABS {Rd}, {B}"),
    plain("BREV", 0x101, "BREV {Rd}, {B}"),
    plain("POPC", 0x109, "POPC {Rd}, {B}", B=slot(invert=63)),
    plain(
        "FLO", 0x100, "FLO{signed}{shift_amount} {Rd}, {Pd}, {B}",
        B=slot(invert=63), Pd=predicate(81, hide=True), signed=UNLESS_SIGNED, shift_amount=flag(74, ".SH"),
    ),
    plain(
        "PRMT", 0x016, "PRMT{mode} {Rd}, {Ra}, {B}, {C}",
        forms=ALL_FORMS, B=slot_b(), C=slot_c(), mode=PRMT_MODE,
    ),
    plain(
        "SHF", 0x019, "SHF{right}{wrap}{type}{high} {Rd}, {Ra}, {B}, {C}", forms=ALL_FORMS,
        B=slot_b(), C=slot_c(),
        right=choice(bits(76), ".L", ".R"), wrap=flag(75, ".W"), type=SHIFT_TYPE, high=flag(80, ".HI"),
    ),
    plain(
        "SGXT", 0x01A, "SGXT{wrap}{signed} {Rd}, {Ra}, {B}",
        B=slot(), wrap=flag(75, ".W"), signed=UNLESS_SIGNED,
    ),
    plain("BMSK", 0x01B, "BMSK{wrap} {Rd}, {Ra}, {B}", B=slot(), wrap=flag(75, ".W")),
    plain(
        "VABSDIFF", 0x014, "VABSDIFF{signed} {Rd}, {Pd}, {Ra}, {B}, {C}",
        Pd=predicate(81, hide=True), C=register(64), signed=UNLESS_SIGNED,
    ),
    plain(
        "VABSDIFF4", 0x015, "VABSDIFF4{signed}{accumulate} {Rd}, {Pd}, {Ra}, {B}, {C}",
        Pd=predicate(81, hide=True), C=register(64),
        signed=choice(bits(73), ".U8", ""), accumulate=flag(75, ".ACC"),
    ),
    plain(
        "IMNMX", 0x017, "IMNMX{signed} {Rd}, {Ra}, {B}, {Pa}",
        archs=SM75_TO_90 | SM100_TO_110, Pa=PA, signed=UNLESS_SIGNED,
    ),
    Opcode(
        "ISETP", base=0x00C, forms=B_FORMS, archs=SM75_UP,
        text="ISETP{compare}{signed}{boolean}{extended} {Pd}, {Pd2}, {Ra}, {B}, {Pa}, {Pb}",
        modifiers={
            "compare": COMPARE, "signed": UNLESS_SIGNED, "boolean": BOOLEAN, "extended": flag(72, ".EX"),
        },
        operands=ISETP_OPERANDS,
    ),
    plain("SEL", 0x007, "SEL {Rd}, {Ra}, {B}, {Pa}", B=slot(), Pa=PA),
    plain(
        "MOV", 0x002, "MOV {Rd}, {B}, {lanes}", archs=SM75_TO_90, B=slot(), lanes=number(72, 4, hide=0xF),
    ),
    plain(
        "MOV", 0x002, "MOV {Rd}, {B}, {lanes}", archs=SM100_TO_110 | SM120_UP, forms=(1, 4),
        B=slot(), lanes=number(72, 4, hide=0xF),
    ),
    plain(
        "MOV", 0x002, "MOV{spill} {Rd}, {B}, {lanes}", archs=SM100_TO_110 | SM120_UP, forms=(6,),
        B=slot(), lanes=number(72, 4, hide=0xF), spill=flag(88, ".SPILL"),
    ),
    Opcode(
        "PLOP3", **only(0x81C), archs=SM75_UP,
        text="PLOP3.LUT {Pd}, {Pd2}, {Pa}, {Pb}, {Pc}{UPc}, {table}, {table2}",
        modifiers={"uniform_c": flag(67, "")},
        operands={
            "Pd": predicate(81), "Pd2": predicate(84), "Pa": PA, "Pb": predicate(77, negate=80),
            "Pc": predicate(68, negate=71, when={"uniform_c": 0}),
            "UPc": uniform_predicate(68, negate=71, when={"uniform_c": 1}),
            "table": number(joined((64, 3), (72, 5))), "table2": number(16, 8),
        },
    ),
    plain("P2R", 0x003, "P2R{byte} {Rd}, PR, {Ra}, {B}", B=slot(), byte=FIRST_BYTES),
    plain(
        "R2P", 0x004, "R2P PR, {Ra}{byte}, {B}",
        B=slot(), byte=FIRST_BYTES,
    ),
    plain(
        "ISETP", 0x00C, "ISETP{compare}{width}{boolean} {Pd}, {Pd2}, {Ra}, {B}, {Pa}",
        archs=SM120_UP, fixed={bits(80): 1}, compare=COMPARE, width=COMPARED_WIDTH, boolean=BOOLEAN,
        Pd=predicate(81), Pd2=predicate(84), Pa=PA,
    ),
    sel64(2, number(joined((32, 32), (64, 1)), 0, SIGNED_HEX)),
    sel64(3, register(32)),
    sel64(7, uniform(32)),
    plain("MOV.64", 0x002, "MOV.64 {Rd}, {B}", archs=SM120_UP, forms=(1, 6), fixed={bits(80): 1}, B=slot()),
    plain("MOV.64", 0x002, "MOV.64 {Rd}, {wide}", archs=SM120_UP, forms=(2,), wide=WIDE_IMMEDIATE),
    plain(
        "IADD.64", 0x035, "IADD{width}{extended} {Rd}, {Pd}, {Ra}, {B}, {Pa}", archs=SM120_UP,
        width=choice(bits(73), "", ".64"), extended=EXTENDED, Pd=predicate(81, hide=True),
        Ra=register(24, negate=72, complement=74), Pa=CARRY_IN,
        B=slot(negate=63, immediate=SIGNED_HEX, complement=74),
    ),
    plain(
        "IMNMX.64", 0x017, "IMNMX{width} {Pd}, {Pd2}, {Rd}, {Ra}, {B}, {Pa}, {Pb}", archs=SM120_UP,
        width=MINIMUM_WIDTH, Pd=predicate(81), Pd2=predicate(84), Pa=PA, Pb=predicate(77, negate=80),
    ),
    plain(
        "VIADD", 0x036, "VIADD{type} {Rd}, {Ra}, {B}", archs=SM90_ONLY | SM100_TO_110,
        B=slot(negate=63), type=choice(bits(73), "", ".16x2"),
    ),
    plain(
        "VIADD", 0x036, "VIADD{type}{saturate} {Rd}, {Ra}, {B}", archs=SM120_UP,
        Ra=register(24, negate=72), B=slot(negate=63),
        type=choice(bits(73, 3), ".32", ".16x2", ".S32", None, ".U8x4", ".S8x4"), saturate=flag(80, ".ISAT"),
    ),
    vimnmx(SM90_ONLY, PACKED_TYPE_TO_SM110, VIMNMX_TEXT),
    vimnmx(SM100_TO_110, PACKED_TYPE_TO_SM110, "VIMNMX{type}{relu} {Rd}, {Pd}, {Pd2}, {Ra}, {B}, {Pa}"),
    vimnmx(SM120_UP, PACKED_TYPE, VIMNMX_TEXT),
    plain(
        "VIADDMNMX", 0x046, "VIADDMNMX{type}{relu} {Rd}, {Ra}, {B}, {C}, {Pa}",
        archs=SM90_ONLY | SM100_TO_110, forms=ALL_FORMS, B=slot_b(negate=(63, 75)), C=slot_c(),
        type=PACKED_TYPE_TO_SM110, relu=flag(76, ".RELU"), Pa=PA,
    ),
    plain(
        "PLOP3.SIGN", 0x01F, "PLOP3.LUT {Pd}, {Pd2}, {Ra}.SIGN, {B}.SIGN, {C}.SIGN, {table}, {table2}",
        forms=(1,), Pd=predicate(81), Pd2=predicate(84), B=slot(), C=register(64),
        table=number(72, 8), table2=number(16, 8),
    ),
    plain(
        "PLOP3.SIGN_B", 0x01D, "PLOP3.LUT {Pd}, {Pd2}, {Pa}, {B}.SIGN, {Pc}, {table}, {table2}",
        forms=(1,), Pd=predicate(81), Pd2=predicate(84), Pa=PA, B=slot(), Pc=predicate(68, negate=71),
        table=number(72, 8), table2=number(16, 8),
    ),
    plain(
        "PLOP3.SIGN_BC", 0x01E, "PLOP3.LUT {Pd}, {Pd2}, {Pa}, {B}.SIGN, {C}.SIGN, {table}, {table2}",
        forms=(1,), Pd=predicate(81), Pd2=predicate(84), Pa=PA, B=slot(), C=register(64),
        table=number(72, 8), table2=number(16, 8),
    ),
    plain(
        "VIMNMX3", 0x00F, "VIMNMX3{type}{relu} {Rd}, {Ra}, {B}, {C}, {Pa}",
        archs=SM90_ONLY | SM100_TO_110, type=PACKED_TYPE_TO_SM110, relu=flag(76, ".RELU"),
        C=register(64), Pa=PA,
        about="The least of three numbers, or where the predicate does not hold the greatest.",
    ),
    plain(
        "CLMAD", 0x02C, "CLMAD{high} {Rd}, {Ra}, {B}, {C}", archs=SM90_ONLY, forms=(1, 3, 5),
        B=slot_b(), C=slot_c(), high=choice(bits(77), ".LO", ".HI"),
        about="Multiplication without carries, added without carries.",
    ),
)  # fmt: skip
