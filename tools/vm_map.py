"""`barewire vm map`: what is mapped where, as ranges or as the tables that say so.

Pages in a row that are of one size, say the same and belong together are one range, wherever in memory each
of them is. It comes from the tables in memory, read back; only the names come from the driver's own records.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from barewire.memory.tree import Run, Table
from barewire.show.numbers import address, size
from barewire.tools.files import replace_all
from barewire.tools.output import Branch, Column, Report, Tree
from barewire.tools.vm_text import (
    Data,
    aperture_style,
    attributes_data,
    attributes_style,
    attributes_text,
    memory_text,
    pages_text,
    place_data,
    place_text,
)

if TYPE_CHECKING:
    from barewire.device.regions import Region
    from barewire.tools.vm_source import Source

SPARSE = "sparse"
WHAT = Column("what", style="bold")
RANGE_COLUMNS = (
    Column("gpu_va"),
    Column("size_bytes", "size", size, to_right=True),
    Column("pages", shown=pages_text),
    Column("memory", shown=memory_text, style=aperture_style),
    Column("attributes", "access", attributes_text, attributes_style),
    WHAT,
)


def entry_text(entry: Data) -> str:
    """Which entries of the table above, and the level of the table below, if it is one."""
    last = entry["index"] + entry["count"] - 1
    numbers = f"[{entry['index']}]" if entry["count"] == 1 else f"[{entry['index']}-{last}]"
    return f"{numbers} {entry['level']}" if entry["level"] else numbers


TABLE_COLUMNS = (
    Column("entry", "entry", entry_text, lambda entry: "bold cyan" if entry["level"] else ""),
    Column("gpu_va"),
    Column("size_bytes", "covers", size, to_right=True),
    Column("place", "at", place_text, aperture_style),
    Column("pages", shown=pages_text),
    Column("attributes", "access", attributes_text, attributes_style),
    WHAT,
)


class Range:
    """Pages in a row, of one size, that say the same.

    Attributes:
        gpu_va, end_va: where they are seen.
        page_bytes: the size of each.
        attributes: what their entries say; None for pages that read as zeros.
        extents: (address, bytes) of where they are, in order.
        region: what they are for; None if nobody knows.

    Args:
        run: the first of them.
    """

    def __init__(self, run: Run, region: Region | None) -> None:
        self.gpu_va = self.end_va = run.gpu_va
        self.page_bytes = run.page_bytes
        self.attributes = None if run.leaf is None else run.leaf.attributes
        self.extents: list[tuple[int, int]] = []
        self.region = region
        self.add(run)

    def add(self, run: Run) -> None:
        """The pages behind the last one."""
        self.end_va += run.size_bytes
        if run.leaf is None:
            return
        if self.extents and run.leaf.address == self.memory_end:
            first, size_bytes = self.extents.pop()
            self.extents.append((first, size_bytes + run.size_bytes))
        else:
            self.extents.append((run.leaf.address, run.size_bytes))

    @property
    def memory_end(self) -> int:
        """The address behind the last page, in memory."""
        first, size_bytes = self.extents[-1]
        return first + size_bytes

    @property
    def size_bytes(self) -> int:
        """Of all of them."""
        return self.end_va - self.gpu_va

    @property
    def aperture(self) -> str:
        """Where they are."""
        return SPARSE if self.attributes is None else self.attributes.aperture.value

    @property
    def what(self) -> str | None:
        """What they are for, as far as it is known."""
        if self.region is not None:
            return self.region.name
        return SPARSE if self.attributes is None else None

    def pages_data(self) -> Data:
        """How many pages of which size."""
        return {"count": self.size_bytes // self.page_bytes, "size_bytes": self.page_bytes}

    def memory_data(self) -> Data | None:
        """Where they are."""
        if self.attributes is None:
            return None
        extents = [{"address": address(first), "size_bytes": count} for first, count in self.extents]
        return {"aperture": self.aperture, "extents": extents}


class Names:
    """What addresses are for.

    Args:
        regions: in the order of their addresses; they do not overlap.
    """

    def __init__(self, regions: Sequence[Region]) -> None:
        self._regions = regions
        self._starts = [region.gpu_va for region in regions]

    def at(self, gpu_va: int) -> Region | None:
        """The region of an address."""
        index = bisect_right(self._starts, gpu_va) - 1
        if index < 0 or gpu_va >= self._regions[index].end_va:
            return None
        return self._regions[index]

    def text(self, gpu_va: int) -> str | None:
        """The smallest thing with a name that an address is in, with the offset there."""
        region = self.at(gpu_va)
        if region is None:
            return None
        for part in region.parts:
            if part.gpu_va <= gpu_va < part.end_va:
                return f"{region.name}: {part.name}{_offset(gpu_va - part.gpu_va)}"
        return f"{region.name}{_offset(gpu_va - region.gpu_va)}"

    def among(self, start: int, end: int) -> str | None:
        """The regions that addresses belong to, in words."""
        first = max(0, bisect_right(self._starts, start) - 1)
        last = bisect_right(self._starts, end - 1)
        touched = [region.name for region in self._regions[first:last] if region.end_va > start]
        return "; ".join(dict.fromkeys(touched)) or None

    def borders(self, start: int, end: int) -> list[int]:
        """Where regions begin or end between two addresses."""
        if not self._starts:
            return []
        first = max(0, bisect_right(self._starts, start) - 1)
        last = bisect_right(self._starts, end - 1)
        edges = {edge for region in self._regions[first:last] for edge in (region.gpu_va, region.end_va)}
        return sorted(edge for edge in edges if start < edge < end)


def _offset(count: int) -> str:
    return f"+{count:#x}" if count else ""


# Ranges


def ranges_of(table: Table, names: Names, joined: bool = True) -> list[Range]:
    """What is mapped below a table, in the order of addresses.

    Args:
        joined: also over pages that lie anywhere in memory; else each range is in one piece there.
    """
    found: list[Range] = []
    for run in runs_of(table):
        for piece in _split(run, names.borders(run.gpu_va, run.gpu_va + run.size_bytes)):
            region = names.at(piece.gpu_va)
            if found and _belongs(found[-1], piece, region, joined):
                found[-1].add(piece)
            else:
                found.append(Range(piece, region))
    return found


def runs_of(table: Table) -> list[Run]:
    """Every run of pages below a table that the GPU would find, in the order of addresses."""
    return sorted(_runs_below(table), key=lambda run: run.gpu_va)


def _runs_below(table: Table) -> Iterator[Run]:
    """Without small pages where there are big ones: the GPU looks for those first."""
    big_index, hidden = -1, list[Run]()
    for part in table.below:
        if isinstance(part, Run):
            yield part
        elif part.index == big_index:
            for run in _runs_below(part):
                yield from _unhidden(run, hidden)
        else:
            below = list(_runs_below(part))
            yield from below
            big_index, hidden = part.index, below


def _unhidden(run: Run, hidden: Sequence[Run]) -> Iterator[Run]:
    """What is left of a run."""
    start = run.gpu_va
    for other in hidden:
        end = other.gpu_va + other.size_bytes
        if start < end and other.gpu_va < run.gpu_va + run.size_bytes:
            yield from _part(run, start, other.gpu_va)
            start = end
    yield from _part(run, start, run.gpu_va + run.size_bytes)


def _split(run: Run, borders: Sequence[int]) -> Iterator[Run]:
    """A run cut where something else begins, as far as pages begin there."""
    if not borders:
        yield run
        return
    start = run.gpu_va
    for border in borders:
        if (border - run.gpu_va) % run.page_bytes == 0:
            yield from _part(run, start, border)
            start = border
    yield from _part(run, start, run.gpu_va + run.size_bytes)


def _part(run: Run, start: int, end: int) -> Iterator[Run]:
    """The pages of a run between two addresses, if there are any."""
    if start >= end:
        return
    offset = start - run.gpu_va
    leaf = None if run.leaf is None else run.leaf._replace(address=run.leaf.address + offset)
    first = run.entry + offset // run.page_bytes
    yield run._replace(entry=first, pages=(end - start) // run.page_bytes, gpu_va=start, leaf=leaf)


def _belongs(found: Range, run: Run, region: Region | None, joined: bool) -> bool:
    """Whether a run goes on with a range."""
    if run.gpu_va != found.end_va or run.page_bytes != found.page_bytes or region is not found.region:
        return False
    if run.leaf is None or found.attributes is None:
        return run.leaf is None and found.attributes is None
    return run.leaf.attributes == found.attributes and (joined or run.leaf.address == found.memory_end)


# The report


def map_report(source: Source, start: int | None, end: int | None, *, tables: bool, pieces: bool) -> Report:
    """What is mapped between two addresses.

    Args:
        tables: show the page tables too.
        pieces: a range for each piece of memory.
    """
    root = source.tree(start, end)
    names = Names(source.regions)
    found = ranges_of(root, names, joined=not pieces)
    report = Report()
    describe(report, source)
    report.fact("tables", root.tables, in_title=True)
    report.fact("mapped_bytes", _totals(found), in_title=True)
    report.picture("summary", [[(_summary(root, found), "dim")]])
    if tables:
        fill_tables(report.tree("page_tables", TABLE_COLUMNS), root, names)
    else:
        fill_ranges(report.tree("ranges", RANGE_COLUMNS, below_key="parts"), found)
    for problem in source.problems:
        report.note(problem)
    return report


def save(dev: Any, path: str | Path, space: Any = None) -> None:
    """Write the map of an open device's address space to a file, as `barewire vm map --json` prints it.

    Args:
        space: of the device; None for its own.

    Raises:
        FileProblem: the file could not be written.
    """
    from barewire.tools.vm_source import of_space

    report = map_report(of_space(dev, space), None, None, tables=False, pieces=False)
    text = json.dumps(report.data(), indent=2)
    replace_all([(Path(path), lambda stream: stream.write(text.encode()))])


def describe(report: Report, source: Source) -> None:
    """Whose tables they are."""
    report.fact("device", source.name, in_title=True)
    report.fact("gpu", source.gpu, in_title=True)
    report.fact("format", source.form.name, in_title=True)
    report.fact("root", place_data(source.root), in_title=True)
    whose = f"{source.name}: {source.gpu}"
    which = f"{source.form.name}, root at {place_text(place_data(source.root))}"
    report.picture("heading", [[(whose, "bold")], [(which, "dim")]])


def _totals(ranges: Sequence[Range]) -> dict[str, int]:
    """What is mapped, by where it is."""
    totals: dict[str, int] = {}
    for one in ranges:
        totals[one.aperture] = totals.get(one.aperture, 0) + one.size_bytes
    return totals


def _summary(root: Table, ranges: Sequence[Range]) -> str:
    totals = _totals(ranges)
    parts = ", ".join(f"{size(count)} {where}" for where, count in totals.items())
    many = "1 table" if root.tables == 1 else f"{root.tables} tables"
    return f"{size(sum(totals.values()))} mapped in {many}" + (f": {parts}" if parts else "")


def fill_ranges(tree: Tree, ranges: Sequence[Range]) -> None:
    """A row for each range, with what is in it below."""
    for one in ranges:
        branch = tree.add(
            gpu_va=address(one.gpu_va), size_bytes=one.size_bytes, pages=one.pages_data(),
            memory=one.memory_data(), attributes=one.attributes and attributes_data(one.attributes),
            what=one.what,
        )  # fmt: skip
        for part in one.region.parts if one.region is not None else ():
            if one.gpu_va <= part.gpu_va < one.end_va:
                branch.add(gpu_va=address(part.gpu_va), size_bytes=part.size_bytes, what=part.name)


def fill_tables(tree: Tree, root: Table, names: Names) -> None:
    """A row for each table and each run of pages."""
    _add_table(tree, root, names)


def _add_table(above: Tree | Branch, table: Table, names: Names) -> None:
    branch = above.add(
        entry={"index": table.index, "count": 1, "level": table.level.name}, gpu_va=address(table.gpu_va),
        size_bytes=table.level.span_bytes * table.level.entries, place=place_data(table.place),
    )  # fmt: skip
    for part in table.below:
        if isinstance(part, Run):
            _add_run(branch, part, names)
        else:
            _add_table(branch, part, names)


def _add_run(above: Branch, run: Run, names: Names) -> None:
    told: dict[str, Any] = {"what": "sparse"}
    if run.leaf is not None:
        place = {"aperture": run.leaf.attributes.aperture.value, "address": address(run.leaf.address)}
        what = names.among(run.gpu_va, run.gpu_va + run.size_bytes)
        told = {"place": place, "attributes": attributes_data(run.leaf.attributes), "what": what}
    above.add(
        entry={"index": run.entry, "count": run.pages, "level": None}, gpu_va=address(run.gpu_va),
        size_bytes=run.size_bytes, pages={"count": run.pages, "size_bytes": run.page_bytes}, **told,
    )  # fmt: skip
