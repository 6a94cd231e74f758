"""The page tables that RM builds, read back and compared with what our builder makes of the same mappings.

The other builder is the firmware of the software GPU, or NVIDIA's kernel driver on silicon. Its parameters
were written down before (`rm_spread.PAGE_BITS`, `barewire.rm.built_tables.EXPECTED`). A planted bit is
written into the software GPU's memory; of silicon it is changed in a copy of the bytes: its tables are only
read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from barewire.errors import PermissionMissing, UsageError
from barewire.memory.compare import Comparison, Place

from tests.pagetables.rm_spread import (
    BASE,
    BESIDE,
    BIG,
    END,
    HUGE,
    KIB,
    LEVELS,
    MIB,
    PIECES,
    SMALL,
    Flipped,
    Mapped,
    Piece,
    Spot,
    Spread,
    Told,
    allocate,
    spot_of,
)

ENTRIES_WANTED = 2_000
MOST_PAGES = {SMALL: 64, BIG: 40, HUGE: 3}  # of a random buffer
KINDS = (("video", SMALL), ("video", BIG), ("video", HUGE), ("host", SMALL), ("host", HUGE))

PAGE_FIELDS = (
    ("valid", 0),
    ("aperture", 1),
    ("aperture", 2),
    ("volatile", 3),
    ("privileged", 4),
    ("read only", 5),
    ("no atomics", 6),
    ("ACD", 7),
    ("kind", 8),
    ("kind", 11),
    ("address", 51),
    ("reserved", 52),
    ("peer", 63),
)
POINTER_FIELDS = (
    ("aperture", 2),
    ("volatile", 3),
    ("no ATS", 4),
    ("PCF", 5),
    ("reserved", 11),
    ("address", 12),
    ("address", 51),
    ("reserved", 52),
)
FIRST_POINTER_FIELDS = (("is page", 0), ("aperture", 1), *POINTER_FIELDS)
BIG_POINTER_FIELDS = tuple(field for field in FIRST_POINTER_FIELDS if field != ("reserved", 11))

SPARSE_FIELDS = (("valid", 0), ("aperture", 1), ("volatile", 3), ("privileged", 4), ("address", 30))
SPARSE_UPPER_FIELDS = (("is page", 0), ("aperture", 1), ("volatile", 3), ("no ATS", 4), ("address", 30))

# What is planted where: (name, address, level, whether it is the second word, fields by bit).
PLANTED = (
    ("small page", BASE + 5 * SMALL, "PT 4 KiB", False, (*PAGE_FIELDS, ("address", 12))),
    ("small page of the host", BASE + 2 * MIB, "PT 4 KiB", False, (*PAGE_FIELDS, ("address", 12))),
    ("big page", BESIDE + 3 * BIG, "PT 64 KiB", False, (*PAGE_FIELDS, ("address", 16))),
    ("huge page", BASE + 66 * MIB, "PD0", False, (*PAGE_FIELDS, ("address", 21))),
    ("huge page of the host", BASE + 130 * MIB, "PD0", False, (*PAGE_FIELDS, ("address", 21))),
    ("pointer of PD4", BASE, "PD4", False, FIRST_POINTER_FIELDS),
    ("pointer of PD3", BASE, "PD3", False, FIRST_POINTER_FIELDS),
    ("pointer of PD2", BASE, "PD2", False, FIRST_POINTER_FIELDS),
    ("pointer of PD1", BASE, "PD1", False, FIRST_POINTER_FIELDS),
    ("pointer to big pages", BESIDE, "PD0", False, (*BIG_POINTER_FIELDS, ("address", 8))),
    ("pointer to small pages", BESIDE, "PD0", True, POINTER_FIELDS),
    ("sparse small page", BASE + 16 * MIB + SMALL, "PT 4 KiB", False, SPARSE_FIELDS),
    ("sparse big page", BASE + 18 * MIB + BIG, "PT 64 KiB", False, SPARSE_FIELDS),
    ("sparse huge page", BASE + 22 * MIB, "PD0", False, SPARSE_UPPER_FIELDS),
    ("sparse 512 MiB", BASE + 2048 * MIB, "PD1", False, SPARSE_UPPER_FIELDS),
    ("nothing in a small table", BASE + 3 * MIB, "PT 4 KiB", False, (("valid", 0), ("volatile", 3))),
    ("nothing in a big table", BESIDE + MIB, "PT 64 KiB", False, (("valid", 0), ("volatile", 3))),
    ("nothing in PD0", BASE + 100 * MIB, "PD0", False, (("valid", 0), ("volatile", 3))),
    ("nothing in PD0, second word", BASE + 100 * MIB, "PD0", True, (("aperture", 1), ("address", 20))),
)


def planted() -> list[Any]:
    """(spot, address, bit, field): one bit of each field of each kind of entry."""
    return [
        pytest.param(spot_of(level, gpu_va, second), gpu_va, bit, field, id=f"{field} {bit} of {name}")
        for name, gpu_va, level, second, fields in PLANTED
        for field, bit in fields
    ]


@pytest.fixture(scope="module")
def spread(dev: Any) -> Iterator[Spread]:
    """All pieces, mapped by RM."""
    made = Spread(dev)
    try:
        expect_readable(made)
        for piece in PIECES:
            made.map(piece)
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def told(spread: Spread) -> Told:
    """Where the tables of all pieces are."""
    return Told.of(spread)


@pytest.fixture
def empty(dev: Any) -> Iterator[Spread]:
    """An address space of RM with nothing in it."""
    made = Spread(dev)
    try:
        expect_readable(made)
        yield made
    finally:
        made.close()


def expect_readable(spread: Spread) -> None:
    """Skip where RM shows its tables to others only."""
    try:
        spread.space.places()
    except PermissionMissing as missing:
        pytest.skip(missing.message)


def expect_equal(comparison: Comparison) -> None:
    """Every word is the same on both sides."""
    assert [str(difference) for difference in comparison.differences] == []


# ---- what RM built


def test_every_entry_is_what_our_builder_makes(spread: Spread, record_property: Any) -> None:
    comparison = spread.space.compare()

    expect_equal(comparison)
    assert comparison.entries >= ENTRIES_WANTED
    assert min(comparison.by_level.values()) > 0
    for name in ("entries", "words", "tables"):
        record_property(name, getattr(comparison, name))
    record_property("by_level", json.dumps(dict(comparison.by_level)))


def test_pages_are_counted_at_the_level_of_their_size(spread: Spread) -> None:
    counted = Counter(entry.level for mapped in spread.mapped for entry in mapped.entries())
    by_level = spread.space.compare().by_level

    assert set(counted) == {"PT 4 KiB", "PT 64 KiB", "PD0", "PD1"}
    for level, count in counted.items():
        has_pointers = level.startswith("PD")
        assert by_level[level] > count if has_pointers else by_level[level] == count


def test_every_page_has_the_word_that_was_written_down_before(spread: Spread, told: Told) -> None:
    wrong = []
    for mapped in spread.mapped:
        for entry in mapped.entries():
            found = word_at(told, spot_of(entry.level, entry.gpu_va))
            if found != entry.word:
                wrong.append(f"{mapped.piece.what}: {found:#x}, not {entry}")

    assert wrong == []


def test_tables_lie_where_rm_says_and_each_at_its_own_place(spread: Spread, told: Told) -> None:
    assert told.places[Place("PD4", 0)] == spread.space.root
    assert len(set(told.places.values())) == len(told.places)
    assert {place.level for place in told.places} == set(LEVELS)
    small_tables = {place.gpu_va for place in told.places if place.level == "PT 4 KiB"}
    assert {BASE, BASE + 2 * MIB, BESIDE, END - HUGE} <= small_tables


def test_rm_says_where_memory_is_and_the_pages_lead_there(dev: Any, spread: Spread) -> None:
    for mapped in (each for each in spread.mapped if each.memory is not None):
        piece, handle = mapped.piece, dev.rm.handle_of(mapped.memory)
        for offset in range(0, piece.offset + piece.size_bytes, max(piece.page_bytes, 8 * SMALL)):
            answer = dev.rm.client.ask(handle, "GET_SURFACE_PHYS_ATTR", memOffset=offset)
            (extent,) = mapped.memory.part(offset, SMALL)
            assert (answer["memAperture"], answer["memOffset"]) == (
                ("video", "host").index(piece.aperture),
                extent.address,
            )


def test_a_walk_reads_each_address_back(spread: Spread) -> None:
    for mapped in spread.mapped:
        piece = mapped.piece
        for offset in (0, piece.size_bytes // 2 + 5, piece.size_bytes - 1):
            walk = spread.space.walk(piece.gpu_va + offset)
            assert walk.sparse == (mapped.memory is None), piece.what
            if walk.sparse:
                continue
            (extent,) = mapped.memory.part(piece.offset + offset, 1)
            assert walk.leaf is not None, piece.what
            assert (walk.address, walk.page_bytes) == (extent.address, piece.page_bytes)
            assert walk.leaf.attributes.read_only == piece.read_only
    for gpu_va in (BASE + 3 * MIB, BESIDE + MIB + 10 * BIG, BASE + 100 * MIB, BASE + 103 * MIB + 0x10_0000):
        assert spread.space.walk(gpu_va).leaf is None


# ---- a wrong bit is caught


@pytest.mark.parametrize(("spot", "gpu_va", "bit", "field"), planted())
def test_a_planted_bit_is_told_with_its_field(
    dev: Any, told: Told, spot: Spot, gpu_va: int, bit: int, field: str
) -> None:
    before = word_at(told, spot)
    comparison = with_bit(dev, told, spot, bit)

    (difference,) = comparison.differences
    shift, entries, entry_bytes = LEVELS[spot.level]
    assert (difference.level, difference.table) == (spot.level, told.places[Place(spot.level, spot.table_va)])
    assert difference.index == gpu_va >> shift & entries - 1
    assert difference.word == spot.offset % entry_bytes // 8
    assert difference.gpu_va == gpu_va >> shift << shift
    assert (difference.expected, difference.found) == (before, before ^ 1 << bit)
    assert difference.fields == (field,)
    assert not comparison.equal


def test_after_all_that_the_tables_are_as_rm_left_them(told: Told) -> None:
    expect_equal(told.compare())


def word_at(told: Told, spot: Spot) -> int:
    """A word of RM's tables, as it is in memory."""
    table = told.places[Place(spot.level, spot.table_va)]
    return int.from_bytes(told.spread.space.reader.read(table, spot.offset, 8), "little")


def with_bit(dev: Any, told: Told, spot: Spot, bit: int) -> Comparison:
    """The comparison with one bit changed, which is as before afterwards."""
    table = told.places[Place(spot.level, spot.table_va)]
    if dev.name.startswith("nv:"):
        return told.compare(Flipped(told.spread.space.reader, table, spot.offset, bit))
    before = word_at(told, spot)
    store = dev.rm.memory.table_store
    store.write(table, spot.offset, (before ^ 1 << bit).to_bytes(8, "little"))
    try:
        return told.compare()
    finally:
        store.write(table, spot.offset, before.to_bytes(8, "little"))
        store.fence()


def test_a_mapping_that_we_do_not_know_of_is_told(dev: Any, empty: Spread) -> None:
    known, hidden = (
        empty.map(Piece(what, BASE + offset, "video", SMALL, 4 * SMALL))
        for what, offset in (("known", 0), ("hidden", 8 * SMALL))
    )
    told = Told.of(empty)
    wanted = tuple(each for each in told.wanted if hidden.piece.gpu_va not in each.pages[0].gpu_vas)
    comparison = told._replace(wanted=wanted).compare()

    assert [difference.gpu_va for difference in comparison.differences] == [
        entry.gpu_va for entry in hidden.entries()
    ]
    assert all(difference.expected == 0 for difference in comparison.differences)
    assert known in empty.mapped


def test_a_table_that_rm_did_not_name_is_told(empty: Spread) -> None:
    empty.map(Piece("small", BASE, "video", SMALL, SMALL))
    told = Told.of(empty)
    places = {place: table for place, table in told.places.items() if place.level != "PT 4 KiB"}
    comparison = told._replace(places=places).compare()

    assert [difference.what for difference in comparison.differences] == ["missing table"]


# ---- changes


def test_what_was_unmapped_is_gone_and_the_rest_is_as_before(empty: Spread) -> None:
    pieces = [piece for piece in PIECES if piece.gpu_va < BASE + 64 * MIB]
    mapped = [empty.map(piece) for piece in pieces]
    for number, each in enumerate(mapped):
        if number % 2:
            empty.unmap(each)
    expect_equal(empty.space.compare())
    for each in list(empty.mapped):
        empty.unmap(each)
    left = empty.space.compare()

    expect_equal(left)
    assert left.by_level["PT 4 KiB"] == left.by_level["PT 64 KiB"] == 0


def test_mappings_go_with_their_memory(dev: Any, empty: Spread) -> None:
    kept = empty.map(Piece("kept", BASE, "video", SMALL, 4 * SMALL))
    gone = allocate(dev, "host", SMALL, 8 * SMALL)
    at = [empty.space.map(gone, BASE + offset) for offset in (64 * KIB, 16 * MIB)]
    gone.close()
    comparison = empty.space.compare()

    expect_equal(comparison)
    assert comparison.by_level["PT 4 KiB"] == 4
    for gpu_va in at:
        assert empty.space.walk(gpu_va).leaf is None
        empty.space.unmap(gpu_va)
    assert list(empty.space.mappings) == [kept.piece.gpu_va]


def test_pages_of_another_size_may_follow_at_the_same_addresses(empty: Spread) -> None:
    for aperture, page in KINDS:
        mapped = empty.map(Piece("in turn", BASE + 16 * MIB, aperture, page, 2 * MIB, read_only=page == BIG))
        expect_equal(empty.space.compare())
        empty.unmap(mapped)


def test_one_buffer_is_mapped_at_several_addresses(dev: Any, empty: Spread) -> None:
    mapped = empty.map(Piece("first", BASE, "video", BIG, 8 * BIG))
    for number, read_only in enumerate((True, False, True), 1):
        empty.space.map(mapped.memory, BASE + number * 8 * MIB, read_only=read_only)
    comparison = empty.space.compare()

    expect_equal(comparison)
    assert comparison.by_level["PT 64 KiB"] == 4 * 8


def test_a_buffer_of_large_pages_is_mapped_in_smaller_ones(dev: Any, empty: Spread) -> None:
    memory = allocate(dev, "video", HUGE, 4 * MIB)
    for number, page in enumerate((HUGE, BIG, SMALL)):
        empty.space.map(memory, BASE + number * 8 * MIB, page_size_bytes=page)
    comparison = empty.space.compare()

    expect_equal(comparison)
    assert (comparison.by_level["PT 64 KiB"], comparison.by_level["PT 4 KiB"]) == (64, 1024)
    for gpu_va in list(empty.space.mappings):
        empty.space.unmap(gpu_va)
    memory.close()


def test_memory_of_many_pieces_is_mapped_page_by_page(dev: Any, empty: Spread) -> None:
    """Over RPC its pages are listed in a call that takes several messages."""
    mapped = empty.map(Piece("scattered", BASE + 16 * MIB, "host", SMALL, 48 * MIB))
    comparison = empty.space.compare()

    expect_equal(comparison)
    assert comparison.by_level["PT 4 KiB"] == 48 * MIB // SMALL
    empty.unmap(mapped)


def test_sparse_ranges_lie_beside_what_is_mapped(empty: Spread) -> None:
    empty.map(Piece("small", BASE, "video", SMALL, 16 * SMALL))
    empty.space.map_sparse(16 * SMALL, BASE + 16 * SMALL, page_size_bytes=SMALL)
    empty.map(Piece("big", BASE + 2 * BIG, "video", BIG, BIG))
    empty.space.map_sparse(4 * BIG, BASE + 4 * MIB, page_size_bytes=BIG)
    empty.map(Piece("small beside", BASE + 4 * MIB + 4 * BIG, "host", SMALL, BIG))
    empty.space.map_sparse(2 * HUGE, BASE + 8 * MIB, page_size_bytes=HUGE)
    empty.map(Piece("huge beside", BASE + 12 * MIB, "video", HUGE, HUGE))

    expect_equal(empty.space.compare())
    walk = empty.space.walk(BASE + 17 * SMALL)
    assert walk.sparse


def test_sparse_ranges_of_small_pages_find_a_place_of_their_own(empty: Spread) -> None:
    empty.space.map_sparse(SMALL)
    empty.map(Piece("small", BASE + 16 * MIB, "video", SMALL, SMALL))
    at = [empty.space.map_sparse(pages * SMALL) for pages in (1, 3, 17, 1)]

    expect_equal(empty.space.compare())
    assert len(set(at)) == 4
    assert all(empty.space.walk(gpu_va).sparse for gpu_va in at)


@pytest.mark.parametrize("seed", range(4))
def test_both_builders_agree_after_any_changes(empty: Spread, seed: int) -> None:
    random = np.random.default_rng(seed)
    apertures = set()
    for turn in range(1, 61):
        if empty.mapped and random.random() < 0.4:
            empty.unmap(empty.mapped[random.integers(len(empty.mapped))])
        else:
            apertures.add(map_somewhere(empty, random).piece.aperture)
        if turn % 10 == 0:
            expect_equal(empty.space.compare())
    assert apertures == {"video", "host", "sparse"}


def map_somewhere(spread: Spread, random: np.random.Generator) -> Mapped:
    """Map a random buffer where there is room, often near by others."""
    aperture, page = KINDS[random.integers(len(KINDS))]
    size = page * int(random.integers(1, MOST_PAGES[page]))
    step = page
    if random.random() < 0.2:
        aperture, step = "sparse", HUGE
    around = (BASE, BASE + 512 * MIB, 0x40_0000_0000, END - 64 * MIB)[random.integers(4)]
    for _ in range(1000):
        gpu_va = around + int(random.integers(0, 64 * MIB - size)) // step * step
        piece = Piece("random", gpu_va, aperture, page, size, read_only=bool(random.integers(2)))
        if not any(in_the_way(piece, mapped.piece) for mapped in spread.mapped):
            return spread.map(piece)
    raise AssertionError("there is no room")


def in_the_way(one: Piece, other: Piece) -> bool:
    """Whether two buffers cannot both be mapped.

    RM (`H100:`) refuses sparse ranges beside pages of another size under one entry of PD0.
    """
    (first, end), (other_first, other_end) = room_of(one), room_of(other)
    return first < other_end and other_first < end


def room_of(piece: Piece) -> tuple[int, int]:
    """The addresses that nobody else may have: a sparse range has its entries of PD0 for itself."""
    step = HUGE if piece.aperture == "sparse" else 1
    return piece.gpu_va // step * step, -(-(piece.gpu_va + piece.size_bytes) // step) * step


# ---- the GPU uses them


def test_a_copy_engine_works_in_rms_tables_as_they_are_compared(dev: Any, empty: Spread) -> None:
    data = np.random.default_rng(6).integers(0, 256, 4 * MIB, dtype=np.uint8)
    source = empty.map(Piece("source", BASE + 64 * MIB, "host", SMALL, 4 * MIB, read_only=True))
    middle = empty.map(Piece("middle", BASE + 72 * MIB, "video", HUGE, 4 * MIB))
    target = empty.map(Piece("target", BASE + 80 * MIB, "host", SMALL, 4 * MIB))
    channel = dev.channel(empty.space, "copy")
    try:
        with source.memory.map_cpu() as mapping:
            np.frombuffer(mapping.view, np.uint8)[:] = data
        for one, other in ((source, middle), (middle, target)):
            pushbuffer = channel.pushbuffer()
            pushbuffer.copy(
                source=one.piece.gpu_va, destination=other.piece.gpu_va, size_bytes=4 * MIB - 3 * KIB
            )
            channel.submit(pushbuffer).wait(timeout_s=10)
        expect_equal(empty.space.compare())
        with target.memory.map_cpu() as mapping:
            found = np.array(np.frombuffer(mapping.view, np.uint8))
    finally:
        channel.close()

    np.testing.assert_array_equal(found[: -3 * KIB], data[: -3 * KIB])


def test_a_copy_engine_finds_what_was_mapped_anew_at_an_address(dev: Any, empty: Spread) -> None:
    target = empty.map(Piece("target", BASE + 80 * MIB, "host", SMALL, 64 * KIB))
    channel = dev.channel(empty.space, "copy")
    try:
        for turn, (aperture, page) in enumerate(KINDS, 1):
            source = empty.map(Piece("in turn", BASE + 64 * MIB, aperture, page, 2 * MIB))
            pushbuffer = channel.pushbuffer()
            pushbuffer.fill(destination=source.piece.gpu_va, value=turn, element_bytes=4, count=16 * KIB)
            channel.submit(pushbuffer).wait(timeout_s=10)
            pushbuffer = channel.pushbuffer()
            pushbuffer.copy(source=source.piece.gpu_va, destination=target.piece.gpu_va, size_bytes=64 * KIB)
            channel.submit(pushbuffer).wait(timeout_s=10)
            with target.memory.map_cpu() as mapping:
                assert set(np.frombuffer(mapping.view, np.uint32).tolist()) == {turn}
            empty.unmap(source)
    finally:
        channel.close()


def test_an_address_space_of_rm_is_not_closed_before_its_channels(dev: Any, empty: Spread) -> None:
    channel = dev.channel(empty.space, "copy")
    with pytest.raises(UsageError):
        empty.space.close()
    channel.close()
