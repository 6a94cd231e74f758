"""What is refused before anything reaches the GPU: each a typed error, and the device works on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def nothing_was_submitted(dev: Any, micro: Any) -> Iterator[list[int]]:
    """Every test here leaves the queues where they were, and a kernel runs afterwards.

    A test that loads a module puts the place of the compute queue into the list: loading clears caches.
    """
    value = dev.zeros(1, np.uint32)
    dev.synchronize()
    before = [dev.compute.submitted]
    yield before
    assert dev.compute.submitted == before[-1], "something was submitted"
    micro["store"][(1,), (32,)](value, np.uint32(77))
    dev.synchronize()
    assert value.numpy()[0] == 77


def _cubin(sm: int = 90) -> bytes:
    from barewire import kernels

    return kernels.cubin_path("micro", sm).read_bytes()


@pytest.mark.parametrize("length", [0, 1, 4, 63, 64, 100, 5000, -1, -64])
def test_a_truncated_cubin_is_refused(dev: Any, length: int) -> None:
    from barewire.errors import BadCubin

    with pytest.raises(BadCubin):
        dev.load(_cubin(dev.facts.sm_version)[:length])


def test_a_foreign_elf_is_refused(dev: Any) -> None:
    import sys

    from barewire.errors import BadCubin

    with open(sys.executable, "rb") as program:
        data = program.read()
    with pytest.raises(BadCubin):
        dev.load(data)


def test_text_that_is_no_ptx_is_refused(dev: Any) -> None:
    from barewire.errors import BarewireError

    with pytest.raises(BarewireError):
        dev.load(b"hello, this is not a cubin, a fatbin or PTX\n" * 10)


@pytest.mark.parametrize("sm", [80, 120])
def test_a_cubin_of_another_architecture_is_refused(dev: Any, sm: int) -> None:
    from barewire.errors import WrongArchitecture

    if dev.facts.sm_version // 10 == sm // 10:
        pytest.skip("this is that architecture")
    with pytest.raises(WrongArchitecture):
        dev.load(_cubin(sm))


def test_a_kernel_that_is_not_there_is_a_key_error_that_names_what_is(dev: Any, micro: Any) -> None:
    from barewire.errors import KernelNotFound

    with pytest.raises(KernelNotFound) as caught:
        micro["saxpi"]
    assert isinstance(caught.value, KeyError)
    assert "saxpy" in str(caught.value)


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_a_wrong_number_of_arguments_is_refused(dev: Any, micro: Any, count: int) -> None:
    from barewire.errors import ArgumentMismatch

    array = dev.zeros(32, np.float32)
    with pytest.raises(ArgumentMismatch):
        micro["saxpy"][(1,), (32,)](*[array, array, np.float32(1), np.float32(1)][:count])


@pytest.mark.parametrize("scale", [np.float64(1), np.float16(1), np.uint8(1), "1", None, [1.0], b"12345"])
def test_an_argument_of_a_wrong_size_or_kind_is_refused(dev: Any, micro: Any, scale: Any) -> None:
    from barewire.errors import ArgumentMismatch

    array = dev.zeros(32, np.float32)
    with pytest.raises(ArgumentMismatch):
        micro["saxpy"][(1,), (32,)](array, array, scale)


@pytest.mark.parametrize("value", [1 << 32, -(1 << 31) - 1])
def test_a_number_that_does_not_fit_is_refused(dev: Any, micro: Any, value: int) -> None:
    from barewire.errors import ArgumentMismatch

    array = dev.zeros(32, np.uint32)
    with pytest.raises(ArgumentMismatch):
        micro["store"][(1,), (32,)](array, value)


@pytest.mark.parametrize(
    ("grid", "block"),
    [
        ((0,), (32,)), ((-1,), (32,)), ((1 << 31,), (32,)), ((1, 65536), (32,)), ((1, 1, 65536), (32,)),
        ((1, 1, 1, 1), (32,)), ((), (32,)),
        ((1,), (0,)), ((1,), (1025,)), ((1,), (32, 33)), ((1,), (1, 1, 65)),
    ],
)  # fmt: skip
def test_a_grid_or_block_beyond_the_chip_is_refused(dev: Any, micro: Any, grid: Any, block: Any) -> None:
    from barewire.errors import LaunchTooLarge

    with pytest.raises(LaunchTooLarge):
        micro["empty"][grid, block]()


@pytest.mark.parametrize("shared", [-1, 227 * 1024 + 1, 1 << 20, 1 << 40])
def test_shared_memory_beyond_the_chip_is_refused(dev: Any, micro: Any, shared: int) -> None:
    from barewire.errors import LaunchTooLarge

    out = dev.zeros(4, np.uint32)
    with pytest.raises(LaunchTooLarge):
        micro["dynamic_shared_check"].launch(grid=(1,), block=(32,), args=(out, np.uint32(1)), shared=shared)


def test_a_grid_that_no_cluster_divides_is_refused(dev: Any, nothing_was_submitted: list[int]) -> None:
    from barewire import kernels
    from barewire.errors import LaunchTooLarge

    if dev.facts.sm_version < 90:
        pytest.skip("this chip has no clusters")
    out = dev.zeros(1024, np.uint32)
    kernel = kernels.load(dev, "cluster")["cluster_exchange"]
    nothing_was_submitted.append(dev.compute.submitted)
    with pytest.raises(LaunchTooLarge):
        kernel[(3,), (32,)](out)


def test_a_freed_array_is_refused(dev: Any, micro: Any) -> None:
    from barewire.errors import Freed

    kept, freed = dev.zeros(32, np.float32), dev.zeros(32, np.float32)
    micro["saxpy"].pack((kept, freed, np.float32(1)))
    freed.free()
    with pytest.raises(Freed):
        micro["saxpy"][(1,), (32,)](kept, freed, np.float32(1))
    with pytest.raises(Freed):
        freed.numpy()


def test_an_array_of_another_device_is_refused(dev: Any, micro: Any, other: Any) -> None:
    from barewire.errors import WrongDevice

    foreign = other.zeros(32, np.uint32)
    with pytest.raises(WrongDevice):
        micro["store"][(1,), (32,)](foreign, np.uint32(1))


def test_an_unloaded_module_is_refused(dev: Any, nothing_was_submitted: list[int]) -> None:
    from barewire.errors import Freed

    module = dev.load(_cubin(dev.facts.sm_version))
    kernel = module["empty"]
    module.unload()
    nothing_was_submitted.append(dev.compute.submitted)
    with pytest.raises(Freed):
        kernel[(1,), (32,)]()


@pytest.mark.parametrize("shape", [(-1,), (3, -2)])
def test_an_array_of_negative_size_is_refused(dev: Any, shape: tuple[int, ...]) -> None:
    from barewire.errors import BarewireError

    with pytest.raises((BarewireError, ValueError)):
        dev.empty(shape, np.uint8)


def test_data_of_another_shape_is_refused(dev: Any) -> None:
    from barewire.errors import UsageError

    array = dev.zeros((4, 4), np.float32)
    with pytest.raises(UsageError):
        array.copy_from(np.zeros((4, 5), dtype=np.float32))
