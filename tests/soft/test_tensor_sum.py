"""The tensor cores of the software SM add, bit for bit, as an H100's do."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.soft.numerics import mma
from tests.soft.numerics.operands import CHARACTERS
from tests.soft.numerics.shapes import SHAPES, Shape
from tests.soft.sm_device import INSTRUCTION_SETS, SmDevice, runs_here
from tests.soft.test_mufu import launch

INTEGER_LIMITS = (-(1 << 31), (1 << 31) - 1)


@cache
def recorded() -> dict[str, NDArray[Any]]:
    """The H100's results and digests."""
    with np.load(mma.RECORDING) as file:
        return dict(file)


@cache
def results(name: str, isa: str | None) -> NDArray[Any]:
    """What the software SM gives for a shape."""
    device = SmDevice(90, memory_bytes=32 << 20, isa=isa)
    return mma.results(launch, device, device.load(mma.CUBIN.read_bytes()), SHAPES[name])


@pytest.mark.parametrize("name", SHAPES)
def test_the_results_that_were_recorded_whole_are_met(name: str) -> None:
    expected = recorded()[name]

    np.testing.assert_array_equal(results(name, None)[: len(expected)], expected)


@pytest.mark.parametrize("isa", INSTRUCTION_SETS)
@pytest.mark.parametrize("name", SHAPES)
def test_every_result_has_the_recorded_digest(name: str, isa: str) -> None:
    if not runs_here(isa):
        pytest.skip(f"this host has no {isa}")

    made = mma.digests(SHAPES[name], results(name, isa))

    wrong = np.any(made != recorded()[f"{name}_digests"], axis=1)
    assert not wrong.any(), f"differs where: {[CHARACTERS[i].__name__ for i in np.nonzero(wrong)[0]]}"


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if not shape.is_float])
def test_integers_are_added_exactly(name: str) -> None:
    np.testing.assert_array_equal(results(name, None), integer_sums(SHAPES[name]))


def integer_sums(shape: Shape) -> NDArray[np.uint32]:
    """What 32-bit integers make of it: wrapped, or held at the limits."""
    a, b, c = mma.drawn_operands(shape)
    wide_a = a.astype(np.int64) if shape.a == "u8" else a.view(np.int8).astype(np.int64)
    wide_b = b.astype(np.int64) if shape.b == "u8" else b.view(np.int8).astype(np.int64)
    total = wide_a @ wide_b + c.view(np.int32).astype(np.int64)
    if shape.saturate:
        total = np.clip(total, *INTEGER_LIMITS)
    return (total & 0xFFFFFFFF).astype(np.uint32)
