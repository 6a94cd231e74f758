"""What is left in a program's hands when memory, devices or the bus are gone: typed errors, and no crash."""

from __future__ import annotations

import gc
import os
import threading
import time
from typing import Any

import barewire as bw
import numpy as np
import pytest
from barewire.errors import BarewireError, DeviceLost, ForkedChild, Freed, MmuFault
from barewire.kernels.library import cubin_path

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


@pytest.mark.parametrize("after_s", [0.0, 0.003, 0.01])
def test_a_bus_that_is_lost_in_the_middle_of_copies(after_s: float) -> None:
    dev = opened(timeout_s=2.0)
    one = dev.array(np.arange(1 << 18))
    other = dev.empty(1 << 18, np.int64)
    timer = threading.Timer(after_s, dev.bus.disconnect)
    timer.start()
    began = time.monotonic()
    with pytest.raises(DeviceLost):
        while time.monotonic() < began + 3.0:
            one.copy_to(other)
            other.numpy()
    timer.join()
    # A small array alone is a posted write of the CPU's, which nobody answers: reading it back tells.
    for use in (dev.synchronize, dev.channel, lambda: dev.array([1]).numpy(), lambda: one.fill(1)):
        with pytest.raises(DeviceLost):
            use()
    dev.close()
    assert time.monotonic() < began + 5.0
    with opened() as fresh:
        assert fresh.array([1, 2]).numpy().tolist() == [1, 2]


def test_a_forked_child_opens_a_device_of_its_own() -> None:
    with opened() as dev:
        array = dev.array([1, 2])
        child = os.fork()
        if not child:
            code = 1
            try:
                with pytest.raises(ForkedChild):
                    array.numpy()
                with pytest.raises(ForkedChild):
                    dev.channel()
                dev.close()
                with opened() as own:
                    code = int(own.array([3]).numpy().tolist() != [3])
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        assert array.numpy().tolist() == [1, 2]


@pytest.mark.parametrize("times", [30, pytest.param(1000, marks=pytest.mark.full)])
def test_faulted_channels_leave_nothing_behind(times: int) -> None:
    with opened() as dev:
        kept = dev.array(np.arange(10_000))
        before = 0
        for number in range(times):
            channel = dev.channel()
            work = channel.pushbuffer().copy(source=0xF0_1234_5000, destination=kept.address, size_bytes=64)
            with pytest.raises(MmuFault):
                channel.submit(work).wait(3.0)
            channel.close()
            if number == 10:
                before = len(os.listdir("/proc/self/fd")), threading.active_count()
        np.testing.assert_array_equal(kept.numpy(), np.arange(10_000))
        assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == before
        assert not dev.bus.endpoint.defects


def left_of(dev: Any) -> tuple[int, ...]:
    """What a device has now: files, threads, objects of RM, mappings, pieces of memory."""
    rm = dev.rm
    return (
        len(os.listdir("/proc/self/fd")),
        threading.active_count(),
        len(rm.client.objects),
        len(dev.space.mappings),
        rm.channel_groups_in_use(),
        rm.memory.allocator.free_bytes,
    )


@pytest.mark.parametrize("times", [12, pytest.param(300, marks=pytest.mark.full)])
def test_faulted_kernels_leave_nothing_behind(times: int) -> None:
    """The compute queue is renewed after each: its context, its launch slots and its local memory with it."""
    with opened() as dev:
        kernels = dev.load(cubin_path("micro", dev.facts.sm_version))
        out, kept = dev.zeros(1024, np.uint32), dev.array(np.arange(10_000))
        before: tuple[int, ...] = ()
        for number in range(times):
            kernels["local_memory"][1, 32](out, np.uint32(1))
            kernels["fault_read"][1, 32](np.uint64(0xF0_1234_5000), out)
            with pytest.raises(MmuFault) as fault:
                dev.synchronize()
            assert fault.value.gpu_va == 0xF0_1234_5000
            if number == 4:
                before = left_of(dev)
        np.testing.assert_array_equal(kept.numpy(), np.arange(10_000))
        dev.collect()
        assert left_of(dev)[1:5] == before[1:5]
        assert abs(left_of(dev)[5] - before[5]) <= 4 * MIB
        assert not dev.bus.endpoint.defects


@pytest.mark.parametrize("after_s", [0.0, 0.01, 0.05])
def test_a_bus_that_is_lost_while_a_kernel_runs(after_s: float) -> None:
    dev = opened(timeout_s=2.0)
    kernels = dev.load(cubin_path("micro", dev.facts.sm_version))
    flag, outcome = dev.zeros(1, np.uint32), dev.zeros(2, np.uint32)
    dev.synchronize()
    kernels["spin_until"][1, 32](flag, np.uint32(1), np.uint64(60 * 10**9), outcome)
    timer = threading.Timer(after_s, dev.bus.disconnect)
    timer.start()
    began = time.monotonic()
    with pytest.raises(BarewireError) as lost:
        dev.synchronize()
    timer.join()
    assert time.monotonic() - began < 1.5
    assert isinstance(lost.value, DeviceLost)
    dev.close()
    assert time.monotonic() - began < 8.0
    with opened() as fresh:
        fresh.load(cubin_path("micro", fresh.facts.sm_version))["empty"][1, 32]()
        fresh.synchronize()
