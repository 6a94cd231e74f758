"""`barewire lookup`: what is published of a register, by name, pattern or offset; no device is needed."""

from __future__ import annotations

import argparse

from barewire.errors import FieldRange, UsageError
from barewire.tools import registers
from barewire.tools.exits import Exit
from barewire.tools.output import Report, hexadecimal, print_report

SUMMARY = "look registers up by name, pattern or offset, with their fields and where they are published"
CODES = (Exit.OK, Exit.NOT_READY)
EXAMPLES = """\
barewire lookup NV_PMC_BOOT_0 --value 0x180000a1
barewire lookup 'NV_PFSP_*'
barewire lookup 0x1100f4
barewire lookup NV_PFALCON_FALCON_HWCFG2 --chip ga102"""

DEFAULT_CHIP = "gh100"
MANY = 4  # of which more only their names are shown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Registers, the chip, and a value to decode."""
    parser.add_argument("registers", metavar="REGISTER", nargs="+", help="a name, a pattern or an offset")
    parser.add_argument("--chip", default=DEFAULT_CHIP, help=f"whose tables (default: {DEFAULT_CHIP})")
    parser.add_argument("--value", metavar="WORD", help="show the fields of this word")


def run(args: argparse.Namespace) -> Exit:
    """Print every register that was asked for."""
    value = _word(args.value) if args.value else None
    table = registers.table_for(args.chip)
    chosen = [one for text in args.registers for one in registers.choose(table, text)]
    report = Report()
    names = dict.fromkeys(one.register.name if one.register else one.label for one in chosen)
    if len(names) > MANY and value is None:
        listed = report.table("registers", "register", "offset", "elements", "access", "source")
        for name in names:
            register = table.register(name)
            listed.add(
                register=name, offset=hexadecimal(register.offset, 24), access=register.access,
                elements=[count or 1 for count in register.counts], source=register.source,
            )  # fmt: skip
    else:
        shown = set()
        for one in chosen:
            if one.register is None or one.register.name not in shown:
                _describe(report, one, value)
                shown.add(one.register.name if one.register else one.label)
    print_report(report, as_json=args.json)
    return Exit.OK


def _word(text: str) -> int:
    word = registers.as_number(text)
    if word is None:
        raise UsageError(f"--value {text!r} is not a number such as 0x180000a1")
    if word >= 1 << 32:
        raise FieldRange(f"{text} does not fit into a 32-bit register")
    return word


def _describe(report: Report, one: registers.Chosen, value: int | None) -> None:
    register = one.register
    group = report.group("registers", one.label if register is None else register.name)
    group.fact("offset", hexadecimal(one.offset, 24))
    if register is None:
        group.note("Nothing is published of this offset.")
        return
    if register.counts:
        group.fact("elements", [count or 1 for count in register.counts])
        group.fact("strides_bytes", list(register.strides))
    group.fact("access", register.access)
    group.fact("source", register.source)
    if value is not None:
        group.fact("value", hexadecimal(value))
    reading = one.reading(value or 0)
    values = reading.fields() if reading is not None and value is not None else {}
    fields = group.table("fields", "bits", "field", "value", "values")
    for name, field in sorted(register.fields.items(), key=lambda pair: -pair[1].high):
        fields.add(
            bits=f"{field.high}:{field.low}", field=name,
            value=str(values[name.lower()]) if name.lower() in values else None,
            values={known: hex(number) for known, number in field.values.items()},
        )  # fmt: skip
