"""`barewire diff`: what is different between two snapshots, register by register, field by field."""

from __future__ import annotations

import argparse

from barewire.tools import registers, snapshot_file
from barewire.tools.exits import Exit
from barewire.tools.output import Report, hexadecimal, print_report
from barewire.tools.snapshot_file import Snapshot

SUMMARY = "compare two snapshots, register by register and field by field"
CODES = (Exit.OK, Exit.FINDING, Exit.INPUT)
EXAMPLES = "barewire diff before.json after.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two files."""
    parser.add_argument("before", metavar="BEFORE", help="a snapshot file")
    parser.add_argument("after", metavar="AFTER", help="another one")


def run(args: argparse.Namespace) -> Exit:
    """Print the differences; FINDING if there are any."""
    before, after = snapshot_file.load(args.before), snapshot_file.load(args.after)
    report = Report()
    different = compare(report, before, after)
    print_report(report, as_json=args.json)
    return Exit.FINDING if different else Exit.OK


def compare(report: Report, before: Snapshot, after: Snapshot) -> bool:
    """Fill a report; whether anything differs."""
    table = registers.table_for(after.chip)
    if before.chip != after.chip:
        report.fact("chips", [before.chip, after.chip])
    rows = report.table("registers", "register", "offset", "before", "after", "fields")
    for offset in sorted({*before.words, *after.words}):
        old, new = before.words.get(offset), after.words.get(offset)
        if old == new:
            continue
        one = registers.at_offset(table, offset)
        rows.add(
            register=one.label, offset=hexadecimal(offset, 24), before=hexadecimal(old),
            after=hexadecimal(new), fields=changed_fields(one, old, new),
        )  # fmt: skip
    config = report.table("config", "offset", "before", "after")
    for offset in range(0, max(len(before.config), len(after.config)), 4):
        parts = [snapshot.config[offset : offset + 4] for snapshot in (before, after)]
        if parts[0] != parts[1]:
            config.add(
                offset=hexadecimal(offset, 12),
                before=hexadecimal(int.from_bytes(parts[0], "little")) if parts[0] else None,
                after=hexadecimal(int.from_bytes(parts[1], "little")) if parts[1] else None,
            )
    return bool(rows.rows or config.rows or before.chip != after.chip)


def changed_fields(one: registers.Chosen, old: int | None, new: int | None) -> dict[str, str]:
    """The fields whose values differ, as "from -> to"."""
    if old is None or new is None:
        return {}
    first, second = one.reading(old), one.reading(new)
    if first is None or second is None:
        return {}
    return {
        name: f"{value} -> {second.fields()[name]}"
        for name, value in first.fields().items()
        if value != second.fields()[name]
    }
