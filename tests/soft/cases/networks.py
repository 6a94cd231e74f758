"""Cases of networks.cu and tensor.cu: the parts of a decoder, and the tensor cores."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.soft.cases.case import Case, Launch, variant
from tests.soft.cases.values import bf16, generator

i32, u32, f16, f32, f64 = np.int32, np.uint32, np.float16, np.float32, np.float64


def _softmax(rows: np.ndarray) -> np.ndarray:
    powers = np.exp(rows - rows.max(axis=-1, keepdims=True))
    wanted: np.ndarray = powers / powers.sum(axis=-1, keepdims=True)
    return wanted


def decoder_parts() -> Case:
    rng = generator("decoder_parts")
    logits = rng.normal(0, 4, (3, 777)).astype(f32)
    states, weights = rng.normal(0, 1, (4, 576)), rng.normal(0, 1, 576)
    halves, half_weights, half_bias = (rng.normal(0, 1, size).astype(f16) for size in ((4, 576), 576, 576))
    gate, up = rng.normal(0, 3, (2, 1000)).astype(f16)
    table = rng.integers(0, 256, (50, 256), dtype=np.uint8)
    ids = rng.integers(0, 50, 9).astype(np.int64)

    def reference(b):
        best = int(b["logits"].argmax())
        word = int(b["logits"].ravel()[best].view(u32)) | 0x80000000
        return {
            "softmax": _softmax(b["logits"].astype(f64)),
            "embedded": b["table"][b["ids"]],
            "best": np.array([word << 32 | (~best & 0xFFFFFFFF)], np.uint64),
        }

    return Case(
        "decoder_parts",
        "networks",
        (
            Launch("softmax_rows", (3,), (128,), ("logits", "softmax", i32(777))),
            Launch("rms_norm_bf16", (4,), (96,), ("states", "weights", "normed", i32(288), f32(1e-5))),
            Launch(
                "layer_norm_f16",
                (4,),
                (128,),
                ("halves", "half_weights", "half_bias", "layer", i32(576), f32(1e-5)),
            ),
            Launch("gates", (8,), (64,), ("gate", "up", "gated", i32(500))),
            Launch("embed_rows", (9,), (32,), ("ids", "table", "embedded", i32(16))),
            Launch("sample_greedy", (4,), (64,), ("logits", i32(logits.size), "best")),
        ),
        {
            "logits": logits,
            "softmax": np.zeros_like(logits),
            "states": bf16(states),
            "weights": bf16(weights),
            "normed": np.zeros((4, 576), np.uint16),
            "halves": halves,
            "half_weights": half_weights,
            "half_bias": half_bias,
            "layer": np.zeros((4, 576), f16),
            "gate": gate,
            "up": up,
            "gated": np.zeros((3, 1000), f16),
            "ids": ids,
            "table": table,
            "embedded": np.zeros((9, 256), np.uint8),
            "best": np.zeros(1, np.uint64),
        },
        dict.fromkeys(("softmax", "normed", "layer", "gated", "embedded", "best"), "exact"),
        reference,
        tolerance=1e-6,
    )


def rope() -> Case:
    rng = generator("rope")
    heads = rng.normal(0, 1, (5, 3, 64)).astype(f16)
    positions = np.array([0, 1, 77, 4096, 1_000_003], i32)

    def reference(b):
        angle = positions[:, None, None] * 10000.0 ** (-2.0 * np.arange(32) / 64)
        low, high = b["exact"][..., :32].astype(f64), b["exact"][..., 32:].astype(f64)
        turned = [low * np.cos(angle) - high * np.sin(angle), low * np.sin(angle) + high * np.cos(angle)]
        return {"exact": np.concatenate(turned, axis=2)}

    return Case(
        "rope",
        "networks",
        (
            Launch("rope_exact", (5, 3), (32,), ("exact", "positions", i32(64), f32(10000))),
            Launch("rope_fast", (5, 3), (32,), ("fast", "positions", i32(64), f32(np.log2(10000)))),
        ),
        {"exact": heads, "fast": heads.copy(), "positions": positions},
        {"exact": "exact", "fast": "exact"},
        reference,
        tolerance=0.05,
    )


def attention_decode() -> Case:
    rng = generator("attention_decode")
    query, keys, values = (
        rng.normal(0, 1, size).astype(f16) for size in ((3, 64), (3, 101, 64), (3, 101, 64))
    )

    def reference(b):
        scores = np.einsum("hd,hld->hl", b["query"].astype(f64), b["keys"].astype(f64)) / 8
        return {"out": np.einsum("hl,hld->hd", _softmax(scores), b["values"].astype(f64))}

    return Case(
        "attention_decode",
        "networks",
        (Launch("attention_decode", (3,), (128,), ("query", "keys", "values", "out", i32(101))),),
        {"query": query, "keys": keys, "values": values, "out": np.zeros((3, 64), f32)},
        {"out": "exact"},
        reference,
        tolerance=1e-5,
    )


# Tensor cores: words of A, B and D a lane, and what fills them.

_MMA = {
    "mma_16816_f16": (4, 2, 4, "f16", f32),
    "mma_16816_bf16": (4, 2, 4, "bf16", f32),
    "mma_1688_f16": (2, 1, 4, "f16", f32),
    "mma_1688_bf16": (2, 1, 4, "bf16", f32),
    "mma_1688_tf32": (4, 2, 4, "f32", f32),
    "mma_1684_tf32": (2, 1, 4, "f32", f32),
    "mma_16816_f16_f16": (4, 2, 2, "f16", f16),
    "mma_1688_f16_f16": (2, 1, 2, "f16", f16),
    "mma_16832_s8": (4, 2, 4, "bits", i32),
    "mma_16832_u8_sat": (4, 2, 4, "bits", i32),
    "mma_16832_s8u8": (4, 2, 4, "bits", i32),
    "mma_16816_s8": (2, 1, 4, "bits", i32),
    "mma_16816_u8s8": (2, 1, 4, "bits", i32),
    "mma_16864_s4": (4, 2, 4, "bits", i32),
    "mma_16832_u4": (2, 1, 4, "bits", i32),
    "mma_168256_and": (4, 2, 4, "bits", i32),
    "mma_168128_xor": (2, 1, 4, "bits", i32),
    "mma_884_f64": (1, 1, 2, "f64", f64),
    "mma_1684_f64": (2, 1, 4, "f64", f64),
    "mma_16816_f64": (8, 4, 4, "f64", f64),
}
_HOPPER_ONLY = ("mma_1684_f64", "mma_16816_f64")
WARPS = 8


def _fragments(rng: np.random.Generator, words: int, kind: str) -> np.ndarray:
    """Registers of `WARPS` warps; the spread of the numbers grows from warp to warp, so that sums align."""
    shape = (WARPS, words, 32)
    if kind == "bits":
        bits: np.ndarray = rng.integers(0, 1 << 32, shape, dtype=u32)
        return bits
    pairs = 2 if kind in ("f16", "bf16") else 1
    spread = 2.0 ** (rng.integers(-3, 4, (*shape, pairs)) * (np.arange(WARPS) // 2)[:, None, None, None])
    numbers = rng.normal(0, 1, (*shape, pairs)) * spread
    if kind == "f16":
        return np.clip(numbers, -6e4, 6e4).astype(f16).view(u32)[..., 0]
    if kind == "bf16":
        return bf16(numbers).view(u32)[..., 0]
    return numbers.astype(f32 if kind == "f32" else f64)[..., 0]


def _mma(name: str) -> Callable[[], Case]:
    a_words, b_words, d_words, kind, sum_type = _MMA[name]

    def make() -> Case:
        rng = generator(name)
        buffers = {"a": _fragments(rng, a_words, kind), "b": _fragments(rng, b_words, kind)}
        d_kind = {f16: "f16", f32: "f32", f64: "f64", i32: "bits"}[sum_type]
        buffers["d"] = _fragments(rng, d_words, d_kind)
        if name.endswith("_sat"):
            buffers["d"] |= u32(0x7FFF0000)
        return Case(
            name,
            "tensor",
            (Launch(name, (WARPS // 2,), (64,), ("a", "b", "d")),),
            buffers,
            {"d": "exact"},
            architectures=("sm_90",) if name in _HOPPER_ONLY else ("sm_80", "sm_90"),
        )

    make.__name__ = name
    return make


def matrix_moves() -> Case:
    rng = generator("matrix_moves")
    rows = rng.integers(0, 1 << 32, (2, 32, 4), dtype=u32)

    def reference(b):
        matrices = b["rows"].reshape(2, 4, 8, 4)  # warp, matrix, row, pair of halves
        halves = matrices.view(np.uint16)
        turned = halves.transpose(0, 1, 3, 2).copy().view(u32)
        single = b["rows"].reshape(8, 8, 4)
        return {
            "loaded": np.concatenate(
                [
                    matrices.reshape(2, 4, 32).ravel(),
                    turned.reshape(2, 4, 32).ravel(),
                    turned[:, :2].reshape(2, 2, 32).ravel(),
                    matrices[:, :1].reshape(2, 1, 32).ravel(),
                ]
            ),
            "turned": single.view(np.uint16).transpose(0, 2, 1).copy().view(u32).ravel(),
        }

    return Case(
        "matrix_moves",
        "tensor",
        (
            Launch("matrix_loads", (2,), (32,), ("rows", "loaded")),
            Launch("matrix_turns", (4,), (64,), ("rows", "turned")),
        ),
        {"rows": rows, "loaded": np.zeros(11 * 64, u32), "turned": np.zeros(256, u32)},
        {"loaded": "exact", "turned": "exact"},
        reference,
    )


def matrix_stores() -> Case:
    fragments = generator("matrix_stores").integers(0, 1 << 32, (2, 4, 8, 4), dtype=u32)

    def reference(b):
        turned = b["fragments"].view(np.uint16).transpose(0, 1, 3, 2).copy().view(u32)
        return {"out": np.stack([b["fragments"].reshape(2, 128), turned.reshape(2, 128)], axis=1)}

    return Case(
        "matrix_stores",
        "tensor",
        (Launch("matrix_stores", (2,), (32,), ("fragments", "out")),),
        {"fragments": fragments, "out": np.zeros((2, 2, 128), u32)},
        {"out": "exact"},
        reference,
        architectures=("sm_90",),
    )


def matmul_tensor() -> Case:
    rng = generator("matmul_tensor")
    n, k = 128, 96
    a, b = rng.normal(0, 1, (64, k)), rng.normal(0, 1, (k, n))

    def reference(buffers):
        return {"c16": buffers["a16"].astype(f64) @ buffers["b16"].astype(f64)}

    return Case(
        "matmul_tensor",
        "tensor",
        (
            Launch("matmul_f16", (2, 1), (128,), ("a16", "b16", "c16", i32(n), i32(k))),
            Launch("matmul_bf16", (2, 1), (128,), ("ab", "bb", "cb", i32(n), i32(k))),
        ),
        {
            "a16": a.astype(f16),
            "b16": b.astype(f16),
            "c16": np.zeros((64, n), f16),
            "ab": bf16(a),
            "bb": bf16(b),
            "cb": np.zeros((64, n), np.uint16),
        },
        {"c16": "exact", "cb": "exact"},
        reference,
        tolerance=1e-3,
    )


def flash_attention() -> Case:
    rng = generator("flash_attention")
    heads, length = 2, 128
    q, k, v = rng.normal(0, 1, (3, heads, length, 64)).astype(f16)

    def reference(b):
        scores = np.einsum("hqd,hkd->hqk", q.astype(f64), k.astype(f64)) / 8
        causal = np.where(np.tril(np.ones((length, length), bool)), scores, -np.inf)
        values = v.astype(f64)
        return {"causal": _softmax(causal) @ values, "full": _softmax(scores) @ values}

    scale = f32(0.125 * np.log2(np.e))
    return Case(
        "flash_attention",
        "tensor",
        (
            Launch(
                "flash_attention", (2, heads), (128,), ("q", "k", "v", "causal", i32(length), scale, i32(1))
            ),
            Launch(
                "flash_attention", (2, heads), (128,), ("q", "k", "v", "full", i32(length), scale, i32(0))
            ),
        ),
        {"q": q, "k": k, "v": v, "causal": np.zeros_like(q), "full": np.zeros_like(q)},
        {"causal": "exact", "full": "exact"},
        reference,
        tolerance=1e-3,
    )


def wmma() -> Case:
    rng = generator("wmma")
    n, k = 32, 48
    a, b, c = rng.normal(0, 1, (32, k)), rng.normal(0, 1, (n, k)), rng.normal(0, 1, (32, n))
    a8, b8 = rng.integers(-128, 128, (2, 32, k), dtype=np.int8)
    c32 = rng.integers(-(1 << 30), 1 << 30, (32, n)).astype(i32)

    def reference(buffers):
        return {"c8": c32 + a8.astype(i32) @ b8.T.astype(i32)}

    size = (i32(n), i32(k))
    return Case(
        "wmma",
        "tensor",
        (
            Launch("wmma_f16", (2, 2), (32,), ("a16", "b16", "c16", *size)),
            Launch("wmma_bf16", (2, 2), (32,), ("ab", "bb", "cb", *size)),
            Launch("wmma_s8", (2, 2), (32,), ("a8", "b8", "c8", *size)),
            Launch("wmma_f64", (4, 4), (32,), ("a64", "b64", "c64", *size)),
        ),
        {
            "a16": a.astype(f16),
            "b16": b.astype(f16),
            "c16": c.astype(f16),
            "ab": bf16(a),
            "bb": bf16(b),
            "cb": c.astype(f32),
            "a8": a8,
            "b8": b8,
            "c8": c32,
            "a64": a,
            "b64": b,
            "c64": np.zeros((32, n)),
        },
        {"c16": "exact", "cb": "exact", "c8": "exact", "c64": "exact"},
        reference,
    )


_DECODER = (decoder_parts, rope, attention_decode)
_BOTH = ("sm_80", "sm_90")
CASES = (
    *_DECODER,
    *(variant(make, "fast", "networks_fast", _BOTH, reference=None) for make in _DECODER),
    *(_mma(name) for name in _MMA),
    matrix_moves,
    matrix_stores,
    matmul_tensor,
    flash_attention,
    wmma,
)
