"""An instruction's text, as nvdisasm prints it.

An entry of the table is compiled once for each form and architecture, into functions from a word to text.
"""

from __future__ import annotations

import functools
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from barewire.sass.language import (
    BF16,
    BF16X2,
    C_AT_32_FORMS,
    CONSTANT_FORMS,
    DECIMAL,
    F16,
    F16X2,
    F32,
    F64_HIGH,
    HEX,
    IMMEDIATE_FORMS,
    PT,
    RZ,
    SIGNED_HEX,
    UNIFORM_FORMS,
    Bits,
    Choice,
    Condition,
    ConstantAddress,
    Number,
    Opcode,
    Operand,
    Predicate,
    Register,
    Slot,
    Sum,
    Target,
    When,
    bits,
)

INSTRUCTION_BYTES = 16
FIRST_EXPONENT_FORM = 1e9  # floats from here on are printed with an exponent and 20 digits
LAST_UNIFORM_BEFORE_SM100 = 63
CONSTANT_VALUE = -1  # what a condition sees of a source in a constant bank


class Place(NamedTuple):
    """Where an instruction stands, and how places in the code are written.

    relocated: the text of the immediate in bits 32-63, or of the target, that the linker fills in.
    """

    pc: int = 0
    label: Callable[[int], str] = hex
    relocated: str = ""


Reader = Callable[[int, Place], str]
Value = Callable[[int], int]


class ReservedValue(ValueError):
    """A field holds a value that has no meaning."""


# Numbers.


def signed(value: int, width: int) -> int:
    """A field of two's complement."""
    return value - (1 << width) if value >> (width - 1) else value


def signed_hex(value: int) -> str:
    """-0x10, 0x10."""
    return f"-{-value:#x}" if value < 0 else f"{value:#x}"


def float_text(value: float, is_quiet: bool, sign: int) -> str:
    """A floating-point immediate; infinities and NaNs by name. Names and -0.0 end in a space."""
    if value != value:
        return f"{'-' if sign else '+'}{'Q' if is_quiet else 'S'}NAN "
    if value in (float("inf"), float("-inf")):
        return "-INF " if sign else "+INF "
    if value == 0 and sign:
        return "-0.0 "
    return f"{value:.20e}" if abs(value) >= FIRST_EXPONENT_FORM else f"{value:.20g}"


def f32_text(word: int) -> str:
    """A single-precision immediate."""
    return float_text(struct.unpack("<f", word.to_bytes(4, "little"))[0], bool(word >> 22 & 1), word >> 31)


def f64_high_text(word: int) -> str:
    """A double-precision immediate of which only the high 32 bits are stored."""
    value = struct.unpack("<d", (word << 32).to_bytes(8, "little"))[0]
    return float_text(value, bool(word >> 19 & 1), word >> 31)


def f16_text(half: int) -> str:
    """A half-precision immediate."""
    return float_text(struct.unpack("<e", half.to_bytes(2, "little"))[0], bool(half >> 9 & 1), half >> 15)


def bf16_text(half: int) -> str:
    """A bfloat16 immediate: the upper half of a single-precision number."""
    return f32_text(half << 16)


STYLES: dict[str, Callable[[int, int], str]] = {
    HEX: lambda value, width: f"{value:#x}",
    SIGNED_HEX: lambda value, width: signed_hex(signed(value, width)),
    DECIMAL: lambda value, width: str(value),
    F32: lambda value, width: f32_text(value),
    F64_HIGH: lambda value, width: f64_high_text(value),
    F16: lambda value, width: f16_text(value & 0xFFFF),
    BF16: lambda value, width: bf16_text(value & 0xFFFF),
    F16X2: lambda value, width: f"{f16_text(value >> 16)}, {f16_text(value & 0xFFFF)}",
    BF16X2: lambda value, width: f"{bf16_text(value >> 16)}, {bf16_text(value & 0xFFFF)}",
}


# Values, as conditions see them.


def value_of(operand: Operand, form: int, arch: int) -> Value:
    """The number that a condition compares: a field's value, a register's number (URZ being 255)."""
    if isinstance(operand, Slot):
        return _slot_value(operand, form, arch)
    if isinstance(operand, Sum):
        return value_of(operand.parts[0], form, arch)
    if isinstance(operand, ConstantAddress):
        return _extractor(operand.offset)
    if isinstance(operand, Register) and operand.uniform:
        return _uniform_number(operand.at, arch)
    return _extractor(operand.at)


def _extractor(at: Bits) -> Value:
    if len(at.parts) > 1:
        return at.of
    ((low, width),) = at.parts
    ones = (1 << width) - 1
    return lambda word: word >> low & ones


def _uniform_number(at: Bits, arch: int) -> Value:
    number = _extractor(at)
    if arch >= 100:
        return number
    return lambda word: RZ if number(word) & 0x3F == LAST_UNIFORM_BEFORE_SM100 else number(word) & 0x3F


class Source(NamedTuple):
    """What a slot is in one form."""

    kind: str  # "register", "immediate", "constant", "uniform"
    at: Bits
    position: int  # 0: in bits 32-63, 1: at bit 64


def source_of(operand: Slot, form: int) -> Source:
    """Where a slot lies in a form, and what it is."""
    moved = operand.place == ("b" if form in C_AT_32_FORMS else "c")
    register_kind = "uniform" if operand.uniform_registers else "register"
    if moved:
        return Source(register_kind, bits(64, 8), 1)
    if form in IMMEDIATE_FORMS:
        return Source("immediate", bits(32, 32), 0)
    if form in CONSTANT_FORMS:
        return Source("constant", bits(38, 16), 0)
    if form in UNIFORM_FORMS:
        return Source("uniform", bits(32, 8), 0)
    return Source(register_kind, bits(32, 8), 0)


def _slot_value(operand: Slot, form: int, arch: int) -> Value:
    source = source_of(operand, form)
    if source.kind == "constant":
        return lambda word: CONSTANT_VALUE
    if source.kind == "uniform":
        return _uniform_number(source.at, arch)
    return _extractor(source.at)


# Text of operands.


def reader(operand: Operand, form: int, arch: int) -> Reader:
    """The function from a word to an operand's text."""
    if isinstance(operand, Choice):
        return _choice(operand)
    if isinstance(operand, Number):
        return _number(operand)
    if isinstance(operand, Register):
        return _register(operand, arch)
    if isinstance(operand, Predicate):
        return _predicate(operand)
    if isinstance(operand, Slot):
        return reader(resolved(operand, form), form, arch)
    if isinstance(operand, Sum):
        return _sum(operand, form, arch)
    if isinstance(operand, ConstantAddress):
        return _constant(operand, arch)
    return _target(operand)


def resolved(operand: Slot, form: int) -> Operand:
    """The plain operand that a slot is in one form."""
    source = source_of(operand, form)
    if source.kind == "immediate":
        return Number(source.at, operand.immediate, when=operand.when)
    negate, absolute, invert = (
        each[source.position] for each in (operand.negate, operand.absolute, operand.invert)
    )
    suffix = operand.suffix[source.position]
    if source.kind == "constant":
        return ConstantAddress(
            negate=negate, absolute=absolute, invert=invert, suffix=suffix, when=operand.when,
            complement=operand.complement,
        )  # fmt: skip
    is_uniform = source.kind == "uniform"
    reuse = None if is_uniform else operand.reuse
    return Register(
        source.at, negate, absolute, invert, reuse, suffix, operand.hide, is_uniform, operand.when,
        operand.complement,
    )  # fmt: skip


def _choice(operand: Choice) -> Reader:
    value, names, otherwise = _extractor(operand.at), operand.names, operand.otherwise

    def read(word: int, place: Place) -> str:
        number = value(word)
        name = names.get(number)
        if name is not None:
            return name
        if otherwise is None:
            raise ReservedValue(f"{number} in bits {describe(operand.at)}")
        return otherwise.format(number)

    return read


def describe(at: Bits) -> str:
    """78-79, or 75,72-73."""
    return ",".join(
        str(low) if width == 1 else f"{low}-{low + width - 1}" for low, width in reversed(at.parts)
    )


def _number(operand: Number) -> Reader:
    value, width, scale = _extractor(operand.at), operand.at.width, operand.scale
    style, hide, before, after = STYLES[operand.style], operand.hide, operand.before, operand.after
    if scale != 1:
        width += scale.bit_length() - 1
    may_be_relocated = operand.at == bits(32, 32)

    def read(word: int, place: Place) -> str:
        if may_be_relocated and place.relocated:
            return place.relocated
        number = value(word)
        if number == hide:
            return ""
        return f"{before}{style(number * scale, width)}{after}"

    return read


def _decorated(plain: Callable[[int], str], operand: Register | ConstantAddress) -> Reader:
    """A sign, bars or a tilde around a source, where their bits are set."""
    minus, bars, tilde, complement = (
        0 if bit is None else 1 << bit
        for bit in (operand.negate, operand.absolute, operand.invert, operand.complement)
    )
    if not minus | bars | tilde:
        return lambda word, place: plain(word)
    any_of_them = minus | bars | tilde

    def read(word: int, place: Place) -> str:
        text = plain(word)
        if not word & any_of_them:
            return text
        if word & bars:
            text = f"|{text}|"
        if word & minus:
            text = f"~{text}" if word & complement else f"-{text}"
        return f"~{text}" if word & tilde else text

    return read


def register_names(is_uniform: bool) -> list[str]:
    """R0 ... R254, RZ; UR0 ... URZ."""
    letters = "UR" if is_uniform else "R"
    return [f"{letters}{number}" for number in range(RZ)] + [f"{letters}Z"]


NAMES = {is_uniform: register_names(is_uniform) for is_uniform in (False, True)}


def _register(operand: Register, arch: int) -> Reader:
    number = _uniform_number(operand.at, arch) if operand.uniform else _extractor(operand.at)
    names = NAMES[operand.uniform]
    tail = _register_tail(operand)
    # The bars of an absolute value stand around a vector register alone, around a uniform one with its tail.
    inside, outside = (tail, None) if operand.uniform else (None, tail)

    def plain(word: int) -> str:
        return names[number(word)] + inside(word) if inside else names[number(word)]

    decorated = _decorated(plain, operand)

    def read(word: int, place: Place) -> str:
        return decorated(word, place) + outside(word) if outside else decorated(word, place)

    if operand.hide is None:
        return read
    return lambda word, place: "" if number(word) == operand.hide else read(word, place)


def _register_tail(operand: Register) -> Callable[[int], str] | None:
    """What follows a register's name: ".reuse", and which half of it is meant."""
    if operand.reuse is None and operand.suffix is None:
        return None
    reuse = 0 if operand.reuse is None else 1 << operand.reuse
    suffix = _choice(operand.suffix) if operand.suffix else None
    nowhere = Place()

    def tail(word: int) -> str:
        text = ".reuse" if word & reuse else ""
        return text + suffix(word, nowhere) if suffix else text

    return tail


def _predicate(operand: Predicate) -> Reader:
    number = _extractor(operand.at)
    letters = "UP" if operand.uniform else "P"
    names = [f"{letters}{index}" for index in range(PT)] + [f"{letters}T"]
    if operand.hide:
        names[PT] = ""
    full = f"!{letters}T"
    negate = 0 if operand.negate is None else 1 << operand.negate

    def read(word: int, place: Place) -> str:
        index = number(word)
        if word & negate:
            return full if index == PT else f"!{names[index]}"
        return names[index]

    return read


def _sum(operand: Sum, form: int, arch: int) -> Reader:
    named = dict(zip(operand.names, operand.parts, strict=True))
    readers = [_guarded(part, named, form, arch) for part in operand.parts]
    empty = operand.empty

    def read(word: int, place: Place) -> str:
        return "+".join(text for text in (part(word, place) for part in readers) if text) or empty

    return read


def _constant(operand: ConstantAddress, arch: int) -> Reader:
    bank, offset, width = _extractor(operand.bank), _extractor(operand.offset), operand.offset.width
    handle = _uniform_number(bits(32, 8), arch)
    bindless = 0 if operand.bindless is None else 1 << operand.bindless
    base = _register(operand.base, arch) if operand.base else None
    suffix = _choice(operand.suffix) if operand.suffix else None
    nowhere = Place()

    def plain(word: int) -> str:
        distance = signed(offset(word), width)
        place = signed_hex(distance)
        if base:
            register = base(word, nowhere)
            if distance == 0:
                place = register
            elif register not in ("RZ", "URZ"):
                place = f"{register}+{place}"
        array = f"cx[{NAMES[True][handle(word)]}]" if word & bindless else f"c[{bank(word):#x}]"
        if suffix:
            return f"{array} [{place}]{suffix(word, nowhere)}"
        return f"{array}[{place}]"

    return _decorated(plain, operand)


def target_of(operand: Target, word: int, pc: int) -> int:
    """The address that a branch names."""
    distance = signed(operand.at.of(word), operand.at.width) * operand.scale
    return distance if operand.absolute else pc + INSTRUCTION_BYTES + distance


def _target(operand: Target) -> Reader:
    if operand.absolute:
        return lambda word, place: place.relocated or signed_hex(target_of(operand, word, 0))
    return lambda word, place: place.relocated or place.label(target_of(operand, word, place.pc))


# Conditions.


def holds(when: When, fields: Mapping[str, Operand], form: int, arch: int) -> Callable[[int], bool]:
    """Whether every field named has the value asked for."""
    tests = [
        _test(value_of(fields[name], form, arch), wanted) for name, wanted in when.items() if name != "form"
    ]
    return lambda word: all(test(word) for test in tests)


def _test(value: Value, wanted: int | tuple[int, ...] | Condition) -> Callable[[int], bool]:
    if isinstance(wanted, Condition):
        accepts = wanted.holds
        return lambda word: accepts(value(word))
    if isinstance(wanted, tuple):
        return lambda word: value(word) in wanted
    return lambda word: value(word) == wanted


def _guarded(operand: Operand, fields: Mapping[str, Operand], form: int, arch: int) -> Reader:
    read = reader(operand, form, arch)
    if not operand.when:
        return read
    shown = holds(operand.when, fields, form, arch)
    return lambda word, place: read(word, place) if shown(word) else ""


# Templates.

_FIELD = re.compile(r"\{(\w+)\}")


class Template:
    """A template compiled for one form and architecture."""

    def __init__(self, text: str, fields: Mapping[str, Operand], form: int, arch: int) -> None:
        mnemonic, _, operands = text.partition(" ")
        self.mnemonic = _segment(mnemonic, fields, form, arch)
        self.operands = [_segment(part, fields, form, arch) for part in operands.split(", ") if part]

    def __call__(self, word: int, place: Place) -> str:
        texts = [text for text in (segment(word, place) for segment in self.operands) if text]
        mnemonic = self.mnemonic(word, place)
        return f"{mnemonic} {', '.join(texts).rstrip()}" if texts else mnemonic


def _segment(text: str, fields: Mapping[str, Operand], form: int, arch: int) -> Reader:
    parts: list[Reader] = []
    for index, piece in enumerate(_FIELD.split(text)):
        if index % 2:
            parts.append(_guarded(fields[piece], fields, form, arch))
        elif piece:
            parts.append(functools.partial(_literal, piece))
    if len(parts) == 1:
        return parts[0]
    return lambda word, place: "".join([part(word, place) for part in parts])


def _literal(text: str, word: int, place: Place) -> str:
    return text


def _closed_choices(fields: Mapping[str, Operand], form: int) -> Iterator[tuple[str, Choice]]:
    """The choices that do not name all their values, also those behind registers."""
    for name, field in fields.items():
        plain = resolved(field, form) if isinstance(field, Slot) else field
        found = plain if isinstance(plain, Choice) else getattr(plain, "suffix", None)
        if found is not None and found.otherwise is None and len(found.names) < 1 << found.at.width:
            yield name, found


class Plan:
    """An entry compiled for one form and architecture: its text, and whether a word is it."""

    def __init__(self, entry: Opcode, form: int, arch: int) -> None:
        self.entry, self.form, self.arch = entry, form, arch
        self.mask = sum(at.mask for at in entry.fixed)
        self.value = sum(at.put(value) for at, value in entry.fixed.items())
        fields = entry.fields
        self.spellings = [
            (holds(spelling.when, fields, form, arch), Template(spelling.text, fields, form, arch))
            for spelling in entry.spellings
            if form in spelling.forms
        ]
        self.template = Template(entry.text, fields, form, arch)
        self.guards = GUARDS[entry.uniform_guard]
        self._named = [
            (name, choice.at, _extractor(choice.at), choice.names, holds(choice.when, fields, form, arch))
            for name, choice in _closed_choices(fields, form)
        ]

    def shows(self, name: str, word: int) -> bool:
        """Whether an operand is part of a word's text."""
        fields = self.entry.fields
        named = f"{{{name}}}" in self.entry.text
        return named and holds(fields[name].when, fields, self.form, self.arch)(word)

    def reserved(self, word: int) -> str:
        """Which field of a word holds a value that has no meaning; "" if none does."""
        for name, at, value, names, is_shown in self._named:
            number = value(word)
            if number not in names and is_shown(word):
                return f"{self.entry.name}: {name} (bits {describe(at)}) has no value {number}"
        return ""

    def text(self, word: int, place: Place) -> str:
        """The instruction's text, without the semicolon.

        Raises:
            ReservedValue: a field holds a value that has no meaning.
        """
        template = self.template
        for fits, spelling in self.spellings:
            if fits(word):
                template = spelling
                break
        return self.guards[word >> 12 & 0xF] + template(word, place)


def _guard_texts(letters: str) -> list[str]:
    names = [f"{letters}{index}" for index in range(PT)] + [f"{letters}T"]
    return [f"@{name} " for name in names[:PT]] + [""] + [f"@!{name} " for name in names]


GUARDS = {False: _guard_texts("P"), True: _guard_texts("UP")}
