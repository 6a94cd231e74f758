"""The images beside the tests, NVIDIA's tools where they are, and the parts of a file to damage."""

from __future__ import annotations

import importlib.util
import os
import shutil
import struct
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parent / "data"

FEATURES = {
    "sm_80": (DATA / "features.sm_80.cubin", 80),
    "sm_90": (DATA / "features.sm_90.cubin", 90),
    "sm_90 of CUDA 12.4": (DATA / "features.sm_90.abi7.cubin", 90),
    "sm_120": (DATA / "features.sm_120.cubin", 120),
}
CUBINS = {
    **FEATURES,
    "needs": (DATA / "needs.sm_90.cubin", 90),
    "linked, sm_80": (DATA / "linked.sm_80.cubin", 80),
    "linked, sm_90": (DATA / "linked.sm_90.cubin", 90),
}


def tool(name: str) -> str | None:
    """The path of one of NVIDIA's tools, or None."""
    found = shutil.which(name)
    if found:
        return found
    package = importlib.util.find_spec("nvidia")
    for root in (package.submodule_search_locations or ()) if package else ():
        path = Path(root, "cu13", "bin", name)
        if os.access(path, os.X_OK):
            return str(path)
    return None


class Place(NamedTuple):
    """A part of an ELF file: what it is, where it begins and ends."""

    name: str
    begin: int
    end: int


def places(data: bytes) -> list[Place]:
    """The header, the tables and every section of a cubin, read without barewire's own parser."""
    table, count = struct.unpack_from("<Q", data, 40)[0], struct.unpack_from("<H", data, 60)[0]
    names = struct.unpack_from("<H", data, 62)[0]
    rows = [struct.unpack_from("<IIQQQQIIQQ", data, table + 64 * index) for index in range(count)]
    found = [Place("header", 0, 64), Place("section table", table, table + 64 * count)]
    for name, kind, _, _, offset, size, *_ in rows:
        if kind not in (0, 8) and size:
            start = rows[names][4] + name
            found.append(Place(data[start : data.index(b"\0", start)].decode(), offset, offset + size))
    return found


def place(data: bytes, name: str) -> Place:
    return next(one for one in places(data) if one.name == name)


def with_bytes(data: bytes, offset: int, patch: bytes) -> bytes:
    """`data` with `patch` put at `offset`."""
    return data[:offset] + patch + data[offset + len(patch) :]
