"""Part of a BAR in this process, guarded: a device that is gone reads as ones there, too."""

from __future__ import annotations

import ctypes
import threading
import weakref
from typing import Any

from barewire.errors import HostLimit, TransportError
from barewire.native._native import ffi, lib
from barewire.transport.vfio.kernel import Kernel


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
        guard: the native guard over them.

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
        try:
            self.address = kernel.map(device, size_bytes, offset)
        except OSError as error:
            raise TransportError(
                f"{name} cannot be mapped: {error.strerror}", size_bytes=size_bytes, errno=error.errno
            ) from error
        self.guard = lib.bw_guard_new(self.address, size_bytes)
        if self.guard == ffi.NULL:
            kernel.unmap(self.address, size_bytes)
            raise HostLimit(f"{name} cannot be mapped: there are too many mappings", size_bytes=size_bytes)

    @property
    def gone(self) -> bool:
        """Whether an access found that the kernel has taken the pages away."""
        return bool(lib.bw_guard_faults(self.guard))

    def look(self, offset: int, size_bytes: int) -> memoryview:
        """Bytes of them, writable, for as long as somebody looks."""
        array = (ctypes.c_ubyte * size_bytes).from_address(self.address + offset)
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._looks[number] = weakref.ref(array, lambda _: self._ended(number))
        return memoryview(array).cast("B")

    def _ended(self, number: int) -> None:
        """Somebody looks no more."""
        with self._lock:
            self._looks.pop(number, None)
            if self._closed and not self._looks:
                self._kernel.unmap(self.address, self.size_bytes)

    def renew(self) -> None:
        """Map them again where they are: after a reset, the device's pages may be there anew.

        Raises:
            TransportError: the kernel does not map them.
        """
        if self._closed or not self.gone:
            return
        try:
            self._kernel.map(self._device, self.size_bytes, self._offset, self.address)
        except OSError as error:
            raise TransportError(f"{self._name} cannot be mapped again: {error.strerror}") from error
        lib.bw_guard_renew(self.guard)

    def leave(self) -> None:
        """In a forked child: no mapping of the parent's device, only empty memory where it was."""
        self._lock = threading.RLock()  # whoever held it is not here
        if not self._closed:
            self._closed = True
            lib.bw_guard_free(self.guard)
            self._kernel.retire(self.address, self.size_bytes)

    def close(self) -> None:
        """Undo the mapping; a second time is nothing."""
        with self._lock:
            if self._closed:
                return
            lib.bw_guard_free(self.guard)
            if self._looks:
                self._kernel.retire(self.address, self.size_bytes)
            self._closed = True
            if not self._looks:
                self._kernel.unmap(self.address, self.size_bytes)
