"""Copies, semaphores, and faults with recovery, on silicon: what the software GPU passes too.

The faults are Xid 31 and 32 on channels of our own; after each the GPU's health is asked (tests/device).
"""

from __future__ import annotations

from tests.hardware.api import run_pytest
from tests.hardware.report import Report

MODULES = (
    "test_device_copies", "test_device_copy_corners", "test_device_semaphores", "test_faults_and_recovery",
)  # fmt: skip


def run(report: Report, device: str, deadline: float) -> None:
    """Run the modules with pytest, then turn their outcomes into checks."""
    run_pytest(report, device, deadline, MODULES)
