"""Memory for a device that a program serves: a file in memory that it is given."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import mmap
import os
from collections.abc import Callable

from barewire.errors import DeviceLost, DmaError, HostLimit, UsageError
from barewire.native._native import ffi
from barewire.transport.bus import Segment
from barewire.transport.iommu import Iommu, Segments, whole_pages
from barewire.transport.vfio_user.files import map_file
from barewire.transport.vfio_user.link import Denied, Link
from barewire.transport.vfio_user.protocol import DMA_MAP, DMA_UNMAP, Command, MapFlag

OUT_OF_ROOM = (errno.ENOSPC, errno.ENOMEM)


class VfioUserDmaMemory(Segments):
    """Memory that the server reaches: a `DmaMemory`. It is one piece for the device.

    Args:
        link: to the server.
        iommu: chooses where the device finds it.
        size_bytes: rounded up to whole pages.
        forget: called when it is closed.
    """

    def __init__(
        self, link: Link, iommu: Iommu, size_bytes: int, forget: Callable[[VfioUserDmaMemory], None]
    ) -> None:
        if isinstance(size_bytes, bool) or not isinstance(size_bytes, int) or size_bytes <= 0:
            raise UsageError(f"memory of {size_bytes} bytes cannot be had", size_bytes=size_bytes)
        self.size_bytes = whole_pages(size_bytes)
        self.closed = False
        self._link = link
        self._iommu = iommu
        self._forget = forget
        with contextlib.ExitStack() as undo:
            file = _memory_file(self.size_bytes)
            undo.callback(os.close, file)  # whoever has mapped it needs it no more
            self._memory = _map_memory(file, self.size_bytes)
            self.address = int(ffi.cast("uintptr_t", ffi.from_buffer(self._memory)))
            self.view = memoryview(self._memory)
            self.segments: tuple[Segment, ...] = iommu.map(self.address, self.size_bytes, True)
            with contextlib.ExitStack() as unmap:
                unmap.callback(iommu.unmap, self.segments)
                self._pass(file)
                unmap.pop_all()

    def _pass(self, file: int) -> None:
        flags = MapFlag.READ | MapFlag.WRITE
        request = DMA_MAP.pack(DMA_MAP.size_bytes, flags, 0, self.iova, self.size_bytes)
        try:
            self._link.ask(Command.DMA_MAP, [request], fds=[file])
        except Denied as denied:
            kind = HostLimit if denied.errno in OUT_OF_ROOM else DmaError
            raise kind(
                f"the server does not take this memory: {denied.message}",
                size_bytes=self.size_bytes,
                errno=denied.errno,
            ) from denied

    def close(self) -> None:
        """Take it from the device and give it back; a second time is nothing.

        Raises:
            TransportError: the server does not let go of it; the memory stays.
        """
        if self.closed:
            return
        self.closed = True
        if self._link.lost is None:
            request = DMA_UNMAP.pack(DMA_UNMAP.size_bytes, 0, self.iova, self.size_bytes)
            with contextlib.suppress(DeviceLost):  # a server that is gone reaches nothing
                self._link.ask(Command.DMA_UNMAP, [request])
        with self._link.reaching:
            self._iommu.unmap(self.segments)
        try:
            self.view.release()
            self._memory.close()
        except BufferError:
            pass  # somebody still holds part of its view: the memory goes when that does
        self._forget(self)

    def __repr__(self) -> str:
        return f"<VfioUserDmaMemory of {self.size_bytes:#x} bytes at {self.iova:#x}>"


def _memory_file(size_bytes: int) -> int:
    """A file of zeros in memory that nobody can make longer or shorter; its descriptor."""
    try:
        file = os.memfd_create("barewire-dma", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    except OSError as error:
        raise HostLimit(f"no memory for the device: {error.strerror}", size_bytes=size_bytes) from error
    try:
        os.ftruncate(file, size_bytes)
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, seals)
    except (OSError, OverflowError) as error:
        os.close(file)
        raise DmaError(f"no memory for the device: {error}", size_bytes=size_bytes) from error
    return file


def _map_memory(file: int, size_bytes: int) -> mmap.mmap:
    """A file in this process; Python's own mapping of it would keep a descriptor, of which there are few."""
    try:
        memory = mmap.mmap(-1, size_bytes)
        map_file(file, size_bytes, at=int(ffi.cast("uintptr_t", ffi.from_buffer(memory))))
    except (OSError, ValueError, OverflowError) as error:
        raise DmaError(f"no memory for the device: {error}", size_bytes=size_bytes) from error
    return memory
