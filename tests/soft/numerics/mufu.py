"""MUFU over many inputs: the kernels, the inputs, and digests of all 2^32 results.

The same code runs on a real GPU (`record_mufu.py`) and on the software SM (`test_mufu.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.soft.numerics.random_bits import random_bits

HERE = Path(__file__).parent
CUBIN = HERE / "mufu.sm_90.cubin"
RECORDING = HERE.parent / "recordings" / "mufu-h100.npz"

FUNCTIONS = ("cos", "sin", "ex2", "lg2", "rcp", "rsq", "rcp64h", "rsq64h", "sqrt", "tanh")  # bits 74-77
FORMATS = ("f32", "f16", "bf16")  # bits 72-73
HALVES = (("ex2", "f16"), ("ex2", "bf16"), ("tanh", "f16"), ("tanh", "bf16"))
OPCODE_MASK, MUFU_OPCODE = 0xFFF, 0x308
MODIFIERS = 0x3F00
COMPILED_MODIFIERS = FUNCTIONS.index("ex2") << 10
UPPER_HALF = 1 << 60
INSTRUCTIONS = 3  # one a kernel

BLOCK_INPUTS = 1 << 16
BLOCKS = 1 << 16
GROUPS = 1024  # digests of the blocks whose number has the same low bits are added up
THREADS = 256

Launch = Callable[..., Any]


def cubin_for(function: str, kind: str = "f32", upper: bool = False) -> bytes:
    """The kernels with another MUFU in the place of EX2."""
    content = CUBIN.read_bytes()
    words = np.frombuffer(content[: len(content) // 8 * 8], np.uint64).copy()
    found = 0
    for i in range(len(words) - 1):
        low, high = int(words[i]), int(words[i + 1])
        if low & OPCODE_MASK == MUFU_OPCODE and high & (MODIFIERS | 0xFF) == COMPILED_MODIFIERS:
            words[i] = low | (UPPER_HALF if upper else 0)
            words[i + 1] = high & ~MODIFIERS | FUNCTIONS.index(function) << 10 | FORMATS.index(kind) << 8
            found += 1
    assert found == INSTRUCTIONS, "the compiler made other code of mufu.cu"
    return words.tobytes() + content[len(words) * 8 :]


def inputs() -> NDArray[np.uint32]:
    """Of every sign and exponent eight at its beginning and eight within it, then 4096 anywhere."""
    low = (random_bits(2, 1024) >> np.uint64(41)).astype(np.uint32).reshape(512, 2) & np.uint32(0x7FFF80)
    low[:, 0] = 0
    exponents = np.arange(512, dtype=np.uint32)[:, None] << np.uint32(23)
    near = (exponents | low)[:, :, None] + np.arange(0, 128, 16, dtype=np.uint32)
    anywhere = (random_bits(1, 4096) >> np.uint64(32)).astype(np.uint32)
    return np.concatenate([near.reshape(-1), anywhere])


def values(launch: Launch, device: Any, module: Any, x: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """MUFU of each input."""
    result = device.empty(x.shape, np.uint32)
    grid = (-(-len(x) // THREADS),)
    launch(module["many"], grid, (THREADS,), result, device.array(x), np.uint32(len(x)))
    device.synchronize()
    made: NDArray[np.uint32] = result.numpy()
    return made


def block_digest(y: NDArray[np.uint32]) -> int:
    """What the kernel `digest` gives for one block of values."""
    z = np.arange(BLOCK_INPUTS, dtype=np.uint64) << np.uint64(32) | y
    z = z * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return int(np.sum(z ^ (z >> np.uint64(32)), dtype=np.uint64))


def group_digest(launch: Launch, device: Any, module: Any, group: int) -> int:
    """The digests of the blocks of one group, added up."""
    room, total = device.empty(BLOCK_INPUTS, np.uint32), 0
    for block in range(group, BLOCKS, GROUPS):
        start = np.uint32(block * BLOCK_INPUTS)
        launch(module["sweep"], (BLOCK_INPUTS // THREADS,), (THREADS,), room, start, np.uint32(BLOCK_INPUTS))
        device.synchronize()
        total += block_digest(room.numpy())
    return total % (1 << 64)
