"""The opcodes by family; `ENTRIES` is all of them."""

from __future__ import annotations

import importlib

from barewire.sass.language import Opcode

FAMILIES = (
    "integer",
    "memory",
    "atomic",
    "bulk",
    "control",
    "warp",
    "packed",
    "tensor_memory",
    "texture",
    "special",
    "uniform",
    "float",
    "half",
    "double",
    "convert",
    "matrix",
    "warpgroup",
    "block_scaled",
)


def _entries() -> tuple[Opcode, ...]:
    return tuple(
        entry
        for family in FAMILIES
        for entry in importlib.import_module(f"barewire.sass.table.{family}").OPCODES
    )


ENTRIES = _entries()
