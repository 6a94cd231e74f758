"""The way by IOMMU group: /dev/vfio/vfio is a container of address spaces, /dev/vfio/N a group that joins it.

The order is the kernel's: the container's version and kinds of IOMMU, the group viable, the group in the
container, the kind of IOMMU chosen, and only then a device. All of it ends in the other direction.

Facts: linux:Documentation/driver-api/vfio.rst, include/uapi/linux/vfio.h, drivers/vfio/{group,container}.c,
drivers/vfio/vfio_iommu_type1.c (what is mapped is counted as locked memory, and each mapping as an entry).
"""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from barewire.errors import DeviceBusy, DmaError, TransportError
from barewire.transport.vfio import abi
from barewire.transport.vfio.abi import ffi
from barewire.transport.vfio.kernel import Kernel, ask
from barewire.transport.vfio.way import (
    INTERRUPT_WINDOW,
    Limits,
    step,
    unprotected,
    without,
)

DEFAULT_PAGE_BYTES = 4096
EVERYTHING = ((0, (1 << 64) - 1),)  # what a kernel without the capability says nothing of


class GroupWay:
    """A device by its group: a `Way`.

    Args:
        kernel: of the machine.
        address: of the device, "0000:01:00.0".
        folder: /dev/vfio.
        group: the name of the group's file in it: "12", or "noiommu-12" of a group without an IOMMU.
        unsafe_no_iommu: take that, too.

    Attributes:
        abi, device, limits: see `Way`.

    Raises:
        NoDevice, PermissionMissing, DeviceBusy: it cannot be had; the message says what to do.
        TransportError: this kernel's VFIO is another one.
    """

    abi = "group"

    def __init__(
        self, kernel: Kernel, address: str, folder: Path, group: str, *, unsafe_no_iommu: bool = False
    ) -> None:
        self._kernel = kernel
        self._name = address
        self.limits: Limits | None = None
        no_iommu = group.startswith("noiommu-")
        if no_iommu:
            unprotected(address, unsafe_no_iommu)
        with ExitStack() as undo:
            self._container = self._open("open container", folder / "vfio", undo)
            self._expect_container(no_iommu)
            self._group = self._open("open group", folder / group, undo)
            self._group_file = str(folder / group)
            self._expect_viable()
            with step("join container", address, self._group_file):
                fd = bytearray(self._container.to_bytes(4, "little"))
                kernel.ioctl(self._group, abi.GROUP_SET_CONTAINER, fd)
            undo.callback(self._leave)
            with step("choose IOMMU", address, self._group_file):
                chosen = abi.NOIOMMU_IOMMU if no_iommu else abi.TYPE1V2_IOMMU
                kernel.ioctl(self._container, abi.SET_IOMMU, chosen)
            if not no_iommu:
                self.limits = self._limits()
            with step("get device", address, self._group_file):
                self.device = kernel.ioctl(
                    self._group, abi.GROUP_GET_DEVICE_FD, bytearray(address.encode() + b"\0")
                )
            undo.callback(kernel.close, self.device)
            self._ending = undo.pop_all()

    def _open(self, what: str, path: Path, undo: ExitStack) -> int:
        with step(what, self._name, str(path)):
            fd = self._kernel.open(str(path))
        undo.callback(self._kernel.close, fd)
        return fd

    def _expect_container(self, no_iommu: bool) -> None:
        with step("ask for VFIO's version", self._name):
            version = self._kernel.ioctl(self._container, abi.GET_API_VERSION)
        if version != abi.API_VERSION:
            raise TransportError(
                f"the kernel's VFIO is of version {version}", expected=f"version {abi.API_VERSION}"
            )
        wanted = abi.NOIOMMU_IOMMU if no_iommu else abi.TYPE1V2_IOMMU
        with step("ask for a kind of IOMMU", self._name):
            offered = self._kernel.ioctl(self._container, abi.CHECK_EXTENSION, wanted)
        if offered <= 0:
            raise TransportError(
                f"{self._name}: VFIO offers no {'access without an IOMMU' if no_iommu else 'type 1 IOMMU'}",
                hint=None if no_iommu else "Load it: `modprobe vfio_iommu_type1`.",
                device=self._name,
            )

    def _expect_viable(self) -> None:
        status = abi.new("vfio_group_status")
        with step("group status", self._name, self._group_file):
            self._kernel.ioctl(self._group, abi.GROUP_GET_STATUS, ffi.buffer(status))
        if not status.flags & abi.GROUP_VIABLE:
            raise DeviceBusy(
                f"the IOMMU group of {self._name} is not viable: a device of it has another driver",
                hint=f"Bind the whole group: `barewire bind {self._name}` names the others, `--with` agrees.",
                device=self._name,
                path=self._group_file,
            )
        if status.flags & abi.GROUP_CONTAINER_SET:
            raise DeviceBusy(
                f"the IOMMU group of {self._name} is in a container already", path=self._group_file
            )

    def _limits(self) -> Limits:
        with step("IOMMU information", self._name):
            data = ask(self._kernel, self._container, abi.IOMMU_GET_INFO, "vfio_iommu_type1_info")
        info = abi.read("vfio_iommu_type1_info", data)
        sizes = info.iova_pgsizes if info.flags & abi.IOMMU_INFO_PGSIZES else DEFAULT_PAGE_BYTES
        ranges, entries = without(EVERYTHING, INTERRUPT_WINDOW), None
        first = info.cap_offset if info.flags & abi.IOMMU_INFO_CAPS else 0
        for capability in abi.chain(data, first, ffi.sizeof(info[0])):
            if capability.id == abi.IOMMU_CAP_IOVA_RANGES:
                ranges = abi.spans(capability, "device addresses")
            elif capability.id == abi.IOMMU_CAP_DMA_AVAILABLE and len(capability.data) >= 4:
                entries = int.from_bytes(capability.data[:4], "little")
        return Limits(ranges, max(sizes & -sizes, DEFAULT_PAGE_BYTES), entries, "VmLck")

    def map(self, address: int, iova: int, size_bytes: int) -> None:
        """Let the device read and write memory of this process; see `Way.map`."""
        asked = abi.new(
            "vfio_iommu_type1_dma_map",
            flags=abi.DMA_READ | abi.DMA_WRITE,
            vaddr=address,
            iova=iova,
            size=size_bytes,
        )
        with step("map", self._name, iova=iova, size_bytes=size_bytes):
            self._kernel.ioctl(self._container, abi.IOMMU_MAP_DMA, ffi.buffer(asked))

    def unmap(self, iova: int, size_bytes: int) -> None:
        """Let it not reach that mapping any more; see `Way.unmap`."""
        asked = abi.new("vfio_iommu_type1_dma_unmap", iova=iova, size=size_bytes)
        with step("unmap", self._name, iova=iova, size_bytes=size_bytes):
            self._kernel.ioctl(self._container, abi.IOMMU_UNMAP_DMA, ffi.buffer(asked))
        if asked.size != size_bytes:
            raise DmaError(
                "the kernel unmapped another size", iova=iova, size_bytes=size_bytes, unmapped=asked.size
            )

    def hot_reset(self) -> None:
        """Reset the slot or bus, all of whose devices are of our group; see `Way.hot_reset`.

        The kernel wants the groups' descriptors as proof that they are ours.
        """
        ours = os.path.basename(self._group_file).removeprefix("noiommu-")
        others = [
            name_of(each)
            for each in affected(self._kernel, self.device, self._name)[1]
            if str(each.id) != ours
        ]
        if others:
            raise not_ours(self._name, others)
        asked = abi.with_data("vfio_pci_hot_reset", self._group.to_bytes(4, "little"), count=1)
        with step("hot reset", self._name):
            self._kernel.ioctl(self.device, abi.DEVICE_PCI_HOT_RESET, asked)

    def _leave(self) -> None:
        with step("leave container", self._name, self._group_file):
            try:
                self._kernel.ioctl(self._group, abi.GROUP_UNSET_CONTAINER)
            except OSError as error:
                if error.errno != errno.EINVAL:  # it is in none any more: vfio-pci was told to let go of it
                    raise

    def close(self) -> None:
        """Let go of the device, then of its group and container; a second time is nothing."""
        self._ending.close()

    def leave(self) -> None:
        """In a forked child: close what it has of the parent's files; see `Way.leave`."""
        self._ending.pop_all()
        for fd in (self.device, self._group, self._container):
            self._kernel.close(fd)


def affected(kernel: Kernel, device: int, name: str) -> tuple[int, list[Any]]:
    """The flags of a hot reset's information, and the devices that it would reset.

    Raises:
        TransportError: there is no such reset, or the kernel's answer is not to be believed.
    """
    item = ffi.sizeof("struct vfio_pci_dependent_device")
    fixed = ffi.sizeof("struct vfio_pci_hot_reset_info")
    count = 0
    for _ in range(abi.TRIES):
        asked = abi.with_data("vfio_pci_hot_reset_info", bytes(count * item))
        try:
            kernel.ioctl(device, abi.DEVICE_GET_PCI_HOT_RESET_INFO, asked)
        except OSError as error:
            needed = abi.read("vfio_pci_hot_reset_info", asked).count
            if error.errno == errno.ENOSPC and count < needed <= abi.MOST_INFORMATION_BYTES // item:
                count = needed
                continue
            if error.errno == errno.EAGAIN:  # a device came while the kernel listed them
                continue
            raise TransportError(
                f"{name} has no reset of its slot or bus: {error.strerror}", device=name, errno=error.errno
            ) from error
        info = abi.read("vfio_pci_hot_reset_info", asked)
        return info.flags, abi.array("vfio_pci_dependent_device", asked, fixed, info.count)
    raise TransportError(f"what a reset of {name}'s bus would reset changes all the time", device=name)


def name_of(device: Any) -> str:
    """A dependent device's PCI address."""
    return f"{device.segment:04x}:{device.bus:02x}:{device.devfn >> 3:02x}.{device.devfn & 7}"


def not_ours(name: str, others: list[str]) -> TransportError:
    """The error for a reset that others would suffer from."""
    return TransportError(
        f"{name} can only be reset together with {', '.join(others) or 'others'}, which are not ours",
        hint="Bind them to vfio-pci and open none of them elsewhere, or reset the slot as root.",
        device=name,
    )
