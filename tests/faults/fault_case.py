"""What one row of the fault table is made of, and how it is played."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from barewire.errors import BarewireError

if TYPE_CHECKING:
    from fault_world import World

SLACK_S = 1.0  # every error comes within its limit and this
TRIES = 3
BUSY, BUSY_FACTOR = 2.0, 5.0  # where there is twice the work that the CPUs can do, limits are longer

Attempt = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """One thing that goes wrong.

    Attributes:
        row: of the table in anchors D2.
        name: unique within its row.
        how: how it is played, in a few words.
        attempts: what to do; every attempt is one call that has to fail.
        errors: classes that are right; none if the attempts must succeed all the same.
        limit_s: the deadline that the driver was given, or that its errors have by themselves; an error comes
            within this and SLACK_S.
        within_s: a harder limit, without slack.
        facts: attributes that the error must have.
        text: what the error's text must contain.
        check: looks at the error; raises AssertionError.
        may_pass: an attempt may also succeed: what was damaged was not looked at.
        afterwards: what has to work next, by its name in `World`.
    """

    row: int
    name: str
    how: str
    attempts: Callable[[World], Iterable[Attempt]]
    errors: tuple[type[BaseException], ...] = ()
    limit_s: float = 0.0
    within_s: float | None = None
    facts: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    check: Callable[[World, BarewireError], None] | None = None
    may_pass: bool = False
    afterwards: str = "opens"

    @property
    def title(self) -> str:
        """The test's name."""
        return f"row {self.row:02}: {self.name}"


@dataclass
class Outcome:
    """What came of a case.

    Attributes:
        row, name, how: the case's.
        attempts: how many there were.
        errors: names of the classes that were raised.
        message: of the last error, its first line.
        slowest_s: the time that the slowest attempt took.
        next_works: what worked afterwards; empty until it has.
        next_s: how long that took.
    """

    row: int
    name: str
    how: str
    attempts: int = 0
    errors: list[str] = field(default_factory=list)
    message: str = ""
    slowest_s: float = 0.0
    next_works: str = ""
    next_s: float = 0.0

    def note(self, error: BaseException | None, seconds: float) -> None:
        """Write down one attempt."""
        self.attempts += 1
        self.slowest_s = max(self.slowest_s, seconds)
        name = "works" if error is None else type(error).__name__
        if name not in self.errors:
            self.errors.append(name)
        if error is not None:
            self.message = (str(error).splitlines() or [""])[0]


def one(attempt: Callable[[World], object]) -> Callable[[World], Iterable[Attempt]]:
    """A case of a single attempt."""

    def attempts(world: World) -> Iterable[Attempt]:
        yield lambda: attempt(world)

    return attempts


@contextmanager
def stopwatch() -> Iterator[list[float]]:
    """The seconds that a block took, once it is over."""
    start = time.monotonic()
    taken: list[float] = []
    try:
        yield taken
    finally:
        taken.append(time.monotonic() - start)


class TooSlow(AssertionError):
    """An error came after its deadline."""


def play(case: Case, world: World) -> Outcome:
    """Play a case; on a machine that others keep busy the best of TRIES counts."""
    for _ in range(TRIES - 1):
        try:
            return play_once(case, world)
        except TooSlow:
            world.put_away()
    return play_once(case, world)


def play_once(case: Case, world: World) -> Outcome:
    """Make every attempt, look at its error, and see that the GPU is of use afterwards."""
    outcome = Outcome(case.row, case.name, case.how)
    world.get_ready(case.afterwards)
    for attempt in case.attempts(world):
        error, whole_s = _error_of(attempt)
        seconds = world.seconds_of(whole_s)
        outcome.note(error, seconds)
        judge(case, world, error, seconds)
    assert outcome.attempts, "nothing was attempted"
    with stopwatch() as taken:
        getattr(world, case.afterwards)()
    outcome.next_works, outcome.next_s = case.afterwards, taken[0]
    return outcome


def _error_of(attempt: Attempt) -> tuple[BaseException | None, float]:
    with stopwatch() as taken:
        try:
            attempt()
            error: BaseException | None = None
        except Exception as raised:
            error = raised
    return error, taken[0]


def judge(case: Case, world: World, error: Any, seconds: float) -> None:
    """See that an attempt ended as it has to."""
    if error is None:
        assert case.may_pass or not case.errors, "nothing was raised"
    else:
        assert isinstance(error, BarewireError), f"{type(error).__name__} reached the caller: {error}"
        assert isinstance(error, case.errors), f"raised {type(error).__name__}: {error}"
        missing = [name for name in case.facts if getattr(error, name, None) is None]
        assert not missing, f"the error has no {missing}: {error}"
        unsaid = [word for word in case.text if word.lower() not in str(error).lower()]
        assert not unsaid, f"the error does not say {unsaid}: {error}"
        if case.check is not None:
            case.check(world, error)
    limit = case.within_s if case.within_s is not None else case.limit_s + SLACK_S
    if os.getloadavg()[0] > BUSY * (os.cpu_count() or 1):
        limit *= BUSY_FACTOR
    if seconds >= limit:
        raise TooSlow(f"it took {seconds:.3f} s, {limit:g} s are allowed")
