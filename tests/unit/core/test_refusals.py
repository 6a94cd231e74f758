"""What cannot be launched is refused with a typed error, before anything is submitted."""

from __future__ import annotations

import barewire
import numpy as np
import pytest
from barewire.compute.module import LAUNCHERS_KEPT
from barewire.errors import (
    ArgumentMismatch,
    BadCubin,
    ForkedChild,
    Freed,
    KernelNotFound,
    LaunchTooLarge,
    NoDevice,
    UsageError,
    WrongArchitecture,
    WrongDevice,
)
from fake_programs import CUBINS


@pytest.fixture(autouse=True)
def nothing_is_submitted(device, gpu):
    """After a refusal the GPU has had nothing more to do, and still works."""
    yield
    if not device.closed:
        device.synchronize()


class Counted:
    """How many entries the GPU was given within a block."""

    def __init__(self, device) -> None:
        self.device = device

    def __enter__(self) -> None:
        self.device.synchronize()
        self.submitted = self.device.compute.submitted

    def __exit__(self, *_: object) -> None:
        assert self.device.compute.submitted == self.submitted


def test_a_kernel_that_is_not_there_is_named_with_those_that_are(kernels):
    with pytest.raises(KernelNotFound) as told:
        kernels["saxpi"]

    assert isinstance(told.value, KeyError)
    assert "saxpi" in str(told.value)
    assert "saxpy" in str(told.value)
    assert kernels.get("saxpi") is None
    with pytest.raises(KernelNotFound):
        kernels.variable("nothing")


@pytest.mark.parametrize("prepared", [False, True])
def test_a_wrong_number_of_arguments_is_refused(device, kernels, prepared):
    out = device.zeros(1, np.uint32)
    launcher = kernels["store"][1, 32]
    if prepared:
        launcher(out, 1)
        launcher(out, 1)

    for wrong in ((), (out,), (out, 1, 2)):
        with Counted(device), pytest.raises(ArgumentMismatch) as told:
            launcher(*wrong)
        assert "2 arguments" in str(told.value)


WRONG_FOR_FOUR_BYTES = [
    np.uint64(1),
    np.float64(1),
    np.uint8(1),
    np.bool_(True),
    True,
    None,
    "1",
    b"123",
    b"12345",
    1 << 32,
    -(1 << 31) - 1,
    1j,
    [1],
    np.zeros(1, np.uint32),
]


@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize("value", WRONG_FOR_FOUR_BYTES, ids=repr)
def test_a_scalar_of_the_wrong_size_or_kind_is_refused(device, kernels, value, prepared):
    out = device.zeros(1, np.uint32)
    launcher = kernels["store"][1, 32]
    if prepared:
        for before in (np.uint32(1), 1):
            launcher(out, before)

    with Counted(device), pytest.raises(ArgumentMismatch) as told:
        launcher(out, value)
    assert told.value.kernel == "store"


@pytest.mark.parametrize("value", [1e39, -1e39], ids=repr)
def test_a_float_beyond_its_parameter_is_refused(device, kernels, value):
    x, y = device.zeros(32), device.zeros(32)
    kernels["saxpy"][1, 32](x, y, 1.0)

    with Counted(device), pytest.raises(ArgumentMismatch):
        kernels["saxpy"][1, 32](x, y, value)


@pytest.mark.parametrize(
    "value", [float("inf"), float("-inf"), float("nan"), 1e-300, np.float32("inf")], ids=repr
)
def test_every_float_that_a_parameter_can_hold_is_taken(device, kernels, value):
    x, y = device.zeros(32), device.zeros(32)
    x.fill(1)

    for _ in range(2):
        y.fill(0)
        kernels["saxpy"][1, 32](x, y, value)
        assert np.array_equal(y.numpy(), np.full(32, np.float32(value)), equal_nan=True)


def test_a_host_array_is_no_argument(device, kernels):
    with Counted(device), pytest.raises(ArgumentMismatch) as told:
        kernels["increment"][1, 32](np.zeros(1, np.uint32))
    assert "host memory" in str(told.value)


def test_an_array_is_no_argument_of_four_bytes(device, kernels):
    out = device.zeros(1, np.uint32)

    with Counted(device), pytest.raises(ArgumentMismatch):
        kernels["store"][1, 32](out, out)


@pytest.mark.parametrize("prepared", [False, True])
def test_a_freed_array_is_refused(device, kernels, prepared):
    cell = device.zeros(1, np.uint32)
    if prepared:
        for _ in range(3):
            kernels["increment"][1, 32](cell)
    cell.free()

    with Counted(device), pytest.raises(Freed):
        kernels["increment"][1, 32](cell)


@pytest.mark.parametrize("prepared", [False, True])
def test_an_array_of_another_device_is_refused(device, kernels, opened, prepared):
    foreign = opened.open().zeros(1, np.uint32)
    if prepared:
        for _ in range(3):
            kernels["increment"][1, 32](device.zeros(1, np.uint32))

    with Counted(device), pytest.raises(WrongDevice):
        kernels["increment"][1, 32](foreign)


def test_arguments_have_no_names(device, kernels):
    with pytest.raises(TypeError):
        kernels["increment"][1, 32](value=device.zeros(1))


@pytest.mark.parametrize(
    ("grid", "block"),
    [
        (2**31, 1),
        ((1, 65536), 1),
        ((1, 1, 65536), 1),
        (1, 1025),
        (1, (1, 1025)),
        (1, (1, 1, 65)),
        (1, (32, 33)),
        (1, (1024, 2)),
        (0, 1),
        (1, 0),
        (-1, 32),
        ((1, 0), 32),
        ((1, 1, 1, 1), 32),
        ((), 32),
    ],
)
def test_a_grid_or_block_beyond_the_chip_is_refused(device, kernels, grid, block):
    with Counted(device), pytest.raises(LaunchTooLarge):
        kernels["empty"].launch(grid=grid, block=block)


@pytest.mark.parametrize("shape", [4, (4,), (1, 2, 3), "4"])
def test_a_launch_has_a_grid_and_a_block(kernels, shape):
    with pytest.raises(UsageError):
        kernels["empty"][shape]


@pytest.mark.parametrize("grid", ["four", None, (1, None), object(), ("x", 1)])
def test_a_grid_that_is_no_number_is_refused(kernels, grid):
    with pytest.raises(UsageError):
        kernels["empty"].launch(grid=grid, block=32)


def test_shared_memory_is_taken_up_to_the_chip_s_limit(device, kernels):
    most = device.limits.shared_optin_bytes
    out = device.zeros(2, np.uint32)

    kernels["shared_sizes"].launch(grid=1, block=32, args=(out,), shared=most)
    assert out.numpy()[0] == most
    for wrong in (most + 1, 1 << 20, 1 << 40, -1):
        with Counted(device), pytest.raises(LaunchTooLarge):
            kernels["shared_sizes"].launch(grid=1, block=32, args=(out,), shared=wrong)


def test_static_shared_memory_counts_towards_the_limit(device, kernels):
    most = device.limits.shared_optin_bytes - 12288
    x = device.zeros(32, np.uint32)

    with Counted(device):
        kernels["static_shared_reverse"].shape(1, 32, shared=most)
        with pytest.raises(LaunchTooLarge):
            kernels["static_shared_reverse"].launch(grid=1, block=32, args=(x, x), shared=most + 1)


@pytest.mark.parametrize(
    ("grid", "cluster"),
    [((8,), (16,)), ((8, 8), (4, 4)), ((6,), (4,)), ((4, 3), (1, 2)), ((8,), (0,)), ((4,), (1, 1, 9))],
)
def test_a_cluster_beyond_the_chip_or_that_does_not_divide_the_grid_is_refused(
    device, kernels, grid, cluster
):
    with Counted(device), pytest.raises(LaunchTooLarge):
        kernels["empty"].launch(grid=grid, block=32, cluster=cluster)


def test_experiments_are_checked_too(device, kernels):
    with Counted(device):
        with pytest.raises(UsageError):
            kernels["empty"].launch(grid=1, block=32, bank0_overrides={2: 1})
        with pytest.raises(UsageError):
            kernels["empty"].launch(grid=1, block=32, bank0_overrides={0x100000: 1})
        with pytest.raises(UsageError):
            kernels["empty"].launch(grid=1, block=32, qmd_overrides={"NO_SUCH_FIELD": 1})
        with pytest.raises(UsageError):
            kernels["empty"].launch(grid=1, block=32, qmd_overrides={"REGISTER_COUNT": 1 << 20})


@pytest.mark.parametrize(
    "wrong",
    [
        {"bank0_overrides": {0: 1 << 33}},
        {"bank0_overrides": {0: -1}},
        {"bank0_overrides": {0: "1"}},
        {"bank0_overrides": {"0": 1}},
        {"qmd_overrides": {"CONSTANT_BUFFER_VALID:x": 1}},
        {"qmd_overrides": {"A:x": 1}},
        {"qmd_overrides": {"REGISTER_COUNT": 1.5}},
        {"qmd_overrides": {1: 1}},
        {"shared": 1.5},
        {"shared": None},
        {"shared": "a"},
        {"args": 5},
        {"grid": 1.5},
        {"grid": float("inf")},
    ],
    ids=repr,
)
def test_what_is_no_number_or_does_not_fit_is_refused(device, kernels, wrong):
    with Counted(device), pytest.raises(UsageError):
        kernels["empty"].launch(**{"grid": 1, "block": 32, **wrong})


def test_launchers_that_a_caller_keeps_are_refused_after_unloading_too(device, kernels):
    kernel, cell = kernels["increment"], device.zeros(1, np.uint32)
    launchers = [kernel.shape(1, 32), kernel[[1], [32]], kernel[1, 32]]
    for grid in range(LAUNCHERS_KEPT):  # the last of these three gives way to others
        kernel[1 + grid, 64]
    for launcher in launchers * 3:
        launcher(cell)

    kernels.unload()

    for launcher in launchers:
        with Counted(device), pytest.raises(Freed):
            launcher(cell)


def test_a_queue_of_another_device_or_address_space_is_refused(device, kernels, opened):
    foreign, space = opened.open(), device.address_space()
    apart = device.channel(space, "compute")

    for queue in (foreign.compute, apart):
        with Counted(device), pytest.raises(WrongDevice):
            kernels["empty"].launch(grid=1, block=32, queue=queue)
    apart.close()
    space.close()


def test_a_launch_on_a_queue_is_no_part_of_a_capture(device, kernels):
    cell, queue = device.zeros(1, np.uint32), device.queue()
    with device.capture():
        kernels["increment"][1, 32](cell)
        with pytest.raises(UsageError):
            kernels["increment"].launch(grid=1, block=32, args=(cell,), queue=queue)
    queue.synchronize()

    assert cell.numpy()[0] == 0


def test_a_queue_of_the_parent_process_is_refused_in_a_forked_child(device, kernels, monkeypatch):
    queue, launcher = device.queue(), kernels["empty"].shape(1, 32)
    submitted = queue.submitted

    with monkeypatch.context() as child:
        child.setattr(device, "_forked", True)
        with pytest.raises(ForkedChild):
            launcher.enqueue(queue, ())

    assert queue.submitted == submitted


@pytest.mark.parametrize("prepared", [False, True])
def test_kernels_of_an_unloaded_module_are_refused(device, kernels, prepared):
    kernel, cell = kernels["increment"], device.zeros(1, np.uint32)
    launcher = kernel[1, 32]
    if prepared:
        for _ in range(3):
            launcher(cell)

    kernels.unload()

    with Counted(device):
        for launch in (lambda: launcher(cell), lambda: kernel[1, 32](cell), lambda: kernel[2, 32](cell)):
            with pytest.raises(Freed):
                launch()


def test_code_is_not_freed_while_its_kernels_run(device, kernels, gpu):
    cell = device.zeros(1, np.uint32)
    device.synchronize()

    with gpu.held():
        kernels["increment"][1, 32](cell)
        kernels.unload()
        device.zeros(kernels.image.size_bytes, np.uint8)

    assert cell.numpy()[0] == 1


def test_a_queue_that_cannot_launch_is_refused(device, kernels):
    with device.queue("copy") as copies, pytest.raises(UsageError):
        kernels["empty"].launch(grid=1, block=32, queue=copies)
    with pytest.raises(UsageError):
        device.queue("graphics")


def test_what_is_no_code_is_refused(device, tmp_path):
    with pytest.raises(BadCubin):
        device.load(b"not a cubin at all")
    with pytest.raises(UsageError):
        device.load(tmp_path / "missing.cubin")


def test_code_for_another_chip_is_refused(device):
    with pytest.raises(WrongArchitecture):
        device.load(CUBINS / "sm_80" / "micro.cubin")


@pytest.mark.parametrize("name", ["", "nv", "nv:", "nv:x", "nv:-1", "cuda:0", "vfio", "nv:0:1"])
def test_a_device_string_that_nobody_knows_is_refused(name):
    with pytest.raises(NoDevice):
        barewire.open(name)
