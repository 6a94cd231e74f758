"""GSP's own firmware, and the FMC that loads it on Hopper and later chips.

Facts: specification sections 1.2 and 1.4; nouveau:nvkm/subdev/gsp/gh100.c, nvkm/subdev/fsp/base.c;
OGKM:kernel_gsp.c (signature sections by chip).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from barewire.errors import BadFirmware
from barewire.firmware import elf
from barewire.firmware.blob import Blob

IMAGE_SECTION = ".fwimage"
VERSION_SECTION = ".fwversion"
SIGNATURE_PREFIX = ".fwsignature_"

HASH_BYTES = 48
PUBLIC_KEY_BYTES = (0x180, 0x61)
SIGNATURE_BYTES = (0x180, 0x60)


@dataclass(frozen=True)
class GspImage:
    """The firmware of the GSP.

    Attributes:
        version: as the file says, e.g. "570.144".
        image: the bytes that the radix-3 table describes.
        signature: for this chip.
        signatures: all of the file's, by the name after ".fwsignature_".
    """

    version: str
    image: memoryview
    signature: memoryview
    signatures: dict[str, memoryview]


def gsp_image(blob: Blob, signature: str) -> GspImage:
    """Read GSP's file.

    Args:
        blob: the file.
        signature: which one is the chip's, e.g. "gh100".

    Raises:
        BadFirmware: it does not hold together, or has no signature for the chip.
    """
    sections = elf.sections64(blob)
    image = _section(blob, sections, IMAGE_SECTION)
    version = bytes(_section(blob, sections, VERSION_SECTION)).split(b"\0")[0]
    blob.expect(version.isascii() and bool(version), VERSION_SECTION, "is no version", found=version.hex())
    signatures = {
        name[len(SIGNATURE_PREFIX) :]: section.data
        for name, section in sections.items()
        if name.startswith(SIGNATURE_PREFIX)
    }
    if signature not in signatures:
        raise BadFirmware(
            f"{blob.name}: the file has no signature for this chip",
            structure=SIGNATURE_PREFIX + signature,
            found=", ".join(sorted(signatures)) or "none",
        )
    return GspImage(version.decode("ascii"), image, signatures[signature], signatures)


def _section(blob: Blob, sections: dict[str, elf.Section], name: str) -> memoryview:
    data = sections[name].data if name in sections else blob.data[:0]
    blob.expect(len(data) > 0, f"ELF section {name}", "is missing or empty")
    return data


@dataclass(frozen=True)
class Fmc:
    """The first mutable code: what FSP verifies and starts on GSP.

    Attributes:
        image: goes to memory as it is.
        hash384: SHA-384 of the image.
        public_key, signature: as the file has them; the message to FSP pads them.
    """

    image: memoryview
    hash384: bytes
    public_key: bytes
    signature: bytes


def fmc(blob: Blob) -> Fmc:
    """Read an FMC file.

    Raises:
        BadFirmware: it does not hold together, or its hash is not its image's.
    """
    sections = elf.sections32(blob)
    image = _section(blob, sections, "image")
    digest = _sized(blob, sections, "hash", (HASH_BYTES,))
    public_key = _sized(blob, sections, "publickey", PUBLIC_KEY_BYTES)
    signature = _sized(blob, sections, "signature", SIGNATURE_BYTES)
    found = hashlib.sha384(image).digest()
    blob.expect(
        found == digest,
        "ELF section hash",
        "is not the SHA-384 of the image",
        found=found.hex(),
        expected=digest.hex(),
    )
    return Fmc(image, digest, public_key, signature)


def _sized(blob: Blob, sections: dict[str, elf.Section], name: str, sizes: tuple[int, ...]) -> bytes:
    data = bytes(_section(blob, sections, name))
    blob.expect(
        len(data) in sizes,
        f"ELF section {name}",
        "has another size",
        size_bytes=len(data),
        expected=" or ".join(map(hex, sizes)),
    )
    return data
