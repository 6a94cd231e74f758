"""The bootstrap image (FMC) in host memory, which FSP is told by its address and its hash alone.

How long an image is stands in its manifest, whose format is not published. The length is found here by the
hash: the shortest run of words from its start that has it.

Facts: nouveau:nvkm/subdev/fsp/base.c (the hash is SHA-384).
"""

from __future__ import annotations

import ctypes
import hashlib
from typing import TYPE_CHECKING

from barewire.softgpu.bus import DmaRefused
from barewire.softgpu.gsp.structs import PAGE_BYTES

if TYPE_CHECKING:
    from barewire.softgpu.dma import DmaPort

KNOWN_SIZES = (0x28648, 0x30348, 0x30A48)  # the images for GH100, GB100 and GB202 of firmware 570.144
IMAGE_BYTES_MAX = 512 << 10
WORD_BYTES = 4


def mapped(host: DmaPort, address: int, size_bytes: int) -> bytes:
    """What the host maps from an address on, up to a size, in whole pages."""
    found = []
    for page in range(address, address + size_bytes, PAGE_BYTES):
        try:
            found.append(ctypes.string_at(host.address(page, PAGE_BYTES, False), PAGE_BYTES))
        except DmaRefused:
            break
    return b"".join(found)


def find_image(host: DmaPort, address: int, sha384: bytes) -> int | None:
    """The size in bytes of the image with that hash; None if there is none at that address."""
    data = mapped(host, address, IMAGE_BYTES_MAX)
    likely = {*KNOWN_SIZES, len(data), len(data.rstrip(b"\0"))}
    for size in sorted(likely):
        if 0 < size <= len(data) and hashlib.sha384(data[:size]).digest() == sha384:
            return size
    return _search(data, sha384)


def _search(data: bytes, sha384: bytes) -> int | None:
    summed = hashlib.sha384()
    for at in range(0, len(data), WORD_BYTES):
        summed.update(data[at : at + WORD_BYTES])
        if summed.copy().digest() == sha384:
            return at + WORD_BYTES
    return None
