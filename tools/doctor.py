"""`barewire doctor`: what this machine has of what a GPU driver needs, each with the remedy."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from barewire.errors import BarewireError
from barewire.pci.plan import IOMMU_REMEDY, LOAD_REMEDY
from barewire.tools import sanitize
from barewire.tools.exits import Exit
from barewire.tools.list import devices, gpus
from barewire.tools.machine import Machine, find_cuda_tool
from barewire.tools.output import Report

SUMMARY = "check drivers, devices, permissions, IOMMU, memory limits and compilers, each with the remedy"
CODES = (Exit.OK, Exit.FINDING, Exit.UNDEFINED)
EXAMPLES = "barewire doctor\nbarewire doctor --device nv:0 --json"

OK = "ok"  # there, and right
NOTE = "note"  # worth knowing; the work goes on without it
MISSING = "missing"  # something that only part of the work needs
FAIL = "fail"  # no device can be opened because of it

MEMLOCK_ADVISED = 64 << 20  # a pinned buffer of the size that demo copies

REQUIRED_PACKAGES = ("numpy", "cffi")
OPTIONAL_PACKAGES = {
    "ml_dtypes": "bfloat16 arrays",
    "rich": "tables with colour on a terminal",
    "argcomplete": "completion in the shell",
    "pytest": "the tests",
    "hypothesis": "the fuzz tests",
}


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    check: str
    state: str
    detail: str
    remedy: str | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument(
        "--no-open", action="store_true", help="look at files only; do not try to open a device"
    )


def run(args: argparse.Namespace) -> Exit:
    """Check everything; FINDING if no device can be opened."""
    machine = Machine(find_tool=find_cuda_tool)
    device = sanitize.chosen_device(args)
    opener = partial(open_and_describe, args=args) if sanitize.wanted(args) else open_and_describe
    findings = list(examine(machine, device, open_device=None if args.no_open else opener))
    report = Report()
    table = report.table("checks", "check", "state", "detail", "remedy")
    for finding in findings:
        table.add(check=finding.check, state=finding.state, detail=finding.detail, remedy=finding.remedy)
    opens = can_open(findings)
    report.fact("device_opens", opens)
    return sanitize.finish(report, args, Exit.OK if opens else Exit.FINDING)


def can_open(findings: list[Finding]) -> bool:
    """Whether the last word of the checks is that a device opens."""
    return any(finding.check == "open" and finding.state == OK for finding in findings)


def open_and_describe(device: str | None, args: argparse.Namespace | None = None) -> str:
    """Open a device, say what it is, close it.

    Args:
        args: of a command line that asks for what the device found, too.
    """
    from barewire.tools.device import open_device

    dev = open_device(device, args is not None)
    try:
        facts = dev.facts
        return f"{facts.name} ({facts.chip}, sm_{facts.sm_version}, driver {facts.driver_version})"
    finally:
        dev.close()
        if args is not None:
            sanitize.take(args, dev)


def examine(
    machine: Machine, device: str | None = None, *, open_device: Callable[[str | None], str] | None = None
) -> Iterator[Finding]:
    """Every check in turn, from what must be there to what is good to have.

    Args:
        machine: where to look.
        device: the device string that matters; None for any.
        open_device: opens a device and describes it; None to judge by the files alone.
    """
    bad = FAIL if silicon_is_meant(machine, device) else NOTE
    yield from _gpus(machine, bad)
    of_nvidia = bad if nvidia_is_meant(machine, device) else NOTE
    yield from _driver(machine, of_nvidia)
    yield from _nodes(machine, of_nvidia)
    yield _sys_admin(machine)
    yield _native_extension()
    yield from _packages()
    yield from _compilers(machine)
    yield _memlock(machine)
    yield _hugepages(machine)
    yield _iommu(machine)
    yield _vfio(machine)
    yield _lockdown(machine)
    yield _secure_boot(machine)
    yield _open(machine, device, open_device)


def silicon_is_meant(machine: Machine, device: str | None) -> bool:
    """Whether a GPU is asked for, or there is any: else the software GPU is what opens, and lacks nothing."""
    if device is not None:
        return not device.startswith("soft:")
    return bool(machine.gpus or machine.device_minors)


def nvidia_is_meant(machine: Machine, device: str | None) -> bool:
    """Whether NVIDIA's kernel driver has to be there: not for GPUs that vfio-pci has, nor for served ones."""
    if device is not None:
        return device.startswith("nv:")
    return bool(machine.device_minors) or any(gpu.driver != "vfio-pci" for gpu in machine.gpus)


def _gpus(machine: Machine, bad: str) -> Iterator[Finding]:
    if not machine.gpus:
        if machine.device_minors:
            yield Finding(
                "gpu", NOTE, "no NVIDIA GPU in /sys/bus/pci, but device files are there (a container)"
            )
        else:
            yield Finding("gpu", bad, "no NVIDIA GPU on the PCI bus", "run on a machine with an NVIDIA GPU")
    for gpu in machine.gpus:
        named = f"{gpu.pci_address} 10de:{gpu.device_id:04x} {gpu.model or ''}".rstrip()
        bound = f"driver {gpu.driver}" if gpu.driver else "no driver"
        group = f"IOMMU group {gpu.iommu_group}" if gpu.iommu_group else "no IOMMU group"
        state = OK if gpu.driver in ("nvidia", "vfio-pci") else MISSING
        give = f"`barewire bind {gpu.pci_address}` gives it to barewire"
        if gpu.driver is None:
            give += ", `modprobe nvidia` to NVIDIA's driver"
        remedy = None if state == OK else f"{give}; `barewire status` says what stands against it"
        yield Finding("gpu", state, f"{named}: {bound}, {group}", remedy)


def _driver(machine: Machine, bad: str) -> Iterator[Finding]:
    version = machine.driver_version
    if version is None:
        yield Finding(
            "kernel driver", bad, "NVIDIA's kernel driver is not loaded",
            "install driver 580 and run `modprobe nvidia`",
        )  # fmt: skip
        return
    flavour = {True: "open modules", False: "proprietary modules", None: "flavour not told"}[
        machine.driver_is_open
    ]
    known = known_driver_versions()
    if known is None:
        yield Finding("kernel driver", NOTE, f"{version}, {flavour}; the known layouts could not be listed")
    elif is_known(version, known):
        yield Finding("kernel driver", OK, f"{version}, {flavour}; its layouts are known")
    else:
        yield Finding(
            "kernel driver", FAIL, f"{version}, {flavour}; its layouts are not known",
            f"install one of {', '.join(known)}, or open with nearest_abi=True",
        )  # fmt: skip


def known_driver_versions() -> list[str] | None:
    """Kernel driver versions whose layouts barewire has; None where the RM part cannot tell."""
    try:
        from barewire.abi.layout import known_versions
    except ImportError:
        return None
    return known_versions()


def is_known(version: str, known: list[str]) -> bool:
    """Whether a version is among the known ones."""
    return version in known


def _nodes(machine: Machine, bad: str) -> Iterator[Finding]:
    names = ["dev/nvidiactl", *(f"dev/nvidia{minor}" for minor in machine.device_minors)]
    if not machine.device_minors:
        names.append("dev/nvidia0")
    for name in names:
        node = machine.node(name)
        if node.usable:
            yield Finding("device file", OK, f"{node.path} can be read and written")
        elif node.exists:
            remedy = f"`chmod 666 {node.path}` as root, or add this user to its group"
            yield Finding("device file", FAIL, f"{node.path} may not be read and written", remedy)
        else:
            remedy = "run `nvidia-modprobe -c 0`, or pass the devices on to this container"
            yield Finding("device file", bad, f"{node.path} is not there", remedy)


def _sys_admin(machine: Machine) -> Finding:
    if machine.has_sys_admin:
        return Finding("CAP_SYS_ADMIN", OK, "this process has it: RM's privileged controls are open")
    detail = "this process does not have it: RM refuses its privileged controls; launches and copies work"
    return Finding(
        "CAP_SYS_ADMIN", NOTE, detail, "run as root (in a container: --cap-add SYS_ADMIN) if needed"
    )


def _native_extension() -> Finding:
    try:
        from barewire.native import _native
    except ImportError as problem:
        return Finding(
            "native extension", FAIL, f"cannot be loaded: {problem}", "`pip install -e .` with a C compiler"
        )
    return Finding(
        "native extension", OK, f"{getattr(_native, '__name__', 'barewire.native')} is built and loads"
    )


def _packages() -> Iterator[Finding]:
    for name in REQUIRED_PACKAGES:
        version = _package_version(name)
        if version is None:
            yield Finding("package", FAIL, f"{name} is not installed", f"pip install {name}")
        else:
            yield Finding("package", OK, f"{name} {version}")
    for name, purpose in OPTIONAL_PACKAGES.items():
        version = _package_version(name)
        if version is None:
            yield Finding("package", MISSING, f"{name} is not installed ({purpose})", f"pip install {name}")
        else:
            yield Finding("package", OK, f"{name} {version} ({purpose})")


def _package_version(name: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


_COMPILERS = {
    "nvcc": "building kernels from CUDA sources",
    "ptxas": "loading PTX",
    "nvdisasm": "reading machine code",
}


def _compilers(machine: Machine) -> Iterator[Finding]:
    for name, purpose in _COMPILERS.items():
        found = machine.tool(name)
        if found is None:
            remedy = (
                "install the CUDA toolkit, or `pip install nvidia-cuda-nvcc`; shipped kernels do not need it"
            )
            yield Finding("compiler", MISSING, f"{name} was not found ({purpose})", remedy)
        else:
            path, version = found
            yield Finding("compiler", OK, f"{name} {version or 'of unknown version'} at {path} ({purpose})")


def _memlock(machine: Machine) -> Finding:
    limit = machine.memlock_limit()
    if limit is None:
        return Finding("locked memory", OK, "unlimited")
    if limit >= MEMLOCK_ADVISED:
        return Finding("locked memory", OK, f"limit {limit} bytes")
    return Finding(
        "locked memory",
        NOTE,
        f"limit {limit} bytes: DMA buffers over VFIO need more",
        "`ulimit -l unlimited`",
    )


def _hugepages(machine: Machine) -> Finding:
    pages = machine.hugepages
    if pages is None:
        return Finding("hugepages", NOTE, "this kernel has none; DMA memory falls back to ordinary pages")
    total, free, size = pages
    if total == 0:
        return Finding(
            "hugepages", NOTE, f"none of {size} bytes reserved; DMA memory falls back to ordinary pages",
            "`sysctl vm.nr_hugepages=64` for fewer, larger mappings",
        )  # fmt: skip
    return Finding("hugepages", OK, f"{total} of {size} bytes, {free} free")


def _iommu(machine: Machine) -> Finding:
    if machine.iommu_groups:
        units = ", ".join(machine.iommu_units) or "no unit listed"
        return Finding("IOMMU", OK, f"on: {units}; {len(machine.iommu_groups)} groups")
    return Finding("IOMMU", NOTE, "off: there are no IOMMU groups", f"only VFIO needs it: {IOMMU_REMEDY}")


def _vfio(machine: Machine) -> Finding:
    if "vfio_pci" in machine.vfio_modules:
        return Finding("VFIO", OK, f"loaded: {', '.join(machine.vfio_modules)}")
    loaded = ", ".join(machine.vfio_modules) or "no part of it"
    return Finding(
        "VFIO", NOTE, f"vfio-pci is not loaded ({loaded} is)", f"only VFIO needs it: {LOAD_REMEDY}"
    )


def _lockdown(machine: Machine) -> Finding:
    mode = machine.lockdown
    if mode is None:
        return Finding("lockdown", OK, "this kernel has no lockdown")
    if mode == "none":
        return Finding("lockdown", OK, "off")
    return Finding(
        "lockdown", NOTE, f"{mode}: BARs cannot be mapped through sysfs", "use VFIO, which lockdown allows"
    )


def _secure_boot(machine: Machine) -> Finding:
    if machine.secure_boot is None:
        return Finding("secure boot", OK, "not in use (no EFI variable says otherwise)")
    if not machine.secure_boot:
        return Finding("secure boot", OK, "off")
    return Finding(
        "secure boot",
        NOTE,
        "on: kernel modules must be signed",
        "sign NVIDIA's modules, or use the distribution's",
    )


def _open(machine: Machine, device: str | None, open_device: Callable[[str | None], str] | None) -> Finding:
    silicon = [row for row in gpus(machine) if row.get("device")]
    # What a driver owns is what opens by default, or says why it does not: it is not passed over in silence.
    rows = silicon if silicon and device is None else devices(machine)
    candidates = [row for row in rows if row["opens"]]
    named: Any = device or (candidates[0]["device"] if candidates else None)
    if open_device is None:
        wanted = [row for row in candidates if device is None or row["device"] == device]
        if wanted:
            return Finding("open", OK, f"{wanted[0]['device']} looks as if it opens (not tried)")
        return Finding(
            "open", FAIL, f"{device or 'no device'} cannot be opened", "see the lines above that say fail"
        )
    if named is None:
        return Finding("open", FAIL, "there is no device to open", "see the lines above that say fail")
    try:
        return Finding("open", OK, f"{named} opens: {open_device(named)}")
    except BarewireError as error:
        return Finding("open", FAIL, f"{named} does not open: {error.message}", error.hint)
