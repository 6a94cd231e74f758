"""One client of a server, from its VERSION to its end.

Requests are answered one after another, in the client's order. A request is never answered late because the
client's memory has to be asked for by messages: a client that waits for its answer may not listen meanwhile.
So a write of a region is answered before the client is asked for memory, as a bus posts it; what goes wrong
with it afterwards nobody is told.

Facts: libvfio-user:docs/vfio-user.rst; qemu:hw/vfio-user/proxy.c (a client that waits 5 s for an answer).
"""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import get_ident
from typing import Any

from barewire.errors import FormatError
from barewire.transport.access import accesses
from barewire.transport.vfio_user.inbox import ClientMemory, Inbox
from barewire.transport.vfio_user.irqs import Irqs, flags_of
from barewire.transport.vfio_user.protocol import (
    CONFIG_REGION,
    DEFAULT_TRANSFER_BYTES,
    DEVICE_INFO,
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
    Version,
    read_version,
    write_areas,
    write_version,
)
from barewire.transport.vfio_user.served import Region, Served, Unmapped
from barewire.transport.vfio_user.windows import Windows
from barewire.transport.vfio_user.wire import BadHeader, Gone, Late, Message, Wire

HELLO_S = 10.0  # until a client says VERSION; the next one waits meanwhile
CARRY_S = 0.002  # how often what the device wrote to copied memory is carried
JOIN_S = 2.0
MOST_FAILURES = 100
Answer = tuple[list[bytes], list[int]]


@dataclass(frozen=True)
class Limits:
    """What a server lets a client have.

    Attributes:
        max_msg_fds: descriptors in one message.
        max_data_xfer_size: bytes of data in one message.
        max_dma_maps: mappings at a time; QEMU wants at most 65535.
        twin_sockets: our own commands go over a socket of their own, where the client has that.
        threads: what the device writes to memory that goes by messages is carried by a thread, too; without,
            only at the next read, interrupt or unmapping.
        migration_pgsize: page size of dirty bitmaps that the client is told; 0 for none.
        trust_files: map files that the client could shrink, and huge pages, which could end this process.
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
        self.counts: Counter[int] = Counter()
        self._watch = watch
        self._inbox = Inbox(
            wire,
            look=None if watch is None else partial(watch, "<"),
            wrong=self._refuse_message,
            before_waiting=self._before_waiting,
        )
        self.memory = ClientMemory(self._inbox, self._most_bytes)
        self.windows = Windows(self.limits.max_dma_maps, self.memory, self.limits.trust_files)
        self.irqs = Irqs(served.irqs, served.set_irqs, served.mask_irqs)
        self._regions = {**served.regions, CONFIG_REGION: Region(served.config_bytes)}
        self._owing = threading.Lock()  # held while an answer may be given early
        self._early: tuple[Header, bytes] | None = None  # an answer that may be given early, by any thread
        self._answered = True  # the client waits for no answer of ours
        self._serving = 0  # the thread that serves
        self._carrier: threading.Thread | None = None
        self._twin: Wire | None = None
        self._over = threading.Event()

    def _most_bytes(self) -> int:
        """Bytes of data in one message to the client."""
        return min(self.capabilities.max_data_xfer_size, self.limits.max_data_xfer_size)

    # From its beginning to its end.

    def begin(self) -> None:
        """Agree on a version.

        Raises:
            Gone: the client left, or says nothing.
            BadHeader: it sent what cannot be read.
            Refused: it asked for what cannot be, and was told.
        """
        try:
            message = self.wire.receive(HELLO_S)
        except BadHeader as bad:
            self._refuse(bad.facts["header"], errno.EINVAL)
            raise
        except Late as late:
            raise Gone("the client does not say who it is") from late
        try:
            if self._watch is not None:
                self._watch("<", message)
            version = self._version_of(message)
        except FormatError as error:
            self._refuse(message.header, errno.EINVAL)
            raise Refused(str(error)) from error
        finally:
            message.close()
        self.capabilities = version.capabilities
        with contextlib.ExitStack() as theirs:
            told = self._told()
            fds = []
            if self.limits.twin_sockets and version.capabilities.twin_socket:
                fds.append(theirs.enter_context(self._open_twin()).fileno())
                told["twin_socket"] = {"supported": True, "fd_index": 0}
            self._reply(message.header, [write_version(MAJOR, min(MINOR, version.minor), told)], fds)
        self.served.attach(_Host(self))

    def _version_of(self, message: Message) -> Version:
        if message.header.command != Command.VERSION or not message.wants_reply:
            raise FormatError("a client begins with VERSION")
        version = read_version(message.payload)
        if version.major != MAJOR:
            raise FormatError("a version that nobody knows", major=version.major)
        return version

    def _told(self) -> dict[str, Any]:
        """Our capabilities."""
        told: dict[str, Any] = {
            "max_msg_fds": self.limits.max_msg_fds,
            "max_data_xfer_size": self.limits.max_data_xfer_size,
            "max_dma_maps": self.limits.max_dma_maps,
            "pgsizes": SMALLEST_PAGE,
            "write_multiple": False,
        }
        if self.limits.migration_pgsize:
            told["migration"] = {"pgsize": self.limits.migration_pgsize}
        return told

    def _open_twin(self) -> socket.socket:
        """A socket for commands of ours: the client's end of it.

        Raises:
            Refused: this process has no descriptor for it.
        """
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:
            raise Refused(f"there is no second socket for the client: {error}") from error
        self._twin = self._inbox.twin = Wire(ours, self.limits.largest_message)
        return theirs

    def _before_waiting(self) -> None:
        """The client is about to be asked for memory: see that it can answer."""
        if self._twin is None:
            self._answer_early()
            if not self._answered and self._serving == get_ident():
                raise Unmapped("the client waits for an answer: it cannot be asked for memory")
        if self._carrier is None and self.limits.threads:
            self._start_carrier()

    def _start_carrier(self) -> None:
        with self._owing:
            if self._carrier is None and not self._over.is_set():
                self._carrier = threading.Thread(
                    target=self._carry, name="vfio-user server carries", daemon=True
                )
                self._carrier.start()

    def _carry(self) -> None:
        """Carry what the device wrote to copied memory, now and then."""
        while not self._over.wait(CARRY_S):
            self.windows.carry()

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
        message = self._inbox.next_command()
        if message is not None:
            self._serve(message)

    def stop(self) -> None:
        """Let `run` return; from any thread."""
        self._over.set()
        self.wire.shut()
        if self._twin is not None:
            self._twin.shut()

    def close(self) -> None:
        """Let the device forget the client, and give back all that came from it; a second time is nothing.

        What the device does wrong meanwhile is among the failures; everything is given back all the same.
        """
        self.stop()
        self._inbox.end()
        left = self.windows.take_out_all()
        for work in (
            partial(self.served.attach, None),
            self._join_carrier,
            self._inbox.close,
            self.served.settle,
            partial(self.windows.drop, left),
            self.irqs.close,
            self.wire.close,
        ):
            try:
                work()
            except Exception as error:
                self._keep(error)
        if self._twin is not None:
            self._twin.close()

    def _join_carrier(self) -> None:
        with self._owing:
            carrier = self._carrier
        if carrier is not None:
            carrier.join(JOIN_S)

    # What is answered.

    def _serve(self, message: Message) -> None:
        header = message.header
        command = header.command
        self.counts[command] += 1
        self._serving = get_ident()
        self._answered = header.flags & NO_REPLY != 0
        handler = _HANDLERS.get(command)
        try:
            if handler is None:
                raise OSError(errno.EINVAL, "nobody knows this command")
            parts, fds = handler(self, message)
            if self._early is not None:
                self._answer_early()
            elif not self._answered:
                self._answered = True  # whatever comes of it, there is no second answer
                self._reply(header, parts, fds)
        except FormatError:
            self._answer_error(header, errno.EINVAL)
        except OSError as error:
            self._answer_error(header, error.errno or errno.EIO)
        except Gone:
            raise
        except Exception as error:  # a defect of the device: the client is told, and the next one served
            self._keep(error)
            self._answer_error(header, errno.EIO)
        finally:
            self._early = None
            self._answered = True
            if message.fds:
                message.close()

    def _keep(self, error: Exception) -> None:
        if len(self.failures) < MOST_FAILURES:
            self.failures.append(error)

    def _answer_early(self) -> None:
        """Give the answer that may be given early, if there is one."""
        with self._owing:
            early = self._early
            if early is not None:
                self._answered = True  # before it is none: who serves looks at both, without the lock
                self._early = None
                self._reply(early[0], [early[1]])

    def _answer_error(self, header: Header, code: int) -> None:
        with self._owing:
            self._early = None
            if not self._answered:
                self._refuse(header, code)

    def _reply(self, header: Header, parts: list[bytes], fds: Sequence[int] = ()) -> None:
        self.wire.send(header.message_id, header.command, parts, flags=TYPE_REPLY, fds=fds)
        if self._watch is not None:
            size = HEADER.size_bytes + sum(map(len, parts))
            told = Header(header.message_id, header.command, size, TYPE_REPLY, 0)
            self._watch(">", Message(told, b"".join(parts), list(fds)))

    def _refuse_message(self, message: Message) -> None:
        """What came is neither a command nor an answer that anybody waits for."""
        self._refuse(message.header, errno.EINVAL)

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

    def _get_region_info(self, message: Message) -> Answer:
        asked = REGION_INFO.read(message.payload)
        _expect_argsz(asked.argsz, REGION_INFO.size_bytes)
        if asked.region >= REGION_COUNT:
            raise OSError(errno.EINVAL, "there is no such region")
        region = self._regions.get(asked.region)
        if region is None:
            return [REGION_INFO.pack(REGION_INFO.size_bytes, 0, asked.region, 0, 0, 0)], []
        flags = RegionFlag(0)
        flags |= RegionFlag.READ if region.readable else 0
        flags |= RegionFlag.WRITE if region.writable else 0
        fds = [] if region.fd is None or not self._may_map(region) else [region.fd]
        flags |= RegionFlag.MMAP if fds else 0
        chain = write_areas(region.areas) if fds and region.areas else b""
        size, cap_offset = REGION_INFO.size_bytes + len(chain), 0
        if chain and asked.argsz >= size:
            flags |= RegionFlag.CAPS
            cap_offset = REGION_INFO.size_bytes
        elif chain:  # it does not fit: the client asks again, and maps nothing before it knows what it may
            chain, fds = b"", []
        head = REGION_INFO.pack(size, flags, asked.region, cap_offset, region.size_bytes, region.fd_offset)
        return [head, chain], fds

    def _may_map(self, region: Region) -> bool:
        takes_files = self.capabilities.max_msg_fds > 0
        return takes_files and (self.capabilities.fixed_views or not region.fixed)

    def _get_region_io_fds(self, message: Message) -> Answer:
        asked = REGION_IO_FDS.read(message.payload)
        _expect_argsz(asked.argsz, REGION_IO_FDS.size_bytes)
        if asked.flags or asked.parts or self._regions.get(asked.region) is None:
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
        offset, index, count = REGION_ACCESS.words(payload)
        region = self._regions.get(index)
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
        return [message.payload[: REGION_ACCESS.size_bytes], data], []

    def _region_write(self, message: Message) -> Answer:
        payload = message.payload
        region, index, offset, count = self._place(payload)
        if not region.writable or len(payload) - REGION_ACCESS.size_bytes != count:
            raise OSError(errno.EINVAL, "the region cannot be written, or not so")
        told = payload[: REGION_ACCESS.size_bytes]
        if not self._answered:
            self._early = (message.header, told)
            if self._twin is None and self._inbox.somebody_waits:  # for the client, which may wait for this
                self._answer_early()
        data = payload[REGION_ACCESS.size_bytes :]
        if index == CONFIG_REGION:
            self._config_write(offset, data)
        else:
            self.served.region_write(index, offset, data)
        return _DONE

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


def _expect_argsz(argsz: int, least: int) -> None:
    if argsz < least:
        raise OSError(errno.EINVAL, "there is no room for the answer")


_DONE: Answer = ([], [])
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
