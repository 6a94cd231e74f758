"""Kernels that barewire ships, and a small tensor layer on them.

    from barewire import kernels

    module = kernels.load(dev, "micro")                       # a shipped cubin, for this device's chip
    x = kernels.from_numpy(dev, np.ones((4, 8), np.float32))  # a Tensor on the device
    y = kernels.softmax(x @ x.T).numpy()

`python -m barewire.kernels.build` makes the cubins from `cuda/*.cu`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if __name__ != "barewire.kernels":
    raise ImportError("import barewire.kernels, not kernels: a second copy of every class would be made")

if TYPE_CHECKING:
    from barewire.kernels.dtypes import DType, bfloat16, bool_, dtype_of, float16, float32, int32
    from barewire.kernels.elementwise import (
        exp,
        gelu,
        log,
        maximum,
        minimum,
        relu,
        rsqrt,
        sigmoid,
        silu,
        sqrt,
        tanh,
        where,
    )
    from barewire.kernels.library import cubin_path, illegal_instruction_cubin, load
    from barewire.kernels.linear import matmul
    from barewire.kernels.neural import attention, layer_norm, rms_norm, rope, softmax
    from barewire.kernels.problems import DtypeMismatch, ShapeMismatch
    from barewire.kernels.reductions import argmax, max, mean, min, sum
    from barewire.kernels.tensor import Tensor, arange, empty, from_numpy, full, zeros

# Loaded when first asked for: a program that only loads a cubin needs no tensor layer.
_HOME = {
    "DType": "barewire.kernels.dtypes",
    "bfloat16": "barewire.kernels.dtypes",
    "bool_": "barewire.kernels.dtypes",
    "dtype_of": "barewire.kernels.dtypes",
    "float16": "barewire.kernels.dtypes",
    "float32": "barewire.kernels.dtypes",
    "int32": "barewire.kernels.dtypes",
    "exp": "barewire.kernels.elementwise",
    "gelu": "barewire.kernels.elementwise",
    "log": "barewire.kernels.elementwise",
    "maximum": "barewire.kernels.elementwise",
    "minimum": "barewire.kernels.elementwise",
    "relu": "barewire.kernels.elementwise",
    "rsqrt": "barewire.kernels.elementwise",
    "sigmoid": "barewire.kernels.elementwise",
    "silu": "barewire.kernels.elementwise",
    "sqrt": "barewire.kernels.elementwise",
    "tanh": "barewire.kernels.elementwise",
    "where": "barewire.kernels.elementwise",
    "cubin_path": "barewire.kernels.library",
    "illegal_instruction_cubin": "barewire.kernels.library",
    "load": "barewire.kernels.library",
    "matmul": "barewire.kernels.linear",
    "attention": "barewire.kernels.neural",
    "layer_norm": "barewire.kernels.neural",
    "rms_norm": "barewire.kernels.neural",
    "rope": "barewire.kernels.neural",
    "softmax": "barewire.kernels.neural",
    "DtypeMismatch": "barewire.kernels.problems",
    "ShapeMismatch": "barewire.kernels.problems",
    "argmax": "barewire.kernels.reductions",
    "max": "barewire.kernels.reductions",
    "mean": "barewire.kernels.reductions",
    "min": "barewire.kernels.reductions",
    "sum": "barewire.kernels.reductions",
    "Tensor": "barewire.kernels.tensor",
    "arange": "barewire.kernels.tensor",
    "empty": "barewire.kernels.tensor",
    "from_numpy": "barewire.kernels.tensor",
    "full": "barewire.kernels.tensor",
    "zeros": "barewire.kernels.tensor",
}
__all__ = [
    "DType",
    "DtypeMismatch",
    "ShapeMismatch",
    "Tensor",
    "arange",
    "argmax",
    "attention",
    "bfloat16",
    "bool_",
    "cubin_path",
    "dtype_of",
    "empty",
    "exp",
    "float16",
    "float32",
    "from_numpy",
    "full",
    "gelu",
    "illegal_instruction_cubin",
    "int32",
    "layer_norm",
    "load",
    "log",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "relu",
    "rms_norm",
    "rope",
    "rsqrt",
    "sigmoid",
    "silu",
    "softmax",
    "sqrt",
    "sum",
    "tanh",
    "where",
    "zeros",
]


def __getattr__(name: str) -> Any:
    import importlib

    if name not in _HOME:
        raise AttributeError(f"module 'barewire.kernels' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
