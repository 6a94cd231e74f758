"""Branches, calls, reconvergence, and the ends of threads.

A direct branch counts from the next instruction, in units of four bytes. From sm_90 on the lowest eight
bits of that count lie apart, at 16-23. Indirect branches add the same field to a register.
"""

from __future__ import annotations

from dataclasses import replace

from barewire.sass.language import (
    HEX,
    RD,
    SIGNED_HEX,
    SM75_TO_89,
    SM75_UP,
    SM80_UP,
    SM90_UP,
    SM100_UP,
    Bits,
    Choice,
    ConstantAddress,
    Number,
    Opcode,
    Operand,
    Register,
    Spelling,
    Target,
    bits,
    choice,
    flag,
    joined,
    number,
    only,
    predicate,
    register,
    slot,
    uniform,
    uniform_predicate,
)
from barewire.sass.table.addresses import INVALID, UNIFORM_USED, Entries

# The second predicate: the branch is taken by the threads for which this holds, too.
ALSO = predicate(87, negate=90, hide=True)
OLD_DISTANCE = bits(34, 48)
DISTANCE = joined((16, 8), (34, 48))
DISTANCES = ((SM75_TO_89, OLD_DISTANCE), (SM90_UP, DISTANCE))
NEAR_DISTANCES = ((SM75_TO_89, bits(34, 30)), (SM90_UP, bits(34, 30)))
DEPTH = choice(bits(85, 2), "", ".INC", ".DEC", otherwise=INVALID)


def _unsigned(distance: Bits) -> Bits:
    """An absolute address's field: one bit less, since it has no sign."""
    *low, (start, width) = distance.parts
    return Bits((*low, (start, width - 1)))


def _added(distance: Bits) -> Number:
    """A distance that is printed as it is, since a register is added."""
    return Number(distance, SIGNED_HEX, 4, hide=0, before=" ")


def branches() -> Entries:
    """BRA: on a predicate, on whether the warp agrees on it, and on a mask in a uniform register."""
    how = choice(bits(32, 2), "", ".U", ".DIV", ".CONV")
    by_mask = choice(bits(32, 2), ".INVALID0", ".INVALID1", ".DIV", ".CONV")
    entries: list[Opcode] = []
    for archs, distance in DISTANCES:
        modifiers = {"depth": DEPTH, "how": how, "any": flag(84, ".ANY", when={"how": 1})}
        place = Target(distance)
        mask = uniform(24, invert=30) if archs is SM75_TO_89 else uniform(24)
        entries += [
            Opcode(
                "BRA",
                **only(0x947),
                archs=archs,
                text="BRA{depth}{how}{any} {Pa}, {target}",
                modifiers=modifiers,
                operands={"Pa": ALSO, "target": place},
            ),
            Opcode(
                "BRA",
                **only(0x947),
                archs=archs & SM80_UP,
                text="BRA{depth}{how} {Pa}, {URa}, {target}",
                modifiers={"depth": DEPTH, "how": by_mask},
                operands={"Pa": ALSO, "URa": mask, "target": place},
                fixed={UNIFORM_USED: 1},
                about="With a uniform register: DIV branches if the mask's threads are not all here.",
            ),
            Opcode(
                "BRA",
                **only(0x547),
                archs=archs,
                text="BRA{depth}{how}{any} {Pa}, {UPa}, {target}",
                modifiers=modifiers,
                operands={"Pa": ALSO, "UPa": uniform_predicate(24, negate=27), "target": place},
            ),
        ]
    return tuple(entries)


def _register_or_uniform(entry: Opcode) -> Entries:
    """An entry whose `{Ra}` is a register, or with bit 91 a uniform one."""
    both: list[Opcode] = []
    operands: tuple[tuple[str, Register, int], ...] = (
        ("Ra", register(24, reuse=None), 0),
        ("URa", uniform(24), 1),
    )
    for name, operand, used in operands:
        both.append(
            Opcode(
                entry.name,
                base=entry.base,
                forms=entry.forms,
                archs=entry.archs,
                text=entry.text.replace("{Ra}", f"{{{name}}}"),
                modifiers=entry.modifiers,
                operands={name: operand, **entry.operands},
                fixed={UNIFORM_USED: used},
            )
        )
    return tuple(both)


def indirect_branches() -> Entries:
    """BRX, BRXU, JMP, JMX, JMXU."""
    entries: list[Opcode] = []
    for archs, distance in DISTANCES:
        offset: dict[str, Operand] = {"Pa": ALSO, "offset": _added(distance)}
        depth = {"depth": DEPTH}
        entries += [
            Opcode(
                "BRX",
                **only(0x949),
                archs=archs,
                text="BRX{depth} {Pa}, {Ra}{offset}",
                modifiers=depth,
                operands={"Ra": register(24, reuse=None), **offset},
            ),
            Opcode(
                "BRXU",
                **only(0x958),
                archs=archs,
                text="BRXU{depth} {Pa}, {URa}{offset}",
                modifiers=depth,
                operands={"URa": uniform(24), **offset},
            ),
            Opcode(
                "JMX",
                **only(0x94C),
                archs=archs,
                text="JMX{depth} {Pa}, {Ra}{offset}",
                modifiers=depth,
                operands={"Ra": register(24, reuse=None), **offset},
            ),
            Opcode(
                "JMXU",
                **only(0x959),
                archs=archs,
                text="JMXU{depth} {Pa}, {URa}{offset}",
                modifiers=depth,
                operands={"URa": uniform(24), **offset},
            ),
            Opcode(
                "JMP",
                **only(0x94A),
                archs=archs,
                text="JMP{depth} {Pa}, {target}",
                modifiers=depth,
                operands={"Pa": ALSO, "target": Target(_unsigned(distance), absolute=True)},
            ),
            Opcode(
                "JMP",
                **only(0xB4A),
                archs=archs,
                text="JMP{depth} {Pa}, {constant}",
                modifiers=depth,
                operands={"Pa": ALSO, "constant": ConstantAddress()},
            ),
        ]
    return tuple(entries)


def calls() -> Entries:
    """CALL and RET: neither pushes anything; the return address is in registers."""
    count = flag(86, ".NOINC")
    entries: list[Opcode] = []
    for archs, distance in DISTANCES:
        place, absolute = Target(distance), Target(_unsigned(distance), absolute=True)
        uncounted = {"count": count}
        entries += [
            *_register_or_uniform(
                Opcode("CALL_ABS", **only(0x343), archs=archs, text="CALL.ABS{count} {Pa}, {Ra}{offset}",
                       modifiers=uncounted, operands={"Pa": ALSO, "offset": _added(distance)})
            ),
            Opcode("CALL_ABS", **only(0x943), archs=archs, text="CALL.ABS{count} {Pa}, {target}",
                   modifiers=uncounted, operands={"Pa": ALSO, "target": absolute}, fixed={UNIFORM_USED: 0}),
            Opcode("CALL_ABS", **only(0x943), archs=archs, text="CALL.ABS{count} {Pa}, {URa}",
                   modifiers=uncounted, operands={"Pa": ALSO, "URa": uniform(24)}, fixed={UNIFORM_USED: 1}),
            Opcode("CALL_ABS", **only(0xB43), archs=archs, text="CALL.ABS{count} {Pa}, {constant}",
                   modifiers=uncounted, operands={"Pa": ALSO, "constant": ConstantAddress()}),
            *_register_or_uniform(
                Opcode("CALL_REL", **only(0x344), archs=archs, text="CALL.REL{count} {Pa}, {Ra} {target}",
                       modifiers=uncounted, operands={"Pa": ALSO, "target": place})
            ),
            Opcode("CALL_REL", **only(0x944), archs=archs, text="CALL.REL{count} {Pa}, {target}",
                   modifiers=uncounted, operands={"Pa": ALSO, "target": place}, fixed={UNIFORM_USED: 0}),
            Opcode("CALL_REL", **only(0x944), archs=archs, text="CALL.REL{count} {Pa}, {URa} {target}",
                   modifiers=uncounted, operands={"Pa": ALSO, "URa": uniform(24), "target": place},
                   fixed={UNIFORM_USED: 1}),
            *_register_or_uniform(
                Opcode(
                    "RET", **only(0x950), archs=archs,
                    text="RET{absolute}{count} {Pa}, {Ra} {target}{address}",
                    modifiers={"absolute": flag(85, ".ABS", ".REL"), "count": flag(86, ".NODEC")},
                    operands={
                        "Pa": ALSO,
                        "target": replace(place, when={"absolute": 0}),
                        "address": replace(place, absolute=True, when={"absolute": 1}),
                    },
                )
            ),
        ]  # fmt: skip
    return tuple(entries)


# Reconvergence. B0 to B15 hold masks of threads, and above them lies the state of the warp.
STATE_NAMES = {number_: f"B{number_}" for number_ in range(16)} | {
    16: "THREAD_STATE_ENUM.0",
    17: "THREAD_STATE_ENUM.1",
    18: "THREAD_STATE_ENUM.2",
    19: "THREAD_STATE_ENUM.3",
    20: "THREAD_STATE_ENUM.4",
    21: "TRAP_RETURN_PC.LO",
    22: "TRAP_RETURN_PC.HI",
    23: "TRAP_RETURN_MASK",
    24: "MEXITED",
    25: "MKILL",
    26: "MACTIVE",
    27: "MATEXIT",
    28: "OPT_STACK",
    29: "API_CALL_DEPTH",
    30: "ATEXIT_PC.LO",
    31: "ATEXIT_PC.HI",
}
MASK = number(16, 4, "decimal", before="B")


def states() -> Entries:
    """BMOV: between registers, masks and the state of the warp."""
    entries: list[Opcode] = []
    for archs, names in ((SM75_TO_89, STATE_NAMES), (SM90_UP, STATE_NAMES | {32: "MCOLLECTIVE"})):
        state = Choice(bits(24, 6), names)
        clear, quad = {"clear": flag(84, ".CLEAR")}, {"quad": flag(84, ".PQUAD")}
        entries += [
            Opcode(
                "BMOV_FROM",
                **only(0x355),
                archs=archs,
                text="BMOV.32{clear} {Rd}, {state}",
                modifiers=clear,
                operands={"Rd": RD, "state": state},
            ),
            Opcode(
                "BMOV_TO",
                base=0x156,
                forms=(1, 4, 5),
                archs=archs,
                text="BMOV.32{quad} {state}, {B}",
                modifiers=quad,
                operands={"state": state, "B": slot(reuse=None)},
            ),
            Opcode(
                "BMOV_64_TO",
                base=0x157,
                forms=(1, 4, 5),
                archs=archs,
                text="BMOV.64 ATEXIT_PC, {B}",
                operands={"B": slot(reuse=None)},
            ),
            Opcode(
                "BMOV_FROM",
                **only(0xF55),
                archs=archs,
                text="BMOV.32{clear} {mask}, {state}",
                modifiers=clear,
                operands={"mask": MASK, "state": state},
            ),
            Opcode(
                "BMOV_TO",
                **only(0xF56),
                archs=archs,
                text="BMOV.32{quad} {state}, {mask}",
                modifiers=quad,
                operands={"mask": MASK, "state": state},
            ),
        ]
    return tuple(entries)


CONVERGENCE = choice(bits(72, 2), "", ".RELIABLE", ".RECONVERGENT", otherwise=INVALID)


def reconvergence() -> Entries:
    """BSSY, BSYNC, BREAK."""
    place = Target(bits(34, 30))
    entries: list[Opcode] = []
    for archs in (SM75_UP - SM100_UP, SM100_UP):
        kind = {"convergence": CONVERGENCE} if archs is SM100_UP else {}
        shown = "{convergence}" if kind else ""
        entries += [
            Opcode(
                "BSSY",
                **only(0x945),
                archs=archs,
                text=f"BSSY{shown} {{Pa}}, {{mask}}, {{target}}",
                modifiers=kind,
                operands={"Pa": ALSO, "mask": MASK, "target": place},
            ),
            Opcode(
                "BSYNC",
                **only(0x941),
                archs=archs,
                text=f"BSYNC{shown} {{Pa}}, {{mask}}",
                modifiers=kind,
                operands={"Pa": ALSO, "mask": MASK},
            ),
            Opcode(
                "BREAK",
                **only(0x942),
                archs=archs,
                text=f"BREAK{shown} {{Pa}}, {{mask}}",
                modifiers=kind,
                operands={"Pa": ALSO, "mask": MASK},
            ),
        ]
    return tuple(entries)


def warp_synchronisation() -> Entries:
    """WARPSYNC: with a mask of threads in a register, as an immediate, or of all."""
    exclusive_before_hopper = {"exclusive": flag(86, ".EXCLUSIVE")}
    exclusive = {"exclusive": flag(85, ".EXCLUSIVE")}
    collective = {**exclusive, "collective": flag(86, ".COLLECTIVE")}
    place = Target(DISTANCE, when={"collective": 1})
    mask = register(24, reuse=None)
    return (
        Opcode(
            "WARPSYNC",
            **only(0x348),
            archs=SM75_TO_89,
            text="WARPSYNC{exclusive} {Pa}, {Rb}",
            modifiers=exclusive_before_hopper,
            operands={"Pa": ALSO, "Rb": register(32, reuse=None)},
        ),
        Opcode(
            "WARPSYNC",
            **only(0x348),
            archs=SM90_UP,
            text="WARPSYNC{exclusive}{collective} {Pa}, {Ra}, {target}",
            modifiers=collective,
            operands={"Pa": ALSO, "Ra": mask, "target": place},
        ),
        Opcode(
            "WARPSYNC",
            **only(0x948),
            archs=SM75_TO_89,
            text="WARPSYNC {Pa}, {members}",
            operands={"Pa": ALSO, "members": number(32, 32, HEX)},
        ),
        Opcode(
            "WARPSYNC",
            **only(0xB48),
            archs=SM75_TO_89,
            text="WARPSYNC {Pa}, {constant}",
            operands={"Pa": ALSO, "constant": ConstantAddress()},
        ),
        Opcode(
            "WARPSYNC",
            **only(0x948),
            archs=SM90_UP,
            text="WARPSYNC{exclusive}{collective}.ALL {Pa}, {target}",
            modifiers=collective,
            operands={"Pa": ALSO, "target": place},
        ),
    )


SLEEP = {"random": flag(86, ".RAND"), "warp": flag(85, ".WARP")}


def sleeps() -> Entries:
    """NANOSLEEP."""
    entries: list[Opcode] = []
    for archs in (SM75_TO_89, SM90_UP):
        modifiers = {**SLEEP, "clear": flag(83, ".CLEAR")}
        text = "NANOSLEEP{random}{warp}"
        if archs is SM90_UP:
            modifiers["wakes"] = flag(84, ".SYNCS")
            text += "{wakes}"
        spellings = (Spelling(text + "{clear} {Pa}", when={"clear": 1}, forms=(4,)),)
        entries.append(
            Opcode(
                "NANOSLEEP",
                base=0x15D,
                forms=(1, 4, 5, 6),
                archs=archs,
                text=text + " {Pa}, {B}",
                spellings=spellings,
                modifiers=modifiers,
                operands={"Pa": ALSO, "B": slot()},
            )
        )
    return tuple(entries)


BREAKPOINTS = {2: ".PAUSE", 3: ".TRAP", 4: ".INT", 5: ".DRAIN", 6: ".PAUSE_QUIET"}
HALF = choice(bits(31), "Rpc.LO", "Rpc.HI")
SINGLE: Entries = (
    Opcode("NOP", **only(0x918), archs=SM75_UP, text="NOP"),
    Opcode(
        "EXIT",
        **only(0x94D),
        archs=SM75_UP,
        text="EXIT{mode}{skips_handler} {Pa}",
        modifiers={
            "mode": choice(bits(84, 2), "", ".KEEPREFCOUNT", ".PREEMPTED", otherwise=INVALID),
            "skips_handler": flag(86, ".NO_ATEXIT"),
        },
        operands={"Pa": ALSO},
    ),
    Opcode("ENDCOLLECTIVE", **only(0x91B), archs=SM90_UP, text="ENDCOLLECTIVE {Pa}", operands={"Pa": ALSO}),
    Opcode("YIELD", **only(0x946), archs=SM75_UP, text="YIELD {Pa}", operands={"Pa": ALSO}),
    Opcode("KILL", **only(0x95B), archs=SM75_UP, text="KILL {Pa}", operands={"Pa": ALSO}),
    Opcode(
        "BPT",
        **only(0x95C),
        archs=SM75_UP,
        text="BPT{kind} {number}",
        modifiers={"kind": Choice(bits(84, 3), BREAKPOINTS)},
        operands={"number": number(34, 3, HEX, hide=0)},
    ),
    Opcode("LEPC", **only(0x34E), archs=SM75_UP, text="LEPC {Rd}", operands={"Rd": RD}),
    Opcode(
        "LEPC",
        **only(0x94E),
        archs=SM90_UP,
        text="LEPC {Rd}, {target}",
        operands={"Rd": RD, "target": Target(bits(24, 58), scale=1)},
    ),
    Opcode(
        "RPCMOV_TO",
        base=0x152,
        forms=(1, 4, 5),
        archs=SM75_UP,
        text="RPCMOV.32 {half}, {B}",
        operands={"half": HALF, "B": slot(reuse=None)},
    ),
    Opcode(
        "RPCMOV_64_TO",
        base=0x154,
        forms=(1, 4, 5),
        archs=SM75_UP,
        text="RPCMOV.64 Rpc, {B}",
        operands={"B": slot(reuse=None)},
    ),
    Opcode(
        "RPCMOV_FROM",
        **only(0x353),
        archs=SM75_UP,
        text="RPCMOV.32 {Rd}, {half}",
        operands={"Rd": RD, "half": HALF},
    ),
    Opcode("PREEXIT", **only(0x82D), archs=SM90_UP, text="PREEXIT"),
    Opcode("ACQBULK", **only(0x82E), archs=SM90_UP, text="ACQBULK"),
)


# A warpgroup gives registers back to its block's pool, or asks for more.
USETMAXREG = Opcode(
    "USETMAXREG", **only(0x9C8), archs=SM90_UP, text="USETMAXREG{operation} {UPd}, {limit}",
    modifiers={"operation": Choice(bits(72, 3), {5: ".DEALLOC.CTAPOOL", 6: ".TRY_ALLOC.CTAPOOL"})},
    operands={"UPd": uniform_predicate(81, when={"operation": 6}), "limit": number(32, 10, HEX)},
    uniform_guard=True,
)  # fmt: skip

OPCODES = (
    *branches(),
    *indirect_branches(),
    *calls(),
    *states(),
    *reconvergence(),
    *warp_synchronisation(),
    *sleeps(),
    *SINGLE,
    USETMAXREG,
)
