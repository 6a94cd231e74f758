"""What the lanes of a warp do together, and with memory, is what an H100 gave.

Shuffles, votes and reductions of some lanes, atomics with special numbers, copies of part of their bytes,
sparse products, matrix moves.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.soft.sm_device import INSTRUCTION_SETS, SmDevice, runs_here
from tests.soft.warp import programs
from tests.soft.warp.record import outputs

# Written after the recording: what they must leave is said in words below, or not at all.
NOT_RECORDED = {"mbarrier_counting", "mbarrier_together", "store_conflicts"}


@cache
def recorded() -> dict[str, NDArray[Any]]:
    """Operands, and the H100's outputs."""
    with np.load(programs.RECORDING) as file:
        return dict(file)


@cache
def loaded(isa: str | None) -> tuple[SmDevice, Any]:
    """A device with the programs."""
    device = SmDevice(90, isa=isa)
    return device, device.load(programs.CUBIN.read_bytes())


def test_every_program_is_recorded_but_those_that_are_named() -> None:
    assert set(programs.PROGRAMS) - set(recorded()) == NOT_RECORDED


@pytest.mark.parametrize("isa", INSTRUCTION_SETS)
@pytest.mark.parametrize("name", sorted(set(programs.PROGRAMS) - NOT_RECORDED))
def test_a_warp_leaves_what_it_left_on_an_h100(name: str, isa: str) -> None:
    if not runs_here(isa):
        pytest.skip(f"this host has no {isa}")

    made = outputs(*loaded(isa), name, recorded()[f"{name}_operands"])

    np.testing.assert_array_equal(made, recorded()[name])


def test_an_mbarrier_counts_down_and_turns_its_phase() -> None:
    nothing = np.zeros((1, programs.LANES, programs.INPUT_WORDS), np.uint32)

    first_lane, second_lane = outputs(*loaded(None), "mbarrier_counting", nothing)[0, :2]

    missing = [0x100000 - (int(first_lane[word]) >> 11 & 0xFFFFF) for word in (1, 3)]
    assert missing == [3, 1]
    assert first_lane[4:7].tolist() == [1, 1, 0]
    assert second_lane[4:7].tolist() == [0, 1, 0]


def test_lanes_that_arrive_together_get_the_state_before_the_first_of_them() -> None:
    nothing = np.zeros((1, programs.LANES, programs.INPUT_WORDS), np.uint32)

    left = outputs(*loaded(None), "mbarrier_together", nothing)[0]

    assert set(left[:, 0].tolist()) == {0xFFFFFFFF}
    assert set(left[:, 4].tolist()) == {200 - 3 * programs.LANES}
