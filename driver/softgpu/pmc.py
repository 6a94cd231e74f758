"""What the GPU is, its clock, and small registers that only keep what they are given.

Facts: nouveau:nvkm/engine/device/base.c, nvkm/subdev/timer/nv04.c,
nvkm/subdev/fb/{gh100,ga102}.c; OGKM:kern_mem_sys_gh100.c; nova-core:fb/hal (the Ampere pair).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from barewire.softgpu.unit import NoRegister, Unit

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu

ARCHITECTURE, IMPLEMENTATION, MAJOR, MINOR = 0x18, 0x0, 0xA, 0x1  # GH100 A1
MIB_SHIFT = 20

# No header of this chip names these two: sysmem flush page by the Ampere registers, and the display fuse.
AMPERE_FLUSH_PAGE = (0x100C10, 0x100C40)
DISPLAY_FUSE = 0x820C04
DISPLAY_FUSED_OFF = 1

# Registers that keep what is written, by mask.
_KEPT: dict[str, int] = {
    "NV_PTIMER_INTR_0": 0,
    "NV_PTIMER_INTR_EN_0": 0x1,
    "NV_PTIMER_NUMERATOR": 0xFFFF,
    "NV_PTIMER_DENOMINATOR": 0xFFFF,
    "NV_PTIMER_ALARM_0": 0xFFFFFFE0,
    "NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_LO": 0xFFFFFFFF,
    "NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_HI": 0x000FFFFF,
}


class Pmc(Unit):
    """Identity, PTIMER, straps, the sysmem flush page."""

    def __init__(self, gpu: SoftGpu) -> None:
        super().__init__(gpu)
        self._masks = {gpu.offset(name): mask for name, mask in _KEPT.items()}
        self._masks.update(dict.fromkeys(AMPERE_FLUSH_PAGE, 0xFFFFFFFF))
        self._kept = dict.fromkeys(self._masks, 0)
        self._time = (gpu.offset("NV_PTIMER_TIME_0"), gpu.offset("NV_PTIMER_TIME_1"))
        self._reads: dict[int, Callable[[], int]] = {
            gpu.offset("NV_PMC_BOOT_0"): self._boot_0,
            gpu.offset("NV_PMC_BOOT_1"): lambda: 0,  # little-endian, not a virtual function
            gpu.offset("NV_PMC_BOOT_42"): self._boot_42,
            gpu.offset("NV_PEXTDEV_BOOT_0"): lambda: 0,
            gpu.offset("NV_USABLE_FB_SIZE_IN_MB"): self._usable_mib,
            DISPLAY_FUSE: lambda: DISPLAY_FUSED_OFF,
            self._time[0]: lambda: gpu.clock.now_ns() & 0xFFFFFFFF,
            self._time[1]: lambda: gpu.clock.now_ns() >> 32 & 0x1FFFFFFF,
        }
        self.ranges = tuple((offset, offset + 3) for offset in (*self._reads, *self._masks))

    def reset(self) -> None:
        self._kept = dict.fromkeys(self._masks, 0)

    def read(self, offset: int) -> int:
        read = self._reads.get(offset)
        if read is not None:
            return read()
        if offset in self._kept:
            return self._kept[offset]
        raise NoRegister

    def write(self, offset: int, value: int) -> None:
        if offset in self._kept:
            self._kept[offset] = value & self._masks[offset]
        elif offset in self._time:
            self._set_time(self._time.index(offset), value)
        elif offset not in self._reads:
            raise NoRegister

    @property
    def flush_page(self) -> int:
        """What the sysmem flush page's registers hold; nobody checks it."""
        low, high = (self._kept[self.gpu.offset(name)] for name in list(_KEPT)[-2:])
        return low | high << 32

    def _set_time(self, half: int, value: int) -> None:
        now = self.gpu.clock.now_ns()
        halves = [now & 0xFFFFFFFF, now >> 32]
        halves[half] = value
        self.gpu.clock.set(halves[0] | halves[1] << 32)

    def _usable_mib(self) -> int:
        """What FSP writes down when it has set video memory up; 0 before."""
        return self.gpu.options.vram_bytes >> MIB_SHIFT if self.gpu.fsp.ready else 0

    def _boot_0(self) -> int:
        return ARCHITECTURE << 24 | IMPLEMENTATION << 20 | MAJOR << 4 | MINOR

    def _boot_42(self) -> int:
        return ARCHITECTURE << 24 | IMPLEMENTATION << 20 | MAJOR << 16 | MINOR << 12
