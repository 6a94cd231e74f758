"""A PCI device that a program serves over a socket, as a bus: `vfio-user:/path.sock`.

Registers are read and written by messages; what the server lets us map is mapped. Memory for the device is
a file in memory that is passed to the server, contiguous for the device whatever was asked for. Vectors are
counters (eventfd) that the server raises.

Facts: libvfio-user:docs/vfio-user.rst, linux:include/uapi/linux/vfio.h.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from typing import Any

from barewire import shield
from barewire.errors import FormatError, TransportError, UsageError
from barewire.pci.config import (
    BAR0,
    COMMAND,
    COMMAND_BUS_MASTER,
    COMMAND_INTX_OFF,
    COMMAND_MEMORY,
    BarEntry,
    PciFunction,
)
from barewire.transport.after_reset import wait_for_return
from barewire.transport.bell import CarriedDoorbell
from barewire.transport.bus import PAGE_BYTES
from barewire.transport.iommu import HostLimits, Iommu
from barewire.transport.vfio.mapping import MappedDoorbell, MappedPart
from barewire.transport.vfio_user.bars import VfioUserBar, VfioUserConfig
from barewire.transport.vfio_user.dma import VfioUserDmaMemory
from barewire.transport.vfio_user.interrupts import VfioUserInterrupts
from barewire.transport.vfio_user.link import HELLO_S, RESET_S, Link
from barewire.transport.vfio_user.protocol import (
    CONFIG_REGION,
    DEFAULT_MAPS,
    DEVICE_INFO,
    REGION_INFO,
    Area,
    Command,
    DeviceFlag,
    DeviceInfo,
    RegionFlag,
    RegionInfo,
    read_areas,
)

WORD_BYTES = 4
# Where BARs go that nobody has placed, by whether they have 64 bits.
BAR_PLACES = {False: 0x8000_0000, True: 0x3800_0000_0000}
RESET_WAIT_S = 5.0
FILE_END = 1 << 63  # of every file (off_t)
LARGEST_ANSWER = 1 << 16  # of what describes a region
KEPT = COMMAND_MEMORY | COMMAND_BUS_MASTER | COMMAND_INTX_OFF


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
        wait_for_return(self.config, self.name, RESET_WAIT_S)
        self.interrupts.forget()
        self._place_bars()
        self.config.write(COMMAND, 2, command & KEPT)
        if vectors:
            self.interrupts.enable(vectors)

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
