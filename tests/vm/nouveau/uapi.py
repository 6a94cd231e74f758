"""The interface of Linux's nouveau to programs: requests, their structures, and a thin client over them.

Needs nothing but Python, so that it runs in the smallest guest.

Facts: linux:include/uapi/drm/nouveau_drm.h, include/uapi/drm/drm.h (synchronization objects),
    drivers/gpu/drm/nouveau/include/nvif/ioctl.h (objects of a channel), nouveau_abi16.c (which engine a new
    channel gets), nouveau_uvmm.c (the limits of an address space).
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import time
from collections.abc import Sequence
from ctypes import Structure, addressof, c_int16, c_int32, c_int64, c_uint8, c_uint32, c_uint64, sizeof

READ_WRITE, WRITE = 3, 1
COMMAND_BASE = 0x40

PARAMETERS = {
    "PCI_VENDOR": 3,
    "PCI_DEVICE": 4,
    "BUS_TYPE": 5,
    "FB_SIZE": 8,
    "AGP_SIZE": 9,
    "CHIPSET_ID": 11,
    "GRAPH_UNITS": 13,
    "PTIMER_TIME": 14,
    "EXEC_PUSH_MAX": 17,
    "VRAM_BAR_SIZE": 18,
    "VRAM_USED": 19,
}

DOMAIN_VRAM, DOMAIN_GART, DOMAIN_MAPPABLE, DOMAIN_COHERENT = 2, 4, 8, 16
BIND_MAP, BIND_UNMAP = 0, 1
BIND_ASYNC = 1
BIND_SPARSE = 1 << 8
ENGINE_GRAPHICS, ENGINE_COPY = 0x01, 0x30
NO_CONTEXT_DMA = 0xFFFFFFFF

NVIF_SCLASS, NVIF_NEW = 1, 2
NVIF_ROUTE_HIDDEN = 0xFF
MOST_CLASSES = 16

WAIT_ALL, WAIT_FOR_SUBMIT = 1, 2


class GetParam(Structure):
    _fields_ = (("param", c_uint64), ("value", c_uint64))


class SubChannel(Structure):
    _fields_ = (("handle", c_uint32), ("grclass", c_uint32))


class ChannelAlloc(Structure):
    _fields_ = (
        ("fb_ctxdma_handle", c_uint32),
        ("tt_ctxdma_handle", c_uint32),
        ("channel", c_int32),
        ("pushbuf_domains", c_uint32),
        ("notifier_handle", c_uint32),
        ("subchan", SubChannel * 8),
        ("nr_subchan", c_uint32),
    )


class VmInit(Structure):
    _fields_ = (("kernel_managed_addr", c_uint64), ("kernel_managed_size", c_uint64))


class Sync(Structure):
    _fields_ = (("flags", c_uint32), ("handle", c_uint32), ("timeline_value", c_uint64))


class BindOperation(Structure):
    _fields_ = (
        ("op", c_uint32),
        ("flags", c_uint32),
        ("handle", c_uint32),
        ("pad", c_uint32),
        ("addr", c_uint64),
        ("bo_offset", c_uint64),
        ("range", c_uint64),
    )


class VmBind(Structure):
    _fields_ = (
        ("op_count", c_uint32),
        ("flags", c_uint32),
        ("wait_count", c_uint32),
        ("sig_count", c_uint32),
        ("wait_ptr", c_uint64),
        ("sig_ptr", c_uint64),
        ("op_ptr", c_uint64),
    )


class Push(Structure):
    _fields_ = (("va", c_uint64), ("va_len", c_uint32), ("flags", c_uint32))


class Exec(Structure):
    _fields_ = (
        ("channel", c_uint32),
        ("push_count", c_uint32),
        ("wait_count", c_uint32),
        ("sig_count", c_uint32),
        ("wait_ptr", c_uint64),
        ("sig_ptr", c_uint64),
        ("push_ptr", c_uint64),
    )


class GemInfo(Structure):
    _fields_ = (
        ("handle", c_uint32),
        ("domain", c_uint32),
        ("size", c_uint64),
        ("offset", c_uint64),
        ("map_handle", c_uint64),
        ("tile_mode", c_uint32),
        ("tile_flags", c_uint32),
    )


class GemNew(Structure):
    _fields_ = (("info", GemInfo), ("channel_hint", c_uint32), ("align", c_uint32))


class GemClose(Structure):
    _fields_ = (("handle", c_uint32), ("pad", c_uint32))


class SyncobjCreate(Structure):
    _fields_ = (("handle", c_uint32), ("flags", c_uint32))


class SyncobjWait(Structure):
    _fields_ = (
        ("handles", c_uint64),
        ("timeout_nsec", c_int64),
        ("count_handles", c_uint32),
        ("flags", c_uint32),
        ("first_signaled", c_uint32),
        ("pad", c_uint32),
        ("deadline_nsec", c_uint64),
    )


class NvifHeader(Structure):
    _fields_ = (
        ("version", c_uint8),
        ("type", c_uint8),
        ("pad02", c_uint8 * 4),
        ("owner", c_uint8),
        ("route", c_uint8),
        ("token", c_uint64),
        ("object", c_uint64),
    )


class NvifNew(Structure):
    _fields_ = (
        ("ioctl", NvifHeader),
        ("version", c_uint8),
        ("pad01", c_uint8 * 6),
        ("route", c_uint8),
        ("token", c_uint64),
        ("object", c_uint64),
        ("handle", c_uint32),
        ("oclass", c_int32),
    )


class NvifClass(Structure):
    _fields_ = (("oclass", c_int32), ("minver", c_int16), ("maxver", c_int16))


class NvifClasses(Structure):
    _fields_ = (
        ("ioctl", NvifHeader),
        ("version", c_uint8),
        ("count", c_uint8),
        ("pad02", c_uint8 * 6),
        ("oclass", NvifClass * MOST_CLASSES),
    )


def request(direction: int, number: int, structure: type[Structure]) -> int:
    """The number of an ioctl of the DRM subsystem."""
    return direction << 30 | sizeof(structure) << 16 | ord("d") << 8 | number


GEM_CLOSE = request(WRITE, 0x09, GemClose)
SYNCOBJ_CREATE = request(READ_WRITE, 0xBF, SyncobjCreate)
SYNCOBJ_DESTROY = request(READ_WRITE, 0xC0, SyncobjCreate)
SYNCOBJ_WAIT = request(READ_WRITE, 0xC3, SyncobjWait)
GETPARAM = request(READ_WRITE, COMMAND_BASE + 0x00, GetParam)
CHANNEL_ALLOC = request(READ_WRITE, COMMAND_BASE + 0x02, ChannelAlloc)
NVIF_NUMBER = COMMAND_BASE + 0x07
VM_INIT = request(READ_WRITE, COMMAND_BASE + 0x10, VmInit)
VM_BIND = request(READ_WRITE, COMMAND_BASE + 0x11, VmBind)
EXEC = request(READ_WRITE, COMMAND_BASE + 0x12, Exec)
GEM_NEW = request(READ_WRITE, COMMAND_BASE + 0x40, GemNew)


class Buffer:
    """A buffer object: memory of the GPU or of the machine, mapped for the processor on first use.

    Attributes:
        handle: what the driver calls it.
        size_bytes: its size, a whole number of pages.
    """

    def __init__(self, client: Client, handle: int, size_bytes: int, map_offset: int) -> None:
        self._client = client
        self._map_offset = map_offset
        self._map: mmap.mmap | None = None
        self.handle = handle
        self.size_bytes = size_bytes

    @property
    def bytes(self) -> mmap.mmap:
        """Its content, mapped."""
        if self._map is None:
            self._map = mmap.mmap(self._client.fd, self.size_bytes, offset=self._map_offset)
        return self._map

    def close(self) -> None:
        """Give it back; mappings of the GPU keep it alive."""
        if self._map is not None:
            self._map.close()
            self._map = None
        self._client.call(GEM_CLOSE, GemClose(handle=self.handle))


class Client:
    """One open file of nouveau's render node.

    Raises:
        OSError: from every call: what the driver answered.
    """

    def __init__(self, path: str) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def close(self) -> None:
        """Close the file; the driver frees what it holds."""
        os.close(self.fd)

    def call(self, number: int, argument: Structure) -> None:
        """An ioctl that fills its argument in."""
        fcntl.ioctl(self.fd, number, argument)

    def parameter(self, name: str) -> int:
        """What the driver says of the device."""
        argument = GetParam(param=PARAMETERS[name])
        self.call(GETPARAM, argument)
        return int(argument.value)

    def vm_init(self, kernel_gpu_va: int, kernel_size_bytes: int) -> None:
        """Take over the address space, but for a range that stays the kernel's."""
        self.call(VM_INIT, VmInit(kernel_gpu_va, kernel_size_bytes))

    def buffer(self, size_bytes: int, domain: int) -> Buffer:
        """New memory in a domain (DOMAIN_*), a whole number of pages."""
        argument = GemNew(info=GemInfo(size=size_bytes, domain=domain))
        self.call(GEM_NEW, argument)
        return Buffer(self, argument.info.handle, argument.info.size, argument.info.map_handle)

    def bind(
        self,
        operations: Sequence[BindOperation],
        *,
        wait: Sequence[int] = (),
        signal: Sequence[int] = (),
        later: bool = False,
    ) -> None:
        """Map and unmap; with `later` the driver does it by itself, after `wait`, and signals `signal`."""
        ops = (BindOperation * len(operations))(*operations)
        waits, signals = _syncs(wait), _syncs(signal)
        self.call(
            VM_BIND,
            VmBind(
                op_count=len(operations),
                flags=BIND_ASYNC if later else 0,
                wait_count=len(wait),
                sig_count=len(signal),
                wait_ptr=addressof(waits),
                sig_ptr=addressof(signals),
                op_ptr=addressof(ops),
            ),
        )

    def map(self, buffer: Buffer, gpu_va: int) -> None:
        """Map all of a buffer, at once."""
        self.bind([BindOperation(op=BIND_MAP, handle=buffer.handle, addr=gpu_va, range=buffer.size_bytes)])

    def unmap(self, gpu_va: int, size_bytes: int) -> None:
        """Take mappings of a range away, at once."""
        self.bind([BindOperation(op=BIND_UNMAP, addr=gpu_va, range=size_bytes)])

    def channel(self, engine: int) -> int:
        """A new channel for an engine (ENGINE_*): its number."""
        argument = ChannelAlloc(fb_ctxdma_handle=NO_CONTEXT_DMA, tt_ctxdma_handle=engine)
        self.call(CHANNEL_ALLOC, argument)
        return int(argument.channel)

    def classes(self, channel: int) -> list[int]:
        """The classes a channel offers."""
        argument = NvifClasses(
            ioctl=NvifHeader(type=NVIF_SCLASS, route=NVIF_ROUTE_HIDDEN, token=channel), count=MOST_CLASSES
        )
        self.call(request(READ_WRITE, NVIF_NUMBER, NvifClasses), argument)
        return [int(argument.oclass[i].oclass) for i in range(min(argument.count, MOST_CLASSES))]

    def engine_object(self, channel: int, class_id: int, handle: int) -> None:
        """An object of an engine's class on a channel: after it the channel may use the engine."""
        argument = NvifNew(
            ioctl=NvifHeader(type=NVIF_NEW, route=NVIF_ROUTE_HIDDEN, token=channel),
            handle=handle,
            object=handle,
            token=handle,
            oclass=class_id,
        )
        self.call(request(WRITE, NVIF_NUMBER, NvifNew), argument)

    def syncobj(self) -> int:
        """A new synchronization object, not signaled: its handle."""
        argument = SyncobjCreate()
        self.call(SYNCOBJ_CREATE, argument)
        return int(argument.handle)

    def free_syncobj(self, handle: int) -> None:
        """Give a synchronization object back."""
        self.call(SYNCOBJ_DESTROY, SyncobjCreate(handle=handle))

    def wait(self, handles: Sequence[int], timeout_s: float) -> float:
        """Wait until all are signaled; how long it took in seconds.

        Raises:
            OSError: ETIME when the time has passed.
        """
        started = time.monotonic()
        array = (c_uint32 * len(handles))(*handles)
        argument = SyncobjWait(
            handles=addressof(array),
            timeout_nsec=int((started + timeout_s) * 1e9),
            count_handles=len(handles),
            flags=WAIT_ALL | WAIT_FOR_SUBMIT,
        )
        self.call(SYNCOBJ_WAIT, argument)
        return time.monotonic() - started

    def execute(
        self,
        channel: int,
        pushes: Sequence[tuple[int, int]],
        *,
        wait: Sequence[int] = (),
        signal: Sequence[int] = (),
    ) -> None:
        """Submit pushbuffers, each (GPU virtual address, bytes), to a channel."""
        array = (Push * len(pushes))(*(Push(va=gpu_va, va_len=size) for gpu_va, size in pushes))
        waits, signals = _syncs(wait), _syncs(signal)
        self.call(
            EXEC,
            Exec(
                channel=channel,
                push_count=len(pushes),
                wait_count=len(wait),
                sig_count=len(signal),
                wait_ptr=addressof(waits),
                sig_ptr=addressof(signals),
                push_ptr=addressof(array),
            ),
        )


def _syncs(handles: Sequence[int]) -> ctypes.Array[Sync]:
    return (Sync * max(len(handles), 1))(*(Sync(handle=handle) for handle in handles))
