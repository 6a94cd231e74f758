"""`barewire vm diff`: tables in memory against what barewire's builder makes, or two saved maps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from barewire.errors import UsageError
from barewire.show.numbers import address, size
from barewire.tools.exits import Exit
from barewire.tools.files import FileProblem, read_input
from barewire.tools.output import Column, Report, hexadecimal, text_of
from barewire.tools.vm_map import SPARSE, describe
from barewire.tools.vm_text import Data, place_data, place_text

if TYPE_CHECKING:
    from barewire.memory.compare import Comparison, Difference
    from barewire.tools.vm_source import Source

WORD_BITS = 64
GOOD, BAD = "bold green", "bold red"


# Tables


def fields_text(fields: Sequence[str]) -> str:
    """The names of fields."""
    return ", ".join(fields)


LEVEL_COLUMNS = (Column("level", style="bold cyan"), Column("entries", to_right=True))
DIFFERENCE_COLUMNS = (
    Column("what", style=BAD),
    Column("level", style="bold cyan"),
    Column("table", "table at", place_text),
    Column("index", to_right=True),
    Column("word", to_right=True),
    Column("gpu_va", "for gpu_va"),
    Column("expected"),
    Column("found"),
    Column("fields", shown=fields_text, style="bold"),
    Column("why"),
)


def tables_report(source: Source) -> tuple[Report, Exit]:
    """Every entry of an address space's tables, as it is and as it should be.

    Raises:
        UsageError: nobody knows what should be mapped there.
    """
    if source.compare is None:
        raise UsageError("what should be mapped is not known here, so that there is nothing to compare with")
    found = source.compare()
    report = Report()
    describe(report, source)
    report.fact("equal", found.equal, in_title=True)
    for key in ("entries", "words", "tables"):
        report.fact(key, getattr(found, key), in_title=True)
    report.fact("start_va", address(found.start_va), in_title=True)
    report.fact("end_va", address(found.end_va), in_title=True)
    report.picture("outcome", [_outcome(found)])
    levels = report.tree("by_level", LEVEL_COLUMNS)
    for name, count in found.by_level.items():
        levels.add(level=name, entries=count)
    if found.differences:
        rows = report.tree("differences", DIFFERENCE_COLUMNS)
        for difference in found.differences:
            rows.add(**_difference_cells(difference))
    else:
        report.fact("differences", [], in_title=True)
    return report, Exit.OK if found.equal else Exit.FINDING


def _outcome(found: Comparison) -> list[tuple[str, str]]:
    """What a comparison says, in a line."""
    said, style = ("equal", GOOD) if found.equal else (_many(len(found.differences), "difference"), BAD)
    range_text = f"{address(found.start_va)} to {address(found.end_va)}"
    compared = f"{found.entries:,} entries set, {found.words:,} words compared, {found.tables:,} tables"
    return [(said, style), (f": {compared}, gpu_va {range_text}", "")]


def _difference_cells(difference: Difference) -> dict[str, Any]:
    return {
        "what": difference.what, "level": difference.level, "table": place_data(difference.table),
        "index": difference.index, "word": difference.word, "gpu_va": address(difference.gpu_va),
        "expected": hexadecimal(difference.expected, WORD_BITS),
        "found": hexadecimal(difference.found, WORD_BITS),
        "fields": list(difference.fields), "why": difference.why,
    }  # fmt: skip


# Saved maps


class Piece(NamedTuple):
    """Addresses of a map that say the same, in one piece of memory.

    Attributes:
        address: of the first byte in memory; None for what reads as zeros.
        says: what is compared, by name.
        what: what it is for.
    """

    start: int
    end: int
    address: int | None
    says: Mapping[str, Any]
    what: str | None

    def at(self, gpu_va: int) -> int | None:
        """Where in memory an address of it is."""
        return None if self.address is None else self.address + gpu_va - self.start


class Change(NamedTuple):
    """Addresses where two maps differ in one way.

    Attributes:
        before, after: what each has there; None for nothing.
    """

    start: int
    end: int
    before: Piece | None
    after: Piece | None


def differs_text(differs: Mapping[str, str]) -> str:
    """What differs and how."""
    return ", ".join(f"{name} {change}" for name, change in differs.items())


CHANGE_STYLES = {"added": "green", "removed": "red", "changed": "yellow"}
CHANGE_COLUMNS = (
    Column("gpu_va"),
    Column("size_bytes", "size", size, to_right=True),
    Column("change", style=lambda change: CHANGE_STYLES[change]),
    Column("differs", shown=differs_text),
    Column("what", style="bold"),
)


def maps_report(first: str, second: str, *, addresses: bool) -> tuple[Report, Exit]:
    """What is mapped in one saved map and not, or otherwise, in another.

    Args:
        addresses: whether it matters where in memory something is.
    """
    before, after = load_map(first), load_map(second)
    changes = list(changes_of(before.pieces, after.pieces, addresses=addresses))
    report = Report()
    equal = not changes and before.form == after.form
    report.fact("before", first, in_title=True)
    report.fact("after", second, in_title=True)
    report.fact("equal", equal, in_title=True)
    report.fact("formats", [before.form, after.form], in_title=True)
    report.picture("outcome", [_maps_outcome(before, after, changes)])
    if changes:
        rows = report.tree("changes", CHANGE_COLUMNS)
        for change in changes:
            rows.add(**_change_cells(change, addresses))
    else:
        report.fact("changes", [], in_title=True)
    return report, Exit.OK if equal else Exit.FINDING


def _maps_outcome(before: SavedMap, after: SavedMap, changes: Sequence[Change]) -> list[tuple[str, str]]:
    """What two maps say, in a line."""
    formats = f", {before.form} and {after.form}" if before.form != after.form else ""
    if not changes:
        return [("equal", BAD if formats else GOOD), (formats, BAD)]
    total = sum(change.end - change.start for change in changes)
    return [(_many(len(changes), "difference"), BAD), (f" in {size(total)}", ""), (formats, BAD)]


def _many(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count:,} {what}s"


class SavedMap(NamedTuple):
    """A map that was saved.

    Attributes:
        form: the name of the tables' format.
        pieces: in the order of addresses.
    """

    form: str
    pieces: list[Piece]


def load_map(path: str) -> SavedMap:
    """A document that `vm map --json` wrote.

    Raises:
        FileProblem: it cannot be read, or is no such document.
    """
    try:
        document = json.loads(read_input(path))
        pieces = [piece for one in document["ranges"] for piece in _pieces_of(one)]
        form = str(document["format"])
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        hint = "Write one with `barewire vm map --json`, without --tables."
        raise FileProblem(f"{path} is no saved map of an address space", hint=hint) from problem
    for piece, behind in pairwise(pieces):
        if behind.start < piece.end:
            raise FileProblem(f"{path} has two ranges at one address", gpu_va=behind.start)
    return SavedMap(form, pieces)


def _pieces_of(one: Data) -> Iterator[Piece]:
    """A range, cut where its memory is."""
    start, left = int(one["gpu_va"], 16), int(one["size_bytes"])
    says: dict[str, Any] = {"page_size_bytes": int(one["pages"]["size_bytes"])}
    if one["memory"] is None:
        yield Piece(start, start + left, None, {**says, "aperture": SPARSE}, one["what"])
        return
    says |= {"aperture": str(one["memory"]["aperture"]), **one["attributes"]}
    for extent in one["memory"]["extents"]:
        count = int(extent["size_bytes"])
        yield Piece(start, start + count, int(extent["address"], 16), says, one["what"])
        start, left = start + count, left - count
    if left:
        raise ValueError("a range and its memory are of different sizes")


def changes_of(before: Sequence[Piece], after: Sequence[Piece], *, addresses: bool) -> Iterator[Change]:
    """Where two maps differ, in the order of addresses; neighbours that differ alike are one."""
    waiting: Change | None = None
    for change in _differing(before, after, addresses):
        if waiting is None:
            waiting = change
        elif _goes_on(waiting, change, addresses):
            waiting = waiting._replace(end=change.end)
        else:
            yield waiting
            waiting = change
    if waiting is not None:
        yield waiting


def _differing(before: Sequence[Piece], after: Sequence[Piece], addresses: bool) -> Iterator[Change]:
    borders = sorted({edge for piece in (*before, *after) for edge in (piece.start, piece.end)})
    numbers = [0, 0]
    for start, end in pairwise(borders):
        sides: list[Piece | None] = []
        for side, pieces in enumerate((before, after)):
            while numbers[side] < len(pieces) and pieces[numbers[side]].end <= start:
                numbers[side] += 1
            known = pieces[numbers[side]] if numbers[side] < len(pieces) else None
            sides.append(known if known is not None and known.start <= start else None)
        change = Change(start, end, *sides)
        if _differs(change, addresses):
            yield change


def _differs(change: Change, addresses: bool) -> dict[str, str]:
    """What differs and how, by name; empty if nothing does."""
    old, new = change.before, change.after
    if old is None or new is None:
        return {} if old is new else {"mapped": f"{_yes(old)} -> {_yes(new)}"}
    found = {
        name: f"{text_of(value)} -> {text_of(new.says[name])}"
        for name, value in old.says.items()
        if name in new.says and new.says[name] != value
    }
    was, comes = old.at(change.start), new.at(change.start)
    if addresses and was is not None and comes is not None and was != comes:
        found["address"] = f"{address(was)} -> {address(comes)}"
    return found


def _yes(piece: Piece | None) -> str:
    return "no" if piece is None else "yes"


def _goes_on(change: Change, behind: Change, addresses: bool) -> bool:
    """Whether two differ alike, the second right behind the first."""
    if change.end != behind.start:
        return False
    ways = _differs(change, addresses), _differs(behind, addresses)
    if any("address" in way for way in ways):
        return all(map(_in_one_piece, (change.before, change.after), (behind.before, behind.after)))
    sides = (change.before, behind.before), (change.after, behind.after)
    return ways[0] == ways[1] and all(_alike(*side) for side in sides)


def _alike(first: Piece | None, second: Piece | None) -> bool:
    """Whether two pieces say the same of memory anywhere, or both are not there."""
    if first is None or second is None:
        return first is second
    return (first.says, first.what) == (second.says, second.what)


def _in_one_piece(first: Piece | None, second: Piece | None) -> bool:
    """Whether two pieces are, and go on in memory."""
    if first is None or second is None or not _alike(first, second):
        return False
    return first.at(second.start) == second.address


def _change_cells(change: Change, addresses: bool) -> dict[str, Any]:
    kind = "added" if change.before is None else "removed" if change.after is None else "changed"
    there = change.after or change.before
    differs = _differs(change, addresses) if kind == "changed" else {}
    return {
        "gpu_va": address(change.start), "size_bytes": change.end - change.start, "change": kind,
        "differs": differs, "what": None if there is None else there.what,
    }  # fmt: skip
