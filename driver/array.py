"""Arrays: memory of a device with a shape and a dtype."""

from __future__ import annotations

import math
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
from barewire.errors import Freed, UsageError, WrongDevice

if TYPE_CHECKING:
    from barewire.channel.queue import Submission
    from barewire.device import Device


class Placed:
    """Memory at a GPU virtual address, with a shape and a dtype: what both kinds of arrays are."""

    called = "an array"  # in messages

    def __init__(self, device: Device, gpu_va: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.device = device
        self.gpu_va: int | None = gpu_va
        self.shape = shape
        self.dtype = dtype
        self.size = math.prod(shape)
        self.size_bytes = self.size * dtype.itemsize

    @property
    def address(self) -> int:
        """Its GPU virtual address.

        Raises:
            Freed: there is none any more.
        """
        if self.gpu_va is None:
            raise Freed(f"{self.called} of shape {self.shape} was freed before this use", shape=self.shape)
        return self.gpu_va

    def _copy_on_device(self, source: Placed) -> Submission:
        return _copy(self, source)

    def __repr__(self) -> str:
        where = "freed" if self.gpu_va is None else f"at {self.gpu_va:#x}"
        return f"<{type(self).__name__} {self.dtype.name}{list(self.shape)} {where} on {self.device.name}>"

    def _repr_html_(self) -> str:
        """Its shape and where it is, for notebooks; reads nothing of it."""
        from barewire.show import array as shown

        return shown(self).html


class Array(Placed):
    """An array in video memory, C-contiguous. Made by `Device.array`, `Device.empty` and `Device.zeros`.

    Attributes:
        device: where it is.
        gpu_va: its GPU virtual address; None once it is freed.
        shape, dtype: as NumPy's.
    """

    def numpy(self) -> np.ndarray[Any, Any]:
        """A copy in host memory; waits for everything submitted before."""
        out = np.empty(self.shape, self.dtype)
        self.device.read(self.address, out)
        return out

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if copy is False:
            raise ValueError("an array in video memory cannot be seen by NumPy without a copy")
        found = self.numpy()
        return found if dtype is None else found.astype(dtype)

    def copy_from(self, source: Any) -> Submission | None:
        """Replace the contents by those of a NumPy array, a pinned array or another array of the same device.

        A NumPy array of another dtype is converted if that loses nothing (`numpy.can_cast`); numbers and
        lists of numbers are taken as they are given.

        Raises:
            UsageError: the shape differs, or the dtype does.
            WrongDevice, Freed: the source cannot be used.
        """
        if isinstance(source, Placed):
            return self._copy_on_device(source)
        given = self._converted(source)
        _expect_same(given, self)
        return self.device.write(self.address, np.ascontiguousarray(given))

    def _converted(self, source: Any) -> np.ndarray[Any, Any]:
        """What is to be copied here, with this array's dtype if it can have it."""
        if isinstance(source, (np.ndarray, np.generic)):
            fits = source.dtype == self.dtype or np.can_cast(source.dtype, self.dtype)
            return np.asarray(source, self.dtype) if fits else np.asarray(source)
        try:
            return np.asarray(source, self.dtype)
        except (TypeError, ValueError, OverflowError) as error:
            raise UsageError(f"cannot copy this into an array of {self.dtype}: {error}") from None

    def copy_to(self, target: Array | PinnedArray) -> Submission:
        """Copy into another array of the same device, or into pinned memory; does not wait."""
        if not isinstance(target, Placed):
            raise UsageError(f"cannot copy into {type(target).__name__}", hint="numpy() gives a NumPy array")
        return target._copy_on_device(self)

    def fill(self, value: Any) -> Array:
        """Set every element to a value of the array's dtype; does not wait.

        Raises:
            UsageError: the dtype has no such value.
        """
        try:
            given = np.asarray(value, self.dtype)
        except (TypeError, ValueError, OverflowError) as error:
            raise UsageError(f"cannot fill an array of {self.dtype} with this: {error}") from None
        if given.ndim:
            raise UsageError(
                f"cannot fill with an array of shape {given.shape}",
                expected="one value",
                hint="copy_from() copies",
            )
        self.device.fill(self, given)
        return self

    def free(self) -> None:
        """Give the memory back, once nothing in flight can use it; a second call does nothing."""
        gpu_va, self.gpu_va = self.gpu_va, None
        if gpu_va is not None:
            self.device.frees += 1
            self.device.release(gpu_va)

    def __del__(self) -> None:
        gpu_va = getattr(self, "gpu_va", None)
        if gpu_va is not None:
            self.device.frees += 1
            self.device.drop(gpu_va)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("an array without dimensions has no length")
        return self.shape[0]


class PinnedArray(Placed):
    """An array in host memory that the GPU reaches too. Made by `Device.pinned`.

    Its memory is given back by `free`, or when neither it nor a view of it is referred to any more.

    Attributes:
        view: the same memory as a NumPy array.
        cpu_address: where it is in this process.
        gpu_va: its GPU virtual address; None once it is freed.
    """

    called = "a pinned array"

    def __init__(
        self,
        device: Device,
        memory: Any,
        mapping: Any,
        gpu_va: int,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
    ) -> None:
        super().__init__(device, gpu_va, shape, dtype)
        self.cpu_address: int = mapping.address
        self._memory = memory
        self._mapping = mapping
        whole = np.frombuffer(mapping.view, dtype, count=self.size)  # every view keeps this one
        self.view: np.ndarray[Any, Any] = whole.reshape(shape)
        self._dropped = weakref.finalize(whole, _drop_pinned, weakref.ref(device), gpu_va, memory, mapping)
        self._dropped.atexit = False

    def numpy(self) -> np.ndarray[Any, Any]:
        """A copy in ordinary memory; waits for everything submitted before, to any queue."""
        self.address  # noqa: B018  raises if it was freed
        self.device.wait_for_all()
        return self.view.copy()

    def copy_from(self, source: Array | PinnedArray) -> Submission:
        """Copy from an array of the same device; does not wait.

        Raises:
            UsageError: it is no such array, or shape or dtype differ.
            WrongDevice, Freed: the source cannot be used.
        """
        return _copy(self, source)

    def free(self) -> None:
        """Give the memory back, once nothing in flight can use it; `view` must not be used any more."""
        gpu_va, self.gpu_va = self.gpu_va, None
        if gpu_va is not None:
            self.device.frees += 1
            self._dropped.detach()
            self.view = np.empty(0, self.dtype)
            self.device.release_pinned(gpu_va, self._memory, self._mapping)


def _drop_pinned(device: weakref.ref[Device], gpu_va: int, memory: Any, mapping: Any) -> None:
    """Nobody refers to a pinned array or a view of it any more."""
    found = device()
    if found is not None:
        found.frees += 1
        found.drop_pinned(gpu_va, memory, mapping)


def _expect_same(source: Any, target: Placed) -> None:
    if tuple(source.shape) != target.shape or source.dtype != target.dtype:
        raise UsageError(
            f"cannot copy {source.dtype}{list(source.shape)} into {target.dtype}{list(target.shape)}",
            expected=f"{target.dtype}{list(target.shape)}",
        )


def _copy(target: Placed, source: Placed) -> Submission:
    if not isinstance(source, Placed):
        raise UsageError(
            f"a pinned array is copied from arrays of its device, not from {type(source).__name__}",
            hint="`view` is its memory as a NumPy array: pinned.view[...] = values",
        )
    if source.device is not target.device:
        raise WrongDevice("arrays of two devices cannot be copied into each other", hint="go through numpy()")
    _expect_same(source, target)
    source_va, target_va = source.address, target.address  # raises if one was freed, however it is copied
    device = target.device
    done = None
    if isinstance(source, PinnedArray) and isinstance(target, Array):
        done = device.write_small(source.cpu_address, target_va, target.size_bytes)
    elif isinstance(source, Array) and isinstance(target, PinnedArray):
        done = device.read_small(source_va, target.cpu_address, target.size_bytes)
    return done or device.copy(source_va, target_va, target.size_bytes, arrays=(source, target))
