"""The emulation notices what a GPU would punish: a missing barrier, a missing wait, memory that is not one's
own."""

from __future__ import annotations

import shutil

import host_device
import numpy as np
import pytest
from barewire import kernels
from host_device import MODES, BrokenKernel, HostDevice, missing_compiler

pytestmark = pytest.mark.skipif(missing_compiler() is not None, reason=str(missing_compiler()))

ONES = np.ones((40, 300), np.float32)
MORE = np.linspace(-1, 1, 40 * 300, dtype=np.float32).reshape(300, 40)


def outcome(source: str, old: str, new: str, work, tmp_path, monkeypatch) -> list[object]:
    """What `work` gives with one place of a source changed, in each mode: a result or the
    error."""
    shutil.copytree(host_device.KERNELS / "cuda", tmp_path / "cuda")
    shutil.copy(host_device.KERNELS / "manifest.json", tmp_path)
    for path in (tmp_path / "cuda").iterdir():
        text = path.read_text()
        if path.name == source:
            assert old in text
            path.write_text(text.replace(old, new))
    monkeypatch.setattr(host_device, "KERNELS", tmp_path)
    host_device.host_library.cache_clear()
    found: list[object] = []
    for mode in MODES.values():
        try:
            found.append(work(HostDevice(mode=mode)))
        except BrokenKernel as broken:
            found.append(str(broken))
    monkeypatch.undo()
    host_device.host_library.cache_clear()
    return found


def product(device: HostDevice) -> float:
    x, y = kernels.from_numpy(device, ONES, "float16"), kernels.from_numpy(device, MORE, "float16")
    exact = x.numpy().astype(np.float64) @ y.numpy().astype(np.float64)
    return float(np.abs((x @ y).numpy() - exact).max())


def row_sum(device: HostDevice) -> float:
    return float(np.abs(kernels.from_numpy(device, ONES).sum(1).numpy() - 300).max())


def test_as_they_are_the_kernels_are_right(device):
    assert product(device) < 0.1
    assert row_sum(device) == 0


def test_a_missing_wait_for_copies_gives_wrong_results(tmp_path, monkeypatch):
    found = outcome("matmul.cu", "copy_wait<1>();", "copy_wait<2>();", product, tmp_path, monkeypatch)

    assert any(isinstance(item, str) or not item < 0.1 for item in found)


def test_a_missing_barrier_before_memory_is_used_again_gives_wrong_results(tmp_path, monkeypatch):
    gone = "__syncthreads(); /* the next step writes where this one read */"
    found = outcome("matmul.cu", gone, "", product, tmp_path, monkeypatch)

    assert any(isinstance(item, str) or not item < 0.1 for item in found)


def test_a_missing_barrier_gives_wrong_results(tmp_path, monkeypatch):
    gone = "copy_wait<1>();\n                        __syncthreads();"
    found = outcome("matmul.cu", gone, "copy_wait<1>();", product, tmp_path, monkeypatch)

    assert any(isinstance(item, str) or not item < 0.1 for item in found)


def test_a_barrier_that_not_all_threads_reach_is_reported(tmp_path, monkeypatch):
    old = "        __syncthreads();\n        value = scratch[0];"
    new = "        if (warp == 0) __syncthreads();\n        value = scratch[0];"
    found = outcome("common.cuh", old, new, row_sum, tmp_path, monkeypatch)

    assert all("wait at different barriers" in str(item) for item in found)


def test_a_shuffle_that_not_all_lanes_reach_is_reported(tmp_path, monkeypatch):
    old = "        value = warp_reduce(value, combine);"
    new = "        if (lane < 5) value = warp_reduce(value, combine);"
    found = outcome("common.cuh", old, new, row_sum, tmp_path, monkeypatch)

    assert all("wait for each other in vain" in str(item) for item in found)


def test_a_write_beyond_an_array_is_reported(tmp_path, monkeypatch):
    found = outcome(
        "reduce.cu", "((T *)out)[item] =", "((T *)out)[item + 1] =", row_sum, tmp_path, monkeypatch
    )

    assert all("outside of an array" in str(item) for item in found)


def test_too_little_shared_memory_is_reported(device, monkeypatch):
    q = kernels.from_numpy(device, np.ones((1, 1, 70, 64), np.float32), "bfloat16")
    monkeypatch.setattr("barewire.kernels.neural._MMA_PAD", 4)

    with pytest.raises(BrokenKernel, match="beyond its dynamic shared memory"):
        kernels.attention(q, q, q)
