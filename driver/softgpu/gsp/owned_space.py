"""Address spaces whose tables firmware makes: FERMI_VASPACE_A without the flag of external ownership.

Facts: OGKM:src/nvidia/src/kernel/mem_mgr/{vaspace_api,gpu_vaspace}.c (limits; the range of firmware's own);
RM's tables read back from an H100 (driver 580).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from barewire.softgpu.gsp.records import Record
from barewire.softgpu.gsp.rm_page_table import VA_BITS
from barewire.softgpu.gsp.rm_tables import RmTables
from barewire.softgpu.gsp.status import Refused, Status
from barewire.softgpu.gsp.va_heap import VaHeap, VaRange
from barewire.softgpu.page_tables import Aperture, Pdb

if TYPE_CHECKING:
    from barewire.softgpu.gsp.resman import ResourceManager
    from barewire.softgpu.gsp.virtual_memory import VirtualMemory

# The range of every such address space that firmware uses for itself.
SERVER_START = 0x1_0000_0000
SERVER_BYTES = 0x2000_0000

_FIRST_VA = 1 << 20  # where a space begins that asks for nothing else
_BIG_PAGE_SIZES = (0, 1 << 16)


class OwnedSpace:
    """The tables of an address space and what is taken in it; several objects can share it.

    Args:
        tables: it owns them now.
        heap: its addresses.

    Attributes:
        virtual: objects of virtual memory in it.
    """

    def __init__(self, tables: RmTables, heap: VaHeap) -> None:
        self.tables = tables
        self.heap = heap
        self.virtual: list[VirtualMemory] = []
        self._users = 1

    @property
    def root(self) -> Pdb:
        """The page directory base."""
        return Pdb(Aperture.VRAM, self.tables.root.address)

    @property
    def in_use(self) -> bool:
        """Whether something is in it, or another object stands for it too."""
        return bool(self.virtual) or self._users > 1

    def share(self) -> None:
        """One more object stands for it."""
        self._users += 1

    def leave(self) -> None:
        """One object less stands for it; with the last the tables go."""
        self._users -= 1
        if not self._users:
            self.tables.close()


def make_owned(rm: ResourceManager, params: Record) -> OwnedSpace:
    """A space with its first tables: those that lead to firmware's own range.

    Where it begins and how long it is goes back to the caller.

    Args:
        params: NV_VASPACE_ALLOCATION_PARAMETERS.

    Raises:
        Refused: INVALID_ARGUMENT for limits that it cannot have or big pages other than 64 KiB, NO_MEMORY.
    """
    if params.bigPageSize not in _BIG_PAGE_SIZES:
        raise Refused(Status.INVALID_ARGUMENT, f"big pages of {params.bigPageSize:#x} bytes")
    heap = VaHeap(_limits(params), VaRange(SERVER_START, SERVER_START + SERVER_BYTES))
    tables = RmTables(rm.table_memory)
    try:
        tables.lead_elsewhere(SERVER_START, rm.server_table)
    except Refused:
        tables.close()
        raise
    params.vaBase, params.vaSize = heap.whole.start, heap.whole.end - heap.whole.start
    return OwnedSpace(tables, heap)


def _limits(params: Record) -> VaRange:
    """Which addresses a space has; all of them where it asks for no others."""
    most = 1 << VA_BITS
    end = params.vaBase + params.vaSize if params.vaSize else most
    start = params.vaBase or _FIRST_VA
    if end > most or start >= end:
        raise Refused(
            Status.INVALID_ARGUMENT, f"an address space from {start:#x} of {params.vaSize:#x} bytes"
        )
    return VaRange(start, end)
