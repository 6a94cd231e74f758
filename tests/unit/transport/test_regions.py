"""Memory that is kept twice: each side sees what the other wrote, and keeps what it wrote itself."""

from __future__ import annotations

import numpy as np
from barewire.transport.regions import SharedRegion, Side, carry
from hypothesis import given
from hypothesis import strategies as st

SIZE = 128 << 10


class Pair:
    """A region with the bytes of both copies."""

    def __init__(self, size: int = SIZE) -> None:
        words = [np.zeros(size // 4, dtype=np.uint32) for _ in range(2)]
        self.shared = SharedRegion(1, *words)
        self.driver, self.device = (each.view(np.uint8) for each in words)

    def carry(self, side: Side, seen=None) -> list[tuple[int, bytes]]:
        """Carry a side's changes; what they were."""
        blocks = self.shared.changes(side, seen)
        told = [tuple(change) for block in blocks for change in block.runs()]
        carry(blocks)
        return told

    def push(self) -> list[tuple[int, bytes]]:
        return self.carry(Side.DRIVER)

    def pull(self) -> list[tuple[int, bytes]]:
        return self.carry(Side.DEVICE)


def test_what_one_side_writes_the_other_gets():
    pair = Pair()
    pair.driver[100:103] = [1, 2, 3]
    pair.device[70000] = 9

    assert pair.shared.is_new(Side.DRIVER)
    assert pair.push() == [(100, b"\1\2\3\0")]
    assert pair.pull() == [(70000, b"\x09\0\0\0")]
    assert np.array_equal(pair.driver, pair.device)
    assert pair.push() == pair.pull() == []
    assert not pair.shared.is_new(Side.DRIVER)
    assert not pair.shared.is_new(Side.DEVICE)


def test_both_sides_may_write_parts_of_one_word():
    pair = Pair()
    pair.driver[16:18] = 0x11
    pair.device[18:20] = 0x22
    pair.device[20] = 0x33
    pair.pull()
    pair.push()

    assert bytes(pair.driver[16:21]) == bytes(pair.device[16:21]) == b"\x11\x11\x22\x22\x33"


def test_neighbouring_words_of_two_owners_are_told_apart():
    pair = Pair()
    pair.driver[0x8C] = 7
    pair.device[0x88] = 5

    assert pair.pull() == [(0x88, b"\5\0\0\0")]
    assert pair.push() == [(0x8C, b"\7\0\0\0")]


def test_runs_of_words_are_one_change_and_the_last_comes_first():
    pair = Pair()
    pair.driver[:] = np.arange(SIZE, dtype=np.uint64).astype(np.uint8) | 1
    changes = pair.push()

    assert [(offset, len(data)) for offset, data in changes] == [(64 << 10, 64 << 10), (0, 64 << 10)]


def test_what_was_seen_before_is_what_is_carried():
    pair = Pair()
    pair.device[0] = 1
    seen = pair.shared.look(Side.DEVICE)
    pair.device[0] = 2
    pair.carry(Side.DEVICE, seen)

    assert pair.driver[0] == 1
    assert pair.shared.is_new(Side.DEVICE)
    pair.pull()
    assert pair.driver[0] == 2


writes = st.tuples(st.booleans(), st.integers(0, 255), st.binary(min_size=1, max_size=24))


@given(st.lists(st.one_of(writes, st.sampled_from(["push", "pull"])), max_size=30))
def test_no_change_is_lost_whatever_comes_in_between(steps):
    """Each side owns every other byte, so that the order of carrying does not matter."""
    pair = Pair(1024)
    truth = np.zeros(1024, np.uint8)
    for step in [*steps, "push", "pull", "push"]:
        if isinstance(step, str):
            getattr(pair, step)()
        else:
            is_driver, place, data = step
            for number, byte in enumerate(data):
                at = 2 * ((place + number) % 512) + (0 if is_driver else 1)
                (pair.driver if is_driver else pair.device)[at] = truth[at] = byte

    assert np.array_equal(pair.driver, truth)
    assert np.array_equal(pair.device, truth)


@given(st.lists(st.one_of(writes, st.sampled_from(["push", "pull"])), max_size=30))
def test_changes_alone_give_the_other_side_s_memory(steps):
    """Each side owns every other word."""
    pair = Pair(1024)
    told = {"push": np.zeros(1024, np.uint8), "pull": np.zeros(1024, np.uint8)}
    truth = np.zeros(1024, np.uint8)
    for step in [*steps, "push", "pull"]:
        if isinstance(step, str):
            for offset, data in getattr(pair, step)():
                told[step][offset : offset + len(data)] = np.frombuffer(data, np.uint8)
        else:
            is_driver, place, data = step
            for number, byte in enumerate(data):
                at = 8 * ((place + number) // 4 % 128) + number % 4 + (0 if is_driver else 4)
                (pair.driver if is_driver else pair.device)[at] = truth[at] = byte

    halves = np.arange(1024) % 8 < 4
    assert np.array_equal(told["push"], np.where(halves, truth, 0))
    assert np.array_equal(told["pull"], np.where(halves, 0, truth))
