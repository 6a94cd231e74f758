"""Single-precision arithmetic, and the approximations of the multi-function unit."""

from __future__ import annotations

from collections.abc import Mapping

from barewire.sass.language import (
    ALL_FORMS,
    AT_32_AS_C,
    B_FORMS,
    BF16,
    F16,
    F32,
    F64_HIGH,
    RD,
    SM75_ONLY,
    SM75_TO_89,
    SM75_UP,
    SM86_UP,
    SM90_UP,
    SM100_TO_110,
    SM100_UP,
    Bits,
    Opcode,
    Register,
    Slot,
    bits,
    choice,
    flag,
    joined,
    predicate,
    register,
    slot,
    slot_b,
    slot_c,
)

SM80_ONLY = frozenset({80})
SM103_ONLY = frozenset({103})
SM86_TO_89 = SM86_UP - SM90_UP

# Words that other families of floats share.
ROUND = choice(bits(78, 2), "", ".RM", ".RP", ".RZ")
FTZ = flag(80, ".FTZ")
SATURATE = flag(77, ".SAT")
FLUSH = choice(joined((80, 1), (76, 1)), "", ".FTZ", ".FMZ")  # FMZ: also, zero times anything is zero
COMPARISONS = (
    "F",
    "LT",
    "EQ",
    "LE",
    "GT",
    "NE",
    "GE",
    "NUM",
    "NAN",
    "LTU",
    "EQU",
    "LEU",
    "GTU",
    "NEU",
    "GEU",
    "T",
)
COMPARE = choice(bits(76, 4), *(f".{name}" for name in COMPARISONS))
BOOLEAN = choice(bits(74, 2), ".AND", ".OR", ".XOR")
RA: Register = register(24, negate=72, absolute=73)
HALF_RA: Register = register(24, negate=72, absolute=73, suffix=choice(bits(83), "", ".H1"))
SECOND_HALF = choice(bits(84), "", ".H1")
PA = predicate(87, negate=90)
UNARY = (1, 4, 5, 6)

HALF_OF_SOURCE = choice(bits(60, 2), "", ".H1")
PAIRS_OF_SIGNS = ("PP", "PN", "NP", "ZP")
MUFU_FUNCTIONS = (".COS", ".SIN", ".EX2", ".LG2", ".RCP", ".RSQ", ".RCP64H", ".RSQ64H", ".SQRT", ".TANH")


def _mufu(archs: frozenset[int], at: Bits, halves: Mapping[int, tuple[str, str]]) -> tuple[Opcode, ...]:
    """MUFU of single-precision numbers, of the high half of doubles, and of 16-bit numbers.

    Args:
        at: where the format lies.
        halves: the 16-bit formats: their texts and the styles of their immediates.
    """
    function = choice(bits(74, 4), *MUFU_FUNCTIONS)
    names = ("", *(text for text, _ in halves.values()))
    text = "MUFU{function}{format} {Rd}, {B}"
    modifiers = {"function": function, "format": choice(at, *names)}

    def entry(fixed: Mapping[Bits, int], source: Slot) -> Opcode:
        return Opcode(
            "MUFU", base=0x108, forms=UNARY, archs=archs, text=text, modifiers=modifiers, fixed=fixed,
            operands={"Rd": RD, "B": source},
        )  # fmt: skip

    single = entry({}, slot(negate=63, absolute=62, immediate=F32, reuse=None))
    double = (
        entry({bits(74, 4): value, at: 0}, slot(negate=63, absolute=62, immediate=F64_HIGH, reuse=None))
        for value, name in enumerate(MUFU_FUNCTIONS)
        if name.endswith("64H")
    )
    half = (
        entry(
            {at: value},
            slot(negate=63, absolute=62, suffix=HALF_OF_SOURCE, immediate=style, reuse=None),
        )
        for value, (_, style) in halves.items()
    )
    return single, *double, *half


OPCODES = (
    Opcode(
        "FADD", base=0x021, forms=AT_32_AS_C, archs=SM75_UP,
        text="FADD{ftz}{round}{saturate} {Rd}, {Ra}, {B}",
        modifiers={"ftz": FTZ, "saturate": SATURATE, "round": ROUND},
        operands={"Rd": RD, "Ra": RA, "B": slot(negate=63, absolute=62, immediate=F32, reuse=124)},
    ),
    Opcode(
        "FHADD", base=0x021, forms=(1, 7), archs=SM100_UP, fixed={bits(81): 1},
        text="FHADD{format}{round}{saturate} {Rd}, {Ra}, {B}",
        modifiers={"format": flag(82, ".BF16"), "saturate": SATURATE, "round": ROUND},
        operands={"Rd": RD, "Ra": HALF_RA, "B": slot(negate=63, absolute=62, immediate=F32, reuse=124)},
        about="The first source is a half.",
    ),
    Opcode(
        "FMUL", base=0x020, forms=B_FORMS, archs=SM75_UP,
        text="FMUL{flush}{scale}{round}{saturate} {Rd}, {Ra}, {B}",
        modifiers={
            "flush": FLUSH, "saturate": SATURATE, "round": ROUND,
            "scale": choice(bits(84, 3), None, ".D8", ".D4", ".D2", "", ".M2", ".M4", ".M8"),
        },
        operands={"Rd": RD, "Ra": RA, "B": slot(negate=63, absolute=62, immediate=F32)},
    ),
    Opcode(
        "FFMA", base=0x023, forms=ALL_FORMS, archs=SM75_UP,
        text="FFMA{flush}{round}{saturate} {Rd}, {Ra}, {B}, {C}",
        modifiers={"flush": FLUSH, "saturate": SATURATE, "round": ROUND},
        operands={
            "Rd": RD, "Ra": RA, "B": slot_b(negate=(63, 75), absolute=(62, 74), immediate=F32),
            "C": slot_c(negate=(63, 75), absolute=(62, 74), immediate=F32),
        },
    ),
    Opcode(
        "FHFMA", base=0x023, forms=(1, 6, 7), archs=SM100_UP, fixed={bits(81): 1},
        text="FHFMA{format}{round}{saturate} {Rd}, {Ra}, {B}, {C}",
        modifiers={"format": flag(82, ".BF16"), "saturate": SATURATE, "round": ROUND},
        operands={
            "Rd": RD, "Ra": HALF_RA, "C": slot_c(negate=(63, 75), absolute=(62, 74)),
            "B": slot_b(negate=(63, 75), absolute=(62, 74), suffix=(SECOND_HALF, SECOND_HALF)),
        },
        about="The factors are halves.",
    ),
    Opcode(
        "FMNMX", base=0x009, forms=B_FORMS, archs=SM75_ONLY,
        text="FMNMX{ftz} {Rd}, {Ra}, {B}, {Pa}",
        modifiers={"ftz": FTZ},
        operands={"Rd": RD, "Ra": RA, "B": slot(negate=63, absolute=62, immediate=F32), "Pa": PA},
        about="The minimum where the predicate holds, else the maximum.",
    ),
    Opcode(
        "FMNMX", base=0x009, forms=B_FORMS, archs=SM80_ONLY,
        text="FMNMX{ftz}{nan} {Rd}, {Ra}, {B}, {Pa}",
        modifiers={"ftz": FTZ, "nan": flag(81, ".NAN")},
        operands={"Rd": RD, "Ra": RA, "B": slot(negate=63, absolute=62, immediate=F32), "Pa": PA},
        about="The minimum where the predicate holds, else the maximum.",
    ),
    Opcode(
        "FMNMX", base=0x009, forms=B_FORMS, archs=SM86_TO_89,
        text="FMNMX{ftz}{nan}{xorsign} {Rd}, {Ra}, {B}, {Pa}",
        modifiers={"ftz": FTZ, "nan": flag(81, ".NAN"), "xorsign": flag(82, ".XORSIGN")},
        operands={"Rd": RD, "Ra": RA, "B": slot(negate=63, absolute=62, immediate=F32), "Pa": PA},
        about="The minimum where the predicate holds, else the maximum.",
    ),
    Opcode(
        "FMNMX", base=0x009, forms=B_FORMS, archs=SM90_UP,
        text="FMNMX{ftz}{nan}{xorsign}{is_a} {Rd}, {Pd}, {Ra}, {B}, {Pa}",
        modifiers={
            "ftz": FTZ, "nan": flag(81, ".NAN"), "xorsign": flag(82, ".XORSIGN"), "is_a": flag(65, ".IS_A"),
        },
        operands={
            "Rd": RD, "Pd": predicate(66, when={"is_a": 1}), "Ra": RA,
            "B": slot(negate=63, absolute=62, immediate=F32), "Pa": PA,
        },
        about="The minimum where the predicate holds, else the maximum; is_a also tells which it is.",
    ),
    Opcode(
        "FMNMX3", base=0x076, forms=ALL_FORMS, archs=SM100_TO_110,
        text="FMNMX3{ftz}{nan} {Rd}, {Ra}, {B}, {C}, {Pa}",
        modifiers={"ftz": FTZ, "nan": flag(81, ".NAN")},
        operands={
            "Rd": RD, "Ra": RA, "B": slot_b(negate=(63, 75), absolute=(62, 74), immediate=F32),
            "C": slot_c(negate=(63, 75), absolute=(62, 74), immediate=F32), "Pa": PA,
        },
    ),
    Opcode(
        "FSEL", base=0x008, forms=B_FORMS, archs=SM75_UP,
        text="FSEL{ftz} {Rd}, {Ra}, {B}, {Pa}",
        modifiers={"ftz": FTZ},
        operands={"Rd": RD, "Ra": RA, "B": slot(negate=63, absolute=62, immediate=F32), "Pa": PA},
    ),
    Opcode(
        "FSET", base=0x00A, forms=B_FORMS, archs=SM75_UP,
        text="FSET.BF{compare}{ftz}{boolean} {Rd}, {Ra}, {B}, {Pa}",
        modifiers={"compare": COMPARE, "ftz": FTZ, "boolean": BOOLEAN},
        operands={"Rd": RD, "Ra": RA, "B": slot(negate=63, absolute=62, immediate=F32), "Pa": PA},
        about="1.0 where it holds, else 0.0.",
    ),
    Opcode(
        "FSETP", base=0x00B, forms=B_FORMS, archs=SM75_UP,
        text="FSETP{compare}{ftz}{boolean} {Pd}, {Pd2}, {Ra}, {B}, {Pa}",
        modifiers={"compare": COMPARE, "ftz": FTZ, "boolean": BOOLEAN},
        operands={
            "Pd": predicate(81), "Pd2": predicate(84), "Ra": RA,
            "B": slot(negate=63, absolute=62, immediate=F32), "Pa": PA,
        },
    ),
    Opcode(
        "FCHK", base=0x102, forms=UNARY, archs=SM75_UP,
        text="FCHK {Pd}, {Ra}, {B}",
        operands={
            "Pd": predicate(81), "Ra": register(24, negate=72, absolute=73, reuse=None),
            "B": slot(negate=63, absolute=62, immediate=F32, reuse=None),
        },
        about="Whether a division needs its slow path.",
    ),
    Opcode(
        "FSWZADD", base=0x022, forms=(4,), archs=SM75_UP,
        text="FSWZADD{ftz}{round}{ndv} {Rd}, {Ra}, {Rb}, {signs_3}{signs_2}{signs_1}{signs_0}",
        modifiers={"ftz": FTZ, "round": ROUND, "ndv": flag(77, ".NDV")},
        operands={
            "Rd": RD, "Ra": register(24), "Rb": register(64),
            **{f"signs_{pair}": choice(bits(32 + 2 * pair, 2), *PAIRS_OF_SIGNS) for pair in range(4)},
        },
        about="For each lane of eight: the sum, a difference one way or the other, or one source alone.",
    ),
    *_mufu(SM75_TO_89, bits(73), {1: (".F16", F16)}),
    *_mufu(SM90_UP, bits(72, 2), {1: (".F16", F16), 2: (".BF16", BF16)}),
    *(
        Opcode(
            "MUFU_PAIR", base=0x108, forms=UNARY, archs=SM103_ONLY,
            fixed={bits(74, 4): 2, bits(72, 2): format_, bits(80): format_ == 0},
            text=f"MUFU.EX2{name} {{Rd}}, {{B}}",
            operands={"Rd": RD, "B": slot(negate=63, absolute=62, immediate=F32, reuse=None)},
            about="The exponential of both halves of a register.",
        )
        for format_, name in ((3, ".F16x2"), (0, ".BF16x2"))
    ),
)  # fmt: skip
