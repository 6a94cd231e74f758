"""Channel groups and channels of RM.

Facts: OGKM:src/common/sdk/nvidia/inc/alloc/alloc_channel.h, OGKM:ctrl/ctrl{906f,a06c,a06f,c36f}.h,
OGKM:src/nvidia/src/kernel/gpu/fifo/kernel_channel.c; the order of the end: children before groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from barewire.abi.layout import Struct
from barewire.errors import BarewireError, RmError, UsageError
from barewire.memory.va import END_VA
from barewire.rm import names
from barewire.rm.object import HeldMemory, Manager, RmObject, expect_space

if TYPE_CHECKING:
    from barewire.rm.debugger import Debugger

USERD_BYTES = 512
MAX_PREEMPT_TIMEOUT_S = 1.0


class MmuFaultInfo(NamedTuple):
    """The last MMU fault of a channel, as RM remembers it.

    Attributes:
        gpu_va: the address that was accessed.
        fault_type: number of the fault type; `text` is RM's word for it.
        shader_program_vas: where the programs of the shader stages are that were set up then; zero where
        there is none.
    """

    gpu_va: int
    fault_type: int
    text: str
    shader_program_vas: tuple[int, ...]


class ChannelPlace(NamedTuple):
    """Where a channel is: see `ChannelGroup.channel`."""

    ring_gpu_va: int
    ring_entries: int
    userd_memory: HeldMemory
    userd_offset: int
    notifier_memory: HeldMemory | None
    buffer_memory: HeldMemory | None

    def check(self) -> None:
        """Refuse what no channel can be in."""
        for memory in (self.userd_memory, self.notifier_memory, self.buffer_memory):
            if memory is not None:
                memory.check()
        if self.ring_entries < 2 or self.ring_entries & (self.ring_entries - 1):
            raise UsageError("a GPFIFO ring has a power of two of entries", ring_entries=self.ring_entries)
        if self.ring_gpu_va % 8 or self.ring_gpu_va + 8 * self.ring_entries > END_VA:
            raise UsageError(
                "a GPFIFO ring lies below 2^40 at a multiple of 8 bytes", ring_gpu_va=self.ring_gpu_va
            )
        if self.userd_offset % USERD_BYTES or self.userd_offset + USERD_BYTES > self.userd_memory.size_bytes:
            raise UsageError("USERD is 512 bytes at a multiple of that", userd_offset=self.userd_offset)


class ChannelGroup(RmObject):
    """Channels that are scheduled together, on one engine.

    Attributes:
        handle, engine ("compute" or "copy"), engine_type (NV2080_ENGINE_TYPE_*), copy_engine (number or
        None), channels.
    """

    kind = "channel group"

    def __init__(self, rm: Manager, space: Any, engine: str, copy_engine: int | None = None) -> None:
        expect_space(space, rm)
        space.check()
        if engine == "compute":
            self.engine_type = names.ENGINE_GR0
        elif engine == "copy":
            engines = rm.facts.copy_engines
            if copy_engine is None and not engines:
                raise UsageError("this GPU has no copy engine with a runlist of its own")
            copy_engine = engines[0] if copy_engine is None else copy_engine
            self.engine_type = names.copy_engine_type(copy_engine)
        else:
            raise UsageError('an engine is "compute" or "copy"', engine=engine)
        client = rm.client
        self.rm = rm
        self.space = space
        self.engine = engine
        self.copy_engine = copy_engine
        self.channels: list[Channel] = []
        self.scheduled = False
        self.closed = False
        self.share_handle = 0
        params = client.abi.new(
            "NV_CHANNEL_GROUP_ALLOCATION_PARAMETERS", hVASpace=space.handle, engineType=self.engine_type
        )
        self.handle = client.alloc(client.device, names.KEPLER_CHANNEL_GROUP_A, params)
        if engine == "compute":
            share = client.abi.new(
                "NV_CTXSHARE_ALLOCATION_PARAMETERS", hVASpace=space.handle, flags=names.CTXSHARE_ASYNC
            )
            try:
                self.share_handle = client.alloc(self.handle, names.FERMI_CONTEXT_SHARE_A, share)
            except BaseException:
                client.quietly(client.free, self.handle)
                raise
        space.groups.add(self)

    def channel(
        self,
        ring_gpu_va: int,
        ring_entries: int,
        userd_memory: HeldMemory,
        userd_offset: int,
        notifier_memory: HeldMemory | None = None,
        buffer_memory: HeldMemory | None = None,
    ) -> Channel:
        """A GPFIFO channel.

        Args:
            ring_gpu_va: of the GPFIFO ring, 8 bytes an entry.
            ring_entries: a power of two.
            userd_memory, userd_offset: where its 512 bytes of USERD are.
            notifier_memory: RM writes the error notifier (NvNotification[3]) to its start.
            buffer_memory: what RM is told the ring lies in; the address space's virtual object if not given.
        """
        place = ChannelPlace(
            ring_gpu_va, ring_entries, userd_memory, userd_offset, notifier_memory, buffer_memory
        )
        return self._make(place)

    def _make(self, place: ChannelPlace) -> Channel:
        return Channel(self, place)

    def schedule(self, enable: bool = True) -> None:
        """Let Host run its channels (or not)."""
        self.check()
        self.rm.client.ask(self.handle, "GROUP_GPFIFO_SCHEDULE", bEnable=int(enable))
        self.scheduled = enable

    def preempt(self, timeout_s: float = 1.0) -> None:
        """Take it off the engine and wait until that is done, at most a second.

        Raises:
            RmError: it could not be preempted in time.
        """
        self.check()
        if not 0 < timeout_s <= MAX_PREEMPT_TIMEOUT_S:
            raise UsageError("a preemption waits up to one second", timeout_s=timeout_s)
        timeout_us = max(1, int(timeout_s * 1e6))
        self.rm.client.ask(self.handle, "GROUP_PREEMPT", bWait=1, bManualTimeout=1, timeoutUs=timeout_us)

    def set_timeslice(self, microseconds: int) -> None:
        """How long it runs while another group of its runlist waits."""
        self.check()
        self.rm.client.ask(self.handle, "GROUP_SET_TIMESLICE", timesliceUs=microseconds)

    def _free(self, errors: list[BarewireError]) -> None:
        """Its channels, then itself."""
        client = self.rm.client
        for channel in list(self.channels):
            client.attempt(errors, channel.close)
        if self.share_handle:
            client.attempt(errors, client.free, self.share_handle)
        client.attempt(errors, client.free, self.handle)


class Channel(RmObject):
    """A GPFIFO channel. Ring no doorbell of it once it is closed.

    Attributes:
        handle, class_id, group.
        object_handle: of the compute or copy object, once engine_object() was called; else 0.
    """

    kind = "channel"

    def __init__(self, group: ChannelGroup, place: ChannelPlace) -> None:
        group.check()
        place.check()
        self.group = group
        self.rm = group.rm
        self.class_id = self.rm.facts.classes.gpfifo
        self.object_handle = 0
        self.closed = False
        self._token: int | None = None
        self._debugger: Debugger | None = None
        # Referred to for as long as the channel lives, so that its memory is not freed under it.
        self._place: ChannelPlace | None = place
        self.handle = self._allocate(self._parameters(place))
        group.channels.append(self)

    def _allocate(self, params: Struct) -> int:
        """The channel's handle."""
        return self.rm.client.alloc(self.group.handle, self.class_id, params)

    def _parameters(self, place: ChannelPlace) -> Struct:
        """What RM is told."""
        buffer = place.buffer_memory
        params = self.rm.client.abi.new(
            "NV_CHANNEL_ALLOC_PARAMS",
            hObjectError=place.notifier_memory.handle if place.notifier_memory else 0,
            hObjectBuffer=buffer.handle if buffer else self.group.space.virtual_handle,
            gpFifoOffset=place.ring_gpu_va,
            gpFifoEntries=place.ring_entries,
            hContextShare=self.group.share_handle,
            engineType=self.group.engine_type,
        )
        params["hUserdMemory", 0] = place.userd_memory.handle
        params["userdOffset", 0] = place.userd_offset
        return params

    def engine_object(self, class_id: int | None = None) -> int:
        """Make the compute or copy object that its methods go to; returns the handle."""
        self.check()
        client, facts = self.rm.client, self.rm.facts
        params = None
        if self.group.engine == "copy":
            class_id = facts.classes.copy if class_id is None else class_id
            params = client.abi.new(
                "NVB0B5_ALLOCATION_PARAMETERS", version=1, engineType=self.group.engine_type
            )
        else:
            class_id = facts.classes.compute if class_id is None else class_id
        self.object_handle = client.alloc(self.handle, class_id, params)
        return self.object_handle

    def set_compute_preemption_cilp(self) -> None:
        """Let the GPU save a kernel between any two instructions, so that an endless one can be taken off."""
        self.check()
        self.rm.client.ask(
            self.rm.client.subdevice,
            "GR_SET_CTXSW_PREEMPTION_MODE",
            flags=names.CILP_SET,
            hChannel=self.handle,
            cilpPreemptMode=names.COMPUTE_CILP,
        )

    @property
    def token(self) -> int:
        """What is written to the doorbell for this channel; asked once, after the group was scheduled."""
        if self._token is None:
            self.check()
            answer = self.rm.client.ask(self.handle, "GPFIFO_GET_WORK_SUBMIT_TOKEN")
            self._token = answer["workSubmitToken"]
        return self._token

    def debugger(self) -> Debugger:
        """The debugger object of this channel's compute object; made at the first call."""
        self.check()
        if self._debugger is None:
            from barewire.rm.debugger import Debugger

            self._debugger = Debugger(self)
        return self._debugger

    def mmu_fault_info(self) -> MmuFaultInfo | None:
        """The last MMU fault of this channel; None where RM knows of none."""
        self.check()
        try:
            answer = self.rm.client.ask(self.handle, "GET_MMU_FAULT_INFO")
        except RmError as error:
            if error.status_name in ("NV_ERR_OBJECT_NOT_FOUND", "NV_ERR_INVALID_STATE"):
                return None
            raise
        gpu_va = answer["addrHi"] << 32 | answer["addrLo"]
        programs = tuple(answer["shaderProgramVA", index] for index in range(7))
        text = answer.text("faultString")
        if not gpu_va and not text and not answer["faultType"]:
            return None
        return MmuFaultInfo(gpu_va, answer["faultType"], text, programs)

    def stop(self, immediately: bool = True) -> None:
        """Take it off its runlist for good, whatever it is doing; close it then."""
        self.check()
        self.rm.client.ask(self.handle, "STOP_CHANNEL", bImmediate=int(immediately))

    def _free(self, errors: list[BarewireError]) -> None:
        """Its objects, then itself."""
        client = self.rm.client
        if self in self.group.channels:
            self.group.channels.remove(self)
        if self._debugger is not None:
            client.attempt(errors, client.free, self._debugger.handle)
        if self.object_handle:
            client.attempt(errors, client.free, self.object_handle)
        client.attempt(errors, client.free, self.handle)
        self._place = None
