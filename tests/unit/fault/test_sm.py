"""The error registers of an SM in words and classes."""

from __future__ import annotations

import pytest
from barewire import errors
from barewire.fault import sm
from barewire.fault.records import SmError


def state(number=0, warp_esr=0, global_esr=0, **more) -> SmError:
    return SmError(sm=number, global_esr=global_esr, warp_esr=warp_esr, warp_pc=0x1000, **more)


@pytest.mark.parametrize(
    ("number", "name", "error"),
    [
        (0x01, "STACK_ERROR", errors.KernelFault),
        (0x06, "PC_OVERFLOW", errors.KernelFault),
        (0x08, "MISALIGNED_REG", errors.IllegalInstruction),
        (0x09, "ILLEGAL_INSTR_ENCODING", errors.IllegalInstruction),
        (0x0B, "ILLEGAL_INSTR_PARAM", errors.IllegalInstruction),
        (0x0D, "OOR_REG", errors.IllegalInstruction),
        (0x0E, "OOR_ADDR", errors.AddressOutOfRange),
        (0x0F, "MISALIGNED_ADDR", errors.MisalignedAccess),
        (0x10, "INVALID_ADDR_SPACE", errors.AddressOutOfRange),
        (0x12, "INVALID_CONST_ADDR_LDC", errors.AddressOutOfRange),
        (0x17, "MMU_FAULT", errors.MmuFault),
        (0x20, "MMU_NACK", errors.MmuFault),
        (0x21, "ARRIVE", errors.KernelFault),
    ],
)
def test_warp_errors_have_nvidia_s_names_and_a_class(number, name, error):
    warp = sm.warp_error(number)

    assert warp is not None
    assert (warp.name, warp.error) == (name, error)
    assert sm.error_class(state(warp_esr=number)) is error


def test_only_the_low_sixteen_bits_are_the_error():
    warp = sm.warp_error(0x003F_000F)

    assert warp is not None
    assert warp.name == "MISALIGNED_ADDR"
    assert sm.warp_error(0x003F_0000) is None


def test_an_unknown_warp_error_prints_as_a_number():
    warp = sm.warp_error(0x3C)

    assert warp is not None
    assert warp.name == "0x3c"
    assert warp.error is errors.KernelFault


@pytest.mark.parametrize("flag", [sm.BPT_INT, sm.BPT_PAUSE, sm.ERROR_IN_TRAP])
def test_a_breakpoint_without_a_warp_error_is_a_trap(flag):
    assert sm.error_class(state(global_esr=flag)) is errors.Trap


def test_a_warp_error_says_more_than_a_breakpoint():
    assert sm.error_class(state(warp_esr=0x9, global_esr=sm.BPT_PAUSE)) is errors.IllegalInstruction


def test_other_flags_are_a_fault_of_the_kernel_and_none_is_no_fault():
    assert sm.error_class(state(global_esr=0x2)) is errors.KernelFault
    assert sm.error_class(state(cga_esr=0x1)) is errors.KernelFault
    assert sm.error_class(state()) is None


def test_flags_are_listed_from_the_lowest_bit_and_unknown_ones_print_as_numbers():
    assert sm.global_flags(0x8000_0224) == ("MULTIPLE_WARP_ERRORS", "BPT_PAUSE", "0x200", "TIMEOUT")
    assert sm.global_flags(0) == ()


def test_the_sm_to_report_is_the_one_whose_warp_erred():
    quiet, flagged, trapped, erred = (
        state(0),
        state(1, global_esr=2),
        state(2, global_esr=0x20),
        state(3, warp_esr=9),
    )

    assert sm.first_error([quiet, flagged, trapped, erred]) is erred
    assert sm.first_error([quiet, flagged, trapped]) is trapped
    assert sm.first_error([quiet, flagged]) is flagged
    assert sm.first_error([quiet]) is None


def test_every_state_has_words():
    assert sm.describe(state(7, warp_esr=0xF)) == "a warp on SM 7 accessed a misaligned address"
    assert sm.describe(state(7, global_esr=0x20)) == "a warp on SM 7 executed a trap"
    assert sm.describe(state(7, global_esr=0x2)) == "SM 7 reports L1_ERROR"
    assert sm.describe(state(7, cga_esr=0x3)) == "SM 7 reports cluster error 0x3"
