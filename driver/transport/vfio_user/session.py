"""One client of a server, from its VERSION to its end.

Requests are answered one after another, in the client's order. A request is never answered late because the
client's memory has to be asked for by messages: a client that waits for its answer may not listen meanwhile.
So where memory goes by messages, writes of regions are answered first and done afterwards, as a bus posts
them, and a thread of its own takes what comes.

Facts: libvfio-user:docs/vfio-user.rst; qemu:hw/vfio-user/proxy.c (a client that waits 5 s for an answer).
"""

from __future__ import annotations

import contextlib
import errno
import queue
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from barewire.errors import FormatError
from barewire.transport.vfio_user.irqs import Irqs, flags_of
from barewire.transport.vfio_user.protocol import (
    CONFIG_REGION,
    DEFAULT_TRANSFER_BYTES,
    DEVICE_INFO,
    DMA_ACCESS,
    DMA_MAP,
    DMA_UNMAP,
    ERROR,
    HEADER,
    IRQ_COUNT,
    IRQ_INFO,
    MAJOR,
    MINOR,
    NO_REPLY,
    REGION_ACCESS,
    REGION_COUNT,
    REGION_INFO,
    REGION_IO_FDS,
    SMALLEST_PAGE,
    TRANSFER_PREFIX_BYTES,
    TYPE_REPLY,
    UNMAP_ALL,
    Capabilities,
    Command,
    DeviceFlag,
    Header,
    RegionFlag,
    read_version,
    write_areas,
    write_version,
)
from barewire.transport.vfio_user.served import Region, Served, Unmapped
from barewire.transport.vfio_user.windows import Windows
from barewire.transport.vfio_user.wire import BadHeader, Gone, Message, Wire

EXCHANGE_S = 2.0  # for an answer to DMA_READ; a client that waits for us gives up after 5 s
CARRY_S = 0.002  # how often what the device wrote to copied memory is carried
QUEUED = 1024  # requests that wait to be served, where a thread of its own takes them
SERVER_ID = 0x8000  # the first of our own commands' numbers
Answer = tuple[list[bytes], list[int]]


@dataclass(frozen=True)
class Limits:
    """What a server lets a client have.

    Attributes:
        max_msg_fds: descriptors in one message.
        max_data_xfer_size: bytes of data in one message.
        max_dma_maps: mappings at a time; QEMU wants at most 65535.
        twin_sockets: our own commands go over a socket of their own, where the client has that.
        threads: memory that goes by messages may be asked for at any time, which takes threads; without, only
            between requests.
        migration_pgsize: page size of dirty bitmaps that the client is told; 0 for none.
        trust_files: map files that the client could shrink, which would end this process.
    """

    max_msg_fds: int = 16
    max_data_xfer_size: int = DEFAULT_TRANSFER_BYTES
    max_dma_maps: int = 65535
    twin_sockets: bool = True
    threads: bool = True
    migration_pgsize: int = 0
    trust_files: bool = False

    @property
    def largest_message(self) -> int:
        """Bytes of the longest message that is taken."""
        return HEADER.size_bytes + TRANSFER_PREFIX_BYTES + self.max_data_xfer_size


class Refused(Exception):
    """The client was told an error before it was let in."""


Watch = Callable[[str, Message], None]


class Session:
    """One client.

    Args:
        wire: the connection; it is closed with the session.
        served: the device.
        limits: of what the client may have.
        watch: told of every message: "<" for what came, ">" for what was answered.

    Attributes:
        capabilities: the client's.
        memory: the client's, by messages.
        windows: what it lets the device reach.
        irqs: which vectors it listens to.
        failures: what the device raised and should not have.
        counts: how often each command came.
    """

    def __init__(
        self, wire: Wire, served: Served, limits: Limits | None = None, watch: Watch | None = None
    ) -> None:
        self.wire = wire
        self.served = served
        self.limits = limits or Limits()
        self.capabilities = Capabilities()
        self.failures: list[Exception] = []
        self.counts: dict[int, int] = {}
        self._watch = watch
        self.memory = _Exchange(self)
        self.windows = Windows(self.limits.max_dma_maps, self.memory, self.limits.trust_files)
        self.irqs = Irqs(served.irqs, served.set_irqs, served.mask_irqs)
        self._waiting: dict[int, queue.SimpleQueue[Message | None]] = {}
        self._posted: set[int] = set()
        self._next_id = SERVER_ID
        self._ids = threading.Lock()
        self._deaf = False  # nobody will answer any more
        self._answering = 0  # the thread that owes the client an answer now
        self._taken: queue.Queue[Message | None] | None = None
        self._helpers: list[threading.Thread] = []
        self._twin: Wire | None = None
        self._over = threading.Event()

    # From its beginning to its end.

    def begin(self) -> None:
        """Agree on a version.

        Raises:
            Gone: the client left.
            Refused: it asked for what cannot be, and was told.
        """
        message = None
        while message is None:
            message = self._receive()
        try:
            if message.header.command != Command.VERSION or not message.wants_reply:
                raise FormatError("a client begins with VERSION")
            version = read_version(message.payload)
            if version.major != MAJOR:
                raise FormatError("a version that nobody knows", major=version.major)
        except FormatError as error:
            self._refuse(message.header, errno.EINVAL)
            raise Refused(str(error)) from error
        finally:
            message.close()
        self.capabilities = version.capabilities
        told: dict[str, Any] = {
            "max_msg_fds": self.limits.max_msg_fds,
            "max_data_xfer_size": self.limits.max_data_xfer_size,
            "max_dma_maps": self.limits.max_dma_maps,
            "pgsizes": SMALLEST_PAGE,
            "write_multiple": False,
        }
        if self.limits.migration_pgsize:
            told["migration"] = {"pgsize": self.limits.migration_pgsize}
        theirs: list[socket.socket] = []
        if self.limits.twin_sockets and version.capabilities.twin_socket:
            theirs.append(self._open_twin())
            told["twin_socket"] = {"supported": True, "fd_index": 0}
        answer = [write_version(MAJOR, min(MINOR, version.minor), told)]
        self._reply(message.header, answer, [each.fileno() for each in theirs])
        for each in theirs:
            each.close()
        self.served.attach(_Host(self))

    def _open_twin(self) -> socket.socket:
        """A socket for commands of ours: the client's end of it."""
        ours, theirs = socket.socketpair()
        self._twin = Wire(ours, self.limits.largest_message)
        self._help("hears", partial(self._hear, self._twin))
        self._help("carries", self._carry)
        return theirs

    def _hear(self, twin: Wire) -> None:
        """Take answers to commands of ours from a socket that has nothing else."""
        with contextlib.suppress(Gone, BadHeader):
            while not self._over.is_set():
                message = twin.receive()
                if message.is_reply:
                    self._take_reply(message)
                else:
                    message.close()
        self._tell_waiters()

    def _carry(self) -> None:
        """Carry what the device wrote to copied memory, now and then."""
        while not self._over.wait(CARRY_S):
            with contextlib.suppress(Unmapped):
                self.windows.carry()

    def _help(self, what: str, work: Callable[[], None]) -> None:
        helper = threading.Thread(target=work, name=f"vfio-user server {what}", daemon=True)
        self._helpers.append(helper)
        helper.start()

    def run(self) -> None:
        """Serve until the client leaves, or until it sends what cannot be read."""
        with contextlib.suppress(Gone, BadHeader):
            while not self._over.is_set():
                self.step()

    def step(self) -> None:
        """Serve one message.

        Raises:
            Gone: the client left.
            BadHeader: it sent what cannot be read.
        """
        message = self._receive() if self._taken is None else self._from_helper(self._taken)
        if message is not None:
            self._serve(message)

    def stop(self) -> None:
        """Let `run` return; from any thread."""
        self._over.set()
        self.wire.shut()
        if self._twin is not None:
            self._twin.shut()

    def close(self) -> None:
        """Let the device forget the client, and give back all that came from it; a second time is nothing."""
        self.stop()
        self._tell_waiters()
        left = self.windows.take_out_all()
        self.served.attach(None)
        self._drain()
        for helper in self._helpers:
            helper.join(EXCHANGE_S)
        self._drain()
        self.served.settle()
        self.windows.drop(left)
        self.irqs.close()
        self.wire.close()
        if self._twin is not None:
            self._twin.close()

    def _tell_waiters(self) -> None:
        """Nobody will answer any more."""
        with self._ids:
            self._deaf = True
            for waiter in self._waiting.values():
                waiter.put(None)

    def _drain(self) -> None:
        """Close what came and will not be served."""
        if self._taken is None:
            return
        with contextlib.suppress(queue.Empty):
            for _ in range(QUEUED + 1):
                message = self._taken.get_nowait()
                if message is not None:
                    message.close()

    # What comes.

    def _receive(self) -> Message | None:
        """The next command; None for an answer to one of ours, which goes to who waits for it."""
        if self._over.is_set():
            raise Gone("the session is over")
        try:
            message = self.wire.receive()
        except BadHeader as bad:
            self._refuse(bad.facts["header"], errno.EINVAL)
            raise
        if self._watch is not None:
            self._watch("<", message)
        if not message.is_reply:
            return message
        self._take_reply(message)
        return None

    def _take_reply(self, message: Message) -> None:
        number = message.header.message_id
        with self._ids:
            waiter = self._waiting.pop(number, None)
            posted = number in self._posted
            self._posted.discard(number)
        if waiter is not None:
            waiter.put(message)
            return
        message.close()
        if not posted:
            self._refuse(message.header, errno.EINVAL)

    def _from_helper(self, taken: queue.Queue[Message | None]) -> Message:
        while not self._over.is_set():
            try:
                message = taken.get(timeout=1.0)
            except queue.Empty:
                continue
            if message is None:
                break
            return message
        raise Gone("the client left")

    def _take_by_helper(self) -> None:
        """From now on a thread takes what comes, so that answers do not wait behind requests."""
        if self._taken is not None or self._twin is not None:
            return
        taken: queue.Queue[Message | None] = queue.Queue(QUEUED)

        def take() -> None:
            with contextlib.suppress(Gone, BadHeader):
                while not self._over.is_set():
                    message = self._receive()
                    if message is not None:
                        taken.put(message, timeout=60.0)
            self._tell_waiters()
            with contextlib.suppress(queue.Full):
                taken.put(None, timeout=60.0)

        self._taken = taken
        self._help("takes", take)
        self._help("carries", self._carry)

    # What is answered.

    def _serve(self, message: Message) -> None:
        command = message.header.command
        self.counts[command] = self.counts.get(command, 0) + 1
        handler = _HANDLERS.get(command)
        after: Callable[[], None] | None = None
        self._answering = threading.get_ident()
        try:
            if handler is None:
                raise OSError(errno.EINVAL, "nobody knows this command")
            if command == Command.REGION_WRITE and self._taken is not None:
                (parts, fds), after = self._post_write(message.payload)
            else:
                parts, fds = handler(self, message)
            self._answer(message.header, parts, fds)
        except FormatError:
            self._refuse(message.header, errno.EINVAL)
        except OSError as error:
            self._refuse(message.header, error.errno or errno.EIO)
        except Gone:
            raise
        except Exception as error:  # a defect of the device: the client is told, and the next one served
            self._keep(error)
            self._refuse(message.header, errno.EIO)
        finally:
            self._answering = 0
            message.close()
        if after is not None:
            self._do_later(after)

    def _do_later(self, work: Callable[[], None]) -> None:
        """A write that was answered already; what goes wrong with it nobody can be told."""
        try:
            work()
        except Exception as error:
            self._keep(error)

    def _keep(self, error: Exception) -> None:
        if len(self.failures) < 100:
            self.failures.append(error)

    def _answer(self, header: Header, parts: list[bytes], fds: list[int]) -> None:
        if Message(header, b"", []).wants_reply:
            self._reply(header, parts, fds)

    def _reply(self, header: Header, parts: list[bytes], fds: list[int]) -> None:
        self.wire.send(header.message_id, header.command, parts, flags=TYPE_REPLY, fds=fds)
        if self._watch is not None:
            size = HEADER.size_bytes + sum(map(len, parts))
            told = Header(header.message_id, header.command, size, TYPE_REPLY, 0)
            self._watch(">", Message(told, b"".join(parts), list(fds)))

    def _refuse(self, header: Header, code: int) -> None:
        """Tell the client an error, unless it wants no answer."""
        if header.flags & NO_REPLY:
            return
        with contextlib.suppress(Gone):
            self.wire.send(header.message_id, header.command, flags=TYPE_REPLY | ERROR, error=code)
        if self._watch is not None:
            told = Header(header.message_id, header.command, HEADER.size_bytes, TYPE_REPLY | ERROR, code)
            self._watch(">", Message(told, b"", []))

    def _dma_map(self, message: Message) -> Answer:
        asked = DMA_MAP.read(message.payload)
        if asked.argsz < DMA_MAP.size_bytes or len(message.fds) > 1:
            raise OSError(errno.EINVAL, "no such mapping")
        file = message.fds[0] if message.fds else None
        self.windows.add(asked.address, asked.size_bytes, asked.flags, file, asked.offset)
        if self.windows.copied_for_writing and self.limits.threads:
            self._take_by_helper()
        return [], []

    def _dma_unmap(self, message: Message) -> Answer:
        asked = DMA_UNMAP.read(message.payload)
        if not DMA_UNMAP.size_bytes <= asked.argsz <= self.limits.max_data_xfer_size:
            raise OSError(errno.EINVAL, "no such size of an answer")
        if asked.flags & ~UNMAP_ALL:
            raise OSError(errno.EINVAL, "flags that nobody knows")
        if asked.flags & UNMAP_ALL:
            if asked.address or asked.size_bytes:
                raise OSError(errno.EINVAL, "all of it has no address")
            left = self.windows.take_out_all()
        else:
            left = self.windows.take_out(asked.address, asked.size_bytes)
        self.served.settle()
        self.windows.drop(left)
        return [DMA_UNMAP.pack(DMA_UNMAP.size_bytes, *asked[1:])], []

    def _get_info(self, message: Message) -> Answer:
        asked = DEVICE_INFO.read(message.payload)
        _expect_argsz(asked.argsz, DEVICE_INFO.size_bytes)
        flags = DeviceFlag.PCI | DeviceFlag.RESET
        return [DEVICE_INFO.pack(DEVICE_INFO.size_bytes, flags, REGION_COUNT, IRQ_COUNT)], []

    def _region(self, index: int) -> Region | None:
        if index == CONFIG_REGION:
            return Region(self.served.config_bytes)
        return self.served.regions.get(index)

    def _get_region_info(self, message: Message) -> Answer:
        asked = REGION_INFO.read(message.payload)
        _expect_argsz(asked.argsz, REGION_INFO.size_bytes)
        if asked.region >= REGION_COUNT:
            raise OSError(errno.EINVAL, "there is no such region")
        region = self._region(asked.region)
        if region is None:
            return [REGION_INFO.pack(REGION_INFO.size_bytes, 0, asked.region, 0, 0, 0)], []
        flags = RegionFlag(0)
        flags |= RegionFlag.READ if region.readable else 0
        flags |= RegionFlag.WRITE if region.writable else 0
        may_map = region.fd is not None and (self.capabilities.fixed_views or not region.fixed)
        fds = [region.fd] if region.fd is not None and may_map else []
        flags |= RegionFlag.MMAP if fds else 0
        chain = write_areas(region.areas) if fds and region.areas else b""
        size, cap_offset = REGION_INFO.size_bytes + len(chain), 0
        if chain and asked.argsz >= size:
            flags |= RegionFlag.CAPS
            cap_offset = REGION_INFO.size_bytes
        else:
            chain = b""  # it would not fit; the client asks again for all of it
        head = REGION_INFO.pack(size, flags, asked.region, cap_offset, region.size_bytes, region.fd_offset)
        return [head, chain], fds

    def _get_region_io_fds(self, message: Message) -> Answer:
        asked = REGION_IO_FDS.read(message.payload)
        _expect_argsz(asked.argsz, REGION_IO_FDS.size_bytes)
        if asked.flags or asked.parts or self._region(asked.region) is None:
            raise OSError(errno.EINVAL, "there is no such region")
        return [REGION_IO_FDS.pack(REGION_IO_FDS.size_bytes, 0, asked.region, 0)], []

    def _get_irq_info(self, message: Message) -> Answer:
        asked = IRQ_INFO.read(message.payload)
        _expect_argsz(asked.argsz, IRQ_INFO.size_bytes)
        if asked.kind >= IRQ_COUNT:
            raise OSError(errno.EINVAL, "there is no such kind of interrupt")
        count = self.irqs.count(asked.kind)
        flags = flags_of(asked.kind) if count else 0
        return [IRQ_INFO.pack(IRQ_INFO.size_bytes, flags, asked.kind, count)], []

    def _set_irqs(self, message: Message) -> Answer:
        self.irqs.change(message.payload, message.fds)
        return [], []

    def _place(self, payload: bytes) -> tuple[Region, int, int, int]:
        """The region, and its number, where and how much is accessed there."""
        offset, index, count = REGION_ACCESS.read(payload)
        region = self._region(index) if index < REGION_COUNT else None
        if region is None or count > self.limits.max_data_xfer_size or offset + count > region.size_bytes:
            raise OSError(errno.EINVAL, "there is no such place in a region")
        return region, index, offset, count

    def _region_read(self, message: Message) -> Answer:
        region, index, offset, count = self._place(message.payload)
        if not region.readable:
            raise OSError(errno.EINVAL, "the region cannot be read")
        self.windows.carry()
        data = (
            self._config_read(offset, count)
            if index == CONFIG_REGION
            else self.served.region_read(index, offset, count)
        )
        return [REGION_ACCESS.pack(offset, index, count), data], []

    def _region_write(self, message: Message) -> Answer:
        answer, write = self._post_write(message.payload)
        write()
        return answer

    def _post_write(self, payload: bytes) -> tuple[Answer, Callable[[], None]]:
        """The answer to a write, and the write."""
        region, index, offset, count = self._place(payload)
        data = payload[REGION_ACCESS.size_bytes :]
        if not region.writable or len(data) != count:
            raise OSError(errno.EINVAL, "the region cannot be written, or not so")

        def write() -> None:
            if index == CONFIG_REGION:
                self._config_write(offset, data)
            else:
                self.served.region_write(index, offset, data)

        return ([REGION_ACCESS.pack(offset, index, count)], []), write

    def _config_read(self, offset: int, count: int) -> bytes:
        read = self.served.config_read
        return b"".join(read(at, width).to_bytes(width, "little") for at, width in accesses(offset, count, 4))

    def _config_write(self, offset: int, data: bytes) -> None:
        for at, width in accesses(offset, len(data), 4):
            value = int.from_bytes(data[at - offset : at - offset + width], "little")
            self.served.config_write(at, width, value)

    def _reset(self, message: Message) -> Answer:
        self.served.reset()
        return [], []

    # What we ask for.

    def exchange(self, command: Command, payload: list[bytes], waits: bool) -> Message | None:
        """Send a command of ours; its answer, if we wait for that.

        Raises:
            Unmapped: the client refuses, does not answer, or may not be asked now.
        """
        if waits and self._twin is None and self._answering == threading.get_ident():
            raise Unmapped("the client waits for an answer: it cannot be asked for memory")
        waiter: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        with self._ids:
            if self._deaf:
                raise Unmapped("the client has left")
            number, self._next_id = self._next_id, max(self._next_id + 1 & 0xFFFF, SERVER_ID)
            if waits:
                self._waiting[number] = waiter
            else:
                self._posted.add(number)
        try:
            (self._twin or self.wire).send(number, command, payload)
            answer = waiter.get(timeout=EXCHANGE_S) if waits else None
        except (Gone, queue.Empty) as error:
            raise Unmapped("the client does not answer") from error
        finally:
            with self._ids:
                self._waiting.pop(number, None)
        if waits and (answer is None or answer.error is not None):
            raise Unmapped("the client refuses")
        return answer


def _expect_argsz(argsz: int, least: int) -> None:
    if argsz < least:
        raise OSError(errno.EINVAL, "there is no room for the answer")


def accesses(offset: int, size_bytes: int, widest: int) -> list[tuple[int, int]]:
    """(offset, width) of aligned accesses of up to `widest` bytes, a power of two."""
    found = []
    end = offset + size_bytes
    while offset < end:
        width = min(offset & -offset or widest, widest)
        while offset + width > end:
            width //= 2
        found.append((offset, width))
        offset += width
    return found


Handler = Callable[[Session, Message], Answer]
_HANDLERS: dict[int, Handler] = {
    Command.DMA_MAP: Session._dma_map,
    Command.DMA_UNMAP: Session._dma_unmap,
    Command.DEVICE_GET_INFO: Session._get_info,
    Command.DEVICE_GET_REGION_INFO: Session._get_region_info,
    Command.DEVICE_GET_REGION_IO_FDS: Session._get_region_io_fds,
    Command.DEVICE_GET_IRQ_INFO: Session._get_irq_info,
    Command.DEVICE_SET_IRQS: Session._set_irqs,
    Command.REGION_READ: Session._region_read,
    Command.REGION_WRITE: Session._region_write,
    Command.DEVICE_RESET: Session._reset,
}


class _Exchange:
    """Reads and writes a client's memory by messages."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def _most(self) -> int:
        return min(self._session.capabilities.max_data_xfer_size, self._session.limits.max_data_xfer_size)

    def read(self, iova: int, size_bytes: int) -> bytes:
        """Bytes of it; see `copies.Exchange`."""
        parts = []
        for at in range(0, size_bytes, self._most()):
            count = min(self._most(), size_bytes - at)
            answer = self._session.exchange(Command.DMA_READ, [DMA_ACCESS.pack(iova + at, count)], True)
            payload = answer.payload if answer is not None else b""
            if answer is not None:
                answer.close()
            if len(payload) != DMA_ACCESS.size_bytes + count:
                raise Unmapped("the client gave another number of bytes")
            parts.append(payload[DMA_ACCESS.size_bytes :])
        return b"".join(parts)

    def write(self, iova: int, data: bytes, waits: bool = False) -> None:
        """Write bytes of it; see `copies.Exchange`.

        Args:
            waits: for the client to say that it has them.
        """
        for at in range(0, len(data), self._most()):
            part = data[at : at + self._most()]
            head = DMA_ACCESS.pack(iova + at, len(part))
            self._session.exchange(Command.DMA_WRITE, [head, part], waits)


class _Host:
    """What the device sees of a client: a `served.Host`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def dma(self, iova: int, size_bytes: int, write: bool) -> int:
        """The CPU address of the client's memory; see `served.Host.dma`."""
        return self._session.windows.find(iova, size_bytes, write)

    def interrupt(self, vector: int, kind: int | None = None) -> bool:
        """Signal a vector; see `served.Host.interrupt`."""
        self._session.windows.carry()
        return self._session.irqs.raise_vector(vector, kind)
