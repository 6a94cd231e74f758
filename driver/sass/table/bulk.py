"""Copies of whole tiles and runs of bytes by the tensor memory accelerator, from sm_90 on.

The issuing warp gives addresses in uniform registers: the coordinates and the barrier follow the first.
"""

from __future__ import annotations

from barewire.sass.language import (
    RZ,
    SM90_ONLY,
    SM90_UP,
    SM100_UP,
    Choice,
    Opcode,
    bits,
    choice,
    flag,
    only,
    uniform,
)
from barewire.sass.table.addresses import INVALID, SECTORS, Entries

DIMENSIONS = choice(bits(79, 3), ".1D", ".2D", ".3D", ".4D", ".5D", otherwise=INVALID)
IM2COL = flag(82, ".IM2COL")
LOAD_MODE = choice(bits(82, 3), "", ".IM2COL", ".W128", ".W", ".GATHER4", otherwise=INVALID)
TILE_MODE = Choice(bits(82, 3), {0: "", 4: ".GATHER4"}, INVALID)
STORE_MODE = choice(bits(82, 2), "", ".IM2COL", ".SCATTER4", otherwise=INVALID)
MULTICAST = flag(75, ".MULTICAST")
PAIR = flag(85, ".2CTA")
OPERATION = choice(bits(87, 3), ".ADD", ".MIN", ".MAX", ".INC", ".DEC", ".AND", ".OR", ".XOR")

UNIFORM_NEXT = {register: f"UR{register + 1}" for register in range(RZ - 1)} | {RZ - 1: "URZ"}


def _hinted(name: str, text: str, code: int, archs: frozenset[int], **parts: Choice) -> Entries:
    """An entry without and with a cache policy, and the operands that its text names."""
    operands = {"URa": uniform(24), "URb": uniform(32), "URc": uniform(64)}
    named = {key: value for key, value in operands.items() if f"{{{key}}}" in text}
    without = Opcode(
        name, **only(code), archs=archs, text=text, modifiers=parts, operands=named, fixed={bits(76): 0},
        uniform_guard=True,
    )  # fmt: skip
    hinted = Opcode(
        name, **only(code), archs=archs, text=text + ", desc[{policy}]", modifiers=parts,
        operands={**named, "policy": uniform(40)}, fixed={bits(76): 1}, uniform_guard=True,
    )  # fmt: skip
    return without, hinted


TILE_TO = " [{URb}], [{URa}]"


def tiles() -> Entries:
    """UTMALDG, UTMASTG, UTMAREDG, UTMAPF."""
    entries: list[Opcode] = []
    for archs in (SM90_ONLY, SM100_UP):
        new = archs is SM100_UP
        dimensions = {"dimensions": DIMENSIONS}
        by_parts = {**dimensions, "mode": LOAD_MODE if new else IM2COL}
        whole = {**dimensions, "mode": TILE_MODE} if new else dimensions
        stored = {**dimensions, "mode": STORE_MODE if new else IM2COL}
        reduced = {**dimensions, "mode": IM2COL}
        pair = {"pair": PAIR} if new else {}
        shown_pair = "{pair}" if new else ""
        shown_mode = "{mode}" if new else ""
        entries += [
            *_hinted(
                "UTMALDG",
                "UTMALDG{dimensions}{mode}{multicast}" + shown_pair + TILE_TO + ", {URc}",
                0x3B4,
                archs,
                **by_parts,
                multicast=MULTICAST,
                **pair,
            ),
            *_hinted(
                "UTMALDG",
                "UTMALDG{dimensions}" + shown_mode + shown_pair + TILE_TO,
                0x5B4,
                archs,
                **whole,
                **pair,
            ),
            *_hinted("UTMASTG", "UTMASTG{dimensions}{mode}" + TILE_TO, 0x3B5, archs, **stored),
            *_hinted(
                "UTMAREDG",
                "UTMAREDG{dimensions}{mode}{operation}" + TILE_TO,
                0x3B6,
                archs,
                **reduced,
                operation=OPERATION,
            ),
            *_hinted("UTMAPF", "UTMAPF.L2{dimensions}{mode}" + TILE_TO + ", {URc}", 0x3B8, archs, **by_parts),
            *_hinted("UTMAPF", "UTMAPF.L2{dimensions}" + shown_mode + TILE_TO, 0x5B8, archs, **whole),
        ]
    return tuple(entries)


SPACES = choice(bits(73, 2), ".G.G", ".S.G", ".G.S", ".S.S", means={0: "G_G", 1: "S_G", 2: "G_S", 3: "S_S"})
BULK_TYPE = choice(
    bits(81, 4),
    "",
    ".S32",
    ".U64",
    ".S64",
    ".F16.RN",
    ".F32.RN",
    ".F32.FTZ.RN",
    ".F64.RN",
    ".BF16.RN",
    otherwise=INVALID,
    means={0: "U32", 1: "S32", 2: "U64", 3: "S64", 4: "F16", 5: "F32", 6: "F32_FTZ", 7: "F64", 8: "BF16"},
)


def runs() -> Entries:
    """UBLKCP, UBLKRED, UBLKPF: runs of bytes."""
    entries: list[Opcode] = []
    for archs in (SM90_ONLY, SM100_UP):
        masked = (
            {"byte_mask": flag(84, ".DST_G_BYTE_MASK"), "counted": flag(85, ".COUNTED")}
            if archs is SM100_UP
            else {}
        )
        copy = (
            "UBLKCP{spaces}{multicast}"
            + ("{byte_mask}" if masked else "")
            + "{sectors}{sequenced}"
            + ("{counted}" if masked else "")
            + TILE_TO
            + ", {URc}"
        )
        entries += _hinted(
            "UBLKCP",
            copy,
            0x3BA,
            archs,
            spaces=SPACES,
            multicast=MULTICAST,
            sectors=choice(bits(81, 2), *SECTORS.names.values()),
            sequenced=flag(83, ".SEQUENCED"),
            **masked,
        )
    to = choice(bits(73), ".G", ".S")
    return (
        *entries,
        *_hinted(
            "UBLKRED", "UBLKRED{to}.S{operation}{type}" + TILE_TO + ", {URc}", 0x3BB, SM90_UP, to=to,
            operation=OPERATION, type=BULK_TYPE,
        ),
        *_hinted("UBLKPF", "UBLKPF.L2 [{URa}], {URc}", 0x3BC, SM90_UP),
    )  # fmt: skip


OTHERS: Entries = (
    Opcode(
        "UTMACCTL",
        **only(0x9B9),
        archs=SM90_UP,
        text="UTMACCTL{operation} [{URa}]",
        modifiers={"operation": choice(bits(82), ".IV", ".PF")},
        operands={"URa": uniform(24)},
        uniform_guard=True,
    ),
    Opcode("UTMACMDFLUSH", **only(0x9B7), archs=SM90_UP, text="UTMACMDFLUSH", uniform_guard=True),
    Opcode(
        "FENCE_VIEW_ASYNC",
        **only(0x3C6),
        archs=SM90_UP,
        text="FENCE.VIEW.ASYNC{space}",
        modifiers={"space": choice(bits(72, 2), ".S", ".G", ".T")},
    ),
    Opcode(
        "UGETNEXTWORKID",
        **only(0x3CA),
        archs=SM100_UP,
        text="UGETNEXTWORKID{cast} [{URa}], [{barrier}]",
        modifiers={"cast": choice(bits(72), ".SELFCAST", ".BROADCAST")},
        operands={"URa": uniform(24), "barrier": Choice(bits(24, 8), UNIFORM_NEXT, "UR?")},
        uniform_guard=True,
    ),
    Opcode(
        "UMEMSETS",
        **only(0x3CB),
        archs=SM100_UP,
        text="UMEMSETS.64 [{URa}], {URb}, {URc}",
        operands={"URa": uniform(24), "URb": uniform(32), "URc": uniform(64)},
        uniform_guard=True,
    ),
    Opcode(
        "USTGR",
        **only(0x377),
        archs=SM100_UP,
        text="USTGR.E.NA.MMIO.SYS [{URa}], {URb}",
        operands={"URa": uniform(24), "URb": uniform(32)},
        uniform_guard=True,
    ),
    Opcode(
        "UREDGR",
        **only(0x378),
        archs=SM100_UP,
        text="UREDGR.E.ADD.NA.MMIO.SYS [{URa}], {URb}",
        operands={"URa": uniform(24), "URb": uniform(32)},
        uniform_guard=True,
    ),
    Opcode(
        "CCTL_LDCU",
        **only(0x540),
        archs=SM100_UP,
        text="CCTL.E.C.LDCU.IV.DEEP [{URa}]",
        operands={"URa": uniform(24)},
    ),
)

OPCODES = (*tiles(), *runs(), *OTHERS)
