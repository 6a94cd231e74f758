"""Devices, queues, memory, errors, and records of any kind, as cards and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from barewire.show import stream
from barewire.show.html import (
    ALARM,
    Markup,
    Shown,
    bar,
    block,
    columns_text,
    element,
    joined,
    muted,
    strong,
    table,
    title,
)
from barewire.show.html import card as html_card
from barewire.show.numbers import address, by_name, hexadecimal, seconds, size

if TYPE_CHECKING:
    from barewire.abi.layout import Struct
    from barewire.array import Placed
    from barewire.channel.queue import Queue
    from barewire.channel.state import QueueState
    from barewire.compute.graph import Graph
    from barewire.device import Device
    from barewire.errors import BarewireError
    from barewire.memory.object import MemoryObject
    from barewire.memory.vram import VramAllocator

MOST_EXTENTS = 8
LEAST_ADDRESS = 0x1000
MOST_NODES = 64
SCALAR_ENTRY = 2  # parts of a layout's entry for a number; those of arrays have their length, too


# Records: anything with named parts


def parts_of(record: Any) -> dict[str, Any]:
    """The named parts of a dataclass, a named tuple, a mapping, or an object's public attributes."""
    if isinstance(record, Mapping):
        return {str(name): value for name, value in record.items()}
    if is_dataclass(record):
        return {field.name: getattr(record, field.name) for field in fields(record)}
    if hasattr(record, "_asdict"):
        return dict(record._asdict())
    return {name: value for name, value in vars(record).items() if not name.startswith("_")}


def card(record: Any, heading: str = "", note: str = "") -> Shown:
    """One record: a line for each of its parts."""
    pairs = [(name, by_name(name, value)) for name, value in parts_of(record).items()]
    named = heading or type(record).__name__
    return Shown(html_card(named, pairs, note=note), "\n".join([named, columns_text(pairs)]))


def records(found: Iterable[Any], heading: str = "", only: Sequence[str] = ()) -> Shown:
    """Several records of one kind: a row for each.

    Args:
        only: which of their parts, in this order; all of them if empty.
    """
    listed = list(found)
    names = list(only) or (list(parts_of(listed[0])) if listed else [])
    rows = [[by_name(name, _part(each, name)) for name in names] for each in listed]
    html = block(title(heading) if heading else "", table(names, rows) if rows else muted("none"))
    return Shown(html, columns_text([names, *rows]) if rows else "none")


def _part(record: Any, name: str) -> Any:
    """A part by name, of a class too; nothing where there is none."""
    return record.get(name, "") if isinstance(record, Mapping) else getattr(record, name, "")


def boot_steps(steps: Iterable[tuple[str, float]], heading: str = "boot") -> Shown:
    """What was done and how long each step took, with a bar for each.

    Args:
        steps: (name, seconds).
    """
    listed = [(name, took) for name, took in steps]
    total = sum(took for _, took in listed)
    longest = max((took for _, took in listed), default=0.0) or 1.0
    rows = [(name, seconds(took), bar(took / longest)) for name, took in listed]
    html = block(title(heading, f"{len(listed)} steps, {seconds(total)}"), table((), rows))
    return Shown(html, columns_text([(name, seconds(took)) for name, took in listed]))


# Errors


def error(found: BarewireError) -> Shown:
    """What happened, what is known of it, and what to do next."""
    facts = [(name, by_name(name, value)) for name, value in found.facts.items() if value is not None]
    kind = element("span", type(found).__name__, style=f"color:{ALARM};font-weight:600")
    said = element("div", found.message, style="margin:2px 0")
    hint = element("div", muted(found.hint), style="margin-top:3px") if found.hint else ""
    style = f"border-left:3px solid {ALARM};padding:2px 10px"
    html = block(
        element(
            "div", kind, said, table((), [(muted(name), value) for name, value in facts]), hint, style=style
        )
    )
    return Shown(html, f"{type(found).__name__}: {found}")


def findings(found: Iterable[Any], heading: str = "sanitizer") -> Shown:
    """What a sanitizer found: what is wrong, in a sentence, where, and how often."""
    listed = list(found)
    if not listed:
        return Shown(block(title(heading, "nothing found")), f"{heading}: nothing found")
    rows = [
        (
            strong(each.kind),
            joined([each.text, _fact_line(each.facts)], Markup("<br>")),
            str(each.place or ""),
            each.count,
        )
        for each in listed
    ]
    text = columns_text([(each.kind, each.text, str(each.place or ""), each.count) for each in listed])
    html = block(
        title(heading, f"{len(listed)} finding{'s' if len(listed) > 1 else ''}"),
        table(("finding", "what was done", "where", "times"), rows),
    )
    return Shown(html, text)


def _fact_line(facts: Mapping[str, Any]) -> Markup:
    return muted(", ".join(f"{name} {_fact(name, value)}" for name, value in facts.items()))


def _fact(name: str, value: Any) -> str:
    """Large numbers in what is found are addresses, whatever they are called."""
    large = isinstance(value, int) and value >= LEAST_ADDRESS and not name.endswith("_bytes")
    return f"{value:#x}" if large else by_name(name, value)


# Memory


def memory(one: MemoryObject) -> Shown:
    """Memory of a GPU: where its pieces are."""
    rows = [(address(each.address), size(each.size_bytes)) for each in one.extents[:MOST_EXTENTS]]
    if len(one.extents) > MOST_EXTENTS:
        rows.append((f"and {len(one.extents) - MOST_EXTENTS} more", ""))
    where = "video memory" if one.aperture == "video" else "host memory, by its DMA address"
    pairs = [
        ("size", size(one.size_bytes)),
        ("pages of", size(one.page_size_bytes)),
        (where, joined([f"{at} ({long})" if long else at for at, long in rows], Markup("<br>"))),
    ]
    state = "closed" if one.closed else ""
    return Shown(html_card(f"{one.aperture} memory {one.handle:#x}", pairs, note=state), repr(one))


def array(one: Placed) -> Shown:
    """An array: its shape and where it is. Its contents stay where they are."""
    where = "freed" if one.gpu_va is None else address(one.gpu_va)
    shape = " x ".join(map(str, one.shape)) or "one value"
    pairs = [("shape", shape), ("dtype", one.dtype.name), ("size", size(one.size_bytes)), ("gpu_va", where)]
    return Shown(html_card(type(one).__name__, pairs, note=f"on {one.device.name}"), repr(one))


def usage(allocator: VramAllocator) -> Shown:
    """How much of video memory is taken."""
    total = allocator.total_bytes
    taken = total - allocator.free_bytes
    pairs = [
        ("taken", joined([size(taken), bar(taken / total if total else 0.0)])),
        ("free", size(total - taken)),
        ("pieces taken", len(allocator.taken)),
        ("regions", ", ".join(f"{address(start)}-{address(end)}" for start, end in allocator.regions)),
    ]
    return Shown(html_card("video memory", pairs), f"{taken} of {total} bytes of video memory are taken")


# Queues and devices


def queue(one: Queue) -> Shown:
    """A queue: its channel, and how far its timeline has come."""
    submitted, completed = one.timeline.submitted, one.completed
    state = "alive" if one.error is None else type(one.error).__name__
    pairs = [
        ("state", state),
        ("classes", ", ".join(f"{number:#06x}" for number in one.class_ids)),
        ("doorbell token", hexadecimal(one.ring.token)),
        (
            "timeline",
            joined([f"{completed} of {submitted}", bar(completed / submitted if submitted else 1.0)]),
        ),
        ("ring", f"gpu_va {address(one.memory.video_va)}"),
        ("timeline's counter", f"gpu_va {address(one.timeline_va)}"),
    ]
    return Shown(html_card(one.name, pairs), repr(one))


def queue_state(state: QueueState) -> Shown:
    """A channel as its memory has it: the ring's entries and the words in USERD."""
    userd = [(name, hexadecimal(offset, 16), f"{value:#x}") for name, offset, value in state.userd]
    ring = f"GPFIFO ring of {state.entry_count} entries at {address(state.ring_va)}"
    html = block(
        title(f"channel of {state.name}", f"token {hexadecimal(state.token)}"),
        table(("USERD", "offset", "value"), userd),
        stream.gpfifo(state.entries, ring, state.first).html,
    )
    text = columns_text([(name, value) for name, _, value in state.userd])
    return Shown(html, f"channel of {state.name}\n{text}\n" + "\n".join(map(str, state.entries)))


def device(one: Device) -> Shown:
    """A device: what it is, and what is open on it."""
    facts = one.facts
    pairs = [
        ("chip", f"{facts.chip.upper()}, compute capability {facts.sm_version / 10:.1f}"),
        ("units", f"{facts.gpc_count} GPCs, {facts.tpc_count} TPCs, {facts.sm_count} SMs"),
        ("video memory", size(facts.vram_bytes)),
        ("classes", _classes(facts.classes)),
        ("firmware or driver", facts.driver_version),
        ("copy engines", ", ".join(f"COPY{number}" for number in facts.copy_engines) or "none of their own"),
        ("state", "closed" if one.closed else "open"),
    ]
    return Shown(html_card(one.name, pairs, note=facts.name), repr(one))


def graph(one: Graph) -> Shown:
    """What a graph launches and copies, in order; neighbours of one group do not wait for each other."""
    nodes = one.nodes[:MOST_NODES]
    rows: list[Sequence[Any]] = [(number, node.group, *_node(node)) for number, node in enumerate(nodes)]
    if len(one.nodes) > MOST_NODES:
        rows.append((f"and {len(one.nodes) - MOST_NODES} more", "", "", ""))
    head = ("node", "group", "does", "with")
    return Shown(block(title("graph", f"{len(one.nodes)} operations"), table(head, rows)), repr(one))


def _node(node: Any) -> tuple[str, str]:
    """What a node does, and with what."""
    if hasattr(node, "launcher"):
        said = ", ".join(node.names.values())
        return f"launch {node.launcher!r}", said
    names = [node.source_name or address(node.source), node.destination_name or address(node.destination)]
    return f"copy {size(node.size_bytes)}", " to ".join(names)


def struct(one: Struct) -> Shown:
    """A structure of the resource manager: its numbers that are not zero, by NVIDIA's names."""
    fields = {name: entry[0] for name, entry in one.layout.fields.items() if len(entry) == SCALAR_ENTRY}
    rows = [
        (hexadecimal(offset, 16), name, f"{one[name]:#x}") for name, offset in fields.items() if one[name]
    ]
    note = f"{size(one.layout.size_bytes)}, {len(rows)} of {len(fields)} numbers are not zero"
    html = block(title(one.layout.name, note), table(("offset", "field", "value"), rows))
    return Shown(html, repr(one))


def _classes(classes: Any) -> str:
    return ", ".join(f"{name} {number:#06x}" for name, number in parts_of(classes).items())
