"""A client's connection to its server: questions with their answers, and the server's own questions.

A server may ask for memory at any time (DMA_READ, DMA_WRITE). Whoever waits for an answer serves what comes
before it; between answers a thread listens. Where the server has a second socket for its questions
(twin_socket), that thread listens there and nowhere else.

Facts: libvfio-user:docs/vfio-user.rst.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import select
import socket
import threading
import time
import weakref
from collections.abc import Callable, Sequence

from barewire import shield
from barewire.errors import (
    BarewireError,
    DeviceBusy,
    DeviceLost,
    FormatError,
    HostLimit,
    NoDevice,
    PermissionMissing,
    TransportError,
)
from barewire.transport.vfio_user.protocol import (
    DEFAULT_TRANSFER_BYTES,
    DMA_ACCESS,
    ERROR,
    MAJOR,
    MINOR,
    NO_REPLY,
    TYPE_COMMAND,
    TYPE_REPLY,
    Capabilities,
    Command,
    command_name,
    read_version,
    write_version,
)
from barewire.transport.vfio_user.wire import BadHeader, Gone, Late, Message, Wire, peer, timeval

ANSWER_S = 10.0
RESET_S = 60.0
HELLO_S = 10.0  # a server that has a client lets the next one wait
MOST_FDS = 16
POSTED = 256  # messages without an answer, before one is waited for
QUIET_S = 0.002  # the listener's pause after it woke for what somebody else took
SERVER_HINT = "Start one: `barewire serve soft:gh100 --socket {path}`."
LOST_HINT = "Its program may have ended: look there, start it again, and open the device anew."
Parts = Sequence[bytes | memoryview]
Memory = Callable[[int, int], int | None]  # the address behind so many bytes at an iova, if there are any
_links: weakref.WeakSet[Link] = weakref.WeakSet()  # of this process


class Link:
    """The connection. Any thread may ask; one question at a time.

    Args:
        path: of the server's socket.
        memory: what the server may read and write.
        hello_s: how long the server may take to let us in.

    Attributes:
        name: the device string.
        capabilities: the server's.
        lost: why the connection is of no use any more, if it is not.
        turn: held by who asks.
        reaching: held while memory is touched for the server.

    Raises:
        NoDevice: nobody serves there.
        PermissionMissing: the socket is not open to this process, or its server is another user's.
        DeviceBusy: the server has another client.
        HostLimit: this process has no descriptor left.
        TransportError: what it says is not what it should be.
    """

    def __init__(self, path: str, memory: Memory, hello_s: float = HELLO_S) -> None:
        self.name = f"vfio-user:{path}"
        self.path = path
        self.lost: str | None = None
        self.capabilities = Capabilities()
        self.turn = threading.RLock()
        self.reaching = threading.Lock()  # held while the server's questions touch memory
        self._memory = memory
        self._next_id = 1
        self._posted = 0
        self._closed = threading.Event()
        self._wire = Wire(_connect(path, self.name, hello_s))
        self._twin: Wire | None = None
        try:
            self._begin(hello_s)
        except BaseException:
            self._wire.close()
            raise
        _links.add(self)
        self._listener = threading.Thread(target=self._listen, name=f"listener of {self.name}", daemon=True)
        self._listener.start()

    def _begin(self, hello_s: float) -> None:
        told = {
            "max_msg_fds": MOST_FDS,
            "max_data_xfer_size": DEFAULT_TRANSFER_BYTES,
            "twin_socket": {"supported": True},
            "fixed_views": True,
        }
        try:
            self._wire.send(0, Command.VERSION, write_version(MAJOR, MINOR, told))
            answer = self._wire.receive(hello_s)
        except Late as late:
            raise DeviceBusy(
                f"the server at {self.path} does not let us in",
                hint="It may have another client.",
                path=self.path,
            ) from late
        except (Gone, BadHeader) as error:
            raise self._no_server(f"it left: {error}") from error
        try:
            self._take_version(answer)
        except FormatError as error:
            raise self._no_server(str(error)) from error
        finally:
            answer.close()

    def _take_version(self, answer: Message) -> None:
        if answer.error is not None or not answer.is_reply:
            raise FormatError(f"it refuses this client: {_errno_name(answer.header.error)}")
        version = read_version(answer.payload)
        if version.major != MAJOR:
            raise FormatError(f"it speaks version {version.major}.{version.minor}")
        self.capabilities = version.capabilities
        if not version.capabilities.twin_socket:
            return
        index = version.told["twin_socket"].get("fd_index")
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(answer.fds):
            raise FormatError("it promises a second socket and passes none")
        self._twin = Wire(socket.socket(fileno=answer.fds.pop(index)))

    def _no_server(self, why: str) -> TransportError:
        return TransportError(
            f"what answers at {self.path} is no vfio-user server, or not for us: {why}", path=self.path
        )

    # Questions of ours.

    def ask(
        self,
        command: Command,
        parts: Parts = (),
        *,
        fds: Sequence[int] = (),
        timeout_s: float = ANSWER_S,
        takes_fds: bool = False,
    ) -> Message:
        """Send a command and wait for its answer.

        Args:
            fds: descriptors that go with it; they stay the caller's.
            takes_fds: descriptors that come with the answer are the caller's to close; else they are closed.

        Raises:
            Denied: the server refuses; with its errno.
            DeviceLost: it does not answer.
        """
        with self.turn:
            self.expect_alive()
            number = self._number()
            try:
                self._send(number, command, parts, fds=fds)
                self._posted = 0
                answer = self._answer_to(number, command, timeout_s)
            except (Gone, BadHeader) as error:
                raise self._lose(str(error)) from error
            except Late as late:
                raise self._lose(f"{command_name(command)} was not answered within {timeout_s:g} s") from late
        if answer.error is not None or not takes_fds:
            answer.close()
        if answer.error is not None:
            raise _denied(command, answer.error or errno.EIO, self.name)
        return answer

    def post(self, command: Command, parts: Parts) -> None:
        """Send a command that nobody answers; now and then one is answered, so that the server keeps up.

        Raises:
            DeviceLost: the server is gone.
        """
        with self.turn:
            self.expect_alive()
            if self._posted >= POSTED:
                with contextlib.suppress(Denied):  # which posted writes are not told either
                    self.ask(command, parts)
                return
            self._posted += 1
            try:
                self._send(self._number(), command, parts, flags=TYPE_COMMAND | NO_REPLY)
            except Gone as error:
                raise self._lose(str(error)) from error

    def _send(
        self,
        number: int,
        command: Command,
        parts: Parts,
        *,
        flags: int = TYPE_COMMAND,
        fds: Sequence[int] = (),
    ) -> None:
        """Send a whole message: Ctrl-C waits, since half of one would end the connection."""
        shielded = shield.enter()
        try:
            self._wire.send(number, command, parts, flags=flags, fds=fds)
        finally:
            if shielded:
                shield.leave()

    def _receive(self, timeout_s: float) -> Message:
        """Receive a whole message; Ctrl-C waits, but not for its beginning.

        Raises:
            Gone, BadHeader, Late: as of a wire.
        """
        if not self._wire.wait(timeout_s):
            raise Late("no message came")
        shielded = shield.enter()
        try:
            return self._wire.receive()
        finally:
            if shielded:
                shield.leave()

    def _number(self) -> int:
        self._next_id = self._next_id % 0x7FFF + 1
        return self._next_id

    def _answer_to(self, number: int, command: Command, timeout_s: float) -> Message:
        end = time.monotonic() + timeout_s
        left = timeout_s
        while left > 0:
            message = self._receive(left)
            if not message.is_reply:
                self._serve(self._wire, message)
            elif (message.header.message_id, message.header.command) == (number, command):
                return message
            else:
                message.close()  # of a command that was given up
            left = end - time.monotonic()
        raise Late("no answer")

    def expect_alive(self) -> None:
        """See that the server may still be asked.

        Raises:
            TransportError: this connection is closed.
            DeviceLost: the server is gone.
        """
        if self._closed.is_set():
            raise TransportError("the bus is closed", bus=self.name)
        if self.lost is not None:
            raise DeviceLost(
                f"{self.name} does not answer any more: {self.lost}", hint=LOST_HINT, device=self.name
            )

    def _lose(self, why: str) -> DeviceLost:
        """The server is gone, or out of step: nothing more is asked of it."""
        self.lost = self.lost or why
        self._wire.shut()
        return DeviceLost(f"{self.name} does not answer any more: {why}", hint=LOST_HINT, device=self.name)

    @property
    def descriptor(self) -> int:
        """Of the connection, for who waits for its end; -1 once it is closed."""
        return self._wire.socket.fileno()

    def look(self) -> None:
        """See whether the server is still there, without asking it anything."""
        if self.lost is None and not self._closed.is_set():
            ready = select.poll()
            with contextlib.suppress(OSError, ValueError):
                ready.register(self._wire.socket, select.POLLRDHUP)
                if ready.poll(0):
                    self._lose("its server closed the connection")

    # Questions of the server's.

    def _listen(self) -> None:
        wire = self._twin or self._wire
        ready = select.poll()
        ready.register(wire.socket, select.POLLIN)
        while not self._closed.is_set() and self.lost is None:
            with contextlib.suppress(BarewireError, OSError, ValueError):
                if not ready.poll(1000):
                    continue
                if self._twin is not None:
                    self._listen_once(wire)
                elif not self._take_turn(wire):
                    self._closed.wait(QUIET_S)

    def _take_turn(self, wire: Wire) -> bool:
        """Serve what has come and nobody waits for; False if there was nothing of the kind."""
        ready = select.poll()
        ready.register(wire.socket, select.POLLIN)
        with self.turn:
            if self._closed.is_set() or self.lost is not None or not ready.poll(0):
                return False
            self._listen_once(wire)
            return True

    def _listen_once(self, wire: Wire) -> None:
        try:
            message = wire.receive(ANSWER_S)
        except (Gone, BadHeader, Late) as error:
            if not self._closed.is_set():
                self._lose(str(error))
            return
        if message.is_reply:
            message.close()
        else:
            self._serve(wire, message)

    def _serve(self, wire: Wire, message: Message) -> None:
        """Answer a question of the server's."""
        message.close()
        header = message.header
        try:
            answer, error = self._reach(message), 0
        except OSError as refused:
            answer, error = [], refused.errno or errno.EIO
        except FormatError:
            answer, error = [], errno.EINVAL
        if message.wants_reply:
            flags = TYPE_REPLY | (ERROR if error else 0)
            wire.send(header.message_id, header.command, answer, flags=flags, error=error)

    def _reach(self, message: Message) -> list[bytes]:
        """Read or write memory for the server; the payload of the answer."""
        if message.header.command not in (Command.DMA_READ, Command.DMA_WRITE):
            raise OSError(errno.ENOTSUP, "a server asks for memory only")
        asked = DMA_ACCESS.read(message.payload)
        if asked.size_bytes > DEFAULT_TRANSFER_BYTES:
            raise OSError(errno.EINVAL, "too much at once")
        head = DMA_ACCESS.pack(*asked)
        with self.reaching:  # memory goes only while nobody reaches it
            address = self._memory(asked.address, asked.size_bytes)
            if address is None:
                raise OSError(errno.EFAULT, "that memory is not the device's")
            if message.header.command == Command.DMA_READ:
                return [head, ctypes.string_at(address, asked.size_bytes)]
            data = message.payload[DMA_ACCESS.size_bytes :]
            if len(data) != asked.size_bytes:
                raise OSError(errno.EINVAL, "another number of bytes")
            ctypes.memmove(address, data, len(data))
        return [head]

    def leave(self) -> None:
        """In a forked child: the connection is the parent's, and ends with the parent alone."""
        self.lost = self.lost or "it belongs to the process that this one was forked from"
        self.turn, self.reaching = threading.RLock(), threading.Lock()  # whoever held them is not here
        for wire in (self._wire, self._twin):
            if wire is not None:
                wire.socket.close()  # without a word to the server, which would end it

    def close(self) -> None:
        """Leave the server; a second time is nothing."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._wire.shut()
        if self._twin is not None:
            self._twin.shut()
        if threading.current_thread() is not self._listener:
            self._listener.join(ANSWER_S)
        self._wire.close()
        if self._twin is not None:
            self._twin.close()


class Denied(TransportError):
    """The server answered with an errno."""


def _denied(command: Command, code: int, device: str) -> Denied:
    text = f"{device} refuses {command_name(command)}: {_errno_name(code)}"
    return Denied(text, errno=code, device=device)


def _leave_all() -> None:
    """This process is a child that was forked."""
    for link in list(_links):
        link.leave()


os.register_at_fork(after_in_child=_leave_all)


def _errno_name(code: int) -> str:
    return f"{errno.errorcode.get(code, code)} ({os.strerror(code)})" if 0 < code < 4096 else f"errno {code}"


def _connect(path: str, name: str, timeout_s: float) -> socket.socket:
    """A connection to whoever serves at a path, if that is this user or root."""
    try:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    except OSError as error:
        raise HostLimit(f"{name} cannot be opened: {error.strerror}", errno=error.errno) from error
    try:
        # For a server whose queue of clients is full: without, the kernel does not wait for room there.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval(timeout_s))
        connection.connect(path)
        process, user = peer(connection)
    except (FileNotFoundError, ValueError) as error:  # a name with a zero in it is no file's
        connection.close()
        raise NoDevice(
            f"nobody serves {name}: there is no {path}", hint=SERVER_HINT.format(path=path)
        ) from error
    except PermissionError as error:
        connection.close()
        raise PermissionMissing(
            f"{path} is not open to this process: {error.strerror}", hint="A socket is its owner's alone."
        ) from error
    except BlockingIOError as error:
        connection.close()
        raise DeviceBusy(
            f"the server at {path} has a long queue of clients", hint="It has another client.", path=path
        ) from error
    except OSError as error:
        connection.close()
        raise NoDevice(
            f"nobody serves {name}: {error.strerror or error}", hint=SERVER_HINT.format(path=path)
        ) from error
    if user not in (os.geteuid(), 0):
        connection.close()
        raise PermissionMissing(
            f"the server at {path} is another user's, and would have this process's memory",
            pid=process,
            user=user,
        )
    return connection
