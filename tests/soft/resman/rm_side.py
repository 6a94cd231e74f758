"""The driver's side of RM, by hand: payloads packed with `struct`, offsets as NVIDIA's headers give them."""

from __future__ import annotations

import ctypes
import itertools
import struct
from types import SimpleNamespace

from barewire.softgpu.bus import DmaRefused

OK = 0
IN_USE, DUPLICATE, INSUFFICIENT = 0x17, 0x19, 0x1A
INVALID_ADDRESS, INVALID_ARGUMENT, INVALID_CHANNEL = 0x1E, 0x1F, 0x21
INVALID_CLASS, INVALID_CLIENT = 0x22, 0x23
INVALID_EVENT, INVALID_LIMIT, INVALID_OBJECT, INVALID_OFFSET = 0x28, 0x2E, 0x31, 0x37
INVALID_HANDLE, INVALID_PARENT, INVALID_OPERATION, INVALID_PARAMS = 0x33, 0x36, 0x38, 0x3A
INVALID_STATE, NO_MEMORY, NOT_SUPPORTED, NOT_FOUND, TEST_ONLY = 0x40, 0x51, 0x56, 0x57, 0x7E

CLIENT, DEVICE, SUBDEVICE = 0xC1D00001, 0xDE1D0000, 0x5D1D0000
GR0, COPY0, COPY2 = 1, 9, 11
PAGE = 0x1000
ROOT, INSTANCE, USERD, METHODS = 0x10_0000, 0x20_0000, 0x21_0000, 0x22_0000


# Classes of memory; flags of mapping (NVOS46) and of reserving addresses (NVOS32).
SYSTEM, LOCAL_USER, LIST_SYSTEM, LIST_FBMEM = 0x3E, 0x40, 0x81, 0x82
READ_ONLY, SNOOP, FIXED, GROWS_DOWN, TLB_LOCK, DEFER = 1, 1 << 4, 1 << 15, 1 << 14, 1 << 28, 1 << 31
SIZE_4K, SIZE_BIG, SIZE_BOTH, SIZE_HUGE, SIZE_512M = (size << 8 for size in range(1, 6))
FIXED_ADDRESS, ALIGNMENT_HINT, ALIGNMENT_FORCE, LAZY = 0x10, 0x80, 0x100, 0x400
BEGIN_END, VIRTUAL, SPARSE = 0x2_0000, 0x8_0000, 0x400_0000


class RmHost:
    """Host memory: one megabyte at one address."""

    BASE = 0x9_0000_0000

    def __init__(self):
        self.memory = (ctypes.c_ubyte * (1 << 20))()

    def dma(self, iova, size_bytes, write):
        within = iova - self.BASE
        if within < 0 or within + size_bytes > len(self.memory):
            raise DmaRefused(f"{size_bytes} bytes at {iova:#x}")
        return ctypes.addressof(self.memory) + within

    def interrupt(self, vector):
        pass


def lay_out(vram_bytes):
    """The top of video memory as a bootstrap leaves it."""
    return SimpleNamespace(non_wpr_heap_offset=vram_bytes - (300 << 20), frts_offset=vram_bytes - (2 << 20))


class DriverSide:
    """Calls of RM, and what came back."""

    def __init__(self, gpu):
        self.gpu = gpu
        self.host = gpu.host.host
        self.events = []
        self.next_handle = 0x1000
        gpu.firmware.post_event = lambda function, payload: self.events.append((function, payload))

    def call(self, function, payload):
        """(rpc_result, reply), or None for no reply."""
        return self.gpu.resman.handle(function, payload)

    def handle(self):
        self.next_handle += 1
        return self.next_handle

    # Objects.

    def alloc(self, parent, handle, class_id, params=b"", client=CLIENT):
        """(status, reply's parameters) of GSP_RM_ALLOC."""
        head = struct.pack("<8I", client, parent, handle, class_id, 0xFFFFFFFF, len(params), 0, 0)
        result, reply = self.call(103, head + params)
        assert result == OK, hex(result)
        assert len(reply) == len(head) + len(params)
        return struct.unpack_from("<I", reply, 0x10)[0], reply[0x20:]

    def made(self, parent, class_id, params=b"", client=CLIENT):
        """A new object's handle; the call must succeed."""
        handle = self.handle()
        status, _ = self.alloc(parent, handle, class_id, params, client)
        assert status == OK, hex(status)
        return handle

    def free(self, handle, client=CLIENT):
        result, reply = self.call(10, struct.pack("<4I", client, 0, handle, 0xFFFFFFFF))
        assert result == OK
        return struct.unpack_from("<I", reply, 0xC)[0]

    def begun(self, handle, command, params=b"", client=CLIENT):
        """What GSP_RM_CONTROL gives at once: an answer, or that it comes later."""
        head = struct.pack("<6I", client, handle, command, 0xFFFFFFFF, len(params), 0)
        return self.call(76, head + params)

    def ended(self, later, came):
        """The status of a control that waited."""
        result, reply = later.answer(came)
        assert result == OK, hex(result)
        return struct.unpack_from("<I", reply, 0xC)[0]

    def control(self, handle, command, params=b"", client=CLIENT):
        """(status, reply's parameters) of GSP_RM_CONTROL."""
        head = struct.pack("<6I", client, handle, command, 0xFFFFFFFF, len(params), 0)
        result, reply = self.begun(handle, command, params, client)
        assert result == OK, hex(result)
        assert len(reply) == len(head) + len(params)
        return struct.unpack_from("<I", reply, 0xC)[0], reply[0x18:]

    def asked(self, handle, command, params=b""):
        """The parameters that a control gave back; it must succeed."""
        status, reply = self.control(handle, command, params)
        assert status == OK, hex(status)
        return reply

    def open(self):
        """A client, a device and a subdevice, as nouveau makes them."""
        params = struct.pack("<2I", CLIENT, 0xFFFFFFFF).ljust(0x78, b"\0")
        assert self.alloc(CLIENT, CLIENT, 0x0, params)[0] == OK
        assert self.alloc(CLIENT, DEVICE, 0x80, struct.pack("<2I", 0, CLIENT).ljust(0x38, b"\0"))[0] == OK
        assert self.alloc(DEVICE, SUBDEVICE, 0x2080, bytes(4))[0] == OK

    # Address spaces and channels.

    def vaspace(self, flags=8, root=ROOT):
        """An externally owned address space with a page directory."""
        handle = self.made(DEVICE, 0x90F1, struct.pack("<2I", 0, flags).ljust(0x30, b"\0"))
        if root is not None:
            assert self.set_root(handle, root)[0] == OK
        return handle

    def set_root(self, vaspace, root, entries=2, flags=0):
        params = struct.pack("<Q6I", root, entries, flags, vaspace, 0, 0, 0)
        return self.control(DEVICE, 0x00801813, params)

    # Memory, and where it is mapped by firmware.

    def try_memory(self, handle, pages, size, class_id=LOCAL_USER, kind=6, adjust=0, parent=DEVICE):
        """rpc_result of ALLOC_MEMORY; pages are addresses, one alone is the start of a contiguous stretch."""
        head = struct.pack(
            "<7I4xQIII4x",
            CLIENT,
            parent,
            handle,
            class_id,
            0,
            adjust,
            kind,
            size,
            len(pages),
            0,
            len(pages) << 16,
        )
        return self.call(4, head + b"".join(struct.pack("<Q", page >> 12) for page in pages))[0]

    def memory(self, pages, size=None, **changes):
        """A memory object's handle; of whole pages where no size is given."""
        handle = self.handle()
        size = len(pages) * PAGE if size is None else size
        status = self.try_memory(handle, pages, size, **changes)
        assert status == OK, hex(status)
        return handle

    def owned_space(self, **limits):
        """An address space whose tables firmware makes."""
        return self.made(DEVICE, 0x90F1, vaspace_params(**limits))

    def window(self, vaspace, offset=0, limit=0):
        """NV01_MEMORY_VIRTUAL: mappings take its addresses."""
        return self.made(DEVICE, 0x70, struct.pack("<QQI4x", offset, limit, vaspace))

    def reservation(self, vaspace, size, offset=None, **changes):
        """NV50_MEMORY_VIRTUAL: takes addresses at once; at a fixed place if one is given."""
        return self.made(DEVICE, 0x50A0, reservation_params(vaspace, size, offset, **changes))

    def try_map(self, virtual, memory, gpu_va=None, length=PAGE, offset=0, flags=0, device=DEVICE):
        """(status, address) of MAP_MEMORY_DMA; at a fixed address if one is given."""
        flags |= FIXED if gpu_va is not None else 0
        head = struct.pack(
            "<4IQQI4xQI4x", CLIENT, device, virtual, memory, offset, length, flags, gpu_va or 0, 0
        )
        result, reply = self.call(14, head)
        assert struct.unpack_from("<I", reply, 0x30)[0] == result
        return result, struct.unpack_from("<Q", reply, 0x28)[0]

    def map(self, virtual, memory, gpu_va=None, length=PAGE, **changes):
        """Where memory was mapped; the call must succeed."""
        status, where = self.try_map(virtual, memory, gpu_va, length, **changes)
        assert status == OK, hex(status)
        return where

    def unmap(self, virtual, gpu_va, memory=0, flags=0, device=DEVICE):
        """The status of UNMAP_MEMORY_DMA."""
        head = struct.pack("<5I4xQI4x", CLIENT, device, virtual, memory, flags, gpu_va, 0)
        result, reply = self.call(15, head)
        assert struct.unpack_from("<I", reply, 0x20)[0] == result
        return result

    def directory_info(self, vaspace, gpu_va, subdevice=0):
        """(root, first VA of the first table, bytes of the entry above it, blocks) of DMA_GET_PDE_INFO.

        Blocks are (address, cache attribute, entry bytes, page bytes, address space, table span, flags).
        """
        reply = self.asked(DEVICE, 0x00801809, directory_params(vaspace, gpu_va, subdevice))
        blocks = struct.iter_unpack("<Q6I", reply[0x20:0xC0])
        first_va, entry_bytes = struct.unpack_from("<QI", reply, 8)
        root = struct.unpack_from("<Q", reply, 0xC0)[0]
        return root, first_va, entry_bytes, [block for block in blocks if any(block)]

    def group(self, engine=COPY2, vaspace=0):
        return self.made(DEVICE, 0xA06C, struct.pack("<4I4x", 0, 0, vaspace, engine))

    def channel(self, parent=DEVICE, **changes):
        """A channel that can run; its handle."""
        handle = self.handle()
        status, _ = self.try_channel(parent, handle, **changes)
        assert status == OK, hex(status)
        return handle

    def try_channel(self, parent, handle, **changes):
        """(status, parameters) of allocating a channel."""
        if "vaspace" not in changes and "share" not in changes:
            changes["vaspace"] = self.vaspace()
        return self.alloc(parent, handle, 0xC86F, channel_params(**changes))

    # GR contexts.

    def graphics_channel(self, parent=DEVICE, promoted=True, **changes):
        """A channel for GR, with the buffers of a GR context mapped and promoted."""
        map_context(self.gpu, changes.pop("root", ROOT), changes.get("instance", INSTANCE))
        channel = self.channel(parent, engine=GR0, **changes)
        if promoted:
            assert self.promote(channel, *context_entries(changes.get("instance", INSTANCE))) == OK
        return channel

    def debugger(self, **changes):
        """A debugger's session for a compute object of a new channel."""
        compute = self.made(self.graphics_channel(**changes), 0xCBC0)
        return self.made(DEVICE, 0x83DE, struct.pack("<3I", 0, 0, compute))

    def promote(self, channel, *entries, engine=GR0, client=CLIENT):
        """The status of PROMOTE_CTX; entries as `promotion` makes them."""
        params = bytearray(0x230)
        struct.pack_into("<5I", params, 0, engine, 0, 0, CLIENT, channel)
        struct.pack_into("<I", params, 0x28, len(entries))
        params[0x30 : 0x30 + 0x20 * len(entries)] = b"".join(entries)
        return self.control(SUBDEVICE, 0x2080012B, bytes(params), client)[0]

    def object_of(self, handle, client=CLIENT):
        """RM's own idea of an object."""
        return self.gpu.resman.tree.find(client, handle)


def vaspace_params(flags=0, size=0, base=0, big=0):
    """NV_VASPACE_ALLOCATION_PARAMETERS."""
    return struct.pack("<2IQQQI4xQ", 0, flags, size, 0, 0, big, base)


def directory_params(vaspace, gpu_va, subdevice=0):
    """NV0080_CTRL_DMA_GET_PDE_INFO_PARAMS."""
    params = bytearray(0xD0)
    struct.pack_into("<Q", params, 0, gpu_va)
    struct.pack_into("<I", params, 0x1C, subdevice)
    struct.pack_into("<I", params, 0xC8, vaspace)
    return bytes(params)


def reservation_params(
    vaspace, size, offset=None, flags=0, page_size=0, huge=0, alignment=0, begin=0, last=0
):
    """NV_MEMORY_ALLOCATION_PARAMS of virtual memory."""
    params = bytearray(0x80)
    flags |= VIRTUAL | (FIXED_ADDRESS if offset is not None else 0)
    struct.pack_into("<I", params, 0x8, flags)
    struct.pack_into("<II", params, 0x18, page_size << 23, huge << 20)
    struct.pack_into("<5Q", params, 0x30, begin, last, size, alignment, offset or 0)
    struct.pack_into("<I", params, 0x6C, vaspace)
    return bytes(params)


SHIFTS = (56, 47, 38, 29, 21, 12)
PD0, PDE, PTE = 21, 0x12, 0x681


def map_page(gpu, root, gpu_va, target):
    """Map a 4 KiB page by tables of version 3; new tables go right behind the root's others."""
    table = root
    for shift, below in itertools.pairwise(SHIFTS):
        index = gpu_va >> shift & (0xFF if shift == PD0 else 0x1FF)
        at = table + (16 * index + 8 if shift == PD0 else 8 * index)
        entry = int.from_bytes(gpu.vram.read(at, 8), "little")
        if not entry:
            entry = root + 0x1000 * SHIFTS.index(below) | PDE
            gpu.vram.write(at, entry.to_bytes(8, "little"))
        table = entry & ~0xFFF
    gpu.vram.write(table + 8 * (gpu_va >> 12 & 0x1FF), (target | PTE).to_bytes(8, "little"))


LARGE = 2 << 20
PRIVILEGED_PTE = PTE | 2 << 3  # PCF bit 1


def map_large(gpu, root, gpu_va, target, entry=PRIVILEGED_PTE):
    """Map a 2 MiB page, with the tables of `map_page`; privileged unless told otherwise."""
    map_page(gpu, root, gpu_va, target)
    at = root + 0x1000 * SHIFTS.index(PD0) + 16 * (gpu_va >> PD0 & 0xFF)
    gpu.vram.write(at, (target | entry).to_bytes(8, "little") + bytes(8))


# The buffers of a GR context by their ids: where they are in a context's megabytes, and the least size.
CONTEXT_BYTES = 20 << 20
CONTEXT_VA, CONTEXT_MEMORY = 0x0800_0000, 0x1000_0000
BUFFERS = {
    0: (0 << 20, 0x5_0000), 2: (2 << 20, 0x4000), 3: (4 << 20, 0x2_0000), 4: (6 << 20, 0x2_0000),
    5: (8 << 20, 4 << 20), 6: (12 << 20, 0x2_0000), 9: (14 << 20, 0x4000), 10: (16 << 20, 0x8000),
    11: (18 << 20, 0x8000),
}  # fmt: skip
INITIALISED = (0, 2, 9, 10, 11)


def context_memory(instance=INSTANCE):
    """Where the buffers of a channel's context are: channels have theirs apart, by their instance blocks."""
    return CONTEXT_MEMORY + (instance - INSTANCE) // 0x1000 * (32 << 20)


def map_context(gpu, root=ROOT, instance=INSTANCE, entry=PRIVILEGED_PTE):
    for offset in range(0, CONTEXT_BYTES, LARGE):
        map_large(gpu, root, CONTEXT_VA + offset, context_memory(instance) + offset, entry)


def promotion(buffer, gpu_va=0, address=0, size=0, *, attributes=4, initialise=0, unmapped=0):
    """NV2080_CTRL_GPU_PROMOTE_CTX_BUFFER_ENTRY."""
    return struct.pack("<QQQIHBB", address, gpu_va, size, attributes, buffer, initialise, unmapped)


def context_entries(instance=INSTANCE, buffers=BUFFERS):
    """All the buffers, as a driver promotes those of its first context."""
    memory = context_memory(instance)
    return [
        promotion(buffer, CONTEXT_VA + offset, memory + offset, size, initialise=1)
        if buffer in INITIALISED
        else promotion(buffer, CONTEXT_VA + offset)
        for buffer, (offset, size) in BUFFERS.items()
        if buffer in buffers
    ]


def memory_desc(base, size, space=2):
    return struct.pack("<QQII", base, size, space, 1)


def channel_params(
    vaspace=0, share=0, engine=COPY2, ring=0x1000_0000, entries=512, flags=0, error=0, internal=0x14,
    instance=INSTANCE, userd=USERD, methods=METHODS, instance_bytes=PAGE, ramfc=None, userd_bytes=0x200,
    method_bytes=0x5000, space=2, notifier=None, userd_object=0,
):  # fmt: skip
    """NV_CHANNEL_ALLOC_PARAMS."""
    params = bytearray(0x170)
    struct.pack_into("<I", params, 0x00, error)
    struct.pack_into("<QII", params, 0x08, ring, entries, flags)
    struct.pack_into("<II", params, 0x18, share, vaspace)
    struct.pack_into("<I", params, 0x20, userd_object)
    struct.pack_into("<I", params, 0x80, engine)
    params[0x90:0xA8] = memory_desc(instance, instance_bytes, space)
    params[0xA8:0xC0] = memory_desc(userd, userd_bytes, space) if userd is not None else bytes(0x18)
    params[0xC0:0xD8] = memory_desc(instance if ramfc is None else ramfc, 0x200, space)
    params[0xD8:0xF0] = memory_desc(methods, method_bytes, space)
    struct.pack_into("<I", params, 0xF4, internal)
    if notifier is not None:
        params[0xF8:0x110] = notifier
    return bytes(params)
