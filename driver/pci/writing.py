"""Writes to sysfs that can be given up on, and signals that wait until a write is done.

Writing to `unbind` runs the driver's own farewell, and some drivers wait there for ever, in a sleep that no
signal ends, until the last user of the device is gone. Whoever waits for such a write in his own process
waits with it, and cannot even be killed. So each write is made by a child, which is left behind when its time
is up.

Facts: Linux drivers/base/bus.c (unbind_store, bind_store: what the driver answers is what the write answers),
drivers/vfio/vfio_main.c (vfio_unregister_group_dev waits for the device's users); man 7 signal.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Protocol

from barewire.errors import PermissionMissing, PollTimeout, TransportError
from barewire.poll import poll

# A child that is killed ends at once, or once the kernel has ended its write: a farewell takes some seconds.
LAST_WAIT_S = 5.0
# The child answers with the errno, plus what tells it from the exit codes of a Python that does not start.
ERRNO_BASE = 100
CHILD = f"""\
import os, sys
try:
    file = os.open(sys.argv[1], os.O_WRONLY | os.O_CLOEXEC)
    os.write(file, sys.argv[2].encode())
    os.close(file)
except OSError as error:
    os._exit({ERRNO_BASE} + (error.errno or 0))
os._exit(0)
"""


def never() -> bool:
    """Nobody wants to stop."""
    return False


class Writer(Protocol):
    """Who changes files of the kernel's."""

    def write(self, path: Path, text: str, timeout_s: float, stop: Callable[[], bool] = never) -> None:
        """Write a text to a file of sysfs.

        Args:
            timeout_s: after how long it is given up.
            stop: asked meanwhile; true gives it up at once.

        Raises:
            OSError: the kernel refuses; its errno says why.
            PollTimeout: it was given up; carries `pid` if a child is still at it.
            TransportError: something killed the child.
        """
        ...

    def load_module(self, module: str, timeout_s: float, stop: Callable[[], bool] = never) -> None:
        """Load a kernel module.

        Raises:
            TransportError: it cannot be loaded.
            PollTimeout: it was given up.
        """
        ...

    def settle(self, timeout_s: float) -> None:
        """Let udev, where there is one, do what it has to with new device files."""
        ...

    def chown(self, path: Path, uid: int, gid: int) -> None:
        """Give a device file to somebody.

        Raises:
            OSError: it cannot be.
        """
        ...


class PatientWriter:
    """Each write in a child of its own, which can be left behind.

    Attributes:
        left_behind: children that were given up and are still in the kernel.
    """

    def __init__(self, last_wait_s: float = LAST_WAIT_S) -> None:
        self.last_wait_s = last_wait_s
        self.left_behind: list[subprocess.Popen[bytes]] = []

    def write(self, path: Path, text: str, timeout_s: float, stop: Callable[[], bool] = never) -> None:
        """See `Writer.write`."""
        words = [sys.executable, "-I", "-S", "-c", CHILD, str(path), text]
        code = self._run(words, f"the write to {path}", timeout_s, stop)
        if code >= ERRNO_BASE:
            number = code - ERRNO_BASE
            raise OSError(number, os.strerror(number), str(path))
        if code:
            raise TransportError(
                f"Python cannot be run for the write to {path}",
                hint=f"`{sys.executable} -I -S -c pass` says why.",
                exit_code=code,
            )

    def load_module(self, module: str, timeout_s: float, stop: Callable[[], bool] = never) -> None:
        """See `Writer.load_module`."""
        try:
            code = self._run(["modprobe", module], f"`modprobe {module}`", timeout_s, stop)
        except PollTimeout:  # an OSError too
            raise
        except OSError as error:
            raise TransportError(f"modprobe cannot be run: {error.strerror}") from error
        if code:
            raise TransportError(
                f"`modprobe {module}` failed",
                hint=f"`modprobe -v {module}` as root says why.",
                exit_code=code,
            )

    def settle(self, timeout_s: float) -> None:
        """See `Writer.settle`."""
        with contextlib.suppress(OSError, TransportError, PollTimeout):
            self._run(["udevadm", "settle"], "`udevadm settle`", timeout_s, never)

    def _run(self, words: list[str], what: str, timeout_s: float, stop: Callable[[], bool]) -> int:
        """The exit code of a child.

        Raises:
            PollTimeout: it was given up.
            TransportError: somebody killed it.
        """
        child = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C at the terminal is for its parent
        )
        with contextlib.suppress(PollTimeout):
            poll(
                lambda: child.poll() is not None or stop(),
                bool,
                timeout_s=timeout_s,
                why=f"{what} did not end",
            )
        if child.returncode is None:
            raise self._given_up(child, what, timeout_s, stop())
        if child.returncode < 0:
            raise TransportError(f"{what} was killed", signal=-child.returncode)
        return child.returncode

    def _given_up(
        self, child: subprocess.Popen[bytes], what: str, timeout_s: float, stopped: bool
    ) -> PollTimeout:
        """The error of a child, which is killed: it must not do later what nobody wants any more."""
        child.kill()
        facts: dict[str, Any] = {"timeout_s": timeout_s}
        hint = None
        try:
            child.wait(timeout=self.last_wait_s)
        except subprocess.TimeoutExpired:
            self.left_behind.append(child)
            facts["pid"] = child.pid
            hint = (
                f"The kernel is still at it, in process {child.pid}, which no signal ends: it waits for the "
                "device's last user. `dmesg | tail` may name it."
            )
        said = "was interrupted" if stopped else "did not end in time"
        return PollTimeout(f"{what} {said}", hint=hint, **facts)

    def chown(self, path: Path, uid: int, gid: int) -> None:
        """See `Writer.chown`."""
        os.chown(path, uid, gid, follow_symlinks=False)


class Latch:
    """SIGINT, SIGTERM and SIGHUP wait while this is entered; what came is delivered when it is left.

    Only on the main thread; on others nothing is done, since no signal interrupts them.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.came: list[int] = []
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Latch:
        if threading.current_thread() is threading.main_thread():
            try:
                for number in self.SIGNALS:
                    before = signal.getsignal(number)
                    # None: a handler that is not Python's
                    if before is not None and before is not signal.SIG_IGN:
                        self._before[number] = before
                        signal.signal(number, self._note)
            except BaseException:  # of a handler that is not replaced yet
                self._put_back()
                raise
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.came.append(number)

    def pending(self) -> bool:
        """Whether one came."""
        return bool(self.came)

    def forget(self) -> None:
        """Do not deliver what came: there is something more important to say."""
        self.came.clear()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._put_back()
        came, self.came = self.came, []
        if came:
            signal.raise_signal(came[0])

    def _put_back(self) -> None:
        """The handlers that were there. One that is called at once, and raises, keeps no other from it."""
        raised: BaseException | None = None
        while self._before:
            try:
                for number, before in list(self._before.items()):
                    if signal.getsignal(number) != before:
                        signal.signal(number, before)
                    del self._before[number]
            except BaseException as error:
                raised = error
        if raised is not None:
            raise raised


def refused(error: OSError, what: str, hint: str | None = None) -> TransportError | PermissionMissing:
    """The typed error of a write that the kernel refused."""
    facts = {"errno": error.errno, "path": error.filename}
    if error.errno in (errno.EPERM, errno.EACCES, errno.EROFS):  # a container's /sys is read-only
        return PermissionMissing(
            f"{what}: {error.strerror}", hint="Run it as root, outside of containers.", **facts
        )
    return TransportError(f"{what}: {error.strerror}", hint=hint, **facts)
