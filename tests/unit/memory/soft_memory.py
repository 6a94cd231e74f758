"""The memory of a software GPU by itself: no firmware runs, the driver's memory code has it alone."""

from __future__ import annotations

from barewire import guard
from barewire.memory.formats import GMMU_V3
from barewire.memory.gpu import GpuMemory, open_memory
from barewire.memory.windows import Pramin
from barewire.pci.config import PciFunction
from barewire.regs.board import load_board
from barewire.softgpu import mmu
from barewire.transport.soft import SoftBus

FIRST = 1 << 20
BAR1_ROOT = 0x10000
BAR1_INSTANCE = 0x11000


class SoftMemory:
    """A software GPU and its memory.

    Attributes:
        gpu: the software GPU itself, to look at from the other side.
        memory: the driver's.
    """

    def __init__(self, vram_bytes: int, bar1_bytes: int) -> None:
        self.bus = SoftBus.open({"chip": "gh100", "vram_bytes": vram_bytes, "bar1_bytes": bar1_bytes})
        self.gpu = self.bus.endpoint
        function = PciFunction(self.bus.config)
        function.enable()
        self.registers = guard.registers(self.bus, load_board("gh100"))
        self.bar1 = self.bus.bars[function.bars()[1].index]
        self.pramin = Pramin(self.bus.bars[0], self.registers)
        if bar1_bytes < vram_bytes:
            self._bind_bar1()
        self.memory: GpuMemory = open_memory(
            self.bus,
            self.registers,
            GMMU_V3,
            [(FIRST, vram_bytes - FIRST)],
            self.bar1,
            bar1_root=BAR1_ROOT,
        )

    def _bind_bar1(self) -> None:
        """What the firmware does before the driver comes: an instance block with an empty root."""
        self.pramin.write(BAR1_ROOT, bytes(4096))
        self.pramin.write(BAR1_INSTANCE, bytes(4096))
        self.pramin.write(BAR1_INSTANCE + 0x200, (BAR1_ROOT | 1 << 10 | 1 << 11).to_bytes(8, "little"))
        low, high = "BAR1_BLOCK_LOW_ADDR", "BAR1_BLOCK_HIGH_ADDR"
        prefix = "NV_VIRTUAL_FUNCTION_PRIV_FUNC_"
        self.registers.write(prefix + low, mode="VIRTUAL", target="VID_MEM", ptr=BAR1_INSTANCE >> 12)
        self.registers.write(prefix + high, 0)

    def pdb(self, space) -> mmu.Pdb:
        """A space's root as the software GPU names it."""
        return mmu.Pdb(mmu.Aperture.VRAM, space.root.address)

    def see(self, space, gpu_va: int, size_bytes: int) -> bytes:
        """Bytes that the GPU reads."""
        return self.gpu.mmu.read(self.pdb(space), gpu_va, size_bytes)

    def __enter__(self) -> SoftMemory:
        return self

    def __exit__(self, *_: object) -> None:
        self.memory.close()
        self.bus.close()
