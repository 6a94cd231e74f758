"""Binding to vfio-pci and restoring, on a machine that is a folder: every write may fail."""

from __future__ import annotations

import errno
import os
import random
import signal
from contextlib import suppress
from dataclasses import replace

import pytest
from barewire.errors import (
    BarewireError,
    BindRefused,
    DeviceBusy,
    DeviceLost,
    PermissionMissing,
    PollTimeout,
    RestoreIncomplete,
    TransportError,
)
from barewire.pci.plan import Agreed
from binders import WHOLE_GROUP, bind, binder_of, fails_at, handled, unbind, works_again
from fake_sysfs import AUDIO, H100, PORT, FakeMachine, h100_machine

ROUNDS = 100


@pytest.fixture
def machine(tmp_path) -> FakeMachine:
    return h100_machine(tmp_path, sibling=True)


@pytest.fixture
def alone(tmp_path) -> FakeMachine:
    """An H100 that is the only one in its group."""
    return h100_machine(tmp_path)


# Binding and restoring


def test_binding_sets_the_override_before_anybody_could_take_the_device(alone):
    bind(alone)

    assert alone.driver(H100) == "vfio-pci"
    assert alone.kernel.writes == [
        (f"sys/bus/pci/devices/{H100}/driver_override", "vfio-pci"),
        ("sys/bus/pci/drivers/nvidia/unbind", H100),
        ("sys/bus/pci/drivers/vfio-pci/bind", H100),
    ]


def test_restoring_leaves_the_machine_as_it_was(machine):
    before = machine.picture()
    bind(machine)
    assert machine.picture() != before

    assert unbind(machine) == ()

    assert machine.picture() == before


def test_the_whole_group_goes_along_but_not_its_bridges(tmp_path):
    machine = FakeMachine(tmp_path)
    machine.add_vfio()
    machine.add_function(PORT, 0x1901, vendor_id=0x8086, class_code=0x060400, driver="pcieport", group=12)
    machine.add_function(H100, driver="nvidia")
    machine.add_function(AUDIO, 0x22BA, class_code=0x040300, driver="snd_hda_intel")

    record = bind(machine)

    assert record.addresses == (H100, AUDIO)
    assert [machine.driver(each) for each in (PORT, H100, AUDIO)] == ["pcieport", "vfio-pci", "vfio-pci"]


@pytest.mark.parametrize("override", ["(null)", "nvidia", "vfio-pci"])
@pytest.mark.parametrize("driver", [None, "nvidia", "nouveau"])
def test_whatever_driver_and_override_there_were_come_back(tmp_path, driver, override):
    machine = FakeMachine(tmp_path)
    machine.add_vfio()
    machine.add_function(H100, driver=driver, below="", files={"driver_override": override})
    before = machine.picture()

    bind(machine)
    assert machine.driver(H100) == "vfio-pci"
    unbind(machine)

    assert machine.picture() == before


@pytest.mark.parametrize("control", ["auto", "on"])
def test_a_gpu_that_may_sleep_may_do_so_again(tmp_path, control):
    """vfio-pci forbids it when it lets go: a laptop's GPU would burn its battery from then on."""
    machine = FakeMachine(tmp_path)
    machine.add_vfio()
    machine.add_function(H100, driver="nvidia", below="", files={"power/control": control})
    before = machine.picture()

    bind(machine)
    unbind(machine)

    assert machine.picture() == before


def test_a_machine_is_the_same_after_many_rounds_with_a_failure_at_each_write(tmp_path):
    """100 rounds: bind with a write that fails, bind, restore with a write that fails, restore."""
    chance = random.Random(7)
    machine = h100_machine(tmp_path, sibling=True)
    before = machine.picture()
    bind(machine)
    bind_writes = len(machine.kernel.writes)
    unbind(machine)
    restore_writes = len(machine.kernel.writes) - bind_writes
    struck: set[tuple[str, int, bool]] = set()
    for number in range(ROUNDS):
        late = bool(number // max(bind_writes, restore_writes) % 2)
        fault = OSError(chance.choice([errno.EIO, errno.EINVAL, errno.EBUSY]), "made up")
        fails_at(machine, number % bind_writes, late=late, error=fault)
        with pytest.raises(TransportError):
            bind(machine)
        struck.add(("bind", number % bind_writes, late))
        assert machine.picture() == before, f"round {number}"

        works_again(machine)
        bind(machine)
        fails_at(machine, number % restore_writes, late=late, error=fault)
        with pytest.raises(RestoreIncomplete):
            unbind(machine)
        struck.add(("restore", number % restore_writes, late))
        works_again(machine)
        unbind(machine)
        assert machine.picture() == before, f"round {number}"

    assert len(struck) == 2 * (bind_writes + restore_writes)


def machine_by_chance(root, chance: random.Random) -> tuple[FakeMachine, Agreed]:
    """A GPU with or without an IOMMU, siblings of several kinds and drivers, and somebody's overrides."""
    machine = FakeMachine(root, cdev=chance.random() < 0.5)
    machine.add_vfio()
    agreed = Agreed(
        whole_group=True, dma_unprotected=True, uid=chance.choice([-1, 1000]), gid=chance.choice([-1, 1001])
    )
    overrides = ["(null)", "(null)", "vfio-pci", "nvidia", "strange"]
    if chance.random() < 0.2:
        machine.add_function(H100, driver="nvidia", group=None, below="")
        return machine, agreed
    if chance.random() < 0.5:
        machine.add_function(PORT, 0x1901, vendor_id=0x8086, class_code=0x060400, driver="pcieport", group=12)
    machine.add_function(
        H100,
        driver=chance.choice(["nvidia", "nouveau", "pci-stub", None]),
        files={"driver_override": chance.choice(overrides), "power/control": chance.choice(["auto", "on"])},
    )
    kinds = [
        (0x040300, "snd_hda_intel"),
        (0x0C0330, "xhci_hcd"),
        (0x0C8000, "nvidia-gpu"),
        (0x030200, "nvidia"),
    ]
    for number, (class_code, driver) in enumerate(kinds[: chance.randrange(5)], 1):
        machine.add_function(
            f"0000:01:00.{number}",
            class_code=class_code,
            driver=chance.choice([driver, driver, "vfio-pci", "pci-stub", None]),
            files={
                "driver_override": chance.choice(overrides),
                "power/control": chance.choice(["auto", "on"]),
            },
        )
    return machine, agreed


def faults_by_chance(machine: FakeMachine, chance: random.Random) -> None:
    """Writes fail from one of them on: once, some, or all that follow; before or after they took effect."""
    first, each = len(machine.kernel.writes) + chance.randrange(14), chance.choice([0.0, 0.3, 1.0])

    def strike(number: int) -> None:
        if number == first or (number > first and chance.random() < each):
            match chance.randrange(4):
                case 0:
                    raise PollTimeout("made up", pid=4711)
                case 1:
                    raise PollTimeout("made up")
                case 2:
                    signal.raise_signal(signal.SIGTERM)
                case _:
                    raise OSError(chance.choice([errno.EIO, errno.EINVAL, errno.EACCES]), "made up")

    machine.kernel.before, machine.kernel.after = (
        (lambda n: None, strike) if chance.random() < 0.5 else (strike, lambda n: None)
    )


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_any_machine_is_the_same_after_any_failures_of_binding_and_restoring(tmp_path, seed):
    """Also where the way back fails: then a state file is there, and `unbind` does the rest."""
    chance = random.Random(seed)
    machine, agreed = machine_by_chance(tmp_path, chance)
    binder = binder_of(machine)
    before = machine.picture()
    with handled(signal.SIGTERM):
        faults_by_chance(machine, chance)
        try:
            binder.bind(binder.plan(H100, agreed))
        except RestoreIncomplete:
            assert binder.states.find(H100) is not None
        except BarewireError:
            assert machine.picture() == before
        faults_by_chance(machine, chance)
        record = binder.states.find(H100)
        if record is not None:
            with suppress(RestoreIncomplete):
                binder.restore(record)
    works_again(machine)
    record = binder.states.find(H100)
    if record is not None:
        assert binder.restore(record) == ()

    assert machine.picture() == before


def all_writes(sibling: bool = True) -> range:
    return range(6 if sibling else 3)


@pytest.mark.parametrize("late", [False, True], ids=["before it", "after it"])
@pytest.mark.parametrize("number", all_writes())
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_at_any_write_puts_everything_back_before_it_is_delivered(
    machine, signal_number, number, late
):
    before = machine.picture()

    def strike(count: int) -> None:
        if count == number:
            os.kill(os.getpid(), signal_number)

    if late:
        machine.kernel.after = strike
    else:
        machine.kernel.before = strike

    with handled(signal_number) as came, pytest.raises(TransportError, match="interrupted"):
        bind(machine)

    assert came == [signal_number]
    assert machine.picture() == before


def test_ctrl_c_is_a_keyboard_interrupt_once_everything_is_back(machine):
    before = machine.picture()
    machine.kernel.before = lambda number: signal.raise_signal(signal.SIGINT) if number == 4 else None

    with pytest.raises(KeyboardInterrupt):
        bind(machine)

    assert machine.picture() == before


def test_many_ctrl_cs_do_not_stop_the_way_back(machine):
    before = machine.picture()
    machine.kernel.before = lambda number: signal.raise_signal(signal.SIGINT) if number >= 4 else None

    with pytest.raises(KeyboardInterrupt):
        bind(machine)

    assert machine.picture() == before


def test_ctrl_c_while_restoring_waits_until_all_is_restored(machine):
    before = machine.picture()
    bind(machine)
    machine.kernel.before = lambda number: signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        unbind(machine)

    assert machine.picture() == before


def test_handlers_of_signals_are_the_programs_own_again(machine):
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]

    bind(machine)
    unbind(machine)

    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


@pytest.mark.parametrize("number", all_writes())
def test_a_defect_at_any_write_puts_everything_back_too(machine, number):
    before = machine.picture()
    fails_at(machine, number, late=False, error=ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        bind(machine)

    assert machine.picture() == before


def test_a_killed_binder_leaves_what_unbind_needs(machine):
    """As after SIGKILL: no code of its own runs any more."""
    before = machine.picture()
    binder = binder_of(machine)
    plan = binder.plan(H100, WHOLE_GROUP)
    binder.states.begin(plan.record)
    for step in plan.steps[:4]:
        machine.kernel.write(step.path, step.text, 1)

    with pytest.raises(BindRefused, match="is not restored"):
        bind(machine)
    unbind(machine)

    assert machine.picture() == before


def test_binding_twice_is_binding_once(alone):
    bind(alone)
    count = len(alone.kernel.writes)

    assert bind(alone) is None
    assert len(alone.kernel.writes) == count


def test_two_binders_at_once_do_not_both_begin(machine):
    binder = binder_of(machine)
    first, second = binder.plan(H100, WHOLE_GROUP), binder.plan(H100, WHOLE_GROUP)
    binder.bind(first)
    after = machine.picture()

    with pytest.raises(DeviceBusy, match="is not restored"):
        binder.bind(second)

    assert machine.picture() == after


# What goes wrong in the kernel


@pytest.mark.parametrize("override", ["(null)", "vfio-pci"])
def test_an_unbind_that_never_ends_is_given_up_and_its_state_is_kept(alone, override):
    """The kernel may still do it, long after: then only the file knows which driver the device had."""
    (alone.function(H100) / "driver_override").write_text(override + "\n")
    before = alone.picture()
    stuck = PollTimeout(
        "it did not end in time", hint="The kernel is still at it, in process 4711.", pid=4711
    )
    fails_at(alone, 1, late=False, error=stuck)

    with pytest.raises(RestoreIncomplete, match="did not end in time; all else is as it was") as given_up:
        bind(alone)

    assert given_up.value.pid == 4711
    assert "4711" in given_up.value.hint and "barewire unbind" in given_up.value.hint
    works_again(alone)
    alone.take_driver(H100)  # now it has done it
    unbind(alone)
    assert alone.picture() == before


def test_one_that_was_given_up_before_it_reached_the_kernel_leaves_nothing(alone):
    before = alone.picture()
    fails_at(alone, 1, late=False, error=PollTimeout("it did not end in time"))

    with pytest.raises(PollTimeout):
        bind(alone)

    assert alone.picture() == before


def test_a_lock_that_stays_taken_is_told_and_the_state_file_stays(machine):
    """A driver that does not let go may keep the device locked: the override cannot be put back either."""

    def strike(number: int) -> None:
        if number >= 1:
            raise PollTimeout(f"write {number} did not end in time", hint="The kernel is still at it.")

    machine.kernel.before = strike

    with pytest.raises(RestoreIncomplete, match="not everything could be put back") as left:
        bind(machine)

    assert "barewire unbind" in left.value.hint
    assert binder_of(machine).states.find(H100) is not None
    works_again(machine)
    unbind(machine)
    assert binder_of(machine).states.find(H100) is None
    assert machine.driver(H100) == "nvidia"
    assert (machine.function(H100) / "driver_override").read_text() == "(null)\n"


@pytest.mark.parametrize(
    ("number", "says"),
    [(errno.EINVAL, "IOMMU"), (errno.ENODEV, "does not accept"), (errno.EBUSY, "Another driver")],
)
def test_a_probe_that_fails_says_what_it_may_be(alone, number, says):
    before = alone.picture()
    alone.kernel.probe_errors["vfio-pci"] = number

    with pytest.raises(TransportError) as refused:
        bind(alone)

    assert refused.value.errno == number
    assert says in refused.value.hint
    assert alone.picture() == before


def test_a_probe_that_never_takes_the_device_is_noticed(alone):
    before = alone.picture()
    alone.kernel.lazy.add("vfio-pci")

    with pytest.raises(PollTimeout, match=r"driver of 0000:01:00\.0 is not vfio-pci"):
        bind(alone)

    assert alone.picture() == before


def test_without_the_right_to_write_root_is_named(alone):
    fails_at(alone, 0, late=False, error=PermissionError(errno.EACCES, "Permission denied"))

    with pytest.raises(PermissionMissing) as refused:
        bind(alone)

    assert "root" in refused.value.hint


def test_a_driver_that_changes_meanwhile_is_not_taken(machine):
    binder = binder_of(machine)
    plan = binder.plan(H100, WHOLE_GROUP)
    machine.take_driver(H100)
    machine.add_driver("nouveau")
    machine.give_driver(H100, "nouveau")
    before = machine.picture()

    with pytest.raises(DeviceBusy, match="it is nouveau, not nvidia"):
        binder.bind(plan)

    assert machine.picture() == before


@pytest.mark.parametrize("address", [H100, AUDIO])
def test_what_somebody_else_gives_to_vfio_pci_meanwhile_stays_his(machine, address):
    """Not every function that vfio-pci has is ours to give back: only what was begun is undone."""
    binder = binder_of(machine)
    plan = binder.plan(H100, WHOLE_GROUP)
    machine.take_driver(address)
    machine.give_driver(address, "vfio-pci")
    before = machine.picture()

    with pytest.raises(DeviceBusy, match="it is vfio-pci, not"):
        binder.bind(plan)

    assert machine.picture() == before
    assert binder.states.find(H100) is None


def test_two_gpus_of_one_group_are_not_bound_twice(machine):
    """Both plans are of the same functions; the second one must not undo what the first one did."""
    second_gpu = "0000:01:00.2"
    machine.add_function(second_gpu, driver="nvidia")
    binder = binder_of(machine)
    first, second = binder.plan(H100, WHOLE_GROUP), binder.plan(second_gpu, WHOLE_GROUP)
    binder.bind(first)
    after = machine.picture()

    with pytest.raises(DeviceBusy, match="is not restored"):
        binder.bind(second)

    assert machine.picture() == after
    assert {machine.driver(each) for each in (H100, AUDIO, second_gpu)} == {"vfio-pci"}


def test_who_comes_while_another_process_binds_is_told_and_changes_nothing(alone):
    other = binder_of(alone).states
    binder = binder_of(alone)
    plan = binder.plan(H100)
    with other.turn(1.0, lambda: False):
        before = alone.picture()
        with pytest.raises(DeviceBusy, match="at this moment"):
            binder.bind(plan)
        assert alone.picture() == before


def test_a_record_that_another_bind_replaced_is_not_restored(alone):
    record = bind(alone)
    unbind(alone)
    anew = replace(record, time_utc="later")
    binder_of(alone).states.begin(anew)

    with pytest.raises(DeviceBusy, match="bound anew"):
        binder_of(alone).restore(record)

    assert binder_of(alone).states.find(H100) == anew


def leaves_the_bus(machine: FakeMachine, address: str) -> None:
    if machine.driver(address) is not None:
        machine.take_driver(address)
    (machine.sys / "bus/pci/devices" / address).unlink()
    (machine.sys / "kernel/iommu_groups/12/devices" / address).unlink()


@pytest.mark.parametrize("number", range(6))
def test_a_sibling_that_leaves_the_bus_while_binding_keeps_nobody_from_going_back(machine, number):
    machine.kernel.after = lambda count: leaves_the_bus(machine, AUDIO) if count == number else None

    with pytest.raises(BarewireError) as failed:
        bind(machine)

    assert not isinstance(failed.value, RestoreIncomplete)
    if number < 5:
        assert isinstance(failed.value, (DeviceLost, PollTimeout))
    assert machine.driver(H100) == "nvidia"
    assert (machine.function(H100) / "driver_override").read_text() == "(null)\n"
    assert binder_of(machine).states.find(H100) is None


@pytest.mark.parametrize("number", range(6))
def test_a_sibling_that_leaves_the_bus_while_restoring_is_no_failure(machine, number):
    bind(machine)
    wanted = len(machine.kernel.writes) + number
    machine.kernel.before = lambda count: leaves_the_bus(machine, AUDIO) if count == wanted else None

    unbind(machine)

    assert machine.driver(H100) == "nvidia"
    assert not (machine.root / "run/barewire").exists()


def test_a_terminal_that_is_gone_keeps_nobody_from_restoring(machine):
    before = machine.picture()
    bind(machine)
    binder = binder_of(machine)

    def gone(step) -> None:
        raise OSError(errno.EIO, "Input/output error")

    binder.restore(binder.states.find(H100), gone)

    assert machine.picture() == before


def test_what_is_interrupted_and_not_put_back_is_not_called_as_it_was(machine):
    def strike(number: int) -> None:
        if number == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        if number > 3:
            raise OSError(errno.EIO, "no")

    machine.kernel.before = strike

    with handled(signal.SIGTERM), pytest.raises(RestoreIncomplete, match="not everything") as left:
        bind(machine)

    assert "as it was" not in left.value.message
    works_again(machine)
    unbind(machine)


def test_a_sys_that_is_read_only_names_the_container(alone):
    before = alone.picture()
    fails_at(alone, 0, late=False, error=OSError(errno.EROFS, "Read-only file system"))

    with pytest.raises(PermissionMissing) as refused:
        bind(alone)

    assert "container" in refused.value.hint
    assert alone.picture() == before


def test_a_sibling_that_changes_between_the_steps_stays_with_whoever_took_it(machine):
    def strike(number: int) -> None:
        if number == 2:
            machine.take_driver(AUDIO)
            machine.add_driver("other")
            machine.give_driver(AUDIO, "other")

    machine.kernel.after = strike

    with pytest.raises(DeviceBusy, match="it is other, not snd_hda_intel"):
        bind(machine)

    assert machine.driver(H100) == "nvidia"
    assert machine.driver(AUDIO) == "other"


def test_an_override_that_is_ours_is_taken_back_from_what_somebody_else_took(machine):
    def strike(number: int) -> None:
        if number == 3:
            machine.take_driver(AUDIO)
            machine.add_driver("other")
            machine.give_driver(AUDIO, "other")

    machine.kernel.after = strike

    with pytest.raises(PollTimeout, match="is not snd_hda_intel"):
        bind(machine)

    assert machine.driver(AUDIO) == "other"
    assert (machine.function(AUDIO) / "driver_override").read_text() == "(null)\n"
    assert binder_of(machine).states.find(H100) is None
