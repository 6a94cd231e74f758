"""How numbers are written: addresses in hexadecimal at full width, sizes in the unit that divides them."""

from __future__ import annotations

from typing import Any

UNITS = ((1 << 50, "PiB"), (1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))
ADDRESS_NAMES = (
    "_va",
    "_pc",
    "address",
    "iova",
    "offset",
    "word",
    "value",
    "_id",
    "handle",
    "_code",
    "token",
    "esr",
    "mask",
)
SIZE_NAMES = ("_bytes",)
LONG = 10_000  # more digits than that are hard to read
SHORTEST_HEX = 10  # numbers below are the same in both notations


def hexadecimal(value: int, bits: int = 32) -> str:
    """A machine word at its own width."""
    return f"0x{value:0{bits // 4}x}"


def address(value: int) -> str:
    """An address: eleven digits, which hold 44 bits, so that columns of them line up."""
    return f"0x{value:011x}"


def size(value: int) -> str:
    """Bytes, in the largest unit that divides them; where that is a long number, with one digit after it."""
    for unit, name in UNITS:
        if value and value % unit == 0 and value // unit < LONG:
            return f"{value // unit} {name}"
    if value < LONG:
        return f"{value} bytes" if value != 1 else "1 byte"
    unit, name = next(each for each in UNITS if value >= each[0])
    return f"{value / unit:.1f} {name}"


def seconds(value: float) -> str:
    """A duration."""
    if value >= 1:
        return f"{value:.2f} s"
    return f"{value * 1e3:.1f} ms" if value >= 1e-4 else f"{value * 1e6:.0f} us"


def by_name(name: str, value: Any) -> str:
    """A fact's value, written as its name suggests."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and name.endswith("_s"):
        return seconds(value)
    if not isinstance(value, int):
        return str(value)
    if name.endswith(SIZE_NAMES):
        return size(value)
    if name.endswith(ADDRESS_NAMES) and value >= SHORTEST_HEX:
        return f"{value:#x}"
    return str(value)
