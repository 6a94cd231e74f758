"""One thing that an engine does for a channel: a copy, a fill, a grid, an inline write."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from barewire.softgpu.sanitizer.place import Place


@dataclass(eq=False)
class Operation:
    """Something that touches memory while its channel goes on.

    Attributes:
        number: rises with every operation of the GPU, from 1.
        name: "copy", "fill", "grid", ...
        place: where the driver's stream asked for it.
        stream: who does it: the channel's token and the engine's name.
        facts: what reports tell of it.
        ended: whether it touches nothing any more.
    """

    number: int
    name: str
    place: Place
    stream: tuple[int, str]
    facts: dict[str, Any] = field(default_factory=dict)
    ended: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.number} ({self.place})"
