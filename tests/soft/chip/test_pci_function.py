"""The software GPU's configuration space and what it gates."""

from __future__ import annotations

import pytest
from barewire.softgpu.bus import DmaRefused

MIB, GIB = 1 << 20, 1 << 30
ONES = 0xFFFFFFFF
COMMAND, BAR_0 = 0x04, 0x10
MSI_CONTROL, PM_CONTROL, DEVICE_CONTROL, MSIX_CONTROL = 0x4A, 0x44, 0x68, 0xB2
REBAR_CONTROL = 0x13C


def capabilities(gpu) -> dict[int, int]:
    """Capability ids and where they are."""
    found = {}
    at = gpu.config_read(0x34, 1)
    while at:
        assert at not in found.values()
        found[gpu.config_read(at, 1)] = at
        at = gpu.config_read(at + 1, 1)
    return found


def extended_capabilities(gpu) -> dict[int, int]:
    found = {}
    at = 0x100
    while at:
        header = gpu.config_read(at, 4)
        found[header & 0xFFFF] = at
        at = header >> 20
    return found


def size_of_bar(gpu, index: int) -> int:
    """As an operating system asks for it."""
    at = BAR_0 + 4 * index
    low = gpu.config_read(at, 4)
    is_64bit = low & 6 == 4
    gpu.config_write(at, 4, ONES)
    mask = gpu.config_read(at, 4) & ~0xF
    if is_64bit:
        gpu.config_write(at + 4, 4, ONES)
        mask |= gpu.config_read(at + 4, 4) << 32
    width = 64 if is_64bit else 32
    return -mask & (1 << width) - 1


def test_it_says_that_it_is_an_h100(gpu):
    assert gpu.config_read(0, 4) == 0x233010DE
    assert gpu.config_read(8, 4) == 0x030200A1
    assert gpu.config_read(0xE, 1) == 0


def test_capabilities_are_where_a_gh100_has_them(gpu):
    assert capabilities(gpu) == {0x01: 0x40, 0x05: 0x48, 0x10: 0x60, 0x11: 0xB0}
    assert {0x15: 0x134, 0x01: 0x1B8}.items() <= extended_capabilities(gpu).items()


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({}, {0: 16 * MIB, 2: 128 * GIB, 4: 32 * MIB}),
        ({"bar0_is_64bit": False}, {0: 16 * MIB, 1: 128 * GIB, 3: 32 * MIB}),
        ({"bar1_bytes": 256 * MIB}, {0: 16 * MIB, 2: 256 * MIB, 4: 32 * MIB}),
    ],
)
def test_bars_tell_their_sizes(make_gpu, options, sizes):
    gpu = make_gpu(**options)

    assert {bar.index: size_of_bar(gpu, bar.index) for bar in gpu.bars} == sizes
    assert {bar.index: bar.size_bytes for bar in gpu.bars} == sizes


def test_bars_keep_their_address_and_kind(gpu):
    gpu.config_write(0x18, 4, 0x1234_5678)
    gpu.config_write(0x1C, 4, 0x40)

    assert gpu.config_read(0x18, 4) == 0xC
    assert gpu.config_read(0x1C, 4) == 0x40
    assert gpu.pci.bar_address(2) == 0x40_0000_0000


@pytest.mark.parametrize("offset", [0x00, 0x08, 0x2C, 0x34, 0x64, 0xB4, 0x138])
def test_what_is_read_only_stays(gpu, offset):
    before = gpu.config_read(offset, 4)
    gpu.config_write(offset, 4, ~before & ONES)

    assert gpu.config_read(offset, 4) == before


def test_narrow_accesses_reach_their_bytes(gpu):
    gpu.config_write(0x3C, 1, 0x0B)

    assert gpu.config_read(0x3C, 2) == 0x010B
    assert [gpu.config_read(at, 1) for at in range(4)] == [0xDE, 0x10, 0x30, 0x23]


def test_nothing_answers_without_memory_decode(make_gpu):
    gpu = make_gpu(on=False)

    assert [gpu.bar_read(bar.index, 0, 4) for bar in gpu.bars] == [ONES] * 3
    gpu.config_write(COMMAND, 2, 2)
    assert gpu.bar_read(0, 0, 4) == 0x180000A1


def test_nothing_answers_in_d3(gpu):
    gpu.config_write(PM_CONTROL, 2, 3)
    asleep = gpu.bar_read(0, 0, 4)
    gpu.config_write(PM_CONTROL, 2, 0)

    assert (asleep, gpu.bar_read(0, 0, 4)) == (ONES, 0x180000A1)


def test_beyond_the_end_of_a_bar_nothing_answers(gpu):
    assert gpu.bar_read(0, 16 * MIB, 4) == ONES
    assert gpu.bar_read(7, 0, 4) == ONES


def test_dma_needs_bus_mastering(gpu, host):
    page = host.pages()
    gpu.host.write(page.iova, b"abc")
    gpu.config_write(COMMAND, 2, 2)

    with pytest.raises(DmaRefused):
        gpu.host.read(page.iova, 3)
    assert bytes(page.view[:3]) == b"abc"


def test_dma_is_refused_as_a_whole(gpu, host):
    first = host.pages(iova=0x10_0000)
    host.pages(iova=0x10_1000, writable=False)

    with pytest.raises(DmaRefused):
        gpu.host.write(0x10_0FFE, b"abcd")
    assert bytes(first.view[-2:]) == b"\0\0"
    assert any(report.kind == "DMA refused" for report in gpu.reports)


def test_a_function_level_reset_makes_it_cold(gpu, regs):
    gpu.config_write(0x18, 4, 0x4000_0000)
    regs["NV_PTIMER_INTR_EN_0"] = 1
    gpu.vram.protect(0, 4096)
    ran = []
    gpu.work.after(0.0, lambda: ran.append(1))
    gpu.work.drain()
    gpu.work.after(0.05, lambda: ran.append(2))

    gpu.config_write(DEVICE_CONTROL, 2, gpu.config_read(DEVICE_CONTROL, 2) | 1 << 15)

    assert gpu.pci.resets == 1
    assert gpu.config_read(DEVICE_CONTROL, 2) == 0x2910
    assert gpu.config_read(COMMAND, 2) == 0
    assert gpu.config_read(0x18, 4) == 0xC
    gpu.config_write(COMMAND, 2, 6)
    assert regs["NV_PTIMER_INTR_EN_0"] == 0
    assert gpu.vram.protected == ()
    assert not gpu.work.waiting
    assert ran == [1]


@pytest.mark.parametrize(("offset", "size", "value"), [(0x69, 1, 0xA9), (0x68, 4, 0xA910), (0x69, 2, 0xA9)])
def test_a_reset_may_be_asked_for_by_any_access(gpu, offset, size, value):
    gpu.config_write(offset, size, value)

    assert gpu.pci.resets == 1


def test_the_mirror_shows_the_configuration_space(gpu):
    assert gpu.bar_read(0, 0x92000, 4) == 0x233010DE
    assert gpu.bar_read(0, 0x92004, 4) == gpu.config_read(4, 4)
    gpu.bar_write(0, 0x9203C, 1, 0x0B)
    assert gpu.config_read(0x3C, 1) == 0x0B


def test_bar1_can_be_made_smaller(gpu):
    sizes = gpu.config_read(0x138, 4)
    supported = [1 << shift for shift in range(20, 48) if sizes >> (shift - 16) & 1]
    gpu.config_write(COMMAND, 2, 0)
    gpu.config_write(REBAR_CONTROL, 4, 8 << 8)

    assert (supported[0], supported[-1]) == (64 * MIB, 128 * GIB)
    assert gpu.config_read(REBAR_CONTROL, 4) == 2 | 1 << 5 | 8 << 8
    assert size_of_bar(gpu, 2) == 256 * MIB
    gpu.config_write(COMMAND, 2, 2)
    assert gpu.bar_read(2, 256 * MIB, 4) == ONES
    assert gpu.bar_read(2, 256 * MIB - 4, 4) == 0
    assert gpu.bar_read(2, 256 * MIB - 4, 8) == (1 << 64) - 1


def test_bar1_is_as_large_as_was_asked_for_at_once(gpu):
    gpu.config_write(REBAR_CONTROL, 4, 8 << 8)
    small = gpu.bar_read(2, 256 * MIB, 4)
    gpu.config_write(REBAR_CONTROL, 4, 9 << 8)

    assert (small, gpu.bar_read(2, 256 * MIB, 4)) == (ONES, 0)


@pytest.mark.parametrize("index", [0, 2, 4])
def test_nothing_is_before_a_bar(gpu, index):
    gpu.bar_write(index, -4, 4, 1)

    assert gpu.bar_read(index, -4, 4) == ONES
    assert gpu.reports == []


def test_after_a_reset_nothing_answers_until_memory_is_decoded_again(gpu):
    gpu.config_write(DEVICE_CONTROL, 2, gpu.config_read(DEVICE_CONTROL, 2) | 1 << 15)
    assert [gpu.bar_read(bar.index, 0, 4) for bar in gpu.bars] == [ONES] * 3
    assert not gpu.pci.may_master

    gpu.config_write(COMMAND, 2, 6)
    assert gpu.bar_read(0, 0, 4) == 0x180000A1
    assert gpu.pci.may_master


def test_memory_decode_may_be_switched_off_by_the_mirror(gpu):
    gpu.bar_write(0, 0x92004, 4, 0)

    assert gpu.bar_read(0, 0, 4) == ONES


def test_a_gpu_that_left_the_bus_answers_nothing(gpu, host):
    page = host.pages()
    gpu.disconnect()

    assert gpu.config_read(0, 4) == ONES
    assert gpu.config_read(0, 2) == 0xFFFF
    assert gpu.bar_read(0, 0, 4) == ONES
    with pytest.raises(DmaRefused):
        gpu.host.read(page.iova, 1)
