"""Host: channels by their doorbells, and the time that the doorbell's page shows.

    channel = gpu.fifo.create(ChannelSetup(chid=8, runlist=1, engines=("COPY2",), ...))
    gpu.fifo.schedule(channel, True)

A doorbell runs what it brought at once, up to a few milliseconds; the rest follows on the GPU's worker. A
channel that waits for a semaphore is looked at again after every release by the GPU, at every doorbell,
and every millisecond for releases by the CPU; one that waits for its engine, when that says that it is done.

Facts: open-gpu-doc:manuals/ampere/ga100/{dev_ram,dev_pbdma}.ref; OGKM:swref/published/turing/tu102/{dev_vm,
dev_ctrl}.h (doorbell, token, time).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from barewire.softgpu import engines
from barewire.softgpu.channel import (
    Channel,
    ChannelError,
    ChannelSetup,
    Engine,
    Interrupt0,
    State,
    Stop,
    host_error,
)
from barewire.softgpu.channel_memory import Refused, Userd, VirtualMemory
from barewire.softgpu.copy import CopyEngine
from barewire.softgpu.fault_sources import host_source, mmu_fault
from barewire.softgpu.gr.engine import GraphicsEngine
from barewire.softgpu.host_methods import HostMethods
from barewire.softgpu.runlist import Runlist
from barewire.softgpu.unit import NoRegister, Unit

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu
    from barewire.softgpu.work import Job

INLINE_NS = 2_000_000  # what a doorbell's writer may have to wait
SLICE_NS = 4_000_000  # what one task of the worker may take
PREEMPT_NS = 1_000_000_000  # what an engine may need to end what it is at
FIRST_POLL_S = 0.0002  # a waiting channel is looked at again so soon, then less and less often
LAST_POLL_S = 0.001

TOKEN_RUNLIST_LOW = 16
TOKEN_CHID_MASK = 0xFFF
TOKEN_RUNLIST_MASK = 0x7F

_BY_NAME = {engine.name: engine for engine in engines.ENGINES}


class Fifo(Unit):
    """Host of one GPU.

    Attributes:
        channels: those alive, by (runlist, chid).
        waiting: channels whose acquire failed; they are looked at now and then.
        engaged: channels that wait for their engines, which tell when they are done.
        released: whether a semaphore was written since waiting channels were looked at.
        latency_s: from a doorbell to the work that it brought; 0 does it at once.
    """

    def __init__(self, gpu: SoftGpu) -> None:
        super().__init__(gpu)
        self._doorbell = gpu.offset("NV_VIRTUAL_FUNCTION_DOORBELL")
        self._time = (gpu.offset("NV_VIRTUAL_FUNCTION_TIME_0"), gpu.offset("NV_VIRTUAL_FUNCTION_TIME_1"))
        self.ranges = ((self._doorbell, self._doorbell + 3), *((at, at + 3) for at in self._time))
        self.host_methods = HostMethods(self)
        self.channels: dict[tuple[int, int], Channel] = {}
        self.runlists: dict[int, Runlist] = {}
        self.waiting: set[Channel] = set()
        self.engaged: set[Channel] = set()
        self.released = False
        self.latency_s = 0.0
        self._running = False
        self._worker: Job | None = None
        self._timer: Job | None = None
        self._poll_s = FIRST_POLL_S

    def reset(self) -> None:
        """Forget every channel; what their engines are at ends here."""
        self.gpu.graphics.end_all()
        for channel in self.channels.values():
            channel.state = State.DEAD
            channel.pending = None
            channel.engine_job = False
        self.channels.clear()
        self.runlists.clear()
        self.waiting.clear()
        self.engaged.clear()
        self.released = False
        self._worker = self._timer = None
        if self.gpu.sanitizer is not None:
            self.gpu.sanitizer.reset()

    # Registers.

    def read(self, offset: int) -> int:
        if offset in self._time:
            now = self.gpu.clock.now_ns()
            return now & 0xFFFFFFFF if offset == self._time[0] else now >> 32 & 0x1FFFFFFF
        return 0

    def write(self, offset: int, value: int) -> None:
        if offset != self._doorbell:
            raise NoRegister
        self.ring(value)

    def ring(self, token: int) -> None:
        """What a write of the doorbell does."""
        self._poll_s = FIRST_POLL_S
        runlist, chid = token >> TOKEN_RUNLIST_LOW & TOKEN_RUNLIST_MASK, token & TOKEN_CHID_MASK
        channel = self.channels.get((runlist, chid))
        if channel is None:
            self.gpu.report("unknown token", "a doorbell rang for no channel", token=token)
            return
        if channel.state is State.DEAD:
            return
        channel.rung = True
        if not channel.scheduled:
            self.gpu.report("doorbell", "a doorbell rang for a channel that is not scheduled", token=token)
        try:
            if channel.state is not State.OFF:
                self._look(channel)
            self._begin()
        except Exception as defect:  # the model's own: none of it is the host's business
            self.gpu.defects.append(defect)

    def _begin(self) -> None:
        latency_s = self.latency_s
        if self.gpu.sanitizer is not None:
            latency_s += self.gpu.sanitizer.delay_s()
        if latency_s:
            self.gpu.work.after(latency_s, lambda: self.run(SLICE_NS))
        else:
            self.run(INLINE_NS)

    # What resource management asks for.

    def create(self, setup: ChannelSetup) -> Channel:
        """Make a channel; it runs once it is scheduled. Nothing is checked that firmware checks."""
        runlist = self.runlists.get(setup.runlist)
        if runlist is None:
            runlist = self.runlists[setup.runlist] = Runlist(self, setup.runlist)
        group = runlist.group(setup.group)
        channel = Channel(setup, VirtualMemory(self.gpu, setup), Userd(self.gpu, setup.userd), group)
        channel.connect([self._engine(channel, name) for name in setup.engines])
        group.channels.append(channel)
        self.channels[setup.runlist, setup.chid] = channel
        return channel

    def _engine(self, channel: Channel, name: str) -> Engine:
        engine = _BY_NAME[name]
        if engine.is_copy:
            return CopyEngine(self, channel, engine)
        return GraphicsEngine(self, channel, engine)

    def destroy(self, channel: Channel) -> None:
        """Take a channel off for good; a second time is nothing."""
        self._off(channel)
        self.gpu.graphics.forget(channel)
        self.channels.pop((channel.setup.runlist, channel.chid), None)
        runlist = self.runlists.get(channel.setup.runlist)
        if runlist is not None:
            runlist.remove(channel)
        channel.state = State.DEAD
        if self.gpu.sanitizer is not None:
            self.gpu.sanitizer.channel_destroyed(channel)

    def schedule(self, channel: Channel, on: bool) -> None:
        """Let a channel onto its runlist, or take it off."""
        channel.scheduled = on
        self._change(channel)

    def enable(self, channel: Channel, on: bool) -> None:
        """Let a channel of its runlist run, or keep it from running."""
        channel.enabled = on
        self._change(channel)

    def preempt(self, channel: Channel) -> bool:
        """Take a channel's group off its engine at the next method; whether that was done."""
        done = True
        end = time.monotonic_ns() + PREEMPT_NS
        for member in list(channel.group.channels):
            done &= self._finish_job(member, max(end - time.monotonic_ns(), 0))
            self._leave(member)
        return self.gpu.graphics.preempt(channel) and done

    def stop(self, channel: Channel) -> None:
        """Off the engine and off the runlist; to run again it has to be scheduled anew."""
        self.schedule(channel, False)

    def set_timeslice(self, channel: Channel, timeslice_ns: int) -> None:
        """How long the channel's group runs before others get a turn."""
        channel.group.timeslice_ns = timeslice_ns

    def _change(self, channel: Channel) -> None:
        if channel.state is State.DEAD:
            return
        if not channel.scheduled or not channel.enabled:
            self._off(channel)
            channel.state = State.OFF
            self.gpu.graphics.changed(channel)
            return
        channel.settle()
        self.gpu.graphics.changed(channel)
        if channel.rung:
            self._look(channel)
        if channel.state is State.READY:
            self.go_on_later()

    def _off(self, channel: Channel) -> None:
        if not self._finish_job(channel, PREEMPT_NS):
            channel.pending = None  # the engine is reset
            channel.engine_job = False
        self._forget_wait(channel)
        self._leave(channel)
        if self.gpu.sanitizer is not None:
            self.gpu.sanitizer.stopped(channel)

    def _leave(self, channel: Channel) -> None:
        """Off the PBDMA, if it is there; after a reset there is none."""
        runlist = self.runlists.get(channel.setup.runlist)
        if runlist is not None:
            runlist.leave(channel)

    def _finish_job(self, channel: Channel, budget_ns: int) -> bool:
        """Let a copy that is under way end, as nothing interrupts a launch; whether it did in that time."""
        if not channel.engine_job or channel.pending is None:
            return True
        try:
            if channel.pending(time.monotonic_ns() + budget_ns) is Stop.TIME:
                return False
        except ChannelError as error:
            self.fail(channel, error)
        channel.pending = None
        channel.engine_job = False
        return True

    # Running.

    def _look(self, channel: Channel) -> None:
        """Read GP_PUT after a doorbell."""
        channel.rung = False
        try:
            put = channel.userd.get("GPPut")
        except Refused as refused:
            self.fail_host_access(channel, refused)
            return
        entries = channel.setup.entries
        if put >= entries:
            self.fail(
                channel, host_error(Interrupt0.GPPTR, f"GP_PUT is {put} in a ring of {entries}", value=put)
            )
            return
        fresh = (put - channel.gp_put) % entries
        if fresh:
            channel.credits += fresh - 1
        elif channel.credits:
            channel.credits -= 1
        else:
            self.gpu.report("doorbell", "a doorbell rang with nothing new in the ring", token=channel.token)
        before, channel.gp_put = channel.gp_put, put
        if fresh and self.gpu.sanitizer is not None:
            self.gpu.sanitizer.rang(channel, before)
        if channel.state is State.IDLE and channel.has_work:
            channel.state = State.READY

    def run(self, budget_ns: int) -> None:
        """Run what can run for some time; what is left goes on later."""
        if self._running:
            return
        self._running = True
        end = time.monotonic_ns() + budget_ns
        try:
            self._wake()
            while time.monotonic_ns() < end:
                ready = [runlist for runlist in self.runlists.values() if runlist.is_ready]
                if not ready:
                    break
                if self.gpu.sanitizer is not None:
                    self.gpu.sanitizer.mix(ready)
                share = max((end - time.monotonic_ns()) // len(ready), 1)
                for runlist in ready:
                    runlist.run(time.monotonic_ns() + share)
                if self.released:
                    self._wake()
        finally:
            self._running = False
        if any(runlist.is_ready for runlist in self.runlists.values()):
            self.go_on_later()
        if self.waiting:
            self._poll_later()

    def wait(self, channel: Channel, stop: Stop) -> None:
        """Look at a channel again later: Stop.WAIT or ENGINE says when."""
        channel.state = State.WAITING
        (self.waiting if stop is Stop.WAIT else self.engaged).add(channel)

    def _forget_wait(self, channel: Channel) -> None:
        self.waiting.discard(channel)
        self.engaged.discard(channel)

    def _wake(self) -> None:
        """Look at the channels that wait."""
        self.released = False
        for channel in (*self.waiting, *self.engaged):
            self._forget_wait(channel)
            if channel.state is State.WAITING and channel.pending is not None:
                self._look_again(channel)

    def _look_again(self, channel: Channel) -> None:
        try:
            stop = channel.pending(0) if channel.pending is not None else None
        except Refused as refused:
            self.fail_host_access(channel, refused)
            return
        except ChannelError as error:
            self.fail(channel, error)
            return
        if stop in (Stop.WAIT, Stop.ENGINE):
            self.wait(channel, stop)
        else:
            channel.pending = None
            if self.gpu.sanitizer is not None:
                self.gpu.sanitizer.resumed(channel)
            channel.state = State.READY

    def go_on_later(self) -> None:
        """Run what can run, on the worker."""
        if self._worker is None:
            self._worker = self.gpu.work.post(self._go_on)

    def _go_on(self) -> None:
        self._worker = None
        self.run(SLICE_NS)

    def _poll_later(self) -> None:
        if self._timer is None:
            self._timer = self.gpu.work.after(self._poll_s, self._poll)

    def _poll(self) -> None:
        self._timer = None
        self._poll_s = min(2 * self._poll_s, LAST_POLL_S)
        self.run(SLICE_NS)

    # What channels cause.

    def notify(self, engine: str) -> None:
        """An engine's non-stalling interrupt."""
        vector = _BY_NAME[engine].nonstall_vector
        if vector != engines.NO_VECTOR:
            self.gpu.interrupts.trigger(vector)

    def fail(self, channel: Channel, error: ChannelError) -> None:
        """Take a channel off its runlist and tell firmware."""
        channel.error = error
        channel.state = State.DEAD
        channel.pending = None
        channel.engine_job = False
        self._forget_wait(channel)
        self._leave(channel)
        self.gpu.graphics.kill(channel)
        if self.gpu.sanitizer is not None:
            self.gpu.sanitizer.channel_destroyed(channel)
        self._tell(channel, error)

    def fail_host_access(self, channel: Channel, refused: Refused) -> None:
        """Take a channel off because Host itself could not reach memory for it."""
        self.fail(channel, mmu_fault(channel, host_source(channel.setup.runlist), refused))

    def _tell(self, channel: Channel, error: ChannelError) -> None:
        if error.fault is not None:
            self.gpu.faults.post(error.fault.entry(channel))
        resman = self.gpu.resman
        if resman is None:
            return
        resman.robust.channel_error(
            channel.setup.owner, error.xid, fault=error.fault, text=error.text, lines=error.lines
        )
