"""Kernels from a file: cubin, fatbin or PTX in, a `CubinImage` out. This module is the way in; the work is in

`elf` (the container), `nvinfo` (attributes), `loader` (what the parts mean and where they go), `relocation`,
`sass_scan` (needs that only the code shows), `fatbin` and `ptx`. Nothing here touches a device.
"""

from __future__ import annotations

from pathlib import Path

from barewire.compute import elf
from barewire.compute.image import ConstantBank, CubinImage, KernelInfo, Variable
from barewire.compute.loader import Loader
from barewire.compute.nvinfo import Param
from barewire.errors import BadCubin, UsageError

__all__ = ["ConstantBank", "CubinImage", "KernelInfo", "Param", "Variable", "load_image"]


def load_image(data: bytes | bytearray | memoryview | str | Path, sm_version: int) -> CubinImage:
    """Read a cubin, a fatbin or PTX for a chip of compute capability `sm_version` (90 for 9.0).

    Args:
        data: the bytes, a path, or PTX source as a string of several lines.
        sm_version: the chip's compute capability.

    Raises:
        BadCubin: not such a file, truncated, or inconsistent.
        WrongArchitecture: well formed, but nothing in it runs on this chip.
        UnsupportedFeature: every kernel in it needs something that barewire does not offer.
        CompilerMissing: it is PTX and there is no ptxas, or it is compressed and the decompressor is not
            installed.
        UsageError: there is no such file.
    """
    content = _content(data)
    if content[:4] == elf.MAGIC:
        return Loader(elf.ElfFile(content), sm_version).load()

    # Lazily: most programs load plain cubins, and start-up time counts.
    from barewire.compute import fatbin, ptx

    if fatbin.is_fatbin(content):
        entry = fatbin.choose(content, sm_version)
        payload = entry.payload()
        content = payload if entry.is_cubin else ptx.assemble(payload, sm_version, entry.target)
    elif ptx.is_ptx(content):
        content = ptx.assemble(content, sm_version)
    else:
        raise BadCubin(
            "neither a cubin, nor a fatbin, nor PTX",
            hint="`nvcc -cubin -arch=sm_NN file.cu` makes a cubin.",
            begins_with=content[:4].hex() or "nothing",
            size_bytes=len(content),
        )
    return Loader(elf.ElfFile(content), sm_version).load()


def _content(data: bytes | bytearray | memoryview | str | Path) -> bytes:
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data)
    if isinstance(data, str) and "\n" in data:
        return data.encode("utf-8", "surrogateescape")
    try:
        return Path(data).read_bytes()
    except (OSError, ValueError) as error:
        raise UsageError(f"the kernel file cannot be read: {error}", path=str(data)) from error
