"""Channels over RPC. What the CPU's side of RM does for an ioctl is ours here: the channel's memory, its
number, its token, and its error notifier.

Facts: nouveau:nvkm/subdev/gsp/rm/r535/fifo.c, OGKM:src/nvidia/src/kernel/gpu/fifo/kernel_channel.c,
OGKM:alloc/alloc_channel.h; the token's fields: OGKM:swref/published/hopper/gh100/dev_ctrl.h.
"""

from __future__ import annotations

import contextlib
import struct
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from barewire.abi.layout import Struct
from barewire.errors import BarewireError, EngineMissing, ResourceError, UsageError
from barewire.rm import names
from barewire.rm.channels import USERD_BYTES, Channel, ChannelGroup, ChannelPlace, MmuFaultInfo
from barewire.rm.external_space import ExternalAddressSpace
from barewire.rm.rpc_graphics import GraphicsContext
from barewire.rm.rpc_place import INSTANCE_BYTES, PAGE_BYTES, RAMFC_BYTES, cleared, describe, userd_flags
from barewire.rounding import round_up

if TYPE_CHECKING:
    from barewire.rm.rpc import RpcResourceManager

CHANNELS_PER_RUNLIST = 2048
FIRST_CHANNEL_ID = 1  # 0 is the firmware's
TOKEN_RUNLIST_SHIFT = 16
CHANNEL_ID_MASK = 0xFFF

# NvNotification: time in ns, info32, info16; the status is written after them (OGKM:nvgputypes.h).
NOTIFICATION = struct.Struct("<QIH")
NOTIFIER_STATUS = struct.Struct("<H")
STATUS_ERROR = 0xFFFF
MOST_LINES = 8  # of what RM says of one error


class ChannelIds:
    """The numbers of the channels on each runlist."""

    def __init__(self) -> None:
        self._taken: dict[int, set[int]] = {}
        self._lock = threading.Lock()

    def take(self, runlist: int) -> int:
        """The lowest number that is free.

        Raises:
            ResourceError: the runlist is full.
        """
        with self._lock:
            taken = self._taken.setdefault(runlist, set())
            for number in range(FIRST_CHANNEL_ID, CHANNELS_PER_RUNLIST):
                if number not in taken:
                    taken.add(number)
                    return number
        raise ResourceError(
            "this engine has no channel left", hint="Close queues and channels.", runlist=runlist
        )

    @property
    def taken(self) -> int:
        """How many are taken."""
        with self._lock:
            return sum(map(len, self._taken.values()))

    def give_back(self, runlist: int, number: int) -> None:
        """Let somebody else have it."""
        with self._lock:
            self._taken[runlist].discard(number)


class RpcChannelGroup(ChannelGroup):
    """Channels that are scheduled together.

    Attributes:
        runlist: of the engine.
        context: of the graphics engine, which its channels share; None where they are for copies.
    """

    rm: RpcResourceManager

    def __init__(
        self, rm: RpcResourceManager, space: Any, engine: str, copy_engine: int | None = None
    ) -> None:
        if engine not in rm.engines:
            raise EngineMissing(
                f"this GPU has no engine for {engine}", expected=", ".join(rm.engines), engine=engine
            )
        self.context: GraphicsContext | None = None
        if engine == "compute":
            if not isinstance(space, ExternalAddressSpace):
                raise UsageError(
                    "a channel for compute wants page tables of ours, in which its context can be mapped",
                    hint='rm.address_space(tables="own") makes one.',
                )
            rm.graphics.prepare()
        super().__init__(rm, space, engine, copy_engine)
        self.runlist = rm.runlist_of(self.engine_type)
        if engine == "compute":
            try:
                self.context = GraphicsContext(rm.graphics, space)
            except BaseException:
                rm.client.quietly(self.close)
                raise

    def _make(self, place: ChannelPlace) -> Channel:
        return RpcChannel(self, place)

    def _free(self, errors: list[BarewireError]) -> None:
        """Its channels, itself, then the context that they had."""
        super()._free(errors)
        if self.context is not None:
            client = self.rm.client
            client.attempt(errors, client.when_gone, self.handle, self.context.close)


class RpcChannel(Channel):
    """A GPFIFO channel.

    Attributes:
        channel_id: its number on its runlist.
        last_text: the last lines that RM said of its error, in RM's words; empty while it said nothing.
    """

    rm: RpcResourceManager
    group: RpcChannelGroup

    def __init__(self, group: RpcChannelGroup, place: ChannelPlace) -> None:
        self.last_text = ""
        self._said: deque[str] = deque(maxlen=MOST_LINES)
        self._fault: MmuFaultInfo | None = None
        self._dead = False
        self._notified = threading.Lock()
        self._memory: Any = None
        self.group = group
        self.rm = rm = group.rm
        with contextlib.ExitStack() as undo:
            self._methods_bytes = rm.method_buffer_bytes
            self.channel_id = rm.channel_ids.take(group.runlist)
            self.handle = rm.client.new_handle()
            undo.callback(rm.client.when_gone, self.handle, self._give_back)
            self._memory = cleared(rm, INSTANCE_BYTES + self._methods_bytes)
            undo.callback(self._forget_object)  # RM may have it, whatever becomes of its answer
            super().__init__(group, place)
            self.rm.client.ask(self.handle, "BIND", engineType=group.engine_type)
            if group.context is not None:
                group.context.promote(self.handle)
            self._notifier = place.notifier_memory.map_cpu() if place.notifier_memory else None
            self.rm.watch.add(self)
            undo.pop_all()

    def _give_back(self) -> None:
        """Its number and its memory, once RM has let go of them."""
        if self._memory is not None:
            self._memory.close()
        self.rm.channel_ids.give_back(self.group.runlist, self.channel_id)

    def _allocate(self, params: Struct) -> int:
        return self.rm.client.alloc(self.group.handle, self.class_id, params, self.handle)

    def _forget_object(self) -> None:
        """Free the channel in RM, after a step of making it has failed."""
        if self in self.group.channels:
            self.group.channels.remove(self)
        self.rm.client.quietly(self.rm.client.free, self.handle)

    def _parameters(self, place: ChannelPlace) -> Struct:
        params = self.rm.client.abi.new(
            "NV_CHANNELGPFIFO_ALLOCATION_PARAMETERS",
            gpFifoOffset=place.ring_gpu_va,
            gpFifoEntries=place.ring_entries,
            flags=userd_flags(self.channel_id),
            hContextShare=self.group.share_handle,
            engineType=self.group.engine_type,
            internalFlags=names.CHANNEL_PRIVILEGE_USER
            | names.CHANNEL_NO_ERROR_NOTIFIER
            | names.CHANNEL_NO_ECC_NOTIFIER,
        )
        own = self._memory
        describe(params, "instanceMem", own, 0, INSTANCE_BYTES)
        describe(params, "ramfcMem", own, 0, RAMFC_BYTES)
        describe(params, "userdMem", place.userd_memory, place.userd_offset, USERD_BYTES)
        describe(params, "mthdbufMem", own, INSTANCE_BYTES, self._methods_bytes)
        return params

    @property
    def token(self) -> int:
        """What is written to the doorbell: RM knows the channel's number, the runlist is the CPU's part."""
        if self._token is None:
            answer = self.rm.client.ask(self.handle, "GPFIFO_GET_WORK_SUBMIT_TOKEN")["workSubmitToken"]
            self._token = self.group.runlist << TOKEN_RUNLIST_SHIFT | answer & CHANNEL_ID_MASK
        return self._token

    def mmu_fault_info(self) -> MmuFaultInfo | None:
        """The last MMU fault of this channel, as the event of its death told."""
        self.check()
        return self._fault

    # What the watch tells

    def said(self, text: str) -> None:
        """RM has words for an error of this channel; they come before its end."""
        if not self._dead:
            self._said.append(text)
            self.last_text = "; ".join(self._said)

    def died(self, xid: int, engine_type: int, fault: MmuFaultInfo | None) -> None:
        """RM has taken the channel down: the notifier is written, its status last. The first error stays."""
        with self._notified:
            if self._notifier is None or self.closed or self._dead:
                return
            self._dead = True
            self._fault = fault
            view = self._notifier.view
            NOTIFICATION.pack_into(view, 0, time.time_ns(), xid, engine_type & 0xFFFF)
            NOTIFIER_STATUS.pack_into(view, NOTIFICATION.size, STATUS_ERROR)

    def _free(self, errors: list[BarewireError]) -> None:
        """Its objects, itself, then its memory."""
        client = self.rm.client
        client.attempt(errors, self.rm.watch.remove, self)
        self.rm.settle_doorbell()  # its number may be another channel's soon
        super()._free(errors)
        with self._notified:
            notifier, self._notifier = self._notifier, None
        if notifier is not None:
            client.attempt(errors, notifier.close)
        client.attempt(errors, client.when_gone, self.handle, self._give_back)


def method_buffer_bytes(client: Any) -> int:
    """How much memory a channel needs for the methods of a copy that faulted, in whole pages."""
    size = client.ask(client.subdevice, "CE_GET_FAULT_METHOD_BUFFER_SIZE")["size"]
    return round_up(max(size, 1), PAGE_BYTES)
