"""Pushbuffer words: method headers, and values checked against the class that receives them.

Header formats: `OGKM:src/common/sdk/nvidia/inc/class/clc86f.h` (NVC86F_DMA_*),
    `open-gpu-doc:manuals/ampere/ga100/dev_pbdma`.
"""

from __future__ import annotations

from functools import lru_cache

from barewire.errors import FieldRange, UnknownMethod, UsageError
from barewire.regs import classes

INCREMENTING = 1
NON_INCREMENTING = 3
IMMEDIATE = 4

IMMEDIATE_BITS = 13
MAX_COUNT = 0x1FFF

# Subchannels are a convention of the driver's: any class may be bound to any of the first five.
SUBCHANNEL = {"host": 0, "compute": 1, "copy": 4}


def header(operation: int, subchannel: int, offset: int, count: int) -> int:
    """A method header; `count` is the number of words that follow, or the value itself for an immediate."""
    return operation << 29 | count << 16 | subchannel << 13 | offset >> 2


@lru_cache(maxsize=4096)
def method_word(class_id: int, name: str) -> tuple[int, int, int]:
    """(subchannel, offset, mask of defined bits) of a method.

    Raises:
        UnknownMethod: the class has no such method.
    """
    table = classes.load(class_id)
    method = table.method(name)
    mask = 0
    for field in method.fields.values():
        mask |= ((1 << (field.high - field.low + 1)) - 1) << field.low
    return SUBCHANNEL[table.kind], method.offset, mask or 0xFFFFFFFF


def class_of(name: str, class_ids: tuple[int, ...]) -> int:
    """The class, of those a channel has, that a full method name such as "NVC8B5_LAUNCH_DMA" belongs to."""
    prefix = str(name).split("_", 1)[0].upper()
    for class_id in class_ids:
        if prefix == f"NV{class_id:04X}":
            return class_id
    offered = ", ".join(f"NV{class_id:04X}" for class_id in class_ids)
    raise UnknownMethod(f"no class of this channel has a method {name!r}", hint=f"its classes are {offered}")


def check_value(name: str, value: int, mask: int) -> int:
    """The value, if it has no bit outside the method's fields.

    Raises:
        UsageError: it is no whole number.
        FieldRange: it does not fit; says which bits the method has.
    """
    try:
        fits = not value & ~mask and value >= 0
    except TypeError:
        raise UsageError(f"{value!r} is no value of {name}", expected="a whole number") from None
    if not fits:
        raise FieldRange(
            f"{name} has no field for all bits of {value:#x}",
            method=name,
            value=value,
            expected=f"within {mask:#010x}",
        )
    return value
