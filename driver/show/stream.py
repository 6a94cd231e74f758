"""What goes to the GPU: pushbuffers, the ring's entries, launch descriptors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from barewire.show import strip
from barewire.show.html import (
    ALARM,
    FONT,
    LINE,
    MUTED,
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
    from barewire.channel.decoder import Event, GpfifoEntry, Operation
    from barewire.compute.qmd_decoder import QmdView

MOST_OPERATIONS = 400
OPEN_OPERATIONS = 40  # longer ones are folded at first
WORD_BITS = 32
LABEL_PX = 150  # what stands left of a strip
WORD_PX = LABEL_PX + strip.BIT_PX * WORD_BITS
CUT = "overflow:hidden;white-space:nowrap;text-overflow:ellipsis;font-size:9px"
ENGINE_TINTS = {"host": TINTS[0], "compute": TINTS[1], "copy": TINTS[2], "inline": TINTS[3]}


# Pushbuffers


def pushbuffer(
    operations_of: Sequence[Operation], events: Sequence[Event], words: int, problem: str = ""
) -> Shown:
    """What a pushbuffer does, in sentences, and below it every method.

    Args:
        words: how many words it has.
        problem: where it breaks off, if it does.
    """
    style = "margin:2px 0 6px 24px;padding:0"
    sentences = element("ol", *(element("li", str(event)) for event in events), style=style)
    methods = fold(
        muted("every method"), _operations_table(operations_of), is_open=len(operations_of) <= OPEN_OPERATIONS
    )
    broken = element("div", problem, style=f"color:{ALARM}") if problem else ""
    text = "\n".join([*map(str, events), *([problem] if problem else [])])
    return Shown(block(title("pushbuffer", f"{words} words"), sentences, methods, broken), text)


def operations(found: Iterable[Operation], heading: str = "pushbuffer") -> Shown:
    """Every method of a pushbuffer, by NVIDIA's names, with the fields of its value."""
    listed = list(found)
    html = block(title(heading, f"{len(listed)} methods"), _operations_table(listed))
    return Shown(html, "\n".join(map(str, listed)))


def _operations_table(found: Sequence[Operation]) -> Markup:
    rows = [_operation_row(one) for one in found[:MOST_OPERATIONS]]
    tints = [ENGINE_TINTS.get(one.engine or "") for one in found[:MOST_OPERATIONS]]
    if len(found) > MOST_OPERATIONS:
        rows.append((f"and {len(found) - MOST_OPERATIONS} more", "", "", "", ""))
    return table(("word", "to", "method", "value", "fields"), rows, tints)


def _operation_row(one: Operation) -> Sequence[Any]:
    where = str(one.index) if one.gpu_va is None else address(one.gpu_va)
    if not one.is_method:
        return where, "", muted(one.name), "" if one.value is None else f"{one.value:#x}", ""
    value = muted("not recorded") if one.value is None else hexadecimal(one.value)
    to = f"{one.subchannel}:{one.method_offset:04x}"
    return where, to, strong(one.name), value, _fields(one)


def _fields(one: Operation) -> Markup:
    """The parts of a value that are not zero, and what is asked for; nothing for an undivided word."""
    parts = {
        name: field
        for name, field in one.fields.items()
        if one.method is not None and one.method.fields[name].width < WORD_BITS
    }
    shown = {name: field for name, field in parts.items() if field.value or name.endswith("OPERATION")}
    said = [joined([muted(f"{name}="), str(field)]) for name, field in shown.items()]
    if len(parts) > len(shown):
        zeros = ", ".join(f"{name}={field}" for name, field in parts.items() if name not in shown)
        said.append(element("span", f"{len(parts) - len(shown)} more are 0", style=MUTED, title=zeros))
    return joined(said, ", ")


# The ring


def gpfifo(entries: Iterable[GpfifoEntry], heading: str = "GPFIFO", first: int = 0) -> Shown:
    """Entries of a ring: where each segment of pushbuffer is.

    Args:
        first: index of the first one in the ring.
    """
    rows = []
    for number, entry in enumerate(entries, first):
        where = "" if entry.gpu_va is None else address(entry.gpu_va)
        rows.append((number, hexadecimal(entry.raw, 64), where, str(entry)))
    head = ("entry", "words", "segment at", "says")
    return Shown(block(title(heading), table(head, rows)), columns_text(rows))


# Launch descriptors


def qmd(view: QmdView) -> Shown:
    """A launch descriptor: its words as strips, fields that are not zero by name, and the addresses."""
    fields = [_qmd_field(view, name) for name in view]
    addresses = [(name, address(gpu_va)) for name, gpu_va in view.addresses().items()]
    html = block(
        title(f"QMD {view.version}", f"{size(4 * len(view.words))}, {len(fields)} fields are not zero"),
        _strips(view, fields),
        fold("addresses", table((), addresses)),
        fold("fields that are not zero", strip.legend_html(fields, from_the_top=False), is_open=False),
    )
    return Shown(html, str(view))


def _qmd_field(view: QmdView, name: str) -> strip.Field:
    low, high = view.bits_of(name)
    field = view[name]
    return strip.Field(name, high, low, field.value, field.name or "")


def _strips(view: QmdView, fields: Sequence[strip.Field]) -> Markup:
    """One row for each word that is not zero; what is zero in between is said in a line."""
    rows, zeros = [], []
    for index, word in enumerate(view.words):
        if word == 0:
            zeros.append(index)
            continue
        rows += _zero_row(zeros)
        zeros = []
        rows.append(_word_row(index, word, fields))
    rows += _zero_row(zeros)
    columns = element(
        "colgroup", element("col", style=f"width:{LABEL_PX}px"), *(element("col") for _ in range(WORD_BITS))
    )
    style = f"{FONT};border-collapse:collapse;table-layout:fixed;width:{WORD_PX}px;margin:0"
    return element("table", columns, *rows, style=style)


def _zero_row(zeros: Sequence[int]) -> list[Markup]:
    if not zeros:
        return []
    span = f"word {zeros[0]}" if len(zeros) == 1 else f"words {zeros[0]}-{zeros[-1]}"
    cell = element("td", muted("zero"), colspan=WORD_BITS, style="text-align:center;font-size:10px")
    return [element("tr", element("td", muted(span)), cell)]


def _word_row(index: int, word: int | None, fields: Sequence[strip.Field]) -> Markup:
    shown = "?" if word is None else hexadecimal(word)
    cells = [element("td", muted(f"{index:3d} "), shown, style="white-space:nowrap")]
    top = WORD_BITS - 1
    for high, low, field in _parts_of(index, fields):
        if high < top:
            cells.append(_gap(top - high))
        cells.append(_part(high - low + 1, field))
        top = low - 1
    if top >= 0:
        cells.append(_gap(top + 1))
    return element("tr", *cells)


def _parts_of(index: int, fields: Sequence[strip.Field]) -> list[tuple[int, int, strip.Field]]:
    """(high, low, field) within one word, from the left; fields that share bits are shown once."""
    base, found = WORD_BITS * index, []
    for field in fields:
        high, low = min(field.high - base, WORD_BITS - 1), max(field.low - base, 0)
        if high >= 0 and low < WORD_BITS:
            found.append((high, low, field))
    found.sort(key=lambda part: -part[0])
    kept: list[tuple[int, int, strip.Field]] = []
    for part in found:
        if not kept or part[0] < kept[-1][1]:
            kept.append(part)
    return kept


def _gap(width: int) -> Markup:
    return element("td", "", colspan=width, style=f"border:{LINE};border-style:dotted")


def _part(width: int, field: strip.Field) -> Markup:
    said = field.meaning or strip.number(field.value)
    tint = TINTS[sum(map(ord, field.name)) % len(TINTS)]
    style = f"border:{LINE};background:{tint};{CUT}"
    text = joined([field.name.lower(), strong(f" {said}")]) if width > strip.NARROW_BITS else ""
    return element("td", text, colspan=width, title=f"{field.name} ({field.bits}) = {said}", style=style)
