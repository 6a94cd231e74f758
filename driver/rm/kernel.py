"""The kernel as RM's clients see it: files, ioctls, mappings. Everything else reaches it only through this.

Facts: OGKM:kernel-open/nvidia/nv.c (nvidia_ioctl: the size of the structure is part of the request number).
"""

from __future__ import annotations

import ctypes
import fcntl
import os
from functools import cache
from typing import Protocol

_PROT_READ = 1
_PROT_WRITE = 2
_MAP_SHARED = 0x01
_MAP_PRIVATE = 0x02
_MAP_FIXED = 0x10
_MAP_ANONYMOUS = 0x20
_MAP_FAILED = ctypes.c_void_p(-1).value
_READ_WRITE = 3  # of the request number: both directions


def request_number(escape: int, size_bytes: int) -> int:
    """The ioctl number of an RM escape: _IOWR('F', escape, size)."""
    return _READ_WRITE << 30 | size_bytes << 16 | ord("F") << 8 | escape


class Kernel(Protocol):
    """What is needed of the operating system. Every method raises OSError as the system call would."""

    def exists(self, path: str) -> bool:
        """Whether there is a file of that name."""

    def open(self, path: str) -> int:
        """Open a device file for reading and writing; returns its descriptor."""

    def ioctl(self, fd: int, request: int, data: bytearray) -> None:
        """One ioctl; `data` is read and written."""

    def mmap(self, fd: int, size_bytes: int, writable: bool) -> int:
        """Map `size_bytes` of an open file from its offset 0; returns the address."""

    def munmap(self, address: int, size_bytes: int) -> None:
        """Undo mmap."""

    def retire(self, address: int, size_bytes: int) -> None:
        """Put empty memory where a mapping was, for a view that is still held; munmap removes it."""

    def close(self, fd: int) -> None:
        """Close a descriptor."""


@cache
def _libc() -> ctypes.CDLL:
    """The C library, opened once: each CDLL makes a class that only the garbage collector ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [
        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long,
    ]  # fmt: skip
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    return libc


class LinuxKernel:
    """The kernel of this machine."""

    def __init__(self) -> None:
        self._libc = _libc()

    def exists(self, path: str) -> bool:
        return os.path.exists(path)

    def open(self, path: str) -> int:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def ioctl(self, fd: int, request: int, data: bytearray) -> None:
        while True:
            try:
                fcntl.ioctl(fd, request, data, True)
                return
            except InterruptedError:
                # A signal came before the driver began; it never stops halfway.
                continue

    def mmap(self, fd: int, size_bytes: int, writable: bool) -> int:
        return self._mmap(None, size_bytes, writable, _MAP_SHARED, fd)

    def _mmap(self, at: int | None, size_bytes: int, writable: bool, flags: int, fd: int) -> int:
        protection = _PROT_READ | (_PROT_WRITE if writable else 0)
        address: int = self._libc.mmap(at, size_bytes, protection, flags, fd, 0)
        if address == _MAP_FAILED:
            raise OSError(
                ctypes.get_errno(), f"mmap of {size_bytes} bytes: {os.strerror(ctypes.get_errno())}"
            )
        return address

    def munmap(self, address: int, size_bytes: int) -> None:
        if self._libc.munmap(address, size_bytes):
            raise OSError(ctypes.get_errno(), f"munmap: {os.strerror(ctypes.get_errno())}")

    def retire(self, address: int, size_bytes: int) -> None:
        self._mmap(address, size_bytes, True, _MAP_PRIVATE | _MAP_ANONYMOUS | _MAP_FIXED, -1)

    def close(self, fd: int) -> None:
        os.close(fd)
