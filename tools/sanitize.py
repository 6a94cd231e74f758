"""`--sanitize`: what the software GPU found that hardware leaves undefined, told by all verbs in one way.

A verb opens its device with the arguments of the command line, and ends by `finish`: the findings go into the
JSON document, or as a table to standard error, where they do not disturb what a program reads.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from barewire.errors import UsageError
from barewire.tools.exits import Exit
from barewire.tools.output import Report, Table, print_report

SANITIZING = "soft:gh100"  # the device that can
COLUMNS = ("finding", "count", "text", "place", "facts")


def add_option(parser: argparse.ArgumentParser) -> None:
    """The option, for verbs that open a device."""
    parser.add_argument(
        "--sanitize", action="store_true",
        help="find what hardware leaves undefined, on the software GPU: exit code "
        f"{Exit.UNDEFINED.value} if there is any",
    )  # fmt: skip


def wanted(args: argparse.Namespace) -> bool:
    """Whether this command line asks for it."""
    return bool(getattr(args, "sanitize", False))


def chosen_device(args: argparse.Namespace) -> str | None:
    """The device that was asked for; the one that can sanitize where that is all that was asked.

    Raises:
        UsageError: the device that was named has no sanitizer.
    """
    device: str | None = args.device
    if not wanted(args):
        return device
    if device is not None and not device.startswith("soft:"):
        raise UsageError(
            f"{device} cannot tell what is undefined: only a software GPU sees every access",
            hint=f"Take --device {SANITIZING}, or leave --sanitize out.",
            device=device,
        )
    return device or SANITIZING


def take(args: argparse.Namespace, source: Any) -> None:
    """Keep what a device or a bus found, once it is closed.

    Args:
        source: has `findings()`.
    """
    if wanted(args):
        args.found = [*found_by(args), *source.findings()]


def found_by(args: argparse.Namespace) -> list[Any]:
    """What was found so far."""
    return list(getattr(args, "found", ()))


def finish(report: Report, args: argparse.Namespace, code: Exit = Exit.OK) -> Exit:
    """Print a verb's report and what was found; the exit code says so where nothing worse is to be said."""
    found = found_by(args)
    if wanted(args) and args.json:
        fill(report.table("findings", *COLUMNS), found)
    print_report(report, as_json=args.json)
    return conclude(args, code)


def conclude(args: argparse.Namespace, code: Exit = Exit.OK) -> Exit:
    """The same for a verb whose report is out already."""
    found = found_by(args)
    if wanted(args) and not args.json:
        print_findings(found)
    return Exit.UNDEFINED if found and code is Exit.OK else code


def print_findings(found: list[Any]) -> None:
    """The findings, or that there are none, to standard error."""
    report = Report()
    if found:
        fill(report.table("findings", *COLUMNS), found)
    else:
        report.note("sanitizer: nothing found")
    print_report(report, as_json=False, stream=sys.stderr)


def fill(table: Table, found: list[Any]) -> None:
    """A row for each finding."""
    for one in found:
        place = None if one.place is None else str(one.place)
        facts = {name: _shown(value) for name, value in one.facts.items()}
        table.add(finding=one.kind, count=one.count, text=one.text, place=place, facts=facts)


def rows(found: list[Any]) -> list[dict[str, Any]]:
    """The findings as plain data."""
    report = Report()
    fill(report.table("findings", *COLUMNS), found)
    data: list[dict[str, Any]] = report.data()["findings"]
    return data


def _shown(value: Any) -> Any:
    """Numbers of hardware are addresses, sizes and words: hexadecimal says more."""
    plain = isinstance(value, int) and not isinstance(value, bool)
    return f"{value:#x}" if plain and value > 9 else value
