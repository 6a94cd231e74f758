"""What runs on a GPU, as far as it can be tried without one: reports, the kernel log, comparisons."""

from __future__ import annotations

import json
import sys
import time
import types
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import barewire_side as side
from benchmarks import reference, summary
from tests.hardware import api, bench, device, faults, golden, machine, run
from tests.hardware.report import Figure, Machine, Report, figure
from tests.unit.benchmarks.fakes import FakeDevice


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return Report("bench", tmp_path / "bench.json", Machine("NVIDIA H100", "580.159.04", "abc123"))


# ---- reports


def test_a_report_is_on_disk_after_every_entry(report: Report) -> None:
    report.check("it works", True)
    report.figure("launch", figure([3.0, 1.0, 2.0], "us", target="at most 1.5 us", met=False))

    content = json.loads(report.path.read_text())

    assert content["gpu"] == "NVIDIA H100"
    assert content["driver"] == "580.159.04"
    assert content["revision"] == "abc123"
    assert content["checks"] == [{"name": "it works", "passed": True, "detail": ""}]
    entry = content["figures"]["launch"]
    assert (entry["value"], entry["n"], entry["min"], entry["median"], entry["max"]) == (
        2.0,
        3,
        1.0,
        2.0,
        3.0,
    )
    assert entry["met"] is False


def test_a_step_that_raises_is_a_failed_check_and_the_next_one_runs(report: Report) -> None:
    with report.step("first"):
        raise ValueError("no")
    with report.step("second"):
        report.check("second", True)

    assert [check["passed"] for check in report.checks] == [False, True]
    assert "ValueError: no" in report.checks[0]["detail"]
    assert not report.passed


def test_an_empty_report_has_not_passed(report: Report) -> None:
    assert not report.passed


# ---- the machine


def test_xids_are_found_in_the_kernel_log() -> None:
    lines = [
        "[ 10.1] NVRM: Xid (PCI:0000:01:00): 31, pid=77, name=python, Ch 00000008, intr 00000000. MMU Fault",
        "[ 10.2] something else",
        "[ 10.3] NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.",
    ]

    found = machine.parse_xids(lines)

    assert [xid.number for xid in found] == [31, 79]
    assert found[0].text.startswith("pid=77")
    assert found[0].number in machine.ALLOWED_XIDS
    assert found[1].number not in machine.ALLOWED_XIDS


@pytest.mark.parametrize(
    ("last", "wanted"),
    [(None, ["a", "b", "b", "c"]), ("c", []), ("b", ["c"]), ("gone", ["a", "b", "b", "c"])],
)
def test_only_new_lines_of_the_log_count(last: str | None, wanted: list[str]) -> None:
    assert machine.lines_after(last, ["a", "b", "b", "c"]) == wanted


def test_a_process_has_private_memory_and_no_gpu_here() -> None:
    assert machine.private_kib() > 1000
    assert machine.gpu_mappings() == len(machine.gpu_descriptors()) == 0 or Path("/dev/nvidia0").exists()


# ---- in turns


def test_both_sides_take_turns_and_alternate_who_begins() -> None:
    order: list[str] = []

    def side_of(name: str, value: float) -> Callable[[], list[float]]:
        def measure() -> list[float]:
            order.append(name)
            return [value, value + 1, value + 2]

        return measure

    ours, theirs = bench.in_turns(3, side_of("ours", 1.0), side_of("theirs", 5.0))

    assert order == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]
    assert ours == [2.0] * 3
    assert theirs == [6.0] * 3


def test_the_clocks_are_settled_when_three_readings_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = iter([345, 1200, 1700, 1965, 1980, 1980, 1980, 1980])
    monkeypatch.setattr(machine, "sm_clock_mhz", lambda: next(readings))

    assert bench.settle(lambda: None) == [345, 1200, 1700, 1965, 1980, 1980]


def test_the_whole_comparison_runs_and_gives_every_figure(
    report: Report, dev: FakeDevice, cuda_program: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PAIRS": 2, "LAUNCHES_A_PAIR": 3, "BURST": 5, "GRAPH_SIZES": (1, 1000)}.items():
        monkeypatch.setattr(bench, name, value)
    monkeypatch.setattr(bench, "COPY_BYTES", 4096)
    module = dev.module()
    with reference.CudaReference(cuda_program(0), side.CUBIN) as cuda:
        steps = bench.Bench(report, dev, module, cuda, time.monotonic() + 1000)
        for step in (steps.launches, steps.graphs, steps.short_copies, steps.copies, steps.proofs):
            step()
    bench._alone(report, dev, module)

    both = {name.removesuffix(": barewire") for name in report.figures if name.endswith(": barewire")}
    assert {
        "launch + synchronize",
        "launch, back to back",
        "graph of 1",
        "graph of 1000",
        "1000 independent kernels",
        "8 bytes in",
        "8 bytes out",
        "256 MiB in",
        "256 MiB out",
        "256 MiB on the device, read + written",
    } <= both
    for name in both:
        assert f"{name}: CUDA" in report.figures
    assert report.figures["256 MiB in: barewire"].unit == "GB/s"
    assert all(check["passed"] for check in report.checks)


# ---- faults


def _answer(**changes: Any) -> dict[str, Any]:
    facts = {"gpu_va": faults.UNMAPPED_VA, "kernel": "fault_read"}
    answer = {
        "error": "MmuFault",
        "classes": ["MmuFault", "ChannelDead"],
        "message": "",
        "facts": facts,
        "works_on": "",
    }
    return {**answer, **changes}


READ = faults.CASES[0]


def test_a_fault_that_is_told_rightly_has_no_problem() -> None:
    assert faults.problems(READ, _answer()) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"error": "KernelFault", "classes": ["KernelFault", "ChannelDead"]}, "raised KernelFault"),
        ({"error": None, "classes": []}, "raised None"),
        ({"facts": {}}, "no gpu_va"),
        ({"facts": {"gpu_va": 0x1000}}, "gpu_va is 0x1000"),
        ({"facts": {"gpu_va": faults.UNMAPPED_VA, "kernel": "other"}}, "names the kernel other"),
        ({"works_on": "PollTimeout: no"}, "the next kernel"),
    ],
)
def test_a_fault_that_is_told_wrongly_is_found_out(changes: dict[str, Any], says: str) -> None:
    assert any(says in problem for problem in faults.problems(READ, _answer(**changes)))


def test_a_subclass_of_the_expected_error_is_right() -> None:
    overflow = next(case for case in faults.CASES if case.name == "stack overflow")

    assert faults.problems(overflow, _answer(classes=["AddressOutOfRange", "KernelFault"])) == []


def test_every_expected_error_exists_and_every_kernel_is_shipped() -> None:
    from barewire import errors, kernels
    from barewire.compute.cubin import load_image

    shipped = load_image(kernels.cubin_path("micro", 90), 90).kernels
    for case in faults.CASES:
        assert all(hasattr(errors, name) for name in case.errors), case.name
        assert case.kernel is None or case.kernel in shipped, case.name


def test_the_bad_words_are_bad() -> None:
    from barewire.channel.decoder import decode_pushbuffer
    from barewire.errors import BadPushbuffer

    raw: list[int] = []

    class Channel:
        def pushbuffer(self) -> Channel:
            return self

        def raw(self, words: list[int]) -> Channel:
            raw[:] = words
            return self

        def submit(self, pushbuffer: Channel) -> Channel:
            return self

        def wait(self, timeout_s: float) -> None:
            pass

    dev = types.SimpleNamespace(channel=lambda engine: Channel())
    faults._bad_pushbuffer(dev, None)
    with pytest.raises(BadPushbuffer):
        decode_pushbuffer(raw, {0: 0xC86F, 1: 0xCBC0})


@pytest.mark.parametrize(
    ("well", "xids", "goes_on"),
    [(True, [13], True), (False, [13], False), (True, [79], False), (True, [31, 62], False)],
)
def test_the_part_ends_at_the_first_sign_of_harm(
    report: Report, monkeypatch: pytest.MonkeyPatch, well: bool, xids: list[int], goes_on: bool
) -> None:
    seen: list[str] = []

    def in_a_process(case: faults.Case, device: str) -> dict[str, Any]:
        seen.append(case.name)
        return {
            "error": case.errors[0],
            "classes": case.errors,
            "facts": {},
            "elapsed_s": 0.1,
            "next_kernel_s": 0.1,
        }

    monkeypatch.setattr(faults, "_in_a_process", in_a_process)
    monkeypatch.setattr(faults.health, "ask", lambda device: faults.health.Health(well, "", 0.1))
    found = [machine.Xid(number, "") for number in xids]
    monkeypatch.setattr(faults.KernelLog, "fresh_xids", lambda self, settle_s=0.0: found)

    faults.run(report, "nv:0", time.monotonic() + 100)

    assert len(seen) == (len(faults.CASES) if goes_on else 1)


# ---- our launch words and the vendor's


@pytest.fixture(scope="module")
def compared() -> dict[str, tuple[list[golden.Difference], list[str], int, list[golden.Difference]]]:
    """Our plans of the recorded launches, made with no GPU, against the vendor's."""
    from barewire.chip.limits import limits_for
    from barewire.compute import launch
    from barewire.compute.cubin import load_image
    from barewire.regs import qmd as tables

    image = load_image(golden.DATA / "vendor_launches.sm_90.cubin", 90)
    facts = types.SimpleNamespace(sm_version=90, sm_count=132)
    device = types.SimpleNamespace(
        limits=limits_for(90),
        facts=facts,
        qmd_version="V04_00",
        compute=types.SimpleNamespace(timeline_va=0x1000000100),
    )
    module = types.SimpleNamespace(gpu_va=0x2000000000)
    found = {}
    for recorded in golden.recorded_launches():
        info = image.kernels[recorded.kernel]
        kernel = types.SimpleNamespace(info=info, device=device, module=module)
        geometry = launch.Geometry(
            recorded.grid, recorded.block, info.cluster_dims or (1, 1, 1), recorded.shared
        )
        plan = launch.plan(kernel, geometry, {}, {})
        ours = sum(word << 32 * index for index, word in enumerate(plan.template.words))
        different, by_nature, outside = golden.qmd_differences(tables.load("V04_00"), ours, recorded.qmd)
        found[recorded.name] = (
            different,
            by_nature,
            outside,
            golden.bank0_differences(plan.bank0.data, recorded.bank0)[0],
        )
    return found


def test_all_eleven_recorded_launches_are_compared(compared: dict[str, Any]) -> None:
    assert len(compared) == 11


def test_no_bit_outside_the_known_fields_differs(compared: dict[str, Any]) -> None:
    assert {name: outside for name, (_, _, outside, _) in compared.items() if outside} == {}


def test_geometry_registers_and_shared_memory_are_the_vendors(compared: dict[str, Any]) -> None:
    same = (
        "GRID_",
        "CTA_THREAD_DIMENSION",
        "REGISTER_COUNT",
        "SHARED_MEMORY_SIZE",
        "BARRIER_COUNT",
        "GPC_CGA",
        "QMD_",
    )
    for name, (different, _, _, _) in compared.items():
        assert not [d.name for d in different if d.name.startswith(same)], name


def test_what_differs_falls_into_few_experiments(compared: dict[str, Any]) -> None:
    for different, _, _, _ in compared.values():
        groups = golden.experiments(different, {"zeros": 0x1234567000, "dependent": 0x1234560000}.__getitem__)
        names = [group.name for group in groups]

        assert sorted(d.name for group in groups for d in group.differences) == sorted(
            d.name for d in different
        )
        assert [group.risky for group in groups] == sorted(group.risky for group in groups)
        assert len(names) <= 12
        for group in groups:
            if group.name == "a dependent QMD":
                assert group.companions == {"DEPENDENT_QMD0_POINTER": 0x12345600}


# ---- the runner


def test_a_skipped_or_failed_test_has_not_passed() -> None:
    results = ElementTree.fromstring(
        """<testsuites><testsuite>
        <testcase classname="tests.device.test_memory" name="test_a_copy_is_right[4]"/>
        <testcase classname="tests.device.test_memory" name="test_b"><failure message="no">x
        y</failure></testcase>
        <testcase classname="tests.device.test_memory" name="test_c"><skipped message="why"/></testcase>
        </testsuite></testsuites>"""
    )

    found = api.outcomes(ElementTree.ElementTree(results))

    assert found[0] == ("memory: a copy is right[4]", True, "")
    assert [passed for _, passed, _ in found] == [True, False, False]
    assert "why" in found[2][2]


def test_every_module_of_the_tests_of_every_device_is_run_by_one_part() -> None:
    modules = sorted(path.stem for path in (api.ROOT / api.FOLDER).glob("test_*.py"))

    assert sorted((*api.MODULES, *device.MODULES)) == modules


def test_the_parts_that_could_hurt_come_last() -> None:
    assert run.ORDER[-4:] == ("cycles", "device", "pagetables", "faults")


def test_an_unknown_part_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        run.main(["--out", str(tmp_path), "--parts", "nonsense"])
    assert stopped.value.code == 2


def _play(monkeypatch: pytest.MonkeyPatch, well: bool = True, xids: tuple[int, ...] = ()) -> list[str]:
    ran: list[str] = []

    def spawn(part: str, options: Any, limit_s: float) -> None:
        ran.append(part)
        report = Report(part, options.out / f"{part}.json", Machine("GPU", "580", options.revision))
        report.check("good", True)
        report.figure("fast", Figure(1.0, "us", target="at most 2 us", met=True))

    monkeypatch.setattr(run, "_spawn", spawn)
    monkeypatch.setattr(run.health, "ask", lambda device: run.health.Health(well, "broken", 0.1))
    monkeypatch.setattr(
        run.KernelLog, "fresh_xids", lambda self: [machine.Xid(number, "") for number in xids]
    )
    return ran


def test_all_parts_run_in_order_and_a_table_comes_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = _play(monkeypatch)

    code = run.main(["--out", str(tmp_path), "--parts", "faults,api,bench", "--budget", "1000"])

    assert code == 0
    assert ran == ["api", "bench", "faults"]
    assert "1 of 1" in capsys.readouterr().out


def test_an_xid_in_a_part_without_faults_is_a_failed_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = _play(monkeypatch, xids=(31,))

    assert run.main(["--out", str(tmp_path), "--parts", "api,faults", "--budget", "1000"]) == 1
    assert ran == ["api", "faults"]
    failed = [
        [c for c in json.loads((tmp_path / f"{p}.json").read_text())["checks"] if not c["passed"]]
        for p in ran
    ]
    assert [len(checks) for checks in failed] == [1, 0]


@pytest.mark.parametrize(("well", "xids"), [(False, ()), (True, (79,)), (True, (31, 119))])
def test_the_run_ends_when_the_gpu_is_not_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, well: bool, xids: tuple[int, ...]
) -> None:
    ran = _play(monkeypatch, well, xids)

    assert run.main(["--out", str(tmp_path), "--parts", "api,bench", "--budget", "1000"]) == 1
    assert ran == ["api"]


def test_a_part_for_which_no_time_is_left_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = _play(monkeypatch)

    assert run.main(["--out", str(tmp_path), "--parts", "api", "--budget", "5"]) == 1
    assert ran == []


def test_a_part_that_dies_leaves_a_failed_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    monkeypatch.setattr(run, "_look", lambda *_: "")
    options = run._options(["--out", str(tmp_path)])
    monkeypatch.setattr(
        run.subprocess.Popen, "wait", lambda self, timeout=None: setattr(self, "returncode", -9)
    )

    run._spawn("api", options, 60.0)

    content = json.loads((tmp_path / "api.json").read_text())
    assert content["checks"] == [
        {"name": "the part api ends by itself", "passed": False, "detail": "exit code -9"}
    ]


# ---- the summary


def test_the_summary_shows_both_sides_in_one_row(tmp_path: Path, report: Report) -> None:
    report.figure("launch: barewire", figure([5.0], "us", target="at most 5.5 us", met=True))
    report.figure("launch: CUDA", figure([9.8], "us"))
    report.figure("launch: ratio", Figure(0.51, "barewire / CUDA"))
    report.figure("slow: barewire", figure([2.0], "us", target="at most 1 us", met=False))
    report.check("it works", True)

    text = summary.tables(summary.read(tmp_path))

    assert "| launch | 5 µs | 9.8 µs | at most 5.5 µs (met) |" in text
    assert "| slow | 2 µs |  | at most 1 µs (**missed**) |" in text
    assert "| bench | NVIDIA H100 | 580.159.04 |" in text
    assert "1 of 1" in text


def test_a_file_that_is_no_result_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "odd.json").write_text("[]")

    assert summary.main([str(tmp_path)]) == 1
    assert "odd.json is not a result" in capsys.readouterr().err


def test_a_folder_without_results_says_who_makes_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert summary.main([str(tmp_path)]) == 1
    assert "tests.hardware.run" in capsys.readouterr().err
