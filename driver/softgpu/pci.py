"""The PCI function: configuration space, what it gates, and function level reset.

Facts: OGKM:kern_bif_gh100.c, swref/published/hopper/gh100/dev_xtl_ep_pcfg_gpu.h (where the capabilities are);
PCI Express Base Specification 6.0, chapter 7.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from barewire.softgpu.unit import MemoryUnit

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu

CONFIG_BYTES = 4096
MIRROR = 0x92000  # where BAR0 shows the configuration space (Hopper and later)
MIB_SHIFT = 20

VENDOR_DEVICE = 0x2330_10DE  # H100 SXM5
SUBSYSTEM = 0x16C1_10DE
REVISION_CLASS = 0x030200_A1  # a 3D controller, revision A1

COMMAND = 0x04
COMMAND_MEMORY, COMMAND_MASTER, COMMAND_NO_INTX = 1 << 1, 1 << 2, 1 << 10
STATUS_INTERRUPT = 1 << 3
BAR_0 = 0x10
BAR_64BIT, BAR_PREFETCHABLE = 0b100, 0b1000

PM, MSI, PCIE, MSIX = 0x40, 0x48, 0x60, 0xB0
PM_CONTROL = PM + 4
MSI_CONTROL = MSI + 2
DEVICE_CONTROL = PCIE + 8
MSIX_CONTROL = MSIX + 2
SERIAL_NUMBER, REBAR, ERRORS = 0x100, 0x134, 0x1B8
REBAR_CONTROL = REBAR + 8

POWER_STATE = 3
FLR = 1 << 15
MSI_ENABLE = 1
MSIX_ENABLE, MSIX_FUNCTION_MASK = 1 << 15, 1 << 14

VECTORS = 9
MSIX_TABLE = 0xB90000
MSIX_PENDING = 0xBA0000

# Register, bytes, value after power-on, bits that software writes, bits that it clears by writing ones.
_LAYOUT: tuple[tuple[int, int, int, int, int], ...] = (
    (0x00, 4, VENDOR_DEVICE, 0, 0),
    (COMMAND, 2, 0, 0x0546, 0),
    (0x06, 2, 0x0010, 0, 0xF900),
    (0x08, 4, REVISION_CLASS, 0, 0),
    (0x0C, 1, 0, 0xFF, 0),
    (0x2C, 4, SUBSYSTEM, 0, 0),
    (0x34, 1, PM, 0, 0),
    (0x3C, 2, 0x0100, 0x00FF, 0),
    (PM, 4, 0x0003_0001 | MSI << 8, 0, 0),
    (PM_CONTROL, 2, 0x0008, 0x0103, 0x8000),
    (MSI, 2, 0x0005 | PCIE << 8, 0, 0),
    (MSI_CONTROL, 2, 0x0080, 0x0071, 0),
    (MSI + 4, 4, 0, 0xFFFFFFFC, 0),
    (MSI + 8, 4, 0, 0xFFFFFFFF, 0),
    (MSI + 12, 2, 0, 0xFFFF, 0),
    (PCIE, 4, 0x0002_0010 | MSIX << 8, 0, 0),
    (PCIE + 4, 4, 0x1000_8FE2, 0, 0),  # FLR, role-based errors, extended tags, payload of 512 bytes
    (DEVICE_CONTROL, 2, 0x2910, 0x7FFF, 0),
    (DEVICE_CONTROL + 2, 2, 0, 0, 0x000F),
    (PCIE + 0x0C, 4, 0x0045_D505, 0, 0),
    (PCIE + 0x10, 2, 0x0040, 0x0FFB, 0),
    (PCIE + 0x12, 2, 0x1105, 0, 0),
    (PCIE + 0x24, 4, 0x0000_1013, 0, 0),
    (PCIE + 0x28, 2, 0, 0xFFFF, 0),
    (PCIE + 0x2C, 4, 0x0000_003E, 0, 0),
    (PCIE + 0x30, 2, 0x0005, 0xFFFF, 0),
    (MSIX, 2, 0x0011, 0, 0),
    (MSIX_CONTROL, 2, VECTORS - 1, MSIX_ENABLE | MSIX_FUNCTION_MASK, 0),
    (MSIX + 4, 4, MSIX_TABLE, 0, 0),
    (MSIX + 8, 4, MSIX_PENDING, 0, 0),
    (SERIAL_NUMBER, 4, REBAR << 20 | 0x1_0003, 0, 0),
    (SERIAL_NUMBER + 4, 4, 0x5047_5541, 0, 0),
    (SERIAL_NUMBER + 8, 4, 0x4752_4157, 0, 0),
    (REBAR, 4, ERRORS << 20 | 0x1_0015, 0, 0),
    (ERRORS, 4, 0x2_0001, 0, 0),
    (ERRORS + 4, 4, 0, 0, 0xFFFFFFFF),
    (ERRORS + 8, 4, 0, 0x07FFF030, 0),
    (ERRORS + 0xC, 4, 0x00462030, 0x07FFF030, 0),
    (ERRORS + 0x10, 4, 0, 0, 0xFFFFFFFF),
    (ERRORS + 0x14, 4, 0x00006000, 0x0000FFFF, 0),
)
SMALLEST_REBAR_SHIFT = 26  # 64 MiB


class PciFunction(MemoryUnit):
    """The configuration space, and its mirror in BAR0.

    Attributes:
        present: whether it still is on the bus.
        resets: how many function level resets there were.
        decoded: how many bytes of each BAR memory accesses reach now, by the BAR's number; no BAR is in it
            while memory decode or power is off, and once the function is gone.
        may_master: whether it may read and write host memory, and send messages.
    """

    ranges = ((MIRROR, MIRROR + CONFIG_BYTES - 1),)

    def __init__(self, gpu: SoftGpu) -> None:
        super().__init__(gpu)
        self.present = True
        self.resets = 0
        self._space = bytearray(CONFIG_BYTES)
        self._writable = bytearray(CONFIG_BYTES)
        self._clearable = bytearray(CONFIG_BYTES)
        self._bar1_shift = 0
        self.decoded: dict[int, int] = {}
        self.may_master = False
        self.reset()

    def reset(self) -> None:
        for array in (self._space, self._writable, self._clearable):
            array[:] = bytes(CONFIG_BYTES)
        for row in _LAYOUT:
            self._lay(*row)
        self._bar1_shift = self.gpu.options.bar1_bytes.bit_length() - 1
        self._lay_bars()
        self._lay_rebar()
        self._gate()

    # What the rest of the GPU asks.

    @property
    def msix_enabled(self) -> bool:
        """Whether interrupts go out by MSI-X."""
        return bool(self._word(MSIX_CONTROL, 2) & MSIX_ENABLE)

    @property
    def msix_masked(self) -> bool:
        """Whether every vector is masked at once."""
        return bool(self._word(MSIX_CONTROL, 2) & MSIX_FUNCTION_MASK)

    @property
    def msi_enabled(self) -> bool:
        """Whether interrupts go out by MSI."""
        return bool(self._word(MSI_CONTROL, 2) & MSI_ENABLE)

    @property
    def bar1_bytes(self) -> int:
        """How large BAR1 is now."""
        return 1 << self._bar1_shift

    def bar_address(self, index: int) -> int:
        """Where the host put a BAR."""
        low = self._word(BAR_0 + 4 * index, 4)
        high = self._word(BAR_0 + 4 * index + 4, 4) if low & BAR_64BIT else 0
        return (low & ~0xF) | high << 32

    def show_interrupt(self, pending: bool) -> None:
        """Show in the status register whether an interrupt is pending."""
        if pending:
            self._space[0x06] |= STATUS_INTERRUPT
        else:
            self._space[0x06] &= ~STATUS_INTERRUPT & 0xFF

    # What the host does.

    def config_read(self, offset: int, size_bytes: int) -> int:
        """A configuration read; all ones if the device is gone."""
        if not self.present or offset < 0 or offset + size_bytes > CONFIG_BYTES:
            return (1 << 8 * size_bytes) - 1
        return self._word(offset, size_bytes)

    def config_write(self, offset: int, size_bytes: int, value: int) -> None:
        """A configuration write."""
        if not self.present or offset < 0 or offset + size_bytes > CONFIG_BYTES:
            return
        for at, byte in enumerate(value.to_bytes(size_bytes, "little"), offset):
            cleared = self._space[at] & ~(byte & self._clearable[at])
            writable = self._writable[at]
            self._space[at] = (cleared & ~writable | byte & writable) & 0xFF
        self._gate()
        self._act_on(offset, size_bytes, value)

    def load(self, offset: int, size_bytes: int) -> int:
        return self.config_read(offset - MIRROR, size_bytes)

    def store(self, offset: int, size_bytes: int, value: int) -> None:
        self.config_write(offset - MIRROR, size_bytes, value)

    def unplug(self) -> None:
        """Leave the bus: nothing answers any more, and nothing is mastered."""
        self.present = False
        self._gate()

    # How it is made.

    def _gate(self) -> None:
        """Something changed that decides on what gets through."""
        answers = self.present and not self._word(PM_CONTROL, 2) & POWER_STATE
        command = self._word(COMMAND, 2) if answers else 0
        decoded = {}
        if command & COMMAND_MEMORY:
            decoded = {bar.index: bar.size_bytes for bar in self.gpu.bars}
            decoded[self.gpu.bars[1].index] = self.bar1_bytes
        self.may_master = bool(command & COMMAND_MASTER)
        self.decoded = decoded

    def _word(self, offset: int, size_bytes: int) -> int:
        return int.from_bytes(self._space[offset : offset + size_bytes], "little")

    def _lay(self, offset: int, size_bytes: int, value: int, writable: int, clearable: int) -> None:
        for array, bits in ((self._space, value), (self._writable, writable), (self._clearable, clearable)):
            array[offset : offset + size_bytes] = bits.to_bytes(size_bytes, "little")

    def _lay_bars(self) -> None:
        for bar in self.gpu.bars:
            kind = (BAR_64BIT if bar.is_64bit else 0) | (BAR_PREFETCHABLE if bar.prefetchable else 0)
            size = self.bar1_bytes if bar is self.gpu.bars[1] else bar.size_bytes
            writable = -size & (1 << 64) - 1
            at = BAR_0 + 4 * bar.index
            base = self.bar_address(bar.index) & writable
            self._lay(at, 4, kind | base & 0xFFFFFFFF, writable & 0xFFFFFFF0, 0)
            if bar.is_64bit:
                self._lay(at + 4, 4, base >> 32, writable >> 32, 0)

    def _lay_rebar(self) -> None:
        largest = self.gpu.options.bar1_bytes.bit_length() - 1
        smallest = min(SMALLEST_REBAR_SHIFT, largest)
        sizes = sum(1 << (shift - MIB_SHIFT + 4) for shift in range(smallest, largest + 1))
        index = self.gpu.bars[1].index
        size = self._bar1_shift - MIB_SHIFT
        self._lay(REBAR + 4, 4, sizes & 0xFFFFFFFF, 0, 0)
        self._lay(REBAR_CONTROL, 4, index | 1 << 5 | size << 8, 0x3F00, 0)

    def _act_on(self, offset: int, size_bytes: int, value: int) -> None:
        def touches(at: int, count: int) -> bool:
            return offset < at + count and at < offset + size_bytes

        if touches(DEVICE_CONTROL + 1, 1) and value << 8 * offset >> 8 * DEVICE_CONTROL & FLR:
            self.resets += 1
            self.gpu.reset()
            return
        if touches(REBAR_CONTROL, 4):
            self._resize()
        if touches(MSIX_CONTROL, 2) or touches(MSI_CONTROL, 2) or touches(COMMAND, 2):
            self.gpu.interrupts.deliver()

    def _resize(self) -> None:
        shift = (self._word(REBAR_CONTROL, 4) >> 8 & 0x3F) + MIB_SHIFT
        supported = struct.unpack_from("<I", self._space, REBAR + 4)[0]
        if supported >> (shift - MIB_SHIFT + 4) & 1:
            self._bar1_shift = shift
        else:
            self.gpu.report("BAR size", "a size was asked for that BAR1 cannot have", size_bytes=1 << shift)
        self._lay_bars()
        self._lay_rebar()
        self._gate()
