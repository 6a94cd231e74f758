"""Vectors of a device of vfio-pci: MSI-X, or MSI where it has no other; each is a counter (eventfd).

Facts: linux:include/uapi/linux/vfio.h (VFIO_DEVICE_SET_IRQS; a set of vectors cannot grow while it is on),
linux:drivers/vfio/pci/vfio_pci_intrs.c (vfio_msi_enable: too many vectors give the number that could be had).
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import struct
import threading
import time
from collections.abc import Sequence

from barewire.errors import DeviceLost, HostLimit, TransportError, UsageError
from barewire.shield import behind
from barewire.transport.vfio import abi
from barewire.transport.vfio.abi import ffi
from barewire.transport.vfio.kernel import GONE, Kernel

COUNTER = struct.Struct("=Q")  # what an eventfd gives: how often it was raised
MOST_VECTORS = 2048  # of MSI-X
NOBODY = -1  # in place of a counter
LONGEST_LOOK_S = 3600.0  # poll(2) takes less than 25 days


class VfioInterrupts:
    """Vectors as this process sees them: an `Interrupts`. Any thread may wait.

    Args:
        kernel: of the machine.
        device: the device's descriptor.
        name: of the device, for messages.

    Attributes:
        count: of vectors.
        kind: "MSI-X", "MSI", or "none".
        enabled: how many may come.
    """

    def __init__(self, kernel: Kernel, device: int, name: str) -> None:
        self._kernel = kernel
        self._device = device
        self._name = name
        self._changing = threading.RLock()  # while vectors are switched: before `_lock`
        self._lock = threading.Lock()
        self._events: list[int] = []  # by vector; they stay, so that who waits need not know of a reset
        self._waiting = 0  # threads that look at the counters
        self._woken = counter(kernel)
        self._closed = False
        self.enabled = 0
        found = [(abi.IRQ_MSIX, "MSI-X"), (abi.IRQ_MSI, "MSI")]
        counts = [(count_of(kernel, device, index), index, kind) for index, kind in found]
        self.count, self._index, self.kind = next((each for each in counts if each[0]), (0, 0, "none"))

    def enable(self, count: int) -> None:
        """Let vectors 0 .. count-1 come.

        Raises:
            UsageError: the device has fewer.
            TransportError: the machine has none to spare.
            DeviceLost: the device is gone.
        """
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= self.count:
            raise UsageError(f"the device has {self.count} vectors, not {count}", count=count)
        with behind(), self._changing:
            if self._closed:
                raise TransportError("the bus is closed", bus=self._name)
            self.disable()
            with self._lock:
                while len(self._events) < count:
                    self._events.append(counter(self._kernel))
                events = self._events[:count]
            self._set(count, events)
            self.enabled = count

    def _set(self, count: int, events: Sequence[int]) -> None:
        """Have the kernel raise these counters, or none."""
        try:
            answer = set_vectors(self._kernel, self._device, self._index, count, events)
        except OSError as error:
            if error.errno in GONE:
                raise DeviceLost(f"{self._name} does not answer any more", errno=error.errno) from error
            raise TransportError(
                f"{self._name}: {count} {self.kind} vectors cannot be had: {error.strerror}",
                device=self._name,
                errno=error.errno,
            ) from error
        if answer > 0:
            raise TransportError(
                f"{self._name}: the machine has {answer} interrupt vectors to spare, not {count}",
                hint="Enable fewer.",
                device=self._name,
            )

    def wait(self, vector: int, timeout_s: float) -> int:
        """Wait for a vector; how often it came since it was last asked, 0 after `timeout_s`.

        Raises:
            UsageError: the device has no such vector, or that is no time.
            HostLimit: no counter can be had for it.
        """
        if not 0 <= vector < self.count:
            raise UsageError(f"there is no vector {vector}", vector=vector, count=self.count)
        deadline = time.monotonic() + timeout_s
        if math.isnan(deadline):
            raise UsageError(f"nobody can wait for {timeout_s} s", timeout_s=timeout_s)
        waiting = False
        try:
            with behind(), self._lock:
                if self._closed:
                    return 0
                while len(self._events) <= vector:
                    self._events.append(counter(self._kernel))
                event = self._events[vector]
                self._waiting += 1
                waiting = True
            return self._look(event, deadline)
        finally:
            with behind(), self._lock:
                self._waiting -= waiting
                self._end()

    def _look(self, event: int, deadline: float) -> int:
        """Wait for a counter, or for the end; another thread may take what woke this one."""
        looked = select.poll()
        looked.register(event, select.POLLIN)
        looked.register(self._woken, select.POLLIN)
        left_s = deadline - time.monotonic()
        came = _taken(event)
        while not came and left_s > 0 and not self._closed:
            looked.poll(min(left_s, LONGEST_LOOK_S) * 1000)
            came = _taken(event)
            left_s = deadline - time.monotonic()
        return came

    def disable(self) -> None:
        """Let none come.

        Raises:
            TransportError: the kernel refuses.
        """
        with behind(), self._changing:
            was, self.enabled = self.enabled, 0
            if was:
                with contextlib.suppress(DeviceLost):  # which sends none
                    self._set(0, ())

    def forget(self) -> None:
        """Nothing has come: after a reset."""
        with self._lock:
            for event in self._events:
                _taken(event)

    def close(self) -> None:
        """Let none come, and wake who waits, for good; a second time is nothing."""
        with behind(), self._changing:
            with self._lock:
                if self._closed:
                    return
                self._closed = True
                os.write(self._woken, COUNTER.pack(1))
            try:
                self.disable()
            finally:
                with self._lock:
                    self._end()

    def leave(self) -> None:
        """In a forked child: no counters of the parent's."""
        self._lock, self._changing = threading.Lock(), threading.RLock()  # whoever held them is not here
        self._closed, self._waiting, self.enabled = True, 0, 0
        self._end()

    def _end(self) -> None:
        """Close the counters once all is closed and nobody looks at them; with the lock held."""
        if self._closed and not self._waiting and self._woken >= 0:
            for event in (*self._events, self._woken):
                self._kernel.close(event)
            self._events.clear()
            self._woken = -1


class Notices:
    """What the kernel tells of a device beside its own interrupts: errors, and that it wants the device back.

    Kernels and devices differ in which they have; what is not there is never told.

    Args:
        kernel: of the machine.
        device: the device's descriptor.
        name: of the device, for messages.
    """

    def __init__(self, kernel: Kernel, device: int, name: str) -> None:
        self._kernel = kernel
        self._device = device
        self._lock = threading.RLock()  # a counter that is looked at is not closed meanwhile
        self._events: dict[int, int] = {}
        self._seen: set[int] = set()
        try:
            for index in (abi.IRQ_ERROR, abi.IRQ_REQUEST):
                if count_of(kernel, device, index) == 1:
                    self._listen(index)
        except BaseException:
            self.close()
            raise

    def _listen(self, index: int) -> None:
        event = counter(self._kernel)
        try:
            set_vectors(self._kernel, self._device, index, 1, [event])
        except OSError:  # this device is not told of
            self._kernel.close(event)
            return
        self._events[index] = event

    def _came(self, index: int) -> bool:
        with self._lock:
            if index in self._events and _taken(self._events[index]):
                self._seen.add(index)
            return index in self._seen

    @property
    def failed(self) -> bool:
        """Whether the bus has reported an error of the device that cannot be mended."""
        return self._came(abi.IRQ_ERROR)

    @property
    def asked_back(self) -> bool:
        """Whether the kernel wants the device back."""
        return self._came(abi.IRQ_REQUEST)

    def forget(self) -> None:
        """The device was reset: its errors are over."""
        with self._lock:
            self._came(abi.IRQ_ERROR)
            self._seen.discard(abi.IRQ_ERROR)

    def leave(self) -> None:
        """In a forked child: no counters of the parent's."""
        self._lock = threading.RLock()  # whoever held it is not here
        events, self._events = self._events, {}
        for event in events.values():
            self._kernel.close(event)

    def close(self) -> None:
        """Be told nothing any more; a second time is nothing."""
        with self._lock:
            events, self._events = self._events, {}
        for index, event in events.items():
            with contextlib.suppress(OSError):  # a device that is gone tells nothing anyway
                set_vectors(self._kernel, self._device, index, 1, [NOBODY])
            self._kernel.close(event)


def counter(kernel: Kernel) -> int:
    """A counter that the kernel may raise.

    Raises:
        HostLimit: this process may have no more open files.
    """
    try:
        return kernel.eventfd()
    except OSError as error:
        raise HostLimit(
            f"no counter can be had for an interrupt: {error.strerror}",
            hint="Raise the limit of open files (`ulimit -n`).",
            errno=error.errno,
        ) from error


def count_of(kernel: Kernel, device: int, index: int) -> int:
    """How many vectors of a kind a device has that an eventfd can count."""
    asked = abi.new("vfio_irq_info", index=index)
    try:
        kernel.ioctl(device, abi.DEVICE_GET_IRQ_INFO, ffi.buffer(asked))
    except OSError:
        return 0  # a kernel that knows no such interrupts
    return min(asked.count, MOST_VECTORS) if asked.flags & abi.IRQ_INFO_EVENTFD else 0


def set_vectors(kernel: Kernel, device: int, index: int, count: int, events: Sequence[int]) -> int:
    """Have the kernel raise these counters, or none; what the request returns, 0 if all went well.

    Raises:
        OSError: of the ioctl.
    """
    data = b"".join(struct.pack("=i", event) for event in events)
    kind = abi.IRQ_DATA_EVENTFD if events else abi.IRQ_DATA_NONE
    asked = abi.with_data(
        "vfio_irq_set", data, flags=kind | abi.IRQ_ACTION_TRIGGER, index=index, start=0, count=count
    )
    return kernel.ioctl(device, abi.DEVICE_SET_IRQS, asked)


def _taken(event: int) -> int:
    """How often a counter was raised since it was last asked."""
    try:
        return int(COUNTER.unpack(os.read(event, COUNTER.size))[0])
    except BlockingIOError:
        return 0
