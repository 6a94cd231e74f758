"""A GPU without an IOMMU before it, which has to be asked for by name; at last it leaves while it is used.

The payload of test_no_iommu.py.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import barewire as bw
import numpy as np
from barewire.errors import BarewireError
from payload import command, driver_of, gpus, kernel_says, mark, perform

(ADDRESS,) = gpus()
NAME = f"vfio:{ADDRESS}"
FIRMWARE = "/firmware"
LOST_WITHIN_S = 30.0


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


def use_and_lose() -> dict[str, Any]:
    """It boots and works, and then it is gone: whoever uses it is told so."""
    dev = bw.open(NAME, firmware=FIRMWARE, unsafe_no_iommu=True)
    try:
        protected = dev.bus.protected
        data = np.arange(100_000, dtype=np.uint32)
        works = bool((dev.array(data).numpy() == data).all())
        mark(ADDRESS, "lost")
        began = time.monotonic()
        while time.monotonic() - began < LOST_WITHIN_S:
            try:
                dev.regs.read("NV_PMC_BOOT_0")
                dev.array(data).numpy()
            except BarewireError as error:
                lost = {"raised": type(error).__name__, "text": str(error)}
                break
            time.sleep(0.05)
        else:
            lost = {"raised": None}
        seconds = round(time.monotonic() - began, 2)
    finally:
        try:
            dev.close()
            closed = "quietly"
        except BarewireError as error:
            closed = f"{type(error).__name__}: {error}"
    says = kernel_says("noiommu", "vfio")[-6:]
    return {
        "protected": protected,
        "works": works,
        **lost,
        "after_s": seconds,
        "closed": closed,
        "kernel": says,
    }


if __name__ == "__main__":
    sys.exit(perform([prepare, bind_unasked, bind_asked, open_unasked, use_and_lose]))
