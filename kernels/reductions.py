"""Reductions over any set of axes: sum, mean, max, min, argmax."""

from __future__ import annotations

import builtins
import math
import struct
from typing import Any

from barewire.kernels import dtypes, launching
from barewire.kernels.problems import DtypeMismatch, ShapeMismatch
from barewire.kernels.shapes import Shape, merge_axes, normal_axes
from barewire.kernels.tensor import Tensor, empty, expect_tensor, full

_HEAD = struct.Struct("<qqIIII")
_TAIL = struct.Struct("<fiii")

ROW_ITEMS = 4096  # a block reduces at least this much before it is worth cutting a reduction into slices
COLUMN_ITEMS = 128  # the same for a thread
MOST_OUTPUTS = 2**31 - 1


class _Plan:
    """The axes of a reduction, kept and reduced, merged where they can be."""

    def __init__(self, x: Tensor, axis: Any, keepdims: bool) -> None:
        reduced = normal_axes(axis, x.shape)
        kept = [a for a in range(x.ndim) if a not in reduced]
        self.out_shape: Shape = tuple(
            1 if a in reduced else size for a, size in enumerate(x.shape) if keepdims or a not in reduced
        )
        self.kept, (self.kept_strides,) = merge_axes(
            tuple(x.shape[a] for a in kept), tuple(x.strides[a] for a in kept)
        )
        self.reduced, (self.reduced_strides,) = merge_axes(
            tuple(x.shape[a] for a in reduced), tuple(x.strides[a] for a in reduced)
        )
        self.kept_count = math.prod(self.kept)
        self.reduced_count = math.prod(self.reduced)
        if self.kept_count > MOST_OUTPUTS or (len(self.reduced) > 1 and self.reduced_count > MOST_OUTPUTS):
            raise ShapeMismatch(
                f"a tensor of shape {x.shape} is too large for a reduction over {axis} in one piece"
            )

    @property
    def by_columns(self) -> bool:
        """Whether neighbouring outputs are neighbours in memory, or each takes next to nothing."""
        if self.kept_count < 256:
            return False
        return self.reduced_count <= 8 or (self.kept_strides[-1] == 1 and self.reduced_strides[-1] != 1)

    def slices(self, sm_count: int) -> int:
        """Into how many parts each reduction is cut, so that the GPU is busy."""
        least, wanted = (COLUMN_ITEMS, 512 * sm_count) if self.by_columns else (ROW_ITEMS, 4 * sm_count)
        missing = -(-wanted // builtins.max(1, self.kept_count))
        return builtins.max(1, builtins.min(missing, self.reduced_count // least))

    def layout(self, slices: int, divisor: float, partial: bool, mirror: bool = False) -> bytes:
        """`struct ReduceLayout` of cuda/reduce.cu."""
        return b"".join(
            (
                _HEAD.pack(
                    self.reduced_count, -(-self.reduced_count // slices), self.kept_count, slices,
                    self.kept_count * slices, 0,
                ),
                launching.axes(self.kept, self.kept_strides),
                launching.axes(self.reduced, self.reduced_strides),
                _TAIL.pack(divisor, partial, mirror, 0),
            )
        )  # fmt: skip


def sum(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The sum over the axes (all, if none are given), made in float32 and rounded once; 0 of nothing.

    Tensors of bool are counted as int32; sums of int32 are int32 and wrap.

    Raises:
        ShapeMismatch: an axis does not exist.
    """
    expect_tensor("sum", x)
    counted = x.astype(dtypes.int32) if x.dtype is dtypes.bool_ else x
    return _reduce("sum", counted, _Plan(counted, axis, keepdims), 1.0)


def mean(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The mean over the axes; of integers and bool as float32, and NaN of nothing.

    Raises:
        ShapeMismatch: an axis does not exist.
    """
    expect_tensor("mean", x)
    values = x if x.dtype.is_float else x.astype(dtypes.float32)
    plan = _Plan(values, axis, keepdims)
    if plan.reduced_count == 0:
        return full(x.device, plan.out_shape, math.nan, values.dtype)
    return _reduce("sum", values, plan, float(plan.reduced_count))


def max(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The largest element over the axes; NaN if there is one.

    Raises:
        ShapeMismatch: an axis does not exist, or there is nothing to choose from.
    """
    return _extreme("max", x, axis, keepdims)


def min(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The smallest element over the axes; NaN if there is one.

    Raises:
        ShapeMismatch: an axis does not exist, or there is nothing to choose from.
    """
    return _extreme("min", x, axis, keepdims)


def argmax(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Where the largest element is, as int32: its position along the axes, row-major where there are several.

    The first of equal ones counts, and NaN as larger than all.

    Raises:
        ShapeMismatch: an axis does not exist, or there is nothing to choose from.
        DtypeMismatch: a tensor of bool.
    """
    plan = _choosing("argmax", x, axis, keepdims)
    out = empty(x.device, plan.out_shape, dtypes.int32)
    if plan.kept_count:
        grid = launching.blocks_for(plan.kept_count, 1)
        threads = _row_threads(plan.reduced_count)
        launching.launch(
            x.device, "reduce", f"argmax_{x.dtype.suffix}", grid, threads,
            launching.address(out), launching.address(x), plan.layout(1, 1.0, False),
        )  # fmt: skip
    return out


def _extreme(name: str, x: Tensor, axis: Any, keepdims: bool) -> Tensor:
    return _reduce(name, x, _choosing(name, x, axis, keepdims), 1.0)


def _choosing(name: str, x: Tensor, axis: Any, keepdims: bool) -> _Plan:
    """The plan of a reduction that has no answer for nothing."""
    expect_tensor(name, x)
    if x.dtype is dtypes.bool_:
        raise DtypeMismatch(f"{name} does not take bool", hint="Convert with .astype('int32').")
    plan = _Plan(x, axis, keepdims)
    if plan.reduced_count == 0 and plan.kept_count:
        raise ShapeMismatch(
            f"{name} over axes {axis} of a tensor of shape {x.shape} has nothing to choose from"
        )
    return plan


def _reduce(name: str, x: Tensor, plan: _Plan, divisor: float) -> Tensor:
    out = empty(x.device, plan.out_shape, x.dtype)
    if plan.kept_count == 0:
        return out
    slices = plan.slices(x.device.facts.sm_count)
    if slices == 1:
        _launch(name, x, out, plan, 1, divisor, partial=False)
        return out
    compute = dtypes.float32 if x.dtype.is_float else x.dtype
    parts = empty(x.device, (plan.kept_count, slices), compute)
    _launch(name, x, parts, plan, slices, 1.0, partial=True)
    if compute is x.dtype:
        _launch(name, parts, out, _Plan(parts, 1, False), 1, divisor, partial=False)
        return out
    whole = empty(x.device, plan.out_shape, compute)
    _launch(name, parts, whole, _Plan(parts, 1, False), 1, divisor, partial=False)
    return whole.astype(x.dtype)


def _launch(
    name: str, x: Tensor, out: Tensor, plan: _Plan, slices: int, divisor: float, partial: bool
) -> None:
    items = plan.kept_count * slices
    if plan.by_columns:
        kind, grid, threads = "columns", launching.blocks_for(items), launching.THREADS
    else:
        kind, grid, threads = "rows", launching.blocks_for(items, 1), _row_threads(plan.reduced_count)
    mirror = name == "min"  # the largest of the values in reverse order
    kernel = f"{'max' if mirror else name}_{kind}_{x.dtype.suffix}"
    layout = plan.layout(slices, divisor, partial, mirror)
    launching.launch(
        x.device, "reduce", kernel, grid, threads, launching.address(out), launching.address(x), layout
    )


def _row_threads(count: int) -> int:
    """Threads of a block that reduces `count` elements: one to eight warps."""
    return 32 if count <= 128 else 128 if count <= 1024 else 256
