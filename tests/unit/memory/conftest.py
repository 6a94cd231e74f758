"""Video memory that is plain bytes, and the software GPU, for the tests of memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# pytest's importlib mode leaves sys.path alone; the helpers are shared by the tests here.
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from soft_memory import SoftMemory  # noqa: E402


@pytest.fixture
def soft() -> Iterator[SoftMemory]:
    """A software GPU that was never booted, with BAR1 larger than its memory."""
    with SoftMemory(vram_bytes=4 << 30, bar1_bytes=8 << 30) as opened:
        yield opened


@pytest.fixture
def small_bar() -> Iterator[SoftMemory]:
    """The same with a BAR1 of 256 MiB, bound to a root as the firmware would."""
    with SoftMemory(vram_bytes=4 << 30, bar1_bytes=256 << 20) as opened:
        yield opened
