"""`barewire vm walk`: an address cut into the indices of the levels, and the entry that is read at each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from barewire.memory.fields import RESERVED, fields_of
from barewire.show.numbers import address, size
from barewire.tools.output import Column, Report, Tree, hexadecimal
from barewire.tools.vm_map import Names, describe
from barewire.tools.vm_text import (
    Data,
    aperture_style,
    attributes_data,
    attributes_text,
    kind_name,
    leaf_text,
    place_data,
    place_text,
)

if TYPE_CHECKING:
    from barewire.memory.formats import Level, PageTableFormat, TablePointer
    from barewire.memory.walker import Step, Walk
    from barewire.tools.vm_source import Source

WORD_BITS = 64
MAPPED, NOT_MAPPED, SPARSE = "mapped", "not mapped", "sparse"
LEVEL_STYLES = ("cyan", "green", "yellow", "magenta", "blue", "red")
OUTCOME_STYLES = {MAPPED: "bold green", NOT_MAPPED: "bold red", SPARSE: "bold yellow"}


def words_text(words: Sequence[str]) -> str:
    """An entry's words, the first one first."""
    return " ".join(words)


STEP_COLUMNS = (
    Column("level", style="bold cyan"),
    Column("bits"),
    Column("index", to_right=True),
    Column("table", in_text=False),
    Column("entry", "entry at", place_text, aperture_style),
    Column("words", shown=words_text, style="bold"),
    Column("leads_to", "leads to"),
)


def fields_text(fields: Sequence[Data]) -> str:
    """The fields of a word that say something: what they mean, and of flags that they are set."""
    said = [_field_text(field) for field in fields if field["meaning"] or int(field["value"], 16)]
    return ", ".join(said) or "nothing"


def _field_text(field: Data) -> str:
    if field["meaning"]:
        return f"{field['field']} {field['meaning']}"
    is_set = field["value"] == "0x1" and ":" not in field["bits"]
    return str(field["field"]) if is_set else f"{field['field']} {field['value']}"


FIELD_COLUMNS = (
    Column("level", style="bold cyan"),
    Column("word", style="bold"),
    Column("fields", "fields", fields_text),
)


def walk_report(source: Source, addresses: Sequence[int], *, fields: bool) -> tuple[Report, bool]:
    """A walk for each address; and whether something is mapped, or sparse, at all of them.

    Args:
        fields: show the fields of each entry too.
    """
    report = Report()
    describe(report, source)
    names = Names(source.regions)
    mapped = True
    for gpu_va in addresses:
        found = source.walk(gpu_va)
        fill_walk(report.group("walks", ""), source.form, found, names, fields=fields)
        mapped = mapped and outcome(found) != NOT_MAPPED
    for problem in source.problems:
        report.note(problem)
    return report, mapped


def outcome(found: Walk) -> str:
    """In one word what an access would meet."""
    return SPARSE if found.sparse else NOT_MAPPED if found.leaf is None else MAPPED


def fill_walk(report: Report, form: PageTableFormat, found: Walk, names: Names, *, fields: bool) -> None:
    """What was found for one address."""
    what = names.text(found.gpu_va)
    facts: dict[str, Any] = {
        "gpu_va": address(found.gpu_va), "what": what, "outcome": outcome(found),
        "page_size_bytes": None if found.leaf is None else found.page_bytes,
        "memory": _memory(found),
        "attributes": None if found.leaf is None else attributes_data(found.leaf.attributes),
    }  # fmt: skip
    for key, value in facts.items():
        report.fact(key, value, in_title=True)
    report.picture("address", [_heading(found, what), *_strip(form, found)])
    _fill_steps(report.tree("steps", STEP_COLUMNS, below_key=None), form, found)
    if fields:
        rows = report.tree("fields", FIELD_COLUMNS)
        for step in found.steps:
            for half, word in enumerate(step.words):
                named = list(_fields(form, step.level, half, word))
                rows.add(level=step.level.name, word=hexadecimal(word, WORD_BITS), fields=named)
    report.picture("end", [_conclusion(found)])


def _memory(found: Walk) -> Data | None:
    """Where the byte itself is."""
    if found.leaf is None or found.address is None:
        return None
    return {"aperture": found.leaf.attributes.aperture.value, "address": address(found.address)}


Line = list[tuple[str, str]]


def _heading(found: Walk, what: str | None) -> Line:
    return [(f"gpu_va {address(found.gpu_va)}", "bold"), (f"  {what}" if what else "", "bold cyan")]


def _conclusion(found: Walk) -> Line:
    """How the walk ends, for people."""
    style = OUTCOME_STYLES[outcome(found)]
    memory = _memory(found)
    if memory is None or found.leaf is None:
        reason = "reads give zeros and writes are ignored" if found.sparse else "an access would fault"
        covered = f"{size(found.page_bytes)} that the last entry is for"
        return [(outcome(found), style), (f": {reason}, in all of the {covered}", "")]
    pages = (
        f"in a page of {size(found.page_bytes)}, {attributes_text(attributes_data(found.leaf.attributes))}"
    )
    return [(outcome(found), style), (f": {place_text(memory)} ", ""), (pages, "dim")]


# The address as bits


def _strip(form: PageTableFormat, found: Walk) -> Iterator[Line]:
    """The bits of the address, level by level, with the index that they make."""
    parts = [(step.level.name, step.level.va_bits.high, step.level.va_bits.low) for step in _chain(found)]
    parts.append(("offset", parts[-1][2] - 1, 0))
    lines: tuple[Line, Line, Line] = ([], [], [])
    for number, (name, high, low) in enumerate(parts):
        value = found.gpu_va >> low & (1 << (high - low + 1)) - 1
        bits = f"{value:0{high - low + 1}b}"
        index = f"{value:#x}" if name == "offset" else str(value)
        width = max(len(name), len(bits), len(index)) + 2
        style = LEVEL_STYLES[number % len(LEVEL_STYLES)]
        for line, text in zip(lines, (name, bits, index), strict=True):
            line.append((text.ljust(width), style))
    yield from lines


def _chain(found: Walk) -> list[Step]:
    """The entries that lead to the end: a table of big pages that had none there is left out."""
    steps = list(found.steps)
    if len(steps) > 1 and steps[-1].level.va_bits.high == steps[-2].level.va_bits.high:
        del steps[-2]
    return steps


# The entries


def _fill_steps(tree: Tree, form: PageTableFormat, found: Walk) -> None:
    """A row for each entry that was read, below the one that led to it."""
    above: Any = tree
    for number, step in enumerate(found.steps):
        is_last = number == len(found.steps) - 1
        row = above.add(
            level=step.level.name, bits=_bits_text(step.level), index=step.index,
            table=place_data(step.table),
            entry=_entry_place(step),
            words=[hexadecimal(word, WORD_BITS) for word in step.words],
            leads_to=_end_text(found) if is_last else _pointers_text(form, step),
        )  # fmt: skip
        above = row if step.level in form.directories else above


def _entry_place(step: Step) -> Data:
    """Where an entry is."""
    at = step.table.address + step.index * step.level.entry_bytes
    return place_data(step.table._replace(address=at))


def _bits_text(level: Level) -> str:
    """The bits of the address that are the index."""
    bits = level.va_bits
    return str(bits.low) if bits.high == bits.low else f"{bits.high}:{bits.low}"


def _pointers_text(form: PageTableFormat, step: Step) -> str:
    """The tables that an entry points to."""
    if step.level not in form.directories:
        return "nothing: the small pages are looked at"
    if step.level is not form.directories[-1]:
        below = form.directories[form.directories.index(step.level) + 1]
        return _pointer_text(below, form.pde.decode(step.words[0]))
    big, small = form.dual_big.decode(step.words[0]), form.dual_small.decode(step.words[1])
    said = ((form.big, big), (form.small, small))
    return ", ".join(_pointer_text(level, place) for level, place in said if place is not None)


def _pointer_text(level: Level, place: TablePointer | None) -> str:
    return "nothing" if place is None else f"{level.name} at {place.aperture.value} {place.address:#x}"


def _end_text(found: Walk) -> str:
    """What the last entry says."""
    return "nothing" if outcome(found) == NOT_MAPPED else leaf_text(found.leaf, found.page_bytes)


def _fields(form: PageTableFormat, level: Level, half: int, word: int) -> Iterator[dict[str, Any]]:
    """The fields of a word, from the lowest bit up; reserved bits only if one is set."""
    named = fields_of(form, level, half, word)
    meanings = _meanings(form, level, half, word, is_page=any(name == "valid" for name, _ in named))
    for name, mask in sorted(named, key=lambda field: field[1] & -field[1]):
        low = (mask & -mask).bit_length() - 1
        value = (word & mask) >> low
        if name != RESERVED or value:
            yield {
                "field": name, "bits": _mask_text(mask), "value": f"{value:#x}",
                "meaning": meanings.get(name),
            }  # fmt: skip


def _meanings(form: PageTableFormat, level: Level, half: int, word: int, *, is_page: bool) -> dict[str, str]:
    """What the numbers of some fields stand for; nothing in a word that is no page and no pointer."""
    if not is_page:
        table = form.pointer(level, half).decode(word)
        return {} if table is None else {"aperture": table.aperture.value, "address": f"{table.address:#x}"}
    leaf = form.pte.decode(word)
    if leaf is None:
        return {}
    said = leaf.attributes
    return {"aperture": said.aperture.value, "address": f"{leaf.address:#x}", "kind": kind_name(said.kind)}


def _mask_text(mask: int) -> str:
    """Bits as documents write them: 51:12, or 7, or 63:56 3."""
    ranges = []
    while mask:
        low = (mask & -mask).bit_length() - 1
        high = low
        while mask >> (high + 1) & 1:
            high += 1
        ranges.append(str(low) if high == low else f"{high}:{low}")
        mask &= ~((1 << (high + 1)) - 1)
    return " ".join(reversed(ranges))
