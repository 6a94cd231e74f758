"""Integer arithmetic and logic."""

from __future__ import annotations

from barewire.sass.language import (
    ALL_FORMS,
    RD,
    SM75_UP,
    Opcode,
    Spelling,
    flag,
    predicate,
    register,
    slot_b,
    slot_c,
)

OPCODES = (
    Opcode(
        "IADD3", base=0x010, forms=ALL_FORMS, archs=SM75_UP,
        text="IADD3 {Rd}, {Pd}, {Pd2}, {Ra}, {B}, {C}",
        spellings=(
            Spelling("IADD3.X {Rd}, {Pd}, {Pd2}, {Ra_x}, {B_x}, {C_x}, {Pa}, {Pb}", when={"extended": 1}),
        ),
        modifiers=dict(extended=flag(74, ".X")),
        operands=dict(
            Rd=RD, Pd=predicate(81, hide=True), Pd2=predicate(84, hide=True),
            Ra=register(24, negate=72), B=slot_b(negate=63), C=slot_c(negate=(63, 75)),
            Ra_x=register(24, invert=72), B_x=slot_b(invert=63), C_x=slot_c(invert=(63, 75)),
            Pa=predicate(87, negate=90), Pb=predicate(77, negate=80),
        ),
    ),
)  # fmt: skip
