"""Sections of the two ELF files among the firmware: GSP's (64 bits) and the FMC's (32 bits).

Facts: the System V ABI; specification section 1.4; nouveau:nvkm/subdev/gsp/gh100.c (elf_validate_sections)
for what an FMC file has to be.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import NamedTuple

from barewire.firmware.blob import Blob

MAGIC = b"\x7fELF"
CLASS_32, CLASS_64 = 1, 2
LITTLE_ENDIAN = 1
MACHINE_RISCV = 243
NOBITS = 8
MOST_SECTIONS = 256

# SHF_ALLOC | SHF_OS_NONCONFORMING | SHF_MASKOS | SHF_MASKPROC
CHECKED_DATA_FLAGS = 0x2 | 0x100 | 0x0FF00000 | 0xF0000000


class Section(NamedTuple):
    """One section."""

    name: str
    type: int
    flags: int
    info: int
    data: memoryview


@dataclass(frozen=True)
class _Kind:
    """One width of ELF: its structures, and where the fields that matter stand in them."""

    elf_class: int
    header: struct.Struct
    section: struct.Struct
    # Places in the section's fields: name, type, flags, offset, size, info.
    fields: tuple[int, ...] = (0, 1, 2, 4, 5, 7)


_ELF64 = _Kind(CLASS_64, struct.Struct("<16sHHIQQQIHHHHHH"), struct.Struct("<IIQQQQIIQQ"))
_ELF32 = _Kind(CLASS_32, struct.Struct("<16sHHIIIIIHHHHHH"), struct.Struct("<10I"))


class _Header(NamedTuple):
    ident: bytes
    type: int
    machine: int
    version: int
    entry: int
    segments_offset: int
    table_offset: int
    flags: int
    header_bytes: int
    segment_bytes: int
    segment_count: int
    section_bytes: int
    section_count: int
    names_index: int


def _read_header(blob: Blob, kind: _Kind) -> _Header:
    header = _Header(*blob.unpack(kind.header, 0, "the ELF header"))
    blob.expect(header.ident[:4] == MAGIC, "the ELF header", "is none", found=header.ident[:4].hex())
    blob.expect(
        header.ident[4] == kind.elf_class and header.ident[5] == LITTLE_ENDIAN,
        "the ELF header",
        "is of another width or byte order",
        found=header.ident[4:6].hex(),
    )
    blob.expect(
        header.section_bytes == kind.section.size and 0 < header.section_count <= MOST_SECTIONS,
        "the ELF section table",
        "is none, or has entries of another size",
        size_bytes=header.section_bytes,
        count=header.section_count,
    )
    blob.expect(
        header.names_index < header.section_count,
        "the ELF section table",
        "has no names",
        index=header.names_index,
    )
    return header


def _read_sections(blob: Blob, kind: _Kind, header: _Header) -> dict[str, Section]:
    """Sections by name; the first of a name counts."""
    size = kind.section.size * header.section_count
    table = blob.part(header.table_offset, size, "the ELF section table")
    rows = [tuple(row[place] for place in kind.fields) for row in kind.section.iter_unpack(table)]
    names_row = rows[header.names_index]
    names = blob.part(names_row[3], names_row[4], "the ELF section names")
    found: dict[str, Section] = {}
    for name_offset, section_type, flags, offset, size, info in rows:
        name = _name(blob, names, name_offset)
        is_empty = section_type in (0, NOBITS)
        data = blob.data[:0] if is_empty else blob.part(offset, size, f"ELF section {name}")
        found.setdefault(name, Section(name, section_type, flags, info, data))
    return found


def _name(blob: Blob, names: memoryview, offset: int) -> str:
    text = bytes(names[offset : offset + 256])
    end = text.find(b"\0")
    blob.expect(end >= 0, "an ELF section name", "does not end inside the names", offset=offset)
    return text[:end].decode("ascii", "backslashreplace")


def sections64(blob: Blob) -> dict[str, Section]:
    """Sections of GSP's file by name: a 64-bit ELF file for RISC-V.

    Raises:
        BadFirmware: it is none, or does not hold together.
    """
    header = _read_header(blob, _ELF64)
    blob.expect(
        header.machine == MACHINE_RISCV, "the ELF header", "is of another machine", machine=header.machine
    )
    return _read_sections(blob, _ELF64, header)


# What the header of an FMC file holds, and nothing else.
_FMC_HEADER = {
    "ident": MAGIC + bytes((CLASS_32, LITTLE_ENDIAN, 1)) + bytes(9),
    "type": 0,
    "machine": 0,
    "version": 1,
    "entry": 0,
    "segments_offset": 0,
    "table_offset": _ELF32.header.size,
    "flags": 0,
    "header_bytes": _ELF32.header.size,
    "segment_bytes": 0,
    "segment_count": 0,
}


def sections32(blob: Blob) -> dict[str, Section]:
    """Sections of an FMC file by name, their checksums verified.

    Raises:
        BadFirmware: it is none, does not hold together, or a section's CRC-32 is wrong.
    """
    header = _read_header(blob, _ELF32)
    for name, wanted in _FMC_HEADER.items():
        found = getattr(header, name)
        blob.expect(
            found == wanted, "the FMC's ELF header", f"has another {name}", found=found, expected=wanted
        )
    sections = _read_sections(blob, _ELF32, header)
    for section in sections.values():
        if section.flags == CHECKED_DATA_FLAGS and section.info:
            found = zlib.crc32(section.data)
            blob.expect(
                found == section.info,
                f"ELF section {section.name}",
                "is damaged: its CRC-32 is wrong",
                value=found,
                expected=hex(section.info),
            )
    return sections
