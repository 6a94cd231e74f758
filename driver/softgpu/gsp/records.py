"""Reading and writing the structures that drivers and firmware exchange: little-endian, offsets by hand.

The model declares each structure itself, apart from the tables that the driver loads, so that a wrong offset
does not hide on both sides.
"""

from __future__ import annotations

from typing import Any, NamedTuple

_WIDTHS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}


class Field(NamedTuple):
    """Where a value is.

    Attributes:
        offset: bytes from the structure's start.
        width: bytes of one element.
        length: elements; 1 for a plain value.
        is_text: whether it is bytes rather than numbers.
    """

    offset: int
    width: int
    length: int
    is_text: bool


def _field(offset: int, kind: str) -> Field:
    name, _, rest = kind.partition("[")
    count = int(rest[:-1], 0) if rest else 1
    if name == "bytes":
        return Field(offset, 1, count, True)
    return Field(offset, _WIDTHS[name], count, False)


class Layout:
    """One structure.

    Args:
        name: NVIDIA's.
        size_bytes: of it; a caller's parameters must have exactly this size.
        fields: NVIDIA's names, each with (offset, kind); kinds are u8, u16, u32, u64, an array of those
            ("u32[8]"), and bytes of text or payload ("bytes[64]").
    """

    def __init__(self, name: str, size_bytes: int, **fields: tuple[int, str]) -> None:
        self.name = name
        self.size_bytes = size_bytes
        self.fields = {field: _field(*where) for field, where in fields.items()}
        for field, (offset, width, count, _) in self.fields.items():
            if offset + width * count > size_bytes:
                raise ValueError(f"{name}.{field} ends beyond the structure")

    def over(self, data: bytearray, base: int = 0) -> Record:
        """The structure as it lies in `data` from `base` on; writes go there.

        Raises:
            ValueError: `data` ends before the structure does.
        """
        if base < 0 or base + self.size_bytes > len(data):
            raise ValueError(f"{self.name} takes {self.size_bytes} bytes, there are {len(data) - base}")
        return Record(self, data, base)

    def new(self, **values: Any) -> Record:
        """A structure of zeros, with these values."""
        record = self.over(bytearray(self.size_bytes))
        for name, value in values.items():
            setattr(record, name, value)
        return record


class Record:
    """A structure in memory. Its fields are attributes: integers, tuples of integers, or bytes.

    NVIDIA's names are all in use, so this class's own begin with an underscore, or are verbs.
    """

    __slots__ = ("_base", "_data", "_layout")

    _layout: Layout
    _data: bytearray
    _base: int

    def __init__(self, layout: Layout, data: bytearray, base: int) -> None:
        object.__setattr__(self, "_layout", layout)
        object.__setattr__(self, "_data", data)
        object.__setattr__(self, "_base", base)

    def __getattr__(self, name: str) -> Any:
        try:
            offset, width, count, is_text = self._layout.fields[name]
        except KeyError:
            raise AttributeError(f"{self._layout.name} has no field {name}") from None
        at = self._base + offset
        if is_text:
            return bytes(self._data[at : at + count])
        if count == 1:
            return int.from_bytes(self._data[at : at + width], "little")
        return tuple(
            int.from_bytes(self._data[at + i * width : at + (i + 1) * width], "little") for i in range(count)
        )

    def __setattr__(self, name: str, value: Any) -> None:
        offset, width, count, is_text = self._layout.fields[name]
        at = self._base + offset
        if is_text:
            data = bytes(value)[:count]
            self._data[at : at + count] = data.ljust(count, b"\0")
            return
        values = (value,) if count == 1 else value
        for index, number in enumerate(values):
            start = at + index * width
            self._data[start : start + width] = (number & (1 << 8 * width) - 1).to_bytes(width, "little")

    def inner(self, name: str, layout: Layout, index: int = 0) -> Record:
        """A structure within a field that was declared as bytes; `index` counts structures of that size."""
        start = self._base + self._layout.fields[name].offset + index * layout.size_bytes
        return layout.over(self._data, start)

    def to_bytes(self) -> bytes:
        """The structure's bytes."""
        return bytes(self._data[self._base : self._base + self._layout.size_bytes])

    def whole(self) -> bytearray:
        """All the bytes that it lies in, what comes before and after it included."""
        return self._data
