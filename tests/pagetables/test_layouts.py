"""The plans of random layouts: the same for the same seed, full of corners, and of certain outcome."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from tests.pagetables.layouts import FEATURES, GIB, STOCK, Copy, Rules, Segment, Spot, plan, segments

FIRST_VA, END_VA = GIB, 1 << 40


def test_a_plan_follows_from_its_seed() -> None:
    rules = Rules(FIRST_VA, END_VA)
    assert plan(7, rules) == plan(7, rules)
    assert plan(7, rules) != plan(8, rules)


@pytest.mark.parametrize("bits", (40, 49, 57))
def test_a_few_hundred_plans_have_all_that_a_layout_can_have(bits: int) -> None:
    found: Counter[str] = Counter()
    for seed in range(300):
        found += plan(seed, Rules(FIRST_VA, 1 << bits)).features()

    assert [name for name in FEATURES if not found[name]] == []


def test_plans_without_sparse_ranges_have_none() -> None:
    assert not any(
        plan(seed, Rules(FIRST_VA, END_VA, sparse=False)).features()["sparse"] for seed in range(50)
    )


def test_mappings_are_parts_of_their_memory_in_pages_that_it_has_and_lie_apart() -> None:
    for spots in every_state():
        for one, other in itertools.pairwise(spots):
            assert one.end_va <= other.gpu_va
        for spot in spots:
            assert spot.gpu_va >= FIRST_VA
            assert spot.end_va <= END_VA
            assert (spot.gpu_va | spot.size_bytes | spot.offset) % spot.page_bytes == 0
            if spot.stock is not None:
                stock = STOCK[spot.stock]
                assert spot.page_bytes in stock.page_sizes
                assert spot.offset + spot.size_bytes <= stock.size_bytes


def every_state() -> list[list[Spot]]:
    plans = (plan(seed, Rules(FIRST_VA, END_VA)) for seed in range(200))
    return [sorted(spots.values()) for made in plans for _, spots in made.states()]


def test_no_copy_writes_a_byte_twice_or_reads_what_it_writes_or_writes_what_is_read_only() -> None:
    for seed in range(200):
        for each, spots in plan(seed, Rules(FIRST_VA, END_VA)).states():
            for copy in each.copies:
                expect_definite(spots, copy)


def expect_definite(spots: dict[int, Spot], copy: Copy) -> None:
    read, written = (
        sorted((piece.stock, piece.offset, piece.offset + piece.size_bytes) for piece in pieces)
        for pieces in (memory_of(spots, copy.source, copy), memory_of(spots, copy.destination, copy))
    )
    assert not any(met(one, other) for one, other in itertools.pairwise(written))
    assert not any(met(one, other) for one in read for other in written)
    end = copy.destination + copy.size_bytes
    reached = [spot for spot in spots.values() if spot.gpu_va < end and copy.destination < spot.end_va]
    assert not any(spot.read_only for spot in reached)


def memory_of(spots: dict[int, Spot], gpu_va: int, copy: Copy) -> list[Segment]:
    return [piece for piece in segments(spots, gpu_va, copy.size_bytes) if piece.stock is not None]


def met(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    """Whether two pieces of memory, (which, start, end), have a byte in common."""
    return one[0] == other[0] and max(one[1], other[1]) < min(one[2], other[2])


def test_addresses_stand_for_bytes_across_neighbours_and_not_across_holes() -> None:
    first, second = Spot(0x10000, 0x4000, 0x1000, 0, 0x8000), Spot(0x14000, 0x10000, 0x1000, None)
    spots = {spot.gpu_va: spot for spot in (second, first)}

    assert segments(spots, 0x13FF0, 0x20) == [Segment(0, 0xBFF0, 0x10), Segment(None, 0, 0x10)]
    with pytest.raises(ValueError, match="0x24000"):
        segments(spots, 0x23FF0, 0x20)
    with pytest.raises(ValueError, match="0xf000"):
        segments(spots, 0xF000, 0x20)
