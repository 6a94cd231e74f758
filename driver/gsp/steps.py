"""The steps of a boot: named, timed, and named in every error that leaves them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from barewire.errors import BarewireError

Progress = Callable[[str], None]


class StepTime(NamedTuple):
    """A step that was done.

    Attributes:
        name: of the step.
        seconds: that it took.
    """

    name: str
    seconds: float


class Journal:
    """What was done so far.

    Args:
        progress: told of each step as it begins.

    Attributes:
        steps: done, in order; a boot that was begun again has its first steps twice.
    """

    def __init__(self, progress: Progress | None = None) -> None:
        self.steps: list[StepTime] = []
        self._progress = progress

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Do a step; errors that pass get the fact `step`."""
        if self._progress is not None:
            self._progress(name)
        start = time.monotonic()
        try:
            yield
        except BarewireError as error:
            error.facts.setdefault("step", name)
            raise
        finally:
            self.steps.append(StepTime(name, time.monotonic() - start))
