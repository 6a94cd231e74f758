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
from dataclasses import dataclass

from barewire.errors import DmaError, HostLimit, UsageError
from barewire.native._native import ffi
from barewire.transport.bus import PAGE_BYTES, Segment

# Pieces take turns in two regions, that below the topmost address bit and that above it.
LOWEST = 1 << 32
ADDRESS_BITS = 46  # fits into the 47 bits that every GPU since Turing reaches
REGIONS = ((LOWEST, 1 << ADDRESS_BITS - 1), (1 << ADDRESS_BITS - 1, 1 << ADDRESS_BITS))
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


@dataclass(frozen=True)
class HostLimits:
    """What a host lets a device have.

    Attributes:
        locked_bytes: memory that cannot be paged out, in all; None for any amount.
        entries: mappings at a time; None for any number.
        address_bits: width of device addresses.
        reserved: (start, end) device addresses that the host keeps to itself.
    """

    locked_bytes: int | None = None
    entries: int | None = None
    address_bits: int = ADDRESS_BITS
    reserved: tuple[tuple[int, int], ...] = ()


class Iommu:
    """What the device may reach, page by page. Any thread may call.

    Args:
        limits: of the host.
    """

    def __init__(self, limits: HostLimits | None = None) -> None:
        self.limits = limits or HostLimits()
        self._lock = threading.Lock()
        half = 1 << self.limits.address_bits - 1
        self._regions = ((LOWEST, half), (half, 2 * half))
        self._next = [start for start, _ in self._regions]
        self._turn = 0
        self._starts: list[int] = []
        self._mapped: dict[int, tuple[int, int]] = {}  # first iova -> (size, CPU address)

    def map(self, address: int, size_bytes: int, contiguous: bool) -> tuple[Segment, ...]:
        """Let the device reach whole pages.

        Raises:
            DmaError: there are no device addresses left.
            HostLimit: the host does not let the device have as much.
        """
        sizes = [size_bytes] if contiguous else list(pieces(size_bytes))
        with self._lock:
            self._expect_within_limits(sizes)
            segments = tuple(Segment(self._take(size), size) for size in sizes)
            for segment in segments:
                self._mapped[segment.iova] = (segment.size_bytes, address)
                insort(self._starts, segment.iova)
                address += segment.size_bytes
        return segments

    @property
    def mapped(self) -> dict[int, int]:
        """What the device may reach: size in bytes by first iova."""
        with self._lock:
            return {iova: size_bytes for iova, (size_bytes, _) in self._mapped.items()}

    def _expect_within_limits(self, sizes: list[int]) -> None:
        """See that the host allows these pieces besides what is mapped."""
        limits = self.limits
        locked = sum(size for size, _ in self._mapped.values()) + sum(sizes)
        if limits.locked_bytes is not None and locked > limits.locked_bytes:
            raise HostLimit(
                "the host lets the device have no more memory",
                hint="Raise the limit of locked memory (ulimit -l).",
                needed=locked,
                limit=limits.locked_bytes,
            )
        entries = len(self._mapped) + len(sizes)
        if limits.entries is not None and entries > limits.entries:
            raise HostLimit(
                "the host's IOMMU takes no more mappings",
                hint="Raise the limit of mappings (vfio_iommu_type1's dma_entry_limit).",
                needed=entries,
                limit=limits.entries,
            )

    def _take(self, size_bytes: int) -> int:
        """An iova that nothing ever had, and that the host does not keep to itself."""
        turn, self._turn = self._turn, (self._turn + 1) % len(self._regions)
        alignment = _alignment(size_bytes)
        iova = -(-self._next[turn] // alignment) * alignment
        for start, end in sorted(self.limits.reserved):
            if iova < end and start < iova + size_bytes:
                iova = -(-end // alignment) * alignment
        if iova + size_bytes > self._regions[turn][1]:
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


class Segments:
    """Where the device finds memory: what every `DmaMemory` says of its segments.

    Attributes:
        segments: in order.
        size_bytes: of all.
    """

    segments: tuple[Segment, ...]
    size_bytes: int

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


class SoftDmaMemory(Segments):
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
