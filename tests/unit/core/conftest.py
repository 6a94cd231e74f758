"""A device on a fake GPU, for the tests of what stands between `bw.open` and the GPU's words."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# pytest's importlib mode leaves sys.path alone; the modules of the fake GPU are shared by the tests here.
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from barewire.device import Device  # noqa: E402
from fake_gpu import FakeGpu  # noqa: E402
from fake_manager import FakeManager  # noqa: E402
from fake_programs import load_programs  # noqa: E402


class Opened:
    """Fake GPUs and the devices on them; closed and looked over after the test."""

    def __init__(self) -> None:
        self.gpus: list[FakeGpu] = []
        self.devices: list[Device] = []

    def open(self, timeout_s: float = 20.0, **options) -> Device:
        """A device on a fake GPU of its own; `device.gpu` is the GPU."""
        gpu = FakeGpu(FakeManager(**options))
        self.gpus.append(gpu)
        device = Device(gpu.rm, f"fake:{len(self.devices)}", timeout_s)
        device.gpu = gpu  # type: ignore[attr-defined]
        self.devices.append(device)
        return device

    def close(self) -> None:
        """Close everything; what a GPU complains of, and faults that nobody expected, fail the test."""
        for device in self.devices:
            device.close()
        for gpu in self.gpus:
            gpu.end()
        for gpu in self.gpus:
            assert gpu.rm.complaints == []
            assert gpu.faults == []


@pytest.fixture
def opened() -> Iterator[Opened]:
    made = Opened()
    yield made
    made.close()


@pytest.fixture
def device(opened: Opened) -> Device:
    """A device on a fake H100."""
    return opened.open()


@pytest.fixture
def gpu(device: Device) -> FakeGpu:
    """The fake GPU under `device`."""
    return device.gpu  # type: ignore[attr-defined,no-any-return]


@pytest.fixture
def kernels(device: Device):
    """The module of small kernels."""
    return load_programs(device)


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], bool]:
    """Whether something becomes true within two seconds, with nobody touching the device."""

    def wait(condition: Callable[[], bool], timeout_s: float = 2.0) -> bool:
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.001)
        return condition()

    return wait
