"""What stands against binding, whose the files are, and restoring: on a machine that is a folder."""

from __future__ import annotations

import errno

import pytest
from barewire.errors import (
    BarewireError,
    BindRefused,
    DeviceBusy,
    NoDevice,
    PermissionMissing,
    RestoreIncomplete,
    UsageError,
)
from barewire.pci.plan import NOTHING, Agreed
from binders import WHOLE_GROUP, bind, binder_of, fails_at, unbind
from fake_sysfs import AUDIO, H100, PORT, FakeMachine, h100_machine


@pytest.fixture
def machine(tmp_path) -> FakeMachine:
    return h100_machine(tmp_path, sibling=True)


@pytest.fixture
def alone(tmp_path) -> FakeMachine:
    """An H100 that is the only one in its group."""
    return h100_machine(tmp_path)


# What stands against it


def obstacles(machine: FakeMachine, agreed: Agreed = NOTHING) -> list[tuple[str, str]]:
    plan = binder_of(machine).plan(H100, agreed)
    return [(each.kind, each.message) for each in plan.obstacles]


def test_other_functions_of_the_group_are_asked_for_by_name(machine):
    plan = binder_of(machine).plan(H100)

    assert [each.kind for each in plan.obstacles] == ["review"]
    with pytest.raises(BindRefused, match=AUDIO) as refused:
        binder_of(machine).bind(plan)
    assert f"--with {AUDIO}" in refused.value.hint
    assert machine.kernel.writes == []


@pytest.mark.parametrize("agreed", [Agreed(members=frozenset({AUDIO})), WHOLE_GROUP])
def test_agreeing_to_the_members_is_enough(machine, agreed):
    assert obstacles(machine, agreed) == []


def test_agreeing_to_a_function_of_another_group_is_a_mistake(machine):
    with pytest.raises(UsageError, match="not in the IOMMU group"):
        obstacles(machine, Agreed(members=frozenset({PORT})))


def test_members_that_vfio_has_already_need_no_consent(machine):
    machine.take_driver(AUDIO)
    machine.give_driver(AUDIO, "vfio-pci")

    plan = binder_of(machine).plan(H100)

    assert plan.obstacles == ()
    assert [each.address for each in plan.taken] == [H100]


def test_a_bridge_whose_driver_vfio_does_not_bear_is_named(machine):
    machine.add_function("0000:01:00.2", 1, vendor_id=1, class_code=0x060400, driver="strange")

    assert [kind for kind, message in obstacles(machine, WHOLE_GROUP) if "strange" in message] == [
        "not ready"
    ]


def test_without_an_iommu_it_is_refused_unless_asked_by_its_name(tmp_path):
    machine = FakeMachine(tmp_path, cdev=False)
    machine.add_vfio()
    machine.add_function(H100, group=None, below="", driver="nvidia")

    with pytest.raises(BindRefused, match="no IOMMU group") as refused:
        bind(machine)
    assert "--dma-unprotected" in refused.value.hint
    assert machine.kernel.writes == []

    before = machine.picture()
    bind(machine, Agreed(dma_unprotected=True))
    assert machine.driver(H100) == "vfio-pci"
    assert machine.unsafe
    assert (machine.dev / "vfio/noiommu-0").exists()
    unbind(machine)
    assert machine.picture() == before


@pytest.mark.parametrize("last", [0, 1])
@pytest.mark.parametrize("mode", ["N", "Y"])
def test_the_mode_without_an_iommu_stays_until_the_last_gpu_goes_back(tmp_path, mode, last):
    machine = FakeMachine(tmp_path, cdev=False)
    machine.add_vfio()
    machine.put("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", mode + "\n")
    addresses = [H100, "0000:02:00.0"]
    for each in addresses:
        machine.add_function(each, group=None, below="", driver="nvidia")
    before = machine.picture()
    binder = binder_of(machine)
    for each in addresses:
        binder.bind(binder.plan(each, Agreed(dma_unprotected=True)))

    first = addresses[1 - last]
    binder.restore(binder.states.find(first))
    assert machine.unsafe
    binder.restore(binder.states.find(addresses[last]))

    assert machine.picture() == before


def test_vfio_that_is_not_loaded_yet_is_not_said_to_have_no_such_mode(tmp_path):
    machine = FakeMachine(tmp_path, cdev=False)
    machine.add_function(H100, group=None, below="", driver="nvidia")

    bind(machine, Agreed(dma_unprotected=True, load_module=True))
    assert machine.unsafe
    unbind(machine)

    assert machine.driver(H100) == "nvidia"
    assert not machine.unsafe


def test_a_kernel_without_that_mode_says_so(tmp_path):
    machine = FakeMachine(tmp_path)
    machine.add_driver("vfio-pci")
    machine.add_function(H100, group=None, below="", driver="nvidia")

    with pytest.raises(BindRefused, match="no mode without an IOMMU"):
        bind(machine, Agreed(dma_unprotected=True))


def test_no_iommu_says_whether_the_machine_has_one(machine):
    (machine.function(H100) / "iommu_group").unlink()

    assert any("although this machine has an IOMMU" in message for _, message in obstacles(machine))


def test_vfio_pci_is_loaded_only_if_asked(tmp_path):
    machine = FakeMachine(tmp_path)
    machine.add_function(H100, driver="nvidia", below="")

    assert [kind for kind, _ in obstacles(machine)] == ["not ready"]
    bind(machine, Agreed(load_module=True))

    assert machine.driver(H100) == "vfio-pci"
    assert machine.kernel.writes[0] == ("sys/module", "vfio-pci")


def test_virtual_functions_are_in_use(machine):
    (machine.function(H100) / "sriov_numvfs").write_text("4\n")

    assert [
        kind for kind, message in obstacles(machine, WHOLE_GROUP) if "4 virtual functions" in message
    ] == ["in use"]


def test_a_device_that_does_not_answer_is_not_bound(machine):
    (machine.function(H100) / "config").write_bytes(b"\xff" * 64)

    assert [kind for kind, message in obstacles(machine, WHOLE_GROUP) if "does not answer" in message] == [
        "not ready"
    ]


def test_a_process_with_the_device_open_is_named(machine):
    machine.put("dev/nvidia0", "")
    machine.add_process(4711, "python3", opens=("nvidia0",))

    with pytest.raises(DeviceBusy, match=r"python3 \(pid 4711\)") as busy:
        bind(machine)

    assert busy.value.pid == 4711
    assert machine.kernel.writes == []


def test_a_screen_goes_dark_only_if_agreed(machine):
    (machine.function(H100) / "boot_vga").write_text("1\n")

    assert [kind for kind, _ in obstacles(machine, WHOLE_GROUP)] == ["review"]
    assert obstacles(machine, Agreed(whole_group=True, dark_screen=True)) == []


def test_all_that_stands_against_it_is_told_at_once(machine):
    (machine.function(H100) / "boot_vga").write_text("1\n")

    with pytest.raises(BindRefused) as refused:
        bind(machine, Agreed())

    assert "boot_vga" in refused.value.others


@pytest.mark.parametrize(
    ("address", "error"),
    [(PORT, UsageError), (AUDIO, UsageError), ("0000:99:00.0", NoDevice), ("x", UsageError)],
)
def test_only_gpus_are_bound(machine, address, error):
    with pytest.raises(error):
        binder_of(machine).plan(address)


def test_only_vfio_pci_devices_of_nobody_have_no_state(alone):
    """Bound by somebody else: nothing is done, and nothing is claimed."""
    alone.take_driver(H100)
    alone.give_driver(H100, "vfio-pci")

    assert bind(alone) is None
    assert binder_of(alone).states.find(H100) is None


# Files for users


def test_the_files_are_given_to_a_user(alone):
    bind(alone, Agreed(uid=1000, gid=1001))

    given = {path.name: owner for path, owner in alone.owners.items()}
    assert given == {"12": (1000, 1001), "vfio0": (1000, 1001)}
    assert alone.kernel.settled == 1


def test_files_that_were_there_before_get_their_owner_back(machine):
    """A sibling that was with vfio-pci before has the group's file."""
    machine.take_driver(AUDIO)
    machine.give_driver(AUDIO, "vfio-pci")
    machine.owners[machine.dev / "vfio/12"] = (5, 6)
    said = (machine.dev / "vfio/12").stat()
    machine.owners[machine.dev / "vfio/12"] = (said.st_uid, said.st_gid)
    before = machine.picture()

    bind(machine, Agreed(uid=1000))
    assert machine.owners[machine.dev / "vfio/12"] == (1000, said.st_gid)
    unbind(machine)

    assert machine.picture() == before


@pytest.mark.parametrize("number", [3, 4])
@pytest.mark.parametrize("late", [False, True])
def test_a_file_that_was_there_before_gets_its_owner_back_when_giving_fails(machine, number, late):
    machine.take_driver(AUDIO)
    machine.give_driver(AUDIO, "vfio-pci")
    said = (machine.dev / "vfio/12").stat()
    machine.owners[machine.dev / "vfio/12"] = (said.st_uid, said.st_gid)
    before = machine.picture()
    fails_at(machine, number, late=late, error=PermissionError(errno.EPERM, "no"))

    with pytest.raises(PermissionMissing):
        bind(machine, Agreed(uid=1000, gid=1001))

    assert machine.picture() == before


@pytest.mark.parametrize("number", range(5))
def test_a_failure_to_give_the_files_puts_everything_back(alone, number):
    before = alone.picture()
    fails_at(alone, number, late=False, error=PermissionError(errno.EPERM, "no"))

    with pytest.raises(PermissionMissing):
        bind(alone, Agreed(uid=1000))

    assert alone.picture() == before


def test_files_that_never_come_are_noticed(alone):
    before = alone.picture()

    def strike(number: int) -> None:
        if number == 2:
            (alone.dev / "vfio/12").unlink()
            (alone.dev / "vfio/devices/vfio0").unlink()

    alone.kernel.after = strike
    with pytest.raises(BarewireError, match="has no file of it"):
        bind(alone, Agreed(uid=1000))

    assert alone.picture() == before


# Restoring


def test_a_device_that_somebody_has_open_is_not_taken_from_him(alone):
    bind(alone)
    alone.add_process(99, "barewire", opens=("vfio/12",))
    after = alone.picture()

    with pytest.raises(DeviceBusy, match=r"barewire \(pid 99\)"):
        unbind(alone)

    assert alone.picture() == after


def test_a_driver_that_is_not_loaded_any_more_is_named(alone):
    bind(alone)
    (alone.sys / "bus/pci/drivers/nvidia").rename(alone.root / "elsewhere")

    with pytest.raises(BindRefused) as refused:
        unbind(alone)

    assert "modprobe nvidia" in refused.value.hint
    assert alone.driver(H100) == "vfio-pci"


def test_a_function_that_left_the_bus_keeps_nobody_from_restoring_the_others(machine):
    bind(machine)
    machine.take_driver(AUDIO)
    (machine.sys / "bus/pci/devices" / AUDIO).unlink()

    assert unbind(machine) == (f"{AUDIO} is not there any more",)
    assert machine.driver(H100) == "nvidia"


def test_another_card_in_the_same_place_is_left_alone(alone):
    bind(alone)
    (alone.function(H100) / "device").write_text("0x2331\n")

    assert unbind(alone) == (f"{H100} is another card now (10de:2331, was 10de:2330)",)
    assert alone.driver(H100) == "vfio-pci"


def test_a_function_that_somebody_else_bound_is_left_to_him(machine):
    bind(machine)
    machine.take_driver(AUDIO)
    machine.add_driver("other")
    machine.give_driver(AUDIO, "other")

    assert unbind(machine) == (f"{AUDIO} was bound to other by somebody else",)
    assert (machine.driver(H100), machine.driver(AUDIO)) == ("nvidia", "other")


def test_one_that_cannot_be_restored_keeps_nobody_from_restoring_the_others(machine):
    before = machine.picture()
    bind(machine)
    machine.kernel.probe_errors["snd_hda_intel"] = errno.ENODEV

    with pytest.raises(RestoreIncomplete, match="snd_hda_intel"):
        unbind(machine)

    assert machine.driver(H100) == "nvidia"
    machine.kernel.probe_errors.clear()
    unbind(machine)
    assert machine.picture() == before


def test_what_a_plan_says_is_what_is_done(machine):
    binder = binder_of(machine)
    plan = binder.plan(H100, WHOLE_GROUP)
    done: list[str] = []

    binder.bind(plan, progress=lambda step: done.append(step.command))

    assert done == [step.command for step in plan.steps]
    assert [(str(s.path.relative_to(machine.root)), s.text) for s in plan.steps] == machine.kernel.writes
    assert done[1] == f"echo {H100} > {machine.sys}/bus/pci/drivers/nvidia/unbind"


@pytest.mark.parametrize("agreed", [WHOLE_GROUP, Agreed(whole_group=True, uid=1000)])
def test_what_restoring_says_is_what_is_done(machine, agreed):
    bind(machine, agreed)
    binder = binder_of(machine)
    record = binder.states.find(H100)
    said = binder.restore_steps(record)
    count, done = len(machine.kernel.writes), []

    binder.restore(record, progress=lambda step: done.append(step))

    assert tuple(done) == said
    written = machine.kernel.writes[count:]
    assert [(str(step.path.relative_to(machine.root)), step.text) for step in said] == written


def test_planning_writes_nothing(machine) -> None:
    before = machine.picture()

    binder_of(machine).plan(H100, WHOLE_GROUP)

    assert machine.picture() == before
    assert machine.kernel.writes == []


def test_pci_stub_may_keep_a_sibling_but_not_the_gpu_itself(machine):
    machine.add_driver("pci-stub")
    for each in (H100, AUDIO):
        machine.take_driver(each)
        machine.drivers["pci-stub"].add(each)
        machine.give_driver(each, "pci-stub")
    before = machine.picture()

    record = bind(machine, NOTHING)

    assert record.addresses == (H100,)
    unbind(machine)
    assert machine.picture() == before
