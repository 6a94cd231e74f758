"""Input that is not what it should be: one typed error that says what was found and what was expected."""

from __future__ import annotations

import struct
import sys

import pytest
from barewire.compute.cubin import load_image
from barewire.errors import BadCubin, FormatError, UnsupportedFeature, WrongArchitecture
from cubin_data import CUBINS, DATA, place, places, with_bytes

HOPPER = DATA / "features.sm_90.cubin"


@pytest.fixture(scope="module")
def cubin():
    return HOPPER.read_bytes()


def refused(data: bytes, match: str, kind: type[FormatError] = BadCubin, sm_version: int = 90) -> FormatError:
    with pytest.raises(kind, match=match) as caught:
        load_image(data, sm_version)
    return caught.value


@pytest.mark.parametrize(
    "data",
    [b"", b"\x7f", b"MZ\x90\0", b"\x1f\x8b\x08\0", b"hello", b"\0" * 4096, b"\xff" * 4096, b"!<arch>\n"],
    ids=["empty", "one byte", "PE", "gzip", "text", "zeros", "ones", "archive"],
)
def test_something_else_is_named_by_its_first_bytes(data):
    error = refused(data, "neither a cubin, nor a fatbin, nor PTX")

    assert error.begins_with == (data[:4].hex() or "nothing")
    assert "nvcc" in error.hint


def test_a_program_of_this_machine_is_a_foreign_elf_file():
    with open(sys.executable, "rb") as program:
        error = refused(program.read(), "not one for an NVIDIA GPU")

    assert error.expected == 190
    assert error.machine != 190


@pytest.mark.parametrize(("path", "sm_version"), CUBINS.values(), ids=CUBINS)
def test_a_file_cut_off_at_any_boundary_is_refused(path, sm_version):
    data = path.read_bytes()
    cuts = {cut for part in places(data) for cut in (part.begin, part.begin + 1, part.end - 1, part.end)}

    for cut in sorted(cut for cut in cuts if cut < len(data) and cut < place(data, "section table").end):
        refused(data[:cut], "truncated|cut off|neither a cubin", sm_version=sm_version)


def test_a_cubin_for_another_chip_names_both(cubin):
    for chip in (75, 80, 89, 100, 120):
        error = refused(cubin, f"is for sm_90 and the chip is sm_{chip}", WrongArchitecture, chip)
        assert (error.found, error.expected) == ("sm_90", f"sm_{chip}")


def test_code_for_one_chip_alone_is_refused_by_its_sisters(cubin):
    compat = place(cubin, ".nv.compat")
    assert cubin[compat.begin + 1] == 9  # which the compiler sets for sm_90a
    only_here = with_bytes(cubin, compat.begin + 2, b"\1")

    assert load_image(only_here, 90).sm_version == 90
    flags = struct.pack("<I", 0x0600_6402)
    refused(with_bytes(only_here, 48, flags), "is for sm_100a and the chip is sm_103", WrongArchitecture, 103)


def test_code_for_one_chip_alone_is_marked_elsewhere_by_older_toolkits():
    data = (DATA / "features.sm_90.abi7.cubin").read_bytes()
    flags = struct.unpack_from("<I", data, 48)[0]
    as_86 = with_bytes(data, 48, struct.pack("<I", flags & ~0xFF | 86))
    as_86a = with_bytes(data, 48, struct.pack("<I", flags & ~0xFF | 86 | 1 << 11))

    assert load_image(as_86, 89).sm_version == 86
    refused(as_86a, "is for sm_86a and the chip is sm_89", WrongArchitecture, 89)


@pytest.mark.parametrize(("os_abi", "abi_version"), [(0x33, 8), (0x41, 9), (0, 0)])
def test_a_toolkit_that_is_not_known_is_refused(cubin, os_abi, abi_version):
    error = refused(with_bytes(cubin, 7, bytes([os_abi, abi_version])), "format barewire does not know")

    assert (error.os_abi, error.abi_version) == (os_abi, abi_version)


def test_a_cubin_that_is_not_linked_says_how_to_link_it():
    error = refused((DATA / "unlinked.sm_90.cubin").read_bytes(), "not linked")

    assert "nvlink" in error.hint


@pytest.mark.parametrize(
    ("section", "offset", "patch", "match"),
    [
        ("header", 4, b"\1", "not a 64-bit little-endian ELF file"),
        ("header", 5, b"\2", "not a 64-bit little-endian ELF file"),
        ("header", 58, b"\x28\0", "no section table"),
        ("header", 60, b"\0\0", "no section table"),
        ("header", 62, b"\xff\xff", "section-name table is not a section"),
        ("header", 40, b"\xff" * 8, "section table lies beyond the end"),
        ("section table", 64 + 24, b"\xff" * 8, "a section lies beyond the end"),
        ("section table", 64 + 32, b"\xff" * 8, "a section lies beyond the end"),
        ("section table", 64 + 48, b"\3", "alignment is not a small power of two"),
        ("section table", 64, b"\xff\xff\xff\xff", "section name does not end"),
        (".symtab", 24, b"\xff\xff\xff\xff", "symbol name does not end"),
        (".symtab", 24 + 6, b"\xf0\xfe", "names a section that is not there"),
        (".nv.info", 0, b"\x09", "unknown format"),
        (".nv.info", 2, b"\xff\xff", "is cut off"),
        (".nv.callgraph", 0, b"\xff\xff\xff\x7f\1\0\0\0", "names a symbol that is not there"),
        (".rela.nv.constant4", 0, b"\xff" * 8, "a relocation lies outside"),
        (".rela.nv.constant4", 12, b"\xff\xff\xff\x7f", "names a symbol that is not there"),
    ],
)  # fmt: skip
def test_a_damaged_part_is_named(cubin, section, offset, patch, match):
    begin = place(cubin, section).begin

    refused(with_bytes(cubin, begin + offset, patch), match)


def test_sections_that_share_bytes_are_refused(cubin):
    table = place(cubin, "section table").begin
    codes = [
        at for at in range(table, place(cubin, "section table").end, 64)
        if struct.unpack_from("<Q", cubin, at + 8)[0] == 6
    ]  # fmt: skip
    offset = cubin[codes[0] + 24 : codes[0] + 32]

    refused(with_bytes(cubin, codes[1] + 24, offset), "overlaps another one")


def test_code_of_half_an_instruction_is_refused(cubin):
    table = place(cubin, "section table").begin
    code = next(at for at in range(table, len(cubin), 64) if struct.unpack_from("<Q", cubin, at + 8)[0] == 6)
    size = struct.unpack_from("<Q", cubin, code + 32)[0]

    refused(with_bytes(cubin, code + 32, struct.pack("<Q", size - 8)), "not whole instructions")


@pytest.mark.parametrize(
    ("attribute", "value", "match"),
    [
        (0x2F, b"\0\1\0\0", "impossible register count"),
        (0x11, b"\0\0\0\x7f", "asks for too much stack"),
    ],
    ids=["registers", "stack"],
)
def test_a_figure_that_no_chip_can_give_is_refused(cubin, attribute, value, match):
    begin, end = place(cubin, ".nv.info")[1:]
    broken = bytearray(cubin)
    for at in range(begin, end, 12):
        if cubin[at : at + 4] == bytes([4, attribute, 8, 0]):
            broken[at + 8 : at + 12] = value

    refused(bytes(broken), match)


def test_parameters_that_overlap_are_refused(cubin):
    section = place(cubin, ".nv.info.parameters")
    at = cubin.index(bytes([4, 0x17, 12, 0]), section.begin)

    refused(with_bytes(cubin, at + 10, b"\1\0"), "parameters of kernel parameters do not fit together")


def test_a_cluster_without_extent_is_refused(cubin):
    section = place(cubin, ".nv.info.clustered")
    at = cubin.index(bytes([4, 0x3D, 12, 0]), section.begin)

    refused(with_bytes(cubin, at + 4, bytes(4)), "CTA_PER_CLUSTER of a kernel is not three positive numbers")


def test_an_image_without_kernels_is_refused(cubin):
    begin, end = place(cubin, ".symtab")[1:]
    broken = bytearray(cubin)
    for at in range(begin, end, 24):
        broken[at + 5] &= 0xEF  # the mark of an entry point

    refused(bytes(broken), "holds no kernel")


def test_every_refusal_is_a_format_error_and_a_value_error():
    assert issubclass(WrongArchitecture, BadCubin)
    assert issubclass(UnsupportedFeature, BadCubin)
    assert issubclass(BadCubin, FormatError)
    assert issubclass(BadCubin, ValueError)
