"""One owner of a device at a time, of all processes: a lock on a file that names the owner.

The kernel lets go of the lock when its owner ends, however that happens; the file stays and means nothing.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import tempfile
from pathlib import Path

from barewire.errors import DeviceBusy, PermissionMissing, UsageError

LOCK_FOLDER = Path("/run/lock")  # which every user may write to, where there is one
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
PID_BYTES = 32
EVERYBODY = 0o666
TRIES = 10


def lock_folder() -> Path:
    """Where the files are: the same for all processes of this machine."""
    return LOCK_FOLDER if os.access(LOCK_FOLDER, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())


def _open(path: Path) -> int:
    """The lock's file, made if it is not there. It is for everybody: the next owner may be another user.

    In a folder like /tmp the kernel refuses to open somebody else's file by a call that could also make it,
    even to root (fs.protected_regular), so that these are two calls.

    Raises:
        OSError: it cannot be opened.
    """
    flags = os.O_CLOEXEC | os.O_NOFOLLOW
    for _ in range(TRIES):
        try:
            return os.open(path, os.O_RDWR | flags)
        except FileNotFoundError:
            pass
        except PermissionError:
            return os.open(path, os.O_RDONLY | flags)
        with contextlib.suppress(FileExistsError):  # somebody was faster
            made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | flags, EVERYBODY)
            with contextlib.suppress(OSError):
                os.fchmod(made, EVERYBODY)  # whatever the umask is
            return made
    raise FileNotFoundError(errno.ENOENT, "it is made and removed all the time", str(path))


class Claim:
    """A device that this process owns, until `close`.

    Args:
        device: its name, such as its PCI address.
        folder: where the lock's file is; `lock_folder()` if not given.

    Raises:
        DeviceBusy: somebody else owns it; carries `pid` where that is known.
        PermissionMissing: the lock's file cannot be opened.
        UsageError: it is no name of a device.
    """

    def __init__(self, device: str, folder: Path | None = None) -> None:
        if not isinstance(device, str) or not NAME.fullmatch(device):
            raise UsageError(f"{device!r} is no name of a slot", expected="such as 0000:01:00.0")
        self.device = device
        self.path = (folder or lock_folder()) / f"barewire-{device}.lock"
        self._descriptor: int | None = self._lock()

    def _lock(self) -> int:
        try:
            descriptor = _open(self.path)
        except OSError as error:
            raise PermissionMissing(f"the lock of {self.device} cannot be opened: {error}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with contextlib.suppress(
                OSError
            ):  # of somebody's who keeps it from writing: then nobody is named
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError as taken:
            busy = self._busy(descriptor)
            os.close(descriptor)
            raise busy from taken
        except OSError as error:
            os.close(descriptor)
            raise PermissionMissing(f"the lock of {self.device} cannot be taken: {error}") from error
        return descriptor

    def _busy(self, descriptor: int) -> DeviceBusy:
        said = os.pread(descriptor, PID_BYTES, 0).strip()
        facts = {"device": self.device, "lock": str(self.path)}
        owner = "another process"
        if said.isdigit():
            facts["pid"] = str(int(said))
            owner = f"process {int(said)}"
        return DeviceBusy(f"{self.device} is in use by {owner}", hint="One owner at a time.", **facts)

    def leave(self) -> None:
        """In a forked child: it stays the parent's, and ends with the parent."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def close(self) -> None:
        """Let somebody else have it; a second time is nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, 0)
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_UN)  # a forked child may hold the descriptor too
            os.close(descriptor)
