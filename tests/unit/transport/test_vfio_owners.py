"""Who has a device of vfio-pci, who may have it, and what a refusal of the kernel means."""

from __future__ import annotations

import errno
import multiprocessing
import os

import pytest
from barewire.errors import DeviceBusy, NoDevice, PermissionMissing, TransportError, UsageError
from barewire.transport.claim import Claim
from fake_vfio import ADDRESS, PAGE, FakeKernel, Options
from small_device import SmallDevice

WAYS = ("group", "cdev")


@pytest.fixture(params=WAYS)
def way(request) -> str:
    return request.param


@pytest.fixture
def kernel(tmp_path) -> FakeKernel:
    return FakeKernel(SmallDevice(), tmp_path, Options(cdev=True))


def test_a_second_owner_is_told_who_the_first_is(kernel, way):
    with kernel.open_bus(abi=way):
        with pytest.raises(DeviceBusy, match=f"process {os.getpid()}") as busy:
            kernel.open_bus(abi=way)
        assert busy.value.pid == str(os.getpid())
    kernel.open_bus(abi=way).close()


def _own(folder, ready, done) -> None:
    claim = Claim(ADDRESS, folder)
    ready.set()
    done.wait(10)
    claim.close()


def test_an_owner_in_another_process_is_named_and_its_end_ends_it(kernel):
    context = multiprocessing.get_context("fork")
    ready, done = context.Event(), context.Event()
    owner = context.Process(target=_own, args=(kernel.root, ready, done))
    owner.start()
    assert ready.wait(10)
    with pytest.raises(DeviceBusy) as busy:
        kernel.open_bus()
    assert busy.value.pid == str(owner.pid)
    assert kernel.requests == []
    owner.kill()
    owner.join(10)

    kernel.open_bus().close()


@pytest.mark.parametrize(
    ("way", "what", "number", "kind", "text"),
    [
        ("group", "dev/vfio/vfio", errno.ENOENT, NoDevice, "modprobe"),
        ("group", "dev/vfio/12", errno.ENOENT, NoDevice, "barewire bind 0000:01:00.0"),
        ("group", "dev/vfio/12", errno.EACCES, PermissionMissing, "udev"),
        ("group", "dev/vfio/12", errno.EPERM, PermissionMissing, "root"),
        ("group", "dev/vfio/12", errno.EBUSY, DeviceBusy, "fuser -v"),
        ("group", "VFIO_GROUP_SET_CONTAINER", errno.EBUSY, DeviceBusy, "Close"),
        ("group", "VFIO_SET_IOMMU", errno.EPERM, PermissionMissing, "allow_unsafe_interrupts"),
        ("group", "VFIO_SET_IOMMU", errno.ENOMEM, TransportError, None),
        ("group", "VFIO_IOMMU_GET_INFO", errno.EINVAL, TransportError, None),
        ("group", "VFIO_GROUP_GET_DEVICE_FD", errno.ENODEV, NoDevice, "barewire bind"),
        ("group", "VFIO_GROUP_GET_DEVICE_FD", errno.EPERM, DeviceBusy, "whole group"),
        ("group", "VFIO_GROUP_GET_DEVICE_FD", errno.EAGAIN, DeviceBusy, "Try again"),
        ("group", "VFIO_DEVICE_GET_INFO", errno.EINVAL, TransportError, None),
        ("group", "VFIO_DEVICE_GET_REGION_INFO", errno.EINVAL, TransportError, None),
        ("cdev", "dev/iommu", errno.ENOENT, NoDevice, "modprobe iommufd"),
        ("cdev", "dev/vfio/devices/vfio0", errno.EACCES, PermissionMissing, "udev"),
        ("cdev", "dev/vfio/devices/vfio0", errno.EBUSY, DeviceBusy, "fuser"),
        ("cdev", "VFIO_DEVICE_BIND_IOMMUFD", errno.EINVAL, DeviceBusy, "fuser"),
        ("cdev", "VFIO_DEVICE_BIND_IOMMUFD", errno.EAGAIN, DeviceBusy, "Try again"),
        ("cdev", "VFIO_DEVICE_BIND_IOMMUFD", errno.EPERM, PermissionMissing, "interrupt"),
        ("cdev", "IOMMU_IOAS_ALLOC", errno.ENOMEM, TransportError, None),
        ("cdev", "VFIO_DEVICE_ATTACH_IOMMUFD_PT", errno.EBUSY, DeviceBusy, "Close"),
        ("cdev", "IOMMU_IOAS_IOVA_RANGES", errno.ENOMEM, TransportError, None),
    ],
)
def test_a_step_that_is_refused_says_why_and_leaves_nothing_open(kernel, way, what, number, kind, text):
    kernel.fail[str(kernel.root / what) if "/" in what else what] = number

    with pytest.raises(kind) as refused:
        kernel.open_bus(abi=way)

    assert type(refused.value) is kind
    assert refused.value.errno == number
    assert text is None or text in refused.value.hint
    assert "{" not in str(refused.value)
    assert kernel.left == {}
    kernel.fail.clear()
    kernel.open_bus(abi=way).close()


def test_another_program_that_has_the_device_is_named(kernel, way):
    files = {"group": "vfio/12", "cdev": "vfio/devices/vfio0"}
    process = kernel.root / "proc/4711"
    (process / "fd").mkdir(parents=True)
    (process / "comm").write_text("qemu-system-x86\n")
    (process / "fd/20").symlink_to(kernel.root / "dev" / files[way])
    kernel.fail[str(kernel.root / "dev" / files[way])] = errno.EBUSY

    with pytest.raises(DeviceBusy, match=r"qemu-system-x86.*4711") as busy:
        kernel.open_bus(abi=way)

    assert busy.value.pid == "4711"
    assert kernel.left == {}


def test_a_group_that_is_not_all_ours_is_refused(tmp_path):
    kernel = FakeKernel(SmallDevice(), tmp_path, Options(viable=False))
    with pytest.raises(DeviceBusy, match="not viable"):
        kernel.open_bus()
    assert kernel.left == {}


def test_another_vfio_than_is_known_is_refused(tmp_path):
    kernel = FakeKernel(SmallDevice(), tmp_path, Options(api_version=1))
    with pytest.raises(TransportError, match="version 1"):
        kernel.open_bus()
    assert kernel.left == {}


def test_a_list_of_ranges_that_is_longer_than_expected_is_asked_for_again(tmp_path, way):
    ranges = tuple((each << 32, (each << 32) + 0xFFFFFFF) for each in range(1, 41))
    kernel = FakeKernel(SmallDevice(), tmp_path, Options(ranges=ranges, cdev=True))
    with kernel.open_bus(abi=way) as bus:
        assert bus._way.limits.ranges == ranges
        assert bus.dma_memory(PAGE).segments
    assert kernel.protests == []


def test_devices_that_vfio_does_not_offer_are_named(tmp_path):
    kernel = FakeKernel(SmallDevice(), tmp_path)
    with pytest.raises(NoDevice, match="CDEV") as refused:
        kernel.open_bus(abi="cdev")
    assert "barewire bind" in refused.value.hint
    with pytest.raises(UsageError):
        kernel.open_bus(abi="container")
    (kernel.root / "sys/bus/pci/devices" / ADDRESS / "iommu_group").unlink()
    with pytest.raises(NoDevice, match="not offered by VFIO"):
        kernel.open_bus()
