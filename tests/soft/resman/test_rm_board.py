"""What firmware says of the board, what it hears of the system, and the two BARs that it binds."""

from __future__ import annotations

import struct

import pytest
from rm_side import INVALID_ARGUMENT, INVALID_PARAMS, OK, ROOT, map_page


def entry_to(gpu, tables, target):
    """A driver's own tables for the page at address 0, and the entry of a root that leads to them."""
    map_page(gpu, tables, 0, target)
    return int.from_bytes(gpu.vram.read(tables, 8), "little")


def static_info(rm):
    result, reply = rm.call(65, bytes(0x678))
    assert result == OK
    return reply


def word(data, offset, size=4):
    return int.from_bytes(data[offset : offset + size], "little")


def test_the_static_information_has_its_size(rm):
    assert len(static_info(rm)) == 0x678


def test_one_region_is_for_drivers_and_the_top_is_not(rm, gpu):
    info = static_info(rm)

    assert word(info, 0x158) == 2
    base, limit, reserved = struct.unpack_from("<3Q", info, 0x160)
    compressed, iso, protected = info[0x160 + 0x1C : 0x160 + 0x1F]
    assert (base, reserved, compressed, iso, protected) == (0, 0, 1, 1, 0)
    assert limit + 1 < gpu.firmware.layout.non_wpr_heap_offset
    base2, limit2, reserved2 = struct.unpack_from("<3Q", info, 0x190)
    assert (base2, limit2 + 1) == (limit + 1, gpu.vram.size_bytes)
    assert reserved2


def test_the_layout_of_the_top_comes_back(rm, gpu):
    info = static_info(rm)

    assert word(info, 0x668, 8) == gpu.firmware.layout.non_wpr_heap_offset
    assert word(info, 0x670, 8) == gpu.firmware.layout.frts_offset


def test_the_internal_handles_are_objects(rm, gpu):
    info = static_info(rm)
    client, device, subdevice = (word(info, 0x640 + 4 * index) for index in range(3))

    assert rm.object_of(device, client).class_id == 0x80
    assert rm.object_of(subdevice, client).class_id == 0x2080


def test_sizes_and_names_are_the_boards(rm, gpu):
    info = static_info(rm)

    assert word(info, 0x4C8, 8) == gpu.vram.size_bytes
    assert word(info, 0x490, 8) == gpu.options.bar1_bytes
    assert b"GH100" in info[0x4EC:0x52C]
    assert "GH100" in info[0x56C:0x5EC].decode("utf-16-le")


def test_both_bars_are_bound_to_page_directories_that_the_driver_may_not_allocate(rm, gpu):
    info = static_info(rm)
    usable = word(info, 0x168, 8) + 1

    for offset, bar in ((0x600, gpu.apertures.bar1), (0x608, gpu.apertures.bar2)):
        root = word(info, offset, 8)
        assert root >= usable and root % 4096 == 0
        assert bar.pdb.address == root


@pytest.mark.parametrize("bar", [0, 1])
def test_an_entry_for_a_bars_root_is_merged_and_used_at_once(rm, gpu, bar):
    gpu.vram.write(0x40_0000, b"through the BAR!")
    entry = entry_to(gpu, 0x30_0000, 0x40_0000)
    index = gpu.bars[1 + bar].index

    result, _ = rm.call(70, struct.pack("<I4xQQ", bar, entry, 56))

    assert result == OK
    assert gpu.bar_read(index, 0, 8).to_bytes(8, "little") == b"through "
    gpu.bar_write(index, 4, 4, 0x12345678)
    assert gpu.vram.read(0x40_0004, 4) == b"\x78\x56\x34\x12"


def test_taking_the_entry_away_unmaps_the_bar(rm, gpu):
    entry = entry_to(gpu, 0x30_0000, 0x40_0000)
    gpu.vram.write(0x40_0000, b"\x11" * 8)
    index = gpu.bars[2].index
    rm.call(70, struct.pack("<I4xQQ", 1, entry, 56))

    rm.call(70, struct.pack("<I4xQQ", 1, 0, 56))

    assert gpu.bar_read(index, 0, 8) != 0x1111111111111111


@pytest.mark.parametrize(("bar", "shift"), [(2, 56), (1, 47)])
def test_an_entry_for_no_root_is_refused(rm, bar, shift):
    assert rm.call(70, struct.pack("<I4xQQ", bar, 0, shift))[0] == INVALID_ARGUMENT


def registry(*keys):
    """A registry table of dwords."""
    names = b"".join(name.encode() + b"\0" for name, _ in keys)
    first_name = 8 + 16 * len(keys)
    entries, at = b"", first_name
    for name, value in keys:
        entries += struct.pack("<IB3xII", at, 1, value, 4)
        at += len(name) + 1
    return struct.pack("<II", first_name + len(names), len(keys)) + entries + names


def test_registry_keys_are_kept(rm, gpu):
    table = registry(("RMSecBusResetEnable", 1), ("RMForcePcieConfigSave", 1))

    assert rm.call(73, table) is None
    assert gpu.resman.registry == {"RMSecBusResetEnable": 1, "RMForcePcieConfigSave": 1}


@pytest.mark.parametrize("cut", [0, 7, 8, 23, 30])
def test_a_registry_table_that_is_cut_is_reported(rm, gpu, cut):
    assert rm.call(73, registry(("RMSecBusResetEnable", 1))[:cut]) is None
    assert gpu.reports[-1].kind == "bad registry"


def test_system_information_that_is_not_the_boards_is_reported(rm, gpu):
    assert rm.call(72, bytes(0x3A0)) is None
    assert {report.kind for report in gpu.reports} == {"system information"}


def test_system_information_of_the_board_is_taken_silently(rm, gpu):
    info = bytearray(0x3A0)
    for index, shape in enumerate(gpu.bars):
        gpu.config_write(0x10 + 4 * shape.index, 4, 0x8000_0000)
        gpu.config_write(0x14 + 4 * shape.index, 4, 0x40 + index)
        struct.pack_into("<Q", info, 8 * index, (0x40 + index) << 32 | 0x8000_0000)
    struct.pack_into("<3I", info, 0x50, 0x92000, 0x1000, gpu.config_read(0, 4))

    rm.call(72, bytes(info))

    assert gpu.reports == []


def test_an_unknown_function_is_refused(rm, gpu):
    assert rm.call(9999, b"")[0] == 0x2A
    assert gpu.reports[-1].kind == "unknown function"


@pytest.mark.parametrize("function", [4, 10, 21, 47, 54, 70, 76, 79, 103, 200])
def test_a_payload_that_is_too_short_is_refused(rm, function):
    assert rm.call(function, bytes(3))[0] == INVALID_PARAMS


def test_parameters_that_are_cut_are_refused(rm):
    assert rm.call(76, struct.pack("<6I", 1, 2, 3, 0, 100, 0) + bytes(99))[0] == INVALID_PARAMS


def test_invalidating_by_rpc_makes_new_entries_count(rm, gpu):
    before = len(gpu.mmu.invalidations)

    assert rm.call(200, struct.pack("<QI4x", ROOT, 0))[0] == OK

    assert gpu.mmu.invalidations[before][0].address == ROOT


def test_unloading_frees_what_the_driver_left(rm, gpu):
    rm.channel()

    assert rm.call(47, bytes(8))[0] == OK

    assert gpu.fifo.channels == {}
    assert list(gpu.resman.tree.clients) == [gpu.resman.internal.client.handle]
    assert gpu.reports[-1].kind == "clients left"


def test_after_a_reset_nothing_is_left(rm, gpu):
    rm.channel()
    gpu.reset()

    assert gpu.resman.tree.clients == {}
    assert not gpu.resman.running
