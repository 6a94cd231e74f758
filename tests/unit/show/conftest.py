"""Lets the tests of displays share their parser."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# pytest's importlib mode leaves sys.path alone; memory is looked at as the memory's own tests have it.
for folder in (str(HERE), str(HERE.parent / "memory")):
    if folder not in sys.path:
        sys.path.insert(0, folder)

from soft_memory import SoftMemory  # noqa: E402


@pytest.fixture
def soft() -> Iterator[SoftMemory]:
    """A software GPU that was never booted."""
    with SoftMemory(vram_bytes=4 << 30, bar1_bytes=8 << 30) as opened:
        yield opened
