"""`barewire unbind`: put back what `barewire bind` changed."""

from __future__ import annotations

import argparse

from barewire.errors import BindRefused
from barewire.pci.bind import Binder
from barewire.pci.state import Record
from barewire.pci.steps import Step
from barewire.pci.sysfs import VFIO_PCI
from barewire.tools import binding
from barewire.tools.exits import Exit
from barewire.tools.output import Report, print_report, progress, progress_done

SUMMARY = "give a GPU back to the driver that had it before `bind`, exactly as it was"
CODES = (Exit.OK, Exit.NOT_READY, Exit.DEVICE, Exit.INPUT)
EXAMPLES = "barewire unbind 0000:01:00.0\nbarewire unbind --all\nbarewire unbind 0000:01:00.0 --dry-run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to restore."""
    binding.add_address(parser)
    parser.add_argument("--all", action="store_true", help="everything that barewire has bound")
    parser.add_argument("--dry-run", action="store_true", help="print each write, and write nothing")
    binding.add_timeout(parser)


def run(args: argparse.Namespace) -> Exit:
    """Restore by the state file, or say what would be done."""
    binder = binding.make_binder(args.timeout)
    report = Report()
    done: list[Step] = []

    def doing(step: Step) -> None:
        progress(f"{step.command} ...")
        done.append(step)

    records = _records(args, binder)
    for record in records:
        if args.dry_run:
            done += binder.restore_steps(record)
            continue
        try:
            notes = binder.restore(record, doing)
        finally:
            progress_done()
        for note in notes:
            report.note(f"{note}: it was left alone.")
    binding.add_steps(report, "writes", done)
    drivers = report.table("functions", "address", "driver", "driver_was")
    for record in records:
        for was in record.functions:
            drivers.add(address=was.address, driver=binder.sysfs.driver(was.address), driver_was=was.driver)
    if args.dry_run:
        report.note("Nothing was written.")
    elif not records:
        report.note("There is nothing to restore.")
    print_report(report, as_json=args.json)
    return Exit.OK


def _records(args: argparse.Namespace, binder: Binder) -> list[Record]:
    """What is meant.

    Raises:
        BindRefused: vfio-pci has the device, but not by barewire.
    """
    if args.all:
        return list(binder.states.all())
    address = binding.chosen(args, binder.sysfs)
    record = binder.states.find(address)
    if record is not None:
        return [record]
    if binder.sysfs.function(address).driver == VFIO_PCI:
        raise BindRefused(
            f"{address} was not bound to vfio-pci by barewire, which has no record of how it was before",
            hint="Whoever bound it gives it back: driverctl, libvirt, or the kernel's command line.",
            address=address,
        )
    return []
