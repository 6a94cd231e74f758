"""Firmware for a fake GSP: images of a few pages with recognisable bytes."""

from __future__ import annotations

import hashlib
from functools import cache
from types import SimpleNamespace


@cache
def pattern(name: str, size_bytes: int) -> bytes:
    """Bytes that depend on a name and on their place."""
    block = hashlib.sha256(name.encode()).digest()
    numbered = (block[:24] + index.to_bytes(8, "little") for index in range(-(-size_bytes // 32)))
    return b"".join(numbered)[:size_bytes]


def fake_firmware(image_bytes: int = 600 * 4096, version: str = "570.144", chip: str = "gh100"):
    """A set of files as the driver sees it after parsing."""
    fmc = pattern("fmc", 0x28648)
    return SimpleNamespace(
        chip=chip,
        version=version,
        gsp=SimpleNamespace(
            version=version,
            image=memoryview(pattern("image", image_bytes)),
            signature=memoryview(pattern("signature", 0x1000)),
        ),
        bootloader=SimpleNamespace(
            descriptor=SimpleNamespace(
                app_version=0x57,
                monitor_code_offset=0xB100,
                monitor_data_offset=0xA00,
                manifest_offset=0x10,
            ),
            image=memoryview(pattern("bootloader", 0x29000)),
        ),
        fmc=SimpleNamespace(
            image=memoryview(fmc),
            hash384=hashlib.sha384(fmc).digest(),
            public_key=pattern("key", 384),
            signature=pattern("fmc signature", 384),
        ),
    )
