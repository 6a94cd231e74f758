"""A small PCI device for the tests of the way to it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# pytest's importlib mode leaves sys.path alone; the small device is shared by the tests here.
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from barewire.transport.soft import SoftBus  # noqa: E402
from small_device import SmallDevice  # noqa: E402


@pytest.fixture
def device() -> SmallDevice:
    return SmallDevice()


@pytest.fixture
def bus(device: SmallDevice) -> Iterator[SoftBus]:
    with SoftBus(device, "soft:small") as opened:
        yield opened
