"""Where page tables live: small pieces cut from blocks of video or host memory."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from barewire.errors import OutOfVram, UsageError
from barewire.memory.formats import Aperture, TablePointer
from barewire.memory.ranges import Ranges
from barewire.memory.vram import Extent, VramAllocator
from barewire.memory.windows import Data, VramWindow
from barewire.native._native import ffi, lib
from barewire.shield import ShieldedLock

if TYPE_CHECKING:
    from barewire.transport.bus import Bus

PAGE_BYTES = 4096
SMALLEST_BYTES = 256  # a table of big pages, and what its address is aligned to
BLOCK_SIZES = (2 << 20, 64 << 10, PAGE_BYTES)  # of video memory; smaller ones when there is no larger one
HOST_BLOCK_BYTES = 64 << 10


class TablePage(NamedTuple):
    """Memory for one table."""

    aperture: Aperture
    address: int
    size_bytes: int

    @property
    def pointer(self) -> TablePointer:
        """How an entry names it."""
        return TablePointer(self.aperture, self.address)


class TableReader(Protocol):
    """Memory with tables in it, whoever made them, as the walker sees it."""

    def read(self, table: TablePointer, offset: int, size_bytes: int) -> bytes:
        """Bytes of a table.

        Raises:
            UsageError: this cannot be read here.
        """
        ...


class TableRange(NamedTuple):
    """Memory that tables are cut from: addresses from `start` up to, not including, `end`."""

    aperture: Aperture
    start: int
    end: int


class TableStore(TableReader, Protocol):
    """Memory for tables, as the builder sees it."""

    @property
    def blocks(self) -> tuple[TableRange, ...]:
        """What it has taken; no table is anywhere else."""
        ...

    def allocate(self, size_bytes: int) -> TablePage:
        """Memory for a table, aligned to its size; the content is undefined.

        Raises:
            OutOfVram, DmaError: there is no more.
        """
        ...

    def free(self, page: TablePage) -> None:
        """Give it back."""
        ...

    def write(self, table: TablePointer, offset: int, data: Data) -> None:
        """Write bytes of a table, in whole 64-bit words."""
        ...

    def fence(self) -> None:
        """The GPU never sees writes after it without those before it."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


class VideoTables:
    """Tables in video memory, written through a window."""

    def __init__(self, allocator: VramAllocator, window: VramWindow) -> None:
        self._allocator = allocator
        self._window = window
        self._blocks: dict[int, _Block] = {}
        self._recent: tuple[_Block, ...] = ()  # where the last table came from
        self._lock = ShieldedLock()

    @property
    def taken_bytes(self) -> int:
        """What tables take now."""
        return sum(sum(block.pieces.taken.values()) for block in self._blocks.values())

    @property
    def blocks(self) -> tuple[TableRange, ...]:
        """What it has taken."""
        with self._lock:
            return tuple(
                TableRange(Aperture.VIDEO, block.extent.address, block.extent.end)
                for block in self._blocks.values()
            )

    def allocate(self, size_bytes: int) -> TablePage:
        """Memory for a table.

        Raises:
            OutOfVram: there is no more.
        """
        size = _rounded(size_bytes)
        with self._lock:
            for block in (*self._recent, *self._blocks.values()):
                address = block.take(size)
                if address is not None:
                    self._recent = (block,)
                    return TablePage(Aperture.VIDEO, address, size)
            block = self._new_block()
            address = block.take(size)
            if address is None:
                raise UsageError("no table is as large", size_bytes=size_bytes)
            return TablePage(Aperture.VIDEO, address, size)

    def _new_block(self) -> _Block:
        """The largest block that there is room for."""
        for size in BLOCK_SIZES:
            try:
                extents = self._allocator.allocate(size, size, contiguous=True)
            except OutOfVram:
                if size == BLOCK_SIZES[-1]:
                    raise
                continue
            break
        block = _Block(extents[0])
        self._blocks[block.extent.address] = block
        return block

    def free(self, page: TablePage) -> None:
        """Give it back; blocks that are empty go back to the allocator."""
        with self._lock:
            block = next((each for each in self._blocks.values() if each.holds(page.address)), None)
            if block is None or block.pieces.give_back(page.address) is None:
                raise UsageError("no page table is here", address=page.address)
            if not block.pieces.taken:
                del self._blocks[block.extent.address]
                self._recent = ()
                self._allocator.free((block.extent,))

    def read(self, table: TablePointer, offset: int, size_bytes: int) -> bytes:
        """Bytes of a table."""
        _must_be(table, Aperture.VIDEO)
        return self._window.read(table.address + offset, size_bytes)

    def write(self, table: TablePointer, offset: int, data: Data) -> None:
        """Write bytes of a table."""
        _must_be(table, Aperture.VIDEO)
        self._window.write(table.address + offset, data)

    def fence(self) -> None:
        """Writes before it leave before writes after it."""
        self._window.fence()

    def close(self) -> None:
        """Give all blocks back, whatever is in them."""
        with self._lock:
            for block in self._blocks.values():
                self._allocator.free((block.extent,))
            self._blocks.clear()
            self._recent = ()


class CpuBlock(Protocol):
    """Memory in one piece for tables to be cut from, which this process has mapped.

    Attributes:
        address: in this process.
        bus_address: by which entries name it.
        size_bytes: of all.
    """

    address: int
    bus_address: int
    size_bytes: int

    def close(self) -> None:
        """Give it back."""
        ...


class CpuTables:
    """Tables in memory that this process has mapped. Any thread may use it.

    Args:
        make_block: more memory, aligned to pages.
        aperture: where it is for the GPU.
    """

    def __init__(self, make_block: Callable[[], CpuBlock], aperture: Aperture) -> None:
        self._make_block = make_block
        self._aperture = aperture
        self._blocks: dict[int, tuple[_Block, CpuBlock]] = {}
        self._lock = ShieldedLock()

    @property
    def taken_bytes(self) -> int:
        """What tables take now."""
        with self._lock:
            return sum(sum(block.pieces.taken.values()) for block, _ in self._blocks.values())

    @property
    def blocks(self) -> tuple[TableRange, ...]:
        """What it has taken."""
        with self._lock:
            return tuple(
                TableRange(self._aperture, block.extent.address, block.extent.end)
                for block, _ in self._blocks.values()
            )

    def allocate(self, size_bytes: int) -> TablePage:
        """Memory for a table.

        Raises:
            OutOfVram, DmaError: there is no more.
        """
        size = _rounded(size_bytes)
        with self._lock:
            for block, _ in self._blocks.values():
                address = block.take(size)
                if address is not None:
                    return TablePage(self._aperture, address, size)
            memory = self._make_block()
            block = _Block(Extent(memory.bus_address, memory.size_bytes))
            address = block.take(size)
            if address is None:
                memory.close()
                raise UsageError("no table is as large", size_bytes=size_bytes)
            self._blocks[memory.bus_address] = (block, memory)
            return TablePage(self._aperture, address, size)

    def free(self, page: TablePage) -> None:
        """Give it back; blocks that are empty are given back, too."""
        with self._lock:
            found = self._holding(page.address)
            if found is None or found[0].pieces.give_back(page.address) is None:
                raise UsageError("no page table is here", address=page.address)
            block, memory = found
            if not block.pieces.taken:
                del self._blocks[block.extent.address]
                memory.close()

    def read(self, table: TablePointer, offset: int, size_bytes: int) -> bytes:
        """Bytes of a table, as they are in memory.

        Raises:
            UsageError: none of these tables is there.
        """
        address = self._cpu(table, offset, size_bytes)
        self.fence()  # stores may wait in the CPU, out of reach of a load
        return ctypes.string_at(address, size_bytes)

    def write(self, table: TablePointer, offset: int, data: Data) -> None:
        """Write bytes of a table, in whole 64-bit words.

        Raises:
            UsageError: none of these tables is there.
        """
        source = ffi.from_buffer("uint8_t[]", data)
        lib.bw_copy_to_wc(self._cpu(table, offset, len(source)), source, len(source))

    def fence(self) -> None:
        """Writes before it leave the CPU before writes after it; those to write-combined memory, too."""
        lib.bw_store_fence()

    def close(self) -> None:
        """Give all blocks back, whatever is in them."""
        with self._lock:
            blocks, self._blocks = self._blocks, {}
            for _, memory in blocks.values():
                memory.close()

    def _cpu(self, table: TablePointer, offset: int, size_bytes: int) -> int:
        """Where bytes of a table are in this process."""
        _must_be(table, self._aperture)
        with self._lock:
            found = self._holding(table.address)
        if found is None or offset < 0 or table.address + offset + size_bytes > found[0].extent.end:
            raise UsageError("no page table of ours is here", address=table.address, offset=offset)
        block, memory = found
        return memory.address + table.address - block.extent.address + offset

    def _holding(self, address: int) -> tuple[_Block, CpuBlock] | None:
        return next((each for each in self._blocks.values() if each[0].holds(address)), None)


class HostTables(CpuTables):
    """Tables in host memory, coherent for the GPU."""

    def __init__(self, bus: Bus) -> None:
        super().__init__(lambda: _HostBlock(bus), Aperture.HOST)


class _HostBlock:
    """Host memory for tables: a `CpuBlock`."""

    def __init__(self, bus: Bus) -> None:
        self._memory = bus.dma_memory(HOST_BLOCK_BYTES, contiguous=True)
        self.address = self._memory.address
        self.bus_address = self._memory.iova
        self.size_bytes = self._memory.size_bytes

    def close(self) -> None:
        """Give it back to the bus."""
        self._memory.close()


class _Block:
    """Memory that is cut into tables."""

    def __init__(self, extent: Extent) -> None:
        self.extent = extent
        self.pieces = Ranges(extent.address, extent.end, SMALLEST_BYTES)

    def holds(self, address: int) -> bool:
        return self.extent.address <= address < self.extent.end

    def take(self, size_bytes: int) -> int | None:
        """The address of a piece, aligned to its size."""
        address = self.pieces.find(size_bytes, size_bytes)
        if address is None or not self.pieces.take(address, size_bytes):
            return None
        return address


def _rounded(size_bytes: int) -> int:
    """What memory a table gets: a page for all but the tables of big pages."""
    return SMALLEST_BYTES if size_bytes == SMALLEST_BYTES else PAGE_BYTES


def _must_be(table: TablePointer, aperture: Aperture) -> None:
    if table.aperture is not aperture:
        raise UsageError(f"the page table is in {table.aperture.value} memory", expected=aperture.value)
