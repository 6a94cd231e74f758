"""What memory objects of both kinds share: where they are, who may use them, how they end."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar

from barewire.errors import Freed, UsageError
from barewire.memory.mapping import CpuMapping
from barewire.memory.vram import Extent, VramAllocator, part_of
from barewire.memory.windows import VramWindow
from barewire.rounding import whole

Opened = TypeVar("Opened", bound="MemoryObject")


class Home(Protocol):
    """What memory belongs to: the memory of one GPU (`barewire.memory.gpu.GpuMemory`)."""

    @property
    def allocator(self) -> VramAllocator: ...

    @property
    def window(self) -> VramWindow: ...

    @property
    def closed(self) -> bool: ...

    def check(self) -> None:
        """Raise Freed or ForkedChild if it must not be used."""
        ...

    def abandon(self, give_back: Callable[[], None]) -> None:
        """Have something given back later; may be called by the garbage collector at any moment."""
        ...

    def next_handle(self) -> int:
        """A number that nothing else has."""
        ...


class MemoryObject:
    """Memory of a GPU. It is freed by close(), and when nothing refers to it any more.

    Attributes:
        home: the memory of the GPU that reaches it.
        handle: a number of its own.
        size_bytes: whole pages of `page_size_bytes`.
        page_size_bytes: the least that its extents are made of.
        extents: where the GPU finds it, in order.

    Args:
        give_back: gives up what it holds; does not refer to the object.
    """

    aperture = ""
    host_address = None

    def __init__(
        self,
        home: Home,
        size_bytes: int,
        page_size_bytes: int,
        extents: Sequence[Extent],
        give_back: Callable[[], None],
    ) -> None:
        self.home = home
        self.handle = home.next_handle()
        self.size_bytes = size_bytes
        self.page_size_bytes = page_size_bytes
        self.extents = tuple(extents)
        self._mappings: list[CpuMapping] = []
        self._end = _End(give_back)
        self._finalizer = weakref.finalize(self, home.abandon, self._end)
        self._finalizer.atexit = False

    @property
    def closed(self) -> bool:
        """Whether it was freed."""
        return not self._finalizer.alive or self.home.closed

    def check(self) -> None:
        """Raise Freed or ForkedChild if it must not be used."""
        self.home.check()
        if self.closed:
            raise Freed("the memory was freed", handle=self.handle)

    def part(self, offset: int, size_bytes: int) -> tuple[Extent, ...]:
        """Where the GPU finds some of its bytes, in order."""
        return part_of(self.extents, whole(offset, "offset"), whole(size_bytes, "size"))

    def close(self) -> None:
        """Give it back, after its mappings; a second time is nothing."""
        if self.closed:
            return
        self.home.check()
        if self._finalizer.detach() is None:
            return  # another thread closes it
        for mapping in list(self._mappings):
            mapping.close()
        self._end()

    def release_first(self, release: Callable[[Callable[[], None]], None]) -> None:
        """Let somebody who told others of the memory make them forget it before it is given back.

        Args:
            release: called once with what is to be done afterwards; does not refer to the object.
        """
        self._end.releases.append(release)

    def _checked(self, offset: int, size_bytes: int | None) -> tuple[int, int]:
        """A part of it as plain numbers: offset and size.

        Raises:
            UsageError: it has no such part.
        """
        self.check()
        offset = whole(offset, "offset")
        size = self.size_bytes - offset if size_bytes is None else whole(size_bytes, "size")
        if offset < 0 or size < 0 or offset + size > self.size_bytes:
            raise UsageError(
                "these bytes are not part of the memory",
                offset=offset,
                size_bytes=size,
                of_bytes=self.size_bytes,
            )
        return offset, size

    def __enter__(self: Opened) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = ", closed" if self.closed else ""
        return f"<{self.aperture} memory {self.handle:#x}, {self.size_bytes} bytes{state}>"

    def _repr_html_(self) -> str:
        """Where its pieces are, for notebooks."""
        from barewire.show import memory as shown

        return shown(self).html


class _End:
    """The end of a memory object; it does not refer to the object.

    Attributes:
        releases: what comes before it, the last first.
    """

    def __init__(self, give_back: Callable[[], None]) -> None:
        self.releases: list[Callable[[Callable[[], None]], None]] = []
        self._give_back = give_back

    def __call__(self) -> None:
        """Give back what the object holds, as soon as all have released it."""
        step = self._give_back
        for release in self.releases:
            step = partial(release, step)
        step()
