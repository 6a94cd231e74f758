"""The world of the fault table, and where its results go."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parents[1]):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from fault_case import Outcome  # noqa: E402
from fault_world import World, one_world  # noqa: E402

RESULTS = os.environ.get("BAREWIRE_FAULT_RESULTS")


@pytest.fixture(scope="session")
def outcomes() -> Iterator[list[Outcome]]:
    """What came of every case; written to the file that BAREWIRE_FAULT_RESULTS names."""
    kept: list[Outcome] = []
    yield kept
    if RESULTS:
        content: list[dict[str, Any]] = [dataclasses.asdict(outcome) for outcome in kept]
        Path(RESULTS).write_text(json.dumps(content, indent=1) + "\n")


@pytest.fixture(scope="session")
def the_world() -> Iterator[World]:
    with one_world() as made:
        yield made


@pytest.fixture
def world(the_world: World) -> Iterator[World]:
    """The world; what a case has left open is closed after it, and the model has made no mistake."""
    yield the_world
    the_world.put_away()
    assert the_world.defects() == []
