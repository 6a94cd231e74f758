"""Address spaces of our own and the memory in them, on a software GPU that finds its way by their tables."""

from __future__ import annotations

import gc
import os
import random
import time

import pytest
from barewire.errors import (
    BadMapping,
    DeviceLost,
    Freed,
    OutOfAddressSpace,
    OutOfVram,
    PollTimeout,
    UsageError,
    WrongDevice,
)
from barewire.memory.space import END_VA, FIRST_VA, AddressSpace
from barewire.memory.tables import HostTables
from barewire.softgpu import mmu
from soft_memory import SoftMemory

KIB, MIB = 1 << 10, 1 << 20


@pytest.fixture
def space(soft):
    with soft.memory.address_space() as opened:
        yield opened


def leaf_at(soft, space, gpu_va):
    return soft.gpu.mmu.walk(soft.pdb(space), gpu_va).leaf


def test_the_gpu_sees_video_memory_that_was_mapped(soft, space):
    memory = soft.memory.video_memory(3 * MIB)
    gpu_va = space.map(memory)
    data = os.urandom(memory.size_bytes)
    memory.write(data)
    soft.memory.tlb.flush()

    assert FIRST_VA <= gpu_va < END_VA
    assert soft.see(space, gpu_va, len(data)) == data
    soft.gpu.mmu.write(soft.pdb(space), gpu_va + 5000, b"from the GPU")
    assert memory.read(5000, 12) == b"from the GPU"


def test_the_gpu_sees_host_memory_that_was_mapped(soft, space):
    memory = soft.memory.host_memory(3 * MIB + 1)
    assert memory.read(0, 4096) == bytes(4096)
    gpu_va = space.map(memory)
    data = os.urandom(memory.size_bytes)
    memory.write(data)

    assert memory.size_bytes == 3 * MIB + 4096
    assert soft.see(space, gpu_va, len(data)) == data
    soft.gpu.mmu.write(soft.pdb(space), gpu_va + 5000, b"from the GPU")
    with memory.map_cpu(4096, 4096) as mapping:
        assert bytes(mapping.view[904:916]) == b"from the GPU"


def test_what_was_unmapped_faults(soft, space):
    memory = soft.memory.video_memory(MIB)
    gpu_va = space.map(memory)
    soft.see(space, gpu_va, 16)
    space.unmap(gpu_va)

    with pytest.raises(mmu.PageFault):
        soft.see(space, gpu_va, 1)
    assert space.mappings == {}


def test_the_largest_pages_are_used_unless_others_are_wanted(soft, space):
    memory = soft.memory.video_memory(4 * MIB)
    for page in (None, 2 * MIB, 64 * KIB, 4 * KIB):
        gpu_va = space.map(memory, page_size_bytes=page)
        assert leaf_at(soft, space, gpu_va).page_bytes == (page or 2 * MIB)
        space.unmap(gpu_va)
    huge = soft.memory.video_memory(512 * MIB, page_size_bytes=512 * MIB)
    gpu_va = space.map(huge)
    assert leaf_at(soft, space, gpu_va).page_bytes == 512 * MIB
    assert space.walk(gpu_va + 5).address == huge.address + 5


def test_host_memory_that_is_scattered_is_mapped_page_by_page(soft, space):
    memory = soft.memory.host_memory(MIB)
    assert len(memory.extents) > 1, "the bus scatters it"
    gpu_va = space.map(memory)
    memory.write(bytes(range(256)) * 4096)

    assert soft.see(space, gpu_va, MIB) == bytes(range(256)) * 4096
    with pytest.raises(BadMapping):
        space.map(memory, page_size_bytes=2 * MIB)
    assert list(space.mappings) == [gpu_va]


def test_an_address_can_be_chosen(soft, space):
    memory = soft.memory.video_memory(2 * MIB)
    at = FIRST_VA + 64 * MIB

    assert space.map(memory, gpu_va=at) == at
    with pytest.raises(OutOfAddressSpace):
        space.map(memory, gpu_va=at)
    with pytest.raises(OutOfAddressSpace):
        space.map(memory, gpu_va=END_VA)
    with pytest.raises(UsageError):
        space.map(memory, gpu_va=FIRST_VA + 1)
    assert space.map(memory, alignment=1 << 30) % (1 << 30) == 0
    assert space.map(memory, gpu_va=at + 32 * MIB + 4096, size_bytes=64 * KIB) == at + 32 * MIB + 4096


def test_part_of_a_memory_is_mapped_in_whole_pages(soft, space):
    memory = soft.memory.video_memory(256 * KIB)
    memory.write(bytes([index // 4096 for index in range(256 * KIB)]))
    gpu_va = space.map(memory, offset=68 * KIB, size_bytes=5000)

    assert space.mappings[gpu_va].size_bytes == 8192
    assert soft.see(space, gpu_va, 8192) == bytes([17]) * 4096 + bytes([18]) * 4096
    for offset, size in ((100, None), (256 * KIB, None), (0, 300 * KIB), (-65536, None), (0, 0)):
        with pytest.raises(UsageError):
            space.map(memory, offset=offset, size_bytes=size)


@pytest.mark.parametrize("name", ["read_only", "privileged", "volatile"])
def test_what_a_mapping_says_is_what_the_gpu_reads(soft, space, name):
    gpu_va = space.map(soft.memory.video_memory(4096), **{name: True})

    assert getattr(leaf_at(soft, space, gpu_va), name)
    assert space.mappings[gpu_va].read_only == (name == "read_only")


def test_a_read_only_mapping_cannot_be_written_by_the_gpu(soft, space):
    gpu_va = space.map(soft.memory.video_memory(4096), read_only=True)

    soft.see(space, gpu_va, 4)
    with pytest.raises(mmu.PageFault):
        soft.gpu.mmu.write(soft.pdb(space), gpu_va, b"no")


def test_kind_atomics_and_coherence_are_as_asked_for(soft, space):
    video, host = soft.memory.video_memory(4096), soft.memory.host_memory(4096)

    assert leaf_at(soft, space, space.map(video)).kind == 6
    assert leaf_at(soft, space, space.map(video, kind="pitch")).kind == 0
    assert not leaf_at(soft, space, space.map(video, atomics=False)).atomics
    assert leaf_at(soft, space, space.map(host)).aperture is mmu.Aperture.COHERENT
    assert leaf_at(soft, space, space.map(host)).volatile
    assert leaf_at(soft, space, space.map(host, coherent=False)).aperture is mmu.Aperture.NONCOHERENT
    with pytest.raises(BadMapping):
        space.map(video, kind=16)
    with pytest.raises(UsageError):
        space.map(video, kind="square")


def test_a_sparse_range_reads_as_zeros_and_takes_memory_later(soft, space):
    gpu_va = space.map_sparse(4 * MIB)
    assert soft.see(space, gpu_va + 12345, 100) == bytes(100)
    soft.gpu.mmu.write(soft.pdb(space), gpu_va, b"lost")
    assert soft.see(space, gpu_va, 4) == bytes(4)
    assert space.mappings[gpu_va].memory is None

    memory = soft.memory.video_memory(4 * MIB)
    memory.write(b"there")
    space.remap(gpu_va, memory)
    soft.memory.tlb.flush()
    assert soft.see(space, gpu_va, 5) == b"there"
    space.unmap(gpu_va)
    with pytest.raises(mmu.PageFault):
        soft.see(space, gpu_va, 4)


@pytest.mark.parametrize("pages", [(None, None), (64 * KIB, None), (None, 4 * KIB), (4 * KIB, 64 * KIB)])
def test_memory_is_replaced_by_other_memory(soft, space, pages):
    first, second = (soft.memory.video_memory(2 * MIB) for _ in range(2))
    first.write(b"first")
    second.write(b"second")
    gpu_va = space.map(first, page_size_bytes=pages[0])
    assert soft.see(space, gpu_va, 5) == b"first"
    space.remap(gpu_va, second, page_size_bytes=pages[1], read_only=True)

    assert soft.see(space, gpu_va, 6) == b"second"
    assert space.mappings[gpu_va].memory is second and space.mappings[gpu_va].read_only
    with pytest.raises(UsageError):
        space.remap(gpu_va + 4096, second)
    with pytest.raises(UsageError):
        space.remap(gpu_va, soft.memory.video_memory(4096))


def test_addresses_and_tables_are_used_again(soft, space):
    memory = soft.memory.video_memory(64 * KIB)
    free = soft.memory.free_vram_bytes
    gpu_va = space.map(memory)
    for _ in range(20):
        space.unmap(gpu_va)
        assert space.map(memory) == gpu_va
    space.unmap(gpu_va)

    assert soft.memory.free_vram_bytes == free
    with pytest.raises(UsageError):
        space.unmap(gpu_va)


def test_a_refused_mapping_takes_no_addresses_and_no_tables(soft, space):
    memory = soft.memory.host_memory(64 * KIB)
    addresses, vram = space.addresses.free_bytes, soft.memory.free_vram_bytes

    for options in ({"page_size_bytes": 64 * KIB}, {"page_size_bytes": 12345}, {"kind": 99}, {"peer": 1}):
        with pytest.raises(BadMapping):
            space.map(memory, **options)
    with pytest.raises(BadMapping):
        space.map_sparse(4096, page_size_bytes=8192)
    assert space.addresses.free_bytes == addresses
    assert soft.memory.free_vram_bytes == vram
    assert space.mappings == {}


def test_memory_of_another_gpu_is_mapped_as_a_peers_only(soft, space):
    with SoftMemory(vram_bytes=1 << 30, bar1_bytes=1 << 30) as other:
        theirs = other.memory.video_memory(2 * MIB)
        with pytest.raises(WrongDevice):
            space.map(theirs)
        gpu_va = space.map(theirs, peer=2)
        leaf = leaf_at(soft, space, gpu_va)
        assert (leaf.aperture, leaf.peer, leaf.address) == (mmu.Aperture.PEER, 2, theirs.address)
        space.unmap(gpu_va)


def test_each_change_is_followed_by_what_has_to_be_forgotten(soft):
    told = []
    space = AddressSpace(soft.memory, invalidate=told.append)
    memory = soft.memory.video_memory(2 * MIB)
    gpu_va = space.map(memory)
    space.remap(gpu_va, memory, page_size_bytes=4096)
    space.unmap(gpu_va)
    sparse = space.map_sparse(MIB)
    space.close()

    assert [(each.revoked, each.gpu_va, each.size_bytes) for each in told] == [
        (False, gpu_va, 2 * MIB),
        (True, gpu_va, 2 * MIB),
        (False, gpu_va, 2 * MIB),
        (True, gpu_va, 2 * MIB),
        (False, sparse, MIB),
        (True, FIRST_VA, END_VA - FIRST_VA),
    ]


def test_the_gpu_never_uses_a_translation_that_is_stale(soft, space):
    """Whatever is mapped, replaced or unmapped: the GPU, which remembers, reads what is there."""
    rng = random.Random(5)
    memories = [soft.memory.video_memory(size) for size in (4 * KIB, 64 * KIB, 2 * MIB, 2 * MIB, 6 * MIB)]
    memories += [soft.memory.host_memory(size) for size in (4 * KIB, 256 * KIB, 2 * MIB)]
    for number, memory in enumerate(memories):
        for at in range(0, memory.size_bytes, 4096):
            memory.write(bytes([number]) + at.to_bytes(7, "little"), at)
    soft.memory.tlb.flush()
    held: dict[int, tuple[int, int]] = {}
    places = [FIRST_VA + index * 8 * MIB for index in range(6)]
    for _ in range(300):
        gpu_va = rng.choice(places)
        number = rng.randrange(len(memories))
        if gpu_va in held and rng.random() < 0.5:
            space.unmap(gpu_va)
            del held[gpu_va]
        elif gpu_va in held:
            fits = [
                n
                for n, each in enumerate(memories)
                if each.size_bytes == memories[held[gpu_va][0]].size_bytes
            ]
            number = rng.choice(fits)
            space.remap(gpu_va, memories[number])
            held[gpu_va] = (number, 0)
        else:
            space.map(memories[number], gpu_va)
            held[gpu_va] = (number, 0)
        for place in places:
            offset = rng.randrange(512) * 4096
            if place in held and offset < memories[held[place][0]].size_bytes:
                expected = bytes([held[place][0]]) + offset.to_bytes(7, "little")
                assert soft.see(space, place + offset, 8) == expected
            else:
                with pytest.raises(mmu.PageFault):
                    soft.see(space, place + offset, 8)
    assert soft.gpu.reports == []


def test_page_tables_can_be_in_host_memory(soft):
    store = HostTables(soft.bus)
    space = AddressSpace(soft.memory, invalidate=soft.memory.tlb.invalidate, store=store)
    memory = soft.memory.video_memory(2 * MIB + 64 * KIB)
    memory.write(b"by tables in host memory", 2 * MIB)
    gpu_va = space.map(memory)
    pdb = mmu.Pdb(mmu.Aperture.COHERENT, space.root.address)

    assert soft.gpu.mmu.read(pdb, gpu_va + 2 * MIB, 24) == b"by tables in host memory"
    assert space.walk(gpu_va + 2 * MIB).address == memory.address + 2 * MIB
    space.unmap(gpu_va)
    with pytest.raises(mmu.PageFault):
        soft.gpu.mmu.read(pdb, gpu_va, 1)
    space.close()
    assert store.taken_bytes == 0


def test_all_pages_of_a_space_can_be_listed(soft, space):
    video, host = soft.memory.video_memory(2 * MIB + 64 * KIB), soft.memory.host_memory(64 * KIB)
    first, second, sparse = space.map(video), space.map(host), space.map_sparse(64 * KIB)
    found = list(space.pages())

    assert [page.gpu_va for page in found] == sorted(page.gpu_va for page in found)
    assert {page.leaf.attributes.aperture.value for page in found if page.leaf} == {"video", "host"}
    assert [page.gpu_va for page in found if page.leaf is None] == [sparse]
    assert [page.page_bytes for page in space.pages(first, first + 1)] == [2 * MIB]
    assert sum(page.page_bytes for page in space.pages(second, second + 64 * KIB)) == 64 * KIB
    assert list(space.pages(5, 5)) == []


def test_closing_a_space_gives_all_of_it_back(soft):
    free = soft.memory.free_vram_bytes
    space = soft.memory.address_space()
    order = []
    space.closing.append(lambda: order.append("first added"))
    space.closing.append(lambda: order.append("last added"))
    memory = soft.memory.video_memory(2 * MIB)
    space.map(memory)
    space.close()
    space.close()

    assert order == ["last added", "first added"]
    with pytest.raises(Freed):
        space.map(memory)
    memory.close()
    assert soft.memory.free_vram_bytes == free


# When the GPU does not do as it is told


def failing(error):
    def fail(what):
        raise error

    return fail


def test_a_mapping_that_the_gpu_does_not_take_is_undone(soft, space):
    memory = soft.memory.video_memory(2 * MIB)
    free = space.addresses.free_bytes
    before, space._invalidate = space._invalidate, failing(PollTimeout("it hangs"))
    with pytest.raises(PollTimeout):
        space.map(memory)
    assert space.addresses.free_bytes == free and space.mappings == {}
    space._invalidate = before
    assert soft.see(space, space.map(memory), 1) is not None


def test_what_the_gpu_did_not_forget_stays_taken(soft, space):
    memory = soft.memory.video_memory(2 * MIB)
    gpu_va = space.map(memory)
    free = space.addresses.free_bytes
    before, space._invalidate = space._invalidate, failing(DeviceLost("it is gone"))
    with pytest.raises(DeviceLost):
        space.unmap(gpu_va)
    space._invalidate = before
    address = memory.address
    del memory
    gc.collect()
    soft.memory.collect()

    assert space.addresses.free_bytes == free
    assert address in soft.memory.allocator.taken, "the GPU may still write there"
    with pytest.raises(UsageError):
        space.unmap(gpu_va)
    space.unmap(space.map(soft.memory.host_memory(4096)))  # now it has forgotten
    gc.collect()
    soft.memory.collect()
    assert space.addresses.free_bytes == space.addresses.end - space.addresses.start
    assert address not in soft.memory.allocator.taken


@pytest.mark.parametrize(("page", "calls"), [(None, 1), (4096, 1), (4096, 2)])
def test_a_replacement_that_the_gpu_does_not_take_leaves_nothing_mapped(soft, space, page, calls):
    first, second = soft.memory.video_memory(2 * MIB), soft.memory.video_memory(2 * MIB)
    gpu_va = space.map(first)
    before, told = space._invalidate, []

    def fail_at_last(what):
        told.append(what)
        if len(told) == calls:
            raise PollTimeout("it hangs")
        before(what)

    space._invalidate = fail_at_last
    with pytest.raises(PollTimeout):
        space.remap(gpu_va, second, page_size_bytes=page)
    space._invalidate = before
    assert space.mappings == {}
    assert space.walk(gpu_va).leaf is None
    space.unmap(space.map(first))
    assert space.map(second) == gpu_va


def test_what_was_not_forgotten_is_told_again_with_the_next_change(soft):
    told = []
    space = AddressSpace(soft.memory, invalidate=told.append)
    memory = soft.memory.video_memory(2 * MIB)
    far = space.map(memory, gpu_va=FIRST_VA + (600 << 30))
    near = space.map(memory)
    space._invalidate = failing(PollTimeout("it hangs"))
    with pytest.raises(PollTimeout):
        space.unmap(far)
    retired = soft.memory.table_store.taken_bytes
    space._invalidate = told.append
    space.unmap(near)

    assert told[-1].revoked
    assert told[-1].gpu_va == near and told[-1].gpu_va + told[-1].size_bytes == far + 2 * MIB
    assert told[-1].depth >= 3, "a directory was unlinked before"
    assert soft.memory.table_store.taken_bytes < retired
    space.close()


def test_what_was_not_forgotten_is_not_lost_by_a_second_failure(soft):
    told = []
    space = AddressSpace(soft.memory, invalidate=told.append)
    memory = soft.memory.video_memory(2 * MIB)
    near = space.map(memory)
    far = space.map(memory, gpu_va=FIRST_VA + (600 << 30))
    space._invalidate = failing(PollTimeout("it hangs"))
    with pytest.raises(PollTimeout):
        space.unmap(far)
    with pytest.raises(PollTimeout):
        space.map(memory, gpu_va=near + 2 * MIB)
    space._invalidate = told.append
    space.map(memory, gpu_va=near + 2 * MIB)

    assert told[-1].revoked and told[-1].depth >= 3, "a directory was unlinked before"
    assert told[-1].gpu_va + told[-1].size_bytes == far + 2 * MIB
    space.close()


def test_a_gpu_that_hangs_keeps_the_tables_and_the_memory_of_a_closed_space(soft):
    tables = soft.memory.table_store.taken_bytes
    space = soft.memory.address_space()
    memory = soft.memory.video_memory(2 * MIB)
    address = memory.address
    space.map(memory)
    space._invalidate = failing(PollTimeout("it hangs"))
    with pytest.raises(PollTimeout):
        space.close()
    assert space.closed
    del space, memory
    gc.collect()
    soft.memory.collect()

    assert soft.memory.table_store.taken_bytes > tables, "the GPU may still follow them"
    assert address in soft.memory.allocator.taken, "the GPU may still write there"
    soft.memory.close()
    assert soft.memory.table_store.taken_bytes == 0


def test_closing_goes_through_even_if_the_gpu_is_gone(soft):
    free = soft.memory.free_vram_bytes
    space = soft.memory.address_space()
    space._invalidate = failing(DeviceLost("it is gone"))
    space.closing.append(lambda: failing(PollTimeout("it hangs"))(None))

    with pytest.raises(PollTimeout):
        space.close()
    assert space.closed
    assert soft.memory.free_vram_bytes == free


def test_without_memory_for_tables_a_mapping_is_refused_and_nothing_lost(soft, space):
    memory = soft.memory.video_memory(MIB, page_size_bytes=4096)
    rest = []
    size = 512 * MIB
    while size >= 4096:
        try:
            rest.append(soft.memory.video_memory(size, page_size_bytes=4096, contiguous=True))
        except OutOfVram:
            size //= 2
    while True:
        try:
            rest.append(soft.memory.table_store.allocate(4096))
        except OutOfVram:
            break
    with pytest.raises(OutOfVram):
        space.map(memory, page_size_bytes=4096)
    assert space.mappings == {}
    rest[0].close()
    space.map(memory, page_size_bytes=4096)


def test_a_gpu_that_leaves_the_bus_is_told_at_once_and_all_can_be_closed(soft):
    space = soft.memory.address_space()
    memory, host = soft.memory.video_memory(2 * MIB), soft.memory.host_memory(4096)
    gpu_va = space.map(memory)
    soft.bus.disconnect()

    for use in (lambda: space.map(host), lambda: space.unmap(gpu_va), space.close):
        began = time.perf_counter()
        with pytest.raises(DeviceLost):
            use()
        assert time.perf_counter() - began < 0.1
    assert space.closed
    memory.close()
    host.close()
