"""The tensor layer's kernels on the SM: the same bits as on an H100, case by case."""

from __future__ import annotations

import os

import pytest

from tests.common import tensor_cases
from tests.soft import layer_recording
from tests.soft.layer_device import LayerDevice

EACH = 1 if os.environ.get("BAREWIRE_FULL") else 10
CASES = tensor_cases.cases()
RECORDED = layer_recording.recorded()


@pytest.mark.parametrize("case", CASES[::EACH], ids=lambda case: case.name)
def test_an_sm_gives_what_an_h100_gave(case):
    digest, near = layer_recording.digest_of(case, LayerDevice())

    assert near
    assert digest == RECORDED[case.name]


def test_every_case_was_recorded():
    assert set(RECORDED) == {case.name for case in CASES}
