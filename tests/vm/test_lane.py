"""A guest comes up, runs a payload, and says how it ended; without a device."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.vm import lane

LOOK_AROUND = """
import os, sys
import numpy, barewire as bw
from barewire.native._native import lib
from payload import report

report("around", release=os.uname().release, python=sys.version, sum=float(numpy.arange(10).sum()),
       devices=bw.list_devices(), there=open("/there/file").read(), vfio=os.path.exists("/dev/vfio/vfio"))
sys.exit(7)
"""


@pytest.fixture
def kernel() -> str:
    """The kernel that comes up soonest, of those that are here."""
    kernel = "own" if lane.missing("own") is None else "stable"
    why = lane.missing(kernel)
    if why is not None:
        pytest.skip(why)
    return kernel


def test_a_payload_runs_in_a_guest_with_this_python_and_this_barewire(kernel: str):
    result = lane.run(LOOK_AROUND, kernel=kernel, files={"/there/file": b"a file"}, iommu=False)

    assert result.code == 7, result.output + result.console
    (around,) = result.results()
    assert around["release"] == lane.release_of(kernel)
    assert around["python"] == sys.version
    assert around["sum"] == 45.0
    assert around["devices"][-1] == "soft:gh100"
    assert around["there"] == "a file"
    assert around["vfio"]


def test_a_machine_without_a_set_up_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(lane.CACHE, str(tmp_path))

    with pytest.raises(lane.NotHere, match="scripts/vm-setup"):
        lane.run("")


def test_a_guest_that_hangs_is_ended(kernel: str):
    result = lane.run("import time; time.sleep(600)", kernel=kernel, timeout_s=6.0, iommu=False)

    assert result.code is None
    assert result.seconds < 30.0
