"""What firmware says unasked: errors of channels, texts for the log, and notifications that were asked for.

Facts: OGKM:src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c (who reads them),
g_rpc-structures.h, cl2080_notification.h.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from barewire.softgpu.gsp import rpc_structs as structs
from barewire.softgpu.gsp.objects import EventObject, Kind, Subdevice

if TYPE_CHECKING:
    from barewire.softgpu.gsp.resman import ResourceManager

NOTIFIER_RC_ERROR = 37  # NV2080_NOTIFIERS_RC_ERROR
NOTIFIER_SWITCH_TIMEOUT = 140  # NV2080_NOTIFIERS_CTXSW_TIMEOUT
NOTIFIERS = 197  # NV2080_NOTIFIERS_MAXCOUNT of 570.144
NO_CHANNEL = 0xFFFFFFFF
SCOPE_GROUP = 1  # RC_NOTIFIER_SCOPE_TSG
NO_PARTITION = 0xE9  # what bare metal sends as partitionAttributionId


class Event(IntEnum):
    """Functions of events."""

    POST_EVENT = 0x1003
    RC_TRIGGERED = 0x1004
    MMU_FAULT_QUEUED = 0x1005
    OS_ERROR_LOG = 0x1006


class Action(IntEnum):
    """NV2080_CTRL_EVENT_SET_NOTIFICATION_ACTION."""

    DISABLE = 0
    SINGLE = 1
    REPEAT = 2


class Events:
    """The way to the status queue.

    Args:
        rm: whose events they are.
    """

    def __init__(self, rm: ResourceManager) -> None:
        self._rm = rm

    def fault_queued(self) -> None:
        """A fault is in the buffer that firmware keeps."""
        self._send(Event.MMU_FAULT_QUEUED, b"")

    def error_log(self, xid: int, text: str, runlist: int = NO_CHANNEL, chid: int = NO_CHANNEL) -> None:
        """A line for the system's log: an Xid and what it says."""
        record = structs.OS_ERROR_LOG.new(
            exceptType=xid, runlistId=runlist, chid=chid, errString=text.encode("ascii", "replace")[:255]
        )
        self._send(Event.OS_ERROR_LOG, record.to_bytes())

    def robust_channel(
        self, engine_2080: int, chid: int, xid: int, fault: tuple[int, int] | None = None
    ) -> None:
        """A channel was taken down by an error.

        Args:
            engine_2080: NV2080 type of the channel's engine.
            chid: its number on the runlist of that engine.
            xid: why.
            fault: GPU address and fault type, if it was one of the MMU.
        """
        gpu_va, fault_type = fault if fault is not None else (0, 0)
        record = structs.RC_TRIGGERED.new(
            nv2080EngineType=engine_2080,
            chid=chid,
            exceptType=xid,
            scope=SCOPE_GROUP,
            partitionAttributionId=NO_PARTITION,
            mmuFaultAddrLo=gpu_va & 0xFFFFFFFF,
            mmuFaultAddrHi=gpu_va >> 32,
            mmuFaultType=fault_type,
        )
        self._send(Event.RC_TRIGGERED, record.to_bytes())

    def notify(self, index: int, info32: int = 0, info16: int = 0) -> None:
        """Tell everybody who asked for a notifier of a subdevice."""
        for client in list(self._rm.tree.clients.values()):
            for found in list(client.objects.values()):
                if isinstance(found, EventObject) and found.index == index and self._wanted(found, index):
                    self._post(found, info32, info16)

    def _wanted(self, event: EventObject, index: int) -> bool:
        """Whether its subdevice has the notifier on; one that was on for once is off then."""
        source = event.source
        if source is None or source.freed:
            return False
        subdevice = source.above(Kind.SUBDEVICE)
        if not isinstance(subdevice, Subdevice):
            return False
        action = subdevice.actions.get(index, Action.DISABLE)
        if action == Action.SINGLE:
            subdevice.actions[index] = Action.DISABLE
        return action != Action.DISABLE

    def _post(self, event: EventObject, info32: int, info16: int) -> None:
        record = structs.POST_EVENT.new(
            hClient=event.client.handle,
            hEvent=event.handle,
            notifyIndex=event.index,
            data=info32,
            info16=info16,
        )
        self._send(Event.POST_EVENT, record.to_bytes())

    def _send(self, function: Event, payload: bytes) -> None:
        self._rm.gpu.firmware.post_event(int(function), payload)
