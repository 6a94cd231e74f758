"""Entries of page tables: golden words, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest
from barewire.errors import BadMapping, UnknownChip, UsageError
from barewire.memory.formats import (
    GMMU_V2,
    GMMU_V2_TURING,
    GMMU_V3,
    GMMU_V3_BLACKWELL,
    Aperture,
    PageAttributes,
    TablePointer,
    format_of,
    kind_number,
)
from hypothesis import given
from hypothesis import strategies as st

GIB = 1 << 30


def entry(form, address: int, **attributes) -> int:
    words = form.pte.encode(PageAttributes(**attributes), np.array([address], np.uint64))
    return int(words[0])


# What the vendor's driver wrote on an H100, read back: a table in video memory is address | 0x12, a page of
# any size address | 0x681.
@pytest.mark.parametrize(
    ("address", "word"), [(0x9000, 0x9012), (0xA000, 0xA012), (0xD000, 0xD012), (0xE000, 0xE012)]
)
def test_a_directory_entry_is_what_an_h100_has(address, word):
    assert GMMU_V3.pde.encode(TablePointer(Aperture.VIDEO, address)) == word
    assert GMMU_V3.pde.decode(word) == TablePointer(Aperture.VIDEO, address)


def test_a_dual_entry_is_what_an_h100_has():
    assert GMMU_V3.dual_big.encode(TablePointer(Aperture.VIDEO, 0x7100)) == 0x7112
    assert GMMU_V3.dual_small.encode(TablePointer(Aperture.VIDEO, 0xF000)) == 0xF012


@pytest.mark.parametrize(
    ("address", "word"),
    [(0x8A600000, 0x8A600681), (0x8A800000, 0x8A800681), (0x8A5B0000, 0x8A5B0681), (0x8A5B1000, 0x8A5B1681)],
)
def test_a_page_entry_is_what_an_h100_has(address, word):
    assert entry(GMMU_V3, address) == word
    assert GMMU_V3.pte.decode(word) == (address, PageAttributes())


def test_version_3_has_the_flags_in_its_cache_control_field():
    plain = entry(GMMU_V3, 0)
    changed = {
        "volatile": entry(GMMU_V3, 0, volatile=True) ^ plain,
        "privileged": entry(GMMU_V3, 0, privileged=True) ^ plain,
        "read_only": entry(GMMU_V3, 0, read_only=True) ^ plain,
        "no atomics": entry(GMMU_V3, 0, atomics=False) ^ plain,
    }

    assert changed == {"volatile": 1 << 3, "privileged": 1 << 4, "read_only": 1 << 5, "no atomics": 1 << 6}


def test_version_3_has_addresses_in_place_and_the_peer_on_top():
    assert entry(GMMU_V3, 0xF_FFFF_FFFF_F000, aperture=Aperture.HOST) == 0xF_FFFF_FFFF_F000 | 0x685
    assert entry(GMMU_V3, 0x1000, aperture=Aperture.HOST_NONCOHERENT, kind=0) == 0x1087
    assert entry(GMMU_V3, 0x2000, aperture=Aperture.PEER, peer=5) == 5 << 61 | 0x2683


def test_version_2_has_addresses_shifted_and_the_kind_on_top():
    assert entry(GMMU_V2, 0x12345000) == 6 << 56 | 0x12345 << 8 | 1
    assert (
        entry(GMMU_V2, 0x7FFF_FFFF_F000, aperture=Aperture.HOST, volatile=True, kind=0)
        == 0x7FFFFFFFF << 8 | 0xD
    )
    assert entry(GMMU_V2, 0x1000, aperture=Aperture.PEER, peer=7, kind=0) == 7 << 33 | 1 << 8 | 3
    assert entry(GMMU_V2, 0, privileged=True, read_only=True, atomics=False, kind=0) == 0xE1


def test_version_2_points_to_tables_with_shifted_addresses():
    assert GMMU_V2.pde.encode(TablePointer(Aperture.VIDEO, 0x5000)) == 0x502
    assert GMMU_V2.pde.encode(TablePointer(Aperture.HOST, 0x5000)) == 0x50C
    assert GMMU_V2.dual_big.encode(TablePointer(Aperture.VIDEO, 0x7100)) == 0x712
    assert GMMU_V2.dual_small.encode(TablePointer(Aperture.HOST_NONCOHERENT, 0x5000)) == 0x506


def test_each_format_has_its_levels_tables_and_pages():
    shape = {
        form.name: [(level.name, level.entries, level.table_bytes) for level in form.directories]
        for form in (GMMU_V2, GMMU_V3)
    }

    assert shape[GMMU_V2.name] == [("PD3", 4, 32), ("PD2", 512, 4096), ("PD1", 512, 4096), ("PD0", 256, 4096)]
    assert shape[GMMU_V3.name] == [
        ("PD4", 2, 16),
        ("PD3", 512, 4096),
        ("PD2", 512, 4096),
        ("PD1", 512, 4096),
        ("PD0", 256, 4096),
    ]
    assert (GMMU_V3.big.table_bytes, GMMU_V3.small.table_bytes) == (256, 4096)
    assert (GMMU_V2.va_end, GMMU_V3.va_end) == (1 << 49, 1 << 57)
    assert GMMU_V2_TURING.page_sizes == (2 << 20, 64 << 10, 4096)
    assert GMMU_V2.page_sizes == GMMU_V3.page_sizes == (512 << 20, 2 << 20, 64 << 10, 4096)
    assert GMMU_V3_BLACKWELL.page_sizes[0] == 256 * GIB


@pytest.mark.parametrize(
    ("form", "address", "attributes"),
    [
        (GMMU_V2, 1 << 37, {}),
        (GMMU_V2, 1 << 37, {"aperture": Aperture.PEER}),
        (GMMU_V2, 1 << 58, {"aperture": Aperture.HOST}),
        (GMMU_V3, 1 << 52, {}),
        (GMMU_V3, 0, {"kind": 16}),
        (GMMU_V3, 0, {"aperture": Aperture.PEER, "peer": 8}),
        (GMMU_V2, 0, {"kind": 256}),
        (GMMU_V2, 0, {"kind": -1}),
    ],
)
def test_what_does_not_fit_into_an_entry_is_refused(form, address, attributes):
    with pytest.raises(BadMapping):
        entry(form, address, **attributes)


@pytest.mark.parametrize(
    ("form", "pointer"),
    [
        (GMMU_V2, TablePointer(Aperture.VIDEO, 1 << 37)),
        (GMMU_V3, TablePointer(Aperture.VIDEO, 0x7100)),
        (GMMU_V3, TablePointer(Aperture.HOST, 1 << 52)),
    ],
)
def test_a_table_that_cannot_be_pointed_to_is_refused(form, pointer):
    with pytest.raises(BadMapping):
        form.pde.encode(pointer)


attributes = st.builds(
    PageAttributes,
    aperture=st.sampled_from([Aperture.VIDEO, Aperture.HOST, Aperture.HOST_NONCOHERENT]),
    kind=st.integers(0, 15),
    volatile=st.booleans(),
    privileged=st.booleans(),
    read_only=st.booleans(),
    atomics=st.booleans(),
) | st.builds(
    PageAttributes, aperture=st.just(Aperture.PEER), kind=st.integers(0, 15), peer=st.integers(0, 7)
)


@given(st.sampled_from([GMMU_V2, GMMU_V3]), attributes, st.integers(0, (1 << 21) - 1))
def test_an_entry_says_what_it_was_made_of(form, wanted, page):
    word = entry(form, page << 12, **{name: getattr(wanted, name) for name in vars(wanted)})

    assert form.pte.decode(word) == (page << 12, wanted)


def test_formats_are_chosen_by_family_and_kinds_by_name():
    assert format_of("hopper") is GMMU_V3
    assert format_of("Ada") is GMMU_V2
    assert kind_number("generic") == kind_number(6) == 6
    with pytest.raises(UnknownChip):
        format_of("fermi")
    with pytest.raises(UsageError):
        kind_number("flat")
