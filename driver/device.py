"""The device: one GPU, opened. The only module that puts a resource manager, queues and memory together."""

from __future__ import annotations

import atexit
import contextlib
import math
import operator
import os
import re
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from barewire.array import Array, PinnedArray
from barewire.channel import queue as channel_queue
from barewire.channel.queue import Event, Queue, QueueMemory, Submission
from barewire.chip.limits import limits_for
from barewire.compute import launch
from barewire.compute.graph import Graph
from barewire.compute.module import Module
from barewire.compute.queue import ComputeQueue
from barewire.copy.queue import CopyQueue
from barewire.errors import (
    BarewireError,
    ForkedChild,
    Freed,
    NoDevice,
    OutOfVram,
    PollTimeout,
    UsageError,
)
from barewire.memory.pool import VramPool
from barewire.native._native import ffi, lib

DEVICE_NODES = re.compile(r"nvidia(\d+)")
HUGE_PAGE_BYTES = 2 << 20  # `H100:` copies over such pages reach 54.9 GB/s, over 4 KiB pages 52
STAGING_BYTES = 8 << 20
STAGING_PARTS = 2
DIRECT_WRITE_BYTES = 16 << 10
# Below these the CPU is done before a copy engine has begun; reads over PCIe wait for each word.
SMALL_WRITE_BYTES = 1024
SMALL_READ_BYTES = 16
DEFAULT_TIMEOUT_S = 60.0
CLOSE_WAIT_S = 5.0  # for all that is in flight when a device is closed
ADDRESS_END = 1 << 49  # beyond every GPU virtual address and every size
MEMORY_END = 1 << 47  # beyond every size of memory that can be asked for

TIME_0_OFFSET, TIME_1_OFFSET = 0x80, 0x84  # the GPU's clock in the usermode page, low and high word

OWN_NAMES = ("compute queue", "copy queue")  # of the device's own queues, which it replaces when they die

_drain = lib.bw_drain


def list_devices() -> list[str]:
    """Device strings that `open` takes here, best first."""
    nodes = sorted(Path("/dev").glob("nvidia[0-9]*")) if Path("/dev/nvidiactl").exists() else []
    numbers = [match.group(1) for node in nodes if (match := DEVICE_NODES.fullmatch(node.name))]
    return [f"nv:{number}" for number in numbers]


def open(
    name: str | None = None, *, timeout_s: float = DEFAULT_TIMEOUT_S, nearest_abi: bool = False
) -> Device:
    """Open a device.

    Args:
        name: a device string such as "nv:0"; None for the best one there is.
        timeout_s: after how long work counts as hung where no other deadline is given.
        nearest_abi: use the nearest known layouts if the kernel driver's version is not known.

    Raises:
        NoDevice, PermissionMissing, UnknownDriver, UnknownChip: it cannot be opened; the message says what
            to do.
    """
    if name is None:
        found = list_devices()
        if not found:
            raise NoDevice(
                "there is no GPU that barewire can open here: NVIDIA's kernel driver has no device files",
                hint="load the driver (/dev/nvidiactl and /dev/nvidia0 appear); see `barewire doctor`",
            )
        name = found[0]
    kind, _, rest = name.partition(":")
    if kind != "nv" or not rest.isdigit():
        raise NoDevice(
            f"{name!r} is not a device that barewire knows", expected="nv:N, e.g. nv:0", device=name
        )
    from barewire.rm.ioctl import NvResourceManager

    manager = NvResourceManager.open(int(rest), nearest_abi=nearest_abi)
    try:
        return Device(manager, name, timeout_s)
    except BaseException:
        manager.close()
        raise


class Staging:
    """Host memory through which arrays pass that the GPU cannot reach."""

    def __init__(self, device: Device) -> None:
        self.memory, self.mapping, self.gpu_va = device.host_memory(STAGING_BYTES)
        self.part_bytes = STAGING_BYTES // STAGING_PARTS
        self._last: list[Submission | None] = [None] * STAGING_PARTS
        self._next = 0

    def take(self) -> tuple[int, int, int]:
        """(part, CPU address, gpu_va) of the next part, once its last copy is done."""
        part, self._next = self._next, (self._next + 1) % STAGING_PARTS
        last = self._last[part]
        if last is not None:
            last.wait()
        return part, self.mapping.address + part * self.part_bytes, self.gpu_va + part * self.part_bytes

    def used(self, part: int, submission: Submission) -> None:
        """Remember what has to be done before the part is used again."""
        self._last[part] = submission


class Device:
    """One GPU. Made by `barewire.open`; close it, or use it in a `with`.

    Attributes:
        name: the device string.
        facts: what is known of the GPU.
        compute: the queue that launches go to unless told otherwise.
        capturing: the graph that takes launches instead, or None.
        frees: how many arrays were freed so far.
        kept: what layers above keep with the device, by name; let go when it is closed.
    """

    def __init__(self, manager: Any, name: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        self.rm = manager
        self.name = name
        self.facts = manager.facts
        self.limits = limits_for(self.facts.sm_version)
        self.qmd_version = launch.qmd_version_of(self.facts.classes.compute)
        self.timeout_s = timeout_s
        self.capturing: Graph | None = None
        self.closed = False
        self.frees = 0
        self._forked = False
        self._usable = True
        self._copies: CopyQueue | None = None
        self._staging: Staging | None = None
        self._queues: list[Queue] = []
        self._modules: weakref.WeakSet[Module] = weakref.WeakSet()
        self._deferred: deque[tuple[list[tuple[Queue, int]], Callable[[], None]]] = deque()
        self._given_back: deque[Callable[[], None]] = deque()
        self._make_locks()
        self.space = manager.address_space()
        self.pool = VramPool(partial(_obtain_video, manager, self.space), partial(_return_video, self.space))
        self.kept: dict[str, Any] = {}
        self._target = ffi.new("struct bw_target *")
        self.compute: ComputeQueue = self._make_queue("compute", OWN_NAMES[0])
        self._aim()
        self._nothing = Submission(self.compute, 0)
        _close_at_exit(self)

    def _make_locks(self) -> None:
        """One for staging memory and queues that are made when first needed, one for memory.

        The second is not taken again by who holds it: the garbage collector may free arrays in the middle of
        an allocation, and what it frees waits then until somebody collects.
        """
        self._lock = threading.RLock()
        self._memory_lock = threading.Lock()

    # Memory of the backend

    def host_memory(self, size_bytes: int) -> tuple[Any, Any, int]:
        """(memory, CPU mapping, gpu_va) of host memory that the GPU reaches, cached for the CPU."""
        page_size_bytes = HUGE_PAGE_BYTES if size_bytes >= HUGE_PAGE_BYTES else None
        memory = self.rm.host_memory(size_bytes, page_size_bytes=page_size_bytes)
        try:
            return memory, memory.map_cpu(), self.space.map(memory)
        except BaseException:
            memory.close()
            raise

    # Queues

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

    def address_space(self) -> Any:
        """A fresh address space with nothing mapped."""
        self.check()
        return self.rm.address_space()

    def _make_queue(self, engine: str, name: str, space: Any = None) -> Any:
        if engine not in ("compute", "copy"):
            raise UsageError(f"there is no engine {engine!r}", expected="compute or copy")
        space = space or self.space
        with contextlib.ExitStack() as undo:
            video = self.rm.video_memory(channel_queue.VIDEO_BYTES)
            undo.callback(video.close)
            video_va = space.map(video)
            undo.callback(space.unmap, video_va)
            host = self.rm.host_memory(channel_queue.HOST_BYTES)
            undo.callback(host.close)
            host_va = space.map(host)
            undo.callback(space.unmap, host_va)
            memory = QueueMemory(video.map_cpu().address, video_va, host.map_cpu().address, host_va, space)
            parts = _QueueParts(engine, space, video, host, memory, self._stop)
            made = self._start(parts, name, 0)
            parts.undo = undo.pop_all()
        self._queues.append(made)
        self._let_all_follow()
        if engine == "copy" or len(self._queues) > 1:
            self._aim()
        return made

    def _start(self, parts: _QueueParts, name: str, first_value: int) -> Any:
        """A channel in memory that is there already, and the queue on it."""
        with contextlib.ExitStack() as undo:
            undo.callback(self._free_pieces, parts)
            made = self._start_channel(parts, name, first_value, undo)
            undo.pop_all()
        return made

    def _start_channel(
        self, parts: _QueueParts, name: str, first_value: int, undo: contextlib.ExitStack
    ) -> Any:
        memory = parts.memory
        ffi.memmove(
            ffi.cast("char *", memory.host_cpu), bytes(channel_queue.HOST_BYTES), channel_queue.HOST_BYTES
        )
        zeros = bytes(channel_queue.SEGMENTS_OFFSET)
        lib.bw_copy_to_wc(memory.video_cpu, zeros, len(zeros))
        group = self.rm.channel_group(parts.space, engine=parts.engine)
        undo.callback(group.close)
        channel = group.channel(
            ring_gpu_va=memory.video_va,
            ring_entries=channel_queue.RING_ENTRIES,
            userd_memory=parts.video,
            userd_offset=channel_queue.USERD_OFFSET,
            notifier_memory=parts.host,
            buffer_memory=parts.video,
        )
        undo.callback(channel.close)
        channel.engine_object()
        if parts.engine == "compute":
            channel.set_compute_preemption_cilp()
        group.schedule()
        parts.group, parts.channel = group, channel
        parts.own = name in OWN_NAMES
        arguments = (
            name,
            channel,
            (self.facts.classes.gpfifo, getattr(self.facts.classes, parts.engine)),
            memory,
            self.rm.doorbell.address + channel_queue.DOORBELL_OFFSET,
            self._failed,
            self._close_queue,
            self.timeout_s,
            first_value,
        )
        if parts.engine == "copy":
            made: Any = CopyQueue(*arguments)
        else:
            made = ComputeQueue(
                *arguments,
                limits=self.limits,
                tpc_count=self.facts.tpc_count,
                qmd_version=self.qmd_version,
                allocate_slots=lambda size_bytes: self._allocate_slots(parts, size_bytes),
                allocate_local=lambda size_bytes: self._allocate_local(parts, size_bytes),
            )
        made.parts = parts
        return made

    def _allocate_slots(self, parts: _QueueParts, size_bytes: int) -> tuple[int, int]:
        gpu_va = self._allocate(size_bytes)
        parts.pieces.append(gpu_va)
        return self.pool.cpu_address(gpu_va), gpu_va

    def _allocate_local(self, parts: _QueueParts, size_bytes: int) -> tuple[int, Callable[[], None]]:
        """Local memory in place of what the queue had, and what gives that back when its work is done."""
        before, parts.local_va = parts.local_va, self._allocate(size_bytes)
        if before is None:
            return parts.local_va, _nothing_before
        old = before
        parts.pieces.append(old)  # until the queue was told of the new memory

        def give_old_back() -> None:
            parts.pieces.remove(old)
            self.release(old)

        return parts.local_va, give_old_back

    def _free_pieces(self, parts: _QueueParts) -> None:
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
        parts.close_channel()
        queue.release_waiters()
        self._free_pieces(parts)
        if not self.closed:  # else `close` does it, when every channel is gone
            self._defer(parts.undo.close)  # others may be about to look at its timeline

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
        queues = (self.compute, self._copies)
        own = [queue.ring for queue in queues if queue is not None and not queue.ended]
        self._own, self._own_count = ffi.new("struct bw_ring *[]", own), len(own)
        rings = [queue.ring for queue in self._queues]
        self._all, self._all_count = ffi.new("struct bw_ring *[]", rings), len(rings)
        self._target.ring = self.compute.ring
        self._target.slots = self.compute.small
        self._target.enabled = self.capturing is None and not self.closed

    @property
    def target_address(self) -> int:
        """Where launchers find the compute queue."""
        return int(ffi.cast("uintptr_t", self._target))

    # Failure

    def _failed(self, queue: Queue, cause: BarewireError | None) -> BarewireError:
        """The error for a queue that does not live any more; the device's own queues are renewed."""
        if self._forked:
            return self._forked_child()
        if cause is not None:
            return Freed(f"{self.name} is closed") if self.closed else cause
        error = self._diagnose(queue)
        self._renew(queue, error)
        return error

    def _diagnose(self, queue: Queue) -> BarewireError:
        from barewire.fault.gather import explain

        channel, notifier = queue.parts.channel, queue.memory.host_cpu
        return explain(channel, notifier, self.locate, self.read_code, queue=queue.name)

    def _renew(self, queue: Queue, error: BarewireError) -> None:
        """Replace one of the device's own queues by a fresh channel in the same memory.

        What goes wrong then is told with the error that ended the queue, and does not replace it.
        """
        queue.end()
        lib.bw_stop(queue.ring)
        own = queue is self.compute or queue is self._copies
        if self.closed or not own:
            queue.release_waiters()
            return
        parts = queue.parts
        try:
            parts.close_channel()
        except BarewireError as failure:
            error.facts["close_failed"] = failure.message
            error.__context__ = failure
        self._free_pieces(parts)
        try:
            fresh = self._start(parts, queue.name, queue.submitted)
        except BarewireError as failure:
            self._give_up(queue, error, failure)
            return
        self._queues[self._queues.index(queue)] = fresh
        if queue is self.compute:
            self.compute = fresh
        else:
            self._copies = fresh
        self._let_all_follow()
        self._aim()

    def _give_up(self, queue: Queue, error: BarewireError, failure: BarewireError) -> None:
        """Say that one of the device's own queues is gone for good."""
        queue.advice = f"it could not be replaced ({failure.message}): close the device and open it again"
        error.hint = queue.advice
        error.__context__ = failure
        queue.release_waiters()
        self._usable = False  # so that `synchronize` looks closer
        self._aim()

    def locate(self, pc: int) -> tuple[str, int] | None:
        """(kernel, offset) of a program counter, among loaded modules."""
        for module in list(self._modules):
            found = module.locate(pc)
            if found is not None:
                return found
        return None

    def read_code(self, pc: int) -> int | None:
        """The low 64 bits of the instruction at a program counter, among loaded modules."""
        for module in list(self._modules):
            code = module.code_at(pc)
            if code is not None:
                return code
        return None

    # Code

    def load(self, source: bytes | str | os.PathLike[str]) -> Module:
        """Load a cubin, a fatbin or PTX.

        Args:
            source: the bytes, or a path.

        Raises:
            UsageError: there is nothing to read.
            BadCubin, WrongArchitecture, UnsupportedFeature, CompilerMissing: nothing was loaded.
        """
        self.check()
        from barewire.compute.cubin import load_image

        data = source if isinstance(source, (bytes, bytearray)) else _read(source)
        name = "<bytes>" if isinstance(source, (bytes, bytearray)) else Path(source).name
        image = load_image(bytes(data), self.facts.sm_version)
        code = self.empty(image.size_bytes, np.uint8)
        self.write(code.address, np.frombuffer(image.relocated(code.address), np.uint8), fresh=True)
        self._forget_code()
        module = Module(self, image, code, name)
        self._modules.add(module)
        return module

    def _forget_code(self) -> None:
        """Code was written where the SMs may have looked before: caches must not tell what was there.

        They look beyond the end of the code that they run, too: it does not matter what the memory was for.
        """
        for queue in list(self._queues):
            if not isinstance(queue, ComputeQueue) or queue.memory.space is not self.space:
                continue
            if queue.alive and queue.may_hold_code:
                self.catch_up(queue)
                queue.forget_code()

    # Arrays

    def empty(self, shape: int | tuple[int, ...], dtype: Any = np.float32) -> Array:
        """An array whose contents are undefined.

        Raises:
            UsageError: there is no such shape or dtype.
            OutOfVram: there is not enough memory.
        """
        self.check()
        self.collect()
        shape, kind, size_bytes = _layout(shape, dtype)
        return Array(self, self._allocate(size_bytes), shape, kind)

    def _allocate(self, size_bytes: int) -> int:
        """A piece of the pool; what is only waiting to be freed is not missing."""
        try:
            with self._memory_lock:
                return self.pool.allocate(size_bytes)
        except OutOfVram:
            self.collect()
        for waiting, _ in list(self._deferred):
            for queue, value in waiting:
                if queue.alive:
                    queue.wait_value(value, None)
        self.collect()
        with self._memory_lock:
            return self.pool.allocate(size_bytes)

    def array(self, values: Any, dtype: Any = None) -> Array:
        """An array with the values of a NumPy array, or of anything NumPy makes one of."""
        given = np.asarray(values, dtype)
        made = self.empty(given.shape, given.dtype)
        self.write(made.address, np.ascontiguousarray(given), fresh=True)
        return made

    def zeros(self, shape: int | tuple[int, ...], dtype: Any = np.float32) -> Array:
        """An array of zeros."""
        made = self.empty(shape, dtype)
        if made.size_bytes:
            self._fill_bytes(made.address, 0, 1, made.size_bytes)
        return made

    def pinned(self, shape: int | tuple[int, ...], dtype: Any = np.float32) -> PinnedArray:
        """An array in host memory that the GPU reaches; copies to and from it are the fastest there are.

        Raises:
            UsageError: there is no such shape or dtype.
        """
        self.check()
        self.collect()
        shape, kind, size_bytes = _layout(shape, dtype)
        memory, mapping, gpu_va = self.host_memory(max(1, size_bytes))
        try:
            return PinnedArray(self, memory, mapping, gpu_va, shape, kind)
        except BaseException:
            _return_pinned(self.space, gpu_va, memory, mapping)
            raise

    def write(self, gpu_va: int, values: np.ndarray[Any, Any], *, fresh: bool = False) -> Submission | None:
        """Copy a C-contiguous host array to video memory.

        Args:
            fresh: nothing that was submitted uses the memory, so that a small array need not wait its turn.
        """
        if not self._usable:
            self.check()
        data = values.reshape(-1).view(np.uint8)
        if not data.size:
            return None
        if fresh and (data.size <= DIRECT_WRITE_BYTES or self.capturing is not None):
            lib.bw_copy_to_wc(self.pool.cpu_address(gpu_va), ffi.from_buffer(data), data.size)
            return None
        self._expect_no_capture()
        return self._through_staging(gpu_va, data)

    def _expect_no_capture(self) -> None:
        """What passes through staging memory cannot be done again later."""
        if self.capturing is not None:
            raise UsageError("a copy of a NumPy array cannot be captured", hint="use pinned arrays in graphs")

    def _through_staging(self, gpu_va: int, data: np.ndarray[Any, Any]) -> Submission | None:
        submission = None
        with self._lock:
            staging = self._staging or self._make_staging()
            for start in range(0, data.size, staging.part_bytes):
                piece = data[start : start + staging.part_bytes]
                part, cpu, staged_va = staging.take()
                lib.bw_copy(cpu, int(ffi.cast("uintptr_t", ffi.from_buffer(piece))), piece.size)
                submission = self.copy(staged_va, gpu_va + start, piece.size)
                staging.used(part, submission)
        return submission

    def write_small(self, cpu_address: int, gpu_va: int, size_bytes: int) -> Submission | None:
        """Write a few bytes with the CPU, if no queue has work; None if it must be a copy of the GPU's.

        Over PCIe this is a posted write, which what is submitted later can not overtake.
        """
        if not self._usable:
            self.check()
        if size_bytes > SMALL_WRITE_BYTES or self.capturing is not None:
            return None
        target = self.pool.cpu_address(gpu_va)
        done = lib.bw_write_if_idle(self._all, self._all_count, target, cpu_address, size_bytes)
        return self._nothing if done else None

    def read_small(self, gpu_va: int, cpu_address: int, size_bytes: int) -> Submission | None:
        """Read a few bytes with the CPU, if no queue has work; None if it must be a copy of the GPU's."""
        if not self._usable:
            self.check()
        if size_bytes > SMALL_READ_BYTES or size_bytes % 4 or self.capturing is not None:
            return None
        source = self.pool.cpu_address(gpu_va)
        done = lib.bw_read_if_idle(self._all, self._all_count, cpu_address, source, size_bytes)
        return self._nothing if done else None

    def read(self, gpu_va: int, out: np.ndarray[Any, Any]) -> None:
        """Copy video memory to a C-contiguous host array, after everything submitted before."""
        if not self._usable:
            self.check()
        self._expect_no_capture()
        data = out.reshape(-1).view(np.uint8)
        waiting: deque[tuple[Submission, int, int, int]] = deque()
        with self._lock:
            staging = self._staging or self._make_staging()
            for start in range(0, data.size, staging.part_bytes):
                size = min(staging.part_bytes, data.size - start)
                if len(waiting) == STAGING_PARTS:
                    _take_out(data, *waiting.popleft())
                part, cpu, staged_va = staging.take()
                submission = self.copy(gpu_va + start, staged_va, size)
                staging.used(part, submission)
                waiting.append((submission, cpu, start, size))
            while waiting:
                _take_out(data, *waiting.popleft())

    def _make_staging(self) -> Staging:
        self._staging = Staging(self)
        return self._staging

    def copy(
        self, source: int, destination: int, size_bytes: int, *, arrays: tuple[Any, ...] = ()
    ) -> Submission:
        """Copy between GPU virtual addresses, after all that was submitted before.

        Args:
            arrays: what the addresses are of, if anything; a graph that is being captured keeps them.

        Raises:
            UsageError: an address or the size is negative, or larger than there are.
        """
        if not self._usable:
            self.check()
        try:
            fits = 0 <= source | destination | size_bytes < ADDRESS_END
        except TypeError:
            fits = False
        if not fits:
            raise UsageError(
                f"cannot copy {size_bytes!r} bytes from {source!r} to {destination!r}",
                expected=f"whole numbers from 0 to {ADDRESS_END - 1:#x}",
            )
        if self.capturing is not None:
            self.capturing.add_copy(source, destination, size_bytes, arrays=arrays)
            return Submission(self.compute, self.compute.submitted)
        return self._copies_after_all().copy(source, destination, size_bytes)

    def catch_up(self, queue: ComputeQueue) -> None:
        """Let the next work of a queue wait for the copies that it has to come after, if there are any."""
        if not lib.bw_may_start(queue.ring):
            queue.catch_up(self.copies)

    def _copies_after_all(self) -> CopyQueue:
        """The copy queue, made to wait for what every other queue of this address space was given so far."""
        copies = self._copies or self.copies
        if not lib.bw_idle(self._all, self._all_count):
            for queue in self._queues:
                mine = queue is not copies and queue.memory.space is self.space
                if mine and queue.alive and not queue.idle:
                    copies.wait_for(queue)
        return copies

    def fill(self, array: Array, value: np.ndarray[Any, Any]) -> None:
        """Set every element of an array to one value of its dtype.

        Raises:
            UsageError: a graph is being captured.
        """
        if not self._usable:
            self.check()
        if self.capturing is not None:
            raise UsageError("filling an array cannot be captured", hint="copy from an array in graphs")
        if not array.size:
            return
        raw = value.tobytes()
        size = len(raw)
        if size in (1, 2, 4):
            self._fill_bytes(array.address, int.from_bytes(raw, "little"), size, array.size)
        elif size == 8 and raw[:4] == raw[4:]:
            self._fill_bytes(array.address, int.from_bytes(raw[:4], "little"), 4, 2 * array.size)
        else:
            self.write(array.address, np.full(array.shape, value, array.dtype))

    def _fill_bytes(self, gpu_va: int, value: int, element_bytes: int, count: int) -> None:
        copies = self._copies_after_all()
        pushbuffer = copies.pushbuffer()
        pushbuffer.fill(destination=gpu_va, value=value, element_bytes=element_bytes, count=count)
        copies.submit(pushbuffer)

    # Memory that is given back

    def release(self, gpu_va: int) -> None:
        """Give a piece of the pool back when everything submitted so far is done."""
        self.drop(gpu_va)
        self.collect()

    def drop(self, gpu_va: int) -> None:
        """As `release`, but from inside the garbage collector: `collect` does the rest."""
        if not self.closed:
            self._given_back.append(partial(self._free_piece, gpu_va))

    def _free_piece(self, gpu_va: int) -> None:
        self.pool.free(gpu_va)

    def release_pinned(self, gpu_va: int, memory: Any, mapping: Any) -> None:
        """Give pinned memory back when everything submitted so far is done."""
        self.drop_pinned(gpu_va, memory, mapping)
        self.collect()

    def drop_pinned(self, gpu_va: int, memory: Any, mapping: Any) -> None:
        """As `release_pinned`, but from inside the garbage collector: `collect` does the rest."""
        if not self.closed:
            self._given_back.append(partial(_return_pinned, self.space, gpu_va, memory, mapping))

    def _defer(self, action: Callable[[], None]) -> None:
        self._given_back.append(action)
        self.collect()

    def collect(self) -> None:
        """Do what waited for work that is done now; nothing while memory is being allocated."""
        if not self._memory_lock.acquire(blocking=False):
            return
        try:
            if self.closed or self._forked or self.rm.closed:
                self._given_back.clear()
                return
            while self._given_back:
                action = self._given_back.popleft()
                outstanding = [(queue, queue.submitted) for queue in self._queues if not queue.idle]
                self._deferred.append((outstanding, action))
            while self._deferred:
                waiting, action = self._deferred[0]
                if any(queue.completed < value and queue.alive for queue, value in waiting):
                    return
                self._deferred.popleft()
                action()
        finally:
            self._memory_lock.release()

    # Graphs, time, the end

    @contextlib.contextmanager
    def capture(self, **named: Array) -> Iterator[Graph]:
        """Capture launches and copies instead of doing them.

        Args:
            named: arrays that `Graph.launch` may replace by others, under these names.
        """
        self.check()
        if self.capturing is not None:
            raise UsageError("a graph is being captured already")
        graph = Graph(self, named)
        self.capturing = graph
        self._aim()
        try:
            yield graph
        finally:
            self.capturing = None
            self._aim()
        graph.finish()

    def graph_memory(self, size_bytes: int) -> GraphMemory:
        """Video memory for a graph, with a CPU address."""
        return GraphMemory(self, self.empty(size_bytes, np.uint8))

    def record(self) -> Event:
        """An event on the compute queue, with the GPU's time."""
        self.check()
        self.catch_up(self.compute)
        return self.compute.record()

    @property
    def gpu_time_ns(self) -> int:
        """The GPU's clock, in nanoseconds; read from the usermode page, no call into the driver."""
        self.check()
        base = self.rm.doorbell.address
        while True:
            high = lib.bw_read32(base + TIME_1_OFFSET)
            low = lib.bw_read32(base + TIME_0_OFFSET)
            if lib.bw_read32(base + TIME_1_OFFSET) == high:
                return (high << 32 | low) & ~0x1F

    def synchronize(self, timeout_s: float | None = None) -> None:
        """Wait until everything on the device's own queues is done.

        Args:
            timeout_s: the deadline; a kernel that has not ended then is taken off the GPU.

        Raises:
            KernelTimeout: the deadline passed; the next launch finds a fresh channel.
            ChannelDead: the GPU reported a fault; the kind says which, and the next launch finds a fresh
                channel.
        """
        compute = self.compute
        quick = timeout_s is None and self._usable and not compute.waits
        if quick and not _drain(self._own, self._own_count, channel_queue.SLICE_NS):
            if self._deferred or self._given_back:
                self.collect()
            return
        self.check()
        compute.waits = [wait for wait in compute.waits if not wait.done]
        waited_s = timeout_s if timeout_s is not None else compute.timeout_ns / channel_queue.NS
        for queue in filter(None, (compute, self._copies)):
            try:
                queue.synchronize(timeout_s)
            except PollTimeout as late:
                found = late.__dict__.get("late_queue", queue)
                queue.waits = [wait for wait in queue.waits if wait.queue is not found]  # it is told now
                raise self._take_off(found, waited_s) from None
        self.collect()

    def wait_for_all(self) -> None:
        """Wait until everything is done that any queue of this device was given; see `synchronize`."""
        self.synchronize()
        for queue in list(self._queues):
            if queue.alive and not queue.idle:
                queue.synchronize()

    def _take_off(self, queue: Queue, waited_s: float) -> BarewireError:
        """Stop what does not end."""
        from barewire.fault.gather import stop

        facts: dict[str, Any] = {"queue": queue.name}
        if isinstance(queue, ComputeQueue) and (running := queue.running()):
            facts["kernel"] = ", ".join(running)
        error = stop(queue.parts.channel, waited_s, self.locate, **facts)
        queue.error = error
        self._renew(queue, error)
        return error

    def _stop(self, queue: Queue) -> BarewireError:
        """`Queue.stop`."""
        self.check()
        return queue.error or self._take_off(queue, 0.0)

    def check(self) -> None:
        """Raise ForkedChild or Freed if the device must not be used."""
        if self._forked:
            raise self._forked_child()
        if self.closed:
            raise Freed(f"{self.name} is closed")

    def _forked_child(self) -> ForkedChild:
        return ForkedChild(
            f"{self.name} was opened by the parent process", hint="open the device again in the child"
        )

    def close(self) -> None:
        """Free everything in order; a second call does nothing."""
        if self.closed:
            return
        self.closed = True
        self._usable = False
        self._target.enabled = 0
        _open_devices.discard(self)
        if self._forked:
            return
        queues = list(self._queues)
        try:
            self._close_queues(queues)
        finally:
            for queue in queues:
                queue.end()
            self._deferred.clear()
            self._given_back.clear()
            self.kept.clear()
            for module in list(self._modules):
                module.forget()
            self.rm.close()

    def _close_queues(self, queues: list[Queue]) -> None:
        """Let all work end, for a few seconds, then give back every channel, then their memory."""
        end = time.monotonic() + min(CLOSE_WAIT_S, self.timeout_s)
        for queue in queues:
            with contextlib.suppress(BarewireError):
                if queue.alive:
                    queue.synchronize(max(0.0, end - time.monotonic()))
        memory = []
        for queue in queues:
            undo = queue.parts.undo
            with contextlib.suppress(BarewireError):  # the resource manager frees what is left
                queue.close()
                memory.append(undo)
        for undo in memory:
            with contextlib.suppress(BarewireError):
                undo.close()

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Device {self.name}: {self.facts.name}, {'closed' if self.closed else 'open'}>"


class _QueueParts:
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


def _obtain_video(manager: Any, space: Any, size_bytes: int) -> tuple[Any, int]:
    """Video memory of the resource manager, mapped in an address space."""
    memory = manager.video_memory(size_bytes)
    try:
        return memory, space.map(memory)
    except BaseException:
        memory.close()
        raise


def _return_pinned(space: Any, gpu_va: int, memory: Any, mapping: Any) -> None:
    space.unmap(gpu_va)
    mapping.close()
    memory.close()


def _nothing_before() -> None:
    """Gives back the local memory that a queue did not have."""


def _layout(shape: Any, dtype: Any) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """A shape and a dtype as NumPy's, and the size in bytes.

    Raises:
        UsageError: they are not those of an array that memory can hold.
        ResourceError: no memory is that large.
    """
    try:
        sizes = tuple(map(operator.index, shape)) if isinstance(shape, Iterable) else (operator.index(shape),)
    except TypeError:
        raise UsageError(
            f"an array cannot have the shape {shape!r}", expected="whole numbers, 0 or more"
        ) from None
    if any(size < 0 for size in sizes):
        raise UsageError(f"an array cannot have the shape {shape!r}", expected="whole numbers, 0 or more")
    try:
        kind = np.dtype(dtype)
    except (TypeError, ValueError, SyntaxError):
        raise UsageError(f"there is no dtype {dtype!r}") from None
    if kind.hasobject or kind.subdtype is not None or not kind.itemsize:
        raise UsageError(f"{kind!r} cannot be held in the memory of a device")
    size_bytes = math.prod(sizes) * kind.itemsize
    if size_bytes >= MEMORY_END:
        raise OutOfVram(f"an array of shape {sizes} has {size_bytes} bytes: no memory is that large")
    return sizes, kind, size_bytes


def _return_video(space: Any, memory: Any, gpu_va: int) -> None:
    space.unmap(gpu_va)
    memory.close()


class GraphMemory:
    """A piece of video memory that the CPU writes."""

    def __init__(self, device: Device, array: Array) -> None:
        self._array = array
        self.gpu_va = array.address
        self.cpu = device.pool.cpu_address(self.gpu_va)

    def free(self) -> None:
        """Give it back."""
        self._array.free()


def _take_out(data: np.ndarray[Any, Any], submission: Submission, cpu: int, start: int, size: int) -> None:
    submission.wait()
    target = int(ffi.cast("uintptr_t", ffi.from_buffer(data, require_writable=True))) + start
    lib.bw_copy(target, cpu, size)


def _read(path: str | os.PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except (TypeError, ValueError):
        raise UsageError(f"{path!r} is no path", expected="a path, or the bytes of a module") from None


_open_devices: weakref.WeakSet[Device] = weakref.WeakSet()
_exit_is_watched = False


def _close_at_exit(device: Device) -> None:
    """Close devices that nobody closed before the resource manager takes their memory away.

    Functions for the exit run in reverse order, so this one is registered after the resource manager's own.
    """
    global _exit_is_watched
    _open_devices.add(device)
    if not _exit_is_watched:
        atexit.register(_close_all)
        _exit_is_watched = True


def _close_all() -> None:
    for device in list(_open_devices):
        with contextlib.suppress(BarewireError):
            device.close()


def _after_fork_in_child() -> None:
    """A child may not touch its parent's channels: their doorbells are taken away from it."""
    for device in list(_open_devices):
        device._forked = True
        device._usable = False
        device._target.enabled = 0
        device._make_locks()  # other threads, which are not here, may have held them
        for queue in device._queues:
            queue.orphan(device._forked_child())


os.register_at_fork(after_in_child=_after_fork_in_child)
