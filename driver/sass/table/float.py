"""Single-precision arithmetic."""

from __future__ import annotations

from barewire.sass.language import (
    AT_32_AS_C,
    F32,
    RD,
    SM75_UP,
    Opcode,
    bits,
    choice,
    flag,
    register,
    slot,
)

ROUND = choice(bits(78, 2), "", ".RM", ".RP", ".RZ")

OPCODES = (
    Opcode(
        "FADD", base=0x021, forms=AT_32_AS_C, archs=SM75_UP,
        text="FADD{ftz}{saturate}{round} {Rd}, {Ra}, {B}",
        modifiers=dict(ftz=flag(80, ".FTZ"), saturate=flag(77, ".SAT"), round=ROUND),
        operands=dict(
            Rd=RD,
            Ra=register(24, negate=72, absolute=73),
            B=slot(negate=63, absolute=62, immediate=F32, reuse=124),
        ),
    ),
)  # fmt: skip
