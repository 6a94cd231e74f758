"""The native layer: exact widths, copies at any alignment, and waiting on a counter that wraps."""

from __future__ import annotations

import ctypes
import threading
import time

import numpy as np
import pytest
from barewire.compute.queue import ComputeQueue
from barewire.native._native import ffi, lib
from fake_programs import load_programs
from hypothesis import given
from hypothesis import strategies as st

WIDTHS = {8: ctypes.c_uint8, 16: ctypes.c_uint16, 32: ctypes.c_uint32, 64: ctypes.c_uint64}
GUARD = 0xEE


def buffer_of(size: int, fill: int = GUARD) -> ctypes.Array:
    made = (ctypes.c_uint8 * size)()
    ctypes.memset(made, fill, size)
    return made


@pytest.mark.parametrize("width", WIDTHS)
def test_an_access_reads_and_writes_exactly_its_width(width):
    memory = buffer_of(32)
    address = ctypes.addressof(memory) + 8
    value = 0x0123456789ABCDEF & ((1 << width) - 1)

    getattr(lib, f"bw_write{width}")(address, value)

    size = width // 8
    assert bytes(memory[8 : 8 + size]) == value.to_bytes(size, "little")
    assert set(memory[:8]) | set(memory[8 + size :]) == {GUARD}
    assert getattr(lib, f"bw_read{width}")(address) == value


def test_a_doorbell_is_rung_again_with_the_same_token_and_never_when_the_ring_is_closed():
    words = (ctypes.c_uint32 * 4)()
    ring = ffi.new("struct bw_ring *")
    ring.gp_put, ring.doorbell, ring.token = ctypes.addressof(words), ctypes.addressof(words) + 8, 0x1234
    lib.bw_ring_again(ring)
    assert list(words) == [0, 0, 0x1234, 0]

    words[2], ring.doorbell = 0, 0
    lib.bw_ring_again(ring)
    assert list(words) == [0, 0, 0, 0]


def test_fences_can_be_called():
    lib.bw_store_fence()
    lib.bw_full_fence()


@given(st.integers(0, 70), st.integers(0, 70), st.binary(max_size=300))
def test_write_combined_copies_are_exact_at_any_alignment_and_size(to_offset, from_offset, data):
    target, source = buffer_of(512), buffer_of(512)
    source[from_offset : from_offset + len(data)] = data

    lib.bw_copy_to_wc(
        ctypes.addressof(target) + to_offset,
        ffi.cast("uint8_t *", ctypes.addressof(source) + from_offset),
        len(data),
    )

    assert bytes(target[to_offset : to_offset + len(data)]) == data
    assert set(target[:to_offset]) | set(target[to_offset + len(data) :]) <= {GUARD}


@given(st.integers(0, 9), st.integers(0, 40), st.integers(0, 3))
def test_copies_from_device_memory_take_words_and_nothing_more(offset_words, count_words, odd):
    values = bytes((7 * index) & 0xFF for index in range(256))
    source, target = buffer_of(256), buffer_of(256)
    source[:] = values
    at, size = 4 * offset_words, 4 * count_words

    lib.bw_copy_from_device(
        ffi.cast("uint8_t *", ctypes.addressof(target) + odd), ctypes.addressof(source) + at, size
    )

    assert bytes(target[odd : odd + size]) == values[at : at + size]
    assert set(target[:odd]) | set(target[odd + size :]) <= {GUARD}


@given(st.lists(st.integers(0, 30), unique=True, max_size=20), st.integers(0, (1 << 64) - 1))
def test_one_value_is_written_at_each_of_many_places(places, value):
    memory = buffer_of(256, 0)
    offsets = ffi.new("uint32_t[]", [8 * place for place in places])

    lib.bw_write64_at(ctypes.addressof(memory), offsets, len(places), value)

    expected = [value if index in places else 0 for index in range(32)]
    assert list(memoryview(memory).cast("B").cast("Q")) == expected


class Timeline:
    """A counter and an error status in ordinary memory, played by the test."""

    def __init__(self, submitted: int, reached: int) -> None:
        self.counter = ctypes.c_uint32(reached & 0xFFFFFFFF)
        self.status = ctypes.c_uint16(0)
        self.native = ffi.new("struct bw_timeline *")
        self.native.value_address = ctypes.addressof(self.counter)
        self.native.error_address = ctypes.addressof(self.status)
        self.native.submitted = submitted

    @property
    def completed(self) -> int:
        return lib.bw_completed(self.native)

    def wait(self, value: int, timeout_s: float) -> int:
        return lib.bw_wait(self.native, value, int(timeout_s * 1e9))


def later(action, delay_s: float = 0.03) -> threading.Timer:
    timer = threading.Timer(delay_s, action)
    timer.start()
    return timer


def test_waiting_for_what_is_done_returns_at_once():
    timeline = Timeline(submitted=10, reached=7)

    start = time.monotonic()
    assert timeline.wait(7, 10) == timeline.wait(1, 10) == timeline.wait(0, 0) == lib.BW_OK
    assert time.monotonic() - start < 1


def test_a_wait_ends_when_the_counter_gets_there_and_lets_other_threads_run():
    timeline = Timeline(submitted=10, reached=7)
    later(lambda: setattr(timeline.counter, "value", 9))

    assert timeline.wait(9, 10) == lib.BW_OK
    assert timeline.completed == 9


@pytest.mark.parametrize("timeout_s", [0, 0.001, 0.05])
def test_a_wait_ends_at_its_deadline(timeout_s):
    timeline = Timeline(submitted=10, reached=7)

    start = time.monotonic()
    assert timeline.wait(8, timeout_s) == lib.BW_TIMEOUT
    assert timeout_s <= time.monotonic() - start < timeout_s + 0.5


def test_a_wait_ends_when_the_channel_s_error_status_is_set():
    timeline = Timeline(submitted=10, reached=7)
    later(lambda: setattr(timeline.status, "value", 0xFFFF))

    start = time.monotonic()
    assert timeline.wait(8, 10) == lib.BW_FAULT
    assert time.monotonic() - start < 2


def test_what_was_done_before_a_fault_stays_done():
    timeline = Timeline(submitted=10, reached=7)
    timeline.status.value = 0xFFFF

    assert timeline.wait(7, 1) == lib.BW_OK
    assert timeline.wait(8, 1) == lib.BW_FAULT


@given(st.integers(0, (1 << 40) - 1), st.integers(0, (1 << 20)))
def test_the_counter_of_32_bits_is_widened_by_what_was_submitted(submitted, behind):
    reached = max(0, submitted - behind)
    timeline = Timeline(submitted, reached)

    assert timeline.completed == reached
    assert timeline.wait(reached, 0) == lib.BW_OK
    if behind and reached < submitted:
        assert timeline.wait(reached + 1, 0) == lib.BW_TIMEOUT


def test_launches_run_in_order_while_the_counter_wraps(opened, monkeypatch):
    """The timeline begins 300 values before 2^32, and work goes on across it."""
    start = ComputeQueue.__init__

    def begin_late(queue, *arguments, **keywords) -> None:
        *others, _ = arguments
        start(queue, *others, (1 << 32) - 300, **keywords)

    monkeypatch.setattr(ComputeQueue, "__init__", begin_late)
    device = opened.open()
    kernels = load_programs(device)
    cells, none = device.zeros(1501, np.uint32), np.uint64(0)

    for step in range(1500):
        kernels["chain_step"][1, 32](cells, none, step)
        if step % 10 == 0:
            event = device.record()
            copy = device.copy(cells.address, cells.address, 4)
        if step % 100 == 0:
            event.wait(timeout_s=5)
            copy.wait(timeout_s=5)

    assert device.compute.submitted > 1 << 32
    assert np.array_equal(cells.numpy(), np.arange(1501))
    assert device.compute.idle
