"""One thing that an engine does for a channel: a copy, a fill, a grid, an inline write."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from barewire.softgpu.page_tables import Pdb
from barewire.softgpu.sanitizer.order import NOTHING, Known
from barewire.softgpu.sanitizer.place import Place

Stream = tuple[int, str]


@dataclass(eq=False)
class Operation:
    """Something that touches memory while its channel goes on.

    Attributes:
        number: rises with every operation of the GPU, from 1.
        name: "copy", "grid", "inline write".
        place: where the driver's stream asked for it.
        stream: who does it: the channel's token and the engine's name.
        pdb: its address space.
        knows: the operations that it comes after.
        facts: what reports tell of it.
        ended: whether it touches nothing any more.
        mapped: (gpu_va, aperture is the host's, physical address, bytes) of what it touched.
    """

    number: int
    name: str
    place: Place
    stream: Stream
    pdb: Pdb | None = None
    knows: Known = NOTHING
    facts: dict[str, Any] = field(default_factory=dict)
    ended: bool = False
    mapped: list[Stretch] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.name} {self.number} ({self.place})"


@dataclass(frozen=True)
class Stretch:
    """Memory that an operation touched, and by which address.

    Attributes:
        gpu_va: in the operation's address space.
        host: whether it is the host's memory, not the GPU's.
        address: physical, in that memory.
        size_bytes: of it.
    """

    gpu_va: int
    host: bool
    address: int
    size_bytes: int
