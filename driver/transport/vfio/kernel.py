"""The operating system as VFIO's users see it: files, ioctls, mappings, memory. All else goes through this.

Facts: Linux man pages ioctl(2), mmap(2), madvise(2), eventfd(2), proc_pid_status(5), proc_pid_pagemap(5).
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import resource
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol, TypeVar

from barewire.errors import DeviceLost, TransportError
from barewire.transport.vfio import abi
from barewire.transport.vfio.abi import Request, ffi
from cffi import FFI

T = TypeVar("T")

HUGE_BYTES = 2 << 20
INTERRUPTED_TIMES = 1000  # signals that come one after another, before a system call begins
PAGE_BYTES = 4096
CAP_IPC_LOCK = 14  # of /proc/self/status's CapEff: this process may lock as much as it wants
# What system calls on a device answer once it is no more.
GONE = (errno.EIO, errno.ENODEV, errno.ENXIO)

_MAP_FIXED = 0x10
_MAP_NORESERVE = 0x4000
_MAP_HUGETLB = 0x40000
_MAP_HUGE_2MB = 21 << 26
_MADV_DONTFORK = 10
_MADV_HUGEPAGE = 14
_MADV_WIPEONFORK = 18
_PRESENT, _FRAME_MASK = 1 << 63, (1 << 55) - 1


class Kernel(Protocol):
    """What is needed of the operating system. Every method raises OSError as the system call would."""

    def usable(self, path: str) -> bool:
        """Whether there is a file that this process may open for reading and writing."""

    def open(self, path: str) -> int:
        """Open a device file for reading and writing; returns its descriptor."""

    def close(self, fd: int) -> None:
        """Close a descriptor."""

    def ioctl(self, fd: int, request: Request, argument: Any = 0) -> int:
        """One ioctl; its argument is a number, or a buffer that is read and written. What it returns."""

    def read(self, fd: int, size_bytes: int, offset: int) -> bytes:
        """Bytes of a file, at once."""

    def write(self, fd: int, data: bytes, offset: int) -> None:
        """Write bytes of a file, at once."""

    def map(self, fd: int, size_bytes: int, offset: int, at: int | None = None) -> int:
        """Map part of a file, in place of what is mapped at an address if one is given; the address."""

    def unmap(self, address: int, size_bytes: int) -> None:
        """Undo `map`."""

    def retire(self, address: int, size_bytes: int) -> None:
        """Put empty memory where a mapping was, for a view that is still held; `unmap` removes it."""

    def memory(self, size_bytes: int, huge: bool) -> mmap.mmap:
        """Zeroed memory of this process alone, of huge pages from the machine's pool or ordinary ones.

        A forked child finds zeros in place of ordinary ones, and nothing where huge ones were.
        """

    def stand_in(self, address: int, size_bytes: int) -> None:
        """In a forked child: put empty memory where `memory` of huge pages was in its parent."""

    def eventfd(self) -> int:
        """A counter that a device may raise, as a descriptor that never blocks."""

    def status(self) -> str:
        """/proc/self/status."""

    def memlock_limit(self) -> int | None:
        """RLIMIT_MEMLOCK in bytes; None for any amount."""

    def frames(self, address: int, count: int) -> list[int]:
        """Physical addresses of pages of this process; 0 for those that it may not know."""


@cache
def _libc() -> tuple[FFI, Any]:
    declared = FFI()
    declared.cdef(
        """
        int ioctl(int fd, unsigned long request, ...);
        void *mmap(void *address, size_t size, int protection, int flags, int fd, long offset);
        int munmap(void *address, size_t size);
        """
    )
    return declared, declared.dlopen(None)


class LinuxKernel:
    """The kernel of this machine."""

    def __init__(self) -> None:
        self._ffi, self._libc = _libc()

    def usable(self, path: str) -> bool:
        return os.access(path, os.R_OK | os.W_OK)

    def open(self, path: str) -> int:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def close(self, fd: int) -> None:
        os.close(fd)

    def ioctl(self, fd: int, request: Request, argument: Any = 0) -> int:
        if isinstance(argument, int):
            passed = self._ffi.cast("long", argument)
        else:
            passed = self._ffi.cast("void *", self._ffi.from_buffer(argument))
        for _ in range(INTERRUPTED_TIMES):
            answer: int = self._libc.ioctl(fd, request.number, passed)
            if answer >= 0:
                return answer
            if self._ffi.errno != errno.EINTR:
                break
        raise OSError(self._ffi.errno, f"{request.name}: {os.strerror(self._ffi.errno)}")

    def read(self, fd: int, size_bytes: int, offset: int) -> bytes:
        return os.pread(fd, size_bytes, offset)

    def write(self, fd: int, data: bytes, offset: int) -> None:
        written = os.pwrite(fd, data, offset)
        if written != len(data):
            raise OSError(errno.EIO, f"wrote {written} of {len(data)} bytes")

    def map(self, fd: int, size_bytes: int, offset: int, at: int | None = None) -> int:
        return self._map(size_bytes, mmap.MAP_SHARED, fd, offset, at)

    def _map(self, size_bytes: int, flags: int, fd: int, offset: int, at: int | None) -> int:
        place = self._ffi.NULL if at is None else self._ffi.cast("void *", at)
        flags |= 0 if at is None else _MAP_FIXED
        got = self._libc.mmap(place, size_bytes, mmap.PROT_READ | mmap.PROT_WRITE, flags, fd, offset)
        address = int(self._ffi.cast("uintptr_t", got))
        if address == 2**64 - 1:
            raise OSError(self._ffi.errno, f"mmap of {size_bytes:#x} bytes: {os.strerror(self._ffi.errno)}")
        return address

    def unmap(self, address: int, size_bytes: int) -> None:
        if self._libc.munmap(self._ffi.cast("void *", address), size_bytes):
            raise OSError(self._ffi.errno, f"munmap: {os.strerror(self._ffi.errno)}")

    def retire(self, address: int, size_bytes: int) -> None:
        self._map(size_bytes, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_NORESERVE, -1, 0, address)

    def memory(self, size_bytes: int, huge: bool) -> mmap.mmap:
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | (_MAP_HUGETLB | _MAP_HUGE_2MB if huge else 0)
        made = mmap.mmap(-1, size_bytes, flags=flags)
        # A forked child shares none of it: a page that is copied when it is written to would no longer be
        # the one that the device has.
        with contextlib.suppress(OSError):
            made.madvise(_MADV_DONTFORK if huge else _MADV_WIPEONFORK)
        if not huge and size_bytes >= HUGE_BYTES:
            with contextlib.suppress(OSError):  # a kernel without transparent huge pages
                made.madvise(_MADV_HUGEPAGE)
        return made

    def stand_in(self, address: int, size_bytes: int) -> None:
        self.retire(address, size_bytes)

    def eventfd(self) -> int:
        return os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def status(self) -> str:
        with open("/proc/self/status") as file:
            return file.read()

    def memlock_limit(self) -> int | None:
        limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
        return None if limit == resource.RLIM_INFINITY else limit

    def frames(self, address: int, count: int) -> list[int]:
        fd = os.open("/proc/self/pagemap", os.O_RDONLY | os.O_CLOEXEC)
        try:
            said = os.pread(fd, 8 * count, address // PAGE_BYTES * 8)
        finally:
            os.close(fd)
        words = [int.from_bytes(said[at : at + 8], "little") for at in range(0, len(said), 8)]
        return [(word & _FRAME_MASK) * PAGE_BYTES if word & _PRESENT else 0 for word in words]


def ask(kernel: Kernel, fd: int, request: Request, name: str, **fields: int) -> bytearray:
    """What the kernel tells by a structure, with all that follows it.

    Args:
        kernel, fd, request: the question.
        name: of the structure that the answer begins with.
        fields: that say what is asked for.

    Raises:
        OSError: of the ioctl.
        TransportError: the answer is longer than any that is known, or never fits.
    """
    size = fixed = ffi.sizeof(f"struct {name}")
    for _ in range(abi.TRIES):
        asked = abi.with_data(name, bytes(size - fixed), **fields)
        kernel.ioctl(fd, request, asked)
        needed = int.from_bytes(asked[:4], "little")
        if needed <= len(asked):
            return asked
        if needed > abi.MOST_INFORMATION_BYTES:
            break
        size = needed
    raise TransportError(f"{request.name} has more to say than can be believed", size_bytes=needed)


def unless_gone(call: Callable[[], T], what: str, device: str) -> T | None:
    """What a system call on a device gives; None once the device is no more.

    Raises:
        TransportError: the call failed for another reason.
    """
    try:
        return call()
    except OSError as error:
        if error.errno in GONE:
            return None
        raise TransportError(f"{what} failed: {error.strerror}", device=device, errno=error.errno) from error


def lost(device: str, what: str, error: OSError | None = None) -> DeviceLost:
    """The error for a device that is no more."""
    facts = {} if error is None else {"errno": error.errno}
    return DeviceLost(
        f"{device} does not answer any more: {what}",
        hint="It fell off the bus, lost its power, or was taken from vfio-pci. `barewire status` shows it.",
        device=device,
        **facts,
    )
