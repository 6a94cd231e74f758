"""`barewire bind`: give a GPU, and what shares its IOMMU group, to vfio-pci. Undone by `barewire unbind`."""

from __future__ import annotations

import argparse
import grp
import os
import pwd

from barewire.errors import UsageError
from barewire.pci.plan import Agreed
from barewire.pci.state import MOST_IDS
from barewire.pci.steps import Step
from barewire.pci.sysfs import parse_address
from barewire.pci.verdict import how_to_open
from barewire.tools import binding, lasting
from barewire.tools.exits import Exit
from barewire.tools.output import Report, print_report, progress, progress_done

SUMMARY = "give a GPU to vfio-pci, so that barewire can open it; `unbind` puts everything back"
CODES = (Exit.OK, Exit.FINDING, Exit.NOT_READY, Exit.DEVICE, Exit.INPUT)
EXAMPLES = """\
barewire bind 0000:01:00.0 --dry-run
barewire bind 0000:01:00.0 --with 0000:01:00.1 --owner $USER
barewire bind 0000:01:00.0 --show-lasting"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to bind, and what is agreed to."""
    binding.add_address(parser)
    parser.add_argument("--dry-run", action="store_true", help="print each write, and write nothing")
    parser.add_argument(
        "--with", dest="members", metavar="ADDRESS", action="append", default=[],
        help="agree that this other function of the IOMMU group is bound too; may be repeated",
    )  # fmt: skip
    parser.add_argument("--whole-group", action="store_true", help="agree to all functions of the group")
    parser.add_argument("--dark-screen", action="store_true", help="agree that a screen or console goes dark")
    parser.add_argument(
        "--dma-unprotected", action="store_true",
        help="agree to run without an IOMMU: DMA UNPROTECTED, the device can read and write all memory",
    )  # fmt: skip
    parser.add_argument("--load-module", action="store_true", help="load vfio-pci if it is not loaded")
    parser.add_argument(
        "--owner", metavar="USER[:GROUP]", help="give the files in /dev/vfio to somebody who is not root"
    )
    parser.add_argument(
        "--show-lasting", action="store_true",
        help="print the udev rule and the kernel command line that bind at every start, and write nothing",
    )  # fmt: skip
    binding.add_timeout(parser)


def run(args: argparse.Namespace) -> Exit:
    """Plan, then do it, or say what would be done; FINDING if a dry run meets something against it."""
    binder = binding.make_binder(args.timeout)
    address = binding.chosen(args, binder.sysfs)
    uid, gid = owner(args.owner)
    agreed = Agreed(
        members=frozenset(parse_address(each) for each in args.members),
        whole_group=args.whole_group,
        dark_screen=args.dark_screen,
        dma_unprotected=args.dma_unprotected,
        load_module=args.load_module,
        uid=uid,
        gid=gid,
    )
    plan = binder.plan(address, agreed)
    report = Report()
    if args.show_lasting:
        lasting.show(report, plan, args.owner, binder.sysfs)
        print_report(report, as_json=args.json)
        return Exit.OK
    if args.dry_run:
        binding.add_members(report, plan)
        binding.add_holders(report, plan, binder.sysfs)
        binding.add_obstacles(report, plan.obstacles)
        binding.add_steps(report, "writes", plan.steps)
        report.note("Nothing was written.")
        print_report(report, as_json=args.json)
        return Exit.FINDING if plan.obstacles else Exit.OK
    done: list[Step] = []

    def doing(step: Step) -> None:
        progress(f"{step.command} ...")
        done.append(step)

    try:
        record = binder.bind(plan, doing)
    finally:
        progress_done()
    names = binder.sysfs.vfio_of(address)
    binding.add_steps(report, "writes", done)
    report.fact("device", f"vfio:{address}")
    report.fact("iommu_group", names.group)
    report.fact("files", [str(path) for path in binder.sysfs.vfio_files(address)])
    report.fact("dma_protected", names.group is not None and not binder.sysfs.group(names.group).no_iommu)
    if record is None:
        report.note("vfio-pci has it already: nothing was written.")
        if args.owner:
            files = " ".join(str(path) for path in binder.sysfs.vfio_files(address))
            report.note(f"Its files have the owner that they had: `chown {args.owner} {files}` changes it.")
    else:
        report.fact("state_file", str(binder.states.path(record.address)))
        report.note(f"Next: {how_to_open(binder.plan(address))}; later `barewire unbind {address}`.")
    user = os.environ.get("SUDO_USER")
    if user and not args.owner:
        report.note(f"Only root can open it; `barewire unbind {address}`, then bind with --owner {user}.")
    print_report(report, as_json=args.json)
    return Exit.OK


def owner(text: str | None) -> tuple[int, int]:
    """User and group ids of "user", "user:group" or ":group", by name or number; -1 for what is not said.

    Raises:
        UsageError: there is no such user or group.
    """
    if text is None:
        return -1, -1
    user, _, group = text.partition(":")
    if not user and not group:
        raise UsageError(f"--owner {text!r} names nobody", expected="USER, USER:GROUP or :GROUP")
    try:
        uid = -1 if not user else int(user) if user.isdecimal() else pwd.getpwnam(user).pw_uid
        gid = -1 if not group else int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid
    except KeyError as error:
        raise UsageError(f"--owner {text!r}: {error.args[0]}") from error
    if max(uid, gid) >= MOST_IDS:
        raise UsageError(
            f"--owner {text!r}: {max(uid, gid)} is nobody's number", expected=f"less than {MOST_IDS}"
        )
    return uid, gid
