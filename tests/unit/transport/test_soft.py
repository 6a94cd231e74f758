"""The bus of a device in this process: configuration, BARs, memory, interrupts, doorbells, reset."""

from __future__ import annotations

import threading
import time

import pytest
import small_device as small
from barewire.errors import DeviceLost, TransportError, UsageError
from barewire.native._native import ffi, lib
from barewire.transport.bus import PAGE_BYTES
from barewire.transport.soft import SoftBus
from small_device import SmallDevice


def dma_sum(bus: SoftBus, iova: int, count: int) -> int:
    """What the device reads in host memory: the sum of its bytes."""
    bar = bus.bars[0]
    bar.write32(small.DMA_IOVA_LOW, iova & 0xFFFFFFFF)
    bar.write32(small.DMA_IOVA_HIGH, iova >> 32)
    bar.write32(small.DMA_COUNT, count)
    return bar.read32(small.DMA_SUM)


def eventually(condition, timeout_s: float = 2.0) -> bool:
    end = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < end:
        time.sleep(0.001)
    return condition()


def test_an_opened_device_answers_in_memory_space_and_may_reach_memory(bus, device):
    assert bus.config.read(0, 4) == 0x233010DE
    assert bus.config.read(small.COMMAND, 2) & 0x6 == 0x6


def test_each_bar_is_where_the_configuration_space_says(bus):
    for index, bar in bus.bars.items():
        low = bus.config.read(0x10 + 4 * index, 4)
        high = bus.config.read(0x14 + 4 * index, 4)
        assert bar.bus_address == high << 32 | low & ~0xF
        assert bar.bus_address % bar.size_bytes == 0
    assert not bus.bars[0].mappable
    assert bus.bars[2].mappable


def test_registers_are_read_and_written_by_words_and_by_bytes(bus):
    bar = bus.bars[0]
    bar.write32(0x200, 0x11223344)
    bar.write(0x203, b"\xaa\xbb\xcc\xdd\xee")

    assert bar.read32(0x200) == 0xAA223344
    assert bar.read(0x200, 9) == b"\x44\x33\x22\xaa\xbb\xcc\xdd\xee\x00"


def test_an_aperture_is_memory(bus, device):
    bar = bus.bars[2]
    bar.write(5, b"hello")
    part = bar.map(0, 0x1000)

    assert device.memory[5:10] == b"hello"
    assert lib.bw_read8(part.address + 5) == ord("h")
    assert bar.read(5, 5) == b"hello"
    bar.write32(0x10, 7)
    assert bar.read32(0x10) == 7
    part.close()


@pytest.mark.parametrize("offset", [-4, 2, small.BAR0_BYTES, small.BAR0_BYTES - 2])
def test_an_access_outside_a_bar_or_off_its_words_is_refused(bus, offset):
    with pytest.raises(UsageError):
        bus.bars[0].read32(offset)
    with pytest.raises(UsageError):
        bus.bars[0].write32(offset, 0)


def test_registers_cannot_be_mapped_and_apertures_only_where_they_are(bus):
    with pytest.raises(UsageError):
        bus.bars[0].map(0, 4)
    with pytest.raises(UsageError):
        bus.bars[2].map(small.BAR2_BYTES, 1)


@pytest.mark.parametrize(("offset", "size"), [(1, 2), (2, 4), (0, 8), (4096, 1), (-1, 1)])
def test_an_access_that_configuration_space_does_not_have_is_refused(bus, offset, size):
    with pytest.raises(UsageError):
        bus.config.read(offset, size)


def test_the_device_reads_and_writes_memory_by_its_own_addresses(bus):
    memory = bus.dma_memory(10000)
    memory.view[:4] = bytes([1, 2, 3, 4])

    assert memory.size_bytes == 3 * PAGE_BYTES
    assert memory.iova_of(0) != memory.address
    assert dma_sum(bus, memory.iova_of(0), 4) == 10
    bus.bars[0].write32(small.DMA_FILL, 0x55)
    assert bytes(memory.view[:16]) == b"\x55" * 16


def test_memory_is_scattered_unless_it_is_asked_to_be_contiguous(bus):
    scattered = bus.dma_memory(64 * PAGE_BYTES)
    whole = bus.dma_memory(64 * PAGE_BYTES, contiguous=True)

    assert len(scattered.segments) > 3
    assert sum(segment.size_bytes for segment in scattered.segments) == scattered.size_bytes
    assert [whole.iova, whole.size_bytes] == [whole.segments[0].iova, 64 * PAGE_BYTES]
    iovas = [segment.iova for segment in scattered.segments]
    assert iovas != sorted(iovas)
    with pytest.raises(UsageError):
        _ = scattered.iova
    offset = 0
    for segment in scattered.segments:
        assert scattered.iova_of(offset) == segment.iova
        assert scattered.iova_of(offset + segment.size_bytes - 1) == segment.iova + segment.size_bytes - 1
        offset += segment.size_bytes
    with pytest.raises(UsageError):
        scattered.iova_of(offset)


def test_large_pages_fit_into_large_memory(bus):
    memory = bus.dma_memory(8 << 20)
    offset, aligned = 0, 0
    for segment in memory.segments:
        if segment.size_bytes == 2 << 20:
            assert offset % (2 << 20) == segment.iova % (2 << 20) == 0
            aligned += 1
        offset += segment.size_bytes
    assert aligned == 3


def test_the_device_is_refused_what_was_closed_or_lies_past_the_end(bus):
    memory = bus.dma_memory(PAGE_BYTES)
    iova = memory.iova

    assert dma_sum(bus, iova + PAGE_BYTES - 4, 5) == small.REFUSED
    assert dma_sum(bus, iova, PAGE_BYTES) == 0
    memory.close()
    memory.close()
    assert dma_sum(bus, iova, 1) == small.REFUSED
    assert bus.dma_memory(PAGE_BYTES).iova != iova


def test_no_memory_of_no_size(bus):
    with pytest.raises(UsageError):
        bus.dma_memory(0)


def test_interrupts_are_counted_until_they_are_asked_for(bus):
    bus.interrupts.enable(2)
    for _ in range(3):
        bus.bars[0].write32(small.RAISE, 1)

    assert bus.interrupts.count == 3
    assert bus.interrupts.wait(1, 0) == 3
    assert bus.interrupts.wait(1, 0.01) == 0
    assert bus.interrupts.wait(0, 0) == 0


def test_a_waiting_thread_is_woken_by_its_vector(bus):
    bus.interrupts.enable(1)
    threading.Timer(0.02, lambda: bus.bars[0].write32(small.RAISE, 0)).start()

    assert bus.interrupts.wait(0, 2.0) == 1


def test_vectors_that_are_not_enabled_do_not_come(bus):
    bus.bars[0].write32(small.RAISE, 0)
    bus.interrupts.enable(1)
    bus.bars[0].write32(small.RAISE, 1)
    bus.interrupts.disable()
    bus.bars[0].write32(small.RAISE, 0)

    assert [bus.interrupts.wait(vector, 0) for vector in range(3)] == [0, 0, 0]
    with pytest.raises(UsageError):
        bus.interrupts.enable(4)
    with pytest.raises(UsageError):
        bus.interrupts.wait(3, 0)


def test_tokens_that_native_code_leaves_become_register_writes_in_their_order(bus, device):
    doorbell = bus.doorbell(0, small.DOORBELL)
    bell = ffi.cast("struct bw_bell *", doorbell.bell)
    for token in range(500):
        lib.bw_bell_ring(bell, token)

    assert doorbell.address == 0
    assert eventually(lambda: len(device.rung) == 500)
    assert device.rung == list(range(500))
    doorbell.close()
    doorbell.close()


def test_a_doorbell_in_an_aperture_is_an_address(bus, device):
    doorbell = bus.doorbell(2, small.DOORBELL)
    lib.bw_write32(doorbell.address, 0x1234)

    assert doorbell.bell == 0
    assert device.memory[small.DOORBELL : small.DOORBELL + 2] == b"\x34\x12"
    with pytest.raises(UsageError):
        bus.doorbell(1, 0)


@pytest.mark.parametrize(("flr", "how"), [(True, "flr"), (False, "conventional")])
def test_a_reset_gives_a_cold_device_with_its_configuration_as_before(flr, how):
    device = SmallDevice(flr=flr)
    with SoftBus(device) as bus:
        bus.interrupts.enable(2)
        bus.bars[0].write32(0x200, 7)
        before = [bus.config.read(offset, 4) for offset in range(0, 0x80, 4)]
        bus.reset()

        assert device.resets == [how]
        assert bus.bars[0].read32(0x200) == 0
        assert [bus.config.read(offset, 4) for offset in range(0, 0x80, 4)] == before
        bus.bars[0].write32(small.RAISE, 1)
        assert bus.interrupts.wait(1, 0) == 1


def test_a_device_that_left_the_bus_reads_as_ones_and_hears_nothing(bus, device):
    bus.bars[0].write32(0x200, 7)
    bus.disconnect()
    bus.bars[0].write32(0x200, 8)

    assert bus.bars[0].read32(0x200) == 0xFFFFFFFF
    assert bus.bars[2].read(0, 3) == b"\xff\xff\xff"
    assert bus.config.read(0, 2) == 0xFFFF
    with pytest.raises(DeviceLost):
        bus.reset()
    bus.reconnect()
    assert bus.bars[0].read32(0x200) == 7


@pytest.mark.parametrize("lost", [False, True])
def test_closing_gives_everything_back(lost):
    device = SmallDevice()
    bus = SoftBus(device)
    memory = bus.dma_memory(PAGE_BYTES)
    held = memory.view[:16]
    bus.doorbell(0, small.DOORBELL)
    bus.interrupts.enable(1)
    threads = threading.active_count()
    if lost:
        bus.disconnect()
    bus.close()
    bus.close()

    assert device.closed
    assert memory.closed
    assert bytes(held) == bytes(16)  # memory that somebody still looks at stays
    assert threading.active_count() < threads
    assert lost or not device.config[small.COMMAND] & 4
    with pytest.raises(TransportError):
        bus.dma_memory(1)
    with pytest.raises(TransportError):
        bus.reset()
