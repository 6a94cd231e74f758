"""Composing a GPU on a bus: what is taken from static information, and what a bus must have."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from barewire.abi.layout import firmware_abi
from barewire.device.bare_metal import bar_at, bring_up, usable_regions
from barewire.errors import BootError, DeviceLost, TransportError, UnknownChip


def static_info(*regions: dict[str, int]):
    info = firmware_abi("570.144").new("GspStaticConfigInfo")
    info["fbRegionInfoParams.numFBRegions"] = len(regions)
    for index, values in enumerate(regions):
        region = info.element("fbRegionInfoParams.fbRegion", index)
        for name, value in {"supportCompressed": 1, "supportISO": 1, **values}.items():
            region[name] = value
    return info


class Config:
    """A configuration space with BARs at the given words."""

    def __init__(self, words: dict[int, int], vendor: int = 0x10DE) -> None:
        self.words = {0: 0x2330 << 16 | vendor, **words}

    def read(self, offset: int, size_bytes: int) -> int:
        word = self.words.get(offset & ~3, 0)
        return word >> 8 * (offset & 3) & (1 << 8 * size_bytes) - 1

    def write(self, offset: int, size_bytes: int, value: int) -> None:
        pass


class Bus:
    """A bus that nothing answers on but its configuration space."""

    name = "soft:fake"

    def __init__(self, config: Config) -> None:
        self.config = config
        self.bars = {index: SimpleNamespace(index=index) for index in range(6)}
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def test_regions_that_firmware_keeps_are_left_out():
    info = static_info(
        {"base": 0, "limit": 0xFFFFF, "reserved": 1},
        {"base": 0x100000, "limit": 0x3FFFFFFF},
        {"base": 0x40000000, "limit": 0x4FFFFFFF, "bProtected": 1},
        {"base": 0x50000000, "limit": 0x50FFFFFF},
        {"base": 0x60000000, "limit": 0x60FFFFFF, "supportCompressed": 0},
        {"base": 0x70000000, "limit": 0x70FFFFFF, "supportISO": 0},
    )

    assert usable_regions(info) == [(0x100000, 0x40000000), (0x50000000, 0x51000000)]


def test_a_board_without_a_usable_region_cannot_be_used():
    with pytest.raises(BootError) as none:
        usable_regions(static_info({"base": 0, "limit": 0xFFFFF, "reserved": 1}))

    assert none.value.step == "static info"


@pytest.mark.parametrize(
    ("words", "indices"),
    [
        ({0x10: 0x8000_0000, 0x14: 0xC, 0x18: 0x38, 0x1C: 0x1000_000C, 0x20: 0x39}, (0, 1, 3)),
        ({0x10: 0x8000_0004, 0x18: 0xC, 0x1C: 0x38, 0x20: 0x1000_000C, 0x24: 0x39}, (0, 2, 4)),
    ],
    ids=["BAR0 of 32 bits", "BAR0 of 64 bits"],
)
def test_bars_are_found_by_their_place_since_wide_ones_take_two_numbers(words, indices):
    bus = Bus(Config(words))

    assert tuple(bar_at(bus, place).index for place in range(3)) == indices
    with pytest.raises(TransportError):
        bar_at(bus, 3)


def test_a_gpu_that_does_not_answer_is_lost_at_the_first_step_and_its_bus_is_closed():
    bus = Bus(Config({}, vendor=0xFFFF))
    with pytest.raises(DeviceLost) as lost:
        bring_up(bus)

    assert lost.value.step == "look at the GPU"
    assert bus.closed == 1


def test_a_bar_that_the_host_does_not_give_is_told():
    bus = Bus(Config({0x10: 0x8000_0004, 0x18: 0xC, 0x1C: 0x38}))
    bus.bars = {0: bus.bars[0]}

    with pytest.raises(TransportError) as unreachable:
        bar_at(bus, 1)
    assert unreachable.value.bars == [0]


def test_a_chip_that_is_known_and_cannot_be_booted_is_told_with_those_that_can():
    bus = Bus(Config({0x10: 0x8000_0004}))
    words = {0x0: 0x1620_00A1, 0x4: 0, 0xA00: 0x1620_0000 | 0xA1 << 12}
    bus.bars[0].read32 = words.__getitem__

    with pytest.raises(UnknownChip) as unknown:
        bring_up(bus)
    assert unknown.value.step == "look at the GPU"
    assert "tu102" in unknown.value.message and "gh100" in unknown.value.hint
    assert bus.closed == 1
