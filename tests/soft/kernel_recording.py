"""What a real GPU makes of every case, recorded, and how an SM's outputs compare with it.

    python -m tests.soft.kernel_recording --device nv:0 --out DIR --revision REV [--cases NAME ...]

writes DIR/kernels.json (GPU, driver, revision; shape and SHA-256 of each output; whether a second run gave
the same) and DIR/kernels.npz (outputs of up to 48 KiB whole, of others 256 elements). Exit code: 0 all is
well, 1 a case failed, differs from its reference, or does not repeat.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.soft import kernel_cases
from tests.soft.cases.case import Case, comparable, reference_errors, run
from tests.soft.kernels.build import cubin_path

HERE = Path(__file__).resolve().parent
RECORDINGS = HERE / "recordings"
WHOLE_LIMIT_BYTES = 48 << 10
SAMPLES = 256
TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Difference:
    """An output that is not what was recorded. `ulps` is None where it cannot be told."""

    output: str
    elements: int
    of: int
    first: int
    got: Any
    wanted: Any
    ulps: int | None

    def __str__(self) -> str:
        far = "" if self.ulps is None else f", at most {self.ulps} ulp"
        return (
            f"{self.output}: {self.elements} of {self.of} differ{far}, "
            f"first at {self.first}: {self.got!r} instead of {self.wanted!r}"
        )


def digest(values: np.ndarray) -> str:
    """SHA-256 of the bytes of an array."""
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()


def kept(values: np.ndarray) -> np.ndarray:
    """What the recording holds of an output: all of it, or samples at equal distances."""
    flat = np.ascontiguousarray(values).reshape(-1)
    return flat if flat.nbytes <= WHOLE_LIMIT_BYTES else flat[_sample_places(flat.size)]


def _sample_places(size: int) -> np.ndarray:
    return np.linspace(0, size - 1, SAMPLES).astype(np.int64)


class Recording:
    """The committed outputs of a real GPU."""

    def __init__(self, folder: Path = RECORDINGS) -> None:
        self.about: dict[str, Any] = json.loads((folder / "kernels.json").read_text())
        with np.load(folder / "kernels.npz") as arrays:
            self.arrays = {name: arrays[name] for name in arrays.files}

    def has(self, case: str) -> bool:
        """Whether the case was recorded."""
        return case in self.about["cases"]

    def differences(self, case: Case, outputs: Mapping[str, np.ndarray]) -> list[Difference]:
        """The outputs of this case that are not what the GPU gave, bit for bit."""
        found = []
        for name, values in comparable(case, outputs).items():
            if digest(values) == self.about["cases"][case.name][name]["sha256"]:
                continue
            found.append(difference(name, kept(values), self.arrays[f"{case.name}/{name}"]))
        return found


def difference(name: str, got: np.ndarray, wanted: np.ndarray) -> Difference:
    """How two arrays differ in their bits. Elements of a larger array may agree in all samples."""
    bits = f"u{wanted.dtype.itemsize}"
    unequal = np.flatnonzero(got.view(bits) != wanted.view(bits))
    first = int(unequal[0]) if unequal.size else -1
    return Difference(
        name, int(unequal.size), int(wanted.size), first, got[first], wanted[first], _ulps(got, wanted)
    )


def _ulps(got: np.ndarray, wanted: np.ndarray) -> int | None:
    if wanted.dtype.kind != "f" or (np.isnan(got) != np.isnan(wanted)).any():
        return None
    width = 8 * wanted.dtype.itemsize
    ordered = []
    for values in (got, wanted):
        signed = values.view(f"i{wanted.dtype.itemsize}").astype(object)
        ordered.append(np.where(signed < 0, -(signed + (1 << (width - 1))), signed))
    both = ~np.isnan(wanted)
    return max(
        (abs(int(a) - int(b)) for a, b in zip(ordered[0][both], ordered[1][both], strict=True)), default=0
    )


def record(
    open_device: Any, names: list[str], architecture: str
) -> tuple[dict[str, Any], dict[str, np.ndarray], list[str]]:
    """(cases, arrays, problems) of running these cases on a device that `open_device` opens."""
    cases: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}
    problems: list[str] = []
    device = open_device()
    for name in names:
        case = kernel_cases.MAKERS[name]()
        cubin = cubin_path(case.module, architecture).read_bytes()
        began = time.monotonic()
        try:
            outputs, again = run(device, case, cubin), run(device, case, cubin)
        except Exception as error:
            problems.append(f"{case.name}: {type(error).__name__}: {str(error)[:400]}")
            device = _reopened(device, open_device)
            continue
        problems += reference_errors(case, outputs)
        entry: dict[str, Any] = {"seconds": round((time.monotonic() - began) / 2, 4)}
        second = comparable(case, again)
        for output, values in comparable(case, outputs).items():
            repeats = digest(values) == digest(second[output])
            if not repeats:
                problems.append(f"{case.name}.{output}: a second run gave something else")
            entry[output] = {
                "dtype": str(values.dtype),
                "shape": list(values.shape),
                "sha256": digest(values),
            }
            entry[output] |= {} if repeats else {"repeats": False}
            arrays[f"{case.name}/{output}"] = kept(values)
        cases[case.name] = entry
    device.close()
    return cases, arrays, problems


def _reopened(device: Any, open_device: Any) -> Any:
    try:
        device.close()
    except Exception as error:
        print(f"closing: {error}")
    return open_device()


def main(arguments: list[str] | None = None) -> int:
    """The command line; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.soft.kernel_recording")
    parser.add_argument("--device", default="nv:0")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--revision", default="unknown")
    parser.add_argument("--cases", nargs="*", help="only these")
    options = parser.parse_args(arguments)
    import barewire

    def open_device() -> Any:
        return barewire.open(options.device, timeout_s=TIMEOUT_S)

    with open_device() as device:
        facts = device.facts
        about: dict[str, Any] = {
            "gpu": facts.name, "driver": facts.driver_version, "revision": options.revision,
            "architecture": f"sm_{facts.sm_version}",
        }  # fmt: skip
    names = options.cases or kernel_cases.recordable(about["architecture"])
    about["cases"], arrays, about["problems"] = record(open_device, names, about["architecture"])
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "kernels.json").write_text(json.dumps(about, indent=1) + "\n")
    np.savez_compressed(options.out / "kernels.npz", **arrays)
    print("\n".join([*about["problems"], f"{len(names)} cases, {len(about['problems'])} problems"]))
    return 1 if about["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
