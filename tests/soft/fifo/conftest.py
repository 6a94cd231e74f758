"""A software GPU without firmware, whose channels the tests make themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
# pytest's importlib mode leaves sys.path alone; the host and the page tables are those of the chip's tests.
for folder in (HERE, HERE.parent / "chip"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from fifo_machine import FifoMachine, FifoRig  # noqa: E402


@pytest.fixture
def machine() -> Iterator[FifoMachine]:
    """A GPU with memory mapped for it, and everything that went wrong on it."""
    made = FifoMachine()
    yield made
    made.close()


@pytest.fixture
def rig(machine: FifoMachine) -> FifoRig:
    """A scheduled channel of a copy engine."""
    return machine.channel()


@pytest.fixture
def random() -> np.random.Generator:
    """Random data, the same in every run."""
    return np.random.default_rng(8)
