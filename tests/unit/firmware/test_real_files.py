"""NVIDIA's own files as Debian packages them: digests, sizes and descriptors that the specification names.

Facts: specification sections 1.3, 1.4 and 1.5.
"""

from __future__ import annotations

import time

import pytest
from barewire.errors import BadFirmware
from barewire.firmware import find_firmware, gsp
from barewire.firmware.blob import Blob
from barewire.firmware.find import CHIP_FILES

PAGE = 4096

# chip -> (GSP image's pages, bootloader's image, FMC's image, signature and key)
FSP_CHIPS = {
    "gh100": (15513, 0x29000, 0x28648, 0x180, 0x180),
    "gb100": (15513, 0x31000, 0x30348, 0x60, 0x61),
    "gb202": (15513, 0x31000, 0x30A48, 0x60, 0x61),
}

# (chip, file): how its SHA-256 begins and ends
DIGESTS = {
    ("ga102", "gsp"): ("a8c3ebee", "27f7f"),
    ("gh100", "gsp"): ("a8c3ebee", "27f7f"),
    ("ga102", "booter_load"): ("4497e3ef", "a085b"),
    ("ad102", "booter_load"): ("8b293e19", "c6e37a"),
    ("ad102", "bootloader"): ("65ab2e6b", "18a8"),
    ("gb202", "bootloader"): ("d40b48e4", "d3025071"),
    ("gh100", "bootloader"): ("2176e42f", "82e"),
    ("gh100", "fmc"): ("f3ce25f3", "107"),
    ("gb202", "fmc"): ("cb59a35c", "7fece"),
}

# RM_RISCV_UCODE_DESC: version, manifest size, data offset, code offset, code size, image
DESCRIPTORS = {
    "tu102": (4, 0, 0, 0, 0, 0x1000),
    "ga100": (4, 0, 0, 0, 0, 0x1000),
    "ga102": (5, 0x800, 0x800, 0x1800, 0x2900, 0x6000),
    "ad102": (5, 0x800, 0x800, 0x4800, 0x2900, 0x9000),
    "gh100": (5, 0xA00, 0xA00, 0xB100, 0x1D500, 0x29000),
    "gb100": (5, 0xA00, 0xA00, 0xB100, 0x25200, 0x31000),
    "gb202": (5, 0xA00, 0xA00, 0xB200, 0x25800, 0x31000),
}

# chip, file -> patch offset, signatures, their size, (fuse version, engines, ucode id), data, first app
SECURE = {
    ("ad102", "booter_load"): (0x7E10, 2, 0x180, (1, 1, 3), (0x7E00, 0x6000), (0x100, 0x7D00)),
    ("ad102", "booter_unload"): (0x5010, 2, 0x180, (1, 1, 3), (0x5000, 0x4E00), (0x100, 0x4F00)),
    ("ad102", "scrubber"): (0x1A00, 2, 0x180, (1, 1, 0xD), (0x1A00, 0x300), (0x100, 0x1900)),
    ("tu102", "booter_load"): (0x8700, 1, 0x10, (0, 1, 0xD), (0x8500, 0x6200), (0x100, 0x8400)),
    ("tu102", "booter_unload"): (0x4E00, 1, 0x10, (0, 1, 0xD), (0x4C00, 0x4D00), (0x100, 0x4B00)),
}


@pytest.mark.parametrize("chip", CHIP_FILES)
def test_every_chip_s_set_is_found_and_holds_together(real_firmware, chip):
    found = find_firmware(chip, folder=real_firmware)

    assert found.version == "570.144"
    assert not found.is_synthetic
    assert set(found.files) == set(CHIP_FILES[chip].names)


def test_a_set_is_found_without_reading_its_large_file(real_firmware):
    if not (real_firmware / "nvidia/gh100/gsp/gsp-570.144.bin").exists():
        pytest.skip("the files are packed here")
    start = time.monotonic()
    find_firmware("gh100", folder=real_firmware)

    assert time.monotonic() - start < 0.5


@pytest.mark.parametrize("chip", FSP_CHIPS)
def test_the_parts_of_an_fsp_chip_s_boot_have_their_sizes(real_firmware, chip):
    found = find_firmware(chip, folder=real_firmware)
    assert found.fmc is not None
    sizes = (
        len(found.gsp.image) // PAGE,
        len(found.bootloader.image),
        len(found.fmc.image),
        len(found.fmc.signature),
        len(found.fmc.public_key),
    )

    assert sizes == FSP_CHIPS[chip]
    assert len(found.gsp.image) % PAGE == 0
    assert len(found.gsp.signature) == 0x1000


def test_hopper_s_signature_has_the_name_that_nouveau_looks_for(real_firmware):
    signatures = find_firmware("gh100", folder=real_firmware).gsp.signatures

    assert "gh100" in signatures
    assert "gh10x" not in signatures
    assert {"cc_gh100", "cc_gb10x", "gb20x", "ad10x", "ga10x"} <= set(signatures)


@pytest.mark.parametrize(("chip", "name"), DIGESTS, ids=lambda value: str(value))
def test_the_files_are_those_that_the_specification_was_written_from(real_firmware, chip, name):
    digest = find_firmware(chip, folder=real_firmware).files[name].sha256
    start, end = DIGESTS[chip, name]

    assert digest.startswith(start)
    assert digest.endswith(end)


@pytest.mark.parametrize("chip", DESCRIPTORS)
def test_the_bootloader_s_descriptor_says_where_its_parts_lie(real_firmware, chip):
    loader = find_firmware(chip, folder=real_firmware).bootloader
    found = loader.descriptor

    assert (
        found.version,
        found.manifest_size,
        found.monitor_data_offset,
        found.monitor_code_offset,
        found.monitor_code_size,
        len(loader.image),
    ) == DESCRIPTORS[chip]


@pytest.mark.parametrize(("chip", "name"), SECURE, ids=lambda value: str(value))
def test_secured_code_has_its_signatures_and_parts(real_firmware, chip, name):
    code = getattr(find_firmware(chip, folder=real_firmware), name)
    patch, count, size, meta, data, app = SECURE[chip, name]

    assert code.patch_offset == patch
    assert [len(signature) for signature in code.signatures] == [size] * count
    assert (code.fuse_version, code.engine_mask, code.ucode_id) == meta
    assert tuple(code.os_data) == data
    assert tuple(code.apps[0]) == app
    assert tuple(code.os_code) == (0, 0x100)


def test_the_real_fmc_cut_off_anywhere_is_refused(real_firmware):
    data = bytes(find_firmware("gh100", folder=real_firmware).files["fmc"].blob.data)
    for cut in (*range(0, 0x480, 7), *range(0x480, len(data), 9973), len(data) - 1):
        with pytest.raises(BadFirmware):
            gsp.fmc(Blob.of("fmc", data[:cut]))


def test_the_real_gsp_file_cut_off_anywhere_is_refused(real_firmware):
    data = find_firmware("gh100", folder=real_firmware).files["gsp"].blob.data
    for cut in (0, 4, 63, 64, 4096, 0x3C99040, 0x3C9D06C, 0x3CA0000, len(data) - 64, len(data) - 1):
        with pytest.raises(BadFirmware):
            gsp.gsp_image(Blob.of("gsp", data[:cut]), "gh100")
