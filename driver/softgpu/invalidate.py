"""The registers that make the MMU forget, and those that flush what the CPU wrote.

Writes of the CPU are in video memory at once here, so that a flush has nothing to do but to be done.

Facts: OGKM:swref/published/{turing/tu102,hopper/gh100}/dev_vm.h,
OGKM:kern_bus_gh100.c and kern_mem_sys_gh100.c (reading a flush register begins it and gives its token);
nouveau:nvkm/subdev/bar/g84.c, nvkm/subdev/mmu/vmmtu102.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from barewire.softgpu.page_tables import Aperture, Pdb
from barewire.softgpu.unit import NoRegister, Unit

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu

_INVALIDATE = "NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE"
_TRIGGER = 1 << 31
_ALL_VA = 1 << 0
_ALL_PDB = 1 << 1
_REPLAY = 7 << 3
_LEVEL_LOW, _LEVEL_MASK = 24, 7
_PDB_IN_HOST = 1 << 1
_PDB_ADDRESS = 0xFFFFFFF0

# The flush registers of Hopper: reading the first begins an operation, the second says what is done.
_TOKENS = (
    "NV_XAL_EP_UFLUSH_FB_FLUSH",
    "NV_XAL_EP_UFLUSH_L2_FLUSH_DIRTY",
    "NV_XAL_EP_UFLUSH_L2_CLEAN_COMPTAGS",
    "NV_VIRTUAL_FUNCTION_PRIV_FUNC_L2_SYSMEM_INVALIDATE",
    "NV_VIRTUAL_FUNCTION_PRIV_FUNC_L2_PEERMEM_INVALIDATE",
)
_TOKEN_MASK = 0x7FFFFFFF


class InvalidateRegisters(Unit):
    """MMU_INVALIDATE, UFLUSH.

    Attributes:
        flushes: how many flushes were asked for.
    """

    def __init__(self, gpu: SoftGpu) -> None:
        super().__init__(gpu)
        self._pdb = gpu.offset(f"{_INVALIDATE}_PDB")
        self._upper = gpu.offset(f"{_INVALIDATE}_UPPER_PDB")
        self._trigger = gpu.offset(_INVALIDATE)
        self._flush = gpu.offset("NV_UFLUSH_FB_FLUSH")
        self._begin = {gpu.offset(name): name for name in _TOKENS}
        self._completed = {gpu.offset(f"{name}_COMPLETED"): name for name in _TOKENS}
        offsets = (self._pdb, self._upper, self._trigger, self._flush, *self._begin, *self._completed)
        self.ranges = tuple((offset, offset + 3) for offset in offsets)
        self._words: dict[int, int] = {}
        self._tokens: dict[str, int] = {}
        self._busy = False
        self.flushes = 0
        self.reset()

    def reset(self) -> None:
        self._words = dict.fromkeys((self._pdb, self._upper, self._trigger), 0)
        self._tokens = dict.fromkeys(_TOKENS, 0)
        self._busy = False

    def read(self, offset: int) -> int:
        if offset == self._trigger:
            return self._read_trigger()
        if offset in self._words:
            return self._words[offset]
        if offset == self._flush:
            return 0  # neither pending nor outstanding
        if offset in self._begin:
            return self._begin_flush(self._begin[offset])
        if offset in self._completed:
            return self._tokens[self._completed[offset]]  # idle, with the last token
        raise NoRegister

    def write(self, offset: int, value: int) -> None:
        if offset == self._trigger:
            self._words[offset] = value & ~_TRIGGER
            if value & _TRIGGER:
                self._invalidate(value)
        elif offset in self._words:
            self._words[offset] = value
        elif offset == self._flush:
            self.flushes += value & 1
        elif offset in self._begin:
            self._begin_flush(self._begin[offset])
        else:
            raise NoRegister

    @property
    def pdb(self) -> Pdb:
        """The root that the registers name."""
        low, high = self._words[self._pdb], self._words[self._upper] & 0xFFFFF
        aperture = Aperture.COHERENT if low & _PDB_IN_HOST else Aperture.VRAM
        return Pdb(aperture, (low & _PDB_ADDRESS) << 8 | high << 40)

    def _read_trigger(self) -> int:
        """Busy once after every trigger: who does not look cannot know that it is done."""
        busy, self._busy = self._busy, False
        return self._words[self._trigger] | (_TRIGGER if busy else 0)

    def _invalidate(self, value: int) -> None:
        if self._busy:
            self.gpu.report("invalidate", "an invalidation was asked for before the last one was seen to end")
        self._busy = True
        if not value & _ALL_VA:
            self.gpu.report(
                "invalidate", "an invalidation of one address, and no register names it", value=value
            )
            return
        if value & _REPLAY:
            self.gpu.report("invalidate", "a replay or cancel: no fault here waits for one", value=value)
        pdb = None if value & _ALL_PDB else self.pdb
        self.gpu.mmu.invalidate(pdb, depth=value >> _LEVEL_LOW & _LEVEL_MASK)

    def _begin_flush(self, name: str) -> int:
        self.flushes += 1
        self._tokens[name] = (self._tokens[name] + 1) & _TOKEN_MASK
        return self._tokens[name]
