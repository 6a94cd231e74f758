"""Memory that is kept twice: each side sees what the other wrote, and keeps what it wrote itself."""

from __future__ import annotations

import numpy as np
from barewire.transport.regions import SharedRegion
from hypothesis import given
from hypothesis import strategies as st

SIZE = 128 << 10


def region(size: int = SIZE) -> tuple[SharedRegion, np.ndarray, np.ndarray]:
    """A region with the bytes of the driver's copy and of the device's."""
    driver, device = (np.zeros(size // 8, dtype=np.uint64) for _ in range(2))
    return SharedRegion(1, driver, device), driver.view(np.uint8), device.view(np.uint8)


def test_what_one_side_writes_the_other_gets():
    shared, driver, device = region()
    driver[100:103] = [1, 2, 3]
    device[70000] = 9

    assert [change.offset for change in shared.push()] == [96]
    (change,) = shared.pull()
    assert (change.offset, change.data) == (70000 // 8 * 8, bytes([9, 0, 0, 0, 0, 0, 0, 0]))
    assert np.array_equal(driver, device)
    assert shared.push() == shared.pull() == []
    assert not shared.is_new()


def test_both_sides_may_write_parts_of_one_word():
    shared, driver, device = region()
    driver[16:20] = 0x11
    device[20:24] = 0x22
    device[24] = 0x33

    assert [(change.offset, len(change.data)) for change in shared.pull()] == [(20, 4), (24, 8)]
    shared.push()
    assert bytes(driver[16:25]) == bytes(device[16:25]) == b"\x11" * 4 + b"\x22" * 4 + b"\x33"


def test_runs_of_words_are_one_change():
    shared, driver, _ = region()
    driver[:] = np.arange(SIZE, dtype=np.uint64).astype(np.uint8) | 1
    changes = shared.push()

    assert sum(len(change.data) for change in changes) == SIZE
    assert len(changes) == 2  # of 64 KiB each


def test_what_was_seen_before_is_what_is_carried():
    shared, driver, device = region()
    device[0] = 1
    seen = shared.look()
    device[0] = 2
    shared.pull(seen)

    assert driver[0] == 1
    assert shared.is_new()
    shared.pull()
    assert driver[0] == 2


writes = st.tuples(st.booleans(), st.integers(0, 255), st.binary(min_size=1, max_size=24))


@given(st.lists(st.one_of(writes, st.sampled_from(["push", "pull"])), max_size=30))
def test_changes_alone_give_the_other_side_s_memory(steps):
    """Each side owns the even or the odd halves of words, so that the order of carrying does not matter."""
    shared, driver, device = region(1024)
    told = {"push": np.zeros(1024, np.uint8), "pull": np.zeros(1024, np.uint8)}
    truth = np.zeros(1024, np.uint8)
    for step in [*steps, "push", "pull"]:
        if isinstance(step, str):
            for offset, data in getattr(shared, step)():
                told[step][offset : offset + len(data)] = np.frombuffer(data, np.uint8)
        else:
            is_driver, place, data = step
            for number, byte in enumerate(data):
                at = 8 * ((place + number) // 4 % 128) + number % 4 + (0 if is_driver else 4)
                (driver if is_driver else device)[at] = truth[at] = byte

    assert np.array_equal(driver, truth)
    assert np.array_equal(device, truth)
    halves = np.arange(1024) % 8 < 4
    assert np.array_equal(told["push"][halves], truth[halves])
    assert np.array_equal(told["pull"][~halves], truth[~halves])
