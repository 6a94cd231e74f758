"""What GSP's bootstrap demands of the structures that the host gives it, one field at a time."""

from __future__ import annotations

import hashlib
import os
import struct
import time
from pathlib import Path

import pytest
from barewire.softgpu.gsp.acr import FmcError, Frts, lay_out
from barewire.softgpu.gsp.acr import Refused as BootstrapRefused
from barewire.softgpu.gsp.structs import GSP_FW_WPR_META
from gsp_driver import MIB, WPR2_HI, GspDriver, Images, Refused
from soft_host import PAGE


def refusal(driver: GspDriver) -> int:
    """The code in the mailbox after a boot that must fail."""
    with pytest.raises(Refused) as refused:
        driver.boot()
    assert [kind for kind in driver.kinds() if kind != "DMA refused"] == ["GSP refused"]
    assert driver.read(WPR2_HI) == 0
    return refused.value.code


# (structure, offset, bytes, value, what the bootstrap says)
WRONG = [
    ("boot_params", 0x08, 4, 0, FmcError.BOOT_PARAMETERS),
    ("boot_params", 0x08, 4, 3, FmcError.BOOT_PARAMETERS),
    ("boot_params", 0x0C, 4, 255, FmcError.BOOT_PARAMETERS),
    ("boot_params", 0x10, 8, 0, FmcError.META_MAGIC),
    ("boot_params", 0x10, 8, 0x5000_0000, FmcError.DMA),
    ("boot_params", 0x20, 4, 1, FmcError.BOOT_PARAMETERS),
    ("boot_params", 0x24, 1, 0, FmcError.BOOT_PARAMETERS),
    ("boot_params", 0x28, 4, 0, FmcError.RM_ARGUMENTS),
    ("boot_params", 0x30, 8, 0, FmcError.RM_ARGUMENTS),
    ("boot_params", 0x30, 8, 0x5000_0000, FmcError.DMA),
    ("meta", 0x00, 8, 0xDC3AAE21371A60B2, FmcError.META_MAGIC),
    ("meta", 0x08, 8, 2, FmcError.META_MAGIC),
    ("meta", 0x10, 8, 0, FmcError.IMAGE),
    ("meta", 0x10, 8, 0x7_0000_0010, FmcError.IMAGE),
    ("meta", 0x10, 8, 0x5000_0000, FmcError.IMAGE),
    ("meta", 0x18, 8, 0, FmcError.META_FIELD),
    ("meta", 0x18, 8, 0x1234, FmcError.META_FIELD),
    ("meta", 0x18, 8, 701 * PAGE, FmcError.IMAGE),
    ("meta", 0x20, 8, 0, FmcError.BOOTLOADER),
    ("meta", 0x20, 8, 0x7_0000_0010, FmcError.BOOTLOADER),
    ("meta", 0x20, 8, 0x5000_0000, FmcError.DMA),
    ("meta", 0x28, 8, 0, FmcError.BOOTLOADER),
    ("meta", 0x28, 8, 0x10000, FmcError.DMA),
    ("meta", 0x28, 8, 1 << 40, FmcError.BOOTLOADER),
    ("meta", 0x30, 8, 0x3000, FmcError.BOOTLOADER),
    ("meta", 0x38, 8, 0x3000, FmcError.BOOTLOADER),
    ("meta", 0x38, 8, 0x1000, FmcError.BOOTLOADER),
    ("meta", 0x40, 8, 0x3000, FmcError.BOOTLOADER),
    ("meta", 0x48, 8, 0, FmcError.SIGNATURE),
    ("meta", 0x48, 8, 0x5000_0000, FmcError.DMA),
    ("meta", 0x50, 8, 0x180, FmcError.SIGNATURE),
    ("meta", 0x68, 8, 0, FmcError.META_FIELD),
    ("meta", 0x80, 8, 87 * MIB, FmcError.META_FIELD),
    ("meta", 0x80, 8, 129 * MIB + 4096, FmcError.META_FIELD),
    ("meta", 0x80, 8, 2048 * MIB, FmcError.LAYOUT),
    ("meta", 0xC0, 8, 0, FmcError.META_FIELD),
    ("meta", 0xC0, 8, 100, FmcError.META_FIELD),
    ("meta", 0xC0, 8, 2 * MIB, FmcError.LAYOUT),
    ("meta", 0xF4, 4, 0x20000, FmcError.META_FIELD),
    ("level0", 0x00, 8, 0, FmcError.IMAGE),
    ("level0", 0x00, 8, 0x5000_0000, FmcError.IMAGE),
    ("level1", 0x08, 8, 0, FmcError.IMAGE),
    ("level1", 0x08, 8, 0x7_0000_0800, FmcError.IMAGE),
    ("level2", 0x08, 8, 0, FmcError.IMAGE),
    ("level2", 0x08, 8, 0x5000_0000, FmcError.IMAGE),
    ("level2", 8 * 699, 8, 0x7_0000_0001, FmcError.IMAGE),
]


@pytest.mark.parametrize(
    ("structure", "offset", "size", "value", "code"),
    WRONG,
    ids=lambda each: f"{each:#x}" if each.__class__ is int else None,
)
def test_one_wrong_field_stops_the_boot(driver: GspDriver, structure, offset, size, value, code):
    getattr(driver, structure).put(offset, value, size)

    assert refusal(driver) == code


@pytest.mark.parametrize("target", [1, 2])
def test_the_arguments_may_be_coherent_or_not(driver: GspDriver, target: int):
    driver.boot_params.put(0x28, target)

    driver.boot()


@pytest.mark.parametrize("what", ["level0", "level1", "level2", "image", "bootloader", "signature", "meta"])
def test_what_the_host_does_not_map_stops_the_boot(driver: GspDriver, what: str):
    getattr(driver, what).unmap()

    assert refusal(driver) in (FmcError.DMA, FmcError.IMAGE)


def test_one_page_of_the_image_that_is_not_mapped_stops_the_boot(driver: GspDriver):
    del driver.host.mapped[driver.image.pages[345]]

    assert refusal(driver) == FmcError.IMAGE


def test_the_image_is_read_through_three_levels_in_order(running: GspDriver):
    image = running.gpu.firmware.booted.image

    assert image.read(0, 700 * PAGE) == running.images.image
    assert image.read(512 * PAGE - 5, 30) == running.images.image[512 * PAGE - 5 : 512 * PAGE + 25]
    assert image.digest("sha256") == hashlib.sha256(running.images.image).digest()


@pytest.mark.parametrize("pages", [1, 2, 511, 512, 513])
def test_images_of_any_number_of_pages_are_read_whole(make_driver, pages: int):
    driver = make_driver()
    driver.images.image = b"".join(struct.pack("<Q", page).ljust(PAGE, b"x") for page in range(pages))
    driver.prepare()
    driver.boot()

    assert driver.gpu.firmware.booted.image.read(0, 1 << 30) == driver.images.image


# Authenticity.


def signed(image: bytes) -> bytes:
    said = b"BAREWIRE-SYNTHETIC".ljust(32, b"\0") + hashlib.sha384(image).digest()
    return said.ljust(0x1000, b"\0")


def test_a_synthetic_signature_is_for_its_image_alone(make_driver):
    driver = make_driver()
    driver.images.signature = signed(driver.images.image)
    driver.prepare()
    driver.boot()

    assert driver.gpu.reports == []


def test_an_image_with_two_pages_swapped_is_found_out(make_driver):
    driver = make_driver()
    driver.images.signature = signed(driver.images.image)
    driver.prepare()
    first, second = driver.level2.get(8 * 100, 8), driver.level2.get(8 * 101, 8)
    driver.level2.put(8 * 100, second, 8)
    driver.level2.put(8 * 101, first, 8)

    assert refusal(driver) == FmcError.SIGNATURE


# The layout.


def test_the_layout_of_an_80_gib_board_with_the_published_firmware():
    meta = GSP_FW_WPR_META.parse(
        GSP_FW_WPR_META.build(
            radix3_size=0x3C99000,
            bootloader_size=0x29000,
            heap_size=140 * MIB,
            non_wpr_heap_size=2 * MIB,
            vga_workspace_size=128 << 10,
        )
    )
    end = 80 << 30

    layout = lay_out(meta, end, Frts(2 * MIB, 1 * MIB))

    assert layout.vga_workspace_offset == end - (128 << 10)
    assert (layout.frts_offset, layout.wpr2_end) == (end - 2 * MIB, end - 1 * MIB)
    assert layout.boot_offset == layout.frts_offset - 0x29000
    assert layout.elf_offset % (64 << 10) == 0
    assert 0 <= layout.boot_offset - (layout.elf_offset + 0x3C99000) < 64 << 10
    assert layout.heap_offset % MIB == layout.wpr2_start % MIB == 0
    assert layout.heap_offset + layout.heap_size <= layout.elf_offset
    assert layout.heap_size >= 140 * MIB - MIB
    assert 256 <= layout.heap_offset - layout.wpr2_start <= MIB
    assert layout.non_wpr_heap_offset == layout.wpr2_start - 2 * MIB


def test_too_small_a_board_is_refused():
    meta = GSP_FW_WPR_META.parse(GSP_FW_WPR_META.build(heap_size=140 * MIB, vga_workspace_size=128 << 10))

    with pytest.raises(BootstrapRefused):
        lay_out(meta, 128 * MIB, Frts(2 * MIB, 1 * MIB))


# The real thing, where there is one.


def section(elf: bytes, name: str) -> bytes:
    """A section of an ELF64 or ELF32 file by name."""
    wide = elf[4] == 2
    table = struct.unpack_from("<Q" if wide else "<I", elf, 0x28 if wide else 0x20)[0]
    entry_bytes, count, names = struct.unpack_from("<3H", elf, 0x3A if wide else 0x2E)
    at, size, layout = (0x18, 0x20, "<Q") if wide else (0x10, 0x14, "<I")

    def place(index: int) -> bytes:
        head = table + index * entry_bytes
        start = struct.unpack_from(layout, elf, head + at)[0]
        return elf[start : start + struct.unpack_from(layout, elf, head + size)[0]]

    texts = place(names)
    for index in range(count):
        name_at = struct.unpack_from("<I", elf, table + index * entry_bytes)[0]
        if texts[name_at : texts.index(b"\0", name_at)].decode() == name:
            return place(index)
    pytest.fail(f"no section {name}")


@pytest.fixture(scope="module")
def published() -> Images:
    folder = Path(os.environ.get("BAREWIRE_FIRMWARE", "/lib/firmware/nvidia"))
    files = [folder / "gh100/gsp" / f"{name}-570.144.bin" for name in ("fmc", "bootloader", "gsp")]
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        pytest.skip(f"no published firmware: {', '.join(missing)} ($BAREWIRE_FIRMWARE names its folder)")
    fmc, bootloader, gsp = (path.read_bytes() for path in files)
    data_at, data_bytes = struct.unpack_from("<II", bootloader, 16)
    return Images(
        fmc=section(fmc, "image"),
        bootloader=bootloader[data_at : data_at + data_bytes],
        image=section(gsp, ".fwimage"),
        signature=section(gsp, ".fwsignature_gh100"),
        code_offset=0xB100,
        data_offset=0xA00,
    )


def test_the_published_firmware_boots_within_a_second(make_driver, published: Images):
    driver = make_driver(vram_bytes=80 << 30)
    driver.images = published
    driver.prepare()
    driver.meta.put(0x80, 140 * MIB, 8)
    started = time.monotonic()
    driver.boot()

    assert time.monotonic() - started < 1.0
    assert driver.gpu.reports == []
    assert driver.gpu.fsp.fmc_size_bytes == 0x28648


def test_the_published_signature_is_for_the_published_image_alone(make_driver, published: Images):
    driver = make_driver()
    driver.images = published
    driver.prepare()
    driver.image.put(0x1234567, driver.image.get(0x1234567, 1) ^ 1, 1)

    assert refusal(driver) == FmcError.SIGNATURE
