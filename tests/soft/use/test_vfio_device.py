"""The software GPU as a device of vfio-pci: booted and used by both ways to it, before a strict kernel."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import barewire as bw
import numpy as np
import pytest
from barewire.device import opening
from barewire.device.opening import open_bus, open_on_bus
from barewire.errors import BarewireError, DeviceLost, Freed, NoDevice, UsageError
from barewire.firmware.synthetic import synthetic_firmware
from barewire.softgpu.chip import SoftGpu, SoftOptions

SHARED = Path(__file__).parents[2] / "unit/transport"
# pytest's importlib mode leaves sys.path alone; the strict kernel is shared with the tests of the way to it.
if str(SHARED) not in sys.path:
    sys.path.insert(0, str(SHARED))

from fake_vfio import ADDRESS, FakeKernel, Options  # noqa: E402

GIB = 1 << 30
COUNT = 4096


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[FakeKernel]:
    gpu = SoftGpu(SoftOptions(vram_bytes=GIB, bar1_bytes=GIB))
    yield FakeKernel(gpu, tmp_path, Options(cdev=True))
    gpu.close()


def opened(machine: FakeKernel, **options: object) -> bw.Device:
    return open_on_bus(machine.open_bus(**options), firmware=synthetic_firmware("gh100"))


def copies(dev: bw.Device) -> bool:
    wanted = np.arange(COUNT, dtype=np.float32)
    array = dev.array(wanted)
    return bool((array.numpy() == wanted).all())


@pytest.mark.parametrize("way", ["group", "cdev"])
def test_a_gpu_is_booted_used_and_given_back_again_and_again(machine: FakeKernel, way: str) -> None:
    for _ in range(3):
        with opened(machine, abi=way) as dev:
            assert dev.name == f"vfio:{ADDRESS}"
            assert copies(dev)
        assert not machine.files
        assert not machine.dma
        assert not machine.triggers
    assert machine.protests == []


@pytest.mark.parametrize("huge_pages", [0, 64])
def test_large_memory_is_found_whatever_its_pages_are(tmp_path: Path, huge_pages: int) -> None:
    gpu = SoftGpu(SoftOptions(vram_bytes=GIB, bar1_bytes=GIB))
    machine = FakeKernel(gpu, tmp_path, Options(huge_pages=huge_pages))
    with opened(machine) as dev:
        assert copies(dev)
    gpu.close()
    assert machine.protests == []


def test_a_narrow_iommu_is_enough(tmp_path: Path) -> None:
    gpu = SoftGpu(SoftOptions(vram_bytes=GIB, bar1_bytes=GIB))
    machine = FakeKernel(gpu, tmp_path, Options(ranges=((0, 0xFEDF_FFFF), (0xFEF0_0000, (1 << 39) - 1))))
    with opened(machine) as dev:
        assert copies(dev)
        assert max(machine.dma) < 1 << 39
    gpu.close()


def test_too_little_memory_to_lock_stops_the_boot_with_the_number_that_it_needs(tmp_path: Path) -> None:
    gpu = SoftGpu(SoftOptions(vram_bytes=GIB, bar1_bytes=GIB))
    machine = FakeKernel(gpu, tmp_path, Options(locked_limit=1 << 20))
    with pytest.raises(BarewireError) as stopped:
        opened(machine)
    assert "ulimit -l" in str(stopped.value)
    assert machine.left.keys() <= {"memory"}
    assert machine.protests == []
    gpu.close()


def test_a_gpu_that_leaves_while_it_is_used_is_reported(machine: FakeKernel) -> None:
    dev = opened(machine)
    machine.pull()
    with pytest.raises(DeviceLost):
        _ = dev.regs.NV_PMC_BOOT_0
    dev.close()
    assert not machine.files
    assert not machine.dma


def test_a_gpu_that_is_closed_while_threads_work_on_it_is_refused_to_them(machine: FakeKernel) -> None:
    """Their rings are shut before the doorbell and the memory go."""
    dev = opened(machine)
    ends: list[BaseException] = []

    def work() -> None:
        try:
            while copies(dev):
                pass
        except BaseException as end:
            ends.append(end)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
    for each in threads:
        each.start()
    time.sleep(0.2)
    dev.close()
    for each in threads:
        each.join(20)

    assert [type(each) for each in ends] == [Freed] * 3
    assert not machine.files
    assert not machine.dma
    assert machine.protests == []


def test_five_resets_and_boots_in_a_row(machine: FakeKernel) -> None:
    for _ in range(5):
        with machine.open_bus() as bus:
            bus.reset()
        with opened(machine) as dev:
            assert copies(dev)
    assert machine.resets.count("function") == 5
    assert machine.protests == []


# Device strings.


def test_gpus_of_vfio_come_after_the_kernel_drivers_and_before_the_software_gpu(
    machine: FakeKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "SYSFS", machine.root / "sys")
    monkeypatch.setattr(opening, "DEVICE_FILES", machine.root / "dev")
    for name in ("nvidiactl", "nvidia0"):
        (machine.root / "dev" / name).touch()

    assert bw.list_devices() == ["nv:0", f"vfio:{ADDRESS}", "soft:gh100"]

    (machine.root / "sys/bus/pci/devices" / ADDRESS / "driver").unlink()
    assert bw.list_devices() == ["nv:0", "soft:gh100"]


@pytest.mark.parametrize("name", [f"vfio:{ADDRESS}", "vfio:01:00.0"])
def test_a_device_string_leads_to_the_bus(
    machine: FakeKernel, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from barewire.pci.sysfs import Sysfs
    from barewire.transport.vfio import bus as module

    sysfs = Sysfs(machine.root / "sys", machine.root / "dev", machine.root / "proc")
    monkeypatch.setattr(module, "LinuxKernel", lambda: machine)
    monkeypatch.setattr(module, "Sysfs", lambda: sysfs)
    monkeypatch.setattr("barewire.transport.claim.LOCK_FOLDER", machine.root)

    with open_bus(name, abi="group") as bus:
        assert (bus.name, bus.abi) == (f"vfio:{ADDRESS}", "group")
    with bw.open(name, abi="cdev", firmware=synthetic_firmware("gh100")) as dev:
        assert copies(dev)


@pytest.mark.parametrize(
    ("name", "options", "kind"),
    [
        ("vfio:", {}, NoDevice),
        ("vfio:nonsense", {}, UsageError),
        ("vfio:ffff:ff:1f.7", {}, NoDevice),
        ("vfio:0000:01:00.0", {"vram_bytes": 5}, UsageError),
        ("vfio:0000:01:00.0", {"kernel": 5}, UsageError),
        ("vfio:0000:01:00.0", {"sanitize": True}, UsageError),
        ("vfio:0000:01:00.0", {"abi": "type1"}, UsageError),
    ],
)
def test_what_is_no_device_of_vfio_is_refused(name: str, options: dict[str, object], kind: type) -> None:
    with pytest.raises(kind):
        bw.open(name, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [None, 5, b"vfio:0000:01:00.0"])
def test_what_is_no_device_string_is_refused(name: object) -> None:
    with pytest.raises(UsageError):
        open_bus(name)  # type: ignore[arg-type]
