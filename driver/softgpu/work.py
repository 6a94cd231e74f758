"""What the GPU does by itself: one thread that runs tasks, now or later.

Every task runs with the GPU's lock held. What a task raises is kept in the GPU's `defects`: a task of the
model has no business raising.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu

Task = Callable[[], object]
MOST_DEFECTS = 100
END_TIMEOUT_S = 5.0  # a task that runs longer than this when the GPU is closed is left behind


class Job:
    """A task that was handed in."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.cancelled = False

    def cancel(self) -> None:
        """Do not run it, unless it already began."""
        self.cancelled = True


class Work:
    """The worker of one GPU. Its thread begins with the first task.

    Args:
        gpu: whose lock is held around every task, and whose `defects` take what tasks raise.
    """

    def __init__(self, gpu: SoftGpu) -> None:
        self._gpu = gpu
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Job]] = []
        self._order = itertools.count()
        self._current: Job | None = None
        self._closed = False
        self._thread: threading.Thread | None = None

    def post(self, task: Task) -> Job:
        """Run a task as soon as those before it are done."""
        return self._add(0.0, task)

    def after(self, delay_s: float, task: Task) -> Job:
        """Run a task `delay_s` from now."""
        return self._add(time.monotonic() + delay_s, task)

    def cancel_all(self) -> None:
        """Forget every task that has not begun, as a reset does; also one that waits for the lock."""
        with self._changed:
            for _, _, job in self._due:
                job.cancel()
            if self._current is not None:
                self._current.cancel()
            self._due.clear()
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many tasks have not begun."""
        with self._changed:
            return len(self._due)

    def drain(self, timeout_s: float = 5.0) -> bool:
        """Wait until nothing is due and nothing runs; tasks for later do not count. Not with the lock."""
        end = time.monotonic() + timeout_s
        with self._changed:
            while self._current is not None or (self._due and self._due[0][0] <= time.monotonic()):
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, 0.01))
        return True

    def close(self) -> None:
        """End the thread after the task that it is at; a second time is nothing. Not with the lock held.

        A task that still waits for the lock is not run any more.
        """
        with self._changed:
            self._closed = True
            self._due.clear()
            if self._current is not None:
                self._current.cancel()
            self._changed.notify_all()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(END_TIMEOUT_S)

    def _add(self, when: float, task: Task) -> Job:
        job = Job(task)
        with self._changed:
            if self._closed:
                job.cancel()
                return job
            heapq.heappush(self._due, (when, next(self._order), job))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="softgpu", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return job

    def _next(self) -> Job | None:
        """The next job when it is due; None at the end."""
        with self._changed:
            self._current = None
            self._changed.notify_all()
            while not self._closed:
                if not self._due:
                    self._changed.wait()
                    continue
                left = self._due[0][0] - time.monotonic()
                if left <= 0:
                    self._current = heapq.heappop(self._due)[2]
                    return self._current
                self._changed.wait(left)
        return None

    def _run(self) -> None:
        while (job := self._next()) is not None:
            with self._gpu.lock:
                if job.cancelled:
                    continue
                try:
                    job.task()
                except Exception as error:
                    self._gpu.defects.append(error)
                    del self._gpu.defects[MOST_DEFECTS:]
