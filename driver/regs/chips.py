"""Register tables: what is published of each chip, from Turing to Blackwell.

Facts: OGKM:src/common/inc/swref/published (the kernel driver's headers) and open-gpu-doc:manuals. Each
register keeps its source. NVIDIA publishes whole families by one chip and newer chips only in part, so
a table falls back on its relatives, in the order of `FALLBACKS`; across families nothing is assumed,
and an unknown name's hint says who has it.
"""

from __future__ import annotations

import fnmatch
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

from barewire.errors import FieldRange, UnknownChip, UnknownName
from barewire.regs import store
from barewire.regs.bits import Field, FieldValue, Settable, encode_fields, near_hint

# chip -> where its table looks, in order. Chips without a table of their own are variants of the first one.
FALLBACKS: dict[str, tuple[str, ...]] = {
    "tu102": ("tu102", "tu104"),
    "tu104": ("tu104", "tu102"),
    **dict.fromkeys(("tu106", "tu116", "tu117"), ("tu102", "tu104")),
    "ga100": ("ga100",),
    "ga102": ("ga102", "ga100"),
    **dict.fromkeys(("ga103", "ga104", "ga106", "ga107"), ("ga102", "ga100")),
    "ga10b": ("ga10b", "ga102", "ga100"),
    "ad102": ("ad102", "ga102", "ga100"),
    **dict.fromkeys(("ad103", "ad104", "ad106", "ad107"), ("ad102", "ga102", "ga100")),
    "gh100": ("gh100",),
    "gb100": ("gb100",),
    "gb102": ("gb102", "gb100"),
    "gb110": ("gb110", "gb102", "gb100"),
    "gb112": ("gb112", "gb102", "gb100"),
    "gb10b": ("gb10b", "gb100"),
    "gb202": ("gb202", "gb100"),
    **dict.fromkeys(("gb203", "gb205", "gb206", "gb207"), ("gb202", "gb100")),
    "gb20b": ("gb20b", "gb202", "gb100"),
}
COMMON = "common"  # configuration space, NV_PMC_BOOT_0, PRI error codes: the same for every chip

WORD_BITS = 32


class RegisterField(Field):
    """A field of a register, maybe an array of fields.

    Attributes:
        strides_bits: bits from one element to the next, one for each index; empty for a scalar.
        ranges: the indices that the array has, one range for each; empty for a scalar. The first one does
            not begin
            at 0 where a second register goes on with the elements of a first.
    """

    __slots__ = ("ranges", "strides_bits")

    def __init__(self, name: str, row: list[Any], owner: str, counts: tuple[int | None, ...] = ()) -> None:
        high, low, strides, values = row
        super().__init__(name, high, low, values, owner)
        self.strides_bits: tuple[int, ...] = tuple(strides)
        self.ranges: tuple[range, ...] = ()
        if strides:
            step = strides[0] or WORD_BITS
            first = max(0, -(low // step)) if low < 0 else 0
            size = counts[0] if counts else None
            limit = first + size if size else max(1, (WORD_BITS - 1 - high) // step + 1)
            rest = (range(count or 1) for count in counts[1 : len(strides)])
            self.ranges = (range(first, limit), *rest)

    @property
    def is_array(self) -> bool:
        """Whether the field takes an index."""
        return bool(self.strides_bits)

    def element(self, *indices: int) -> Field:
        """One element as a field of its own.

        Raises:
            FieldRange: the wrong number of indices, or no such element.
        """
        if len(indices) != len(self.strides_bits):
            raise FieldRange(f"{self.full_name} takes {len(self.strides_bits)} indices", field=self.full_name)
        for index, allowed in zip(indices, self.ranges, strict=True):
            if index not in allowed:
                raise FieldRange(f"{self.full_name} has no element {index}", field=self.full_name)
        shift = sum(index * stride for index, stride in zip(indices, self.strides_bits, strict=True))
        shown = f"{self.name}({', '.join(map(str, indices))})" if indices else self.name
        return Field(shown, self.high + shift, self.low + shift, self.values, self.owner)

    def elements(self) -> Iterator[Field]:
        """Every element, the last index running fastest."""
        return (self.element(*indices) for indices in product(*self.ranges))


class Register:
    """A register, or a structure in memory that the headers describe in the same words.

    Attributes:
        name: NVIDIA's.
        offset: in bytes, of the first element; relative for names such as NV_PFALCON_*; None for a structure.
        counts: elements for each index, None where the header does not tell; empty for a scalar.
        access: NVIDIA's shorthand ("RW-4R"), empty where the header gives none.
        source: the headers, the first of which gives the offset.
        alias_of: what the register is another name for ("NV_PBUS_SW_SCRATCH(0x3F)"), or empty.
        chip: whose table it is from.
    """

    def __init__(
        self,
        name: str,
        offset: int | list[Any] | None,
        strides: list[int],
        counts: tuple[int | None, ...],
        access: str,
        fields: dict[str, RegisterField],
        source: str,
        unit: str,
        chip: str,
        alias_of: str,
    ) -> None:
        self.name = name
        self._offsets = offset if isinstance(offset, list) else None
        first = (0,) * len(strides)
        self.offset: int | None = _element(offset, first) if isinstance(offset, list) else offset
        self.strides = tuple(strides)
        self.counts = counts
        self.access = access
        self.fields = fields
        self.source = source
        self.unit = unit
        self.chip = chip
        self.alias_of = alias_of
        self._by_attribute: dict[str, RegisterField] | None = None

    def __repr__(self) -> str:
        at = "structure" if self.offset is None else f"{self.offset:#010x}"
        array = "".join(f"[{'' if count is None else count}]" for count in self.counts)
        return f"Register({self.name}{array} {at})"

    def offset_of(self, *indices: int) -> int:
        """Byte offset of an element; of the register itself without indices.

        Raises:
            UnknownName: it is a structure, and has no offset.
            FieldRange: the wrong number of indices, or no such element.
        """
        if self.offset is None:
            raise UnknownName(
                f"{self.name} describes a structure in memory and has no offset", register=self.name
            )
        if len(indices) != len(self.strides):
            raise FieldRange(
                f"{self.name} takes {len(self.strides)} indices, not {len(indices)}", register_name=self.name
            )
        for index, count in zip(indices, self.counts, strict=True):
            if index < 0 or (count is not None and index >= count):
                raise FieldRange(f"{self.name} has no element {index}", register_name=self.name, count=count)
        if self._offsets is not None:
            return _element(self._offsets, indices)
        return self.offset + sum(index * stride for index, stride in zip(indices, self.strides, strict=True))

    def field(self, name: str) -> RegisterField:
        """A field by NVIDIA's name or in snake_case.

        Raises:
            UnknownName: the register has none of that name.
        """
        if self._by_attribute is None:
            self._by_attribute = {key.lower(): value for key, value in self.fields.items()}
        short = name.removeprefix(self.name + "_")
        found = self.fields.get(short) or self._by_attribute.get(short.lower().removeprefix("_"))
        if found is None:
            raise UnknownName(
                f"{self.name} has no field {name}",
                hint=near_hint(short.upper(), self.fields),
                register=self.name,
            )
        return found

    def encode(self, start: int = 0, /, **values: Any) -> int:
        """A word from field values; numbers, names of values, or {index: value} for an array of fields.

        Args:
            start: what the other bits hold.

        Raises:
            UnknownName: no such field or named value.
            FieldRange: a value does not fit, or fields that share bits disagree.
        """
        fields: dict[str, Field] = {}
        flat: dict[str, Settable] = {}
        for name, value in values.items():
            field = self.field(name)
            elements = value.items() if isinstance(value, dict) else [((), value)]
            for index, number in elements:
                indices = index if isinstance(index, tuple) else (index,)
                element = field.element(*indices)
                fields[element.name], flat[element.name] = element, number
        return encode_fields(self.name, fields, flat, start)

    def decode(self, word: int) -> dict[str, FieldValue | tuple[FieldValue, ...]]:
        """Every field of a word; a tuple for an array of fields."""
        return {name: read_field(field, word) for name, field in self.fields.items()}


def _element(listed: list[Any], indices: tuple[int, ...]) -> int:
    """An element of nested lists, for arrays whose offsets are not linear in their indices."""
    found: Any = listed
    try:
        for index in indices:
            found = found[index]
    except IndexError:
        raise FieldRange(f"there is no element {indices}", index=indices) from None
    number: int = found
    return number


def read_field(field: RegisterField, word: int) -> FieldValue | tuple[FieldValue, ...]:
    """A field's value in a word; for an array the values of all elements."""
    if not field.is_array:
        return field.decode(word)
    return tuple(element.decode(word) for element in field.elements())


class _ChipData:
    """One chip's own headers, as stored."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.chip: str = raw["chip"]
        self.headers: list[dict[str, Any]] = raw["headers"]
        self.where: dict[str, list[dict[str, Any]]] = {}
        self.sizes: dict[str, int] = {}
        for header in self.headers:
            for name in header.get("registers", ()):
                self.where.setdefault(name, []).append(header)
            for name, size in header.get("sizes", {}).items():
                self.sizes.setdefault(name, size)

    def counts(self, name: str, dimensions: int) -> tuple[int | None, ...]:
        """How many elements a name has for each index, as its __SIZE_n tell."""
        return tuple(self.sizes.get(f"{name}__SIZE_{at + 1}") for at in range(dimensions))

    def register(self, name: str) -> Register | None:
        """The register from all headers that name it: the first to give something wins."""
        headers = self.where.get(name)
        if headers is None:
            return None
        rows = [header["registers"][name] for header in headers]
        main = next((at for at, row in enumerate(rows) if row[0] is not None), 0)
        offset, strides, access, _fields = rows[main]
        merged: dict[str, list[Any]] = {}
        for row in [rows[main], *rows]:
            for field_name, field_row in row[3].items():
                mine = merged.get(field_name)
                if mine is None:
                    merged[field_name] = field_row
                elif mine[:3] == field_row[:3]:
                    merged[field_name] = [*mine[:3], {**field_row[3], **mine[3]}]
        fields = {
            short: RegisterField(short, row, name, self.counts(f"{name}_{short}", len(row[2])))
            for short, row in merged.items()
        }
        counts = self.counts(name, len(strides))
        sources = [headers[main]["source"], *(h["source"] for at, h in enumerate(headers) if at != main)]
        alias = next((h["aliases"][name] for h in headers if name in h.get("aliases", ())), "")
        return Register(
            name,
            offset,
            strides,
            counts,
            access,
            fields,
            ", ".join(sources),
            headers[main]["unit"],
            self.chip,
            alias,
        )


@cache
def _data(chip: str) -> _ChipData | None:
    raw = store.read(f"chips/{chip}.json.gz")
    return None if raw is None else _ChipData(raw)


class RegisterTable:
    """What is known of one chip's registers, with what it inherits from its relatives.

    Attributes:
        chip: the chip that was asked for.
        chain: the tables it is made of, in order.
    """

    def __init__(self, chip: str, chain: tuple[str, ...]) -> None:
        self.chip = chip
        self.chain = chain
        self._layers = [data for data in map(_data, chain) if data is not None]
        self._made: dict[str, Register] = {}
        self._offsets: list[tuple[int, str]] | None = None

    def __repr__(self) -> str:
        return f"RegisterTable({self.chip}: {' > '.join(self.chain)})"

    def __contains__(self, name: str) -> bool:
        return any(name in layer.where for layer in self._layers)

    def __iter__(self) -> Iterator[Register]:
        return (self.register(name) for name in self.names)

    @property
    def names(self) -> list[str]:
        """All registers and structures, the chip's own first."""
        return list(dict.fromkeys(name for layer in self._layers for name in layer.where))

    @property
    def units(self) -> dict[str, list[str]]:
        """Names by the unit whose header they are in ("dev_mmu")."""
        units: dict[str, list[str]] = {}
        for layer in self._layers:
            for header in layer.headers:
                units.setdefault(header["unit"], []).extend(header.get("registers", ()))
        return units

    def register(self, name: str) -> Register:
        """A register by name.

        Where the chip names a register without any field, the fields come from the next relative that has
        it at the same offset.

        Raises:
            UnknownName: neither the chip nor its relatives name it; the hint lists near names, and other
                chips.
        """
        made = self._made.get(name)
        if made is not None:
            return made
        found = [register for layer in self._layers if (register := layer.register(name)) is not None]
        if not found:
            raise UnknownName(f"no register {name} is published for {self.chip}", hint=self._hint(name))
        made = found[0]
        if not made.fields:
            for other in found[1:]:
                if other.fields and other.offset == made.offset and other.strides == made.strides:
                    made.fields = other.fields
                    made.source += f", fields from {other.source}"
                    break
        self._made[name] = made
        return made

    def _hint(self, name: str) -> str | None:
        others = [
            chip
            for chip in FALLBACKS
            if chip not in self.chain and (data := _data(chip)) and name in data.where
        ]
        if others:
            return f"It is published for {', '.join(others)}."
        return near_hint(name, self.names)

    def constant(self, name: str) -> int:
        """A number that a header names: a value without a field, a base, a size.

        Raises:
            UnknownName: no header of the chip or its relatives names it.
        """
        for layer in self._layers:
            for header in layer.headers:
                for section in ("constants", "sizes"):
                    if name in header.get(section, ()):
                        value: int = header[section][name]
                        return value
        raise UnknownName(f"no constant {name} is published for {self.chip}")

    def constants(self, prefix: str) -> dict[str, int]:
        """Constants whose names continue `prefix`, by what follows it.

        `constants("NV_PFAULT_MMU_ENG_ID")` gives {"GRAPHICS": 384, ...}. Only the first table that has any
        speaks, so that a chip's list is never mixed with another's.
        """
        start = prefix + "_"
        for layer in self._layers:
            found = {
                name[len(start) :]: value
                for header in layer.headers
                for name, value in header.get("constants", {}).items()
                if name.startswith(start)
            }
            if found:
                return found
        return {}

    def space(self, name: str) -> tuple[int, int]:
        """(first, last) byte of an address space such as NV_PMC.

        Raises:
            UnknownName: no header of the chip or its relatives names it.
        """
        for layer in self._layers:
            for header in layer.headers:
                if name in header.get("spaces", ()):
                    high, low = header["spaces"][name][:2]
                    return low, high
        raise UnknownName(f"no space {name} is published for {self.chip}")

    def loose_field(self, name: str) -> Field:
        """A field whose register no header names, by its full name ("NV_RAMRL_ENTRY_CHAN_USERD_PTR_LO").

        Raises:
            UnknownName: there is none.
        """
        for layer in self._layers:
            for header in layer.headers:
                row = header.get("fields", {}).get(name)
                if row is not None:
                    return RegisterField(name, row, "", layer.counts(name, len(row[2])))
        raise UnknownName(f"no field {name} is published for {self.chip}")

    def search(self, pattern: str) -> list[str]:
        """Names that match a shell pattern (`NV_PMC_*`)."""
        return fnmatch.filter(self.names, pattern)

    def at(self, offset: int) -> list[tuple[Register, tuple[int, ...]]]:
        """Registers at an absolute offset, with their indices; several where names share it.

        Relative registers (NV_PFALCON_*) and structures do not count as absolute unless their offset
        happens to match.
        """
        if self._offsets is None:
            self._offsets = sorted(
                (register.offset, register.name)
                for register in self
                if register.offset is not None and not register.alias_of
            )
        found: list[tuple[Register, tuple[int, ...]]] = []
        for start, name in self._offsets[: bisect_right(self._offsets, (offset, "~"))]:
            register = self.register(name)
            indices = _indices(register, offset - start)
            if indices is not None:
                found.append((register, indices))
        return found


def _indices(register: Register, distance: int) -> tuple[int, ...] | None:
    """Which element lies `distance` bytes after the first; None for none. Unknown lengths count as 1."""
    if not register.strides:
        return () if distance == 0 else None
    indices = [0] * len(register.strides)
    for at in sorted(range(len(register.strides)), key=lambda at: -register.strides[at]):
        stride, count = register.strides[at], register.counts[at] or 1
        if stride > 0:
            indices[at] = min(distance // stride, count - 1)
            distance -= indices[at] * stride
    return tuple(indices) if distance == 0 else None


_CALL = re.compile(r"(\w+)\s*[\[(]\s*([\w\s,]+?)\s*[\])]")


def parse_name(name: str) -> tuple[str, tuple[int, ...]]:
    """A register's name and indices from "NV_X", "NV_X(3)" or "NV_X(1, 2)"; indices may be hexadecimal.

    Raises:
        UnknownName: not a name.
    """
    if not isinstance(name, str):
        raise UnknownName(f"{name!r} is not the name of a register")
    if name.isidentifier():
        return name, ()
    match = _CALL.fullmatch(name)
    if match is None:
        raise UnknownName(f"{name!r} is not the name of a register")
    try:
        return match[1], tuple(int(part, 0) for part in match[2].split(","))
    except ValueError:
        raise UnknownName(f"{name!r} has indices that are not numbers") from None


@cache
def load(chip: str, also: tuple[str, ...] = ()) -> RegisterTable:
    """The register table of a chip ("gh100").

    Args:
        also: other chips to look in last. For code that knows that a unit is unchanged: `load("gh100",
            ("ga102",))`.

    Raises:
        UnknownChip: no such chip; the hint names the known ones.
    """
    for name in (chip, *also):
        if name not in FALLBACKS:
            known = ", ".join(sorted(FALLBACKS))
            raise UnknownChip(f"no register table for {name!r}", hint=f"Known chips: {known}.")
    chain = [*FALLBACKS[chip], COMMON, *(name for other in also for name in FALLBACKS[other])]
    return RegisterTable(chip, tuple(dict.fromkeys(chain)))


def known_chips() -> list[str]:
    """Every chip that `load` takes."""
    return sorted(FALLBACKS)
