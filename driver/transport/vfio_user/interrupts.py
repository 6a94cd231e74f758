"""Interrupts of a device that a program serves: counters (eventfd) that it raises."""

from __future__ import annotations

import contextlib

from barewire.errors import DeviceLost, UsageError
from barewire.pci.config import PciFunction
from barewire.transport.vfio_user.counters import Counters
from barewire.transport.vfio_user.link import Denied, Link
from barewire.transport.vfio_user.protocol import IRQ_INFO, MSI, MSIX, Command, IrqFlag


class VfioUserInterrupts:
    """Vectors as this process sees them: an `Interrupts`. Any thread may wait.

    Attributes:
        count: of vectors.
        kind: MSIX or MSI.
        enabled: how many may come.
    """

    def __init__(self, link: Link, function: PciFunction) -> None:
        self._link = link
        self._function = function
        counts = {kind: self._count(kind) for kind in (MSIX, MSI)}
        self.kind = MSIX if counts[MSIX] else MSI
        self.count = counts[self.kind]
        self.enabled = 0
        self._counters = Counters(self.count, link)

    def _count(self, kind: int) -> int:
        try:
            answer = self._link.ask(
                Command.DEVICE_GET_IRQ_INFO, [IRQ_INFO.pack(IRQ_INFO.size_bytes, 0, kind, 0)]
            )
        except Denied:
            return 0
        info = IRQ_INFO.read(answer.payload)
        return min(info.vectors, Counters.MOST) if info.flags & IrqFlag.EVENTFD else 0

    def enable(self, count: int) -> None:
        """Let vectors 0 .. count-1 come.

        Raises:
            UsageError: the device has fewer.
            DeviceLost: the server is gone.
        """
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= self.count:
            raise UsageError(f"the device has {self.count} vectors, not {count}", count=count)
        self.disable()
        self._counters.listen(self.kind, count)
        self.enabled = count
        self._switch(True)

    def _switch(self, on: bool) -> None:
        msix = self._function.msix() if self.kind == MSIX else None
        if msix is not None:
            self._function.set_msix(msix, on)

    def wait(self, vector: int, timeout_s: float) -> int:
        """Wait for a vector; how often it came since it was last asked, 0 after `timeout_s`.

        Raises:
            UsageError: the device has no such vector.
        """
        if not 0 <= vector < self.count:
            raise UsageError(f"there is no vector {vector}", vector=vector, count=self.count)
        return self._counters.wait(vector, timeout_s)

    def disable(self) -> None:
        """Let none come."""
        was, self.enabled = self.enabled, 0
        if was:
            with contextlib.suppress(DeviceLost):  # which sends none
                self._counters.ignore(self.kind)
                self._switch(False)

    def forget(self) -> None:
        """Nothing has come: after a reset."""
        self._counters.forget()

    def close(self) -> None:
        """Let none come, and wake who waits, for good; a second time is nothing."""
        self.disable()
        self._counters.close()
