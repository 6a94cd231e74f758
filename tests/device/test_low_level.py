"""The layers below the arrays on a GPU: address spaces, channels, pushbuffers, semaphores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def test_a_copy_written_method_by_method_moves_the_bytes(dev: Any, random: np.random.Generator) -> None:
    if dev.facts.classes.copy != 0xC8B5:
        pytest.skip("the methods here are Hopper's")
    data = random.integers(0, 256, 5000, dtype=np.uint8)
    source, target = dev.array(data), dev.zeros(5000, np.uint8)
    dev.synchronize()
    channel = dev.channel(engine="copy")

    pushbuffer = channel.pushbuffer()
    pushbuffer.method("NVC8B5_OFFSET_IN_UPPER", source.gpu_va >> 32, source.gpu_va & 0xFFFFFFFF)
    pushbuffer.method("NVC8B5_OFFSET_OUT_UPPER", target.gpu_va >> 32, target.gpu_va & 0xFFFFFFFF)
    pushbuffer.method("NVC8B5_LINE_LENGTH_IN", 5000)
    pushbuffer.method(
        "NVC8B5_LAUNCH_DMA",
        DATA_TRANSFER_TYPE="NON_PIPELINED",
        SRC_MEMORY_LAYOUT="PITCH",
        DST_MEMORY_LAYOUT="PITCH",
    )
    channel.submit(pushbuffer).wait(timeout_s=5)

    np.testing.assert_array_equal(target.numpy(), data)


def test_an_address_space_of_its_own_holds_a_channel_and_its_memory(
    dev: Any, random: np.random.Generator
) -> None:
    data = random.integers(0, 256, 1 << 16, dtype=np.uint8)
    space = dev.address_space()
    memories = [dev.rm.host_memory(1 << 16), dev.rm.video_memory(1 << 21), dev.rm.host_memory(1 << 16)]
    source, middle, target = (space.map(memory) for memory in memories)
    first, last = memories[0].map_cpu(), memories[2].map_cpu()
    first.view[:] = data.tobytes()
    last.view[:] = bytes(1 << 16)
    channel = dev.channel(space, engine="copy")

    pushbuffer = channel.pushbuffer()
    pushbuffer.copy(source=source, destination=middle, size_bytes=1 << 16)
    pushbuffer.copy(source=middle, destination=target, size_bytes=1 << 16)
    channel.submit(pushbuffer).wait(timeout_s=5)

    assert bytes(last.view) == data.tobytes()
    channel.close()


def test_a_semaphore_holds_the_value_and_the_time_of_its_release(dev: Any) -> None:
    memory = dev.pinned(4, np.uint32)
    memory.view[:] = 0
    channel = dev.channel(engine="copy")
    before = dev.gpu_time_ns

    channel.submit(channel.pushbuffer().release(memory.gpu_va, 0xABCD1234, timestamp=True)).wait(timeout_s=5)

    assert memory.view[0] == 0xABCD1234
    stamp = int(memory.view[2:].view(np.uint64)[0])
    assert before <= stamp <= dev.gpu_time_ns


def test_the_gpus_clock_runs(dev: Any) -> None:
    import time

    first, start = dev.gpu_time_ns, time.monotonic_ns()
    time.sleep(0.05)
    elapsed, wanted = dev.gpu_time_ns - first, time.monotonic_ns() - start

    assert abs(elapsed - wanted) < 5_000_000


def test_the_time_within_rm_is_counted(dev: Any) -> None:
    if not hasattr(dev.rm, "ioctl_seconds"):
        pytest.skip("this RM is not reached by ioctls")
    before = dev.rm.ioctl_seconds
    dev.queue().close()

    assert dev.rm.ioctl_seconds > before > 0


def test_a_queue_that_is_closed_gives_its_channel_back(dev: Any) -> None:
    before = dev.rm.channel_groups_in_use()
    queues = [dev.queue() for _ in range(3)]
    inside = dev.rm.channel_groups_in_use()
    for queue in queues:
        queue.close()

    assert inside == before + 3
    assert dev.rm.channel_groups_in_use() == before


def test_a_long_pushbuffer_is_one_submission(dev: Any) -> None:
    memory = dev.pinned(1000, np.uint32)
    memory.view[:] = 0
    channel = dev.channel(engine="copy")

    pushbuffer = channel.pushbuffer()
    for index in range(1000):
        pushbuffer.release(memory.gpu_va + 4 * index, index + 1, wait_for_idle=False)
    channel.submit(pushbuffer).wait(timeout_s=5)

    np.testing.assert_array_equal(memory.view, np.arange(1, 1001, dtype=np.uint32))


def test_a_channels_ring_wraps_many_times(dev: Any, many: int) -> None:
    roundtrips = min(many, 20_000)
    channel = dev.channel(engine="copy")

    for _ in range(roundtrips):
        channel.roundtrip()

    assert channel.completed == channel.submitted
    assert channel.submitted >= roundtrips
