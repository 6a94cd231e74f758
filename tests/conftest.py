"""Where tests run: what needs a GPU is skipped with a reason without one, and how many ran where is counted.

Markers:
    hardware: needs a GPU that the stock kernel driver owns (tests/device and tests/pagetables on "nv:0").
    software_gpu: runs on the software GPU through the driver (the same on "soft:gh100", and tests/faults).
    virtual_machine: needs a guest (tests/vm); scripts/vm-setup fetches what that takes.
    full: an exhaustive form of a test; runs when BAREWIRE_FULL=1 is set (`scripts/test --full`).
"""

from __future__ import annotations

import gc
import os
from collections import Counter
from pathlib import Path

import pytest

CONTROL_NODE = Path("/dev/nvidiactl")


def missing_gpu() -> str | None:
    """Why no test can run on a GPU here, in one sentence; None when one can."""
    nodes = sorted(Path("/dev").glob("nvidia[0-9]*"))
    if not CONTROL_NODE.exists() or not nodes:
        return "no NVIDIA GPU with its kernel driver here (no /dev/nvidiactl and /dev/nvidia0)"
    closed = [str(node) for node in (CONTROL_NODE, nodes[0]) if not os.access(node, os.R_OK | os.W_OK)]
    if closed:
        return f"no permission to open {' and '.join(closed)}"
    return None


def gpu_description() -> str:
    """The first GPU and the driver, as the kernel driver words them; no device is opened."""
    model = "a GPU"
    for information in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        for line in information.read_text(errors="replace").splitlines():
            if line.startswith("Model:"):
                model = line.partition(":")[2].strip()
        break
    version = Path("/proc/driver/nvidia/version")
    words = version.read_text(errors="replace").split() if version.exists() else []
    numbers = [word for word in words if word.count(".") >= 1 and word.replace(".", "").isdigit()]
    return f"{model}, driver {numbers[0]}" if numbers else model


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "hardware: needs a GPU that the stock NVIDIA kernel driver owns")
    config.addinivalue_line("markers", "software_gpu: runs on the software GPU, through the driver")
    config.addinivalue_line("markers", "virtual_machine: needs what scripts/vm-setup fetches")
    config.addinivalue_line("markers", "full: exhaustive; runs with BAREWIRE_FULL=1")
    try:
        from hypothesis import settings
    except ImportError:
        return
    # Time limits per example make slow machines fail; pytest-timeout bounds every test as a whole.
    settings.register_profile("barewire", deadline=None, print_blob=True)
    settings.register_profile("barewire-full", deadline=None, print_blob=True, max_examples=2000)
    settings.load_profile("barewire-full" if _full() else "barewire")


def _full() -> bool:
    return os.environ.get("BAREWIRE_FULL", "") not in ("", "0")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    why_not = missing_gpu()
    for item in items:
        if item.get_closest_marker("hardware") and why_not:
            item.add_marker(pytest.mark.skip(reason=why_not))
        if item.get_closest_marker("full") and not _full():
            item.add_marker(pytest.mark.skip(reason="exhaustive form; run with BAREWIRE_FULL=1"))


@pytest.fixture(scope="module", autouse=True)
def only_what_this_module_makes_is_garbage() -> None:
    """Leave what was there before a module's tests out of the collections that they ask for.

    That is thousands of modules, tests and reports, which stay for the whole run: looking through them takes
    0.2 s, and tests that drop objects and see what is left collect hundreds of times.
    """
    gc.collect()
    gc.freeze()


PLACES = {
    "hardware": "on a GPU", "virtual_machine": "in virtual machines", "software_gpu": "on the software GPU",
    "": "on the CPU",
}  # fmt: skip


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    outcome = yield
    report = outcome.get_result()
    marks = [mark for mark in PLACES if mark and item.get_closest_marker(mark)]
    report.place = PLACES[marks[0] if marks else ""]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests ran where, so that a run without a GPU is never taken for one with it."""
    ran: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for outcome, reports in terminalreporter.stats.items():
        for report in reports:
            if not hasattr(report, "place"):
                continue
            if outcome == "skipped":
                left_out[report.place] += 1
            elif report.when == "call":
                ran[report.place] += 1
    counts = [f"{place}: {ran[place]} (skipped {left_out[place]})" for place in reversed(PLACES.values())]
    which = gpu_description() if ran[PLACES["hardware"]] else (missing_gpu() or "not asked for")
    terminalreporter.write_line(f"ran {'; '.join(counts)}: {which}")
