"""Bit fields: the common ground of methods, QMDs, formats and registers.

A field is a range of bits with a name and, often, named values. Values are range-checked when they are
written; a value without a name is shown as the number it is.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, SupportsIndex

from barewire.errors import FieldRange, UnknownName

Settable = SupportsIndex | str


class FieldValue(NamedTuple):
    """What a field holds: the number, and the name that NVIDIA gives it, if any."""

    value: int
    name: str | None = None

    def __str__(self) -> str:
        return self.name if self.name is not None else hex_or_small(self.value)


def hex_or_small(value: int) -> str:
    """A number as a reader wants it: small ones decimal, the rest hexadecimal."""
    return str(value) if value < 10 else f"{value:#x}"


class Field:
    """Bits `high`..`low` of a word, with their named values.

    Attributes:
        name: NVIDIA's name, without the name of what it belongs to.
        low, high: first and last bit, both included.
        values: name of a value -> number.
        owner: name of the method, format or register, for messages.
    """

    __slots__ = ("_names", "high", "low", "name", "owner", "values")

    def __init__(self, name: str, high: int, low: int, values: dict[str, int], owner: str = "") -> None:
        self.name = name
        self.high = high
        self.low = low
        self.values = values
        self.owner = owner
        self._names: dict[int, str] | None = None

    def __repr__(self) -> str:
        return f"Field({self.full_name} {self.high}:{self.low})"

    @property
    def full_name(self) -> str:
        """The name as the header writes it."""
        return f"{self.owner}_{self.name}" if self.owner else self.name

    @property
    def width(self) -> int:
        """Number of bits."""
        return self.high - self.low + 1

    @property
    def mask(self) -> int:
        """The field's bits, in place."""
        return ((1 << self.width) - 1) << self.low

    def number(self, value: Settable) -> int:
        """The number that a value stands for, not yet shifted.

        Raises:
            UnknownName: no value of this field has that name.
            FieldRange: the number is negative or too wide.
        """
        if isinstance(value, str):
            if value not in self.values:
                raise UnknownName(
                    f"{self.full_name} has no value named {value!r}",
                    hint=near_hint(value, self.values),
                    field=self.full_name,
                )
            return self.values[value]
        plain = operator.index(value)
        if not 0 <= plain < (1 << self.width):
            raise FieldRange(
                f"{plain:#x} does not fit into the {self.width} bits of {self.full_name}",
                field=self.full_name,
                value=plain,
                largest=(1 << self.width) - 1,
            )
        return plain

    def encode(self, value: Settable) -> int:
        """The value, checked and shifted into place."""
        return self.number(value) << self.low

    def extract(self, word: int) -> int:
        """The field's number in a word."""
        return (word >> self.low) & ((1 << self.width) - 1)

    def decode(self, word: int) -> FieldValue:
        """The field's number in a word, with its name."""
        value = self.extract(word)
        return FieldValue(value, self.value_name(value))

    def value_name(self, value: int) -> str | None:
        """The name of a value; the first one, where the header gives several."""
        if self._names is None:
            names: dict[int, str] = {}
            for name, number in self.values.items():
                names.setdefault(number, name)
            self._names = names
        return self._names.get(value)


def encode_fields(
    owner: str, fields: Mapping[str, Field], values: Mapping[str, Settable], start: int = 0
) -> int:
    """One word from field values.

    Args:
        start: what the bits outside the named fields hold.

    Raises:
        UnknownName: no such field, or no such named value.
        FieldRange: a value does not fit, or two of the fields share bits and disagree.
    """
    word = start
    written = 0
    for name, value in values.items():
        field = fields.get(name)
        if field is None:
            raise UnknownName(
                f"{owner} has no field {name}",
                hint=near_hint(name, fields) or _no_fields(fields),
                owner=owner,
            )
        mask, bits = field.mask, field.encode(value)
        if (word ^ bits) & mask & written:
            raise FieldRange(
                f"{owner}: {name} shares bits with another given field and disagrees", field=name
            )
        word = word & ~mask | bits
        written |= mask
    return word


def _no_fields(fields: Mapping[str, Field]) -> str | None:
    return None if fields else "It has no fields: give the whole word."


def near(name: str, known: Iterable[str], count: int = 5) -> list[str]:
    """The known names that look most like `name`."""
    import difflib

    choices = list(known)
    found = difflib.get_close_matches(name, choices, count, 0.6)
    for choice in choices:
        if len(found) >= count:
            break
        if choice not in found and (name in choice or choice in name):
            found.append(choice)
    return found


def near_hint(name: str, known: Iterable[str]) -> str | None:
    """A hint that lists names like `name`, or None where there are none."""
    found = near(name, known)
    return f"Near names: {', '.join(found)}." if found else None


def fields_from(raw: Mapping[str, Any], owner: str) -> dict[str, Field]:
    """Field objects from a table's rows (name -> [high, low, values])."""
    return {name: Field(name, high, low, values, owner) for name, (high, low, values) in raw.items()}
