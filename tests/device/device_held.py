"""What a process holds of a device, which has to be gone once the device is closed."""

from __future__ import annotations

import os
import threading
import time

SOON_S = 5.0  # a device that is dropped may be ended by a thread of its own
LOOK_EVERY_S = 0.01


def held(device_name: str) -> tuple[int, int]:
    """Counts that rise with an open device: descriptors, and mappings of the GPU's files or threads.

    Of silicon only what belongs to NVIDIA's device files counts; a software GPU has none, and all counts.
    """
    if device_name.startswith("nv:"):
        from tests.hardware import machine

        return len(machine.gpu_descriptors()), machine.gpu_mappings()
    return len(os.listdir("/proc/self/fd")), threading.active_count()


def gone_back_to(before: tuple[int, int], device_name: str) -> bool:
    """Whether a process soon holds no more than it held before."""

    def gone() -> bool:
        return all(now <= then for now, then in zip(held(device_name), before, strict=True))

    deadline = time.monotonic() + SOON_S
    while not gone() and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_S)
    return gone()
