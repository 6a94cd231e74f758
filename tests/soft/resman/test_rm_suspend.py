"""What a driver does before the GPU loses its power: nouveau of Linux 7.3, at a suspend and at a reboot."""

from __future__ import annotations

import struct

from rm_side import (
    CLIENT,
    DEVICE,
    INVALID_ARGUMENT,
    INVALID_HANDLE,
    LIST_FBMEM,
    LIST_SYSTEM,
    OK,
    SUBDEVICE,
)

FIXED_CHANNEL = 1 << 21  # NVOS04_FLAGS_CHANNEL_USERD_INDEX_PAGE_FIXED
STORE, TOGGLE, KEEP, DISABLE, UNLOAD = 0x00801306, 0x20800AC3, 0x20800AC2, 0x2080110B, 47


def test_nothing_is_compressed_so_that_no_tags_have_to_be_kept(rm):
    reply = rm.asked(DEVICE, STORE, b"\xff" * 0x50)
    policy = rm.asked(SUBDEVICE, 0x20800A1C, bytes(0x28))[2]

    assert struct.unpack_from("<Q", reply, 0) == (0,)
    assert struct.unpack_from("<I", reply, 0x10) == (0,)
    assert (struct.unpack_from("<I", reply, 0x38) == (3,)) == bool(policy)


def test_all_channels_stand_still_and_go_on(rm, gpu):
    for number in (4, 5):
        channel = rm.channel(
            flags=FIXED_CHANNEL | number << 8,
            instance=0x20_0000 + number * 0x4000,
            userd=0x21_0000 + number * 0x200,
        )
        rm.asked(channel, 0xA06F0103, b"\1\0")
    known = [gpu.fifo.channels[1, number] for number in (4, 5)]

    rm.asked(SUBDEVICE, TOGGLE, b"\1")
    still = [channel.enabled for channel in known]
    rm.asked(SUBDEVICE, TOGGLE, b"\0")

    assert still == [False, False]
    assert [channel.enabled for channel in known] == [True, True]


def test_a_channel_that_was_disabled_before_stays_so(rm, gpu):
    channel = rm.channel(flags=FIXED_CHANNEL | 4 << 8)
    rm.asked(channel, 0xA06F0103, b"\1\0")
    params = bytearray(0x218)
    struct.pack_into("<BxxxIBB", params, 0, 1, 1, 0, 0)
    struct.pack_into("<I", params, 0x18, CLIENT)
    struct.pack_into("<I", params, 0x118, channel)
    rm.asked(SUBDEVICE, DISABLE, bytes(params))

    rm.asked(SUBDEVICE, TOGGLE, b"\1")
    rm.asked(SUBDEVICE, TOGGLE, b"\0")

    assert not gpu.fifo.channels[1, 4].enabled


def kept_in(rm, class_id: int) -> int:
    """The status of a suspend that is to keep memory in such a list of pages."""
    head = struct.pack("<7I4xQI4xI4x", CLIENT, DEVICE, 0x5555, class_id, 0, 0, 0, 0x2000, 2, 2 << 16)
    result, _ = rm.call(4, head + struct.pack("<2Q", 0x9000, 0x9001))
    assert result == OK
    return rm.control(SUBDEVICE, KEEP, struct.pack("<IIBxxxxxxxQ", CLIENT, 0x5555, 1, 0x9_0000_0000))[0]


def test_memory_is_kept_in_that_of_the_machine(rm):
    assert kept_in(rm, LIST_SYSTEM) == OK


def test_video_memory_cannot_keep_itself(rm):
    assert kept_in(rm, LIST_FBMEM) == INVALID_ARGUMENT


def test_what_is_no_memory_keeps_none(rm):
    params = struct.pack("<IIBxxxxxxxQ", CLIENT, SUBDEVICE, 1, 0)

    assert rm.control(SUBDEVICE, KEEP, params)[0] == INVALID_HANDLE


def test_clients_that_are_left_are_a_mistake_unless_the_driver_suspends(rm, gpu):
    rm.call(UNLOAD, struct.pack("<BBxxI", 1, 0, 3))
    suspended = [report.kind for report in gpu.reports]
    rm.open()
    rm.call(UNLOAD, struct.pack("<BBxxI", 0, 0, 0))

    assert suspended == []
    assert [report.kind for report in gpu.reports] == ["clients left"]
