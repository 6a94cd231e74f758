"""Page tables that firmware makes: their entries bit by bit, when tables come and go, and every refusal.

What is expected are the bytes that RM wrote on an H100 (driver 580), as literal numbers; tables are read from
the root on by nothing but bit positions.
"""

from __future__ import annotations

import struct

import pytest
from barewire.softgpu.gsp.table_memory import TableMemory
from barewire.softgpu.mmu import PageFault
from barewire.softgpu.page_tables import Aperture
from rm_side import (
    CLIENT,
    DEFER,
    DEVICE,
    GROWS_DOWN,
    INVALID_ADDRESS,
    INVALID_ARGUMENT,
    INVALID_CLIENT,
    INVALID_HANDLE,
    INVALID_LIMIT,
    INVALID_OBJECT,
    INVALID_OFFSET,
    INVALID_PARAMS,
    INVALID_PARENT,
    INVALID_STATE,
    LAZY,
    LIST_FBMEM,
    LIST_SYSTEM,
    NO_MEMORY,
    NOT_FOUND,
    NOT_SUPPORTED,
    OK,
    PAGE,
    READ_ONLY,
    SIZE_4K,
    SIZE_512M,
    SIZE_BIG,
    SIZE_BOTH,
    SIZE_HUGE,
    SNOOP,
    SPARSE,
    SUBDEVICE,
    SYSTEM,
    TLB_LOCK,
    reservation_params,
    vaspace_params,
)
from rm_space import ADDRESS, GIB, KIB, MEMORY, MIB, VA, Space, words

DIRECTORIES = (0x50_0000, 0x50_1000, 0x50_2000, 0x50_3000)


@pytest.fixture
def space(rm):
    return Space(rm)


def copy_pdes():
    """NV90F1_CTRL_VASPACE_COPY_SERVER_RESERVED_PDES_PARAMS: the client's own directories."""
    params = bytearray(0xB8)
    struct.pack_into("<QQQI", params, 8, 1 << 29, 4 * GIB, 4 * GIB + 512 * MIB - 1, 4)
    rows = zip(DIRECTORIES, (56, 47, 38, 29), (16, 4096, 4096, 4096), strict=True)
    for row, (table, shift, size) in enumerate(rows):
        struct.pack_into("<QQIB", params, 0x28 + 0x18 * row, table, size, 1, shift)
    return bytes(params)


# The first tables.


def test_a_new_space_has_the_tables_that_lead_to_firmwares_range(space, gpu):
    pd1 = space.follow(0, 0, 0)

    assert words(gpu, space.root) == {0: words(gpu, space.root)[0]}
    assert words(gpu, pd1) == {8: gpu.resman.server_table | 0x12}
    assert space.root >= gpu.resman.usable_bytes
    assert space.tables_in_use() == 4


def test_tables_lie_in_firmwares_memory_in_the_order_in_which_they_were_needed(space, gpu):
    first = space.root

    space.rm.map(space.window, space.rm.memory([MEMORY]), VA)

    path = [space.follow(*(0, 0, 0, 128)[:depth]) for depth in range(5)]
    assert path == [first, first + 0x1000, first + 0x2000, first + 0x3000, first + 0x4000]
    assert space.pair()[1] == first + 0x5000 | 0x12


def test_freeing_a_space_gives_its_tables_back_and_forgets_translations(rm, gpu, space):
    root = rm.object_of(space.handle).root
    memory = rm.memory([MEMORY])
    rm.map(space.window, memory, VA)
    gpu.mmu.invalidations.clear()

    assert rm.free(space.window) == OK
    assert rm.free(space.handle) == OK

    assert space.tables_in_use() == 0
    assert (root, None, 0) in gpu.mmu.invalidations
    assert rm.free(memory) == OK


def test_freeing_a_client_frees_spaces_windows_and_mappings(rm, gpu, space):
    rm.map(space.window, rm.memory([MEMORY]), VA)
    rm.map(rm.reservation(space.handle, MIB), rm.memory([MEMORY]))

    assert rm.free(CLIENT) == OK

    assert space.tables_in_use() == 0
    assert gpu.reports == []


def test_limits_of_a_space_go_back_to_the_caller(rm):
    status, reply = rm.alloc(DEVICE, rm.handle(), 0x90F1, vaspace_params())
    assert status == OK
    assert struct.unpack_from("<Q", reply, 8)[0] == (1 << 57) - MIB
    assert struct.unpack_from("<Q", reply, 0x28)[0] == MIB

    status, reply = rm.alloc(DEVICE, rm.handle(), 0x90F1, vaspace_params(base=GIB, size=2 * GIB))
    assert status == OK
    assert struct.unpack_from("<Q", reply, 8)[0] == 2 * GIB
    assert struct.unpack_from("<Q", reply, 0x28)[0] == GIB


@pytest.mark.parametrize(
    "limits",
    [{"size": (1 << 57) + 1}, {"base": 1 << 57}, {"big": 128 * KIB}, {"base": 1 << 56, "size": 1 << 57}],
)
def test_limits_that_the_tables_do_not_have_are_refused(rm, limits):
    assert rm.alloc(DEVICE, 5, 0x90F1, vaspace_params(**limits))[0] == INVALID_ARGUMENT


# Entries.


@pytest.mark.parametrize(
    ("class_id", "flags", "word"),
    [
        (LIST_FBMEM, 0, 0x681),
        (LIST_FBMEM, READ_ONLY, 0x6A1),
        (LIST_FBMEM, SNOOP, 0x681),
        (LIST_FBMEM, TLB_LOCK, 0x6C1),
        (LIST_SYSTEM, SNOOP, 0x68D),
        (LIST_SYSTEM, SNOOP | READ_ONLY, 0x6AD),
        (LIST_SYSTEM, 0, 0x68F),
        (LIST_SYSTEM, READ_ONLY | TLB_LOCK, 0x6EF),
    ],
)
@pytest.mark.parametrize("size", [SIZE_4K, SIZE_BIG, SIZE_HUGE])
def test_an_entry_says_where_memory_is_and_what_is_allowed(space, class_id, flags, word, size):
    place = MEMORY if class_id == LIST_FBMEM else 0x15_0000_0000
    memory = space.rm.memory([place], 2 * MIB, class_id=class_id)

    space.rm.map(space.window, memory, VA, 2 * MIB, flags=flags | size)

    if size == SIZE_HUGE:
        assert space.pair() == (place | word, 0)
    else:
        step, found = (64 * KIB, space.big()) if size == SIZE_BIG else (4 * KIB, space.small())
        assert found == {index: place + index * step | word for index in range(2 * MIB // step)}


@pytest.mark.parametrize("kind", [0, 1, 6, 8, 15])
def test_the_kind_is_the_memorys(space, kind):
    space.rm.map(space.window, space.rm.memory([MEMORY], kind=kind), VA)

    assert space.small() == {0: MEMORY | 0x81 | kind << 8}


def test_a_page_of_512_mib_is_an_entry_of_pd1(space, gpu):
    memory = space.rm.memory([MEMORY], 512 * MIB)

    space.rm.map(space.window, memory, VA, 512 * MIB, flags=SIZE_512M)

    assert words(gpu, space.pd1())[128] == MEMORY | 0x681
    assert space.reads(VA + 300 * MIB) == (Aperture.VRAM, MEMORY + 300 * MIB)


def test_listed_pages_are_mapped_in_their_order(space):
    pages = [MEMORY + 0x9000, MEMORY, MEMORY + 0x4000]

    space.rm.map(space.window, space.rm.memory(pages), VA, 3 * PAGE)

    assert space.small() == {index: page | 0x681 for index, page in enumerate(pages)}


def test_tables_of_64_kib_pages_share_a_page_of_memory(space):
    memory = space.rm.memory([MEMORY], 64 * KIB)

    for number in range(17):
        space.rm.map(space.window, memory, VA + number * 2 * MIB, 64 * KIB)

    tables = [space.pair(VA + number * 2 * MIB)[0] for number in range(17)]
    assert [table & 0xFF for table in tables] == [0x12] * 17
    assert [table - tables[0] for table in tables[:16]] == [0x100 * number for number in range(16)]
    assert tables[0] & 0xF00 == tables[16] & 0xF00 == 0
    assert tables[0] != tables[16]


def test_two_spaces_share_no_page_of_tables(rm):
    memory = rm.memory([MEMORY], 64 * KIB)
    spaces = [Space(rm), Space(rm)]

    for one in spaces:
        rm.map(one.window, memory, VA, 64 * KIB)

    assert len({one.pair()[0] & ADDRESS for one in spaces}) == 2
    assert spaces[0].pair()[0] & ~0xFFF != spaces[1].pair()[0] & ~0xFFF


def test_big_and_small_pages_lie_beside_each_other_in_one_entry(space):
    space.rm.map(space.window, space.rm.memory([MEMORY], 64 * KIB), VA + 64 * KIB, 64 * KIB)
    space.rm.map(space.window, space.rm.memory([MEMORY + MIB]), VA)

    assert space.big() == {1: MEMORY | 0x681}
    assert space.small() == {0: MEMORY + MIB | 0x681}
    assert all(word & 0xFF == 0x12 for word in space.pair())
    assert space.reads(VA) == (Aperture.VRAM, MEMORY + MIB)
    assert space.reads(VA + 100 * KIB) == (Aperture.VRAM, MEMORY + 36 * KIB)
    assert space.reads(VA + 4 * KIB) is None


def test_a_mapping_across_tables_makes_each_of_them(space):
    start = VA + 512 * MIB - PAGE
    memory = space.rm.memory([MEMORY, MEMORY + 0x5000])

    space.rm.map(space.window, memory, start, 2 * PAGE)

    assert space.small(start) == {511: MEMORY | 0x681}
    assert space.small(start + PAGE) == {0: MEMORY + 0x5000 | 0x681}


def test_pages_are_mapped_up_to_the_last_address(space):
    last = (1 << 57) - PAGE

    space.rm.map(space.window, space.rm.memory([MEMORY]), last)

    assert space.small(last) == {511: MEMORY | 0x681}


# Which pages.


@pytest.mark.parametrize(
    ("address", "size", "flags", "shift"),
    [
        (MEMORY, 2 * MIB, 0, 21),
        (MEMORY, 2 * MIB + 64 * KIB, 0, 16),
        (MEMORY, 2 * MIB + PAGE, 0, 12),
        (MEMORY, 2 * MIB + 1, 0, 12),
        (MEMORY + 64 * KIB, 2 * MIB, 0, 16),
        (MEMORY + PAGE, 2 * MIB, 0, 12),
        (MEMORY, 2 * MIB, SIZE_BOTH, 21),
        (MEMORY, 2 * MIB, SIZE_BIG, 16),
        (MEMORY, 2 * MIB, SIZE_4K, 12),
        (MEMORY, 2 * MIB + PAGE, SIZE_HUGE, 12),
        (MEMORY, 64 * KIB, SIZE_HUGE, 16),
        (MEMORY, 2 * MIB, SIZE_512M, 21),
    ],
)
def test_pages_are_the_memorys_own_unless_others_fit(space, address, size, flags, shift):
    space.rm.map(space.window, space.rm.memory([address], size), VA, size, flags=flags)

    leaf = space.gpu.mmu.walk(space.rm.object_of(space.handle).root, VA).leaf
    assert leaf.page_bytes == 1 << shift


def test_host_memory_has_small_pages_unless_larger_ones_are_asked_for(space):
    memory = space.rm.memory([0x15_0000_0000], 2 * MIB, class_id=SYSTEM)

    space.rm.map(space.window, memory, VA, 2 * MIB, flags=SNOOP)
    space.rm.map(space.window, memory, VA + 2 * MIB, 2 * MIB, flags=SNOOP | SIZE_HUGE)

    assert len(space.small()) == 512
    assert space.pair(VA + 2 * MIB) == (0x15_0000_068D, 0)


def test_scattered_memory_has_small_pages_whatever_is_asked_for(space):
    memory = space.rm.memory([MEMORY + number * PAGE for number in range(512)])

    space.rm.map(space.window, memory, VA, 2 * MIB, flags=SIZE_HUGE)

    assert len(space.small()) == 512


def test_part_of_a_large_page_maps_the_page_and_says_where_the_part_begins(space):
    memory = space.rm.memory([MEMORY], 4 * MIB)

    where = space.rm.map(space.window, memory, VA, 8 * KIB, offset=2 * MIB + 12 * KIB)

    assert where == VA + 12 * KIB
    assert space.pair() == (MEMORY + 2 * MIB | 0x681, 0)
    assert space.reads(where) == (Aperture.VRAM, MEMORY + 2 * MIB + 12 * KIB)


def test_a_part_across_large_pages_maps_both(space):
    memory = space.rm.memory([MEMORY], 4 * MIB)

    where = space.rm.map(space.window, memory, VA, 8 * KIB, offset=2 * MIB - 4 * KIB)

    assert where == VA + 2 * MIB - 4 * KIB
    assert [space.pair(VA + at)[0] for at in (0, 2 * MIB)] == [MEMORY | 0x681, MEMORY + 2 * MIB | 0x681]


def test_a_part_of_scattered_memory_begins_in_its_page(space):
    memory = space.rm.memory([MEMORY + 0x9000, MEMORY, MEMORY + 0x4000])

    where = space.rm.map(space.window, memory, VA, PAGE, offset=PAGE + 0x10)

    assert where == VA + 0x10
    assert space.small() == {0: MEMORY | 0x681, 1: MEMORY + 0x4000 | 0x681}


def test_listed_memory_may_begin_within_its_first_page(space):
    memory = space.rm.memory([MEMORY + 0x9000, MEMORY], 0x1800, adjust=0x600)

    assert space.rm.map(space.window, memory, VA, 0x1800) == VA + 0x600
    assert space.small() == {0: MEMORY + 0x9000 | 0x681, 1: MEMORY | 0x681}


# Addresses of a window.


def test_rm_takes_the_lowest_addresses_that_are_free(space):
    rm, memory = space.rm, space.rm.memory([MEMORY], 64 * KIB)

    first = rm.map(space.window, memory, length=64 * KIB)
    small = rm.map(space.window, memory, length=PAGE, flags=SIZE_4K)
    second = rm.map(space.window, memory, length=64 * KIB)

    assert (first, small, second) == (MIB, MIB + 64 * KIB, MIB + 128 * KIB)


def test_addresses_are_taken_from_above_where_that_is_asked_for(rm, space):
    window = rm.window(space.handle, VA, VA + GIB - 1)

    assert rm.map(window, rm.memory([MEMORY]), flags=GROWS_DOWN) == VA + GIB - PAGE


def test_the_last_addresses_are_taken_from_above_too(rm, space):
    window = rm.window(space.handle, VA, VA + 2 * PAGE - 1)
    places = [rm.map(window, rm.memory([MEMORY]), flags=GROWS_DOWN) for _ in range(2)]

    assert places == [VA + PAGE, VA]
    assert rm.try_map(window, rm.memory([MEMORY]), flags=GROWS_DOWN)[0] == NO_MEMORY


def test_addresses_fit_into_32_bits_where_that_is_asked_for(rm, space):
    window = rm.window(space.handle, 4 * GIB - 2 * PAGE)
    memory = rm.memory([MEMORY])

    places = [rm.map(window, memory, flags=1 << 2) for _ in range(2)]

    assert places == [4 * GIB - 2 * PAGE, 4 * GIB - PAGE]
    assert rm.try_map(window, memory, flags=1 << 2)[0] == NO_MEMORY
    assert rm.map(window, memory) == 4 * GIB + 512 * MIB


def test_nobody_gets_firmwares_range(space):
    rm, memory = space.rm, space.rm.memory([MEMORY])
    window = rm.window(space.handle, 4 * GIB - PAGE)

    assert [rm.map(window, memory) for _ in range(2)] == [4 * GIB - PAGE, 4 * GIB + 512 * MIB]
    assert rm.try_map(window, memory, 4 * GIB)[0] == NO_MEMORY


def test_a_fixed_address_need_not_lie_in_the_window(rm, space):
    window = rm.window(space.handle, VA, VA + GIB - 1)

    assert rm.map(window, rm.memory([MEMORY]), VA + 2 * GIB) == VA + 2 * GIB


def test_a_fixed_address_within_a_page_means_the_page(space):
    assert space.rm.map(space.window, space.rm.memory([MEMORY]), VA + 0x123) == VA


def test_taken_addresses_are_refused(space):
    rm, memory = space.rm, space.rm.memory([MEMORY], 64 * KIB)
    rm.map(space.window, memory, VA, 64 * KIB)

    for gpu_va in (VA, VA + 60 * KIB):
        assert rm.try_map(space.window, memory, gpu_va, flags=SIZE_4K) == (NO_MEMORY, gpu_va)
    assert rm.map(space.window, memory, VA + 64 * KIB, flags=SIZE_4K)


def test_both_sizes_of_pages_take_addresses_and_tables_for_both(space):
    rm = space.rm

    where = rm.map(space.window, rm.memory([MEMORY]), VA, flags=SIZE_BOTH)

    assert all(word & 0xFF == 0x12 for word in space.pair())
    assert space.small() == {0: MEMORY | 0x681}
    assert rm.try_map(space.window, rm.memory([MEMORY]), VA + PAGE)[0] == NO_MEMORY
    assert rm.unmap(space.window, where) == OK
    assert space.tables_in_use() == 4
    assert rm.try_map(space.window, rm.memory([MEMORY]), VA + PAGE, flags=SIZE_BOTH)[0] == NO_MEMORY
    big = rm.memory([MEMORY], 64 * KIB)
    places = [VA + 64 * KIB, VA + 128 * KIB]
    assert [rm.map(space.window, big, at, 64 * KIB, flags=SIZE_BOTH) for at in places] == places


@pytest.mark.parametrize("gpu_va", [0, MIB - PAGE, 1 << 57, (1 << 64) - PAGE])
def test_addresses_that_the_space_does_not_have_are_refused(space, gpu_va):
    assert space.rm.try_map(space.window, space.rm.memory([MEMORY]), gpu_va)[0] == INVALID_ARGUMENT


def test_a_window_that_is_too_short_is_refused(rm, space):
    window = rm.window(space.handle, VA, VA + PAGE - 1)

    for pages, size in (([MEMORY], 2 * PAGE), ([MEMORY, MEMORY + 0x5000], 2 * PAGE)):
        assert rm.try_map(window, rm.memory(pages, size), length=size)[0] == INVALID_ARGUMENT


def test_a_window_says_where_it_ends(rm, space):
    _, reply = rm.alloc(DEVICE, rm.handle(), 0x70, struct.pack("<QQI4x", VA, 0, space.handle))
    assert struct.unpack_from("<Q", reply, 8)[0] == (1 << 57) - 1


@pytest.mark.parametrize(
    ("offset", "limit", "status"),
    [(VA, 1 << 57, INVALID_LIMIT), (VA, VA - 1, INVALID_OFFSET), (1 << 57, 0, INVALID_OFFSET)],
)
def test_a_window_on_what_is_not_there_is_refused(rm, space, offset, limit, status):
    params = struct.pack("<QQI4x", offset, limit, space.handle)

    assert rm.alloc(DEVICE, 5, 0x70, params)[0] == status


@pytest.mark.parametrize("class_id", [0x70, 0x50A0])
def test_virtual_memory_is_made_below_a_device_in_an_address_space(rm, class_id):
    def params(vaspace):
        if class_id == 0x70:
            return struct.pack("<QQI4x", 0, 0, vaspace)
        return reservation_params(vaspace, MIB)

    handle = rm.owned_space()

    assert rm.alloc(SUBDEVICE, 5, class_id, params(handle))[0] == INVALID_PARENT
    assert rm.alloc(DEVICE, 5, class_id, params(SUBDEVICE))[0] == INVALID_HANDLE
    assert rm.alloc(DEVICE, 5, class_id, params(0))[0] == NOT_SUPPORTED


# Taking away.


def test_unmapping_clears_the_entries_and_leaves_the_neighbours(space):
    rm, memory = space.rm, space.rm.memory([MEMORY, MEMORY + PAGE])
    places = [rm.map(space.window, memory, VA + at, 2 * PAGE) for at in (0, 2 * PAGE, 4 * PAGE)]

    assert rm.unmap(space.window, places[1]) == OK

    assert sorted(space.small()) == [0, 1, 4, 5]
    assert rm.map(space.window, memory, places[1], 2 * PAGE) == places[1]


@pytest.mark.parametrize("size", [SIZE_4K, SIZE_BIG, SIZE_HUGE])
def test_tables_with_nothing_in_them_go(space, gpu, size):
    rm, memory = space.rm, space.rm.memory([MEMORY], 2 * MIB)
    before = space.tables_in_use()
    first = rm.map(space.window, memory, VA, 2 * MIB, flags=size)
    between = space.tables_in_use()
    second = rm.map(space.window, memory, VA + GIB, 2 * MIB, flags=size)

    assert rm.unmap(space.window, second) == OK
    assert space.tables_in_use() == between
    assert sorted(words(gpu, space.pd1())) == [8 * (VA < 1 << 38), 128]
    assert rm.unmap(space.window, first) == OK
    assert space.tables_in_use() == before


def test_a_small_table_goes_where_the_big_one_beside_it_stays(space):
    rm = space.rm
    rm.map(space.window, rm.memory([MEMORY], 64 * KIB), VA + 64 * KIB, 64 * KIB)
    small = rm.map(space.window, rm.memory([MEMORY + MIB]), VA)

    assert rm.unmap(space.window, small) == OK

    assert space.pair()[1] == 0
    assert space.big() == {1: MEMORY | 0x681}


def test_freed_tables_are_clean_where_they_are_used_again(space):
    rm, memory = space.rm, space.rm.memory([MEMORY], 2 * MIB)
    where = rm.map(space.window, memory, VA, 2 * MIB, flags=SIZE_4K)
    rm.unmap(space.window, where)

    rm.map(space.window, rm.memory([MEMORY]), VA + 40 * PAGE)

    assert space.small() == {40: MEMORY | 0x681}


@pytest.mark.parametrize("what", ["window", "memory"])
def test_freeing_either_side_unmaps(space, what):
    rm, memory = space.rm, space.rm.memory([MEMORY])
    rm.map(space.window, memory, VA)
    other = rm.map(space.window, rm.memory([MEMORY + PAGE]), VA + PAGE)

    assert rm.free(space.window if what == "window" else memory) == OK

    assert space.reads(VA) is None
    assert (space.reads(other) is None) == (what == "window")
    assert bool(rm.object_of(space.handle).dependants) == (what == "memory")
    assert space.gpu.reports == []


def test_one_memory_at_two_addresses_goes_from_both(space):
    rm, memory = space.rm, space.rm.memory([MEMORY], 64 * KIB)
    rm.map(space.window, memory, VA, 64 * KIB)
    rm.map(space.window, memory, VA + GIB, 64 * KIB, flags=SIZE_4K)

    assert space.reads(VA + 0x3456) == space.reads(VA + GIB + 0x3456) == (Aperture.VRAM, MEMORY + 0x3456)
    rm.free(memory)

    assert space.tables_in_use() == 4


def test_another_clients_object_of_the_memory_keeps_its_own_mappings(space):
    rm, memory = space.rm, space.rm.memory([MEMORY])
    twin = rm.handle()
    head = struct.pack("<7I", CLIENT, DEVICE, twin, CLIENT, memory, 0, 0)
    assert rm.call(21, head)[0] == OK
    rm.map(space.window, memory, VA)
    rm.map(space.window, twin, VA + PAGE)

    rm.free(memory)

    assert space.small() == {1: MEMORY | 0x681}


def test_tables_stay_as_long_as_one_object_stands_for_the_space(rm, gpu, space):
    twin = rm.handle()
    head = struct.pack("<7I", CLIENT, DEVICE, twin, CLIENT, space.handle, 0, 0)
    assert rm.call(21, head)[0] == OK
    window = rm.window(twin)
    rm.map(window, rm.memory([MEMORY]), VA)
    root = space.root

    rm.free(space.window)
    assert rm.free(space.handle) == OK

    assert rm.object_of(twin).root.address == root
    assert rm.try_map(window, rm.memory([MEMORY]), VA)[0] == NO_MEMORY
    rm.free(window)
    rm.free(twin)
    assert gpu.resman.table_memory.in_use == 0


def test_a_window_does_not_outlive_its_space(rm, gpu, space):
    rm.map(space.window, rm.memory([MEMORY]), VA)

    assert rm.free(space.handle) == OK

    assert rm.free(space.window) == NOT_FOUND
    assert gpu.resman.table_memory.in_use == 0
    assert [report.kind for report in gpu.reports] == ["freed under use"]


# The TLB.


def invalidated(space, call):
    """Whether a call made the MMU forget the space's translations."""
    space.gpu.mmu.invalidations.clear()
    call()
    return (space.rm.object_of(space.handle).root, None, 0) in space.gpu.mmu.invalidations


@pytest.mark.parametrize(("flags", "expected"), [(0, True), (DEFER, False)])
def test_mapping_forgets_translations_unless_the_caller_does(space, flags, expected):
    memory = space.rm.memory([MEMORY])

    assert invalidated(space, lambda: space.rm.map(space.window, memory, VA, flags=flags)) == expected


@pytest.mark.parametrize("flags", [0, 1])
def test_giving_addresses_of_a_window_back_always_forgets(space, flags):
    where = space.rm.map(space.window, space.rm.memory([MEMORY]), VA)

    assert invalidated(space, lambda: space.rm.unmap(space.window, where, flags=flags))


@pytest.mark.parametrize(("flags", "expected"), [(0, True), (1, False)])
def test_unmapping_reserved_addresses_forgets_unless_the_caller_does(space, flags, expected):
    virtual = space.rm.reservation(space.handle, MIB)
    where = space.rm.map(virtual, space.rm.memory([MEMORY]))

    assert invalidated(space, lambda: space.rm.unmap(virtual, where, flags=flags)) == expected


def test_freeing_memory_forgets_where_it_was_mapped(space):
    memory = space.rm.memory([MEMORY])
    space.rm.map(space.rm.reservation(space.handle, MIB), memory)

    assert invalidated(space, lambda: space.rm.free(memory))


@pytest.mark.parametrize("flags", [0, LAZY, SPARSE])
def test_reserving_addresses_and_giving_them_back_forgets(space, flags):
    made = []

    assert invalidated(space, lambda: made.append(space.rm.reservation(space.handle, MIB, flags=flags)))
    assert invalidated(space, lambda: space.rm.free(made[0]))


def test_the_control_forgets_for_the_caller(space):
    params = struct.pack("<2I", space.handle, 0)

    assert invalidated(space, lambda: space.rm.asked(DEVICE, 0x0080180C, params))
    assert space.gpu.reports == []


def test_a_translation_is_gone_with_its_mapping(space, gpu):
    root = space.rm.object_of(space.handle).root
    where = space.rm.map(space.window, space.rm.memory([MEMORY]), VA)
    gpu.mmu.write(root, where, b"here")

    space.rm.unmap(space.window, where)

    with pytest.raises(PageFault):
        gpu.mmu.read(root, where, 4)
    assert gpu.vram.read(MEMORY, 4) == b"here"


# What is refused.


def test_a_call_names_objects_that_are_what_they_should_be(space):
    rm, memory = space.rm, space.rm.memory([MEMORY])

    for virtual, mapped, device, status in (
        (0x7777, memory, DEVICE, NOT_FOUND),
        (space.window, 0x7777, DEVICE, NOT_FOUND),
        (space.window, memory, 0x7777, NOT_FOUND),
        (space.window, memory, space.handle, INVALID_OBJECT),
        (space.window, space.handle, DEVICE, INVALID_HANDLE),
        (memory, memory, DEVICE, INVALID_HANDLE),
        (space.handle, memory, DEVICE, INVALID_HANDLE),
    ):
        assert rm.try_map(virtual, mapped, VA, device=device) == (status, VA)
    assert space.tables_in_use() == 4


def test_a_subdevice_may_stand_for_the_device_in_a_window(space):
    rm, memory = space.rm, space.rm.memory([MEMORY])

    where = rm.map(space.window, memory, VA, device=SUBDEVICE)

    assert rm.unmap(space.window, where) == NOT_FOUND
    assert rm.unmap(space.window, where, device=SUBDEVICE) == OK
    assert rm.try_map(rm.reservation(space.handle, MIB), memory, device=SUBDEVICE)[0] == NOT_SUPPORTED


@pytest.mark.parametrize(
    ("offset", "length"),
    [(0, 0), (0, 2 * PAGE + 1), (PAGE, 2 * PAGE), (2 * PAGE, 1), ((1 << 64) - PAGE, 2 * PAGE)],
)
def test_a_part_that_the_memory_does_not_have_is_refused(space, offset, length):
    memory = space.rm.memory([MEMORY], 2 * PAGE)

    assert space.rm.try_map(space.window, memory, VA, length, offset=offset)[0] == INVALID_LIMIT


@pytest.mark.parametrize(
    ("flags", "status"),
    [(3, INVALID_ARGUMENT), (6 << 8, INVALID_ARGUMENT), (15 << 8, INVALID_ARGUMENT), (1 << 3, NOT_SUPPORTED),
     (1 << 5, NOT_SUPPORTED), (1 << 20, NOT_SUPPORTED), (2 << 25, NOT_SUPPORTED), (1 << 29, NOT_SUPPORTED)],
)  # fmt: skip
def test_flags_that_mean_nothing_here_are_refused(space, flags, status):
    assert space.rm.try_map(space.window, space.rm.memory([MEMORY]), VA, flags=flags)[0] == status


@pytest.mark.parametrize("kind", [7, 16, 0xFFFFFFFF])
def test_memory_of_no_kind_is_refused(space, kind):
    assert space.rm.try_map(space.window, space.rm.memory([MEMORY], kind=kind), VA)[0] == INVALID_ARGUMENT


def test_video_memory_that_is_not_a_drivers_is_refused(space, gpu):
    rm, end = space.rm, gpu.resman.usable_bytes

    for pages, size in (([space.root], PAGE), ([end - PAGE], 2 * PAGE), ([MEMORY, end], 2 * PAGE)):
        assert rm.try_map(space.window, rm.memory(pages, size), VA, size)[0] == INVALID_ADDRESS
    assert rm.map(space.window, rm.memory([end - PAGE]), VA)


@pytest.mark.parametrize("pages", [[(1 << 52) - PAGE], [MEMORY, 1 << 52]])
def test_host_memory_beyond_what_an_entry_can_name_is_refused(space, pages):
    memory = space.rm.memory(pages, 2 * PAGE, class_id=LIST_SYSTEM)

    assert space.rm.try_map(space.window, memory, VA, 2 * PAGE)[0] == INVALID_ADDRESS
    assert space.rm.map(space.window, memory, VA) == VA


def test_more_pages_than_all_tables_have_entries_are_refused_at_once(space):
    memory = space.rm.memory([0], 1 << 51, class_id=SYSTEM)

    assert space.rm.try_map(space.window, memory, VA, 1 << 51)[0] == NO_MEMORY


def test_memory_does_not_begin_beyond_its_first_page(rm):
    assert rm.try_memory(5, [MEMORY, MEMORY + PAGE], PAGE, adjust=PAGE) == INVALID_ARGUMENT
    assert rm.memory([MEMORY, MEMORY + PAGE], PAGE, adjust=PAGE - 1)


def test_what_was_not_mapped_is_not_unmapped(space):
    rm, memory = space.rm, space.rm.memory([MEMORY, MEMORY + PAGE])
    where = rm.map(space.window, memory, VA, 2 * PAGE)

    for virtual, gpu_va, device, status in (
        (space.window, VA + PAGE, DEVICE, NOT_FOUND),
        (rm.window(space.handle), VA, DEVICE, NOT_FOUND),
        (memory, VA, DEVICE, NOT_FOUND),
        (0x7777, VA, DEVICE, NOT_FOUND),
        (space.window, VA, 0x7777, NOT_FOUND),
        (space.window, VA, memory, INVALID_OBJECT),
    ):
        assert rm.unmap(virtual, gpu_va, device=device) == status
    assert rm.unmap(space.window, where) == OK
    assert rm.unmap(space.window, where) == NOT_FOUND


@pytest.mark.parametrize("function", [14, 15])
def test_a_call_of_no_client_or_too_few_bytes_is_refused(rm, gpu, function):
    assert rm.call(function, struct.pack("<4I", 0x7777, 0, 0, 0).ljust(0x38, b"\1"))[0] == INVALID_CLIENT
    assert rm.call(function, bytes(0x20))[0] == INVALID_PARAMS
    assert [report.kind for report in gpu.reports] == ["short payload"]


def test_nothing_is_mapped_into_an_external_space(rm):
    window = rm.window(rm.vaspace())

    assert rm.try_map(window, rm.memory([MEMORY]), VA)[0] == NOT_SUPPORTED
    params = reservation_params(rm.vaspace(), MIB)
    assert rm.alloc(DEVICE, 5, 0x50A0, params)[0] == NOT_SUPPORTED


# Memory for tables that is used up.


def test_a_space_needs_memory_for_its_tables(rm, gpu):
    gpu.resman.table_memory = TableMemory(
        gpu.vram, gpu.resman.usable_bytes + MIB, gpu.resman.usable_bytes + MIB + 3 * PAGE
    )

    assert rm.alloc(DEVICE, 5, 0x90F1, vaspace_params())[0] == NO_MEMORY

    assert gpu.resman.table_memory.in_use == 0


@pytest.mark.parametrize(
    ("flags", "pages"),
    [(SIZE_4K, 4), (SIZE_4K, 5), (SIZE_4K, 6), (SIZE_4K, 7), (SIZE_BIG, 4), (SIZE_BIG, 5), (SIZE_BIG, 6)],
)
def test_a_mapping_without_memory_for_tables_changes_nothing(rm, gpu, flags, pages):
    start = gpu.resman.usable_bytes + MIB
    gpu.resman.table_memory = TableMemory(gpu.vram, start, start + pages * PAGE)
    space = Space(rm)
    before = words(gpu, space.pd1())
    memory = rm.memory([MEMORY], 4 * MIB)
    across = VA + 512 * MIB - 2 * MIB

    assert rm.try_map(space.window, memory, across, 4 * MIB, flags=flags) == (NO_MEMORY, across)

    assert words(gpu, space.pd1()) == before
    assert space.tables_in_use() == 4
    assert rm.object_of(memory).mappings == []
    if pages > 4:
        assert rm.map(space.window, memory, across, 2 * MIB, flags=SIZE_HUGE) == across


# Tables that the client brings.


def test_a_client_may_bring_the_directories_instead(rm, gpu):
    vaspace = rm.owned_space()

    rm.asked(vaspace, 0x90F10106, copy_pdes())

    assert rm.object_of(vaspace).root.address == DIRECTORIES[0]
    assert gpu.resman.table_memory.in_use == 0
    assert rm.try_map(rm.window(vaspace), rm.memory([MEMORY]), VA)[0] == INVALID_STATE
    assert rm.alloc(DEVICE, 5, 0x50A0, reservation_params(vaspace, MIB))[0] == INVALID_STATE


@pytest.mark.parametrize("user", ["window", "reservation", "channel", "another object"])
def test_tables_in_use_are_not_replaced(rm, user):
    vaspace = rm.owned_space()
    if user == "window":
        rm.window(vaspace)
    elif user == "reservation":
        rm.reservation(vaspace, MIB)
    elif user == "channel":
        rm.channel(vaspace=vaspace)
    else:
        assert rm.call(21, struct.pack("<7I", CLIENT, DEVICE, rm.handle(), CLIENT, vaspace, 0, 0))[0] == OK
    root = rm.object_of(vaspace).root

    assert rm.control(vaspace, 0x90F10106, copy_pdes())[0] == INVALID_STATE

    assert rm.object_of(vaspace).root == root
