"""The debugger's sessions: what SMs and the MMU reported, and errors that wait for a debugger."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import pytest
from barewire.softgpu.gsp.board_facts import SM_PLACES
from barewire.softgpu.page_tables import Access, FaultType
from rm_side import (
    CLIENT,
    COPY2,
    DEVICE,
    INSTANCE,
    INVALID_ARGUMENT,
    INVALID_CHANNEL,
    INVALID_CLIENT,
    INVALID_HANDLE,
    INVALID_PARENT,
    INVALID_STATE,
    OK,
    SUBDEVICE,
    USERD,
    memory_desc,
)

COMPUTE, DEBUGGER = 0xCBC0, 0x83DE
INVALID_OBJECT = 0x31
RC_TRIGGERED, OS_ERROR_LOG = 0x1004, 0x1006
SET_MASK, READ_ONE, READ_ALL = 0x83DE0309, 0x83DE030B, 0x83DE030C
CLEAR_ONE, CLEAR_ALL, READ_FAULTS = 0x83DE030F, 0x83DE0310, 0x83DE0328
WARP_MASK, GLOBAL_MASK = 0x1F81FB60, 0x1174
NOTIFIER = 0x90_0000
SECOND = {"instance": INSTANCE + 0x4000, "userd": USERD + 0x200}


class Session:
    """A channel with a compute object, a debugger's session for it, and SMs that report what a test says."""

    def __init__(self, rm, gpu, monkeypatch):
        self.rm = rm
        self.states = []
        notifier = memory_desc(NOTIFIER, 0x30)
        self.channel = rm.graphics_channel(internal=0x1C, notifier=notifier)
        self.compute = rm.made(self.channel, COMPUTE)
        self.handle = rm.made(DEVICE, DEBUGGER, struct.pack("<3I", 0, 0, self.compute))
        known = gpu.fifo.channels[0, 1]
        monkeypatch.setattr(
            gpu.graphics, "sm_states", lambda channel: tuple(self.states) if channel is known else ()
        )
        monkeypatch.setattr(gpu.graphics, "clear_sm_states", self._clear)

    def _clear(self, channel, sm=None):
        self.states = [state for state in self.states if sm is not None and state.sm != sm]

    def report(self, sm, **values):
        nothing = {"global_esr": 0, "warp_esr": 0, "pc": 0, "address": 0}
        self.states.append(SimpleNamespace(sm=sm, **nothing | values))

    def read(self, count, first=0, channel=None):
        params = bytearray(0x12D8)
        struct.pack_into("<2I", params, 0, channel or self.channel, count)
        struct.pack_into("<I", params, 0x12D4, first)
        return self.rm.control(self.handle, READ_ALL, bytes(params))

    def state(self, reply, index):
        """(global ESR, warp ESR, low PC, address, PC) of one SM of a reply."""
        words = struct.unpack_from("<5I4xQQ", reply, 8 + 0x30 * index)
        assert words[3:5] == (GLOBAL_MASK, WARP_MASK)
        return (*words[:3], *words[5:])

    def mask(self, mask):
        return self.rm.control(self.handle, SET_MASK, struct.pack("<I", mask))[0]


@pytest.fixture
def session(rm, gpu, monkeypatch):
    return Session(rm, gpu, monkeypatch)


def fault(gpu_va, why=FaultType.PDE, access=Access.WRITE, **source):
    return SimpleNamespace(
        gpu_va=gpu_va, fault_type=why, access=access, from_host=False,
        source=SimpleNamespace(engine_id=384, client_id=8, **source),
    )  # fmt: skip


# Making one.


def test_a_session_is_for_an_object_of_gr(rm, session):
    copy = rm.made(session.channel, 0xC8B5)
    asked = {
        (0, CLIENT, session.compute): OK,
        (1, 0, session.compute): INVALID_ARGUMENT,
        (0, 0x1234, session.compute): INVALID_CLIENT,
        (0, 0, 0x4321): INVALID_PARENT,
        (0, 0, copy): INVALID_OBJECT,
        (0, 0, session.channel): INVALID_OBJECT,
    }

    for number, (params, status) in enumerate(asked.items()):
        assert rm.alloc(DEVICE, 0x100 + number, DEBUGGER, struct.pack("<3I", *params))[0] == status, params


def test_a_session_whose_object_is_gone_says_so(rm, gpu, session):
    rm.free(session.compute)

    assert session.read(1)[0] == INVALID_STATE
    assert rm.control(session.handle, READ_FAULTS, bytes(0x48))[0] == INVALID_STATE
    assert rm.free(session.handle) == OK
    assert gpu.reports == []


def test_a_session_may_end_before_its_object(rm, gpu, session):
    assert rm.free(session.handle) == OK
    assert rm.free(session.compute) == OK
    assert gpu.reports == []


# SMs.


def test_an_sm_that_reported_nothing_has_its_masks_alone(session):
    status, reply = session.read(100)

    assert status == OK
    assert all(session.state(reply, sm) == (0, 0, 0, 0, 0) for sm in range(100))


def test_what_an_sm_reported_is_read_by_its_number(session):
    session.report(124, warp_esr=0x501000F, pc=0x10_0040_4EB0, address=0x10_0050_7002)

    status, reply = session.read(32, first=100)

    assert status == OK
    assert session.state(reply, 24) == (0, 0x501000F, 0x40_4EB0, 0x10_0050_7002, 0x10_0040_4EB0)
    assert session.state(reply, 25) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("count", "first"), [(101, 0), (33, 100), (1, 132), (1, 0xFFFFFFFF), (0xFFFFFFFF, 1)]
)
def test_sms_that_there_are_not_are_refused(session, count, first):
    assert session.read(count, first)[0] == INVALID_ARGUMENT


def test_one_sm_is_read_and_cleared(rm, session):
    session.report(5, global_esr=4)
    session.report(6, warp_esr=9)

    def one(sm):
        reply = rm.asked(session.handle, READ_ONE, struct.pack("<2I", session.channel, sm).ljust(0x38, b"\0"))
        return session.state(reply, 0)[:2]

    before = one(5), one(6)
    rm.asked(session.handle, CLEAR_ONE, struct.pack("<2I", session.channel, 5))

    assert (before, one(5), one(6)) == (((4, 0), (0, 9)), (0, 0), (0, 9))
    assert (
        rm.control(session.handle, CLEAR_ONE, struct.pack("<2I", session.channel, 132))[0] == INVALID_ARGUMENT
    )


def test_all_sms_are_cleared(rm, session):
    session.report(5, global_esr=4)

    assert rm.control(session.handle, CLEAR_ALL, struct.pack("<2I", session.channel, 132))[0] == OK

    assert session.states == []
    assert (
        rm.control(session.handle, CLEAR_ALL, struct.pack("<2I", session.channel, 133))[0] == INVALID_ARGUMENT
    )


def test_only_channels_of_the_context_are_looked_at(rm, session):
    other = rm.graphics_channel(
        root=0x180_0000, vaspace=rm.vaspace(root=0x180_0000), promoted=False, **SECOND
    )

    assert session.read(1, channel=other)[0] == INVALID_CHANNEL
    assert session.read(1, channel=SUBDEVICE)[0] == INVALID_HANDLE


def test_states_are_read_after_the_channel_was_taken_down(gpu, session):
    session.mask(0)
    session.report(3, warp_esr=0x10009, pc=0x1000)

    gpu.resman.robust.channel_error((0, 1), 13)

    status, reply = session.read(10)
    assert (status, session.state(reply, 3)[1]) == (OK, 0x10009)


def test_the_order_of_sms_is_that_of_their_places(rm):
    reply = rm.asked(SUBDEVICE, 0x2080121B, bytes(0x1818))

    for number, place in enumerate(SM_PLACES):
        assert struct.unpack_from("<3H", reply, 12 * number) == place


# The MMU.


def faults_of(rm, session):
    reply = rm.asked(session.handle, READ_FAULTS, bytes(0x48))
    count = struct.unpack_from("<I", reply, 0x40)[0]
    return [struct.unpack_from("<QII", reply, 0x10 * index) for index in range(count)]


def test_the_last_three_faults_are_remembered(rm, gpu, session):
    session.mask(0)
    for number in range(1, 6):
        gpu.resman.robust.channel_error((0, 1), 31, fault(number << 12, FaultType.PTE, Access.READ))

    assert faults_of(rm, session) == [(number << 12, 2, 0) for number in (3, 4, 5)]


@pytest.mark.parametrize(("source", "info"), [({"gpc": 1}, 1 << 24), ({"gpc": None}, 1 << 20), ({}, 1 << 20)])
def test_a_fault_is_told_with_the_sms_until_it_is_cleared(rm, gpu, session, source, info):
    session.mask(0)
    gpu.resman.robust.channel_error((0, 1), 31, fault(0x1000, FaultType.PTE, Access.WRITE, **source))
    before = struct.unpack_from("<IBxxxI", session.read(1)[1], 0x12C8)
    rm.asked(session.handle, CLEAR_ALL, struct.pack("<2I", session.channel, 132))
    after = struct.unpack_from("<IBxxxI", session.read(1)[1], 0x12C8)

    word = 1 << 31 | info | 1 << 16 | 8 << 8 | 2
    assert (before, after) == ((word, 1, word), (0, 0, 0))


# Errors that wait for a debugger.


def deferred(rm, session):
    return rm.asked(session.channel, 0x906F0105, b"\0")[0]


def told(rm):
    return [function for function, _ in rm.events]


def notified(gpu):
    return struct.unpack("<I", gpu.vram.read(NOTIFIER + 8, 4))[0]


@pytest.mark.parametrize("xid", [13, 31])
def test_a_new_session_keeps_errors_back(rm, gpu, session, xid):
    gpu.resman.robust.channel_error((0, 1), xid)

    assert deferred(rm, session) == 1
    assert told(rm) == []
    assert notified(gpu) == 0


@pytest.mark.parametrize("how", ["mask", "end"])
def test_an_error_that_waited_is_dealt_with_once_nobody_wants_it(rm, gpu, session, how):
    gpu.resman.robust.channel_error((0, 1), 13)

    assert (session.mask(0xFFFE) if how == "mask" else rm.free(session.handle)) == OK

    assert deferred(rm, session) == 0
    assert told(rm) == [OS_ERROR_LOG, RC_TRIGGERED]
    assert notified(gpu) == 13


def test_a_mask_without_fatal_errors_keeps_none_back(rm, gpu, session):
    assert session.mask(0) == OK

    gpu.resman.robust.channel_error((0, 1), 13)

    assert told(rm) == [OS_ERROR_LOG, RC_TRIGGERED]


@pytest.mark.parametrize("xid", [32, 43])
def test_errors_of_host_wait_for_no_debugger(rm, gpu, session, xid):
    gpu.resman.robust.channel_error((0, 1), xid)

    assert RC_TRIGGERED in told(rm)


def test_an_error_that_waits_ends_with_its_channel(rm, gpu, session):
    gpu.resman.robust.channel_error((0, 1), 13)

    assert rm.free(session.channel) == OK
    assert rm.free(session.handle) == OK
    assert told(rm) == []


def test_other_channels_have_no_debugger(rm, gpu, session):
    channel = rm.channel(engine=COPY2, **SECOND)

    gpu.resman.robust.channel_error(rm.object_of(channel), 31, fault(0x1000))

    assert RC_TRIGGERED in told(rm)


def test_a_mask_of_more_bits_than_there_are_is_refused(session):
    assert session.mask(0x10000) == INVALID_ARGUMENT
