"""Record what a real GPU's warps do: `python -m tests.soft.warp.record FOLDER`, about 3 s.

Writes warp-h100.npz: per program what every lane left for each set of operands, and a digest of the operands.
"""

from __future__ import annotations

import argparse
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.soft.warp import programs
from tests.soft.warp.operands import operands

SEEDS = 8


def outputs(device: Any, module: Any, name: str) -> NDArray[np.uint32]:
    """What a program leaves, for each set of operands: [seed, lane, word]."""
    made = []
    for seed in range(SEEDS):
        given = device.array(operands(name, seed))
        left = device.array(np.zeros((programs.LANES, programs.OUTPUT_WORDS), np.uint32))
        memory = device.array(np.zeros(programs.MEMORY_WORDS, np.uint32))
        module[name].launch(grid=(1,), block=(programs.LANES,), args=(given, left, memory))
        device.synchronize()
        made.append(left.numpy())
    return programs.certain(name, np.array(made))


def digest(name: str) -> int:
    """Of all operands of a program."""
    return zlib.crc32(b"".join(operands(name, seed).tobytes() for seed in range(SEEDS)))


def main() -> None:
    """The command line."""
    import barewire

    parser = argparse.ArgumentParser(prog="python -m tests.soft.warp.record")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", default=None)
    options = parser.parse_args()
    recorded = {}
    with barewire.open(options.device) as device:
        module = device.load(programs.CUBIN.read_bytes())
        for name in programs.PROGRAMS:
            recorded[name] = outputs(device, module, name)
            recorded[f"{name}_operands"] = np.uint32(digest(name))
    np.savez_compressed(options.folder / programs.RECORDING.name, **recorded)


if __name__ == "__main__":
    main()
