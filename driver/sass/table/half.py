"""Arithmetic on pairs of 16-bit floats: halves, and (BF16_V2) bfloat16."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from barewire.sass.language import (
    ALL_FORMS,
    AT_32_AS_C,
    B_FORMS,
    BF16X2,
    F16,
    F16X2,
    IMMEDIATE_FORMS,
    RD,
    SM75_ONLY,
    SM75_TO_89,
    SM80_TO_89,
    SM90_ONLY,
    SM90_UP,
    Bits,
    Choice,
    Opcode,
    Operand,
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
from barewire.sass.table.float import COMPARE, FLUSH, FTZ, PA, SATURATE, SM80_ONLY, SM86_TO_89

# Which half of a source goes to which half of the operation.
SWIZZLES = ("", ".F32", ".H0_H0", ".H1_H1")
AT_24 = choice(bits(74, 2), *SWIZZLES)
AT_32 = choice(bits(60, 2), *SWIZZLES)
AT_64 = choice(bits(81, 2), *SWIZZLES)
RA: Register = register(24, negate=72, absolute=73, suffix=AT_24)

# The format: 0 halves, 1 halves with an F32 result, 2 bfloat16.
F32_RESULT = choice(bits(78), "", ".F32")
F32_RESULT_OF_PRODUCT = Choice(joined((78, 1), (85, 1)), {0: "", 1: ".F32", 2: "", 3: ".F32"})
BFLOAT = choice(joined((78, 1), (85, 1)), "", None, ".BF16_V2")
F32_OR_BFLOAT = choice(joined((78, 1), (85, 1)), "", ".F32", ".BF16_V2")
FLUSH_SM90 = choice(joined((80, 1), (76, 1)), "", ".FTZ", ".FMZ", ".OOB")  # OOB: NaNs of one kind give zero
BFLOAT_OF_COMPARISON = choice(bits(64, 2), "", None, ".BF16_V2")
BOOLEAN_OF_COMPARISON = choice(bits(69, 2), ".AND", ".OR", ".XOR")


def _second(immediate: str, reuse: int) -> Slot:
    """The second of two sources."""
    return slot(negate=63, absolute=62, suffix=AT_32, immediate=immediate, reuse=reuse)


def _factor(immediate: str, may_negate_one_half: bool) -> Slot:
    """The second source of three."""
    at_32, at_64 = bits(60, 2), bits(81, 2)
    names: tuple[str, ...] = SWIZZLES
    if may_negate_one_half:
        at_32, at_64 = joined((60, 2), (86, 1)), joined((81, 2), (86, 1))
        names = (*SWIZZLES, ".H0_NH1")
    return slot_b(
        negate=(63, 84), absolute=(62, 83), suffix=(choice(at_32, *names), choice(at_64, *names)),
        immediate=immediate,
    )  # fmt: skip


def _addend(immediate: str) -> Slot:
    """The third source."""
    return slot_c(negate=(63, 84), absolute=(62, 83), suffix=(AT_32, AT_64), immediate=immediate)


def _forms_by_format(
    entry: Opcode, immediates: Mapping[str, Mapping[str, Operand]], bfloat: Mapping[Bits, int]
) -> tuple[Opcode, ...]:
    """The entry, and once more for immediates that are a pair of bfloat16.

    Args:
        immediates: the operands that may be immediates, by the style of their numbers.
        bfloat: the fields that make it an operation on bfloat16.
    """
    plain = Opcode(**{**vars(entry), "operands": {**entry.operands, **immediates[F16X2]}})
    if not bfloat:
        return (plain,)
    with_immediates = tuple(form for form in entry.forms if form in IMMEDIATE_FORMS)
    second = {
        **vars(entry),
        "forms": with_immediates,
        "fixed": {**entry.fixed, **bfloat},
        "operands": {**entry.operands, **immediates[BF16X2]},
    }
    return plain, Opcode(**second)


def _two_sources(
    archs: frozenset[int], bfloat: Mapping[Bits, int], name: str, base: int, forms: tuple[int, ...],
    text: str, modifiers: Mapping[str, Choice], **operands: Operand,
) -> tuple[Opcode, ...]:  # fmt: skip
    entry = Opcode(
        name, base=base, forms=forms, archs=archs, text=text, modifiers=modifiers,
        operands={"Rd": RD, "Ra": RA, **operands},
    )  # fmt: skip
    reuse = 124 if forms is AT_32_AS_C else 123
    sources: dict[str, dict[str, Operand]] = {
        style: {"B": _second(style, reuse)} for style in (F16X2, BF16X2)
    }
    return _forms_by_format(entry, sources, bfloat)


def _fused(
    archs: frozenset[int], bfloat: Mapping[Bits, int], text: str, modifiers: Mapping[str, Choice],
    **operands: Operand,
) -> tuple[Opcode, ...]:  # fmt: skip
    entry = Opcode(
        "HFMA2", base=0x031, forms=ALL_FORMS, archs=archs, text=text, modifiers=modifiers,
        operands={"Rd": RD, "Ra": RA, **operands},
    )  # fmt: skip
    newer = min(archs) >= 86
    return _forms_by_format(
        entry, {style: {"B": _factor(style, newer), "C": _addend(style)} for style in (F16X2, BF16X2)}, bfloat
    )


IS_BFLOAT = {bits(85): 1}
RELU = flag(79, ".RELU")
MASK = predicate(87, negate=90, hide=True, when={"relu": 1})


def _add_and_multiply() -> tuple[Opcode, ...]:
    add = "HADD2{format}{ftz}{saturate} {Rd}, {Ra}, {B}"
    multiply = "HMUL2{format}{flush}{saturate} {Rd}, {Ra}, {B}"
    added = {"format": F32_RESULT, "ftz": FTZ, "saturate": SATURATE}
    added_sm90 = {**added, "format": F32_OR_BFLOAT}
    multiplied = {"format": F32_RESULT_OF_PRODUCT, "flush": FLUSH, "saturate": SATURATE}
    multiplied_sm90 = {**multiplied, "format": BFLOAT}
    singles = tuple(
        Opcode(
            "HADD2", base=0x030, forms=AT_32_AS_C, archs=archs, fixed={bits(78): 1}, text=add,
            modifiers=modifiers,
            operands={"Rd": RD, "Ra": register(24, negate=72, suffix=AT_24), "B": _second(F16, 124)},
            about="An F32 result is the sum of two halves alone, the first without an absolute value.",
        )
        for archs, modifiers in ((SM86_TO_89, added), (SM90_UP, added_sm90))
    )  # fmt: skip
    return (
        *_two_sources(SM75_TO_89, {}, "HADD2", 0x030, AT_32_AS_C, add, added),
        *_two_sources(SM90_UP, IS_BFLOAT, "HADD2", 0x030, AT_32_AS_C, add, added_sm90),
        *singles,
        *_two_sources(SM75_TO_89, {}, "HMUL2", 0x032, B_FORMS, multiply, multiplied),
        *_two_sources(SM90_UP, IS_BFLOAT, "HMUL2", 0x032, B_FORMS, multiply, multiplied_sm90),
    )


def _multiply_add() -> tuple[Opcode, ...]:
    mma: dict[str, Any] = {
        "name": "HFMA2.MMA", "base": 0x035, "forms": ALL_FORMS,
        "operands": {"Rd": RD, "Ra": register(24, negate=72, absolute=73), "Pa": MASK},
    }  # fmt: skip
    plain = {"flush": FLUSH, "relu": RELU, "saturate": SATURATE}
    mma_sm80 = Opcode(
        **mma, archs=SM80_TO_89, text="HFMA2.MMA{flush}{relu}{saturate} {Rd}, {Ra}, {B}, {C}, {Pa}",
        modifiers=plain,
    )  # fmt: skip
    mma_sm90 = Opcode(
        **mma, archs=SM90_ONLY, text="HFMA2.MMA{format}{flush}{relu}{saturate} {Rd}, {Ra}, {B}, {C}, {Pa}",
        modifiers={**plain, "format": BFLOAT},
    )  # fmt: skip
    plain_sources = {
        style: {
            "B": slot_b(negate=(63, 84), absolute=(62, 83), immediate=style),
            "C": slot_c(negate=(63, 84), absolute=(62, 83), immediate=style),
        }
        for style in (F16X2, BF16X2)
    }
    newer = {"format": F32_OR_BFLOAT, "relu": RELU, "saturate": SATURATE}
    text = "HFMA2{format}{flush}{relu}{saturate} {Rd}, {Ra}, {B}, {C}, {Pa}"
    return (
        *_fused(
            SM75_ONLY, {}, "HFMA2{format}{flush}{saturate} {Rd}, {Ra}, {B}, {C}",
            {"format": F32_RESULT, "flush": FLUSH, "saturate": SATURATE},
        ),
        *_fused(SM80_ONLY, IS_BFLOAT, text, {**newer, "flush": FLUSH}, Pa=MASK),
        *_fused(SM86_TO_89, IS_BFLOAT, text, {**newer, "flush": FLUSH}, Pa=MASK),
        *_fused(SM90_UP, IS_BFLOAT, text, {**newer, "flush": FLUSH_SM90}, Pa=MASK),
        *_forms_by_format(mma_sm80, plain_sources, {}),
        *_forms_by_format(mma_sm90, plain_sources, IS_BFLOAT),
    )  # fmt: skip


def _minimum() -> tuple[Opcode, ...]:
    modifiers = {"format": F32_OR_BFLOAT, "ftz": FTZ, "nan": flag(81, ".NAN")}
    newer = {**modifiers, "format": BFLOAT, "xorsign": flag(82, ".XORSIGN"), "is_a": flag(65, ".IS_A")}
    return (
        *_two_sources(
            SM80_ONLY, IS_BFLOAT, "HMNMX2", 0x040, B_FORMS,
            "HMNMX2{format}{ftz}{nan} {Rd}, {Ra}, {B}, {Pa}", modifiers, Pa=PA,
        ),
        *_two_sources(
            SM86_TO_89, IS_BFLOAT, "HMNMX2", 0x040, B_FORMS,
            "HMNMX2{format}{ftz}{nan}{xorsign} {Rd}, {Ra}, {B}, {Pa}",
            {**modifiers, "xorsign": flag(82, ".XORSIGN")}, Pa=PA,
        ),
        *_two_sources(
            SM90_UP, IS_BFLOAT, "HMNMX2", 0x040, B_FORMS,
            "HMNMX2{format}{ftz}{nan}{xorsign}{is_a} {Rd}, {Pd}, {Pd2}, {Ra}, {B}, {Pa}",
            newer, Pd=predicate(66, when={"is_a": 1}), Pd2=predicate(69, when={"is_a": 1}), Pa=PA,
        ),
    )  # fmt: skip


def _comparisons() -> tuple[Opcode, ...]:
    modifiers = {"compare": COMPARE, "ftz": FTZ, "boolean": BOOLEAN_OF_COMPARISON}
    ones = flag(71, ".BF")
    both = flag(71, ".H_AND")
    newer = {**modifiers, "format": BFLOAT_OF_COMPARISON}
    predicates = {"Pd": predicate(81), "Pd2": predicate(84), "Pa": PA}
    is_bfloat = {bits(64, 2): 2}
    to_register = " {Rd}, {Ra}, {B}, {Pa}"
    to_predicates = " {Pd}, {Pd2}, {Ra}, {B}, {Pa}"
    return (
        *_two_sources(
            SM75_TO_89, {}, "HSET2", 0x033, AT_32_AS_C, "HSET2{ones}{compare}{ftz}{boolean}" + to_register,
            {**modifiers, "ones": ones}, Pa=PA,
        ),
        *_two_sources(
            SM90_UP, is_bfloat, "HSET2", 0x033, AT_32_AS_C,
            "HSET2{format}{ones}{compare}{ftz}{boolean}" + to_register, {**newer, "ones": ones}, Pa=PA,
        ),
        *_two_sources(
            SM75_TO_89, {}, "HSETP2", 0x034, AT_32_AS_C,
            "HSETP2{compare}{both}{ftz}{boolean}" + to_predicates, {**modifiers, "both": both}, **predicates,
        ),
        *_two_sources(
            SM90_UP, is_bfloat, "HSETP2", 0x034, AT_32_AS_C,
            "HSETP2{format}{compare}{both}{ftz}{boolean}" + to_predicates, {**newer, "both": both},
            **predicates,
        ),
    )  # fmt: skip


OPCODES = (*_add_and_multiply(), *_multiply_add(), *_minimum(), *_comparisons())
