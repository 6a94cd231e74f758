"""Memory that RM is told of by where it is: a kernel driver's part of making a channel.

Facts: OGKM:alloc/alloc_channel.h (what a channel needs, and how it is described).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from barewire.abi.layout import Struct
from barewire.errors import UsageError
from barewire.rm import names

if TYPE_CHECKING:
    from barewire.rm.rpc import RpcResourceManager

PAGE_BYTES = 0x1000
INSTANCE_BYTES = 0x1000
RAMFC_BYTES = 0x200


def describe(params: Struct, name: str, memory: Any, offset: int, size_bytes: int) -> None:
    """Part of a memory by where the GPU finds it, as RM is told of it.

    Raises:
        UsageError: it is not in one piece.
    """
    extents = memory.part(offset, size_bytes)
    if len(extents) != 1:
        raise UsageError(f"{name} has to be in one piece", offset=offset, size_bytes=size_bytes)
    params[f"{name}.base"] = extents[0].address
    params[f"{name}.size"] = size_bytes
    params[f"{name}.addressSpace"] = names.MEMORY_SPACES[memory.aperture]
    params[f"{name}.cacheAttrib"] = names.MEMORY_CACHED


def userd_flags(channel_id: int) -> int:
    """The flags that say which of all USERDs a channel's is, and with that its number."""
    page, index = divmod(channel_id, names.USERDS_PER_PAGE)
    return (
        names.OS04_USERD_PAGE_FIXED
        | index << names.OS04_USERD_INDEX_SHIFT
        | page << names.OS04_USERD_PAGE_SHIFT
    )


def cleared(rm: RpcResourceManager, size_bytes: int) -> Any:
    """Video memory in one piece, full of zeros: RM expects that of what it writes to.

    Raises:
        OutOfVram: there is none.
    """
    memory = rm.video_memory(size_bytes, contiguous=True)
    try:
        mapping = memory.map_cpu()
        try:
            mapping.view[:] = bytes(memory.size_bytes)
        finally:
            mapping.close()
        rm.memory.window.fence()  # or the zeros may come after what RM writes there
    except BaseException:
        memory.close()
        raise
    return memory
