"""Every kernel computes what NumPy computes in float64, on an emulation of blocks, warps and tensor cores."""

from __future__ import annotations

import pytest
from barewire import kernels
from host_device import COMPILED, MODES, HostDevice, host_library, manifest, missing_compiler

from tests.common.tensor_cases import cases, run_case

pytestmark = pytest.mark.skipif(missing_compiler() is not None, reason=str(missing_compiler()))

SMALL = [case for case in cases() if not case.large]


@pytest.fixture(scope="module", params=MODES.values(), ids=MODES.keys())
def emulated(request):
    return HostDevice(mode=request.param)


@pytest.mark.parametrize("case", SMALL, ids=[case.name for case in SMALL])
def test_it_computes(emulated, case):
    result = run_case(case, emulated)

    assert result.passed, f"error {result.max_error:.3g}, at most {result.tolerance:.3g} is rounding"


def test_the_names_of_cases_are_unique():
    names = [case.name for case in cases()]

    assert len(set(names)) == len(names)


def test_the_cases_launch_every_shipped_kernel_of_the_tensor_layer():
    device = HostDevice()
    for case in SMALL:
        run_case(case, device)

    shipped = {name for source in COMPILED for name in manifest()[f"sm_90/{source}.cubin"]["kernels"]}
    assert shipped - set(device.launched) == set()


@pytest.mark.parametrize("source", COMPILED)
def test_arguments_lie_where_the_cubin_has_them(source):
    import ctypes

    library = host_library(source)
    described = manifest()[f"sm_90/{source}.cubin"]["kernels"]
    for number, name in enumerate(sorted(described)):
        pairs = (ctypes.c_int32 * 64)()
        count = library.bw_describe(number, pairs)
        assert [list(pairs[2 * i : 2 * i + 2]) for i in range(count)] == described[name]["arguments"], name


def test_work_beyond_what_a_kernel_can_count_is_cut_into_pieces(device, monkeypatch):
    import numpy as np

    monkeypatch.setattr("barewire.kernels.shapes.MAX_PIECE", 100)
    values = np.arange(4 * 9 * 30, dtype=np.float32).reshape(4, 9, 30)
    x = kernels.from_numpy(device, values)[:, ::2, ::-1]
    seen = values[:, ::2, ::-1]

    assert ((x + x[:, :1]).numpy() == seen + seen[:, :1]).all()
    assert (kernels.relu(x).numpy() == seen).all()
    assert (x.astype("int32").numpy() == seen).all()
    assert (x.copy().numpy() == seen).all()
    assert (kernels.where(x > 50, x, 0.0).numpy() == np.where(seen > 50, seen, 0)).all()
    x[:, 1:, ::3] = -1.0
    seen[:, 1:, ::3] = -1
    assert (x.numpy() == seen).all()
    assert len(device.launched) > 50
