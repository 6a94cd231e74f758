"""Faults: each raises its own error, and the next kernel runs on a fresh channel."""

from __future__ import annotations

import time

import numpy as np
import pytest
from barewire import errors
from barewire.errors import ChannelDead, KernelTimeout, MmuFault, PollTimeout
from fake_programs import load_programs

UNMAPPED = 0x77_0000_0000


def faulting(kernels, device, name):
    """A launch that ends its channel."""
    out = device.zeros(1, np.uint32)
    device.synchronize()
    arguments = {
        "fault_read": (np.uint64(UNMAPPED), out),
        "fault_write": (np.uint64(UNMAPPED), 1),
        "fault_trap": (),
        "fault_illegal_instruction": (out,),
        "misaligned": (np.uint64(out.address + 2), 1),
    }[name]
    kernels["fault_write" if name == "misaligned" else name][1, 32](*arguments)


KINDS = [
    ("fault_read", MmuFault, 31),
    ("fault_write", MmuFault, 31),
    ("fault_trap", errors.Trap, 13),
    ("fault_illegal_instruction", errors.IllegalInstruction, 13),
    ("misaligned", errors.MisalignedAccess, 13),
]


@pytest.mark.parametrize(("name", "kind", "xid"), KINDS)
def test_each_fault_of_a_kernel_raises_its_own_error(device, kernels, gpu, name, kind, xid):
    faulting(kernels, device, name)

    with pytest.raises(kind) as told:
        device.synchronize()

    assert isinstance(told.value, ChannelDead)
    assert told.value.xid == xid
    assert told.value.queue == "compute queue"
    assert told.value.kernel == ("fault_write" if name == "misaligned" else name)
    assert told.value.kernel_offset == 0x50
    assert [fault.xid for fault in gpu.take_faults()] == [xid]


def test_an_mmu_fault_says_where_and_how(device, kernels, gpu):
    faulting(kernels, device, "fault_write")

    with pytest.raises(MmuFault) as told:
        device.synchronize()

    assert told.value.gpu_va == UNMAPPED
    assert "write" in told.value.access
    assert "kernel fault_write" in str(told.value)
    gpu.take_faults()


@pytest.mark.parametrize(("name", "kind", "xid"), KINDS)
def test_the_next_launch_after_a_fault_finds_a_fresh_channel(device, kernels, gpu, name, kind, xid):
    cell = device.zeros(1, np.uint32)

    for round_number in range(3):
        faulting(kernels, device, name)
        with pytest.raises(kind):
            device.synchronize()
        for _ in range(700):
            kernels["increment"][1, 32](cell)
        assert cell.numpy()[0] == 700 * (round_number + 1)

    assert len(gpu.take_faults()) == 3
    assert len([channel for channel in gpu.rm.channels if channel.group.engine == "compute"]) == 1


def test_a_fault_is_raised_by_the_next_launch_too(device, kernels, gpu, eventually):
    cell = device.zeros(1, np.uint32)
    faulting(kernels, device, "fault_trap")
    assert eventually(lambda: bool(gpu.faults))

    with pytest.raises(errors.Trap):
        kernels["increment"][1, 32](cell)
    kernels["increment"][1, 32](cell)

    assert cell.numpy()[0] == 1
    gpu.take_faults()


def test_a_fault_is_raised_by_reading_an_array(device, kernels, gpu):
    cell = device.zeros(1, np.uint32)
    faulting(kernels, device, "fault_read")

    with pytest.raises(MmuFault):
        cell.numpy()
        device.synchronize()
    assert cell.numpy()[0] == 0
    gpu.take_faults()


def test_work_behind_a_fault_is_not_taken_for_done(device, kernels, gpu):
    """A fresh channel goes on counting where the dead one was; what that one did not do stays undone."""
    before = device.record()
    device.synchronize()
    with gpu.held():
        kernels["fault_trap"][1, 32]()
        behind = device.record()

    with pytest.raises(errors.Trap):
        device.synchronize()

    assert before.done
    assert before.wait().time_ns > 0
    assert not behind.done
    with pytest.raises(ChannelDead):
        behind.wait()
    assert device.record().wait().done
    gpu.take_faults()


def test_linked_launches_behind_a_fault_do_not_run(device, kernels, gpu):
    cell = device.zeros(1, np.uint32)
    device.synchronize()

    with gpu.held():
        for _ in range(10):
            kernels["increment"][1, 32](cell)
        kernels["fault_trap"][1, 32]()
        for _ in range(10):
            kernels["increment"][1, 32](cell)
    with pytest.raises(errors.Trap):
        device.synchronize()

    assert cell.numpy()[0] == 10
    gpu.take_faults()


def test_slots_of_a_dead_channel_are_free_for_the_next(device, kernels, gpu):
    """All launch slots are in use when the channel dies."""
    cell = device.zeros(1, np.uint32)
    device.synchronize()

    with gpu.held():
        kernels["fault_trap"][1, 32]()
        for _ in range(500):
            kernels["increment"][1, 32](cell)
    with pytest.raises(errors.Trap):
        device.synchronize()
    for _ in range(2000):
        kernels["increment"][1, 32](cell)

    assert cell.numpy()[0] == 2000
    gpu.take_faults()


def test_arrays_and_modules_live_through_a_fault(device, kernels, gpu):
    x = device.array(np.arange(50_000, dtype=np.float32))
    y = device.zeros(50_000)
    faulting(kernels, device, "fault_trap")
    with pytest.raises(errors.Trap):
        device.synchronize()

    kernels["saxpy"][50, 1000](x, y, 2.0)

    assert np.array_equal(y.numpy(), 2 * np.arange(50_000, dtype=np.float32))
    gpu.take_faults()


def test_local_memory_is_there_again_after_a_fault(device, kernels, gpu):
    out = device.zeros(32, np.uint32)
    kernels["local_memory"][1, 32](out, 1)
    faulting_too = kernels["fault_trap"]
    faulting_too[1, 32]()
    with pytest.raises(errors.Trap):
        device.synchronize()

    kernels["local_memory"][1, 32](out, 2)

    assert out.numpy().tolist() == [2] * 32
    gpu.take_faults()


def test_a_bad_copy_raises_and_the_copy_queue_works_again(device, gpu):
    array = device.zeros(1000, np.uint8)
    device.synchronize()

    device.copy(UNMAPPED, array.address, 1000)
    with pytest.raises(MmuFault) as told:
        device.synchronize()

    assert told.value.queue == "copy queue"
    assert np.array_equal(device.array(np.full(99_999, 3, np.uint8)).numpy(), np.full(99_999, 3))
    gpu.take_faults()


def test_a_method_that_the_class_does_not_have_is_a_method_error(device, gpu):
    with device.channel() as channel:
        submission = channel.submit(channel.pushbuffer().raw([0x2001_8000 | 0x0FFC >> 2, 0]))
        with pytest.raises(errors.ChannelDead) as told:
            submission.wait()
        assert told.value.xid == 13
        with pytest.raises(errors.ChannelDead) as again:
            channel.roundtrip()
        assert again.value.__cause__ is told.value
    device.compute.roundtrip()
    gpu.take_faults()


def test_words_that_are_no_pushbuffer_are_a_pushbuffer_error(device, gpu):
    with device.channel() as channel, pytest.raises(errors.PushbufferError):
        channel.submit(channel.pushbuffer().raw([0xFFFF_FFFF & ~0x1FFF_FFFF | 0x4000_0000])).wait()
    assert [fault.xid for fault in gpu.take_faults()] == [32]


def test_a_fault_of_another_queue_leaves_the_device_s_own_alone(device, kernels, gpu):
    queue, cell = device.queue(), device.zeros(1, np.uint32)
    device.synchronize()

    kernels["fault_trap"].launch(grid=1, block=32, queue=queue)
    with pytest.raises(errors.Trap):
        queue.synchronize()
    kernels["increment"][1, 32](cell)

    assert cell.numpy()[0] == 1
    assert not queue.alive
    with pytest.raises(ChannelDead):
        kernels["increment"].launch(grid=1, block=32, args=(cell,), queue=queue)
    queue.close()
    gpu.take_faults()


def test_a_copy_behind_a_fault_of_another_queue_tells_of_it_and_later_ones_work(device, kernels, gpu):
    """The copy queue waits, on the GPU, for a queue that never gets there: it must not wait for ever."""
    queue, cell = device.queue(), device.array(np.full(1, 7, np.uint32))
    device.synchronize()

    with gpu.held():
        kernels["fault_trap"].launch(grid=1, block=32, queue=queue)
        target = device.pinned(1, np.uint32)
        copy = target.copy_from(cell)
    with pytest.raises(errors.Trap):
        copy.wait(timeout_s=5)
    start = time.monotonic()

    assert cell.numpy()[0] == 7
    assert time.monotonic() - start < 2
    queue.close()
    gpu.take_faults()


class Endless:
    """A kernel that runs until `stop`."""

    def __init__(self, device, kernels) -> None:
        self.stopper = device.pinned(2, np.uint32)
        self.stopper.view[:] = 0
        self.device = device
        self.gpu_va = self.stopper.gpu_va + 4
        self._kernel = kernels["spin_until"]

    def launch(self) -> None:
        self._kernel[1, 32](self.stopper, 1, 0, self)

    def stop(self) -> None:
        self.stopper.view[0] = 1


def test_a_kernel_that_never_ends_is_taken_off_the_gpu(device, kernels, gpu):
    endless, cell = Endless(device, kernels), device.zeros(1, np.uint32)
    device.synchronize()
    endless.launch()

    start = time.monotonic()
    with pytest.raises(KernelTimeout) as late:
        device.synchronize(timeout_s=0.1)

    assert 0.1 <= time.monotonic() - start < 2
    assert isinstance(late.value, PollTimeout)
    assert isinstance(late.value, ChannelDead)
    assert late.value.timeout_s == pytest.approx(0.1)
    for _ in range(600):
        kernels["increment"][1, 32](cell)
    assert cell.numpy()[0] == 600


def test_the_device_s_own_deadline_counts_once(opened):
    device = opened.open(timeout_s=0.4)
    endless = Endless(device, load_programs(device))
    device.synchronize()
    endless.launch()

    start = time.monotonic()
    with pytest.raises(KernelTimeout):
        device.synchronize()

    assert 0.4 <= time.monotonic() - start < 0.7


def test_a_kernel_that_ends_in_time_is_left_alone(device, kernels):
    endless = Endless(device, kernels)
    device.synchronize()
    endless.launch()
    with pytest.raises(PollTimeout):
        device.record().wait(timeout_s=0.05)

    endless.stop()
    device.synchronize(timeout_s=5)

    assert device.compute.alive


def test_copies_behind_a_kernel_that_was_taken_off_say_so_once(device, kernels):
    endless, array, target = Endless(device, kernels), device.zeros(9, np.uint32), device.pinned(9, np.uint32)
    target.view[:] = 5
    device.synchronize()
    endless.launch()
    copy = target.copy_from(array)

    with pytest.raises(KernelTimeout):
        device.synchronize(timeout_s=0.1)
    with pytest.raises(ChannelDead):
        copy.wait(timeout_s=5)
    target.copy_from(array).wait(timeout_s=5)

    assert target.view.tolist() == [0] * 9


def test_kernels_behind_a_bad_copy_are_told_of_the_copy(device, kernels, gpu):
    """They wait on the GPU for a copy that never ends: its fault is raised, and not their deadline."""
    array, cell = device.zeros(1000, np.uint8), device.zeros(1, np.uint32)
    device.synchronize()

    with gpu.held():
        device.copy(UNMAPPED, array.address, 1000)
        kernels["increment"][1, 32](cell)
    start = time.monotonic()
    with pytest.raises(MmuFault):
        device.synchronize()

    assert time.monotonic() - start < 2
    gpu.take_faults()


def test_local_memory_is_not_lost_with_each_channel(device, kernels, gpu):
    out = device.zeros(32, np.uint32)
    kernels["local_memory"][1, 32](out, 0)
    device.synchronize()
    used = gpu.rm.video_bytes

    for round_number in range(3):
        with device.queue() as queue:
            kernels["increment"].launch(grid=1, block=32, args=(out,), queue=queue)
        kernels["fault_trap"][1, 32]()
        with pytest.raises(errors.Trap):
            device.synchronize()
        kernels["local_memory"][1, 32](out, round_number)
    device.synchronize()

    assert gpu.rm.video_bytes == used
    gpu.take_faults()


def test_memory_freed_behind_a_fault_comes_back(device, kernels, gpu):
    device.zeros(1, np.uint8).free()
    device.synchronize()
    used = gpu.rm.video_bytes
    large = device.zeros(16 << 20, np.uint8)
    device.synchronize()

    with gpu.held():
        kernels["fault_trap"][1, 32]()
        large.free()
    with pytest.raises(errors.Trap):
        device.synchronize()
    device.synchronize()

    assert gpu.rm.video_bytes == used
    gpu.take_faults()


def test_closing_a_device_after_a_fault_frees_everything(opened, eventually):
    device = opened.open()
    load_programs(device)["fault_trap"][1, 32]()
    assert eventually(lambda: bool(device.gpu.faults))

    device.close()

    assert device.rm.closed
    device.gpu.take_faults()


def test_a_kernel_of_another_queue_that_never_ends_is_taken_off_by_that_queue(device, kernels, gpu):
    endless, queue, cell = Endless(device, kernels), device.queue(), device.zeros(1, np.uint32)
    device.synchronize()
    kernels["spin_until"].launch(grid=1, block=32, args=(endless.stopper, 1, 0, endless), queue=queue)
    with pytest.raises(PollTimeout, match=r"Queue\.stop"):
        queue.synchronize(timeout_s=0.05)

    error = queue.stop()

    assert type(error) is KernelTimeout
    assert (error.queue, error.kernel) == (queue.name, "spin_until")
    with pytest.raises(ChannelDead) as later:
        queue.synchronize()
    assert later.value.__cause__ is error
    assert queue.stop() is error
    queue.close()
    kernels["increment"][1, 32](cell)
    assert cell.numpy()[0] == 1


def test_the_queue_that_is_late_is_taken_off_and_not_one_that_waits_for_it(device, kernels, gpu):
    endless, queue = Endless(device, kernels), device.queue()
    cell = device.pinned(1, np.uint32)
    cell.view[:] = 0
    device.synchronize()
    compute = device.compute
    kernels["spin_until"].launch(grid=1, block=32, args=(endless.stopper, 1, 0, endless), queue=queue)
    compute.wait_for(queue)
    kernels["increment"][1, 32](cell)

    with pytest.raises(KernelTimeout) as late:
        device.synchronize(timeout_s=0.1)
    device.synchronize(timeout_s=5)

    assert late.value.queue == queue.name
    assert device.compute is compute
    assert cell.view[0] == 1
    assert not queue.alive


def test_a_channel_that_cannot_be_freed_does_not_hide_the_fault(device, kernels, gpu, monkeypatch):
    close = device.compute.channel.close

    def refused() -> None:
        close()
        raise errors.RmError("busy", status_name="NV_ERR_BUSY")

    monkeypatch.setattr(device.compute.channel, "close", refused)
    kernels["fault_trap"][1, 32]()

    with pytest.raises(errors.Trap) as told:
        device.synchronize()

    assert told.value.close_failed == "busy"
    device.compute.roundtrip()
    gpu.take_faults()


def test_a_queue_that_cannot_be_replaced_says_that_the_device_must_be_opened_again(
    device, kernels, gpu, monkeypatch
):
    def refused(*_: object, **__: object) -> None:
        raise errors.RmError("no more channels", status_name="NV_ERR_INSUFFICIENT_RESOURCES")

    monkeypatch.setattr(gpu.rm, "channel_group", refused)
    kernels["fault_trap"][1, 32]()

    with pytest.raises(errors.Trap, match="open it again"):
        device.synchronize()
    with pytest.raises(ChannelDead, match="no more channels"):
        kernels["empty"][1, 32]()
    with pytest.raises(ChannelDead):
        device.synchronize()
    assert [group.engine for group in gpu.rm.groups] == ["copy"]
    gpu.take_faults()


def test_memory_that_runs_out_behind_a_dead_queue_is_not_waited_for(device, kernels, gpu, eventually):
    half = device.rm.facts.vram_bytes // 2
    queue, large = device.queue(), device.empty(half, np.uint8)
    device.synchronize()

    kernels["fault_trap"].launch(grid=1, block=32, queue=queue)
    large.free()
    assert eventually(lambda: bool(gpu.faults))

    assert device.empty(half, np.uint8).size_bytes == half
    queue.close()
    gpu.take_faults()
