"""Threads that wait for work while another one closes what it runs on: nobody hears that it was done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import barewire as bw
import numpy as np
import pytest
from barewire.errors import BarewireError, ChannelDead, Freed
from barewire.kernels.library import cubin_path


def spin(dev: Any, queue: Any) -> None:
    """A kernel that does not end for a minute."""
    flag, outcome = dev.zeros(1, np.uint32), dev.zeros(2, np.uint32)
    kernel = dev.load(cubin_path("micro", dev.facts.sm_version))["spin_until"]
    dev.synchronize()
    arguments = (flag, np.uint32(1), np.uint64(60 * 10**9), outcome)
    kernel.launch(grid=1, block=32, args=arguments, queue=queue)


def error_of(wait: Callable[[], object], meanwhile: Callable[[], object]) -> BarewireError | None:
    """What a thread's wait raises when something happens meanwhile; None for nothing."""
    raised: list[BarewireError] = []

    def waiting() -> None:
        try:
            wait()
        except BarewireError as error:
            raised.append(error)

    thread = threading.Thread(target=waiting)
    thread.start()
    time.sleep(0.1)
    meanwhile()
    thread.join(10.0)
    assert not thread.is_alive()
    return raised[0] if raised else None


@pytest.mark.parametrize("seconds", [None, 8.0])
def test_the_device_is_closed(seconds: float | None) -> None:
    dev = bw.open("soft:gh100", timeout_s=0.5)
    spin(dev, dev.compute)
    dev.compute.timeout_ns = 20 * 10**9
    error = error_of(lambda: dev.synchronize(seconds), dev.close)
    assert isinstance(error, Freed)


def test_the_queue_is_closed() -> None:
    with bw.open("soft:gh100", timeout_s=20.0) as dev:
        queue = dev.queue()
        spin(dev, queue)
        event = queue.record()
        assert isinstance(error_of(queue.synchronize, queue.close), Freed)
        with pytest.raises(Freed):
            event.wait()


def test_the_kernel_is_taken_off() -> None:
    with bw.open("soft:gh100", timeout_s=20.0) as dev:
        queue = dev.queue()
        spin(dev, queue)
        error = error_of(queue.synchronize, queue.stop)
        assert isinstance(error, ChannelDead)
