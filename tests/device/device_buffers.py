"""Memory with pages of a chosen size, in video memory or on the host, as a test wants it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

KIB, MIB = 1 << 10, 1 << 20
READ_TIMEOUT_S = 10.0

# What memory can be made of everywhere; larger pages are the software GPU's own tests.
PAGES = (
    ("video", 4 * KIB), ("video", 64 * KIB), ("video", 2 * MIB), ("host", 4 * KIB), ("host", 2 * MIB),
)  # fmt: skip


class Buffer(NamedTuple):
    """Mapped memory.

    Attributes:
        gpu_va: where the GPU finds it.
        bytes: what the CPU sees of it.
    """

    memory: Any
    gpu_va: int
    mapping: Any
    bytes: np.ndarray

    def words(self, dtype: Any = np.uint32) -> np.ndarray:
        """The memory as numbers."""
        return self.bytes.view(dtype)


class Buffers:
    """Makes buffers in an address space and gives them back."""

    def __init__(self, dev: Any, space: Any = None) -> None:
        self.dev = dev
        self.space = space or dev.space
        self._made: list[Buffer] = []

    def make(
        self, size_bytes: int, aperture: str = "host", page_bytes: int | None = None, read_only: bool = False
    ) -> Buffer:
        """Memory of zeros."""
        rm = self.dev.rm
        allocate = rm.video_memory if aperture == "video" else rm.host_memory
        memory = allocate(size_bytes, page_size_bytes=page_bytes)
        gpu_va = self.space.map(memory, read_only=read_only)
        mapping = memory.map_cpu()
        made = Buffer(memory, gpu_va, mapping, np.frombuffer(mapping.view, np.uint8))
        made.bytes[:] = 0
        self._made.append(made)
        return made

    def read(self, buffer: Buffer) -> np.ndarray:
        """A copy of a buffer's bytes; of video memory by way of the GPU, since the CPU reads it slowly."""
        if buffer.memory.aperture == "host":
            return np.array(buffer.bytes)
        through = self.dev.pinned(buffer.memory.size_bytes, np.uint8)
        self.dev.copy(buffer.gpu_va, through.gpu_va, buffer.memory.size_bytes).wait(timeout_s=READ_TIMEOUT_S)
        return np.array(through.view)

    def close(self) -> None:
        """Give everything back; what the GPU still does with it must be over."""
        while self._made:
            made = self._made.pop()
            self.space.unmap(made.gpu_va)
            mapping, memory = made.mapping, made.memory
            del made
            mapping.close()
            memory.close()
