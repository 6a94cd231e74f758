"""From the start of a process to its first kernel's result on the software GPU.

    python -m benchmarks.first_kernel [FOLDER]

Prints one line of JSON when the result has been compared, before it closes the device. FOLDER holds NVIDIA's
firmware files; without it the firmware is made from nothing.
"""

from __future__ import annotations

import json
import sys
import time

BEGAN = time.perf_counter()
COUNT = 1 << 16
BLOCK = 256


def main(arguments: list[str]) -> int:
    """Open, load, launch, compare, answer, close."""
    import barewire as bw
    import numpy as np
    from barewire.kernels.library import cubin_path

    from benchmarks.first_copy import memory_beyond_vram_mib

    imported = time.perf_counter()
    dev = bw.open("soft:gh100", **({"firmware": arguments[0]} if arguments else {}))
    opened = time.perf_counter()
    kernels = dev.load(cubin_path("micro", dev.facts.sm_version))
    values = np.random.default_rng().random(COUNT, dtype=np.float32)
    x, y = dev.array(values), dev.array(values)
    kernels["saxpy"][COUNT // BLOCK, BLOCK](x, y, np.float32(2))
    if not np.array_equal(y.numpy(), np.float32(2) * values + values):
        print("the result is wrong", file=sys.stderr)
        return 1
    computed = time.perf_counter()
    stages = {"import": imported - BEGAN, "open": opened - imported, "kernel": computed - opened}
    print(json.dumps({**stages, "memory_mib": memory_beyond_vram_mib()}), flush=True)
    dev.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
