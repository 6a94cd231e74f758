"""The tests that the software GPU passes too, on silicon: copies, semaphores, and faults with recovery.

The faults are Xid 31 and 32 on channels of our own; after each the GPU's health is asked (tests/device).
"""

from __future__ import annotations

from pathlib import Path

from tests.hardware.api import run_pytest
from tests.hardware.report import Report

FOLDER = Path(__file__).resolve().parents[1] / "device"


def run(report: Report, device: str, deadline: float) -> None:
    """Run tests/device, then turn its outcomes into checks."""
    run_pytest(report, device, deadline, FOLDER)
