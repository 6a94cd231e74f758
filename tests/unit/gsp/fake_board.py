"""A board for tests of the boot: configuration space, registers, and host memory as a GPU sees it.

Nothing here is the driver's: offsets and layouts are written out again, so that a test fails where the two
readings differ.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from barewire.errors import TransportError, UsageError
from barewire.transport.bus import Segment

PAGE = 4096
ONES = 0xFFFFFFFF
LOCKED = 0xBADF4100

PMC_BOOT_0, PMC_BOOT_42 = 0x0, 0xA00
VRAM_MEGABYTES = 0x1183A4
WPR2_LOW, WPR2_HIGH = 0x1FA824, 0x1FA828
FLUSH_LOW, FLUSH_HIGH = 0x100A34, 0x100A38
TOP_EN_CLEAR = 0xB81610


class FakeConfig:
    """Configuration space of a GH100 with a 64-bit BAR0, or a 32-bit one."""

    def __init__(self, wide_bar0: bool = True, flr: bool = True) -> None:
        self.words = bytearray(256)
        self.gone = False
        self.set(0x00, 4, 0x2330_10DE)
        self.set(0x06, 2, 0x10)
        self.set(0x08, 1, 0xA1)
        self.set(0x2C, 4, 0x16C1_10DE)
        self.set(0x34, 1, 0x60)
        self.set(0x60, 1, 0x10)
        self.set(0x64, 4, (1 << 28) if flr else 0)
        at = 0x10
        for address, wide in ((0xD000_0000, wide_bar0), (0x20_0000_000C, True), (0x40_0000_000C, True)):
            self.set(at, 4, address & ONES | (4 if wide else 0))
            if wide:
                self.set(at + 4, 4, address >> 32)
            at += 8 if wide else 4

    def set(self, offset: int, size_bytes: int, value: int) -> None:
        self.words[offset : offset + size_bytes] = value.to_bytes(size_bytes, "little")

    def read(self, offset: int, size_bytes: int) -> int:
        if self.gone:
            return (1 << 8 * size_bytes) - 1
        return int.from_bytes(self.words[offset : offset + size_bytes], "little")

    def write(self, offset: int, size_bytes: int, value: int) -> None:
        if not self.gone:
            self.set(offset, size_bytes, value)

    @property
    def bus_master(self) -> bool:
        return bool(self.words[4] & 4)


class FakeBar0:
    """Registers: words, with hooks for those that do something."""

    index = 0
    size_bytes = 16 << 20
    bus_address = 0xD000_0000
    mappable = False

    def __init__(self, config: FakeConfig) -> None:
        self.config = config
        self.words: dict[int, int] = {PMC_BOOT_0: 0x180000A1, PMC_BOOT_42: 0x18000000 | 0xA << 16}
        self.on_read: dict[int, Callable[[], int]] = {}
        self.on_write: dict[int, Callable[[int], None]] = {}
        self.log: list[tuple[str, int, int]] = []
        self.gone = False
        self.gone_after: int | None = None  # accesses until the GPU falls off the bus

    def read32(self, offset: int) -> int:
        self._count()
        if self.gone:
            return ONES
        value = self.on_read[offset]() if offset in self.on_read else self.words.get(offset, 0)
        self.log.append(("read", offset, value))
        return value

    def write32(self, offset: int, value: int) -> None:
        self._count()
        if self.gone:
            return
        self.log.append(("write", offset, value))
        self.words[offset] = value
        if offset in self.on_write:
            self.on_write[offset](value)

    def _count(self) -> None:
        if self.gone_after is not None:
            self.gone_after -= 1
            if self.gone_after < 0:
                self.fall_off()

    def fall_off(self) -> None:
        """From now on nothing answers."""
        self.gone = self.config.gone = True

    def writes(self, offset: int) -> list[int]:
        return [value for what, where, value in self.log if what == "write" and where == offset]

    def read(self, offset: int, size_bytes: int) -> bytes:
        raise UsageError("not by the bytes")

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        raise UsageError("not by the bytes")

    def map(self, offset: int, size_bytes: int):
        raise UsageError("not mappable")


class FakeMemory:
    """Host memory that the GPU reaches: zeroed; scattered, it is single pages from the top down."""

    def __init__(self, board: FakeBus, size_bytes: int, contiguous: bool) -> None:
        pages = -(-size_bytes // PAGE)
        self.size_bytes = pages * PAGE
        self.buffer = (ctypes.c_char * self.size_bytes)()
        self.address = ctypes.addressof(self.buffer)
        self.view = memoryview(self.buffer).cast("B")
        start = board.next_iova
        board.next_iova += self.size_bytes + PAGE
        if contiguous:
            self.segments = (Segment(start, self.size_bytes),)
        else:
            places = reversed(range(start, start + self.size_bytes, PAGE))
            self.segments = tuple(Segment(place, PAGE) for place in places)
        self.contiguous = contiguous
        self.closed = False
        self._board = board

    @property
    def iova(self) -> int:
        if len(self.segments) > 1:
            raise UsageError("several segments")
        return self.segments[0].iova

    def iova_of(self, offset: int) -> int:
        for segment in self.segments:
            if offset < segment.size_bytes:
                return segment.iova + offset
            offset -= segment.size_bytes
        raise UsageError("no such offset")

    def close(self) -> None:
        self.closed = True
        self._board.memories = [each for each in self._board.memories if each is not self]


class FakeBus:
    """The board. `complaints` says what the GPU or the driver did that it must not."""

    name = "fake:0000:3b:00.0"

    def __init__(self, wide_bar0: bool = True, flr: bool = True, first_iova: int = 1 << 33) -> None:
        self.config = FakeConfig(wide_bar0, flr)
        self.bar0 = FakeBar0(self.config)
        self.bars = {0: self.bar0}
        self.interrupts = None
        self.next_iova = first_iova
        self.memories: list[FakeMemory] = []
        self.most_memories = 0
        self.complaints: list[str] = []
        self.resets = 0
        self.reset_fails = False
        self.on_reset: list[Callable[[], None]] = []
        self.memory_left: int | None = None

    def dma_memory(self, size_bytes: int, *, contiguous: bool = False) -> FakeMemory:
        if self.memory_left is not None:
            self.memory_left -= size_bytes
            if self.memory_left < 0:
                from barewire.errors import DmaError

                raise DmaError("no more memory", size_bytes=size_bytes)
        made = FakeMemory(self, size_bytes, contiguous)
        self.memories.append(made)
        self.most_memories = max(self.most_memories, len(self.memories))
        return made

    def doorbell(self, bar_index: int, offset: int):
        raise UsageError("no doorbell here")

    def reset(self) -> None:
        if self.reset_fails:
            raise TransportError("this function has no reset")
        self.resets += 1
        for each in self.on_reset:
            each()

    def close(self) -> None:
        pass

    # As the GPU sees it.
    def _find(self, iova: int) -> tuple[FakeMemory, int] | None:
        for memory in self.memories:
            offset = 0
            for segment in memory.segments:
                if segment.iova <= iova < segment.iova + segment.size_bytes:
                    return memory, offset + iova - segment.iova
                offset += segment.size_bytes
        return None

    def gpu_read(self, iova: int, size_bytes: int) -> bytes:
        """Read host memory as the GPU does, page by page."""
        data = b""
        while size_bytes:
            piece = min(size_bytes, PAGE - iova % PAGE)
            found = self._find(iova)
            if found is None or not self.config.bus_master:
                self.complaints.append(f"the GPU read {iova:#x}, which it does not have")
                return data + bytes(size_bytes)
            memory, offset = found
            data += bytes(memory.view[offset : offset + piece])
            iova, size_bytes = iova + piece, size_bytes - piece
        return data

    def gpu_write(self, iova: int, data: bytes) -> None:
        """Write host memory as the GPU does, within one memory."""
        while data:
            piece = min(len(data), PAGE - iova % PAGE)
            found = self._find(iova)
            if found is None or not self.config.bus_master:
                self.complaints.append(f"the GPU wrote {iova:#x}, which it does not have")
                return
            memory, offset = found
            memory.view[offset : offset + piece] = data[:piece]
            iova, data = iova + piece, data[piece:]
