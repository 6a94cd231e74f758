"""Video memory of a GPU that we drive ourselves."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from operator import index
from typing import Protocol

from barewire.errors import Freed, UsageError
from barewire.memory.mapping import PAGE_BYTES, CpuMapping, checked_part
from barewire.memory.vram import Extent, VramAllocator
from barewire.memory.windows import Data, VramWindow
from barewire.rounding import round_up

BIG_PAGE_BYTES = 64 << 10
HUGE_PAGE_BYTES = 2 << 20
PAGE_SIZES = (PAGE_BYTES, BIG_PAGE_BYTES, HUGE_PAGE_BYTES, 512 << 20)


class Home(Protocol):
    """What memory belongs to: the memory of one GPU (`barewire.memory.gpu.GpuMemory`)."""

    @property
    def allocator(self) -> VramAllocator: ...

    @property
    def window(self) -> VramWindow: ...

    @property
    def closed(self) -> bool: ...

    def check(self) -> None:
        """Raise Freed or ForkedChild if it must not be used."""
        ...

    def abandon(self, give_back: Callable[[], None]) -> None:
        """Have something given back later; may be called by the garbage collector at any moment."""
        ...

    def next_handle(self) -> int:
        """A number that nothing else has."""
        ...


class VideoMemory:
    """Video memory. It is freed by close(), and when nothing refers to it any more.

    Attributes:
        home: the memory of the GPU that it is part of.
        handle: a number of its own.
        size_bytes: rounded up to whole pages of `page_size_bytes`.
        page_size_bytes: what its extents are aligned to, and multiples of.
        extents: where it is, in order.
    """

    aperture = "video"
    host_address = None

    def __init__(self, home: Home, size_bytes: int, page_size_bytes: int, extents: Sequence[Extent]) -> None:
        self.home = home
        self.handle = home.next_handle()
        self.size_bytes = size_bytes
        self.page_size_bytes = page_size_bytes
        self.extents = tuple(extents)
        self._mappings: list[CpuMapping] = []
        self._held = _Held(home, self.extents)
        self._finalizer = weakref.finalize(self, home.abandon, self._held.give_back)
        self._finalizer.atexit = False

    @property
    def closed(self) -> bool:
        """Whether it was freed."""
        return not self._finalizer.alive or self.home.closed

    @property
    def address(self) -> int:
        """The physical address of memory in one piece.

        Raises:
            UsageError: it is in several.
        """
        if len(self.extents) != 1:
            raise UsageError("the video memory is in several pieces", extents=len(self.extents))
        return self.extents[0].address

    def check(self) -> None:
        """Raise Freed or ForkedChild if it must not be used."""
        self.home.check()
        if self.closed:
            raise Freed("the memory was freed", handle=self.handle)

    def part(self, offset: int, size_bytes: int) -> tuple[Extent, ...]:
        """Where some of its bytes are, in order."""
        return part_of(self.extents, offset, size_bytes)

    def read(self, offset: int = 0, size_bytes: int | None = None) -> bytes:
        """Bytes of it, read by the CPU."""
        size = self._checked(offset, size_bytes)
        window = self.home.window
        return b"".join(window.read(piece.address, piece.size_bytes) for piece in self.part(offset, size))

    def write(self, data: Data, offset: int = 0) -> None:
        """Write bytes of it with the CPU; the GPU sees them once the window's fence has passed."""
        view = memoryview(data).cast("B")
        self._checked(offset, len(view))
        for piece in self.part(offset, len(view)):
            self.home.window.write(piece.address, view[: piece.size_bytes])
            view = view[piece.size_bytes :]

    def map_cpu(self, offset: int = 0, size_bytes: int | None = None) -> CpuMapping:
        """The memory, or whole pages of it, in this process: write it, read it seldom.

        Raises:
            UsageError: not whole pages of it, or not in one piece where BAR1 shows memory as it is.
        """
        self.check()
        size = checked_part(offset, size_bytes, self.size_bytes)
        mapped = self.home.window.map(self.part(offset, size))
        self._held.windows.append(mapped.close)

        def undo(mapping: CpuMapping) -> None:
            if mapping in self._mappings:
                self._mappings.remove(mapping)
                self._held.windows.remove(mapped.close)
                mapped.close()

        mapping = CpuMapping(self, mapped.address, size, undo)
        self._mappings.append(mapping)
        return mapping

    def close(self) -> None:
        """Free it, after its mappings; a second time is nothing."""
        if self.closed:
            return
        self.home.check()
        if self._finalizer.detach() is None:
            return  # another thread closes it
        for mapping in list(self._mappings):
            mapping.close()
        self._held.give_back()

    def _checked(self, offset: int, size_bytes: int | None) -> int:
        self.check()
        offset = index(offset)  # NumPy's numbers wrap around
        size = self.size_bytes - offset if size_bytes is None else index(size_bytes)
        if offset < 0 or size < 0 or offset + size > self.size_bytes:
            raise UsageError(
                "these bytes are not part of the memory",
                offset=offset,
                size_bytes=size,
                of_bytes=self.size_bytes,
            )
        return size

    def __enter__(self) -> VideoMemory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = ", closed" if self.closed else ""
        return f"<video memory {self.handle:#x}, {self.size_bytes} bytes{state}>"


class _Held:
    """What a memory object gives back; it does not refer to the object."""

    def __init__(self, home: Home, extents: tuple[Extent, ...]) -> None:
        self.allocator = home.allocator
        self.extents = extents
        self.windows: list[Callable[[], None]] = []

    def give_back(self) -> None:
        """CPU mappings first: nobody may reach what somebody else gets next."""
        while self.windows:
            self.windows.pop()()
        self.allocator.free(self.extents)


def allocate(
    home: Home, size_bytes: int, page_size_bytes: int | None = None, contiguous: bool = False
) -> VideoMemory:
    """Video memory; its content is undefined.

    It is in one piece wherever that is possible; in several when free memory is scattered, unless it has to
    be contiguous.

    Args:
        page_size_bytes: what its pieces are aligned to; None for what the size suggests.

    Raises:
        OutOfVram: there is not enough.
    """
    page = fitting_page(size_bytes) if page_size_bytes is None else page_size_bytes
    if page not in PAGE_SIZES:
        raise UsageError("pages are of 4 KiB, 64 KiB, 2 MiB or 512 MiB", page_size_bytes=page)
    if size_bytes <= 0:
        raise UsageError("memory has at least one byte", size_bytes=size_bytes)
    size = round_up(size_bytes, page)
    extents = home.allocator.allocate(size, page, contiguous=contiguous)
    return VideoMemory(home, size, page, extents)


def fitting_page(size_bytes: int) -> int:
    """The page size that memory of this size gets; one of 512 MiB has to be asked for."""
    if size_bytes >= HUGE_PAGE_BYTES:
        return HUGE_PAGE_BYTES
    return BIG_PAGE_BYTES if size_bytes >= BIG_PAGE_BYTES else PAGE_BYTES


def part_of(extents: Sequence[Extent], offset: int, size_bytes: int) -> tuple[Extent, ...]:
    """Where some bytes of several extents in a row are."""
    found = []
    for extent in extents:
        if offset < extent.size_bytes and size_bytes > 0:
            count = min(size_bytes, extent.size_bytes - offset)
            found.append(Extent(extent.address + offset, count))
            size_bytes -= count
        offset = max(0, offset - extent.size_bytes)
    return tuple(found)
