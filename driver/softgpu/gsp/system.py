"""What the driver tells firmware before it boots: the registry's keys, and where the board is in the system.

Facts: OGKM:src/nvidia/inc/kernel/gpu/gsp/gsp_init_args.h and
src/common/sdk/nvidia/inc/nv-reg.h (PACKED_REGISTRY_TABLE), rpc.c:rpcGspSetSystemInfo_v17_00.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from barewire.softgpu.gsp.records import Layout, Record

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu

Registry = dict[str, "int | bytes"]

TABLE = Layout("PACKED_REGISTRY_TABLE", 0x8, size=(0x0, "u32"), numEntries=(0x4, "u32"))
ENTRY = Layout("PACKED_REGISTRY_ENTRY", 0x10, nameOffset=(0x0, "u32"), type=(0x4, "u8"), data=(0x8, "u32"),
               length=(0xC, "u32"))  # fmt: skip
TYPE_DWORD, TYPE_BINARY, TYPE_STRING = 1, 2, 3
CONFIG_MIRROR_BASE = 0x92000
_BAR_ADDRESS_MASK = ~0xF


class BadRegistry(Exception):
    """A registry table that does not follow its format."""


def parse_registry(payload: bytes) -> Registry:
    """The keys of a registry table.

    Raises:
        BadRegistry: an entry points outside the table, or is of no known type.
    """
    if len(payload) < TABLE.size_bytes:
        raise BadRegistry(f"a table of {len(payload)} bytes")
    table = TABLE.over(bytearray(payload))
    first, count = TABLE.size_bytes, table.numEntries
    if table.size > len(payload) or first + count * ENTRY.size_bytes > table.size:
        raise BadRegistry(f"{count} entries in a table of {table.size} bytes, of {len(payload)}")
    keys: Registry = {}
    for number in range(count):
        entry = ENTRY.over(table.whole(), first + number * ENTRY.size_bytes)
        name = _text(payload, entry.nameOffset, table.size)
        keys[name] = _value(payload, entry, table.size)
    return keys


def _text(payload: bytes, offset: int, size: int) -> str:
    end = payload.find(b"\0", offset, size)
    if offset >= size or end < 0:
        raise BadRegistry(f"a name at {offset:#x} of {size:#x} bytes has no end")
    return payload[offset:end].decode("ascii", "replace")


def _value(payload: bytes, entry: Record, size: int) -> int | bytes:
    if entry.type == TYPE_DWORD:
        value: int = entry.data
        return value
    if entry.type not in (TYPE_BINARY, TYPE_STRING):
        raise BadRegistry(f"an entry of type {entry.type}")
    if entry.data + entry.length > size:
        raise BadRegistry(f"{entry.length} bytes at {entry.data:#x} of {size:#x}")
    return payload[entry.data : entry.data + entry.length]


def check_system_info(gpu: SoftGpu, info: Record) -> None:
    """Report what does not agree with the board."""
    shapes = gpu.bars
    fields = ("gpuPhysAddr", "gpuPhysFbAddr", "gpuPhysInstAddr")
    expected = {
        name: _bar_address(gpu, shape.index, shape.is_64bit)
        for name, shape in zip(fields, shapes, strict=True)
    }
    expected["PCIDeviceID"] = gpu.pci.config_read(0x0, 4)
    expected["pciConfigMirrorBase"] = CONFIG_MIRROR_BASE
    for name, value in expected.items():
        if getattr(info, name) != value:
            gpu.report(
                "system information",
                f"{name} is not what the board has",
                value=getattr(info, name),
                expected=value,
            )


def _bar_address(gpu: SoftGpu, index: int, is_64bit: bool) -> int:
    at = 0x10 + 4 * index
    low = gpu.pci.config_read(at, 4) & _BAR_ADDRESS_MASK & 0xFFFFFFFF
    return low | (gpu.pci.config_read(at + 4, 4) << 32 if is_64bit else 0)
