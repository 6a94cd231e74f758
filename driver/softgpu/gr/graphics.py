"""GR as a unit of the GPU: the contexts of its channels, and the SMs that run their grids."""

from __future__ import annotations

from barewire.softgpu.unit import Unit


class Graphics(Unit):
    """The graphics and compute engine of one GPU. Nothing runs on it yet."""

    def end_all(self) -> None:
        """Stop every grid at once and forget it; with the GPU's lock held or not."""

    def settle(self) -> None:
        """Wait until no grid uses a translation from before; with the lock held."""
