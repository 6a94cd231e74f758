"""Firmware files on disk: plain ones are mapped, compressed ones unpacked."""

from __future__ import annotations

import hashlib
import lzma
import mmap
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from barewire.errors import BadFirmware, FirmwareMissing, PermissionMissing
from barewire.firmware.blob import Blob

ENVIRONMENT = "BAREWIRE_FIRMWARE"
SYSTEM_FOLDERS = (Path("/lib/firmware"), Path("/usr/lib/firmware"))
VENDOR = "nvidia"
READ_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class FirmwareFile:
    """One file.

    Attributes:
        name: what it is, e.g. "bootloader".
        path: where it was found, or "" for one that was made.
        blob: its bytes, unpacked.
    """

    name: str
    path: str
    blob: Blob

    @property
    def sha256(self) -> str:
        """Of the unpacked bytes; read anew each time."""
        return hashlib.sha256(self.blob.data).hexdigest()


def folders(folder: str | os.PathLike[str] | None) -> tuple[Path, ...]:
    """Where to look: the named folder alone, or what the environment names and then the system's."""
    if folder is not None:
        return (Path(folder),)
    named = os.environ.get(ENVIRONMENT)
    return (*([Path(named)] if named else []), *SYSTEM_FOLDERS)


def candidates(folder: Path, chip: str, name: str) -> Iterator[tuple[Path, Callable[[Path], memoryview]]]:
    """Paths that a file may have in a folder, which may be the one above `nvidia/` or that one itself."""
    for start in (folder / VENDOR, folder):
        plain = start / chip / "gsp" / name
        for suffix, read in _READERS.items():
            yield plain.with_name(plain.name + suffix), read


def is_there(path: Path) -> bool:
    """Whether there is a file at a path.

    Raises:
        PermissionMissing: this process may not look into its folder.
        FirmwareMissing: there can be no such path.
    """
    try:
        return path.is_file()
    except PermissionError as error:
        raise PermissionMissing(f"{path} may not be looked at", path=str(path)) from error
    except (OSError, ValueError) as error:
        raise FirmwareMissing(f"{path} cannot be looked at: {error}", path=str(path)) from error


def read_file(path: Path, read: Callable[[Path], memoryview]) -> Blob:
    """A file's bytes, unpacked.

    Raises:
        BadFirmware: it is empty, or cannot be unpacked.
        FirmwareMissing: it cannot be read, or there is nothing here to unpack it with.
        PermissionMissing: this process may not read it.
    """
    try:
        return Blob(path.name, read(path))
    except PermissionError as error:
        raise PermissionMissing(f"{path} may not be read", path=str(path)) from error
    except OSError as error:
        raise FirmwareMissing(f"{path} cannot be read: {error.strerror}", path=str(path)) from error


def _map(path: Path) -> memoryview:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise BadFirmware(f"{path.name} is empty", path=str(path))
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _unxz(path: Path) -> memoryview:
    try:
        with lzma.open(path) as file:
            return memoryview(file.read())
    except (lzma.LZMAError, EOFError) as error:
        raise BadFirmware(f"{path.name} cannot be unpacked: {error}", path=str(path)) from error


def _unzst(path: Path) -> memoryview:
    try:
        import zstandard
    except ImportError as error:
        raise FirmwareMissing(
            f"{path} is packed with zstd, which is not installed here",
            hint="pip install barewire[fatbin], or unpack the file with `zstd -d`.",
            path=str(path),
        ) from error
    try:
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
            data = bytearray()
            while piece := reader.read(READ_AT_ONCE):
                data += piece
            if reader.read(1) or not data:
                raise BadFirmware(f"{path.name} is empty", path=str(path))
    except zstandard.ZstdError as error:
        raise BadFirmware(f"{path.name} cannot be unpacked: {error}", path=str(path)) from error
    return memoryview(data)


# How each kind of file is read, by what its name ends with; a plain one is taken first.
_READERS: dict[str, Callable[[Path], memoryview]] = {"": _map, ".xz": _unxz, ".zst": _unzst}
