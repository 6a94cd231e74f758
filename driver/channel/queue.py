"""A queue: one GPFIFO channel with its pushbuffer memory and a timeline.

Work of one queue runs in the order it was submitted. Each submission raises the queue's timeline, a counter
in host memory, when it is done; queues wait for each other, and the host waits for them, by such values.

Facts: gpu channel formats in `OGKM:src/common/sdk/nvidia/inc/class/clc86f.h`; order of stores in
`OGKM:kernel-open/nvidia-uvm/uvm_volta_host.c`.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Protocol

from barewire.channel.pushbuffer import Pushbuffer
from barewire.errors import BarewireError, ChannelDead, Freed, PollTimeout, UsageError, WrongDevice
from barewire.native._native import ffi, lib

if TYPE_CHECKING:
    from barewire.channel.state import QueueState

RING_ENTRIES = 1024
SEGMENT_BYTES = 512
SEGMENT_COUNT = 1024
PUSHBUFFER_LIMIT_BYTES = SEGMENT_BYTES * SEGMENT_COUNT // 2  # that `Queue.push` takes at once

# One buffer in video memory, written through a write-combined mapping.
USERD_OFFSET = RING_ENTRIES * 8
USERD_BYTES = 0x1000
SEGMENTS_OFFSET = 0x10000
LAUNCH_SLOTS_OFFSET = 0x100000
VIDEO_BYTES = 0x200000

# One buffer in host memory: the error notifier comes first, since RM finds it at the start.
NOTIFIER_BYTES = 48
NOTIFIER_STATUS_OFFSET = 14
TIMELINE_OFFSET = 0x100
STAMPS_OFFSET = 0x400
STAMP_BYTES = 16
STAMP_COUNT = 192
HOST_BYTES = 0x1000

USERD_GP_PUT = 0x8C
DOORBELL_OFFSET = 0x90
BESIDE_A_BELL = 1  # the ring's doorbell where nothing is written: it is open

NS = 1_000_000_000
SLICE_NS = NS // 10  # of a long wait: Python looks for signals between slices, and rings the doorbell again
FIRST_SLICE_NS = NS // 100
LONGEST_S = 1e9  # thirty years: what an infinite deadline counts as


class Channel(Protocol):
    """What a queue needs of a backend's channel."""

    @property
    def token(self) -> int: ...

    @property
    def class_id(self) -> int: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class QueueMemory:
    """Where a queue's two buffers are: CPU addresses, and GPU virtual addresses in an address space.

    Attributes:
        held: views of both: they stay in this process while a thread may look at the queue, closed or not.
    """

    video_cpu: int
    video_va: int
    host_cpu: int
    host_va: int
    space: Any = None
    held: Any = None


def _timeout_ns(timeout_s: Any) -> int:
    """A deadline in nanoseconds.

    Raises:
        UsageError: it is negative, or not a number.
    """
    if not isinstance(timeout_s, Real) or not float(timeout_s) >= 0:
        raise UsageError(f"{timeout_s!r} is no deadline", expected="seconds, 0 or more")
    return int(min(float(timeout_s), LONGEST_S) * NS)


def _no_event() -> None:
    """Stands for a reference to an event that is not there."""


def _was_closed(queue: Queue, cause: BarewireError | None) -> BarewireError:
    """The error of a closed queue."""
    return cause or Freed(f"{queue.name} is closed")


def _closed(queue: Queue) -> None:
    """What a closed queue does when it is closed again."""


class Submission:
    """Work that was handed to the GPU: a value on a queue's timeline."""

    __slots__ = ("queue", "value")

    def __init__(self, queue: Queue, value: int) -> None:
        self.queue = queue
        self.value = value

    @property
    def done(self) -> bool:
        """Whether the GPU has finished it; never blocks."""
        return self.queue.completed >= self.value

    def wait(self, timeout_s: float | None = None) -> Submission:
        """Block until it is done.

        Raises:
            PollTimeout: it is not, after `timeout_s`; the work stays on the GPU.
            ChannelDead: the GPU gave the channel up; the error's own kind says why.
        """
        self.queue.wait_value(self.value, timeout_s)
        return self

    def __repr__(self) -> str:
        return f"<Submission {self.value} on {self.queue.name}: {'done' if self.done else 'in flight'}>"


@dataclass(frozen=True)
class Wait:
    """Work of one queue that waits, on the GPU, for a value of another's timeline."""

    submission: Submission
    queue: Queue
    value: int
    lenient: bool = False  # a queue that is closed before it has done this is not missed

    @property
    def done(self) -> bool:
        """Whether it waits no more."""
        return self.queue.completed >= self.value


class Event(Submission):
    """A submission that also records when the GPU reached it."""

    __slots__ = ("__weakref__", "_stamp", "_time_ns")

    def __init__(self, queue: Queue, value: int, stamp: int) -> None:
        super().__init__(queue, value)
        self._stamp = stamp
        self._time_ns: int | None = None

    def wait(self, timeout_s: float | None = None) -> Event:
        """Block until it is reached; see `Submission.wait`."""
        super().wait(timeout_s)
        return self

    @property
    def time_ns(self) -> int:
        """The GPU's time in nanoseconds (steps of 32) when it got here; waits for it."""
        if self._time_ns is None:
            self.wait()
            self._time_ns = lib.bw_read64(self._stamp + 8)
        return self._time_ns


class Queue:
    """One channel, in order. Made by `Device.queue` and `Device.channel`.

    Args:
        name: for messages.
        channel: the backend's channel, scheduled.
        class_ids: its classes, host class first.
        memory: two buffers laid out as this module says, zeroed.
        doorbell: CPU address of the doorbell register; 0 where a bell stands for it.
        fail: makes the error for a channel that the GPU gave up, or passes on the one it is given.
        close: gives the channel and the memory back.
        timeout_s: how long a submission may wait for room.
        first_value: where the timeline begins; a queue that replaces another goes on counting.
        bell: the native bell (`struct bw_bell *` as a number) that carries the doorbell, or 0.
    """

    def __init__(
        self,
        name: str,
        channel: Channel,
        class_ids: tuple[int, ...],
        memory: QueueMemory,
        doorbell: int,
        fail: Callable[[Queue, BarewireError | None], BarewireError],
        close: Callable[[Queue], None],
        timeout_s: float = 60.0,
        first_value: int = 0,
        bell: int = 0,
    ) -> None:
        self.name = name
        self.channel = channel
        self.class_ids = class_ids
        self.memory = memory
        self.timeout_ns = _timeout_ns(timeout_s)
        self.error: BarewireError | None = None
        self.parts: Any = None  # what the device made it of
        self.advice = "open another queue; the device's own queues renew themselves"
        self._fail = fail
        self._close = close
        self._stamps = 0
        self._events: dict[int, Callable[[], Event | None]] = {}
        self._reached: int | None = None
        self.waits: list[Wait] = []
        self.rung_again = 0  # how often a wait was so long that the doorbell was rung once more
        self._empty: tuple[bytes, int] | None = None
        self._keep: list[Any] = []
        self.ring = self._make_ring(doorbell, bell, first_value)
        self.timeline = ffi.addressof(self.ring, "timeline")
        self._alone = ffi.new("struct bw_ring *[]", [self.ring])
        self.segments = self._make_segments()

    def _make_ring(self, doorbell: int, bell: int, first_value: int) -> Any:
        lib.bw_write32(self.memory.host_cpu + TIMELINE_OFFSET, first_value & 0xFFFFFFFF)
        ring = ffi.gc(ffi.new("struct bw_ring *"), lib.bw_stop)
        ring.timeline.value_address = self.memory.host_cpu + TIMELINE_OFFSET
        ring.timeline.error_address = self.memory.host_cpu + NOTIFIER_STATUS_OFFSET
        ring.entries = self.memory.video_cpu
        ring.gp_put = self.memory.video_cpu + USERD_OFFSET + USERD_GP_PUT
        ring.doorbell = doorbell or BESIDE_A_BELL
        ring.bell = bell
        ring.token = self.channel.token
        ring.entry_count = RING_ENTRIES
        ring.timeline.submitted = first_value
        ring.batch_limit = 1
        return ring

    def _make_segments(self) -> Any:
        segments = ffi.new("struct bw_segments *")
        values = ffi.new("uint64_t[]", [self.submitted] * SEGMENT_COUNT)
        self._keep.append(values)
        segments.base = self.memory.video_cpu + SEGMENTS_OFFSET
        segments.gpu_va = self.memory.video_va + SEGMENTS_OFFSET
        segments.segment_bytes = SEGMENT_BYTES
        segments.count = SEGMENT_COUNT
        segments.values = values
        return segments

    @property
    def timeline_va(self) -> int:
        """GPU address of the timeline's 32-bit counter."""
        return self.memory.host_va + TIMELINE_OFFSET

    @property
    def submitted(self) -> int:
        """The timeline value of the last submission; launches that wait to be linked are submitted first."""
        lib.bw_flush(self.ring)
        return self.timeline.submitted

    @property
    def completed(self) -> int:
        """The timeline value that the GPU has reached, or had when the channel ended."""
        return lib.bw_completed(self.timeline) if self._reached is None else self._reached

    @property
    def idle(self) -> bool:
        """Whether everything that was submitted is done."""
        if self._reached is not None:
            return self._reached >= self.timeline.submitted
        return bool(lib.bw_idle(self._alone, 1))

    def pushbuffer(self) -> Pushbuffer:
        """An empty pushbuffer for this channel's classes."""
        return Pushbuffer(self.class_ids)

    def submit(self, pushbuffer: Pushbuffer) -> Submission:
        """Hand a pushbuffer to the GPU, followed by a release of the timeline when all of it is done.

        Raises:
            UsageError: it is empty, or longer than the queue's pushbuffer memory.
            ChannelDead: the channel is not alive any more.
        """
        if not isinstance(pushbuffer, Pushbuffer):
            raise UsageError(f"{pushbuffer!r} is no pushbuffer", hint="Queue.pushbuffer() makes one")
        if not pushbuffer.words:
            raise UsageError("the pushbuffer is empty")
        complete = Pushbuffer(self.class_ids).raw(pushbuffer.words)
        complete.release(self.timeline_va, 0)
        return self.push(complete.tobytes(), len(complete.words) - 3)

    def push(self, words: bytes, payload_index: int, payload_address: int = 0) -> Submission:
        """Submit raw words that release the timeline.

        Args:
            payload_index: of the word that is the release's payload, or BW_NO_PAYLOAD.
            payload_address: CPU address of the payload where a QMD has it, or 0.
        """
        count = len(words) // 4
        if count * 4 > PUSHBUFFER_LIMIT_BYTES:
            raise UsageError(
                f"a pushbuffer of {count} words is too long for this queue",
                expected=f"at most {PUSHBUFFER_LIMIT_BYTES // 4}",
            )
        status = lib.bw_push(
            self.ring, self.segments, words, count, payload_index, payload_address, self.timeout_ns
        )
        if status:
            self.raise_status(status)
        return Submission(self, self.timeline.submitted)

    def wait_for(self, other: Submission | Queue, *, lenient: bool = False) -> None:
        """Let this queue's next work wait, on the GPU, until other work is done.

        Args:
            other: a submission or event, or a queue for all that was submitted to it so far.
            lenient: a queue that is closed with work in flight is waited for no longer, and that is no error.

        Raises:
            UsageError: it is neither.
            WrongDevice: it is of another device, or of another address space.
            ChannelDead, Freed: it has ended, and will never do that work.
        """
        if isinstance(other, Queue):
            queue, value = other, other.submitted
        elif isinstance(other, Submission):
            queue, value = other.queue, other.value
        else:
            raise UsageError(
                f"{self.name} cannot wait for {other!r}", expected="a submission, an event or a queue"
            )
        if queue.memory.space is not self.memory.space:
            raise WrongDevice(
                f"{self.name} cannot wait on the GPU for {queue.name}, of another device or address space",
                hint="wait for it on the host",
            )
        if queue is self or queue.completed >= value:
            return
        if queue.ended:
            if lenient and queue.error is None:
                return
            queue.wait_value(value, 0.0)  # raises: on the GPU, nothing would ever end that wait
        waiting = self.submit(self.pushbuffer().acquire(queue.timeline_va, value))
        self.waits = [wait for wait in self.waits if not wait.done]
        self.waits.append(Wait(waiting, queue, value, lenient))

    def follow(self, other: Queue) -> None:
        """Let every later launch of this queue come after what the other has been given by then.

        Raises:
            UsageError: it is no queue.
        """
        if not isinstance(other, Queue):
            raise UsageError(f"{self.name} cannot follow {other!r}", expected="a queue")
        self._keep.append(other)
        self.ring.follows = other.timeline
        self.ring.followed = other.completed

    def catch_up(self, other: Queue) -> None:
        """Wait, on the GPU, for the queue that this one follows."""
        value = other.submitted
        self.wait_for(Submission(other, value))
        self.ring.followed = value

    def record(self) -> Event:
        """An event after everything submitted so far, with the GPU's time."""
        index = self._stamps % STAMP_COUNT
        self._stamps += 1
        before = self._events.get(index, _no_event)()
        if before is not None:
            before.time_ns  # noqa: B018  it keeps its time; this one takes its place in memory
        offset = STAMPS_OFFSET + index * STAMP_BYTES
        pushbuffer = self.pushbuffer().release(self.memory.host_va + offset, 1, timestamp=True)
        submission = self.submit(pushbuffer)
        event = Event(self, submission.value, self.memory.host_cpu + offset)
        self._events[index] = weakref.ref(event)
        return event

    def roundtrip(self) -> None:
        """Submit an empty piece of work and wait for it: the floor of every launch and copy."""
        if not self.idle:  # the release below waits for nothing: it must not overtake what is under way
            self.synchronize()
        if self._empty is None:
            pushbuffer = self.pushbuffer().release(self.timeline_va, 0, wait_for_idle=False)
            self._empty = (pushbuffer.tobytes(), len(pushbuffer.words) - 3)
        self.push(*self._empty)
        self.wait_value(self.timeline.submitted, None)

    def synchronize(self, timeout_s: float | None = None) -> None:
        """Block until all that was submitted is done; see `Submission.wait`."""
        self.wait_value(self.submitted, timeout_s)

    def wait_value(self, value: int, timeout_s: float | None) -> None:
        """Block until the timeline has reached `value`."""
        if self._reached is not None:
            self._expect_reached(value)
            return
        timeout_ns = self.timeout_ns if timeout_s is None else _timeout_ns(timeout_s)
        if self.waits:
            timeout_ns = self._wait_for_others(value, timeout_ns)
        slice_ns, left_ns = FIRST_SLICE_NS, timeout_ns
        status = lib.bw_wait(self.timeline, value, min(left_ns, slice_ns))
        while status == lib.BW_TIMEOUT and left_ns > slice_ns and self._reached is None:
            left_ns -= slice_ns
            slice_ns = SLICE_NS
            self.rung_again += 1
            lib.bw_ring_again(self.ring)
            status = lib.bw_wait(self.timeline, value, min(left_ns, slice_ns))
        if self._reached is not None and status in (0, lib.BW_TIMEOUT):
            self._expect_reached(value)  # ended meanwhile: what let the others go on let this one go on, too
        elif status:
            self.raise_status(status, value, timeout_ns / NS)

    def _wait_for_others(self, value: int, timeout_ns: int) -> int:
        """Wait first for what stands before `value` on other queues, whose failure would never be seen here.

        Returns:
            What is left of the time, in nanoseconds.
        """
        end = time.monotonic() + timeout_ns / NS
        waits, self.waits = self.waits, [wait for wait in self.waits if wait.submission.value > value]
        for wait in waits:
            if wait.submission.value <= value and not wait.done:
                try:
                    wait.queue.wait_value(wait.value, max(0.0, end - time.monotonic()))
                except PollTimeout:
                    self.waits = waits  # it may still come
                    raise
                except Freed:
                    if not wait.lenient:
                        raise
        return _timeout_ns(max(0.0, end - time.monotonic()))

    def _expect_reached(self, value: int) -> None:
        """What a channel that has ended did not do, it never will."""
        if value > self.completed:
            if self.error is not None:
                raise self.dead()
            raise Freed(f"{self.name} was closed before it had done this")

    def raise_status(self, status: int, value: int | None = None, timeout_s: float | None = None) -> None:
        """Turn what the native calls answered into an error."""
        if status == lib.BW_TIMEOUT:
            late = PollTimeout(
                f"{self.name} has not reached its work in time",
                queue=self.name,
                expected=self.submitted if value is None else value,
                reached=self.completed,
                submitted=self.submitted,
                elapsed_s=self.timeout_ns / NS if timeout_s is None else timeout_s,
                hint=f"a kernel may not end: {self._way_out()} takes it off the GPU",
            )
            late.__dict__["late_queue"] = self  # no fact: names are for readers, and errors can be pickled
            raise late
        if status == lib.BW_CLOSED and self.error is None:
            raise self._fail(self, Freed(f"{self.name} is closed"))
        raise self.dead()

    def _way_out(self) -> str:
        own = self.parts is not None and self.parts.own
        return "Device.synchronize(timeout_s=...)" if own else "Queue.stop()"

    def dead(self) -> BarewireError:
        """The error that ended this channel; made once, from what the GPU reported."""
        if self.error is None:
            self.error = self._fail(self, None)
        elif isinstance(self.error, ChannelDead):
            again = ChannelDead(
                f"{self.name} was given up earlier: {self.error.message}",
                hint=self.advice,
                queue=self.name,
            )
            again.__cause__ = self.error
            return again
        return self.error

    @property
    def alive(self) -> bool:
        """Whether the channel still takes work."""
        return bool(self.ring.doorbell) and not lib.bw_read16(self.ring.timeline.error_address)

    @property
    def ended(self) -> bool:
        """Whether it will never take work again; its memory may be somebody else's by now."""
        return self._reached is not None

    def stop(self) -> BarewireError:
        """Take what it runs off the GPU. The queue takes no more work; the device's own are replaced.

        Returns:
            The KernelTimeout that says what was running; what waits for that work from now on raises
            ChannelDead because of it.

        Raises:
            Freed: the queue is closed.
        """
        if self.parts is None:
            raise Freed(f"{self.name} is closed")
        stopped: BarewireError = self.parts.stop(self)
        return stopped

    def shut(self) -> None:
        """Take no more work; nothing is written to the device after this."""
        lib.bw_shut(self.ring)

    def orphan(self, error: BarewireError) -> None:
        """In a forked child: the channel is the parent's, and the thread that submits batches is not here.

        Args:
            error: what every use of the queue raises.
        """
        self.ring.flusher = ffi.NULL
        self.ring.lock = 0  # that thread may have held it
        self.shut()
        self.error = error
        self._reached = 0

    def end(self) -> None:
        """Take no more work for good, and remember how far it got: the memory goes to somebody else."""
        self.shut()
        if self._reached is None:
            self._reached = lib.bw_completed(self.timeline)
            for event in [reference() for reference in self._events.values()]:
                if event is not None and event.done:
                    event.time_ns  # noqa: B018  it keeps its time

    def release_waiters(self) -> None:
        """Let other queues go on that wait, on the GPU, for what this one will never do; after `end`."""
        lib.bw_write32(self.timeline.value_address, self.timeline.submitted & 0xFFFFFFFF)

    def close(self) -> None:
        """Give the channel back to the device; what is in flight is not waited for."""
        self.end()
        close, self._close = self._close, _closed
        lib.bw_stop(self.ring)
        try:
            close(self)
        finally:
            self._fail = _was_closed  # the device is not referred to any more
            self.parts = None

    def __enter__(self) -> Queue:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None and self.alive:
            self.synchronize()
        self.close()

    def __repr__(self) -> str:
        return f"<Queue {self.name}: {self.completed} of {self.submitted} done>"

    def state(self) -> QueueState:
        """The ring's last entries and USERD, read back: slow, and for looking only."""
        from barewire.channel.state import look

        if self._reached is not None:
            raise Freed(f"{self.name} has ended: its ring is not there any more")
        return look(self)

    def read_back(self, gpu_va: int, size_bytes: int) -> bytes:
        """Bytes of its ring, pushbuffers or launch slots, read back: slow, and for looking only.

        Raises:
            UsageError: they are not its own.
        """
        from barewire.channel.state import read_back

        if self._reached is not None:
            raise Freed(f"{self.name} has ended: its memory is not there any more")
        return read_back(self, gpu_va, size_bytes)

    def _repr_html_(self) -> str:
        """Its channel and its timeline, for notebooks."""
        from barewire.show import queue as shown

        return shown(self).html
