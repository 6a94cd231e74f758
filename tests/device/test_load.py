"""Code in every form that loads, on a GPU."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PTX = """
.version 7.8
.target sm_80
.address_size 64

.visible .entry store_product(.param .u64 out, .param .u32 a, .param .u32 b)
{
    .reg .u64 %address;
    .reg .u32 %x, %y, %product;
    ld.param.u64 %address, [out];
    ld.param.u32 %x, [a];
    ld.param.u32 %y, [b];
    mul.lo.u32 %product, %x, %y;
    cvta.to.global.u64 %address, %address;
    st.global.u32 [%address], %product;
    ret;
}
"""

SOURCE = """
extern "C" __global__ void say_architecture(unsigned *out) { out[0] = __CUDA_ARCH__; }
"""


def test_ptx_is_assembled_and_runs(dev: Any) -> None:
    if shutil.which("ptxas") is None:
        pytest.skip("no ptxas here")
    out = dev.zeros(1, np.uint32)

    dev.load(PTX.encode())["store_product"][(1,), (1,)](out, np.uint32(6), np.uint32(7))
    dev.synchronize()

    assert out.numpy()[0] == 42


def test_of_a_fatbin_the_image_for_this_chip_runs(dev: Any, tmp_path: Path) -> None:
    if shutil.which("nvcc") is None:
        pytest.skip("no nvcc here")
    (tmp_path / "k.cu").write_text(SOURCE)
    command = ["nvcc", "-fatbin", "-o", str(tmp_path / "k.fatbin"), str(tmp_path / "k.cu")]
    for sm in (80, 86, 90):
        command += ["-gencode", f"arch=compute_{sm},code=sm_{sm}"]
    subprocess.run(command, check=True, capture_output=True, timeout=80)
    out = dev.zeros(1, np.uint32)

    dev.load(tmp_path / "k.fatbin")["say_architecture"][(1,), (1,)](out)
    dev.synchronize()

    assert out.numpy()[0] == dev.facts.sm_version * 10


def test_a_module_names_its_kernels_and_finds_its_variables(dev: Any, micro: Any) -> None:
    assert "saxpy" in micro
    address, size_bytes = micro.variable("global_initialised")
    assert micro.gpu_va <= address
    assert size_bytes == 16


def test_many_modules_load_and_unload_and_each_has_its_own_variables(dev: Any) -> None:
    from barewire import kernels

    path = kernels.cubin_path("micro", dev.facts.sm_version)
    out = dev.empty(14, np.uint32)
    for _ in range(10):
        module = dev.load(path)
        module["globals"][(1,), (1,)](out)
        dev.synchronize()
        assert out.numpy()[13] == 0, "another module's variable was seen"
        module.unload()


def test_code_loaded_over_freed_code_is_the_new_code(dev: Any) -> None:
    from barewire import kernels

    out = dev.zeros(1, np.uint32)
    for value in range(20):
        module = dev.load(kernels.cubin_path("micro", dev.facts.sm_version))
        module["store"][(1,), (32,)](out, np.uint32(value))
        module["increment"][(1,), (32,)](out)
        module.unload()
        assert out.numpy()[0] == value + 1
