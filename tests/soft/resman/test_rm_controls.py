"""Controls: what they say of the board, and what they refuse."""

from __future__ import annotations

import struct

import pytest
from barewire.softgpu.engines import ENGINES, GSP_STALL_VECTOR
from barewire.softgpu.gsp import controls
from rm_side import (
    CLIENT,
    COPY2,
    DEVICE,
    INSTANCE,
    INVALID_ARGUMENT,
    INVALID_PARAMS,
    NOT_SUPPORTED,
    OK,
    SUBDEVICE,
    USERD,
)


def test_every_control_takes_its_parameters_and_answers(rm):
    objects = {
        "device": DEVICE,
        "subdevice": SUBDEVICE,
        "address space": rm.vaspace(root=0x80_0000),
        "channel": rm.channel(),
        "channel group": rm.group(),
        "memory": rm.memory([0x90_0000]),
        "debugger": rm.debugger(instance=INSTANCE + 0x8000, userd=USERD + 0x8000),
    }

    for number, row in controls.table().items():
        status, reply = rm.control(objects[row.kind.value], number, bytes(row.layout.size_bytes))

        assert status != NOT_SUPPORTED, hex(number)
        assert len(reply) == row.layout.size_bytes


def test_a_control_with_other_parameters_is_refused(rm):
    for number, row in controls.table().items():
        if row.kind.value == "subdevice":
            assert rm.control(SUBDEVICE, number, bytes(row.layout.size_bytes + 1))[0] == INVALID_PARAMS


def test_an_unknown_control_is_refused_and_reported(rm, gpu):
    assert rm.control(SUBDEVICE, 0x20801299, bytes(4))[0] == NOT_SUPPORTED
    assert gpu.reports[-1].kind == "unknown control"
    assert gpu.reports[-1].facts["control"] == 0x20801299


def test_a_control_of_another_object_is_refused(rm):
    assert rm.control(DEVICE, 0x20800403, bytes(8))[0] == NOT_SUPPORTED
    assert rm.control(CLIENT, 0x00801813, bytes(0x20))[0] == NOT_SUPPORTED


def test_firmwares_own_subdevice_has_the_controls(rm, gpu):
    internal = gpu.resman.internal

    status, _ = rm.control(internal.subdevice.handle, 0x20800A5C, bytes(0x814), client=internal.client.handle)

    assert status == OK


def device_table(rm):
    reply = rm.asked(SUBDEVICE, 0x20801112, bytes(0xC8C))
    count = struct.unpack_from("<I", reply, 4)[0]
    return [struct.unpack_from("<16I", reply, 0xC + 0x64 * row) for row in range(count)]


def interrupt_table(rm):
    reply = rm.asked(SUBDEVICE, 0x20800A5C, bytes(0x814))
    count = struct.unpack_from("<I", reply, 0)[0]
    return {row[0]: row[2:] for row in struct.iter_unpack("<H2x3I", reply[4 : 4 + 16 * count])}


def test_the_device_table_lists_graphics_and_copy_engines_only(rm):
    types = [row[2] for row in device_table(rm)]

    assert types == [1, *range(9, 19)]


def test_the_device_table_can_be_read_from_any_row_on(rm):
    reply = rm.asked(SUBDEVICE, 0x20801112, struct.pack("<I", 9).ljust(0xC8C, b"\0"))

    count, more = struct.unpack_from("<II", reply, 4)
    assert (count, more & 0xFF) == (2, 0)
    assert struct.unpack_from("<I", reply, 0xC + 8)[0] == 9 + 8


def test_graphics_comes_first_on_its_runlist(rm):
    runlists = [row[3] for row in device_table(rm)]

    assert runlists == [0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]


def test_a_runlist_has_one_pri_base(rm):
    bases = {}
    for row in device_table(rm):
        bases.setdefault(row[3], set()).add(row[11])

    assert all(len(found) == 1 for found in bases.values())
    assert len({base for found in bases.values() for base in found}) == len(bases)


def test_faults_of_copy_engines_count_from_43_and_of_pbdmas_from_64(rm):
    reply = rm.asked(SUBDEVICE, 0x20801112, bytes(0xC8C))
    faults = [row[4] for row in device_table(rm)]

    assert faults == [384, *range(43, 53)]
    assert struct.unpack_from("<2I", reply, 0xC + 0x48) == (64, 65)


def test_the_interrupt_table_has_a_row_for_gsp_and_for_every_engine(rm):
    rows = interrupt_table(rm)

    assert rows[50][0] == GSP_STALL_VECTOR
    assert all(rows[row[8]][0] == row[7] for row in device_table(rm))


def test_every_vector_is_one_that_eight_leaves_hold(rm):
    vectors = [vector for row in interrupt_table(rm).values() for vector in row if vector != 0xFFFFFFFF]

    assert max(vectors) < 256
    assert len(set(vectors)) == len(vectors)


def test_stalls_are_in_the_subtree_that_the_table_names(rm):
    reply = rm.asked(SUBDEVICE, 0x20800A5C, bytes(0x814))
    first, last = reply[0x804 + 2], reply[0x804 + 3]

    for engine in ENGINES:
        assert first <= engine.stall_vector // 64 <= last


def test_clusters_and_their_tpcs_make_132_sms(rm):
    gpcs = struct.unpack("<I", rm.asked(SUBDEVICE, 0x20800137, bytes(4)))[0]

    tpcs = 0
    for gpc in range(32):
        if gpcs >> gpc & 1:
            reply = rm.asked(SUBDEVICE, 0x20800138, struct.pack("<2I", gpc, 0))
            tpcs += bin(struct.unpack_from("<I", reply, 4)[0]).count("1")

    assert tpcs * 2 == 132
    assert rm.control(SUBDEVICE, 0x20800138, struct.pack("<2I", 31, 0))[0] == INVALID_ARGUMENT


def test_facts_of_graphics_agree_with_the_clusters(rm):
    entries = struct.pack("<9I", 4, 0x0C, 0, 0x20, 0, 0x09, 0, 0x14, 0)
    reply = rm.asked(SUBDEVICE, 0x20801228, entries.ljust(0x1E8, b"\0"))

    assert struct.unpack_from("<8I", reply, 4)[1::2] == (0x900, 2, 66, 8)


def test_the_sms_are_in_order_of_their_clusters(rm):
    reply = rm.asked(SUBDEVICE, 0x2080121B, bytes(0x1818))

    sms = [struct.unpack_from("<6H", reply, 12 * number) for number in range(132)]
    assert struct.unpack_from("<2H", reply, 0x1800) == (132, 66)
    assert sms[0][:4] == (0, 0, 0, 0) and sms[131][:4] == (7, 2, 1, 65)
    assert len({sm[:3] for sm in sms}) == 132


def test_the_name_and_the_uuid_are_text(rm):
    name = rm.asked(SUBDEVICE, 0x20800110, bytes(0x84))[4:68].rstrip(b"\0")
    gid = rm.asked(SUBDEVICE, 0x2080014A, bytes(0x10C))

    length = struct.unpack_from("<I", gid, 8)[0]
    assert b"GH100" in name
    assert gid[0xC : 0xC + length].startswith(b"GPU-")
    assert length == len("GPU-12345678-1234-1234-1234-123456789abc") + 1


def test_the_uuid_comes_as_bytes_too(rm):
    gid = rm.asked(SUBDEVICE, 0x2080014A, struct.pack("<2I", 0, 2).ljust(0x10C, b"\0"))

    assert struct.unpack_from("<I", gid, 8)[0] == 16


def test_the_class_list_has_what_a_copy_channel_needs(rm):
    reply = rm.asked(DEVICE, 0x00800292, bytes(0x194))

    count = struct.unpack_from("<I", reply)[0]
    classes = struct.unpack_from(f"<{count}I", reply, 4)
    assert {0xC86F, 0xC8B5, 0xC661, 0x90F1, 0xA06C, 0x9067, 0x80, 0x2080} <= set(classes)


def test_time_goes_forward_in_steps_of_32(rm):
    first = struct.unpack("<Q", rm.asked(SUBDEVICE, 0x20800403, bytes(8)))[0]
    second = struct.unpack("<Q", rm.asked(SUBDEVICE, 0x20800403, bytes(8)))[0]

    assert first % 32 == second % 32 == 0
    assert second >= first


def test_the_engines_are_listed_by_their_2080_types(rm):
    reply = rm.asked(SUBDEVICE, 0x20800170, bytes(0x154))

    count = struct.unpack_from("<I", reply)[0]
    assert struct.unpack_from(f"<{count}I", reply, 4) == (1, *range(9, 19))


def test_copy_engines_of_the_graphics_runlist_say_so(rm):
    caps = [rm.asked(SUBDEVICE, 0x20802A03, struct.pack("<2I", 9 + ce, 0))[4] for ce in range(10)]

    assert [cap & 1 for cap in caps] == [1, 1] + [0] * 8
    assert all(cap & 0x0C == 0x0C for cap in caps)


def test_all_copy_caps_agree_with_each(rm):
    reply = rm.asked(SUBDEVICE, 0x20802A0A, bytes(0x88))

    assert struct.unpack_from("<Q", reply, 0x80)[0] == 0x3FF
    for ce in range(10):
        one = rm.asked(SUBDEVICE, 0x20802A03, struct.pack("<2I", 9 + ce, 0))
        assert reply[2 * ce : 2 * ce + 2] == one[4:6]


@pytest.mark.parametrize("control", [0x20802A03, 0x20802A02])
@pytest.mark.parametrize("engine", [0, 1, 19, 0x34])
def test_what_is_no_copy_engine_has_no_caps(rm, control, engine):
    assert rm.control(SUBDEVICE, control, struct.pack("<2I", engine, 0))[0] == INVALID_ARGUMENT


def test_copy_engines_have_physical_engines_of_their_own(rm):
    masks = [
        struct.unpack_from("<I", rm.asked(SUBDEVICE, 0x20802A02, struct.pack("<2I", 9 + ce, 0)), 4)[0]
        for ce in range(10)
    ]

    assert len(set(masks)) == 10
    assert all(masks)


def test_video_memory_is_what_the_regions_say(rm, gpu):
    regions = rm.asked(SUBDEVICE, 0x20801320, bytes(0x308))
    entries = struct.pack("<I", 3) + struct.pack("<6I", 0x08, 0, 0x20, 0, 0x05, 0)
    reply = rm.asked(SUBDEVICE, 0x20801303, entries.ljust(0x1CC, b"\0"))

    total, usable, bar1 = (struct.unpack_from("<I", reply, 8 + 8 * row)[0] for row in range(3))
    base, limit, reserved = struct.unpack_from("<3Q", regions, 8)
    assert total == gpu.vram.size_bytes >> 10
    assert bar1 == gpu.options.bar1_bytes >> 10
    assert (base, reserved) == (0, 0)
    assert (limit + 1) >> 10 == usable


def test_context_buffers_have_sizes_under_both_page_pool_ids(rm):
    reply = rm.asked(SUBDEVICE, 0x20800A32, bytes(0x680))

    for buffer in (0x00, 0x0D, 0x10, 0x11, 0x12, 0x13, 0x14, 0x17, 0x18):
        size, alignment = struct.unpack_from("<2I", reply, 8 * buffer)
        assert size and alignment, hex(buffer)
        one = struct.unpack("<3I", rm.asked(DEVICE, 0x00801707, struct.pack("<3I", buffer, 0, 0)))
        assert one[1:] == (alignment, size)
    assert not any(reply[0xD0:])


def test_the_method_buffer_is_of_the_size_that_channels_need(rm):
    assert struct.unpack("<I", rm.asked(SUBDEVICE, 0x20802A08, bytes(4)))[0] == 0x5000


def test_no_falcon_was_constructed_for_channels(rm):
    assert struct.unpack_from("<I", rm.asked(SUBDEVICE, 0x208001B0, bytes(0x504)))[0] == 0


def test_channels_in_use_are_counted(rm):
    before = struct.unpack("<2I", rm.asked(SUBDEVICE, 0x20801108, bytes(8)))
    rm.channel()
    after = struct.unpack("<2I", rm.asked(SUBDEVICE, 0x20801108, bytes(8)))

    assert before == (2048, 0)
    assert after == (2048, 1)
    bits = rm.asked(SUBDEVICE, 0x20801119, struct.pack("<I", 1).ljust(0x204, b"\0"))
    assert struct.unpack_from("<I", bits, 4)[0] == 1 << 1


def test_the_watchdog_is_off_and_can_be_asked_to_be(rm):
    assert rm.asked(SUBDEVICE, 0x20802209, bytes(4)) == b"\1\0\0\0"
    assert rm.control(SUBDEVICE, 0x2080220A)[0] == OK


def test_where_a_channels_memory_is(rm):
    channel = rm.channel(engine=COPY2)

    reply = rm.asked(SUBDEVICE, 0x2080110C, struct.pack("<I", channel).ljust(0x70, b"\0"))

    assert struct.unpack_from("<I4xQQ", reply, 8) == (2, 0x20_0000, 0x1000)
    assert struct.unpack_from("<I4xQQ", reply, 0x20) == (2, 0x20_0000, 0x200)
    assert struct.unpack_from("<I4xQQ", reply, 0x38) == (2, 0x22_0000, 0x5000)


def test_the_memory_systems_facts_are_those_that_other_calls_tell(rm):
    """What nouveau of Linux 7.3 wants to know before it goes on."""
    config = rm.asked(SUBDEVICE, 0x20800A1C, bytes(0x28))
    facts = rm.asked(SUBDEVICE, 0x20801303, struct.pack("<5I", 2, 0x0D, 0, 0x1B, 0).ljust(0x1CC, b"\0"))
    ram_type, l2_bytes = struct.unpack_from("<4xIxxxxI", facts, 4)

    assert struct.unpack_from("<Q", config, 8) == (l2_bytes,)
    assert config[0x10] == 1
    page_bytes, page_shift, type_of_memory, caches, slices = struct.unpack_from("<5I", config, 0x14)
    assert page_bytes == 1 << page_shift
    assert type_of_memory == ram_type
    assert caches > 0
    assert slices > 0


def test_compression_follows_one_policy_and_may_be_read_raw(rm):
    config = rm.asked(SUBDEVICE, 0x20800A1C, bytes(0x28))

    assert config[0] + config[2] == 1  # one tag a line, or hardware's own tags
    for raw in (b"\1", b"\0"):
        assert rm.control(SUBDEVICE, 0x20800A6F, raw) == (OK, raw)
