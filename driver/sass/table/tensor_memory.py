"""Tensor memory and the matrix products that work on it: sm_100 to sm_110. Decoded, not run."""

from __future__ import annotations

from barewire.sass.language import (
    HEX,
    RD,
    SIGNED_HEX,
    SM100_TO_110,
    URD,
    URZ,
    Bits,
    Choice,
    Opcode,
    Operand,
    Sum,
    address,
    bits,
    choice,
    flag,
    joined,
    number,
    only,
    register,
    uniform,
    uniform_predicate,
)
from barewire.sass.table.addresses import INVALID, Entries

PAIR = flag(85, ".2CTA")
FAR = joined((40, 24), (72, 8))


def _tensor_address(uniform_at: int) -> Sum:
    return address(base=uniform(uniform_at), offset=number(FAR, style=SIGNED_HEX, hide=0))


# Matrix products: of what type, and what is kept in the collectors of A and B.
TYPES = {"H": 0, "I": 1, "Q": 3}
KEPT = {"a_reuse": flag(86, ".A_REUSE"), "a_keep": flag(84, ".A_KEEP")}


def _collector(value: int) -> str:
    used = (".B_REUSE" if value & 8 else "") + (".B_KEEP" if value & 4 else "")
    return f"{used}.BUFFER{value & 3}" if used else ""


COLLECTOR = Choice(bits(79, 4), {value: _collector(value) for value in range(16)})
# The instruction's descriptor is in the uniform register that follows the one of the scales or of sparsity.
NEXT = Choice(bits(40, 8), {value: f"UR{value + 1}" for value in range(254)} | {254: "URZ"}, "UR?")
SHIFT = flag(74, ".ASHIFT")


def products() -> Entries:
    """UTCHMMA, UTCIMMA, UTCQMMA, UTCOMMA."""
    entries: list[Opcode] = []
    operands: dict[str, Operand] = {
        "URa": uniform(24), "URb": uniform(32), "URc": uniform(64), "URd": uniform(40), "descriptor": NEXT,
        "URe": uniform(48, hide=URZ), "scale": uniform(48), "UPa": uniform_predicate(87, negate=90),
        "columns": number(75, 4, HEX, hide=0),
    }  # fmt: skip
    common = {"pair": PAIR, **KEPT}
    for code, scaled, a_place in ((0x5EA, 0xDEA, "gdesc"), (0x9EA, 0xFEA, "tmem")):
        shifts = {"shift": SHIFT} if a_place == "tmem" else {}
        shown_shift = "{shift}" if shifts else ""
        a = f"{a_place}[{{URa}}]{{a_reuse}}{{a_keep}}"
        after = "{URe}, {UPa}"
        rest = "tmem[{URc}], tmem[{URd}], idesc[{descriptor}]"
        for letter, value in TYPES.items():
            fixed: dict[Bits, int] = {bits(72, 2): value, bits(63): 0}
            name = f"UTC{letter}MMA"
            columns = ", {columns}" if letter == "H" else ""
            entries += [
                Opcode(
                    name,
                    **only(code),
                    archs=SM100_TO_110,
                    text=f"{name}{{pair}}{shown_shift} {a}, gdesc[{{URb}}], {rest}, {after}{columns}",
                    modifiers={**common, **shifts},
                    operands=operands,
                    fixed={**fixed, bits(83): 0},
                    uniform_guard=True,
                ),
                Opcode(
                    name,
                    **only(code),
                    archs=SM100_TO_110,
                    text=f"{name}{{pair}}.WS{shown_shift} {a}, gdesc[{{URb}}]{{collector}}, {rest}, {after}",
                    modifiers={**common, **shifts, "collector": COLLECTOR},
                    operands=operands,
                    fixed={**fixed, bits(83): 1},
                    uniform_guard=True,
                ),
            ]
        entries += [
            Opcode(
                "UTCOMMA",
                **only(code),
                archs=SM100_TO_110,
                text=f"UTCOMMA{{pair}}{{blocks}} {a}, gdesc[{{URb}}], {rest}, tmem[{{scale}}], {{UPa}}",
                modifiers={**common, "blocks": flag(62, "", ".4X")},
                operands=operands,
                fixed={bits(72, 2): 0, bits(63): 1},
                uniform_guard=True,
            ),
            Opcode(
                "UTCQMMA",
                **only(scaled),
                archs=SM100_TO_110,
                text=f"UTCQMMA{{pair}} {a}, gdesc[{{URb}}], {rest}, tmem[{{scale}}], {{UPa}}",
                modifiers=common,
                operands=operands,
                fixed={bits(72, 2): 3},
                uniform_guard=True,
            ),
        ]
    return tuple(entries)


LANES = choice(
    joined((81, 2), (87, 1)), ".16dp128bit", ".16dp256bit", "", ".16dp64bit", ".16dp32bit_t0_t15",
    ".16dp32bit_t16_t31", otherwise=INVALID,
)  # fmt: skip
COUNT = choice(bits(83, 3), "", ".x2", ".x4", ".x8", ".x16", ".x32", ".x64", ".x128")
COPY_SHAPE = Choice(
    joined((83, 2), (88, 1)),
    {
        0: "", 2: ".4dp256bit", 3: ".128dp128bit", 4: ".2x64dp128bit_lw02_lw13", 5: ".2x64dp128bit_lw01_lw23",
        6: ".4x32dp128bit",
    },
    INVALID,
)  # fmt: skip

OTHERS: Entries = (
    Opcode(
        "LDTM",
        **only(0x9EE),
        archs=SM100_TO_110,
        text="LDTM{lanes}{count}{packed} {Rd}, tmem[{place}]",
        modifiers={"lanes": LANES, "count": COUNT, "packed": flag(80, ".PACK16BIT")},
        operands={"Rd": RD, "place": _tensor_address(32)},
    ),
    Opcode(
        "STTM",
        **only(0x9ED),
        archs=SM100_TO_110,
        text="STTM{lanes}{count}{packed} tmem[{place}], {Rb}",
        modifiers={"lanes": LANES, "count": COUNT, "packed": flag(80, ".EXPAND16BIT")},
        operands={"Rb": register(32, reuse=None), "place": _tensor_address(64)},
    ),
    Opcode(
        "UTCCP",
        **only(0x9E7),
        archs=SM100_TO_110,
        text="UTCCP.T.S{pair}{shape}{format} tmem[{place}], gdesc[{URb}]",
        modifiers={
            "pair": PAIR,
            "shape": COPY_SHAPE,
            "format": choice(bits(80, 2), "", ".U4x16P64", ".U6x16P32", otherwise=INVALID),
        },
        operands={"place": _tensor_address(24), "URb": uniform(32)},
        uniform_guard=True,
    ),
    Opcode(
        "UTCSHIFT",
        **only(0x9E6),
        archs=SM100_TO_110,
        text="UTCSHIFT{pair}.DOWN tmem[{place}]",
        modifiers={"pair": PAIR},
        operands={"place": _tensor_address(24)},
        fixed={bits(80): 1},
        uniform_guard=True,
    ),
    Opcode(
        "UTCBAR",
        **only(0x3E9),
        archs=SM100_TO_110,
        text="UTCBAR{pair}{counts}{multicast} [{URa}], {URb}, {URc}",
        modifiers={"pair": PAIR, "counts": flag(77, ".A0TX"), "multicast": flag(75, ".MULTICAST")},
        operands={"URa": uniform(24), "URb": uniform(32), "URc": uniform(64, hide=URZ)},
        uniform_guard=True,
    ),
    Opcode(
        "UTCATOMSWS_FIND",
        **only(0x5E3),
        archs=SM100_TO_110,
        text="UTCATOMSWS{pair}.FIND_AND_SET{aligned} {UPd}, {URd}, {URb}",
        modifiers={"pair": PAIR, "aligned": flag(75, ".ALIGN")},
        operands={"UPd": uniform_predicate(81), "URd": URD, "URb": uniform(32)},
        uniform_guard=True,
    ),
    Opcode(
        "UTCATOMSWS",
        **only(0x9E3),
        archs=SM100_TO_110,
        text="UTCATOMSWS{pair}{operation} {URd}, {URb}",
        modifiers={"pair": PAIR, "operation": choice(bits(87, 2), ".AND", ".OR", otherwise=INVALID)},
        operands={"URd": URD, "URb": uniform(32)},
        uniform_guard=True,
    ),
    Opcode(
        "UVIRTCOUNT",
        **only(0x84C),
        archs=SM100_TO_110,
        text="UVIRTCOUNT.DEALLOC.SMPOOL {count}",
        operands={"count": number(32, 32, HEX)},
        uniform_guard=True,
    ),
)

OPCODES = (*products(), *OTHERS)
