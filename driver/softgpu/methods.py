"""Pushbuffer words: which of them are headers, and what methods they announce.

Facts: open-gpu-doc:manuals/ampere/ga100/dev_ram.ref (FIFO_DMA), open-gpu-doc:classes/host/clc76f.h. Method
addresses here count words, as headers do: a class's byte offset divided by four.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from barewire.regs import classes

HOST_CLASS = 0xC86F
LAST_ADDRESS = 0xFFF
HOST_END = 0x40  # host methods lie below, the engines' from here on

# What a word is where an instruction is expected. The first three are followed by data.
INCREMENT, STAY, INCREMENT_ONCE, IMMEDIATE = range(4)
SET_MASK, STORE_MASK, USE_MASK, END_SEGMENT, NOTHING = range(4, 9)

_SEQUENCES = {1: INCREMENT, 3: STAY, 5: INCREMENT_ONCE}
_CONTROLS = {1: SET_MASK, 2: STORE_MASK, 3: USE_MASK}


class Instruction(NamedTuple):
    """One instruction of a pushbuffer.

    Attributes:
        kind: INCREMENT to NOTHING, above.
        subchannel: 0 to 7.
        address: of the first method.
        value: methods that follow; the data itself for IMMEDIATE; the mask for SET_MASK and STORE_MASK.
    """

    kind: int
    subchannel: int = 0
    address: int = 0
    value: int = 0


class BadHeader(Exception):
    """A word that is no instruction, or one in an obsolete format (a PBENTRY interrupt)."""


@lru_cache(maxsize=4096)
def decode(word: int) -> Instruction:
    """The instruction that a word is.

    Raises:
        BadHeader: it is none, or its methods would run past the last address.
    """
    operation = word >> 29
    if operation in _SEQUENCES:
        return _sequence(_SEQUENCES[operation], word)
    if operation == 4:
        return Instruction(IMMEDIATE, word >> 13 & 7, word & LAST_ADDRESS, word >> 16 & 0x1FFF)
    if operation == 7:
        return Instruction(END_SEGMENT)
    if word == 0:
        return Instruction(NOTHING)
    control = _CONTROLS.get(word >> 16)
    if control is None:
        raise BadHeader(f"{word:#010x} is no pushbuffer instruction")
    return Instruction(control, value=word >> 4 & 0xFFF)


def _sequence(kind: int, word: int) -> Instruction:
    count = word >> 16 & 0x1FFF
    if count == 0:
        return Instruction(NOTHING)
    address = word & LAST_ADDRESS
    last = {INCREMENT: address + count - 1, STAY: address, INCREMENT_ONCE: address + min(count - 1, 1)}[kind]
    if last > LAST_ADDRESS:
        raise BadHeader(f"{word:#010x} runs past the last method address")
    return Instruction(kind, word >> 13 & 7, address, count)


def addresses(class_id: int) -> dict[str, int]:
    """Method addresses of a class by name, in words; an array's is that of its first element."""
    return {method.name: method.offset // 4 for method in classes.load(class_id)}


class Bits(NamedTuple):
    """A field of a method's data."""

    low: int
    mask: int

    def of(self, word: int) -> int:
        """The field's number in a word."""
        return word >> self.low & self.mask


def bits(class_id: int, method: str) -> dict[str, Bits]:
    """The fields of a method's data by name."""
    fields = classes.load(class_id).method(method).fields
    return {name: Bits(field.low, (1 << field.width) - 1) for name, field in fields.items()}


def values(class_id: int, method: str, field: str) -> dict[str, int]:
    """The named values of a field."""
    return dict(classes.load(class_id).method(method).fields[field].values)


def describe(class_id: int, address: int) -> str:
    """A method's name for reports."""
    table = classes.load(class_id)
    found = table.at(address * 4)
    return found[0].full_name if found else f"method {address * 4:#06x} of {table.name}"
