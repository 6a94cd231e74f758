"""Matrix products."""

from __future__ import annotations

import math
import struct
from typing import Any

from barewire.kernels import dtypes, launching
from barewire.kernels.problems import ShapeMismatch
from barewire.kernels.shapes import Shape, broadcast_shapes, broadcast_strides, merge_axes
from barewire.kernels.tensor import (
    Tensor,
    empty,
    expect_float,
    expect_same_device,
    expect_same_dtype,
    expect_tensor,
)

_LAYOUT = struct.Struct("<8q12qiiII")  # struct MatmulLayout of cuda/matmul.cu
_BATCH_AXES = 4
_MOST_BATCH_BLOCKS = 65535
_TENSOR_CORE_TILE = 128
_FLOAT32_TILE = 64
_THREADS = 256
WIDE_BYTES = 16


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """The matrix product, batched and broadcast over leading axes, by NumPy's rules for one-dimensional
    operands.

    float32 is computed in float32; float16 and bfloat16 on tensor cores, summed in float32 and rounded once.

    Raises:
        ShapeMismatch: inner sizes differ, leading axes cannot be broadcast, or an operand has no axes.
        DtypeMismatch: not one floating-point type.
        WrongDevice: operands of two devices.
    """
    expect_tensor("matmul", a, b)
    expect_same_device(a, b)
    expect_same_dtype(a, b)
    expect_float("matmul", a)
    if a.ndim == 0 or b.ndim == 0:
        raise ShapeMismatch(f"matmul takes tensors with axes, not shapes {a.shape} and {b.shape}")
    left = a[None, :] if a.ndim == 1 else a
    right = b[:, None] if b.ndim == 1 else b
    if left.shape[-1] != right.shape[-2]:
        raise ShapeMismatch(
            f"matmul of shapes {a.shape} and {b.shape}: {left.shape[-1]} is not {right.shape[-2]}"
        )
    out = _product(left, right)
    if a.ndim == 1:
        out = out[..., 0, :]
    return out[..., 0] if b.ndim == 1 else out


def _product(a: Tensor, b: Tensor) -> Tensor:
    m, k, n = a.shape[-2], a.shape[-1], b.shape[-1]
    batch = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    out = empty(a.device, (*batch, m, n), a.dtype)
    if out.size == 0:
        return out
    on_tensor_cores = a.dtype is not dtypes.float32
    if on_tensor_cores and a.strides[-1] != 1 and k > 1:
        a = a.copy()
    batch_shape, batch_strides = merge_axes(batch, *(_batch_strides(x, batch) for x in (a, b)))
    transposed = _is_transposed(b)
    kernel, tile = f"matmul_{a.dtype.suffix}", _FLOAT32_TILE
    if on_tensor_cores:
        kernel, tile = f"matmul_{'nt' if transposed else 'nn'}_{a.dtype.suffix}", _TENSOR_CORE_TILE
    wide = _is_wide(a, -1) + 2 * _is_wide(b, -2 if transposed else -1)
    tiles = (-(-m // tile), -(-n // tile))
    batches = math.prod(batch_shape)
    layout = _LAYOUT.pack(
        m,
        n,
        k,
        a.strides[-2],
        a.strides[-1],
        b.strides[-2],
        b.strides[-1],
        batches,
        *_padded(batch_shape),
        *_padded(batch_strides[0]),
        *_padded(batch_strides[1]),
        len(batch_shape),
        wide,
        *tiles,
    )
    grid = (tiles[0] * tiles[1], min(batches, _MOST_BATCH_BLOCKS))
    launching.launch(
        a.device,
        "matmul",
        kernel,
        grid,
        _THREADS,
        launching.address(out),
        launching.address(a),
        launching.address(b),
        layout,
    )
    return out


def _batch_strides(x: Tensor, batch: Shape) -> Shape:
    return broadcast_strides(x.shape[:-2], x.strides[:-2], batch)


def _padded(values: Shape) -> Shape:
    return values + (0,) * (_BATCH_AXES - len(values))


def _is_transposed(b: Tensor) -> bool:
    """Whether the columns of B, rather than its rows, are contiguous."""
    rows_contiguous = b.strides[-1] == 1 or b.shape[-1] == 1
    columns_contiguous = b.strides[-2] == 1 or b.shape[-2] == 1
    if b.shape[-1] == 1 or b.shape[-2] == 1:
        return b.strides[-2] == 1 and b.shape[-2] > 1
    return columns_contiguous and not rows_contiguous


def _is_wide(x: Tensor, inner: int) -> bool:
    """Whether `x` can be read sixteen bytes at a time along the axis `inner` of its matrices."""
    return is_wide(x, inner, range(x.ndim))


def is_wide(x: Tensor, inner: int, axes: Any) -> bool:
    """Whether the elements along `inner` are neighbours and every other step along `axes` is a multiple of 16
    bytes."""
    inner %= x.ndim
    if x.strides[inner] != 1 and x.shape[inner] > 1:
        return False
    steps = [x.strides[axis] for axis in axes if axis != inner and x.shape[axis] > 1]
    return not any(value * x.dtype.size_bytes % WIDE_BYTES for value in steps) and x.address % WIDE_BYTES == 0
