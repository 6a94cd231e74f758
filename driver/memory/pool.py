"""Video memory for arrays: large blocks from the backend, cut into pieces.

Asking RM for memory takes an ioctl or three; arrays come and go far more often than that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from barewire.errors import OutOfAddressSpace, OutOfVram
from barewire.memory.va import PAGE_BYTES, VirtualAddresses
from barewire.rounding import round_up

MIB = 1 << 20
BLOCK_BYTES = 32 * MIB
SEEN_BLOCK_BYTES = 2 * MIB  # of what the CPU writes, where it cannot see everything
LARGE_BYTES = 8 * MIB
SMALLEST_BLOCK_BYTES = 2 * MIB


@dataclass
class Block:
    """Memory of the backend, mapped for the GPU, and for the CPU when somebody asks.

    Attributes:
        pieces: allocates inside the block; None if one allocation has all of it.
        seen: whether the CPU may map it.
    """

    memory: Any
    gpu_va: int
    size_bytes: int
    pieces: VirtualAddresses | None
    seen: bool = True
    live: int = 0
    cpu: Any = field(default=None)

    @property
    def taken(self) -> dict[int, int]:
        """What is in use: gpu_va -> size in bytes."""
        return {self.gpu_va: self.size_bytes} if self.pieces is None else self.pieces.taken


class VramPool:
    """Pieces of video memory by GPU virtual address. Who allocates and frees in several threads holds a lock.

    Args:
        obtain: (size_bytes) -> (memory, gpu_va) from the backend.
        give_back: undoes it.
        all_seen: whether the CPU may map all of it; else only pieces that are asked for so, which have blocks
            of their own.
    """

    def __init__(
        self,
        obtain: Callable[[int], tuple[Any, int]],
        give_back: Callable[[Any, int], None],
        all_seen: bool = True,
    ) -> None:
        self._obtain = obtain
        self._give_back = give_back
        self._all_seen = all_seen
        self._shared: list[Block] = []
        self._owner: dict[int, Block] = {}
        self._mapping = threading.Lock()

    @property
    def blocks(self) -> list[Block]:
        """What the backend has given, by address."""
        found = {block.gpu_va: block for block in (*self._shared, *self._owner.values())}
        return [block for _, block in sorted(found.items())]

    def allocate(self, size_bytes: int, seen: bool = False) -> int:
        """The gpu_va of a new piece, aligned to a page of 4 KiB; its contents are undefined.

        Args:
            seen: the CPU is going to map it.

        Raises:
            OutOfVram: the device has no more.
        """
        size = max(1, size_bytes)
        seen = seen or self._all_seen
        if size >= LARGE_BYTES:
            return self._whole_block(round_up(size, PAGE_BYTES), seen)
        for block in self._shared:
            gpu_va = _try(block, size) if block.seen is seen else None
            if gpu_va is not None:
                return self._own(block, gpu_va)
        block = self._shared_block(size, seen)
        return self._own(block, _take(block, size))

    def _shared_block(self, size_bytes: int, seen: bool) -> Block:
        """Room for a piece and for others; where there is no more for those, for the piece."""
        least = round_up(size_bytes, SMALLEST_BLOCK_BYTES)
        try:
            usual = BLOCK_BYTES if self._all_seen or not seen else SEEN_BLOCK_BYTES
            return self._new_block(max(usual, least), seen, shared=True)
        except OutOfVram:
            return self._new_block(least, seen, shared=True)

    def _whole_block(self, size_bytes: int, seen: bool) -> int:
        try:
            block = self._new_block(size_bytes, seen, shared=False)
        except OutOfVram:
            if not self._drop_empty():
                raise
            block = self._new_block(size_bytes, seen, shared=False)
        return self._own(block, block.gpu_va)

    def _drop_empty(self) -> bool:
        """Give back the block that is kept for the next array; whether there was one."""
        empty = [block for block in self._shared if not block.live]
        for block in empty:
            self._shared.remove(block)
            self._drop(block)
        return bool(empty)

    def _new_block(self, size_bytes: int, seen: bool, shared: bool) -> Block:
        memory, gpu_va = self._obtain(size_bytes)
        pieces = VirtualAddresses(gpu_va, gpu_va + size_bytes) if shared else None
        block = Block(memory, gpu_va, size_bytes, pieces, seen)
        if shared:
            self._shared.append(block)
        return block

    def _own(self, block: Block, gpu_va: int) -> int:
        block.live += 1
        self._owner[gpu_va] = block
        return gpu_va

    def is_seen(self, gpu_va: int) -> bool:
        """Whether the CPU may map a piece."""
        return self._all_seen or self._owner[gpu_va].seen

    def cpu_address(self, gpu_va: int) -> int:
        """Where the CPU finds a piece; write-combined, mapped when first asked for."""
        block = self._owner[gpu_va]
        if block.cpu is None:
            with self._mapping:
                block.cpu = block.cpu or block.memory.map_cpu()
        return block.cpu.address + gpu_va - block.gpu_va

    def free(self, gpu_va: int) -> None:
        """Give a piece back. The last shared block of its kind stays, empty, for the next array."""
        block = self._owner.pop(gpu_va)
        block.live -= 1
        if block.pieces is not None:
            block.pieces.free(gpu_va)
        if block.live or (block.pieces is not None and self._is_last(block)):
            return
        if block.pieces is not None:
            self._shared.remove(block)
        self._drop(block)

    def _is_last(self, block: Block) -> bool:
        return sum(other.seen is block.seen for other in self._shared) == 1

    def _drop(self, block: Block) -> None:
        if block.cpu is not None:
            block.cpu.close()
        self._give_back(block.memory, block.gpu_va)


def _take(block: Block, size_bytes: int) -> int:
    return block.gpu_va if block.pieces is None else block.pieces.allocate(size_bytes)


def _try(block: Block, size_bytes: int) -> int | None:
    try:
        return _take(block, size_bytes)
    except OutOfAddressSpace:
        return None
