"""Random layouts, compared with themselves: equal as they are, and different in just what was changed."""

from __future__ import annotations

import random

import numpy as np
import pytest
from barewire.errors import BadMapping
from barewire.memory.compare import Place, compare, rebuild
from barewire.memory.formats import GMMU_V3_BLACKWELL, Aperture, PageAttributes, TablePointer
from compare_world import GIB, KIB, MIB, STORES, VA, World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from table_memory import FORMATS

EXAMPLES = 25
MAPPINGS = 12
WORD_BITS = 64
ALL_FORMATS = {**FORMATS, "version 3 of Blackwell": GMMU_V3_BLACKWELL}
REGIONS = (0, VA, 1 << 45)  # and the end of all addresses
REGION_BYTES = 2 * GIB
MOST_PAGES = 40
ATTRIBUTES = (
    PageAttributes(),
    PageAttributes(aperture=Aperture.HOST, volatile=True),
    PageAttributes(aperture=Aperture.HOST, volatile=True, read_only=True),
    PageAttributes(aperture=Aperture.HOST_NONCOHERENT, kind=0),
    PageAttributes(aperture=Aperture.PEER, peer=5),
    PageAttributes(privileged=True, atomics=False, kind=0xF),
)

seeds = st.integers(0, (1 << 64) - 1)
often = settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def somewhere(form, chance: random.Random, page_bytes: int) -> int:
    start = chance.choice((*REGIONS, form.va_end - REGION_BYTES)) % form.va_end
    near = chance.choice((0, 64 * KIB, 2 * MIB, 508 * MIB, GIB)) + chance.randrange(64) * page_bytes
    return min((start + near) // page_bytes * page_bytes, form.va_end - REGION_BYTES)


def map_something(world: World, chance: random.Random) -> None:
    """One mapping, if what is there leaves room for it."""
    size = chance.choice(world.form.page_sizes)
    gpu_va = somewhere(world.form, chance, size)
    count = chance.randint(1, 2 if size > 2 * MIB else MOST_PAGES)
    try:
        if size <= 2 * MIB and not chance.randrange(4):
            world.map_sparse(gpu_va, count * size, size)
        else:
            addresses = [chance.randrange(1 << 37) // size * size for _ in range(count)]
            world.map(gpu_va, addresses, size, chance.choice(ATTRIBUTES))
    except BadMapping:
        pass


def make_something_ahead(world: World, chance: random.Random) -> None:
    level = chance.choice(world.form.levels[1:])
    covered = level.span_bytes * level.entries
    world.tables.make_table(level, somewhere(world.form, chance, 4 * KIB) // covered * covered)


def layout(form, where: str, chance: random.Random) -> World:
    world = World(form, where)
    for _ in range(chance.randint(1, MAPPINGS)):
        map_something(world, chance)
        if not chance.randrange(3):
            make_something_ahead(world, chance)
    return world


def tables_of(world: World) -> list:
    return list(world.tables.tables())


@pytest.mark.parametrize("where", STORES)
@pytest.mark.parametrize("version", ALL_FORMATS)
def test_a_random_layout_equals_itself_and_any_changed_word_is_told(version, where):
    form = ALL_FORMATS[version]

    @given(seeds)
    @often
    def run(seed: int) -> None:
        chance = random.Random(seed)
        world = layout(form, where, chance)
        assert world.compare().equal
        assert world.compare().words == sum(len(table.words) for table in tables_of(world))
        change_one_word(world, chance)

    run()


def change_one_word(world: World, chance: random.Random) -> None:
    """Any bits of any word of any table: one difference, just there."""
    table = chance.choice(tables_of(world))
    number = chance.randrange(len(table.words))
    before = int.from_bytes(world.store.read(table.page.pointer, 8 * number, 8), "little")
    changed = before ^ (1 << chance.randrange(WORD_BITS) | chance.choice((0, chance.getrandbits(64))))
    if changed == before:
        return
    world.store.write(table.page.pointer, 8 * number, changed.to_bytes(8, "little"))
    (found,) = world.compare().differences
    assert (found.level, found.table) == (table.level.name, table.page.pointer)
    assert (found.index * table.level.words + found.word, found.gpu_va) == (number, table.va_of(number))
    assert (found.expected, found.found) == (before, changed)
    assert found.fields


@pytest.mark.parametrize("version", ALL_FORMATS)
def test_what_is_told_of_a_range_is_what_is_told_of_everything_there(version):
    """Differences of any part of the addresses: exactly those of entries that touch it."""
    form = ALL_FORMATS[version]

    @given(seeds)
    @often
    def run(seed: int) -> None:
        chance = random.Random(seed)
        world = layout(form, "video", chance)
        for table in tables_of(world):
            for number in chance.sample(range(len(table.words)), min(4, len(table.words))):
                world.store.write(table.page.pointer, 8 * number, chance.randbytes(8))
        span = {level.name: level.span_bytes for level in form.levels}
        everything = world.compare().differences
        start = somewhere(form, chance, 4 * KIB)
        end = start + chance.choice((1, 4 * KIB, 3 * MIB, GIB))
        inside = [each for each in everything if each.gpu_va < end and start < each.gpu_va + span[each.level]]
        assert list(world.compare(start, end).differences) == inside

    run()


@pytest.mark.parametrize("version", ALL_FORMATS)
def test_random_memory_differs_in_just_the_words_that_differ(version):
    form = ALL_FORMATS[version]

    @given(seeds)
    @often
    def run(seed: int) -> None:
        chance = random.Random(seed)
        world = layout(form, "video", chance)
        made = rebuild(form, world.wanted, world.places, world.root)
        memory = {pointer: words.copy() for pointer, words in made.items()}
        for words in memory.values():
            chosen = np.random.default_rng(seed).random(len(words)) < chance.choice((0.0, 0.02, 0.9))
            words[chosen] = np.random.default_rng(seed + 1).integers(0, 1 << 63, int(chosen.sum()), np.uint64)
        found = compare(form, Memory(memory), world.root, world.wanted, world.places)
        differ = {
            (pointer, int(at)) for pointer in made for at in np.flatnonzero(made[pointer] != memory[pointer])
        }
        words_of = {level.name: level.words for level in form.levels}
        assert {
            (each.table, each.index * words_of[each.level] + each.word) for each in found.differences
        } == differ

    run()


class Memory:
    """Tables as arrays: a reader."""

    def __init__(self, tables: dict) -> None:
        self.tables = tables

    def read(self, table: TablePointer, offset: int, size_bytes: int) -> bytes:
        return self.tables[table].tobytes()[offset : offset + size_bytes]


@pytest.mark.parametrize("version", ALL_FORMATS)
def test_places_that_are_made_up_never_stop_a_comparison(version):
    """Tables placed on top of each other, out of reach, at odd addresses, where pages are, or nowhere."""
    form = ALL_FORMATS[version]

    @given(seeds)
    @often
    def run(seed: int) -> None:
        chance = random.Random(seed)
        world = layout(form, "video", chance)
        places = dict(world.places)
        for place in chance.sample(sorted(places), chance.randint(0, len(places))):
            if place.level != form.root.name:
                move(places, place, chance)
        for _ in range(chance.randrange(4)):
            level = chance.choice(form.levels[1:])
            covered = level.span_bytes * level.entries
            at = Place(level.name, somewhere(form, chance, 4 * KIB) // covered * covered)
            places.setdefault(at, any_pointer(chance))
        compared = world.compare(places=places)
        assert compared.equal == (places == world.places)
        assert all(str(each) and each.to_dict() for each in compared.differences[:50])

    run()


def move(places: dict, place: Place, chance: random.Random) -> None:
    choice = chance.randrange(3)
    if choice == 0:
        del places[place]
    elif choice == 1:
        places[place] = any_pointer(chance)
    else:
        places[place] = places[chance.choice(sorted(places))]


def any_pointer(chance: random.Random) -> TablePointer:
    """Mostly out of reach; never where a table of the layout is."""
    address = chance.getrandbits(chance.choice((40, 56, 64))) | 1 << 32
    return TablePointer(chance.choice(list(Aperture)), address & ~chance.choice((0, 0xFF, 0xFFF)))
