"""Reads QMDs back: what does a launch descriptor say?

Written apart from the builder: its own bit arithmetic, from the bit ranges of `barewire.regs.qmd` alone.

Facts: open-gpu-doc:classes/compute/cl*qmd.h. Every version holds its own number, V02 to V04 in bits 583:576,
V05 in 471:464: that is how they are told apart.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from barewire.errors import BadPushbuffer, UnknownName
from barewire.regs import qmd as qmd_tables
from barewire.regs.bits import FieldValue, near_hint

if TYPE_CHECKING:
    from barewire.regs.qmd import QmdField, QmdTable

_VERSIONS = ("V02_03", "V02_04", "V03_00", "V04_00", "V04_01", "V05_00", "V05_01")
_SHIFT_SUFFIX = re.compile(r"_SHIFTED(\d*)$")


class QmdView(Mapping[str, FieldValue]):
    """A QMD, field by field.

    Iterating gives the fields that are not zero, in the order of their bits; elements of arrays are named
    "CONSTANT_BUFFER_VALID(3)". Indexing also answers for fields that are zero.

    Attributes:
        version: "V04_00".
        words: as given; None where a recording does not hold the word.
        source: the header whose names these are.
        undefined: word index -> bits set that no field describes.
        unrecorded: names of fields that lie in words that are None.
    """

    def __init__(self, words: Sequence[int | None], table: QmdTable) -> None:
        self.version = table.version
        self.source = table.source
        self.words = tuple(words)
        bits = sum((word or 0) << 32 * index for index, word in enumerate(words))
        lost = {index for index, word in enumerate(words) if word is None}
        self._values: dict[str, FieldValue] = {}
        self._ranges: dict[str, tuple[int, int]] = {}
        unrecorded = []
        described = 0
        for name, field, low, high in _elements(table, 32 * len(self.words)):
            mask = (1 << (high - low + 1)) - 1
            value = bits >> low & mask
            described |= mask << low
            self._ranges[name] = (low, high)
            self._values[name] = FieldValue(value, field.value_name(value))
            if any(word in lost for word in range(low // 32, high // 32 + 1)):
                unrecorded.append(name)
        self.unrecorded = tuple(unrecorded)
        rest = bits & ~described
        self.undefined = {
            index: rest >> 32 * index & 0xFFFFFFFF
            for index in range(len(self.words))
            if rest >> 32 * index & 0xFFFFFFFF
        }

    def __getitem__(self, name: str) -> FieldValue:
        """A field, zero or not.

        Raises:
            UnknownName: this version has no such field.
        """
        found = self._values.get(name)
        if found is None:
            hint = near_hint(name, self._values) if isinstance(name, str) else None
            raise UnknownName(f"QMD {self.version} has no field {name}", hint=hint)
        return found

    def __contains__(self, name: object) -> bool:
        found = self._values.get(name) if isinstance(name, str) else None
        return found is not None and found.value != 0

    def __iter__(self) -> Iterator[str]:
        names = (name for name, field in self._values.items() if field.value)
        return iter(sorted(names, key=lambda name: self._ranges[name]))

    def __len__(self) -> int:
        return sum(1 for field in self._values.values() if field.value)

    def bits_of(self, name: str) -> tuple[int, int]:
        """(low, high) bit of a field.

        Raises:
            UnknownName: this version has no such field.
        """
        self[name]
        return self._ranges[name]

    def addresses(self) -> dict[str, int]:
        """GPU virtual addresses that are not zero, put together from the fields that hold their parts.

        Keys are what the fields' names share: "PROGRAM", "CONSTANT_BUFFER(0)", "RELEASE_SEMAPHORE0".
        """
        found: dict[str, int] = {}
        for name, field in self._values.items():
            base, _, index = name.partition("(")
            element = f"({index}" if index else ""
            shifted = _SHIFT_SUFFIX.search(base)
            stem = base[: shifted.start()] if shifted else base
            shift = int(shifted.group(1) or 8) if shifted else 0
            if stem.endswith("_LOWER") and "ADDR" in stem:
                upper = self._values.get(stem[: -len("LOWER")] + "UPPER" + base[len(stem) :] + element)
                whole = field.value | (upper.value if upper else 0) << _width(self._ranges[name])
                title = re.sub(r"_ADDR(ESS)?_LOWER$", "", stem)
            elif stem.endswith("_POINTER"):
                whole, title, shift = field.value, stem[: -len("_POINTER")], 8
            else:
                continue
            if whole:
                found[title + element] = whole << shift
        return found

    def diff(self, other: QmdView) -> list[tuple[str, FieldValue | None, FieldValue | None]]:
        """What differs: (field, here, there), in the order of the bits.

        Fields that one side has not recorded are left out. Where the versions differ, a field that one of
        them lacks is None there. Bits that no field describes are named "undefined(word)".
        """
        names = sorted(
            {**self._values, **other._values},
            key=lambda name: self._ranges.get(name) or other._ranges[name],
        )
        skipped = {*self.unrecorded, *other.unrecorded}
        found: list[tuple[str, FieldValue | None, FieldValue | None]] = []
        for name in names:
            mine, theirs = self._values.get(name), other._values.get(name)
            numbers = [field.value if field is not None else 0 for field in (mine, theirs)]
            if name not in skipped and numbers[0] != numbers[1]:
                found.append((name, mine, theirs))
        for index in sorted({*self.undefined, *other.undefined}):
            here, there = self.undefined.get(index, 0), other.undefined.get(index, 0)
            if here != there and _both_recorded(self, other, index):
                found.append((f"undefined({index})", FieldValue(here), FieldValue(there)))
        return found

    def __str__(self) -> str:
        lines = [f"QMD {self.version}, {4 * len(self.words)} bytes"]
        for name in self:
            low, high = self._ranges[name]
            field = self._values[name]
            number = "" if field.name is None else f"  ({field.value:#x})"
            lines.append(f"  {high:4d}:{low:<4d} {name} = {field}{number}")
        lines.extend(f"  word {index}: undefined bits {bits:#010x}" for index, bits in self.undefined.items())
        lines.extend(f"  {name} at {gpu_va:#x}" for name, gpu_va in self.addresses().items())
        if self.unrecorded:
            lost = sum(word is None for word in self.words)
            lines.append(f"  {lost} words are not in the recording ({len(self.unrecorded)} fields)")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"QmdView({self.version}, {len(self)} fields set)"

    def _repr_html_(self) -> str:
        """The words as strips of their fields, for notebooks."""
        from barewire.show import qmd as shown

        return shown(self).html

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "version": self.version,
            "size_bytes": 4 * len(self.words),
            "fields": {
                name: {"value": self[name].value, "name": self[name].name, "bits": list(self._ranges[name])}
                for name in self
            },
            "addresses": self.addresses(),
            "undefined": dict(self.undefined),
            "unrecorded": list(self.unrecorded),
        }


def decode_qmd(words: Iterable[int | None], version: str | None = None) -> QmdView:
    """A QMD's fields, by NVIDIA's names.

    Args:
        words: 64 (V02, V03) or 96 (V04, V05) words; None stands for one that a recording does not hold.
        version: "V04_00"; without it, the QMD's own version field tells.

    Raises:
        BadPushbuffer: not 32-bit words, not as many as a QMD has, or no known version.
        UnknownName: no header describes the version that was asked for.
    """
    checked = [_checked(word, index) for index, word in enumerate(words)]
    table = _detect(checked) if version is None else qmd_tables.load(version)
    if 4 * len(checked) != table.size_bytes:
        raise BadPushbuffer(f"a QMD {table.version} has {table.size_bytes} bytes", found=4 * len(checked))
    return QmdView(checked, table)


def _checked(word: Any, index: int) -> int | None:
    if word is None:
        return None
    try:
        number = operator.index(word)
    except TypeError:
        raise BadPushbuffer(f"not a number: {word!r}", index=index) from None
    if not 0 <= number < 1 << 32:
        raise BadPushbuffer("not a 32-bit word", index=index, word=number)
    return number


def _detect(words: Sequence[int | None]) -> QmdTable:
    """The table of the version whose own version field says so."""
    sizes = set()
    for version in _VERSIONS:
        table = qmd_tables.load(version)
        sizes.add(table.size_bytes)
        if table.size_bytes == 4 * len(words) and _version_in(words, table) == version:
            return table
    shown = " or ".join(str(size) for size in sorted(sizes))
    if 4 * len(words) not in sizes:
        raise BadPushbuffer(f"a QMD has {shown} bytes", found=4 * len(words))
    raise BadPushbuffer("the version fields name no known QMD", hint=f"Known: {', '.join(_VERSIONS)}.")


def _version_in(words: Sequence[int | None], table: QmdTable) -> str | None:
    """ "V04_00" as the words say at the place where this version keeps it."""
    minor_name = "QMD_MINOR_VERSION" if "QMD_MINOR_VERSION" in table.fields else "QMD_VERSION"
    numbers = []
    for name in ("QMD_MAJOR_VERSION", minor_name):
        field = table.fields[name]
        word = words[field.low // 32]
        if word is None:
            return None
        numbers.append(word >> field.low % 32 & ((1 << field.width) - 1))
    return f"V{numbers[0]:02d}_{numbers[1]:02d}"


def _elements(table: QmdTable, size_bits: int) -> Iterator[tuple[str, QmdField, int, int]]:
    """Every field and array element: (name, field, low, high)."""
    inner_counts = _inner_counts(table)
    for name, field in table.fields.items():
        strides = field.strides_bits
        if not strides:
            yield name, field, field.low, field.high
            continue
        counts = [field.count or 1, *([inner_counts[strides[0]]] if len(strides) > 1 else [])]
        for indices in product(*(range(count) for count in counts)):
            shift = sum(index * stride for index, stride in zip(indices, strides, strict=True))
            if field.high + shift < size_bits:
                shown = ",".join(str(index) for index in indices)
                yield f"{name}({shown})", field, field.low + shift, field.high + shift


def _inner_counts(table: QmdTable) -> dict[int, int]:
    """Stride of an array of arrays -> length of the inner ones.

    The headers do not tell lengths. Arrays that share the outer stride lie in the same structure, so the
    longest inner stride among them says how often the inner element fits.
    """
    counts: dict[int, int] = {}
    for field in table.fields.values():
        if len(field.strides_bits) > 1:
            outer, inner = field.strides_bits[:2]
            fits = max(1, outer // inner)
            counts[outer] = min(fits, counts.get(outer, fits))
    return counts


def _width(bits: tuple[int, int]) -> int:
    return bits[1] - bits[0] + 1


def _both_recorded(one: QmdView, other: QmdView, index: int) -> bool:
    words = [view.words[index] if index < len(view.words) else 0 for view in (one, other)]
    return None not in words
