"""The page tables that RM builds: where RM says they are, and their bytes as the GPU sees them.

RM names the tables on the way to an address, from the root to those of pages; only directories right below
the root it does not name, they are found by following the root. The bytes are read from video memory, which
RM shows to administrators: read-only, a window around a table that it named, and nothing else.

Facts: OGKM:ctrl/ctrl0080/ctrl0080dma.h (DMA_GET_PDE_INFO), OGKM:gpu_vaspace.c:gvaspaceGetPageTableInfo,
OGKM:phys_mem.c (NV01_MEMORY_LOCAL_PHYSICAL); H100: driver 580.159.04.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from barewire.errors import PermissionMissing, RmError, UsageError
from barewire.memory.compare import Place
from barewire.memory.formats import Aperture, Level, PageTableFormat, TablePointer
from barewire.memory.walker import entries_of
from barewire.rm import names

if TYPE_CHECKING:
    from barewire.abi.layout import Struct
    from barewire.rm.client import Client, MappedPages
    from barewire.rm.object import Calls

WINDOW_BYTES = 64 << 10
WINDOWS_KEPT = 16
_PAGE_BYTES = 4096
_SIZE_MASK = 0xFFFFFFFF  # RM tells page sizes in 32 bits: that of 256 GiB reads as 0
_BLOCKS = 5

# NV0080_CTRL_DMA_GET_PDE_INFO_PARAMS_PTE_ADDR_SPACE_*, and PDE_ADDR_SPACE of the root
_APERTURES = {0: Aperture.VIDEO, 1: Aperture.HOST, 2: Aperture.HOST_NONCOHERENT}


class NamedReader(Protocol):
    """Reads tables in video memory that RM named."""

    def name(self, table: TablePointer) -> None:
        """RM named this table: it may be read."""
        ...

    def read(self, table: TablePointer, offset: int, size_bytes: int) -> bytes:
        """Bytes of a table."""
        ...

    def close(self) -> None:
        """Read nothing any more; a second time is nothing."""
        ...


class RmTables:
    """The tables of one address space of RM.

    Args:
        client: that the space belongs to.
        space_handle: of the VA space object.
        form: what the tables look like.
        reader: of their bytes.
    """

    def __init__(self, client: Calls, space_handle: int, form: PageTableFormat, reader: NamedReader) -> None:
        self.format = form
        self.reader = reader
        self._client = client
        self._space_handle = space_handle

    def root(self, gpu_va: int) -> TablePointer:
        """Where the root directory is; `gpu_va` is any address of the space.

        Raises:
            RmError: RM does not tell.
        """
        return self._root_of(self._ask(gpu_va))

    def name(self, gpu_va: int) -> dict[Place, TablePointer]:
        """The tables on the way to an address, as far as there are any.

        Raises:
            RmError: RM does not tell.
            PermissionMissing: this process may not read tables.
            UsageError: RM keeps a table where it cannot be read.
        """
        info = self._ask(gpu_va)
        root = self._root_of(info)
        self.reader.name(root)
        found = {Place(self.format.root.name, 0): root}
        second = self._followed(root, gpu_va)
        if second is not None:
            found[self._place(self.format.directories[1], gpu_va)] = second
        for index in range(_BLOCKS):
            block = info.element("pteBlocks", index)
            if not block["pteEntrySize"]:
                continue
            level = self._level(block["pageSize"])
            table = TablePointer(_aperture(block["pteAddrSpace"]), block["ptePhysAddr"])
            found[self._place(level, gpu_va)] = table
        for table in found.values():
            self.reader.name(table)
        return found

    def name_all(self, start_va: int, end_va: int) -> dict[Place, TablePointer]:
        """Every table that is reached within a range of addresses.

        Raises:
            RmError, PermissionMissing, UsageError: as for `name`.
        """
        found = self.name(start_va)
        for level in self.format.directories:
            for place, table in [known for known in found.items() if known[0].level == level.name]:
                for entry_va in self._entries(level, table, place.gpu_va, start_va, end_va):
                    found.update(self.name(max(entry_va, start_va)))
        return found

    def _entries(
        self, level: Level, table: TablePointer, table_va: int, start_va: int, end_va: int
    ) -> Iterator[int]:
        for entry_va, words in entries_of(self.reader, table, level, table_va, (start_va, end_va)):
            if level.leaf and words[0] & self.format.pte.valid:
                continue
            if any(self.format.pointer(level, half).decode(word) for half, word in enumerate(words)):
                yield entry_va

    def _ask(self, gpu_va: int) -> Struct:
        return self._client.ask(
            self._client.device, "DMA_GET_PDE_INFO", gpuAddr=gpu_va, hVASpace=self._space_handle
        )

    @staticmethod
    def _root_of(info: Struct) -> TablePointer:
        return TablePointer(_aperture(info["pdeAddrSpace"]), info["pdbAddr"])

    def _followed(self, root: TablePointer, gpu_va: int) -> TablePointer | None:
        """The directory below the root."""
        level = self.format.root
        raw = self.reader.read(root, level.va_bits.take(gpu_va) * level.entry_bytes, 8)
        return self.format.pde.decode(int.from_bytes(raw, "little"))

    def _level(self, page_size: int) -> Level:
        """The level whose entries are for pages of a size."""
        lowest_first = (self.format.small, self.format.big, *reversed(self.format.directories))
        for level in lowest_first:
            if level.span_bytes & _SIZE_MASK == page_size:
                return level
        raise UsageError(f"RM names a table that {self.format.name} does not have", page_bytes=page_size)

    def _place(self, level: Level, gpu_va: int) -> Place:
        covered = level.span_bytes * level.entries
        return Place(level.name, gpu_va // covered * covered)


def _aperture(number: int) -> Aperture:
    if number not in _APERTURES:
        raise UsageError("RM keeps a page table in memory of a kind that is not known", value=number)
    return _APERTURES[number]


class WindowReader:
    """Reads tables of one address space that RM named, through windows on video memory, mapped read-only.

    Any thread may use it. A table that was not named is not read; once it is closed, none is.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._named: set[int] = set()  # addresses of pages with tables
        self._windows: OrderedDict[int, MappedPages] = OrderedDict()
        self._lock = threading.RLock()
        self._video: int | None = None

    def name(self, table: TablePointer) -> None:
        """RM named this table: it may be read, unless it is in host memory."""
        if table.aperture is Aperture.VIDEO:
            self._named.add(table.address // _PAGE_BYTES)

    def read(self, table: TablePointer, offset: int, size_bytes: int) -> bytes:
        """Bytes of a table.

        Raises:
            UsageError: RM did not name the table, or keeps it in host memory.
            PermissionMissing: RM does not show video memory to this process.
        """
        if table.aperture is not Aperture.VIDEO:
            raise UsageError(f"RM keeps a page table in {table.aperture.value} memory: it cannot be read")
        start, end = table.address + offset, table.address + offset + size_bytes
        if any(page not in self._named for page in range(start // _PAGE_BYTES, -(-end // _PAGE_BYTES))):
            raise UsageError(
                "RM did not name this page table for the address space", address=table.address, offset=offset
            )
        with self._lock:
            return b"".join(self._pieces(start, end))

    def _pieces(self, start: int, end: int) -> Iterator[bytes]:
        while start < end:
            base = start // WINDOW_BYTES * WINDOW_BYTES
            stop = min(end, base + WINDOW_BYTES)
            yield bytes(self._window(base)[start - base : stop - base])
            start = stop

    def _window(self, base: int) -> Any:
        pages = self._windows.get(base)
        if pages is None:
            if len(self._windows) >= WINDOWS_KEPT:
                _, oldest = self._windows.popitem(last=False)
                self._client.unmap_pages(oldest)
            pages = self._client.map_pages(
                self._client.device, self._object(), base, WINDOW_BYTES, on_device=True, writable=False
            )
            self._windows[base] = pages
        self._windows.move_to_end(base)
        return pages.view

    def _object(self) -> int:
        """RM's object for all of video memory; it allocates nothing."""
        if self._video is None:
            params = self._client.abi.new("NV_PHYSICAL_MEMORY_ALLOCATION_PARAMS", pageSize=WINDOW_BYTES)
            try:
                self._video = self._client.alloc(
                    self._client.device, names.NV01_MEMORY_LOCAL_PHYSICAL, params
                )
            except RmError as refused:
                if refused.status_name != "NV_ERR_INSUFFICIENT_PERMISSIONS":
                    raise
                raise PermissionMissing(
                    "RM does not show its page tables to this process",
                    hint="Run it with CAP_SYS_ADMIN (as root, outside of a user namespace).",
                    status_name=refused.status_name,
                ) from refused
        return self._video

    def close(self) -> None:
        """Undo the windows, and forget what was named; a second time is nothing."""
        with self._lock:
            self._named.clear()
            while self._windows:
                _, pages = self._windows.popitem()
                self._client.quietly(self._client.unmap_pages, pages)
            if self._video is not None:
                self._client.quietly(self._client.free, self._video)
                self._video = None
