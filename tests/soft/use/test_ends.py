"""What is left in a program's hands when memory, devices or the bus are gone: typed errors, and no crash."""

from __future__ import annotations

import gc
from typing import Any

import barewire as bw
import numpy as np
import pytest
from barewire.errors import Freed

KIB, MIB = 1 << 10, 1 << 20


def opened(**options: Any) -> Any:
    return bw.open("soft:gh100", **{"timeout_s": 5.0, **options})


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_view_of_pinned_memory_outlives_its_device(size: int) -> None:
    dev = opened()
    pinned = dev.pinned(size, np.int32)
    view = pinned.view
    view[:] = np.arange(size)
    dev.close()
    np.testing.assert_array_equal(view, np.arange(size))
    view[:] = 7
    assert (pinned.view == 7).all()
    pinned.free()
    assert (view == 7).all()


def test_a_view_of_pinned_memory_outlives_a_device_that_nobody_refers_to() -> None:
    dev = opened()
    pinned = dev.pinned(1000, np.int32)
    view = pinned.view
    view[:] = 5
    del dev, pinned
    gc.collect()
    assert view.sum() == 5000


def test_a_view_of_host_memory_outlives_its_mapping_and_its_memory() -> None:
    with opened() as dev:
        memory = dev.rm.host_memory(64 * KIB)
        mapping = memory.map_cpu(4 * KIB, 8 * KIB)
        view = np.frombuffer(mapping.view, np.uint8)
        assert view.size == 8 * KIB
        view[:] = 9
        assert memory.read(4 * KIB, 2) == b"\x09\x09"
        mapping.close()
        memory.close()
        assert (view == 9).all()
        with pytest.raises(Freed):
            _ = mapping.view
    assert (view == 9).all()
