"""`barewire demo`: copies and kernels, each checked against NumPy in float64."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from barewire.tools.exits import Exit
from barewire.tools.output import Report, progress, progress_done, rounded
from barewire.tools.sanitize import finish

if TYPE_CHECKING:
    import numpy as np

SUMMARY = "run copies and kernels on the device and check each against NumPy in float64"
CODES = (Exit.OK, Exit.FINDING, Exit.NOT_READY, Exit.DEVICE, Exit.UNDEFINED)
EXAMPLES = "barewire demo\nbarewire demo --device nv:0 --json\nbarewire demo --sanitize"

SYNCHRONIZE_S = 30.0
SEED = 19937
RUNS = 2  # of each check: the first loads what it needs, the second is measured and compared

COMPUTE, COPIES = "compute", "copies"

# Half the distance between neighbouring numbers, relative to their size.
FLOAT32_ROUNDING = 2.0**-24
BFLOAT16_ROUNDING = 2.0**-8


@dataclass(frozen=True)
class Check:
    """One thing to run and to compare.

    Attributes:
        name: as the table shows it.
        shape: of the problem, as text ("515x1027 @ 1027x389").
        dtype: of the inputs.
        prepare: puts the inputs on the device and returns what runs the work once and gives its output.
        expected: the result in float64.
        tolerance: the largest absolute error that rounding explains.
        queue: which of the device's queues does the work: COMPUTE or COPIES.
    """

    name: str
    shape: str
    dtype: str
    prepare: Callable[[Any], Callable[[], Any]]
    expected: np.ndarray
    tolerance: float
    queue: str = COMPUTE


@dataclass(frozen=True)
class Outcome:
    """What a check found; times in milliseconds."""

    max_error: float
    gpu_ms: float
    wall_ms: float
    ok: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the common options."""


def run(args: argparse.Namespace) -> Exit:
    """Run every check; FINDING if one of them is off."""
    from barewire.tools.device import kind_of, opened

    report = Report()
    with opened(args) as dev:
        report.fact("device", dev.facts.name)
        report.fact("kind", kind_of(dev.name))
        report.fact("chip", dev.facts.chip)
        report.fact("driver_version", dev.facts.driver_version)
        columns = ("check", "shape", "dtype", "max_error", "tolerance", "gpu_ms", "wall_ms", "ok")
        table = report.table("checks", *columns)
        for check in checks():
            progress(check.name)
            outcome = perform(dev, check)
            table.add(
                check=check.name, shape=check.shape, dtype=check.dtype,
                max_error=rounded(outcome.max_error, 3), tolerance=rounded(check.tolerance, 3),
                gpu_ms=rounded(outcome.gpu_ms), wall_ms=rounded(outcome.wall_ms), ok=outcome.ok,
            )  # fmt: skip
    progress_done()
    passed = all(row["ok"] for row in table.rows)
    report.fact("passed", passed)
    return finish(report, args, Exit.OK if passed else Exit.FINDING)


def perform(dev: Any, check: Check) -> Outcome:
    """Run a check RUNS times; the last is measured, and its output compared."""
    import numpy as np

    work = check.prepare(dev)
    for _ in range(RUNS - 1):
        work()
    dev.synchronize(timeout_s=SYNCHRONIZE_S)
    record = dev.record if check.queue == COMPUTE else dev.copies.record
    started = time.perf_counter()
    before = record()
    output = work()
    after = record()
    dev.synchronize(timeout_s=SYNCHRONIZE_S)
    wall_ms = (time.perf_counter() - started) * 1e3
    gpu_ms = (after.time_ns - before.time_ns) / 1e6
    result = np.asarray(output.numpy()).astype(np.float64)
    max_error, ok = compare(result, check)
    return Outcome(max_error, gpu_ms, wall_ms, ok)


def compare(result: np.ndarray, check: Check) -> tuple[float, bool]:
    """(largest absolute error, whether shape and all elements are right); a NaN is an infinite error."""
    import numpy as np

    if result.shape != check.expected.shape:
        return float("inf"), False
    errors = np.abs(result - check.expected)
    worst = float("inf") if np.isnan(errors).any() else float(errors.max(initial=0.0))
    return worst, worst <= check.tolerance


def checks() -> Iterator[Check]:
    """All checks; sizes are odd on purpose, so that edges of tiles are exercised."""
    import numpy as np

    rng = np.random.default_rng(SEED)
    yield _copy(rng)
    yield _saxpy(rng)
    yield _matmul(rng, "float32")
    yield _matmul(rng, "bfloat16")
    yield _softmax(rng)
    yield _rms_norm(rng)
    yield _attention(rng)


def _copy(rng: np.random.Generator, count: int = 8_388_593) -> Check:
    import numpy as np

    host = rng.integers(0, 1 << 32, count, dtype=np.uint32)

    def prepare(dev: Any) -> Callable[[], Any]:
        source, target = dev.array(host), dev.zeros(count, np.uint32)

        def work() -> Any:
            target.copy_from(source)
            return target

        return work

    return Check("copy", str(count), "uint32", prepare, host.astype(np.float64), 0.0, queue=COPIES)


def _saxpy(rng: np.random.Generator, count: int = 1_000_003) -> Check:
    import numpy as np

    x, y = (rng.standard_normal(count, np.float32) for _ in range(2))
    scale = np.float32(2.5)
    expected = float(scale) * x.astype(np.float64) + y

    def prepare(dev: Any) -> Callable[[], Any]:
        from barewire import kernels

        kernel = kernels.load(dev, "micro")["saxpy_n"]
        device_x = dev.array(x)
        fresh = [dev.array(y) for _ in range(RUNS)]

        def work() -> Any:
            device_y = fresh.pop()
            kernel[(1024,), (256,)](device_x, device_y, scale, np.uint64(count))
            return device_y

        return work

    return Check("saxpy", str(count), "float32", prepare, expected, _ulps(expected, FLOAT32_ROUNDING, 2))


def _matmul(rng: np.random.Generator, dtype: str, m: int = 515, k: int = 1027, n: int = 389) -> Check:
    import numpy as np

    a, b = (_random(rng, shape, dtype) for shape in ((m, k), (k, n)))
    a64, b64 = a.astype(np.float64), b.astype(np.float64)
    expected = a64 @ b64
    # Summed in float32, errors of k additions grow like sqrt(k), and the result is rounded to its type.
    summing = 8 * k**0.5 * FLOAT32_ROUNDING * float((np.abs(a64) @ np.abs(b64)).max())
    tolerance = summing + _ulps(expected, _rounding(dtype), 1)
    shape = f"{m}x{k} @ {k}x{n}"
    return Check(
        f"matmul {dtype}", shape, dtype, _on_tensors(dtype, lambda t, u: t @ u, a, b), expected, tolerance
    )


def _softmax(rng: np.random.Generator, rows: int = 1000, columns: int = 3001) -> Check:
    import numpy as np

    x = rng.standard_normal((rows, columns), np.float32) * np.float32(4)
    expected = _softmax64(x.astype(np.float64))

    def work(t: Any) -> Any:
        from barewire import kernels

        return kernels.softmax(t)

    return Check(
        "softmax",
        f"{rows}x{columns}",
        "float32",
        _on_tensors("float32", work, x),
        expected,
        _ulps(expected, FLOAT32_ROUNDING, 32),
    )


def _rms_norm(rng: np.random.Generator, rows: int = 777, columns: int = 4096) -> Check:
    import numpy as np

    x = rng.standard_normal((rows, columns), np.float32)
    weight = rng.standard_normal(columns, np.float32)
    epsilon = 1e-5
    x64 = x.astype(np.float64)
    expected = x64 / np.sqrt((x64**2).mean(axis=-1, keepdims=True) + epsilon) * weight

    def work(t: Any, w: Any) -> Any:
        from barewire import kernels

        return kernels.rms_norm(t, w, epsilon)

    tolerance = _ulps(expected, FLOAT32_ROUNDING, 32)
    return Check(
        "rms_norm",
        f"{rows}x{columns}",
        "float32",
        _on_tensors("float32", work, x, weight),
        expected,
        tolerance,
    )


def _attention(
    rng: np.random.Generator, batch: int = 2, heads: int = 4, length: int = 333, size: int = 64
) -> Check:
    import numpy as np

    q, k, v = (_random(rng, (batch, heads, length, size), "bfloat16") for _ in range(3))
    q64, k64, v64 = (array.astype(np.float64) for array in (q, k, v))
    scores = q64 @ k64.swapaxes(-1, -2) / size**0.5
    scores = np.where(np.tril(np.ones((length, length), bool)), scores, -np.inf)
    expected = _softmax64(scores) @ v64

    def work(t: Any, u: Any, w: Any) -> Any:
        from barewire import kernels

        return kernels.attention(t, u, w, causal=True)

    # Probabilities and the result are rounded to bfloat16; the probabilities of a row sum to one.
    tolerance = 2 * BFLOAT16_ROUNDING * float(np.abs(v64).max())
    shape = f"{batch}x{heads}x{length}x{size} causal"
    return Check("attention", shape, "bfloat16", _on_tensors("bfloat16", work, q, k, v), expected, tolerance)


def _on_tensors(
    dtype: str, work: Callable[..., Any], *arrays: np.ndarray
) -> Callable[[Any], Callable[[], Any]]:
    def prepare(dev: Any) -> Callable[[], Any]:
        from barewire import kernels

        tensors = [kernels.from_numpy(dev, array, dtype) for array in arrays]
        return lambda: work(*tensors)

    return prepare


def _random(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Normal numbers that the type holds exactly, as float32."""
    import numpy as np

    values = rng.standard_normal(shape, np.float32)
    if dtype == "float32":
        return values
    bits = values.view(np.uint32)
    nearest_even = 0x7FFF + (bits >> 16 & 1)
    return (bits + nearest_even & np.uint32(0xFFFF0000)).view(np.float32)


def _rounding(dtype: str) -> float:
    return {"float32": FLOAT32_ROUNDING, "bfloat16": BFLOAT16_ROUNDING}[dtype]


def _ulps(expected: np.ndarray, rounding: float, count: int) -> float:
    """The error of `count` roundings of the largest value."""
    import numpy as np

    return count * rounding * float(np.abs(expected).max())


def _softmax64(x: np.ndarray) -> np.ndarray:
    import numpy as np

    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
