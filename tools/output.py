"""What a verb found, shown as text or as JSON from the same values.

A verb fills a `Report`; the report is then printed once. Text and JSON are two views of one structure: no
value is rounded, renamed or left out on the way (a number is rounded, by `rounded`, before it enters the
report). Key names carry the unit (`median_us`, `size_bytes`); machine words are text, in hexadecimal at their
own width. The columns of a `Tree` say for themselves how a value is written for people: 2 MiB for 2097152.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

NOTHING = "-"
INDENT = "  "
WIDEST = 10_000  # columns that a tree may take: on a narrower terminal its lines are wrapped, not cut


def rounded(value: float | None, digits: int = 4) -> float | None:
    """A measured number with so many significant digits as are worth showing."""
    if value is None or value == 0 or not math.isfinite(value):
        return value
    places = digits - 1 - math.floor(math.log10(abs(value)))
    return round(float(value), places)


def hexadecimal(value: int | None, bits: int = 32) -> str | None:
    """A machine word at its own width."""
    return None if value is None else f"0x{value:0{bits // 4}x}"


@dataclass
class Table:
    """Rows that share columns; every row has every column."""

    key: str
    columns: tuple[str, ...]
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, **cells: Any) -> None:
        """Add a row; cells that are not named are None (nothing known)."""
        unknown = set(cells) - set(self.columns)
        if unknown:
            raise TypeError(f"table {self.key!r} has no column {sorted(unknown)}")
        self.rows.append({name: cells.get(name) for name in self.columns})


@dataclass(frozen=True)
class Column:
    """A column of a tree.

    Attributes:
        key: of the values in JSON.
        head: what stands above it as text; the key if empty.
        shown: how a value is written as text.
        style: a value's style on a terminal, as rich names them.
        to_right: numbers stand to the right.
        in_text: whether text has it too, and not JSON alone, as what can be told from its neighbours.
    """

    key: str
    head: str = ""
    shown: Callable[[Any], str] | None = None
    style: Callable[[Any], str] | str = ""
    to_right: bool = False
    in_text: bool = True

    def text(self, value: Any) -> str:
        """A value as text; nothing where nothing is to be said."""
        if value is None:
            return ""
        return text_of(value) if self.shown is None else _safe(self.shown(value))

    def style_of(self, value: Any) -> str:
        """Its style on a terminal."""
        if value is None:
            return ""
        return self.style(value) if callable(self.style) else self.style


class Branch:
    """A row of a tree, with the rows below it. It may have some of the columns; text is empty in others."""

    def __init__(self, columns: tuple[Column, ...], cells: Mapping[str, Any]) -> None:
        unknown = set(cells) - {column.key for column in columns}
        if unknown:
            raise TypeError(f"a tree has no column {sorted(unknown)}")
        self.cells = dict(cells)
        self.below: list[Branch] = []
        self._columns = columns

    def data(self, below_key: str | None = None) -> dict[str, Any]:
        """The row as plain data, with those below it if they have a key."""
        cells = {key: _plain(cell) for key, cell in self.cells.items()}
        if below_key is None or not self.below:
            return cells
        return {**cells, below_key: [each.data(below_key) for each in self.below]}

    def add(self, **cells: Any) -> Branch:
        """A row below it."""
        made = Branch(self._columns, cells)
        self.below.append(made)
        return made


class Tree:
    """Rows that share columns, with rows below them.

    Attributes:
        below_key: under which JSON has the rows below a row; None for all rows in one list, a row before
            those below it.
    """

    def __init__(self, key: str, columns: tuple[Column, ...], below_key: str | None = "below") -> None:
        self.key = key
        self.columns = columns
        self.below_key = below_key
        self.below: list[Branch] = []

    def add(self, **cells: Any) -> Branch:
        """A row of the first level."""
        made = Branch(self.columns, cells)
        self.below.append(made)
        return made

    def data(self) -> list[dict[str, Any]]:
        """The rows as plain data."""
        if self.below_key is None:
            return [branch.data() for _, branch in self.rows()]
        return [branch.data(self.below_key) for branch in self.below]

    @property
    def text_columns(self) -> list[Column]:
        """Those that text has."""
        return [column for column in self.columns if column.in_text]

    def rows(self) -> Iterator[tuple[tuple[bool, ...], Branch]]:
        """Every row, with whether each of the rows above it, and it, is the last one there."""
        for number, branch in enumerate(self.below):
            yield from _rows_from(branch, (number == len(self.below) - 1,))


def _rows_from(branch: Branch, last: tuple[bool, ...]) -> Iterator[tuple[tuple[bool, ...], Branch]]:
    yield last, branch
    for number, each in enumerate(branch.below):
        yield from _rows_from(each, (*last, number == len(branch.below) - 1))


class Report:
    """Facts, tables, trees, nested reports and notes, in the order in which they were added."""

    def __init__(self, title: str = "") -> None:
        self.title = title
        self._parts: dict[str, Any] = {}

    def fact(self, key: str, value: Any, *, in_title: bool = False) -> None:
        """One named value.

        Args:
            in_title: the title or a picture says it; as text it does not stand alone.
        """
        self._parts[key] = _InTitle(value) if in_title else value

    def table(self, key: str, *columns: str) -> Table:
        """A new, empty table."""
        table = Table(key, columns)
        self._parts[key] = table
        return table

    def tree(self, key: str, columns: tuple[Column, ...], below_key: str | None = "below") -> Tree:
        """A new, empty tree."""
        tree = Tree(key, columns, below_key)
        self._parts[key] = tree
        return tree

    def picture(self, key: str, lines: Sequence[Sequence[tuple[str, str]]]) -> None:
        """Lines of (text, style) that show values which are in the report; JSON does without them."""
        self._parts[key] = Picture(lines)

    def group(self, key: str, title: str) -> Report:
        """A new report inside this one; all of the same key form a list."""
        child = Report(title)
        self._parts.setdefault(key, []).append(child)
        return child

    def note(self, text: str) -> None:
        """A sentence for the reader."""
        self._parts.setdefault("notes", _Notes()).append(text)

    def data(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {key: _plain(part) for key, part in self._parts.items() if not isinstance(part, Picture)}

    def parts(self) -> Iterator[tuple[str, Any]]:
        """Keys with what stands behind them."""
        yield from self._parts.items()

    def children(self) -> Iterator[Report]:
        """The reports inside this one."""
        for part in self._parts.values():
            if _is_groups(part):
                yield from part


@dataclass(frozen=True)
class _InTitle:
    """A value that text has elsewhere."""

    value: Any


@dataclass(frozen=True)
class Picture:
    """Lines of (text, style)."""

    lines: Sequence[Sequence[tuple[str, str]]]


class _Notes(list[str]):
    """Sentences, shown one a line."""


def _plain(part: Any) -> Any:
    if isinstance(part, Table):
        return [{name: _plain(cell) for name, cell in row.items()} for row in part.rows]
    if isinstance(part, (Report, Tree)):
        return part.data()
    if isinstance(part, _InTitle):
        return _plain(part.value)
    if isinstance(part, Mapping):
        return {str(key): _plain(value) for key, value in part.items()}
    if isinstance(part, (list, tuple)):
        return [_plain(item) for item in part]
    if isinstance(part, float) and not math.isfinite(part):
        return str(part)  # JSON has no word for it
    if part is None or isinstance(part, (bool, int, float, str)):
        return part
    return str(part)


def text_of(value: Any) -> str:
    """One value as a cell of text, on one line and without control characters."""
    if value is None or value == "" or value == [] or value == ():
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{_safe(str(key))}={text_of(item)}" for key, item in value.items()) or NOTHING
    if isinstance(value, (list, tuple)):
        separator = "x" if all(isinstance(item, int) for item in value) else ", "
        return separator.join(text_of(item) for item in value)
    return _safe(str(value))


def _safe(text: str) -> str:
    """Text that cannot move a terminal's cursor or break a table."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text
    )


def print_report(report: Report, *, as_json: bool, stream: TextIO | None = None) -> None:
    """Print a report on `stream` (standard output if None)."""
    out = stream or sys.stdout
    if as_json:
        print_json(report.data(), out)
        return
    console = _rich_console(out)
    if console is None:
        for line in text_lines(report):
            print(line, file=out)
    else:
        _print_rich(console, report)
    out.flush()


def print_json(data: Any, stream: TextIO | None = None) -> None:
    """Print one JSON document (ASCII, so that any pipe can carry it)."""
    out = stream or sys.stdout
    print(json.dumps(data, indent=2, allow_nan=False, default=str), file=out)
    out.flush()


def text_lines(report: Report, indent: str = "") -> Iterator[str]:
    """A report as lines of plain text."""
    blank = False
    if report.title:
        yield f"{indent}{_safe(report.title)}"
    after_rows = False
    for key, part in report.parts():
        if isinstance(part, _InTitle):
            continue
        if isinstance(part, (Table, Tree)):
            if blank:
                yield ""
            for line in _table_lines(part) if isinstance(part, Table) else _tree_lines(part):
                yield f"{indent}{line}"
        elif isinstance(part, Picture):
            if after_rows:
                yield ""
            for pieces in part.lines:
                yield f"{indent}{_safe(''.join(text for text, _ in pieces))}".rstrip()
        elif isinstance(part, _Notes):
            for note in part:
                yield f"{indent}{_safe(note)}"
        elif _is_groups(part):
            for child in part:
                if blank:
                    yield ""
                yield from text_lines(child, indent + (INDENT if report.title else ""))
                blank = True
        else:
            yield f"{indent}{key}: {text_of(part)}"
        blank, after_rows = True, isinstance(part, (Table, Tree))


def _is_groups(part: Any) -> bool:
    return isinstance(part, list) and bool(part) and isinstance(part[0], Report)


def _table_lines(table: Table) -> Iterator[str]:
    cells = [[text_of(row[name]) for name in table.columns] for row in table.rows]
    if not cells:
        yield f"{table.key}: none"
        return
    widths = [max(len(name), *(len(row[i]) for row in cells)) for i, name in enumerate(table.columns)]
    right = [_is_numeric(table, name) for name in table.columns]
    yield _line(table.columns, widths, right)
    yield "  ".join("-" * width for width in widths)
    for row in cells:
        yield _line(row, widths, right)


def _tree_lines(tree: Tree) -> Iterator[str]:
    """As a table whose first column is indented."""
    rows = []
    columns = tree.text_columns
    for last, branch in tree.rows():
        cells = [column.text(branch.cells.get(column.key)) for column in columns]
        rows.append([INDENT * (len(last) - 1) + cells[0], *cells[1:]])
    if not rows:
        yield f"{tree.key}: none"
        return
    heads = [column.head or column.key for column in columns]
    widths = [max(len(head), *(len(row[i]) for row in rows)) for i, head in enumerate(heads)]
    right = [column.to_right for column in columns]
    yield _line(heads, widths, right)
    yield "  ".join("-" * width for width in widths)
    for row in rows:
        yield _line(row, widths, right)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [
        cell.rjust(width) if to_right else cell.ljust(width)
        for cell, width, to_right in zip(cells, widths, right, strict=True)
    ]
    return "  ".join(padded).rstrip()


def _is_numeric(table: Table, name: str) -> bool:
    values = [row[name] for row in table.rows if row[name] is not None]
    return bool(values) and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)


def _rich_console(stream: TextIO) -> Any:
    """A rich console where a person reads on a terminal and rich is installed, else None."""
    if not stream.isatty() or os.environ.get("TERM", "") == "dumb":
        return None
    try:
        from rich.console import Console
    except ImportError:
        return None
    return Console(file=stream, markup=False, highlight=False, emoji=False)


_STYLES = {"ok": "green", "fail": "bold red", "missing": "yellow", "unknown": "bold yellow", "no": "bold red"}


def _print_rich(console: Any, report: Report) -> None:
    from rich.table import Table as RichTable
    from rich.text import Text

    if report.title:
        console.print(Text(_safe(report.title), style="bold"))
    after_rows = False
    for key, part in report.parts():
        if isinstance(part, _InTitle):
            continue
        if isinstance(part, Table) and part.rows:
            shown = RichTable(box=None, pad_edge=False, header_style="bold")
            for name in part.columns:
                shown.add_column(
                    name, justify="right" if _is_numeric(part, name) else "left", overflow="fold"
                )
            for row in part.rows:
                cells = [text_of(row[name]) for name in part.columns]
                shown.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in cells))
            console.print(shown)
        elif isinstance(part, Table) or (isinstance(part, Tree) and not part.below):
            console.print(Text(f"{key}: none"))
        elif isinstance(part, Tree):
            console.print()
            _print_whole(console, _rich_tree(part))
        elif isinstance(part, Picture):
            if after_rows:
                console.print()
            for pieces in part.lines:
                console.print(Text.assemble(*((_safe(text), style) for text, style in pieces)))
        elif isinstance(part, _Notes):
            for note in part:
                console.print(Text(_safe(note), style="italic"))
        elif _is_groups(part):
            for child in part:
                console.print()
                _print_rich(console, child)
        else:
            console.print(Text.assemble((f"{key}: ", "bold"), text_of(part)))
        after_rows = isinstance(part, (Table, Tree))


def _print_whole(console: Any, shown: Any) -> None:
    """Print as wide as it is: a narrow terminal wraps the lines itself."""
    width = console.width
    wanted = console.measure(shown, options=console.options.update(width=WIDEST)).maximum
    console.width = max(width, wanted)
    console.print(shown, crop=False)
    console.width = width


_GUIDES = {False: "├─ ", True: "└─ "}
_GUIDES_PAST = {False: "│  ", True: "   "}


def _rich_tree(tree: Tree) -> Any:
    """As a table whose first column has the lines of the tree."""
    from rich.table import Table as RichTable
    from rich.text import Text

    shown = RichTable(box=None, pad_edge=False, header_style="dim")
    for column in tree.text_columns:
        head = column.head or column.key
        shown.add_column(head, justify="right" if column.to_right else "left", no_wrap=True)
    for last, branch in tree.rows():
        guides = "".join(_GUIDES_PAST[is_last] for is_last in last[1:-1])
        guides += _GUIDES[last[-1]] if len(last) > 1 else ""
        values = [(column, branch.cells.get(column.key)) for column in tree.text_columns]
        cells = [Text(column.text(value), style=column.style_of(value)) for column, value in values]
        shown.add_row(Text.assemble((guides, "dim"), cells[0]), *cells[1:])
    return shown


def progress(text: str) -> None:
    """Tell a person at a terminal what is being done; say nothing in a pipe."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{_safe(text)}", end="", file=sys.stderr, flush=True)


def progress_done() -> None:
    """Take the progress line away."""
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
