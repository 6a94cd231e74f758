"""Record what a real GPU's MUFU gives: `python -m tests.soft.numerics.record_mufu FOLDER`, about 5 s.

Writes mufu-h100.npz, the compact recording that test_mufu.py replays, and mufu-full.npz, the outputs over
whole binades from which scripts/fit_mufu.py finds the coefficients (second differences, compressed: 5 MB).
"""

from __future__ import annotations

import argparse
import lzma
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.soft.numerics import mufu

BINADE = 1 << 23
BIAS = 127
# The exponents that are recorded whole.
BINADES = {
    "rcp": [0],
    "rsq": [0, 1],
    "sqrt": [0, 1],
    "ex2": [0],
    "lg2": [0],
    "cos": [-2],
    "tanh": list(range(-8, 3)),
}


def launch(kernel: Any, grid: tuple[int, ...], block: tuple[int, ...], *arguments: Any) -> None:
    """A launch by the driver's own API."""
    kernel[grid, block](*arguments)


def compressed(y: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """The values, first two and then second differences, in little room."""
    twice = np.diff(y.astype(np.int64), 2)
    head = y[:2].astype(np.int64).tobytes()
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 1, "lc": 2, "lp": 0, "pb": 0}]
    return np.frombuffer(head + lzma.compress(twice.tobytes(), filters=filters), np.uint8)


def whole_binade(device: Any, module: Any, exponent: int) -> NDArray[np.uint32]:
    """The values of all mantissas at one exponent."""
    room = device.empty(BINADE, np.uint32)
    start = np.uint32((BIAS + exponent) << 23)
    launch(module["sweep"], (BINADE // mufu.THREADS,), (mufu.THREADS,), room, start, np.uint32(BINADE))
    device.synchronize()
    made: NDArray[np.uint32] = room.numpy()
    return made


def all_digests(device: Any, module: Any) -> NDArray[np.uint64]:
    """The digests of all blocks, by group."""
    sums = device.zeros(mufu.BLOCKS, np.uint64)
    launch(module["digest"], (mufu.BLOCKS,), (mufu.THREADS,), sums)
    device.synchronize()
    return np.sum(sums.numpy().reshape(-1, mufu.GROUPS), axis=0, dtype=np.uint64)


def main() -> None:
    """The command line."""
    import barewire

    parser = argparse.ArgumentParser(prog="python -m tests.soft.numerics.record_mufu")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", default=None)
    options = parser.parse_args()
    full: dict[str, Any] = {}
    values, groups, halves = [], [], []
    with barewire.open(options.device) as device:
        for function in mufu.FUNCTIONS:
            module = device.load(mufu.cubin_for(function))
            values.append(mufu.values(launch, device, module, mufu.inputs()))
            groups.append(all_digests(device, module))
            for exponent in BINADES.get(function, []):
                full[f"{function}_{exponent}"] = compressed(whole_binade(device, module, exponent))
        for function, kind in mufu.HALVES:
            module = device.load(mufu.cubin_for(function, kind))
            halves.append(mufu.values(launch, device, module, np.arange(1 << 16, dtype=np.uint32)))
    np.savez_compressed(options.folder / "mufu-h100.npz", values=values, groups=groups, halves=halves)
    np.savez(options.folder / "mufu-full.npz", **full)


if __name__ == "__main__":
    main()
