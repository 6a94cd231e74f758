"""Registers: what was read from them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from barewire.show import strip
from barewire.show.html import Shown, block, columns_text, table, title
from barewire.show.html import card as html_card
from barewire.show.numbers import hexadecimal

if TYPE_CHECKING:
    from barewire.regs.chips import Register
    from barewire.regs.registers import Reading, RegisterFile


def reading(read: Reading) -> Shown:
    """A word that was read, field by field."""
    note = f"at {hexadecimal(read.offset, 24)}"
    shown = strip.word(read.label, int(read), _fields(read), note=note)
    return Shown(shown.html, repr(read))


def structure(register: Register, value: int, bits: int = 64, note: str = "") -> Shown:
    """A word in memory whose fields are published as those of a register: an entry of a page table, say."""
    return strip.word(register.name, value, _fields_of(register, value, bits), bits, note)


def readings(reads: Iterable[Reading], heading: str = "") -> Shown:
    """Several words that were read, a line for each."""
    rows = [(hexadecimal(read.offset, 24), read.label, hexadecimal(int(read)), _said(read)) for read in reads]
    html = block(title(heading) if heading else "", table(("offset", "register", "value", "fields"), rows))
    return Shown(html, columns_text(rows))


def register_file(file: RegisterFile) -> Shown:
    """What a register file has; nothing is read."""
    registers = sum(1 for _ in file.table)
    pairs = [("chip", file.table.chip), ("registers", registers), ("base", f"{file.base:#x}")]
    return Shown(html_card("registers by name", pairs), repr(file))


def _fields(read: Reading) -> list[strip.Field]:
    return _fields_of(read.register, int(read), 32)


def _fields_of(register: Register, word: int, bits: int) -> list[strip.Field]:
    found = []
    for field in register.fields.values():
        if field.is_array or field.high >= bits:
            continue
        value, name = field.decode(word)
        found.append(strip.Field(field.name.lower(), field.high, field.low, value, name or ""))
    return found


def _said(read: Reading) -> str:
    fields = sorted(_fields(read), key=lambda field: field.low)
    return ", ".join(f"{field.name}={field.meaning or strip.number(field.value)}" for field in fields)
