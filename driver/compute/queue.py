"""A queue whose channel has the compute class: launch slots, memory windows and local memory.

Facts: `open-gpu-doc:classes/compute/clcbc0.h`; sizes of local memory as NVIDIA's driver rounds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from barewire.channel.queue import LAUNCH_SLOTS_OFFSET, VIDEO_BYTES, Queue
from barewire.chip.limits import Limits
from barewire.compute import constants, launch, qmd
from barewire.errors import Freed, LaunchTooLarge
from barewire.native._native import ffi, lib
from barewire.rounding import round_up

# A launch slot begins with the QMD; after its words bank 0 follows, at launch.BANK0_OFFSET.
WORDS_OFFSET = 0x180

SLOT_BYTES = 2048
SLOT_COUNT = (VIDEO_BYTES - LAUNCH_SLOTS_OFFSET) // SLOT_BYTES
LARGE_SLOT_BYTES = 8192
LARGE_SLOT_COUNT = 64

# The most launches in one entry of the ring; longer chains gain nothing and are noticed later.
BATCH_LIMIT = 32

LOCAL_PER_WARP_ALIGNMENT = 0x200
LOCAL_PER_TPC_ALIGNMENT = 0x8000
LOCAL_ALIGNMENT = 0x20000

# (cpu address, gpu_va) of new memory in video memory, write-combined, which lives as long as the queue
AllocateSlots = Callable[[int], tuple[int, int]]
# gpu_va of new memory, and what gives back the memory that was asked for before
AllocateLocal = Callable[[int], tuple[int, Callable[[], None]]]


class Slots:
    """Launch slots in video memory: see `struct bw_slots`."""

    def __init__(self, queue: ComputeQueue, cpu: int, gpu_va: int, slot_bytes: int, count: int) -> None:
        self._values = ffi.new("uint64_t[]", [queue.timeline.submitted] * count)
        self._identities = ffi.new("uint64_t[]", count)
        self._fresh = ffi.new("uint8_t[]", count)
        self._entries = ffi.new("uint64_t[]", count)
        self._chain_entries = ffi.new("uint64_t[]", count)
        self._shadow = ffi.new("uint8_t[]", slot_bytes * count)
        ending = qmd.ending_of(queue.qmd_version)
        self.native = ffi.new(
            "struct bw_slots *",
            {
                "base": cpu,
                "shadow": self._shadow,
                "gpu_va": gpu_va,
                "stride_bytes": slot_bytes,
                "count": count,
                "bank0_offset": launch.BANK0_OFFSET,
                "release_va": queue.timeline_va,
                "values": self._values,
                "identities": self._identities,
                "fresh": self._fresh,
                "entries": self._entries,
                "chain_entries": self._chain_entries,
                "payload_word": ending.payload_word,
                "release_word": ending.release_word,
                "release_bit": ending.release_bit,
                "chain_word": ending.chain_word,
                "chain_bits": ending.chain_bits,
                "chain_pointer_word": ending.chain_pointer_word,
            },
        )
        self._write_pushbuffers(queue.sender, cpu, gpu_va, slot_bytes, count)

    def _write_pushbuffers(
        self, sender: launch.Sender, cpu: int, gpu_va: int, slot_bytes: int, count: int
    ) -> None:
        """A slot's pushbuffers never change: they send its QMD, as the first of a chain or alone."""
        chain, alone = sender.chain(0), sender.alone(0)
        places = np.arange(count, dtype=np.uint64) * np.uint64(slot_bytes) + np.uint64(gpu_va)
        words = np.tile(np.array(chain + alone, np.uint32), (count, 1))
        for end in (len(chain), len(chain) + len(alone)):
            words[:, end - launch.Sender.ADDRESS_FROM_END] = places >> np.uint64(8)
        row_bytes = words.shape[1] * 4
        data = words.tobytes()
        for index in range(count):
            row = data[index * row_bytes : (index + 1) * row_bytes]
            lib.bw_copy_to_wc(cpu + index * slot_bytes + WORDS_OFFSET, row, row_bytes)
        start = places + np.uint64(WORDS_OFFSET)
        chain_entries = start | np.uint64(gpfifo_entry(0, len(chain)))
        entries = start + np.uint64(4 * len(chain)) | np.uint64(gpfifo_entry(0, len(alone)))
        ffi.memmove(self._chain_entries, chain_entries.tobytes(), chain_entries.nbytes)
        ffi.memmove(self._entries, entries.tobytes(), entries.nbytes)

    def holds(self) -> Iterator[tuple[int, int]]:
        """(timeline value, identity of the plan) of each slot's last launch."""
        return zip(self._values, self._identities, strict=True)


def gpfifo_entry(gpu_va: int, word_count: int) -> int:
    """A GPFIFO entry for a pushbuffer segment (`OGKM:.../class/clc86f.h` NVC86F_GP_ENTRY0, _ENTRY1)."""
    return gpu_va | word_count << 42


class ComputeQueue(Queue):
    """A queue that launches kernels.

    Args:
        limits: of the chip.
        tpc_count: TPCs that may run blocks, for the size of local memory.
        qmd_version: that the compute class takes.
        allocate_slots: gives video memory that lives as long as the queue.
        allocate_local: gives video memory in place of what it gave before.
    """

    def __init__(
        self,
        *arguments: Any,
        limits: Limits,
        tpc_count: int,
        qmd_version: str,
        allocate_slots: AllocateSlots,
        allocate_local: AllocateLocal,
        **keywords: Any,
    ) -> None:
        super().__init__(*arguments, **keywords)
        self.sender = launch.Sender(self.class_ids[1])
        self.limits = limits
        self.tpc_count = tpc_count
        self.qmd_version = qmd_version
        self.local_bytes = 0
        self._allocate_slots = allocate_slots
        self._allocate_local = allocate_local
        self._large: Slots | None = None
        memory = self.memory
        base, count = LAUNCH_SLOTS_OFFSET, SLOT_COUNT
        self._slots = Slots(self, memory.video_cpu + base, memory.video_va + base, SLOT_BYTES, count)
        self.small = self._slots.native
        self.ring.batch_limit = BATCH_LIMIT
        self.submit(self._set_up())
        self._forgotten_at = self.submitted

    @property
    def _prefix(self) -> str:
        return f"NV{self.class_ids[1]:04X}"

    def _set_up(self) -> Any:
        """Bind the class, forget what queues before knew, say where the shared and local windows are."""
        prefix = self._prefix
        pushbuffer = self._forget(self.pushbuffer().bind(self.class_ids[1]))
        for window, gpu_va in (("SHARED", constants.SHARED_WINDOW_VA), ("LOCAL", constants.LOCAL_WINDOW_VA)):
            pushbuffer.method(
                f"{prefix}_SET_SHADER_{window}_MEMORY_WINDOW_A", gpu_va >> 32, gpu_va & 0xFFFFFFFF
            )
        return pushbuffer

    def slots_for(self, plan: launch.Plan) -> Any:
        """The launch slots that a plan fits in, with enough local memory behind the queue.

        Raises:
            LaunchTooLarge: the kernel's parameters are larger than any slot.
        """
        if plan.local_bytes > self.local_bytes:
            self.ensure_local(plan.local_bytes)
        if plan.slot_bytes <= SLOT_BYTES:
            return self.small
        if plan.slot_bytes > LARGE_SLOT_BYTES:
            raise LaunchTooLarge(
                f"{plan.argument_bytes} bytes of parameters are more than a launch slot holds"
            )
        if self._large is None:
            cpu, gpu_va = self._allocate_slots(LARGE_SLOT_BYTES * LARGE_SLOT_COUNT)
            self._large = Slots(self, cpu, gpu_va, LARGE_SLOT_BYTES, LARGE_SLOT_COUNT)
        return self._large.native

    def close(self) -> None:
        """Give the channel back to the device; what is in flight is not waited for."""
        super().close()
        self._allocate_slots = self._allocate_local = _no_more_memory

    def running(self) -> list[str]:
        """Names of the kernels that the GPU has begun, or may begin next."""
        completed, submitted = self.completed, self.submitted
        names = []
        for slots in filter(None, (self._slots, self._large)):
            for value, identity in slots.holds():
                plan = launch.plan_of(identity)
                if completed < value <= min(completed + 1, submitted) and plan is not None:
                    names.append(plan.kernel)
        return sorted(set(names))

    def ensure_local(self, thread_bytes: int) -> None:
        """Give every thread that may be resident at least `thread_bytes` of local memory."""
        if thread_bytes <= self.local_bytes:
            return
        per_warp = round_up(thread_bytes * qmd.THREADS_PER_WARP, LOCAL_PER_WARP_ALIGNMENT)
        per_tpc = round_up(
            per_warp * self.limits.warps_per_sm * self.limits.sms_per_tpc, LOCAL_PER_TPC_ALIGNMENT
        )
        gpu_va, give_old_back = self._allocate_local(round_up(per_tpc * self.tpc_count, LOCAL_ALIGNMENT))
        prefix = self._prefix
        pushbuffer = self.pushbuffer().immediate(f"{prefix}_WAIT_FOR_IDLE")
        pushbuffer.method(f"{prefix}_SET_SHADER_LOCAL_MEMORY_A", gpu_va >> 32, gpu_va & 0xFFFFFFFF)
        pushbuffer.method(
            f"{prefix}_SET_SHADER_LOCAL_MEMORY_NON_THROTTLED_A", per_tpc >> 32, per_tpc & 0xFFFFFFFF, 0xFF
        )
        self.submit(pushbuffer)
        self.local_bytes = thread_bytes
        give_old_back()

    def forget_code(self) -> None:
        """Let the SMs forget code and constants that they hold, before the next launch of this queue."""
        self.submit(self._forget(self.pushbuffer()))
        self._forgotten_at = self.submitted

    def _forget(self, pushbuffer: Any) -> Any:
        return pushbuffer.method(
            f"{self._prefix}_INVALIDATE_SHADER_CACHES", INSTRUCTION="TRUE", CONSTANT="TRUE"
        )

    @property
    def may_hold_code(self) -> bool:
        """Whether anything ran since the SMs forgot what they knew."""
        return self.submitted != self._forgotten_at


def _no_more_memory(size_bytes: int) -> Any:
    raise Freed("the queue is closed", size_bytes=size_bytes)
