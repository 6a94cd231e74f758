"""A kernel with vfio-pci and iommufd in this process, before a device that is an `Endpoint`.

It is stricter than a kernel: what a kernel only tolerates is kept in `protests`. Every request is taken apart
by hand, from the layouts in linux/vfio.h and linux/iommufd.h, and not by the driver's own tables.

Facts: linux:include/uapi/linux/vfio.h, include/uapi/linux/iommufd.h; the checks and their errnos:
linux:drivers/vfio/{container,group,vfio_main,iommufd}.c, drivers/vfio/pci/{vfio_pci_core,vfio_pci_intrs}.c,
drivers/vfio/vfio_iommu_type1.c, drivers/iommu/iommufd/{main,ioas}.c.
"""

from __future__ import annotations

import errno
import mmap
import os
import struct
from pathlib import Path
from typing import Any

from barewire.softgpu.bus import DmaRefused
from barewire.transport.vfio.kernel import LinuxKernel
from fake_vfio_iommu import IommuSide
from fake_vfio_machine import (
    ADDRESS,
    BAR_BASE,
    COMMAND,
    CONFIG,
    ERROR,
    FIRST_FD,
    GROUP,
    HUGE,
    IRQS,
    MASTER,
    MEMORY,
    MSI,
    MSIX,
    PAGE,
    REGION_SHIFT,
    REGIONS,
    REQUEST,
    Container,
    DeviceFile,
    Dma,
    FileDevice,
    Group,
    Iommufd,
    Options,
    refuse,
)

__all__ = [
    "ADDRESS",
    "ERROR",
    "GROUP",
    "HUGE",
    "MASTER",
    "MEMORY",
    "PAGE",
    "REQUEST",
    "FakeKernel",
    "FileDevice",
    "Options",
]


class Host:
    """What the device sees of the machine: a `HostPort`."""

    def __init__(self, kernel: FakeKernel) -> None:
        self.kernel = kernel

    def dma(self, iova: int, size_bytes: int, write: bool) -> int:
        kernel = self.kernel
        if not kernel.command & MASTER:
            raise DmaRefused("bus mastering is off")
        if not kernel.attached:
            raise DmaRefused("the device is in no address space")
        for each in kernel.dma.values():
            if each.iova <= iova and iova + size_bytes <= each.iova + each.size:
                if write and not each.writable:
                    raise DmaRefused("the mapping is for reading")
                return each.address + iova - each.iova
        kernel.faults.append((iova, size_bytes))
        raise DmaRefused(f"{size_bytes} bytes at {iova:#x} are not mapped")

    def interrupt(self, vector: int) -> None:
        event = self.kernel.triggers.get(vector)
        if event is not None and self.kernel.command & MASTER:
            os.eventfd_write(event, 1)


class FakeKernel(IommuSide):
    """The kernel's side: a `Kernel` of barewire.transport.vfio.

    Args:
        endpoint: the device.
        root: a folder for its sysfs and device files.
        options: of the machine.

    Attributes:
        steps: all calls that may be told to fail, in order.
        protests: what a caller did that a kernel tolerates, and should not have to.
        faults: (iova, size) of accesses that the IOMMU refused.
        dma: mappings by first device address.
        requests: the names of all requests, in order.
    """

    def __init__(self, endpoint: Any, root: Path, options: Options | None = None) -> None:
        self.endpoint = endpoint
        self.options = options or Options()
        self.root = root
        self.protests: list[str] = []
        self.faults: list[tuple[int, int]] = []
        self.requests: list[str] = []
        self.dma: dict[int, Dma] = {}
        self.triggers: dict[int, int] = {}
        self.notices: dict[int, int] = {}
        self.irq_kind: int | None = None
        self.irq_size = 0
        self.files: dict[int, Any] = {}
        self.mapped: dict[int, int] = {}  # address -> how often
        self.retired: dict[int, int] = {}
        self.memory_maps: list[mmap.mmap] = []
        self.events: set[int] = set()
        self.resets: list[str] = []
        self.pulled = False
        self.fail: dict[str, int] = {}  # request or call -> errno, for tests
        self.steps: list[str] = []
        self.fail_at: int | None = None  # the number of the call that fails
        self._next = FIRST_FD
        self._make_tree()
        endpoint.attach(Host(self))
        self._place_bars()

    # --- the machine

    def _make_tree(self) -> None:
        device = self.root / "sys/bus/pci/devices" / ADDRESS
        device.mkdir(parents=True)
        config = [self.endpoint.config_read(at, 2) for at in (0, 2)]
        for name, text in (
            ("vendor", f"{config[0]:#06x}"),
            ("device", f"{config[1]:#06x}"),
            ("class", "0x030200"),
        ):
            (device / name).write_text(text + "\n")
        group = self.root / "sys/kernel/iommu_groups" / str(GROUP)
        (group / "devices" / ADDRESS).mkdir(parents=True)
        if self.options.no_iommu:
            (group / "name").write_text("vfio-noiommu\n")
        (device / "iommu_group").symlink_to(group)
        driver = self.root / "sys/bus/pci/drivers/vfio-pci"
        driver.mkdir(parents=True)
        (device / "driver").symlink_to(driver)
        files = self.root / "dev/vfio"
        files.mkdir(parents=True)
        (files / "vfio").write_text("")
        self.group_name = f"noiommu-{GROUP}" if self.options.no_iommu else str(GROUP)
        (files / self.group_name).write_text("")
        if self.options.cdev:
            (device / "vfio-dev/vfio0").mkdir(parents=True)
            (files / "devices").mkdir()
            (files / "devices/vfio0").write_text("")
            (self.root / "dev/iommu").write_text("")

    def _place_bars(self) -> None:
        free = dict(BAR_BASE)
        self.places: dict[int, int] = {}
        for shape in self.endpoint.bars:
            start = -(-free[shape.is_64bit] // shape.size_bytes) * shape.size_bytes
            free[shape.is_64bit] = start + shape.size_bytes
            self.places[shape.index] = start
        self._write_places()

    def _write_places(self) -> None:
        for shape in self.endpoint.bars:
            place = self.places[shape.index]
            self.endpoint.config_write(0x10 + 4 * shape.index, 4, place & 0xFFFFFFFF)
            if shape.is_64bit:
                self.endpoint.config_write(0x14 + 4 * shape.index, 4, place >> 32)

    def pull(self) -> None:
        """Take the device out of its slot."""
        self.pulled = True
        self._show_memory(False)

    def _show_memory(self, there: bool) -> None:
        """Give mapped BARs their pages, or take them away; of devices whose BARs are files."""
        for index, file in getattr(self.endpoint, "files", {}).items():
            os.ftruncate(file, self._shape(index).size_bytes if there else 0)

    @property
    def command(self) -> int:
        return self.endpoint.config_read(COMMAND, 2)

    @property
    def attached(self) -> bool:
        devices = [each for each in self.files.values() if isinstance(each, DeviceFile)]
        return any(each.group is not None or each.ioas is not None for each in devices)

    @property
    def left(self) -> dict[str, Any]:
        """What is still held; all empty once everything was given back."""
        held = {
            "files": list(self.files.values()),
            "mappings": dict(self.mapped),
            "dma": dict(self.dma),
            "triggers": {**self.triggers, **self.notices},
            "events": set(self.events),
            "memory": [each for each in self.memory_maps if not each.closed],
        }
        return {name: what for name, what in held.items() if what}

    # --- files

    def usable(self, path: str) -> bool:
        return os.path.exists(path) and path not in self.fail

    def _step(self, name: str) -> None:
        """One call that may be told to fail."""
        self.steps.append(name)
        if len(self.steps) - 1 == self.fail_at:
            raise refuse(errno.EIO, name)

    def open(self, path: str) -> int:
        self._step(path)
        if path in self.fail:
            raise refuse(self.fail[path])
        if not os.path.exists(path):
            raise refuse(errno.ENOENT)
        name = os.path.relpath(path, self.root / "dev")
        made: Any
        if name == "vfio/vfio":
            made = Container()
        elif name == f"vfio/{self.group_name}":
            if any(isinstance(each, Group) for each in self.files.values()):
                raise refuse(errno.EBUSY)
            made = Group(self.group_name)
        elif name == "vfio/devices/vfio0":
            if any(isinstance(each, DeviceFile) for each in self.files.values()):
                raise refuse(errno.EBUSY)
            made = DeviceFile()
        elif name == "iommu":
            made = Iommufd()
        else:
            raise refuse(errno.ENXIO, name)
        return self._give(made)

    def _give(self, made: Any) -> int:
        self._next += 1
        self.files[self._next] = made
        return self._next

    def close(self, fd: int) -> None:
        if fd in self.events:
            self.events.discard(fd)
            os.close(fd)
            return
        if fd not in self.files:
            raise refuse(errno.EBADF)
        file = self.files.pop(fd)
        if isinstance(file, DeviceFile):
            self._close_device(file)
        elif isinstance(file, Group):
            if file.devices:
                self.protests.append("a group was closed before its device")
            if file.container is not None:
                self.protests.append("a group was closed in a container")
                self._leave(file)
        elif isinstance(file, Container):
            if file.groups:
                self.protests.append("a container was closed with a group in it")
        elif isinstance(file, Iommufd):
            if file.ioases:
                self.protests.append("an address space was left")
            if file.devices:
                self.protests.append("iommufd was closed before its device")

    def _close_device(self, file: DeviceFile) -> None:
        if self.triggers:
            self.protests.append("the device was closed with interrupts on")
            self._disable_irqs()
        for index in list(self.notices):
            self._set_notice(index, -1)
        if not self.pulled and self.command & MASTER:
            self.protests.append("the device was closed with bus mastering on")
        if self.mapped:
            self.protests.append("the device was closed with BARs mapped")
        if file.group is not None:
            file.group.devices -= 1
        if file.iommufd is not None:
            file.iommufd.devices -= 1
            if file.ioas is not None:
                self.protests.append("the device was closed in an address space")
        if not self.pulled:
            self._reset("close")

    # --- requests

    def ioctl(self, fd: int, request: Any, argument: Any = 0) -> int:
        self.requests.append(request.name)
        self._step(request.name)
        if request.name in self.fail:
            raise refuse(self.fail[request.name])
        file = self.files.get(fd)
        if file is None:
            raise refuse(errno.EBADF)
        data = memoryview(argument).cast("B") if not isinstance(argument, int) else argument
        table = {
            Container: self._container,
            Group: self._group,
            Iommufd: self._iommufd,
            DeviceFile: self._device,
        }
        if request.number >> 8 != ord(";"):
            raise refuse(errno.ENOTTY)
        return table[type(file)](file, request.number & 0xFF, data)

    def _device(self, file: DeviceFile, command: int, data: Any) -> int:
        command -= 100
        if command == 18:
            return self._bind(file, data)
        if file.group is None and file.iommufd is None:
            raise refuse(errno.EINVAL, "not bound to an iommufd")
        if command in (19, 20):
            if file.iommufd is None:
                raise refuse(errno.ENOTTY)
            return self._attach(file, data) if command == 19 else self._detach(file, data)
        handlers = {
            7: self._device_info,
            8: self._region_info,
            9: self._irq_info,
            10: self._set_irqs,
            11: self._device_reset,
        }
        if command in handlers:
            return handlers[command](data)
        if command == 12:
            return self._hot_reset_info(file, data)
        if command == 13:
            return self._hot_reset(file, data)
        raise refuse(errno.ENOTTY)

    def _bind(self, file: DeviceFile, data: Any) -> int:
        self._sized(data, 16, 16)
        _, flags, fd, _ = struct.unpack_from("<IIiI", data)
        iommufd = self.files.get(fd)
        if file.group is not None or flags or file.iommufd is not None or not isinstance(iommufd, Iommufd):
            raise refuse(errno.EINVAL)
        self._zero(data, 12, 16, "the device's id that is asked for")
        file.iommufd = iommufd
        iommufd.devices += 1
        iommufd.next_id += 1
        file.identity = iommufd.next_id
        struct.pack_into("<I", data, 12, file.identity)
        self._start_device()
        return 0

    def _attach(self, file: DeviceFile, data: Any) -> int:
        self._sized(data, 12, 12)
        _, flags, ioas = struct.unpack_from("<III", data)
        if flags or file.iommufd is None:
            raise refuse(errno.EINVAL)
        if ioas not in file.iommufd.ioases:
            raise refuse(errno.ENOENT)
        file.ioas = ioas
        return 0

    def _detach(self, file: DeviceFile, data: Any) -> int:
        self._sized(data, 8, 8)
        if struct.unpack_from("<I", data, 4)[0]:
            raise refuse(errno.EINVAL)
        file.ioas = None
        return 0

    def open_bus(self, **options: Any) -> Any:
        """The device as barewire opens it."""
        from barewire.pci.sysfs import Sysfs
        from barewire.transport.vfio.bus import VfioBus

        sysfs = Sysfs(self.root / "sys", self.root / "dev", self.root / "proc")
        return VfioBus.open(ADDRESS, kernel=self, sysfs=sysfs, locks=self.root, **options)

    def _start_device(self) -> None:
        """What vfio-pci does when the device's first file is opened."""
        self._reset("open")
        command = self.command & ~MASTER | MEMORY
        self.endpoint.config_write(COMMAND, 2, command)

    def _reset(self, how: str) -> None:
        """Reset the function; its configuration is saved before and restored after."""
        self.resets.append(how)
        command = self.command
        self.endpoint.reset()
        self._write_places()
        self.endpoint.config_write(COMMAND, 2, 0 if how == "close" else command)
        if self.irq_kind == MSIX:
            self._set_msix(True, self.irq_size)

    def _device_info(self, data: Any) -> int:
        self._sized(data, 16)
        self._zero(data, 4, 16, "information that is asked for")
        flags = 2 | int(self.options.has_reset)
        self._answer(data, "<IIIIII", (flags, REGIONS, IRQS), 16, [])
        return 0

    def _shape(self, index: int) -> Any:
        return next((each for each in self.endpoint.bars if each.index == index), None)

    def _msix_table(self) -> tuple[int, int, int] | None:
        """(BAR, offset, size) of the MSI-X table."""
        at = self.endpoint.config_read(0x34, 1)
        while at:
            if self.endpoint.config_read(at, 1) == 0x11:
                word = self.endpoint.config_read(at + 4, 4)
                count = (self.endpoint.config_read(at + 2, 2) & 0x7FF) + 1
                self.msix_at = at
                return word & 7, word & ~7, 16 * count
            at = self.endpoint.config_read(at + 1, 1)
        return None

    def areas(self, index: int) -> list[tuple[int, int]] | None:
        """(offset, size) of what may be mapped of a BAR; None for all of it."""
        table = self._msix_table()
        if self.options.msix_mappable is not None or table is None or table[0] != index:
            return None
        start, end = table[1] // PAGE * PAGE, -(-(table[1] + table[2]) // PAGE) * PAGE
        size = self._shape(index).size_bytes
        return [each for each in ((0, start), (end, size - end)) if each[1]]

    def mappable(self, index: int) -> bool:
        return self.endpoint.bar_memory(index) is not None

    def _region_info(self, data: Any) -> int:
        self._sized(data, 32)
        _, flags, index, cap, size, offset = struct.unpack_from("<IIIIQQ", data)
        if flags or cap or size or offset:
            self.protests.append("a region's information that is asked for is not 0")
        if index >= REGIONS:
            raise refuse(errno.EINVAL)
        shape = self._shape(index)
        capabilities: list[tuple[int, bytes]] = []
        flags, size = 0, 0
        if index == CONFIG:
            flags, size = 3, 4096
        elif shape is not None:
            flags, size = 3, shape.size_bytes
            if self.mappable(index):
                flags |= 4
                areas = self.areas(index)
                if areas is not None:
                    spans = b"".join(struct.pack("<QQ", *each) for each in areas)
                    capabilities.append((1, struct.pack("<II", len(areas), 0) + spans))
                table = self._msix_table()
                if table is not None and table[0] == index and self.options.msix_mappable:
                    capabilities.append((3, b""))
        raw = self.options.region_capabilities.get(index)
        if capabilities or raw is not None:
            flags |= 8
        where = index << REGION_SHIFT
        self._answer(data, "<IIIIQQ", (flags, index, 0, size, where), 12, capabilities, raw)
        return 0

    def _irq_count(self, index: int) -> int:
        if index == MSIX:
            table = self._msix_table()
            return table[2] // 16 if table else 0
        return {0: 1, MSI: getattr(self, "msi_count", 0), 3: 1, 4: 1}.get(index, 0)

    def _irq_info(self, data: Any) -> int:
        self._sized(data, 16, 16)
        _, flags, index, count = struct.unpack_from("<IIII", data)
        if flags or count:
            self.protests.append("an interrupt's information that is asked for is not 0")
        if index >= IRQS:
            raise refuse(errno.EINVAL)
        struct.pack_into("<I", data, 4, 1 | (8 if index in (MSI, MSIX) else 0))
        struct.pack_into("<I", data, 12, self._irq_count(index))
        return 0

    def _set_irqs(self, data: Any) -> int:
        said = self._sized(data, 20)
        _, flags, index, start, count = struct.unpack_from("<IIIII", data)
        if index >= IRQS or flags & ~0x3F:
            raise refuse(errno.EINVAL)
        known = self._irq_count(index)
        if start >= known or start + count > known:
            raise refuse(errno.EINVAL, "which")
        width = {1: 0, 2: 1, 4: 4}.get(flags & 7)
        if width is None or bin(flags >> 3 & 7).count("1") != 1:
            raise refuse(errno.EINVAL, "flags")
        if said - 20 < count * width:
            raise refuse(errno.EINVAL, "data")
        if said - 20 != count * width:
            self.protests.append("there is more data than interrupts")
        if flags >> 3 & 7 != 4 or index not in (MSI, MSIX, ERROR, REQUEST):
            raise refuse(errno.ENOTTY)
        if index in (ERROR, REQUEST):
            if not flags & 4 or count != 1:
                raise refuse(errno.EINVAL)
            return self._set_notice(index, struct.unpack_from("<i", data, 20)[0])
        if flags & 1:
            if count:
                raise refuse(errno.EINVAL)
            if self.irq_kind != index:
                self.protests.append("interrupts were switched off that were not on")
            self._disable_irqs()
            return 0
        if not flags & 4:
            raise refuse(errno.EINVAL)
        return self._enable_irqs(index, start, count, struct.unpack_from(f"<{count}i", data, 20))

    def _enable_irqs(self, index: int, start: int, count: int, events: tuple[int, ...]) -> int:
        if self.irq_kind not in (None, index) or (self.irq_kind == index and start + count > self.irq_size):
            raise refuse(errno.EINVAL, "a set does not grow")
        if any(event != -1 and event not in self.events for event in events):
            raise refuse(errno.EBADF)
        if start + count > self.options.vectors_to_spare:
            return self.options.vectors_to_spare
        if self.irq_kind is None:
            self.irq_kind, self.irq_size = index, start + count
        for number, event in enumerate(events, start):
            if number in self.triggers:
                os.close(self.triggers.pop(number))
            if event != -1:
                self.triggers[number] = os.dup(event)
        if index == MSIX:
            self._set_msix(True, start + count)
        return 0

    def _set_notice(self, index: int, event: int) -> int:
        if index in self.notices:
            os.close(self.notices.pop(index))
        if event != -1:
            if event not in self.events:
                raise refuse(errno.EBADF)
            self.notices[index] = os.dup(event)
        return 0

    def tell(self, index: int) -> None:
        """Tell of an error, or want the device back."""
        os.eventfd_write(self.notices[index], 1)

    def _disable_irqs(self) -> None:
        for event in self.triggers.values():
            os.close(event)
        self.triggers.clear()
        if self.irq_kind == MSIX and not self.pulled:
            self._set_msix(False, 0)
        self.irq_kind, self.irq_size = None, 0

    def _set_msix(self, enabled: bool, count: int) -> None:
        """The kernel writes the table and the capability itself."""
        table = self._msix_table()
        if table is None:
            return
        command = self.command
        self.endpoint.config_write(COMMAND, 2, command | MEMORY)
        bar, offset, size = table
        for vector in range(size // 16):
            for number, word in enumerate((0xFEE0_0000, 0, vector, int(vector >= count))):
                self.endpoint.bar_write(bar, offset + 16 * vector + 4 * number, 4, word)
        control = self.endpoint.config_read(self.msix_at + 2, 2) & 0x3FFF
        self.endpoint.config_write(self.msix_at + 2, 2, control | 0x8000 * enabled)
        self.endpoint.config_write(COMMAND, 2, command)

    def _device_reset(self, data: Any) -> int:
        if not self.options.has_reset:
            raise refuse(errno.EINVAL)
        if self.options.busy_resets:
            self.options.busy_resets -= 1
            raise refuse(errno.EAGAIN)
        self._expect_quiet()
        if self.pulled:
            return 0
        self._reset("function")
        return 0

    def _expect_quiet(self) -> None:
        if not self.pulled and self.command & MASTER:
            self.protests.append("reset with bus mastering on")
        if self.triggers:
            self.protests.append("reset with interrupts on")

    def _hot_reset_info(self, file: DeviceFile, data: Any) -> int:
        said = self._sized(data, 12)
        affected = self.options.affected
        if affected is None:
            raise refuse(errno.ENODEV)
        by_id = file.iommufd is not None
        struct.pack_into("<I", data, 8, len(affected))
        owned = all(each[0] != 0xFFFFFFFF for each in affected)
        struct.pack_into("<I", data, 4, (1 | 2 * owned) if by_id else 0)
        if said < 12 + 8 * len(affected):
            raise refuse(errno.ENOSPC)
        for number, (identity, address) in enumerate(affected):
            segment, bus, rest = address.split(":")
            slot, function = rest.split(".")
            struct.pack_into(
                "<IHBB",
                data,
                12 + 8 * number,
                identity,
                int(segment, 16),
                int(bus, 16),
                int(slot, 16) << 3 | int(function),
            )
        return 0

    def _hot_reset(self, file: DeviceFile, data: Any) -> int:
        said = self._sized(data, 12)
        _, flags, count = struct.unpack_from("<III", data)
        affected = self.options.affected
        if flags or affected is None or said - 12 != 4 * count:
            raise refuse(errno.EINVAL)
        self._expect_quiet()
        if file.iommufd is not None:
            if count or any(each[0] == 0xFFFFFFFF for each in affected):
                raise refuse(errno.EINVAL)
        else:
            fds = struct.unpack_from(f"<{count}i", data, 12)
            groups = [self.files.get(fd) for fd in fds]
            if not count or not all(isinstance(each, Group) for each in groups):
                raise refuse(errno.EINVAL)
            if any(each[0] != GROUP for each in affected):
                raise refuse(errno.EINVAL)
        self._reset("hot")
        return 0

    # --- accesses

    def _place(self, fd: int, offset: int, size: int) -> tuple[int, int]:
        file = self.files.get(fd)
        if not isinstance(file, DeviceFile) or (file.group is None and file.iommufd is None):
            raise refuse(errno.EBADF)
        index, at = offset >> REGION_SHIFT, offset & (1 << REGION_SHIFT) - 1
        shape = self._shape(index)
        limit = 4096 if index == CONFIG else shape.size_bytes if shape else 0
        if at + size > limit:
            raise refuse(errno.EINVAL)
        if at % size or size not in (1, 2, 4, 8) or (index == CONFIG and size == 8):
            self.protests.append(f"{size} bytes at {at:#x} of region {index} are no single access")
        return index, at

    def read(self, fd: int, size_bytes: int, offset: int) -> bytes:
        index, at = self._place(fd, offset, size_bytes)
        if index == CONFIG:
            if self.pulled:
                return b"\xff" * size_bytes
            return self.endpoint.config_read(at, size_bytes).to_bytes(size_bytes, "little")
        if self.pulled or not self.command & MEMORY:
            raise refuse(errno.EIO)
        return self.endpoint.bar_read(index, at, size_bytes).to_bytes(size_bytes, "little")

    def write(self, fd: int, data: bytes, offset: int) -> None:
        index, at = self._place(fd, offset, len(data))
        value = int.from_bytes(data, "little")
        if index == CONFIG:
            if self._msix_table() and self.msix_at <= at < self.msix_at + 12:
                self.protests.append("MSI-X was set up without the kernel")
            elif not self.pulled:
                self.endpoint.config_write(at, len(data), value)
                self._show_memory(bool(self.command & MEMORY))
            return
        if self.pulled or not self.command & MEMORY:
            raise refuse(errno.EIO)
        self.endpoint.bar_write(index, at, len(data), value)

    def map(self, fd: int, size_bytes: int, offset: int, at: int | None = None) -> int:
        self._step("map")
        if "map" in self.fail:
            raise refuse(self.fail["map"])
        index, start = self._place_of_map(fd, offset)
        shape = self._shape(index)
        if shape is None or not self.mappable(index) or (size_bytes | start) & PAGE - 1:
            raise refuse(errno.EINVAL)
        areas = self.areas(index) or [(0, shape.size_bytes)]
        if not any(first <= start and start + size_bytes <= first + size for first, size in areas):
            raise refuse(errno.EINVAL)
        files = getattr(self.endpoint, "files", {})
        if index in files:
            address = LinuxKernel().map(files[index], size_bytes, start, at)
        else:
            address = self.endpoint.bar_memory(index)[0] + start
        if at is None:
            self.mapped[address] = self.mapped.get(address, 0) + 1
        elif at != address or at not in self.mapped:
            raise refuse(errno.EINVAL)
        return address

    def _place_of_map(self, fd: int, offset: int) -> tuple[int, int]:
        if not isinstance(self.files.get(fd), DeviceFile):
            raise refuse(errno.EBADF)
        return offset >> REGION_SHIFT, offset & (1 << REGION_SHIFT) - 1

    def unmap(self, address: int, size_bytes: int) -> None:
        # A BAR is at the same address each time, so that it does not matter which of its mappings goes.
        held = self.mapped if address in self.mapped else self.retired
        if address not in held:
            raise refuse(errno.EINVAL)
        held[address] -= 1
        if not held[address]:
            del held[address]
        if getattr(self.endpoint, "files", {}):
            LinuxKernel().unmap(address, size_bytes)

    def retire(self, address: int, size_bytes: int) -> None:
        if getattr(self.endpoint, "files", {}):
            LinuxKernel().retire(address, size_bytes)
            self.retired[address] = self.mapped.pop(address)
            return
        self.unmap(address, size_bytes)
        self.retired[address] = self.retired.get(address, 0) + 1

    # --- memory

    def memory(self, size_bytes: int, huge: bool) -> mmap.mmap:
        self._step("memory")
        if huge:
            if size_bytes % HUGE or size_bytes // HUGE > self.options.huge_pages:
                raise refuse(errno.ENOMEM)
            made = mmap.mmap(-1, size_bytes + HUGE)  # so that its start can be where such a page's is
            made.madvise(10)  # MADV_DONTFORK, as the real one's
        else:
            made = mmap.mmap(-1, size_bytes)
        self.memory_maps.append(made)
        return made

    def stand_in(self, address: int, size_bytes: int) -> None:
        LinuxKernel().stand_in(address, size_bytes)

    def eventfd(self) -> int:
        self._step("eventfd")
        made = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.events.add(made)
        return made

    def status(self) -> str:
        locked = self.locked // 1024
        capable = 1 << 14 if self.options.capable else 0
        return f"Name:\tpython3\nVmLck:\t{locked:8} kB\nVmPin:\t{locked:8} kB\nCapEff:\t{capable:016x}\n"

    def memlock_limit(self) -> int | None:
        return self.options.locked_limit

    def frames(self, address: int, count: int) -> list[int]:
        if not self.options.capable:
            return [0] * count
        return [self.options.frame_of(address + PAGE * each) for each in range(count)]
