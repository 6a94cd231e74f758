"""Page tables in plain bytes, looked at by a walker that shares nothing with what built them."""

from __future__ import annotations

import numpy as np
from barewire.memory.formats import GMMU_V2, GMMU_V2_TURING, GMMU_V3, Aperture, PageTableFormat
from barewire.memory.pagetable import PageTables
from barewire.memory.paging import Pages, cut
from barewire.memory.tables import VideoTables
from barewire.memory.vram import Extent, VramAllocator
from barewire.softgpu import page_tables as independent

MEMORY_BYTES = 8 << 20

FORMATS = {"version 2 of Turing": GMMU_V2_TURING, "version 2": GMMU_V2, "version 3": GMMU_V3}
STRANGERS = {
    GMMU_V2_TURING.name: independent.V2_TURING,
    GMMU_V2.name: independent.V2,
    GMMU_V3.name: independent.V3,
}
APERTURES = {
    independent.Aperture.VRAM: Aperture.VIDEO,
    independent.Aperture.PEER: Aperture.PEER,
    independent.Aperture.COHERENT: Aperture.HOST,
    independent.Aperture.NONCOHERENT: Aperture.HOST_NONCOHERENT,
}


class PlainWindow:
    """Video memory as bytes, full of what nobody wrote; remembers what was done.

    Attributes:
        log: ("write", address, bytes) and ("fence",), in order.
    """

    def __init__(self, size_bytes: int = MEMORY_BYTES) -> None:
        self.bytes = bytearray(b"\xab") * size_bytes
        self.log: list[tuple] = []

    def read(self, address: int, size_bytes: int) -> bytes:
        return bytes(self.bytes[address : address + size_bytes])

    def write(self, address: int, data) -> None:
        self.log.append(("write", address, len(data)))
        self.bytes[address : address + len(data)] = data

    def fence(self) -> None:
        self.log.append(("fence",))

    def map(self, extents):
        raise AssertionError("tables are not mapped")

    def close(self) -> None:
        pass


class Bench:
    """Page tables under test, the memory that they are in, and the stranger's look at them."""

    def __init__(self, form: PageTableFormat = GMMU_V3, memory_bytes: int = MEMORY_BYTES) -> None:
        self.form = form
        self.window = PlainWindow(memory_bytes)
        self.allocator = VramAllocator([(0, memory_bytes)])
        self.store = VideoTables(self.allocator, self.window)
        self.tables = PageTables(form, self.store)
        self._walker = independent.Walker(STRANGERS[form.name], self._read)

    def _read(self, aperture, address: int, size_bytes: int) -> bytes:
        assert aperture is independent.Aperture.VRAM
        return self.window.read(address, size_bytes)

    @property
    def pdb(self) -> independent.Pdb:
        return independent.Pdb(independent.Aperture.VRAM, self.tables.root.address)

    def seen(self, start: int, end: int) -> list[tuple]:
        """(gpu_va, page_bytes, address, attributes) of the pages with memory that the stranger finds."""
        return [_plain(leaf) for leaf in self._walker.leaves(self.pdb, start, end)]

    def sparse_at(self, gpu_va: int) -> tuple[int, int] | None:
        """(gpu_va, page_bytes) of the sparse page that the stranger finds at an address."""
        leaf = self.look(gpu_va).leaf
        if leaf is None or leaf.aperture is not independent.Aperture.SPARSE:
            return None
        return leaf.gpu_va, leaf.page_bytes

    def look(self, gpu_va: int) -> independent.Walk:
        """What the stranger finds at one address."""
        return self._walker.walk(self.pdb, gpu_va)

    def rows(self, places: list[tuple[int, int]], page_bytes: int) -> list[Pages]:
        """Pages of one size, each at its address with its memory."""
        gpu_vas, addresses = zip(*places, strict=True)
        return [Pages(page_bytes, np.array(gpu_vas, np.uint64), np.array(addresses, np.uint64))]

    def pages(self, gpu_va: int, *extents: tuple[int, int], sizes=None) -> list[Pages]:
        """Memory in pages, at an address."""
        pieces = [Extent(*extent) for extent in extents]
        found, left = cut(gpu_va, pieces, sizes or self.form.page_sizes)
        assert left == 0
        return found


def _plain(leaf: independent.Leaf) -> tuple:
    flags = (
        APERTURES[leaf.aperture],
        leaf.kind,
        leaf.volatile,
        leaf.privileged,
        leaf.read_only,
        leaf.atomics,
        leaf.peer,
    )
    return leaf.gpu_va, leaf.page_bytes, leaf.address, flags


def flags_of(attributes) -> tuple:
    """Attributes as `Bench.seen` tells them."""
    return (
        attributes.aperture,
        attributes.kind,
        attributes.volatile,
        attributes.privileged,
        attributes.read_only,
        attributes.atomics,
        attributes.peer,
    )
