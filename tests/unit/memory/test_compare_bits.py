"""Every bit of every kind of entry, changed behind the builder's back: the comparison tells which it is.

What the bits are called is written down here once more, from NVIDIA's headers
(OGKM:swref/published/{pascal/gp100,turing/tu102,hopper/gh100}/dev_mmu.h), apart from the driver's tables.
"""

from __future__ import annotations

import pytest
from barewire.memory.compare import EXTRA_ENTRY, EXTRA_TABLE, MISSING_ENTRY, WRONG_ENTRY
from barewire.memory.fields import fields_of
from compare_world import STORES, Spot, everything, spots
from table_memory import FORMATS

WORD_BITS = 64

# (field, high bit, low bit), by the kind of word.
VERSION_3_LOW = (("aperture", 2, 1), ("volatile", 3, 3), ("no ATS", 4, 4), ("PCF", 5, 5))
VERSION_3_HIGH = (("reserved", 11, 6), ("address", 51, 12), ("reserved", 63, 52))
VERSION_3_BIG_HIGH = (("reserved", 7, 6), ("address", 51, 8), ("reserved", 63, 52))
VERSION_3_PAGE = (
    ("valid", 0, 0),
    ("aperture", 2, 1),
    ("volatile", 3, 3),
    ("privileged", 4, 4),
    ("read only", 5, 5),
    ("no atomics", 6, 6),
    ("ACD", 7, 7),
    ("kind", 11, 8),
    ("address", 51, 12),
    ("reserved", 60, 52),
    ("peer", 63, 61),
)
VERSION_3 = {
    "page": VERSION_3_PAGE,
    "host page": VERSION_3_PAGE,
    "pointer": (("is page", 0, 0), *VERSION_3_LOW, *VERSION_3_HIGH),
    "no pointer": (("is page", 0, 0), *VERSION_3_LOW, *VERSION_3_HIGH),
    "big pointer": (("is page", 0, 0), *VERSION_3_LOW, *VERSION_3_BIG_HIGH),
    "no big pointer": (("is page", 0, 0), *VERSION_3_LOW, *VERSION_3_BIG_HIGH),
    "small pointer": (("reserved", 0, 0), *VERSION_3_LOW, *VERSION_3_HIGH),
    "no small pointer": (("reserved", 0, 0), *VERSION_3_LOW, *VERSION_3_HIGH),
    "nothing in PD0": (("valid", 0, 0), *VERSION_3_LOW, *VERSION_3_BIG_HIGH),
    "nothing in PD1": (("valid", 0, 0), *VERSION_3_LOW, *VERSION_3_HIGH),
}

VERSION_2_LOW = (("aperture", 2, 1), ("volatile", 3, 3), ("reserved", 4, 4), ("no ATS", 5, 5))
VERSION_2_VIDEO = (("reserved", 7, 6), ("address", 32, 8), ("reserved", 63, 33))
VERSION_2_HOST = (("reserved", 7, 6), ("address", 53, 8), ("reserved", 63, 54))
VERSION_2_BIG_LOW = (("aperture", 2, 1), ("volatile", 3, 3))
VERSION_2_PAGE_LOW = (
    ("valid", 0, 0),
    ("aperture", 2, 1),
    ("volatile", 3, 3),
    ("encrypted", 4, 4),
    ("privileged", 5, 5),
    ("read only", 6, 6),
    ("no atomics", 7, 7),
)
VERSION_2 = {
    "page": (
        *VERSION_2_PAGE_LOW,
        ("address", 32, 8),
        ("peer", 35, 33),
        ("compression tag", 53, 36),
        ("reserved", 55, 54),
        ("kind", 63, 56),
    ),
    "host page": (*VERSION_2_PAGE_LOW, ("address", 53, 8), ("reserved", 55, 54), ("kind", 63, 56)),
    "no pointer": (("is page", 0, 0), *VERSION_2_LOW, *VERSION_2_HOST),
    "no big pointer": (("is page", 0, 0), *VERSION_2_BIG_LOW, ("address", 53, 4), ("reserved", 63, 54)),
    "no small pointer": (("reserved", 0, 0), *VERSION_2_LOW, *VERSION_2_HOST),
    "nothing in PD0": (("valid", 0, 0), *VERSION_2_BIG_LOW, ("address", 53, 4), ("reserved", 63, 54)),
    "nothing in PD1": (("valid", 0, 0), *VERSION_2_LOW, *VERSION_2_HOST),
}
VERSION_2_POINTERS = {
    "video": {
        "pointer": (("is page", 0, 0), *VERSION_2_LOW, *VERSION_2_VIDEO),
        "big pointer": (("is page", 0, 0), *VERSION_2_BIG_LOW, ("address", 32, 4), ("reserved", 63, 33)),
        "small pointer": (("reserved", 0, 0), *VERSION_2_LOW, *VERSION_2_VIDEO),
    },
    "host": {
        "pointer": (("is page", 0, 0), *VERSION_2_LOW, *VERSION_2_HOST),
        "big pointer": (("is page", 0, 0), *VERSION_2_BIG_LOW, ("address", 53, 4), ("reserved", 63, 54)),
        "small pointer": (("reserved", 0, 0), *VERSION_2_LOW, *VERSION_2_HOST),
    },
}


def fields(version: str, where: str, kind: str) -> tuple[tuple[str, int, int], ...]:
    """(field, high bit, low bit) of a kind of word."""
    if version == "version 3":
        return VERSION_3[kind]
    pointers = VERSION_2_POINTERS["video" if where == "video" else "host"]
    return VERSION_2[kind] if kind in VERSION_2 else pointers[kind]


def name_of(version: str, where: str, kind: str, bit: int) -> str:
    """The one field that a bit belongs to."""
    (name,) = (name for name, high, low in fields(version, where, kind) if low <= bit <= high)
    return name


def one_of_each_field() -> list:
    """(version, spot, field, bit): each field of each kind of word, by its highest bit."""
    found = []
    for version, form in FORMATS.items():
        for spot in spots(form):
            for name, high, low in fields(version, "video", spot.kind):
                label = f"{version}: {name} {high}:{low} of {spot.name}"
                found.append(pytest.param(version, spot, name, high, id=label))
    return found


def expected_kind(spot: Spot, version: str, before: int, found: int) -> str:
    """What a changed word is called."""
    if found == 0:
        return MISSING_ENTRY
    if before:
        return WRONG_ENTRY
    in_directory = not spot.level.startswith("PT")
    is_page = found & 1 and spot.kind.startswith("nothing in")
    points = in_directory and not is_page and found >> 1 & 3 != 0
    return EXTRA_TABLE if points else EXTRA_ENTRY


@pytest.mark.parametrize(("version", "spot", "name", "bit"), one_of_each_field())
def test_a_wrong_bit_in_a_field_is_told_with_the_fields_name(version, spot, name, bit):
    world = everything(FORMATS[version])
    before = world.get(spot.level, spot.gpu_va, spot.half)

    world.flip(spot.level, spot.gpu_va, bit, spot.half)

    (found,) = world.compare().differences
    level = next(each for each in world.form.levels if each.name == spot.level)
    assert found.fields == (name,)
    assert found.level == spot.level
    assert found.table == world.table(spot.level, spot.gpu_va)
    assert (found.index, found.word) == (level.va_bits.take(spot.gpu_va), spot.half)
    assert found.gpu_va == spot.gpu_va // level.span_bytes * level.span_bytes
    assert (found.expected, found.found) == (before, before ^ 1 << bit)
    assert found.what == expected_kind(spot, version, before, found.found)


@pytest.mark.parametrize("where", STORES)
@pytest.mark.parametrize("version", FORMATS)
def test_every_bit_of_every_kind_of_entry_is_compared(version, where):
    """Each of 64 bits, in a word of every kind at once."""
    world = everything(FORMATS[version], where)
    chosen = {(spot.level, spot.gpu_va, spot.half): spot for spot in spots(world.form)}
    before = {key: world.get(*key) for key in chosen}
    levels = {level.name: level for level in world.form.levels}

    for bit in range(WORD_BITS):
        for key, word in before.items():
            world.put(key[0], key[1], word ^ 1 << bit, key[2])
        told = {(each.level, each.gpu_va, each.word): each for each in world.compare().differences}
        assert len(told) == len(chosen)
        for key, spot in chosen.items():
            span = levels[spot.level].span_bytes
            found = told[spot.level, spot.gpu_va // span * span, spot.half]
            assert found.fields == (name_of(version, where, spot.kind, bit),), spot.name
            assert (found.expected, found.found) == (before[key], before[key] ^ 1 << bit)
        for key, word in before.items():
            world.put(key[0], key[1], word, key[2])
    assert world.compare().equal


@pytest.mark.parametrize("version", FORMATS)
def test_every_single_bit_of_whole_tables_is_compared(version):
    """Words all over the two tables of pages and the directory above them, set or not, bits in turn."""
    world = everything(FORMATS[version])
    for table in [
        each for each in world.tables.tables() if each.level.name in ("PD0", "PT 64 KiB", "PT 4 KiB")
    ]:
        for number in range(0, table.level.table_bytes // 8, 7):
            before = world.store.read(table.page.pointer, number * 8, 8)
            changed = int.from_bytes(before, "little") ^ 1 << number % WORD_BITS
            world.store.write(table.page.pointer, number * 8, changed.to_bytes(8, "little"))
            (found,) = world.compare().differences
            assert (found.table, found.index) == (table.page.pointer, number // table.level.words)
            assert (found.word, found.found) == (number % table.level.words, changed)
            world.store.write(table.page.pointer, number * 8, before)


@pytest.mark.parametrize("where", STORES)
@pytest.mark.parametrize("version", FORMATS)
def test_every_bit_of_a_word_is_in_one_field(version, where):
    world = everything(FORMATS[version], where)
    levels = {level.name: level for level in world.form.levels}
    for spot in spots(world.form):
        word = world.get(spot.level, spot.gpu_va, spot.half)
        masks = [mask for _, mask in fields_of(world.form, levels[spot.level], spot.half, word)]
        assert sum(masks) == (1 << WORD_BITS) - 1 and all(masks), spot.name
        covered = [bit for mask in masks for bit in range(mask.bit_length()) if mask >> bit & 1]
        assert sorted(covered) == list(range(WORD_BITS)), spot.name
