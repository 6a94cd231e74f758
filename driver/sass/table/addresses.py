"""What the entries of loads, stores and atomics share: addresses, scopes, sizes, cache policies.

A 64-bit address is two registers, a uniform pair, or their sum, and a signed offset of 24 bits. From
sm_80 on most accesses name a descriptor of global memory instead of the pair: `desc[UR4][R2.64+0x10]`,
of which sm_80 to sm_89 print only `[R2.64+0x10]`. Where the bits for all this lie differs between loads,
stores and atomics, and again from sm_100 on, where uniform registers have eight bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from barewire.sass.language import (
    RZ,
    SIGNED_HEX,
    SM75_ONLY,
    SM75_UP,
    SM80_TO_89,
    SM80_UP,
    SM90_UP,
    URZ,
    Bits,
    Choice,
    Number,
    Opcode,
    Operand,
    Register,
    Sum,
    address,
    bits,
    choice,
    flag,
    number,
    register,
    uniform,
)

UNIFORM_USED = bits(91)
SHOW_DESCRIPTOR = bits(101)  # sm_80 to sm_89 print the descriptor where the program chose its own
WIDTHS = (".U32", ".64")

EXTENDED = flag(72, ".E")
INVALID = ".INVALID{}"

EVICT = choice(bits(84, 3), ".EF", "", ".EL", ".LU", ".EU", ".NA", otherwise=INVALID)
SIZE = choice(bits(73, 3), ".U8", ".S8", ".U16", ".S16", "", ".64", ".128", otherwise=INVALID,
              means={0: "U8", 1: "S8", 2: "U16", 3: "S16", 4: "32", 5: "64", 6: "128"})  # fmt: skip
SIZE_SM75 = Choice(SIZE.at, {**SIZE.names, 7: ".U.128"}, INVALID, {}, {**(SIZE.means or {}), 7: "U_128"})
SECTORS = choice(bits(68, 2), "", ".LTC64B", ".LTC128B", ".LTC256B")
SECTORS_SM75 = choice(bits(68, 2), "", ".LTC64B", ".LTC128B", otherwise=INVALID)

_CONSTANT = {
    1: ".CONSTANT.PRIVATE",
    2: ".CONSTANT.CTA",
    3: ".CONSTANT.CTA.PRIVATE",
    9: ".CONSTANT.SM",
    11: ".CONSTANT.SM.PRIVATE",
    13: ".CONSTANT.VC",
    14: ".CONSTANT.VC.PRIVATE",
    15: ".CONSTANT.GPU",
}
_SCOPES = _CONSTANT | {0: "", 5: ".STRONG.SM", 6: ".STRONG.GPU.PRIVATE", 7: ".STRONG.GPU", 8: ".MMIO.GPU",
                       10: ".STRONG.SYS", 12: ".MMIO.SYS"}  # fmt: skip
LOAD_SCOPE = Choice(bits(77, 4), _SCOPES | {4: ".CONSTANT"})
STORE_SCOPE = Choice(bits(77, 4), _SCOPES | {4: ".STRONG.SM.PRIVATE"})
ORDERED_STORE_SCOPE = Choice(
    bits(77, 4),
    {**STORE_SCOPE.names} | {13: ".SYS.ORDERED", 14: ".STRONG.SYS.ORDERED", 15: ".MMIO.SYS.ORDERED"},
)
COPY_SCOPE = Choice(
    bits(77, 4),
    _CONSTANT
    | {
        0: "",
        4: ".CONSTANT",
        5: ".MMIO.CTA",
        6: ".GPU.PRIVATE",
        7: ".MMIO.CTA.PRIVATE",
        8: ".MMIO.SM",
        10: ".MMIO.VC",
        12: ".MMIO.GPU",
    },
)


def _sm75_scope(weakest: str, strongest: str) -> Choice:
    orders = (weakest, "", ".STRONG", strongest)
    levels = (".CTA", ".SM", ".GPU", ".SYS")
    return Choice(
        bits(77, 4), {4 * high + low: a + b for high, a in enumerate(orders) for low, b in enumerate(levels)}
    )


LOAD_SCOPE_SM75 = _sm75_scope(".CONSTANT", ".MMIO")
STORE_SCOPE_SM75 = _sm75_scope(".INVALID0", ".MMIO")
ATOMIC_SCOPE_SM75 = _sm75_scope(".INVALID0", ".INVALID3")
PRIVATE_SM75 = flag(76, ".PRIVATE")

# A predicate whose number is stored inverted, so that nothing but zeros is "always".
_INVERTED = {0: ""} | {value: f"P{7 - value}" for value in range(1, 8)}
_INVERTED |= {8: "!PT"} | {8 + value: f"!P{7 - value}" for value in range(1, 8)}


def inverted_predicate(low: int) -> Choice:
    """A source predicate at bits low to low + 3: 7 minus its number, and a bit that negates."""
    return Choice(bits(low, 4), _INVERTED)


OFFSET = number(40, 24, SIGNED_HEX, hide=0)


@dataclass(frozen=True)
class Mode:
    """One way to name an address.

    Attributes:
        archs: where it exists.
        fixed: the bits that choose it.
        text: what stands for the address in the template.
        operands: its fields.
    """

    archs: frozenset[int]
    fixed: Mapping[Bits, int]
    text: str
    operands: Mapping[str, Operand]


def plain(offset: Number = OFFSET, archs: frozenset[int] = SM75_UP) -> Mode:
    """A register and an offset."""
    return Mode(
        archs,
        {UNIFORM_USED: 0},
        "[{address}]",
        {"address": address(base=register(24, hide=RZ), offset=offset)},
    )


def _wide(wide: int | Bits, hide: int | None = None) -> Register:
    at = bits(wide) if isinstance(wide, int) else wide
    return register(24, suffix=choice(at, *WIDTHS), hide=hide)


@dataclass(frozen=True)
class Layout:
    """Where the bits of an address with a uniform register lie.

    Attributes:
        uniform_at: the uniform register.
        wide: the bit that says that the register is a pair.
        descriptor: the bit that says that the uniform register is a descriptor; None where there is none.
    """

    uniform_at: int
    wide: int
    descriptor: int | None
    offset: Number = OFFSET

    def with_uniform(self, archs: frozenset[int]) -> tuple[Mode, ...]:
        """The modes with a uniform register on these architectures."""
        modes = [
            self._sum(archs & SM75_ONLY, None, RZ),
            self._sum(archs & SM80_TO_89, 0, RZ),
            self._hidden_descriptor(archs & SM80_TO_89),
            self._shown_descriptor(archs & SM80_TO_89, {SHOW_DESCRIPTOR: 1}),
            self._sum(archs & SM90_UP, 0, None),
            self._shown_descriptor(archs & SM90_UP, {}),
        ]
        return tuple(mode for mode in modes if mode is not None and mode.archs)

    def _fixed(self, descriptor: int | None) -> dict[Bits, int]:
        if descriptor is None or self.descriptor is None:
            return {UNIFORM_USED: 1}
        return {UNIFORM_USED: 1, bits(self.descriptor): descriptor}

    def _sum(self, archs: frozenset[int], descriptor: int | None, hide: int | None) -> Mode:
        parts = address(base=_wide(self.wide, hide), uniform=uniform(self.uniform_at), offset=self.offset)
        return Mode(archs, self._fixed(descriptor), "[{address}]", {"address": parts})

    def _hidden_descriptor(self, archs: frozenset[int]) -> Mode | None:
        if self.descriptor is None:
            return None
        parts = address(base=_wide(self.wide), offset=self.offset)
        return Mode(archs, self._fixed(1), "[{address}]", {"address": parts})

    def _shown_descriptor(self, archs: frozenset[int], fixed: Mapping[Bits, int]) -> Mode | None:
        if self.descriptor is None:
            return None
        parts = address(base=_wide(self.wide), offset=self.offset)
        return Mode(
            archs, {**self._fixed(1), **fixed}, "desc[{descriptor}][{address}]",
            {"descriptor": uniform(self.uniform_at), "address": parts},
        )  # fmt: skip


LOAD = Layout(uniform_at=32, wide=90, descriptor=76)
STORE = Layout(uniform_at=64, wide=90, descriptor=76)


def spread(entry: Opcode, modes: tuple[Mode, ...]) -> tuple[Opcode, ...]:
    """The entry once for each mode that exists on its architectures; `@` in its text is the address."""
    return tuple(
        replace(
            entry,
            archs=entry.archs & mode.archs,
            text=entry.text.replace("@", mode.text),
            operands={**entry.operands, **mode.operands},
            fixed={**entry.fixed, **mode.fixed},
        )
        for mode in modes
        if entry.archs & mode.archs
    )


def remote(wide: int) -> tuple[Mode, ...]:
    """Addresses in the shared memory of another block: beside a pair of registers URZ is not shown."""
    modes: list[Mode] = []
    for is_wide, hide in ((1, URZ), (0, None)):
        base = register(24, suffix=choice(bits(wide), *WIDTHS))
        parts = address(base=base, uniform=uniform(64, hide=hide), offset=OFFSET)
        modes.append(Mode(SM90_UP, {bits(wide): is_wide}, "[{address}]", {"address": parts}))
    return tuple(modes)


# Shared memory: a register that is scaled, a uniform register, an offset.
SCALE = choice(bits(78, 2), "", ".X4", ".X8", ".X16")
SCALED = (1, 2, 3)


def shared(uniform_at: int | None, offset: Number = OFFSET, hide: int | None = RZ) -> Mapping[str, Sum]:
    """`address`, and `scaled_address` for where the register is multiplied."""
    rest: dict[str, Register | Number] = {"offset": offset}
    if uniform_at is not None:
        rest = {"uniform": uniform(uniform_at), **rest}
    return {
        "address": _sum(base=register(24, hide=hide), **rest),
        "scaled_address": _sum(base=register(24, suffix=SCALE), **rest),
    }


def _sum(**parts: Register | Number) -> Sum:
    return Sum(tuple(parts.values()), tuple(parts))


Entries = tuple[Opcode, ...]
Maker = Callable[[frozenset[int]], Opcode]
SM75_AND_REST = (SM75_ONLY, SM80_UP)
