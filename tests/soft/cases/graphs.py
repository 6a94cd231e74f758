"""Cases of graphs.cu: sparse matrices, graphs, dynamic programming; each optimised and not."""

from __future__ import annotations

from collections import deque

import numpy as np

from tests.soft.cases.case import Case, Launch, variant
from tests.soft.cases.values import generator

i32, f32, f64 = np.int32, np.float32, np.float64


def _sparse(rng: np.random.Generator, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """(starts, columns) of CSR with rows of very different lengths."""
    sizes = np.minimum(rng.geometric(0.12, rows) - 1, columns)
    sizes[rows // 2] = columns // 2
    chosen = [np.sort(rng.choice(columns, size, replace=False)) for size in sizes]
    return np.concatenate([[0], np.cumsum(sizes)]).astype(i32), np.concatenate(chosen).astype(i32)


def _dense(starts: np.ndarray, columns: np.ndarray, values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    dense = np.zeros(shape, values.dtype)
    for row in range(shape[0]):
        part = slice(starts[row], starts[row + 1])
        dense[row, columns[part]] = values[part]
    return dense


def spmv() -> Case:
    rng = generator("spmv")
    rows, width = 130, 200
    starts, columns = _sparse(rng, rows, width)
    values = rng.normal(0, 1, columns.size)
    x = rng.normal(0, 1, width)
    whole = rng.integers(-99, 99, columns.size).astype(i32)
    whole_x = rng.integers(-99, 99, width).astype(i32)
    row_of = np.repeat(np.arange(rows), np.diff(starts)).astype(i32)

    slices = (rows + 31) // 32
    widths = [int(np.diff(starts)[32 * s : 32 * s + 32].max()) for s in range(slices)]
    slice_starts = np.concatenate([[0], np.cumsum(np.array(widths) * 32)]).astype(i32)
    sell_columns = np.full(int(slice_starts[-1]), -1, i32)
    sell_values = np.zeros(int(slice_starts[-1]), f32)
    for row in range(rows):
        for i, at in enumerate(range(starts[row], starts[row + 1])):
            place = slice_starts[row // 32] + 32 * i + row % 32
            sell_columns[place], sell_values[place] = columns[at], values[at]

    def reference(b):
        real = _dense(starts, columns, values, (rows, width)) @ x
        exact = _dense(starts, columns, whole, (rows, width)) @ whole_x
        return {"y64": real, "y32": real, "y_sell": real, "y_whole": exact}

    return Case(
        "spmv",
        "graphs",
        (
            Launch("spmv_csr_scalar", (5,), (32,), ("starts", "columns", "values", "x", "y64", i32(rows))),
            Launch(
                "spmv_csr_warp", (33,), (128,), ("starts", "columns", "values32", "x32", "y32", i32(rows))
            ),
            Launch(
                "spmv_coo", (3,), (64,), ("row_of", "columns", "whole", "whole_x", "y_whole", i32(whole.size))
            ),
            Launch(
                "spmv_sell",
                (5,),
                (32,),
                ("slice_starts", "sell_columns", "sell_values", "x32", "y_sell", i32(rows)),
            ),
        ),
        {
            "starts": starts,
            "columns": columns,
            "values": values,
            "x": x,
            "y64": np.zeros(rows),
            "values32": values.astype(f32),
            "x32": x.astype(f32),
            "y32": np.zeros(rows, f32),
            "row_of": row_of,
            "whole": whole,
            "whole_x": whole_x,
            "y_whole": np.zeros(rows, i32),
            "slice_starts": slice_starts,
            "sell_columns": sell_columns,
            "sell_values": sell_values,
            "y_sell": np.zeros(rows, f32),
        },
        {"y64": "exact", "y32": "exact", "y_sell": "exact", "y_whole": "exact"},
        reference,
        tolerance=1e-6,
    )


def bfs() -> Case:
    rng = generator("bfs")
    nodes = 300
    starts, targets = _sparse(rng, nodes, nodes)

    def reference(b):
        distances, waiting = np.full(nodes, -1, i32), deque([0])
        distances[0] = 0
        while waiting:
            node = waiting.popleft()
            for target in targets[starts[node] : starts[node + 1]]:
                if distances[target] < 0:
                    distances[target] = distances[node] + 1
                    waiting.append(int(target))
        found = int((distances >= 0).sum())
        return {"distances": distances, "reached": np.array([nodes, found, distances.max() + 1], i32)}

    return Case(
        "bfs",
        "graphs",
        (Launch("bfs_frontier", (1,), (128,), ("starts", "targets", "distances", "reached"), 8 * nodes),),
        {
            "starts": starts,
            "targets": targets,
            "distances": np.full(nodes, -1, i32),
            "reached": np.array([nodes, 0, 0], i32),
        },
        {"distances": "exact", "reached": "exact"},
        reference,
    )


def union_find() -> Case:
    nodes = 500
    edges = generator("union_find").integers(0, nodes, (420, 2)).astype(i32)

    def reference(b):
        label = np.arange(nodes, dtype=i32)
        while True:
            low = np.minimum(label[edges[:, 0]], label[edges[:, 1]])
            before = label.copy()
            np.minimum.at(label, edges[:, 0], low)
            np.minimum.at(label, edges[:, 1], low)
            if (before == label).all():
                return {"parent": label}

    return Case(
        "union_find",
        "graphs",
        (
            Launch("union_find", (4,), (64,), ("parent", "edges", i32(420))),
            Launch("union_find_flatten", (4,), (128,), ("parent", i32(nodes))),
        ),
        {"parent": np.arange(nodes, dtype=i32), "edges": edges},
        {"parent": "exact"},
        reference,
    )


def floyd_warshall() -> Case:
    rng = generator("floyd_warshall")
    n = 40
    distances = rng.integers(1, 1000, (n, n), dtype=np.uint32)
    distances[rng.random((n, n)) < 0.9] = 0xFFFFFFFF
    np.fill_diagonal(distances, 0)

    def reference(b):
        d = b["distances"].astype(np.int64)
        for k in range(n):
            d = np.minimum(d, np.minimum(d[:, k : k + 1] + d[k : k + 1], 0xFFFFFFFF))
        return {"distances": d.astype(np.uint32)}

    return Case(
        "floyd_warshall",
        "graphs",
        (Launch("floyd_warshall", (1,), (256,), ("distances", i32(n)), 4 * n * n),),
        {"distances": distances},
        {"distances": "exact"},
        reference,
    )


def count_triangles() -> Case:
    nodes, words = 150, 3
    rng = generator("count_triangles")
    links = np.triu(rng.random((nodes, nodes)) < 0.2, 1)
    links = links | links.T
    padded = np.zeros((nodes, 64 * words), np.uint8)
    padded[:, :nodes] = links
    rows = np.packbits(padded, axis=1, bitorder="little").view(np.uint64)

    def reference(b):
        m = links.astype(np.int64)
        return {"triangles": np.array([np.trace(m @ m @ m) // 2], np.uint64)}

    return Case(
        "count_triangles",
        "graphs",
        (Launch("count_triangles", (20,), (64,), ("rows", i32(nodes), i32(words), "triangles")),),
        {"rows": rows, "triangles": np.zeros(1, np.uint64)},
        {"triangles": "exact"},
        reference,
    )


def _distance(a: bytes, b: bytes) -> int:
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            diagonal, row[j] = row[j], min(diagonal + (left != right), row[j] + 1, row[j - 1] + 1)
    return row[-1]


def levenshtein() -> Case:
    rng = generator("levenshtein")
    pairs, stride = 6, 64
    first = rng.integers(97, 101, (pairs, stride), dtype=np.int8)
    second = first.copy()
    for row in range(pairs):
        second[row] = np.roll(second[row], row)
        second[row, rng.integers(0, stride, 8)] = 97
    lengths = np.array([[64, 64], [50, 60], [0, 5], [1, 64], [64, 33], [40, 0]], i32)

    def reference(b):
        wanted = [
            _distance(first[i].tobytes()[: lengths[i, 0]], second[i].tobytes()[: lengths[i, 1]])
            for i in range(pairs)
        ]
        return {"out": np.array(wanted, i32)}

    return Case(
        "levenshtein",
        "graphs",
        (
            Launch(
                "levenshtein", (pairs,), (64,), ("first", "second", "lengths", "out", i32(stride)), 3 * 65 * 4
            ),
        ),
        {"first": first, "second": second, "lengths": lengths, "out": np.zeros(pairs, i32)},
        {"out": "exact"},
        reference,
    )


def smith_waterman() -> Case:
    rng = generator("smith_waterman")
    threads, length, gap = 64, 30, 3
    first, second = rng.integers(0, 8, (2, threads, length), dtype=np.uint8)
    scores = rng.integers(-4, 3, (8, 8), dtype=np.int8)
    np.fill_diagonal(scores, 5)

    def reference(b):
        row = np.zeros((threads, length + 1), np.int64)
        best = np.zeros(threads, np.int64)
        for i in range(length):
            diagonal = np.zeros(threads, np.int64)
            for j in range(1, length + 1):
                above = row[:, j].copy()
                score = np.maximum(
                    diagonal + scores[first[:, i], second[:, j - 1]], np.maximum(above, row[:, j - 1]) - gap
                )
                row[:, j] = np.maximum(score, 0)
                best = np.maximum(best, row[:, j])
                diagonal = above
        return {"out": best.astype(i32)}

    return Case(
        "smith_waterman",
        "graphs",
        (Launch("smith_waterman", (2,), (32,), ("first", "second", "scores", "out", i32(length), i32(gap))),),
        {"first": first, "second": second, "scores": scores, "out": np.zeros(threads, i32)},
        {"out": "exact"},
        reference,
    )


def knapsack() -> Case:
    rng = generator("knapsack")
    capacity = 300
    items = np.stack([rng.integers(1, 60, 25), rng.integers(1, 100, 25)], axis=1).astype(i32)

    def reference(b):
        best = np.zeros(capacity + 1, i32)
        for weight, value in b["items"]:
            best[weight:] = np.maximum(best[weight:], best[: capacity + 1 - weight] + value)
        return {"best": best}

    return Case(
        "knapsack",
        "graphs",
        (Launch("knapsack", (1,), (64,), ("items", i32(25), "best", i32(capacity)), 4 * (capacity + 1)),),
        {"items": items, "best": np.zeros(capacity + 1, i32)},
        {"best": "exact"},
        reference,
    )


def queens() -> Case:
    return Case(
        "queens",
        "graphs",
        (Launch("queens", (2,), (32,), (i32(8), "solutions")),),
        {"solutions": np.zeros(1, np.uint64)},
        {"solutions": "exact"},
        lambda _: {"solutions": np.array([92], np.uint64)},
    )


_OPTIMISED = (
    spmv,
    bfs,
    union_find,
    floyd_warshall,
    count_triangles,
    levenshtein,
    smith_waterman,
    knapsack,
    queens,
)
CASES = _OPTIMISED + tuple(variant(make, "plain", "graphs_plain", ("sm_90",)) for make in _OPTIMISED)
