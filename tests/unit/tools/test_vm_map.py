"""`barewire vm map`: ranges and trees, as text, as JSON and on a terminal."""

from __future__ import annotations

import json
import re
import time

import pytest
from barewire.device.regions import Region
from barewire.memory.formats import GMMU_V3, Aperture, Leaf, TablePointer
from barewire.memory.tree import Run, Table
from barewire.memory.walker import pages
from barewire.tools import vm_map
from barewire.tools.output import print_report, text_lines
from hypothesis import given, settings
from hypothesis import strategies as st
from table_memory import Bench
from terminal import Terminal
from vm_tables import GIB, HOST, KIB, MIB, READ_ONLY, REGIONS, VIDEO, put, source_of

MILLION = 1 << 20
LONGEST_S = 20.0


def ranges(bench: Bench, regions=(), joined=True):
    found = vm_map.ranges_of(source_of(bench).tree(None, None), vm_map.Names(regions), joined)
    return [(one.gpu_va, one.size_bytes, one.page_bytes, one.extents, one.what) for one in found]


def test_pages_that_say_the_same_are_one_range_wherever_their_memory_is():
    bench = Bench()
    put(bench, 0x10000, 0x80000, 4, step=2)

    pieces = [(0x80000 + 0x2000 * index, 0x1000) for index in range(4)]
    assert ranges(bench) == [(0x10000, 0x4000, 4 * KIB, pieces, None)]
    assert [one[:2] for one in ranges(bench, joined=False)] == [
        (0x10000 + 0x1000 * i, 0x1000) for i in range(4)
    ]


def test_a_range_goes_on_over_the_border_of_tables():
    bench = Bench()
    put(bench, 4 * MIB - 0x4000, 0x80000, 8)

    assert ranges(bench) == [(4 * MIB - 0x4000, 0x8000, 4 * KIB, [(0x80000, 0x8000)], None)]


def test_a_range_ends_at_a_hole_and_where_something_else_is_said():
    bench = Bench()
    put(bench, 0x0000, 0x80000, 2)
    put(bench, 0x2000, 0x82000, 1, attributes=READ_ONLY)
    put(bench, 0x4000, 0x84000, 1, attributes=READ_ONLY)
    put(bench, 0x200000, 0x200000, 2, page=2 * MIB)
    put(bench, 0x600000, 0x10000, 1, page=64 * KIB, attributes=HOST)
    bench.tables.map_sparse(0x800000, 2 * MIB, None)

    assert [(one[0], one[1], one[2]) for one in ranges(bench)] == [
        (0x0000, 0x2000, 4 * KIB), (0x2000, 0x1000, 4 * KIB), (0x4000, 0x1000, 4 * KIB),
        (0x200000, 4 * MIB, 2 * MIB), (0x600000, 64 * KIB, 64 * KIB), (0x800000, 2 * MIB, 2 * MIB),
    ]  # fmt: skip
    assert ranges(bench)[-1][3:] == ([], "sparse")


def test_ranges_are_cut_where_what_they_are_for_changes():
    bench = Bench()
    put(bench, 0x10000, 0x80000, 48)

    names = [(one[0], one[1], one[4]) for one in ranges(bench, REGIONS)]
    assert names == [
        (0x10000, 0x10000, "compute queue"), (0x20000, 0x10000, "copy queue"), (0x30000, 0x10000, "staging")
    ]  # fmt: skip


def test_a_name_that_ends_inside_a_page_does_not_cut_it():
    bench = Bench()
    put(bench, 0, 0, 1, page=2 * MIB)

    assert [(one[0], one[1]) for one in ranges(bench, [Region(0, 0x1000, "tiny")])] == [(0, 2 * MIB)]


SLOTS = st.lists(
    st.tuples(st.integers(0, 70), st.integers(0, 3), st.sampled_from((None, 0, 7, 8))), max_size=40
)


@settings(max_examples=60, deadline=None)
@given(SLOTS, st.booleans())
def test_ranges_have_every_page_that_a_walk_finds_once(slots, joined):
    """Slots of 64 KiB hold a big page, small ones, or sparse ones; what they are for changes every 1 MiB."""
    bench = Bench()
    for slot, kind, frame in {slot: (slot, kind, frame) for slot, kind, frame in slots}.values():
        at = slot * 64 * KIB
        if frame is None:
            bench.tables.map_sparse(at, 64 * KIB, 4 * KIB if kind else 64 * KIB)
        elif kind == 0:
            put(bench, at, frame * 64 * KIB, 1, page=64 * KIB)
        else:
            put(
                bench,
                at,
                frame * 64 * KIB,
                16 - kind,
                attributes=READ_ONLY if kind == 2 else VIDEO,
                step=kind,
            )
    regions = [Region(start, MIB, f"region {start:#x}") for start in range(0, 5 * MIB, MIB)]

    found = []
    for one in vm_map.ranges_of(source_of(bench).tree(None, None), vm_map.Names(regions), joined):
        assert joined or len(one.extents) <= 1
        gpu_vas = range(one.gpu_va, one.end_va, one.page_bytes)
        memory = [at for first, size in one.extents for at in range(first, first + size, one.page_bytes)]
        leaves = (
            [None] * len(gpu_vas) if one.attributes is None else [Leaf(at, one.attributes) for at in memory]
        )
        found += zip(gpu_vas, [one.page_bytes] * len(gpu_vas), leaves, strict=True)
    assert found == [tuple(page) for page in pages(bench.form, bench.store, bench.tables.root)]


def test_small_pages_behind_big_ones_are_not_in_the_map():
    """The GPU looks into the table of big pages first, and never sees what small ones are there."""
    big = Leaf(0x100000, VIDEO)
    small = Leaf(0x900000, HOST)
    form = GMMU_V3
    place = TablePointer(Aperture.VIDEO, 0x1000)
    both = (
        Table(form.big, place, 0, 0, (Run(1, 2, 0x10000, 64 * KIB, big),)),
        Table(form.small, place, 0, 0, (Run(8, 48, 0x8000, 4 * KIB, small),)),
    )
    directory = Table(form.directories[-1], place, 0, 0, both)

    found = [(run.gpu_va, run.size_bytes, run.leaf.address, run.entry) for run in vm_map.runs_of(directory)]
    assert found == [
        (0x8000, 0x8000, 0x900000, 8), (0x10000, 0x20000, 0x100000, 1), (0x30000, 0x8000, 0x928000, 48)
    ]  # fmt: skip


def test_a_million_entries_are_a_few_rows_soon():
    bench = Bench(memory_bytes=16 * MIB)
    put(bench, 0x10_0000_0000, 8 * GIB, MILLION)

    began = time.monotonic()
    report = vm_map.map_report(source_of(bench), None, None, tables=False, pieces=False)
    lines = list(text_lines(report))

    assert len(lines) < 10 and "1048576 x 4 KiB" in lines[-1]
    assert time.monotonic() - began < LONGEST_S


def test_a_million_scattered_pages_are_one_row_with_every_piece_in_json():
    bench = Bench(memory_bytes=16 * MIB)
    put(bench, 0x10_0000_0000, 8 * GIB, MILLION // 8, step=2)

    report = vm_map.map_report(source_of(bench), None, None, tables=False, pieces=False)

    (row,) = report.data()["ranges"]
    assert len(row["memory"]["extents"]) == MILLION // 8
    assert f"in {MILLION // 8} pieces" in list(text_lines(report))[-1]


@pytest.mark.parametrize("tables", [False, True], ids=["ranges", "tables"])
def test_what_is_shown_as_text_is_in_the_data(tables):
    bench = Bench()
    put(bench, 0x10000, 0x80000, 4)
    put(bench, 0x200000, 0x200000, 1, page=2 * MIB, attributes=HOST)
    report = vm_map.map_report(source_of(bench, REGIONS), None, None, tables=tables, pieces=False)

    text, data = "\n".join(text_lines(report)), json.dumps(report.data())
    for word in (
        "0x00000010000",
        "0x00000080000",
        "compute queue",
        "host",
        "0x00000200000",
        "GMMU version 3",
    ):
        assert word in text and word in data


def test_a_tree_of_tables_nests_as_the_tables_do():
    bench = Bench()
    put(bench, 0x10000, 0x80000, 4)
    rows = vm_map.map_report(source_of(bench), None, None, tables=True, pieces=False).data()["page_tables"]

    levels = []
    while rows:
        (row,) = rows
        levels.append((row["entry"]["level"], row["entry"]["index"]))
        rows = row.get("below")
    assert levels == [
        ("PD4", 0), ("PD3", 0), ("PD2", 0), ("PD1", 0), ("PD0", 0), ("PT 4 KiB", 0), (None, 16)
    ]  # fmt: skip


@pytest.mark.parametrize("columns", [40, 200])
def test_a_terminal_shows_lines_of_a_tree_and_loses_nothing_when_it_is_narrow(monkeypatch, columns):
    pytest.importorskip("rich")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))
    bench = Bench()
    put(bench, 0x10000, 0x80000, 16, attributes=READ_ONLY)
    stream = Terminal()
    report = vm_map.map_report(source_of(bench, REGIONS), None, None, tables=False, pieces=False)
    print_report(report, as_json=False, stream=stream)

    words = (
        "├─ 0x00000010000",
        "└─ 0x00000012000",
        "USERD",
        "16 x 4 KiB",
        "video 0x00000080000",
        "compute queue",
    )
    shown = re.sub(r"\x1b\[[0-9;]*m", "", stream.text)
    assert all(word in shown for word in words)
