"""`barewire reset`: reset a GPU that nobody drives, by the kernel's own switch."""

from __future__ import annotations

import argparse

from barewire.pci import reset as pci_reset
from barewire.tools import binding
from barewire.tools.exits import Exit
from barewire.tools.output import Report, print_report

SUMMARY = "reset a GPU that no driver and no process has, and look whether it came back as it was"
CODES = (Exit.OK, Exit.NOT_READY, Exit.DEVICE)
EXAMPLES = "barewire reset 0000:01:00.0\nbarewire reset 0000:01:00.0 --method flr\nbarewire reset --dry-run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which GPU, and how."""
    binding.add_address(parser)
    parser.add_argument(
        "--method", help='how, such as "flr" or "bus" (default: the first one that `barewire status` lists)'
    )
    parser.add_argument("--dry-run", action="store_true", help="look whether it may be done, and do nothing")


def run(args: argparse.Namespace) -> Exit:
    """Check, reset, compare."""
    binder = binding.make_binder()
    address = binding.chosen(args, binder.sysfs)
    report = Report()
    function = pci_reset.check(binder.sysfs, address, args.method)
    report.fact("address", address)
    report.fact("method", args.method or next(iter(function.reset_methods), None))
    if args.dry_run:
        report.note("Nothing was done.")
    else:
        done = pci_reset.reset(binder.sysfs, address, args.method, writer=binder.writer)
        report.fact("changed_config", [f"{offset:#04x}" for offset in done.changed])
        report.note("It came back: the same device, with its BARs where they were.")
    print_report(report, as_json=args.json)
    return Exit.OK
