"""The public API on a real GPU: those of tests/device that provoke no fault, each test a check."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.hardware.report import Report

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "tests/device"
MODULES = (
    "test_launch", "test_load", "test_memory", "test_queues", "test_tensor", "test_low_level",
    "test_bad_input", "test_process", "test_command_line",
)  # fmt: skip


def run(report: Report, device: str, deadline: float) -> None:
    """Run the modules with pytest, then turn their outcomes into checks."""
    run_pytest(report, device, deadline, MODULES)


def run_pytest(
    report: Report, device: str, deadline: float, modules: Sequence[str], folder: str = FOLDER
) -> list[tuple[str, str]]:
    """Run modules of a folder of tests with pytest, then turn their outcomes into checks.

    Returns:
        Names and values that the tests recorded.
    """
    results = report.path.with_suffix(".xml")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "timeout=90"]
    command += ["--tb=short", "--durations=8", f"--junitxml={results}"]
    command += ["-o", "junit_family=xunit1"]  # in which tests may record properties
    command += [f"{folder}/{module}.py" for module in modules]
    environment = {**os.environ, "BAREWIRE_TEST_DEVICE": device}
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        process.wait(timeout=max(1.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        report.check("the tests end in time", False, "pytest was ended")
        return []
    if not results.exists():
        report.check("pytest runs", False, f"exit code {process.returncode}, no results")
        return []
    tree = ElementTree.parse(results)
    for name, passed, detail in outcomes(tree):
        report.checks.append({"name": name, "passed": passed, "detail": detail})
    results.unlink()
    report.check("pytest ran every test", process.returncode in (0, 1), f"exit code {process.returncode}")
    return [(each.get("name") or "", each.get("value") or "") for each in tree.iter("property")]


def outcomes(results: Any) -> list[tuple[str, bool, str]]:
    """(sentence, passed, detail) of each test in a JUnit file; a skipped one has not passed."""
    found = []
    for case in results.iter("testcase"):
        module = (case.get("classname") or "").rpartition(".")[2].removeprefix("test_")
        name = f"{module}: {(case.get('name') or '').removeprefix('test_').replace('_', ' ')}"
        bad = next((child for child in case if child.tag in ("failure", "error", "skipped")), None)
        if bad is None:
            found.append((name, True, ""))
        else:
            text = f"{bad.tag}: {bad.get('message') or ''}"
            where = (bad.text or "").strip().splitlines() if bad.tag != "skipped" else []
            found.append((name, False, (text + (f" [{where[-1]}]" if where else ""))[:600]))
    return found
