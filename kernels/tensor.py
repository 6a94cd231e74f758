"""Tensors: memory of a device seen through a shape, strides and an element type.

A tensor is a view of an array of `barewire`; views share it, and the memory goes back with the last of them.
Nothing here waits for the GPU but `numpy()` and what is made of it (`item()`, `float()`, `bool()`).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
from barewire.errors import Freed, WrongDevice
from barewire.kernels import dtypes, launching
from barewire.kernels.dtypes import DType, DTypeLike, dtype_of
from barewire.kernels.problems import DtypeMismatch, ShapeMismatch
from barewire.kernels.shapes import (
    Shape,
    broadcast_strides,
    checked_shape,
    index_view,
    is_contiguous,
    merge_axes,
    normal_axes,
    normal_axis,
    resolved_shape,
    row_major,
    view_strides,
)

# What the kernels' structures hold after the rank.
_COPY_TAIL = struct.Struct("<i")
_CAST_TAIL = struct.Struct("<iii")
_FILL_TAIL = bytes(4)


class Tensor:
    """An array of a device with NumPy's manners. Made by `from_numpy`, `zeros`, `full`, `empty`, `arange`.

    Attributes:
        shape: up to six axes.
        strides: in elements; 0 along a broadcast axis.
        dtype: float32, float16, bfloat16, int32 or bool.
        device: where the memory is.
    """

    __slots__ = ("_offset", "_storage", "device", "dtype", "shape", "strides")
    __array_ufunc__ = None  # `numpy_array + tensor` is an error rather than a loop over elements

    def __init__(self, storage: Any, dtype: DType, shape: Shape, strides: Shape, offset: int = 0) -> None:
        self._storage = storage
        self._offset = offset
        self.device = storage.device
        self.dtype = dtype
        self.shape = shape
        self.strides = strides

    # What it is

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """Bytes that the elements take, were they contiguous."""
        return self.size * self.dtype.size_bytes

    @property
    def gpu_va(self) -> int | None:
        """GPU virtual address of the first element; None once the memory is freed."""
        base = self._storage.gpu_va
        return None if base is None else int(base) + self._offset * self.dtype.size_bytes

    @property
    def address(self) -> int:
        """GPU virtual address of the first element.

        Raises:
            Freed: the memory was given back.
        """
        gpu_va = self.gpu_va
        if gpu_va is None:
            raise Freed(f"a tensor of shape {self.shape} was freed before this use", shape=self.shape)
        return gpu_va

    @property
    def is_contiguous(self) -> bool:
        """Whether the elements lie one after the other, in row-major order."""
        return is_contiguous(self.shape, self.strides)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a tensor without axes has no length")
        return self.shape[0]

    def __repr__(self) -> str:
        freed = ", freed" if self._storage.gpu_va is None else ""
        strides = "" if self.is_contiguous else f", strides {self.strides}"
        where = getattr(self.device, "name", "a device")
        return f"<Tensor {self.dtype}{list(self.shape)}{strides} on {where}{freed}>"

    # To the host

    def numpy(self) -> np.ndarray[Any, Any]:
        """A copy in host memory; waits for everything submitted before.

        Raises:
            Freed: the memory was given back.
            DeviceError: an earlier kernel faulted.
        """
        self.address  # noqa: B018  (says Freed even where there is nothing to copy)
        if self.size == 0:
            return dtypes.from_storage(np.empty(self.shape, self.dtype.storage), self.dtype)
        whole = self if self.is_contiguous and self.size == self._storage.shape[0] else self.copy()
        return dtypes.from_storage(whole._storage.numpy().reshape(self.shape), self.dtype)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if copy is False:
            raise ValueError("a tensor cannot be seen by NumPy without a copy")
        found = self.numpy()
        return found if dtype is None else found.astype(dtype)

    def __dlpack__(self, **options: Any) -> Any:
        """A DLPack capsule of a copy in host memory."""
        return self.numpy().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)  # the host: the capsule holds a copy there

    def item(self) -> Any:
        """The one element, as a Python number.

        Raises:
            ShapeMismatch: there is not exactly one.
        """
        if self.size != 1:
            raise ShapeMismatch(f"a tensor of shape {self.shape} has {self.size} elements, item() takes one")
        return self.numpy().reshape(()).item()

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        return self.numpy().tolist()

    def __bool__(self) -> bool:
        return bool(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def free(self) -> None:
        """Give the memory back, of all views; a second call does nothing."""
        self._storage.free()

    # Views

    def _view(self, shape: Shape, strides: Shape, offset: int = 0) -> Tensor:
        return Tensor(self._storage, self.dtype, shape, strides, self._offset + offset)

    def reshape(self, *shape: Any) -> Tensor:
        """The same elements in another shape, one size may be -1: a view where strides allow, else a copy.

        Raises:
            ShapeMismatch: the number of elements differs.
        """
        wanted = resolved_shape(self.shape, _unpacked(shape))
        strides = view_strides(self.shape, self.strides, wanted)
        if strides is None:
            return self.copy()._view(wanted, row_major(wanted))
        return self._view(wanted, strides)

    def flatten(self) -> Tensor:
        """All elements along one axis."""
        return self.reshape(-1) if self.size else self.reshape(0)

    def transpose(self, *axes: Any) -> Tensor:
        """A view with the axes in another order; reversed without arguments.

        Raises:
            ShapeMismatch: not each axis exactly once.
        """
        given = _unpacked(axes) or tuple(reversed(range(self.ndim)))
        order = [normal_axis(axis, self.ndim, self.shape) for axis in given]
        if sorted(order) != list(range(self.ndim)):
            raise ShapeMismatch(
                f"{tuple(given)} is not an order of the axes of a tensor of shape {self.shape}"
            )
        return self._view(
            tuple(self.shape[axis] for axis in order), tuple(self.strides[axis] for axis in order)
        )

    @property
    def T(self) -> Tensor:
        """A view with all axes reversed."""
        return self.transpose()

    def swapaxes(self, first: int, second: int) -> Tensor:
        """A view with two axes exchanged."""
        order = list(range(self.ndim))
        a, b = (normal_axis(axis, self.ndim, self.shape) for axis in (first, second))
        order[a], order[b] = order[b], order[a]
        return self.transpose(*order)

    def squeeze(self, axis: Any = None) -> Tensor:
        """A view without axes of size 1: all such, or those given.

        Raises:
            ShapeMismatch: an axis that is given has another size.
        """
        axes = normal_axes(axis, self.shape)
        if axis is None:
            axes = tuple(a for a in axes if self.shape[a] == 1)
        if any(self.shape[a] != 1 for a in axes):
            raise ShapeMismatch(f"axes {axes} of a tensor of shape {self.shape} are not all of size 1")
        kept = [a for a in range(self.ndim) if a not in axes]
        return self._view(tuple(self.shape[a] for a in kept), tuple(self.strides[a] for a in kept))

    def broadcast_to(self, *shape: Any) -> Tensor:
        """A view that repeats the tensor along new axes and axes of size 1.

        Raises:
            ShapeMismatch: NumPy's rule does not allow it.
        """
        wanted = checked_shape(_unpacked(shape))
        return self._view(wanted, broadcast_strides(self.shape, self.strides, wanted))

    def __getitem__(self, index: Any) -> Tensor:
        offset, shape, strides = index_view(self.shape, self.strides, index)
        return self._view(shape, strides, offset)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __setitem__(self, index: Any, value: Any) -> None:
        """Write into a view: a scalar, or a tensor or NumPy array that can be broadcast to it.

        Raises:
            DtypeMismatch, ShapeMismatch, WrongDevice: nothing was written.
        """
        target = self[index]
        if isinstance(value, np.ndarray) and value.ndim:
            value = from_numpy(self.device, value, self.dtype)
        if not isinstance(value, Tensor):
            _fill(target, value)
            return
        expect_same_device(self, value)
        if value.dtype is not self.dtype:
            raise DtypeMismatch(
                f"cannot write {value.dtype} into a tensor of {self.dtype}", hint="Use .astype()."
            )
        source = value.copy() if value._storage is self._storage else value
        _copy(target, source.broadcast_to(target.shape))

    # Copies

    def copy(self) -> Tensor:
        """The same elements in memory of their own, contiguous."""
        made = empty(self.device, self.shape, self.dtype)
        _copy(made, self)
        return made

    def contiguous(self) -> Tensor:
        """Itself, if its elements lie in row-major order, else a copy where they do."""
        return self if self.is_contiguous else self.copy()

    def astype(self, dtype: DTypeLike) -> Tensor:
        """A copy in another element type. Fractions are cut off towards zero; what is not 0 is True.

        Raises:
            DtypeMismatch: tensors cannot hold the type.
        """
        wanted = dtype_of(dtype)
        if wanted is self.dtype:
            return self.copy()
        made = empty(self.device, self.shape, wanted)
        merged, (strides,) = merge_axes(self.shape, self.strides)
        tail = _CAST_TAIL.pack(0, wanted.code, 0)
        for count, done, (offset,), layout in launching.laid_out(tail, merged, strides):
            launching.launch(
                self.device,
                "copy",
                f"cast_from_{self.dtype.suffix}",
                launching.blocks_for(count),
                launching.THREADS,
                launching.address(made, done),
                launching.address(self, offset),
                layout,
            )
        return made

    # Arithmetic

    def __add__(self, other: Any) -> Tensor:
        return _binary("add", self, other)

    def __radd__(self, other: Any) -> Tensor:
        return _binary("add", other, self)

    def __sub__(self, other: Any) -> Tensor:
        return _binary("sub", self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return _binary("sub", other, self)

    def __mul__(self, other: Any) -> Tensor:
        return _binary("mul", self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return _binary("mul", other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return _binary("div", self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return _binary("div", other, self)

    def __pow__(self, other: Any) -> Tensor:
        return _binary("pow", self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return _binary("pow", other, self)

    def __neg__(self) -> Tensor:
        return _unary("neg", self)

    def __abs__(self) -> Tensor:
        return _unary("abs", self)

    def __matmul__(self, other: Tensor) -> Tensor:
        from barewire.kernels.linear import matmul

        return matmul(self, other)

    def __eq__(self, other: object) -> Tensor:  # type: ignore[override]
        return _compare("eq", self, other)

    def __ne__(self, other: object) -> Tensor:  # type: ignore[override]
        return _compare("ne", self, other)

    def __lt__(self, other: Any) -> Tensor:
        return _compare("lt", self, other)

    def __le__(self, other: Any) -> Tensor:
        return _compare("le", self, other)

    def __gt__(self, other: Any) -> Tensor:
        return _compare("gt", self, other)

    def __ge__(self, other: Any) -> Tensor:
        return _compare("ge", self, other)

    __hash__ = object.__hash__

    # Reductions

    def sum(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """See `barewire.kernels.sum`."""
        from barewire.kernels import reductions

        return reductions.sum(self, axis, keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """See `barewire.kernels.mean`."""
        from barewire.kernels import reductions

        return reductions.mean(self, axis, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """See `barewire.kernels.max`."""
        from barewire.kernels import reductions

        return reductions.max(self, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """See `barewire.kernels.min`."""
        from barewire.kernels import reductions

        return reductions.min(self, axis, keepdims)

    def argmax(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """See `barewire.kernels.argmax`."""
        from barewire.kernels import reductions

        return reductions.argmax(self, axis, keepdims)


# Creation


def empty(device: Any, shape: Any, dtype: DTypeLike = dtypes.float32) -> Tensor:
    """A tensor whose contents are undefined.

    Raises:
        ShapeMismatch, DtypeMismatch: no tensor is like that.
        OutOfVram: there is not enough memory.
    """
    kind, sizes = dtype_of(dtype), checked_shape(shape)
    storage = device.empty(max(1, math.prod(sizes)), kind.storage)
    return Tensor(storage, kind, sizes, row_major(sizes))


def from_numpy(device: Any, values: Any, dtype: DTypeLike | None = None) -> Tensor:
    """A tensor with the values of a NumPy array (copied), or of anything that NumPy makes one of.

    Args:
        device: where it is to be. values: NumPy arrays of a tensor's types keep their type. Python numbers
        become float32, int32 or bool. dtype: to convert to; needed for float64 and int64 arrays, which
        tensors cannot hold.

    Raises:
        DtypeMismatch: tensors cannot hold the type.
        ShapeMismatch: more than six axes.
        OutOfVram: there is not enough memory.
    """
    given = np.asarray(values)
    if dtype is None and not isinstance(values, (np.ndarray, np.generic)):
        dtype = {"f": dtypes.float32, "i": dtypes.int32, "b": dtypes.bool_}.get(given.dtype.kind)
    kind = dtype_of(given.dtype if dtype is None else dtype)
    shape = checked_shape(given.shape)
    flat = dtypes.to_storage(given, kind).reshape(-1)
    storage = device.array(flat) if flat.size else device.empty(1, kind.storage)
    return Tensor(storage, kind, shape, row_major(shape))


def full(device: Any, shape: Any, value: Any, dtype: DTypeLike = dtypes.float32) -> Tensor:
    """A tensor with the same value everywhere.

    Raises:
        ShapeMismatch, DtypeMismatch, OutOfVram: as `empty`; or the type cannot hold the value.
    """
    made = empty(device, shape, dtype)
    _fill(made, value)
    return made


def zeros(device: Any, shape: Any, dtype: DTypeLike = dtypes.float32) -> Tensor:
    """A tensor of zeros."""
    return full(device, shape, 0, dtype)


def arange(
    device: Any, start: float, stop: float | None = None, step: float = 1, dtype: DTypeLike | None = None
) -> Tensor:
    """Numbers from `start` (0, where one number is given) below `stop`: int32 for integers, else float32."""
    values = np.arange(start, step=step) if stop is None else np.arange(start, stop, step)
    kind = dtypes.int32 if values.dtype.kind == "i" else dtypes.float32
    return from_numpy(device, values, kind if dtype is None else dtype)


# What operations share


def expect_same_device(*tensors: Tensor) -> None:
    """Raise WrongDevice if the tensors are not all of one device."""
    if any(tensor.device is not tensors[0].device for tensor in tensors):
        names = " and ".join(str(getattr(tensor.device, "name", tensor.device)) for tensor in tensors)
        raise WrongDevice(f"tensors of different devices cannot be combined: {names}")


def expect_same_dtype(*tensors: Tensor) -> None:
    """Raise DtypeMismatch if the tensors are not all of one element type."""
    if any(tensor.dtype is not tensors[0].dtype for tensor in tensors):
        names = " and ".join(f"{tensor.dtype}{list(tensor.shape)}" for tensor in tensors)
        raise DtypeMismatch(f"element types differ: {names}", hint="Convert one with .astype().")


def expect_float(what: str, *tensors: Tensor) -> None:
    """Raise DtypeMismatch if a tensor is not of a floating-point type."""
    for tensor in tensors:
        if not tensor.dtype.is_float:
            raise DtypeMismatch(
                f"{what} takes floating-point tensors, not {tensor.dtype}", hint="Use .astype('float32')."
            )


def expect_tensor(what: str, *values: Any) -> None:
    """Raise DtypeMismatch for a NumPy array, or anything else, where a tensor is needed."""
    for value in values:
        if not isinstance(value, Tensor):
            raise DtypeMismatch(
                f"{what} takes tensors, not {type(value).__name__}",
                hint="Make one with kernels.from_numpy(device, array).",
            )


def _unpacked(given: tuple[Any, ...]) -> tuple[Any, ...]:
    """f(2, 3) and f((2, 3)) mean the same."""
    if len(given) == 1 and isinstance(given[0], Sequence):
        return tuple(given[0])
    return given


def _copy(target: Tensor, source: Tensor) -> None:
    """Element by element; shapes and types agree."""
    shape, (to, of) = merge_axes(target.shape, target.strides, source.strides)
    contiguous = is_contiguous(shape, to) and is_contiguous(shape, of)
    laid_out = launching.laid_out(_COPY_TAIL.pack(contiguous), shape, to, of)
    for count, _, (to_offset, of_offset), layout in laid_out:
        launching.launch(
            target.device,
            "copy",
            f"copy_b{8 * target.dtype.size_bytes}",
            launching.blocks_for(count),
            launching.THREADS,
            launching.address(target, to_offset),
            launching.address(source, of_offset),
            layout,
        )


def _fill(target: Tensor, value: Any) -> None:
    if isinstance(value, np.ndarray):
        value = value[()]
    if not isinstance(value, (bool, int, float, np.generic)):
        raise DtypeMismatch(
            f"{type(value).__name__} is not a value that a tensor of {target.dtype} can be filled with"
        )
    bits = np.uint32(dtypes.storage_bits(value, target.dtype))
    shape, (strides,) = merge_axes(target.shape, target.strides)
    for count, _, (offset,), layout in launching.laid_out(_FILL_TAIL, shape, strides):
        launching.launch(
            target.device,
            "copy",
            f"fill_b{8 * target.dtype.size_bytes}",
            launching.blocks_for(count),
            launching.THREADS,
            launching.address(target, offset),
            bits,
            layout,
        )


def _binary(name: str, left: Any, right: Any) -> Tensor:
    from barewire.kernels import elementwise

    return elementwise.binary(name, left, right)


def _compare(name: str, left: Any, right: Any) -> Tensor:
    from barewire.kernels import elementwise

    return elementwise.compare(name, left, right)


def _unary(name: str, operand: Tensor) -> Tensor:
    from barewire.kernels import elementwise

    return cast(Tensor, elementwise.unary(name, operand))
