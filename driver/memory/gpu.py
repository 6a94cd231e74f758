"""The memory of one GPU that we drive ourselves: its video memory, host memory for it, address spaces."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from barewire.errors import DeviceError, Freed, TransportError
from barewire.memory.formats import Aperture, PageTableFormat, TablePointer
from barewire.memory.host import HostMemory
from barewire.memory.space import AddressSpace
from barewire.memory.tables import VideoTables
from barewire.memory.tlb import Tlb
from barewire.memory.va import END_VA, FIRST_VA
from barewire.memory.video import VideoMemory, allocate
from barewire.memory.vram import VramAllocator
from barewire.memory.windowed import WindowedBar1
from barewire.memory.windows import LinearBar1, Pramin, VramWindow
from barewire.regs.registers import RegisterFile
from barewire.rounding import round_up, whole

if TYPE_CHECKING:
    from barewire.transport.bus import Bar, Bus

FIRST_HANDLE = 0x0D000001


class GpuMemory:
    """See the module. Any thread may use it.

    Attributes:
        format: of page tables.
        allocator: of video memory, by physical address.
        window: the CPU's way into video memory.
        tlb: makes the GPU forget translations.
        table_store: where page tables are put.
        closed: whether it was given back.

    Args:
        window: how the CPU gets into video memory; see `open_window`.
        check: raises what a use of the device should raise now, if anything.
    """

    def __init__(
        self,
        bus: Bus,
        form: PageTableFormat,
        allocator: VramAllocator,
        window: VramWindow,
        tlb: Tlb,
        check: Callable[[], None] | None = None,
    ) -> None:
        self.bus = bus
        self.format = form
        self.allocator = allocator
        self.window = window
        self.tlb = tlb
        self.table_store = VideoTables(allocator, window)
        self.closed = False
        self._check = check
        self._handles = itertools.count(FIRST_HANDLE)
        self._lock = threading.RLock()
        self._abandoned: deque[Callable[[], None]] = deque()
        self._kept: list[object] = []

    @property
    def free_vram_bytes(self) -> int:
        """Video memory that is free now."""
        self.collect()
        return self.allocator.free_bytes

    def video_memory(
        self, size_bytes: int, page_size_bytes: int | None = None, contiguous: bool = False
    ) -> VideoMemory:
        """Video memory; its content is undefined. See `barewire.memory.video.allocate`.

        Raises:
            OutOfVram: there is not enough.
        """
        self.check()
        self.collect()
        return allocate(self, size_bytes, page_size_bytes, contiguous)

    def host_memory(
        self,
        size_bytes: int,
        cached: bool = True,
        page_size_bytes: int | None = None,
        contiguous: bool = False,
    ) -> HostMemory:
        """Host memory that the GPU reaches, zeroed.

        Args:
            cached: it always is.
            page_size_bytes: the size is rounded up to it.

        Raises:
            DmaError: there is no more, or no room to map it.
        """
        self.check()
        self.collect()
        size = round_up(whole(size_bytes, "size"), whole(page_size_bytes or 1, "page size"))
        return HostMemory(self, self.bus, size, contiguous)

    def address_space(self, start_va: int = FIRST_VA, end_va: int = END_VA) -> AddressSpace:
        """A GPU virtual address space with nothing mapped."""
        self.check()
        self.collect()
        return AddressSpace(self, start_va, end_va, invalidate=self.tlb.invalidate)

    def check(self) -> None:
        """Raise Freed, or what the device raises, if it must not be used."""
        if self._check is not None:
            self._check()
        if self.closed:
            raise Freed("the GPU's memory was closed")

    def abandon(self, give_back: Callable[[], None]) -> None:
        """Have something given back by the next call of `collect`; takes no lock and raises nothing."""
        self._abandoned.append(give_back)

    def keep(self, what: object) -> None:
        """Refer to something until the end: the GPU may still use the memory that it stands for."""
        self._kept.append(what)

    def collect(self) -> None:
        """Give back what nobody refers to any more; what a GPU that hangs does not let go of stays taken."""
        with self._lock:
            while self._abandoned and not self.closed:
                with contextlib.suppress(DeviceError, TransportError):
                    self._abandoned.popleft()()

    def next_handle(self) -> int:
        """A number that nothing else has."""
        return next(self._handles)

    def close(self) -> None:
        """Give back what is left; its address spaces are closed. A second time is nothing."""
        if self.closed:
            return
        self.collect()
        self.closed = True
        self._kept.clear()
        self.table_store.close()
        with contextlib.suppress(DeviceError, TransportError):  # a GPU that hangs forgets BAR1 with its reset
            self.window.close()


def open_memory(
    bus: Bus,
    registers: RegisterFile,
    form: PageTableFormat,
    regions: Iterable[tuple[int, int]],
    bar1: Bar,
    *,
    bar1_root: int | None = None,
    check: Callable[[], None] | None = None,
) -> GpuMemory:
    """The memory of a GPU that is up.

    Args:
        regions: (start, end) addresses of video memory that may be used.
        bar1: the BAR that shows video memory.
        bar1_root: where the root of the tables is that the firmware bound BAR1 to (its `bar1PdeBase`).
        check: raises what a use of the device should raise now, if anything.

    Raises:
        PollTimeout, DeviceLost, PriError: the GPU did not do as it was told.
    """
    allocator = VramAllocator(regions)
    tlb = Tlb(registers)
    window = open_window(bus.bars[0], bar1, registers, form, allocator, tlb, bar1_root)
    return GpuMemory(bus, form, allocator, window, tlb, check)


def open_window(
    bar0: Bar,
    bar1: Bar,
    registers: RegisterFile,
    form: PageTableFormat,
    allocator: VramAllocator,
    tlb: Tlb,
    bar1_root: int | None,
) -> VramWindow:
    """The best way for the CPU into video memory.

    BAR1 as it is, where it is large enough; windows in it, where the firmware told its root; else BAR0.
    """
    if bar1.size_bytes >= allocator.end:
        return LinearBar1(bar1, registers, allocator.end)
    slow = Pramin(bar0, registers)
    if not bar1_root:
        return slow
    root = TablePointer(Aperture.VIDEO, bar1_root)
    return WindowedBar1(bar1, slow, allocator, form, tlb, root)
