"""A guest comes up, runs a payload, and says how it ended; without a device."""

from __future__ import annotations

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


@pytest.fixture(params=["stable", "newest", "own"])
def kernel(request: pytest.FixtureRequest) -> str:
    why = lane.missing(request.param)
    if why is not None:
        pytest.skip(why)
    return request.param


def test_a_payload_runs_in_a_guest_with_this_python_and_this_barewire(kernel: str):
    import sys

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


def test_a_guest_that_hangs_is_ended():
    if lane.missing() is not None:
        pytest.skip(lane.missing())

    result = lane.run("import time; print('here', flush=True); time.sleep(600)", timeout_s=8.0, iommu=False)

    assert result.code is None
    assert result.seconds < 30.0
