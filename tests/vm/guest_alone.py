"""A GPU without an IOMMU before it, which has to be asked for by name.

The payload of test_no_iommu.py.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

import barewire as bw
import numpy as np
from barewire.errors import BarewireError
from payload import command, driver_of, gpus, kernel_says, perform

(ADDRESS,) = gpus()
NAME = f"vfio:{ADDRESS}"
FIRMWARE = "/firmware"


def prepare() -> None:
    """Huge pages, and VFIO's consent to devices without an IOMMU."""
    Path("/proc/sys/vm/nr_hugepages").write_text("48")
    Path("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode").write_text("1")


def bind_unasked() -> dict[str, Any]:
    """Without the flag nothing is written."""
    return {**command("bind", ADDRESS), "driver": driver_of(ADDRESS)}


def bind_asked() -> dict[str, Any]:
    """With it the GPU is bound."""
    said = command("bind", ADDRESS, "--dma-unprotected")
    return {**said, "driver": driver_of(ADDRESS), "files": sorted(os.listdir("/dev/vfio"))}


def open_unasked() -> dict[str, Any]:
    """Opening it has to be asked for, too."""
    try:
        bw.open(NAME, firmware=FIRMWARE).close()
    except BarewireError as error:
        return {"raised": type(error).__name__, "text": str(error)}
    return {"raised": None}


def use() -> dict[str, Any]:
    """It boots and works."""
    with contextlib.closing(bw.open(NAME, firmware=FIRMWARE, unsafe_no_iommu=True)) as dev:
        protected = dev.bus.protected
        data = np.arange(100_000, dtype=np.uint32)
        works = bool((dev.array(data).numpy() == data).all())
        channel = dev.channel(engine="copy")
        words = dev.pinned(1024, np.uint32)
        words.view[:] = np.arange(1024)
        half = words.gpu_va + 2048
        channel.submit(
            channel.pushbuffer().copy(source=words.gpu_va, destination=half, size_bytes=2048)
        ).wait(timeout_s=20.0)
        copied = bool((words.view[512:] == np.arange(512)).all())
    facts = {"protected": protected, "works": works, "copied": copied}
    return {**facts, "kernel": kernel_says("noiommu")}


if __name__ == "__main__":
    sys.exit(perform([prepare, bind_unasked, bind_asked, open_unasked, use]))
