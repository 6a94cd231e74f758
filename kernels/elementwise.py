"""Functions of each element: of one tensor, of two with broadcasting, comparisons, and `where`."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from barewire.kernels import dtypes, launching
from barewire.kernels.dtypes import DType
from barewire.kernels.problems import DtypeMismatch
from barewire.kernels.shapes import broadcast_shapes, broadcast_strides, is_contiguous, merge_axes
from barewire.kernels.tensor import (
    Tensor,
    empty,
    expect_float,
    expect_same_device,
    expect_same_dtype,
    expect_tensor,
)

# What the kernels' structures hold after the rank.
_UNARY_TAIL = struct.Struct("<iii")
_BINARY_TAIL = struct.Struct("<iii")
_WHERE_TAIL = struct.Struct("<iII")

_NEITHER, _LEFT, _RIGHT = 0, 1, 2  # which operand of a kernel is a scalar
_INTEGER_UNARY = {"neg", "abs", "relu"}
_INTEGER_BINARY = {"add", "sub", "mul", "maximum", "minimum"}
_COMPARISONS = {"eq": 0, "ne": 1, "lt": 2, "le": 3, "gt": 4, "ge": 5}

Scalar = (bool, int, float, np.generic)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, Scalar)


def unary(name: str, x: Tensor) -> Tensor:
    """A function of each element, by the name of its kernel.

    Raises:
        DtypeMismatch: not a tensor, or a type that the function does not take.
    """
    expect_tensor(name, x)
    if not (x.dtype is dtypes.int32 and name in _INTEGER_UNARY):
        expect_float(name, x)
    out = empty(x.device, x.shape, x.dtype)
    shape, (strides,) = merge_axes(x.shape, x.strides)
    contiguous = is_contiguous(shape, strides)
    tail = _UNARY_TAIL.pack(0, contiguous, 0)
    for count, done, (offset,), layout in launching.laid_out(tail, shape, strides):
        launching.launch(
            x.device,
            "unary",
            f"{name}_{x.dtype.suffix}",
            _blocks(count, contiguous, x.dtype),
            launching.THREADS,
            launching.address(out, done),
            launching.address(x, offset),
            layout,
        )
    return out


def _blocks(count: int, contiguous: bool, dtype: DType) -> tuple[int]:
    """Contiguous data goes sixteen bytes a thread."""
    each = 16 // dtype.size_bytes if contiguous else 1
    return launching.blocks_for((count + each - 1) // each)


def binary(name: str, left: Any, right: Any) -> Tensor:
    """A function of two tensors, or of a tensor and a scalar, by the name of its kernel.

    Raises:
        DtypeMismatch, ShapeMismatch, WrongDevice: they cannot be combined.
    """
    left, right = _both_float(left, right) if name == "div" else (left, right)
    dtype = _operands(name, left, right)
    if dtype is dtypes.bool_ or (dtype is dtypes.int32 and name not in _INTEGER_BINARY):
        raise DtypeMismatch(f"{name} does not take {dtype}", hint="Convert with .astype('float32').")
    return _launch(f"{name}_{dtype.suffix}", left, right, dtype, dtype)


def _both_float(left: Any, right: Any) -> tuple[Any, Any]:
    """Integers divide as float32, as they divide as floats in NumPy."""

    def convert(value: Any) -> Any:
        return (
            value.astype(dtypes.float32)
            if isinstance(value, Tensor) and value.dtype is dtypes.int32
            else value
        )

    return convert(left), convert(right)


def compare(name: str, left: Any, right: Any) -> Tensor:
    """A comparison (eq, ne, lt, le, gt, ge), as a tensor of bool.

    Raises:
        DtypeMismatch, ShapeMismatch, WrongDevice: they cannot be compared.
    """
    dtype = _operands("a comparison", left, right)
    return _launch(f"compare_{dtype.suffix}", left, right, dtype, dtypes.bool_, np.int32(_COMPARISONS[name]))


def _operands(name: str, left: Any, right: Any) -> DType:
    """The element type that both operands have."""
    tensors = [value for value in (left, right) if not _is_scalar(value)]
    expect_tensor(name, *tensors)
    if not tensors:
        raise DtypeMismatch(f"{name} takes at least one tensor")
    expect_same_device(*tensors)
    expect_same_dtype(*tensors)
    dtype: DType = tensors[0].dtype
    return dtype


def _launch(kernel: str, left: Any, right: Any, dtype: DType, out_dtype: DType, *more: Any) -> Tensor:
    which = _LEFT if _is_scalar(left) else _RIGHT if _is_scalar(right) else _NEITHER
    scalar = dtypes.compute_bits(left if which == _LEFT else right, dtype) if which else 0
    a = right if which == _LEFT else left
    b = left if which == _RIGHT else right
    shape = broadcast_shapes(a.shape, b.shape)
    out = empty(a.device, shape, out_dtype)
    strides = [broadcast_strides(operand.shape, operand.strides, shape) for operand in (a, b)]
    merged, (a_strides, b_strides) = merge_axes(shape, *strides)
    contiguous = is_contiguous(merged, a_strides) and is_contiguous(merged, b_strides)
    module = "binary"
    tail = _BINARY_TAIL.pack(contiguous, which, scalar)
    laid_out = launching.laid_out(tail, merged, a_strides, b_strides)
    for count, done, (a_offset, b_offset), layout in laid_out:
        launching.launch(
            a.device,
            module,
            kernel,
            _blocks(count, contiguous, dtype),
            launching.THREADS,
            launching.address(out, done),
            launching.address(a, a_offset),
            launching.address(b, b_offset),
            layout,
            *more,
        )
    return out


def where(condition: Tensor, a: Any, b: Any) -> Tensor:
    """`a` where the condition holds, else `b`; either may be a scalar.

    Raises:
        DtypeMismatch: the condition is not bool, or the types of a and b differ, or both are scalars.
        ShapeMismatch, WrongDevice: they cannot be combined.
    """
    expect_tensor("where", condition)
    if condition.dtype is not dtypes.bool_:
        raise DtypeMismatch(f"the condition of where is a tensor of bool, not of {condition.dtype}")
    dtype = _operands("where", a, b)
    expect_same_device(condition, *(value for value in (a, b) if isinstance(value, Tensor)))
    bits = [dtypes.storage_bits(value, dtype) if _is_scalar(value) else 0 for value in (a, b)]
    scalars = _is_scalar(a) + 2 * _is_scalar(b)
    tensors = [condition if _is_scalar(value) else value for value in (a, b)]
    shape = broadcast_shapes(condition.shape, *(tensor.shape for tensor in tensors))
    out = empty(condition.device, shape, dtype)
    strides = [broadcast_strides(tensor.shape, tensor.strides, shape) for tensor in (condition, *tensors)]
    merged, merged_strides = merge_axes(shape, *strides)
    tail = _WHERE_TAIL.pack(scalars, *bits)
    for count, done, offsets, layout in launching.laid_out(tail, merged, *merged_strides):
        sources = zip((condition, *tensors), offsets, strict=True)
        launching.launch(
            condition.device,
            "binary",
            f"where_b{8 * dtype.size_bytes}",
            launching.blocks_for(count),
            launching.THREADS,
            launching.address(out, done),
            *(launching.address(tensor, offset) for tensor, offset in sources),
            layout,
        )
    return out


def maximum(a: Any, b: Any) -> Tensor:
    """The larger of each pair; NaN if either is."""
    return binary("maximum", a, b)


def minimum(a: Any, b: Any) -> Tensor:
    """The smaller of each pair; NaN if either is."""
    return binary("minimum", a, b)


def exp(x: Tensor) -> Tensor:
    """e to the power of each element."""
    return unary("exp", x)


def log(x: Tensor) -> Tensor:
    """The natural logarithm."""
    return unary("log", x)


def sqrt(x: Tensor) -> Tensor:
    """The square root."""
    return unary("sqrt", x)


def rsqrt(x: Tensor) -> Tensor:
    """One over the square root."""
    return unary("rsqrt", x)


def tanh(x: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    return unary("tanh", x)


def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + exp(-x))."""
    return unary("sigmoid", x)


def relu(x: Tensor) -> Tensor:
    """The larger of 0 and each element."""
    return unary("relu", x)


def silu(x: Tensor) -> Tensor:
    """x * sigmoid(x)."""
    return unary("silu", x)


def gelu(x: Tensor, approximate: str = "none") -> Tensor:
    """x times the normal distribution function of x.

    Args:
        approximate: "none" by the error function, "tanh" by the usual approximation.

    Raises:
        DtypeMismatch: not a floating-point tensor, or another approximation.
    """
    names = {"none": "gelu", "tanh": "gelu_tanh"}
    if approximate not in names:
        raise DtypeMismatch(f"gelu is computed exactly ('none') or by 'tanh', not by {approximate!r}")
    return unary(names[approximate], x)
