"""Errors of channels: what the driver hears, and what becomes of the channel and its group."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import pytest
from barewire.softgpu.page_tables import Access, FaultType
from rm_side import COPY2, DEVICE, INSTANCE, INVALID_STATE, OK, SUBDEVICE, USERD, memory_desc

POST_EVENT, RC_TRIGGERED, MMU_FAULT_QUEUED, OS_ERROR_LOG = 0x1003, 0x1004, 0x1005, 0x1006
NOTIFIER = 0x90_0000


def fault(gpu_va=0xF0_1234_5000, why=FaultType.PDE, access=Access.READ, from_host=False, client_id=0x23):
    source = SimpleNamespace(client_id=client_id, engine_id=45)
    return SimpleNamespace(gpu_va=gpu_va, fault_type=why, access=access, from_host=from_host, source=source)


def running(rm, **changes):
    """A channel on its runlist, with an error notifier."""
    notifier = memory_desc(changes.pop("notifier", NOTIFIER), 0x30)
    channel = rm.channel(internal=0x1C, notifier=notifier, **changes)
    rm.asked(channel, 0xA06F0103, b"\1\0")
    return channel


def text_of(rm):
    payload = dict(rm.events)[OS_ERROR_LOG]
    return payload[0xC:0x10C].rstrip(b"\0").decode()


def test_a_fault_is_queued_then_logged_then_reported(rm, gpu):
    channel = running(rm)

    gpu.resman.robust.channel_error(rm.object_of(channel), 31, fault())

    assert [function for function, _ in rm.events] == [MMU_FAULT_QUEUED, OS_ERROR_LOG, RC_TRIGGERED]


def test_an_error_that_is_no_fault_queues_none(rm, gpu):
    gpu.resman.robust.channel_error(rm.object_of(running(rm)), 32, text=" intr0 00040000")

    assert [function for function, _ in rm.events] == [OS_ERROR_LOG, RC_TRIGGERED]
    assert text_of(rm).endswith("channel 0x01000001 intr0 00040000")


def test_all_lines_of_an_error_come_before_the_event(rm, gpu):
    channel = rm.object_of(rm.graphics_channel())
    lines = (
        "Graphics SM Warp Exception on (GPC 1, TPC 4, SM 0): Misaligned Address",
        "Graphics Exception: ESR",
    )

    gpu.resman.robust.channel_error(channel, 13, lines=lines)

    assert [function for function, _ in rm.events] == [OS_ERROR_LOG] * 3 + [RC_TRIGGERED]
    texts = [payload[0xC:0x10C].rstrip(b"\0").decode() for _, payload in rm.events[:3]]
    assert tuple(texts[:2]) == lines
    assert texts[2].endswith(
        ", Graphics Exception: channel 0x00000001, Class 0000cbc0, Offset 00000000, Data 00000000"
    )
    assert all(struct.unpack_from("<3I", payload) == (13, 0, 1) for _, payload in rm.events[:3])
    assert gpu.resman.robust.count == 1


def test_the_event_names_engine_channel_and_address(rm, gpu):
    gpu.resman.robust.channel_error(rm.object_of(running(rm)), 31, fault(why=FaultType.READ_ONLY))

    payload = dict(rm.events)[RC_TRIGGERED]
    assert len(payload) == 0x30
    assert struct.unpack_from("<2I", payload) == (COPY2, 1)
    assert struct.unpack_from("<I", payload, 0x10)[0] == 31
    assert struct.unpack_from("<3I", payload, 0x1C) == (0x1234_5000, 0xF0, 6)


def test_the_log_is_in_the_kernel_drivers_words(rm, gpu):
    gpu.resman.robust.channel_error(rm.object_of(running(rm)), 31, fault())

    assert text_of(rm).endswith(
        "channel 0x01000001, intr 00000000. MMU Fault: ENGINE CE2 HUBCLIENT_HSCE3 faulted @ 0xf0_12345000."
        " Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_READ"
    )
    payload = dict(rm.events)[OS_ERROR_LOG]
    assert len(payload) == 0x110
    assert struct.unpack_from("<3I", payload) == (31, 1, 1)


def test_a_fault_of_the_pushbuffer_fetch_is_the_pbdmas(rm, gpu):
    gpu.resman.robust.channel_error(rm.object_of(running(rm)), 31, fault(from_host=True))

    assert "ENGINE CE2_PBDMA0 HUBCLIENT_ESC faulted" in text_of(rm)


@pytest.mark.parametrize("how", ["pair", "setup", "object"])
def test_the_channel_may_be_named_in_any_way(rm, gpu, how):
    channel = rm.object_of(running(rm))
    names = {"pair": (1, 1), "setup": SimpleNamespace(setup=channel.setup), "object": channel}

    gpu.resman.robust.channel_error(names[how], 32)

    assert channel.xid == 32


def test_an_error_of_no_channel_is_reported(rm, gpu):
    gpu.resman.robust.channel_error((5, 77), 32)

    assert gpu.reports[-1].kind == "error of an unknown channel"
    assert rm.events == []


def test_the_notifier_has_the_xid_the_engine_and_the_time(rm, gpu):
    gpu.resman.robust.channel_error(rm.object_of(running(rm)), 31, fault())

    time_ns, xid, engine, status = struct.unpack("<QIHH", gpu.vram.read(NOTIFIER, 16))
    assert (xid, engine, status) == (31, COPY2, 0xFFFF)
    assert 0 < time_ns <= gpu.clock.now_ns()
    assert gpu.vram.read(NOTIFIER + 16, 16) == bytes(16)


def test_a_notifier_in_host_memory_is_written_there(rm, gpu):
    desc = memory_desc(rm.host.BASE + 0x100, 0x30, 1)
    channel = rm.channel(internal=0x1C, notifier=desc)

    gpu.resman.robust.channel_error(rm.object_of(channel), 32)

    assert struct.unpack_from("<IHH", bytes(rm.host.memory), 0x108) == (32, COPY2, 0xFFFF)


def test_a_notifier_may_be_an_object(rm, gpu):
    head = struct.pack("<7I4xQI4xI4x", 0xC1D00001, DEVICE, 0x5555, 0x82, 0, 0, 0, 0x1000, 1, 1 << 16)
    assert rm.call(4, head + struct.pack("<Q", NOTIFIER >> 12))[0] == OK

    gpu.resman.robust.channel_error(rm.object_of(rm.channel(error=0x5555)), 32)

    assert struct.unpack("<I", gpu.vram.read(NOTIFIER + 8, 4))[0] == 32


def test_a_notifier_in_firmwares_own_memory_is_not_written(rm, gpu):
    own = gpu.resman.usable_bytes
    head = struct.pack("<7I4xQI4xI4x", 0xC1D00001, DEVICE, 0x5555, 0x82, 0, 0, 0, 0x1000, 1, 1 << 16)
    assert rm.call(4, head + struct.pack("<Q", own >> 12))[0] == OK
    before = gpu.vram.read(own, 16)

    gpu.resman.robust.channel_error(rm.object_of(rm.channel(error=0x5555)), 32)

    assert gpu.vram.read(own, 16) == before
    assert [report.kind for report in gpu.reports] == ["memory gone"]


def test_the_whole_group_goes_down(rm, gpu):
    group = rm.group(vaspace=rm.vaspace())
    first = running(rm, parent=group, vaspace=0)
    second = running(
        rm,
        parent=group,
        vaspace=0,
        instance=INSTANCE + 0x4000,
        userd=USERD + 0x200,
        notifier=NOTIFIER + 0x100,
    )

    gpu.resman.robust.channel_error(rm.object_of(first), 31, fault())

    assert not any(channel.scheduled for channel in gpu.fifo.channels.values())
    assert [rm.object_of(channel).xid for channel in (first, second)] == [31, 31]
    assert struct.unpack("<I", gpu.vram.read(NOTIFIER + 0x108, 4))[0] == 31
    assert [function for function, _ in rm.events].count(RC_TRIGGERED) == 1


def test_a_failed_channel_cannot_be_scheduled_again(rm, gpu):
    channel = running(rm)
    gpu.resman.robust.channel_error(rm.object_of(channel), 31, fault())

    assert rm.control(channel, 0xA06F0103, b"\1\0")[0] == INVALID_STATE


def test_after_the_failed_one_is_freed_a_new_channel_runs(rm, gpu):
    channel = running(rm)
    gpu.resman.robust.channel_error(rm.object_of(channel), 31, fault())

    assert rm.free(channel) == OK
    fresh = running(rm)

    assert rm.object_of(fresh).scheduled
    assert rm.object_of(fresh).xid == 0


def test_the_last_fault_can_be_asked_for(rm, gpu):
    channel = running(rm)
    gpu.resman.robust.channel_error(rm.object_of(channel), 31, fault())

    reply = rm.asked(channel, 0x906F0106, bytes(0x68))

    assert struct.unpack_from("<3I", reply) == (0xF0, 0x1234_5000, 0)
    assert reply[0xC:0x2C].rstrip(b"\0") == b"FAULT_PDE"


def test_errors_are_counted(rm, gpu):
    for _ in range(3):
        channel = running(rm)
        gpu.resman.robust.channel_error(rm.object_of(channel), 32)
        rm.free(channel)

    assert struct.unpack("<I", rm.asked(SUBDEVICE, 0x20802205, bytes(4)))[0] == 3


def test_a_reset_by_request_is_an_error_of_its_own_kind(rm, gpu):
    channel = running(rm)

    rm.asked(channel, 0x906F0102, struct.pack("<4I", COPY2, 0, 0, 0))

    assert rm.object_of(channel).xid == 43
    assert struct.unpack_from("<I", dict(rm.events)[RC_TRIGGERED], 0x10)[0] == 43


def test_a_removal_can_be_written_into_the_notifier(rm, gpu):
    channel = running(rm)

    rm.asked(channel, 0xA06F0108, b"\0")

    assert struct.unpack("<I", gpu.vram.read(NOTIFIER + 8, 4))[0] == 45


def test_with_recovery_off_a_failed_channel_stays_on_its_runlist(rm, gpu):
    channel = running(rm)
    rm.asked(SUBDEVICE, 0x2080220D, struct.pack("<I", 0))

    gpu.resman.robust.channel_error(rm.object_of(channel), 32)

    assert struct.unpack("<I", rm.asked(SUBDEVICE, 0x2080220E, bytes(4)))[0] == 0
    assert rm.object_of(channel).scheduled


# Notifications that were asked for.


def listen(rm, index=37, action=2):
    event = rm.made(SUBDEVICE, 0x7E, struct.pack("<4IQ", 0xC1D00001, SUBDEVICE, 0x7E, index, 0xABCD))
    rm.asked(SUBDEVICE, 0x20800301, struct.pack("<2IBxxxIHxx", index, action, 0, 0, 0))
    return event


def test_whoever_asked_hears_of_errors(rm, gpu):
    event = listen(rm)

    gpu.resman.robust.channel_error(rm.object_of(running(rm)), 32)

    payload = dict(rm.events)[POST_EVENT]
    assert len(payload) == 0x20
    assert struct.unpack_from("<4IH", payload) == (0xC1D00001, event, 37, 32, COPY2)


def test_a_switch_that_took_too_long_has_a_notifier_of_its_own(rm, gpu):
    event = listen(rm, index=140)
    channel = running(rm)

    gpu.resman.robust.channel_error(rm.object_of(channel), 32)
    before = POST_EVENT in dict(rm.events)
    rm.free(channel)
    gpu.resman.robust.channel_error(rm.object_of(running(rm)), 109)

    assert not before
    assert struct.unpack_from("<4I", dict(rm.events)[POST_EVENT]) == (0xC1D00001, event, 140, 109)


@pytest.mark.parametrize(("action", "heard"), [(0, 0), (1, 1), (2, 2)])
def test_never_once_or_always(rm, gpu, action, heard):
    listen(rm, action=action)

    for _ in range(2):
        channel = running(rm)
        gpu.resman.robust.channel_error(rm.object_of(channel), 32)
        rm.free(channel)

    assert [function for function, _ in rm.events].count(POST_EVENT) == heard


def test_a_freed_event_hears_nothing(rm, gpu):
    rm.free(listen(rm))

    gpu.resman.robust.channel_error(rm.object_of(running(rm)), 32)

    assert POST_EVENT not in dict(rm.events)


@pytest.mark.parametrize(("index", "action"), [(500, 2), (37, 3)])
def test_notifiers_and_actions_that_do_not_exist_are_refused(rm, index, action):
    params = struct.pack("<2IBxxxIHxx", index, action, 0, 0, 0)

    assert rm.control(SUBDEVICE, 0x20800301, params)[0] == 0x1F
