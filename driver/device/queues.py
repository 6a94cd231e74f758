"""Queues of a device: channels with their memory, made, ordered among each other, and closed."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from barewire.channel import queue as channel_queue
from barewire.channel.queue import Queue, QueueMemory
from barewire.compute.queue import ComputeQueue
from barewire.copy.queue import CopyQueue
from barewire.device.memory import DeviceMemory
from barewire.errors import BarewireError, OutOfVram, UsageError
from barewire.memory.va import END_VA, FIRST_VA
from barewire.native._native import ffi, lib
from barewire.rm.object import expect_space
from barewire.rounding import round_up

if TYPE_CHECKING:
    from barewire.memory.space import AddressSpace

SPARE_RINGS = 64
OWN_NAMES = ("compute queue", "copy queue")  # of the device's own queues, which it replaces when they die


class QueueParts:
    """What a queue was made of, and how to undo it."""

    def __init__(
        self,
        engine: str,
        space: Any,
        video: Any,
        host: Any,
        memory: QueueMemory,
        stop: Callable[[Queue], BarewireError],
    ) -> None:
        self.engine = engine
        self.space = space
        self.video = video
        self.host = host
        self.memory = memory
        self.stop = stop
        self.own = False
        self.group: Any = None
        self.channel: Any = None
        self.local_va: int | None = None
        self.pieces: list[int] = []
        self.undo = contextlib.ExitStack()

    def close_channel(self) -> None:
        """Free the channel and its group; the memory stays."""
        try:
            self.channel.close()
        finally:
            self.group.close()


class DeviceQueues(DeviceMemory, ABC):
    """The device's own queues, and those that were asked for."""

    @abstractmethod
    def _failed(self, queue: Queue, cause: BarewireError | None) -> BarewireError:
        """The error for a queue that does not live any more."""

    @abstractmethod
    def _stop(self, queue: Queue) -> BarewireError:
        """`Queue.stop`."""

    def queue(self, engine: str = "compute") -> Any:
        """Another queue, with a channel of its own.

        Args:
            engine: "compute" or "copy".
        """
        self.check()
        return self._make_queue(engine, f"{engine} queue {len(self._queues)}")

    def channel(self, space: Any = None, engine: str = "copy") -> Any:
        """A channel in an address space, to write pushbuffers for; see `Queue`.

        Args:
            space: from `address_space`; None for the device's own.
            engine: "compute" or "copy".
        """
        self.check()
        return self._make_queue(engine, f"{engine} channel {len(self._queues)}", space)

    def address_space(self, tables: Any = None) -> Any:
        """A fresh address space. Close it, after its channels; what is mapped in it stays until then.

        Args:
            tables: "own" for page tables of ours, in which copy engines work on every device; "rm" for those
                that the resource manager builds; or ours that are filled already, from `page_tables`. None
                for what is usual here: ours on a GPU that we drive ourselves, RM's under its kernel driver.

        Raises:
            PermissionMissing: RM does not tell this process where memory is, which our tables need.
            RmError: RM refuses.
        """
        self.check()
        if tables is None:
            return self.rm.address_space()
        if tables == "rm":
            made = self.rm.address_space(tables="rm")
        else:
            ours = self.page_tables() if tables == "own" else _expect_tables(tables)
            made = self.rm.external_space(ours)
        self._spaces.difference_update([space for space in list(self._spaces) if space.closed])
        self._spaces.add(made)
        return made

    def page_tables(self, start_va: int = FIRST_VA, end_va: int = END_VA) -> AddressSpace:
        """Page tables of our own with nothing mapped, which no channel uses until an address space has them.

        Args:
            start_va, end_va: the addresses that are given out where nobody chooses one. Rings of channels
                have to be below 2^40.

        Raises:
            PermissionMissing: RM does not tell this process where memory is.
            OutOfVram: there is no memory for tables.
        """
        self.check()
        tables: AddressSpace = self.rm.page_tables(self._tlb.invalidate, start_va, end_va)
        return tables

    def _invalidations(self) -> Queue | None:
        """The queue that invalidates where no register can; none once every channel was closed."""
        with self._forgetting_lock:
            if self.closed:
                return None
            found = self._forgetting
            if found is not None and found.alive:
                return found
            self._forgetting = self._make_queue("copy", "queue of invalidations")
            if found is not None:
                _quietly(found.close)
            return self._forgetting

    def _make_queue(self, engine: str, name: str, space: Any = None) -> Any:
        if engine not in ("compute", "copy"):
            raise UsageError(f"there is no engine {engine!r}", expected="compute or copy")
        space = self.space if space is None else space
        expect_space(space, self.rm)
        with contextlib.ExitStack() as undo:
            video = self.rm.video_memory(channel_queue.VIDEO_BYTES)
            undo.callback(video.close)
            video_va = space.map(video)
            undo.callback(_unmap, space, video_va)
            host = self.rm.host_memory(channel_queue.HOST_BYTES)
            undo.callback(host.close)
            host_va = space.map(host)
            undo.callback(_unmap, space, host_va)
            seen, shared = video.map_cpu(), host.map_cpu()
            held = seen.view, shared.view
            memory = QueueMemory(seen.address, video_va, shared.address, host_va, space, held)
            parts = QueueParts(engine, space, video, host, memory, self._stop)
            made = self._start(parts, name, 0)
            parts.undo = undo.pop_all()
        self._queues.append(made)
        self._let_all_follow()
        if engine == "copy" or len(self._queues) > 1:
            self._aim()
        return made

    def _start(self, parts: QueueParts, name: str, first_value: int) -> Any:
        """A channel in memory that is there already, and the queue on it."""
        with contextlib.ExitStack() as undo:
            undo.callback(self._free_pieces, parts)
            made = self._start_channel(parts, name, first_value, undo)
            undo.pop_all()
        return made

    def _start_channel(
        self, parts: QueueParts, name: str, first_value: int, undo: contextlib.ExitStack
    ) -> Any:
        memory = parts.memory
        ffi.memmove(
            ffi.cast("char *", memory.host_cpu), bytes(channel_queue.HOST_BYTES), channel_queue.HOST_BYTES
        )
        zeros = bytes(channel_queue.SEGMENTS_OFFSET)
        lib.bw_copy_to_wc(memory.video_cpu, zeros, len(zeros))
        group = self.rm.channel_group(parts.space, engine=parts.engine)
        undo.callback(_quietly, group.close)
        channel = group.channel(
            ring_gpu_va=memory.video_va,
            ring_entries=channel_queue.RING_ENTRIES,
            userd_memory=parts.video,
            userd_offset=channel_queue.USERD_OFFSET,
            notifier_memory=parts.host,
            buffer_memory=parts.video,
        )
        undo.callback(_quietly, channel.close)
        channel.engine_object()
        if parts.engine == "compute":
            channel.set_compute_preemption_cilp()
        group.schedule()
        parts.group, parts.channel = group, channel
        parts.own = name in OWN_NAMES
        doorbell, bell = self.rm.work_doorbell
        arguments = (
            name,
            channel,
            (self.facts.classes.gpfifo, getattr(self.facts.classes, parts.engine)),
            memory,
            doorbell,
            self._failed,
            self._close_queue,
            self.timeout_s,
            first_value,
        )
        if parts.engine == "copy":
            made: Any = CopyQueue(*arguments, bell=bell)
        else:
            made = ComputeQueue(
                *arguments,
                bell=bell,
                limits=self.limits,
                tpc_count=self.facts.tpc_count,
                qmd_version=self.qmd_version,
                allocate_slots=lambda size_bytes: self._allocate_slots(parts, size_bytes),
                allocate_local=lambda size_bytes: self._allocate_local(parts, size_bytes),
            )
        made.parts = parts
        return made

    def _allocate_slots(self, parts: QueueParts, size_bytes: int) -> tuple[int, int]:
        gpu_va = self._allocate(size_bytes, seen=True)
        parts.pieces.append(gpu_va)
        return self.pool.cpu_address(gpu_va), gpu_va

    def _allocate_local(self, parts: QueueParts, size_bytes: int) -> tuple[int, Callable[[], None]]:
        """Local memory in place of what the queue had, and what gives that back when its work is done."""
        try:
            fresh = self._allocate(size_bytes)
        except OutOfVram as full:
            raise OutOfVram(
                f"there is no video memory for the local memory of a kernel: {full.message}",
                hint="Each thread that the GPU holds at once has its own: use less of it, or free arrays.",
                **full.facts,
            ) from full
        before, parts.local_va = parts.local_va, fresh
        if before is None:
            return parts.local_va, _nothing_before
        old = before
        parts.pieces.append(old)  # until the queue was told of the new memory

        def give_old_back() -> None:
            parts.pieces.remove(old)
            self.release(old)

        return parts.local_va, give_old_back

    def _free_pieces(self, parts: QueueParts) -> None:
        """Give back what a queue took of the pool; its channel is gone."""
        pieces, parts.pieces = parts.pieces, []
        if parts.local_va is not None:
            pieces.append(parts.local_va)
            parts.local_va = None
        with self._memory_lock:
            for gpu_va in pieces:
                self.pool.free(gpu_va)

    def _close_queue(self, queue: Queue) -> None:
        if queue in self._queues:
            self._queues.remove(queue)
            if queue is self._copies:
                self._copies = None
                for other in self._queues:
                    other.ring.follows = ffi.NULL
            self._aim()
        if self._forked:
            return
        parts = queue.parts
        with self._ends:
            parts.close_channel()
            queue.release_waiters()
            self._free_pieces(parts)
        if not self.closed:  # else `close` does it, when every channel is gone
            self._defer(partial(self._rest, parts.undo.close))

    @property
    def copies(self) -> CopyQueue:
        """The queue that copies of arrays go to; made when first needed."""
        with self._lock:
            if self._copies is None:
                self._copies = self._make_queue("copy", OWN_NAMES[1])
                self._let_all_follow()
                self._aim()
            return self._copies

    def _let_all_follow(self) -> None:
        """Launches of every queue of this address space come after copies that were submitted before."""
        if self._copies is None:
            return
        for queue in self._queues:
            if isinstance(queue, ComputeQueue) and queue.memory.space is self.space:
                queue.follow(self._copies)

    def _aim(self) -> None:
        """Tell the native calls which rings there are; after every change of them."""
        queues = dict.fromkeys((self.compute, self._copies))
        own = [queue.ring for queue in queues if queue is not None and not queue.ended]
        self._own, self._own_count = _array_of(own), len(own)
        rings = [queue.ring for queue in self._queues]
        self._all, self._all_count = _array_of(rings), len(rings)
        self._target.ring = self.compute.ring
        self._target.slots = self.compute.small
        self._target.enabled = self.capturing is None and not self.closed

    @property
    def target_address(self) -> int:
        """Where launchers find the compute queue."""
        return int(ffi.cast("uintptr_t", self._target))


def _array_of(rings: list[Any]) -> Any:
    """Rings for native calls, with more of them behind: another thread may take the next array's count."""
    room = round_up(2 * len(rings), SPARE_RINGS)
    return ffi.new("struct bw_ring *[]", rings + rings[:1] * (room - len(rings)))


def _expect_tables(tables: Any) -> AddressSpace:
    from barewire.memory.space import AddressSpace

    if not isinstance(tables, AddressSpace):
        raise UsageError(f"there are no page tables {tables!r}", expected='"own", "rm" or page tables')
    return tables


def _quietly(step: Callable[[], None]) -> None:
    """Undo something because of an error, which is the one to be reported."""
    with contextlib.suppress(BarewireError):
        step()


def _unmap(space: Any, gpu_va: int) -> None:
    """Undo a mapping, unless its address space was closed meanwhile, mappings and all."""
    if not space.closed:
        space.unmap(gpu_va)


def _nothing_before() -> None:
    """Gives back the local memory that a queue did not have."""
