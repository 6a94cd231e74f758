"""What `status`, `bind` and `unbind` share: the machine, the GPU that is meant, and tables of it."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace

from barewire.errors import NoDevice, UsageError
from barewire.pci import ids
from barewire.pci.bind import Binder
from barewire.pci.holders import nvidia_modeset
from barewire.pci.plan import Obstacle, Plan
from barewire.pci.steps import Step, Timeouts
from barewire.pci.sysfs import Function, Sysfs, parse_address
from barewire.tools.output import Report

DEVICE_KIND = "vfio:"


def make_binder(timeout_s: float | None = None) -> Binder:
    """For this machine."""
    timeouts = Timeouts()
    if timeout_s is not None:
        timeouts = replace(timeouts, unbind=timeout_s, bind=timeout_s)
    return Binder(timeouts=timeouts)


def add_address(parser: argparse.ArgumentParser) -> None:
    """The GPU, as an argument that may be left away."""
    parser.add_argument(
        "address",
        metavar="ADDRESS",
        nargs="?",
        help="a GPU's PCI address, such as 0000:01:00.0 or vfio:01:00.0",
    )


def add_timeout(parser: argparse.ArgumentParser) -> None:
    """How patient to be."""
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        help="after how long a driver's farewell or welcome is given up (default: 30 and 120)",
    )


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 3600:
        raise ValueError(text)
    return value


def named(args: argparse.Namespace) -> str | None:
    """The address that the command line names, in full; None without.

    Raises:
        UsageError: it is no PCI address, or there are two.
    """
    words = {parse_address(word.removeprefix(DEVICE_KIND)) for word in (args.address, args.device) if word}
    if len(words) > 1:
        raise UsageError(f"two GPUs are named: {' and '.join(sorted(words))}")
    return next(iter(words), None)


def chosen(args: argparse.Namespace, sysfs: Sysfs) -> str:
    """The address that is meant: the one that is named, or the only GPU there is.

    Raises:
        NoDevice: there is no GPU.
        UsageError: there are several, and none is named.
    """
    address = named(args)
    if address is not None:
        return address
    gpus = sysfs.gpus()
    if not gpus:
        raise NoDevice("there is no NVIDIA GPU on the PCI bus", hint="`barewire doctor` says what is here.")
    if len(gpus) > 1:
        raise UsageError("which GPU?", hint="Name one: " + ", ".join(gpu.address for gpu in gpus))
    return gpus[0].address


def what_it_is(function: Function) -> str:
    """A function's name, or its class where nobody knows a name."""
    name = ids.device_name(function.vendor_id, function.device_id)
    return name or ids.class_name(function.class_code)


def add_members(report: Report, plan: Plan) -> None:
    """The IOMMU group, with what would happen to each of its functions."""
    table = report.table("group_members", "address", "id", "what", "driver", "would", "impact")
    taken = {each.address for each in plan.taken}
    for each in plan.members:
        would = "be bound to vfio-pci" if each.address in taken else _stays(each)
        impact = ids.high_impact(each.class_code) if each.address in taken else None
        table.add(
            address=each.address,
            id=each.id_text,
            what=what_it_is(each),
            driver=each.driver,
            would=would,
            impact=impact and f"{impact}: this machine may need it",
        )


def _stays(function: Function) -> str:
    if function.is_bridge:
        return "stay: a bridge is never bound"
    return f"stay with {function.driver}"


def add_holders(report: Report, plan: Plan, sysfs: Sysfs) -> None:
    """Who uses what would be bound."""
    table = report.table("holders", "kind", "address", "pid", "what", "remedy")
    for holder in plan.look.holders:
        table.add(
            kind=holder.kind, address=holder.address, pid=holder.pid, what=holder.what, remedy=holder.remedy
        )
    note_unseen(report, plan.look.unseen_processes)
    if plan.function.driver == "nvidia" and nvidia_modeset(sysfs):
        report.note(
            "nvidia-drm was loaded with modeset: NVIDIA's driver may keep the GPU until it is unloaded."
        )


def note_unseen(report: Report, processes: int) -> None:
    """Who is not root does not see everybody who uses a GPU."""
    if processes:
        report.note(f"{processes} processes of other users could not be looked at: root sees them.")


def add_obstacles(report: Report, obstacles: Iterable[Obstacle]) -> None:
    """What stands against it."""
    table = report.table("obstacles", "kind", "what", "remedy")
    for each in obstacles:
        table.add(kind=each.kind, what=each.message, remedy=each.hint)


def add_steps(report: Report, key: str, steps: tuple[Step, ...] | list[Step]) -> None:
    """Each write, as a shell would do it."""
    table = report.table(key, "step", "command", "why")
    for number, step in enumerate(steps, 1):
        table.add(step=number, command=step.command, why=step.why)
