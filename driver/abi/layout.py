"""RM's structures as data: which field lies where, for the ABI of a given driver version.

A table per ABI holds the structures that barewire uses: abi_*.json of the kernel driver's ioctls, gsp_*.json
of what GSP firmware speaks. tables/index.json says which versions speak it. All are written by
scripts/import_layouts.py.
"""

from __future__ import annotations

import json
import struct
from functools import lru_cache
from pathlib import Path
from typing import Any

from barewire.errors import FieldRange, UnknownDriver, UnknownName

_TABLES = Path(__file__).parent / "tables"
_OF_DRIVERS, _OF_FIRMWARE = "abi_", "gsp_"  # how the tables' names begin
_SCALARS = {
    kind: struct.Struct("<" + code)
    for kind, code in {"u1": "B", "u2": "H", "u4": "I", "i4": "i", "u8": "Q"}.items()
}


class Layout:
    """One structure: its size, and its fields by the headers' names; members of members are `a.b`."""

    def __init__(self, abi: Abi, name: str, size_bytes: int, fields: dict[str, list[Any]]) -> None:
        self.abi = abi
        self.name = name
        self.size_bytes = size_bytes
        self.fields = fields

    def new(self, **values: Any) -> Struct:
        """A structure of zeros with `values` set; a member of a member is written `a__b`."""
        made = Struct(self, bytearray(self.size_bytes))
        for name, value in values.items():
            made[name.replace("__", ".")] = value
        return made

    def over(self, data: bytes | bytearray | memoryview) -> Struct:
        """The structure over bytes that exist already."""
        if len(data) != self.size_bytes:
            raise FieldRange(f"{self.name} has {self.size_bytes} bytes, not {len(data)}", struct=self.name)
        return Struct(self, data)

    def place(self, name: str, index: int | None) -> tuple[int, str, int]:
        """Where a field (or one element of an array field) lies: offset, kind, number of elements."""
        entry = self.fields.get(name)
        if entry is None:
            raise UnknownName(f"{self.name} has no field {name!r}", hint=f"It has {', '.join(self.fields)}.")
        offset, kind, count = (*entry, 1)[:3]
        if index is None:
            return offset, kind, count if len(entry) > 2 else 0
        if not 0 <= index < (count if len(entry) > 2 else 0):
            raise FieldRange(f"{self.name}.{name} has no element {index}", struct=self.name, field=name)
        return offset + index * self.element_size(kind), kind, 0

    def element_size(self, kind: str) -> int:
        """The bytes of one value of this kind."""
        scalar = _SCALARS.get(kind)
        return scalar.size if scalar else self.abi.struct(kind).size_bytes


class Struct:
    """A structure with its bytes; `s["field"]`, `s["array", 3]`, `s.bytes_of("array of bytes")`."""

    __slots__ = ("data", "layout")

    def __init__(self, layout: Layout, data: bytes | bytearray | memoryview) -> None:
        self.layout = layout
        self.data = data

    def _scalar(self, key: str | tuple[str, int]) -> tuple[str, int, struct.Struct]:
        name, index = (key, None) if isinstance(key, str) else key
        offset, kind, count = self.layout.place(name, index)
        scalar = _SCALARS.get(kind)
        if scalar is None or count:
            raise FieldRange(
                f"{self.layout.name}.{name} is an array: give an index", struct=self.layout.name, field=name
            )
        return name, offset, scalar

    def __getitem__(self, key: str | tuple[str, int]) -> int:
        _, offset, scalar = self._scalar(key)
        value: int = scalar.unpack_from(self.data, offset)[0]
        return value

    def __setitem__(self, key: str | tuple[str, int], value: int | bytes) -> None:
        if isinstance(value, (bytes, bytearray)):
            self._set_bytes(key if isinstance(key, str) else key[0], value)
            return
        name, offset, scalar = self._scalar(key)
        try:
            scalar.pack_into(self.data, offset, value)
        except struct.error as error:
            raise FieldRange(
                f"{self.layout.name}.{name} cannot hold {value!r}", struct=self.layout.name, field=name
            ) from error

    def _set_bytes(self, name: str, value: bytes | bytearray) -> None:
        offset, kind, count = self.layout.place(name, None)
        if kind != "u1" or len(value) > count:
            raise FieldRange(
                f"{self.layout.name}.{name} cannot hold {len(value)} bytes",
                struct=self.layout.name,
                field=name,
            )
        memoryview(self.data)[offset : offset + len(value)] = value

    def bytes_of(self, name: str) -> bytes:
        """An array field's bytes."""
        offset, kind, count = self.layout.place(name, None)
        return bytes(self.data[offset : offset + self.layout.element_size(kind) * max(count, 1)])

    def text(self, name: str) -> str:
        """A field of characters, up to its end mark."""
        return self.bytes_of(name).split(b"\0", 1)[0].decode("utf-8", "replace")

    def element(self, name: str, index: int) -> Struct:
        """One structure of an array of structures; writing to it writes here."""
        offset, kind, _ = self.layout.place(name, index)
        layout = self.layout.abi.struct(kind)
        return Struct(layout, memoryview(self.data)[offset : offset + layout.size_bytes])

    def __repr__(self) -> str:
        shown = [
            f"{name}={self[name]:#x}"
            for name, entry in self.layout.fields.items()
            if len(entry) == 2 and self[name]
        ]
        return f"{self.layout.name}({', '.join(shown)})"

    def _repr_html_(self) -> str:
        """Its numbers that are not zero, for notebooks."""
        from barewire.show import struct as shown

        return shown(self).html


class Abi:
    """The structures of one ABI.

    Attributes:
        version: of the driver that is spoken to.
        exact: False when the version is unknown and the nearest ABI was taken.
    """

    def __init__(self, version: str, table: dict[str, Any], exact: bool = True) -> None:
        self.version = version
        self.exact = exact
        self.source: str = table["source"]
        self._structs: dict[str, Any] = table["structs"]
        self._layouts: dict[str, Layout] = {}

    def struct(self, name: str) -> Layout:
        """A structure by NVIDIA's name.

        Raises:
            UnknownName: the tables do not have it.
        """
        layout = self._layouts.get(name)
        if layout is None:
            entry = self._structs.get(name)
            if entry is None:
                raise UnknownName(f"no layout of {name} in the ABI of driver {self.version}")
            layout = self._layouts[name] = Layout(self, name, entry["size"], entry["fields"])
        return layout

    def new(self, struct_name: str, **values: Any) -> Struct:
        """A structure of zeros with `values` set."""
        return self.struct(struct_name).new(**values)


def known_versions() -> list[str]:
    """The kernel driver's versions whose ABI the tables hold."""
    return [
        version for name, versions in _index().items() if name.startswith(_OF_DRIVERS) for version in versions
    ]


def known_firmware() -> list[str]:
    """The versions of GSP firmware whose ABI the tables hold."""
    return [
        version
        for name, versions in _index().items()
        if name.startswith(_OF_FIRMWARE)
        for version in versions
    ]


def firmware_abi(version: str) -> Abi:
    """The ABI that GSP firmware of a version speaks; nothing near it would do.

    Raises:
        UnknownDriver: the version is not known; names those that are.
    """
    for name, versions in _index().items():
        if name.startswith(_OF_FIRMWARE) and version in versions:
            return Abi(version, _table(name))
    known = known_firmware()
    raise UnknownDriver(
        f"the GSP firmware is {version or 'of an unknown version'}; known are {', '.join(known)}",
        hint="Take the firmware files of a known version.",
        firmware_version=version,
        known=known,
    )


def abi_for(version: str, nearest_abi: bool = False) -> Abi:
    """The ABI of a kernel driver's version; with `nearest_abi`, of the nearest where that one is unknown.

    Raises:
        UnknownDriver: the version is not known; names those that are.
    """
    of_drivers = {name: versions for name, versions in _index().items() if name.startswith(_OF_DRIVERS)}
    for name, versions in of_drivers.items():
        if version in versions:
            return Abi(version, _table(name))
    known = known_versions()
    if not nearest_abi:
        raise UnknownDriver(
            f"the kernel driver is {version or 'of an unknown version'}; known are {', '.join(known)}",
            hint="nearest_abi=True tries the layouts of the nearest one: at your own risk, they may not fit.",
            driver_version=version,
            known=known,
        )
    nearest = min(known, key=lambda candidate: _distance(candidate, version))
    name = next(name for name, versions in of_drivers.items() if nearest in versions)
    return Abi(version, _table(name), exact=False)


def _distance(one: str, other: str) -> tuple[int, ...]:
    first, second = (
        [int(part) if part.isdigit() else 0 for part in version.split(".")] for version in (one, other)
    )
    width = max(len(first), len(second))
    pairs = zip(first + [0] * (width - len(first)), second + [0] * (width - len(second)), strict=True)
    return tuple(abs(a - b) for a, b in pairs)


@lru_cache(maxsize=1)
def _index() -> dict[str, list[str]]:
    index: dict[str, list[str]] = json.loads((_TABLES / "index.json").read_bytes())
    return index


@lru_cache(maxsize=4)
def _table(name: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((_TABLES / name).read_bytes())
    return table
