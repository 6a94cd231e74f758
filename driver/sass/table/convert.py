"""Conversions between formats of numbers.

The formats' codes are the same everywhere: floats 1 F16, 2 F32, 3 F64, 4 BF16; integers unsigned and signed
of 8, 16, 32 and 64 bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from barewire.sass.language import (
    B_FORMS,
    BF16,
    F16,
    F32,
    F64_HIGH,
    HEX,
    RD,
    SIGNED_HEX,
    SM75_UP,
    SM80_UP,
    SM86_UP,
    SM89_UP,
    SM90_UP,
    SM100_UP,
    Bits,
    Choice,
    Opcode,
    Slot,
    bits,
    choice,
    flag,
    joined,
    register,
    slot,
)
from barewire.sass.table.float import FTZ, HALF_OF_SOURCE, ROUND, UNARY

# The codes of the float formats, and the style of an immediate of each.
STYLES = {1: F16, 2: F32, 3: F64_HIGH, 4: BF16}
FLOATS = (None, ".F16", ".F32", ".F64", ".BF16")
FLOATS_BUT_F32 = (None, ".F16", "", ".F64", ".BF16")
INTEGERS = (".U8", ".S8", ".U16", ".S16", ".U32", "", ".U64", ".S64")
SOURCE = bits(84, 3)
RESULT = bits(75, 3)
TO_INTEGER = choice(bits(78, 2), "", ".FLOOR", ".CEIL", ".TRUNC")


def _float_source(code: int) -> Slot:
    """The source of a conversion from a float format."""
    half = HALF_OF_SOURCE if code in (1, 4) else None
    return slot(negate=63, absolute=62, suffix=half, immediate=STYLES[code], reuse=None)


def _only(names: tuple[str | None, ...], *codes: int) -> tuple[str | None, ...]:
    """The names of these codes; the others have no meaning."""
    return tuple(name if code in codes else None for code, name in enumerate(names))


def _archs_of(code: int) -> frozenset[int]:
    """The architectures that convert from a float format."""
    return SM90_UP if code == 4 else SM75_UP


def _from_float(
    name: str,
    base: int,
    code: int,
    text: str,
    modifiers: Mapping[str, Choice],
    source_names: tuple[str | None, ...],
) -> Opcode:
    return Opcode(
        name, base=base, forms=UNARY, archs=_archs_of(code), fixed={SOURCE: code},
        text=text + " {Rd}, {B}",
        modifiers={**modifiers, "source": choice(SOURCE, *source_names)},
        operands={"Rd": RD, "B": _float_source(code)},
    )  # fmt: skip


# Conversions have one opcode where nothing has 64 bits, and another where the source or the result has.


def _float_to_float() -> Iterator[Opcode]:
    for base, code, results in (
        (0x104, 1, (2, 4)), (0x104, 2, (1, 4)), (0x104, 4, (1, 2)),
        (0x110, 1, (3,)), (0x110, 2, (3,)), (0x110, 3, (1, 2, 4)), (0x110, 4, (3,)),
    ):  # fmt: skip
        modifiers = {"ftz": FTZ, "result": choice(RESULT, *_only(FLOATS, *results)), "round": ROUND}
        yield _from_float("F2F", base, code, "F2F{ftz}{result}{source}{round}", modifiers, FLOATS)


def _float_to_integer() -> Iterator[Opcode]:
    short, long = tuple(range(6)), (6, 7)
    for base, code, results in (
        (0x105, 1, short), (0x105, 2, short), (0x105, 4, short),
        (0x111, 1, long), (0x111, 2, long), (0x111, 3, short + long), (0x111, 4, long),
    ):  # fmt: skip
        modifiers = {
            "ftz": FTZ, "result": choice(joined((72, 1), (75, 2)), *_only(INTEGERS, *results)),
            "round": TO_INTEGER, "ntz": flag(77, ".NTZ"),
        }  # fmt: skip
        text = "F2I{ftz}{result}{source}{round}{ntz}"
        yield _from_float("F2I", base, code, text, modifiers, FLOATS_BUT_F32)


def _float_to_whole() -> Iterator[Opcode]:
    for code in STYLES:
        yield Opcode(
            "FRND", base=0x113 if code == 3 else 0x107, forms=UNARY, archs=_archs_of(code),
            fixed={SOURCE: code, RESULT: code}, text="FRND{ftz}{source}{round} {Rd}, {B}",
            modifiers={"ftz": FTZ, "source": choice(SOURCE, *FLOATS_BUT_F32), "round": TO_INTEGER},
            operands={"Rd": RD, "B": _float_source(code)},
        )  # fmt: skip


def _integer_to_float() -> Iterator[Opcode]:
    parts = {0: choice(bits(60, 2), "", ".B1", ".B2", ".B3"), 1: choice(bits(60, 2), "", ".H1")}
    shorts, any_float = (1, 2, 4), (1, 2, 3, 4)
    for base, size, results in (
        (0x106, 0, shorts), (0x106, 1, shorts), (0x106, 2, shorts),
        (0x112, 0, (3,)), (0x112, 1, (3,)), (0x112, 2, (3,)), (0x112, 3, any_float),
    ):  # fmt: skip
        for is_signed, style in enumerate((HEX, SIGNED_HEX)):
            yield Opcode(
                "I2F", base=base, forms=UNARY, archs=SM75_UP, fixed={bits(84, 2): size, bits(74): is_signed},
                text="I2F{result}{source}{round} {Rd}, {B}",
                modifiers={
                    "result": choice(RESULT, *_only(FLOATS_BUT_F32, *results)),
                    "source": choice(joined((74, 1), (84, 2)), *INTEGERS),
                    "round": ROUND,
                },
                operands={"Rd": RD, "B": slot(suffix=parts.get(size), immediate=style, reuse=None)},
            )  # fmt: skip


PACKED_FLOATS = {0: ".F16", 1: ".BF16", 5: ".TF32", 8: ".E5M2", 9: ".E4M3"}
UNPACKED_FLOATS = {0: ".F32", 1: ".F16", 2: ".E5M2", 3: ".E4M3"}
PACKED_SM100 = {**PACKED_FLOATS, 3: ".E2M1", 6: ".E2M3", 7: ".E3M2", 12: ".E8"}
UNPACKED_SM100 = {**UNPACKED_FLOATS, 5: ".E2M1", 6: ".E2M3", 7: ".E3M2", 9: ".BF16", 11: ".E8"}
LAYOUT = choice(
    joined((78, 1), (89, 2)),
    ".PACK_AB", ".MERGE_C", ".UNPACK_B", ".PACK_B", ".UNPACK_B_MERGE_C", ".PACK_AB_MERGE_C",
)  # fmt: skip
PACK_AB, MERGE_C, UNPACK_B, PACK_B, UNPACK_B_MERGE_C, PACK_AB_MERGE_C = range(6)
STOCHASTIC = 4


def _pack() -> Iterator[Opcode]:
    """F2FP: two floats become a pair of smaller ones, or a pair of small ones one of larger ones."""
    both = {"satfinite": flag(77, ".SATFINITE"), "relu": flag(75, ".RELU")}
    third = choice(bits(72), "", ".H1")
    yield Opcode(
        "F2FP", base=0x03E, forms=B_FORMS, archs=SM80_UP - SM89_UP,
        text="F2FP{satfinite}{relu}{result}{layout}{round} {Rd}, {Ra}, {B}, {C}",
        modifiers={
            **both, "result": flag(76, ".BF16"), "layout": choice(bits(78), ".PACK_AB", ".MERGE_C"),
            "round": choice(bits(79, 2), "", ".RM", ".RP", ".RZ"),
        },
        operands={
            "Rd": RD, "Ra": register(24, when={"layout": PACK_AB}), "B": slot(immediate=F32),
            "C": register(64, suffix=third, when={"layout": MERGE_C}),
        },
    )  # fmt: skip
    first = register(24, when={"layout": (PACK_AB, PACK_AB_MERGE_C)})
    merged = register(64, suffix=third, when={"layout": (MERGE_C, UNPACK_B_MERGE_C, PACK_AB_MERGE_C)})
    halves, quarters = choice(bits(88), "", ".H1"), choice(joined((72, 1), (88, 1)), "", ".B1", ".B2", ".B3")
    is_e2m1 = {bits(73, 2): 1, bits(82, 2): 1}
    is_unpack = {bits(78): 0, bits(89, 2): 1}
    text = "F2FP{satfinite}{relu}{result}{source}{layout}{round} {Rd}, {Ra}, {B}, {C}"
    modifiers = {
        **both, "source": Choice(joined((73, 2), (82, 2)), UNPACKED_SM100), "layout": LAYOUT,
        "result": Choice(joined((76, 1), (85, 3)), PACKED_SM100),
        "round": choice(bits(79, 3), "", ".RM", ".RP", ".RZ", ".RS"),
    }  # fmt: skip
    before_sm100 = {
        **modifiers, "source": Choice(joined((73, 2), (82, 2)), UNPACKED_FLOATS),
        "result": Choice(joined((76, 1), (85, 3)), PACKED_FLOATS),
    }  # fmt: skip
    for archs, fixed, part in (
        (SM89_UP, {}, None), (SM89_UP, is_unpack, halves), (SM100_UP, {**is_unpack, **is_e2m1}, quarters)
    ):  # fmt: skip
        for some in filter(None, (archs - SM100_UP, archs & SM100_UP)):
            yield Opcode(
                "F2FP", base=0x03E, forms=B_FORMS, archs=some, fixed=fixed,
                text=text.replace("{satfinite}", "") if part else text,
                modifiers=modifiers if some <= SM100_UP else before_sm100,
                operands={"Rd": RD, "Ra": first, "B": slot(immediate=F32, suffix=part), "C": merged},
            )  # fmt: skip
    # Rounded by random bits: the third source gives them, and nothing else, where nothing is merged.
    for merge in (0, 1):
        yield Opcode(
            "F2FP", base=0x03E, forms=B_FORMS, archs=SM100_UP,
            fixed={bits(81): 1, bits(89): 0, bits(90): merge, bits(79, 2): 0},
            text=text, modifiers=modifiers,
            operands={
                "Rd": RD, "Ra": register(24), "B": slot(immediate=F32),
                "C": register(64, suffix=third if merge else None),
            },
        )  # fmt: skip


def _integers_packed() -> Iterator[Opcode]:
    """I2IP: two integers saturate into narrower ones, put below those that the third source already holds."""
    results = (".U8", ".S8", ".U16", ".S16", ".U2", ".S2", ".U4", ".S4")
    parts: tuple[tuple[dict[Bits, int], Choice], ...] = (
        ({bits(78): 0}, choice(bits(72, 2), "", ".H1")),
        ({bits(77, 2): 2}, choice(bits(72, 2), _3=".28")),
        ({bits(77, 2): 3}, choice(bits(72, 2), _2=".24")),
    )
    for archs, saturate in (
        (SM75_UP - SM86_UP, None),
        (SM86_UP - SM90_UP, choice(bits(74, 2), ".SAT", "", ".SATRELU")),
        (SM90_UP, choice(bits(74, 2), "", ".SAT", ".SATRELU")),
    ):
        for fixed, part in parts:
            yield Opcode(
                "I2IP", base=0x039, forms=B_FORMS, archs=archs, fixed=fixed,
                text=f"I2IP{{result}}.S32{'{saturate}' if saturate else '.SAT'} {{Rd}}, {{Ra}}, {{B}}, {{C}}",
                modifiers={
                    "result": choice(bits(76, 3), *results), **({"saturate": saturate} if saturate else {}),
                },
                operands={
                    "Rd": RD, "Ra": register(24), "B": slot(immediate=SIGNED_HEX),
                    "C": register(64, suffix=part),
                },
            )  # fmt: skip


OPCODES = (
    *_float_to_float(),
    *_float_to_integer(),
    *_float_to_whole(),
    *_integer_to_float(),
    *_pack(),
    *_integers_packed(),
    *(
        Opcode(
            "I2FP", base=0x045, forms=B_FORMS, archs=SM86_UP, fixed={bits(74): is_signed},
            text="I2FP{result}{source}{round} {Rd}, {B}",
            modifiers={
                "result": choice(bits(76, 2), None, ".F32"),
                "source": choice(joined((74, 1), (84, 2)), _4=".U32", _5=".S32"),
                "round": ROUND,
            },
            operands={"Rd": RD, "B": slot(immediate=style)},
        )
        for is_signed, style in enumerate((HEX, SIGNED_HEX))
    ),
    Opcode(
        "F2IP", base=0x043, forms=B_FORMS, archs=SM86_UP,
        text="F2IP{result}.F32{round}{ntz}{relu} {Rd}, {Ra}, {B}, {C}",
        modifiers={
            "result": choice(bits(76, 2), ".U8", ".S8"),
            "round": choice(bits(78, 2), "", None, None, ".TRUNC"),
            "ntz": flag(74, ".NTZ"), "relu": flag(75, ".RELU"),
        },
        operands={
            "Rd": RD, "Ra": register(24), "B": slot(immediate=F32),
            "C": register(64, suffix=choice(bits(72), "", ".H1")),
        },
    ),
    Opcode(
        "I2I", base=0x038, forms=B_FORMS, archs=SM75_UP,
        text="I2I{result}.S32.SAT {Rd}, {B}",
        modifiers={"result": choice(bits(76, 2), ".U8", ".S8", ".U16", ".S16")},
        operands={"Rd": RD, "B": slot(immediate=SIGNED_HEX)},
    ),
)  # fmt: skip
