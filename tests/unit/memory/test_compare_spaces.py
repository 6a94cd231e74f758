"""Address spaces compared with what they have by their own records, on the software GPU's memory."""

from __future__ import annotations

import random

import numpy as np
import pytest
from barewire.errors import BadMapping, Freed, OutOfAddressSpace, PollTimeout
from barewire.memory.compare import EXTRA_ENTRY, Place, compare
from barewire.memory.formats import GMMU_V3, Aperture, PageAttributes
from barewire.memory.space import END_VA, FIRST_VA, AddressSpace
from barewire.memory.tables import HostTables
from compare_world import KIB, MIB

STEPS = 120


@pytest.fixture
def space(soft):
    return soft.memory.address_space()


@pytest.fixture
def mapped(soft, space):
    """Video and host memory of every page size, read-only, sparse, and other attributes."""
    video, host = soft.memory.video_memory(4 * MIB + 128 * KIB), soft.memory.host_memory(256 * KIB)
    space.map(video)
    space.map(video, offset=64 * KIB, size_bytes=64 * KIB, page_size_bytes=4 * KIB, read_only=True)
    space.map(host, kind="pitch", atomics=False)
    space.map(host, read_only=True, privileged=True, coherent=False)
    space.map(video, size_bytes=64 * KIB, peer=4)
    space.map_sparse(2 * MIB + 64 * KIB)
    space.map_sparse(12 * KIB, page_size_bytes=4 * KIB)
    return video, host


def planted(soft, space, gpu_va: int, bit: int) -> None:
    """Change a bit of the entry that a page has, by the other side's way into video memory."""
    step = space.walk(gpu_va).steps[-1]
    at = step.table.address + step.index * step.level.entry_bytes
    word = int.from_bytes(soft.pramin.read(at, 8), "little")
    soft.pramin.write(at, (word ^ 1 << bit).to_bytes(8, "little"))


def test_a_space_equals_its_records(space, mapped):
    compared = space.compare()

    assert compared.equal
    assert (compared.start_va, compared.end_va) == (FIRST_VA, END_VA)
    assert compared.tables == len(space.places())
    assert compared.entries > 50


def test_a_new_space_has_a_root_with_nothing_in_it(space):
    compared = space.compare()

    assert compared.equal and (compared.tables, compared.entries) == (1, 0)
    assert space.places() == {Place("PD4", 0): space.root}
    assert space.wanted() == ()


def test_a_bit_that_changed_in_video_memory_is_told(soft, space, mapped):
    gpu_va = next(iter(space.mappings))
    planted(soft, space, gpu_va, 5)

    (found,) = space.compare().differences
    assert (found.gpu_va, found.fields) == (gpu_va, ("read only",))


def test_tables_in_host_memory_are_compared_too(soft, mapped):
    space = AddressSpace(soft.memory, invalidate=soft.memory.tlb.invalidate, store=HostTables(soft.bus))
    gpu_va = space.map(mapped[0])

    assert space.compare().equal
    assert {pointer.aperture for pointer in space.places().values()} == {Aperture.HOST}
    step = space.walk(gpu_va).steps[-1]
    space.reader.write(step.table, step.index * step.level.entry_bytes, bytes(8))
    assert len(space.compare().differences) == 1
    space.close()


def test_a_mapping_remembers_how_its_pages_were_asked_for(soft, space):
    memory = soft.memory.video_memory(2 * MIB)
    small = space.map(memory, page_size_bytes=4 * KIB, kind="pitch")
    large = space.map(memory)
    sparse = space.map_sparse(64 * KIB, page_size_bytes=64 * KIB)

    assert space.mappings[small].page_size_bytes == 4 * KIB
    assert space.mappings[small].attributes == PageAttributes(kind=0)
    assert (space.mappings[large].page_size_bytes, space.mappings[sparse].attributes) == (None, None)
    pages = {int(each.pages[0].gpu_vas[0]): each for each in space.wanted()}
    assert [pages[at].pages[0].page_bytes for at in (small, large, sparse)] == [4 * KIB, 2 * MIB, 64 * KIB]
    assert len(pages[small].pages[0].gpu_vas) == 512
    assert pages[sparse].attributes is None and pages[sparse].pages[0].addresses is None


def test_what_is_wanted_is_in_the_order_of_addresses(space, mapped):
    starts = [int(each.pages[0].gpu_vas.min()) for each in space.wanted()]

    assert len(starts) == len(space.mappings)
    assert starts == sorted(starts)


def test_a_mapping_that_was_replaced_is_compared_as_it_is_now(soft, space):
    first, second = soft.memory.video_memory(2 * MIB), soft.memory.video_memory(4 * MIB)
    gpu_va = space.map(first)

    space.remap(gpu_va, second, 64 * KIB, read_only=True, page_size_bytes=4 * KIB)
    assert space.compare().equal
    assert space.mappings[gpu_va].attributes == PageAttributes(read_only=True)
    assert space.mappings[gpu_va].page_size_bytes == 4 * KIB
    space.remap(gpu_va, first)
    assert space.compare().equal
    assert space.mappings[gpu_va].page_size_bytes is None


def test_a_refused_mapping_leaves_the_space_equal_to_its_records(soft, space, mapped):
    taken = next(iter(space.mappings))
    with pytest.raises(BadMapping):
        space.map(mapped[0], page_size_bytes=512 * MIB)
    with pytest.raises(OutOfAddressSpace):
        space.map(mapped[0], gpu_va=taken)

    assert space.compare().equal


def test_a_space_whose_gpu_did_not_forget_equals_its_records(soft, space, mapped):
    """What the GPU still has to be told of is gone from tables and records."""
    gpu_va = next(iter(space.mappings))
    before = space._invalidate

    def hang(_):
        raise PollTimeout("it hangs")

    space._invalidate = hang
    with pytest.raises(PollTimeout):
        space.map(mapped[1])
    with pytest.raises(PollTimeout):
        space.unmap(gpu_va)
    space._invalidate = before

    assert gpu_va not in space.mappings
    assert space.compare().equal


def test_a_part_of_the_addresses_may_be_compared(soft, space, mapped):
    first, second = sorted(space.mappings)[:2]
    planted(soft, space, first, 3)

    assert not space.compare(end_va=second).equal
    assert space.compare(second).equal
    assert space.compare(second, second + 4096).words < space.compare().words


def test_entries_outside_of_the_spaces_addresses_are_compared_when_asked_for(soft, space, mapped):
    """Where firmware hangs directories of its own into ours."""
    table = space.places()[Place("PD1", 0)]
    soft.pramin.write(table.address + 8 * 8, (0x4012).to_bytes(8, "little"))

    assert space.compare().equal
    assert [each.gpu_va for each in space.compare(0).differences] == [8 << 29]


def test_a_closed_space_cannot_be_compared(space):
    space.close()

    for refused in (space.compare, space.wanted, space.places, space.table_ranges):
        with pytest.raises(Freed):
            refused()


def test_tables_are_in_the_memory_that_was_taken_for_them(space, mapped):
    ranges = space.table_ranges()

    assert all(each.aperture is Aperture.VIDEO for each in ranges)
    for table in space.places().values():
        assert any(each.start <= table.address < each.end for each in ranges)


def test_reader_root_and_format_are_what_the_comparison_needs(space, mapped):
    assert space.format is GMMU_V3
    found = compare(space.format, space.reader, space.root, space.wanted(), space.places())

    assert found.equal and found.entries == space.compare().entries


def test_half_a_million_entries_are_compared_and_none_is_left_out(soft, space):
    memory = soft.memory.video_memory(2 << 30)
    gpu_va = space.map(memory, page_size_bytes=4 * KIB)
    last = gpu_va + memory.size_bytes - 4 * KIB
    assert space.compare().by_level["PT 4 KiB"] == 1 << 19

    planted(soft, space, last, 12)
    (found,) = space.compare().differences
    assert found.gpu_va == last


def test_a_page_that_only_memory_has_is_extra(soft, space, mapped):
    (place,) = [place for place in space.places() if place.level == "PD0"]
    soft.pramin.write(space.places()[place].address + 16 * 200, (0x681).to_bytes(8, "little"))

    (found,) = space.compare().differences
    assert (found.what, found.level, found.index) == (EXTRA_ENTRY, "PD0", 200)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_done_to_a_space_it_equals_its_records(soft, seed):
    """Maps, remaps and unmaps, sparse or not, refused or not."""
    chance = random.Random(seed)
    space = soft.memory.address_space()
    memories = [soft.memory.video_memory(size) for size in (64 * KIB, 2 * MIB, 6 * MIB + 192 * KIB)]
    memories.append(soft.memory.host_memory(320 * KIB))
    done = refused = 0
    for step in range(STEPS):
        try:
            one_step(space, memories, chance)
            done += 1
        except BadMapping:
            refused += 1
        if step % 10 == 0:
            assert space.compare().equal
    found = space.compare()
    assert found.equal, str(found)
    assert found.entries > 0 and done > refused
    total = sum(len(pages.gpu_vas) * pages.page_bytes for each in space.wanted() for pages in each.pages)
    assert total == sum(mapping.size_bytes for mapping in space.mappings.values())
    space.close()


def one_step(space, memories: list, chance: random.Random) -> None:
    memory = chance.choice(memories)
    page = chance.choice((None, None, 4 * KIB, 64 * KIB, 2 * MIB))
    known = chance.choice(sorted(space.mappings)) if space.mappings else None
    choice = chance.randrange(5)
    if choice == 0 and known is not None:
        space.unmap(known)
    elif choice == 1 and known is not None:
        size = space.mappings[known].size_bytes
        if size <= memory.size_bytes:
            space.remap(known, memory, read_only=bool(chance.randrange(2)), page_size_bytes=page)
    elif choice == 2:
        space.map_sparse(chance.choice((4, 64, 2048, 2112)) * KIB, page_size_bytes=page)
    else:
        offset = chance.randrange(memory.size_bytes // (64 * KIB)) * 64 * KIB
        space.map(memory, offset=offset, page_size_bytes=page, read_only=bool(chance.randrange(2)))


def test_wanted_names_every_page_of_memory_in_several_pieces(soft, space):
    host = soft.memory.host_memory(64 * KIB)
    gpu_va = space.map(host)

    (wanted,) = space.wanted()
    found = {}
    for pages in wanted.pages:
        for va, address in zip(pages.gpu_vas.tolist(), pages.addresses.tolist(), strict=True):
            found.update({va + at: address + at for at in range(0, pages.page_bytes, 4096)})
    assert found == {gpu_va + at: host.dma.iova_of(at) for at in range(0, host.size_bytes, 4096)}
    assert all(pages.gpu_vas.dtype == np.uint64 for pages in wanted.pages)
