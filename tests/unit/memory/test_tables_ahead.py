"""Tables that are made before anything is mapped in them, as RM makes them for a reserved range."""

from __future__ import annotations

import pytest
from barewire.errors import BadMapping, OutOfVram, UsageError
from barewire.memory.formats import PageAttributes
from table_memory import FORMATS, Bench

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
BASE = 0x10_0000_0000
VIDEO = PageAttributes()
LEVELS = [(name, level.name) for name, form in FORMATS.items() for level in form.levels]


@pytest.fixture(params=FORMATS.values(), ids=FORMATS)
def bench(request):
    return Bench(request.param)


def level_of(bench: Bench, name: str):
    (found,) = (level for level in bench.form.levels if level.name == name)
    return found


def names(bench: Bench) -> list[str]:
    return [table.level.name for table in bench.tables.tables()]


@pytest.mark.parametrize(("version", "name"), LEVELS)
def test_a_table_of_any_level_can_be_made_with_all_above_it(version, name):
    bench = Bench(FORMATS[version])
    level = level_of(bench, name)
    start = BASE // (level.span_bytes * level.entries) * level.span_bytes * level.entries

    assert bench.tables.make_table(level, start)

    made = list(bench.tables.tables())
    route = bench.form.route_to(level)
    assert [table.level for table in made] == [*(hop.level for hop in route.hops), level]
    assert (made[-1].gpu_va, made[-1].is_empty) == (start, True)
    assert bench.seen(0, bench.form.va_end) == []


def test_it_is_zeroed_before_anything_points_to_it(bench):
    bench.window.log.clear()
    bench.tables.make_table(bench.form.small, BASE)

    fresh = {table.page.address for table in bench.tables.tables()} - {bench.tables.root.address}
    fences = [number for number, done in enumerate(bench.window.log) if done == ("fence",)]
    before = {done[1] for done in bench.window.log[: fences[0]]}
    after = [done for done in bench.window.log[fences[0] :] if done[0] == "write"]
    assert before == fresh
    assert len(after) == 1 and after[0][1] < bench.tables.root.address + 4096
    (table,) = (each for each in bench.tables.tables() if each.level is bench.form.small)
    assert bench.store.read(table.page.pointer, 0, 4096) == bytes(4096)


def test_one_that_is_there_is_not_made_again(bench):
    bench.tables.map(bench.pages(BASE, (0, 8 * KIB)), VIDEO)
    bench.window.log.clear()

    assert bench.tables.make_table(bench.form.small, BASE)
    assert bench.tables.make_table(bench.form.root, 0)
    assert not [done for done in bench.window.log if done[0] == "write"]


def test_both_tables_of_a_pair_can_be_there(bench):
    for level in (bench.form.big, bench.form.small):
        assert bench.tables.make_table(level, BASE)

    bench.tables.map(bench.pages(BASE, (64 * KIB, 68 * KIB)), VIDEO)
    assert [page[1] for page in bench.seen(BASE, BASE + 2 * MIB)] == [64 * KIB, 4 * KIB]


@pytest.mark.parametrize("name", ["PT 4 KiB", "PT 64 KiB"])
@pytest.mark.parametrize("sparse", [False, True], ids=["page", "sparse"])
def test_it_cannot_be_where_a_page_is_mapped_as_a_whole(bench, name, sparse):
    if sparse:
        bench.tables.map_sparse(BASE, 2 * MIB)
    else:
        bench.tables.map(bench.pages(BASE, (0, 2 * MIB)), VIDEO)
    before = names(bench)
    bench.window.log.clear()

    assert not bench.tables.make_table(level_of(bench, name), BASE)
    assert names(bench) == before and bench.window.log == []
    assert bench.tables.make_table(level_of(bench, name), BASE + 2 * MIB)


def test_it_cannot_be_below_a_page_of_an_upper_directory():
    bench = Bench(FORMATS["version 3"])
    bench.tables.map(bench.pages(BASE, (0, 512 * MIB)), VIDEO)

    for name in ("PD0", "PT 64 KiB", "PT 4 KiB"):
        assert not bench.tables.make_table(level_of(bench, name), BASE)


def test_a_table_that_holds_pages_does_not_keep_its_pair_from_being_made(bench):
    bench.tables.map(bench.pages(BASE, (64 * KIB, 64 * KIB)), VIDEO)

    assert bench.tables.make_table(bench.form.small, BASE)
    assert [page[1] for page in bench.seen(BASE, BASE + 2 * MIB)] == [64 * KIB]


def test_no_table_begins_just_anywhere(bench):
    for gpu_va in (BASE + 4 * KIB, BASE + MIB, bench.form.va_end, -2 * MIB):
        with pytest.raises(UsageError):
            bench.tables.make_table(bench.form.small, gpu_va)
    with pytest.raises(UsageError):
        bench.tables.make_table(bench.form.root, BASE)


def test_a_large_page_cannot_be_mapped_over_it(bench):
    bench.tables.make_table(bench.form.small, BASE)

    with pytest.raises(BadMapping):
        bench.tables.map(bench.pages(BASE, (0, 2 * MIB), sizes=(2 * MIB,)), VIDEO)


def test_it_goes_with_the_last_page_of_its_range(bench):
    bench.tables.make_table(bench.form.small, BASE)
    bench.tables.make_table(bench.form.big, BASE)
    bench.tables.map(bench.pages(BASE, (64 * KIB, 64 * KIB)), VIDEO)

    bench.tables.unmap(BASE, 64 * KIB)
    bench.tables.settle()
    assert len(names(bench)) == 1
    assert bench.store.taken_bytes == 4096


def test_it_is_given_back_with_all_tables(bench):
    bench.tables.make_table(bench.form.small, BASE)
    bench.tables.make_table(bench.form.big, BASE + 4 * GIB)

    bench.tables.close()
    assert bench.allocator.taken == {}


@pytest.mark.parametrize("left", range(4))
def test_without_memory_for_it_nothing_is_changed(left):
    bench = Bench(FORMATS["version 3"], memory_bytes=(1 + left) * 4096)
    before = bench.store.taken_bytes
    bench.window.log.clear()

    with pytest.raises(OutOfVram):
        bench.tables.make_table(bench.form.small, BASE)
    assert bench.store.taken_bytes == before
    assert names(bench) == ["PD4"]
    assert not [done for done in bench.window.log if done[0] == "write"]


def test_a_page_without_memory_is_mapped_like_any_other(bench):
    """None for attributes: the same as a sparse range of such pages."""
    pages = [
        each._replace(addresses=None) for each in bench.pages(BASE, (0, 3 * 64 * KIB), sizes=(64 * KIB,))
    ]
    bench.tables.map(pages, None)

    for number in range(3):
        assert bench.sparse_at(BASE + number * 64 * KIB) == (BASE + number * 64 * KIB, 64 * KIB)
    with pytest.raises(BadMapping):
        bench.tables.map(pages, None)
    bench.tables.unmap(BASE, 3 * 64 * KIB)
    assert bench.look(BASE).leaf is None
