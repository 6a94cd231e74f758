"""The words in which the tables of machine code are written: where bits lie, and how they read.

An instruction is 128 bits, here one Python int (the low 64 bits come first in memory). An `Opcode` entry
names the twelve opcode bits that it answers to, says which architectures have it, and gives a template of its
text:

    Opcode(
        "FADD", base=0x021, forms=AT_32_AS_C, archs=SM75_UP,
        text="FADD{ftz}{round}{saturate} {Rd}, {Ra}, {B}",
        modifiers={
            "ftz": flag(80, ".FTZ"),
            "saturate": flag(77, ".SAT"),
            "round": choice(bits(78, 2), "", ".RM", ".RP", ".RZ"),
        },
        operands={
            "Rd": RD,
            "Ra": register(24, negate=72, absolute=73),
            "B": slot(negate=63, absolute=62, immediate=F32),
        },
    )

How to write one:

* `base` is bits 0-8, `forms` the values of bits 9-11 it exists with. Where one 12-bit opcode
  holds several instructions, `fixed={bits(76, 2): 1}` tells them apart: the entry with the most fixed bits
  that fit wins.
* The template is the mnemonic, a space, and operands with ", " between them. An operand that reads as nothing
  (a predicate `hide=True` that is PT, a field whose `when` does not hold) takes its comma away with it.
* A modifier is a `flag` or a `choice`. A value without a name makes the instruction unknown, as it is to
  nvdisasm; `otherwise=".INVALID{}"` gives such values a text instead.
* `when={"extended": 1}` on a modifier or operand shows it only where another field has that value (or one of
  a tuple of values, or what a `Condition` accepts). The value of a slot is its register number or immediate.
* What lies in bits 32-63 depends on the form: `slot()` is that, whichever form; `slot_b()` and `slot_c()` are
  the second and third source of a three-source instruction, one of which moves to the register at bit 64.
* `spellings` are other texts for the same instruction, the first whose `when` (and `forms`) holds:
  `Spelling("IMAD.MOV.U32 {Rd}, {Ra}, {B}, {C}", when={...})`. The software GPU sees one opcode.
* What differs by architecture is a second entry of the same name with other `archs`. Fields that mean the
  same have the same name in all entries: the C header makes accessors of names (`sass_FADD_round(word)`).
* Names are words: `ftz`, `saturate`, `round`, `compare`, `boolean`, `signed`, `size`, `scope`, `extended`.
  Operands: `Rd`, `Ra`, `B`, `C`, `Pd`, `Pd2` (predicates written), `Pa`, `Pb` (read), `URd`, `URa`,
  `address`, `offset`.
* After a change, `scripts/generate_sass.py` writes the C header and the documentation again, and
  `scripts/compare_disassembly.py` says where texts differ from nvdisasm's.

Facts about the encoding come from asking nvdisasm, as a black box, about words with bits changed; and from
the encoder of Mesa's NAK (src/nouveau/compiler/nak/sm70_encode.rs), which is under the MIT licence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

# Architectures, by their compute capability as one number.
ARCHITECTURES = (75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121)


def _between(first: int, last: int) -> frozenset[int]:
    return frozenset(arch for arch in ARCHITECTURES if first <= arch <= last)


SM75_UP = _between(75, 999)
SM80_UP = _between(80, 999)
SM86_UP = _between(86, 999)
SM89_UP = _between(89, 999)
SM90_UP = _between(90, 999)
SM100_UP = _between(100, 999)
SM120_UP = _between(120, 999)
SM75_ONLY = _between(75, 75)
SM75_TO_89 = _between(75, 89)
SM75_TO_90 = _between(75, 90)
SM80_TO_90 = _between(80, 90)
SM80_TO_89 = _between(80, 89)
SM90_ONLY = _between(90, 90)
SM100_TO_110 = _between(100, 110)


# Bits 9-11, the form, say what the second and third source (B and C) are: 1 both registers, at 32 and 64;
# 4, 5, 6 B is an immediate, a constant or a uniform register in bits 32-63; 2, 3, 7 C is, and B lies at 64.
ALL_FORMS = (1, 2, 3, 4, 5, 6, 7)
B_FORMS = (1, 4, 5, 6)  # what bits 32-63 hold is the second source
AT_32_AS_C = (1, 2, 3, 7)  # two-source instructions that use the third source's forms

IMMEDIATE_FORMS = (2, 4)
CONSTANT_FORMS = (3, 5)
UNIFORM_FORMS = (6, 7)
C_AT_32_FORMS = (2, 3, 7)


@dataclass(frozen=True)
class Bits:
    """A field of a word: runs of bits (lowest bit, width), the least significant first."""

    parts: tuple[tuple[int, int], ...]

    @property
    def width(self) -> int:
        return sum(width for _, width in self.parts)

    @property
    def mask(self) -> int:
        """The word with ones where the field lies."""
        return sum(((1 << width) - 1) << low for low, width in self.parts)

    def of(self, word: int) -> int:
        """The field's value."""
        value = shift = 0
        for low, width in self.parts:
            value |= (word >> low & ((1 << width) - 1)) << shift
            shift += width
        return value

    def put(self, value: int) -> int:
        """A word with only this field set."""
        word = 0
        for low, width in self.parts:
            word |= (value & ((1 << width) - 1)) << low
            value >>= width
        return word


def bits(low: int, width: int = 1) -> Bits:
    """One run of bits."""
    return Bits(((low, width),))


def joined(*parts: tuple[int, int]) -> Bits:
    """Several runs (lowest bit, width) as one field, the least significant first."""
    return Bits(tuple(parts))


@dataclass(frozen=True)
class Condition:
    """A test of a field's value, with the words that the documentation has for it."""

    words: str
    holds: Callable[[int], bool]


POWER_OF_TWO = Condition("a power of two", lambda value: value > 0 and value & (value - 1) == 0)


def is_not(*values: int) -> Condition:
    """Any value but these."""
    return Condition("not " + " or ".join(map(hex, values)), lambda value: value not in values)


When = Mapping[str, int | tuple[int, ...] | Condition]
ALWAYS: When = {}


@dataclass(frozen=True, eq=False)
class Choice:
    """A field whose values have names. Used as a modifier, and as an operand (special registers)."""

    at: Bits
    names: Mapping[int, str]
    otherwise: str | None = None
    when: When = field(default_factory=dict)
    means: Mapping[int, str] | None = None  # names for C where the texts do not make good ones


def choice(
    at: Bits,
    *names: str | None,
    otherwise: str | None = None,
    when: When = ALWAYS,
    means: Mapping[int, str] | None = None,
    **by_value: str,
) -> Choice:
    """Values 0, 1, 2... have these texts; None leaves a value without meaning; `_7=".X"` names value 7."""
    table = {value: name for value, name in enumerate(names) if name is not None}
    table |= {int(key.lstrip("_"), 0): name for key, name in by_value.items()}
    return Choice(at, table, otherwise, when, means)


def flag(at: int, on: str, off: str = "", when: When = ALWAYS) -> Choice:
    """One bit with its text."""
    return Choice(bits(at), {0: off, 1: on}, None, when)


@dataclass(frozen=True, eq=False)
class Number:
    """A field that reads as a number. Styles: HEX, SIGNED_HEX, DECIMAL, F32, F16X2..."""

    at: Bits
    style: str
    scale: int = 1
    hide: int | None = None  # this value reads as nothing
    before: str = ""
    after: str = ""
    when: When = field(default_factory=dict)
    negate: int | None = None


HEX, SIGNED_HEX, DECIMAL, F32, F64_HIGH, F16, BF16, F16X2, BF16X2 = (
    "hex",
    "signed hex",
    "decimal",
    "f32",
    "high half of f64",
    "f16",
    "bf16",
    "f16x2",
    "bf16x2",
)


def number(
    low: int | Bits,
    width: int = 1,
    style: str = HEX,
    *,
    scale: int = 1,
    hide: int | None = None,
    before: str = "",
    after: str = "",
    when: When = ALWAYS,
) -> Number:
    """A number of `width` bits, times `scale`; the value `hide` is not shown."""
    at = low if isinstance(low, Bits) else bits(low, width)
    return Number(at, style, scale, hide, before, after, when)


@dataclass(frozen=True, eq=False)
class Register:
    """A vector register, R255 being RZ. The bits of negate, absolute, invert and reuse are optional.

    complement: with this bit set, the bit of negate means "~" (what the extended forms of additions do).
    """

    at: Bits
    negate: int | None = None
    absolute: int | None = None
    invert: int | None = None
    reuse: int | None = None
    suffix: Choice | None = None  # read inside the bars of an absolute value, after ".reuse"
    hide: int | None = None
    uniform: bool = False
    when: When = field(default_factory=dict)
    complement: int | None = None


# The reuse flag belongs to the source that a register is, which its place usually tells.
REUSE_OF_PLACE = {24: 122, 32: 123, 64: 124}
BY_PLACE = -1


def register(
    low: int,
    *,
    negate: int | None = None,
    absolute: int | None = None,
    invert: int | None = None,
    reuse: int | None = BY_PLACE,
    suffix: Choice | None = None,
    hide: int | None = None,
    when: When = ALWAYS,
    complement: int | None = None,
) -> Register:
    """A vector register whose number begins at bit `low`."""
    if reuse == BY_PLACE:
        reuse = REUSE_OF_PLACE.get(low)
    return Register(bits(low, 8), negate, absolute, invert, reuse, suffix, hide, False, when, complement)


def uniform(
    low: int,
    *,
    negate: int | None = None,
    absolute: int | None = None,
    invert: int | None = None,
    suffix: Choice | None = None,
    hide: int | None = None,
    when: When = ALWAYS,
    complement: int | None = None,
) -> Register:
    """A uniform register; the last one (63, from sm_100 on 255) is URZ. `hide=URZ` shows nothing for it."""
    return Register(bits(low, 8), negate, absolute, invert, None, suffix, hide, True, when, complement)


URZ = 255  # as `hide` and in conditions: URZ of any architecture
RZ = 255
PT = 7

RD = register(16, reuse=None)
URD = uniform(16)


@dataclass(frozen=True, eq=False)
class Predicate:
    """A predicate register, P7 being PT. `hide` shows nothing for an unnegated PT."""

    at: Bits
    negate: int | None = None
    hide: bool = False
    uniform: bool = False
    when: When = field(default_factory=dict)


def predicate(
    low: int | Bits, *, negate: int | None = None, hide: bool = False, when: When = ALWAYS
) -> Predicate:
    """A vector predicate at bits low to low + 2."""
    return Predicate(low if isinstance(low, Bits) else bits(low, 3), negate, hide, False, when)


def uniform_predicate(
    low: int | Bits, *, negate: int | None = None, hide: bool = False, when: When = ALWAYS
) -> Predicate:
    """A uniform predicate at bits low to low + 2."""
    return Predicate(low if isinstance(low, Bits) else bits(low, 3), negate, hide, True, when)


@dataclass(frozen=True, eq=False)
class Slot:
    """A source that is a register, an immediate, a constant or a uniform register, as the form says.

    place: "32" whatever bits 32-63 hold; "b", "c" the second and third source of three.
    Bits of negate, absolute, invert, suffix: first where the source lies at 32, then where it lies at 64.
    """

    place: str
    negate: tuple[int | None, int | None] = (None, None)
    absolute: tuple[int | None, int | None] = (None, None)
    invert: tuple[int | None, int | None] = (None, None)
    suffix: tuple[Choice | None, Choice | None] = (None, None)
    reuse: int | None = None
    immediate: str = HEX
    uniform_registers: bool = False  # registers of the uniform file in every form
    when: When = field(default_factory=dict)
    hide: int | None = None
    complement: int | None = None


def slot(
    *,
    negate: int | None = None,
    absolute: int | None = None,
    invert: int | None = None,
    suffix: Choice | None = None,
    reuse: int | None = 123,
    immediate: str = HEX,
    uniform_registers: bool = False,
    when: When = ALWAYS,
    hide: int | None = None,
    complement: int | None = None,
) -> Slot:
    """The source in bits 32-63."""
    return Slot(
        "32", (negate, None), (absolute, None), (invert, None), (suffix, None), reuse, immediate,
        uniform_registers, when, hide, complement,
    )  # fmt: skip


Both = int | tuple[int | None, int | None] | None


def _both(given: Both) -> tuple[int | None, int | None]:
    return given if isinstance(given, tuple) else (given, given)


def slot_b(
    *,
    negate: Both = None,
    absolute: Both = None,
    invert: Both = None,
    suffix: tuple[Choice | None, Choice | None] = (None, None),
    reuse: int | None = 123,
    immediate: str = HEX,
    uniform_registers: bool = False,
    when: When = ALWAYS,
    complement: int | None = None,
) -> Slot:
    """The second source of three: at 32, or at 64 where the third is an immediate, constant or uniform."""
    return Slot(
        "b", _both(negate), _both(absolute), _both(invert), suffix, reuse, immediate, uniform_registers, when,
        None, complement,
    )  # fmt: skip


def slot_c(
    *,
    negate: Both = None,
    absolute: Both = None,
    invert: Both = None,
    suffix: tuple[Choice | None, Choice | None] = (None, None),
    reuse: int | None = 124,
    immediate: str = HEX,
    uniform_registers: bool = False,
    when: When = ALWAYS,
    complement: int | None = None,
) -> Slot:
    """The third source: the register at 64, or at 32 an immediate, constant or uniform register."""
    return Slot(
        "c", _both(negate), _both(absolute), _both(invert), suffix, reuse, immediate, uniform_registers, when,
        None, complement,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Sum:
    """Parts of an address, joined by "+"; what reads as nothing is left out, nothing at all is `empty`."""

    parts: tuple[Register | Number, ...]
    names: tuple[str, ...]
    empty: str = "RZ"
    when: When = field(default_factory=dict)


def address(empty: str = "RZ", when: When = ALWAYS, **parts: Register | Number) -> Sum:
    """`[{address}]` with address(base=register(24, hide=RZ), offset=number(40, 24, SIGNED_HEX, hide=0))."""
    return Sum(tuple(parts.values()), tuple(parts), empty, when)


# Where an operand in a constant bank names it.
BANK = bits(54, 5)
OFFSET = bits(38, 16)


@dataclass(frozen=True, eq=False)
class ConstantAddress:
    """c[bank][offset]; with `bindless` set, cx[UR][offset]."""

    bank: Bits = BANK
    offset: Bits = OFFSET
    bindless: int | None = 91
    base: Register | None = None  # a register added to the offset
    negate: int | None = None
    absolute: int | None = None
    invert: int | None = None
    suffix: Choice | None = None
    when: When = field(default_factory=dict)
    complement: int | None = None


@dataclass(frozen=True, eq=False)
class Target:
    """A place in the code: `scale` times a signed field, from the next instruction on unless absolute."""

    at: Bits
    scale: int = 4
    absolute: bool = False
    when: When = field(default_factory=dict)


Operand = Choice | Number | Register | Predicate | Slot | Sum | ConstantAddress | Target


@dataclass(frozen=True, eq=False)
class Spelling:
    """Another text of the same instruction, where the fields have these values."""

    text: str
    when: When = field(default_factory=dict)
    forms: tuple[int, ...] = ALL_FORMS


@dataclass(frozen=True, eq=False)
class Opcode:
    """One entry of the table: an instruction on some architectures."""

    name: str
    base: int
    forms: tuple[int, ...]
    archs: frozenset[int]
    text: str
    modifiers: Mapping[str, Choice] = field(default_factory=dict)
    operands: Mapping[str, Operand] = field(default_factory=dict)
    spellings: tuple[Spelling, ...] = ()
    fixed: Mapping[Bits, int] = field(default_factory=dict)
    uniform_guard: bool = False
    about: str = ""  # a sentence for the documentation

    @property
    def fields(self) -> dict[str, Operand]:
        """Modifiers and operands, by name."""
        return {**self.modifiers, **self.operands}

    @property
    def codes(self) -> tuple[int, ...]:
        """The 12-bit opcodes it answers to."""
        return tuple(self.base | form << 9 for form in self.forms)

    def archs_of(self, form: int) -> frozenset[int]:
        """The architectures that have one of its forms: from sm_100 on no source is a constant."""
        if form in CONSTANT_FORMS and any(isinstance(operand, Slot) for operand in self.operands.values()):
            return self.archs - SM100_UP
        return self.archs


def only(code: int) -> dict[str, Any]:
    """`**only(0x919)`: base and form of an instruction that has one 12-bit opcode."""
    return {"base": code & 0x1FF, "forms": (code >> 9,)}
