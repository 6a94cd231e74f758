"""The other side of a guest's GPU: a software GPU that this process serves, and what it saw of the guest.

A thread serves the socket that QEMU connects to. Every message is looked at as it passes: which memory the
guest lets the device reach, and what it writes to the device's command register.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from barewire.pci.config import COMMAND, COMMAND_BUS_MASTER, VENDOR_ID
from barewire.transport.served_soft import SoftServed
from barewire.transport.vfio_user.protocol import (
    CONFIG_REGION,
    DMA_MAP,
    DMA_UNMAP,
    REGION_ACCESS,
    UNMAP_ALL,
    Command,
)
from barewire.transport.vfio_user.server import Server
from barewire.transport.vfio_user.session import Limits

MIB = 1 << 20
JOIN_S = 60.0


class Mark(NamedTuple):
    """What the host sees at a time: memory that the device may reach, and whether it may master the bus."""

    mapped_bytes: int
    master: bool


class HostView:
    """What a server saw of its clients.

    Attributes:
        socket: where QEMU finds the server.
        counts: how often each command came.
        maps: where the device may reach the guest's memory now: size by address.
        most_maps: how many such ranges there were at a time.
        masters: whether bus mastering was on, for each write of the command register.
        marks: what was so when the guest said where it is; see `payload.mark`.
        gpu: what is served; its software GPU is `gpu.endpoint`.
    """

    def __init__(self, gpu: SoftServed, socket: Path) -> None:
        self.gpu = gpu
        self.socket = socket
        self.counts: Counter[str] = Counter()
        self.maps: dict[int, int] = {}
        self.most_maps = 0
        self.masters: list[bool] = []
        self.marks: dict[str, Mark] = {}
        self.server: Server | None = None

    def watch(self, way: str, message: Any) -> None:
        """Look at one message; see `Session`."""
        header = message.header
        if way != "<" or message.is_reply:
            return
        try:
            name = Command(header.command).name
        except ValueError:
            name = f"command {header.command}"
        self.counts[name] += 1
        if header.command == Command.REGION_WRITE:
            self._wrote(message.payload)
        elif header.command == Command.DMA_MAP:
            asked = DMA_MAP.read(message.payload)
            self.maps[asked.address] = asked.size_bytes
            self.most_maps = max(self.most_maps, len(self.maps))
        elif header.command == Command.DMA_UNMAP:
            self._unmapped(message.payload)

    def _wrote(self, payload: bytes) -> None:
        access = REGION_ACCESS.read(payload)
        if access.region == CONFIG_REGION and access.offset == COMMAND:
            command = int.from_bytes(payload[REGION_ACCESS.size_bytes :][:2], "little")
            self.masters.append(bool(command & COMMAND_BUS_MASTER))
        elif access.region == CONFIG_REGION and access.offset == VENDOR_ID:
            name = payload[REGION_ACCESS.size_bytes :][:4].decode("ascii", "replace")
            command = self.gpu.config_read(COMMAND, 2)
            self.marks[name.strip()] = Mark(self.mapped_bytes(), bool(command & COMMAND_BUS_MASTER))

    def _unmapped(self, payload: bytes) -> None:
        asked = DMA_UNMAP.read(payload)
        if asked.flags & UNMAP_ALL:
            self.maps.clear()
            return
        end = asked.address + asked.size_bytes
        for address in [each for each in self.maps if asked.address <= each < end]:
            del self.maps[address]

    def mapped_bytes(self) -> int:
        """How much of the guest's memory the device may reach now."""
        return sum(self.maps.values())

    def wrong(self) -> list[str]:
        """What the model or the server did wrong."""
        assert self.server is not None
        return [*self.gpu.defects(), *(f"{type(each).__name__}: {each}" for each in self.server.defects)]


@contextmanager
def serving(folder: Path, *, linear_bar1: bool = True, **options: Any) -> Iterator[HostView]:
    """A software GPU on a socket in a folder, for one guest after another.

    Args:
        folder: of nobody else; `view.socket` is in it.
        linear_bar1: BAR1 is memory in the guest, without a message for each access; right for a driver that
            uses it in physical mode.
        options: of the software GPU; smaller than an H100 if not given.
    """
    sizes = {"vram_bytes": 2048 * MIB, "bar1_bytes": 2048 * MIB, "bar2_bytes": 32 * MIB}
    gpu = SoftServed.open({"chip": "gh100", **sizes, **options}, linear_bar1=linear_bar1)
    view = HostView(gpu, folder / "gpu.sock")
    try:
        limits = Limits(trust_files=True)  # QEMU's memory is not sealed, and it is our own QEMU
        with Server(gpu, view.socket, limits=limits, watch=view.watch) as server:
            view.server = server
            thread = threading.Thread(target=server.serve, name="vfio-user server", daemon=True)
            thread.start()
            try:
                yield view
            finally:
                server.close()
                thread.join(JOIN_S)
        if thread.is_alive():
            raise RuntimeError(f"the server of {view.socket} did not end within {JOIN_S} s of being closed")
    finally:
        gpu.close()
