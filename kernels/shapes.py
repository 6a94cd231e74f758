"""Shapes and strides: plain arithmetic on tuples, with nothing of a device. Strides count elements."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Iterator, Sequence
from typing import Any

from barewire.kernels.problems import ShapeMismatch

Shape = tuple[int, ...]
MAX_RANK = 6
MAX_PIECE = 2**31 - 1  # elements that a kernel which decodes an index into several axes takes at once


def checked_shape(shape: Any) -> Shape:
    """A shape from an int or a sequence of ints.

    Raises:
        ShapeMismatch: negative sizes, or more axes than a tensor has.
    """
    sizes = (shape,) if not isinstance(shape, Sequence) else tuple(shape)
    try:
        result = tuple(operator.index(size) for size in sizes)
    except TypeError:
        raise ShapeMismatch(f"{shape!r} is not a shape: sizes are integers") from None
    if any(size < 0 for size in result):
        raise ShapeMismatch(f"{result} is not a shape: sizes are not negative")
    if len(result) > MAX_RANK:
        raise ShapeMismatch(f"{result} has {len(result)} axes, a tensor has at most {MAX_RANK}")
    return result


def row_major(shape: Shape) -> Shape:
    """Strides of a contiguous array."""
    strides = []
    step = 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return tuple(reversed(strides))


def is_contiguous(shape: Shape, strides: Shape) -> bool:
    """Whether the elements lie one after the other in row-major order."""
    if 0 in shape:
        return True
    expected = 1
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size > 1:
            if stride != expected:
                return False
            expected *= size
    return True


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The common shape, by NumPy's rule.

    Raises:
        ShapeMismatch: they cannot be broadcast together.
    """
    rank = max(len(shape) for shape in shapes)
    result = []
    for axis in range(-rank, 0):
        sizes = {shape[axis] for shape in shapes if len(shape) >= -axis} - {1}
        if len(sizes) > 1:
            raise ShapeMismatch(f"shapes {' and '.join(map(str, shapes))} cannot be broadcast together")
        result.append(sizes.pop() if sizes else 1)
    return tuple(result)


def broadcast_strides(shape: Shape, strides: Shape, target: Shape) -> Shape:
    """Strides that read an array of `shape` as if it had the shape `target`: 0 along repeated axes.

    Raises:
        ShapeMismatch: `shape` cannot be broadcast to `target`.
    """
    missing = len(target) - len(shape)
    if missing < 0 or any(
        size not in (1, wanted) for size, wanted in zip(shape, target[missing:], strict=True)
    ):
        raise ShapeMismatch(f"shape {shape} cannot be broadcast to {target}")
    read = [0 if size == 1 else stride for size, stride in zip(shape, strides, strict=True)]
    return (0,) * missing + tuple(read)


def normal_axis(axis: Any, rank: int, shape: Shape) -> int:
    """An axis counted from the front.

    Raises:
        ShapeMismatch: there is no such axis.
    """
    number = operator.index(axis)
    if not -rank <= number < rank:
        raise ShapeMismatch(f"axis {number} does not exist in a tensor of shape {shape}")
    return number % rank


def normal_axes(axes: Any, shape: Shape) -> tuple[int, ...]:
    """A set of axes, counted from the front, in order; None means all.

    Raises:
        ShapeMismatch: one does not exist or is given twice.
    """
    if axes is None:
        return tuple(range(len(shape)))
    given = tuple(axes) if isinstance(axes, Sequence) else (axes,)
    found = [normal_axis(axis, len(shape), shape) for axis in given]
    if len(set(found)) != len(found):
        raise ShapeMismatch(f"axes {given} of a tensor of shape {shape} name an axis twice")
    return tuple(sorted(found))


def resolved_shape(shape: Shape, wanted: Sequence[Any]) -> Shape:
    """The shape that a reshape asks for, with at most one -1 filled in.

    Raises:
        ShapeMismatch: the number of elements differs.
    """
    sizes = [operator.index(size) for size in wanted]
    count = math.prod(shape)
    unknown = sizes.count(-1)
    known = math.prod(size for size in sizes if size != -1)
    if unknown > 1 or any(size < -1 for size in sizes):
        raise ShapeMismatch(f"{tuple(sizes)} is not a shape to reshape {shape} to")
    if unknown:
        if known == 0 or count % known:
            raise ShapeMismatch(
                f"a tensor of shape {shape} ({count} elements) cannot be reshaped to {tuple(sizes)}"
            )
        sizes[sizes.index(-1)] = count // known
    if math.prod(sizes) != count:
        raise ShapeMismatch(
            f"a tensor of shape {shape} ({count} elements) cannot be reshaped to {tuple(sizes)}"
        )
    return checked_shape(sizes)


def view_strides(shape: Shape, strides: Shape, wanted: Shape) -> Shape | None:
    """Strides that show the same elements in the shape `wanted`, or None where only a copy can.

    Both shapes have the same number of elements. They are cut into groups of axes of equal size; an old group
    that is evenly strided can be divided in any way.
    """
    if math.prod(shape) == 0:
        return row_major(wanted)
    old = [(size, stride) for size, stride in zip(shape, strides, strict=True) if size != 1]
    new = [size for size in wanted if size != 1]
    divided: list[int] = []
    while old:
        group, sizes = [old.pop(0)], [new.pop(0)]
        have, want = group[0][0], sizes[0]
        while have != want:
            if have < want:
                group.append(old.pop(0))
                have *= group[-1][0]
            else:
                sizes.append(new.pop(0))
                want *= sizes[-1]
        if any(outer[1] != inner[0] * inner[1] for outer, inner in itertools.pairwise(group)):
            return None
        step = group[-1][1]
        steps = []
        for size in reversed(sizes):
            steps.append(step)
            step *= size
        divided += reversed(steps)
    remaining = iter(divided)
    return tuple(1 if size == 1 else next(remaining) for size in wanted)


def merge_axes(shape: Shape, *strides: Shape) -> tuple[Shape, tuple[Shape, ...]]:
    """The fewest axes that visit the same elements in the same order, for all arrays at once."""
    sizes: list[int] = []
    steps: list[list[int]] = [[] for _ in strides]
    for axis, size in enumerate(shape):
        if size == 1:
            continue
        here = [stride[axis] for stride in strides]
        if sizes and all(before[-1] == size * stride for before, stride in zip(steps, here, strict=True)):
            sizes[-1] *= size
            for before, stride in zip(steps, here, strict=True):
                before[-1] = stride
        else:
            sizes.append(size)
            for before, stride in zip(steps, here, strict=True):
                before.append(stride)
    return tuple(sizes), tuple(tuple(step) for step in steps)


Piece = tuple[Shape, tuple[Shape, ...], tuple[int, ...]]


def pieces(shape: Shape, *strides: Shape, limit: int | None = None) -> Iterator[Piece]:
    """Cut a shape so that no piece with several axes has more than `limit` elements (MAX_PIECE).

    Yields:
        the shape of a piece, and for each array its strides and the offset of its first element. Pieces come
        in row-major order; a piece with one axis may have any length.
    """
    most = MAX_PIECE if limit is None else limit
    if len(shape) <= 1 or math.prod(shape) <= most:
        yield shape, strides, (0,) * len(strides)
        return
    inner = math.prod(shape[1:])
    rows = max(1, most // inner)
    for start in range(0, shape[0], rows):
        base = tuple(start * stride[0] for stride in strides)
        if inner <= most:
            yield (min(rows, shape[0] - start), *shape[1:]), strides, base
            continue
        for part, steps, offsets in pieces(shape[1:], *(stride[1:] for stride in strides), limit=most):
            yield part, steps, tuple(map(operator.add, base, offsets))


def index_view(shape: Shape, strides: Shape, index: Any) -> tuple[int, Shape, Shape]:
    """Basic indexing: integers, slices, one ellipsis, None. Gives the offset, shape and strides of the view.

    Raises:
        ShapeMismatch: too many indices, or a kind of index that is not offered.
        IndexError: an integer beyond its axis (an ordinary IndexError, so that loops over a tensor end).
    """
    given = index if isinstance(index, tuple) else (index,)
    consumed = len([item for item in given if item is not None and item is not Ellipsis])
    if len([item for item in given if item is Ellipsis]) > 1:
        raise ShapeMismatch("an index has at most one ellipsis")
    if consumed > len(shape):
        raise ShapeMismatch(f"{consumed} indices are too many for a tensor of shape {shape}")
    if not any(item is Ellipsis for item in given):
        given = (*given, Ellipsis)
    offset, axis = 0, 0
    new_shape: list[int] = []
    new_strides: list[int] = []
    for item in given:
        if item is Ellipsis:
            skipped = len(shape) - consumed
            new_shape += shape[axis : axis + skipped]
            new_strides += strides[axis : axis + skipped]
            axis += skipped
        elif item is None:
            new_shape.append(1)
            new_strides.append(0)
        elif isinstance(item, slice):
            start, stop, step = item.indices(shape[axis])
            count = len(range(start, stop, step))
            offset += start * strides[axis] if count else 0
            new_shape.append(count)
            new_strides.append(step * strides[axis])
            axis += 1
        else:
            offset += _position(item, shape, axis) * strides[axis]
            axis += 1
    return offset, checked_shape(new_shape), tuple(new_strides)


def _position(item: Any, shape: Shape, axis: int) -> int:
    if isinstance(item, bool) or not hasattr(item, "__index__"):
        raise ShapeMismatch(
            f"{type(item).__name__} is not an index that is offered",
            hint="Integers, slices, an ellipsis and None are.",
        )
    number = operator.index(item)
    size = shape[axis]
    if not -size <= number < size:
        raise IndexError(f"index {number} is beyond axis {axis} of a tensor of shape {shape}")
    return number % size
