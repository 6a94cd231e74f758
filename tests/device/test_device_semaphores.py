"""Host semaphores: releases, every kind of acquire, reductions, and channels that wait for each other."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest
from barewire.regs import classes
from device_buffers import KIB, Buffer, Buffers

WAIT_S = 10.0
A_WHILE_S = 0.05  # long enough for a GPU that does not wait to be caught


@pytest.fixture
def channels(dev: Any) -> Any:
    made = [dev.channel(engine="copy") for _ in range(2)]
    yield made
    for channel in made:
        channel.close()


def execute(channel: Any, pushbuffer: Any, gpu_va: int, payload: int, **fields: Any) -> Any:
    """One semaphore operation, by its fields."""
    table = classes.load(channel.class_ids[0])
    word = table.method("SEM_EXECUTE").encode(**fields)
    low, high = payload & 0xFFFFFFFF, payload >> 32 & 0xFFFFFFFF
    return pushbuffer.method("NVC86F_SEM_ADDR_LO", gpu_va & 0xFFFFFFFF, gpu_va >> 32, low, high, word)


def test_a_release_writes_its_payload_and_no_neighbour(channels: Any, buffers: Buffers) -> None:
    words = buffers.make(4 * KIB)
    words.words()[:] = 0x55555555
    channel = channels[0]
    channel.submit(channel.pushbuffer().release(words.gpu_va + 64, 7)).wait(timeout_s=WAIT_S)

    wanted = np.full(1024, 0x55555555, np.uint32)
    wanted[16] = 7
    np.testing.assert_array_equal(np.array(words.words()), wanted)


def test_a_release_of_64_bits_with_its_time(dev: Any, channels: Any, buffers: Buffers) -> None:
    words = buffers.make(4 * KIB)
    channel = channels[0]
    before = dev.gpu_time_ns
    pushbuffer = execute(
        channel, channel.pushbuffer(), words.gpu_va + 128, 0x1234_5678_9ABC_DEF0,
        OPERATION="RELEASE", PAYLOAD_SIZE="64BIT", RELEASE_TIMESTAMP="EN",
    )  # fmt: skip
    channel.submit(pushbuffer).wait(timeout_s=WAIT_S)

    assert int(words.words(np.uint64)[16]) == 0x1234_5678_9ABC_DEF0
    assert before <= int(words.words(np.uint64)[17]) <= dev.gpu_time_ns


# operation, value that holds the channel back, value that lets it go, payload
ACQUIRES = [
    ("ACQUIRE", 4, 5, 5),
    ("ACQ_STRICT_GEQ", 4, 6, 5),
    ("ACQ_CIRC_GEQ", 0xFFFFFFF0, 3, 2),
    ("ACQ_AND", 0b0101, 0b0110, 0b1010),
    ("ACQ_NOR", 0xFFFFFFFF, 0xFFFFFF0F, 0x0F),
]


@pytest.mark.parametrize(("operation", "held", "free", "payload"), ACQUIRES, ids=[row[0] for row in ACQUIRES])
def test_an_acquire_waits_for_its_condition(
    channels: Any, buffers: Buffers, operation: str, held: int, free: int, payload: int
) -> None:
    words = buffers.make(4 * KIB)
    words.words()[0] = held
    channel = channels[0]
    pushbuffer = execute(
        channel, channel.pushbuffer(), words.gpu_va, payload, OPERATION=operation, ACQUIRE_SWITCH_TSG="EN"
    )
    waiting = channel.submit(pushbuffer)
    time.sleep(A_WHILE_S)
    assert not waiting.done

    words.words()[0] = free
    waiting.wait(timeout_s=WAIT_S)


# operation, signed, before, payload, after
REDUCTIONS = [
    ("IADD", "UNSIGNED", 40, 2, 42), ("IADD", "SIGNED", 0xFFFFFFFF, 2, 1),
    ("IMIN", "UNSIGNED", 5, 0xFFFFFFFF, 5), ("IMIN", "SIGNED", 5, 0xFFFFFFFF, 0xFFFFFFFF),
    ("IMAX", "UNSIGNED", 5, 0xFFFFFFFF, 0xFFFFFFFF), ("IMAX", "SIGNED", 5, 0xFFFFFFFF, 5),
    ("IXOR", "UNSIGNED", 0b1100, 0b1010, 0b0110), ("IAND", "UNSIGNED", 0b1100, 0b1010, 0b1000),
    ("IOR", "UNSIGNED", 0b1100, 0b1010, 0b1110),
    ("INC", "UNSIGNED", 6, 7, 7), ("INC", "UNSIGNED", 7, 7, 0),
    ("DEC", "UNSIGNED", 6, 7, 5), ("DEC", "UNSIGNED", 0, 7, 7),
]  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "sign", "before", "payload", "after"), REDUCTIONS,
    ids=[f"{row[0]}-{row[1].lower()}-{row[2]:#x}-{row[3]:#x}" for row in REDUCTIONS],
)  # fmt: skip
def test_a_reduction(
    channels: Any, buffers: Buffers, operation: str, sign: str, before: int, payload: int, after: int
) -> None:
    words = buffers.make(4 * KIB)
    words.words()[0] = before
    channel = channels[0]
    pushbuffer = execute(
        channel, channel.pushbuffer(), words.gpu_va, payload,
        OPERATION="REDUCTION", REDUCTION=operation, REDUCTION_FORMAT=sign,
    )  # fmt: skip
    channel.submit(pushbuffer).wait(timeout_s=WAIT_S)

    assert int(words.words()[0]) == after


def test_a_channel_that_waits_does_not_hold_up_the_others(channels: Any, buffers: Buffers) -> None:
    first, second = channels
    words = buffers.make(4 * KIB)
    waiting = first.submit(first.pushbuffer().acquire(words.gpu_va, 1))
    for _ in range(20):
        second.roundtrip()
    assert not waiting.done

    second.submit(second.pushbuffer().release(words.gpu_va, 1)).wait(timeout_s=WAIT_S)
    waiting.wait(timeout_s=WAIT_S)


def test_two_channels_pass_a_token_to_and_fro(channels: Any, buffers: Buffers, random: Any) -> None:
    """Each adds its part to the data by copies that only the semaphores keep in order."""
    turns, size = 50, 4 * KIB
    words = buffers.make(4 * KIB)
    line = buffers.make(size * (turns + 1), "video")
    data = random.integers(0, 256, size, dtype=np.uint8)
    line.bytes[:size] = data
    last = []
    for turn in range(turns):
        channel = channels[turn % 2]
        pushbuffer = channel.pushbuffer().acquire(words.gpu_va, turn)
        pushbuffer.copy(
            source=line.gpu_va + turn * size, destination=line.gpu_va + (turn + 1) * size, size_bytes=size
        )
        pushbuffer.release(words.gpu_va, turn + 1)
        last.append(channel.submit(pushbuffer))
    for submission in last[-2:]:
        submission.wait(timeout_s=WAIT_S)

    np.testing.assert_array_equal(buffers.read(line)[turns * size : (turns + 1) * size], data)


def test_the_host_lets_a_channel_go_on(channels: Any, buffers: Buffers) -> None:
    words: Buffer = buffers.make(4 * KIB)
    channel = channels[0]
    waiting = channel.submit(channel.pushbuffer().acquire(words.gpu_va, 1))
    later = threading.Timer(A_WHILE_S, lambda: words.words().__setitem__(0, 1))
    later.start()

    waiting.wait(timeout_s=WAIT_S)
    later.join()


def test_a_wait_that_is_too_long_is_a_timeout_and_the_work_stays(channels: Any, buffers: Buffers) -> None:
    from barewire.errors import PollTimeout

    words = buffers.make(4 * KIB)
    channel = channels[0]
    waiting = channel.submit(channel.pushbuffer().acquire(words.gpu_va, 1))
    start = time.monotonic()
    with pytest.raises(PollTimeout):
        waiting.wait(timeout_s=0.2)
    assert 0.2 <= time.monotonic() - start < 1.2

    words.words()[0] = 1
    waiting.wait(timeout_s=WAIT_S)


def test_queues_wait_for_each_other_on_the_gpu(dev: Any, buffers: Buffers, random: Any) -> None:
    first, second = dev.queue("copy"), dev.queue("copy")
    size = 64 * KIB
    start, middle, end = buffers.make(size), buffers.make(size, "video"), buffers.make(size)
    for _ in range(20):
        start.bytes[:] = random.integers(0, 256, size, dtype=np.uint8)
        first.submit(first.pushbuffer().copy(source=start.gpu_va, destination=middle.gpu_va, size_bytes=size))
        second.wait_for(first)
        second.submit(
            second.pushbuffer().copy(source=middle.gpu_va, destination=end.gpu_va, size_bytes=size)
        ).wait(timeout_s=WAIT_S)
        np.testing.assert_array_equal(buffers.read(end), buffers.read(start))
    first.close()
    second.close()


def test_a_thousand_releases_in_one_pushbuffer(channels: Any, buffers: Buffers) -> None:
    words = buffers.make(4 * KIB)
    channel = channels[0]
    pushbuffer = channel.pushbuffer()
    for index in range(1000):
        pushbuffer.release(words.gpu_va + 4 * index, index + 1, wait_for_idle=False)
    channel.submit(pushbuffer).wait(timeout_s=WAIT_S)

    np.testing.assert_array_equal(np.array(words.words()[:1000]), np.arange(1, 1001, dtype=np.uint32))


def test_a_ring_wraps_and_stays_in_order(channels: Any) -> None:
    channel = channels[0]
    for _ in range(3000):
        channel.roundtrip()

    assert channel.completed == channel.submitted
