"""What page tables need of memory that is mapped in them, whoever has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from barewire.memory.vram import Extent


class Memory(Protocol):
    """Memory that can be mapped: of a GPU that we drive (`barewire.memory.object.MemoryObject`), or RM's.

    Attributes:
        home: the memory of the GPU that reaches it.
        handle: a number of its own.
        aperture: "video" or "host".
    """

    @property
    def home(self) -> object: ...

    @property
    def handle(self) -> int: ...

    @property
    def aperture(self) -> str: ...

    @property
    def size_bytes(self) -> int: ...

    def check(self) -> None:
        """Raise Freed or ForkedChild if it must not be used."""
        ...

    def part(self, offset: int, size_bytes: int) -> tuple[Extent, ...]:
        """Where the GPU finds some of its bytes, in order."""
        ...
