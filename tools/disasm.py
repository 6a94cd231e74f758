"""`barewire disasm`: the machine code of a cubin or fatbin, in nvdisasm's form, from our own table."""

from __future__ import annotations

import argparse
import struct
from collections.abc import Iterator
from typing import Any

from barewire.compute import elf, fatbin, nvinfo
from barewire.compute.elf import (
    SHF_EXECINSTR,
    SHT_PROGBITS,
    SHT_REL,
    SHT_RELA,
    SYMBOL_FUNCTION,
    ElfFile,
    Section,
)
from barewire.errors import BadCubin, KernelNotFound
from barewire.sass.decoder import Instruction
from barewire.sass.listing import Code, Line, Listed, Relocated, control_text, listings, text_lines
from barewire.tools.exits import Exit
from barewire.tools.files import read_input
from barewire.tools.output import print_json

SUMMARY = "disassemble the machine code of a cubin or fatbin"
CODES = (Exit.OK, Exit.NOT_READY, Exit.INPUT)
EXAMPLES = """\
barewire disasm kernels.cubin
barewire disasm kernels.cubin --kernel saxpy --control
barewire disasm kernels.fatbin --json"""

PREFIX = ".text."
ATTRIBUTES = ".nv.info."

# Attributes that name places in code: one in so many 32-bit words is a place.
PLACES_EVERY = {
    0x1C: 1,  # EXIT_INSTR_OFFSETS
    0x28: 1,  # COOP_GROUP_INSTR_OFFSETS
    0x2E: 2,  # ATOM16_EMUL_INSTR_REG_MAP
    0x31: 1,  # INT_WARP_WIDE_INSTR_OFFSETS
    0x39: 4,  # MBARRIER_INSTR_OFFSETS
    0x40: 3,  # INSTR_REG_MAP
    0x44: 2,  # UNUSED_LOAD_BYTE_OFFSET
    0x46: 1,  # SYSCALL_OFFSETS
}
INDIRECT_BRANCH_TARGETS = 0x34
ANNOTATIONS = 0x55  # pairs of a kind and a place
ANNOTATION_TEXTS = {1: "SpillRefill"}
# Where e_flags hold the architecture depends on the toolkit: (EI_OSABI, EI_ABIVERSION) of CUDA 13.
ABI_OF_CUDA_13 = (0x41, 8)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, and what of it is shown."""
    parser.add_argument("file", metavar="FILE", help="cubin or fatbin, or - for standard input")
    parser.add_argument("--kernel", metavar="NAME", help="only this kernel or function")
    parser.add_argument(
        "--control", action="store_true", help="stall cycles, barriers and reuse flags after each instruction"
    )


def run(args: argparse.Namespace) -> Exit:
    """Print every instruction of what was named.

    Raises:
        BadCubin: the file is neither a cubin nor a fatbin, or is damaged.
        KernelNotFound: it has no code of that name.
    """
    images = [(title, _selected(image, args.kernel)) for title, image in images_of(read_input(args.file))]
    if args.kernel is not None and not any(listed for _, listed in images):
        raise KernelNotFound(f"{args.file} has no code named {args.kernel!r}")
    if args.json:
        print_json({"images": [_image_data(title, listed) for title, listed in images]})
        return Exit.OK
    for title, listed in images:
        if title:
            print(f"// {title}")
        for section in listed:
            for line in text_lines(section, control_text if args.control else None):
                print(line)
    return Exit.OK


def images_of(data: bytes) -> Iterator[tuple[str, ElfFile]]:
    """The cubins of a file, with a title for each where the file can hold several."""
    if fatbin.is_fatbin(data):
        for entry in fatbin.entries(data):
            if entry.is_cubin:
                yield entry.description, ElfFile(entry.payload())
    elif data[:4] == elf.MAGIC:
        yield "", ElfFile(data)
    else:
        raise BadCubin(
            "neither a cubin nor a fatbin",
            hint="`nvcc -cubin -arch=sm_NN file.cu` makes a cubin.",
            begins_with=data[:4].hex() or "nothing",
        )


def _selected(image: ElfFile, kernel: str | None) -> list[Listed]:
    """The listings of an image: all are made, as labels are numbered through the file."""
    found = listings(code_of(image), function_ends(image))
    return [listed for listed in found if kernel in (None, listed.code.name)]


def code_of(image: ElfFile) -> list[Code]:
    """The sections of code of a cubin."""
    arch = architecture(image)
    functions: dict[int, dict[int, str]] = {}
    for symbol in image.symbols:
        if symbol.kind == SYMBOL_FUNCTION:
            functions.setdefault(symbol.section, {}).setdefault(symbol.value, symbol.name)
    relocations, attributes = _relocations(image), _attributes(image)
    return [
        Code(
            section.name.removeprefix(PREFIX),
            section.data,
            arch,
            functions.get(section.number, {}),
            relocations.get(section.number, {}),
            *_places_of(attributes.get(section.name.removeprefix(PREFIX), [])),
        )
        for section in image.sections
        if is_code(section)
    ]


def is_code(section: Section) -> bool:
    """Whether a section is the code of a kernel or function."""
    flagged = section.type == SHT_PROGBITS and section.flags & SHF_EXECINSTR
    return bool(flagged) and section.name.startswith(PREFIX)


def function_ends(image: ElfFile) -> list[tuple[str, int]]:
    """Where each function ends: its section's name, and the place."""
    names = {
        section.number: section.name.removeprefix(PREFIX) for section in image.sections if is_code(section)
    }
    return [
        (names[symbol.section], symbol.value + symbol.size_bytes)
        for symbol in image.symbols
        if symbol.kind == SYMBOL_FUNCTION and symbol.section in names
    ]


def architecture(image: ElfFile) -> int:
    """The compute capability that a cubin is for, as one number."""
    header = image.header
    return header.flags >> 8 & 0xFF if header.identity == ABI_OF_CUDA_13 else header.flags & 0xFF


def _relocations(image: ElfFile) -> dict[int, dict[int, Relocated]]:
    found: dict[int, dict[int, Relocated]] = {}
    for section in image.sections:
        if section.type not in (SHT_REL, SHT_RELA):
            continue
        for record in image.relocations(section):
            symbol = image.symbols[record.symbol]
            addend = record.addend or 0
            inside = addend and symbol.section == section.info
            place = symbol.value + addend if inside else None
            found.setdefault(section.info, {})[record.offset] = Relocated(
                record.type, symbol.name, addend, place
            )
    return found


def _attributes(image: ElfFile) -> dict[str, list[nvinfo.Attribute]]:
    """The attributes of each section of code, by its name."""
    return {
        section.name.removeprefix(ATTRIBUTES): list(nvinfo.parse(section.data, section.name))
        for section in image.sections
        if section.name.startswith(ATTRIBUTES)
    }


def _places_of(
    attributes: list[nvinfo.Attribute],
) -> tuple[list[int], dict[int, list[int]], dict[int, str]]:
    """The places in code that attributes name, of these the targets of indirect branches, and remarks."""
    marks: list[int] = []
    targets: dict[int, list[int]] = {}
    remarks: dict[int, str] = {}
    for attribute in attributes:
        whole = attribute.payload[: len(attribute.payload) & ~3]
        words = [word for (word,) in struct.iter_unpack("<I", whole)]
        if attribute.number == INDIRECT_BRANCH_TARGETS:
            for branch, places in _branch_tables(words):
                marks += [branch, *places]
                targets[branch] = places
        elif attribute.number == ANNOTATIONS:
            marks += words[1::2]
            remarks |= {
                place: ANNOTATION_TEXTS[kind]
                for kind, place in zip(words[::2], words[1::2], strict=False)
                if kind in ANNOTATION_TEXTS
            }
        elif attribute.number in PLACES_EVERY:
            marks += words[:: PLACES_EVERY[attribute.number]]
    return marks, targets, remarks


def _branch_tables(words: list[int]) -> Iterator[tuple[int, list[int]]]:
    """Records of a branch, flags, a count, and so many targets."""
    position = 0
    while position + 3 <= len(words):
        branch, _, count = words[position : position + 3]
        yield branch, words[position + 3 : position + 3 + count]
        position += 3 + count


def _image_data(title: str, listed: list[Listed]) -> dict[str, Any]:
    unknown = sum(line.instruction.plan is None for section in listed for line in section.lines)
    return {
        "image": title,
        "unknown_instructions": unknown,
        "sections": [
            {
                "name": section.code.name,
                "architecture": f"sm_{section.code.arch}",
                "instructions": [_line_data(line) for line in section.lines],
            }
            for section in listed
        ],
    }


def _line_data(line: Line) -> dict[str, Any]:
    one = line.instruction
    data: dict[str, Any] = {
        "pc": one.pc,
        "word": f"0x{one.word:032x}",
        "labels": list(line.labels),
        "text": line.text,
        "opcode": one.name,
        "fields": one.fields(),
        "control": _control_data(one),
    }
    if one.target() is not None:
        data["target"] = one.target()
    if one.reason:
        data["unknown"] = one.reason
    return data


def _control_data(instruction: Instruction) -> dict[str, Any]:
    control = instruction.control
    return {
        "stall_cycles": control.stall_cycles,
        "yield": control.yields,
        "write_barrier": control.write_barrier,
        "read_barrier": control.read_barrier,
        "wait_mask": control.wait_mask,
        "reuse": control.reuse,
    }
