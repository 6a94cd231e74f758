"""The graphics engine as one channel sees it: takes every method and does nothing, for now.

Facts: OGKM:src/common/sdk/nvidia/inc/class/{clcbc0,clcb97,cla140,cl902d}.h (class numbers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from barewire.softgpu.channel import Channel

if TYPE_CHECKING:
    from barewire.softgpu.engines import Engine
    from barewire.softgpu.fifo import Fifo

CLASSES = (0xCBC0, 0xCB97, 0xA140, 0x902D)  # compute, 3D, inline to memory, 2D


class GraphicsEngine:
    """One channel's view of the graphics engine."""

    class_ids: tuple[int, ...] = CLASSES
    is_copy = False

    def __init__(self, fifo: Fifo, channel: Channel, engine: Engine) -> None:
        self._gpu = fifo.gpu
        self._channel = channel
        self.name = engine.name
        self.busy = False

    def method(self, address: int, data: int) -> bool:
        """Take a method."""
        self._gpu.report(
            "graphics", "a method for graphics or compute was dropped", token=self._channel.token
        )
        return False

    def settle(self) -> None:
        """It is always idle."""

    def flushed(self) -> None:
        """It writes nothing."""
