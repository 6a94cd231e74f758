"""A software GPU alone with a host, without firmware."""

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

from chip_host import ChipHost  # noqa: E402

COMMAND, MEMORY_AND_MASTER = 4, 6


class Chips:
    """Makes software GPUs, switched on and attached to a host of their own."""

    def __init__(self) -> None:
        self.made: list[SoftGpu] = []

    def __call__(self, *, on: bool = True, **options) -> SoftGpu:
        gpu = SoftGpu(SoftOptions(**options))
        self.made.append(gpu)
        gpu.attach(ChipHost())
        if on:
            gpu.config_write(COMMAND, 2, MEMORY_AND_MASTER)
        return gpu


@pytest.fixture
def make_gpu() -> Iterator[Callable[..., SoftGpu]]:
    chips = Chips()
    yield chips
    for gpu in chips.made:
        gpu.close()
        assert gpu.defects == []


@pytest.fixture
def gpu(make_gpu) -> SoftGpu:
    """A software GH100 of 80 GiB, memory decode and bus mastering on."""
    return make_gpu()


@pytest.fixture
def host(gpu: SoftGpu) -> ChipHost:
    return gpu.host.host


@pytest.fixture
def regs(gpu: SoftGpu):
    """Registers by name: `regs[name]`, `regs[name, 3]`, `regs[name] = value`."""
    return Named(gpu)


class Named:
    """BAR0 by register names."""

    def __init__(self, gpu: SoftGpu) -> None:
        self._gpu = gpu

    def _at(self, name: str | tuple) -> int:
        name, *indices = name if isinstance(name, tuple) else (name,)
        return self._gpu.offset(name, *indices)

    def __getitem__(self, name: str | tuple) -> int:
        return self._gpu.bar_read(0, self._at(name), 4)

    def __setitem__(self, name: str | tuple, value: int) -> None:
        self._gpu.bar_write(0, self._at(name), 4, value)
