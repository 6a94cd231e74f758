"""Controls of a debugger's session: which errors it takes, and what SMs and the MMU report.

Facts: OGKM:ctrl/ctrl83de/ctrl83dedebug.h, src/nvidia/src/kernel/gpu/gr/kernel_graphics_context.c (the MMU's
part). How firmware takes numbers of SMs that there are not is not published: it refuses them here.
"""

from __future__ import annotations

from typing import cast

from barewire.softgpu.gsp import board_facts as board
from barewire.softgpu.gsp import control_structs as structs
from barewire.softgpu.gsp.channels import ChannelObject
from barewire.softgpu.gsp.controls import Call, control
from barewire.softgpu.gsp.debugger import MASK_ALL, DebuggerObject
from barewire.softgpu.gsp.objects import Kind
from barewire.softgpu.gsp.records import Record
from barewire.softgpu.gsp.scheduling import SmState
from barewire.softgpu.gsp.status import Refused, Status

_SMS_PER_CALL = 100


def _session(call: Call) -> DebuggerObject:
    return cast(DebuggerObject, call.target)


def _target_channel(call: Call) -> ChannelObject:
    """The channel that a call names: one of the GR context that the session looks at.

    Raises:
        Refused: INVALID_OBJECT_HANDLE, INVALID_CHANNEL.
    """
    mine = _session(call).channel
    channel = call.rm.tree.find_as(mine.client.handle, call.params.hTargetChannel, ChannelObject)
    if channel.context is not mine.context:
        raise Refused(Status.INVALID_CHANNEL, "the channel is of another GR context")
    return channel


@control(0x83DE0309, Kind.DEBUGGER, structs.EXCEPTION_MASK)
def debug_set_exception_mask(call: Call) -> None:
    """Which exceptions the session takes for itself."""
    mask = call.params.exceptionMask
    if mask & ~MASK_ALL:
        raise Refused(Status.INVALID_ARGUMENT, f"mask {mask:#x}")
    _session(call).set_mask(call.rm, mask)


@control(0x83DE030B, Kind.DEBUGGER, structs.SINGLE_SM_ERROR_STATE)
def debug_read_single_sm_error_state(call: Call) -> None:
    """What one SM reports."""
    sm = call.params.smID
    if sm >= len(board.SM_PLACES):
        raise Refused(Status.INVALID_ARGUMENT, f"no SM {sm}")
    _fill(call.params.inner("smErrorState", structs.SM_ERROR_STATE), _states(call).get(sm))


@control(0x83DE030C, Kind.DEBUGGER, structs.ALL_SM_ERROR_STATES)
def debug_read_all_sm_error_states(call: Call) -> None:
    """What the SMs report, from `startingSM` on, and whether the MMU refused something."""
    first, count = call.params.startingSM, call.params.numSMsToRead
    if count > _SMS_PER_CALL or first + count > len(board.SM_PLACES):
        raise Refused(Status.INVALID_ARGUMENT, f"SMs {first} to {first + count}")
    channel, states = _target_channel(call), _states(call)
    for index in range(count):
        record = call.params.inner("smErrorStateArray", structs.SM_ERROR_STATE, index)
        _fill(record, states.get(first + index))
    info = channel.context.fault_info
    call.params.mmuFaultValid = int(info is not None)
    call.params.mmuFaultInfo = call.params.mmuFaultFaultInfo = info or 0


@control(0x83DE030F, Kind.DEBUGGER, structs.CLEAR_SINGLE_SM_ERROR_STATE)
def debug_clear_single_sm_error_state(call: Call) -> None:
    """Forget what one SM reports."""
    sm = call.params.smID
    if sm >= len(board.SM_PLACES):
        raise Refused(Status.INVALID_ARGUMENT, f"no SM {sm}")
    call.rm.scheduling.clear_sm_states(_target_channel(call), sm)


@control(0x83DE0310, Kind.DEBUGGER, structs.CLEAR_ALL_SM_ERROR_STATES)
def debug_clear_all_sm_error_states(call: Call) -> None:
    """Forget what the SMs report, and the last refusal of the MMU."""
    if call.params.numSMsToClear > len(board.SM_PLACES):
        raise Refused(Status.INVALID_ARGUMENT, f"{call.params.numSMsToClear} SMs")
    channel = _target_channel(call)
    call.rm.scheduling.clear_sm_states(channel)
    channel.context.fault_info = None


@control(0x83DE0328, Kind.DEBUGGER, structs.MMU_FAULT_LIST)
def debug_read_mmu_fault_info(call: Call) -> None:
    """The last faults of the MMU, the oldest first."""
    faults = _session(call).channel.context.faults
    call.params.count = len(faults)
    for index, fault in enumerate(faults):
        entry = call.params.inner("mmuFaultInfoList", structs.MMU_FAULT_ENTRY, index)
        entry.faultAddress, entry.faultType, entry.accessType = fault


def _states(call: Call) -> dict[int, SmState]:
    return {state.sm: state for state in call.rm.scheduling.sm_states(_target_channel(call))}


def _fill(record: Record, state: SmState | None) -> None:
    record.hwwGlobalEsrReportMask = board.GLOBAL_ESR_REPORT_MASK
    record.hwwWarpEsrReportMask = board.WARP_ESR_REPORT_MASK
    if state is None:
        return
    record.hwwGlobalEsr, record.hwwWarpEsr = state.global_esr, state.warp_esr
    record.hwwWarpEsrPc, record.hwwWarpEsrPc64 = state.pc & 0xFFFFFFFF, state.pc
    record.hwwEsrAddr = state.address
