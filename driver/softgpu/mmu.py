"""The GPU's memory management unit: from addresses of an address space to bytes.

    place = gpu.mmu.translate(pdb, gpu_va, Access.WRITE)    # or PageFault
    gpu.mmu.read(pdb, gpu_va, 64)
    gpu.mmu.walk(pdb, gpu_va)                               # what the tables say now, without the TLB

Facts: OGKM:swref/published/{turing/tu102,hopper/gh100}/{dev_vm,dev_mmu,dev_fault}.h;
open-gpu-doc:manuals/ampere/ga100/dev_ram.ref.txt.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from barewire.softgpu.bus import DmaRefused
from barewire.softgpu.page_tables import (
    V3,
    Absent,
    Access,
    Aperture,
    FaultType,
    Format,
    Leaf,
    Pdb,
    Table,
    Tables,
    Unreadable,
    Walk,
    Walker,
)
from barewire.softgpu.tlb import SMALL_PAGES, TABLES_SHIFT, Depth, Tlb
from barewire.softgpu.vram import OutsideVram

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu

__all__ = ["Access", "Aperture", "Depth", "FaultType", "Leaf", "Mmu", "PageFault", "Pdb", "Place", "Walk"]

FORMATS: dict[str, Format] = {"gh100": V3}
_WRITES = (Access.WRITE, Access.ATOMIC, Access.ATOMIC_WEAK, Access.PHYSICAL_WRITE, Access.PHYSICAL_ATOMIC)
_ATOMICS = (Access.ATOMIC, Access.ATOMIC_WEAK, Access.PHYSICAL_ATOMIC)
KIND_INVALID = 7
KINDS = 16
SMALL_SHIFT = 12
SMALL_BYTES = 1 << SMALL_SHIFT
WORTHWHILE_BYTES = 8 * SMALL_BYTES  # from here on pages of one table are looked up together

SmallWords = np.ndarray[Any, np.dtype[np.uint64]]


class PageFault(Exception):
    """An access that the MMU refuses.

    Attributes:
        gpu_va: the address; a physical one for physical accesses.
        fault_type: why.
        access: what was tried.
        pdb: the address space; None for physical accesses.
    """

    def __init__(self, gpu_va: int, fault_type: FaultType, access: Access, pdb: Pdb | None = None) -> None:
        super().__init__(f"{fault_type.name} fault: {access.name} at {gpu_va:#x}")
        self.gpu_va = gpu_va
        self.fault_type = fault_type
        self.access = access
        self.pdb = pdb


class Place(NamedTuple):
    """Where bytes of an address space are.

    Attributes:
        aperture: which memory.
        address: in that memory: an offset in video memory, or an address for DMA.
        size_bytes: that lie there one after another, to the end of the page or run.
        kind: how they lie there: pitch, block-linear, compressed.
        gpu_va: of the first; 0 for a physical place.
        page_bytes: of the page; 0 for a physical place.
    """

    aperture: Aperture
    address: int
    size_bytes: int
    kind: int = 0
    gpu_va: int = 0
    page_bytes: int = 0


# The words of an instance block that name the root.
_RAMIN_PDB_LO = 0x200
_RAMIN_TARGETS = (Aperture.VRAM, None, Aperture.COHERENT, Aperture.NONCOHERENT)


class Mmu:
    """Page tables and TLB.

    Attributes:
        walker: reads this chip's tables.
        tlb: what it remembers of them.
        invalidations: what was asked for, newest last: (address space or None, address or None, depth).
    """

    def __init__(self, gpu: SoftGpu) -> None:
        self.gpu = gpu
        self.walker = Walker(FORMATS[gpu.options.chip], self.read_table)
        self._look = Walker(self.walker.format, self.peek_table)
        self.tlb = Tlb()
        self.invalidations: list[tuple[Pdb | None, int | None, int]] = []

    def reset(self) -> None:
        """Forget everything."""
        self.tlb.invalidate()
        self.invalidations.clear()

    # Translation.

    def walk(self, pdb: Pdb, gpu_va: int) -> Walk:
        """What the tables say now; nothing is remembered."""
        return self._look.walk(pdb, gpu_va)

    def leaves(self, pdb: Pdb, start: int = 0, end: int | None = None) -> Iterator[Leaf]:
        """Every page that the tables have now between two addresses."""
        return self._look.leaves(pdb, start, end)

    def translate(
        self,
        pdb: Pdb,
        gpu_va: int,
        access: Access = Access.READ,
        privileged: bool = False,
        used: bool = True,
    ) -> Place:
        """Where an address is, to the end of its page.

        Args:
            used: somebody uses it now, and does not only look ahead: it must not be stale.

        Raises:
            PageFault: there is no page, or it does not allow the access.
        """
        found = self.tlb.find(pdb, gpu_va)
        if found is None:
            found = self._look_up(pdb, gpu_va)
        elif used and self.gpu.options.check_tlb:
            self._compare(pdb, gpu_va, found)
        if not isinstance(found, Leaf):
            raise PageFault(gpu_va, found, access, pdb)
        refused = self._refused(found, access, privileged)
        if refused is not None:
            raise PageFault(gpu_va, refused, access, pdb)
        within = gpu_va - found.gpu_va
        size = found.page_bytes - within
        if found.aperture is Aperture.VRAM:
            size = min(size, self.gpu.vram.reachable_from(found.address + within))
            if size <= 0:
                raise PageFault(gpu_va, FaultType.REGION, access, pdb)
        return Place(found.aperture, found.address + within, size, found.kind, gpu_va, found.page_bytes)

    def runs(
        self,
        pdb: Pdb,
        gpu_va: int,
        size_bytes: int,
        access: Access = Access.READ,
        privileged: bool = False,
        used: bool = True,
    ) -> Iterator[Place]:
        """The places of a range of addresses, in order, neighbours joined.

        Args:
            used: all of it is used now; else the first page alone, and the rest is looked at ahead.

        Raises:
            PageFault: at the first address that cannot be accessed, after the places before it.
        """
        joined: Place | None = None
        try:
            for place in self._places(pdb, gpu_va, gpu_va + size_bytes, access, privileged, used):
                if joined is None:
                    joined = place
                elif _continues(joined, place):
                    joined = joined._replace(size_bytes=joined.size_bytes + place.size_bytes)
                else:
                    yield joined
                    joined = place
        except PageFault:
            if joined is not None:
                yield joined
            raise
        if joined is not None:
            yield joined

    def physical(self, aperture: Aperture, address: int, size_bytes: int, access: Access) -> Place:
        """A place by its physical address.

        Raises:
            PageFault: video memory has no such stretch, or it is protected.
        """
        if aperture is Aperture.VRAM and not self.gpu.vram.reachable(address, size_bytes):
            raise PageFault(address, FaultType.REGION, access)
        return Place(aperture, address, size_bytes)

    # Bytes.

    def address(self, place: Place, write: bool) -> int:
        """The CPU address of a place's first byte; all its bytes follow.

        Raises:
            PageFault: video memory has no such stretch, or it is protected; or the place is in no memory
                (sparse, peer).
            DmaRefused: the host does not map it, or has its pages apart: ask for it by `pieces`.
        """
        access = Access.WRITE if write else Access.READ
        if place.aperture is Aperture.VRAM:
            try:
                return self.gpu.vram.address(place.address, place.size_bytes)
            except OutsideVram:
                raise PageFault(place.gpu_va or place.address, FaultType.REGION, access) from None
        if place.aperture.is_host:
            return self.gpu.host.address(place.address, place.size_bytes, write)
        raise PageFault(place.gpu_va, FaultType.UNSUPPORTED_APERTURE, access)

    def pieces(self, place: Place, write: bool) -> Iterator[tuple[int, int]]:
        """(CPU address, bytes) of a place, piece by piece; (0, bytes) for a sparse one.

        Raises:
            PageFault, DmaRefused: see `address`.
        """
        if place.aperture is Aperture.SPARSE:
            yield 0, place.size_bytes
        elif place.aperture.is_host:
            yield from self.gpu.host.pieces(place.address, place.size_bytes, write)
        else:
            yield self.address(place, write), place.size_bytes

    def read(self, pdb: Pdb, gpu_va: int, size_bytes: int, privileged: bool = False) -> bytes:
        """Bytes of an address space.

        Raises:
            PageFault: part of it cannot be read.
            DmaRefused: the host does not map a page's memory.
        """
        parts = []
        for place in self.runs(pdb, gpu_va, size_bytes, Access.READ, privileged):
            for at, size in self.pieces(place, write=False):
                parts.append(ctypes.string_at(at, size) if at else bytes(size))
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def write(
        self, pdb: Pdb, gpu_va: int, data: bytes | bytearray | memoryview, privileged: bool = False
    ) -> None:
        """Write bytes of an address space; those before a fault are written.

        Raises:
            PageFault: part of it cannot be written.
            DmaRefused: the host does not map a page's memory for writing.
        """
        source = bytes(data)
        done = 0
        for place in self.runs(pdb, gpu_va, len(source), Access.WRITE, privileged):
            for at, size in self.pieces(place, write=True):
                if at:
                    ctypes.memmove(at, source[done : done + size], size)
                done += size

    def read_place(self, place: Place) -> bytes:
        """The bytes of a place.

        Raises:
            PageFault, DmaRefused: see `address`.
        """
        return b"".join(
            ctypes.string_at(at, size) if at else bytes(size) for at, size in self.pieces(place, write=False)
        )

    def instance_pdb(self, aperture: Aperture, address: int) -> Pdb | None:
        """The root that an instance block names; None if it names none.

        Raises:
            PageFault, DmaRefused: the block cannot be read.
        """
        place = self.physical(aperture, address + _RAMIN_PDB_LO, 8, Access.PHYSICAL_READ)
        word = int.from_bytes(self.read_place(place), "little")
        target = _RAMIN_TARGETS[word & 3]
        return Pdb(target, word & ~0xFFF) if target is not None else None

    def read_table(self, aperture: Aperture, address: int, size_bytes: int) -> bytes:
        """Bytes of a page table, for a translation.

        Raises:
            Unreadable: they are not where the MMU may read.
        """
        if self.gpu.sanitizer is not None and aperture is Aperture.VRAM:
            self.gpu.sanitizer.table_read(address, size_bytes)
        return self.peek_table(aperture, address, size_bytes)

    def peek_table(self, aperture: Aperture, address: int, size_bytes: int) -> bytes:
        """Bytes of a page table, for the model's own use.

        Raises:
            Unreadable: they are not where the MMU may read.
        """
        try:
            if aperture is Aperture.VRAM:
                return ctypes.string_at(self.gpu.vram.address(address, size_bytes), size_bytes)
            return self.gpu.host.read(address, size_bytes)
        except (OutsideVram, DmaRefused) as why:
            raise Unreadable(str(why)) from None

    # Invalidation.

    def invalidate(self, pdb: Pdb | None = None, gpu_va: int | None = None, depth: int = Depth.ALL) -> None:
        """Forget translations: of all address spaces or one, all addresses or one. For registers and MEM_OP.

        An aperture is one kind of memory here: host memory is the same address space by either name.
        """
        if pdb is not None and pdb.aperture is Aperture.NONCOHERENT:
            pdb = Pdb(Aperture.COHERENT, pdb.address)
        if self.gpu.sanitizer is not None:
            self.gpu.sanitizer.invalidated(pdb, gpu_va, depth)
        self.invalidations.append((pdb, gpu_va, depth))
        del self.invalidations[:-1000]
        self.tlb.invalidate(pdb, gpu_va, depth)
        if pdb is not None and pdb.aperture is Aperture.COHERENT:
            self.tlb.invalidate(Pdb(Aperture.NONCOHERENT, pdb.address), gpu_va, depth)
        self.gpu.apertures.invalidated(pdb)
        self.gpu.graphics.invalidated(pdb)

    # Looking up.

    def _tables(self, pdb: Pdb, gpu_va: int) -> Tables | Walk:
        found = self.tlb.find_tables(pdb, gpu_va)
        if found is not None:
            return found
        levels = self.walker.format.levels
        known = self.tlb.find_directory(pdb, gpu_va, levels)
        down = self.walker.tables(pdb, gpu_va, known)
        self.tlb.keep_directories(pdb, gpu_va, levels, known[0] if known else 0, down.steps)
        if isinstance(down, Tables):
            self.tlb.keep_tables(pdb, gpu_va, down)
        return down

    def _look_up(self, pdb: Pdb, gpu_va: int) -> Leaf | FaultType:
        tables = self._tables(pdb, gpu_va)
        if isinstance(tables, Walk):
            return self._keep(pdb, gpu_va, tables)
        if not _only_small(tables):
            return self._keep(pdb, gpu_va, self.walker.walk_tables(tables, gpu_va))
        small = self.tlb.small_pages(pdb, gpu_va)
        index = gpu_va >> SMALL_SHIFT & (SMALL_PAGES - 1)
        if small.known[index]:
            found = self.walker.small_leaf(int(small.words[index]), gpu_va)
            self.tlb.keep(pdb, gpu_va, found)
            return found
        walk = self.walker.walk_tables(tables, gpu_va)
        if len(walk.steps) > len(tables.steps):
            small.words[index], small.known[index] = walk.steps[-1].word, True
        return self._keep(pdb, gpu_va, walk)

    def _places(
        self, pdb: Pdb, gpu_va: int, end: int, access: Access, privileged: bool, used: bool
    ) -> Iterator[Place]:
        """The places of a range of addresses, some of them joined already."""
        start = gpu_va
        tried = 0  # up to where looking up pages together was of no use
        while gpu_va < end:
            place = self.translate(pdb, gpu_va, access, privileged, used or gpu_va == start)
            size = min(place.size_bytes, end - gpu_va)
            yield place if size == place.size_bytes else place._replace(size_bytes=size)
            gpu_va += size
            if place.page_bytes != SMALL_BYTES or gpu_va < tried:
                continue
            table_end = min(end, (gpu_va >> TABLES_SHIFT) + 1 << TABLES_SHIFT)
            if table_end - gpu_va >= WORTHWHILE_BYTES:
                together = self._small_places(pdb, gpu_va, table_end, access, privileged)
                yield from together
                gpu_va = table_end if together else gpu_va
                tried = table_end

    def _small_places(self, pdb: Pdb, gpu_va: int, end: int, access: Access, privileged: bool) -> list[Place]:
        """The places of part of one table of 4 KiB pages that are all alike; none if it is not so simple."""
        if self.gpu.options.check_tlb or not self.walker.format.address_in_page:
            return []
        tables = self._tables(pdb, gpu_va)
        if isinstance(tables, Walk) or not _only_small(tables) or self.tlb.has_large_pages(pdb, gpu_va):
            return []
        words = self._small_words(pdb, gpu_va, end, tables)
        if words is None:
            return []
        address_bits = np.uint64(self.walker.format.address_in_page)
        alike = words[0] & ~address_bits
        if int(alike) & self.walker.format.stray_page or np.any((words & ~address_bits) != alike):
            return []
        leaf = self.walker.small_leaf(int(words[0]), gpu_va)
        if not isinstance(leaf, Leaf) or leaf.aperture is Aperture.SPARSE:
            return []
        if self._refused(leaf, access, privileged) is not None:
            return []
        return self._join(leaf, words & address_bits, gpu_va, end)

    def _small_words(self, pdb: Pdb, gpu_va: int, end: int, tables: Tables) -> SmallWords | None:
        """The entries of a range; those that were not looked up yet are now. None if they cannot be read."""
        small = self.tlb.small_pages(pdb, gpu_va)
        first = gpu_va >> SMALL_SHIFT & (SMALL_PAGES - 1)
        count = (end - 1 >> SMALL_SHIFT) - (gpu_va >> SMALL_SHIFT) + 1
        span = slice(first, first + count)
        if not small.known[span].all():
            if isinstance(tables.small, Absent):
                return None
            try:
                data = self.walker.small_words(tables.small, first, count)
            except Unreadable:
                return None
            small.words[span] = np.where(small.known[span], small.words[span], np.frombuffer(data, "<u8"))
            small.known[span] = True
        return small.words[span]

    def _join(self, leaf: Leaf, addresses: SmallWords, gpu_va: int, end: int) -> list[Place]:
        """Places of pages that are alike: (first page, addresses of all), from `gpu_va` to `end`."""
        steps = np.flatnonzero(np.diff(addresses) != SMALL_BYTES) + 1
        begins = [0, *steps.tolist()]
        places = []
        va = gpu_va
        for begin, after in zip(begins, [*begins[1:], len(addresses)], strict=True):
            next_va = min(leaf.gpu_va + after * SMALL_BYTES, end)
            address = int(addresses[begin]) + va % SMALL_BYTES
            if leaf.aperture is Aperture.VRAM and not self.gpu.vram.reachable(address, next_va - va):
                return []
            places.append(Place(leaf.aperture, address, next_va - va, leaf.kind, va, SMALL_BYTES))
            va = next_va
        return places

    def _keep(self, pdb: Pdb, gpu_va: int, walk: Walk) -> Leaf | FaultType:
        for note in walk.notes:
            self.gpu.report("page table", note, gpu_va=gpu_va)
        if self.gpu.sanitizer is not None:
            self.gpu.sanitizer.walked(pdb, walk)
        found = _found(walk)
        self.tlb.keep(pdb, gpu_va, found)
        return found

    def _compare(self, pdb: Pdb, gpu_va: int, remembered: Leaf | FaultType) -> None:
        sanitizer = self.gpu.sanitizer
        if sanitizer is not None and not sanitizer.is_to_be_compared(pdb, gpu_va):
            return
        if _found(self.walk(pdb, gpu_va)) != remembered:
            self.gpu.report("stale translation", "tables were changed and not invalidated", gpu_va=gpu_va)

    def _refused(self, leaf: Leaf, access: Access, privileged: bool) -> FaultType | None:
        if leaf.privileged and not privileged:
            return FaultType.PRIVILEGE
        if leaf.read_only and access in _WRITES:
            return FaultType.READ_ONLY
        if not leaf.atomics and access in _ATOMICS:
            return FaultType.ATOMIC
        if leaf.aperture is Aperture.PEER:
            return FaultType.UNSUPPORTED_APERTURE
        if leaf.kind == KIND_INVALID or leaf.kind >= KINDS:
            return FaultType.UNSUPPORTED_KIND
        return None


def _only_small(tables: Tables) -> bool:
    """Whether there is a table of 4 KiB pages and no other."""
    return isinstance(tables.big, Absent) and isinstance(tables.small, Table)


def _found(walk: Walk) -> Leaf | FaultType:
    if walk.leaf is not None:
        return walk.leaf
    return walk.fault if walk.fault is not None else FaultType.PTE


def _continues(first: Place, second: Place) -> bool:
    return (
        first.aperture is second.aperture
        and first.kind == second.kind
        and (first.aperture is Aperture.SPARSE or first.address + first.size_bytes == second.address)
    )
