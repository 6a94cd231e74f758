"""What the firmware is told of the board's place in the machine."""

from __future__ import annotations

import pytest
from barewire.chip.hopper import GH100
from barewire.errors import BootError, DeviceLost
from barewire.gsp.system_info import routing_id, system_info
from fake_board import FakeBus


@pytest.mark.parametrize("wide", [True, False])
def test_the_memory_bars_are_found_whether_the_first_has_64_bits_or_not(abi, wide):
    info = system_info(abi, GH100, FakeBus(wide_bar0=wide))

    assert info["gpuPhysAddr"] == 0xD000_0000
    assert info["gpuPhysFbAddr"] == 0x20_0000_0000
    assert info["gpuPhysInstAddr"] == 0x40_0000_0000
    assert info["b64bBar0Supported"] == wide


@pytest.mark.parametrize("flr", [True, False])
def test_whether_the_function_can_be_reset_is_told(abi, flr):
    assert system_info(abi, GH100, FakeBus(flr=flr))["bFlrSupported"] == flr


def test_the_identity_is_told_as_pci_has_it(abi):
    info = system_info(abi, GH100, FakeBus())

    assert (info["PCIDeviceID"], info["PCISubDeviceID"]) == (0x2330_10DE, 0x16C1_10DE)
    assert info["PCIRevisionID"] == 0xA1
    assert (info["pciConfigMirrorBase"], info["pciConfigMirrorSize"]) == (0x92000, 0x1000)
    assert info["maxUserVa"] == (1 << 47) - 4096
    assert len(info.data) == 0x3A0


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("vfio:0000:3b:00.0", 0x3B00),
        ("vfio:0001:c1:02.3", 0xC113),
        ("vfio:0000:FF:1f.7", 0xFFFF),
        ("01:00.0", 0x0100),
        ("soft:gh100", 0),
        ("vfio-user:/run/gpu.sock", 0),
    ],
)
def test_the_routing_id_is_taken_from_the_devices_name(name, number):
    assert routing_id(name) == number


def test_a_function_without_its_bars_is_refused(abi):
    bus = FakeBus()
    for offset in range(0x18, 0x28, 4):
        bus.config.set(offset, 4, 0)

    with pytest.raises(BootError, match="lacks a memory BAR"):
        system_info(abi, GH100, bus)


def test_a_function_that_is_gone_is_reported(abi):
    bus = FakeBus()
    bus.config.gone = True

    with pytest.raises(DeviceLost):
        system_info(abi, GH100, bus)
