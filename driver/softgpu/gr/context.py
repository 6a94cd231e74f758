"""A channel's context on GR: its grids, one after another, and the thread that runs them.

Everything here is called with the GPU's lock held, except a grid itself: the thread takes the lock before it,
to hear what to run, and after it, to say what came of it. Nobody waits for a grid with the lock held; who
needs it to rest pauses it, which takes microseconds.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from barewire.errors import LaunchTooLarge, ResourceError
from barewire.softgpu.channel import Channel, ChannelError, State
from barewire.softgpu.channel_memory import Refused
from barewire.softgpu.gr import exceptions, releases, sked, watching
from barewire.softgpu.gr.qmd import Qmd, Type
from barewire.softgpu.gr.scheduler import Scheduler, Task
from barewire.softgpu.gsp.board_facts import TPCS
from barewire.softgpu.page_tables import Access, Pdb
from barewire.softgpu.sm.control import Control
from barewire.softgpu.sm.machine import Launch, Report

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu
    from barewire.softgpu.gr.exceptions import SmState
    from barewire.softgpu.gr.graphics import Graphics
    from barewire.softgpu.gr.space import SmSpace

IDLE_S = 10.0  # a thread without a grid ends after so long
REST_S = 2.0  # far more than a grid needs to come to rest
LEAST_BARRIERS, MOST_BARRIERS = 1, 16
MOST_REGISTERS = 255  # R255 is RZ, though a launch may ask for 256


class Mode(IntEnum):
    """Where GR may leave a channel's grids (compute preemption)."""

    WFI = 0
    CTA = 1
    CILP = 2


@dataclass(eq=False)
class Grid:
    """A grid that runs, or is about to.

    Attributes:
        task: what SKED knows of it.
        space: the address space that it runs in.
        launch: what the SMs are told.
    """

    task: Task
    space: SmSpace
    launch: Launch


@dataclass
class Windows:
    """Where generic addresses lead to shared and local memory."""

    shared: int = 0
    local: int = 0


class Context:
    """GR as one channel has it.

    Args:
        graphics: the engine, which shares its time among contexts.
        channel: whose context it is.

    Attributes:
        mode: where it may be left.
        windows: as the channel set them.
        sked: its launch descriptors.
        states: the SMs whose warps erred.
        running: the grid that runs or is paused; None if there is none.
        held: whether GR works for others now: no grid begins.
    """

    def __init__(self, graphics: Graphics, channel: Channel) -> None:
        self._graphics = graphics
        self._gpu: SoftGpu = graphics.gpu
        self.channel = channel
        self.mode = Mode.WFI
        self.windows = Windows()
        self.sked = Scheduler(self._gpu, channel, self._add)
        self.states: list[SmState] = []
        self.running: Grid | None = None
        self.held = True
        self._paused = False
        self._control = Control()
        self._queue: deque[Task] = deque()
        self._orders: SimpleQueue[Grid | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._choosing = False
        self._dead = False
        self._local_looked_at: tuple[sked.LocalMemory, Pdb | None, int] | None = None

    # What others ask.

    @property
    def idle(self) -> bool:
        """Whether it has no grid."""
        return self.running is None and not self._queue

    @property
    def may_run(self) -> bool:
        """Whether its channel is on its runlist, and well."""
        channel = self.channel
        return not self._dead and channel.scheduled and channel.enabled and channel.state is not State.DEAD

    @property
    def wants(self) -> bool:
        """Whether it has something to do that it may do."""
        return self.may_run and not self.idle

    @property
    def may_leave(self) -> bool:
        """Whether GR may leave it now."""
        return self.running is None or self.mode is Mode.CILP

    def hold(self) -> None:
        """Let no other grid begin."""
        self.held = True

    def pause(self) -> None:
        """Let its grid rest where it is, and no other begin."""
        self.held = True
        if not self._paused:
            self._paused = True
            self._control.pause()

    def resume(self) -> None:
        """Let its grid go on, or the next one begin."""
        self.held = False
        if self._paused:
            self._paused = False
            self._control.resume()
        self._begin_next()

    def rest(self) -> bool:
        """Pause it, also if it is already, until `go_on`; whether nothing of it touches memory any more."""
        self._control.pause()
        return self.rests()

    def rests(self) -> bool:
        """Wait, after a `pause`, until nothing of it touches memory any more; False: not in a long time."""
        return self._control.wait_at_rest(REST_S)

    def go_on(self) -> None:
        """Take a `rest` back."""
        self._control.resume()

    def kill(self) -> None:
        """End its grid for good; nothing of it touches memory when this returns."""
        if self._dead:
            return
        self._dead = True
        self._control.stop()
        if not self._control.wait_at_rest(REST_S):
            self._gpu.report("grid", "a grid did not stop", token=self.channel.token)
        if self.running is not None:
            watching.ended(self._gpu, self.running.task, self.running.launch.watch)
        for task in self._queue:
            watching.ended(self._gpu, task)
        self._queue.clear()
        self._orders.put(None)

    @property
    def has_thread(self) -> bool:
        """Whether its thread has not ended yet."""
        return self._thread is not None and self._thread.is_alive()

    def join(self, timeout_s: float) -> None:
        """Wait for its thread to end; not with the lock held."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout_s)

    # Grids.

    def _add(self, task: Task) -> None:
        """A descriptor may run now."""
        self._queue.append(task)
        self._graphics.ready(self)

    def _begin_next(self) -> None:
        """Let the next grid begin on the thread, if none runs."""
        grid = self._next() if not self._choosing else None
        if grid is not None:
            self._orders.put(grid)
            if self._thread is None:
                name = f"softgpu-gr-{self.channel.token:x}"
                self._thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._thread.start()

    def _next(self) -> Grid | None:
        """The next grid, ready to run; those that have nothing for the SMs are done on the way.

        A channel that errs on the way has none.
        """
        self._choosing = True
        try:
            return self._choose()
        finally:
            self._choosing = False

    def _choose(self) -> Grid | None:
        while self._queue and self.running is None and not self.held and self.may_run:
            task = self._queue.popleft()
            try:
                self.sked.prefetch(task)
                if task.qmd.type == Type.GRID_NULL or not task.qmd.ctas:
                    self._complete(task)
                else:
                    self.running = self._prepare(task)
                    return self.running
            except ChannelError as error:
                self._gpu.fifo.fail(self.channel, error)
        return None

    def _prepare(self, task: Task) -> Grid:
        qmd = task.qmd
        space = self._graphics.space(self.channel)
        if qmd.invalidate_code:
            space.forget_code()
        if watching.tables_may_have_changed(self._gpu, self.channel):
            space.invalidate()  # so that what the TLB has is compared with the tables
        if qmd.local_high_bytes:
            self._look_for_local_memory()
        watching.look_for_stale_code(self._gpu, self.channel, space, task)
        watching.look_for_stale_data(self._gpu, task)
        watching.look_for_stale_constants(self._gpu, self.channel, space, task)
        launch = Launch(
            entry_va=qmd.program_va,
            grid=qmd.grid,
            block=qmd.block,
            cluster=qmd.cluster if qmd.type == Type.GRID_GPC_CGA else (1, 1, 1),
            register_count=min(qmd.register_count, MOST_REGISTERS),
            shared_bytes=qmd.shared_bytes,
            local_bytes=qmd.local_high_bytes,
            barrier_count=min(max(qmd.barrier_count, LEAST_BARRIERS), MOST_BARRIERS),
            constant_banks=self._banks(qmd),
            shared_window=self.windows.shared,
            local_window=self.windows.local,
            control=self._control,
            code=space.code,
            watch=watching.watch(self._gpu, task),
            timer_offset_ns=self._gpu.clock.now_ns() - time.monotonic_ns(),
        )
        self.states.clear()
        return Grid(task, space, launch)

    def _look_for_local_memory(self) -> None:
        """Report local memory that is not mapped: threads of hardware would fault there."""
        local = self.sked.local
        stamp = (local, self.channel.setup.pdb, self._gpu.mmu.tlb.changes)
        if stamp == self._local_looked_at:
            return
        self._local_looked_at = stamp
        try:
            for _ in self.channel.memory.places(local.gpu_va, local.bytes_of_tpc * len(TPCS), True):
                pass
        except Refused as refused:
            self._gpu.report(
                "local memory", "the channel's local memory is not all mapped", gpu_va=refused.address
            )

    def _banks(self, qmd: Qmd) -> dict[int, tuple[int, int]]:
        """The constant banks that are mapped: others are no error unless they are read (`H100:`)."""
        banks = {}
        for bank in qmd.constant_buffers:
            if bank.size_bytes:
                try:
                    self.channel.memory.address(bank.gpu_va, 4, Access.READ)
                except Refused:
                    continue
                banks[bank.bank] = bank.gpu_va, bank.size_bytes
        return banks

    def _run(self) -> None:
        """What the thread does."""
        while True:
            try:
                grid = self._orders.get(timeout=IDLE_S)
            except Empty:
                if self._retire():
                    return
                continue
            while grid is not None:
                report = self._execute(grid)
                with self._gpu.lock:
                    grid = self._ended(grid, report)
            if self._dead:
                return

    def _retire(self) -> bool:
        """End the thread, unless there is work for it after all."""
        with self._gpu.lock:
            if not self._orders.empty():
                return False
            self._thread = None
            return True

    def _execute(self, grid: Grid) -> Report | Exception:
        """Run a grid to its end, whichever it is; without the lock."""
        try:
            return grid.space.machine.launch(grid.launch)
        except (LaunchTooLarge, ResourceError) as error:
            return error
        except Exception as defect:  # the model's own: the channel ends by it, the others go on
            return defect

    def _ended(self, grid: Grid, report: Report | Exception) -> Grid | None:
        """A grid is over; the next one, to run at once."""
        if self._dead:
            return None
        if isinstance(report, Report) and report.stuck:
            return None  # it never ends: it stays what runs here
        self.running = None
        following = None
        self._choosing = True  # what comes next is chosen here, not by who adds it
        try:
            watching.ended(self._gpu, grid.task, grid.launch.watch)
            self._look_at(grid, report)
            self._complete(grid.task)
            following = self._next()
        except ChannelError as error:
            self._gpu.fifo.fail(self.channel, error)
        except Exception as defect:  # the model's own: the channel ends by it
            self._gpu.defects.append(defect)
            self._gpu.fifo.fail(self.channel, exceptions.model_failed(defect))
        finally:
            self._choosing = False
        self._graphics.grid_ended(self)
        return following

    def _look_at(self, grid: Grid, report: Report | Exception) -> None:
        """See what came of a grid.

        Raises:
            ChannelError: its warps erred, or the SMs could not hold it.
        """
        if isinstance(report, LaunchTooLarge):
            raise exceptions.launch_error(sked.SkedError(()), grid.task.gpu_va)
        if isinstance(report, Exception):
            raise report
        if report.fault is None:
            return
        refused = next((fault for fault in report.faults if exceptions.is_refused(fault)), None)
        if refused is not None:
            why = grid.space.refusal(refused.address, refused.access)
            raise exceptions.sm_fault(self.channel, refused.sm, why, refused.access == "execute")
        for fault in filter(exceptions.is_missing, report.faults):
            self._gpu.report("not executed", "the model does not execute an instruction", pc=fault.pc)
        self.states = [exceptions.sm_state(fault, grid.launch.local_bytes) for fault in report.faults]
        raise exceptions.exception(self.states)

    def _complete(self, task: Task) -> None:
        """Do what a descriptor asks for at its end.

        Raises:
            ChannelError: memory cannot be reached, or SKED refuses what follows.
        """
        watching.ended(self._gpu, task)
        for release in task.qmd.releases:
            try:
                releases.release(
                    self.channel.memory,
                    self._gpu.clock.now_ns(),
                    release.gpu_va,
                    release.payload,
                    release.structure_size,
                    release.wide,
                    release.reduction,
                    release.signed,
                )
            except Refused as refused:
                raise exceptions.hub_fault(self.channel, exceptions.HUB_FE, refused) from None
            self._gpu.fifo.released = True
            watching.released(self._gpu, self.channel, task, release)
            if release.trap_type:
                self._gpu.fifo.notify(self.channel.setup.engines[0])
        self.sked.ended(task)
