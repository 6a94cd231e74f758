"""SKED: which launch descriptors are active, which copies of them it keeps, and what starts when.

A descriptor is fetched once and then kept until it is invalidated, by the PCAS that sends it again or by
INVALIDATE_SKED_CACHES: one that changed in memory meanwhile runs as it was (`H100:` a chain that was patched
and sent again ran its old words). What the model adds: it forgets nothing by itself; a PCAS that schedules
without copying finds nothing to schedule where nothing was copied before, and the grid never begins (`H100:`
action 9 never completes); a dependent descriptor that was not kept is fetched and copied.

Facts: open-gpu-doc:classes/compute/{clcbc0,clcbc0qmd}.h (actions, HW_ONLY fields); `H100:`
chains of 1000 launches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from barewire.softgpu.channel_memory import Refused
from barewire.softgpu.gr import exceptions, qmd, sked, watching
from barewire.softgpu.gr.qmd import Dependent, DependentAction, Qmd, Type
from barewire.softgpu.methods import values

if TYPE_CHECKING:
    from collections.abc import Callable

    from barewire.softgpu.channel import Channel
    from barewire.softgpu.chip import SoftGpu
    from barewire.softgpu.sanitizer.operation import Operation

MOST_KEPT = 1 << 14
_ACTIONS = {number: name for name, number in values(0xCBC0, "SEND_SIGNALING_PCAS2_B", "PCAS_ACTION").items()}


@dataclass(eq=False)
class Task:
    """One descriptor that SKED knows.

    Attributes:
        gpu_va: of the descriptor.
        words: its bytes, as they were fetched.
        qmd: what they say.
        copied: whether its counters were set from its words.
        counter: decrements that it waits for still.
        requires_pcas: whether it waits for a PCAS that schedules.
        scheduled: whether it was told to begin.
        active: whether it begins, waits to begin, or runs.
        operation: what the sanitizer knows it by, while it is active.
        follows: operations that end before it begins, and see to it that it does.
    """

    gpu_va: int
    words: bytes
    qmd: Qmd
    copied: bool = False
    counter: int = 0
    requires_pcas: bool = False
    scheduled: bool = False
    active: bool = False
    operation: Operation | None = None
    follows: list[Operation] = field(default_factory=list)

    def copy(self) -> None:
        """Set the counters from the words."""
        self.copied = True
        self.counter = self.qmd.dependence_counter
        self.requires_pcas = self.qmd.requires_pcas


class Scheduler:
    """SKED for one channel.

    Args:
        gpu: which hears of what is undefined.
        channel: whose descriptors they are.
        begin: takes tasks that may run now.

    Attributes:
        local: what the channel said of its local memory.
        references: counters that grids and PCAS count (SET_CWD_REF_COUNTER); nothing waits for them.
    """

    def __init__(self, gpu: SoftGpu, channel: Channel, begin: Callable[[Task], None]) -> None:
        self._gpu = gpu
        self._channel = channel
        self._begin = begin
        self._kept: dict[int, Task] = {}
        self.local = sked.LocalMemory()
        self.references: dict[int, int] = {}

    # What methods ask for.

    def pcas(self, gpu_va: int, action: int, word: int) -> None:
        """Do what SEND_SIGNALING_PCAS2_B says.

        Raises:
            ChannelError: SKED refuses, or the descriptor cannot be read.
        """
        name = _ACTIONS.get(action)
        if name is None or name == "INCREMENT_PUT":
            self._gpu.report("PCAS", f"action {action} does nothing here", qmd_va=gpu_va)
        elif name == "INCREMENT_CWD_REF_COUNTER":
            select, delta = word >> 8 & 0x3F, (word >> 14 & 0x3FF) + 1
            self.references[select] = self.references.get(select, 0) + delta
        elif name == "DECREMENT_DEPENDENCE":
            self._count_down(self._fetch(gpu_va))
        elif name == "INCREMENT_DEPENDENCE":
            self._fetch(gpu_va).counter += 1
        else:
            self._perform(gpu_va, name)

    def _perform(self, gpu_va: int, name: str) -> None:
        if "INVALIDATE" in name:
            self._invalidate(gpu_va)
        if name in ("NOP", "INVALIDATE"):
            return
        task = self._fetch(gpu_va)
        if "COPY" in name:
            task.copy()
        if "FORCE_REQUIRE_SCHEDULING" in name:
            task.requires_pcas = True
        elif "SCHEDULE" in name:
            task.requires_pcas = False
            self._schedule(task)

    def signaling_pcas(self, gpu_va: int, invalidate: bool, schedule: bool) -> None:
        """Do what SEND_SIGNALING_PCAS_B says; what is invalidated is copied when it is scheduled.

        Raises:
            ChannelError: SKED refuses, or the descriptor cannot be read.
        """
        if invalidate:
            self._perform(gpu_va, "INVALIDATE_COPY_SCHEDULE" if schedule else "INVALIDATE")
        elif schedule:
            self._perform(gpu_va, "SCHEDULE")

    def invalidate_all(self) -> None:
        """Forget every copy of a descriptor that is not active (INVALIDATE_SKED_CACHES)."""
        self._kept = {gpu_va: task for gpu_va, task in self._kept.items() if task.active}

    def load_inline(self, gpu_va: int, words: bytes) -> None:
        """Keep a descriptor that came with the pushbuffer.

        Raises:
            ChannelError: it is active.
        """
        self._invalidate(gpu_va)
        self._keep(gpu_va, words)

    # What grids do.

    def ended(self, task: Task) -> None:
        """A grid has ended: what depends on it may begin.

        Raises:
            ChannelError: SKED refuses one of those.
        """
        task.active = task.scheduled = False
        task.copy()
        for dependent in task.qmd.dependents:
            self._depend(dependent, task)

    def prefetch(self, task: Task) -> None:
        """Fetch the descriptors that a grid prefetches when it begins.

        Raises:
            ChannelError: one cannot be read.
        """
        for dependent in task.qmd.dependents:
            if dependent.prefetch:
                self._fetch_dependent(dependent.gpu_va)

    def _depend(self, dependent: Dependent, before: Task) -> None:
        gpu_va = dependent.gpu_va
        if dependent.action == DependentAction.INVALIDATE_COPY_SCHEDULE:
            self._invalidate(gpu_va)
        elif dependent.action not in (DependentAction.SCHEDULE, DependentAction.DECREMENT_DEPENDENCE):
            self._gpu.report("dependent QMD", f"action {dependent.action} does nothing here", qmd_va=gpu_va)
            return
        task = self._fetch_dependent(gpu_va)
        if before.operation is not None:
            task.follows.append(before.operation)
        if dependent.action == DependentAction.DECREMENT_DEPENDENCE:
            self._count_down(task)
        else:
            self._schedule(task)

    def _fetch_dependent(self, gpu_va: int) -> Task:
        task = self._fetch(gpu_va)
        if not task.copied:
            task.copy()
        return task

    # Copies.

    def _invalidate(self, gpu_va: int) -> None:
        task = self._kept.get(gpu_va)
        if task is None:
            return
        if task.active:
            raise exceptions.launch_error(sked.failed([sked.INVALIDATE_ACTIVE]), gpu_va)
        del self._kept[gpu_va]

    def _fetch(self, gpu_va: int) -> Task:
        task = self._kept.get(gpu_va)
        if task is None:
            return self._keep(gpu_va, self._read(gpu_va))
        if self._gpu.sanitizer is not None and not task.active and self._read(gpu_va) != task.words:
            self._gpu.report(
                "stale QMD",
                "a launch descriptor was changed in memory and runs as it was: nothing invalidated the copy",
                qmd_va=gpu_va,
            )
        return task

    def _keep(self, gpu_va: int, words: bytes) -> Task:
        if len(self._kept) >= MOST_KEPT:
            self.invalidate_all()
        task = self._kept[gpu_va] = Task(gpu_va, words, qmd.read(words))
        return task

    def _read(self, gpu_va: int) -> bytes:
        try:
            return self._channel.memory.read(gpu_va, qmd.QMD_BYTES)
        except Refused as refused:
            raise exceptions.hub_fault(self._channel, exceptions.HUB_SKED, refused) from None

    # Starting.

    def _count_down(self, task: Task) -> None:
        if task.counter:
            task.counter -= 1
        else:
            self._gpu.report("dependent QMD", "a dependence counter of 0 was decremented", qmd_va=task.gpu_va)
        self._try(task)

    def _schedule(self, task: Task) -> None:
        if task.active:
            raise exceptions.launch_error(sked.failed([sked.INVALIDATE_ACTIVE]), task.gpu_va)
        task.scheduled = True
        self._try(task)

    def _try(self, task: Task) -> None:
        """Let a task begin if nothing is left to wait for."""
        if not task.scheduled or task.active or not task.copied or task.counter or task.requires_pcas:
            return
        if task.qmd.type == Type.QUEUE:
            self._gpu.report("queue QMD", "queues of tasks are not executed", qmd_va=task.gpu_va)
        try:
            sked.check(task.qmd, self.local)
        except sked.SkedError as error:
            raise exceptions.launch_error(error, task.gpu_va) from None
        task.active = True
        watching.begin(self._gpu, self._channel, task)
        self._begin(task)
