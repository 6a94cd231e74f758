"""`barewire status`, `bind` and `unbind`, and the verdicts, on a machine that is a folder."""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path

import pytest
from barewire.errors import UsageError
from barewire.pci.bind import Binder
from barewire.pci.plan import IOMMU_REMEDY
from barewire.pci.state import States
from barewire.pci.steps import Timeouts
from barewire.pci.sysfs import Sysfs
from barewire.pci.verdict import Verdict, judge
from barewire.tools import bind as bind_verb
from barewire.tools import binding, cli, doctor, lasting
from barewire.tools import list as list_verb
from barewire.tools.exits import Exit
from barewire.tools.machine import Machine
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


def test_a_bind_that_is_under_way_has_not_been_cut_off(machine):
    """Whoever followed "restore required" would undo it under its feet."""
    binder = binder_of(machine)
    plan = binder.plan(H100, bind_verb.Agreed(whole_group=True))
    said = []

    def look(number: int) -> None:
        if number == 3:
            said.append(judge(binder_of(machine), H100))

    machine.kernel.after = look
    binder.bind(plan)

    assert (said[0].verdict, said[0].next_action) == (Verdict.IN_USE, "wait until it is done")
    assert str(os.getpid()) in said[0].reasons[0]


def test_what_is_bound_and_does_not_answer_is_not_ready(machine):
    binder = binder_of(machine)
    binder.bind(binder.plan(H100, bind_verb.Agreed(whole_group=True)))
    (machine.function(H100) / "config").write_bytes(b"\xff" * 64)

    said = judge(binder, H100)

    assert said.verdict is Verdict.NOT_READY
    assert "does not answer" in said.reasons[0]


def test_a_bridge_that_vfio_does_not_bear_is_not_answered_with_a_bind_that_refuses(machine):
    alone(machine)
    machine.add_function("0000:01:00.2", 1, vendor_id=1, class_code=0x060400, driver="strange")
    machine.take_driver(H100)
    machine.give_driver(H100, "vfio-pci")

    said = judge(binder_of(machine), H100)

    assert said.verdict is Verdict.NOT_READY
    assert "barewire bind" not in said.next_action and "slot" in said.next_action


def test_a_sibling_that_is_in_use_is_told_before_it_is_asked_for(machine):
    machine.take_driver(H100)
    machine.give_driver(H100, "vfio-pci")
    machine.put("sys/class/net/eth0/operstate", "up\n")
    folder = machine.function(AUDIO) / "net/eth0"
    folder.mkdir(parents=True)
    (folder / "subsystem").symlink_to("../../../../class/net")

    said = judge(binder_of(machine), H100)

    assert said.verdict is Verdict.IN_USE
    assert "ip link set eth0 down" in said.next_action


def test_without_an_iommu_nobody_is_told_to_open_it_as_if_there_was_one(tmp_path, monkeypatch, run):
    made = FakeMachine(tmp_path, cdev=False)
    made.add_vfio()
    made.add_function(H100, group=None, below="", driver="nvidia")
    monkeypatch.setattr(binding, "make_binder", lambda timeout_s=None: binder_of(made))

    code, said = run("bind", H100, "--dma-unprotected")

    assert code == Exit.OK
    assert "DMA unprotected" in said and "unsafe_no_iommu=True" in said and "demo" not in said
    assert "unsafe_no_iommu=True" in judge(binder_of(made), H100).next_action


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


def test_status_says_that_it_did_not_see_everybody(machine, run, monkeypatch):
    machine.put("dev/nvidia0", "")
    machine.add_process(5, "secret", opens=("nvidia0",))
    listed = os.listdir

    def refuse(path):
        if str(path).endswith("5/fd"):
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "listdir", refuse)

    assert "1 processes of other users could not be looked at" in run("status")[1]


def test_another_gpus_damaged_state_file_is_in_nobodys_way(machine, run_json):
    machine.add_function("0000:02:00.0", group=13, below="")
    machine.put("run/barewire/bind-0000:02:00.0.json", "{")

    verdicts = {each["address"]: each["verdict"] for each in run_json("status")[1]["gpus"]}

    assert verdicts == {H100: "review required", "0000:02:00.0": "unknown"}


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


def test_of_all_one_that_cannot_be_restored_keeps_nobody_from_restoring_the_others(machine, run):
    machine.add_function("0000:02:00.0", group=13, below="")
    assert run("bind", H100, "--whole-group")[0] == Exit.OK
    assert run("bind", "0000:02:00.0")[0] == Exit.OK
    machine.add_process(99, "python3", opens=("vfio/12",))
    machine.put("run/barewire/bind-0000:03:00.0.json", "{")

    code, said = run("unbind", "--all")

    assert code != Exit.OK
    assert "pid 99" in said and "no state file" in said
    assert machine.driver("0000:02:00.0") is None
    assert machine.driver(H100) == "vfio-pci"


def test_one_gpu_or_all_of_them(machine, run):
    assert run("unbind", H100, "--all")[0] == Exit.USAGE


def test_unbinding_dry_tells_what_stands_against_it_too(machine, run, run_json):
    run("bind", "--whole-group")
    machine.add_process(99, "python3", opens=("vfio/12",))
    before = machine.picture()

    code, said = run_json("unbind", "--dry-run")

    assert code == Exit.FINDING
    assert [(each["kind"], "pid 99" in each["what"]) for each in said["obstacles"]] == [("in use", True)]
    assert said["writes"]
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


@pytest.mark.parametrize(
    "text", [str((1 << 32) - 1), ":99999999999", "", ":", "nobody-of-that-name", "root:no-group-of-that-name"]
)
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


@pytest.mark.parametrize(
    ("owner", "line"),
    [("daemon", "daemon -"), (":daemon", "@daemon -"), ("1000:1001", ":1000 -"), (":1001", "@:1001 -")],
)
def test_a_limit_of_a_number_is_written_as_a_range(machine, owner, line):
    """Whom a bare number would name is a user of that name."""
    assert lasting.limits(owner) == [f"{line} memlock unlimited"]


# For programs and for people


KEYS = {
    ("status",): {"gpus": ["address", "id", "what", "driver", "iommu_group", "verdict", "next_action"]},
    ("status", H100): {
        "address": None, "id": None, "what": None, "class": None, "driver": None, "driver_override": None,
        "iommu_group": None, "iommu_kind": None, "dma_protected": None, "vfio_files": None,
        "numa_node": None, "power_state": None, "runtime_status": None, "reset_methods": None,
        "bars": ["bar", "bus_address", "size_bytes", "kind"],
        "group_members": ["address", "id", "what", "driver", "would", "impact"],
        "holders": ["kind", "address", "pid", "what", "remedy"],
        "obstacles": ["kind", "what", "remedy"],
        "verdict": None, "why": None, "next_action": None,
    },
    ("bind", H100, "--whole-group", "--dry-run"): {
        "group_members": ["address", "id", "what", "driver", "would", "impact"],
        "holders": ["kind", "address", "pid", "what", "remedy"],
        "obstacles": ["kind", "what", "remedy"],
        "writes": ["step", "command", "why"],
        "notes": None,
    },
    ("bind", H100, "--whole-group", "--show-lasting"): {"lasting": ["file", "line"], "notes": None},
    ("bind", H100, "--whole-group"): {
        "writes": ["step", "command", "why"],
        "device": None, "iommu_group": None, "files": None, "dma_protected": None, "state_file": None,
        "notes": None,
    },
    ("unbind", H100, "--dry-run"): {
        "obstacles": ["kind", "what", "remedy"],
        "writes": ["step", "command", "why"],
        "functions": ["address", "driver", "driver_was"],
        "notes": None,
    },
    ("unbind", H100): {
        "writes": ["step", "command", "why"],
        "functions": ["address", "driver", "driver_was"],
    },
}  # fmt: skip


def test_the_keys_for_programs_are_those_of_the_page(machine, run_json):
    """What a program reads stays: a key more or less is a change of docs/bind.md, too."""
    machine.put("dev/nvidia0", "")
    for words, keys in KEYS.items():
        said = run_json(*words)[1]
        assert list(said) == list(keys), words
        for key, columns in keys.items():
            if columns is not None:
                assert all(list(row) == columns for row in said[key]), (words, key)
    page = (Path(__file__).parents[3] / "docs/bind.md").read_text().partition("## For programs")[2]
    named = {key for keys in KEYS.values() for key in keys}
    named |= {column for keys in KEYS.values() for columns in keys.values() for column in columns or ()}
    assert [key for key in sorted(named) if f"`{key}`" not in page] == []


def test_every_verdict_is_on_the_page():
    page = (Path(__file__).parents[3] / "docs/bind.md").read_text()

    assert [each.value for each in Verdict if f"| `{each.value}` |" not in page] == []


def test_people_and_pipes_read_the_same_words(machine, run, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    plain = run("status", H100)[1].split()
    terminal = Terminal()
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr("sys.stdout", terminal)
    cli.main(["status", H100])
    coloured = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue()).split()

    assert [word for word in plain if set(word) != {"-"}] == [w for w in coloured if set(w) != {"-"}]


def test_all_commands_say_the_same_of_an_iommu_that_is_off(tmp_path):
    made = FakeMachine(tmp_path)
    made.add_vfio()
    made.add_function(H100, group=None, below="", driver="nvidia")
    said = {each.check: each for each in doctor.examine(Machine(tmp_path, memlock_limit=lambda: None))}

    action = judge(binder_of(made), H100).next_action

    assert said["IOMMU"].remedy.removeprefix("only VFIO needs it: ") == IOMMU_REMEDY
    assert IOMMU_REMEDY[1:] in action
    assert "amd_iommu" not in action  # no word that AMD's driver knows says "on"


def test_doctor_and_list_point_to_the_same_command(tmp_path):
    made = FakeMachine(tmp_path)
    made.add_function(H100, driver="nouveau", below="")
    here = Machine(tmp_path, memlock_limit=lambda: None)
    said = {each.check: each for each in doctor.examine(here)}

    assert f"`barewire bind {H100}`" in said["gpu"].remedy
    assert "modprobe nvidia" not in said["gpu"].remedy  # nouveau has it: that would change nothing
    assert f"`barewire bind {H100}`" in next(list_verb.gpus(here))["detail"]
    assert (
        "--load-module" in said["VFIO"].remedy and "--load-module" in judge(binder_of(made), H100).next_action
    )
