"""Files that a client shares: mapped once each, and only so that the client cannot pull them away.

A file that shrinks under a mapping ends the process that touches it (SIGBUS). What is mapped here is sealed
against that (F_SEAL_SHRINK) before; what cannot be sealed is not mapped, unless its owner is trusted. Nor are
huge pages of the machine's pool: where that is empty, touching one that its owner has not filled, or has
punched out, ends a process as well, and no seal is against that.

Facts: memfd_create(2), fcntl(2) "File Sealing", mmap(2), statfs(2).
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import stat

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
_fstatfs = _libc.fstatfs
_fstatfs.argtypes = (ctypes.c_int, ctypes.c_void_p)
_STATFS_BYTES = 256  # more than there is (120); its first word tells the kind of the file system
_HUGETLBFS = 0x958458F6
_munmap = _libc.munmap
_munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)


class Unsealed(Exception):
    """A file that its owner could shrink, or whose pages may run out."""


def map_file(file: int, size_bytes: int, writable: bool = True, at: int = 0) -> int:
    """The first bytes of a file, shared; their address. `file` -1 is memory of nobody else.

    Args:
        at: in place of what is mapped there, if it is given.

    Raises:
        OSError: the kernel does not map it.
    """
    protection = mmap.PROT_READ | (mmap.PROT_WRITE if writable else 0)
    flags = mmap.MAP_SHARED if file >= 0 else mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    flags |= _MAP_NORESERVE | (_MAP_FIXED if at else 0)
    address = _mmap(at or None, size_bytes, protection, flags, file, 0)
    if address is None or address == _FAILED:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return int(address)


def unmap(address: int, size_bytes: int) -> None:
    """Give addresses back."""
    _munmap(address, size_bytes)


def seal(file: int) -> bool:
    """Keep a file from shrinking, for good; False where that cannot be."""
    try:
        if fcntl.fcntl(file, fcntl.F_GET_SEALS) & fcntl.F_SEAL_SHRINK:
            return True
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
    except OSError:
        return False
    return True


def may_run_out(file: int) -> bool:
    """Whether a file's pages are of the machine's pool of huge pages, or nobody tells."""
    about = ctypes.create_string_buffer(_STATFS_BYTES)
    if _fstatfs(file, about):
        return True
    return ctypes.c_long.from_buffer(about).value == _HUGETLBFS


class SharedFile:
    """One file, mapped whole.

    Attributes:
        address: of its first byte.
        size_bytes: of what is mapped.
        users: how many hold it; the last one unmaps it.
    """

    def __init__(self, key: tuple[int, int, bool], address: int, size_bytes: int) -> None:
        self.key = key
        self.address = address
        self.size_bytes = size_bytes
        self.users = 0


class SharedFiles:
    """The files of one client, by inode: a guest's memory comes with every mapping of it.

    Args:
        trusted: map files that cannot be sealed, too.
    """

    def __init__(self, trusted: bool = False) -> None:
        self._trusted = trusted
        self._files: dict[tuple[int, int, bool], SharedFile] = {}

    def take(self, file: int, offset: int, size_bytes: int, writable: bool) -> SharedFile:
        """The mapping of a file, for one user more; the descriptor is not needed afterwards.

        Raises:
            Unsealed: its owner could shrink it, or its pages may run out.
            OSError: it has no such bytes, or cannot be mapped; with the errno.
        """
        about = os.fstat(file)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, "what came is no file")
        if offset + size_bytes > about.st_size:
            raise OSError(errno.EINVAL, "the file is shorter")
        key = (about.st_dev, about.st_ino, writable)
        known = self._files.get(key)
        if known is None or offset + size_bytes > known.size_bytes:
            if not self._trusted and (may_run_out(file) or not seal(file)):
                raise Unsealed
            size = os.fstat(file).st_size  # now it cannot shrink
            if offset + size_bytes > size:
                raise OSError(errno.EINVAL, "the file is shorter")
            known = SharedFile(key, map_file(file, size, writable), size)
            self._files[key] = known
        known.users += 1
        return known

    def give_back(self, shared: SharedFile) -> None:
        """One user less."""
        shared.users -= 1
        if not shared.users:
            unmap(shared.address, shared.size_bytes)
            if self._files.get(shared.key) is shared:
                del self._files[shared.key]

    def __len__(self) -> int:
        return len(self._files)
