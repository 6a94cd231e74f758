"""Where the launches of a graph stand, and what a wait for another queue leaves behind when it fails."""

from __future__ import annotations

import numpy as np
import pytest
from barewire.compute.graph import LaunchNode
from barewire.errors import Freed

QMD_ALIGNMENT = 256  # a QMD is named by its address shifted right by 8


def test_every_launch_of_a_graph_begins_where_a_descriptor_can(device, kernels):
    cells, words = device.zeros(1024, np.uint32), np.zeros(1000, np.uint32).tobytes()
    with device.capture() as graph:
        for step in range(2):
            kernels["chain_step"][1, 32](cells, np.uint64(0), step)
            kernels["increment"][1, 32](cells)
            kernels["large_argument"][1, 32](cells, words)
    launches = [node for node in graph.nodes if isinstance(node, LaunchNode)]

    assert len({node.launcher.plan.bank0_bytes % QMD_ALIGNMENT for node in launches}) > 1
    assert [node.offset % QMD_ALIGNMENT for node in launches] == [0] * 6
    assert len({node.offset for node in launches}) == 6


def test_a_queue_that_could_not_wait_has_still_to_wait(device, monkeypatch):
    queue, other = device.compute, device.copies
    followed = queue.ring.followed

    def fail(submission, **keywords) -> None:
        raise Freed("it was closed")

    other.roundtrip()
    monkeypatch.setattr(queue, "wait_for", fail)
    with pytest.raises(Freed):
        queue.catch_up(other)

    assert queue.ring.followed == followed
