"""MUFU on the software SM gives, bit for bit, what an H100 gave."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.soft.numerics import mufu
from tests.soft.sm_device import INSTRUCTION_SETS, SmDevice, runs_here

GOLDEN = Path(os.environ.get("BAREWIRE_GOLDEN") or Path(__file__).resolve().parents[3] / "shared" / "golden")
GOLDEN_FILE = GOLDEN / "h100-580" / "mufu.npz"
TURNS_IN_A_RADIAN = np.uint32(0x3E22F983)  # what ptxas multiplies by before MUFU.SIN and MUFU.COS


@cache
def recorded() -> dict[str, NDArray[Any]]:
    """The H100's values and digests."""
    with np.load(mufu.RECORDING) as file:
        return dict(file)


def launch(kernel: Any, grid: tuple[int, ...], block: tuple[int, ...], *arguments: Any) -> None:
    """A launch on the software SM."""
    kernel.launch(grid=grid, block=block, args=arguments)


def mufu_of(function: str, x: NDArray[np.uint32], kind: str = "f32", **options: Any) -> NDArray[np.uint32]:
    """MUFU of each input, on a device of its own."""
    upper = options.pop("upper", False)
    device = SmDevice(90, memory_bytes=8 << 20, **options)
    return mufu.values(launch, device, device.load(mufu.cubin_for(function, kind, upper)), x)


@pytest.mark.parametrize("isa", INSTRUCTION_SETS)
@pytest.mark.parametrize("function", mufu.FUNCTIONS)
def test_every_exponent_and_special_number_gives_the_recorded_value(function: str, isa: str) -> None:
    if not runs_here(isa):
        pytest.skip(f"this host has no {isa}")

    made = mufu_of(function, mufu.inputs(), isa=isa)

    np.testing.assert_array_equal(made, recorded()["values"][mufu.FUNCTIONS.index(function)])


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize(("function", "kind"), mufu.HALVES)
def test_all_16_bit_numbers_give_the_recorded_value(function: str, kind: str, upper: bool) -> None:
    x = np.arange(1 << 16, dtype=np.uint32)
    other_half = np.uint32(0x7E01)
    x = x << np.uint32(16) | other_half if upper else x | other_half << np.uint32(16)

    made = mufu_of(function, x, kind, upper=upper)

    np.testing.assert_array_equal(made, recorded()["halves"][mufu.HALVES.index((function, kind))])


def check_groups(function: str, groups: list[int]) -> None:
    device = SmDevice(90, memory_bytes=8 << 20)
    module = device.load(mufu.cubin_for(function))
    expected = recorded()["groups"][mufu.FUNCTIONS.index(function)]

    for group in groups:
        assert mufu.group_digest(launch, device, module, group) == int(expected[group]), f"group {group}"


@pytest.mark.parametrize("function", mufu.FUNCTIONS)
def test_a_thousandth_of_all_numbers_has_the_recorded_digest(function: str) -> None:
    check_groups(function, [37 * (1 + mufu.FUNCTIONS.index(function))])


@pytest.mark.full
@pytest.mark.parametrize("function", mufu.FUNCTIONS)
def test_a_64th_of_all_numbers_has_the_recorded_digest(function: str) -> None:
    check_groups(function, list(range(5, mufu.GROUPS, 64)))


@pytest.mark.skipif(not GOLDEN_FILE.exists(), reason="the recordings are not here (set BAREWIRE_GOLDEN)")
@pytest.mark.parametrize("function", ["ex2", "lg2", "rcp", "rsq", "sqrt", "sin", "cos", "tanh"])
def test_the_first_recording_is_met_too(function: str) -> None:
    with np.load(GOLDEN_FILE) as file:
        x, y = file["x"], file["y"][:, list(file["functions"]).index(function)]
    if function in ("sin", "cos"):
        x = multiplied_toward_zero(x, TURNS_IN_A_RADIAN)

    np.testing.assert_array_equal(mufu_of(function, x), y)


def multiplied_toward_zero(x: NDArray[np.uint32], factor: np.uint32) -> NDArray[np.uint32]:
    """FMUL.RZ: the product in double is exact, and so is its cutting off."""
    with np.errstate(all="ignore"):
        exact = x.view(np.float32).astype(np.float64) * float(factor.view(np.float32))
        nearest = exact.astype(np.float32)
    too_large = np.abs(nearest.astype(np.float64)) > np.abs(exact)
    return nearest.view(np.uint32) - too_large.astype(np.uint32)
