"""`barewire vm`: page tables: an address looked up, all that is mapped, and whether it is right."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from barewire.errors import UsageError
from barewire.tools import vm_words
from barewire.tools.exits import Exit
from barewire.tools.output import Report
from barewire.tools.sanitize import finish
from barewire.tools.vm_source import add_options, opened

SUMMARY = "look at page tables: walk an address, map all that is mapped, diff with what should be"
CODES = (Exit.OK, Exit.FINDING, Exit.NOT_READY, Exit.DEVICE, Exit.INPUT, Exit.UNDEFINED)
EXAMPLES = """\
barewire vm map
barewire vm map --map 4M:64K:host:ro --tables
barewire vm walk 0x1000200100 staging+0x12345
barewire vm diff --map 3M --map 1M:4K:host:ro
barewire vm map --json >before.json; barewire vm diff before.json after.json
barewire vm map --device nv:0 --space rm --map 64K:4K@0x2000000000"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The three ways of looking, each with its options."""
    ways = parser.add_subparsers(dest="way", metavar="WHAT", required=True)
    walk = ways.add_parser("walk", help="look addresses up, level by level", allow_abbrev=False)
    walk.add_argument(
        "addresses", metavar="ADDRESS", nargs="+",
        help="a GPU virtual address, or the name of what is mapped, such as staging+0x1000",
    )  # fmt: skip
    walk.add_argument("--fields", action="store_true", help="every field of every entry, by name")
    shown = ways.add_parser(
        "map", help="all that is mapped, in ranges, and what it is for", allow_abbrev=False
    )
    shown.add_argument(
        "--tables", "--tree", action="store_true", help="the page tables, with what is in each"
    )
    shown.add_argument("--pieces", action="store_true", help="a range for each piece of memory")
    diff = ways.add_parser(
        "diff", help="the tables in memory against what barewire's builder makes; or two saved maps",
        allow_abbrev=False,
    )  # fmt: skip
    diff.add_argument("maps", metavar="MAP.json", nargs="*", help="two files that `vm map --json` wrote")
    diff.add_argument(
        "--no-addresses", action="store_true",
        help="of saved maps: compare what is mapped and how, not where in memory it is",
    )  # fmt: skip
    for way in (walk, shown, diff):
        add_options(way, roots=way is not diff)
        _repeat_common(way)
    _add_range(shown)


def _add_range(parser: argparse.ArgumentParser) -> None:
    for option, what in (("--start", "the first address to look at"), ("--end", "the first one not to")):
        parser.add_argument(option, metavar="ADDRESS", help=what)


def _repeat_common(parser: argparse.ArgumentParser) -> None:
    """The common options after the way, too; SUPPRESS keeps what was said before it."""
    for option in ("--json", "--debug", "--sanitize"):
        parser.add_argument(option, action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.add_argument("--device", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> Exit:
    """Look, print, and say by the exit code whether something was found to be wrong."""
    ways: dict[str, Callable[[argparse.Namespace], tuple[Report, Exit]]] = {
        "walk": walked,
        "map": mapped,
        "diff": compared,
    }
    report, code = ways[args.way](args)
    return finish(report, args, code)


def walked(args: argparse.Namespace) -> tuple[Report, Exit]:
    """FINDING if an access to one of the addresses would fault."""
    with opened(args) as source:
        from barewire.tools.vm_walk import walk_report

        addresses = [vm_words.place(text, source.regions) for text in args.addresses]
        report, everywhere = walk_report(source, addresses, fields=args.fields)
    return report, Exit.OK if everywhere else Exit.FINDING


def mapped(args: argparse.Namespace) -> tuple[Report, Exit]:
    """All ranges between two addresses."""
    start, end = (
        None if text is None else vm_words.number(text, "an address") for text in (args.start, args.end)
    )
    if end is not None and end <= (start or 0):
        raise UsageError("there are no addresses between --start and --end", start_va=start or 0, end_va=end)
    with opened(args) as source:
        from barewire.tools.vm_map import map_report

        return map_report(source, start, end, tables=args.tables, pieces=args.pieces), Exit.OK


def compared(args: argparse.Namespace) -> tuple[Report, Exit]:
    """FINDING if anything differs."""
    from barewire.tools import vm_diff

    if not args.maps:
        if args.no_addresses:
            raise UsageError("--no-addresses is of two saved maps")
        with opened(args) as source:
            return vm_diff.tables_report(source)
    if len(args.maps) != 2:
        raise UsageError(
            "two saved maps are compared, or none and the tables of a device", files=len(args.maps)
        )
    if args.buffers or args.space != "device":
        raise UsageError("--map and --space are of a device, not of saved maps")
    return vm_diff.maps_report(args.maps[0], args.maps[1], addresses=not args.no_addresses)
