"""A software GPU behind the real vfio-pci of a guest: bound, booted, used, reset, killed, given back.

A guest runs once for each kernel, and the tests look at what it reported and at what the host saw of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from barewire.firmware import write_synthetic

from tests.vm import lane
from tests.vm.host import HostView, Mark, serving

MIB = 1 << 20
ADDRESS = "0000:01:00.0"
NAME = f"vfio:{ADDRESS}"
H100 = 0x180000A1  # NV_PMC_BOOT_0
GUEST_S = 420.0
AT_A_TIME = 2

SHORT = ("reserve_huge_pages", "bind", "look_at_the_bus", "boot", "demo", "unbind")
LONG = ()  # all of them


class Case(NamedTuple):
    """A guest: its kernel, the way it opens the GPU, and what it does."""

    kernel: str
    abi: str
    steps: tuple[str, ...]


CASES = {
    "stable-group": Case("stable", "group", LONG),
    "own-cdev": Case("own", "cdev", LONG),
    "newest-group": Case("newest", "group", SHORT),
}


class Session(NamedTuple):
    """What became of a guest.

    Attributes:
        steps: what each step reported.
        view: what the host saw.
    """

    case: Case
    result: lane.Result
    steps: dict[str, dict[str, Any]]
    view: HostView
    wrong: list[str]
    reports: list[str]

    def step(self, name: str) -> dict[str, Any]:
        """What a step reported; the test is skipped where the guest does not do it."""
        if self.case.steps and name not in self.case.steps:
            pytest.skip("another kernel's guest does that")
        if name not in self.steps:
            pytest.fail(f"the guest did not come to {name}\n{self.result.output}\n{self.result.console}")
        found = self.steps[name]
        if "error" in found:
            pytest.fail(f"{found['error']}\n{self.result.output}\n{self.reports}")
        return found

    def mark(self, name: str) -> Mark:
        """What the host saw when the guest came to a mark."""
        return self.view.marks[name[:4]]


@pytest.fixture(scope="module")
def guests(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Session]]]:
    """The guests that tests were asked for, two at a time: one waits for its GPU while the other computes."""
    wanted = {
        item.callspec.params["session"]
        for item in request.session.items
        if item.path == request.path and hasattr(item, "callspec") and "session" in item.callspec.params
    }
    here = [name for name, case in CASES.items() if name in wanted and lane.missing(case.kernel) is None]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield {name: pool.submit(run_guest, CASES[name], tmp_path_factory.mktemp("vm")) for name in here}


@pytest.fixture(scope="module", params=list(CASES))
def session(request: pytest.FixtureRequest, guests: dict[str, Future[Session]]) -> Session:
    """What became of one of them."""
    why = lane.missing(CASES[request.param].kernel)
    if why is not None:
        pytest.skip(why)
    return guests[request.param].result()


def run_guest(case: Case, folder: Path) -> Session:
    """Serve a GPU to a guest, and let it do its steps."""
    folder.chmod(0o700)
    firmware = folder / "firmware"
    write_synthetic(firmware, ["gh100"])
    settings = json.dumps({"abi": case.abi, "steps": case.steps}).encode()
    with serving(folder) as view:
        assert view.server is not None
        result = lane.run(
            Path(__file__).with_name("guest_session.py"),
            kernel=case.kernel,
            devices=[view.server.path],
            files={
                "/firmware": firmware,
                "/lib/firmware": firmware,
                "/payload/settings.json": settings,
            },
            timeout_s=GUEST_S,
        )
        steps = {each["step"]: each for each in result.results()}
        return Session(case, result, steps, view, view.wrong(), view.reports())


pytestmark = pytest.mark.timeout(2 * GUEST_S)


def test_the_guest_does_all_it_was_told(session: Session):
    assert session.result.code == 0, session.result.output + session.result.console
    assert session.wrong == []


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
    assert ("/dev/vfio/devices/vfio0" in step["files"]) == (session.case.abi == "cdev")
    assert step["devices"][0] == NAME
    assert session.mark("bound") == Mark(0, False)


def test_the_bus_is_the_kernels(session: Session):
    step = session.step("look_at_the_bus")

    assert step["abi"] == session.case.abi
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
    assert said["kind"] == "vfio"


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
    assert step["left"] == ["vfio"] or session.case.abi == "cdev"
    assert session.mark("unbd") == Mark(0, False)
