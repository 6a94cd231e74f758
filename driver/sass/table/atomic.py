"""Atomic operations, with and without a result: on global and shared memory, on a neighbour's, on many.

To sm_89 one field holds integer and floating types; from sm_90 on floating types have opcodes of their own.
"""

from __future__ import annotations

from barewire.sass.language import (
    RD,
    SIGNED_HEX,
    SM75_ONLY,
    SM75_TO_89,
    SM80_TO_89,
    SM90_ONLY,
    SM90_UP,
    SM100_UP,
    Choice,
    Opcode,
    Spelling,
    bits,
    choice,
    joined,
    number,
    only,
    predicate,
    register,
)
from barewire.sass.table.addresses import (
    ATOMIC_SCOPE_SM75,
    EVICT,
    EXTENDED,
    INVALID,
    PRIVATE_SM75,
    SCALE,
    SCALED,
    STORE_SCOPE,
    UNIFORM_USED,
    Entries,
    Layout,
    Mode,
    plain,
    remote,
    shared,
    spread,
)

OPERATIONS = (".ADD", ".MIN", ".MAX", ".INC", ".DEC", ".AND", ".OR", ".XOR", ".EXCH")
OPERATION = choice(bits(87, 4), *OPERATIONS, otherwise=INVALID)
GLOBAL_OPERATION = choice(bits(87, 4), *OPERATIONS, ".SAFEADD", otherwise=INVALID)
REDUCTION = choice(bits(87, 3), *OPERATIONS[:8])

TYPE = choice(
    bits(73, 3), "", ".S32", ".64", ".F32.FTZ.RN", ".F16x2.RN", ".S64", ".F64.RN", otherwise=INVALID,
    means={0: "U32", 1: "S32", 2: "U64", 3: "F32", 4: "F16X2", 5: "S64", 6: "F64"},
)  # fmt: skip
INTEGER_TYPE = choice(
    bits(73, 3), "", ".S32", ".64", ".S64", ".128", otherwise=INVALID,
    means={0: "U32", 1: "S32", 2: "U64", 3: "S64", 4: "B128"},
)  # fmt: skip
SHORT_INTEGER_TYPE = choice(
    bits(73, 3), "", ".S32", ".64", ".S64", otherwise=INVALID, means={0: "U32", 1: "S32", 2: "U64", 3: "S64"}
)
FLOAT_NAMES = {
    0: ".F16x2.RN",
    1: ".F16x4.RN",
    2: ".F16x8.RN",
    3: ".BF16x2.RN",
    4: ".BF16x4.RN",
    5: ".BF16x8.RN",
    9: ".F32.FTZ.RN",
    10: ".F32x2.FTZ.RN",
    11: ".F32x4.FTZ.RN",
    12: ".F32.RN",
    13: ".F32x2.RN",
    14: ".F32x4.RN",
    15: ".F64.RN",
}
FLOAT_MEANS = {
    0: "F16X2", 1: "F16X4", 2: "F16X8", 3: "BF16X2", 4: "BF16X4", 5: "BF16X8", 9: "F32_FTZ", 10: "F32X2_FTZ",
    11: "F32X4_FTZ", 12: "F32", 13: "F32X2", 14: "F32X4", 15: "F64",
}  # fmt: skip
FLOAT_TYPE = Choice(joined((73, 4), (87, 1)), FLOAT_NAMES, INVALID, {}, FLOAT_MEANS)
MULTICAST_FLOATS = {value: name for value, name in FLOAT_NAMES.items() if value not in (9, 10, 11)}
MULTICAST_FLOAT_TYPE = Choice(joined((73, 4), (87, 1)), MULTICAST_FLOATS, INVALID, {}, FLOAT_MEANS)
FLOAT_OPERATION = choice(bits(88, 2), ".ADD", ".MIN", ".MAX", otherwise=INVALID)

PD = predicate(81)
RB = register(32)
RC = register(64)

ATOMIC = Layout(uniform_at=64, wide=70, descriptor=71)
UNDESCRIBED = Layout(uniform_at=64, wide=70, descriptor=None)
ATOMIC_SM100 = Layout(uniform_at=64, wide=63, descriptor=76, offset=number(40, 23, SIGNED_HEX, hide=0))
FLOAT_ATOMIC_SM100 = Layout(uniform_at=64, wide=63, descriptor=90, offset=number(40, 23, SIGNED_HEX, hide=0))
REDUCE = Layout(uniform_at=64, wide=90, descriptor=71)
REDUCE_SM100 = Layout(uniform_at=64, wide=90, descriptor=81)

GENERATIONS = (
    (SM75_ONLY, ATOMIC_SCOPE_SM75, {"type": TYPE}),
    (SM80_TO_89, STORE_SCOPE, {"type": TYPE}),
    (SM90_UP, STORE_SCOPE, {"integer_type": INTEGER_TYPE}),
)


def _private(archs: frozenset[int]) -> str:
    return "{private}" if archs is SM75_ONLY else ""


def _modes(archs: frozenset[int], before: Layout, after: Layout) -> tuple[Mode, ...]:
    return (*before.with_uniform(archs - SM100_UP), *after.with_uniform(archs & SM100_UP))


def atomics(name: str, register_code: int, uniform_code: int, operation: Choice) -> Entries:
    """ATOM and ATOMG."""
    entries: list[Opcode] = []
    for archs, scope, type_ in GENERATIONS:
        (type_name,) = type_
        for code, modes in (
            (register_code, (plain(),)),
            (uniform_code, _modes(archs, ATOMIC, ATOMIC_SM100)),
        ):
            entry = Opcode(
                name,
                **only(code),
                archs=archs,
                text=f"{name}{{extended}}{{operation}}{{evict}}{{{type_name}}}{{scope}}{_private(archs)}"
                " {Pd}, {Rd}, @, {Rb}",
                modifiers={
                    "extended": EXTENDED,
                    "operation": operation,
                    "evict": EVICT,
                    **type_,
                    "scope": scope,
                    "private": PRIVATE_SM75,
                },
                operands={"Pd": PD, "Rd": RD, "Rb": RB},
            )
            entries += spread(entry, modes)
    return tuple(entries)


def float_atomics(name: str, code: int) -> Entries:
    """ATOM and ATOMG of floating types, from sm_90 on."""
    entry = Opcode(
        f"{name}_FLOAT",
        **only(code),
        archs=SM90_UP,
        text=f"{name}{{extended}}{{operation}}{{evict}}{{float_type}}{{scope}} {{Pd}}, {{Rd}}, @, {{Rb}}",
        modifiers={
            "extended": EXTENDED,
            "operation": FLOAT_OPERATION,
            "evict": EVICT,
            "float_type": FLOAT_TYPE,
            "scope": STORE_SCOPE,
        },
        operands={"Pd": PD, "Rd": RD, "Rb": RB},
    )
    return spread(entry, (plain(archs=SM90_UP), *_modes(SM90_UP, ATOMIC, FLOAT_ATOMIC_SM100)))


SWAP = {0: ".CAS", 1: ".CAST", 2: ".CAS", 3: ".CAST.SPIN"}
SWAP_MEANS = {0: "CAS", 1: "CAST", 3: "CAST_SPIN"}
EXCHANGE = Choice(bits(87, 2), SWAP, None, {}, SWAP_MEANS)
SWAP_SIZES = {0: "", 1: ".S32", 2: ".64"}
SWAP_SIZE_MEANS = {0: "32", 1: "S32", 2: "64"}
SWAP_SIZE = Choice(bits(73, 3), SWAP_SIZES, INVALID, {}, SWAP_SIZE_MEANS)
SWAP_SIZE_SM90 = Choice(bits(73, 3), SWAP_SIZES | {4: ".128"}, INVALID, {}, SWAP_SIZE_MEANS | {4: "128"})


def compare_and_swap(name: str, code: int) -> Entries:
    """ATOM and ATOMG with three sources."""
    entries: list[Opcode] = []
    for archs, scope, size in (
        (SM75_ONLY, ATOMIC_SCOPE_SM75, SWAP_SIZE),
        (SM80_TO_89, STORE_SCOPE, SWAP_SIZE),
        (SM90_UP, STORE_SCOPE, SWAP_SIZE_SM90),
    ):
        swaps = {"exchange": EXCHANGE} if name == "ATOM" else {}
        entry = Opcode(
            f"{name}_CAS",
            **only(code),
            archs=archs,
            text=f"{name}{{extended}}{'{exchange}' if swaps else '.CAS'}{{evict}}{{size}}{{scope}}"
            f"{_private(archs)} {{Pd}}, {{Rd}}, @, {{Rb}}, {{Rc}}",
            modifiers={
                "extended": EXTENDED,
                **swaps,
                "evict": EVICT,
                "size": size,
                "scope": scope,
                "private": PRIVATE_SM75,
            },
            operands={"Pd": PD, "Rd": RD, "Rb": RB, "Rc": RC},
        )
        entries += spread(entry, (plain(archs=archs),))
    return tuple(entries)


def reductions() -> Entries:
    """RED, since sm_90 called REDG: atomics without a result."""
    entries: list[Opcode] = []
    for archs, scope, type_ in GENERATIONS:
        integers = archs is SM90_UP
        type_name = "integer_type" if integers else "type"
        mnemonic = "REDG" if integers else "RED"
        types = {"integer_type": SHORT_INTEGER_TYPE} if integers else type_
        entry = Opcode(
            "RED",
            **only(0x98E),
            archs=archs,
            text=f"{mnemonic}{{extended}}{{operation}}{{evict}}{{{type_name}}}{{scope}}{_private(archs)}"
            " @, {Rb}",
            modifiers={
                "extended": EXTENDED,
                "operation": REDUCTION,
                "evict": EVICT,
                **types,
                "scope": scope,
                "private": PRIVATE_SM75,
            },
            operands={"Rb": RB},
        )
        entries += spread(entry, (plain(archs=archs), *_modes(archs, REDUCE, REDUCE_SM100)))
    entry = Opcode(
        "RED_FLOAT",
        **only(0x9A6),
        archs=SM90_UP,
        text="REDG{extended}{operation}{evict}{float_type}{scope} @, {Rb}",
        modifiers={
            "extended": EXTENDED,
            "operation": FLOAT_OPERATION,
            "evict": EVICT,
            "float_type": FLOAT_TYPE,
            "scope": STORE_SCOPE,
        },
        operands={"Rb": RB},
    )
    entries += spread(entry, (plain(archs=SM90_UP), *_modes(SM90_UP, REDUCE, REDUCE_SM100)))
    return tuple(entries)


# Shared memory.
SHARED_TYPES = {0: "", 1: ".S32", 2: ".64"}
SHARED_MEANS = {0: "U32", 1: "S32", 2: "U64"}
SHARED_TYPE = Choice(bits(73, 2), SHARED_TYPES, INVALID, {}, SHARED_MEANS)
SHARED_TYPE_SM90 = Choice(bits(73, 3), SHARED_TYPES | {4: ".128"}, INVALID, {}, SHARED_MEANS | {4: "B128"})
COUNTED = {"scale": SCALED}


def shared_atomics() -> Entries:
    """ATOMS: an operation, a comparison, a count of the threads that ask."""
    entries: list[Opcode] = []
    for archs, type_, first in ((SM75_TO_89, SHARED_TYPE, 9), (SM90_UP, SHARED_TYPE_SM90, 10)):
        type_name = "integer_type" if archs is SM90_UP else "type"
        for code, used in ((0x38C, 0), (0x98C, 1)):
            text = f"ATOMS{{operation}}{{{type_name}}} {{Rd}}, [{{address}}], {{Rb}}"
            entries.append(
                Opcode(
                    "ATOMS", **only(code), archs=archs, text=text,
                    spellings=(Spelling(text.replace("{address}", "{scaled_address}"), when=COUNTED),),
                    modifiers={"operation": OPERATION, type_name: type_, "scale": SCALE},
                    operands={"Rd": RD, "Rb": RB, **shared(64 if used else None)}, fixed={UNIFORM_USED: used},
                )
            )  # fmt: skip
        text = f"ATOMS{{exchange}}{{{type_name}}} {{Rd}}, [{{address}}], {{Rb}}, {{Rc}}"
        entries.append(
            Opcode(
                "ATOMS_CAS", **only(0x38D), archs=archs, text=text,
                spellings=(Spelling(text.replace("{address}", "{scaled_address}"), when=COUNTED),),
                modifiers={"exchange": EXCHANGE, type_name: type_, "scale": SCALE},
                operands={"Rd": RD, "Rb": RB, "Rc": RC, **shared(None)},
            )
        )  # fmt: skip
        if archs is SM90_UP:
            text = text.replace("{Rd}", "{Pd}")
            entries.append(
                Opcode(
                    "ATOMS_CAS_TEST", **only(0x58D), archs=SM100_UP, text=text,
                    spellings=(Spelling(text.replace("{address}", "{scaled_address}"), when=COUNTED),),
                    modifiers={"exchange": EXCHANGE, type_name: type_, "scale": SCALE},
                    operands={"Pd": PD, "Rb": RB, "Rc": RC, **shared(None)},
                    about="Says whether the swap was done, and keeps the old value to itself.",
                )
            )  # fmt: skip
        for name, text_, operation, size in (
            ("ATOMS_ARRIVE", "ATOMS.ARRIVE.64", first, 2),
            ("ATOMS_POPC", "ATOMS.POPC.INC.32", first + 1, 0),
        ):
            text = f"{text_} {{Rd}}, [{{address}}]"
            entries.append(
                Opcode(
                    name, **only(0xF8C), archs=archs, text=text,
                    spellings=(Spelling(text.replace("{address}", "{scaled_address}"), when=COUNTED),),
                    modifiers={"scale": SCALE}, operands={"Rd": RD, **shared(64)},
                    fixed={bits(87, 4): operation, bits(73, 2): size},
                )
            )  # fmt: skip
    for name, text_, operation, size in (
        ("ATOM_ARRIVE", "ARRIVE.64", 9, 2),
        ("ATOM_POPC", "POPC.INC.32", 10, 0),
    ):
        entry = Opcode(
            name,
            **only(0xF8A),
            archs=SM80_TO_89,
            text=f"ATOM{{extended}}.{text_}{{scope}} {{Pd}}, {{Rd}}, @",
            modifiers={"extended": EXTENDED, "scope": STORE_SCOPE},
            operands={"Pd": PD, "Rd": RD},
            fixed={bits(87, 4): operation, bits(73, 3): size},
        )
        entries += spread(entry, (plain(archs=SM80_TO_89), *UNDESCRIBED.with_uniform(SM80_TO_89)))
    return tuple(entries)


# Loads that reduce over the memories of a multicast object.
MULTICAST_OPERATIONS = {0: ".ADD", 1: ".MIN", 2: ".MAX", 5: ".AND", 6: ".OR", 7: ".XOR"}
MULTICAST_TYPE = choice(
    bits(73, 3),
    ".32",
    ".S32",
    ".64",
    ".S64",
    otherwise=INVALID,
    means={0: "U32", 1: "S32", 2: "U64", 3: "S64"},
)


def multicast_loads() -> Entries:
    """LDGMC."""
    entries: list[Opcode] = []
    for archs, layout, precise in (
        (SM90_ONLY, Layout(64, 70, 71), ".F32ADD"),
        (SM100_UP, Layout(64, 81, 82), ".HPADD"),
    ):
        integers = Opcode(
            "LDGMC",
            **only(0x9A4),
            archs=archs,
            text="LDGMC{extended}{operation}{integer_type}{scope} {Rd}, @",
            modifiers={
                "extended": EXTENDED,
                "operation": Choice(bits(87, 4), MULTICAST_OPERATIONS, INVALID),
                "integer_type": MULTICAST_TYPE,
                "scope": STORE_SCOPE,
            },
            operands={"Rd": RD},
        )
        floats = Opcode(
            "LDGMC_FLOAT",
            **only(0x9A5),
            archs=archs,
            text="LDGMC{extended}{operation}{float_type}{scope} {Rd}, @",
            modifiers={
                "extended": EXTENDED,
                "operation": choice(bits(88, 2), ".ADD", ".MIN", ".MAX", precise),
                "float_type": MULTICAST_FLOAT_TYPE,
                "scope": STORE_SCOPE,
            },
            operands={"Rd": RD},
        )
        for entry in (integers, floats):
            entries += spread(entry, (plain(archs=archs), *layout.with_uniform(archs)))
    return tuple(entries)


def remote_reductions() -> Entries:
    """REDAS: on the shared memory of another block of the cluster."""
    names = Choice(bits(73, 3), SHARED_TYPES, INVALID, {}, SHARED_MEANS)
    entry = Opcode(
        "REDAS",
        **only(0xDBE),
        archs=SM90_UP,
        text="REDAS{operation}{integer_type} @, {Rb}",
        modifiers={
            "operation": choice(bits(87, 4), *OPERATIONS[:8], otherwise=INVALID),
            "integer_type": names,
        },
        operands={"Rb": RB},
    )
    return spread(entry, remote(72))


OPCODES = (
    *atomics("ATOM", 0x38A, 0x98A, OPERATION),
    *atomics("ATOMG", 0x3A8, 0x9A8, GLOBAL_OPERATION),
    *float_atomics("ATOM", 0x9A2),
    *float_atomics("ATOMG", 0x9A3),
    *compare_and_swap("ATOM", 0x38B),
    *compare_and_swap("ATOMG", 0x3A9),
    *reductions(),
    *shared_atomics(),
    *multicast_loads(),
    *remote_reductions(),
)
