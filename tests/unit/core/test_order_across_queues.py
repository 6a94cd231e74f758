"""Arrays are copied on the copy queue: queues of the user's own keep the order with it too."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from barewire.errors import Freed, UsageError


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


def test_a_queue_that_is_closed_lets_go_who_waits_for_it(device, kernels, gpu):
    """Its memory stays until the others have looked at it: an address that is gone would end them."""
    cell = device.pinned(1, np.uint32)
    cell.view[:] = 0
    memories = len(gpu.rm.memories)
    queue = device.queue()
    device.synchronize()

    with gpu.held(queue, device.compute):
        kernels["increment"].launch(grid=1, block=32, args=(cell,), queue=queue)
        device.compute.wait_for(queue)
        kernels["increment"][1, 32](cell)
        queue.close()
        assert len(gpu.rm.memories) > memories
    with contextlib.suppress(Freed):  # what it waited for was never done
        device.compute.synchronize(timeout_s=5)
    device.synchronize(timeout_s=5)

    assert cell.view[0] == 1
    assert len(gpu.rm.memories) == memories


def test_copies_do_not_miss_a_queue_that_its_owner_closed(device, kernels, gpu):
    cell = device.pinned(1, np.uint32)
    queue = device.queue()
    device.synchronize()

    with gpu.held(queue, device.copies):
        kernels["increment"].launch(grid=1, block=32, args=(cell,), queue=queue)
        array = device.zeros(5000, np.uint8)  # waits for the launch, on the GPU
        queue.close()

    assert not array.numpy().any()
    device.synchronize(timeout_s=5)


def test_nothing_waits_for_a_queue_that_has_ended_before_its_work(device, kernels, gpu):
    queue, other, cell = device.queue(), device.queue(), device.zeros(1, np.uint32)
    device.synchronize()
    with gpu.held(queue):
        kernels["increment"].launch(grid=1, block=32, args=(cell,), queue=queue)
        submission = queue.record()
        queue.close()

    with pytest.raises(Freed):
        other.wait_for(submission)
    other.roundtrip()


@pytest.mark.parametrize("timeout_s", [-1, float("nan"), "5", object(), -float("inf")])
def test_deadlines_that_are_none_are_refused(device, opened, timeout_s):
    for wait in (device.synchronize, device.compute.synchronize, device.record().wait):
        with pytest.raises(UsageError):
            wait(timeout_s=timeout_s)


def test_a_deadline_may_be_infinite(device):
    device.record().wait(timeout_s=float("inf"))
    device.synchronize(timeout_s=float("inf"))


def test_a_queue_waits_for_work_only(device):
    with pytest.raises(UsageError):
        device.compute.wait_for(5)
