"""The resource manager over RPC: what it asks GSP, what it adds itself, how it ends."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from barewire.errors import (  # noqa: E402
    DeviceError,
    DeviceLost,
    Freed,
    ResourceError,
    RmError,
    RpcError,
    RpcTimeout,
    UsageError,
    WrongDevice,
)
from barewire.fault.gather import explain  # noqa: E402
from barewire.gsp.events import OsErrorLog  # noqa: E402
from barewire.native._native import ffi  # noqa: E402
from barewire.rm.rpc import RpcResourceManager  # noqa: E402
from rpc_firmware import (  # noqa: E402
    COPY_CLASS,
    GPFIFO_CLASS,
    GROUP_CLASS,
    SPACE_CLASS,
    notification,
)
from rpc_world import World, eventually, make_channel  # noqa: E402

STATUS_ERROR = 0xFFFF
COPY2_RUNLIST, COPY2_TYPE = 10, 12


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def rm(world: World) -> Iterator[RpcResourceManager]:
    made = world.open()
    yield made
    made.close()


def test_the_facts_come_from_static_information_and_internal_controls(rm: RpcResourceManager) -> None:
    facts = rm.facts

    assert facts.name == "Fake H100"
    assert facts.uuid == bytes(range(16))
    assert (facts.chip, facts.chipset, facts.sm_version) == ("gh100", 0x180, 90)
    assert facts.vram_bytes == 80 << 30
    assert (facts.gpc_count, facts.tpc_count, facts.sm_count) == (3, 25, 50)
    assert facts.driver_version == "570.144"


def test_copy_engines_on_the_graphics_runlist_are_left_out_and_the_widest_comes_first(
    rm: RpcResourceManager,
) -> None:
    assert rm.facts.copy_engines == (3, 4, 2)
    assert rm.runlist_of(COPY2_TYPE) == COPY2_RUNLIST


def test_a_gpu_that_does_not_tell_its_units_is_opened_all_the_same(world: World) -> None:
    with world.firmware.refusing(0x20800137, "NV_ERR_NOT_SUPPORTED"), world.open() as rm:
        assert rm.facts.sm_count == 0


def test_an_address_space_is_externally_owned_with_our_root(world: World, rm: RpcResourceManager) -> None:
    space = rm.address_space()
    (object_,) = world.firmware.objects(SPACE_CLASS)

    assert object_.root == space.tables.root.address
    space.close()
    assert world.firmware.objects(SPACE_CLASS) == []
    assert world.memory.spaces == []
    with pytest.raises(Freed):
        space.map(rm.video_memory(4096))


def test_a_space_whose_root_is_refused_leaves_nothing_behind(world: World, rm: RpcResourceManager) -> None:
    with world.firmware.refusing(0x00801813), pytest.raises(RmError):
        rm.address_space()

    assert world.firmware.objects(SPACE_CLASS) == []
    assert world.memory.spaces == []


def test_an_address_space_is_not_closed_before_its_channels(world: World, rm: RpcResourceManager) -> None:
    space = rm.address_space()
    group, _, _, _ = make_channel(rm, space)
    with pytest.raises(UsageError) as refused:
        space.close()
    assert refused.value.channels == 1

    group.close()
    space.close()
    assert world.memory.spaces == []


def test_an_object_that_went_with_its_parent_is_freed_without_complaint(
    world: World, rm: RpcResourceManager
) -> None:
    group, _, _, _ = make_channel(rm, rm.address_space())
    for node in (*world.firmware.objects(COPY_CLASS), *world.firmware.objects(GPFIFO_CLASS)):
        del world.firmware.nodes[node.handle]
    group.close()

    assert world.firmware.objects(GROUP_CLASS) == []


def test_memory_of_another_gpu_is_not_mapped(rm: RpcResourceManager) -> None:
    with World().open() as other, pytest.raises(WrongDevice):
        rm.address_space().map(other.video_memory(4096))


def test_a_channel_is_told_where_its_memory_is(world: World, rm: RpcResourceManager) -> None:
    space = rm.address_space()
    _, channel, video, _ = make_channel(rm, space)
    (object_,) = world.firmware.objects(GPFIFO_CLASS)
    params = object_.params

    instance = channel._memory
    assert (params["instanceMem.base"], params["instanceMem.size"]) == (instance.address, 0x1000)
    assert (params["ramfcMem.base"], params["ramfcMem.size"]) == (instance.address, 0x200)
    assert (params["mthdbufMem.base"], params["mthdbufMem.size"]) == (instance.address + 0x1000, 0x5000)
    assert (params["userdMem.base"], params["userdMem.size"]) == (video.address + 0x2000, 0x200)
    assert {
        params[f"{name}.addressSpace"] for name in ("instanceMem", "ramfcMem", "userdMem", "mthdbufMem")
    } == {2}
    assert not any(instance.data), "RM expects zeros"
    assert world.memory.fences == 1
    assert params["internalFlags"] == 0x14
    assert params["hVASpace"] == 0 and params["hContextShare"] == 0, "the group has the space"
    assert params["gpFifoEntries"] == 1024
    assert object_.bound


def test_the_token_is_the_runlist_and_the_channels_number(rm: RpcResourceManager) -> None:
    space = rm.address_space()
    channels = [make_channel(rm, space)[1] for _ in range(10)]

    runlist = channels[0].group.runlist
    assert [channel.token for channel in channels] == [runlist << 16 | number for number in range(1, 11)]


def test_numbers_of_closed_channels_are_taken_again(rm: RpcResourceManager) -> None:
    space = rm.address_space()
    made = [make_channel(rm, space) for _ in range(3)]
    made[1][0].close()

    assert make_channel(rm, space)[1].channel_id == 2


def test_a_full_runlist_is_no_rm_error(rm: RpcResourceManager) -> None:
    for _ in range(2047):
        rm.channel_ids.take(7)
    with pytest.raises(ResourceError):
        rm.channel_ids.take(7)


@pytest.mark.parametrize("step", [GPFIFO_CLASS, 0xA06F0104], ids=["alloc", "bind"])
def test_a_channel_that_is_refused_leaves_nothing_behind(
    world: World, rm: RpcResourceManager, step: int
) -> None:
    space = rm.address_space()
    group, first, video, host = make_channel(rm, space)
    before = len(world.memory.live)
    with world.firmware.refusing(step), pytest.raises(RmError):
        group.channel(0x10_0000_0000, 1024, video, 0x2200, host, video)

    assert len(world.firmware.objects(GPFIFO_CLASS)) == 1
    assert len(world.memory.live) == before
    assert group.channels == [first]
    assert rm.channel_ids.take(group.runlist) == 2


def test_closing_a_group_frees_objects_from_the_leaves_up_and_then_memory(
    world: World, rm: RpcResourceManager
) -> None:
    space = rm.address_space()
    group, channel, _, _ = make_channel(rm, space)
    instance = channel._memory
    del world.firmware.said[:]
    group.close()

    assert world.firmware.said == [("free", COPY_CLASS), ("free", GPFIFO_CLASS), ("free", GROUP_CLASS)]
    assert instance.closed
    group.close()


def test_groups_are_preempted_sliced_and_stopped(world: World, rm: RpcResourceManager) -> None:
    group, channel, _, _ = make_channel(rm, rm.address_space())
    group.preempt(0.5)
    group.set_timeslice(1000)
    channel.stop()

    assert [number for _, number in world.firmware.said[-3:]] == [0xA06C0105, 0xA06C0103, 0xA06F0112]
    with pytest.raises(UsageError):
        group.preempt(2.0)


def test_the_death_of_a_channel_is_written_to_its_notifier_and_to_no_other(
    world: World, rm: RpcResourceManager
) -> None:
    space = rm.address_space()
    _, victim, _, host = make_channel(rm, space)
    _, bystander, _, other_host = make_channel(rm, space)
    engine = victim.group.engine_type
    world.firmware.kill(
        victim.group.runlist, engine, victim.channel_id, 31, "MMU Fault", gpu_va=0xDEAD000, fault_type=2
    )

    assert eventually(lambda: notification(host)[2] == STATUS_ERROR)
    assert notification(host) == (31, engine, STATUS_ERROR)
    assert victim.last_text == "MMU Fault"
    fault = victim.mmu_fault_info()
    assert (fault.gpu_va, fault.fault_type, fault.text) == (0xDEAD000, 2, "FAULT_PTE")
    assert notification(other_host)[2] == 0
    assert bystander.mmu_fault_info() is None


def test_all_channels_of_a_group_die_with_one_of_them(world: World, rm: RpcResourceManager) -> None:
    group, first, video, host = make_channel(rm, rm.address_space())
    other = rm.host_memory(4096)
    second = group.channel(0x10_0000_0000, 1024, video, 0x2200, other, video)
    world.firmware.kill(group.runlist, group.engine_type, first.channel_id, 31, "", gpu_va=0xDEAD000)

    assert eventually(lambda: notification(other)[2] == STATUS_ERROR)
    assert notification(host)[0] == notification(other)[0] == 31
    assert first.mmu_fault_info() is not None and second.mmu_fault_info() is None


def test_every_line_of_an_error_is_kept(world: World, rm: RpcResourceManager) -> None:
    _, channel, _, host = make_channel(rm, rm.address_space())
    number = channel.group.runlist, channel.group.engine_type, channel.channel_id
    for line in ("Warp Exception", "ESR 0x519730"):
        world.firmware.waiting_events.append(OsErrorLog(0x1006, b"", 13, number[0], number[2], line))
    world.firmware.kill(*number, 13, "Graphics Exception")

    assert eventually(lambda: notification(host)[2] == STATUS_ERROR)
    assert channel.last_text == "Warp Exception; ESR 0x519730; Graphics Exception"


def test_what_waits_for_an_engine_may_take_longer_than_rm_waits(world: World, rm: RpcResourceManager) -> None:
    group, channel, _, _ = make_channel(rm, rm.address_space())
    group.preempt(0.5)
    channel.stop()

    assert world.firmware.patience[0xA06F0112] > 5 and world.firmware.patience[0xA06C0105] > 5
    assert not world.firmware.patience[0xA06F0104]


def test_the_first_error_of_a_channel_stays(world: World, rm: RpcResourceManager) -> None:
    space = rm.address_space()
    _, channel, _, host = make_channel(rm, space)
    _, witness, _, other = make_channel(rm, space)
    for each, xid in ((channel, 32), (channel, 45), (witness, 13)):
        world.firmware.kill(each.group.runlist, each.group.engine_type, each.channel_id, xid, "")

    assert eventually(lambda: notification(other)[2] == STATUS_ERROR)
    assert notification(host)[0] == 32


def test_a_channel_may_have_its_userd_on_the_host(world: World, rm: RpcResourceManager) -> None:
    space = rm.address_space()
    video, host = rm.video_memory(2 << 20), rm.host_memory(4096)
    rm.channel_group(space).channel(space.map(video), 1024, host, 0x400, None, video)
    params = world.firmware.objects(GPFIFO_CLASS)[0].params

    assert (params["userdMem.base"], params["userdMem.addressSpace"]) == (host.address + 0x400, 1)


def test_what_the_notifier_says_becomes_a_typed_error(world: World, rm: RpcResourceManager) -> None:
    _, channel, _, host = make_channel(rm, rm.address_space())
    world.firmware.kill(
        channel.group.runlist, channel.group.engine_type, channel.channel_id, 31, "", gpu_va=0xDEAD000
    )
    assert eventually(lambda: notification(host)[2] == STATUS_ERROR)

    address = int(ffi.cast("uintptr_t", ffi.from_buffer(host.data)))
    error = explain(channel, address, lambda pc: None, lambda pc: None)
    assert type(error).__name__ == "MmuFault"
    assert (error.xid, error.gpu_va) == (31, 0xDEAD000)


def test_deaths_of_channels_that_nobody_has_are_counted(world: World, rm: RpcResourceManager) -> None:
    world.firmware.kill(10, 12, 77, 31, "")
    world.firmware.kill(99, 0x99, 1, 13, "")

    assert eventually(lambda: rm.watch.orphans == 2)


def test_a_late_death_of_a_closed_channel_reaches_nobody_else(world: World, rm: RpcResourceManager) -> None:
    space = rm.address_space()
    group, channel, _, _ = make_channel(rm, space)
    group.close()
    world.firmware.kill(group.runlist, group.engine_type, channel.channel_id, 31, "late")

    assert eventually(lambda: rm.watch.orphans == 1)


def test_a_corrupt_message_does_not_end_the_watch(world: World, rm: RpcResourceManager) -> None:
    drain, bad = world.firmware.drain, [RpcError("bad checksum")]

    def fail_once() -> int:
        if bad:
            raise bad.pop()
        return drain()

    world.firmware.drain = fail_once  # type: ignore[method-assign]
    before = world.firmware.drains
    assert eventually(lambda: world.firmware.drains > before)
    assert rm.watch.failure is not None


@pytest.mark.parametrize(
    ("stopped", "xid"), [(RpcError("GSP has stopped"), 120), (DeviceLost("gone"), 79)], ids=["GSP", "GPU"]
)
def test_every_channel_learns_that_there_is_no_gsp_any_more(
    world: World, rm: RpcResourceManager, stopped: Exception, xid: int
) -> None:
    space = rm.address_space()
    made = [make_channel(rm, space) for _ in range(2)]
    notifiers = [host for _, _, _, host in made]
    world.stopped = stopped

    assert eventually(lambda: all(notification(host)[2] == STATUS_ERROR for host in notifiers))
    assert [notification(host)[0] for host in notifiers] == [xid, xid]
    assert rm.watch.end is stopped
    del world.firmware.said[:]
    rm.close()
    assert world.firmware.said == [], "there is nobody to ask"
    assert world.undone == 1


def test_the_clock_is_read_until_both_words_belong_together(world: World, rm: RpcResourceManager) -> None:
    world.time[:] = [1, 0xFFFFFFE0, 2, 0x20, 2]

    assert rm.gpu_time_ns() == 2 << 32 | 0x20


def test_a_clock_that_makes_no_sense_is_reported(world: World, rm: RpcResourceManager) -> None:
    world.time[:] = list(range(100))

    with pytest.raises(DeviceError):
        rm.gpu_time_ns()


def test_closing_frees_everything_children_first_then_the_ground(world: World) -> None:
    rm = world.open()
    make_channel(rm, rm.address_space())
    del world.firmware.said[:]
    rm.close()

    classes = [COPY_CLASS, GPFIFO_CLASS, GROUP_CLASS, SPACE_CLASS, 0x2080, 0x80, 0x0]
    assert world.firmware.said == [("free", each) for each in classes]
    assert world.firmware.nodes == {}
    assert world.undone == 1
    assert not world.firmware.handlers
    rm.close()
    with pytest.raises(Freed):
        rm.video_memory(4096)


def test_a_manager_that_is_dropped_ends(world: World) -> None:
    rm = world.open()
    del rm
    gc.collect()

    assert eventually(lambda: world.undone == 1)
    assert world.firmware.nodes == {}


def test_opening_that_fails_gives_the_ground_back(world: World) -> None:
    with world.firmware.refusing(0x20801112), pytest.raises(RmError):
        world.open()

    assert world.undone == 1
    assert world.firmware.nodes == {}
    assert not world.firmware.handlers


def test_a_firmware_that_does_not_answer_is_not_asked_to_free_each_object(world: World) -> None:
    rm = world.open()
    make_channel(rm, rm.address_space())
    silence = RpcTimeout("GSP did not answer", function="FREE")
    world.firmware.failures = dict.fromkeys(
        [COPY_CLASS, GPFIFO_CLASS, GROUP_CLASS, SPACE_CLASS, 0x80], silence
    )
    del world.firmware.said[:]
    with pytest.raises(RpcTimeout):
        rm.close()

    assert [what for what, _ in world.firmware.said] == ["free"]
    assert world.undone == 1
    assert rm.closed


def test_an_answer_ends_the_silence(world: World, rm: RpcResourceManager) -> None:
    space = rm.address_space()
    world.firmware.failures = {0xA06C0103: RpcTimeout("GSP did not answer", function="GSP_RM_CONTROL")}
    group, _, _, _ = make_channel(rm, space)
    with pytest.raises(RpcTimeout):
        group.set_timeslice(100)
    assert rm.client.silence is not None

    group.preempt()
    assert rm.client.silence is None
    group.close()
    assert world.firmware.objects(GROUP_CLASS) == []


def test_what_gsp_did_not_answer_for_is_freed_once_it_answers(world: World, rm: RpcResourceManager) -> None:
    space = rm.address_space()
    group, channel, _, _ = make_channel(rm, space)
    instance = channel._memory
    silence = RpcTimeout("GSP did not answer", function="FREE")
    world.firmware.failures = dict.fromkeys([COPY_CLASS, GPFIFO_CLASS, GROUP_CLASS, SPACE_CLASS], silence)
    with pytest.raises(RpcTimeout):
        group.close()
    space.close()
    assert len(world.firmware.objects(GPFIFO_CLASS)) == 1
    assert not instance.closed, "the channel is still there, and may write to it"
    assert world.memory.spaces, "so are the page tables"
    assert rm.channel_ids.take(group.runlist) == 2

    world.firmware.failures = {}
    rm.client.ask(rm.client.subdevice, "CE_GET_FAULT_METHOD_BUFFER_SIZE")
    for class_id in (COPY_CLASS, GPFIFO_CLASS, GROUP_CLASS, SPACE_CLASS):
        assert world.firmware.objects(class_id) == []
    assert instance.closed
    assert not world.memory.spaces
    assert rm.channel_ids.take(group.runlist) == 1


def test_a_channel_whose_making_was_not_answered_may_be_there_all_the_same(
    world: World, rm: RpcResourceManager
) -> None:
    space = rm.address_space()
    group, _, video, host = make_channel(rm, space)
    before = len(world.memory.live)
    world.firmware.failures = {GPFIFO_CLASS: RpcTimeout("GSP did not answer", function="GSP_RM_ALLOC")}
    with pytest.raises(RpcTimeout):
        group.channel(0x10_0000_0000, 1024, video, 0x2200, host, video)
    assert len(world.memory.live) == before + 1

    world.firmware.failures = {}
    group.preempt()
    assert len(world.memory.live) == before
    assert rm.channel_ids.take(group.runlist) == 2
