"""What goes wrong on a channel ends that channel, with an error that says what it was; the rest works on.

On silicon these are deliberate faults on channels of our own (Xid 31 and 32 only), one after the other; each
test ends by showing that the GPU still copies, on a channel that was there before and on a fresh one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from barewire.errors import ChannelDead, CopyFault, MethodError, MmuFault, PushbufferError
from device_buffers import KIB, MIB, Buffers

WAIT_S = 20.0
UNMAPPED_VA = 0xF0_1234_5000  # below 2^40, far above what is mapped
RESERVED_OPERATION = 6 << 29 | 1 << 16 | 1 << 13 | 0x40  # SEC_OP 6 (open-gpu-doc:classes/host/clc86f.h)


@pytest.fixture
def bystander(dev: Any, buffers: Buffers, random: Any, well_afterwards: None) -> Iterator[Any]:
    """A channel beside the one that fails, and memory whose contents must survive."""
    channel = dev.channel(engine="copy")
    data = random.integers(0, 256, 256 * KIB, dtype=np.uint8)
    kept, back = buffers.make(256 * KIB, "video"), buffers.make(256 * KIB)
    kept.bytes[:] = data

    yield channel

    for working in (channel, dev.channel(engine="copy")):
        back.bytes[:] = 0
        working.submit(
            working.pushbuffer().copy(source=kept.gpu_va, destination=back.gpu_va, size_bytes=256 * KIB)
        ).wait(timeout_s=WAIT_S)
        np.testing.assert_array_equal(buffers.read(back), data)
        working.close()
    array = dev.array(np.arange(1000))
    np.testing.assert_array_equal(array.numpy(), np.arange(1000))


def provoke(channel: Any, pushbuffer: Any) -> ChannelDead:
    with pytest.raises(ChannelDead) as raised:
        channel.submit(pushbuffer).wait(timeout_s=WAIT_S)
    return raised.value


def is_dead(channel: Any) -> None:
    assert not channel.alive
    with pytest.raises(ChannelDead):
        channel.roundtrip()
    channel.close()


@pytest.mark.parametrize("direction", ["from", "to"])
def test_a_copy_of_unmapped_memory_names_the_address(
    dev: Any, bystander: Any, buffers: Buffers, direction: str
) -> None:
    memory = buffers.make(64 * KIB)
    channel = dev.channel(engine="copy")
    places = (UNMAPPED_VA, memory.gpu_va) if direction == "from" else (memory.gpu_va, UNMAPPED_VA)
    error = provoke(
        channel, channel.pushbuffer().copy(source=places[0], destination=places[1], size_bytes=4 * KIB)
    )

    assert isinstance(error, (MmuFault, CopyFault))
    assert error.gpu_va & ~0xFFF == UNMAPPED_VA
    assert error.xid == 31
    is_dead(channel)


def test_a_copy_over_the_end_of_a_mapping_faults_beyond_it(
    dev: Any, bystander: Any, buffers: Buffers
) -> None:
    # The next 2 MiB stay free: an address space puts memory of this size at multiples of it.
    source = buffers.make(64 * KIB)
    channel = dev.channel(engine="copy")
    free_va = dev.space.addresses.allocate(2 * MIB, 2 * MIB)
    dev.space.addresses.free(free_va)
    memory = dev.rm.video_memory(2 * MIB, page_size_bytes=2 * MIB)
    at = dev.space.map(memory, gpu_va=free_va)
    over = channel.pushbuffer().copy(
        source=source.gpu_va, destination=at + 2 * MIB - 4 * KIB, size_bytes=64 * KIB
    )
    mapped = any(
        start <= at + 2 * MIB < start + known.size_bytes for start, known in dev.space.mappings.items()
    )
    if mapped:
        pytest.skip("the address space has something right behind it")
    error = provoke(channel, over)

    assert isinstance(error, (MmuFault, CopyFault))
    # An engine has many writes under way; which of those beyond the end it tells first is its own affair.
    assert at + 2 * MIB <= error.gpu_va < at + 2 * MIB + 60 * KIB
    is_dead(channel)
    dev.space.unmap(at)
    memory.close()


def test_a_write_to_read_only_memory_is_refused(dev: Any, bystander: Any, buffers: Buffers) -> None:
    source = buffers.make(64 * KIB)
    target = buffers.make(64 * KIB, "host", read_only=True)
    source.bytes[:] = 0xAB
    channel = dev.channel(engine="copy")
    error = provoke(
        channel,
        channel.pushbuffer().copy(source=source.gpu_va, destination=target.gpu_va, size_bytes=4 * KIB),
    )

    assert isinstance(error, (MmuFault, CopyFault))
    assert error.gpu_va & ~0xFFF == target.gpu_va
    assert not target.bytes.any()
    is_dead(channel)


def test_words_that_are_no_pushbuffer(dev: Any, bystander: Any) -> None:
    channel = dev.channel(engine="copy")
    error = provoke(channel, channel.pushbuffer().raw([RESERVED_OPERATION, 0]))

    assert isinstance(error, (PushbufferError, MethodError))
    assert error.xid == 32
    is_dead(channel)


def test_a_pushbuffer_that_is_not_mapped(dev: Any, bystander: Any) -> None:
    channel = dev.channel(engine="copy")
    channel.segments.gpu_va = UNMAPPED_VA  # what the GPFIFO entry will say
    error = provoke(channel, channel.pushbuffer().raw([0]))

    assert isinstance(error, (MmuFault, PushbufferError))
    assert error.gpu_va & ~0xFFF == UNMAPPED_VA
    is_dead(channel)


def test_a_semaphore_that_is_not_mapped(dev: Any, bystander: Any) -> None:
    channel = dev.channel(engine="copy")
    error = provoke(channel, channel.pushbuffer().release(UNMAPPED_VA, 1))

    assert isinstance(error, MmuFault)
    assert error.gpu_va & ~0xFFF == UNMAPPED_VA
    is_dead(channel)


def test_a_channel_that_never_goes_on_is_taken_off(dev: Any, bystander: Any, buffers: Buffers) -> None:
    from barewire.errors import KernelTimeout, PollTimeout

    words = buffers.make(4 * KIB)
    channel = dev.channel(engine="copy")
    waiting = channel.submit(channel.pushbuffer().acquire(words.gpu_va, 1))
    with pytest.raises(PollTimeout):
        waiting.wait(timeout_s=0.1)
    error = channel.stop()

    assert isinstance(error, KernelTimeout)
    with pytest.raises(ChannelDead):
        waiting.wait(timeout_s=1.0)
    channel.close()
    del bystander


def test_the_devices_own_copy_queue_is_renewed(dev: Any, bystander: Any, buffers: Buffers) -> None:
    memory = buffers.make(4 * KIB)
    dead = dev.copies
    with pytest.raises(ChannelDead):
        dev.copy(memory.gpu_va, UNMAPPED_VA, 256).wait(timeout_s=WAIT_S)

    data = np.arange(5000, dtype=np.uint32)
    np.testing.assert_array_equal(dev.array(data).numpy(), data)
    assert dev.copies is not dead
