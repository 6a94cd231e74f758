"""What binding found before it changed anything, kept in a file until it is as before again.

The folder is on /run, which the machine empties when it starts: what a restart undoes needs no restoring.
Everybody may read the files, so that `barewire status` tells everybody the same; only their owner writes.
One process at a time binds or restores: it has a lock, on a file that nobody else can open, so that nobody
else can keep it from anybody.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from barewire.errors import BarewireError, DeviceBusy, FormatError, PermissionMissing, PollTimeout, SetupError
from barewire.pci.sysfs import ADDRESS, Sysfs, text_in
from barewire.poll import poll

STATE_FOLDER = Path("/run/barewire")
LOCK = "lock"
VERSION = 1
MOST_BYTES = 1 << 20
PID_BYTES = 32
MOST_IDS = (1 << 32) - 1  # user and group ids are less; this one stands for "leave it"
BOOT_ID = "sys/kernel/random/boot_id"


@dataclass(frozen=True)
class Was:
    """A function before it was bound.

    Attributes:
        id_text: vendor and device, so that another card in the same place is not taken for it.
        driver, driver_override: None where there was none.
        power_control: whether it could sleep, as `power/control` said it: "auto" or "on"; None if it did not.
    """

    address: str
    id_text: str
    driver: str | None
    driver_override: str | None
    power_control: str | None = None


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

    Attributes:
        trusted_uids: whose files are believed.
    """

    def __init__(self, sysfs: Sysfs, folder: Path = STATE_FOLDER) -> None:
        self.sysfs = sysfs
        self.folder = Path(folder)
        self.trusted_uids = (0, os.geteuid())

    def path(self, address: str) -> Path:
        """The file of a function that was asked for."""
        return self.folder / f"bind-{address}.json"

    # Reading

    def find(self, address: str) -> Record | None:
        """The record that a function is part of, if it was bound since this kernel started.

        Raises:
            FormatError, PermissionMissing: a state file that may be of this function cannot be used.
        """
        records, broken = self.look()
        for record in records:
            if address in (record.address, *record.addresses):
                return record
        for path, error in broken:
            if self._concerns(path, address):
                raise error
        return None

    def _concerns(self, path: Path, address: str) -> bool:
        """Whether a file may be of a function: a record has functions of one IOMMU group."""
        named = path.name.removeprefix("bind-").removesuffix(".json")
        group = self.sysfs.iommu_group(address)
        return named == address or (group is not None and self.sysfs.iommu_group(named) == group)

    def all(self) -> tuple[Record, ...]:
        """Every record of this kernel's, by address. Those of another have nothing left to restore.

        Raises:
            FormatError: a state file is damaged.
            PermissionMissing: one cannot be read.
        """
        records, broken = self.look()
        for _, error in broken:
            raise error
        return records

    def look(self) -> tuple[tuple[Record, ...], tuple[tuple[Path, BarewireError], ...]]:
        """The records of this kernel's, and the files that cannot be used, each with its error."""
        boot_id = text_in(self.sysfs.proc / BOOT_ID) or ""
        records: list[Record] = []
        broken: list[tuple[Path, BarewireError]] = []
        for path in sorted(self.folder.glob("bind-*.json")):
            try:
                record = self.load(path)
            except (FormatError, PermissionMissing) as error:
                if path.is_symlink() or path.exists():  # else somebody else has just restored it
                    broken.append((path, error))
                continue
            if record.boot_id == boot_id:
                records.append(record)
        return tuple(records), tuple(broken)

    def load(self, path: Path) -> Record:
        """One record.

        Raises:
            FormatError: the file is damaged, or somebody else could have written it.
            PermissionMissing: it cannot be read.
        """
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise damaged(path, "it is a link") from error
            raise PermissionMissing(f"the state file {path} cannot be read: {error.strerror}") from error
        with os.fdopen(descriptor, "rb") as file:
            said = os.fstat(descriptor)
            if not stat.S_ISREG(said.st_mode) or said.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise damaged(path, "others than its owner may write it")
            if said.st_uid not in self.trusted_uids:
                raise damaged(path, f"it belongs to user {said.st_uid}")
            try:
                record = record_from(json.loads(file.read(MOST_BYTES)))
            except OSError as error:
                raise PermissionMissing(f"the state file {path} cannot be read: {error.strerror}") from error
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                raise damaged(path, f"{type(error).__name__}: {error}") from error
        if path != self.path(record.address):
            raise damaged(path, f"it is of {record.address}")
        return record

    # One at a time

    @contextlib.contextmanager
    def turn(self, timeout_s: float, stop: Callable[[], bool], *, needed: bool = True) -> Iterator[None]:
        """Only this process binds or restores meanwhile; it waits for another one that does.

        Args:
            timeout_s: how long.
            stop: asked meanwhile; true gives up at once.
            needed: whether it is refused where there can be no lock, as on a file system that became
                read-only: restoring is tried all the same.

        Raises:
            DeviceBusy: another process is at it still; carries its `pid`.
            PermissionMissing, SetupError: there can be no lock.
        """
        descriptor = None
        try:
            descriptor = self._lock(timeout_s, stop)
        except OSError as error:
            if needed or isinstance(error, PermissionError):
                raise unwritable(self.folder / LOCK, error) from error
        try:
            yield
        finally:
            if descriptor is not None:
                self._tidy(with_lock=True)
                os.close(descriptor)

    def _lock(self, timeout_s: float, stop: Callable[[], bool]) -> int:
        path = self.folder / LOCK

        def take() -> int | None:
            try:
                self._make_folder()
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            except FileNotFoundError:  # whoever was at it has just taken the folder away
                return None
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(descriptor).st_nlink:
                    os.pwrite(descriptor, f"{os.getpid():<{PID_BYTES - 1}}\n".encode(), 0)
                    return descriptor
            except BlockingIOError:
                pass
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)
            return None

        def is_over(taken: int | None) -> bool:
            return taken is not None or stop()

        try:
            taken = poll(take, is_over, timeout_s=timeout_s, why="another process binds or restores")
        except PollTimeout:
            taken = None
        if taken is None:
            pid = self.worker()
            who = f"process {pid}" if pid else "another process"
            facts = {"pid": pid} if pid else {}
            raise DeviceBusy(
                f"{who} is binding or restoring a GPU at this moment", hint="Wait until it is done.", **facts
            )
        return taken

    def worker(self) -> int | None:
        """The process that binds or restores now: 0 if it does not say which.

        None without, and for users who may not know.
        """
        try:
            descriptor = os.open(self.folder / LOCK, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            said = os.pread(descriptor, PID_BYTES, 0).strip()
            return int(said) if said.isdigit() else 0
        finally:
            os.close(descriptor)
        return None

    # Writing

    def begin(self, record: Record) -> None:
        """Write a record for the first time.

        Raises:
            DeviceBusy: one of the functions was bound and is not restored.
            FormatError: there is a file that may be of one of them, and cannot be used.
            PermissionMissing, SetupError: it cannot be written.
        """
        path = self.path(record.address)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            self._make_folder()
            self._drop_old(path)
            for address in record.addresses:
                there = self.find(address)
                if there is not None:
                    raise not_restored(address, there)
            _write(partial, record)
            os.link(partial, path)  # never half written, and fails where there is one
        except FileExistsError as error:
            raise DeviceBusy(
                f"{record.address} is being bound, or was bound and not restored: {error.filename} is there",
                hint=f"`barewire status` says which of both; `barewire unbind {record.address}` restores.",
                path=str(path),
            ) from error
        except OSError as error:
            raise unwritable(path, error) from error
        finally:
            with contextlib.suppress(OSError):
                partial.unlink()
            self._tidy()

    def _make_folder(self) -> None:
        """The folder, which everybody may look into, whatever the umask is."""
        try:
            self.folder.mkdir(mode=0o755, parents=True)
        except FileExistsError:
            if not stat.S_ISDIR(self.folder.stat().st_mode):
                raise
        else:
            self.folder.chmod(0o755)

    def _drop_old(self, path: Path) -> None:
        """A file of a kernel that runs no more."""
        if path.exists() and self.load(path).boot_id != (text_in(self.sysfs.proc / BOOT_ID) or ""):
            path.unlink()

    def end(self, record: Record) -> None:
        """Everything is as it was: take the file away, and the folder if it is empty.

        Raises:
            PermissionMissing, SetupError: it cannot be taken away.
        """
        path = self.path(record.address)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(path, error, "cannot be taken away, although all is as it was") from error
        self._tidy()

    def _tidy(self, with_lock: bool = False) -> None:
        """Take the folder away if it is empty, or if whoever has the lock leaves nothing else behind."""
        with contextlib.suppress(OSError):
            if with_lock and os.listdir(self.folder) == [LOCK]:
                (self.folder / LOCK).unlink()
            self.folder.rmdir()


def _write(path: Path, record: Record) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    with contextlib.suppress(FileNotFoundError):
        path.unlink()  # of a process of the same number that was killed here
    with os.fdopen(os.open(path, flags, 0o644), "w") as file:
        os.fchmod(file.fileno(), 0o644)  # whatever the umask is
        json.dump({"version": VERSION, **asdict(record)}, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def not_restored(address: str, record: Record) -> DeviceBusy:
    """The error of a function that is bound already, by a record."""
    return DeviceBusy(
        f"{address} was bound ({record.time_utc}, process {record.pid}) and is not restored",
        hint=f"Restore it first: `barewire unbind {record.address}`.",
        address=address,
    )


def unwritable(path: Path, error: OSError, how: str = "cannot be written") -> BarewireError:
    """The typed error of a file that could not be changed."""
    denied = isinstance(error, PermissionError)
    hint = "Run it as root." if denied else f"{path.parent} has to be writable, and to have room."
    kind = PermissionMissing if denied else SetupError
    return kind(f"{path} {how}: {error.strerror}", hint=hint, path=str(path))


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
            _power_control(each["power_control"]),
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
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MOST_IDS:
        raise TypeError(f"{value!r} is no number")
    return value


def _power_control(value: Any) -> str | None:
    if value not in (None, "auto", "on"):
        raise ValueError(f"power_control {value!r}")
    return None if value is None else str(value)


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
