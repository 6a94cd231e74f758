"""What this machine offers a GPU driver: read from /proc, /sys and /dev, never changed.

Every path hangs below `root`, so that a test can describe a machine as a folder. Facts: Linux
Documentation/ABI/testing/sysfs-bus-pci, sysfs-kernel-iommu_groups; OGKM:kernel-open/nvidia/nv-procfs.c.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

NVIDIA = 0x10DE
DISPLAY_CLASSES = (0x0300, 0x0302)  # VGA controller, 3D controller
CAP_SYS_ADMIN = 21  # include/uapi/linux/capability.h
SECURE_BOOT = (
    "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"  # UEFI global variables
)
TOOL_TIMEOUT_S = 10.0  # a compiler prints its version in far less


@dataclass(frozen=True)
class PciGpu:
    """One NVIDIA display function on the PCI bus."""

    pci_address: str
    device_id: int
    class_code: int
    driver: str | None
    iommu_group: str | None
    minor: int | None
    model: str | None


@dataclass(frozen=True)
class Node:
    """A device file: whether it is there, and whether this process may read and write it."""

    path: str
    exists: bool
    usable: bool


def _memlock_limit() -> int | None:
    import resource

    soft = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    return None if soft == resource.RLIM_INFINITY else soft


@dataclass
class Machine:
    """The machine below `root`.

    Args:
        root: where /proc, /sys and /dev are.
        access: os.access, or a stand-in.
        find_tool: shutil.which, or a stand-in.
        memlock_limit: gives the limit of locked memory in bytes, None for unlimited.
    """

    root: Path = Path("/")
    access: Callable[[Path, int], bool] = os.access
    find_tool: Callable[[str], str | None] = shutil.which
    memlock_limit: Callable[[], int | None] = field(default=_memlock_limit)

    def read(self, relative: str) -> str | None:
        """A small text file without surrounding space, or None where it cannot be read."""
        try:
            return (self.root / relative).read_text(errors="replace").strip()
        except OSError:
            return None

    def read_bytes(self, relative: str) -> bytes | None:
        """A small binary file, or None where it cannot be read."""
        try:
            return (self.root / relative).read_bytes()
        except OSError:
            return None

    def names(self, relative: str) -> list[str]:
        """The sorted names in a folder; none where it cannot be read."""
        try:
            return sorted(entry.name for entry in (self.root / relative).iterdir())
        except OSError:
            return []

    def exists(self, relative: str) -> bool:
        """Whether a path is there."""
        try:
            return (self.root / relative).exists()
        except OSError:
            return False

    def node(self, relative: str) -> Node:
        """A device file below `root`."""
        path = self.root / relative
        exists = self.exists(relative)
        usable = exists and self.access(path, os.R_OK | os.W_OK)
        return Node("/" + relative, exists, usable)

    @cached_property
    def driver_version(self) -> str | None:
        """The version of NVIDIA's kernel driver that is loaded, e.g. "580.95.05", or None."""
        version = self.read("sys/module/nvidia/version")
        if version:
            return version
        banner = self.read("proc/driver/nvidia/version") or ""
        found = re.search(r"\b(\d{3}\.\d{1,4}(?:\.\d{1,4})?)\b", banner)
        return found.group(1) if found else None

    @cached_property
    def driver_is_open(self) -> bool | None:
        """Whether the loaded driver is the open-kernel-modules flavour; None where nobody tells."""
        banner = self.read("proc/driver/nvidia/version")
        return None if banner is None else "Open Kernel Module" in banner

    @cached_property
    def gpus(self) -> list[PciGpu]:
        """NVIDIA's display functions on the PCI bus, by address."""
        found = [self._gpu(address) for address in self.names("sys/bus/pci/devices")]
        return [gpu for gpu in found if gpu is not None]

    def _gpu(self, address: str) -> PciGpu | None:
        folder = f"sys/bus/pci/devices/{address}"
        vendor, device, class_code = (
            _hex(self.read(f"{folder}/{name}")) for name in ("vendor", "device", "class")
        )
        if vendor != NVIDIA or device is None or class_code is None or class_code >> 8 not in DISPLAY_CLASSES:
            return None
        information = self._information(address)
        minor = information.get("Device Minor", "")
        return PciGpu(
            pci_address=address,
            device_id=device,
            class_code=class_code,
            driver=self._link_name(f"{folder}/driver"),
            iommu_group=self._link_name(f"{folder}/iommu_group"),
            minor=int(minor) if minor.isdigit() else None,
            model=information.get("Model") or None,
        )

    def _information(self, address: str) -> dict[str, str]:
        text = self.read(f"proc/driver/nvidia/gpus/{address}/information") or ""
        pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
        return {key.strip(): value.strip() for key, value in pairs}

    def _link_name(self, relative: str) -> str | None:
        try:
            return os.path.basename(os.readlink(self.root / relative))
        except OSError:
            return None

    @cached_property
    def device_minors(self) -> list[int]:
        """The N of every /dev/nvidiaN."""
        matches = (re.fullmatch(r"nvidia(\d+)", name) for name in self.names("dev"))
        return sorted(int(match.group(1)) for match in matches if match)

    @cached_property
    def has_sys_admin(self) -> bool | None:
        """Whether this process has CAP_SYS_ADMIN, which RM asks for some of its controls."""
        status = self.read("proc/self/status") or ""
        found = re.search(r"^CapEff:\s*([0-9a-fA-F]+)$", status, re.MULTILINE)
        return bool(int(found.group(1), 16) >> CAP_SYS_ADMIN & 1) if found else None

    @cached_property
    def iommu_units(self) -> list[str]:
        """IOMMUs that the kernel drives."""
        return self.names("sys/class/iommu")

    @cached_property
    def iommu_groups(self) -> list[str]:
        """Numbers of the IOMMU groups."""
        return self.names("sys/kernel/iommu_groups")

    @cached_property
    def vfio_modules(self) -> list[str]:
        """VFIO's parts that are loaded."""
        parts = ("vfio", "vfio_pci", "vfio_iommu_type1", "iommufd")
        return [name for name in parts if self.exists(f"sys/module/{name}")]

    @cached_property
    def hugepages(self) -> tuple[int, int, int] | None:
        """Hugepages (total, free, size in bytes), or None."""
        text = self.read("proc/meminfo") or ""
        values = dict(
            re.findall(r"^(HugePages_Total|HugePages_Free|Hugepagesize):\s+(\d+)", text, re.MULTILINE)
        )
        if len(values) < 3:
            return None
        return (
            int(values["HugePages_Total"]),
            int(values["HugePages_Free"]),
            int(values["Hugepagesize"]) << 10,
        )

    @cached_property
    def lockdown(self) -> str | None:
        """The kernel's lockdown mode ("none", "integrity", "confidentiality"), None without lockdown."""
        found = re.search(r"\[(\w+)\]", self.read("sys/kernel/security/lockdown") or "")
        return found.group(1) if found else None

    @cached_property
    def secure_boot(self) -> bool | None:
        """Whether the firmware booted with Secure Boot; None where there is no EFI variable to read."""
        data = self.read_bytes(SECURE_BOOT)
        return bool(data[-1]) if data and len(data) >= 5 else None

    def tool(self, name: str) -> tuple[str, str | None] | None:
        """Path and version of a CUDA tool, None where it is not there."""
        path = self.find_tool(name)
        if path is None:
            return None
        return path, _tool_version(path)


def find_cuda_tool(name: str) -> str | None:
    """A CUDA tool on PATH, below CUDA_HOME or /usr/local/cuda, or in NVIDIA's packages of this Python."""
    if name == "ptxas":
        return _ptxas_of_the_loader()
    on_path = shutil.which(name)
    if on_path:
        return on_path
    homes = [os.environ.get("CUDA_HOME"), os.environ.get("CUDA_PATH"), "/usr/local/cuda"]
    folders = [Path(home) / "bin" for home in homes if home]
    for folder in (*folders, *_package_folders()):
        candidate = folder / name
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return str(candidate)
    return None


def _ptxas_of_the_loader() -> str | None:
    """The assembler that loading PTX would call."""
    from barewire.compute.ptx import find_ptxas
    from barewire.errors import CompilerMissing

    try:
        return find_ptxas()
    except CompilerMissing:
        return None


def _package_folders() -> list[Path]:
    import sysconfig

    packages = Path(sysconfig.get_paths()["purelib"]) / "nvidia"
    return sorted(packages.glob("*/bin"), reverse=True) if packages.is_dir() else []  # the newest first


def _tool_version(path: str) -> str | None:
    try:
        ended = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=TOOL_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    found = re.search(r"release [\d.]+, V([\d.]+)", ended.stdout)
    return found.group(1) if found else None


def _hex(text: str | None) -> int | None:
    try:
        return int(text or "", 16)
    except ValueError:
        return None
