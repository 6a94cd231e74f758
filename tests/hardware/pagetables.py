"""Page tables on silicon: RM's compared with what our builder makes, then our own in front of a copy engine.

In this order, each only if what came before was right: every entry of the tables that RM built
(tests/pagetables/test_rm_tables.py); what RM answers of roots that are not its own, and whether the GPU
forgets what it is told to (test_page_directory.py, test_invalidation.py); random layouts of our own tables,
narrow addresses first (tests/pagetables/rig.py); accesses that they forbid, which are Xid 31 on channels of
our own, each in a process of its own, with the GPU's health asked after it; and what RM counts as taken, as
before.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from barewire.errors import BarewireError

from tests.hardware import cycles, health, machine
from tests.hardware.alone import NoAnswer, answer_of
from tests.hardware.api import run_pytest
from tests.hardware.machine import ALLOWED_XIDS, KernelLog
from tests.hardware.report import Figure, Report

FOLDER = "tests/pagetables"
ROOTS = ("test_page_directory",)
MEMOP = ("test_invalidation",)  # other devices have registers for that
PER_SPACE = 10  # layouts in one address space, after each other
SPACES_PER_MEMORY = 8  # address spaces that map parts of the same memory
FAULT_TIMEOUT_S = 60.0
FAULTS_S = 60.0  # what is kept for the faults and the end
RM_TABLES_S = 90.0


@dataclass(frozen=True)
class Stage:
    """Layouts of one kind.

    Attributes:
        bits: of the addresses.
    """

    name: str
    bits: int
    sparse: bool
    first_seed: int
    count: int


STAGES = (
    Stage("below 2^40", 40, False, 100_000, 700),
    Stage("below 2^49", 49, False, 200_000, 200),
    Stage("in all 57 bits", 57, False, 300_000, 200),
    Stage("with sparse ranges", 40, True, 400_000, 100),
)


def run(report: Report, device: str, deadline: float) -> None:
    """All of it, as far as it goes."""
    on_silicon = device.startswith("nv:")
    if on_silicon:
        health.ask(device)  # whatever the first user of a GPU leaves for all times is there now
        before, smi_before = cycles.ask_rm(device), machine.used_vram_mib()
    agreed = _rm_tables(report, device, min(deadline, time.monotonic() + RM_TABLES_S))
    if (
        agreed
        and _roots(report, device, deadline - FAULTS_S)
        and _layouts(report, device, deadline - FAULTS_S)
    ):
        _faults(report, device, deadline)
    if on_silicon:
        cycles.expect_nothing_left(report, "after all page tables", device, before, smi_before)


def _rm_tables(report: Report, device: str, deadline: float) -> bool:
    """Whether RM's tables are what our builder makes."""
    already = len(report.checks)
    properties = run_pytest(report, device, deadline, ("test_rm_tables",), FOLDER)
    report.extra["rm_tables"] = properties
    for name in ("entries", "words", "tables"):
        numbers = [int(value) for key, value in properties if key == name]
        if numbers:
            report.figure(f"RM's tables: {name} compared", Figure(sum(numbers), name))
    return _go_on(report, "our own tables", all(check["passed"] for check in report.checks[already:]))


def _roots(report: Report, device: str, deadline: float) -> bool:
    """Whether page directories of ours are taken, and changes behind them seen."""
    already = len(report.checks)
    modules = ROOTS + (MEMOP if device.startswith("nv:") else ())
    properties = run_pytest(report, device, deadline, modules, FOLDER)
    report.extra["stale_reads"] = [value for name, value in properties if name == "stale_reads"]
    return _go_on(report, "random layouts", all(check["passed"] for check in report.checks[already:]))


# ---- layouts


def _layouts(report: Report, device: str, deadline: float) -> bool:
    """Whether the tables can be trusted further: no entry and no byte was wrong, and the GPU is well."""
    import barewire as bw

    done: Counter[str] = Counter()
    log, start, trusted = KernelLog(), time.monotonic(), True
    with bw.open(device) as dev:
        for stage in STAGES:
            trusted = trusted and _stage(report, dev, stage, deadline, done)
    seconds = time.monotonic() - start
    xids = log.fresh_xids()
    report.check("the layouts cause no Xid", not xids, "; ".join(f"{xid.number}: {xid.text}" for xid in xids))
    report.extra["layouts"] = dict(sorted(done.items()))
    for name in (
        "layouts",
        "spaces",
        "mappings",
        "remaps",
        "tables checked",
        "pages checked",
        "copies",
        "copied bytes",
    ):
        report.figure(f"our own tables: {name}", Figure(done[name], "bytes" if "bytes" in name else name))
    if done["layouts"]:
        report.figure("our own tables: one layout", Figure(seconds / done["layouts"], "s", done["layouts"]))
    return _go_on(report, "the faults", trusted)


def _stage(report: Report, dev: Any, stage: Stage, deadline: float, done: Counter[str]) -> bool:
    """Run a stage; whether to go on after it: a layout that the GPU refuses does no harm to the next."""
    name = f"{stage.count} random layouts {stage.name}, every byte right"
    before, failed = done["layouts"], None
    try:
        _run_stage(dev, stage, deadline, done)
    except LayoutFailed as error:
        failed = error
    ran = done["layouts"] - before
    report.check(
        name, failed is None and ran == stage.count, f"{ran} were right; {failed or 'none was wrong'}"
    )
    if failed is None:
        return True
    return isinstance(failed.__cause__, BarewireError) and health.ask(dev.name).well


class LayoutFailed(Exception):
    """A layout was not right; the cause says why."""


def _run_stage(dev: Any, stage: Stage, deadline: float, done: Counter[str]) -> None:
    """Run layouts until there are enough, or the time is over; `done` counts what was done.

    Raises:
        LayoutFailed: names the first that was not right.
    """
    from tests.pagetables.layouts import Rules
    from tests.pagetables.rig import FIRST_VA, Memories, Rig

    rules = Rules(FIRST_VA, 1 << stage.bits, sparse=stage.sparse)
    seeds = range(stage.first_seed, stage.first_seed + stage.count)
    for of_memory in _in_parts(seeds, PER_SPACE * SPACES_PER_MEMORY):
        with Memories(dev) as memories:
            for of_space in _in_parts(of_memory, PER_SPACE):
                if time.monotonic() > deadline:
                    return
                with Rig(dev, memories, rules.end_va) as rig:
                    try:
                        _run_layouts(rig, rules, of_space, deadline)
                    finally:
                        done.update(rig.counts)


def _run_layouts(rig: Any, rules: Any, seeds: range, deadline: float) -> None:
    from tests.pagetables.layouts import plan

    for seed in seeds:
        if time.monotonic() > deadline:
            return
        try:
            rig.run(plan(seed, rules))
        except Exception as error:
            raise LayoutFailed(f"seed {seed}: {type(error).__name__}: {error}") from error


def _in_parts(seeds: range, count: int) -> list[range]:
    return [seeds[start : start + count] for start in range(0, len(seeds), count)]


# ---- faults


def _faults(report: Report, device: str, deadline: float) -> None:
    """All faults, one at a time; stops at the first sign of harm to anything but our channel."""
    from tests.pagetables.own_faults import FAULTS, problems

    log = KernelLog()
    report.extra["kernel_log_readable"] = log.readable
    report.extra["faults"] = []
    for fault in FAULTS:
        if time.monotonic() > deadline:
            report.check(fault.name, False, "not run: the time for this part was over")
            continue
        answer = _in_a_process(fault.name, device)
        xids = log.fresh_xids()
        text = "; ".join(f"{xid.number}: {xid.text}" for xid in xids)
        report.extra["faults"].append({"fault": fault.name, "xids": text, **answer})
        if "facts" in answer:
            found = problems(fault, tuple(answer["classes"]), answer["facts"], text)
            found += answer["wrong"]
        else:
            found = [answer["message"]]
        report.check(fault.name, not found, "; ".join(found) or f"{answer['facts']}; Xids {text}")
        state = health.ask(device)
        strange = [xid for xid in xids if xid.number not in ALLOWED_XIDS]
        why = text if strange else state.detail or f"{state.elapsed_s:.2f} s"
        if not report.check(f"healthy after: {fault.name}", state.well and not strange, why):
            return


def _in_a_process(name: str, device: str) -> dict[str, Any]:
    """What a process that makes one fault says of it; `message` alone if it says nothing."""
    try:
        return answer_of("tests.pagetables.own_faults", name, device, timeout_s=FAULT_TIMEOUT_S)
    except NoAnswer as none:
        return {"message": str(none)}


def _go_on(report: Report, what: str, right: bool) -> bool:
    if not right:
        report.check(f"{what} could be tried", False, "what they rest on was not right")
    return right
