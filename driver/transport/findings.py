"""What a device found to be undefined or forbidden in what was done to it; a software GPU tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One finding.

    Attributes:
        kind: a few words that are the same for every such finding.
        text: what was done, in one sentence.
        place: where in the driver's stream, in words; "" where that is not known.
        facts: offsets, values and addresses.
        count: how often.
    """

    kind: str
    text: str
    place: str
    facts: Mapping[str, Any]
    count: int

    def __str__(self) -> str:
        where = f" ({self.place})" if self.place else ""
        times = f", {self.count} times" if self.count > 1 else ""
        return f"{self.kind}: {self.text}{where}{times}"

    def _repr_html_(self) -> str:
        """For notebooks."""
        from barewire.show import findings as shown

        return shown([self]).html
