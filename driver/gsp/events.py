"""What GSP says unasked, decoded.

Facts: OGKM:570.144:src/nvidia/generated/g_rpc-structures.h; which call the receiver of each makes:
OGKM:kernel_gsp.c (_kgspProcessRpcEvent).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from barewire.abi.layout import Abi, Struct
from barewire.gsp.element import Message
from barewire.gsp.functions import Event, name_of


@dataclass(frozen=True)
class GspEvent:
    """Any event.

    Attributes:
        function: its number.
        raw: its payload.
        result: 0, or what went wrong on GSP's side.
    """

    function: int
    raw: bytes = field(repr=False)
    result: int = field(default=0, kw_only=True)

    @property
    def name(self) -> str:
        """The event's name; an unknown one prints as its number."""
        return name_of(self.function)


@dataclass(frozen=True)
class Unknown(GspEvent):
    """An event that is not decoded, or too short for what it is named."""


@dataclass(frozen=True)
class InitDone(GspEvent):
    """The resource manager is up."""


@dataclass(frozen=True)
class RunCpuSequencer(GspEvent):
    """Steps that the CPU has to do for GSP; `sequencer.parse` reads `raw`."""


@dataclass(frozen=True)
class PostEvent(GspEvent):
    """Something happened that the driver asked to be told of.

    Attributes:
        client, event: handles of who asked.
        notify_index: what happened, as the event's class numbers it.
        data, info16, status: of it.
        details: what else came with it.
    """

    client: int
    event: int
    notify_index: int
    data: int
    info16: int
    status: int
    details: bytes


@dataclass(frozen=True)
class RcTriggered(GspEvent):
    """A channel was torn down ("robust channels").

    Attributes:
        engine_type: NV2080_ENGINE_TYPE_*.
        channel_id: within its runlist.
        level: of the exception.
        xid: NVIDIA's number of what went wrong.
        scope: which channels are gone.
        fault_gpu_va: of an MMU fault, else 0.
        fault_type: of an MMU fault, else 0.
    """

    engine_type: int
    channel_id: int
    level: int
    xid: int
    scope: int
    fault_gpu_va: int
    fault_type: int


@dataclass(frozen=True)
class MmuFaultQueued(GspEvent):
    """There is a fault in the buffer of MMU faults."""


@dataclass(frozen=True)
class OsErrorLog(GspEvent):
    """The text that a kernel driver would log.

    Attributes:
        xid: NVIDIA's number of what went wrong.
        runlist_id, channel_id: where.
        text: what.
    """

    xid: int
    runlist_id: int
    channel_id: int
    text: str


@dataclass(frozen=True)
class LibosPrint(GspEvent):
    """Output of one of the GPU's processors.

    Attributes:
        engine: which processor.
        data: what it wrote: binary records.
    """

    engine: int
    data: bytes


@dataclass(frozen=True)
class LockdownNotice(GspEvent):
    """The GPU locks itself up for confidential computing, or lets go."""

    engaging: bool


@dataclass(frozen=True)
class NocatRecord(GspEvent):
    """A record for the vendor's crash reports; binary."""


def _post_event(function: int, raw: bytes, head: Struct) -> GspEvent:
    start, _, _ = head.layout.place("eventData", None)
    return PostEvent(
        function,
        raw,
        client=head["hClient"],
        event=head["hEvent"],
        notify_index=head["notifyIndex"],
        data=head["data"],
        info16=head["info16"],
        status=head["status"],
        details=raw[start : start + head["eventDataSize"]],
    )


def _rc_triggered(function: int, raw: bytes, head: Struct) -> GspEvent:
    return RcTriggered(
        function,
        raw,
        engine_type=head["nv2080EngineType"],
        channel_id=head["chid"],
        level=head["exceptLevel"],
        xid=head["exceptType"],
        scope=head["scope"],
        fault_gpu_va=head["mmuFaultAddrHi"] << 32 | head["mmuFaultAddrLo"],
        fault_type=head["mmuFaultType"],
    )


def _error_log(function: int, raw: bytes, head: Struct) -> GspEvent:
    return OsErrorLog(
        function,
        raw,
        xid=head["exceptType"],
        runlist_id=head["runlistId"],
        channel_id=head["chid"],
        text=head.text("errString"),
    )


def _libos_print(function: int, raw: bytes, head: Struct) -> GspEvent:
    start, _, _ = head.layout.place("libosPrintBuf", None)
    return LibosPrint(
        function, raw, engine=head["ucodeEngDesc"], data=raw[start : start + head["libosPrintBufSize"]]
    )


def _lockdown(function: int, raw: bytes, head: Struct) -> GspEvent:
    return LockdownNotice(function, raw, engaging=bool(head["bLockdownEngaging"]))


# Events whose payload is not looked into.
_PLAIN: dict[int, type[GspEvent]] = {
    Event.INIT_DONE: InitDone,
    Event.RUN_CPU_SEQUENCER: RunCpuSequencer,
    Event.MMU_FAULT_QUEUED: MmuFaultQueued,
    Event.GSP_POST_NOCAT_RECORD: NocatRecord,
}
# Event -> the structure that its payload begins with, and what makes it of that.
_DECODED: dict[int, tuple[str, Callable[[int, bytes, Struct], GspEvent]]] = {
    Event.POST_EVENT: ("rpc_post_event_v17_00", _post_event),
    Event.RC_TRIGGERED: ("rpc_rc_triggered_v17_02", _rc_triggered),
    Event.OS_ERROR_LOG: ("rpc_os_error_log_v17_00", _error_log),
    Event.UCODE_LIBOS_PRINT: ("rpc_ucode_libos_print_v1E_08", _libos_print),
    Event.GSP_LOCKDOWN_NOTICE: ("rpc_gsp_lockdown_notice_v17_00", _lockdown),
}


def decode(abi: Abi, message: Message) -> GspEvent:
    """An event from a message; one that is unknown or too short stays as it came."""
    event = _decode(abi, message.function, message.payload)
    return replace(event, result=message.result) if message.result else event


def _decode(abi: Abi, function: int, payload: bytes) -> GspEvent:
    if function in _PLAIN:
        return _PLAIN[function](function, payload)
    if function not in _DECODED:
        return Unknown(function, payload)
    struct_name, make = _DECODED[function]
    layout = abi.struct(struct_name)
    if len(payload) < layout.size_bytes:
        return Unknown(function, payload)
    return make(function, payload, layout.over(payload[: layout.size_bytes]))
