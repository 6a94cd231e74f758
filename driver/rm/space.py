"""A GPU virtual address space whose page tables RM builds: what is mapped where, at addresses that we choose.

What RM's tables hold is read back, and compared, by `built_tables.py`.

Facts: OGKM:src/nvidia/src/kernel/mem_mgr/{virtual_mem,virt_mem_range}.c,
OGKM:src/nvidia/src/kernel/gpu/mem_mgr/dma.c (a fixed offset is an absolute address),
OGKM:src/nvidia/src/kernel/mem_mgr/gpu_vaspace.c (a reservation that is not lazy fills page tables ahead).
Everything lies below 2^40, since a GPFIFO entry and QMD pointers hold 40 address bits.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from barewire.errors import BadMapping, BarewireError, UsageError, WrongDevice
from barewire.memory.mappable import Memory
from barewire.memory.va import END_VA, FIRST_VA, VirtualAddresses
from barewire.rm import names
from barewire.rm.client import PAGE_BYTES, GpuMapping
from barewire.rm.memory import BIG_PAGE_BYTES, HUGE_PAGE_BYTES, OWNER, fitting_page
from barewire.rm.object import Calls, Manager, SpaceObject
from barewire.rounding import round_up, whole

if TYPE_CHECKING:
    from barewire.memory.compare import Comparison, Place, Wanted
    from barewire.memory.formats import PageTableFormat, TablePointer
    from barewire.memory.tree import Table
    from barewire.memory.walker import Found, Walk
    from barewire.rm.built_tables import BuiltTables
    from barewire.rm.page_tables import NamedReader

SPARSE_PAGES = (HUGE_PAGE_BYTES, BIG_PAGE_BYTES, PAGE_BYTES)  # that RM is asked for


class PagedMemory(Memory, Protocol):
    """Memory that RM can map: its own, or ours that it is told of.

    Attributes:
        page_size_bytes: that it was allocated in.
        closed: whether it was freed; RM has undone its mappings then.
    """

    @property
    def page_size_bytes(self) -> int: ...

    @property
    def closed(self) -> bool: ...


class Part(NamedTuple):
    """Part of a memory object, and the size of the pages that it is mapped in; its last may be cut off."""

    offset: int
    size_bytes: int
    page_size_bytes: int


class RmMapping(NamedTuple):
    """A memory object, or part of it, at a GPU virtual address.

    Attributes:
        memory: None for a range that reads as zeros and ignores writes.
        page_size_bytes: of every page; the last may be mapped beyond `size_bytes`. Of a range without memory
            the size of the smallest.
        record: of the client; of a range without memory the handle of RM's object.
    """

    gpu_va: int
    size_bytes: int
    memory: PagedMemory | None
    offset: int
    read_only: bool
    page_size_bytes: int
    record: GpuMapping | int


class BuildingManager(Manager, Protocol):
    """A resource manager that builds page tables, by ioctl or over RPC.

    Attributes:
        names_pages: RM has to be told the size of the pages in every mapping.
    """

    names_pages: bool

    @property
    def client(self) -> MappingCalls:
        """Its calls."""
        ...

    def table_reader(self) -> NamedReader:
        """Reads the tables that RM builds for one address space."""
        ...

    def handle_of(self, memory: Any) -> int:
        """RM's handle for memory of this device."""
        ...

    def largest_page(self, memory: Any, offset: int, size_bytes: int) -> int:
        """The size of the largest pages that RM can map a part of memory in."""
        ...


class MappingCalls(Calls, Protocol):
    """Calls of an RM client that maps memory."""

    def map_gpu(
        self, virtual: int, memory: int, gpu_va: int, offset: int, size_bytes: int, flags: int
    ) -> GpuMapping:
        """Map part of a memory object at a GPU virtual address."""
        ...

    def unmap_gpu(self, mapping: GpuMapping) -> None:
        """Undo map_gpu."""
        ...


class RmAddressSpace(SpaceObject):
    """An address space of RM. Close its channels before it.

    Attributes:
        handle: of the VA space object.
        virtual_handle: of the virtual memory object that mappings go through.
        mappings: gpu_va -> RmMapping, of what is mapped now.
        reservation: how RM holds the range: "none" (a window, each mapping takes its own addresses: cheap),
            "lazy" (the range is taken, page tables come with mappings) or "full" (page tables are made
            ahead, which takes time and video memory).
    """

    rm: BuildingManager

    def __init__(
        self, rm: BuildingManager, reservation: str = "none", start_va: int = FIRST_VA, end_va: int = END_VA
    ) -> None:
        if reservation not in ("none", "lazy", "full"):
            raise UsageError('a reservation is "none", "lazy" or "full"', reservation=reservation)
        client = rm.client
        client.check()
        self.rm = rm
        self.reservation = reservation
        self.mappings: dict[int, RmMapping] = {}
        self.addresses = VirtualAddresses(start_va, end_va)
        self.groups = weakref.WeakSet()
        self.closed = False
        space = client.abi.new("NV_VASPACE_ALLOCATION_PARAMETERS")
        self.handle = client.alloc(client.device, names.FERMI_VASPACE_A, space)
        try:
            self.virtual_handle = self._virtual_object()
        except BaseException:
            client.quietly(client.free, self.handle)
            raise

    def _virtual_object(self) -> int:
        client = self.rm.client
        if self.reservation == "none":
            window = client.abi.new(
                "NV_MEMORY_VIRTUAL_ALLOCATION_PARAMS",
                offset=self.addresses.start,
                limit=self.addresses.end - 1,
                hVASpace=self.handle,
            )
            return client.alloc(client.device, names.NV01_MEMORY_VIRTUAL, window)
        flags = names.ALLOC_VIRTUAL | names.ALLOC_FIXED_ADDRESS | names.ALLOC_MAP_NOT_REQUIRED
        taken = client.abi.new(
            "NV_MEMORY_ALLOCATION_PARAMS",
            owner=OWNER,
            flags=flags | (names.ALLOC_LAZY if self.reservation == "lazy" else 0),
            size=self.addresses.end - self.addresses.start,
            offset=self.addresses.start,
            hVASpace=self.handle,
        )
        return client.alloc(client.device, names.NV50_MEMORY_VIRTUAL, taken)

    def map(
        self,
        memory: PagedMemory,
        gpu_va: int | None = None,
        offset: int = 0,
        size_bytes: int | None = None,
        read_only: bool = False,
        alignment: int | None = None,
        *,
        page_size_bytes: int | None = None,
    ) -> int:
        """Map memory, or whole pages of it, at `gpu_va` or wherever there is room; returns the address.

        Args:
            alignment: of the address that is chosen; a power of two.
            page_size_bytes: of every page; None for those that the memory was allocated in.

        Raises:
            OutOfAddressSpace: there is no room, or not at `gpu_va`.
            BadMapping: RM cannot map the memory in pages of this size.
            UsageError: not whole pages, or `gpu_va` is not aligned to them.
            WrongDevice: the memory is another device's.
        """
        self.check()
        if getattr(memory, "home", None) is not self.rm.memory:
            raise WrongDevice(
                f"{memory!r} is no memory of this device: it is mapped in address spaces of its own only"
            )
        memory.check()
        part = self._part(memory, whole(offset, "offset"), size_bytes, page_size_bytes)
        at = self._take(gpu_va, part, whole(alignment or PAGE_BYTES, "alignment"))
        flags = names.OS46_READ_ONLY if read_only else 0
        if memory.aperture == "host":
            flags |= names.OS46_CACHE_SNOOP
        if page_size_bytes is not None or self.rm.names_pages:
            flags |= names.OS46_PAGE_SIZE[part.page_size_bytes]
        try:
            record = self._map(memory, part, at, flags)
        except BaseException:
            self.addresses.free(at)
            raise
        self.mappings[at] = RmMapping(
            at, part.size_bytes, memory, part.offset, read_only, part.page_size_bytes, record
        )
        return at

    def _part(
        self, memory: PagedMemory, offset: int, size_bytes: int | None, page_size_bytes: int | None
    ) -> Part:
        """What is to be mapped of a memory, and in which pages.

        Raises:
            BadMapping: RM cannot map it in pages of the size that is asked for.
            UsageError: it has no such part, or that is not of whole pages.
        """
        size = memory.size_bytes - offset
        if size_bytes is not None:
            size = round_up(whole(size_bytes, "size"), PAGE_BYTES)
        is_part = offset >= 0 and size > 0 and offset + size <= memory.size_bytes
        page = memory.page_size_bytes
        if is_part:
            page = self._page(memory, offset, size, page_size_bytes)
        if not is_part or offset % page:
            raise UsageError(
                "whole pages of the memory can be mapped",
                offset=offset,
                size_bytes=size_bytes,
                page_size_bytes=page,
                of_bytes=memory.size_bytes,
            )
        return Part(offset, size, page)

    def _page(self, memory: PagedMemory, offset: int, size: int, page_size_bytes: int | None) -> int:
        """The size of the pages to map a part of memory in.

        Raises:
            BadMapping: RM cannot do it with this size.
        """
        largest = self.rm.largest_page(memory, offset, size)
        if page_size_bytes is None:
            return min(memory.page_size_bytes, largest)
        page = whole(page_size_bytes, "page size")
        if page not in names.OS46_PAGE_SIZE or page > largest:
            raise BadMapping(
                "RM cannot map this memory in pages of this size",
                hint="Allocate it contiguous, with that page size.",
                page_size_bytes=page,
                largest_bytes=largest,
            )
        return page

    def _take(self, gpu_va: int | None, part: Part, alignment: int) -> int:
        """Addresses for a part of a memory.

        Raises:
            OutOfAddressSpace: there is no room, or not at `gpu_va`.
            UsageError: `gpu_va` is not aligned to the pages.
        """
        page = part.page_size_bytes
        taken = round_up(part.size_bytes, page)
        if gpu_va is None:
            # Aligned so that RM may use its largest page wherever the physical pages allow.
            return self.addresses.allocate(taken, max(alignment, page, fitting_page(part.size_bytes)))
        if whole(gpu_va, "address") % page:
            raise UsageError(
                "the address is not aligned to the memory's pages", gpu_va=gpu_va, page_size_bytes=page
            )
        return self.addresses.reserve(whole(gpu_va, "address"), taken)

    def _map(self, memory: PagedMemory, part: Part, gpu_va: int, flags: int) -> GpuMapping:
        """Have RM map a part of a memory.

        Raises:
            RmError: it refused.
            UsageError: it did so at another address.
        """
        client = self.rm.client
        handle = self.rm.handle_of(memory)
        record = client.map_gpu(self.virtual_handle, handle, gpu_va, part.offset, part.size_bytes, flags)
        if record.gpu_va != gpu_va:
            client.quietly(client.unmap_gpu, record)
            raise UsageError(
                "RM mapped at another address than asked for", gpu_va=record.gpu_va, asked_va=gpu_va
            )
        return record

    def map_sparse(
        self, size_bytes: int, gpu_va: int | None = None, page_size_bytes: int | None = None
    ) -> int:
        """A range that reads as zeros and ignores writes; returns its address.

        RM makes it of the largest entries that fit, pages of `page_size_bytes` at its ends.

        Args:
            page_size_bytes: 4 KiB, 64 KiB or 2 MiB; None for the largest that the size is a multiple of.

        Raises:
            OutOfAddressSpace: there is no room, or not at `gpu_va`.
            BadMapping: the range is not of whole pages.
        """
        self.check()
        size_bytes = whole(size_bytes, "size")
        gpu_va = None if gpu_va is None else whole(gpu_va, "address")
        page = page_size_bytes or next((size for size in SPARSE_PAGES if size_bytes % size == 0), PAGE_BYTES)
        if page not in SPARSE_PAGES or size_bytes % page or size_bytes <= 0 or (gpu_va or 0) % page:
            raise BadMapping(
                "a sparse range is made of whole pages",
                gpu_va=gpu_va,
                size_bytes=size_bytes,
                page_size_bytes=page,
            )
        if gpu_va is None:
            at = self.addresses.allocate(size_bytes, max(page, BIG_PAGE_BYTES))
        else:
            at = self.addresses.reserve(gpu_va, size_bytes)
        try:
            handle = self._sparse_object(at, size_bytes, page)
        except BaseException:
            self.addresses.free(at)
            raise
        self.mappings[at] = RmMapping(at, size_bytes, None, 0, False, page, handle)
        return at

    def _sparse_object(self, gpu_va: int, size_bytes: int, page: int) -> int:
        client = self.rm.client
        flags = names.ALLOC_VIRTUAL | names.ALLOC_FIXED_ADDRESS | names.ALLOC_MAP_NOT_REQUIRED
        taken = client.abi.new(
            "NV_MEMORY_ALLOCATION_PARAMS",
            owner=OWNER,
            flags=flags | names.ALLOC_SPARSE,
            attr=names.ATTR_PAGE_SIZE[page],
            attr2=names.ATTR2_PAGE_SIZE_HUGE_2MB if page == HUGE_PAGE_BYTES else 0,
            size=size_bytes,
            offset=gpu_va,
            hVASpace=self.handle,
        )
        handle = client.alloc(client.device, names.NV50_MEMORY_VIRTUAL, taken)
        if taken["offset"] != gpu_va:
            client.quietly(client.free, handle)
            raise UsageError(
                "RM reserved another address than asked for", gpu_va=taken["offset"], asked_va=gpu_va
            )
        return handle

    def unmap(self, gpu_va: int) -> None:
        """Undo map or map_sparse.

        Raises:
            UsageError: nothing was mapped there.
        """
        self.check()
        mapping = self.mappings.get(whole(gpu_va, "address"))
        if mapping is None:
            raise UsageError("nothing is mapped at this address", gpu_va=gpu_va)
        self._undo(mapping)
        del self.mappings[gpu_va]
        self.addresses.free(gpu_va)

    def _undo(self, mapping: RmMapping) -> None:
        if isinstance(mapping.record, GpuMapping):
            self.rm.client.unmap_gpu(mapping.record)
        else:
            self.rm.client.free(mapping.record)

    # What is in the tables

    @cached_property
    def _built(self) -> BuiltTables:
        if self.reservation != "none":
            raise UsageError(
                "RM is not asked for the tables of a reserved range",
                hint='`H100:` its answer takes 2 MiB pages out of the tables: reserve "none" to look.',
                reservation=self.reservation,
            )
        from barewire.rm.built_tables import BuiltTables

        return BuiltTables(self)

    @property
    def format(self) -> PageTableFormat:
        """What the tables look like."""
        form: PageTableFormat = self.rm.memory.format
        return form

    @property
    def root(self) -> TablePointer:
        """Where the root directory is, as RM says."""
        self.check()
        return self._built.root

    @property
    def reader(self) -> NamedReader:
        """Reads tables that RM named (by `places`, `walk` or `tree`)."""
        return self._built.reader

    def walk(self, gpu_va: int) -> Walk:
        """What the tables in memory say of an address, read back.

        Raises:
            PermissionMissing: RM does not show its tables to this process.
        """
        self.check()
        return self._built.walk(gpu_va)

    def tree(self, start_va: int | None = None, end_va: int | None = None) -> Table:
        """The tables in memory, read back, with the pages in them; of our own range if none is given.

        Raises:
            PermissionMissing: RM does not show its tables to this process.
        """
        self.check()
        return self._built.tree(start_va, end_va)

    def pages(self, start_va: int | None = None, end_va: int | None = None) -> Iterator[Found]:
        """What the tables in memory have in a range of addresses, read back, page by page.

        Raises:
            PermissionMissing: RM does not show its tables to this process.
        """
        self.check()
        return self._built.pages(start_va, end_va)

    def wanted(self) -> tuple[Wanted, ...]:
        """What RM is expected to have made of what is mapped.

        Raises:
            PermissionMissing: RM does not tell this process where memory is.
        """
        self.check()
        return self._built.wanted()

    def places(self) -> Mapping[Place, TablePointer]:
        """Where the tables of our own range are, as RM says.

        Raises:
            PermissionMissing: RM does not show its tables to this process.
        """
        self.check()
        return self._built.places()

    def compare(self) -> Comparison:
        """RM's tables for our own range, every entry, against what our builder makes of the same mappings.

        Raises:
            PermissionMissing: RM does not show its tables to this process.
        """
        self.check()
        return self._built.compare()

    def _free(self, errors: list[BarewireError]) -> None:
        """All mappings, then the space."""
        client = self.rm.client
        if "_built" in self.__dict__:
            client.attempt(errors, self.reader.close)
        for mapping in list(self.mappings.values()):
            if client.silence is None:  # else each would wait as long: they go with their virtual memory
                client.attempt(errors, self._undo, mapping)
        self.mappings.clear()
        client.attempt(errors, client.free, self.virtual_handle)
        client.attempt(errors, client.free, self.handle)
