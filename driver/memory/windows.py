"""Ways for the CPU into video memory: BAR1 switched to show it as it is, and the small window in BAR0.

BAR1 in virtual mode, for boards whose BAR1 is smaller than their memory, is in windowed.py.

Facts: OGKM:swref/published/hopper/gh100/dev_vm.h, OGKM:kern_bus_gh100.c:kbusBindBar2_GH100 (how a block is
bound: the low word, then the high word, then wait), nouveau:nvkm/subdev/bar/tu102.c,
nouveau:nvkm/subdev/instmem/{nv50,gh100}.c (the window in BAR0).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from barewire.errors import UsageError
from barewire.memory.vram import Extent
from barewire.native._native import lib
from barewire.poll import poll
from barewire.regs.registers import Reading, RegisterFile

if TYPE_CHECKING:
    from barewire.transport.bus import Bar, Mapped

BIND_TIMEOUT_S = 2.0

Data = bytes | bytearray | memoryview


class VramWindow(Protocol):
    """A way for the CPU into video memory. Any thread may use it.

    Attributes:
        sees_all: all of video memory can be mapped at once.
    """

    sees_all: bool

    def read(self, address: int, size_bytes: int) -> bytes:
        """Bytes at a physical address."""
        ...

    def write(self, address: int, data: Data) -> None:
        """Write bytes at a physical address."""
        ...

    def map(self, extents: Sequence[Extent]) -> Mapped:
        """Video memory in this process, in one piece, write-combined where the hardware allows.

        Raises:
            UsageError: this way cannot; the hint says why.
        """
        ...

    def fence(self) -> None:
        """Writes before it leave the CPU before writes after it."""
        ...

    def close(self) -> None:
        """Let go; a second time is nothing."""
        ...


class LinearBar1:
    """BAR1 as a plain view of video memory; it must be at least as large.

    Raises:
        UsageError: BAR1 is smaller than the video memory that has to be reached.
        PollTimeout: the GPU did not switch BAR1.
    """

    sees_all = True

    def __init__(self, bar1: Bar, registers: RegisterFile, vram_bytes: int) -> None:
        if bar1.size_bytes < vram_bytes:
            raise UsageError(
                "BAR1 is smaller than the video memory",
                hint="Let the firmware resize it, or use a window in it.",
                bar1_bytes=bar1.size_bytes,
                vram_bytes=vram_bytes,
            )
        self.bar = bar1
        show_physical_memory(registers)

    def read(self, address: int, size_bytes: int) -> bytes:
        """Bytes at a physical address."""
        return self.bar.read(address, size_bytes)

    def write(self, address: int, data: Data) -> None:
        """Write bytes at a physical address."""
        self.bar.write(address, data)

    def map(self, extents: Sequence[Extent]) -> Mapped:
        """Video memory in this process.

        Raises:
            UsageError: it is not in one piece.
        """
        joined = merge(extents)
        if len(joined) != 1:
            raise UsageError(
                "video memory in several pieces cannot be mapped at once",
                hint="Map its extents one by one, or allocate it contiguous.",
                extents=len(joined),
            )
        return self.bar.map(joined[0].address, joined[0].size_bytes)

    def fence(self) -> None:
        """Writes before it leave the CPU before writes after it."""
        lib.bw_store_fence()

    def close(self) -> None:
        """Nothing: BAR1 stays as it is until the next reset."""


# Registers that bind BAR1: on Hopper the low word is written first; it tells too when it is done.
_HOPPER_BLOCK = (
    "NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR",
    "NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_HIGH_ADDR",
)
_TURING_BLOCK = "NV_VIRTUAL_FUNCTION_PRIV_BAR1_BLOCK"
_TURING_STATUS = "NV_VIRTUAL_FUNCTION_PRIV_BIND_STATUS"


def show_physical_memory(registers: RegisterFile) -> None:
    """Switch BAR1 to physical mode: its first byte is the first of video memory.

    Raises:
        PollTimeout: the GPU did not take it in time.
    """
    low, high = _HOPPER_BLOCK
    if low in registers.table:
        registers.write(low, mode="PHYSICAL", target="VID_MEM")
        registers.write(high, 0)
        status = low
    else:
        registers.write(_TURING_BLOCK, mode="PHYSICAL", target="VID_MEM")
        status = _TURING_STATUS

    def is_bound(word: Reading) -> bool:
        return bool(word.bar1_pending == 0 and word.bar1_outstanding == 0)

    poll(
        lambda: registers.read(status),
        is_bound,
        timeout_s=BIND_TIMEOUT_S,
        why="the GPU did not switch BAR1 to physical addresses",
        hint="The firmware may own BAR1, or the memory system may not be up yet.",
        expected="bar1_pending = 0, bar1_outstanding = 0",
    )


class Pramin:
    """A window of 1 MiB in BAR0 that is moved over video memory: slow, and there from the start.

    One at a time is used: nobody else may move the window meanwhile.
    Words go one by one, 32 bits wide, around the register file: what memory holds is never an error.
    """

    BASE = 0x700000
    SIZE_BYTES = 1 << 20
    STEP_BYTES = 1 << 16

    sees_all = False

    def __init__(self, bar0: Bar, registers: RegisterFile) -> None:
        self._bar = bar0
        self._registers = registers
        names = ("NV_XAL_EP_BAR0_WINDOW", "NV_PBUS_BAR0_WINDOW")
        self._register = next((name for name in names if name in registers.table), names[0])
        self._at: int | None = None
        self._lock = threading.RLock()

    def read(self, address: int, size_bytes: int) -> bytes:
        """Bytes at a physical address."""
        first = address // 4 * 4
        count = (address + size_bytes - first + 3) // 4
        with self._lock:
            self._at = None
            words = np.array([self._read32(first + 4 * index) for index in range(count)], dtype="<u4")
        return words.tobytes()[address - first : address - first + size_bytes]

    def write(self, address: int, data: Data) -> None:
        """Write bytes at a physical address; parts of words at the ends are read first."""
        data = bytes(data)
        if not data:
            return
        first, end = address // 4 * 4, (address + len(data) + 3) // 4 * 4
        with self._lock:
            self._at = None
            if first != address:
                data = self._read32(first).to_bytes(4, "little")[: address - first] + data
            if len(data) % 4:
                data += self._read32(end - 4).to_bytes(4, "little")[len(data) % 4 :]
            for index, word in enumerate(np.frombuffer(data, "<u4").tolist()):
                self._bar.write32(self._place(first + 4 * index), word)

    def map(self, extents: Sequence[Extent]) -> Mapped:
        """Refused: one window serves everybody.

        Raises:
            UsageError: always.
        """
        raise UsageError(
            "video memory cannot be mapped through BAR0",
            hint="Open BAR1 for it.",
            size_bytes=sum(extent.size_bytes for extent in extents),
        )

    def fence(self) -> None:
        """Nothing to do: words are written in order."""

    def close(self) -> None:
        """Nothing to let go."""

    def _read32(self, address: int) -> int:
        return self._bar.read32(self._place(address))

    def _place(self, address: int) -> int:
        """Where BAR0 shows a word, once the window is there."""
        at = self._at
        if at is None or not at <= address < at + self.SIZE_BYTES:
            at = address // self.STEP_BYTES * self.STEP_BYTES
            self._registers.write(self._register, base=at // self.STEP_BYTES)
            self._at = at
        return self.BASE + address - at


def merge(extents: Sequence[Extent]) -> list[Extent]:
    """The same bytes with neighbours joined."""
    joined: list[Extent] = []
    for extent in extents:
        if joined and joined[-1].end == extent.address:
            joined[-1] = Extent(joined[-1].address, joined[-1].size_bytes + extent.size_bytes)
        else:
            joined.append(extent)
    return joined
