"""Random numbers that are the same everywhere and need not be stored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def random_bits(seed: int, count: int) -> NDArray[np.uint64]:
    """`count` words of splitmix64, from the counter seed * 2^32 on (S. Vigna's constants, public domain)."""
    z = (np.arange(count, dtype=np.uint64) + np.uint64(seed << 32)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
