"""How firmware speaks to Host and to GR about channels: all that this side knows of `fifo` and `graphics`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from barewire.softgpu.channel import State
from barewire.softgpu.page_tables import Pdb

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu
    from barewire.softgpu.gsp.channels import ChannelObject, GroupObject


class SmState(Protocol):
    """What one SM reports of its errors."""

    @property
    def sm(self) -> int:
        """Its global number."""

    @property
    def global_esr(self) -> int:
        """NV_PGRAPH_PRI_GPC_TPC_SM_HWW_GLOBAL_ESR."""

    @property
    def warp_esr(self) -> int:
        """NV_PGRAPH_PRI_GPC_TPC_SM_HWW_WARP_ESR."""

    @property
    def pc(self) -> int:
        """GPU address of the instruction."""

    @property
    def address(self) -> int:
        """That the instruction accessed; 0 for none."""


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

    def is_idle(self, channel: ChannelObject) -> bool:
        """Whether a channel has nothing to do, and its engines nothing of it."""
        known = self._of(channel)
        if known.state in (State.OFF, State.DEAD):
            return True
        return known.state is State.IDLE and not any(engine.busy for engine in known.engines)

    # GR.

    def set_preemption_mode(self, channel: ChannelObject, mode: int) -> None:
        """Where GR may leave the channel's grids: 0 at their ends, 1 at those of CTAs, 2 anywhere."""
        self._gpu.graphics.set_preemption_mode(self._of(channel), mode)

    def sm_states(self, channel: ChannelObject) -> Sequence[SmState]:
        """The SMs that report errors of a channel's grids."""
        return tuple(self._gpu.graphics.sm_states(self._of(channel)))

    def clear_sm_states(self, channel: ChannelObject, sm: int | None = None) -> None:
        """Forget what the SMs report, or one of them."""
        self._gpu.graphics.clear_sm_states(self._of(channel), sm)

    @property
    def resident_chid(self) -> int | None:
        """The number of the channel that GR works for; None for none."""
        resident = self._gpu.graphics.resident
        return resident.chid if resident is not None else None

    def clear(self) -> None:
        """Forget every channel, as firmware that ends does; nothing waits for their engines."""
        self._gpu.fifo.reset()
        self._channels.clear()

    def _of(self, channel: ChannelObject) -> Any:
        return self._channels[channel.runlist, channel.chid]
