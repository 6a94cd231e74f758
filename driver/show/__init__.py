"""Displays for notebooks: what barewire's own objects look like, as HTML beside their plain text.

Every function takes an object and gives a `Shown`. Nothing here reads a device: what is to be shown was read
before, so that looking at an object changes nothing, works after the device is closed, and cannot fault.
Objects show themselves by `_repr_html_`, which calls these; the functions are for what has no such method: a
tuple of records, a list of operations.

html       pieces: escaped text, tables, cards
numbers    how numbers are written: addresses, sizes, words
strip      a word as a strip of bits
registers  readings and register files
tables     page tables: a walk, a tree, a comparison, what is mapped
stream     pushbuffers, GPFIFO entries, QMDs
code       machine code, kernels, modules
objects    devices, queues, memory, errors, records
"""

from __future__ import annotations

from barewire.show.code import kernel, listing, module
from barewire.show.html import Shown
from barewire.show.objects import (
    array,
    boot_steps,
    card,
    device,
    error,
    findings,
    graph,
    memory,
    queue,
    queue_state,
    records,
    struct,
    usage,
)
from barewire.show.registers import reading, readings, register_file, structure
from barewire.show.stream import gpfifo, operations, pushbuffer, qmd
from barewire.show.strip import Field, word
from barewire.show.tables import comparison, difference, format_table, mappings, page, tree, walk

__all__ = [
    "Field",
    "Shown",
    "array",
    "boot_steps",
    "card",
    "comparison",
    "device",
    "difference",
    "error",
    "findings",
    "format_table",
    "graph",
    "gpfifo",
    "kernel",
    "listing",
    "mappings",
    "memory",
    "module",
    "operations",
    "page",
    "pushbuffer",
    "qmd",
    "queue",
    "queue_state",
    "reading",
    "readings",
    "records",
    "register_file",
    "struct",
    "structure",
    "tree",
    "usage",
    "walk",
    "word",
]
