"""Tables that an H100's resource manager (RM) built, recorded, compared with what our builder makes.

Recorded are every word of every table that is not zero, where RM said that its tables are, and of every
mapping where RM said that its first and its last page are, mostly one or two more. Memory whose pages are not
listed is contiguous; listed ones that RM did not tell are as its tables have them.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from barewire.memory.compare import EXTRA_TABLE, STRAY_TABLE, WRONG_ENTRY, Comparison, Place, Wanted, compare
from barewire.memory.formats import GMMU_V3, Aperture, PageAttributes, TablePointer
from barewire.memory.paging import Pages

RECORDED = json.loads((Path(__file__).parent / "h100_page_tables.json").read_text())
SPACES = {space["name"]: space for space in RECORDED["spaces"]}
ROOT = TablePointer(Aperture.VIDEO, 0)
OURS = 0x10_0000_0000, 0x100_0000_0000  # what we had mapped in; RM has a range of its own at 4 GiB
RM_RANGE_VA = 0x1_0000_0000

# What RM makes of plain memory, said before its tables were read.
EXPECTED = {
    "video": {"aperture": Aperture.VIDEO},
    "host": {"aperture": Aperture.HOST, "volatile": True},
}


class Recording:
    """Tables as they were recorded: a reader."""

    def __init__(self, tables: dict[str, dict[str, str]]) -> None:
        self.tables = {
            int(address, 16): {int(number): int(word, 16) for number, word in words.items()}
            for address, words in tables.items()
        }

    def read(self, table: TablePointer, offset: int, size_bytes: int) -> bytes:
        words = self.tables[table.address]
        numbers = range(offset // 8, (offset + size_bytes) // 8)
        return b"".join(words.get(number, 0).to_bytes(8, "little") for number in numbers)

    @property
    def entries(self) -> int:
        """How many words are set."""
        return sum(len(words) for words in self.tables.values())


def addresses_of(mapping: dict) -> list[int]:
    """Where its pages are."""
    told = {int(number): int(address, 16) for number, address in mapping["told"].items()}
    contiguous = [told[0] + number * mapping["page_bytes"] for number in range(mapping["pages"])]
    listed = [int(address, 16) for address in mapping.get("addresses", ())]
    found = listed or contiguous
    assert all(found[number] == address for number, address in told.items())
    return found


def wanted_of(mapping: dict) -> Wanted:
    start, size = int(mapping["gpu_va"], 16), mapping["page_bytes"]
    gpu_vas = np.array([start + number * size for number in range(mapping["pages"])], np.uint64)
    pages = Pages(size, gpu_vas, np.array(addresses_of(mapping), np.uint64))
    return Wanted(
        (pages,), PageAttributes(**EXPECTED[mapping["aperture"]], kind=6, read_only=mapping["read_only"])
    )


def compared(space: dict, start_va: int, end_va: int, reader: Recording | None = None) -> Comparison:
    places = {
        Place(level, int(gpu_va, 16)): TablePointer(Aperture.VIDEO, int(address, 16))
        for level, gpu_va, address in space["places"]
    }
    wanted = [wanted_of(mapping) for mapping in space["mappings"]]
    reader = reader or Recording(space["tables"])
    return compare(GMMU_V3, reader, ROOT, wanted, places, start_va, end_va)


def test_every_entry_that_rm_wrote_is_the_builders():
    found = compared(SPACES["window"], *OURS)

    assert found.equal, str(found)
    assert found.entries == 318
    assert found.by_level == {
        "PD4": 1,
        "PD3": 1,
        "PD2": 1,
        "PD1": 2,
        "PD0": 14,
        "PT 64 KiB": 16 + 4 + 3,
        "PT 4 KiB": 64 + 16 + 64 + 64 + 16 + 52,
    }


def test_besides_them_rm_has_a_directory_of_its_own():
    (found,) = compared(SPACES["window"], 0, 1 << 57).differences

    assert (found.what, found.level, found.gpu_va) == (EXTRA_TABLE, "PD1", RM_RANGE_VA)


@pytest.mark.parametrize("bit", range(64))
def test_any_bit_of_what_rm_wrote_is_told(bit):
    """One bit of one word of every table that lies in the range, the same for all."""
    reader = Recording(SPACES["window"]["tables"])
    numbers = {address: max(words) for address, words in reader.tables.items()}
    for address, number in numbers.items():
        reader.tables[address][number] ^= 1 << bit

    found = compared(SPACES["window"], *OURS, reader)
    told = [
        (each.table.address, each.index * level_words(each.level) + each.word) for each in found.differences
    ]
    assert sorted(told) == sorted(numbers.items())


def level_words(name: str) -> int:
    (level,) = (level for level in GMMU_V3.levels if level.name == name)
    return level.words


def test_asking_a_lazy_space_for_its_tables_takes_large_pages_away():
    """RM was asked for the tables of the first address of each mapping: where that was a page of 2 MiB, there
    is a pair of empty tables instead. The other tables that it made ahead are as they should be."""
    lazy = SPACES["lazy"]
    found = compared(lazy, *OURS)

    replaced = [int(each["gpu_va"], 16) for each in lazy["mappings"] if each["page_bytes"] == 2 << 20]
    assert len(replaced) == 2
    assert {(each.what, each.gpu_va) for each in found.differences} == {
        (what, gpu_va) for what in (WRONG_ENTRY, EXTRA_TABLE, STRAY_TABLE) for gpu_va in replaced
    }
    assert len(found.differences) == 2 * 4
    assert found.tables == len(lazy["places"]) - 4
