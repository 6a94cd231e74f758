"""Tests in virtual machines: skipped with the reason where none can run.

A test that looks at a guest says which: `@pytest.mark.guest("nouveau")`, of tests/vm/guests.py. Those that
any test asks for are started together, by the first that does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:  # so that `tests` is found
    sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from tests.vm.guests import Guests, Outcome

WITHOUT_GUESTS = {"test_archive.py", "test_guests.py"}
GUESTS_S = 900.0  # all of them, on a busy machine


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "guest(name): looks at what became of a guest of tests/vm/guests.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and item.path.name not in WITHOUT_GUESTS:
            item.add_marker(pytest.mark.virtual_machine)
        if item.get_closest_marker("guest") is not None:
            item.add_marker(pytest.mark.timeout(GUESTS_S))


@pytest.fixture(scope="session")
def guests(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guests]:
    """All guests that tests of this run look at, at work."""
    from tests.vm.guests import Guests

    wanted = {mark.args[0] for item in request.session.items for mark in item.iter_markers("guest")}
    at_work = Guests(wanted, tmp_path_factory.mktemp("guests"))
    yield at_work
    at_work.close()


@pytest.fixture(scope="session")
def outcome_of(request: pytest.FixtureRequest) -> Callable[[str], Outcome]:
    """What became of a guest; the test is skipped where it cannot run."""
    from tests.vm.guests import missing

    def find(name: str) -> Outcome:
        why = missing(name)
        if why is not None:
            pytest.skip(why)
        at_work: Guests = request.getfixturevalue("guests")
        return at_work.outcome(name)

    return find
