"""Whole kernels on the SM: what NumPy says of them, and what an H100 gave, bit for bit."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from tests.soft import kernel_cases
from tests.soft.cases.case import Case, reference_errors, run
from tests.soft.kernel_recording import Recording
from tests.soft.kernels.build import cubin_path, differences
from tests.soft.sm_device import SmDevice

# What older code gives otherwise: its tensor cores add otherwise, one conversion to fp8 is not there, and
# other lanes run together after a reduction over parts of a warp.
OTHERWISE_BEFORE_HOPPER = {
    "mma_16816_f16", "mma_16816_bf16", "mma_1688_f16", "mma_1688_bf16", "mma_1688_tf32", "mma_1684_tf32",
    "mma_16816_f16_f16", "mma_1688_f16_f16", "matmul_tensor", "flash_attention", "wmma", "convert_fp8",
    "group_tiles",
}  # fmt: skip


@functools.cache
def recording() -> Recording:
    return Recording()


def outputs_on(architecture: int, case: Case) -> dict[str, np.ndarray]:
    device = SmDevice(architecture)
    return run(device, case, cubin_path(case.module, f"sm_{architecture}").read_bytes())


@pytest.mark.parametrize("name", kernel_cases.names("sm_90"))
def test_an_sm_gives_what_an_h100_gave(name):
    case = kernel_cases.MAKERS[name]()

    outputs = outputs_on(90, case)

    assert reference_errors(case, outputs) == []
    if recording().has(name):
        assert [str(each) for each in recording().differences(case, outputs)] == []


@pytest.mark.parametrize("name", kernel_cases.names("sm_80"))
def test_an_sm_runs_the_code_of_an_older_gpu(name):
    case = kernel_cases.MAKERS[name]()

    outputs = outputs_on(80, case)

    assert reference_errors(case, outputs) == []
    if recording().has(name) and name not in OTHERWISE_BEFORE_HOPPER:
        assert [str(each) for each in recording().differences(case, outputs)] == []


def test_the_machine_code_is_what_the_sources_say():
    assert differences() == []


def test_the_recording_has_every_case():
    assert set(recording().about["cases"]) == set(kernel_cases.recordable("sm_90"))
    assert recording().about["problems"] == []
