"""A host for the software GPU: memory behind an IOMMU, and the interrupts that came.

Host memory is given out in pieces whose bus addresses have nothing to do with where they lie, with a gap
after each, so that whoever runs past an end is refused.
"""

from __future__ import annotations

import ctypes
import mmap
from dataclasses import dataclass, field

from barewire.softgpu.bus import DmaRefused

PAGE = 4096
FIRST_IOVA = 0x7_0000_0000
GAP_PAGES = 7


class HostMemory:
    """A piece of host memory: contiguous in this process, in pages anywhere for the GPU."""

    def __init__(self, host: SoftHost, pages: list[int]) -> None:
        self.host = host
        self.pages = pages
        self.memory = mmap.mmap(-1, len(pages) * PAGE)
        self.anchor = ctypes.c_char.from_buffer(self.memory)
        self.address = ctypes.addressof(self.anchor)
        for index, iova in enumerate(pages):
            host.mapped[iova] = self.address + index * PAGE

    @property
    def iova(self) -> int:
        return self.pages[0]

    def iova_of(self, offset: int) -> int:
        return self.pages[offset // PAGE] + offset % PAGE

    def write(self, offset: int, data: bytes) -> None:
        self.memory[offset : offset + len(data)] = data

    def read(self, offset: int, size: int) -> bytes:
        return bytes(self.memory[offset : offset + size])

    def put(self, offset: int, value: int, size: int = 4) -> None:
        self.write(offset, value.to_bytes(size, "little"))

    def get(self, offset: int, size: int = 4) -> int:
        return int.from_bytes(self.read(offset, size), "little")

    def unmap(self) -> None:
        for iova in self.pages:
            self.host.mapped.pop(iova, None)


@dataclass
class SoftHost:
    """A `HostPort`."""

    mapped: dict[int, int] = field(default_factory=dict)
    interrupts: list[int] = field(default_factory=list)
    next_iova: int = FIRST_IOVA
    given: list[HostMemory] = field(default_factory=list)  # kept, since the GPU may still reach for it

    def allocate(self, size: int, *, scattered: bool = False) -> HostMemory:
        count = -(-size // PAGE)
        pages = []
        for _ in range(count):
            pages.append(self.next_iova)
            self.next_iova += PAGE * (3 if scattered else 1)
        self.next_iova += GAP_PAGES * PAGE
        if scattered:
            pages.reverse()
        self.given.append(HostMemory(self, pages))
        return self.given[-1]

    def dma(self, iova: int, size_bytes: int, write: bool) -> int:
        page = iova & ~(PAGE - 1)
        first = self.mapped.get(page)
        if first is None:
            raise DmaRefused(f"{iova:#x}")
        for at in range(page + PAGE, iova + size_bytes, PAGE):
            if self.mapped.get(at) != first + at - page:
                raise DmaRefused(f"{at:#x}")
        return first + iova - page

    def interrupt(self, vector: int) -> None:
        self.interrupts.append(vector)
