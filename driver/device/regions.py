"""What the addresses of an address space are for: queues, contexts, staging memory, arrays, code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from barewire.channel import queue as channel_queue
from barewire.compute.queue import LAUNCH_SLOTS_OFFSET, ComputeQueue
from barewire.device.staging import STAGING_BYTES

if TYPE_CHECKING:
    from barewire.channel.queue import Queue
    from barewire.device.gpu import Device

# Parts of a queue's two buffers: (name, offset, bytes); the error notifier comes first in host memory.
VIDEO_PARTS = (
    ("GPFIFO ring", 0, channel_queue.USERD_OFFSET),
    ("USERD", channel_queue.USERD_OFFSET, channel_queue.USERD_BYTES),
    ("pushbuffers", channel_queue.SEGMENTS_OFFSET, channel_queue.SEGMENT_BYTES * channel_queue.SEGMENT_COUNT),
)
LAUNCH_SLOTS = ("launch slots", LAUNCH_SLOTS_OFFSET, channel_queue.VIDEO_BYTES - LAUNCH_SLOTS_OFFSET)
HOST_PARTS = (
    ("error notifier", 0, channel_queue.NOTIFIER_BYTES),
    ("timeline", channel_queue.TIMELINE_OFFSET, channel_queue.STAMP_BYTES),
    ("time stamps", channel_queue.STAMPS_OFFSET, channel_queue.STAMP_BYTES * channel_queue.STAMP_COUNT),
)
# By NV2080_CTRL_GPU_PROMOTE_CTX_BUFFER_ID_*.
CONTEXT_NAMES = {
    0: "main context",
    2: "patch buffer",
    3: "bundle buffer",
    4: "page pool",
    5: "attribute buffer",
    6: "render targets",
    9: "switch events",
    10: "access map",
}


class Region(NamedTuple):
    """Addresses with a name.

    Attributes:
        parts: what is in it, as far as there is something to tell, in the order of addresses.
    """

    gpu_va: int
    size_bytes: int
    name: str
    parts: tuple[Region, ...] = ()

    @property
    def end_va(self) -> int:
        """The first address behind it."""
        return self.gpu_va + self.size_bytes


def regions_of(device: Device, space: Any = None) -> list[Region]:
    """What is mapped in an address space, by the driver's own records, in the order of addresses.

    Args:
        space: of this device; None for the device's own.
    """
    chosen = device.space if space is None else space
    known = {region.gpu_va: region for region in _known(device, chosen)}
    found = []
    for gpu_va, mapping in sorted(chosen.mappings.items()):
        region = known.get(gpu_va) or Region(gpu_va, mapping.size_bytes, _memory_name(mapping.memory))
        found.append(region._replace(size_bytes=mapping.size_bytes))
    return found


def _memory_name(memory: Any) -> str:
    return "sparse" if memory is None else f"{memory.aperture} memory {memory.handle:#x}"


def _known(device: Device, space: Any) -> Iterator[Region]:
    """Regions that begin where a mapping does."""
    queues = [queue for queue in device._queues if queue.memory.space is space and queue.parts is not None]
    for queue in queues:
        yield from _of_queue(queue)
        yield from _of_context(queue, space)
    if space is device.space:
        if device._staging is not None:
            yield Region(device._staging.gpu_va, STAGING_BYTES, "staging")
        names = dict(_names_in_pool(device, queues))
        for block in device.pool.blocks:
            pieces = sorted(block.taken.items())
            parts = tuple(Region(gpu_va, size, names.get(gpu_va, "array")) for gpu_va, size in pieces)
            yield Region(block.gpu_va, block.size_bytes, "arrays", parts)


def _of_queue(queue: Queue) -> Iterator[Region]:
    """The two buffers of a queue."""
    memory = queue.memory
    in_video = (*VIDEO_PARTS, LAUNCH_SLOTS) if isinstance(queue, ComputeQueue) else VIDEO_PARTS
    video, host = _placed(memory.video_va, in_video), _placed(memory.host_va, HOST_PARTS)
    yield Region(memory.video_va, channel_queue.VIDEO_BYTES, queue.name, video)
    yield Region(memory.host_va, channel_queue.HOST_BYTES, f"{queue.name}, in host memory", host)


def _placed(gpu_va: int, parts: tuple[tuple[str, int, int], ...]) -> tuple[Region, ...]:
    return tuple(Region(gpu_va + offset, size, name) for name, offset, size in parts)


def _of_context(queue: Queue, space: Any) -> Iterator[Region]:
    """The buffers of a queue's graphics context, where the driver has them and not a kernel driver."""
    context = getattr(queue.parts.group, "context", None)
    if context is None:
        return
    for buffer_id, gpu_va in context.vas.items():
        yield Region(gpu_va, 0, f"{queue.name}, {CONTEXT_NAMES[buffer_id]}")
    for buffer_id, gpu_va in space.context_vas.items():
        yield Region(gpu_va, 0, f"contexts, {CONTEXT_NAMES[buffer_id]}")


def _names_in_pool(device: Device, queues: list[Queue]) -> Iterator[tuple[int, str]]:
    """(gpu_va, name) of pieces of the pool that are no arrays."""
    for module in list(device._modules):
        if module.code.gpu_va is not None:
            yield module.code.gpu_va, f"code of {module.name}"
    for queue in queues:
        for gpu_va in queue.parts.pieces:
            yield gpu_va, f"launch slots of {queue.name}"
        if queue.parts.local_va is not None:
            yield queue.parts.local_va, f"local memory of {queue.name}"
