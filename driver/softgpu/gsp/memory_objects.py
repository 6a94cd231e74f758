"""Memory objects: memory that the driver's half of RM owns and tells firmware of, page by page.

Facts: OGKM:rpc.c:rpcAllocMemory_v13_01 and _issuePteDescRpc,
nvos.h (NVOS02 flags), sdk-structures.h (pte_desc).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from barewire.softgpu.gsp import rpc_structs as structs
from barewire.softgpu.gsp.objects import Kind, Memory, RmObject, VaSpace
from barewire.softgpu.gsp.records import Record
from barewire.softgpu.gsp.status import Refused, Status
from barewire.softgpu.page_tables import Aperture

if TYPE_CHECKING:
    from barewire.softgpu.gsp.resman import ResourceManager

PAGE_SHIFT = 12
_DESC_KIND_MASK = 3
_DESC_LENGTH_LOW = 16
_ENTRIES_AT = structs.ALLOC_MEMORY.size_bytes

# Classes of ALLOC_MEMORY, and where their memory is.
MEMORY_CLASSES = {
    0x3E: Aperture.COHERENT,  # NV01_MEMORY_SYSTEM
    0x71: Aperture.COHERENT,  # NV01_MEMORY_SYSTEM_OS_DESCRIPTOR
    0x81: Aperture.COHERENT,  # NV01_MEMORY_LIST_SYSTEM
    0x40: Aperture.VRAM,  # NV01_MEMORY_LOCAL_USER
    0x82: Aperture.VRAM,  # NV01_MEMORY_LIST_FBMEM
}


def alloc_memory(rm: ResourceManager, head: Record) -> None:
    """Make an object of memory whose pages the caller lists.

    Raises:
        Refused: no such class or parent, or a list that does not cover the length.
    """
    parent = rm.tree.find(head.hClient, head.hDevice)
    if parent.kind not in (Kind.DEVICE, Kind.SUBDEVICE):
        raise Refused(Status.INVALID_OBJECT_PARENT, f"memory under a {parent.kind.value}")
    aperture = MEMORY_CLASSES.get(head.hClass)
    if aperture is None:
        rm.gpu.report("unknown class", f"no memory of class {head.hClass:#06x}", class_id=head.hClass)
        raise Refused(Status.INVALID_CLASS, f"memory of class {head.hClass:#x}")
    rm.tree.insert(
        Memory(
            handle=head.hMemory,
            class_id=head.hClass,
            kind=Kind.MEMORY,
            parent=parent,
            aperture=aperture,
            pages=_pages(head),
            size_bytes=head.length,
            storage_kind=head.format,
        )
    )


def _pages(head: Record) -> tuple[int, ...]:
    """Addresses of the pages; one alone is the start of a contiguous stretch."""
    count = head.pteDesc >> _DESC_LENGTH_LOW
    if head.pteDesc & _DESC_KIND_MASK or count != head.pageCount or not count:
        raise Refused(Status.INVALID_ARGUMENT, f"a list of {count} pages for {head.pageCount}")
    if head.pteAdjust >> PAGE_SHIFT:
        raise Refused(
            Status.INVALID_ARGUMENT, f"memory that begins {head.pteAdjust:#x} bytes into its first page"
        )
    entries = head.whole()[_ENTRIES_AT : _ENTRIES_AT + 8 * count]
    needed = -(-(head.pteAdjust + head.length) // (1 << PAGE_SHIFT))
    if len(entries) != 8 * count or (count > 1 and count < needed):
        raise Refused(Status.INVALID_ARGUMENT, f"{len(entries)} bytes of {count} pages, {needed} needed")
    numbers = (int.from_bytes(entries[at : at + 8], "little") for at in range(0, len(entries), 8))
    return tuple((number << PAGE_SHIFT) + head.pteAdjust for number in numbers)


def duplicate(rm: ResourceManager, head: Record) -> None:
    """Give another client an object of its own for the same memory or address space.

    Raises:
        Refused: NOT_SUPPORTED for objects that have only one owner.
    """
    source = rm.tree.find(head.hClientSrc, head.hObjectSrc)
    client = rm.tree.client(head.hClient)
    parent = client.objects.get(head.hParent)
    if parent is None:
        raise Refused(Status.INVALID_OBJECT_PARENT, f"no {head.hParent:#x}")
    if not isinstance(source, (Memory, VaSpace)):
        raise Refused(Status.NOT_SUPPORTED, f"a {source.kind.value} has one owner")
    handle = head.hObject or client.new_handle()
    copy: RmObject = replace(source, handle=handle, parent=parent, children=[], dependants=[])
    rm.tree.insert(copy)
    if isinstance(source, VaSpace) and source.owned is not None:
        source.owned.share()
    head.hObject = handle
