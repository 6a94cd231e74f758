"""Devices for tests of every way to a GPU: the software GPU, which we boot, and silicon that RM owns.

Each test runs on `soft:gh100` and, where there is a GPU, on `nv:0`. BAREWIRE_TEST_DEVICE names another
device instead of both. What a device cannot do is skipped, with the reason. The software GPU looks for all
that hardware leaves undefined, and its memory is not zero; what it finds fails the module, unless the module
does it on purpose and says so in DELIBERATE. BAREWIRE_SANITIZE=0 leaves that out.

The fixtures are for folders' conftest.py to import.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

ASKED_FOR = os.environ.get("BAREWIRE_TEST_DEVICE")
ON_SILICON = pytest.mark.hardware
ON_SOFTWARE = pytest.mark.software_gpu
FULL = os.environ.get("BAREWIRE_FULL", "") not in ("", "0")
SANITIZE = os.environ.get("BAREWIRE_SANITIZE", "1") not in ("", "0")
STRICT = {"dirty_vram_bytes": 96 << 20, "sanitize": SANITIZE}


def device_names() -> list[Any]:
    """The devices to run on, each marked with what it is."""
    names = [ASKED_FOR] if ASKED_FOR else ["soft:gh100", "nv:0"]
    return [pytest.param(name, marks=ON_SILICON if name.startswith("nv:") else ON_SOFTWARE) for name in names]


@pytest.fixture(scope="module", params=device_names())
def device_name(request: pytest.FixtureRequest) -> str:
    """The device that a test runs on, for those that open it themselves."""
    return str(request.param)


@pytest.fixture(scope="module")
def dev(request: pytest.FixtureRequest, device_name: str) -> Iterator[Any]:
    """An open device, shared by a file's tests."""
    import barewire as bw

    soft = device_name.startswith("soft:")
    device = bw.open(device_name, **(STRICT if soft else {}))
    card = device.bus.endpoint if soft else None
    yield device
    device.close()
    if card is not None:
        assert not card.defects
        deliberate = getattr(request.module, "DELIBERATE", ())
        assert [str(report) for report in card.reports if report.kind not in deliberate] == []


@pytest.fixture
def well_afterwards(dev: Any) -> Iterator[None]:
    """After a deliberate fault: silicon is asked how it is, and a strange answer ends the whole run."""
    if not dev.name.startswith("nv:"):
        yield
        return
    from tests.hardware import health
    from tests.hardware.machine import ALLOWED_XIDS, KernelLog

    log = KernelLog()
    yield
    strange = [xid for xid in log.fresh_xids() if xid.number not in ALLOWED_XIDS]
    if strange:
        pytest.exit(f"Xid {strange[0].number}: {strange[0].text}", returncode=1)
    state = health.ask(dev.name)
    if not state.well:
        pytest.exit(f"the GPU is not well: {state.detail}", returncode=1)


@pytest.fixture
def random() -> np.random.Generator:
    """Random data, the same in every run."""
    return np.random.default_rng(26)
