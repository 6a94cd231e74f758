"""ELF64 as NVIDIA's compiler writes it: a reader that refuses whatever does not hold together.

It knows the container only (sections, symbols, relocation records); what the sections mean is `loader.py`'s
business. Every offset is checked against the file before it is followed, so that a truncated or mutilated
file gives one `BadCubin` and nothing else.

Facts: the System V ABI (ELF64); section types and symbol flags as `cuobjdump -elf` 13.5 and `readelf` name
them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from barewire.errors import BadCubin

MAGIC = b"\x7fELF"
MACHINE_CUDA = 190
TYPE_RELOCATABLE = 1
TYPE_EXECUTABLE = 2

SHT_PROGBITS = 1
SHT_SYMTAB = 2
SHT_STRTAB = 3
SHT_RELA = 4
SHT_NOBITS = 8
SHT_REL = 9
SHF_ALLOC = 0x2
SHF_EXECINSTR = 0x4

SHN_UNDEFINED = 0
SHN_ABSOLUTE = 0xFFF1

BIND_WEAK = 2
SYMBOL_OBJECT = 1
SYMBOL_FUNCTION = 2
SYMBOL_SECTION = 3

_HEADER = struct.Struct("<4sBBBBB7xHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_REL = struct.Struct("<QII")
_RELA = struct.Struct("<QIIq")

_MACHINES = {
    0: "no machine",
    3: "x86",
    40: "Arm",
    62: "x86-64",
    183: "AArch64",
    224: "AMD GPU",
    243: "RISC-V",
}


class Section(NamedTuple):
    """One section; SHT_NOBITS has no `data`: its `size_bytes` counts zeros that the file does not hold."""

    number: int
    name: str
    type: int
    flags: int
    file_offset: int
    size_bytes: int
    link: int
    info: int
    alignment: int
    entry_bytes: int
    data: memoryview

    @property
    def is_allocated(self) -> bool:
        return bool(self.flags & SHF_ALLOC)


class Symbol(NamedTuple):
    """One symbol; `other` holds NVIDIA's flags beside the ELF visibility."""

    number: int
    name: str
    value: int
    size_bytes: int
    kind: int
    binding: int
    other: int
    section: int

    @property
    def is_undefined(self) -> bool:
        return self.section == SHN_UNDEFINED


class Relocation(NamedTuple):
    """What to patch at `offset` of a section. `addend` None: it stands in the bytes there."""

    offset: int
    type: int
    symbol: int
    addend: int | None


class Header(NamedTuple):
    """The ELF header's fields that differ between toolkits."""

    os_abi: int
    abi_version: int
    type: int
    machine: int
    flags: int

    @property
    def identity(self) -> tuple[int, int]:
        """(EI_OSABI, EI_ABIVERSION): which toolkits wrote it."""
        return self.os_abi, self.abi_version


class ElfFile:
    """A parsed ELF64 file.

    Attributes:
        header: the ELF header.
        sections: all of them, by index.
        symbols: all of them, by index; empty where there is no symbol table.

    Raises:
        BadCubin: the bytes are not a little-endian ELF64 file for an NVIDIA GPU, or do not hold together.
    """

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self.header, table_offset, section_count, names_index = self._read_header()
        self.sections = self._read_sections(table_offset, section_count, names_index)
        self._by_name: dict[str, Section] = {}
        for section in self.sections:
            self._by_name.setdefault(section.name, section)
        self.symbols = self._read_symbols()

    def section(self, name: str) -> Section | None:
        """The first section of that name, or None."""
        return self._by_name.get(name)

    def relocations(self, section: Section) -> Iterator[Relocation]:
        """The records of one SHT_REL or SHT_RELA section."""
        layout = _RELA if section.type == SHT_RELA else _REL
        if len(section.data) % layout.size or section.entry_bytes not in (0, layout.size):
            raise BadCubin(
                f"relocation section {section.name} is not a whole number of records",
                size_bytes=len(section.data),
                record_bytes=layout.size,
                entry_bytes=section.entry_bytes,
            )
        for offset, kind, symbol, *addend in layout.iter_unpack(section.data):
            if symbol >= len(self.symbols):
                raise BadCubin(
                    f"a relocation in {section.name} names a symbol that is not there",
                    symbol=symbol,
                    symbol_count=len(self.symbols),
                )
            yield Relocation(offset, kind, symbol, addend[0] if addend else None)

    def _read_header(self) -> tuple[Header, int, int, int]:
        data = self._data
        if len(data) < 4 or data[:4] != MAGIC:
            raise BadCubin("not an ELF file", found=bytes(data[:4]).hex() or "nothing", expected=MAGIC.hex())
        if len(data) < _HEADER.size:
            raise BadCubin("the ELF header is cut off", size_bytes=len(data), expected=_HEADER.size)
        fields = _HEADER.unpack_from(data)
        _, elf_class, byte_order, _, os_abi, abi_version, kind, machine = fields[:8]
        _, _, segments_offset, table_offset, flags = fields[8:13]
        _, segment_bytes, segment_count, section_bytes, section_count, names_index = fields[13:]
        if machine != MACHINE_CUDA:
            raise BadCubin(
                "an ELF file, but not one for an NVIDIA GPU",
                hint="A cubin, a fatbin or PTX is wanted, not the program that launches them.",
                machine=machine,
                machine_name=_MACHINES.get(machine, "another machine"),
                expected=MACHINE_CUDA,
            )
        if elf_class != 2 or byte_order != 1:
            raise BadCubin("not a 64-bit little-endian ELF file", elf_class=elf_class, byte_order=byte_order)
        if section_bytes != _SECTION.size or section_count == 0:
            raise BadCubin(
                "the ELF file has no section table", section_bytes=section_bytes, count=section_count
            )
        if table_offset + section_count * _SECTION.size > len(data):
            raise BadCubin(
                "the section table lies beyond the end of the file: the file is truncated",
                table_offset=table_offset,
                section_count=section_count,
                size_bytes=len(data),
            )
        if segments_offset + segment_count * segment_bytes > len(data):
            raise BadCubin(
                "the program headers lie beyond the end of the file: the file is truncated",
                table_offset=segments_offset,
                segment_count=segment_count,
                size_bytes=len(data),
            )
        if names_index >= section_count:
            raise BadCubin("the section-name table is not a section", index=names_index, count=section_count)
        return Header(os_abi, abi_version, kind, machine, flags), table_offset, section_count, names_index

    def _read_sections(self, table_offset: int, count: int, names_index: int) -> tuple[Section, ...]:
        table = self._data[table_offset : table_offset + count * _SECTION.size]
        rows = list(_SECTION.iter_unpack(table))
        names = bytes(self._section_data(names_index, rows[names_index]))
        sections = []
        for index, row in enumerate(rows):
            name, kind, flags, _, offset, size, link, info, alignment, entry_bytes = row
            if alignment & (alignment - 1) or alignment > 1 << 16:
                raise BadCubin(
                    "a section's alignment is not a small power of two", section=index, found=alignment
                )
            sections.append(
                Section(
                    index,
                    _string(names, name, "section"),
                    kind,
                    flags,
                    offset,
                    size,
                    link,
                    info,
                    max(alignment, 1),
                    entry_bytes,
                    self._section_data(index, row),
                )
            )
        return tuple(sections)

    def _section_data(self, index: int, row: tuple[int, ...]) -> memoryview:
        kind, offset, size = row[1], row[4], row[5]
        if kind in (0, SHT_NOBITS):
            return self._data[:0]
        if offset + size > len(self._data):
            raise BadCubin(
                "a section lies beyond the end of the file: the file is truncated",
                section=index,
                section_offset=offset,
                section_bytes=size,
                size_bytes=len(self._data),
            )
        return self._data[offset : offset + size]

    def _read_symbols(self) -> tuple[Symbol, ...]:
        tables = [section for section in self.sections if section.type == SHT_SYMTAB]
        if not tables:
            return ()
        if len(tables) > 1:
            raise BadCubin("more than one symbol table", count=len(tables))
        table = tables[0]
        if len(table.data) % _SYMBOL.size:
            raise BadCubin("the symbol table is not a whole number of symbols", size_bytes=len(table.data))
        if table.link >= len(self.sections) or self.sections[table.link].type != SHT_STRTAB:
            raise BadCubin("the symbol table names no string table", link=table.link)
        names = bytes(self.sections[table.link].data)
        symbols = []
        for index, (name, info, other, section, value, size) in enumerate(_SYMBOL.iter_unpack(table.data)):
            if len(self.sections) <= section < 0xFF00:
                raise BadCubin("a symbol names a section that is not there", symbol=index, section=section)
            symbols.append(
                Symbol(
                    index, _string(names, name, "symbol"), value, size, info & 15, info >> 4, other, section
                )
            )
        return tuple(symbols)


def _string(table: bytes, offset: int, what: str) -> str:
    """The zero-terminated string at `offset` of a string table."""
    end = table.find(b"\0", offset) if offset < len(table) else -1
    if end < 0:
        raise BadCubin(
            f"a {what} name does not end inside its string table", name_offset=offset, table_bytes=len(table)
        )
    return table[offset:end].decode("utf-8", "backslashreplace")
