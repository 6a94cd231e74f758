"""Controls of a subdevice about the GPU itself: names, units, time, interrupts, notifications.

Facts: OGKM:ctrl2080{gpu,internal,event,tmr,mc,bus}.h, intr/engine_idx.h,
src/nvidia/src/kernel/gpu/intr/arch/hopper (categories of subtrees).
"""

from __future__ import annotations

from barewire.softgpu import engines
from barewire.softgpu.gsp import board_facts as board
from barewire.softgpu.gsp import control_structs as structs
from barewire.softgpu.gsp.controls import Call, control
from barewire.softgpu.gsp.events import NOTIFIERS, Action
from barewire.softgpu.gsp.objects import Kind, Subdevice
from barewire.softgpu.gsp.status import Refused, Status

_SUB = Kind.SUBDEVICE
_NAME_UNICODE = 1
_GID_FORMAT_MASK = 3
_GID_ASCII = 0
_INFO_LIMIT = 65

MC_GSP = 50
MC_REPLAYABLE_FAULT = 59
MC_NON_REPLAYABLE_FAULT = 61
MC_CPU_DOORBELL = 73
# First and last subtree of each category: default, engines, their notifications, runlists, theirs, UVM's own,
# shared with UVM.
SUBTREES = ((3, 3), (3, 3), (0, 0), (4, 4), (5, 5), (1, 1), (2, 2))


@control(0x20800110, _SUB, structs.NAME_STRING)
def gpu_get_name_string(call: Call) -> None:
    """The board's name, in ASCII or UTF-16."""
    unicode = call.params.gpuNameStringFlags == _NAME_UNICODE
    call.params.gpuNameString = board.NAME.encode("utf-16-le" if unicode else "ascii")


@control(0x20800111, _SUB, structs.SHORT_NAME_STRING)
def gpu_get_short_name_string(call: Call) -> None:
    """The chip's name."""
    call.params.gpuShortNameString = board.SHORT_NAME.encode()


@control(0x20800142, _SUB, structs.GPU_ID)
def gpu_get_id(call: Call) -> None:
    """RM's own number of the GPU."""
    call.params.gpuId = board.GPU_ID


@control(0x2080014A, _SUB, structs.GID_INFO)
def gpu_get_gid_info(call: Call) -> None:
    """The UUID, as text or as bytes."""
    options = call.rm.gpu.options
    if call.params.flags & _GID_FORMAT_MASK == _GID_ASCII:
        data = board.gid_text(options).encode() + b"\0"
    else:
        data = board.gid(options)
    call.params.length, call.params.data = len(data), data


@control(0x20800170, _SUB, structs.ENGINES_V2)
def gpu_get_engines_v2(call: Call) -> None:
    """The engines, by their NV2080 types."""
    call.params.engineCount = len(engines.ENGINES)
    call.params.engineList = tuple(engine.type_2080 for engine in engines.ENGINES)


@control(0x20800102, _SUB, structs.GPU_INFO_V2)
def gpu_get_info_v2(call: Call) -> None:
    """Facts by index: those that a compute board has, zero."""
    if call.params.gpuInfoListSize > _INFO_LIMIT:
        raise Refused(Status.INVALID_ARGUMENT, f"{call.params.gpuInfoListSize} entries")
    for number in range(call.params.gpuInfoListSize):
        call.params.inner("gpuInfoList", structs.INDEXED_VALUE, number).data = 0


@control(0x20800137, _SUB, structs.GPC_INFO)
def gpu_get_fermi_gpc_info(call: Call) -> None:
    """Which clusters there are."""
    call.params.gpcMask = board.GPC_MASK


@control(0x20800138, _SUB, structs.TPC_INFO)
def gpu_get_fermi_tpc_info(call: Call) -> None:
    """Which TPCs a cluster has."""
    if call.params.gpcId >= len(board.TPC_MASKS):
        raise Refused(Status.INVALID_ARGUMENT, f"no cluster {call.params.gpcId}")
    call.params.tpcMask = board.TPC_MASKS[call.params.gpcId]


@control(0x208001B0, _SUB, structs.CONSTRUCTED_FALCONS)
def gpu_get_constructed_falcon_info(call: Call) -> None:
    """Falcons that channels can use: none."""
    call.params.numConstructedFalcons = 0


@control(0x20801701, _SUB, structs.ARCH_INFO)
def mc_get_arch_info(call: Call) -> None:
    """Which chip it is."""
    call.params.architecture = board.ARCHITECTURE
    call.params.implementation = board.IMPLEMENTATION
    call.params.revision = board.REVISION


@control(0x20801801, _SUB, structs.PCI_INFO)
def bus_get_pci_info(call: Call) -> None:
    """What the configuration space says the board is."""
    pci = call.rm.gpu.pci
    call.params.pciDeviceId = pci.config_read(0x00, 4)
    call.params.pciSubSystemId = pci.config_read(0x2C, 4)
    call.params.pciRevisionId = pci.config_read(0x08, 1)
    call.params.pciExtDeviceId = pci.config_read(0x02, 2)


@control(0x20800403, _SUB, structs.TIME)
def timer_get_time(call: Call) -> None:
    """PTIMER, in nanoseconds."""
    call.params.time_nsec = call.rm.gpu.clock.now_ns()


@control(0x20800301, _SUB, structs.SET_NOTIFICATION)
def event_set_notification(call: Call) -> None:
    """Whether a notifier is posted to the events that ask for it: never, once, always."""
    index, action = call.params.event & 0xFFFF, call.params.action
    if index >= NOTIFIERS:
        raise Refused(Status.INVALID_ARGUMENT, f"no notifier {index}")
    if action not in tuple(Action):
        raise Refused(Status.INVALID_ARGUMENT, f"no action {action}")
    target = call.target
    if isinstance(target, Subdevice):
        target.actions[index] = action


def _interrupt_rows() -> tuple[tuple[int, int, int], ...]:
    """(MC engine index, stall vector, other vector) of every row."""
    none = engines.NO_VECTOR
    rows = [(engine.mc_index, engine.stall_vector, engine.nonstall_vector) for engine in engines.ENGINES]
    rows.append((MC_GSP, engines.GSP_STALL_VECTOR, none))
    rows.append((MC_REPLAYABLE_FAULT, engines.REPLAYABLE_FAULT_VECTOR, none))
    rows.append((MC_NON_REPLAYABLE_FAULT, engines.NON_REPLAYABLE_FAULT_VECTOR, none))
    rows.append((MC_CPU_DOORBELL, none, engines.CPU_DOORBELL_VECTOR))
    return tuple(sorted(rows))


@control(0x20800A5C, _SUB, structs.INTERRUPT_TABLE)
def internal_intr_get_kernel_table(call: Call) -> None:
    """Which interrupt is whose."""
    rows = _interrupt_rows()
    call.params.tableLen = len(rows)
    for number, (engine, stall, other) in enumerate(rows):
        row = call.params.inner("table", structs.INTERRUPT_ROW, number)
        row.engineIdx, row.vectorStall, row.vectorNonStall = engine, stall, other
    call.params.subtreeMap = bytes(end for pair in SUBTREES for end in pair)
