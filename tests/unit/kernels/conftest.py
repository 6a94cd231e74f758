"""Shared by the tests of kernels and tensors."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# pytest's importlib mode leaves sys.path alone; `host_device` and `tests.common` are shared by these modules.
for folder in (Path(__file__).parent, Path(__file__).parents[3]):
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


@pytest.fixture
def device():
    """A device that runs kernels on the CPU; when the test is done, no memory is left and all guards are
    whole."""
    from host_device import HostDevice, missing_compiler

    if missing_compiler():
        pytest.skip(str(missing_compiler()))
    return HostDevice()
