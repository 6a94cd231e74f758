"""Cases of control.cu, warps.cu, atomics.cu and memory.cu: what makes a GPU a machine, not a formula."""

from __future__ import annotations

import functools
import struct

import numpy as np

from tests.soft.cases.case import IGNORED, Case, Launch, variant
from tests.soft.cases.values import generator

i32, u32, u64, f32, f64 = np.int32, np.uint32, np.uint64, np.float32, np.float64

# ---- control.cu


@functools.cache
def _ackermann(m: int, n: int) -> int:
    if m == 0:
        return n + 1
    return _ackermann(m - 1, 1 if n == 0 else _ackermann(m, n - 1))


def call_recursive() -> Case:
    rng = generator("call_recursive")
    numbers = np.stack([rng.integers(0, 3, 64), rng.integers(0, 5, 64)], axis=1).astype(u32)
    disks = rng.integers(0, 6, 64).astype(i32)

    def hanoi(count: int, start: int, to: int, digest: int) -> int:
        if count == 0:
            return digest
        digest = hanoi(count - 1, start, 3 - start - to, digest)
        digest = (digest * 31 + start * 3 + to) & 0xFFFFFFFF
        return hanoi(count - 1, 3 - start - to, to, digest)

    def reference(b):
        moves = [(2**count - 1, hanoi(count, 0, 2, 7)) for count in b["disks"].tolist()]
        return {
            "ackermann": np.array([_ackermann(m, n) for m, n in b["numbers"].tolist()], u32),
            "hanoi": np.array(moves, u32),
        }

    return Case(
        "call_recursive",
        "control",
        (
            Launch("call_ackermann", (2,), (32,), ("numbers", "ackermann")),
            Launch("call_hanoi", (1,), (64,), ("disks", "hanoi")),
        ),
        {"numbers": numbers, "ackermann": np.zeros(64, u32), "disks": disks, "hanoi": np.zeros((64, 2), u32)},
        {"ackermann": "exact", "hanoi": "exact"},
        reference,
    )


def call_indirect() -> Case:
    rng = generator("call_indirect")
    x = rng.uniform(0.1, 9, 128).astype(f32)
    which = rng.integers(0, 1 << 12, 128, dtype=u32)

    def reference(b):
        side, kind = b["in"].astype(f64), b["which"] % 3
        area = np.select(
            [kind == 0, kind == 1], [side**2, np.pi * (side + 1) ** 2], np.pi * ((side + 2) ** 2 - 0.25)
        )
        return {
            "areas": area * (1 + (b["which"] >> 8 & 3)),
            "corners": np.choose(kind, [4, 0, -1]).astype(i32),
        }

    return Case(
        "call_indirect",
        "control",
        (
            Launch("call_pointers", (2,), (64,), ("in", "which", "out")),
            Launch("call_virtual", (4,), (32,), ("in", "which", "areas", "corners")),
        ),
        {
            "in": x,
            "which": which,
            "out": np.zeros(128, f32),
            "areas": np.zeros(128, f32),
            "corners": np.zeros(128, i32),
        },
        {"out": "exact", "areas": "exact", "corners": "exact"},
        reference,
        tolerance=1e-5,
    )


_PROGRAMS = (
    # Steps of Collatz until one: the counter lies below the value.
    bytes([1, 0, 9, 2, 1, 1, 5, 10, 4, 3, 0, 0, 8, 9, 1, 1, 4, 9, 1, 1, 10, 0x100 - 18]),
    bytes([1, 3, 6, 1, 7, 4, 11, 2, 1, 100, 7, 4, 0]),
    bytes([2, 2, 6, 9, 1, 5, 7, 5, 99, 0]),
    bytes([1, 50, 9, 2, 6, 1, 3, 4, 9, 1, 0x100 - 1, 4, 2, 10, 0x100 - 12, 3, 11, 0]),
)


def _interpret(program: bytes, value: int) -> tuple[int, int]:
    def wrapped(number: int) -> int:
        return (number + (1 << 31)) % (1 << 32) - (1 << 31)

    stack, at, steps = [value], 0, 0
    while steps < 4000:
        steps += 1
        operation, at = program[at], at + 1
        if operation == 0:
            return stack[-1], steps
        if operation == 1:
            stack.append((program[at] & 127) - (program[at] & 128))
            at += 1
        elif operation == 2:
            stack.append(stack[-1])
        elif operation == 3:
            stack.pop()
        elif operation in (4, 5, 6, 7):
            right, left = stack.pop(), stack.pop()
            results = (left + right, left - right, left * right)
            stack.append(wrapped(results[operation - 4] if operation < 7 else _divided(left, right)))
        elif operation == 8:
            stack[-1] = wrapped(3 * stack[-1] + 1 if stack[-1] & 1 else stack[-1] >> 1)
        elif operation == 9:
            stack[-1], stack[-2] = stack[-2], stack[-1]
        elif operation == 10:
            at += (program[at] & 127) - (program[at] & 128) if stack.pop() else 1
        elif operation == 11:
            stack[-1] = wrapped(stack[-1] ^ stack[-1] << 7)
        else:
            stack[-1] = ~operation
    return stack[-1], steps + 1


def _divided(left: int, right: int) -> int:
    if right == 0:
        return -1
    return abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)


def interpreter() -> Case:
    rng = generator("interpreter")
    firsts = np.cumsum([0, *(len(program) for program in _PROGRAMS)])
    which = rng.integers(0, len(_PROGRAMS), 96)
    inputs = rng.integers(1, 60, 96).astype(i32)

    def reference(b):
        pairs = zip(which.tolist(), b["inputs"].tolist(), strict=True)
        return {"out": np.array([_interpret(_PROGRAMS[program], value) for program, value in pairs], i32)}

    return Case(
        "interpreter",
        "control",
        (Launch("interpreter", (3,), (32,), ("programs", "starts", "inputs", "out")),),
        {
            "programs": np.frombuffer(b"".join(_PROGRAMS), np.uint8),
            "starts": firsts[which].astype(u32),
            "inputs": inputs,
            "out": np.zeros((96, 2), i32),
        },
        {"out": "exact"},
        reference,
    )


def local_memory() -> Case:
    seeds = generator("local_memory").integers(0, 1 << 32, 96, dtype=u32)

    def reference(b):
        wanted = []
        for seed in b["in"].tolist():
            total = 0
            for turn in range(3):
                words = 1 + ((seed + turn * 11) & 0xFFFFFFFF) % 40
                space = [(seed * i ^ i << 9) & 0xFFFFFFFF for i in range(words)]
                part = 0
                for i in range(words):
                    part = (part * 3 + space[((i * 7 + seed) & 0xFFFFFFFF) % words]) & 0xFFFFFFFF
                total += part
            wanted.append(total & 0xFFFFFFFF)
        return {"sums": np.array(wanted, u32)}

    return Case(
        "local_memory",
        "control",
        (
            Launch("local_arrays", (3,), (32,), ("in", "digests")),
            Launch("local_alloca", (3,), (32,), ("in", "sums")),
        ),
        {"in": seeds, "digests": np.zeros(96, u64), "sums": np.zeros(96, u32)},
        {"digests": "exact", "sums": "exact"},
        reference,
    )


def divergence() -> Case:
    rng = generator("divergence")
    values = rng.integers(0, 200, 500).astype(i32)
    words = rng.integers(0, 1 << 32, 256, dtype=u32)
    pairs = rng.integers(1, 1 << 31, (96, 2), dtype=u32)

    def reference(b):
        wanted = []
        for x, y in (b["pairs"] | 1).tolist():
            multiple = int(np.lcm(x, y))
            root = int(np.floor(np.sqrt(np.longdouble(multiple))))
            while root * root > multiple:
                root -= 1
            while (root + 1) ** 2 <= multiple:
                root += 1
            wanted.append((multiple, root))
        return {"roots": np.array(wanted, u64)}

    return Case(
        "divergence",
        "control",
        (
            Launch("diverge_rounds", (2,), (256,), ("values", "rounds", i32(500), i32(12))),
            Launch("diverge_exits", (2,), (128,), ("words", "exits", "votes")),
            Launch("diverge_loops", (3,), (32,), ("pairs", "roots")),
        ),
        {
            "values": values,
            "rounds": np.zeros(500, i32),
            "words": words,
            "exits": np.zeros(256, u32),
            "votes": np.zeros(1, u32),
            "pairs": pairs,
            "roots": np.zeros((96, 2), u64),
        },
        {"rounds": "exact", "exits": "exact", "votes": IGNORED, "roots": "exact"},
        reference,
    )


def locks() -> Case:
    blocks, threads, turns = 4, 64, 5

    def reference(b):
        total = blocks * turns * sum(0x9000000 + thread for thread in range(threads))
        log = [0]
        for ticket in range(1, 20):
            log.append((log[-1] * 3 + ticket) & 0xFFFFFFFF)
        relayed, before = [], 1
        for warp in range(8):
            before = (before * 5 + int(b["in"][32 * warp])) & 0xFFFFFFFF
            relayed += [before ^ int(word) for word in b["in"][32 * warp : 32 * warp + 32]]
        return {
            "counter": np.array([total & 0xFFFFFFFF, total >> 32], u32),
            "log": np.array(log, u32),
            "relayed": np.array(relayed, u32),
        }

    return Case(
        "locks",
        "control",
        (
            Launch("lock_spin", (blocks,), (threads,), ("lock", "counter", u32(turns))),
            Launch("lock_ticket", (20,), (32,), ("next", "serving", "log")),
            Launch("producer_consumer", (6,), (64,), ("ring", "flags", "consumed", u32(11))),
            Launch("warp_relay", (1,), (256,), ("in", "relayed")),
        ),
        {
            "lock": np.zeros(1, i32),
            "counter": np.zeros(2, u32),
            "next": np.zeros(1, u32),
            "serving": np.zeros(1, u32),
            "log": np.zeros(20, u32),
            "ring": np.zeros(3 * 4 * 64, u32),
            "flags": np.zeros(12, u32),
            "consumed": np.zeros(3 * 64, u32),
            "in": generator("locks").integers(0, 1 << 32, 256, dtype=u32),
            "relayed": np.zeros(256, u32),
        },
        {
            "lock": "exact",
            "counter": "exact",
            "serving": "exact",
            "log": "exact",
            "ring": "exact",
            "flags": "exact",
            "consumed": "exact",
            "relayed": "exact",
        },
        reference,
    )


def special_registers() -> Case:
    return Case(
        "special_registers",
        "control",
        (
            Launch("clocks", (2,), (64,), ("passed", "seen")),
            Launch("special_registers", (2, 3, 2), (8, 3, 2), ("registers",), 1000),
        ),
        {"passed": np.zeros(1, u32), "seen": np.zeros(128, u64), "registers": np.zeros((12 * 48, 16), u32)},
        {"passed": "exact", "seen": IGNORED, "registers": "exact"},
        lambda _: {"passed": np.array([128], u32)},
    )


# ---- warps.cu


def warp_exchanges() -> Case:
    rng = generator("warp_exchanges")
    words = rng.integers(0, 1 << 32, 128, dtype=u32)

    def reference(b):
        rows, lane = b["in"].reshape(4, 32), np.arange(32)
        up = lane - (rows & 15).astype(int)
        sources = (rows & 31, (lane & 24) + (rows & 7), np.where(up < 0, lane, up))
        picked = [np.take_along_axis(rows, source.astype(int), 1) for source in sources]
        return {"shuffled": np.array(picked).reshape(3, 128)}

    return Case(
        "warp_exchanges",
        "warps",
        (
            Launch("warp_shuffles", (2,), (64,), ("in", "wide", "shuffled", "wide_out")),
            Launch("warp_votes", (2,), (64,), ("in", "votes")),
            Launch("warp_rounds", (4,), (32,), ("in", "rounds")),
        ),
        {
            "in": words,
            "wide": rng.normal(0, 1, 128),
            "shuffled": np.zeros((10, 128), u32),
            "wide_out": np.zeros(128),
            "votes": np.zeros((9, 128), u32),
            "rounds": np.zeros(128, i32),
        },
        {"shuffled": "exact", "wide_out": "exact", "votes": "exact", "rounds": "exact"},
        reference,
    )


def grid_rounds() -> Case:
    cells = generator("grid_rounds").integers(0, 1 << 32, (2, 20 * 96), dtype=u32)

    def reference(b):
        wanted, i = b["cells"].copy(), np.arange(20 * 96)
        for turn in range(5):
            wanted[(turn + 1) % 2] = wanted[turn % 2][(i * 7 + turn) % i.size] * u32(3) + i.astype(u32)
        return {"cells": wanted}

    return Case(
        "grid_rounds",
        "warps",
        (Launch("grid_rounds", (20,), (96,), ("cells", i32(5))),),
        {"cells": cells},
        {"cells": "exact"},
        reference,
        cooperative=True,
    )


def barriers() -> Case:
    words = generator("barriers").integers(0, 1 << 32, 512, dtype=u32)

    def reference(b):
        value = b["in"].reshape(2, 4, 64)
        place = (np.arange(64) * 5 + 33) % 64
        for _round in range(4):
            value = value * u32(3) + value[..., place]
        sums = np.zeros((3, 4, 32), u32)
        for turn in range(7):
            buffer = b["in"][:96].reshape(3, 32) * u32(turn + 1)
            for warp in (1, 2, 3):
                sums[:, warp] = sums[:, warp] * u32(7) + buffer[:, (np.arange(32) + warp) % 32]
        return {"named": value.ravel(), "arrived": sums.ravel()}

    return Case(
        "barriers",
        "warps",
        (
            Launch("barrier_named", (2,), (256,), ("in", "named")),
            Launch("barrier_arrive", (3,), (128,), ("in", "arrived", i32(7))),
            Launch("barrier_reduce", (2,), (192,), ("in", "reduced")),
        ),
        {
            "in": words,
            "named": np.zeros(512, u32),
            "arrived": np.zeros(384, u32),
            "reduced": np.zeros((384, 4), u32),
        },
        {"named": "exact", "arrived": "exact", "reduced": "exact"},
        reference,
    )


def group_tiles() -> Case:
    words = generator("group_tiles").integers(-1000, 1000, 128).astype(i32)

    def reference(b):
        quads, halves = b["in"].reshape(-1, 4), b["in"].reshape(-1, 16)
        before = np.cumsum(halves, axis=1) - halves
        wanted = [quads.sum(1).repeat(4), halves.min(1).repeat(16), before.ravel()]
        return {"out": np.array(wanted, i32)}

    return Case(
        "group_tiles",
        "warps",
        (Launch("group_tiles", (2,), (64,), ("in", "out")),),
        {"in": words, "out": np.zeros((7, 128), i32)},
        {"out": "exact"},
        reference,
    )


# ---- atomics.cu


def atomics_global() -> Case:
    rng = generator("atomics_global")
    words = rng.integers(0, 1 << 32, 512, dtype=u32)
    longs = rng.integers(0, 1 << 64, 512, dtype=u64)
    cells = np.zeros(85, u32)
    cells[16:24] = cells[48:56] = 0xFFFFFFFF
    cells[32:40] = 0x7FFFFFFF
    cells[40:48] = 0x80000000
    wide = np.zeros(38, u64)
    wide[4:8] = wide[20:24] = (1 << 64) - 1
    wide[12:16], wide[16:20] = (1 << 63) - 1, 1 << 63
    return Case(
        "atomics_global",
        "atomics",
        (
            Launch("atomic_words", (4,), (128,), ("in", "cells", "old")),
            Launch("atomic_longs", (4,), (128,), ("longs", "wide", "wide_old")),
            Launch("atomic_floats", (4,), (128,), ("in", "f32", "f64", "f16", "bf16", "single")),
        ),
        {
            "in": words,
            "cells": cells,
            "old": np.zeros(13, u32),
            "longs": longs,
            "wide": wide,
            "wide_old": np.zeros(3, u64),
            "f32": np.zeros(8, f32),
            "f64": np.zeros(4),
            "f16": np.zeros((4, 2), np.float16),
            "bf16": np.zeros((4, 2), np.uint16),
            "single": np.zeros(4, np.float16),
        },
        dict.fromkeys(("cells", "old", "wide", "wide_old", "f32", "f64", "f16", "bf16", "single"), "exact"),
    )


def atomics_shared() -> Case:
    words = generator("atomics_shared").integers(0, 1 << 32, 384, dtype=u32)
    return Case(
        "atomics_shared",
        "atomics",
        (
            Launch("atomic_shared", (2,), (192,), ("in", "words", "longs", "floats")),
            Launch("atomic_generic", (3,), (128,), ("in", "cells", "generic")),
            Launch("atomic_scopes", (3,), (128,), ("in", "scoped", "wide")),
        ),
        {
            "in": words,
            "words": np.zeros((2, 48), u32),
            "longs": np.zeros((2, 16), u64),
            "floats": np.zeros((2, 4), f32),
            "cells": np.zeros(32, u32),
            "generic": np.zeros((2, 384), u32),
            "scoped": np.zeros(70, u32),
            "wide": np.zeros(1, u64),
        },
        dict.fromkeys(("words", "longs", "floats", "cells", "generic", "scoped", "wide"), "exact"),
    )


def atomics_wide() -> Case:
    words = generator("atomics_wide").integers(0, 1 << 32, 128, dtype=u32)

    def reference(b):
        total = sum(int(x) + (int(x) << 80) for x in b["in"]) % (1 << 128)
        sums = np.zeros((2, 4), f32)
        parts = np.stack([b["in"] & 7, b["in"] >> 3 & 7, b["in"] >> 6 & 7, np.ones(128, u32)], axis=1)
        np.add.at(sums, b["in"] & 1, parts.astype(f32))
        return {"cell": np.frombuffer(total.to_bytes(16, "little"), u32), "sums": sums}

    return Case(
        "atomics_wide",
        "atomics",
        (Launch("atomic_wide", (2,), (64,), ("in", "cell", "sums")),),
        {"in": words, "cell": np.zeros(4, u32), "sums": np.zeros((2, 4), f32)},
        {"cell": "exact", "sums": "exact"},
        reference,
        architectures=("sm_90",),
    )


# ---- memory.cu


def launches() -> Case:
    words = generator("launches").normal(0, 1, 32).astype(f32)
    mixed = struct.pack("<bxxxxxxxdhhhxx", -5, 2.5, 1, 2, 3)

    def reference(b):
        return {
            "arguments": np.array([7, -(1 << 40), -3, 0.1, -5 + 2.5 + 10 + 3000, 2]),
            "dynamic": b["dynamic"][::-1],
            "fixed": b["fixed"][::-1],
            "wide": np.arange(1024, dtype=f32),
        }

    arguments = ("arguments", i32(7), np.int64(-(1 << 40)), np.int8(-3), f64(0.1), mixed)
    return Case(
        "launches",
        "memory",
        (
            Launch("launch_empty", (3,), (7,), ()),
            Launch("launch_arguments", (1,), (1,), arguments),
            Launch("shared_dynamic", (1,), (32,), ("dynamic",), 128),
            Launch("shared_static", (1,), (32,), ("fixed",)),
            Launch("local_array", (1,), (32,), ("local", i32(5))),
            Launch("launch_wide", (1,), (1024,), ("wide",)),
            Launch("launch_globals", (1,), (48,), ("globals", "rows")),
        ),
        {
            "arguments": np.zeros(6),
            "dynamic": words,
            "fixed": words.copy(),
            "local": words.copy(),
            "wide": np.zeros(1024, f32),
            "globals": np.zeros(48, f32),
            "rows": np.zeros(48),
        },
        {
            "arguments": "exact",
            "dynamic": "exact",
            "fixed": "exact",
            "local": "exact",
            "wide": "exact",
            "globals": "exact",
            "rows": "exact",
        },
        reference,
    )


def launch_generic() -> Case:
    rows = generator("launch_generic").normal(0, 1, 80)

    def reference(b):
        constants = ([1, 2, 4, 8, 16, 32, 0, 0], [1e300, 1e-300, -1, 0.1, 0, 0, 0, 0])
        wanted = [sum(constants[i & 1] if i % 3 == 0 else b["rows"][i : i + 8]) for i in range(64)]
        return {"out": np.array(wanted), "kinds": np.where(np.arange(64) % 3 == 0, 2, 1).astype(u32)}

    return Case(
        "launch_generic",
        "memory",
        (Launch("launch_generic", (1,), (64,), ("rows", "out", "kinds")),),
        {"rows": rows, "out": np.zeros(64), "kinds": np.zeros(64, u32)},
        {"out": "exact", "kinds": "exact"},
        reference,
    )


def launch_cluster() -> Case:
    return Case(
        "launch_cluster",
        "memory",
        (Launch("launch_cluster", (4,), (32,), ("out",)),),
        {"out": np.zeros((4, 32), f32)},
        {"out": "exact"},
        lambda _: {"out": np.arange(1, 5, dtype=f32)[:, None] + np.zeros((4, 32), f32)},
        architectures=("sm_90",),
    )


def access_widths() -> Case:
    rng = generator("access_widths")
    n = 128
    data = rng.integers(0, 256, 16 * n, dtype=np.uint8)

    def reference(b):
        d = b["in"]
        reals = d.view(u64).reshape(n, 2)[:, ::-1].copy().view(np.uint8)
        parts = [d, d[: 8 * n], d[: 4 * n], d[: 2 * n], d[:n], np.zeros(n, np.uint8), reals.ravel()]
        words = d.view(u32)[:n].astype(np.int64)
        sums = d.view(np.int8)[:n].astype(np.int64) + d.view(np.int16)[:n] + d.view(i32)[:n] + 2 * words
        return {"out": np.concatenate(parts), "sums": sums ^ words}

    return Case(
        "access_widths",
        "memory",
        (
            Launch("access_widths", (2,), (64,), ("in", "out", "sums")),
            Launch("shared_widths", (2,), (256,), ("quads", "shared")),
        ),
        {
            "in": data,
            "out": np.zeros(48 * n, np.uint8),
            "sums": np.zeros(n, np.int64),
            "quads": rng.integers(0, 1 << 32, (512, 4), dtype=u32),
            "shared": np.zeros(512, u64),
        },
        {"out": "exact", "sums": "exact", "shared": "exact"},
        reference,
    )


def copy_unaligned() -> Case:
    rng = generator("copy_unaligned")
    sizes = rng.integers(0, 45, 64).astype(u32)
    starts = (np.concatenate([[0], np.cumsum(sizes + 3)[:-1]])).astype(u32)
    total = int(starts[-1] + sizes[-1])
    data = rng.integers(0, 256, total + 8, dtype=np.uint8)
    data[:40] = 7

    def reference(b):
        out = np.zeros(total + 8, np.uint8)
        compared = []
        for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
            piece = b["in"][start : start + size]
            out[start : start + size] = piece
            difference = piece.astype(i32) - b["in"][:size]
            compared.append(next((int(each) for each in difference if each), 0))
            if size > 8:
                out[start + 1 : start + 1 + size // 4] = 0x5A
        return {"out": out, "compared": np.array(compared, i32)}

    return Case(
        "copy_unaligned",
        "memory",
        (Launch("copy_unaligned", (2,), (32,), ("in", "out", "starts", "sizes", "compared")),),
        {
            "in": data,
            "out": np.zeros(total + 8, np.uint8),
            "starts": starts,
            "sizes": sizes,
            "compared": np.zeros(64, i32),
        },
        {"out": "exact", "compared": "exact"},
        reference,
    )


def async_copies() -> Case:
    quads = generator("async_copies").integers(0, 1 << 32, (256, 4), dtype=u32)

    def reference(b):
        copied = b["in"].reshape(2, 128, 4).copy()
        copied[:, np.arange(4) * 4 >= (12 & np.arange(128))[:, None]] = 0
        return {"out": copied[:, ::-1].reshape(256, 4)}

    return Case(
        "async_copies",
        "memory",
        (Launch("async_copies", (2,), (128,), ("in", "out", u32(12))),),
        {"in": quads, "out": np.zeros((2, 256, 4), u32)},
        {"out": "exact"},
        reference,
    )


def async_tiles() -> Case:
    rng = generator("async_tiles")
    tiles = 5
    quads = rng.normal(0, 1, (tiles, 128, 4)).astype(f32)
    words = rng.integers(0, 100, 512, dtype=u32)
    whole = rng.integers(-99, 99, (3, 4, 256)).astype(i32)

    def reference(b):
        value = b["words"].reshape(2, 256).astype(np.int64)
        odd = np.arange(256) & 1
        for turn in range(6):
            other = np.zeros_like(value)
            for i in range(31):
                busy = (odd == 1) & (i < (value & 31))
                other = np.where(busy, (other * 3 + i) & 0xFFFFFFFF, other)
            value = (value[:, (np.arange(256) * 3 + turn) % 256] + other) & 0xFFFFFFFF
        sums = np.zeros((3, 256), np.int64)
        for tile in range(4):
            first, second = b["whole"][:, tile], b["whole"][[1, 2, 0], tile]
            sums = (sums * 5 + first[:, np.arange(256) ^ 5]) ^ second[:, ::-1]
        return {"waited": value.ravel().astype(u32), "copied": sums.astype(i32)}

    return Case(
        "async_tiles",
        "memory",
        (
            Launch("async_pipeline", (2,), (64,), ("quads", "piped", i32(tiles)), 2 * 64 * 16),
            Launch("async_barrier", (2,), (256,), ("words", "waited", i32(6))),
            Launch("async_group_copy", (3,), (256,), ("whole", "copied", i32(4))),
        ),
        {
            "quads": quads,
            "piped": np.zeros((128, 4), f32),
            "words": words,
            "waited": np.zeros(512, u32),
            "whole": whole,
            "copied": np.zeros((3, 256), i32),
        },
        {"piped": "exact", "waited": "exact", "copied": "exact"},
        reference,
    )


_CONTROL = (
    call_recursive,
    call_indirect,
    interpreter,
    local_memory,
    divergence,
    locks,
    special_registers,
)
CASES = (
    *_CONTROL,
    *(variant(make, "plain", "control_plain", ("sm_90",)) for make in _CONTROL),
    warp_exchanges,
    grid_rounds,
    barriers,
    group_tiles,
    atomics_global,
    atomics_shared,
    atomics_wide,
    launches,
    launch_generic,
    launch_cluster,
    access_widths,
    copy_unaligned,
    async_copies,
    async_tiles,
)
