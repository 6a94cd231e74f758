"""Memory that was freed while the GPU used it: it is waited for before an array is refused."""

from __future__ import annotations

import numpy as np
import pytest
from barewire.channel.queue import Queue
from barewire.errors import OutOfVram


def test_what_only_waits_to_be_freed_is_waited_for(device, monkeypatch):
    waited = []
    device.synchronize()
    value = device.compute.submitted
    monkeypatch.setattr(Queue, "wait_value", lambda queue, *arguments: waited.append((queue, arguments)))
    monkeypatch.setattr(type(device), "collect", lambda self: None)
    waiting = ((device.compute, value),)
    monkeypatch.setattr(device, "_deferred", [(waiting, 0)])

    def full(size_bytes: int, seen: bool) -> int:
        raise OutOfVram("there is no more")

    monkeypatch.setattr(device.pool, "allocate", full)
    with pytest.raises(OutOfVram):
        device.empty(8, np.uint32)

    assert waited == [(device.compute, (value, None))]
    monkeypatch.undo()
