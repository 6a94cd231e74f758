"""One set of tests for every way to a GPU: the software GPU, which we boot, and silicon that RM owns.

Each test runs on `soft:gh100` and, where there is a GPU, on `nv:0`. BAREWIRE_TEST_DEVICE names another
device instead of both.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from device_buffers import Buffers

ASKED_FOR = os.environ.get("BAREWIRE_TEST_DEVICE")
ON_SILICON = pytest.mark.hardware


def devices() -> list[Any]:
    if ASKED_FOR:
        return [pytest.param(ASKED_FOR, marks=ON_SILICON if ASKED_FOR.startswith("nv:") else ())]
    return [pytest.param("soft:gh100"), pytest.param("nv:0", marks=ON_SILICON)]


@pytest.fixture(scope="module", params=devices())
def dev(request: pytest.FixtureRequest) -> Iterator[Any]:
    """An open device, shared by a file's tests."""
    import barewire as bw

    device = bw.open(request.param)
    yield device
    device.close()


@pytest.fixture
def buffers(dev: Any) -> Iterator[Buffers]:
    """Memory of chosen pages, mapped for the GPU and for the CPU; given back after the test."""
    made = Buffers(dev)
    yield made
    made.close()


@pytest.fixture
def random() -> np.random.Generator:
    """Random data, the same in every run."""
    return np.random.default_rng(26)
