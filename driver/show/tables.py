"""Page tables: how an address is looked up, what a tree of tables holds, what is mapped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from barewire.show import strip
from barewire.show.html import (
    TINTS,
    Markup,
    Shown,
    block,
    columns_text,
    element,
    fold,
    joined,
    muted,
    strong,
    table,
    title,
)
from barewire.show.numbers import address, hexadecimal, size

if TYPE_CHECKING:
    from barewire.memory.compare import Comparison, Difference
    from barewire.memory.formats import Leaf, PageTableFormat
    from barewire.memory.space import Mapping
    from barewire.memory.tree import Run, Table
    from barewire.memory.walker import Walk

MOST_ROWS = 64  # of what is mapped: a table is to be looked at
OPEN_LEVELS = 6
MOST_BELOW = 24  # entries of one table that are shown
DIFFERENCE_COLUMNS = ("level", "table at", "entry", "gpu_va", "expected", "found", "what", "differs in")


def page(leaf: Leaf | None) -> str:
    """Where a page is, and what its entry allows."""
    if leaf is None:
        return "sparse: reads as zeros"
    said = leaf.attributes
    notes = [f"kind {said.kind:#x}"]
    notes += [name for name in ("volatile", "privileged", "read_only") if getattr(said, name)]
    notes += [] if said.atomics else ["no atomics"]
    where = f"{said.aperture.value} {said.peer}" if said.aperture.value == "peer" else said.aperture.value
    return f"{where} {address(leaf.address)} ({', '.join(notes)})".replace("read_only", "read-only")


# A walk


def walk(found: Walk) -> Shown:
    """An address cut into the levels' indices, then the entry that was read at each level."""
    rows = list(_steps(found))
    html = block(
        title(f"gpu_va {address(found.gpu_va)}", _outcome(found)),
        strip.strip_html(_indices(found), _va_bits(found)),
        table(("level", "table at", "entry", "words", "leads to"), rows, _level_tints(len(rows))),
    )
    return Shown(html, str(found))


def _va_bits(found: Walk) -> int:
    return int(found.steps[0].level.va_bits.high) + 1


def _indices(found: Walk) -> list[strip.Field]:
    fields = [
        strip.Field(step.level.name, step.level.va_bits.high, step.level.va_bits.low, step.index)
        for step in found.steps
    ]
    left = found.steps[-1].level.va_bits.low
    return [*fields, strip.Field("offset in the page", left - 1, 0, found.gpu_va & (1 << left) - 1)]


def _steps(found: Walk) -> Iterator[Sequence[Any]]:
    tables = [step.table for step in found.steps[1:]]
    for number, step in enumerate(found.steps):
        to = (
            f"{tables[number].aperture.value} {address(tables[number].address)}"
            if number < len(tables)
            else ""
        )
        words = " ".join(hexadecimal(word, 64) for word in step.words)
        where = f"{step.table.aperture.value} {address(step.table.address)}"
        yield step.level.name, where, step.index, words, to or strong(_outcome(found))


def _outcome(found: Walk) -> str:
    if found.leaf is None and not found.sparse:
        return "nothing is mapped"
    return f"a page of {size(found.page_bytes)}: {page(found.leaf)}"


def _level_tints(count: int) -> list[str | None]:
    return [TINTS[number % len(TINTS)] for number in range(count)]


# A tree


def tree(root: Table) -> Shown:
    """Every table below a root; branches fold."""
    note = f"{root.tables} tables, {size(root.mapped_bytes)} mapped"
    html = block(title("page tables", note), _branch(root, 0))
    return Shown(html, "\n".join([f"page tables: {note}", *_text_lines(root, 0)]))


def _branch(one: Table, depth: int) -> Markup:
    shown = [
        _run_html(each) if _is_run(each) else _branch(cast("Table", each), depth + 1)
        for each in one.below[:MOST_BELOW]
    ]
    if len(one.below) > MOST_BELOW:
        shown.append(element("div", muted(f"and {len(one.below) - MOST_BELOW} more")))
    return fold(_table_line(one, depth), *shown, is_open=depth < OPEN_LEVELS)


def _below_html(part: Table | Run, depth: int) -> Markup:
    return _run_html(part) if _is_run(part) else _branch(cast("Table", part), depth)


def _is_run(part: Table | Run) -> TypeGuard[Run]:
    return hasattr(part, "page_bytes")


def _table_line(one: Table, depth: int) -> Markup:
    entry = muted(f"[{one.index}] ") if depth else ""
    name = element("span", one.level.name, style=f"background:{TINTS[depth % len(TINTS)]};padding:0 4px")
    return joined([entry, name, muted(f" at {one.place.aperture.value} {address(one.place.address)}")])


def _run_html(run: Run) -> Markup:
    return element("div", muted(f"[{_entries(run)}] "), strong(_range(run)), "  ", _pages(run))


def _entries(run: Run) -> str:
    return str(run.entry) if run.pages == 1 else f"{run.entry}-{run.entry + run.pages - 1}"


def _range(run: Run) -> str:
    return f"{address(run.gpu_va)}-{address(run.gpu_va + run.size_bytes)}"


def _pages(run: Run) -> str:
    many = "page" if run.pages == 1 else "pages"
    return f"{run.pages} {many} of {size(run.page_bytes)}: {page(run.leaf)}"


def _text_lines(one: Table, depth: int) -> Iterator[str]:
    entry = f"[{one.index}] " if depth else ""
    yield f"{'  ' * depth}{entry}{one.level.name} at {one.place.aperture.value} {address(one.place.address)}"
    for each in one.below[:MOST_BELOW]:
        if _is_run(each):
            yield f"{'  ' * (depth + 1)}[{_entries(each)}] {_range(each)}  {_pages(each)}"
        else:
            yield from _text_lines(cast("Table", each), depth + 1)
    if len(one.below) > MOST_BELOW:
        yield f"{'  ' * (depth + 1)}and {len(one.below) - MOST_BELOW} more"


# A comparison


def comparison(found: Comparison) -> Shown:
    """How tables in memory compare with our builder's: what was compared, and each difference."""
    outcome = "equal" if found.equal else _many(len(found.differences), "difference")
    counts = f"{_many(found.entries, 'entry', 'entries')} set, {_many(found.words, 'word')} compared"
    note = f"{outcome}: {counts} in {_many(found.tables, 'table')}"
    levels = [(name, count) for name, count in found.by_level.items() if count]
    rows = [_difference_row(each) for each in found.differences[:MOST_ROWS]]
    left = len(found.differences) - len(rows)
    html = block(
        title("page tables compared", note),
        table(("level", "entries"), levels, _level_tints(len(levels))) if levels else "",
        table(DIFFERENCE_COLUMNS, rows) if rows else "",
        muted(f"and {left} more") if left else "",
    )
    text = [f"page tables compared: {note}", *(str(each) for each in found.differences[:MOST_ROWS])]
    return Shown(html, "\n".join([*text, f"and {left} more"] if left else text))


def difference(found: Difference) -> Shown:
    """A word that is not as our builder makes it, or a table that could not be compared."""
    return Shown(block(table(DIFFERENCE_COLUMNS, [_difference_row(found)])), str(found))


def _difference_row(one: Difference) -> Sequence[Any]:
    index = f"{one.index}, word {one.word}" if one.word else one.index
    where = f"{one.table.aperture.value} {address(one.table.address)}"
    words = ("" if word is None else hexadecimal(word, 64) for word in (one.expected, one.found))
    return (
        one.level,
        where,
        index,
        address(one.gpu_va),
        *words,
        strong(one.what),
        one.why or ", ".join(one.fields),
    )


def _many(count: int, one: str, several: str = "") -> str:
    return f"{count:,} {one if count == 1 else several or one + 's'}"


# What is mapped, and the format


def mappings(mapped: Iterable[Mapping], heading: str = "address space") -> Shown:
    """What is mapped where, as the driver knows it."""
    ordered = sorted(mapped, key=lambda each: each.gpu_va)
    total = sum(each.size_bytes for each in ordered)
    rows = [
        (
            address(each.gpu_va),
            address(each.gpu_va + each.size_bytes),
            size(each.size_bytes),
            "sparse" if each.memory is None else f"{each.memory.aperture} memory {each.memory.handle:#x}",
            "read-only" if each.read_only else "",
        )
        for each in ordered[:MOST_ROWS]
    ]
    if len(ordered) > MOST_ROWS:
        rows.append((f"and {len(ordered) - MOST_ROWS} more", "", "", "", ""))
    note = f"{len(ordered)} mappings, {size(total)}"
    html = block(title(heading, note), table(("from", "to", "size", "memory", ""), rows))
    return Shown(html, "\n".join([f"{heading}: {note}", columns_text(rows)]))


def format_table(form: PageTableFormat) -> Shown:
    """The levels of a page table format: which bits of an address each takes."""
    levels = [*form.directories, form.small]
    fields = [
        strip.Field(level.name, level.va_bits.high, level.va_bits.low, level.entries) for level in levels
    ]
    fields.append(strip.Field("offset in the page", form.small.va_bits.low - 1, 0, form.small.span_bytes))
    rows = [
        (
            level.name,
            f"{level.va_bits.high}:{level.va_bits.low}",
            level.entries,
            size(level.table_bytes),
            size(level.span_bytes),
        )
        for level in (*form.directories, form.big, form.small)
    ]
    head = ("level", "bits of gpu_va", "entries", "table", "an entry covers")
    bits = form.root.va_bits.high + 1
    html = block(title(form.name, form.source), strip.strip_html(fields, bits), table(head, rows))
    return Shown(html, "\n".join([form.name, columns_text([head, *rows])]))
