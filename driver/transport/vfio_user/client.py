"""A PCI device that a program serves over a socket, as a bus: `vfio-user:/path.sock`.

Registers are read and written by messages; what the server lets us map is mapped. Memory for the device is
a file in memory that is passed to the server, contiguous for the device whatever was asked for. Vectors are
counters (eventfd) that the server raises.

Facts: libvfio-user:docs/vfio-user.rst, linux:include/uapi/linux/vfio.h.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import mmap
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

from barewire import shield
from barewire.errors import (
    DeviceLost,
    DmaError,
    FormatError,
    HostLimit,
    PollTimeout,
    TransportError,
    UsageError,
)
from barewire.native._native import ffi, lib
from barewire.pci.config import (
    BAR0,
    COMMAND,
    COMMAND_BUS_MASTER,
    COMMAND_INTX_OFF,
    COMMAND_MEMORY,
    NO_VENDOR,
    VENDOR_ID,
    BarEntry,
    PciFunction,
)
from barewire.poll import poll
from barewire.transport.bell import CarriedDoorbell
from barewire.transport.bus import PAGE_BYTES, Segment
from barewire.transport.iommu import HostLimits, Iommu, whole_pages
from barewire.transport.vfio.kernel import LinuxKernel
from barewire.transport.vfio.mapping import GuardedPages, MappedDoorbell, MappedPart
from barewire.transport.vfio_user.counters import Counters
from barewire.transport.vfio_user.files import map_file
from barewire.transport.vfio_user.link import HELLO_S, RESET_S, Denied, Link
from barewire.transport.vfio_user.protocol import (
    CONFIG_REGION,
    DEFAULT_MAPS,
    DEVICE_INFO,
    DMA_MAP,
    DMA_UNMAP,
    IRQ_INFO,
    MSI,
    MSIX,
    REGION_ACCESS,
    REGION_INFO,
    Area,
    Command,
    DeviceFlag,
    DeviceInfo,
    IrqFlag,
    MapFlag,
    RegionFlag,
    RegionInfo,
    read_areas,
)

CONFIG_BYTES = 4096
WORD_BYTES = 4
BAR_COUNT = 6
# Where BARs go that nobody has placed, by whether they have 64 bits.
BAR_PLACES = {False: 0x8000_0000, True: 0x3800_0000_0000}
RETRY_VENDOR = 0x0001  # of a device that is not ready for configuration yet (PCI Express, 2.3.2)
RESET_WAIT_S = 5.0
FILE_END = 1 << 63  # of every file (off_t)
LARGEST_ANSWER = 1 << 16  # of what describes a region
KEPT = COMMAND_MEMORY | COMMAND_BUS_MASTER | COMMAND_INTX_OFF
OUT_OF_ROOM = (errno.ENOSPC, errno.ENOMEM)


def _ones(size_bytes: int) -> int:
    return (1 << 8 * size_bytes) - 1


class RegionAccessor:
    """Reads and writes one region by messages."""

    def __init__(self, link: Link, number: int) -> None:
        self._link = link
        self.number = number
        self._most = min(link.capabilities.max_data_xfer_size, 1 << 20)

    def read(self, offset: int, size_bytes: int) -> bytes:
        """So many bytes.

        Raises:
            Denied: the server refuses.
            DeviceLost: it is gone.
            TransportError: it answers with another number of bytes.
        """
        parts = []
        for at in range(offset, offset + size_bytes, self._most):
            count = min(self._most, offset + size_bytes - at)
            answer = self._link.ask(Command.REGION_READ, [REGION_ACCESS.pack(at, self.number, count)])
            data = answer.payload[REGION_ACCESS.size_bytes :]
            if len(data) != count:
                raise TransportError(
                    f"{self._link.name}: {len(data)} bytes came where {count} were read", offset=at
                )
            parts.append(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def write(self, offset: int, data: bytes | memoryview, posted: bool) -> None:
        """Write bytes, in order; where it is posted, nobody waits for the server.

        Raises:
            Denied: the server refuses.
            DeviceLost: it is gone.
        """
        for at in range(0, len(data), self._most):
            part = data[at : at + self._most]
            head = REGION_ACCESS.pack(offset + at, self.number, len(part))
            if posted:
                self._link.post(Command.REGION_WRITE, [head, part])
            else:
                self._link.ask(Command.REGION_WRITE, [head, part])


class VfioUserConfig:
    """The configuration space: each access is a message, a `ConfigSpace`."""

    def __init__(self, link: Link, size_bytes: int) -> None:
        self._region = RegionAccessor(link, CONFIG_REGION)
        self._size_bytes = size_bytes

    def read(self, offset: int, size_bytes: int) -> int:
        """One access of 1, 2 or 4 bytes; all ones where the device does not answer.

        Raises:
            DeviceLost: the server is gone.
        """
        _check_config(offset, size_bytes)
        if offset + size_bytes > self._size_bytes:
            return 0  # a device without the extended space has nothing there
        return int.from_bytes(self._region.read(offset, size_bytes), "little")

    def write(self, offset: int, size_bytes: int, value: int) -> None:
        """One access of 1, 2 or 4 bytes.

        Raises:
            DeviceLost: the server is gone.
        """
        _check_config(offset, size_bytes)
        if offset + size_bytes <= self._size_bytes:
            data = (value & _ones(size_bytes)).to_bytes(size_bytes, "little")
            self._region.write(offset, data, posted=False)


def _check_config(offset: int, size_bytes: int) -> None:
    fits = size_bytes in (1, 2, 4) and 0 <= offset < CONFIG_BYTES and offset % size_bytes == 0
    if not fits:
        raise UsageError(
            f"the configuration space has no {size_bytes} bytes at {offset:#x}",
            offset=offset,
            size_bytes=size_bytes,
        )


class VfioUserBar:
    """One memory BAR: a `Bar`.

    Args:
        link: to the server.
        info: what it says of the region.
        areas: (start, end) of what can be mapped, whole pages, in order.
        file: descriptor of what can be mapped; -1 if nothing can. It belongs to the BAR from now on.
        bus_address: where it was placed.
    """

    def __init__(
        self, link: Link, info: RegionInfo, areas: tuple[Area, ...], file: int, bus_address: int
    ) -> None:
        self.index = info.region
        self.size_bytes = info.size_bytes
        self.bus_address = bus_address
        self.mappable = bool(areas)
        self._name = f"BAR{info.region} of {link.name}"
        self._link = link
        self._region = RegionAccessor(link, info.region)
        self._file_offset = info.offset
        self._areas = areas
        self._file = file
        self._kernel = LinuxKernel()
        self._lock = threading.RLock()
        self._closed = False
        self._mapped: dict[Area, GuardedPages] = {}
        self._parts: set[GuardedPages] = set()

    def read32(self, offset: int) -> int:
        """One 32-bit read.

        Raises:
            DeviceLost: the server is gone.
        """
        self._check(offset, 4, 4)
        place = self._place(offset, 4)
        if place is not None:
            value: int = lib.bw_guard_read32(*place)
            self._expect_open()
            return value
        return int.from_bytes(self._region.read(offset, 4), "little")

    def write32(self, offset: int, value: int) -> None:
        """One 32-bit write, posted.

        Raises:
            DeviceLost: the server is gone.
        """
        self._check(offset, 4, 4)
        place = self._place(offset, 4)
        if place is not None:
            if not lib.bw_guard_write32(*place, value & 0xFFFFFFFF):
                self._expect_open()
        else:
            self._region.write(offset, (value & 0xFFFFFFFF).to_bytes(4, "little"), posted=True)

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Many bytes; the server makes accesses of up to 8 of them where they are registers."""
        self._check(offset, size_bytes)
        if not size_bytes:
            return b""
        place = self._place(offset, size_bytes)
        if place is not None:
            return self._read_mapped(*place, size_bytes)
        return self._region.read(offset, size_bytes)

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Many bytes, in order; posted."""
        data = memoryview(data).cast("B")
        self._check(offset, len(data))
        place = self._place(offset, len(data))
        if place is not None:
            if not lib.bw_guard_copy_to(*place, ffi.from_buffer("uint8_t[]", data), len(data)):
                self._expect_open()
        else:
            self._region.write(offset, data, posted=True)

    def map(self, offset: int, size_bytes: int) -> MappedPart:
        """Part of it in this process.

        Raises:
            UsageError: the server lets nobody map such a part.
            TransportError: the kernel does not map it.
        """
        self._check(offset, size_bytes)
        if size_bytes < 1 or not self.maps(offset, size_bytes):
            raise UsageError(
                f"{self._name} cannot be mapped there: its accesses go by messages",
                hint="A GPU that barewire serves can be used if its BAR1 shows all of its video memory: "
                "serve it with a --bar1 of at least its --vram.",
                offset=offset,
                size_bytes=size_bytes,
            )
        first = offset // PAGE_BYTES * PAGE_BYTES
        with shield.behind(), self._lock:
            self._expect_open()
            pages = self._map(first, whole_pages(offset + size_bytes - first))
            self._parts.add(pages)
            return MappedPart(pages, offset - first, size_bytes, self._forget)

    def _forget(self, pages: GuardedPages) -> None:
        with self._lock:
            self._parts.discard(pages)

    def maps(self, offset: int, size_bytes: int) -> bool:
        """Whether these bytes can be mapped in one piece."""
        return self._area_of(offset, size_bytes) is not None

    def _area_of(self, offset: int, size_bytes: int) -> Area | None:
        for area in self._areas:
            if area.offset <= offset and offset + size_bytes <= area.offset + area.size_bytes:
                return area
        return None

    def _place(self, offset: int, size_bytes: int) -> tuple[int, int] | None:
        """Where these bytes are in this process: (guard, offset in what it guards); None if they are nowhere.

        Raises:
            DeviceLost: the server is gone, and what is mapped says nothing any more.
            TransportError: the bus is closed.
        """
        area = self._area_of(offset, size_bytes) if self._areas else None
        if area is None:
            return None
        if self._link.lost is not None:
            self._link.expect_alive()
        with self._lock:
            self._expect_open()
            pages = self._mapped.get(area)
            if pages is None:
                with shield.behind():
                    pages = self._mapped[area] = self._map(*area)
        return pages.guard, offset - area.offset

    def _read_mapped(self, guard: int, offset: int, size_bytes: int) -> bytes:
        """Mapped bytes, from whole words."""
        skip = offset % WORD_BYTES
        words = -(-(skip + size_bytes) // WORD_BYTES)
        data = ffi.new("uint8_t[]", words * WORD_BYTES)
        if not lib.bw_guard_copy_from(guard, offset - skip, data, len(data)):
            self._expect_open()
        return bytes(ffi.buffer(data)[skip : skip + size_bytes])

    def _expect_open(self) -> None:
        if self._closed:
            raise TransportError("the bus is closed", bus=self._link.name)

    def _map(self, offset: int, size_bytes: int) -> GuardedPages:
        self._link.expect_alive()
        return GuardedPages(self._kernel, self._file, self._file_offset + offset, size_bytes, self._name)

    def expect_word(self, offset: int) -> None:
        """See that there is a word of 4 bytes.

        Raises:
            UsageError: there is none.
        """
        self._check(offset, 4, 4)

    def _check(self, offset: int, size_bytes: int, alignment: int = 1) -> None:
        if not isinstance(offset, int) or not isinstance(size_bytes, int):
            raise UsageError(
                f"BAR{self.index} is accessed at whole numbers", offset=offset, size_bytes=size_bytes
            )
        fits = 0 <= offset <= self.size_bytes - size_bytes and size_bytes >= 0 and offset % alignment == 0
        if not fits:
            raise UsageError(
                f"BAR{self.index} has no {size_bytes} bytes at {offset:#x}",
                offset=offset,
                size_bytes=size_bytes,
                bar_bytes=self.size_bytes,
            )

    def close(self) -> None:
        """Undo all mappings; a second time is nothing."""
        with self._lock:
            self._closed = True
            for pages in (*self._mapped.values(), *self._parts):
                pages.close()
            self._mapped.clear()
            self._parts.clear()
            self._areas = ()
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def __repr__(self) -> str:
        return f"<{self._name}: {self.size_bytes:#x} bytes at {self.bus_address:#x}>"


class VfioUserInterrupts:
    """Vectors as this process sees them: an `Interrupts`. Any thread may wait.

    Attributes:
        count: of vectors.
        kind: MSIX or MSI.
        enabled: how many may come.
    """

    def __init__(self, link: Link, function: PciFunction) -> None:
        self._link = link
        self._function = function
        counts = {kind: self._count(kind) for kind in (MSIX, MSI)}
        self.kind = MSIX if counts[MSIX] else MSI
        self.count = counts[self.kind]
        self.enabled = 0
        self._counters = Counters(self.count, link)

    def _count(self, kind: int) -> int:
        try:
            answer = self._link.ask(
                Command.DEVICE_GET_IRQ_INFO, [IRQ_INFO.pack(IRQ_INFO.size_bytes, 0, kind, 0)]
            )
        except Denied:
            return 0
        info = IRQ_INFO.read(answer.payload)
        return min(info.vectors, Counters.MOST) if info.flags & IrqFlag.EVENTFD else 0

    def enable(self, count: int) -> None:
        """Let vectors 0 .. count-1 come.

        Raises:
            UsageError: the device has fewer.
            DeviceLost: the server is gone.
        """
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= self.count:
            raise UsageError(f"the device has {self.count} vectors, not {count}", count=count)
        self.disable()
        self._counters.listen(self.kind, count)
        self.enabled = count
        self._switch(True)

    def _switch(self, on: bool) -> None:
        msix = self._function.msix() if self.kind == MSIX else None
        if msix is not None:
            self._function.set_msix(msix, on)

    def wait(self, vector: int, timeout_s: float) -> int:
        """Wait for a vector; how often it came since it was last asked, 0 after `timeout_s`.

        Raises:
            UsageError: the device has no such vector.
        """
        if not 0 <= vector < self.count:
            raise UsageError(f"there is no vector {vector}", vector=vector, count=self.count)
        return self._counters.wait(vector, timeout_s)

    def disable(self) -> None:
        """Let none come."""
        was, self.enabled = self.enabled, 0
        if was:
            with contextlib.suppress(DeviceLost):  # which sends none
                self._counters.ignore(self.kind)
                self._switch(False)

    def forget(self) -> None:
        """Nothing has come: after a reset."""
        self._counters.forget()

    def close(self) -> None:
        """Let none come, and wake who waits, for good; a second time is nothing."""
        self.disable()
        self._counters.close()


class VfioUserDmaMemory:
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

    @property
    def iova(self) -> int:
        """Where the device finds its first byte."""
        return self.segments[0].iova

    def iova_of(self, offset: int) -> int:
        """Where the device finds the byte at an offset.

        Raises:
            UsageError: the memory has no such byte.
        """
        if not 0 <= offset < self.size_bytes:
            raise UsageError(f"the memory has no byte {offset:#x}", offset=offset, size_bytes=self.size_bytes)
        return self.iova + offset

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


class VfioUserBus:
    """A PCI device behind a socket: a `Bus`.

    Attributes:
        link: to its server.
    """

    def __init__(self, link: Link, iommu: Iommu) -> None:
        self.name = link.name
        self.closed = False
        self.iommu = iommu
        self.link = link
        self._memory: set[VfioUserDmaMemory] = set()
        self._doorbells: list[CarriedDoorbell | MappedDoorbell] = []
        self._words: dict[tuple[int, int], MappedPart] = {}  # of doorbells, by BAR and offset
        self._resets = bool(self._device_info().flags & DeviceFlag.RESET)
        self.config = VfioUserConfig(link, self._region_info(CONFIG_REGION)[0].size_bytes)
        self._function = PciFunction(self.config)
        self._function.identity()  # or nobody is there
        with contextlib.ExitStack() as undo:
            found = self._find_bars(undo)
            self._places = _places(found)
            self._place_bars()
            self._function.enable()
            self.interrupts = VfioUserInterrupts(link, self._function)
            self.bars: Mapping[int, VfioUserBar] = {
                entry.index: VfioUserBar(link, info, areas, file, self._places[entry.index])
                for entry, info, areas, file in found
            }
            undo.pop_all()

    OPTIONS = ("hello_s",)

    @classmethod
    def open(cls, path: str, **options: Any) -> VfioUserBus:
        """The device that is served at a socket.

        Args:
            path: of the socket.
            options: `hello_s`: how long the server may take to let us in.

        Raises:
            NoDevice: nobody serves there.
            PermissionMissing: the socket is not open to this process, or its server is another user's.
            DeviceBusy: the server has another client.
            TransportError: what it says is not what it should be.
            UsageError: there is no such option.
        """
        unknown = sorted(set(options) - set(cls.OPTIONS))
        if unknown:
            raise UsageError(
                f"vfio-user: takes no option {unknown[0]!r}", hint=f"It has: {', '.join(cls.OPTIONS)}."
            )
        memory: list[Iommu] = []

        def find(iova: int, size_bytes: int) -> int | None:
            return memory[0].find(iova, size_bytes) if memory else None

        link = Link(path, find, **{"hello_s": HELLO_S, **options})
        try:
            entries = min(link.capabilities.max_dma_maps, DEFAULT_MAPS)
            memory.append(Iommu(HostLimits(entries=entries)))
            return cls(link, memory[0])
        except FormatError as error:
            link.close()
            raise TransportError(
                f"{link.name} describes itself wrongly: {error.message}", **error.facts
            ) from error
        except BaseException:
            link.close()
            raise

    def _device_info(self) -> DeviceInfo:
        answer = self.link.ask(Command.DEVICE_GET_INFO, [DEVICE_INFO.pack(DEVICE_INFO.size_bytes, 0, 0, 0)])
        info = DEVICE_INFO.read(answer.payload)
        if not info.flags & DeviceFlag.PCI or info.regions <= CONFIG_REGION:
            raise TransportError(f"{self.name} is no PCI device", flags=info.flags, regions=info.regions)
        return info

    def _region_info(self, number: int) -> tuple[RegionInfo, tuple[Area, ...], int]:
        """What the server says of a region, what of it can be mapped, and the file; -1 for none."""
        size = REGION_INFO.size_bytes
        for _ in range(2):
            request = REGION_INFO.pack(size, 0, number, 0, 0, 0)
            answer = self.link.ask(Command.DEVICE_GET_REGION_INFO, [request], takes_fds=True)
            with contextlib.ExitStack() as undo:
                undo.callback(answer.close)
                info = REGION_INFO.read(answer.payload)
                if info.region != number:
                    raise TransportError(f"{self.name} tells of region {info.region}, not of {number}")
                if size < info.argsz <= LARGEST_ANSWER:
                    size = info.argsz
                    continue
                file = answer.fds[0] if info.flags & RegionFlag.MMAP and answer.fds else -1
                areas = read_areas(answer.payload, info) if file >= 0 else ()
                if areas is None:
                    areas = (Area(0, info.size_bytes),)
                areas = tuple(sorted(area for area in areas if _is_of_whole_pages(area)))
                self._check_file(info, areas, file)
                if file >= 0:
                    answer.fds.remove(file)
                return info, areas, file
        raise TransportError(f"{self.name}: what describes region {number} has no end", region=number)

    def _check_file(self, info: RegionInfo, areas: tuple[Area, ...], file: int) -> None:
        """See that what can be mapped is there."""
        if file < 0:
            return
        size = os.fstat(file).st_size or FILE_END  # a device's file does not tell
        for area in areas:
            end = info.offset + area.offset + area.size_bytes
            if info.offset % PAGE_BYTES or end > size:
                raise TransportError(
                    f"{self.name}: the file of region {info.region} has no such part",
                    offset=area.offset,
                    size_bytes=area.size_bytes,
                )

    def _find_bars(
        self, undo: contextlib.ExitStack
    ) -> list[tuple[BarEntry, RegionInfo, tuple[Area, ...], int]]:
        found = []
        for entry in self._function.bars():
            info, areas, file = self._region_info(entry.index)
            if file >= 0:
                undo.callback(os.close, file)
            if info.size_bytes:
                found.append((entry, info, areas, file))
        return found

    def _place_bars(self) -> None:
        """Tell the device where its BARs are, as the firmware of a machine does."""
        for entry in self._function.bars():
            address = self._places.get(entry.index)
            if address is None:
                continue
            self.config.write(BAR0 + 4 * entry.index, 4, address & 0xFFFFFFFF)
            if entry.is_64bit:
                self.config.write(BAR0 + 4 * entry.index + 4, 4, address >> 32)

    def dma_memory(self, size_bytes: int, *, contiguous: bool = False) -> VfioUserDmaMemory:
        """Memory for the device to reach, rounded up to whole pages; see `Bus.dma_memory`."""
        self._expect_open()
        memory = VfioUserDmaMemory(self.link, self.iommu, size_bytes, self._memory.discard)
        self._memory.add(memory)
        return memory

    def _expect_open(self) -> None:
        if self.closed:
            raise TransportError("the bus is closed", bus=self.name)

    def doorbell(self, bar_index: int, offset: int) -> CarriedDoorbell | MappedDoorbell:
        """A word that rings once written; see `Bus.doorbell`.

        Raises:
            UsageError: there is no such BAR, or no such word in it.
        """
        bar = self.bars.get(bar_index)
        if bar is None:
            raise UsageError(f"the device has no BAR{bar_index}", bars=sorted(self.bars))
        bar.expect_word(offset)
        made: CarriedDoorbell | MappedDoorbell
        if bar.maps(offset, WORD_BYTES):
            place = (bar_index, offset)
            if place not in self._words:
                self._words[place] = bar.map(offset, WORD_BYTES)
            made = MappedDoorbell(self._words[place])
        else:
            made = CarriedDoorbell(lambda token: bar.write32(offset, token), self.name)
        self._doorbells.append(made)
        return made

    def reset(self) -> None:
        """Reset the function; its configuration is as before, its memory is undefined.

        Raises:
            TransportError: it cannot be reset, or does not come back.
            DeviceLost: the server is gone.
        """
        self._expect_open()
        vectors = self.interrupts.enabled
        self.interrupts.disable()
        command = self._function.command()
        if self._resets:
            self.link.ask(Command.DEVICE_RESET, timeout_s=RESET_S)
        elif not self._function.start_flr():
            raise TransportError(f"{self.name} cannot be reset", hint="Its server offers no reset.")
        self._wait_for_return()
        self.interrupts.forget()
        self._place_bars()
        self.config.write(COMMAND, 2, command & KEPT)
        if vectors:
            self.interrupts.enable(vectors)

    def _wait_for_return(self) -> None:
        def is_back(vendor: int) -> bool:
            return vendor not in (NO_VENDOR, RETRY_VENDOR)

        try:
            poll(
                lambda: self.config.read(VENDOR_ID, 2),
                is_back,
                timeout_s=RESET_WAIT_S,
                why="the device does not come back after its reset",
                what="vendor id",
                bus=self.name,
            )
        except PollTimeout as late:
            raise TransportError(late.message, hint=late.hint, **late.facts) from late

    def close(self) -> None:
        """Give the device back: see `Bus.close`. A server that is gone, or refuses, keeps nothing from it."""
        with shield.behind(), contextlib.ExitStack() as ending:  # the last one first, whatever fails
            if self.closed:
                return
            self.closed = True
            ending.callback(self._words.clear)
            ending.callback(self._doorbells.clear)
            ending.callback(self.link.close)
            for bar in self.bars.values():
                ending.callback(bar.close)
            for memory in list(self._memory):
                ending.callback(_close_unless_refused, memory.close)
            ending.callback(_close_unless_refused, self._function.disable_bus_master)
            ending.callback(_close_unless_refused, self.interrupts.close)
            for doorbell in self._doorbells:
                ending.callback(doorbell.close)

    def __enter__(self) -> VfioUserBus:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<VfioUserBus {self.name}{': closed' if self.closed else ''}>"


def _close_unless_refused(work: Callable[[], None]) -> None:
    with contextlib.suppress(TransportError):
        work()


def _is_of_whole_pages(area: Area) -> bool:
    """Whether a part of a BAR can be mapped; what cannot goes by messages."""
    return area.size_bytes > 0 and not area.offset % PAGE_BYTES and not area.size_bytes % PAGE_BYTES


def _places(found: list[tuple[BarEntry, RegionInfo, tuple[Area, ...], int]]) -> dict[int, int]:
    """An address for each BAR, a multiple of its size; those that have one keep it."""
    places = {entry.index: entry.bus_address for entry, *_ in found}
    free = dict(BAR_PLACES)
    for entry, info, *_ in found:
        if entry.bus_address:
            continue
        start = -(-free[entry.is_64bit] // info.size_bytes) * info.size_bytes
        places[entry.index] = start
        free[entry.is_64bit] = start + info.size_bytes
    return places
