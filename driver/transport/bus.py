"""What every way to a PCI GPU offers: configuration space, BARs, memory for DMA, interrupts, reset.

No register is known here. Offsets and addresses are in bytes, words little-endian.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

PAGE_BYTES = 4096


class ConfigSpace(Protocol):
    """PCI configuration space."""

    def read(self, offset: int, size_bytes: int) -> int:
        """One access of 1, 2 or 4 bytes; all ones where the device does not answer."""
        ...

    def write(self, offset: int, size_bytes: int, value: int) -> None:
        """One access of 1, 2 or 4 bytes."""
        ...


class Mapped(Protocol):
    """Part of a BAR in this process.

    Attributes:
        address: of its first byte.
        size_bytes: of it.
    """

    address: int
    size_bytes: int

    def look(self) -> memoryview:
        """Its bytes, writable. They stay in this process for as long as somebody looks; once the mapping, or
        the bus, is closed they say nothing any more.
        """
        ...

    def close(self) -> None:
        """Undo the mapping; a second time is nothing."""
        ...


class Bar(Protocol):
    """One memory BAR.

    Attributes:
        index: in PCI's numbering; a 64-bit BAR takes two numbers, and has the first.
        size_bytes: of the region.
        bus_address: where the host put it, as the configuration space says.
        mappable: whether `map` gives its bytes; accesses to others are carried one by one.
    """

    index: int
    size_bytes: int
    bus_address: int
    mappable: bool

    def read32(self, offset: int) -> int:
        """One 32-bit read."""
        ...

    def write32(self, offset: int, value: int) -> None:
        """One 32-bit write, posted: a later read of the device waits for it."""
        ...

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Many bytes, in reads of up to 8."""
        ...

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Many bytes, in order."""
        ...

    def map(self, offset: int, size_bytes: int) -> Mapped:
        """Part of it in this process, write-combined where the BAR is prefetchable.

        Raises:
            UsageError: the BAR is not mappable, or has no such part.
        """
        ...


class Segment(NamedTuple):
    """Bytes that are contiguous for the device."""

    iova: int
    size_bytes: int


class DmaMemory(Protocol):
    """Host memory that the device reaches, zeroed at first. It is contiguous in this process.

    Attributes:
        address: in this process.
        size_bytes: whole pages.
        segments: where the device finds it, in order; one if it was asked to be contiguous.
        view: its bytes.
    """

    address: int
    size_bytes: int
    segments: tuple[Segment, ...]
    view: memoryview

    @property
    def iova(self) -> int:
        """Where the device finds its first byte.

        Raises:
            UsageError: it has several segments.
        """
        ...

    def iova_of(self, offset: int) -> int:
        """Where the device finds the byte at an offset."""
        ...

    def close(self) -> None:
        """Take it from the device and give it back; a second time is nothing."""
        ...


class Interrupts(Protocol):
    """MSI-X vectors as this process sees them."""

    count: int

    def enable(self, count: int) -> None:
        """Let vectors 0 .. count-1 come."""
        ...

    def wait(self, vector: int, timeout_s: float) -> int:
        """Wait for a vector; how often it came since it was last asked, 0 after `timeout_s`."""
        ...

    def disable(self) -> None:
        """Let none come."""
        ...


class Doorbell(Protocol):
    """A word of a BAR that native code writes for every submission.

    Attributes:
        address: where native code writes it, if the BAR is mapped; else 0.
        bell: the native bell (`struct bw_bell *` as a number) that carries it, if it is not; else 0.
    """

    address: int
    bell: int

    def close(self) -> None:
        """Let go; no ring may use it any more."""
        ...


class Bus(Protocol):
    """One PCI device.

    Attributes:
        name: the device string that it was opened by.
        config: its configuration space.
        bars: its memory BARs by index.
        interrupts: its vectors.
    """

    name: str
    config: ConfigSpace
    bars: Mapping[int, Bar]
    interrupts: Interrupts

    def dma_memory(self, size_bytes: int, *, contiguous: bool = False) -> DmaMemory:
        """Memory for the device to reach, rounded up to whole pages.

        Raises:
            DmaError: there is no more memory, or no room to map it.
        """
        ...

    def doorbell(self, bar_index: int, offset: int) -> Doorbell:
        """A word that rings once written."""
        ...

    def reset(self) -> None:
        """Reset the function (FLR where it has one); its configuration is as before, its memory is undefined.

        Raises:
            TransportError: it cannot be reset.
        """
        ...

    def close(self) -> None:
        """Give it back: bus mastering off, no interrupt, no memory mapped; a second time is nothing."""
        ...
