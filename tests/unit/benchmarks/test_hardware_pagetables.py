"""The page tables' part of the run on silicon: what it tries, what it judges, and where it stops."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from barewire.errors import MmuFault

from tests.hardware import health, machine, pagetables
from tests.hardware.pagetables import FAULTS_S, PER_SPACE, STAGES, LayoutFailed, Stage
from tests.hardware.report import Machine, Report
from tests.pagetables import own_faults
from tests.pagetables.rig import WrongBytes

READ, WRITE = own_faults.FAULTS[0], own_faults.FAULTS[-1]
LOG = (
    "31: pid=7, name=python, channel 0x00000004, intr 00000000. MMU Fault: ENGINE CE2 HUBCLIENT_CE2 faulted "
    "@ 0xf0_12345000. Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_READ"
)


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return Report("pagetables", tmp_path / "pagetables.json", Machine("a GPU", "1.2.3", "abc"))


def soon() -> float:
    return time.monotonic() + 1000


def failed(report: Report) -> list[str]:
    return [check["name"] for check in report.checks if not check["passed"]]


# ---- what is tried


def test_a_thousand_layouts_are_tried_without_sparse_ranges_and_narrow_addresses_come_first() -> None:
    plain = [stage for stage in STAGES if not stage.sparse]
    assert sum(stage.count for stage in plain) >= 1000
    assert sum(stage.count // PER_SPACE for stage in STAGES) >= 50
    assert [stage.bits for stage in plain] == sorted(stage.bits for stage in plain)
    assert STAGES[: len(plain)] == tuple(plain)


def test_no_two_layouts_have_the_same_seed() -> None:
    seeds = [seed for stage in STAGES for seed in range(stage.first_seed, stage.first_seed + stage.count)]
    assert len(seeds) == len(set(seeds))


@pytest.mark.software_gpu
def test_the_layouts_run_on_the_software_gpu(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        pagetables, "STAGES", (Stage("few", 40, False, 1, 11), Stage("fewer", 57, True, 50, 2))
    )
    assert pagetables._layouts(report, "soft:gh100", soon())
    assert failed(report) == []
    assert report.figures["our own tables: layouts"].value == 13
    assert report.figures["our own tables: spaces"].value == 3


def test_what_the_time_did_not_suffice_for_has_not_passed(report: Report) -> None:
    assert pagetables._layouts(report, "soft:gh100", time.monotonic())
    assert len(failed(report)) == len(STAGES)


# ---- where it stops


def test_nothing_of_ours_is_tried_unless_rms_tables_are_what_our_builder_makes(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_pytest(report: Report, *_: Any) -> list[tuple[str, str]]:
        report.check("rm_tables: every entry", False)
        return [("entries", "12"), ("entries", "30")]

    monkeypatch.setattr(pagetables, "run_pytest", run_pytest)
    monkeypatch.setattr(pagetables, "_layouts", lambda *_: pytest.fail("layouts were tried"))
    pagetables.run(report, "soft:gh100", soon())
    assert failed(report) == ["rm_tables: every entry", "our own tables could be tried"]
    assert report.figures["RM's tables: entries compared"].value == 42


CAUSES = (
    ("wrong bytes", WrongBytes("12 bytes"), True, 1),
    ("a fault, and the GPU is well", MmuFault("refused"), True, len(STAGES)),
    ("a fault, and the GPU is not well", MmuFault("refused"), False, 1),
)


@pytest.mark.parametrize(
    ("cause", "well", "stages"), [each[1:] for each in CAUSES], ids=[each[0] for each in CAUSES]
)
def test_wrong_bytes_end_it_and_a_fault_ends_its_stage(
    report: Report, monkeypatch: pytest.MonkeyPatch, cause: Exception, well: bool, stages: int
) -> None:
    tried: list[str] = []

    def run_stage(dev: Any, stage: Stage, deadline: float, done: Counter[str]) -> None:
        tried.append(stage.name)
        raise LayoutFailed("seed 7") from cause

    monkeypatch.setattr(pagetables, "_run_stage", run_stage)
    monkeypatch.setattr(pagetables.health, "ask", lambda device: health.Health(well, "", 0.1))
    assert pagetables._layouts(report, "soft:gh100", soon()) == (stages > 1)
    assert len(tried) == stages


@pytest.mark.parametrize(
    ("well", "xids", "goes_on"), [(True, [31, 45], True), (False, [31], False), (True, [79], False)]
)
def test_the_faults_end_at_the_first_sign_of_harm(
    report: Report, monkeypatch: pytest.MonkeyPatch, well: bool, xids: list[int], goes_on: bool
) -> None:
    seen: list[str] = []

    def in_a_process(name: str, device: str) -> dict[str, Any]:
        seen.append(name)
        return {"classes": ["MmuFault"], "facts": {}, "wrong": []}

    monkeypatch.setattr(pagetables, "_in_a_process", in_a_process)
    monkeypatch.setattr(pagetables.health, "ask", lambda device: health.Health(well, "", 0.1))
    found = [machine.Xid(number, "") for number in xids]
    monkeypatch.setattr(pagetables.KernelLog, "fresh_xids", lambda self, settle_s=0.0: found)
    pagetables._faults(report, "nv:0", soon())
    assert len(seen) == (len(own_faults.FAULTS) if goes_on else 1)


def test_a_process_that_says_nothing_is_a_failed_check(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagetables, "_in_a_process", lambda *_: {"message": "exit code 1: no device"})
    monkeypatch.setattr(pagetables.health, "ask", lambda device: health.Health(True, "", 0.1))
    pagetables._faults(report, "nv:0", soon())
    assert failed(report) == [fault.name for fault in own_faults.FAULTS]


def test_an_unknown_fault_is_answered_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert own_faults.main(["nonsense"]) == 2
    assert READ.name in capsys.readouterr().err
    assert "exit code 2" in pagetables._in_a_process("nonsense", "soft:gh100")["message"]


def test_time_is_kept_for_the_faults() -> None:
    assert FAULTS_S / len(own_faults.FAULTS) >= 10


# ---- what is judged


def told(**changes: Any) -> dict[str, Any]:
    return {"gpu_va": READ.gpu_va, "fault_type": "PDE", "xid": 31, **changes}


def test_a_fault_that_is_told_rightly_has_no_problem() -> None:
    assert own_faults.problems(READ, ("MmuFault", "ChannelDead"), told(), LOG) == []
    assert own_faults.problems(READ, ("MmuFault", "ChannelDead"), told(access="read", log=LOG)) == []


@pytest.mark.parametrize(
    ("classes", "facts", "log", "says"),
    [
        (("CopyFault",), told(), "", "no MmuFault"),
        (("MmuFault",), told(gpu_va=READ.gpu_va + 4096), "", "gpu_va"),
        (("MmuFault",), told(gpu_va=READ.gpu_va + 64), "", "gpu_va"),
        (("MmuFault",), told(access="write"), "", "access"),
        (("MmuFault",), told(fault_type="RO_VIOLATION"), "", "fault_type"),
        (("MmuFault",), told(xid=13), "", "xid"),
        (("MmuFault",), told(), LOG.replace("READ", "WRITE"), "RM's access"),
        (("MmuFault",), told(), LOG.replace("0xf0_12345000", "0xf0_12346000"), "RM's address"),
    ],
)  # fmt: skip
def test_a_fault_that_is_told_wrongly_is_found_out(
    classes: tuple[str, ...], facts: dict[str, Any], log: str, says: str
) -> None:
    (found,) = own_faults.problems(READ, classes, facts, log)
    assert says in found


def test_a_write_to_a_read_only_page_is_no_missing_page() -> None:
    facts = {"gpu_va": WRITE.gpu_va, "fault_type": "PTE", "xid": 31}
    assert own_faults.problems(WRITE, ("MmuFault",), facts) == ["fault_type is 'PTE', not 'RO_VIOLATION'"]
