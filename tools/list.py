"""`barewire list`: the devices of this machine and the device string that opens each."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from barewire.tools.exits import Exit
from barewire.tools.machine import Machine, Node, PciGpu
from barewire.tools.output import Report, print_report

SUMMARY = "list the devices that could be opened, and the string that opens each"
CODES = (Exit.OK, Exit.NOT_READY)
EXAMPLES = "barewire list\nbarewire list --json"

SOFTWARE_GPU: dict[str, Any] = {
    "device": "soft:gh100",
    "pci_address": None,
    "pci_id": "10de:2330",
    "model": "software GH100",
    "driver": None,
    "opens": True,
    "detail": "in this process; the default where no GPU opens",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the common options."""


def run(args: argparse.Namespace) -> Exit:
    """List every device; NOT_READY if none of those that were asked for can be opened."""
    rows = list(devices(Machine()))
    if args.device:
        rows = [row for row in rows if args.device in (row.get("device"), row.get("pci_address"))]
    report = Report()
    table = report.table("devices", "device", "pci_address", "pci_id", "model", "driver", "opens", "detail")
    for row in rows:
        table.add(**row)
    if not rows:
        named = f" named {args.device}" if args.device else ""
        report.note(f"There is no device{named} here; `barewire doctor` says what was looked at.")
    print_report(report, as_json=args.json)
    return Exit.OK if any(row["opens"] for row in rows) else Exit.NOT_READY


def devices(machine: Machine) -> Iterator[dict[str, Any]]:
    """One row for each GPU on the PCI bus, one for each device file that belongs to none of them, and last
    the software GPU, which every machine has."""
    yield from gpus(machine)
    yield SOFTWARE_GPU


def gpus(machine: Machine) -> Iterator[dict[str, Any]]:
    """The rows of silicon."""
    control = machine.node("dev/nvidiactl")
    seen = set()
    for gpu in machine.gpus:
        if gpu.driver == "nvidia" and gpu.minor is not None:
            seen.add(gpu.minor)
        yield _pci_row(machine, control, gpu)
    sole = [gpu for gpu in machine.gpus if gpu.driver == "nvidia" and gpu.minor is None]
    for minor in machine.device_minors:
        if minor not in seen and not sole:
            yield _node_row(machine, control, minor)


def _pci_row(machine: Machine, control: Node, gpu: PciGpu) -> dict[str, Any]:
    row = {
        "pci_address": gpu.pci_address,
        "pci_id": f"10de:{gpu.device_id:04x}",
        "model": gpu.model,
        "driver": gpu.driver,
    }
    bind = f"`barewire bind {gpu.pci_address}` gives it to barewire"
    if gpu.driver is None:
        return row | {"opens": False, "detail": f"no driver is bound; {bind}, `modprobe nvidia` to NVIDIA's"}
    if gpu.driver == "vfio-pci":
        return row | _vfio_state(machine, gpu)
    if gpu.driver != "nvidia":
        return row | {"opens": False, "detail": f"bound to {gpu.driver}; {bind}"}
    minor = gpu.minor
    if minor is None:
        minor = _guessed_minor(machine, gpu)
    if minor is None:
        return row | {"opens": False, "detail": "no /dev/nvidiaN is known for it"}
    return row | _state(machine, control, minor)


def _vfio_state(machine: Machine, gpu: PciGpu) -> dict[str, Any]:
    device = {"device": f"vfio:{gpu.pci_address}", "opens": False}
    if machine.exists(f"dev/vfio/noiommu-{gpu.iommu_group}"):
        return device | {"detail": "there is no IOMMU: DMA unprotected, opens only with unsafe_no_iommu=True"}
    cdevs = machine.names(f"sys/bus/pci/devices/{gpu.pci_address}/vfio-dev")
    names = [f"dev/vfio/{gpu.iommu_group}", *(f"dev/vfio/devices/{name}" for name in cdevs)]
    nodes = [node for name in names if (node := machine.node(name)).exists]
    if not nodes:
        return device | {"detail": "vfio-pci has it, but /dev/vfio has no file of it (a container?)"}
    usable = [node.path for node in nodes if node.usable]
    if not usable:
        how = f"bind it with --owner, or `chown` {nodes[0].path}"
        return device | {"detail": f"{nodes[0].path} may not be read and written: {how}"}
    return device | {"opens": True, "detail": f"by {usable[0]}"}


def _guessed_minor(machine: Machine, gpu: PciGpu) -> int | None:
    """Without /proc/driver/nvidia/gpus: the driver counts minors in PCI order, if each GPU has its file."""
    bound = [other.pci_address for other in machine.gpus if other.driver == "nvidia"]
    if len(machine.device_minors) != len(bound):
        return None
    return machine.device_minors[bound.index(gpu.pci_address)]


def _node_row(machine: Machine, control: Node, minor: int) -> dict[str, Any]:
    return {"driver": "nvidia"} | _state(machine, control, minor)


def _state(machine: Machine, control: Node, minor: int) -> dict[str, Any]:
    node = machine.node(f"dev/nvidia{minor}")
    for needed in (control, node):
        if not needed.exists:
            return {"device": f"nv:{minor}", "opens": False, "detail": f"{needed.path} is not there"}
        if not needed.usable:
            return {
                "device": f"nv:{minor}",
                "opens": False,
                "detail": f"{needed.path} may not be read and written",
            }
    return {"device": f"nv:{minor}", "opens": True, "detail": f"by {node.path}"}
