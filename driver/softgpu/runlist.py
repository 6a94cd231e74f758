"""Runlists: which channel runs next, and for how long.

Groups take turns, and within a group its channels. A group's turn ends with its timeslice, or when none of
its channels can go on.

Facts: open-gpu-doc:manuals/ampere/ga100/dev_ram.ref (RAMRL), dev_pbdma.ref (SEM_EXECUTE, YIELD).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from barewire.softgpu.channel import Channel, ChannelError, Group, Interrupt0, State, Stop, host_error
from barewire.softgpu.channel_memory import Refused
from barewire.softgpu.pbdma import Pbdma

if TYPE_CHECKING:
    from barewire.softgpu.fifo import Fifo


class Runlist:
    """One runlist and the PBDMA that serves it.

    Attributes:
        number: of the runlist.
        groups: in the order of their turns.
    """

    def __init__(self, fifo: Fifo, number: int) -> None:
        self._fifo = fifo
        self.number = number
        self.groups: list[Group] = []
        self._pbdma = Pbdma(fifo)
        self._turn = 0
        self._current: Channel | None = None
        self._slice_end_ns = 0

    def group(self, number: int | None) -> Group:
        """The group of that number, made if it is new; a new one for None."""
        for known in self.groups:
            if number is not None and known.number == number:
                return known
        made = Group(number)
        self.groups.append(made)
        return made

    def remove(self, channel: Channel) -> None:
        """Forget a channel, and its group with its last."""
        group = channel.group
        if channel in group.channels:
            group.channels.remove(channel)
        if not group.channels and group in self.groups:
            self.groups.remove(group)
        self.leave(channel)

    def leave(self, channel: Channel) -> None:
        """Take a channel off the PBDMA, if it is there."""
        if self._current is channel:
            self._current = None

    @property
    def is_ready(self) -> bool:
        """Whether any channel could run now."""
        return any(channel.state is State.READY for group in self.groups for channel in group.channels)

    def run(self, until_ns: int) -> None:
        """Run channels until none can go on or the time is over."""
        while True:
            now = time.monotonic_ns()
            if now >= until_ns:
                return
            channel = self._choose(now)
            if channel is None:
                return
            self._run_channel(channel, min(until_ns, max(self._slice_end_ns, now + 1)))

    def _choose(self, now_ns: int) -> Channel | None:
        """The channel whose turn it is."""
        current = self._current
        if current is not None and current.state is State.READY:
            if current.engine_job or now_ns < self._slice_end_ns:
                return current
            if not self._others_are_ready(current):
                self._slice_end_ns = now_ns + current.group.timeslice_ns
                return current
        return self._next_channel(now_ns)

    def _others_are_ready(self, current: Channel) -> bool:
        return any(
            channel is not current and channel.state is State.READY
            for group in self.groups
            for channel in group.channels
        )

    def _next_channel(self, now_ns: int) -> Channel | None:
        group = self._current.group if self._current is not None else None
        if group is not None and now_ns < self._slice_end_ns:
            found = _next_of(group)
            if found is not None:
                self._current = found
                return found
        for step in range(1, len(self.groups) + 1):
            place = (self._turn + step) % len(self.groups)
            found = _next_of(self.groups[place])
            if found is not None:
                self._turn = place
                self._current = found
                self._slice_end_ns = now_ns + found.group.timeslice_ns
                return found
        self._current = None
        return None

    def _run_channel(self, channel: Channel, until_ns: int) -> None:
        try:
            stop = self._pbdma.run(channel, until_ns)
        except ChannelError as error:
            self._fifo.fail(channel, error)
            return
        except Refused as refused:
            self._fifo.fail_host_access(channel, refused)
            return
        except Exception as defect:  # the model's own: this channel ends by it, the others go on
            self._fifo.gpu.defects.append(defect)
            self._fifo.fail(channel, host_error(Interrupt0.DEVICE, f"the model failed: {defect!r}"))
            return
        if channel.state is not State.READY:
            return
        if stop is Stop.IDLE:
            channel.state = State.IDLE
        elif stop in (Stop.WAIT, Stop.ENGINE):
            self._fifo.wait(channel, stop)
        elif stop is Stop.YIELD:
            self._yield(channel)

    def _yield(self, channel: Channel) -> None:
        """Let the next channel of the group run; if there is none, the next group."""
        following = _next_of(channel.group)
        self._current = following if following is not channel else None


def _next_of(group: Group) -> Channel | None:
    """The next channel of a group that could run."""
    channels = group.channels
    for step in range(1, len(channels) + 1):
        place = (group.turn + step) % len(channels)
        if channels[place].state is State.READY:
            group.turn = place
            return channels[place]
    return None
