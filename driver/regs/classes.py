"""Class tables: the methods that a channel's engines take, by NVIDIA's names.

Facts: open-gpu-doc:classes/{host,compute,dma-copy}, OGKM:src/common/sdk/nvidia/inc/class. Headers since
Hopper list only what their kernel driver uses; there the table is completed from the class before
(`Method.source` says so), and what the newer header says always wins.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import Any

from barewire.errors import FieldRange, UnknownClass, UnknownMethod, UnknownName
from barewire.regs import store
from barewire.regs.bits import Field, FieldValue, Settable, encode_fields, fields_from, near_hint

METHOD_SPACE_BYTES = 0x4000  # method addresses are 12 bits of words


class Format:
    """A word in memory whose bits a class describes: a pushbuffer header, half a GPFIFO entry.

    Attributes:
        name: without the class: "GP_ENTRY0", "DMA_INCR".
        source: the header it is from.
    """

    __slots__ = ("_fields", "_raw", "name", "owner", "source")

    def __init__(self, name: str, raw: dict[str, Any], owner: str, source: str) -> None:
        self.name = name
        self.owner = owner
        self.source = source
        self._raw = raw
        self._fields: dict[str, Field] | None = None

    @property
    def full_name(self) -> str:
        """The name with its class: "NVC86F_GP_ENTRY0"."""
        return f"{self.owner}_{self.name}" if self.owner else self.name

    @property
    def fields(self) -> dict[str, Field]:
        """Fields by name."""
        if self._fields is None:
            self._fields = fields_from(self._raw, self.full_name)
        return self._fields

    def encode(self, **values: Settable) -> int:
        """The word with these fields set and all others zero.

        Raises:
            UnknownName: no such field or named value.
            FieldRange: a value does not fit.
        """
        return encode_fields(self.full_name, self.fields, values)

    def decode(self, word: int) -> dict[str, FieldValue]:
        """Every field of a word. Fields may share bits: which of them counts, an operation field tells."""
        return {name: field.decode(word) for name, field in self.fields.items()}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.full_name})"


class Method(Format):
    """One method of a class.

    Attributes:
        offset: in bytes, of the first element.
        count: elements; 1 for a scalar, None for an array whose length the header does not tell.
        stride: bytes from one element to the next, 0 for a scalar.
    """

    __slots__ = ("count", "offset", "stride")

    def __init__(self, name: str, row: list[Any], owner: str, source: str) -> None:
        offset, stride, count, fields = row
        super().__init__(name, fields, owner, source)
        self.offset: int = offset
        self.stride: int = stride
        self.count: int | None = count

    def offset_of(self, index: int = 0) -> int:
        """Byte offset of an element.

        Raises:
            FieldRange: the array has no such element.
        """
        beyond = self.count is not None and index >= self.count
        offset = self.offset + index * self.stride
        if index < 0 or beyond or offset >= METHOD_SPACE_BYTES:
            raise FieldRange(f"{self.full_name} has no element {index}", method=self.full_name, index=index)
        return offset

    def __repr__(self) -> str:
        array = f" +{self.stride}*i" if self.stride else ""
        return f"Method({self.full_name} {self.offset:#06x}{array})"


class ClassTable:
    """What is known of one class.

    Attributes:
        name: prefix of its names, "NVCBC0".
        title: "HOPPER_COMPUTE_A".
        kind: "compute", "copy", "host", "inline" or "usermode".
        source: the header.
        constants: numbers that are neither offset nor field value.
        userd: USERD's 32-bit members by name -> byte offset (host classes).
        userd_size_bytes: 0 where the class describes no USERD.
    """

    def __init__(self, raw: dict[str, Any], base: ClassTable | None) -> None:
        self.name: str = raw["name"]
        self.title: str = raw["title"]
        self.class_id: int = raw["class_id"]
        self.kind: str = raw["kind"]
        self.source: str = raw["source"]
        self.commit: str = raw["commit"]
        self.sha256: str = raw["sha256"]
        self.base = base
        self.constants: dict[str, int] = raw["constants"]
        members: dict[str, int] = dict(raw["userd"])
        self.userd_size_bytes: int = members.pop("__size", 0)
        self.userd = members
        self._rows: dict[str, list[Any]] = raw["methods"]
        self._formats: dict[str, dict[str, Any]] = raw["formats"]
        self._sources: dict[str, str] = {}
        if base is not None:
            self._complete_from(base)
        self._methods: dict[str, Method] = {}
        self._made_formats: dict[str, Format] = {}
        self._indexed = False
        self._scalars: dict[int, str] = {}
        self._arrays: list[tuple[int, int, int, str]] = []

    def _complete_from(self, base: ClassTable) -> None:
        taken = {row[0] for row in self._rows.values()}
        rows = dict(self._rows)
        for name, row in base._rows.items():
            mine = rows.get(name)
            if mine is not None:
                rows[name] = [*mine[:3], _merged(mine[3], row[3])]
                if rows[name][3] != mine[3]:
                    self._sources[name] = f"{self.source}, the rest from {base._source_of(name)}"
            elif row[0] not in taken:
                rows[name] = row
                self._sources[name] = base._source_of(name)
        self._rows = rows
        self._formats = {
            **base._formats,
            **{name: _merged(fields, base._formats.get(name, {})) for name, fields in self._formats.items()},
        }
        self.constants = {**base.constants, **self.constants}
        if not self.userd:
            self.userd, self.userd_size_bytes = base.userd, base.userd_size_bytes

    def _source_of(self, name: str) -> str:
        return self._sources.get(name, self.source)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all methods, without the class."""
        return tuple(self._rows)

    def __iter__(self) -> Iterator[Method]:
        return (self.method(name) for name in self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: str) -> bool:
        return name.removeprefix(self.name + "_") in self._rows

    def __repr__(self) -> str:
        return f"ClassTable({self.name} {self.title}, {len(self)} methods)"

    def method(self, name: str) -> Method:
        """A method by its name, with or without the class ("NVCBC0_SEND_PCAS_A").

        Raises:
            UnknownMethod: there is none; the hint lists near names.
        """
        short = name.removeprefix(self.name + "_")
        made = self._methods.get(short)
        if made is not None:
            return made
        row = self._rows.get(short)
        if row is None:
            raise UnknownMethod(
                f"{self.name} ({self.title}) has no method {name}",
                hint=near_hint(short, self._rows),
                class_id=self.class_id,
            )
        made = self._methods[short] = Method(short, row, self.name, self._source_of(short))
        return made

    @property
    def formats(self) -> dict[str, Format]:
        """Words in memory that the class describes: GP_ENTRY0, GP_ENTRY1, DMA_INCR and the like."""
        return {name: self.format(name) for name in self._formats}

    def format(self, name: str) -> Format:
        """A format by its name, with or without the class.

        Raises:
            UnknownName: the class describes none of that name.
        """
        short = name.removeprefix(self.name + "_")
        made = self._made_formats.get(short)
        if made is None:
            if short not in self._formats:
                raise UnknownName(
                    f"{self.name} ({self.title}) describes no format {name}",
                    hint=near_hint(short, self._formats),
                )
            made = self._made_formats[short] = Format(short, self._formats[short], self.name, self.source)
        return made

    def at(self, offset: int) -> tuple[Method, int] | None:
        """The method at a byte offset and the element's index (0 for scalars); None where there is none.

        An array whose length the header does not tell ends where the next method begins.
        """
        if not self._indexed:
            self._index()
        name = self._scalars.get(offset)
        if name is not None:
            return self.method(name), 0
        last = bisect_right(self._arrays, (offset + 1, 0, 0, ""))
        for base, end, stride, name in reversed(self._arrays[:last]):
            if offset < end and (offset - base) % stride == 0:
                return self.method(name), (offset - base) // stride
        return None

    def _index(self) -> None:
        offsets = sorted(row[0] for row in self._rows.values())
        self._scalars = {row[0]: name for name, row in self._rows.items() if not row[1]}
        arrays = []
        for name, (base, stride, count, _fields) in self._rows.items():
            if not stride:
                continue
            if count is not None:
                end = base + count * stride
            else:
                following = bisect_right(offsets, base + stride - 1)
                end = offsets[following] if following < len(offsets) else METHOD_SPACE_BYTES
            arrays.append((base, end, stride, name))
        self._arrays = sorted(arrays)
        self._indexed = True


def _merged(newer: dict[str, Any], older: dict[str, Any]) -> dict[str, Any]:
    """Fields of both; where both know one, the newer bits count, and values join if the bits are equal."""
    fields = dict(newer)
    for name, (high, low, values) in older.items():
        mine = fields.get(name)
        if mine is None:
            fields[name] = [high, low, values]
        elif mine[:2] == [high, low]:
            fields[name] = [high, low, {**values, **mine[2]}]
    return fields


@cache
def load(class_id: int) -> ClassTable:
    """The table of a class.

    Raises:
        UnknownClass: there is none; the hint names the known classes.
    """
    raw = store.read(f"classes/{class_id:04x}.json") if isinstance(class_id, int) else None
    if raw is None:
        shown = f"{class_id:#06x}" if isinstance(class_id, int) else repr(class_id)
        raise UnknownClass(
            f"no table for class {shown}",
            hint="Known classes: " + ", ".join(f"{known:#06x}" for known in known_classes()) + ".",
            class_id=class_id,
        )
    return ClassTable(raw, load(raw["base"]) if "base" in raw else None)


def known_classes() -> list[int]:
    """The ids of all classes that have a table."""
    return [int(name, 16) for name in store.names("classes")]
