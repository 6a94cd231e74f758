"""A GPU that copies and does not compute: what its resource manager offers so far."""

from __future__ import annotations

import os
from typing import Any, NoReturn

import numpy as np
from barewire.array import Array
from barewire.channel.queue import Event, Queue, Submission
from barewire.compute.module import Module
from barewire.device.gpu import Device
from barewire.device.queues import OWN_NAMES
from barewire.errors import EngineMissing


class CopyDevice(Device):
    """As `Device`, for a backend without a compute engine: its copy queue stands for the device."""

    @property
    def _arrays_are_seen(self) -> bool:
        """Whether the CPU may map what arrays are cut of: a small BAR1 has no room for that."""
        seen: bool = getattr(self.rm, "sees_all_video", True)
        return seen

    def write(self, gpu_va: int, values: np.ndarray[Any, Any], *, fresh: bool = False) -> Submission | None:
        """Copy a C-contiguous host array to video memory; see `DeviceCopies.write`."""
        return super().write(gpu_va, values, fresh=fresh and self._arrays_are_seen)

    def write_small(self, cpu_address: int, gpu_va: int, size_bytes: int) -> Submission | None:
        """Write a few bytes with the CPU, if it can; see `DeviceCopies.write_small`."""
        return super().write_small(cpu_address, gpu_va, size_bytes) if self._arrays_are_seen else None

    def read_small(self, gpu_va: int, cpu_address: int, size_bytes: int) -> Submission | None:
        """Read a few bytes with the CPU, if it can; see `DeviceCopies.read_small`."""
        return super().read_small(gpu_va, cpu_address, size_bytes) if self._arrays_are_seen else None

    def _make_own_queue(self) -> None:
        self._copies = self._make_queue("copy", OWN_NAMES[1])

    def _main_queue(self) -> Queue | None:
        return self._copies

    def _aim_launchers(self) -> None:
        self._target.enabled = 0

    @property
    def compute(self) -> Any:  # type: ignore[override]
        """None here.

        Raises:
            EngineMissing: always.
        """
        self._refuse()

    def queue(self, engine: str = "copy") -> Any:
        """Another queue, with a channel of its own."""
        self.check()
        if engine == "compute":
            self._refuse()
        return super().queue(engine)

    def channel(self, space: Any = None, engine: str = "copy") -> Any:
        """A channel in an address space; see `Device.channel`."""
        self.check()
        if engine == "compute":
            self._refuse()
        return super().channel(space, engine)

    def load(self, source: bytes | str | os.PathLike[str]) -> Module:
        """Nothing here runs code.

        Raises:
            EngineMissing: always.
        """
        self.check()
        self._refuse()

    def capture(self, **named: Array) -> Any:
        """A graph is launched on a compute queue.

        Raises:
            EngineMissing: always.
        """
        self.check()
        self._refuse()

    def record(self) -> Event:
        """An event after everything submitted so far, with the GPU's time."""
        self.check()
        return self._copies_after_all().record()

    def _refuse(self) -> NoReturn:
        raise EngineMissing(
            f"{self.name} offers no compute engine yet: it copies and fills, and runs no kernels",
            hint="open nv:N to run kernels on a GPU that NVIDIA's kernel driver owns",
            engine="compute",
            device=self.name,
        )
