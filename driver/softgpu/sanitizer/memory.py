"""Video memory as the sanitizer sees it: what was written, and who used it last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from barewire.softgpu.sanitizer.operation import Operation
from barewire.softgpu.sm.watch import Conflict, Ordering, Shadow, Watch

if TYPE_CHECKING:
    from barewire.softgpu.vram import Vram

# What is shown to the CPU in one piece, beyond which it is not made ready, as all of it would become real: a
# page that the CPU writes in part counts as written whole then.
LARGEST_VIEW = 64 << 20


class VideoUses:
    """Who used video memory.

    Args:
        vram: the memory.
    """

    def __init__(self, vram: Vram) -> None:
        self._shadow: Shadow | None = Shadow(vram.base, vram.size_bytes, vram.file)

    def forget(self) -> None:
        """The GPU was reset."""
        if self._shadow is not None:
            self._shadow.forget()

    def show(self, vram_offset: int, size_bytes: int) -> None:
        """The CPU sees a stretch from now on; what it writes there is not told to anybody."""
        if size_bytes <= LARGEST_VIEW and self._shadow is not None:
            self._shadow.prepare(vram_offset, size_bytes)

    def unwritten(self, vram_offset: int, size_bytes: int) -> int | None:
        """The first byte of a stretch that nobody wrote; None if all was."""
        return self._shadow.unwritten(vram_offset, size_bytes) if self._shadow is not None else None

    def use(self, operation: Operation, vram_offset: int, size_bytes: int, write: bool) -> Conflict | None:
        """An operation uses a stretch; another that did, without an order, if there is one."""
        if self._shadow is None:
            return None
        if write:
            self._shadow.prepare(vram_offset, size_bytes, overwritten=True)
        return self._shadow.use(_ordering(operation), vram_offset, size_bytes, write)

    def watch(self, operation: Operation) -> Watch | None:
        """For a grid's SMs; None once it is closed."""
        return Watch(self._shadow, _ordering(operation)) if self._shadow is not None else None

    def close(self) -> None:
        """Give the shadow back; no operation runs any more."""
        if self._shadow is not None:
            self._shadow.close()
        self._shadow = None


def _ordering(operation: Operation) -> Ordering:
    knows = operation.knows
    return Ordering(operation.number, knows.below, knows.missing(operation.number))
