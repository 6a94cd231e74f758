"""Element types of tensors, and how each is held in NumPy and in memory.

bfloat16 needs no package: with `ml_dtypes` installed its arrays come out as `ml_dtypes.bfloat16`, without it
as float32, which holds every bfloat16 exactly.
"""

from __future__ import annotations

import importlib
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from barewire.kernels.problems import DtypeMismatch


@dataclass(frozen=True)
class DType:
    """An element type.

    Attributes:
        name: as NumPy names it.
        suffix: of the kernels that compute with it.
        size_bytes: of one element.
        code: the number by which cast kernels know it.
        storage: the NumPy type of the same bits (bfloat16 as uint16).
        is_float: whether it is a floating-point type.
    """

    name: str
    suffix: str
    size_bytes: int
    code: int
    storage: np.dtype[Any]
    is_float: bool

    def __repr__(self) -> str:
        return self.name


float32 = DType("float32", "f32", 4, 0, np.dtype(np.float32), True)
float16 = DType("float16", "f16", 2, 1, np.dtype(np.float16), True)
bfloat16 = DType("bfloat16", "bf16", 2, 2, np.dtype(np.uint16), True)
int32 = DType("int32", "i32", 4, 3, np.dtype(np.int32), False)
bool_ = DType("bool", "b8", 1, 4, np.dtype(np.uint8), False)

ALL = (float32, float16, bfloat16, int32, bool_)
_BY_NAME = {dtype.name: dtype for dtype in ALL}

DTypeLike = Any  # a DType, its name, or what np.dtype() takes


def dtype_of(given: DTypeLike) -> DType:
    """The element type that is meant.

    Raises:
        DtypeMismatch: tensors cannot hold it.
    """
    if isinstance(given, DType):
        return given
    name = given if isinstance(given, str) else np.dtype(given).name
    if name not in _BY_NAME:
        hint = {
            "float64": "Convert with .astype(np.float32), or give dtype='float32'.",
            "int64": "Convert with .astype(np.int32), or give dtype='int32'.",
        }
        raise DtypeMismatch(
            f"a tensor cannot hold {name}, only {', '.join(_BY_NAME)}",
            hint=hint.get(name, "Convert it first."),
        )
    return _BY_NAME[name]


def numpy_bfloat16() -> np.dtype[Any] | None:
    """NumPy's bfloat16, where `ml_dtypes` is installed."""
    try:
        return np.dtype(importlib.import_module("ml_dtypes").bfloat16)
    except ImportError:
        return None


def round_to_bfloat16(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """float32 values as bfloat16 bits in uint16, rounded to nearest, ties to even; NaN stays NaN."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    quiet = (bits >> np.uint32(16)) | np.uint32(0x40)
    is_nan = (bits & np.uint32(0x7FFFFFFF)) > np.uint32(0x7F800000)
    return np.where(is_nan, quiet, rounded).astype(np.uint16)


def widen_bfloat16(bits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """bfloat16 bits in uint16 as float32 values, exactly."""
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)


def to_storage(values: np.ndarray[Any, Any], dtype: DType) -> np.ndarray[Any, Any]:
    """A NumPy array of any type as the bits that a tensor of `dtype` holds, contiguous."""
    if dtype is bfloat16:
        if values.dtype.name == "bfloat16":
            return np.ascontiguousarray(values).view(np.uint16)
        return round_to_bfloat16(values.astype(np.float32)).reshape(values.shape)
    if dtype is bool_:
        return np.ascontiguousarray(values.astype(np.bool_)).view(np.uint8)
    return np.ascontiguousarray(values.astype(dtype.storage))


def from_storage(bits: np.ndarray[Any, Any], dtype: DType) -> np.ndarray[Any, Any]:
    """The NumPy array that holds these bits of a tensor."""
    if dtype is bool_:
        return bits.view(np.bool_)
    if dtype is not bfloat16:
        return bits
    known = numpy_bfloat16()
    return widen_bfloat16(bits) if known is None else bits.view(known)


def scalar_value(value: Any, dtype: DType) -> float | int:
    """A Python or NumPy scalar as a tensor of `dtype` would hold it, before rounding.

    Raises:
        DtypeMismatch: the type cannot hold it (a fraction in an int32, or beyond its range).
    """
    if dtype.is_float:
        return float(value)
    if isinstance(value, (float, np.floating)):
        raise DtypeMismatch(
            f"{value!r} is not an integer, and the tensor is {dtype}", hint="Use .astype('float32')."
        )
    number = int(value)
    low, high = (0, 1) if dtype is bool_ else (-(2**31), 2**31 - 1)
    if not low <= number <= high:
        raise DtypeMismatch(f"{number} does not fit into {dtype}")
    return number


def compute_bits(value: Any, dtype: DType) -> int:
    """The scalar as the 32 bits that elementwise kernels take: a float for floating-point types, else an
    int."""
    number = scalar_value(value, dtype)
    packed = _float_bytes(float(number)) if dtype.is_float else struct.pack("<i", number)
    return int(struct.unpack("<i", packed)[0])


def storage_bits(value: Any, dtype: DType) -> int:
    """The scalar as one element of `dtype`, its bits in an unsigned number."""
    number = np.array(scalar_value(value, dtype), np.float64 if dtype.is_float else np.int32)
    with np.errstate(over="ignore"):
        raw = to_storage(number, dtype).tobytes()
    return int.from_bytes(raw, "little")


def _float_bytes(number: float) -> bytes:
    """float32 bytes, overflow becoming infinity as everywhere in NumPy."""
    with np.errstate(over="ignore"):
        return np.float32(number).tobytes()
