"""Where the tables lie, and how they are read: one small JSON file per class, QMD version or chip."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parent / "tables"


def read(name: str) -> dict[str, Any] | None:
    """One table by its path below `tables/`; None if there is no such file."""
    try:
        data = (TABLES / name).read_bytes()
    except FileNotFoundError:
        return None
    if name.endswith(".gz"):
        import gzip  # only chips are packed: opening a device by RM does not need it

        data = gzip.decompress(data)
    table: dict[str, Any] = json.loads(data)
    return table


def names(folder: str, suffix: str = ".json") -> list[str]:
    """Names of the tables in a folder, without their suffix, sorted."""
    return sorted(path.name[: -len(suffix)] for path in (TABLES / folder).glob("*" + suffix))
