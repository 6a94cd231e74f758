"""Controls of channels and channel groups.

Facts: OGKM:ctrl{906f,a06f,a06c,c36f}.h,
src/nvidia/src/kernel/gpu/fifo/kernel_channel.c, kernel_channel_group_api.c.
"""

from __future__ import annotations

from typing import cast

from barewire.softgpu.engines import BY_2080_TYPE
from barewire.softgpu.gsp import control_structs as structs
from barewire.softgpu.gsp.channels import ChannelObject, GroupObject, channels_of
from barewire.softgpu.gsp.controls import Call, control
from barewire.softgpu.gsp.graphics_contexts import Mode
from barewire.softgpu.gsp.later import RM_TIMEOUT_S, Wait
from barewire.softgpu.gsp.objects import Kind
from barewire.softgpu.gsp.robust import FAULT_NAMES, XID_CHANNEL_RESET
from barewire.softgpu.gsp.status import Refused, Status
from barewire.softgpu.page_tables import FaultType

_RESET_REASONS = range(3)
_INTERLEAVE_LEVELS = range(3)
_PREEMPT_TIMEOUT_US_MAX = 1_000_000
_NO_FAULT = 0xFFFFFFFF


def _channel(call: Call) -> ChannelObject:
    return cast(ChannelObject, call.target)


def _group(call: Call) -> GroupObject:
    return cast(GroupObject, call.target)


def _schedule(call: Call, channel: ChannelObject, on: bool) -> None:
    """Onto the runlist, or off it.

    Raises:
        Refused: INVALID_STATE for a channel that an error took down.
    """
    if on and channel.xid:
        raise Refused(Status.INVALID_STATE, f"Xid {channel.xid} took the channel down")
    channel.scheduled = on
    if on:
        _report_unmapped_ring(call, channel)
    call.rm.scheduling.schedule(channel, on)


def _report_unmapped_ring(call: Call, channel: ChannelObject) -> None:
    """A ring that is not mapped faults with the first doorbell."""
    root = channel.vaspace.root if channel.vaspace is not None else None
    if root is None or call.rm.gpu.mmu.walk(root, channel.gpfifo_va).leaf is None:
        call.rm.gpu.report(
            "unmapped ring",
            "a channel was scheduled whose ring is not mapped",
            gpu_va=channel.gpfifo_va,
            handle=channel.handle,
        )


@control(0xA06F0104, Kind.CHANNEL, structs.BIND)
def channel_bind(call: Call) -> None:
    """Name the engine; it must be of the runlist that the channel has."""
    engine = BY_2080_TYPE.get(call.params.engineType)
    channel = _channel(call)
    if engine is None:
        raise Refused(Status.INVALID_ARGUMENT, f"no engine of type {call.params.engineType:#x}")
    if engine.runlist != channel.runlist:
        raise Refused(Status.INVALID_STATE, f"{engine.name} is not on runlist {channel.runlist}")
    channel.bound = True


@control(0xA06F0103, Kind.CHANNEL, structs.SCHEDULE)
def channel_schedule(call: Call) -> None:
    """Let a channel run, or not any more."""
    _schedule(call, _channel(call), bool(call.params.bEnable))


@control(0xA06F0112, Kind.CHANNEL, structs.STOP_CHANNEL)
def channel_stop(call: Call) -> Wait | None:
    """Take a channel off its engine and its runlist, at once or after waiting for its work.

    Raises:
        Refused: TIMEOUT where the engine does not let go of it in time, as an H100 answers; it stays then.
    """
    channel, scheduling = _channel(call), call.rm.scheduling

    def end(_: bool) -> None:
        if not scheduling.preempt(channel):
            raise Refused(Status.TIMEOUT, "the engine goes on")
        channel.scheduled = channel.bound = False
        scheduling.stop(channel)

    if not call.params.bImmediate and not scheduling.is_idle(channel):
        return Wait(lambda: scheduling.is_idle(channel), RM_TIMEOUT_S, end)
    if not scheduling.preempt(channel):
        return Wait(lambda: scheduling.preempt(channel), RM_TIMEOUT_S, end)
    end(True)
    return None


@control(0xA06F0108, Kind.CHANNEL, structs.SET_ERROR_NOTIFIER)
def channel_set_error_notifier(call: Call) -> None:
    """Write the error notifiers now: the channel was removed for another's sake."""
    call.rm.robust.write_removed(_channel(call), bool(call.params.bNotifyEachChannelInTSG))


@control(0xA06F0109, Kind.CHANNEL, structs.INTERLEAVE)
def channel_set_interleave_level(call: Call) -> None:
    """How often a channel gets its turn, in three levels."""
    _check_interleave(call)
    _channel(call).interleave = call.params.level


@control(0xA06F0111, Kind.CHANNEL, structs.RESTART_RUNLIST)
def channel_restart_runlist(call: Call) -> None:
    """Begin the runlist anew: whoever runs now makes room."""
    call.rm.scheduling.preempt(_channel(call))


@control(0xA06F0113, Kind.CHANNEL, structs.CONTEXT_ID)
def channel_get_context_id(call: Call) -> None:
    """A number of the channel's context."""
    channel = _channel(call)
    call.params.contextId = channel.runlist << 16 | channel.chid


@control(0xC36F0108, Kind.CHANNEL, structs.WORK_SUBMIT_TOKEN)
def channel_get_work_submit_token(call: Call) -> None:
    """What the doorbell takes, as far as firmware knows it: the driver adds the runlist."""
    call.params.workSubmitToken = _channel(call).chid


@control(0xC36F010A, Kind.CHANNEL, structs.NOTIFICATION_INDEX)
def channel_set_work_submit_token_notif_index(call: Call) -> None:
    """Which entry of the notifier array the token goes to: kept by the driver's half of RM."""


@control(0x906F0101, Kind.CHANNEL, structs.CLASS_ENGINE_ID)
def channel_get_class_engineid(call: Call) -> None:
    """What to put into SET_OBJECT for an object of the channel."""
    found = call.rm.tree.find(call.target.client.handle, call.params.hObject)
    if found.parent is not call.target:
        raise Refused(Status.INVALID_OBJECT_PARENT, f"{found.handle:#x} is not of this channel")
    call.params.classEngineID = call.params.classID = found.class_id
    call.params.engineID = _channel(call).engine.type_2080


@control(0x906F0102, Kind.CHANNEL, structs.RESET_CHANNEL)
def channel_reset(call: Call) -> None:
    """Take the channel down as an error would."""
    if call.params.resetReason not in _RESET_REASONS:
        raise Refused(Status.INVALID_PARAMETER, f"reason {call.params.resetReason}")
    call.rm.robust.channel_error(_channel(call), XID_CHANNEL_RESET)


@control(0x906F0105, Kind.CHANNEL, structs.DEFER_RC)
def channel_get_defer_rc_state(call: Call) -> None:
    """Whether an error of the channel waits for a debugger."""
    call.params.bDeferRCPending = int(_channel(call).deferred is not None)


@control(0x906F0106, Kind.CHANNEL, structs.MMU_FAULT_INFO)
def channel_get_mmu_fault_info(call: Call) -> None:
    """The last MMU fault of the channel."""
    fault = _channel(call).fault
    if fault is None:
        call.params.faultType = _NO_FAULT
        return
    gpu_va, fault_type = fault
    call.params.addrHi, call.params.addrLo = gpu_va >> 32, gpu_va & 0xFFFFFFFF
    call.params.faultType = fault_type
    call.params.faultString = f"FAULT_{FAULT_NAMES[FaultType(fault_type)]}".encode()


# Groups.


@control(0xA06C0101, Kind.GROUP, structs.SCHEDULE)
def group_schedule(call: Call) -> None:
    """Let all channels of a group run, or none."""
    for channel in _group(call).channels:
        _schedule(call, channel, bool(call.params.bEnable))


@control(0xA06C0102, Kind.GROUP, structs.BIND)
def group_bind(call: Call) -> None:
    """Name the engine; it must be of the group's runlist."""
    engine = BY_2080_TYPE.get(call.params.engineType)
    group = _group(call)
    if engine is None or engine.runlist != group.engine.runlist:
        raise Refused(Status.INVALID_ARGUMENT, f"engine {call.params.engineType:#x} is not of this group")
    for channel in group.channels:
        channel.bound = True


@control(0xA06C0103, Kind.GROUP, structs.TIMESLICE)
def group_set_timeslice(call: Call) -> None:
    """How long a group runs while others wait; zero counts as the shortest."""
    group = _group(call)
    group.timeslice_us = max(call.params.timesliceUs, 1)
    call.rm.scheduling.set_timeslice(group)


@control(0xA06C0104, Kind.GROUP, structs.TIMESLICE)
def group_get_timeslice(call: Call) -> None:
    """How long that is."""
    call.params.timesliceUs = _group(call).timeslice_us


@control(0xA06C0105, Kind.GROUP, structs.PREEMPT)
def group_preempt(call: Call) -> Wait | None:
    """Take a group off its engine; it goes on when its turn comes again.

    Raises:
        Refused: TIMEOUT where the engine does not let go of it in time.
    """
    if call.params.bManualTimeout and call.params.timeoutUs > _PREEMPT_TIMEOUT_US_MAX:
        raise Refused(Status.INVALID_ARGUMENT, f"{call.params.timeoutUs} us")
    channels, scheduling = _group(call).channels, call.rm.scheduling  # they leave together
    if not channels or scheduling.preempt(channels[0]) or not call.params.bWait:
        return None

    def end(left: bool) -> None:
        if not left:
            raise Refused(Status.TIMEOUT, "the engine goes on")

    timeout_s = call.params.timeoutUs / 1_000_000 if call.params.bManualTimeout else RM_TIMEOUT_S
    return Wait(lambda: scheduling.preempt(channels[0]), timeout_s, end)


@control(0xA06C0106, Kind.GROUP, structs.GROUP_INFO)
def group_get_info(call: Call) -> None:
    """The group's number."""
    call.params.tsgID = _group(call).number


@control(0xA06C0107, Kind.GROUP, structs.INTERLEAVE)
def group_set_interleave_level(call: Call) -> None:
    """How often a group gets its turn, in three levels."""
    _check_interleave(call)
    _group(call).interleave = call.params.level


@control(0xA06C0110, Kind.GROUP, structs.MAKE_REALTIME)
def group_make_realtime(call: Call) -> None:
    """Before all others, whose contexts may not be left in the middle of a CTA any more."""
    if not call.params.bRealtime:
        return
    for channel in channels_of(call.rm):
        context = channel.context
        if context is not _group(call).context and context.compute_mode is Mode.CILP:
            context.set_mode(call.rm, Mode.CTA)
            for member in channel.companions:
                call.rm.scheduling.set_preemption_mode(member, Mode.CTA)


def _check_interleave(call: Call) -> None:
    if call.params.level not in _INTERLEAVE_LEVELS:
        raise Refused(Status.INVALID_ARGUMENT, f"level {call.params.level}")
