"""What becomes of queues that die: the error that says why, and a fresh channel for the device's own."""

from __future__ import annotations

from typing import Any

from barewire.channel.queue import Queue
from barewire.compute.queue import ComputeQueue
from barewire.device.queues import DeviceQueues
from barewire.errors import BarewireError, Freed
from barewire.native._native import lib


class DeviceFailures(DeviceQueues):
    """Diagnosis and recovery."""

    def _failed(self, queue: Queue, cause: BarewireError | None) -> BarewireError:
        """The error for a queue that does not live any more; the device's own queues are renewed."""
        if self._forked:
            return self._forked_child()
        if cause is not None:
            return Freed(f"{self.name} is closed") if self.closed else cause
        with self._ends:
            if self._memory_went or queue.parts is None:
                return Freed(f"{queue.name} is closed")
            if queue.error is not None:
                return queue.error  # another thread found it out
            error = queue.error = self._diagnose(queue)
            self._renew(queue, error)
            return error

    def _diagnose(self, queue: Queue) -> BarewireError:
        from barewire.fault.gather import explain

        channel, notifier = queue.parts.channel, queue.memory.host_cpu
        facts = {"queue": queue.name}
        if said := getattr(channel, "last_text", ""):
            facts["log"] = said  # where no kernel driver writes it to a log of its own
        return explain(channel, notifier, self.locate, self.read_code, **facts)

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
        if queue is self._copies:
            self._copies = fresh
        else:
            self.compute = fresh
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

    def _take_off(self, queue: Queue, waited_s: float) -> BarewireError:
        """Stop what does not end."""
        with self._ends:
            if self._memory_went or queue.parts is None:
                return Freed(f"{queue.name} is closed")
            return self._take_off_now(queue, waited_s)

    def _take_off_now(self, queue: Queue, waited_s: float) -> BarewireError:
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
