"""`barewire unbind`: put back what `barewire bind` changed."""

from __future__ import annotations

import argparse

from barewire.errors import BarewireError, BindRefused, DeviceBusy, UsageError
from barewire.pci.bind import Binder
from barewire.pci.plan import IN_USE, NOT_READY, Obstacle
from barewire.pci.state import Record
from barewire.pci.steps import Step
from barewire.pci.sysfs import VFIO_PCI
from barewire.tools import binding
from barewire.tools.exits import Exit
from barewire.tools.output import Report, print_report, progress, progress_done

SUMMARY = "give a GPU back to the driver that had it before `bind`, exactly as it was"
CODES = (Exit.OK, Exit.FINDING, Exit.NOT_READY, Exit.DEVICE, Exit.INPUT)
EXAMPLES = "barewire unbind 0000:01:00.0\nbarewire unbind --all\nbarewire unbind 0000:01:00.0 --dry-run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to restore."""
    binding.add_address(parser)
    parser.add_argument("--all", action="store_true", help="everything that barewire has bound")
    parser.add_argument("--dry-run", action="store_true", help="print each write, and write nothing")
    binding.add_timeout(parser)


def run(args: argparse.Namespace) -> Exit:
    """Restore by the state file, or say what would be done; FINDING if something stands against that."""
    binder = binding.make_binder(args.timeout)
    report = Report()
    done: list[Step] = []

    def doing(step: Step) -> None:
        progress(f"{step.command} ...")
        done.append(step)

    records, errors = _records(args, binder)
    for record in records:
        try:
            if args.dry_run:
                done += binder.restore_steps(record)
                binder.check_restore(record)
            else:
                for note in binder.restore(record, doing):
                    report.note(f"{note}: it was left alone.")
        except BarewireError as error:
            errors.append(error)
        finally:
            progress_done()
    if errors and not args.dry_run:
        _add_others(errors)
        raise errors[0]
    if args.dry_run:
        binding.add_obstacles(report, [_obstacle(each) for each in errors])
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
    return Exit.FINDING if errors else Exit.OK


def _obstacle(error: BarewireError) -> Obstacle:
    return Obstacle(IN_USE if isinstance(error, DeviceBusy) else NOT_READY, error.message, error.hint or "")


def _add_others(errors: list[BarewireError]) -> None:
    """One error is raised; it tells of the others."""
    if len(errors) > 1:
        errors[0].facts["others"] = "; ".join(each.message for each in errors[1:])


def _records(args: argparse.Namespace, binder: Binder) -> tuple[list[Record], list[BarewireError]]:
    """What is meant, and what keeps a part of it from being known.

    Raises:
        UsageError: an address is named, and all are meant.
        BindRefused: vfio-pci has the device, but not by barewire.
    """
    if args.all:
        if binding.named(args) is not None:
            raise UsageError("either a GPU is named, or --all")
        records, broken = binder.states.look()
        return list(records), [error for _, error in broken]
    address = binding.chosen(args, binder.sysfs)
    record = binder.states.find(address)
    if record is not None:
        return [record], []
    if binder.sysfs.function(address).driver == VFIO_PCI:
        raise BindRefused(
            f"{address} was not bound to vfio-pci by barewire, which has no record of how it was before",
            hint="Whoever bound it gives it back: driverctl, libvirt, or the kernel's command line.",
            address=address,
        )
    return [], []
