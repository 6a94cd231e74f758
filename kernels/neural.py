"""What neural networks are made of, besides matrix products: softmax, norms, rotary embedding, attention."""

from __future__ import annotations

import math
import struct
from collections import OrderedDict
from typing import Any

import numpy as np
from barewire.kernels import dtypes, launching
from barewire.kernels.linear import is_wide
from barewire.kernels.problems import DtypeMismatch, ShapeMismatch
from barewire.kernels.shapes import normal_axis
from barewire.kernels.tensor import (
    Tensor,
    empty,
    expect_float,
    expect_same_device,
    expect_same_dtype,
    expect_tensor,
    from_numpy,
)

_ROPE = struct.Struct("<9qii")  # struct RopeLayout of cuda/rope.cu
_ATTENTION = struct.Struct("<9q8ifi")  # struct AttentionLayout of cuda/attention.cu
_MOST_BLOCKS_Y = 65535
_TABLES = "_rope_tables"  # kept on the device, as the modules are
_TABLES_KEPT = 16

MOST_HEAD_DIM = 256
_MMA_QUERIES, _MMA_THREADS, _MMA_PAD = 64, 128, 8
_MMA_KEYS = {64: 64, 128: 64, 256: 32}  # keys at a time, by the head_dim that a kernel is made for
_F32_QUERIES, _F32_KEYS, _F32_THREADS = 32, 32, 256


def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """exp(x) over its sum along an axis, computed in float32.

    Raises:
        ShapeMismatch: the axis does not exist.
        DtypeMismatch: not a floating-point tensor.
    """
    expect_tensor("softmax", x)
    expect_float("softmax", x)
    if x.ndim == 0:
        raise ShapeMismatch("softmax takes a tensor with axes, not one of shape ()")
    along = normal_axis(axis, x.ndim, x.shape)
    if along != x.ndim - 1:
        return softmax(x.swapaxes(along, -1)).swapaxes(along, -1)
    rows = x.contiguous()
    out = empty(x.device, x.shape, x.dtype)
    _launch_rows("softmax", rows, out)
    return out


def rms_norm(x: Tensor, weight: Tensor | None = None, epsilon: float = 1e-5) -> Tensor:
    """x / sqrt(mean(x**2) + epsilon) * weight along the last axis, computed in float32.

    Raises:
        ShapeMismatch: the weight is not one number for each element of a row.
        DtypeMismatch, WrongDevice: the operands do not fit each other.
    """
    _check_norm("rms_norm", x, weight)
    rows = x.contiguous()
    out = empty(x.device, x.shape, x.dtype)
    _launch_rows("rms_norm", rows, out, (weight,), epsilon)
    return out


def layer_norm(
    x: Tensor, weight: Tensor | None = None, bias: Tensor | None = None, epsilon: float = 1e-5
) -> Tensor:
    """(x - mean) / sqrt(variance + epsilon) * weight + bias along the last axis, computed in float32.

    Raises:
        ShapeMismatch: weight or bias is not one number for each element of a row.
        DtypeMismatch, WrongDevice: the operands do not fit each other.
    """
    _check_norm("layer_norm", x, weight, bias)
    rows = x.contiguous()
    out = empty(x.device, x.shape, x.dtype)
    _launch_rows("layer_norm", rows, out, (weight, bias), epsilon)
    return out


def _check_norm(name: str, x: Tensor, *parameters: Tensor | None) -> None:
    expect_tensor(name, x)
    expect_float(name, x)
    if x.ndim == 0:
        raise ShapeMismatch(f"{name} takes a tensor with axes, not one of shape ()")
    for parameter in parameters:
        if parameter is None:
            continue
        expect_tensor(name, parameter)
        expect_same_device(x, parameter)
        expect_same_dtype(x, parameter)
        if parameter.shape != x.shape[-1:]:
            raise ShapeMismatch(
                f"{name} of shape {x.shape} takes parameters of shape {x.shape[-1:]}, not {parameter.shape}"
            )


def _launch_rows(
    name: str,
    x: Tensor,
    out: Tensor,
    parameters: tuple[Tensor | None, ...] = (),
    epsilon: float | None = None,
) -> None:
    """Launch a kernel of cuda/norm.cu: a block for each row."""
    columns = x.shape[-1]
    rows = x.size // columns if columns else 0
    if rows == 0:
        return
    held = [None if parameter is None else parameter.contiguous() for parameter in parameters]
    pointers = [launching.NULL if parameter is None else launching.address(parameter) for parameter in held]
    last = () if epsilon is None else (np.float32(epsilon),)
    each = 16 // x.dtype.size_bytes
    threads = min(512, max(32, 1 << (-(-columns // each) - 1).bit_length()))
    launching.launch(
        x.device,
        "norm",
        f"{name}_{x.dtype.suffix}",
        (min(rows, 2**31 - 1),),
        threads,
        launching.address(out),
        launching.address(x),
        *pointers,
        np.int64(rows),
        np.int64(columns),
        *last,
    )


def rope(
    x: Tensor,
    positions: Any = 0,
    *,
    theta: float = 10000.0,
    layout: str = "interleaved",
    rotary_dim: int | None = None,
) -> Tensor:
    """Rotary position embedding: pair i of each vector turns by position * theta ** (-2 i / rotary_dim).

    Args:
        x: (..., length, head_dim) with two to four axes. positions: the first position (the others follow),
        or one for each of `length`, or (batch, length) of them. theta: the base of the angles. layout:
        "interleaved" pairs (x[2i], x[2i + 1]), "half" pairs (x[i], x[i + rotary_dim / 2]). rotary_dim: how
        much of a vector turns, even; the rest stays. All of it, if not given.

    Raises:
        ShapeMismatch: shapes, positions or rotary_dim do not fit.
        DtypeMismatch: not a floating-point tensor, or an unknown layout.
    """
    expect_tensor("rope", x)
    expect_float("rope", x)
    if not 2 <= x.ndim <= 4:
        raise ShapeMismatch(f"rope takes (..., length, head_dim) with two to four axes, not shape {x.shape}")
    if layout not in ("interleaved", "half"):
        raise DtypeMismatch(f"rope knows the layouts 'interleaved' and 'half', not {layout!r}")
    rotary = x.shape[-1] if rotary_dim is None else rotary_dim
    if rotary % 2 or not 0 <= rotary <= x.shape[-1]:
        raise ShapeMismatch(f"rotary_dim is even and at most {x.shape[-1]}, not {rotary}")
    out = empty(x.device, x.shape, x.dtype)
    if x.size == 0:
        return out
    source = x if x.strides[-1] == 1 else x.copy()
    vectors = source[(None,) * (4 - x.ndim)]
    batches, heads, length, head_dim = vectors.shape
    numbers = _positions(positions, batches, length)
    cosines, sines = _tables(x.device, numbers, theta, rotary)
    described = _ROPE.pack(
        batches,
        heads,
        length,
        head_dim,
        rotary,
        *vectors.strides[:3],
        length * rotary // 2 if numbers.ndim == 2 else 0,
        layout == "half",
        0,
    )
    pairs = batches * heads * length * ((head_dim + 1) // 2)
    launching.launch(
        x.device,
        "rope",
        f"rope_{x.dtype.suffix}",
        launching.blocks_for(pairs),
        launching.THREADS,
        launching.address(out),
        launching.address(source),
        launching.address(cosines),
        launching.address(sines),
        described,
    )
    return out


def _positions(given: Any, batches: int, length: int) -> np.ndarray[Any, Any]:
    if isinstance(given, Tensor):
        given = given.numpy()
    numbers = np.asarray(given, np.float64)
    if numbers.ndim == 0:
        return np.arange(length, dtype=np.float64) + float(numbers)
    if numbers.shape not in ((length,), (batches, length)):
        raise ShapeMismatch(
            f"positions are one number, ({length},) or ({batches}, {length}), not shape {numbers.shape}"
        )
    return numbers


def _tables(device: Any, positions: np.ndarray[Any, Any], theta: float, rotary: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines of all angles, made in float64 on the host: the last few are kept on the device."""
    tables: OrderedDict[Any, tuple[Tensor, Tensor]] = device.kept.setdefault(_TABLES, OrderedDict())
    key = (positions.tobytes(), positions.shape, theta, rotary)
    if key not in tables:
        frequencies = float(theta) ** (-np.arange(0, rotary, 2, dtype=np.float64) / max(rotary, 1))
        angles = positions[..., None] * frequencies
        tables[key] = (
            from_numpy(device, np.cos(angles).astype(np.float32)),
            from_numpy(device, np.sin(angles).astype(np.float32)),
        )
        while len(tables) > _TABLES_KEPT:
            tables.popitem(last=False)
    tables.move_to_end(key)
    return tables[key]


def attention(q: Tensor, k: Tensor, v: Tensor, causal: bool = False, scale: float | None = None) -> Tensor:
    """softmax(scale * q @ k.T) @ v for each head, without keeping the scores; softmax and sums in float32.

    Args:
        q: (batch, heads, queries, head_dim), or without batch.
        k, v: (batch, kv_heads, keys, head_dim); heads is a multiple of kv_heads, query head h reads key head
            h // (heads // kv_heads). head_dim is at most 256.
        causal: the last query sees all keys, the one before it all but the last, and so on. A query that sees
        none
            gives zeros.
        scale: 1 / sqrt(head_dim), if not given.

    Raises:
        ShapeMismatch: shapes do not fit each other.
        DtypeMismatch, WrongDevice: types or devices differ, or not floating point.
    """
    expect_tensor("attention", q, k, v)
    expect_same_device(q, k, v)
    expect_same_dtype(q, k, v)
    expect_float("attention", q)
    _check_attention(q, k, v)
    if q.ndim == 3:
        return attention(q[None], k[None], v[None], causal, scale)[0]
    out = empty(q.device, q.shape, q.dtype)
    if out.size == 0:
        return out
    q, k, v = (x if x.strides[-1] == 1 or x.size == 0 else x.copy() for x in (q, k, v))
    batches, heads, queries, head_dim = q.shape
    factor = (1 / math.sqrt(head_dim) if scale is None else scale) / math.log(2)
    wide = all(is_wide(x, 3, range(4)) for x in (q, k, v))
    layout = _ATTENTION.pack(
        *q.strides[:3],
        *k.strides[:3],
        *v.strides[:3],
        batches,
        heads,
        k.shape[1],
        queries,
        k.shape[2],
        head_dim,
        bool(causal),
        wide,
        factor,
        0,
    )
    kernel, block_queries, threads, shared = _attention_kernel(q)
    grid = (-(-queries // block_queries), min(batches * heads, _MOST_BLOCKS_Y))
    pointers = [launching.address(x) for x in (out, q, k, v)]
    launching.launch(q.device, "attention", kernel, grid, threads, *pointers, layout, shared=shared)
    return out


def _attention_kernel(q: Tensor) -> tuple[str, int, int, int]:
    """(kernel, queries of a block, threads, bytes of shared memory)."""
    head_dim, suffix = q.shape[-1], q.dtype.suffix
    if q.dtype is dtypes.float32:
        floats = _F32_QUERIES * head_dim + _F32_KEYS * (head_dim + 1) + _F32_KEYS * head_dim
        return f"attention_{suffix}", _F32_QUERIES, _F32_THREADS, 4 * floats
    room = min(size for size in _MMA_KEYS if size >= head_dim)
    rows = _MMA_QUERIES + 2 * _MMA_KEYS[room]
    return f"attention_{room}_{suffix}", _MMA_QUERIES, _MMA_THREADS, 2 * rows * (room + _MMA_PAD)


def _check_attention(q: Tensor, k: Tensor, v: Tensor) -> None:
    shapes = f"q {q.shape}, k {k.shape}, v {v.shape}"
    if q.ndim not in (3, 4) or k.ndim != q.ndim or v.ndim != q.ndim:
        raise ShapeMismatch(
            f"attention takes (batch, heads, length, head_dim) or (heads, length, head_dim): {shapes}"
        )
    if k.shape != v.shape:
        raise ShapeMismatch(f"attention takes keys and values of one shape: {shapes}")
    if q.shape[-1] != k.shape[-1]:
        raise ShapeMismatch(f"attention takes queries and keys of one head_dim: {shapes}")
    if q.ndim == 4 and q.shape[0] != k.shape[0]:
        raise ShapeMismatch(f"attention takes queries and keys of one batch size: {shapes}")
    heads, kv_heads = q.shape[-3], k.shape[-3]
    if (kv_heads == 0 and heads) or (kv_heads and heads % kv_heads):
        raise ShapeMismatch(f"attention takes heads that are a multiple of the key heads: {shapes}")
    if q.shape[-1] > MOST_HEAD_DIM:
        raise ShapeMismatch(f"attention takes a head_dim of at most {MOST_HEAD_DIM}: {shapes}")
