"""The shipped cubins: where they are, and which one a chip runs.

A cubin runs on the chip it was built for and on later chips of the same major version (sm_80 code runs on
sm_86, not on sm_90), so the best one for a chip is the newest of its major version that is not newer than the
chip.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from barewire.errors import BadCubin, UnknownName, WrongArchitecture

_FOLDER = Path(__file__).resolve().parent / "cubin"
# Kept on the device itself: a module refers to its device, so a table elsewhere would keep both alive.
_CACHE = "_shipped_modules"

ILLEGAL_OPCODE = 0xFFF  # bits 11:0 of an instruction; no form of any opcode that ptxas emits has it


def cubin_path(name: str, sm_version: int) -> Path:
    """The shipped cubin `name` ("micro", "matmul", ...) that a chip of this compute capability (90 for 9.0)
    runs.

    Raises:
        UnknownName: no cubin of that name is shipped.
        WrongArchitecture: none of that name runs on this chip.
    """
    built = {int(path.parent.name.removeprefix("sm_")): path for path in _FOLDER.glob(f"sm_*/{name}.cubin")}
    if not built:
        known = sorted({path.stem for path in _FOLDER.glob("sm_*/*.cubin")})
        raise UnknownName(f"barewire ships no cubin named {name!r}", hint=f"There are: {', '.join(known)}.")
    fitting = [version for version in built if version // 10 == sm_version // 10 and version <= sm_version]
    if not fitting:
        raise WrongArchitecture(
            f"the shipped cubin {name!r} has no image that runs on sm_{sm_version}",
            hint=f"There are images for: {', '.join(f'sm_{version}' for version in sorted(built))}.",
            sm_version=sm_version,
        )
    return built[max(fitting)]


def load(device: Any, name: str) -> Any:
    """The shipped module `name` on this device; loaded once, dropped with the device.

    Raises:
        UnknownName, WrongArchitecture: as `cubin_path`.
    """
    modules: dict[str, Any] = device.kept.setdefault(_CACHE, {})
    if name not in modules:
        modules[name] = device.load(cubin_path(name, device.facts.sm_version))
    return modules[name]


def illegal_instruction_cubin(sm_version: int, opcode: int = ILLEGAL_OPCODE) -> bytes:
    """The `micro` cubin with an opcode that does not exist as the first of `fault_illegal_instruction`.

    Only bits 11:0 of the instruction are replaced; its predicate (bits 15:12) and its scheduling bits stay as
    they are.

    Raises:
        BadCubin: the shipped cubin has no such kernel.
    """
    data = bytearray(cubin_path("micro", sm_version).read_bytes())
    offset = _section_offset(bytes(data), b".text.fault_illegal_instruction\0")
    (word,) = struct.unpack_from("<H", data, offset)
    struct.pack_into("<H", data, offset, (word & 0xF000) | opcode)
    return bytes(data)


def _section_offset(data: bytes, name: bytes) -> int:
    (table_offset,) = struct.unpack_from("<Q", data, 0x28)
    entry_bytes, count, names_index = struct.unpack_from("<HHH", data, 0x3A)
    headers = [struct.unpack_from("<IIQQQ", data, table_offset + i * entry_bytes) for i in range(count)]
    names_offset = headers[names_index][4]
    for header in headers:
        if data.startswith(name, names_offset + header[0]):
            return int(header[4])
    raise BadCubin(f"the cubin has no section {name[:-1].decode()}")
