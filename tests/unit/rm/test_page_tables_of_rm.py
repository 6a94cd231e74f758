"""The page tables that RM builds, read back through a kernel driver and compared with those that we build."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from barewire.errors import BadMapping, BarewireError, Freed, PermissionMissing, UsageError
from barewire.memory.compare import Place
from barewire.memory.formats import Aperture, TablePointer
from barewire.rm.ioctl import NvResourceManager
from barewire.rm.page_tables import WINDOW_BYTES, WINDOWS_KEPT
from barewire.rm.space import FIRST_VA
from fake_tables import SERVER_VA, page_at, pages_of

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
PAGES = (4 * KIB, 64 * KIB, 2 * MIB)
GET_PDE_INFO = "control 0x801809"
VIRTUAL_RANGE, ALL_OF_VIDEO = 0x50A0, 0xC2
INSUFFICIENT_PERMISSIONS = 0x1B


@pytest.fixture
def spread(rm):
    """An address space with pages of every size, of the GPU and of the host, neighbours and holes."""
    space = rm.address_space()
    small, big, huge = rm.video_memory(20 * KIB), rm.video_memory(192 * KIB), rm.video_memory(6 * MIB)
    host, huge_host = rm.host_memory(28 * KIB), rm.host_memory(2 * MIB, page_size_bytes=2 * MIB)
    for memory, offset, read_only in (
        (small, 0, False),
        (big, 2 * MIB, False),
        (big, 64 * KIB, True),  # beside small pages
        (host, 1 * MIB, True),
        (huge, 8 * MIB, False),
        (huge_host, 32 * MIB, True),
        (host, GIB - 4 * KIB, False),  # over the end of a table
        (small, 600 * GIB, True),
        (huge, 600 * GIB + 2 * MIB, True),
    ):
        space.map(memory, FIRST_VA + offset, read_only=read_only)
    return space


def root_of(kernel, space) -> int:
    """Where the fake RM has the root directory of a space."""
    return next(known.tables.root for known in kernel.objects if known.handle == space.handle)


def entry_of(space, gpu_va: int, level: str, word: int = 0) -> int:
    """Where an entry on the way to an address is, in video memory."""
    step = next(step for step in space.walk(gpu_va).steps if step.level.name == level)
    return step.table.address + step.index * step.level.entry_bytes + 8 * word


# What is in the tables


def test_every_entry_that_rm_wrote_is_as_ours_would_be(spread, kernel):
    compared = spread.compare()

    assert compared.equal, compared
    assert compared.by_level == {
        "PD4": 1, "PD3": 1, "PD2": 2, "PD1": 4, "PD0": 12, "PT 64 KiB": 6, "PT 4 KiB": 24,
    }  # fmt: skip
    assert compared.words > 2000
    assert kernel.complaints == []


def test_walking_finds_what_the_gpu_would_find(spread, kernel):
    for page in pages_of(kernel.video, root_of(kernel, spread)):
        walk = spread.walk(page.va + page.page_bytes - 1)

        assert walk.leaf is not None and walk.page_bytes == page.page_bytes
        assert walk.leaf.address == page.place
        assert walk.leaf.attributes.aperture.value == page.aperture
        assert walk.leaf.attributes.read_only == page.read_only


def test_an_address_that_is_not_mapped_ends_where_the_tables_end(spread):
    beside, hole, far = (spread.walk(FIRST_VA + offset) for offset in (20 * KIB, 4 * MIB, 100 * GIB))

    assert all(walk.leaf is None and not walk.sparse for walk in (beside, hole, far))
    assert [len(walk.steps) for walk in (beside, hole, far)] == [7, 5, 4]
    with pytest.raises(UsageError):
        spread.walk(1 << 57)


def test_the_pages_are_those_of_the_range_in_order(spread, kernel):
    found = pages_of(kernel.video, root_of(kernel, spread))
    told = [(page.va, page.page_bytes, page.place) for page in found]
    read = [(page.gpu_va, page.page_bytes, page.leaf.address) for page in spread.pages()]

    assert read == told
    part = [page.gpu_va for page in spread.pages(FIRST_VA + 3 * MIB, FIRST_VA + 11 * MIB)]
    assert part == [FIRST_VA + 8 * MIB, FIRST_VA + 10 * MIB]


def test_the_tree_has_every_table_once(spread):
    tree = spread.tree()

    assert tree.place == spread.root
    assert tree.tables == len(spread.places())
    assert tree.mapped_bytes == sum(page.page_bytes for page in spread.pages())


def test_all_addresses_can_be_looked_at_with_the_tables_that_rm_has_for_itself(spread, kernel):
    tree = spread.tree(0, 1 << 57)
    (upper,) = tree.below[0].below[0].below[0].below[:1]

    assert (upper.level.name, upper.gpu_va, upper.below) == ("PD0", SERVER_VA, ())
    assert tree.tables == spread.tree().tables + 1
    assert kernel.complaints == []


def test_the_tables_are_where_rm_says_from_the_root_down(spread, kernel):
    places = spread.places()
    tables = next(known.tables for known in kernel.objects if known.handle == spread.handle)

    assert places[Place("PD4", 0)] == spread.root == TablePointer(Aperture.VIDEO, tables.root)
    for (level, gpu_va), place in places.items():
        if level == "PD3":
            assert place.address == tables.second(gpu_va)
        elif level != "PD4":
            assert place.address in [block.address for block in tables.blocks(gpu_va)]
    big = sorted(place.address for (level, _), place in places.items() if level == "PT 64 KiB")
    assert big[1] - big[0] == 256, "tables of big pages are packed"


def test_a_root_at_the_start_of_video_memory_is_a_root(rm):
    roots = [rm.address_space().root.address for _ in range(2)]

    assert roots[0] == 0 and roots[1] != 0


def test_each_space_has_tables_of_its_own(rm, spread):
    other = rm.address_space()
    other.map(rm.video_memory(4096), FIRST_VA)

    assert not set(other.places().values()) & set(spread.places().values())
    assert other.compare().equal and spread.compare().equal
    assert other.walk(FIRST_VA).leaf != spread.walk(FIRST_VA).leaf


def test_what_is_mapped_and_unmapped_is_seen_at_once(rm):
    space = rm.address_space()
    first, second = rm.video_memory(64 * KIB), rm.host_memory(8 * KIB)
    for _ in range(3):
        at = space.map(first)
        assert space.walk(at).leaf.address == first.extents[0].address
        beside = space.map(second, at + MIB)
        assert space.compare().equal
        space.unmap(at)
        assert space.walk(at).leaf is None
        assert space.walk(beside).leaf.attributes.aperture is Aperture.HOST
        space.unmap(beside)
        assert space.compare().equal and list(space.pages()) == []


def test_memory_that_was_freed_is_mapped_no_more_and_nobody_expects_it(rm):
    space = rm.address_space()
    gone, stays = rm.video_memory(64 * KIB), rm.video_memory(4096)
    at, beside = space.map(gone), space.map(stays)
    gone.close()

    assert space.walk(at).leaf is None and space.walk(beside).leaf is not None
    assert space.compare().equal
    space.unmap(at)
    assert space.map(stays, at) == at and space.compare().equal


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_mapped_and_unmapped_both_builders_agree(rm, kernel, seed):
    """In slots of 2 MiB: small pages, large ones and ranges without memory, beside each other."""
    dice = random.Random(seed)
    space = rm.address_space()
    memories = [
        *(rm.video_memory(size) for size in (20 * KIB, 192 * KIB, 2 * MIB)),
        *(rm.host_memory(size) for size in (12 * KIB, 100 * KIB)),
        rm.host_memory(2 * MIB, page_size_bytes=2 * MIB),
    ]
    slots = [FIRST_VA + base + 2 * MIB * number for base in (0, 510 * MIB, 300 * GIB) for number in range(3)]
    mapped: dict[int, int] = {}
    for _ in range(60):
        at = dice.choice(slots)
        if at in mapped:
            space.unmap(mapped.pop(at))
        elif dice.random() < 0.2:
            mapped[at] = space.map_sparse(dice.choice((8 * KIB, 128 * KIB, 2 * MIB)), at)
        else:
            memory = dice.choice(memories)
            page = dice.choice([size for size in PAGES if size <= memory.page_size_bytes])
            offset = dice.randrange(0, memory.size_bytes, memory.page_size_bytes)
            mapped[at] = space.map(memory, at, offset, read_only=dice.random() < 0.3, page_size_bytes=page)
        assert space.compare().equal, space.compare()
    found = [page for page in space.pages() if page.leaf is not None]
    told = list(pages_of(kernel.video, root_of(kernel, space)))
    assert [(page.gpu_va, page.leaf.address) for page in found] == [(page.va, page.place) for page in told]
    assert kernel.complaints == []


def test_part_of_a_page_that_is_mapped_is_a_page_all_the_same(rm):
    space = rm.address_space()
    memory = rm.video_memory(256 * KIB)
    at = space.map(memory, offset=64 * KIB, size_bytes=4096)

    assert space.walk(at).page_bytes == 64 * KIB
    assert space.compare().equal


def test_pages_smaller_than_those_of_the_memory_can_be_asked_for(rm, kernel):
    space = rm.address_space()
    huge = rm.video_memory(2 * MIB)
    for number, page in enumerate((4 * KIB, 64 * KIB, 2 * MIB)):
        at = space.map(huge, FIRST_VA + number * 4 * MIB, page_size_bytes=page)
        assert page_at(kernel.video, root_of(kernel, space), at + 3 * 64 * KIB).page_bytes == page

    assert space.compare().equal


def test_an_empty_space_has_nothing_but_what_rm_needs(rm):
    space = rm.address_space()
    compared = space.compare()

    assert compared.equal
    assert compared.by_level["PD0"] == 0
    assert list(space.pages()) == []


def test_rm_is_asked_no_more_about_large_pages_of_the_host_than_about_those_of_the_gpu(rm, kernel):
    asked = []
    for memory in (rm.video_memory(8 * MIB), rm.host_memory(8 * MIB, page_size_bytes=2 * MIB)):
        space = rm.address_space()
        space.map(memory)
        before = kernel.log.count(GET_PDE_INFO)
        space.places()
        asked.append(kernel.log.count(GET_PDE_INFO) - before)

    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    ("offset", "size", "page", "entries"),
    [
        (0, 20 * KIB, None, {4 * KIB: 5}),
        (64 * KIB, 128 * KIB, None, {64 * KIB: 2}),
        (64 * KIB, 128 * KIB, 4 * KIB, {4 * KIB: 32}),
        (4 * MIB, 6 * MIB, None, {2 * MIB: 3}),
        (2 * MIB - 8 * KIB, 4 * MIB + 8 * KIB, 4 * KIB, {4 * KIB: 2, 2 * MIB: 2}),
        (GIB, GIB + 4 * MIB, None, {512 * MIB: 2, 2 * MIB: 2}),
        (GIB - 64 * KIB, 512 * MIB + 128 * KIB, None, {64 * KIB: 2, 512 * MIB: 1}),
    ],
)
def test_a_range_without_memory_has_the_largest_entries_that_fit(rm, kernel, offset, size, page, entries):
    space = rm.address_space()
    at = space.map_sparse(size, FIRST_VA + offset, page)
    (written,) = [known.sparse for known in kernel.objects if known.class_id == VIRTUAL_RANGE]

    assert Counter(each for _, each in written) == entries
    assert space.compare().equal
    for gpu_va in (at, at + size // 2, at + size - 1):
        assert space.walk(gpu_va).sparse and space.walk(gpu_va).leaf is None
    assert not space.walk(at - 1).sparse and not space.walk(at + size).sparse
    space.unmap(at)
    assert space.compare().equal and not space.walk(at).sparse
    assert kernel.complaints == []


def test_ranges_without_memory_and_mappings_are_neighbours(rm, kernel):
    space = rm.address_space()
    memory = rm.video_memory(8 * KIB)
    for number in range(4):
        space.map_sparse(8 * KIB, FIRST_VA + number * 16 * KIB)
        space.map(memory, FIRST_VA + number * 16 * KIB + 8 * KIB)
    with pytest.raises(BarewireError):
        space.map(memory, FIRST_VA)
    with pytest.raises(BarewireError):
        space.map_sparse(4 * KIB, FIRST_VA + 8 * KIB)

    assert space.compare().equal
    assert [page.leaf is None for page in space.pages()] == [True, True, False, False] * 4
    space.close()
    assert [known for known in kernel.objects if known.class_id == VIRTUAL_RANGE] == []
    assert kernel.complaints == []


@pytest.mark.parametrize(
    ("size", "gpu_va", "page"),
    [(0, None, None), (-4096, None, None), (4097, None, None), (64 * KIB, FIRST_VA + 4096, 64 * KIB),
     (4 * KIB, None, 64 * KIB), (1 << 30, None, 512 * MIB)],
)  # fmt: skip
def test_a_range_that_is_not_of_whole_pages_is_refused(rm, kernel, size, gpu_va, page):
    space = rm.address_space()
    calls = len(kernel.log)
    with pytest.raises(BadMapping):
        space.map_sparse(size, gpu_va, page)

    assert len(kernel.log) == calls and space.mappings == {}


def test_a_range_that_rm_refuses_or_puts_elsewhere_takes_no_addresses(rm, kernel):
    space = rm.address_space()
    free = space.addresses.free_bytes
    kernel.refuse[VIRTUAL_RANGE] = 0x51
    with pytest.raises(BarewireError, match="NV50_MEMORY_VIRTUAL"):
        space.map_sparse(4096)
    del kernel.refuse[VIRTUAL_RANGE]
    original = kernel._enter_sparse

    def elsewhere(made, space, params):
        params[0x18:0x1C] = bytes(4)  # pages of no size: RM rounds the start down to 2 MiB
        original(made, space, params)

    kernel._enter_sparse = elsewhere
    with pytest.raises(UsageError, match="another address"):
        space.map_sparse(4096, FIRST_VA + 4096)

    assert space.addresses.free_bytes == free and space.mappings == {}
    assert [known for known in kernel.objects if known.class_id == VIRTUAL_RANGE] == []


def test_a_reserved_range_is_not_looked_at_since_the_question_changes_it(rm, kernel):
    for reservation in ("lazy", "full"):
        space = rm.address_space(reservation)
        at = space.map(rm.video_memory(2 * MIB))
        for look in (space.compare, space.tree, space.places, lambda at=at, space=space: space.walk(at)):
            with pytest.raises(UsageError, match="reserved"):
                look()

    assert GET_PDE_INFO not in kernel.log


# What is not as it should be

SMALL, BIG, HUGE, FAR = FIRST_VA, FIRST_VA + 2 * MIB, FIRST_VA + 8 * MIB, FIRST_VA + 600 * GIB
# Level, address, word of a dual entry, and bits that are wrong, one at a time.
PLANTED = (
    ("PD3", SMALL, 0, (2, 3, 5, 14, 51)),  # aperture, flags, address
    ("PD2", FAR, 0, (1, 4, 16, 63)),
    ("PD1", HUGE, 0, (0, 1, 2, 3, 4, 5, 12)),
    ("PD0", SMALL, 0, (1, 2, 3, 4, 5, 8, 12)),
    ("PD0", SMALL, 1, (1, 2, 3, 4, 5, 12)),
    ("PD0", HUGE, 0, (0, 1, 3, 4, 5, 6, 7, 8, 11, 21)),
    ("PD0", HUGE, 1, (1, 12)),
    ("PT 64 KiB", BIG, 0, (0, 1, 3, 4, 5, 6, 7, 8, 16)),
    ("PT 4 KiB", SMALL, 0, (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 51, 63)),
)
PLANTED_BITS = [(*where, bit) for *where, bits in PLANTED for bit in bits]


@pytest.mark.parametrize(("level", "gpu_va", "word", "bit"), PLANTED_BITS)
def test_one_wrong_bit_is_told_with_its_place(spread, kernel, level, gpu_va, word, bit):
    at = entry_of(spread, gpu_va, level, word)
    expected = kernel.video.read64(at)
    kernel.video.write64(at, expected ^ 1 << bit)
    (difference,) = spread.compare().differences

    assert (difference.level, difference.word) == (level, word)
    assert difference.table.address + difference.index * (16 if level == "PD0" else 8) + 8 * word == at
    assert difference.found == expected ^ 1 << bit
    if difference.what != "missing table":  # nothing else leads to a directory that no entry points to
        assert difference.expected == expected and difference.fields


@pytest.mark.parametrize("bit", [1, 3, 4, 5])
def test_a_wrong_bit_in_the_root_is_told_too(spread, kernel, bit):
    at = entry_of(spread, SMALL, "PD4")
    word = kernel.video.read64(at) ^ 1 << bit
    kernel.video.write64(at, word)
    first = spread.compare().differences[0]

    assert (first.level, first.index, first.found) == ("PD4", 0, word)


def test_a_root_that_leads_elsewhere_is_told_by_what_is_there(spread, kernel):
    """RM does not name the directory below the root: that address is believed, and nothing in it is right."""
    at = entry_of(spread, SMALL, "PD4")
    kernel.video.write64(at, kernel.video.read64(at) ^ 1 << 13)
    assert "PD3" in [difference.level for difference in spread.compare().differences]

    kernel.video.write64(at, 0x1016)
    with pytest.raises(UsageError, match="not coherent memory: it cannot be read"):
        spread.compare()


def test_a_page_that_is_not_there_and_one_too_many_are_told(spread, kernel):
    there, free = entry_of(spread, SMALL, "PT 4 KiB"), entry_of(spread, SMALL + 20 * KIB, "PT 4 KiB")
    word = kernel.video.read64(there)
    kernel.video.write64(free, word)
    kernel.video.write64(there, 0)
    missing, extra = spread.compare().differences

    assert (missing.what, missing.gpu_va, missing.expected) == ("missing entry", SMALL, word)
    assert (extra.what, extra.gpu_va, extra.found) == ("extra entry", SMALL + 20 * KIB, word)


def test_pages_that_changed_places_are_told(spread, kernel):
    first, second = entry_of(spread, SMALL, "PT 4 KiB"), entry_of(spread, SMALL + 4 * KIB, "PT 4 KiB")
    words = kernel.video.read64(first), kernel.video.read64(second)
    kernel.video.write64(first, words[1])
    kernel.video.write64(second, words[0])

    assert [difference.fields for difference in spread.compare().differences] == [("address",)] * 2


def test_tables_that_changed_places_are_told_at_the_entries_above(spread, kernel):
    places = spread.places()
    near, far = (places[Place("PD0", at // (512 * MIB) * (512 * MIB))] for at in (SMALL, FAR))
    words = [entry_of(spread, at, "PD1") for at in (SMALL, FAR)]
    kernel.video.write64(words[0], far.address | 0x12)
    kernel.video.write64(words[1], near.address | 0x12)
    told = [difference for difference in spread.compare().differences if difference.level == "PD1"]

    assert [difference.gpu_va for difference in told] == [SMALL, FAR // (512 * MIB) * (512 * MIB)]


def test_a_mapping_that_rm_made_writable_instead_of_read_only_is_told(rm, kernel):
    original = kernel._map_dma

    def forgets(file, data):
        data[0x20] &= ~1
        original(file, data)

    space = rm.address_space()
    kernel._map_dma = forgets
    at = space.map(rm.video_memory(4096), read_only=True)
    (difference,) = space.compare().differences

    assert (difference.gpu_va, difference.fields) == (at, ("read only",))


# What may be read


@pytest.fixture
def reader(rm):
    return rm.table_reader()


def test_only_tables_that_rm_named_are_read(rm, kernel):
    memory = rm.video_memory(64 * KIB)
    space = rm.address_space()
    space.map(memory)
    space.places()
    reader = space.reader
    elsewhere = memory.extents[0].address
    looked = len(kernel.log)

    for address in (elsewhere, 16 * MIB, (1 << 30) - 4096):
        with pytest.raises(UsageError, match="did not name"):
            reader.read(TablePointer(Aperture.VIDEO, address), 0, 8)
    assert len(kernel.log) == looked and kernel.complaints == []


def test_nothing_beside_a_named_table_is_read(rm, reader):
    root = rm.address_space().root
    reader.name(root)

    assert len(reader.read(root, 0, 4096)) == 4096
    for offset, size in ((4096, 8), (4092, 8), (0, 4104)):
        with pytest.raises(UsageError, match="did not name"):
            reader.read(root, offset, size)


def test_naming_a_table_in_host_memory_opens_no_page_of_video_memory(rm, reader):
    reader.name(TablePointer(Aperture.HOST, 0x5000))
    with pytest.raises(UsageError, match="did not name"):
        reader.read(TablePointer(Aperture.VIDEO, 0x5000), 0, 8)


@pytest.mark.parametrize("aperture", [Aperture.HOST, Aperture.HOST_NONCOHERENT, Aperture.PEER])
def test_tables_that_are_not_in_video_memory_are_not_read(spread, reader, aperture):
    root = spread.root
    with pytest.raises(UsageError, match=aperture.value):
        reader.read(TablePointer(aperture, root.address), 0, 8)


def test_windows_are_read_only_and_around_a_named_table(spread, kernel):
    spread.compare()
    windows = [shown for shown in kernel.pages.values() if shown.memory.class_id == ALL_OF_VIDEO]

    assert windows and all(window.size == WINDOW_BYTES for window in windows)
    assert all("rw" not in line for line in protections(kernel)), "writable windows on tables"
    assert kernel.complaints == []


def protections(kernel) -> list[str]:
    """Lines of this process's memory map, of the windows on video memory."""
    starts = [f"{at:x}-" for at, shown in kernel.pages.items() if shown.memory.class_id == ALL_OF_VIDEO]
    with open("/proc/self/maps") as maps:
        return [line for line in maps if line.startswith(tuple(starts))]


def named_tables(kernel, reader, count: int) -> list[TablePointer]:
    """Tables that RM named, in a window each."""
    tables = [TablePointer(Aperture.VIDEO, number * WINDOW_BYTES) for number in range(count)]
    for table in tables:
        reader.name(table)
        kernel.named.add(table.address)
        kernel.video.write64(table.address, table.address + 7)
    return tables


def test_the_window_that_was_used_last_stays(rm, kernel, reader):
    tables = named_tables(kernel, reader, WINDOWS_KEPT + 1)
    for table in (*tables[:-1], tables[0], tables[-1]):
        reader.read(table, 0, 8)
    before = kernel.mmaps
    reader.read(tables[0], 0, 8)
    assert kernel.mmaps == before
    reader.read(tables[1], 0, 8)
    assert kernel.mmaps == before + 1


def test_a_few_windows_are_kept_and_the_oldest_goes(rm, kernel, reader):
    tables = named_tables(kernel, reader, 2 * WINDOWS_KEPT)
    for _ in range(2):
        for table in tables:
            assert int.from_bytes(reader.read(table, 0, 8), "little") == table.address + 7

    assert len(kernel.pages) == WINDOWS_KEPT
    assert kernel.complaints == []
    reader.close()
    assert not kernel.pages and not kernel.kernel_mappings
    assert ALL_OF_VIDEO not in [known.class_id for known in kernel.objects]
    reader.close()


def test_a_table_over_the_edge_of_a_window_is_read_whole(rm, kernel, reader):
    for page in (WINDOW_BYTES - 4096, WINDOW_BYTES):
        reader.name(TablePointer(Aperture.VIDEO, page))
        kernel.named.add(page)
    kernel.video.write(WINDOW_BYTES - 8, bytes(range(16)))

    assert reader.read(TablePointer(Aperture.VIDEO, WINDOW_BYTES - 4096), 4088, 16) == bytes(range(16))


def test_reading_goes_on_after_the_windows_were_closed(spread, kernel):
    assert spread.compare().equal
    spread.reader.close()
    assert spread.compare().equal
    assert kernel.complaints == []


def test_what_rm_named_for_one_space_is_not_read_by_another_nor_after_its_end(rm, kernel):
    first, second = rm.address_space(), rm.address_space()
    for space in (first, second):
        space.map(rm.video_memory(4 * KIB))
        assert space.compare().equal
    root, reader = first.root, first.reader
    with pytest.raises(UsageError, match="did not name"):
        second.reader.read(root, 0, 8)

    first.close()

    with pytest.raises(UsageError, match="did not name"):
        reader.read(root, 0, 8)
    assert kernel.complaints == []


# Who may


def look_at(space) -> dict:
    return {
        "walk": lambda: space.walk(FIRST_VA),
        "tree": space.tree,
        "pages": lambda: list(space.pages()),
        "places": space.places,
        "wanted": space.wanted,
        "compare": space.compare,
    }


@pytest.mark.parametrize("what", ["walk", "tree", "pages", "places", "wanted", "compare"])
def test_who_is_no_administrator_is_told_what_to_do(kernel, what):
    kernel.admin = False
    with NvResourceManager.open(0, kernel=kernel) as rm:
        space = rm.address_space()
        space.map(rm.video_memory(4096), FIRST_VA)
        with pytest.raises(PermissionMissing, match="CAP_SYS_ADMIN") as missing:
            look_at(space)[what]()

        assert missing.value.status_name == "NV_ERR_INSUFFICIENT_PERMISSIONS"
        assert space.root.aperture is Aperture.VIDEO, "where the root is, anybody may know"
        space.map(rm.video_memory(4096))
    assert kernel.is_clean and kernel.complaints == []


@pytest.mark.parametrize(("call", "raised"), [(0xC2, 0x51), (0x801809, 0x28), (0x410103, 0x40)])
def test_another_refusal_is_not_called_a_missing_permission(spread, kernel, call, raised):
    kernel.refuse[call] = raised
    with pytest.raises(BarewireError) as refused:
        spread.compare()

    assert not isinstance(refused.value, PermissionMissing)
    assert "CAP_SYS_ADMIN" not in str(refused.value)


@pytest.mark.parametrize("how", ["errno", "status"])
def test_each_call_may_fail_and_looking_again_finds_the_same(rm, kernel, how):
    space = rm.address_space()
    space.map(rm.video_memory(12 * KIB), FIRST_VA)
    space.map(rm.host_memory(4 * KIB), FIRST_VA + 2 * MIB)
    assert space.compare().equal
    space.reader.close()
    first = kernel.ioctls
    space.compare()
    for number in range(kernel.ioctls - first):
        space.reader.close()
        kernel.fail_ioctl, kernel.fail_how = kernel.ioctls + number, how
        with pytest.raises(BarewireError):
            space.compare()

    assert space.compare().equal
    space.reader.close()
    assert not kernel.pages and not kernel.kernel_mappings and kernel.complaints == []


def test_looking_at_a_closed_space_is_refused(spread):
    spread.close()
    for look in look_at(spread).values():
        with pytest.raises(Freed):
            look()


def test_closing_the_device_leaves_no_window(kernel):
    rm = NvResourceManager.open(0, kernel=kernel)
    space = rm.address_space()
    space.map(rm.video_memory(4096))
    assert space.compare().equal
    rm.close()

    assert kernel.is_clean and kernel.complaints == []


# What RM may not say


def answers(kernel, change) -> None:
    """Let RM's answers about page tables be changed."""
    original = kernel._answer_00801809

    def answer(client, found, params):
        original(client, found, params)
        change(params)

    kernel._answer_00801809 = answer


def test_a_table_of_pages_that_the_format_does_not_have_is_refused(spread, kernel):
    answers(kernel, lambda params: params.__setitem__(slice(0x30, 0x34), (8192).to_bytes(4, "little")))
    with pytest.raises(UsageError, match="does not have"):
        spread.compare()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_tables_that_rm_keeps_elsewhere_are_not_read(spread, kernel, number):
    answers(kernel, lambda params: params.__setitem__(slice(0x34, 0x38), number.to_bytes(4, "little")))
    with pytest.raises(UsageError):
        spread.walk(FIRST_VA)


@pytest.mark.parametrize(("number", "aperture"), [(1, Aperture.HOST), (2, Aperture.HOST_NONCOHERENT)])
def test_a_root_that_rm_keeps_in_host_memory_is_not_looked_for_in_video_memory(
    spread, kernel, number, aperture
):
    answers(kernel, lambda params: params.__setitem__(slice(0x14, 0x18), number.to_bytes(4, "little")))
    windows = len(kernel.pages)

    assert spread.root.aperture is aperture
    with pytest.raises(UsageError, match=aperture.value):
        spread.compare()
    assert len(kernel.pages) == windows
