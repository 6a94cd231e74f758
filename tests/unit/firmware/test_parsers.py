"""Firmware files: what a whole one gives; every damage is one `BadFirmware` that names the structure."""

from __future__ import annotations

import hashlib
import struct

import pytest
from barewire.errors import BadFirmware
from barewire.firmware import containers, elf, gsp
from barewire.firmware.blob import Blob
from barewire.firmware.synthetic import synthetic_files
from hypothesis import given
from hypothesis import strategies as st

READERS = {
    "gsp": lambda blob: gsp.gsp_image(blob, "gh100"),
    "bootloader": containers.bootloader,
    "fmc": gsp.fmc,
    "booter_load": containers.secure_code,
    "booter_unload": containers.secure_code,
    "scrubber": containers.secure_code,
    "gen_bootloader": containers.generic_bootloader,
}
FILES = {**synthetic_files("gh100"), **synthetic_files("ad102"), **synthetic_files("tu102")}
FILES = {name: data for name, data in FILES.items() if name in READERS}
FILES["bootloader"], FILES["gsp"] = (synthetic_files("gh100")[name] for name in ("bootloader", "gsp"))


def read(name: str, data: bytes):
    return READERS[name](Blob.of(name, data))


def patched(name: str, offset: int, *words: int) -> bytes:
    data = bytearray(FILES[name])
    struct.pack_into(f"<{len(words)}I", data, offset, *words)
    return bytes(data)


def test_the_fmc_s_parts_are_as_fsp_wants_them():
    fmc = read("fmc", FILES["fmc"])

    assert fmc.hash384 == hashlib.sha384(fmc.image).digest()
    assert len(fmc.public_key) == len(fmc.signature) == 0x180


def test_the_bootloader_s_parts_lie_in_its_image():
    loader = read("bootloader", FILES["bootloader"])
    descriptor = loader.descriptor

    assert descriptor.version == 5
    assert descriptor.monitor_code_offset + descriptor.monitor_code_size <= len(loader.image)


def test_gsp_s_file_has_an_image_a_version_and_a_signature_for_each_family():
    image = read("gsp", FILES["gsp"])

    assert len(image.image) == 520 * 4096
    assert image.version == "570.144"
    assert image.signature == image.signatures["gh100"]
    assert len(image.signature) == 0x1000


def test_a_signature_is_put_where_the_header_says():
    code = read("booter_load", FILES["booter_load"])
    signed = code.signed(1)

    start, end = code.patch_offset, code.patch_offset + len(code.signatures[1])
    assert signed[start:end] == code.signatures[1]
    assert signed[:start] == code.image[:start]
    assert signed[end:] == code.image[end:]
    with pytest.raises(BadFirmware):
        code.signed(2)


def test_turing_s_loader_has_code_and_data():
    loader = read("gen_bootloader", FILES["gen_bootloader"])

    assert (loader.start_tag, len(loader.code), len(loader.data)) == (0xFD, 0x200, 0x100)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_ends_anywhere_too_early_is_refused(name):
    """Cut at every structure: densely in what headers there are, then page by page."""
    data = FILES[name]
    step = max(1, len(data) // 400)
    cuts = sorted({*range(min(len(data), 1200)), *range(0, len(data), step), len(data) - 1})
    for cut in cuts:
        with pytest.raises(BadFirmware) as refused:
            read(name, data[:cut])
        assert refused.value.structure


@pytest.mark.parametrize(
    ("name", "offset", "words", "structure"),
    [
        ("bootloader", 0, [0x10DF], "nvfw_bin_hdr"),
        ("bootloader", 4, [2], "nvfw_bin_hdr"),
        ("bootloader", 12, [8], "nvfw_bin_hdr"),
        ("bootloader", 12, [0xFFFFFFF0], "RM_RISCV_UCODE_DESC"),
        ("bootloader", 16, [0xFFFFFFFF], "nvfw_bin_hdr's data"),
        ("bootloader", 20, [0x7FFFFFFF], "nvfw_bin_hdr's data"),
        ("bootloader", 20, [0], "nvfw_bin_hdr's data"),
        ("bootloader", 24, [6], "RM_RISCV_UCODE_DESC"),
        ("bootloader", 24 + 4 * 8, [0x10000], "RM_RISCV_UCODE_DESC's manifest"),
        ("bootloader", 24 + 4 * 13, [0xFFFFFFFF], "RM_RISCV_UCODE_DESC's monitor_code"),
        ("booter_load", 24, [0xFFFFFF], "hs_header_v2's signatures"),
        ("booter_load", 24 + 4, [0x2FF], "hs_header_v2's signatures"),
        ("booter_load", 24 + 8, [0xFFFFFF], "hs_header_v2's patch location"),
        ("booter_load", 24 + 12, [0xFFFFFF], "hs_header_v2's first signature"),
        ("booter_load", 24 + 16, [0xFFFFFF], "hs_header_v2's meta data"),
        ("booter_load", 24 + 20, [8], "hs_header_v2's meta data"),
        ("booter_load", 24 + 24, [0xFFFFFF], "hs_header_v2's number of signatures"),
        ("booter_load", 24 + 28, [0xFFFFFF], "the load header"),
        ("booter_load", 24 + 32, [0x14], "the load header"),
        ("gen_bootloader", 24 + 12, [0x301], "the bootloader's code"),
        ("gen_bootloader", 24 + 16, [0x301], "the bootloader's data"),
        ("fmc", 0, [0x464C4580], "the FMC's ELF header"),
        ("fmc", 4, [0x00010102], "the ELF header"),
        ("fmc", 0x10, [0x00F30001], "the FMC's ELF header"),
        ("fmc", 0x20, [0x35], "the FMC's ELF header"),
        ("fmc", 0x2C, [0x00290000], "the ELF section table"),
        ("fmc", 0x30, [0x00090006], "the ELF section table"),
        ("gsp", 0, [0], "the ELF header"),
        ("gsp", 0x10, [0x00BE0001], "the ELF header"),
        ("gsp", 0x28, [0xFFFFFFFF], "the ELF section table"),
    ],
)
def test_a_wrong_word_in_a_header_is_refused_by_the_structure_s_name(name, offset, words, structure):
    with pytest.raises(BadFirmware) as refused:
        read(name, patched(name, offset, *words))

    assert refused.value.structure in (structure, "the ELF header")
    assert refused.value.message.startswith(name)


def test_a_changed_byte_anywhere_in_the_fmc_s_contents_is_found():
    data = FILES["fmc"]
    start = 52 + 40 * 6 + 44
    for offset in range(start, len(data), 97):
        changed = bytearray(data)
        changed[offset] ^= 0x10
        with pytest.raises(BadFirmware):
            read("fmc", bytes(changed))


def test_an_image_that_does_not_have_its_hash_is_refused_without_checksums_too():
    sections = elf.sections32(Blob.of("fmc", FILES["fmc"]))
    data = bytearray(FILES["fmc"])
    for number in range(2, 6):
        struct.pack_into("<I", data, 52 + 40 * number + 28, 0)
    assert gsp.fmc(Blob.of("fmc", bytes(data))).hash384 == sections["hash"].data

    data[-1] ^= 1
    with pytest.raises(BadFirmware) as refused:
        read("fmc", bytes(data))
    assert refused.value.structure == "ELF section hash"


@pytest.mark.parametrize("name", ["hash", "signature", "publickey"])
def test_an_fmc_section_of_another_size_is_refused(name):
    number = 2 + ["hash", "signature", "publickey"].index(name)
    with pytest.raises(BadFirmware) as refused:
        read("fmc", patched("fmc", 52 + 40 * number + 20, 0x10, 0, 0))
    assert refused.value.structure == f"ELF section {name}"


def test_a_gsp_file_without_the_chip_s_signature_is_refused_and_tells_which_it_has():
    with pytest.raises(BadFirmware) as refused:
        gsp.gsp_image(Blob.of("gsp", FILES["gsp"]), "gh10x")
    assert refused.value.structure == ".fwsignature_gh10x"
    assert "gh100" in refused.value.found


SMALL = {name: data for name, data in FILES.items() if name != "gsp"}


@given(st.sampled_from(sorted(SMALL)), st.data())
def test_changed_words_in_headers_never_give_anything_but_a_result_or_one_error(name, data):
    changed = bytearray(FILES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        offset = data.draw(st.integers(0, 1200)) % (len(changed) - 4)
        struct.pack_into(
            "<I", changed, offset, data.draw(st.sampled_from((0, 1, 0x18, 0xFFFFFFFF, 0x80000000)))
        )
    try:
        read(name, bytes(changed))
    except BadFirmware as refused:
        assert refused.structure


@given(st.binary(max_size=300))
def test_bytes_that_are_no_firmware_are_refused(data):
    for name in FILES:
        with pytest.raises(BadFirmware):
            read(name, data)
