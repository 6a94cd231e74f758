"""A PCI device with a few registers, an aperture, DMA and MSI-X: an `Endpoint` in a hundred lines.

BAR0 is 64 KiB of words that keep what is written, but for the registers below. BAR2 is an aperture.
"""

from __future__ import annotations

import ctypes
import mmap
import struct
import threading

from barewire.softgpu.bus import BarShape, DmaRefused, HostPort

DMA_IOVA_LOW, DMA_IOVA_HIGH, DMA_COUNT, DMA_SUM, RAISE, DMA_FILL = 0x100, 0x104, 0x108, 0x10C, 0x110, 0x114
DOORBELL = 0x90
REFUSED = 0xBADF1100
MSIX_TABLE = 0x8000
BAR0_BYTES, BAR2_BYTES = 64 << 10, 1 << 20
COMMAND, BAR0, BAR2 = 0x04, 0x10, 0x18
PM, MSIX, PCIE = 0x40, 0x50, 0x60
FLR_CONTROL = PCIE + 8


class SmallDevice:
    """The device; `rung` are the tokens its doorbell was given, `resets` how often it was reset and how."""

    def __init__(self, *, flr: bool = True) -> None:
        self.bars = (
            BarShape(0, BAR0_BYTES, prefetchable=False, is_64bit=True),
            BarShape(2, BAR2_BYTES, prefetchable=True, is_64bit=True),
        )
        self.lock = threading.RLock()
        self.flr = flr
        self.rung: list[int] = []
        self.resets: list[str] = []
        self.closed = False
        self.memory = mmap.mmap(-1, BAR2_BYTES)
        self._aperture = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        self._cold()

    def _cold(self) -> None:
        self.words: dict[int, int] = {}
        self.config = bytearray(4096)
        struct.pack_into("<HHHH", self.config, 0, 0x10DE, 0x2330, 0, 0x10)
        self.config[0x08:0x0C] = bytes([0xA1, 0x00, 0x02, 0x03])
        struct.pack_into("<HH", self.config, 0x2C, 0x10DE, 0x16C1)
        struct.pack_into("<II", self.config, BAR0, 0x4, 0)
        struct.pack_into("<II", self.config, BAR2, 0xC, 0)
        self.config[0x34] = PM
        self.config[PM : PM + 2] = bytes([0x01, MSIX])
        struct.pack_into("<BBHII", self.config, MSIX, 0x11, PCIE, 2, MSIX_TABLE, MSIX_TABLE + 0x1000)
        struct.pack_into("<BBHI", self.config, PCIE, 0x10, 0, 2, (1 << 28) * self.flr)
        struct.pack_into("<H", self.config, PCIE + 0x12, 0x105)
        struct.pack_into("<III", self.config, 0x100, 0x15 | 1 << 16, 0b111 << 4, 1 << 5 | 1 << 8 | 2)

    def attach(self, host: HostPort) -> None:
        self.host = host

    def config_read(self, offset: int, size_bytes: int) -> int:
        with self.lock:
            return int.from_bytes(self.config[offset : offset + size_bytes], "little")

    def config_write(self, offset: int, size_bytes: int, value: int) -> None:
        with self.lock:
            if offset == FLR_CONTROL and value & 1 << 15:
                self.resets.append("flr")
                self._cold()
            elif offset in (BAR0, BAR2):
                flags = self.config[offset] & 0xF
                struct.pack_into("<I", self.config, offset, value & ~0xF | flags)
            elif offset in (COMMAND, BAR0 + 4, BAR2 + 4, MSIX + 2):
                self.config[offset : offset + size_bytes] = value.to_bytes(size_bytes, "little")

    def bar_read(self, index: int, offset: int, size_bytes: int) -> int:
        with self.lock:
            if not self.config[COMMAND] & 2:
                return (1 << 8 * size_bytes) - 1
            if size_bytes == 8:
                return self.bar_read(index, offset, 4) | self.bar_read(index, offset + 4, 4) << 32
            if size_bytes < 4:
                word = self.bar_read(index, offset & ~3, 4)
                return word >> 8 * (offset & 3) & (1 << 8 * size_bytes) - 1
            return self.words.get(offset, 0)

    def bar_write(self, index: int, offset: int, size_bytes: int, value: int) -> None:
        with self.lock:
            if size_bytes == 8:
                self.bar_write(index, offset, 4, value & 0xFFFFFFFF)
                self.bar_write(index, offset + 4, 4, value >> 32)
            elif size_bytes < 4:
                shift = 8 * (offset & 3)
                mask = (1 << 8 * size_bytes) - 1 << shift
                word = self.words.get(offset & ~3, 0)
                self.words[offset & ~3] = word & ~mask | value << shift & mask
            else:
                self.words[offset] = value
                self._act(offset, value)

    def _act(self, offset: int, value: int) -> None:
        iova = self.words.get(DMA_IOVA_LOW, 0) | self.words.get(DMA_IOVA_HIGH, 0) << 32
        if offset == DOORBELL:
            self.rung.append(value)
        elif offset == DMA_COUNT:
            self.words[DMA_SUM] = self._sum(iova, value)
        elif offset == DMA_FILL:
            ctypes.memset(self.host.dma(iova, 16, True), value & 0xFF, 16)
        elif offset == RAISE:
            self._raise(value)

    def _sum(self, iova: int, count: int) -> int:
        try:
            return sum(ctypes.string_at(self.host.dma(iova, count, False), count)) & 0xFFFFFFFF
        except DmaRefused:
            return REFUSED

    def _raise(self, vector: int) -> None:
        control = struct.unpack_from("<H", self.config, MSIX + 2)[0]
        masked = self.words.get(MSIX_TABLE + 16 * vector + 12, 1) & 1
        if control & 1 << 15 and not masked:
            self.host.interrupt(vector)

    def bar_memory(self, index: int) -> tuple[int, int] | None:
        return (self._aperture, BAR2_BYTES) if index == 2 else None

    def settle(self) -> None:
        """Nothing is under way by itself."""

    def reset(self) -> None:
        with self.lock:
            self.resets.append("conventional")
            self._cold()

    def close(self) -> None:
        self.closed = True
