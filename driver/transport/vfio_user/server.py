"""A server: a socket at a path, and one client at a time on it.

The socket is its owner's alone: it is made with mode 0600 in a folder that others cannot change, whoever
connects is asked for by the kernel (SO_PEERCRED), and it is removed at the end. When a client leaves, however
it does, the device is reset, and the next one is let in.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import socket
import stat
import threading
from pathlib import Path

from barewire.errors import (
    DeviceBusy,
    HostLimit,
    PermissionMissing,
    PollTimeout,
    TransportError,
    UsageError,
)
from barewire.poll import poll
from barewire.transport.vfio_user.served import Served
from barewire.transport.vfio_user.session import Limits, Refused, Session, Watch
from barewire.transport.vfio_user.wire import BadHeader, Gone, Wire, peer

LONGEST_PATH = 107  # bytes, as the kernel has it (sockaddr_un)
WAITING_CLIENTS = 8
KEPT = 100  # errors of each kind
AHEAD_BYTES = 1 << 16  # what one call of the kernel takes from a client: some 1800 writes of a register
RETRY_S = 0.1  # after a connection could not be taken
LOCK_S = 5.0
SAFE_MODE = stat.S_IWGRP | stat.S_IWOTH  # what a folder must not have, unless it is sticky


class Server:
    """Serves a device until it is closed. Any thread may close it.

    Args:
        served: the device; it stays the caller's.
        path: where the socket is.
        limits: of what a client may have.
        watch: told of every message; see `Session`.
        users: user ids that may connect; this process's own, and root, if not given.

    Attributes:
        clients: how many there were.
        refused: why connections were closed.
        defects: what the device raised and should not have.

    Raises:
        DeviceBusy: another server has the path.
        HostLimit: this process has no descriptor left.
        PermissionMissing: the folder is open to others, or not to this process.
        UsageError: it is no path for a socket.
    """

    def __init__(
        self,
        served: Served,
        path: str | os.PathLike[str],
        *,
        limits: Limits | None = None,
        watch: Watch | None = None,
        users: frozenset[int] | None = None,
    ) -> None:
        self.served = served
        self.path = Path(path)
        self.clients = 0
        self.refused: list[Exception] = []
        self.defects: list[Exception] = []
        self._limits = limits or Limits()
        self._watch = watch
        self._users = users if users is not None else frozenset({os.geteuid(), 0})
        self._closing = threading.Event()
        self._session: Session | None = None
        self._lock = threading.Lock()
        with contextlib.ExitStack() as undo:
            self._listener, self._identity = _listen(self.path)
            undo.callback(self._close_listener)
            try:
                self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
            except OSError as error:
                raise HostLimit(f"no server can be made: {error.strerror}", errno=error.errno) from error
            undo.pop_all()

    def serve(self, clients: int | None = None) -> None:
        """Serve one client after another, until `close` or until so many were there."""
        served = 0
        while not self._closing.is_set() and (clients is None or served < clients):
            connection = self._accept()
            if connection is None:
                return
            if self.serve_client(connection):
                served += 1

    def _accept(self) -> socket.socket | None:
        """The next connection of somebody who may; None once the server is closed."""
        ready = select.poll()
        ready.register(self._listener, select.POLLIN)
        ready.register(self._wake_read, select.POLLIN)
        while not self._closing.is_set():
            ready.poll(60_000)
            if self._closing.is_set():
                break
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                continue
            except OSError as error:  # no descriptor is left, or another thread has just closed this
                self._keep(error)
                self._closing.wait(RETRY_S)
                continue
            if self._may(connection):
                return connection
            connection.close()
        return None

    def _may(self, connection: socket.socket) -> bool:
        """Whether the one at the other end may have the device."""
        try:
            process, user = peer(connection)
        except TransportError as error:
            self._keep(error)
            return False
        if user not in self._users:
            self._keep(
                PermissionMissing(f"process {process} of user {user} was refused", pid=process, user=user)
            )
            return False
        return True

    def _keep(self, error: Exception) -> None:
        if len(self.refused) < KEPT:
            self.refused.append(error)

    def serve_client(self, connection: socket.socket) -> bool:
        """Serve one connection to its end, and reset the device; whether it was a client.

        What the device raises meanwhile is among `defects`; the next client is let in all the same.
        """
        try:
            wire = Wire(connection, self._limits.largest_message, AHEAD_BYTES)
            session = Session(wire, self.served, self._limits, self._watch)
        except Exception as error:
            connection.close()
            self._keep_defects([error])
            return False
        with self._lock:
            self._session = session
        came = False
        try:
            if not self._closing.is_set():
                session.begin()
                came = True
                self.clients += 1
                session.run()
        except (Gone, BadHeader, Refused) as error:
            self._keep(error)
        except Exception as error:
            self._keep_defects([error])
        finally:
            with self._lock:
                self._session = None
            session.close()
            self._keep_defects(session.failures)
            if came:
                self._reset()
        return came

    def _reset(self) -> None:
        try:
            self.served.reset()
        except Exception as error:
            self._keep_defects([error])

    def _keep_defects(self, errors: list[Exception]) -> None:
        self.defects += errors[: max(0, KEPT - len(self.defects))]

    def close(self) -> None:
        """End the session, if there is one, and remove the socket; a second time is nothing."""
        if self._closing.is_set():
            return
        self._closing.set()
        with contextlib.suppress(OSError):
            os.write(self._wake_write, b"\0")
        with self._lock:
            session = self._session
        if session is not None:
            session.stop()
        self._close_listener()

    def _close_listener(self) -> None:
        self._listener.close()
        with contextlib.suppress(OSError):
            about = os.lstat(self.path)
            if (about.st_dev, about.st_ino) == self._identity:
                os.unlink(self.path)

    def give_back(self) -> None:
        """Close what woke `serve`, once it has returned."""
        self.close()
        for end in (self._wake_read, self._wake_write):
            with contextlib.suppress(OSError):
                os.close(end)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.give_back()


def _listen(path: Path) -> tuple[socket.socket, tuple[int, int]]:
    """A socket at a path, and which file it is."""
    name = os.fsencode(path)
    if len(name) > LONGEST_PATH or b"\0" in name:
        raise UsageError(f"{str(path)!r} is no path for a socket, or too long", most_bytes=LONGEST_PATH)
    with contextlib.ExitStack() as undo:
        folder = _open_folder(path.parent)
        undo.callback(os.close, folder)
        try:
            _lock(folder, path.parent)  # between looking for a server and being one
            _remove_left_over(path)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
            with contextlib.ExitStack() as failed:
                failed.callback(listener.close)
                os.fchmod(listener.fileno(), 0o600)  # which the file gets, in one step with its making
                listener.bind(str(path))
                failed.callback(os.unlink, path)
                about = os.lstat(path)
                listener.setblocking(False)
                listener.listen(WAITING_CLIENTS)
                failed.pop_all()
        except OSError as error:
            raise PermissionMissing(f"no socket can be made at {path}: {error}") from error
    return listener, (about.st_dev, about.st_ino)


def _lock(folder: int, name: Path) -> None:
    """Have the folder to ourselves until its descriptor is closed; whoever may read it could keep it.

    Raises:
        DeviceBusy: another program has it for too long.
    """

    def try_to() -> bool:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        poll(try_to, bool, timeout_s=LOCK_S, why=f"another program keeps the folder {name} locked")
    except PollTimeout as late:
        raise DeviceBusy(late.message, hint="Name a path in a folder of your own.", path=str(name)) from late


def _open_folder(folder: Path) -> int:
    """The folder of a socket, which others must not be able to change."""
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise PermissionMissing(f"the folder {folder} cannot be opened: {error}") from error
    about = os.fstat(opened)
    others_write = about.st_mode & SAFE_MODE and not about.st_mode & stat.S_ISVTX
    if about.st_uid not in (os.geteuid(), 0) or others_write:
        os.close(opened)
        raise PermissionMissing(
            f"others may change the folder {folder}, and so put another socket there",
            hint="Make one of your own: mkdir -m 700 FOLDER.",
            mode=f"{stat.S_IMODE(about.st_mode):04o}",
            owner=about.st_uid,
        )
    return opened


def _remove_left_over(path: Path) -> None:
    """Remove the socket of a server that ended without doing so.

    Raises:
        DeviceBusy: its server is there.
        UsageError: it is no socket.
    """
    try:
        about = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(about.st_mode):
        raise UsageError(f"{path} is there, and no socket", hint="Name another path.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as asked:
        asked.setblocking(False)
        try:
            asked.connect(str(path))
        except ConnectionRefusedError:
            os.unlink(path)
            return
        except BlockingIOError:
            pass  # its queue of clients is full
    raise DeviceBusy(f"another server has {path}", hint="Name another path, or end it.")
