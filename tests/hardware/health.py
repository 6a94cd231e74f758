"""Is the GPU still well? Asked in a process of its own, so that an answer that never comes is an answer too.

python -m tests.hardware.health nv:0
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Health:
    """What a fresh process found."""

    well: bool
    detail: str
    elapsed_s: float


def ask(device: str, timeout_s: float = TIMEOUT_S) -> Health:
    """A kernel and two copies, on a fresh open of the device, in a fresh process."""
    start = time.monotonic()
    command = [sys.executable, "-m", "tests.hardware.health", device]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        return Health(False, f"no answer within {timeout_s:.0f} s", time.monotonic() - start)
    elapsed_s = time.monotonic() - start
    try:
        answer = json.loads(done.stdout.strip().splitlines()[-1])
        return Health(bool(answer["well"]), str(answer["detail"]), elapsed_s)
    except (IndexError, KeyError, TypeError, ValueError):
        return Health(False, f"exit code {done.returncode}: {(done.stderr or done.stdout)[-500:]}", elapsed_s)


def examine(device: str) -> str:
    """What is wrong; empty if nothing is."""
    import barewire as bw
    import numpy as np
    from barewire import kernels

    count = 1 << 20
    data = np.random.default_rng().integers(0, 1 << 32, count, dtype=np.uint32)
    dev = bw.open(device)
    try:
        source, result = dev.array(data), dev.zeros(count, np.uint32)
        if not np.array_equal(source.numpy(), data):
            return "a copy in and out changed the data"
        kernels.load(dev, "micro")["add_constant"][(dev.facts.sm_count,), (256,)](
            result, source, np.uint32(77), np.uint32(count)
        )
        dev.synchronize(timeout_s=10)
        if not np.array_equal(result.numpy(), data + np.uint32(77)):
            return "a kernel computed something else than NumPy"
        return ""
    finally:
        dev.close()


def main(arguments: list[str]) -> int:
    """Print one JSON object."""
    try:
        wrong = examine(arguments[0] if arguments else "nv:0")
    except Exception as error:
        wrong = f"{type(error).__name__}: {error}"
    print(json.dumps({"well": not wrong, "detail": wrong}))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
