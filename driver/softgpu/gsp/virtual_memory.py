"""Virtual memory: addresses of a space whose tables firmware makes, to map memory into.

NV01_MEMORY_VIRTUAL is a window: each mapping takes addresses of it. NV50_MEMORY_VIRTUAL takes its addresses
when it is made, and mappings lie in them.

Facts: OGKM:src/nvidia/src/kernel/mem_mgr/{virtual_mem,virt_mem_range,gpu_vaspace,vaspace}.c (limits, which
tables are made ahead, what is refused how).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from barewire.softgpu.gsp import rpc_structs as structs
from barewire.softgpu.gsp.map_flags import HUGE, AllocFlags, reserved_page_sizes
from barewire.softgpu.gsp.objects import Memory, RmObject, VaSpace
from barewire.softgpu.gsp.owned_space import OwnedSpace
from barewire.softgpu.gsp.records import Record
from barewire.softgpu.gsp.rm_page_table import VA_BITS, PageTable
from barewire.softgpu.gsp.status import Refused, Status
from barewire.softgpu.gsp.va_heap import VaRange

if TYPE_CHECKING:
    from barewire.softgpu.gsp.classes import Allocation
    from barewire.softgpu.gsp.resman import ResourceManager

NOWHERE = VaRange(0, 0)
COMPRESSION_PAGE_BYTES = 1 << 16  # 64 KiB at least; what firmware says of this chip is not known


@dataclass(eq=False)
class VirtualMemory(RmObject):
    """Addresses that memory can be mapped into.

    Attributes:
        vaspace: whose addresses.
        extent: which.
        reserves: whether they were taken when it was made; else each mapping takes its own.
        sparse: whether they read as zeros where nothing is mapped.
        lazy: whether tables are made when they are asked for, not with the object.
        shifts: of the sizes of pages that tables are made for ahead.
        held: tables that were made ahead.
        looked_at: first addresses of the tables that were made because somebody asked for them.
        mappings: what is mapped, by its first address.
    """

    vaspace: VaSpace | None = None
    extent: VaRange = NOWHERE
    reserves: bool = False
    sparse: bool = False
    lazy: bool = False
    shifts: tuple[int, ...] = ()
    held: list[PageTable] = field(default_factory=list, repr=False)
    looked_at: set[int] = field(default_factory=set, repr=False)
    mappings: dict[int, Mapping] = field(default_factory=dict, repr=False)

    def space(self) -> OwnedSpace:
        """The space that it is in.

        Raises:
            Refused: see `owned`.
        """
        return owned(self.vaspace)

    def release(self, rm: ResourceManager) -> None:
        for mapping in list(self.mappings.values()):
            mapping.take_away(rm)
        vaspace = self.vaspace
        if vaspace is None:
            return
        if self in vaspace.dependants:
            vaspace.dependants.remove(self)
        if vaspace.owned is not None and self in vaspace.owned.virtual:
            vaspace.owned.virtual.remove(self)
            if self.reserves:
                self._give_range_back(rm, vaspace.owned)

    def _give_range_back(self, rm: ResourceManager, space: OwnedSpace) -> None:
        space.tables.clear(*self.extent)
        space.tables.release(self.held)
        space.heap.give_back(self.extent.start)
        rm.gpu.mmu.invalidate(space.root)


@dataclass(eq=False)
class Mapping:
    """Memory mapped into virtual memory.

    Attributes:
        virtual, memory: which is mapped where.
        device: the object that the call named as the device; an unmapping has to name it again.
        gpu_va: where the memory begins, within a page.
        extent: addresses of the pages.
        held: tables that were made ahead for it.
    """

    virtual: VirtualMemory
    memory: Memory
    device: RmObject
    gpu_va: int
    extent: VaRange
    held: list[PageTable] = field(default_factory=list, repr=False)

    def take_away(self, rm: ResourceManager, later: bool = False) -> None:
        """Clear its entries.

        Args:
            later: the caller invalidates the TLB by itself. That holds for reserved addresses only: giving
                addresses of a window back always invalidates.
        """
        del self.virtual.mappings[self.gpu_va]
        self.memory.mappings.remove(self)
        space = self.virtual.space()
        if self.virtual.sparse:
            space.tables.make_sparse(*self.extent)
        else:
            space.tables.clear(*self.extent)
        space.tables.release(self.held)
        if not self.virtual.reserves:
            space.heap.give_back(self.extent.start)
        if not (later and self.virtual.reserves):
            rm.gpu.mmu.invalidate(space.root)


def owned(vaspace: VaSpace | None) -> OwnedSpace:
    """The tables and addresses of a space that firmware keeps account of.

    Raises:
        Refused: NOT_SUPPORTED for an external one, INVALID_STATE for one whose client brought the
            directories (the model's own choice).
    """
    if vaspace is None or vaspace.external:
        raise Refused(Status.NOT_SUPPORTED, "firmware maps nothing into an externally owned address space")
    if vaspace.owned is None:
        raise Refused(Status.INVALID_STATE, "the address space has the tables that its client brought")
    return vaspace.owned


# Objects.


def make_window(rm: ResourceManager, asked: Allocation) -> VirtualMemory:
    """NV01_MEMORY_VIRTUAL; where it ends goes back to the caller.

    Raises:
        Refused: INVALID_OBJECT_HANDLE for no address space, INVALID_LIMIT or INVALID_OFFSET for addresses
            that it does not have.
    """
    params = asked.record(structs.MEMORY_VIRTUAL)
    vaspace = _space_of(rm, asked, params.hVASpace)
    end = vaspace.owned.heap.whole.end if vaspace.owned is not None else 1 << VA_BITS
    if params.limit:
        if params.limit >= end:
            raise Refused(Status.INVALID_LIMIT, f"addresses up to {params.limit:#x}")
        end = params.limit + 1
    if params.offset >= end:
        raise Refused(Status.INVALID_OFFSET, f"addresses from {params.offset:#x} on")
    params.limit = end - 1
    return _enter(asked.make(VirtualMemory, vaspace=vaspace, extent=VaRange(params.offset, end)))


def make_reservation(rm: ResourceManager, asked: Allocation) -> VirtualMemory:
    """NV50_MEMORY_VIRTUAL; where it begins and how long it is goes back to the caller.

    Raises:
        Refused: INVALID_OBJECT_HANDLE for no address space, INVALID_ARGUMENT, NOT_SUPPORTED for flags,
            INVALID_STATE for pages that the chip does not have, INSUFFICIENT_RESOURCES for addresses that
            cannot be had, NO_MEMORY for too many tables.
    """
    params = asked.record(structs.MEMORY_ALLOCATION)
    flags = AllocFlags(params.flags)
    if not flags & AllocFlags.VIRTUAL:
        raise Refused(Status.INVALID_ARGUMENT, "virtual memory without the flag that says so")
    if flags & AllocFlags.EXTERNALLY_MANAGED:
        raise Refused(Status.NOT_SUPPORTED, "the model manages all entries of a reservation")
    vaspace = _space_of(rm, asked, params.hVASpace)
    space = owned(vaspace)
    shifts = reserved_page_sizes(params.attr, params.attr2, params.size)
    extent = _take_range(space, params, flags, 1 << shifts[-1])
    made = asked.make(
        VirtualMemory,
        vaspace=vaspace,
        extent=extent,
        reserves=True,
        sparse=bool(flags & AllocFlags.SPARSE),
        lazy=bool(flags & AllocFlags.LAZY),
        shifts=shifts,
    )
    try:
        _make_tables_ahead(made, space)
    except Refused:
        space.heap.give_back(extent.start)
        raise
    rm.gpu.mmu.invalidate(space.root)
    params.offset, params.size = extent.start, extent.end - extent.start
    params.limit = params.size - 1
    return _enter(made)


def _space_of(rm: ResourceManager, asked: Allocation, handle: int) -> VaSpace:
    """The address space that is named.

    Raises:
        Refused: NOT_SUPPORTED for a device's own, which the model's devices do not have.
    """
    if not handle:
        raise Refused(Status.NOT_SUPPORTED, "devices have no address space of their own")
    return rm.tree.find_as(asked.client, handle, VaSpace)


def _enter(made: VirtualMemory) -> VirtualMemory:
    """Let an object's address space know of it."""
    vaspace = made.vaspace
    if vaspace is not None:
        vaspace.dependants.append(made)
        if vaspace.owned is not None:
            vaspace.owned.virtual.append(made)
    return made


def _take_range(space: OwnedSpace, params: Record, flags: AllocFlags, page_bytes: int) -> VaRange:
    """Take the addresses of a reservation, whole pages of the largest size.

    A fixed address within a page means the page; the size is not longer for that. Unless an alignment is
    forced, RM wants one for compressed memory, and refuses fixed addresses without it.
    """
    size = -(-params.size // page_bytes) * page_bytes
    alignment = _alignment(params.alignment, flags, page_bytes)
    within = space.heap.whole
    if flags & AllocFlags.FIXED_ADDRESS_ALLOCATE:
        start = params.offset - params.offset % alignment
        within = VaRange(start, start + size)
    elif flags & AllocFlags.USE_BEGIN_END:
        within = VaRange(params.rangeLo, params.rangeHi + 1)
    if not flags & AllocFlags.ALIGNMENT_FORCE:
        alignment = max(alignment, COMPRESSION_PAGE_BYTES)
    try:
        start = space.heap.take(size, alignment, within, bool(flags & AllocFlags.FORCE_MEM_GROWS_DOWN))
    except Refused as refused:
        raise Refused(Status.INSUFFICIENT_RESOURCES, refused.why) from None
    return VaRange(start, start + size)


def _alignment(asked: int, flags: AllocFlags, page_bytes: int) -> int:
    """Of a reservation's first address: what is asked for, if it and a page's size divide one another.

    Raises:
        Refused: INVALID_ARGUMENT for another that is forced.
    """
    if not asked or not flags & (AllocFlags.ALIGNMENT_HINT | AllocFlags.ALIGNMENT_FORCE):
        return page_bytes
    if asked % page_bytes and page_bytes % asked:
        if flags & AllocFlags.ALIGNMENT_FORCE:
            raise Refused(Status.INVALID_ARGUMENT, f"an alignment of {asked:#x} for pages of {page_bytes:#x}")
        return page_bytes
    return max(asked, page_bytes)


def _make_tables_ahead(made: VirtualMemory, space: OwnedSpace) -> None:
    """Tables for all the addresses of a reservation, unless they are to be made when they are needed."""
    if made.sparse:
        space.tables.make_sparse(*made.extent)
    elif not made.lazy:
        made.held += space.tables.hold(*made.extent, made.shifts)


def make_lazy_tables(rm: ResourceManager, space: OwnedSpace, gpu_va: int) -> None:
    """Asking for the tables of a lazy reservation makes them, for 2 MiB around an address.

    A large page that was mapped there is gone then, which is reported: that is what RM does (seen on an H100,
    driver 580), and not what anybody wants.

    Raises:
        Refused: NO_MEMORY.
    """
    base = gpu_va >> HUGE << HUGE
    for virtual in space.virtual:
        asked = virtual.lazy and virtual.extent.start <= gpu_va < virtual.extent.end
        if asked and base not in virtual.looked_at:
            _report_lost_page(rm, space, base)
            start, end = max(base, virtual.extent.start), min(base + (1 << HUGE), virtual.extent.end)
            virtual.held += space.tables.hold(start, end, virtual.shifts)
            virtual.looked_at.add(base)


def _report_lost_page(rm: ResourceManager, space: OwnedSpace, gpu_va: int) -> None:
    if space.tables.is_page(gpu_va):
        text = "asking for the tables of a lazy reservation takes the large page away that is mapped there"
        rm.gpu.report("page lost", text, gpu_va=gpu_va)
