"""The calls of libvfio-user's library that its Python tests make, answered by our server.

Those tests load a C library, set a device up by its calls, and then talk to its socket. Here the device is a
`Served` made of the same calls, and the socket is served by `Session`. What a call means beyond that (quiesce
callbacks, migration, capabilities of PCI) belongs to that library and not to the protocol, and is left out:
it answers ENOTSUP, and tests of it fail.

Facts: libvfio-user:include/libvfio-user.h, test/py/libvfio_user.py.
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import socket
from typing import Any

from barewire.transport.vfio_user.protocol import CONFIG_REGION, IRQ_COUNT, Area
from barewire.transport.vfio_user.served import Host, Region, Unmapped
from barewire.transport.vfio_user.session import Limits, Refused, Session
from barewire.transport.vfio_user.wire import BadHeader, Gone, Wire

NON_BLOCKING = 1
LOST_CONNECTION, RESET_DEVICE = 1, 0
MOST_FDS = 8  # what the tests expect to be told
REGION_READ, REGION_WRITE, REGION_MEMORY, REGION_64 = 1, 2, 4, 16


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class DmaInfo(ctypes.Structure):
    _fields_ = [
        ("iova", Iovec), ("address", ctypes.c_void_p), ("mapping", Iovec), ("page_size", ctypes.c_size_t),
        ("protection", ctypes.c_uint32),
    ]  # fmt: skip


class LibraryDevice:
    """A device made by the library's calls: a `Served`."""

    def __init__(self, handle: int, path: str, flags: int) -> None:
        self.handle = handle
        self.path = path
        self.blocking = not flags & NON_BLOCKING
        self.config_bytes = 256
        self.config = (ctypes.c_ubyte * 4096)()
        self.regions: dict[int, Region] = {}
        self.callbacks: dict[int, Any] = {}
        self.sizes: dict[int, tuple[int, int]] = {}
        self.irqs: dict[int, int] = {4: 1, 3: 1}
        self.reset_callback: Any = None
        self.quiesce: Any = None
        self.dma: tuple[Any, Any] | None = None
        self.most_regions = 65535
        self.masks: dict[int, Any] = {}
        self.migration = False
        self.listener: socket.socket | None = None
        self.session: Session | None = None

    def attach(self, host: Host | None) -> None:
        """Nothing: the library's device asks for memory by calls."""

    def config_read(self, offset: int, size_bytes: int) -> int:
        if self.callbacks.get(CONFIG_REGION):
            return int.from_bytes(self.region_read(CONFIG_REGION, offset, size_bytes), "little")
        return int.from_bytes(bytes(self.config[offset : offset + size_bytes]), "little")

    def config_write(self, offset: int, size_bytes: int, value: int) -> None:
        for at, byte in enumerate(value.to_bytes(size_bytes, "little"), offset):
            self.config[at] = byte & self._writable(at) | self.config[at] & ~self._writable(at)

    def _writable(self, at: int) -> int:
        """Bits of a byte of the header that a driver writes; BARs are as large as their regions."""
        if not 0x10 <= at < 0x28:
            return 0xFF if at in (4, 5, 0x0C, 0x0D, 0x3C) else 0
        bar = (at - 0x10) // 4
        shift = 8 * (at % 4)
        if bar in self.sizes:
            size, flags = self.sizes[bar]
            return (-size & 0xFFFFFFFF & ~(0xF if flags & REGION_MEMORY else 3)) >> shift & 0xFF
        size, flags = self.sizes.get(bar - 1, (0, 0))
        return (-size & (1 << 64) - 1) >> 32 >> shift & 0xFF if flags & REGION_64 else 0

    def region_read(self, index: int, offset: int, size_bytes: int) -> bytes:
        buffer = (ctypes.c_char * size_bytes)()
        self._call(index, buffer, size_bytes, offset, False)
        return bytes(buffer)

    def region_write(self, index: int, offset: int, data: bytes) -> None:
        self._call(index, (ctypes.c_char * len(data)).from_buffer_copy(data), len(data), offset, True)

    def _call(self, index: int, buffer: Any, size: int, offset: int, is_write: bool) -> None:
        if not size:  # the library has nothing done either
            return
        callback = self.callbacks.get(index)
        if not callback:
            raise OSError(errno.EINVAL, "nobody serves this region")
        pointer = ctypes.cast(buffer, ctypes.POINTER(ctypes.c_char))
        if callback(self.handle, pointer, size, offset, is_write) < 0:
            raise OSError(ctypes.get_errno() or errno.EIO, "the callback refuses")

    def set_irqs(self, kind: int, wired: frozenset[int]) -> None:
        """Nothing: the library's device raises what it likes."""

    def mask_irqs(self, kind: int, first: int, count: int, masked: bool) -> None:
        callback = self.masks.get(kind)
        if callback:
            callback(self.handle, first, count, masked)

    def settle(self) -> None:
        """Nothing is under way by itself."""

    def reset(self) -> None:
        self._reset(RESET_DEVICE)

    def _reset(self, why: int) -> None:
        if self.reset_callback and self.reset_callback(self.handle, why) < 0:
            raise OSError(ctypes.get_errno() or errno.EIO, "the callback refuses")

    def lose(self) -> None:
        """The client left."""
        if self.quiesce:
            self.quiesce(self.handle)
        if self.session is not None:
            self.session.close()
            self.session = None
        self._reset(LOST_CONNECTION)

    def close(self) -> None:
        if self.session is not None:
            self.session.close()
            self.session = None
        if self.listener is not None:
            self.listener.close()
            self.listener = None


def failed(code: int) -> int:
    ctypes.set_errno(code)
    return -1


class Api:
    """What stands for the library: its calls by name."""

    def __init__(self) -> None:
        self.devices: dict[int, LibraryDevice] = {}
        self.unknown: set[str] = set()
        for name in dir(type(self)):
            if name.startswith(("vfu_", "dma_")):
                setattr(self, name, _call(getattr(self, name)))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self.unknown.add(name)
        made = _call(lambda *_: failed(errno.ENOTSUP))
        self.__dict__[name] = made
        return made

    def vfu_create_ctx(self, transport: int, path: bytes, flags: int, private: Any, kind: int) -> int | None:
        if transport != 0 or flags & ~NON_BLOCKING or kind != 0:
            failed(errno.ENOTSUP if transport != 0 or kind != 0 else errno.EINVAL)
            return None
        handle = 0x1000 + len(self.devices)
        self.devices[handle] = LibraryDevice(handle, os.fsdecode(path), flags)
        return handle

    def vfu_setup_log(self, handle: int, log: Any, level: int) -> int:
        return 0

    def vfu_realize_ctx(self, handle: int) -> int:
        device = self.devices[handle]
        if device.listener is None:
            device.listener = socket.socket(socket.AF_UNIX)
            device.listener.bind(device.path)
            device.listener.listen(1)
            for index, (_, flags) in device.sizes.items():
                if index < 6:
                    kind = 0 if flags & REGION_MEMORY else 1
                    device.config[0x10 + 4 * index] = kind | (4 if flags & REGION_64 else 0)
        return 0

    def vfu_attach_ctx(self, handle: int) -> int:
        device = self.devices[handle]
        if device.session is not None or device.listener is None:
            return failed(errno.EINVAL)
        device.listener.setblocking(device.blocking)
        try:
            connection, _ = device.listener.accept()
        except BlockingIOError:
            return failed(errno.EAGAIN)
        limits = Limits(
            max_msg_fds=MOST_FDS,
            max_dma_maps=device.most_regions,
            trust_files=True,
            threads=False,
            migration_pgsize=4096 if device.migration else 0,
        )
        session = Session(Wire(connection, limits.largest_message), device, limits)  # type: ignore[arg-type]
        try:
            session.begin()
        except (Refused, BadHeader):
            session.close()
            return failed(errno.EINVAL)
        except Gone:
            session.close()
            return failed(errno.ENOTCONN)
        device.session = session
        return 0

    def vfu_run_ctx(self, handle: int) -> int:
        device = self.devices[handle]
        if device.session is None:
            return failed(errno.ENOTCONN)
        ready = select.poll()
        ready.register(device.session.wire.socket, select.POLLIN)
        if not device.blocking and not ready.poll(0):
            return 0
        try:
            device.session.step()
        except BadHeader:
            return 0
        except Gone:
            try:
                device.lose()
            except OSError as error:
                return failed(error.errno)
            return failed(errno.ENOTCONN)
        return 1

    def vfu_destroy_ctx(self, handle: int) -> None:
        self.devices[handle].close()

    def vfu_setup_region(
        self,
        handle: int,
        index: int,
        size: int,
        callback: Any,
        flags: int,
        areas: Any,
        count: int,
        fd: int,
        offset: int,
    ) -> int:
        device = self.devices[handle]
        if index == CONFIG_REGION:
            if size not in (256, 4096) or flags & ~8 != 3 or (flags & 8 and not callback):
                return failed(errno.EINVAL)
            device.config_bytes = size
            device.callbacks[index] = callback if flags & 8 else None
            return 0
        wrong = (
            not 0 <= index < 9
            or flags & ~0x3F
            or not flags & (REGION_READ | REGION_WRITE)
            or (count and (fd < 0 or not areas))
            or (areas and not count)
            or (index < 6 and size & (size - 1))
            or (flags & REGION_64 and (index % 2 or index > 4 or device.sizes.get(index + 1, (0, 0))[0]))
            or (size and 0 < index < 6 and device.sizes.get(index - 1, (0, 0))[1] & REGION_64)
        )
        if wrong:
            return failed(errno.EINVAL)
        found = (
            tuple(Area(area.iov_base or 0, area.iov_len) for area in (areas or ())[:count]) if count else ()
        )
        if any(area.offset + area.size_bytes > size for area in found):
            return failed(errno.EINVAL)
        if fd >= 0 and not found:
            found = (Area(0, size),)
        device.regions[index] = Region(
            size,
            bool(flags & REGION_READ),
            bool(flags & REGION_WRITE),
            fd if fd >= 0 else None,
            offset,
            found,
        )
        device.callbacks[index] = callback
        device.sizes[index] = (size, flags)
        return 0

    def vfu_setup_device_nr_irqs(self, handle: int, kind: int, count: int) -> int:
        if not 0 <= kind < IRQ_COUNT:
            return failed(errno.EINVAL)
        self.devices[handle].irqs[kind] = count
        return 0

    def vfu_setup_irq_state_callback(self, handle: int, kind: int, callback: Any) -> int:
        if not 0 <= kind < IRQ_COUNT:
            return failed(errno.EINVAL)
        self.devices[handle].masks[kind] = callback
        return 0

    def vfu_setup_device_reset_cb(self, handle: int, callback: Any) -> int:
        self.devices[handle].reset_callback = callback
        return 0

    def vfu_setup_device_quiesce_cb(self, handle: int, callback: Any) -> int:
        self.devices[handle].quiesce = callback
        return 0

    def vfu_setup_device_dma(self, handle: int, most: int, added: Any, removed: Any) -> int:
        device = self.devices[handle]
        device.dma = (added, removed)
        device.most_regions = most or 65535
        return 0

    def vfu_setup_device_migration_callbacks(self, handle: int, callbacks: Any) -> int:
        self.devices[handle].migration = True
        return 0

    def vfu_pci_init(self, handle: int, kind: int, header: int, revision: int) -> int:
        device = self.devices[handle]
        if kind not in (0, 1, 2, 3) or header:
            return failed(errno.EINVAL)
        device.config_bytes = 4096 if kind >= 2 else 256
        return 0

    def vfu_pci_get_config_space(self, handle: int) -> int:
        return ctypes.addressof(self.devices[handle].config)

    def vfu_irq_trigger(self, handle: int, vector: int) -> int:
        device = self.devices[handle]
        if not any(vector < count for kind, count in device.irqs.items() if kind < 3):
            return failed(errno.EINVAL)
        if device.session is None or not device.session.irqs.raise_vector(vector, None):
            return failed(errno.ENOENT)
        return 0

    def dma_sg_size(self) -> int:
        return 40

    def vfu_addr_to_sgl(
        self, handle: int, iova: int, size: int, places: Any, most: int, protection: int
    ) -> int:
        """Which mappings bytes lie in, one after another."""
        session = self.devices[handle].session
        at, end, count = iova or 0, (iova or 0) + size, 0
        while at < end:
            if session is None or count == most:
                return failed(errno.ENOENT)
            try:
                window = session.windows.window(at, 1)
            except Unmapped:
                return failed(errno.ENOENT)
            part = min(end, window.iova + window.size_bytes) - at
            place = places[count]
            place.dma_addr, place.region, place.length = window.iova, 1, part
            place.offset, place.writeable = at - window.iova, window.writable
            at, count = at + part, count + 1
        return count

    def vfu_sgl_get(self, handle: int, places: Any, vectors: Any, count: int, flags: int) -> int:
        session = self.devices[handle].session
        each_vector = vectors if count > 1 else [vectors]
        for place, vector in zip(places if _is_array(places) else [places], each_vector, strict=False):
            if session is None or not place.length:
                return failed(errno.EINVAL)
            window = session.windows.window((place.dma_addr or 0) + place.offset, place.length)
            if window.copied:
                return failed(errno.EFAULT)
            vector.iov_base, vector.iov_len = window.address + place.offset, place.length
        return 0

    def vfu_sgl_put(self, handle: int, places: Any, vectors: Any, count: int) -> None:
        """Nothing is held."""

    def vfu_sgl_read(self, handle: int, places: Any, count: int, buffer: Any, flags: int) -> int:
        return self._transfer(handle, places, count, buffer, flags, False)

    def vfu_sgl_write(self, handle: int, places: Any, count: int, buffer: Any, flags: int) -> int:
        return self._transfer(handle, places, count, buffer, flags, True)

    def _transfer(self, handle: int, places: Any, count: int, buffer: Any, flags: int, write: bool) -> int:
        """Bytes of the client's memory, by the address that the server gives for them, or by messages."""
        session = self.devices[handle].session
        if count != 1:
            return failed(errno.ENOTSUP)
        if flags & ~1 or session is None:
            return failed(errno.EINVAL)
        place = places[0]
        iova, size = (place.dma_addr or 0) + place.offset, place.length
        window = session.windows.window(iova, size)
        try:
            if not window.copied:
                here = session.windows.find(iova, size, write)
                ctypes.memmove(*((here, buffer) if write else (buffer, here)), size)
            elif write:
                session.memory.write(iova, bytes(buffer), waits=True)
            else:
                ctypes.memmove(buffer, session.memory.read(iova, size), size)
        except Unmapped:
            return failed(errno.EIO)
        return 0


def _is_array(places: Any) -> bool:
    return isinstance(places, ctypes.Array)


def _call(work: Any) -> Any:
    """A call that has attributes, as a foreign function has, and takes what C takes."""

    def call(*arguments: Any) -> Any:
        return work(*(each.encode() if isinstance(each, str) else each for each in arguments))

    return call


def install() -> Api:
    """Have ctypes load this in place of the library."""
    api = Api()
    real = ctypes.CDLL

    def load(name: Any, *arguments: Any, **options: Any) -> Any:
        if name and os.path.basename(str(name)).startswith("libvfio-user.so"):
            return api
        return real(name, *arguments, **options)

    ctypes.CDLL = load  # type: ignore[misc,assignment]
    return api
