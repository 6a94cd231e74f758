"""What a real GPU makes of every case of the tensor layer, as digests of its outputs.

    python -m tests.soft.layer_recording --device nv:0 --out FILE.json --revision REV

The same kernels, grids and inputs run on the SM; where the digests agree, every bit does.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tests.common import tensor_cases

RECORDING = Path(__file__).resolve().parent / "recordings" / "tensor_layer.json"
DIGEST_CHARACTERS = 16


def digest_of(case: tensor_cases.Case, device: Any) -> tuple[str, bool]:
    """(digest of what a device makes of the case, whether it is as near to NumPy as the case wants)."""
    tensor, expected, tolerance = case.run(device)
    found = np.asarray(tensor.numpy())
    near = tensor_cases.compare(found.astype(np.float64), np.asarray(expected, np.float64), tolerance)[2]
    raw = hashlib.sha256(np.ascontiguousarray(found).tobytes()).hexdigest()
    return raw[:DIGEST_CHARACTERS], near


def recorded() -> dict[str, str]:
    """The digests of the committed recording, by case."""
    digests: dict[str, str] = json.loads(RECORDING.read_text())["digests"]
    return digests


def main(arguments: list[str] | None = None) -> int:
    """The command line; exit code 1 if a case fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.soft.layer_recording")
    parser.add_argument("--device", default="nv:0")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--revision", default="unknown")
    options = parser.parse_args(arguments)
    import barewire

    problems, digests = [], {}
    with barewire.open(options.device) as device:
        facts = device.facts
        about = {"gpu": facts.name, "driver": facts.driver_version, "revision": options.revision}
        for case in tensor_cases.cases():
            digests[case.name], near = digest_of(case, device)
            if not near:
                problems.append(case.name)
    options.out.write_text(json.dumps({**about, "problems": problems, "digests": digests}, indent=1) + "\n")
    print(f"{len(digests)} cases, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
