"""`barewire bind` and `unbind` under a real kernel, with a real driver that does not let go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.vm.guests import ADDRESSES, Outcome

pytestmark = pytest.mark.guest("binding")


@pytest.fixture(scope="module")
def outcome(outcome_of: Callable[[str], Outcome]) -> Outcome:
    return outcome_of("binding")


@pytest.fixture(scope="module")
def steps(outcome: Outcome) -> dict[str, dict[str, Any]]:
    assert outcome.result.code == 0, outcome.everything()
    return outcome.steps


def test_the_device_saw_nothing_wrong(outcome: Outcome):
    assert outcome.wrong == []
    assert {each.kind for each in outcome.reports} <= {ADDRESSES}, outcome.reports


def test_a_gpu_that_no_driver_has_is_ready(steps):
    assert steps["verdict_before"]["driver"] is None
    assert steps["verdict_before"]["verdict"] == "ready to bind"


def test_its_files_are_the_users_once_it_is_bound(steps):
    bound = steps["bind_for_a_user"]

    assert (bound["code"], bound["driver"], bound["verdict"]) == (0, "vfio-pci", "bound")
    assert bound["dma_protected"]
    assert bound["owners"] and all(owner == [1000, 1000] for owner in bound["owners"])


def test_a_user_who_is_not_root_opens_it(steps):
    assert steps["a_driver_that_does_not_let_go"]["opened"] == "open as 1000"


def test_unbind_is_refused_while_a_process_has_it_open(steps):
    step = steps["a_driver_that_does_not_let_go"]

    assert step["verdict"] == "open"
    assert step["refused"]["code"] == 3
    assert step["refused"]["pid"] == step["user"]


def test_an_unbind_that_the_kernel_does_not_end_is_given_up(steps):
    step = steps["a_driver_that_does_not_let_go"]

    assert step["pid"] and str(step["pid"]) in step["given_up"]
    assert step["gave_up_s"] < 10
    assert any("vfio_unregister_group_dev" in line for line in step["stack"])


def test_what_it_left_is_restored_once_the_user_is_gone(steps):
    step = steps["a_driver_that_does_not_let_go"]

    assert (step["closed"], step["then"]) == ("closed", "restore required")
    assert steps["restore"]["code"] == 0
    assert steps["restore"]["same"], steps["restore"]


def test_it_is_the_same_again_and_again(steps):
    assert steps["bind_and_restore_again"]["rounds"] == [["vfio-pci", [], True]] * 3
