"""The tree of page tables: its runs are the pages that a walk finds, joined, and many are found quickly."""

from __future__ import annotations

import time

import numpy as np
import pytest
from barewire.memory.formats import GMMU_V2, GMMU_V3, Aperture, PageAttributes
from barewire.memory.paging import Pages
from barewire.memory.tree import Run, Table, tree
from barewire.memory.walker import pages
from hypothesis import given, settings
from hypothesis import strategies as st
from table_memory import Bench

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
MILLION = 1 << 20
LONGEST_S = 5.0  # for a million entries in runs; one by one they take twice that


def runs_of(table: Table) -> list[Run]:
    """Every run below a table, by its address."""
    found: list[Run] = []
    for part in table.below:
        found += [part] if isinstance(part, Run) else runs_of(part)
    return sorted(found, key=lambda run: run.gpu_va)


def mapped(bench: Bench, gpu_vas, addresses, page_bytes=4 * KIB, **attributes):
    bench.tables.map(
        [Pages(page_bytes, np.array(gpu_vas, np.uint64), np.array(addresses, np.uint64))],
        PageAttributes(**attributes),
    )


def seen(bench: Bench) -> list[Run]:
    return runs_of(tree(bench.form, bench.store, bench.tables.root))


PLACES = st.lists(
    st.tuples(st.integers(0, 1100), st.integers(0, 40), st.booleans()),
    unique_by=lambda place: place[0],
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from((GMMU_V2, GMMU_V3)), st.sampled_from((4 * KIB, 64 * KIB, 2 * MIB)), PLACES)
def test_runs_are_the_pages_that_a_walk_finds(form, page_bytes, places):
    bench = Bench(form)
    for slot, frame, read_only in sorted(places):
        mapped(bench, [slot * page_bytes], [frame * page_bytes], page_bytes, read_only=read_only)

    single = [
        (run.gpu_va + number * run.page_bytes, run.page_bytes, run.leaf.address + number * run.page_bytes,
         run.leaf.attributes)
        for run in seen(bench)
        for number in range(run.pages)
    ]  # fmt: skip
    walked = [
        (page.gpu_va, page.page_bytes, *page.leaf) for page in pages(form, bench.store, bench.tables.root)
    ]
    assert single == walked


def test_a_run_ends_where_memory_or_what_is_said_of_it_changes():
    bench = Bench(GMMU_V3)
    mapped(bench, [0, 0x1000, 0x2000], [0x8000, 0x9000, 0xB000])
    mapped(bench, [0x3000], [0xC000], read_only=True)
    mapped(bench, [0x5000], [0xE000], read_only=True)

    assert [(run.gpu_va, run.pages) for run in seen(bench)] == [
        (0, 2), (0x2000, 1), (0x3000, 1), (0x5000, 1)
    ]  # fmt: skip


def test_the_same_page_again_and_again_is_no_run():
    bench = Bench(GMMU_V3)
    mapped(bench, [0, 0x1000, 0x2000], [0x8000, 0x8000, 0x8000])

    assert [run.pages for run in seen(bench)] == [1, 1, 1]


@pytest.mark.parametrize("form", [GMMU_V2, GMMU_V3], ids=lambda form: form.name)
def test_an_address_that_outgrows_its_bits_ends_a_run(form):
    """The word of the page behind the last address would carry into what is said of it."""
    bits = form.pte.address[Aperture.VIDEO]
    bench = Bench(form)
    mapped(bench, [0, 0x1000], [bits.end - 0x1000, 0])
    table = bench.tables.root
    for _ in range(len(form.directories)):
        table = next(
            pointer
            for words in np.frombuffer(bench.store.read(table, 0, 16), "<u8").reshape(1, -1)
            for pointer in (form.pde.decode(int(words[0])), form.dual_small.decode(int(words[1])))
            if pointer is not None
        )
    first = int.from_bytes(bench.store.read(table, 0, 8), "little")
    bench.store.write(table, 8, (first + bits.put(0x1000)).to_bytes(8, "little"))

    found = seen(bench)
    assert [run.pages for run in found] == [1, 1]
    assert [run.leaf.address for run in found] == [bits.end - 0x1000, 0]


def test_sparse_pages_are_a_run():
    bench = Bench(GMMU_V3)
    bench.tables.map_sparse(0, 12 * KIB, None)

    assert [(run.gpu_va, run.size_bytes, run.leaf) for run in seen(bench)] == [(0, 12 * KIB, None)]


def test_sparse_entries_of_directories_are_a_run():
    bench = Bench(GMMU_V3)
    bench.store.write(bench.tables.root, 0, 2 * GMMU_V3.pde.sparse.to_bytes(8, "little"))

    assert [(run.gpu_va, run.size_bytes, run.leaf) for run in seen(bench)] == [(0, GMMU_V3.va_end, None)]


def test_a_million_entries_are_few_runs_soon():
    bench = Bench(GMMU_V3, memory_bytes=16 * MIB)
    gpu_vas = np.arange(MILLION, dtype=np.uint64) * np.uint64(4 * KIB)
    mapped(bench, gpu_vas, gpu_vas + np.uint64(4 * GIB))

    began = time.monotonic()
    found = seen(bench)

    assert sum(run.pages for run in found) == MILLION
    assert len(found) == MILLION // 512  # one a table
    assert time.monotonic() - began < LONGEST_S
