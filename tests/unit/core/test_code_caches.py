"""Which queues are told that code was written where code stood before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from barewire.compute.queue import ComputeQueue

CUBIN = Path(__file__).resolve().parents[3] / "kernels" / "cubin" / "sm_90" / "micro.cubin"


def test_every_queue_that_may_hold_code_is_told_and_no_other(device, kernels, monkeypatch):
    ran, idle = device.queue("compute"), device.queue("compute")
    cells = device.zeros(1, np.uint32)
    device.synchronize()
    told = []
    monkeypatch.setattr(ComputeQueue, "forget_code", lambda queue: told.append(queue))
    monkeypatch.setattr(ComputeQueue, "may_hold_code", property(lambda queue: queue is not idle))
    kernels["increment"][1, 32](cells)
    device.load(CUBIN.read_bytes())

    assert set(told) == {device.compute, ran}
