"""The builder of page tables, each word of its work looked at by a walker written apart from it."""

from __future__ import annotations

import time

import numpy as np
import pytest
from barewire.errors import BadMapping, OutOfVram
from barewire.memory.formats import GMMU_V2, GMMU_V2_TURING, GMMU_V3, Aperture, PageAttributes
from barewire.memory.pagetable import PageTables
from barewire.memory.paging import Pages, cut
from barewire.memory.tables import TablePage
from barewire.memory.vram import Extent
from barewire.memory.walker import walk
from table_memory import FORMATS, Bench, flags_of

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
BASE = 0x10_0000_0000
VIDEO = PageAttributes()
ROOT_AND_TABLES_TO_PD0 = 5 * 4096  # version 3


@pytest.fixture(params=FORMATS.values(), ids=FORMATS)
def bench(request):
    return Bench(request.param)


@pytest.fixture
def hopper():
    return Bench(GMMU_V3)


SIZES = [(name, size) for name, form in FORMATS.items() for size in form.page_sizes]


@pytest.mark.parametrize(("name", "page"), SIZES)
def test_pages_of_every_size_are_found_where_they_were_mapped(name, page):
    bench = Bench(FORMATS[name])
    bench.tables.map(bench.pages(BASE, (3 * GIB, 3 * page), sizes=(page,)), VIDEO)

    assert bench.seen(BASE, BASE + 3 * page) == [
        (BASE + index * page, page, 3 * GIB + index * page, flags_of(VIDEO)) for index in range(3)
    ]
    assert bench.look(BASE - 1).leaf is None
    assert bench.look(BASE + 3 * page).leaf is None


def test_pages_of_512_mib_are_refused_where_the_chip_has_none():
    bench = Bench(GMMU_V2_TURING)
    pages = [Pages(512 * MIB, np.array([BASE], np.uint64), np.array([0], np.uint64))]

    with pytest.raises(BadMapping):
        bench.tables.map(pages, VIDEO)


def test_big_and_small_pages_share_two_megabytes(bench):
    bench.tables.map(bench.pages(BASE, (0, 64 * KIB)), VIDEO)
    bench.tables.map(bench.pages(BASE + 64 * KIB, (1 * MIB + 4 * KIB, 64 * KIB)), VIDEO)
    bench.tables.map(bench.pages(BASE + 128 * KIB, (128 * KIB, 64 * KIB)), VIDEO)

    sizes = [leaf[1] for leaf in bench.seen(BASE, BASE + 2 * MIB)]
    assert sizes == [64 * KIB] + 16 * [4 * KIB] + [64 * KIB]


def test_the_largest_page_is_used_wherever_both_addresses_allow(bench):
    bench.tables.map(bench.pages(BASE + MIB, (3 * MIB, 4 * MIB), (9 * MIB + 4096, 4096)), VIDEO)

    sizes = [leaf[1] for leaf in bench.seen(BASE, BASE + 16 * MIB)]
    assert sizes == 16 * [64 * KIB] + [2 * MIB] + 16 * [64 * KIB] + [4 * KIB]


@pytest.mark.parametrize(
    "attributes",
    [
        PageAttributes(aperture=Aperture.HOST, volatile=True),
        PageAttributes(aperture=Aperture.HOST_NONCOHERENT, kind=0),
        PageAttributes(aperture=Aperture.PEER, peer=3),
        PageAttributes(read_only=True),
        PageAttributes(privileged=True),
        PageAttributes(atomics=False),
        PageAttributes(volatile=True, read_only=True, privileged=True, atomics=False, kind=1),
    ],
    ids=str,
)
def test_what_a_mapping_says_of_its_pages_is_in_the_entries(bench, attributes):
    for page in (4 * KIB, 64 * KIB, 2 * MIB):
        bench.tables.map(bench.pages(BASE + 4 * page, (0, page), sizes=(page,)), attributes)

        assert bench.seen(BASE + 4 * page, BASE + 5 * page) == [
            (BASE + 4 * page, page, 0, flags_of(attributes))
        ]


@pytest.mark.parametrize("page", [None, 4 * KIB, 64 * KIB, 2 * MIB])
def test_a_sparse_range_reads_as_nothing_without_a_fault(bench, page):
    bench.tables.map_sparse(BASE, 4 * MIB, page)

    size = page or 2 * MIB
    for at in range(0, 4 * MIB, size):
        for inside in (0, size // 2, size - 1):
            assert bench.sparse_at(BASE + at + inside) == (BASE + at, size)
    assert bench.seen(BASE, BASE + 4 * MIB) == []
    assert bench.look(BASE + 5 * MIB).fault is not None


def test_a_sparse_range_can_start_and_end_within_a_large_page(bench):
    bench.tables.map_sparse(BASE + 4 * KIB, 4 * MIB)

    pages = {bench.sparse_at(BASE + at) for at in range(0, 8 * MIB, 4 * KIB)} - {None}
    assert sum(size for _, size in pages) == 4 * MIB
    assert {size for _, size in pages} == {4 * KIB, 64 * KIB, 2 * MIB}
    bench.tables.unmap(BASE + 4 * KIB, 4 * MIB)
    assert not any(bench.sparse_at(BASE + at) for at in range(0, 8 * MIB, 4 * KIB))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((0, 4 * KIB), (0, 4 * KIB)),
        ((0, 4 * KIB), (0, 64 * KIB)),
        ((60 * KIB, 4 * KIB), (0, 64 * KIB)),
        ((0, 64 * KIB), (60 * KIB, 4 * KIB)),
        ((0, 4 * KIB), (0, 2 * MIB)),
        ((0, 64 * KIB), (0, 2 * MIB)),
        ((0, 2 * MIB), (1 * MIB, 4 * KIB)),
        ((0, 2 * MIB), (1 * MIB, 64 * KIB)),
        ((0, 2 * MIB), (0, 2 * MIB)),
        ((0, 512 * MIB), (100 * MIB, 2 * MIB)),
        ((0, 512 * MIB), (100 * MIB, 4 * KIB)),
        ((100 * MIB, 64 * KIB), (0, 512 * MIB)),
        ((100 * MIB, 2 * MIB), (0, 512 * MIB)),
    ],
)
@pytest.mark.parametrize("sparse", [False, True])
def test_what_is_mapped_is_never_mapped_over(first, second, sparse):
    bench = Bench(GMMU_V2)
    at, page = first
    if sparse and page <= 2 * MIB:
        bench.tables.map_sparse(BASE + at, page, page)
    else:
        bench.tables.map(bench.pages(BASE + at, (0, page), sizes=(page,)), VIDEO)
    before, written = bytes(bench.window.bytes), bench.tables.written_bytes
    at, page = second

    with pytest.raises(BadMapping) as refused:
        bench.tables.map(bench.pages(BASE + at, (512 * MIB, page), sizes=(page,)), VIDEO)
    assert refused.value.gpu_va == BASE + at
    assert bytes(bench.window.bytes) == before
    assert bench.tables.written_bytes == written


def test_a_refusal_in_the_last_page_has_written_nothing(hopper):
    hopper.tables.map(hopper.pages(BASE + 8 * MIB, (0, 4096)), VIDEO)
    before, taken = bytes(hopper.window.bytes), hopper.store.taken_bytes

    with pytest.raises(BadMapping):
        hopper.tables.map(hopper.pages(BASE + 4096, (0, 8 * MIB), sizes=(4096,)), VIDEO)
    assert bytes(hopper.window.bytes) == before
    assert hopper.store.taken_bytes == taken


@pytest.mark.parametrize(
    ("page", "vas", "addresses", "why"),
    [
        (4096, [BASE + 1], [0], "askew"),
        (64 * KIB, [BASE], [4096], "askew in memory"),
        (2 * MIB, [BASE + MIB], [MIB], "askew in both"),
        (8192, [BASE], [0], "no such size"),
        (4096, [1 << 57], [0], "beyond the last address"),
        (4096, [BASE, BASE], [0, 4096], "twice"),
        (4096, [BASE + 4096, BASE], [0, 4096], "out of order"),
        (4096, [BASE], [1 << 52], "an address that does not fit"),
        (4096, [], [], "nothing"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_pages_that_cannot_be_are_refused(hopper, page, vas, addresses, why):
    before = bytes(hopper.window.bytes)
    pages = [Pages(page, np.array(vas, np.uint64), np.array(addresses, np.uint64))]

    with pytest.raises(BadMapping):
        hopper.tables.map(pages, VIDEO)
    assert bytes(hopper.window.bytes) == before


def test_pages_of_one_call_that_overlap_are_refused(hopper):
    pages = [*hopper.pages(BASE, (0, 64 * KIB)), *hopper.pages(BASE + 4096, (MIB, 4096))]

    with pytest.raises(BadMapping):
        hopper.tables.map(pages, VIDEO)
    with pytest.raises(BadMapping):
        hopper.tables.map([], VIDEO)


@pytest.mark.parametrize("page", [64 * KIB, 2 * MIB, 512 * MIB])
def test_part_of_a_page_is_not_unmapped(hopper, page):
    hopper.tables.map(hopper.pages(BASE, (0, 2 * page), sizes=(page,)), VIDEO)
    before = bytes(hopper.window.bytes)

    for start, size in ((BASE, page // 2), (BASE + page // 2, page), (BASE + page, page + 4096)):
        with pytest.raises(BadMapping):
            hopper.tables.unmap(start, size)
    assert bytes(hopper.window.bytes) == before
    hopper.tables.unmap(BASE, page)
    assert [leaf[0] for leaf in hopper.seen(BASE, BASE + 4 * page)] == [BASE + page]


def test_what_is_not_mapped_is_not_unmapped(hopper):
    with pytest.raises(BadMapping) as refused:
        hopper.tables.unmap(BASE, 4096)
    assert refused.value.mapped_bytes == 0
    hopper.tables.map(hopper.pages(BASE, (0, 8192)), VIDEO)
    with pytest.raises(BadMapping):
        hopper.tables.unmap(BASE + 4096, 8192)
    with pytest.raises(BadMapping):
        hopper.tables.unmap(BASE, 0)


def test_tables_are_freed_when_they_are_empty(bench):
    empty = bench.store.taken_bytes
    for at in (BASE, BASE + 64 * KIB, BASE + 2 * MIB, BASE + GIB):
        bench.tables.map(bench.pages(at, (0, 64 * KIB), sizes=(4096,)), VIDEO)
    bench.tables.map(bench.pages(BASE + 4 * MIB, (0, 64 * KIB)), VIDEO)
    for at in (BASE + 4 * MIB, BASE, BASE + GIB, BASE + 2 * MIB, BASE + 64 * KIB):
        bench.tables.unmap(at, 64 * KIB)
        bench.tables.settle()

    assert bench.store.taken_bytes == empty
    bench.tables.close()
    assert bench.allocator.taken == {}


def test_a_table_is_not_given_to_others_before_the_gpu_has_forgotten_it(hopper):
    hopper.tables.map(hopper.pages(BASE, (0, 4096)), VIDEO)
    before = hopper.store.taken_bytes
    hopper.tables.unmap(BASE, 4096)

    assert hopper.store.taken_bytes == before
    hopper.tables.settle()
    assert hopper.store.taken_bytes < before


def test_new_tables_are_written_before_anything_points_to_them(hopper):
    hopper.window.log.clear()
    hopper.tables.map(hopper.pages(BASE, (0, 8 * KIB), sizes=(4096,)), VIDEO)

    log, root = hopper.window.log, hopper.tables.root.address
    link = next(index for index, done in enumerate(log) if done[:2] == ("write", root))
    assert ("fence",) in log[:link]
    assert [done for done in log[link:] if done[0] == "write"] == [("write", root, 8)]
    assert sum(done[0] == "write" for done in log[:link]) == 5
    assert log[-1] == ("fence",)


def test_tables_are_written_in_full_since_memory_holds_anything(bench):
    bench.tables.map(bench.pages(BASE, (0, 4096)), VIDEO)

    assert len(bench.seen(0, bench.form.va_end)) == 1


@pytest.mark.parametrize(
    ("mapped", "added", "depth"),
    [
        (None, (0, 4096), 5),
        ((0, 4096), (8192, 4096), 0),
        ((0, 4096), (0x10000, 0x10000), 1),
        ((0, 4096), (2 * MIB, 4096), 1),
        ((0, 4096), (2 * MIB, 2 * MIB), 1),
        ((0, 4096), (512 * MIB, 4096), 2),
        ((0, 4096), (512 * MIB, 512 * MIB), 2),
        ((0, 4096), (256 * GIB, 4096), 3),
        ((0, 4096), (1 << 47, 4096), 4),
        ((0, 4096), (1 << 56, 4096), 5),
    ],
)
def test_an_invalidation_names_the_highest_level_that_changed(hopper, mapped, added, depth):
    if mapped:
        hopper.tables.map(hopper.pages(mapped[0], (0, mapped[1]), sizes=(mapped[1],)), VIDEO)
    at, page = added
    made = hopper.tables.map(hopper.pages(at, (0, page), sizes=(page,)), VIDEO)
    taken = hopper.tables.unmap(at, page)

    assert (made.gpu_va, made.size_bytes, made.depth, made.revoked) == (at, page, depth, False)
    assert (taken.gpu_va, taken.size_bytes, taken.depth, taken.revoked) == (at, page, depth, True)
    assert made.root == taken.root == hopper.tables.root


def test_pages_are_replaced_in_place_where_their_sizes_stay(hopper):
    between = []
    hopper.tables.map(hopper.pages(BASE, (0, 3 * MIB)), VIDEO)
    hopper.window.log.clear()
    changed = hopper.tables.remap(
        hopper.pages(BASE, (64 * MIB, 3 * MIB)), PageAttributes(kind=0), between.append
    )

    assert between == []
    assert (changed.depth, changed.revoked) == (1, True)
    assert [leaf[2] for leaf in hopper.seen(BASE, BASE + 4 * MIB)][:2] == [64 * MIB, 66 * MIB]
    assert sum(done[0] == "write" for done in hopper.window.log) == 2


@pytest.mark.parametrize("old", [4 * KIB, 64 * KIB, 2 * MIB, "sparse"])
@pytest.mark.parametrize("new", [4 * KIB, 64 * KIB, 2 * MIB])
def test_pages_are_replaced_by_pages_of_any_size(bench, old, new):
    if old == "sparse":
        bench.tables.map_sparse(BASE, 4 * MIB)
    else:
        bench.tables.map(bench.pages(BASE, (0, 4 * MIB), sizes=(old,)), VIDEO)
    gone = []

    def between(what):
        gone.append((what, bench.seen(BASE, BASE + 4 * MIB)))

    bench.tables.remap(bench.pages(BASE, (8 * MIB, 4 * MIB), sizes=(new,)), VIDEO, between)
    bench.tables.settle()

    assert bench.seen(BASE, BASE + 4 * MIB) == [
        (BASE + at, new, 8 * MIB + at, flags_of(VIDEO)) for at in range(0, 4 * MIB, new)
    ]
    if gone:
        assert gone[0][0].revoked and gone[0][1] == [], "nothing is mapped when pages change their size"
    bench.tables.unmap(BASE, 4 * MIB)
    bench.tables.close()
    assert bench.allocator.taken == {}


def test_only_what_is_mapped_as_a_whole_is_replaced(hopper):
    hopper.tables.map(hopper.pages(BASE, (0, 2 * MIB)), VIDEO)
    before = bytes(hopper.window.bytes)

    for at, size in ((BASE, MIB), (BASE, 4 * MIB), (BASE + MIB, MIB)):
        with pytest.raises(BadMapping):
            hopper.tables.remap(hopper.pages(at, (0, size)), VIDEO, pytest.fail)
    gap = [*hopper.pages(BASE, (0, 64 * KIB)), *hopper.pages(BASE + MIB, (0, 64 * KIB))]
    with pytest.raises(BadMapping):
        hopper.tables.remap(gap, VIDEO, pytest.fail)
    assert bytes(hopper.window.bytes) == before


def fill(bench: Bench, but: int) -> list:
    """Take all memory that tables could get, but for a few of them."""
    pages = []
    while True:
        try:
            pages.append(bench.store.allocate(4096))
        except OutOfVram:
            break
    for _ in range(but):
        bench.store.free(pages.pop())
    return pages


@pytest.mark.parametrize("left", range(5))
def test_without_memory_for_tables_nothing_is_changed(hopper, left):
    hopper.tables.map(hopper.pages(1 << 56, (0, 4096)), VIDEO)
    fill(hopper, left)
    before, taken = bytes(hopper.window.bytes), hopper.store.taken_bytes

    with pytest.raises(OutOfVram):
        hopper.tables.map(hopper.pages(BASE, (0, 4096)), VIDEO)
    assert bytes(hopper.window.bytes) == before
    assert hopper.store.taken_bytes == taken


def test_a_table_that_no_entry_can_point_to_is_refused_and_given_back():
    bench = Bench(GMMU_V2)
    given, taken = bench.store.allocate, []

    def far_away(size):
        taken.append(given(size))
        return taken[-1]._replace(address=1 << 37)

    bench.store.allocate = far_away
    bench.store.free = lambda page: taken.remove(page._replace(address=taken[-1].address))
    before = bytes(bench.window.bytes)
    with pytest.raises(BadMapping):
        bench.tables.map(bench.pages(BASE, (0, 4096)), VIDEO)
    assert bytes(bench.window.bytes) == before
    assert taken == []
    assert [table.level.name for table in bench.tables.tables()] == ["PD3"]


def test_without_memory_for_tables_what_was_mapped_stays_when_it_is_to_be_replaced(hopper):
    hopper.tables.map(hopper.pages(BASE, (0, 4 * MIB)), VIDEO)
    fill(hopper, 1)
    before, taken = bytes(hopper.window.bytes), hopper.store.taken_bytes

    with pytest.raises(OutOfVram):
        hopper.tables.remap(hopper.pages(BASE, (0, 4 * MIB), sizes=(4096,)), VIDEO, pytest.fail)
    assert bytes(hopper.window.bytes) == before
    assert hopper.store.taken_bytes == taken


def test_an_adopted_root_is_as_it_was_when_it_is_given_back(hopper):
    theirs = Bench(GMMU_V3)
    theirs.tables.map(theirs.pages(0, (0, 4096)), VIDEO)
    theirs.tables.map(theirs.pages(1 << 56, (MIB, 4096)), VIDEO)
    root = theirs.tables.root
    theirs.window.bytes[root.address + 16 : root.address + 24] = b"no table"
    before = bytes(theirs.window.bytes)

    ours = PageTables(GMMU_V3, theirs.store, adopted=root)
    ours.map(theirs.pages(BASE, (2 * MIB, 2 * MIB)), VIDEO)
    assert theirs.look(BASE).leaf is not None
    assert theirs.look(1 << 56).leaf is not None, "entries that are not ours stay"
    assert theirs.look(0).leaf is None, "the entry that we use is ours alone"
    ours.close()

    assert theirs.window.bytes[root.address : root.address + 24] == before[root.address : root.address + 24]
    assert theirs.look(0).leaf is not None


def test_a_gigabyte_of_small_pages_takes_a_fraction_of_a_second():
    bench = Bench(GMMU_V3)
    scattered = [Extent((index * 7919 % (1 << 18)) << 12, 4096) for index in range(1 << 18)]
    began = time.perf_counter()
    pages, left = cut(BASE, scattered, GMMU_V3.page_sizes)
    bench.tables.map(pages, PageAttributes(aperture=Aperture.HOST, volatile=True))
    mapped = time.perf_counter()
    bench.tables.unmap(BASE, GIB)
    unmapped = time.perf_counter()

    assert left == 0
    assert mapped - began < 0.5
    assert unmapped - mapped < 0.2


def test_the_drivers_own_walker_sees_what_the_stranger_sees(bench):
    bench.tables.map(
        bench.pages(BASE, (2 * MIB, 3 * MIB), (MIB + 4096, 8192)), PageAttributes(read_only=True)
    )
    bench.tables.map_sparse(BASE + 16 * MIB, 4 * MIB)
    bench.tables.map_sparse(BASE + 24 * MIB, 128 * KIB, 64 * KIB)
    places = (
        0,
        5,
        2 * MIB,
        3 * MIB + 17,
        3 * MIB + 8191,
        3 * MIB + 8192,
        17 * MIB,
        24 * MIB,
        25 * MIB,
        900 * GIB,
    )
    for at in places:
        mine = walk(bench.form, bench.store, bench.tables.root, BASE + at)
        theirs = bench.look(BASE + at)

        assert [step.index for step in mine.steps] == [step.entry for step in theirs.steps]
        assert [step.table.address for step in mine.steps] == [step.table for step in theirs.steps]
        if theirs.leaf is None or mine.leaf is None:
            assert mine.leaf is None
            assert mine.sparse == (theirs.leaf is not None)
        else:
            assert mine.leaf.address == theirs.leaf.address
            assert mine.page_bytes == theirs.leaf.page_bytes
            assert mine.leaf.attributes.read_only
            assert mine.address == theirs.leaf.address + (BASE + at) % theirs.leaf.page_bytes
        assert str(mine)


class Appointed:
    """A store that puts tables at the addresses where an H100's were."""

    def __init__(self, *addresses: int) -> None:
        self._addresses = list(addresses)
        self.bytes = bytearray(0x10000)

    def allocate(self, size_bytes: int) -> TablePage:
        return TablePage(Aperture.VIDEO, self._addresses.pop(0), size_bytes)

    def free(self, page: TablePage) -> None:
        pass

    def write(self, table, offset: int, data) -> None:
        self.bytes[table.address + offset : table.address + offset + len(data)] = data

    def fence(self) -> None:
        pass

    def word(self, table: int, index: int) -> int:
        return int.from_bytes(self.bytes[table + 8 * index : table + 8 * index + 8], "little")


def test_all_tables_are_word_for_word_those_that_an_h100_had():
    """The vendor's driver mapped 64 KiB of small pages at 2^44 and 4 MiB of large ones 8 MiB further.

    It had made a big table ahead as well, whose pointer (0x7112) stands in the low word of the first entry.
    """
    store = Appointed(0x8000, 0x9000, 0xA000, 0xD000, 0xE000, 0xF000)
    tables = PageTables(GMMU_V3, store)
    base = 1 << 44
    tables.map(cut(base, [Extent(0x8A5B0000, 64 * KIB)], (4096,))[0], VIDEO)
    tables.map(cut(base + 8 * MIB, [Extent(0x8A600000, 4 * MIB)], GMMU_V3.page_sizes)[0], VIDEO)

    assert store.word(0x8000, 0) == 0x9012
    assert store.word(0x9000, 0) == 0xA012
    assert store.word(0xA000, 64) == 0xD012
    assert store.word(0xD000, 0) == 0xE012
    assert (store.word(0xE000, 0), store.word(0xE000, 1)) == (0, 0xF012)
    assert [store.word(0xE000, 2 * index) for index in (4, 5)] == [0x8A600681, 0x8A800681]
    assert [store.word(0xF000, index) for index in (0, 1, 15)] == [0x8A5B0681, 0x8A5B1681, 0x8A5BF681]
    used = sum(word != 0 for word in np.frombuffer(store.bytes, np.uint64)[0x8000 // 8 :].tolist())
    assert used == 5 + 2 + 16, "and nothing else is set"
