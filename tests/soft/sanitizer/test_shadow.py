"""The shadow of video memory against a model of it in Python, byte by byte."""

from __future__ import annotations

import mmap
import random
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pytest
from barewire.softgpu.sanitizer.order import NOTHING, Known
from barewire.softgpu.sm.watch import Ordering, Shadow
from barewire.softgpu.vram import Vram

MIB = 1 << 20
PAGE = 4096
SPAN = 3 * PAGE  # small, so that stretches meet


@pytest.fixture
def vram() -> Iterator[Vram]:
    made = Vram(256 * MIB)
    yield made
    made.close()


@pytest.fixture
def shadow(vram: Vram) -> Iterator[Shadow]:
    made = Shadow(vram.base, vram.size_bytes, vram.file)
    yield made
    made.close()


def bytes_of(vram: Vram, at: int, size: int) -> np.ndarray:
    return np.frombuffer(vram.view(at, size), np.uint8)


def ordering(number: int, knows: Known) -> Ordering:
    return Ordering(number, knows.below, knows.missing(number))


# What was written.


def test_memory_that_nobody_wrote_is_garbage_that_is_recognised(vram: Vram, shadow: Shadow) -> None:
    assert shadow.unwritten(5 * PAGE, 64) == 5 * PAGE
    held = bytes_of(vram, 5 * PAGE, PAGE)
    assert ((held >= 0x80) & (held < 0xC0)).all()
    assert len(set(held.view(np.uint32).tolist())) > 1000


def test_memory_that_the_cpu_wrote_before_anybody_looked_counts(vram: Vram, shadow: Shadow) -> None:
    vram.write(PAGE, bytes(8))
    assert shadow.unwritten(PAGE, PAGE) is None


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 63, 4095, 4096, 4097, 3 * PAGE + 1])
@pytest.mark.parametrize("start", [0, 1, 2, 3, 4, PAGE - 4, PAGE - 1])
def test_what_is_beside_written_bytes_is_still_unwritten(
    vram: Vram, shadow: Shadow, start: int, size: int
) -> None:
    at = 8 * PAGE + start
    shadow.prepare(at, size, overwritten=True)
    bytes_of(vram, at, size)[:] = 0x91
    assert shadow.unwritten(at, size) is None
    after = -(-(at + size) // 4) * 4
    if after % PAGE == PAGE - 4:
        after += 4  # one word alone at the end of its page passes for chance
    assert shadow.unwritten(at, size + 64) == after


def test_one_word_between_written_ones_passes_for_chance(vram: Vram, shadow: Shadow) -> None:
    shadow.prepare(0, PAGE)
    held = bytes_of(vram, 0, PAGE)
    held[:100] = held[104:200] = 1
    assert shadow.unwritten(0, 200) is None
    held[92:96] = held[100:104]  # the same bytes elsewhere are no pattern
    assert shadow.unwritten(0, 200) is None


def test_memory_that_was_lost_is_unwritten_again(vram: Vram, shadow: Shadow) -> None:
    shadow.use(Ordering(1, 0, b""), 0, PAGE, write=True)
    vram.write(0, bytes(PAGE))
    assert shadow.unwritten(0, PAGE) is None
    shadow.forget()
    assert shadow.unwritten(0, PAGE) == 0
    assert shadow.use(Ordering(2, 0, b"\1"), 0, PAGE, write=True) is None


def test_a_shadow_costs_what_is_used_of_it(vram: Vram) -> None:
    large = Vram(80 << 30)
    shadow = Shadow(large.base, large.size_bytes, large.file)
    before = resident_bytes()
    shadow.use(Ordering(1, 0, b""), 40 << 30, MIB, write=True)
    shadow.unwritten(60 << 30, MIB)
    assert resident_bytes() - before < 8 * MIB
    shadow.close()
    large.close()


def resident_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * mmap.PAGESIZE


# Who used it.


class Byte(NamedTuple):
    """Who wrote a byte last, and who read it last."""

    writer: int = 0
    reader: int = 0


class Model:
    """The shadow's rules, byte by byte; a word's note goes to its last user whole."""

    def __init__(self) -> None:
        self.bytes = [Byte() for _ in range(SPAN)]

    def use(self, number: int, knows: Known, at: int, size: int, write: bool) -> bool:
        def collides(other: int) -> bool:
            return other not in (0, number) and (other > number or other not in knows)

        found = False
        for offset in range(at, at + size):
            byte = self.bytes[offset]
            found |= collides(byte.writer) or (write and collides(byte.reader))
        for word in range(at // 4, -(-(at + size) // 4)):
            self.note(word, number, range(max(at, 4 * word), min(at + size, 4 * word + 4)), write)
        return found

    def note(self, word: int, number: int, touched: range, write: bool) -> None:
        for offset in range(4 * word, 4 * word + 4):
            byte = self.bytes[offset]
            mine = number if offset in touched else None
            if write:
                kept = number if byte.writer == number else 0
                self.bytes[offset] = byte._replace(writer=mine or kept)
            else:
                kept = number if byte.reader == number else 0
                self.bytes[offset] = byte._replace(reader=mine or kept)


@pytest.mark.parametrize("seed", range(8))
def test_collisions_are_those_of_the_model(shadow: Shadow, seed: int) -> None:
    choose, model = random.Random(seed), Model()
    for number in range(1, 150):
        knows = NOTHING.add(choose.sample(range(1, number), choose.randrange(number)) if number > 1 else ())
        for _ in range(choose.randrange(1, 4)):
            at = choose.randrange(SPAN - 1)
            size = choose.choice((1, 2, 3, 4, 6, 8, 64, 500, 4000))
            size, write = min(size, SPAN - at), choose.random() < 0.5
            wanted = model.use(number, knows, at, size, write)
            conflict = shadow.use(ordering(number, knows), at, size, write)
            assert (conflict is not None) == wanted, (number, at, size, write)
            if conflict is not None:
                assert at // 4 * 4 <= conflict.vram_offset < at + size
                assert conflict.other != number and conflict.other not in knows


def test_one_that_began_later_is_not_ordered(shadow: Shadow) -> None:
    shadow.use(Ordering(9, 8, b""), 64, 4, write=True)
    conflict = shadow.use(Ordering(5, 4, b""), 64, 4, write=False)
    assert conflict is not None and conflict.other == 9 and conflict.other_wrote


def test_users_are_found_and_not_remembered(shadow: Shadow) -> None:
    shadow.use(Ordering(3, 2, b""), 64, 4, write=False)
    for _ in range(2):
        conflict = shadow.users(Ordering(4, 2, b"\1"), 0, 128)
        assert conflict is not None and (conflict.other, conflict.other_wrote) == (3, False)
    assert shadow.users(Ordering(4, 3, b""), 0, 128) is None
    assert shadow.use(Ordering(5, 2, b"\2"), 64, 4, write=False) is None
