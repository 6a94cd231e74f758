"""Arrays are copied on the copy queue: queues of the user's own keep the order with it too."""

from __future__ import annotations

import contextlib

import numpy as np


def test_a_launch_on_another_queue_comes_after_the_array_was_written(device, kernels, gpu):
    queue = device.queue()
    device.copies.roundtrip()

    with gpu.held(device.copies):
        source = device.array(np.full(50_000, 7, np.uint32))
        target = device.pinned(1, np.uint32)
        kernels["increment_from"].launch(grid=1, block=32, args=(target, source), queue=queue)
        overtook = False
        try:
            queue.synchronize(timeout_s=0.1)
            overtook = True
        except TimeoutError:
            pass
    queue.synchronize()

    assert not overtook
    assert target.view[0] == 8


def test_an_array_that_is_read_has_what_any_queue_was_given_before(device, kernels, gpu):
    queue = device.queue()
    cell = device.zeros(1, np.uint32)
    stopper = device.pinned(2, np.uint32)
    stopper.view[:] = 0
    device.synchronize()

    with gpu.held(queue):
        kernels["increment"].launch(grid=1, block=32, args=(cell,), queue=queue)
        done = stopper.copy_from(cell.device.array(np.zeros(2, np.uint32)))
        copy = device.copy(cell.address, stopper.address, 4)
        with contextlib.suppress(TimeoutError):
            copy.wait(timeout_s=0.1)
    queue.synchronize()
    copy.wait()
    done.wait()

    assert stopper.view[0] == 1
