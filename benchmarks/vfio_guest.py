"""What a GPU behind the kernel's own vfio-pci costs in a guest: `python -m benchmarks.vfio_guest`.

    python -m benchmarks.vfio_guest [--out FILE] [--revision REV]

The whole path of tests/vm: barewire in the guest, its kernel's vfio-pci and IOMMU driver, QEMU, and the
server of the software GPU on the host. By IOMMU group under Debian's kernel and by character device under the
own one; guests without huge pages map each page of 4 KiB by itself.

* a read of a register, which goes from the guest's kernel through QEMU to the server and back
* 16 MiB of memory mapped for the device and unmapped, per MiB

Each guest runs five times; the median is the figure.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.sm import figure, write_result
from tests.vm import guests, lane

REPETITIONS = 5
LIMIT_S = 240.0
WAYS = {"group": "stable", "cdev": "own"}  # of VFIO, and the kernel that has it
PAGES = {"huge pages": ("reserve_huge_pages",), "ordinary pages": ()}
TIMES = {
    "access_us": ("a register read", "us"),
    "map_ms_per_mib": ("a MiB mapped", "ms"),
    "unmap_ms_per_mib": ("a MiB unmapped", "ms"),
}


def look(abi: str, before: tuple[str, ...]) -> dict[str, Any]:
    """One guest: what its look at the bus took, and how many pieces the memory had."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = guests.session(
            Path(folder), WAYS[abi], LIMIT_S, abi=abi, steps=(*before, "bind", "look_at_the_bus", "unbind")
        )
    if outcome.result.code != 0 or outcome.wrong:
        sys.exit(outcome.everything())
    return outcome.steps["look_at_the_bus"]


def measure() -> dict[str, Any]:
    """Every figure."""
    figures: dict[str, Any] = {}
    for abi, kernel in WAYS.items():
        for pages, before in PAGES.items():
            runs = [look(abi, before) for _ in range(REPETITIONS)]
            where = f"by {abi} (Linux {lane.release_of(kernel)}), {pages}"
            for key, (what, unit) in TIMES.items():
                figures[f"{what}, {where}, {unit}"] = figure([float(run[key]) for run in runs], unit)
            figures[f"pieces of 16 MiB, {where}"] = figure([float(run["segments"]) for run in runs], "pieces")
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description="what a GPU behind vfio-pci costs in a guest")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--revision", default="", metavar="REV", help="of the source, for the file")
    args = parser.parse_args()
    why = next((why for why in map(lane.missing, WAYS.values()) if why), None)
    if why:
        sys.exit(why)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # as the tests do: see tests/vm/guests.py
    figures = measure()
    for name, one in figures.items():
        print(f"{name:76} {one['value']:>10}   ({one['min']} to {one['max']})")
    if args.out:
        write_result(args.out, "vfio-guest", args.revision, figures)


if __name__ == "__main__":
    main()
