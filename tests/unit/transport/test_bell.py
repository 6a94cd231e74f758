"""The native bell: tokens from any thread, in order, to one that answers."""

from __future__ import annotations

import threading
import time

import pytest
from barewire.native._native import ffi, lib


@pytest.fixture
def bell():
    made = lib.bw_bell_new()
    yield made
    lib.bw_bell_close(made)
    lib.bw_bell_free(made)


def answer(bell, limit: int = 16, timeout_s: float = 0.0) -> list[int]:
    tokens = ffi.new("uint32_t[]", limit)
    count = lib.bw_bell_answer(bell, tokens, limit, int(timeout_s * 1e9))
    assert count >= 0
    return list(tokens[0:count])


def test_tokens_come_out_in_the_order_they_were_left(bell):
    for token in (5, 3, 9):
        lib.bw_bell_ring(bell, token)

    assert answer(bell, 2) == [5, 3]
    assert answer(bell) == [9]
    assert answer(bell) == []


def test_every_ring_is_answered(bell):
    for token in (1, 2, 1, 1):
        lib.bw_bell_ring(bell, token)

    assert answer(bell) == [1, 2, 1, 1]


def test_when_half_of_the_places_are_taken_a_token_that_waits_is_not_left_again(bell):
    for _ in range(2 * lib.BW_BELL_TOKENS):
        for token in (1, 2):
            lib.bw_bell_ring(bell, token)
    lib.bw_bell_ring(bell, 3)

    assert answer(bell, lib.BW_BELL_TOKENS) == [1, 2] * (lib.BW_BELL_TOKENS // 4) + [3]


def test_waiting_ends_with_a_token_or_with_the_deadline(bell):
    threading.Timer(0.02, lib.bw_bell_ring, (bell, 7)).start()
    start = time.monotonic()

    assert answer(bell, timeout_s=2.0) == [7]
    assert time.monotonic() - start < 1.0
    assert answer(bell, timeout_s=0.01) == []


def test_a_ring_waits_for_room_when_every_place_is_taken_by_another_channel(bell):
    for token in range(lib.BW_BELL_TOKENS):
        lib.bw_bell_ring(bell, token)
    late = threading.Thread(target=lib.bw_bell_ring, args=(bell, lib.BW_BELL_TOKENS))
    late.start()
    got = [token for _ in range(lib.BW_BELL_TOKENS // 16) for token in answer(bell)]
    late.join(2.0)

    assert not late.is_alive()
    assert got + answer(bell) == list(range(lib.BW_BELL_TOKENS + 1))


def test_nothing_is_lost_between_threads(bell):
    def ring(first: int) -> None:
        for token in range(first, first + 2000):
            lib.bw_bell_ring(bell, token)

    threads = [threading.Thread(target=ring, args=(10000 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    got: list[int] = []
    while len(got) < 8000:
        got += answer(bell, timeout_s=2.0)
    for thread in threads:
        thread.join()

    for number in range(4):
        mine = [token for token in got if token // 10000 == number]
        assert mine == list(range(10000 * number, 10000 * number + 2000))


def test_closing_wakes_who_answers_and_ends_the_bell():
    bell = lib.bw_bell_new()
    tokens = ffi.new("uint32_t[]", 1)
    threading.Timer(0.02, lib.bw_bell_close, (bell,)).start()

    assert lib.bw_bell_answer(bell, tokens, 1, 5_000_000_000) == -1
    lib.bw_bell_ring(bell, 1)
    assert lib.bw_bell_answer(bell, tokens, 1, 0) == -1
    lib.bw_bell_free(bell)


def test_a_ring_with_a_bell_rings_it_in_place_of_its_doorbell(bell):
    memory = ffi.new("uint64_t[]", 64)
    base = int(ffi.cast("uintptr_t", memory))
    ring = ffi.new("struct bw_ring *")
    ring.timeline.value_address = base
    ring.timeline.error_address = base + 8
    ring.entries = base + 64
    ring.gp_put = base + 16
    ring.doorbell = 1  # any number but 0: the ring is open
    ring.bell = int(ffi.cast("uintptr_t", bell))
    ring.token = 0x50003
    ring.entry_count = 8
    ring.batch_limit = 1

    assert lib.bw_submit(ring, 0x1234, 0) == lib.BW_OK
    assert answer(bell) == [0x50003]
    assert memory[8] == 0x1234
    assert memory[2] == 1
