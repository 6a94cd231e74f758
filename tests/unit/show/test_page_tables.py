"""Page tables as a notebook shows them: a walk, a tree, what is mapped."""

from __future__ import annotations

import pytest
from barewire import show
from barewire.errors import Freed, UsageError
from barewire.memory.compare import compare
from barewire.memory.formats import GMMU_V2, GMMU_V3
from display import page


@pytest.fixture
def space(soft):
    return soft.memory.address_space()


@pytest.fixture
def mapped(soft, space):
    """(gpu_va, memory): 6 MiB of video memory."""
    memory = soft.memory.video_memory(6 << 20)
    return space.map(memory), memory


def test_a_walk_cuts_the_address_and_shows_each_entry(space, mapped):
    found = page(space.walk(mapped[0] + 0x1234))

    assert sum(found.spans()) == 2 * 57
    assert [row[0] for row in found.rows if row and row[0].startswith("PD")] == [
        "PD4",
        "PD3",
        "PD2",
        "PD1",
        "PD0",
    ]
    assert "a page of 2 MiB" in found.text and "0x1234" in found.text


def test_a_walk_to_nothing_says_where_it_ended(space, mapped):
    found = page(space.walk(0x5000))

    assert "nothing is mapped" in found.text
    assert sum(found.spans()) == 2 * 57


def test_a_walk_of_a_sparse_range_says_so(space):
    assert "sparse" in page(space.walk(space.map_sparse(2 << 20))).text


def test_a_tree_has_every_table_and_joins_pages_in_a_row(space, mapped):
    root = space.tree()
    found = page(root)

    assert root.tables == 5 and root.mapped_bytes == 6 << 20
    assert found.tags.count("details") == 5
    assert "3 pages of 2 MiB" in found.text
    assert "PD0" in repr(root) and "3 pages of 2 MiB" in repr(root)


def test_a_tree_tells_small_pages_from_large_ones(soft, space, mapped):
    small = soft.memory.video_memory(3 * 4096)
    gpu_va = space.map(small, page_size_bytes=4096, read_only=True)

    text = repr(space.tree())

    assert f"{gpu_va:#013x}" in text and "3 pages of 4 KiB" in text and "read-only" in text


def test_a_tree_of_a_range_leaves_the_rest_out(soft, space, mapped):
    far = space.map_sparse(2 << 20, gpu_va=0x80_0000_0000)

    assert space.tree(far, far + (2 << 20)).mapped_bytes == 2 << 20
    assert space.tree().mapped_bytes == 8 << 20


def test_an_empty_space_is_a_root_alone(space):
    assert space.tree().tables == 1
    assert "0 mappings" in page(space).text


def test_a_table_with_many_entries_is_cut_off(space):
    for number in range(40):
        space.map_sparse(4096, gpu_va=0x20_0000_0000 + number * 0x4000, page_size_bytes=4096)

    assert "and 16 more" in page(space.tree()).text
    assert "and 16 more" in repr(space.tree())


def test_a_space_shows_what_is_mapped_without_reading_tables(space, mapped):
    gpu_va, memory = mapped
    found = page(space)

    assert found.rows[1][:3] == [f"{gpu_va:#013x}", f"{gpu_va + memory.size_bytes:#013x}", "6 MiB"]
    space.close()
    assert "0 mappings" in page(space).text
    with pytest.raises(Freed):
        space.tree()


@pytest.mark.parametrize("form", [GMMU_V2, GMMU_V3], ids=lambda form: form.name)
def test_a_format_shows_its_levels(form):
    found = page(form)

    assert sum(found.spans()) == 2 * (form.root.va_bits.high + 1)
    assert {level.name for level in form.directories} <= {row[0] for row in found.rows if row}


def test_memory_shows_its_pieces_and_outlives_its_end(mapped, soft):
    _, memory = mapped

    assert "6 MiB" in page(memory).text
    memory.close()
    assert "closed" in page(memory).text
    assert "taken" in page(soft.memory.allocator).text


def test_host_memory_shows_dma_addresses(soft):
    assert "DMA address" in page(soft.memory.host_memory(64 << 10)).text


def test_many_mappings_are_cut_off(soft, space):
    memory = soft.memory.video_memory(4096)
    for _ in range(70):
        space.map(memory)

    assert "and 6 more" in page(space).text
    assert "70 mappings" in repr(show.mappings(space.mappings.values()))


def test_a_comparison_that_is_equal_says_what_was_compared(space, mapped):
    found = page(space.compare())

    assert "equal: 7 entries set, 902 words compared in 5 tables" in found.text
    assert [row for row in found.rows if row and row[0].startswith("PD")] == [
        ["PD4", "1"],
        ["PD3", "1"],
        ["PD2", "1"],
        ["PD1", "1"],
        ["PD0", "3"],
    ]


def test_a_comparison_shows_each_difference_with_the_fields_that_differ(soft, space, mapped):
    step = space.walk(mapped[0]).steps[-1]
    space.reader.write(step.table, step.index * 16, (step.words[0] ^ 0x60).to_bytes(8, "little"))

    compared = space.compare()
    found = page(compared)
    (row,) = (row for row in found.rows if "wrong entry" in row)
    assert row == [
        "PD0",
        f"video {step.table.address:#013x}",
        str(step.index),
        f"{mapped[0]:#013x}",
        f"{step.words[0]:#018x}",
        f"{step.words[0] ^ 0x60:#018x}",
        "wrong entry",
        "read only, no atomics",
    ]
    assert "1 difference" in found.text
    assert "wrong entry" in page(compared.differences[0]).text
    assert repr(show.difference(compared.differences[0])) == str(compared.differences[0])


def test_a_table_that_could_not_be_compared_shows_why(soft, space, mapped):
    class Nothing:
        def read(self, table, offset, size_bytes):
            raise UsageError("<this> is not to be read")

    compared = compare(space.format, Nothing(), space.root, space.wanted(), space.places())
    found = page(compared)
    assert "5 differences" in found.text
    assert "<this> is not to be read" in found.text and "unreadable table" in found.text


def test_many_differences_are_cut_off(soft, space):
    space.map(soft.memory.video_memory(1 << 20), page_size_bytes=4096)
    pages = list(space.wanted())
    places = space.places()
    places.pop(next(place for place in places if place.level == "PT 4 KiB"))

    compared = compare(space.format, Zeros(), space.root, pages, space.places())
    assert f"and {len(compared.differences) - 64} more" in page(compared).text
    assert len(compare(space.format, Zeros(), space.root, pages, places).differences) == 5


class Zeros:
    """Memory with nothing in it."""

    def read(self, table, offset, size_bytes):
        return bytes(size_bytes)
