"""Arithmetic on two single-precision numbers at once, in register pairs: sm_100 to sm_110."""

from __future__ import annotations

from barewire.sass.language import (
    AT_32_AS_C,
    B_FORMS,
    RD,
    SM100_TO_110,
    Choice,
    Opcode,
    bits,
    choice,
    flag,
    joined,
    register,
    slot,
    slot_b,
    slot_c,
)
from barewire.sass.table.addresses import INVALID

PLAIN = (".F32x2.HI_LO", ".F32x2.LO_HI", ".F32", INVALID.format(3))
HALVES = (*PLAIN, *(name + ".NP" for name in PLAIN))

ROUND = choice(bits(78, 2), "", ".RM", ".RP", ".RZ")
FLUSH = choice(joined((80, 1), (76, 1)), "", ".FTZ", ".FMZ", otherwise=INVALID)
A = register(24, negate=72, absolute=73, suffix=choice(bits(81, 3), *HALVES))
B_HALVES = choice(bits(87, 2), *PLAIN)
C_HALVES = choice(bits(84, 3), *HALVES)


def _both(suffix: Choice) -> tuple[Choice, Choice]:
    return suffix, suffix


# Constants and immediates do not take part: sources are registers or uniform registers.
REGISTERS = (1, 6, 7)
OPCODES = (
    Opcode(
        "FFMA2",
        base=0x049,
        forms=REGISTERS,
        archs=SM100_TO_110,
        text="FFMA2{flush}{round} {Rd}, {Ra}, {B}, {C}",
        modifiers={"flush": FLUSH, "round": ROUND},
        operands={
            "Rd": RD,
            "Ra": A,
            "B": slot_b(negate=(63, 75), absolute=(62, 74), suffix=_both(B_HALVES)),
            "C": slot_c(negate=(63, 75), absolute=(62, 74), suffix=_both(C_HALVES)),
        },
    ),
    Opcode(
        "FMUL2",
        base=0x04A,
        forms=tuple(form for form in B_FORMS if form in REGISTERS),
        archs=SM100_TO_110,
        text="FMUL2{flush}{round} {Rd}, {Ra}, {B}",
        modifiers={"flush": FLUSH, "round": ROUND},
        operands={"Rd": RD, "Ra": A, "B": slot(negate=63, absolute=62, suffix=B_HALVES)},
    ),
    Opcode(
        "FADD2",
        base=0x04B,
        forms=tuple(form for form in AT_32_AS_C if form in REGISTERS),
        archs=SM100_TO_110,
        text="FADD2{ftz}{round} {Rd}, {Ra}, {C}",
        modifiers={"ftz": flag(80, ".FTZ"), "round": ROUND},
        operands={"Rd": RD, "Ra": A, "C": slot(negate=63, absolute=62, reuse=124, suffix=C_HALVES)},
    ),
)
