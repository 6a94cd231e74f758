"""Invalidation by registers: which words are written in which order, and what happens if nobody answers."""

from __future__ import annotations

import pytest
from barewire.errors import PollTimeout, UsageError
from barewire.memory.formats import Aperture, TablePointer
from barewire.memory.pagetable import Invalidation
from barewire.memory.tlb import Tlb
from barewire.regs.board import load_board
from barewire.regs.registers import RegisterFile

PDB, UPPER_PDB, INVALIDATE = 0xB830A0, 0xB830A4, 0xB830B0
FLUSH, FLUSH_DONE = 0x10F800, 0x10F804
TRIGGER = 1 << 31


class Words:
    """Registers that take a few reads to be done.

    Attributes:
        log: ("read" or "write", offset, value).
        token: what a flush gets.
        pending: how many reads an invalidation and a flush stay busy.
    """

    def __init__(self, pending: int = 2, token: int = 7) -> None:
        self.log: list[tuple[str, int, int]] = []
        self.token = token
        self.pending = pending
        self._busy = {FLUSH_DONE: 0, INVALIDATE: 0}
        self._word = 0

    def read32(self, offset: int) -> int:
        value = self._value(offset)
        self.log.append(("read", offset, value))
        return value

    def _value(self, offset: int) -> int:
        if offset == FLUSH:
            self._busy[FLUSH_DONE] = self.pending
            return self.token
        self._busy[offset] -= 1
        busy = self._busy[offset] >= 0
        if offset == FLUSH_DONE:
            return 1 << 31 | (self.token - 1) & 0x7FFFFFFF if busy else self.token
        return self._word if busy else self._word & ~TRIGGER

    def write32(self, offset: int, value: int) -> None:
        self.log.append(("write", offset, value))
        if offset == INVALIDATE:
            self._word = value
            self._busy[INVALIDATE] = self.pending

    @property
    def writes(self) -> list[tuple[int, int]]:
        return [(offset, value) for what, offset, value in self.log if what == "write"]


@pytest.fixture
def words():
    return Words()


def tlb_on(words: Words, **options) -> Tlb:
    return Tlb(RegisterFile(words, load_board("gh100")), **options)


def change(depth: int = 1, revoked: bool = False, aperture=Aperture.VIDEO, address: int = 0x12_3456_7000):
    return Invalidation(TablePointer(aperture, address), 0x1000_0000, 4096, depth, revoked)


def test_writes_are_flushed_before_anything_is_invalidated(words):
    tlb_on(words).invalidate(change())

    reads_of_flush = [index for index, done in enumerate(words.log) if done[1] in (FLUSH, FLUSH_DONE)]
    first_write = next(index for index, done in enumerate(words.log) if done[0] == "write")
    assert words.log[0][1] == FLUSH
    assert max(reads_of_flush) < first_write
    assert words.log[max(reads_of_flush)][2] >> 31 == 0


@pytest.mark.parametrize("behind", [0, 1, 1000])
def test_a_flush_is_done_when_a_later_one_was_completed(behind):
    words = Words(token=0x7FFFFFFF)
    words._value = lambda offset: (
        words.token if offset == FLUSH else 1 << 31 | (words.token + behind) & 0x7FFFFFFF
    )

    tlb_on(words, timeout_s=0.05).flush()


def test_a_flush_is_not_done_while_an_earlier_one_is_the_last_completed():
    words = Words(token=0)
    words._value = lambda offset: words.token if offset == FLUSH else 1 << 31 | 0x7FFFFFFF

    with pytest.raises(PollTimeout):
        tlb_on(words, timeout_s=0.01).flush()


def test_the_root_is_written_before_the_trigger(words):
    tlb_on(words).invalidate(change())

    assert [offset for offset, _ in words.writes] == [PDB, UPPER_PDB, INVALIDATE]
    assert dict(words.writes)[PDB] == 0x12_3456_7000 >> 8 & 0xFFFFFFFF
    assert dict(words.writes)[UPPER_PDB] == 0


@pytest.mark.parametrize(
    ("aperture", "address", "low", "high"),
    [
        (Aperture.VIDEO, 0x8000, 0x80, 0),
        (Aperture.HOST, 0xFF_FFFF_F000, 0xFFFFFFF0 | 2, 0),
        (Aperture.HOST, 0xA5_6789_ABCD_E000, 0x89ABCDE0 | 2, 0xA567),
        (Aperture.HOST_NONCOHERENT, 0x1000, 0x10 | 2, 0),
    ],
)
def test_a_root_is_named_by_aperture_and_all_of_its_address(words, aperture, address, low, high):
    tlb_on(words).invalidate(change(aperture=aperture, address=address))

    assert words.writes[:2] == [(PDB, low), (UPPER_PDB, high)]


@pytest.mark.parametrize("depth", range(7))
def test_what_is_forgotten_reaches_up_to_the_level_that_changed(words, depth):
    tlb_on(words).invalidate(change(depth))

    assert words.writes[-1] == (INVALIDATE, TRIGGER | (depth + 1) << 24 | 1)


def test_accesses_under_way_are_awaited_when_something_was_taken_away(words):
    tlb_on(words).invalidate(change(0, revoked=True))

    assert words.writes[-1][1] == TRIGGER | 1 << 24 | 1 << 7 | 1 << 6 | 1


def test_the_tables_of_a_bar_are_known_to_the_hub_only(words):
    tlb_on(words).invalidate(change(0), hub_only=True)

    assert words.writes[-1][1] & 1 << 2


def test_it_returns_when_the_trigger_has_cleared(words):
    tlb = tlb_on(words)
    tlb.invalidate(change())

    assert words.log[-1][:2] == ("read", INVALIDATE) and not words.log[-1][2] & TRIGGER
    assert tlb.count == 1


@pytest.mark.parametrize(("pending", "register"), [(1 << 30, "NV_XAL_EP_UFLUSH_FB_FLUSH_COMPLETED")])
def test_a_gpu_that_does_not_answer_is_told_with_the_register(pending, register):
    with pytest.raises(PollTimeout) as late:
        tlb_on(Words(pending), timeout_s=0.01).invalidate(change())

    assert late.value.register == register
    assert late.value.elapsed_s >= 0.01


def test_an_invalidation_that_never_ends_is_told_too():
    words = Words(pending=0)
    original = words._value
    words._value = lambda offset: TRIGGER if offset == INVALIDATE else original(offset)

    with pytest.raises(PollTimeout) as late:
        tlb_on(words, timeout_s=0.01).invalidate(change())
    assert late.value.register == "NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE"


def test_a_root_that_is_not_at_a_page_is_refused(words):
    with pytest.raises(UsageError):
        tlb_on(words).invalidate(change(address=0x8100))
    assert words.writes == []
