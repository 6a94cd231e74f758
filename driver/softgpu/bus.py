"""The edge of the software GPU: what its host sees of it, and what it sees of its host. PCI, nothing else.

A transport holds an `Endpoint` and gives it a `HostPort`. All else of the software GPU is out of reach.
Offsets and addresses are in bytes, words little-endian.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class BarShape:
    """One BAR as the configuration space describes it."""

    index: int
    size_bytes: int
    prefetchable: bool
    is_64bit: bool


class DmaRefused(Exception):
    """The host does not map this address, or not for writing; what an IOMMU fault is to the device."""


class HostPort(Protocol):
    """The host as the device reaches it."""

    def dma(self, iova: int, size_bytes: int, write: bool) -> int:
        """The CPU address of host memory that is contiguous from `iova` on for `size_bytes`.

        Raises:
            DmaRefused: part of it is not mapped; the caller may try page by page.
        """
        ...

    def interrupt(self, vector: int) -> None:
        """An MSI-X message for a vector; the transport has set the table's addresses."""
        ...


class Endpoint(Protocol):
    """The device as its host sees it. Any thread may call; accesses are served one at a time."""

    @property
    def bars(self) -> tuple[BarShape, ...]:
        """What memory BARs it has."""
        ...

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Held while the device does anything; a host that holds it sees the device stand still."""
        ...

    @property
    def reports(self) -> Sequence[Any]:
        """What it found to be undefined or forbidden, oldest first: kind, text, place, facts and count."""
        ...

    def attach(self, host: HostPort) -> None:
        """Say who the host is; before anything else."""
        ...

    def config_read(self, offset: int, size_bytes: int) -> int:
        """A configuration read of 1, 2 or 4 bytes."""
        ...

    def config_write(self, offset: int, size_bytes: int, value: int) -> None:
        """A configuration write of 1, 2 or 4 bytes."""
        ...

    def bar_read(self, index: int, offset: int, size_bytes: int) -> int:
        """A memory read of 1, 2, 4 or 8 bytes."""
        ...

    def bar_write(self, index: int, offset: int, size_bytes: int, value: int) -> None:
        """A memory write of 1, 2, 4 or 8 bytes."""
        ...

    def bar_memory(self, index: int) -> tuple[int, int] | None:
        """(CPU address, bytes) of an aperture that the host may map; None for one that traps.

        The address stays for the life of the device; what lies behind it changes with the device's state.
        """
        ...

    def settle(self) -> None:
        """Wait until no access is under way by what the host mapped before; called after it unmapped some."""
        ...

    def keep(self, address: int, size_bytes: int) -> None:
        """Somebody goes on looking at part of an aperture after close(): it stays, and shows zeros then."""
        ...

    def let_go(self) -> None:
        """Nobody looks at what was kept any more."""
        ...

    def reset(self) -> None:
        """A conventional reset by the host: a cold device afterwards."""
        ...

    def close(self) -> None:
        """Stop its threads and give its memory back; a second time is nothing."""
        ...
