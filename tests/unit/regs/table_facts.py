"""The tables as facts: the same lines of text that the second parser makes of the headers.

Reads the JSON files alone, not the code that loads them.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TABLES = Path(__file__).resolve().parents[3] / "driver" / "regs" / "tables"
# Elements that are compared, as in second_parser.PROBES; the digests hold both to the same ones.
INDICES: dict[int, list[tuple[int, ...]]] = {
    0: [()],
    1: [(0,), (1,), (2,), (7,)],
    2: [(0, 0), (1, 0), (0, 1), (2, 3)],
    3: [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (2, 3, 1)],
}


def all_facts(tables: Path = TABLES) -> dict[str, set[str]]:
    """header -> the facts that the tables took from it."""
    facts: dict[str, set[str]] = {}
    for path in sorted(tables.rglob("*.json*")):
        data = path.read_bytes()
        table = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
        for header, fact in _READERS[path.parent.name](table):
            facts.setdefault(header, set()).add(fact)
    return facts


def _number(name: str, value: int | list[Any], strides: list[int]) -> Iterator[str]:
    """A number, or the probed elements of an array; a list gives its elements one by one."""
    for indices in INDICES[len(strides)]:
        call = f"{name}({', '.join(map(str, indices))})" if strides else name
        if isinstance(value, list):
            element: Any = value
            for index in indices:
                element = element[index]
            yield f"{call} = {element}"
        else:
            yield f"{call} = {value + sum(i * s for i, s in zip(indices, strides, strict=True))}"


def _range(name: str, high: int, low: int, strides: list[int]) -> Iterator[str]:
    for indices in INDICES[len(strides)]:
        call = f"{name}({', '.join(map(str, indices))})" if strides else name
        shift = sum(i * s for i, s in zip(indices, strides, strict=True))
        yield f"{call} = {high + shift}:{low + shift}"


def _class(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    source, name = table["source"], table["name"]
    yield source, f"{table['title']} = {table['class_id']}"
    for short, (offset, stride, _count, fields) in table["methods"].items():
        strides = [stride] if stride else []
        yield from ((source, fact) for fact in _number(f"{name}_{short}", offset, strides))
        yield from ((source, fact) for fact in _class_fields(f"{name}_{short}", fields))
    for short, fields in table["formats"].items():
        yield from ((source, fact) for fact in _class_fields(f"{name}_{short}", fields))
    for short, value in table["constants"].items():
        yield source, f"{name}_{short} = {value}"
    for space, (high, low) in table.get("spaces", {}).items():
        yield source, f"{space} = {high}:{low}"
    control = f"Nv{name[2:].lower()}Control"
    for member, offset in table["userd"].items():
        yield (
            source,
            f"sizeof {control} = {offset}" if member == "__size" else f"{control}.{member} = {offset}",
        )


def _class_fields(owner: str, fields: dict[str, Any]) -> Iterator[str]:
    for short, (high, low, values) in fields.items():
        yield f"{owner}_{short} = {high}:{low}"
        for value_name, value in values.items():
            yield f"{owner}_{short}_{value_name} = {value}"


def _qmd(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    source = table["source"]
    prefix = f"NV{table['class_id']:04X}_QMD{table['version']}"
    for short, (high, low, strides, _count, values) in table["fields"].items():
        name = f"{prefix}_{short}"
        yield from ((source, fact) for fact in _range(name, high, low, strides))
        for value_name, value in values.items():
            yield source, f"{name}_{value_name} = {value}"


def _chip(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for header in table["headers"]:
        yield from ((header["source"], fact) for fact in _header(header))


def _header(header: dict[str, Any]) -> Iterator[str]:
    for name, (offset, strides, _access, fields) in header.get("registers", {}).items():
        if offset is not None:
            yield from _number(name, offset, strides)
        for short, row in fields.items():
            yield from _register_field(f"{name}_{short}", row)
    for name, row in header.get("fields", {}).items():
        yield from _register_field(name, row)
    for section in ("constants", "sizes"):
        for name, value in header.get(section, {}).items():
            yield f"{name} = {value}"
    for name, (base, strides) in header.get("arrays", {}).items():
        yield from _number(name, base, strides)
    for name, (high, low, *strides) in header.get("spaces", {}).items():
        yield from _range(name, high, low, strides[0] if strides else [])


def _register_field(name: str, row: list[Any]) -> Iterator[str]:
    high, low, strides, values = row
    yield from _range(name, high, low, strides)
    for value_name, value in values.items():
        yield f"{name}_{value_name} = {value}"


_READERS = {"classes": _class, "qmd": _qmd, "chips": _chip}
