"""Controls of channels whose grids run: nobody waits for an endless grid, and none outlives its channel.

The real driver makes the channels and the grids; the controls are sent as they are.
"""

from __future__ import annotations

import contextlib
import threading
import time

import barewire as bw
import numpy as np
import pytest
from barewire import kernels
from barewire.errors import BarewireError, RmError
from barewire.rm import names

WFI, CILP = 0, 2
AT_ONCE_S = 2.0  # on a machine that does much besides; alone it is milliseconds
A_LIMIT_NS = 20_000_000_000


class Endless:
    """A device with a grid that runs until a word is written."""

    def __init__(self, dev):
        self.dev = dev
        self.gpu = dev.bus.endpoint
        self.queue = dev.queue("compute")
        self.word = dev.pinned(64, np.uint32)
        self.outcome = dev.pinned(64, np.uint32)
        self.word.view[:] = 0
        self.outcome.view[:] = 0
        self.kernel = kernels.load(dev, "micro")["spin_until"]
        self.channel = self.queue.channel
        self.client = dev.rm.client

    def begin(self):
        arguments = (self.word, np.uint32(1), np.uint64(A_LIMIT_NS), self.outcome)
        self.kernel.launch(grid=1, block=32, args=arguments, queue=self.queue)
        end = time.monotonic() + 5
        while self.resident() is None and time.monotonic() < end:
            time.sleep(0.001)

    def resident(self):
        """The number of the channel that GR works for."""
        with self.gpu.lock:
            return self.gpu.resman.scheduling.resident_chid

    def release(self):
        self.word.view[:] = 1

    def set_mode(self, mode):
        self.client.ask(
            self.client.subdevice, "GR_SET_CTXSW_PREEMPTION_MODE",
            flags=1, hChannel=self.channel.handle, cilpPreemptMode=mode,
        )  # fmt: skip

    def preempt(self, timeout_us=1_000_000):
        self.client.ask(
            self.channel.group.handle, "GROUP_PREEMPT", bWait=1, bManualTimeout=1, timeoutUs=timeout_us
        )

    def preempt_refused(self, timeout_us):
        """RM's name of the refusal; "" for none."""
        try:
            self.preempt(timeout_us)
        except RmError as refused:
            return refused.status_name
        return ""

    def disable(self, off):
        params = self.client.abi.new("NV2080_CTRL_FIFO_DISABLE_CHANNELS_PARAMS", bDisable=off, numChannels=1)
        params["hClientList", 0] = self.client.handle
        params["hChannelList", 0] = self.channel.handle
        self.client.control(self.client.subdevice, names.CONTROLS["FIFO_DISABLE_CHANNELS"].number, params)

    def ends_well(self):
        self.release()
        self.queue.synchronize(timeout_s=10)
        return self.outcome.view[0] == 1


@contextlib.contextmanager
def at_once():
    began = time.monotonic()
    yield
    assert time.monotonic() - began < AT_ONCE_S


@pytest.fixture
def endless():
    dev = bw.open("soft:gh100", timeout_s=0.5)
    made = Endless(dev)
    yield made
    made.release()
    with contextlib.suppress(BarewireError):
        dev.close()
    assert made.gpu.defects == []


def test_a_grid_that_is_preempted_goes_on(endless):
    endless.begin()

    with at_once():
        endless.preempt()

    assert endless.ends_well()


def test_a_grid_that_is_not_left_in_the_middle_is_waited_for(endless):
    endless.set_mode(WFI)
    endless.begin()
    threading.Timer(0.1, endless.release).start()

    endless.preempt()

    assert endless.ends_well()


def test_a_grid_that_keeps_gr_lets_a_preemption_time_out(endless):
    endless.set_mode(WFI)
    endless.begin()
    began = time.monotonic()

    assert endless.preempt_refused(timeout_us=100_000) == "NV_ERR_TIMEOUT"
    assert 0.09 < time.monotonic() - began < AT_ONCE_S
    assert endless.ends_well()


def test_while_a_call_waits_registers_and_copies_go_on(endless):
    source, target = endless.dev.pinned(64, np.uint32), endless.dev.pinned(64, np.uint32)
    source.view[:], target.view[:] = 7, 0
    copies = endless.dev.channel(engine="copy")
    endless.set_mode(WFI)
    endless.begin()
    refused = []
    call = threading.Thread(target=lambda: refused.append(endless.preempt_refused(1_000_000)))
    call.start()

    for _ in range(50):
        assert endless.dev.gpu_time_ns
    work = copies.pushbuffer().copy(source=source.gpu_va, destination=target.gpu_va, size_bytes=256)
    copies.submit(work).wait(timeout_s=5)
    meanwhile = list(refused)

    assert meanwhile == []
    assert (target.view == 7).all()
    call.join(5)
    assert refused == ["NV_ERR_TIMEOUT"]
    assert endless.ends_well()


def test_a_channel_is_disabled_in_the_middle_of_its_grid_and_goes_on_later(endless):
    endless.begin()

    with at_once():
        endless.disable(1)
    endless.release()
    time.sleep(0.05)
    stood = endless.outcome.view[0] == 0
    endless.disable(0)

    assert stood
    assert endless.ends_well()


@pytest.mark.parametrize("how", ["STOP_CHANNEL", "RESET_CHANNEL"])
def test_a_grid_that_was_ended_writes_nothing_more(endless, how):
    endless.begin()

    with at_once():
        if how == "STOP_CHANNEL":
            endless.channel.stop()
        else:
            number = 0x906F0102
            params = endless.client.abi.new("NV906F_CTRL_CMD_RESET_CHANNEL_PARAMS", engineID=1)
            endless.client.control(endless.channel.handle, number, params)
    endless.release()
    time.sleep(0.05)

    assert endless.outcome.view[0] == 0


def test_a_channel_that_is_freed_takes_its_grid_along(endless):
    endless.begin()

    with at_once():
        endless.client.free(endless.channel.handle)
    endless.release()
    time.sleep(0.05)

    assert endless.outcome.view[0] == 0


def test_gr_says_whose_grid_it_runs(endless):
    endless.begin()

    assert endless.resident() == endless.channel.channel_id
    assert endless.ends_well()
