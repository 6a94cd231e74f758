"""From the start of a process to its first copy back on the software GPU.

    python -m benchmarks.first_copy [FOLDER]

Prints one line of JSON when the copy has been compared, before it closes the device. FOLDER holds NVIDIA's
firmware files; without it the firmware is made from nothing.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

BEGAN = time.perf_counter()
COPY_BYTES = 1 << 20


def main(arguments: list[str]) -> int:
    """Open, copy in and out, compare, answer, close."""
    import barewire as bw
    import numpy as np

    imported = time.perf_counter()
    dev = bw.open("soft:gh100", **({"firmware": arguments[0]} if arguments else {}))
    opened = time.perf_counter()
    data = np.random.default_rng().integers(0, 256, COPY_BYTES, dtype=np.uint8)
    if not np.array_equal(dev.array(data).numpy(), data):
        print("the copy is wrong", file=sys.stderr)
        return 1
    copied = time.perf_counter()
    stages = {"import": imported - BEGAN, "open": opened - imported, "copy": copied - opened}
    print(json.dumps({**stages, "memory_mib": memory_beyond_vram_mib()}), flush=True)
    dev.close()
    return 0


def memory_beyond_vram_mib() -> float:
    """What this process holds in MiB, shared libraries included; video memory is a shared-memory file."""
    lines = Path("/proc/self/status").read_text().splitlines()
    held = {
        name: int(rest.split()[0])
        for name, _, rest in (line.partition(":") for line in lines)
        if " kB" in rest
    }
    return (held["RssAnon"] + held["RssFile"]) / 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
