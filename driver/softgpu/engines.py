"""The engines of the software GH100, and the numbers that everybody knows them by.

One table: what firmware tells of the engines (runlists, interrupt vectors, fault ids) and what the units do
with them are the same by construction.

Facts: OGKM:gpu_engine_type.h (RM_ENGINE_TYPE),
cl2080_notification.h (NV2080_ENGINE_TYPE), intr/engine_idx.h (MC_ENGINE_IDX), nverror.h (Xids of copy
engines), swref/published/hopper/gh100/dev_fault.h (MMU_ENG_ID). Which runlist, vector and PBDMA belongs
to which engine is the board's own business; this is how the model is wired.
"""

from __future__ import annotations

from dataclasses import dataclass

NO_VECTOR = 0xFFFFFFFF
CHANNELS_PER_RUNLIST = 2048

GRAPHICS_RUNLIST = 0
COPY_ENGINES = 10
FIRST_COPY_TYPE = 9  # RM_ENGINE_TYPE and NV2080_ENGINE_TYPE of COPY0 to COPY9
COPY_ENGINES_OF_GRAPHICS = 2  # copy engines 0 and 1 share the runlist of graphics

_GRAPHICS_FAULT_ID = 384
_FIRST_COPY_FAULT_ID = 43
_FIRST_HOST_FAULT_ID = 64
_RUNLIST_PRI_BASE = 0x00840000
_RUNLIST_PRI_BYTES = 0x2000
_CHANNEL_RAM_OFFSET = 0x1000

# Interrupt vectors: notifications in subtree 0, engine stalls in subtree 3 (192..255), runlists in 4 and 5.
_FIRST_STALL_VECTOR = 192
GSP_STALL_VECTOR = 223
NON_REPLAYABLE_FAULT_VECTOR = 222
REPLAYABLE_FAULT_VECTOR = 64
CPU_DOORBELL_VECTOR = 0x81

DEVICE_GRAPHICS = 0  # DEV_TYPE_ENUM of the device-info table
DEVICE_COPY = 19


@dataclass(frozen=True)
class Engine:
    """One engine that channels can be made for.

    Attributes:
        name: as texts of the driver call it ("GR0", "COPY3").
        instance: its number among engines of its kind.
        rm_type: RM_ENGINE_TYPE, as the device-info table has it.
        type_2080: NV2080_ENGINE_TYPE, as controls and channels have it.
        runlist: that schedules it.
        runlist_engine: its number on that runlist.
        pbdmas: that fetch for its runlist.
        mc_index: MC_ENGINE_IDX, its row of the interrupt table.
        stall_vector, nonstall_vector: its interrupts.
        fault_id: of its own accesses in an MMU fault.
        device_type: DEV_TYPE_ENUM.
        xid: of an error of the engine itself.
    """

    name: str
    instance: int
    rm_type: int
    type_2080: int
    runlist: int
    runlist_engine: int
    pbdmas: tuple[int, ...]
    mc_index: int
    stall_vector: int
    nonstall_vector: int
    fault_id: int
    device_type: int
    xid: int

    @property
    def is_copy(self) -> bool:
        """Whether it is a copy engine."""
        return self.device_type == DEVICE_COPY

    @property
    def host_fault_ids(self) -> tuple[int, ...]:
        """Fault ids of the PBDMAs of its runlist."""
        return tuple(_FIRST_HOST_FAULT_ID + pbdma for pbdma in self.pbdmas)

    @property
    def runlist_pri_base(self) -> int:
        """Where BAR0 has its runlist's registers (the model answers none)."""
        return _RUNLIST_PRI_BASE + self.runlist * _RUNLIST_PRI_BYTES

    @property
    def channel_ram_base(self) -> int:
        """Where BAR0 has its runlist's channel RAM (the model answers none)."""
        return self.runlist_pri_base + _CHANNEL_RAM_OFFSET

    @property
    def descriptor(self) -> int:
        """RM's own name of the engine (class id and instance); equal to no falcon's."""
        return (0x1000 + self.device_type) << 8 | self.instance


def _graphics() -> Engine:
    return Engine(
        name="GR0",
        instance=0,
        rm_type=1,
        type_2080=1,
        runlist=GRAPHICS_RUNLIST,
        runlist_engine=0,
        pbdmas=(0, 1),
        mc_index=84,
        stall_vector=_FIRST_STALL_VECTOR,
        nonstall_vector=0,
        fault_id=_GRAPHICS_FAULT_ID,
        device_type=DEVICE_GRAPHICS,
        xid=13,
    )


_COPY_XIDS = (39, 40, 41, 70, 71, 72, 75, 76, 77, 85)


def _copy(number: int) -> Engine:
    shared = number < COPY_ENGINES_OF_GRAPHICS
    alone = number - COPY_ENGINES_OF_GRAPHICS + 1
    return Engine(
        name=f"COPY{number}",
        instance=number,
        rm_type=FIRST_COPY_TYPE + number,
        type_2080=FIRST_COPY_TYPE + number,
        runlist=GRAPHICS_RUNLIST if shared else alone,
        runlist_engine=number + 1 if shared else 0,
        pbdmas=(0, 1) if shared else (alone + 1,),
        mc_index=15 + number,
        stall_vector=_FIRST_STALL_VECTOR + 1 + number,
        nonstall_vector=1 + number,
        fault_id=_FIRST_COPY_FAULT_ID + number,
        device_type=DEVICE_COPY,
        xid=_COPY_XIDS[number],
    )


ENGINES: tuple[Engine, ...] = (_graphics(), *(_copy(number) for number in range(COPY_ENGINES)))
BY_2080_TYPE: dict[int, Engine] = {engine.type_2080: engine for engine in ENGINES}


def of_runlist(runlist: int) -> tuple[Engine, ...]:
    """The engines that a runlist schedules, in their order there; empty for no such runlist."""
    return tuple(engine for engine in ENGINES if engine.runlist == runlist)
