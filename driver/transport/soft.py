"""The software GPU as a bus: a PCI device in this process.

Accesses to configuration space and to BARs with registers go to the device one by one; apertures are memory
of this process; the device reaches host memory through an IOMMU of its own. This is the only module of the
driver that knows the software GPU, and of that only its edge.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import threading
import weakref
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from barewire.errors import HostLimit, TransportError, UsageError
from barewire.native._native import ffi, lib
from barewire.pci.config import (
    BAR0,
    COMMAND,
    COMMAND_BUS_MASTER,
    COMMAND_INTX_OFF,
    COMMAND_MEMORY,
    MSIX_ENTRY_BYTES,
    PciFunction,
)
from barewire.softgpu.bus import DmaRefused
from barewire.transport.access import CheckedBar, accesses, check_config, ones
from barewire.transport.after_reset import wait_for_return
from barewire.transport.bell import CarriedDoorbell
from barewire.transport.claim import Claim
from barewire.transport.findings import Finding
from barewire.transport.iommu import Iommu, SoftDmaMemory

if TYPE_CHECKING:
    from barewire.softgpu.bus import BarShape, Endpoint
    from barewire.softgpu.chip import SoftOptions

# Where the host puts BARs, by whether they have 64 bits.
BAR_REGIONS = {False: 0x8000_0000, True: 0x3800_0000_0000}
MSI_ADDRESS = 0xFEE0_0000
RESET_WAIT_S = 1.0
SLOT = "slot"  # an option of the bus, not of the device


class SoftConfig:
    """The configuration space: each access goes to the device."""

    def __init__(self, bus: SoftBus) -> None:
        self._bus = bus

    def read(self, offset: int, size_bytes: int) -> int:
        """One access of 1, 2 or 4 bytes; all ones where the device does not answer."""
        check_config(offset, size_bytes)
        if self._bus.disconnected:
            return ones(size_bytes)
        return self._bus.endpoint.config_read(offset, size_bytes)

    def write(self, offset: int, size_bytes: int, value: int) -> None:
        """One access of 1, 2 or 4 bytes."""
        check_config(offset, size_bytes)
        if not self._bus.disconnected:
            self._bus.endpoint.config_write(offset, size_bytes, value & ones(size_bytes))


class SoftMapped:
    """Part of an aperture. The aperture stays, so that there is nothing to undo."""

    def __init__(self, looks: Looks, address: int, size_bytes: int) -> None:
        self.address = address
        self.size_bytes = size_bytes
        self._looks = looks

    def look(self) -> memoryview:
        """Its bytes; once the bus is closed, they are zeros that nobody else sees."""
        return self._looks.begin(self.address, self.size_bytes)

    def close(self) -> None:
        """Undo the mapping; a second time is nothing."""


class Looks:
    """Who looks at parts of apertures."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[int, weakref.ref[Any]] = {}
        self._next = 0

    def begin(self, address: int, size_bytes: int) -> memoryview:
        """Look at a part; every view of it counts, until the last one is gone."""
        array = (ctypes.c_ubyte * size_bytes).from_address(address)
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._open[number] = weakref.ref(array, lambda _: self._open.pop(number, None))
        return memoryview(array).cast("B")

    def outlast(self, endpoint: Endpoint) -> list[Any]:
        """The device goes: let what is still looked at stay, until nobody does.

        Returns:
            What is looked at; hold it until the device is closed.
        """
        with self._lock:
            arrays = [array for array in (look() for look in list(self._open.values())) if array is not None]
        left = len(arrays)

        def ended() -> None:
            nonlocal left
            left -= 1
            if not left:
                endpoint.let_go()

        for array in arrays:
            endpoint.keep(ctypes.addressof(array), ctypes.sizeof(array))
            weakref.finalize(array, ended).atexit = False
        return arrays


class _SoftBar(CheckedBar):
    """What BARs of both kinds share."""

    mappable: bool

    def __init__(self, bus: SoftBus, shape: BarShape, bus_address: int) -> None:
        self._bus = bus
        self.index = shape.index
        self.size_bytes = shape.size_bytes
        self.bus_address = bus_address

    def __repr__(self) -> str:
        return f"<BAR{self.index} of {self.size_bytes:#x} bytes at {self.bus_address:#x}>"


class SoftRegisterBar(_SoftBar):
    """A BAR whose accesses the device serves one by one."""

    mappable = False

    def __init__(self, bus: SoftBus, shape: BarShape, bus_address: int) -> None:
        super().__init__(bus, shape, bus_address)
        self._last_word = shape.size_bytes - 4

    def read32(self, offset: int) -> int:
        """One 32-bit read."""
        if not isinstance(offset, int) or offset & 3 or not 0 <= offset <= self._last_word:
            self._check(offset, 4, 4)  # which says what is wrong
        bus = self._bus
        return 0xFFFFFFFF if bus.disconnected else bus.endpoint.bar_read(self.index, offset, 4)

    def write32(self, offset: int, value: int) -> None:
        """One 32-bit write."""
        if not isinstance(offset, int) or offset & 3 or not 0 <= offset <= self._last_word:
            self._check(offset, 4, 4)
        bus = self._bus
        if not bus.disconnected:
            bus.endpoint.bar_write(self.index, offset, 4, value & 0xFFFFFFFF)

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Many bytes, in reads of up to 8."""
        self._check(offset, size_bytes)
        if self._bus.disconnected:
            return b"\xff" * size_bytes
        read = self._bus.endpoint.bar_read
        parts = [
            read(self.index, at, width).to_bytes(width, "little")
            for at, width in accesses(offset, size_bytes)
        ]
        return b"".join(parts)

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Many bytes, in order."""
        data = memoryview(data).cast("B")
        self._check(offset, len(data))
        if self._bus.disconnected:
            return
        for at, width in accesses(offset, len(data)):
            value = int.from_bytes(data[at - offset : at - offset + width], "little")
            self._bus.endpoint.bar_write(self.index, at, width, value)

    def map(self, offset: int, size_bytes: int) -> SoftMapped:
        """Nothing: registers are not memory.

        Raises:
            UsageError: always.
        """
        raise UsageError(
            f"BAR{self.index} cannot be mapped: its accesses are served one by one",
            offset=offset,
            size_bytes=size_bytes,
        )


class SoftAperture(_SoftBar):
    """A BAR that is memory of this process."""

    mappable = True

    def __init__(self, bus: SoftBus, shape: BarShape, bus_address: int, address: int) -> None:
        super().__init__(bus, shape, bus_address)
        self._address = address

    def read32(self, offset: int) -> int:
        """One 32-bit read."""
        self._check(offset, 4, 4)
        return 0xFFFFFFFF if self._bus.disconnected else int(lib.bw_read32(self._address + offset))

    def write32(self, offset: int, value: int) -> None:
        """One 32-bit write."""
        self._check(offset, 4, 4)
        if not self._bus.disconnected:
            lib.bw_write32(self._address + offset, value & 0xFFFFFFFF)

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Many bytes."""
        self._check(offset, size_bytes)
        if self._bus.disconnected:
            return b"\xff" * size_bytes
        return bytes(ffi.buffer(ffi.cast("char *", self._address + offset), size_bytes))

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Many bytes, in order."""
        data = memoryview(data).cast("B")
        self._check(offset, len(data))
        if not self._bus.disconnected:
            lib.bw_copy_to_wc(self._address + offset, ffi.from_buffer("uint8_t[]", data), len(data))

    def map(self, offset: int, size_bytes: int) -> SoftMapped:
        """Part of it in this process.

        Raises:
            UsageError: the BAR has no such part.
        """
        self._check(offset, size_bytes)
        return SoftMapped(self._bus.looks, self._address + offset, size_bytes)


class SoftInterrupts:
    """MSI-X vectors of a device in this process: messages are counted."""

    def __init__(self, bus: SoftBus) -> None:
        self._bus = bus
        self._function = PciFunction(bus.config)
        self._msix = self._function.msix()
        self.count = 0 if self._msix is None else self._msix.count
        self.enabled = 0
        self._came = [0] * self.count
        self._closed = False
        self._changed = threading.Condition()

    def deliver(self, vector: int) -> None:
        """A message came. Called by the device."""
        with self._changed:
            if 0 <= vector < self.enabled:
                self._came[vector] += 1
                self._changed.notify_all()

    def enable(self, count: int) -> None:
        """Let vectors 0 .. count-1 come.

        Raises:
            UsageError: the device has fewer.
        """
        if self._msix is None or not 1 <= count <= self.count:
            raise UsageError(f"the device has {self.count} vectors, not {count}", count=count)
        table = self._bus.bars[self._msix.table_bar]
        self._function.set_msix(self._msix, True, masked=True)
        for vector in range(self.count):
            entry = self._msix.table_offset + MSIX_ENTRY_BYTES * vector
            words = (MSI_ADDRESS, 0, vector, 0 if vector < count else 1)
            for number, word in enumerate(words):
                table.write32(entry + 4 * number, word)
        with self._changed:
            self.enabled = count
        self._function.set_msix(self._msix, True)

    def wait(self, vector: int, timeout_s: float) -> int:
        """Wait for a vector; how often it came since it was last asked, 0 after `timeout_s`.

        Raises:
            UsageError: the device has no such vector.
        """
        if not 0 <= vector < self.count:
            raise UsageError(f"there is no vector {vector}", vector=vector, count=self.count)
        with self._changed:
            self._changed.wait_for(lambda: self._came[vector] or self._closed, timeout_s)
            came, self._came[vector] = self._came[vector], 0
        return came

    def disable(self) -> None:
        """Let none come."""
        with self._changed:
            was, self.enabled = self.enabled, 0
        if was and self._msix is not None:
            self._function.set_msix(self._msix, False)

    def forget(self) -> None:
        """Nothing has come: after a reset."""
        with self._changed:
            self._came = [0] * self.count

    def close(self) -> None:
        """Wake who waits, for good."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class SoftDoorbell:
    """A doorbell in an aperture: native code writes it."""

    bell = 0

    def __init__(self, address: int) -> None:
        self.address = address

    def close(self) -> None:
        """Let go."""
        self.address = 0


class _Host:
    """What the device sees of this process: a `HostPort`."""

    def __init__(self, bus: SoftBus) -> None:
        self._bus = bus

    def dma(self, iova: int, size_bytes: int, write: bool) -> int:
        """The CPU address of host memory; see `HostPort.dma`."""
        address = None if self._bus.disconnected else self._bus.iommu.find(iova, size_bytes)
        if address is None:
            raise DmaRefused(f"{size_bytes} bytes at iova {iova:#x} are not mapped")
        return address

    def interrupt(self, vector: int) -> None:
        """An MSI-X message."""
        interrupts = self._bus.interrupts_or_none
        if interrupts is not None and not self._bus.disconnected:
            interrupts.deliver(vector)


class SoftBus:
    """A PCI device in this process: a `Bus`.

    Args:
        endpoint: the device; it belongs to the bus from now on.
        name: the device string.
        claim: of the slot that it is in, if others may want it too; let go of when the bus is closed.

    Attributes:
        endpoint: the device, for tests that arrange or look at what no driver can.
        disconnected: the device is gone from the bus: everything reads as ones (`disconnect`).
    """

    def __init__(self, endpoint: Endpoint, name: str = "soft:", claim: Claim | None = None) -> None:
        self.name = name
        self._claim = claim
        self.endpoint = endpoint
        self.disconnected = False
        self.closed = False
        self.looks = Looks()
        self.iommu = Iommu()
        self.interrupts_or_none: SoftInterrupts | None = None
        self._memory: set[SoftDmaMemory] = set()
        self._doorbells: list[CarriedDoorbell | SoftDoorbell] = []
        self.config = SoftConfig(self)
        self._function = PciFunction(self.config)
        endpoint.attach(_Host(self))
        places = _assign(endpoint.bars)
        self.bars: Mapping[int, SoftRegisterBar | SoftAperture] = {
            shape.index: self._bar(shape, places[shape.index]) for shape in endpoint.bars
        }
        self._place_bars()
        self._function.enable()
        self.interrupts = self.interrupts_or_none = SoftInterrupts(self)

    @classmethod
    def open(cls, options: Mapping[str, Any]) -> SoftBus:
        """A software GPU of its own.

        Args:
            options: fields of the software GPU's options, such as `chip`, `vram_bytes`, `bar1_bytes`; and
                `slot`, the name of a slot of this machine: it has one owner at a time, of all processes.

        Raises:
            UsageError: there is no such option, or not with such a value.
            DeviceBusy: the slot has an owner.
            HostLimit: this process may not have that many mappings, or addresses.
        """
        made = _options(options)
        with contextlib.ExitStack() as undo:
            claim = Claim(options[SLOT]) if SLOT in options else None
            if claim is not None:
                undo.callback(claim.close)
            try:
                gpu = _make(made)
                undo.callback(gpu.close)
                bus = cls(gpu, f"soft:{made.chip}", claim)
            except MemoryError as error:
                raise HostLimit(
                    f"this process has no room for another software GPU: {error}",
                    hint="Close others, or give it a smaller bar1_bytes.",
                ) from error
            undo.pop_all()
            return bus

    def _bar(self, shape: BarShape, bus_address: int) -> SoftRegisterBar | SoftAperture:
        memory = self.endpoint.bar_memory(shape.index)
        if memory is None:
            return SoftRegisterBar(self, shape, bus_address)
        return SoftAperture(self, shape, bus_address, memory[0])

    def _place_bars(self) -> None:
        """Tell the device where its BARs are, as the firmware of a machine does."""
        for shape in self.endpoint.bars:
            address = self.bars[shape.index].bus_address
            self.config.write(BAR0 + 4 * shape.index, 4, address & 0xFFFFFFFF)
            if shape.is_64bit:
                self.config.write(BAR0 + 4 * shape.index + 4, 4, address >> 32)

    def dma_memory(self, size_bytes: int, *, contiguous: bool = False) -> SoftDmaMemory:
        """Memory for the device to reach, rounded up to whole pages; see `Bus.dma_memory`."""
        if self.closed:
            raise TransportError("the bus is closed", bus=self.name)
        memory = SoftDmaMemory(self.iommu, size_bytes, contiguous, self._settle, self._memory.discard)
        self._memory.add(memory)
        return memory

    def _settle(self) -> None:
        """Wait until the device has done with what it has looked up."""
        self.endpoint.settle()

    def doorbell(self, bar_index: int, offset: int) -> CarriedDoorbell | SoftDoorbell:
        """A word that rings once written; see `Bus.doorbell`.

        Raises:
            UsageError: there is no such BAR, or no such word in it.
        """
        bar = self.bars.get(bar_index)
        if bar is None:
            raise UsageError(f"the device has no BAR{bar_index}", bars=sorted(self.bars))
        made: CarriedDoorbell | SoftDoorbell
        if bar.mappable:
            made = SoftDoorbell(bar.map(offset, 4).address)
        else:
            made = CarriedDoorbell(lambda token: bar.write32(offset, token), self.name)
        self._doorbells.append(made)
        return made

    def reset(self) -> None:
        """Reset the function; its configuration is as before, its memory is undefined.

        Raises:
            TransportError: it does not come back.
        """
        if self.closed:
            raise TransportError("the bus is closed", bus=self.name)
        vectors = self.interrupts.enabled
        self.interrupts.disable()
        command = self._function.command()
        if not self._function.start_flr():
            self.endpoint.reset()
        wait_for_return(self.config, self.name, RESET_WAIT_S)
        self.interrupts.forget()
        self._place_bars()
        self.config.write(COMMAND, 2, command & (COMMAND_MEMORY | COMMAND_BUS_MASTER | COMMAND_INTX_OFF))
        if vectors:
            self.interrupts.enable(vectors)

    def findings(self) -> tuple[Finding, ...]:
        """What the device found to be undefined or forbidden, oldest first; also once the bus is closed."""
        return tuple(
            Finding(
                report.kind,
                report.text,
                "" if report.place is None else str(report.place),
                dict(report.facts),
                report.count,
            )
            for report in list(self.endpoint.reports)
        )

    def hold(self) -> AbstractContextManager[Any]:
        """While this is held the device does nothing of its own: for who observes it."""
        return self.endpoint.lock

    def disconnect(self) -> None:
        """Take the device off the bus: all reads give ones, and nothing gets through."""
        self.disconnected = True

    def reconnect(self) -> None:
        """Put it back as it is; a driver has to reset it."""
        self.disconnected = False

    def close(self) -> None:
        """Give the device back: see `Bus.close`."""
        if self.closed:
            return
        self.closed = True
        for doorbell in self._doorbells:
            doorbell.close()
        self.interrupts.disable()
        self.interrupts.close()
        self._function.disable_bus_master()
        for memory in list(self._memory):
            memory.close()
        looked_at = self.looks.outlast(self.endpoint)
        self.endpoint.close()
        del looked_at
        if self._claim is not None:
            self._claim.close()

    def __enter__(self) -> SoftBus:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<SoftBus {self.name}{': closed' if self.closed else ''}>"


def _options(options: Mapping[str, Any]) -> SoftOptions:
    """What a software GPU is to be like; `slot` says nothing of that.

    Raises:
        UsageError: there is no such option, or not with such a value.
    """
    from barewire.softgpu.chip import SoftOptions

    known = [*(field.name for field in dataclasses.fields(SoftOptions)), SLOT]
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise UsageError(
            f"the software GPU has no option {unknown[0]!r}", hint=f"It has: {', '.join(known)}."
        )
    try:
        return SoftOptions(**{name: value for name, value in options.items() if name != SLOT})
    except TypeError as error:
        raise UsageError(f"an option of the software GPU is of the wrong kind: {error}") from error


def _make(options: SoftOptions) -> Endpoint:
    from barewire.softgpu.chip import SoftGpu

    return SoftGpu(options)


def make_endpoint(options: Mapping[str, Any]) -> Endpoint:
    """A software GPU without a bus, for who serves it to others; it belongs to the caller.

    Args:
        options: see `SoftBus.open`; no `slot`.

    Raises:
        UsageError: there is no such option, or not with such a value.
        HostLimit: this process may not have that many mappings, or addresses.
    """
    try:
        return _make(_options(options))
    except MemoryError as error:
        raise HostLimit(f"this process has no room for another software GPU: {error}") from error


def video_memory_of(endpoint: Endpoint) -> tuple[int, int]:
    """(descriptor, bytes) of the file that holds a software GPU's video memory; it stays the GPU's.

    Raises:
        UsageError: the endpoint is no software GPU.
    """
    vram = getattr(endpoint, "vram", None)
    if vram is None:
        raise UsageError("the device has no video memory to share")
    return vram.file, vram.size_bytes


def defects_of(endpoint: Endpoint) -> tuple[Exception, ...]:
    """What tasks of a model raised, which none should."""
    return tuple(getattr(endpoint, "defects", ()))


def _assign(shapes: tuple[BarShape, ...]) -> dict[int, int]:
    """An address for each BAR, a multiple of its size."""
    places = {}
    free = dict(BAR_REGIONS)
    for shape in shapes:
        start = -(-free[shape.is_64bit] // shape.size_bytes) * shape.size_bytes
        places[shape.index] = start
        free[shape.is_64bit] = start + shape.size_bytes
    return places
