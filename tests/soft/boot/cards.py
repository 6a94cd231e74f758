"""Opening a device on the card of a test, with deadlines that a test can wait for."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from barewire.device.opening import open_on_bus
from barewire.gsp.boot import BootTimeouts
from barewire.transport.soft import SoftBus

SHORT = BootTimeouts(
    fsp_ready_s=0.15, fsp_send_s=0.15, fsp_answer_s=0.15, release_s=0.15, active_s=0.15, queue_s=0.15,
    init_s=0.15, call_s=0.3,
)  # fmt: skip
LONGEST_DEADLINE_S = 0.3
SLACK_S = 1.0  # a typed error within its deadline and this


class Seat:
    """The card in its slot: whoever lets go of the bus leaves it there."""

    def __init__(self, gpu: Any) -> None:
        self._gpu = gpu

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gpu, name)

    def close(self) -> None:
        """Nothing: the fixture takes the card out."""

    def keep(self, address: int, size_bytes: int) -> None:
        """Nothing: the card's memory stays."""

    def let_go(self) -> None:
        """Nothing, for the same reason."""


def bus_of(gpu: Any) -> SoftBus:
    """Another owner of the card: its own bus, as another process would have."""
    return SoftBus(Seat(gpu), "soft:gh100")


def open_card(bus: Any, timeouts: BootTimeouts = SHORT) -> Any:
    """Boot what is on a bus, with firmware made from nothing."""
    return open_on_bus(bus, timeouts=timeouts)


def works(gpu: Any) -> None:
    """The card can be opened, copies, and can be closed, whatever happened to it before."""
    data = np.random.default_rng(5).integers(0, 1 << 32, 3000, dtype=np.uint32)
    with contextlib.closing(open_card(bus_of(gpu), BootTimeouts())) as dev:
        np.testing.assert_array_equal(dev.array(data).numpy(), data)


@contextlib.contextmanager
def stopwatch() -> Iterator[list[float]]:
    """The seconds that a block took, once it is over."""
    start = time.monotonic()
    taken: list[float] = []
    try:
        yield taken
    finally:
        taken.append(time.monotonic() - start)
