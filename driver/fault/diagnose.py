"""From what the GPU reported to the one error that says most about it.

Everything here is judgement over plain records: nothing is read from a device. The caller gathers the
notifier, the MMU faults and the SM state, as far as the backend gives them, and raises what comes back.
Missing read-outs make the error less specific, never wrong: a fact that is not known is not among the
error's facts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from barewire.errors import (
    AddressOutOfRange,
    BarewireError,
    ChannelDead,
    CopyFault,
    DeviceLost,
    IllegalInstruction,
    KernelFault,
    KernelTimeout,
    MethodError,
    MisalignedAccess,
    MmuFault,
    PushbufferError,
    Trap,
)
from barewire.fault import mmu as mmu_tables
from barewire.fault import sm as sm_tables
from barewire.fault import xids
from barewire.fault.notifier import Notification, is_copy_engine
from barewire.fault.records import MmuFaultInfo, MmuFaultRecord, SmError

MmuReport = MmuFaultRecord | MmuFaultInfo
Locate = Callable[[int], "tuple[str, int] | None"]

GR_EXCEPTION = 13
PREEMPTIVE_REMOVAL = 45
PAGE_SHIFT = 12  # faults name the page; the bits below are not reliable

_HINTS: dict[type[BarewireError], str] = {
    MmuFault: "Check the kernel's indices and that the array was not freed while in use.",
    IllegalInstruction: "Check that the cubin is for this chip, and that nothing wrote over its code.",
    MisalignedAccess: "A vector access of N bytes needs an address that is a multiple of N.",
    AddressOutOfRange: "Check shared and local memory indices, and the shared size given at launch.",
    Trap: "The kernel called __trap(), or an assertion in it failed.",
    MethodError: "Look at the last methods submitted: see `barewire decode pushbuffer`.",
    PushbufferError: "A header or a GPFIFO entry is malformed: see `barewire decode pushbuffer`.",
    KernelTimeout: "The kernel may loop for ever, or need a longer timeout_s.",
    CopyFault: "Check the copy's addresses and pitches.",
    KernelFault: "Build the kernel with -lineinfo and look at the instruction at kernel_offset.",
}


def diagnose(
    xid: int,
    notifier: Notification | None,
    mmu: Sequence[MmuReport] | None,
    sm: Sequence[SmError] | None,
    locate: Locate | None = None,
    *,
    timeout_s: float | None = None,
    blackwell: bool = False,
    **facts: Any,
) -> BarewireError:
    """The most specific error for a channel that has died.

    Args:
        xid: the notifier's info32.
        notifier: the error record, for its engine and time; None if only the Xid is known.
        mmu: MMU faults, from the channel and from the debugger, in any mixture; None where they could not
            be read.
        sm: the state of every SM; None where it could not be read.
        locate: gives (kernel name, offset in bytes) for a gpu_va inside loaded code, or None.
        timeout_s: the deadline in seconds that had passed when the caller took the channel off the GPU, if
            it did.
        blackwell: the chip is a Blackwell: one fault type means something else there.
        facts: what the caller knows besides (`channel`, `queue`, ...); part of the error's facts.

    Returns:
        The error; the caller raises it.
    """
    entry = xids.lookup(xid)
    known: dict[str, Any] = {"xid": xid, "xid_name": entry.name}
    if notifier is not None:
        known["engine"] = notifier.engine
    known.update(facts)
    if timeout_s is not None and xid in (PREEMPTIVE_REMOVAL, 109):
        return timed_out(timeout_s, sm, locate, **known)

    states = list(sm or ())
    worst = sm_tables.first_error(states)
    fault = _merge(list(mmu or ()))
    kind = _choose(entry, worst, notifier, states_known=sm is not None)
    if worst is not None and issubclass(kind, (MmuFault, KernelFault)):
        known.update(_sm_facts(worst, states, locate))
    if fault is not None and issubclass(kind, MmuFault):
        known.update(_mmu_facts(fault, blackwell))
    message = _message(kind, entry, worst, fault, known, blackwell)
    return kind(message, hint=_hint(kind, entry, worst), **known)


def timed_out(
    timeout_s: float,
    sm: Sequence[SmError] | None = None,
    locate: Locate | None = None,
    **facts: Any,
) -> KernelTimeout:
    """The error for work that did not end within its deadline and was taken off the GPU.

    Args:
        timeout_s: the deadline in seconds.
        sm: the state of every SM, if it was read while the work was resident.
        locate: gives (kernel name, offset in bytes) for a gpu_va inside loaded code, or None.
        facts: what the caller knows besides (`kernel`, `semaphore_value`, `expected`, ...).
    """
    known: dict[str, Any] = {"timeout_s": timeout_s, **facts}
    states = list(sm or ())
    worst = sm_tables.first_error(states)
    if worst is not None:
        known.update(_sm_facts(worst, states, locate))
    name = known.get("kernel")
    subject = f"kernel {name}" if name else "the work on this queue"
    message = f"{subject} did not end within {timeout_s:g} s and was taken off the GPU"
    return KernelTimeout(message, hint=_HINTS[KernelTimeout], **known)


def _choose(
    entry: xids.Xid, worst: SmError | None, notifier: Notification | None, states_known: bool
) -> type[BarewireError]:
    """The class: the Xid's own, unless an SM tells more about a compute exception."""
    if entry.number == GR_EXCEPTION and worst is not None:
        return sm_tables.error_class(worst) or KernelFault
    if entry.number == GR_EXCEPTION and states_known:
        return MethodError  # no SM has erred: a method, or the launch descriptor behind it, was refused
    if entry.error is ChannelDead and notifier is not None and is_copy_engine(notifier.info16):
        return CopyFault if entry.number not in (43, PREEMPTIVE_REMOVAL) else ChannelDead
    return entry.error


def _merge(reports: list[MmuReport]) -> MmuFaultRecord | None:
    """One record out of several reports: the channel's last fault, and what the debugger adds to it."""
    of_channel = [report for report in reports if isinstance(report, MmuFaultInfo) and report.is_valid]
    records = [report for report in reports if isinstance(report, MmuFaultRecord)]
    if not of_channel:
        return records[0] if records else None
    fault = of_channel[0].record
    for record in records:
        if record.gpu_va >> PAGE_SHIFT == fault.gpu_va >> PAGE_SHIFT:
            return record
    return fault


def _sm_facts(worst: SmError, states: list[SmError], locate: Locate | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"sm": worst.sm}
    erring = sum(1 for state in states if not state.is_clear)
    if erring > 1:
        facts["sms_with_errors"] = erring
    warp = sm_tables.warp_error(worst.warp_esr)
    if warp is not None:
        facts["warp_error"] = warp.name
    if worst.global_esr:
        facts["sm_flags"] = "|".join(sm_tables.global_flags(worst.global_esr))
    if worst.address:
        facts["error_address"] = worst.address
    if worst.warp_pc:
        facts["warp_pc"] = worst.warp_pc
        place = locate(worst.warp_pc) if locate is not None else None
        if place is not None:
            facts["kernel"], facts["kernel_offset"] = place
    return facts


def _mmu_facts(fault: MmuFaultRecord, blackwell: bool) -> dict[str, Any]:
    facts = {
        "gpu_va": fault.gpu_va,
        "access": mmu_tables.access_word(fault.access),
        "fault_type": mmu_tables.fault_type(fault.fault_type, blackwell).name,
        "client": mmu_tables.client_name(fault.client, fault.client_is_hub),
        "gpc": fault.gpc,
        "fault_engine": mmu_tables.engine_name(fault.engine),
    }
    return {name: value for name, value in facts.items() if value is not None}


def _message(
    kind: type[BarewireError],
    entry: xids.Xid,
    worst: SmError | None,
    fault: MmuFaultRecord | None,
    known: dict[str, Any],
    blackwell: bool,
) -> str:
    place = ""
    if "kernel_offset" in known:
        place = f" in kernel {known['kernel']} at offset {known['kernel_offset']:#x}"
    elif known.get("kernel"):
        place = f" in kernel {known['kernel']}"
    if issubclass(kind, MmuFault) and fault is not None:
        return mmu_tables.describe(fault, blackwell) + place
    if issubclass(kind, (KernelFault, MmuFault)) and worst is not None:
        return sm_tables.describe(worst) + place
    if issubclass(kind, CopyFault):
        engine = xids.copy_engine_of(entry.number)
        if engine is not None:
            known.setdefault("copy_engine", engine)
    return f"{entry.meaning} (Xid {entry.number}){place}"


def _hint(kind: type[BarewireError], entry: xids.Xid, worst: SmError | None) -> str:
    if entry.number == GR_EXCEPTION and worst is None:
        return "No SM reports an error: the launch descriptor (QMD) itself may have been refused."
    if kind in _HINTS and entry.recovery is xids.Recovery.CHANNEL:
        return _HINTS[kind]
    if issubclass(kind, DeviceLost):
        return "Check power and the PCIe link; `dmesg` has the driver's own words."
    return entry.recovery.value[0].upper() + entry.recovery.value[1:] + "."
