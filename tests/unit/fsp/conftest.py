"""Fixtures of FSP's tests: a board with a scripted FSP, shared with the tests of the boot."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from barewire import guard
from barewire.abi.layout import firmware_abi
from barewire.fsp.channel import FspChannel
from barewire.regs.board import load_board

SHARED = Path(__file__).parent.parent / "gsp"
if str(SHARED) not in sys.path:
    sys.path.insert(0, str(SHARED))

from fake_board import FakeBus  # noqa: E402
from fake_gsp import FakeGsp  # noqa: E402


@pytest.fixture
def board() -> SimpleNamespace:
    """A board whose FSP is there: `bus`, `bar`, `fsp`, `registers`, `channel`."""
    bus = FakeBus()
    registers = guard.registers(bus, load_board("gh100"))
    return SimpleNamespace(
        bus=bus, bar=bus.bar0, fsp=FakeGsp(bus), registers=registers, channel=FspChannel(registers)
    )


@pytest.fixture(scope="session")
def abi():
    """The structures of firmware 570.144."""
    return firmware_abi("570.144")
