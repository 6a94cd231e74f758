"""Memory that RM lends us, for page tables of our own and for what is mapped in them.

RM allocates it and tells where it is; what its pages are called in our tables is our affair. Only
administrators are told: a table with a wrong address reaches anybody's memory.

Facts: OGKM:ctrl/ctrl0041.h (GET_SURFACE_PHYS_ATTR); H100: driver 580.159.04 (an address of host memory is
that by which the GPU reaches it, and the one in RM's own tables).
"""

from __future__ import annotations

import weakref
from functools import cached_property
from typing import TYPE_CHECKING

from barewire.chip.identify import family_of
from barewire.errors import PermissionMissing, RmError, UsageError
from barewire.memory.va import END_VA, FIRST_VA
from barewire.memory.vram import Extent
from barewire.memory.windows import merge
from barewire.rm.memory import CpuMapping, Memory, video_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from barewire.memory.formats import PageTableFormat
    from barewire.memory.pagetable import Invalidation
    from barewire.memory.space import AddressSpace
    from barewire.memory.tables import CpuTables
    from barewire.rm.ioctl import NvResourceManager

TABLE_BLOCK_BYTES = 64 << 10
_SURFACE_APERTURES = {"video": 0, "host": 1}  # NV0041_CTRL_CMD_GET_SURFACE_PHYS_ATTR_APERTURE_*


class LentMemory:
    """What `barewire.memory.space.AddressSpace` needs of a GPU's memory, where RM has that memory.

    Every device has one, few make tables with it: what those take is imported when they do.
    """

    def __init__(self, rm: NvResourceManager) -> None:
        self._rm = rm
        self._kept: list[object] = []
        self._tables: weakref.WeakSet[AddressSpace] = weakref.WeakSet()

    @cached_property
    def table_store(self) -> CpuTables:
        """Where tables are put."""
        from barewire.memory.formats import Aperture
        from barewire.memory.tables import CpuTables

        return CpuTables(self._table_block, Aperture.VIDEO)

    @cached_property
    def format(self) -> PageTableFormat:
        """What page tables of this GPU look like."""
        from barewire.memory.formats import format_of

        return format_of(family_of(self._rm.facts.chipset))

    @property
    def closed(self) -> bool:
        """Whether RM has it back."""
        return self._rm.closed

    def check(self) -> None:
        """Raise Freed or ForkedChild if it must not be used."""
        self._rm.client.check()

    def keep(self, what: object) -> None:
        """Refer to something until the end: the GPU may still use the memory that it stands for."""
        self._kept.append(what)

    def page_tables(
        self, forget: Callable[[Invalidation], None], start_va: int = FIRST_VA, end_va: int = END_VA
    ) -> AddressSpace:
        """Page tables of our own with nothing mapped.

        Args:
            forget: makes the GPU forget what it knows of changed entries, and waits until it has.

        Raises:
            PermissionMissing: RM does not tell this process where memory is.
            OutOfVram: there is no memory for tables.
        """
        from barewire.memory.space import AddressSpace

        self.check()
        made = AddressSpace(self, start_va, end_va, invalidate=forget)
        self._tables.add(made)
        return made

    def unmap_everywhere(self, memory: Memory) -> None:
        """Unmap memory from all page tables that were made here, as RM does it in its own.

        Raises:
            PollTimeout, DeviceLost, ChannelDead: the GPU did not forget a mapping.
        """
        for tables in list(self._tables):
            if not tables.closed:
                tables.unmap_all_of(memory)

    def _table_block(self) -> TableBlock:
        return TableBlock(self._rm)


class TableBlock:
    """Video memory in one piece that tables are cut from.

    Attributes:
        bus_address: by which tables point to it.
        address: in this process.
        size_bytes: of all.
    """

    def __init__(self, rm: NvResourceManager) -> None:
        self._memory = video_memory(rm, TABLE_BLOCK_BYTES, contiguous=True)
        try:
            (extent,) = self._memory.extents
            self._pages: CpuMapping = self._memory.map_cpu()
        except BaseException:
            self._memory.close()
            raise
        self.bus_address = extent.address
        self.address = self._pages.address
        self.size_bytes = self._memory.size_bytes

    def close(self) -> None:
        """Give it back; a second time is nothing."""
        self._memory.close()


def extents_of(memory: Memory) -> tuple[Extent, ...]:
    """Where memory is, page by page, neighbours joined; of host memory, where the GPU finds it.

    Raises:
        PermissionMissing: RM does not tell this process.
        UsageError: RM says that it is somewhere else than it was allocated.
    """
    page = memory.page_size_bytes
    return tuple(merge([Extent(_place(memory, at), page) for at in range(0, memory.size_bytes, page)]))


def _place(memory: Memory, offset: int) -> int:
    client = memory.rm.client
    try:
        answer = client.ask(memory.handle, "GET_SURFACE_PHYS_ATTR", memOffset=offset)
    except RmError as refused:
        if refused.status_name != "NV_ERR_INSUFFICIENT_PERMISSIONS":
            raise
        raise PermissionMissing(
            "RM does not tell this process where memory is",
            hint="Run it with CAP_SYS_ADMIN (as root, outside of a user namespace).",
            handle=memory.handle,
            status_name=refused.status_name,
        ) from refused
    if answer["memAperture"] != _SURFACE_APERTURES[memory.aperture]:
        raise UsageError(
            f"RM keeps this {memory.aperture} memory elsewhere",
            handle=memory.handle,
            offset=offset,
            value=answer["memAperture"],
        )
    place: int = answer["memOffset"]
    return place
