"""Cases of math.cu and integers.cu: a row of results each, over special and random operands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.soft.cases.case import Case, Launch
from tests.soft.cases.values import generator, operands

i32, u16, u32, u64, f16, f32, f64 = (
    np.int32,
    np.uint16,
    np.uint32,
    np.uint64,
    np.float16,
    np.float32,
    np.float64,
)
COUNT = 512

# Kernel: module, type of each operand, type and number of the rows of results.
_KERNELS: dict[str, tuple[str, tuple[Any, ...], Any, int]] = {
    "math_f32_arithmetic": ("math", (f32, f32, f32), f32, 20),
    "math_f32_flushed": ("math", (f32, f32, f32), f32, 16),
    "math_f32_division": ("math", (f32, f32), f32, 21),
    "math_f32_rounding": ("math", (f32,), f32, 16),
    "math_f32_circular": ("math", (f32, f32), f32, 16),
    "math_f32_exponential": ("math", (f32, f32), f32, 21),
    "math_f32_fast": ("math", (f32, f32), f32, 23),
    "math_f64_arithmetic": ("math", (f64, f64, f64), f64, 27),
    "math_f64_division": ("math", (f64, f64), f64, 16),
    "math_f64_functions": ("math", (f64, f64), f64, 22),
    "math_f16": ("math", (f16, f16, f16), f16, 38),
    "math_bf16": ("math", (u16, u16, u16), u16, 20),
    "int_division_32": ("integers", (u32, u32), u32, 10),
    "int_division_64": ("integers", (u64, u64), u64, 8),
    "int_products": ("integers", (u32, u32, u32), u32, 27),
    "int_bits": ("integers", (u32, u32, u32), u32, 34),
    "int_video": ("integers", (u32, u32, u32), u32, 38),
    "convert_f32": ("integers", (f32, u32), u32, 34),
    "convert_f16": ("integers", (f16, u32), u32, 18),
    "convert_f64": ("integers", (f64, u64), u64, 18),
    "convert_fp8": ("integers", (f32, u16), u32, 11),
}
_PAIRS = ("math_f16", "math_bf16")  # two elements a word


def _case(kernel: str) -> Callable[[], Case]:
    module, types, out_type, rows = _KERNELS[kernel]
    elements = 2 if kernel in _PAIRS else 1

    def make() -> Case:
        rng = generator(kernel)
        values = [
            operands(rng, each, COUNT * elements, len(types))[position] for position, each in enumerate(types)
        ]
        if kernel == "math_bf16":
            wide = [operands(rng, f32, COUNT * elements, 3)[position] for position in range(3)]
            values = [(each.view(u32) >> 16).astype(u16) for each in wide]
        if kernel.startswith("math_f32_c"):
            values[0][256:384] = rng.normal(0, 1e9, 128)
        buffers = dict(zip("abc", values, strict=False))
        buffers["out"] = np.zeros((rows, COUNT * elements), out_type)
        arguments = (*list("abc")[: len(types)], "out", u32(COUNT))
        return Case(
            kernel,
            module,
            (Launch(kernel, (COUNT // 128,), (128,), arguments),),
            buffers,
            {"out": "exact"},
            _REFERENCES.get(kernel),
        )

    make.__name__ = kernel
    return make


def _signed(values: np.ndarray, bits: int) -> list[int]:
    return [value - (1 << bits) if value >> (bits - 1) else value for value in values.tolist()]


def _quotient(a: int, b: int) -> int:
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def _division_32(b):
    x = b["a"].tolist()
    y = [value or 1 for value in b["b"].tolist()]
    sx, sy = _signed(b["a"], 32), _signed(b["b"], 32)
    sy = [3 if value == -1 else value or 1 for value in sy]
    small = [((p & 0xFFFF), ((q | 1) & 0xFFFF)) for p, q in zip(x, y, strict=True)]
    tiny = [[(v & 127) - (v & 128) for v in (p, q | 1)] for p, q in zip(x, y, strict=True)]
    rows = [
        [p // q for p, q in zip(x, y, strict=True)],
        [p % q for p, q in zip(x, y, strict=True)],
        [_quotient(p, q) for p, q in zip(sx, sy, strict=True)],
        [p - q * _quotient(p, q) for p, q in zip(sx, sy, strict=True)],
        [p // 7 for p in x],
        [p % 1000 for p in x],
        [_quotient(p, 10) for p in sx],
        [p - 16 * _quotient(p, 16) for p in sx],
        [p // q for p, q in small],
        [_quotient(p, q) for p, q in tiny],
    ]
    return {"out": np.array([[value & 0xFFFFFFFF for value in row] for row in rows], u32)}


def _division_64(b):
    x = b["a"].tolist()
    y = [value or 1 for value in b["b"].tolist()]
    sx = _signed(b["a"], 64)
    sy = [3 if value == -1 else value or 1 for value in _signed(b["b"], 64)]
    rows = [
        [p // q for p, q in zip(x, y, strict=True)],
        [p % q for p, q in zip(x, y, strict=True)],
        [_quotient(p, q) for p, q in zip(sx, sy, strict=True)],
        [p - q * _quotient(p, q) for p, q in zip(sx, sy, strict=True)],
        [p // 1000000007 for p in x],
        [p - 86400 * _quotient(p, 86400) for p in sx],
        [p * q >> 64 for p, q in zip(x, y, strict=True)],
        [p * q // 10 for p, q in zip(x, y, strict=True)],
    ]
    return {"out": np.array([[value & ((1 << 64) - 1) for value in row] for row in rows], u64)}


_REFERENCES = {"int_division_32": _division_32, "int_division_64": _division_64}


def format_decimal() -> Case:
    numbers = generator("format_decimal").integers(0, 1 << 64, 100, dtype=u64)
    numbers[::2] >>= np.arange(50, dtype=u64)
    numbers[:2] = 0, (1 << 64) - 1

    def reference(b):
        text = "".join(f"{number:20d}" for number in b["numbers"].tolist())
        return {"text": np.frombuffer(text.encode(), np.uint8).reshape(100, 20), "read_back": b["numbers"]}

    return Case(
        "format_decimal",
        "integers",
        (Launch("format_decimal", (2,), (64,), ("numbers", "text", "read_back", u32(100))),),
        {"numbers": numbers, "text": np.zeros((100, 20), np.uint8), "read_back": np.zeros(100, u64)},
        {"text": "exact", "read_back": "exact"},
        reference,
    )


CASES = (*(_case(kernel) for kernel in _KERNELS), format_decimal)
