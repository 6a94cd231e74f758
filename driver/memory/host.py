"""Host memory that a GPU we drive ourselves reaches by DMA."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from barewire.errors import UsageError
from barewire.memory.mapping import PAGE_BYTES, CpuMapping, checked_part
from barewire.memory.object import Home, MemoryObject
from barewire.memory.vram import Extent
from barewire.memory.windows import Data, merge

if TYPE_CHECKING:
    from barewire.transport.bus import Bus


class HostMemory(MemoryObject):
    """Host memory, cached by the CPU and coherent for the GPU; zeroed at first. See `MemoryObject`.

    Its page size is 4 KiB; where more is contiguous for the device, mappings use larger pages.

    Attributes:
        cpu_address: where it is in this process.
    """

    aperture = "host"

    def __init__(self, home: Home, bus: Bus, size_bytes: int, contiguous: bool = False) -> None:
        if size_bytes <= 0:
            raise UsageError("memory has at least one byte", size_bytes=size_bytes)
        self.dma = bus.dma_memory(size_bytes, contiguous=contiguous)
        self.cpu_address = self.dma.address
        extents = merge([Extent(*segment) for segment in self.dma.segments])
        super().__init__(home, self.dma.size_bytes, PAGE_BYTES, tuple(extents), self.dma.close)

    def read(self, offset: int = 0, size_bytes: int | None = None) -> bytes:
        """Bytes of it."""
        offset, size = self._checked(offset, size_bytes)
        return ctypes.string_at(self.cpu_address + offset, size)

    def write(self, data: Data, offset: int = 0) -> None:
        """Write bytes of it."""
        data = bytes(data)
        offset, _ = self._checked(offset, len(data))
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

    def _forget(self, mapping: CpuMapping) -> None:
        if mapping in self._mappings:
            self._mappings.remove(mapping)
