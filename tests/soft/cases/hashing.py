"""Cases of hashing.cu: hashes and random numbers."""

from __future__ import annotations

import hashlib
import zlib

import numpy as np

from tests.soft.cases.case import Case, Launch
from tests.soft.cases.values import generator

u32, u64, f32 = np.uint32, np.uint64, np.float32
MASK32, MASK64 = (1 << 32) - 1, (1 << 64) - 1


def _murmur3(data: bytes, seed: int) -> int:
    def rotated(x: int, count: int) -> int:
        return (x << count | x >> (32 - count)) & MASK32

    def scrambled(k: int) -> int:
        return rotated(k * 0xCC9E2D51 & MASK32, 15) * 0x1B873593 & MASK32

    h, whole = seed, len(data) // 4 * 4
    for at in range(0, whole, 4):
        h = (
            rotated(h ^ scrambled(int.from_bytes(data[at : at + 4], "little")), 13) * 5 + 0xE6546B64
        ) & MASK32
    h ^= scrambled(int.from_bytes(data[whole:], "little")) if len(data) > whole else 0
    h ^= len(data)
    h = (h ^ h >> 16) * 0x85EBCA6B & MASK32
    h = (h ^ h >> 13) * 0xC2B2AE35 & MASK32
    return h ^ h >> 16


def hash_murmur3() -> Case:
    rng = generator("hash_murmur3")
    sizes = rng.integers(0, 40, 200)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(u32)
    data = rng.integers(0, 256, int(starts[-1]) + 4, dtype=np.uint8)

    def reference(b):
        text = b["in"].tobytes()
        pieces = [text[b["starts"][i] : b["starts"][i + 1]] for i in range(200)]
        return {"out": np.array([_murmur3(piece, 42) for piece in pieces], u32)}

    return Case(
        "hash_murmur3",
        "hashing",
        (Launch("hash_murmur3", (4,), (64,), ("in", "starts", "out", u32(42), u32(200))),),
        {"in": data, "starts": starts, "out": np.zeros(200, u32)},
        {"out": "exact"},
        reference,
    )


def hash_sha256() -> Case:
    messages = generator("hash_sha256").integers(0, 256, (64, 64), dtype=np.uint8)

    def reference(b):
        digests = b"".join(hashlib.sha256(row.tobytes()).digest() for row in b["in"])
        return {"out": np.frombuffer(digests, np.uint8).reshape(64, 32)}

    return Case(
        "hash_sha256",
        "hashing",
        (Launch("hash_sha256", (2,), (32,), ("in", "out")),),
        {"in": messages, "out": np.zeros((64, 32), np.uint8)},
        {"out": "exact"},
        reference,
    )


def hash_crc32() -> Case:
    rows = generator("hash_crc32").integers(0, 256, (96, 53), dtype=np.uint8)
    return Case(
        "hash_crc32",
        "hashing",
        (
            Launch("hash_crc32_table", (1,), (256,), ()),
            Launch("hash_crc32", (3,), (32,), ("in", u32(53), "out")),
        ),
        {"in": rows, "out": np.zeros(96, u32)},
        {"out": "exact"},
        lambda b: {"out": np.array([zlib.crc32(row.tobytes()) for row in b["in"]], u32)},
    )


def hash_64() -> Case:
    data = generator("hash_64").integers(0, 1 << 64, 150, dtype=u64)
    data[:4] = 0, 1, MASK64, 1 << 63

    def reference(b):
        rows = []
        for x in b["in"].tolist():
            fnv = 0xCBF29CE484222325
            for shift in range(0, 64, 8):
                fnv = (fnv ^ (x >> shift & 255)) * 0x100000001B3 & MASK64
            x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK64
            x = (x ^ x >> 27) * 0x94D049BB133111EB & MASK64
            x ^= x >> 31
            signed = [value - (1 << 64) if value >> 63 else value for value in (fnv, x)]
            rows.append((fnv, x, (fnv * x >> 64) ^ (signed[0] * signed[1] >> 64 & MASK64)))
        return {"out": np.array(rows, u64)}

    return Case(
        "hash_64",
        "hashing",
        (Launch("hash_64", (2,), (96,), ("in", "out", u32(150))),),
        {"in": data, "out": np.zeros((150, 3), u64)},
        {"out": "exact"},
        reference,
    )


def random_philox() -> Case:
    seed, draws, threads = 0x123456789ABCDEF0, 3, 64

    def reference(_):
        out = np.zeros((draws, threads, 4), u32)
        for draw in range(draws):
            for thread in range(threads):
                c, k0, k1 = [thread, draw, 0, 0], seed & MASK32, seed >> 32
                for _round in range(10):
                    first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
                    c = [
                        (second >> 32) ^ c[1] ^ k0,
                        second & MASK32,
                        (first >> 32) ^ c[3] ^ k1,
                        first & MASK32,
                    ]
                    k0, k1 = (k0 + 0x9E3779B9) & MASK32, (k1 + 0xBB67AE85) & MASK32
                out[draw, thread] = c
        return {"out": out}

    return Case(
        "random_philox",
        "hashing",
        (Launch("random_philox", (2,), (32,), ("out", u64(seed), u32(draws))),),
        {"out": np.zeros((draws, threads, 4), u32)},
        {"out": "exact"},
        reference,
    )


def random_xorwow() -> Case:
    return Case(
        "random_xorwow",
        "hashing",
        (Launch("random_xorwow", (1,), (128,), ("uniform", "normal", u32(7), u32(8))),),
        {"uniform": np.zeros((8, 128), f32), "normal": np.zeros((4, 128, 2), f32)},
        {"uniform": "exact", "normal": "exact"},
    )


def random_mersenne() -> Case:
    def reference(_):
        rows = [np.random.RandomState(99 + block).randint(0, 1 << 32, 2 * 624, dtype=u32) for block in (0, 1)]
        return {"out": np.array(rows)}

    return Case(
        "random_mersenne",
        "hashing",
        (Launch("random_mersenne", (2,), (256,), ("out", u32(99), u32(2))),),
        {"out": np.zeros((2, 2 * 624), u32)},
        {"out": "exact"},
        reference,
    )


def random_pcg() -> Case:
    seed, draws, threads = 0xDEADBEEFCAFE1234, 6, 64

    def reference(_):
        state, out = seed, []
        for _draw in range(draws * threads):
            shifted, turn = ((state >> 18) ^ state) >> 27 & MASK32, state >> 59
            out.append((shifted >> turn | shifted << (32 - turn)) & MASK32)
            state = (state * 6364136223846793005 + 1442695040888963407) & MASK64
        return {"out": np.array(out, u32)}

    return Case(
        "random_pcg",
        "hashing",
        (Launch("random_pcg", (1,), (64,), ("out", u64(seed), u32(draws))),),
        {"out": np.zeros(draws * threads, u32)},
        {"out": "exact"},
        reference,
    )


CASES = (
    hash_murmur3,
    hash_sha256,
    hash_crc32,
    hash_64,
    random_philox,
    random_xorwow,
    random_mersenne,
    random_pcg,
)
