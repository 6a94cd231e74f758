"""Controls that wait for an engine: their answer comes later, and says whether the engine let go."""

from __future__ import annotations

import struct

import pytest
from barewire.softgpu.channel import State
from barewire.softgpu.gsp.later import Later
from rm_side import CLIENT, OK, SUBDEVICE

TIMEOUT = 0x65
STOP, SCHEDULE = 0xA06F0112, 0xA06F0103
PREEMPT, DISABLE = 0xA06C0105, 0x2080110B


class Engine:
    """An engine that lets go of channels, or not."""

    def __init__(self, gpu, monkeypatch):
        self.lets_go = True
        self.asked = 0
        monkeypatch.setattr(gpu.fifo, "preempt", self._preempt)

    def _preempt(self, channel):
        self.asked += 1
        return self.lets_go


@pytest.fixture
def engine(gpu, monkeypatch):
    return Engine(gpu, monkeypatch)


@pytest.fixture
def channel(rm):
    """A channel that was let onto its runlist."""
    handle = rm.channel(rm.group(vaspace=rm.vaspace()), vaspace=0)
    rm.asked(handle, SCHEDULE, b"\1\0")
    return handle


def of(gpu):
    return gpu.fifo.channels[1, 1]


def disable(handle, off=1, only=0):
    params = bytearray(0x218)
    struct.pack_into("<BxxxIBB", params, 0, off, 1, only, 0)
    struct.pack_into("<I", params, 0x18, CLIENT)
    struct.pack_into("<I", params, 0x118, handle)
    return bytes(params)


def preempt(rm, handle, wait=1, manual=1, timeout_us=1000):
    group = rm.object_of(handle).group.handle
    return rm.begun(group, PREEMPT, struct.pack("<2B2xI", wait, manual, timeout_us))


def test_a_channel_that_the_engine_lets_go_of_is_stopped_at_once(rm, gpu, engine, channel):
    assert rm.control(channel, STOP, b"\1")[0] == OK
    assert not of(gpu).scheduled


def test_a_channel_is_stopped_once_the_engine_lets_go(rm, gpu, engine, channel):
    engine.lets_go = False
    later = rm.begun(channel, STOP, b"\1")
    before = later.wait.ready(), of(gpu).scheduled
    engine.lets_go = True

    assert before == (False, True)
    assert later.wait.ready()
    assert rm.ended(later, True) == OK
    assert not of(gpu).scheduled
    assert not rm.object_of(channel).scheduled


def test_a_channel_that_the_engine_keeps_cannot_be_stopped(rm, gpu, engine, channel):
    engine.lets_go = False
    later = rm.begun(channel, STOP, b"\1")

    assert isinstance(later, Later)
    assert later.wait.timeout_s == 4.0
    assert rm.ended(later, False) == TIMEOUT
    assert of(gpu).scheduled


def test_a_stop_that_is_not_immediate_waits_for_the_work(rm, gpu, engine, channel):
    of(gpu).state = State.READY
    later = rm.begun(channel, STOP, b"\0")
    before = later.wait.ready()
    of(gpu).state = State.IDLE

    assert (before, later.wait.ready()) == (False, True)
    assert rm.ended(later, True) == OK
    assert not of(gpu).scheduled


def test_a_stop_that_is_not_immediate_ends_all_the_same(rm, gpu, engine, channel):
    of(gpu).state = State.READY

    assert rm.ended(rm.begun(channel, STOP, b"\0"), False) == OK
    assert not of(gpu).scheduled


def test_a_preemption_waits_as_long_as_it_was_told(rm, engine, channel):
    engine.lets_go = False
    later = preempt(rm, channel, timeout_us=250_000)

    assert later.wait.timeout_s == 0.25
    assert rm.ended(later, False) == TIMEOUT
    assert preempt(rm, channel, manual=0, timeout_us=7).wait.timeout_s == 4.0


def test_a_preemption_that_is_not_waited_for_is_answered_at_once(rm, engine, channel):
    engine.lets_go = False

    assert not isinstance(preempt(rm, channel, wait=0), Later)
    assert engine.asked == 1


def test_channels_are_disabled_once_the_engine_lets_go(rm, gpu, engine, channel):
    engine.lets_go = False
    later = rm.begun(SUBDEVICE, DISABLE, disable(channel))
    before = later.wait.ready(), of(gpu).enabled
    engine.lets_go = True

    assert (before, later.wait.ready()) == ((False, True), True)
    assert rm.ended(later, True) == OK
    assert not of(gpu).enabled


def test_channels_that_the_engine_keeps_are_not_disabled(rm, gpu, engine, channel):
    engine.lets_go = False

    assert rm.ended(rm.begun(SUBDEVICE, DISABLE, disable(channel)), False) == TIMEOUT
    assert of(gpu).enabled


def test_disabling_the_scheduling_alone_asks_no_engine(rm, gpu, engine, channel):
    engine.lets_go = False

    assert rm.control(SUBDEVICE, DISABLE, disable(channel, only=1))[0] == OK
    assert engine.asked == 0
    assert not of(gpu).enabled
