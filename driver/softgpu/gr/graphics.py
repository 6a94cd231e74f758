"""GR as a unit of the GPU: the contexts of its channels, who has it when, and the SMs that run their grids.

One group of channels has GR at a time. It is left when it has no grid, or when its timeslice is over and
others want it: at once where the compute preemption mode is CILP, else when its grids have ended. A grid that
keeps GR longer than a context switch may take ends its channel (Xid 109). CTA mode is as WFI here: when the
CTAs that are resident end, nobody knows.

Facts: specification section 4.7 (modes, timeslices, the time that a switch may take). Which mode a fresh
context has nothing says: WFI here, so that a driver that forgets to ask for CILP is found out.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from barewire.softgpu.channel import Channel, Group
from barewire.softgpu.gr import exceptions
from barewire.softgpu.gr.context import Context, Mode
from barewire.softgpu.gr.exceptions import SmState
from barewire.softgpu.gr.space import SmSpace
from barewire.softgpu.page_tables import Aperture, Pdb
from barewire.softgpu.unit import Unit

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu
    from barewire.softgpu.work import Job

SWITCH_TIMEOUT_S = 4.19  # 0x3FFFFF us of base 2
JOIN_S = 5.0
SLICE_NS = 4_000_000  # what others get of the thread of a grid that has ended


class Graphics(Unit):
    """The graphics and compute engine of one GPU.

    Attributes:
        contexts: of channels that sent GR anything, by channel.
    """

    def __init__(self, gpu: SoftGpu) -> None:
        super().__init__(gpu)
        self.contexts: dict[Channel, Context] = {}
        self._gone: list[Context] = []
        self._modes: dict[Channel, Mode] = {}
        self._spaces: dict[tuple[Pdb, bool], SmSpace] = {}
        self._holder: Group | None = None
        self._since_ns = 0
        self._slice: Job | None = None
        self._deadline: Job | None = None
        gpu.vram.watch(self.forget_translations)

    def reset(self) -> None:
        """Be as after power-on."""
        self.end_all()

    def close(self) -> None:
        """Forget everything."""
        self.end_all()

    # Contexts.

    def context(self, channel: Channel) -> Context:
        """A channel's context, made when it is first asked for."""
        found = self.contexts.get(channel)
        if found is None:
            found = self.contexts[channel] = Context(self, channel)
            found.mode = self._modes.get(channel, Mode.WFI)
        return found

    def space(self, channel: Channel) -> SmSpace:
        """What the SMs keep of a channel's address space.

        Raises:
            ChannelError: it has none.
        """
        setup = channel.setup
        pdb: Pdb | None = setup.pdb
        if pdb is None:
            raise exceptions.switch_error("the channel has no address space")
        key = pdb, setup.privileged
        found = self._spaces.get(key)
        if found is None:
            found = self._spaces[key] = SmSpace(self.gpu, pdb, setup.privileged)
        return found

    def _forget_spaces(self) -> None:
        """Forget address spaces that no channel has any more: another may come to lie where one was."""
        used = {(channel.setup.pdb, channel.setup.privileged) for channel in self.contexts}
        self._spaces = {key: space for key, space in self._spaces.items() if key in used}

    @property
    def resident(self) -> Channel | None:
        """The channel that GR works for, or whose context it still holds; None for none."""
        held = [context for channel, context in self.contexts.items() if channel.group is self._holder]
        held.sort(key=lambda context: context.idle)
        return held[0].channel if held else None

    def set_preemption_mode(self, channel: Channel, mode: int) -> None:
        """Where GR may leave a channel's grids: 0 at their ends, 1 at those of CTAs, 2 anywhere."""
        self._modes[channel] = Mode(mode)
        context = self.contexts.get(channel)
        if context is not None:
            context.mode = Mode(mode)

    def sm_states(self, channel: Channel) -> tuple[SmState, ...]:
        """The SMs that report errors of a channel's last grid."""
        context = self.contexts.get(channel)
        return tuple(context.states) if context is not None else ()

    def clear_sm_states(self, channel: Channel, sm: int | None = None) -> None:
        """Forget what the SMs report, or one of them."""
        context = self.contexts.get(channel)
        if context is not None:
            context.states = [state for state in context.states if sm is not None and state.sm != sm]

    # What Host asks for.

    def changed(self, channel: Channel) -> None:
        """A channel was put on its runlist or taken off: its grid goes on, or rests where it is."""
        context = self.contexts.get(channel)
        if context is None:
            return
        self._share()
        if not context.may_run and not context.rests():
            self.gpu.report("grid", "a grid did not come to rest", token=channel.token)

    def preempt(self, channel: Channel) -> bool:
        """Leave a channel's group for a moment; False: a grid of it cannot be left now."""
        members = [context for other, context in self.contexts.items() if other.group is channel.group]
        if not all(context.may_leave for context in members):
            return False
        rested = [context.rest() for context in members]
        for context in members:
            context.go_on()
        return all(rested)

    def kill(self, channel: Channel) -> None:
        """End a channel's grids for good; what its SMs report stays."""
        context = self.contexts.get(channel)
        if context is not None:
            context.kill()
            self._share()

    def forget(self, channel: Channel) -> None:
        """A channel is gone."""
        self.kill(channel)
        context = self.contexts.pop(channel, None)
        if context is not None:
            self._gone = [*(other for other in self._gone if other.has_thread), context]
        self._modes.pop(channel, None)
        if not any(other.group is self._holder for other in self.contexts):
            self._holder = None
        self._forget_spaces()

    def end_all(self) -> None:
        """Stop every grid at once and forget it; with the GPU's lock held or not."""
        with self.gpu.lock:
            for context in self.contexts.values():
                context.kill()
            self._gone += self.contexts.values()
            self.contexts.clear()
            self._modes.clear()
            self._spaces.clear()
            self._holder = None
            self._cancel()
        if not self.gpu.lock.owned:
            self._join()

    def _join(self) -> None:
        """Wait until no thread is left of contexts that are gone: they may be on their way out still."""
        gone, self._gone = self._gone, []
        for context in gone:
            context.join(JOIN_S)

    # Translations.

    def settle(self) -> None:
        """Wait until no grid uses a translation from before."""
        for context in self.contexts.values():
            if not context.rest():
                self.gpu.report("grid", "a grid did not come to rest", token=context.channel.token)
        self.forget_translations()
        for context in self.contexts.values():
            context.go_on()

    def forget_translations(self) -> None:
        """Let every access of a grid be translated anew."""
        for space in self._spaces.values():
            space.invalidate()

    def invalidated(self, pdb: Pdb | None) -> None:
        """The MMU was told to forget translations of an address space, or of all."""
        for (root, _), space in self._spaces.items():
            if pdb is None or _same(root, pdb):
                space.invalidate()

    # Sharing out GR's time.

    def ready(self, context: Context) -> None:
        """A context has something to run."""
        if context.channel.group is self._holder and self._deadline is None and context.may_run:
            context.resume()
        else:
            self._share()

    def grid_ended(self, context: Context) -> None:
        """A grid is over, and what it released is written."""
        if not context.wants or self._deadline is not None:
            self._share()
        fifo = self.gpu.fifo
        if context.idle:
            if fifo.waiting or fifo.engaged:
                fifo.run(SLICE_NS)
        elif fifo.waiting and fifo.released:
            fifo.go_on_later()

    def _share(self) -> None:
        """Let the group that has GR run, and find out whether it is another's turn."""
        wanting = self._wanting()
        done = self._holder not in wanting or self._deadline is not None
        if all(group is self._holder for group in wanting):
            self._cancel()  # nobody else wants it any more
        elif done and self._is_free():
            self._give(wanting[0])
        else:
            self._arm_slice()
        self._apply()

    def _wanting(self) -> list[Group]:
        """The groups that want GR, the one whose turn comes next first, the one that has it last."""
        if len(self.contexts) == 1:
            return [channel.group for channel, context in self.contexts.items() if context.wants]
        groups = list(dict.fromkeys(channel.group for channel in self.contexts))
        if self._holder in groups:
            after = groups.index(self._holder) + 1
            groups = groups[after:] + groups[:after]
        wanting = {channel.group for channel, context in self.contexts.items() if context.wants}
        return [group for group in groups if group in wanting]

    def _is_free(self) -> bool:
        """Whether GR may be given to others now."""
        return all(context.may_leave or not context.may_run for context in self._held())

    def _held(self) -> list[Context]:
        return [context for channel, context in self.contexts.items() if channel.group is self._holder]

    def _give(self, group: Group) -> None:
        self._cancel()
        self._holder = group
        self._since_ns = time.monotonic_ns()

    def _apply(self) -> None:
        """Let those run who may, and rest who may not."""
        leaving = self._deadline is not None
        for channel, context in list(self.contexts.items()):
            if channel.group is not self._holder or not context.may_run:
                context.pause()
            elif leaving:
                context.hold()
            else:
                context.resume()

    def _arm_slice(self) -> None:
        if self._slice is not None or self._deadline is not None or self._holder is None:
            return
        left_ns = self._since_ns + self._holder.timeslice_ns - time.monotonic_ns()
        self._slice = self.gpu.work.after(max(left_ns, 0) / 1e9, self._slice_over)

    def _slice_over(self) -> None:
        """The group had its time, and others want GR."""
        self._slice = None
        wanting = self._wanting()
        if not wanting or wanting[0] is self._holder:
            return
        if self._is_free():
            self._give(wanting[0])
            self._share()
        elif self._deadline is None:
            self._deadline = self.gpu.work.after(SWITCH_TIMEOUT_S, self._switch_timed_out)
            self._apply()

    def _switch_timed_out(self) -> None:
        """GR could not be left in time."""
        self._deadline = None
        others_want = any(group is not self._holder for group in self._wanting())
        for context in self._held():
            if others_want and not context.may_leave:
                self.gpu.fifo.fail(context.channel, exceptions.switch_timeout())
        self._share()

    def _cancel(self) -> None:
        for job in (self._slice, self._deadline):
            if job is not None:
                job.cancel()
        self._slice = self._deadline = None


def _same(first: Pdb, second: Pdb) -> bool:
    """Whether two roots are the same table: host memory has two names."""
    in_vram = (first.aperture is Aperture.VRAM, second.aperture is Aperture.VRAM)
    return first.address == second.address and in_vram[0] == in_vram[1]
