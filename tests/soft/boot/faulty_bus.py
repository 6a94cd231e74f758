"""A bus between the driver and a device that works: it counts accesses, and makes some of them go wrong."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from barewire.errors import DeviceLost, TransportError
from barewire.regs.board import load_board

ONES = 0xFFFFFFFF
TABLE = load_board("gh100")


def name_of(offset: int) -> str:
    """A register as the table calls it, without its index."""
    found = [register.name for register, _ in TABLE.at(offset) if not register.name.startswith("NV_CONFIG")]
    return found[0] if found else f"{offset:#x}"


class FaultyRegisters:
    """BAR0 with faults; everything else of the BAR is the real one's."""

    mappable = False

    def __init__(self, bus: FaultyBus, bar: Any) -> None:
        self._bus = bus
        self._bar = bar
        self.index, self.size_bytes, self.bus_address = bar.index, bar.size_bytes, bar.bus_address

    def read32(self, offset: int) -> int:
        if self._bus.count("read", offset):
            return ONES
        if offset in self._bus.stuck:
            return self._bus.stuck[offset]
        return int(self._bar.read32(offset))

    def write32(self, offset: int, value: int) -> None:
        if not self._bus.count("write", offset):
            self._bar.write32(offset, value)
            if offset in self._bus.stuck_once_written:
                self._bus.stuck[offset] = self._bus.stuck_once_written[offset]

    def read(self, offset: int, size_bytes: int) -> bytes:
        return b"\xff" * size_bytes if self._bus.count("read", offset) else self._bar.read(offset, size_bytes)

    def write(self, offset: int, data: Any) -> None:
        if not self._bus.count("write", offset):
            self._bar.write(offset, data)

    def map(self, offset: int, size_bytes: int) -> Any:
        return self._bar.map(offset, size_bytes)


class FaultyConfig:
    """Configuration space that reads as ones once the device is gone."""

    def __init__(self, bus: FaultyBus, config: Any) -> None:
        self._bus = bus
        self._config = config

    def read(self, offset: int, size_bytes: int) -> int:
        gone = self._bus.gone
        return (1 << 8 * size_bytes) - 1 if gone else int(self._config.read(offset, size_bytes))

    def write(self, offset: int, size_bytes: int, value: int) -> None:
        if not self._bus.gone:
            self._config.write(offset, size_bytes, value)


class FaultyBus:
    """Wraps a bus.

    Attributes:
        accesses: (kind, byte offset) of every access of BAR0 so far.
        leaves_at: the number of the access from which on the device is off the bus; None for never.
        left_at: when it left (`time.monotonic`); 0 while it is there.
        stuck: what a register answers whatever happens, by its offset.
        stuck_once_written: what a register answers once it was written, by its offset.
        no_reset: why it cannot be reset; None if it can.
        after: accesses that were made although the device was gone already.
        resets: how often it was reset.
    """

    def __init__(
        self,
        bus: Any,
        leaves_at: int | None = None,
        stuck: dict[int, int] | None = None,
        stuck_once_written: dict[int, int] | None = None,
        no_reset: str | None = None,
    ) -> None:
        self._bus = bus
        self.name = bus.name
        self.leaves_at = leaves_at
        self.left_at = 0.0
        self.stuck = dict(stuck or {})
        self.stuck_once_written = stuck_once_written or {}
        self.no_reset = no_reset
        self.accesses: list[tuple[str, int]] = []
        self.after: Counter[str] = Counter()
        self.resets = 0
        self.config = FaultyConfig(self, bus.config)
        self.bars = {**bus.bars, 0: FaultyRegisters(self, bus.bars[0])}
        self.interrupts = bus.interrupts

    @property
    def gone(self) -> bool:
        return self.leaves_at is not None and len(self.accesses) >= self.leaves_at

    def count(self, kind: str, offset: int) -> bool:
        """Note an access; whether the device is gone."""
        gone = self.gone
        if gone:
            self.left_at = self.left_at or time.monotonic()
            self.after[kind] += 1
        else:
            self.accesses.append((kind, offset))
        return gone

    def dma_memory(self, size_bytes: int, *, contiguous: bool = False) -> Any:
        return self._bus.dma_memory(size_bytes, contiguous=contiguous)

    def doorbell(self, bar_index: int, offset: int) -> Any:
        return self._bus.doorbell(bar_index, offset)

    def reset(self) -> None:
        self.resets += 1
        if self.gone:
            raise DeviceLost("the device is not there to be reset")
        if self.no_reset:
            raise TransportError(f"the device cannot be reset: {self.no_reset}")
        self._bus.reset()

    def close(self) -> None:
        self._bus.close()
