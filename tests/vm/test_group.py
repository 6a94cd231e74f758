"""A group of three functions under a real kernel: a GPU, a serial port with its driver, and one without.

QEMU puts devices of its own beside the GPU, into the same slot. Functions of a slot that cannot be kept apart
are of one IOMMU group.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.vm.guests import ADDRESSES, Outcome

pytestmark = pytest.mark.guest("group")


@pytest.fixture(scope="module")
def outcome(outcome_of: Callable[[str], Outcome]) -> Outcome:
    return outcome_of("group")


@pytest.fixture(scope="module")
def steps(outcome: Outcome) -> dict[str, dict[str, Any]]:
    assert outcome.result.code == 0, outcome.everything()
    return outcome.steps


def test_the_device_saw_nothing_wrong(outcome: Outcome):
    assert outcome.wrong == []
    assert {each.kind for each in outcome.reports} <= {ADDRESSES}, outcome.reports


def siblings(steps: dict[str, dict[str, Any]]) -> list[str]:
    return [each for each in steps["group"]["members"] if each != steps["group"]["gpu"]]


def test_the_group_is_of_three_functions_with_a_driver_a_stranger_and_none(steps):
    group = steps["group"]

    assert len(group["members"]) == 3
    assert sorted(filter(None, group["drivers"].values())) == ["serial"]
    assert group["port_is_there"]


def test_each_of_them_has_to_be_agreed_to(steps):
    step = steps["unasked"]

    assert step["code"] == 3
    assert all(f"--with {each}" in step["errors"] for each in siblings(steps))
    assert step["same"]


def test_who_has_a_sibling_open_is_named(steps):
    step = steps["in_use"]

    assert step["code"] == 3
    assert f"pid {step['user']}" in step["errors"] and steps["group"]["port"] in step["errors"]
    assert step["same"]


def test_vfio_does_not_open_the_gpu_alone_and_status_says_why(steps):
    step = steps["the_gpu_alone"]

    assert step["raised"] is not None
    assert "review required" in step["status"] and "serial" in step["status"]
    assert step["left"] == "on"  # what vfio-pci leaves of a GPU that might sleep: unbind puts that back, too
    assert step["same"]


def test_the_whole_group_is_bound_and_the_gpu_opens(steps):
    step = steps["by_name"]

    assert step["code"] == 0, step["errors"]
    assert set(step["drivers"].values()) == {"vfio-pci"}
    assert step["port"] is None
    assert step["vendor"] == 0x10DE


def test_all_are_as_before_and_the_port_is_there_again(steps):
    step = steps["restore"]

    assert step["code"] == 0, step["errors"]
    assert step["same"], step
