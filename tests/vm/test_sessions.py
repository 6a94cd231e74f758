"""A software GPU behind the real vfio-pci of a guest: bound, booted, used, reset, killed, given back.

A guest runs once for each kernel, and the tests look at what it reported and at what the host saw of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.vm.guests import ADDRESSES, SHORT_SESSION, Outcome
from tests.vm.host import Mark

MIB = 1 << 20
ADDRESS = "0000:01:00.0"
NAME = f"vfio:{ADDRESS}"
H100 = 0x180000A1  # NV_PMC_BOOT_0
# A doorbell is rung once more where work seems not to be seen, as on a busy machine.
REMARKS = {ADDRESSES, "doorbell"}
# Of memory that is unmapped under the GPU, and of processes that are killed with it at work.
PROVOKED = {"DMA refused", "GSP hung"}


class Session(NamedTuple):
    """What became of a guest.

    Attributes:
        abi: the way it opens the GPU.
        wanted: the steps it was to do; all that there are if empty.
        outcome: what it did.
    """

    abi: str
    wanted: tuple[str, ...]
    outcome: Outcome

    def step(self, name: str) -> dict[str, Any]:
        """What a step reported; the test is skipped where the guest does not do it."""
        if self.wanted and name not in self.wanted:
            pytest.skip("another kernel's guest does that")
        if name not in self.outcome.steps:
            pytest.fail(f"the guest did not come to {name}\n{self.outcome.everything()}")
        found = self.outcome.steps[name]
        if "error" in found:
            pytest.fail(f"{found['error']}\n{self.outcome.everything()}")
        return found

    def mark(self, name: str) -> Mark:
        """What the host saw when the guest came to a mark."""
        return self.outcome.marks[name[:4]]


CASES = {"stable-group": ("group", ()), "own-cdev": ("cdev", ()), "newest-group": ("group", SHORT_SESSION)}


@pytest.fixture(scope="module", params=[pytest.param(name, marks=pytest.mark.guest(name)) for name in CASES])
def session(request: pytest.FixtureRequest, outcome_of: Callable[[str], Outcome]) -> Session:
    """What became of one of them."""
    return Session(*CASES[request.param], outcome_of(request.param))


def test_the_guest_does_all_it_was_told(session: Session):
    assert session.outcome.result.code == 0, session.outcome.everything()


def test_the_device_saw_nothing_wrong_but_what_was_tried_on_purpose(session: Session):
    assert session.outcome.wrong == []
    expected = REMARKS if session.wanted else REMARKS | PROVOKED
    assert {each.kind for each in session.outcome.reports} <= expected, session.outcome.reports


def test_a_dry_run_shows_the_writes_and_does_none(session: Session):
    step = session.step("dry_run")

    assert step["code"] == 0, step["errors"]
    assert "Nothing was written." in step["output"]
    assert f"/sys/bus/pci/devices/{ADDRESS}/driver_override" in step["output"]
    assert step["driver"] is None


def test_bind_gives_the_gpu_to_the_kernels_vfio_pci(session: Session):
    step = session.step("bind")

    assert step["code"] == 0, step["errors"]
    assert step["driver"] == "vfio-pci"
    assert "/dev/vfio/vfio" in step["files"]
    assert ("/dev/vfio/devices/vfio0" in step["files"]) == (session.abi == "cdev")
    assert step["devices"][0] == NAME
    assert session.mark("bound") == Mark(0, False)


def test_the_bus_is_the_kernels(session: Session):
    step = session.step("look_at_the_bus")

    assert step["abi"] == session.abi
    assert step["protected"]
    assert step["boot0"] == H100
    assert step["bars"] == {"0": 16 * MIB, "2": 2048 * MIB, "4": 32 * MIB}
    assert step["vectors"] == 9
    assert session.mark("closed") == Mark(0, False)


def test_a_second_owner_is_told_who_has_it(session: Session):
    step = session.step("one_owner")

    assert step["code"] == 3
    assert f"in use by process {step['pid']}" in step["errors"]


def test_the_gpu_boots_and_works_and_is_left_without_a_trace(session: Session):
    step = session.step("boot")

    assert step["works"]
    assert step["vram"] == 2048 * MIB
    assert session.mark("booted").master
    assert session.mark("booted").mapped_bytes > 0
    assert session.mark("down") == Mark(0, False)


def test_the_demo_passes(session: Session):
    step = session.step("demo")

    assert step["code"] == 0, step["output"] + step["errors"]
    said = json.loads(step["output"])
    assert said["passed"]
    assert said["kind"].startswith("GPU of vfio-pci")


def test_a_fault_ends_its_channel_and_nothing_else(session: Session):
    step = session.step("fault")

    assert "MmuFault" in step["raised"]
    assert "nothing is mapped there" in step["raised"][-1]
    assert step["works"]


def test_memory_that_the_iommu_does_not_map_is_out_of_the_gpus_reach(session: Session):
    step = session.step("unmapped_iova")

    assert session.mark("map").mapped_bytes - session.mark("gone").mapped_bytes == 64 << 10
    assert "ChannelDead" in step["raised"]
    assert step["untouched"]
    # The server looks addresses up in what it was told to map; the guest's IOMMU is not asked, and is silent.
    assert [line for line in step["kernel"] if "fault" in line.lower()] == []


def test_an_interrupt_of_the_gpu_wakes_who_waits_for_its_work(session: Session):
    step = session.step("interrupt")

    assert step["kind"] == "MSI-X"
    assert (step["quiet"], step["early"], step["count"]) == (0, 0, 1)
    assert step["copied"] == 1
    assert step["woken_ms"] < 2000


def test_it_boots_after_each_reset(session: Session):
    assert session.step("resets")["worked"] == [True] * 5


def test_it_boots_after_its_process_was_killed_at_any_place(session: Session):
    step = session.step("kills")

    assert all(each.startswith("killed at") for each in step["ended"]), step["ended"]
    assert len(step["worked"]) == 5
    assert all(step["worked"])
    assert session.mark("kill") == Mark(0, False)


def test_status_names_the_next_action(session: Session):
    step = session.step("status")

    assert step["code"] == 0
    assert f"barewire demo --device {NAME}" in step["output"]


def test_unbind_leaves_it_as_it_was(session: Session):
    step = session.step("unbind")

    assert step["code"] == 0, step["errors"]
    assert step["driver"] is None
    assert step["override"] == "(null)"
    assert step["left"] == ["vfio"] or session.abi == "cdev"
    assert session.mark("unbd") == Mark(0, False)
