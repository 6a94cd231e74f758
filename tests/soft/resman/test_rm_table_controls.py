"""What firmware tells of the tables that it made, and of memory: where they are."""

from __future__ import annotations

import struct

import pytest
from rm_side import (
    DEVICE,
    INVALID_EVENT,
    INVALID_HANDLE,
    INVALID_OFFSET,
    LIST_SYSTEM,
    NOT_SUPPORTED,
    OK,
    PAGE,
    SIZE_512M,
    SYSTEM,
    TEST_ONLY,
    directory_params,
)
from rm_space import GIB, KIB, MEMORY, MIB, VA, Space

HOST = 0x15_0000_0000
PDE_INFO, PTE_INFO, PHYS_ATTR = 0x00801809, 0x00801801, 0x00410103


@pytest.fixture
def space(rm):
    return Space(rm)


# Tables.


def test_every_table_that_covers_an_address_is_told(space):
    rm = space.rm
    rm.map(space.window, rm.memory([MEMORY]), VA + 0x5000)
    rm.map(space.window, rm.memory([MEMORY], 64 * KIB), VA + 64 * KIB, 64 * KIB)
    low, high = space.pair()

    root, first_va, entry_bytes, blocks = rm.directory_info(space.handle, VA + 0x1234)

    assert root == space.root
    assert (first_va, entry_bytes) == (VA, 16)
    assert blocks == [
        (high - 0x12, 2, 8, 0x1000, 0, 2 * MIB, 0),
        (low - 0x12, 2, 8, 0x10000, 0, 2 * MIB, 0),
        (space.pd0(), 2, 16, 0x200000, 0, 512 * MIB, 0),
        (space.pd1(), 2, 8, 0x20000000, 0, 0, 0),
        (space.follow(0, 0), 2, 8, 0, 0, 0, 0),
    ]


def test_a_table_that_does_not_exist_has_no_block(space):
    rm = space.rm
    rm.map(space.window, rm.memory([MEMORY], 64 * KIB), VA, 64 * KIB)

    def sizes(gpu_va):
        return [block[3] for block in rm.directory_info(space.handle, gpu_va)[3]]

    assert sizes(VA) == [0x10000, 0x200000, 0x20000000, 0]
    assert sizes(VA + 2 * MIB) == [0x200000, 0x20000000, 0]
    assert sizes(VA + 512 * MIB) == [0x20000000, 0]
    assert sizes(1 << 38) == [0]
    assert sizes(1 << 47) == []


def test_the_first_table_says_which_entry_leads_to_it(space):
    rm = space.rm
    rm.map(space.window, rm.memory([MEMORY], 512 * MIB), VA, 512 * MIB, flags=SIZE_512M)

    for gpu_va, expected in ((VA + 5, (0, 8)), ((1 << 38) + 5, (0, 8)), ((1 << 47) + 5, (0, 0))):
        assert rm.directory_info(space.handle, gpu_va)[1:3] == expected


def test_what_the_caller_left_in_the_parameters_is_not_in_the_answer(space):
    params = bytearray(b"\xff" * 0xD0)
    struct.pack_into("<Q", params, 0, 1 << 47)
    struct.pack_into("<I", params, 0x1C, 1)
    struct.pack_into("<I", params, 0xC8, space.handle)

    reply = space.rm.asked(DEVICE, PDE_INFO, bytes(params))

    assert not any(reply[8:0x1C]) and not any(reply[0x20:0xC0])


def test_firmwares_own_range_ends_at_the_table_that_leads_to_it(space):
    root, _, _, blocks = space.rm.directory_info(space.handle, 4 * GIB)

    assert root == space.root
    assert [block[0] for block in blocks] == [space.pd1(), space.follow(0, 0)]


def test_asking_makes_no_tables(space):
    before = space.tables_in_use()

    for gpu_va in (0, VA, 1 << 47, (1 << 57) - 1):
        space.rm.directory_info(space.handle, gpu_va)

    assert space.tables_in_use() == before


def test_an_address_or_a_space_without_firmwares_tables_has_none(rm, space):
    for vaspace, gpu_va, subdevice in (
        (space.handle, 1 << 57, 0),
        (space.handle, VA, 2),
        (rm.vaspace(), VA, 0),
    ):
        params = directory_params(vaspace, gpu_va, subdevice)
        assert rm.control(DEVICE, PDE_INFO, params)[0] == INVALID_EVENT
    assert rm.control(DEVICE, PDE_INFO, directory_params(0, VA))[0] == INVALID_HANDLE


def test_entries_of_pages_are_told_to_tests_only(rm, space):
    params = bytearray(0xB8)
    struct.pack_into("<I", params, 0xB0, space.handle)

    assert rm.control(DEVICE, PTE_INFO, bytes(params))[0] == TEST_ONLY


# Memory.


def place(rm, memory, offset):
    """(address, kind, aperture, cache attribute, bytes that follow) of a byte of memory."""
    reply = rm.asked(memory, PHYS_ATTR, struct.pack("<Q", offset).ljust(0x30, b"\0"))
    address, kind = struct.unpack_from("<QI", reply, 0)
    aperture, cached = struct.unpack_from("<2I", reply, 0x14)
    return address, kind, aperture, cached, struct.unpack_from("<Q", reply, 0x28)[0]


def test_a_byte_of_contiguous_memory_is_told_with_all_that_follow(rm):
    memory = rm.memory([MEMORY], 2 * MIB)

    assert place(rm, memory, 0) == (MEMORY, 6, 0, 1, 2 * MIB)
    assert place(rm, memory, 2 * MIB - 1) == (MEMORY + 2 * MIB - 1, 6, 0, 1, 1)


def test_a_byte_of_listed_memory_is_told_with_those_of_its_page(rm):
    memory = rm.memory([MEMORY + 0x9000, MEMORY], class_id=0x82, kind=0)

    assert place(rm, memory, 0) == (MEMORY + 0x9000, 0, 0, 1, PAGE)
    assert place(rm, memory, 0x1345) == (MEMORY + 0x345, 0, 0, 1, PAGE - 0x345)


@pytest.mark.parametrize("class_id", [SYSTEM, LIST_SYSTEM])
def test_host_memory_is_told_by_its_address_for_dma(rm, class_id):
    memory = rm.memory([HOST, HOST + 0x7000], 0x1800, class_id=class_id)

    assert place(rm, memory, 0x1010) == (HOST + 0x7010, 6, 1, 2, 0x7F0)


def test_memory_that_begins_within_a_page_is_counted_from_there(rm):
    memory = rm.memory([MEMORY + 0x9000, MEMORY], 0x1800, adjust=0x600)

    assert place(rm, memory, 0) == (MEMORY + 0x9600, 6, 0, 1, 0xA00)
    assert place(rm, memory, 0xA00) == (MEMORY, 6, 0, 1, 0xE00)


def test_a_mapping_leads_where_the_memory_is_said_to_be(space):
    rm = space.rm
    memory = rm.memory([MEMORY + 0x9000, MEMORY, MEMORY + 0x4000])
    where = rm.map(space.window, memory, VA, 3 * PAGE)

    for offset in (0, 0x1FFF, 0x2000):
        assert space.reads(where + offset)[1] == place(rm, memory, offset)[0]


def test_a_byte_that_the_memory_does_not_have_is_nowhere(rm, space):
    params = struct.pack("<Q", PAGE).ljust(0x30, b"\0")

    assert rm.control(rm.memory([MEMORY]), PHYS_ATTR, params)[0] == INVALID_OFFSET
    assert rm.control(rm.memory([MEMORY]), PHYS_ATTR, bytes(0x30))[0] == OK
    assert rm.control(space.window, PHYS_ATTR, bytes(0x30))[0] == NOT_SUPPORTED
