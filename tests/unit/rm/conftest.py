"""Fixtures of the RM tests: the fake kernel driver, and a GPU opened through it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from barewire.rm.ioctl import NvResourceManager


def _load(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


_load("fake_physical")
_load("fake_tables")
fake = _load("fake_kernel")
_load("fake_engine")


@pytest.fixture
def fake_kernel() -> ModuleType:
    """The module of the fake kernel driver."""
    return fake


@pytest.fixture
def kernel():
    """A fake kernel driver with one GPU."""
    return fake.FakeKernel()


@pytest.fixture
def rm(kernel) -> Iterator[NvResourceManager]:
    """That GPU, opened."""
    with NvResourceManager.open(0, kernel=kernel) as opened:
        yield opened
