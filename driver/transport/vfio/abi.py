"""What VFIO and iommufd take and give: structures, request numbers, flags, capability chains.

A structure begins with its own length, which says how much of it the caller knows. A kernel that has more to
say than fits leaves the answer as it is and writes the length that it needs, so that information is asked for
twice (`ask`). What the kernel says is checked before it is believed: a chain may lead anywhere.

Facts: linux:include/uapi/linux/vfio.h and include/uapi/linux/iommufd.h (numbers, text);
what the kernel does with lengths: linux:drivers/vfio/pci/vfio_pci_core.c, drivers/vfio/vfio_iommu_type1.c.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

from barewire.errors import TransportError
from cffi import FFI

ffi = FFI()
ffi.cdef(
    """
    /* linux/vfio.h: groups and containers */
    struct vfio_group_status { uint32_t argsz, flags; };
    struct vfio_iommu_type1_info { uint32_t argsz, flags; uint64_t iova_pgsizes; uint32_t cap_offset, pad; };
    struct vfio_iommu_type1_dma_map { uint32_t argsz, flags; uint64_t vaddr, iova, size; };
    struct vfio_iommu_type1_dma_unmap { uint32_t argsz, flags; uint64_t iova, size; };

    /* linux/vfio.h: devices */
    struct vfio_device_info { uint32_t argsz, flags, num_regions, num_irqs, cap_offset, pad; };
    struct vfio_region_info { uint32_t argsz, flags, index, cap_offset; uint64_t size, offset; };
    struct vfio_irq_info { uint32_t argsz, flags, index, count; };
    struct vfio_irq_set { uint32_t argsz, flags, index, start, count; };      /* data follow */
    struct vfio_pci_hot_reset_info { uint32_t argsz, flags, count; };         /* dependent devices follow */
    struct vfio_pci_dependent_device { uint32_t id; uint16_t segment; uint8_t bus, devfn; };
    struct vfio_pci_hot_reset { uint32_t argsz, flags, count; };              /* group descriptors follow */
    struct vfio_device_bind_iommufd { uint32_t argsz, flags; int32_t iommufd; uint32_t out_devid; };
    struct vfio_device_attach_iommufd_pt { uint32_t argsz, flags, pt_id; };
    struct vfio_device_detach_iommufd_pt { uint32_t argsz, flags; };

    /* linux/iommufd.h */
    struct iommu_destroy { uint32_t size, id; };
    struct iommu_ioas_alloc { uint32_t size, flags, out_ioas_id; };
    struct iommu_iova_range { uint64_t start, last; };
    struct iommu_ioas_iova_ranges { uint32_t size, ioas_id, num_iovas, reserved;
                                    uint64_t allowed_iovas, out_iova_alignment; };
    struct iommu_ioas_map { uint32_t size, flags, ioas_id, reserved; uint64_t user_va, length, iova; };
    struct iommu_ioas_unmap { uint32_t size, ioas_id; uint64_t iova, length; };
    """
)

API_VERSION = 0

# VFIO_CHECK_EXTENSION and VFIO_SET_IOMMU.
TYPE1V2_IOMMU = 3
NOIOMMU_IOMMU = 8

GROUP_VIABLE = 1 << 0
GROUP_CONTAINER_SET = 1 << 1

DEVICE_HAS_RESET = 1 << 0
DEVICE_IS_PCI = 1 << 1

REGION_READ = 1 << 0
REGION_WRITE = 1 << 1
REGION_MMAP = 1 << 2
REGION_CAPS = 1 << 3
REGION_CAP_SPARSE_MMAP = 1
REGION_CAP_MSIX_MAPPABLE = 3
CONFIG_REGION = 7  # BARs have the regions of their numbers

IRQ_MSI = 1
IRQ_MSIX = 2
IRQ_ERROR = 3
IRQ_REQUEST = 4
IRQ_INFO_EVENTFD = 1 << 0

IRQ_DATA_NONE = 1 << 0
IRQ_DATA_EVENTFD = 1 << 2
IRQ_ACTION_TRIGGER = 1 << 5

IOMMU_INFO_PGSIZES = 1 << 0
IOMMU_INFO_CAPS = 1 << 1
IOMMU_CAP_IOVA_RANGES = 1
IOMMU_CAP_DMA_AVAILABLE = 3

DMA_READ = 1 << 0
DMA_WRITE = 1 << 1

HOT_RESET_BY_DEVICE_ID = 1 << 0  # of the answer: ids are those of devices, not of groups
HOT_RESET_OWNED = 1 << 1
NOT_OWNED = 0xFFFFFFFF  # in place of a device's id

IOAS_MAP_FIXED = 1 << 0
IOAS_MAP_WRITEABLE = 1 << 1
IOAS_MAP_READABLE = 1 << 2

MOST_INFORMATION_BYTES = 64 << 10
MOST_CAPABILITIES = 64  # kernels give at most a handful
CAPABILITY_HEADER = struct.Struct("<HHI")  # id, version, offset of the next one
TRIES = 4  # devices may come and go between two questions


class Request(NamedTuple):
    """An ioctl: its name in the kernel's headers, and its number."""

    name: str
    number: int


def _request(name: str, command: int) -> Request:
    """_IO(';', command): lengths are no part of these numbers."""
    return Request(name, ord(";") << 8 | command)


_VFIO, _IOMMUFD = 100, 0x80

GET_API_VERSION = _request("VFIO_GET_API_VERSION", _VFIO + 0)
CHECK_EXTENSION = _request("VFIO_CHECK_EXTENSION", _VFIO + 1)
SET_IOMMU = _request("VFIO_SET_IOMMU", _VFIO + 2)
GROUP_GET_STATUS = _request("VFIO_GROUP_GET_STATUS", _VFIO + 3)
GROUP_SET_CONTAINER = _request("VFIO_GROUP_SET_CONTAINER", _VFIO + 4)
GROUP_UNSET_CONTAINER = _request("VFIO_GROUP_UNSET_CONTAINER", _VFIO + 5)
GROUP_GET_DEVICE_FD = _request("VFIO_GROUP_GET_DEVICE_FD", _VFIO + 6)
DEVICE_GET_INFO = _request("VFIO_DEVICE_GET_INFO", _VFIO + 7)
DEVICE_GET_REGION_INFO = _request("VFIO_DEVICE_GET_REGION_INFO", _VFIO + 8)
DEVICE_GET_IRQ_INFO = _request("VFIO_DEVICE_GET_IRQ_INFO", _VFIO + 9)
DEVICE_SET_IRQS = _request("VFIO_DEVICE_SET_IRQS", _VFIO + 10)
DEVICE_RESET = _request("VFIO_DEVICE_RESET", _VFIO + 11)
DEVICE_GET_PCI_HOT_RESET_INFO = _request("VFIO_DEVICE_GET_PCI_HOT_RESET_INFO", _VFIO + 12)
DEVICE_PCI_HOT_RESET = _request("VFIO_DEVICE_PCI_HOT_RESET", _VFIO + 13)
DEVICE_BIND_IOMMUFD = _request("VFIO_DEVICE_BIND_IOMMUFD", _VFIO + 18)
DEVICE_ATTACH_IOMMUFD_PT = _request("VFIO_DEVICE_ATTACH_IOMMUFD_PT", _VFIO + 19)
DEVICE_DETACH_IOMMUFD_PT = _request("VFIO_DEVICE_DETACH_IOMMUFD_PT", _VFIO + 20)
IOMMU_GET_INFO = _request("VFIO_IOMMU_GET_INFO", _VFIO + 12)
IOMMU_MAP_DMA = _request("VFIO_IOMMU_MAP_DMA", _VFIO + 13)
IOMMU_UNMAP_DMA = _request("VFIO_IOMMU_UNMAP_DMA", _VFIO + 14)

IOMMU_DESTROY = _request("IOMMU_DESTROY", _IOMMUFD + 0x00)
IOMMU_IOAS_ALLOC = _request("IOMMU_IOAS_ALLOC", _IOMMUFD + 0x01)
IOMMU_IOAS_IOVA_RANGES = _request("IOMMU_IOAS_IOVA_RANGES", _IOMMUFD + 0x04)
IOMMU_IOAS_MAP = _request("IOMMU_IOAS_MAP", _IOMMUFD + 0x05)
IOMMU_IOAS_UNMAP = _request("IOMMU_IOAS_UNMAP", _IOMMUFD + 0x06)


class Capability(NamedTuple):
    """One link of a chain.

    Attributes:
        id: what it is; each kind of information counts anew.
        version: of its layout.
        data: what follows its header, up to the end of the information: it does not say how long it is.
    """

    id: int
    version: int
    data: bytes


def new(name: str, **fields: int) -> Any:
    """A structure that says its own length, in `argsz` (VFIO) or `size` (iommufd)."""
    made = ffi.new(f"struct {name} *")
    length = "argsz" if name.startswith("vfio_") else "size"
    setattr(made, length, ffi.sizeof(made[0]))
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def with_data(name: str, data: bytes, **fields: int) -> bytearray:
    """A structure that is followed by data, both counted in its `argsz`."""
    head = new(name, **fields)
    head.argsz += len(data)
    return bytearray(ffi.buffer(head)[:]) + bytearray(data)


def read(name: str, data: bytes | bytearray, offset: int = 0) -> Any:
    """The structure at an offset of bytes.

    Raises:
        TransportError: they end before it does.
    """
    size = ffi.sizeof(f"struct {name}")
    if offset < 0 or offset + size > len(data):
        raise TransportError(f"the kernel's answer ends within a {name}", offset=offset, size_bytes=len(data))
    made = ffi.new(f"struct {name} *")
    ffi.buffer(made)[:] = bytes(data[offset : offset + size])
    return made


def array(name: str, data: bytes | bytearray, offset: int, count: int) -> list[Any]:
    """Structures that stand one after another.

    Raises:
        TransportError: there are fewer.
    """
    size = ffi.sizeof(f"struct {name}")
    if offset < 0 or count > (len(data) - offset) // size:
        raise TransportError(
            f"the kernel's answer is too short for {count} {name}", offset=offset, size_bytes=len(data)
        )
    return [read(name, data, offset + size * each) for each in range(count)]


def chain(data: bytes | bytearray, first: int, fixed_bytes: int) -> list[Capability]:
    """The capabilities that an answer's `cap_offset` leads to.

    Args:
        data: the whole answer.
        first: offset of the first one; 0 if there is none.
        fixed_bytes: of the structure that comes before them.

    Raises:
        TransportError: the chain runs in a circle, or out of the answer, or has too many links.
    """
    found: list[Capability] = []
    seen: set[int] = set()
    offset = first
    while offset:
        if offset in seen:
            raise TransportError("the kernel's capability chain runs in a circle", offset=offset)
        if offset < fixed_bytes or offset + CAPABILITY_HEADER.size > len(data):
            raise TransportError(
                "the kernel's capability chain leads out of its answer", offset=offset, size_bytes=len(data)
            )
        if len(found) == MOST_CAPABILITIES:
            raise TransportError(f"the kernel's capability chain has more than {MOST_CAPABILITIES} links")
        seen.add(offset)
        identity, version, following = CAPABILITY_HEADER.unpack_from(data, offset)
        found.append(Capability(identity, version, bytes(data[offset + CAPABILITY_HEADER.size :])))
        offset = following
    return found


_SPAN = struct.Struct("<QQ")
_COUNT = struct.Struct("<II")  # how many follow, and a word without meaning


def spans(capability: Capability, what: str) -> tuple[tuple[int, int], ...]:
    """The pairs of words of a capability that counts them: areas (offset, size), ranges (first, last).

    Raises:
        TransportError: there are fewer than it says.
    """
    data = capability.data
    count = _COUNT.unpack_from(data)[0] if len(data) >= _COUNT.size else 0
    if _COUNT.size + _SPAN.size * count > len(data) or len(data) < _COUNT.size:
        raise TransportError(f"the kernel's list of {what} is too short", expected=f"{count} of them")
    return tuple(_SPAN.unpack_from(data, _COUNT.size + _SPAN.size * each) for each in range(count))
