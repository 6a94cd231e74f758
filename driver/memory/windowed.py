"""BAR1 in virtual mode, for boards whose BAR1 is smaller than their video memory.

The firmware binds BAR1 to a root directory of its own and tells where that is. Our tables hang in its first
entry, which covers all addresses that BAR1 has; nobody else maps through BAR1 then.

Facts: nouveau:nvkm/subdev/gsp/rm/r535/bar.c (the root at bar1PdeBase is edited, the block register is not),
nouveau:nvkm/subdev/mmu/vmmtu102.c (BARs are of the hub).
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from barewire.errors import OutOfAddressSpace
from barewire.memory.formats import PageAttributes, PageTableFormat, TablePointer
from barewire.memory.pagetable import Invalidation, PageTables, joined
from barewire.memory.paging import best_page, cut
from barewire.memory.tables import VideoTables
from barewire.memory.tlb import Tlb
from barewire.memory.va import VirtualAddresses
from barewire.memory.vram import Extent, VramAllocator
from barewire.memory.windows import Data, VramWindow, merge
from barewire.native._native import lib

if TYPE_CHECKING:
    from barewire.transport.bus import Bar, Mapped

WINDOW_BYTES = 2 << 20
MOST_WINDOWS = 16
SMALLEST_TO_SHARE_BYTES = 4 * WINDOW_BYTES


class WindowedBar1:
    """Windows in BAR1: a few that move, for reads and writes, and one for each mapping, which stays.

    Args:
        bar1: the aperture.
        slow: the way into video memory that does not need BAR1; tables are written through it.
        allocator: where tables are taken from.
        tlb: of the GPU.
        root: of the tables that BAR1 is bound to.
    """

    sees_all = False

    def __init__(
        self,
        bar1: Bar,
        slow: VramWindow,
        allocator: VramAllocator,
        form: PageTableFormat,
        tlb: Tlb,
        root: TablePointer,
    ) -> None:
        self.bar = bar1
        self._tables = PageTables(form, VideoTables(allocator, slow), adopted=root)
        self._tlb = tlb
        self._addresses = VirtualAddresses(0, bar1.size_bytes)
        self._most = max(1, min(MOST_WINDOWS, bar1.size_bytes // (4 * WINDOW_BYTES)))
        self._windows: OrderedDict[int, int] = OrderedDict()  # physical address -> offset in BAR1
        self._pinned: dict[int, _Pinned] = {}
        self._spare: int | None = None  # room that mappings do not get, so that reads and writes find some
        self._lock = threading.RLock()
        self._owed: Invalidation | None = None
        self._closed = False

    @property
    def pinned_bytes(self) -> int:
        """What mappings take of BAR1 now."""
        return sum(pinned.size_bytes for pinned in self._pinned.values())

    def read(self, address: int, size_bytes: int) -> bytes:
        """Bytes at a physical address."""
        with self._lock:
            return b"".join(
                self.bar.read(offset, count) for offset, count in self._through(address, size_bytes)
            )

    def write(self, address: int, data: Data) -> None:
        """Write bytes at a physical address."""
        view = memoryview(data).cast("B")
        with self._lock:
            for offset, count in self._through(address, len(view)):
                self.bar.write(offset, view[:count])
                view = view[count:]

    def map(self, extents: Sequence[Extent]) -> Mapped:
        """Video memory in this process, in one piece.

        Raises:
            OutOfAddressSpace: BAR1 has no room for it.
        """
        with self._lock:
            size = sum(extent.size_bytes for extent in extents)
            self._keep_spare()
            offset = self._show(merge(extents), size)
            try:
                mapped = self.bar.map(offset, size)
            except BaseException:
                self._hide(offset, size)
                raise
            pinned = _Pinned(self, offset, mapped)
            self._pinned[offset] = pinned
            return pinned

    def fence(self) -> None:
        """Writes before it leave the CPU before writes after it."""
        lib.bw_store_fence()

    def close(self) -> None:
        """Undo every mapping and give BAR1's tables back; a second time is nothing.

        Raises:
            PollTimeout, DeviceLost: the GPU did not forget them; everything else was done.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._windows.clear()
            for offset in list(self._pinned):
                self._pinned.pop(offset).close()
            root, depth = self._tables.root, self._tables.format.depth(self._tables.format.root)
            self._tables.close()
            everything = Invalidation(root, 0, self.bar.size_bytes, depth, revoked=True)
            self._tlb.invalidate(everything, hub_only=True)

    def _through(self, address: int, size_bytes: int) -> Iterator[tuple[int, int]]:
        """(offset in BAR1, bytes) of one piece after the other; a window is there when its piece is given."""
        end = address + size_bytes
        while address < end:
            count = min(end - address, WINDOW_BYTES - address % WINDOW_BYTES)
            yield self._window(address), count
            address += count

    def _window(self, address: int) -> int:
        """The offset of the window that shows an address, moved there if need be."""
        at = address // WINDOW_BYTES * WINDOW_BYTES
        known = self._windows.get(at)
        if known is not None:
            self._windows.move_to_end(at)
            return known + address - at
        if len(self._windows) >= self._most:
            self._hide(self._windows.popitem(last=False)[1], WINDOW_BYTES)
        window = [Extent(at, WINDOW_BYTES)]
        try:
            offset = self._show(window, WINDOW_BYTES)
        except OutOfAddressSpace:
            if self._spare is None:
                raise
            self._addresses.free(self._spare)
            self._spare = None
            offset = self._show(window, WINDOW_BYTES)
        self._windows[at] = offset
        return offset + address - at

    def _keep_spare(self) -> None:
        """Keep mappings from taking the last room for a window."""
        if self._spare is None and self.bar.size_bytes >= SMALLEST_TO_SHARE_BYTES:
            with contextlib.suppress(OutOfAddressSpace):
                self._forget_windows()
                self._spare = self._addresses.allocate(WINDOW_BYTES, WINDOW_BYTES)

    def _show(self, extents: Sequence[Extent], size: int) -> int:
        sizes = self._tables.format.page_sizes
        try:
            offset = self._addresses.allocate(size, best_page(extents, sizes))
        except OutOfAddressSpace:
            self._forget_windows()
            offset = self._take(size, best_page(extents, sizes))
        try:
            pages, _ = cut(offset, extents, sizes)
            changed = self._tables.map(pages, PageAttributes())
        except BaseException:
            self._addresses.free(offset)
            raise
        try:
            self._forget(changed)
        except BaseException:
            # The addresses stay taken: the GPU may know them already.
            self._owed = joined(self._owed or changed, self._tables.unmap(offset, size))
            raise
        return offset

    def _take(self, size: int, page_bytes: int) -> int:
        try:
            return self._addresses.allocate(size, page_bytes)
        except OutOfAddressSpace as full:
            raise OutOfAddressSpace(
                "BAR1 has no room to show this memory to the CPU",
                hint="Close CPU mappings of video memory, or let the firmware resize BAR1.",
                **{**full.facts, "bar1_bytes": self.bar.size_bytes, "pinned_bytes": self.pinned_bytes},
            ) from full

    def _hide(self, offset: int, size: int) -> None:
        self._forget(self._tables.unmap(offset, size))
        self._addresses.free(offset)

    def _forget(self, changed: Invalidation) -> None:
        """Make the GPU forget what changed, and what it should have forgotten before."""
        self._owed = changed if self._owed is None else joined(self._owed, changed)
        self._tlb.invalidate(self._owed, hub_only=True)
        self._owed = None
        self._tables.settle()

    def _forget_windows(self) -> None:
        while self._windows:
            self._hide(self._windows.popitem()[1], WINDOW_BYTES)

    def _unpin(self, pinned: _Pinned) -> None:
        with self._lock:
            if self._pinned.pop(pinned.offset, None) is not None:
                self._hide(pinned.offset, pinned.size_bytes)


class _Pinned:
    """Part of BAR1 that shows one piece of memory until it is closed."""

    def __init__(self, owner: WindowedBar1, offset: int, mapped: Mapped) -> None:
        self.offset = offset
        self.address = mapped.address
        self.size_bytes = mapped.size_bytes
        self._owner = owner
        self._mapped = mapped

    def look(self) -> memoryview:
        """Its bytes; see `Mapped.look`."""
        return self._mapped.look()

    def close(self) -> None:
        """Undo it; a second time is nothing."""
        self._mapped.close()
        self._owner._unpin(self)
