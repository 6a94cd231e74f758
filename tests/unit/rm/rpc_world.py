"""A resource manager over RPC on the firmware of `rpc_firmware`."""

from __future__ import annotations

import contextlib
import time
from types import SimpleNamespace
from typing import Any

from barewire.rm.rpc import Ground, RpcResourceManager
from rpc_firmware import FirmwareRm, PlainGpuMemory, static_info


class World:
    """A firmware, and a manager on it."""

    def __init__(self) -> None:
        self.firmware = FirmwareRm()
        self.memory = PlainGpuMemory()
        self.undone = 0
        self.stopped: Exception | None = None
        self.time = [5, 0x1234_5678, 5]

    def open(self) -> RpcResourceManager:
        undo = contextlib.ExitStack()
        undo.callback(self._undo)
        ground = Ground(
            bus=SimpleNamespace(name="fake:"),
            rpc=self.firmware,
            check_running=self._check_running,
            static=static_info(),
            memory=self.memory,
            doorbell=SimpleNamespace(address=0, bell=0x1000),
            registers=SimpleNamespace(read=lambda name: self.time.pop(0)),
            chip="gh100",
            chipset=0x180,
            pci_address="",
            undo=undo,
        )
        return RpcResourceManager.open(ground)

    def _check_running(self) -> None:
        if self.stopped is not None:
            raise self.stopped

    def _undo(self) -> None:
        self.undone += 1


def make_channel(rm: RpcResourceManager, space: Any, engine: str = "copy") -> tuple[Any, Any, Any, Any]:
    """(group, channel, video memory, notifier memory), scheduled."""
    video, host = rm.video_memory(2 << 20), rm.host_memory(4096)
    group = rm.channel_group(space, engine)
    channel = group.channel(space.map(video), 1024, video, 0x2000, host, video)
    channel.engine_object()
    group.schedule()
    return group, channel, video, host


def eventually(condition: Any, timeout_s: float = 2.0) -> bool:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end and not condition():
        time.sleep(0.001)
    return bool(condition())
