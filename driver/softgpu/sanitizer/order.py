"""What comes before what: vector clocks over the operations of all channels.

A channel's Host knows of the operations whose end it waited for (WFI), or that somebody told it of by a
semaphore. The CPU knows of what was told by any semaphore that was written before it rang a doorbell: it may
have looked. An operation comes after those that Host knew of when it began, and after no others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Known(NamedTuple):
    """Numbers of operations that are known to have ended, with all that they wrote visible.

    Attributes:
        below: all up to this one are.
        above: and `below + 1 + bit` for each bit of this.
    """

    below: int = 0
    above: int = 0

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        return number <= self.below or bool(self.above >> number - self.below - 1 & 1)

    def join(self, other: Known) -> Known:
        """What either knows."""
        low, high = (self, other) if self.below <= other.below else (other, self)
        return _made(high.below, high.above | low.above >> high.below - low.below)

    def add(self, numbers: Iterable[int]) -> Known:
        """These too."""
        above = self.above
        for number in numbers:
            if number > self.below:
                above |= 1 << number - self.below - 1
        return _made(self.below, above)

    def missing(self, number: int) -> bytes:
        """Which of `below + 1` to `number - 1` are not known: a bit each, the lowest first."""
        count = number - self.below - 1
        if count <= 0:
            return b""
        return (~self.above & (1 << count) - 1).to_bytes((count + 7) // 8, "little")


def _made(below: int, above: int) -> Known:
    """With the ones at the low end of `above` counted in `below`."""
    ones = (~above & above + 1).bit_length() - 1
    return Known(below + ones, above >> ones)


NOTHING = Known()


class Timeline:
    """What one channel's Host knows.

    Attributes:
        known: operations that have ended for all that Host does from now on.
        given: by engine, those and what it was given that Host did not wait for.
        rung: (GP_PUT, what the CPU knew) of doorbells whose entries Host has not come to, oldest first.
    """

    def __init__(self, known: Known) -> None:
        self.known = known
        self.given: dict[str, Known] = {}
        self.rung: list[tuple[int, Known]] = []

    def begun(self, engine: str, number: int) -> None:
        """An engine was given something."""
        self.given[engine] = self.given.get(engine, NOTHING).join(self.known).add((number,))

    def of(self, engine: str) -> Known:
        """All that an engine was given, as one who sees it idle knows it."""
        return self.given.get(engine, NOTHING)

    def waited(self) -> None:
        """Host saw all engines idle."""
        for given in self.given.values():
            self.known = self.known.join(given)
        self.given.clear()

    def learn(self, known: Known) -> None:
        """Somebody told."""
        self.known = self.known.join(known)

    def entered(self, index: int, entries: int, put: int) -> None:
        """Host takes the ring's entry `index`: it knows what the CPU knew when it asked for it.

        Args:
            entries: of the ring.
            put: GP_PUT as Host knows it now.
        """
        left = (put - index) % entries
        while self.rung and (put - self.rung[0][0]) % entries >= left:
            self.rung.pop(0)
        if self.rung:
            self.learn(self.rung[0][1])


class Told(NamedTuple):
    """What the last release of a semaphore told.

    Attributes:
        known: the operations.
        value: that was written.
    """

    known: Known
    value: int


class Order:
    """The knowledge of everybody.

    Attributes:
        cpu: what was told to memory so far.
    """

    def __init__(self) -> None:
        self.cpu = NOTHING
        self._told: dict[tuple[int, int], Told] = {}

    def tell(self, place: tuple[int, int], known: Known, value: int, adds: bool) -> None:
        """A semaphore was written.

        Args:
            place: aperture and address.
            adds: by a reduction: what was told there before still counts.
        """
        before = self._told.get(place)
        if adds and before is not None:
            known = known.join(before.known)
        self._told[place] = Told(known, value)
        self.cpu = self.cpu.join(known)

    def told(self, place: tuple[int, int], value: int) -> Known:
        """What a semaphore tells who finds a value in it.

        One that no release left there was written by the CPU, or by a kernel: it stands for all that the CPU
        may know.
        """
        told = self._told.get(place)
        return told.known if told is not None and told.value == value else self.cpu
