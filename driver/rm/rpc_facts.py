"""What the resource manager on GSP tells of a GPU, as GpuFacts, and which engine is on which runlist.

Facts: OGKM:src/nvidia/generated/g_gpu_nvoc.h (GspStaticConfigInfo), OGKM:ctrl/ctrl2080/ctrl2080fifo.h,
nouveau:nvkm/subdev/gsp/rm/r535/{fifo,gr}.c. Classes of each chip: OGKM:src/common/sdk/nvidia/inc/class/;
their list is a control that the CPU's side of RM answers, so that there is nobody to ask.
"""

from __future__ import annotations

from typing import NamedTuple

from barewire.abi.layout import Struct
from barewire.chip.facts import ClassIds, GpuFacts
from barewire.errors import RmError, UnknownChip
from barewire.rm import names
from barewire.rm.rpc_client import RpcClient

SMS_PER_TPC = 2
MAX_TABLE_READS = 64


class ChipClasses(NamedTuple):
    """A chip's compute capability as one number, and its classes.

    Attributes:
        graphics: the class of which RM makes the golden context (HOPPER_A).
    """

    sm_version: int
    classes: ClassIds
    graphics: int


HOPPER = ChipClasses(90, ClassIds(gpfifo=0xC86F, compute=0xCBC0, copy=0xC8B5, usermode=0xC661), 0xCB97)
CHIPS = {"gh100": HOPPER}


class Engine(NamedTuple):
    """An engine that channels can be made on.

    Attributes:
        engine_type: NV2080_ENGINE_TYPE_*.
        copy_engine: its number among the copy engines; None for others.
        runlist: whose channels it takes.
    """

    engine_type: int
    copy_engine: int | None
    runlist: int


class Internal(NamedTuple):
    """The client that GSP has for itself, and its objects: some controls are answered to it only."""

    client: int
    subdevice: int


def internal_of(static: Struct) -> Internal:
    """The internal client's handles, from the static configuration."""
    return Internal(static["hInternalClient"], static["hInternalSubdevice"])


def engines(client: RpcClient, internal: Internal) -> tuple[Engine, ...]:
    """The graphics engine and the copy engines, with their runlists."""
    found: dict[int, Engine] = {}
    first, more = 0, True
    for _ in range(MAX_TABLE_READS):
        if not more:
            break
        table = client.ask_as(
            internal.client, internal.subdevice, "FIFO_GET_DEVICE_INFO_TABLE", baseIndex=first
        )
        count = table["numEntries"]
        for index in range(count):
            engine = _engine(table.element("entries", index))
            if engine is not None:
                found.setdefault(engine.engine_type, engine)
        first += count
        more = bool(table["bMore"]) and count > 0
    return tuple(found.values())


def _engine(entry: Struct) -> Engine | None:
    rm_type = entry["engineData", names.ENGINE_DATA_RM_TYPE]
    runlist = entry["engineData", names.ENGINE_DATA_RUNLIST]
    if rm_type == names.RM_ENGINE_GR0:
        return Engine(names.ENGINE_GR0, None, runlist)
    number = rm_type - names.RM_ENGINE_COPY0
    if 0 <= number < names.RM_ENGINE_COPY_COUNT:
        return Engine(names.copy_engine_type(number), number, runlist)
    return None


def gather(
    client: RpcClient, static: Struct, known: tuple[Engine, ...], chip: str, chipset: int, pci_address: str
) -> GpuFacts:
    """GpuFacts of a GPU that GSP runs.

    Raises:
        UnknownChip: its classes are not known.
    """
    entry = CHIPS.get(chip)
    if entry is None:
        raise UnknownChip(
            f"the classes of {chip} are not known", hint=f"Known: {', '.join(CHIPS)}.", chip=chip
        )
    gpc_count, tpc_count = _units(client, internal_of(static))
    return GpuFacts(
        name=static.text("gpuNameString") or f"NVIDIA {chip.upper()}",
        chip=chip,
        chipset=chipset,
        sm_version=entry.sm_version,
        uuid=static.bytes_of("gidInfo.data")[: min(static["gidInfo.length"], 16)],
        pci_address=pci_address,
        driver_version=client.abi.version,
        vram_bytes=static["fb_length"],
        gpc_count=gpc_count,
        tpc_count=tpc_count,
        sm_count=tpc_count * SMS_PER_TPC,
        classes=entry.classes,
        copy_engines=_copy_engines(client, known),
    )


def _units(client: RpcClient, internal: Internal) -> tuple[int, int]:
    """Graphics processing clusters, and texture processing clusters in them; zeros where RM does not tell."""
    try:
        mask = client.ask_as(*internal, "GPU_GET_FERMI_GPC_INFO")["gpcMask"]
        clusters = [number for number in range(mask.bit_length()) if mask >> number & 1]
        masks = [
            client.ask_as(*internal, "GPU_GET_FERMI_TPC_INFO", gpcId=number)["tpcMask"] for number in clusters
        ]
    except RmError:
        return 0, 0
    return len(clusters), sum(one.bit_count() for one in masks)


def _copy_engines(client: RpcClient, known: tuple[Engine, ...]) -> tuple[int, ...]:
    """Copy engines that do not share the runlist of graphics, those with most physical engines first."""
    graphics = {engine.runlist for engine in known if engine.copy_engine is None}
    own = [engine for engine in known if engine.copy_engine is not None and engine.runlist not in graphics]
    width = {engine: _physical_engines(client, engine) for engine in own}
    ranked = sorted(own, key=lambda engine: (-width[engine], engine.copy_engine))
    return tuple(engine.copy_engine for engine in ranked if engine.copy_engine is not None)


def _physical_engines(client: RpcClient, engine: Engine) -> int:
    try:
        answer = client.ask(client.subdevice, "CE_GET_CE_PCE_MASK", ceEngineType=engine.engine_type)
    except RmError:
        return 0
    return answer["pceMask"].bit_count()
