"""The diagnosis: from read-outs to the one error that says most, and never more than is known."""

from __future__ import annotations

import pytest
from barewire import errors
from barewire.fault import diagnose as diagnosis
from barewire.fault.diagnose import diagnose, timed_out
from barewire.fault.notifier import Notification
from barewire.fault.records import MmuFaultInfo, MmuFaultRecord, SmError
from hypothesis import given
from hypothesis import strategies as st

CODE = 0x10_0000_0000
COMPUTE, COPY2 = 0x01, 0x0B


def notification(xid: int, engine: int = COMPUTE) -> Notification:
    return Notification(time_ns=1, info32=xid, info16=engine, status=0xFFFF)


def locate(gpu_va: int) -> tuple[str, int] | None:
    return ("saxpy", gpu_va - CODE) if CODE <= gpu_va < CODE + 0x1000 else None


def erring(warp_esr: int = 0, global_esr: int = 0, warp_pc: int = CODE + 0x230) -> list[SmError]:
    quiet = [SmError(sm=number, global_esr=0, warp_esr=0, warp_pc=0) for number in range(5)]
    return [*quiet, SmError(sm=5, global_esr=global_esr, warp_esr=warp_esr, warp_pc=warp_pc)]


@pytest.mark.parametrize(
    ("warp_esr", "kind"),
    [
        (0x09, errors.IllegalInstruction),
        (0x0F, errors.MisalignedAccess),
        (0x0E, errors.AddressOutOfRange),
        (0x20, errors.MmuFault),
        (0x01, errors.KernelFault),
        (0x3C, errors.KernelFault),
    ],
)
def test_a_compute_exception_is_what_the_warp_says_it_is(warp_esr, kind):
    error = diagnose(13, notification(13), None, erring(warp_esr), locate)

    assert type(error) is kind
    assert (error.xid, error.engine) == (13, "GR0")
    assert (error.sm, error.warp_pc) == (5, CODE + 0x230)
    assert (error.kernel, error.kernel_offset) == ("saxpy", 0x230)
    assert "kernel saxpy at offset 0x230" in error.message
    assert error.hint


def test_a_trap_is_told_from_the_sm_s_flags():
    assert type(diagnose(13, notification(13), None, erring(global_esr=0x20), locate)) is errors.Trap


def test_a_compute_exception_without_sm_state_stays_general():
    error = diagnose(13, notification(13), None, None, locate)

    assert type(error) is errors.KernelFault
    assert "sm" not in error.facts
    assert "QMD" in error.hint


@pytest.mark.parametrize("states", [[], erring(warp_pc=0)])
def test_a_compute_exception_of_no_sm_is_a_method_or_a_launch_descriptor_that_was_refused(states):
    error = diagnose(13, notification(13), None, states, locate)

    assert type(error) is errors.MethodError
    assert "sm" not in error.facts
    assert "QMD" in error.hint


def test_a_pc_outside_loaded_code_is_given_without_a_kernel():
    error = diagnose(13, notification(13), None, erring(0x09, warp_pc=0x1234), locate)

    assert error.warp_pc == 0x1234
    assert "kernel" not in error.facts


def test_without_a_locator_the_pc_is_still_given():
    assert diagnose(13, None, None, erring(0x09), None).warp_pc == CODE + 0x230


def test_an_mmu_fault_names_address_access_and_kernel():
    error = diagnose(
        31,
        notification(31),
        [
            MmuFaultRecord(
                gpu_va=0x7F00_0000_1000, fault_type=2, access=1, client=3, client_is_hub=False, gpc=2
            )
        ],
        erring(0x20),
        locate,
    )

    assert type(error) is errors.MmuFault
    assert (error.gpu_va, error.access, error.fault_type) == (0x7F00_0000_1000, "write", "PTE")
    assert (error.client, error.gpc) == ("GPC T1_3", 2)
    assert (error.kernel, error.kernel_offset) == ("saxpy", 0x230)
    assert error.message.startswith("a write at 0x7f0000001000 was refused by the MMU")


def test_the_channel_s_own_fault_goes_before_old_ones_of_the_debugger():
    old = MmuFaultRecord(gpu_va=0xDEAD_0000, fault_type=0, access=0)
    own = MmuFaultInfo(gpu_va=0x7F00_0000_1000, fault_type=2, text="FAULT_PTE")

    error = diagnose(31, notification(31), [old, own], None, locate)

    assert error.gpu_va == 0x7F00_0000_1000
    assert "access" not in error.facts


def test_the_debugger_adds_the_access_to_the_channel_s_fault():
    own = MmuFaultInfo(gpu_va=0x7F00_0000_1000, fault_type=2)
    same_page = MmuFaultRecord(gpu_va=0x7F00_0000_1040, fault_type=2, access=2)

    error = diagnose(31, notification(31), [own, same_page], None, locate)

    assert error.access == "atomic"


def test_an_mmu_fault_that_could_not_be_read_has_no_address():
    error = diagnose(31, notification(31), [MmuFaultInfo(gpu_va=0, fault_type=0)], None, locate)

    assert type(error) is errors.MmuFault
    assert "gpu_va" not in error.facts


def test_blackwell_s_fault_type_is_read_as_such():
    records = [MmuFaultRecord(gpu_va=0x1000, fault_type=0xB)]

    assert diagnose(31, None, records, None, None, blackwell=True).fault_type == "CC_VIOLATION"
    assert diagnose(31, None, records, None, None).fault_type == "COMPRESSION_FAILURE"


def test_an_mmu_fault_of_a_copy_engine_is_an_mmu_fault_that_names_the_engine():
    error = diagnose(31, notification(31, COPY2), [MmuFaultRecord(0x1000, 2, 0)], None, None)

    assert type(error) is errors.MmuFault
    assert error.engine == "COPY2"


@pytest.mark.parametrize(
    ("xid", "kind"),
    [
        (32, errors.PushbufferError),
        (69, errors.MethodError),
        (43, errors.ChannelDead),
        (45, errors.ChannelDead),
        (79, errors.DeviceLost),
        (119, errors.DeviceError),
        (9999, errors.ChannelDead),
    ],
)
def test_other_xids_have_the_class_of_the_table(xid, kind):
    error = diagnose(xid, notification(xid), None, None)

    assert type(error) is kind
    assert error.xid == xid
    assert str(xid) in error.message


def test_a_copy_engine_s_xid_names_the_engine():
    error = diagnose(41, notification(41, COPY2), None, None)

    assert type(error) is errors.CopyFault
    assert error.copy_engine == 2


def test_a_nameless_error_on_a_copy_engine_is_a_copy_fault():
    assert type(diagnose(9999, notification(9999, COPY2), None, None)) is errors.CopyFault


@pytest.mark.parametrize("xid", [43, 45])
def test_a_copy_channel_that_was_taken_down_did_not_fault(xid):
    assert type(diagnose(xid, notification(xid, COPY2), None, None)) is errors.ChannelDead


@pytest.mark.parametrize("xid", [45, 109])
def test_a_channel_taken_off_after_a_deadline_is_a_kernel_timeout(xid):
    error = diagnose(xid, notification(xid), None, None, timeout_s=2.0, kernel="spin")

    assert type(error) is errors.KernelTimeout
    assert (error.xid, error.timeout_s, error.kernel) == (xid, 2.0, "spin")
    assert "kernel spin did not end within 2 s" in error.message


def test_a_fault_that_came_before_the_deadline_is_still_the_fault():
    error = diagnose(31, notification(31), [MmuFaultRecord(0x1000, 2, 0)], None, timeout_s=2.0)

    assert type(error) is errors.MmuFault


def test_a_timeout_needs_no_xid():
    error = timed_out(0.5, erring(global_esr=0x20), locate, expected=3, semaphore_value=2)

    assert (error.kernel, error.kernel_offset) == ("saxpy", 0x230)
    assert (error.expected, error.semaphore_value) == (3, 2)
    assert "xid" not in error.facts


def test_what_the_caller_knows_is_part_of_the_error():
    assert diagnose(69, notification(69), None, None, channel="compute 0").channel == "compute 0"


def test_sm_state_that_does_not_explain_the_xid_is_left_out():
    error = diagnose(32, notification(32), None, erring(0x09), locate)

    assert "warp_pc" not in error.facts


def test_every_hint_is_for_a_class_that_diagnose_can_raise():
    assert all(issubclass(kind, errors.DeviceError) for kind in diagnosis._HINTS)


WORDS = st.integers(0, 2**32 - 1)
SM_STATES = st.builds(
    SmError, sm=st.integers(0, 143), global_esr=WORDS, warp_esr=WORDS, warp_pc=st.integers(0, 2**64 - 1)
)
MMU_RECORDS = st.builds(
    MmuFaultRecord, gpu_va=st.integers(0, 2**57 - 1), fault_type=WORDS, access=st.none() | WORDS
)


@given(
    xid=st.integers(0, 200),
    engine=st.integers(0, 0xFFFF),
    mmu=st.none() | st.lists(MMU_RECORDS, max_size=4),
    sm=st.none() | st.lists(SM_STATES, max_size=4),
    timeout_s=st.none() | st.just(1.0),
)
def test_any_read_out_gives_a_typed_error_with_its_xid(xid, engine, mmu, sm, timeout_s):
    error = diagnose(xid, notification(xid, engine), mmu, sm, locate, timeout_s=timeout_s)

    assert isinstance(error, errors.BarewireError)
    assert error.xid == xid
    assert str(error)
