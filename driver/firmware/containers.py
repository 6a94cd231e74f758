"""The containers of boot code: nvfw_bin_hdr, and what its header describes.

    bin header -> HS header v2   booter, scrubber: code for a heavily secured falcon, with its signatures
    bin header -> RISC-V desc    bootloader: where code, data and manifest lie in the image
    bin header -> boot desc      generic bootloader of Turing's falcons

Facts: specification sections 1.4 and 1.5; nova:firmware.rs (BinHdr), nova:firmware/booter.rs (HsHeaderV2),
nova:firmware/fwsec/bootloader.rs; OGKM:570.144:rmRiscvUcode.h (RM_RISCV_UCODE_DESC). All little-endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

from barewire.errors import BadFirmware
from barewire.firmware.blob import Blob

BIN_MAGIC = 0x10DE
BIN_VERSION = 1
BIN_HEADER_BYTES = 24

_BIN_HEADER = struct.Struct("<6I")
_HS_HEADER = struct.Struct("<9I")
_HS_META = struct.Struct("<3I")
_HS_LOAD = struct.Struct("<5I")
_HS_APP = struct.Struct("<2I")
_BOOT_DESCRIPTOR = struct.Struct("<6I")

MOST_SIGNATURES = 32
MOST_APPS = 16


class BinHeader(NamedTuple):
    """nvfw_bin_hdr: where the header of the contents and the contents lie in the file, in bytes.

    Attributes:
        bin_size: of the file, rounded up; not relied on.
    """

    magic: int
    version: int
    bin_size: int
    header_offset: int
    data_offset: int
    data_size: int


def bin_header(blob: Blob) -> tuple[BinHeader, memoryview]:
    """The bin header and the contents.

    Raises:
        BadFirmware: it is none, or names bytes that the file does not have.
    """
    header = BinHeader(*blob.unpack(_BIN_HEADER, 0, "nvfw_bin_hdr"))
    blob.expect(
        header.magic == BIN_MAGIC,
        "nvfw_bin_hdr",
        "does not begin with its magic number",
        value=header.magic,
        expected=hex(BIN_MAGIC),
    )
    blob.expect(
        header.version == BIN_VERSION, "nvfw_bin_hdr", "is of another version", version=header.version
    )
    blob.expect(
        header.header_offset >= BIN_HEADER_BYTES,
        "nvfw_bin_hdr",
        "puts its contents' header over itself",
        offset=header.header_offset,
    )
    return header, blob.part(header.data_offset, header.data_size, "nvfw_bin_hdr's data")


class Range(NamedTuple):
    """Part of an image, in bytes."""

    offset: int
    size_bytes: int


@dataclass(frozen=True)
class SecureCode:
    """Code for a falcon in heavily secured mode: booter and scrubber.

    Attributes:
        image: code and data, unsigned.
        signatures: in the order of the file.
        patch_offset: where in the image the chosen signature is put.
        fuse_version: the version that signature choice counts from.
        engine_mask: which engines may run it.
        ucode_id: which of the engine's fuse words counts.
        os_code, os_data: what is loaded, in the image.
        apps: the secured parts of the code.
    """

    image: memoryview
    signatures: tuple[memoryview, ...]
    patch_offset: int
    fuse_version: int
    engine_mask: int
    ucode_id: int
    os_code: Range
    os_data: Range
    apps: tuple[Range, ...]

    def signed(self, index: int) -> bytes:
        """The image with one signature in its place.

        Raises:
            BadFirmware: there is no such signature.
        """
        if not 0 <= index < len(self.signatures):
            raise BadFirmware(f"there is no signature {index}", count=len(self.signatures))
        signature = self.signatures[index]
        made = bytearray(self.image)
        made[self.patch_offset : self.patch_offset + len(signature)] = signature
        return bytes(made)


def secure_code(blob: Blob) -> SecureCode:
    """Read a booter or scrubber file.

    Raises:
        BadFirmware: it does not hold together; names the structure.
    """
    header, image = bin_header(blob)
    (
        signatures_offset, signatures_bytes, patch_offset_at, first_signature_at, meta_offset, meta_bytes,
        count_at, load_offset, load_bytes,
    ) = blob.unpack(_HS_HEADER, header.header_offset, "hs_header_v2")  # fmt: skip
    patch_offset = blob.word(patch_offset_at, "hs_header_v2's patch location")
    signatures = _signatures(blob, signatures_offset, signatures_bytes, first_signature_at, count_at)
    blob.expect(
        meta_bytes >= _HS_META.size, "hs_header_v2's meta data", "is too short", size_bytes=meta_bytes
    )
    fuse_version, engine_mask, ucode_id = blob.unpack(_HS_META, meta_offset, "hs_header_v2's meta data")
    code, data, apps = _load_header(blob, load_offset, load_bytes)
    widest = max(map(len, signatures))
    inside = (("signature", Range(patch_offset, widest)), ("os code", code), ("os data", data))
    for what, place in (*inside, *(("app", app) for app in apps)):
        blob.expect(
            place.offset + place.size_bytes <= len(image),
            f"hs_header_v2's {what}",
            "lies outside of the image",
            offset=place.offset,
            size_bytes=place.size_bytes,
            image_bytes=len(image),
        )
    return SecureCode(image, signatures, patch_offset, fuse_version, engine_mask, ucode_id, code, data, apps)


def _signatures(
    blob: Blob, offset: int, size_bytes: int, first_at: int, count_at: int
) -> tuple[memoryview, ...]:
    structure = "hs_header_v2's signatures"
    count = blob.word(count_at, "hs_header_v2's number of signatures")
    blob.expect(1 <= count <= MOST_SIGNATURES, structure, "are none or too many", count=count)
    each, rest = divmod(size_bytes, count)
    blob.expect(each > 0 and rest == 0, structure, "are not of one size", size_bytes=size_bytes, count=count)
    start = offset + blob.word(first_at, "hs_header_v2's first signature")
    return tuple(blob.part(start + number * each, each, structure) for number in range(count))


def _load_header(blob: Blob, offset: int, size_bytes: int) -> tuple[Range, Range, tuple[Range, ...]]:
    structure = "the load header"
    code_offset, code_bytes, data_offset, data_bytes, count = blob.unpack(_HS_LOAD, offset, structure)
    fits = count <= MOST_APPS and _HS_LOAD.size + count * _HS_APP.size <= size_bytes
    blob.expect(fits, structure, "has more apps than it has room for", count=count, size_bytes=size_bytes)
    starts = (offset + _HS_LOAD.size + number * _HS_APP.size for number in range(count))
    apps = tuple(Range(*blob.unpack(_HS_APP, start, structure)) for start in starts)
    return Range(code_offset, code_bytes), Range(data_offset, data_bytes), apps


class RiscvDescriptor(NamedTuple):
    """RM_RISCV_UCODE_DESC: parts of a bootloader's image, in bytes; version 4 ends before the last two."""

    version: int
    bootloader_offset: int
    bootloader_size: int
    bootloader_param_offset: int
    bootloader_param_size: int
    riscv_elf_offset: int
    riscv_elf_size: int
    app_version: int
    manifest_offset: int
    manifest_size: int
    monitor_data_offset: int
    monitor_data_size: int
    monitor_code_offset: int
    monitor_code_size: int
    is_monitor_enabled: int
    swbrom_code_offset: int
    swbrom_code_size: int
    swbrom_data_offset: int
    swbrom_data_size: int
    fb_reserved_size: int = 0
    signed_as_code: int = 0


# Fields by the descriptor's version.
_DESCRIPTOR_FIELDS = {4: 19, 5: 21}
_RANGES_IN_IMAGE = ("bootloader", "bootloader_param", "manifest", "monitor_data", "monitor_code")


@dataclass(frozen=True)
class Bootloader:
    """The first code of GSP's RISC-V core that comes from a file.

    Attributes:
        descriptor: where its parts lie in the image.
        image: goes to memory as it is.
    """

    descriptor: RiscvDescriptor
    image: memoryview


def bootloader(blob: Blob) -> Bootloader:
    """Read a bootloader file.

    Raises:
        BadFirmware: it does not hold together; names the structure.
    """
    structure = "RM_RISCV_UCODE_DESC"
    header, image = bin_header(blob)
    blob.expect(len(image) > 0, "nvfw_bin_hdr's data", "is empty")
    version = blob.word(header.header_offset, structure)
    count = _DESCRIPTOR_FIELDS.get(version, 0)
    blob.expect(count > 0, structure, "is of another version", version=version, expected="4 or 5")
    fields = blob.unpack(struct.Struct(f"<{count}I"), header.header_offset, structure)
    descriptor = RiscvDescriptor(*fields)
    for name in _RANGES_IN_IMAGE:
        offset, size = getattr(descriptor, f"{name}_offset"), getattr(descriptor, f"{name}_size")
        blob.expect(
            offset + size <= len(image),
            f"{structure}'s {name}",
            "lies outside of the image",
            offset=offset,
            size_bytes=size,
            image_bytes=len(image),
        )
    return Bootloader(descriptor, image)


@dataclass(frozen=True)
class GenericBootloader:
    """Turing's loader of falcon code.

    Attributes:
        start_tag: tag of the code's first block; the boot vector is this shifted left by 8.
        dmem_offset: where the host puts its arguments, in DMEM.
        code, data: of the loader.
    """

    start_tag: int
    dmem_offset: int
    code: memoryview
    data: memoryview


def generic_bootloader(blob: Blob) -> GenericBootloader:
    """Read a generic bootloader file.

    Raises:
        BadFirmware: it does not hold together; names the structure.
    """
    header, image = bin_header(blob)
    start_tag, dmem_offset, code_offset, code_bytes, data_offset, data_bytes = blob.unpack(
        _BOOT_DESCRIPTOR, header.header_offset, "the bootloader's descriptor"
    )
    inside = Blob(blob.name, image)
    code = inside.part(code_offset, code_bytes, "the bootloader's code")
    data = inside.part(data_offset, data_bytes, "the bootloader's data")
    return GenericBootloader(start_tag, dmem_offset, code, data)
