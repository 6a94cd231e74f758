"""Inputs of the programs: random words of the kind that each finds hard, the same everywhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.soft.warp.programs import INPUT_WORDS, LANES

Words = NDArray[np.uint32]

F32_SPECIALS = (
    0, 0x80000000, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001, 0xFFC12345, 1, 0x807FFFFF, 0x00800000,
    0x7F7FFFFF, 0x3F800000,
)  # fmt: skip
F16_SPECIALS = (
    0, 0x8000, 0x7C00, 0xFC00, 0x7E00, 0x7C01, 0xFE12, 1, 0x8001, 0x3FF, 0x400, 0x7BFF, 0x3C00, 0xBC00,
)  # fmt: skip
BF16_SPECIALS = (
    0, 0x8000, 0x7F80, 0xFF80, 0x7FC0, 0x7F81, 0xFFD2, 1, 0x8001, 0x7F, 0x80, 0x7F7F, 0x3F80, 0xBF80,
)  # fmt: skip
F64_HIGH_SPECIALS = (
    0, 0x80000000, 0x7FF00000, 0xFFF00000, 0x7FF80000, 0x7FF00000, 0x3FF00000, 0x00100000, 0xFFFFF,
)  # fmt: skip
E4M3_SMALL = (0x00, 0x38, 0x40, 0xB8, 0xC0, 0x48, 0xC4, 0x30)
SHUFFLE_BOUNDS = (0x1F, 0, 0x1C1F, 0x181F, 0x1000, 0x101F)
PLACES_OF_FOUR = (4, 8, 12, 9, 13, 14)  # two of four elements
PLACES_OF_TWO = (4, 14)  # one of two


def _pick(rng: np.random.Generator, values: tuple[int, ...], count: int) -> Words:
    return np.array(values, np.uint32)[rng.integers(0, len(values), count)]


def _f32(rng: np.random.Generator, count: int) -> Words:
    def sign() -> Words:
        return rng.integers(0, 2, count).astype(np.uint32) << 31

    anything = rng.integers(0, 1 << 32, count, dtype=np.uint64).astype(np.uint32)
    near_one = rng.integers(120, 135, count).astype(np.uint32) << 23
    near_one |= rng.integers(0, 1 << 23, count).astype(np.uint32) | sign()
    tiny = rng.integers(0, 1 << 24, count).astype(np.uint32) | sign()
    return np.choose(
        rng.integers(0, 4, count), [anything, near_one, tiny, _pick(rng, F32_SPECIALS, count)]
    ).astype(np.uint32)


def _halves(rng: np.random.Generator, specials: tuple[int, ...]) -> Words:
    def half() -> Words:
        anything = rng.integers(0, 1 << 16, LANES).astype(np.uint32)
        return np.where(rng.integers(0, 2, LANES) == 1, anything, _pick(rng, specials, LANES))

    return (half() | half() << 16).astype(np.uint32)


def _small(rng: np.random.Generator, kind: str) -> Words:
    """Small integers in a format, so that sums are exact."""
    values = rng.integers(-8, 9, LANES).astype(np.float32)
    if kind == "f16":
        return values.astype(np.float16).view(np.uint16).astype(np.uint32)
    return values.view(np.uint32) >> 16 if kind == "bf16" else values.view(np.uint32)


def _sparse(rng: np.random.Generator, name: str, words: Words) -> None:
    kind = name.split("_")[1].removesuffix("h")
    if kind in ("f16", "bf16"):
        for column in range(8):
            words[:, column] = _small(rng, kind) | _small(rng, kind) << 16
    elif kind == "tf32":
        for column in range(12):
            words[:, column] = _small(rng, kind)
    elif kind == "e4m3":
        for column in range(8):
            words[:, column] = sum(_pick(rng, E4M3_SMALL, LANES) << 8 * i for i in range(4))
    if name.startswith("sp_f16h"):
        for column in (8, 9):
            words[:, column] = _small(rng, kind) | _small(rng, kind) << 16
    elif kind in ("f16", "bf16", "e4m3"):
        for column in range(8, 12):
            words[:, column] = rng.integers(-50, 50, LANES).astype(np.float32).view(np.uint32)
    places = PLACES_OF_TWO if kind == "tf32" else PLACES_OF_FOUR
    words[:, 12] = sum(_pick(rng, places, LANES) << 4 * i for i in range(8))


def _shuffle(rng: np.random.Generator, seed: int, words: Words) -> None:
    words[:, 1] = rng.integers(1, 1 << 32)
    words[:, 2] = rng.integers(0, LANES) if seed % 4 == 0 else rng.integers(0, 40, LANES)
    words[:, 3] = (
        rng.integers(0, 1 << 13, LANES) if seed % 5 == 4 else SHUFFLE_BOUNDS[seed % len(SHUFFLE_BOUNDS)]
    )


def _among(rng: np.random.Generator, seed: int, words: Words) -> None:
    words[:, 1] = rng.integers(1, 1 << 32) if seed else 0xFFFFFFFF
    words[:, 4] = rng.integers(0, 2, LANES) if seed % 3 else seed % 2
    words[:, 5] = rng.integers(0, 1 + seed % 4, LANES)
    words[:, 6] = rng.integers(0, 1 + seed % 3, LANES)
    if seed % 4 == 1:
        words[:, 7] = rng.integers(-3, 3, LANES).astype(np.int32).view(np.uint32)


def _atomic(rng: np.random.Generator, name: str, words: Words) -> None:
    for column in range(INPUT_WORDS):
        if name.startswith("atom_f32"):
            words[:, column] = _f32(rng, LANES)
        elif name.startswith("atom_f16"):
            words[:, column] = _halves(rng, F16_SPECIALS)
        elif name.startswith("atom_bf16"):
            words[:, column] = _halves(rng, BF16_SPECIALS)
        else:
            special = _pick(rng, F64_HIGH_SPECIALS, LANES) if column % 2 else np.zeros(LANES, np.uint32)
            words[:, column] = np.where(rng.integers(0, 2, LANES) == 1, words[:, column], special)


def _atomic_integers(rng: np.random.Generator, words: Words) -> None:
    for column in (*range(4), *range(16, INPUT_WORDS)):
        words[:, column] = np.where(
            rng.integers(0, 2, LANES) == 1, words[:, column], rng.integers(0, 5, LANES)
        )


def operands(name: str, seed: int) -> Words:
    """32 words for each lane of a program."""
    rng = np.random.default_rng([seed, sum(name.encode())])
    words = rng.integers(0, 1 << 32, (LANES, INPUT_WORDS), dtype=np.uint64).astype(np.uint32)
    if name.startswith("sp_"):
        _sparse(rng, name, words)
    elif name.startswith("shfl_"):
        _shuffle(rng, seed, words)
    elif name in ("votes", "matches", "redux", "elect"):
        _among(rng, seed, words)
    elif name.startswith("atom_int"):
        _atomic_integers(rng, words)
    elif name == "atom_order":
        words[:, 1] = 100 + np.arange(LANES)
        words[:, 16] = words[0, 16]
    elif name.startswith("atom_"):
        _atomic(rng, name, words)
    elif name == "cp_size":
        words[:, :4] = words[:, :4] % np.array([4, 9, 17, 2], np.uint32)
    return words
