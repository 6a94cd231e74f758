"""Channels: what they must bring, what firmware writes for them, and what can be done with them."""

from __future__ import annotations

import struct

import pytest
from barewire.softgpu.page_tables import Aperture
from rm_side import (
    COPY0,
    COPY2,
    DEVICE,
    GR0,
    IN_USE,
    INSTANCE,
    INVALID_ADDRESS,
    INVALID_ARGUMENT,
    INVALID_CHANNEL,
    INVALID_HANDLE,
    INVALID_PARENT,
    INVALID_STATE,
    METHODS,
    NOT_SUPPORTED,
    OK,
    ROOT,
    SUBDEVICE,
    USERD,
    map_page,
    memory_desc,
)


def flags_of(chid, privileged=False):
    """NVOS04 flags as nouveau has them for a channel number."""
    return chid % 8 << 8 | chid // 8 << 12 | 1 << 21 | privileged << 5


def word(gpu, offset, index=0):
    return int.from_bytes(gpu.vram.read(offset + 4 * index, 4), "little")


# What they must bring.

BAD = {
    "a ring whose size is no power of two": ({"entries": 500}, INVALID_ARGUMENT),
    "a ring of nothing": ({"entries": 0}, INVALID_ARGUMENT),
    "a ring that is not aligned": ({"ring": 0x1000_0004}, INVALID_ARGUMENT),
    "a ring beyond all addresses": ({"ring": 1 << 57}, INVALID_ARGUMENT),
    "no engine": ({"engine": 0}, INVALID_ARGUMENT),
    "an engine that the chip has not": ({"engine": 0x34}, INVALID_ARGUMENT),
    "a virtual channel": ({"flags": 1}, 0x29),
    "no address space": ({"vaspace": 0}, INVALID_HANDLE),
    "an address space that is a device": ({"vaspace": DEVICE}, INVALID_HANDLE),
    "an instance block of half a page": ({"instance_bytes": 0x800}, INVALID_ARGUMENT),
    "an instance block that is not aligned": ({"instance": INSTANCE + 0x200}, INVALID_ARGUMENT),
    "an instance block in no memory": ({"space": 0}, INVALID_ARGUMENT),
    "an instance block beyond video memory": ({"instance": 1 << 40}, INVALID_ADDRESS),
    "RAMFC elsewhere": ({"ramfc": INSTANCE + 0x1000}, INVALID_ARGUMENT),
    "USERD of 256 bytes": ({"userd_bytes": 0x100}, INVALID_ARGUMENT),
    "no USERD": ({"userd": None}, INVALID_ARGUMENT),
    "a small method buffer": ({"method_bytes": 0x1000}, INVALID_ARGUMENT),
    "channel 0, which firmware keeps": ({"flags": flags_of(0)}, INVALID_CHANNEL),
    "channel 2048, of which there is none": ({"flags": flags_of(2048)}, INVALID_CHANNEL),
}


@pytest.mark.parametrize("name", BAD)
def test_a_channel_is_refused_that_brings(rm, gpu, name):
    changes, status = BAD[name]

    assert rm.try_channel(DEVICE, 5, **changes)[0] == status

    assert gpu.fifo.channels == {}
    assert gpu.resman.chids.in_use(1) == set()


def test_memory_that_firmware_keeps_is_no_channels(rm, gpu):
    assert rm.try_channel(DEVICE, 5, instance=gpu.resman.usable_bytes)[0] == INVALID_ADDRESS
    assert rm.try_channel(DEVICE, 5, userd=gpu.resman.usable_bytes)[0] == INVALID_ADDRESS


def test_a_channel_needs_a_page_directory_before_it(rm):
    vaspace = rm.vaspace(root=None)

    assert rm.try_channel(DEVICE, 5, vaspace=vaspace)[0] == INVALID_STATE


def test_a_method_buffer_is_not_looked_at(rm):
    rm.channel(methods=0x10_0000_0000)


def test_channels_that_share_memory_are_reported(rm, gpu):
    rm.channel()
    rm.channel(userd=USERD + 0x200)

    assert gpu.reports[0].kind == "shared channel memory"


def test_a_driver_may_name_its_page_directory_in_the_instance_block_itself(rm, gpu):
    gpu.vram.write(INSTANCE + 0x200, (ROOT | 0xC00).to_bytes(8, "little"))
    rm.channel()

    assert gpu.reports == []


def test_an_instance_block_with_something_in_it_is_reported(rm, gpu):
    rm.free(rm.channel())
    rm.channel()

    assert [report.kind for report in gpu.reports] == ["dirty instance block"]


def test_a_channel_that_is_scheduled_without_its_ring_mapped_is_reported(rm, gpu):
    vaspace = rm.vaspace()
    map_page(gpu, ROOT, 0x1000_0000, 0x40_0000)
    rm.asked(rm.channel(vaspace=vaspace, ring=0x1000_0000), 0xA06F0103, b"\1\0")
    silent = list(gpu.reports)
    rm.asked(
        rm.channel(vaspace=vaspace, ring=0x2000_0000, instance=INSTANCE + 0x8000, userd=USERD + 0x8000),
        0xA06F0103,
        b"\1\0",
    )

    assert silent == []
    assert [report.kind for report in gpu.reports] == ["unmapped ring"]


# Numbers.


def test_the_number_follows_from_userd_page_and_index(rm):
    assert rm.object_of(rm.channel(flags=flags_of(37))).chid == 37


def test_a_number_is_given_once(rm):
    rm.channel(flags=flags_of(3))

    assert rm.try_channel(DEVICE, 5, flags=flags_of(3))[0] == IN_USE


def test_runlists_have_numbers_of_their_own(rm):
    one, other = rm.channel(flags=flags_of(3)), rm.channel(engine=COPY2 + 1, flags=flags_of(3))

    assert rm.object_of(one).runlist != rm.object_of(other).runlist


def test_rm_chooses_a_number_that_is_free(rm):
    rm.channel(flags=flags_of(1))

    assert rm.object_of(rm.channel()).chid == 2


def test_a_freed_number_is_taken_again(rm):
    rm.free(rm.channel(flags=flags_of(9)))

    rm.channel(flags=flags_of(9))


def test_the_token_is_the_number_without_the_runlist(rm):
    channel = rm.channel(engine=COPY2 + 3, flags=flags_of(21))

    assert struct.unpack("<I", rm.asked(channel, 0xC36F0108, bytes(4)))[0] == 21


# What firmware writes.


def test_ramfc_has_the_ring_and_the_signature(rm, gpu):
    rm.channel(ring=0x12_3456_7000, entries=1024, flags=flags_of(5))

    assert word(gpu, INSTANCE, 4) == 0xFACE
    assert word(gpu, INSTANCE, 18) == 0x3456_7000
    assert word(gpu, INSTANCE, 19) == 10 << 16 | 0x12
    assert word(gpu, INSTANCE, 58) == 5


@pytest.mark.parametrize("privileged", [False, True])
def test_ramfc_says_whether_the_channel_is_privileged(rm, gpu, privileged):
    rm.channel(flags=flags_of(5, privileged))

    assert word(gpu, INSTANCE, 61) >> 8 & 1 == privileged


def test_the_instance_block_names_the_address_space(rm, gpu):
    rm.channel()

    low = word(gpu, INSTANCE + 0x200)
    assert (low & 3, low & ~0xFFF) == (0, ROOT)
    assert low >> 10 & 3 == 3
    assert word(gpu, INSTANCE + 0x204) == 0
    assert word(gpu, INSTANCE + 0x298) == 1
    assert (word(gpu, INSTANCE + 0x2A0), word(gpu, INSTANCE + 0x2B0)) == (low, 1)


def test_the_mmu_finds_the_root_by_the_instance_block(rm, gpu):
    rm.channel()

    assert gpu.mmu.instance_pdb(Aperture.VRAM, INSTANCE).address == ROOT


def test_the_method_buffer_and_userd_are_named(rm, gpu):
    rm.channel()

    assert word(gpu, INSTANCE + 0x220) == METHODS
    assert word(gpu, INSTANCE, 2) == USERD


def test_userd_begins_empty(rm, gpu):
    gpu.vram.write(USERD, b"\xff" * 0x400)

    rm.channel()

    assert gpu.vram.read(USERD, 0x400) == bytes(0x200) + b"\xff" * 0x200


def test_channel_memory_may_be_the_hosts(rm, gpu):
    base = rm.host.BASE
    rm.channel(instance=base, userd=base + 0x1000, methods=base + 0x2000, space=1)

    assert bytes(rm.host.memory[0x10:0x12]) == b"\xce\xfa"
    assert rm.host.memory[0x200] & 3 == 0  # the page directory is in video memory


def test_host_memory_that_is_not_mapped_is_refused(rm):
    assert rm.try_channel(DEVICE, 5, instance=0x1000, userd=0x2000, space=1)[0] == INVALID_ADDRESS


def test_userd_may_be_part_of_a_memory_object(rm, gpu):
    head = struct.pack("<7I4xQI4xI4x", 0xC1D00001, DEVICE, 0x5555, 0x82, 0, 0, 0, 0x2000, 1, 1 << 16)
    assert rm.call(4, head + struct.pack("<Q", 0x600))[0] == OK

    channel = rm.channel(userd=None, userd_object=0x5555)

    assert rm.object_of(channel).setup.userd.address == 0x60_0000


# Address spaces.


def test_a_second_page_directory_is_refused_until_the_first_is_taken_away(rm):
    vaspace = rm.vaspace()

    assert rm.set_root(vaspace, 0x50_0000)[0] == INVALID_STATE
    for _ in range(2):
        assert rm.control(DEVICE, 0x00801814, struct.pack("<2I", vaspace, 0))[0] == OK
    assert rm.set_root(vaspace, 0x50_0000)[0] == OK


@pytest.mark.parametrize(
    ("root", "entries", "flags", "status"),
    [(0x50_0010, 2, 0, INVALID_ARGUMENT), (0x50_0000, 4, 0, INVALID_ARGUMENT),
     (0x50_0000, 2, 3, INVALID_ARGUMENT), (1 << 45, 2, 0, INVALID_ADDRESS)],
)  # fmt: skip
def test_a_page_directory_that_cannot_be_one_is_refused(rm, root, entries, flags, status):
    assert rm.set_root(rm.vaspace(root=None), root, entries, flags)[0] == status


def test_an_address_space_of_rms_own_takes_no_page_directory(rm):
    vaspace = rm.vaspace(flags=0, root=None)

    assert rm.set_root(vaspace, ROOT)[0] == NOT_SUPPORTED
    assert rm.control(DEVICE, 0x00801814, struct.pack("<2I", vaspace, 0))[0] == NOT_SUPPORTED


def test_a_page_directory_in_host_memory_is_named_as_such(rm, gpu):
    vaspace = rm.vaspace(root=None)
    assert rm.set_root(vaspace, rm.host.BASE, flags=1)[0] == OK

    rm.channel(vaspace=vaspace)

    low, high = word(gpu, INSTANCE + 0x200), word(gpu, INSTANCE + 0x204)
    assert (low & 7, high << 32 | low & ~0xFFF) == (2 | 4, rm.host.BASE)


def test_channels_follow_their_address_space_to_another_page_directory(rm, gpu):
    vaspace = rm.vaspace()
    channel = rm.channel(vaspace=vaspace)

    rm.control(DEVICE, 0x00801814, struct.pack("<2I", vaspace, 0))
    taken = word(gpu, INSTANCE + 0x200) & 3, rm.object_of(channel).setup.pdb
    rm.set_root(vaspace, 0x70_0000)

    assert taken == (1, None)
    assert word(gpu, INSTANCE + 0x200) & ~0xFFF == 0x70_0000
    assert rm.object_of(channel).setup.pdb.address == 0x70_0000
    assert "page directory under use" in [report.kind for report in gpu.reports]


def test_the_rpcs_do_what_the_controls_do(rm):
    vaspace = rm.vaspace(root=None)
    head = struct.pack("<3I4x", 0xC1D00001, DEVICE, 0xFFFFFFFF)
    params = struct.pack("<Q6I", ROOT, 2, 8, vaspace, 0, 1, 0xFFFFFFFF)

    assert rm.call(54, head + params)[0] == OK
    assert rm.call(54, head + params)[0] == INVALID_STATE
    assert rm.call(79, struct.pack("<4I", 0xC1D00001, DEVICE, vaspace, 0))[0] == OK
    assert rm.object_of(vaspace).root is None


def copy_pdes(tables, shifts=(56, 47, 38, 29), sizes=(16, 4096, 4096, 4096), lo=1 << 32, length=1 << 29):
    params = bytearray(0xB8)
    struct.pack_into("<QQQI", params, 8, 1 << 29, lo, lo + length - 1, len(tables))
    for row, (table, shift, size) in enumerate(zip(tables, shifts, sizes, strict=True)):
        struct.pack_into("<QQIB", params, 0x28 + 0x18 * row, table, size, 1, shift)
    return bytes(params)


TABLES = (0x50_0000, 0x50_1000, 0x50_2000, 0x50_3000)


def test_firmware_puts_its_own_range_into_the_callers_tables(rm, gpu):
    vaspace = rm.vaspace(flags=0, root=None)

    rm.asked(vaspace, 0x90F10106, copy_pdes(TABLES))

    entry = int.from_bytes(gpu.vram.read(TABLES[3] + 8 * 8, 8), "little")
    assert entry & 0xFFF == 0x12
    assert entry & ~0xFFF >= gpu.resman.usable_bytes
    assert rm.object_of(vaspace).root.address == TABLES[0]
    rm.channel(vaspace=vaspace, engine=GR0)


def test_firmware_links_directories_that_lead_nowhere(rm, gpu):
    vaspace = rm.made(DEVICE, 0x90F1, bytes(0x30))

    rm.asked(vaspace, 0x90F10106, copy_pdes(TABLES))

    links = [gpu.vram.read(table + 8 * index, 8) for table, index in zip(TABLES, (0, 0, 0, 8), strict=True)]
    targets = [int.from_bytes(link, "little") & ~0xFFF for link in links]
    assert targets == [*TABLES[1:], gpu.resman.server_table]


def test_tables_are_named_once(rm):
    vaspace = rm.made(DEVICE, 0x90F1, bytes(0x30))
    rm.asked(vaspace, 0x90F10106, copy_pdes(TABLES))

    assert rm.control(vaspace, 0x90F10106, copy_pdes(TABLES))[0] == INVALID_STATE


def test_tables_in_no_memory_are_refused(rm):
    vaspace = rm.vaspace(flags=0, root=None)

    assert rm.control(vaspace, 0x90F10106, copy_pdes((*TABLES[:3], 1 << 45)))[0] == INVALID_ADDRESS


@pytest.mark.parametrize(
    "params",
    [copy_pdes(TABLES, lo=2 << 32), copy_pdes(TABLES, length=1 << 30),
     copy_pdes(TABLES[:3], (56, 47, 38), (16, 4096, 4096)), copy_pdes(TABLES, shifts=(47, 38, 29, 21)),
     copy_pdes(TABLES, sizes=(4096, 4096, 4096, 4096)), copy_pdes((0x50_0800, *TABLES[1:]))],
    ids=["other range", "longer range", "three levels", "other shifts", "other sizes", "unaligned"],
)  # fmt: skip
def test_tables_of_another_form_are_refused(rm, params):
    assert rm.control(rm.vaspace(flags=0, root=None), 0x90F10106, params)[0] == INVALID_ARGUMENT


# Groups.


def test_channels_of_a_group_get_its_engine_and_address_space(rm, gpu):
    group = rm.group(engine=COPY2, vaspace=rm.vaspace())

    channel = rm.object_of(rm.channel(group, vaspace=0, engine=0))

    assert (channel.engine.name, channel.vaspace.root.address) == ("COPY2", ROOT)
    assert channel.setup.group == rm.object_of(group).number


def test_a_group_takes_no_engine_of_another_runlist(rm):
    group = rm.group(engine=COPY2, vaspace=rm.vaspace())

    assert rm.try_channel(group, 5, vaspace=0, engine=COPY2 + 1)[0] == INVALID_ARGUMENT


def test_copy_engines_of_graphics_may_be_in_its_groups(rm):
    group = rm.group(engine=GR0, vaspace=rm.vaspace())

    channel = rm.object_of(rm.channel(group, vaspace=0, engine=COPY0))

    assert channel.runlist == 0


def test_a_context_share_brings_its_address_space_and_its_subcontext(rm, gpu):
    vaspace = rm.vaspace()
    group = rm.group(engine=GR0)
    handle = rm.handle()
    status, reply = rm.alloc(group, handle, 0x9067, struct.pack("<3I", vaspace, 1, 0))

    channel = rm.channel(group, share=handle, engine=GR0)

    number = struct.unpack_from("<I", reply, 8)[0]
    assert (status, number) == (OK, 1)
    assert rm.object_of(channel).vaspace is rm.object_of(vaspace)
    assert word(gpu, INSTANCE + 0x298) == 1 << number
    assert word(gpu, INSTANCE + 0x2A0 + 16 * number) & ~0xFFF == ROOT


def test_a_context_share_of_another_group_is_refused(rm):
    share = rm.made(rm.group(), 0x9067, struct.pack("<3I", rm.vaspace(), 1, 0))

    assert rm.try_channel(rm.group(), 5, share=share, vaspace=0)[0] == INVALID_PARENT


def test_an_address_space_and_a_context_share_are_one_too_many(rm):
    group = rm.group()
    share = rm.made(group, 0x9067, struct.pack("<3I", rm.vaspace(), 1, 0))

    assert rm.try_channel(group, 5, share=share, vaspace=rm.vaspace())[0] == INVALID_ARGUMENT


@pytest.mark.parametrize("first", ["timeslice", "channel"])
def test_the_timeslice_is_what_was_set(rm, gpu, first):
    group = rm.group(vaspace=rm.vaspace())
    steps = [
        lambda: rm.channel(group, vaspace=0),
        lambda: rm.asked(group, 0xA06C0103, struct.pack("<Q", 5000)),
    ]

    for step in steps if first == "channel" else reversed(steps):
        step()

    assert struct.unpack("<Q", rm.asked(group, 0xA06C0104, bytes(8)))[0] == 5000
    assert [channel.group.timeslice_ns for channel in gpu.fifo.channels.values()] == [5_000_000]


def test_a_group_that_is_preempted_lets_go(rm):
    group = rm.group(vaspace=rm.vaspace())
    rm.channel(group, vaspace=0)

    assert rm.control(group, 0xA06C0105, struct.pack("<2B2xI", 1, 1, 1000))[0] == OK
    assert rm.control(group, 0xA06C0105, struct.pack("<2B2xI", 1, 1, 2_000_000))[0] == INVALID_ARGUMENT


# Running.


def test_binding_is_for_engines_of_the_runlist(rm):
    channel = rm.channel(engine=COPY2)

    assert rm.control(channel, 0xA06F0104, struct.pack("<I", COPY2))[0] == OK
    assert rm.control(channel, 0xA06F0104, struct.pack("<I", COPY2 + 1))[0] == INVALID_STATE
    assert rm.control(channel, 0xA06F0104, struct.pack("<I", 99))[0] == INVALID_ARGUMENT


def test_a_channel_is_let_onto_its_runlist_and_off(rm, gpu):
    channel = rm.channel(engine=COPY2, flags=flags_of(4))
    known = gpu.fifo.channels[1, 4]

    rm.asked(channel, 0xA06F0103, b"\1\0")
    on = known.scheduled
    rm.asked(channel, 0xA06F0103, b"\0\0")

    assert (on, known.scheduled) == (True, False)


def test_scheduling_has_two_bytes_with_this_firmware(rm):
    assert rm.control(rm.channel(), 0xA06F0103, b"\1\0\0")[0] == 0x3A


def test_a_group_is_let_on_as_a_whole(rm, gpu):
    group = rm.group(vaspace=rm.vaspace())
    rm.channel(group, vaspace=0)
    rm.channel(group, vaspace=0, instance=INSTANCE + 0x4000, userd=USERD + 0x200)

    rm.asked(group, 0xA06C0101, b"\1\0")

    assert [channel.scheduled for channel in gpu.fifo.channels.values()] == [True, True]


def test_disabled_channels_stay_on_the_runlist(rm, gpu):
    channel = rm.channel(flags=flags_of(4))
    rm.asked(channel, 0xA06F0103, b"\1\0")
    params = bytearray(0x218)
    struct.pack_into("<BxxxIBB", params, 0, 1, 1, 0, 0)
    struct.pack_into("<I", params, 0x18, 0xC1D00001)
    struct.pack_into("<I", params, 0x118, channel)

    rm.asked(SUBDEVICE, 0x2080110B, bytes(params))
    known = gpu.fifo.channels[1, 4]
    stopped = known.enabled
    params[0] = 0
    rm.asked(SUBDEVICE, 0x2080110B, bytes(params))

    assert (stopped, known.enabled, known.scheduled) == (False, True, True)


def test_a_stopped_channel_has_to_be_scheduled_anew(rm, gpu):
    channel = rm.channel(flags=flags_of(4))
    rm.asked(channel, 0xA06F0103, b"\1\0")

    rm.asked(channel, 0xA06F0112, b"\1")
    off = gpu.fifo.channels[1, 4].scheduled
    rm.asked(channel, 0xA06F0103, b"\1\0")

    assert (off, gpu.fifo.channels[1, 4].scheduled) == (False, True)


def test_an_object_says_what_set_object_takes(rm):
    channel = rm.channel(engine=COPY2)
    copy = rm.made(channel, 0xC8B5, struct.pack("<2I", 1, COPY2))

    reply = struct.unpack("<4I", rm.asked(channel, 0x906F0101, struct.pack("<4I", copy, 0, 0, 0)))

    assert reply == (copy, 0xC8B5, 0xC8B5, COPY2)


def test_a_copy_object_without_parameters_takes_the_copy_engine_of_graphics(rm):
    channel = rm.channel(engine=GR0)

    assert rm.alloc(channel, 5, 0xC8B5)[0] == OK
    assert rm.object_of(channel).setup.engines == ("GR0", "COPY0", "COPY1")


def test_a_notifier_is_memory_that_the_parameters_describe(rm):
    desc = memory_desc(0x90_0000, 0x30)

    channel = rm.object_of(rm.channel(internal=0x1C, notifier=desc))

    assert (channel.notifier.address, channel.notifier.size_bytes) == (0x90_0000, 0x30)
