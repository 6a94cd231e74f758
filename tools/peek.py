"""`barewire peek`: read registers by name, with their fields."""

from __future__ import annotations

import argparse

from barewire.errors import UsageError
from barewire.tools import registers
from barewire.tools.exits import Exit
from barewire.tools.output import Report
from barewire.tools.sanitize import finish

SUMMARY = "read registers by name, pattern or offset, with their fields"
CODES = (Exit.OK, Exit.NOT_READY, Exit.DEVICE, Exit.INPUT, Exit.UNDEFINED)
EXAMPLES = """\
barewire peek NV_PMC_BOOT_0
barewire peek --booted 'NV_PGSP_FALCON_MAILBOX*'
barewire peek 0x9400 --count 5
barewire peek NV_PMC_BOOT_42 --device snapshot:before.json"""

LARGEST_COUNT = 4096


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Registers, and how many words from an offset on."""
    parser.add_argument("registers", metavar="REGISTER", nargs="+", help="a name, a pattern or an offset")
    parser.add_argument("--count", type=int, default=1, metavar="N", help="words from each offset on")
    registers.add_source_options(parser)


def run(args: argparse.Namespace) -> Exit:
    """Read and print; a word that stands for a refused read is shown as what it means."""
    if not 1 <= args.count <= LARGEST_COUNT:
        raise UsageError(f"--count {args.count} is not possible", expected=f"1 to {LARGEST_COUNT}")
    report = Report()
    with registers.opened(args) as source:
        chosen = []
        for text in args.registers:
            first = registers.offset_of(text)
            if first is None:
                chosen += registers.choose(source.regs.table, text)
            else:
                chosen += [registers.at_offset(source.regs.table, first + 4 * i) for i in range(args.count)]
        table = registers.readings_table(report)
        for one in chosen:
            registers.add_reading(table, one, source.raw32(one.offset))
    return finish(report, args)
