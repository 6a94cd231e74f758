"""What RM's page tables of one address space hold: read back, and compared with what our builder makes.

What RM is expected to write is said here, before anything is read: the pages are those that each mapping was
asked for, and their entries have the attributes of `EXPECTED`; a sparse range has the largest entries that
fit.

Facts: OGKM:virt_mem_allocator_gm107.c (what RM makes of an allocation's attributes); H100: driver 580.159.04.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from barewire.memory import tree as trees
from barewire.memory import walker
from barewire.memory.compare import Comparison, Place, Wanted, compare
from barewire.memory.formats import KINDS, Aperture, PageAttributes, TablePointer
from barewire.memory.paging import cut
from barewire.memory.vram import Extent
from barewire.rm.page_tables import RmTables
from barewire.rounding import round_up

if TYPE_CHECKING:
    from barewire.rm.space import RmAddressSpace, RmMapping

# By the memory's aperture; host memory is snooped and not kept in the GPU's L2.
EXPECTED = {
    "video": PageAttributes(Aperture.VIDEO, kind=KINDS["generic"]),
    "host": PageAttributes(Aperture.HOST, kind=KINDS["generic"], volatile=True),
}
SPARSE_UPPER = (512 << 20, 2 << 20)  # pages that RM uses for sparse ranges wherever they fit


class BuiltTables:
    """The tables of a space, as far as RM names them. See `RmAddressSpace` for what may go wrong.

    Attributes:
        reader: of what RM named.
    """

    def __init__(self, space: RmAddressSpace) -> None:
        self._space = space
        self._form = space.format
        self.reader = space.rm.table_reader()
        self._named = RmTables(space.rm.client, space.handle, self._form, self.reader)

    @property
    def root(self) -> TablePointer:
        """Where the root directory is."""
        return self._named.root(self._space.addresses.start)

    def walk(self, gpu_va: int) -> walker.Walk:
        """What they say of an address."""
        self._named.name(gpu_va)
        return walker.walk(self._form, self.reader, self.root, gpu_va)

    def tree(self, start_va: int | None, end_va: int | None) -> trees.Table:
        """The tables, with the pages in them; of the space's own range if none is given."""
        start, end = self._range(start_va, end_va)
        self._named.name_all(start, end)
        return trees.tree(self._form, self.reader, self.root, start, end)

    def pages(self, start_va: int | None, end_va: int | None) -> Iterator[walker.Found]:
        """Page by page; of the space's own range if none is given."""
        start, end = self._range(start_va, end_va)
        self._named.name_all(start, end)
        return walker.pages(self._form, self.reader, self.root, start, end)

    def places(self) -> dict[Place, TablePointer]:
        """Where the tables of the space's own range are."""
        return self._named.name_all(*self._range(None, None))

    def wanted(self) -> tuple[Wanted, ...]:
        """What RM is expected to have made of what is mapped; RM has unmapped memory that was freed."""
        mappings = self._space.mappings.values()
        there = [each for each in mappings if each.memory is None or not each.memory.closed]
        return tuple(self._wanted(mapping) for mapping in there)

    def _wanted(self, mapping: RmMapping) -> Wanted:
        memory, page = mapping.memory, mapping.page_size_bytes
        if memory is None:
            sizes = [size for size in self._form.page_sizes if size in (*SPARSE_UPPER, page)]
            pages, _ = cut(mapping.gpu_va, [Extent(mapping.gpu_va, mapping.size_bytes)], sizes)
            return Wanted(tuple(each._replace(addresses=None) for each in pages), None)
        extents = memory.part(mapping.offset, round_up(mapping.size_bytes, page))
        pages, _ = cut(mapping.gpu_va, extents, (page,))
        return Wanted(tuple(pages), replace(EXPECTED[memory.aperture], read_only=mapping.read_only))

    def compare(self) -> Comparison:
        """Every entry of the space's own range, against what our builder makes of the same mappings."""
        places = self.places()
        start, end = self._range(None, None)
        return compare(self._form, self.reader, self.root, self.wanted(), places, start, end)

    def _range(self, start_va: int | None, end_va: int | None) -> tuple[int, int]:
        addresses = self._space.addresses
        start = addresses.start if start_va is None else start_va
        return start, addresses.end if end_va is None else min(end_va, self._form.va_end)
