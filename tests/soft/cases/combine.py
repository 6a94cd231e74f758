"""Cases of sorting.cu and scans.cu: sorts, scans, compaction, histograms, reductions."""

from __future__ import annotations

import numpy as np

from tests.soft.cases.case import UNORDERED, Case, Launch
from tests.soft.cases.values import generator

u32, f32 = np.uint32, np.float32


def sort_bitonic() -> Case:
    keys = generator("sort_bitonic").integers(0, 1 << 32, (4, 512), dtype=u32)
    keys[1] %= 7
    return Case(
        "sort_bitonic",
        "sorting",
        (Launch("sort_bitonic", (4,), (256,), ("keys",)),),
        {"keys": keys},
        {"keys": "exact"},
        lambda b: {"keys": np.sort(b["keys"], axis=1)},
    )


def sort_warp_bitonic() -> Case:
    keys = generator("sort_warp_bitonic").normal(0, 10, (16, 32)).astype(f32).round()
    return Case(
        "sort_warp_bitonic",
        "sorting",
        (Launch("sort_warp_bitonic", (4,), (128,), ("keys", "places")),),
        {"keys": keys, "places": np.zeros((16, 32), u32)},
        {"keys": "exact", "places": "exact"},
        lambda b: {"keys": np.sort(b["keys"], axis=1)},
    )


def sort_odd_even() -> Case:
    keys = generator("sort_odd_even").integers(-999, 999, (3, 301), dtype=np.int16)
    keys[2] = np.arange(301)
    return Case(
        "sort_odd_even",
        "sorting",
        (Launch("sort_odd_even", (3,), (96,), ("keys", np.int32(301), "rounds"), 602),),
        {"keys": keys, "rounds": np.zeros(3, np.int32)},
        {"keys": "exact", "rounds": "exact"},
        lambda b: {"keys": np.sort(b["keys"], axis=1)},
    )


def sort_radix() -> Case:
    rng = generator("sort_radix")
    count = 1777
    keys = rng.integers(0, 1 << 32, count, dtype=u32)
    keys[::3] &= 0xF00F
    values = np.arange(count, dtype=np.uint16)

    def reference(b):
        order = np.argsort(b["keys"], kind="stable")
        return {"keys": b["keys"][order], "values": b["values"][order]}

    return Case(
        "sort_radix",
        "sorting",
        (Launch("sort_radix", (1,), (256,), ("keys", "values", np.int32(count))),),
        {"keys": keys, "values": values},
        {"keys": "exact", "values": "exact"},
        reference,
    )


def sort_merge() -> Case:
    count = 1000
    keys = generator("sort_merge").integers(-(1 << 62), 1 << 62, count, dtype=np.int64)
    keys[::5] >>= 58
    launches, names, run = [], ["a", "b"], 1
    while run < count:
        arguments = (names[0], names[1], np.int32(count), np.int32(run))
        launches.append(Launch("sort_merge_pass", (3,), (128,), arguments))
        names.reverse()
        run *= 2
    return Case(
        "sort_merge",
        "sorting",
        tuple(launches),
        {"a": keys, "b": np.zeros_like(keys)},
        {names[0]: "exact"},
        lambda b: {names[0]: np.sort(b["a"])},
    )


def sort_quick_each() -> Case:
    keys = generator("sort_quick_each").normal(0, 5, (64, 24))
    keys[3, 5:9] = np.nan
    keys[7] = keys[7, 0]
    keys[9] = np.sort(keys[9])[::-1]
    keys[11, 3] = -np.inf
    return Case(
        "sort_quick_each",
        "sorting",
        (Launch("sort_quick_each", (2,), (32,), ("keys",)),),
        {"keys": keys},
        {"keys": "exact"},
        lambda b: {"keys": np.sort(b["keys"], axis=1)},
    )


def scan_tree() -> Case:
    data = generator("scan_tree").integers(0, 1 << 32, (3, 512), dtype=u32)

    def reference(b):
        inclusive = np.cumsum(b["in"], axis=1, dtype=u32)
        return {"out": inclusive - b["in"]}

    return Case(
        "scan_tree",
        "scans",
        (Launch("scan_tree", (3,), (256,), ("in", "out")),),
        {"in": data, "out": np.zeros_like(data)},
        {"out": "exact"},
        reference,
    )


def scan_shuffle() -> Case:
    rng = generator("scan_shuffle")
    reals = rng.normal(0, 1, (2, 384)).astype(f32)
    longs = rng.integers(0, 1 << 63, (2, 384), dtype=np.uint64)
    return Case(
        "scan_shuffle",
        "scans",
        (
            Launch("scan_shuffle_f32", (2,), (384,), ("reals", "real_sums")),
            Launch("scan_shuffle_u64", (2,), (384,), ("longs", "long_sums")),
        ),
        {
            "reals": reals,
            "longs": longs,
            "real_sums": np.zeros_like(reals),
            "long_sums": np.zeros_like(longs),
        },
        {"real_sums": "exact", "long_sums": "exact"},
        lambda b: {"long_sums": np.cumsum(b["longs"], axis=1, dtype=np.uint64)},
    )


def scan_look_back() -> Case:
    data = generator("scan_look_back").integers(0, 1 << 20, 256 * 12, dtype=u32)
    return Case(
        "scan_look_back",
        "scans",
        (Launch("scan_look_back", (12,), (256,), ("in", "out", "state", "ticket")),),
        {
            "in": data,
            "out": np.zeros_like(data),
            "state": np.zeros(12, np.uint64),
            "ticket": np.zeros(1, u32),
        },
        {"out": "exact", "ticket": "exact"},
        lambda b: {"out": np.cumsum(b["in"], dtype=u32)},
    )


def scan_segmented() -> Case:
    rng = generator("scan_segmented")
    data = rng.integers(-99, 99, (8, 32), dtype=np.int32)
    starts = (rng.random((8, 32)) < 0.2).astype(np.uint8)

    def reference(b):
        out = np.zeros_like(b["in"])
        for row in range(8):
            total = 0
            for i in range(32):
                total = int(b["in"][row, i]) + (0 if b["starts"][row, i] else total)
                out[row, i] = total
        return {"out": out}

    return Case(
        "scan_segmented",
        "scans",
        (Launch("scan_segmented", (2,), (128,), ("in", "starts", "out")),),
        {"in": data, "starts": starts, "out": np.zeros_like(data)},
        {"out": "exact"},
        reference,
    )


def compact_ordered() -> Case:
    data = generator("compact_ordered").normal(0, 1, (4, 256)).astype(f32)

    def reference(b):
        out, counts = np.zeros_like(b["in"]), np.zeros(4, u32)
        for row, values in enumerate(b["in"]):
            kept = values[values > 0]
            out[row, : kept.size], counts[row] = kept, kept.size
        return {"out": out, "counts": counts}

    return Case(
        "compact_ordered",
        "scans",
        (Launch("compact_ordered", (4,), (256,), ("in", "out", "counts")),),
        {"in": data, "out": np.zeros_like(data), "counts": np.zeros(4, u32)},
        {"out": "exact", "counts": "exact"},
        reference,
    )


def compact_append() -> Case:
    data = generator("compact_append").integers(0, 1 << 32, 1000, dtype=u32)

    def reference(b):
        odd = b["in"][b["in"] % 2 == 1]
        out = np.zeros(1000, u32)
        out[: odd.size] = odd
        return {"out": out, "count": np.array([odd.size], u32)}

    return Case(
        "compact_append",
        "scans",
        (Launch("compact_append", (3,), (64,), ("in", "out", "count", u32(1000))),),
        {"in": data, "out": np.zeros(1000, u32), "count": np.zeros(1, u32)},
        {"out": UNORDERED, "count": "exact"},
        reference,
    )


def histograms() -> Case:
    rng = generator("histograms")
    data = rng.integers(0, 256, 16 * 700, dtype=np.uint8)
    data[:4000] //= 50
    reals = rng.normal(0, 1, 3000).astype(f32)
    words = rng.integers(0, 1 << 32, 512, dtype=u32)

    def reference(b):
        bits = (b["words"][:, None] >> np.arange(32, dtype=u32) & 1).astype(u32)
        inside = (b["reals"] >= -2) & (b["reals"] < 2)
        return {
            "bytes": np.bincount(b["in"], minlength=256).astype(u32),
            "pairs": bits.T @ bits,
            "outside": np.array([(~inside).sum()], np.uint64),
        }

    return Case(
        "histograms",
        "scans",
        (
            Launch("histogram_shared", (3,), (256,), ("in", "bytes", u32(700))),
            Launch(
                "histogram_global",
                (4,),
                (128,),
                ("reals", "bins", u32(37), f32(-2), f32(2), "outside", u32(3000)),
            ),
            Launch("histogram_bits", (2,), (64,), ("words", "pairs", u32(512))),
        ),
        {
            "in": data,
            "bytes": np.zeros(256, u32),
            "reals": reals,
            "bins": np.zeros(37, np.uint64),
            "outside": np.zeros(1, np.uint64),
            "words": words,
            "pairs": np.zeros((32, 32), u32),
        },
        {"bytes": "exact", "bins": "exact", "outside": "exact", "pairs": "exact"},
        reference,
    )


def reduce_last_block() -> Case:
    data = generator("reduce_last_block").normal(0, 1, 20011).astype(f32)
    return Case(
        "reduce_last_block",
        "scans",
        (Launch("reduce_last_block", (16,), (256,), ("in", "partial", "finished", "out", u32(data.size))),),
        {"in": data, "partial": np.zeros(16, f32), "finished": np.zeros(1, u32), "out": np.zeros(1, f32)},
        {"partial": "exact", "finished": "exact", "out": "exact"},
        lambda b: {"out": np.array([b["in"].sum(dtype=np.float64)])},
        tolerance=1e-4,
    )


def reduce_grid_barrier() -> Case:
    data = generator("reduce_grid_barrier").normal(3, 1, 9001).astype(f32)

    def reference(b):
        exact = b["in"].astype(np.float64)
        return {"out": np.array([exact.mean(), ((exact - exact.mean()) ** 2).sum()])}

    return Case(
        "reduce_grid_barrier",
        "scans",
        (Launch("reduce_grid_barrier", (8,), (256,), ("in", "partial", "barriers", "out", u32(data.size))),),
        {"in": data, "partial": np.zeros(16, f32), "barriers": np.zeros(2, u32), "out": np.zeros(2)},
        {"partial": "exact", "barriers": "exact", "out": "exact"},
        reference,
        tolerance=1e-5,
    )


def reduce_by_cas() -> Case:
    data = generator("reduce_by_cas").lognormal(0, 3, 5000).astype(f32)

    def reference(b):
        greatest = (b["in"].astype(np.float64) ** 2).max()
        return {"least": b["in"].min(keepdims=True), "greatest": np.array([greatest])}

    return Case(
        "reduce_by_cas",
        "scans",
        (Launch("reduce_by_cas", (5,), (192,), ("in", "least", "greatest", u32(5000))),),
        {"in": data, "least": np.full(1, np.inf, f32), "greatest": np.zeros(1)},
        {"least": "exact", "greatest": "exact"},
        reference,
    )


def reduce_argmax() -> Case:
    rows = generator("reduce_argmax").normal(0, 1, (5, 1003)).astype(f32)
    rows[2, [7, 900]] = 9

    def reference(b):
        return {"index": b["in"].argmax(axis=1).astype(u32), "value": b["in"].max(axis=1)}

    return Case(
        "reduce_argmax",
        "scans",
        (Launch("reduce_argmax", (5,), (256,), ("in", "index", "value", np.int32(1003))),),
        {"in": rows, "index": np.zeros(5, u32), "value": np.zeros(5, f32)},
        {"index": "exact", "value": "exact"},
        reference,
    )


def reduce_words() -> Case:
    data = generator("reduce_words").integers(-(1 << 31), 1 << 31, 640).astype(np.int32)

    def reference(b):
        words = b["in"].view(u32)
        bitwise = [np.bitwise_and.reduce(words), np.bitwise_or.reduce(words), np.bitwise_xor.reduce(words)]
        return {
            "sum": b["in"].sum(dtype=np.int32, keepdims=True),
            "least": b["in"].min(keepdims=True),
            "greatest": b["in"].max(keepdims=True),
            "bitwise": np.array([*bitwise, words.min(), words.max()], u32),
        }

    return Case(
        "reduce_words",
        "scans",
        (Launch("reduce_words", (5,), (128,), ("in", "sum", "least", "greatest", "bitwise")),),
        {
            "in": data,
            "sum": np.zeros(1, np.int32),
            "least": np.full(1, 0x7FFFFFFF, np.int32),
            "greatest": np.full(1, -(1 << 31), np.int32),
            "bitwise": np.array([~u32(0), 0, 0, ~u32(0), 0], u32),
        },
        {"sum": "exact", "least": "exact", "greatest": "exact", "bitwise": "exact"},
        reference,
    )


CASES = (
    sort_bitonic,
    sort_warp_bitonic,
    sort_odd_even,
    sort_radix,
    sort_merge,
    sort_quick_each,
    scan_tree,
    scan_shuffle,
    scan_look_back,
    scan_segmented,
    compact_ordered,
    compact_append,
    histograms,
    reduce_last_block,
    reduce_grid_barrier,
    reduce_by_cas,
    reduce_argmax,
    reduce_words,
)
