"""Arithmetic of shapes and strides agrees with NumPy's, on views of every kind."""

from __future__ import annotations

import math

import numpy as np
import pytest
from barewire.kernels import shapes
from barewire.kernels.problems import ShapeMismatch
from hypothesis import given
from hypothesis import strategies as st

SIZES = st.integers(0, 4)
SHAPES = st.lists(SIZES, max_size=5).map(tuple)


def strides_of(array: np.ndarray) -> tuple[int, ...]:
    return tuple(stride // array.itemsize for stride in array.strides)


def gathered(base: np.ndarray, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> np.ndarray:
    """The elements that a view reads, found one by one."""
    flat = base.ravel()
    found = np.empty(shape, base.dtype)
    for index in np.ndindex(*shape):
        found[index] = flat[offset + sum(i * s for i, s in zip(index, strides, strict=True))]
    return found


@st.composite
def views(draw):
    """A contiguous array, and a view of it with offset and strides in elements."""
    base = np.arange(math.prod(shape := draw(SHAPES))).reshape(shape)
    index = tuple(
        draw(
            st.sampled_from(
                [slice(None), slice(None, None, -1), slice(1, None), slice(None, None, 2), slice(0, 1)]
            )
        )
        for _ in shape
    )
    view = base[(*index, ...)].transpose(draw(st.permutations(range(len(shape)))))
    offset = (view.__array_interface__["data"][0] - base.__array_interface__["data"][0]) // base.itemsize
    return base, view, offset if view.size else 0


@given(views(), st.data())
def test_basic_indexing_reads_what_numpy_reads(drawn, data):
    base, view, offset = drawn
    bounds = st.none() | st.integers(-5, 5)
    item = st.builds(slice, bounds, bounds, st.sampled_from([None, 1, 2, -1, -3])) | st.none()
    index = tuple(data.draw(st.lists(item, max_size=2)))
    if len([i for i in index if i is not None]) > view.ndim or view.ndim + index.count(None) > 6:
        return
    if view.ndim and view.shape[0] and data.draw(st.booleans()):
        index = (data.draw(st.integers(-view.shape[0], view.shape[0] - 1)),)
    more, shape, strides = shapes.index_view(view.shape, strides_of(view), index)

    assert shape == view[index].shape
    assert (gathered(base, offset + more, shape, strides) == view[(*index, ...)]).all()


@given(views(), st.lists(st.integers(0, 8), max_size=5).map(tuple))
def test_a_view_in_another_shape_reads_the_same_elements_in_order(drawn, wanted):
    base, view, offset = drawn
    if math.prod(wanted) != view.size:
        wanted = (1, view.size, 1)
    strides = shapes.view_strides(view.shape, strides_of(view), wanted)
    if strides is not None:
        assert (gathered(base, offset, wanted, strides) == view.reshape(wanted)).all()
    else:
        assert not np.shares_memory(view.reshape(wanted), base)


@given(views())
def test_a_contiguous_view_is_known(drawn):
    _, view, _ = drawn

    assert shapes.is_contiguous(view.shape, strides_of(view)) == view.flags.c_contiguous


@given(st.lists(SHAPES, min_size=1, max_size=3))
def test_broadcasting_agrees_with_numpy(given_shapes):
    try:
        expected = np.broadcast_shapes(*given_shapes)
    except ValueError:
        with pytest.raises(ShapeMismatch):
            shapes.broadcast_shapes(*given_shapes)
    else:
        assert shapes.broadcast_shapes(*given_shapes) == expected


@given(SHAPES, SHAPES)
def test_broadcast_strides_agree_with_numpy(shape, target):
    base = np.arange(math.prod(shape)).reshape(shape)
    try:
        expected = np.broadcast_to(base, target)
    except ValueError:
        with pytest.raises(ShapeMismatch):
            shapes.broadcast_strides(shape, shapes.row_major(shape), target)
    else:
        strides = shapes.broadcast_strides(shape, shapes.row_major(shape), target)
        assert (gathered(base, 0, target, strides) == expected).all()


@given(views())
def test_merged_axes_visit_the_same_elements_in_the_same_order(drawn):
    base, view, offset = drawn
    merged, (strides,) = shapes.merge_axes(view.shape, strides_of(view))

    assert math.prod(merged) == view.size
    assert len(merged) <= view.ndim
    assert (gathered(base, offset, merged, strides).ravel() == view.ravel()).all()


def test_contiguous_axes_merge_into_one():
    assert shapes.merge_axes((2, 1, 3, 4), (12, 99, 4, 1), (12, 0, 4, 1)) == ((24,), ((1,), (1,)))
    assert shapes.merge_axes((2, 3), (3, 1), (0, 1)) == ((2, 3), ((3, 1), (0, 1)))


@given(views(), st.integers(1, 20))
def test_pieces_cover_everything_once_and_in_order(drawn, limit):
    base, view, offset = drawn
    merged, (strides,) = shapes.merge_axes(view.shape, strides_of(view))
    found = []
    for part, (steps,), (start,) in shapes.pieces(merged, strides, limit=limit):
        assert len(part) <= 1 or math.prod(part) <= limit
        found += list(gathered(base, offset + start, part, steps).ravel())

    assert found == list(view.ravel())


@given(st.lists(st.integers(-1, 6), max_size=4), SHAPES)
def test_reshaping_accepts_what_numpy_accepts(wanted, shape):
    try:
        expected = np.empty(shape).reshape(wanted).shape
    except ValueError:
        with pytest.raises(ShapeMismatch):
            shapes.resolved_shape(shape, wanted)
    else:
        assert shapes.resolved_shape(shape, wanted) == expected
