"""The sanitizer of one GPU: what the units tell it, and what it concludes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu
    from barewire.softgpu.sanitizer.place import Place


class Sanitizer:
    """See the package. Finds nothing yet.

    Args:
        gpu: whose reports take what is found.
    """

    def __init__(self, gpu: SoftGpu) -> None:
        self._gpu = gpu

    def place_now(self) -> Place | None:
        """Where the channel stands whose words are executed now; None if none is."""
        return None
