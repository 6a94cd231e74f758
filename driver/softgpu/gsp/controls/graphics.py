"""Controls of a subdevice about GR: context buffers, units, preemption.

Facts: OGKM:ctrl2080{gr,gpu,internal}.h,
nouveau:nvkm/subdev/gsp/rm/r535/gr.c (which buffers it promotes, and how).
"""

from __future__ import annotations

from barewire.softgpu.engines import BY_2080_TYPE, DEVICE_GRAPHICS
from barewire.softgpu.gsp import board_facts as board
from barewire.softgpu.gsp import control_structs as structs
from barewire.softgpu.gsp.channels import ChannelObject
from barewire.softgpu.gsp.controls import Call, control
from barewire.softgpu.gsp.objects import Kind
from barewire.softgpu.gsp.records import Record
from barewire.softgpu.gsp.status import Refused, Status

_SUB = Kind.SUBDEVICE
_PROMOTE_ENTRIES = 16
_INFO_LIMIT = 58
_PREEMPTION_MODES = range(3)
_NO_CHANNEL = 0xFFFFFFFF


@control(0x20800A32, _SUB, structs.CONTEXT_BUFFERS)
def internal_static_gr_get_context_buffers_info(call: Call) -> None:
    """Sizes of the context buffers of GR0; there is no other GR."""
    for buffer, (size, alignment) in board.CONTEXT_BUFFERS.items():
        entry = call.params.inner("engineContextBuffersInfo", structs.CONTEXT_BUFFER, buffer)
        entry.size, entry.alignment = size, alignment


@control(0x20801206, _SUB, structs.ZCULL_INFO)
def gr_get_zcull_info(call: Call) -> None:
    """Numbers for drivers of 3D."""
    for name, value in board.ZCULL.items():
        setattr(call.params, name, value)


@control(0x2080122A, _SUB, structs.GR_GPC_MASK)
def gr_get_gpc_mask(call: Call) -> None:
    """Which clusters there are."""
    call.params.gpcMask = board.GPC_MASK


@control(0x2080122B, _SUB, structs.GR_TPC_MASK)
def gr_get_tpc_mask(call: Call) -> None:
    """Which TPCs a cluster has."""
    if call.params.gpcId >= len(board.TPC_MASKS):
        raise Refused(Status.INVALID_ARGUMENT, f"no cluster {call.params.gpcId}")
    call.params.tpcMask = board.TPC_MASKS[call.params.gpcId]


@control(0x20801228, _SUB, structs.GR_INFO_V2)
def gr_get_info_v2(call: Call) -> None:
    """Facts of GR by index; what the model does not know is zero."""
    if call.params.grInfoListSize > _INFO_LIMIT:
        raise Refused(Status.INVALID_ARGUMENT, f"{call.params.grInfoListSize} entries")
    for number in range(call.params.grInfoListSize):
        entry = call.params.inner("grInfoList", structs.INDEXED_VALUE, number)
        entry.data = board.GRAPHICS_FACTS.get(entry.index, 0)


@control(0x20801227, _SUB, structs.GR_CAPS_V2)
def gr_get_caps_v2(call: Call) -> None:
    """Capability bits of GR: none of the old limits."""
    call.params.capsTbl, call.params.bCapsPopulated = board.GR_CAPABILITIES, 1


@control(0x2080121B, _SUB, structs.GLOBAL_SM_ORDER)
def gr_get_global_sm_order(call: Call) -> None:
    """Which SM of which cluster each SM is, by its global number: cluster by cluster."""
    tpcs = [(gpc, tpc) for gpc, mask in enumerate(board.TPC_MASKS) for tpc in range(mask.bit_count())]
    for number in range(len(tpcs) * board.SMS_PER_TPC):
        gpc, tpc = tpcs[number // board.SMS_PER_TPC]
        entry = call.params.inner("globalSmId", structs.GLOBAL_SM, number)
        entry.gpcId = entry.virtualGpcId = gpc
        entry.localTpcId = entry.migratableTpcId = tpc
        entry.localSmId = number % board.SMS_PER_TPC
        entry.globalTpcId = number // board.SMS_PER_TPC
    call.params.numTpc, call.params.numSm = len(tpcs), len(tpcs) * board.SMS_PER_TPC


@control(0x2080121C, _SUB, structs.RESIDENT_CHANNEL)
def gr_get_current_resident_channel(call: Call) -> None:
    """Which channel GR works for: none that the model tells."""
    call.params.chID = _NO_CHANNEL


@control(0x20801210, _SUB, structs.PREEMPTION_MODE)
def gr_set_ctxsw_preemption_mode(call: Call) -> None:
    """At what point GR may leave a channel."""
    _graphics_channel(call, call.target.client.handle, call.params.hChannel)
    _check_modes(call.params)


@control(0x20801211, _SUB, structs.PREEMPTION_BIND)
def gr_ctxsw_preemption_bind(call: Call) -> None:
    """The same, with memory for what is left in the middle."""
    _graphics_channel(call, call.params.hClient, call.params.hChannel)
    _check_modes(call.params)


@control(0x2080012B, _SUB, structs.PROMOTE_CTX)
def gpu_promote_ctx(call: Call) -> None:
    """The context buffers of a channel: physical memory to fill, addresses to use."""
    params = call.params
    engine = BY_2080_TYPE.get(params.engineType)
    if engine is None:
        raise Refused(Status.INVALID_ARGUMENT, f"no engine of type {params.engineType:#x}")
    if params.entryCount > _PROMOTE_ENTRIES:
        raise Refused(Status.INVALID_ARGUMENT, f"{params.entryCount} buffers")
    channel = call.rm.tree.find_as(params.hChanClient, params.hObject, ChannelObject)
    if engine.runlist != channel.runlist:
        raise Refused(Status.INVALID_CHANNEL, f"{engine.name} is not on the channel's runlist")
    entries = [params.inner("promoteEntry", structs.PROMOTE_ENTRY, i) for i in range(params.entryCount)]
    for entry in entries:
        _check_promoted(call, entry)
    for entry in entries:
        channel.contexts[entry.bufferId] = entry.gpuVirtAddr
        _report_unmapped(call, channel, entry)


def _check_promoted(call: Call, entry: Record) -> None:
    if entry.bufferId >= board.PROMOTED_BUFFER_IDS:
        raise Refused(Status.INVALID_ARGUMENT, f"no buffer {entry.bufferId}")
    if not entry.bInitialize:
        return
    end = entry.gpuPhysAddr + entry.size
    in_vram = entry.physAttr & 3 == 0
    if not entry.size or (in_vram and end > call.rm.usable_bytes):
        raise Refused(
            Status.INVALID_ADDRESS, f"buffer {entry.bufferId}: {entry.size:#x} at {entry.gpuPhysAddr:#x}"
        )


def _report_unmapped(call: Call, channel: ChannelObject, entry: Record) -> None:
    """A buffer at an address that is not mapped: hardware finds out when it switches contexts."""
    root = channel.vaspace.root if channel.vaspace is not None else None
    if entry.bNonmapped or not entry.gpuVirtAddr or root is None:
        return
    if call.rm.gpu.mmu.walk(root, entry.gpuVirtAddr).leaf is None:
        call.rm.gpu.report(
            "unmapped context buffer",
            f"buffer {entry.bufferId} is promoted at an address that is not mapped",
            gpu_va=entry.gpuVirtAddr,
            handle=channel.handle,
        )


@control(0x2080012C, _SUB, structs.EVICT_CTX)
def gpu_evict_ctx(call: Call) -> None:
    """Forget the context buffers of a channel."""
    channel = call.rm.tree.find_as(call.params.hChanClient, call.params.hObject, ChannelObject)
    channel.contexts.clear()


def _graphics_channel(call: Call, client: int, handle: int) -> ChannelObject:
    channel = call.rm.tree.find_as(client, handle, ChannelObject)
    if channel.engine.device_type != DEVICE_GRAPHICS:
        raise Refused(Status.INVALID_CHANNEL, f"the channel is for {channel.engine.name}")
    return channel


def _check_modes(params: Record) -> None:
    for name in ("gfxpPreemptMode", "cilpPreemptMode"):
        if getattr(params, name) not in _PREEMPTION_MODES:
            raise Refused(Status.INVALID_ARGUMENT, f"{name} {getattr(params, name)}")
