"""How firmware speaks to Host about channels: all that this side knows of `fifo` is here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from barewire.softgpu.page_tables import Pdb

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu
    from barewire.softgpu.gsp.channels import ChannelObject, GroupObject


class Scheduling:
    """Channels of Host, by RM's channel objects.

    Args:
        gpu: whose Host it is.
    """

    def __init__(self, gpu: SoftGpu) -> None:
        self._gpu = gpu
        self._channels: dict[tuple[int, int], Any] = {}

    def create(self, channel: ChannelObject) -> None:
        """Let Host know a channel; it does not run yet."""
        if channel.setup is not None:
            self._channels[channel.runlist, channel.chid] = self._gpu.fifo.create(channel.setup)

    def destroy(self, channel: ChannelObject) -> None:
        """Take a channel off its runlist for good."""
        known = self._channels.pop((channel.runlist, channel.chid), None)
        if known is not None:
            self._gpu.fifo.destroy(known)

    def schedule(self, channel: ChannelObject, on: bool) -> None:
        """Let a channel onto its runlist, or take it off."""
        self._gpu.fifo.schedule(self._of(channel), on)

    def enable(self, channel: ChannelObject, on: bool) -> None:
        """Let a channel of the runlist run, or keep it from running."""
        self._gpu.fifo.enable(self._of(channel), on)

    def preempt(self, channel: ChannelObject) -> bool:
        """Take a channel off its engine; whether that could be done."""
        return self._gpu.fifo.preempt(self._of(channel)) is not False

    def stop(self, channel: ChannelObject) -> None:
        """Disable, preempt, and off the runlist."""
        self._gpu.fifo.stop(self._of(channel))

    def set_timeslice(self, group: GroupObject) -> None:
        """How long a group's channels run before others get a turn."""
        for channel in group.channels:
            self._gpu.fifo.set_timeslice(self._of(channel), group.timeslice_us * 1000)

    def set_root(self, channel: ChannelObject, root: Pdb | None) -> None:
        """Another root for the channel's address space; None for none."""
        if channel.setup is not None:
            channel.setup.pdb = root

    def clear(self) -> None:
        """Forget every channel, as firmware that ends does; nothing waits for their engines."""
        self._gpu.fifo.reset()
        self._channels.clear()

    def _of(self, channel: ChannelObject) -> Any:
        return self._channels[channel.runlist, channel.chid]
