"""Loads, stores, copies and cache control."""

from __future__ import annotations

from barewire.sass.language import (
    DECIMAL,
    HEX,
    RD,
    RZ,
    SIGNED_HEX,
    SM75_ONLY,
    SM75_TO_90,
    SM75_UP,
    SM80_TO_90,
    SM80_UP,
    SM90_ONLY,
    SM90_UP,
    SM100_UP,
    Choice,
    ConstantAddress,
    Opcode,
    Operand,
    Spelling,
    address,
    bits,
    choice,
    flag,
    joined,
    number,
    only,
    predicate,
    register,
    uniform,
)
from barewire.sass.table.addresses import (
    COPY_SCOPE,
    EVICT,
    EXTENDED,
    INVALID,
    LOAD,
    LOAD_SCOPE,
    LOAD_SCOPE_SM75,
    OFFSET,
    ORDERED_STORE_SCOPE,
    PRIVATE_SM75,
    SCALE,
    SCALED,
    SECTORS,
    SECTORS_SM75,
    SIZE,
    SIZE_SM75,
    STORE,
    STORE_SCOPE,
    STORE_SCOPE_SM75,
    UNIFORM_USED,
    Entries,
    Layout,
    Mode,
    inverted_predicate,
    plain,
    remote,
    shared,
    spread,
)

LOCAL_SIZE = SIZE
SHARED_SIZE = choice(
    bits(73, 3), ".U8", ".S8", ".U16", ".S16", "", ".64", ".128", otherwise=".???{}", means=SIZE.means
)
RS = register(32)
FAR_OFFSET = number(32, 32, SIGNED_HEX, hide=0)  # of generic addresses without a uniform register


def loads(name: str, register_code: int, uniform_code: int) -> Entries:
    """LD and LDG."""
    entries: list[Opcode] = []
    for archs in (SM75_ONLY, SM80_UP):
        old = archs is SM75_ONLY
        modifiers = {
            "extended": EXTENDED,
            "evict": EVICT,
            "sectors": SECTORS_SM75 if old else SECTORS,
            "size": SIZE_SM75 if old else SIZE,
            "scope": LOAD_SCOPE_SM75 if old else LOAD_SCOPE,
        }
        if old:
            modifiers["private"] = PRIVATE_SM75
        offset = FAR_OFFSET if name == "LD" else OFFSET
        for code, modes in (
            (register_code, (plain(offset),)),
            (uniform_code, (plain(offset), *LOAD.with_uniform(SM75_UP))),
        ):
            entry = Opcode(
                name, **only(code), archs=archs,
                text=f"{name}{{extended}}{{evict}}{{sectors}}{{size}}{{scope}}{'{private}' if old else ''}"
                " {Pd}, {Rd}, @, {Pa}",
                modifiers=modifiers,
                operands={"Pd": predicate(81, hide=True), "Rd": RD, "Pa": inverted_predicate(64)},
            )  # fmt: skip
            if name == "LD":
                entry = Opcode(
                    name,
                    **only(code),
                    archs=archs,
                    text=entry.text.replace("{Pd}, ", ""),
                    modifiers=modifiers,
                    operands={key: value for key, value in entry.operands.items() if key != "Pd"},
                )
            entries += spread(entry, modes)
    return tuple(entries)


def stores(name: str, register_code: int, uniform_code: int) -> Entries:
    """ST and STG."""
    entries: list[Opcode] = []
    ordered = ORDERED_STORE_SCOPE if name == "STG" else STORE_SCOPE
    scopes = ((SM75_ONLY, STORE_SCOPE_SM75), (SM80_TO_90, STORE_SCOPE), (SM100_UP, ordered))
    for archs, scope in scopes:
        old = archs is SM75_ONLY
        modifiers = {"extended": EXTENDED, "evict": EVICT, "size": SIZE_SM75 if old else SIZE, "scope": scope}
        if old:
            modifiers["private"] = PRIVATE_SM75
        far = name == "ST"
        for code, modes, data in (
            (register_code, (plain(FAR_OFFSET if far else OFFSET),), register(64) if far else RS),
            (uniform_code, STORE.with_uniform(SM75_UP), RS),
        ):
            entry = Opcode(
                name, **only(code), archs=archs,
                text=f"{name}{{extended}}{{evict}}{{size}}{{scope}}{'{private}' if old else ''} @, {{Rb}}",
                modifiers=modifiers, operands={"Rb": data},
            )  # fmt: skip
            entries += spread(entry, modes)
    return tuple(entries)


# Accesses of 32 bytes to two groups of four registers, of which a mask leaves some out: sm_100 and later.
EVICT_L2 = choice(bits(81, 2), ".EFL2", ".ENL2", ".ELL2", otherwise=INVALID)


def wide_accesses() -> Entries:
    """LDG and STG of 256 bits."""
    load = Opcode(
        "LDG_256",
        **only(0x97E),
        archs=SM100_UP,
        text="LDG.E{evict}{evict_l2}{sectors}.256{scope} {Rd2}, {Rd}, @, {mask}, {Pa}",
        modifiers={
            "evict": EVICT,
            "evict_l2": EVICT_L2,
            "sectors": choice(bits(73, 2), *SECTORS.names.values()),
            "scope": LOAD_SCOPE,
        },
        operands={
            "Rd2": register(64, reuse=None),
            "Rd": RD,
            "mask": number(joined((57, 7), (72, 1)), style=HEX, hide=0xFF),
            "Pa": inverted_predicate(87),
        },
    )
    store = Opcode(
        "STG_256",
        **only(0x97F),
        archs=SM100_UP,
        text="STG.E{evict}{evict_l2}.256{scope} @, {Rb}, {Rb2}, {mask}",
        modifiers={"evict": EVICT, "evict_l2": EVICT_L2, "scope": STORE_SCOPE},
        operands={
            "Rb": RS,
            "Rb2": register(16, reuse=None),
            "mask": number(joined((59, 5), (88, 3)), style=HEX, hide=0xFF),
        },
    )
    entries: list[Opcode] = []
    for entry, uniform_at, offset_bits in ((load, 32, 17), (store, 64, 19)):
        base = register(24, suffix=choice(bits(91), "", ".64"))
        offset = number(40, offset_bits, SIGNED_HEX, scale=32, hide=0)
        named: dict[str, Operand] = {
            "descriptor": uniform(uniform_at),
            "address": address(base=base, offset=offset),
        }
        added = {"address": address(base=base, uniform=uniform(uniform_at), offset=offset)}
        modes = (
            Mode(SM100_UP, {bits(76): 1}, "desc[{descriptor}][{address}]", named),
            Mode(SM100_UP, {bits(76): 0}, "[{address}]", added),
        )
        entries += spread(entry, modes)
    return tuple(entries)


def local(name: str, code: int, uniform_code: int, uniform_at: int, is_load: bool) -> Entries:
    """LDL and STL."""
    data = "{Rd}, [{address}]" if is_load else "[{address}], {Rb}"
    operands = {"Rd": RD} if is_load else {"Rb": RS}
    without = Opcode(
        name,
        **only(code),
        archs=SM75_UP,
        text=f"{name}{{evict}}{{size}} {data}",
        modifiers={"evict": EVICT, "size": LOCAL_SIZE},
        operands={**operands, "address": address(base=register(24, hide=RZ), offset=OFFSET)},
        fixed={UNIFORM_USED: 0},
    )
    with_uniform = Opcode(
        name, **only(uniform_code), archs=SM75_UP, text=without.text, modifiers=without.modifiers,
        operands={
            **operands,
            "address": address(base=register(24, hide=RZ), uniform=uniform(uniform_at), offset=OFFSET),
        },
        fixed={UNIFORM_USED: 1},
    )  # fmt: skip
    return (without, with_uniform)


def shared_access(name: str, code: int, uniform_code: int, uniform_at: int, is_load: bool) -> Entries:
    """LDS and STS."""
    entries: list[Opcode] = []
    size = SHARED_SIZE if is_load else SIZE
    for archs in (SM75_ONLY, SM80_UP):
        wide = "{unaligned}" if archs is SM75_ONLY and is_load else ""
        modifiers = {"size": size, "scale": SCALE}
        if wide:
            modifiers["unaligned"] = flag(76, ".U")
        for number_, used in ((code, 0), (uniform_code, 1)):
            place = "{Rd}, [{%s}]" if is_load else "[{%s}], {Rb}"
            entries.append(
                Opcode(
                    name,
                    **only(number_),
                    archs=archs,
                    text=f"{name}{wide}{{size}} " + place % "address",
                    spellings=(
                        Spelling(f"{name}{wide}{{size}} " + place % "scaled_address", when={"scale": SCALED}),
                    ),
                    modifiers=modifiers,
                    operands={
                        **({"Rd": RD} if is_load else {"Rb": RS}),
                        **shared(uniform_at if used else None),
                    },
                    fixed={UNIFORM_USED: used},
                )
            )
    return tuple(entries)


# LDGSTS: global memory to shared memory, without registers between.
# The copy to [UR4] takes its descriptor from the uniform register that follows.
NEXT_UNIFORM = {register: f"UR{register + 1}" for register in range(RZ - 1)} | {RZ - 1: "URZ"}
NEXT_UNIFORM_SM80 = {register: name for register, name in NEXT_UNIFORM.items() if register < 62} | {62: "URZ"}
NEAR_OFFSET = number(32, 12, SIGNED_HEX, hide=0)
SHARED_OFFSET = number(44, 20, SIGNED_HEX, hide=0)
COPY_PREDICATE = predicate(87, negate=90, hide=True)


def _copy_sizes(low: int, first: int) -> Choice:
    names = {first: "", first + 1: ".64", first + 2: ".128"}
    means = {first: "32", first + 1: "64", first + 2: "128"}
    width = 3 if first else 2
    return Choice(bits(low, width), names, INVALID, {}, means)


def copies() -> Entries:
    """LDGSTS."""
    entries: list[Opcode] = []
    variants = (
        (SM80_TO_90, _copy_sizes(73, 4), bits(71, 2), Layout(64, 70, 76, NEAR_OFFSET)),
        (SM100_UP, _copy_sizes(74, 0), bits(72, 2), Layout(64, 83, 76, NEAR_OFFSET)),
    )
    for archs, size, sectors_at, layout in variants:
        modifiers = {
            "bypass": flag(81, "", ".BYPASS"),
            "evict": EVICT,
            "sectors": choice(sectors_at, *SECTORS.names.values()),
            "size": size,
            "zero_fill": flag(82, ".ZFILL"),
            "scope": COPY_SCOPE,
        }
        text = "LDGSTS.E{bypass}{evict}{sectors}{size}{zero_fill}{scope} [{shared}], @, {Pa}"
        plain_shared = address(base=register(16, hide=RZ, reuse=None), offset=SHARED_OFFSET)
        entry = Opcode(
            "LDGSTS", **only(0xFAE), archs=archs, text=text, modifiers=modifiers,
            operands={"shared": plain_shared, "Pa": COPY_PREDICATE},
        )  # fmt: skip
        entries += spread(entry, (plain(NEAR_OFFSET), *layout.with_uniform(archs)))
        uniform_shared = address(
            base=register(16, hide=RZ, reuse=None), uniform=uniform(64), offset=SHARED_OFFSET
        )
        wide = register(24, suffix=choice(bits(layout.wide), ".U32", ".64"))
        for with_descriptor, place in ((1, "desc[{descriptor}][{address}]"), (0, "[{address}]")):
            entries.append(
                Opcode(
                    "LDGSTS",
                    **only(0xDAE),
                    archs=archs,
                    text=text.replace("@", place if archs & SM90_UP else "[{address}]"),
                    modifiers=modifiers,
                    operands={
                        "shared": uniform_shared,
                        "Pa": COPY_PREDICATE,
                        "descriptor": Choice(bits(64, 6), NEXT_UNIFORM_SM80, "UR?")
                        if archs is SM80_TO_90
                        else Choice(bits(64, 8), NEXT_UNIFORM, "UR?"),
                        "address": address(base=wide, offset=NEAR_OFFSET),
                    },
                    fixed={bits(76): with_descriptor},
                )
            )
    return tuple(entries)


# LDC: a constant bank, with a register added to the offset.
LDC_SIZE = choice(bits(73, 3), ".U8", ".S8", ".U16", ".S16", "", ".64", otherwise=INVALID,
                  means={0: "U8", 1: "S8", 2: "U16", 3: "S16", 4: "32", 5: "64"})  # fmt: skip
LDC = Opcode(
    "LDC", **only(0xB82), archs=SM75_UP, text="LDC{size}{mode} {Rd}, {constant}",
    modifiers={"size": LDC_SIZE, "mode": choice(bits(78, 2), "", ".IL", ".IS", ".ISL")},
    operands={"Rd": RD, "constant": ConstantAddress(base=register(24))},
)  # fmt: skip


# Cache control, fences.
CACHE_NAMES = {0: ".PF1", 1: ".PF2", 2: ".WB", 3: ".IV", 4: ".IVALL", 5: ".RS", 6: ".IVALLP", 7: ".WBALL",
               8: ".WBALLP"}  # fmt: skip
LEVEL_TWO = {9: ".PML2", 10: ".DML2", 11: ".RML2"}
WHOLE_CACHE = (4, 6, 7, 8)


def cache_control(archs: frozenset[int], names: dict[int, str]) -> Entries:
    """CCTL: of an address, or of the whole cache."""
    cache = choice(bits(78, 2), "", ".U", ".C", ".I")
    entry = Opcode(
        "CCTL", **only(0x98F), archs=archs, text="CCTL{extended}{cache}{operation} @",
        spellings=(Spelling("CCTL{cache}{operation}", when={"operation": WHOLE_CACHE}),),
        modifiers={"extended": EXTENDED, "cache": cache, "operation": Choice(bits(87, 4), names)},
    )  # fmt: skip
    layout = Layout(uniform_at=32, wide=90, descriptor=None)
    return spread(entry, (plain(offset=number(32, 32, SIGNED_HEX, hide=0)), *layout.with_uniform(archs)))


LEVELS = {0: ".CTA", 1: ".SM", 2: ".GPU", 3: ".SYS", 4: ".INVALID4", 5: ".VC", 6: ".INVALID6", 7: ".INVALID7"}
FENCES: Entries = (
    Opcode(
        "MEMBAR",
        **only(0x992),
        archs=SM75_ONLY,
        text="MEMBAR{order}{scope}{mmio}",
        modifiers={
            "order": choice(bits(79, 2), ".SC", ".ALL", "", ".INVALID3"),
            "scope": Choice(bits(76, 3), LEVELS),
            "mmio": flag(72, ".MMIO"),
        },
    ),
    Opcode(
        "MEMBAR",
        **only(0x992),
        archs=SM80_TO_90 - SM90_ONLY,
        text="MEMBAR{order}{scope}",
        modifiers={
            "order": choice(bits(79, 2), ".SC", ".ALL", "", ".MMIO"),
            "scope": Choice(bits(76, 3), LEVELS),
        },
    ),
    Opcode(
        "MEMBAR",
        **only(0x992),
        archs=SM90_UP,
        text="MEMBAR{order}{scope}",
        spellings=(Spelling("MEMBAR.ASYNC", when={"asynchronous": 1}),),
        modifiers={
            "order": choice(bits(79, 2), ".SC", ".ALL", "", ".MMIO"),
            "scope": Choice(bits(76, 3), LEVELS | {6: ".CTA.PARTIAL"}),
            "asynchronous": flag(73, ".ASYNC"),
        },
    ),
    Opcode("ERRBAR", **only(0x9AB), archs=SM75_UP, text="ERRBAR"),
    Opcode("CGAERRBAR", **only(0x5AB), archs=SM90_UP, text="CGAERRBAR"),
    Opcode("LDGDEPBAR", **only(0x9AF), archs=SM80_UP, text="LDGDEPBAR"),
    Opcode(
        "DEPBAR",
        **only(0x91A),
        archs=SM75_UP,
        text="DEPBAR.LE {barrier}, {count}, {waits}",
        spellings=(Spelling("DEPBAR {waits}", when={"less_or_equal": 0}),),
        modifiers={"less_or_equal": flag(47, ".LE")},
        operands={
            "barrier": number(44, 3, DECIMAL, before="SB"),
            "count": number(38, 6, HEX),
            "waits": Choice(
                bits(32, 6),
                {
                    mask: "{" + ",".join(str(bit) for bit in reversed(range(6)) if mask >> bit & 1) + "}"
                    if mask
                    else ""
                    for mask in range(64)
                },
            ),
        },
        about="Waits until at most `count` operations of a scoreboard (or groups of cp.async) are under way.",
    ),
)

# Which window a generic address lies in.
WINDOWS = (".G", ".L", ".S", ".D")


def window_queries() -> Entries:
    """QSPC."""
    entries: list[Opcode] = []
    for archs in (SM75_TO_90 - SM90_ONLY, SM90_UP):
        names = WINDOWS if archs is SM90_UP else (*WINDOWS[:3], ".INVALID3")
        entry = Opcode(
            "QSPC",
            **only(0x3AA),
            archs=archs,
            text="QSPC{extended}{window} {Pd}, {Rd}, @",
            modifiers={"extended": EXTENDED, "window": choice(bits(73, 2), *names)},
            operands={"Pd": predicate(81), "Rd": RD},
        )
        entries += spread(entry, (plain(),))
        with_uniform = Opcode(
            "QSPC",
            **only(0x9AA),
            archs=archs,
            text=entry.text,
            modifiers=entry.modifiers,
            operands=entry.operands,
        )
        entries += spread(with_uniform, (plain(), *Layout(32, 90, None).with_uniform(archs)))
    return tuple(entries)


# Stores and reductions into another block of the cluster.
STORE_ASYNC_SIZES = {4: "", 5: ".64", 6: ".128"}
STORE_ASYNC = Opcode(
    "STAS",
    **only(0xDBD),
    archs=SM90_UP,
    text="STAS{size} @, {Rb}",
    modifiers={"size": Choice(bits(73, 3), STORE_ASYNC_SIZES, INVALID, {}, {4: "32", 5: "64", 6: "128"})},
    operands={"Rb": RS},
)


def local_cache_control() -> Entries:
    """CCTLL: local memory's lines."""
    names = choice(bits(87, 3), ".PF1", ".PF2", ".WB", ".IV", ".IVALL", ".RS", ".WBALL")
    return (
        Opcode(
            "CCTLL",
            **only(0x990),
            archs=SM75_UP,
            text="CCTLL{operation} [{address}]",
            spellings=(Spelling("CCTLL{operation}", when={"operation": (4, 6)}),),
            modifiers={"operation": names},
            operands={"address": address(base=register(24, hide=RZ), offset=OFFSET)},
        ),
    )


OPCODES = (
    *loads("LD", 0x380, 0x980),
    *loads("LDG", 0x381, 0x981),
    *stores("ST", 0x385, 0x985),
    *stores("STG", 0x386, 0x986),
    *wide_accesses(),
    *local("LDL", 0x983, 0x983, 32, is_load=True),
    *local("STL", 0x387, 0x987, 64, is_load=False),
    *shared_access("LDS", 0x984, 0x984, 32, is_load=True),
    *shared_access("STS", 0x388, 0x988, 64, is_load=False),
    *copies(),
    LDC,
    *cache_control(SM75_ONLY, CACHE_NAMES),
    *cache_control(SM80_UP, CACHE_NAMES | LEVEL_TWO),
    *local_cache_control(),
    *FENCES,
    *window_queries(),
    *spread(STORE_ASYNC, remote(90)),
)
