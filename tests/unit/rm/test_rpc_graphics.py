"""Compute channels over RPC: the golden context, what a channel is promoted, and the debugger."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from barewire.errors import DeviceError, EngineMissing, OutOfVram, RmError, RpcTimeout  # noqa: E402
from barewire.rm.rpc import RpcResourceManager  # noqa: E402
from rpc_firmware import (  # noqa: E402
    COMPUTE_CLASS,
    CONTEXT_SIZES,
    GPFIFO_CLASS,
    GRAPHICS_CLASS,
    GROUP_CLASS,
    SHARE_CLASS,
    SPACE_CLASS,
)
from rpc_world import World, make_channel  # noqa: E402

MAIN, PATCH, ATTRIBUTES, ACCESS_MAP, UNRESTRICTED = 0, 2, 5, 10, 11
SHARED = {3, 4, 5, 6, 9, 10}  # of channels: what all contexts of the GPU have together
PROMOTE, SIZES, RESERVE = 0x2080012B, 0x20800A32, 0x90F10106
IN_VIDEO_UNCACHED = 4


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def rm(world: World) -> Iterator[RpcResourceManager]:
    made = world.open()
    yield made
    made.close()


def promotions(world: World) -> list[tuple[str, int]]:
    return [said for said in world.firmware.said if said == ("control", PROMOTE)]


def test_nothing_of_graphics_is_asked_before_the_first_compute_channel(world: World, rm: RpcResourceManager):
    make_channel(rm, rm.address_space())

    assert ("control", SIZES) not in world.firmware.said
    assert rm.engines == ("compute", "copy")


def test_the_golden_context_is_made_once_and_leaves_only_shared_buffers(world: World, rm: RpcResourceManager):
    before = len(world.memory.live)
    rm.graphics.prepare()
    said = list(world.firmware.said)
    rm.graphics.prepare()

    assert world.firmware.said == said
    assert world.firmware.golden and not world.firmware.objects(GRAPHICS_CLASS)
    assert not world.firmware.objects(GPFIFO_CLASS) and not world.firmware.objects(SPACE_CLASS)
    assert len(world.memory.live) - before == len(SHARED | {UNRESTRICTED})
    assert world.memory.spaces == []
    assert rm.channel_ids.take(0) == 1, "its number is free again"


def test_rm_gets_its_range_before_the_channel_and_the_object_after_the_buffers(
    world: World, rm: RpcResourceManager
):
    del world.firmware.said[:]
    rm.graphics.prepare()

    order = [
        ("control", SIZES), ("alloc", SPACE_CLASS), ("control", RESERVE), ("alloc", GPFIFO_CLASS),
        ("control", PROMOTE), ("alloc", GRAPHICS_CLASS), ("free", GRAPHICS_CLASS), ("free", GPFIFO_CLASS),
        ("free", SPACE_CLASS),
    ]  # fmt: skip
    assert [said for said in world.firmware.said if said in order] == order


def test_the_golden_channel_is_privileged_and_told_of_every_buffer(world: World, rm: RpcResourceManager):
    seen = []
    make = world.firmware._make_graphics_object
    world.firmware._make_graphics_object = lambda channel: (seen.append(channel), make(channel))
    rm.graphics.prepare()
    (channel,) = seen
    (told,) = channel.promotions

    assert channel.params["flags"] >> 5 & 1 == 1
    assert channel.params["internalFlags"] == 0x15
    assert set(told) == {MAIN, PATCH, UNRESTRICTED} | SHARED
    filled = {number for number, entry in told.items() if entry["bInitialize"]}
    assert filled == {MAIN, PATCH, 9, ACCESS_MAP, UNRESTRICTED}
    assert all(told[number]["physAttr"] == IN_VIDEO_UNCACHED for number in filled)
    assert told[MAIN]["size"] == 0xA000 + 64 * 4096, "pages for subcontexts follow"
    assert told[PATCH]["size"] == CONTEXT_SIZES[0x10]
    assert [number for number, entry in told.items() if entry["bNonmapped"]] == [ACCESS_MAP]


def test_a_channel_has_a_main_context_of_its_own_and_shares_the_rest(world: World, rm: RpcResourceManager):
    space, other = rm.address_space(), rm.address_space()
    made = [make_channel(rm, where, "compute")[1] for where in (space, space, other)]
    told = [world.firmware.nodes[channel.handle].promotions for channel in made]

    assert [len(each) for each in told] == [1, 1, 1]
    first, second, third = (each[0] for each in told)
    assert set(first) == {MAIN, PATCH} | SHARED
    assert {number for number, entry in first.items() if entry["bInitialize"]} == {MAIN, PATCH}
    assert all(entry["gpuVirtAddr"] for each in (first, second, third) for entry in each.values())
    for number in SHARED:
        assert first[number]["gpuVirtAddr"] == second[number]["gpuVirtAddr"]
    assert first[MAIN]["gpuPhysAddr"] != second[MAIN]["gpuPhysAddr"]
    assert first[MAIN]["gpuVirtAddr"] != second[MAIN]["gpuVirtAddr"]
    of_first, of_third = (
        where.tables.mappings[told_of[ACCESS_MAP]["gpuVirtAddr"]].memory
        for where, told_of in ((space, first), (other, third))
    )
    assert of_first is of_third, "the same memory in both address spaces"


def test_buffers_are_mapped_for_privileged_accesses_and_the_access_map_read_only(
    world: World, rm: RpcResourceManager
):
    space = rm.address_space()
    _, channel, _, _ = make_channel(rm, space, "compute")
    (told,) = world.firmware.nodes[channel.handle].promotions
    mapped = {number: space.tables.mappings[entry["gpuVirtAddr"]] for number, entry in told.items()}

    assert all(mapping.privileged for mapping in mapped.values())
    assert [number for number, mapping in mapped.items() if mapping.read_only] == [ACCESS_MAP]
    assert mapped[ATTRIBUTES].alignment == 1 << (CONTEXT_SIZES[0x13] - 1).bit_length()
    filled = (MAIN, PATCH, 9, ACCESS_MAP)
    assert not any(any(mapped[number].memory.data) for number in filled), "RM expects zeros"


def test_channels_of_one_group_share_their_context(world: World, rm: RpcResourceManager):
    space = rm.address_space()
    group, first, video, host = make_channel(rm, space, "compute")
    second = group.channel(0x10_0000_0000, 1024, video, 0x2200, host, video)
    (told,), (again,) = (world.firmware.nodes[each.handle].promotions for each in (first, second))

    assert [entry["gpuVirtAddr"] for entry in told.values()] == [
        entry["gpuVirtAddr"] for entry in again.values()
    ]
    assert not any(entry["bInitialize"] for entry in again.values()), "it is filled already"


def test_a_compute_channel_is_in_a_context_share_and_has_the_compute_class(
    world: World, rm: RpcResourceManager
):
    _, channel, _, _ = make_channel(rm, rm.address_space(), "compute")
    (share,) = world.firmware.objects(SHARE_CLASS)

    assert world.firmware.nodes[channel.handle].params["hContextShare"] == share.handle
    assert [node.handle for node in world.firmware.objects(COMPUTE_CLASS)] == [channel.object_handle]
    channel.set_compute_preemption_cilp()
    assert world.firmware.mode == 2


def test_closing_a_group_gives_its_context_back_after_rm_has_let_go(world: World, rm: RpcResourceManager):
    space = rm.address_space()
    make_channel(rm, space, "compute")[0].close()
    memories, mappings = len(world.memory.live), len(space.mappings)
    group, _, video, host = make_channel(rm, space, "compute")
    own = [memory for _, memory, _ in group.context._own]
    alive_at_free = []
    free = world.firmware.free
    world.firmware.free = lambda client, handle: (
        alive_at_free.append(any(memory.closed for memory in own)), free(client, handle)
    )  # fmt: skip
    group.close()

    assert world.firmware.objects(GROUP_CLASS) == [] and not any(alive_at_free)
    assert all(memory.closed for memory in own)
    video.close(), host.close()
    assert (len(world.memory.live), len(space.mappings)) == (memories, mappings + 1)


@pytest.mark.parametrize(
    "step", [SIZES, SPACE_CLASS, RESERVE, GPFIFO_CLASS, PROMOTE, GRAPHICS_CLASS],
    ids=["sizes", "space", "range", "channel", "promote", "object"],
)  # fmt: skip
def test_a_golden_context_that_is_refused_leaves_nothing_behind_and_is_made_the_next_time(
    world: World, rm: RpcResourceManager, step: int
):
    with world.firmware.refusing(step), pytest.raises(RmError):
        rm.graphics.prepare()
    assert (world.memory.live, world.memory.spaces) == ([], [])
    assert not world.firmware.objects(GPFIFO_CLASS) and not world.firmware.objects(SPACE_CLASS)

    rm.graphics.prepare()
    make_channel(rm, rm.address_space(), "compute")


@pytest.mark.parametrize("step", [GROUP_CLASS, SHARE_CLASS, GPFIFO_CLASS, PROMOTE])
def test_a_compute_channel_that_is_refused_leaves_nothing_behind(
    world: World, rm: RpcResourceManager, step: int
):
    space = rm.address_space()
    make_channel(rm, space, "compute")[0].close()
    video, host = rm.video_memory(2 << 20), rm.host_memory(4096)
    memories, mappings = len(world.memory.live), len(space.mappings)
    with (
        world.firmware.refusing(step),
        pytest.raises(RmError),
        rm.channel_group(space, "compute") as group,
    ):
        group.channel(0x10_0000_0000, 1024, video, 0x2000, host, video)

    assert (len(world.memory.live), len(space.mappings)) == (memories, mappings)
    assert world.firmware.objects(GROUP_CLASS) == []


def test_no_memory_for_a_context_leaves_no_group(world: World, rm: RpcResourceManager):
    rm.graphics.prepare()
    space = rm.address_space()
    taken = len(world.memory.live)

    def none(*_: object, **__: object) -> None:
        raise OutOfVram("no memory")

    world.memory.video_memory, before = none, world.memory.video_memory
    with pytest.raises(OutOfVram):
        rm.channel_group(space, "compute")
    world.memory.video_memory = before

    assert world.firmware.objects(GROUP_CLASS) == []
    assert len(world.memory.live) == taken
    space.close()


def test_a_context_that_gsp_does_not_let_go_of_keeps_its_memory(world: World, rm: RpcResourceManager):
    group, _, _, _ = make_channel(rm, rm.address_space(), "compute")
    own = [memory for _, memory, _ in group.context._own]
    world.firmware.failures[GROUP_CLASS] = RpcTimeout("GSP is silent")
    with pytest.raises(RpcTimeout):
        group.close()
    assert not any(memory.closed for memory in own)

    world.firmware.failures.clear()
    rm.address_space().close()
    assert all(memory.closed for memory in own)


def test_a_golden_context_that_gsp_does_not_let_go_of_keeps_its_memory(world: World, rm: RpcResourceManager):
    world.firmware.failures[GRAPHICS_CLASS] = RpcTimeout("GSP is silent")
    with pytest.raises(RpcTimeout):
        rm.graphics.prepare()
    assert len(world.memory.live) > len(SHARED)

    world.firmware.failures.clear()
    rm.address_space().close()
    assert (world.memory.live, world.memory.spaces) == ([], [])
    rm.graphics.prepare()


def test_a_channel_that_an_interrupt_leaves_half_made_is_freed_before_what_it_uses(
    world: World, rm: RpcResourceManager
):
    space = rm.address_space()
    make_channel(rm, space, "compute")[0].close()
    video, host = rm.video_memory(2 << 20), rm.host_memory(4096)
    alloc = world.firmware.alloc

    def interrupted(client: int, parent: int, handle: int, class_id: int, params: Any) -> None:
        alloc(client, parent, handle, class_id, params)
        if class_id == GPFIFO_CLASS:
            raise KeyboardInterrupt  # RM has made it, and its answer is not looked at any more

    world.firmware.alloc = interrupted
    del world.firmware.said[:]
    with pytest.raises(KeyboardInterrupt), rm.channel_group(space, "compute") as group:
        group.channel(0x10_0000_0000, 1024, video, 0x2000, host, video)
    world.firmware.alloc = alloc

    freed = [number for what, number in world.firmware.said if what == "free"]
    assert freed == [GPFIFO_CLASS, SHARE_CLASS, GROUP_CLASS]


def test_sizes_that_rm_does_not_know_are_an_error(world: World, rm: RpcResourceManager):
    world.firmware.context_sizes.pop(0x13)
    with pytest.raises(DeviceError) as unknown:
        rm.channel_group(rm.address_space(), "compute")

    assert unknown.value.buffer == ATTRIBUTES


def test_a_gpu_without_a_graphics_engine_refuses_compute_by_name(world: World):
    with world.open() as rm:
        rm.engines = ("copy",)
        with pytest.raises(EngineMissing) as missing:
            rm.channel_group(rm.address_space(), "compute")
    assert missing.value.engine == "compute"


def test_the_debugger_of_a_channel_tells_what_sms_and_the_mmu_report(world: World, rm: RpcResourceManager):
    _, channel, _, _ = make_channel(rm, rm.address_space(), "compute")
    state = world.firmware.errors.element("smErrorStateArray", 24)
    state["hwwWarpEsr"], state["hwwWarpEsrPc64"] = 0x6, 0x10_0000_0030
    found = channel.debugger()

    assert [(error.sm, error.warp_esr, error.warp_pc) for error in found.sm_errors()] == [
        (24, 0x6, 0x10_0000_0030)
    ]
    assert [(fault.gpu_va, fault.access_type) for fault in found.mmu_faults()] == [(0xDEAD000, 1)]
    assert ("control", 0x83DE0309) in world.firmware.said, "it takes no exception for itself"
