"""Double-precision arithmetic. A register stands for itself and the next one."""

from __future__ import annotations

from barewire.sass.language import (
    ALL_FORMS,
    AT_32_AS_C,
    B_FORMS,
    F64_HIGH,
    RD,
    SM75_UP,
    Opcode,
    bits,
    choice,
    predicate,
    slot,
    slot_b,
    slot_c,
)
from barewire.sass.table.float import BOOLEAN, COMPARISONS, PA, RA, ROUND

COMPARE = choice(bits(76, 4), ".MIN", *(f".{name}" for name in COMPARISONS[1:-1]), ".MAX")

OPCODES = (
    Opcode(
        "DADD", base=0x029, forms=AT_32_AS_C, archs=SM75_UP,
        text="DADD{round} {Rd}, {Ra}, {B}",
        modifiers={"round": ROUND},
        operands={"Rd": RD, "Ra": RA, "B": slot_c(negate=(63, 75), absolute=(62, 74), immediate=F64_HIGH)},
    ),
    Opcode(
        "DMUL", base=0x028, forms=B_FORMS, archs=SM75_UP,
        text="DMUL{round} {Rd}, {Ra}, {B}",
        modifiers={"round": ROUND},
        operands={"Rd": RD, "Ra": RA, "B": slot(negate=63, absolute=62, immediate=F64_HIGH)},
    ),
    Opcode(
        "DFMA", base=0x02B, forms=ALL_FORMS, archs=SM75_UP,
        text="DFMA{round} {Rd}, {Ra}, {B}, {C}",
        modifiers={"round": ROUND},
        operands={
            "Rd": RD, "Ra": RA, "B": slot_b(negate=(63, 75), absolute=(62, 74), immediate=F64_HIGH),
            "C": slot_c(negate=(63, 75), absolute=(62, 74), immediate=F64_HIGH),
        },
    ),
    Opcode(
        "DSETP", base=0x02A, forms=AT_32_AS_C, archs=SM75_UP,
        text="DSETP{compare}{boolean} {Pd}, {Pd2}, {Ra}, {B}, {Pa}",
        modifiers={"compare": COMPARE, "boolean": BOOLEAN},
        operands={
            "Pd": predicate(81), "Pd2": predicate(84), "Ra": RA,
            "B": slot(negate=63, absolute=62, immediate=F64_HIGH, reuse=124), "Pa": PA,
        },
    ),
)  # fmt: skip
