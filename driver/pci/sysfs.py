"""PCI functions, their drivers and their IOMMU groups, as Linux shows them below /sys. Nothing is written.

The roots are injectable: a folder that looks like a machine is one. Nothing is remembered: each call reads.
A file that is not there, or that this process may not read, is None or empty, since kernels differ in which
they have.

Facts: Linux Documentation/ABI/testing/sysfs-bus-pci, sysfs-kernel-iommu_groups, sysfs-devices-power;
Documentation/driver-api/vfio.rst (`vfio-dev`, /dev/vfio/N, /dev/vfio/devices); include/linux/ioport.h.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from barewire.errors import NoDevice, UsageError

NVIDIA = 0x10DE
VFIO_PCI = "vfio-pci"
CLASS_DISPLAY = 0x03
CLASS_BRIDGE = 0x06
DISPLAY_SUBCLASSES = (0x00, 0x02)  # VGA controller, 3D controller

ADDRESS = re.compile(r"(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([01][0-9a-f])\.([0-7])", re.IGNORECASE)
NO_OVERRIDE = "(null)"  # what the kernel prints where there is none
NOIOMMU_PARAMETER = "module/vfio/parameters/enable_unsafe_noiommu_mode"  # below the root
NOIOMMU_GROUP = "vfio-noiommu"  # the name of a group that VFIO made up, without an IOMMU behind it

BAR_COUNT = 6
ROM_RESOURCE = 6
RESOURCE_IO = 0x100
RESOURCE_MEMORY = 0x200
RESOURCE_PREFETCHABLE = 0x2000
RESOURCE_64BIT = 0x100000


class VfioNames(NamedTuple):
    """By which names VFIO offers a function.

    Attributes:
        group: its IOMMU group, whose file is /dev/vfio/GROUP; None without one.
        cdev: its own file's name in /dev/vfio/devices; None where the kernel has no such files.
    """

    group: int | None
    cdev: str | None


@dataclass(frozen=True)
class Resource:
    """A BAR (index 0 .. 5) or the expansion ROM (6), as the kernel assigned it.

    Attributes:
        bus_address: of its first byte on the CPU's side; 0 if it was not assigned.
        size_bytes: of it.
    """

    index: int
    bus_address: int
    size_bytes: int
    is_io: bool
    is_64bit: bool
    prefetchable: bool


@dataclass(frozen=True)
class Function:
    """A PCI function, at the moment when it was read.

    Attributes:
        address: "0000:01:00.0".
        class_code: three bytes: class, subclass, interface.
        driver: the name of the one that is bound; None without.
        driver_override: the only driver that may bind, where that was said.
        iommu_group: its number; None without.
        numa_node: the nearest memory's; None where nobody knows.
        power_state: "D0", "D3hot", ...; None on kernels that do not tell.
        runtime_status: of runtime power management: "active", "suspended", "unsupported".
        boot_vga: whether the firmware showed its messages on it; None for what is no VGA controller.
        reset_methods: in the order in which the kernel tries them: "flr", "bus", ...
        virtual_functions: how many SR-IOV functions of it are on.
    """

    address: str
    vendor_id: int
    device_id: int
    subsystem_vendor_id: int
    subsystem_id: int
    class_code: int
    revision_id: int
    driver: str | None
    driver_override: str | None
    iommu_group: int | None
    numa_node: int | None
    power_state: str | None
    runtime_status: str | None
    boot_vga: bool | None
    reset_methods: tuple[str, ...]
    virtual_functions: int

    @property
    def id_text(self) -> str:
        """Vendor and device as lspci writes them: "10de:2330"."""
        return f"{self.vendor_id:04x}:{self.device_id:04x}"

    @property
    def is_bridge(self) -> bool:
        """Whether other functions are behind it."""
        return self.class_code >> 16 == CLASS_BRIDGE

    @property
    def is_gpu(self) -> bool:
        """Whether it is a display function of NVIDIA's."""
        return (
            self.vendor_id == NVIDIA
            and self.class_code >> 16 == CLASS_DISPLAY
            and self.class_code >> 8 & 0xFF in DISPLAY_SUBCLASSES
        )


@dataclass(frozen=True)
class Group:
    """An IOMMU group: functions that the IOMMU cannot tell apart.

    Attributes:
        number: its name in /sys/kernel/iommu_groups.
        kind: what the kernel's own DMA uses there: "DMA", "DMA-FQ", "identity", ...; None where nobody tells.
        no_iommu: VFIO made it up: there is no IOMMU, and DMA goes wherever the device wants.
        members: addresses, in order; those that are not on the PCI bus are left out.
    """

    number: int
    kind: str | None
    no_iommu: bool
    members: tuple[str, ...]


def parse_address(text: str) -> str:
    """A PCI address in full, "0000:01:00.0"; "01:00.0" is of domain 0.

    Raises:
        UsageError: it is none.
    """
    found = ADDRESS.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise UsageError(f"{text!r} is no PCI address", expected="such as 0000:01:00.0")
    domain, bus, device, function = found.groups()
    return f"{int(domain or '0', 16):04x}:{bus}:{device}.{function}".lower()


def check_is_gpu(function: Function) -> None:
    """Refuse what is no GPU: nobody binds or resets something else by a slip of the finger.

    Raises:
        UsageError: it is none.
    """
    if function.is_bridge:
        raise UsageError(
            f"{function.address} is a bridge: VFIO takes functions behind it, never the bridge itself",
            address=function.address,
        )
    if not function.is_gpu:
        raise UsageError(
            f"{function.address} ({function.id_text}) is no GPU of NVIDIA's",
            hint="`barewire status` lists them.",
            address=function.address,
        )


class Sysfs:
    """The PCI functions of a machine.

    Args:
        root: where its sysfs is.
        dev: where its device files are.
        proc: where its procfs is.
    """

    def __init__(
        self, root: Path = Path("/sys"), dev: Path = Path("/dev"), proc: Path = Path("/proc")
    ) -> None:
        self.root = Path(root)
        self.dev = Path(dev)
        self.proc = Path(proc)

    @property
    def bus(self) -> Path:
        """The folder of the PCI bus."""
        return self.root / "bus/pci"

    def folder(self, address: str) -> Path:
        """The folder of a function, as a link in the bus's list."""
        return self.bus / "devices" / address

    def driver_folder(self, driver: str) -> Path:
        """The folder of a PCI driver; it is there while the driver is loaded."""
        return self.bus / "drivers" / driver

    def addresses(self) -> tuple[str, ...]:
        """Every function's address, in order."""
        return tuple(name for name in names_in(self.bus / "devices") if ADDRESS.fullmatch(name))

    def exists(self, address: str) -> bool:
        """Whether there is a function at an address."""
        return self.folder(address).exists()

    def function(self, address: str) -> Function:
        """What is known of one function.

        Args:
            address: in full or without its domain.

        Raises:
            NoDevice: there is none.
            UsageError: it is no address.
        """
        address = parse_address(address)
        folder = self.folder(address)
        vendor, device = number_in(folder / "vendor"), number_in(folder / "device")
        if vendor is None or device is None:
            raise NoDevice(
                f"there is no PCI function {address}",
                hint="`barewire status` lists the GPUs of this machine.",
                address=address,
            )
        node = number_in(folder / "numa_node")
        vga = text_in(folder / "boot_vga")
        return Function(
            address=address,
            vendor_id=vendor,
            device_id=device,
            subsystem_vendor_id=number_in(folder / "subsystem_vendor") or 0,
            subsystem_id=number_in(folder / "subsystem_device") or 0,
            class_code=number_in(folder / "class") or 0,
            revision_id=number_in(folder / "revision") or 0,
            driver=self.driver(address),
            driver_override=self.driver_override(address),
            iommu_group=self.iommu_group(address),
            numa_node=None if node is None or node < 0 else node,
            power_state=text_in(folder / "power_state"),
            runtime_status=text_in(folder / "power/runtime_status"),
            boot_vga=None if vga is None else vga == "1",
            reset_methods=tuple((text_in(folder / "reset_method") or "").split()),
            virtual_functions=number_in(folder / "sriov_numvfs") or 0,
        )

    def functions(self) -> tuple[Function, ...]:
        """Every function, by address. One that leaves while they are read is left out."""
        found = []
        for address in self.addresses():
            try:
                found.append(self.function(address))
            except NoDevice:
                continue
        return tuple(found)

    def gpus(self) -> tuple[Function, ...]:
        """NVIDIA's display functions, by address."""
        return tuple(each for each in self.functions() if each.is_gpu)

    def driver(self, address: str) -> str | None:
        """The driver that is bound to a function now."""
        return link_name(self.folder(address) / "driver")

    def driver_override(self, address: str) -> str | None:
        """The only driver that may bind to a function; None where any may."""
        said = text_in(self.folder(address) / "driver_override")
        return None if said in (None, "", NO_OVERRIDE) else said

    def power_control(self, address: str) -> str | None:
        """Whether a function may sleep while nobody uses it: "auto" or "on"; None where nobody tells."""
        said = text_in(self.folder(address) / "power/control")
        return said if said in ("auto", "on") else None

    def iommu_group(self, address: str) -> int | None:
        """The number of a function's IOMMU group."""
        name = link_name(self.folder(address) / "iommu_group")
        return int(name) if name is not None and name.isdecimal() else None

    def group(self, number: int) -> Group:
        """An IOMMU group.

        Raises:
            NoDevice: there is none of that number.
        """
        folder = self.root / "kernel/iommu_groups" / str(number)
        if not folder.is_dir():
            raise NoDevice(f"there is no IOMMU group {number}", group=number)
        members = tuple(name for name in names_in(folder / "devices") if ADDRESS.fullmatch(name))
        no_iommu = text_in(folder / "name") == NOIOMMU_GROUP
        return Group(number, text_in(folder / "type"), no_iommu, members)

    def has_iommu(self) -> bool:
        """Whether an IOMMU is on."""
        return bool(names_in(self.root / "class/iommu") or names_in(self.root / "kernel/iommu_groups"))

    def resources(self, address: str) -> tuple[Resource, ...]:
        """The BARs that a function has, and its ROM if there is one."""
        found = []
        for index, line in enumerate((text_in(self.folder(address) / "resource") or "").splitlines()):
            words = [as_number(word) for word in line.split()]
            if index > ROM_RESOURCE or len(words) != 3:
                break
            start, end, flags = (word or 0 for word in words)
            if flags & (RESOURCE_IO | RESOURCE_MEMORY) and end > start:
                found.append(
                    Resource(
                        index,
                        start,
                        end - start + 1,
                        bool(flags & RESOURCE_IO),
                        bool(flags & RESOURCE_64BIT),
                        bool(flags & RESOURCE_PREFETCHABLE),
                    )
                )
        return tuple(found)

    def bars(self, address: str) -> tuple[Resource, ...]:
        """The BARs that a function has."""
        return tuple(each for each in self.resources(address) if each.index < BAR_COUNT)

    def vfio_of(self, address: str) -> VfioNames:
        """By which names VFIO offers a function, which has to be bound to a driver of VFIO's to have them.

        Raises:
            NoDevice: there is no such function.
            UsageError: it is no address.
        """
        address = parse_address(address)
        if not self.exists(address):
            raise NoDevice(f"there is no PCI function {address}", address=address)
        cdevs = [name for name in names_in(self.folder(address) / "vfio-dev") if name.startswith("vfio")]
        return VfioNames(self.iommu_group(address), cdevs[0] if cdevs else None)

    def group_file(self, number: int) -> Path:
        """The file of an IOMMU group for VFIO's users; groups without an IOMMU have another name."""
        made_up = self.dev / "vfio" / f"noiommu-{number}"
        return made_up if made_up.exists() else self.dev / "vfio" / str(number)

    def vfio_files(self, address: str) -> tuple[Path, ...]:
        """The files by which VFIO offers a function that are there: its group's, and its own."""
        names = self.vfio_of(address)
        files = [] if names.group is None else [self.group_file(names.group)]
        if names.cdev is not None:
            files.append(self.dev / "vfio/devices" / names.cdev)
        return tuple(path for path in files if path.exists())

    def on_driver(self, driver: str) -> tuple[str, ...]:
        """The addresses of the functions that a driver is bound to, in order."""
        return tuple(name for name in names_in(self.driver_folder(driver)) if ADDRESS.fullmatch(name))

    def module_of(self, driver: str) -> str:
        """The kernel module that a PCI driver is of; the driver's own name where that is not told."""
        return link_name(self.driver_folder(driver) / "module") or driver

    def module_loaded(self, module: str) -> bool:
        """Whether a kernel module is loaded, or built in and shown; "-" and "_" are the same."""
        return (self.root / "module" / module.replace("-", "_")).is_dir()


def text_in(path: Path) -> str | None:
    """A small text file without surrounding space; None where it cannot be read."""
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return None


def as_number(text: str) -> int | None:
    """A decimal number, or one that begins with 0x; None for what is neither."""
    try:
        return int(text, 0)
    except ValueError:
        return None


def number_in(path: Path) -> int | None:
    """The number in a small text file; None where there is none."""
    text = text_in(path)
    return None if text is None else as_number(text)


def names_in(folder: Path) -> tuple[str, ...]:
    """The sorted names in a folder; none where it cannot be read."""
    try:
        return tuple(sorted(os.listdir(folder)))
    except OSError:
        return ()


def link_name(path: Path) -> str | None:
    """The last part of where a link leads; None where there is no link."""
    try:
        return os.path.basename(os.readlink(path))
    except OSError:
        return None
