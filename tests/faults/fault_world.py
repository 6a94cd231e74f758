"""What the cases of the fault table are played on: an open device, and a card in its slot."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import barewire as bw
import numpy as np
from barewire.gsp.boot import BootTimeouts
from barewire.softgpu.pci import DEVICE_CONTROL, FLR
from barewire.transport.iommu import HostLimits, Iommu
from barewire.transport.soft import SoftBus

from tests.soft.boot.cards import Seat, bus_of, open_card
from tests.soft.boot.faulty_bus import FaultyBus

GIB = 1 << 30
SPAN = 2 << 20  # a page of video memory
WAIT_S = 10.0
# As in tests/device: the software GPU tells of stale translations, and its memory is not zero.
STRICT: dict[str, Any] = {"check_tlb": True, "dirty_vram_bytes": 96 << 20}
UNMAPPED_VA = 0xF0_1234_5000  # below 2^40, far above what is mapped


RETRY = 0xFFFF0001  # what a device answers that is not ready after a reset (PCI Express, 2.3.2: CRS)


class SlowSeat(Seat):
    """A slot whose card takes its time after a reset: it says only that it is not ready."""

    def __init__(self, gpu: Any, back_after_s: float) -> None:
        super().__init__(gpu)
        self._back_after_s = back_after_s
        self._back_at = 0.0

    def config_read(self, offset: int, size_bytes: int) -> int:
        if time.monotonic() >= self._back_at:
            return int(self._gpu.config_read(offset, size_bytes))
        word = RETRY if offset < 4 else 0xFFFFFFFF
        return word >> 8 * (offset & 3) & (1 << 8 * size_bytes) - 1

    def config_write(self, offset: int, size_bytes: int, value: int) -> None:
        if time.monotonic() >= self._back_at:
            self._gpu.config_write(offset, size_bytes, value)
            if offset == DEVICE_CONTROL and value & FLR:
                self._back_at = time.monotonic() + self._back_after_s


class World:
    """The devices and cards of the fault table; made when they are first wanted, and again when they broke.

    Attributes:
        faulty: the bus with faults that was made last.
        measured_s: the time of the last attempt, where it counts from something later than the attempt's
            begin; None where it does not.
    """

    def __init__(self) -> None:
        self._dev: Any = None
        self._card: Any = None
        self._opened: list[Any] = []
        self._reserved: list[Any] = []
        self.faulty: Any = None
        self.measured_s: float | None = None

    # An open device.

    @property
    def dev(self) -> Any:
        """A device that is open."""
        self.reopen()
        return self._dev

    def reopen(self) -> None:
        """Open the device if it is not."""
        if self._dev is None or self._dev.closed:
            self._dev = bw.open("soft:gh100", timeout_s=WAIT_S, **STRICT)
            for name in ("kernels_loaded", "kept"):
                self.__dict__.pop(name, None)

    @cached_property
    def kernels_loaded(self) -> Any:
        """The small kernels of kernels/cuda/micro.cu on that device."""
        from barewire import kernels

        return kernels.load(self.dev, "micro")

    @cached_property
    def kept(self) -> Any:
        """(an array, its content): what no fault may change."""
        data = np.random.default_rng(2).integers(0, 1 << 32, 1 << 16, dtype=np.uint32)
        return self.dev.array(data), data

    def micro(self) -> Any:
        """The kernels, on a device that is open."""
        self.reopen()
        return self.kernels_loaded

    def get_ready(self, afterwards: str) -> None:
        """Have what has to survive a case before it begins."""
        if afterwards == "launches":
            self.launches()

    def launches(self) -> None:
        """A kernel computes on the device, from memory that was there before the fault."""
        module = self.micro()
        array, data = self.kept
        result = self.dev.zeros(data.size, np.uint32)
        module["add_constant"][(64,), (256,)](result, array, np.uint32(3), np.uint32(data.size))
        np.testing.assert_array_equal(result.numpy(), data + np.uint32(3))
        result.free()

    def end_of_a_mapping(self) -> tuple[int, np.ndarray]:
        """(the address behind 2 MiB of video memory, what the CPU sees of it); nothing is put behind it."""
        space = self.dev.space
        alone_va = space.addresses.allocate(2 * SPAN, SPAN)
        space.addresses.free(alone_va)
        memory = self.dev.rm.video_memory(SPAN, page_size_bytes=SPAN)
        space.map(memory, gpu_va=alone_va)
        taken = [space.addresses.allocate(SPAN, SPAN)]
        while taken[-1] != alone_va + SPAN:
            taken.append(space.addresses.allocate(SPAN, SPAN))
        for other_va in taken[:-1]:
            space.addresses.free(other_va)
        mapping = memory.map_cpu()
        self._reserved.append(mapping)
        return alone_va + SPAN, np.frombuffer(mapping.view, np.uint8)

    # A card.

    @property
    def card(self) -> Any:
        """A software GPU that outlives the drivers that open it, as a card in its slot does."""
        if self._card is None:
            from barewire.softgpu.chip import SoftGpu, SoftOptions

            self._card = SoftGpu(SoftOptions(vram_bytes=8 * GIB, bar1_bytes=8 * GIB))
        return self._card

    def bus(self, *, back_after_s: float = 0.0, limits: HostLimits | None = None, **faults: Any) -> FaultyBus:
        """The card's bus, with what shall go wrong there.

        Args:
            back_after_s: how long the card is away after a reset.
            limits: of the host.
            faults: of `FaultyBus`.
        """
        plain = SoftBus(SlowSeat(self.card, back_after_s), "soft:gh100")
        plain.iommu = Iommu(limits)
        self.faulty = FaultyBus(plain, **faults)
        self.faulty.iommu = plain.iommu
        return self.faulty

    def abandon(self) -> None:
        """Let an owner of the card die without a word: its firmware runs on."""
        bus = bus_of(self.card)
        self._opened.append(open_card(bus, BootTimeouts()))
        bus.disconnect()

    def open(self, bus: Any = None, timeouts: BootTimeouts | None = None, **options: Any) -> Any:
        """Boot the card; the device is closed after the case, however it ended."""
        from barewire.device.opening import open_on_bus

        dev = open_on_bus(bus or bus_of(self.card), timeouts=timeouts or BootTimeouts(), **options)
        self._opened.append(dev)
        return dev

    def opens(self) -> None:
        """The card can be opened, computes, and can be closed."""
        from barewire import kernels

        self.put_away()
        data = np.random.default_rng(5).integers(0, 1 << 32, 3000, dtype=np.uint32)
        with contextlib.closing(open_card(bus_of(self.card), BootTimeouts())) as dev:
            source, result = dev.array(data), dev.zeros(data.size, np.uint32)
            kernels.load(dev, "micro")["add_constant"][(12,), (256,)](
                result, source, np.uint32(9), np.uint32(data.size)
            )
            np.testing.assert_array_equal(result.numpy(), data + np.uint32(9))

    def put_away(self) -> None:
        """Close what a case has opened; the card misbehaves no more."""
        while self._opened:
            with contextlib.suppress(bw.BarewireError):
                self._opened.pop().close()
        if self._card is not None:
            self._card.firmware.mishaps.clear()

    def defects(self) -> list[Exception]:
        """What the model itself did wrong."""
        cards = [self._card, None if self._dev is None else self._dev.bus.endpoint]
        return [defect for card in cards if card is not None for defect in card.defects]

    # Time.

    def seconds_of(self, seconds: float) -> float:
        """What an attempt took: from its begin, or from what it says itself."""
        measured, self.measured_s = self.measured_s, None
        return seconds if measured is None else measured

    def close(self) -> None:
        """Give everything back."""
        self.put_away()
        if self._dev is not None:
            self._dev.close()
        if self._card is not None:
            self._card.close()


@contextlib.contextmanager
def one_world() -> Iterator[World]:
    """A world, closed at the end."""
    world = World()
    try:
        yield world
    finally:
        world.close()
