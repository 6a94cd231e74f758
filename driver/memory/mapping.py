"""Memory of the GPU as this process sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from barewire.errors import Freed, UsageError
from barewire.rounding import round_up, whole

PAGE_BYTES = 4096


class CpuMapping:
    """Bytes of a memory object in this process.

    Attributes:
        memory: whose bytes they are; it stays while the mapping does.
        address: of the first byte.
        size_bytes: whole pages.

    Args:
        undo: called when it is closed.
        held: the same bytes, as something that keeps them in this process while it is looked at.
    """

    def __init__(
        self,
        memory: Any,
        address: int,
        size_bytes: int,
        undo: Callable[[CpuMapping], None],
        held: memoryview,
    ) -> None:
        self.memory = memory
        self.address = address
        self.size_bytes = size_bytes
        self.closed = False
        self._undo = undo
        self._held: memoryview | None = held

    @property
    def view(self) -> memoryview:
        """The bytes, writable. After close() a view of host memory that is still held keeps its last bytes,
        which the GPU does not reach any more; one of video memory shows whatever is there.

        Raises:
            Freed: the mapping was closed.
        """
        if self._held is None:
            raise Freed("the mapping was closed")
        return self._held[:]

    def close(self) -> None:
        """Undo the mapping; a second time is nothing."""
        if not self.closed:
            self.closed = True
            self._held = None
            self._undo(self)

    def __enter__(self) -> CpuMapping:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def checked_part(offset: int, size_bytes: int | None, of_bytes: int) -> int:
    """The size of a part of a memory object, in whole pages.

    Args:
        size_bytes: rounded up to whole pages; None for all from `offset` on.

    Raises:
        UsageError: it is not a part, or not of whole pages.
    """
    offset = whole(offset, "offset")
    size = of_bytes - offset if size_bytes is None else round_up(whole(size_bytes, "size"), PAGE_BYTES)
    if offset % PAGE_BYTES or offset < 0 or size <= 0 or offset + size > of_bytes:
        raise UsageError(
            "whole pages of the memory can be mapped",
            offset=offset,
            size_bytes=size_bytes,
            of_bytes=of_bytes,
        )
    return size
