"""MMU faults as registers and memory show them: the snapshot of the last one, and the two buffers.

With GSP firmware nobody but the firmware reads these; a driver hears of a fault by an event. The buffers lie
in BAR2's address space, as nouveau sets them up where there is no firmware.

Facts: OGKM:class/clc369.h, swref/published/{turing/tu102/dev_vm.h,hopper/gh100/dev_fault.h};
open-gpu-doc:manuals/turing/tu104/dev_vm; nouveau:nvkm/subdev/fault/{gv100,tu102}.c.
"""

from __future__ import annotations

import ctypes
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from barewire.softgpu.bus import DmaRefused
from barewire.softgpu.mmu import PageFault
from barewire.softgpu.page_tables import Access, Aperture, FaultType
from barewire.softgpu.unit import NoRegister, Unit
from barewire.softgpu.vram import OutsideVram

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu

_FAULT = "NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT"
NON_REPLAYABLE, REPLAYABLE = 0, 1
ENTRY_BYTES = 32
KEPT = 1000

_POINTER = 0xFFFFF
_OVERFLOW = 1 << 31
_ENABLE = 1 << 31
_SET_DEFAULT = 1 << 30
_VALID = 1 << 31
_CLIENT_IS_HUB = 1 << 20
_STICKY_STATUS = 0xFF

# Engines by the numbers of the fault buffer, where others need them (GH100).
ENGINE_GRAPHICS = 384
ENGINE_BAR1 = 256
ENGINE_BAR2 = 320
ENGINE_PHYSICAL = 56
ENGINE_GSP = 2
ENGINE_FSP = 7
ENGINE_CE0 = 43
ENGINE_HOST0 = 64

# Aperture codes of an entry: those of an instance block's target.
_APERTURES = {Aperture.VRAM: 0, Aperture.PEER: 1, Aperture.COHERENT: 2, Aperture.NONCOHERENT: 3}


@dataclass(frozen=True)
class FaultEntry:
    """One fault.

    Attributes:
        gpu_va: the address.
        fault_type, access: why, and what was tried.
        engine_id: who tried, in the fault buffer's numbers.
        client: the part of the engine.
        gpc: which graphics cluster, unless `is_hub`.
        instance: of the instance block, and the memory that it is in.
        time_ns: 0 for now.
    """

    gpu_va: int
    fault_type: FaultType
    access: Access
    engine_id: int
    client: int = 0
    gpc: int = 0
    is_hub: bool = True
    instance: int = 0
    instance_aperture: Aperture = Aperture.VRAM
    time_ns: int = 0

    @property
    def info(self) -> int:
        """Word 7 of an entry, and the snapshot's INFO, without what says that it is valid."""
        hub = _CLIENT_IS_HUB if self.is_hub else 0
        return int(self.fault_type) | self.client << 8 | int(self.access) << 16 | hub | self.gpc << 24

    @property
    def instance_low(self) -> int:
        """The low word of the instance, with its aperture in the place of the buffer entry."""
        return self.instance & 0xFFFFF000 | _APERTURES[self.instance_aperture] << 8

    def words(self) -> tuple[int, ...]:
        """The 8 words of a buffer entry."""
        return (
            self.instance_low,
            self.instance >> 32,
            self.gpu_va & 0xFFFFF000,
            self.gpu_va >> 32 & 0xFFFFFFFF,
            self.time_ns & 0xFFFFFFFF,
            self.time_ns >> 32 & 0xFFFFFFFF,
            self.engine_id,
            self.info | _VALID,
        )


class Faults(Unit):
    """Fault buffers and snapshot.

    Attributes:
        posted: the last faults, oldest first, for tests.
    """

    def __init__(self, gpu: SoftGpu) -> None:
        super().__init__(gpu)
        self._snapshot_at = {gpu.offset(f"{_FAULT}_{name}"): name for name in _SNAPSHOT}
        self._buffer_at = {
            gpu.offset(f"{_FAULT}_BUFFER_{name}", index): (name, index)
            for name in _BUFFER
            for index in (NON_REPLAYABLE, REPLAYABLE)
        }
        self._control = gpu.offset("NV_VIRTUAL_FUNCTION_PRIV_MMU_PAGE_FAULT_CTRL")
        offsets = (*self._snapshot_at, *self._buffer_at, self._control)
        self.ranges = tuple((offset, offset + 3) for offset in offsets)
        self.posted: list[FaultEntry] = []
        self._snapshot: dict[str, int] = {}
        self._buffers: list[dict[str, int]] = []
        self._control_word = 0
        self.reset()

    def reset(self) -> None:
        self._snapshot = dict.fromkeys(_SNAPSHOT, 0)
        self._buffers = [dict.fromkeys(_BUFFER, 0) for _ in (NON_REPLAYABLE, REPLAYABLE)]
        self._control_word = 0
        self.posted.clear()

    def post(self, entry: FaultEntry, buffer: int = NON_REPLAYABLE) -> None:
        """Show a fault in the snapshot, if that is free, and in its buffer, if that is enabled."""
        if not entry.time_ns:
            entry = replace(entry, time_ns=self.gpu.clock.now_ns())
        self.posted.append(entry)
        del self.posted[:-KEPT]
        if not self._snapshot["STATUS"] & _VALID:
            self._take_snapshot(entry)
        if self._buffers[buffer]["SIZE"] & _ENABLE:
            self._append(self._buffers[buffer], entry)

    def read(self, offset: int) -> int:
        if offset in self._snapshot_at:
            return self._snapshot[self._snapshot_at[offset]]
        if offset in self._buffer_at:
            name, index = self._buffer_at[offset]
            return self._buffers[index][name]
        return self._control_word

    def write(self, offset: int, value: int) -> None:
        if offset in self._snapshot_at:
            if self._snapshot_at[offset] != "STATUS":
                raise NoRegister
            self._snapshot["STATUS"] &= ~(value & (_VALID | _STICKY_STATUS))
        elif offset in self._buffer_at:
            name, index = self._buffer_at[offset]
            self._write_buffer(self._buffers[index], name, value)
        else:
            self._control_word = value

    def _take_snapshot(self, entry: FaultEntry) -> None:
        aperture = _APERTURES[entry.instance_aperture]
        self._snapshot = {
            "ADDR_LO": entry.gpu_va & 0xFFFFF000,
            "ADDR_HI": entry.gpu_va >> 32 & 0xFFFFFFFF,
            "INST_LO": entry.instance & 0xFFFFF000 | aperture << 10 | entry.engine_id & 0x1FF,
            "INST_HI": entry.instance >> 32,
            "INFO": entry.info | _VALID,
            "STATUS": _VALID,
        }

    def _write_buffer(self, buffer: dict[str, int], name: str, value: int) -> None:
        if name == "PUT":
            return
        if name == "GET":
            buffer["GET"] = buffer["GET"] & _OVERFLOW & ~value | value & _POINTER
            if value & _OVERFLOW:
                buffer["PUT"] &= ~_OVERFLOW
        elif name == "SIZE":
            buffer["SIZE"] = value & ~_SET_DEFAULT
        else:
            buffer[name] = value

    def _append(self, buffer: dict[str, int], entry: FaultEntry) -> None:
        entries = buffer["SIZE"] & _POINTER
        put = buffer["PUT"] & _POINTER
        after = put + 1 if put + 1 < entries else 0
        if after == buffer["GET"] & _POINTER:
            buffer["PUT"] |= _OVERFLOW
            buffer["GET"] |= _OVERFLOW
            return
        at = (buffer["LO"] & 0xFFFFF000 | buffer["HI"] << 32) + put * ENTRY_BYTES
        pdb = self.gpu.apertures.bar2.pdb
        try:
            words = struct.pack("<8I", *entry.words())
            if pdb is None:
                ctypes.memmove(self.gpu.vram.address(at, ENTRY_BYTES), words, ENTRY_BYTES)
            else:
                self.gpu.mmu.write(pdb, at, words, privileged=True)
        except (PageFault, DmaRefused, OutsideVram) as why:
            self.gpu.report("fault buffer", f"the buffer cannot be written: {why}", gpu_va=at)
            return
        buffer["PUT"] = buffer["PUT"] & ~_POINTER | after


_SNAPSHOT = ("ADDR_LO", "ADDR_HI", "INST_LO", "INST_HI", "INFO", "STATUS")
_BUFFER = ("LO", "HI", "GET", "PUT", "SIZE")
