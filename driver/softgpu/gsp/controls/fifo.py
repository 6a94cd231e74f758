"""Controls of a subdevice about Host, its runlists and copy engines.

Facts: OGKM:ctrl2080{fifo,ce}.h,
src/nvidia/inc/kernel/gpu/fifo/engine_info.h (columns of the device table).
"""

from __future__ import annotations

from barewire.softgpu.engines import BY_2080_TYPE, CHANNELS_PER_RUNLIST, ENGINES, Engine
from barewire.softgpu.gsp import board_facts as board
from barewire.softgpu.gsp import control_structs as structs
from barewire.softgpu.gsp.channel_params import METHOD_BUFFER_BYTES
from barewire.softgpu.gsp.channels import DEFAULT_TIMESLICE_US, ChannelObject
from barewire.softgpu.gsp.controls import Call, control
from barewire.softgpu.gsp.instance import RAMFC_BYTES, SUBCONTEXTS
from barewire.softgpu.gsp.later import RM_TIMEOUT_S, Wait
from barewire.softgpu.gsp.numbers import RESERVED_CHIDS
from barewire.softgpu.gsp.objects import Kind
from barewire.softgpu.gsp.physical import Stretch
from barewire.softgpu.gsp.records import Record
from barewire.softgpu.gsp.status import Refused, Status
from barewire.softgpu.page_tables import Aperture

_SUB = Kind.SUBDEVICE
_ROWS_PER_CALL = 32
_DISABLE_LIMIT = 64
_FIFO_FACTS_LIMIT = 256
_APERTURES = {Aperture.VRAM: 2, Aperture.COHERENT: 1, Aperture.NONCOHERENT: 1}
# NV2080_CTRL_FIFO_INFO_INDEX_*.
FIFO_FACTS = {
    0: RESERVED_CHIDS,
    1: CHANNELS_PER_RUNLIST,
    2: 128,
    3: SUBCONTEXTS,
    5: DEFAULT_TIMESLICE_US,
    7: 1,
    8: CHANNELS_PER_RUNLIST,
}


@control(0x20801112, _SUB, structs.DEVICE_INFO_TABLE)
def fifo_get_device_info_table(call: Call) -> None:
    """The engines and their runlists, from `baseIndex` on."""
    rows = ENGINES[call.params.baseIndex :]
    shown = rows[:_ROWS_PER_CALL]
    call.params.numEntries, call.params.bMore = len(shown), int(len(rows) > len(shown))
    for number, engine in enumerate(shown):
        _fill_device_entry(call.params.inner("entries", structs.DEVICE_ENTRY, number), engine, number)


def _fill_device_entry(entry: Record, engine: Engine, number: int) -> None:
    entry.engineData = (
        engine.descriptor,
        number,  # FIFO_TAG
        engine.rm_type,
        engine.runlist,
        engine.fault_id,
        1 << number,  # RC_MASK
        number,  # RESET
        engine.stall_vector,
        engine.mc_index,
        engine.device_type,
        engine.instance,
        engine.runlist_pri_base,
        1,  # IS_HOST_DRIVEN
        engine.runlist_engine,
        engine.channel_ram_base,
        0,
    )
    entry.pbdmaIds = engine.pbdmas
    entry.pbdmaFaultIds = engine.host_fault_ids
    entry.numPbdmas = len(engine.pbdmas)
    entry.engineName = engine.name.encode()


@control(0x20801108, _SUB, structs.CHANNEL_COUNT)
def fifo_get_physical_channel_count(call: Call) -> None:
    """How many channels there can be, and are."""
    runlists = dict.fromkeys(engine.runlist for engine in ENGINES)
    call.params.physChannelCount = CHANNELS_PER_RUNLIST
    call.params.physChannelCountInUse = sum(len(call.rm.chids.in_use(runlist)) for runlist in runlists)


@control(0x20801109, _SUB, structs.FIFO_INFO)
def fifo_get_info(call: Call) -> None:
    """Facts of Host by index."""
    if call.params.fifoInfoTblSize > _FIFO_FACTS_LIMIT:
        raise Refused(Status.INVALID_ARGUMENT, f"{call.params.fifoInfoTblSize} entries")
    for number in range(call.params.fifoInfoTblSize):
        entry = call.params.inner("fifoInfoTbl", structs.INDEXED_VALUE, number)
        entry.data = FIFO_FACTS.get(entry.index, 0)


@control(0x20801119, _SUB, structs.ALLOCATED_CHANNELS)
def fifo_get_allocated_channels(call: Call) -> None:
    """Which channel numbers of a runlist are taken, as bits."""
    words = [0] * 128
    for chid in call.rm.chids.in_use(call.params.runlistId):
        words[chid // 32] |= 1 << chid % 32
    call.params.bitMask = words


@control(0x2080110B, _SUB, structs.DISABLE_CHANNELS)
def fifo_disable_channels(call: Call) -> Wait | None:
    """Keep channels from running, or let them run again.

    Raises:
        Refused: TIMEOUT where an engine does not let go of one in time; none is disabled then.
    """
    count = call.params.numChannels
    if count > _DISABLE_LIMIT:
        raise Refused(Status.INVALID_ARGUMENT, f"{count} channels")
    if call.params.pRunlistPreemptEvent or call.params.bRewindGpPut:
        raise Refused(Status.NOT_SUPPORTED, "preemption by event, and rings that are rewound")
    handles = zip(call.params.hClientList[:count], call.params.hChannelList[:count], strict=True)
    channels = [call.rm.tree.find_as(client, handle, ChannelObject) for client, handle in handles]
    if not call.params.bDisable:
        _let_run(call, channels)
        return None

    def leave() -> bool:
        return all(call.rm.scheduling.preempt(channel) for channel in channels)

    def end(left: bool) -> None:
        if not left:
            raise Refused(Status.TIMEOUT, "an engine goes on")
        _keep_off(call, channels)

    if not call.params.bOnlyDisableScheduling and not leave():
        return Wait(leave, RM_TIMEOUT_S, end)
    _keep_off(call, channels)
    return None


def _let_run(call: Call, channels: list[ChannelObject]) -> None:
    for channel in channels:
        channel.disabled = False
        if channel.scheduled:
            call.rm.scheduling.enable(channel, True)


def _keep_off(call: Call, channels: list[ChannelObject]) -> None:
    for channel in channels:
        channel.disabled = True
        call.rm.scheduling.enable(channel, False)


@control(0x2080110C, _SUB, structs.CHANNEL_MEM_INFO)
def fifo_get_channel_mem_info(call: Call) -> None:
    """Where a channel's memory is."""
    handle = call.params.hChannel
    channel = call.rm.tree.find_as(call.target.client.handle, handle, ChannelObject)
    _fill_mem_info(call.params.inner("inst", structs.MEM_INFO), channel.instance)
    ramfc = channel.instance
    if ramfc is not None:
        _fill_mem_info(
            call.params.inner("ramfc", structs.MEM_INFO), Stretch(ramfc.aperture, ramfc.address, RAMFC_BYTES)
        )
    _fill_mem_info(call.params.inner("methodBuf", structs.MEM_INFO), channel.method_buffer)
    call.params.methodBufCount = 1


def _fill_mem_info(info: Record, stretch: Stretch | None) -> None:
    if stretch is not None:
        info.aperture, info.base, info.size = (
            _APERTURES[stretch.aperture],
            stretch.address,
            stretch.size_bytes,
        )


# Copy engines.


def _copy_engine(type_2080: int) -> Engine:
    engine = BY_2080_TYPE.get(type_2080)
    if engine is None or not engine.is_copy:
        raise Refused(Status.INVALID_ARGUMENT, f"no copy engine of type {type_2080:#x}")
    return engine


def _copy_caps(engine: Engine) -> tuple[int, int]:
    low, high = board.COPY_CAPS_ALL
    if engine.runlist == ENGINES[0].runlist:
        low |= board.COPY_CAPS_GRAPHICS | board.COPY_CAPS_SHARED
    return low, high


@control(0x20802A03, _SUB, structs.CE_CAPS_V2)
def ce_get_caps_v2(call: Call) -> None:
    """What a copy engine can do."""
    call.params.capsTbl = _copy_caps(_copy_engine(call.params.ceEngineType))


@control(0x20802A07, _SUB, structs.CE_CAPS_V2)
def ce_get_physical_caps(call: Call) -> None:
    """The same, as firmware sees it."""
    ce_get_caps_v2(call)


@control(0x20802A0A, _SUB, structs.CE_ALL_CAPS)
def ce_get_all_caps(call: Call) -> None:
    """What all copy engines can do, two bytes each."""
    copies = [engine for engine in ENGINES if engine.is_copy]
    call.params.capsTbl = bytes(cap for engine in copies for cap in _copy_caps(engine))
    call.params.present = sum(1 << engine.instance for engine in copies)


@control(0x20802A0B, _SUB, structs.CE_ALL_CAPS)
def ce_get_all_physical_caps(call: Call) -> None:
    """The same, as firmware sees it."""
    ce_get_all_caps(call)


@control(0x20802A02, _SUB, structs.CE_PCE_MASK)
def ce_get_ce_pce_mask(call: Call) -> None:
    """Which physical copy engines work for a logical one: one each."""
    call.params.pceMask = 1 << _copy_engine(call.params.ceEngineType).instance


@control(0x20802A08, _SUB, structs.CE_METHOD_BUFFER)
def ce_get_fault_method_buffer_size(call: Call) -> None:
    """How large a channel's method buffer has to be."""
    call.params.size = METHOD_BUFFER_BYTES
