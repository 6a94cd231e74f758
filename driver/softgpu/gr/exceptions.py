"""What goes wrong on GR, in the numbers of registers and fault buffers and in the words of the log.

Facts: `H100:` benchmarks/results/h100-faults.json and tests/soft/recordings/refusals.json (texts, error
status registers and where they are: two SMs of one cluster; that of others is reckoned from them);
OGKM:kernel-open/nvidia-uvm/hwref/hopper/gh100/dev_fault.h (clients); linux-nvgpu:hw_gr_ga10b.h (fields of the
warp error status). Texts of errors that were never recorded are the model's own choice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from barewire.softgpu.channel import Channel, ChannelError
from barewire.softgpu.channel_memory import Refused
from barewire.softgpu.fault_sources import FaultSource, MmuFault, mmu_error
from barewire.softgpu.faults import ENGINE_GRAPHICS
from barewire.softgpu.gr.sked import SkedError
from barewire.softgpu.gsp.board_facts import (
    GLOBAL_ESR_REPORT_MASK,
    SM_PLACES,
    SMS_PER_TPC,
    WARP_ESR_REPORT_MASK,
)

if TYPE_CHECKING:
    from barewire.softgpu.sm.machine import Fault

XID_GR_EXCEPTION = 13
XID_BAD_METHOD = 11
XID_CONTEXT_SWITCH = 44
XID_CONTEXT_SWITCH_TIMEOUT = 109

# Clients of faults.
HUB_FE = 0x04
HUB_SKED = 0x1D
GPC_CODE = 0x11  # GCC, which fetches instructions and constants
_GPC_FIRST_T1, _GPC_LATER_T1 = 0x00, 0x21  # T1_0 to T1_7, then T1_8 on
_LOW_T1 = 8
_HUB_NAMES = {HUB_FE: "FE", HUB_SKED: "SKED0"}

# Where BAR0 has the error status registers of an SM.
_GPCS, _GPC_STRIDE = 0x500000, 0x10000
_TPCS, _TPC_STRIDE = 0x5000, 0x1000
_SM_STRIDE = 0x80
_WARP_ESR, _GLOBAL_ESR, _WARP_MASK, _GLOBAL_MASK = 0x730, 0x734, 0x728, 0x72C

MULTIPLE_WARP_ERRORS = 1 << 2  # of the global error status
_WARP_LOW, _WARP_MASK_BITS = 16, 0xFF
_ADDRESS_VALID = 1 << 24
_ADDRESS_KIND_LOW = 25
_OUT_OF_SPACE, _LOCAL, _GLOBAL, _SHARED = 0, 1, 2, 6

_ILLEGAL_INSTRUCTION = 0x09
_OUT_OF_RANGE = 0x0E
_MISALIGNED = 0x0F
_MMU_REFUSED = 0x20
_STACK_OVERFLOW = 0x10E
_NOT_EXECUTED = 0x82

_SPACE_END = 1 << 56
_WINDOW_BYTES = 1 << 24  # of shared and of local memory
_FRAME_BYTES = 4096  # so far beyond its end a stack overflows (`H100:` several warp errors; else, one)
# What the registers show of what only the model tells apart.
_ERRORS_OF_MODEL = {_NOT_EXECUTED: _ILLEGAL_INSTRUCTION, _MMU_REFUSED: _OUT_OF_RANGE}

_WARP_ERRORS = {
    0x01: "Stack Error",
    0x04: "PC Wrap",
    0x05: "Misaligned PC",
    0x06: "PC Overflow",
    0x07: "Misaligned Immediate Constant Address",
    0x08: "Misaligned Register",
    _ILLEGAL_INSTRUCTION: "Illegal Instruction Encoding",
    0x0B: "Illegal Instruction Parameter",
    0x0C: "Invalid Constant Address",
    0x0D: "Out Of Range Register",
    _OUT_OF_RANGE: "Out Of Range Address",
    _MISALIGNED: "Misaligned Address",
    0x10: "Invalid Address Space",
    0x12: "Invalid Constant Address LDC",
    0x21: "Arrive Error",
}


@dataclass(frozen=True)
class SmState:
    """What the error status registers of an SM hold.

    Attributes:
        sm: its global number.
        global_esr, warp_esr: the registers.
        pc: of the instruction that erred.
        address: that it accessed; 0 where the error is about none.
    """

    sm: int
    global_esr: int
    warp_esr: int
    pc: int
    address: int


class GraphicsFault(MmuFault):
    """An access of GR that the MMU refused."""

    __slots__ = ()

    @property
    def client_name(self) -> str:
        """Who tried, in the words of the log."""
        client, gpc = self.source.client_id, self.source.gpc
        if gpc is None:
            return f"HUBCLIENT_{_HUB_NAMES[client]}"
        return f"GPC{gpc} GPCCLIENT_{'GCC' if client == GPC_CODE else f'T1_{_t1_number(client)}'}"


def hub_fault(channel: Channel, client: int, refused: Refused) -> ChannelError:
    """An access of the front end or the scheduler that was refused."""
    source = FaultSource(ENGINE_GRAPHICS, client)
    fault = GraphicsFault(refused.address, refused.fault_type, refused.access, source)
    return mmu_error(channel, fault)


def sm_fault(channel: Channel, sm: int, refused: Refused, fetches: bool) -> ChannelError:
    """An access of an SM that was refused: of an instruction that it fetched, or of one that it executed."""
    place = SM_PLACES[sm]
    number = place.tpc * SMS_PER_TPC + place.sm
    first = _GPC_FIRST_T1 if number < _LOW_T1 else _GPC_LATER_T1 - _LOW_T1
    client = GPC_CODE if fetches else first + number
    source = FaultSource(ENGINE_GRAPHICS, client, place.gpc)
    fault = GraphicsFault(refused.address, refused.fault_type, refused.access, source)
    return mmu_error(channel, fault)


def _t1_number(client: int) -> int:
    return client if client < _GPC_LATER_T1 else client - _GPC_LATER_T1 + _LOW_T1


def launch_error(error: SkedError, qmd_va: int) -> ChannelError:
    """A launch that was refused."""
    return ChannelError(XID_GR_EXCEPTION, None, lines=error.lines, why=str(error), qmd_va=qmd_va)


def switch_error(why: str) -> ChannelError:
    """The context could not be loaded. Which Xid an H100 would give is not known."""
    return ChannelError(XID_CONTEXT_SWITCH, f", context switch: {why}", why=why)


def switch_timeout() -> ChannelError:
    """GR could not leave a grid in time."""
    return ChannelError(XID_CONTEXT_SWITCH_TIMEOUT, ", errorString CTX SWITCH TIMEOUT, Info 0x0")


def bad_method(name: str, class_id: int, address: int, data: int) -> ChannelError:
    """A method that the class has not (`H100:` Xid 11; its text was never recorded)."""
    offset = address * 4
    text = f", Class {class_id:08x}, Offset {offset:08x}, Data {data:08x}"
    return ChannelError(XID_BAD_METHOD, text, why=f"{name} does not exist", method=offset, data=data)


def model_failed(defect: Exception) -> ChannelError:
    """The model itself failed: this channel ends by it."""
    return ChannelError(XID_GR_EXCEPTION, None, why=f"the model failed: {defect!r}")


def is_refused(fault: Fault) -> bool:
    """Whether the MMU refused an access, and not the SM itself.

    The SM refuses addresses of too many bits (`H100:` 2**56; how many it takes was not looked for).
    """
    return fault.kind == _MMU_REFUSED and fault.address < _SPACE_END


def is_missing(fault: Fault) -> bool:
    """Whether the model does not execute what the warp asked for."""
    return fault.kind == _NOT_EXECUTED


def sm_state(fault: Fault, local_bytes: int) -> SmState:
    """What the registers of the SM hold.

    Args:
        local_bytes: of a thread of the grid, at the end of its window.
    """
    multiple = fault.kind == _STACK_OVERFLOW and fault.address >= _WINDOW_BYTES - local_bytes - _FRAME_BYTES
    error = _ERRORS_OF_MODEL.get(fault.kind, fault.warp_esr)
    warp = (fault.warp & _WARP_MASK_BITS) << _WARP_LOW
    warp_esr = error | warp | _address_bits(fault, error, bool(local_bytes))
    return SmState(fault.sm, MULTIPLE_WARP_ERRORS if multiple else 0, warp_esr, fault.pc, fault.address)


def _address_bits(fault: Fault, error: int, has_local: bool) -> int:
    """Which kind of address the error is about (`H100:` each of these)."""
    if error == _MISALIGNED:
        return _ADDRESS_VALID | _GLOBAL << _ADDRESS_KIND_LOW
    if error != _OUT_OF_RANGE:
        return 0
    if fault.address >= _WINDOW_BYTES:
        return _ADDRESS_VALID | _OUT_OF_SPACE << _ADDRESS_KIND_LOW
    if has_local or fault.kind == _STACK_OVERFLOW:
        return _ADDRESS_VALID | _LOCAL << _ADDRESS_KIND_LOW
    return _SHARED << _ADDRESS_KIND_LOW


def exception(states: Iterable[SmState]) -> ChannelError:
    """The error of a channel whose warps erred."""
    kept = list(states)
    lines: list[str] = []
    for state in kept:
        lines += _lines(state)
    first = kept[0]
    return ChannelError(
        XID_GR_EXCEPTION, None, lines=tuple(lines), sm=first.sm, warp_esr=first.warp_esr, pc=first.pc
    )


def _lines(state: SmState) -> list[str]:
    place = SM_PLACES[state.sm]
    where = f"(GPC {place.gpc}, TPC {place.tpc}, SM {place.sm})"
    error = state.warp_esr & 0xFFFF
    base = _GPCS + place.gpc * _GPC_STRIDE + _TPCS + place.tpc * _TPC_STRIDE + place.sm * _SM_STRIDE
    registers = (
        (_WARP_ESR, state.warp_esr),
        (_GLOBAL_ESR, state.global_esr),
        (_WARP_MASK, WARP_ESR_REPORT_MASK),
        (_GLOBAL_MASK, GLOBAL_ESR_REPORT_MASK),
    )
    words = " ".join(f"{base + offset:#x}={value:#x}" for offset, value in registers)
    found = [f"Graphics SM Warp Exception on {where}: {_WARP_ERRORS.get(error, f'Error {error:#x}')}"]
    if state.global_esr & MULTIPLE_WARP_ERRORS:
        found.append(f"Graphics SM Global Exception on {where}: Multiple Warp Errors")
    return [*found, f"Graphics Exception: ESR {words}"]
