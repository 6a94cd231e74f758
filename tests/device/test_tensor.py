"""The tensor layer on a GPU: against NumPy in float64, and bit for bit what an H100 gave.

All small cases run here, of the large ones one in EACH_LARGE (all with BAREWIRE_FULL=1). On silicon the part
`tensor` of tests/hardware runs all of them.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.common import tensor_cases
from tests.soft import layer_recording

FULL = os.environ.get("BAREWIRE_FULL", "") not in ("", "0")
EACH_LARGE = 1 if FULL else 10
RECORDED_ON = (90, 132)  # SM version and SMs: grids depend on them
CASES = tensor_cases.cases()
SELECTIONS = {
    "small": [case for case in CASES if not case.large],
    "large": [case for case in CASES if case.large][EACH_LARGE // 2 :: EACH_LARGE],
}


@pytest.mark.timeout(1200 if FULL else 240)
@pytest.mark.parametrize("selection", SELECTIONS)
def test_tensor_cases_agree_with_numpy_and_have_the_bits_of_an_h100(dev: Any, selection: str) -> None:
    recorded = layer_recording.recorded()
    has_recording = (dev.facts.sm_version, dev.facts.sm_count) == RECORDED_ON
    wrong, other_bits = [], []
    for case in SELECTIONS[selection]:
        digest, near = layer_recording.digest_of(case, dev)
        if not near:
            wrong.append(case.name)
        if has_recording and digest != recorded[case.name]:
            other_bits.append(case.name)

    assert not wrong, f"{len(wrong)} of {len(SELECTIONS[selection])} are wrong: {wrong[:8]}"
    assert not other_bits, f"{len(other_bits)} have other bits than on an H100: {other_bits[:8]}"
