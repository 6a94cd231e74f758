"""A software GPU with a compute channel that the tests make themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
# pytest's importlib mode leaves sys.path alone; channels and page tables are those of other tests.
for folder in (HERE, HERE.parent / "fifo", HERE.parent / "chip"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from gr_machine import GrMachine, GrRig  # noqa: E402


@pytest.fixture
def machine() -> Iterator[GrMachine]:
    """A GPU with memory mapped for it, and everything that went wrong on it."""
    made = GrMachine()
    yield made
    made.close()


@pytest.fixture
def rig(machine: GrMachine) -> GrRig:
    """A scheduled compute channel."""
    return machine.compute()
