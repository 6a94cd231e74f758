"""Memory of ours that RM is told of, so that it can map it: by its pages, once, and until it is freed.

RM takes a list of pages for pages of 4 KiB, and maps larger ones only where the list is of one piece and both
its address and the part that is mapped are multiples of them; and only if it is told to.

Facts: OGKM:570.144:src/nvidia/src/kernel/mem_mgr/mem.c:memRegisterWithGsp (which classes),
OGKM:570.144:src/nvidia/src/kernel/vgpu/rpc.c:rpcAllocMemory (pages of 4 KiB; of memory in one piece only
the first),
OGKM:570.144:src/nvidia/src/kernel/gpu/mem_mgr/virt_mem_allocator_gm107.c (page sizes of a mapping).
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from barewire.memory.formats import KINDS
from barewire.rm import names

if TYPE_CHECKING:
    from barewire.memory.formats import TablePointer
    from barewire.memory.tables import TableReader
    from barewire.rm.rpc_client import RpcClient

PAGE_BYTES = 4096


class Listed(NamedTuple):
    """How memory of one aperture is listed: RM's class, and NVOS02_FLAGS_*."""

    class_id: int
    flags: int


LISTED = {
    "video": Listed(names.NV01_MEMORY_LIST_FBMEM, names.OS02_LOCATION_VIDEO | names.OS02_NO_MAP),
    "host": Listed(names.NV01_MEMORY_LIST_SYSTEM, names.OS02_COHERENCY_CACHED | names.OS02_NO_MAP),
}


class KnownMemory:
    """The memory that RM knows by a handle. Any thread may use it.

    Args:
        client: that the handles are of.
    """

    def __init__(self, client: RpcClient) -> None:
        self._client = client
        self._handles: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def handle_of(self, memory: Any) -> int:
        """RM's handle for memory of ours (`barewire.memory.object.MemoryObject`); RM is told if it is new.

        From then on the memory is given back only after RM has freed its object, and with that all mappings
        of it.

        Raises:
            Freed: the memory was freed.
            UsageError: it is in more pieces than one list has pages.
            RmError: RM refused it.
            RpcError, RpcTimeout: GSP did not answer as it should.
        """
        memory.check()
        with self._lock:
            handle = self._handles.get(memory)
            if handle is None:
                handle = self._tell(memory)
                self._handles[memory] = handle
            return handle

    def _tell(self, memory: Any) -> int:
        client = self._client
        pages = page_list(memory.extents)
        listed = LISTED[memory.aperture]
        scattered = names.OS02_NONCONTIGUOUS if len(pages) > 1 else 0
        handle = client.new_handle()
        # Before the call: RM may have the memory, whatever becomes of its answer.
        memory.release_first(partial(client.release_memory, handle))
        client.list_memory(
            handle, listed.class_id, pages, memory.size_bytes, listed.flags | scattered, KINDS["generic"]
        )
        return handle


def largest_page(memory: Any, offset: int, size_bytes: int) -> int:
    """The size of the largest pages that RM can map a part of memory in."""
    if len(memory.extents) > 1:
        return PAGE_BYTES
    at = memory.extents[0].address + offset
    fitting = (page for page in names.OS46_PAGE_SIZE if page and not (at | size_bytes) % page)
    return max(fitting, default=PAGE_BYTES)


class OwnReader:
    """Reads tables that RM built in video memory of a GPU that is ours: a `rm.page_tables.NamedReader`.

    Args:
        store: reads video memory.
    """

    def __init__(self, store: TableReader) -> None:
        self._store = store

    def name(self, table: TablePointer) -> None:
        """RM named this table; nobody has to be asked whether it may be read."""

    def read(self, table: TablePointer, offset: int, size_bytes: int) -> bytes:
        """Bytes of a table.

        Raises:
            UsageError: it is not in video memory.
        """
        return self._store.read(table, offset, size_bytes)

    def close(self) -> None:
        """Nothing to let go."""


def page_list(extents: Any) -> list[int]:
    """Addresses of the pages of memory; of memory in one piece only the first."""
    if len(extents) == 1:
        return [extents[0].address]
    return [at for extent in extents for at in range(extent.address, extent.end, PAGE_BYTES)]
