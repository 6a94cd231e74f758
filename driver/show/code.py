"""Machine code and what it is part of: listings, kernels, modules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from barewire.show.html import (
    FONT,
    LINE,
    Markup,
    Shown,
    block,
    columns_text,
    element,
    muted,
    strong,
    table,
    title,
)
from barewire.show.html import card as html_card
from barewire.show.numbers import address, hexadecimal, size

if TYPE_CHECKING:
    from barewire.compute.module import Kernel, Module


def listing(lines: Iterable[tuple[int, str]], source: str = "", heading: str = "machine code") -> Shown:
    """Machine code by offset; with the source beside it, if there is one.

    Args:
        lines: (offset in bytes, text) of each instruction.
        source: what the compiler made it of.
    """
    listed = list(lines)
    rows = [(muted(hexadecimal(offset, 16)), text) for offset, text in listed]
    cells = [element("td", table((), rows), style="vertical-align:top;padding:0")]
    if source:
        cells.insert(0, element("td", _source(source), style=f"vertical-align:top;border-right:{LINE}"))
    html = block(title(heading, f"{len(listed)} instructions"), element("table", element("tr", *cells)))
    return Shown(html, "\n".join(f"{offset:04x}  {text}" for offset, text in listed))


def _source(text: str) -> Markup:
    return element(
        "pre", text.strip("\n"), style=f"{FONT};margin:0;padding:0 14px 0 0;white-space:pre;text-align:left"
    )


def kernel(one: Kernel) -> Shown:
    """What a launch of a kernel needs, and its parameters."""
    info = one.info
    facts = [
        ("code", f"{size(info.code_size_bytes)} at {_code_address(one)}"),
        ("registers", f"{info.registers} for each thread"),
        ("shared memory", size(info.shared_static_bytes)),
        ("local memory", size(info.local_bytes)),
        ("barriers", info.barriers),
    ]
    parameters = [
        (number, f"c[0][{info.param_base + p.offset:#x}]", size(p.size_bytes))
        for number, p in enumerate(info.params)
    ]
    html = block(
        html_card(info.name, facts, note=f"a kernel of {one.module.name}"),
        table(("parameter", "where", "size"), parameters) if parameters else "",
    )
    return Shown(html, columns_text([("kernel", info.name), *facts]))


def _code_address(one: Kernel) -> str:
    base = one.module.code.gpu_va
    return "no address: unloaded" if base is None else address(base + one.info.code_offset)


def module(one: Module) -> Shown:
    """The kernels of a module."""
    rows: list[Sequence[Any]] = [
        (
            strong(info.name),
            size(info.code_size_bytes),
            info.registers,
            size(info.shared_static_bytes),
            len(info.params),
        )
        for info in one.image.kernels.values()
    ]
    head = ("kernel", "code", "registers", "shared memory", "parameters")
    where = one.code.gpu_va
    note = "unloaded" if where is None else f"at {address(where)}"
    return Shown(block(title(f"module {one.name}", note), table(head, rows)), columns_text([head, *rows]))
