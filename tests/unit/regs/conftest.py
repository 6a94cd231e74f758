"""Modules that these tests read: the importer script, the second parser, and the tables as facts."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def importer() -> ModuleType:
    return _load("regs_importer", ROOT / "scripts" / "import_tables.py")


@pytest.fixture(scope="session")
def second_parser() -> ModuleType:
    module = _load("regs_second_parser", HERE / "second_parser.py")
    if module.COMPILER is None:
        pytest.skip("the second parser needs gcc")
    return module


@pytest.fixture(scope="session")
def table_facts() -> ModuleType:
    return _load("regs_table_facts", HERE / "table_facts.py")


@pytest.fixture(scope="session")
def digests() -> dict[str, list]:
    import json

    return json.loads((HERE / "digests.json").read_text())


@pytest.fixture(scope="session")
def headers() -> Path:
    folder = Path(os.environ.get("BAREWIRE_HEADERS", ROOT / ".cache" / "headers"))
    if not (folder / "OGKM").is_dir() or not (folder / "open-gpu-doc").is_dir():
        pytest.skip(f"no headers in {folder}: scripts/import_tables.py --fetch-headers gets them")
    return folder


@pytest.fixture(scope="session")
def second_reading(headers: Path, second_parser: ModuleType) -> dict[str, set[str]]:
    return second_parser.read_cache(headers)
