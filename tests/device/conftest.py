"""One set of tests for every way to a GPU: see `tests.common.devices`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parents[1]):  # the second so that `tests` and `benchmarks` are found
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from device_buffers import Buffers  # noqa: E402

from tests.common.devices import FULL, dev, device_name, random, well_afterwards  # noqa: E402
from tests.common.served import serving  # noqa: E402

__all__ = ["dev", "device_name", "random", "well_afterwards"]


@pytest.fixture(scope="module")
def beside_name(device_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What can be opened while `dev` is open; a served GPU has one client at a time: a second is served."""
    if not device_name.startswith("vfio-user:"):
        yield device_name
        return
    with serving(tmp_path_factory.mktemp("beside")) as server:
        yield server.device


@pytest.fixture
def other(beside_name: str) -> Iterator[Any]:
    """A second, independent open: of the same GPU on silicon, a second software GPU."""
    import barewire as bw

    device = bw.open(beside_name)
    yield device
    device.close()


@pytest.fixture(scope="module")
def micro(dev: Any) -> Any:
    """The small kernels of kernels/cuda/micro.cu."""
    from barewire import kernels

    return kernels.load(dev, "micro")


@pytest.fixture
def many(device_name: str) -> int:
    """How many launches are many: each takes a software GPU that looks at everything a millisecond or two."""
    return 3_000 if device_name.startswith("soft:") and not FULL else 100_000


@pytest.fixture
def clusters(dev: Any) -> Any:
    """The kernels of kernels/cuda/cluster.cu, where blocks form clusters."""
    from barewire import kernels

    if dev.facts.sm_version < 90:
        pytest.skip("this chip has no clusters")
    if "Software" in dev.facts.name:
        pytest.skip("the SM of the software GPU runs no clusters yet")
    return kernels.load(dev, "cluster")


@pytest.fixture
def buffers(dev: Any) -> Iterator[Buffers]:
    """Memory of chosen pages, mapped for the GPU and for the CPU; given back after the test."""
    made = Buffers(dev)
    yield made
    made.close()
