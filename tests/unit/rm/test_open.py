"""Opening a GPU through its kernel driver, what is learnt of it, and what stops it."""

from __future__ import annotations

import errno
import subprocess
import sys

import pytest
from barewire.errors import (
    DeviceLost,
    Freed,
    NoDevice,
    PermissionMissing,
    RmError,
    TransportError,
    UnknownChip,
    UnknownDriver,
)
from barewire.rm.ioctl import NvResourceManager, driver_version, list_cards


def test_the_facts_of_the_gpu_are_read_from_rm(rm):
    facts = rm.facts

    assert facts.name == "NVIDIA H100 80GB HBM3"
    assert (facts.chip, facts.chipset, facts.sm_version) == ("gh100", 0x180, 90)
    assert (facts.gpc_count, facts.tpc_count, facts.sm_count) == (8, 66, 132)
    assert facts.uuid == bytes(range(16))
    assert facts.pci_address == "0000:18:00.0"
    assert facts.driver_version == "580.95.05"
    assert facts.vram_bytes == 1 << 30
    assert (facts.classes.gpfifo, facts.classes.compute) == (0xC86F, 0xCBC0)
    assert (facts.classes.copy, facts.classes.usermode) == (0xC8B5, 0xC661)


def test_copy_engines_of_the_graphics_runlist_are_left_out_and_the_best_comes_first(rm):
    assert rm.facts.copy_engines == (2, 11, 3, 4)


def test_opening_asks_rm_for_nothing_that_is_not_needed(kernel):
    rm = NvResourceManager.open(0, kernel=kernel)

    assert kernel.ioctls <= 7
    assert rm.ioctl_seconds > 0
    assert sum(stats.count for stats in rm.calls.values()) == kernel.ioctls
    assert "RM_ALLOC NV01_DEVICE_0" in rm.calls
    rm.close()


def test_closing_leaves_nothing_behind_and_can_be_repeated(kernel):
    rm = NvResourceManager.open(0, kernel=kernel)
    _ = rm.doorbell, rm.facts
    rm.close()
    rm.close()

    assert kernel.is_clean
    assert kernel.complaints == []
    assert rm.closed


def test_a_closed_device_refuses_everything(kernel):
    rm = NvResourceManager.open(0, kernel=kernel)
    rm.close()

    for use in (lambda: rm.video_memory(4096), rm.address_space, lambda: rm.facts, rm.free_vram_bytes):
        with pytest.raises(Freed):
            use()


def test_a_device_that_is_dropped_frees_everything(kernel):
    rm = NvResourceManager.open(0, kernel=kernel)
    memory = rm.video_memory(4096)
    memory.map_cpu()
    rm.address_space().map(memory)
    del rm, memory
    import gc

    gc.collect()

    assert kernel.is_clean
    assert kernel.complaints == []


def test_two_devices_are_independent(kernel):
    with (
        NvResourceManager.open(0, kernel=kernel) as first,
        NvResourceManager.open(0, kernel=kernel) as second,
    ):
        assert first.client.handle != second.client.handle
        first.close()
        assert second.video_memory(4096).size_bytes == 4096
    assert kernel.is_clean


def test_without_a_driver_the_error_says_what_to_do(fake_kernel):
    with pytest.raises(NoDevice) as missing:
        NvResourceManager.open(0, kernel=fake_kernel.FakeKernel(nodes=()))

    assert "/dev/nvidiactl" in str(missing.value)
    assert "modprobe nvidia" in str(missing.value)


def test_a_gpu_whose_file_is_not_there_is_no_device(fake_kernel):
    kernel = fake_kernel.FakeKernel()
    with pytest.raises(NoDevice, match="nv:1") as missing:
        NvResourceManager.open(1, kernel=kernel)

    assert "nv:0" in str(missing.value)
    assert kernel.is_clean


@pytest.mark.parametrize("node", ["/dev/nvidiactl", "/dev/nvidia0"])
def test_a_file_that_may_not_be_opened_is_named(fake_kernel, node):
    kernel = fake_kernel.FakeKernel()
    kernel.denied[node] = errno.EACCES

    with pytest.raises(PermissionMissing) as denied:
        NvResourceManager.open(0, kernel=kernel)

    assert denied.value.path == node
    assert denied.value.hint
    assert kernel.is_clean


def test_a_gpu_that_does_not_start_is_lost(fake_kernel):
    kernel = fake_kernel.FakeKernel()
    kernel.denied["/dev/nvidia0"] = errno.EIO

    with pytest.raises(DeviceLost, match="dmesg"):
        NvResourceManager.open(0, kernel=kernel)
    assert kernel.is_clean


def test_an_unknown_driver_version_is_refused_before_any_object_is_made(fake_kernel):
    kernel = fake_kernel.FakeKernel(version="470.1")

    with pytest.raises(UnknownDriver, match=r"470\.1"):
        NvResourceManager.open(0, kernel=kernel)
    assert kernel.ioctls == 1
    assert kernel.is_clean

    with NvResourceManager.open(0, nearest_abi=True, kernel=kernel) as rm:
        assert rm.facts.driver_version == "470.1"


def test_a_refusal_names_the_call_the_handle_and_the_status(rm, kernel):
    kernel.refuse[0x20801303] = 0x1B

    with pytest.raises(RmError) as refused:
        rm.free_vram_bytes()

    error = refused.value
    assert error.status_name == "NV_ERR_INSUFFICIENT_PERMISSIONS"
    assert error.status == 0x1B
    assert error.handle == rm.client.subdevice
    assert "FB_GET_INFO_V2" in error.call
    assert "CAP_SYS_ADMIN" in error.hint


def test_an_unknown_status_prints_as_its_number(rm, kernel):
    kernel.refuse[0x20801303] = 0x7654

    with pytest.raises(RmError, match="0x7654"):
        rm.free_vram_bytes()


def test_a_gpu_without_a_known_class_is_an_unknown_chip(rm, kernel):
    kernel._answer_00800292 = lambda client, found, params: None

    with pytest.raises(UnknownChip):
        _ = rm.facts


def test_the_raw_layer_takes_bytes_and_structures(rm):
    answer = rm.control(rm.client.subdevice, 0x20801701, bytes(16))
    assert int.from_bytes(answer[:4], "little") == 0x180

    params = rm.client.abi.new("NV2080_CTRL_MC_GET_ARCH_INFO_PARAMS")
    assert rm.control(rm.client.subdevice, 0x20801701, params) is params
    assert params["architecture"] == 0x180

    handle = rm.alloc(rm.client.device, 0x90F1, rm.client.abi.new("NV_VASPACE_ALLOCATION_PARAMETERS"))
    rm.free(handle)
    rm.free(handle)


def test_parameters_of_another_size_are_refused_by_rm(rm):
    with pytest.raises(RmError) as refused:
        rm.control(rm.client.subdevice, 0x20801701, bytes(12))
    assert refused.value.status_name == "NV_ERR_INVALID_PARAM_STRUCT"


def test_a_structure_of_another_size_does_not_pass_the_kernel(rm):
    from barewire.abi.layout import Layout, Struct

    short = Layout(rm.client.abi, "SHORT", 0x1C, {"status": [0xC, "u4"]})
    with pytest.raises(TransportError, match="RM_FREE"):
        rm.client.escape("RM_FREE", Struct(short, bytearray(0x1C)))


def test_rm_answers_about_all_processes(rm):
    before = rm.free_vram_bytes()
    memory = rm.video_memory(4 << 20)

    assert before - rm.free_vram_bytes() == 4 << 20
    assert rm.process_vram_bytes() == 4 << 20
    assert rm.processes() == [41, 42]
    assert rm.channel_groups_in_use() == 7
    memory.close()
    assert rm.free_vram_bytes() == before


def test_the_error_log_is_for_administrators(rm):
    with pytest.raises(RmError) as refused:
        rm.error_count()
    assert refused.value.status_name == "NV_ERR_INSUFFICIENT_PERMISSIONS"


def test_the_clock_is_read_from_the_doorbell_page(rm):
    rm.doorbell.view[0x80:0x88] = (0x123456789ABCDE00).to_bytes(8, "little")

    assert rm.gpu_time_ns() == 0x123456789ABCDE00 & 0x1FFFFFFFFFFFFFFF


def test_the_driver_and_its_cards_can_be_listed_without_opening_a_gpu(fake_kernel):
    kernel = fake_kernel.FakeKernel(nodes=("/dev/nvidiactl",))

    assert driver_version(kernel) == "580.95.05"
    assert [(card.minor, card.pci_address) for card in list_cards(kernel)] == [
        (0, "0000:18:00.0"),
        (1, "0000:19:00.0"),
    ]
    assert kernel.is_clean


def test_what_opens_a_gpu_loads_nothing_of_page_tables():
    program = (
        "import sys, barewire.device.gpu, barewire.rm.ioctl, barewire.rm.space, barewire.rm.lent_memory\n"
        "print(*(name for name in sys.modules if name.startswith('barewire.memory.')))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert set(loaded.stdout.split()) <= {
        f"barewire.memory.{name}" for name in ("mappable", "pool", "ranges", "va", "vram", "windows")
    }
