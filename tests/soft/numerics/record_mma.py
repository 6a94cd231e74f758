"""Record what a real GPU's tensor cores give: `python -m tests.soft.numerics.record_mma FOLDER`, about 2 s.

Writes tensor-h100.npz: per shape the digests of all results, and some of them whole.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from tests.soft.numerics import mma
from tests.soft.numerics.record_mufu import launch
from tests.soft.numerics.shapes import SHAPES


def main() -> None:
    """The command line."""
    import barewire

    parser = argparse.ArgumentParser(prog="python -m tests.soft.numerics.record_mma")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", default=None)
    options = parser.parse_args()
    recorded = {}
    with barewire.open(options.device) as device:
        module = device.load(mma.CUBIN.read_bytes())
        for shape in SHAPES.values():
            d = mma.results(launch, device, module, shape)
            recorded[f"{shape.name}_digests"] = mma.digests(shape, d)
            recorded[shape.name] = d[: mma.SHOWN_FRAGMENTS]
    np.savez_compressed(options.folder / "tensor-h100.npz", **recorded)


if __name__ == "__main__":
    main()
