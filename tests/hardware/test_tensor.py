"""The small cases of the tensor layer on a real GPU, against NumPy in float64; tensor.py runs them all."""

from __future__ import annotations

from typing import Any

import pytest

from tests.common import tensor_cases

pytestmark = pytest.mark.hardware


@pytest.mark.timeout(240)
def test_every_small_tensor_case_agrees_with_numpy(dev: Any) -> None:
    results = list(tensor_cases.run_all(dev, large=False))

    wrong = [
        f"{r.name}: off by {r.max_error:.3g}, {r.tolerance:.3g} allowed" for r in results if not r.passed
    ]
    assert results, "no case ran"
    assert not wrong, f"{len(wrong)} of {len(results)}: {wrong[:8]}"
