"""What the threads of a warp, a block or a cluster do together: shuffles, votes, barriers."""

from __future__ import annotations

from barewire.sass.language import (
    HEX,
    RD,
    RZ,
    SM75_UP,
    SM80_TO_89,
    SM80_UP,
    SM90_ONLY,
    SM90_UP,
    SM100_TO_110,
    SM100_UP,
    URD,
    Bits,
    Opcode,
    Operand,
    Spelling,
    address,
    bits,
    choice,
    flag,
    number,
    only,
    predicate,
    register,
    uniform,
)
from barewire.sass.table.addresses import INVALID, OFFSET, UNIFORM_USED, Entries, shared

VOTED = predicate(87, negate=90)


def shuffles() -> Entries:
    """SHFL: the lane and the bounds are registers or immediates."""
    lane, bounds = ("{Rb}", "{lane}"), ("{Rc}", "{bounds}")
    operands: dict[str, Operand] = {
        "Pd": predicate(81), "Rd": RD, "Ra": register(24), "Rb": register(32), "lane": number(53, 5, HEX),
        "Rc": register(64), "bounds": number(40, 13, HEX),
    }  # fmt: skip
    return tuple(
        Opcode(
            "SHFL",
            **only(code),
            archs=SM75_UP,
            text=f"SHFL{{mode}} {{Pd}}, {{Rd}}, {{Ra}}, {lane[immediate_lane]}, {bounds[immediate_bounds]}",
            modifiers={"mode": choice(bits(58, 2), ".IDX", ".UP", ".DOWN", ".BFLY")},
            operands=operands,
        )
        for code, immediate_lane, immediate_bounds in (
            (0x389, 0, 0),
            (0x589, 0, 1),
            (0x989, 1, 0),
            (0xF89, 1, 1),
        )
    )


VOTE_MODE = choice(bits(72, 2), ".ALL", ".ANY", ".EQ", otherwise=INVALID)
REDUCTION = choice(
    bits(78, 3), "", ".OR", ".XOR", ".SUM", ".MIN", ".MAX", otherwise=INVALID,
    means={0: "AND", 1: "OR", 2: "XOR", 3: "SUM", 4: "MIN", 5: "MAX"},
)  # fmt: skip
MATCH = {"any": flag(79, ".ANY", ".ALL"), "wide": flag(73, ".U64")}

VOTES: Entries = (
    Opcode(
        "VOTE",
        **only(0x806),
        archs=SM75_UP,
        text="VOTE{mode} {Rd}, {Pd}, {Pa}",
        modifiers={"mode": VOTE_MODE},
        operands={"Rd": register(16, reuse=None, hide=RZ), "Pd": predicate(81), "Pa": VOTED},
    ),
    Opcode(
        "MATCH",
        **only(0x3A1),
        archs=SM75_UP,
        text="MATCH{any}{wide} {Pd}, {Rd}, {Ra}",
        modifiers=MATCH,
        operands={"Pd": predicate(81, when={"any": 0}), "Rd": RD, "Ra": register(24)},
    ),
    Opcode(
        "REDUX",
        **only(0x3C4),
        archs=SM80_UP,
        text="REDUX{operation}{signed} {URd}, {Ra}",
        modifiers={"operation": REDUCTION, "signed": flag(73, ".S32")},
        operands={"URd": URD, "Ra": register(24)},
    ),
    Opcode(
        "CREDUX",
        **only(0x2CC),
        archs=SM100_TO_110,
        text="CREDUX{operation}{type}{nan} {URd}, {Ra}",
        modifiers={
            "operation": choice(bits(78, 2), ".MAX", ".MAXABS", ".MIN", ".MINABS"),
            "type": choice(
                bits(73, 2), "", ".S32", ".F32", otherwise=INVALID, means={0: "U32", 1: "S32", 2: "F32"}
            ),
            "nan": flag(77, ".NAN"),
        },
        operands={"URd": URD, "Ra": register(24)},
    ),
    Opcode(
        "ELECT",
        **only(0x82F),
        archs=SM90_UP,
        text="ELECT{ignores_kill} {Pd}, {URd}, {Pa}",
        modifiers={"ignores_kill": flag(85, ".IGNOREKILL")},
        operands={"Pd": predicate(81), "URd": URD, "Pa": VOTED},
        fixed={UNIFORM_USED: 0},
    ),
    Opcode(
        "ELECT",
        **only(0x82F),
        archs=SM90_UP,
        text="ELECT{ignores_kill} {Pd}, {URd}, {URa}",
        modifiers={"ignores_kill": flag(85, ".IGNOREKILL")},
        operands={"Pd": predicate(81), "URd": URD, "URa": uniform(32)},
        fixed={UNIFORM_USED: 1},
    ),
)


# Barriers of a block: the barrier and the count of threads are registers or immediates.
BARRIER_KINDS = (".SYNC", ".ARV", ".RED", ".SCAN", ".SYNCALL")
REDUCES = {"kind": 2}
ASKS = {"kind": (2, 3)}
BARRIER = number(54, 4, HEX)
COUNT = number(42, 12, HEX, hide=0)


def barriers() -> Entries:
    """BAR, and B2R, which reads a barrier's result."""
    entries: list[Opcode] = []
    modifiers = {
        "kind": choice(bits(77, 3), *BARRIER_KINDS),
        "reduction": choice(bits(74, 2), ".POPC", ".AND", ".OR", otherwise=INVALID, when=REDUCES),
        "defer_blocking": flag(80, ".DEFER_BLOCKING"),
    }
    operands: dict[str, Operand] = {
        "barrier": BARRIER,
        "count": COUNT,
        "arrivals": number(42, 12, HEX),
        "Rb": register(32, reuse=None),
        "Pa": predicate(87, negate=90, when=ASKS),
    }
    mnemonic = "BAR{kind}{reduction}{defer_blocking}"
    for code, sources in (
        (0x31D, "{Rb}, {Rb}"),
        (0x51D, "{Rb}, {count}"),
        (0x91D, "{barrier}, {Rb}"),
        (0xB1D, "{barrier}, {count}"),
    ):
        entries.append(
            Opcode(
                "BAR",
                **only(code),
                archs=SM75_UP,
                text=f"{mnemonic} {sources}, {{Pa}}",
                spellings=(
                    Spelling(f"{mnemonic} {sources.replace('count', 'arrivals')}", when={"kind": 1}),
                    Spelling(mnemonic, when={"kind": 4}),
                ),
                modifiers=modifiers,
                operands=operands,
            )
        )
    result = choice(bits(78, 2), "", ".RESULT", ".WARP", otherwise=INVALID)
    entries.append(
        Opcode(
            "B2R", **only(0x31C), archs=SM75_UP, text="B2R{result} {Rd}, {Pd}, {barrier}",
            modifiers={"result": result},
            operands={
                "Rd": RD, "Pd": predicate(81, hide=True, when={"result": 1}),
                "barrier": number(54, 4, HEX, when={"result": 0}),
            },
        )
    )  # fmt: skip
    return tuple(entries)


# Barriers in shared memory: 64-bit words that count arrivals and bytes.
COUNTS = choice(bits(84, 3), "", ".A1T0", ".A0T1", ".A0TR", ".A0TX", ".ART0", otherwise=INVALID)


OF_64_BITS = {bits(72, 4): 0b1010}


def memory_barriers() -> Entries:
    """SYNCS and ARRIVES."""
    place = shared(64)["address"]
    uniform_place = address(base=uniform(24), offset=OFFSET)
    entries: list[Opcode] = [
        Opcode(
            "ARRIVES",
            **only(0x9B0),
            archs=SM80_TO_89,
            text="ARRIVES.LDGSTSBAR.64 [{address}]",
            operands={"address": place},
            fixed=OF_64_BITS,
        ),
    ]
    for archs, kind in ((SM90_ONLY, bits(70, 2)), (SM100_UP, bits(76, 2))):
        counting: Bits = kind
        entries += [
            Opcode(
                "SYNCS_PHASECHK",
                **only(0x5A7),
                archs=archs,
                text="SYNCS.PHASECHK.TRANS64{tries} {Pd}, [{address}], {Rb}",
                modifiers={"tries": flag(72, ".TRYWAIT")},
                operands={"Pd": predicate(81), "address": place, "Rb": register(32)},
                fixed={kind: 1},
            ),
            Opcode(
                "SYNCS_ARRIVE",
                **only(0x9A7),
                archs=archs,
                text="SYNCS.ARRIVE.TRANS64{mode}{leaves}{counts} {Rd}, [{address}], {Rb}",
                modifiers={
                    "mode": choice(bits(73, 2), "", ".TMASK", ".RED", otherwise=INVALID),
                    "leaves": flag(75, ".OPTOUT"),
                    "counts": COUNTS,
                },
                operands={"Rd": RD, "address": place, "Rb": register(32)},
                fixed={kind: 0},
            ),
            Opcode(
                "ARRIVES",
                **only(0x9B0),
                archs=archs,
                text="ARRIVES.LDGSTSBAR.64{counter} [{address}]",
                modifiers={"counter": choice(counting, "", ".ARVCNT", ".TRANSCNT", otherwise=INVALID)},
                operands={"address": place},
                fixed=OF_64_BITS,
            ),
        ]
    entries += [
        Opcode(
            "SYNCS_EXCH",
            **only(0x5B2),
            archs=SM90_UP,
            text="SYNCS.EXCH.64 {URd}, [{place}], {URb}",
            operands={"URd": URD, "place": uniform_place, "URb": uniform(32)},
            fixed={bits(72, 2): 1},
            uniform_guard=True,
        ),
        Opcode(
            "SYNCS_CCTL",
            **only(0x9B1),
            archs=SM90_UP,
            text="SYNCS.CCTL{operation} [{address}]",
            spellings=(Spelling("SYNCS.CCTL.IVALL", when={"one": 0}),),
            modifiers={"operation": choice(bits(72), ".IV", ".WB"), "one": flag(91, "")},
            operands={"address": place},
            fixed={bits(73): 0},
        ),
    ]
    return tuple(entries)


CLUSTER: Entries = (
    Opcode("UCGABAR_ARV", **only(0x9C7), archs=SM90_UP, text="UCGABAR_ARV", uniform_guard=True),
    Opcode("UCGABAR_WAIT", **only(0xDC7), archs=SM90_UP, text="UCGABAR_WAIT", uniform_guard=True),
)

OPCODES = (*shuffles(), *VOTES, *barriers(), *memory_barriers(), *CLUSTER)
