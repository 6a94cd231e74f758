"""`barewire run`: launch anyone's kernel on arrays from .npy files."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from barewire.tools.exits import Exit
from barewire.tools.files import FileProblem, read_input, replace_all
from barewire.tools.output import Report, rounded
from barewire.tools.sanitize import finish

if TYPE_CHECKING:
    import numpy as np
    from barewire.tools.arguments import Argument, ArrayArgument

SUMMARY = "run a kernel of a cubin, fatbin or PTX file on arrays from .npy files"
CODES = (Exit.OK, Exit.NOT_READY, Exit.DEVICE, Exit.INPUT, Exit.UNDEFINED)
EXAMPLES = """\
barewire run kernels.cubin saxpy --grid 4,1,1 --block 256 in:x.npy inout:y.npy f32:2.0
barewire run kernels.cubin rows --grid 1024 --block 32 --shared 4096 in:x.npy out:y.npy:float32:1024x3"""

DEFAULT_TIMEOUT_S = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("file", metavar="FILE", help="cubin, fatbin or PTX")
    parser.add_argument("kernel", metavar="KERNEL", help="name of the kernel in it")
    parser.add_argument("--grid", default="1", metavar="X[,Y[,Z]]", help="blocks in the grid (default: 1)")
    parser.add_argument("--block", default="1", metavar="X[,Y[,Z]]", help="threads in a block (default: 1)")
    parser.add_argument(
        "--shared", default="0", metavar="BYTES", help="dynamic shared memory of a block (default: 0)"
    )
    parser.add_argument(
        "--timeout", type=float, default=DEFAULT_TIMEOUT_S, metavar="SECONDS",
        help=f"how long the kernel may run (default: {DEFAULT_TIMEOUT_S:g})",
    )  # fmt: skip
    parser.add_argument(
        "arguments", nargs="*", default=[], metavar="ARGUMENT",
        help="in kernel order: in:FILE.npy is copied in; out:FILE.npy is written (not yet on disk: "
        "out:FILE.npy:DTYPE:SHAPE, shape as 1024x3); inout:FILE.npy is both; numbers as i32: u32: i64: u64: "
        "f32: f64: f16:",
    )  # fmt: skip


def run(args: argparse.Namespace) -> Exit:
    """Read everything, launch once, wait, and only then write the outputs, all of them or none."""
    from barewire.tools.arguments import ArrayArgument, parse_all, parse_dimensions

    grid, block = parse_dimensions("--grid", args.grid), parse_dimensions("--block", args.block)
    shared = _bytes_count(args.shared)
    timeout_s = _timeout(args.timeout)
    arguments = parse_all(args.arguments)
    image = _image(args.file)

    from barewire.tools.device import kind_of, opened

    with opened(args) as dev:
        device = {"device": dev.name, "kind": kind_of(dev.name)}
        kernel = dev.load(image)[args.kernel]
        values = [_on_device(dev, argument) for argument in arguments]
        started = time.perf_counter()
        kernel.launch(grid=grid, block=block, args=values, shared=shared)
        dev.synchronize(timeout_s=timeout_s)
        elapsed_s = time.perf_counter() - started
        results = [
            (argument, value.numpy())
            for argument, value in zip(arguments, values, strict=True)
            if isinstance(argument, ArrayArgument) and argument.role != "in"
        ]
    write_back(results)

    report = Report()
    for key, value in device.items():
        report.fact(key, value)
    report.fact("kernel", args.kernel)
    report.fact("grid", list(grid))
    report.fact("block", list(block))
    report.fact("shared_bytes", shared)
    report.fact("wall_ms", rounded(elapsed_s * 1e3))
    table = report.table("arguments", "argument", "kind", "file", "dtype", "shape", "value", "written")
    for index, argument in enumerate(arguments):
        table.add(argument=index, **_described(argument))
    return finish(report, args)


def _bytes_count(text: str) -> int:
    from barewire.tools.arguments import WrongArgument

    if not text.isascii() or not text.isdigit() or len(text) > 10:
        raise WrongArgument(f"--shared {text!r} is not a number of bytes")
    return int(text)


def _timeout(seconds: float) -> float:
    from barewire.tools.arguments import WrongArgument

    if not 0 < seconds < float("inf"):
        raise WrongArgument(f"--timeout {seconds} is not a positive number of seconds")
    return seconds


def _image(name: str) -> bytes:
    data = read_input(name)
    if not data:
        raise FileProblem(f"{name} is empty")
    return data


def _on_device(dev: Any, argument: Argument) -> Any:
    from barewire.tools.arguments import ScalarArgument

    if isinstance(argument, ScalarArgument):
        return argument.value
    if argument.content is not None:
        return dev.array(argument.content)
    return dev.zeros(argument.shape, argument.dtype)


def write_back(results: list[tuple[ArrayArgument, np.ndarray]]) -> None:
    """Replace every output file, or none of them.

    Raises:
        FileProblem: one could not be written; the files are as they were.
    """
    import numpy as np

    def writer(array: np.ndarray) -> Any:
        return lambda stream: np.lib.format.write_array(
            stream, np.ascontiguousarray(array), allow_pickle=False
        )

    writes: list[tuple[Path, Any]] = [
        (argument.path, writer(array.reshape(argument.shape).astype(argument.dtype, copy=False)))
        for argument, array in results
    ]
    replace_all(writes)


def _described(argument: Argument) -> dict[str, Any]:
    from barewire.tools.arguments import ScalarArgument

    if isinstance(argument, ScalarArgument):
        return {
            "kind": argument.kind,
            "dtype": argument.value.dtype.name,
            "value": argument.value.item(),
            "written": False,
        }
    return {
        "kind": argument.role,
        "file": str(argument.path),
        "dtype": argument.dtype.name,
        "shape": list(argument.shape),
        "written": argument.role != "in",
    }
