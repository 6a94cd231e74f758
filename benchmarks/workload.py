"""The data and the expected results of both sides of a comparison; cuda_reference.cu makes the same words.

All arithmetic is modulo 2^32, so that a result is either exactly right or wrong.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]

THREADS = 256  # of one `mix` launch, which has one block
BUFFERS = 8  # that successive `mix` launches rotate over
CHAIN_BLOCKS = 2  # two blocks land on two SMs
CHAIN_THREADS = 32
CHAIN_CELLS = CHAIN_BLOCKS * CHAIN_THREADS
COPY_SEED = 5


def random_bytes(size_bytes: int, seed: int) -> npt.NDArray[np.uint8]:
    """`size_bytes` random bytes (a multiple of 8): splitmix64 by counter."""
    z = np.arange(1, size_bytes // 8 + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        z *= np.uint64(0x9E3779B97F4A7C15)
        z += np.uint64(seed)
        z ^= z >> np.uint64(30)
        z *= np.uint64(0xBF58476D1CE4E5B9)
        z ^= z >> np.uint64(27)
        z *= np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return z.view(np.uint8)


def random_words(count: int, seed: int) -> Words:
    """`count` random 32-bit words (an even number of them)."""
    return random_bytes(count * 4, seed).view(np.uint32)


def mix_arguments(n: int) -> tuple[int, int, int]:
    """Launch number `n` of `mix`: which buffer of x it reads, which of y it updates, and its factor."""
    return n % BUFFERS, (3 * n + 1) % BUFFERS, n + 1


def mix_result(x: Words, y: Words, launches: int, first: int = 0) -> Words:
    """What y holds after launches `first` .. `first + launches - 1`; x and y have a row for each buffer."""
    result = y.copy()
    three = np.uint32(3)
    for n in range(first, first + launches):
        source, target, factor = mix_arguments(n)
        result[target] = result[target] * three + np.uint32(factor & 0xFFFFFFFF) * x[source]
    return result


def addend(kernel: int) -> int:
    """What kernel number `kernel` of a graph adds."""
    return kernel * 7 + 1


def chain_result(cells: Words, kernels: int) -> Words:
    """The cells after a whole chain: each link moves every block's cells to the block before, and adds."""
    total = sum(addend(kernel) for kernel in range(kernels)) & 0xFFFFFFFF
    blocks = cells.reshape(CHAIN_BLOCKS, CHAIN_THREADS)
    return (np.roll(blocks, -kernels, axis=0) + np.uint32(total)).reshape(-1)


def free_result(cells: Words, kernels: int) -> Words:
    """The cells after one link on each kernel's own cells."""
    blocks = cells.reshape(kernels, CHAIN_BLOCKS, CHAIN_THREADS)
    addends = np.array([addend(kernel) for kernel in range(kernels)], dtype=np.uint32)
    return (np.roll(blocks, -1, axis=1) + addends[:, None, None]).reshape(-1)
