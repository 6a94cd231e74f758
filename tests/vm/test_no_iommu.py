"""A GPU without an IOMMU in a guest: nothing happens unless it is asked for by name.

Debian's kernels do not offer VFIO without an IOMMU, the own one does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.vm.guests import ADDRESSES, Outcome

pytestmark = pytest.mark.guest("alone")


@pytest.fixture(scope="module")
def outcome(outcome_of: Callable[[str], Outcome]) -> Outcome:
    return outcome_of("alone")


@pytest.fixture(scope="module")
def steps(outcome: Outcome) -> dict[str, dict[str, Any]]:
    """What each step reported."""
    assert outcome.result.code == 0, outcome.everything()
    return outcome.steps


def test_the_device_saw_nothing_wrong(outcome: Outcome):
    assert outcome.wrong == []
    assert {each.kind for each in outcome.reports} <= {ADDRESSES}, outcome.reports


def test_it_is_not_bound_unasked(steps: dict[str, dict[str, Any]]):
    step = steps["bind_unasked"]

    assert step["code"] == 3
    assert "--dma-unprotected" in step["errors"]
    assert step["driver"] is None


def test_it_is_bound_when_asked_and_the_word_is_unprotected(steps: dict[str, dict[str, Any]]):
    step = steps["bind_asked"]

    assert step["code"] == 0, step["errors"]
    assert "DMA unprotected" in step["output"]
    assert "dma_protected: no" in step["output"]
    assert step["driver"] == "vfio-pci"
    assert any(name.startswith("noiommu-") for name in step["files"])


def test_it_is_not_opened_unasked(steps: dict[str, dict[str, Any]]):
    step = steps["open_unasked"]

    assert step["raised"] == "PermissionMissing"
    assert "unsafe_no_iommu=True" in step["text"]


def test_it_works_by_physical_addresses_when_asked(steps: dict[str, dict[str, Any]]):
    step = steps["use"]

    assert not step["protected"]
    assert step["works"]
    assert step["copied"]
    assert any("vfio-noiommu" in line for line in step["kernel"])
