"""A word as a strip of bits, the highest on the left: each field a cell as wide as it has bits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from barewire.show.html import (
    FONT,
    LINE,
    TINTS,
    Markup,
    Shown,
    block,
    columns_text,
    element,
    muted,
    table,
    title,
)
from barewire.show.numbers import hexadecimal

BIT_PX = 17
NARROW_BITS = 4  # a cell of fewer bits has no room for a number of many digits
GAP = ""


class Field(NamedTuple):
    """A field of a word.

    Attributes:
        name: as a reader knows it.
        high, low: first and last bit.
        value: its number.
        meaning: NVIDIA's name of the value, an address, or nothing.
    """

    name: str
    high: int
    low: int
    value: int
    meaning: str = ""

    @property
    def width(self) -> int:
        """How many bits it has."""
        return self.high - self.low + 1

    @property
    def bits(self) -> str:
        """Its bits as documents write them: 31:24, or 7."""
        return f"{self.high}:{self.low}" if self.width > 1 else f"{self.low}"


def number(value: int) -> str:
    """A field's number: small ones decimal."""
    return str(value) if value < 10 else f"{value:#x}"


def word(name: str, value: int, fields: Sequence[Field], bits: int = 32, note: str = "") -> Shown:
    """A word with its fields: a strip, and below it what each field says."""
    heading = f"{name} = {hexadecimal(value, bits)}"
    html = block(title(heading, note), strip_html(fields, bits), legend_html(fields))
    rows = [(field.bits, field.name, number(field.value), field.meaning) for field in _from_the_top(fields)]
    return Shown(html, "\n".join([heading, columns_text(rows)]))


def strip_html(fields: Sequence[Field], bits: int = 32) -> Markup:
    """The strip alone. Fields that share bits with one that was placed already are left to the legend."""
    cells, numbers = [], []
    for high, low, field in _laid_out(fields, bits):
        width = high - low + 1
        tint = _tint(fields, field)
        label = f"{field.bits} {field.name}" if field else f"{high}:{low}"
        text = _short(field, width) if field else GAP
        numbers.append(element("td", muted(_ends(high, low)), colspan=width, style="font-size:8px;padding:0"))
        style = f"border:{LINE};text-align:center;padding:1px 0;overflow:hidden;white-space:nowrap"
        cells.append(
            element(
                "td", text, colspan=width, title=label, style=style + (f";background:{tint}" if tint else "")
            )
        )
    columns = element("colgroup", *(element("col", style=f"width:{BIT_PX}px") for _ in range(bits)))
    style = f"{FONT};border-collapse:collapse;table-layout:fixed;width:{BIT_PX * bits}px;margin:0 0 4px 0"
    return element("table", columns, element("tr", *numbers), element("tr", *cells), style=style)


def legend_html(fields: Sequence[Field], from_the_top: bool = True) -> Markup:
    """What each field says, from the highest bit down, or from the lowest up."""
    ordered = _from_the_top(fields) if from_the_top else sorted(fields, key=lambda field: field.low)
    rows = [(field.bits, field.name, number(field.value), field.meaning) for field in ordered]
    return table((), rows, [_tint(fields, field) for field in ordered])


def _from_the_top(fields: Iterable[Field]) -> list[Field]:
    return sorted(fields, key=lambda field: (-field.high, -field.low))


def _tint(fields: Sequence[Field], field: Field | None) -> str | None:
    """Neighbours have different colours."""
    return None if field is None else TINTS[_from_the_top(fields).index(field) % len(TINTS)]


def _laid_out(fields: Sequence[Field], bits: int) -> list[tuple[int, int, Field | None]]:
    """(high, low, field) of each cell from the left; None for bits without a name."""
    found: list[tuple[int, int, Field | None]] = []
    top = bits - 1
    for field in _from_the_top(fields):
        if field.high > top:
            continue
        if field.high < top:
            found.append((top, field.high + 1, None))
        found.append((field.high, field.low, field))
        top = field.low - 1
    if top >= 0:
        found.append((top, 0, None))
    return found


def _ends(high: int, low: int) -> str:
    return str(high) if high - low < 2 else f"{high}:{low}"


def _short(field: Field, width: int) -> str:
    """What fits into a cell."""
    text = number(field.value)
    return text if width >= NARROW_BITS or len(text) <= width + 1 else "·"
