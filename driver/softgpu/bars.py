"""The CPU's ways to video memory: BAR1 and BAR2, translated or linear, and the PRAMIN window of BAR0.

BAR1 and BAR2 are ranges of this process's addresses that the host may keep for the life of the device. What
the page tables say is put behind them when a root is bound and whenever the MMU is told to forget, as the GPU
would look it up again then: pages of video memory by mapping them, everything else by poison, whose writes
are lost.

Facts: OGKM:kern_bus_gh100.c, swref/published/hopper/gh100/{dev_vm,dev_xal_ep}.h;
open-gpu-doc:manuals/ampere/ga100/dev_ram.ref.txt. What unmapped places read as is not published: the pattern
is chosen so that it is recognised.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, NamedTuple

from barewire.softgpu.bus import DmaRefused
from barewire.softgpu.faults import ENGINE_BAR1, ENGINE_BAR2, FaultEntry
from barewire.softgpu.mapping import Kept, Mapping, Run, add_run
from barewire.softgpu.mmu import PageFault
from barewire.softgpu.page_tables import Access, Aperture, Pdb, Reader, Unreadable, Walker
from barewire.softgpu.unit import MemoryUnit, NoRegister, Unit

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu

POISON = 0xBAD0AC00
# What of a BAR's tables is shown to a host that maps it; tables that lead to one another have no end.
MOST_TABLE_BYTES = 4 << 20
MOST_RUNS = 1 << 14  # each is a mapping of this process, which may have 65530 by default
PAGE_BITS, PAGE_BYTES = 12, 1 << 12
MOST_KNOWN = 1 << 12  # pages that are remembered for accesses that trap
_MODE_VIRTUAL = 1 << 9
_PENDING, _OUTSTANDING = 1 << 0, 1 << 1
_TARGETS = (Aperture.VRAM, None, Aperture.COHERENT, Aperture.NONCOHERENT)
_HIGH_MASK = 0xFFFFF


def poison_word(offset: int, size_bytes: int) -> int:
    """What `size_bytes` read at an offset where there is nothing."""
    doubled = POISON | POISON << 32
    return (doubled | doubled << 64) >> 8 * (offset % 4) & (1 << 8 * size_bytes) - 1


def _is_same_space(first: Pdb, second: Pdb) -> bool:
    """Whether two roots are one: the registers do not tell the two kinds of host memory apart."""
    return first.address == second.address and first.aperture.is_host == second.aperture.is_host


class Block(NamedTuple):
    """What the block registers of a BAR say: which instance block its address space comes from."""

    virtual: bool
    target: Aperture | None
    instance: int


class _FrugalReader:
    """Reads page tables, up to so many bytes of them.

    Attributes:
        left: bytes that it still reads.
    """

    def __init__(self, read: Reader) -> None:
        self._read = read
        self.left = MOST_TABLE_BYTES

    def read(self, aperture: Aperture, address: int, size_bytes: int) -> bytes:
        """Bytes of a table.

        Raises:
            Unreadable: they are not where the MMU may read, or too many were read already.
        """
        if self.left < size_bytes:
            self.left = 0
            raise Unreadable("too many tables")
        self.left -= size_bytes
        return self._read(aperture, address, size_bytes)


class ApertureBar:
    """BAR1 or BAR2.

    Attributes:
        number: 1 or 2.
        pdb: the root of its address space; None in physical mode, in which it shows video memory from 0 on.
        bound: whether a block was bound since the reset.
        readable, writable: pages of video memory that were read or written by accesses that trap, by offset
            over 4 KiB: their address in it less the offset. They hold until `refresh`.
    """

    def __init__(self, gpu: SoftGpu, number: int, engine_id: int) -> None:
        self._gpu = gpu
        self.number = number
        self.index = gpu.bars[number].index
        self.size_bytes = gpu.bars[number].size_bytes
        self._engine_id = engine_id
        self._mapping: Mapping | None = None
        self._kept = Kept()
        self.pdb: Pdb | None = None
        self.bound = False
        self.nowhere = False
        self.readable: dict[int, int] = {}
        self.writable: dict[int, int] = {}

    def reset(self) -> None:
        """Linear, as after power-on."""
        self.pdb = None
        self.bound = False
        self.nowhere = False
        self.refresh()

    def bind(self, pdb: Pdb | None) -> None:
        """Show an address space by its root; None for video memory itself."""
        self.pdb = pdb
        self.nowhere = False
        self.bound = True
        if pdb is not None:
            self._gpu.mmu.tlb.invalidate(pdb)
        self.refresh()

    def bind_block(self, block: Block) -> None:
        """Show what a block register says."""
        if not block.virtual:
            self.bind(None)
            return
        pdb = None
        if block.target is not None:
            try:
                pdb = self._gpu.mmu.instance_pdb(block.target, block.instance)
            except (PageFault, DmaRefused) as why:
                self._gpu.report("BAR block", f"the instance block cannot be read: {why}", bar=self.number)
        if pdb is None:
            self._gpu.report("BAR block", "the block names no page directory", bar=self.number)
        self.bind(pdb)
        self.nowhere = pdb is None
        self.refresh()

    def memory(self) -> tuple[int, int]:
        """(CPU address, bytes) of the aperture."""
        if self._mapping is None:
            self._mapping = Mapping(self._gpu.vram.file, self.size_bytes, POISON)
            self.refresh()
        return self._mapping.address, self.size_bytes

    def refresh(self) -> None:
        """Put behind the aperture what the page tables say now."""
        self.readable.clear()
        self.writable.clear()
        if self._mapping is None:
            return
        if self._mapping.is_small:
            self.look_for_lost_writes()
        try:
            runs = self._runs()
            if self._gpu.sanitizer is not None and self.pdb is not None:
                for run in runs:
                    self._gpu.sanitizer.shown(run.file_offset, run.end - run.start)
            self._mapping.show(runs)
        except MemoryError as why:
            self._gpu.report("BAR mapping", f"too many pieces for this machine: {why}", bar=self.number)

    def look_for_lost_writes(self) -> None:
        """Report writes to places where there is nothing. Looking takes a while with a large BAR."""
        if self._mapping is not None and self._mapping.was_poison_written():
            self._gpu.report("BAR write lost", "written where nothing is mapped", bar=self.number)

    def place(self, offset: int, size_bytes: int, write: bool) -> int | None:
        """The CPU address behind an offset for an access that traps; 0 if it is sparse, None for nothing."""
        access = Access.WRITE if write else Access.READ
        try:
            if self.pdb is None:
                if self.nowhere or not self._gpu.vram.reachable(offset, size_bytes):
                    return None
                self._remember(offset, offset, write)
                return self._gpu.vram.address(offset, size_bytes)
            place = self._gpu.mmu.translate(self.pdb, offset, access, privileged=True)
            if place.aperture is Aperture.SPARSE:
                return 0
            if place.aperture is Aperture.VRAM and not self._gpu.options.check_tlb:
                self._remember(offset, place.address, write)
            return self._gpu.mmu.address(place._replace(size_bytes=size_bytes), write)
        except PageFault as fault:
            entry = FaultEntry(fault.gpu_va, fault.fault_type, access, self._engine_id)
            self._gpu.faults.post(entry)
        except DmaRefused:
            pass
        return None

    def _remember(self, offset: int, address: int, write: bool) -> None:
        """Remember a page of video memory, if all of it may be reached."""
        if not self._gpu.vram.reachable(address & -PAGE_BYTES, PAGE_BYTES):
            return
        known = self.writable if write else self.readable
        if len(known) >= MOST_KNOWN:
            known.clear()
        known[offset >> PAGE_BITS] = address - offset

    def keep(self, address: int, size_bytes: int) -> None:
        """Let part of it stay after close(), where it is of this aperture."""
        if self._mapping is not None:
            self._kept.add(self._mapping, address, size_bytes)

    def let_go(self) -> None:
        """Give back what was kept."""
        self._kept.close()

    def close(self) -> None:
        """Give the addresses back."""
        if self._mapping is not None:
            self.look_for_lost_writes()
            self._mapping.close(self._kept)
            self._mapping = None

    def _runs(self) -> list[Run]:
        if self.nowhere:
            return []
        if self.pdb is None:
            return self._reachable(Run(0, min(self.size_bytes, self._gpu.vram.size_bytes), 0))
        reader = _FrugalReader(self._gpu.mmu.peek_table)
        walker = Walker(self._gpu.mmu.walker.format, reader.read)
        runs: list[Run] = []
        for leaf in walker.leaves(self.pdb, 0, self.size_bytes):
            if len(runs) >= MOST_RUNS:
                reader.left = 0
            if not reader.left:
                break
            if leaf.aperture is Aperture.VRAM:
                end = min(leaf.gpu_va + leaf.page_bytes, self.size_bytes)
                for run in self._reachable(Run(leaf.gpu_va, end, leaf.address)):
                    add_run(runs, run)
            elif leaf.aperture is not Aperture.SPARSE:
                self._gpu.report(
                    "BAR mapping", "only video memory can be shown to the host", gpu_va=leaf.gpu_va
                )
        if not reader.left:
            self._gpu.report(
                "BAR mapping", "more pages than the model shows; the rest is poison", bar=self.number
            )
        return runs

    def _reachable(self, run: Run) -> list[Run]:
        """The parts of a run that exist and are not protected."""
        parts = []
        at = run.start
        while at < run.end:
            offset = run.file_offset + at - run.start
            size = min(self._gpu.vram.reachable_from(offset), run.end - at)
            if size > 0:
                parts.append(Run(at, at + size, offset))
                at += size
            else:
                at += self._gpu.vram.protected_from(offset)
        return parts


class Apertures(Unit):
    """BAR1, BAR2 and their block registers.

    Attributes:
        bar1, bar2: the two.
    """

    def __init__(self, gpu: SoftGpu) -> None:
        super().__init__(gpu)
        self.bar1 = ApertureBar(gpu, 1, ENGINE_BAR1)
        self.bar2 = ApertureBar(gpu, 2, ENGINE_BAR2)
        self._by_index = {bar.index: bar for bar in (self.bar1, self.bar2)}
        self._low: dict[int, ApertureBar] = {}
        self._high: dict[int, ApertureBar] = {}
        for bar in (self.bar1, self.bar2):
            prefix = f"NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR{bar.number}_BLOCK"
            self._low[gpu.offset(f"{prefix}_LOW_ADDR")] = bar
            self._high[gpu.offset(f"{prefix}_HIGH_ADDR")] = bar
        self.ranges = tuple((offset, offset + 3) for offset in (*self._low, *self._high))
        self._words: dict[int, int] = {}
        self._busy: set[int] = set()
        gpu.vram.watch(self.protected)
        self.reset()

    def reset(self) -> None:
        self._words = dict.fromkeys((*self._low, *self._high), 0)
        self._busy.clear()
        self.bar1.reset()
        self.bar2.reset()

    def invalidated(self, pdb: Pdb | None) -> None:
        """Look again at the page tables behind the apertures: of one address space, or all."""
        for bar in (self.bar1, self.bar2):
            if bar.pdb is not None and (pdb is None or _is_same_space(pdb, bar.pdb)):
                bar.refresh()

    def protected(self) -> None:
        """Other parts of video memory are protected now."""
        self.bar1.refresh()
        self.bar2.refresh()

    def memory(self, index: int) -> tuple[int, int] | None:
        """(CPU address, bytes) of a BAR by PCI's number; None for a number that is no aperture."""
        bar = self._by_index.get(index)
        return bar.memory() if bar is not None else None

    def load(self, index: int, offset: int, size_bytes: int) -> int:
        """A read of a BAR that traps; one that is not aligned comes byte by byte, and may cross pages."""
        if offset % size_bytes:
            parts = [self.load(index, offset + at, 1) for at in range(size_bytes)]
            return int.from_bytes(bytes(parts), "little")
        bar = self._by_index[index]
        shift = bar.readable.get(offset >> PAGE_BITS)
        if shift is not None:
            return self.gpu.vram.load(offset + shift, size_bytes)
        at = bar.place(offset, size_bytes, write=False)
        if at is None:
            self.gpu.report("BAR read", "read where nothing is mapped", bar=index, offset=offset)
            return poison_word(offset, size_bytes)
        if not at:
            return 0
        return int.from_bytes(ctypes.string_at(at, size_bytes), "little")

    def store(self, index: int, offset: int, size_bytes: int, value: int) -> None:
        """A write of a BAR that traps; one that is not aligned comes byte by byte, and may cross pages."""
        if offset % size_bytes:
            for at_byte, byte in enumerate(value.to_bytes(size_bytes, "little")):
                self.store(index, offset + at_byte, 1, byte)
            return
        bar = self._by_index[index]
        shift = bar.writable.get(offset >> PAGE_BITS)
        if shift is not None:
            self.gpu.vram.store(offset + shift, size_bytes, value)
            return
        at = bar.place(offset, size_bytes, write=True)
        if at:
            ctypes.memmove(at, value.to_bytes(size_bytes, "little"), size_bytes)
        elif at is None:
            self.gpu.report("BAR write lost", "written where nothing is mapped", bar=index, offset=offset)

    def read(self, offset: int) -> int:
        if offset not in self._words:
            raise NoRegister
        word = self._words[offset]
        if offset in self._busy:
            self._busy.discard(offset)
            word |= _PENDING | _OUTSTANDING
        return word

    def write(self, offset: int, value: int) -> None:
        if offset in self._low:
            self._words[offset] = value & ~(_PENDING | _OUTSTANDING)
        elif offset in self._high:
            self._words[offset] = value & _HIGH_MASK
            self._bind(self._high[offset])
        else:
            raise NoRegister

    def keep(self, address: int, size_bytes: int) -> None:
        """Let part of an aperture stay after close()."""
        self.bar1.keep(address, size_bytes)
        self.bar2.keep(address, size_bytes)

    def let_go(self) -> None:
        """Give back what was kept."""
        self.bar1.let_go()
        self.bar2.let_go()

    def close(self) -> None:
        self.bar1.close()
        self.bar2.close()

    def _bind(self, bar: ApertureBar) -> None:
        """The high word was written: both words count now. Busy once, for who looks."""
        low_at = next(at for at, one in self._low.items() if one is bar)
        high_at = next(at for at, one in self._high.items() if one is bar)
        low, high = self._words[low_at], self._words[high_at]
        self._busy.add(low_at)
        block = Block(
            virtual=bool(low & _MODE_VIRTUAL),
            target=_TARGETS[low >> 10 & 3],
            instance=low & 0xFFFFF000 | high << 32,
        )
        bar.bind_block(block)


class Pramin(MemoryUnit):
    """One MiB of video memory in BAR0, wherever the window register puts it."""

    WINDOW_BYTES = 1 << 20
    FIRST = 0x700000
    BASE_SHIFT = 16
    BASE_MASK = 0x3FFFFF

    def __init__(self, gpu: SoftGpu) -> None:
        super().__init__(gpu)
        self._register = gpu.offset("NV_XAL_EP_BAR0_WINDOW")
        self.ranges = (
            (self.FIRST, self.FIRST + self.WINDOW_BYTES - 1),
            (self._register, self._register + 3),
        )
        self._base = 0

    def reset(self) -> None:
        self._base = 0

    def load(self, offset: int, size_bytes: int) -> int:
        if offset == self._register:
            return self._base
        at = self._vram_offset(offset)
        if not self.gpu.vram.reachable(at, size_bytes):
            self.gpu.report("PRAMIN", "read where there is no video memory to see", vram_offset=at)
            return poison_word(at, size_bytes)
        return self.gpu.vram.load(at, size_bytes)

    def store(self, offset: int, size_bytes: int, value: int) -> None:
        if offset == self._register:
            self._base = value & self.BASE_MASK
            return
        at = self._vram_offset(offset)
        if not self.gpu.vram.reachable(at, size_bytes):
            self.gpu.report("PRAMIN", "written where there is no video memory to see", vram_offset=at)
            return
        self.gpu.vram.store(at, size_bytes, value)

    def _vram_offset(self, offset: int) -> int:
        return (self._base << self.BASE_SHIFT) + offset - self.FIRST
