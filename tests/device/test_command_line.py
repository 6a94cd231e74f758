"""The `barewire` program on a GPU, as a user starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest


def barewire(*words: str, expect: int = 0) -> str:
    """Run the program; returns what it printed."""
    command = [sys.executable, "-m", "barewire.tools", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=80, check=False)
    assert done.returncode == expect, (
        f"exit code {done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
    )
    return done.stdout


def test_the_demo_passes(device_name: str) -> None:
    assert barewire("demo", "--device", device_name)


def test_the_demo_prints_json(device_name: str) -> None:
    assert json.loads(barewire("demo", "--device", device_name, "--json"))


def test_the_doctor_finds_a_device_that_opens(device_name: str) -> None:
    assert json.loads(barewire("doctor", "--device", device_name, "--json"))


def test_the_list_names_the_device(device_name: str) -> None:
    if device_name.startswith("vfio-user:"):
        pytest.skip("a socket may be anywhere: nobody knows which programs serve GPUs")
    assert device_name in barewire("list")


def test_a_quick_bench_runs(device_name: str) -> None:
    assert json.loads(barewire("bench", "--device", device_name, "--quick", "--json"))


def test_anyones_kernel_runs_on_files(device_name: str, tmp_path: Path) -> None:
    from barewire import kernels

    x, y = np.random.default_rng(3).random((2, 1024), dtype=np.float32)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)

    cubin = str(kernels.cubin_path("micro", 90))
    arguments = [f"in:{tmp_path / 'x.npy'}", f"inout:{tmp_path / 'y.npy'}", "f32:2.0"]
    barewire("run", cubin, "saxpy", "--device", device_name, "--grid", "4,1,1", "--block", "256", *arguments)

    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), 2.0 * x.astype(np.float64) + y, rtol=1e-6)


def test_a_kernel_that_is_not_there_is_a_usage_error(device_name: str) -> None:
    from barewire import kernels

    barewire("run", str(kernels.cubin_path("micro", 90)), "nonsense", "--device", device_name, expect=2)
