"""Fixtures of the boot's tests: a fake board, a scripted GSP on it, the registers and the calls."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from barewire import guard
from barewire.abi.layout import firmware_abi
from barewire.gsp.boot import BootTimeouts, boot
from barewire.regs.board import load_board

HERE = Path(__file__).parent
# pytest's importlib mode leaves sys.path alone; the fakes are shared by the tests here.
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from fake_board import FakeBus  # noqa: E402
from fake_firmware import fake_firmware  # noqa: E402
from fake_gsp import FakeGsp, Script  # noqa: E402

SOON = BootTimeouts(0.2, 0.05, 0.05, 0.2, 0.05, 0.05, 0.1, 0.1)
CHIP = SimpleNamespace(name="gh100")


class Board:
    """A fake board with everything on it; `boot` boots it."""

    def __init__(self, **options) -> None:
        self.bus = FakeBus(**options)
        self.firmware = fake_firmware()
        self.gsp = FakeGsp(self.bus)
        self.gsp.firmware = self.firmware
        self.registers = guard.registers(self.bus, load_board("gh100"))
        self.booted = []

    @property
    def script(self) -> Script:
        return self.gsp.script

    def boot(self, **options):
        made = boot(self.bus, self.registers, CHIP, self.firmware, **{"timeouts": SOON, **options})
        self.booted.append(made)
        return made

    def close(self) -> None:
        for each in self.booted:
            each.close()


@pytest.fixture(scope="session")
def abi():
    """The structures of firmware 570.144."""
    return firmware_abi("570.144")


@pytest.fixture
def make_board() -> Iterator[type[Board]]:
    """Boards with options of their own."""
    made = []

    def make(**options) -> Board:
        made.append(Board(**options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def board(make_board) -> Board:
    """A board that behaves."""
    return make_board()


@pytest.fixture
def gsp(board):
    """A running GSP; the fake's complaints fail the test."""
    yield board.boot()
    board.close()
    assert board.bus.complaints == []
