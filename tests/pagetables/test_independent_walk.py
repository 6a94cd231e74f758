"""The tests' own reader of page tables: what it takes, and that it refuses everything else.

Tables are written here by hand, word by word.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from tests.pagetables.independent_walk import BadTables, Leaf, Range, check

PD4, PD3, PD2, PD1, PD0, SMALL, BIG = 0x1000, 0x2000, 0x3000, 0x4000, 0x5000, 0x6000, 0x7100
TABLES = (Range("video", 0x1000, 0x7280),)
PAGES = (Range("video", 0x1000_0000, 0x4000_0000), Range("host", 0x20_0000_0000, 0x20_1000_0000))
VIDEO, HOST = 0x681, 0x68D  # what an H100's RM writes beside the address
POINTER = 0x12
READ_ONLY = 0x20
BASE_VA = 1 << 56 | 3 << 47 | 5 << 38 | 7 << 29 | 9 << 21  # what the tables below are for

Words = dict[tuple[int, int], int]


def tables() -> Words:
    """(table, index of the word) -> word: a page of every size, in video and host memory."""
    return {
        (PD4, 1): PD3 | POINTER,
        (PD3, 3): PD2 | POINTER,
        (PD2, 5): PD1 | POINTER,
        (PD1, 7): PD0 | POINTER,
        (PD1, 8): 0x2000_0000 | VIDEO,
        (PD0, 18): BIG | POINTER,
        (PD0, 19): SMALL | POINTER,
        (PD0, 20): 0x1020_0000 | VIDEO | READ_ONLY,
        (BIG, 2): 0x20_0001_0000 | HOST,
        (BIG, 3): 0x8,
        (SMALL, 1): 0x1234_5000 | VIDEO,
        (SMALL, 0x1FF): 0x20_0000_3000 | HOST | READ_ONLY,
    }  # fmt: skip


LEAVES = [
    Leaf(BASE_VA + 0x1000, 0x1000, "video", 0x1234_5000, False),
    Leaf(BASE_VA + 0x2_0000, 0x1_0000, "host", 0x20_0001_0000, False),
    Leaf(BASE_VA + 0x3_0000, 0x1_0000, "sparse", 0, False),
    Leaf(BASE_VA + 0x1F_F000, 0x1000, "host", 0x20_0000_3000, True),
    Leaf(BASE_VA + 0x20_0000, 0x20_0000, "video", 0x1020_0000, True),
    Leaf((BASE_VA & -1 << 29) + (1 << 29), 1 << 29, "video", 0x2000_0000, False),
]


def reader(words: Words) -> Callable[[str, int, int], bytes]:
    def read(aperture: str, address: int, size_bytes: int) -> bytes:
        assert aperture == "video"
        found = {place + 8 * index: word for (place, index), word in words.items()}
        return b"".join(struct.pack("<Q", found.get(address + at, 0)) for at in range(0, size_bytes, 8))

    return read


def walk(words: Words) -> list[Leaf]:
    return check(reader(words), ("video", PD4), TABLES, PAGES).leaves


def test_pages_of_every_size_are_found_where_they_are() -> None:
    assert walk(tables()) == LEAVES
    assert walk({}) == []


def test_every_table_is_told_with_the_first_address_that_it_is_for() -> None:
    found = check(reader(tables()), ("video", PD4), TABLES, PAGES).tables
    wanted = {
        ("PD4", 0): PD4,
        ("PD3", 1 << 56): PD3,
        ("PD2", BASE_VA & -1 << 47): PD2,
        ("PD1", BASE_VA & -1 << 38): PD1,
        ("PD0", BASE_VA & -1 << 29): PD0,
        ("PT 64 KiB", BASE_VA): BIG,
        ("PT 4 KiB", BASE_VA): SMALL,
    }
    assert found == {place: ("video", address) for place, address in wanted.items()}


def test_a_big_entry_may_say_that_there_are_no_small_pages() -> None:
    assert walk({**tables(), (BIG, 9): 0x18}) == LEAVES


def test_a_directory_may_say_that_all_it_covers_is_sparse() -> None:
    sparse = [leaf for leaf in walk({**tables(), (PD2, 6): 0x8, (PD0, 40): 0x8}) if leaf not in LEAVES]
    assert [(leaf.size_bytes, leaf.aperture) for leaf in sparse] == [
        (0x20_0000, "sparse"),
        (1 << 38, "sparse"),
    ]


WRONG = (
    ("a page of other people's video memory", (SMALL, 1), 0x4000_0000 | VIDEO, "no page of ours"),
    ("a page of other people's host memory", (SMALL, 1), 0x30_0000_0000 | HOST, "no page of ours"),
    ("a page in memory for tables", (SMALL, 1), SMALL | VIDEO, "no page of ours"),
    ("a large page that begins in our memory and ends beyond", (PD1, 8), 0x3000_0000 | VIDEO, "not aligned"),
    ("a large page over the end of our memory", (PD1, 8), 0x4000_0000 | VIDEO, "no page of ours"),
    ("a page of another GPU", (SMALL, 1), 0x1234_5000 | VIDEO | 0x2, "neither"),
    ("a page of host memory that is not coherent", (SMALL, 1), 0x20_0000_3000 | VIDEO | 0x6, "neither"),
    ("an entry that is not valid, and not empty", (SMALL, 1), 0x1234_5000, "neither"),
    ("a small entry that only a big one may be", (SMALL, 1), 0x18, "neither"),
    ("a video page that the L2 does not keep", (SMALL, 1), 0x1234_5000 | VIDEO | 0x8, "beside the address"),
    ("a host page that the L2 keeps", (SMALL, 1), 0x20_0000_3000 | 0x685, "beside the address"),
    ("a privileged page", (SMALL, 1), 0x1234_5000 | VIDEO | 0x10, "beside the address"),
    ("a page without atomics", (SMALL, 1), 0x1234_5000 | VIDEO | 0x40, "beside the address"),
    ("a page whose accesses are counted", (SMALL, 1), 0x1234_5601, "beside the address"),
    ("a page of another kind", (SMALL, 1), 0x1234_5081, "beside the address"),
    ("a page with a peer's number", (SMALL, 1), 1 << 61 | 0x1234_5000 | VIDEO, "beside the address"),
    ("a page with a bit that means nothing", (SMALL, 1), 1 << 55 | 0x1234_5000 | VIDEO, "beside the address"),
    ("a big page at a small one's alignment", (BIG, 2), 0x20_0000_1000 | HOST, "not aligned"),
    ("a huge page at a big one's alignment", (PD0, 20), 0x1021_0000 | VIDEO, "not aligned"),
    ("a page where only directories are", (PD2, 5), 0x2000_0000 | VIDEO, "no table"),
    ("a huge page beside a table of small ones", (PD0, 18), 0x1020_0000 | VIDEO, "and a table"),
    ("a sparse entry beside a table of small ones", (PD0, 18), 0x8, "and a table"),
    ("a big page over a small one", (BIG, 0), 0x1000_0000 | VIDEO, "a big page and a small one"),
    ("a sparse range over a small page", (BIG, 0), 0x8, "a big page and a small one"),
    ("no small pages where there is one", (BIG, 0), 0x18, "a big page and a small one"),
    ("a table of nobody", (PD3, 3), 0x9000 | POINTER, "no memory for tables"),
    ("a table over the end of memory for tables", (PD0, 19), 0x7000 | POINTER, "no memory for tables"),
    ("a table in memory for pages", (PD3, 3), 0x1000_0000 | POINTER, "no memory for tables"),
    ("a table in host memory that nobody took", (PD3, 3), PD2 | 0x1C, "no memory for tables"),
    ("a table in host memory that is not coherent", (PD3, 3), PD2 | 0x16, "no table"),
    ("a directory that is cached as host memory is", (PD3, 3), PD2 | 0x1A, "beside the address"),
    ("a directory whose addresses others translate", (PD3, 3), PD2 | 0x2, "beside the address"),
    ("a directory entry with a bit that means nothing", (PD3, 3), PD2 | POINTER | 0x40, "beside the address"),
    ("a directory entry with a high bit", (PD3, 3), 1 << 60 | PD2 | POINTER, "beside the address"),
    ("a small table that is not at a page", (PD0, 19), SMALL | POINTER | 0x100, "beside the address"),
    ("an entry that points back up", (PD1, 7), PD2 | POINTER, "met as a table before"),
    ("an entry that points to the root", (PD2, 5), PD4 | POINTER, "met as a table before"),
    ("one table twice", (PD0, 23), SMALL | POINTER, "met as a table before"),
    ("a big table within a small one", (PD0, 22), SMALL + 0x300 | POINTER, "met as a table before"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("place", "word", "why"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_what_leads_elsewhere_or_makes_no_sense_is_refused(
    place: tuple[int, int], word: int, why: str
) -> None:
    with pytest.raises(BadTables, match=why):
        walk({**tables(), place: word})


@pytest.mark.parametrize("place", sorted(tables()), ids=lambda place: f"{place[0]:#x}[{place[1]}]")
def test_no_single_bit_of_any_entry_can_change_unseen(place: tuple[int, int]) -> None:
    """It is refused, or something else is found to be mapped."""
    for bit in range(64):
        try:
            found = walk({**tables(), place: tables()[place] ^ 1 << bit})
        except BadTables:
            continue
        assert found != LEAVES


def test_memory_for_tables_is_not_memory_for_pages() -> None:
    with pytest.raises(BadTables, match="may both be"):
        check(reader({}), ("video", PD4), TABLES, [*PAGES, Range("video", 0x7200, 0x9000)])


def test_a_reader_that_gives_too_little_is_refused() -> None:
    with pytest.raises(BadTables, match="8 bytes were read of 16"):
        check(lambda *_: bytes(8), ("video", PD4), TABLES, PAGES)


def test_neighbouring_pieces_of_memory_hold_a_page_that_spans_them() -> None:
    pieces = [Range("video", 0x1000_0000, 0x1030_0000), Range("video", 0x1030_0000, 0x4000_0000), PAGES[1]]
    assert check(reader(tables()), ("video", PD4), TABLES, pieces).leaves == LEAVES
