"""Memory of a device: what its backend gives, what is cut of it, and giving it back when work is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from barewire.device.state import DeviceState
from barewire.errors import OutOfVram

HUGE_PAGE_BYTES = 2 << 20  # `H100:` copies over such pages reach 54.9 GB/s, over 4 KiB pages 52


class DeviceMemory(DeviceState):
    """Pieces of the pool, host memory, and what waits to be freed."""

    def host_memory(self, size_bytes: int) -> tuple[Any, Any, int]:
        """(memory, CPU mapping, gpu_va) of host memory that the GPU reaches, cached for the CPU."""
        page_size_bytes = HUGE_PAGE_BYTES if size_bytes >= HUGE_PAGE_BYTES else None
        memory = self.rm.host_memory(size_bytes, page_size_bytes=page_size_bytes)
        try:
            return memory, memory.map_cpu(), self.space.map(memory)
        except BaseException:
            memory.close()
            raise

    def _allocate(self, size_bytes: int, seen: bool = False) -> int:
        """A piece of the pool; what is only waiting to be freed is not missing.

        Args:
            seen: the CPU is going to map it.
        """
        try:
            with self._memory_lock:
                return self.pool.allocate(size_bytes, seen)
        except OutOfVram:
            self.collect()
        for waiting, _ in list(self._deferred):
            for queue, value in waiting:
                if queue.alive:
                    queue.wait_value(value, None)
        self.collect()
        with self._memory_lock:
            return self.pool.allocate(size_bytes, seen)

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
            self._given_back.append(partial(return_pinned, self.space, gpu_va, memory, mapping))

    def _defer(self, action: Callable[[], None]) -> None:
        self._given_back.append(action)
        self.collect()

    def _rest(self, action: Callable[[], None]) -> None:
        """Do something once no thread can be looking at a closed queue's timeline any more."""
        rest_s: float = getattr(self.rm, "rest_s", 0.0)
        if rest_s:
            self._resting.append((time.monotonic() + rest_s, action))
        else:
            action()

    def _wake_rested(self) -> None:
        while self._resting and self._resting[0][0] <= time.monotonic():
            self._resting.popleft()[1]()

    def collect(self) -> None:
        """Do what waited for work that is done now; nothing while memory is being allocated."""
        if not self._memory_lock.acquire(blocking=False):
            return
        try:
            if self.closed or self._forked or self.rm.closed:
                self._given_back.clear()
                return
            if self._resting:
                self._wake_rested()
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


def return_pinned(space: Any, gpu_va: int, memory: Any, mapping: Any) -> None:
    space.unmap(gpu_va)
    mapping.close()
    memory.close()
