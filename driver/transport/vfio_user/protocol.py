"""The vfio-user protocol: commands, structures and limits. Client and server read the same tables.

Every message has a header of 16 bytes; descriptors travel beside it (SCM_RIGHTS). Words are the host's, which
is little-endian here. What a structure holds is said by a class of its own, and where, by its `Layout`.

Facts: libvfio-user:docs/vfio-user.rst (version 0.9.2 of the specification), linux:include/uapi/linux/vfio.h
(what the two share: regions, interrupts, capability chains).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from enum import IntEnum, IntFlag
from typing import Any, Generic, NamedTuple, TypeVar

from barewire.errors import FormatError

Record = TypeVar("Record", bound=tuple[Any, ...])


class Layout(Generic[Record]):
    """Where the words of a structure are.

    Args:
        format: of `struct`, little-endian and without padding.
        record: what the words mean, in order.
    """

    def __init__(self, format: str, record: Callable[..., Record]) -> None:
        self._struct = struct.Struct("<" + format)
        self._record = record
        self.name = getattr(record, "__name__", "structure")
        self.size_bytes = self._struct.size

    def pack(self, *words: int) -> bytes:
        """The structure as bytes."""
        return self._struct.pack(*words)

    def read(self, data: bytes | bytearray | memoryview, offset: int = 0) -> Record:
        """The structure in the bytes from an offset on.

        Raises:
            FormatError: they are too few.
        """
        if offset < 0 or len(data) - offset < self.size_bytes:
            raise FormatError(
                f"{self.name} is cut off", expected_bytes=self.size_bytes, found_bytes=len(data) - offset
            )
        return self._record(*self._struct.unpack_from(data, offset))

    def words(self, data: bytes) -> tuple[Any, ...]:
        """The words of the structure that the bytes begin with, without their names: for what comes often.

        Raises:
            FormatError: they are too few.
        """
        if len(data) < self.size_bytes:
            raise FormatError(
                f"{self.name} is cut off", expected_bytes=self.size_bytes, found_bytes=len(data)
            )
        return self._struct.unpack_from(data)


class Command(IntEnum):
    """What a message asks for."""

    VERSION = 1
    DMA_MAP = 2
    DMA_UNMAP = 3
    DEVICE_GET_INFO = 4
    DEVICE_GET_REGION_INFO = 5
    DEVICE_GET_REGION_IO_FDS = 6
    DEVICE_GET_IRQ_INFO = 7
    DEVICE_SET_IRQS = 8
    REGION_READ = 9
    REGION_WRITE = 10
    DMA_READ = 11
    DMA_WRITE = 12
    DEVICE_RESET = 13
    REGION_WRITE_MULTI = 15
    DEVICE_FEATURE = 16
    MIG_DATA_READ = 17
    MIG_DATA_WRITE = 18


def command_name(number: int) -> str:
    """A command by its number, in words."""
    try:
        return Command(number).name
    except ValueError:
        return f"command {number}"


# The header.
TYPE_MASK = 0xF
TYPE_COMMAND, TYPE_REPLY = 0, 1
NO_REPLY = 1 << 4
ERROR = 1 << 5


class Header(NamedTuple):
    """Of every message: whose, what, how long with its header, which way, and what went wrong (errno)."""

    message_id: int
    command: int
    size_bytes: int
    flags: int
    error: int


HEADER = Layout("HHIII", Header)

# Limits, where the other side names none.
DEFAULT_TRANSFER_BYTES = 1 << 20
DEFAULT_MAPS = 65535
DEFAULT_FDS = 1
MOST_FDS = 1024  # that anybody may ask to get in one message
SMALLEST_PAGE = 4096
# The longest message of a transfer is its data with their place and length; other messages are shorter.
TRANSFER_PREFIX_BYTES = 16


class VersionHead(NamedTuple):
    """Before the JSON text of VERSION."""

    major: int
    minor: int


VERSION_HEAD = Layout("HH", VersionHead)
MAJOR, MINOR = 0, 1


class Capabilities(NamedTuple):
    """What one side of a connection takes.

    Attributes:
        max_msg_fds: descriptors in one message.
        max_data_xfer_size: bytes of data in one message.
        max_dma_maps: mappings at a time.
        pgsizes: page sizes of mappings, as the bits of one number.
        twin_socket: its own commands go over a socket of their own.
        write_multiple: takes REGION_WRITE_MULTI.
        migration_pgsize: page size of dirty bitmaps, where it tells; 0 where it does not.
        fixed_views: takes mappings that show what a region shows after a reset (`served.Region.fixed`). Ours
            alone: nobody else knows this name.
    """

    max_msg_fds: int = DEFAULT_FDS
    max_data_xfer_size: int = DEFAULT_TRANSFER_BYTES
    max_dma_maps: int = DEFAULT_MAPS
    pgsizes: int = SMALLEST_PAGE
    twin_socket: bool = False
    write_multiple: bool = False
    migration_pgsize: int = 0
    fixed_views: bool = False


# Name in the JSON text, and the smallest and largest value that makes sense.
_NUMBERS = {
    "max_msg_fds": (0, MOST_FDS),
    "max_data_xfer_size": (1, (1 << 63) - 1),
    "max_dma_maps": (1, (1 << 63) - 1),
    "pgsizes": (1, (1 << 64) - 1),
}
LONGEST_VERSION_BYTES = 4096


def write_version(major: int, minor: int, capabilities: Mapping[str, Any]) -> bytes:
    """The payload of VERSION, with the text's terminating zero."""
    text = json.dumps({"capabilities": dict(capabilities)})
    return VERSION_HEAD.pack(major, minor) + text.encode() + b"\0"


class Version(NamedTuple):
    """What a VERSION message says; `told` is the object named "capabilities" as it came."""

    major: int
    minor: int
    capabilities: Capabilities
    told: Mapping[str, Any]


def read_version(payload: bytes | bytearray | memoryview) -> Version:
    """The payload of VERSION; a text may be left out.

    Raises:
        FormatError: it is cut off, or its text is not what it should be.
    """
    head = VERSION_HEAD.read(payload)
    text = bytes(payload[VERSION_HEAD.size_bytes :])
    if not text:
        return Version(head.major, head.minor, Capabilities(), {})
    if len(text) > LONGEST_VERSION_BYTES or text[-1]:
        raise FormatError("the text of VERSION is too long, or does not end", size_bytes=len(text))
    told = _capabilities_of(text.rstrip(b"\0"))
    return Version(head.major, head.minor, _checked(told), told)


def _capabilities_of(text: bytes) -> Mapping[str, Any]:
    """The object "capabilities" of a JSON text; empty where it has none."""
    try:
        said = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise FormatError(f"the text of VERSION is no JSON: {error}") from error
    if not isinstance(said, dict):
        raise FormatError("the text of VERSION is no JSON object")
    told = said.get("capabilities", {})
    if not isinstance(told, dict):
        raise FormatError("the capabilities in VERSION are no JSON object")
    return told


def _checked(told: Mapping[str, Any]) -> Capabilities:
    values: dict[str, Any] = {}
    for name, (least, most) in _NUMBERS.items():
        if name in told:
            values[name] = _number(name, told[name], least, most)
    for name in ("write_multiple", "fixed_views"):
        if name in told:
            values[name] = _flag(name, told[name])
    twin = _object("twin_socket", told)
    if "supported" in twin:
        values["twin_socket"] = _flag("twin_socket.supported", twin["supported"])
    migration = _object("migration", told)
    if "pgsize" in migration:
        size = _number("migration.pgsize", migration["pgsize"], SMALLEST_PAGE, 1 << 62)
        if size & (size - 1):
            raise FormatError("migration.pgsize in VERSION is no power of two", value=size)
        values["migration_pgsize"] = size
    return Capabilities(**values)


def _number(name: str, value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise FormatError(f"{name} in VERSION is out of range", found=repr(value)[:64])
    return value


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise FormatError(f"{name} in VERSION is neither true nor false", found=repr(value)[:64])
    return value


def _object(name: str, told: Mapping[str, Any]) -> Mapping[str, Any]:
    value = told.get(name, {})
    if not isinstance(value, dict):
        raise FormatError(f"{name} in VERSION is no JSON object", found=repr(value)[:64])
    return value


# Memory for the device.
class MapFlag(IntFlag):
    """What the device may do with a mapping, and whether its file is there to be mapped, or read."""

    READ = 1
    WRITE = 2
    MMAP = 4
    FILE_IO = 8


class DmaMap(NamedTuple):
    """DMA_MAP: `offset` is of the file that comes with it, if one does."""

    argsz: int
    flags: int
    offset: int
    address: int
    size_bytes: int


DMA_MAP = Layout("IIQQQ", DmaMap)

UNMAP_DIRTY = 1 << 0  # tell the dirty pages, too
UNMAP_ALL = 1 << 1


class DmaUnmap(NamedTuple):
    """DMA_UNMAP, and its answer."""

    argsz: int
    flags: int
    address: int
    size_bytes: int


DMA_UNMAP = Layout("IIQQ", DmaUnmap)


class DmaAccess(NamedTuple):
    """Before the data of DMA_READ's answer and of DMA_WRITE; both requests have it."""

    address: int
    size_bytes: int


DMA_ACCESS = Layout("QQ", DmaAccess)


# The device.
class DeviceFlag(IntFlag):
    """What a device is."""

    RESET = 1
    PCI = 2


class DeviceInfo(NamedTuple):
    """DEVICE_GET_INFO, both ways."""

    argsz: int
    flags: int
    regions: int
    irqs: int


DEVICE_INFO = Layout("IIII", DeviceInfo)

REGION_COUNT = 9
ROM_REGION, CONFIG_REGION, VGA_REGION = 6, 7, 8  # 0 to 5 are the BARs


class RegionFlag(IntFlag):
    """What may be done with a region."""

    READ = 1
    WRITE = 2
    MMAP = 4
    CAPS = 8


class RegionInfo(NamedTuple):
    """DEVICE_GET_REGION_INFO, both ways; `offset` is of the file that comes with the answer."""

    argsz: int
    flags: int
    region: int
    cap_offset: int
    size_bytes: int
    offset: int


REGION_INFO = Layout("IIIIQQ", RegionInfo)


class CapabilityHead(NamedTuple):
    """Of each capability of a region; `next` is from the start of RegionInfo on, 0 at the end."""

    id: int
    version: int
    next: int


CAPABILITY_HEAD = Layout("HHI", CapabilityHead)
SPARSE_MMAP = 1


class SparseHead(NamedTuple):
    """After the head of the capability SPARSE_MMAP: how many areas follow."""

    areas: int
    reserved: int


SPARSE_HEAD = Layout("II", SparseHead)


class Area(NamedTuple):
    """Part of a region that can be mapped."""

    offset: int
    size_bytes: int


AREA = Layout("QQ", Area)


def write_areas(areas: tuple[Area, ...]) -> bytes:
    """The capability that tells which parts of a region can be mapped; it is the last one."""
    parts = [CAPABILITY_HEAD.pack(SPARSE_MMAP, 1, 0), SPARSE_HEAD.pack(len(areas), 0)]
    return b"".join([*parts, *(AREA.pack(*area) for area in areas)])


def read_areas(payload: bytes | bytearray | memoryview, info: RegionInfo) -> tuple[Area, ...] | None:
    """Which parts of a region can be mapped, of a whole answer; None where it says nothing of parts.

    Raises:
        FormatError: the chain of capabilities leads out of the answer or in a circle, or a part lies outside
            the region.
    """
    offset = info.cap_offset if info.flags & RegionFlag.CAPS else 0
    for _ in range(len(payload) // CAPABILITY_HEAD.size_bytes):
        if not offset:
            return None
        if offset < REGION_INFO.size_bytes:
            raise FormatError("a region's capabilities lead into its description", offset=offset)
        head = CAPABILITY_HEAD.read(payload, offset)
        if head.id == SPARSE_MMAP:
            return _areas_at(payload, offset + CAPABILITY_HEAD.size_bytes, info.size_bytes)
        offset = head.next
    if offset:
        raise FormatError("a region's capabilities run in a circle", offset=offset)
    return None


def _areas_at(payload: bytes | bytearray | memoryview, at: int, size_bytes: int) -> tuple[Area, ...]:
    count = SPARSE_HEAD.read(payload, at).areas
    at += SPARSE_HEAD.size_bytes
    if count > (len(payload) - at) // AREA.size_bytes:
        raise FormatError("a region's mappable parts are cut off", count=count)
    areas = tuple(AREA.read(payload, at + AREA.size_bytes * index) for index in range(count))
    for area in areas:
        if area.offset + area.size_bytes > size_bytes:
            raise FormatError("a mappable part lies outside its region", offset=area.offset)
    return areas


class RegionIoFds(NamedTuple):
    """DEVICE_GET_REGION_IO_FDS, both ways."""

    argsz: int
    flags: int
    region: int
    parts: int


REGION_IO_FDS = Layout("IIII", RegionIoFds)


class RegionAccess(NamedTuple):
    """REGION_READ and REGION_WRITE, both ways; data follow."""

    offset: int
    region: int
    size_bytes: int


REGION_ACCESS = Layout("QII", RegionAccess)


# Interrupts.
IRQ_COUNT = 5
INTX, MSI, MSIX, ERR, REQ = range(IRQ_COUNT)


class IrqFlag(IntFlag):
    """What can be done with interrupts of a kind."""

    EVENTFD = 1
    MASKABLE = 2
    AUTOMASKED = 4
    NORESIZE = 8


class IrqInfo(NamedTuple):
    """DEVICE_GET_IRQ_INFO, both ways."""

    argsz: int
    flags: int
    kind: int
    vectors: int


IRQ_INFO = Layout("IIII", IrqInfo)


class IrqSet(NamedTuple):
    """DEVICE_SET_IRQS; bytes that are true or false may follow, descriptors may come with it."""

    argsz: int
    flags: int
    kind: int
    start: int
    vectors: int


IRQ_SET = Layout("IIIII", IrqSet)

DATA_NONE, DATA_BOOL, DATA_EVENTFD = 1 << 0, 1 << 1, 1 << 2
DATA_MASK = 7
ACTION_MASK, ACTION_UNMASK, ACTION_TRIGGER = 1 << 3, 1 << 4, 1 << 5
ACTIONS_MASK = 7 << 3


# Features: DEVICE_FEATURE with the number in its lower 16 bits.
FEATURE_MASK = 0xFFFF
FEATURE_GET, FEATURE_SET, FEATURE_PROBE = 1 << 16, 1 << 17, 1 << 18
FEATURE_DMA_LOGGING_START, FEATURE_DMA_LOGGING_STOP, FEATURE_DMA_LOGGING_REPORT = 6, 7, 8


class Feature(NamedTuple):
    """DEVICE_FEATURE, both ways; data follow."""

    argsz: int
    flags: int


FEATURE = Layout("II", Feature)
