"""Tensor-core instructions over many fragments: kernels, launches, digests of the results."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.soft.numerics.operands import CHARACTERS, Operands, operands
from tests.soft.numerics.shapes import BITS, SHAPES, Shape, pack_a, pack_b, pack_c, unpack_d

HERE = Path(__file__).parent
CUBIN = HERE / "mma.sm_90.cubin"
RECORDING = HERE.parent / "recordings" / "tensor-h100.npz"

METADATA = 0x44444444  # of each four k the first two (of tf32 of each two the first)
FRAGMENTS = 768
DRAWN_FRAGMENTS = {"f16_k16_f32": 6144, "bf16_k16_f32": 6144, "f16_k16_f16": 4608, "tf32_k8_f32": 4608}
INTEGER_FRAGMENTS = 32
SHOWN_FRAGMENTS = 12  # recorded whole: one of each character
DIGEST_BYTES = 16
WARPS = 4  # a CTA

KERNEL = """extern "C" __global__ void {name}({kind} *d_all, const {kind} *a_all, const {kind} *b_all,
        const {kind} *c_all, unsigned metadata)
{{
        unsigned lane = threadIdx.x & 31, fragment = blockIdx.x * (blockDim.x >> 5) + (threadIdx.x >> 5);
        {kind} a[{a}], b[{b}], c[{c}], d[{c}];

        for (int i = 0; i < {a}; i++)
                a[i] = a_all[(fragment * {a} + i) * 32 + lane];
        for (int i = 0; i < {b}; i++)
                b[i] = b_all[(fragment * {b} + i) * 32 + lane];
        for (int i = 0; i < {c}; i++)
                c[i] = c_all[(fragment * {c} + i) * 32 + lane];
        asm volatile("{ptx} {operands};" : {outputs} : {inputs});
        for (int i = 0; i < {c}; i++)
                d_all[(fragment * {c} + i) * 32 + lane] = d[i];
}}
"""

Launch = Callable[..., Any]


def kernel_source(shape: Shape) -> str:
    """A kernel in which each warp does one instruction on one fragment."""
    a, b, c = shape.registers
    kind, letter = ("double", "d") if shape.a == "f64" else ("unsigned", "r")
    first = iter(range(2 * c + a + b + 1))

    def group(count: int) -> str:
        return "{" + ",".join(f"%{next(first)}" for _ in range(count)) + "}"

    parts = ",".join([group(c), group(a), group(b), group(c)])
    inputs = [
        f'"{letter}"({name}[{i}])' for name, count in (("a", a), ("b", b), ("c", c)) for i in range(count)
    ]
    return KERNEL.format(
        name=shape.name,
        kind=kind,
        ptx=shape.ptx,
        a=a,
        b=b,
        c=c,
        operands=parts + (f",%{next(first)},0x0" if shape.sparse else ""),
        outputs=",".join(f'"={letter}"(d[{i}])' for i in range(c)),
        inputs=",".join([*inputs, *(['"r"(metadata)'] if shape.sparse else [])]),
    )


def source() -> str:
    """The kernels of all shapes."""
    return "\n".join(kernel_source(shape) for shape in SHAPES.values())


def fragments_of(shape: Shape) -> int:
    """How many are recorded."""
    return FRAGMENTS if shape.is_float else INTEGER_FRAGMENTS


@cache
def drawn_operands(shape: Shape) -> Operands:
    """The operands of the recorded fragments; of some shapes more were drawn than are recorded."""
    count = fragments_of(shape)
    a, b, c = operands(shape, DRAWN_FRAGMENTS.get(shape.name, count))
    return a[:count], b[:count], c[:count]


def results(launch: Launch, device: Any, module: Any, shape: Shape) -> NDArray[np.generic]:
    """D of all fragments as codes, [fragment, m, n]."""
    a, b, c = drawn_operands(shape)
    packed = pack_a(a, BITS[shape.a]), pack_b(b, BITS[shape.b]), pack_c(c, BITS[shape.c])
    d = device.empty(packed[2].shape, packed[2].dtype)
    arrays = [device.array(part) for part in packed]
    grid = (fragments_of(shape) // WARPS,)
    launch(module[shape.name], grid, (WARPS * 32,), d, *arrays, np.uint32(METADATA))
    device.synchronize()
    return unpack_d(d.numpy(), shape.m, BITS[shape.c])


def digests(shape: Shape, d: NDArray[np.generic]) -> NDArray[np.uint8]:
    """A digest of the fragments of each character (of all, where integers are added)."""
    step = len(CHARACTERS) if shape.is_float else 1
    parts = [np.ascontiguousarray(d[index::step]).tobytes() for index in range(step)]
    made = [hashlib.sha256(part).digest()[:DIGEST_BYTES] for part in parts]
    return np.frombuffer(b"".join(made), np.uint8).reshape(step, DIGEST_BYTES)
