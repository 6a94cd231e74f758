"""Memory mapped into virtual memory: MAP_MEMORY_DMA and UNMAP_MEMORY_DMA.

Facts: OGKM:src/nvidia/src/libraries/resserv/src/rs_server.c, src/nvidia/src/kernel/rmapi/mapping.c,
src/nvidia/src/kernel/mem_mgr/virtual_mem.c, src/nvidia/src/kernel/gpu/mem_mgr/dma.c,
arch/maxwell/virt_mem_allocator_gm107.c (page sizes; what is refused how, in which order); RM's tables read
back from an H100 (driver 580).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from barewire.softgpu.gsp.map_flags import BIG, HUGE, SMALL, MapFlags, invalidates_later, parse_map_flags
from barewire.softgpu.gsp.objects import Kind, Memory, RmObject
from barewire.softgpu.gsp.owned_space import OwnedSpace
from barewire.softgpu.gsp.physical import Stretch
from barewire.softgpu.gsp.records import Record
from barewire.softgpu.gsp.rm_page_table import ADDRESS_END, page_entry
from barewire.softgpu.gsp.status import Refused, Status
from barewire.softgpu.gsp.va_heap import VaRange
from barewire.softgpu.gsp.virtual_memory import Mapping, VirtualMemory
from barewire.softgpu.page_tables import Aperture

if TYPE_CHECKING:
    from barewire.softgpu.gsp.resman import ResourceManager

SMALL_BYTES, BIG_BYTES = 1 << SMALL, 1 << BIG
FOUR_GIB = 1 << 32
STORAGE_KIND_INVALID, STORAGE_KINDS = 7, 16


@dataclass(frozen=True)
class Part:
    """A part of a memory object that is mapped.

    Attributes:
        memory: the object.
        offset: of the part in it.
        size_bytes: of the part.
    """

    memory: Memory
    offset: int
    size_bytes: int

    @property
    def contiguous(self) -> bool:
        """Whether its bytes follow one another."""
        return len(self.memory.pages) == 1

    @property
    def address(self) -> int:
        """Of its first byte, counted from the first page on."""
        return self.memory.pages[0] + self.offset

    def mapped_bytes(self, shift: int) -> int:
        """Of all the pages that have bytes of it."""
        return -(-(self.page_offset(shift) + self.size_bytes) >> shift) << shift

    def page_offset(self, shift: int) -> int:
        """Where in the first page it begins."""
        return self.address & (1 << shift) - 1

    def pages(self, shift: int) -> Sequence[int]:
        """Addresses of the pages that have bytes of it."""
        if self.contiguous:
            first = self.address - self.page_offset(shift)
            return range(first, first + self.mapped_bytes(shift), 1 << shift)
        first = (self.memory.pages[0] % SMALL_BYTES + self.offset) >> SMALL
        count = self.mapped_bytes(SMALL) >> SMALL
        return [page - page % SMALL_BYTES for page in self.memory.pages[first : first + count]]


def map_memory(rm: ResourceManager, head: Record) -> None:
    """MAP_MEMORY_DMA; where the memory was mapped goes back to the caller.

    Raises:
        Refused: INVALID_LIMIT for no bytes, or more than the memory has; OBJECT_NOT_FOUND, INVALID_OBJECT,
            INVALID_OBJECT_HANDLE for objects that are not what they should be; INVALID_ARGUMENT,
            NOT_SUPPORTED for flags; INVALID_OFFSET, INVALID_ARGUMENT, INSERT_DUPLICATE_NAME, NO_MEMORY for
            addresses; INVALID_ADDRESS for memory beyond what entries can name, and video memory that is not
            a driver's.
    """
    if not head.length:
        raise Refused(Status.INVALID_LIMIT, "nothing to map")
    virtual = rm.tree.find(head.hClient, head.hDma)
    memory = rm.tree.find(head.hClient, head.hMemory)
    device = _device(rm, head)
    if not isinstance(memory, Memory) or not isinstance(virtual, VirtualMemory):
        raise Refused(Status.INVALID_OBJECT_HANDLE, f"a {memory.kind.value} into a {virtual.kind.value}")
    if head.offset + head.length > memory.size_bytes:
        raise Refused(Status.INVALID_LIMIT, f"{head.length:#x} bytes from {head.offset:#x} on of a memory")
    if device.kind is Kind.SUBDEVICE and virtual.reserves:
        raise Refused(Status.NOT_SUPPORTED, "reserved addresses are mapped for the whole device")
    space = virtual.space()
    flags = parse_map_flags(head.flags)
    part = Part(memory, head.offset, head.length)
    shift = _page_shift(part, flags)
    entries = _entries(rm, part, flags, shift)
    place = _place(space, virtual, part, flags, shift, head.dmaOffset)
    mapping = Mapping(virtual, memory, device, place.start + part.page_offset(shift), place)
    _write(space, mapping, entries, shift, both=flags.both and not virtual.reserves)
    virtual.mappings[mapping.gpu_va] = mapping
    memory.mappings.append(mapping)
    head.dmaOffset = mapping.gpu_va
    if not flags.later:
        rm.gpu.mmu.invalidate(space.root)


def unmap_memory(rm: ResourceManager, head: Record) -> None:
    """UNMAP_MEMORY_DMA: all of a mapping, named by the address where it was said to begin.

    Which memory the call names is not looked at.

    Raises:
        Refused: OBJECT_NOT_FOUND for no such object or mapping, INVALID_OBJECT for no device.
    """
    virtual = rm.tree.find(head.hClient, head.hDma)
    device = _device(rm, head)
    mapping = virtual.mappings.get(head.dmaOffset) if isinstance(virtual, VirtualMemory) else None
    if mapping is None or mapping.device is not device:
        raise Refused(Status.OBJECT_NOT_FOUND, f"nothing was mapped at {head.dmaOffset:#x}")
    mapping.take_away(rm, invalidates_later(head.flags))


def _device(rm: ResourceManager, head: Record) -> RmObject:
    device = rm.tree.find(head.hClient, head.hDevice)
    if device.kind not in (Kind.DEVICE, Kind.SUBDEVICE):
        raise Refused(Status.INVALID_OBJECT, f"a {device.kind.value} as a device")
    return device


# Pages.


def own_page_shift(memory: Memory) -> int:
    """The size of a memory object's pages, if nobody asks for another.

    Memory that is listed page by page has pages of 4 KiB, as host memory has. What RM would have chosen for
    contiguous video memory the list does not say: here the largest pages that it can have.
    """
    if len(memory.pages) > 1 or memory.aperture is not Aperture.VRAM:
        return SMALL
    return next((shift for shift in (HUGE, BIG) if _fits(memory.pages[0], memory.size_bytes, shift)), SMALL)


def _fits(address: int, size_bytes: int, shift: int) -> bool:
    return not (address | size_bytes) & (1 << shift) - 1


def _page_shift(part: Part, flags: MapFlags) -> int:
    """The size of the pages to map with.

    Larger ones than the memory's own need a contiguous part of whole pages; without, the memory's own are
    taken.
    """
    own = own_page_shift(part.memory)
    wanted = own if flags.page_shift is None else flags.page_shift
    if wanted <= own or (part.contiguous and _fits(part.address, part.size_bytes, wanted)):
        return wanted
    return own


def _entries(rm: ResourceManager, part: Part, flags: MapFlags, shift: int) -> Sequence[int]:
    """The words of a mapping's pages."""
    memory = part.memory
    if memory.storage_kind == STORAGE_KIND_INVALID or memory.storage_kind >= STORAGE_KINDS:
        raise Refused(Status.INVALID_ARGUMENT, f"memory of kind {memory.storage_kind:#x}")
    _check_addresses(rm, part, shift)
    aperture = memory.aperture
    if aperture.is_host:
        aperture = Aperture.COHERENT if flags.snoops else Aperture.NONCOHERENT
    bits = page_entry(aperture, 0, memory.storage_kind, flags.read_only, flags.atomics)
    pages = part.pages(shift)
    if isinstance(pages, range):
        return range(pages.start | bits, pages.stop | bits, pages.step)
    return [address | bits for address in pages]


def _check_addresses(rm: ResourceManager, part: Part, shift: int) -> None:
    """That an entry can name all pages, and that video memory is a driver's (the model's own choice).

    Raises:
        Refused: INVALID_ADDRESS.
    """
    pages = part.pages(shift)
    if part.contiguous:
        stretches = [Stretch(part.memory.aperture, pages[0], part.mapped_bytes(shift))]
    else:
        stretches = [Stretch(part.memory.aperture, page, SMALL_BYTES) for page in pages]
    for stretch in stretches:
        if stretch.address + stretch.size_bytes > ADDRESS_END:
            raise Refused(Status.INVALID_ADDRESS, f"{stretch.size_bytes:#x} bytes at {stretch.address:#x}")
        if not stretch.aperture.is_host:
            rm.memory.check(stretch)


# Addresses.


def _place(
    space: OwnedSpace, virtual: VirtualMemory, part: Part, flags: MapFlags, shift: int, asked: int
) -> VaRange:
    """The addresses of the pages; those of a window are taken now."""
    if virtual.reserves:
        return _reserved_place(virtual, part, flags, shift, asked)
    alignment = max(1 << shift, BIG_BYTES) if flags.both else 1 << shift
    size = -(-part.mapped_bytes(shift) // alignment) * alignment
    if flags.fixed:
        start = asked >> shift << shift
        within = VaRange(start, start + size)
    else:
        within = _window(virtual, flags)
    start = space.heap.take(size, alignment, within, flags.from_above)
    return VaRange(start, start + size)


def _window(virtual: VirtualMemory, flags: MapFlags) -> VaRange:
    """The addresses of a window that RM may choose of. (One that is fixed need not lie in it.)"""
    start, end = virtual.extent
    return VaRange(start, min(end, FOUR_GIB) if flags.below_4_gib else end)


def _reserved_place(virtual: VirtualMemory, part: Part, flags: MapFlags, shift: int, asked: int) -> VaRange:
    """Addresses of a reservation; those that are not fixed count from its beginning."""
    gpu_va = asked if flags.fixed else virtual.extent.start + asked
    if not virtual.extent.start <= gpu_va < virtual.extent.end:
        raise Refused(Status.INVALID_OFFSET, f"{gpu_va:#x} is not reserved")
    start = gpu_va >> shift << shift
    if gpu_va - start not in (0, part.page_offset(shift)):
        raise Refused(Status.INVALID_OFFSET, f"{gpu_va:#x} for pages of {1 << shift:#x} bytes")
    place = VaRange(start, start + part.mapped_bytes(shift))
    if place.start < virtual.extent.start or place.end > virtual.extent.end:
        raise Refused(Status.INVALID_ARGUMENT, f"{place.end:#x} is beyond what is reserved")
    for other in virtual.mappings.values():
        if other.extent.start <= place.start < other.extent.end:
            raise Refused(Status.INVALID_ARGUMENT, f"{place.start:#x} is mapped")
        if place.start < other.extent.start < place.end:
            raise Refused(Status.INSERT_DUPLICATE_NAME, f"{other.extent.start:#x} is mapped")
    return place


def _write(space: OwnedSpace, mapping: Mapping, entries: Sequence[int], shift: int, both: bool) -> None:
    """Write the entries; without memory for tables the addresses are as they were.

    Args:
        both: tables of small and of big pages are made, whichever is needed; the entries need no others.
    """
    virtual, place = mapping.virtual, mapping.extent
    try:
        if both:
            mapping.held = space.tables.hold(*place, (SMALL, BIG))
        space.tables.map(place.start, entries, shift)
    except Refused:
        if virtual.sparse:
            space.tables.make_sparse(*place)
        if not virtual.reserves:
            space.heap.give_back(place.start)
        raise
