"""A resource manager without a driver: memory, address spaces and channels in ordinary memory.

It has what `Device` uses of the real one, of an H100, and refuses what the real one refuses. What is wrong
without being refused (memory closed while it is mapped, a doorbell of no channel) goes to `complaints`.
"""

from __future__ import annotations

import ctypes
import struct
import time
from typing import NamedTuple

from barewire.chip.facts import ClassIds, GpuFacts
from barewire.errors import Freed, OutOfAddressSpace, OutOfVram, RmError, UsageError
from fake_memory import END_VA, FIRST_VA, PAGE_BYTES, Mapping, Pages, PageTables

MIB = 1 << 20
DOORBELL_OFFSET, TIME_LOW, TIME_HIGH = 0x90, 0x80, 0x84
GP_PUT_OFFSET = 0x8C
USERD_BYTES = 512
FIRST_TOKEN = 0x100
ENGINE_TYPES = {"compute": 0x01, "copy": 0x0B}

H100 = GpuFacts(
    name="Fake H100",
    chip="gh100",
    chipset=0x180,
    sm_version=90,
    uuid=bytes(16),
    pci_address="0000:00:00.0",
    driver_version="580.0",
    vram_bytes=512 * MIB,
    gpc_count=8,
    tpc_count=66,
    sm_count=132,
    classes=ClassIds(gpfifo=0xC86F, compute=0xCBC0, copy=0xC8B5, usermode=0xC661),
    copy_engines=(2,),
)


class MmuFault(NamedTuple):
    gpu_va: int
    fault_type: int
    text: str
    shader_program_vas: tuple[int, ...]


class SmState(NamedTuple):
    sm: int
    global_esr: int
    warp_esr: int
    warp_pc: int
    address: int
    cga_esr: int


class DebuggerFault(NamedTuple):
    gpu_va: int
    fault_type: int
    access_type: int


class FakeCpuMapping:
    def __init__(self, pages: Pages) -> None:
        self._pages: Pages | None = pages
        self.address = pages.address
        self.size_bytes = len(pages.mapped)

    @property
    def view(self) -> memoryview:
        if self._pages is None:
            raise Freed("the mapping was closed")
        return self._pages.view

    @property
    def closed(self) -> bool:
        return self._pages is None

    def close(self) -> None:
        self._pages = None


class FakeMemory:
    def __init__(self, rm: FakeManager, size_bytes: int, aperture: str, page_size_bytes: int) -> None:
        self.rm = rm
        self.size_bytes = -(-size_bytes // page_size_bytes) * page_size_bytes
        self.aperture = aperture
        self.page_size_bytes = page_size_bytes
        self.handle = rm.next_handle()
        self.pages = Pages(self.size_bytes)
        self.closed = False
        rm.memories.append(self)

    def map_cpu(self, offset: int = 0, size_bytes: int | None = None) -> FakeCpuMapping:
        if self.closed:
            raise Freed("the memory was freed", handle=self.handle)
        if offset or size_bytes not in (None, self.size_bytes):
            raise UsageError("whole memory objects are mapped here")
        if self.aperture == "video":
            self.rm.take_window(self.size_bytes)
        return FakeCpuMapping(self.pages)

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        self.rm.memories.remove(self)
        for space in self.rm.spaces:
            if any(mapping.memory is self for mapping in space.tables):
                self.rm.complain(f"{self.aperture} memory {self.handle:#x} was closed while it is mapped")
        for channel in self.rm.channels:
            if self in channel.memories:
                self.rm.complain(f"{self.aperture} memory {self.handle:#x} was closed under a live channel")


class FakeSpace:
    def __init__(self, rm: FakeManager) -> None:
        self.rm = rm
        self.handle = rm.next_handle()
        self.tables = PageTables()
        self.mappings: dict[int, Mapping] = {}
        self.closed = False
        self._next = FIRST_VA
        rm.spaces.append(self)

    def map(self, memory: FakeMemory, gpu_va: int | None = None, read_only: bool = False) -> int:
        if self.closed or memory.closed:
            raise Freed("the address space or the memory was closed")
        if memory.rm is not self.rm:
            raise UsageError("memory of one device is mapped in its own address spaces only")
        step = max(memory.page_size_bytes, 2 * MIB)
        if gpu_va is None:
            # A page stays free behind each mapping: running over the end must fault.
            gpu_va = -(-self._next // step) * step
            self._next = gpu_va + memory.size_bytes + PAGE_BYTES
        if gpu_va + memory.size_bytes > END_VA:
            raise UsageError("beyond the 40 address bits of a GPFIFO entry")
        mapping = Mapping(gpu_va, memory.pages, memory.size_bytes, memory, read_only)
        self.mappings[gpu_va] = mapping
        self.tables.add(mapping)
        return gpu_va

    def unmap(self, gpu_va: int) -> None:
        if gpu_va not in self.mappings:
            raise UsageError("nothing is mapped at this address", gpu_va=gpu_va)
        mapping = self.mappings.pop(gpu_va)
        self.tables.remove(mapping)
        for channel in self.rm.channels:
            if channel.group.space is self and mapping.memory in channel.memories:
                self.rm.complain(f"{gpu_va:#x} was unmapped under a live channel")

    def close(self) -> None:
        self.closed = True
        if self in self.rm.spaces:
            self.rm.spaces.remove(self)


class FakeGroup:
    def __init__(self, rm: FakeManager, space: FakeSpace, engine: str) -> None:
        if engine not in ENGINE_TYPES:
            raise UsageError('an engine is "compute" or "copy"', engine=engine)
        if space.closed:
            raise Freed("the address space was closed")
        self.rm = rm
        self.space = space
        self.engine = engine
        self.scheduled = False
        self.closed = False
        self.channels: list[FakeChannel] = []
        rm.groups.append(self)

    def channel(
        self,
        ring_gpu_va: int,
        ring_entries: int,
        userd_memory: FakeMemory,
        userd_offset: int,
        notifier_memory: FakeMemory,
        buffer_memory: FakeMemory,
    ) -> FakeChannel:
        if ring_entries & (ring_entries - 1) or ring_gpu_va % 8 or userd_offset % USERD_BYTES:
            raise UsageError("not a ring")
        self.space.tables.find(ring_gpu_va, 8 * ring_entries, 0)
        made = FakeChannel(
            self, ring_gpu_va, ring_entries, userd_memory, userd_offset, notifier_memory, buffer_memory
        )
        self.channels.append(made)
        self.rm.channels.append(made)
        return made

    def schedule(self, enable: bool = True) -> None:
        self.scheduled = enable

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        for channel in list(self.channels):
            channel.close()
        self.rm.groups.remove(self)


class FakeChannel:
    """A channel as the driver has it; `run` in fake_gpu is what the GPU has of it.

    Attributes:
        mmu_faults, sm_states: what is told when the driver asks after a fault.
    """

    def __init__(
        self,
        group: FakeGroup,
        ring_gpu_va: int,
        ring_entries: int,
        userd_memory: FakeMemory,
        userd_offset: int,
        notifier_memory: FakeMemory,
        buffer_memory: FakeMemory,
    ) -> None:
        self.group = group
        self.rm = group.rm
        self.class_id = group.rm.facts.classes.gpfifo
        self.ring_gpu_va = ring_gpu_va
        self.ring_entries = ring_entries
        self.gp_put = ctypes.c_uint32.from_address(userd_memory.pages.address + userd_offset + GP_PUT_OFFSET)
        self.notifier = notifier_memory.pages
        self.memories = [userd_memory, notifier_memory, buffer_memory]
        self.object_class = 0
        self.cilp = False
        self.closed = False
        self.dead = False
        self.stopped = False
        self.mmu_faults: list[DebuggerFault] = []
        self.sm_states: list[SmState] = []
        self._token = group.rm.next_token()
        self.handle = group.rm.next_handle()

    def engine_object(self, class_id: int | None = None) -> int:
        classes = self.rm.facts.classes
        self.object_class = class_id or getattr(classes, self.group.engine)
        return self.rm.next_handle()

    def set_compute_preemption_cilp(self) -> None:
        self.cilp = True

    @property
    def token(self) -> int:
        if not self.group.scheduled:
            raise RmError("no token before the group is scheduled", status_name="NV_ERR_INVALID_STATE")
        return self._token

    def mmu_fault_info(self) -> MmuFault | None:
        self._check()
        if not self.mmu_faults:
            return None
        return MmuFault(self.mmu_faults[0].gpu_va, self.mmu_faults[0].fault_type, "FAULT", (0,) * 7)

    def debugger(self) -> FakeDebugger:
        self._check()
        if self.group.engine != "compute":
            raise UsageError("a debugger needs the channel's compute object")
        return FakeDebugger(self)

    def stop(self, immediately: bool = True) -> None:
        self._check()
        if not self.cilp and self.group.engine == "compute":
            raise RmError("a kernel cannot be taken off without CILP", status_name="NV_ERR_TIMEOUT")
        self.stopped = True

    def die(self, xid: int) -> None:
        """The error notifier as the kernel driver writes it: the status last."""
        time_ns = time.monotonic_ns()
        struct.pack_into("<QIH", self.notifier.mapped, 0, time_ns, xid, ENGINE_TYPES[self.group.engine])
        self.dead = True
        struct.pack_into("<H", self.notifier.mapped, 14, 0xFFFF)

    def _check(self) -> None:
        if self.closed:
            raise Freed("the channel was closed")

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        self.rm.leave_alone(self)
        self.rm.channels.remove(self)
        self.group.channels.remove(self)


class FakeDebugger:
    def __init__(self, channel: FakeChannel) -> None:
        self._channel = channel

    def sm_errors(self) -> list[SmState]:
        return self._channel.sm_states

    def mmu_faults(self) -> list[DebuggerFault]:
        return self._channel.mmu_faults

    def recovery_deferred(self) -> bool:
        return False


class FakeManager:
    """One fake GPU's resource manager. `gpu` is set by `fake_gpu.FakeGpu`.

    Args:
        window_bytes: of video memory that the CPU may map in all; None for all of it.
    """

    engines = ("compute", "copy")

    def __init__(self, facts: GpuFacts = H100, window_bytes: int | None = None) -> None:
        self.facts = facts
        self.sees_all_video = window_bytes is None
        self.window_bytes = window_bytes
        self.seen_bytes = 0
        self.memories: list[FakeMemory] = []
        self.spaces: list[FakeSpace] = []
        self.groups: list[FakeGroup] = []
        self.channels: list[FakeChannel] = []
        self.complaints: list[str] = []
        self.ioctl_seconds = 0.0
        self.closed = False
        self.gpu = None
        self._handle = 0xCAFE0000
        self._token = FIRST_TOKEN
        self._doorbell = Pages(64 << 10)
        ctypes.memset(self._doorbell.address, 0, 64 << 10)
        self.doorbell = FakeCpuMapping(self._doorbell)
        self.bell = ctypes.c_uint32.from_address(self.doorbell.address + DOORBELL_OFFSET)
        self.work_doorbell = (self.doorbell.address + DOORBELL_OFFSET, 0)
        self.clock_address = self.doorbell.address + TIME_LOW
        self.time_low = ctypes.c_uint32.from_address(self.doorbell.address + TIME_LOW)
        self.time_high = ctypes.c_uint32.from_address(self.doorbell.address + TIME_HIGH)

    def take_window(self, size_bytes: int) -> None:
        """Video memory is mapped; what was once mapped counts for ever."""
        self.seen_bytes += size_bytes
        if self.window_bytes is not None and self.seen_bytes > self.window_bytes:
            raise OutOfAddressSpace("BAR1 has no room", pinned_bytes=self.seen_bytes)

    def complain(self, text: str) -> None:
        self.complaints.append(text)

    def next_handle(self) -> int:
        self._handle += 1
        return self._handle

    def next_token(self) -> int:
        self._token += 1
        return self._token

    def was_issued(self, token: int) -> bool:
        """Whether a channel has this token, or had it: it may have been closed right after its doorbell."""
        return FIRST_TOKEN < token <= self._token

    @property
    def video_bytes(self) -> int:
        """Video memory that is allocated now."""
        return sum(memory.size_bytes for memory in self.memories if memory.aperture == "video")

    def video_memory(
        self, size_bytes: int, page_size_bytes: int | None = None, contiguous: bool = False
    ) -> FakeMemory:
        self._check()
        page = page_size_bytes or (2 * MIB if size_bytes >= 2 * MIB else PAGE_BYTES)
        free = self.facts.vram_bytes - self.video_bytes
        if size_bytes <= 0:
            raise UsageError("memory has at least one byte", size_bytes=size_bytes)
        if size_bytes > free:
            raise OutOfVram(f"{size_bytes} bytes of video memory are not free", free_bytes=free)
        return FakeMemory(self, size_bytes, "video", page)

    def host_memory(
        self, size_bytes: int, cached: bool = True, page_size_bytes: int | None = None
    ) -> FakeMemory:
        self._check()
        if size_bytes <= 0:
            raise UsageError("memory has at least one byte", size_bytes=size_bytes)
        return FakeMemory(self, size_bytes, "host", page_size_bytes or PAGE_BYTES)

    def address_space(self) -> FakeSpace:
        self._check()
        return FakeSpace(self)

    def channel_group(
        self, space: FakeSpace, engine: str = "compute", copy_engine: int | None = None
    ) -> FakeGroup:
        self._check()
        return FakeGroup(self, space, engine)

    def leave_alone(self, channel: FakeChannel) -> None:
        """Wait until the GPU does not touch a channel any more."""
        if self.gpu is not None:
            self.gpu.remove(channel)

    def _check(self) -> None:
        if self.closed:
            raise Freed("the resource manager was closed")

    def close(self) -> None:
        if self.closed:
            return
        for group in list(self.groups):
            group.close()
        self.closed = True
        if self.gpu is not None:
            self.gpu.end()
