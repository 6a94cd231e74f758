"""RM alone: a software GPU whose firmware is its resource manager only, and a driver that speaks to it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from barewire.softgpu.chip import SoftGpu, SoftOptions

HERE = Path(__file__).parent
# pytest's importlib mode leaves sys.path alone; the modules beside the tests are shared by them.
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from rm_side import DriverSide, RmHost, lay_out  # noqa: E402


@pytest.fixture
def gpu() -> Iterator[SoftGpu]:
    """A software GH100 with RM booted, without queues around it."""
    made = SoftGpu(SoftOptions(vram_bytes=4 << 30, bar1_bytes=1 << 28))
    made.attach(RmHost())
    made.config_write(4, 2, 6)
    made.firmware.layout = lay_out(made.vram.size_bytes)
    made.resman.boot()
    yield made
    made.close()
    assert made.defects == []


@pytest.fixture
def rm(gpu: SoftGpu) -> DriverSide:
    """A driver with a client, a device and a subdevice."""
    side = DriverSide(gpu)
    side.open()
    return side


@pytest.fixture
def make_channel(rm: DriverSide) -> Callable[..., int]:
    """Makes channels in an address space of their own; gives their handles."""
    return rm.channel
