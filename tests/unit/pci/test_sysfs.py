"""PCI functions as sysfs shows them, read from folders that look like machines."""

from __future__ import annotations

import pytest
from barewire.errors import NoDevice, UsageError
from barewire.pci.sysfs import Sysfs, parse_address
from fake_sysfs import AUDIO, H100, PORT, FakeMachine, h100_machine


@pytest.fixture
def machine(tmp_path) -> FakeMachine:
    return h100_machine(tmp_path, sibling=True)


def sysfs_of(machine: FakeMachine) -> Sysfs:
    return Sysfs(machine.sys, machine.dev, machine.proc)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0000:01:00.0", "0000:01:00.0"),
        ("01:00.0", "0000:01:00.0"),
        ("0000:0A:1F.7", "0000:0a:1f.7"),
        ("10000:e1:00.0", "10000:e1:00.0"),
        ("00000000:01:00.0", "0000:01:00.0"),
    ],
)
def test_an_address_is_put_in_full(text, address):
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text", ["", "1:0.0", "0000:01:00.8", "0000:01:20.0", "../../etc", "0000:01:00.0\n", None, 7]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(UsageError, match="no PCI address"):
        parse_address(text)


def test_a_function_is_told_in_full(machine):
    gpu = sysfs_of(machine).function("01:00.0")

    assert (gpu.address, gpu.id_text, gpu.class_code, gpu.driver) == (H100, "10de:2330", 0x030200, "nvidia")
    assert (gpu.iommu_group, gpu.numa_node, gpu.power_state) == (12, 0, "D0")
    assert gpu.driver_override is None and gpu.boot_vga is None and gpu.virtual_functions == 0
    assert gpu.reset_methods == ("flr", "bus")
    assert gpu.is_gpu and not gpu.is_bridge


def test_only_display_functions_of_nvidia_are_gpus(machine):
    assert [gpu.address for gpu in sysfs_of(machine).gpus()] == [H100]
    assert [each.address for each in sysfs_of(machine).functions()] == [PORT, H100, AUDIO]


def test_what_a_kernel_does_not_tell_is_none(machine):
    for name in ("power_state", "numa_node", "reset_method", "power/runtime_status", "driver_override"):
        (machine.function(H100) / name).unlink()

    gpu = sysfs_of(machine).function(H100)

    assert (gpu.power_state, gpu.numa_node, gpu.reset_methods, gpu.runtime_status) == (None, None, (), None)


def test_bars_are_those_that_were_assigned(machine):
    bars = sysfs_of(machine).bars(H100)

    assert [(bar.index, bar.size_bytes) for bar in bars] == [
        (0, 16 << 20),
        (1, 128 << 30),
        (3, 32 << 20),
        (5, 128),
    ]
    assert [bar.is_64bit for bar in bars] == [False, True, True, False]
    assert [bar.prefetchable for bar in bars] == [False, True, True, False]
    assert bars[3].is_io
    assert sysfs_of(machine).resources(H100)[-1].size_bytes == 512 << 10


def test_a_resource_file_of_nonsense_has_no_bars(machine):
    (machine.function(H100) / "resource").write_text("0x1 zwei 0x200\n0x5 0x1 0x200\nrest")

    assert sysfs_of(machine).bars(H100) == ()


def test_a_group_has_all_its_members(machine):
    group = sysfs_of(machine).group(12)

    assert (group.members, group.kind, group.no_iommu) == ((H100, AUDIO), "DMA-FQ", False)


def test_there_is_no_group_of_another_number(machine):
    with pytest.raises(NoDevice, match="no IOMMU group 99"):
        sysfs_of(machine).group(99)


def test_vfio_names_a_function_once_it_is_bound(machine):
    sysfs = sysfs_of(machine)
    assert sysfs.vfio_of(H100) == (12, None)
    assert sysfs.vfio_files(H100) == ()

    machine.take_driver(H100)
    machine.give_driver(H100, "vfio-pci")

    assert sysfs.vfio_of(H100) == (12, "vfio0")
    assert sysfs.vfio_files(H100) == (machine.dev / "vfio/12", machine.dev / "vfio/devices/vfio0")
    assert sysfs.on_driver("vfio-pci") == (H100,)


def test_a_group_that_vfio_made_up_says_so(tmp_path):
    machine = FakeMachine(tmp_path, cdev=False)
    machine.add_vfio()
    machine.add_function(H100, group=None, below="")
    machine.give_driver(H100, "vfio-pci")

    sysfs = sysfs_of(machine)

    assert sysfs.group(0).no_iommu
    assert sysfs.vfio_files(H100) == (machine.dev / "vfio/noiommu-0",)


@pytest.mark.parametrize("ask", ["function", "vfio_of"])
def test_a_function_that_is_not_there_is_no_device(machine, ask):
    with pytest.raises(NoDevice, match=r"0000:42:00\.0"):
        getattr(sysfs_of(machine), ask)("0000:42:00.0")


def test_a_machine_without_pci_has_nothing(tmp_path):
    assert Sysfs(tmp_path, tmp_path, tmp_path).gpus() == ()


def test_a_drivers_module_is_the_one_that_the_kernel_links(machine):
    sysfs = sysfs_of(machine)
    assert sysfs.module_of("nvidia") == "nvidia"

    (machine.sys / "bus/pci/drivers/snd_hda_intel/module").symlink_to("../../../../module/snd_hda")

    assert sysfs.module_of("snd_hda_intel") == "snd_hda"


def test_a_module_is_loaded_by_either_name(machine):
    assert sysfs_of(machine).module_loaded("vfio-pci") and sysfs_of(machine).module_loaded("vfio_pci")
    assert not sysfs_of(machine).module_loaded("nouveau")
