"""Find the coefficients of MUFU's interpolator in recorded outputs, and write sm/mufu_tables.h.

    python scripts/fit_mufu.py FULL.npz            FULL.npz is from tests/soft/numerics/record_mufu.py
    python scripts/fit_mufu.py FULL.npz --check    compare with the header instead of writing it

Every recorded output y says that y <= p < y + one unit in its last place, where p = c0 + c1 x + c2 s(x), c1
and c2 small integers. A least-squares fit comes near enough that they can be rounded to one value only; then
each output bounds c0 from both sides. A c0 that meets every bound proves the segment: it gives all outputs.
The c0 of a function are multiples of a quarter of the unit, plus an offset common to its segments.

The squarer s was found by trying which columns of an array of partial products are missing: with those below
2^19 (of a 17-bit x) the bounds of every segment of every function can be met, and with no other number.
Exit codes: 0 all is well, 1 a segment has no coefficients, or the header differs.
"""

from __future__ import annotations

import argparse
import lzma
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HEADER = Path(__file__).resolve().parents[1] / "driver" / "softgpu" / "sm" / "mufu_tables.h"
X_BITS = 17
SQUARE_DROPPED = 19
MANTISSA_BITS = 23
QUARTERS = 4  # c0 is in quarters of the unit
SQUARE_BITS = 15  # s is below 2^15
C2_SCALE = 2  # c2 is in halves: sqrt needs them
LINE_LIMIT = 120

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """A recorded binade: the mantissa's top bits number `segments`, its `dropped` low ones do not count."""

    exponent: int
    segments: int
    dropped: int = 0
    step: int = 1  # of the coefficients, where they are too small for the fit alone


@dataclass(frozen=True)
class Function:
    """What is fitted for one function, its segments in the order of the table."""

    name: str
    recorded: str  # under this name
    unit_bits: int  # c1 is an integer in units of 2^-unit_bits
    parts: tuple[Part, ...]
    first_is_exact: bool = False  # the power of two itself is treated apart
    least_bit: int | None = None  # outputs are also cut off at 2^-least_bit
    scale: int = 0  # the recorded outputs are 2^scale times p


FUNCTIONS = (
    Function("rcp", "rcp", 24, (Part(0, 128),)),
    Function("rsq", "rsq", 24, (Part(0, 64), Part(1, 64)), first_is_exact=True),
    Function("sqrt", "sqrt", 23, (Part(0, 64), Part(1, 64))),
    Function("ex2", "ex2", 23, (Part(0, 64),), scale=1),
    Function("lg2", "lg2", 24, (Part(0, 64),), first_is_exact=True, least_bit=36),
    Function("sin", "cos", 24, (Part(-2, 64),)),  # the second quarter of the cosine is the first of the sine
    Function(
        "tanh",
        "tanh",
        24,
        (
            *(Part(exponent, 1, 6) for exponent in (-8, -7, -6)),
            *(Part(exponent, 2, 5) for exponent in (-5, -4)),
            *(Part(exponent, 4, 4) for exponent in (-3, -2, -1)),
            Part(0, 8, 3),
            Part(1, 16, 2),
            Part(2, 8, 3, step=16),
        ),
    ),
)


@dataclass(frozen=True)
class Coefficients:
    """Of one function: c0 in quarters less the offset, c1, c2 in halves."""

    offset: float
    c0: list[int]
    c1: list[int]
    c2: list[int]


def square(x: Integers) -> Integers:
    """x squared, over 2^19, without the partial products below."""
    total = np.zeros_like(x)
    for i in range(X_BITS):
        for j in range(i, X_BITS):
            column = 2 * i if i == j else i + j + 1
            if column >= SQUARE_DROPPED:
                total += ((x >> i) & (x >> j) & 1) << (column - SQUARE_DROPPED)
    return total


def unpacked(stored: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The values of a binade; record_mufu.compressed() packed them."""
    head = np.frombuffer(stored[:16].tobytes(), np.int64)
    twice = np.frombuffer(lzma.decompress(stored[16:].tobytes()), np.int64)
    once = np.cumsum(np.concatenate([[head[1] - head[0]], twice]))
    return np.concatenate([[head[0]], head[0] + np.cumsum(once)]).astype(np.uint32)


def bounds(function: Function, y: NDArray[np.uint32]) -> tuple[Floats, Floats]:
    """Between which p must lie, in units."""
    bits = y & np.uint32(0x7FFFFFFF)
    low = bits.view(np.float32).astype(np.float64)
    last = np.ldexp(1.0, (bits >> np.uint32(MANTISSA_BITS)).astype(np.int32) - 150)
    if function.least_bit is not None:
        last = np.maximum(last, 2.0**-function.least_bit)
    scale = 2.0 ** (function.unit_bits - function.scale)
    return low * scale, (low + last) * scale


def segment_fit(x: Integers, low: Floats, high: Floats, step: int) -> tuple[int, int, float, float]:
    """c1, c2 in halves, and the bounds of c0 in units."""
    squares = square(x)
    known = np.isfinite(low) & np.isfinite(high)
    x, squares, low, high = x[known], squares[known], low[known], high[known]
    columns = np.stack([np.ones(len(x)), x / 2.0**X_BITS, squares / 2.0**SQUARE_BITS], axis=1)
    middle = (low + high) / 2
    found = np.linalg.lstsq(columns, middle - middle.mean(), rcond=None)[0]
    c1, c2 = round(found[1] / step) * step, round(found[2] * C2_SCALE / step) * step
    rest = columns[:, 1] * c1 + columns[:, 2] * (c2 / C2_SCALE)
    return c1, c2, float(np.max(low - rest)), float(np.min(high - rest))


def part_fits(function: Function, part: Part, y: NDArray[np.uint32]) -> list[tuple[int, int, float, float]]:
    """The fits of the segments of a binade."""
    low, high = bounds(function, y)
    if function.first_is_exact and part.exponent == 0:
        low[0] = -np.inf
    if function.recorded == "cos":  # what would be above 1 is 1
        high[low >= 1 << function.unit_bits] = np.inf
    kept_bits = MANTISSA_BITS - part.dropped
    low, high = (side.reshape(-1, 1 << part.dropped)[:, 0].reshape(part.segments, -1) for side in (low, high))
    shift = X_BITS - (kept_bits - part.segments.bit_length() + 1)
    x = np.arange(low.shape[1], dtype=np.int64) << shift
    return [segment_fit(x, low[segment], high[segment], part.step) for segment in range(part.segments)]


def function_fit(function: Function, recorded: dict[str, NDArray[np.uint8]]) -> Coefficients:
    """The coefficients of a function.

    Raises:
        ArithmeticError: there are none.
    """
    fits = []
    for part in function.parts:
        fits += part_fits(function, part, unpacked(recorded[f"{function.recorded}_{part.exponent}"]))
    least = np.array([fit[2] for fit in fits])
    most = np.array([fit[3] for fit in fits])
    for offset in sorted({0.0, *(least * QUARTERS % 1 / QUARTERS)}):
        c0 = np.round((least - offset) * QUARTERS)
        made = c0 / QUARTERS + offset
        if np.all((made >= least) & (made < most)):
            return Coefficients(
                offset=offset,
                c0=[int(value) for value in c0],
                c1=[fit[0] for fit in fits],
                c2=[fit[1] for fit in fits],
            )
    raise ArithmeticError(f"{function.name}: no offset serves all segments")


def numbers(values: list[int]) -> str:
    """The rows of an array, padded to 64 or 128 entries."""
    padded = values + [0] * ((64 if len(values) <= 64 else 128) - len(values))
    lines, line = [], " " * 15
    for value in padded:
        if len(line) + len(f" {value},") > LINE_LIMIT - 2:
            lines.append(line)
            line = " " * 15
        line += f" {value},"
    return "\n".join([*lines, line])


def table(function: Function, found: Coefficients) -> str:
    """The C initializer of a function's table."""
    offset = found.offset * 2.0**-function.unit_bits
    arrays = "\n".join(
        f"        .{name} = {{\n{numbers(getattr(found, name))}\n        }}," for name in ("c0", "c1", "c2")
    )
    return f"""_Alignas(64) static const struct mufu_table MUFU_{function.name.upper()}_TABLE = {{
        .c0_unit = 0x1p-{function.unit_bits + 2},
        .offset = {offset.hex() if offset else "0"},
        .c1_unit = 0x1p-{function.unit_bits + X_BITS},
        .c2_unit = 0x1p-{function.unit_bits + SQUARE_BITS + 1},
{arrays}
}};
"""


HEAD = """/*
 * Generated by scripts/fit_mufu.py from an H100's outputs: the coefficients of the interpolator, by segment.
 */
#ifndef BAREWIRE_SM_MUFU_TABLES_H
#define BAREWIRE_SM_MUFU_TABLES_H

#include <stdint.h>

enum { MUFU_SEGMENTS = 128 };

/* p = c0 * c0_unit + offset + c1 * c1_unit * x + c2 * c2_unit * square */
struct mufu_table {
        double c0_unit, offset, c1_unit, c2_unit;
        _Alignas(64) int32_t c0[MUFU_SEGMENTS];
        _Alignas(64) int32_t c1[MUFU_SEGMENTS];
        _Alignas(64) int32_t c2[MUFU_SEGMENTS];
};

"""


def main() -> int:
    """The command line; gives the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/fit_mufu.py")
    parser.add_argument("recording", type=Path)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    with np.load(options.recording) as file:
        recorded = dict(file)
    try:
        tables = [table(function, function_fit(function, recorded)) for function in FUNCTIONS]
    except ArithmeticError as problem:
        print(problem)
        return 1
    text = HEAD + "\n".join(tables) + "\n#endif\n"
    if not options.check:
        HEADER.write_text(text)
        return 0
    same = HEADER.read_text() == text
    print("the header is what the recording says" if same else f"{HEADER} differs")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
