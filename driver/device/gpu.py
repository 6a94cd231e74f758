"""One GPU: arrays, code, graphs, time, and the end."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from barewire.array import Array, PinnedArray
from barewire.channel import queue as channel_queue
from barewire.channel.queue import Event, Queue, Submission
from barewire.compute.graph import Graph
from barewire.compute.module import Module
from barewire.compute.queue import ComputeQueue
from barewire.device.copies import DeviceCopies
from barewire.device.ending import close_at_exit, closed_by_its_owner
from barewire.device.memory import return_pinned
from barewire.device.queues import OWN_NAMES
from barewire.device.shapes import layout
from barewire.device.state import DEFAULT_TIMEOUT_S
from barewire.errors import BarewireError, EngineMissing, PollTimeout, UsageError
from barewire.native._native import lib

if TYPE_CHECKING:
    from barewire.transport.findings import Finding

CLOSE_WAIT_S = 5.0  # for all that is in flight when a device is closed

TIME_HIGH_OFFSET = 4  # the high word of the GPU's clock stands behind the low one

_drain = lib.bw_drain


class Device(DeviceCopies):
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
        super().__init__(manager, name, timeout_s)
        self.compute = self._make_queue("compute", OWN_NAMES[0])
        self._aim()
        self._nothing = Submission(self.compute, 0)
        close_at_exit(self)

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
        code = self._seen_bytes(image.size_bytes)
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
        shape, kind, size_bytes = layout(shape, dtype)
        return Array(self, self._allocate(size_bytes), shape, kind)

    def array(self, values: Any, dtype: Any = None) -> Array:
        """An array with the values of a NumPy array, or of anything NumPy makes one of.

        Raises:
            UsageError: NumPy makes no array of it, or none that memory can hold.
        """
        try:
            given = np.asarray(values, dtype)
        except (TypeError, ValueError, OverflowError, SyntaxError) as error:
            raise UsageError(f"there is no array of this: {error}") from None
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
        shape, kind, size_bytes = layout(shape, dtype)
        memory, mapping, gpu_va = self.host_memory(max(1, size_bytes))
        try:
            return PinnedArray(self, memory, mapping, gpu_va, shape, kind)
        except BaseException:
            return_pinned(self.space, gpu_va, memory, mapping)
            raise

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
        return GraphMemory(self, self._seen_bytes(size_bytes))

    def _seen_bytes(self, size_bytes: int) -> Array:
        """Bytes in video memory that the CPU writes."""
        self.check()
        self.collect()
        return Array(self, self._allocate(size_bytes, seen=True), (size_bytes,), np.dtype(np.uint8))

    def record(self) -> Event:
        """An event on the compute queue, with the GPU's time."""
        self.check()
        self.catch_up(self.compute)
        return self.compute.record()

    @property
    def gpu_time_ns(self) -> int:
        """The GPU's clock, in nanoseconds; read from the usermode page, no call into the driver."""
        self.check()
        clock: int = self.rm.clock_address
        if not clock:
            return int(self.rm.gpu_time_ns())
        while True:
            high = lib.bw_read32(clock + TIME_HIGH_OFFSET)
            low = lib.bw_read32(clock)
            if lib.bw_read32(clock + TIME_HIGH_OFFSET) == high:
                return (high << 32 | low) & ~0x1F

    @property
    def regs(self) -> Any:
        """The GPU's registers by name, where it is driven over a bus.

        Raises:
            EngineMissing: the registers belong to a kernel driver.
        """
        self.check()
        return self._of_its_bus("registers")

    @property
    def bus(self) -> Any:
        """The bus that the GPU is driven over (`transport.bus.Bus`).

        Raises:
            EngineMissing: a kernel driver has it.
        """
        self.check()
        return self._of_its_bus("bus")

    def _of_its_bus(self, name: str) -> Any:
        found = getattr(self.rm, name, None)
        if found is None:
            raise EngineMissing(
                f"the {name} of {self.name} belongs to NVIDIA's kernel driver",
                hint="soft:gh100 is a device that is driven over a bus",
                device=self.name,
            )
        return found

    def findings(self) -> tuple[Finding, ...]:
        """What was undefined or forbidden in what was done to the device so far, oldest first.

        A software GPU tells, most of all one that was opened with `sanitize=True`; also once it is closed.

        Raises:
            UsageError: silicon does not tell.
        """
        told = getattr(getattr(self.rm, "bus", None), "findings", None)
        if told is None:
            raise UsageError(
                f"{self.name} does not tell what is undefined", hint="soft:gh100 does", device=self.name
            )
        found: tuple[Finding, ...] = told()
        return found

    def synchronize(self, timeout_s: float | None = None) -> None:
        """Wait until everything on the device's own queues is done.

        Args:
            timeout_s: the deadline; a kernel that has not ended then is taken off the GPU.

        Raises:
            KernelTimeout: the deadline passed; the next launch finds a fresh channel.
            ChannelDead: the GPU reported a fault; the kind says which, and the next launch finds a fresh
                channel.
        """
        main, copies = self.compute, self._copies
        quick = timeout_s is None and self._usable and not main.waits
        done = quick and not _drain(self._own, self._own_count, channel_queue.SLICE_NS)
        if done and not main.ended and (copies is None or not copies.ended):
            if self._deferred or self._given_back:
                self.collect()
            return
        self.check()
        main.waits = [wait for wait in main.waits if not wait.done]
        waited_s = timeout_s if timeout_s is not None else main.timeout_ns / channel_queue.NS
        for queue in filter(None, dict.fromkeys((main, copies))):
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

    def close(self) -> None:
        """Free everything in order; a second call does nothing."""
        if self.closed:
            return
        self.closed = True
        self._usable = False
        self._target.enabled = 0
        closed_by_its_owner(self)
        if self._forked:
            return
        with self._forgetting_lock:  # from now on no queue of invalidations is made
            queues = list(self._queues)
        memory: list[contextlib.ExitStack] = []
        try:
            self._close_queues(queues, memory)
        finally:
            for queue in queues:
                queue.end()
            self._deferred.clear()
            self._given_back.clear()
            self._resting.clear()
            self.kept.clear()
            for module in list(self._modules):
                module.forget()
            self._close_manager(memory)

    def _close_manager(self, memory: list[contextlib.ExitStack]) -> None:
        """Let a thread that copies through staging memory notice first: then the memory goes."""
        alone = self._lock.acquire(timeout=CLOSE_WAIT_S)
        try:
            for undo in memory:
                with contextlib.suppress(BarewireError):
                    undo.close()
            for space in list(self._spaces):
                with contextlib.suppress(BarewireError):
                    space.close()
            self.rm.close()
        finally:
            if alone:
                self._lock.release()

    def _close_queues(self, queues: list[Queue], memory: list[contextlib.ExitStack]) -> None:
        """Let all work end, for a few seconds, then give back every channel; their memory may go then."""
        end = time.monotonic() + min(CLOSE_WAIT_S, self.timeout_s)
        for queue in queues:
            with contextlib.suppress(BarewireError):
                if queue.alive:
                    queue.synchronize(max(0.0, end - time.monotonic()))
        with self._ends:  # who looks at the end of one of them is waited for
            for queue in queues:
                if queue.parts is None:
                    continue
                undo = queue.parts.undo
                with contextlib.suppress(BarewireError):  # the resource manager frees what is left
                    queue.close()
                    memory.append(undo)
            self._memory_went = True

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Device {self.name}: {self.facts.name}, {'closed' if self.closed else 'open'}>"

    def _repr_html_(self) -> str:
        """What it is, for notebooks."""
        from barewire.show import device as shown

        return shown(self).html


class GraphMemory:
    """A piece of video memory that the CPU writes."""

    def __init__(self, device: Device, array: Array) -> None:
        self._array = array
        self.gpu_va = array.address
        self.cpu = device.pool.cpu_address(self.gpu_va)

    def free(self) -> None:
        """Give it back."""
        self._array.free()


def _read(path: str | os.PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except (TypeError, ValueError):
        raise UsageError(f"{path!r} is no path", expected="a path, or the bytes of a module") from None
