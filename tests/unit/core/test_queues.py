"""Queues: each in order, waiting for each other, with events and the GPU's time."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from barewire.errors import BarewireError, ChannelDead, Freed, PollTimeout, UsageError, WrongDevice
from barewire.native._native import ffi

NOTHING = np.uint64(0)


def launch(kernel, queue, *arguments, grid=1, block=32) -> None:
    kernel.launch(grid=grid, block=block, args=arguments, queue=queue)


def test_queues_take_turns_on_one_array_by_waiting_for_each_other(device, kernels):
    one, two, three = device.queue(), device.queue(), device.queue()
    cell = device.zeros(1, np.uint32)
    device.synchronize()

    for _ in range(60):
        for before, queue in ((three, one), (one, two), (two, three)):
            queue.wait_for(before)
            launch(kernels["increment"], queue, cell)
    three.synchronize()
    device.compute.wait_for(three)

    assert cell.numpy()[0] == 180


def test_a_queue_waits_for_an_event_and_not_for_what_comes_after_it(device, kernels, gpu):
    slow, fast = device.queue(), device.queue()
    cells, stopper = device.zeros(2, np.uint32), device.pinned(2, np.uint32)
    stopper.view[:] = 0
    device.synchronize()

    launch(kernels["store"], slow, cells, 5)
    event = slow.record()
    launch(kernels["spin_until"], slow, stopper, 1, 0, Offset(stopper, 4))
    fast.wait_for(event)
    launch(kernels["increment"], fast, cells)
    fast.synchronize(timeout_s=5)

    assert event.done
    assert not slow.idle
    stopper.view[0] = 1
    slow.synchronize()
    assert cells.numpy()[0] == 6


class Offset:
    """An array, some bytes further on."""

    def __init__(self, array, size_bytes: int) -> None:
        self.device = array.device
        self.gpu_va = array.gpu_va + size_bytes


def test_waiting_for_what_is_done_submits_nothing(device, gpu):
    one, two = device.queue(), device.queue()
    one.synchronize()
    two.synchronize()
    before = two.submitted

    two.wait_for(one)
    two.wait_for(two)

    assert two.submitted == before


def test_copy_queues_and_compute_queues_wait_for_each_other(device, kernels):
    copies = device.queue("copy")
    a, b = device.zeros(1, np.uint32), device.zeros(1, np.uint32)
    compute = device.queue()
    device.synchronize()

    for _ in range(100):
        launch(kernels["increment"], compute, a)
        copies.wait_for(compute)
        compute.wait_for(copies.copy(a.address, b.address, 4))
        launch(kernels["increment_from"], compute, a, b)
    compute.synchronize()

    assert a.numpy()[0] == 200


def test_a_submission_tells_whether_it_is_done(device, gpu):
    copies = device.queue("copy")
    array = device.zeros(64, np.uint8)
    device.synchronize()

    with gpu.held():
        submission = copies.copy(array.address, array.address, 64)
        assert not submission.done
        assert "in flight" in repr(submission)
        with pytest.raises(PollTimeout) as late:
            submission.wait(timeout_s=0.05)
    submission.wait()

    assert submission.done
    assert "done" in repr(submission)
    assert 0.05 <= late.value.elapsed_s < 1
    assert isinstance(late.value, TimeoutError)


def test_a_time_out_of_a_submission_leaves_the_work_on_the_gpu(device, kernels, gpu):
    cell = device.zeros(1, np.uint32)
    device.synchronize()

    with gpu.held():
        kernels["increment"][1, 32](cell)
        with pytest.raises(PollTimeout):
            device.record().wait(timeout_s=0.02)

    assert cell.numpy()[0] == 1


def test_events_have_the_gpu_s_time_in_order(device, kernels):
    cell = device.zeros(1, np.uint32)

    events = []
    for _ in range(20):
        kernels["increment"][1, 32](cell)
        events.append(device.record())
    times = [event.time_ns for event in events]

    assert times == sorted(times)
    assert len(set(times)) == 20
    assert all(time % 32 == 0 for time in times)
    assert abs(device.gpu_time_ns - times[-1]) < 10e9


def test_an_event_keeps_its_time_however_many_come_after_it(device):
    events = [device.record() for _ in range(450)]

    times = [event.time_ns for event in events]

    assert times == sorted(times)
    assert len(set(times)) == len(times)


def test_the_round_trip_does_not_overtake_work_under_way(device, kernels, gpu):
    """It releases the timeline without waiting for the engine, and the timeline must never run backwards."""
    stopper = device.pinned(2, np.uint32)
    stopper.view[:] = 0
    device.synchronize()

    kernels["spin_until"][1, 32](stopper, 1, 0, Offset(stopper, 4))
    trip = threading.Thread(target=device.compute.roundtrip)
    trip.start()
    trip.join(timeout=0.1)

    assert trip.is_alive()
    assert not device.compute.idle
    stopper.view[0] = 1
    trip.join(timeout=5)
    assert not trip.is_alive()


def test_round_trips_are_counted_on_the_timeline(device):
    before = device.compute.submitted

    for _ in range(1100):
        device.compute.roundtrip()

    assert device.compute.submitted == before + 1100
    assert device.compute.idle


def test_a_pushbuffer_of_one_s_own_runs_and_is_waited_for(device):
    array = device.zeros(256, np.uint32)
    device.synchronize()

    with device.channel(engine="copy") as channel:
        pushbuffer = channel.pushbuffer()
        pushbuffer.fill(destination=array.address, value=0x1234, element_bytes=4, count=128)
        pushbuffer.copy(source=array.address, destination=array.address + 512, size_bytes=512)
        channel.submit(pushbuffer).wait(timeout_s=5)

    assert np.array_equal(array.numpy(), np.full(256, 0x1234))


@pytest.mark.parametrize("widths", [(1, 1, 1), (5, 16, 7), (33, 40, 100), (64, 64, 64)])
def test_a_copy_of_lines_leaves_what_is_between_them(device, widths):
    width, pitch_in, pitch_out = widths
    values = np.random.default_rng(1).integers(1, 255, pitch_in * 20).astype(np.uint8)
    source, target = device.array(values), device.zeros(pitch_out * 20, np.uint8)
    device.synchronize()

    with device.channel() as channel:
        pushbuffer = channel.pushbuffer().copy_2d(
            source=source.address,
            destination=target.address,
            width_bytes=width,
            height=20,
            source_pitch_bytes=pitch_in,
            destination_pitch_bytes=pitch_out,
        )
        channel.submit(pushbuffer).wait()

    expected = np.zeros((20, pitch_out), np.uint8)
    expected[:, :width] = values.reshape(20, pitch_in)[:, :width]
    assert np.array_equal(target.numpy().reshape(20, pitch_out), expected)


def test_a_channel_in_an_address_space_of_its_own_sees_only_that(device, gpu):
    space = device.address_space()
    memory = gpu.rm.host_memory(4096)
    gpu_va = space.map(memory)
    words = np.frombuffer(memory.map_cpu().view, np.uint32)

    with device.channel(space) as channel:
        channel.submit(
            channel.pushbuffer().fill(destination=gpu_va, value=7, element_bytes=4, count=1024)
        ).wait()

    assert np.array_equal(words, np.full(1024, 7))
    space.unmap(gpu_va)
    memory.close()


def test_long_pushbuffers_take_turns_in_the_queue_s_memory(device):
    with device.channel() as channel:
        array = device.zeros(1, np.uint32)
        device.synchronize()
        for value in range(60):
            pushbuffer = channel.pushbuffer()
            for step in range(5 + 5 * value):
                pushbuffer.fill(
                    destination=array.address, value=value * 1000 + step, element_bytes=4, count=1
                )
            channel.submit(pushbuffer)
        channel.synchronize()

    assert array.numpy()[0] == 59 * 1000 + 299


def test_a_pushbuffer_that_is_too_long_or_empty_is_refused(device):
    with device.channel() as channel:
        with pytest.raises(UsageError):
            channel.submit(channel.pushbuffer())
        with pytest.raises(UsageError):
            channel.submit(channel.pushbuffer().raw([0] * 100_000))
        channel.roundtrip()


def test_queues_come_and_go_without_leaving_anything(device, kernels, gpu):
    device.queue().close()
    device.synchronize()
    before = (len(gpu.rm.memories), len(gpu.rm.channels), len(gpu.rm.groups), len(device.space.mappings))
    cell = device.zeros(1, np.uint32)

    for _ in range(5):
        with device.queue() as queue, device.queue("copy") as copies:
            copies.roundtrip()
            launch(kernels["increment"], queue, cell)

    after = (len(gpu.rm.memories), len(gpu.rm.channels), len(gpu.rm.groups), len(device.space.mappings))
    assert after == before
    assert cell.numpy()[0] == 5


def test_a_closed_queue_is_refused(device, kernels):
    queue = device.queue()
    queue.close()
    queue.close()

    with pytest.raises(Freed):
        launch(kernels["empty"], queue)
    with pytest.raises(Freed):
        queue.submit(queue.pushbuffer().release(queue.timeline_va, 0))
    with pytest.raises(Freed):
        queue.roundtrip()
    assert not queue.alive
    kernels["empty"][1, 32]()
    device.synchronize()


def test_a_queue_does_not_wait_for_another_device(opened):
    """The other's timeline is not mapped here: waiting for it would end the channel, or never end."""
    one, other = opened.open(), opened.open()

    with other.gpu.held():
        event = other.record()
        with pytest.raises(WrongDevice):
            one.compute.wait_for(event)
    one.synchronize()


def test_a_queue_does_not_wait_for_one_of_another_address_space(device, gpu):
    with device.channel(device.address_space()) as stranger, gpu.held(stranger):
        submission = stranger.submit(stranger.pushbuffer().release(stranger.timeline_va, 0))
        with pytest.raises(WrongDevice):
            device.compute.wait_for(submission)
    device.synchronize()


def test_many_queues_at_once_do_not_mix_their_work(device, kernels):
    queues = [device.queue() for _ in range(6)]
    cells = [device.zeros(301, np.uint32) for _ in queues]
    device.synchronize()

    for step in range(300):
        for queue, array in zip(queues, cells, strict=True):
            launch(kernels["chain_step"], queue, array, NOTHING, step)
    for queue in queues:
        queue.synchronize()

    for array in cells:
        assert np.array_equal(array.numpy(), np.arange(301))


def test_a_queue_shows_how_far_it_is(device):
    device.synchronize()

    assert f"{device.compute.completed} of {device.compute.submitted}" in repr(device.compute)
    assert device.compute.alive
    assert issubclass(ChannelDead, BarewireError)


def test_work_whose_doorbell_came_too_early_is_seen_all_the_same(device, gpu):
    """Two writes by two ways into a GPU may change places; the next look finds the work."""
    queue = device.copies
    queue.roundtrip()
    pushbuffer = queue.pushbuffer().release(queue.timeline_va, 0, wait_for_idle=False)
    doorbell, queue.ring.doorbell = queue.ring.doorbell, ffi.cast("uintptr_t", LOST)
    submission = queue.submit(pushbuffer)
    queue.ring.doorbell = doorbell

    submission.wait(timeout_s=5.0)

    assert queue.rung_again > 0


LOST = ffi.new("uint32_t *")  # a doorbell that nobody hears
