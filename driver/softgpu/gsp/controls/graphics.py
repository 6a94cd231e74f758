"""Controls of a subdevice about GR: context buffers, units, preemption.

Facts: OGKM:ctrl2080{gr,gpu,internal}.h,
nouveau:nvkm/subdev/gsp/rm/r535/gr.c (which buffers it promotes, and how).
"""

from __future__ import annotations

from barewire.softgpu.engines import BY_2080_TYPE, DEVICE_GRAPHICS
from barewire.softgpu.gsp import board_facts as board
from barewire.softgpu.gsp import control_structs as structs
from barewire.softgpu.gsp.channels import ChannelObject, GroupObject, contexts_of
from barewire.softgpu.gsp.controls import Call, control
from barewire.softgpu.gsp.graphics_contexts import Mode, promote, read_promotion
from barewire.softgpu.gsp.objects import Kind
from barewire.softgpu.gsp.status import Refused, Status

_SUB = Kind.SUBDEVICE
_PROMOTE_ENTRIES = 16
_INFO_LIMIT = 58
_GRAPHICS_MODES = range(3)
_FLAG_COMPUTE, _FLAG_GRAPHICS = 1 << 0, 1 << 1  # which of two modes a call sets
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
    for number, place in enumerate(board.SM_PLACES):
        entry = call.params.inner("globalSmId", structs.GLOBAL_SM, number)
        entry.gpcId = entry.virtualGpcId = place.gpc
        entry.localTpcId = entry.migratableTpcId = place.tpc
        entry.localSmId = place.sm
        entry.globalTpcId = number // board.SMS_PER_TPC
    call.params.numTpc, call.params.numSm = len(board.TPCS), len(board.SM_PLACES)


@control(0x2080121C, _SUB, structs.RESIDENT_CHANNEL)
def gr_get_current_resident_channel(call: Call) -> None:
    """Which channel GR works for."""
    resident = call.rm.scheduling.resident_chid
    call.params.chID = _NO_CHANNEL if resident is None else resident


@control(0x20801210, _SUB, structs.PREEMPTION_MODE)
def gr_set_ctxsw_preemption_mode(call: Call) -> None:
    """At what point GR may leave a channel's context."""
    _set_modes(call, _graphics_channel(call, call.target.client.handle, call.params.hChannel))


@control(0x20801211, _SUB, structs.PREEMPTION_BIND)
def gr_ctxsw_preemption_bind(call: Call) -> None:
    """The same, with memory for what is left in the middle; addresses of zero leave that to firmware."""
    channel = _graphics_channel(call, call.params.hClient, call.params.hChannel)
    root = channel.vaspace.root if channel.vaspace is not None else None
    for gpu_va in filter(None, call.params.vMemPtrs):
        if root is None or call.rm.gpu.mmu.walk(root, gpu_va).leaf is None:
            raise Refused(Status.INVALID_ADDRESS, f"nothing is mapped at {gpu_va:#x}")
    _set_modes(call, channel)


def _set_modes(call: Call, channel: ChannelObject) -> None:
    """Take over the modes that are flagged as valid; that of graphics changes nothing here.

    Raises:
        Refused: INVALID_ARGUMENT for a mode that there is not, INVALID_STATE while the context has no object.
    """
    flags = call.params.flags
    if flags & _FLAG_GRAPHICS and call.params.gfxpPreemptMode not in _GRAPHICS_MODES:
        raise Refused(Status.INVALID_ARGUMENT, f"graphics mode {call.params.gfxpPreemptMode}")
    if not flags & _FLAG_COMPUTE:
        return
    if call.params.cilpPreemptMode not in tuple(Mode):
        raise Refused(Status.INVALID_ARGUMENT, f"compute mode {call.params.cilpPreemptMode}")
    if not channel.context.objects:
        raise Refused(Status.INVALID_STATE, "the channel has no object of GR yet")
    mode = Mode(call.params.cilpPreemptMode)
    channel.context.set_mode(call.rm, mode)
    for member in channel.companions:
        call.rm.scheduling.set_preemption_mode(member, mode)


@control(0x2080012B, _SUB, structs.PROMOTE_CTX)
def gpu_promote_ctx(call: Call) -> None:
    """The context buffers of a channel or its group: memory to initialise, addresses to use.

    All entries are looked at before any takes effect.
    """
    params = call.params
    engine = BY_2080_TYPE.get(params.engineType)
    if engine is None:
        raise Refused(Status.INVALID_ARGUMENT, f"no engine of type {params.engineType:#x}")
    if params.entryCount > _PROMOTE_ENTRIES:
        raise Refused(Status.INVALID_ARGUMENT, f"{params.entryCount} buffers")
    channel = _channel_of(call, params.hChanClient, params.hObject)
    if engine.runlist != channel.runlist or engine.device_type != DEVICE_GRAPHICS:
        raise Refused(Status.INVALID_CHANNEL, f"{engine.name} has no such context, or not on this channel")
    entries = [params.inner("promoteEntry", structs.PROMOTE_ENTRY, i) for i in range(params.entryCount)]
    asked = [read_promotion(call.rm, channel.context, entry) for entry in entries]
    for promotion in asked:
        promote(call.rm, channel, promotion, contexts_of(call.rm))


@control(0x2080012C, _SUB, structs.EVICT_CTX)
def gpu_evict_ctx(call: Call) -> None:
    """Forget the context buffers of a channel or its group.

    Raises:
        Refused: IN_USE while objects of GR are on it.
    """
    context = _channel_of(call, call.params.hChanClient, call.params.hObject).context
    if context.objects:
        raise Refused(Status.IN_USE, "objects of GR are on the context")
    context.clear()


def _channel_of(call: Call, client: int, handle: int) -> ChannelObject:
    """A channel, or any of a group's: they have one context."""
    found = call.rm.tree.find(client, handle)
    if isinstance(found, GroupObject) and found.channels:
        return found.channels[0]
    return call.rm.tree.find_as(client, handle, ChannelObject)


def _graphics_channel(call: Call, client: int, handle: int) -> ChannelObject:
    channel = call.rm.tree.find_as(client, handle, ChannelObject)
    if channel.engine.device_type != DEVICE_GRAPHICS:
        raise Refused(Status.INVALID_CHANNEL, f"the channel is for {channel.engine.name}")
    return channel
