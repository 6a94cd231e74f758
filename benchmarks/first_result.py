"""One kernel from a cold start, through barewire: `first_result.py KERNELS.cubin T0_NS [DEVICE]`.

Prints one JSON object: seconds since T0_NS (CLOCK_MONOTONIC) at each stage, seconds within RM's ioctls, and
the host memory that this process alone holds. The counterpart of `cuda_reference first-result`; it imports
nothing of benchmarks/, so that the time is barewire's.
"""

import time

STARTED_NS = time.monotonic_ns()

import os  # noqa: E402
import sys  # noqa: E402

import numpy as np  # noqa: E402

NUMPY_NS = time.monotonic_ns()

import barewire as bw  # noqa: E402

IMPORTED_NS = time.monotonic_ns()
THREADS = 256


def private_kib() -> int:
    """Private_Clean + Private_Dirty of this process."""
    total = 0
    with open("/proc/self/smaps_rollup") as rollup:
        for line in rollup:
            if line.startswith(("Private_Clean:", "Private_Dirty:")):
                total += int(line.split()[1])
    return total


def main() -> None:
    """Open, launch, look at the result."""
    cubin, t0_ns = sys.argv[1], int(sys.argv[2])
    stages = {"main_s": STARTED_NS, "numpy_s": NUMPY_NS, "import_s": IMPORTED_NS}
    input_words, start_words = np.frombuffer(os.urandom(8 * THREADS), dtype=np.uint32).reshape(2, THREADS)
    dev = bw.open(sys.argv[3] if len(sys.argv) > 3 else "nv:0")
    stages["open_s"] = time.monotonic_ns()
    kernel = dev.load(cubin)["mix"]
    stages["load_s"] = time.monotonic_ns()
    x, y = dev.array(input_words), dev.array(start_words)
    kernel[(1,), (THREADS,)](x, y, 5)
    dev.synchronize()
    result = y.numpy()
    stages["result_s"] = time.monotonic_ns()
    rm_seconds, kib = dev.rm.ioctl_seconds, private_kib()
    wrong = int((result != start_words * np.uint32(3) + np.uint32(5) * input_words).sum())
    dev.close()
    stages["closed_s"] = time.monotonic_ns()

    import json

    answer = {name: (stamp - t0_ns) / 1e9 for name, stamp in stages.items()}
    print(json.dumps({**answer, "rm_s": rm_seconds, "private_kib": kib, "wrong": wrong}))


if __name__ == "__main__":
    main()
