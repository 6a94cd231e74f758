"""A pytest plugin: which functions of the driver each test reaches, and how long it takes.

Used as `-p mutation.reach` with MUTATION_REACH naming the file to write. Only functions that are called in
the tests' own process are seen: a test that starts others reaches nothing, as far as this can tell.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

FILE = "MUTATION_REACH"


_seconds: dict[str, float] = {}


class Reach:
    """Notes the functions that are called while a test runs.

    Attributes:
        tests: node id -> {seconds, functions: file:first line, below the root of the tree}.
    """

    def __init__(self, root: Path) -> None:
        folders = (root / "driver", root.parent / "site" / "barewire")
        self._prefixes = tuple(f"{folder}{os.sep}" for folder in folders)
        self._called: set[tuple[str, int]] = set()
        self.tests: dict[str, dict[str, Any]] = {}

    def begin(self) -> None:
        """A test starts; threads that it starts are seen too."""
        self._called = set()
        threading.settrace(self._trace)
        sys.settrace(self._trace)

    def end(self, test: str) -> None:
        """It has ended."""
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]
        functions = {f"driver/{self._below(name)}:{line}" for name, line in self._called}
        self.tests[test] = {"seconds": 0.0, "functions": sorted(functions)}

    def _trace(self, frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if code.co_filename.startswith(self._prefixes):
            self._called.add((code.co_filename, code.co_firstlineno))

    def _below(self, name: str) -> str:
        prefix = next(each for each in self._prefixes if name.startswith(each))
        return name[len(prefix) :]


_REACH = pytest.StashKey[Reach]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin with nothing."""
    config.stash[_REACH] = Reach(config.rootpath)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """A test, with what it has to make first and what it gives back afterwards."""
    reach = item.config.stash[_REACH]
    reach.begin()
    yield
    reach.end(item.nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up the parts of a test."""
    _seconds[report.nodeid] = _seconds.get(report.nodeid, 0.0) + report.duration


def pytest_unconfigure(config: pytest.Config) -> None:
    """Write the file."""
    tests = config.stash[_REACH].tests
    for test, seconds in _seconds.items():
        tests.setdefault(test, {"functions": []})["seconds"] = round(seconds, 3)
    Path(os.environ[FILE]).write_text(json.dumps(tests))
