"""`barewire snapshot`: keep the registers and the configuration space of a GPU in a file."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from pathlib import Path

from barewire.tools import registers, snapshot_file
from barewire.tools.exits import Exit
from barewire.tools.files import check_replaceable
from barewire.tools.output import Report, progress, progress_done
from barewire.tools.sanitize import finish
from barewire.tools.snapshot_file import Snapshot

SUMMARY = "keep the registers of a GPU, and its configuration space, in a file"
CODES = (Exit.OK, Exit.NOT_READY, Exit.DEVICE, Exit.INPUT, Exit.UNDEFINED)
EXAMPLES = """\
barewire snapshot before.json
barewire snapshot --booted after.json
barewire snapshot fsp.json --only 'NV_PFSP_*' --only 'NV_PGSP_*'"""

# Reading these moves a pointer or takes something away, so a snapshot leaves them alone.
WITH_SIDE_EFFECTS = ("EMEMD", "IMEMD", "DMEMD", "IMEMT")
RELATIVE = ("NV_PFALCON_", "NV_PRISCV_", "NV_MMU_")  # to a base, or structures in memory
STEP = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, and which registers."""
    parser.add_argument("file", metavar="FILE", type=Path, help="where to; it is replaced")
    parser.add_argument(
        "--only", action="append", default=[], metavar="REGISTER", help="a name or pattern (default: all)"
    )
    registers.add_source_options(parser)


def run(args: argparse.Namespace) -> Exit:
    """Read everything once and write the file."""
    check_replaceable(args.file)
    with registers.opened(args) as source:
        snapshot = take(source, args.only)
    snapshot_file.save(snapshot, args.file)
    report = Report()
    report.fact("file", str(args.file))
    report.fact("device", snapshot.device)
    report.fact("chip", snapshot.chip)
    report.fact("registers", len(snapshot.words))
    report.fact("config_bytes", len(snapshot.config))
    return finish(report, args)


def take(source: registers.Source, only: list[str]) -> Snapshot:
    """The words of every register that may be read without changing anything."""
    table = source.regs.table
    offsets = {
        one.offset for text in only or ["NV_*"] for one in registers.choose(table, text) if _readable(one)
    }
    if source.offsets is not None:
        offsets &= source.offsets
    taken = datetime.now(timezone.utc).isoformat(timespec="seconds")
    snapshot = Snapshot(source.name, source.chip, taken, config=source.config())
    for number, offset in enumerate(sorted(offsets)):
        if number % STEP == 0:
            progress(f"{number} of {len(offsets)} registers")
        snapshot.words[offset] = source.raw32(offset)
    progress_done()
    return snapshot


def _readable(one: registers.Chosen) -> bool:
    register = one.register
    if register is None or one.offset >= registers.BOARD_BYTES:
        return False
    elsewhere = register.name.startswith((*registers.CONFIG_SPACE, *RELATIVE))
    write_only = register.access.startswith("-W")
    return not elsewhere and not write_only and not register.name.endswith(WITH_SIDE_EFFECTS)
