"""Kernel arguments: Python and NumPy values to the bytes of a parameter area, checked before anything is
submitted.

Here is what every call could do and the first call of each kind does. Later calls with arguments of the
same kinds are packed by the native launcher, which `native_kinds` tells what to expect.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from barewire.errors import ArgumentMismatch, Freed, WrongDevice


class Parameter(Protocol):
    """One parameter of a kernel, as its cubin describes it."""

    @property
    def offset(self) -> int: ...

    @property
    def size_bytes(self) -> int: ...


POINTER_BYTES = 8
_UNSIGNED_FORMS = {1: "B", 2: "H", 4: "I", 8: "Q"}
_SCALAR_FORMS = {
    "f": {2: "e", 4: "f", 8: "d"},
    "i": {1: "b", 2: "h", 4: "i", 8: "q"},
    "u": _UNSIGNED_FORMS,
    "b": {1: "?"},
}


def pack(
    kernel: str, device: Any, parameters: Sequence[Parameter], area_bytes: int, values: Sequence[Any]
) -> bytes:
    """The parameter area for these arguments.

    Args:
        kernel: its name, for messages.
        device: arrays must belong to it.
        area_bytes: size of the whole parameter area.

    Raises:
        ArgumentMismatch: the number, a size or a kind does not fit the kernel.
        Freed, WrongDevice: an array cannot be used.
    """
    if len(values) != len(parameters):
        raise ArgumentMismatch(
            f"{kernel} takes {len(parameters)} arguments, {len(values)} were given",
            kernel=kernel,
            expected=", ".join(f"{parameter.size_bytes} bytes" for parameter in parameters) or "none",
        )
    area = bytearray(area_bytes)
    for index, (parameter, value) in enumerate(zip(parameters, values, strict=True)):
        form = _form(kernel, device, index, parameter, value)
        try:
            struct.pack_into("<" + form, area, parameter.offset, _plain(parameter, value))
        except (struct.error, OverflowError) as error:
            message = f"argument {index} of {kernel} does not fit: {error}"
            raise ArgumentMismatch(message, kernel=kernel, argument=index) from None
    return bytes(area)


def _plain(parameter: Parameter, value: Any) -> Any:
    """What struct can pack."""
    if hasattr(value, "gpu_va"):
        return value.gpu_va
    return as_unsigned(value, 8 * parameter.size_bytes) if type(value) is int else value


def _form(kernel: str, device: Any, index: int, parameter: Parameter, value: Any) -> str:
    """The struct format of one argument."""
    size = parameter.size_bytes
    if hasattr(value, "gpu_va"):
        _check_array(kernel, device, index, parameter, value)
        return "Q"
    if isinstance(value, bytes):
        if len(value) == size:
            return f"{size}s"
        message = f"argument {index} of {kernel} is {size} bytes, {len(value)} were given"
        raise ArgumentMismatch(message, kernel=kernel, argument=index)
    if isinstance(value, np.generic):
        forms = _SCALAR_FORMS.get(value.dtype.kind, {})
        if value.dtype.itemsize == size and size in forms:
            return forms[size]
    elif isinstance(value, float) and size in _SCALAR_FORMS["f"]:
        return _SCALAR_FORMS["f"][size]
    elif type(value) is int and size in _UNSIGNED_FORMS:
        return _UNSIGNED_FORMS[size]
    raise ArgumentMismatch(
        f"argument {index} of {kernel} is {size} bytes and cannot be given as {_kind(value)}",
        kernel=kernel,
        argument=index,
        hint="pass arrays of the device for pointers, NumPy scalars of the right size, or bytes for a struct",
    )


def _kind(value: Any) -> str:
    if isinstance(value, np.generic):
        return f"{type(value).__name__} of {value.dtype.itemsize} bytes"
    if isinstance(value, np.ndarray):
        return "a NumPy array, which is in host memory"
    return type(value).__name__


def _check_array(kernel: str, device: Any, index: int, parameter: Parameter, value: Any) -> None:
    facts: dict[str, Any] = {"kernel": kernel, "argument": index}
    if parameter.size_bytes != POINTER_BYTES:
        message = f"argument {index} of {kernel} is {parameter.size_bytes} bytes, an array is an address of 8"
        raise ArgumentMismatch(message, **facts)
    if value.gpu_va is None:
        raise Freed(f"argument {index} of {kernel} was freed", **facts)
    if value.device is not device:
        raise WrongDevice(f"argument {index} of {kernel} belongs to another device", **facts)


def as_unsigned(value: int, bits: int) -> int:
    """A Python int as the bits of a signed or unsigned parameter.

    Raises:
        OverflowError: it fits neither.
    """
    if -(1 << (bits - 1)) <= value < 1 << bits:
        return value & ((1 << bits) - 1)
    raise OverflowError(f"{value} does not fit {bits} bits")


def native_kinds(
    parameters: Sequence[Parameter], values: Sequence[Any]
) -> tuple[tuple[str, type, int, int], ...] | None:
    """(kind, type, offset, size_bytes) of each argument for the native launcher; None if it lacks a kind."""
    rows = []
    for parameter, value in zip(parameters, values, strict=True):
        kind = _native_kind(parameter, value)
        if kind is None:
            return None
        rows.append((kind, type(value), parameter.offset, parameter.size_bytes))
    return tuple(rows)


def _native_kind(parameter: Parameter, value: Any) -> str | None:
    if hasattr(value, "gpu_va"):
        return "p"
    if isinstance(value, bytes):
        return "s"
    if isinstance(value, np.generic):
        if value.dtype.kind in "iu":
            return "n"
        return "f" if value.dtype.kind == "f" and parameter.size_bytes in (4, 8) else None
    if isinstance(value, float):
        return "f" if parameter.size_bytes in (4, 8) else None
    return "i" if type(value) is int else None
