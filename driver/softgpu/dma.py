"""The GPU's way to host memory: PCI reads and writes, which the host maps or refuses."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from barewire.softgpu.bus import DmaRefused

if TYPE_CHECKING:
    from barewire.softgpu.bus import HostPort

PAGE_BYTES = 4096
ADDRESS_BITS = 52


class DmaPort:
    """Host memory by the addresses that the host gave it (iova).

    Args:
        may_master: whether the device may use the bus now (bus master enable).
        refused: told of what the host refused: (iova, bytes, whether to write).
    """

    def __init__(self, may_master: Callable[[], bool], refused: Callable[[int, int, bool], None]) -> None:
        self.host: HostPort | None = None
        self._may_master = may_master
        self._refused = refused

    def interrupt(self, vector: int) -> None:
        """Send a message to the host."""
        if self.host is not None:
            self.host.interrupt(vector)

    def address(self, iova: int, size_bytes: int, write: bool) -> int:
        """The CPU address of host memory that is contiguous from `iova` on.

        Raises:
            DmaRefused: the host does not map all of it so, or the device may not master the bus.
        """
        if self.host is None or not self._may_master():
            raise DmaRefused(f"no bus mastering: {size_bytes} bytes at {iova:#x}")
        if iova + size_bytes > 1 << ADDRESS_BITS:
            raise DmaRefused(f"{size_bytes} bytes at {iova:#x}: the device has {ADDRESS_BITS} address bits")
        return self.host.dma(iova, size_bytes, write)

    def read(self, iova: int, size_bytes: int) -> bytes:
        """Bytes of host memory; pages need not be neighbours in this process.

        Raises:
            DmaRefused: part of it is not mapped.
        """
        return b"".join(ctypes.string_at(at, size) for at, size in self.pieces(iova, size_bytes, False))

    def write(self, iova: int, data: bytes | bytearray | memoryview) -> None:
        """Write bytes to host memory; nothing is written if part of it is refused.

        Raises:
            DmaRefused: part of it is not mapped, or not for writing.
        """
        view = bytes(data)
        done = 0
        for at, size in list(self.pieces(iova, len(view), True)):
            ctypes.memmove(at, view[done : done + size], size)
            done += size

    def pieces(self, iova: int, size_bytes: int, write: bool) -> Iterator[tuple[int, int]]:
        """(CPU address, bytes) of each contiguous piece, in order.

        Raises:
            DmaRefused: part of it is not mapped, or not for writing.
        """
        if size_bytes == 0:
            return
        if iova // PAGE_BYTES == (iova + size_bytes - 1) // PAGE_BYTES:
            yield self._page(iova, size_bytes, write), size_bytes
            return
        try:
            whole = self.address(iova, size_bytes, write)
        except DmaRefused:
            whole = 0
        if whole:
            yield whole, size_bytes
            return
        end = iova + size_bytes
        while iova < end:
            size = min(end, (iova // PAGE_BYTES + 1) * PAGE_BYTES) - iova
            yield self._page(iova, size, write), size
            iova += size

    def _page(self, iova: int, size_bytes: int, write: bool) -> int:
        try:
            return self.address(iova, size_bytes, write)
        except DmaRefused:
            self._refused(iova, size_bytes, write)
            raise
