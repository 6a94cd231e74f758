"""QMD tables: the queue meta data that describes one kernel launch, bit by bit, for each of its versions.

Facts: open-gpu-doc:classes/compute/cl*qmd.h. A version is described by several headers, and later ones name
what earlier ones leave reserved, so `load` takes the compute class too; without it, the newest header
speaks.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from barewire.errors import FieldRange, UnknownClass, UnknownName
from barewire.regs import store
from barewire.regs.bits import Field, FieldValue, Settable, near_hint

# The newest version that a class's header describes, save Blackwell's V05_01, which serves multi-task QMDs.
_VERSION_FOR = {
    0xC5C0: "V02_03",
    0xC6C0: "V03_00",
    0xC7C0: "V03_00",
    0xC9C0: "V03_00",
    0xCBC0: "V04_00",
    0xCDC0: "V05_00",
    0xCEC0: "V05_00",
}


class QmdField(Field):
    """A field of a QMD, maybe an array.

    Attributes:
        count: elements of the array, None for a scalar. The headers do not tell lengths: it is how many
            elements fit
            before the next field that is not of the same array.
        stride_bits: from one element to the next; 0 for a scalar.
        strides_bits: one stride for each index (V05_01 has arrays of arrays).
    """

    __slots__ = ("count", "strides_bits")

    def __init__(
        self,
        name: str,
        high: int,
        low: int,
        strides: list[int],
        count: int | None,
        values: dict[str, int],
        owner: str,
    ) -> None:
        super().__init__(name, high, low, values, owner)
        self.strides_bits = tuple(strides)
        self.count = count

    @property
    def stride_bits(self) -> int:
        """Bits from one element to the next, 0 for a scalar."""
        return self.strides_bits[0] if self.strides_bits else 0

    def bits(self, *indices: int) -> tuple[int, int]:
        """(low, high) of an element; of the first where no index is given.

        Raises:
            FieldRange: a scalar has no index, an array no element beyond its count.
        """
        if len(indices) > len(self.strides_bits) and any(indices):
            raise FieldRange(f"{self.full_name} takes {len(self.strides_bits)} indices", field=self.full_name)
        if any(index < 0 for index in indices) or (
            self.count is not None and indices and indices[0] >= self.count
        ):
            raise FieldRange(
                f"{self.full_name} has no element {indices}", field=self.full_name, count=self.count
            )
        shift = sum(index * stride for index, stride in zip(indices, self.strides_bits, strict=False))
        return self.low + shift, self.high + shift


class QmdTable:
    """One version of the QMD.

    Attributes:
        version: "V04_00".
        class_id: the compute class whose header it is from.
        size_bytes: 256 up to V03, 384 from V04.
        fields: by name.
        source: the header.
    """

    def __init__(self, raw: dict[str, Any]) -> None:
        self.version: str = raw["version"]
        self.class_id: int = raw["class_id"]
        self.size_bytes: int = raw["size_bytes"]
        self.source: str = raw["source"]
        self.commit: str = raw["commit"]
        self.sha256: str = raw["sha256"]
        owner = f"NV{self.class_id:04X}_QMD{self.version}"
        rows: dict[str, list[Any]] = raw["fields"]
        self.fields: dict[str, QmdField] = {
            name: QmdField(name, high, low, strides, count, values, owner)
            for name, (high, low, strides, count, values) in rows.items()
        }

    def __iter__(self) -> Iterator[QmdField]:
        return iter(self.fields.values())

    def __repr__(self) -> str:
        size = f"{self.size_bytes} bytes, {len(self.fields)} fields"
        return f"QmdTable({self.version} of {self.class_id:#06x}, {size})"

    def field(self, name: str) -> QmdField:
        """A field by name.

        Raises:
            UnknownName: this version has none of that name; the hint lists near ones.
        """
        found = self.fields.get(name)
        if found is None:
            raise UnknownName(f"QMD {self.version} has no field {name}", hint=near_hint(name, self.fields))
        return found

    def put(self, words: Any, name: str, value: Settable, *indices: int) -> None:
        """Write a field into a mutable sequence of 32-bit words.

        Raises:
            UnknownName: no such field or named value.
            FieldRange: the value does not fit, or the array has no such element.
        """
        field = self.field(name)
        low, high = field.bits(*indices)
        number = field.number(value)
        for word in range(low // 32, high // 32 + 1):
            shift = low - 32 * word
            window = (
                ((1 << (high - low + 1)) - 1) << shift
                if shift >= 0
                else ((1 << (high - low + 1)) - 1) >> -shift
            )
            placed = number << shift if shift >= 0 else number >> -shift
            words[word] = (int(words[word]) & ~window | placed & window) & 0xFFFFFFFF

    def get(self, words: Any, name: str, *indices: int) -> FieldValue:
        """A field's value in a sequence of 32-bit words.

        Raises:
            UnknownName: no such field.
            FieldRange: the array has no such element.
        """
        field = self.field(name)
        low, high = field.bits(*indices)
        value = 0
        for word in range(low // 32, high // 32 + 1):
            shift = 32 * word - low
            value |= int(words[word]) << shift if shift >= 0 else int(words[word]) >> -shift
        value &= (1 << (high - low + 1)) - 1
        return FieldValue(value, field.value_name(value))


@cache
def load(version: str, compute_class: int | None = None) -> QmdTable:
    """The table of a QMD version ("V04_00").

    Args:
        compute_class: whose header to read; without it, the newest class that uses this version, then the
            newest
            that describes it.

    Raises:
        UnknownName: no header describes that version (of that class).
    """
    if compute_class is None:
        classes = [int(name[:4], 16) for name in store.names("qmd") if name.endswith(version)]
        using = [class_id for class_id in classes if _VERSION_FOR.get(class_id) == version]
        compute_class = max(using or classes, default=None)
    raw = store.read(f"qmd/{compute_class:04x}_{version}.json") if compute_class is not None else None
    if raw is None:
        known = ", ".join(f"{name[5:]} of 0x{name[:4]}" for name in store.names("qmd"))
        raise UnknownName(f"no table for QMD {version}", hint=f"Known: {known}.", version=version)
    return QmdTable(raw)


def version_for(compute_class_id: int) -> str:
    """The QMD version that launches of a compute class use.

    Raises:
        UnknownClass: not a compute class with a QMD table.
    """
    version = _VERSION_FOR.get(compute_class_id)
    if version is None:
        known = ", ".join(f"{class_id:#06x}" for class_id in _VERSION_FOR)
        raise UnknownClass(
            f"no QMD is known for class {compute_class_id:#06x}",
            hint=f"Known: {known}.",
            class_id=compute_class_id,
        )
    return version


def for_class(compute_class_id: int) -> QmdTable:
    """The QMD table that launches of a compute class use."""
    return load(version_for(compute_class_id), compute_class_id)
