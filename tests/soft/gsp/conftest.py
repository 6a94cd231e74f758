"""A software GPU and the small driver that brings its GSP up."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
# pytest's importlib mode leaves sys.path alone; the modules of the driver are shared by the tests here.
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from gsp_driver import GspDriver  # noqa: E402


@pytest.fixture
def make_driver() -> Iterator[Callable[..., GspDriver]]:
    """Makes drivers of GPUs of one's own; the model itself must not have failed in the end."""
    made: list[GspDriver] = []

    def make(**options: Any) -> GspDriver:
        driver = GspDriver(**options)
        made.append(driver)
        return driver

    yield make
    for driver in made:
        driver.close()
        assert driver.gpu.defects == []


@pytest.fixture
def driver(make_driver: Callable[..., GspDriver]) -> GspDriver:
    """A driver with everything prepared, and nothing sent."""
    made = make_driver()
    made.prepare()
    return made


@pytest.fixture
def running(driver: GspDriver) -> GspDriver:
    """A driver whose GSP is up."""
    driver.boot()
    return driver
