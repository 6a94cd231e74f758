"""Reserved addresses: taken when the object is made, with tables made ahead, lazily, or sparse."""

from __future__ import annotations

import struct

import pytest
from barewire.softgpu.gsp.table_memory import TableMemory
from barewire.softgpu.page_tables import Aperture
from rm_side import (
    ALIGNMENT_FORCE,
    ALIGNMENT_HINT,
    BEGIN_END,
    DEVICE,
    DUPLICATE,
    INSUFFICIENT,
    INVALID_ARGUMENT,
    INVALID_OFFSET,
    INVALID_STATE,
    LAZY,
    NO_MEMORY,
    NOT_SUPPORTED,
    OK,
    PAGE,
    SIZE_4K,
    SIZE_BIG,
    SIZE_HUGE,
    SPARSE,
    reservation_params,
)
from rm_space import GIB, KIB, MEMORY, MIB, VA, Space, words

PAGES_4K, PAGES_BIG, PAGES_HUGE = 1, 2, 3
NOTHING = (Aperture.SPARSE, 0)


@pytest.fixture
def space(rm):
    return Space(rm)


def reserved(space, size, offset=VA, **changes):
    return space.rm.reservation(space.handle, size, offset, **changes)


def reads(space, gpu_va):
    """Where an address leads; NOTHING for a sparse one, None for a fault."""
    found = space.reads(gpu_va)
    return NOTHING if found is not None and found[0] is Aperture.SPARSE else found


# Addresses.


def test_reserved_addresses_go_back_to_the_caller(rm, space):
    _, reply = rm.alloc(DEVICE, rm.handle(), 0x50A0, reservation_params(space.handle, 100 * KIB))

    size, _, offset, limit = struct.unpack_from("<4Q", reply, 0x40)
    assert (offset, size, limit) == (MIB, 128 * KIB, 128 * KIB - 1)


@pytest.mark.parametrize(
    ("sizes", "size", "expected"),
    [({"page_size": PAGES_4K}, 5000, 8 * KIB), ({"page_size": PAGES_BIG}, 5000, 64 * KIB),
     ({"page_size": PAGES_HUGE}, 5000, 2 * MIB), ({"page_size": PAGES_HUGE, "huge": 2}, 5000, 512 * MIB),
     ({}, 5000, 64 * KIB), ({}, 2 * MIB, 2 * MIB)],
)  # fmt: skip
def test_they_are_whole_pages_of_the_largest_size(rm, space, sizes, size, expected):
    virtual = rm.object_of(rm.reservation(space.handle, size, **sizes))

    assert virtual.extent.start % max(expected, 64 * KIB) == 0
    assert virtual.extent.end - virtual.extent.start == expected


def test_they_are_nobody_elses(rm, space):
    reserved(space, 2 * MIB)

    assert rm.try_map(space.window, rm.memory([MEMORY]), VA + MIB)[0] == NO_MEMORY
    for offset in (VA, VA + MIB, VA - 2 * MIB):
        assert (
            rm.alloc(DEVICE, 5, 0x50A0, reservation_params(space.handle, 4 * MIB, offset))[0] == INSUFFICIENT
        )


def test_they_can_be_had_again_when_they_are_freed(rm, space):
    virtual = reserved(space, 2 * MIB)
    rm.map(virtual, rm.memory([MEMORY]))

    assert rm.free(virtual) == OK

    assert space.tables_in_use() == 4
    assert rm.object_of(reserved(space, 2 * MIB)).extent.start == VA


def test_a_range_and_an_alignment_can_be_asked_for(rm, space):
    within = rm.reservation(
        space.handle,
        MIB,
        flags=BEGIN_END | ALIGNMENT_HINT,
        begin=VA + 1,
        last=VA + GIB - 1,
        alignment=8 * MIB,
    )
    above = rm.reservation(space.handle, MIB, flags=BEGIN_END | 4, begin=VA, last=VA + GIB - 1)

    assert rm.object_of(within).extent.start == VA + 8 * MIB
    assert rm.object_of(above).extent.end == VA + GIB


@pytest.mark.parametrize(
    ("sizes", "size", "page"),
    [({"page_size": PAGES_4K, "flags": ALIGNMENT_FORCE, "alignment": PAGE}, 3 * PAGE, PAGE),
     ({"page_size": PAGES_BIG}, 128 * KIB, 64 * KIB), ({"page_size": PAGES_HUGE}, 2 * MIB, 2 * MIB),
     ({}, MIB, 64 * KIB), ({}, 4 * MIB, 2 * MIB)],
)  # fmt: skip
def test_a_fixed_address_within_a_page_means_the_page_and_no_more_of_them(space, sizes, size, page):
    virtual = space.rm.object_of(reserved(space, size, VA + page + 5, **sizes))

    assert virtual.extent == (VA + page, VA + page + size)


def test_addresses_of_small_pages_are_aligned_for_compression_unless_an_alignment_is_forced(rm, space):
    sizes = {"page_size": PAGES_4K}

    first = rm.object_of(rm.reservation(space.handle, PAGE, **sizes)).extent
    second = rm.object_of(rm.reservation(space.handle, PAGE, **sizes)).extent
    forced = rm.reservation(space.handle, PAGE, VA + PAGE, flags=ALIGNMENT_FORCE, alignment=PAGE, **sizes)

    assert second.start - first.start == 64 * KIB
    assert rm.object_of(forced).extent == (VA + PAGE, VA + 2 * PAGE)
    for flags in (0, ALIGNMENT_HINT):
        params = reservation_params(space.handle, PAGE, VA + 3 * PAGE, flags, PAGES_4K, alignment=PAGE)
        assert rm.alloc(DEVICE, 5, 0x50A0, params)[0] == INSUFFICIENT


@pytest.mark.parametrize(
    ("alignment", "flags", "expected"),
    [(8 * MIB, ALIGNMENT_HINT, 8 * MIB), (8 * MIB, ALIGNMENT_FORCE, 8 * MIB),
     (PAGE, ALIGNMENT_FORCE, 64 * KIB), (8 * MIB, 0, 64 * KIB),
     (96 * KIB, ALIGNMENT_HINT, 64 * KIB), (96 * KIB, ALIGNMENT_FORCE, None)],
)  # fmt: skip
def test_an_alignment_goes_with_the_size_of_pages_or_is_none(rm, space, alignment, flags, expected):
    rm.reservation(space.handle, PAGE, MIB, page_size=PAGES_4K)
    params = reservation_params(space.handle, MIB, flags=flags, alignment=alignment)

    status, reply = rm.alloc(DEVICE, rm.handle(), 0x50A0, params)

    assert status == (INVALID_ARGUMENT if expected is None else OK)
    if expected is not None:
        assert struct.unpack_from("<Q", reply, 0x50)[0] == -(-(MIB + PAGE) // expected) * expected


@pytest.mark.parametrize(
    ("params", "status"),
    [({"size": 0}, INSUFFICIENT), ({"size": MIB, "offset": 1 << 57}, INSUFFICIENT),
     ({"size": 1 << 58}, INSUFFICIENT), ({"size": MIB, "offset": 4 * GIB}, INSUFFICIENT),
     ({"size": MIB, "flags": 0x40_0000}, NOT_SUPPORTED),
     ({"size": MIB, "page_size": 3, "huge": 3}, INVALID_STATE)],
    ids=["none", "beyond the space", "more than the space", "firmware's", "external", "256 GiB"],
)  # fmt: skip
def test_addresses_that_cannot_be_had_are_refused(rm, space, params, status):
    assert rm.alloc(DEVICE, 5, 0x50A0, reservation_params(space.handle, **params))[0] == status
    assert space.tables_in_use() == 4


def test_the_flag_of_virtual_memory_is_needed(rm, space):
    params = bytearray(reservation_params(space.handle, MIB))
    struct.pack_into("<I", params, 8, 0)

    assert rm.alloc(DEVICE, 5, 0x50A0, bytes(params))[0] == INVALID_ARGUMENT


# Tables made ahead.


@pytest.mark.parametrize(
    ("page_size", "big", "small"),
    [(0, True, True), (PAGES_4K, False, True), (PAGES_BIG, True, False), (PAGES_HUGE, False, False)],
)
def test_tables_are_made_ahead_for_the_sizes_of_pages(space, page_size, big, small):
    reserved(space, 6 * MIB, page_size=page_size)

    for number in range(3):
        low, high = space.pair(VA + number * 2 * MIB)
        assert (bool(low), bool(high)) == (big, small)
    assert space.pair(VA + 6 * MIB) == (0, 0)


def test_tables_made_ahead_cover_a_range_that_begins_and_ends_within_them(space):
    reserved(space, 2 * MIB, VA + MIB, page_size=PAGES_4K)

    assert [bool(space.pair(VA + at * MIB)[1]) for at in (0, 2, 4)] == [True, True, False]


def test_tables_made_ahead_stay_when_a_mapping_goes(space):
    rm, virtual = space.rm, reserved(space, 2 * MIB)
    before = space.pair()
    where = rm.map(virtual, rm.memory([MEMORY]))

    assert space.pair() == before
    assert rm.unmap(virtual, where) == OK
    assert space.pair() == before
    assert (space.small(), space.big()) == ({}, {})


def test_a_large_page_hides_the_tables_made_ahead_as_long_as_it_is_there(space):
    rm, virtual = space.rm, reserved(space, 2 * MIB, flags=0)
    before = space.pair()
    memory = rm.memory([MEMORY], 2 * MIB)

    where = rm.map(virtual, memory, length=2 * MIB, flags=SIZE_HUGE)
    assert space.pair() == (MEMORY | 0x681, 0)
    rm.unmap(virtual, where)

    assert space.pair() == before
    rm.map(virtual, memory, length=2 * MIB, flags=SIZE_4K)
    assert reads(space, VA + MIB) == (Aperture.VRAM, MEMORY + MIB)


def test_a_lazy_reservation_has_tables_when_they_are_needed_or_asked_for(space):
    rm, virtual = space.rm, reserved(space, GIB, flags=LAZY)
    assert space.tables_in_use() == 4

    where = rm.map(virtual, rm.memory([MEMORY]))
    assert (space.pair()[0], bool(space.pair()[1])) == (0, True)
    for _ in range(2):
        rm.asked(
            DEVICE,
            0x00801809,
            struct.pack("<Q", VA + 64 * MIB).ljust(0xC8, b"\0") + struct.pack("<Ixxxx", space.handle),
        )
    assert all(space.pair(VA + 64 * MIB))
    assert space.pair(VA + 66 * MIB) == (0, 0)

    assert rm.unmap(virtual, where) == OK
    assert space.pair() == (0, 0)
    rm.directory_info(space.handle, VA)
    rm.directory_info(space.handle, VA + GIB)
    assert all(space.pair()) and all(space.pair(VA + 64 * MIB))
    assert VA + GIB >> 29 & 511 not in words(space.gpu, space.pd1())
    assert rm.free(virtual) == OK
    assert space.tables_in_use() == 4


def test_asking_takes_a_large_page_of_a_lazy_reservation_away_and_that_is_reported(space):
    rm, virtual = space.rm, reserved(space, GIB, flags=LAZY)
    memory = rm.memory([MEMORY], 2 * MIB)
    where = rm.map(virtual, memory, VA, 2 * MIB)
    rm.map(virtual, memory, VA + 4 * MIB, 2 * MIB)

    rm.directory_info(space.handle, VA + MIB)

    assert [word & 0xFF for word in space.pair()] == [0x12, 0x12]
    assert (space.big(), space.small()) == ({}, {})
    assert space.pair(VA + 4 * MIB) == (MEMORY | 0x681, 0)
    assert [(report.kind, report.facts) for report in space.gpu.reports] == [("page lost", {"gpu_va": VA})]
    assert rm.unmap(virtual, where) == OK
    assert rm.map(virtual, memory, VA, 2 * MIB) == VA
    rm.directory_info(space.handle, VA + MIB)
    assert space.pair() == (MEMORY | 0x681, 0)
    assert len(space.gpu.reports) == 1


def test_asking_changes_nothing_in_a_window_or_a_sparse_reservation(space):
    rm = space.rm
    rm.map(space.window, rm.memory([MEMORY], 2 * MIB), VA, 2 * MIB)
    reserved(space, 2 * MIB, VA + 4 * MIB, flags=SPARSE)

    for at in (0, 4 * MIB):
        rm.directory_info(space.handle, VA + at)

    assert (space.pair(), space.pair(VA + 4 * MIB)) == ((MEMORY | 0x681, 0), (8, 0))
    assert space.gpu.reports == []


def test_more_tables_than_there_is_memory_for_are_refused(space):
    params = reservation_params(space.handle, 1 << 40, VA)

    assert space.rm.alloc(DEVICE, 5, 0x50A0, params)[0] == NO_MEMORY

    assert space.tables_in_use() == 4
    assert space.rm.object_of(reserved(space, 1 << 40, flags=LAZY)).extent.start == VA


# Mapping into reserved addresses.


def test_an_address_counts_from_the_beginning_unless_it_is_fixed(rm, space):
    virtual, memory = reserved(space, MIB), rm.memory([MEMORY])

    assert rm.map(virtual, memory) == VA
    assert rm.map(virtual, memory, VA + 5 * PAGE) == VA + 5 * PAGE
    head = struct.pack("<4I", 0xC1D00001, DEVICE, virtual, memory)
    result, reply = rm.call(14, head + struct.pack("<QQI4xQI4x", 0, PAGE, 0, 9 * PAGE, 0))
    assert (result, struct.unpack_from("<Q", reply, 0x28)[0]) == (OK, VA + 9 * PAGE)


def test_an_offset_in_the_page_may_be_counted_in_or_not(rm, space):
    virtual, memory = reserved(space, MIB), rm.memory([MEMORY], 64 * KIB)

    assert rm.map(virtual, memory, VA + 0x345, 0x100, offset=0x2345, flags=SIZE_4K) == VA + 0x345
    assert rm.map(virtual, memory, VA + PAGE, 0x100, offset=0x2345, flags=SIZE_4K) == VA + PAGE + 0x345
    assert (
        rm.try_map(virtual, memory, VA + 2 * PAGE + 1, 0x100, offset=0x2345, flags=SIZE_4K)[0]
        == INVALID_OFFSET
    )


@pytest.mark.parametrize(
    ("at", "length", "status"),
    [(-PAGE, PAGE, INVALID_OFFSET), (MIB, PAGE, INVALID_OFFSET), (MIB - PAGE, 2 * PAGE, INVALID_ARGUMENT),
     (1, PAGE, INVALID_OFFSET)],
)  # fmt: skip
def test_addresses_beyond_what_is_reserved_are_refused(rm, space, at, length, status):
    virtual, memory = reserved(space, MIB), rm.memory([MEMORY], 2 * PAGE)

    assert rm.try_map(virtual, memory, VA + at, length)[0] == status


def test_a_page_larger_than_what_is_reserved_is_refused(rm, space):
    virtual = rm.reservation(space.handle, MIB, VA + MIB)

    assert rm.try_map(virtual, rm.memory([MEMORY], 2 * MIB), VA + MIB, 2 * MIB)[0] == INVALID_OFFSET


def test_addresses_that_are_mapped_are_refused(rm, space):
    virtual, memory = reserved(space, MIB), rm.memory([MEMORY, MEMORY + PAGE])
    rm.map(virtual, memory, VA + 4 * PAGE, 2 * PAGE)

    for at, status in ((4, INVALID_ARGUMENT), (5, INVALID_ARGUMENT), (3, DUPLICATE)):
        assert rm.try_map(virtual, memory, VA + at * PAGE, 2 * PAGE)[0] == status
    assert rm.map(virtual, memory, VA + 2 * PAGE, 2 * PAGE)
    assert rm.map(virtual, memory, VA + 6 * PAGE, 2 * PAGE)


# Sparse.


def test_sparse_addresses_read_as_nothing_on_as_few_entries_as_will_do(space, gpu):
    reserved(space, GIB + 4 * MIB + 64 * KIB, VA + 512 * MIB, flags=SPARSE, page_size=PAGES_BIG)

    pd1 = words(gpu, space.pd1())
    assert (pd1[129], pd1[130]) == (8, 8)
    tail = VA + 512 * MIB + GIB
    assert [space.pair(tail + at * MIB) for at in (0, 2)] == [(8, 0), (8, 0)]
    assert space.big(tail + 4 * MIB) == {0: 8}
    assert space.pair(tail + 4 * MIB)[1] == 0
    assert [reads(space, tail + at) for at in (-1, 0, 4 * MIB + 64 * KIB - 1)] == [NOTHING] * 3
    assert reads(space, tail + 4 * MIB + 64 * KIB) is None


def test_sparse_addresses_of_small_pages_are_entries_of_small_tables(space):
    reserved(space, 3 * PAGE, flags=SPARSE, page_size=PAGES_4K)

    assert space.small() == {0: 8, 1: 8, 2: 8}


@pytest.mark.parametrize("flags", [SIZE_4K, SIZE_BIG, SIZE_HUGE])
def test_what_is_mapped_into_sparse_addresses_splits_them(space, flags):
    rm, virtual = space.rm, reserved(space, GIB, flags=SPARSE)
    size = {SIZE_4K: PAGE, SIZE_BIG: 64 * KIB, SIZE_HUGE: 2 * MIB}[flags]
    at = VA + 300 * MIB

    where = rm.map(virtual, rm.memory([MEMORY], size), at, size, flags=flags)

    around = [VA, at - 1, at + size, at + 2 * MIB, VA + GIB - 1]
    assert reads(space, at + size - 1) == (Aperture.VRAM, MEMORY + size - 1)
    assert [reads(space, one) for one in around] == [NOTHING] * 5
    assert rm.unmap(virtual, where) == OK
    assert [reads(space, one) for one in (at, *around)] == [NOTHING] * 6
    assert rm.free(virtual) == OK
    assert space.tables_in_use() == 4


def test_sparse_addresses_beside_tables_of_others_need_none(space):
    space.rm.map(space.window, space.rm.memory([MEMORY]), VA)

    reserved(space, 2 * MIB, VA + 2 * MIB, flags=SPARSE)

    assert space.pair(VA + 2 * MIB) == (8, 0)


def test_tables_stay_sparse_where_all_that_was_mapped_in_them_goes(space):
    rm, virtual = space.rm, reserved(space, 2 * MIB, flags=SPARSE)

    rm.unmap(virtual, rm.map(virtual, rm.memory([MEMORY], 2 * MIB), VA, 2 * MIB, flags=SIZE_4K))

    assert space.small() == dict.fromkeys(range(512), 8)


def test_small_pages_where_a_big_entry_was_sparse_leave_the_rest_sparse(space):
    rm, virtual = space.rm, reserved(space, 128 * KIB, flags=SPARSE)
    assert space.big() == {0: 8, 1: 8}

    where = rm.map(virtual, rm.memory([MEMORY, MEMORY + PAGE]), VA + 3 * PAGE, 2 * PAGE)

    pages = {3: MEMORY | 0x681, 4: MEMORY + PAGE | 0x681}
    assert space.small() == {**dict.fromkeys(range(16), 8), **pages}
    assert space.big() == {1: 8}
    assert rm.unmap(virtual, where) == OK
    assert space.small() == dict.fromkeys(range(16), 8)


def test_small_pages_that_go_leave_a_big_sparse_entry_where_it_will_do(space):
    rm, virtual = space.rm, reserved(space, 128 * KIB, flags=SPARSE)
    memory = rm.memory([MEMORY + number * PAGE for number in range(16)])

    where = rm.map(virtual, memory, VA, 64 * KIB)
    assert (space.big(), len(space.small())) == ({1: 8}, 16)
    assert rm.unmap(virtual, where) == OK

    assert space.big() == {0: 8, 1: 8}
    assert space.pair()[1] == 0


def test_a_big_page_over_small_sparse_entries_takes_their_place(space):
    rm, virtual = space.rm, reserved(space, 128 * KIB, flags=SPARSE)
    rm.unmap(virtual, rm.map(virtual, rm.memory([MEMORY]), VA))
    assert space.small()

    rm.map(virtual, rm.memory([MEMORY], 64 * KIB), VA, 64 * KIB)

    assert space.pair()[1] == 0
    assert space.big() == {0: MEMORY | 0x681, 1: 8}


def test_a_large_page_over_split_sparse_entries_takes_their_tables(space):
    rm, virtual = space.rm, reserved(space, 4 * MIB, flags=SPARSE)
    before = space.tables_in_use()
    rm.unmap(virtual, rm.map(virtual, rm.memory([MEMORY]), VA))

    rm.map(virtual, rm.memory([MEMORY], 2 * MIB), VA, 2 * MIB)

    assert space.tables_in_use() == before
    assert space.pair() == (MEMORY | 0x681, 0)
    assert reads(space, VA + 2 * MIB) == NOTHING


@pytest.mark.parametrize("pages", range(4, 8))
def test_without_memory_for_tables_sparse_addresses_stay_as_they_were(rm, gpu, pages):
    start = gpu.resman.usable_bytes + MIB
    gpu.resman.table_memory = TableMemory(gpu.vram, start, start + pages * PAGE)
    space = Space(rm)
    virtual = rm.reservation(space.handle, GIB, VA, flags=SPARSE)
    at = VA + 512 * MIB - 2 * MIB

    assert rm.try_map(virtual, rm.memory([MEMORY], 4 * MIB), at, 4 * MIB, flags=SIZE_4K)[0] == NO_MEMORY

    for one in (VA, at, at + 2 * MIB, VA + GIB - 1):
        assert reads(space, one) == NOTHING
    assert rm.free(virtual) == OK
    assert space.tables_in_use() == 4


@pytest.mark.parametrize("pages", range(4, 8))
def test_sparse_addresses_without_memory_for_tables_are_refused(rm, gpu, pages):
    start = gpu.resman.usable_bytes + MIB
    gpu.resman.table_memory = TableMemory(gpu.vram, start, start + pages * PAGE)
    space = Space(rm)
    params = reservation_params(space.handle, GIB + PAGE, VA + 64 * KIB, SPARSE, PAGES_4K)

    assert rm.alloc(DEVICE, 5, 0x50A0, params)[0] == NO_MEMORY

    assert space.tables_in_use() == 4
    assert sorted(words(gpu, space.pd1())) == [8]
    assert rm.alloc(DEVICE, 5, 0x50A0, params)[0] == NO_MEMORY
