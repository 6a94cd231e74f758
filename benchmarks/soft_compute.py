"""What the whole software GPU costs beside its SMs alone: `python -m benchmarks.soft_compute [--out FILE]`.

The same kernels of machine code, three ways:

* bare: the SMs with memory in one piece (what benchmarks.sm measures)
* device: `bw.open("soft:gh100")`: pushbuffer, launch descriptor and page tables in the path
* sanitized: the same with `sanitize=True`

Every result is compared with NumPy's. The three take turns, so that whatever else the host does falls on all
of them; a ratio is the median of the turns' ratios, its least and its most beside it. Times are of the wall
clock. Processor time is told too: it does not depend on the host's other work, but counts what the driver
spends on waiting.

Also: a launch of an empty kernel and waiting for it, and the time that an empty launch takes the SMs alone.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import barewire as bw
import numpy as np

from benchmarks.sm import ARCH, DECODE_STEP, HIDDEN, MIB, WIDTH, check_close, cubin, figure, write_result
from tests.soft import words
from tests.soft.cases.values import bf16, from_bf16
from tests.soft.sm_device import SmDevice

TURNS = 7
BARE_MEMORY_BYTES = 448 * MIB
SIZE = 512
MOST_DEVICE, MOST_SANITIZED = 1.5, 3.0
SIDES = ("bare", "device", "sanitized")
EMPTY_LAUNCHES = 300


class Side(Protocol):
    """What a workload needs of a device."""

    def array(self, content: np.ndarray) -> Any:
        """A copy on the device, which has numpy()."""

    def kernel(self, module: str, name: str) -> Callable[..., None]:
        """A function of (grid, block, arguments) that launches."""

    def wait(self) -> None:
        """Until all launches have ended."""


class Bare:
    """The SMs with flat memory."""

    def __init__(self) -> None:
        self.device = SmDevice(ARCH, BARE_MEMORY_BYTES)

    def array(self, content: np.ndarray) -> Any:
        """See Side."""
        return self.device.array(content)

    def kernel(self, module: str, name: str) -> Callable[..., None]:
        """See Side."""
        kernel = self.device.load(cubin(module))[name]
        return lambda grid, block, arguments: kernel.launch(grid, block, arguments) and None

    def wait(self) -> None:
        """Launches have ended when they return."""

    def close(self) -> None:
        """Nothing is held."""


class Whole:
    """The software GPU through the driver."""

    def __init__(self, sanitize: bool) -> None:
        self.device = bw.open("soft:gh100", **({"sanitize": True} if sanitize else {}))
        self.sanitize = sanitize

    def array(self, content: np.ndarray) -> Any:
        """See Side."""
        return self.device.array(content)

    def kernel(self, module: str, name: str) -> Callable[..., None]:
        """See Side."""
        kernel = self.device.load(cubin(module))[name]
        return lambda grid, block, arguments: kernel[grid, block](*arguments)

    def wait(self) -> None:
        """See Side."""
        self.device.synchronize()

    def close(self) -> None:
        """Close it; the sanitizer must have found nothing."""
        if self.sanitize and (found := self.device.findings()):
            sys.exit(f"the sanitizer found {len(found)} things, first: {found[0]}")
        self.device.close()


SIDE_OF: dict[str, Callable[[], Any]] = {
    "bare": Bare,
    "device": lambda: Whole(sanitize=False),
    "sanitized": lambda: Whole(sanitize=True),
}


@dataclass(frozen=True)
class Prepared:
    """A workload on one side: what is timed, and the comparison of its result."""

    run: Callable[[], None]
    check: Callable[[], None]


# Workloads.


def matmul_f32(side: Side) -> Prepared:
    """fp32 matmul of 512 x 512 x 512"""
    a, b = np.random.default_rng(2).normal(0, 1, (2, SIZE, SIZE)).astype(np.float32)
    out = side.array(np.zeros((SIZE, SIZE), np.float32))
    arguments = (side.array(a), side.array(b), out, *[np.int32(SIZE)] * 3)
    kernel = side.kernel("linear", "matmul_f32")
    return Prepared(
        lambda: kernel((SIZE // 64, SIZE // 64), (256,), arguments),
        lambda: check_close("matmul_f32", out.numpy(), a.astype(np.float64) @ b, 1e-5),
    )


def matmul_bf16(side: Side) -> Prepared:
    """bf16 matmul of 512 x 512 x 512 by HMMA"""
    a, b = bf16(np.random.default_rng(3).normal(0, 1, (2, SIZE, SIZE)))
    out = side.array(np.zeros((SIZE, SIZE), np.uint16))
    arguments = (side.array(a), side.array(b), out, np.int32(SIZE), np.int32(SIZE))
    kernel = side.kernel("tensor", "matmul_bf16")
    wanted = from_bf16(a).astype(np.float64) @ from_bf16(b)
    return Prepared(
        lambda: kernel((SIZE // 64, SIZE // 64), (128,), arguments),
        lambda: check_close("matmul_bf16", from_bf16(out.numpy()), wanted, 5e-3),
    )


def gather(side: Side) -> Prepared:
    """a sparse matrix of 64 entries a row, its columns all over 4 MiB, times a vector"""
    rows, entries, width = 8192, 64, 1 << 20
    rng = np.random.default_rng(6)
    columns = rng.integers(0, width, (rows, entries)).astype(np.int32)
    values = rng.normal(0, 1, (rows, entries)).astype(np.float32)
    x = rng.normal(0, 1, width).astype(np.float32)
    y = side.array(np.zeros(rows, np.float32))
    starts = side.array(np.arange(0, (rows + 1) * entries, entries, dtype=np.int32))
    arguments = (starts, side.array(columns), side.array(values), side.array(x), y, np.int32(rows))
    kernel = side.kernel("graphs", "spmv_csr_warp")
    wanted = (values.astype(np.float64) * x[columns]).sum(axis=1)
    return Prepared(
        lambda: kernel((rows // 8,), (256,), arguments),
        lambda: check_close("spmv_csr_warp", y.numpy(), wanted, 1e-5),
    )


def add(side: Side) -> Prepared:
    """c = a + b of 4 Mi fp32 numbers"""
    count = 4 << 20
    a, b = np.random.default_rng(1).normal(0, 1, (2, count)).astype(np.float32)
    c = side.array(np.zeros(count, np.float32))
    arguments = (side.array(a), side.array(b), c, np.int32(count))
    kernel = side.kernel("linear", "add_f32")
    return Prepared(
        lambda: kernel((count // 256,), (256,), arguments),
        lambda: check_close("add_f32", c.numpy(), a.astype(np.float64) + b, 1e-6),
    )


def lorenz(side: Side) -> Prepared:
    """Lorenz's attractor, 16384 points by 200 steps"""
    points = np.random.default_rng(7).normal(0, 9, (16384, 3)).astype(np.float32)
    moved = side.array(points)
    kernel = side.kernel("simulation", "lorenz_rk4")

    def is_finite() -> None:
        if not np.isfinite(moved.numpy()).all():
            sys.exit("lorenz_rk4: not finite")

    return Prepared(lambda: kernel((64,), (256,), (moved, np.int32(200), np.float32(0.002))), is_finite)


def decode_step(side: Side) -> Prepared:
    """matvecs of a decode step, 135 M weights in bf16"""
    rng = np.random.default_rng(4)
    x = {columns: rng.normal(0, 1, columns) for columns in (WIDTH, HIDDEN)}
    vectors = {columns: side.array(bf16(values)) for columns, values in x.items()}
    kernel = side.kernel("linear", "matvec_bf16")
    products = []
    for (rows, columns), times in DECODE_STEP:
        for _ in range(times):
            weights = rng.integers(0x3C00, 0x4000, (rows, columns), dtype=np.uint16)
            weights |= rng.integers(0, 2, (rows, columns), dtype=np.uint16) << np.uint16(15)
            out = side.array(np.zeros(rows, np.float32))
            products.append((rows, columns, side.array(weights), out))
    first_weights, first_out = products[0][2], products[0][3]

    def step() -> None:
        for rows, columns, weights, out in products:
            kernel((rows // 8,), (256,), (weights, vectors[columns], out, np.int32(columns // 8)))

    def check() -> None:
        wanted = from_bf16(first_weights.numpy()).astype(np.float64) @ from_bf16(bf16(x[WIDTH]))
        check_close("matvec_bf16", first_out.numpy(), wanted, 1e-5)

    return Prepared(step, check)


WORKLOADS = (matmul_f32, matmul_bf16, gather, add, lorenz, decode_step)


# Measuring.


def timed(side: Side, run: Callable[[], None]) -> tuple[float, float]:
    """(seconds, seconds of processor time) of a run to its end."""
    began, busy = time.perf_counter(), time.process_time()
    run()
    side.wait()
    return time.perf_counter() - began, time.process_time() - busy


def compare(
    name: str, workload: Callable[[Side], Prepared], sides: dict[str, Any]
) -> Iterator[tuple[str, Any]]:
    """The times of one workload on all sides, and what they are to those of the first."""
    prepared = {label: workload(side) for label, side in sides.items()}
    for label, one in prepared.items():
        timed(sides[label], one.run)
        one.check()
    turns = [{label: timed(sides[label], one.run) for label, one in prepared.items()} for _ in range(TURNS)]
    for label, one in prepared.items():
        one.check()
        yield f"{name}: {label}", figure([turn[label][0] for turn in turns], "s")
    for label, most in (("device", MOST_DEVICE), ("sanitized", MOST_SANITIZED)):
        if label not in prepared:
            continue
        wall, busy = ([turn[label][i] / turn["bare"][i] for turn in turns] for i in (0, 1))
        met = statistics.median(wall) <= most
        yield f"{name}: {label}, times the bare SM", figure(wall, "x", f"at most {most}", met)
        yield f"{name}: {label}, times the bare SM in processor time", figure(busy, "x")


def empty_launches(sides: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What the smallest launch costs."""
    bare: SmDevice = sides["bare"].device
    samples = []
    for _ in range(EMPTY_LAUNCHES):
        began = time.process_time()
        bare.run_words([words.exit_()])
        samples.append(1e6 * (time.process_time() - began))
    met = statistics.median(samples) <= 60
    yield "an empty launch of one CTA: bare, with Python", figure(samples, "us", "at most 60 us", met)
    for label in ("device", "sanitized"):
        if label not in sides:
            continue
        side = sides[label]
        kernel, out = side.kernel("linear", "add_f32"), side.array(np.zeros(1, np.float32))
        samples = [
            1e6 * timed(side, lambda: kernel((1,), (32,), (out, out, out, np.int32(0))))[0]  # noqa: B023
            for _ in range(EMPTY_LAUNCHES)
        ]
        yield f"launch and synchronize, one CTA that ends at once: {label}", figure(samples, "us")


def measure(only: str, labels: list[str]) -> dict[str, Any]:
    """All figures."""
    figures: dict[str, Any] = {}
    for workload in WORKLOADS:
        if only not in workload.__name__:
            continue
        sides = {label: SIDE_OF[label]() for label in labels}
        for name, found in compare(workload.__doc__ or "", workload, sides):
            figures[name] = found
            verdict = {True: "met", False: "MISSED", None: ""}[found.get("met")]
            print(f"{name}: {found['value']} {found['unit']} {verdict}", flush=True)
        for side in sides.values():
            side.close()
    if only in empty_launches.__name__:
        sides = {label: SIDE_OF[label]() for label in labels}
        for name, found in empty_launches(sides):
            figures[name] = found
            print(f"{name}: {found['value']} {found['unit']}", flush=True)
        for side in sides.values():
            side.close()
    return figures


def main(arguments: list[str] | None = None) -> int:
    """The command line; exit code 1 if a target is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soft_compute", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--out", type=Path, help="write the figures here as JSON")
    parser.add_argument("--only", default="", help="only workloads whose function has this in its name")
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES))
    parser.add_argument("--revision", default="unknown")
    options = parser.parse_args(arguments)
    figures = measure(options.only, options.sides)
    if options.out:
        write_result(options.out, "soft-gh100-compute", options.revision, figures)
    return 1 if any(found.get("met") is False for found in figures.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
