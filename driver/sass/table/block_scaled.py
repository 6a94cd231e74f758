"""Tensor cores of sm_120 as a warp uses them: products of floats of 8, 6 and 4 bits, with and without a scale
for each block of elements."""

from __future__ import annotations

from collections.abc import Iterator

from barewire.sass.language import (
    HEX,
    RD,
    SM120_UP,
    Choice,
    Opcode,
    Operand,
    Register,
    bits,
    choice,
    flag,
    joined,
    number,
    register,
)
from barewire.sass.table.matrix import ENABLE

ELEMENTS = {0: ".E4M3", 1: ".E5M2", 3: ".E3M2", 4: ".E2M3", 5: ".E2M1"}
FORMATS = {
    "a_format": Choice(joined((78, 1), (82, 2)), ELEMENTS),
    "b_format": Choice(joined((79, 1), (84, 2)), ELEMENTS),
}
SPARSE = {"sparse": flag(80, ".SP")}
SHAPE = choice(bits(75, 2), ".16816", ".16832", ".16864")
SELECTOR = number(48, 2, HEX, when={"sparse": 1})
# The uniform register that picks bytes of the scales lies in what the other operands leave free.
SCALE_SELECTOR = Register(joined((60, 3), (73, 5)), uniform=True)
PRODUCT: dict[str, Operand] = {
    "Rd": RD, "Ra": register(24, negate=72), "Rb": register(32, negate=63), "Rc": register(64),
    "enable": ENABLE,
}  # fmt: skip
SCALES: dict[str, Operand] = {
    "metadata_and_scales": register(40, reuse=None), "scales": register(52, reuse=51),
    "scale_selector": SCALE_SELECTOR, "selector": SELECTOR,
}  # fmt: skip
WITH_SCALES = (
    "{Rd}, {Ra}, {Rb}, {Rc}, {enable}, {metadata_and_scales}, {scales}, {scale_selector}, {selector}"
)


def _scaled() -> Iterator[Opcode]:
    """The shape follows from whether the first matrix is sparse."""
    for sparse, bytes_shape, nibbles_shape in ((0, ".16832", ".16864"), (1, ".16864", ".168128")):
        yield Opcode(
            "QMMA_SF", base=0x07A, forms=(2,), archs=SM120_UP, fixed={bits(80): sparse},
            text=f"QMMA.SF{{sparse}}{bytes_shape}.F32{{a_format}}{{b_format}}.E8 {WITH_SCALES}",
            modifiers={**SPARSE, **FORMATS}, operands={**PRODUCT, **SCALES},
        )  # fmt: skip
        yield Opcode(
            "OMMA_SF", base=0x07F, forms=(2,), archs=SM120_UP, fixed={bits(80): sparse},
            text=f"OMMA.SF{{sparse}}{nibbles_shape}.F32.E2M1.E2M1{{scale_format}}{{scales_a_row}} "
            + WITH_SCALES,
            modifiers={
                **SPARSE, "scale_format": choice(bits(82), ".E8", ".UE4M3"),
                "scales_a_row": choice(bits(83), ".4X", ""),
            },
            operands={**PRODUCT, **SCALES},
        )  # fmt: skip


OPCODES = (
    Opcode(
        "QMMA_120", base=0x07A, forms=(1,), archs=SM120_UP,
        text="QMMA{sparse}{shape}{accumulator}{a_format}{b_format} "
        "{Rd}, {Ra}, {Rb}, {Rc}, {enable}, {Re}, {selector}",
        modifiers={**SPARSE, "shape": SHAPE, "accumulator": flag(77, ".F32", ".F16"), **FORMATS},
        operands={**PRODUCT, "Re": register(40, reuse=None, when={"sparse": 1}), "selector": SELECTOR},
    ),
    *_scaled(),
)  # fmt: skip
