"""Video memory of a GPU that we drive ourselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from barewire.errors import UsageError
from barewire.memory.mapping import PAGE_BYTES, CpuMapping, checked_part
from barewire.memory.object import Home, MemoryObject
from barewire.memory.vram import Extent
from barewire.memory.windows import Data
from barewire.rounding import round_up, whole

BIG_PAGE_BYTES = 64 << 10
HUGE_PAGE_BYTES = 2 << 20
PAGE_SIZES = (PAGE_BYTES, BIG_PAGE_BYTES, HUGE_PAGE_BYTES, 512 << 20)


class VideoMemory(MemoryObject):
    """Video memory: its extents are aligned to its page size, and multiples of it. See `MemoryObject`."""

    aperture = "video"

    def __init__(self, home: Home, size_bytes: int, page_size_bytes: int, extents: Sequence[Extent]) -> None:
        self._held = _Held(home, tuple(extents))
        super().__init__(home, size_bytes, page_size_bytes, extents, self._held.give_back)

    @property
    def address(self) -> int:
        """The physical address of memory in one piece.

        Raises:
            UsageError: it is in several.
        """
        if len(self.extents) != 1:
            raise UsageError("the video memory is in several pieces", extents=len(self.extents))
        return self.extents[0].address

    def read(self, offset: int = 0, size_bytes: int | None = None) -> bytes:
        """Bytes of it, read by the CPU."""
        offset, size = self._checked(offset, size_bytes)
        window = self.home.window
        return b"".join(window.read(piece.address, piece.size_bytes) for piece in self.part(offset, size))

    def write(self, data: Data, offset: int = 0) -> None:
        """Write bytes of it with the CPU; the GPU sees them once the window's fence has passed."""
        view = memoryview(data).cast("B")
        offset, _ = self._checked(offset, len(view))
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

        mapping = CpuMapping(self, mapped.address, size, undo, mapped.look())
        self._mappings.append(mapping)
        return mapping


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
    size_bytes = whole(size_bytes, "size")
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
