"""Channel groups, channels and their debugger."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import pytest
from barewire.errors import Freed, RmError, UsageError


@pytest.fixture
def made(rm):
    """A compute channel with all that it needs."""
    space = rm.address_space()
    video, host = rm.video_memory(2 << 20), rm.host_memory(4096)
    ring = space.map(video)
    group = rm.channel_group(space)
    channel = group.channel(
        ring_gpu_va=ring, ring_entries=1024, userd_memory=video, userd_offset=65536, notifier_memory=host
    )
    return SimpleNamespace(space=space, video=video, host=host, ring=ring, group=group, channel=channel)


def params_of(kernel, handle):
    return next(known.params for known in kernel.objects if known.handle == handle)


def test_a_compute_channel_gets_what_rm_wants(kernel, made):
    params = params_of(kernel, made.channel.handle)

    assert made.channel.class_id == 0xC86F
    assert struct.unpack_from("<II", params, 0) == (made.host.handle, made.space.virtual_handle)
    assert struct.unpack_from("<QI", params, 8) == (made.ring, 1024)
    assert struct.unpack_from("<II", params, 24) == (made.group.share_handle, 0), (
        "a context share, or a space: not both"
    )
    assert struct.unpack_from("<I", params, 32) == (made.video.handle,)
    assert struct.unpack_from("<Q", params, 64) == (65536,)
    assert struct.unpack_from("<I", params, 128) == (1,)


def test_a_copy_channel_runs_on_a_copy_engine_of_its_own(rm, kernel, made):
    group = rm.channel_group(made.space, "copy")
    channel = group.channel(made.ring, 512, made.video, 512, made.host)
    handle = channel.engine_object()

    assert group.copy_engine == 2 and group.engine_type == 11
    assert struct.unpack_from("<II", params_of(kernel, handle), 0) == (1, 11)
    assert struct.unpack_from("<I", params_of(kernel, channel.handle), 24) == (0,), "no context share"
    assert rm.channel_group(made.space, "copy", copy_engine=11).engine_type == 0x35


def test_the_token_is_asked_once_and_late(kernel, made):
    made.channel.engine_object()
    made.group.schedule()

    assert "control 0xc36f0108" not in kernel.log
    assert made.channel.token == made.channel.token == 0x00020007
    assert kernel.log.count("control 0xc36f0108") == 1


def test_cilp_is_set_once_the_compute_object_exists(kernel, made):
    with pytest.raises(RmError):
        made.channel.set_compute_preemption_cilp()
    made.channel.engine_object()
    made.channel.set_compute_preemption_cilp()


def test_a_group_is_preempted_and_a_channel_stopped(made):
    made.group.schedule()
    made.group.set_timeslice(2000)
    made.group.preempt(0.25)
    made.channel.stop()
    for wrong in (0, -1, 5):
        with pytest.raises(UsageError):
            made.group.preempt(wrong)


def test_the_debugger_does_not_defer_recovery(kernel, made):
    made.channel.engine_object()
    seen = []
    kernel._answer_83de0309 = lambda client, found, params: seen.append(struct.unpack("<I", params)[0])
    debugger = made.channel.debugger()

    assert seen == [0]
    assert made.channel.debugger() is debugger


def test_a_debugger_needs_a_compute_object(made):
    with pytest.raises(UsageError):
        made.channel.debugger()


def test_a_debugger_whose_mask_cannot_be_set_is_freed(kernel, made):
    made.channel.engine_object()
    kernel.refuse[0x83DE0309] = 0x1F
    with pytest.raises(RmError):
        made.channel.debugger()

    assert 0x83DE not in [known.class_id for known in kernel.objects]


def test_the_faults_of_all_sms_are_read(made):
    made.channel.engine_object()
    debugger = made.channel.debugger()
    (error,) = debugger.sm_errors()
    (fault,) = debugger.mmu_faults()
    debugger.clear_sm_errors()

    assert (error.sm, error.warp_esr, error.warp_pc) == (101, 0x10, 0x10_0000_1230)
    assert (fault.gpu_va, fault.fault_type, fault.access_type) == (0x20_0000_0000, 2, 1)
    assert debugger.recovery_deferred() is False


def test_the_last_mmu_fault_of_a_channel_is_read(kernel, made):
    fault = made.channel.mmu_fault_info()

    assert (fault.gpu_va, fault.fault_type, fault.text) == (0x20_DEAD_0000, 2, "FAULT_PTE")
    assert fault.shader_program_vas[0] == 0x1000

    kernel._answer_906f0106 = lambda client, found, params: None
    assert made.channel.mmu_fault_info() is None


@pytest.mark.parametrize(
    ("ring", "entries", "userd"),
    [
        (0x1000, 1000, 0),
        (0x1000, 1, 0),
        (0x1004, 16, 0),
        (1 << 40, 16, 0),
        (0x1000, 16, 100),
        (0x1000, 16, 2 << 20),
    ],
)
def test_a_channel_that_cannot_work_is_refused_before_rm_is_asked(kernel, made, ring, entries, userd):
    before = kernel.ioctls
    with pytest.raises(UsageError):
        made.group.channel(ring, entries, made.video, userd)
    assert kernel.ioctls == before


def test_an_unknown_engine_is_refused(rm, made):
    with pytest.raises(UsageError):
        rm.channel_group(made.space, "video")


def test_closing_a_group_frees_children_first(kernel, made):
    made.channel.engine_object()
    made.channel.debugger()
    kernel.log.clear()
    made.group.close()
    made.group.close()

    assert kernel.log == ["free 0x83de", "free 0xcbc0", "free 0xc86f", "free 0x9067", "free 0xa06c"]
    assert kernel.complaints == []
    with pytest.raises(Freed):
        made.channel.engine_object()
    with pytest.raises(Freed):
        made.group.schedule()


def test_the_whole_device_ends_in_the_order_that_rm_wants(rm, kernel, made):
    made.channel.engine_object()
    made.channel.debugger()
    made.video.map_cpu()
    _ = rm.doorbell
    kernel.log.clear()
    rm.close()

    order = [entry.removeprefix("free ") for entry in kernel.log if entry.startswith("free")]
    assert order == [
        "0x83de", "0xcbc0", "0xc86f", "0x9067", "0xa06c", "0x70", "0x90f1", "0x3e", "0x40", "0xc661",
        "0x2080", "0x80", "0x41",
    ]  # fmt: skip
    assert kernel.complaints == [] and kernel.is_clean


def test_memory_of_a_channel_is_kept_while_the_channel_lives(rm, kernel, made):
    import gc

    handle = made.host.handle
    del made.host
    gc.collect()

    assert handle in [known.handle for known in kernel.objects]
