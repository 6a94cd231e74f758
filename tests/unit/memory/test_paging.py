"""Cutting memory into pages."""

from __future__ import annotations

import numpy as np
from barewire.memory.paging import best_page, cut
from barewire.memory.vram import Extent, part_of
from barewire.memory.windows import merge
from hypothesis import given, settings
from hypothesis import strategies as st

KIB, MIB = 1 << 10, 1 << 20
SIZES = (512 * MIB, 2 * MIB, 64 * KIB, 4 * KIB)

sizes_of_pieces = (
    st.integers(1, 40).map(lambda count: count * 4 * KIB)
    | st.integers(1, 20).map(lambda count: count * 64 * KIB)
    | st.integers(1, 2).map(lambda count: count * 2 * MIB)
)
extents = st.lists(
    st.builds(Extent, st.integers(0, 1 << 12).map(lambda page: page * 4096), sizes_of_pieces),
    min_size=1,
    max_size=8,
)


@given(extents, st.integers(0, 1 << 12))
@settings(max_examples=60, deadline=None)
def test_every_byte_is_in_one_page_and_each_page_is_as_large_as_it_can_be(pieces, first_page):
    gpu_va = first_page * 4096
    pages, left = cut(gpu_va, pieces, SIZES)
    found = sorted(
        (int(va), int(at), each.page_bytes)
        for each in pages
        for va, at in zip(each.gpu_vas, each.addresses, strict=True)
    )

    assert left == 0
    at = gpu_va
    for va, address, size in found:
        assert va == at and va % size == 0 and address % size == 0
        offset = va - gpu_va
        expected = part_of(pieces, offset, size)
        assert merge(expected)[0].address == address and sum(part.size_bytes for part in expected) == size
        at += size
    assert at == gpu_va + sum(piece.size_bytes for piece in pieces)
    for each in pages:
        assert (np.diff(each.gpu_vas.astype(np.int64)) > 0).all()


@given(extents)
@settings(deadline=None)
def test_the_best_page_is_the_largest_that_an_aligned_address_would_get(pieces):
    best = best_page(pieces, SIZES)
    pages, _ = cut(1 << 40, pieces, SIZES)

    assert max(each.page_bytes for each in pages) == best


def test_what_no_page_fits_is_told():
    pages, left = cut(0, [Extent(64 * KIB, 128 * KIB), Extent(4 * KIB, 64 * KIB)], (64 * KIB,))

    assert left == 64 * KIB
    assert [len(each.gpu_vas) for each in pages] == [2]


def test_neighbours_are_joined():
    assert merge([Extent(0, 4096), Extent(4096, 8192), Extent(16384, 4096)]) == [
        Extent(0, 12288),
        Extent(16384, 4096),
    ]
    assert merge([]) == []


def test_part_of_extents_is_found_across_them():
    pieces = (Extent(0, 4096), Extent(0x10000, 8192), Extent(0x20000, 4096))

    assert part_of(pieces, 0, 16384) == pieces
    assert part_of(pieces, 2048, 4096) == (Extent(2048, 2048), Extent(0x10000, 2048))
    assert part_of(pieces, 12288, 4096) == (Extent(0x20000, 4096),)
    assert part_of(pieces, 4096, 0) == ()
