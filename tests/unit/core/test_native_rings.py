"""The native layer's rings, in plain memory: what is written where, and who waits for whom."""

from __future__ import annotations

import ctypes
import threading

import numpy as np
import pytest
from barewire.native._native import ffi, lib

ENTRIES = 8
SEGMENTS, SEGMENT_WORDS = 4, 16
SEGMENTS_VA = 0x12_3456_7000
TOKEN = 0x55


class Ring:
    """A ring whose GPU is the test: it reads the words and raises the counter."""

    def __init__(self) -> None:
        self.entries = (ctypes.c_uint64 * ENTRIES)()
        self.words = (ctypes.c_uint32 * (SEGMENTS * SEGMENT_WORDS))()
        self.put, self.bell, self.counter = (ctypes.c_uint32(0) for _ in range(3))
        self.status = ctypes.c_uint16(0)
        self.native = ffi.new("struct bw_ring *")
        ring, timeline = self.native, self.native.timeline
        timeline.value_address = ctypes.addressof(self.counter)
        timeline.error_address = ctypes.addressof(self.status)
        ring.entries, ring.gp_put = ctypes.addressof(self.entries), ctypes.addressof(self.put)
        ring.doorbell, ring.token = ctypes.addressof(self.bell), TOKEN
        ring.entry_count, ring.batch_limit = ENTRIES, 1
        self._values = ffi.new("uint64_t[]", SEGMENTS)
        self.segments = ffi.new("struct bw_segments *")
        self.segments.base, self.segments.gpu_va = ctypes.addressof(self.words), SEGMENTS_VA
        self.segments.segment_bytes, self.segments.count = SEGMENT_WORDS * 4, SEGMENTS
        self.segments.values = self._values

    def submit(self, entry: int = 1, timeout_s: float = 0) -> int:
        return lib.bw_submit(self.native, entry, int(timeout_s * 1e9))

    def push(self, count: int, payload_index: int = lib.BW_NO_PAYLOAD, timeout_s: float = 0) -> int:
        words = np.arange(1, count + 1, dtype="<u4").tobytes()
        return lib.bw_push(self.native, self.segments, words, count, payload_index, 0, int(timeout_s * 1e9))

    @property
    def uses(self) -> list[int]:
        """The value that each segment was last used for."""
        return list(self._values)


@pytest.fixture
def ring() -> Ring:
    return Ring()


CALLS = {
    "submit": lambda ring: ring.submit(timeout_s=10),
    "push": lambda ring: ring.push(3, timeout_s=10),
    "shut": lambda ring: lib.bw_shut(ring.native),
    "ring again": lambda ring: lib.bw_ring_again(ring.native),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_waits_for_who_is_writing_the_ring_and_lets_others_on(ring, call):
    ring.native.lock = 1
    thread = threading.Thread(target=CALLS[call], args=(ring,), daemon=True)
    thread.start()
    thread.join(0.05)
    waited = thread.is_alive()
    ring.native.lock = 0
    thread.join(10)

    assert waited
    assert not thread.is_alive()
    assert ring.native.lock == 0


def test_a_launch_waits_for_who_is_writing_the_ring(device, kernels):
    cells = device.zeros(2, np.uint32)
    device.synchronize()
    ring, before = device.compute.ring, device.compute.submitted
    ring.lock = 1
    done = threading.Thread(target=lambda: kernels["chain_step"][1, 32](cells, np.uint64(0), 0), daemon=True)
    done.start()
    done.join(0.05)
    untouched = done.is_alive() and ring.timeline.submitted == before
    ring.lock = 0
    done.join(10)
    device.synchronize()

    assert untouched
    assert cells.numpy()[1] == 1


def test_launches_that_wait_to_be_linked_are_submitted_before_anybody_counts(device):
    device.synchronize()
    queue = device.compute
    queue.ring.lock = queue.ring.batch_count = 1  # somebody is adding to a batch
    counted = threading.Thread(target=lambda: queue.submitted, daemon=True)
    counted.start()
    counted.join(0.05)
    waited = counted.is_alive()
    queue.ring.batch_count = queue.ring.lock = 0
    counted.join(10)

    assert waited
    assert not counted.is_alive()


def test_an_entry_then_its_place_then_the_doorbell(ring):
    assert ring.submit(0x1122334455667788) == lib.BW_OK

    assert (ring.entries[0], ring.put.value, ring.bell.value) == (0x1122334455667788, 1, TOKEN)
    assert ring.native.timeline.submitted == 1


def test_one_entry_stays_free_and_no_more(ring):
    for _ in range(ENTRIES - 1):
        assert ring.submit() == lib.BW_OK
    assert ring.submit() == lib.BW_TIMEOUT

    ring.counter.value = 1
    assert ring.submit() == lib.BW_OK
    assert ring.submit() == lib.BW_TIMEOUT
    assert ring.put.value == 0


@pytest.mark.parametrize("words", [1, SEGMENT_WORDS - 1, SEGMENT_WORDS, SEGMENT_WORDS + 1, 2 * SEGMENT_WORDS])
def test_a_push_takes_the_segments_that_its_words_need(ring, words):
    assert ring.push(words) == lib.BW_OK

    needed = -(-words // SEGMENT_WORDS)
    assert ring.uses == [1] * needed + [0] * (SEGMENTS - needed)
    assert list(ring.words[: words + 1]) == [*range(1, words + 1), 0]
    assert ring.entries[0] == SEGMENTS_VA | words << 42


def test_a_segment_is_not_written_again_before_its_work_is_done(ring):
    for _ in range(SEGMENTS):
        assert ring.push(1) == lib.BW_OK
    assert ring.push(1) == lib.BW_TIMEOUT
    ring.counter.value = 1

    assert ring.push(1) == lib.BW_OK
    assert ring.uses == [5, 2, 3, 4]


def test_neighbours_that_do_not_fit_at_the_end_are_taken_from_the_start(ring):
    for count in (3 * SEGMENT_WORDS, 2 * SEGMENT_WORDS):
        ring.counter.value = ring.native.timeline.submitted
        assert ring.push(count) == lib.BW_OK

    assert ring.uses == [2, 2, 1, 0]
    assert ring.segments.next == 2


def test_the_payload_is_the_value_that_the_work_raises_the_counter_to(ring):
    ring.push(1)
    ring.push(5, payload_index=3)

    assert list(ring.words[SEGMENT_WORDS : SEGMENT_WORDS + 6]) == [1, 2, 3, 2, 5, 0]


@pytest.mark.parametrize("gpu_va", [0xFF_FFFF_FFFC - 0x3C, 0x1_00_0000_0000])
def test_an_entry_holds_forty_bits_of_an_address(ring, gpu_va):
    ring.segments.gpu_va = gpu_va
    ring.push(2)

    assert ring.entries[0] == gpu_va & 0xFF_FFFF_FFFC | 2 << 42
