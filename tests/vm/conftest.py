"""Tests in virtual machines: skipped with the reason where none can run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:  # so that `tests` is found
    sys.path.insert(0, str(ROOT))


WITHOUT_GUESTS = {"test_archive.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and item.path.name not in WITHOUT_GUESTS:
            item.add_marker(pytest.mark.virtual_machine)
