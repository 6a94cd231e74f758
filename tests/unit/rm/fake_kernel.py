"""A kernel driver that is not there: its files and RM's object tree, strictly by the published structures.

Written from OGKM (580.95.05): nv.c, nv-mmap.c, escape.c, resource_list.h and the structures of nvos.h, with
their offsets as numbers, so that a wrong packer of the driver does not agree with itself here. It refuses
what the real one refuses; what the real one would forgive but a careful client does not do (freeing memory
that is still mapped, a virtual address that is taken, looking at memory that holds no table) it notes in
`complaints`.
"""

from __future__ import annotations

import ctypes
import errno
import struct
import threading
from dataclasses import dataclass, field

import fake_physical
from fake_physical import NoMemory
from fake_tables import Pool, Tables, page_at, pages_of

OK = 0
INVALID_ADDRESS, INVALID_ARGUMENT, INVALID_CLASS, INVALID_CLIENT = 0x1E, 0x1F, 0x22, 0x23
INVALID_FLAGS, INVALID_LIMIT, INVALID_OBJECT_HANDLE, INVALID_OBJECT_PARENT = 0x29, 0x2E, 0x33, 0x36
INVALID_OFFSET, INVALID_OWNER, INVALID_PARAM_STRUCT, INVALID_STATE = 0x37, 0x39, 0x3A, 0x40
NO_MEMORY, NOT_SUPPORTED, OBJECT_NOT_FOUND, STATE_IN_USE, DUPLICATE = 0x51, 0x56, 0x57, 0x63, 0x19
INSUFFICIENT_PERMISSIONS, INVALID_EVENT, TEST_ONLY_CODE_NOT_ENABLED = 0x1B, 0x28, 0x7E
GENERIC = 0xFFFF

ROOT, DEVICE, SUBDEVICE, USERMODE = 0x41, 0x80, 0x2080, 0xC661
SYSTEM_MEMORY, VIDEO_MEMORY, USER_PAGES, ALL_OF_VIDEO = 0x3E, 0x40, 0x71, 0xC2
VIRTUAL_WINDOW, VIRTUAL_RANGE, SPACE = 0x70, 0x50A0, 0x90F1
GROUP, SHARE, CHANNEL, COMPUTE, COPY, DEBUGGER = 0xA06C, 0x9067, 0xC86F, 0xCBC0, 0xC8B5, 0x83DE
MEMORY_CLASSES = (SYSTEM_MEMORY, VIDEO_MEMORY, USER_PAGES)

# Class -> (classes its parent may have, size of its parameters or None for none, parameters required).
RULES = {
    DEVICE: ((ROOT,), 0x38, True),
    SUBDEVICE: ((DEVICE,), 4, True),
    USERMODE: ((SUBDEVICE,), 2, False),
    SYSTEM_MEMORY: ((DEVICE,), 0x80, True),
    VIDEO_MEMORY: ((DEVICE, SUBDEVICE), 0x80, True),
    ALL_OF_VIDEO: ((DEVICE,), 0x18, True),
    VIRTUAL_WINDOW: ((DEVICE,), 0x18, True),
    VIRTUAL_RANGE: ((DEVICE,), 0x80, True),
    SPACE: ((DEVICE, SUBDEVICE), 0x38, True),
    GROUP: ((DEVICE,), 0x14, True),
    SHARE: ((GROUP,), 0xC, True),
    CHANNEL: ((DEVICE, GROUP), 0x170, True),
    COMPUTE: ((CHANNEL,), None, False),
    COPY: ((CHANNEL,), 8, False),
    DEBUGGER: ((DEVICE,), 0xC, True),
}
# Control -> (classes it is for, size of its parameters).
CONTROLS = {
    0x00000205: ((ROOT,), 0x20),
    0x00410103: (MEMORY_CLASSES, 0x30),
    0x00800292: ((DEVICE,), 0x324),
    0x00801801: ((DEVICE,), 0xB8),
    0x00801809: ((DEVICE,), 0xD0),
    0x00801813: ((DEVICE,), 0x20),
    0x00801814: ((DEVICE,), 8),
    0x20800110: ((SUBDEVICE,), 0x84),
    0x2080014A: ((SUBDEVICE,), 0x10C),
    0x2080018D: ((SUBDEVICE,), 0xEE4),
    0x2080018E: ((SUBDEVICE,), 0x3848),
    0x20801109: ((SUBDEVICE,), 0x808),
    0x20801210: ((SUBDEVICE,), 0x20),
    0x2080121B: ((SUBDEVICE,), 0x2418),
    0x20801228: ((SUBDEVICE,), 0x1E8),
    0x20801303: ((SUBDEVICE,), 0x404),
    0x20801701: ((SUBDEVICE,), 0x10),
    0x20802205: ((SUBDEVICE,), 4),
    0x20802A0A: ((SUBDEVICE,), 0x88),
    0x906F0105: ((CHANNEL,), 1),
    0x906F0106: ((CHANNEL,), 0x68),
    0xA06C0101: ((GROUP,), 3),
    0xA06C0103: ((GROUP,), 8),
    0xA06C0105: ((GROUP,), 8),
    0xA06F0112: ((CHANNEL,), 1),
    0xC36F0108: ((CHANNEL,), 4),
    0x83DE0309: ((DEBUGGER,), 4),
    0x83DE030C: ((DEBUGGER,), 0x12D8),
    0x83DE0310: ((DEBUGGER,), 8),
    0x83DE0328: ((DEBUGGER,), 0x48),
}
ESCAPE_SIZES = {
    0x27: (0x38,), 0x29: (0x10,), 0x2A: (0x20,), 0x2B: (0x20, 0x30), 0x4E: (0x38,),
    0x4F: (0x20,), 0x57: (0x40,),
    0x58: (0x30,), 201: (4,), 210: (0x48,),
}  # fmt: skip
STATUS_AT = {0x27: 0x28, 0x29: 0xC, 0x2A: 0x1C, 0x4E: 0x28, 0x4F: 0x18, 0x57: 0x38, 0x58: 0x28}
ALLOC_FIXED, ALLOC_LAZY, ALLOC_SPARSE = 0x10, 0x400, 0x04000000  # NVOS32_ALLOC_FLAGS_*
PAGE_SIZES = {0: 0, 1: 4096, 2: 65536, 3: 2 << 20}  # by bits 24:23 of NVOS32_ATTR
GPU_ID = 0x1800
VRAM_BYTES = 1 << 30
TABLES_END = 8 << 20  # RM's own page tables lie below
HOST_START, HOST_BYTES = 0x1_5000_0000, 1 << 30  # host memory as the GPU addresses it
WINDOW_BYTES = 64 << 10  # of video memory, that show a table
EXTERNALLY_OWNED = 1 << 3  # of NV_VASPACE_ALLOCATION_PARAMETERS.flags
ROOT_ENTRIES = 2
FOR_ADMINISTRATORS = (0x00410103, 0x00801813, 0x00801814)  # controls


def u32(data: bytes | bytearray, offset: int) -> int:
    return int(struct.unpack_from("<I", data, offset)[0])


def u64(data: bytes | bytearray, offset: int) -> int:
    return int(struct.unpack_from("<Q", data, offset)[0])


def put32(data: bytearray, offset: int, value: int) -> None:
    struct.pack_into("<I", data, offset, value)


def put64(data: bytearray, offset: int, value: int) -> None:
    struct.pack_into("<Q", data, offset, value)


@dataclass(eq=False)
class File:
    """An open file: descriptors and mappings keep it."""

    path: str
    holders: int = 1
    registered: File | None = None
    context: Context | None = None  # of the one mapping it may make

    @property
    def is_control(self) -> bool:
        return self.path == "/dev/nvidiactl"


@dataclass(eq=False)
class Object:
    """What RM has of an object.

    Attributes:
        size, page, places, contiguous: of memory: where its pages are.
        sparse: of a range of addresses without memory: its entries, (address, size).
        tables: of a VA space whose tables RM builds, or of that in which a sparse range is.
        root: of another VA space, where its owner says that its page directory is.
    """

    handle: int
    parent: int
    class_id: int
    params: bytes
    size: int = 0
    page: int = 4096
    places: list[int] = field(default_factory=list)
    contiguous: bool = False
    sparse: list[tuple[int, int]] = field(default_factory=list)
    tables: Tables | None = None
    root: int | None = None

    @property
    def owned_by_its_client(self) -> bool:
        """Whether this VA space has page tables that are not RM's."""
        return self.class_id == SPACE and bool(u32(self.params, 4) & EXTERNALLY_OWNED)

    def holds(self, place: int) -> bool:
        return any(page <= place < page + self.page for page in self.places)


@dataclass(eq=False)
class Context:
    """What a file's one mapping is to show."""

    memory: Object
    offset: int
    size: int
    read_only: bool


@dataclass(eq=False)
class Shown:
    """A mapping into this process."""

    size: int
    file: File | None
    memory: Object


@dataclass(eq=False)
class GpuMapping:
    """A memory object in a VA space."""

    size: int
    memory: Object
    space: Object
    page: int


@dataclass(eq=False)
class Client:
    file: File
    objects: dict[int, Object] = field(default_factory=dict)


class Refused(Exception):
    """RM answers with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(hex(status))
        self.status = status


class FakeKernel:
    """The injectable kernel of the RM client.

    Args:
        version: of the driver it plays.
        admin: whether the process is an administrator.
        nodes: the device files there are.
        fail_ioctl: the number of the ioctl (counted from 0) that fails; `fail_how` is "errno" or "status".
        fail_open, fail_mmap: likewise.
    """

    def __init__(
        self,
        version: str = "580.95.05",
        nodes: tuple[str, ...] = ("/dev/nvidiactl", "/dev/nvidia0"),
        fail_ioctl: int | None = None,
        fail_how: str = "errno",
        fail_open: int | None = None,
        fail_mmap: int | None = None,
        admin: bool = True,
    ) -> None:
        self.version = version
        self.admin = admin
        self.nodes = nodes
        self.denied: dict[str, int] = {}
        self.fail_ioctl, self.fail_how = fail_ioctl, fail_how
        self.fail_open, self.fail_mmap = fail_open, fail_mmap
        self.ioctls = self.opens = self.mmaps = 0
        self.log: list[str] = []
        self.complaints: list[str] = []
        self.files: dict[int, File] = {}
        self.clients: dict[int, Client] = {}
        self.pages: dict[int, Shown] = {}
        self.kernel_mappings: dict[int, Object] = {}  # linear address -> memory
        self.gpu_mappings: dict[tuple[Object, int], GpuMapping] = {}  # by virtual memory and address
        self.refuse: dict[int, int] = {}  # class or control -> status
        self.vram_used = 0
        self._fd = 1000
        self._client = 0xC1D00000
        self._linear = 0x7000_0000_0000
        self.video = fake_physical.Memory(0, VRAM_BYTES, TABLES_END)
        self.host = fake_physical.Memory(HOST_START, HOST_BYTES)
        self.pool = Pool(self.video, TABLES_END)
        self.named: set[int] = set()  # pages with tables that RM told of
        self.lock = threading.RLock()  # of the driver: one call at a time

    # What is left

    @property
    def objects(self) -> list[Object]:
        return [known for client in self.clients.values() for known in client.objects.values()]

    @property
    def is_clean(self) -> bool:
        """Whether no descriptor, mapping or object is left."""
        return self.is_given_back and not self.pages

    @property
    def is_given_back(self) -> bool:
        """Whether no descriptor or object is left; views that somebody still holds show empty memory."""
        showing = [shown for shown in self.pages.values() if shown.file is not None]
        return not (self.files or showing or self.clients or self.kernel_mappings or self.gpu_mappings)

    # System calls

    def exists(self, path: str) -> bool:
        return path in self.nodes

    def open(self, path: str) -> int:
        number, self.opens = self.opens, self.opens + 1
        if number == self.fail_open:
            raise OSError(errno.EIO, "Input/output error")
        if path not in self.nodes:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        if path in self.denied:
            raise OSError(self.denied[path], "denied")
        self._fd += 1
        self.files[self._fd] = File(path)
        return self._fd

    def close(self, fd: int) -> None:
        with self.lock:
            if fd not in self.files:
                self.complaints.append(f"close of {fd}, which is not open")
                raise OSError(errno.EBADF, "Bad file descriptor")
            self._drop(self.files.pop(fd))

    def _drop(self, file: File) -> None:
        file.holders -= 1
        if file.holders:
            return
        if file.registered:
            self._drop(file.registered)
        for handle in [handle for handle, client in self.clients.items() if client.file is file]:
            self._free(self.clients[handle], handle)

    def mmap(self, fd: int, size_bytes: int, writable: bool) -> int:
        number, self.mmaps = self.mmaps, self.mmaps + 1
        file = self._file(fd)
        if number == self.fail_mmap:
            raise OSError(errno.ENOMEM, "Cannot allocate memory")
        if file.context is None:
            raise OSError(errno.EINVAL, "Invalid argument")
        shown = file.context
        rounded = -(-shown.size // 4096) * 4096
        if file.is_control and size_bytes > rounded:
            raise OSError(errno.ERANGE, "Numerical result out of range")
        if not file.is_control and size_bytes != rounded:
            raise OSError(errno.ENXIO, "No such device or address")
        if writable and shown.read_only:
            raise OSError(errno.EACCES, "Permission denied")
        address = self._show(shown, size_bytes, writable)
        file.holders += 1
        self.pages[address] = Shown(size_bytes, file, shown.memory)
        return address

    def _show(self, shown: Context, size_bytes: int, writable: bool) -> int:
        memory = shown.memory
        if memory.class_id == ALL_OF_VIDEO:
            return self.video.map([0], VRAM_BYTES, shown.offset, size_bytes, writable)
        if memory.class_id == USERMODE:
            return fake_physical.anonymous(size_bytes)
        where = self.video if memory.class_id == VIDEO_MEMORY else self.host
        return where.map(memory.places, memory.page, shown.offset, size_bytes, writable)

    def munmap(self, address: int, size_bytes: int) -> None:
        entry = self.pages.get(address)
        if entry is None or entry.size != size_bytes:
            self.complaints.append(f"munmap of {address:#x}, which is not mapped")
            raise OSError(errno.EINVAL, "Invalid argument")
        del self.pages[address]
        fake_physical.unmap(address, size_bytes)
        if entry.file is not None:
            self._drop(entry.file)

    def retire(self, address: int, size_bytes: int) -> None:
        entry = self.pages[address]
        assert entry.size == size_bytes
        fake_physical.anonymous(size_bytes, address)
        file, entry.file = entry.file, None
        if file is not None:
            self._drop(file)

    def ioctl(self, fd: int, request: int, data: bytearray) -> None:
        with self.lock:
            self._ioctl(fd, request, data)

    def _ioctl(self, fd: int, request: int, data: bytearray) -> None:
        number, self.ioctls = self.ioctls, self.ioctls + 1
        file = self._file(fd)
        direction, size, kind, escape = (
            request >> 30,
            request >> 16 & 0x3FFF,
            request >> 8 & 0xFF,
            request & 0xFF,
        )
        if direction != 3 or kind != ord("F") or size != len(data):
            raise OSError(errno.EINVAL, "Invalid argument")
        if escape == 200:
            if size % 0x48 or not file.is_control:
                raise OSError(errno.EINVAL, "Invalid argument")
        elif size not in ESCAPE_SIZES.get(escape, ()):
            raise OSError(errno.EINVAL, "Invalid argument")
        if escape not in (201,) and (escape == 0x27) == file.is_control:
            raise OSError(errno.EINVAL, "Invalid argument")
        status_at = (
            0x28 if escape == 0x2B and size == 0x30 else 0x1C if escape == 0x2B else STATUS_AT.get(escape)
        )
        if number == self.fail_ioctl:
            if self.fail_how == "errno" or status_at is None:
                raise OSError(errno.EINVAL, "Invalid argument")
            put32(data, status_at, GENERIC)
            return
        handler = {
            0x27: self._alloc_memory, 0x29: self._rm_free, 0x2A: self._control, 0x2B: self._alloc,
            0x4E: self._map,
            0x4F: self._unmap, 0x57: self._map_dma, 0x58: self._unmap_dma,
            200: self._card_info, 201: self._register,
            210: self._version,
        }[escape]  # fmt: skip
        try:
            handler(file, data)
        except Refused as refused:
            if status_at is None:
                raise OSError(errno.EINVAL, "Invalid argument") from refused
            put32(data, status_at, refused.status)
        else:
            if status_at is not None:
                put32(data, status_at, OK)

    def _file(self, fd: int) -> File:
        if fd not in self.files:
            self.complaints.append(f"use of {fd}, which is not open")
            raise OSError(errno.EBADF, "Bad file descriptor")
        return self.files[fd]

    # Escapes

    def _version(self, file: File, data: bytearray) -> None:
        if u32(data, 0) != ord("2"):
            raise Refused(INVALID_ARGUMENT)
        put32(data, 4, 1)
        data[8:72] = self.version.encode().ljust(64, b"\0")

    def _card_info(self, file: File, data: bytearray) -> None:
        for index in range(2):  # the second card's device file is not among the nodes
            base = index * 0x48
            data[base : base + 0x48] = bytes(0x48)
            data[base] = 1
            put32(data, base + 4, 0)
            data[base + 8 : base + 11] = bytes((0x18 + index, 0, 0))
            struct.pack_into("<HH", data, base + 12, 0x10DE, 0x2330)
            put32(data, base + 0x10, GPU_ID + index)
            put32(data, base + 0x38, index)

    def _register(self, file: File, data: bytearray) -> None:
        control = self.files.get(struct.unpack_from("<i", data, 0)[0])
        if (
            control is None
            or not control.is_control
            or control is file
            or file.registered
            or control.registered
        ):
            raise Refused(INVALID_ARGUMENT)
        control.holders += 1
        file.registered = control

    def _client_of(self, file: File, handle: int) -> Client:
        client = self.clients.get(handle)
        if client is None or client.file is not (file.registered or file):
            raise Refused(INVALID_CLIENT)
        return client

    @staticmethod
    def _object(client: Client, handle: int, *classes: int) -> Object:
        found = client.objects.get(handle)
        if found is None or (classes and found.class_id not in classes):
            raise Refused(INVALID_OBJECT_HANDLE)
        return found

    def _alloc(self, file: File, data: bytearray) -> None:
        root, parent, handle, class_id, pointer = *struct.unpack_from("<IIII", data, 0), u64(data, 0x10)
        size = u32(data, 0x18 if len(data) == 0x20 else 0x20)
        self.log.append(f"alloc {class_id:#x}")
        if class_id in self.refuse:
            raise Refused(self.refuse[class_id])
        if class_id == ROOT:
            self._client += 1
            handle = handle or self._client
            self.clients[handle] = Client(file, {handle: Object(handle, 0, ROOT, b"")})
            put32(data, 8, handle)
            return
        client = self._client_of(file, root)
        if class_id not in RULES:
            raise Refused(INVALID_CLASS)
        if class_id == ALL_OF_VIDEO and not self.admin:
            raise Refused(INSUFFICIENT_PERMISSIONS)
        parents, expected, required = RULES[class_id]
        if parent not in client.objects:
            raise Refused(INVALID_OBJECT_PARENT)
        if client.objects[parent].class_id not in parents:
            raise Refused(INVALID_OBJECT_PARENT)
        if required and not pointer:
            raise Refused(INVALID_ARGUMENT)
        if pointer and size != (expected or 0):
            raise Refused(INVALID_PARAM_STRUCT)
        params = bytearray(ctypes.string_at(pointer, size)) if pointer else bytearray()
        if not handle:
            handle = 0xCAF00000 + len(client.objects)
        if handle in client.objects:
            raise Refused(DUPLICATE)
        made = Object(handle, parent, class_id, bytes(params))
        check = {
            SYSTEM_MEMORY: self._check_memory, VIDEO_MEMORY: self._check_memory, VIRTUAL_RANGE:
            self._check_range, VIRTUAL_WINDOW: self._check_window, GROUP: self._check_group, SHARE:
            self._check_share, CHANNEL: self._check_channel, DEBUGGER: self._check_debugger, DEVICE:
            self._check_device, USERMODE: self._check_usermode, SPACE: self._check_space,
            ALL_OF_VIDEO: self._check_all_of_video,
        }.get(class_id)  # fmt: skip
        if check:
            check(client, made, params)
        if pointer:
            ctypes.memmove(pointer, bytes(params), size)
        client.objects[handle] = made
        put32(data, 8, handle)

    def _check_device(self, client: Client, made: Object, params: bytearray) -> None:
        if u32(params, 0) != 3:  # the instance that GPU_GET_ID_INFO_V2 answers
            raise Refused(INVALID_ARGUMENT)

    def _check_usermode(self, client: Client, made: Object, params: bytearray) -> None:
        made.size = 0x10000

    def _check_all_of_video(self, client: Client, made: Object, params: bytearray) -> None:
        made.size = VRAM_BYTES
        put64(params, 0, VRAM_BYTES)

    def _check_space(self, client: Client, made: Object, params: bytearray) -> None:
        if not made.owned_by_its_client:
            made.tables = Tables(self.pool)

    def _check_memory(self, client: Client, made: Object, params: bytearray) -> None:
        owner, flags, attr, size = u32(params, 0), u32(params, 8), u32(params, 0x18), u64(params, 0x40)
        if owner in (0, 0xFFFFFFFF):
            raise Refused(INVALID_OWNER)
        if not size or flags & 0x80000 or u32(params, 0x70):
            raise Refused(INVALID_ARGUMENT)
        location = attr >> 25 & 3
        if location != (1 if made.class_id == SYSTEM_MEMORY else 0):
            raise Refused(INVALID_ARGUMENT)
        made.page = PAGE_SIZES[attr >> 23 & 3] or 4096
        made.size = -(-size // made.page) * made.page
        if made.class_id == VIDEO_MEMORY and self.vram_used + made.size > VRAM_BYTES:
            raise Refused(NO_MEMORY)
        made.contiguous = attr >> 27 & 3 == 2
        try:
            made.places = self._physical(made).take(made.size, made.page, made.contiguous)
        except NoMemory:
            raise Refused(NO_MEMORY) from None
        if made.class_id == VIDEO_MEMORY:
            self.vram_used += made.size
        put64(params, 0x58, made.size - 1)

    def _physical(self, memory: Object) -> fake_physical.Memory:
        return self.video if memory.class_id == VIDEO_MEMORY else self.host

    def _check_range(self, client: Client, made: Object, params: bytearray) -> None:
        if u32(params, 0) in (0, 0xFFFFFFFF):
            raise Refused(INVALID_OWNER)
        if not u32(params, 8) & 0x80000 or not u64(params, 0x40):
            raise Refused(INVALID_ARGUMENT)
        space = self._object(client, u32(params, 0x6C), SPACE)
        if space.tables is None:
            raise Refused(INVALID_STATE)
        flags, size = u32(params, 8), u64(params, 0x40)
        made.size = size
        if flags & ALLOC_SPARSE:
            self._enter_sparse(made, space, params)
        else:
            space.tables.both = bool(flags & ALLOC_LAZY)

    def _enter_sparse(self, made: Object, space: Object, params: bytearray) -> None:
        """RM writes the entries of a range that reads as zeros."""
        page = PAGE_SIZES[u32(params, 0x18) >> 23 & 3]
        start = u64(params, 0x50)
        start -= start % (page or 2 << 20)
        end = start + made.size
        if not u32(params, 8) & ALLOC_FIXED or made.size % (page or 4096):
            raise Refused(INVALID_ARGUMENT)
        if any(start < at + size and at < end for at, size in self._taken(space)):
            raise Refused(NO_MEMORY)
        assert space.tables is not None
        made.tables, made.sparse = space.tables, space.tables.set_sparse(start, made.size, page or 4096)
        put64(params, 0x50, start)

    def _taken(self, space: Object) -> list[tuple[int, int]]:
        """(address, size) of what is mapped in a space, and sparse."""
        others = [known for known in self.objects if known.tables is space.tables]
        mapped = [(at, each.size) for (_, at), each in self.gpu_mappings.items() if each.space is space]
        return mapped + [entry for known in others for entry in known.sparse]

    def _check_window(self, client: Client, made: Object, params: bytearray) -> None:
        self._object(client, u32(params, 0x10), SPACE)
        if u64(params, 8) and u64(params, 0) > u64(params, 8):
            raise Refused(INVALID_OFFSET)
        made.size = u64(params, 8) + 1 - u64(params, 0)

    def _check_group(self, client: Client, made: Object, params: bytearray) -> None:
        self._object(client, u32(params, 8), SPACE)
        if u32(params, 0xC) not in (1, *range(9, 19), *range(0x34, 0x3E)):
            raise Refused(INVALID_ARGUMENT)

    def _check_share(self, client: Client, made: Object, params: bytearray) -> None:
        self._object(client, u32(params, 0), SPACE)

    def _check_channel(self, client: Client, made: Object, params: bytearray) -> None:
        notifier, buffer, ring, entries = u32(params, 0), u32(params, 4), u64(params, 8), u32(params, 16)
        share, space, userd, engine = u32(params, 24), u32(params, 28), u32(params, 32), u32(params, 128)
        group = client.objects[made.parent]
        if notifier:
            self._object(client, notifier, *MEMORY_CLASSES)
        if buffer:
            self._object(client, buffer, VIRTUAL_WINDOW, VIRTUAL_RANGE, *MEMORY_CLASSES)
        if not entries or entries & (entries - 1) or ring % 8 or ring >> 40:
            raise Refused(INVALID_ARGUMENT)
        if share and space:
            raise Refused(INVALID_ARGUMENT)
        if group.class_id == GROUP and engine != u32(group.params, 0xC):
            raise Refused(INVALID_ARGUMENT)
        if share and self._object(client, share, SHARE).parent != made.parent:
            raise Refused(INVALID_OBJECT_HANDLE)
        if u64(params, 64) % 512 or u64(params, 64) + 512 > self._object(client, userd, *MEMORY_CLASSES).size:
            raise Refused(INVALID_ARGUMENT)
        if group.class_id == GROUP:
            self._check_tables(self._object(client, u32(group.params, 8), SPACE), ring)

    def _check_tables(self, space: Object, ring: int) -> None:
        """A channel's address space has page tables, and its ring is mapped in them if they are not RM's."""
        if not space.owned_by_its_client:
            return
        if space.root is None:
            raise Refused(INVALID_STATE)
        if page_at(self.video, space.root, ring) is None:
            self.complaints.append(f"a channel was made whose ring at {ring:#x} is not mapped")

    def _check_debugger(self, client: Client, made: Object, params: bytearray) -> None:
        self._object(client, u32(params, 8), COMPUTE)

    def _alloc_memory(self, file: File, data: bytearray) -> None:
        root, parent, handle, class_id, flags = struct.unpack_from("<IIIII", data, 0)
        address, limit = u64(data, 0x18), u64(data, 0x20)
        client = self._client_of(file, root)
        if class_id in self.refuse:
            raise Refused(self.refuse[class_id])
        self._object(client, parent, DEVICE)
        if class_id != USER_PAGES:
            raise Refused(INVALID_CLASS)
        if flags >> 8 & 0xF or flags >> 30 != 1 or flags >> 12 & 0xF not in (0, 1, 5):
            raise Refused(INVALID_FLAGS)
        if address % 4096:
            raise Refused(NOT_SUPPORTED)
        if limit == 0xFFFF_FFFF_FFFF_FFFF:
            raise Refused(INVALID_LIMIT)
        if handle in client.objects or not handle:
            raise Refused(DUPLICATE)
        made = Object(handle, parent, class_id, bytes(data), -(-(limit + 1) // 4096) * 4096)
        made.places = self.host.take(made.size, made.page)
        client.objects[handle] = made

    def _rm_free(self, file: File, data: bytearray) -> None:
        root, parent, handle, _ = struct.unpack_from("<IIII", data, 0)
        client = self._client_of(file, root)
        found = self._object(client, handle)
        if parent and found.parent != parent:
            raise Refused(INVALID_OBJECT_PARENT)
        self.log.append(f"free {found.class_id:#x}")
        if any(known.parent == handle for known in client.objects.values()):
            self.complaints.append(f"{found.class_id:#x} was freed before its children")
        if any(mapping.memory is found for mapping in self.gpu_mappings.values()):
            self.complaints.append("memory was freed while it was mapped for the GPU")
        if found.class_id in MEMORY_CLASSES:
            self._complain_of_tables(found)
        if found.root is not None:
            self.complaints.append("a VA space was freed with its page directory")
        if found in self.kernel_mappings.values():
            self.complaints.append("memory was freed while it was mapped for the CPU")
        if found.class_id in MEMORY_CLASSES and any(
            handle in (u32(known.params, 0), u32(known.params, 32))
            for known in client.objects.values()
            if known.class_id == CHANNEL
        ):
            self.complaints.append("memory was freed under a channel")
        if found.class_id == SPACE and any(
            known.class_id in (GROUP, VIRTUAL_RANGE, VIRTUAL_WINDOW)
            and u32(known.params, {GROUP: 8, VIRTUAL_RANGE: 0x6C, VIRTUAL_WINDOW: 0x10}[known.class_id])
            == handle
            for known in client.objects.values()
        ):
            self.complaints.append("a VA space was freed before what uses it")
        self._free(client, handle)

    def _complain_of_tables(self, memory: Object) -> None:
        """Memory goes that page tables lie in, or lead to."""
        for space in self.objects:
            if space.root is None:
                continue
            if memory.class_id == VIDEO_MEMORY and memory.holds(space.root):
                self.complaints.append("memory was freed with a page directory in it")
                return
            aperture = "video" if memory.class_id == VIDEO_MEMORY else "host"
            for page in pages_of(self.video, space.root):
                if page.aperture == aperture and memory.holds(page.place):
                    self.complaints.append(f"memory was freed that page tables lead to at {page.va:#x}")
                    return

    def channels_in(self, space: Object) -> list[Object]:
        """The channels that an address space has."""
        groups = [
            known.handle for known in self.objects
            if known.class_id == GROUP and u32(known.params, 8) == space.handle
        ]  # fmt: skip
        return [known for known in self.objects if known.class_id == CHANNEL and known.parent in groups]

    def _free(self, client: Client, handle: int) -> None:
        found = client.objects.get(handle)
        if found is None:
            return
        for below in [
            known.handle for known in client.objects.values() if known.parent == handle and known is not found
        ]:
            self._free(client, below)
        del client.objects[handle]
        if found.class_id == VIDEO_MEMORY:
            self.vram_used -= found.size
        for linear in [at for at, memory in self.kernel_mappings.items() if memory is found]:
            del self.kernel_mappings[linear]
        for key, mapping in list(self.gpu_mappings.items()):
            if found in (mapping.memory, mapping.space, key[0]):
                self._clear(key)
        if found.places:
            self._physical(found).give_back(found.places, found.page, found.contiguous)
        for va, size in found.sparse:
            if found.tables is not None and found.tables.are_there:
                found.tables.clear(va, size)
        if found.tables is not None and found.class_id == SPACE:
            found.tables.give_back()
        if found.class_id == ROOT:
            del self.clients[handle]

    # Mappings

    def _map(self, file: File, data: bytearray) -> None:
        root, device, memory = struct.unpack_from("<III", data, 0)
        offset, length, fd = u64(data, 0x10), u64(data, 0x18), struct.unpack_from("<i", data, 0x30)[0]
        client = self._client_of(file, root)
        self._object(client, device, DEVICE, SUBDEVICE)
        found = self._object(client, memory, VIDEO_MEMORY, SYSTEM_MEMORY, ALL_OF_VIDEO, USERMODE)
        target = self.files.get(fd)
        if not length or offset + length > found.size:
            raise Refused(INVALID_LIMIT)
        if target is None or target.is_control != (found.class_id == SYSTEM_MEMORY):
            raise Refused(INVALID_ARGUMENT)
        if not target.is_control and target.registered is not file:
            raise Refused(INVALID_ARGUMENT)
        if target.context is not None:
            raise Refused(STATE_IN_USE)
        if (found.class_id == USERMODE) != (client.objects[device].class_id == SUBDEVICE):
            raise Refused(INVALID_OBJECT_PARENT)
        read_only = bool(u32(data, 0x2C) & 1)
        if found.class_id == ALL_OF_VIDEO:
            self._check_window_on_tables(offset, length, read_only)
        target.context = Context(found, offset, length, read_only)
        self._linear += -(-length // 4096) * 4096
        self.kernel_mappings[self._linear] = found
        put64(data, 0x20, self._linear)

    def _check_window_on_tables(self, offset: int, length: int, read_only: bool) -> None:
        """All of video memory may be looked at, but only tables of one's own are anybody's business."""
        if not read_only:
            self.complaints.append(f"video memory at {offset:#x} was mapped to be written")
        named = any(page in self.named for page in range(offset, offset + length, 4096))
        if length > WINDOW_BYTES or not named:
            self.complaints.append(f"{length:#x} bytes at {offset:#x} were looked at: no table was named")

    def _unmap(self, file: File, data: bytearray) -> None:
        root, _, memory = struct.unpack_from("<III", data, 0)
        client = self._client_of(file, root)
        found = self._object(client, memory)
        if self.kernel_mappings.get(u64(data, 0x10)) is not found:
            raise Refused(INVALID_ADDRESS)
        del self.kernel_mappings[u64(data, 0x10)]

    def _map_dma(self, file: File, data: bytearray) -> None:
        root, device, virtual, memory = struct.unpack_from("<IIII", data, 0)
        offset, length, flags, at = u64(data, 0x10), u64(data, 0x18), u32(data, 0x20), u64(data, 0x30)
        client = self._client_of(file, root)
        self._object(client, device, DEVICE)
        window = self._object(client, virtual, VIRTUAL_WINDOW, VIRTUAL_RANGE)
        found = self._object(client, memory, *MEMORY_CLASSES)
        if not length or offset + length > found.size:
            raise Refused(INVALID_LIMIT)
        start = u64(window.params, 0 if window.class_id == VIRTUAL_WINDOW else 0x50)
        if not flags >> 15 & 1:
            at += start
        if not start <= at <= start + window.size - length:
            raise Refused(INVALID_OFFSET)
        first = at // found.page * found.page
        end = -(-(at + length) // found.page) * found.page
        if at != first:
            self.complaints.append("a mapping does not start on a page of its memory")
        space = self._object(client, u32(window.params, 0x10 if window.class_id == VIRTUAL_WINDOW else 0x6C))
        if space.tables is None:
            raise Refused(NOT_SUPPORTED)
        if any(first < other + size and other < end for other, size in self._taken(space)):
            raise Refused(NO_MEMORY)
        asked = {0: found.page, 1: 4096, 2: 65536, 4: 2 << 20}[flags >> 8 & 0xF]
        mapping = GpuMapping(end - at, found, space, min(asked, found.page))
        self.gpu_mappings[window, at] = mapping
        self._enter(mapping, at, offset, read_only=bool(flags & 3))
        put64(data, 0x30, at)

    @staticmethod
    def _enter(mapping: GpuMapping, at: int, offset: int, read_only: bool) -> None:
        """RM writes its page tables."""
        memory, tables = mapping.memory, mapping.space.tables
        assert tables is not None
        aperture = "video" if memory.class_id == VIDEO_MEMORY else "host"
        for done in range(0, mapping.size, mapping.page):
            index, within = divmod(offset + done, memory.page)
            tables.set(at + done, mapping.page, memory.places[index] + within, aperture, read_only)

    def _clear(self, key: tuple[Object, int]) -> None:
        """RM clears them."""
        mapping = self.gpu_mappings.pop(key)
        if mapping.space.tables is not None:
            for done in range(0, mapping.size, mapping.page):
                mapping.space.tables.clear(key[1] + done, mapping.page)

    def _unmap_dma(self, file: File, data: bytearray) -> None:
        root, _, virtual, memory, _ = struct.unpack_from("<IIIII", data, 0)
        client = self._client_of(file, root)
        at, size = u64(data, 0x18), u64(data, 0x20)
        window = self._object(client, virtual)
        found = self.gpu_mappings.get((window, at))
        if found is None or found.memory is not client.objects.get(memory) or not 0 < size <= found.size:
            raise Refused(INVALID_OBJECT_HANDLE)
        self._clear((window, at))

    # Controls

    def _control(self, file: File, data: bytearray) -> None:
        root, handle, command, _ = struct.unpack_from("<IIII", data, 0)
        pointer, size = u64(data, 0x10), u32(data, 0x18)
        client = self._client_of(file, root)
        found = self._object(client, handle)
        self.log.append(f"control {command:#x}")
        if command in self.refuse:
            raise Refused(self.refuse[command])
        if command not in CONTROLS:
            raise Refused(NOT_SUPPORTED)
        classes, expected = CONTROLS[command]
        if found.class_id not in classes:
            raise Refused(INVALID_OBJECT_HANDLE)
        if size != expected:
            raise Refused(INVALID_PARAM_STRUCT)
        if command in FOR_ADMINISTRATORS and not self.admin:
            raise Refused(INSUFFICIENT_PERMISSIONS)
        params = bytearray(ctypes.string_at(pointer, size))
        answer = getattr(self, f"_answer_{command:08x}", None)
        if answer:
            answer(client, found, params)
        ctypes.memmove(pointer, bytes(params), size)

    def _answer_00000205(self, client: Client, found: Object, params: bytearray) -> None:
        if u32(params, 0) != GPU_ID:
            raise Refused(INVALID_ARGUMENT)
        put32(params, 8, 3)

    def _answer_00410103(self, client: Client, found: Object, params: bytearray) -> None:
        offset = u64(params, 0)
        if offset >= found.size:
            raise Refused(INVALID_ARGUMENT)
        index, within = divmod(offset, found.page)
        in_host = int(found.class_id != VIDEO_MEMORY)
        put64(params, 0, found.places[index] + within)
        struct.pack_into("<IIIIII", params, 8, 6, 0, 0, in_host, 1 + in_host, 0)
        put64(params, 0x28, 4096)

    def _answer_00801801(self, client: Client, found: Object, params: bytearray) -> None:
        raise Refused(TEST_ONLY_CODE_NOT_ENABLED)

    def _answer_00801809(self, client: Client, found: Object, params: bytearray) -> None:
        va, space = u64(params, 0), self._object(client, u32(params, 0xC8), SPACE)
        tables = space.tables
        if tables is None:
            raise Refused(INVALID_EVENT)
        if any(
            known.class_id == VIRTUAL_RANGE and u32(known.params, 0x6C) == space.handle and not known.sparse
            for known in client.objects.values()
        ):
            self.complaints.append("RM was asked for the tables of a reserved range: it changes them then")
        for index, block in enumerate(tables.blocks(va)):
            at = 0x20 + 0x20 * index
            told = block.address, 2, block.entry_bytes, block.page_bytes, 0, block.covers_bytes
            struct.pack_into("<QIIIII", params, at, *told)
            self.named.add(block.address // 4096 * 4096)
        put64(params, 0xC0, tables.root)
        put32(params, 0x14, 0)
        second = tables.second(va)
        self.named.update([tables.root] + ([] if second is None else [second]))

    def _answer_00801813(self, client: Client, found: Object, params: bytearray) -> None:
        address, entries, flags, handle = struct.unpack_from("<QIII", params, 0)
        space = self._object(client, handle, SPACE)
        if space.root is not None:
            space.root = None  # RM's way out of every error undoes what was set before
            raise Refused(INVALID_STATE)
        if flags or entries != ROOT_ENTRIES:
            raise Refused(INVALID_ARGUMENT)
        if not space.owned_by_its_client:
            raise Refused(NOT_SUPPORTED)
        memory = [known for known in client.objects.values() if known.class_id == VIDEO_MEMORY]
        if address % 4096 or not any(known.holds(address) for known in memory):
            self.complaints.append(f"a page directory at {address:#x} is in no memory of its client")
        space.root = address

    def _answer_00801814(self, client: Client, found: Object, params: bytearray) -> None:
        space = self._object(client, u32(params, 0), SPACE)
        if not space.owned_by_its_client:
            raise Refused(INVALID_STATE)
        if self.channels_in(space):
            self.complaints.append("a page directory was taken from channels")
        space.root = None

    def _answer_00800292(self, client: Client, found: Object, params: bytearray) -> None:
        offered = (0xA140, CHANNEL, COMPUTE, COPY, USERMODE, 0xCB97, 0xC56F)
        put32(params, 0, len(offered))
        struct.pack_into(f"<{len(offered)}I", params, 4, *offered)

    def _answer_20800110(self, client: Client, found: Object, params: bytearray) -> None:
        params[4:68] = b"NVIDIA H100 80GB HBM3".ljust(64, b"\0")

    def _answer_2080014a(self, client: Client, found: Object, params: bytearray) -> None:
        if u32(params, 4) != 2:
            raise Refused(INVALID_ARGUMENT)
        put32(params, 8, 16)
        params[12:28] = bytes(range(16))

    def _answer_2080018d(self, client: Client, found: Object, params: bytearray) -> None:
        put32(params, 8, 2)
        struct.pack_into("<II", params, 12, 41, 42)

    def _answer_2080018e(self, client: Client, found: Object, params: bytearray) -> None:
        put64(params, 8 + 0x10, self.vram_used)

    def _answer_20801109(self, client: Client, found: Object, params: bytearray) -> None:
        if u32(params, 4) != 6:
            raise Refused(INVALID_ARGUMENT)
        put32(params, 8, 7 + sum(known.class_id == GROUP for known in self.objects))

    def _answer_20801210(self, client: Client, found: Object, params: bytearray) -> None:
        channel = self._object(client, u32(params, 4), CHANNEL)
        if u32(params, 0) != 1 or u32(params, 12) != 2:
            raise Refused(INVALID_ARGUMENT)
        if not any(
            known.parent == channel.handle and known.class_id == COMPUTE for known in client.objects.values()
        ):
            raise Refused(INVALID_STATE)

    def _answer_2080121b(self, client: Client, found: Object, params: bytearray) -> None:
        for index in range(132):
            struct.pack_into("<H", params, 18 * index, index * 8 // 132)
        struct.pack_into("<HH", params, 0x2400, 132, 66)

    def _answer_20801228(self, client: Client, found: Object, params: bytearray) -> None:
        if u32(params, 0) != 1 or u32(params, 4) != 0xC:
            raise Refused(INVALID_ARGUMENT)
        put32(params, 8, 0x900)

    def _answer_20801303(self, client: Client, found: Object, params: bytearray) -> None:
        for index in range(u32(params, 0)):
            known = {7: VRAM_BYTES >> 10, 0x16: (VRAM_BYTES - self.vram_used) >> 10}
            put32(params, 8 + 8 * index, known[u32(params, 4 + 8 * index)])

    def _answer_20801701(self, client: Client, found: Object, params: bytearray) -> None:
        put32(params, 0, 0x180)

    def _answer_20802205(self, client: Client, found: Object, params: bytearray) -> None:
        raise Refused(0x1B)

    def _answer_20802a0a(self, client: Client, found: Object, params: bytearray) -> None:
        caps = {0: 0x21, 1: 0x21, 2: 0x2C, 3: 0x24, 4: 0x22, 11: 0x2C}
        for number, value in caps.items():
            params[2 * number] = value
        put64(params, 0x80, sum(1 << number for number in caps))

    def _answer_906f0106(self, client: Client, found: Object, params: bytearray) -> None:
        struct.pack_into("<III", params, 0, 0x20, 0xDEAD0000, 2)
        params[12:44] = b"FAULT_PTE".ljust(32, b"\0")
        put64(params, 0x30, 0x1000)

    def _answer_a06c0105(self, client: Client, found: Object, params: bytearray) -> None:
        if params[0] != 1 or params[1] != 1 or not 0 < u32(params, 4) <= 1_000_000:
            raise Refused(INVALID_ARGUMENT)

    def _answer_a06c0101(self, client: Client, found: Object, params: bytearray) -> None:
        if not any(
            known.parent == found.handle and known.class_id == CHANNEL for known in client.objects.values()
        ):
            raise Refused(INVALID_STATE)

    def _answer_c36f0108(self, client: Client, found: Object, params: bytearray) -> None:
        put32(params, 0, 0x00020007)

    def _answer_83de030c(self, client: Client, found: Object, params: bytearray) -> None:
        self._object(client, u32(params, 0), CHANNEL)
        count, first = u32(params, 4), u32(params, 0x12D4)
        if not 0 < count <= 100 or first + count > 132:
            raise Refused(INVALID_ARGUMENT)
        if first <= 101 < first + count:
            base = 8 + 0x30 * (101 - first)
            put32(params, base + 4, 0x10)
            put64(params, base + 0x20, 0x10_0000_1230)

    def _answer_83de0328(self, client: Client, found: Object, params: bytearray) -> None:
        struct.pack_into("<QII", params, 0, 0x20_0000_0000, 2, 1)
        put32(params, 0x40, 1)
