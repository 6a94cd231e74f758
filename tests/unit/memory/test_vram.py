"""The allocator of video memory."""

from __future__ import annotations

from itertools import pairwise

import pytest
from barewire.errors import OutOfVram, UsageError
from barewire.memory.vram import Extent, VramAllocator
from hypothesis import given, settings
from hypothesis import strategies as st

MIB = 1 << 20
REGIONS = [(0x10000, 8 * MIB), (16 * MIB, 32 * MIB)]


def test_regions_are_cut_to_whole_pages_and_empty_ones_are_left_out():
    allocator = VramAllocator([(100, 3 * 4096 + 1), (5 * 4096, 5 * 4096), (8 * 4096 + 1, 9 * 4096 - 1)])

    assert allocator.regions == ((4096, 3 * 4096),)
    assert allocator.free_bytes == allocator.total_bytes == 2 * 4096
    assert allocator.end == 3 * 4096


@pytest.mark.parametrize("regions", [[], [(0, 100)], [(0, 2 * MIB), (MIB, 3 * MIB)]])
def test_regions_that_cannot_be_are_refused(regions):
    with pytest.raises(UsageError):
        VramAllocator(regions)


def test_memory_is_taken_from_low_addresses_in_one_piece_where_it_can_be():
    allocator = VramAllocator(REGIONS)

    assert allocator.allocate(1) == (Extent(0x10000, 4096),)
    assert allocator.allocate(MIB, alignment=MIB) == (Extent(MIB, MIB),)
    assert allocator.allocate(12 * MIB) == (Extent(16 * MIB, 12 * MIB),)


def test_scattered_memory_is_given_in_pieces_unless_it_has_to_be_contiguous():
    allocator = VramAllocator([(0, 16 * MIB)])
    pieces = [allocator.allocate(MIB) for _ in range(16)]
    for piece in pieces[::2]:
        allocator.free(piece)

    with pytest.raises(OutOfVram) as full:
        allocator.allocate(4 * MIB, contiguous=True)
    assert full.value.free_bytes == 8 * MIB
    assert full.value.largest_free_bytes == MIB
    got = allocator.allocate(4 * MIB, alignment=MIB)
    assert len(got) == 4 and all(extent.address % (2 * MIB) == 0 for extent in got)
    with pytest.raises(OutOfVram):
        allocator.allocate(5 * MIB)
    with pytest.raises(OutOfVram):  # no piece is a multiple of the alignment
        allocator.allocate(4 * MIB, alignment=2 * MIB)
    allocator.free(got)
    assert allocator.free_bytes == 8 * MIB


def test_a_place_can_be_asked_for():
    allocator = VramAllocator(REGIONS)

    assert allocator.allocate_at(20 * MIB, MIB) == (Extent(20 * MIB, MIB),)
    for address in (20 * MIB, 12 * MIB, 32 * MIB):
        with pytest.raises(OutOfVram):
            allocator.allocate_at(address, 4096)
    with pytest.raises(UsageError):
        allocator.allocate_at(100, 4096)


def test_memory_is_freed_once_and_as_it_was_given():
    allocator = VramAllocator(REGIONS)
    first, second = allocator.allocate(MIB), allocator.allocate(MIB)

    for wrong in (
        (Extent(first[0].address, 4096),),
        (Extent(12 * MIB, MIB),),
        (*first, Extent(first[0].address + 4096, 4096)),
        (*second, *second),
    ):
        with pytest.raises(UsageError):
            allocator.free(wrong)
    assert allocator.taken == {first[0].address: MIB, second[0].address: MIB}, "a refusal frees nothing"
    allocator.free(first)
    with pytest.raises(UsageError):
        allocator.free(first)


@pytest.mark.parametrize("arguments", [(0,), (-1,), (4096, 3), (4096, 0), (4096, -4096)])
def test_sizes_and_alignments_that_cannot_be_are_refused(arguments):
    with pytest.raises(UsageError):
        VramAllocator(REGIONS).allocate(*arguments)


steps = st.lists(
    st.tuples(
        st.integers(1, 5 * MIB), st.sampled_from([1, 4096, 65536, 2 * MIB]), st.booleans(), st.booleans()
    ),
    max_size=60,
)


@given(steps)
@settings(max_examples=150, deadline=None)
def test_no_byte_is_given_twice_and_all_come_back(steps):
    allocator = VramAllocator(REGIONS)
    held: list[tuple[Extent, ...]] = []
    for size, alignment, contiguous, free in steps:
        if free and held:
            allocator.free(held.pop(size % len(held)))
            continue
        try:
            got = allocator.allocate(size, alignment, contiguous=contiguous)
        except OutOfVram:
            assert allocator.largest_free_bytes < size + max(alignment, 4096) or not contiguous
            continue
        held.append(got)
        assert not contiguous or len(got) == 1
        assert sum(extent.size_bytes for extent in got) == -(-size // 4096) * 4096
        assert all(extent.address % max(alignment, 4096) == 0 for extent in got)
        taken = sorted(extent for extents in held for extent in extents)
        assert all(one.end <= other.address for one, other in pairwise(taken))
        assert all(
            any(start <= e.address and e.end <= end for start, end in allocator.regions) for e in taken
        )
        assert allocator.free_bytes == allocator.total_bytes - sum(extent.size_bytes for extent in taken)
    for extents in held:
        allocator.free(extents)
    assert allocator.free_bytes == allocator.total_bytes
    assert allocator.allocate(REGIONS[1][1] - REGIONS[1][0]) == (Extent(16 * MIB, 16 * MIB),)
