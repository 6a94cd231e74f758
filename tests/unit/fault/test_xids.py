"""The Xid table: every number that NVIDIA's header has, with a name, a meaning and what to do next."""

from __future__ import annotations

import pytest
from barewire import errors
from barewire.fault import xids
from barewire.fault.xids import Recovery


@pytest.mark.parametrize(
    ("number", "name", "error"),
    [
        (13, "ROBUST_CHANNEL_GR_EXCEPTION", errors.KernelFault),
        (31, "ROBUST_CHANNEL_FIFO_ERROR_MMU_ERR_FLT", errors.MmuFault),
        (32, "ROBUST_CHANNEL_PBDMA_ERROR", errors.PushbufferError),
        (41, "ROBUST_CHANNEL_CE2_ERROR", errors.CopyFault),
        (43, "ROBUST_CHANNEL_RESETCHANNEL_VERIF_ERROR", errors.ChannelDead),
        (45, "ROBUST_CHANNEL_PREEMPTIVE_REMOVAL", errors.ChannelDead),
        (69, "ROBUST_CHANNEL_GR_CLASS_ERROR", errors.MethodError),
        (79, "ROBUST_CHANNEL_GPU_HAS_FALLEN_OFF_THE_BUS", errors.DeviceLost),
        (85, "ROBUST_CHANNEL_CE9_ERROR", errors.CopyFault),
        (135, "ROBUST_CHANNEL_CE19_ERROR", errors.CopyFault),
        (142, "ROBUST_CHANNEL_NVENC3_ERROR", errors.ChannelDead),
    ],
)
def test_the_xids_a_developer_meets_have_their_class(number, name, error):
    entry = xids.lookup(number)

    assert (entry.name, entry.error) == (name, error)


def test_every_copy_engine_is_found_by_its_xid():
    numbers = [39, 40, 41, 70, 71, 72, 75, 76, 77, 85, *range(126, 136)]

    assert [xids.copy_engine_of(number) for number in numbers] == list(range(20))
    assert xids.copy_engine_of(42) is None


def test_a_copy_engine_s_xid_names_the_engine():
    assert "copy engine 12" in xids.lookup(128).meaning


def test_every_entry_says_what_happened_and_what_to_do():
    for number, entry in xids.XIDS.items():
        assert entry.number == number
        assert entry.name.isupper()
        assert entry.meaning
        assert isinstance(entry.recovery, Recovery)
        assert issubclass(entry.error, errors.BarewireError)


def test_the_table_holds_each_number_of_the_header_once():
    # nverror.h of 580.95.05 defines 129 numbers from 13 to 172; 11 and 109 are from NVIDIA's public list.
    assert len(xids.XIDS) == 131
    assert len({entry.name for entry in xids.XIDS.values()}) == 131
    assert min(xids.XIDS) == 11
    assert max(xids.XIDS) == 172


def test_an_unknown_xid_is_a_dead_channel_that_keeps_its_number():
    entry = xids.lookup(9999)

    assert entry.number == 9999
    assert entry.error is errors.ChannelDead
    assert "9999" in entry.name
