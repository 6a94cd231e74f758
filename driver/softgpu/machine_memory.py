"""Memory of the machine that runs the model: mappings at chosen addresses, as Python's mmap cannot."""

from __future__ import annotations

import ctypes
import mmap
import os

PAGE_BYTES = 4096
_MAP_FIXED = 0x10
_MAP_NORESERVE = 0x4000
_FAILED = ctypes.c_void_p(-1).value

_libc = ctypes.CDLL(None, use_errno=True)
_mmap = _libc.mmap
_mmap.restype = ctypes.c_void_p
_mmap.argtypes = (
    ctypes.c_void_p,
    ctypes.c_size_t,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_longlong,
)
_munmap = _libc.munmap
_munmap.restype = ctypes.c_int
_munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_madvise = _libc.madvise
_madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_MADV_DONTDUMP = 16


def make_file(name: str, size_bytes: int) -> int:
    """A sparse file in memory; its descriptor. Pages cost nothing until they are written."""
    file = os.memfd_create(name, os.MFD_CLOEXEC)
    os.ftruncate(file, size_bytes)
    return file


def reserve(size_bytes: int) -> int:
    """Addresses that nothing lies at, and nothing else will get."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_NORESERVE
    return _map(0, size_bytes, 0, flags, -1, 0)


def map_file(file: int, offset: int, size_bytes: int, at: int = 0) -> int:
    """Part of a file, shared, for reading and writing; over what was at `at`, if that is given."""
    flags = mmap.MAP_SHARED | _MAP_NORESERVE | (_MAP_FIXED if at else 0)
    return _map(at, size_bytes, mmap.PROT_READ | mmap.PROT_WRITE, flags, file, offset)


def blank(address: int, size_bytes: int) -> None:
    """Zeros of its own in place of what these addresses showed."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_NORESERVE | _MAP_FIXED
    _map(address, size_bytes, mmap.PROT_READ | mmap.PROT_WRITE, flags, -1, 0)


def unmap(address: int, size_bytes: int) -> None:
    """Give addresses back."""
    _munmap(address, size_bytes)


def leave_out_of_dumps(address: int, size_bytes: int) -> None:
    """Keep gibibytes of a GPU's memory out of a core file."""
    _madvise(address, size_bytes, _MADV_DONTDUMP)


def _map(at: int, size_bytes: int, protection: int, flags: int, file: int, offset: int) -> int:
    address = _mmap(at or None, size_bytes, protection, flags, file, offset)
    if address is None or address == _FAILED:
        code = ctypes.get_errno()
        raise MemoryError(f"the machine did not map {size_bytes:#x} bytes: {os.strerror(code)}")
    return int(address)
