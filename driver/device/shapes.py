"""Shapes and dtypes that users give, as NumPy's."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
from barewire.errors import OutOfVram, UsageError

MEMORY_END = 1 << 47  # beyond every size of memory that can be asked for


def layout(shape: Any, dtype: Any) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """A shape and a dtype as NumPy's, and the size in bytes.

    Raises:
        UsageError: they are not those of an array that memory can hold.
        ResourceError: no memory is that large.
    """
    try:
        sizes = tuple(map(operator.index, shape)) if isinstance(shape, Iterable) else (operator.index(shape),)
    except TypeError:
        raise UsageError(
            f"an array cannot have the shape {shape!r}", expected="whole numbers, 0 or more"
        ) from None
    if any(size < 0 for size in sizes):
        raise UsageError(f"an array cannot have the shape {shape!r}", expected="whole numbers, 0 or more")
    try:
        kind = np.dtype(dtype)
    except (TypeError, ValueError, SyntaxError):
        raise UsageError(f"there is no dtype {dtype!r}") from None
    if kind.hasobject or kind.subdtype is not None or not kind.itemsize:
        raise UsageError(f"{kind!r} cannot be held in the memory of a device")
    size_bytes = math.prod(sizes) * kind.itemsize
    if size_bytes >= MEMORY_END:
        raise OutOfVram(f"an array of shape {sizes} has {size_bytes} bytes: no memory is that large")
    return sizes, kind, size_bytes
