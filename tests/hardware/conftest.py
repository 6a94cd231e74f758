"""Fixtures for tests on a real GPU; where there is none, tests/conftest.py skips all of this folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
if (
    str(ROOT) not in sys.path
):  # so that `tests.common` and `benchmarks` are found whichever way pytest was started
    sys.path.insert(0, str(ROOT))

DEVICE = os.environ.get("BAREWIRE_TEST_DEVICE", "nv:0")


@pytest.fixture(scope="module")
def dev() -> Iterator[Any]:
    """An open device, shared by a file's tests."""
    import barewire as bw

    device = bw.open(DEVICE)
    yield device
    device.close()


@pytest.fixture
def other() -> Iterator[Any]:
    """A second, independent open of the same GPU."""
    import barewire as bw

    device = bw.open(DEVICE)
    yield device
    device.close()


@pytest.fixture(scope="module")
def micro(dev: Any) -> Any:
    """The small kernels of kernels/cuda/micro.cu."""
    from barewire import kernels

    return kernels.load(dev, "micro")


@pytest.fixture
def random() -> np.random.Generator:
    """Random data, the same in every run."""
    return np.random.default_rng(20)
