"""Numbers that are unique on a runlist: channel ids and group ids.

Facts: nouveau:nvkm/subdev/gsp/rm/r570/fifo.c (which ids firmware keeps).
"""

from __future__ import annotations

from barewire.softgpu.engines import CHANNELS_PER_RUNLIST
from barewire.softgpu.gsp.status import Refused, Status

RESERVED_CHIDS = 1  # firmware of 570 keeps channel 0


class Numbers:
    """Numbers that are unique on a runlist: channel ids, group ids."""

    def __init__(self, first: int, end: int) -> None:
        self.first = first
        self.end = end
        self._used: dict[int, set[int]] = {}

    def take(self, runlist: int, wanted: int | None = None) -> int:
        """A free number, or the one wanted.

        Raises:
            Refused: IN_USE for a number that is taken or out of range, INSUFFICIENT_RESOURCES for none left.
        """
        used = self._used.setdefault(runlist, set())
        if wanted is None:
            wanted = next((number for number in range(self.first, self.end) if number not in used), None)
            if wanted is None:
                raise Refused(Status.INSUFFICIENT_RESOURCES, f"runlist {runlist} is full")
        elif not self.first <= wanted < self.end:
            raise Refused(Status.INVALID_CHANNEL, f"{wanted} is not one of {self.first}..{self.end - 1}")
        elif wanted in used:
            raise Refused(Status.IN_USE, f"number {wanted} of runlist {runlist} is taken")
        used.add(wanted)
        return wanted

    def release(self, runlist: int, number: int) -> None:
        """Let it be taken again."""
        self._used.get(runlist, set()).discard(number)

    def in_use(self, runlist: int) -> set[int]:
        """The numbers that are taken."""
        return set(self._used.get(runlist, ()))


def chid_numbers() -> Numbers:
    """Channel ids: those of firmware are taken."""
    return Numbers(RESERVED_CHIDS, CHANNELS_PER_RUNLIST)


def group_numbers() -> Numbers:
    """Group ids."""
    return Numbers(0, CHANNELS_PER_RUNLIST)
