"""Fixtures: a device and a CUDA program that need no GPU."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.unit.benchmarks import fakes  # noqa: E402


@pytest.fixture
def dev() -> fakes.FakeDevice:
    """A device that does everything right."""
    return fakes.FakeDevice()


@pytest.fixture
def cuda_program(tmp_path: Path) -> Callable[[int], Path]:
    """Makes a program that answers like cuda_reference, with that many wrong words."""

    def make(wrong: int = 0) -> Path:
        path = tmp_path / "cuda_reference"
        path.write_text(fakes.CUDA_PROGRAM.replace("WRONG", str(wrong)))
        path.chmod(0o755)
        return path

    return make
