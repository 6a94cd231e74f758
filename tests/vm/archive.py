"""Archives that Linux unpacks into its first file system: cpio, "newc" format.

Facts: Linux's Documentation/driver-api/early-userspace/buffer-format.rst. Several archives in one file are
unpacked one after the other.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath
from typing import BinaryIO

MAGIC = b"070701"
TRAILER = "TRAILER!!!"
ALIGNMENT = 4


class Archive:
    """One archive, written as it is filled; folders come by themselves.

    Paths are absolute, as the guest sees them. What is added twice is there as it was added first.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._there: set[PurePosixPath] = {PurePosixPath("/")}

    def add_bytes(self, path: str, content: bytes, *, executable: bool = False) -> None:
        """A file with this content."""
        self._add(PurePosixPath(path), stat.S_IFREG | (0o755 if executable else 0o644), content)

    def add_file(self, path: str, source: Path) -> None:
        """A file as it is on this machine; a link as what it leads to."""
        mode = stat.S_IFREG | stat.S_IMODE(source.stat().st_mode)
        self._add(PurePosixPath(path), mode, source.read_bytes())

    def add_link(self, path: str, target: str) -> None:
        """A symbolic link."""
        self._add(PurePosixPath(path), stat.S_IFLNK | 0o777, target.encode())

    def add_folder(self, path: str) -> None:
        """An empty folder."""
        self._add(PurePosixPath(path), stat.S_IFDIR | 0o755, b"")

    def add_tree(self, path: str, source: Path) -> None:
        """Everything in a folder of this machine."""
        for folder, _, names in os.walk(source, followlinks=True):
            inside = PurePosixPath(path) / Path(folder).relative_to(source).as_posix()
            for name in sorted(names):
                self.add_file(str(inside / name), Path(folder) / name)

    def close(self) -> None:
        """Write the end; the file stays open."""
        self._write(PurePosixPath("/" + TRAILER), 0, b"")

    def _add(self, path: PurePosixPath, mode: int, content: bytes) -> None:
        if path in self._there:
            return
        if path.parent not in self._there:
            self._add(path.parent, stat.S_IFDIR | 0o755, b"")
        self._there.add(path)
        self._write(path, mode, content)

    def _write(self, path: PurePosixPath, mode: int, content: bytes) -> None:
        name = os.fsencode(str(path).lstrip("/")) + b"\0"
        # inode, mode, uid, gid, links, mtime, size, device, device of the node, length of the name, checksum
        numbers = (len(self._there), mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
        head = MAGIC + b"".join(b"%08x" % number for number in numbers) + name
        self._file.write(_padded(head))
        self._file.write(_padded(content))


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % ALIGNMENT)
