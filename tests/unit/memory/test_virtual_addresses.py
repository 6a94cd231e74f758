"""The allocator of GPU virtual addresses."""

from __future__ import annotations

import pytest
from barewire.errors import OutOfAddressSpace, UsageError
from barewire.memory.va import PAGE_BYTES, VirtualAddresses
from hypothesis import given, settings
from hypothesis import strategies as st

START, END = 0x10_0000_0000, 0x10_0000_0000 + (64 << 20)

requests = st.lists(
    st.tuples(st.integers(1, 8 << 20), st.sampled_from([1, 4096, 65536, 2 << 20]), st.booleans()), max_size=60
)


@given(requests)
@settings(max_examples=150, deadline=None)
def test_ranges_never_overlap_and_freeing_all_gives_back_one_range(steps):
    addresses = VirtualAddresses(START, END)
    taken: dict[int, int] = {}
    for size, alignment, free_one in steps:
        if free_one and taken:
            oldest = next(iter(taken))
            addresses.free(oldest)
            del taken[oldest]
            continue
        try:
            gpu_va = addresses.allocate(size, alignment)
        except OutOfAddressSpace:
            assert addresses.largest_free_bytes < size + max(alignment, PAGE_BYTES)
            continue
        rounded = -(-size // PAGE_BYTES) * PAGE_BYTES
        assert gpu_va % max(alignment, PAGE_BYTES) == 0
        assert gpu_va >= START and gpu_va + rounded <= END
        assert all(gpu_va + rounded <= other or other + length <= gpu_va for other, length in taken.items())
        taken[gpu_va] = rounded
        assert addresses.taken == taken
        assert addresses.free_bytes == END - START - sum(taken.values())
    for gpu_va in taken:
        addresses.free(gpu_va)
    assert addresses.free_bytes == addresses.largest_free_bytes == END - START
    assert addresses.allocate(END - START) == START


@given(st.lists(st.tuples(st.integers(0, 15), st.integers(1, 4)), max_size=20))
@settings(max_examples=100, deadline=None)
def test_a_reservation_succeeds_exactly_when_its_pages_are_free(wanted):
    addresses = VirtualAddresses(0x1000_0000, 0x1000_0000 + 16 * PAGE_BYTES)
    pages: set[int] = set()
    for first, count in wanted:
        asked = set(range(first, first + count))
        possible = not asked & pages and max(asked) < 16
        try:
            addresses.reserve(0x1000_0000 + first * PAGE_BYTES, count * PAGE_BYTES)
        except OutOfAddressSpace:
            assert not possible
        else:
            assert possible
            pages |= asked


def test_a_full_range_says_what_is_left():
    addresses = VirtualAddresses(START, START + 4 * PAGE_BYTES)
    addresses.allocate(PAGE_BYTES)
    middle = addresses.allocate(PAGE_BYTES)
    addresses.allocate(2 * PAGE_BYTES)
    addresses.free(middle)

    with pytest.raises(OutOfAddressSpace) as full:
        addresses.allocate(2 * PAGE_BYTES)

    assert full.value.free_bytes == PAGE_BYTES
    assert full.value.largest_free_bytes == PAGE_BYTES


def test_a_hole_is_filled_before_new_addresses_are_taken():
    addresses = VirtualAddresses(START, END)
    first = addresses.allocate(4 * PAGE_BYTES)
    addresses.allocate(PAGE_BYTES)
    addresses.free(first)

    assert addresses.allocate(PAGE_BYTES) == first


@pytest.mark.parametrize(
    "wrong",
    [
        lambda a: a.free(START),
        lambda a: a.allocate(0),
        lambda a: a.allocate(-5),
        lambda a: a.allocate(4096, alignment=3000),
        lambda a: a.allocate(4096, alignment=0),
        lambda a: a.reserve(START + 1, 4096),
        lambda a: VirtualAddresses(START, START),
        lambda a: VirtualAddresses(1, END),
    ],
)
def test_a_wrong_request_is_a_usage_error(wrong):
    with pytest.raises(UsageError):
        wrong(VirtualAddresses(START, END))


def test_an_address_is_freed_once():
    addresses = VirtualAddresses(START, END)
    gpu_va = addresses.allocate(4096)
    addresses.free(gpu_va)

    with pytest.raises(UsageError):
        addresses.free(gpu_va)
