"""Cases of linear.cu: sums, products in many formats, transposes, factorisations."""

from __future__ import annotations

import numpy as np

from tests.soft.cases.case import Case, Launch
from tests.soft.cases.values import bf16, from_bf16, generator, operands

i32, u32, f32, f64 = np.int32, np.uint32, np.float32, np.float64


def add_f32() -> Case:
    a, b = operands(generator("add_f32"), f32, 1000, 2)

    def reference(buffers):
        with np.errstate(all="ignore"):
            return {"c": buffers["a"] + buffers["b"]}

    return Case(
        "add_f32",
        "linear",
        (Launch("add_f32", (8,), (128,), ("a", "b", "c", i32(1000))),),
        {"a": a, "b": b, "c": np.zeros(1000, f32)},
        {"c": "exact"},
        reference,
    )


def axpy_f32x4() -> Case:
    x, y = generator("axpy_f32x4").normal(0, 1, (2, 1003)).astype(f32)
    return Case(
        "axpy_f32x4",
        "linear",
        (Launch("axpy_f32x4", (2,), (64,), ("x", "y", f32(1.7), i32(1003))),),
        {"x": x, "y": y},
        {"y": "exact"},
        lambda b: {"y": (f64(f32(1.7)) * b["x"] + b["y"]).astype(f32)},
        tolerance=1e-7,
    )


def matmul_f32() -> Case:
    a, b = generator("matmul_f32").normal(0, 1, (2, 128, 128)).astype(f32)
    return Case(
        "matmul_f32",
        "linear",
        (Launch("matmul_f32", (2, 2), (256,), ("a", "b", "c", i32(128), i32(128), i32(128))),),
        {"a": a, "b": b, "c": np.zeros((128, 128), f32)},
        {"c": "exact"},
        lambda b: {"c": b["a"].astype(f64) @ b["b"]},
        tolerance=1e-6,
    )


def matmul_f64() -> Case:
    rng = generator("matmul_f64")
    m, n, k = 37, 29, 41
    return Case(
        "matmul_f64",
        "linear",
        (Launch("matmul_f64", (2, 3), (16, 16), ("a", "b", "c", i32(m), i32(n), i32(k))),),
        {"a": rng.normal(0, 1, (m, k)), "b": rng.normal(0, 1, (k, n)), "c": np.zeros((m, n))},
        {"c": "exact"},
        lambda b: {"c": b["a"] @ b["b"]},
        tolerance=1e-13,
    )


def matvecs() -> Case:
    rng = generator("matvecs")
    rows, columns = 24, 512
    a, x = rng.normal(0, 1, (rows, columns)), rng.normal(0, 1, columns)
    a16, x16 = a.astype(np.float16), x.astype(np.float16)
    ab, xb = bf16(a), bf16(x)

    def reference(b):
        half = a16.astype(f64) @ x16.astype(f64)
        return {"y_f16": half, "y_bf16": from_bf16(ab).astype(f64) @ from_bf16(xb)}

    return Case(
        "matvecs",
        "linear",
        (
            Launch("matvec_half2", (6,), (128,), ("a16", "x16", "y_half2", i32(columns // 2))),
            Launch("matvec_f16", (6,), (128,), ("a16", "x16", "y_f16", i32(columns // 8))),
            Launch("matvec_bf16", (6,), (128,), ("ab", "xb", "y_bf16", i32(columns // 8))),
        ),
        {
            "a16": a16,
            "x16": x16,
            "ab": ab,
            "xb": xb,
            "y_half2": np.zeros(rows, np.float16),
            "y_f16": np.zeros(rows, f32),
            "y_bf16": np.zeros(rows, f32),
        },
        {"y_half2": "exact", "y_f16": "exact", "y_bf16": "exact"},
        reference,
        tolerance=1e-6,
    )


def matvecs_quantised() -> Case:
    rng = generator("matvecs_quantised")
    rows, columns = 24, 512
    a8, x8 = (
        rng.integers(-127, 128, (rows, columns), dtype=np.int8),
        rng.integers(-127, 128, columns, dtype=np.int8),
    )
    a8_scales, x8_scales = (
        rng.random((rows, columns // 32)).astype(f32),
        rng.random(columns // 32).astype(f32),
    )
    a4 = rng.integers(0, 1 << 32, (rows, columns // 8), dtype=u32)
    a4_scales = rng.random((rows, columns // 32)).astype(np.float16)
    x4 = rng.normal(0, 1, columns).astype(np.float16)

    def reference(b):
        whole = a8.astype(f64).reshape(rows, -1, 32) * a8_scales[..., None]
        return {"y8": whole.reshape(rows, -1) @ (x8.reshape(-1, 32) * x8_scales[:, None].astype(f64)).ravel()}

    return Case(
        "matvecs_quantised",
        "linear",
        (
            Launch(
                "matvec_int8", (6,), (128,), ("a8", "a8_scales", "x8", "x8_scales", "y8", i32(columns // 16))
            ),
            Launch("matvec_int4", (6,), (128,), ("a4", "a4_scales", "x4", "y4", i32(columns // 8))),
        ),
        {
            "a8": a8,
            "a8_scales": a8_scales,
            "x8": x8,
            "x8_scales": x8_scales,
            "a4": a4,
            "a4_scales": a4_scales,
            "x4": x4,
            "y8": np.zeros(rows, f32),
            "y4": np.zeros(rows, f32),
        },
        {"y8": "exact", "y4": "exact"},
        reference,
        tolerance=1e-6,
    )


def dot_products() -> Case:
    a, b = operands(generator("dot_products"), i32, 512, 2)

    def reference(buffers):
        x, y, i = buffers["a"], buffers["b"], np.arange(512)
        x8, y8 = (
            x.view(np.int8).reshape(-1, 4).astype(np.int64),
            y.view(np.int8).reshape(-1, 4).astype(np.int64),
        )
        xu, yu = x8 & 255, y8 & 255
        x16 = x.view(np.int16).reshape(-1, 2).astype(np.int64)
        rows = [
            (x8 * y8).sum(1) + i,
            (xu * yu).sum(1) + i,
            (x16 * y8[:, :2]).sum(1) + i,
            ((x16 & 0xFFFF) * yu[:, 2:]).sum(1) + i,
            (x8 * yu).sum(1) - 7,
            ((x16 & 0xFFFF) * y8[:, 2:]).sum(1) + 5,
        ]
        return {"out": np.array(rows).astype(i32)}

    return Case(
        "dot_products",
        "linear",
        (Launch("dot_products", (4,), (128,), ("a", "b", "out")),),
        {"a": a, "b": b, "out": np.zeros((6, 512), i32)},
        {"out": "exact"},
        reference,
    )


def transposes() -> Case:
    rng = generator("transposes")
    height, width = 45, 70
    data = rng.integers(0, 256, (height, width * 8), dtype=np.uint8)
    bits = rng.integers(0, 1 << 32, (6, 32), dtype=u32)
    size = (i32(width), i32(height))

    def reference(b):
        planes = np.unpackbits(b["bits"].view(np.uint8), bitorder="little").reshape(6, 32, 32)
        turned = np.packbits(planes.transpose(0, 2, 1).copy(), bitorder="little").view(u32)
        return {
            "out8": b["in8"].T,
            "out32": b["in32"].T,
            "out64": b["in64"].T,
            "turned": turned.reshape(6, 32),
        }

    return Case(
        "transposes",
        "linear",
        (
            Launch("transpose_u8", (3, 2), (32, 8), ("in8", "out8", *size)),
            Launch("transpose_u32", (3, 2), (32, 8), ("in32", "out32", *size)),
            Launch("transpose_u64", (3, 2), (32, 8), ("in64", "out64", *size)),
            Launch("transpose_bits", (3,), (64,), ("bits", "turned")),
        ),
        {
            "in8": data[:, :width].copy(),
            "in32": data[:, : width * 4].copy().view(u32),
            "in64": data.view(np.uint64),
            "out8": np.zeros((width, height), np.uint8),
            "out32": np.zeros((width, height), u32),
            "out64": np.zeros((width, height), np.uint64),
            "bits": bits,
            "turned": np.zeros((6, 32), u32),
        },
        {"out8": "exact", "out32": "exact", "out64": "exact", "turned": "exact"},
        reference,
    )


def lu_pivoted() -> Case:
    n = 24
    matrices = generator("lu_pivoted").normal(0, 1, (4, n, n)).astype(f32)
    return Case(
        "lu_pivoted",
        "linear",
        (Launch("lu_pivoted", (4,), (n,), ("matrices", "pivots", i32(n)), 4 * n * n),),
        {"matrices": matrices, "pivots": np.zeros((4, n), i32)},
        {"matrices": "exact", "pivots": "exact"},
    )


def cholesky_f64() -> Case:
    roots = generator("cholesky_f64").normal(0, 1, (64, 8, 8))
    matrices = roots @ roots.transpose(0, 2, 1) + 0.5 * np.eye(8)
    return Case(
        "cholesky_f64",
        "linear",
        (Launch("cholesky_f64", (2,), (32,), ("matrices", "factors")),),
        {"matrices": matrices, "factors": np.zeros_like(matrices)},
        {"factors": "exact"},
        lambda b: {"factors": np.linalg.cholesky(b["matrices"])},
        tolerance=1e-12,
    )


def small_solvers() -> Case:
    rng = generator("small_solvers")
    tall = rng.normal(0, 1, (64, 6, 4)).astype(f32)
    tall[5, :, 2] = 0
    lower, upper, right = rng.normal(0, 1, (3, 64, 32))
    middle = 4 + rng.random((64, 32))
    symmetric = rng.normal(0, 1, (64, 6)).astype(f32)

    def reference(b):
        wanted = np.zeros((64, 32))
        for row in range(64):
            matrix = np.diag(middle[row]) + np.diag(lower[row, 1:], -1) + np.diag(upper[row, :-1], 1)
            wanted[row] = np.linalg.solve(matrix, right[row])
        return {"right": wanted}

    return Case(
        "small_solvers",
        "linear",
        (
            Launch("qr_givens", (2,), (32,), ("tall",)),
            Launch("tridiagonal", (2,), (32,), ("lower", "middle", "upper", "right")),
            Launch("eigen_jacobi", (2,), (32,), ("symmetric", "values")),
        ),
        {
            "tall": tall,
            "lower": lower,
            "middle": middle,
            "upper": upper,
            "right": right,
            "symmetric": symmetric,
            "values": np.zeros((64, 3), f32),
        },
        {"tall": "exact", "right": "exact", "values": "exact"},
        reference,
        tolerance=1e-12,
    )


CASES = (
    add_f32,
    axpy_f32x4,
    matmul_f32,
    matmul_f64,
    matvecs,
    matvecs_quantised,
    dot_products,
    transposes,
    lu_pivoted,
    cholesky_f64,
    small_solvers,
)
