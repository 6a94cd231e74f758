"""Memory for a device behind an IOMMU: where the device finds it, what the host allows, how it is mapped.

Each piece of memory is one mapping, so that it is contiguous for the device whatever its pages are. Device
addresses are chosen here, inside of what the IOMMU translates and every GPU reaches; between two pieces a
page is left out, and an address that was given back is the last one to be given again, so that a device that
runs past an end, or keeps an address for too long, meets the IOMMU and not somebody else's bytes.

Without an IOMMU the device takes physical addresses. Only huge pages of the machine's pool stay where they
are, so that memory is made of those, and its segments are theirs.

Facts: linux:drivers/vfio/vfio_iommu_type1.c (vfio_lock_acct, dma_entry_limit), drivers/iommu/iommufd/pages.c
(locked memory, with CAP_IPC_LOCK in no account); man proc_pid_status(5).
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_left, insort
from collections.abc import Callable

from barewire.errors import DmaError, HostLimit, TransportError, UsageError
from barewire.native._native import ffi as native_ffi
from barewire.shield import behind
from barewire.transport.bus import PAGE_BYTES, Segment
from barewire.transport.iommu import Segments, whole_pages
from barewire.transport.vfio.kernel import CAP_IPC_LOCK, HUGE_BYTES, Kernel
from barewire.transport.vfio.way import Way

REACHED_BITS = 47  # of the addresses that every GPU since Turing can make
LOWEST = 1 << 20
PREFERRED = 1 << 32  # an address that loses its upper half should not be another's
LARGEST_ALIGNMENT = 1 << 30  # of the IOMMU's pages


class DeviceAddresses:
    """Which addresses of the device are taken. The owner lets one thread in at a time.

    Args:
        ranges: (first, last) of those that may be mapped.
        page_bytes: what they are multiples of.
    """

    def __init__(self, ranges: tuple[tuple[int, int], ...], page_bytes: int = PAGE_BYTES) -> None:
        reached = [(max(first, LOWEST), min(last + 1, 1 << REACHED_BITS)) for first, last in ranges]
        high = [(max(start, PREFERRED), end) for start, end in reached]
        low = [(start, min(end, PREFERRED)) for start, end in reached]
        self._ranges = [(start, end) for start, end in (*high, *low) if start < end]
        self._page = page_bytes
        self._taken: list[tuple[int, int]] = []  # (first, end), in order
        self._next = self._ranges[0][0] if self._ranges else 0

    def take(self, size_bytes: int) -> int:
        """An address that is free for so many bytes, and for a page beyond them.

        Raises:
            DmaError: there is none.
        """
        best = max(self._page, min(1 << (size_bytes - 1).bit_length(), LARGEST_ALIGNMENT))
        needed = -(-size_bytes // self._page) * self._page
        for alignment in (best, self._page):
            for start, end in self._turns():
                found = self._free(start, end, needed, alignment)
                if found is not None:
                    insort(self._taken, (found, found + needed))
                    self._next = found + needed + self._page
                    return found
        raise DmaError(
            "no device addresses are left",
            hint="The IOMMU translates too few; close devices or free memory.",
            size_bytes=size_bytes,
        )

    def _turns(self) -> list[tuple[int, int]]:
        """Where to look: what lies behind the last one given, then everything."""
        at = next((i for i, (start, end) in enumerate(self._ranges) if start <= self._next < end), 0)
        behind = [(max(start, self._next), end) for start, end in self._ranges[at : at + 1]]
        return [*behind, *self._ranges[at + 1 :], *self._ranges[: at + 1]]

    def _free(self, start: int, end: int, needed: int, alignment: int) -> int | None:
        found = -(-start // alignment) * alignment
        place = max(bisect_left(self._taken, (found, 0)) - 1, 0)
        for first, beyond in self._taken[place:]:
            if first >= found + needed + self._page:
                break
            if beyond + self._page > found:
                found = -(-(beyond + self._page) // alignment) * alignment
        return found if found + needed <= end else None

    def give_back(self, iova: int) -> None:
        """An address is free again."""
        at = bisect_left(self._taken, (iova, 0))
        if at < len(self._taken) and self._taken[at][0] == iova:
            del self._taken[at]

    @property
    def taken(self) -> dict[int, int]:
        """What is taken: size in bytes by first address."""
        return {first: end - first for first, end in self._taken}


class Pinner:
    """Gives memory to a device, and takes it away again. Any thread may call.

    Args:
        kernel: of the machine.
        way: to the device.
        name: of the device, for messages.
    """

    def __init__(self, kernel: Kernel, way: Way, name: str) -> None:
        self.kernel = kernel
        self._way = way
        self._name = name
        self._lock = threading.Lock()
        self._entries = 0
        limits = way.limits
        self.addresses = DeviceAddresses(limits.ranges, limits.page_bytes) if limits else None

    def pin(self, address: int, size_bytes: int) -> tuple[Segment, ...]:
        """Let the device reach memory of this process.

        Raises:
            HostLimit: the host does not allow as much.
            DmaError: there are no addresses left, or the kernel refuses.
        """
        if self.addresses is None:
            return self._physical(address, size_bytes)
        with self._lock:
            self._expect_allowed(size_bytes)
            iova = self.addresses.take(size_bytes)
            try:
                self._way.map(address, iova, size_bytes)
            except BaseException:
                self.addresses.give_back(iova)
                raise
            self._entries += 1
        return (Segment(iova, size_bytes),)

    def unpin(self, segments: tuple[Segment, ...]) -> None:
        """Let the device not reach them any more; it has done with them once this returns."""
        if self.addresses is None:
            return
        with self._lock:
            for segment in segments:
                self._way.unmap(segment.iova, segment.size_bytes)
                self.addresses.give_back(segment.iova)
                self._entries -= 1

    def _expect_allowed(self, size_bytes: int) -> None:
        """See that the host's limits leave room for one more mapping of so many bytes.

        Raises:
            HostLimit: they do not.
        """
        limits = self._way.limits
        if limits is None:
            return
        if limits.entries is not None and self._entries >= limits.entries:
            raise HostLimit(
                "the kernel takes no more DMA mappings of this process",
                hint="Raise the module parameter vfio_iommu_type1.dma_entry_limit, or use larger buffers.",
                needed=self._entries + 1,
                limit=limits.entries,
                device=self._name,
            )
        limit = self.kernel.memlock_limit()
        if limit is None:
            return
        status = self.kernel.status()
        if _word(status, "CapEff", 16) >> CAP_IPC_LOCK & 1:
            return
        needed = _word(status, limits.accounted, 10) * 1024 + size_bytes
        if needed > limit:
            raise HostLimit(
                "this process may not lock as much memory as the device needs",
                hint=f"Raise RLIMIT_MEMLOCK to {needed} bytes or more: `ulimit -l {-(-needed // 1024)}`, "
                "/etc/security/limits.conf, or LimitMEMLOCK= of a service.",
                needed=needed,
                limit=limit,
                device=self._name,
            )

    def _physical(self, address: int, size_bytes: int) -> tuple[Segment, ...]:
        """Where memory of huge pages is in the machine's memory."""
        segments: list[Segment] = []
        for offset in range(0, size_bytes, HUGE_BYTES):
            size = min(HUGE_BYTES, size_bytes - offset)
            try:
                frame = next(iter(self.kernel.frames(address + offset, 1)), 0)
            except OSError:  # a kernel that tells nobody
                frame = 0
            if not frame:
                raise DmaError(
                    "the kernel does not tell where memory is",
                    hint="Physical addresses are told to root only (/proc/self/pagemap, CAP_SYS_ADMIN).",
                    device=self._name,
                )
            if segments and segments[-1].iova + segments[-1].size_bytes == frame:
                segments[-1] = Segment(segments[-1].iova, segments[-1].size_bytes + size)
            else:
                segments.append(Segment(frame, size))
        return tuple(segments)


def _word(status: str, name: str, base: int) -> int:
    """A number of /proc/self/status; 0 where it is not told."""
    found = re.search(rf"^{name}:\s*([0-9a-fA-F]+)", status, re.MULTILINE)
    return int(found.group(1), base) if found else 0


class VfioDmaMemory(Segments):
    """Memory that a device of vfio-pci reaches: a `DmaMemory`.

    Args:
        pinner: makes it reachable.
        size_bytes: rounded up to whole pages.
        contiguous: in one piece for the device.
        forget: called when it is closed.

    Attributes:
        huge: whether it is of huge pages from the machine's pool.

    Raises:
        DmaError, HostLimit: it cannot be had.
        UsageError: no such size.
    """

    def __init__(
        self,
        pinner: Pinner,
        size_bytes: int,
        contiguous: bool,
        forget: Callable[[VfioDmaMemory], None],
    ) -> None:
        if not isinstance(size_bytes, int) or size_bytes <= 0:
            raise UsageError(f"memory of {size_bytes} bytes cannot be had", size_bytes=size_bytes)
        self.size_bytes = whole_pages(size_bytes)
        self.closed = False
        self._lock = threading.RLock()  # who closes it second waits until it is closed
        self._pinner = pinner
        self._forget = forget
        self._take()
        try:
            self.segments = pinner.pin(self.address, self.size_bytes)
            if contiguous and len(self.segments) > 1:
                raise DmaError(
                    "without an IOMMU, memory is contiguous only within a huge page",
                    size_bytes=self.size_bytes,
                    segments=len(self.segments),
                )
        except BaseException:
            self._release()
            raise

    def _take(self) -> None:
        """Memory of huge pages where they can be had, else of ordinary ones, on their boundaries."""
        needs_huge = self._pinner.addresses is None
        large = self.size_bytes >= HUGE_BYTES
        room = -(-self.size_bytes // HUGE_BYTES) * HUGE_BYTES
        self.huge = needs_huge or large
        try:
            if self.huge:
                try:
                    self._memory = self._pinner.kernel.memory(room, True)
                except OSError as error:
                    if needs_huge:
                        raise DmaError(
                            f"the machine has no free huge pages for {room:#x} bytes, which a device without "
                            "an IOMMU needs",
                            hint="echo N > /proc/sys/vm/nr_hugepages reserves N pages of 2 MiB.",
                            size_bytes=self.size_bytes,
                        ) from error
                    self.huge = False
            if not self.huge:
                beyond = HUGE_BYTES - PAGE_BYTES if large else 0
                self._memory = self._pinner.kernel.memory(self.size_bytes + beyond, False)
        except (OSError, ValueError, OverflowError) as error:
            raise DmaError(f"no memory for the device: {error}", size_bytes=self.size_bytes) from error
        start = int(native_ffi.cast("uintptr_t", native_ffi.from_buffer(self._memory)))
        self._start = start
        skip = -start % HUGE_BYTES if large or self.huge else 0
        self.address = start + skip
        self._whole = memoryview(self._memory)
        self.view = self._whole[skip : skip + self.size_bytes]
        if self.huge and needs_huge:
            for offset in range(0, self.size_bytes, HUGE_BYTES):
                self.view[offset] = 0  # there are no physical pages before they are written to

    def close(self) -> None:
        """Take it from the device and give it back; a second time is nothing.

        Raises:
            TransportError: the kernel did not unmap it; the memory stays, since the device may write it.
        """
        with behind(), self._lock:
            if self.closed:
                return
            self.closed = True
            try:
                self._pinner.unpin(self.segments)
            except TransportError:
                _STILL_REACHED.append(self)
                raise
            finally:
                self._forget(self)
            self._release()

    def leave(self) -> None:
        """In a forked child: the device reaches the parent's memory, and this is none of it.

        Huge pages are not in the child at all. What it still has of them must not be somebody else's memory.
        """
        self._lock = threading.RLock()  # whoever held it is not here
        self.closed = True
        if self.huge:
            self._pinner.kernel.stand_in(self._start, len(self._whole))

    def _release(self) -> None:
        try:
            self.view.release()
            self._whole.release()
            self._memory.close()
        except BufferError:
            pass  # somebody still holds part of its view: the memory goes when that does

    def __repr__(self) -> str:
        return f"<VfioDmaMemory of {self.size_bytes:#x} bytes in {len(self.segments)} segments>"


# Memory that a device may still write to must not become anybody else's.
_STILL_REACHED: list[VfioDmaMemory] = []
