"""Page tables of our own under a kernel driver: RM lends the memory and is told where the root is.

What is in the tables is read by the fake GPU's own walker, from the page directory that RM was told of.
"""

from __future__ import annotations

import gc
import random
from types import SimpleNamespace

import pytest
from barewire.errors import (
    BadMapping,
    BarewireError,
    Freed,
    OutOfVram,
    PermissionMissing,
    PollTimeout,
    RmError,
    UsageError,
    WrongDevice,
)
from barewire.memory.formats import Aperture, TablePointer
from barewire.rm.external_space import ExternalAddressSpace
from barewire.rm.ioctl import NvResourceManager
from barewire.rm.lent_memory import TABLE_BLOCK_BYTES
from barewire.rm.space import END_VA, FIRST_VA
from fake_tables import page_at, pages_of

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
SPACE, VIDEO_MEMORY, GROUP, CHANNEL = 0x90F1, 0x40, 0xA06C, 0xC86F
SET, UNSET, WHERE_MEMORY_IS = "control 0x801813", "control 0x801814", "control 0x410103"
INVALID_STATE, INSUFFICIENT_PERMISSIONS = 0x40, 0x1B


@pytest.fixture
def forgotten() -> list:
    """What the GPU was made to forget."""
    return []


@pytest.fixture
def space(rm, forgotten) -> ExternalAddressSpace:
    return rm.external_space(rm.page_tables(forgotten.append, FIRST_VA, END_VA))


def object_of(kernel, handle):
    return next(known for known in kernel.objects if known.handle == handle)


def pages(kernel, space):
    """What the GPU finds in a space."""
    return list(pages_of(kernel.video, object_of(kernel, space.handle).root))


def places_of(kernel, memory):
    """Where a memory object is, page by page."""
    found = object_of(kernel, memory.handle)
    return found.places, found.page


def a_channel(rm, space):
    """A copy channel whose ring is mapped in a space, and what it is made of."""
    video, host = rm.video_memory(2 * MIB), rm.host_memory(4096)
    ring = space.map(video)
    group = rm.channel_group(space, "copy")
    channel = group.channel(ring, 64, video, 4096, host, buffer_memory=video)
    return group, channel, video, host


# Where memory is


@pytest.mark.parametrize("page", [4 * KIB, 64 * KIB, 2 * MIB])
def test_video_memory_is_where_rm_says_page_by_page(rm, kernel, page):
    memory = rm.video_memory(4 * MIB, page_size_bytes=page)
    places, _ = places_of(kernel, memory)
    told = [extent.address + at for extent in memory.extents for at in range(0, extent.size_bytes, page)]

    assert told == places
    assert sum(extent.size_bytes for extent in memory.extents) == memory.size_bytes


@pytest.mark.parametrize("page", [4 * KIB, 64 * KIB, 2 * MIB])
def test_host_memory_is_where_the_gpu_reaches_it(rm, kernel, page):
    memory = rm.host_memory(2 * MIB, page_size_bytes=page)
    places, _ = places_of(kernel, memory)

    assert [
        extent.address + at for extent in memory.extents for at in range(0, extent.size_bytes, page)
    ] == places


def test_contiguous_memory_is_one_piece_and_rm_is_asked_only_once(rm, kernel):
    memory = rm.video_memory(256 * KIB, page_size_bytes=4 * KIB, contiguous=True)

    assert len(memory.extents) == 1
    asked = kernel.log.count(WHERE_MEMORY_IS)
    assert memory.part(8 * KIB, 4 * KIB) == ((memory.extents[0].address + 8 * KIB, 4 * KIB),)
    assert kernel.log.count(WHERE_MEMORY_IS) == asked


def test_memory_that_rm_moved_elsewhere_is_not_believed(rm, kernel):
    original = kernel._answer_00410103

    def elsewhere(client, found, params):
        original(client, found, params)
        params[0x14] ^= 1

    kernel._answer_00410103 = elsewhere
    for memory in (rm.video_memory(4096), rm.host_memory(4096)):
        with pytest.raises(UsageError, match="elsewhere"):
            _ = memory.extents


def test_freed_memory_is_nowhere(rm):
    memory = rm.video_memory(4096)
    memory.close()
    with pytest.raises(Freed):
        _ = memory.extents


# What is in the tables


def test_rm_is_told_where_the_root_is_before_any_channel_can_be_made(rm, kernel, space):
    made = object_of(kernel, space.handle)

    assert made.owned_by_its_client and made.root == space.root.address
    assert space.root.aperture is Aperture.VIDEO
    assert (space.virtual_handle, space.rm, space.closed) == (0, rm, False)
    assert kernel.complaints == []


def test_what_is_mapped_is_what_the_gpu_finds(rm, kernel, space):
    for number, (memory, page, read_only) in enumerate(
        (
            (rm.video_memory(20 * KIB), 4 * KIB, False),
            (rm.video_memory(192 * KIB), 64 * KIB, True),
            (rm.video_memory(6 * MIB), 2 * MIB, False),
            (rm.host_memory(28 * KIB), 4 * KIB, True),
            (rm.host_memory(4 * MIB, page_size_bytes=2 * MIB), 2 * MIB, False),
        )
    ):
        at = space.map(memory, FIRST_VA + number * 3 * GIB, read_only=read_only, page_size_bytes=page)
        places, of_memory = places_of(kernel, memory)
        assert of_memory == page
        for index, place in enumerate(places):
            found = page_at(kernel.video, space.root.address, at + index * page)
            assert found == (at + index * page, page, memory.aperture, place, read_only)

    assert space.compare().equal
    assert kernel.complaints == []


def test_every_page_is_of_memory_that_was_mapped(rm, kernel, space):
    dice = random.Random(6)
    memories = [rm.video_memory(200 * KIB), rm.host_memory(100 * KIB), rm.video_memory(4 * MIB)]
    for _ in range(12):
        memory = dice.choice(memories)
        offset = dice.randrange(0, memory.size_bytes, memory.page_size_bytes)
        space.map(
            memory, offset=offset, read_only=dice.random() < 0.5, alignment=dice.choice([4096, 2 * MIB])
        )
    allowed = {(memory.aperture, place) for memory in memories for place in range_of(kernel, memory)}

    found = pages(kernel, space)
    assert found
    for page in found:
        assert all((page.aperture, page.place + at) in allowed for at in range(0, page.page_bytes, 4096))


def range_of(kernel, memory):
    places, page = places_of(kernel, memory)
    return [place + at for place in places for at in range(0, page, 4096)]


def test_tables_lie_in_video_memory_that_rm_lent_for_them(rm, kernel, space):
    space.map(rm.video_memory(4096))
    lent = [
        known
        for known in kernel.objects
        if known.class_id == VIDEO_MEMORY and known.size == TABLE_BLOCK_BYTES
    ]

    assert len(lent) == 1 and lent[0].contiguous
    for place in space.places().values():
        assert place.aperture is Aperture.VIDEO and lent[0].holds(place.address)


def test_more_memory_is_lent_when_tables_need_it_and_is_given_back(rm, kernel, space):
    memory = rm.video_memory(4096)
    before = kernel.vram_used
    mapped = [space.map(memory, FIRST_VA + number * GIB) for number in range(20)]
    assert kernel.vram_used > before
    assert space.compare().equal

    for gpu_va in mapped:
        space.unmap(gpu_va)
    assert kernel.vram_used == before
    assert pages(kernel, space) == []


def test_memory_at_two_addresses_in_pages_of_two_sizes_is_the_same_memory(rm, kernel, space):
    memory = rm.video_memory(2 * MIB)
    large = space.map(memory, page_size_bytes=2 * MIB)
    small = space.map(memory, page_size_bytes=4 * KIB, read_only=True)
    whole = page_at(kernel.video, space.root.address, large)
    piece = page_at(kernel.video, space.root.address, small + 5 * 4 * KIB)

    assert piece.place == whole.place + 5 * 4 * KIB
    assert (whole.read_only, piece.read_only) == (False, True)


def test_larger_pages_than_the_memory_has_are_refused_and_nothing_changes(rm, kernel, space):
    scattered = rm.video_memory(192 * KIB, page_size_bytes=4 * KIB)
    with pytest.raises(BadMapping):
        space.map(scattered, page_size_bytes=64 * KIB)

    assert pages(kernel, space) == [] and space.mappings == {}


def test_a_range_may_read_as_zeros(rm, kernel, space):
    at = space.map_sparse(128 * KIB)

    assert space.walk(at).sparse
    assert page_at(kernel.video, space.root.address, at) is None
    space.unmap(at)
    assert not space.walk(at).sparse


def test_other_memory_can_take_the_place_of_what_is_mapped(rm, kernel, space, forgotten):
    first, second = rm.video_memory(64 * KIB), rm.host_memory(64 * KIB)
    at = space.map(first)
    del forgotten[:]
    space.remap(at, second, read_only=True)
    found = page_at(kernel.video, space.root.address, at)

    assert (found.aperture, found.place, found.read_only) == ("host", places_of(kernel, second)[0][0], True)
    assert all(what.root == space.root for what in forgotten)
    assert any(what.revoked for what in forgotten)
    assert space.compare().equal


def test_what_is_unmapped_is_gone_from_the_tables_before_the_gpu_forgets_it(rm, kernel, space, forgotten):
    at = space.map(rm.video_memory(4096))
    found = []
    space.tables._invalidate = lambda what: found.append((what, page_at(kernel.video, what.root.address, at)))
    space.unmap(at)

    ((what, page),) = found
    assert page is None and what.revoked
    assert what.gpu_va <= at < what.gpu_va + what.size_bytes


def test_a_gpu_that_does_not_forget_keeps_the_memory_taken(rm, kernel, space):
    at = space.map(memory := rm.video_memory(4096))

    def refuses(what):
        raise OutOfVram("the GPU does not forget")

    forget, space.tables._invalidate = space.tables._invalidate, refuses
    with pytest.raises(OutOfVram):
        space.unmap(at)
    handle = memory.handle
    del memory
    gc.collect()
    assert object_of(kernel, handle), "the GPU may still use it"
    with pytest.raises(BarewireError):
        space.map(rm.video_memory(4096), at)

    space.tables._invalidate = forget
    space.map(rm.video_memory(4096))
    gc.collect()
    assert handle not in [known.handle for known in kernel.objects]


def test_memory_that_is_mapped_is_kept(rm, kernel, space):
    handle = (memory := rm.video_memory(4096)).handle
    at = space.map(memory)
    del memory
    gc.collect()
    assert object_of(kernel, handle)

    space.unmap(at)
    gc.collect()
    assert handle not in [known.handle for known in kernel.objects]
    assert kernel.complaints == []


@pytest.mark.parametrize("word_bit", [0, 1, 3, 5, 8, 12, 40])
def test_a_wrong_bit_in_memory_is_told(rm, kernel, space, word_bit):
    at = space.map(rm.video_memory(4096))
    step = space.walk(at).steps[-1]
    entry = step.table.address + 8 * step.index
    kernel.video.write64(entry, kernel.video.read64(entry) ^ 1 << word_bit)
    (difference,) = space.compare().differences

    assert (difference.level, difference.index, difference.gpu_va) == (step.level.name, step.index, at)


def test_memory_of_another_device_is_refused(kernel, space):
    with NvResourceManager.open(0, kernel=kernel) as other:
        for use in (space.map, lambda memory: space.remap(FIRST_VA, memory)):
            with pytest.raises(WrongDevice):
                use(other.video_memory(4096))
        with pytest.raises(WrongDevice):
            space.map(object())


@pytest.mark.parametrize("aperture", [Aperture.HOST, Aperture.HOST_NONCOHERENT])
def test_a_root_in_host_memory_is_not_told_as_if_it_were_in_video_memory(rm, kernel, aperture):
    root = TablePointer(aperture, 0x5000)
    tables = SimpleNamespace(root=root, memory=rm.memory, handle=0, check=lambda: None)
    before = len(kernel.objects)
    with pytest.raises(UsageError, match="video memory"):
        rm.external_space(tables)

    assert SET not in kernel.log and len(kernel.objects) == before


def test_closed_tables_those_of_another_space_and_of_another_device_are_not_told_to_rm(rm, kernel, space):
    closed, own = (rm.page_tables(lambda what: None, FIRST_VA, END_VA) for _ in range(2))
    closed.close()
    calls = len(kernel.log)
    with pytest.raises(Freed):
        rm.external_space(closed)
    with pytest.raises(UsageError, match="another address space's"):
        rm.external_space(space.tables)
    with NvResourceManager.open(0, kernel=kernel) as other:
        opening = len(kernel.log)
        with pytest.raises(WrongDevice):
            other.external_space(own)
        assert len(kernel.log) == opening
    assert SET not in kernel.log[calls:]

    assert space.compare().equal and not own.closed
    with rm.external_space(own) as second:
        assert second.tables is own and own.handle == second.handle


# Channels, and the end


def test_a_copy_channel_works_in_it_and_comes_first_at_the_end(rm, kernel, space):
    group, channel, *_ = a_channel(rm, space)
    assert kernel.channels_in(object_of(kernel, space.handle)) == [object_of(kernel, channel.handle)]

    with pytest.raises(UsageError, match="before its channels"):
        space.close()
    assert not space.closed and UNSET not in kernel.log
    group.close()
    space.close()
    assert space.closed and kernel.complaints == []


def test_the_end_goes_in_order(rm, kernel, space):
    group, _, video, host = a_channel(rm, space)
    del kernel.log[:]
    group.close()
    space.close()
    video.close()
    host.close()
    ends = [line for line in kernel.log if line.startswith("free") or line == UNSET]

    assert ends == [
        f"free {CHANNEL:#x}",
        f"free {GROUP:#x}",
        UNSET,
        f"free {SPACE:#x}",
        f"free {VIDEO_MEMORY:#x}",  # the tables
        f"free {VIDEO_MEMORY:#x}",
        "free 0x3e",
    ]
    assert kernel.complaints == []


def test_the_gpu_forgets_everything_below_the_root_before_the_tables_are_freed(rm, kernel, space, forgotten):
    root = space.root
    space.map(rm.video_memory(4096))
    freed = []
    del forgotten[:]
    space.tables._invalidate = lambda what: freed.append((what, "free 0x40" in kernel.log))
    space.close()

    ((what, tables_are_gone),) = freed
    assert what.root == root and what.revoked and not tables_are_gone
    assert what.depth == space.format.depth(space.format.root)


def test_closing_twice_is_nothing_and_a_closed_space_is_refused(rm, kernel, space):
    memory = rm.video_memory(4096)
    at = space.map(memory)
    space.close()
    calls = len(kernel.log)
    space.close()

    assert len(kernel.log) == calls
    for use in (
        lambda: space.map(memory),
        lambda: space.unmap(at),
        lambda: space.remap(at, memory),
        lambda: space.map_sparse(4096),
        lambda: space.walk(at),
        space.tree,
        space.pages,
        space.compare,
        lambda: rm.channel_group(space, "copy"),
    ):
        with pytest.raises(Freed):
            use()
    assert len(kernel.log) == calls


def test_spaces_share_the_memory_that_their_tables_are_cut_from_and_nothing_else(rm, kernel, forgotten):
    memory = rm.video_memory(64 * KIB)
    made = [rm.external_space(rm.page_tables(forgotten.append, FIRST_VA, END_VA)) for _ in range(3)]
    for number, space in enumerate(made):
        assert space.map(memory, read_only=number == 1) == FIRST_VA
    assert [pages(kernel, space)[0].read_only for space in made] == [False, True, False]
    made[1].close()

    assert made[0].compare().equal and made[2].compare().equal
    assert len({what.root for what in forgotten}) == 3
    for space in (made[0], made[2]):
        space.close()
    assert kernel.complaints == []


# What goes wrong


def test_who_is_no_administrator_is_told_what_to_do_and_nothing_is_left(kernel):
    kernel.admin = False
    with NvResourceManager.open(0, kernel=kernel) as rm:
        before = [known.handle for known in kernel.objects]
        with pytest.raises(PermissionMissing, match="CAP_SYS_ADMIN") as missing:
            rm.page_tables(lambda what: None, FIRST_VA, END_VA)

        assert missing.value.status_name == "NV_ERR_INSUFFICIENT_PERMISSIONS"
        assert [known.handle for known in kernel.objects] == before
        assert not kernel.pages
    assert kernel.is_clean and kernel.complaints == []


@pytest.mark.parametrize("status", [INVALID_STATE, 0x1F, INSUFFICIENT_PERMISSIONS])
def test_a_root_that_rm_refuses_leaves_no_space_and_no_tables(rm, kernel, status):
    tables = rm.page_tables(lambda what: None, FIRST_VA, END_VA)
    kernel.refuse[0x801813] = status
    with pytest.raises(RmError, match="DMA_SET_PAGE_DIRECTORY"):
        rm.external_space(tables)

    assert tables.closed
    assert [known.class_id for known in kernel.objects] == [0x41, 0x80, 0x2080]
    assert kernel.vram_used == 0 and not kernel.pages


def test_a_channel_without_a_root_is_refused_and_the_space_can_be_closed(rm, kernel, space):
    object_of(kernel, space.handle).root = None
    video, host = rm.video_memory(2 * MIB), rm.host_memory(4096)
    group = rm.channel_group(space, "copy")
    with pytest.raises(RmError, match="INVALID_STATE"):
        group.channel(space.map(video), 64, video, 4096, host)
    group.close()
    space.close()

    assert kernel.complaints == []


@pytest.mark.parametrize("step", [0x801814, "errno"])
def test_a_step_of_the_end_that_fails_is_told_and_the_others_are_done(rm, kernel, space, step):
    space.map(rm.video_memory(4096))
    if step == "errno":
        kernel.fail_ioctl = kernel.ioctls
    else:
        kernel.refuse[step] = INVALID_STATE
    with pytest.raises(BarewireError, match="DMA_UNSET_PAGE_DIRECTORY"):
        space.close()

    gc.collect()
    assert space.closed and space.tables.closed
    assert [known.class_id for known in kernel.objects] == [0x41, 0x80, 0x2080]


def use_own_tables(rm) -> None:
    """Everything that page tables of our own need, ended step by step."""
    space = rm.external_space(rm.page_tables(lambda what: None, FIRST_VA, END_VA))
    memory, host = rm.video_memory(64 * KIB), rm.host_memory(8 * KIB)
    at = space.map(memory)
    space.remap(at, memory, read_only=True)
    space.map(host, FIRST_VA + 100 * GIB)
    group, _, *of_channel = a_channel(rm, space)
    assert space.compare().equal
    space.unmap(at)
    group.close()
    space.close()
    for each in (memory, host, *of_channel):
        each.close()


@pytest.mark.parametrize("how", ["errno", "status"])
def test_each_ioctl_in_turn_may_fail_and_nothing_is_left(fake_kernel, how):
    kernel = fake_kernel.FakeKernel()
    with NvResourceManager.open(0, kernel=kernel) as rm:
        first = kernel.ioctls
        use_own_tables(rm)
        last = kernel.ioctls
    assert kernel.is_clean and kernel.complaints == []

    for number in range(first, last):
        kernel = fake_kernel.FakeKernel(fail_ioctl=number, fail_how=how)
        with pytest.raises(BarewireError), NvResourceManager.open(0, kernel=kernel) as rm:
            use_own_tables(rm)
        gc.collect()
        assert kernel.is_clean, f"ioctl {number}: {kernel.files} {kernel.pages} {kernel.objects}"


def test_each_mapping_into_this_process_may_fail_and_nothing_is_left(fake_kernel):
    kernel = fake_kernel.FakeKernel()
    with NvResourceManager.open(0, kernel=kernel) as rm:
        use_own_tables(rm)
    for number in range(kernel.mmaps):
        kernel = fake_kernel.FakeKernel(fail_mmap=number)
        with NvResourceManager.open(0, kernel=kernel) as rm:
            with pytest.raises(BarewireError, match="mapping"):
                use_own_tables(rm)
            gc.collect()
            assert not kernel.pages and kernel.vram_used == 0
        assert kernel.is_clean and kernel.complaints == []


def test_memory_that_is_given_back_is_unmapped_first(rm, kernel, space, forgotten):
    memory, other = rm.video_memory(128 * KIB), rm.video_memory(64 * KIB)
    first, second, kept = space.map(memory), space.map(memory, read_only=True), space.map(other)
    forgotten.clear()

    memory.close()

    assert set(space.mappings) == {kept}
    assert {page.va for page in pages(kernel, space)} == {kept}
    assert {what.gpu_va for what in forgotten} == {first, second}
    assert kernel.complaints == []


def test_memory_that_the_gpu_does_not_forget_is_not_given_back(rm, kernel):
    def hangs(what):
        if what.revoked:
            raise PollTimeout("the GPU did not forget")

    space = rm.external_space(rm.page_tables(hangs, FIRST_VA, END_VA))
    memory = rm.video_memory(64 * KIB)
    space.map(memory)
    for _ in range(3):
        with pytest.raises(PollTimeout):
            memory.close()
        assert not memory.closed

    space.tables._invalidate = lambda what: None
    memory.close()
    assert memory.closed
    assert kernel.complaints == []


def test_rm_hears_of_the_end_of_a_root_also_when_everything_ends_at_once(kernel, forgotten):
    rm = NvResourceManager.open(0, kernel=kernel)
    space = rm.external_space(rm.page_tables(forgotten.append, FIRST_VA, END_VA))
    space.map(rm.video_memory(64 * KIB))
    told = kernel.log.count(UNSET)
    rm.close()

    assert kernel.log.count(UNSET) == told + 1
    assert kernel.complaints == [] and kernel.is_clean


def test_a_device_that_is_closed_first_takes_its_spaces_along(kernel, forgotten):
    rm = NvResourceManager.open(0, kernel=kernel)
    space = rm.external_space(rm.page_tables(forgotten.append, FIRST_VA, END_VA))
    at = space.map(rm.video_memory(4096))
    del forgotten[:]
    rm.close()
    space.close()

    assert kernel.is_clean
    assert space.closed and forgotten == [], "the channels are gone: nothing remembers"
    with pytest.raises(Freed):
        space.walk(at)


# What RM answers


def test_rm_answers_as_on_an_h100(rm, space):
    """Driver 580.159.04; who relies on other answers relies on a driver that is not there."""
    client = rm.client
    theirs, ours = rm.address_space().handle, space.handle
    place = rm.video_memory(4096).extents[0].address

    def answer(control: str, **values) -> str:
        try:
            client.ask(client.device, f"DMA_{control}", **values)
        except RmError as refused:
            return refused.status_name.removeprefix("NV_ERR_")
        return "OK"

    def set_root(handle: int, entries: int = 2) -> str:
        return answer("SET_PAGE_DIRECTORY", physAddress=place, numEntries=entries, hVASpace=handle)

    def unset_root(handle: int) -> str:
        return answer("UNSET_PAGE_DIRECTORY", hVASpace=handle)

    assert set_root(theirs) == "NOT_SUPPORTED"
    assert set_root(ours) == "INVALID_STATE", "there is one"
    assert [unset_root(ours), unset_root(ours)] == ["OK", "OK"]
    assert {set_root(ours, entries) for entries in (0, 1, 3, 512)} == {"INVALID_ARGUMENT"}
    assert set_root(ours) == "OK"
    assert answer("GET_PDE_INFO", gpuAddr=FIRST_VA, hVASpace=ours) == "INVALID_EVENT"
    assert answer("GET_PTE_INFO", gpuAddr=FIRST_VA, hVASpace=theirs) == "TEST_ONLY_CODE_NOT_ENABLED"
    space.close()
