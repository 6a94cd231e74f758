"""Address spaces whose tables RM builds, over RPC: what RM is told of memory and mappings, and their end."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

HERE = Path(__file__).parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from barewire.errors import (  # noqa: E402
    BadMapping,
    Freed,
    OutOfAddressSpace,
    RmError,
    RpcTimeout,
    UsageError,
    WrongDevice,
)
from barewire.memory.vram import Extent  # noqa: E402
from barewire.rm.rpc import RpcResourceManager  # noqa: E402
from barewire.rm.rpc_memory import largest_page  # noqa: E402
from barewire.rm.space import END_VA, FIRST_VA, RmAddressSpace  # noqa: E402
from rpc_firmware import COPY_CLASS, GPFIFO_CLASS, SPACE_CLASS  # noqa: E402
from rpc_mapping_world import (  # noqa: E402
    HOST_LIST,
    MAP,
    UNMAP,
    VIDEO_LIST,
    WINDOW_CLASS,
    MappingWorld,
)
from rpc_world import make_channel  # noqa: E402

KIB, MIB = 1 << 10, 1 << 20
READ_ONLY, SNOOP, FIXED = 1, 1 << 4, 1 << 15
PAGE_FLAGS = {4 * KIB: 1 << 8, 64 * KIB: 2 << 8, 2 * MIB: 4 << 8, 512 * MIB: 5 << 8}
GENERIC = 6
LISTED_APART, IN_VIDEO, CACHED, NO_MAP = 1 << 4, 2 << 8, 1 << 12, 1 << 30


@pytest.fixture
def world() -> MappingWorld:
    return MappingWorld()


@pytest.fixture
def rm(world: MappingWorld) -> Iterator[RpcResourceManager]:
    made = world.open()
    yield made
    made.close()


@pytest.fixture
def space(rm: RpcResourceManager) -> Iterator[RmAddressSpace]:
    made = rm.address_space(tables="rm")
    yield made
    made.close()


def lists(world: MappingWorld) -> list[tuple[str, int]]:
    """How often memory was listed, and as what."""
    return [said for said in world.firmware.said if said[0] == "list"]


# ---- the space


def test_the_space_is_rms_own_with_a_window_of_virtual_memory(world: MappingWorld, space) -> None:
    (object_,) = world.firmware.objects(SPACE_CLASS)
    (window,) = world.firmware.objects(WINDOW_CLASS)

    assert object_.params["flags"] == 0
    assert (window.params["offset"], window.params["limit"]) == (FIRST_VA, END_VA - 1)
    assert window.params["hVASpace"] == object_.handle == space.handle


def test_a_space_without_virtual_memory_is_not_left_behind(world: MappingWorld, rm) -> None:
    with world.firmware.refusing(WINDOW_CLASS), pytest.raises(RmError):
        rm.address_space(tables="rm")

    assert world.firmware.objects(SPACE_CLASS) == []


@pytest.mark.parametrize("tables", ["theirs", "", 3])
def test_tables_that_nobody_builds_are_refused(rm, tables) -> None:
    with pytest.raises(UsageError):
        rm.address_space(tables=tables)


# ---- memory


def test_video_memory_in_one_piece_is_listed_by_its_start(world: MappingWorld, rm, space) -> None:
    memory = rm.video_memory(4 * MIB, 2 * MIB)
    space.map(memory)
    (listed,) = world.firmware.lists.values()

    assert listed.pages == (memory.extents[0].address,)
    assert listed.size_bytes == 4 * MIB
    assert (listed.flags, listed.kind) == (IN_VIDEO | NO_MAP, GENERIC)
    assert lists(world) == [("list", VIDEO_LIST)]


def test_scattered_memory_is_listed_page_by_page(world: MappingWorld, rm, space) -> None:
    world.memory.scattered = True
    host, video = rm.host_memory(12 * KIB), rm.video_memory(128 * KIB, 64 * KIB)
    space.map(host)
    space.map(video)
    of_host, of_video = world.firmware.lists.values()

    assert of_host.pages == tuple(extent.address for extent in host.extents)
    assert of_host.flags == CACHED | NO_MAP | LISTED_APART
    assert of_video.pages == tuple(
        extent.address + at for extent in video.extents for at in range(0, 64 * KIB, 4 * KIB)
    )
    assert of_video.flags == IN_VIDEO | NO_MAP | LISTED_APART
    assert lists(world) == [("list", HOST_LIST), ("list", VIDEO_LIST)]


def test_rm_is_told_of_memory_once(world: MappingWorld, rm, space) -> None:
    memory = rm.video_memory(64 * KIB)
    with rm.address_space(tables="rm") as other:
        for number, where in enumerate((space, other, space)):
            where.map(memory, FIRST_VA + number * MIB)

        assert lists(world) == [("list", VIDEO_LIST)]
        assert len({mapped.memory for mapped in world.firmware.mapped.values()}) == 1
        assert rm.handle_of(memory) in world.firmware.lists


def test_rm_is_not_told_of_memory_that_it_does_not_map(world: MappingWorld, rm, space) -> None:
    rm.video_memory(64 * KIB)

    assert lists(world) == []


def test_rm_frees_its_object_before_the_memory_is_given_back(world: MappingWorld, rm, space) -> None:
    memory = rm.video_memory(64 * KIB)
    gpu_va = space.map(memory)
    del world.firmware.said[:]
    memory.close()

    assert world.firmware.said == [("free", VIDEO_LIST)]
    assert (world.firmware.mapped, world.firmware.lists, world.memory.live) == ({}, {}, [])
    space.unmap(gpu_va)  # what went with its memory
    assert world.firmware.said == [("free", VIDEO_LIST)]
    with pytest.raises(Freed):
        space.map(memory)


def test_memory_that_nobody_refers_to_is_freed_by_rm_too(world: MappingWorld, rm, space) -> None:
    space.unmap(space.map(rm.video_memory(64 * KIB)))
    gc.collect()

    assert len(world.firmware.lists) == 1
    world.memory.collect()
    assert (world.firmware.lists, world.memory.live) == ({}, [])


def test_memory_that_rm_refuses_is_ours_all_the_same(world: MappingWorld, rm, space) -> None:
    memory = rm.video_memory(64 * KIB)
    with world.firmware.refusing(VIDEO_LIST), pytest.raises(RmError) as refused:
        space.map(memory)
    assert refused.value.status_name == "NV_ERR_INSUFFICIENT_RESOURCES"
    assert space.mappings == {}

    space.unmap(space.map(memory))
    memory.close()
    assert (world.firmware.lists, world.memory.live) == ({}, [])


def test_memory_stays_while_rm_does_not_say_that_it_let_go(world: MappingWorld, rm, space) -> None:
    memory = rm.video_memory(64 * KIB)
    gpu_va = space.map(memory)
    world.firmware.failures[VIDEO_LIST] = RpcTimeout("GSP did not answer FREE")
    with pytest.raises(RpcTimeout):
        memory.close()
    assert memory.closed
    assert len(world.memory.live) == 1

    world.firmware.failures.clear()
    space.map(rm.video_memory(64 * KIB), gpu_va + 2 * MIB)  # GSP answers again
    assert len(world.memory.live) == 1, "the new one"


def test_memory_of_which_rm_was_told_without_an_answer_stays_too(world: MappingWorld, rm, space) -> None:
    memory = rm.video_memory(64 * KIB)
    world.firmware.failures[VIDEO_LIST] = RpcTimeout("GSP did not answer ALLOC_MEMORY")
    with pytest.raises(RpcTimeout):
        space.map(memory)
    memory.close()

    assert len(world.memory.live) == 1
    world.firmware.failures.clear()
    rm.address_space(tables="rm").close()
    assert world.memory.live == []


# ---- mappings


@pytest.mark.parametrize(("aperture", "flags"), [("video", 0), ("host", SNOOP)])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_mapping_says_where_how_and_in_which_pages(
    world: MappingWorld, rm, space, aperture: str, flags: int, read_only: bool
) -> None:
    memory = getattr(rm, f"{aperture}_memory")(64 * KIB)
    gpu_va = space.map(memory, FIRST_VA + MIB, offset=8 * KIB, size_bytes=12 * KIB, read_only=read_only)
    mapped = world.firmware.mapped[gpu_va]

    assert gpu_va == FIRST_VA + MIB
    assert (mapped.offset, mapped.size_bytes) == (8 * KIB, 12 * KIB)
    assert mapped.flags == FIXED | PAGE_FLAGS[4 * KIB] | flags | (READ_ONLY if read_only else 0)
    assert (mapped.virtual, mapped.memory) == (space.virtual_handle, rm.handle_of(memory))


@pytest.mark.parametrize("page", [4 * KIB, 64 * KIB, 2 * MIB, 512 * MIB])
def test_memory_is_mapped_in_its_own_pages(world: MappingWorld, rm, space, page: int) -> None:
    gpu_va = space.map(rm.video_memory(2 * page, page))

    assert gpu_va % page == 0
    assert world.firmware.mapped[gpu_va].flags == FIXED | PAGE_FLAGS[page]
    assert space.mappings[gpu_va].page_size_bytes == page


def test_pages_may_be_smaller_than_the_memorys(world: MappingWorld, rm, space) -> None:
    memory = rm.video_memory(4 * MIB, 2 * MIB)
    for page in (4 * KIB, 64 * KIB, 2 * MIB):
        gpu_va = space.map(memory, page_size_bytes=page)
        assert world.firmware.mapped[gpu_va].flags == FIXED | PAGE_FLAGS[page]
    part = space.map(memory, offset=64 * KIB, size_bytes=128 * KIB)
    assert world.firmware.mapped[part].flags == FIXED | PAGE_FLAGS[64 * KIB], "the largest that fit"


@pytest.mark.parametrize(
    ("pieces", "offset", "size", "largest"),
    [
        (((2 * MIB, 4 * MIB),), 0, 4 * MIB, 2 * MIB),
        (((512 * MIB, 512 * MIB),), 0, 512 * MIB, 512 * MIB),
        (((2 * MIB, 4 * MIB),), 0, 64 * KIB, 64 * KIB),
        (((2 * MIB, 4 * MIB),), 64 * KIB, 2 * MIB, 64 * KIB),
        (((2 * MIB, 4 * MIB),), 4 * KIB, 2 * MIB, 4 * KIB),
        (((2 * MIB, 4 * MIB),), 0, 68 * KIB, 4 * KIB),
        (((64 * KIB, 4 * MIB),), 0, 4 * MIB, 64 * KIB),
        (((4 * KIB, 64 * KIB),), 60 * KIB, 4 * KIB, 4 * KIB),
        (((2 * MIB, 2 * MIB), (8 * MIB, 2 * MIB)), 0, 2 * MIB, 4 * KIB),
    ],
)
def test_pages_are_as_large_as_both_place_and_size_allow_in_one_piece(pieces, offset, size, largest) -> None:
    memory = SimpleNamespace(extents=tuple(Extent(*piece) for piece in pieces))

    assert largest_page(memory, offset, size) == largest


def test_part_of_a_page_is_mapped_as_the_whole_of_it(world: MappingWorld, rm, space) -> None:
    gpu_va = space.map(rm.host_memory(16 * KIB), size_bytes=4097)

    assert world.firmware.mapped[gpu_va].size_bytes == 8 * KIB
    assert space.addresses.taken == {gpu_va: 8 * KIB}


def test_host_memory_in_one_piece_may_have_larger_pages(world: MappingWorld, rm, space) -> None:
    memory = rm.video_memory(4 * MIB, 2 * MIB)
    memory.aperture, memory.page_size_bytes = "host", 4 * KIB
    usual, large = space.map(memory), space.map(memory, page_size_bytes=2 * MIB)

    assert world.firmware.mapped[usual].flags == FIXED | SNOOP | PAGE_FLAGS[4 * KIB]
    assert world.firmware.mapped[large].flags == FIXED | SNOOP | PAGE_FLAGS[2 * MIB]


def test_scattered_memory_is_mapped_in_small_pages_alone(world: MappingWorld, rm, space) -> None:
    world.memory.scattered = True
    memory = rm.video_memory(4 * MIB, 2 * MIB)
    gpu_va = space.map(memory)

    assert world.firmware.mapped[gpu_va].flags == FIXED | PAGE_FLAGS[4 * KIB]
    with pytest.raises(BadMapping) as refused:
        space.map(memory, page_size_bytes=64 * KIB)
    assert refused.value.largest_bytes == 4 * KIB
    assert len(world.firmware.mapped) == 1


@pytest.mark.parametrize("page", [8 * KIB, 1, 0, -4096])
def test_pages_that_the_format_does_not_have_are_refused(rm, space, page: int) -> None:
    with pytest.raises(BadMapping):
        space.map(rm.video_memory(4 * MIB, 2 * MIB), page_size_bytes=page)


@pytest.mark.parametrize(
    ("offset", "size"), [(-4096, 4096), (0, 68 * KIB), (64 * KIB, None), (100, 4096), (0, 0)]
)
def test_only_whole_pages_of_the_memory_are_mapped(rm, space, offset: int, size: int | None) -> None:
    with pytest.raises(UsageError):
        space.map(rm.video_memory(64 * KIB), offset=offset, size_bytes=size)


@pytest.mark.parametrize("wrong", ["x", 1.5, [1]], ids=["text", "fraction", "list"])
@pytest.mark.parametrize("argument", ["gpu_va", "offset", "size_bytes", "alignment", "page_size_bytes"])
def test_what_is_no_whole_number_is_refused_by_name(rm, space, argument: str, wrong: object) -> None:
    with pytest.raises(UsageError):
        space.map(rm.video_memory(64 * KIB), **{argument: wrong})
    assert (space.mappings, space.addresses.taken) == ({}, {})


def test_an_address_that_rm_refuses_is_free_again(world: MappingWorld, rm, space) -> None:
    memory = rm.video_memory(64 * KIB)
    with world.firmware.refusing(MAP, "NV_ERR_NO_MEMORY"), pytest.raises(RmError):
        space.map(memory, FIRST_VA)

    assert space.map(memory, FIRST_VA) == FIRST_VA
    with pytest.raises(OutOfAddressSpace):
        space.map(memory, FIRST_VA)


def test_a_mapping_at_another_address_than_asked_for_is_undone(world: MappingWorld, rm, space) -> None:
    world.firmware.lands_at = 64 * KIB
    with pytest.raises(UsageError):
        space.map(rm.video_memory(64 * KIB))

    assert world.firmware.mapped == {}


def test_memory_of_another_gpu_is_not_mapped(space) -> None:
    with MappingWorld().open() as other, pytest.raises(WrongDevice):
        space.map(other.video_memory(4096))


def test_what_rm_does_not_unmap_stays_in_the_records(world: MappingWorld, rm, space) -> None:
    gpu_va = space.map(rm.video_memory(64 * KIB))
    world.firmware.failures[UNMAP] = RpcTimeout("GSP did not answer UNMAP_MEMORY_DMA")
    with pytest.raises(RpcTimeout):
        space.unmap(gpu_va)
    assert gpu_va in space.mappings

    world.firmware.failures.clear()
    space.unmap(gpu_va)
    assert world.firmware.mapped == {}


def test_what_rm_unmapped_without_an_answer_is_unmapped_the_next_time(world: MappingWorld, rm, space) -> None:
    gpu_va = space.map(rm.video_memory(64 * KIB))
    world.firmware.failures[UNMAP] = RpcTimeout("GSP did not answer UNMAP_MEMORY_DMA")
    with pytest.raises(RpcTimeout):
        space.unmap(gpu_va)
    world.firmware.failures.clear()
    world.firmware.mapped.clear()
    space.unmap(gpu_va)

    assert space.mappings == {}


def test_what_rm_mapped_without_an_answer_is_undone_before_the_next_mapping(
    world: MappingWorld, rm, space
) -> None:
    memory, late = rm.video_memory(64 * KIB), RpcTimeout("GSP did not answer MAP_MEMORY_DMA")
    world.firmware.deaf_after = {MAP: late}
    with pytest.raises(RpcTimeout):
        space.map(memory, FIRST_VA)
    assert (space.mappings, list(world.firmware.mapped)) == ({}, [FIRST_VA])

    world.firmware.deaf_after = {}
    assert space.map(memory, FIRST_VA) == FIRST_VA
    assert list(world.firmware.mapped) == [FIRST_VA]


def test_a_mapping_without_an_answer_that_cannot_be_undone_is_not_forgotten(
    world: MappingWorld, rm, space
) -> None:
    memory, late = rm.video_memory(64 * KIB), RpcTimeout("GSP did not answer")
    world.firmware.deaf_after = {MAP: late}
    with pytest.raises(RpcTimeout):
        space.map(memory, FIRST_VA)
    world.firmware.deaf_after = {}
    world.firmware.failures[UNMAP] = late
    with pytest.raises(RpcTimeout):
        space.map(memory, FIRST_VA)
    world.firmware.failures.clear()

    assert space.map(memory, FIRST_VA) == FIRST_VA


# ---- the end


def test_a_space_ends_with_its_mappings_its_virtual_memory_and_itself(world: MappingWorld, rm) -> None:
    space = rm.address_space(tables="rm")
    memory = rm.video_memory(64 * KIB)
    space.map(memory)
    del world.firmware.said[:]
    space.close()

    assert world.firmware.said == [("unmap", UNMAP), ("free", WINDOW_CLASS), ("free", SPACE_CLASS)]
    assert not memory.closed
    with pytest.raises(Freed):
        space.map(memory)


def test_the_end_of_a_space_does_not_wait_for_each_mapping_of_a_gsp_that_is_silent(
    world: MappingWorld, rm
) -> None:
    space = rm.address_space(tables="rm")
    for _ in range(5):
        space.map(rm.host_memory(4096))
    world.firmware.failures[UNMAP] = RpcTimeout("GSP did not answer UNMAP_MEMORY_DMA")
    del world.firmware.said[:]
    with pytest.raises(RpcTimeout):
        space.close()

    assert world.firmware.said == [("unmap", UNMAP)]
    world.firmware.failures.clear()


def test_all_is_freed_with_the_manager(world: MappingWorld) -> None:
    rm = world.open()
    space = rm.address_space(tables="rm")
    kept = rm.video_memory(64 * KIB)
    space.map(kept)
    rm.close()

    assert world.firmware.nodes == {}
    freed = [number for what, number in world.firmware.said if what == "free"]
    assert freed.index(WINDOW_CLASS) < freed.index(SPACE_CLASS) < freed.index(VIDEO_LIST)
    kept.close()
    assert world.memory.live == []


# ---- channels


def test_channels_for_copies_are_made_in_it_and_end_before_it(world: MappingWorld, rm) -> None:
    space = rm.address_space(tables="rm")
    group, channel, _, _ = make_channel(rm, space)
    (object_,) = world.firmware.objects(GPFIFO_CLASS)

    assert object_.params["gpFifoOffset"] in space.mappings
    assert len(world.firmware.objects(COPY_CLASS)) == 1
    with pytest.raises(UsageError):
        space.close()
    group.close()
    space.close()
    assert channel.closed


def test_a_channel_for_compute_wants_tables_of_ours(world: MappingWorld, rm, space) -> None:
    with pytest.raises(UsageError) as refused:
        rm.channel_group(space, "compute")

    assert "own" in refused.value.hint
    assert world.firmware.golden == 0
