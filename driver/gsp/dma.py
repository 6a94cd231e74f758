"""Host memory that GSP reads and writes, by name, so that all of it is given back however a boot ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from barewire.errors import DmaError

if TYPE_CHECKING:
    from barewire.transport.bus import Bus, DmaMemory

PAGE_BYTES = 4096


class DmaPool:
    """Memory taken from a bus. `close` gives all of it back.

    Args:
        bus: that the memory is for.
        dma_bits: width of the addresses that the device can make.
    """

    def __init__(self, bus: Bus, dma_bits: int) -> None:
        self._bus = bus
        self._dma_bits = dma_bits
        self._held: dict[str, DmaMemory] = {}

    def take(self, name: str, size_bytes: int, *, contiguous: bool = True) -> DmaMemory:
        """Zeroed memory of at least this size, in whole pages.

        Raises:
            DmaError: there is none, or the device cannot reach it.
        """
        memory = self._bus.dma_memory(size_bytes, contiguous=contiguous)
        self._held[name] = memory
        last = max(segment.iova + segment.size_bytes - 1 for segment in memory.segments)
        if last >> self._dma_bits:
            raise DmaError(
                f"the bus address of {name} is beyond what the GPU can reach",
                hint="Give the device addresses of its own (an IOMMU) or less memory to choose from.",
                iova=last,
                expected=f"{self._dma_bits} bits",
            )
        return memory

    def holding(self, name: str, data: bytes | bytearray | memoryview) -> DmaMemory:
        """Contiguous memory that begins with these bytes."""
        memory = self.take(name, len(data))
        memory.view[: len(data)] = data
        return memory

    def give_back(self, *names: str) -> None:
        """Take these from the device; those that are gone already are nothing."""
        for name in names:
            memory = self._held.pop(name, None)
            if memory is not None:
                memory.close()

    def sizes(self) -> dict[str, int]:
        """What is held: bytes by name."""
        return {name: memory.size_bytes for name, memory in self._held.items()}

    def close(self) -> None:
        """Give back everything; a second time is nothing."""
        self.give_back(*reversed(self._held))


def page_addresses(memory: DmaMemory) -> npt.NDArray[np.uint64]:
    """The bus addresses of a memory's pages of 4 KiB, in order.

    Raises:
        DmaError: a segment is not made of whole pages.
    """
    runs = []
    for segment in memory.segments:
        if segment.iova % PAGE_BYTES or segment.size_bytes % PAGE_BYTES:
            raise DmaError(
                "memory for the firmware's page lists is not made of whole pages",
                iova=segment.iova,
                size_bytes=segment.size_bytes,
            )
        end = segment.iova + segment.size_bytes
        runs.append(np.arange(segment.iova, end, PAGE_BYTES, dtype=np.uint64))
    return np.concatenate(runs)
