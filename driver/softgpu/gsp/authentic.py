"""Whether a firmware image is the one that its signature is for.

NVIDIA's keys are not public, so that a signature cannot be computed here. The published firmware is known
by its SHA-256 instead: whoever shows its signature must show its image and boot loader, whole and in order.
A synthetic signature says the image's SHA-384 itself.

Facts: the sections .fwimage and .fwsignature_gh100 of linux-firmware:nvidia/ga102/gsp/gsp-570.144.bin, the
data of linux-firmware:nvidia/gh100/gsp/bootloader-570.144.bin.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from barewire.softgpu.gsp.radix3 import Radix3

SYNTHETIC = b"BAREWIRE-SYNTHETIC"
SYNTHETIC_HASH_AT = 32
SHA384_BYTES = 48


class Published(NamedTuple):
    """SHA-256 of what belongs to one signature."""

    image: str
    bootloader: str


# By the SHA-256 of the signature, whole pages.
PUBLISHED: dict[str, Published] = {
    "0aa55d2d84bc2c6ad5b444bff388e4b4013beb35b1e41c8f80e008358fdd3425": Published(
        "574c85ded65d056b79c68d4ec849e7360066f521031122b2184744da21e55c28",
        "0fcc7e9848940e0374657b71a3ad1c918568d9d9bc82e9b01ea9c33bbc2a0cde",
    ),
}

# Signatures of the same file that are for other chips, or for confidential computing.
FOREIGN = frozenset({
    "b61ff23a7d98f5724e49dcd3d7e231dc9d8361c0e5a7a8784aa47a3009d1c8b7",
    "9e5abcc3d160dddc885bc5e7c16f99bd63c8c3679c745c252f6922fcdb07e21d",
    "471e7d3c120ba412474f3eff96b8aaca7ff470b9f113caf94f29f6ffc1c9d2ba",
    "613c061a059f9930ad6bef9e5f861dee753580ff2291b7ea62ed65129220b5b1",
    "98b18fb9f2de1d445bfa9055810398c129decdb231b156333e8865bad28022ce",
    "38a70fc20c45cb15ac28c958d127b976a59f6dec5fb2403724e096271178e76e",
})  # fmt: skip


def fault(signature: bytes, image: Radix3, bootloader: bytes) -> str | None:
    """What is wrong with an image under its signature; None if nothing is known to be.

    Raises:
        DmaRefused: the host took the image away.
    """
    known_by = hashlib.sha256(signature).hexdigest()
    if known_by in FOREIGN:
        return "the signature is for another chip"
    published = PUBLISHED.get(known_by)
    if published is not None:
        return _published_fault(published, image, bootloader)
    expected = signature[SYNTHETIC_HASH_AT : SYNTHETIC_HASH_AT + SHA384_BYTES]
    if signature.startswith(SYNTHETIC) and any(expected) and image.digest("sha384") != expected:
        return "the image is not the one that was signed"
    return None


def _published_fault(published: Published, image: Radix3, bootloader: bytes) -> str | None:
    if hashlib.sha256(bootloader).hexdigest() != published.bootloader:
        return "the boot loader is not the one that belongs to the signature"
    if image.digest("sha256").hex() != published.image:
        return "the image is not the one that was signed"
    return None
