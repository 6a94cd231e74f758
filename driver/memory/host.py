"""Host memory that a GPU we drive ourselves reaches by DMA."""

from __future__ import annotations

import ctypes
import weakref
from operator import index
from typing import TYPE_CHECKING

from barewire.errors import Freed, UsageError
from barewire.memory.mapping import PAGE_BYTES, CpuMapping, checked_part
from barewire.memory.video import Home, part_of
from barewire.memory.vram import Extent
from barewire.memory.windows import Data, merge

if TYPE_CHECKING:
    from barewire.transport.bus import Bus


class HostMemory:
    """Host memory, cached by the CPU and coherent for the GPU; zeroed at first.

    It is freed by close(), and when nothing refers to it any more.

    Attributes:
        home: the memory of the GPU that reaches it.
        handle: a number of its own.
        size_bytes: whole pages of `page_size_bytes`.
        page_size_bytes: 4 KiB; where more is contiguous for the device, mappings use larger pages.
        extents: where the device finds it, in order.
        cpu_address: where it is in this process.
    """

    aperture = "host"
    host_address = None

    def __init__(self, home: Home, bus: Bus, size_bytes: int, contiguous: bool = False) -> None:
        if size_bytes <= 0:
            raise UsageError("memory has at least one byte", size_bytes=size_bytes)
        self.home = home
        self.handle = home.next_handle()
        self.dma = bus.dma_memory(size_bytes, contiguous=contiguous)
        self.size_bytes = self.dma.size_bytes
        self.page_size_bytes = PAGE_BYTES
        self.cpu_address = self.dma.address
        self.extents = tuple(merge([Extent(*segment) for segment in self.dma.segments]))
        self._mappings: list[CpuMapping] = []
        self._finalizer = weakref.finalize(self, home.abandon, self.dma.close)
        self._finalizer.atexit = False

    @property
    def closed(self) -> bool:
        """Whether it was freed."""
        return not self._finalizer.alive or self.home.closed

    def check(self) -> None:
        """Raise Freed or ForkedChild if it must not be used."""
        self.home.check()
        if self.closed:
            raise Freed("the memory was freed", handle=self.handle)

    def part(self, offset: int, size_bytes: int) -> tuple[Extent, ...]:
        """Where the device finds some of its bytes, in order."""
        return part_of(self.extents, offset, size_bytes)

    def read(self, offset: int = 0, size_bytes: int | None = None) -> bytes:
        """Bytes of it."""
        offset = index(offset)  # NumPy's numbers wrap around
        size = self.size_bytes - offset if size_bytes is None else index(size_bytes)
        self._check_part(offset, size)
        return ctypes.string_at(self.cpu_address + offset, size)

    def write(self, data: Data, offset: int = 0) -> None:
        """Write bytes of it."""
        offset, data = index(offset), bytes(data)
        self._check_part(offset, len(data))
        ctypes.memmove(self.cpu_address + offset, data, len(data))

    def map_cpu(self, offset: int = 0, size_bytes: int | None = None) -> CpuMapping:
        """The memory, or whole pages of it, in this process, where it is anyway.

        Raises:
            UsageError: not whole pages of it.
        """
        self.check()
        size = checked_part(offset, size_bytes, self.size_bytes)
        held = self.dma.view[offset : offset + size]
        mapping = CpuMapping(self, self.cpu_address + offset, size, self._forget, held)
        self._mappings.append(mapping)
        return mapping

    def close(self) -> None:
        """Take it from the device and give it back; a second time is nothing."""
        if self.closed:
            return
        self.home.check()
        if self._finalizer.detach() is None:
            return  # another thread closes it
        for mapping in list(self._mappings):
            mapping.close()
        self.dma.close()

    def _forget(self, mapping: CpuMapping) -> None:
        if mapping in self._mappings:
            self._mappings.remove(mapping)

    def _check_part(self, offset: int, size_bytes: int) -> None:
        self.check()
        if offset < 0 or size_bytes < 0 or offset + size_bytes > self.size_bytes:
            raise UsageError(
                "these bytes are not part of the memory",
                offset=offset,
                size_bytes=size_bytes,
                of_bytes=self.size_bytes,
            )

    def __enter__(self) -> HostMemory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = ", closed" if self.closed else ""
        return f"<host memory {self.handle:#x}, {self.size_bytes} bytes{state}>"
