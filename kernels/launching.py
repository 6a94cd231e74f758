"""From views to launches: how work is laid out over blocks, and the structures that kernels take by value."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from barewire.kernels import library
from barewire.kernels.shapes import MAX_RANK, Shape

THREADS = 256
MOST_BLOCKS = 8192  # enough to fill any GPU; threads take more than one element beyond it
_PAD = (0,) * MAX_RANK
_AXES = struct.Struct(f"<{2 * MAX_RANK}qii")
_SIX = struct.Struct(f"<{MAX_RANK}q")

NULL = np.uint64(0)


def six(values: Shape) -> bytes:
    """Up to six numbers as `int64_t[6]`."""
    return _SIX.pack(*values, *_PAD[len(values) :])


def axes(shape: Shape, strides: Shape) -> bytes:
    """`struct Axes` of cuda/common.cuh."""
    pad = _PAD[len(shape) :]
    return _AXES.pack(*shape, *pad, *strides, *pad, len(shape), 0)


def launch(
    device: Any,
    module: str,
    kernel: str,
    grid: tuple[int, ...],
    threads: int,
    *arguments: Any,
    shared: int = 0,
) -> None:
    """Launch a shipped kernel on the device's own queue."""
    function = library.load(device, module)[kernel]
    if shared:
        function.launch(grid=grid, block=(threads,), args=arguments, shared=shared)
    else:
        function[grid, (threads,)](*arguments)


def blocks_for(count: int, threads: int = THREADS) -> tuple[int]:
    """A one-dimensional grid for `count` pieces of work of one thread each; never empty."""
    return (max(1, min((count + threads - 1) // threads, MOST_BLOCKS)),)


def address(tensor: Any, offset: int = 0) -> np.uint64:
    """The GPU address of element `offset` of a tensor, as a kernel argument.

    Raises:
        Freed: its memory was given back.
    """
    return np.uint64(tensor.address + offset * tensor.dtype.size_bytes)
