"""Host memory through which arrays pass that the GPU cannot reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from barewire.channel.queue import Submission
from barewire.native._native import ffi, lib

STAGING_BYTES = 8 << 20
STAGING_PARTS = 2

HostMemory = Callable[[int], tuple[Any, Any, int]]


class Staging:
    """Two parts, used in turn.

    Args:
        host_memory: (size_bytes) -> (memory, CPU mapping, gpu_va), as `Device.host_memory`.
    """

    def __init__(self, host_memory: HostMemory) -> None:
        self.memory, self.mapping, self.gpu_va = host_memory(STAGING_BYTES)
        self.part_bytes = STAGING_BYTES // STAGING_PARTS
        self._last: list[Submission | None] = [None] * STAGING_PARTS
        self._next = 0

    def take(self) -> tuple[int, int, int]:
        """(part, CPU address, gpu_va) of the next part, once its last copy is done."""
        part, self._next = self._next, (self._next + 1) % STAGING_PARTS
        last = self._last[part]
        if last is not None:
            last.wait()
        return part, self.mapping.address + part * self.part_bytes, self.gpu_va + part * self.part_bytes

    def used(self, part: int, submission: Submission) -> None:
        """Remember what has to be done before the part is used again."""
        self._last[part] = submission


def take_out(data: np.ndarray[Any, Any], submission: Submission, cpu: int, start: int, size: int) -> None:
    """Bytes that a submission brings to `cpu`, into part of an array."""
    submission.wait()
    target = int(ffi.cast("uintptr_t", ffi.from_buffer(data, require_writable=True))) + start
    lib.bw_copy(target, cpu, size)
