"""A software GH100 that outlives the drivers that open it, as a card in its slot does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = str(Path(__file__).parent)
if HERE not in sys.path:
    sys.path.insert(0, HERE)


@pytest.fixture
def gpu() -> Iterator[Any]:
    """The card."""
    from barewire.softgpu.chip import SoftGpu, SoftOptions

    made = SoftGpu(SoftOptions(vram_bytes=8 << 30, bar1_bytes=8 << 30))
    yield made
    made.close()
