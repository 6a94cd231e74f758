"""`barewire poke`: write a register, a whole word or some of its fields."""

from __future__ import annotations

import argparse

from barewire.errors import FieldRange, UnknownName, UsageError
from barewire.tools import registers
from barewire.tools.exits import Exit
from barewire.tools.output import Report
from barewire.tools.sanitize import finish

SUMMARY = "write a register: a word, or single fields of it"
CODES = (Exit.OK, Exit.NOT_READY, Exit.DEVICE, Exit.UNDEFINED)
EXAMPLES = """\
barewire poke NV_PBUS_SW_SCRATCH(1) 0x12345678
barewire poke NV_PGSP_FALCON_MAILBOX0 DATA=7
barewire poke --dry-run NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET(6) VECTOR=1"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One register, and what to write."""
    parser.add_argument("register", metavar="REGISTER", help="a name or an offset")
    parser.add_argument(
        "values", metavar="VALUE", nargs="+", help="a word, or FIELD=VALUE of one field or more"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be written, and write nothing")
    registers.add_source_options(parser)


def run(args: argparse.Namespace) -> Exit:
    """Write, and show the register before and after. Fields that are not named keep their bits."""
    report = Report()
    with registers.opened(args) as source:
        chosen = registers.choose(source.regs.table, args.register)
        if len(chosen) != 1:
            raise UsageError(
                f"{args.register} means {len(chosen)} registers", hint="Name one: NAME(0), or its offset."
            )
        one = chosen[0]
        before = source.raw32(one.offset)
        word = _wanted(one, before, args.values)
        table = report.table("steps", "when", "register", "value", "fields")
        _step(table, "before", one, before)
        _step(table, "to write" if args.dry_run else "written", one, word)
        if not args.dry_run:
            source.regs.io.write32(one.offset, word)
            _step(table, "after", one, source.raw32(one.offset))
    return finish(report, args)


def _step(table: registers.Table, when: str, one: registers.Chosen, word: int) -> None:
    table.add(when=when, register=one.label, value=f"{word:#010x}", fields=registers.shown_fields(one, word))


def _wanted(one: registers.Chosen, before: int, texts: list[str]) -> int:
    """The word to write.

    Raises:
        UsageError: neither one word nor fields.
        UnknownName, FieldRange: a field is not there, or its value does not fit.
    """
    if len(texts) == 1 and "=" not in texts[0]:
        word = registers.as_number(texts[0])
        if word is None:
            raise UsageError(f"{texts[0]!r} is neither a word nor FIELD=VALUE")
        if word >= 1 << 32:
            raise FieldRange(f"{texts[0]} does not fit into a 32-bit register")
        return word
    fields: dict[str, int | str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise UsageError(f"{text!r} is not FIELD=VALUE")
        number = registers.as_number(value)
        fields[name] = value if number is None else number
    if one.register is None:
        raise UnknownName(f"{one.label} has no fields that are published", hint="Give a whole word.")
    return one.register.encode(before, **fields)
