"""The small IOMMU: what is mapped is found byte for byte, and nothing else is."""

from __future__ import annotations

import pytest
from barewire.errors import DmaError, HostLimit
from barewire.transport.bus import PAGE_BYTES
from barewire.transport.iommu import REGIONS, HostLimits, Iommu, SoftDmaMemory, pieces
from hypothesis import given
from hypothesis import strategies as st

CPU = 0x7F00_0000_0000
PAGES = st.integers(1, 700)


@given(st.integers(1, 5000).map(lambda pages: pages * PAGE_BYTES))
def test_pieces_make_up_the_whole_and_begin_at_multiples_of_their_size(size):
    sizes = list(pieces(size))
    offset = 0
    for piece in sizes[:-1]:
        assert offset % piece == 0
        offset += piece
    assert sum(sizes) == size
    assert max(sizes) <= 2 << 20


steps = st.lists(st.one_of(st.tuples(PAGES, st.booleans()), st.integers(0, 30)), max_size=25)


@given(steps, st.integers(0, PAGE_BYTES - 1))
def test_any_bytes_that_are_mapped_are_found_and_nothing_else(steps, offset):
    iommu = Iommu()
    mapped: list[tuple[int, tuple]] = []
    gone: list[tuple] = []
    address = CPU
    for step in steps:
        if isinstance(step, int):
            if mapped:
                _, segments = mapped.pop(step % len(mapped))
                iommu.unmap(segments)
                gone.append(segments)
            continue
        pages, contiguous = step
        segments = iommu.map(address, pages * PAGE_BYTES, contiguous)
        assert len(segments) == 1 or not contiguous
        mapped.append((address, segments))
        address += pages * PAGE_BYTES
    for start, segments in mapped:
        for segment in segments:
            last = segment.size_bytes - 1
            assert iommu.find(segment.iova + offset, 1) == start + offset
            assert iommu.find(segment.iova + last, 1) == start + last
            assert iommu.find(segment.iova, segment.size_bytes) == start
            assert iommu.find(segment.iova + last, 2) is None
            assert iommu.find(segment.iova - 1, 1) is None
            start += segment.size_bytes
    for segment in (segment for segments in gone for segment in segments):
        assert iommu.find(segment.iova + offset, 1) is None


def test_an_iova_is_never_given_twice_and_fits_into_47_bits():
    iommu, seen = Iommu(), set()
    for _ in range(300):
        segments = iommu.map(CPU, 5 * PAGE_BYTES, False)
        assert seen.isdisjoint(segments)
        seen.update(segments)
        iommu.unmap(segments)
    assert all(1 << 32 <= segment.iova < 1 << 46 for segment in seen)


def test_when_addresses_run_out_it_says_so():
    iommu = Iommu()
    with pytest.raises(DmaError):
        iommu.map(CPU, REGIONS[0][1], True)


def test_memory_that_cannot_be_had_is_a_dma_error():
    for size in (1 << 62, 1 << 70):
        with pytest.raises(DmaError):
            SoftDmaMemory(Iommu(), size, True, lambda: None, lambda memory: None)


def test_a_host_gives_no_more_memory_than_its_limit_and_takes_it_back():
    iommu = Iommu(HostLimits(locked_bytes=4 * PAGE_BYTES))
    first = iommu.map(CPU, 3 * PAGE_BYTES, True)
    with pytest.raises(HostLimit) as refused:
        iommu.map(CPU, 2 * PAGE_BYTES, True)
    assert (refused.value.needed, refused.value.limit) == (5 * PAGE_BYTES, 4 * PAGE_BYTES)

    iommu.unmap(first)
    iommu.map(CPU, 4 * PAGE_BYTES, True)


def test_a_host_takes_no_more_mappings_than_its_limit():
    iommu = Iommu(HostLimits(entries=3))
    iommu.map(CPU, 4 * PAGE_BYTES, False)  # in three pieces
    with pytest.raises(HostLimit) as refused:
        iommu.map(CPU, PAGE_BYTES, True)

    assert (refused.value.needed, refused.value.limit) == (4, 3)


@given(st.lists(PAGES, min_size=1, max_size=20), st.sampled_from([33, 36, 39, 52]))
def test_addresses_fit_into_the_hosts_bits_and_keep_out_of_what_it_reserves(sizes, bits):
    reserved = ((1 << 32, (1 << 32) + (1 << 24)), ((1 << bits - 1) + (1 << 21), (1 << bits - 1) + (1 << 22)))
    iommu = Iommu(HostLimits(address_bits=bits + 1, reserved=reserved))
    for pages in sizes:
        for segment in iommu.map(CPU, pages * PAGE_BYTES, False):
            end = segment.iova + segment.size_bytes
            assert end <= 1 << bits + 1
            assert all(end <= first or segment.iova >= last for first, last in reserved)
