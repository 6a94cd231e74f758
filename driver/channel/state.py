"""What a channel's memory says: the entries of its ring and the words that it shares with Host.

Facts: the layout of USERD is open-gpu-doc:manuals/ampere/ga100/dev_ram.ref.txt, "User Driver Accessible RAM".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from barewire.channel.decoder import GpfifoEntry, decode_gpfifo
from barewire.channel.queue import USERD_OFFSET, VIDEO_BYTES
from barewire.errors import UsageError
from barewire.native._native import ffi, lib

if TYPE_CHECKING:
    from barewire.channel.queue import Queue

ENTRY_BYTES = 8
MOST_ENTRIES = 8
# What a driver may look at (NV_RAMUSERD).
USERD_WORDS = (("PUT", 0x40), ("GET", 0x44), ("GP_GET", 0x88), ("GP_PUT", 0x8C))


@dataclass(frozen=True, repr=False)
class QueueState:
    """A channel at one moment.

    Attributes:
        name: of the queue.
        token: what is written to the doorbell.
        ring_va: where the ring is.
        entry_count: how many entries the ring has.
        first: index of the first entry of `entries`.
        entries: the last ones before GP_PUT, in order.
        userd: (name, offset, value) of the words that the driver and Host share.
    """

    name: str
    token: int
    ring_va: int
    entry_count: int
    first: int
    entries: tuple[GpfifoEntry, ...]
    userd: tuple[tuple[str, int, int], ...]

    def __repr__(self) -> str:
        words = ", ".join(f"{name} {value:#x}" for name, _, value in self.userd)
        return "\n".join([f"<QueueState of {self.name}: {words}>", *map(str, self.entries)])

    def _repr_html_(self) -> str:
        """The ring and USERD, for notebooks."""
        from barewire.show import queue_state as shown

        return shown(self).html


def look(queue: Queue, most: int = MOST_ENTRIES) -> QueueState:
    """Read a queue's ring and USERD back. The memory is write-combined: this is slow, and for looking only.

    Args:
        most: how many entries before GP_PUT.
    """
    at = queue.memory.video_cpu
    words = {name: int(lib.bw_read32(at + USERD_OFFSET + offset)) for name, offset in USERD_WORDS}
    count = int(queue.ring.entry_count)
    put = words["GP_PUT"]
    first = max(0, put - most)
    raw = [int(lib.bw_read64(at + ENTRY_BYTES * index)) for index in range(first, put)]
    return QueueState(
        queue.name,
        int(queue.ring.token),
        queue.memory.video_va,
        count,
        first,
        tuple(decode_gpfifo(raw)),
        tuple((name, offset, words[name]) for name, offset in USERD_WORDS),
    )


def read_back(queue: Queue, gpu_va: int, size_bytes: int) -> bytes:
    """Bytes of a queue's own video memory: its ring, pushbuffers, launch slots. Slow: for looking only.

    Raises:
        UsageError: they are not the queue's.
    """
    offset = gpu_va - queue.memory.video_va
    if offset < 0 or size_bytes < 0 or offset + size_bytes > VIDEO_BYTES:
        raise UsageError("this is not memory of the queue", gpu_va=gpu_va, size_bytes=size_bytes)
    return bytes(ffi.buffer(ffi.cast("char *", queue.memory.video_cpu + offset), size_bytes))
