"""Memory objects of RM: video memory, host memory, pinned pages; and their pages in this process.

Facts: OGKM:src/common/sdk/nvidia/inc/nvos.h (NVOS32 attributes),
OGKM:src/nvidia/src/kernel/mem_mgr/{video_mem,system_mem}.c,
OGKM:src/nvidia/arch/nvalloc/unix/src/escape.c (RmAllocOsDescriptor).
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from barewire.errors import Freed, OutOfVram, RmError, UsageError
from barewire.memory.vram import Extent, part_of
from barewire.rm import names
from barewire.rm.client import PAGE_BYTES, MappedPages
from barewire.rounding import round_up

if TYPE_CHECKING:
    from barewire.rm.ioctl import NvResourceManager
    from barewire.rm.lent_memory import LentMemory

OWNER = 0x62617265  # any number but zero; RM wants one
_MEMORY_TYPE_IMAGE = 0  # NVOS32_TYPE_IMAGE: nothing special
BIG_PAGE_BYTES = 64 << 10
HUGE_PAGE_BYTES = 2 << 20
OUT_OF_MEMORY = ("NV_ERR_NO_MEMORY", "NV_ERR_INSUFFICIENT_RESOURCES")


class Memory:
    """A memory object. It is freed by close(), and when nothing refers to it any more.

    Attributes:
        handle: RM's handle.
        size_bytes: rounded up to whole pages of `page_size_bytes`.
        aperture: "video" or "host".
        page_size_bytes: of its physical pages.
        host_address: where the pages are in this process, for pinned memory; else None.
    """

    def __init__(
        self, rm: NvResourceManager, handle: int, size_bytes: int, aperture: str, page_size_bytes: int
    ) -> None:
        self.rm = rm
        self.handle = handle
        self.size_bytes = size_bytes
        self.aperture = aperture
        self.page_size_bytes = page_size_bytes
        self.host_address: int | None = None
        self._extents: tuple[Extent, ...] | None = None
        self._mappings: list[CpuMapping] = []
        self._finalizer = weakref.finalize(self, rm.client.abandon_memory, handle)
        self._finalizer.atexit = False

    @property
    def closed(self) -> bool:
        """Whether it was freed."""
        return not self._finalizer.alive or self.rm.client.closed

    def check(self) -> None:
        """Raise Freed or ForkedChild if it must not be used."""
        self.rm.client.check()
        if self.closed:
            raise Freed("the memory was freed", handle=self.handle)

    @property
    def home(self) -> LentMemory:
        """What page tables of our own know it by."""
        return self.rm.memory

    @property
    def extents(self) -> tuple[Extent, ...]:
        """Where it is: physical addresses; of host memory those by which the GPU reaches it.

        Raises:
            PermissionMissing: RM does not tell this process.
        """
        self.check()
        if self._extents is None:
            from barewire.rm.lent_memory import extents_of

            self._extents = extents_of(self)
        return self._extents

    def part(self, offset: int, size_bytes: int) -> tuple[Extent, ...]:
        """Where some of its bytes are.

        Raises:
            PermissionMissing: RM does not tell this process.
        """
        return part_of(self.extents, offset, size_bytes)

    def map_cpu(self, offset: int = 0, size_bytes: int | None = None) -> CpuMapping:
        """The memory, or whole pages of it, in this process.

        Video memory is write-combined: write it, read it seldom. Host memory is as it was allocated.

        Raises:
            UsageError: not whole pages of it.
        """
        self.check()
        size = self.size_bytes - offset if size_bytes is None else round_up(size_bytes, PAGE_BYTES)
        if offset % PAGE_BYTES or offset < 0 or size <= 0 or offset + size > self.size_bytes:
            raise UsageError(
                "whole pages of the memory can be mapped",
                offset=offset,
                size_bytes=size_bytes,
                of_bytes=self.size_bytes,
            )
        if self.host_address is not None:
            raise UsageError("pinned memory is in this process already", host_address=self.host_address)
        client = self.rm.client
        pages = client.map_pages(client.device, self.handle, offset, size, on_device=self.aperture == "video")
        mapping = CpuMapping(self.rm, pages, self)
        self._mappings.append(mapping)
        return mapping

    def close(self) -> None:
        """Free it, after its mappings; a second time is nothing.

        Raises:
            PollTimeout, DeviceLost, ChannelDead: it is mapped in page tables of ours, and the GPU did not
                forget that; it stays.
        """
        if self.closed:
            return
        self.rm.client.check()
        self.rm.leave_our_tables(self)
        self._mappings.clear()
        self._finalizer.detach()
        self.rm.client.release_memory(self.handle)

    def _forget(self, mapping: CpuMapping) -> None:
        if mapping in self._mappings:
            self._mappings.remove(mapping)

    def __enter__(self) -> Memory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = ", closed" if self.closed else ""
        return f"<{self.aperture} memory {self.handle:#x}, {self.size_bytes} bytes{state}>"


class CpuMapping:
    """Pages of a memory object, or of the doorbell, in this process.

    Attributes:
        address: of the first byte.
        size_bytes: whole pages.
        view: a writable memoryview of bytes. After close(), views of it read empty memory.
    """

    def __init__(self, rm: NvResourceManager, pages: MappedPages, memory: Memory | None = None) -> None:
        self.rm = rm
        self.memory = memory
        self.address = pages.address
        self.size_bytes = pages.size_bytes
        self._pages = pages

    @property
    def view(self) -> memoryview:
        """The bytes."""
        view = self._pages.view
        if view is None:
            raise Freed("the mapping was closed")
        return view

    @property
    def closed(self) -> bool:
        """Whether it was undone."""
        return self._pages.array is None

    def close(self) -> None:
        """Undo the mapping; a second time is nothing."""
        if self.closed or self.rm.client.closed:
            return
        if self.memory is not None:
            self.memory._forget(self)
        self.rm.client.unmap_pages(self._pages)

    def __enter__(self) -> CpuMapping:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def video_memory(
    rm: NvResourceManager, size_bytes: int, page_size_bytes: int | None = None, contiguous: bool = False
) -> Memory:
    """Video memory; its pages are of 2 MiB, 64 KiB or 4 KiB, as the size suggests unless given."""
    page = page_size_bytes if page_size_bytes is not None else fitting_page(size_bytes)
    size = _whole_pages(size_bytes, page)
    attributes = names.ATTR_PAGE_SIZE[page] | (
        names.ATTR_CONTIGUOUS if contiguous else names.ATTR_NONCONTIGUOUS
    )
    try:
        handle = _allocate(rm, names.NV01_MEMORY_LOCAL_USER, size, page, attributes)
    except RmError as error:
        if error.status_name not in OUT_OF_MEMORY:
            raise
        raise OutOfVram(
            f"{size} bytes of video memory are not free",
            hint="Free arrays or close devices, of other processes too; contiguous memory may be scattered.",
            size_bytes=size,
            free_bytes=_free_bytes(rm),
            status_name=error.status_name,
        ) from error
    return Memory(rm, handle, size, "video", page)


def host_memory(
    rm: NvResourceManager, size_bytes: int, cached: bool = True, page_size_bytes: int | None = None
) -> Memory:
    """Host memory that the GPU reads and writes coherently; uncached for the CPU means write-combined."""
    page = page_size_bytes or PAGE_BYTES
    size = _whole_pages(size_bytes, page)
    attributes = names.ATTR_PAGE_SIZE[page] | names.ATTR_LOCATION_PCI | names.ATTR_NONCONTIGUOUS
    attributes |= names.ATTR_COHERENCY_WRITE_BACK if cached else names.ATTR_COHERENCY_WRITE_COMBINE
    return Memory(rm, _allocate(rm, names.NV01_MEMORY_SYSTEM, size, page, attributes), size, "host", page)


def pin(rm: NvResourceManager, address: int, size_bytes: int) -> Memory:
    """Pages of this process that the GPU may then reach; they must stay mapped until it is closed.

    Raises:
        UsageError: the range does not start on a page or is empty.
    """
    if address % PAGE_BYTES or size_bytes <= 0:
        raise UsageError("whole pages can be pinned", host_address=address, size_bytes=size_bytes)
    size = _whole_pages(size_bytes, PAGE_BYTES)
    memory = Memory(rm, rm.client.pin_user_pages(address, size), size, "host", PAGE_BYTES)
    memory.host_address = address
    return memory


def _allocate(rm: NvResourceManager, class_id: int, size: int, page: int, attributes: int) -> int:
    client = rm.client
    client.check()
    values: dict[str, Any] = {
        "owner": OWNER,
        "type": _MEMORY_TYPE_IMAGE,
        "flags": names.ALLOC_MAP_NOT_REQUIRED,
        "attr": attributes,
        "attr2": names.ATTR2_PAGE_SIZE_HUGE_2MB if page == HUGE_PAGE_BYTES else 0,
        "size": size,
        "alignment": page,
    }
    return client.alloc(client.device, class_id, client.abi.new("NV_MEMORY_ALLOCATION_PARAMS", **values))


def fitting_page(size_bytes: int) -> int:
    """The largest page that memory of this size fills."""
    if size_bytes >= HUGE_PAGE_BYTES:
        return HUGE_PAGE_BYTES
    return BIG_PAGE_BYTES if size_bytes >= BIG_PAGE_BYTES else PAGE_BYTES


def _whole_pages(size_bytes: int, page: int) -> int:
    if page not in names.ATTR_PAGE_SIZE:
        raise UsageError("pages are of 4 KiB, 64 KiB or 2 MiB", page_size_bytes=page)
    if size_bytes <= 0:
        raise UsageError("memory has at least one byte", size_bytes=size_bytes)
    return round_up(size_bytes, page)


def _free_bytes(rm: NvResourceManager) -> int | None:
    try:
        return rm.free_vram_bytes()
    except RmError:
        return None
