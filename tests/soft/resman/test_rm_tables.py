"""Page tables that firmware makes: their entries bit by bit, when tables come and go, and every refusal.

What is expected are the bytes that RM wrote on an H100 (driver 580), as literal numbers; tables are read from
the root on by nothing but bit positions.
"""

from __future__ import annotations

import struct

import pytest
from barewire.softgpu.page_tables import Aperture
from rm_side import (
    CLIENT,
    DEVICE,
    GROWS_DOWN,
    INVALID_ARGUMENT,
    INVALID_HANDLE,
    INVALID_LIMIT,
    INVALID_OFFSET,
    INVALID_PARENT,
    LIST_FBMEM,
    LIST_SYSTEM,
    NO_MEMORY,
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
    SUBDEVICE,
    SYSTEM,
    TLB_LOCK,
    reservation_params,
    vaspace_params,
)

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
VA = 0x10_0000_0000  # 64 GiB: entry 128 of PD1
MEMORY = 0x2000_0000
ADDRESS = 0xF_FFFF_FFFF_F000


def words(gpu, table, count=512):
    """The entries of a table that are not zero, by number."""
    data = struct.unpack(f"<{count}Q", gpu.vram.read(table, 8 * count))
    return {index: word for index, word in enumerate(data) if word}


def pd0_words(gpu, table):
    """The same of a table of pairs: (low, high)."""
    data = struct.unpack("<512Q", gpu.vram.read(table, 4096))
    pairs = zip(data[::2], data[1::2], strict=True)
    return {index: pair for index, pair in enumerate(pairs) if any(pair)}


class Space:
    """An address space of firmware's, a window on all of it, and a look into its tables."""

    def __init__(self, rm, **limits):
        self.rm = rm
        self.gpu = rm.gpu
        self.handle = rm.owned_space(**limits)
        self.window = rm.window(self.handle)

    @property
    def root(self):
        return self.rm.object_of(self.handle).root.address

    def follow(self, *indices):
        """The table that a path of entries leads to, from PD4 on."""
        table = self.root
        for index in indices:
            word = words(self.gpu, table)[index]
            assert word & 0xFFF == 0x12
            table = word & ADDRESS
        return table

    def pd1(self, gpu_va=VA):
        return self.follow(gpu_va >> 56, gpu_va >> 47 & 511, gpu_va >> 38 & 511)

    def pd0(self, gpu_va=VA):
        return self.follow(gpu_va >> 56, gpu_va >> 47 & 511, gpu_va >> 38 & 511, gpu_va >> 29 & 511)

    def pair(self, gpu_va=VA):
        """The entry of PD0 for an address."""
        return pd0_words(self.gpu, self.pd0(gpu_va)).get(gpu_va >> 21 & 255, (0, 0))

    def small(self, gpu_va=VA):
        return words(self.gpu, self.pair(gpu_va)[1] & ADDRESS)

    def big(self, gpu_va=VA):
        return words(self.gpu, self.pair(gpu_va)[0] & ADDRESS & ~0xFFF | self.pair(gpu_va)[0] & 0xF00, 32)

    def tables_in_use(self):
        return self.gpu.resman.table_memory.in_use

    def reads(self, gpu_va):
        """(aperture, physical address) as the MMU walks there now; None for no page."""
        walk = self.gpu.mmu.walk(self.rm.object_of(self.handle).root, gpu_va)
        assert walk.notes == ()
        if walk.leaf is None:
            return None
        return walk.leaf.aperture, walk.leaf.address + gpu_va - walk.leaf.gpu_va


@pytest.fixture
def space(rm):
    return Space(rm)


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
    _, reply = rm.alloc(DEVICE, rm.handle(), 0x90F1, vaspace_params())
    assert struct.unpack_from("<Q", reply, 8)[0] == (1 << 57) - MIB
    assert struct.unpack_from("<Q", reply, 0x28)[0] == MIB

    _, reply = rm.alloc(DEVICE, rm.handle(), 0x90F1, vaspace_params(base=GIB, size=2 * GIB))
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
