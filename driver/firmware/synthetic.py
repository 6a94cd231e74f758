"""Firmware made from nothing: files of the real names and formats, for the software GPU alone.

Everything holds together (headers, sections, checksums, the FMC's hash), and nothing is anybody's code: the
images say what they are and number their pages. A real GPU refuses them, since nobody signed them.

Facts: specification sections 1.4 and 1.5, for the formats.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from barewire.firmware import elf
from barewire.firmware.blob import Blob
from barewire.firmware.containers import BIN_HEADER_BYTES, BIN_MAGIC, BIN_VERSION
from barewire.firmware.files import VENDOR, FirmwareFile
from barewire.firmware.find import SYNTHETIC_MAGIC, VERSION, FirmwareSet, chip_files, parse_set
from barewire.firmware.gsp import IMAGE_SECTION, SIGNATURE_PREFIX, VERSION_SECTION

PAGE_BYTES = 4096
# More than the 512 pages that one page of a radix-3 table lists.
GSP_PAGES = 520
GSP_SIGNATURE_BYTES = 0x1000
FMC_PAGES = 2
KEY_BYTES = 0x180
SIGNED_BY = b"BAREWIRE-SYNTHETIC".ljust(32, b"\0")  # ahead of the SHA-384 of the image
SIGNATURES = ("tu10x", "tu11x", "ga100", "ga10x", "ad10x", "gh100", "gb10x", "gb20x")

# A bootloader of version 5 whose parts lie behind one another, in bytes.
MANIFEST_BYTES, DATA_BYTES, CODE_BYTES = 0xA00, 0x600, 0x1000

SECURE_IMAGE_BYTES = 0x1000
SECURE_SIGNATURES, SECURE_SIGNATURE_BYTES = 2, 0x180
SECURE_PATCH_OFFSET = 0x900
GENERIC_CODE_BYTES, GENERIC_DATA_BYTES = 0x200, 0x100


def _page(what: str, number: int) -> bytes:
    """A page that says what it is."""
    return (SYNTHETIC_MAGIC + f" {what} page {number}".encode()).ljust(PAGE_BYTES, b"\0")


def _image(what: str, size_bytes: int) -> bytes:
    count = -(-size_bytes // PAGE_BYTES)
    return b"".join(_page(what, number) for number in range(count))[:size_bytes]


def _noise(what: str, size_bytes: int) -> bytes:
    """Bytes that look like a signature or a key, and are none."""
    parts = [hashlib.sha256(f"{what} {number}".encode()).digest() for number in range(-(-size_bytes // 32))]
    return b"".join(parts)[:size_bytes]


def _bin(header: bytes, image: bytes) -> bytes:
    """A header and an image in a bin container."""
    data_offset = BIN_HEADER_BYTES + len(header)
    size = data_offset + len(image)
    words = (BIN_MAGIC, BIN_VERSION, size, BIN_HEADER_BYTES, data_offset, len(image))
    return struct.pack("<6I", *words) + header + image


def _names(sections: Sequence[str]) -> tuple[bytes, list[int]]:
    """A section-name table, and where each name stands in it; the first section has none."""
    table, offsets = b"\0", []
    for name in sections:
        offsets.append(len(table))
        table += name.encode() + b"\0"
    return table, offsets


def _elf64(sections: Sequence[tuple[str, bytes]]) -> bytes:
    """A relocatable file for RISC-V: contents behind the header, the section table at the end."""
    names = ".shstrtab"
    table, name_offsets = _names([*(name for name, _ in sections), names])
    body, rows = b"", [bytes(64)]
    for (_, data), name in zip([*sections, (names, table)], name_offsets, strict=True):
        kind = 1 if data is not table else 3
        rows.append(struct.pack("<IIQQQQIIQQ", name, kind, 0, 0, 64 + len(body), len(data), 0, 0, 1, 0))
        body += data
    ident = elf.MAGIC + bytes((elf.CLASS_64, elf.LITTLE_ENDIAN, 1)) + bytes(9)
    fields = (1, elf.MACHINE_RISCV, 1, 0, 0, 64 + len(body), 0, 64, 0, 0, 64, len(rows), len(rows) - 1)
    return ident + struct.pack("<HHIQQQIHHHHHH", *fields) + body + b"".join(rows)


def _elf32(sections: Sequence[tuple[str, bytes]]) -> bytes:
    """An FMC's file: the section table behind the header, names first, a CRC-32 for each content."""
    names = ".shstrtab"
    table, name_offsets = _names([names, *(name for name, _ in sections)])
    count = len(sections) + 2
    at = 52 + 40 * count
    rows = [bytes(40), struct.pack("<10I", name_offsets[0], 3, 0x20, 0, at, len(table), 0, 0, 1, 0)]
    body = table.ljust(-(-len(table) // 4) * 4, b"\0")
    for (_, data), name in zip(sections, name_offsets[1:], strict=True):
        place = at + len(body)
        checksum = zlib.crc32(data)
        rows.append(
            struct.pack("<10I", name, 1, elf.CHECKED_DATA_FLAGS, 0, place, len(data), 0, checksum, 4, 0)
        )
        body += data
    ident = elf.MAGIC + bytes((elf.CLASS_32, elf.LITTLE_ENDIAN, 1)) + bytes(9)
    fields = (0, 0, 1, 0, 0, 52, 0, 52, 0, 0, 40, count, 1)
    return ident + struct.pack("<HHIIIIIHHHHHH", *fields) + b"".join(rows) + body


def _signature(name: str, digest: bytes) -> bytes:
    """What stands for a signature: it says which image it is for, so that a software GPU can tell."""
    told = SIGNED_BY + digest
    return told + _noise(f"signature {name}", GSP_SIGNATURE_BYTES - len(told))


def _gsp(chip: str, version: str) -> bytes:
    image = _image("GSP firmware", GSP_PAGES * PAGE_BYTES)
    digest = hashlib.sha384(image).digest()
    signatures = [(SIGNATURE_PREFIX + name, _signature(name, digest)) for name in SIGNATURES]
    return _elf64([(IMAGE_SECTION, image), (VERSION_SECTION, version.encode() + b"\0"), *signatures])


def _bootloader(chip: str, version: str) -> bytes:
    code_offset = MANIFEST_BYTES + DATA_BYTES
    words = [0] * 21
    words[0] = 5
    words[9] = MANIFEST_BYTES
    words[10:14] = [MANIFEST_BYTES, DATA_BYTES, code_offset, CODE_BYTES]
    words[14] = 1
    return _bin(struct.pack("<21I", *words), _image(f"bootloader of {chip}", code_offset + CODE_BYTES))


def _fmc(chip: str, version: str) -> bytes:
    image = _image(f"FMC of {chip}", FMC_PAGES * PAGE_BYTES)
    return _elf32(
        [
            ("hash", hashlib.sha384(image).digest()),
            ("signature", _noise(f"FMC signature of {chip}", KEY_BYTES)),
            ("publickey", _noise("FMC public key", KEY_BYTES)),
            ("image", image),
        ]
    )


def _secure(what: str) -> Callable[[str, str], bytes]:
    def make(chip: str, version: str) -> bytes:
        count, each = SECURE_SIGNATURES, SECURE_SIGNATURE_BYTES
        signatures_at = BIN_HEADER_BYTES + 36
        words_at = signatures_at + count * each
        meta_at = words_at + 12
        load_at = meta_at + 12
        load = struct.pack("<9I", 0, 0x100, SECURE_PATCH_OFFSET, 0x300, 1, 0x100, 0x800, 0x100, 0)
        header = struct.pack(
            "<9I", signatures_at, count * each, words_at, words_at + 4, meta_at, 12, words_at + 8,
            load_at, len(load),
        )  # fmt: skip
        header += b"".join(_noise(f"{what} of {chip} {number}", each) for number in range(count))
        header += struct.pack("<3I", SECURE_PATCH_OFFSET, 0, count) + struct.pack("<3I", 1, 1, 3) + load
        return _bin(header, _image(f"{what} of {chip}", SECURE_IMAGE_BYTES))

    return make


def _generic_bootloader(chip: str, version: str) -> bytes:
    code, data = GENERIC_CODE_BYTES, GENERIC_DATA_BYTES
    return _bin(struct.pack("<6I", 0xFD, 0, 0, code, code, data), _image("generic bootloader", code + data))


_MAKERS: dict[str, Callable[[str, str], bytes]] = {
    "gsp": _gsp,
    "bootloader": _bootloader,
    "fmc": _fmc,
    "booter_load": _secure("booter_load"),
    "booter_unload": _secure("booter_unload"),
    "scrubber": _secure("scrubber"),
    "gen_bootloader": _generic_bootloader,
}


def synthetic_files(chip: str, version: str = VERSION) -> dict[str, bytes]:
    """The bytes of a chip's files, by name.

    Raises:
        UnknownChip: no set is known for the chip.
    """
    return {name: _MAKERS[name](chip, version) for name in chip_files(chip).names}


def synthetic_firmware(chip: str = "gh100", version: str = VERSION) -> FirmwareSet:
    """A set in memory; see the module.

    Raises:
        UnknownChip: no set is known for the chip.
    """
    files = {
        name: FirmwareFile(name, "", Blob.of(f"synthetic {name}", data))
        for name, data in synthetic_files(chip, version).items()
    }
    return parse_set(chip, version, files)


def write_synthetic(
    folder: str | os.PathLike[str], chips: Sequence[str] = ("gh100",), version: str = VERSION
) -> list[Path]:
    """Write sets into a folder as `nvidia/<chip>/gsp/<name>-<version>.bin`.

    Returns:
        The files.

    Raises:
        UnknownChip: no set is known for a chip.
    """
    sets = {chip: synthetic_files(chip, version) for chip in chips}
    written = []
    for chip, files in sets.items():
        target = Path(folder) / VENDOR / chip / "gsp"
        target.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            path = target / f"{name}-{version}.bin"
            path.write_bytes(data)
            written.append(path)
    return written
