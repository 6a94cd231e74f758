"""The firmware's settings ("registry keys"), packed as it reads them.

Facts: OGKM:src/nvidia/inc/kernel/gpu/gsp/gsp_static_config.h, nouveau:nvkm/subdev/gsp/rm/r535/gsp.c
(r535_registry_entries).
"""

from __future__ import annotations

from collections.abc import Mapping

from barewire.abi.layout import Abi
from barewire.errors import UsageError

TYPE_DWORD, TYPE_BINARY, TYPE_STRING = 1, 2, 3

# Without these a secondary bus reset under the firmware's feet is not survived.
REQUIRED: Mapping[str, int | str | bytes] = {
    "RMSecBusResetEnable": 1,
    "RMForcePcieConfigSave": 1,
    "RMDevidCheckIgnore": 1,
}


def pack(abi: Abi, settings: Mapping[str, int | str | bytes]) -> bytes:
    """A table of settings: header, entries, then the names and the values that do not fit an entry.

    Numbers become dwords, texts strings with an end mark, bytes binary values.

    Raises:
        FieldRange: a number does not fit 32 bits.
        UsageError: a name is not of ASCII characters, or a value is none of these kinds.
    """
    head = abi.struct("PACKED_REGISTRY_TABLE")
    entry = abi.struct("PACKED_REGISTRY_ENTRY")
    tail_at = head.size_bytes + len(settings) * entry.size_bytes
    entries, tail = bytearray(), bytearray()
    for name, value in settings.items():
        _check(name, value)
        made = entry.new(nameOffset=tail_at + len(tail))
        tail += name.encode("ascii") + b"\0"
        if isinstance(value, int):
            made["type"], made["data"], made["length"] = TYPE_DWORD, value, 4
        else:
            stored = value.encode("utf-8") + b"\0" if isinstance(value, str) else value
            made["type"] = TYPE_STRING if isinstance(value, str) else TYPE_BINARY
            made["data"], made["length"] = tail_at + len(tail), len(stored)
            tail += stored
        entries += made.data
    table = head.new(size=tail_at + len(tail), numEntries=len(settings))
    return bytes(table.data) + bytes(entries) + bytes(tail)


def _check(name: str, value: object) -> None:
    if not name.isascii() or not name or "\0" in name:
        raise UsageError(f"a setting's name is of ASCII characters, not {name!r}")
    if not isinstance(value, int | str | bytes):
        raise UsageError(f"the setting {name} cannot be {value!r}", expected="a number, text or bytes")
