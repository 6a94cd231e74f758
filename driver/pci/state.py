"""What binding found before it changed anything, kept in a file until it is as before again.

The folder is on /run, which the machine empties when it starts: what a restart undoes needs no restoring.
Everybody may read the files, so that `barewire status` tells everybody the same; only their owner writes.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from barewire.errors import DeviceBusy, FormatError, PermissionMissing, SetupError
from barewire.pci.sysfs import ADDRESS, Sysfs, text_in

STATE_FOLDER = Path("/run/barewire")
VERSION = 1
MOST_BYTES = 1 << 20
BOOT_ID = "sys/kernel/random/boot_id"


@dataclass(frozen=True)
class Was:
    """A function before it was bound.

    Attributes:
        id_text: vendor and device, so that another card in the same place is not taken for it.
        driver, driver_override: None where there was none.
    """

    address: str
    id_text: str
    driver: str | None
    driver_override: str | None


@dataclass(frozen=True)
class OwnerWas:
    """A device file that was there before, and whose it was."""

    path: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Record:
    """What one bind changed, as it was before.

    Attributes:
        address: of the function that was asked for.
        functions: all that were bound, in the order in which they were.
        owners: of files that were given to somebody.
        unsafe_no_iommu: VFIO's parameter of that name, if it was switched on; else None.
        boot_id: of the kernel that ran.
        pid: of the process that bound.
        time_utc: when, as in 2026-01-31T12:00:00Z.
    """

    address: str
    functions: tuple[Was, ...]
    owners: tuple[OwnerWas, ...] = ()
    unsafe_no_iommu: str | None = None
    boot_id: str = ""
    pid: int = 0
    time_utc: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Of the functions that were bound."""
        return tuple(each.address for each in self.functions)


def new_record(
    sysfs: Sysfs,
    address: str,
    functions: tuple[Was, ...],
    owners: tuple[OwnerWas, ...],
    unsafe_no_iommu: str | None,
) -> Record:
    """A record of now."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    boot_id = text_in(sysfs.proc / BOOT_ID) or ""
    return Record(address, functions, owners, unsafe_no_iommu, boot_id, os.getpid(), now)


class States:
    """The state files of a machine.

    Args:
        sysfs: the machine.
        folder: where they are.
    """

    def __init__(self, sysfs: Sysfs, folder: Path = STATE_FOLDER) -> None:
        self.sysfs = sysfs
        self.folder = Path(folder)

    def path(self, address: str) -> Path:
        """The file of a function that was asked for."""
        return self.folder / f"bind-{address}.json"

    def find(self, address: str) -> Record | None:
        """The record that a function is part of, if it was bound since this kernel started.

        Raises:
            FormatError: a state file is damaged.
            PermissionMissing: one cannot be read.
        """
        return next((record for record in self.all() if address in (record.address, *record.addresses)), None)

    def all(self) -> tuple[Record, ...]:
        """Every record of this kernel's, by address. Those of another have nothing left to restore.

        Raises:
            FormatError: a state file is damaged.
            PermissionMissing: one cannot be read.
        """
        boot_id = text_in(self.sysfs.proc / BOOT_ID) or ""
        records = [self.load(path) for path in sorted(self.folder.glob("bind-*.json"))]
        return tuple(record for record in records if record.boot_id == boot_id)

    def load(self, path: Path) -> Record:
        """One record.

        Raises:
            FormatError: the file is damaged, or somebody else could have written it.
            PermissionMissing: it cannot be read.
        """
        try:
            said = path.lstat()
            content = path.read_bytes() if said.st_size <= MOST_BYTES else b""
        except OSError as error:
            raise PermissionMissing(f"the state file {path} cannot be read: {error.strerror}") from error
        if not stat.S_ISREG(said.st_mode) or said.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise damaged(path, "others than its owner may write it")
        try:
            return record_from(json.loads(content))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise damaged(path, f"{type(error).__name__}: {error}") from error

    def begin(self, record: Record) -> None:
        """Write a record for the first time.

        Raises:
            DeviceBusy: there is one for this function: it is being bound, or was and is not restored.
            PermissionMissing, SetupError: it cannot be written.
        """
        path = self.path(record.address)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            self._drop_old(path)
            _write(partial, record)
            os.link(partial, path)  # fails where there is one: two binders at once do not both begin
        except FileExistsError as error:
            raise DeviceBusy(
                f"{record.address} is being bound, or was bound and not restored: {path} is there",
                hint=f"`barewire status` says which of both; `barewire unbind {record.address}` restores.",
                path=str(path),
            ) from error
        except OSError as error:
            kind = PermissionMissing if isinstance(error, PermissionError) else SetupError
            hint = "Run it as root." if isinstance(error, PermissionError) else None
            raise kind(f"the state file {path} cannot be written: {error.strerror}", hint=hint) from error
        finally:
            with contextlib.suppress(OSError):
                partial.unlink()
            self._tidy()

    def _drop_old(self, path: Path) -> None:
        """A file of a kernel that runs no more."""
        if path.exists() and self.load(path).boot_id != (text_in(self.sysfs.proc / BOOT_ID) or ""):
            path.unlink()

    def end(self, record: Record) -> None:
        """Everything is as it was: take the file away, and the folder if it is empty."""
        with contextlib.suppress(FileNotFoundError):
            self.path(record.address).unlink()
        self._tidy()

    def _tidy(self) -> None:
        """Take the folder away if it is empty."""
        with contextlib.suppress(OSError):
            self.folder.rmdir()


def _write(path: Path, record: Record) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"version": VERSION, **asdict(record)}, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def damaged(path: Path, why: str) -> FormatError:
    """The error of a file that is none of ours."""
    return FormatError(
        f"{path} is no state file of barewire's",
        hint="Look at it; remove it once the device's driver and driver_override are as you want them.",
        path=str(path),
        why=why,
    )


def record_from(data: Any) -> Record:
    """A record from what JSON held.

    Raises:
        ValueError, TypeError, KeyError: it is none.
    """
    if data["version"] != VERSION:
        raise ValueError(f"version {data['version']!r}")
    functions = tuple(
        Was(
            _address(each["address"]),
            _text(each["id_text"]),
            _name(each["driver"]),
            _name(each["driver_override"]),
        )
        for each in _list(data["functions"])
    )
    owners = tuple(
        OwnerWas(_text(each["path"]), _number(each["uid"]), _number(each["gid"]))
        for each in _list(data["owners"])
    )
    unsafe = data["unsafe_no_iommu"]
    if unsafe not in (None, "N", "Y"):
        raise ValueError(f"unsafe_no_iommu {unsafe!r}")
    return Record(
        _address(data["address"]),
        functions,
        owners,
        unsafe,
        _text(data["boot_id"]),
        _number(data["pid"]),
        _text(data["time_utc"]),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"{value!r} is no number")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value


def _address(value: Any) -> str:
    if not ADDRESS.fullmatch(_text(value)):
        raise ValueError(f"{value!r} is no PCI address")
    return _text(value)


def _name(value: Any) -> str | None:
    """A driver's name, which becomes part of a path."""
    if value is None:
        return None
    if not _text(value) or "/" in value or value in (".", ".."):
        raise ValueError(f"{value!r} is no driver's name")
    return _text(value)
