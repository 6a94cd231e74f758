"""A GPU virtual address space whose page tables are ours: RM knows it by a handle, and where its root is.

Over RPC every space is one. Under a kernel driver RM takes them from administrators only, and channels of
copy engines can be made in them, not those for compute: the buffers of their contexts are RM's own.

Facts: nouveau:nvkm/subdev/gsp/rm/r535/vmm.c (an externally owned VA space and its page directory),
OGKM:ctrl/ctrl0080/ctrl0080dma.h, OGKM:gpu_vaspace.c:gvaspaceExternalRootDirCommit; H100: driver 580.159.04.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from barewire.errors import BarewireError, UsageError, WrongDevice
from barewire.memory.formats import Aperture
from barewire.rm import names
from barewire.rm.object import Manager, SpaceObject

if TYPE_CHECKING:
    from barewire.memory.compare import Comparison, Place, Wanted
    from barewire.memory.formats import PageTableFormat, TablePointer
    from barewire.memory.space import AddressSpace
    from barewire.memory.tables import TableRange, TableReader
    from barewire.memory.tree import Table
    from barewire.memory.walker import Found, Walk


class ExternalAddressSpace(SpaceObject):
    """An address space. Close its channels before it.

    Attributes:
        handle: of RM's VA space object.
        tables: the page tables, with what is mapped (`barewire.memory.space.AddressSpace`).
        context_vas: where it has the buffers that all contexts of the graphics engine share, by buffer id.

    Args:
        tables: with nothing mapped, or with what the channels will need: RM looks at none of it.

    Raises:
        UsageError: the tables are another address space's, or their root is not in video memory.
        Freed, WrongDevice: they were closed, or are another device's.
        RmError: RM refuses; the tables are closed then.
    """

    rm: Manager
    virtual_handle = 0  # RM has no object that mappings go through

    def __init__(self, rm: Manager, tables: AddressSpace) -> None:
        client = rm.client
        client.check()
        _expect_tables(tables, rm)
        self.rm = rm
        self.tables = tables
        self.closed = False
        self.groups = weakref.WeakSet()
        self.context_vas: dict[int, int] = {}
        self.handle = client.new_handle()
        params = client.abi.new("NV_VASPACE_ALLOCATION_PARAMETERS", flags=names.VASPACE_EXTERNALLY_OWNED)
        try:
            client.alloc(client.device, names.FERMI_VASPACE_A, params, self.handle)
            client.set_root(self.handle, tables.root.address, tables.root_entries)
        except BaseException:
            client.quietly(client.free, self.handle)
            client.quietly(client.when_gone, self.handle, tables.close)
            raise
        tables.handle = self.handle

    @property
    def mappings(self) -> Any:
        """gpu_va -> mapping, of what is mapped now."""
        return self.tables.mappings

    @property
    def addresses(self) -> Any:
        """Which addresses are taken (`VirtualAddresses`)."""
        return self.tables.addresses

    def map(self, memory: Any, gpu_va: int | None = None, **options: Any) -> int:
        """Map memory, or whole pages of it, at `gpu_va` or wherever there is room; returns the address.

        Args:
            options: of `memory.space.AddressSpace.map`: `offset`, `size_bytes`, `read_only`, `alignment`, ...

        Raises:
            OutOfAddressSpace: there is no room, or not at `gpu_va`.
            BadMapping: the page tables cannot hold it.
            WrongDevice: the memory is another device's.
        """
        self.check()
        self._expect(memory)
        return self.tables.map(memory, gpu_va, **options)

    def map_sparse(
        self, size_bytes: int, gpu_va: int | None = None, page_size_bytes: int | None = None
    ) -> int:
        """A range that reads as zeros and ignores writes; returns its address.

        Raises:
            OutOfAddressSpace, BadMapping: as for `map`.
        """
        self.check()
        return self.tables.map_sparse(size_bytes, gpu_va, page_size_bytes)

    def remap(self, gpu_va: int, memory: Any, offset: int = 0, **options: Any) -> None:
        """Map other memory in place of all that is mapped at an address.

        Args:
            options: of `memory.space.AddressSpace.remap`.

        Raises:
            UsageError: nothing is mapped there, or the memory has no such part.
            BadMapping, WrongDevice: as for `map`; nothing was changed.
        """
        self.check()
        self._expect(memory)
        self.tables.remap(gpu_va, memory, offset, **options)

    def unmap(self, gpu_va: int) -> None:
        """Undo map or map_sparse.

        Raises:
            UsageError: nothing was mapped there.
        """
        self.check()
        self.tables.unmap(gpu_va)

    def _expect(self, memory: Any) -> None:
        if getattr(memory, "home", None) is not self.rm.memory:
            raise WrongDevice(f"{memory!r} is no memory of this device: it cannot be mapped here")

    # What is in the tables

    @property
    def format(self) -> PageTableFormat:
        """What the tables look like."""
        return self.tables.format

    @property
    def root(self) -> TablePointer:
        """Where the root directory is."""
        return self.tables.root

    @property
    def reader(self) -> TableReader:
        """Reads the tables in memory."""
        return self.tables.reader

    def walk(self, gpu_va: int) -> Walk:
        """What the tables in memory say of an address, read back."""
        self.check()
        return self.tables.walk(gpu_va)

    def pages(self, start_va: int = 0, end_va: int | None = None) -> Iterator[Found]:
        """What the tables in memory have between two addresses, read back, page by page."""
        self.check()
        return self.tables.pages(start_va, end_va)

    def tree(self, start_va: int = 0, end_va: int | None = None) -> Table:
        """The tables in memory, read back, with the pages in them."""
        self.check()
        return self.tables.tree(start_va, end_va)

    def wanted(self) -> tuple[Wanted, ...]:
        """What is mapped, by our own records."""
        return self.tables.wanted()

    def places(self) -> Mapping[Place, TablePointer]:
        """Where the tables are, by our own records."""
        return self.tables.places()

    def table_ranges(self) -> tuple[TableRange, ...]:
        """The memory that the tables are cut from, as it was taken."""
        return self.tables.table_ranges()

    def compare(self) -> Comparison:
        """The tables in memory, every entry, against what the builder makes of our records."""
        self.check()
        return self.tables.compare()

    def _free(self, errors: list[BarewireError]) -> None:
        """RM's object first: nothing walks the tables when they go."""
        client = self.rm.client
        client.attempt(errors, self._unset)
        client.attempt(errors, client.free, self.handle)
        client.attempt(errors, client.when_gone, self.handle, self.tables.close)

    def _unset(self) -> None:
        if self.rm.client.silence is None:
            self.rm.client.unset_root(self.handle)

    def __repr__(self) -> str:
        return repr(self.tables)

    def _repr_html_(self) -> str:
        """What is mapped, for notebooks; reads no tables."""
        from barewire.show import mappings as shown

        return shown(self.mappings.values()).html


def _expect_tables(tables: AddressSpace, rm: Manager) -> None:
    """See that RM may be told where page tables are: whoever walks others reaches anybody's memory.

    Raises:
        UsageError, Freed, WrongDevice: see `ExternalAddressSpace`.
    """
    tables.check()
    if tables.memory is not rm.memory:
        raise WrongDevice("page tables of one device are for address spaces of its own only")
    if tables.handle:
        raise UsageError("these page tables are another address space's", handle=tables.handle)
    if tables.root.aperture is not Aperture.VIDEO:
        raise UsageError(
            "RM is told of page directories in video memory only", found=tables.root.aperture.value
        )
