"""A host for a bare software GPU: memory with addresses for DMA, and the interrupts that came."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

from barewire.softgpu.bus import DmaRefused

PAGE_BYTES = 4096
FIRST_IOVA = 0x1_0000_0000


@dataclass
class HostPages:
    """Pages of host memory that the device reaches; `view` has their bytes."""

    iova: int
    memory: ctypes.Array
    writable: bool

    @property
    def view(self) -> memoryview:
        return memoryview(self.memory).cast("B")


class ChipHost:
    """A host without a transport (a `HostPort`)."""

    def __init__(self) -> None:
        self.vectors: list[int] = []
        self.maps: list[HostPages] = []
        self._next = FIRST_IOVA

    def pages(self, count: int = 1, iova: int | None = None, writable: bool = True) -> HostPages:
        """New pages, contiguous for the device."""
        if iova is None:
            iova = self._next
            self._next += (count + 1) * PAGE_BYTES
        made = HostPages(iova, (ctypes.c_ubyte * (count * PAGE_BYTES))(), writable)
        self.maps.append(made)
        return made

    def dma(self, iova: int, size_bytes: int, write: bool) -> int:
        for one in self.maps:
            within = iova - one.iova
            if within >= 0 and within + size_bytes <= len(one.memory) and (one.writable or not write):
                return ctypes.addressof(one.memory) + within
        raise DmaRefused(f"{size_bytes} bytes at {iova:#x}")

    def interrupt(self, vector: int) -> None:
        self.vectors.append(vector)
