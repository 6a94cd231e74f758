"""`barewire watch`: look at registers again and again, and print what changes."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

from barewire.errors import UsageError
from barewire.tools import registers
from barewire.tools.exits import Exit
from barewire.tools.output import Report
from barewire.tools.sanitize import conclude, finish

SUMMARY = "look at registers again and again, and print what changes"
CODES = (Exit.OK, Exit.NOT_READY, Exit.DEVICE, Exit.INPUT, Exit.UNDEFINED)
EXAMPLES = """\
barewire watch NV_THERM_I2CS_SCRATCH --count 10
barewire watch NV_PTIMER_TIME_0 --interval 0.5 --seconds 3"""

SHORTEST_INTERVAL_S = 0.001


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Registers, how often, and when to end."""
    parser.add_argument("registers", metavar="REGISTER", nargs="+", help="a name, a pattern or an offset")
    parser.add_argument("--interval", type=float, default=0.1, metavar="S", help="seconds between looks")
    parser.add_argument("--count", type=int, metavar="N", help="end after so many looks")
    parser.add_argument("--seconds", type=float, metavar="S", help="end after so long")
    registers.add_source_options(parser)


def run(args: argparse.Namespace) -> Exit:
    """Print each change as it is seen (with --json all of them at the end); ends by itself or by Ctrl-C."""
    if not args.interval >= SHORTEST_INTERVAL_S:
        raise UsageError(
            f"--interval {args.interval} is too short", expected=f"at least {SHORTEST_INTERVAL_S}"
        )
    if args.json and args.count is None and args.seconds is None:
        raise UsageError("one JSON document needs an end", hint="Give --count or --seconds.")
    everything = Report()
    changes = everything.table("changes", "elapsed_s", "register", "value", "fields")
    looks = 0
    with registers.opened(args) as source:
        chosen = [one for text in args.registers for one in registers.choose(source.regs.table, text)]
        for looks, elapsed_s, seen in observe(source, chosen, args):  # noqa: B007  said at the end
            for one, word in seen:
                row = {
                    "elapsed_s": round(elapsed_s, 3), "register": one.label, "value": f"{word:#010x}",
                    "fields": registers.shown_fields(one, word),
                }  # fmt: skip
                changes.add(**row)
                if not args.json:
                    _print_now(row)
    everything.fact("looks", looks)
    return finish(everything, args) if args.json else conclude(args)


def observe(
    source: registers.Source, chosen: list[registers.Chosen], args: argparse.Namespace
) -> Iterator[tuple[int, float, list[tuple[registers.Chosen, int]]]]:
    """(looks so far, seconds since the first, what is new) for every look."""
    last: dict[int, int] = {}
    start = time.monotonic()
    looks = 0
    while True:
        looks += 1
        seen = []
        for one in chosen:
            word = source.raw32(one.offset)
            if last.get(one.offset) != word:
                last[one.offset] = word
                seen.append((one, word))
        elapsed_s = time.monotonic() - start
        yield looks, elapsed_s, seen
        if looks == args.count or (args.seconds is not None and elapsed_s >= args.seconds):
            return
        time.sleep(args.interval)


def _print_now(row: dict[str, Any]) -> None:
    from barewire.tools.output import text_of

    print(
        f"{row['elapsed_s']:9.3f}  {row['register']} = {row['value']}  {text_of(row['fields'])}", flush=True
    )
