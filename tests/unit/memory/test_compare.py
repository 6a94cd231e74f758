"""Page tables in memory compared with our builder's: what is equal, what is not, and what is said of it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from barewire.errors import BadMapping, DeviceLost, UsageError
from barewire.memory.compare import (
    EXTRA_ENTRY,
    EXTRA_TABLE,
    MISPLACED_TABLE,
    MISSING_ENTRY,
    MISSING_TABLE,
    STRAY_TABLE,
    UNREADABLE_TABLE,
    WRONG_ENTRY,
    Place,
    Wanted,
    rebuild,
)
from barewire.memory.formats import (
    GMMU_V2,
    GMMU_V2_TURING,
    GMMU_V3,
    GMMU_V3_BLACKWELL,
    Aperture,
    PageAttributes,
    TablePointer,
)
from barewire.memory.paging import Pages
from compare_world import GIB, KIB, MIB, STORES, VA, World, everything
from table_memory import FORMATS

SMALL, BIG = "PT 4 KiB", "PT 64 KiB"
NOWHERE = TablePointer(Aperture.VIDEO, 0x7F_F000)
# PT 4 KiB: 2 pages, one of the host, one of a peer, 2 sparse; PT 64 KiB: 2 pages, one sparse; PD0: the pair
# of tables, 3 pages, one sparse.
SMALL_ENTRIES, BIG_ENTRIES, PD0_ENTRIES = 6, 3, 5


@pytest.fixture(params=FORMATS.values(), ids=FORMATS)
def world(request) -> World:
    """An entry of every kind, in video memory."""
    return everything(request.param)


@pytest.fixture
def hopper() -> World:
    """The same as Hopper has it."""
    return everything(GMMU_V3)


def plain(*gpu_vas: int) -> Wanted:
    """Pages of 4 KiB of video memory."""
    addresses = np.arange(len(gpu_vas), dtype=np.uint64) * np.uint64(4 * KIB)
    return Wanted((Pages(4 * KIB, np.array(gpu_vas, np.uint64), addresses),), PageAttributes())


def whats(compared) -> list[str]:
    return [each.what for each in compared.differences]


# What is equal


@pytest.mark.parametrize("where", STORES)
@pytest.mark.parametrize("version", FORMATS)
def test_tables_equal_what_the_builder_makes_at_their_places(version, where):
    compared = everything(FORMATS[version], where).compare()

    assert compared.equal and compared.differences == ()
    assert (compared.by_level[SMALL], compared.by_level[BIG]) == (SMALL_ENTRIES, BIG_ENTRIES)
    assert compared.by_level["PD0"] == PD0_ENTRIES


def test_every_word_of_every_table_is_counted_set_or_not(hopper):
    compared = hopper.compare()

    assert compared.tables == 7
    assert compared.words == 2 + 3 * 512 + 2 * 256 + 32 + 512
    assert compared.by_level == {"PD4": 1, "PD3": 1, "PD2": 1, "PD1": 2, "PD0": 5, BIG: 3, SMALL: 6}
    assert compared.entries == 19


def test_an_entry_that_is_set_on_one_side_only_is_counted(hopper):
    hopper.put(SMALL, VA + 0x4_0000, 0x99_0681)
    hopper.put(SMALL, VA, 0)

    assert hopper.compare().entries == 20


def test_tables_with_nothing_in_them_are_equal_when_nothing_is_wanted(world):
    empty = World(world.form)

    compared = empty.compare()

    assert compared.equal
    assert (compared.entries, compared.tables, compared.words) == (0, 1, empty.form.root.entries)


@pytest.mark.parametrize("form", [GMMU_V3_BLACKWELL, GMMU_V2, GMMU_V3], ids=lambda form: form.name)
def test_the_largest_pages_of_a_format_are_compared_too(form):
    world = World(form)
    largest = form.page_sizes[0]
    world.map(4 * largest, [largest], largest)

    assert world.compare().equal
    world.flip(form.routes[largest].level.name, 4 * largest, 3)
    assert [each.fields for each in world.compare().differences] == [("volatile",)]


def test_a_root_of_two_entries_has_both_compared(hopper):
    hopper.map((1 << 56) + VA, [0x5000], 4 * KIB)

    assert hopper.compare().by_level["PD4"] == 2
    hopper.flip("PD4", 1 << 56, 12)
    assert hopper.compare().differences[0].index == 1


def test_comparing_writes_nothing():
    world = everything(GMMU_V3)
    log = world.store._window.log
    log.clear()

    world.compare()

    assert log == []


def test_the_builder_makes_the_same_bytes_at_the_places_given(world):
    made = rebuild(world.form, world.wanted, world.places, world.root)

    assert set(made) == set(world.places.values())
    for place, pointer in world.places.items():
        level = next(each for each in world.form.levels if each.name == place.level)
        assert made[pointer].tobytes() == world.store.read(pointer, 0, level.table_bytes)


# A range of addresses


def test_only_entries_that_touch_the_range_are_compared(hopper):
    hopper.flip(SMALL, VA + 4 * KIB, 12)

    assert not hopper.compare(VA + 4 * KIB, VA + 8 * KIB).equal
    assert hopper.compare(VA, VA + 4 * KIB).equal
    assert hopper.compare(VA + 8 * KIB).equal
    assert not hopper.compare(VA + 8 * KIB - 1, VA + 8 * KIB).equal


def test_the_directories_of_a_range_are_compared_with_it(hopper):
    compared = hopper.compare(VA + 2 * MIB, VA + 4 * MIB)

    assert compared.words == 1 + 3 + 2
    assert compared.by_level == {"PD4": 1, "PD3": 1, "PD2": 1, "PD1": 1, "PD0": 1, BIG: 0, SMALL: 0}


def test_what_others_keep_outside_of_the_range_is_not_our_affair(hopper):
    hopper.put("PD1", 4 * GIB, 0x4012)

    assert hopper.compare(VA, 1 << 40).equal
    assert whats(hopper.compare()) == [EXTRA_TABLE]


def test_a_missing_table_outside_of_the_range_is_not_told(hopper):
    places = hopper.places
    del places[Place(BIG, VA)]

    assert hopper.compare(VA + 2 * MIB, places=places).equal
    assert whats(hopper.compare(VA, VA + 1, places=places)) == [MISSING_TABLE]
    wanted = [*hopper.wanted, plain(VA + 32 * MIB)]
    assert hopper.compare(VA, VA + 32 * MIB, wanted=wanted).equal
    assert whats(hopper.compare(VA, VA + 32 * MIB + 1, wanted=wanted)) == [MISSING_TABLE]


@pytest.mark.parametrize("bounds", [(VA, VA), (VA + 1, VA), (1 << 60, 1 << 61)])
def test_a_range_without_addresses_has_nothing_to_compare(hopper, bounds):
    compared = hopper.compare(*bounds)

    assert compared.equal and (compared.tables, compared.words) == (0, 0)


def test_a_range_may_end_beyond_all_addresses(hopper):
    compared = hopper.compare(0, 1 << 63)

    assert compared.words == hopper.compare().words
    assert (compared.start_va, compared.end_va) == (0, 1 << 57)


# Entries


def test_a_page_that_is_not_there_is_missing(world):
    page = world.get(SMALL, VA)
    world.put(SMALL, VA, 0)

    (found,) = world.compare().differences
    assert (found.what, found.expected, found.found) == (MISSING_ENTRY, page, 0)
    assert "valid" in found.fields and "address" in found.fields


def test_a_page_that_nobody_wanted_is_extra(world):
    world.put(SMALL, VA + 0x4_0000, world.get(SMALL, VA))

    (found,) = world.compare().differences
    assert (found.what, found.expected, found.gpu_va) == (EXTRA_ENTRY, 0, VA + 0x4_0000)


def test_a_page_where_a_table_should_be_is_wrong(world):
    page = world.get("PD0", VA + 2 * MIB)
    world.put("PD0", VA, page)

    (found,) = world.compare().differences
    assert (found.what, found.found) == (WRONG_ENTRY, page)
    assert "is page" in found.fields


def test_the_pages_of_two_addresses_exchanged_are_two_differences(world):
    first, second = world.get(SMALL, VA), world.get(SMALL, VA + 4 * KIB)
    world.put(SMALL, VA, second)
    world.put(SMALL, VA + 4 * KIB, first)

    assert [each.fields for each in world.compare().differences] == [("address",)] * 2


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"read_only": True}, ("read only",)),
        ({"volatile": True}, ("volatile",)),
        ({"privileged": True}, ("privileged",)),
        ({"atomics": False}, ("no atomics",)),
        ({"kind": 0}, ("kind",)),
        ({"aperture": Aperture.HOST}, ("aperture",)),
        ({"aperture": Aperture.PEER, "peer": 5}, ("aperture", "peer")),
    ],
)
def test_another_attribute_is_told_at_each_page(world, changed, fields):
    wanted = list(world.wanted)
    wanted[0] = Wanted(wanted[0].pages, replace(wanted[0].attributes, **changed))

    compared = world.compare(wanted=wanted)
    assert [each.fields for each in compared.differences] == [fields] * 2
    assert [each.gpu_va for each in compared.differences] == [VA, VA + 4 * KIB]


def test_a_mapping_that_was_not_made_is_told_page_by_page(world):
    compared = world.compare(wanted=[*world.wanted, plain(VA + 0x5_0000, VA + 0x5_1000)])

    assert [(each.what, each.gpu_va) for each in compared.differences] == [
        (MISSING_ENTRY, VA + 0x5_0000),
        (MISSING_ENTRY, VA + 0x5_1000),
    ]


def test_a_mapping_that_should_be_gone_is_told_page_by_page(world):
    compared = world.compare(wanted=world.wanted[1:])

    assert whats(compared) == [EXTRA_ENTRY] * 2


def test_sparse_pages_are_not_pages_that_are_not_there(world):
    world.put(SMALL, VA + 0x3_0000, 0)
    world.put("PD0", VA + 12 * MIB, 0)

    assert [(each.level, each.fields) for each in world.compare().differences] == [
        ("PD0", ("volatile",)),
        (SMALL, ("volatile",)),
    ]


# Tables


def test_exchanged_pointers_to_tables_are_told_where_they_are(world):
    """The pointers lead to each other's tables; the tables themselves are as they should be."""
    world.map(VA + 16 * MIB, [0x1000], 4 * KIB)
    first, second = world.get("PD0", VA, 1), world.get("PD0", VA + 16 * MIB, 1)
    world.put("PD0", VA, second, 1)
    world.put("PD0", VA + 16 * MIB, first, 1)

    compared = world.compare()
    assert [(each.level, each.gpu_va, each.word) for each in compared.differences] == [
        ("PD0", VA, 1),
        ("PD0", VA + 16 * MIB, 1),
    ]
    assert {each.fields for each in compared.differences} == {("address",)}


def test_tables_at_each_others_places_differ_in_pointers_and_content(world):
    world.map(VA + 16 * MIB, [0x1000], 4 * KIB)
    places = world.places
    here, there = Place(SMALL, VA), Place(SMALL, VA + 16 * MIB)
    places[here], places[there] = places[there], places[here]

    compared = world.compare(places=places)
    assert [each.level for each in compared.differences if each.fields == ("address",)][:2] == ["PD0", "PD0"]
    assert {each.level for each in compared.differences} == {"PD0", SMALL}


def test_a_table_that_is_somewhere_else_is_told_at_its_pointer(world):
    copy = world.store.allocate(4096)
    world.store.write(copy.pointer, 0, world.store.read(world.table(SMALL, VA), 0, 4096))
    places = {**world.places, Place(SMALL, VA): copy.pointer}

    (found,) = world.compare(places=places).differences
    assert (found.level, found.word, found.fields) == ("PD0", 1, ("address",))


@pytest.mark.parametrize("level", ["PD0", SMALL, BIG])
def test_a_table_that_nobody_placed_is_missing(world, level):
    places = world.places
    del places[Place(level, VA)]
    above, half = ("PD1" if level == "PD0" else "PD0"), int(level == SMALL)

    (found,) = world.compare(places=places).differences
    assert (found.what, found.expected, found.fields) == (MISSING_TABLE, None, ())
    assert (found.level, found.word, found.found) == (above, half, world.get(above, VA, half))
    assert f"{level} for {VA:#x}: nobody said where it is" in str(found)


def test_below_a_table_that_nobody_placed_the_others_are_compared(world):
    places = world.places
    del places[Place("PD0", VA)]
    world.flip(SMALL, VA, 12)

    compared = world.compare(places=places)
    assert [(each.what, each.level) for each in compared.differences] == [
        (MISSING_TABLE, "PD1"),
        (WRONG_ENTRY, SMALL),
    ]


def test_a_table_that_is_missing_in_memory_too_has_a_zero_pointer(world):
    (found,) = world.compare(wanted=[*world.wanted, plain(VA + 32 * MIB)]).differences

    assert (found.what, found.found, found.gpu_va, found.word) == (MISSING_TABLE, 0, VA + 32 * MIB, 1)


@pytest.mark.parametrize(
    ("pointer", "why"),
    [
        (TablePointer(Aperture.VIDEO, 0x1080), "no entry can hold this address"),
        (TablePointer(Aperture.VIDEO, 0x1100), "no entry can hold this address"),
        (TablePointer(Aperture.VIDEO, 1 << 60), "no entry can hold this address"),
        (TablePointer(Aperture.VIDEO, -4096), "no entry can hold this address"),
        (TablePointer(Aperture.PEER, 0x1000), "no entry can point to peer memory"),
    ],
)
def test_a_table_at_an_impossible_place_is_misplaced(world, pointer, why):
    (found,) = world.compare(places={**world.places, Place(SMALL, VA): pointer}).differences

    assert (found.what, found.level, found.word) == (MISPLACED_TABLE, "PD0", 1)
    assert why in found.why


def test_tables_of_big_pages_may_lie_closer_together(hopper):
    page = hopper.store.allocate(4096).pointer
    close = TablePointer(page.aperture, page.address + 0x300)
    table = hopper.store.read(hopper.table(BIG, VA), 0, 256)
    hopper.store.write(close, 0, table)
    hopper.put("PD0", VA, close.address | 0x12)

    assert hopper.compare(places={**hopper.places, Place(BIG, VA): close}).equal


def test_two_tables_at_one_place_cannot_both_be_there(world):
    places = {**world.places, Place(BIG, VA): world.table(SMALL, VA)}

    compared = world.compare(places=places)
    assert whats(compared) == [MISPLACED_TABLE]
    assert "another table is said to be there too" in compared.differences[0].why


def test_a_table_at_the_place_of_the_root_is_misplaced(world):
    compared = world.compare(places={**world.places, Place(SMALL, VA): world.root})

    assert whats(compared) == [MISPLACED_TABLE]


def test_a_directory_that_is_too_many_is_an_extra_table(world):
    world.put("PD1", VA + 2 * GIB, world.get("PD1", VA))

    (found,) = world.compare().differences
    assert (found.what, found.level, found.expected) == (EXTRA_TABLE, "PD1", 0)


def test_another_root_has_other_content(world):
    other = everything(world.form)
    other.flip(SMALL, VA, 12)

    assert world.compare(reader=other.store).differences


# Tables made ahead


def ahead(world: World, *tables: tuple[str, int]) -> World:
    """The same world with tables that nothing needs, as RM makes them."""
    levels = {level.name: level for level in world.form.levels}
    for name, gpu_va in tables:
        assert world.tables.make_table(levels[name], gpu_va)
    return world


def test_tables_that_were_made_ahead_are_equal_if_they_are_linked_and_empty(world):
    ahead(world, (BIG, VA + 32 * MIB), (SMALL, VA + 32 * MIB), ("PD0", VA + 4 * GIB), ("PD2", 1 << 47))

    compared = world.compare()
    assert compared.equal
    assert compared.tables == World(world.form).compare().tables + len(world.places) - 1


def test_a_table_made_ahead_that_nobody_placed_is_extra(world):
    places = world.places
    ahead(world, (SMALL, VA + 32 * MIB))

    (found,) = world.compare(places=places).differences
    assert (found.what, found.gpu_va, found.word) == (EXTRA_TABLE, VA + 32 * MIB, 1)


def test_a_table_said_to_be_ahead_has_to_be_linked(world):
    page = world.store.allocate(4096)
    world.store.write(page.pointer, 0, bytes(4096))

    (found,) = world.compare(places={**world.places, Place(SMALL, VA + 32 * MIB): page.pointer}).differences
    assert (found.what, found.found, found.gpu_va) == (MISSING_ENTRY, 0, VA + 32 * MIB)


def test_an_entry_in_a_table_made_ahead_is_extra(world):
    ahead(world, (SMALL, VA + 32 * MIB))
    world.put(SMALL, VA + 32 * MIB + 0x7000, world.get(SMALL, VA))

    (found,) = world.compare().differences
    assert (found.what, found.level, found.index) == (EXTRA_ENTRY, SMALL, 7)


@pytest.mark.parametrize("gpu_va", [VA + 2 * MIB, VA + 12 * MIB], ids=["page", "sparse"])
@pytest.mark.parametrize("level", [SMALL, BIG])
def test_a_table_where_a_page_is_mapped_as_a_whole_is_stray(world, level, gpu_va):
    (found,) = world.compare(places={**world.places, Place(level, gpu_va): NOWHERE}).differences

    assert (found.what, found.level, found.table, found.gpu_va) == (STRAY_TABLE, level, NOWHERE, gpu_va)
    assert world.compare(VA, VA + 2 * MIB, places={**world.places, Place(level, gpu_va): NOWHERE}).equal


def test_a_table_ahead_below_a_directory_without_a_place_tells_of_the_directory(world):
    world.store.write(NOWHERE, 0, bytes(4096))

    (found,) = world.compare(places={**world.places, Place(SMALL, VA + 4 * GIB): NOWHERE}).differences
    assert (found.what, found.level, found.gpu_va) == (MISSING_TABLE, "PD1", VA + 4 * GIB)


# Memory that cannot be trusted


class Reader:
    """Memory that answers as it likes."""

    def __init__(self, answer) -> None:
        self.answer = answer

    def read(self, table, offset, size_bytes):
        return self.answer(table, offset, size_bytes)


def refuse(*_):
    raise UsageError("nobody may read this")


def test_tables_that_cannot_be_read_are_told_one_by_one(world):
    compared = world.compare(reader=Reader(refuse))

    assert whats(compared) == [UNREADABLE_TABLE] * len(world.places)
    assert (compared.words, compared.tables, compared.entries) == (0, 0, 0)
    assert "nobody may read this" in str(compared.differences[0])


def test_the_tables_beside_one_that_cannot_be_read_are_compared(world):
    """A place outside of what may be read, as a pointer of hostile memory would name it."""
    far = TablePointer(Aperture.HOST, 0x12_3400_0000)

    compared = world.compare(places={**world.places, Place(SMALL, VA): far})
    assert [(each.what, each.level) for each in compared.differences] == [
        (WRONG_ENTRY, "PD0"),
        (UNREADABLE_TABLE, SMALL),
    ]
    assert compared.tables == len(world.places) - 1


@pytest.mark.parametrize("short_by", [1, 8, 4096])
def test_memory_that_answers_with_too_little_is_unreadable(world, short_by):
    def answer(table, offset, size_bytes):
        return world.store.read(table, offset, size_bytes)[: max(0, size_bytes - short_by)]

    reader = Reader(answer)
    assert set(whats(world.compare(reader=reader))) == {UNREADABLE_TABLE}


def test_a_lost_device_is_not_a_difference(world):
    def gone(*_):
        raise DeviceLost("it fell off the bus")

    with pytest.raises(DeviceLost):
        world.compare(reader=Reader(gone))


@pytest.mark.parametrize("byte", [0x00, 0xFF, 0xAB])
def test_memory_full_of_one_byte_differs_in_what_it_should_not_be(world, byte):
    compared = world.compare(reader=Reader(lambda table, offset, size: bytes([byte]) * size))

    expected = rebuild(world.form, world.wanted, world.places, world.root)
    other = int.from_bytes(bytes([byte]) * 8, "little")
    assert len(compared.differences) == sum(int((words != other).sum()) for words in expected.values())
    assert compared.words == world.compare().words


def test_tables_that_point_to_themselves_and_to_their_roots_end(world):
    """Every entry of every directory points to the root, or to its own table."""
    for pointer in (world.root, world.table("PD1", VA)):
        word = world.form.pde.encode(TablePointer(Aperture.VIDEO, pointer.address))
        for level in world.form.directories:
            for index in range(level.entries):
                world.store.write(
                    world.table(level.name, VA), index * level.entry_bytes, word.to_bytes(8, "little")
                )
        compared = world.compare()
        expected = rebuild(world.form, world.wanted, world.places, world.root)
        directories = sum(level.entries for level in world.form.directories)
        assert directories - len(expected) <= len(compared.differences) <= directories
        assert compared.tables == len(world.places)


# What the caller gets wrong


def test_pages_that_collide_cannot_be_compared(world):
    with pytest.raises(BadMapping):
        world.compare(wanted=[*world.wanted, world.wanted[0]])


@pytest.mark.parametrize("place", [Place("PD7", 0), Place(SMALL, VA + 4096), Place(SMALL, 1 << 60)])
def test_a_place_of_no_table_is_refused(world, place):
    with pytest.raises(UsageError):
        world.compare(places={**world.places, place: NOWHERE})


def test_turing_has_no_pages_in_its_second_directory():
    world = everything(GMMU_V2_TURING)
    page = everything(GMMU_V2).get("PD1", VA + 512 * MIB)
    world.put("PD1", VA + 512 * MIB, page)

    (found,) = world.compare().differences
    assert "is page" in found.fields and "valid" not in found.fields


def test_the_root_has_one_place(world):
    with pytest.raises(UsageError):
        world.compare(places={**world.places, Place(world.form.root.name, 0): NOWHERE})


def test_the_root_need_not_be_among_the_places(world):
    places = world.places
    del places[Place(world.form.root.name, 0)]

    assert world.compare(places=places).equal


# What is said


def test_differences_come_by_level_from_the_root_then_by_address(hopper):
    for level, gpu_va in (
        (SMALL, VA + 4 * KIB),
        (SMALL, VA),
        ("PD0", VA + 8 * MIB),
        ("PD4", VA),
        (BIG, VA + 0x8_0000),
    ):
        hopper.flip(level, gpu_va, 12)

    assert [(each.level, each.gpu_va) for each in hopper.compare().differences] == [
        ("PD4", 0),
        ("PD0", VA + 8 * MIB),
        (BIG, VA + 0x8_0000),
        (SMALL, VA),
        (SMALL, VA + 4 * KIB),
    ]


def test_a_difference_is_a_sentence(hopper):
    hopper.flip(SMALL, VA, 5)
    hopper.flip("PD0", VA, 3, 1)

    first, second = map(str, hopper.compare().differences)
    small, table = hopper.table(SMALL, VA).address, hopper.table("PD0", VA).address
    assert first == (
        f"PD0 at video {table:#x} [0] word 1 for 0x1000000000: wrong entry: "
        f"{small | 0x12:#x} expected, {small | 0x1A:#x} found (volatile)"
    )
    assert second == (
        f"PT 4 KiB at video {small:#x} [0] for 0x1000000000: wrong entry: "
        "0x410681 expected, 0x4106a1 found (read only)"
    )


def test_a_comparison_is_plain_data_too(hopper):
    hopper.flip(SMALL, VA, 5)
    places = hopper.places
    del places[Place(BIG, VA)]
    compared = hopper.compare(places=places)

    data = json.loads(json.dumps(compared.to_dict()))
    assert (data["equal"], data["format"], data["entries"]) == (False, "GMMU version 3", compared.entries)
    assert (data["start_va"], data["end_va"]) == (0, 1 << 57)
    assert [each["what"] for each in data["differences"]] == [MISSING_TABLE, WRONG_ENTRY]
    last = data["differences"][-1]
    assert last["table"] == {"aperture": "video", "address": hopper.table(SMALL, VA).address}
    assert (last["expected"], last["found"], last["fields"]) == (0x410681, 0x4106A1, ["read only"])
    assert data["differences"][0]["expected"] is None


def test_an_equal_comparison_says_what_was_compared(hopper):
    said = "page tables compared: equal: 19 entries set, 2,594 words compared in 7 tables"
    assert str(hopper.compare()) == said


def test_a_comparison_that_differs_lists_the_first_differences(hopper):
    compared = hopper.compare(reader=Reader(lambda table, offset, size: bytes(size)))
    hopper.map(VA + GIB, [number * 4096 for number in range(100)], 4 * KIB)
    many = hopper.compare(reader=Reader(lambda table, offset, size: bytes(size)))

    assert len(str(compared).splitlines()) == 1 + len(compared.differences)
    assert str(many).splitlines()[-1] == f"and {len(many.differences) - 64} more"
