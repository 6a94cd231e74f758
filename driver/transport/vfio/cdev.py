"""The way by the device's own file: /dev/vfio/devices/vfioN, bound to an address space of /dev/iommu.

The file can be used once it is bound to an iommufd; the device reaches memory once it is attached to an
address space (IOAS) of it. What may be mapped is known only then: each device narrows it.

Facts: linux:Documentation/userspace-api/iommufd.rst, include/uapi/linux/{vfio,iommufd}.h,
drivers/vfio/device_cdev.c, drivers/iommu/iommufd/ioas.c.
"""

from __future__ import annotations

import errno
from contextlib import ExitStack
from pathlib import Path

from barewire.errors import DmaError, TransportError
from barewire.transport.vfio import abi
from barewire.transport.vfio.abi import ffi
from barewire.transport.vfio.group import affected, name_of, not_ours
from barewire.transport.vfio.kernel import PAGE_BYTES, Kernel
from barewire.transport.vfio.way import Limits, step

FIRST_RANGES = 16  # that are asked for at first
MAP_FLAGS = abi.IOAS_MAP_FIXED | abi.IOAS_MAP_WRITEABLE | abi.IOAS_MAP_READABLE


class CdevWay:
    """A device by its own file: a `Way`.

    Args:
        kernel: of the machine.
        address: of the device, "0000:01:00.0".
        file: /dev/vfio/devices/vfioN.
        iommufd: /dev/iommu.

    Attributes:
        abi, device, limits: see `Way`.

    Raises:
        NoDevice, PermissionMissing, DeviceBusy: it cannot be had; the message says what to do.
        TransportError: this kernel's is another one.
    """

    abi = "cdev"

    def __init__(self, kernel: Kernel, address: str, file: Path, iommufd: Path) -> None:
        self._kernel = kernel
        self._name = address
        with ExitStack() as undo:
            self._iommufd = self._open("open iommufd", iommufd, undo)
            space = abi.new("iommu_ioas_alloc")
            with step("make an address space", address, str(iommufd)):
                kernel.ioctl(self._iommufd, abi.IOMMU_IOAS_ALLOC, ffi.buffer(space))
            self._space = space.out_ioas_id
            undo.callback(self._destroy)
            self.device = self._open("open device", file, undo)
            bound = abi.new("vfio_device_bind_iommufd", iommufd=self._iommufd)
            with step("bind", address, str(file)):
                kernel.ioctl(self.device, abi.DEVICE_BIND_IOMMUFD, ffi.buffer(bound))
            attached = abi.new("vfio_device_attach_iommufd_pt", pt_id=self._space)
            with step("attach", address, str(file)):
                kernel.ioctl(self.device, abi.DEVICE_ATTACH_IOMMUFD_PT, ffi.buffer(attached))
            undo.callback(self._detach)
            self.limits: Limits | None = self._limits()
            self._ending = undo.pop_all()

    def _open(self, what: str, path: Path, undo: ExitStack) -> int:
        with step(what, self._name, str(path)):
            fd = self._kernel.open(str(path))
        undo.callback(self._kernel.close, fd)
        return fd

    def _limits(self) -> Limits:
        count = FIRST_RANGES
        for _ in range(abi.TRIES):
            room = ffi.new("struct iommu_iova_range[]", count)
            asked = abi.new(
                "iommu_ioas_iova_ranges",
                ioas_id=self._space,
                num_iovas=count,
                allowed_iovas=int(ffi.cast("uintptr_t", room)),
            )
            try:
                self._kernel.ioctl(self._iommufd, abi.IOMMU_IOAS_IOVA_RANGES, ffi.buffer(asked))
            except OSError as error:
                if error.errno == errno.EMSGSIZE and count < asked.num_iovas <= abi.MOST_INFORMATION_BYTES:
                    count = asked.num_iovas
                    continue
                raise TransportError(
                    f"{self._name}: the kernel does not tell the device's addresses: {error.strerror}",
                    device=self._name,
                    errno=error.errno,
                ) from error
            if asked.num_iovas > count:
                break
            ranges = tuple((each.start, each.last) for each in room[0 : asked.num_iovas])
            return Limits(ranges, max(asked.out_iova_alignment, PAGE_BYTES), None, "VmPin")
        raise TransportError(f"{self._name}: the kernel's list of device addresses changes all the time")

    def map(self, address: int, iova: int, size_bytes: int) -> None:
        """Let the device read and write memory of this process; see `Way.map`."""
        asked = abi.new(
            "iommu_ioas_map",
            flags=MAP_FLAGS,
            ioas_id=self._space,
            user_va=address,
            length=size_bytes,
            iova=iova,
        )
        with step("map", self._name, iova=iova, size_bytes=size_bytes):
            self._kernel.ioctl(self._iommufd, abi.IOMMU_IOAS_MAP, ffi.buffer(asked))

    def unmap(self, iova: int, size_bytes: int) -> None:
        """Let it not reach that mapping any more; see `Way.unmap`."""
        asked = abi.new("iommu_ioas_unmap", ioas_id=self._space, iova=iova, length=size_bytes)
        with step("unmap", self._name, iova=iova, size_bytes=size_bytes):
            self._kernel.ioctl(self._iommufd, abi.IOMMU_IOAS_UNMAP, ffi.buffer(asked))
        if asked.length != size_bytes:
            raise DmaError(
                "the kernel unmapped another size", iova=iova, size_bytes=size_bytes, unmapped=asked.length
            )

    def hot_reset(self) -> None:
        """Reset the slot or bus, all of whose devices are bound to our iommufd; see `Way.hot_reset`.

        The kernel knows by the iommufd that they are ours, and wants no other proof.
        """
        flags, devices = affected(self._kernel, self.device, self._name)
        if not flags & abi.HOT_RESET_BY_DEVICE_ID or not flags & abi.HOT_RESET_OWNED:
            raise not_ours(self._name, [name_of(each) for each in devices if each.id == abi.NOT_OWNED])
        with step("hot reset", self._name):
            self._kernel.ioctl(
                self.device, abi.DEVICE_PCI_HOT_RESET, ffi.buffer(abi.new("vfio_pci_hot_reset"))
            )

    def _detach(self) -> None:
        with step("detach", self._name):
            self._kernel.ioctl(
                self.device,
                abi.DEVICE_DETACH_IOMMUFD_PT,
                ffi.buffer(abi.new("vfio_device_detach_iommufd_pt")),
            )

    def _destroy(self) -> None:
        with step("give up the address space", self._name):
            self._kernel.ioctl(
                self._iommufd, abi.IOMMU_DESTROY, ffi.buffer(abi.new("iommu_destroy", id=self._space))
            )

    def close(self) -> None:
        """Let go of the device, then of its address space; a second time is nothing."""
        self._ending.close()

    def leave(self) -> None:
        """In a forked child: close what it has of the parent's files; see `Way.leave`."""
        self._ending.pop_all()
        for fd in (self.device, self._iommufd):
            self._kernel.close(fd)
