"""From views to launches: how work is laid out over blocks, and the structures that kernels take by value."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from barewire.kernels import library
from barewire.kernels.shapes import MAX_RANK, Shape, pieces

THREADS = 256
MOST_BLOCKS = 8192  # enough to fill any GPU; threads take more than one element beyond it
_PAD = (0,) * MAX_RANK
_AXES = struct.Struct(f"<{2 * MAX_RANK}qii")
_SIX = struct.Struct(f"<{MAX_RANK}q")
_COUNT = struct.Struct("<q")
_RANK = struct.Struct("<i")

NULL = np.uint64(0)


def six(values: Shape) -> bytes:
    """Up to six numbers as `int64_t[6]`."""
    return _SIX.pack(*values, *_PAD[len(values) :])


def axes(shape: Shape, strides: Shape) -> bytes:
    """`struct Axes` of cuda/common.cuh."""
    pad = _PAD[len(shape) :]
    return _AXES.pack(*shape, *pad, *strides, *pad, len(shape), 0)


def laid_out(tail: bytes, shape: Shape, *strides: Shape) -> Iterator[tuple[int, int, tuple[int, ...], bytes]]:
    """The launches that elementwise work over a shape takes: one for each of its pieces that is not empty.

    Args:
        tail: what the kernel's structure holds after the rank.
        strides: of each array, in elements.

    Yields:
        the number of elements, how many come before them, the offset of each array's first one, and the
        kernel's structure: `int64_t` count, shape[6] and stride[6] of each array, `int32_t` rank, the tail.
    """
    done = 0
    for part, steps, offsets in pieces(shape, *strides):
        count = math.prod(part)
        if count:
            layout = (_COUNT.pack(count), six(part), *map(six, steps), _RANK.pack(len(part)), tail)
            yield count, done, offsets, b"".join(layout)
            done += count


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
