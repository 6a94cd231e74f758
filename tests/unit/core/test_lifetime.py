"""Opening and closing, several devices, and forked children."""

from __future__ import annotations

import gc
import os
import pickle
import time

import numpy as np
import pytest
from barewire.errors import ForkedChild, Freed, RmError
from fake_programs import load_programs


def test_closing_gives_everything_back(opened):
    device = opened.open()
    kernels = load_programs(device)
    cell, pinned = device.zeros(1, np.uint32), device.pinned(100)
    device.queue()
    device.queue("copy")
    for _ in range(10):
        kernels["increment"][1, 32](cell)

    device.close()
    device.close()

    assert device.closed
    assert device.rm.closed
    assert device.rm.channels == []
    assert device.rm.groups == []
    assert "closed" in repr(device)
    assert pinned.size == 100


def test_a_device_is_closed_at_the_end_of_its_with(opened):
    with opened.open() as device:
        device.zeros(4)

    assert device.rm.closed


def test_work_in_flight_is_done_before_the_device_is_closed(opened):
    device = opened.open()
    kernels, pinned = load_programs(device), device.pinned(1, np.uint32)
    view = pinned.view
    view[:] = 0
    device.synchronize()

    for _ in range(300):
        kernels["increment"][1, 32](pinned)
    device.close()

    assert view[0] == 300


@pytest.mark.parametrize(
    "use",
    [
        lambda device, kernel, cell: device.zeros(3),
        lambda device, kernel, cell: device.array([1.0]),
        lambda device, kernel, cell: device.pinned(3),
        lambda device, kernel, cell: device.load(b""),
        lambda device, kernel, cell: device.queue(),
        lambda device, kernel, cell: device.address_space(),
        lambda device, kernel, cell: device.synchronize(),
        lambda device, kernel, cell: device.record(),
        lambda device, kernel, cell: device.capture().__enter__(),
        lambda device, kernel, cell: device.gpu_time_ns,
        lambda device, kernel, cell: kernel(cell),
        lambda device, kernel, cell: cell.numpy(),
        lambda device, kernel, cell: cell.fill(1),
        lambda device, kernel, cell: cell.copy_from(np.ones(1, np.uint32)),
        lambda device, kernel, cell: device.write(cell.gpu_va, np.ones(1, np.uint32)),
        lambda device, kernel, cell: device.write(cell.gpu_va, np.ones(1, np.uint32), fresh=True),
        lambda device, kernel, cell: device.read(cell.gpu_va, np.ones(1, np.uint32)),
        lambda device, kernel, cell: device.write_small(0, cell.gpu_va, 4),
        lambda device, kernel, cell: device.read_small(cell.gpu_va, 0, 4),
        lambda device, kernel, cell: device.copy(cell.gpu_va, cell.gpu_va, 4),
        lambda device, kernel, cell: device.fill(cell, np.ones(1, np.uint32)),
        lambda device, kernel, cell: device.compute.roundtrip(),
        lambda device, kernel, cell: device.compute.stop(),
    ],
)
def test_a_closed_device_is_refused(opened, use):
    device = opened.open()
    kernel, cell = load_programs(device)["increment"][1, 32], device.zeros(1, np.uint32)
    for _ in range(3):
        kernel(cell)
    device.close()

    with pytest.raises(Freed):
        use(device, kernel, cell)


def test_a_queue_that_has_ended_does_not_look_at_memory_that_is_not_its_own(opened, monkeypatch):
    device = opened.open()
    queue = device.queue()
    queue.roundtrip()
    queue.close()
    device.close()
    monkeypatch.setattr(queue, "_alone", None)  # what it would look with

    assert queue.idle
    assert device.compute.idle


def test_a_device_closes_its_resource_manager_whatever_else_fails(opened, monkeypatch):
    device = opened.open()
    queue = device.queue()

    def interrupted(timeout_s: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(queue, "synchronize", interrupted)
    with pytest.raises(KeyboardInterrupt):
        device.close()

    assert device.rm.closed
    assert not queue.alive
    assert device.compute.idle


def test_a_channel_that_cannot_be_freed_does_not_keep_a_device_open(opened, monkeypatch):
    device = opened.open()

    def refused() -> None:
        raise RmError("busy", status_name="NV_ERR_BUSY")

    monkeypatch.setattr(device.compute.channel, "close", refused)
    device.close()

    assert device.rm.closed


def test_all_queues_of_a_closing_device_share_one_deadline(opened):
    device = opened.open(timeout_s=0.3)
    kernels, stopper = load_programs(device), device.pinned(4, np.uint32)
    stopper.view[:] = 0
    queues = [device.queue() for _ in range(6)]
    device.synchronize()
    for queue in queues:
        kernels["spin_until"].launch(grid=1, block=32, args=(stopper, 1, 0, stopper), queue=queue)

    start = time.monotonic()
    device.close()

    assert time.monotonic() - start < 1.2


def test_objects_may_outlive_their_device(opened):
    device = opened.open()
    array, pinned, module = device.zeros(4), device.pinned(4), load_programs(device)
    queue = device.queue()
    with device.capture() as graph:
        module["empty"][1, 32]()
    device.close()

    array.free()
    pinned.free()
    graph.free()
    queue.close()
    module.unload()
    del array, pinned, module, queue, graph
    gc.collect()


def test_devices_come_and_go(opened):
    for value in range(8):
        with opened.open() as device:
            assert device.array([value]).numpy()[0] == value


def test_two_devices_work_side_by_side(opened):
    devices = [opened.open() for _ in range(2)]
    kernels = [load_programs(device) for device in devices]
    cells = [device.zeros(1, np.uint32) for device in devices]

    for step in range(900):
        for which in (0, 1) if step % 3 else (0,):
            kernels[which]["increment"][1, 32](cells[which])

    assert [cell.numpy()[0] for cell in cells] == [900, 600]


def test_closing_one_device_leaves_the_other_alone(opened):
    one, other = opened.open(), opened.open()
    kernels, cell = load_programs(other), other.zeros(1, np.uint32)
    one.close()

    kernels["increment"][1, 32](cell)

    assert cell.numpy()[0] == 1


def test_a_device_is_closed_though_a_kernel_of_it_hangs(opened):
    device = opened.open(timeout_s=0.2)
    kernels = load_programs(device)
    stopper = device.pinned(4, np.uint32)
    stopper.view[:] = 0
    device.synchronize()
    kernels["spin_until"][1, 32](stopper, 1, 0, stopper)

    start = time.monotonic()
    device.close()

    assert time.monotonic() - start < 3
    assert device.rm.closed


# Forked children. What the child finds is written to a pipe; it never returns into pytest.


def in_a_child(action) -> str:
    """What `action` gives in a forked child: the name of the error that it raises, or "nothing"."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            action()
            found = "nothing"
        except BaseException as error:
            found = type(error).__name__
        os.write(write_end, pickle.dumps(found))
        os._exit(0)
    os.close(write_end)
    deadline = time.monotonic() + 10
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(child, 9)
            os.waitpid(child, 0)
            os.close(read_end)
            return "hangs"
        time.sleep(0.005)
    with os.fdopen(read_end, "rb") as pipe:
        return pickle.loads(pipe.read())


FORKED_USES = {
    "a launch": lambda device, kernel, cell: kernel(cell),
    "synchronize": lambda device, kernel, cell: device.synchronize(),
    "reading": lambda device, kernel, cell: cell.numpy(),
    "writing": lambda device, kernel, cell: cell.copy_from(np.ones(1, np.uint32)),
    "filling": lambda device, kernel, cell: cell.fill(1),
    "writing memory": lambda device, kernel, cell: device.write(cell.gpu_va, np.ones(1, np.uint32)),
    "writing fresh memory": lambda device, kernel, cell: device.write(
        cell.gpu_va, np.ones(1, np.uint32), fresh=True
    ),
    "writing a little": lambda device, kernel, cell: device.write_small(0, cell.gpu_va, 4),
    "reading a little": lambda device, kernel, cell: device.read_small(cell.gpu_va, 0, 4),
    "a copy": lambda device, kernel, cell: device.copy(cell.gpu_va, cell.gpu_va, 4),
    "synchronizing a queue": lambda device, kernel, cell: device.compute.synchronize(),
    "stopping a queue": lambda device, kernel, cell: device.compute.stop(),
    "an array": lambda device, kernel, cell: device.zeros(3),
    "an array of numbers": lambda device, kernel, cell: device.array([1]),
    "pinned memory": lambda device, kernel, cell: device.pinned(3),
    "a queue": lambda device, kernel, cell: device.queue(),
    "an event": lambda device, kernel, cell: device.record(),
    "a round trip": lambda device, kernel, cell: device.compute.roundtrip(),
    "a capture": lambda device, kernel, cell: device.capture().__enter__(),
}


@pytest.mark.parametrize("use", FORKED_USES.values(), ids=FORKED_USES.keys())
def test_a_forked_child_is_refused_and_does_not_touch_the_parent_s_channel(device, kernels, use):
    kernel, cell = kernels["increment"][1, 32], device.zeros(1, np.uint32)
    for _ in range(5):
        kernel(cell)
    device.synchronize()

    found = in_a_child(lambda: use(device, kernel, cell))
    kernel(cell)

    assert found == "ForkedChild"
    assert cell.numpy()[0] == 6
    assert issubclass(ForkedChild, Exception)


def test_a_forked_child_may_close_and_drop_what_it_has_of_its_parent(device, kernels):
    cell = device.zeros(1, np.uint32)
    kernels["increment"][1, 32](cell)
    queue = device.queue()
    device.synchronize()

    def close() -> None:
        array, pinned = device.__dict__, cell
        pinned.free()
        queue.close()
        device.close()
        del array
        gc.collect()

    assert in_a_child(close) == "nothing"
    kernels["increment"][1, 32](cell)
    queue.roundtrip()
    assert cell.numpy()[0] == 2


def test_a_fork_while_launches_wait_to_be_linked_hangs_nobody(device, kernels, gpu):
    """The thread that submits linked launches is not in the child; it may hold the ring's lock."""
    kernel, cell = kernels["increment"][1, 32], device.zeros(1, np.uint32)
    device.synchronize()

    for round_number in range(8):
        with gpu.held():
            for _ in range(40 + round_number):
                kernel(cell)
            found = in_a_child(lambda: kernel(cell))
        assert found == "ForkedChild"
        device.synchronize()

    assert cell.numpy()[0] == sum(40 + round_number for round_number in range(8))


def test_a_child_that_drops_a_device_with_linked_launches_ends(device, kernels, gpu, opened):
    kernel, cell = kernels["increment"][1, 32], device.zeros(1, np.uint32)
    device.synchronize()

    def drop() -> None:
        from barewire.native._native import lib

        for queue in list(device._queues):
            queue.close()
            lib.bw_stop(queue.ring)
        gc.collect()

    with gpu.held():
        for _ in range(40):
            kernel(cell)
        assert in_a_child(drop) == "nothing"
    device.synchronize()

    assert cell.numpy()[0] == 40
