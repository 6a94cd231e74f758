"""Asking a channel of the backend what happened to it; judging that is `diagnose`'s part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from barewire.errors import BarewireError, ChannelDead, IllegalInstruction, Trap
from barewire.fault.diagnose import Locate, diagnose, timed_out
from barewire.fault.notifier import NOTIFIER_BYTES, error_in
from barewire.fault.records import MmuFaultInfo, MmuFaultRecord, SmError
from barewire.native._native import ffi

# BPT, the instruction of __trap() and of breakpoints, by its lowest 12 bits (our kernels, sm_80 to sm_120).
TRAP_OPCODE = 0x95C
OPCODE_MASK = 0xFFF

ReadCode = Callable[[int], "int | None"]


def explain(
    channel: Any, notifier_address: int, locate: Locate, read_code: ReadCode, **facts: Any
) -> BarewireError:
    """The typed error for a channel whose error notifier is set.

    Args:
        channel: offers `mmu_fault_info()` and `debugger()`, each of which may fail.
        notifier_address: CPU address of the error notifier.
        locate: gives (kernel name, offset in bytes) for a gpu_va inside loaded code, or None.
        read_code: gives the low 64 bits of the instruction at a gpu_va inside loaded code, or None.
        facts: what the caller knows besides; part of the error's facts.
    """
    notification = error_in(ffi.buffer(ffi.cast("char *", notifier_address), NOTIFIER_BYTES)[:])
    if notification is None:
        return ChannelDead(
            "the channel does not take work any more, and its error notifier says nothing", **facts
        )
    faults = mmu_faults_of(channel)
    states = sm_errors_of(channel)
    error = diagnose(notification.info32, notification, faults, states, locate, **facts)
    return _trap_instead(error, read_code)


def _trap_instead(error: BarewireError, read_code: ReadCode) -> BarewireError:
    """`H100:` a trap that no debugger takes is reported as an instruction that the SM does not know."""
    pc = error.facts.get("warp_pc")
    if not isinstance(error, IllegalInstruction) or pc is None:
        return error
    code = read_code(pc)
    if code is None or code & OPCODE_MASK != TRAP_OPCODE:
        return error
    message = error.message.replace("met an unknown instruction", "executed a trap")
    return Trap(message, hint="The kernel called __trap(), or an assertion in it failed.", **error.facts)


def stop(channel: Any, timeout_s: float, locate: Locate, **facts: Any) -> BarewireError:
    """Take a channel's work off the GPU; the error says what was running."""
    _, failure = _attempt(channel.stop)
    if failure is not None:
        facts["stop_failed"] = str(failure.message)
    return timed_out(timeout_s, None, locate, **facts)


def mmu_faults_of(channel: Any) -> list[MmuFaultInfo | MmuFaultRecord]:
    """The channel's own last fault, then those the debugger remembers; empty where neither can be read."""
    found: list[MmuFaultInfo | MmuFaultRecord] = []
    last, _ = _attempt(channel.mmu_fault_info)
    if last is not None:
        programs = tuple(last.shader_program_vas)
        found.append(MmuFaultInfo(last.gpu_va, last.fault_type, last.text, programs))
    remembered, _ = _attempt(lambda: channel.debugger().mmu_faults())
    for fault in remembered or ():
        found.append(MmuFaultRecord(fault.gpu_va, fault.fault_type, fault.access_type))
    return found


def sm_errors_of(channel: Any) -> list[SmError] | None:
    """What the SMs report, or None where that cannot be read."""
    states, _ = _attempt(lambda: channel.debugger().sm_errors())
    if states is None:
        return None
    return [
        SmError(
            sm=state.sm,
            global_esr=state.global_esr,
            warp_esr=state.warp_esr,
            warp_pc=state.warp_pc,
            address=state.address,
            cga_esr=state.cga_esr,
        )
        for state in states
    ]


def _attempt(action: Callable[[], Any]) -> tuple[Any, BarewireError | None]:
    """What an action gives, or None and its error: a dead channel may refuse everything."""
    try:
        return action(), None
    except BarewireError as error:
        return None, error
