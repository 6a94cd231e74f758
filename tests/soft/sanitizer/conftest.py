"""Software GPUs that look for what is undefined: without firmware, and behind the driver."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
# pytest's importlib mode leaves sys.path alone; the machine is that of the tests of Host and copy engines.
for folder in (HERE, HERE.parent / "gr", HERE.parent / "fifo", HERE.parent / "chip"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from fifo_machine import FifoMachine, FifoRig  # noqa: E402


@pytest.fixture
def machine() -> Iterator[FifoMachine]:
    """A GPU with memory mapped for it, and no firmware."""
    made = FifoMachine(sanitize=True)
    yield made
    made.close()


@pytest.fixture
def rig(machine: FifoMachine) -> FifoRig:
    """A scheduled channel of a copy engine."""
    return machine.channel()


@pytest.fixture
def other(machine: FifoMachine) -> FifoRig:
    """A channel of another copy engine, on a runlist of its own."""
    return machine.channel("COPY3", 2)


@pytest.fixture
def dev() -> Iterator[Any]:
    """An open device."""
    import barewire as bw

    with bw.open("soft:gh100", sanitize=True, timeout_s=20.0) as opened:
        yield opened
