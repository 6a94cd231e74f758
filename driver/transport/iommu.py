"""Host memory for a device in this process: an IOMMU in small, and the memory it maps.

A real IOMMU gives the device addresses of its own; this one goes out of its way to. No iova is ever given
twice, so that a device that keeps one for too long is refused and not fed somebody else's bytes; memory that
was not asked to be contiguous lies in pieces far apart, in no order.
"""

from __future__ import annotations

import mmap
import threading
from bisect import bisect_right, insort
from collections.abc import Callable, Iterator

from barewire.errors import DmaError, UsageError
from barewire.native._native import ffi
from barewire.transport.bus import PAGE_BYTES, Segment

# Two regions that pieces take turns in; both fit into the 47 bits that every GPU since Turing reaches.
REGIONS = ((1 << 32, 1 << 45), (1 << 45, 1 << 46))
GAP_BYTES = PAGE_BYTES  # never mapped: whoever runs past the end of a piece is refused
LARGEST_PIECE_BYTES = 2 << 20


def whole_pages(size_bytes: int) -> int:
    """A size rounded up to pages."""
    return -(-size_bytes // PAGE_BYTES) * PAGE_BYTES


def pieces(size_bytes: int) -> Iterator[int]:
    """Sizes of the pieces that memory is given in: 1, 1, 2, 4, ... pages, then 2 MiB each.

    Each but the last begins at a multiple of its size, so that pages of that size can be mapped.
    """
    done = 0
    while done < size_bytes:
        size = min(max(done, PAGE_BYTES), LARGEST_PIECE_BYTES, size_bytes - done)
        yield size
        done += size


def _alignment(size_bytes: int) -> int:
    """What a piece's address is a multiple of: the next power of two, of pages up to 2 MiB."""
    return min(1 << (size_bytes - 1).bit_length(), LARGEST_PIECE_BYTES)


class Iommu:
    """What the device may reach, page by page. Any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = [start for start, _ in REGIONS]
        self._turn = 0
        self._starts: list[int] = []
        self._mapped: dict[int, tuple[int, int]] = {}  # first iova -> (size, CPU address)

    def map(self, address: int, size_bytes: int, contiguous: bool) -> tuple[Segment, ...]:
        """Let the device reach whole pages.

        Raises:
            DmaError: there are no device addresses left.
        """
        sizes = [size_bytes] if contiguous else list(pieces(size_bytes))
        with self._lock:
            segments = tuple(Segment(self._take(size), size) for size in sizes)
            for segment in segments:
                self._mapped[segment.iova] = (segment.size_bytes, address)
                insort(self._starts, segment.iova)
                address += segment.size_bytes
        return segments

    def _take(self, size_bytes: int) -> int:
        """An iova that nothing ever had."""
        turn, self._turn = self._turn, (self._turn + 1) % len(REGIONS)
        alignment = _alignment(size_bytes)
        iova = -(-self._next[turn] // alignment) * alignment
        if iova + size_bytes > REGIONS[turn][1]:
            raise DmaError("no device addresses are left", size_bytes=size_bytes)
        self._next[turn] = iova + size_bytes + GAP_BYTES
        return iova

    def unmap(self, segments: tuple[Segment, ...]) -> None:
        """Let the device not reach them any more."""
        with self._lock:
            for segment in segments:
                del self._mapped[segment.iova]
            self._starts = sorted(self._mapped)

    def find(self, iova: int, size_bytes: int) -> int | None:
        """The CPU address of bytes that are contiguous for the device; None if part of them is not mapped."""
        with self._lock:
            place = bisect_right(self._starts, iova) - 1
            if place < 0:
                return None
            start = self._starts[place]
            size, address = self._mapped[start]
        return address + iova - start if iova + size_bytes <= start + size else None


class SoftDmaMemory:
    """Memory that a device in this process reaches: a `DmaMemory`.

    Args:
        iommu: makes it reachable.
        size_bytes: rounded up to whole pages.
        contiguous: in one piece for the device.
        settle: called once the device cannot reach it any more, and before it goes: waits for accesses that
            are under way.
        forget: called when it is closed.
    """

    def __init__(
        self,
        iommu: Iommu,
        size_bytes: int,
        contiguous: bool,
        settle: Callable[[], None],
        forget: Callable[[SoftDmaMemory], None],
    ) -> None:
        if size_bytes <= 0:
            raise UsageError(f"memory of {size_bytes} bytes cannot be had", size_bytes=size_bytes)
        self.size_bytes = whole_pages(size_bytes)
        try:
            self._memory = mmap.mmap(-1, self.size_bytes)
        except (OSError, ValueError, OverflowError) as error:
            raise DmaError(f"no memory for the device: {error}", size_bytes=self.size_bytes) from error
        self.address = int(ffi.cast("uintptr_t", ffi.from_buffer(self._memory)))
        self.view = memoryview(self._memory)
        self._iommu = iommu
        self._settle = settle
        self._forget = forget
        self.segments = iommu.map(self.address, self.size_bytes, contiguous)
        self.closed = False

    @property
    def iova(self) -> int:
        """Where the device finds its first byte.

        Raises:
            UsageError: it has several segments.
        """
        if len(self.segments) > 1:
            raise UsageError(
                "the memory is not contiguous for the device",
                hint="Ask for contiguous memory, or take `segments` or `iova_of`.",
                segments=len(self.segments),
            )
        return self.segments[0].iova

    def iova_of(self, offset: int) -> int:
        """Where the device finds the byte at an offset.

        Raises:
            UsageError: the memory has no such byte.
        """
        left = offset
        for segment in self.segments:
            if 0 <= left < segment.size_bytes:
                return segment.iova + left
            left -= segment.size_bytes
        raise UsageError(f"the memory has no byte {offset:#x}", offset=offset, size_bytes=self.size_bytes)

    def close(self) -> None:
        """Take it from the device and give it back; a second time is nothing."""
        if self.closed:
            return
        self.closed = True
        self._iommu.unmap(self.segments)
        self._settle()
        try:
            self.view.release()
            self._memory.close()
        except BufferError:
            pass  # somebody still holds part of its view: the memory goes when that does
        self._forget(self)

    def __repr__(self) -> str:
        return f"<SoftDmaMemory of {self.size_bytes:#x} bytes in {len(self.segments)} segments>"
