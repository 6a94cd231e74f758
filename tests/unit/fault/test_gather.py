"""Gathering: a channel is asked for everything, each answer may fail, and what comes is judged."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import pytest
from barewire import errors
from barewire.fault import gather
from barewire.native._native import ffi


class Notifier:
    """48 bytes of memory with an address."""

    def __init__(self, xid: int | None, engine: int = 1) -> None:
        record = struct.pack("<QIHH", 1, xid, engine, 0xFFFF) if xid is not None else bytes(16)
        self.memory = ffi.new("char[48]", record)
        self.address = int(ffi.cast("uintptr_t", self.memory))


class Channel:
    """A channel of a backend: it answers what it is given, and refuses the rest."""

    def __init__(self, fault=None, sms=None, faults=None, stop_error=None) -> None:
        self.fault, self.sms, self.faults, self.stop_error = fault, sms, faults, stop_error
        self.stopped = 0

    def mmu_fault_info(self):
        return self._answer(self.fault)

    def debugger(self):
        return SimpleNamespace(
            sm_errors=lambda: self._answer(self.sms), mmu_faults=lambda: self._answer(self.faults)
        )

    def stop(self) -> None:
        self.stopped += 1
        if self.stop_error is not None:
            raise self.stop_error

    @staticmethod
    def _answer(given):
        if given is None:
            raise errors.RmError("the channel is gone", status_name="NV_ERR_INVALID_STATE")
        return given


def sm_state(**registers):
    return SimpleNamespace(
        **{"sm": 7, "global_esr": 0, "warp_esr": 0, "warp_pc": 0, "address": 0, "cga_esr": 0, **registers}
    )


def own_fault(gpu_va: int):
    return SimpleNamespace(gpu_va=gpu_va, fault_type=2, text="FAULT_PTE", shader_program_vas=(0,) * 7)


def locate(gpu_va: int) -> tuple[str, int]:
    return "saxpy", gpu_va & 0xFFF


def no_code(gpu_va: int) -> None:
    """No module holds the instruction."""


def test_an_mmu_fault_is_put_together_from_all_answers():
    channel = Channel(
        fault=own_fault(0x7F00_0000_1000),
        sms=[sm_state(warp_esr=0x20, warp_pc=0x1230)],
        faults=[
            SimpleNamespace(gpu_va=0xDEAD_0000, fault_type=0, access_type=0),
            SimpleNamespace(gpu_va=0x7F00_0000_1000, fault_type=2, access_type=1),
        ],
    )

    error = gather.explain(channel, Notifier(31).address, locate, no_code, queue="compute queue")

    assert type(error) is errors.MmuFault
    assert (error.gpu_va, error.access, error.fault_type) == (0x7F00_0000_1000, "write", "PTE")
    assert (error.kernel, error.kernel_offset, error.sm) == ("saxpy", 0x230, 7)
    assert error.queue == "compute queue"


def test_an_illegal_instruction_is_told_by_the_sm():
    channel = Channel(sms=[sm_state(warp_esr=0x9, warp_pc=0x1230)])

    assert type(gather.explain(channel, Notifier(13).address, locate, no_code)) is errors.IllegalInstruction


def test_a_trap_that_the_sm_reports_as_an_unknown_instruction_is_told_by_its_code():
    channel = Channel(sms=[sm_state(warp_esr=0x9, warp_pc=0x1230)])
    breakpoint_code, load_code = 0x0000_0004_0000_795C, 0x0000_0004_0000_7981

    trap = gather.explain(channel, Notifier(13).address, locate, {0x1230: breakpoint_code}.get)
    other = gather.explain(channel, Notifier(13).address, locate, {0x1230: load_code}.get)

    assert type(trap) is errors.Trap
    assert (trap.kernel, trap.kernel_offset) == ("saxpy", 0x230)
    assert type(other) is errors.IllegalInstruction


@pytest.mark.parametrize(
    ("xid", "kind"), [(31, errors.MmuFault), (13, errors.KernelFault), (32, errors.PushbufferError)]
)
def test_a_channel_that_refuses_every_question_still_gives_a_typed_error(xid, kind):
    error = gather.explain(Channel(), Notifier(xid).address, locate, no_code)

    assert type(error) is kind
    assert error.xid == xid


def test_a_notifier_that_says_nothing_is_reported_as_such():
    error = gather.explain(Channel(), Notifier(None).address, locate, no_code, queue="copy queue")

    assert type(error) is errors.ChannelDead
    assert "xid" not in error.facts
    assert error.queue == "copy queue"


def test_work_that_does_not_end_is_stopped_and_reported():
    channel = Channel(sms=[])

    error = gather.stop(channel, 2.0, locate, queue="compute queue")

    assert channel.stopped == 1
    assert type(error) is errors.KernelTimeout
    assert error.timeout_s == 2.0


def test_a_stop_that_fails_is_part_of_the_report():
    channel = Channel(stop_error=errors.RmError("busy", status_name="NV_ERR_TIMEOUT"))

    assert gather.stop(channel, 2.0, locate).stop_failed == "busy"
