"""The interrupt tree, and how it reaches the host.

A vector is a bit of a leaf. Two leaves make a bit of the top; while any enabled bit of the top is set the
GPU's line is high, and each time it rises one message goes out. Which MSI-X vector is used is not published:
all of the tree goes out by vector 0 here, as it does by MSI.

Facts: OGKM:swref/published/{turing/tu102,hopper/gh100}/dev_vm.h, intr_tu102.c;
nouveau:nvkm/subdev/vfn/tu102.c; PCI Express Base Specification 6.0, section 6.1.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from barewire.softgpu.pci import MSIX_PENDING, MSIX_TABLE, VECTORS
from barewire.softgpu.unit import MemoryUnit, NoRegister, Unit

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu

_TREE = "NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR"
LEAVES = 16
WORD = 0xFFFFFFFF
TREE_VECTOR = 0  # the MSI-X vector that the whole tree goes out by
ENTRY_BYTES = 16
ENTRY_MASKED = 1


class InterruptTree(Unit):
    """Leaves, top, and the line.

    Attributes:
        leaves, enabled: pending and enabled bits of each leaf.
        top_enabled: of the top.
        messages: how many messages went out, or would have but for a mask.
    """

    def __init__(self, gpu: SoftGpu) -> None:
        super().__init__(gpu)
        self._leaf = gpu.offset(f"{_TREE}_LEAF", 0)
        self._leaf_set = gpu.offset(f"{_TREE}_LEAF_EN_SET", 0)
        self._leaf_clear = gpu.offset(f"{_TREE}_LEAF_EN_CLEAR", 0)
        self._top = gpu.offset(f"{_TREE}_TOP", 0)
        self._top_set = gpu.offset(f"{_TREE}_TOP_EN_SET", 0)
        self._top_clear = gpu.offset(f"{_TREE}_TOP_EN_CLEAR", 0)
        self._trigger = gpu.offset(f"{_TREE}_LEAF_TRIGGER")
        arrays = (self._leaf, self._leaf_set, self._leaf_clear)
        single = (self._top, self._top_set, self._top_clear, self._trigger)
        self.ranges = (
            *((first, first + 4 * LEAVES - 1) for first in arrays),
            *((offset, offset + 3) for offset in single),
        )
        self.leaves = [0] * LEAVES
        self.enabled = [0] * LEAVES
        self.top_enabled = 0
        self.messages = 0
        self._line = False
        self.msix = MsixTable(gpu)
        gpu.registers.add(self.msix)

    def reset(self) -> None:
        self.leaves = [0] * LEAVES
        self.enabled = [0] * LEAVES
        self.top_enabled = 0
        self._line = False
        self.msix.reset()

    def trigger(self, vector: int) -> None:
        """Let a vector be pending (leaf * 32 + bit)."""
        leaf, bit = divmod(vector, 32)
        if not 0 <= leaf < LEAVES:
            self.gpu.report("interrupt", "there is no such vector", vector=vector)
            return
        self.leaves[leaf] |= 1 << bit
        self.deliver()

    def is_pending(self, vector: int) -> bool:
        """Whether a vector is pending."""
        leaf, bit = divmod(vector, 32)
        return bool(self.leaves[leaf] >> bit & 1)

    @property
    def top(self) -> int:
        """The top's bits: one for every two leaves in which something enabled is pending."""
        word = 0
        for leaf in range(LEAVES):
            if self.leaves[leaf] & self.enabled[leaf]:
                word |= 1 << (leaf // 2)
        return word

    def deliver(self) -> None:
        """Look whether the line rose, and send what may be sent now."""
        was, self._line = self._line, bool(self.top & self.top_enabled)
        self.gpu.pci.show_interrupt(self._line)
        if self._line and not was:
            self.messages += 1
            self._send()
        self.msix.send_pending()

    def read(self, offset: int) -> int:
        leaf = offset >> 2 & (LEAVES - 1)
        if self._leaf <= offset < self._leaf + 4 * LEAVES:
            return self.leaves[leaf]
        if offset == self._top:
            return self.top
        if offset in (self._top_set, self._top_clear):
            return self.top_enabled
        if offset == self._trigger:
            return 0
        return self.enabled[leaf]

    def write(self, offset: int, value: int) -> None:
        leaf = offset >> 2 & (LEAVES - 1)
        if offset == self._trigger:
            self.trigger(value & 0xFFF)
            return
        if offset == self._top:
            raise NoRegister
        if self._leaf <= offset < self._leaf + 4 * LEAVES:
            self.leaves[leaf] &= ~value
        elif offset == self._top_set:
            self.top_enabled |= value
        elif offset == self._top_clear:
            self.top_enabled &= ~value & WORD
        elif offset >= self._leaf_clear:
            self.enabled[leaf] &= ~value & WORD
        else:
            self.enabled[leaf] |= value
        self.deliver()

    def _send(self) -> None:
        if self.gpu.pci.msix_enabled:
            self.msix.pending |= 1 << TREE_VECTOR
        elif self.gpu.pci.msi_enabled and self.gpu.pci.may_master:
            self.gpu.host.interrupt(0)


class MsixTable(MemoryUnit):
    """The MSI-X table and its pending bits, in BAR0."""

    ranges = (
        (MSIX_TABLE, MSIX_TABLE + ENTRY_BYTES * VECTORS - 1),
        (MSIX_PENDING, MSIX_PENDING + 7),
    )

    def __init__(self, gpu: SoftGpu) -> None:
        super().__init__(gpu)
        self.table = bytearray(ENTRY_BYTES * VECTORS)
        self.pending = 0
        self.reset()

    def reset(self) -> None:
        self.pending = 0
        for vector in range(VECTORS):
            struct.pack_into("<QII", self.table, ENTRY_BYTES * vector, 0, 0, ENTRY_MASKED)

    def load(self, offset: int, size_bytes: int) -> int:
        if offset >= MSIX_PENDING:
            return self.pending >> 8 * (offset - MSIX_PENDING) & (1 << 8 * size_bytes) - 1
        at = offset - MSIX_TABLE
        return int.from_bytes(self.table[at : at + size_bytes], "little")

    def store(self, offset: int, size_bytes: int, value: int) -> None:
        if offset >= MSIX_PENDING:
            return
        if size_bytes < 4:
            self.gpu.report("MSI-X", "the table takes words of 4 or 8 bytes", offset=offset, value=value)
            return
        at = offset - MSIX_TABLE
        if at + size_bytes > len(self.table):
            return
        self.table[at : at + size_bytes] = value.to_bytes(size_bytes, "little")
        self.send_pending()

    def is_masked(self, vector: int) -> bool:
        """Whether a vector, or the function, is masked."""
        entry_masked = self.table[ENTRY_BYTES * vector + 12] & ENTRY_MASKED
        return bool(entry_masked) or self.gpu.pci.msix_masked

    def send_pending(self) -> None:
        """Send what is pending and no longer masked."""
        if not self.pending or not self.gpu.pci.msix_enabled or not self.gpu.pci.may_master:
            return
        for vector in range(VECTORS):
            if self.pending >> vector & 1 and not self.is_masked(vector):
                self.pending &= ~(1 << vector)
                self.gpu.host.interrupt(vector)
