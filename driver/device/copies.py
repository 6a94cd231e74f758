"""Copies of a device: between its addresses, and to and from NumPy's arrays."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np
from barewire.channel.queue import Submission
from barewire.compute.queue import ComputeQueue
from barewire.copy.queue import CopyQueue
from barewire.device.failures import DeviceFailures
from barewire.device.staging import STAGING_PARTS, Staging, take_out
from barewire.errors import UsageError
from barewire.native._native import ffi, lib

if TYPE_CHECKING:
    from barewire.array import Array

DIRECT_WRITE_BYTES = 16 << 10
ADDRESS_END = 1 << 49  # beyond every GPU virtual address and every size


class DeviceCopies(DeviceFailures):
    """Copies, each after everything that was submitted before it."""

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
        if not fresh:
            self._expect_no_capture()
        elif (data.size <= DIRECT_WRITE_BYTES or self.capturing is not None) and self.pool.is_seen(gpu_va):
            lib.bw_copy_to_wc(self.pool.cpu_address(gpu_va), ffi.from_buffer(data), data.size)
            return None
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
                submission = self._copies_after_all().copy(staged_va, gpu_va + start, piece.size)
                staging.used(part, submission)
        return submission

    def write_small(self, cpu_address: int, gpu_va: int, size_bytes: int) -> Submission | None:
        """Write a few bytes with the CPU, if no queue has work; None if it must be a copy of the GPU's.

        Over PCIe this is a posted write, which what is submitted later can not overtake.
        """
        if not self._usable:
            self.check()
        if size_bytes > self._small_write_bytes or self.capturing is not None:
            return None
        target = self.pool.cpu_address(gpu_va)
        done = lib.bw_write_if_idle(self._all, self._all_count, target, cpu_address, size_bytes)
        return self._nothing if done else None

    def read_small(self, gpu_va: int, cpu_address: int, size_bytes: int) -> Submission | None:
        """Read a few bytes with the CPU, if no queue has work; None if it must be a copy of the GPU's."""
        if not self._usable:
            self.check()
        if size_bytes > self._small_read_bytes or size_bytes % 4 or self.capturing is not None:
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
                    take_out(data, *waiting.popleft())
                part, cpu, staged_va = staging.take()
                submission = self.copy(gpu_va + start, staged_va, size)
                staging.used(part, submission)
                waiting.append((submission, cpu, start, size))
            while waiting:
                take_out(data, *waiting.popleft())

    def _make_staging(self) -> Staging:
        self._staging = Staging(self.host_memory)
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
                    copies.wait_for(queue, lenient=True)
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
