"""What a case is: launches over buffers, which of them are compared and how, and what NumPy says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Buffers = dict[str, np.ndarray]
Reference = Callable[[Mapping[str, np.ndarray]], Mapping[str, np.ndarray]]

EXACT = "exact"  # bit for bit
UNORDERED = "unordered"  # the same elements, in an order that nothing determines
IGNORED = "ignored"  # not determined at all


@dataclass(frozen=True)
class Launch:
    """One launch. A string among the arguments names a buffer; bytes are a structure passed by value."""

    kernel: str
    grid: tuple[int, ...]
    block: tuple[int, ...]
    arguments: tuple[str | np.generic | bytes, ...]
    shared_bytes: int = 0


@dataclass(frozen=True)
class Case:
    """Launches of one module, one after the other, and what is to come of them.

    Attributes:
        buffers: what they hold before the first launch.
        outputs: the buffers that are compared afterwards with another device's, and how.
        reference: the wanted contents of some outputs, or of their first elements, computed on the CPU.
        tolerance: how far these may be from the reference, relative to the greatest magnitude in it;
            0 for equality.
        architectures: where the kernel exists.
        cooperative: a launch needs all its CTAs resident, which `nv:` does not promise.
    """

    name: str
    module: str
    launches: tuple[Launch, ...]
    buffers: Buffers
    outputs: Mapping[str, str]
    reference: Reference | None = None
    tolerance: float = 0.0
    architectures: tuple[str, ...] = ("sm_80", "sm_90")
    cooperative: bool = False


def run(device: Any, case: Case, cubin: bytes) -> Buffers:
    """Run a case on a device (an opened GPU, or the SM by the same calls); gives the outputs.

    A device has `load`, `array` and `synchronize`; kernels have `launch`, arrays have `numpy`.
    """
    module = device.load(cubin)
    arrays = {name: device.array(content) for name, content in case.buffers.items()}
    for launch in case.launches:
        arguments = tuple(arrays[each] if isinstance(each, str) else each for each in launch.arguments)
        module[launch.kernel].launch(
            grid=launch.grid, block=launch.block, args=arguments, shared=launch.shared_bytes
        )
    device.synchronize()
    return {name: np.array(arrays[name].numpy()) for name in case.outputs}


def comparable(case: Case, outputs: Mapping[str, np.ndarray]) -> Buffers:
    """The outputs that are compared, those without an order sorted."""
    return {
        name: np.sort(outputs[name], axis=None) if how == UNORDERED else outputs[name]
        for name, how in case.outputs.items()
        if how != IGNORED
    }


def reference_errors(case: Case, outputs: Mapping[str, np.ndarray]) -> list[str]:
    """Where the outputs are not what the reference wants, in sentences; empty if all is well."""
    if case.reference is None:
        return []
    problems = []
    for name, wanted in case.reference(case.buffers).items():
        got = outputs[name]
        if case.outputs[name] == UNORDERED:
            got, wanted = np.sort(got, axis=None), np.sort(wanted, axis=None)
        first = got.reshape(-1)[: wanted.size].reshape(wanted.shape)
        problems += _compare(f"{case.name}.{name}", first, wanted, case.tolerance)
    return problems


def _compare(name: str, got: np.ndarray, wanted: np.ndarray, tolerance: float) -> list[str]:
    if tolerance == 0:
        wrong = got != wanted
        if wanted.dtype.kind == "f":
            wrong &= ~(np.isnan(got) & np.isnan(wanted))
    else:
        exact = wanted.astype(np.float64)
        finite = np.isfinite(exact)
        scale = np.abs(exact[finite]).max(initial=0.0) or 1.0
        with np.errstate(invalid="ignore", over="ignore"):
            away = np.abs(got.astype(np.float64) - exact) / scale
        wrong = np.where(finite, ~(away <= tolerance), ~np.equal(got, wanted) & ~np.isnan(exact))
    count = int(wrong.sum())
    if count == 0:
        return []
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    return [f"{name}: {count} of {wanted.size} differ, first at {at}: {got[at]!r} instead of {wanted[at]!r}"]


def variant(
    make: Callable[[], Case], suffix: str, module: str, architectures: tuple[str, ...], **changes: Any
) -> Callable[[], Case]:
    """The same case on another module of its source; `changes` are of fields of the case."""

    def varied() -> Case:
        case = make()
        name = f"{case.name}_{suffix}"
        return replace(case, name=name, module=module, architectures=architectures, **changes)

    varied.__name__ = f"{make.__name__}_{suffix}"
    return varied
