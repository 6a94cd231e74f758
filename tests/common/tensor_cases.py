"""Cases of the tensor layer: what to run on a device, what must come out, and how far off it may be.

Every expectation is computed by NumPy in float64 from the very values that the device gets, so that only the
device's own arithmetic counts. A tolerance is a bound for each element, made of:

    rounding the result to its type    half a step: 2**-24 (float32), 2**-11 (float16), 2**-8 (bfloat16) of it
    arithmetic in float32              a number of roundings of 2**-24, times the size of what is added up

The cases need nothing but a device that `barewire.kernels` takes: hardware, or a software GPU.

    for name, max_error, tolerance, passed, seconds in run_all(device): ...
"""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from barewire import kernels
from barewire.kernels import dtypes

FLOAT32_ROUNDING = 2.0**-24
ROUNDING = {"float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
SMALLEST_STEP = {"float32": 2.0**-149, "float16": 2.0**-24, "bfloat16": 2.0**-133}
FLOATS = ("float32", "float16", "bfloat16")

Array = np.ndarray
Outcome = tuple[
    Any, Array, Any
]  # the tensor, what it must hold, the tolerance (one number or one for each element)


@dataclass(frozen=True)
class Case:
    """One thing to run.

    Attributes:
        name: unique, readable.
        run: runs it on a device.
        large: meant for hardware only: an emulation would take too long.
    """

    name: str
    run: Callable[[Any], Outcome]
    large: bool = False


class Result(NamedTuple):
    """How a case went; error and tolerance are those of the element that came closest to its bound, or broke
    it."""

    name: str
    max_error: float
    tolerance: float
    passed: bool
    seconds: float


def run_all(device: Any, large: bool = True, only: str = "") -> Iterator[Result]:
    """Run the cases whose name holds `only` on a device; results come as they are made."""
    for case in cases():
        if only in case.name and (large or not case.large):
            yield run_case(case, device)


def run_case(case: Case, device: Any) -> Result:
    """Run one case; a wrong shape or type is an infinite error."""
    started = time.perf_counter()
    tensor, expected, tolerance = case.run(device)
    found = np.asarray(tensor.numpy())
    seconds = time.perf_counter() - started
    if tuple(found.shape) != tuple(np.shape(expected)):
        return Result(case.name, math.inf, 0.0, False, seconds)
    error, bound, passed = compare(found.astype(np.float64), np.asarray(expected, np.float64), tolerance)
    return Result(case.name, error, bound, passed, seconds)


def compare(found: Array, expected: Array, tolerance: Any) -> tuple[float, float, bool]:
    """(error, tolerance, whether all is within): NaN and infinities must be where they are expected."""
    if not found.size:
        return 0.0, 0.0, True
    bounds = np.broadcast_to(np.asarray(tolerance, np.float64), expected.shape).ravel()
    found, expected = found.ravel(), expected.ravel()
    with np.errstate(invalid="ignore", over="ignore"):
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        errors = np.where(same, 0.0, np.abs(found - expected))
    errors = np.where(np.isnan(errors), np.inf, errors)
    excess = np.where(errors == 0, 0.0, errors / np.maximum(bounds, 1e-300))
    worst = int(np.argmax(excess))
    return float(errors[worst]), float(bounds[worst]), bool((errors <= bounds).all())


def cases() -> list[Case]:
    """All cases."""
    groups: tuple[Callable[[], Iterable[Case]], ...] = (
        _movement, _casts, _unary, _binary, _comparisons, _where, _reductions, _argmax, _rows, _rope, _matmul,
        _attention,
    )  # fmt: skip
    return [case for group in groups for case in group()]


# Making inputs


def _rng(name: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(name.encode()))


def _values(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Array:
    """Random values that the type holds exactly, in float64 (int32: from -50 to 50)."""
    if dtype == "int32":
        return rng.integers(-50, 51, shape).astype(np.float64)
    if dtype == "bool":
        return rng.integers(0, 2, shape).astype(np.float64)
    return _as_held(rng.standard_normal(shape) * 2, dtype)


def _as_held(values: Any, dtype: str) -> Array:
    """The values after rounding to the type, in float64."""
    kind = dtypes.dtype_of(dtype)
    bits = dtypes.to_storage(np.asarray(values, np.float32), kind)
    if kind is dtypes.bfloat16:
        return dtypes.widen_bfloat16(bits).astype(np.float64)
    return bits.astype(np.float64)


def _tensor(device: Any, values: Array, dtype: str) -> Any:
    return kernels.from_numpy(device, np.asarray(values, np.float32), dtype)


def _bound(expected: Array, dtype: str, roundings: float = 0, scale: Any = None) -> Array:
    """Rounding to the type, and a number of float32 roundings of `scale` (the result itself, if not
    given)."""
    with np.errstate(invalid="ignore"):
        size = np.nan_to_num(np.abs(expected), nan=0.0, posinf=0.0)
    if dtype == "int32" or dtype == "bool":
        return np.zeros_like(size)
    about = size if scale is None else np.nan_to_num(np.abs(scale), nan=0.0, posinf=0.0)
    rounding = ROUNDING[dtype] * 1.01 * size if dtype != "float32" or roundings else 0.0
    return rounding + roundings * FLOAT32_ROUNDING * about + SMALLEST_STEP[dtype]


# Views and copies

SHAPES: tuple[tuple[int, ...], ...] = (
    (),
    (0,),
    (1,),
    (5,),
    (3, 0, 2),
    (33, 65),
    (2, 3, 4, 5),
    (1, 7, 1, 3, 2, 2),
    (1000,),
)

VIEWS: dict[str, tuple[tuple[int, ...], Callable[[Any], Any]]] = {
    "transpose": ((37, 53), lambda x: x.T),
    "reverse": ((37, 53), lambda x: x[::-1, ::-2]),
    "inner slice": ((9, 40), lambda x: x[1:8, 3:30]),
    "row": ((9, 40), lambda x: x[4]),
    "column": ((9, 40), lambda x: x[:, -1]),
    "new axes": ((6, 4), lambda x: x[:, None, :, None]),
    "permutation of six": ((2, 3, 4, 2, 3, 5), lambda x: x.transpose(5, 2, 0, 4, 1, 3)),
    "ellipsis": ((3, 4, 5), lambda x: x[..., 1:]),
    "reshaped transpose": ((6, 8), lambda x: x.T.reshape(4, 12)),
    "empty slice": ((6, 8), lambda x: x[3:3]),
    "scalar element": ((6, 8), lambda x: x[2, 3]),
}


def _movement() -> Iterator[Case]:
    for shape in SHAPES:
        for dtype in (*FLOATS, "int32", "bool"):
            yield _round_trip(shape, dtype)
    for name, (shape, view) in VIEWS.items():
        for dtype in ("float32", "bfloat16", "bool"):
            yield _viewed(name, shape, view, dtype)
    yield _broadcast_view()
    for dtype in ("float32", "float16", "int32", "bool"):
        yield _assignment(dtype)
    yield _fill()


def _round_trip(shape: tuple[int, ...], dtype: str) -> Case:
    name = f"round trip {dtype}{list(shape)}"
    values = _values(_rng(name), shape, dtype)
    return Case(name, lambda device: (_tensor(device, values, dtype), values, 0.0))


def _viewed(name: str, shape: tuple[int, ...], view: Callable[[Any], Any], dtype: str) -> Case:
    values = _values(_rng(name), shape, dtype)
    return Case(
        f"view: {name} {dtype}", lambda device: (view(_tensor(device, values, dtype)), view(values), 0.0)
    )


def _broadcast_view() -> Case:
    values = _values(_rng("broadcast"), (3, 1, 4), "float32")

    def run(device: Any) -> Outcome:
        return (
            _tensor(device, values, "float32").broadcast_to(2, 3, 5, 4),
            np.broadcast_to(values, (2, 3, 5, 4)),
            0.0,
        )

    return Case("view: broadcast_to", run)


def _assignment(dtype: str) -> Case:
    values, other = (_values(_rng(f"assign {i}"), (8, 10), dtype) for i in range(2))

    def run(device: Any) -> Outcome:
        tensor, expected = _tensor(device, values, dtype), values.copy()
        source = _tensor(device, other, dtype)
        tensor[::2, 1:6] = source[:4, 5:]
        expected[::2, 1:6] = other[:4, 5:]
        tensor[1, :] = 1
        expected[1, :] = 1
        tensor[4:] = tensor[:4]
        expected[4:] = expected[:4].copy()
        tensor[:, 9] = source[0, 0]
        expected[:, 9] = other[0, 0]
        return tensor, expected, 0.0

    return Case(f"assignment {dtype}", run)


def _fill() -> Case:
    def run(device: Any) -> Outcome:
        return kernels.full(device, (3, 5, 7), -2.5, "bfloat16"), np.full((3, 5, 7), -2.5), 0.0

    return Case("full bfloat16", run)


def _casts() -> Iterator[Case]:
    for source in (*FLOATS, "int32", "bool"):
        for target in (*FLOATS, "int32", "bool"):
            if source != target:
                yield _cast(source, target)
    yield _cast_of_odd_values()


def _cast(source: str, target: str) -> Case:
    values = _values(_rng(f"{source}{target}"), (19, 23), source)
    if target == "int32":
        expected = np.trunc(values)
    elif target == "bool":
        expected = (values != 0).astype(np.float64)
    else:
        expected = _as_held(values, target)
    return Case(
        f"cast {source} to {target}",
        lambda device: (_tensor(device, values, source).T.astype(target), expected.T, 0.0),
    )


def _cast_of_odd_values() -> Case:
    """Ties, subnormals, overflow, infinities and NaN must round as IEEE 754 says."""
    values = np.array(
        [0.0, -0.0, 1.00390625, 1.01171875, 65504.0, 65519.9, 65520.0, 1e-8, 2.0**-25, 2.0**-24, 3.1e-8,
        6.1e-5,
         math.inf, -math.inf, math.nan, 3.4e38, 1e-40, -1e5, 2049.0, 2051.0],
        np.float32,
    )  # fmt: skip
    with np.errstate(over="ignore"):
        expected = values.astype(np.float16).astype(np.float64)

    def run(device: Any) -> Outcome:
        return kernels.from_numpy(device, values).astype("float16"), expected, 0.0

    return Case("cast of ties, subnormals and infinities to float16", run)


# Elementwise

_SQRT_HALF = math.sqrt(0.5)
_erf = np.vectorize(math.erf, otypes=[np.float64])


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _gelu_tanh(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


# name: (function of a tensor, of float64, inputs made positive, float32 roundings, what they are relative to)
UNARY: dict[
    str, tuple[Callable[[Any], Any], Callable[[Array], Array], bool, float, Callable[[Array], Array] | None]
] = {
    "neg": (lambda x: -x, lambda x: -x, False, 0, None),
    "abs": (abs, np.abs, False, 0, None),
    "relu": (kernels.relu, lambda x: np.maximum(x, 0), False, 0, None),
    "exp": (kernels.exp, np.exp, False, 4, None),
    "log": (kernels.log, np.log, True, 4, lambda x: np.maximum(np.abs(np.log(x)), 0.5)),
    "sqrt": (kernels.sqrt, np.sqrt, True, 2, None),
    "rsqrt": (kernels.rsqrt, lambda x: 1 / np.sqrt(x), True, 6, None),
    "tanh": (kernels.tanh, np.tanh, False, 6, None),
    "sigmoid": (kernels.sigmoid, _sigmoid, False, 14, None),
    "silu": (kernels.silu, lambda x: x * _sigmoid(x), False, 16, None),
    "gelu": (kernels.gelu, lambda x: 0.5 * x * (1 + _erf(x * _SQRT_HALF)), False, 8, lambda x: x),
    "gelu tanh": (lambda x: kernels.gelu(x, "tanh"), _gelu_tanh, False, 16, lambda x: x),
}
UNARY_SHAPES = ((), (0,), (1,), (7,), (256,), (2049,), (31, 17))


def _unary() -> Iterator[Case]:
    for function in UNARY:
        for dtype in FLOATS:
            for shape in UNARY_SHAPES:
                yield _function(function, dtype, shape)
            yield _function(function, dtype, (21, 34), transposed=True)
            yield _function(function, dtype, (1031, 1021), large=True)
    for name in ("neg", "abs", "relu"):
        yield _function(name, "int32", (37, 5))
    for name in ("exp", "tanh", "sigmoid", "gelu", "gelu tanh", "relu"):
        yield _extremes(name)


def _function(
    name: str, dtype: str, shape: tuple[int, ...], transposed: bool = False, large: bool = False
) -> Case:
    title = f"{name} {dtype}{list(shape)}{' transposed' if transposed else ''}"
    function, reference, positive, roundings, scale = UNARY[name]

    def run(device: Any) -> Outcome:
        values = _values(_rng(title), shape, dtype)
        if positive:
            values = _as_held(np.abs(values) + 0.125, dtype)
        tensor = _tensor(device, values, dtype)
        if transposed:
            tensor, values = tensor.T, values.T
        expected = np.asarray(reference(values))
        return (
            function(tensor),
            expected,
            _bound(expected, dtype, roundings, None if scale is None else scale(values)),
        )

    return Case(title, run, large)


def _extremes(name: str) -> Case:
    """Far out the functions reach their limits, and NaN stays NaN."""
    function, reference, _, roundings, scale = UNARY[name]
    values = np.array([-1e4, -80.0, -12.0, -1e-6, 0.0, 1e-6, 12.0, 60.0, math.nan], np.float64)
    values = _as_held(values, "float32")
    with np.errstate(over="ignore", invalid="ignore"):
        expected = np.asarray(reference(values))
        bound = _bound(expected, "float32", roundings, None if scale is None else scale(values)) + 1e-37

    def run(device: Any) -> Outcome:
        return function(_tensor(device, values, "float32")), expected, bound

    return Case(f"{name} far out", run)


BINARY: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Array, Array], Array], float]] = {
    "add": (lambda a, b: a + b, np.add, 1),
    "sub": (lambda a, b: a - b, np.subtract, 1),
    "mul": (lambda a, b: a * b, np.multiply, 1),
    "div": (lambda a, b: a / b, np.divide, 2),
    "pow": (lambda a, b: a**b, np.power, 16),
    "maximum": (kernels.maximum, np.maximum, 0),
    "minimum": (kernels.minimum, np.minimum, 0),
}
BROADCASTS: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((), ()),
    ((5,), ()),
    ((0, 3), (1, 3)),
    ((1030,), (1030,)),
    ((7, 1), (1, 9)),
    ((33, 65), (65,)),
    ((2, 1, 4, 1, 3, 1), (3, 1, 5, 1, 2)),
)


def _binary() -> Iterator[Case]:
    for function in BINARY:
        for dtype in FLOATS:
            for shapes in BROADCASTS:
                yield _pair(function, dtype, *shapes)
            yield _pair(function, dtype, (1031, 517), (517,), large=True)
            for side in ("left", "right"):
                yield _with_scalar(function, dtype, side)
    for function in ("add", "sub", "mul", "maximum", "minimum"):
        yield _pair(function, "int32", (33, 65), (65,))
        for side in ("left", "right"):
            yield _with_scalar(function, "int32", side)
    yield _int_division()
    yield _nan_wins()


def _operands(title: str, function: str, dtype: str, *shapes: tuple[int, ...]) -> list[Array]:
    rng = _rng(title)
    values = [_values(rng, shape, dtype) for shape in shapes]
    if function == "pow":  # within the range of float16
        values[1:] = [np.clip(value, -3, 3) for value in values[1:]]
        values[0] = _as_held(np.abs(values[0]) + 0.25, dtype)
    if function == "div":
        values[-1] = _as_held(np.sign(values[-1]) * (np.abs(values[-1]) + 0.25) + (values[-1] == 0), dtype)
    return values


def _pair(
    function: str, dtype: str, left: tuple[int, ...], right: tuple[int, ...], large: bool = False
) -> Case:
    title = f"{function} {dtype}{list(left)} with {list(right)}"
    operation, reference, roundings = BINARY[function]

    def run(device: Any) -> Outcome:
        a, b = _operands(title, function, dtype, left, right)
        expected = np.asarray(reference(a, b))
        found = operation(_tensor(device, a, dtype), _tensor(device, b, dtype))
        return found, expected, _bound(expected, dtype, roundings)

    return Case(title, run, large)


def _with_scalar(function: str, dtype: str, side: str) -> Case:
    """A Python number on one side of a strided tensor."""
    title = f"{function} {dtype} with a scalar on the {side}"
    operation, reference, roundings = BINARY[function]
    scalar = 3 if dtype == "int32" else 1.5

    def run(device: Any) -> Outcome:
        _, values = _operands(title, function, dtype, (13, 11), (13, 11))
        if function == "pow" and side == "right":
            values = _as_held(np.abs(values) + 0.25, dtype)
        tensor = _tensor(device, values, dtype).T
        if side == "right":
            found, expected = operation(tensor, scalar), reference(values.T, np.float64(scalar))
        else:
            found, expected = operation(scalar, tensor), reference(np.float64(scalar), values.T)
        return found, expected, _bound(expected, dtype, roundings)

    return Case(title, run)


def _int_division() -> Case:
    a, b = np.arange(-20, 20.0), np.arange(1, 41.0)

    def run(device: Any) -> Outcome:
        return _tensor(device, a, "int32") / _tensor(device, b, "int32"), a / b, _bound(a / b, "float32", 2)

    return Case("int32 divides as float32", run)


def _nan_wins() -> Case:
    a = np.array([math.nan, 1.0, math.nan, 2.0])
    b = np.array([1.0, math.nan, math.nan, 3.0])

    def run(device: Any) -> Outcome:
        found = kernels.maximum(_tensor(device, a, "float32"), _tensor(device, b, "float32"))
        return found, np.maximum(a, b), 0.0

    return Case("maximum with NaN", run)


COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}


def _comparisons() -> Iterator[Case]:
    for name in COMPARISONS:
        for dtype in (*FLOATS, "int32", "bool"):
            yield _comparison(name, dtype)


def _comparison(name: str, dtype: str) -> Case:
    rng = _rng(f"compare {dtype}")
    whole = dtype if dtype == "bool" else "int32"
    a, b = np.clip(_values(rng, (17, 9), whole), -3, 3), np.clip(_values(rng, (9,), whole), -3, 3)
    if dtype in FLOATS:
        a[3, 4] = math.nan
    compare_ = COMPARISONS[name]

    def run(device: Any) -> Outcome:
        found = compare_(_tensor(device, a, dtype), _tensor(device, b, dtype))
        return found, compare_(a, b).astype(np.float64), 0.0

    return Case(f"{name} {dtype}", run)


def _where() -> Iterator[Case]:
    for dtype in (*FLOATS, "int32", "bool"):
        yield _choice(dtype)


def _choice(dtype: str) -> Case:
    rng = _rng(f"where {dtype}")
    condition = _values(rng, (6, 1, 5), "bool")
    a, b = _values(rng, (4, 5), dtype), _values(rng, (6, 4, 1), dtype)

    def run(device: Any) -> Outcome:
        mask = _tensor(device, condition, "bool")
        chosen = kernels.where(mask, _tensor(device, a, dtype), _tensor(device, b, dtype))
        found = kernels.where(mask, chosen, 1)
        return found, np.where(condition != 0, np.where(condition != 0, a, b), 1), 0.0

    return Case(f"where {dtype}", run)


# Reductions

REDUCTIONS: tuple[tuple[tuple[int, ...], Any], ...] = (
    ((), None),
    ((1,), 0),
    ((7,), None),
    ((33, 65), 0),
    ((33, 65), 1),
    ((33, 65), None),
    ((5, 6, 7), (0, 2)),
    ((5, 6, 7), 1),
    ((2, 3, 4, 2, 3, 2), (1, 3, 5)),
    ((3, 400), 0),
    ((300, 3), 1),
    ((20001,), 0),
    ((2003, 300), 0),
    ((0, 5), 1),
)


def _reductions() -> Iterator[Case]:
    for name in ("sum", "mean", "max", "min"):
        for dtype in (*FLOATS, "int32"):
            for shape, axis in REDUCTIONS:
                if not (dtype != "float32" and math.prod(shape) > 50000):
                    yield _reduction(name, dtype, shape, axis)
        yield _reduction(name, "bfloat16", (1023, 2049), 1, large=True)
        yield _reduction(name, "float32", (3, 1_500_001), 1, large=True)
        yield _reduction(name, "float32", (5003, 1024), 0, large=True)
        yield _reduction(name, "float16", (4099, 517), None, large=True)
    yield _reduction_of_view()
    yield _nothing_summed()
    yield _count_of_bool()


def _reduction(name: str, dtype: str, shape: tuple[int, ...], axis: Any, large: bool = False) -> Case:
    title = f"{name} {dtype}{list(shape)} over {axis}"

    def run(device: Any) -> Outcome:
        values = _values(_rng(title), shape, dtype)
        found = getattr(kernels, name)(_tensor(device, values, dtype), axis)
        expected = np.asarray(getattr(np, name)(values, axis=axis))
        if name in ("max", "min"):
            return found, expected, 0.0
        count = values.size / max(expected.size, 1)
        sizes = np.asarray(getattr(np, name)(np.abs(values), axis=axis))
        if dtype == "int32" and name == "sum":
            return found, expected, 0.0
        kind = "float32" if dtype == "int32" else dtype
        return found, expected, _bound(expected, kind, 8 + math.sqrt(count), sizes)

    return Case(title, run, large)


def _reduction_of_view() -> Case:
    values = _values(_rng("reduced view"), (14, 6, 10), "float32")

    def run(device: Any) -> Outcome:
        view = _tensor(device, values, "float32").transpose(2, 0, 1)[::-2, 1:9]
        expected = values.transpose(2, 0, 1)[::-2, 1:9].sum(axis=(0, 2), keepdims=True)
        return (
            view.sum((0, 2), keepdims=True),
            expected,
            _bound(expected, "float32", 40, np.full_like(expected, 40)),
        )

    return Case("sum of a strided view, keepdims", run)


def _nothing_summed() -> Case:
    def run(device: Any) -> Outcome:
        return kernels.zeros(device, (4, 0, 2)).sum(1), np.zeros((4, 2)), 0.0

    return Case("sum of nothing is 0", run)


def _count_of_bool() -> Case:
    values = _values(_rng("count"), (50, 7), "bool")

    def run(device: Any) -> Outcome:
        return _tensor(device, values, "bool").sum(0), values.sum(0), 0.0

    return Case("sum of bool counts", run)


def _argmax() -> Iterator[Case]:
    for dtype in (*FLOATS, "int32"):
        for shape, axis in (((7,), None), ((33, 65), 0), ((33, 65), 1), ((4, 5, 6), None), ((3, 5000), 1)):
            yield _position_of_largest(dtype, shape, axis)
    yield _position_among_equals()
    yield _position_of_nan()


def _position_of_largest(dtype: str, shape: tuple[int, ...], axis: Any) -> Case:
    title = f"argmax {dtype}{list(shape)} over {axis}"
    values = _values(_rng(title), shape, dtype)
    return Case(
        title, lambda device: (_tensor(device, values, dtype).argmax(axis), np.argmax(values, axis), 0.0)
    )


def _position_among_equals() -> Case:
    values = np.full((5, 700), -math.inf)
    values[1, 600] = values[1, 33] = 1

    def run(device: Any) -> Outcome:
        return _tensor(device, values, "float32").argmax(1), np.argmax(values, 1), 0.0

    return Case("argmax takes the first of equal ones", run)


def _position_of_nan() -> Case:
    values = _values(_rng("argmax nan"), (3, 300), "float32")
    values[0, 299] = values[1, 7] = values[1, 200] = math.nan

    def run(device: Any) -> Outcome:
        return _tensor(device, values, "float32").argmax(1), np.argmax(values, 1), 0.0

    return Case("argmax takes the first NaN", run)


# Rows

ROW_SHAPES = ((1,), (1, 1), (3, 7), (2, 5, 33), (4, 1000), (0, 8), (5, 0), (2, 4096))


def _rows() -> Iterator[Case]:
    for dtype in FLOATS:
        for shape in ROW_SHAPES:
            yield _softmax(dtype, shape)
            if shape[-1]:
                yield _rms_norm(dtype, shape, weighted=len(shape) > 1)
                yield _layer_norm(dtype, shape, weighted=len(shape) > 1)
        yield _softmax(dtype, (1023, 3001), large=True)
        yield _rms_norm(dtype, (777, 4096), weighted=True, large=True)
        yield _layer_norm(dtype, (777, 4099), weighted=True, large=True)
        yield _softmax(dtype, (6, 5, 4), axis=1)
    yield _softmax_of_large_values()


def _softmax64(x: Array, axis: int = -1) -> Array:
    if not x.size:
        return x
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def _softmax(dtype: str, shape: tuple[int, ...], axis: int = -1, large: bool = False) -> Case:
    title = f"softmax {dtype}{list(shape)}{'' if axis == -1 else f' over {axis}'}"

    def run(device: Any) -> Outcome:
        values = _values(_rng(title), shape, dtype)
        expected = _softmax64(values, axis)
        spread = float(values.max() - values.min()) if values.size else 0.0
        roundings = 16 + spread + math.sqrt(shape[axis])
        return (
            kernels.softmax(_tensor(device, values, dtype), axis),
            expected,
            _bound(expected, dtype, roundings),
        )

    return Case(title, run, large)


def _softmax_of_large_values() -> Case:
    values = np.array([[1e4, 1e4 - 3, -1e4], [-math.inf, 0.0, 1.0], [-88.0, -89.0, -87.5]])
    expected = _softmax64(values)

    def run(device: Any) -> Outcome:
        return kernels.softmax(_tensor(device, values, "float32")), expected, _bound(expected, "float32", 32)

    return Case("softmax of large values and -inf", run)


def _rms_norm(dtype: str, shape: tuple[int, ...], weighted: bool, large: bool = False) -> Case:
    title = f"rms_norm {dtype}{list(shape)}"

    def run(device: Any) -> Outcome:
        rng = _rng(title)
        values, weight = _values(rng, shape, dtype), _values(rng, shape[-1:], dtype)
        expected = values / np.sqrt((values**2).mean(axis=-1, keepdims=True) + 1e-5)
        if weighted:
            expected = expected * weight
        given = _tensor(device, weight, dtype) if weighted else None
        found = kernels.rms_norm(_tensor(device, values, dtype), given, 1e-5)
        return found, expected, _bound(expected, dtype, 16 + math.sqrt(shape[-1]) / 4)

    return Case(title, run, large)


def _layer_norm(dtype: str, shape: tuple[int, ...], weighted: bool, large: bool = False) -> Case:
    title = f"layer_norm {dtype}{list(shape)}"

    def run(device: Any) -> Outcome:
        rng = _rng(title)
        values = _as_held(_values(rng, shape, dtype) + 3, dtype)
        weight, bias = _values(rng, shape[-1:], dtype), _values(rng, shape[-1:], dtype)
        deviation = np.sqrt(values.var(axis=-1, keepdims=True) + 1e-5)
        expected = (values - values.mean(axis=-1, keepdims=True)) / deviation
        scale = (np.abs(values) + np.abs(values).mean(axis=-1, keepdims=True)) / deviation
        if weighted:
            expected, scale = expected * weight + bias, scale * np.abs(weight) + np.abs(bias)
        parameters = (_tensor(device, weight, dtype), _tensor(device, bias, dtype)) if weighted else ()
        found = kernels.layer_norm(_tensor(device, values, dtype), *parameters, epsilon=1e-5)
        return found, expected, _bound(expected, dtype, 16 + math.sqrt(shape[-1]) / 4, scale)

    return Case(title, run, large)


def _rope() -> Iterator[Case]:
    for dtype in FLOATS:
        for layout in ("interleaved", "half"):
            yield _rotated(dtype, layout, (2, 3, 9, 16), 0, None)
            yield _rotated(dtype, layout, (5, 10), 100_000, 6)
            yield _rotated(dtype, layout, (2, 4, 64), [3, 1, 0, 70], 32)
            yield _rotated(dtype, layout, (2, 8, 4, 128), [[0, 1, 2, 3], [9, 9, 8, 7]], None)
    yield _rotated("float32", "half", (3, 5), 2, 4)
    yield _rotated("bfloat16", "half", (2, 8, 1024, 128), 17, None, large=True)


def _rotated(
    dtype: str, layout: str, shape: tuple[int, ...], positions: Any, rotary: int | None, large: bool = False
) -> Case:
    title = f"rope {dtype}{list(shape)} {layout}"

    def run(device: Any) -> Outcome:
        values = _values(_rng(title), shape, dtype)
        length, dim = shape[-2], rotary or shape[-1]
        numbers = np.asarray(positions, np.float64)
        if numbers.ndim == 0:
            numbers = numbers + np.arange(length)
        angles = numbers[..., None] * 10000.0 ** (-np.arange(0, dim, 2) / dim)
        if numbers.ndim == 2:
            angles = angles[:, None]
        first = slice(0, dim, 2) if layout == "interleaved" else slice(0, dim // 2)
        second = slice(1, dim, 2) if layout == "interleaved" else slice(dim // 2, dim)
        a, b = values[..., first], values[..., second]
        expected, scale = values.copy(), np.abs(values)
        expected[..., first] = a * np.cos(angles) - b * np.sin(angles)
        expected[..., second] = a * np.sin(angles) + b * np.cos(angles)
        scale[..., first] = scale[..., second] = np.abs(a) + np.abs(b)
        found = kernels.rope(_tensor(device, values, dtype), positions, layout=layout, rotary_dim=rotary)
        return found, expected, _bound(expected, dtype, 4, scale)

    return Case(title, run, large)


# Matrix products

MATMULS: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((1, 1), (1, 1)),
    ((5,), (5,)),
    ((3, 5), (5,)),
    ((5,), (5, 3)),
    ((0, 5), (5, 3)),
    ((4, 0), (0, 3)),
    ((7, 130), (130, 5)),
    ((64, 64), (64, 64)),
    ((129, 33), (33, 131)),
    ((65, 100), (100, 70)),
    ((2, 9, 20), (20, 11)),
    ((3, 1, 8, 16), (1, 2, 16, 24)),
    ((2, 1, 2, 1, 4, 8), (1, 3, 1, 2, 8, 8)),
)


def _matmul() -> Iterator[Case]:
    for dtype in FLOATS:
        for left, right in MATMULS:
            yield _product(dtype, left, right)
        for transposed in ("a", "b", "ab"):
            yield _product(dtype, (70, 48), (48, 56), transposed)
            yield _product(dtype, (2, 19, 35), (2, 35, 21), transposed)
        yield _product_of_slices(dtype)
        yield _product(dtype, (515, 1027), (1027, 389), large=True)
        yield _product(dtype, (1024, 1024), (1024, 1024), large=True)
        yield _product(dtype, (1024, 1024), (1024, 1024), "b", large=True)
        yield _product(dtype, (12, 384, 264), (12, 264, 520), large=True)
        yield _product(dtype, (1, 4096), (4096, 4096), "b", large=True)


def _product_bound(a: Array, b: Array, expected: Array, dtype: str) -> Array:
    """Tensor cores may cut off bits where they add: their sums are given more room."""
    k = a.shape[-1]
    roundings = 8 + math.sqrt(k) if dtype == "float32" else 8 + 2 * math.sqrt(k) + k / 8
    return _bound(expected, dtype, roundings, np.abs(a) @ np.abs(b))


def _product(
    dtype: str, left: tuple[int, ...], right: tuple[int, ...], transposed: str = "", large: bool = False
) -> Case:
    title = f"matmul {dtype}{list(left)} @ {list(right)}{f', {transposed} transposed' if transposed else ''}"

    def run(device: Any) -> Outcome:
        rng = _rng(title)
        a, b = _values(rng, left, dtype), _values(rng, right, dtype)
        x = (
            _tensor(device, a.swapaxes(-1, -2), dtype).swapaxes(-1, -2)
            if "a" in transposed
            else _tensor(device, a, dtype)
        )
        y = (
            _tensor(device, b.swapaxes(-1, -2), dtype).swapaxes(-1, -2)
            if "b" in transposed
            else _tensor(device, b, dtype)
        )
        expected = np.asarray(a @ b)
        return x @ y, expected, _product_bound(a, b, expected, dtype)

    return Case(title, run, large)


def _product_of_slices(dtype: str) -> Case:
    """Neither rows nor columns contiguous, nor aligned."""
    title = f"matmul {dtype} of slices"

    def run(device: Any) -> Outcome:
        rng = _rng(title)
        a, b = _values(rng, (40, 90), dtype), _values(rng, (90, 100), dtype)
        x, y = _tensor(device, a, dtype)[1::2, 1::2], _tensor(device, b, dtype)[::2, 3::3]
        a, b = a[1::2, 1::2], b[::2, 3::3]
        return x @ y, a @ b, _product_bound(a, b, a @ b, dtype)

    return Case(title, run)


# Attention

ATTENTIONS: tuple[
    tuple[int, int, int, int, int, int], ...
] = (  # batch, heads, key heads, queries, keys, head_dim
    (1, 1, 1, 1, 1, 8),
    (1, 2, 1, 5, 5, 16),
    (2, 4, 2, 33, 33, 64),
    (1, 2, 2, 70, 130, 40),
    (1, 1, 1, 65, 200, 128),
    (1, 1, 1, 1, 77, 128),
    (1, 2, 1, 20, 9, 24),
    (1, 1, 1, 34, 40, 256),
    (1, 1, 1, 9, 12, 135),
    (1, 1, 1, 4, 0, 16),
    (0, 2, 1, 4, 4, 16),
)


def _attention() -> Iterator[Case]:
    for dtype in FLOATS:
        for sizes in ATTENTIONS:
            for causal in (False, True):
                yield _attended(dtype, sizes, causal)
        yield _attended_views(dtype)
        for causal in (False, True):
            yield _attended(dtype, (2, 8, 2, 333, 333, 64), causal, large=True)
            yield _attended(dtype, (1, 8, 4, 513, 1025, 128), causal, large=True)
            yield _attended(dtype, (1, 4, 4, 257, 300, 256), causal, large=True)


def _attention64(q: Array, k: Array, v: Array, causal: bool, scale: float) -> tuple[Array, Array, Array]:
    """The output, the weights times |v|, and the largest sum of |q k| for each query."""
    groups = q.shape[-3] // max(k.shape[-3], 1)
    k, v = (np.repeat(x, groups, axis=-3) for x in (k, v))
    queries, keys = q.shape[-2], k.shape[-2]
    if keys == 0:
        return np.zeros(q.shape), np.zeros(q.shape), np.zeros((*q.shape[:-1], 1))
    scores = scale * (q @ k.swapaxes(-1, -2))
    sizes = scale * (np.abs(q) @ np.abs(k).swapaxes(-1, -2)).max(axis=-1, keepdims=True)
    if causal:
        seen = np.arange(keys) <= np.arange(queries)[:, None] + keys - queries
        scores = np.where(seen, scores, -np.inf)
    top = scores.max(axis=-1, keepdims=True)
    powers = np.exp(scores - np.where(np.isinf(top), 0, top))
    total = powers.sum(axis=-1, keepdims=True)
    weights = powers / np.where(total == 0, 1, total)
    return weights @ v, weights @ np.abs(v), sizes


def _attention_bound(q: Array, expected: Array, sizes: Array, scores: Array, keys: int, dtype: str) -> Array:
    """Errors of the scores change weights in proportion; 16-bit weights are rounded once more."""
    k = q.shape[-1]
    roundings = 8 + math.sqrt(k) if dtype == "float32" else 8 + 2 * math.sqrt(k) + k / 8
    relative = (2 * roundings * scores + 24 + math.sqrt(keys)) * FLOAT32_ROUNDING
    if dtype != "float32":
        relative = relative + 1.01 * ROUNDING[dtype] + keys / 8 * FLOAT32_ROUNDING
    return relative * sizes + _bound(expected, dtype, 2)


def _attended(dtype: str, sizes: tuple[int, ...], causal: bool, large: bool = False) -> Case:
    batch, heads, kv_heads, queries, keys, dim = sizes
    order = " causal" if causal else ""
    title = f"attention {dtype}{[batch, heads, queries, dim]} with {[kv_heads, keys]}{order}"

    def run(device: Any) -> Outcome:
        rng = _rng(title)
        q = _values(rng, (batch, heads, queries, dim), dtype)
        k, v = (_values(rng, (batch, kv_heads, keys, dim), dtype) for _ in range(2))
        expected, around, scores = _attention64(q, k, v, causal, 1 / math.sqrt(dim))
        found = kernels.attention(*(_tensor(device, x, dtype) for x in (q, k, v)), causal=causal)
        return found, expected, _attention_bound(q, expected, around, scores, keys, dtype)

    return Case(title, run, large)


def _attended_views(dtype: str) -> Case:
    """Heads taken out of (batch, length, heads, head_dim), not aligned, without a batch axis, with a
    scale."""
    title = f"attention {dtype} of views"

    def run(device: Any) -> Outcome:
        packed = _values(_rng(title), (21, 3, 2, 25), dtype)
        tensor = _tensor(device, packed, dtype)
        q, k, v = (packed[:, i].transpose(1, 0, 2)[..., 1:] for i in range(3))
        views = [tensor[:, i].transpose(1, 0, 2)[..., 1:] for i in range(3)]
        expected, around, scores = _attention64(q, k, v, True, 0.3)
        found = kernels.attention(*views, causal=True, scale=0.3)
        return found, expected, _attention_bound(q, expected, around, scores, 21, dtype)

    return Case(title, run)
