"""MMU faults in words."""

from __future__ import annotations

import pytest
from barewire.fault import mmu
from barewire.fault.records import MmuFaultInfo, MmuFaultRecord


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0x0, "PDE"),
        (0x2, "PTE"),
        (0x3, "VA_LIMIT_VIOLATION"),
        (0x6, "RO_VIOLATION"),
        (0xA, "UNSUPPORTED_APERTURE"),
        (0xB, "COMPRESSION_FAILURE"),
        (0xF, "ATOMIC_VIOLATION"),
    ],
)
def test_fault_types_have_nvidia_s_names(number, name):
    assert mmu.fault_type(number).name == name


def test_all_sixteen_fault_types_have_a_meaning():
    assert all(mmu.FAULT_TYPES[number].meaning for number in range(16))


def test_blackwell_gives_one_number_another_meaning():
    assert mmu.fault_type(0xB, blackwell=True).name == "CC_VIOLATION"
    assert mmu.fault_type(0xC, blackwell=True) == mmu.fault_type(0xC)


def test_unknown_numbers_print_as_numbers():
    assert mmu.fault_type(0x1E).name == "0x1e"
    assert mmu.access_word(0x7) == "0x7"
    assert mmu.client_name(0x7F, True) == "HUB 0x7f"
    assert mmu.client_name(0x7F, False) == "GPC 0x7f"
    assert mmu.engine_name(999) == "0x3e7"


def test_what_is_not_known_stays_none():
    assert mmu.access_word(None) is None
    assert mmu.client_name(None, None) is None
    assert mmu.engine_name(None) is None


@pytest.mark.parametrize(
    ("number", "is_hub", "name"),
    [
        (0x03, False, "GPC T1_3"),
        (0x21, False, "GPC T1_8"),
        (0x30, False, "GPC TPCCS_7"),
        (0x32, False, "GPC PE_9"),
        (0x5C, False, "GPC TPCCS_19"),
        (0x60, False, "GPC T1_39"),
        (0x73, False, "GPC ROP_3"),
        (0x4D, True, "HUB PTP_X15"),
        (0x06, True, "HUB HOST"),
        (0x1D, True, "HUB SKED0"),
        (0x45, True, "HUB HSCE15"),
        (0x54, True, "HUB FE7"),
        (0x62, True, "HUB SKED7"),
        (0x78, True, "HUB NVJPG7"),
        (0x79, True, "HUB FSP"),
    ],
)
def test_clients_are_named_by_their_own_table(number, is_hub, name):
    assert mmu.client_name(number, is_hub) == name


@pytest.mark.parametrize(
    ("number", "name"),
    [(384, "GRAPHICS"), (43, "CE0"), (52, "CE9"), (64, "HOST0"), (108, "HOST44"), (2, "GSP")],
)
def test_engines_of_gh100_have_names(number, name):
    assert mmu.engine_name(number) == name


@pytest.mark.parametrize(
    ("access", "words"),
    [
        (0, "a read at 0x1000"),
        (1, "a write at"),
        (2, "an atomic at"),
        (3, "a prefetch at"),
        (None, "an access at"),
    ],
)
def test_a_fault_reads_as_a_sentence(access, words):
    text = mmu.describe(MmuFaultRecord(gpu_va=0x1000, fault_type=6, access=access))

    assert text.startswith(words)
    assert text.endswith("the page is mapped read-only")


def test_a_channel_that_never_faulted_has_no_valid_fault():
    assert not MmuFaultInfo(gpu_va=0, fault_type=0).is_valid
    assert MmuFaultInfo(gpu_va=0, fault_type=2).is_valid
    assert MmuFaultInfo(gpu_va=0, fault_type=0, text="FAULT_PDE").is_valid
