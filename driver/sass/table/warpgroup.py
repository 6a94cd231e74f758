"""Hopper's tensor cores as four warps use them together: products with matrices that descriptors in uniform
registers name (`gdesc[UR4]`).

Each product can set the scoreboard `gsb0`, for which WARPGROUP.DEPBAR waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from barewire.sass.language import (
    HEX,
    RD,
    SM90_ONLY,
    Choice,
    Opcode,
    Operand,
    bits,
    choice,
    flag,
    number,
    register,
    uniform,
)

# The form tells where the first matrix is: in registers, or in memory like the second.
FROM_MEMORY, FROM_REGISTERS = 4, 6
SHAPE = bits(53, 7)
SPARSE = flag(73, ".SP")
ADDENDS_SCALE = choice(
    bits(87, 4),
    *("" if code == 0 else f"UP{7 - code}" for code in range(8)),
    *("!UPT" if code == 0 else f"!UP{7 - code}" for code in range(8)),
    means={0: "UPT"},
)
SCOREBOARD = choice(bits(84, 3), _0="gsb0", _7="")
WIDTHS_BY_8 = tuple(range(8, 257, 8))
WIDTHS_OF_INTEGERS = (8, 16, 24, 32, *range(48, 257, 16))


def _shapes(widths: tuple[int, ...], depths: Mapping[int, int], step: int = 1) -> Choice:
    """The shape's codes: `step` of them for each width, from a first one for each depth."""
    names = {
        first + step * index: f".64x{width}x{depth}"
        for first, depth in depths.items()
        for index, width in enumerate(widths)
    }
    return Choice(SHAPE, names, means={code: name.removeprefix(".64x") for code, name in names.items()})


HALF_SHAPES = _shapes(WIDTHS_BY_8, {0: 16, 32: 8, 64: 32})
BYTE_SHAPES = _shapes(WIDTHS_BY_8, {0: 32, 32: 64})
INTEGER_SHAPES = Choice(
    SHAPE,
    {
        **_shapes(WIDTHS_OF_INTEGERS, {0: 32}, step=3).names,
        **_shapes(WIDTHS_OF_INTEGERS, {1: 64}, step=3).names,
    },
)
BIT_SHAPES = _shapes(WIDTHS_OF_INTEGERS, {0: 256})


def _product(
    name: str,
    base: int,
    shapes: Choice,
    text: str,
    modifiers: Mapping[str, Choice],
    flags: Mapping[str, Choice],
) -> Iterator[Opcode]:
    """An opcode with the first matrix in memory, and with it in registers.

    Args:
        text: the modifiers after the shape.
        flags: what is said of the matrices in memory.
    """
    metadata: dict[str, Operand] = {
        "Re": register(40, reuse=None, when={"sparse": 1}),
        "selector": number(48, 2, HEX, hide=None if name == "HGMMA" else 0, when={"sparse": 1}),
    }
    shared: dict[str, Operand] = {
        "Rd": RD, "Rc": register(64, reuse=None), "scale": ADDENDS_SCALE, **metadata,
        "scoreboard": SCOREBOARD,
    }  # fmt: skip
    in_memory = "gdesc[{descriptors}]" + "".join(f"{{{flag_}}}" for flag_ in flags)
    only_second = {name_: flag_ for name_, flag_ in flags.items() if name_.endswith("_b")}
    second_in_memory = "gdesc[{descriptors}]" + "".join(f"{{{flag_}}}" for flag_ in only_second)
    tail = "{Rc}, {scale}, {Re}, {selector}, {scoreboard}"
    offset = {"offset": flag(74, ".REGOFFSET", when={"sparse": 1})}
    mnemonic = f"{name}{{sparse}}{{offset}}{{shape}}{text}"
    everything = {"sparse": SPARSE, **offset, "shape": shapes, **modifiers}
    if name == "BGMMA":
        everything["sparse"] = choice(bits(73), "")
    yield Opcode(
        name, base=base, forms=(FROM_MEMORY,), archs=SM90_ONLY,
        text=f"{mnemonic} {{Rd}}, {in_memory}, {tail}", modifiers={**everything, **flags},
        operands={**shared, "descriptors": uniform(24)},
    )  # fmt: skip
    yield Opcode(
        name, base=base, forms=(FROM_REGISTERS,), archs=SM90_ONLY,
        text=f"{mnemonic} {{Rd}}, {{Ra}}, {second_in_memory}, {tail}",
        modifiers={**everything, **only_second},
        operands={
            **shared, "descriptors": uniform(32),
            "Ra": register(24, negate=72 if "negate_b" in flags else None, reuse=None),
        },
    )  # fmt: skip


NEGATED = {"negate_a": flag(72, ".negA"), "negate_b": flag(63, ".negB")}
TRANSPOSED = {"transpose_a": flag(61, ".tnspA"), "transpose_b": flag(62, ".tnspB")}
OPERATION = choice(bits(79, 2), ".ARRIVE", None, ".DEPBAR")
ACCUMULATOR = flag(75, ".F32", ".F16")


def _integer_format(low: int) -> Choice:
    return choice(bits(low, 2), ".U8", ".S8")


OPCODES = (
    *_product(
        "HGMMA", 0x1F0, HALF_SHAPES, "{accumulator}{format}",
        {"accumulator": ACCUMULATOR, "format": choice(bits(76, 2), "", ".BF16", ".TF32")},
        {**NEGATED, **TRANSPOSED},
    ),
    *_product(
        "QGMMA", 0x1F3, BYTE_SHAPES, "{accumulator}{a_format}{b_format}",
        {
            "accumulator": ACCUMULATOR, "a_format": choice(bits(76), ".E4M3", ".E5M2"),
            "b_format": choice(bits(77), ".E4M3", ".E5M2"),
        },
        NEGATED,
    ),
    *_product(
        "IGMMA", 0x1F1, INTEGER_SHAPES, "{a_format}{b_format}{saturate}",
        {"a_format": _integer_format(76), "b_format": _integer_format(82), "saturate": flag(75, ".SAT")},
        {},
    ),
    *_product(
        "BGMMA", 0x1F2, BIT_SHAPES, "{operation}.POPC",
        {"operation": choice(bits(77, 2), None, None, ".AND")},
        {},
    ),
    Opcode(
        "WARPGROUP", base=0x1C5, forms=(4,), archs=SM90_ONLY, fixed={bits(79, 2): 0},
        text="WARPGROUP{operation}",
        modifiers={"operation": OPERATION},
        about="ARRIVE: registers written so far may be read by products that follow.",
    ),
    Opcode(
        "WARPGROUP", base=0x1C5, forms=(4,), archs=SM90_ONLY, fixed={bits(79, 2): 2},
        text="WARPGROUP{operation}{compare} {scoreboard}, {count}",
        modifiers={"operation": OPERATION, "compare": choice(bits(47), None, ".LE")},
        operands={"scoreboard": choice(bits(84, 3), "gsb0"), "count": number(72, 3)},
        about="Waits until at most so many groups of products are unfinished.",
    ),
)  # fmt: skip
