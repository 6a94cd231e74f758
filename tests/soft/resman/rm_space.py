"""An address space whose tables firmware makes, and a look into them by nothing but bit positions."""

from __future__ import annotations

import struct

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
VA = 0x10_0000_0000  # 64 GiB: entry 128 of PD1
MEMORY = 0x2000_0000
ADDRESS = 0xF_FFFF_FFFF_F000


def words(gpu, table, count=512):
    """The entries of a table that are not zero, by number."""
    data = struct.unpack(f"<{count}Q", gpu.vram.read(table, 8 * count))
    return {index: word for index, word in enumerate(data) if word}


def pd0_words(gpu, table):
    """The same of a table of pairs: (low, high)."""
    data = struct.unpack("<512Q", gpu.vram.read(table, 4096))
    pairs = zip(data[::2], data[1::2], strict=True)
    return {index: pair for index, pair in enumerate(pairs) if any(pair)}


class Space:
    """An address space of firmware's, a window on all of it, and a look into its tables."""

    def __init__(self, rm, **limits):
        self.rm = rm
        self.gpu = rm.gpu
        self.handle = rm.owned_space(**limits)
        self.window = rm.window(self.handle)

    @property
    def root(self):
        return self.rm.object_of(self.handle).root.address

    def follow(self, *indices):
        """The table that a path of entries leads to, from PD4 on."""
        table = self.root
        for index in indices:
            word = words(self.gpu, table)[index]
            assert word & 0xFFF == 0x12
            table = word & ADDRESS
        return table

    def pd1(self, gpu_va=VA):
        return self.follow(gpu_va >> 56, gpu_va >> 47 & 511, gpu_va >> 38 & 511)

    def pd0(self, gpu_va=VA):
        return self.follow(gpu_va >> 56, gpu_va >> 47 & 511, gpu_va >> 38 & 511, gpu_va >> 29 & 511)

    def pair(self, gpu_va=VA):
        """The entry of PD0 for an address."""
        return pd0_words(self.gpu, self.pd0(gpu_va)).get(gpu_va >> 21 & 255, (0, 0))

    def small(self, gpu_va=VA):
        return words(self.gpu, self.pair(gpu_va)[1] & ADDRESS)

    def big(self, gpu_va=VA):
        return words(self.gpu, self.pair(gpu_va)[0] & ADDRESS & ~0xFFF | self.pair(gpu_va)[0] & 0xF00, 32)

    def tables_in_use(self):
        return self.gpu.resman.table_memory.in_use

    def leaf(self, gpu_va):
        """The page that the MMU finds there now; None for none."""
        walk = self.gpu.mmu.walk(self.rm.object_of(self.handle).root, gpu_va)
        assert walk.notes == ()
        return walk.leaf

    def reads(self, gpu_va):
        """(aperture, physical address) as the MMU walks there now; None for no page."""
        leaf = self.leaf(gpu_va)
        return (leaf.aperture, leaf.address + gpu_va - leaf.gpu_va) if leaf is not None else None
