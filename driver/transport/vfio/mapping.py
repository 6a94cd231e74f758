"""Part of a BAR in this process, guarded: a device that is gone reads as ones there, too.

A mapping may end while other threads use it. Accesses by its guard are then refused, and those under way are
waited for. Who has it by its address (`look`, `stand_in_for`) finds empty memory of this process there from
then on, which is nobody else's for as long as they hold on to it.
"""

from __future__ import annotations

import contextlib
import ctypes
import threading
import weakref
from collections.abc import Callable
from typing import Any

from barewire.errors import HostLimit, TransportError
from barewire.native._native import lib
from barewire.shield import behind
from barewire.transport.vfio.kernel import Kernel

NO_GUARD = 0


class GuardedPages:
    """Whole pages of a device's file, mapped until `close`; what somebody still looks at then becomes empty.

    Args:
        kernel: of the machine.
        device: the device's descriptor.
        offset: in its file.
        size_bytes: whole pages.
        name: of what is mapped, for messages.

    Attributes:
        address: of the first byte.
        guard: the native guard over them, for accesses.

    Raises:
        TransportError: the kernel does not map them.
        HostLimit: this process may have no more mappings.
    """

    def __init__(self, kernel: Kernel, device: int, offset: int, size_bytes: int, name: str) -> None:
        self.size_bytes = size_bytes
        self._kernel = kernel
        self._device = device
        self._offset = offset
        self._name = name
        self._lock = threading.RLock()  # a look may end wherever Python collects garbage
        self._looks: dict[int, weakref.ref[Any]] = {}
        self._next = 0
        self._closed = False
        self._mapped = True  # or retired; there is something to unmap
        with behind():
            try:
                self.address = kernel.map(device, size_bytes, offset)
            except OSError as error:
                raise TransportError(
                    f"{name} cannot be mapped: {error.strerror}", size_bytes=size_bytes, errno=error.errno
                ) from error
            self.guard: int = lib.bw_guard_new(self.address, size_bytes)
            if self.guard == NO_GUARD:
                kernel.unmap(self.address, size_bytes)
                raise HostLimit(
                    f"{name} cannot be mapped: there are too many mappings", size_bytes=size_bytes
                )

    @property
    def gone(self) -> bool:
        """Whether an access found that the kernel has taken the pages away."""
        return bool(lib.bw_guard_faults(self.guard))

    def look(self, offset: int, size_bytes: int) -> memoryview:
        """Bytes of them, writable, for as long as somebody looks.

        Raises:
            TransportError: they are closed.
        """
        with self._lock:
            if self._closed:
                raise TransportError(f"{self._name} is closed", name=self._name)
            array = (ctypes.c_ubyte * size_bytes).from_address(self.address + offset)
            self.stand_in_for(array)
        return memoryview(array).cast("B")

    def stand_in_for(self, user: Any) -> None:
        """Keep memory at their address for as long as there is an object, even if they are closed."""
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._looks[number] = weakref.ref(user, lambda _: self._ended(number))

    def _ended(self, number: int) -> None:
        """Somebody looks no more."""
        with self._lock:
            self._looks.pop(number, None)
            self._unmap_unused()

    def _unmap_unused(self) -> None:
        """Once closed, and nobody looks any more; with the lock held."""
        if self._closed and self._mapped and not self._looks:
            self._mapped = False
            try:
                self._kernel.unmap(self.address, self.size_bytes)
            except OSError as error:
                raise TransportError(
                    f"{self._name} stays mapped: {error.strerror}", errno=error.errno
                ) from error

    def renew(self) -> None:
        """Map them again where they are: after a reset, the device's pages may be there anew.

        Raises:
            TransportError: the kernel does not map it.
        """
        with self._lock:
            if self._closed or not self.gone:
                return
            try:
                self._kernel.map(self._device, self.size_bytes, self._offset, self.address)
            except OSError as error:
                raise TransportError(
                    f"{self._name} cannot be mapped again: {error.strerror}", errno=error.errno
                ) from error
            lib.bw_guard_renew(self.guard)

    def leave(self) -> None:
        """In a forked child: no mapping of the parent's device, only empty memory where it was."""
        self._lock = threading.RLock()  # whoever held it is not here
        with contextlib.suppress(TransportError):
            self.close()

    def close(self) -> None:
        """Undo the mapping; a second time is nothing.

        Raises:
            TransportError: the kernel refuses; the pages stay mapped.
        """
        with behind(), self._lock:
            if self._closed:
                return
            self._closed = True
            lib.bw_guard_shut(self.guard)
            try:
                self._kernel.retire(self.address, self.size_bytes)
            except OSError as error:
                if self._looks:  # they see the device's memory on, guarded
                    self._mapped = False
                    raise TransportError(
                        f"{self._name} stays mapped: {error.strerror}", errno=error.errno
                    ) from error
            lib.bw_guard_free(self.guard)
            self._unmap_unused()


class MappedPart:
    """Part of a BAR in this process: a `Mapped`.

    If its BAR is closed first, its address is that of empty memory until it is closed, too, or gone: what
    native code still writes there meets nobody.
    """

    def __init__(
        self, pages: GuardedPages, skip: int, size_bytes: int, forget: Callable[[GuardedPages], None]
    ) -> None:
        self.address = pages.address + skip
        self.size_bytes = size_bytes
        self._pages = pages
        self._skip = skip
        self._forget = forget
        self._holds: _Hold | None = _Hold()
        pages.stand_in_for(self._holds)

    def look(self) -> memoryview:
        """Its bytes; see `Mapped.look`.

        Raises:
            TransportError: it is closed, or its bus.
        """
        return self._pages.look(self._skip, self.size_bytes)

    def close(self) -> None:
        """Undo the mapping; a second time is nothing."""
        self._holds = None
        self._pages.close()
        self._forget(self._pages)


class _Hold:
    """Is there for as long as an address may be used."""


class MappedDoorbell:
    """A doorbell in a mapped BAR: native code writes it.

    The mapping stays until the bus is closed. Who rings a doorbell that was closed by then, against the
    promise, writes to empty memory for as long as this object is there.
    """

    bell = 0

    def __init__(self, mapped: MappedPart) -> None:
        self.address = mapped.address
        self._mapped = mapped

    def close(self) -> None:
        """Let go."""
        self.address = 0
