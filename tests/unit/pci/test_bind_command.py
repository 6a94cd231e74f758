"""`barewire status`, `bind` and `unbind`, and the verdicts, on a machine that is a folder."""

from __future__ import annotations

import json
import os

import pytest
from barewire.errors import UsageError
from barewire.pci.bind import Binder
from barewire.pci.state import States
from barewire.pci.steps import Timeouts
from barewire.pci.sysfs import Sysfs
from barewire.pci.verdict import Verdict, judge
from barewire.tools import bind as bind_verb
from barewire.tools import binding, cli
from barewire.tools.exits import Exit
from fake_sysfs import AUDIO, H100, FakeMachine, h100_machine

QUICK = Timeouts(unbind=0.05, bind=0.05, override=0.05, settle=0.05, load=0.05, turn=0.05)


@pytest.fixture
def machine(tmp_path, monkeypatch) -> FakeMachine:
    made = h100_machine(tmp_path, sibling=True)
    monkeypatch.setattr(binding, "make_binder", lambda timeout_s=None: binder_of(made))
    monkeypatch.delenv("SUDO_USER", raising=False)
    return made


def binder_of(machine: FakeMachine) -> Binder:
    sysfs = Sysfs(machine.sys, machine.dev, machine.proc)
    return Binder(sysfs, machine.kernel, States(sysfs, machine.root / "run/barewire"), QUICK)


@pytest.fixture
def run(capsys):
    def call(*words: str) -> tuple[int, str]:
        code = cli.main(list(words))
        said = capsys.readouterr()
        return code, said.out + said.err

    return call


@pytest.fixture
def run_json(capsys):
    def call(*words: str) -> tuple[int, dict]:
        code = cli.main([*words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return call


def alone(machine: FakeMachine) -> None:
    """Take the sibling out of the group."""
    machine.take_driver(AUDIO)
    for path in (
        machine.sys / "bus/pci/devices" / AUDIO,
        machine.sys / "kernel/iommu_groups/12/devices" / AUDIO,
    ):
        path.unlink()


# Verdicts


def verdict(machine: FakeMachine) -> Verdict:
    return judge(binder_of(machine), H100).verdict


def test_a_gpu_that_is_alone_in_its_group_is_ready(machine):
    alone(machine)

    said = judge(binder_of(machine), H100)

    assert (said.verdict, said.next_action) == (Verdict.READY_TO_BIND, f"`barewire bind {H100}`")


def test_a_group_with_others_is_to_be_reviewed_and_the_command_names_them(machine):
    said = judge(binder_of(machine), H100)

    assert said.verdict is Verdict.REVIEW
    assert said.next_action == f"if you agree: `barewire bind {H100} --with {AUDIO}`"


def test_a_gpu_that_a_process_has_open_is_in_use(machine):
    machine.put("dev/nvidia0", "")
    machine.add_process(4711, "python3", opens=("nvidia0",))

    said = judge(binder_of(machine), H100)

    assert said.verdict is Verdict.IN_USE
    assert "4711" in said.next_action


def test_a_machine_without_vfio_is_not_ready(tmp_path):
    machine = FakeMachine(tmp_path)
    machine.add_function(H100, driver="nvidia", below="")

    assert verdict(machine) is Verdict.NOT_READY


def test_what_barewire_bound_is_bound_and_then_open(machine):
    binder = binder_of(machine)
    binder.bind(binder.plan(H100, bind_verb.Agreed(whole_group=True)))
    assert verdict(machine) is Verdict.BOUND
    assert f"vfio:{H100}" in judge(binder, H100).next_action

    machine.add_process(99, "python3", opens=("vfio/12",))
    assert verdict(machine) is Verdict.OPEN


def test_what_somebody_else_bound_is_his(machine):
    for each in (H100, AUDIO):
        machine.take_driver(each)
        machine.give_driver(each, "vfio-pci")

    assert verdict(machine) is Verdict.EXTERNAL


def test_a_group_that_vfio_would_not_open_says_who_is_in_the_way(machine):
    machine.take_driver(H100)
    machine.give_driver(H100, "vfio-pci")

    said = judge(binder_of(machine), H100)

    assert said.verdict is Verdict.REVIEW
    assert "snd_hda_intel" in said.reasons[0]
    assert f"--with {AUDIO}" in said.next_action


def test_a_bind_that_was_cut_off_has_to_be_restored(machine):
    binder = binder_of(machine)
    plan = binder.plan(H100, bind_verb.Agreed(whole_group=True))
    binder.states.begin(plan.record)
    machine.kernel.write(plan.steps[0].path, plan.steps[0].text, 1)

    said = judge(binder, H100)

    assert (said.verdict, said.next_action) == (Verdict.RESTORE, f"`barewire unbind {H100}`")


# status


def test_status_lists_every_gpu_with_a_verdict(machine, run):
    code, said = run("status")

    assert code == Exit.FINDING
    assert H100 in said and "review required" in said and "10de:2330" in said


def test_status_in_detail_shows_the_group_and_what_stands_against_it(machine, run_json):
    code, said = run_json("status", "01:00.0")

    assert code == Exit.FINDING
    assert [(each["address"], each["would"]) for each in said["group_members"]] == [
        (H100, "be bound to vfio-pci"),
        (AUDIO, "be bound to vfio-pci"),
    ]
    assert said["obstacles"][0]["kind"] == "review"
    assert (said["verdict"], said["driver"], said["dma_protected"]) == ("review required", "nvidia", True)
    assert said["bars"][0]["size_bytes"] == 16 << 20


def test_status_of_a_gpu_that_is_ready_is_no_finding(machine, run):
    alone(machine)

    assert run("status", H100)[0] == Exit.OK
    assert run("status", "--device", f"vfio:{H100}")[0] == Exit.OK


def test_status_without_a_gpu_says_so(tmp_path, monkeypatch, run):
    made = FakeMachine(tmp_path)
    monkeypatch.setattr(binding, "make_binder", lambda timeout_s=None: binder_of(made))

    assert run("status") == (Exit.NOT_READY, "gpus: none\nThere is no NVIDIA GPU on the PCI bus.\n")


def test_a_damaged_state_file_does_not_hide_the_others(machine, run):
    machine.put(f"run/barewire/bind-{H100}.json", "{")

    code, said = run("status")

    assert code == Exit.FINDING
    assert "no state file" in said


# bind and unbind


def test_a_dry_run_prints_each_write_and_writes_nothing(machine, run):
    before = machine.picture()

    code, said = run("bind", H100, "--whole-group", "--dry-run")

    assert code == Exit.OK
    assert f"echo vfio-pci > {machine.sys}/bus/pci/devices/{H100}/driver_override" in said
    assert f"echo {H100} > {machine.sys}/bus/pci/drivers/nvidia/unbind" in said
    assert f"echo {AUDIO} > {machine.sys}/bus/pci/drivers/vfio-pci/bind" in said
    assert machine.picture() == before


def test_a_dry_run_tells_what_stands_against_it_too(machine, run):
    code, said = run("bind", H100, "--dry-run")

    assert code == Exit.FINDING
    assert f"--with {AUDIO}" in said and "echo" in said


def test_binding_and_unbinding_from_the_command_line(machine, run, run_json):
    before = machine.picture()

    code, said = run_json("bind", H100, "--with", AUDIO)
    assert (code, said["device"], said["iommu_group"]) == (Exit.OK, f"vfio:{H100}", 12)
    assert len(said["writes"]) == 6
    assert run("status", H100)[0] == Exit.OK

    code, said = run_json("unbind", H100)
    assert code == Exit.OK
    assert [(each["address"], each["driver"]) for each in said["functions"]] == [
        (H100, "nvidia"),
        (AUDIO, "snd_hda_intel"),
    ]
    assert machine.picture() == before


def test_without_consent_it_is_refused_with_the_flag_that_gives_it(machine, run):
    code, said = run("bind", H100)

    assert code == Exit.NOT_READY
    assert f"--with {AUDIO}" in said
    assert machine.kernel.writes == []


def test_the_only_gpu_need_not_be_named(machine, run):
    assert run("bind", "--whole-group")[0] == Exit.OK
    assert run("unbind")[0] == Exit.OK
    assert machine.driver(H100) == "nvidia"


def test_of_two_gpus_one_has_to_be_named(machine, run):
    machine.add_function("0000:02:00.0", group=13, below="")

    code, said = run("bind")

    assert code == Exit.USAGE
    assert "0000:02:00.0" in said


def test_all_that_was_bound_is_restored(machine, run):
    machine.add_function("0000:02:00.0", group=13, below="")
    before = machine.picture()
    assert run("bind", H100, "--whole-group")[0] == Exit.OK
    assert run("bind", "0000:02:00.0")[0] == Exit.OK

    assert run("unbind", "--all")[0] == Exit.OK

    assert machine.picture() == before


def test_unbinding_dry_prints_each_write(machine, run):
    run("bind", "--whole-group")
    before = machine.picture()

    code, said = run("unbind", "--dry-run")

    assert code == Exit.OK
    assert f"echo {H100} > {machine.sys}/bus/pci/drivers/nvidia/bind" in said
    assert machine.picture() == before


def test_what_barewire_did_not_bind_it_does_not_unbind(machine, run):
    for each in (H100, AUDIO):
        machine.take_driver(each)
        machine.give_driver(each, "vfio-pci")

    code, said = run("unbind", H100)

    assert code == Exit.NOT_READY
    assert "driverctl" in said


def test_there_may_be_nothing_to_restore(machine, run):
    code, said = run("unbind", H100)

    assert code == Exit.OK
    assert "nothing to restore" in said


def test_who_runs_it_by_sudo_is_told_how_to_get_the_files(machine, run, monkeypatch):
    monkeypatch.setenv("SUDO_USER", "ada")

    assert "--owner ada" in run("bind", "--whole-group")[1]


def test_an_owner_comes_too_late_for_what_is_bound_and_that_is_said(machine, run):
    run("bind", "--whole-group")

    code, said = run("bind", "--owner", "1000")

    assert code == Exit.OK
    assert f"`chown 1000 {machine.dev}/vfio/12" in said
    assert machine.owners == {}


def test_the_flag_for_no_iommu_says_what_it_means(run):
    assert "DMA UNPROTECTED" in run("bind", "--help")[1]


@pytest.mark.parametrize(
    ("text", "ids"),
    [("1000", (1000, -1)), ("1000:7", (1000, 7)), (":7", (-1, 7)), (None, (-1, -1)), ("root", (0, -1))],
)
def test_an_owner_is_a_name_or_a_number(text, ids):
    assert bind_verb.owner(text) == ids


@pytest.mark.parametrize("text", ["", ":", "nobody-of-that-name", "root:no-group-of-that-name"])
def test_an_owner_that_is_nobody_is_refused(text):
    with pytest.raises(UsageError):
        bind_verb.owner(text)


@pytest.mark.parametrize("words", [("--timeout", "0"), ("--timeout", "x"), ("--with", "y"), ("--owner", ":")])
def test_a_wrong_option_is_a_wrong_command_line(machine, run, words):
    assert run("bind", H100, *words)[0] == Exit.USAGE
    assert machine.kernel.writes == []


def test_what_makes_it_last_is_printed_and_not_written(machine, run):
    machine.put("proc/cpuinfo", "vendor_id : GenuineIntel\n")
    before = machine.picture()

    code, said = run("bind", H100, "--show-lasting", "--owner", "daemon:daemon")

    assert code == Exit.OK
    assert 'KERNEL=="0000:01:00.0"' in said and 'ATTR{driver_override}="vfio-pci"' in said
    assert 'SUBSYSTEM=="vfio", OWNER="daemon", GROUP="daemon", MODE="0660"' in said
    assert "intel_iommu=on iommu=pt vfio-pci.ids=10de:2330,10de:22ba" in said
    assert "softdep nvidia pre: vfio-pci" in said
    assert "daemon - memlock unlimited" in said
    assert machine.picture() == before


def test_ctrl_c_during_a_bind_ends_with_its_exit_code_and_nothing_changed(machine, run):
    before = machine.picture()
    machine.kernel.after = lambda number: os.kill(os.getpid(), 2) if number == 2 else None

    code, said = run("bind", "--whole-group")

    assert (code, said) == (Exit.INTERRUPTED, "barewire: interrupted\n")
    assert machine.picture() == before
