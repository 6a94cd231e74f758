"""How long the ways to a served GPU take on this host: `python -m benchmarks.vfio_user`.

    python -m benchmarks.vfio_user [--out FILE] [--revision REV]

A server in a process of its own serves a software GPU; the client is this process. Register accesses in this
process, without a server, stand beside those that go by messages.

* one 32-bit read and one posted write of a register, in this process and by messages
* a copy into BAR1 and out of it, 1 MiB by messages and mapped
* memory for the device: mapped and unmapped, a MiB and 64 MiB at a time, per MiB
* opening and booting the GPU, from the call to the device

The median of the repetitions is the figure; the least and the most stand beside it.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import barewire as bw
from barewire.device.opening import open_bus

from benchmarks.sm import figure, write_result

REPETITIONS = 7
SHORT_REPETITIONS = 40  # of accesses: many and short, as others want the processor, too
ACCESSES = 1000
MIB = 1 << 20
REGISTER = 0  # NV_PMC_BOOT_0, which has no side effects
HARMLESS = 0x110040  # a mailbox of a falcon
IN_PROCESS_US = 2.0


@contextlib.contextmanager
def served(folder: Path, *options: str) -> Iterator[str]:
    """The device string of a GPU that another process serves."""
    folder.chmod(0o700)
    socket = folder / "gpu"
    words = [sys.executable, "-m", "barewire.tools", "serve", "--socket", str(socket), *options]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None or not process.stdout.readline():
                sys.exit("the server did not start")
            yield f"vfio-user:{socket}"
        finally:
            process.terminate()


def timed(work: Callable[[], object], count: int = 1) -> float:
    """Seconds of one call, on average of `count`."""
    began = time.perf_counter()
    for _ in range(count):
        work()
    return (time.perf_counter() - began) / count


def registers(figures: dict[str, Any], label: str, bus: Any, target_us: float | None) -> None:
    """One word read, and one written."""
    bar = bus.bars[0]
    for name, work in (
        ("read", lambda: bar.read32(REGISTER)),
        ("posted write", lambda: bar.write32(HARMLESS, 0)),
    ):
        samples = [timed(work, ACCESSES) * 1e6 for _ in range(SHORT_REPETITIONS)]
        target = f"at most {target_us:g} us" if target_us else ""
        met = sorted(samples)[len(samples) // 2] <= target_us if target_us else None
        figures[f"one register {name}, {label}, us"] = figure(samples, "us", target, met)


def memory(figures: dict[str, Any], bus: Any) -> None:
    """Mapping memory for the device, and taking it back."""
    for size in (1, 64):
        maps, unmaps = [], []
        for _ in range(REPETITIONS * 5):
            made: list[Any] = []
            maps.append(timed(lambda made=made, size=size: made.append(bus.dma_memory(size * MIB))))
            unmaps.append(timed(made[0].close))
        for name, samples in (("mapped", maps), ("unmapped", unmaps)):
            figures[f"{size} MiB of memory {name}, per MiB, us"] = figure(
                [sample * 1e6 / size for sample in samples], "us"
            )


def aperture(figures: dict[str, Any], label: str, bus: Any) -> None:
    """Copies into BAR1 and out of it."""
    bar, data = bus.bars[2], bytes(MIB)
    figures[f"1 MiB written to BAR1 and read back, {label}, MiB/s"] = figure(
        [2 / timed(lambda: (bar.write(0, data), bar.read(0, MIB))) for _ in range(REPETITIONS)], "MiB/s"
    )


def measure() -> dict[str, Any]:
    """Every figure."""
    figures: dict[str, Any] = {}
    with contextlib.closing(open_bus("soft:gh100")) as bus:
        registers(figures, "in this process", bus, IN_PROCESS_US)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as device:
        with contextlib.closing(open_bus(device)) as bus:
            registers(figures, "by messages", bus, None)
            memory(figures, bus)
            aperture(figures, "mapped", bus)
        opened: list[float] = []
        for _ in range(REPETITIONS):
            devices: list[Any] = []
            opened.append(timed(lambda devices=devices: devices.append(bw.open(device))))
            devices[0].close()
        figures["open and boot, s"] = figure(opened, "s")
    small = ("--vram", "4096", "--bar1", "256")
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder), *small) as device,
        contextlib.closing(open_bus(device)) as bus,
    ):
        aperture(figures, "by messages", bus)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description="how long the ways to a served GPU take")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--revision", default="", metavar="REV", help="of the source, for the file")
    args = parser.parse_args()
    figures = measure()
    for name, one in figures.items():
        print(f"{name:58} {one['value']:>10}   ({one['min']} to {one['max']})")
    if args.out:
        write_result(args.out, "vfio-user", args.revision, figures)


if __name__ == "__main__":
    main()
