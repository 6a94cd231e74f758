"""Pieces of HTML. Everything that is not made here is escaped; styles are inline, so that a display looks the
same wherever a notebook is shown, and the text of it is whole where styles are dropped.

Colours are tints over whatever the page has, so that light and dark pages both work.
"""

from __future__ import annotations

import html as escaping
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

FONT = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:12px;line-height:1.45"
LINE = "1px solid rgba(128,128,128,.35)"
FAINT_LINE = "1px solid rgba(128,128,128,.18)"
MUTED = "opacity:.62"
TINTS = (
    "rgba(66,133,244,.16)",
    "rgba(52,168,83,.16)",
    "rgba(251,188,5,.20)",
    "rgba(168,85,247,.16)",
    "rgba(20,184,166,.16)",
    "rgba(244,114,98,.16)",
)
ALARM = "rgb(217,48,37)"
CALM = "rgb(66,133,244)"


class Markup(str):
    """Text that is HTML already."""


@dataclass(frozen=True)
class Shown:
    """Something to look at: a notebook takes the HTML, everything else the text."""

    html: Markup
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text

    __str__ = __repr__


def escaped(value: Any) -> Markup:
    """A value as HTML text; what is HTML already stays as it is."""
    return value if isinstance(value, Markup) else Markup(escaping.escape(str(value)))


def element(name: str, *content: Any, style: str = "", **attributes: Any) -> Markup:
    """One element; attributes that are None are left out."""
    given = {"style": style or None, **attributes}
    inside = "".join(
        f' {key}="{escaping.escape(str(value))}"' for key, value in given.items() if value is not None
    )
    return Markup(f"<{name}{inside}>{''.join(map(escaped, content))}</{name}>")


def joined(parts: Iterable[Any], between: str = "") -> Markup:
    """Several pieces in a row."""
    return Markup(escaped(between).join(escaped(part) for part in parts))


def muted(text: Any) -> Markup:
    """Text that stands back."""
    return element("span", text, style=MUTED)


def strong(text: Any) -> Markup:
    """Text that stands out."""
    return element("b", text)


def block(*content: Any) -> Markup:
    """A whole display: one font, room around it, and a scroll bar of its own where it is wide."""
    return element("div", *content, style=f"{FONT};margin:4px 0;max-width:100%;overflow-x:auto")


def title(text: Any, note: Any = "") -> Markup:
    """The line above a display."""
    shown = joined([strong(text), muted(note)], "  ") if note else strong(text)
    return element("div", shown, style="margin-bottom:3px")


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], tints: Sequence[str | None] = ()) -> Markup:
    """Rows under a head.

    Args:
        columns: the head; empty for none.
        tints: background of the first cell of each row, where it has one.
    """
    head = element("tr", *(element("th", name, style=_cell("font-weight:600")) for name in columns))
    shown = []
    for number, row in enumerate(rows):
        tint = tints[number] if number < len(tints) else None
        cells = [
            element("td", cell, style=_cell("", tint if at == 0 else None)) for at, cell in enumerate(row)
        ]
        shown.append(element("tr", *cells))
    return element(
        "table", head if columns else "", *shown, style=f"{FONT};border-collapse:collapse;margin:0"
    )


def _cell(extra: str = "", tint: str | None = None) -> str:
    parts = ["text-align:left;vertical-align:top;padding:1px 10px 1px 4px", f"border-bottom:{FAINT_LINE}"]
    if tint:
        parts.append(f"background:{tint}")
    if extra:
        parts.append(extra)
    return ";".join(parts)


def fold(summary: Any, *content: Any, is_open: bool = True) -> Markup:
    """Something that a reader can fold away."""
    inner = element("div", *content, style=f"margin-left:7px;padding-left:12px;border-left:{LINE}")
    return element("details", element("summary", summary), inner, open="open" if is_open else None)


def card(heading: Any, pairs: Iterable[tuple[str, Any]], *, note: Any = "", colour: str = CALM) -> Markup:
    """A few facts under a heading."""
    rows = table((), [(muted(name), value) for name, value in pairs])
    return element(
        "div",
        title(heading, note),
        rows,
        style=f"{FONT};border-left:3px solid {colour};padding:2px 10px;margin:4px 0",
    )


def bar(share: float, width_px: int = 220) -> Markup:
    """A horizontal bar, filled to a share between 0 and 1."""
    filled = max(0.0, min(1.0, share)) * width_px
    inner = element("div", style=f"width:{filled:.0f}px;height:9px;background:{CALM}")
    return element("div", inner, style=f"width:{width_px}px;background:rgba(128,128,128,.15);margin-top:4px")


def columns_text(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as plain text, padded."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in cells) for at in range(len(cells[0]))] if cells else []
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) for row in cells]
    return "\n".join(line.rstrip() for line in lines)
