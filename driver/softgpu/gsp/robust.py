"""Errors of channels: the channel and its group are taken down, and everybody concerned is told.

Facts: OGKM:src/nvidia/src/kernel/gpu/rc/kernel_rc_notification.c
(error notifiers), src/common/sdk/nvidia/inc/nverror.h. The texts are as the kernel driver's log has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from barewire.softgpu.engines import ENGINES
from barewire.softgpu.gsp import rpc_structs as structs
from barewire.softgpu.gsp.channels import ChannelObject, channels_of
from barewire.softgpu.gsp.debugger import takes_fatal_errors
from barewire.softgpu.gsp.events import NOTIFIER_RC_ERROR, NOTIFIER_SWITCH_TIMEOUT
from barewire.softgpu.gsp.graphics_contexts import FAULTS_KEPT, MmuFaultEntry
from barewire.softgpu.page_tables import Access, FaultType

if TYPE_CHECKING:
    from barewire.softgpu.gsp.resman import ResourceManager

XID_GRAPHICS = 13
XID_MMU_FAULT = 31
XID_PBDMA = 32
XID_CHANNEL_RESET = 43
XID_REMOVED = 45
XID_SWITCH_TIMEOUT = 109
NOTIFIER_ERROR = 0xFFFF
ERRORS_KEPT = 64
_TAG_RUNLIST_LOW = 24  # a channel in texts: runlist and number
_NO_PROCESS = 0xFFFFFFFF
_PAGE_BYTES = 4096
_NO_METHOD = ", Class 0000cbc0, Offset 00000000, Data 00000000"  # an exception that no method caused
# NV_PFB_PRI_MMU_FAULT_INFO: where it has what; the type comes first.
_INFO_CLIENT_LOW, _INFO_ACCESS_LOW, _INFO_HUB, _INFO_GPC_LOW, _INFO_VALID = 8, 16, 1 << 20, 24, 1 << 31
# What a debugger may keep from being dealt with.
_DEBUGGED_XIDS = (XID_GRAPHICS, XID_MMU_FAULT)

# NV_PFAULT_CLIENT_HUB_*: copy engines of the board, the high-speed ones from HSCE0 on.
_HUB_CLIENTS = {0x01: "CE0", 0x02: "CE1", 0x0C: "CE3", 0x18: "CE2"}
_HUB_HSCE0 = 0x20
_BY_FAULT_ID = {engine.fault_id: engine for engine in ENGINES}

FAULT_NAMES = {
    FaultType.PDE: "PDE",
    FaultType.PDE_SIZE: "PDE_SIZE",
    FaultType.PTE: "PTE",
    FaultType.VA_LIMIT: "VA_LIMIT_VIOLATION",
    FaultType.UNBOUND_INSTANCE: "UNBOUND_INST_BLOCK",
    FaultType.PRIVILEGE: "PRIV_VIOLATION",
    FaultType.READ_ONLY: "RO_VIOLATION",
    FaultType.WRITE_ONLY: "WO_VIOLATION",
    FaultType.PITCH_MASK: "PITCH_MASK_VIOLATION",
    FaultType.WORK_CREATION: "WORK_CREATION",
    FaultType.UNSUPPORTED_APERTURE: "UNSUPPORTED_APERTURE",
    FaultType.COMPRESSION: "COMPRESSION_FAILURE",
    FaultType.UNSUPPORTED_KIND: "UNSUPPORTED_KIND",
    FaultType.REGION: "REGION_VIOLATION",
    FaultType.POISONED: "POISONED",
    FaultType.ATOMIC: "ATOMIC_VIOLATION",
}
_ACCESS_NAMES = {
    Access.READ: "VIRT_READ",
    Access.WRITE: "VIRT_WRITE",
    Access.ATOMIC: "VIRT_ATOMIC_STRONG",
    Access.PREFETCH: "VIRT_PREFETCH",
    Access.ATOMIC_WEAK: "VIRT_ATOMIC",  # as an H100's log has it
    Access.PHYSICAL_READ: "PHYS_READ",
    Access.PHYSICAL_WRITE: "PHYS_WRITE",
    Access.PHYSICAL_ATOMIC: "PHYS_ATOMIC",
    Access.PHYSICAL_PREFETCH: "PHYS_PREFETCH",
}


class FaultFacts(Protocol):
    """What is known of an MMU fault.

    More may be there: `from_host` (the PBDMA's own access), `source.engine_id`, `source.client_id`, and
    `source.gpc` where the client is one of a cluster's and not one of the hub's.
    """

    @property
    def gpu_va(self) -> int:
        """The address."""

    @property
    def fault_type(self) -> FaultType:
        """Why."""

    @property
    def access(self) -> Access:
        """What was tried."""


@dataclass(frozen=True)
class ChannelErrorRecord:
    """An error that happened.

    Attributes:
        xid, text: as the log has them.
        runlist, chid: of the channel.
        time_ns: when.
    """

    xid: int
    text: str
    runlist: int
    chid: int
    time_ns: int


class RobustChannels:
    """What RM does when a channel fails.

    Attributes:
        errors: the newest errors, oldest first.
        count: of errors so far.
        enabled: whether a failed channel is taken down; a driver may turn that off.
    """

    def __init__(self, rm: ResourceManager) -> None:
        self._rm = rm
        self.errors: list[ChannelErrorRecord] = []
        self.count = 0
        self.enabled = True

    def channel_error(
        self,
        channel: Any,
        xid: int,
        fault: FaultFacts | None = None,
        text: str | None = None,
        lines: Sequence[str] = (),
    ) -> None:
        """Take a channel and its group down, and tell the driver.

        A debugger that wants fatal errors of the channel's grids keeps all of this from happening until it
        gives them up.

        Args:
            channel: (runlist, chid), RM's object, or anything with `runlist` and `chid` in itself or in its
                `setup`.
            xid: why.
            fault: the MMU's fault, if it is one.
            text: what the log says after the channel's number; made up from the rest if it is missing.
            lines: what the log says before that, each line as it is.
        """
        found = self.find(channel)
        if found is None:
            self._rm.gpu.report("error of an unknown channel", f"Xid {xid} of {channel!r}", xid=xid)
            return
        if fault is not None:
            found.fault = (_page(fault), int(fault.fault_type))
            _remember(found, fault)
            self._rm.events.fault_queued()
        deal = partial(self._deal_with, found, xid, fault, text, tuple(lines))
        if xid in _DEBUGGED_XIDS and not found.engine.is_copy and takes_fatal_errors(found):
            found.deferred = deal
            return
        deal()

    def resume(self, channel: ChannelObject) -> None:
        """Deal with the errors that a debugger kept back, if none wants them any more."""
        for member in channel.companions:
            deal = member.deferred
            if deal is not None and not takes_fatal_errors(member):
                member.deferred = None
                deal()

    def _deal_with(
        self, found: ChannelObject, xid: int, fault: FaultFacts | None, text: str | None, lines: Sequence[str]
    ) -> None:
        self._take_down(found, xid)
        for line in (*lines, f"{_prefix(found, xid)}{text or describe(found, xid, fault)}"):
            self._keep(ChannelErrorRecord(xid, line, found.runlist, found.chid, self._rm.gpu.clock.now_ns()))
            self._rm.events.error_log(xid, line, found.runlist, found.chid)
        self.count += 1
        facts = found.fault if fault is not None else None
        self._rm.events.robust_channel(found.engine.type_2080, found.chid, xid, facts)
        self._rm.events.notify(NOTIFIER_RC_ERROR, xid, found.engine.type_2080)
        if xid == XID_SWITCH_TIMEOUT:
            self._rm.events.notify(NOTIFIER_SWITCH_TIMEOUT, xid, found.engine.type_2080)

    def find(self, channel: Any) -> ChannelObject | None:
        """RM's object of a channel, by whatever names it."""
        if isinstance(channel, ChannelObject):
            return None if channel.freed else channel
        place = getattr(channel, "setup", channel)
        runlist, chid = place if isinstance(place, tuple) else (place.runlist, place.chid)
        for found in channels_of(self._rm):
            if (found.runlist, found.chid) == (runlist, chid):
                return found
        return None

    def _take_down(self, failed: ChannelObject, xid: int) -> None:
        for channel in failed.companions:
            if channel.xid:
                continue
            channel.xid = xid
            if self.enabled:
                channel.scheduled = False
                self._rm.scheduling.stop(channel)
            self._write_notifier(channel, xid)

    def write_removed(self, channel: ChannelObject, whole_group: bool) -> None:
        """Say in the error notifiers that a channel, or its group, was taken off for another's sake."""
        for other in channel.companions if whole_group else [channel]:
            self._write_notifier(other, XID_REMOVED)

    def _write_notifier(self, channel: ChannelObject, xid: int) -> None:
        """The channel's error notifier: the entry that a program polls, its status last."""
        if channel.notifier is None:
            return
        record = structs.NOTIFICATION.new(
            nanoseconds=self._rm.gpu.clock.now_ns(),
            info32=xid,
            info16=channel.engine.type_2080,
            status=NOTIFIER_ERROR,
        )
        self._rm.memory.write(channel.notifier, record.to_bytes())

    def _keep(self, error: ChannelErrorRecord) -> None:
        self.errors.append(error)
        del self.errors[:-ERRORS_KEPT]


def _remember(channel: ChannelObject, fault: FaultFacts) -> None:
    """Keep a fault for the debugger of the channel's GR context."""
    context, source = channel.context, getattr(fault, "source", None)
    entry = MmuFaultEntry(_page(fault), int(fault.fault_type), int(fault.access))
    context.faults = [*context.faults, entry][-FAULTS_KEPT:]
    gpc: int | None = getattr(source, "gpc", None)
    context.fault_info = (
        int(fault.fault_type)
        | getattr(source, "client_id", 0) << _INFO_CLIENT_LOW
        | int(fault.access) << _INFO_ACCESS_LOW
        | (_INFO_HUB if gpc is None else gpc << _INFO_GPC_LOW)
        | _INFO_VALID
    )


def _prefix(channel: ChannelObject, xid: int) -> str:
    process = channel.process_id or channel.client.process_id
    who = "'<unknown>'" if process in (0, _NO_PROCESS) else str(process)
    tag = channel.runlist << _TAG_RUNLIST_LOW | channel.chid
    what = "Graphics Exception: " if xid == XID_GRAPHICS else ""
    return f"pid={who}, name=<unknown>, {what}channel 0x{tag:08x}"


def describe(channel: ChannelObject, xid: int, fault: FaultFacts | None) -> str:
    """What the log says of an error after the channel's number."""
    if fault is not None:
        return ", intr 00000000. " + describe_fault(channel, fault)
    if xid == XID_GRAPHICS:
        return _NO_METHOD
    if xid == XID_PBDMA:
        return " intr0 00000000"
    if xid == channel.engine.xid and channel.engine.is_copy:
        return f", {channel.engine.name} error"
    return ""


def describe_fault(channel: ChannelObject, fault: FaultFacts) -> str:
    """An MMU fault in the words of the log."""
    engine, client = _who(channel, fault)
    at = f"0x{_page(fault) >> 32:x}_{_page(fault) & 0xFFFFFFFF:08x}"
    return (
        f"MMU Fault: ENGINE {engine} {client} faulted @ {at}."
        f" Fault is of type FAULT_{FAULT_NAMES[FaultType(fault.fault_type)]}"
        f" ACCESS_TYPE_{_ACCESS_NAMES[Access(fault.access)]}"
    )


def _page(fault: FaultFacts) -> int:
    """The address as a fault buffer has it: of its page (`H100:` the log, too)."""
    return fault.gpu_va & ~(_PAGE_BYTES - 1)


def _who(channel: ChannelObject, fault: FaultFacts) -> tuple[str, str]:
    """Names of the engine and of its client that faulted."""
    source = getattr(fault, "source", None)
    engine = channel.engine
    if source is not None:
        engine = _BY_FAULT_ID.get(source.engine_id, engine)
    name = f"CE{engine.instance}" if engine.is_copy else "GRAPHICS"
    if getattr(fault, "from_host", False):
        return f"{name if engine.is_copy else engine.name}_PBDMA0", "HUBCLIENT_ESC"
    if not engine.is_copy:
        return name, getattr(fault, "client_name", "GPCCLIENT_T1_0")
    number = source.client_id if source is not None else _HUB_HSCE0 + engine.instance
    return name, f"HUBCLIENT_{_HUB_CLIENTS.get(number) or f'HSCE{number - _HUB_HSCE0}'}"
