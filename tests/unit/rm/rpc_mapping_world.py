"""A firmware that builds page tables too: it takes lists of pages, and maps them into virtual memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

from barewire.abi import status
from barewire.abi.layout import Struct
from barewire.errors import BarewireError
from barewire.memory.formats import GMMU_V3
from barewire.memory.object import MemoryObject
from barewire.memory.vram import Extent
from rpc_firmware import PARAMS, PARENTS, SPACE_CLASS, FirmwareRm, Node, PlainGpuMemory
from rpc_world import World

WINDOW_CLASS, RANGE_CLASS, VIDEO_LIST, HOST_LIST = 0x70, 0x50A0, 0x82, 0x81
MAP, UNMAP = 14, 15  # the calls' numbers
PARENTS.update(dict.fromkeys((WINDOW_CLASS, RANGE_CLASS, VIDEO_LIST, HOST_LIST), (0x80,)))
PARAMS.update({
    WINDOW_CLASS: "NV_MEMORY_VIRTUAL_ALLOCATION_PARAMS", RANGE_CLASS: "NV_MEMORY_ALLOCATION_PARAMS",
})  # fmt: skip


class List(NamedTuple):
    """Memory that the firmware was told of."""

    pages: tuple[int, ...]
    size_bytes: int
    flags: int
    kind: int


class Mapped(NamedTuple):
    """A mapping that the firmware made."""

    virtual: int
    memory: int
    offset: int
    size_bytes: int
    flags: int


class MappingRm(FirmwareRm):
    """What the driver's side of RM may ask of firmware that owns page tables.

    Attributes:
        lists: handle -> what was listed.
        mapped: gpu_va -> mapping.
        lands_at: added to the address of each mapping: a firmware that does not do as it is told.
        deaf_after: by number of the call: raised after it was done, as if its answer were lost.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[int, List] = {}
        self.mapped: dict[int, Mapped] = {}
        self.lands_at = 0
        self.deaf_after: dict[int, BarewireError] = {}

    def alloc_memory(
        self, client: int, device: int, handle: int, class_id: int, pages: Sequence[int], size_bytes: int,
        *, flags: int = 0, kind: int = 0,
    ) -> None:  # fmt: skip
        self._answer("list", class_id)
        assert self.nodes[device].class_id == 0x80 and handle not in self.nodes
        assert len(pages) in (1, size_bytes >> 12)
        self.nodes[handle] = Node(handle, self.nodes[device], class_id, None)
        self.lists[handle] = List(tuple(pages), size_bytes, flags, kind)

    def map_memory_dma(
        self, client: int, device: int, virtual: int, memory: int, gpu_va: int, offset: int, size_bytes: int,
        flags: int,
    ) -> int:  # fmt: skip
        self._answer("map", MAP)
        assert self.nodes[virtual].class_id in (WINDOW_CLASS, RANGE_CLASS)
        assert memory in self.lists and offset + size_bytes <= self.lists[memory].size_bytes
        if gpu_va in self.mapped:
            raise status.refused("MAP_MEMORY_DMA", status.code_of("NV_ERR_INVALID_ADDRESS"))
        self.mapped[gpu_va + self.lands_at] = Mapped(virtual, memory, offset, size_bytes, flags)
        if MAP in self.deaf_after:
            raise self.deaf_after[MAP]
        return gpu_va + self.lands_at

    def unmap_memory_dma(self, client: int, device: int, virtual: int, memory: int, gpu_va: int) -> None:
        self._answer("unmap", UNMAP)
        found = self.mapped.get(gpu_va)
        if found is None or (found.virtual, found.memory) != (virtual, memory):
            raise status.refused("UNMAP_MEMORY_DMA", status.code_of("NV_ERR_OBJECT_NOT_FOUND"))
        del self.mapped[gpu_va]

    def alloc(self, client: int, parent: int, handle: int, class_id: int, params: Struct | None) -> None:
        super().alloc(client, parent, handle, class_id, params)
        if class_id in (WINDOW_CLASS, RANGE_CLASS):
            assert self.nodes[params["hVASpace"]].class_id == SPACE_CLASS

    def _forget(self, node: Node) -> None:
        super()._forget(node)
        self.lists.pop(node.handle, None)
        gone = [at for at, known in self.mapped.items() if node.handle in (known.virtual, known.memory)]
        for at in gone:
            del self.mapped[at]


class ListedMemory(MemoryObject):
    """Memory in pieces."""

    def __init__(self, home: ListedGpuMemory, aperture: str, page: int, extents: list[Extent]) -> None:
        size = sum(extent.size_bytes for extent in extents)

        def give_back() -> None:
            home.live.remove(extents)

        super().__init__(home, size, page, extents, give_back)
        self.aperture = aperture
        home.live.append(extents)

    def map_cpu(self) -> Any:
        view = memoryview(bytearray(self.size_bytes))
        return SimpleNamespace(address=id(view), view=view, close=view.release)


class ListedGpuMemory(PlainGpuMemory):
    """A GPU's memory whose objects are real ones.

    Attributes:
        scattered: memory is in pieces of a page, with gaps.
    """

    format = GMMU_V3
    closed = False

    def __init__(self) -> None:
        super().__init__()
        self.scattered = False
        self._abandoned: list[Callable[[], None]] = []
        self._handles = itertools.count(0x0D000001)

    def check(self) -> None:
        pass

    def next_handle(self) -> int:
        return next(self._handles)

    def abandon(self, give_back: Callable[[], None]) -> None:
        self._abandoned.append(give_back)

    def collect(self) -> None:
        while self._abandoned:
            self._abandoned.pop()()

    def video_memory(self, size_bytes: int, page: int | None = None, contiguous: bool = False) -> Any:
        return self._make("video", size_bytes, page or 4096)

    def host_memory(self, size_bytes: int, cached: bool = True, page: int | None = None) -> Any:
        return self._make("host", size_bytes, 4096)

    def _make(self, aperture: str, size_bytes: int, page: int) -> ListedMemory:
        count = -(-size_bytes // page)
        first = -(-self.next_address(count * page * 2 + page) // page) * page
        if self.scattered:
            extents = [Extent(first + 2 * page * number, page) for number in range(count)]
        else:
            extents = [Extent(first, count * page)]
        return ListedMemory(self, aperture, page, extents)


class MappingWorld(World):
    """Such a firmware, and a manager on it."""

    firmware: MappingRm
    memory: ListedGpuMemory

    def __init__(self) -> None:
        super().__init__()
        self.firmware = MappingRm()
        self.memory = ListedGpuMemory()
