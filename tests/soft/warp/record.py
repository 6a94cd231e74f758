"""Record what a real GPU's warps do: `python -m tests.soft.warp.record FOLDER`, about 3 s.

Writes warp-h100.npz: per program the sets of operands, and what every lane left of each.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.soft.warp import programs
from tests.soft.warp.operands import operands

SETS = 4


def outputs(device: Any, module: Any, name: str, sets: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """What a program leaves of each set of operands: [set, lane, word]."""
    made = []
    for words in sets:
        given = device.array(words)
        left = device.array(np.zeros((programs.LANES, programs.OUTPUT_WORDS), np.uint32))
        memory = device.array(np.zeros(programs.MEMORY_WORDS, np.uint32))
        module[name].launch(grid=(1,), block=(programs.LANES,), args=(given, left, memory))
        device.synchronize()
        made.append(left.numpy())
    return programs.certain(name, np.array(made))


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
            sets = np.array([operands(name, seed) for seed in range(SETS)])
            recorded[name] = outputs(device, module, name, sets)
            recorded[f"{name}_operands"] = sets
    np.savez_compressed(options.folder / programs.RECORDING.name, **recorded)


if __name__ == "__main__":
    main()
